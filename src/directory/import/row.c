/* A record as a line of COPY's text format for import_row. */
#include "directory/import/internal.h"
#include "db/db.h"
#include "directory/taxonomy/taxonomy.h"
#include "directory/words/words.h"
#include "hours/hours.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

enum { EXTRA_BYTES = 256 << 10 };

static void put_null(struct buf *out)
{
	buf_puts(out, "\t\\N");
}

static void put_text(struct buf *out, struct str s)
{
	if (!s.p) {
		put_null(out);
		return;
	}
	buf_putc(out, '\t');
	db_copy_text(out, s);
}

/* An element of an array literal, in quotes, escaped for the literal and then for COPY. */
static void put_element(struct buf *out, struct str s, bool first)
{
	buf_puts(out, first ? "\"" : ",\"");
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"' && s.p[i] != '\\')
			continue;
		db_copy_text(out, (struct str){s.p + from, i - from});
		buf_puts(out, "\\\\");
		from = i;
		if (s.p[i] == '\\') {
			buf_puts(out, "\\\\");
			from = i + 1;
		}
	}
	db_copy_text(out, (struct str){s.p + from, s.n - from});
	buf_putc(out, '"');
}

static void put_list(struct buf *out, struct str list)
{
	bool first = true;
	if (!list.p) {
		put_null(out);
		return;
	}
	buf_puts(out, "\t{");
	while (list.p) {
		put_element(out, str_cut(&list, RECORD_SEPARATOR), first);
		first = false;
	}
	buf_putc(out, '}');
}

static void put_e7(struct buf *out, struct str degrees)
{
	double v;
	if (!degrees.p || !str_to_double(degrees, &v))
		put_null(out);
	else
		buf_printf(out, "\t%ld", lround(v * 1e7));
}

/* Category, its group, and further ones as numbers. */
static void put_categories(struct buf *out, struct str keys, struct words *words)
{
	const struct taxonomy_category *main = NULL;
	struct buf more;
	buf_init(&more, 4096);
	while (keys.p) {
		const struct taxonomy_category *c =
		    taxonomy_find(TAXONOMY_KEY, str_cut(&keys, RECORD_SEPARATOR));
		if (!c)
			continue;
		words_add(words, str_of(c->label));
		if (!main)
			main = c;
		else
			buf_printf(&more, "%s%d", more.n ? "," : "", c->id);
	}
	if (main)
		buf_printf(out, "\t%d\t%d", main->id, taxonomy_group(str_of(main->group))->id);
	else
		buf_puts(out, "\t\\N\t\\N");
	if (more.n)
		buf_printf(out, "\t{%s}", buf_z(&more));
	else
		put_null(out);
	buf_release(&more);
}

static void put_hours(struct buf *out, struct str hours)
{
	struct buf week;
	buf_init(&week, 4096);
	if (hours.p && hours_week_ranges(hours, &week))
		buf_printf(out, "\t%s", buf_z(&week));
	else
		put_null(out);
	buf_release(&week);
}

static const struct {
	const char *name;
	const char *const *values;
} facets[] = {
#define FACET(id, name, label, summary, ...) {name, (const char *const[]){__VA_ARGS__, NULL}},
#include "directory/words/facets.def"
#undef FACET
};

/* The facet words of further facts: elements of the array of words. */
static void put_facets(struct buf *out, struct str extra, bool first)
{

	struct arena arena;
	struct json_value *facts = NULL;
	struct err err;
	arena_init(&arena, EXTRA_BYTES);
	if (!extra.p || json_parse(&arena, extra, &facts, &err) != OK)
		facts = NULL;
	for (size_t i = 0; facts && i < COUNT_OF(facets); i++) {
		struct str value = json_text(json_get(facts, facets[i].name));
		for (size_t k = 0; value.n && facets[i].values[k]; k++) {
			if (!str_eq(value, str_of(facets[i].values[k])))
				continue;
			buf_printf(out, "%s\"@%s=%s\"", first ? "" : ",", facets[i].name,
				   facets[i].values[k]);
			first = false;
		}
	}
	arena_release(&arena);
}

static void put_words(struct buf *out, const struct record *r, struct words *words)
{
	struct str names = r->field[RECORD_ALT_NAMES];
	words_add(words, r->field[RECORD_NAME]);
	while (names.p)
		words_add(words, str_cut(&names, RECORD_SEPARATOR));
	words_add(words, r->field[RECORD_CITY]);
	buf_puts(out, "\t{");
	for (size_t i = 0; i < words->count; i++)
		put_element(out, words_at(words, i), i == 0);
	put_facets(out, r->field[RECORD_EXTRA], words->count == 0);
	buf_putc(out, '}');
}

void import_row(struct buf *out, const struct record *r, uint64_t n, int64_t id)
{
	struct words words;
	const struct str *f = r->field;
	int quality = import_quality(r);
	words_init(&words);
	buf_printf(out, "%llu\t%llu\t%lld", (unsigned long long)n, (unsigned long long)r->line,
		   (long long)id);
	put_text(out, f[RECORD_EXTERNAL_ID]);
	buf_printf(out, "\t%lld", (long long)(int64_t)record_hash(r));
	put_text(out, f[RECORD_COUNTRY]);
	put_text(out, f[RECORD_REGION]);
	put_text(out, f[RECORD_CITY]);
	put_categories(out, f[RECORD_CATEGORIES], &words);
	if (quality < 0)
		put_null(out);
	else
		buf_printf(out, "\t%d", quality);
	put_e7(out, f[RECORD_LAT]);
	put_e7(out, f[RECORD_LON]);
	put_text(out, f[RECORD_NAME]);
	put_text(out, f[RECORD_STREET]);
	put_text(out, f[RECORD_POSTCODE]);
	put_text(out, f[RECORD_PHONE]);
	put_text(out, f[RECORD_HOURS]);
	put_text(out, f[RECORD_TIMEZONE]);
	put_hours(out, f[RECORD_HOURS]);
	put_list(out, f[RECORD_ALT_NAMES]);
	put_text(out, f[RECORD_DESCRIPTION]);
	put_text(out, f[RECORD_WEBSITE]);
	put_list(out, f[RECORD_SERVICE_AREA]);
	put_list(out, f[RECORD_SAME_AS]);
	put_text(out, f[RECORD_OFFERS]);
	put_text(out, f[RECORD_EXTRA]);
	put_text(out, f[RECORD_UPDATED_AT]);
	put_words(out, r, &words);
	buf_putc(out, '\n');
}
