/* What people call categories, in every language of the taxonomy: "bakery", "Bäckereien", "hof
 * laden", "médecin". Folded and joined, so that compounds are found however they are written, and
 * without their endings when that helps. Built once, on first use. */
#ifndef DIRECTORY_NAMES_PHRASES_H
#define DIRECTORY_NAMES_PHRASES_H

#include "directory/taxonomy/taxonomy.h"

enum { PHRASE_MEANINGS = 4 };

/* Of one phrase; exactly one of the two is set. */
struct phrase_meaning {
	const struct taxonomy_category *category;
	const struct taxonomy_group *group;
};

/* What the folded words together mean; how many meanings were written, the likeliest first. */
size_t phrases_find(const struct str *word, size_t count,
		    struct phrase_meaning out[PHRASE_MEANINGS]);

/* The name of a category that is nearest to a word with a typing error, at most `most` edits away;
 * distance() counts those, up to its last argument. False: there is none. */
typedef int phrase_distance(struct str a, struct str b, int most);
bool phrases_near(struct str word, int most, phrase_distance *distance, struct phrase_meaning *out,
		  struct str *text);

/* Other names of the category that begin with the same letters as the word, folded ("pizzeria" for
 * "pizza"); how many were written. */
size_t phrases_related(struct str word, const struct taxonomy_category *category, struct str *out,
		       size_t max);

/* Names of categories that begin with the folded text, as the tables write them, each category
 * once, first those that pages call them; how many were written. */
struct phrase_name {
	struct str text;
	const struct taxonomy_category *category;
};
size_t phrases_begin(struct str key, struct phrase_name *out, size_t max);

/* Each phrase: its folded key, whether it is a further name in its language (those count only where
 * no first name is the same), and what it means. In the order of the keys. */
typedef void phrases_visit(void *ctx, struct str key, struct str stem, bool further,
			   const struct phrase_meaning *meaning);
void phrases_each(phrases_visit *visit, void *ctx);

/* Folded word i of those that only join others; NULL: there are no more. */
const char *phrases_filler(size_t i);

/* Whether a folded word only joins others in one of the languages ("in", "près", "und"). */
bool phrases_is_filler(struct str word);

#endif
