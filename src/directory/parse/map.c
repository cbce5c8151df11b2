/* Mapping files, for what the built-in mappings do not know. A line a field:
 *
 *   # a comment
 *   external_id = Kundennummer
 *   name        = Firma                 a column's header, or a path in JSON: names.primary,
 * phones.0 categories  = "restaurant"          the same for every record service_area = Orte |
 * split ,       a list in one value
 */
#include "directory/parse/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 100, MAP_BYTES = 1 << 16 };

struct map_line {
	enum record_field field;
	const char *source; /* column or path; NULL: constant */
	const char *constant;
	char split; /* 0: no */
};

struct parse_map {
	struct arena arena;
	struct map_line line[LINES_MAX];
	size_t count;
};

static bool map_field_named(struct str name, enum record_field *out)
{
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (str_eq(name, str_of(record_field_name((enum record_field)f)))) {
			*out = (enum record_field)f;
			return true;
		}
	}
	return false;
}

static enum status map_read_line(struct parse_map *map, struct str text, struct err *err)
{
	struct map_line line = {0};
	struct str rest = text, name = str_trim(str_cut(&rest, '='));
	if (!rest.p)
		return err_set(err, INVALID, "'%.*s' is not of the form 'field = column'",
			       STR_ARG(text));
	if (!map_field_named(name, &line.field))
		return err_set(err, INVALID, "unknown field '%.*s'", STR_ARG(name));
	rest = str_trim(rest);
	if (rest.n > 1 && rest.p[0] == '"' && rest.p[rest.n - 1] == '"') {
		line.constant = arena_str(&map->arena, (struct str){rest.p + 1, rest.n - 2}).p;
	} else {
		struct str source = str_trim(str_cut(&rest, '|'));
		rest = str_trim(rest);
		if (rest.n && str_starts(rest, STR("split ")) &&
		    str_trim((struct str){rest.p + 6, rest.n - 6}).n == 1)
			line.split = rest.p[rest.n - 1];
		else if (rest.n)
			return err_set(err, INVALID,
				       "unknown transformation '%.*s'; there is: split CHARACTER",
				       STR_ARG(rest));
		if (!source.n)
			return err_set(err, INVALID, "%.*s: the column is missing", STR_ARG(name));
		line.source = arena_str(&map->arena, source).p;
	}
	if (map->count == LINES_MAX || (!line.source && !line.constant))
		return err_set(err, TOO_LARGE, "the mapping is too long");
	map->line[map->count++] = line;
	return OK;
}

enum status parse_map_read(struct str text, struct parse_map **out, struct err *err)
{
	struct parse_map *map = memory_alloc(sizeof(*map));
	enum status status = OK;
	bool name = false;
	arena_init(&map->arena, MAP_BYTES);
	for (int n = 1; text.p && status == OK; n++) {
		struct str line = str_trim(str_cut(&text, '\n'));
		if (line.n == 0 || line.p[0] == '#')
			continue;
		status = map_read_line(map, line, err);
		if (status != OK)
			status = err_prefix(err, status, "line %d", n);
	}
	for (size_t i = 0; i < map->count; i++)
		name |= map->line[i].field == RECORD_NAME;
	if (status == OK && !name)
		status = err_set(err, INVALID, "the mapping has no line for 'name'");
	if (status != OK) {
		parse_map_free(map);
		return status;
	}
	*out = map;
	return OK;
}

void parse_map_free(struct parse_map *map)
{
	if (!map)
		return;
	arena_release(&map->arena);
	free(map);
}

static void map_apply(const struct map_line *line, struct draft *d, struct str value)
{
	const struct binding category = {"", TARGET_CATEGORY_ANY, RECORD_NAME, NULL};
	const struct binding hours = {"", TARGET_HOURS, RECORD_HOURS, NULL};
	while (value.p) {
		struct str one = line->split ? str_cut(&value, line->split) : value;
		if (!line->split)
			value.p = NULL;
		if (line->field == RECORD_CATEGORIES)
			draft_put(d, &category, one);
		else if (line->field == RECORD_HOURS)
			draft_put(d, &hours, one);
		else
			draft_field(d, line->field, one);
	}
}

bool map_names(const struct parse_map *map, struct str column)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->line[i].source && str_eq(column, str_of(map->line[i].source)))
			return true;
	return false;
}

void map_row(const struct parse_map *map, struct draft *d, const struct str *names,
	     const struct str *values, size_t count)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct map_line *line = &map->line[i];
		if (line->constant)
			map_apply(line, d, str_of(line->constant));
		for (size_t c = 0; c < count && line->source; c++)
			if (str_eq(names[c], str_of(line->source)))
				map_apply(line, d, values[c]);
	}
}

void map_object(const struct parse_map *map, struct draft *d, const struct json_value *v)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct map_line *line = &map->line[i];
		if (line->constant) {
			map_apply(line, d, str_of(line->constant));
			continue;
		}
		const struct json_value *m = json_path(v, line->source);
		if (!m)
			m = json_get(v, line->source); /* keys with dots */
		if (m && m->kind == JSON_IS_ARRAY)
			for (m = m->first; m; m = m->next)
				map_apply(line, d, json_text(m));
		else
			map_apply(line, d, json_text(m));
	}
}
