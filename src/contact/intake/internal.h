/* Between the files of contact/intake/: a text is folded (fold.c), cut into tokens (tokens.c), and
 * searched for numbers (numbers.c), places and registers (identity.c) and names (intake.c). */
#ifndef CONTACT_INTAKE_INTERNAL_H
#define CONTACT_INTAKE_INTERNAL_H

#include "base/ascii.h"
#include "contact/intake/intake.h"

enum { TOKENS_MAX = 2048, FOLDED_MAX = 2 * INTAKE_TEXT_MAX };

/* ---- fold.c ---- */

/* How a text is read. Each reading finds what the others cannot. BY_LOOK: letters of other
 * alphabets by their look, not by their sound. FIGURES: figures in words, and letters in numbers,
 * by their look: "c0m", "O79". JOINED: "i n f o" and "i-n-f-o" are one word. BACKWARDS: from the
 * end to the beginning; WORDS_BACKWARDS: each word. ROT13: letters moved by half the alphabet. */
enum fold {
	FOLD_BY_LOOK = 1,
	FOLD_FIGURES = 2,
	FOLD_JOINED = 4,
	FOLD_BACKWARDS = 8,
	FOLD_WORDS_BACKWARDS = 16,
	FOLD_ROT13 = 32,
};

/* A text as characters: compatibility forms, marks and invisible characters away. */
struct intake_text {
	int32_t c[FOLDED_MAX];
	size_t n;
};

/* Empty for text that is not UTF-8. */
void intake_read(struct str text, struct intake_text *out);
/* Other alphabets in Latin letters, every sign one ASCII character; the case stays. Returns the
 * length. */
size_t intake_fold(const struct intake_text *text, unsigned how, char out[FOLDED_MAX + 1]);

/* ---- coded.c ---- */

/* The texts that stand in the text in a code, each on a line; returns their bytes. */
size_t intake_decode(struct str text, char decoded[INTAKE_TEXT_MAX]);

/* ---- tokens.c ---- */

/* What a word can mean; words.def explains and lists them. */
enum word_class {
	CLASS_AT = 1 << 0,
	CLASS_MAYBE_AT = 1 << 1,
	CLASS_DOT = 1 << 2,
	CLASS_POINT = 1 << 3,
	CLASS_DASH = 1 << 4,
	CLASS_WEB = 1 << 5,
	CLASS_MAIL = 1 << 6,
	CLASS_PROVIDER = 1 << 7,
	CLASS_TEL = 1 << 8,
	CLASS_CALL = 1 << 9,
	CLASS_PLATFORM = 1 << 10,
	CLASS_USER = 1 << 11,
	CLASS_LINK = 1 << 12,
	CLASS_DIGIT = 1 << 13,
	CLASS_TEEN = 1 << 14,
	CLASS_TENS = 1 << 15,
	CLASS_HUNDRED = 1 << 16,
	CLASS_TIMES = 1 << 17,
	CLASS_AND = 1 << 18,
	CLASS_UNIT = 1 << 19,
	CLASS_ITEM = 1 << 20,
	CLASS_ARTICLE = 1 << 21,
	CLASS_FRAMEWORK = 1 << 22,
	CLASS_ENDING = 1 << 23,
	CLASS_ENDING_WORD = 1 << 24,
	CLASS_ENDING_SPOKEN = 1 << 25,
	CLASS_MAILBOX = 1 << 26,
	CLASS_NUMBER = 1 << 27,
	CLASS_THEN = 1 << 28,
	CLASS_AREA = 1 << 29,
	CLASS_SITE = 1 << 30,
	CLASS_NAMED = 1ll << 31,
	CLASS_ENDING_TOLD = 1ll << 32,
	CLASS_COMMON = 1ll << 33,
	CLASS_ORIGIN = 1ll << 34,
	CLASS_CALLED = 1ll << 35,
	CLASS_SLASH = 1ll << 36,
	CLASS_STREET = 1ll << 37,
	CLASS_STREET_MAYBE = 1ll << 38,
	CLASS_STREET_AFTER = 1ll << 39,
	CLASS_STREET_END = 1ll << 40,
	CLASS_STREET_END_MAYBE = 1ll << 41,
	CLASS_NO_STREET = 1ll << 42,
	CLASS_BOX = 1ll << 43,
	CLASS_REGISTER = 1ll << 44,
	CLASS_REGISTER_SHORT = 1ll << 45,
	CLASS_REGISTER_LONG = 1ll << 46,
	CLASS_PREP = 1ll << 47,
	CLASS_SELF = 1ll << 48,
	CLASS_MEDIA = 1ll << 49,
	CLASS_FIRST_NAME = 1ll << 50,
	CLASS_LEGAL = 1ll << 51,
	CLASS_LEGAL_SHORT = 1ll << 52,
	CLASS_ROLE = 1ll << 53,
	CLASS_TITLE = 1ll << 54,
	CLASS_CLOSING = 1ll << 55,
	CLASS_LANDMARK = 1ll << 56,
	CLASS_BESIDE = 1ll << 57,
	CLASS_PREMISES = 1ll << 58,
	CLASS_ONLY = 1ll << 59,
	CLASS_PLATE = 1ll << 60,
	CLASS_COORDINATE = 1ll << 61,
	CLASS_SHORTENER = 1ll << 62,
};
enum {
	CLASS_NUMERAL = CLASS_DIGIT | CLASS_TEEN | CLASS_TENS | CLASS_HUNDRED,
	CLASS_ANY_ENDING = CLASS_ENDING | CLASS_ENDING_WORD,
};

/* A run of letters, a run of digits, one sign, or a phrase of the list. White space is in no
 * token. */
struct token {
	enum { TOKEN_WORD, TOKEN_NUMBER, TOKEN_SIGN } kind;
	struct str text;
	uint64_t class;    /* of a word */
	bool spaced;       /* white space stands before it */
	bool line;         /* it begins a line */
	int digits, words; /* of a numeral such as "neunundsiebzig": how many it tells */
};

/* Whether a text is a word of a list, which is in small letters. */
static inline bool word_is(struct str text, const char *word)
{
	for (size_t i = 0; i < text.n; i++)
		if (ascii_lower(text.p[i]) != word[i])
			return false;
	return !word[text.n];
}

struct intake_scan {
	char folded[FOLDED_MAX + 1];
	size_t n;
	struct token token[TOKENS_MAX];
	int tokens;
};

void scan_cut(struct intake_scan *s); /* s->folded into s->token */

/* The token, or an empty one beyond the ends. */
const struct token *scan_at(const struct intake_scan *s, int n);
bool scan_sign(const struct intake_scan *s, int n, char sign);
bool scan_one_of(const struct intake_scan *s, int n, const char *signs);
bool scan_is_word(const struct intake_scan *s, int n);
bool scan_begins_upper(const struct intake_scan *s, int n);
/* A word or number that follows the token before it without white space. */
bool scan_attached(const struct intake_scan *s, int n);
/* The classes among `classes` of the longest row that ends the word; *stem: what is before it. */
uint64_t scan_class_of_end(struct str word, uint64_t classes, struct str *stem);
/* The word begins with a row of one of `classes`. */
bool scan_begins_with_class(struct str word, uint64_t classes);
/* The classes of a word that stands alone. */
uint64_t scan_class_of(struct str word);
/* Tell what was found; always true. */
bool scan_found(const struct intake_scan *s, enum intake_kind kind, int from, int to,
		struct intake_found *found);

/* ---- handles.c ---- */

/* "anna.meier", "big_mill", "mill77", "mill#4711", "AB12CD34": names that nobody writes as words.
 * *end: the last token. */
bool scan_name(const struct intake_scan *s, int n, int *end);
/* The classes of the words near the tokens from `from` to `to`. */
uint64_t scan_near(const struct intake_scan *s, int from, int to);
bool scan_capital(const struct intake_scan *s, int n); /* "Moser", not "MOSER" */
bool scan_breaks(const struct intake_scan *s, int n);  /* a sentence ends at n */
/* A name on a platform, or at a provider of mailboxes, at n. */
MUST_CHECK bool scan_handle(const struct intake_scan *s, int n, struct intake_found *found);

/* ---- numbers.c ---- */

/* A telephone number in figures that begins at n. *skip: tokens that need no further look. */
MUST_CHECK bool scan_phone(const struct intake_scan *s, int n, int *skip,
			   struct intake_found *found);
/* Digits in words, with or without figures between them. *plain: no number that begins before this
 * token has a numeral in words, as earlier calls for the same text found; 0 at first. */
MUST_CHECK bool scan_spoken(const struct intake_scan *s, int n, int *plain,
			    struct intake_found *found);
MUST_CHECK bool scan_roman(const struct intake_scan *s, int n, struct intake_found *found);

/* ---- identity.c ---- */

/* A street with its number, a post office box, a postcode of one street, at n. */
MUST_CHECK bool scan_address(const struct intake_scan *s, int n, struct intake_found *found);
/* The number of a company in a public register, of its tax, or of its bank account, at n. */
MUST_CHECK bool scan_register(const struct intake_scan *s, int n, struct intake_found *found);

/* ---- names.c ---- */

/* The name of a company or a person at n, or before a legal form at n. */
MUST_CHECK bool scan_who(const struct intake_scan *s, int n, struct intake_found *found);

/* ---- places.c ---- */

/* Coordinates, a code of a place, or a description that only one place fits. */
MUST_CHECK bool scan_place(const struct intake_scan *s, int n, struct intake_found *found);
/* The number of a vehicle, or of a tax without a word before it. */
MUST_CHECK bool scan_plate(const struct intake_scan *s, int n, struct intake_found *found);

#endif
