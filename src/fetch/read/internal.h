/* How the reader of pages fits together; a file calls only those above it:
 *
 *   fact.c     clean facts, within an answer's bounds
 *   charset.c  character references and charsets
 *   scan.c     tags and texts of a page
 *   html.c     facts of them
 */
#ifndef FETCH_READ_INTERNAL_H
#define FETCH_READ_INTERNAL_H

#include "base/ascii.h"
#include "base/buf.h"

/* White space of HTML: without \v, unlike ascii_is_space. */
static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* ---- charset.c ---- */

enum charset { CHARSET_UNKNOWN, CHARSET_UTF8, CHARSET_LATIN, CHARSET_OTHER };
enum charset charset_of(struct str name);
/* "text/html; charset=x" */
enum charset charset_in(struct str type);
/* The text as UTF-8 with its references resolved. False: it is empty, its charset is not known, or
 * it passes the buffer's maximum. */
MUST_CHECK bool charset_decode(enum charset charset, struct str raw, bool in_attribute,
			       struct buf *out);

/* ---- scan.c: one pass over a page, without looking back ----
 *
 * It follows the tokenizer of the HTML standard: comments, elements whose content is text, scripts
 * with comments in them, SVG and MathML. Of the tree it knows only what tags say by themselves. The
 * content of <template> is not part of the document and is skipped. */

struct scan {
	struct str rest;
	unsigned templates; /* open ones */
	unsigned foreign;   /* open <svg> and <math> */
	unsigned inside;    /* elements of those that hold HTML again */
};

/* Values as they stand in the page; p is NULL when the attribute is missing. */
struct scan_tag {
	struct str name, lang, href, type, meta_name, content, charset;
	struct str text; /* of an element whose content is text */
	bool foreign;    /* it is an element of SVG or MathML */
};

enum scan_item { SCAN_END, SCAN_TEXT, SCAN_TAG };

void scan_begin(struct scan *scan, struct str body);
/* The next text between tags, or start tag with its text. */
enum scan_item scan_next(struct scan *scan, struct str *text, struct scan_tag *tag);

#endif
