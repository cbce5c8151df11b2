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
typedef unsigned __int128 word_set; /* of classes */
#define WORD_CLASS(n)          ((word_set)1 << (n))
#define CLASS_AT               WORD_CLASS(0)
#define CLASS_MAYBE_AT         WORD_CLASS(1)
#define CLASS_DOT              WORD_CLASS(2)
#define CLASS_POINT            WORD_CLASS(3)
#define CLASS_DASH             WORD_CLASS(4)
#define CLASS_WEB              WORD_CLASS(5)
#define CLASS_MAIL             WORD_CLASS(6)
#define CLASS_PROVIDER         WORD_CLASS(7)
#define CLASS_TEL              WORD_CLASS(8)
#define CLASS_CALL             WORD_CLASS(9)
#define CLASS_PLATFORM         WORD_CLASS(10)
#define CLASS_USER             WORD_CLASS(11)
#define CLASS_LINK             WORD_CLASS(12)
#define CLASS_DIGIT            WORD_CLASS(13)
#define CLASS_TEEN             WORD_CLASS(14)
#define CLASS_TENS             WORD_CLASS(15)
#define CLASS_HUNDRED          WORD_CLASS(16)
#define CLASS_TIMES            WORD_CLASS(17)
#define CLASS_AND              WORD_CLASS(18)
#define CLASS_UNIT             WORD_CLASS(19)
#define CLASS_ITEM             WORD_CLASS(20)
#define CLASS_ARTICLE          WORD_CLASS(21)
#define CLASS_FRAMEWORK        WORD_CLASS(22)
#define CLASS_ENDING           WORD_CLASS(23)
#define CLASS_ENDING_WORD      WORD_CLASS(24)
#define CLASS_ENDING_SPOKEN    WORD_CLASS(25)
#define CLASS_MAILBOX          WORD_CLASS(26)
#define CLASS_NUMBER           WORD_CLASS(27)
#define CLASS_THEN             WORD_CLASS(28)
#define CLASS_AREA             WORD_CLASS(29)
#define CLASS_SITE             WORD_CLASS(30)
#define CLASS_NAMED            WORD_CLASS(31)
#define CLASS_ENDING_TOLD      WORD_CLASS(32)
#define CLASS_COMMON           WORD_CLASS(33)
#define CLASS_ORIGIN           WORD_CLASS(34)
#define CLASS_CALLED           WORD_CLASS(35)
#define CLASS_SLASH            WORD_CLASS(36)
#define CLASS_STREET           WORD_CLASS(37)
#define CLASS_STREET_MAYBE     WORD_CLASS(38)
#define CLASS_STREET_AFTER     WORD_CLASS(39)
#define CLASS_STREET_END       WORD_CLASS(40)
#define CLASS_STREET_END_MAYBE WORD_CLASS(41)
#define CLASS_NO_STREET        WORD_CLASS(42)
#define CLASS_BOX              WORD_CLASS(43)
#define CLASS_REGISTER         WORD_CLASS(44)
#define CLASS_REGISTER_SHORT   WORD_CLASS(45)
#define CLASS_REGISTER_LONG    WORD_CLASS(46)
#define CLASS_PREP             WORD_CLASS(47)
#define CLASS_SELF             WORD_CLASS(48)
#define CLASS_MEDIA            WORD_CLASS(49)
#define CLASS_FIRST_NAME       WORD_CLASS(50)
#define CLASS_LEGAL            WORD_CLASS(51)
#define CLASS_LEGAL_SHORT      WORD_CLASS(52)
#define CLASS_ROLE             WORD_CLASS(53)
#define CLASS_TITLE            WORD_CLASS(54)
#define CLASS_CLOSING          WORD_CLASS(55)
#define CLASS_LANDMARK         WORD_CLASS(56)
#define CLASS_BESIDE           WORD_CLASS(57)
#define CLASS_PREMISES         WORD_CLASS(58)
#define CLASS_ONLY             WORD_CLASS(59)
#define CLASS_PLATE            WORD_CLASS(60)
#define CLASS_COORDINATE       WORD_CLASS(61)
#define CLASS_SHORTENER        WORD_CLASS(62)
#define CLASS_TYPED            WORD_CLASS(63)
#define CLASS_ASK              WORD_CLASS(64)
#define CLASS_ANY              WORD_CLASS(65)
#define CLASS_HOUSE            WORD_CLASS(66)
#define CLASS_NO_COUNT         WORD_CLASS(67)
#define CLASS_PARK             WORD_CLASS(68)
#define CLASS_UNIT_OF_PARK     WORD_CLASS(69)
#define CLASS_CORNER           WORD_CLASS(70)
#define CLASS_FIRM             WORD_CLASS(71)
#define CLASS_HEIRS            WORD_CLASS(72)
#define CLASS_ZERO             WORD_CLASS(73)
#define CLASS_HOME             WORD_CLASS(74)
#define CLASS_SCHEME           WORD_CLASS(75)
#define CLASS_COLON            WORD_CLASS(76)
#define CLASS_BROTHERS         WORD_CLASS(77)
#define CLASS_FIGURES          WORD_CLASS(78)
#define CLASS_SPOT             WORD_CLASS(79)
#define CLASS_SPOT_BEFORE      WORD_CLASS(80)
#define CLASS_BROTHERS_BEHIND  WORD_CLASS(81)
#define CLASS_FORMER           WORD_CLASS(82)
#define CLASS_EXIT             WORD_CLASS(83)
#define CLASS_PARCEL           WORD_CLASS(84)
#define CLASS_PARISH           WORD_CLASS(85)
#define CLASS_PATH             WORD_CLASS(86)
#define CLASS_ASKED_AFTER      WORD_CLASS(87)
#define CLASS_TO_ASK           WORD_CLASS(88)
#define CLASS_KEY              WORD_CLASS(89)
#define CLASS_HOST_CODED       WORD_CLASS(90)
#define CLASS_PORT             WORD_CLASS(91)
#define CLASS_CODE             WORD_CLASS(92)
#define CLASS_DIAL             WORD_CLASS(93)
#define CLASS_DOTCOM           WORD_CLASS(94)
#define CLASS_FIND             WORD_CLASS(95)
#define CLASS_SOFTWARE         WORD_CLASS(96)
/* They mean something beside certain words only, and are parts of names as other words are. */
#define CLASS_BESIDE_OTHERS                                                                        \
	(CLASS_PATH | CLASS_ASKED_AFTER | CLASS_TO_ASK | CLASS_KEY | CLASS_HOST_CODED |            \
	 CLASS_PORT | CLASS_CODE | CLASS_DIAL | CLASS_FIND | CLASS_SOFTWARE)
#define CLASS_NUMERAL    (CLASS_DIGIT | CLASS_TEEN | CLASS_TENS | CLASS_HUNDRED)
#define CLASS_ANY_ENDING (CLASS_ENDING | CLASS_ENDING_WORD)

/* A run of letters, a run of digits, one sign, or a phrase of the list. White space is in no
 * token. */
struct token {
	enum { TOKEN_WORD, TOKEN_NUMBER, TOKEN_SIGN } kind;
	struct str text;
	word_set class;    /* of a word */
	bool spaced;       /* white space stands before it */
	bool line;         /* it begins a line */
	int digits, words; /* of a numeral such as "neunundsiebzig": how many it tells */
};

struct intake_scan {
	char folded[FOLDED_MAX + 1];
	size_t n;
	struct token token[TOKENS_MAX];
	int16_t dot[TOKENS_MAX]; /* of a dot with an ending of host names: the ending; else 0 */
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
word_set scan_class_of_end(struct str word, word_set classes, struct str *stem);
/* The word begins with a row of one of `classes`. */
bool scan_begins_with_class(struct str word, word_set classes);
/* The classes of a word that stands alone. */
word_set scan_class_of(struct str word);
/* Tell what was found; always true. */
bool scan_found(const struct intake_scan *s, enum intake_kind kind, int from, int to,
		struct intake_found *found);

/* ---- handles.c ---- */

/* "anna.meier", "big_mill", "mill77", "mill#4711", "AB12CD34": names that nobody writes as words.
 * *end: the last token. */
bool scan_name(const struct intake_scan *s, int n, int *end);
/* The classes of the words near the tokens from `from` to `to`. */
word_set scan_near(const struct intake_scan *s, int from, int to);
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
