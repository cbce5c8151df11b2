/* Emits facts within their limits; white space and case of texts. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

void page_say(struct page_state *s, enum page_fact fact, uint32_t line, uint32_t column,
	      struct str a, struct str b)
{
	if (s->facts > PAGE_FACTS_MAX)
		return;
	s->streets += fact == PAGE_STREET;
	if (s->facts++ == PAGE_FACTS_MAX)
		fact = PAGE_FACTS_CUT;
	s->found(s->ctx, fact, line, column, utf8_cut(a, PAGE_TEXT_MAX),
		 utf8_cut(b, PAGE_TEXT_MAX));
}

void page_report(struct page_state *s, const char *rule, uint32_t line, uint32_t column,
		 const char *fmt, ...)
{
	char text[PAGE_TEXT_MAX + 1];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	size_t length = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	page_say(s, PAGE_FOUND, line, column, str_of(rule),
		 utf8_cut((struct str){text, length}, PAGE_TEXT_MAX - 3));
}

/* small: ASCII becomes small */
static void one_line(struct buf *out, struct str s, bool small)
{
	bool blank = out->n && out->p[out->n - 1] == ' ';
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool no_break = c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] == 0xa0;
		if (no_break)
			i++;
		if (no_break || c <= ' ') {
			if (!blank)
				buf_putc(out, ' ');
			blank = true;
			continue;
		}
		buf_putc(out, small ? ascii_lower((char)c) : (char)c);
		blank = false;
	}
}

void page_one_line(struct buf *out, struct str s)
{
	one_line(out, s, false);
}

void page_squeeze(struct buf *out, struct str s)
{
	one_line(out, s, true);
}
