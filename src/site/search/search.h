/* Search without a server: what the script of an exported site (web/site/search.js) reads. A
 * B-tree in files: one root, fences, leaves.
 *
 *   s/root.bin           what the script must know to read a query (kinds, places, letters),
 *                        the words that many businesses have, the first key of each fence
 *   s/X/NAME.bin         a fence: the first key of each of its leaves. There are none when the root
 *                        has room for the first keys of all leaves
 *   s/X/NAME.bin         a leaf: rows of businesses, sorted by word, place, quality, id
 *
 * A business has a row under each folded word of its names, under its kind, under the group of
 * kinds and, SITESEARCH_CUISINE in front, under each cuisine that it serves; the row holds all that
 * a list shows and all that ranking needs, so that one leaf answers a word and a place. It has one
 * under each word of its street that is in the name of any business, too, and, under a word and a
 * town other than its own, when its name, its street or the name of its own town has the name of
 * that town. SITESEARCH_NAME in front, it has one under the key of its name, so that one leaf has
 * all of a name and those that begin with it.
 * Names may have no word that is in few businesses. So a business has a row under each two of its
 * words that more than `pairs` businesses have, SITESEARCH_PAIR between them, and under each of
 * these and each of its kinds.
 * Words with more than SITESEARCH_COMMON rows have their best rows once more under the place
 * SITESEARCH_HEAD. Behind all words follow their corrections: each word under itself and under
 * what is left of it when one letter is left out, all with SITESEARCH_NEAR in front.
 *
 * Fences and leaves are named by their content, so that a reader with an old root never gets
 * rows that do not belong to it: it gets 404, and reads the root again. Leaves end where a row's
 * hash says so, as list pages do: a changed record changes its own leaves only. All files are
 * stored compressed with gzip, under a name that no server takes for an encoding: a leaf weighs
 * the same on every host, and there is one file of each, not two (docs/bench-site-search.md has
 * the figures).
 *
 * Memory: SITESEARCH_BUFFER for the sort and as much again for its order, whatever the number
 * of businesses, and 32 to 64 bytes for each different word; runs are unlinked files in the folder
 * that is named, about 1 500 bytes a business.
 *
 * Caller: the export. Blocking. */
#ifndef SITE_SEARCH_SEARCH_H
#define SITE_SEARCH_SEARCH_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

#define SITESEARCH_ROOT     "s/root.bin"
#define SITESEARCH_HEAD     "\xf4\x8f\xbf\xbf" /* U+10FFFF, behind every place */
#define SITESEARCH_CUISINE  "~"
#define SITESEARCH_UNPLACED "\xf4\x8f\xbf\xbb" /* U+10FFFB, in front of a town of unknown country */
#define SITESEARCH_NAME     "!"                /* in front of the key of a name */
#define SITESEARCH_PAIR     " "                /* between two words */
#define SITESEARCH_NEAR     "\xf4\x8f\xbf\xbe" /* U+10FFFE, behind every word */
/* Endings of stored files that are compressed already. */
#define SITESEARCH_ENDING ".bin"

enum {
	SITESEARCH_PATH = 32,
	SITESEARCH_BUFFER = 16 << 20,
	SITESEARCH_COMMON = 400,
	SITESEARCH_BEST = 40,
};

struct sitesearch_row {
	int64_t id;
	int quality;  /* 0 to 100 */
	int category; /* taxonomy id; 0: none */
	/* The folded name of its town; behind SITESEARCH_UNPLACED when it is no place of the
	 * directory; empty: none is known. */
	struct str place;
	struct str name, path, street, postcode, city;
	/* categories: numbers of the further ones; cuisines: words of them, folded */
	const struct str *alt_names, *categories, *cuisines;
	size_t alt_names_count, categories_count, cuisines_count;
};

/* What the root says beside what the rows give; all texts are lists of lines, each a tab-separated
 * row. */
struct sitesearch_root {
	struct str kinds;   /* id, label, group's key, address */
	struct str towns;   /* name, businesses; the largest first */
	struct str regions; /* name, country, businesses */
};

struct sitesearch;
/* temporary: folder for the sort's runs. It must stay open. pairs: pairs are stored of words that
 * more businesses have. */
struct sitesearch *sitesearch_create(int temporary, uint32_t pairs);
void sitesearch_free(struct sitesearch *s);

/* Add a business. Texts are copied. */
MUST_CHECK enum status sitesearch_add(struct sitesearch *s, const struct sitesearch_row *row,
				      struct err *err);

/* Receives the text of each file, which is valid until the function returns, and stores it as
 * sitesearch_pack makes it. */
typedef enum status sitesearch_put(void *ctx, const char *path, struct str text, struct err *err);
/* Sort what was added and hand over all files, the root last. Once. */
MUST_CHECK enum status sitesearch_write(struct sitesearch *s, const struct sitesearch_root *root,
					sitesearch_put *put, void *ctx, struct err *err);

struct sitesearch_packer;
struct sitesearch_packer *sitesearch_packer_create(void);
void sitesearch_packer_free(struct sitesearch_packer *p);
/* Compress a text. *out is valid until the next call. TOO_LARGE. */
MUST_CHECK enum status sitesearch_pack(struct sitesearch_packer *p, struct str text,
				       struct str *out, struct err *err);

#endif
