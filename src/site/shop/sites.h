/* Which businesses have a site of their own: the lines of the setting `shops`,
 *
 *   shops = ID DOMAIN FOLDER
 *
 * An id, a domain and a folder belong to one shop only. Ownership: everything is in the caller's
 * arena. */
#ifndef SITE_SHOP_SITES_H
#define SITE_SHOP_SITES_H

#include "base/arena.h"
#include "base/err.h"
#include "directory/record/record.h"

struct shop_site {
	int64_t id;
	char id_text[RECORD_ID_TEXT];
	struct str url;    /* "https://shop.example"; empty: it has no address */
	struct str folder; /* as it is written in the line */
};
struct shop_sites {
	struct shop_site *site;
	size_t count;
};

/* INVALID: err quotes the line. */
MUST_CHECK enum status shop_sites_read(struct shop_sites *out, struct str lines,
				       struct arena *arena, struct err *err);
/* NULL: the business has none. */
const struct shop_site *shop_sites_find(const struct shop_sites *sites, int64_t id);

/* "Bäcker.example" -> "https://xn--bcker-gra.example". INVALID: it has a path or port, or is
 * no host name. */
MUST_CHECK enum status shop_domain(struct str domain, struct arena *arena, struct str *url,
				   struct err *err);

#endif
