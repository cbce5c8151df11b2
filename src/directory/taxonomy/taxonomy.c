#include "directory/taxonomy/taxonomy.h"
#include "base/lower_bound.h"
#include "language/language.h"

#include <stdlib.h>
#include <string.h>

const struct taxonomy_category taxonomy_categories[] = {
#define GROUP(id, key, label)
#define CATEGORY(id, key, group, label, schema, osm, overture, google, words)                      \
	{id, key, group, label, schema, osm, overture, google, words},
#define SCHEMA(type, category)
#include "directory/taxonomy/categories.def"
#undef GROUP
#undef CATEGORY
#undef SCHEMA
};
const size_t taxonomy_count = COUNT_OF(taxonomy_categories);

static const struct taxonomy_group groups[] = {
#define GROUP(id, key, label) {id, key, label},
#define CATEGORY(id, key, group, label, schema, osm, overture, google, words)
#define SCHEMA(type, category)
#include "directory/taxonomy/categories.def"
#undef GROUP
#undef CATEGORY
#undef SCHEMA
};

/* Before the categories' own types: where one of them is shared, the row here wins. */
static const struct {
	const char *type, *category;
} schema_homes[] = {
#define GROUP(id, key, label)
#define CATEGORY(id, key, group, label, schema, osm, overture, google, words)
#define SCHEMA(type, category) {type, category},
#include "directory/taxonomy/categories.def"
#undef GROUP
#undef CATEGORY
#undef SCHEMA
};

const struct taxonomy_group *taxonomy_group(struct str key)
{
	for (size_t i = 0; i < COUNT_OF(groups); i++)
		if (str_eq(key, str_of(groups[i].key)))
			return &groups[i];
	return NULL;
}

const struct taxonomy_group *taxonomy_group_by_id(int id)
{
	for (size_t i = 0; i < COUNT_OF(groups); i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

enum { NAMES_MAX = 6144 };

/* All names of all schemes, sorted by scheme and name. */
struct name {
	enum taxonomy_names scheme;
	struct str text;
	const struct taxonomy_category *category;
};
static struct name names[NAMES_MAX];
static size_t names_count;

static int compare_text(enum taxonomy_names scheme, struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = 0;
	if (scheme == TAXONOMY_GOOGLE || scheme == TAXONOMY_LABEL || scheme == TAXONOMY_WORD)
		order = n ? strncasecmp(a.p, b.p, n) : 0;
	else
		order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	if (x->scheme != y->scheme)
		return x->scheme < y->scheme ? -1 : 1;
	int order = compare_text(x->scheme, x->text, y->text);
	if (order)
		return order;
	/* The same name twice: the row that stands first wins. */
	return (x->category > y->category) - (x->category < y->category);
}

static void name_add(enum taxonomy_names scheme, const struct taxonomy_category *c, struct str text)
{
	if (text.n == 0)
		return;
	must(names_count < NAMES_MAX);
	names[names_count++] = (struct name){scheme, text, c};
}

static void add_all(enum taxonomy_names scheme, const struct taxonomy_category *c, const char *list,
		    char separator)
{
	struct str rest = str_of(list);
	while (rest.p)
		name_add(scheme, c, str_trim(str_cut(&rest, separator)));
}

static bool has_schema_home(const char *type)
{
	for (size_t i = 0; i < COUNT_OF(schema_homes); i++)
		if (strcmp(schema_homes[i].type, type) == 0)
			return true;
	return false;
}

static void add_words(const struct taxonomy_category *c)
{
	struct str by_language = str_of(c->words);
	while (by_language.p) {
		struct str words = str_cut(&by_language, '|');
		str_cut(&words, ':');
		while (words.p)
			name_add(TAXONOMY_WORD, c, str_cut(&words, ';'));
	}
}

static const struct taxonomy_category *by_key(const char *key)
{
	for (size_t i = 0; i < taxonomy_count; i++)
		if (strcmp(taxonomy_categories[i].key, key) == 0)
			return &taxonomy_categories[i];
	return NULL;
}

static void build(void)
{
	for (size_t i = 0; i < taxonomy_count; i++) {
		const struct taxonomy_category *c = &taxonomy_categories[i];
		name_add(TAXONOMY_KEY, c, str_of(c->key));
		if (!has_schema_home(c->schema_type))
			name_add(TAXONOMY_SCHEMA, c, str_of(c->schema_type));
		name_add(TAXONOMY_LABEL, c, str_of(c->label));
		add_all(TAXONOMY_OSM, c, c->osm, ' ');
		add_all(TAXONOMY_OVERTURE, c, c->overture, ' ');
		add_all(TAXONOMY_GOOGLE, c, c->google, '|');
		add_words(c);
	}
	for (size_t i = 0; i < COUNT_OF(schema_homes); i++) {
		const struct taxonomy_category *c = by_key(schema_homes[i].category);
		must(c);
		name_add(TAXONOMY_SCHEMA, c, str_of(schema_homes[i].type));
	}
	qsort(names, names_count, sizeof(names[0]), compare);
}

static bool name_before(const void *name, const void *key)
{
	return compare(name, key) < 0;
}

static const struct taxonomy_category *name_find(enum taxonomy_names scheme, struct str text)
{
	/* No category is before any, so that this is before every row of the name. */
	struct name key = {.scheme = scheme, .text = text};
	size_t at = lower_bound(names, names_count, sizeof(names[0]), name_before, &key);
	if (at < names_count && names[at].scheme == scheme &&
	    compare_text(scheme, names[at].text, text) == 0)
		return names[at].category;
	return NULL;
}

/* "shop=*" for "shop=anything". */
static const struct taxonomy_category *find_any_value(struct str tag)
{
	char any[64];
	struct str rest = tag, key = str_cut(&rest, '=');
	if (!rest.p || key.n + 2 >= sizeof(any))
		return NULL;
	memcpy(any, key.p, key.n);
	memcpy(any + key.n, "=*", 2);
	return name_find(TAXONOMY_OSM, (struct str){any, key.n + 2});
}

/* "*_restaurant" for "thai_restaurant": the longest end of the name that the table has. */
static const struct taxonomy_category *find_by_end(enum taxonomy_names scheme, struct str name,
						   char separator)
{
	char end[80] = "*";
	for (size_t i = 1; i < name.n; i++) {
		size_t n = name.n - i;
		if (name.p[i] != separator || n + 1 > sizeof(end))
			continue;
		memcpy(end + 1, name.p + i, n);
		const struct taxonomy_category *found = name_find(scheme, (struct str){end, n + 1});
		if (found)
			return found;
	}
	return NULL;
}

const struct taxonomy_category *taxonomy_find(enum taxonomy_names scheme, struct str name)
{
	if (!names_count)
		build();
	const struct taxonomy_category *found = name_find(scheme, name);
	if (found)
		return found;
	if (scheme == TAXONOMY_OSM)
		return find_any_value(name);
	if (scheme == TAXONOMY_OVERTURE)
		return find_by_end(scheme, name, '_');
	if (scheme == TAXONOMY_GOOGLE)
		return find_by_end(scheme, name, ' ');
	return NULL;
}

static bool category_before(const void *category, const void *id)
{
	return ((const struct taxonomy_category *)category)->id < *(const int *)id;
}

const struct taxonomy_category *taxonomy_by_id(int id)
{
	size_t at = lower_bound(taxonomy_categories, taxonomy_count, sizeof(taxonomy_categories[0]),
				category_before, &id);
	return at < taxonomy_count && taxonomy_categories[at].id == id ? &taxonomy_categories[at]
								       : NULL;
}

static struct str words_in(const char *all, const char *language)
{
	struct str by_language = str_of(all);
	while (by_language.p) {
		struct str words = str_cut(&by_language, '|');
		if (str_eq(str_cut(&words, ':'), str_of(language)))
			return words;
	}
	return (struct str){"", 0};
}

struct str taxonomy_words(const struct taxonomy_category *category, const char *language)
{
	return words_in(category->words, language);
}

static const struct {
	const char *key, *words;
} also[] = {
#define ALSO(key, words) {key, words},
#include "directory/taxonomy/also.def"
#undef ALSO
};

const char *taxonomy_also(const struct taxonomy_category *category)
{
	for (size_t i = 0; i < COUNT_OF(also); i++)
		if (strcmp(also[i].key, category->key) == 0)
			return also[i].words;
	return "";
}

struct str taxonomy_label(const struct taxonomy_category *category, const char *language)
{
	struct str words = {"", 0};
	if (strcmp(language, "en") != 0)
		words = words_in(category->words, language);
	if (!words.n && strcmp(language, "en") != 0)
		words = words_in(taxonomy_also(category), language);
	return words.n ? str_cut(&words, ';') : str_of(category->label);
}

const char *const taxonomy_languages[] = {"en", "de", "fr", "it", "es", "nl", "sr", NULL};

const char *taxonomy_language(struct str accept)
{
	const char *best = language_accepted(accept, taxonomy_languages);
	return best ? best : taxonomy_languages[0];
}
