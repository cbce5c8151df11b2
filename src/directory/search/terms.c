/* What was typed, word by word: which tokens each word may stand for. */
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
	PHONE_DIGITS = 6,
	SURE_PHONE_DIGITS = 9, /* so many can be nothing else */
	SPLIT_LEAST = 3,       /* letters of each part of a word that is two */
};

static const char *const kinds[] = {TOKEN_NAME, TOKEN_PLACE, TOKEN_STREET};

/* The word of a token: without the sign of its kind. */
static struct str word_of(struct str token)
{
	if (token.n && strchr("./:@", token.p[0]))
		return (struct str){token.p + 1, token.n - 1};
	return token;
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

int terms_forgiven(struct str word)
{
	size_t n = utf8_count(word);
	return has_digit(word) || n < CORRECT_FROM ? 0 : n < CORRECT_TWO_FROM ? 1 : 2;
}

int terms_corrected(struct str word, struct str typed)
{
	size_t n = utf8_count(word), m = utf8_count(typed);
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
	if (n < PHONE_DIGITS)
		return;
	out->phone = arena_str(out->arena, (struct str){digits, n});
	out->only_phone = n >= SURE_PHONE_DIGITS || q.p[0] == '+';
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
	out->only_together = true;
}

/* ---- streets ---- */

/* Kinds of streets, folded, that are written out or not; those that begin with '-' end words. */
static bool read_street(struct typed *typed, struct term *term)
{
	static const char *const spellings[][2] = {
	    {"st", "street"},    {"ave", "avenue"}, {"av", "avenue"},     {"blvd", "boulevard"},
	    {"bd", "boulevard"}, {"rd", "road"},    {"dr", "drive"},      {"ln", "lane"},
	    {"sq", "square"},    {"ct", "court"},   {"hwy", "highway"},   {"ch", "chemin"},
	    {"rte", "route"},    {"pl", "place"},   {"str", "strasse"},   {"ul", "ulica"},
	    {"pza", "plaza"},    {"pza", "piazza"}, {"-str", "-strasse"}, {"-str", "-straat"},
	    {"-pl", "-platz"},
	};
	size_t count = 0;
	for (size_t i = 0; i < COUNT_OF(spellings); i++) {
		for (int from = 0; from < 2 && count < STREET_SPELLINGS; from++) {
			struct str one = str_of(spellings[i][from]);
			struct str other = str_of(spellings[i][!from]), front = {"", 0};
			if (one.p[0] == '-') {
				one = (struct str){one.p + 1, one.n - 1};
				other = (struct str){other.p + 1, other.n - 1};
				if (!str_ends(term->word, one) || term->word.n == one.n)
					continue;
				front = (struct str){term->word.p, term->word.n - one.n};
			} else if (!str_eq(term->word, one)) {
				continue;
			}
			term->street[count] = ARENA_JOIN(typed->arena, front, other);
			if (!term->street[count++].p)
				return false;
		}
	}
	return true;
}

static bool is_street(const struct term *term, struct str token)
{
	for (size_t i = 0; i < STREET_SPELLINGS; i++)
		if (term->street[i].n && token.n && token.p[0] == TOKEN_STREET[0] &&
		    str_eq(word_of(token), term->street[i]))
			return true;
	return false;
}

/* ---- the text, word by word ---- */

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
		size_t used;
		enum phrase_wish wish = phrases_wish(word + i, words.count - i, &used);
		if (wish && used < words.count) { /* alone they are words like others */
			out->near_me |= wish == PHRASE_NEAR_ME;
			out->open_now |= wish == PHRASE_OPEN_NOW;
			i += used;
			continue;
		}
		struct term *term = &out->term[out->count++];
		term->word = arena_str(arena, word[i++]);
		term->filler = phrases_is_filler(term->word);
		fits &= term->word.p != NULL && read_street(out, term);
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

void terms_array_open(struct token_array *a)
{
	buf_init(&a->b, TEXT_BYTES);
	buf_putc(&a->b, '{');
	a->some = false;
}

/* Folded words and signs of tokens: nothing to escape. */
void terms_array_put(struct token_array *a, const char *kind, struct str word)
{
	buf_printf(&a->b, "%s\"%s%.*s\"", a->some ? "," : "", kind, STR_ARG(word));
	a->some = true;
}

void terms_array_put_all(struct token_array *a, struct str elements)
{
	if (!elements.n)
		return;
	buf_printf(&a->b, "%s%.*s", a->some ? "," : "", STR_ARG(elements));
	a->some = true;
}

bool terms_array_close(struct token_array *a, struct arena *arena, struct str *out)
{
	buf_putc(&a->b, '}');
	*out = (struct str){"", 0};
	if (a->some)
		*out = buf_failed(&a->b) ? (struct str){0} : arena_str(arena, buf_view(&a->b));
	buf_release(&a->b);
	return out->p != NULL;
}

struct str terms_joined(const struct typed *typed, size_t from, size_t to,
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

/* Whether this and the next word may be one that was written in two. Numbers are not. */
static bool joins_next(const struct typed *typed, size_t i)
{
	return i + 1 < typed->count &&
	       !(has_digit(typed->term[i].word) && has_digit(typed->term[i + 1].word));
}

bool terms_ask_known(const struct typed *typed, struct str *exact, struct str *beginnings)
{
	struct token_array e, b;
	terms_array_open(&e);
	terms_array_open(&b);
	if (typed->host.n)
		terms_array_put(&e, TOKEN_HOST, typed->host);
	for (size_t i = 0; i < typed->count; i++) {
		const struct term *term = &typed->term[i];
		char key[WORDS_KEY_BYTES];
		for (size_t k = 0; k < COUNT_OF(kinds); k++) {
			terms_array_put(&e, kinds[k], term->word);
			if (joins_next(typed, i))
				terms_array_put(&e, kinds[k], terms_joined(typed, i, i + 2, key));
			if (term->last && term->word.n >= BEGINNING_FROM)
				terms_array_put(&b, kinds[k], term->word);
		}
		for (size_t k = 0; k < STREET_SPELLINGS; k++)
			if (term->street[k].n)
				terms_array_put(&e, TOKEN_STREET, term->street[k]);
		for (size_t at = SPLIT_LEAST; at + SPLIT_LEAST <= term->word.n; at++) {
			if (!utf8_begins(term->word.p[at]))
				continue;
			terms_array_put(&e, TOKEN_NAME, (struct str){term->word.p, at});
			terms_array_put(&e, TOKEN_NAME,
					(struct str){term->word.p + at, term->word.n - at});
		}
	}
	bool fits = terms_array_close(&e, typed->arena, exact);
	return terms_array_close(&b, typed->arena, beginnings) && fits;
}

bool terms_add(struct typed *typed, struct term *term, struct str token, enum degree degree,
	       int64_t businesses)
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

/* A word without a business may be two that some have: where the rarer of the two is commonest. */
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
	return terms_add(typed, term, term->split[!first_is_rarer], DEGREE_EXACT, best);
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
		if (joins_next(typed, i))
			both = arena_str(typed->arena, terms_joined(typed, i, i + 2, key));
		for (int row = 0; row < rows->rows; row++) {
			struct str token = db_text(rows, row, SQL_WORDS_KNOWN_WORD);
			struct str word = word_of(token);
			int64_t n = db_i64(rows, row, SQL_WORDS_KNOWN_BUSINESSES);
			if (str_eq(word, term->word) || is_street(term, token)) {
				term->known += n;
				fits &= terms_add(typed, term, token, DEGREE_EXACT, n);
			} else if (both.n && str_eq(word, both)) {
				term->joined = typed->term[i + 1].joined = both;
				fits &=
				    terms_add(typed, term, token, DEGREE_EXACT, n) &&
				    terms_add(typed, &typed->term[i + 1], token, DEGREE_EXACT, n);
			}
		}
		if (!term->known && !term->joined.n)
			fits &= find_split(typed, term, rows);
	}
	for (int row = 0; typed->count && row < rows->rows; row++)
		if (db_i64(rows, row, SQL_WORDS_KNOWN_BEGINNING))
			fits &=
			    terms_add(typed, &typed->term[typed->count - 1],
				      db_text(rows, row, SQL_WORDS_KNOWN_WORD), DEGREE_BEGINNING,
				      db_i64(rows, row, SQL_WORDS_KNOWN_BUSINESSES));
	return fits;
}

bool terms_ask_near(const struct typed *typed, struct str *words)
{
	struct token_array a;
	terms_array_open(&a);
	for (size_t i = 0; i < typed->count; i++)
		if (!has_digit(typed->term[i].word) &&
		    utf8_count(typed->term[i].word) >= TYPED_FROM)
			terms_array_put(&a, "", typed->term[i].word);
	return terms_array_close(&a, typed->arena, words);
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
		fits =
		    terms_add(typed, term, found[i].token,
			      found[i].edits == 1 ? DEGREE_NEAR : DEGREE_FAR, found[i].businesses);
	return fits;
}

bool terms_read_near(struct typed *typed, const struct db_rows *rows)
{
	int64_t position = 0;
	bool fits = true;
	for (size_t i = 0; i < typed->count; i++)
		if (!has_digit(typed->term[i].word) &&
		    utf8_count(typed->term[i].word) >= TYPED_FROM)
			fits &= read_corrections(typed, &typed->term[i], rows, ++position);
	return fits;
}

/* ---- matches ---- */

static bool match_term(const struct typed *typed, const struct term *term,
		       const struct match_wish *wish, struct str *set, double *share)
{
	struct token_array a;
	int64_t businesses = 0;
	bool facets = false, place = term->place && !wish->words_only;
	terms_array_open(&a);
	for (size_t i = 0; place && i < PLACE_STAGES; i++) {
		terms_array_put_all(&a, typed->where[i].facets);
		businesses += typed->where[i].businesses;
	}
	for (size_t i = 0; i < term->count; i++) {
		bool facet = term->of[i].token.p[0] == '@';
		if (term->of[i].degree > wish->degree || (facet && wish->words_only))
			continue;
		terms_array_put(&a, "", term->of[i].token);
		businesses += term->of[i].businesses;
		facets |= facet;
	}
	/* The sizes of categories are not asked for: a tenth of all is more than any has. */
	if (facets)
		businesses += wish->total / 10;
	*share = wish->total > businesses ? (double)businesses / (double)wish->total : 1;
	return terms_array_close(&a, typed->arena, set);
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
