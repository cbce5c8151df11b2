/* What was typed, word by word: which tokens each word may stand for, and which category
 * and place are meant. */
#include "directory/search/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/utf8.h"
#include "directory/words/tokens.h"
#include "sql/directory.h"

enum {
	CORRECT_FROM = 4,     /* letters: shorter words are not corrected */
	TYPED_FROM = 3,       /* letters of such a word when one is left out */
	CORRECT_TWO_FROM = 8, /* two errors are forgiven in words of so many letters ... */
	TYPED_TWO_FROM = 6,   /* ... which are typed with two fewer when both leave one out */
	BEGINNING_FROM = 3,
	PHRASE_WORDS = 5,
	PHONE_DIGITS = 6,
	PLACE_LEAST = 3,     /* letters of a place's name */
	REGION_FACTOR = 100, /* so many times larger than the town of its name, a region is meant */
	SPLIT_LEAST = 3,     /* letters of each part of a word that is two */
};

static const char *const kinds[] = {TOKEN_NAME, TOKEN_PLACE, TOKEN_STREET};

/* The word of a token: without the sign of its kind. */
static struct str word_of(struct str token)
{
	if (token.n && strchr("./:@", token.p[0]))
		return (struct str){token.p + 1, token.n - 1};
	return token;
}

static size_t letters_of(struct str word)
{
	size_t n = 0;
	for (size_t i = 0; i < word.n; i++)
		n += utf8_begins(word.p[i]);
	return n;
}

static bool has_digit(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (ascii_is_digit(word.p[i]))
			return true;
	return false;
}

/* ---- edits ---- */

static size_t decode(struct str s, int32_t out[WORDS_BYTES])
{
	size_t n = 0;
	while (s.n > 0 && n < WORDS_BYTES) {
		size_t used = utf8_first(s);
		if (!used)
			break;
		int32_t c = 0;
		for (size_t i = 0; i < used; i++)
			c = c << 8 | (unsigned char)s.p[i];
		out[n++] = c;
		s.p += used;
		s.n -= used;
	}
	return n;
}

int terms_edits(struct str a, struct str b, int most)
{
	int32_t as[WORDS_BYTES], bs[WORDS_BYTES];
	int row[3][WORDS_BYTES + 1];
	size_t an = decode(a, as), bn = decode(b, bs);
	if (an > bn + (size_t)most || bn > an + (size_t)most)
		return most + 1;
	for (size_t j = 0; j <= bn; j++)
		row[0][j] = (int)j;
	for (size_t i = 1; i <= an; i++) {
		int *now = row[i % 3], *before = row[(i - 1) % 3], *two = row[(i + 1) % 3];
		int least = now[0] = (int)i;
		for (size_t j = 1; j <= bn; j++) {
			int v = before[j - 1] + (as[i - 1] != bs[j - 1]);
			if (before[j] + 1 < v)
				v = before[j] + 1;
			if (now[j - 1] + 1 < v)
				v = now[j - 1] + 1;
			if (i > 1 && j > 1 && as[i - 1] == bs[j - 2] && as[i - 2] == bs[j - 1] &&
			    two[j - 2] + 1 < v)
				v = two[j - 2] + 1;
			now[j] = v;
			if (v < least)
				least = v;
		}
		if (least > most)
			return most + 1;
	}
	return row[an % 3][bn];
}

int terms_corrected(struct str word, struct str typed)
{
	size_t n = letters_of(word), m = letters_of(typed);
	int most = n < CORRECT_FROM || m < TYPED_FROM                           ? 0
		   : (n > m ? n : m) >= CORRECT_TWO_FROM && m >= TYPED_TWO_FROM ? 2
										: 1;
	int edits = most ? terms_edits(word, typed, most) : 0;
	return edits <= most ? edits : 0;
}

/* ---- the text ---- */

static void read_phone(struct str q, struct typed *out)
{
	char digits[32];
	size_t n = 0;
	for (size_t i = 0; i < q.n; i++) {
		if (ascii_is_digit(q.p[i]) && n < sizeof(digits))
			digits[n++] = q.p[i];
		else if (!strchr(" +()-./", q.p[i]))
			return;
	}
	if (n >= PHONE_DIGITS)
		out->phone = arena_str(out->arena, (struct str){digits, n});
}

static void read_host(struct str q, struct typed *out)
{
	char host[TOKEN_HOST_BYTES];
	struct str found = token_host(q, host);
	const char *end = found.n ? memrchr(found.p, '.', found.n) : NULL;
	/* "St.Gallen" and "3.5" are none: what follows the last dot is a domain of
	 * letters in lower case. */
	if (!end || found.p + found.n - end < 3)
		return;
	for (const char *p = end + 1; p < found.p + found.n; p++)
		if (!ascii_is_letter(*p))
			return;
	out->host = arena_str(out->arena, found);
}

bool terms_read(struct arena *arena, struct str q, bool plain, struct typed *out)
{
	struct words words;
	struct str word[WORDS_MAX];
	char key[WORDS_KEY_BYTES];
	*out = (struct typed){.arena = arena, .q = str_trim(q), .plain = plain};
	read_phone(q, out);
	read_host(str_trim(q), out);
	out->key = arena_str(arena, words_key(q, key));
	words_init(&words);
	words_add(&words, q);
	for (size_t i = 0; i < words.count; i++)
		word[i] = words_at(&words, i);
	bool fits = out->key.p != NULL;
	for (size_t i = 0; i < words.count && out->count < TERMS_MAX;) {
		size_t near = phrases_near_me(word + i, words.count - i);
		if (near) {
			out->near_me = true;
			i += near;
			continue;
		}
		struct term *term = &out->term[out->count++];
		term->word = arena_str(arena, word[i++]);
		term->filler = phrases_is_filler(term->word);
		fits &= term->word.p != NULL;
	}
	size_t telling = 0;
	for (size_t i = 0; i < out->count; i++)
		telling += !out->term[i].filler;
	for (size_t i = 0; i < out->count && !telling; i++)
		out->term[i].filler = false;
	if (out->count)
		out->term[out->count - 1].last = true;
	return fits;
}

/* ---- arrays ---- */

struct array {
	struct buf b;
	bool some;
};

static void array_open(struct array *a)
{
	buf_init(&a->b, TEXT_BYTES);
	buf_putc(&a->b, '{');
	a->some = false;
}

/* Folded words and signs of tokens: nothing to escape. */
static void array_put(struct array *a, const char *kind, struct str word)
{
	buf_printf(&a->b, "%s\"%s%.*s\"", a->some ? "," : "", kind, STR_ARG(word));
	a->some = true;
}

/* The literal in the arena; empty but not NULL when nothing was put there. */
static bool array_close(struct array *a, struct arena *arena, struct str *out)
{
	buf_putc(&a->b, '}');
	*out = (struct str){"", 0};
	if (a->some)
		*out = buf_failed(&a->b) ? (struct str){0} : arena_str(arena, buf_view(&a->b));
	buf_release(&a->b);
	return out->p != NULL;
}

/* The words from..to as one. */
static struct str joined(const struct typed *typed, size_t from, size_t to,
			 char out[WORDS_KEY_BYTES])
{
	struct buf b;
	buf_init(&b, 1024);
	for (size_t i = from; i < to; i++)
		buf_str(&b, typed->term[i].word);
	struct str key = words_key(buf_view(&b), out);
	buf_release(&b);
	return key;
}

/* ---- the dictionary ---- */

bool terms_ask_known(const struct typed *typed, struct str *exact, struct str *beginnings)
{
	struct array e, b;
	array_open(&e);
	array_open(&b);
	if (typed->host.n)
		array_put(&e, TOKEN_HOST, typed->host);
	for (size_t i = 0; i < typed->count; i++) {
		const struct term *term = &typed->term[i];
		char key[WORDS_KEY_BYTES];
		for (size_t k = 0; k < COUNT_OF(kinds); k++) {
			array_put(&e, kinds[k], term->word);
			if (i + 1 < typed->count)
				array_put(&e, kinds[k], joined(typed, i, i + 2, key));
			if (term->last && term->word.n >= BEGINNING_FROM)
				array_put(&b, kinds[k], term->word);
		}
		for (size_t at = SPLIT_LEAST; at + SPLIT_LEAST <= term->word.n; at++) {
			if (!utf8_begins(term->word.p[at]))
				continue;
			array_put(&e, TOKEN_NAME, (struct str){term->word.p, at});
			array_put(&e, TOKEN_NAME,
				  (struct str){term->word.p + at, term->word.n - at});
		}
	}
	bool fits = array_close(&e, typed->arena, exact);
	return array_close(&b, typed->arena, beginnings) && fits;
}

static bool add_alternative(struct typed *typed, struct term *term, struct str token,
			    enum degree degree, int64_t businesses)
{
	for (size_t i = 0; i < term->count; i++)
		if (str_eq(term->of[i].token, token))
			return true;
	if (term->count == ALTERNATIVES_MAX)
		return true;
	struct str kept = arena_str(typed->arena, token);
	term->of[term->count++] = (struct alternative){kept, degree, businesses};
	return kept.p != NULL;
}

static int64_t businesses_of(const struct db_rows *rows, struct str word)
{
	for (int row = 0; row < rows->rows; row++)
		if (!db_i64(rows, row, SQL_WORDS_KNOWN_BEGINNING) &&
		    str_eq(db_text(rows, row, SQL_WORDS_KNOWN_WORD), word))
			return db_i64(rows, row, SQL_WORDS_KNOWN_BUSINESSES);
	return 0;
}

/* A word that nobody has may be two that somebody has: where the rarer of the two is commonest. */
static bool find_split(struct typed *typed, struct term *term, const struct db_rows *rows)
{
	int64_t best = 0;
	for (size_t at = SPLIT_LEAST; at + SPLIT_LEAST <= term->word.n; at++) {
		struct str front = {term->word.p, at};
		struct str back = {term->word.p + at, term->word.n - at};
		int64_t a = businesses_of(rows, front), b = businesses_of(rows, back);
		if ((a < b ? a : b) <= best)
			continue;
		best = a < b ? a : b;
		term->split[0] = front;
		term->split[1] = back;
	}
	if (!best)
		return true;
	bool first_is_rarer = businesses_of(rows, term->split[0]) == best;
	return add_alternative(typed, term, term->split[!first_is_rarer], DEGREE_EXACT, best);
}

bool terms_read_known(struct typed *typed, const struct db_rows *rows)
{
	bool fits = true;
	char host[TOKEN_HOST_BYTES + 2];
	snprintf(host, sizeof(host), TOKEN_HOST "%.*s", STR_ARG(typed->host));
	if (!businesses_of(rows, str_of(host)))
		typed->host = (struct str){"", 0};
	for (size_t i = 0; i < typed->count; i++) {
		struct term *term = &typed->term[i];
		char key[WORDS_KEY_BYTES];
		struct str both = {"", 0};
		if (i + 1 < typed->count)
			both = arena_str(typed->arena, joined(typed, i, i + 2, key));
		for (int row = 0; row < rows->rows; row++) {
			struct str token = db_text(rows, row, SQL_WORDS_KNOWN_WORD);
			struct str word = word_of(token);
			int64_t n = db_i64(rows, row, SQL_WORDS_KNOWN_BUSINESSES);
			if (str_eq(word, term->word)) {
				term->known += n;
				fits &= add_alternative(typed, term, token, DEGREE_EXACT, n);
			} else if (both.n && str_eq(word, both)) {
				term->joined = typed->term[i + 1].joined = both;
				fits &= add_alternative(typed, term, token, DEGREE_EXACT, n) &&
					add_alternative(typed, &typed->term[i + 1], token,
							DEGREE_EXACT, n);
			}
		}
		if (!term->known && !term->joined.n)
			fits &= find_split(typed, term, rows);
	}
	for (int row = 0; typed->count && row < rows->rows; row++)
		if (db_i64(rows, row, SQL_WORDS_KNOWN_BEGINNING))
			fits &= add_alternative(typed, &typed->term[typed->count - 1],
						db_text(rows, row, SQL_WORDS_KNOWN_WORD),
						DEGREE_BEGINNING,
						db_i64(rows, row, SQL_WORDS_KNOWN_BUSINESSES));
	return fits;
}

bool terms_ask_near(const struct typed *typed, struct str *words)
{
	struct array a;
	array_open(&a);
	for (size_t i = 0; i < typed->count; i++)
		if (!has_digit(typed->term[i].word) &&
		    letters_of(typed->term[i].word) >= TYPED_FROM)
			array_put(&a, "", typed->term[i].word);
	return array_close(&a, typed->arena, words);
}

struct correction {
	struct str token;
	int edits;
	int64_t businesses;
};

static int correction_compare(const void *a, const void *b)
{
	const struct correction *x = a, *y = b;
	if (x->edits != y->edits)
		return x->edits - y->edits;
	return (x->businesses < y->businesses) - (x->businesses > y->businesses);
}

static bool read_corrections(struct typed *typed, struct term *term, const struct db_rows *rows,
			     int64_t position)
{
	struct correction *found =
	    arena_array(typed->arena, (size_t)rows->rows + 1, sizeof(*found));
	size_t count = 0;
	for (int row = 0; found && row < rows->rows; row++) {
		if (db_i64(rows, row, SQL_WORDS_NEAR_POSITION) != position)
			continue;
		struct str token = db_text(rows, row, SQL_WORDS_NEAR_WORD);
		int edits = terms_corrected(word_of(token), term->word);
		if (edits > 0)
			found[count++] = (struct correction){
			    token, edits, db_i64(rows, row, SQL_WORDS_NEAR_BUSINESSES)};
	}
	if (!found)
		return false;
	qsort(found, count, sizeof(*found), correction_compare);
	bool fits = true;
	for (size_t i = 0; i < count && fits; i++)
		fits = add_alternative(typed, term, found[i].token,
				       found[i].edits == 1 ? DEGREE_NEAR : DEGREE_FAR,
				       found[i].businesses);
	return fits;
}

bool terms_read_near(struct typed *typed, const struct db_rows *rows)
{
	int64_t position = 0;
	bool fits = true;
	for (size_t i = 0; i < typed->count; i++)
		if (!has_digit(typed->term[i].word) &&
		    letters_of(typed->term[i].word) >= TYPED_FROM)
			fits &= read_corrections(typed, &typed->term[i], rows, ++position);
	return fits;
}

/* ---- places and categories ---- */

bool terms_ask_places(const struct typed *typed, struct str *names)
{
	struct array a;
	char key[WORDS_KEY_BYTES];
	array_open(&a);
	for (size_t i = 0; i < typed->count; i++)
		for (size_t n = 1; n <= PHRASE_WORDS && i + n <= typed->count; n++)
			array_put(&a, "", joined(typed, i, i + n, key));
	return array_close(&a, typed->arena, names);
}

static bool mark_place(struct typed *typed, const struct db_rows *rows, int row)
{
	bool is_city = db_bool(rows, row, SQL_PLACES_NAMED_IS_CITY);
	struct search_place *place = is_city ? &typed->city : &typed->region;
	*(is_city ? &typed->city_id : &typed->region_id) = db_i64(rows, row, SQL_PLACES_NAMED_ID);
	place->businesses = db_i64(rows, row, SQL_PLACES_NAMED_BUSINESSES);
	return rows_text(typed->arena, rows, row, SQL_PLACES_NAMED_KEY, &place->key) &&
	       rows_text(typed->arena, rows, row, SQL_PLACES_NAMED_NAME, &place->name) &&
	       rows_text(typed->arena, rows, row, SQL_PLACES_NAMED_COUNTRY, &place->country);
}

/* The largest town that these words name, or a region that is far larger; -1: none. */
static int place_of(const struct typed *typed, const struct db_rows *rows, size_t from, size_t n)
{
	char key[WORDS_KEY_BYTES];
	struct str name = joined(typed, from, from + n, key);
	int city = -1, region = -1;
	if (letters_of(name) < PLACE_LEAST)
		return -1;
	for (int row = 0; row < rows->rows; row++) {
		int *kind = db_bool(rows, row, SQL_PLACES_NAMED_IS_CITY) ? &city : &region;
		if (*kind < 0 && str_eq(db_text(rows, row, SQL_PLACES_NAMED_NAME_KEY), name))
			*kind = row;
	}
	if (city < 0 || region < 0)
		return city < 0 ? region : city;
	return db_i64(rows, region, SQL_PLACES_NAMED_BUSINESSES) >
		       REGION_FACTOR * db_i64(rows, city, SQL_PLACES_NAMED_BUSINESSES)
		   ? region
		   : city;
}

/* Facets that stand for the category on each of its words. */
static bool mark_category(struct typed *typed, size_t from, size_t n)
{
	bool fits = true;
	for (size_t i = from; i < from + n; i++) {
		typed->term[i].category = true;
		for (size_t m = 0; m < typed->meanings; m++) {
			const struct phrase_meaning *meaning = &typed->meaning[m];
			char facet[32];
			if (meaning->category) {
				snprintf(facet, sizeof(facet), "@c%d", meaning->category->id);
				fits &= add_alternative(typed, &typed->term[i], str_of(facet),
							DEGREE_EXACT, 0);
				snprintf(facet, sizeof(facet), TOKEN_CATEGORY "%d",
					 meaning->category->id);
			} else {
				snprintf(facet, sizeof(facet), "@g%d", meaning->group->id);
			}
			fits &=
			    add_alternative(typed, &typed->term[i], str_of(facet), DEGREE_EXACT, 0);
		}
	}
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
	typed->complete = (category || place) && !other && !typed->plain;
	if (typed->complete && !category)
		typed->meanings = 0;
	if (typed->complete && !place)
		typed->city_id = typed->region_id = 0;
}

/* The longest phrases that name a category and a place, from the left; one of each. */
bool terms_read_places(struct typed *typed, const struct db_rows *rows)
{
	bool fits = true;
	for (size_t n = PHRASE_WORDS; n > 0 && !typed->meanings; n--) {
		for (size_t i = 0; i + n <= typed->count && !typed->meanings; i++) {
			char key[WORDS_KEY_BYTES];
			if (n == 1 && typed->term[i].filler)
				continue;
			typed->meanings =
			    phrases_find(joined(typed, i, i + n, key), typed->meaning);
			if (typed->meanings)
				fits &= mark_category(typed, i, n);
		}
	}
	/* A place follows what is looked for more often than it precedes it. */
	for (size_t n = PHRASE_WORDS; n > 0 && !typed->city_id && !typed->region_id; n--) {
		for (size_t end = typed->count; end >= n; end--) {
			size_t i = end - n;
			bool taken = n == 1 && typed->term[i].filler;
			for (size_t k = i; k < end; k++)
				taken |= typed->term[k].category;
			int row = taken ? -1 : place_of(typed, rows, i, n);
			if (row < 0)
				continue;
			fits &= mark_place(typed, rows, row);
			for (size_t k = i; k < end; k++)
				typed->term[k].place = true;
			break;
		}
	}
	mark_complete(typed);
	return fits;
}

/* ---- matches ---- */

static bool match_term(const struct typed *typed, const struct term *term,
		       const struct match_wish *wish, struct str *set, double *share)
{
	struct array a;
	int64_t businesses = 0;
	bool facets = false;
	array_open(&a);
	for (size_t i = 0; i < term->count; i++) {
		bool facet = term->of[i].token.p[0] == '@';
		if (term->of[i].degree > wish->degree || (facet && wish->words_only))
			continue;
		array_put(&a, "", term->of[i].token);
		businesses += term->of[i].businesses;
		facets |= facet;
	}
	/* The sizes of categories are not asked for: a tenth of all is more than any has. */
	if (facets)
		businesses += wish->total / 10;
	*share = wish->total > businesses ? (double)businesses / (double)wish->total : 1;
	return array_close(&a, typed->arena, set);
}

bool terms_match(const struct typed *typed, const struct match_wish *wish, struct text *out)
{
	*out = (struct text){.expected = (double)wish->total};
	size_t sets = 0;
	bool fits = true;
	for (size_t i = 0; i < typed->count && fits; i++) {
		const struct term *term = &typed->term[i];
		double share;
		if (term->filler || term->dropped)
			continue;
		fits = match_term(typed, term, wish, &out->set[sets], &share);
		out->hopeless |= out->set[sets].n == 0;
		out->expected *= share;
		sets++;
	}
	out->hopeless |= sets == 0;
	out->all = str_of(arena_printf(typed->arena, "{%s}", wish->facets));
	return fits && out->all.p != NULL;
}

/* What a word tells, the less the smaller: nothing when nobody has it, most when it names a
 * category or a place, otherwise the more the fewer have it. */
static int64_t telling(const struct term *term)
{
	if (!term->count)
		return INT64_MIN;
	return term->category || term->place ? 1 : -term->known;
}

bool terms_drop(struct typed *typed)
{
	struct term *least = NULL;
	size_t left = 0;
	for (size_t i = 0; i < typed->count; i++) {
		struct term *term = &typed->term[i];
		if (term->filler || term->dropped)
			continue;
		left++;
		if (!least || telling(term) < telling(least))
			least = term;
	}
	if (left < 2)
		return false;
	least->dropped = true;
	mark_complete(typed);
	return true;
}
