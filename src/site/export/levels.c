/* Addresses, names and trails of regions, places, kinds and their lists. */
#include "site/export/internal.h"
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
	return (struct facts_trail){whole, whole ? count : 0};
}
