#include "language/internal.h"
#include "language/po.h"
#include "language/tags.h"
#include <string.h>

static void translate_put_html(struct buf *out, struct str text, bool markup)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		const char *entity = c == '&'   ? "&amp;"
				     : c == '"' ? "&quot;"
				     : c == '>' ? "&gt;"
						: NULL;
		if (entity && !markup)
			buf_puts(out, entity);
		else
			buf_putc(out, c);
	}
}

/* As the inside of a string literal, in any quotes. "</" would end the script in a page. */
static void translate_put_script(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (strchr("'\"`\\", text.p[i]) || (text.p[i] == '/' && i && text.p[i - 1] == '<'))
			buf_putc(out, '\\');
		buf_putc(out, text.p[i]);
	}
}

static void translate_put(struct buf *out, struct str text, enum wording_place place, bool markup)
{
	struct str before, name;
	if (place == WORDING_IN_SCRIPT) {
		translate_put_script(out, text);
		return;
	}
	while (po_placeholder(&text, &before, &name)) {
		translate_put_html(out, before, markup);
		buf_printf(out, "{{%.*s}}", STR_ARG(name));
	}
	translate_put_html(out, before, markup);
}

/* One section for each plural form: {{?0 count}}...{{/count}}. */
static void translate_put_plural(const struct wording *w, const struct text_tag *tag,
				 const struct wording_entry *entry, struct buf *out)
{
	unsigned forms = language_forms(wording_language(w));
	bool markup = po_is_markup(tag->plural);
	for (unsigned k = 0; k < forms; k++) {
		struct str text = entry ? entry->text[k] : k ? tag->plural : tag->id;
		buf_printf(out, "{{?%u %.*s}}", k, STR_ARG(tag->count));
		translate_put(out, text, WORDING_IN_HTML, markup);
		buf_printf(out, "{{/%.*s}}", STR_ARG(tag->count));
	}
}

enum status wording_translate(const struct wording *w, struct str file, struct str source,
			      enum wording_place place, struct buf *out, struct err *err)
{
	struct text_tag_reader r = {.file = file, .rest = source, .line = 1};
	struct text_tag tag;
	bool found;
	enum status status;
	while ((status = tag_next(&r, &tag, &found, err)) == OK) {
		buf_str(out, tag.before);
		if (!found)
			break;
		const struct wording_entry *entry = wording_entry(w, tag.context, tag.id);
		if (tag.count.n && place == WORDING_IN_SCRIPT)
			return err_set(err, INVALID, "%.*s, line %u: a plural in a script",
				       STR_ARG(file), tag.line);
		if (tag.count.n)
			translate_put_plural(w, &tag, entry, out);
		else
			translate_put(out, entry ? entry->text[0] : tag.id, place,
				      po_is_markup(tag.id));
	}
	if (status == OK && buf_failed(out))
		return err_set(err, TOO_LARGE, "%.*s: too large", STR_ARG(file));
	return status;
}
