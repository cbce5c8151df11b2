/* What the pages of lists show, and those of regions, places and kinds. */
#include "site/export/internal.h"

#include "site/look/look.h"
#include "sql/export.h"

static size_t listed_shown(const struct list_page *p)
{
	return (p->to - p->from) + (p->come_to - p->come_from);
}

enum status lists_read(const struct lists *l, uint64_t from, uint64_t to, struct db *db,
		       struct db_rows *rows, struct err *err)
{
	struct buf ids;
	size_t members = 0;
	for (uint64_t w = from; w < to; w++)
		members += listed_shown(&l->page[l->work[w]]);
	buf_init(&ids, members * ARRAY_I64 + 64);
	array_begin(&ids);
	for (uint64_t w = from; w < to; w++) {
		const struct list_page *p = &l->page[l->work[w]];
		for (uint32_t i = p->from; i < p->to; i++)
			array_i64(&ids, l->m->entry[l->order[i]].id);
		for (uint32_t i = p->come_from; i < p->come_to; i++)
			array_i64(&ids, l->m->entry[l->order[i]].id);
	}
	enum status status = DB_RUN(db, sql_export_list, rows, err, array_end(&ids));
	buf_release(&ids);
	return status;
}

/* ---- businesses ---- */

/* What a list shows of a member: as its page, without values that are not valid. */
static struct facts_business listed_facts(struct maker *m, const struct manifest_entry *e,
					  const struct db_rows *rows, int r)
{
	struct facts_business f = {
	    .street = e->hidden ? STR("") : db_text(rows, r, SQL_EXPORT_LIST_STREET),
	    .postcode = db_text(rows, r, SQL_EXPORT_LIST_POSTCODE),
	    .city = db_text(rows, r, SQL_EXPORT_LIST_CITY),
	    .country = db_text(rows, r, SQL_EXPORT_LIST_COUNTRY),
	    .country_name = m->theme->several_countries
				? db_text(rows, r, SQL_EXPORT_LIST_COUNTRY)
				: STR(""), /* of several: numbers have their calling code */
	    .phone = db_text(rows, r, SQL_EXPORT_LIST_PHONE),
	    .located = !e->hidden && !db_null(rows, r, SQL_EXPORT_LIST_LAT_E7),
	    .lat = (double)db_i64(rows, r, SQL_EXPORT_LIST_LAT_E7) / 1e7,
	    .lon = (double)db_i64(rows, r, SQL_EXPORT_LIST_LON_E7) / 1e7,
	};
	facts_clean(&f, &m->arena, NULL, NULL);
	return f;
}

static struct json_value *listed_put_member(struct maker *m, const struct manifest_entry *e,
					    const struct facts_business *f,
					    struct json_value *found, const struct db_rows *rows,
					    int r, bool of_kinds)
{
	char pattern[LOOK_PATTERN];
	struct json_value *v = json_build(&m->b, found, NULL, JSON_IS_OBJECT);
	buf_reset(&m->link);
	business_link(str_of(manifest_path(e)), e->id, ".html", &m->link);
	JSON_BUILD_JOIN(&m->b, v, "href", m->theme->base, STR("/"), buf_view(&m->link));
	json_build_text(&m->b, v, "name", db_text(rows, r, SQL_EXPORT_LIST_NAME));
	facts_show_item(f, &m->b, v);
	if (of_kinds)
		json_build_text(&m->b, v, "item_kind", theme_category_label(m->theme, e->category));
	struct facts_hours hours;
	if (facts_hours(db_text(rows, r, SQL_EXPORT_LIST_HOURS), m->theme->wording, &m->arena,
			&hours) &&
	    !hours.dated) {
		business_put_week(m, v, "item_week", "item_zone", &hours.week,
				  db_text(rows, r, SQL_EXPORT_LIST_TIMEZONE));
		json_build_text(&m->b, v, "item_hours", business_hours_text(m, &hours.week));
	}
	const struct photos_of *of = photos_find(m->theme, e->id);
	if (of)
		photos_put(m, v, "thumb", &of->pictures.item[0]);
	else
		JSON_BUILD_JOIN(&m->b, v, "pattern", look_pattern(e->category, e->id, pattern));
	look_put_item_conditions(&m->b, v);
	return v;
}

/* The businesses that a page's map shows. */
struct listed_map {
	struct look_pin pin[LOOK_PINS];
	struct json_value *item[LOOK_PINS];
	size_t count;
	struct str country; /* of the first */
};

static void listed_put_pin(struct listed_map *map, const struct facts_business *f,
			   struct json_value *item, size_t number)
{
	if (!f->located || map->count == LOOK_PINS)
		return;
	if (!map->count)
		map->country = f->country;
	map->item[map->count] = item;
	map->pin[map->count++] = (struct look_pin){.at = {f->lat, f->lon},
						   .town = f->city,
						   .href = json_text(json_get(item, "href")),
						   .number = number};
}

/* Put order[from..to) into an array. Businesses deleted since the scan are skipped; the next run
 * removes them. of_kinds: they are of several. map: gets those whose place is known; may be
 * NULL. */
static void listed_put_range(struct maker *m, const struct lists *l, uint32_t from, uint32_t to,
			     struct json_value *array, const struct db_rows *rows, int *row,
			     bool of_kinds, struct listed_map *map)
{
	for (uint32_t i = from; i < to && *row < rows->rows; i++) {
		const struct manifest_entry *e = &l->m->entry[l->order[i]];
		if (db_i64(rows, *row, SQL_EXPORT_LIST_ID) != e->id)
			continue;
		const struct facts_business f = listed_facts(m, e, rows, *row);
		struct json_value *v = listed_put_member(m, e, &f, array, rows, *row, of_kinds);
		if (map && v)
			listed_put_pin(map, &f, v, array->count);
		(*row)++;
	}
}

/* The map of a region's or place's businesses; each that has a number there has it in the list. */
static void listed_put_map(struct maker *m, const struct level_page *level, struct listed_map *map)
{
	struct look_town town;
	bool of_place = level->level == LEVEL_PLACE;
	if (!map->count)
		return;
	if (of_place)
		look_find_town(map->country, level_name(m->theme, level->level, level->id),
			       &map->pin[0].at, &town);
	buf_reset(&m->locator);
	if (!look_spots(map->pin, map->count, of_place ? &town : NULL, m->theme->wording,
			&m->locator))
		return;
	json_build_text(&m->b, m->root, "spots", buf_view(&m->locator));
	for (size_t i = 0; i < map->count && i < LOOK_NUMBERS; i++)
		if (map->pin[i].shown)
			json_build_text(&m->b, map->item[i], "spot",
					maker_count(m, map->pin[i].number));
}

/* The page's businesses, which are returned; and those elsewhere that come to its place. */
static const struct json_value *listed_put_members(struct maker *m, const struct lists *l,
						   const struct list_page *p,
						   const struct db_rows *rows, int *row,
						   bool of_kinds)
{
	struct json_value *found = json_build(&m->b, m->root, "found", JSON_IS_ARRAY);
	const struct level_page level = lists_level(l, (uint32_t)(p - l->page));
	struct listed_map map; /* large: only what is counted is set */
	map.count = 0;
	map.country = STR("");
	listed_put_range(m, l, p->from, p->to, found, rows, row, of_kinds,
			 level.level == LEVEL_KIND ? NULL : &map);
	listed_put_map(m, &level, &map);
	if (p->come_from < p->come_to) {
		json_build_text(&m->b, m->root, "town",
				level_name(m->theme, level.level, level.id));
		listed_put_range(m, l, p->come_from, p->come_to, maker_list(m, "coming"), rows, row,
				 of_kinds, NULL);
	}
	return found;
}

/* The same for search engines: links on the page are relative to the site's root. */
static void listed_put_block(struct maker *m, struct str heading, const struct json_value *found,
			     struct str link, bool indexed, const struct facts_crumb *above,
			     size_t count)
{
	struct str url = m->theme->url;
	size_t base = m->theme->base.n;
	struct facts_crumb *item = arena_array(&m->arena, found->count + 1, sizeof(*item));
	struct err ignored; /* a page without a block is a page */
	if (!m->theme->is_public || !item)
		return;
	struct facts_list list = {.name = heading,
				  .url = indexed ? MAKER_JOIN(m, url, STR("/"), link) : STR(""),
				  .item = item,
				  .trail = level_trail(m, above, count)};
	for (const struct json_value *v = found->first; v && indexed; v = v->next) {
		struct str href = json_text(json_get(v, "href"));
		item[list.count++] =
		    (struct facts_crumb){json_text(json_get(v, "name")),
					 MAKER_JOIN(m, url, {href.p + base, href.n - base})};
	}
	buf_reset(&m->block);
	if (facts_list_jsonld(&list, &m->arena, &m->block, &ignored) == OK)
		json_build_text(&m->b, m->root, "facts_block", buf_view(&m->block));
}

/* ---- a list ---- */

static struct str listed_link(struct maker *m, const struct lists *l, uint32_t page)
{
	const struct level_page level = lists_level(l, page);
	return MAKER_JOIN(m, m->theme->base, STR("/"), level_link(m, &level));
}

static void listed_put_pages(struct maker *m, const struct lists *l, uint32_t page)
{
	const struct business_list *list = &l->list[l->page[page].of];
	json_build_true(&m->b, m->root, "paged", list->pages > 1);
	if (page > list->page + 1)
		json_build_text(&m->b, m->root, "first", listed_link(m, l, list->page));
	if (page != list->page)
		json_build_text(&m->b, m->root, "previous", listed_link(m, l, page - 1));
	if (page + 1 < list->page + list->pages)
		json_build_text(&m->b, m->root, "next", listed_link(m, l, page + 1));
	if (page != list->page || list->pages == 1)
		return;
	struct json_value *all = maker_list(m, "all_pages");
	for (uint32_t i = 1; i < list->pages; i++) {
		struct json_value *v = json_build(&m->b, all, NULL, JSON_IS_OBJECT);
		json_build_text(&m->b, v, "href", listed_link(m, l, page + i));
		json_build_text(&m->b, v, "number", maker_count(m, i + 1));
	}
}

/* The largest other lists of the region or place. */
static void listed_put_chips(struct maker *m, const struct lists *l,
			     const struct business_list *list)
{
	const struct list_overview *o = lists_overview(l, list->level, list->id);
	struct json_value *chips = NULL;
	uint32_t other[LISTS_CHIPS];
	size_t n = lists_others(l, o, list, other);
	for (size_t i = 0; i < n; i++) {
		const struct level_page to = {list->level, list->id, l->list[other[i]].category, 0};
		chips = chips ? chips : maker_list(m, "chips");
		struct json_value *v = json_build(&m->b, chips, NULL, JSON_IS_OBJECT);
		json_build_text(&m->b, v, "name",
				theme_category_label(m->theme, l->list[other[i]].category));
		JSON_BUILD_JOIN(&m->b, v, "href", m->theme->base, STR("/"), level_link(m, &to));
	}
}

/* The region and place of a level. *place: NULL for a region. */
static const struct region *listed_where(const struct theme *t, enum level level, int32_t id,
					 const struct export_place **place)
{
	*place = level == LEVEL_PLACE ? theme_place(t, id) : NULL;
	return theme_region(t, *place ? (*place)->region : id);
}

static enum status listed_list(struct maker *m, const struct lists *l, uint32_t page,
			       const struct db_rows *rows, int *row, struct err *err)
{
	const struct list_page *p = &l->page[page];
	const struct business_list *list = &l->list[p->of];
	const struct level_page level = lists_level(l, page);
	const struct export_place *place;
	const struct region *region = listed_where(m->theme, list->level, list->id, &place);
	struct facts_crumb above[LEVELS_ABOVE];
	struct str link = level_link(m, &level);
	struct str heading = MAKER_FILL(m, place ? WORD_KIND_IN_PLACE : WORD_KIND_IN_REGION,
					theme_category_label(m->theme, list->category),
					level_name(m->theme, list->level, list->id));
	size_t count = level_above(m, region, place, LEVEL_ALL, above);
	level_put_trail(m, above, count);
	json_build_text(&m->b, m->root, "heading", heading);
	if (page == list->page) {
		json_build_text(&m->b, m->root, "count", maker_count(m, list->to - list->from));
		listed_put_chips(m, l, list);
	}
	const struct json_value *found = listed_put_members(m, l, p, rows, row, false);
	listed_put_pages(m, l, page);
	listed_put_block(m, heading, found, link, true, above, count);
	struct str first = json_text(json_get(found->first, "name"));
	maker_head(m, page == list->page ? heading : MAKER_FILL(m, WORD_LIST_FROM, heading, first),
		   MAKER_FILL(m, WORD_LIST_ABOUT, heading), link.p);
	return maker_render(m, THEME_LIST, err);
}

/* ---- a region, place or kind ---- */

static void listed_put_row(struct maker *m, struct json_value *rows, struct str name,
			   const struct level_page *to, uint64_t count)
{
	struct json_value *v = json_build(&m->b, rows, NULL, JSON_IS_OBJECT);
	json_build_text(&m->b, v, "name", name);
	struct str text = maker_count(m, count);
	json_build_text(&m->b, v, "count", text);
	json_build_text(&m->b, v, "chip_count", text);
	JSON_BUILD_JOIN(&m->b, v, "href", m->theme->base, STR("/"), level_link(m, to));
}

/* Its lists, few ones of a place in a row above its businesses. A thin one is left out: its
 * businesses are on this page, or on those of their places. In the list of a kind's regions the
 * region stands for it. */
static void listed_put_rows(struct maker *m, const struct lists *l, const struct list_overview *o)
{
	bool of_kind = o->level == LEVEL_KIND;
	struct json_value *rows = NULL;
	uint32_t count = 0;
	for (uint32_t r = o->row_from; r < o->row_to; r++)
		count += l->list[l->row[r]].pages > 0;
	const char *key = of_kind                                           ? "regions"
			  : o->level == LEVEL_PLACE && count <= LISTS_CHIPS ? "chips"
									    : "kinds";
	for (uint32_t r = o->row_from; r < o->row_to; r++) {
		const struct business_list *list = &l->list[l->row[r]];
		const struct level_page to = {list->level, list->id,
					      list->pages ? list->category : LEVEL_ALL, 0};
		if (!of_kind && !list->pages)
			continue;
		rows = rows ? rows : maker_list(m, key);
		listed_put_row(m, rows,
			       of_kind ? level_name(m->theme, list->level, list->id)
				       : theme_category_label(m->theme, list->category),
			       &to, list->to - list->from);
	}
}

static void listed_put_towns(struct maker *m, const struct lists *l, const struct list_overview *o)
{
	if (o->town_from == o->town_to)
		return;
	struct json_value *towns = maker_list(m, "towns");
	for (uint32_t i = o->town_from; i < o->town_to; i++) {
		const struct list_overview *town = &l->overview[l->town[i]];
		const struct level_page to = {LEVEL_PLACE, town->id, LEVEL_ALL, 0};
		listed_put_row(m, towns, level_name(m->theme, LEVEL_PLACE, town->id), &to,
			       town->count);
	}
}

static enum status listed_overview(struct maker *m, const struct lists *l, uint32_t page,
				   const struct db_rows *rows, int *row, struct err *err)
{
	const struct list_page *p = &l->page[page];
	const struct list_overview *o = &l->overview[p->of];
	const struct level_page level = lists_level(l, page);
	const struct export_place *place;
	const struct region *region = listed_where(m->theme, o->level, o->id, &place);
	struct str heading = level_name(m->theme, o->level, o->id), link = level_link(m, &level);
	struct facts_crumb above[LEVELS_ABOVE];
	bool indexed = lists_indexed(l, page);
	size_t count = place ? level_above(m, region, NULL, LEVEL_ALL, above) : 0;
	level_put_trail(m, above, count);
	json_build_true(&m->b, m->root, "of_kinds", o->level == LEVEL_KIND);
	json_build_text(&m->b, m->root, "heading", heading);
	json_build_text(&m->b, m->root, "count", maker_count(m, o->count));
	listed_put_rows(m, l, o);
	listed_put_towns(m, l, o);
	const struct json_value *found =
	    listed_put_members(m, l, p, rows, row, o->level != LEVEL_KIND);
	json_build_true(&m->b, m->root, "some", found->count < o->count);
	listed_put_block(m, heading, found, link, indexed, above, count);
	maker_head(
	    m, heading,
	    MAKER_FILL(m, o->level == LEVEL_KIND ? WORD_KIND_ABOUT : WORD_REGION_ABOUT, heading),
	    indexed ? link.p : NULL);
	return maker_render(m, THEME_OVERVIEW, err);
}

enum status lists_page(struct maker *m, const struct lists *l, uint32_t page,
		       const struct db_rows *rows, int *row, struct err *err)
{
	char path[EXPORT_PATH];
	maker_begin(m);
	enum status status = l->page[page].overview ? listed_overview(m, l, page, rows, row, err)
						    : listed_list(m, l, page, rows, row, err);
	if (status == OK)
		return OK;
	lists_path(l, page, path);
	return err_prefix(err, status, "%s", path);
}
