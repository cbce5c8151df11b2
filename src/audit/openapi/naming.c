/* Names of fields as words: "emailAddress", "E-Mail", "email_address_2". */
#include "audit/openapi/internal.h"
#include "base/ascii.h"

static const struct {
	unsigned is;
	struct str word;
} naming_table[] = {
#define CLASS(id, bit)
#define WORD(class, word) {WORD_##class, {word, sizeof(word) - 1}},
#include "audit/openapi/naming.def"
#undef CLASS
#undef WORD
};

static unsigned naming_lookup(struct str word)
{
	unsigned is = 0;
	for (size_t i = 0; i < COUNT_OF(naming_table); i++)
		if (str_eq(word, naming_table[i].word))
			is |= naming_table[i].is;
	return is;
}

/* The classes of a word, or of its singular. */
static unsigned naming_classes(struct str word)
{
	char singular[WORD_MAX];
	unsigned is = naming_lookup(word);
	if (is || word.n < 4 || word.p[word.n - 1] != 's')
		return is;
	is = naming_lookup((struct str){word.p, word.n - 1});
	if (!is && str_ends(word, STR("es")))
		is = naming_lookup((struct str){word.p, word.n - 2});
	if (!is && str_ends(word, STR("ies"))) {
		memcpy(singular, word.p, word.n - 3);
		singular[word.n - 3] = 'y';
		is = naming_lookup((struct str){singular, word.n - 2});
	}
	return is;
}

static void naming_add(struct naming *words, struct str word)
{
	if (word.n == 0)
		return;
	if (words->count == WORDS_MAX || word.n >= WORD_MAX) {
		words->cut = true;
		return;
	}
	char *to = words->word[words->count];
	for (size_t i = 0; i < word.n; i++)
		to[i] = ascii_lower(word.p[i]);
	to[word.n] = '\0';
	struct str added = {to, word.n};
	/* "e" and "mail" are one word. */
	if (str_eq(added, STR("mail")) && words->count &&
	    str_eq(str_of(words->word[words->count - 1]), STR("e"))) {
		memcpy(words->word[words->count - 1], "email", sizeof("email"));
		words->is[words->count - 1] = WORD_EMAIL;
		return;
	}
	words->is[words->count++] = naming_classes(added);
}

/* Whether a new word of the name begins at i. */
static bool naming_begin(struct str name, size_t i)
{
	char before = name.p[i - 1], c = name.p[i];
	bool next_lower = i + 1 < name.n && ascii_is_lower(name.p[i + 1]);
	return (ascii_is_digit(c) && !ascii_is_digit(before)) ||
	       (ascii_is_upper(c) && (ascii_is_lower(before) || ascii_is_digit(before))) ||
	       (ascii_is_upper(c) && ascii_is_upper(before) && next_lower);
}

static bool naming_separates(char c)
{
	return c > 0 && !ascii_is_alnum(c);
}

void naming_split(struct naming *words, struct str name)
{
	size_t from = 0;
	words->count = 0;
	words->cut = false;
	for (size_t i = 0; i <= name.n; i++) {
		bool separator = i < name.n && naming_separates(name.p[i]);
		if (i < name.n && !separator && (i == from || !naming_begin(name, i)))
			continue;
		naming_add(words, (struct str){name.p + from, i - from});
		from = i + separator;
	}
}

bool naming_have(const struct naming *words, unsigned classes)
{
	for (size_t i = 0; i < words->count; i++)
		if (words->is[i] & classes)
			return true;
	return false;
}

struct str naming_join(const struct naming *words, char room[WORDS_MAX * WORD_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < words->count; i++) {
		size_t bytes = strlen(words->word[i]);
		memcpy(room + n, words->word[i], bytes);
		n += bytes;
	}
	return (struct str){room, n};
}
