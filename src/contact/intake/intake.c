#include "contact/intake/intake.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>
#include "base/ascii.h"
#include "base/utf8.h"

enum { TOKENS_MAX = 2048, FOLDED_MAX = 2 * INTAKE_TEXT_MAX, PHONE_DIGITS = 8, TEL_DIGITS = 6 };

enum word_class {
	CLASS_AT = 1,
	CLASS_MAYBE_AT = 2,
	CLASS_DOT = 4,
	CLASS_TEL = 8,
	CLASS_PLATFORM = 16,
	CLASS_LINK = 32,
	CLASS_PROVIDER = 64,
	CLASS_DIGIT = 128,
	CLASS_UNIT = 256,
	CLASS_ENDING = 512,
};

static const struct {
	const char *text;
	unsigned class;
} intake_words[] = {
#define WORD(text, class) {text, CLASS_##class},
#include "contact/intake/words.def"
#undef WORD
};

/* A run of letters, a run of digits, or one sign. White space is in no token. */
struct token {
	enum { TOKEN_WORD, TOKEN_NUMBER, TOKEN_SIGN } kind;
	struct str text;
	unsigned class; /* of a word */
	bool spaced;    /* white space stands before it */
};

struct intake_scan {
	char folded[FOLDED_MAX + 1];
	size_t n;
	struct token token[TOKENS_MAX];
	int tokens;
};

const char *intake_kind_name(enum intake_kind kind)
{
	static const char *const names[INTAKE_KINDS] = {
	    [INTAKE_EMAIL] = "an e-mail address",
	    [INTAKE_PHONE] = "a telephone number",
	    [INTAKE_PAGE] = "the address of a page",
	    [INTAKE_HANDLE] = "a name on another platform",
	};
	return names[kind];
}

int64_t intake_needed(const struct config *config, bool size_named)
{
	return config_number(config, CONFIG_CONTACT_K) * (size_named ? 3 : 1);
}

struct str intake_lower(struct str text, struct arena *arena)
{
	char *lower = arena_room(arena, text.n + 1);
	for (size_t i = 0; lower && i < text.n; i++)
		lower[i] = ascii_lower(text.p[i]);
	return (struct str){lower ? lower : "", lower ? text.n : 0};
}

/* ---- folding ---- */

/* How Cyrillic and Greek letters are read: by the look of the letter, or by its sound. */
static const struct {
	uint32_t letter;
	char look;
	const char *sound;
} intake_letters[] = {
    {0x430, 'a', "a"},  {0x431, '6', "b"},  {0x432, 'b', "v"},  {0x433, 'r', "g"},
    {0x434, 'd', "d"},  {0x435, 'e', "e"},  {0x436, 'x', "z"},  {0x437, '3', "z"},
    {0x438, 'u', "i"},  {0x439, 'u', "j"},  {0x43A, 'k', "k"},  {0x43B, 'n', "l"},
    {0x43C, 'm', "m"},  {0x43D, 'h', "n"},  {0x43E, 'o', "o"},  {0x43F, 'n', "p"},
    {0x440, 'p', "r"},  {0x441, 'c', "s"},  {0x442, 't', "t"},  {0x443, 'y', "u"},
    {0x444, 'f', "f"},  {0x445, 'x', "h"},  {0x446, 'u', "c"},  {0x447, '4', "c"},
    {0x448, 'w', "s"},  {0x452, 'h', "dj"}, {0x455, 's', "s"},  {0x456, 'i', "i"},
    {0x458, 'j', "j"},  {0x459, 'l', "lj"}, {0x45A, 'h', "nj"}, {0x45B, 'h', "c"},
    {0x45F, 'u', "dz"}, {0x501, 'd', "d"},  {0x3B1, 'a', "a"},  {0x3B5, 'e', "e"},
    {0x3B9, 'i', "i"},  {0x3BA, 'k', "k"},  {0x3BD, 'v', "n"},  {0x3BF, 'o', "o"},
    {0x3C1, 'p', "r"},  {0x3C4, 't', "t"},  {0x3C5, 'u', "y"},  {0x3C7, 'x', "h"},
    {0x131, 'i', "i"},
};

static void scan_put(struct intake_scan *s, const char *p, size_t n)
{
	if (s->n + n <= FOLDED_MAX) {
		memcpy(s->folded + s->n, p, n);
		s->n += n;
	}
}

static void scan_put_letter(struct intake_scan *s, int32_t c, bool by_look)
{
	char bytes[UTF8_BYTES_MAX];
	uint32_t lower = (uint32_t)utf8proc_tolower(c);
	for (size_t i = 0; i < COUNT_OF(intake_letters); i++) {
		if (intake_letters[i].letter != lower)
			continue;
		const char *sound = intake_letters[i].sound;
		if (by_look)
			scan_put(s, &intake_letters[i].look, 1);
		else
			scan_put(s, sound, strlen(sound));
		return;
	}
	scan_put(s, bytes, utf8_encode((uint32_t)c, bytes));
}

/* Compatibility forms, marks and invisible characters away; the case stays. False: not UTF-8. */
static bool scan_fold(struct intake_scan *s, struct str text, bool by_look)
{
	static int32_t c[FOLDED_MAX];
	utf8proc_ssize_t n = utf8proc_decompose(
	    (const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, c, FOLDED_MAX,
	    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_IGNORE |
		UTF8PROC_STRIPMARK);
	s->n = 0;
	if (n < 0 || n > FOLDED_MAX)
		return false;
	for (utf8proc_ssize_t i = 0; i < n; i++)
		scan_put_letter(s, c[i], by_look);
	s->folded[s->n] = '\0';
	return true;
}

/* ---- tokens ---- */

static unsigned scan_class(struct str word)
{
	unsigned class = 0;
	for (size_t i = 0; i < COUNT_OF(intake_words); i++)
		if (str_eq_nocase(word, str_of(intake_words[i].text)))
			class |= intake_words[i].class;
	/* "fertig.Es folgt" begins a sentence; "FIRMA.DE" does not. */
	if (word.n > 1 && ascii_is_upper(word.p[0]) && ascii_is_lower(word.p[1]))
		class &= ~(unsigned)CLASS_ENDING;
	return class;
}

static bool scan_is_letter(char c)
{
	return ascii_is_letter(c) || (unsigned char)c >= 0x80;
}

static void scan_cut(struct intake_scan *s)
{
	bool spaced = true;
	s->tokens = 0;
	for (size_t i = 0; i < s->n && s->tokens < TOKENS_MAX;) {
		if (ascii_is_space(s->folded[i])) {
			spaced = true;
			i++;
			continue;
		}
		struct token *t = &s->token[s->tokens++];
		size_t from = i++;
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
			t->class = scan_class(t->text);
		spaced = false;
	}
}

/* The token, or an empty one beyond the ends. */
static const struct token *scan_at(const struct intake_scan *s, int n)
{
	static const struct token none = {.kind = TOKEN_SIGN, .spaced = true};
	return n >= 0 && n < s->tokens ? &s->token[n] : &none;
}

static bool scan_sign(const struct intake_scan *s, int n, char sign)
{
	const struct token *t = scan_at(s, n);
	return t->kind == TOKEN_SIGN && t->text.n && t->text.p[0] == sign;
}

static bool scan_opens(const struct intake_scan *s, int n)
{
	return scan_sign(s, n, '(') || scan_sign(s, n, '[') || scan_sign(s, n, '{') ||
	       scan_sign(s, n, '<');
}

static bool scan_found(const struct intake_scan *s, enum intake_kind kind, int from, int to,
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

/* ---- what is found ---- */

/* A word in brackets: "(at)", "[punkt]". */
static bool scan_bracketed(const struct intake_scan *s, int n, unsigned class)
{
	return scan_opens(s, n - 1) && scan_at(s, n)->class & class &&
	       scan_at(s, n + 1)->kind == TOKEN_SIGN;
}

/* A dot at n, as a sign or as a word, with an ending behind it. *end: the ending. */
static bool scan_dot(const struct intake_scan *s, int n, int *end)
{
	const struct token *dot = scan_at(s, n), *ending = scan_at(s, n + 1);
	if (scan_opens(s, n) &&
	    (scan_at(s, n + 1)->class & CLASS_DOT || scan_sign(s, n + 1, '.'))) {
		*end = n + 3;
		return scan_at(s, n + 3)->kind == TOKEN_WORD;
	}
	*end = n + 1;
	if (!(ending->class & CLASS_ENDING))
		return false;
	if (dot->class & CLASS_DOT) {
		/* "au point de vente", "the point is it": no ending for this word. */
		bool point = str_eq_nocase(dot->text, STR("point"));
		return !point || str_eq_nocase(ending->text, STR("com")) ||
		       str_eq_nocase(ending->text, STR("fr")) ||
		       str_eq_nocase(ending->text, STR("ch")) ||
		       str_eq_nocase(ending->text, STR("net")) ||
		       str_eq_nocase(ending->text, STR("org"));
	}
	/* "firma.de" and "firma . de", but not "der Firma. de". */
	return scan_sign(s, n, '.') && dot->spaced == ending->spaced;
}

static bool scan_email(const struct intake_scan *s, int n, struct intake_found *found)
{
	const struct token *t = scan_at(s, n);
	int end;
	if (scan_bracketed(s, n, CLASS_AT | CLASS_MAYBE_AT) && n > 1)
		return scan_found(s, INTAKE_EMAIL, n - 2, n + 4, found);
	if (t->class & CLASS_AT && scan_at(s, n + 1)->kind == TOKEN_WORD && n > 0)
		return scan_found(s, INTAKE_EMAIL, n - 1, n + 3, found);
	bool sign = scan_sign(s, n, '@');
	if (!sign && !(t->class & CLASS_MAYBE_AT))
		return false;
	if (scan_at(s, n + 1)->class & CLASS_PROVIDER && n > 0)
		return scan_found(s, INTAKE_EMAIL, n - 1, n + 1, found);
	/* A host behind it: words, hyphens, dots, and an ending. */
	for (int at = n + 1; at < n + 8; at++) {
		if (at > n + 1 && scan_dot(s, at, &end) && n > 0)
			return scan_found(s, INTAKE_EMAIL, n - 1, end, found);
		const struct token *next = scan_at(s, at);
		bool joined =
		    scan_sign(s, at, '-') || scan_sign(s, at, '.') || at == n + 1 || !next->spaced;
		if (!joined || !next->text.n)
			return false;
	}
	return false;
}

static bool scan_page(const struct intake_scan *s, int n, struct intake_found *found)
{
	const struct token *t = scan_at(s, n);
	int end;
	if (t->kind != TOKEN_WORD && t->kind != TOKEN_NUMBER)
		return false;
	if ((str_eq_nocase(t->text, STR("http")) || str_eq_nocase(t->text, STR("https"))) &&
	    scan_sign(s, n + 1, ':') && scan_sign(s, n + 2, '/'))
		return scan_found(s, INTAKE_PAGE, n, n + 6, found);
	if (str_eq_nocase(t->text, STR("www")) &&
	    (scan_sign(s, n + 1, '.') || scan_at(s, n + 1)->class & CLASS_DOT))
		return scan_found(s, INTAKE_PAGE, n, n + 4, found);
	if (!scan_dot(s, n + 1, &end) || t->kind != TOKEN_WORD)
		return false;
	/* A digit behind the ending belongs to a number of an article: "typ.co2". */
	const struct token *after = scan_at(s, end + 1);
	return (after->kind == TOKEN_NUMBER && !after->spaced)
		   ? false
		   : scan_found(s, INTAKE_PAGE, n, end, found);
}

static bool scan_handle(const struct intake_scan *s, int n, struct intake_found *found)
{
	const struct token *t = scan_at(s, n), *next = scan_at(s, n + 1);
	if (scan_sign(s, n, '@') && next->kind == TOKEN_WORD && !next->spaced)
		return scan_found(s, INTAKE_HANDLE, n, n + 3, found);
	if (!(t->class & (CLASS_PLATFORM | CLASS_TEL)))
		return false;
	if (scan_sign(s, n + 1, ':') && scan_at(s, n + 2)->kind == TOKEN_WORD &&
	    t->class & CLASS_PLATFORM)
		return scan_found(s, INTAKE_HANDLE, n, n + 4, found);
	int at = n + 1;
	while (scan_at(s, at)->class & CLASS_LINK)
		at++;
	/* A name has a sign or a digit in it that a word of a sentence has not. */
	const struct token *name = scan_at(s, at), *more = scan_at(s, at + 1);
	bool joined = more->text.n && !more->spaced &&
		      (more->kind == TOKEN_NUMBER || scan_sign(s, at + 1, '_') ||
		       (scan_sign(s, at + 1, '.') && !scan_at(s, at + 2)->spaced));
	bool named = name->kind == TOKEN_WORD && (joined || at > n + 1);
	return t->class & CLASS_PLATFORM && named && scan_found(s, INTAKE_HANDLE, n, at + 2, found);
}

/* The tokens of a date: 31.12.2026, 2026-12-31. 0: it is none. */
static int scan_date(const struct intake_scan *s, int n)
{
	size_t a = scan_at(s, n)->text.n, b = scan_at(s, n + 2)->text.n,
	       c = scan_at(s, n + 4)->text.n;
	for (int i = 0; i < 5; i++)
		if (scan_at(s, n + i)->kind != (i % 2 ? TOKEN_SIGN : TOKEN_NUMBER) ||
		    (i && scan_at(s, n + i)->spaced && i % 2))
			return 0;
	char sign = scan_at(s, n + 1)->text.p[0];
	bool signs = strchr("./-", sign) && scan_sign(s, n + 3, sign);
	bool day_first = a <= 2 && b <= 2 && (c == 2 || c == 4),
	     year_first = a == 4 && b == 2 && c == 2;
	/* "06.12.34" goes on in a telephone number. */
	bool goes_on = scan_at(s, n + 5)->kind == TOKEN_NUMBER ||
		       (scan_sign(s, n + 5, sign) && scan_at(s, n + 6)->kind == TOKEN_NUMBER &&
			!scan_at(s, n + 5)->spaced && sign != '-');
	return signs && (day_first || year_first) && !goes_on ? 5 : 0;
}

static bool scan_separates(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	if (t->kind != TOKEN_SIGN || !t->text.n || !strchr(" ./()-", t->text.p[0]))
		return false;
	/* " - " stands between two numbers. */
	return !(t->text.p[0] == '-' && t->spaced && scan_at(s, n + 1)->spaced);
}

/* The number that begins at n over its groups: digits in all; *end: the token behind it. */
static int scan_digits(const struct intake_scan *s, int n, int *end, int *groups)
{
	int digits = 0;
	*groups = 0;
	for (*end = n; *end < s->tokens; ++*end) {
		const struct token *t = scan_at(s, *end);
		if (t->kind == TOKEN_NUMBER) {
			digits += (int)t->text.n;
			++*groups;
		} else if (!scan_separates(s, *end)) {
			break;
		}
	}
	return digits;
}

static bool scan_told(const struct intake_scan *s, int n)
{
	for (int i = n - 1; i >= n - 4 && i >= 0; i--)
		if (scan_at(s, i)->class & CLASS_TEL)
			return true;
	return false;
}

/* "555-123-4567", "(555) 123-4567" */
static bool scan_american(const struct intake_scan *s, int n)
{
	int at[3] = {n, n + 1, n + 2};
	for (int g = 1; g < 3; g++) {
		at[g] = at[g - 1] + 1;
		while (scan_separates(s, at[g]))
			at[g]++;
	}
	bool joined =
	    scan_sign(s, n + 1, '-') || scan_sign(s, n + 1, ')') || scan_sign(s, at[2] - 1, '-');
	return joined && scan_at(s, at[0])->text.n == 3 && scan_at(s, at[1])->text.n == 3 &&
	       scan_at(s, at[1])->kind == TOKEN_NUMBER && scan_at(s, at[2])->text.n == 4 &&
	       scan_at(s, at[2])->kind == TOKEN_NUMBER;
}

static bool scan_phone(const struct intake_scan *s, int n, int *skip, struct intake_found *found)
{
	int end, groups;
	const struct token *t = scan_at(s, n);
	*skip = 0;
	if (t->kind != TOKEN_NUMBER)
		return false;
	*skip = scan_date(s, n);
	/* "ISO9001", "M8": part of a name. "x40", "3,5": of a dimension. */
	bool part = !t->spaced && n > 0 &&
		    (scan_at(s, n - 1)->kind == TOKEN_WORD || scan_sign(s, n - 1, ',') ||
		     scan_sign(s, n - 1, ':'));
	bool told = scan_told(s, n);
	if (*skip || (part && !told))
		return false;
	int digits = scan_digits(s, n, &end, &groups);
	const struct token *after = scan_at(s, end);
	bool plus =
	    scan_sign(s, n - 1, '+') || (scan_sign(s, n - 1, '(') && scan_sign(s, n - 2, '+'));
	bool zero = t->text.p[0] == '0' && t->text.n > 1;
	bool decimals = scan_sign(s, end, ',') && scan_at(s, end + 1)->kind == TOKEN_NUMBER &&
			!scan_at(s, end + 1)->spaced;
	bool amount = after->class & CLASS_UNIT || scan_sign(s, end, '%') || decimals;
	*skip = end - n;
	bool is = told   ? digits >= TEL_DIGITS && digits <= 15 && !amount
		  : plus ? digits >= PHONE_DIGITS
			 : (zero && digits >= PHONE_DIGITS && digits <= 15 && !amount) ||
			       scan_american(s, n);
	return is && scan_found(s, INTAKE_PHONE, plus ? n - 1 : n, end - 1, found);
}

/* Digits in words, with or without figures between them. */
static bool scan_spoken(const struct intake_scan *s, int n, struct intake_found *found)
{
	int digits = 0, words = 0, at = n;
	for (; at < s->tokens; at++) {
		const struct token *t = scan_at(s, at);
		if (t->class & CLASS_DIGIT) {
			digits++;
			words++;
		} else if (t->kind == TOKEN_NUMBER && t->text.n <= 4) {
			digits += (int)t->text.n;
		} else if (!(t->kind == TOKEN_SIGN && strchr(",./-", t->text.p[0]))) {
			break;
		}
	}
	return words >= 3 && digits >= PHONE_DIGITS - 1 &&
	       scan_found(s, INTAKE_PHONE, n, at - 1, found);
}

static bool scan_run(struct intake_scan *s, struct intake_found *found)
{
	int skip;
	scan_cut(s);
	for (int n = 0; n < s->tokens; n++) {
		if (scan_email(s, n, found) || scan_page(s, n, found) || scan_handle(s, n, found) ||
		    scan_spoken(s, n, found) || scan_phone(s, n, &skip, found))
			return false;
		n += skip > 1 ? skip - 1 : 0;
	}
	return true;
}

bool intake_screen(struct str text, struct intake_found *found)
{
	static struct intake_scan s; /* large; one text at a time */
	text = utf8_cut(text, INTAKE_TEXT_MAX);
	return !(scan_fold(&s, text, false) && !scan_run(&s, found)) &&
	       !(scan_fold(&s, text, true) && !scan_run(&s, found));
}
