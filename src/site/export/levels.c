/* Addresses, names and trails of regions, places, kinds and their lists. */
#include "site/export/internal.h"
#include "base/memory.h"
#include "base/percent.h"

#include <string.h>

struct str path_join(char out[EXPORT_PATH], const struct str *part, size_t count)
{
	char *to = out;
	for (size_t i = 0; i < count; i++) {
		must(part[i].n < EXPORT_PATH - (size_t)(to - out));
		to = part[i].n ? mempcpy(to, part[i].p, part[i].n) : to;
	}
	*to = '\0';
	return (struct str){out, (size_t)(to - out)};
}

struct str level_file(const struct theme *t, const struct level_page *page, char out[EXPORT_PATH])
{
	char first[1 + RECORD_ID_TEXT] = "";
	const struct export_place *place =
	    page->level == LEVEL_PLACE ? theme_place(t, page->id) : NULL;
	struct str folder = place                       ? place->slug
			    : page->level == LEVEL_KIND ? theme_category_key((int)page->id)
							: theme_region(t, page->id)->key;
	if (page->first) {
		first[0] = '.';
		record_id_format(page->first, first + 1);
	}
	return PATH_JOIN(out,
			 place                       ? STR("")
			 : page->level == LEVEL_KIND ? STR("kind/")
						     : STR("in/"),
			 folder, STR("/"),
			 page->category == LEVEL_ALL ? STR("index")
						     : theme_category_key(page->category),
			 str_of(first), STR(".html"));
}

void level_put_link(const struct theme *t, const struct level_page *page, struct buf *out)
{
	char file[EXPORT_PATH];
	struct str path = level_file(t, page, file), index = STR("index.html");
	if (page->category == LEVEL_ALL)
		path.n -= index.n;
	percent_put(out, path, "/");
}

struct str level_link(struct maker *m, const struct level_page *page)
{
	buf_reset(&m->link);
	level_put_link(m->theme, page, &m->link);
	return MAKER_JOIN(m, buf_view(&m->link));
}

struct str level_name(const struct theme *t, enum level level, int32_t id)
{
	const struct export_place *place = level == LEVEL_PLACE ? theme_place(t, id) : NULL;
	return place                 ? place->name
	       : level == LEVEL_KIND ? theme_category_label(t, (int)id)
				     : theme_region(t, id)->name;
}

size_t level_above(struct maker *m, const struct region *region, const struct export_place *place,
		   int category, struct facts_crumb above[LEVELS_ABOVE])
{
	const struct level_page pages[LEVELS_ABOVE] = {
	    {LEVEL_REGION, region->id, LEVEL_ALL, 0},
	    {LEVEL_PLACE, place ? place->id : 0, LEVEL_ALL, 0},
	    {LEVEL_PLACE, place ? place->id : 0, category, 0}};
	const struct str names[LEVELS_ABOVE] = {
	    region->name, place ? place->name : STR(""),
	    category == LEVEL_ALL ? STR("") : theme_category_label(m->theme, category)};
	size_t count = !place ? 1 : category == LEVEL_ALL ? 2 : LEVELS_ABOVE;
	for (size_t i = 0; i < count; i++)
		above[i] = (struct facts_crumb){names[i], level_link(m, &pages[i])};
	return count;
}

void level_put_trail(struct maker *m, const struct facts_crumb *above, size_t count)
{
	struct json_value *trail = maker_list(m, "trail");
	for (size_t i = 0; i < count; i++)
		maker_crumb(m, trail, above[i].name,
			    MAKER_JOIN(m, m->theme->base, STR("/"), above[i].url));
}

struct facts_trail level_trail(struct maker *m, const struct facts_crumb *above, size_t count)
{
	struct facts_crumb *whole = arena_array(&m->arena, LEVELS_ABOVE, sizeof(*whole));
	m->b.failed |= !whole;
	for (size_t i = 0; whole && i < count; i++)
		whole[i] = (struct facts_crumb){
		    above[i].name, MAKER_JOIN(m, m->theme->url, STR("/"), above[i].url)};
	return (struct facts_trail){.item = whole, .count = whole ? count : 0};
}

/* ---- what the businesses of a place share ---- */

enum { ABOVE_LIST = 2 /* region, place */ };

struct level_town {
	/* NULL: not made. A business of another region shares nothing. */
	const struct region *region;
	/* As level_above; texts are the theme's or in m->kept. */
	struct facts_crumb above[ABOVE_LIST];
	struct str url;  /* whole, of the place */
	struct str made; /* facts_trail_jsonld; empty: the site is not public */
};

/* Append the whole trail, checked. False: it is refused, or over a limit. */
static bool level_make_trail(struct maker *m, const struct facts_crumb *above, size_t count,
			     struct buf *out)
{
	struct err ignored;
	struct facts_trail trail = level_trail(m, above, count);
	buf_reset(out);
	return trail.item && facts_trail_jsonld(&trail, &m->arena, out, &ignored) == OK;
}

/* NULL: this business makes its own. */
static const struct level_town *level_town(struct maker *m, const struct region *region,
					   const struct export_place *place)
{
	const struct theme *t = m->theme;
	struct facts_crumb above[LEVELS_ABOVE];
	if (!m->town)
		m->town = memory_array(t->places, sizeof(*m->town));
	struct level_town *town = &m->town[place - t->place];
	if (town->region || level_above(m, region, place, LEVEL_ALL, above) != ABOVE_LIST)
		return town->region == region ? town : NULL;
	for (size_t i = 0; i < ABOVE_LIST; i++) {
		town->above[i].name = above[i].name;
		town->above[i].url = arena_str(&m->kept, above[i].url);
	}
	if (t->is_public && level_make_trail(m, above, ABOVE_LIST, &m->block)) {
		town->url = ARENA_JOIN(&m->kept, t->url, STR("/"), above[ABOVE_LIST - 1].url);
		town->made = arena_str(&m->kept, buf_view(&m->block));
	}
	bool whole =
	    town->above[0].url.p && town->above[1].url.p && (!t->is_public || town->made.p);
	town->region = whole ? region : NULL;
	return whole ? town : NULL;
}

/* The trail of a business of a kind that has a list. That the kind's name and address are sound is
 * looked at once. Empty: it is not. */
static struct str level_list_trail(struct maker *m, const struct level_town *town, int category,
				   const struct facts_crumb above[LEVELS_ABOVE])
{
	uint64_t bit = (uint64_t)1 << category % 64;
	const struct facts_crumb list = {
	    above[ABOVE_LIST].name,
	    MAKER_JOIN(m, town->url, theme_category_key(category), STR(".html"))};
	if (category < 0 || category >= MAKER_KINDS)
		return STR("");
	if (m->kinds[category / 64] & bit) {
		buf_reset(&m->block);
		facts_trail_add(town->made, LEVELS_ABOVE, &list, &m->block);
	} else if (!level_make_trail(m, above, LEVELS_ABOVE, &m->block)) {
		return STR("");
	}
	m->kinds[category / 64] |= bit;
	return MAKER_JOIN(m, buf_view(&m->block));
}

size_t level_of_business(struct maker *m, const struct region *region,
			 const struct export_place *place, int category,
			 struct facts_crumb above[LEVELS_ABOVE], struct facts_trail *trail)
{
	const struct level_town *town = place ? level_town(m, region, place) : NULL;
	bool is_public = m->theme->is_public, listed = category != LEVEL_ALL;
	size_t count = ABOVE_LIST + listed;
	*trail = (struct facts_trail){.count = 0};
	if (!town) {
		count = level_above(m, region, place, category, above);
		*trail = is_public ? level_trail(m, above, count) : *trail;
		return count;
	}
	memcpy(above, town->above, sizeof(town->above));
	if (listed)
		above[ABOVE_LIST] = (struct facts_crumb){
		    theme_category_label(m->theme, category),
		    MAKER_JOIN(m, town->above[1].url, theme_category_key(category), STR(".html"))};
	if (is_public)
		trail->made = listed ? level_list_trail(m, town, category, above) : town->made;
	if (is_public && !trail->made.n)
		*trail = level_trail(m, above, count);
	return count;
}
