#include "language/tags.h"
#include "base/utf8.h"

#include <string.h>

static enum status tag_error(const struct text_tag_reader *r, const char *what, struct str text,
			     struct err *err)
{
	text = utf8_cut(text, 60);
	return err_set(err, INVALID, "%.*s, line %u: %s in {{_%.*s", STR_ARG(r->file), r->line,
		       what, STR_ARG(text));
}

/* The length of a tag's inside: up to the closing braces that are not those of a placeholder. */
static bool tag_length(struct str rest, size_t *n)
{
	unsigned depth = 0;
	for (size_t i = 0; i < rest.n && rest.p[i] != '\n'; i++) {
		if (!depth && i + 1 < rest.n && rest.p[i] == '}' && rest.p[i + 1] == '}') {
			*n = i;
			return true;
		}
		depth += rest.p[i] == '{';
		depth -= depth && rest.p[i] == '}';
	}
	return false;
}

/* "@context" or "#name" at the beginning. */
static struct str tag_option(struct str *inside, char sign)
{
	if (!inside->n || inside->p[0] != sign)
		return (struct str){"", 0};
	struct str rest = {inside->p + 1, inside->n - 1}, option = str_cut(&rest, ' ');
	*inside = rest.p ? rest : STR("");
	return option;
}

enum status tag_next(struct text_tag_reader *r, struct text_tag *out, bool *found, struct err *err)
{
	static const char open[] = "{{_";
	const char *at = memmem(r->rest.p, r->rest.n, open, 3);
	*out = (struct text_tag){.before = r->rest};
	*found = at != NULL;
	if (!at)
		return OK;
	out->before.n = (size_t)(at - r->rest.p);
	for (size_t i = 0; i < out->before.n; i++)
		r->line += out->before.p[i] == '\n';
	out->line = r->line;
	struct str inside = {at + 3, r->rest.n - out->before.n - 3};
	if (!tag_length(inside, &inside.n)) {
		inside = str_cut(&inside, '\n');
		return tag_error(r, "a text must end with }} on its line", inside, err);
	}
	r->rest.n -= (size_t)(inside.p + inside.n + 2 - r->rest.p);
	r->rest.p = inside.p + inside.n + 2;
	struct str whole = inside;
	out->context = tag_option(&inside, '@');
	out->count = tag_option(&inside, '#');
	out->id = inside;
	if (out->count.n) {
		out->plural = inside;
		out->id = str_trim(str_cut(&out->plural, '|'));
		if (!out->plural.p)
			return tag_error(r, "a plural needs \"one|many\"", whole, err);
		out->plural = str_trim(out->plural);
	}
	out->id = str_trim(out->id);
	return out->id.n ? OK : tag_error(r, "there is no text", whole, err);
}
