/* How the reader of pages fits together; a file calls only those above it:
 *
 *   fact.c     normalises facts and adds them to an answer
 *   charset.c  character references and charsets
 *   scan.c     tags and texts of a page
 *   html.c     facts of a page
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
/* Decode a text to UTF-8, with its character references. False: it is empty, its charset is not
 * known, or it is over the buffer's maximum. */
MUST_CHECK bool charset_decode(enum charset charset, struct str raw, bool in_attribute,
			       struct buf *out);

/* ---- scan.c: one pass over a page ----
 *
 * Follows the tokenizer of the HTML standard: comments, elements whose content is text, scripts
 * with comments, SVG and MathML. It builds no tree. The content of <template> is not part of the
 * document and is skipped. */

struct scan {
	struct str rest;
	unsigned templates; /* open <template> */
	unsigned foreign;   /* open <svg> and <math> */
	unsigned inside;    /* open elements of SVG or MathML that contain HTML */
};

/* Values are undecoded; p is NULL when the attribute is missing. */
struct scan_tag {
	struct str name, lang, href, type, meta_name, content, charset;
	struct str text; /* of an element whose content is text */
	bool foreign;    /* an element of SVG or MathML */
};

enum scan_item { SCAN_END, SCAN_TEXT, SCAN_TAG };

void scan_begin(struct scan *scan, struct str body);
/* The next text between tags, or the next start tag with its text. */
enum scan_item scan_next(struct scan *scan, struct str *text, struct scan_tag *tag);

#endif
