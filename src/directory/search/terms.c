/* The text that was typed, word by word: the tokens that each word may stand for. */
#include "directory/search/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/utf8.h"
#include "directory/names/cuisines.h"
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

bool terms_is_name(struct str token)
{
	return !token.n ||
	       !strchr(TOKEN_PLACE TOKEN_STREET TOKEN_HOST TOKEN_CUISINE "@", token.p[0]);
}

/* The word of a token: without the sign of its kind. */
static struct str word_of(struct str token)
{
	return terms_is_name(token) ? token : str_from(token, 1);
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

static int corrected(struct str word, struct str typed)
{
	size_t n = utf8_count(word), m = utf8_count(typed);
	int most = n < CORRECT_FROM || m < TYPED_FROM                           ? 0
		   : (n > m ? n : m) >= CORRECT_TWO_FROM && m >= TYPED_TWO_FROM ? 2
										: 1;
	int edits = most ? terms_edits(word, typed, most) : 0;
	return edits <= most ? edits : 0;
}

int terms_corrected(struct str word, const struct term *term)
{
	int folded = corrected(word, term->word);
	int typed = term->typed.n ? corrected(word, term->typed) : 0;
	return typed && (!folded || typed < folded) ? typed : folded;
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

/* Kinds of streets, folded, that are written out or not; those that begin with '-' end words.
 * Writes the other spellings of the word. False: no room. */
static bool street_spellings(const struct typed *typed, struct str word,
			     struct str out[STREET_SPELLINGS])
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
				if (!str_ends(word, one) || word.n == one.n)
					continue;
				front = (struct str){word.p, word.n - one.n};
			} else if (!str_eq(word, one)) {
				continue;
			}
			out[count] = ARENA_JOIN(typed->arena, front, other);
			if (!out[count++].p)
				return false;
		}
	}
	return true;
}

static bool is_street(struct str token, const struct str spelling[STREET_SPELLINGS])
{
	for (size_t i = 0; i < STREET_SPELLINGS; i++)
		if (spelling[i].n && token.n && token.p[0] == TOKEN_STREET[0] &&
		    str_eq(word_of(token), spelling[i]))
			return true;
	return false;
}

/* The country in front of a postcode: "D-84496". */
static bool is_country_sign(struct str word, struct str next)
{
	static const char *const signs[] = {"a",  "at", "b",  "be", "ch", "d",   "de", "dk",
					    "es", "f",  "fl", "fr", "i",  "it",  "l",  "li",
					    "lu", "nl", "pl", "rs", "si", "srb", "us"};
	enum { POSTCODE_LEAST = 4 };
	bool sign = false;
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		sign |= str_eq(word, str_of(signs[i]));
	for (size_t i = 0; i < next.n; i++)
		sign &= ascii_is_digit(next.p[i]);
	return sign && next.n >= POSTCODE_LEAST;
}

/* ---- the text, word by word ---- */

struct str terms_piece(struct str text, struct str word)
{
	while (text.p) {
		char key[WORDS_KEY_BYTES];
		struct str piece = str_trim(str_cut(&text, ' '));
		if (!str_eq(words_key(piece, key), word))
			continue;
		/* Not the signs around it. */
		while (piece.n && words_key((struct str){piece.p, 1}, key).n == 0 &&
		       (unsigned char)piece.p[0] < 0x80)
			piece = (struct str){piece.p + 1, piece.n - 1};
		while (piece.n && (unsigned char)piece.p[piece.n - 1] < 0x80 &&
		       words_key((struct str){piece.p + piece.n - 1, 1}, key).n == 0)
			piece.n--;
		return piece;
	}
	return (struct str){"", 0};
}

/* The word before its umlauts are folded, when that makes a difference. False: no room. */
static bool read_typed(struct typed *typed, struct term *term)
{
	char as_typed[WORDS_KEY_BYTES];
	struct str word = words_typed(terms_piece(typed->q, term->word), as_typed);
	if (!word.n || str_eq(word, term->word))
		return true;
	term->typed = arena_str(typed->arena, word);
	return term->typed.p != NULL;
}

/* ---- wishes ---- */

/* "-pizza": a sign in front of a word that is not wanted. "-26" is part of a name or an address. */
static bool has_minus(struct str text, struct str word)
{
	while (text.p && !has_digit(word)) {
		char key[WORDS_KEY_BYTES];
		struct str piece = str_trim(str_cut(&text, ' '));
		if (piece.n > 1 && piece.p[0] == '-' && str_eq(words_key(piece, key), word))
			return true;
	}
	return false;
}

static void wish_take(struct term *term, enum wish wish)
{
	term->wish = wish;
	term->filler = true;
}

static void exclude(struct typed *typed, struct term *term)
{
	struct phrase_meaning meaning[PHRASE_MEANINGS];
	wish_take(term, WISH_NOT);
	term->excluded = true;
	if (phrases_find(&term->word, 1, meaning))
		term->unwanted = meaning[0].category;
	typed->excludes = true;
}

/* How many words stand for what is looked for. */
static size_t telling_words(const struct typed *typed, const enum wish *wish)
{
	size_t count = 0;
	for (size_t i = 0; i < typed->count; i++)
		count += !typed->term[i].filler && wish[i] == WISH_NONE;
	return count;
}

static void read_exclusions(struct typed *typed, const enum wish *wish)
{
	for (size_t i = 0; i < typed->count; i++) {
		struct term *term = &typed->term[i];
		bool behind = i > 0 && wish[i - 1] == WISH_NOT;
		if (term->filler || wish[i] || !(behind || has_minus(typed->q, term->word)) ||
		    telling_words(typed, wish) < 2)
			continue;
		exclude(typed, term);
		if (behind)
			wish_take(&typed->term[i - 1], WISH_NOT);
	}
}

/* Which of the words that may be wishes are. Alone most are words like others. */
static void read_wishes(struct typed *typed, const enum wish *wish)
{
	bool open = false;
	size_t telling = telling_words(typed, wish);
	for (size_t i = 0; i < typed->count; i++)
		open |= wish[i] == WISH_OPEN || wish[i] == WISH_ALWAYS;
	typed->everything = !telling && open;
	for (size_t i = 0; i < typed->count; i++) {
		struct term *term = &typed->term[i];
		if (wish[i] == WISH_NEAR_ME && (telling || open)) {
			typed->near_me = true;
			wish_take(term, wish[i]);
		} else if (wish[i] == WISH_OPEN || (open && wish[i] == WISH_NOW)) {
			typed->when = typed->when ? typed->when : WISH_NOW;
			wish_take(term, wish[i]);
		} else if (wishes_tells_time(wish[i]) && open) {
			typed->when = wish[i];
			wish_take(term, wish[i]);
		} else if (wishes_tells_time(wish[i])) {
			term->time = wish[i];
		} else if (wish[i] == WISH_GLUE && open) {
			wish_take(term, wish[i]);
		}
	}
	read_exclusions(typed, wish);
}

void terms_take_times(struct typed *typed)
{
	for (size_t i = 0; i < typed->count; i++) {
		struct term *term = &typed->term[i];
		if (!term->time || term->wish || term->category || term->place)
			continue;
		typed->when = term->time;
		wish_take(term, term->time);
	}
}

/* ---- the text ---- */

static bool terms_read_words(struct typed *out, enum wish wish[TERMS_MAX])
{
	struct words words;
	struct str word[WORDS_MAX];
	bool fits = true;
	words_init(&words);
	words_add(&words, out->q);
	for (size_t i = 0; i < words.count; i++)
		word[i] = words_at(&words, i);
	size_t used = 0;
	for (size_t i = 0; i < words.count && out->count < TERMS_MAX; i++) {
		enum wish *asks = &wish[out->count];
		struct term *term = &out->term[out->count++];
		if (used)
			*asks = asks[-1];
		else
			*asks = wishes_find(word + i, words.count - i, &used);
		used -= used > 0;
		term->word = arena_str(out->arena, word[i]);
		term->filler = phrases_is_filler(term->word) ||
			       (i + 1 < words.count && is_country_sign(term->word, word[i + 1]));
		fits = fits && term->word.p && read_typed(out, term) &&
		       street_spellings(out, term->word, term->street);
	}
	return fits;
}

bool terms_read(struct arena *arena, struct str q, bool plain, struct typed *out)
{
	enum wish wish[TERMS_MAX] = {WISH_NONE};
	char key[WORDS_KEY_BYTES];
	*out = (struct typed){.arena = arena, .q = str_trim(q), .plain = plain};
	read_phone(q, out);
	read_host(str_trim(q), out);
	out->key = arena_str(arena, words_key(q, key));
	if (!out->key.p || !terms_read_words(out, wish))
		return false;
	read_wishes(out, wish);
	size_t telling = 0;
	for (size_t i = 0; i < out->count; i++)
		telling += !out->term[i].filler;
	struct term *last = NULL;
	for (size_t i = 0; i < out->count; i++) {
		struct term *term = &out->term[i];
		term->filler = term->filler && (telling || out->everything || term->wish);
		if (!term->wish)
			last = term;
	}
	if (last)
		last->last = true;
	return true;
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
	bool fits = true;
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
		terms_array_put(&e, TOKEN_CUISINE, cuisines_word(term->word, NULL));
		struct str both[STREET_SPELLINGS] = {{0}};
		if (joins_next(typed, i))
			fits &= street_spellings(typed, terms_joined(typed, i, i + 2, key), both);
		for (size_t k = 0; k < STREET_SPELLINGS; k++) {
			if (term->street[k].n)
				terms_array_put(&e, TOKEN_STREET, term->street[k]);
			if (both[k].n)
				terms_array_put(&e, TOKEN_STREET, both[k]);
		}
		for (size_t at = SPLIT_LEAST; at + SPLIT_LEAST <= term->word.n; at++) {
			if (!utf8_begins(term->word.p[at]))
				continue;
			terms_array_put(&e, TOKEN_NAME, (struct str){term->word.p, at});
			terms_array_put(&e, TOKEN_NAME,
					(struct str){term->word.p + at, term->word.n - at});
		}
	}
	fits &= terms_array_close(&e, typed->arena, exact);
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

/* A token of a cuisine, which word i may name. "in Italien" is a place. False: no room. */
static bool read_cuisine(struct typed *typed, size_t i, struct str token, int64_t businesses)
{
	struct term *term = &typed->term[i];
	bool named;
	if (!str_eq(word_of(token), cuisines_word(term->word, &named)))
		return true;
	struct str before = i ? typed->term[i - 1].word : STR("");
	if (businesses == 0 || str_eq(before, STR("in")) || str_eq(before, STR("en")))
		return true;
	term->known += businesses;
	term->cuisine = named;
	return terms_add(typed, term, token, DEGREE_EXACT, businesses);
}

/* Of "griechische Küche" the second word adds nothing. */
static void take_kitchens(struct typed *typed)
{
	for (size_t i = 0; i < typed->count; i++) {
		bool beside = (i > 0 && typed->term[i - 1].cuisine) ||
			      (i + 1 < typed->count && typed->term[i + 1].cuisine);
		typed->term[i].filler |= beside && cuisines_is_kitchen(typed->term[i].word);
	}
}

/* What is known of a word and of it and the next one as one. False: no room. */
static bool read_term(struct typed *typed, size_t i, const struct db_rows *rows)
{
	struct term *term = &typed->term[i];
	struct str both = {"", 0}, streets[STREET_SPELLINGS] = {{0}};
	char key[WORDS_KEY_BYTES];
	bool fits = true;
	if (joins_next(typed, i)) {
		both = arena_str(typed->arena, terms_joined(typed, i, i + 2, key));
		fits = both.p && street_spellings(typed, both, streets);
	}
	for (int row = 0; row < rows->rows && fits; row++) {
		struct str token = db_text(rows, row, SQL_WORDS_KNOWN_WORD);
		struct str word = word_of(token);
		int64_t n = db_i64(rows, row, SQL_WORDS_KNOWN_BUSINESSES);
		if (db_i64(rows, row, SQL_WORDS_KNOWN_BEGINNING))
			continue;
		if (token.p[0] == TOKEN_CUISINE[0]) {
			fits = read_cuisine(typed, i, token, n);
		} else if (str_eq(word, term->word) || is_street(token, term->street)) {
			term->known += n;
			fits = terms_add(typed, term, token, DEGREE_EXACT, n);
		} else if (both.n && (str_eq(word, both) || is_street(token, streets))) {
			struct term *next = &typed->term[i + 1];
			struct str joined = arena_str(typed->arena, word);
			term->joined = next->joined = joined;
			fits = joined.p && terms_add(typed, term, token, DEGREE_EXACT, n) &&
			       terms_add(typed, next, token, DEGREE_EXACT, n);
		}
	}
	return fits && (term->known || term->joined.n || find_split(typed, term, rows));
}

/* The tokens that begin with typed words: row by row of the word at BEGINNING in the array that was
 * asked, of which each term has one for each kind. */
static bool read_beginnings(struct typed *typed, struct term *const *asked,
			    const struct db_rows *rows)
{
	bool fits = true;
	for (int row = 0; row < rows->rows && fits; row++) {
		int64_t position = db_i64(rows, row, SQL_WORDS_KNOWN_BEGINNING);
		if (position)
			fits = terms_add(typed, asked[(position - 1) / (int64_t)COUNT_OF(kinds)],
					 db_text(rows, row, SQL_WORDS_KNOWN_WORD), DEGREE_BEGINNING,
					 db_i64(rows, row, SQL_WORDS_KNOWN_BUSINESSES));
	}
	return fits;
}

static bool is_in_streets(const struct term *term)
{
	for (size_t i = 0; i < term->count; i++)
		if (term->of[i].degree == DEGREE_EXACT && term->of[i].token.p[0] == TOKEN_STREET[0])
			return true;
	return false;
}

/* A word and the kind of street behind it, both as streets have them, are no slips. */
static void take_streets(struct typed *typed)
{
	for (size_t i = 0; i + 1 < typed->count; i++) {
		struct term *name = &typed->term[i], *kind = &typed->term[i + 1];
		if (name->filler || !kind->street[0].n || !is_in_streets(name) ||
		    !is_in_streets(kind))
			continue;
		name->of_street = kind->of_street = true;
	}
}

bool terms_read_known(struct typed *typed, const struct db_rows *rows)
{
	bool fits = true;
	char host[TOKEN_HOST_BYTES + 2];
	snprintf(host, sizeof(host), TOKEN_HOST "%.*s", STR_ARG(typed->host));
	if (!businesses_of(rows, str_of(host)))
		typed->host = (struct str){"", 0};
	for (size_t i = 0; i < typed->count && fits; i++)
		fits = read_term(typed, i, rows);
	take_kitchens(typed);
	take_streets(typed);
	struct term *last = NULL;
	for (size_t i = 0; i < typed->count; i++)
		if (typed->term[i].last)
			last = &typed->term[i];
	return fits && (!last || read_beginnings(typed, &last, rows));
}

/* Whether the word may be the beginning of another one when nothing has it as it is. The last one
 * may be so always. */
static bool may_begin(const struct term *term)
{
	return !term->last && !term->filler && !term->dropped && !term->of_street &&
	       term->word.n >= BEGINNING_FROM && !has_digit(term->word);
}

bool terms_ask_begun(const struct typed *typed, struct str *beginnings)
{
	struct token_array a;
	terms_array_open(&a);
	for (size_t i = 0; i < typed->count; i++)
		for (size_t k = 0; k < COUNT_OF(kinds) && may_begin(&typed->term[i]); k++)
			terms_array_put(&a, kinds[k], typed->term[i].word);
	return terms_array_close(&a, typed->arena, beginnings);
}

bool terms_read_begun(struct typed *typed, const struct db_rows *rows)
{
	struct term *asked[TERMS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < typed->count; i++) {
		if (!may_begin(&typed->term[i]))
			continue;
		asked[count++] = &typed->term[i];
		typed->term[i].begins = true;
	}
	return read_beginnings(typed, asked, rows);
}

/* Words that only join others are not corrected, also where a text consists of them. */
static bool may_be_slip(const struct term *term)
{
	return !has_digit(term->word) && utf8_count(term->word) >= TYPED_FROM && !term->wish &&
	       !term->of_street && !phrases_is_filler(term->word);
}

bool terms_ask_near(const struct typed *typed, struct str *words)
{
	struct token_array a;
	terms_array_open(&a);
	for (size_t i = 0; i < typed->count; i++) {
		const struct term *term = &typed->term[i];
		if (!may_be_slip(term))
			continue;
		terms_array_put(&a, "", term->word);
		if (term->typed.n)
			terms_array_put(&a, "", term->typed);
	}
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

/* positions: first and last of the typed words that the rows are near to. */
static bool read_corrections(struct typed *typed, struct term *term, const struct db_rows *rows,
			     int64_t first, int64_t last)
{
	struct correction *found =
	    arena_array(typed->arena, (size_t)rows->rows + 1, sizeof(*found));
	size_t count = 0;
	for (int row = 0; found && row < rows->rows; row++) {
		int64_t position = db_i64(rows, row, SQL_WORDS_NEAR_POSITION);
		if (position < first || position > last)
			continue;
		struct str token = db_text(rows, row, SQL_WORDS_NEAR_WORD);
		int edits = terms_corrected(word_of(token), term);
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
	for (size_t i = 0; i < typed->count && fits; i++) {
		struct term *term = &typed->term[i];
		if (!may_be_slip(term))
			continue;
		int64_t first = position + 1;
		position = term->typed.n ? first + 1 : first;
		fits = read_corrections(typed, term, rows, first, position);
	}
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
	for (size_t i = 0; place && i <= PLACE_OTHER; i++) {
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
