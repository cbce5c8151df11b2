/* What people call cuisines: "griechisch", "grecque", "Grčka" for what sources call "greek". Words
 * are folded (directory/words). The importer writes with it what a place to eat serves, the search
 * asks with it: that is why they meet. Built once, on first use. */
#ifndef DIRECTORY_NAMES_CUISINES_H
#define DIRECTORY_NAMES_CUISINES_H

#include "base/str.h"

/* The word for the cuisine that this word names, folded; of other words the word itself. The result
 * lives as long as the program, or as the word. *named, unless NULL: the table knows it. */
struct str cuisines_word(struct str word, bool *named);

/* Whether the word only says that a cuisine is meant: "Küche", "cuisine", "food". */
bool cuisines_is_kitchen(struct str word);

/* All names and their cuisines, folded; then the words that only say that one is meant, with an
 * empty cuisine. */
void cuisines_each(void (*each)(void *ctx, struct str name, struct str cuisine), void *ctx);

#endif
