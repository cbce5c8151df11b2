/* Texts within a text that a program reads at once: base 64, hexadecimal digits, bits, escapes,
 * Morse. What a run decodes to counts only when it is a text itself, so that numbers of articles
 * and check sums stay. */
#include "contact/intake/internal.h"

#include "base/ascii.h"
#include "base/utf8.h"

enum {
	BASE64_LEAST = 12, /* signs of a run */
	BITS_OF_BASE64 = 6,
	HEX_LEAST = 7, /* bytes */
	DECIMAL_LEAST = 7,
	BITS_LEAST = 5,
	MORSE_LEAST = 6, /* letters */
	MORSE_SIGNS = 6,
	ESCAPES_LEAST = 3,
	TEXT_LEAST = 6, /* bytes of a decoded text */
	BYTE_BITS = 8,
};

struct coded_out {
	char *p;
	size_t n;
};

static void coded_put(struct coded_out *out, char c)
{
	if (out->n < INTAKE_TEXT_MAX)
		out->p[out->n++] = c;
}

/* Keep what was decoded since `from` when it is a text; else discard it. */
static void coded_keep_text(struct coded_out *out, size_t from)
{
	struct str text = {out->p + from, out->n - from};
	bool is = text.n >= TEXT_LEAST && utf8_is_valid(text);
	for (size_t i = 0; is && i < text.n; i++)
		is = (unsigned char)text.p[i] >= ' ' && text.p[i] != 0x7F;
	if (is)
		coded_put(out, '\n');
	else
		out->n = from;
}

static int coded_base64_value(char c)
{
	if (ascii_is_upper(c))
		return c - 'A';
	if (ascii_is_lower(c))
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static size_t coded_base64(struct str text, size_t at, struct coded_out *out)
{
	size_t from = out->n, end = at;
	unsigned bits = 0, held = 0;
	while (end < text.n && coded_base64_value(text.p[end]) >= 0)
		end++;
	if (end - at < BASE64_LEAST)
		return end;
	for (size_t i = at; i < end; i++) {
		bits = bits << BITS_OF_BASE64 | (unsigned)coded_base64_value(text.p[i]);
		held += BITS_OF_BASE64;
		if (held >= BYTE_BITS) {
			held -= BYTE_BITS;
			coded_put(out, (char)(bits >> held & 0xFF));
		}
	}
	coded_keep_text(out, from);
	return end;
}

/* "696e666f", "69 6e 66 6f", "69:6e", "0x69, 0x6e" */
static size_t coded_hex(struct str text, size_t at, struct coded_out *out)
{
	size_t from = out->n, end = at, bytes = 0, letters = 0;
	while (end + 1 < text.n) {
		int high = hex_value(text.p[end]), low = hex_value(text.p[end + 1]);
		if (high < 0 || low < 0)
			break;
		coded_put(out, (char)(high << 4 | low));
		letters += ascii_is_letter((char)(high << 4 | low));
		bytes++;
		end += 2;
		size_t next = end;
		while (next < text.n && strchr(" ,:-x0", text.p[next]) && next - end < 4 &&
		       !(text.p[next] == '0' && next + 1 < text.n && text.p[next + 1] != 'x'))
			next++;
		end = next;
	}
	if (bytes < HEX_LEAST || !letters)
		out->n = from;
	else
		coded_keep_text(out, from);
	return end;
}

/* "105 110 102 111", "105,110": signs by their decimal numbers. */
static size_t coded_decimal(struct str text, size_t at, struct coded_out *out)
{
	size_t from = out->n, end = at, signs = 0;
	while (end < text.n && ascii_is_digit(text.p[end])) {
		int value = 0;
		size_t digits = 0;
		for (; end < text.n && ascii_is_digit(text.p[end]) && digits <= 3; digits++)
			value = value * 10 + (text.p[end++] - '0');
		if (digits < 2 || digits > 3 || value < ' ' || value >= 0x7F)
			break;
		coded_put(out, (char)value);
		signs++;
		for (int gap = 0; gap < 2 && end < text.n && strchr(" ,;-", text.p[end]); gap++)
			end++;
	}
	if (signs < DECIMAL_LEAST)
		out->n = from;
	else
		coded_keep_text(out, from);
	return end;
}

static size_t coded_bits(struct str text, size_t at, struct coded_out *out)
{
	size_t from = out->n, end = at, bits = 0;
	unsigned byte = 0;
	for (; end < text.n && strchr("01 ", text.p[end]) && text.p[end]; end++) {
		if (text.p[end] == ' ')
			continue;
		byte = byte << 1 | (text.p[end] == '1');
		if (++bits % BYTE_BITS == 0)
			coded_put(out, (char)(byte & 0xFF));
	}
	if (bits < (size_t)BITS_LEAST * BYTE_BITS)
		out->n = from;
	else
		coded_keep_text(out, from);
	return end;
}

/* The letter of a group of dots and dashes; '\0': there is none. */
static char coded_morse_letter(struct str group)
{
	static const struct {
		const char *signs;
		char letter;
	} letters[] = {
	    {".-", 'a'},    {"-...", 'b'},   {"-.-.", 'c'},   {"-..", 'd'},    {".", 'e'},
	    {"..-.", 'f'},  {"--.", 'g'},    {"....", 'h'},   {"..", 'i'},     {".---", 'j'},
	    {"-.-", 'k'},   {".-..", 'l'},   {"--", 'm'},     {"-.", 'n'},     {"---", 'o'},
	    {".--.", 'p'},  {"--.-", 'q'},   {".-.", 'r'},    {"...", 's'},    {"-", 't'},
	    {"..-", 'u'},   {"...-", 'v'},   {".--", 'w'},    {"-..-", 'x'},   {"-.--", 'y'},
	    {"--..", 'z'},  {"-----", '0'},  {".----", '1'},  {"..---", '2'},  {"...--", '3'},
	    {"....-", '4'}, {".....", '5'},  {"-....", '6'},  {"--...", '7'},  {"---..", '8'},
	    {"----.", '9'}, {".--.-.", '@'}, {".-.-.-", '.'}, {"-....-", '-'}, {"..--.-", '_'},
	};
	for (size_t i = 0; i < COUNT_OF(letters); i++)
		if (str_eq(group, str_of(letters[i].signs)))
			return letters[i].letter;
	return '\0';
}

static size_t coded_morse(struct str text, size_t at, struct coded_out *out)
{
	size_t from = out->n, end = at, read = 0;
	if (!strchr(".-", text.p[at]))
		return at;
	while (end < text.n) {
		size_t group = end;
		while (group < text.n && strchr(".-", text.p[group]) && group - end <= MORSE_SIGNS)
			group++;
		char letter = coded_morse_letter((struct str){text.p + end, group - end});
		if (!letter)
			break;
		coded_put(out, letter);
		read++;
		for (end = group; end < text.n && strchr(" /|", text.p[end]); end++)
			if (text.p[end] != ' ')
				coded_put(out, ' ');
	}
	if (read < MORSE_LEAST)
		out->n = from;
	else
		coded_keep_text(out, from);
	return end;
}

/* "\u0069", "\x69", "=69", "%69", "U+0069": the byte that an escape at `at` stands for; -1: it is
 * none. */
static int coded_escape(struct str text, size_t at, size_t *length)
{
	static const struct {
		struct str begins;
		size_t digits;
	} escapes[] = {
	    {{"\\u", 2}, 4}, {{"\\x", 2}, 2}, {{"=", 1}, 2}, {{"%", 1}, 2}, {{"U+", 2}, 4}};
	for (size_t i = 0; i < COUNT_OF(escapes); i++) {
		size_t n = escapes[i].begins.n, value = 0, digits = 0;
		if (at + n + escapes[i].digits > text.n ||
		    !str_eq((struct str){text.p + at, n}, escapes[i].begins))
			continue;
		for (; digits < escapes[i].digits; digits++) {
			int digit = hex_value(text.p[at + n + digits]);
			if (digit < 0)
				break;
			value = value << 4 | (size_t)digit;
		}
		*length = n + digits;
		if (digits == escapes[i].digits && value >= ' ' && value < 0x7F)
			return (int)value;
	}
	return -1;
}

/* The text with its escapes resolved; nothing when it has none. */
static void coded_escapes(struct str text, struct coded_out *out)
{
	size_t from = out->n, escapes = 0;
	for (size_t i = 0, length; i < text.n; i += length) {
		int value = coded_escape(text, i, &length);
		escapes += value >= 0;
		length = value >= 0 ? length : 1;
		coded_put(out, value >= 0 ? (char)value : text.p[i]);
	}
	if (escapes < ESCAPES_LEAST)
		out->n = from;
}

size_t intake_decode(struct str text, char decoded[INTAKE_TEXT_MAX])
{
	static size_t (*const codes[])(struct str text, size_t at, struct coded_out * out) = {
	    coded_base64, coded_hex, coded_decimal, coded_bits, coded_morse};
	struct coded_out out = {decoded, 0};
	coded_escapes(text, &out);
	for (size_t code = 0; code < COUNT_OF(codes); code++) {
		for (size_t at = 0; at < text.n;) {
			size_t end = codes[code](text, at, &out);
			at = end > at ? end : at + 1;
		}
	}
	return out.n;
}
