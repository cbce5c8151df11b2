/* A street address and telephone numbers that stand in a page as plain text. A guess: words for
 * streets, a house number beside them, and a postcode soon after. Callers require a telephone
 * number in addition. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "base/percent.h"

#include <string.h>

enum { NUMBER_WITHIN = 24, POSTCODE_WITHIN = 60, BEFORE = 40 };
enum { LABEL_WITHIN = 24, PHONE_DIGITS_MIN = 7, PHONE_DIGITS_MAX = 15 };

/* In the text, blanks around words count. */
static const char *const street_words[] = {
    "strasse ", "straße ",     "str. ",    "gasse ",    "weg ",    "platz ",
    "allee ",   "ring ",       "damm ",    "ufer ",     "markt ",  " rue ",
    " avenue ", " boulevard ", " chemin ", " place de", " street", " road",
    " lane",    " drive",      " via ",    " viale ",   " corso ", " piazza ",
    " calle ",  " avenida ",   " plaza ",  " straat ",  "straat ", "laan ",
};

/* Bytes of a run of digits at `at` that is no part of a longer one or of a word;
 * 0: none begins there. */
static size_t digits_at(struct str s, size_t at)
{
	size_t n = 0;
	if (at && (ascii_is_digit(s.p[at - 1]) || s.p[at - 1] == '.'))
		return 0;
	while (at + n < s.n && ascii_is_digit(s.p[at + n]))
		n++;
	return n;
}

/* The first run of at least `from` and at most `to` digits that begins in [begin, end); SIZE_MAX:
 * there is none. */
static size_t number_in(struct str s, size_t begin, size_t end, size_t from, size_t to)
{
	for (size_t i = begin; i < end && i < s.n; i++) {
		size_t n = digits_at(s, i);
		if (n >= from && n <= to)
			return i;
	}
	return SIZE_MAX;
}

static bool street_at(struct page_state *s, struct str text, size_t at, size_t word)
{
	size_t after = at + word, before = at > NUMBER_WITHIN ? at - NUMBER_WITHIN : 0;
	/* behind the word (Hauptstrasse 5, via Roma 5) or before it (5 Main
	 * Street, 12 rue de la Paix) */
	size_t house = number_in(text, after, after + NUMBER_WITHIN, 1, 3);
	if (house == SIZE_MAX)
		house = number_in(text, before, at, 1, 4);
	if (house == SIZE_MAX)
		return false;
	size_t from = house > after ? house + digits_at(text, house) : after;
	if (number_in(text, from, from + POSTCODE_WITHIN, 4, 6) == SIZE_MAX)
		return false;
	size_t begin = at > BEFORE ? at - BEFORE : 0;
	while (begin < at && text.p[begin] != ' ')
		begin++;
	size_t n = from + 20 - begin < text.n - begin ? from + 20 - begin : text.n - begin;
	page_say(s, PAGE_STREET, 0, 0, str_trim((struct str){text.p + begin, n}), STR("guess"));
	return true;
}

static void places_look_for_street(struct page_state *s, struct str text)
{
	for (size_t w = 0; w < COUNT_OF(street_words); w++) {
		size_t n = strlen(street_words[w]), at = 0;
		const char *hit;
		while (at < text.n &&
		       (hit = memmem(text.p + at, text.n - at, street_words[w], n))) {
			at = (size_t)(hit - text.p);
			if (street_at(s, text, at, n))
				return;
			at += n;
		}
	}
}

static bool is_word_letter(char c)
{
	return ascii_is_letter(c) || (unsigned char)c >= 0x80;
}

/* The purpose of a number, as the last label before it says. */
enum label { LABEL_NONE, LABEL_CALL, LABEL_OTHER };

static enum label label_before(struct str text, size_t at)
{
	/* "calle", "hotel", "excellent" contain such words and are none */
	enum part { WHOLE, BEGINNING, ANYWHERE };
	static const struct {
		const char *word;
		enum part part; /* of a word of the text */
		enum label label;
	} words[] = {{"fax", ANYWHERE, LABEL_OTHER},       {"mobil", BEGINNING, LABEL_OTHER},
		     {"cell", WHOLE, LABEL_OTHER},         {"cellular", WHOLE, LABEL_OTHER},
		     {"handy", BEGINNING, LABEL_OTHER},    {"natel", WHOLE, LABEL_OTHER},
		     {"whatsapp", ANYWHERE, LABEL_OTHER},  {"gsm", WHOLE, LABEL_OTHER},
		     {"iban", WHOLE, LABEL_OTHER},         {"vat", WHOLE, LABEL_OTHER},
		     {"emergenc", BEGINNING, LABEL_OTHER}, {"notruf", BEGINNING, LABEL_OTHER},
		     {"tel", WHOLE, LABEL_CALL},           {"telefon", ANYWHERE, LABEL_CALL},
		     {"telefoon", ANYWHERE, LABEL_CALL},   {"telephone", ANYWHERE, LABEL_CALL},
		     {"t\u00e9l", BEGINNING, LABEL_CALL},  {"tel\u00e9fono", ANYWHERE, LABEL_CALL},
		     {"phone", ANYWHERE, LABEL_CALL},      {"fon", WHOLE, LABEL_CALL},
		     {"call", WHOLE, LABEL_CALL},          {"ring us", WHOLE, LABEL_CALL},
		     {"ruf", BEGINNING, LABEL_CALL},       {"anruf", BEGINNING, LABEL_CALL},
		     {"hotline", ANYWHERE, LABEL_CALL}};
	size_t from = at > LABEL_WITHIN ? at - LABEL_WITHIN : 0, last = 0;
	enum label label = LABEL_NONE;
	for (size_t i = at; i > from; i--)
		if (ascii_is_digit(text.p[i - 1])) {
			from = i; /* a label belongs to the number that follows it first */
			break;
		}
	for (size_t i = from; i < at; i++)
		for (size_t w = 0; w < COUNT_OF(words); w++) {
			struct str word = str_of(words[w].word);
			/* the later word counts; of "telefax" the fax */
			if (at - i >= word.n && memcmp(text.p + i, word.p, word.n) == 0 &&
			    (words[w].part == ANYWHERE || !i || !is_word_letter(text.p[i - 1])) &&
			    (words[w].part != WHOLE || !is_word_letter(text.p[i + word.n])) &&
			    i >= last) {
				label = words[w].label;
				last = i;
			}
		}
	return label;
}

void page_add_phone(struct page_state *s, struct str number, uint32_t line, uint32_t column)
{
	struct page_phone phone = {.line = line, .column = column};
	size_t n = 0;
	for (size_t i = 0; i < number.n && n + 1 < sizeof(phone.digits); i++) {
		char octet;
		if (number.p[i] == ';') /* parameters: an extension */
			break;
		if (percent_octet((struct str){number.p + i, number.n - i}, &octet))
			i += 2;
		else if (ascii_is_digit(number.p[i]))
			phone.digits[n++] = number.p[i];
	}
	if (n >= PHONE_DIGITS_MIN && s->phones < PAGE_PHONES_MAX)
		s->phone[s->phones++] = phone;
}

/* "2019-03-01", which has the digits and the signs of a telephone number. */
static bool is_date_at(struct str s, size_t at)
{
	static const char form[] = "dddd-dd-dd";
	enum { LENGTH = sizeof(form) - 1 };
	for (size_t i = 0; i < LENGTH; i++)
		if (at + i == s.n ||
		    (form[i] == 'd' ? !ascii_is_digit(s.p[at + i]) : s.p[at + i] != form[i]))
			return false;
	return at + LENGTH == s.n || !(ascii_is_digit(s.p[at + LENGTH]) || s.p[at + LENGTH] == '-');
}

/* The length in bytes of the number that begins at `at`; 0: no number begins there. */
static size_t places_number_at(struct str s, size_t at)
{
	size_t digits = 0, n = 0, end = 0;
	if (is_date_at(s, at))
		return 0;
	for (; at + n < s.n && digits < PHONE_DIGITS_MAX && s.p[at + n] &&
	       strchr("0123456789+-/(). ", s.p[at + n]);
	     n++)
		if (ascii_is_digit(s.p[at + n])) {
			digits++;
			end = n + 1;
		}
	return digits >= PHONE_DIGITS_MIN ? end : 0;
}

/* Collect the numbers whose labels say that they are for calls. */
static void look_for_phones(struct page_state *s, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		bool begins = (ascii_is_digit(text.p[i]) || text.p[i] == '+' || text.p[i] == '(') &&
			      (i == 0 || !(ascii_is_alnum(text.p[i - 1]) || text.p[i - 1] == '+'));
		size_t n = begins ? places_number_at(text, i) : 0;
		if (!n)
			continue;
		struct str number = {text.p + i, n};
		if (label_before(text, i) == LABEL_CALL) {
			page_say(s, PAGE_PHONE, 0, 0, number, STR(""));
			page_add_phone(s, number, 0, 0);
		}
		i += n - 1;
	}
}

void page_places(struct page_state *s)
{
	struct str text = buf_view(&s->text);
	if (!text.n)
		return;
	places_look_for_street(s, text);
	look_for_phones(s, text);
}
