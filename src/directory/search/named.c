/* The category and the place that words of a text name, and which word to leave out when all
 * together find nothing. */
#include "directory/search/internal.h"
#include "base/ascii.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include "directory/names/places.h"
#include "directory/words/tokens.h"
#include "sql/directory.h"

enum {
	PHRASE_WORDS = 5,
	PLACE_LEAST = 3, /* letters of a place's name */
	/* A region or country that is so many times larger than the town of its name is meant. */
	WIDER_FACTOR = 100,
	CASE_LEAST = 3, /* letters before the ending of a case */
};

/* ---- names of places ---- */

struct place_keys {
	struct str key[PLACE_KEYS];
	size_t count;
};

static bool keys_add(const struct typed *typed, struct place_keys *keys, struct str key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (str_eq(keys->key[i], key))
			return true;
	if (keys->count == PLACE_KEYS || utf8_count(key) < PLACE_LEAST)
		return true;
	struct str kept = arena_str(typed->arena, key);
	keys->key[keys->count++] = kept;
	return kept.p != NULL;
}

/* Saints are written in many ways: "St. Gallen", "Sankt Gallen". */
static bool keys_add_saints(const struct typed *typed, struct place_keys *keys, size_t from,
			    size_t n)
{
	static const char *const saints[] = {"st", "sankt", "saint", "sainte", "ste", "san"};
	char key[WORDS_KEY_BYTES];
	bool saint = false, fits = true;
	for (size_t i = 0; i < COUNT_OF(saints); i++)
		saint |= n > 1 && str_eq(typed->term[from].word, str_of(saints[i]));
	struct str rest = saint ? terms_joined(typed, from + 1, from + n, key) : STR("");
	for (size_t i = 0; saint && i < COUNT_OF(saints) && fits; i++) {
		struct str name = ARENA_JOIN(typed->arena, str_of(saints[i]), rest);
		fits = name.p && keys_add(typed, keys, name);
	}
	return fits;
}

/* Serbian puts a town into a case behind "u" and its like: "u Beogradu", "u Ljubljani". */
static bool keys_add_cases(const struct typed *typed, struct place_keys *keys, size_t from,
			   struct str name)
{
	static const char *const prepositions[] = {"u", "na", "iz", "kod", "oko"};
	static const char *const endings[][2] = {{"u", ""},   {"u", "o"},   {"u", "e"},
						 {"i", "a"},  {"ci", "ka"}, {"zi", "ga"},
						 {"oj", "a"}, {"a", ""},    {"e", "a"}};
	bool behind = false, fits = true;
	for (size_t i = 0; i < COUNT_OF(prepositions); i++)
		behind |= from > 0 && str_eq(typed->term[from - 1].word, str_of(prepositions[i]));
	for (size_t i = 0; behind && i < COUNT_OF(endings) && fits; i++) {
		struct str ending = str_of(endings[i][0]);
		if (!str_ends(name, ending) || name.n < ending.n + CASE_LEAST)
			continue;
		struct str other = ARENA_JOIN(typed->arena, (struct str){name.p, name.n - ending.n},
					      str_of(endings[i][1]));
		fits = other.p && keys_add(typed, keys, other);
	}
	return fits;
}

/* What a place of this name is called elsewhere, also when the name is a short one: "SF". */
static bool keys_add_others(const struct typed *typed, struct place_keys *keys, struct str name)
{
	struct str other[PLACES_NAMES];
	size_t count = places_names(name, other);
	bool fits = true;
	for (size_t i = 0; i < count && fits; i++)
		fits = keys_add(typed, keys, other[i]);
	return fits;
}

/* All names that the words may be of a place. False: no room. */
static bool keys_of(const struct typed *typed, size_t from, size_t n, struct place_keys *out)
{
	char key[WORDS_KEY_BYTES];
	struct str name = terms_joined(typed, from, from + n, key);
	*out = (struct place_keys){.count = 0};
	bool fits = keys_add_others(typed, out, name) && keys_add(typed, out, name) &&
		    keys_add_saints(typed, out, from, n) && keys_add_cases(typed, out, from, name);
	for (size_t i = 0, own = out->count; i < own && fits; i++)
		fits = keys_add_others(typed, out, out->key[i]);
	return fits;
}

static struct str keys_country(const struct place_keys *keys)
{
	struct str code = {"", 0};
	for (size_t i = 0; i < keys->count && !code.n; i++)
		code = places_country(keys->key[i]);
	return code;
}

static bool keys_have(const struct place_keys *keys, struct str key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (str_eq(keys->key[i], key))
			return true;
	return false;
}

bool named_ask_places(const struct typed *typed, struct str *names, struct str *countries)
{
	struct token_array a, c;
	struct place_keys keys;
	bool fits = true;
	terms_array_open(&a);
	terms_array_open(&c);
	for (size_t i = 0; i < typed->count; i++) {
		for (size_t n = 1; n <= PHRASE_WORDS && i + n <= typed->count && fits; n++) {
			fits = keys_of(typed, i, n, &keys);
			for (size_t k = 0; k < keys.count && fits; k++)
				terms_array_put(&a, "", keys.key[k]);
			struct str code = keys_country(&keys);
			if (code.n)
				terms_array_put(&c, "", code);
		}
	}
	fits &= terms_array_close(&a, typed->arena, names);
	return terms_array_close(&c, typed->arena, countries) && fits;
}

/* ---- places ---- */

static enum place_kind kind_of(const struct db_rows *rows, int row)
{
	struct str kind = db_text(rows, row, SQL_PLACES_NAMED_KIND);
	return str_eq(kind, STR("town"))     ? PLACE_TOWN
	       : str_eq(kind, STR("region")) ? PLACE_REGION
					     : PLACE_COUNTRY;
}

/* The rows of one kind that these names have. False: no room. */
static bool gather(const struct typed *typed, const struct db_rows *rows, enum place_kind kind,
		   const struct place_keys *keys, struct named_place *out)
{
	struct arena *arena = typed->arena;
	struct str code = keys_country(keys);
	struct token_array facets;
	bool fits = true;
	*out = (struct named_place){.kind = PLACE_NONE};
	terms_array_open(&facets);
	for (int row = 0; row < rows->rows && fits; row++) {
		if (kind_of(rows, row) != kind)
			continue;
		if (kind == PLACE_COUNTRY
			? !str_eq(db_text(rows, row, SQL_PLACES_NAMED_COUNTRY), code)
			: !keys_have(keys, db_text(rows, row, SQL_PLACES_NAMED_NAME_KEY)))
			continue;
		char facet[32];
		int64_t id = db_i64(rows, row, SQL_PLACES_NAMED_ID);
		snprintf(facet, sizeof(facet), "@%c%lld", kind == PLACE_TOWN ? 't' : 'r',
			 (long long)id);
		terms_array_put(&facets, "", str_of(facet));
		out->businesses += db_i64(rows, row, SQL_PLACES_NAMED_BUSINESSES);
		if (out->count++ > 0)
			continue;
		out->kind = kind;
		out->id = id;
		fits = rows_text(arena, rows, row, SQL_PLACES_NAMED_KEY, &out->place.key) &&
		       rows_text(arena, rows, row, SQL_PLACES_NAMED_NAME, &out->place.name) &&
		       rows_text(arena, rows, row, SQL_PLACES_NAMED_COUNTRY, &out->place.country);
		out->place.businesses = db_i64(rows, row, SQL_PLACES_NAMED_BUSINESSES);
	}
	struct str literal;
	fits &= terms_array_close(&facets, arena, &literal);
	if (literal.n)
		out->facets = (struct str){literal.p + 1, literal.n - 2};
	if (kind == PLACE_COUNTRY && out->kind) {
		out->place.key = code = out->place.country;
		out->place.name = search_country_name(code);
		out->place.businesses = out->businesses;
	}
	out->keys = keys->count;
	memcpy(out->key, keys->key, sizeof(out->key));
	return fits;
}

/* The region that the largest of these towns is in. False: no room. */
static bool around(const struct typed *typed, const struct db_rows *rows,
		   const struct named_place *town, struct named_place *out)
{
	struct arena *arena = typed->arena;
	for (int row = 0; town->kind && row < rows->rows; row++) {
		if (kind_of(rows, row) != PLACE_TOWN ||
		    db_i64(rows, row, SQL_PLACES_NAMED_ID) != town->id ||
		    !db_text(rows, row, SQL_PLACES_NAMED_REGION).n)
			continue;
		int64_t businesses = db_i64(rows, row, SQL_PLACES_NAMED_REGION_BUSINESSES);
		*out = (struct named_place){
		    .kind = PLACE_REGION,
		    .count = 1,
		    .id = db_i64(rows, row, SQL_PLACES_NAMED_REGION_ID),
		    .businesses = businesses,
		    .place = {.country = town->place.country, .businesses = businesses},
		};
		return rows_text(arena, rows, row, SQL_PLACES_NAMED_REGION_KEY, &out->place.key) &&
		       rows_text(arena, rows, row, SQL_PLACES_NAMED_REGION, &out->place.name);
	}
	return true;
}

/* What these words name: the towns, or the region or country when there is none or when that is far
 * larger; the other one comes second. False: no room. */
static bool read_place(struct typed *typed, const struct db_rows *rows, size_t from, size_t n)
{
	struct place_keys keys;
	struct named_place town, wider, country;
	struct named_place *where = typed->where;
	if (!keys_of(typed, from, n, &keys) || !gather(typed, rows, PLACE_TOWN, &keys, &town) ||
	    !gather(typed, rows, PLACE_REGION, &keys, &wider) ||
	    !gather(typed, rows, PLACE_COUNTRY, &keys, &country))
		return false;
	if (country.businesses > wider.businesses)
		wider = country;
	bool wide = wider.kind && (!town.kind || wider.businesses > WIDER_FACTOR * town.businesses);
	where[0] = wide ? wider : town;
	where[PLACE_OTHER] = wide ? town : wider;
	if (!wide && !around(typed, rows, &town, &where[PLACE_AROUND]))
		return false;
	for (size_t i = from; where[0].kind && i < from + n; i++)
		typed->term[i].place = true;
	return true;
}

/* ---- categories ---- */

/* Facets that stand for the category on each of its words. */
static bool mark_category(struct typed *typed, size_t from, size_t n)
{
	bool fits = true;
	for (size_t i = from; i < from + n; i++) {
		struct term *term = &typed->term[i];
		term->category = true;
		for (size_t m = 0; m < typed->meanings; m++) {
			const struct phrase_meaning *meaning = &typed->meaning[m];
			char facet[32];
			if (meaning->category) {
				snprintf(facet, sizeof(facet), "@c%d", meaning->category->id);
				fits &= terms_add(typed, term, str_of(facet), DEGREE_EXACT, 0);
				snprintf(facet, sizeof(facet), TOKEN_CATEGORY "%d",
					 meaning->category->id);
			} else {
				snprintf(facet, sizeof(facet), "@g%d", meaning->group->id);
			}
			fits &= terms_add(typed, term, str_of(facet), DEGREE_EXACT, 0);
		}
	}
	return fits;
}

/* Further words that name the same category: "griechisches Restaurant". */
static bool mark_same(struct typed *typed)
{
	bool fits = true;
	for (size_t i = 0; i < typed->count && typed->meanings && fits; i++) {
		struct term *term = &typed->term[i];
		struct phrase_meaning also[PHRASE_MEANINGS];
		bool free = !term->filler && !term->category && !term->cuisine;
		size_t count = free ? phrases_find(&term->word, 1, also) : 0;
		for (size_t k = 0; k < count && !term->category && fits; k++)
			if (also[k].category && also[k].category == typed->meaning[0].category)
				fits = mark_category(typed, i, 1);
	}
	return fits;
}

/* Names with a word that is related to the category's: "Pizzeria" for "pizza". */
static bool mark_related(struct typed *typed, struct term *term)
{
	const struct taxonomy_category *category = typed->meaning[0].category;
	bool fits = true;
	if (category)
		term->relateds = phrases_related(term->word, category, term->related, RELATED_MAX);
	for (size_t i = 0; i < term->relateds && fits; i++)
		fits = terms_add(typed, term, term->related[i], DEGREE_BEGINNING, 0);
	return fits;
}

/* Whether nothing but a category and a place is left of the text. */
static void mark_complete(struct typed *typed)
{
	bool category = false, place = false, other = false;
	for (size_t i = 0; i < typed->count; i++) {
		const struct term *term = &typed->term[i];
		if (term->dropped)
			continue;
		category |= term->category;
		place |= term->place;
		other |= !term->filler && !term->category && !term->place;
	}
	typed->complete = (category || place || typed->everything) && !other && !typed->plain;
	if (!category) {
		typed->meanings = 0;
		typed->where[PLACE_AROUND].kind = PLACE_NONE;
	}
	for (size_t i = 0; i < PLACE_STAGES && !place; i++)
		typed->where[i] = (struct named_place){.kind = PLACE_NONE};
}

/* The longest phrases that name a category and a place; one of each. */
bool named_read_places(struct typed *typed, const struct db_rows *rows)
{
	bool fits = true;
	for (size_t n = PHRASE_WORDS; n > 0 && !typed->meanings; n--) {
		for (size_t i = 0; i + n <= typed->count && !typed->meanings; i++) {
			struct str word[PHRASE_WORDS];
			bool cuisine = false;
			if (typed->term[i].filler || typed->term[i + n - 1].filler)
				continue;
			for (size_t k = 0; k < n; k++) {
				word[k] = typed->term[i + k].word;
				cuisine |= typed->term[i + k].cuisine;
			}
			if (!cuisine)
				typed->meanings = phrases_find(word, n, typed->meaning);
			if (typed->meanings)
				fits &= mark_category(typed, i, n);
			if (typed->meanings && n == 1)
				fits &= mark_related(typed, &typed->term[i]);
		}
	}
	fits &= mark_same(typed);
	if (typed->meanings)
		terms_take_times(typed);
	/* A place follows what is looked for more often than it precedes it. */
	for (size_t n = PHRASE_WORDS; n > 0 && !typed->where[0].kind; n--) {
		for (size_t end = typed->count; end >= n && !typed->where[0].kind; end--) {
			size_t i = end - n;
			bool taken = n == 1 && typed->term[i].filler;
			for (size_t k = i; k < end; k++)
				taken |= typed->term[k].category || typed->term[k].cuisine;
			if (!taken)
				fits &= read_place(typed, rows, i, n);
		}
	}
	mark_complete(typed);
	return fits;
}

struct str named_joining(const struct typed *typed, char out[WORDS_KEY_BYTES])
{
	struct buf b;
	buf_init(&b, 1024);
	if (typed->complete && !typed->meanings)
		for (size_t i = 0; i < typed->count; i++)
			if (!typed->term[i].place && !typed->term[i].dropped)
				buf_str(&b, typed->term[i].word);
	struct str key = words_key(buf_view(&b), out);
	buf_release(&b);
	return key;
}

/* ---- slips in names of places ---- */

enum { SLIP_WORDS = 3, SLIPS_MAX = 64 };

/* Words of which one is a misspelt word of places. */
struct place_slip {
	size_t from, n, at;
	const struct alternative *as;
};

/* The only word of these that nobody has as it is; n: there is not one, or they are no place's. */
static size_t slip_at(const struct typed *typed, size_t from, size_t n)
{
	size_t at = typed->count;
	for (size_t i = from; i < from + n; i++) {
		const struct term *term = &typed->term[i];
		if (term->category || term->dropped || (n == 1 && term->filler))
			return typed->count;
		if (term->known || term->joined.n || term->filler)
			continue;
		if (at < typed->count)
			return typed->count;
		at = i;
	}
	return at;
}

/* The longest names first. */
static size_t slips_of(const struct typed *typed, struct place_slip out[SLIPS_MAX])
{
	size_t count = 0;
	for (size_t n = SLIP_WORDS; n > 0; n--) {
		for (size_t from = 0; from + n <= typed->count; from++) {
			size_t at = slip_at(typed, from, n);
			const struct term *term = &typed->term[at];
			for (size_t i = 0; at < typed->count && i < term->count; i++) {
				const struct alternative *as = &term->of[i];
				if (count < SLIPS_MAX && as->degree >= DEGREE_NEAR &&
				    str_starts(as->token, STR(TOKEN_PLACE)))
					out[count++] = (struct place_slip){from, n, at, as};
			}
		}
	}
	return count;
}

static struct str slip_word(const struct place_slip *slip)
{
	return (struct str){slip->as->token.p + 1, slip->as->token.n - 1};
}

/* The name that is meant, folded. */
static struct str slip_key(const struct typed *typed, const struct place_slip *slip,
			   char out[WORDS_KEY_BYTES])
{
	struct buf b;
	buf_init(&b, 1024);
	for (size_t i = slip->from; i < slip->from + slip->n; i++)
		buf_str(&b, i == slip->at ? slip_word(slip) : typed->term[i].word);
	struct str key = words_key(buf_view(&b), out);
	buf_release(&b);
	return key;
}

bool named_ask_slips(const struct typed *typed, struct str *names)
{
	struct token_array a;
	struct place_slip slip[SLIPS_MAX];
	bool asked = !typed->where[0].kind && !typed->plain;
	size_t count = asked ? slips_of(typed, slip) : 0;
	terms_array_open(&a);
	for (size_t i = 0; i < count; i++) {
		char key[WORDS_KEY_BYTES];
		terms_array_put(&a, "", slip_key(typed, &slip[i], key));
	}
	return terms_array_close(&a, typed->arena, names);
}

/* Whether words of names are nearer to what was typed, or as near and commoner. */
static bool slip_is_name(const struct typed *typed, const struct place_slip *slip,
			 const struct named_place *where)
{
	const struct term *term = &typed->term[slip->at];
	int64_t businesses = 0;
	for (size_t i = 0; i < term->count && slip->n == 1; i++) {
		const struct alternative *other = &term->of[i];
		if (!terms_is_name(other->token) || other->degree > slip->as->degree)
			continue;
		if (other->degree < slip->as->degree)
			return true;
		businesses += other->businesses;
	}
	return businesses > where->businesses;
}

/* The word of the place's name that was meant, as it is written; empty: it has none. */
static struct str slip_meant(struct str name, struct str word)
{
	while (name.p) {
		char key[WORDS_KEY_BYTES];
		struct str piece = str_cut(&name, ' ');
		if (str_eq(words_key(piece, key), word))
			return piece;
	}
	return (struct str){"", 0};
}

static bool slip_take(struct typed *typed, const struct place_slip *slip,
		      const struct named_place *where)
{
	struct term *term = &typed->term[slip->at];
	char key[WORDS_KEY_BYTES];
	typed->where[0] = *where;
	for (size_t i = slip->from; i < slip->from + slip->n; i++)
		typed->term[i].place = true;
	/* From here on the text is as if it had been typed right. */
	term->word = slip_word(slip);
	term->meant = slip_meant(where->place.name, term->word);
	if (!term->meant.n)
		term->meant = term->word;
	typed->key = arena_str(typed->arena, terms_joined(typed, 0, typed->count, key));
	mark_complete(typed);
	return typed->key.p != NULL;
}

bool named_read_slips(struct typed *typed, const struct db_rows *rows, bool *found)
{
	struct place_slip slip[SLIPS_MAX];
	struct named_place where, best_where = {.kind = PLACE_NONE};
	const struct place_slip *best = NULL;
	size_t count = slips_of(typed, slip);
	bool fits = true;
	for (size_t i = 0; i < count && fits && (!best || best->n == slip[i].n); i++) {
		char key[WORDS_KEY_BYTES];
		struct place_keys keys = {.count = 0};
		fits = keys_add(typed, &keys, slip_key(typed, &slip[i], key)) &&
		       gather(typed, rows, PLACE_TOWN, &keys, &where) &&
		       (where.kind || gather(typed, rows, PLACE_REGION, &keys, &where));
		if (!fits || !where.kind || slip_is_name(typed, &slip[i], &where))
			continue;
		if (best && (best->as->degree < slip[i].as->degree ||
			     (best->as->degree == slip[i].as->degree &&
			      best_where.businesses >= where.businesses)))
			continue;
		best = &slip[i];
		best_where = where;
	}
	*found = best != NULL;
	return fits && (!best || slip_take(typed, best, &best_where));
}

/* ---- typing errors ---- */

/* The category whose name the word misspells; NULL: none, or a word of names is nearer. */
static const struct phrase_meaning *slip_of(const struct term *term, struct phrase_meaning *meaning,
					    struct str *text)
{
	char key[WORDS_KEY_BYTES];
	int most = terms_forgiven(term->word);
	if (!most || !phrases_near(term->word, most, terms_edits, meaning, text))
		return NULL;
	struct str name = words_key(*text, key);
	int edits = terms_edits(name, term->word, most);
	for (size_t i = 0; i < term->count; i++) {
		struct str token = term->of[i].token;
		if (token.p[0] == '@')
			continue;
		if (!terms_is_name(token))
			token = (struct str){token.p + 1, token.n - 1};
		if (terms_edits(token, term->word, edits) <= edits && !str_starts(token, name) &&
		    !str_starts(name, token))
			return NULL;
	}
	return meaning;
}

bool named_correct_whole(struct typed *typed)
{
	struct term *slip = NULL;
	for (size_t i = 0; i < typed->count; i++) {
		struct term *term = &typed->term[i];
		if (term->filler || term->place || term->dropped)
			continue;
		if (slip || term->known || term->category)
			return false;
		slip = term;
	}
	struct phrase_meaning meaning;
	struct str text;
	if (!slip || typed->plain || typed->meanings || !slip_of(slip, &meaning, &text))
		return false;
	/* From here on the text is as if it had been typed right: names that are the
	 * category's word come first. */
	char key[WORDS_KEY_BYTES];
	struct str word = arena_str(typed->arena, words_key(text, key));
	typed->meaning[0] = meaning;
	typed->meanings = 1;
	slip->meant = text;
	slip->count = 0;
	slip->word = word;
	typed->key = arena_str(typed->arena, terms_joined(typed, 0, typed->count, key));
	if (!word.p || !typed->key.p)
		return false;
	return mark_category(typed, (size_t)(slip - typed->term), 1) &&
	       (mark_complete(typed), true);
}

bool named_correct(struct typed *typed)
{
	for (size_t i = 0; i < typed->count && !typed->meanings; i++) {
		struct term *term = &typed->term[i];
		int most = terms_forgiven(term->word);
		if (term->filler || term->place || term->known || term->dropped || !most ||
		    !phrases_near(term->word, most, terms_edits, typed->meaning, &term->meant))
			continue;
		typed->meanings = 1;
		if (!mark_category(typed, i, 1))
			return false;
		mark_complete(typed);
		return true;
	}
	return false;
}

/* ---- words to leave out ---- */

/* The weight of a word. The smaller the value, the sooner the word is dropped: first the one that
 * no business has, then slips and numbers, then the more frequent ones; last the names of places,
 * categories and cuisines. */
static int64_t telling(const struct typed *typed, const struct term *term)
{
	bool number = true, postcode = false;
	if (term->category || term->place)
		return term->category ? 2 : 1;
	if (term->cuisine)
		return typed->meanings ? 0 : 2;
	if (!term->count)
		return INT64_MIN;
	if (!term->known && !term->joined.n)
		return INT64_MIN + 1;
	for (size_t i = 0; i < term->word.n; i++)
		number &= ascii_is_digit(term->word.p[i]);
	for (size_t i = 0; i < term->count; i++)
		postcode |= term->of[i].degree == DEGREE_EXACT &&
			    str_starts(term->of[i].token, STR(TOKEN_PLACE));
	return number && !postcode ? INT64_MIN + 2 : -term->known;
}

bool named_drop(struct typed *typed)
{
	struct term *least = NULL;
	size_t left = 0;
	for (size_t i = 0; i < typed->count; i++) {
		struct term *term = &typed->term[i];
		if (term->filler || term->dropped)
			continue;
		left++;
		if (!least || telling(typed, term) < telling(typed, least))
			least = term;
	}
	/* The words of a name are left out together. */
	for (size_t i = 0; i < typed->count && left > 1; i++) {
		struct term *term = &typed->term[i];
		bool together =
		    term != least && !term->filler && !term->dropped &&
		    ((term->place && least->place) || (term->category && least->category) ||
		     (term->of_street && least->of_street));
		if (!together)
			continue;
		term->dropped = true;
		left--;
	}
	if (left < 2)
		return false;
	least->dropped = true;
	mark_complete(typed);
	return true;
}
