/* link: base site/links site/markdown */
/* Markdown: whatever comes, the HTML has the elements of markdown.h only, each closed in order, and
 * an attribute only on links. */
#include "fuzz.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "site/markdown/markdown.h"

enum { DEPTH = 256 };

static const char *const elements[] = {"h2", "h3", "h4", "h5",   "h6", "p",  "ul",
				       "ol", "li", "em", "code", "a",  "br", "strong"};

static bool element_known(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(elements); i++)
		if (str_eq(name, str_of(elements[i])))
			return true;
	return false;
}

static void html_check(struct str html)
{
	struct str open[DEPTH];
	size_t depth = 0;
	while (html.n) {
		str_cut(&html, '<');
		if (!html.p)
			break;
		struct str tag = str_cut(&html, '>');
		must(html.p);
		bool closes = tag.n && tag.p[0] == '/';
		struct str name = closes ? (struct str){tag.p + 1, tag.n - 1} : tag;
		struct str attributes = name;
		name = str_cut(&attributes, ' ');
		must(element_known(name));
		must(!attributes.n ||
		     (!closes && str_eq(name, STR("a")) && str_starts(attributes, STR("href=\""))));
		if (str_eq(name, STR("br")))
			continue;
		if (closes) {
			must(depth && str_eq(open[depth - 1], name));
			depth--;
		} else {
			must(depth < DEPTH);
			open[depth++] = name;
		}
	}
	must(depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf html, plain;
	struct err err;
	struct str text = {(const char *)data, size};
	if (!utf8_is_valid(text))
		return 0;
	buf_init(&html, 16 << 20);
	buf_init(&plain, 16 << 20);
	if (markdown_html(text, 2, NULL, &html, &err) == OK && !buf_failed(&html))
		html_check(buf_view(&html));
	fuzz_accept(html.n > 0);
	markdown_plain(text, &plain);
	must(buf_failed(&plain) || !memchr(plain.n ? plain.p : "", '\n', plain.n));
	buf_release(&html);
	buf_release(&plain);
	return 0;
}
