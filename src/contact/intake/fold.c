#include "contact/intake/internal.h"

#include <utf8proc.h>
#include "base/ascii.h"
#include "base/utf8.h"

enum { SPREAD_GAP = 3 }; /* signs between two words that are spread, or two groups of figures */

/* How letters are read: by their look, or by their sound. */
static const struct {
	int32_t letter;
	char look;
	const char *sound;
} fold_letters[] = {
    /* Cyrillic */
    {0x430, 'a', "a"},
    {0x431, '6', "b"},
    {0x432, 'b', "v"},
    {0x433, 'r', "g"},
    {0x434, 'd', "d"},
    {0x435, 'e', "e"},
    {0x436, 'x', "z"},
    {0x437, '3', "z"},
    {0x438, 'u', "i"},
    {0x439, 'u', "j"},
    {0x43A, 'k', "k"},
    {0x43B, 'n', "l"},
    {0x43C, 'm', "m"},
    {0x43D, 'h', "n"},
    {0x43E, 'o', "o"},
    {0x43F, 'n', "p"},
    {0x440, 'p', "r"},
    {0x441, 'c', "s"},
    {0x442, 't', "t"},
    {0x443, 'y', "u"},
    {0x444, 'f', "f"},
    {0x445, 'x', "h"},
    {0x446, 'u', "c"},
    {0x447, '4', "c"},
    {0x448, 'w', "s"},
    {0x449, 'w', "sc"},
    {0x44B, 'y', "y"},
    {0x44C, 'b', ""},
    {0x44D, 'e', "e"},
    {0x44E, 'o', "ju"},
    {0x44F, 'r', "ja"},
    {0x452, 'h', "dj"},
    {0x454, 'e', "e"},
    {0x455, 's', "s"},
    {0x456, 'i', "i"},
    {0x458, 'j', "j"},
    {0x459, 'l', "lj"},
    {0x45A, 'h', "nj"},
    {0x45B, 'h', "c"},
    {0x45F, 'u', "dz"},
    {0x4CF, 'l', "l"},
    {0x501, 'd', "d"},
    {0x51B, 'q', "q"},
    {0x51D, 'w', "w"},
    /* Greek */
    {0x3B1, 'a', "a"},
    {0x3B2, 'b', "v"},
    {0x3B5, 'e', "e"},
    {0x3B6, 'z', "z"},
    {0x3B7, 'n', "i"},
    {0x3B9, 'i', "i"},
    {0x3BA, 'k', "k"},
    {0x3BC, 'u', "m"},
    {0x3BD, 'v', "n"},
    {0x3BF, 'o', "o"},
    {0x3C1, 'p', "r"},
    {0x3C3, 'o', "s"},
    {0x3C4, 't', "t"},
    {0x3C5, 'u', "y"},
    {0x3C7, 'x', "h"},
    {0x3C9, 'w', "o"},
    /* Armenian */
    {0x566, 'q', "z"},
    {0x570, 'h', "h"},
    {0x578, 'n', "o"},
    {0x57D, 'u', "s"},
    {0x581, 'g', "c"},
    {0x585, 'o', "o"},
    /* Latin that has no decomposition */
    {0xDF, 'b', "ss"},
    {0xE6, 'a', "ae"},
    {0xF8, 'o', "o"},
    {0x111, 'd', "dj"},
    {0x127, 'h', "h"},
    {0x131, 'i', "i"},
    {0x142, 'l', "l"},
    {0x153, 'o', "oe"},
    {0x251, 'a', "a"},
    {0x261, 'g', "g"},
    {0x269, 'i', "i"},
    /* small capitals */
    {0x1D00, 'a', "a"},
    {0x299, 'b', "b"},
    {0x1D04, 'c', "c"},
    {0x1D05, 'd', "d"},
    {0x1D07, 'e', "e"},
    {0xA730, 'f', "f"},
    {0x262, 'g', "g"},
    {0x29C, 'h', "h"},
    {0x26A, 'i', "i"},
    {0x1D0A, 'j', "j"},
    {0x1D0B, 'k', "k"},
    {0x29F, 'l', "l"},
    {0x1D0D, 'm', "m"},
    {0x274, 'n', "n"},
    {0x1D0F, 'o', "o"},
    {0x1D18, 'p', "p"},
    {0x280, 'r', "r"},
    {0xA731, 's', "s"},
    {0x1D1B, 't', "t"},
    {0x1D1C, 'u', "u"},
    {0x1D20, 'v', "v"},
    {0x1D21, 'w', "w"},
    {0x28F, 'y', "y"},
    {0x1D22, 'z', "z"},
    /* signs that are words, and signs with a look of their own */
    {0x20AC, 'E', " eur "},
    {0x260E, ' ', " tel "},
    {0x260F, ' ', " tel "},
    {0x2706, ' ', " tel "},
    {0x1F4DE, ' ', " tel "},
    {0x1F4F1, ' ', " tel "},
    {0x1F4F2, ' ', " tel "},
    {0x2709, ' ', " mail "},
    {0x1F4E7, ' ', " mail "},
    {0x1F4F7, ' ', " instagram "},
    {0x1F4F8, ' ', " instagram "},
    {0x4E00, '1', "1"},
    {0x4E8C, '2', "2"},
    {0x4E09, '3', "3"},
    {0x56DB, '4', "4"},
    {0x4E94, '5', "5"},
    {0x516D, '6', "6"},
    {0x4E03, '7', "7"},
    {0x516B, '8', "8"},
    {0x4E5D, '9', "9"},
    {0x96F6, '0', "0"},
    {0x3007, '0', "0"},
    {0x2212, '-', "-"},
    {0x2044, '/', "/"},
    {0x2215, '/', "/"},
    {0x201E, '"', "\""},
    {0x3002, '.', "."},
    {0x6D4, '.', "."},
};

/* How a sign is written where it must not be read. */
static const struct {
	struct str written;
	char sign;
	bool in_word; /* only between two letters */
} fold_written[] = {
    {{"&commat;", 8}, '@', false}, {{"&period;", 8}, '.', false}, {{" %40 ", 5}, '@', true},
    {{" %2e ", 5}, '.', true},     {{"%40", 3}, '@', true},       {{"%2e", 3}, '.', true},
};

static bool fold_letter_at(struct str text, size_t at)
{
	return at < text.n && (ascii_is_letter(text.p[at]) || (unsigned char)text.p[at] >= 0x80);
}

/* "&#64;", "&#x0040;": the ASCII character that an entity at `at` names; '\0': it is none. */
static char fold_entity(struct str text, size_t at, size_t *length)
{
	size_t end = at + 2;
	if (text.n - at < 4 || text.p[at] != '&' || text.p[at + 1] != '#')
		return '\0';
	bool hex = text.p[end] == 'x' || text.p[end] == 'X';
	uint32_t code = 0;
	for (end += hex; end < text.n && end - at < 12; end++) {
		int value = hex_value(text.p[end]);
		if (value < 0 || (!hex && value > 9))
			break;
		code = code * (hex ? 16 : 10) + (uint32_t)value;
	}
	if (end >= text.n || text.p[end] != ';' || code < ' ' || code > '~')
		return '\0';
	*length = end + 1 - at;
	return (char)code;
}

/* The sign that stands written at `at`, with its length; '\0': none. */
static char fold_unwrite(struct str text, size_t at, size_t *length)
{
	if (!text.p[at] || !strchr("&% ", text.p[at]))
		return '\0';
	char entity = fold_entity(text, at, length);
	if (entity)
		return entity;
	for (size_t i = 0; i < COUNT_OF(fold_written); i++) {
		*length = fold_written[i].written.n;
		if (at + *length <= text.n &&
		    str_eq_nocase((struct str){text.p + at, *length}, fold_written[i].written) &&
		    (!fold_written[i].in_word ||
		     (at && fold_letter_at(text, at - 1) && fold_letter_at(text, at + *length))))
			return fold_written[i].sign;
	}
	return '\0';
}

/* The ASCII digit of a decimal digit of any script; 0: it is none. Scripts have their zero at a
 * multiple of 16, or 6 behind it. */
static int32_t fold_digit(int32_t c)
{
	if (c >= 0x2776 && c <= 0x2793) /* circled, white on black */
		return (c - 0x2776) % 10 == 9 ? 0 : '1' + (c - 0x2776) % 10;
	if (c == 0x24FF)
		return '0';
	if (c < 0x80 || utf8proc_category(c) != UTF8PROC_CATEGORY_ND)
		return 0;
	bool from_zero = utf8proc_category(c & ~0xF) == UTF8PROC_CATEGORY_ND;
	int32_t value = (c & 0xF) - (from_zero ? 0 : 6);
	return value >= 0 && value <= 9 ? '0' + value : 0;
}

static bool fold_is_letter(int32_t c)
{
	if (c < 0x80)
		return c > 0 && ascii_is_letter((char)c);
	utf8proc_category_t category = utf8proc_category(c);
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

/* Braille: the dots of the letters from a to z. */
static const uint8_t fold_braille[] = {0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A,
				       0x1A, 0x05, 0x07, 0x0D, 0x1D, 0x15, 0x0F, 0x1F, 0x17,
				       0x0E, 0x1E, 0x25, 0x27, 0x3A, 0x2D, 0x3D, 0x35};

/* White space, dashes, digits and letters in frames become the plain ones. */
static int32_t fold_plain(int32_t c)
{
	if (c < 0x80)
		return c;
	if (c >= 0x1F150 && c <= 0x1F169)
		return 'a' + (c - 0x1F150);
	if (c >= 0x1F170 && c <= 0x1F189)
		return 'a' + (c - 0x1F170);
	if (c == 0x2808 || c == 0x2832)
		return c == 0x2808 ? '@' : '.';
	for (size_t i = 0; c >= 0x2800 && c < 0x2840 && i < COUNT_OF(fold_braille); i++)
		if (fold_braille[i] == c - 0x2800)
			return 'a' + (int32_t)i;
	int32_t digit = fold_digit(c);
	if (digit)
		return digit;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_PD:
		return '-';
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return ' ';
	case UTF8PROC_CATEGORY_PI:
	case UTF8PROC_CATEGORY_PF:
		return '"';
	default:
		return c;
	}
}

static bool fold_is_figure(int32_t c)
{
	return c < 0x80 && ascii_is_digit((char)c);
}

static bool fold_is_single(int32_t c)
{
	return fold_is_figure(c) || (c < 0x80 && strchr("@.-_()[]{}<>*", c)) || fold_is_letter(c);
}

static bool fold_is_word(int32_t c)
{
	return fold_is_figure(c) || fold_is_letter(c);
}

/* How often the sign stands at `at` in a row. */
static size_t fold_repeats(const int32_t *c, size_t n, size_t at, int32_t sign)
{
	size_t repeats = 0;
	while (at + repeats < n && c[at + repeats] == sign)
		repeats++;
	return repeats;
}

static bool fold_is_between(int32_t c)
{
	return c < 0x80 && strchr(" -_.*|/~+", c);
}

/* How many characters from `at` are single ones with one and the same sign between them, which
 * stands more than once between words: "i n f o  a t". *letters: among them. */
static size_t fold_spread(const int32_t *c, size_t n, size_t at, size_t *letters)
{
	size_t end = at;
	*letters = 0;
	if ((at > 0 && fold_is_word(c[at - 1])) || at + 1 >= n || !fold_is_word(c[at]) ||
	    !fold_is_between(c[at + 1]))
		return 0;
	int32_t between = c[at + 1];
	for (size_t i = at, repeats; i < n && fold_is_single(c[i]) && c[i] != between;
	     i += 1 + repeats) {
		/* "a bc": the c belongs to a word. */
		if (fold_is_word(c[i]) && i + 1 < n && fold_is_word(c[i + 1]))
			break;
		*letters += fold_is_letter(c[i]);
		end = i + 1;
		repeats = fold_repeats(c, n, i + 1, between);
		if (!repeats || repeats > SPREAD_GAP)
			break;
	}
	return end - at;
}

/* The signs that spread a word in this text, as bits: next to such a word shorter ones are spread,
 * too ("i.n.f.o [a.t]"). Initials alone do not count ("z.B."). */
static uint64_t fold_spreaders(const int32_t *c, size_t n)
{
	uint64_t signs = 0;
	size_t letters, length;
	for (size_t at = 0; at < n; at += length ? length : 1) {
		length = fold_spread(c, n, at, &letters);
		if (letters >= 3 && length >= 7 && c[at + 1] != ' ')
			signs |= 1ull << (c[at + 1] & 63); /* other ones for each of them */
	}
	return signs;
}

/* "i n f o @ m i l l . d e" without the spaces. Returns the new length. */
static size_t fold_join(int32_t *c, size_t n)
{
	uint64_t signs = fold_spreaders(c, n);
	size_t to = 0, letters;
	for (size_t at = 0; at < n;) {
		size_t spread = fold_spread(c, n, at, &letters), end = at + spread;
		bool other = spread >= 3 && letters >= 2 && signs >> (c[at + 1] & 63) & 1;
		if (!other && (letters < 3 || spread < 7)) {
			c[to++] = c[at++];
			continue;
		}
		int32_t between = c[at + 1];
		while (at < end) {
			c[to++] = c[at++];
			size_t repeats = at < end ? fold_repeats(c, n, at, between) : 0;
			if (repeats > 1)
				c[to++] = ' ';
			at += repeats;
		}
	}
	return to;
}

/* The letter that a figure looks like; 0: none. */
static int32_t fold_figure_letter(int32_t c)
{
	static const char figures[] = "013457", letters[] = "oleast";
	const char *at = c > 0 && c < 0x80 ? strchr(figures, c) : NULL;
	return at ? letters[at - figures] : 0;
}

/* A run of letters and figures becomes one of them where the others only look alike: "c0m", "O79".
 * The last letter of "10l" is a unit. */
static void fold_alike(int32_t *c, size_t n)
{
	size_t letters = 0, figures = 0, figure_letters = 0, round = 0;
	for (size_t i = 0; i < n; i++) {
		bool figure = fold_is_figure(c[i]);
		figures += figure;
		letters += !figure;
		figure_letters += figure && fold_figure_letter(c[i]);
		round += c[i] == 'o' || c[i] == 'O' || ((c[i] == 'l' || c[i] == 'I') && i + 1 < n);
	}
	bool number = figures && round == letters;
	/* "c0m", and "1nst4" of more than one figure */
	bool word = !number && figures == figure_letters && letters > figures &&
		    (fold_is_letter(c[0]) || figures > 2) && fold_is_letter(c[n - 1]);
	for (size_t i = 0; i < n; i++) {
		if (number && !fold_is_figure(c[i]))
			c[i] = c[i] == 'o' || c[i] == 'O' ? '0' : '1';
		else if (word && fold_figure_letter(c[i]))
			c[i] = fold_figure_letter(c[i]);
	}
}

/* The figure that a letter looks like in a number; 0: none. Letters of other alphabets by their
 * look. */
static int32_t fold_letter_figure(int32_t c)
{
	static const char letters[] = "oOlLiIzZsSgGbBqAET", figures[] = "001111225596689437";
	if (c >= 0x80) {
		int32_t lower = utf8proc_tolower(c);
		for (size_t i = 0; i < COUNT_OF(fold_letters); i++) {
			if (fold_letters[i].letter != lower)
				continue;
			char look = fold_letters[i].look;
			c = ascii_is_digit(look) || lower == c ? look : ascii_upper(look);
			break;
		}
		if (fold_is_figure(c))
			return c;
	}
	const char *at = c > 0 && c < 0x80 ? strchr(letters, c) : NULL;
	return at ? figures[at - letters] : 0;
}

/* A letter that stands for a zero at the beginning of a number. */
static bool fold_is_zero(int32_t c)
{
	return c == '0' || (fold_is_letter(c) && fold_letter_figure(c) == '0');
}

/* A run in a number that is written with letters. */
struct fold_run {
	size_t figures, letters;
	bool alike;  /* every letter looks like a figure */
	bool inside; /* a letter stands before a figure: it is no unit, as that of "50g" */
	bool unit;   /* could be one: a small letter, O or I at the end */
};

static void fold_look_at_run(const int32_t *c, size_t n, struct fold_run *run)
{
	*run = (struct fold_run){.alike = true};
	for (size_t i = 0; i < n; i++) {
		bool figure = fold_is_figure(c[i]);
		run->inside = run->inside || (figure && run->letters);
		run->figures += figure;
		run->letters += !figure;
		run->alike = run->alike && (figure || fold_letter_figure(c[i]));
	}
	/* "5SS" */
	bool twice = run->figures && run->letters > 1 && n > 1 && c[n - 1] == c[n - 2];
	run->inside = run->inside || twice;
	int32_t last = c[n - 1];
	run->unit = run->letters == 1 && !fold_is_figure(last) && last < 0x80 &&
		    (ascii_is_lower((char)last) || last == 'O' || last == 'I');
	/* "sss": one letter, repeated, and none of a Roman number. */
	if (!run->figures) {
		bool same = n >= 2 && c[0] != 'I' && fold_letter_figure(c[0]);
		for (size_t i = 1; i < n; i++)
			same = same && c[i] == c[0];
		run->alike = run->inside = same;
	}
}

/* A number from `at` on of which some figures are letters: "O7g 44l 22 33", but neither "050g 100g"
 * nor "06A 905 115". Returns where it ends; 0: there is none. */
static size_t fold_number(const int32_t *c, size_t n, size_t at)
{
	size_t figures = 0, letters = 0, whole = 0, end = 0;
	bool sure = false, singles = true; /* singles: "O-7-9-5" */
	int inside = 0;                    /* runs with a letter inside */
	bool plus = at && c[at - 1] == '+';
	if (!plus && !fold_is_zero(c[at]))
		return 0;
	for (size_t i = at, length; i < n; i += length) {
		struct fold_run run;
		for (length = 0; i + length < n && fold_is_word(c[i + length]);)
			length++;
		bool framed =
		    length == 1 && ((i && c[i - 1] == '(' && i + 1 < n && c[i + 1] == ')') ||
				    (singles && strchr("oOlI", c[i])));
		if (length)
			fold_look_at_run(c + i, length, &run);
		if (!length || !(run.alike || (framed && fold_letter_figure(c[i]))) ||
		    (run.letters && !run.inside && !run.unit && !framed && !sure))
			break;
		sure = sure || run.inside;
		inside += run.inside;
		whole = run.letters ? 0 : whole + 1;
		singles = singles && length == 1;
		figures += run.figures;
		letters += run.letters;
		end = i + length;
		if (figures + letters > 15)
			return 0;
		while (i + length < n && c[i + length] < 0x80 && strchr(" ./()-", c[i + length]) &&
		       i + length - end < SPREAD_GAP)
			length++;
		if (i + length == end)
			break;
	}
	bool enough = figures >= letters || (inside >= 2 && 2 * figures + 1 >= letters);
	bool is = letters && enough && figures + letters >= 8 && figures + letters <= 15 &&
		  (sure || whole >= 2);
	return is ? end : 0;
}

static void fold_all_numbers(int32_t *c, size_t n)
{
	for (size_t at = 0; at < n; at++) {
		size_t end = at && fold_is_word(c[at - 1]) ? 0 : fold_number(c, n, at);
		for (; at < end; at++)
			if (fold_letter_figure(c[at]))
				c[at] = fold_letter_figure(c[at]);
	}
}

static void fold_all_alike(int32_t *c, size_t n)
{
	for (size_t at = 0, end; at < n; at = end + 1) {
		for (end = at; end < n && fold_is_word(c[end]);)
			end++;
		if (end > at)
			fold_alike(c + at, end - at);
	}
}

struct fold_out {
	char *p;
	size_t n;
};

static void fold_put(struct fold_out *out, const char *p, size_t n)
{
	if (out->n + n <= FOLDED_MAX) {
		memcpy(out->p + out->n, p, n);
		out->n += n;
	}
}

static void fold_put_character(struct fold_out *out, int32_t c, bool by_look)
{
	char bytes[UTF8_BYTES_MAX];
	if (c < 0x80) {
		fold_put(out, (const char[]){(char)c}, 1);
		return;
	}
	int32_t lower = utf8proc_tolower(c);
	for (size_t i = 0; i < COUNT_OF(fold_letters); i++) {
		if (fold_letters[i].letter != lower)
			continue;
		const char *sound = fold_letters[i].sound;
		/* A sentence begins with a capital, in every alphabet. */
		char first = lower != c ? ascii_upper(by_look ? fold_letters[i].look : sound[0])
					: (by_look ? fold_letters[i].look : sound[0]);
		if (by_look && fold_letters[i].look != ' ') {
			fold_put(out, &first, 1);
		} else if (sound[0]) {
			fold_put(out, &first, 1);
			fold_put(out, sound + 1, strlen(sound + 1));
		}
		return;
	}
	if (fold_is_letter(c))
		fold_put(out, bytes, utf8_encode((uint32_t)c, bytes));
	else
		fold_put(out, "~", 1);
}

/* The characters of a text with marks and invisible ones removed. ASCII is what it is; other bytes
 * are decomposed by the character. One that has more room than is left is a sign: nothing may
 * push what follows it out of the text. False: no UTF-8. */
static bool fold_decompose(const char *text, size_t n, struct intake_text *out)
{
	out->n = 0;
	for (size_t i = 0, length; i < n; i += length) {
		uint32_t code = (unsigned char)text[i];
		length = 1;
		if (code < 0x80) {
			out->c[out->n++] = (int32_t)code;
			continue;
		}
		utf8proc_int32_t c;
		utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text + i,
							  (utf8proc_ssize_t)(n - i), &c);
		if (bytes <= 0)
			return false;
		length = (size_t)bytes;
		int boundary = 0;
		size_t room = FOLDED_MAX - out->n - (n - i - length);
		utf8proc_ssize_t characters =
		    utf8proc_decompose_char(c, out->c + out->n, (utf8proc_ssize_t)room,
					    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
						UTF8PROC_IGNORE | UTF8PROC_STRIPMARK,
					    &boundary);
		if (characters < 0)
			return false;
		if ((size_t)characters > room) {
			out->c[out->n] = '~';
			characters = 1;
		}
		out->n += (size_t)characters;
	}
	return true;
}

/* "client·es" is how French writes both genders. */
static bool fold_is_gender(const struct intake_text *text, size_t at)
{
	return (text->c[at] == 'e' || text->c[at] == 's') &&
	       (at + 1 == text->n || !fold_is_letter(text->c[at + 1]) || text->c[at + 1] == 's');
}

/* The letters that flags are made of, one by one; two are a flag. */
static void fold_flag_letters(struct intake_text *text)
{
	const int32_t first = 0x1F1E6;
	for (size_t i = 0, run; i < text->n; i += run ? run : 1) {
		for (run = 0; i + run < text->n && text->c[i + run] >= first &&
			      text->c[i + run] < first + 26;)
			run++;
		if (run == 1)
			text->c[i] = 'a' + (text->c[i] - first);
	}
}

/* A dot in the middle or a bullet between two letters is a dot: "mill·ch". */
static void fold_middle_dots(struct intake_text *text)
{
	static const int32_t dots[] = {0xB7, 0x2022, 0x2219, 0x22C5, 0x30FB, 0x2027, 0x387};
	for (size_t i = 1; i + 1 < text->n; i++)
		for (size_t d = 0; d < COUNT_OF(dots); d++)
			if (text->c[i] == dots[d] && fold_is_letter(text->c[i - 1]) &&
			    fold_is_letter(text->c[i + 1]) && !fold_is_gender(text, i + 1))
				text->c[i] = '.';
}

void intake_read(struct str text, struct intake_text *out)
{
	char plain[INTAKE_TEXT_MAX];
	size_t n = 0, length;
	must(text.n <= sizeof(plain));
	for (size_t i = 0; i < text.n; i += length) {
		char sign = fold_unwrite(text, i, &length);
		plain[n++] = sign ? sign : text.p[i];
		length = sign ? length : 1;
	}
	if (!fold_decompose(plain, n, out))
		out->n = 0;
	for (size_t i = 0; i < out->n; i++)
		out->c[i] = fold_plain(out->c[i]);
	fold_flag_letters(out);
	fold_middle_dots(out);
}

static void fold_turn_words(int32_t *c, size_t n)
{
	for (size_t at = 0, end; at < n; at = end + 1) {
		for (end = at; end < n && fold_is_word(c[end]);)
			end++;
		for (size_t i = at, j = end; i + 1 < j; i++, j--) {
			int32_t first = c[i];
			c[i] = c[j - 1];
			c[j - 1] = first;
		}
	}
}

static void fold_rot13(int32_t *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (c[i] >= 0x80 || !ascii_is_letter((char)c[i]))
			continue;
		int32_t first = ascii_is_lower((char)c[i]) ? 'a' : 'A';
		c[i] = first + (c[i] - first + 13) % 26;
	}
}

size_t intake_fold(const struct intake_text *text, unsigned how, char folded[FOLDED_MAX + 1])
{
	static int32_t c[FOLDED_MAX]; /* large; one text at a time */
	size_t n = text->n;
	struct fold_out out = {folded, 0};
	memcpy(c, text->c, n * sizeof(c[0]));
	if (how & FOLD_JOINED)
		n = fold_join(c, n);
	if (how & FOLD_FIGURES) {
		fold_all_numbers(c, n);
		fold_all_alike(c, n);
	}
	if (how & FOLD_WORDS_BACKWARDS)
		fold_turn_words(c, n);
	if (how & FOLD_ROT13)
		fold_rot13(c, n);
	for (size_t i = 0; i < n; i++)
		fold_put_character(&out, c[how & FOLD_BACKWARDS ? n - 1 - i : i],
				   how & FOLD_BY_LOOK);
	folded[out.n] = '\0';
	return out.n;
}
