/* The nearest other businesses of each, which its page shows. */
#ifndef SITE_EXPORT_NEAR_H
#define SITE_EXPORT_NEAR_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

struct db;
struct manifest;
struct manifest_entry;
struct theme;

enum { NEAR_CARDS = 3 };

/* What the pages of others show of a business. */
struct near_card {
	int64_t id;
	int32_t lat, lon;    /* 1e-7 degrees */
	uint32_t shown;      /* near_shown */
	uint32_t path, name; /* as in its entry */
	int16_t category;    /* taxonomy id; 0: unclassified */
};
struct near {
	const struct manifest *of; /* cards are its entries; NULL: they are `card` */
	struct near_card *card;    /* by id */
	size_t cards, room;
	uint32_t *order;        /* indexes of cards, spot by spot */
	struct near_spot *spot; /* near.c */
	size_t spots;
};
/* Of the businesses that a sorted manifest has pages of, which must not change meanwhile. */
void near_of_manifest(struct near *n, const struct manifest *m);
/* Of those that the database suggests. blocks: of the table business. Release it also after a
 * failure. */
MUST_CHECK enum status near_guess(struct near *n, const struct theme *t, struct db *db,
				  int64_t blocks, struct err *err);
void near_release(struct near *n);
/* A hash of what a card shows, without its own `shown`; never 0. */
uint32_t near_shown(const struct near_card *card, struct str path, struct str name);
/* Find what the page of a business shows, nearest first, and make a hash of it; nothing when
 * own->shown is 0 or n NULL. */
uint32_t near_hash(const struct near *n, const struct near_card *own,
		   struct near_card found[NEAR_CARDS], size_t *count);
uint32_t near_hash_entry(const struct near *n, const struct manifest_entry *e);

#endif
