/* Texts of the operator and of shops: a subset of Markdown (CommonMark) as HTML.
 *
 *   # Heading, ## Heading, ### Heading
 *   paragraphs, separated by empty lines; a backslash at the end of a line breaks it
 *   - items of a list, 1. or numbered items; an item may go on in indented lines
 *   **bold**, *emphasis*, `code`, [text](address), backslash escapes
 *
 * Everything else is text. HTML is text, too: every character of the input is escaped, so that a
 * page can only get the elements h2 to h6, p, br, ul, ol, li, strong, em, code and a. An address
 * begins with https://, http://, mailto:, tel:, sms:, / or #; another one is an error, not a link
 * that is silently left out.
 *
 * Pure. Linear in the length of the text. */
#ifndef SITE_MARKDOWN_MARKDOWN_H
#define SITE_MARKDOWN_MARKDOWN_H

#include "base/buf.h"
#include "base/err.h"
#include "site/links/links.h"

/* Append the HTML. top: the level of "# Heading", 2 to 4. links: of the site that shows it; NULL:
 * addresses are as they are written. INVALID: "line 3: the address ..."; lines are counted from 1.
 * `out` may then have a part of the HTML. */
MUST_CHECK enum status markdown_html(struct str text, int top, const struct links *links,
				     struct buf *out, struct err *err);

/* Append the text without markup, in one line: for descriptions and for counting letters. */
void markdown_plain(struct str text, struct buf *out);

#endif
