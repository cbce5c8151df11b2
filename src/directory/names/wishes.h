/* What words ask for besides what is looked for: what is near, what is open at some time, what is
 * not wanted. Texts are folded (directory/words). */
#ifndef DIRECTORY_NAMES_WISHES_H
#define DIRECTORY_NAMES_WISHES_H

#include "base/str.h"

enum wish {
	WISH_NONE,
	WISH_NEAR_ME,
	WISH_OPEN,
	WISH_GLUE, /* joins words of a wish: "open till late" */
	WISH_NOT,
	/* times */
	WISH_NOW,
	WISH_TODAY,
	WISH_TOMORROW,
	WISH_LATE,
	WISH_ALWAYS,
	WISH_WEEKEND,
	WISH_MONDAY,
	WISH_TUESDAY,
	WISH_WEDNESDAY,
	WISH_THURSDAY,
	WISH_FRIDAY,
	WISH_SATURDAY,
	WISH_SUNDAY,
	WISHES
};

/* Of the words from the first on, the longest phrase; *used: how many words it has. */
enum wish wishes_find(const struct str *word, size_t count, size_t *used);

/* Whether it is a time that is one also without a word like "open" beside it. */
bool wishes_tells_time(enum wish wish);

/* What a time is called in the API: "now", "sunday"; NULL: it is none. */
const char *wishes_time(enum wish wish);

/* The phrases of row i of the table, separated by ';', and their kind; NULL: there are no more. */
const char *wishes_row(size_t i, enum wish *wish);

#endif
