/* The tables of texts, split into lists once. */
#ifndef DIRECTORY_GENERATE_INTERNAL_H
#define DIRECTORY_GENERATE_INTERNAL_H

#include "base/str.h"
#include "directory/taxonomy/taxonomy.h"

enum { LIST_MAX = 160, TRADES_MAX = 32 };

struct text_list {
	uint32_t count;
	struct str item[LIST_MAX];
};

struct trade {
	const struct taxonomy_category *category;
	struct str word;
};

struct generate_language {
	const char *code; /* of the taxonomy's words; NULL: trades[] */
	struct text_list surnames, brands, goods, streets, names, sentences;
	uint32_t trades_count;
	struct trade trades[TRADES_MAX];
};

struct country_texts {
	struct str code;
	const char *regions; /* names separated by '|'; NULL: all */
	const struct generate_language *language;
	const char *postcode, *currency;
	struct text_list phones, forms;
};

struct town {
	struct str name, region, country;
	int lat, lon; /* 1e-5 degrees */
	struct str zone;
	const struct country_texts *is_in;
};

struct texts {
	struct town *towns; /* neighbours beside each other */
	uint32_t towns_count;
	const uint16_t *by_rank;                          /* towns, the largest first */
	const struct taxonomy_category *const *by_custom; /* categories, the commonest first */
	struct text_list hours_of_shops, hours_of_inns, rare_names;
};

/* Prepared at the first call and constant afterwards. */
const struct texts *texts(void);

#endif
