/* link: base language directory/taxonomy directory/words directory/names */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "directory/names/wishes.h"
#include "directory/words/words.h"

static enum wish wish_of(const char *text, size_t *used)
{
	struct words words;
	struct str word[WORDS_MAX];
	words_init(&words);
	words_add(&words, str_of(text));
	for (size_t i = 0; i < words.count; i++)
		word[i] = words_at(&words, i);
	return wishes_find(word, words.count, used);
}

static void every_phrase_is_folded_as_texts_are(void **state)
{
	enum wish wish;
	size_t rows = 0;
	(void)state;
	for (const char *row; (row = wishes_row(rows, &wish)); rows++) {
		struct str phrases = str_of(row);
		while (phrases.p) {
			struct str phrase = str_cut(&phrases, ';'), rest = phrase;
			struct words words;
			words_init(&words);
			words_add(&words, phrase);
			for (size_t i = 0; rest.p; i++) {
				struct str one = str_cut(&rest, ' ');
				if (i >= words.count || !str_eq(words_at(&words, i), one))
					fail_msg("%.*s is not folded", STR_ARG(phrase));
			}
		}
	}
	assert_true(rows > 10);
}

static void texts_are_found_in_any_spelling_the_longest_first(void **state)
{
	static const struct {
		const char *text;
		enum wish wish;
		size_t used;
	} cases[] = {
	    {"geöffnet", WISH_OPEN, 1},       {"GEOEFFNET", WISH_OPEN, 1},
	    {"Tuesday", WISH_TUESDAY, 1},     {"woensdag open", WISH_WEDNESDAY, 1},
	    {"in der Nähe", WISH_NEAR_ME, 3}, {"24/7", WISH_ALWAYS, 2},
	    {"24 Stunden", WISH_ALWAYS, 2},   {"24", WISH_NONE, 0},
	    {"late night", WISH_LATE, 2},     {"late", WISH_LATE, 1},
	    {"bakery", WISH_NONE, 0},         {"ohne Pizza", WISH_NOT, 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t used;
		assert_int_equal(wish_of(cases[i].text, &used), cases[i].wish);
		assert_int_equal(used, cases[i].used);
	}
}

static void times_have_names(void **state)
{
	(void)state;
	for (int wish = 0; wish < WISHES; wish++)
		assert_true(!wishes_tells_time((enum wish)wish) ||
			    wishes_time((enum wish)wish) != NULL);
	assert_null(wishes_time(WISH_OPEN));
	assert_string_equal(wishes_time(WISH_SUNDAY), "sunday");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_phrase_is_folded_as_texts_are),
	    cmocka_unit_test(texts_are_found_in_any_spelling_the_longest_first),
	    cmocka_unit_test(times_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
