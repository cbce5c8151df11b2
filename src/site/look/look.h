/* How pages look: the style sheets and whether the colours in them can be read.
 *
 * assets/site.css is composed, without comments and blanks, of
 *   assets/themes/NAME.css   the tokens of the preset that site.theme names
 *   assets/business.css      the rules that a business's page needs
 *   assets/site.css          the rules of all other pages
 *   assets/live.css          rules of the live directory (search, filters); not in an export
 *   assets/theme.css         the operator's tokens and rules, empty by default
 * assets/business.css is the same without site.css and live.css: an exported page of a business,
 * which is the first that most visitors see, links it alone. Every page has one sheet.
 *
 * A token is a custom property; a colour is one line with its value for light and dark,
 * "--brand: light-dark(#1f5673, #8cc3dd)". Browsers that do not know light-dark() get the light
 * values. assets/business.css has the dark ones of the preset in a media query: that is shorter.
 *
 * An operator who replaces one of the two sheets gets exactly that file, and one who replaces only
 * assets/site.css gets it on pages of businesses, too.
 *
 * Uses the embedded files (base/files.h) and the settings; no other state. */
#ifndef SITE_LOOK_LOOK_H
#define SITE_LOOK_LOOK_H

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "language/language.h"
#include "site/links/links.h"
#include "template/template.h"

/* Compose both sheets in the table of files. Call after files_replace. live: assets/site.css is for
 * the live directory. */
void look_compose(const struct config *config, bool live);

/* Append the tokens of a preset, packed, for a page that has its sheet inside. False: there is no
 * preset of that name. */
MUST_CHECK bool look_put_preset(struct str name, struct buf *out);

/* Append a style sheet without comments and without blanks that mean nothing. */
void look_pack(struct str sheet, struct buf *out);

/* The names of the presets, in the order of the setting's choices; ends with NULL. */
extern const char *const look_presets[];

/* ---- templates ---- */

/* Add the templates of a folder ("site/" or "templates/") under their names without folder and
 * ending, in the language of `wording`; and what both folders share: site/parts/NAME as
 * "parts/NAME", site/slots/NAME, and the pieces in their order as "order/main", "order/side" and
 * "order/below". Links the set. links: what addresses in them become; NULL: they stay. `seen`
 * (may be NULL) is called with each source, to make a hash of them. INVALID: err names template,
 * line and cause, or the setting. */
MUST_CHECK enum status look_add_templates(struct template_set *set, const char *folder,
					  const struct config *config,
					  const struct wording *wording, const struct links *links,
					  void (*seen)(void *ctx, struct str source), void *ctx,
					  struct err *err);

/* ---- patterns ---- */

/* The classes of the pattern that stands where a business has no photo: a motif for the group of
 * its category and a palette by its id ("t0 c7"). Returns out. */
enum { LOOK_PATTERN = 16 };
struct str look_pattern(int category, int64_t id, char out[LOOK_PATTERN]);

/* The declarations of these classes in the composed assets/site.css, for pages that link
 * assets/business.css, which has no patterns: one of them is shorter than all. Colours that only
 * the motif uses stand in its place. */
enum { LOOK_MOTIFS = 8, LOOK_PALETTES = 10 };
struct look_patterns {
	struct str style[LOOK_MOTIFS][LOOK_PALETTES]; /* values of style attributes */
	bool complete; /* false: the operator's own sheet does not have them all */
};
/* Texts are in the arena. Not complete when that is full, too. */
void look_patterns_read(struct look_patterns *patterns, struct arena *arena);
struct str look_pattern_style(const struct look_patterns *patterns, int category, int64_t id);

/* The sheet that pages of businesses link. */
const char *look_business_sheet(void);

/* ---- the locator ---- */

enum { LOOK_DISTANCE = 32 };
enum {
	LOOK_NEAR_M = 25000, /* a business farther away is not shown as near */
	LOOK_HERE_M = 25,    /* of one that is nearer no distance is shown */
};
struct look_spot {
	double lat, lon; /* degrees, WGS 84 */
};
/* Append an SVG that shows a place from the centre of a town, and the same in words ("700 m
 * north of the centre of Bern"). False: it is too far away, or a limit was reached. */
MUST_CHECK bool look_locator(const struct look_spot *centre, struct str name,
			     const struct look_spot *place, const struct wording *wording,
			     struct arena *arena, struct buf *out);

/* The same from the centre of the business's town, or, when the table of towns does not have it or
 * it is too far away, of the nearest town. Replaces what `out` has. False: no town is near. */
MUST_CHECK bool look_locate(struct str country, struct str town_name, const struct look_spot *place,
			    const struct wording *wording, struct arena *arena, struct buf *out);

/* The distance of two places that are not far from each other, in metres. */
double look_metres(const struct look_spot *from, const struct look_spot *to);
/* "700 m", "1.2 km", "14 km": as exact as people say it. wording NULL: English. */
void look_distance(double metres, const struct wording *wording, char out[LOOK_DISTANCE]);

/* Put a card of a business near another: {href, name, item_kind?, distance?}, with no distance from
 * what is nearer than LOOK_HERE_M. kind: empty when it is not known. */
struct look_near {
	struct str href, name, kind;
	double metres;
};
void look_put_near(struct json_build *b, struct json_value *list, const struct look_near *near,
		   const struct wording *wording);

/* ---- what of a page is there ---- */

/* Put what templates ask before they open a list or a section: "actions", "subtitle", "details",
 * "contact", and of a shop's site "more_facts", "reach", "find" and "menu". All other values of the
 * page are put already. */
void look_put_conditions(struct json_build *b, struct json_value *page);

/* The same of an item of a list: "where". */
void look_put_item_conditions(struct json_build *b, struct json_value *item);

/* ---- the map of a list ---- */

enum {
	LOOK_PINS = 200,   /* most of a map */
	LOOK_NUMBERS = 24, /* the first ones have numbers and links, the others are dots */
};
struct look_pin {
	struct look_spot at;
	struct str town, href;
	size_t number;
	bool shown; /* set by look_spots: not too far from the others */
};
struct look_town {
	struct look_spot at;
	struct str name; /* empty: there is none */
};
/* The centre of a town near a place of it. False: it is not known, and out->name is empty. */
enum { LOOK_TOWN_M = 30000 };
bool look_find_town(struct str country, struct str name, const struct look_spot *near,
		    struct look_town *out);
/* Append an SVG with the pins. town: the centre that is drawn and named; NULL: the towns of the
 * pins are named. False, and nothing is appended: fewer than two are near each other. */
bool look_spots(struct look_pin *pin, size_t count, const struct look_town *town,
		const struct wording *wording, struct buf *out);

/* ---- colours ---- */

/* A text, or a line that must be seen, and its ground. */
struct look_pair {
	const char *text, *ground; /* tokens without "--" */
	double wanted;             /* least contrast by WCAG 2.2: 4.5 for text, 3 for lines */
};
extern const struct look_pair look_pairs[];
extern const size_t look_pairs_count;

struct look_contrast {
	const struct look_pair *pair;
	bool dark;
	bool judged;  /* false: a value is missing or not written as #rgb or #rrggbb */
	double found; /* 1 to 21 */
};
/* Judge every pair in light and dark, by the last value that the sheet gives each token. Calls
 * `found` for those below what is wanted and those that cannot be judged; returns their number. */
size_t look_judge(struct str sheet, void (*found)(void *ctx, const struct look_contrast *contrast),
		  void *ctx);

#endif
