/* Client of the sandboxed reader. A reader that dies or times out is replaced, and the document is
 * reported as unreadable. */
#include "audit/site/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 8000 }; /* the largest sound document takes a third of it */

/* One fact into the site's memory. PAGE_END: the last. */
static bool reader_take(struct audit_reader *reader, struct site *site, struct site_fact *fact)
{
	struct page_head head;
	char text[2][PAGE_TEXT_MAX];
	if (!audit_reader_get(reader, &head, sizeof(head)) || head.fact >= PAGE_FACTS ||
	    head.a_bytes > PAGE_TEXT_MAX || head.b_bytes > PAGE_TEXT_MAX ||
	    !audit_reader_get(reader, text[0], head.a_bytes) ||
	    !audit_reader_get(reader, text[1], head.b_bytes))
		return false;
	*fact = (struct site_fact){
	    .fact = head.fact,
	    .line = head.line,
	    .column = head.column,
	    .a = arena_str(&site->page_arena, (struct str){text[0], head.a_bytes}),
	    .b = arena_str(&site->page_arena, (struct str){text[1], head.b_bytes}),
	};
	return fact->a.p && fact->b.p;
}

static bool reader_receive(struct audit_reader *reader, struct site *site, struct site_page *page)
{
	size_t room = 0, count = 0;
	struct site_fact *facts = NULL, fact;
	bool whole;
	while ((whole = reader_take(reader, site, &fact)) && fact.fact != PAGE_END) {
		if (count == PAGE_FACTS_MAX + 1)
			break;
		facts = memory_grow(facts, &room, count + 1, sizeof(*facts));
		facts[count++] = fact;
	}
	page->facts = arena_array(&site->page_arena, count ? count : 1, sizeof(*facts));
	whole = whole && fact.fact == PAGE_END && page->facts;
	if (whole && count)
		memcpy(page->facts, facts, count * sizeof(*facts));
	page->facts_count = whole ? count : 0;
	free(facts);
	return whole;
}

enum status site_read(struct audit_reader *reader, struct site *site, struct site_page *page,
		      struct str body, struct err *err)
{
	enum status status = audit_reader_start(reader, err);
	if (status != OK)
		return status;
	if (!audit_reader_put(reader, page->file->kind, body, ANSWER_MS) ||
	    !reader_receive(reader, site, page)) {
		page->unread =
		    "the reader ended over it: too deep, too much memory, too slow, or a fault of the HTML parser";
		audit_reader_end(reader);
	}
	return OK;
}
