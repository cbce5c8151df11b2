/* Addresses, names and trails of regions, places, kinds and their lists. */
#include "site/export/internal.h"
#include "base/percent.h"

#include <stdio.h>

/* The folder of a level, without its closing slash. */
static int level_folder(const struct theme *t, enum level level, int32_t id, char out[EXPORT_PATH])
{
	const struct export_place *place = level == LEVEL_PLACE ? theme_place(t, id) : NULL;
	if (place)
		return snprintf(out, EXPORT_PATH, "%.*s", STR_ARG(place->slug));
	struct str key =
	    level == LEVEL_KIND ? theme_category_key((int)id) : theme_region(t, id)->key;
	return snprintf(out, EXPORT_PATH, "%s/%.*s", level == LEVEL_KIND ? "kind" : "in",
			STR_ARG(key));
}

void level_file(const struct theme *t, const struct level_page *page, char out[EXPORT_PATH])
{
	char first[1 + RECORD_ID_TEXT] = "";
	int n = level_folder(t, page->level, page->id, out);
	must(n > 0 && n < EXPORT_PATH);
	if (page->first) {
		first[0] = '.';
		record_id_format(page->first, first + 1);
	}
	struct str kind =
	    page->category == LEVEL_ALL ? STR("index") : theme_category_key(page->category);
	int more =
	    snprintf(out + n, (size_t)(EXPORT_PATH - n), "/%.*s%s.html", STR_ARG(kind), first);
	must(more > 0 && n + more < EXPORT_PATH);
}

void level_put_link(const struct theme *t, const struct level_page *page, struct buf *out)
{
	char file[EXPORT_PATH];
	level_file(t, page, file);
	struct str path = str_of(file), index = STR("index.html");
	if (page->category == LEVEL_ALL)
		path.n -= index.n;
	percent_put(out, path, "/");
}

struct str level_link(struct maker *m, const struct level_page *page)
{
	struct buf link;
	buf_init(&link, 4 * EXPORT_PATH);
	level_put_link(m->theme, page, &link);
	struct str copy = MAKER_JOIN(m, buf_view(&link));
	buf_release(&link);
	return copy;
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
	return (struct facts_trail){whole, whole ? count : 0};
}
