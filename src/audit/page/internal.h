/* How the parts of the reader fit together; a file calls only those above it:
 *
 *   say.c     facts within their bounds, texts made comparable
 *   places.c  addresses and telephone numbers in plain text
 *   block.c   JSON-LD
 *   html.c    a page: the tree
 *   maps.c    sitemaps and robots.txt
 *   page.c    serving
 */
#ifndef AUDIT_PAGE_INTERNAL_H
#define AUDIT_PAGE_INTERNAL_H

#include "audit/page/page.h"
#include "base/arena.h"
#include "base/buf.h"

struct page_state {
	page_found *found;
	void *ctx;
	size_t facts;
	struct arena arena;
	struct buf
	    text; /* what the page shows, ASCII in lower case; blanks squeezed, then left out */
	struct buf digits; /* the digits of it, and of links to call */
};

void page_say(struct page_state *s, enum page_fact fact, uint32_t line, uint32_t column,
	      struct str a, struct str b);
void page_html(struct page_state *s, struct str body);
/* A street address and a telephone number written as text; what s->text holds. */
void page_places(struct page_state *s);
/* A block of JSON-LD, after the page's text is known. */
void page_block(struct page_state *s, struct str json, uint32_t line, uint32_t column);
void page_sitemap(struct page_state *s, struct str body);
void page_robots(struct page_state *s, struct str body);

/* Text squeezed for comparing: one blank for white space of any kind, ASCII in lower case. */
void page_squeeze(struct buf *out, struct str s);

#endif
