/* How the parts of the reader fit together; a file calls only those above it:
 *
 *   say.c      facts within their bounds, texts on one line
 *   plain.c    texts in the form in which they are compared
 *   tree.c     libgumbo's tree
 *   places.c   addresses and telephone numbers in plain text
 *   times.c    opening hours in plain text, and those of a block
 *   compare.c  businesses against the page and against one another
 *   context.c  names that a block gives to terms of schema.org
 *   block.c    structured data of a page: checked, compared
 *   lists.c    structured data about lists and trails
 *   items.c    microdata and RDFa as structured data
 *   twice.c    text in UTF-8 that was encoded twice
 *   speech.c   the language of the text, promises of the description
 *   html.c     a page
 *   maps.c     sitemaps and robots.txt
 *   page.c     serving
 */
#ifndef AUDIT_PAGE_INTERNAL_H
#define AUDIT_PAGE_INTERNAL_H

#include <gumbo.h>
#include "audit/page/page.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "site/facts/facts.h"

/* Structured data at one place of a page: JSON-LD, or an item of microdata or RDFa as a
 * tree of the same shape. */
struct page_block {
	const struct json_value *root;
	uint32_t line, column;
};

/* A number that the page offers to call. */
struct page_phone {
	char digits[20];
	uint32_t line, column; /* 0: in plain text */
};

enum { PAGE_PHONES_MAX = 16, PAGE_SPANS_MAX = 6 };

/* The opening hours of a week, [day from Monday], in minutes of the day; past
 * midnight over 24 * 60. */
struct page_week {
	struct {
		struct page_span {
			int from, to;
		} span[PAGE_SPANS_MAX];
		size_t count;
		bool said; /* also that it is closed */
	} day[7];
	bool any, unclear; /* unclear: seasons, or what cannot be read */
};

struct page_state {
	page_found *found;
	void *ctx;
	size_t facts;
	struct arena arena; /* the tree of the page */

	/* visible text */
	struct buf speech; /* as `text`, without elements in a language of their own */
	struct buf text;   /* ASCII in lower case, blanks squeezed */
	struct buf plain;  /* for comparing: page_plain */
	struct buf digits; /* of the text and of links to call */
	struct page_phone phone[PAGE_PHONES_MAX];
	size_t phones;

	/* declarations, with their lines */
	struct str lang, description;
	uint32_t lang_line, description_line;
	size_t businesses; /* that the page is about */
	size_t streets;    /* facts PAGE_STREET */
	bool has_hours;    /* structured data have opening hours */
	bool trail;        /* a trail of pages above this one: breadcrumbs */

	/* text that was encoded twice: its weight, and the first place */
	unsigned twice;
	uint32_t twice_line;
	char twice_excerpt[64];
	size_t twice_bytes;

	/* structured data */
	struct arena blocks_arena;
	struct page_block *block;
	size_t blocks, blocks_room;
	struct facts_ids ids;
};

/* ---- say.c ---- */

void page_say(struct page_state *s, enum page_fact fact, uint32_t line, uint32_t column,
	      struct str a, struct str b);
/* A finding that needs no other page. rule: key of its row in audit/site/rules.def or
 * site/facts/faults.def. */
void page_report(struct page_state *s, const char *rule, uint32_t line, uint32_t column,
		 const char *fmt, ...) PRINTF(5, 6);
/* White space of any kind becomes one blank. squeeze: and ASCII becomes small. Both go on
 * from what `out` has. */
void page_one_line(struct buf *out, struct str s);
void page_squeeze(struct buf *out, struct str s);

/* ---- plain.c ---- */

void page_plain(struct buf *out, struct str s);

/* ---- tree.c ---- */

/* Trimmed; p is NULL when the attribute is missing. */
struct str tree_attribute(const GumboNode *node, const char *name);
/* Whether a list has this part, ignoring case. */
bool tree_has_part(struct str list, char separator, const char *part);
struct tree_visitor {
	void (*enter)(void *ctx, const GumboNode *element);
	void (*leave)(void *ctx, const GumboNode *element); /* may be NULL */
	void (*text)(void *ctx, const GumboNode *text);     /* may be NULL; comments too */
};
/* Visit root and every node below it that belongs to the document, each element once. The contents
 * of templates do not belong to it. */
void tree_walk(const GumboNode *root, const struct tree_visitor *visitor, void *ctx);
/* Append the text below, at most until `out` has max bytes. */
void tree_text(const GumboNode *node, struct buf *out, size_t max);

/* ---- places.c ---- */

/* A street address and telephone numbers written as text; what s->text holds. */
void page_places(struct page_state *s);
/* A number to call, into s->phone. */
void page_add_phone(struct page_state *s, struct str number, uint32_t line, uint32_t column);

/* ---- times.c ---- */

/* Opening hours that stand in the text, as far as they are written plainly: "Mon-Fri 9am-5pm". */
void page_hours_of_text(struct str text, struct page_week *week);
/* Those of a business: openingHoursSpecification and openingHours. */
void page_hours_of_block(const struct json_value *business, struct page_week *week);

/* ---- compare.c ---- */

/* Businesses of all blocks against what the page shows, and against one another. */
void page_compare(struct page_state *s);

/* ---- context.c ---- */

void page_apply_context(struct json_value *root, struct arena *arena);

/* ---- block.c ---- */

void page_add_block(struct page_state *s, const struct json_value *root, uint32_t line,
		    uint32_t column);
/* A script of JSON-LD. */
void page_json_ld(struct page_state *s, struct str json, uint32_t line, uint32_t column);
/* Check the blocks that were added, once the text of the page is known. */
void page_check_blocks(struct page_state *s);
/* Whether an object is of a type of schema.org, or of one below it. */
struct schema_type;
bool page_is_a(const struct json_value *object, const struct schema_type *ancestor);

/* ---- lists.c ---- */

/* Emits PAGE_LIST, and sets s->trail. */
void page_look_for_lists(struct page_state *s);

/* ---- items.c ---- */

void page_items(struct page_state *s, const GumboNode *root);

/* ---- twice.c ---- */

void page_look_for_twice(struct page_state *s, struct str text, uint32_t line);
void page_judge_twice(struct page_state *s);

/* ---- speech.c ---- */

/* Call it when everything else of the page is known. */
void page_judge_speech(struct page_state *s);

/* ---- html.c, maps.c ---- */

void page_html(struct page_state *s, struct str body);
void page_sitemap(struct page_state *s, struct str body);
void page_robots(struct page_state *s, struct str body);

#endif
