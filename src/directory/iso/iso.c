#include "directory/iso/iso.h"
#include "base/arena.h"
#include "base/ascii.h"
#include "base/fatal.h"
#include "base/lower_bound.h"
#include "base/memory.h"
#include "directory/words/words.h"

#include <stdlib.h>
#include <string.h>

static const struct iso_country_row {
	const char code[3];
	const char *names;
} countries[] = {
#define COUNTRY(code, names) {code, names},
#include "directory/iso/names.def"
#undef COUNTRY
};

static const struct {
	const char code[3];
	const char *names; /* "en=German|de=Deutsch" */
} spoken[] = {
#define SPOKEN(code, names) {code, names},
#include "directory/iso/names.def"
#undef SPOKEN
};

/* Sorted by country; parts of parts behind the others. */
static const struct iso_part_row {
	const char country[3];
	const char *code, *name, *english, *names;
} parts[] = {
#define PART(country, code, name, english, names) {country, code, name, english, names},
#include "directory/iso/names.def"
#undef PART
};

/* What the standard and its translators do not have. */
static const struct {
	const char *name, *code;
} country_aliases[] = {
#define COUNTRY_ALIAS(name, code) {name, code},
#define PART_ENGLISH(country, name, code)
#define PART_ALIAS(country, name, code)
#include "directory/iso/aliases.def"
#undef COUNTRY_ALIAS
#undef PART_ENGLISH
#undef PART_ALIAS
};

static const struct iso_alias {
	const char country[3];
	const char *name, *code;
	bool english;
} part_aliases[] = {
#define COUNTRY_ALIAS(name, code)
#define PART_ENGLISH(country, name, code) {country, name, code, true},
#define PART_ALIAS(country, name, code)   {country, name, code, false},
#include "directory/iso/aliases.def"
#undef COUNTRY_ALIAS
#undef PART_ENGLISH
#undef PART_ALIAS
};

/* ---- folding ---- */

enum { KEY_BYTES = 240, INDEX_BYTES = 8 << 20 };

/* Words that say what kind of part it is, in the form of directory/words, and small words. */
static bool iso_is_kind(struct str word)
{
	static const char *const kinds[] = {
	    "kanton",     "canton",      "cantone",     "cantun",
	    "land",       "freistaat",   "bundesland",  "state",
	    "province",   "provincia",   "provincie",   "provinz",
	    "provins",    "dep",         "departement", "departamento",
	    "department", "county",      "region",      "regione",
	    "regiao",     "regio",       "comunidad",   "comunitat",
	    "comunidade", "communaute",  "comunita",    "autonoma",
	    "autonome",   "autonom",     "autonomous",  "community",
	    "principado", "voivodeship", "wojewodztwo", "woiwodschaft",
	    "voivodie",   "estado",      "stato",       "etat",
	    "staat",      "lan",         "fylke",       "prefecture",
	    "prefettura", "governorate", "oblast",      "judet",
	    "comte",      "contea",      "condado",     "grafschaft",
	    "kraj",       "co",          "de",          "del",
	    "della",      "di",          "du",          "des",
	    "da",         "do",          "of",          "the",
	    "von",        "der",         "la",          "le",
	    "les",        "d",           "l",           "el"};
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (word.n && kinds[i][0] == word.p[0] && str_eq(word, str_of(kinds[i])))
			return true;
	return false;
}

/* "Kanton St. Gallen" -> "stgallen"; all words where nothing else is there. */
static struct str iso_part_key(struct str name, char out[KEY_BYTES])
{
	struct words words;
	size_t n = 0;
	words_init(&words);
	words_add(&words, name);
	for (int all = 0; all < 2 && !n; all++)
		for (size_t i = 0; i < words.count; i++) {
			struct str word = words_at(&words, i);
			if ((!all && iso_is_kind(word)) || n + word.n > KEY_BYTES)
				continue;
			memcpy(out + n, word.p, word.n);
			n += word.n;
		}
	return (struct str){out, n};
}

/* "The Netherlands" -> "netherlands", "U.S.A." -> "usa". */
static struct str iso_country_key(struct str name, char out[KEY_BYTES])
{
	if (name.n > 4 && str_eq_nocase((struct str){name.p, 4}, STR("the ")))
		name = (struct str){name.p + 4, name.n - 4};
	return words_key(name, out);
}

/* ---- indexes ---- */

/* Names in order, for look-up; a name of two rows keeps the one that comes first: by place among
 * the names of its row, then by row. */
struct iso_index {
	struct iso_name {
		struct str key;
		uint32_t place, row;
	} * name;
	size_t count, room;
	bool done;
};

static struct arena *iso_texts(void)
{
	static struct arena arena;
	static bool done;
	if (!done)
		arena_init(&arena, INDEX_BYTES);
	done = true;
	return &arena;
}

static void index_add(struct iso_index *index, struct str key, size_t place, size_t row)
{
	key = arena_str(iso_texts(), key);
	if (!key.n)
		return;
	index->name =
	    memory_grow(index->name, &index->room, index->count + 1, sizeof(index->name[0]));
	index->name[index->count++] =
	    (struct iso_name){.key = key, .place = (uint32_t)place, .row = (uint32_t)row};
}

static int index_compare(const void *a, const void *b)
{
	const struct iso_name *x = a, *y = b;
	int keys = str_cmp(x->key, y->key);
	if (keys || x->place != y->place)
		return keys ? keys : x->place < y->place ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void index_sort(struct iso_index *index)
{
	if (index->count)
		qsort(index->name, index->count, sizeof(index->name[0]), index_compare);
	index->done = true;
}

static bool index_name_before(const void *name, const void *key)
{
	return str_cmp(((const struct iso_name *)name)->key, *(const struct str *)key) < 0;
}

/* The first of a key; NULL: none. */
static const struct iso_name *index_find(const struct iso_index *index, struct str key)
{
	size_t at =
	    lower_bound(index->name, index->count, sizeof(index->name[0]), index_name_before, &key);
	return at < index->count && str_eq(index->name[at].key, key) ? &index->name[at] : NULL;
}

/* ---- countries ---- */

static bool country_before(const void *country, const void *code)
{
	return memcmp(((const struct iso_country_row *)country)->code, code, 2) < 0;
}

/* COUNT_OF(countries): none. The rows are sorted by code. */
static size_t country_row(const char *code)
{
	size_t at =
	    lower_bound(countries, COUNT_OF(countries), sizeof(countries[0]), country_before, code);
	return at < COUNT_OF(countries) && memcmp(countries[at].code, code, 2) == 0
		   ? at
		   : COUNT_OF(countries);
}

static struct str country_static(const char *code)
{
	size_t i = country_row(code);
	return i < COUNT_OF(countries) ? (struct str){countries[i].code, 2} : (struct str){"", 0};
}

static const struct iso_index *country_index(void)
{
	static struct iso_index index;
	char key[KEY_BYTES];
	for (size_t i = 0; i < COUNT_OF(countries) && !index.done; i++) {
		struct str rest = str_of(countries[i].names);
		for (size_t place = 0; rest.p; place++)
			index_add(&index, iso_country_key(str_cut(&rest, '|'), key), place, i);
	}
	if (!index.done)
		index_sort(&index);
	return &index;
}

static struct str country_of_name(struct str name)
{
	char key[KEY_BYTES], upper[2];
	name = str_trim(name);
	if (name.n == 2) {
		upper[0] = ascii_upper(name.p[0]);
		upper[1] = ascii_upper(name.p[1]);
		struct str code = country_static(upper);
		if (code.n)
			return code;
	}
	struct str wanted = iso_country_key(name, key);
	if (!wanted.n)
		return (struct str){"", 0}; /* no index of 32 000 names for nothing */
	for (size_t i = 0; i < COUNT_OF(country_aliases); i++)
		if (str_eq(wanted, str_of(country_aliases[i].name)))
			return country_static(country_aliases[i].code);
	const struct iso_index *index = country_index();
	const struct iso_name *found = index_find(index, wanted);
	if (!found)
		return (struct str){"", 0};
	/* Some translations call two countries by one name. */
	const struct iso_name *next = found + 1;
	if (next < index->name + index->count && str_eq(next->key, found->key) &&
	    next->row != found->row && next->place == found->place)
		return (struct str){"", 0};
	return (struct str){countries[found->row].code, 2};
}

struct str iso_country(struct str name)
{
	static const char between[] = {'/', '|', '(', ',', '-'};
	struct str code = country_of_name(name);
	/* "Schweiz/Suisse", "Germany (DE)": all that is known is of one country. */
	for (size_t i = 0; i < COUNT_OF(between) && !code.n; i++) {
		struct str rest = name;
		size_t known = 0, unknown = 0;
		if (!name.n || !memchr(name.p, between[i], name.n))
			continue;
		while (rest.p) {
			struct str part = str_trim(str_cut(&rest, between[i]));
			if (part.n && part.p[part.n - 1] == ')')
				part.n--;
			struct str one = country_of_name(part);
			known += one.n && (!code.n || str_eq(one, code));
			unknown += !one.n || (code.n && !str_eq(one, code));
			code = one.n ? one : code;
		}
		if (known < 2 || unknown)
			code = (struct str){"", 0};
	}
	return code;
}

/* ---- languages ---- */

static const struct iso_index *spoken_index(void)
{
	static struct iso_index index;
	char key[KEY_BYTES];
	for (size_t i = 0; i < COUNT_OF(spoken) && !index.done; i++) {
		struct str rest = str_of(spoken[i].names);
		index_add(&index, words_key((struct str){spoken[i].code, 2}, key), 0, i);
		for (size_t place = 1; rest.n; place++) {
			struct str name = str_cut(&rest, '|');
			str_cut(&name, '=');
			index_add(&index, words_key(name, key), place, i);
		}
	}
	if (!index.done)
		index_sort(&index);
	return &index;
}

struct str iso_language(struct str name)
{
	char key[KEY_BYTES];
	const struct iso_name *found = index_find(spoken_index(), words_key(name, key));
	return found ? (struct str){spoken[found->row].code, 2} : (struct str){"", 0};
}

/* ---- parts ---- */

static bool part_before(const void *part, const void *country)
{
	return memcmp(((const struct iso_part_row *)part)->country, country, 2) < 0;
}

static size_t part_first(const char *country)
{
	return lower_bound(parts, COUNT_OF(parts), sizeof(parts[0]), part_before, country);
}

static bool part_is_of(size_t i, const char *country)
{
	return i < COUNT_OF(parts) && memcmp(parts[i].country, country, 2) == 0;
}

/* Codes stand in the index beside the names, behind a byte that no name has. */
static struct str part_code_key(struct str code, char out[KEY_BYTES])
{
	size_t n = 0;
	out[n++] = '\1';
	for (size_t i = 0; i < code.n && n < KEY_BYTES; i++)
		out[n++] = ascii_lower(code.p[i]);
	return (struct str){out, n};
}

static size_t part_of_code(const char *country, const char *code)
{
	for (size_t i = part_first(country); part_is_of(i, country); i++)
		if (strcmp(code, parts[i].code) == 0)
			return i;
	must(false); /* aliases.def names a part that the standard does not have */
	return 0;
}

static void part_index_build(struct iso_index *index, const char *country)
{
	char key[KEY_BYTES];
	for (size_t i = part_first(country); part_is_of(i, country); i++) {
		struct str rest = str_of(parts[i].names);
		index_add(index, part_code_key(str_of(parts[i].code), key), 0, i);
		index_add(index, iso_part_key(str_of(parts[i].name), key), 0, i);
		index_add(index, iso_part_key(str_of(parts[i].english), key), 0, i);
		while (rest.p)
			index_add(index, iso_part_key(str_cut(&rest, '|'), key), 1, i);
	}
	for (size_t i = 0; i < COUNT_OF(part_aliases); i++)
		if (memcmp(part_aliases[i].country, country, 2) == 0)
			index_add(index, iso_part_key(str_of(part_aliases[i].name), key), 0,
				  part_of_code(country, part_aliases[i].code));
	index_sort(index);
}

/* The index of a country's parts, made when it is first asked for. */
static struct iso_index part_indexes[COUNT_OF(countries)];

static const struct iso_index *part_index(const char *country)
{
	size_t i = country_row(country);
	if (i == COUNT_OF(countries))
		return NULL;
	if (!part_indexes[i].done)
		part_index_build(&part_indexes[i], country);
	return &part_indexes[i];
}

/* Of several codes that name one place the name of the first. */
static struct str part_name(const struct iso_index *index, size_t row)
{
	char key[KEY_BYTES];
	const struct iso_name *same = index_find(index, iso_part_key(str_of(parts[row].name), key));
	return str_of(parts[same ? same->row : row].name);
}

/* "AT-7": two letters, a hyphen, up to three letters or figures. */
static bool part_is_code(struct str s)
{
	if (s.n < 4 || s.n > 6 || !ascii_is_letter(s.p[0]) || !ascii_is_letter(s.p[1]) ||
	    s.p[2] != '-')
		return false;
	for (size_t i = 3; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]))
			return false;
	return true;
}

/* The name of the part that a name or code stands for in an index. NULL: none. */
static const char *part_look_up(const struct iso_index *index, bool code, struct str name)
{
	char key[KEY_BYTES];
	const struct iso_name *found = index_find(
	    index, part_code_key(code ? (struct str){name.p + 3, name.n - 3} : name, key));
	if (!found && !code)
		found = index_find(index, iso_part_key(name, key));
	return found ? part_name(index, found->row).p : NULL;
}

/* The same from what was asked before: files have few regions, and folding a name takes long. */
static const char *part_remembered(const struct iso_index *index, bool code, struct str name)
{
	enum { ANSWERS = 256, NAME_BYTES = 40 };
	static struct {
		const struct iso_index *index;
		const char *answer;
		bool code;
		unsigned char n;
		char name[NAME_BYTES];
	} answers[ANSWERS];
	uint32_t h = 2166136261u ^ (uint32_t)(index - part_indexes); /* FNV-1a */
	if (name.n > NAME_BYTES)
		return part_look_up(index, code, name);
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	h = (h ^ h >> 16) % ANSWERS;
	if (answers[h].index != index || answers[h].code != code ||
	    !str_eq((struct str){answers[h].name, answers[h].n}, name)) {
		answers[h].index = index;
		answers[h].code = code;
		answers[h].n = (unsigned char)name.n;
		memcpy(answers[h].name, name.p, name.n);
		answers[h].answer = part_look_up(index, code, name);
	}
	return answers[h].answer;
}

struct str iso_part(struct str country, struct str name, struct str *of)
{
	char upper[2];
	name = str_trim(name);
	*of = country;
	bool code = part_is_code(name);
	if (code) {
		upper[0] = ascii_upper(name.p[0]);
		upper[1] = ascii_upper(name.p[1]);
		struct str whose = country_static(upper);
		code = whose.n && (!country.n || str_eq(whose, country));
		*of = code ? whose : country;
	}
	const struct iso_index *index = of->n == 2 && name.n ? part_index(of->p) : NULL;
	if (!index)
		return (struct str){"", 0};
	const char *found = part_remembered(index, code, name);
	if (found)
		return str_of(found);
	*of = country;
	return (struct str){"", 0};
}

struct str iso_part_english(struct str country, struct str name)
{
	if (country.n != 2)
		return (struct str){"", 0};
	for (size_t i = part_first(country.p); part_is_of(i, country.p); i++) {
		if (!name.n || parts[i].name[0] != name.p[0] ||
		    !str_eq(name, str_of(parts[i].name)))
			continue;
		for (size_t k = 0; k < COUNT_OF(part_aliases); k++)
			if (part_aliases[k].english &&
			    memcmp(part_aliases[k].country, country.p, 2) == 0 &&
			    strcmp(part_aliases[k].code, parts[i].code) == 0)
				return str_of(part_aliases[k].name);
		struct str english = str_of(parts[i].english);
		return str_eq(english, name) ? (struct str){"", 0} : english;
	}
	return (struct str){"", 0};
}
