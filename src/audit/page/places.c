/* A street address and a telephone number that stand in a page as plain text. A guess: words for streets, a house
 * number beside them, and a postcode soon after; who asks wants to see a telephone number too. */
#include "audit/page/internal.h"
#include "base/ascii.h"

#include <string.h>

enum { NUMBER_WITHIN = 24, POSTCODE_WITHIN = 60, BEFORE = 40, PHONE_WITHIN = 12 };

/* In the text, blanks around words count. */
static const char *const street_words[] = {
    "strasse ", "straße ",     "str. ",    "gasse ",    "weg ",    "platz ",
    "allee ",   "ring ",       "damm ",    "ufer ",     "markt ",  " rue ",
    " avenue ", " boulevard ", " chemin ", " place de", " street", " road",
    " lane",    " drive",      " via ",    " viale ",   " corso ", " piazza ",
    " calle ",  " avenida ",   " plaza ",  " straat ",  "straat ", "laan ",
};
static const char *const phone_words[] = {"tel", "phone", "fon ", "fon:", "call us"};

/* Bytes of a run of digits at `at` that is no part of a longer one or of a word; 0: none begins there. */
static size_t digits_at(struct str s, size_t at)
{
	size_t n = 0;
	if (at && (ascii_is_digit(s.p[at - 1]) || s.p[at - 1] == '.'))
		return 0;
	while (at + n < s.n && ascii_is_digit(s.p[at + n]))
		n++;
	return n;
}

/* A run of from to to digits that begins in [begin, end); SIZE_MAX: none. */
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
	/* behind the word (Hauptstrasse 5, via Roma 5) or before it (5 Main Street, 12 rue de la Paix) */
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

static void look_for_street(struct page_state *s, struct str text)
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

/* At least seven digits with what stands between them in a number. */
static bool is_phone(struct str s, size_t at)
{
	size_t digits = 0;
	for (; at < s.n && strchr("0123456789+-/(). ", s.p[at]); at++)
		digits += ascii_is_digit(s.p[at]);
	return digits >= 7;
}

static void look_for_phone(struct page_state *s, struct str text)
{
	for (size_t w = 0; w < COUNT_OF(phone_words); w++) {
		size_t n = strlen(phone_words[w]), at = 0;
		const char *hit;
		while (at < text.n && (hit = memmem(text.p + at, text.n - at, phone_words[w], n))) {
			at = (size_t)(hit - text.p) + n;
			for (size_t i = at; i < at + PHONE_WITHIN && i < text.n; i++) {
				if (!ascii_is_digit(text.p[i]) && text.p[i] != '+')
					continue;
				if (is_phone(text, i)) {
					size_t rest = text.n - i;
					page_say(s, PAGE_PHONE, 0, 0,
						 (struct str){text.p + i, rest < 20 ? rest : 20},
						 STR(""));
					return;
				}
				break;
			}
		}
	}
}

void page_places(struct page_state *s)
{
	struct str text = buf_view(&s->text);
	if (!text.n)
		return;
	look_for_street(s, text);
	look_for_phone(s, text);
}
