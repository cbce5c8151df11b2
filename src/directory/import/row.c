/* A record as a line of COPY's text format for import_row. */
#include "directory/import/internal.h"
#include "db/db.h"
#include "directory/iso/iso.h"
#include "directory/names/cuisines.h"
#include "directory/slug/slug.h"
#include "directory/taxonomy/taxonomy.h"
#include "directory/words/tokens.h"
#include "directory/words/words.h"
#include "hours/hours.h"

#include "base/digits.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	EXTRA_BYTES = 256 << 10,
	TOKENS_MAX = 512, /* more than a record's fields give */
};

static void put_null(struct buf *out)
{
	buf_puts(out, "\t\\N");
}

static void put_i64(struct buf *out, int64_t v)
{
	char digits[DIGITS_MAX];
	if (v < 0)
		buf_putc(out, '-');
	buf_str(out, digits_of(v < 0 ? -(uint64_t)v : (uint64_t)v, digits));
}

static void row_put_number(struct buf *out, int64_t v)
{
	buf_putc(out, '\t');
	put_i64(out, v);
}

static void row_put_text(struct buf *out, struct str s)
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

static void row_put_list(struct buf *out, struct str list)
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
		row_put_number(out, lround(v * 1e7));
}

/* The next category of a list that there is; NULL: none. */
static const struct taxonomy_category *next_category(struct str *keys)
{
	const struct taxonomy_category *found = NULL;
	while (keys->p && !found)
		found = taxonomy_find(TAXONOMY_KEY, str_cut(keys, RECORD_SEPARATOR));
	return found;
}

/* Category, its group, and further ones as numbers. */
static void row_put_categories(struct buf *out, struct str keys)
{
	const struct taxonomy_category *main = next_category(&keys), *c;
	struct buf more;
	buf_init(&more, 4096);
	while ((c = next_category(&keys)))
		buf_printf(&more, "%s%d", more.n ? "," : "", c->id);
	if (main) {
		row_put_number(out, main->id);
		row_put_number(out, taxonomy_group(str_of(main->group))->id);
	} else
		buf_puts(out, "\t\\N\t\\N");
	if (more.n)
		buf_printf(out, "\t{%s}", buf_z(&more));
	else
		put_null(out);
	buf_release(&more);
}

static void row_put_hours(struct buf *out, struct str hours)
{
	struct buf week;
	buf_init(&week, 4096);
	if (hours.p && hours_week_ranges(hours, &week)) {
		buf_putc(out, '\t');
		buf_str(out, buf_view(&week));
	}

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

/* The array of words while it is written: what directory/words/tokens.h describes. */
struct tokens {
	struct buf *out;
	size_t count;
	int16_t mark[TOKENS_MAX];
};

static void put_token(struct tokens *tokens, const char *kind, struct str word)
{
	if (tokens->count == TOKENS_MAX)
		return;
	/* Letters, digits and the signs of hosts: nothing to escape. */
	buf_puts(tokens->out, tokens->count ? ",\"" : "\"");
	size_t from = tokens->out->n;
	buf_puts(tokens->out, kind);
	buf_str(tokens->out, word);
	tokens->mark[tokens->count++] = token_mark(str_from(buf_view(tokens->out), from));
	buf_putc(tokens->out, '"');
}

static void put_texts(struct tokens *tokens, const char *kind, const struct str *texts,
		      size_t count)
{
	struct words words;
	words_init(&words);
	for (size_t i = 0; i < count; i++)
		for (struct str list = texts[i]; list.p;)
			words_add(&words, str_cut(&list, RECORD_SEPARATOR));
	for (size_t i = 0; i < words.count; i++)
		put_token(tokens, kind, words_at(&words, i));
}

/* A postcode that is written in parts is also found in one. */
static void put_postcode(struct tokens *tokens, struct str postcode)
{
	char key[WORDS_KEY_BYTES];
	struct words words;
	words_init(&words);
	words_add(&words, postcode);
	if (words.count > 1)
		put_token(tokens, TOKEN_PLACE, words_key(postcode, key));
}

static void put_cuisines(struct tokens *tokens, struct str cuisines)
{
	struct words words, named;
	words_init(&words);
	words_init(&named);
	words_add(&words, cuisines);
	for (size_t i = 0; i < words.count; i++)
		words_add(&named, cuisines_word(words_at(&words, i), NULL));
	for (size_t i = 0; i < named.count; i++)
		put_token(tokens, TOKEN_CUISINE, words_at(&named, i));
}

/* The words of further facts. */
static void row_put_facets(struct tokens *tokens, const struct record *r)
{
	struct arena arena;
	struct json_value *facts = NULL;
	struct err err;
	arena_init(&arena, EXTRA_BYTES);
	if (r->field[RECORD_EXTRA].p &&
	    json_parse(&arena, r->field[RECORD_EXTRA], &facts, &err) != OK)
		facts = NULL;
	for (size_t i = 0; facts && i < COUNT_OF(facets); i++) {
		struct str value = json_text(json_get(facts, facets[i].name));
		for (size_t k = 0; value.n && facets[i].values[k]; k++) {
			char kind[64];
			if (!str_eq(value, str_of(facets[i].values[k])))
				continue;
			snprintf(kind, sizeof(kind), "@%s=", facets[i].name);
			put_token(tokens, kind, value);
		}
	}
	put_cuisines(tokens, json_text(json_get(facts, "cuisine")));
	arena_release(&arena);
}

static void put_numbered(struct tokens *tokens, const char *kind, int id)
{
	char text[16];
	snprintf(text, sizeof(text), "%d", id);
	put_token(tokens, kind, str_of(text));
}

/* At the end, the main one last: those of the place follow in the database. */
static void put_category_tokens(struct tokens *tokens, struct str keys)
{
	const struct taxonomy_category *main = next_category(&keys), *c;
	while ((c = next_category(&keys)))
		put_numbered(tokens, TOKEN_CATEGORY, c->id);
	if (!main)
		return;
	put_numbered(tokens, TOKEN_MAIN, main->id);
	put_numbered(tokens, TOKEN_GROUP, taxonomy_group(str_of(main->group))->id);
}

/* And their marks. */
static void put_words(struct buf *out, const struct record *r)
{
	const struct str *f = r->field;
	struct tokens tokens = {.out = out};
	char host[TOKEN_HOST_BYTES];
	buf_puts(out, "\t{");
	put_texts(&tokens, TOKEN_NAME, (struct str[]){f[RECORD_NAME], f[RECORD_ALT_NAMES]}, 2);
	put_texts(&tokens, TOKEN_PLACE,
		  (struct str[]){f[RECORD_CITY], f[RECORD_POSTCODE], f[RECORD_REGION],
				 iso_part_english(f[RECORD_COUNTRY], f[RECORD_REGION])},
		  4);
	put_postcode(&tokens, f[RECORD_POSTCODE]);
	put_texts(&tokens, TOKEN_STREET, &f[RECORD_STREET], 1);
	struct str site = token_host(f[RECORD_WEBSITE], host);
	if (site.n)
		put_token(&tokens, TOKEN_HOST, site);
	row_put_facets(&tokens, r);
	put_category_tokens(&tokens, f[RECORD_CATEGORIES]);
	buf_puts(out, "}\t{");
	for (size_t i = 0; i < tokens.count; i++) {
		if (i)
			buf_putc(out, ',');
		put_i64(out, tokens.mark[i]);
	}
	buf_putc(out, '}');
}

static void put_key(struct buf *out, struct str text)
{
	char key[WORDS_KEY_BYTES];
	buf_putc(out, '\t');
	buf_str(out, words_key(text, key)); /* letters and digits */
}

/* The name in the business's address; of a name without letters the main category. */
static void put_path_name(struct buf *out, const struct record *r)
{
	char text[SLUG_BYTES];
	struct str keys = r->field[RECORD_CATEGORIES], category = str_cut(&keys, RECORD_SEPARATOR);
	buf_putc(out, '\t');
	buf_str(out,
		import_path_name(r->field[RECORD_NAME], r->field[RECORD_COUNTRY], category, text));
}

void import_row(struct buf *out, const struct record *r, uint64_t n, int64_t id)
{
	const struct str *f = r->field;
	int quality = import_quality(r);
	put_i64(out, (int64_t)n);
	row_put_number(out, (int64_t)r->line);
	row_put_number(out, id);
	row_put_text(out, f[RECORD_EXTERNAL_ID]);
	row_put_number(out, (int64_t)record_hash(r));
	row_put_text(out, f[RECORD_COUNTRY]);
	row_put_text(out, f[RECORD_REGION]);
	row_put_text(out, f[RECORD_CITY]);
	row_put_categories(out, f[RECORD_CATEGORIES]);
	if (quality < 0)
		put_null(out);
	else
		row_put_number(out, quality);
	put_e7(out, f[RECORD_LAT]);
	put_e7(out, f[RECORD_LON]);
	row_put_text(out, f[RECORD_NAME]);
	row_put_text(out, f[RECORD_STREET]);
	row_put_text(out, f[RECORD_POSTCODE]);
	row_put_text(out, f[RECORD_PHONE]);
	row_put_text(out, f[RECORD_HOURS]);
	row_put_text(out, f[RECORD_TIMEZONE]);
	row_put_hours(out, f[RECORD_HOURS]);
	row_put_list(out, f[RECORD_ALT_NAMES]);
	row_put_text(out, f[RECORD_DESCRIPTION]);
	row_put_text(out, f[RECORD_WEBSITE]);
	row_put_list(out, f[RECORD_SERVICE_AREA]);
	row_put_list(out, f[RECORD_SAME_AS]);
	row_put_text(out, f[RECORD_OFFERS]);
	row_put_text(out, f[RECORD_EXTRA]);
	row_put_text(out, f[RECORD_UPDATED_AT]);
	put_words(out, r);
	put_key(out, f[RECORD_NAME]);
	put_key(out, f[RECORD_CITY]);
	put_key(out, f[RECORD_REGION]);
	put_path_name(out, r);
	row_put_text(out, f[RECORD_CLOSED]);
	buf_putc(out, '\n');
}
