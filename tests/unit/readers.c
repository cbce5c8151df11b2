/* link: base language hours directory/record directory/taxonomy site/facts audit/serve audit/page pipeline/wire fetch/read */
/* The two readers of pages, the audit's (libgumbo) and the fetcher's (our own, in one pass), say
 * the same of every page of tests/html: NAME.html, and in NAME.said what is right. */
#include "audit/page/page.h"
#include "base/io.h"
#include "fetch/read/read.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_BYTES_MAX = 1 << 20, FILES_MAX = 100 };

/* What a reader said, in one form. */
struct said {
	struct str title, language, description;
	bool noindex, business;
	struct buf phones; /* "telephone ...\n" */
};

static struct arena arena;

/* White space as one blank, as facts have it. */
static struct str one_line(struct str s)
{
	struct buf out;
	bool blank = true;
	buf_init(&out, FILE_BYTES_MAX);
	for (size_t i = 0; i < s.n; i++) {
		bool is = s.p[i] == ' ' || s.p[i] == '\n' || s.p[i] == '\t' || s.p[i] == '\r';
		if (!is || !blank)
			buf_putc(&out, is ? ' ' : s.p[i]);
		blank = is;
	}
	struct str copy = arena_str(&arena, str_trim(buf_view(&out)));
	buf_release(&out);
	return copy;
}

static void put_phone(struct said *said, struct str number)
{
	buf_puts(&said->phones, "telephone ");
	for (size_t i = 0; i < number.n; i++)
		if (number.p[i] == '+' || (number.p[i] >= '0' && number.p[i] <= '9'))
			buf_putc(&said->phones, number.p[i]);
	buf_putc(&said->phones, '\n');
}

static void audit_found(void *ctx, enum page_fact fact, uint32_t line, uint32_t column,
			struct str a, struct str b)
{
	struct said *said = ctx;
	(void)column;
	(void)b;
	switch (fact) {
	case PAGE_TITLE:
		if (!said->title.n)
			said->title = one_line(a);
		break;
	case PAGE_LANG:
		if (!said->language.n)
			said->language = one_line(a);
		break;
	case PAGE_DESCRIPTION:
		if (!said->description.n)
			said->description = one_line(a);
		break;
	case PAGE_NOINDEX:
		said->noindex = true;
		break;
	case PAGE_PHONE:
		if (line)
			put_phone(said, a);
		break;
	case PAGE_BUSINESS:
		said->business = true;
		break;
	default:
		break;
	}
}

static void ask_fetcher(struct str body, struct said *said)
{
	const struct wire_facts nothing = {0};
	struct wire_facts facts = {0};
	read_html(body, STR("text/html; charset=utf-8"), &nothing, &arena, &facts);
	for (uint32_t i = 0; i < facts.count; i++) {
		struct str name = facts.of[i].name, value = facts.of[i].value;
		if (str_eq(name, STR("title")))
			said->title = value;
		if (str_eq(name, STR("language")))
			said->language = value;
		if (str_eq(name, STR("description")))
			said->description = value;
		said->noindex |= str_eq(name, STR("noindex"));
		said->business |= str_eq(name, STR("local_business"));
		if (str_eq(name, STR("telephone")))
			put_phone(said, value);
	}
}

static void write_said(const struct said *said, struct buf *out)
{
	if (said->title.n)
		buf_printf(out, "title %.*s\n", STR_ARG(said->title));
	if (said->language.n)
		buf_printf(out, "language %.*s\n", STR_ARG(said->language));
	if (said->description.n)
		buf_printf(out, "description %.*s\n", STR_ARG(said->description));
	if (said->noindex)
		buf_puts(out, "noindex\n");
	if (said->business)
		buf_puts(out, "business\n");
	buf_str(out, buf_view(&said->phones));
}

static bool check_page(const char *name)
{
	struct buf body, right, is[2];
	struct err err;
	char path[300];
	bool good = true;
	buf_init(&body, FILE_BYTES_MAX);
	buf_init(&right, FILE_BYTES_MAX);
	snprintf(path, sizeof(path), "tests/html/%s.html", name);
	assert_int_equal(io_read_file(path, &body, &err), OK);
	snprintf(path, sizeof(path), "tests/html/%s.said", name);
	assert_int_equal(io_read_file(path, &right, &err), OK);
	for (int reader = 0; reader < 2; reader++) {
		struct said said = {0};
		buf_init(&said.phones, FILE_BYTES_MAX);
		buf_init(&is[reader], FILE_BYTES_MAX);
		if (reader)
			ask_fetcher(buf_view(&body), &said);
		else
			page_read(PAGE_HTML, buf_view(&body), audit_found, &said);
		write_said(&said, &is[reader]);
		if (!str_eq(buf_view(&is[reader]), buf_view(&right))) {
			print_error("%s, the %s's reader says:\n%sand right is:\n%s\n", name,
				    reader ? "fetcher" : "audit", buf_z(&is[reader]),
				    buf_z(&right));
			good = false;
		}
		buf_release(&said.phones);
		buf_release(&is[reader]);
	}
	buf_release(&body);
	buf_release(&right);
	return good;
}

static void both_readers_say_what_is_right_of_every_page(void **state)
{
	size_t pages = 0, wrong = 0;
	(void)state;
	DIR *folder = opendir("tests/html");
	const struct dirent *one;
	assert_non_null(folder);
	while ((one = readdir(folder))) {
		struct str name = str_of(one->d_name);
		char base[256];
		if (!str_ends(name, STR(".html")))
			continue;
		snprintf(base, sizeof(base), "%.*s", (int)(name.n - 5), name.p);
		wrong += !check_page(base);
		pages++;
	}
	closedir(folder);
	assert_true(pages >= 10);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_readers_say_what_is_right_of_every_page),
	};
	arena_init(&arena, 16 << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
