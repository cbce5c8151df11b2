/* What people call categories, in every language of the taxonomy: "bakery", "Bäckereien", "hof
 * laden", "médecin". Folded and joined, so that compounds are found however they are written, and
 * without their endings when that helps. Built once, on first use. */
#ifndef DIRECTORY_SEARCH_PHRASES_H
#define DIRECTORY_SEARCH_PHRASES_H

#include "directory/taxonomy/taxonomy.h"

enum { PHRASE_MEANINGS = 4 };

/* Of one phrase; exactly one of the two is set. */
struct phrase_meaning {
	const struct taxonomy_category *category;
	const struct taxonomy_group *group;
};

/* What the folded, joined words mean; how many meanings were written, the likeliest first. */
size_t phrases_find(struct str key, struct phrase_meaning out[PHRASE_MEANINGS]);

/* Names of categories that begin with the folded text, as the tables write them, each category
 * once; how many were written. */
struct phrase_name {
	struct str text;
	const struct taxonomy_category *category;
};
size_t phrases_begin(struct str key, struct phrase_name *out, size_t max);

/* Whether a folded word only joins others in one of the languages ("in", "près", "und"). */
bool phrases_is_filler(struct str word);

/* How many of the folded words, from the first, ask for what is near the visitor ("near me", "in
 * der Nähe"); 0: none. */
size_t phrases_near_me(const struct str *word, size_t count);

#endif
