#ifndef SITE_LOOK_INTERNAL_H
#define SITE_LOOK_INTERNAL_H

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "site/look/look.h"

struct look_token {
	struct str name; /* without "--" */
	struct str light, dark;
};
/* The next "--NAME:light-dark(LIGHT,DARK)" of a packed sheet. False: there is none. */
bool look_next_token(struct str *rest, struct look_token *out);
/* The declarations of the last rule of a packed sheet that has just this selector. Empty: there is
 * none. */
struct str look_rule(struct str sheet, struct str selector);
/* On wide screens the pieces of a business's page stand in the main column, beside it, or below
 * both. */
enum look_place { LOOK_MAIN, LOOK_SIDE, LOOK_BELOW };
/* INVALID: site.business_order names a piece that does not exist. */
MUST_CHECK enum status look_order_check(const struct config *config, struct err *err);
/* Append the source of a template that includes the pieces of a place in the order of the
 * setting. */
void look_order(const struct config *config, enum look_place place, struct buf *out);
/* The rules that order the pieces on narrow screens: ".at-hours{order:1}...". */
void look_order_rules(const struct config *config, struct buf *out);

/* ---- maps ---- */

#define LOOK_METRES_PER_DEGREE 111320.0 /* of latitude */
double look_cos(double degrees);
/* Append a piece of a drawing: each # of the form stands for the next number. Several times as fast
 * as printf, which takes a tenth of a page. LOOK_PUT(out, "<circle cx=\"#\" cy=\"#\"/>", x, y) */
void look_put(struct buf *out, const char *form, const long *number, size_t numbers);
#define LOOK_PUT(out, form, ...)                                                                   \
	look_put((out), (form), (const long[]){__VA_ARGS__},                                       \
		 sizeof((const long[]){__VA_ARGS__}) / sizeof(long))
/* The longest of the usual scales that is at most `most` metres. */
long look_scale(double most);

#endif
