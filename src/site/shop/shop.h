/* What a shop says on its own site beyond its record: INSTANCE/shops/ID/shop.toml.
 *
 *   tagline = "Dresses from small workshops, tried on by daylight."
 *   reserve = "sms:+49..."      # https://, sms:, mailto: or tel:
 *   theme   = "textile"         # a preset, as those of site.theme
 *   language = "de"            # of its pages; default: by the business's country
 *   story   = """ ... """       # Markdown: site/markdown/markdown.h
 *   imprint = """ ... """       # Markdown, after the record's name and address
 *
 *   [[notice]]
 *   text  = "Closed for holidays until 17 August."   # Markdown
 *   from  = 2026-08-01          # optional; shown from this day
 *   until = 2026-08-17          # the last day on which it is shown
 *
 * A file that is wrong anywhere is refused as a whole, with file, line and cause, so that the
 * published site stays as it is. An unknown key is wrong: it may be a misspelt one. A missing file
 * is an empty one.
 *
 * Ownership: everything is in the caller's arena. */
#ifndef SITE_SHOP_SHOP_H
#define SITE_SHOP_SHOP_H

#include "base/arena.h"
#include "base/err.h"
#include "site/links/links.h"

enum {
	SHOP_FILE_MAX = 512 << 10, /* bytes of shop.toml */
	SHOP_NOTICES_MAX = 64,
	SHOP_STORY_LETTERS = 1500, /* a longer story has a page of its own */
	SHOP_ARENA_MAX = 8 << 20,  /* an arena of this size is enough for shop_read */
};

struct shop_notice {
	struct str html;
	int64_t from, until; /* days since 1970-01-01, both shown */
};

struct shop {
	struct str tagline, reserve, theme, language; /* empty: not there */
	struct str story, imprint;                    /* HTML */
	struct str story_begins;                      /* HTML: the first paragraph of the story */
	size_t story_letters;                         /* without markup */
	struct shop_notice notice[SHOP_NOTICES_MAX];
	size_t notices;
};

/* links: of the directory, which texts may link to; NULL: addresses stay as they are written.
 * INVALID: "shop.toml:7: ..." with the whole path. NOT_FOUND never: see above. */
MUST_CHECK enum status shop_read(struct shop *s, const char *path, const struct links *links,
				 struct arena *arena, struct err *err);
/* As shop_read, with the text of the file. `path` is for errors only. */
MUST_CHECK enum status shop_parse(struct shop *s, struct str text, const char *path,
				  const struct links *links, struct arena *arena, struct err *err);

/* Whether a link leads to the shop by a message, a call or a page: https, sms, mailto or tel, with
 * something after it and no white space or control characters. */
bool shop_is_reserve_link(struct str link);

#endif
