/* link: base config contact/intake */
/* What is refused in a profile, and what may stand: the texts of tests/contact/intake/. They are
 * contact data as they are and spelled out, beside norms, dates, prices and dimensions, in
 * seven languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "contact/intake/intake.h"

enum { CORPUS_MAX = 1 << 20, CORPUS_LEAST = 900, REPEATS = 40 };

/* The tests run in the root of the repository, or below it. */
static void read_corpus(const char *name, struct buf *out)
{
	static const char *const roots[] = {".", "..", "../..", "../../..", "../../../.."};
	char path[200];
	struct err err;
	buf_init(out, CORPUS_MAX);
	for (size_t i = 0; i < COUNT_OF(roots); i++) {
		snprintf(path, sizeof(path), "%s/tests/contact/intake/%s", roots[i], name);
		if (access(path, R_OK) == 0 && io_read_file(path, out, &err) == OK)
			return;
	}
	fail_msg("tests/contact/intake/%s is not there", name);
}

/* The next line that has a text; false: none is left. */
static bool next_text(struct str *rest, struct str *line)
{
	while (rest->p && rest->n) {
		*line = str_cut(rest, '\n');
		if (line->n && line->p[0] != '#')
			return true;
	}
	return false;
}

/* The columns of a line behind its kind: the language, the title, perhaps the body. */
static bool screens(struct str columns, struct intake_found *found)
{
	str_cut(&columns, '\t');
	struct str title = str_cut(&columns, '\t');
	return intake_screen_both(title, columns.p ? columns : STR(""), found);
}

static void what_tells_who_is_refused_by_its_kind(void **state)
{
	static const char *const kinds[INTAKE_KINDS] = {
	    [INTAKE_EMAIL] = "email",     [INTAKE_PHONE] = "phone",
	    [INTAKE_PAGE] = "page",       [INTAKE_HANDLE] = "handle",
	    [INTAKE_ADDRESS] = "address", [INTAKE_REGISTER] = "register",
	    [INTAKE_NAME] = "name",
	};
	struct buf corpus;
	struct str line;
	int texts = 0, pass = 0, other = 0;
	(void)state;
	read_corpus("refused.txt", &corpus);
	for (struct str rest = buf_view(&corpus); next_text(&rest, &line);) {
		struct intake_found found;
		struct str rest_of_line = line, kind = str_cut(&rest_of_line, '\t');
		texts++;
		if (screens(rest_of_line, &found)) {
			print_error("passes: %.*s\n", STR_ARG(line));
			pass++;
		} else if (!str_eq(kind, str_of(kinds[found.kind]))) {
			other++; /* a spelled-out address has parts that are a page as well */
		}
	}
	buf_release(&corpus);
	assert_int_equal(pass, 0);
	assert_true(texts >= CORPUS_LEAST);
	assert_true(other * 25 <= texts);
}

static void norms_dates_prices_and_dimensions_stay(void **state)
{
	struct buf corpus;
	struct str line;
	int texts = 0, wrong = 0;
	(void)state;
	read_corpus("accepted.txt", &corpus);
	for (struct str rest = buf_view(&corpus); next_text(&rest, &line);) {
		struct intake_found found;
		texts++;
		if (!screens(line, &found)) {
			print_error("%s \"%s\": %.*s\n", intake_kind_name(found.kind), found.text,
				    STR_ARG(line));
			wrong++;
		}
	}
	buf_release(&corpus);
	assert_int_equal(wrong, 0);
	assert_true(texts >= CORPUS_LEAST);
}

/* A title and a text of several lines are screened as one: nothing may arise between them. */
static void texts_of_the_same_profile_do_not_add_up_to_contact_data(void **state)
{
	struct buf corpus, text;
	struct str line;
	struct intake_found found;
	(void)state;
	read_corpus("accepted.txt", &corpus);
	buf_init(&text, CORPUS_MAX);
	for (struct str rest = buf_view(&corpus); rest.p;) {
		bool more = next_text(&rest, &line);
		str_cut(&line, '\t');
		if (!more || buf_view(&text).n + line.n + 1 > INTAKE_TEXT_MAX) {
			if (!intake_screen(buf_view(&text), &found))
				fail_msg("%s: %s", intake_kind_name(found.kind), found.text);
			buf_reset(&text);
		}
		if (!more)
			break;
		buf_str(&text, line);
		buf_putc(&text, '\n');
	}
	buf_release(&text);
	buf_release(&corpus);
}

static void every_byte_and_every_length_is_read_without_harm(void **state)
{
	static const char *const pieces[] = {
	    "@",    "(at)",        ".",      "com",   "0",   "null", " ", "\xF0\x9F\x93\x9E",
	    "\xFF", "\xD0\xB5",    "double", "&#64;", "%40", "www",  "-", "instagram",
	    ":",    "funfhundert", "und",    "_"};
	struct intake_found found;
	struct buf text;
	(void)state;
	for (size_t a = 0; a < COUNT_OF(pieces); a++) {
		for (size_t b = 0; b < COUNT_OF(pieces); b++) {
			buf_init(&text, CORPUS_MAX);
			for (int i = 0; i < REPEATS; i++) {
				buf_str(&text, str_of(pieces[a]));
				buf_str(&text, str_of(pieces[b]));
				bool passes = intake_screen(buf_view(&text), &found);
				assert_true(passes || found.kind < INTAKE_KINDS);
			}
			buf_release(&text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_tells_who_is_refused_by_its_kind),
	    cmocka_unit_test(norms_dates_prices_and_dimensions_stay),
	    cmocka_unit_test(texts_of_the_same_profile_do_not_add_up_to_contact_data),
	    cmocka_unit_test(every_byte_and_every_length_is_read_without_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
