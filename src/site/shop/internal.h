/* How the parts of a shop's own content fit together:
 *
 *   toml.c  reads shop.toml item by item
 *   shop.c  what may be in it, and what it means
 */
#ifndef SITE_SHOP_INTERNAL_H
#define SITE_SHOP_INTERNAL_H

#include "base/arena.h"
#include "site/shop/shop.h"

/* ---- toml.c: a strict subset of TOML 1.0 ----
 *
 * Read: comments, [table] and [[table]], bare keys, the four kinds of strings, whole numbers, true
 * and false, dates (2026-08-17). Refused by name, so that nothing is silently ignored: dotted and
 * quoted keys, arrays, inline tables, fractions, times; a key or table that is there twice; control
 * characters; text that is not UTF-8. */

enum toml_kind { TOML_TEXT, TOML_NUMBER, TOML_BOOL, TOML_DATE };

struct toml_item {
	struct str table;  /* "": before the first table */
	unsigned instance; /* of a [[table]]: number in the file, from 1; else 0 */
	struct str key;    /* "": the head of the table itself */
	enum toml_kind kind;
	struct str text;  /* of a string, decoded */
	int64_t number;   /* a number; 1 for true; days since 1970 of a date */
	int line;         /* of the key */
	int content_line; /* of the first line of a string's content */
};
typedef enum status toml_visit(void *ctx, const struct toml_item *item, struct err *err);

/* Call `visit` for each table and key in the order of the text. Texts are in the arena. An error of
 * `visit` ends the reading and is returned. INVALID: err begins with the line's number, "7: ". */
MUST_CHECK enum status toml_read(struct str text, struct arena *arena, toml_visit *visit, void *ctx,
				 struct err *err);

#endif
