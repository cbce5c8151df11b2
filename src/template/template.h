/* Mustache templates (mustache(5), spec 1.3): compiled once to a flat program, rendered many times
 * over a tree of base/json.h in an arena.
 *
 *   {{name}} {{a.b}} {{.}}   the value, escaped for HTML (& < > " ')
 *   {{{name}}} {{&name}}     the value, not escaped
 *   {{#name}}...{{/name}}    for each element; or once, when it is true; its members can be named
 *   {{^name}}...{{/name}}    when it is absent, null, false, an empty list or an empty text
 *   {{>name}}                the template of that name, indented as the tag is when it stands alone
 *   {{?0 name}}...{{/name}}  when the number that {{name}} shows has this plural form; its other
 *                            characters than digits do not count ("1 234")
 *   {{!...}}  {{=<% %>=}}    comment, other delimiters
 *
 * Unlike the specification: an empty text is false as well; a partial that does not exist is an
 * error when the set is linked; lambdas and inheritance are not there.
 *
 * Life: create a set, add every template, link it, render from any of them, free it. A linked set
 * does not change. What a template may do is bounded: nesting (sections and partials) by
 * TEMPLATE_DEPTH, work by TEMPLATE_STEPS, the page by the maximum of the buffer. Errors name
 * template, line and cause.
 */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include "base/buf.h"
#include "base/json.h"

enum {
	TEMPLATE_DEPTH = 64,
	TEMPLATE_STEPS = 1 << 20,     /* instructions run for one page */
	TEMPLATE_SOURCE_MAX = 1 << 20 /* bytes of one template */
};

struct template;
struct template_set;

struct template_set *template_set_create(void);
void template_set_free(struct template_set *set); /* NULL is allowed */

/* Leave out the newlines behind tags of HTML that are neither shown nor separate words, such as
 * "</section>", in templates that are added from now on. */
void template_set_tight(struct template_set *set);
/* Compile a template and add it under `name`. Both arguments are copied. INVALID: err names
 * template, line and cause. */
MUST_CHECK enum status template_set_add(struct template_set *set, struct str name,
					struct str source, struct err *err);
/* What gives the plural form of a number; without one, form 0 is that of 1, and 1 of all others. */
typedef unsigned template_plural(uint64_t n);
void template_set_plural(struct template_set *set, template_plural *plural);
/* Resolve the partials. INVALID: one does not exist. */
MUST_CHECK enum status template_set_link(struct template_set *set, struct err *err);

/* NULL when there is none. */
const struct template *template_find(const struct template_set *set, const char *name);

/* Append the page to out. TOO_LARGE: over a bound; out then holds an incomplete page. */
MUST_CHECK enum status template_render(const struct template *t, const struct json_value *data,
				       struct buf *out, struct err *err);

#endif
