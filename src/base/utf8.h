/* UTF-8 as RFC 3629 defines it: no surrogates, no overlong forms, at most U+10FFFF. NUL is
 * refused as well, because neither PostgreSQL nor a C string can hold it. Pure functions over
 * memory that the caller owns. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

enum { UTF8_BYTES_MAX = 4 }; /* of one character */

bool utf8_is_valid(struct str s);

/* The length in bytes of the well-formed character that s begins with; 0 when there is none. */
size_t utf8_first(struct str s);
/* That character, and its length in *bytes; 0 when there is none, *bytes is 1 then. */
uint32_t utf8_code(struct str s, size_t *bytes);

/* The longest prefix of at most max bytes that does not end in the middle of a character. All
 * limits of texts in bytes use it. Text that is not UTF-8 is cut at max. */
struct str utf8_cut(struct str s, size_t max);

/* Writes the character c, returns its length. c is a Unicode scalar value: the caller has
 * replaced what is not. */
size_t utf8_encode(uint32_t c, char out[UTF8_BYTES_MAX]);

/* Whether a byte of valid text is the first of a character, to count characters or to
 * fold lines between them. */
static inline bool utf8_begins(char byte)
{
	return ((unsigned char)byte & 0xC0) != 0x80;
}

/* The number of characters of valid text. */
size_t utf8_count(struct str s);
/* The spaces behind a text that printf needs for a column of so many characters, which it counts in
 * bytes: printf("%.*s%*s", STR_ARG(s), utf8_padding(s, 28), ""). */
int utf8_padding(struct str s, int width);

/* The character of a byte in windows-1252, which the web also uses for ISO-8859-1; 0 for the five
 * undefined bytes. */
uint32_t utf8_of_1252(char byte);

/* An iconv_t from the encoding of this name to UTF-8; NULL: iconv does not know it. It reads files,
 * so that it is opened before a sandbox is entered. The caller closes it with iconv_close(). */
void *utf8_converter(const char *name);

#endif
