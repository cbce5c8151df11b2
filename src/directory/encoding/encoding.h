/* Encodings of one byte a character, and which of them a text is in that does not say so.
 *
 * The letters of a text tell its encoding: in each language some follow others often and most
 * never. A sample of the text's words is read in every encoding, and what the words cost in the
 * languages that fit best is compared. The tables are made by tools/embed-letters; nothing here
 * reads files, so that it works inside a sandbox. */
#ifndef DIRECTORY_ENCODING_ENCODING_H
#define DIRECTORY_ENCODING_ENCODING_H

#include "base/buf.h"

struct encoding {
	const char *name; /* as iconv has it */
	uint16_t characters[128];
};

/* By number, from 0; NULL behind the last. The first is windows-1252. */
const struct encoding *encoding_at(size_t number);
/* By name, without regard to case and signs: "ISO-8859-2", "iso8859-2"; NULL: none of the table. */
const struct encoding *encoding_named(struct str name);
/* The character of a byte; 0: the encoding has none. */
uint32_t encoding_character(const struct encoding *e, char byte);
/* UTF-8 of s, with U+FFFD for bytes without a character. *out is reset first. */
void encoding_convert(const struct encoding *e, struct str s, struct buf *out);

/* ---- which encoding ---- */

/* What the bytes of a text are, the end of which may be cut off within a character. One broken
 * character does not make another encoding of a million good ones: the more frequent decides. */
enum encoding_form { ENCODING_ASCII, ENCODING_UTF8, ENCODING_OTHER };
enum encoding_form encoding_form(struct str s);

/* A sample of words. */
struct letters;

struct letters *letters_new(void);
void letters_free(struct letters *l);
/* Forget the words. */
void letters_reset(struct letters *l);

/* Words of a text that is not UTF-8, from a line of its file. Further words than the sample holds
 * are ignored. */
void letters_add(struct letters *l, struct str text, uint64_t line);
/* The lines of a text of which the first has that number. */
void letters_add_lines(struct letters *l, struct str text, char line_end, uint64_t line);

enum letters_kind {
	LETTERS_CERTAIN, /* every other encoding that is as likely reads the same */
	LETTERS_UNSURE,  /* `rival` reads `word` otherwise and is nearly as likely */
	LETTERS_STRANGE, /* no encoding of the table makes words of a language of the table */
};

struct letters_verdict {
	enum letters_kind kind;
	const struct encoding *encoding, *rival; /* rival: of LETTERS_UNSURE */
	/* As bytes of the file: where the two differ, or the first word outside ASCII; valid until
	 * the sample changes. */
	struct str word;
	uint64_t line;
};

struct letters_verdict letters_judge(struct letters *l);

#endif
