#include "contact/intake/internal.h"

#include <stdio.h>
#include "base/ascii.h"
#include "base/utf8.h"

static const struct {
	struct str text;
	word_set class;
} intake_words[] = {
#define WORD(text, class) {{text, sizeof(text) - 1}, CLASS_##class},
#include "contact/intake/words.def"
#include "contact/intake/identity.def"
#undef WORD
};

enum { WORDS = COUNT_OF(intake_words), NO_WORD = WORDS, WORD_SLOTS = 8192, WORD_ENDS = 128 };

/* A word of the list, or the first word of phrases: the classes of its rows, and its phrases. */
struct word_slot {
	struct str word;
	word_set class;
	uint16_t phrase; /* the first; the others are in words_index.next */
};

/* Made when the first text is cut. Rows that cannot match are never compared: a text of 4 kB has
 * a thousand tokens, and the list two thousand rows. */
static struct {
	bool ready;
	struct word_slot slot[WORD_SLOTS]; /* open addressing; at most a quarter is in use */
	/* Numerals and beginnings of compounds, by their first letter, and what ends compounds. */
	uint16_t numeral[256], beginning[256], end[WORD_ENDS];
	uint16_t next[WORDS];
	int ends;
} words_index;

enum {
	STEM_LETTERS = 4, /* of CLASS_MEDIA; shorter ones are whole words */
};
#define CLASS_ENDS       (CLASS_STREET_END | CLASS_STREET_END_MAYBE | CLASS_SPOT)
#define CLASS_BEGINNINGS (CLASS_NO_STREET | CLASS_MEDIA | CLASS_PREMISES)

/* The slot of the word, or the free one where it belongs. */
static struct word_slot *words_slot(struct str word)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < word.n; i++)
		hash = (hash ^ (unsigned char)ascii_lower(word.p[i])) * 16777619u;
	for (size_t i = hash % WORD_SLOTS;; i = (i + 1) % WORD_SLOTS) {
		struct word_slot *slot = &words_index.slot[i];
		if (!slot->word.n || str_eq_nocase(slot->word, word))
			return slot;
	}
}

static void words_make_index(void)
{
	if (words_index.ready)
		return;
	for (size_t letter = 0; letter < COUNT_OF(words_index.numeral); letter++)
		words_index.numeral[letter] = words_index.beginning[letter] = NO_WORD;
	for (size_t i = 0; i < WORD_SLOTS; i++)
		words_index.slot[i].phrase = NO_WORD;
	for (size_t i = WORDS; i-- > 0;) {
		word_set class = intake_words[i].class;
		struct str rest = intake_words[i].text, word = str_cut(&rest, ' ');
		unsigned char letter = (unsigned char)word.p[0];
		struct word_slot *slot = words_slot(word);
		slot->word = word;
		if (class & CLASS_ENDS) {
			must(words_index.ends < WORD_ENDS);
			words_index.end[words_index.ends++] = (uint16_t)i;
		}
		slot->class |= rest.p ? 0 : class;
		uint16_t *first = rest.p                     ? &slot->phrase
				  : class & CLASS_NUMERAL    ? &words_index.numeral[letter]
				  : class & CLASS_BEGINNINGS ? &words_index.beginning[letter]
							     : NULL;
		if (first) {
			words_index.next[i] = *first;
			*first = (uint16_t)i;
		}
	}
	words_index.ready = true;
}

const struct token *scan_at(const struct intake_scan *s, int n)
{
	static const struct token none = {.kind = TOKEN_SIGN, .spaced = true};
	return n >= 0 && n < s->tokens ? &s->token[n] : &none;
}

bool scan_one_of(const struct intake_scan *s, int n, const char *signs)
{
	const struct token *t = scan_at(s, n);
	return t->kind == TOKEN_SIGN && t->text.n && strchr(signs, t->text.p[0]);
}

bool scan_sign(const struct intake_scan *s, int n, char sign)
{
	const struct token *t = scan_at(s, n);
	return t->kind == TOKEN_SIGN && t->text.n && t->text.p[0] == sign;
}

bool scan_is_word(const struct intake_scan *s, int n)
{
	return scan_at(s, n)->kind == TOKEN_WORD;
}

bool scan_begins_upper(const struct intake_scan *s, int n)
{
	return scan_is_word(s, n) && ascii_is_upper(scan_at(s, n)->text.p[0]);
}

bool scan_attached(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	return t->kind != TOKEN_SIGN && !t->spaced;
}

bool scan_found(const struct intake_scan *s, enum intake_kind kind, int from, int to,
		struct intake_found *found)
{
	const struct token *first = scan_at(s, from < 0 ? 0 : from);
	const struct token *last = scan_at(s, to < s->tokens ? to : s->tokens - 1);
	struct str text = {first->text.p, (size_t)(last->text.p + last->text.n - first->text.p)};
	text = utf8_cut(text, sizeof(found->text) - 1);
	found->kind = kind;
	snprintf(found->text, sizeof(found->text), "%.*s", STR_ARG(text));
	return true;
}

/* ---- classes ---- */

static bool scan_begins(struct str word, struct str with)
{
	return word.n >= with.n && str_eq_nocase((struct str){word.p, with.n}, with);
}

static bool scan_ends(struct str word, struct str with)
{
	return word.n > with.n && str_ends_nocase(word, with);
}

/* "neunundsiebzig", "funfhundertzwolf": how many digits the word tells; 0: it is no numeral. */
static int scan_numeral(struct str word, int *words)
{
	int digits = 0;
	bool whole = false; /* a hundred: what follows is in its three digits */
	*words = 0;
	while (word.n) {
		size_t longest = 0;
		word_set class = 0;
		/* "neunundsiebzig", "zesenvijftig" */
		size_t and = scan_begins(word, STR("und"))  ? 3
			     : scan_begins(word, STR("en")) ? 2
							    : 0;
		if (*words && word.n > and+2)
			word = (struct str){word.p + and, word.n - and};
		unsigned char letter = (unsigned char)ascii_lower(word.p[0]);
		for (size_t i = words_index.numeral[letter]; i != NO_WORD;
		     i = words_index.next[i]) {
			struct str part = intake_words[i].text;
			if (part.n > longest && part.n > 1 && scan_begins(word, part)) {
				longest = part.n;
				class = intake_words[i].class;
			}
		}
		if (!longest)
			return 0;
		++*words;
		if (class & CLASS_HUNDRED)
			digits = digits > 1 ? digits + 2 : 3;
		else if (!whole)
			digits += class & CLASS_TEEN ? 2 : 1;
		whole = whole || class & CLASS_HUNDRED;
		word = (struct str){word.p + longest, word.n - longest};
	}
	return digits;
}

static void scan_classify(struct token *t)
{
	t->class = words_slot(t->text)->class;
	/* "Betriebsnummer", "Bestellcode" and the like; those of telephones are in the list. */
	if (!t->class && (scan_ends(t->text, STR("nummer")) || scan_ends(t->text, STR("code"))))
		t->class = CLASS_ITEM;
	/* "fertig.Es folgt" begins a sentence; "FIRMA.DE" does not. */
	if (t->text.n > 1 && ascii_is_upper(t->text.p[0]) && ascii_is_lower(t->text.p[1]))
		t->class &= ~(word_set)CLASS_ANY_ENDING;
	t->digits = t->class & CLASS_TENS || t->class & CLASS_TEEN ? 2
		    : t->class & CLASS_HUNDRED                     ? 3
		    : t->class & CLASS_DIGIT                       ? 1
								   : 0;
	t->words = t->digits ? 1 : 0;
	if (!t->class && t->text.n > 5)
		t->digits = scan_numeral(t->text, &t->words);
	/* "funfmal" */
	struct str times = {t->text.p, t->text.n > 3 ? t->text.n - 3 : 0};
	int words;
	if (!t->class && !t->digits && times.n > 2 && scan_ends(t->text, STR("mal")) &&
	    scan_numeral(times, &words))
		t->class = CLASS_TIMES;
	if (t->digits && !t->class)
		t->class = t->words == 1 ? CLASS_DIGIT : CLASS_TEEN;
}

word_set scan_class_of(struct str word)
{
	return words_slot(word)->class;
}

/* The classes among `classes` of the longest row that ends the word, with the part before it. */
word_set scan_class_of_end(struct str word, word_set classes, struct str *stem)
{
	word_set class = 0;
	*stem = word;
	for (int n = words_index.ends; n-- > 0;) {
		size_t i = words_index.end[n];
		struct str end = intake_words[i].text;
		if (!(intake_words[i].class & classes) || word.n - stem->n >= end.n ||
		    !scan_ends(word, end))
			continue;
		class = intake_words[i].class & classes;
		*stem = (struct str){word.p, word.n - end.n};
	}
	return class;
}

bool scan_begins_with_class(struct str word, word_set classes)
{
	unsigned char letter = (unsigned char)ascii_lower(word.p[0]);
	for (size_t i = words_index.beginning[letter]; i != NO_WORD; i = words_index.next[i])
		if (intake_words[i].class & classes && scan_begins(word, intake_words[i].text) &&
		    (intake_words[i].text.n >= STEM_LETTERS || !(classes & CLASS_MEDIA)))
			return true;
	return false;
}

/* How many tokens from n a phrase takes, of which `rest` follows the first word: words with white
 * space, hyphens or nothing between. */
static int scan_phrase(const struct intake_scan *s, int n, struct str rest)
{
	int at = n + 1;
	while (rest.p) {
		at += scan_one_of(s, at, "-'\"") && !scan_at(s, at)->spaced;
		const struct token *t = scan_at(s, at);
		/* Most phrases end here: "a" begins some twenty. */
		if (t->kind != TOKEN_WORD || ascii_lower(t->text.p[0]) != rest.p[0] ||
		    !str_eq_nocase(t->text, str_cut(&rest, ' ')))
			return 0;
		at++;
	}
	/* "at sign-in" */
	return scan_sign(s, at, '-') && scan_attached(s, at + 1) ? 0 : at - n;
}

/* Phrases of the list become one token each. */
static void scan_join_phrases(struct intake_scan *s)
{
	int to = 0;
	for (int n = 0; n < s->tokens; to++) {
		int longest = 1;
		word_set class = 0;
		struct str first = s->token[n].text;
		bool word = s->token[n].kind == TOKEN_WORD;
		for (size_t i = word ? words_slot(first)->phrase : NO_WORD; i != NO_WORD;
		     i = words_index.next[i]) {
			int length = scan_phrase(s, n, str_from(intake_words[i].text, first.n + 1));
			if (length > longest) {
				longest = length;
				class = 0;
			}
			if (length == longest && longest > 1)
				class |= intake_words[i].class;
		}
		struct str last = s->token[n + longest - 1].text;
		s->token[to] = s->token[n];
		if (longest > 1) {
			s->token[to].class = class;
			s->token[to].digits = s->token[to].words = 0;
			s->token[to].text.n = (size_t)(last.p + last.n - s->token[to].text.p);
		}
		n += longest;
	}
	s->tokens = to;
}

static bool scan_is_letter(char c)
{
	return ascii_is_letter(c) || (unsigned char)c >= 0x80;
}

/* The capitals in "infoATfirmaDOTcom" when they are an at sign or a dot: *from, with its length.
 * 0: none. */
static size_t scan_capitals(struct str word, size_t *from)
{
	for (size_t i = 1; i < word.n; i++) {
		size_t end = i;
		while (end < word.n && ascii_is_upper(word.p[end]))
			end++;
		struct token inner = {.text = {word.p + i, end - i}};
		if (end - i >= 2 && end < word.n && ascii_is_lower(word.p[i - 1])) {
			scan_classify(&inner);
			*from = i;
			if (inner.class & (CLASS_AT | CLASS_MAYBE_AT | CLASS_DOT | CLASS_POINT))
				return end - i;
		}
		i = end > i ? end - 1 : i;
	}
	return 0;
}

/* The word, in three when it has an at sign or a dot in capitals. */
static void scan_put_word(struct intake_scan *s, struct str word, bool spaced)
{
	size_t from, length;
	while ((length = scan_capitals(word, &from)) > 0 && s->tokens + 2 < TOKENS_MAX) {
		s->token[s->tokens] = (struct token){.kind = TOKEN_WORD, .spaced = spaced};
		s->token[s->tokens].text = (struct str){word.p, from};
		scan_classify(&s->token[s->tokens++]);
		s->token[s->tokens] = (struct token){.kind = TOKEN_WORD, .spaced = true};
		s->token[s->tokens].text = (struct str){word.p + from, length};
		scan_classify(&s->token[s->tokens++]);
		word = (struct str){word.p + from + length, word.n - from - length};
		spaced = true;
	}
	s->token[s->tokens] = (struct token){.kind = TOKEN_WORD, .text = word, .spaced = spaced};
	scan_classify(&s->token[s->tokens++]);
}

void scan_cut(struct intake_scan *s)
{
	bool spaced = true, line = true;
	words_make_index();
	s->tokens = 0;
	for (size_t i = 0; i < s->n && s->tokens < TOKENS_MAX;) {
		if (ascii_is_space(s->folded[i])) {
			spaced = true;
			line = line || s->folded[i] == '\n';
			i++;
			continue;
		}
		size_t from = i++;
		/* "//at//" is "/at/", but "https://" stays. */
		if (!spaced && from && s->folded[from] == s->folded[from - 1] &&
		    strchr("-_=*~|+#/", s->folded[from]) && s->tokens > 1 &&
		    !scan_sign(s, s->tokens - 2, ':') &&
		    !scan_begins(scan_at(s, s->tokens - 2)->text, STR("http")))
			continue;
		struct token *t = &s->token[s->tokens];
		*t = (struct token){.kind = TOKEN_SIGN, .spaced = spaced};
		if (ascii_is_digit(s->folded[from])) {
			t->kind = TOKEN_NUMBER;
			while (i < s->n && ascii_is_digit(s->folded[i]))
				i++;
		} else if (scan_is_letter(s->folded[from])) {
			t->kind = TOKEN_WORD;
			while (i < s->n && scan_is_letter(s->folded[i]))
				i++;
		}
		t->text = (struct str){s->folded + from, i - from};
		if (t->kind == TOKEN_WORD)
			scan_put_word(s, t->text, spaced);
		else
			s->tokens++;
		t->line = line;
		spaced = line = false;
	}
	scan_join_phrases(s);
}
