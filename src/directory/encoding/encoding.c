/* The table of encodings. */
#include "directory/encoding/encoding.h"
#include "base/ascii.h"
#include "base/utf8.h"

static const struct encoding encodings[] = {
#define LETTERS_LIST(...)                                                                          \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define LETTERS_CHARACTERS(name, characters) {name, characters},
#define LETTERS_LANGUAGE(name, count, letters, costs)
#include "directory/encoding/letters.def"
#undef LETTERS_LIST
#undef LETTERS_CHARACTERS
#undef LETTERS_LANGUAGE
};

const struct encoding *encoding_at(size_t number)
{
	return number < COUNT_OF(encodings) ? &encodings[number] : NULL;
}

/* Letters and digits in lower case. False: more than fits, or none. */
static bool encoding_plain(struct str name, char plain[32])
{
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++) {
		if (!ascii_is_alnum(name.p[i]))
			continue;
		if (n == 31)
			return false;
		plain[n++] = ascii_lower(name.p[i]);
	}
	plain[n] = '\0';
	return n > 0;
}

const struct encoding *encoding_named(struct str name)
{
	static const struct {
		const char *alias, *plain;
	} aliases[] = {{"iso88591", "windows1252"}, {"latin1", "windows1252"},
		       {"latin2", "iso88592"},      {"latin5", "iso88599"},
		       {"latin9", "iso885915"},     {"macroman", "macintosh"}};
	char wanted[32], has[32];
	if (!encoding_plain(name, wanted))
		return NULL;
	struct str plain = str_of(wanted);
	for (size_t i = 0; i < COUNT_OF(aliases); i++)
		if (str_eq(plain, str_of(aliases[i].alias)))
			plain = str_of(aliases[i].plain);
	struct str number = plain;
	if (str_starts(plain, STR("ibm")))
		number = (struct str){plain.p + 3, plain.n - 3};
	else if (str_starts(plain, STR("cp")))
		number = (struct str){plain.p + 2, plain.n - 2};
	for (size_t i = 0; i < COUNT_OF(encodings); i++) {
		(void)encoding_plain(str_of(encodings[i].name), has);
		struct str own = str_of(has);
		bool page = number.n != plain.n &&
			    (str_starts(own, STR("cp")) || str_starts(own, STR("windows"))) &&
			    str_ends(own, number) && own.n - number.n <= 7;
		if (str_eq(own, plain) || (page && !ascii_is_digit(own.p[own.n - number.n - 1])))
			return &encodings[i];
	}
	return NULL;
}

uint32_t encoding_character(const struct encoding *e, char byte)
{
	unsigned char c = (unsigned char)byte;
	return c < 0x80 ? c : e->characters[c - 0x80];
}

enum encoding_form encoding_form(struct str s)
{
	size_t whole = 0, broken = 0;
	for (size_t i = 0; i < s.n;) {
		size_t n = utf8_first((struct str){s.p + i, s.n - i});
		if (!n && s.n - i < UTF8_BYTES_MAX)
			break; /* cut off */
		whole += n > 1;
		broken += n == 0;
		i += n ? n : 1;
	}
	return whole + broken == 0 ? ENCODING_ASCII
	       : whole >= broken   ? ENCODING_UTF8
				   : ENCODING_OTHER;
}

void encoding_convert(const struct encoding *e, struct str s, struct buf *out)
{
	char character[UTF8_BYTES_MAX];
	buf_reset(out);
	for (size_t i = 0; i < s.n; i++) {
		uint32_t c = encoding_character(e, s.p[i]);
		buf_add(out, character, utf8_encode(c || !s.p[i] ? c : 0xFFFD, character));
	}
}
