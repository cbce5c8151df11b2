/* Words as the directory is searched by. The importer folds a record's texts with this, search
 * folds what people type, and nothing else folds: that is why they meet.
 *
 * Folding: Unicode compatibility decomposition, case folding, marks stripped ("Zürich" ->
 * "zurich", "Straße" -> "strasse"), the Latin letters that Unicode does not decompose replaced
 * ("ø" -> "o"), Greek and Cyrillic letters written in Latin ones ("Пекара" -> "pekara"), and ae,
 * oe, ue written as a, o, u, so that "Mueller", "Müller" and "Muller" are one word. Folded texts
 * are compared and never shown.
 * A word is a run of letters and digits; apostrophes inside it vanish ("O'Hara" -> "ohara").
 * Scripts without spaces (Han, Kana, Thai and its neighbours) are cut into overlapping pairs.
 *
 * Life: the words lie in the struct itself; it owns nothing else.
 */
#ifndef DIRECTORY_WORDS_WORDS_H
#define DIRECTORY_WORDS_WORDS_H

#include "base/str.h"

enum {
	WORDS_MAX = 64,        /* distinct words of one business or query; more are dropped */
	WORDS_BYTES = 48,      /* of one word; longer ones are cut at a character */
	WORDS_KEY_BYTES = 60,  /* of the key of a text; the rest is not looked at */
	WORDS_TEXT_MAX = 4096, /* bytes of one text; the rest is not looked at */
};

struct words {
	size_t count;
	struct word {
		unsigned char n;
		char p[WORDS_BYTES];
	} word[WORDS_MAX]; /* in the order of their first appearance */
};

void words_init(struct words *words);

/* Add the words of a text that are not yet there. Invalid UTF-8 adds nothing. */
void words_add(struct words *words, struct str text);

/* A text folded and without spaces and signs, for comparing whole names however they are joined or
 * split: "Mc Donald's" -> "mcdonalds". A slice of out. */
struct str words_key(struct str text, char out[WORDS_KEY_BYTES]);

/* The same with ae, oe and ue as they stand there, to compare slips: "oere" lacks one letter of
 * "obere", its folded "ore" two. */
struct str words_typed(struct str text, char out[WORDS_KEY_BYTES]);

/* Letter i of those that folding replaces by Latin ones after decomposition; false: there are no
 * more. For the script of an exported site, which folds in the same way. */
bool words_latin(size_t i, int32_t *letter, const char **latin);

struct str words_at(const struct words *words, size_t i);

#endif
