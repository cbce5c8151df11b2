/* Calling codes and trunk prefixes of countries. */
#include "directory/iso/iso.h"

#include <string.h>

/* The rest of the table is for the importer. */
static const struct dialled_row {
	const char code[3];
	const char *calling, *trunk;
} rows[] = {
#define COUNTRY(code, calling, trunk, ...) {code, calling, trunk},
#include "directory/iso/countries.def"
#undef COUNTRY
};

struct str iso_of_number(struct str digits, struct str *national, struct str *trunk)
{
	const struct dialled_row *best = NULL;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (str_starts(digits, str_of(rows[i].calling)) &&
		    (!best || strlen(rows[i].calling) > strlen(best->calling)))
			best = &rows[i];
	if (!best)
		return STR("");
	*national = digits;
	str_skip(national, strlen(best->calling));
	*trunk = str_of(best->trunk);
	return (struct str){best->code, 2};
}
