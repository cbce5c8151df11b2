/* link: base directory/words */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "base/buf.h"
#include "directory/words/words.h"

static void folds_to(const char *text, const char *expected)
{
	struct words words;
	words_init(&words);
	words_add(&words, str_of(text));
	struct buf out;
	buf_init(&out, 8192);
	for (size_t i = 0; i < words.count; i++) {
		if (i)
			buf_putc(&out, ' ');
		buf_str(&out, words_at(&words, i));
	}
	assert_string_equal(buf_z(&out), expected);
	buf_release(&out);
}

static void words_are_lower_case_runs_of_letters_and_digits(void **state)
{
	(void)state;
	folds_to("Café-Bar 1900, \"Le Coq\"", "cafe bar 1900 le coq");
	folds_to("", "");
	folds_to(" -- !?", "");
	folds_to("A&B", "a b");
}

static void marks_case_and_joined_letters_are_folded(void **state)
{
	(void)state;
	folds_to("ZÜRICH Straße Ærøskøbing Łódź Đakovo", "zurich strasse aroskobing lodz dakovo");
	folds_to("Zu\xcc\x88rich", "zurich");
	folds_to("ﬁne ①", "fine 1");
	folds_to("ΣΊΣΥΦΟΣ Ресторан Ёлка", "sisyfos restoran elka");
}

/* What stands beside a letter of the Latin scripts does not change what it becomes. */
static void letters_fold_alone_as_beside_others(void **state)
{
	(void)state;
	for (uint32_t c = 0x80; c < 0x300; c++) {
		struct buf alone, beside;
		struct words one, two;
		buf_init(&alone, 64);
		buf_init(&beside, 64);
		buf_printf(&alone, "x");
		buf_utf8(&alone, c);
		buf_printf(&alone, "y");
		buf_printf(&beside, "%s ", buf_z(&alone));
		buf_utf8(&beside, 0x3b1); /* alpha: a, which is folded in another way */
		words_init(&one);
		words_init(&two);
		words_add(&one, buf_view(&alone));
		words_add(&two, buf_view(&beside));
		words_add(&one, STR("a"));
		assert_int_equal(one.count, two.count);
		for (size_t i = 0; i < one.count; i++)
			assert_true(str_eq(words_at(&one, i), words_at(&two, i)));
		buf_release(&alone);
		buf_release(&beside);
	}
}

static void apostrophes_join_and_words_count_once(void **state)
{
	(void)state;
	folds_to("O'Hara O’Hara ohara", "ohara");
}

static void scripts_without_spaces_become_pairs(void **state)
{
	(void)state;
	folds_to("東京都", "東京 京都");
	folds_to("東", "東");
	folds_to("Sushi東京bar", "sushi 東京 bar");
	folds_to("大 阪", "大 阪");
}

static void invalid_or_endless_text_adds_nothing_unexpected(void **state)
{
	(void)state;
	folds_to("abc \xff def", "");
	char text[3 * WORDS_TEXT_MAX];
	memset(text, 'x', sizeof(text));
	struct words words;
	words_init(&words);
	words_add(&words, (struct str){text, sizeof(text)});
	assert_int_equal(words.count, 1);
	assert_int_equal(words_at(&words, 0).n, WORDS_BYTES);
	/* cut in the middle of a character */
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "é", 2);
	text[0] = 'a';
	text[1] = ' ';
	memmove(text + 1, text + 2, sizeof(text) - 2);
	words_init(&words);
	words_add(&words, (struct str){text, sizeof(text) - 2});
	assert_int_equal(words.count, 1);
	/* one code point that becomes eighteen */
	for (size_t i = 0; i + 3 <= sizeof(text); i += 3)
		memcpy(text + i, "\xef\xb7\xba", 3);
	words_init(&words);
	words_add(&words, (struct str){text, sizeof(text)});
	assert_int_equal(words.count, 0);
}

static void more_words_than_the_maximum_are_dropped(void **state)
{
	(void)state;
	struct words words;
	words_init(&words);
	char text[16];
	for (int i = 0; i < 2 * WORDS_MAX; i++) {
		int n = snprintf(text, sizeof(text), "w%d", i);
		words_add(&words, (struct str){text, (size_t)n});
	}
	assert_int_equal(words.count, WORDS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_lower_case_runs_of_letters_and_digits),
	    cmocka_unit_test(marks_case_and_joined_letters_are_folded),
	    cmocka_unit_test(letters_fold_alone_as_beside_others),
	    cmocka_unit_test(apostrophes_join_and_words_count_once),
	    cmocka_unit_test(scripts_without_spaces_become_pairs),
	    cmocka_unit_test(invalid_or_endless_text_adds_nothing_unexpected),
	    cmocka_unit_test(more_words_than_the_maximum_are_dropped),
	};
	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
