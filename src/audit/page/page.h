/* Foreign pages, sitemaps and robots.txt read in the sandbox: documents in on one descriptor, typed
 * facts out on the other, so that no hostile byte is parsed in a process that can do anything.
 *
 * The kind of a request is an enum page_kind; the answer is facts (struct page_head, then a_bytes
 * and b_bytes of text), the last of kind PAGE_END. A reader that dies over a document has found
 * something about it; the other side starts a new one.
 *
 * Bounds: PAGE_BYTES_MAX a document, PAGE_FACTS_MAX facts of it, PAGE_TEXT_MAX bytes a text (longer
 * ones are cut), and memory for the tree; over that the reader ends with PAGE_EXIT_MEMORY.
 *
 * Source of the parsing: libgumbo (the HTML5 algorithm), libexpat (XML 1.0 with namespaces; a
 * document that declares entities is refused).
 */
#ifndef AUDIT_PAGE_PAGE_H
#define AUDIT_PAGE_PAGE_H

#include "audit/serve/serve.h"
#include "base/err.h"
#include "base/str.h"

enum page_kind { PAGE_HTML = 1, PAGE_SITEMAP, PAGE_ROBOTS };

enum {
	PAGE_BYTES_MAX = 64 << 20,
	PAGE_FACTS_MAX = 200000,
	PAGE_TEXT_MAX = 2048,
	PAGE_EXIT_MEMORY = 3,
};

enum page_fact {
	PAGE_END,
	/* a finding that this page alone shows; a: key of its row in audit/site/rules.def or
	 * site/facts/faults.def, b: message */
	PAGE_FOUND,
	PAGE_TITLE,       /* a: text */
	PAGE_LANG,        /* a: language */
	PAGE_DESCRIPTION, /* a: content */
	PAGE_NOINDEX,     /* a: content of the <meta> */
	PAGE_VIEWPORT,
	PAGE_BASE,      /* a: href */
	PAGE_REFRESH,   /* a: content of <meta http-equiv=refresh> */
	PAGE_CANONICAL, /* a: href */
	PAGE_OG_URL,    /* a: content of <meta property="og:url"> */
	PAGE_OG_IMAGE,  /* a: content of <meta property="og:image"> */
	/* neither a doctype nor <html>, <head>, <body> or <title>: a part of pages */
	PAGE_FRAGMENT,
	PAGE_HREFLANG, /* a: href, b: language */
	PAGE_LINK,     /* a: href */
	PAGE_RESOURCE, /* a: address, b: "script", "style", "image", "frame", "font", "media" */
	PAGE_LAZY,     /* as PAGE_RESOURCE, loaded when scrolled to */
	PAGE_ANCHOR,   /* a: id or name */
	PAGE_CART,     /* a: what speaks of a cart or checkout */
	PAGE_STREET,   /* a street address is told; a: it; b: "guess" when only its looks say so */
	PAGE_PHONE,    /* a number to call; a: it */
	PAGE_BUSINESS, /* a LocalBusiness in structured data; a: name, b: @id */
	/* of one that is known by name and street; a: a key of both, b: its telephone */
	PAGE_CLAIM,
	PAGE_ID, /* an object has this @id; a: it */
	/* a reference to an @id that no object of the page has; a: it, b: property */
	PAGE_ID_WANTED,
	PAGE_BLOCK_URL, /* a: address in a block; b: its property */
	PAGE_LIST,      /* the page is a list; a: number of its entries */
	PAGE_PREV,      /* it continues another page (rel=prev) */
	PAGE_TRAIL,     /* it has breadcrumbs */
	PAGE_NOT_UTF8,
	PAGE_NUL,
	PAGE_SITEMAP_INDEX,  /* the document is an index of sitemaps */
	PAGE_SITEMAP_BROKEN, /* a: why */
	PAGE_LOC,            /* a: address, b: lastmod */
	PAGE_SITEMAP_LINE,   /* of robots.txt; a: address */
	PAGE_FACTS_CUT,      /* more than PAGE_FACTS_MAX */
	PAGE_FACTS,
};

struct page_head {
	uint32_t fact;
	uint32_t line, column; /* from 1; 0: not known */
	uint32_t a_bytes, b_bytes;
};

extern const struct serve_format page_format;

/* Read one document and pass its facts to the callback. Called for each served document, and by the
 * fuzzer. */
typedef void page_found(void *ctx, enum page_fact fact, uint32_t line, uint32_t column,
			struct str a, struct str b);
void page_read(enum page_kind kind, struct str body, page_found *found, void *ctx);

#endif
