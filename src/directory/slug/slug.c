#include "directory/slug/slug.h"
#include "base/ascii.h"
#include "base/fatal.h"
#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum { TABLE = 0x530 }; /* code points below are looked up: Latin, Greek, Cyrillic */

static const struct letter {
	int32_t c;
	const char latin[4];
} letters[] =
    {
#define LETTER(c, latin) {c, latin},
#define SERBIAN(c, latin)
#include "directory/slug/letters.def"
#undef LETTER
#undef SERBIAN
},
  serbian[] = {
#define LETTER(c, latin)
#define SERBIAN(c, latin) {c, latin},
#include "directory/slug/letters.def"
#undef LETTER
#undef SERBIAN
};

/* How some countries write letters that others strip of their marks. */
static const struct {
	const char *countries;
	struct letter letter[3];
} habits[] = {
    {"DE AT CH LI LU", {{0xe4, "ae"}, {0xf6, "oe"}, {0xfc, "ue"}}},
    {"DK NO FO GL SJ", {{0xe5, "aa"}, {0xf8, "oe"}, {0xe6, "ae"}}},
};

static bool slug_of_country(const char *countries, struct str country)
{
	return country.n == 2 && memmem(countries, strlen(countries), country.p, 2);
}

/* The letters of a code point of the table: "" for marks and apostrophes, "-" for signs. */
static void slug_make_letter(int32_t c, char latin[4])
{
	int32_t part[8];
	size_t n = 0;
	c = utf8proc_tolower(c);
	for (size_t i = 0; i < COUNT_OF(letters); i++)
		if (letters[i].c == c) {
			memcpy(latin, letters[i].latin, 4);
			return;
		}
	int boundary = 0;
	utf8proc_ssize_t count = utf8proc_decompose_char(
	    c, part, COUNT_OF(part), UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &boundary);
	memset(latin, 0, 4);
	for (utf8proc_ssize_t i = 0; i < count && i < (utf8proc_ssize_t)COUNT_OF(part); i++) {
		const char *other = NULL;
		for (size_t k = 0; k < COUNT_OF(letters) && !other; k++)
			other = letters[k].c == part[i] ? letters[k].latin : NULL;
		for (; other && *other && n < 3; other++)
			latin[n++] = *other;
		if (part[i] < 0x80 && ascii_is_alnum((char)part[i]) && n < 3)
			latin[n++] = ascii_lower((char)part[i]);
	}
	utf8proc_category_t category = utf8proc_category(c);
	if (!n && category != UTF8PROC_CATEGORY_MN && c != '\'')
		latin[0] = '-';
}

static const char *slug_letter(int32_t c)
{
	static char table[TABLE][4];
	static bool made;
	for (int32_t i = 0; i < TABLE && !made; i++)
		slug_make_letter(i, table[i]);
	made = true;
	return table[c];
}

/* A slug under construction. */
struct slug {
	char *out;
	size_t n, letters;
	size_t word_end; /* where the last word but one ended */
	bool gap;        /* a sign came after the last letter */
	bool full;
};

static void slug_put(struct slug *s, const char *utf8, size_t n)
{
	size_t needed = n + (s->gap && s->n);
	if (s->full || s->letters + 1 + (s->gap && s->n) > SLUG_LETTERS ||
	    s->n + needed > SLUG_BYTES) {
		s->full = true;
		return;
	}
	if (s->gap && s->n) {
		s->word_end = s->n;
		s->out[s->n++] = '-';
		s->letters++;
	}
	s->gap = false;
	memcpy(s->out + s->n, utf8, n);
	s->n += n;
	s->letters++;
}

static void slug_put_latin(struct slug *s, const char *latin)
{
	for (size_t i = 0; i < 3 && latin[i]; i++) {
		if (latin[i] == '-')
			s->gap = true;
		else
			slug_put(s, &latin[i], 1);
	}
}

/* A letter as the country writes it; NULL: as everybody does. */
static const char *slug_habit(int32_t c, struct str country)
{
	int32_t small = utf8proc_tolower(c);
	for (size_t i = 0; i < COUNT_OF(habits); i++)
		for (size_t k = 0; k < COUNT_OF(habits[i].letter); k++)
			if (habits[i].letter[k].c == small &&
			    slug_of_country(habits[i].countries, country))
				return habits[i].letter[k].latin;
	for (size_t i = 0; i < COUNT_OF(serbian); i++)
		if (serbian[i].c == small && slug_of_country("RS ME BA MK", country))
			return serbian[i].latin;
	return NULL;
}

/* A character of a script that is not written in Latin letters, or a form for compatibility. */
static void slug_put_other(struct slug *s, int32_t c)
{
	char utf8[UTF8_BYTES_MAX];
	utf8proc_category_t category = utf8proc_category(c);
	if ((c >= 0x1e00 && c < 0x2000) || (c >= 0xff00 && c < 0xff5f)) {
		char latin[4];
		slug_make_letter(c, latin);
		slug_put_latin(s, latin);
		return;
	}
	if (c == 0x2019 || category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
	    category == UTF8PROC_CATEGORY_CF) {
		/* Marks of other scripts belong to their letters. */
		if (c != 0x2019 && category != UTF8PROC_CATEGORY_CF && s->n && !s->gap)
			slug_put(s, utf8, utf8_encode((uint32_t)c, utf8));
		return;
	}
	if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO)
		slug_put(s, utf8, utf8_encode((uint32_t)utf8proc_tolower(c), utf8));
	else if (category == UTF8PROC_CATEGORY_ND)
		slug_put(s, utf8, utf8_encode((uint32_t)c, utf8));
	else
		s->gap = true;
}

struct str slug_of(struct str name, struct str country, char out[SLUG_BYTES])
{
	struct slug s = {.out = out};
	while (name.n && !s.full) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)name.p,
						      (utf8proc_ssize_t)name.n, &c);
		if (n <= 0)
			break;
		name.p += n;
		name.n -= (size_t)n;
		const char *habit = c < 0x80 ? NULL : slug_habit(c, country);
		bool after_o = s.n && !s.gap && out[s.n - 1] == 'o';
		if (after_o &&
		    (c == 0x3c5 || c == 0x3cd)) /* Greek omicron and upsilon are one sound */
			habit = "u";
		if (habit)
			slug_put_latin(&s, habit);
		else if (c < TABLE)
			slug_put_latin(&s, slug_letter(c));
		else
			slug_put_other(&s, c);
	}
	/* A word that was cut is left out, unless it is most of the name. */
	if (s.full && !s.gap && s.word_end > s.n / 2)
		s.n = s.word_end;
	return (struct str){out, s.n};
}

bool slug_is_reserved(struct str word)
{
	static const char *const reserved[] = {
#define RESERVED(word) word,
#include "directory/slug/reserved.def"
#undef RESERVED
	};
	if (word.n == 2 && ascii_is_letter(word.p[0]) && ascii_is_letter(word.p[1]))
		return true;
	for (size_t i = 0; i < COUNT_OF(reserved); i++)
		if (str_eq(word, str_of(reserved[i])))
			return true;
	return false;
}

bool slug_is_path(struct str path)
{
	enum { SEGMENTS = 4, PATH_BYTES = 400 };
	char again[SLUG_BYTES];
	size_t segments = 0;
	if (!path.n || path.n > PATH_BYTES || !utf8_is_valid(path))
		return false;
	while (path.p) {
		struct str segment = str_cut(&path, '/');
		if (!segment.n || ++segments > SEGMENTS ||
		    !str_eq(slug_of(segment, STR(""), again), segment))
			return false;
	}
	return true;
}
