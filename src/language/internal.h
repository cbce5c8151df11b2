/* How the parts fit together:
 *
 *   language.c   the table of languages, plural rules
 *   po.c         reads a PO file
 *   tags.c       finds the tags of a template
 *   wording.c    looks messages up
 *   load.c       makes a struct wording from the files
 *   translate.c  replaces the tags of a template or script
 *   detect.c     recognises the language of a text
 *   check.c      compares the files with what the program says
 */
#ifndef LANGUAGE_INTERNAL_H
#define LANGUAGE_INTERNAL_H

#include "language/language.h"

enum { WORD_PIECES = 5 }; /* most placeholders of one of wording.def, and one */

/* "{category} in {city}" is {"", 0}, {" in ", 1}, {"", none}. */
struct word_piece {
	struct str before;
	int value; /* index among the values; -1: the text ends */
};
struct word_form {
	struct str text;
	struct word_piece piece[WORD_PIECES];
};

struct wording_entry {
	struct str context, id;
	struct str text[PLURAL_FORMS_MAX]; /* one, or one for each plural form */
};

struct wording {
	const struct language *language;
	struct arena arena;
	struct word_form form[WORDING_COUNT][PLURAL_FORMS_MAX]; /* [0] unless it is a plural */
	struct wording_entry *entry;                            /* sorted by id and context */
	size_t entries;
};

struct word_row {
	const char *context, *text, *many; /* many NULL: no plural */
};
extern const struct word_row word_rows[WORDING_COUNT];

/* NULL: there is no such message, or it is not translated. */
const struct wording_entry *wording_entry(const struct wording *w, struct str context,
					  struct str id);
int wording_entry_compare(const void *a, const void *b);
/* Split a text at its placeholders. False: it has others than `english`, or too many. */
MUST_CHECK bool word_form_split(struct str text, struct str english, struct word_form *out);

/* The English one, made at the first call. */
const struct wording *wording_english(void);

#endif
