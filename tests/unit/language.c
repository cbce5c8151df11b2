/* link: base language template web/files */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "language/po.h"
#include "template/template.h"

static const struct wording *english(void)
{
	return NULL;
}

/* ---- PO files ---- */

static enum status read_po(const char *text, struct po *po, struct arena *arena, struct err *err)
{
	arena_init(arena, 1 << 20);
	return po_read(po, arena, "web/po/xx.po", str_of(text), err);
}

static void a_file_is_read_as_gettext_reads_it(void **state)
{
	static const char text[] =
	    "# translators' comment\n#. extracted\nmsgid \"\"\nmsgstr \"\"\n"
	    "\"Content-Type: text/plain; charset=UTF-8\\n\"\n\n"
	    "#: web/site/home.mustache:3\nmsgid \"Home\"\nmsgstr \"Start\"\n\n"
	    "msgctxt \"verb\"\nmsgid \"Open\"\nmsgstr \"\"\n\"\\303\"\n\n";
	static const char good[] =
	    "msgid \"Home\"\nmsgstr \"Start\"\n\nmsgctxt \"verb\"\nmsgid \"Open \"\n\"it\"\n"
	    "msgstr \"\\\"\xc3\x96\"\n\"ffnen\\\"\"\n#, fuzzy, c-format\nmsgid \"Old\"\n"
	    "msgstr \"Alt\"\n#~ msgid \"Gone\"\n#~ msgstr \"Weg\"\n\nmsgid \"{n} dog\"\n"
	    "msgid_plural \"{n} dogs\"\nmsgstr[0] \"{n} Hund\"\nmsgstr[1] \"{n} Hunde\"\n";
	struct po po;
	struct arena arena;
	struct err err;
	(void)state;
	assert_int_equal(read_po(text, &po, &arena, &err), INVALID); /* no octal escapes */
	assert_non_null(strstr(err.text, "web/po/xx.po, line 14"));
	po_release(&po);
	arena_release(&arena);
	assert_int_equal(read_po(good, &po, &arena, &err), OK);
	assert_int_equal(po.count, 4);
	assert_true(str_eq(po.message[0].text[0], STR("Start")));
	assert_true(str_eq(po.message[1].context, STR("verb")));
	assert_true(str_eq(po.message[1].id, STR("Open it")));
	assert_true(str_eq(po.message[1].text[0], STR("\"Öffnen\"")));
	assert_true(po.message[2].fuzzy);
	assert_false(po.message[3].fuzzy);
	assert_int_equal(po.message[3].forms, 2);
	assert_int_equal(po.message[3].line, 15);
	po_release(&po);
	arena_release(&arena);
}

static void a_broken_file_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"msgid \"a\"\n\nmsgid \"b\"\n", "line 3: the message before this line has no msgstr"},
	    {"msgid a\n", "line 1: a string in double quotes is expected: a"},
	    {"msgid \"a\" b\"\n", "line 1: a quote inside a string"},
	    {"\"a\"\n", "line 1: a string without a keyword"},
	    {"msgstr \"a\"\n", "line 1: this msgstr does not follow here"},
	    {"msgid \"a\"\nmsgstr[0] \"a\"\n", "line 2: msgstr[N] belongs to a msgid_plural"},
	    {"msgid \"a\"\nmsgid_plural \"b\"\nmsgstr \"a\"\n", "line 3: a message with"},
	    {"msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[1] \"a\"\n", "line 3: this msgstr"},
	    {"msgid \"a\"\nmsgstr \"\xff\"\n", "line 2: not UTF-8"},
	    {"domain \"a\"\n", "line 1: not a line of a PO file"},
	    {"msgid \"a\\q\"\n", "line 1: only \\n"},
	    {"msgid \"a\\\"\n", "line 1: only \\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct po po;
		struct arena arena;
		struct err err;
		assert_int_equal(read_po(cases[i].text, &po, &arena, &err), INVALID);
		if (!strstr(err.text, cases[i].error))
			fail_msg("%s: %s", cases[i].error, err.text);
		po_release(&po);
		arena_release(&arena);
	}
}

static void a_translation_has_the_placeholders_and_tags_of_its_message(void **state)
{
	static const struct {
		const char *id, *text;
		bool same;
	} cases[] = {
	    {"{a} in {b}", "{b}: {a}", true},
	    {"{a} in {b}", "{b}: {b}", false},
	    {"{a}", "a", false},
	    {"a", "{a}", false},
	    {"{a} {a}", "{a}", false},
	    {"by <a href=\"{h}\">kind</a>", "<a href=\"{h}\">Art</a>", true},
	    {"by <a href=\"{h}\">kind</a>", "<a href=\"{g}\">Art</a>", false},
	    {"by <b>kind</b>", "<b>Art", false},
	    {"kind", "<script>", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(!po_difference(str_of(cases[i].id), str_of(cases[i].text)),
				 cases[i].same);
}

/* ---- plurals and numbers ---- */

static void plurals_have_the_forms_of_their_language(void **state)
{
	static const struct {
		const char *tag;
		unsigned n[8], form[8];
	} cases[] = {
	    {"en", {0, 1, 2, 5, 11, 21, 101, 1000}, {1, 0, 1, 1, 1, 1, 1, 1}},
	    {"fr", {0, 1, 2, 5, 11, 21, 101, 1000}, {0, 0, 1, 1, 1, 1, 1, 1}},
	    {"sr", {0, 1, 2, 5, 11, 21, 104, 112}, {2, 0, 1, 2, 2, 0, 1, 2}},
	    {"ar", {0, 1, 2, 3, 11, 100, 102, 103}, {0, 1, 2, 3, 4, 5, 5, 3}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct language *l = language_find(str_of(cases[i].tag));
		assert_non_null(l);
		for (size_t k = 0; k < 8; k++) {
			assert_int_equal(l->plural(cases[i].n[k]), cases[i].form[k]);
			assert_true(cases[i].form[k] < language_forms(l));
		}
	}
	assert_ptr_equal(language_find(STR("de-AT")), language_find(STR("DE")));
	assert_null(language_find(STR("xx")));
	assert_null(language_find(STR("")));
}

static void numbers_are_grouped_as_the_language_does(void **state)
{
	static const struct {
		const char *tag;
		uint64_t n;
		const char *text;
	} cases[] = {
	    {"en", 999, "999"},
	    {"en", 1000, "1,000"},
	    {"de", 1234567, "1.234.567"},
	    {"fr", 12345, "12\u202f345"},
	    {"es", 1234, "1234"},
	    {"es", 12345, "12.345"},
	    {"it", UINT64_MAX, "18.446.744.073.709.551.615"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct wording *w;
		struct err err;
		char text[WORDING_NUMBER];
		assert_int_equal(wording_load(language_find(str_of(cases[i].tag)), &w, &err), OK);
		wording_number(w, cases[i].n, text);
		assert_string_equal(text, cases[i].text);
		wording_free(w);
	}
}

/* ---- messages ---- */

static void every_language_loads_and_fills_its_placeholders(void **state)
{
	(void)state;
	for (size_t i = 0; i < languages_count; i++) {
		struct wording *w;
		struct err err;
		struct arena arena;
		arena_init(&arena, 1 << 20);
		if (wording_load(&languages[i], &w, &err) != OK)
			fail_msg("%s", err.text);
		for (int id = 0; id < WORDING_COUNT; id++) {
			const struct str value[] = {STR("<one>"), STR("<two>"), STR("<three>")};
			struct str rest = wording_text(english(), (enum word_id)id), name;
			struct str text = wording_fill(w, &arena, (enum word_id)id, value, 3);
			size_t placeholders = 0;
			while (po_placeholder(&rest, NULL, &name))
				placeholders++;
			if (id == WORD_FOUND) /* "one business" need not say the number */
				placeholders = 0;
			for (size_t k = 0; k < placeholders && k < 3; k++)
				assert_non_null(memmem(text.p, text.n, value[k].p, value[k].n));
			assert_null(memchr(text.p, '{', text.n));
		}
		wording_free(w);
		arena_release(&arena);
	}
}

static void plurals_of_the_program_count(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, 1 << 16);
	assert_true(str_eq(wording_count(NULL, &arena, WORD_FOUND, 1), STR("1 business")));
	assert_true(str_eq(wording_count(NULL, &arena, WORD_FOUND, 1200), STR("1,200 businesses")));
	arena_release(&arena);
}

/* ---- tags ---- */

static void translate(const char *source, enum wording_place place, struct buf *out)
{
	struct err err;
	buf_init(out, 1 << 16);
	if (wording_translate(NULL, STR("t"), str_of(source), place, out, &err) != OK)
		fail_msg("%s", err.text);
}

static void tags_become_text_before_the_template_is_compiled(void **state)
{
	static const struct {
		const char *source, *out;
	} cases[] = {
	    {"a\n<h2>{{_ Opening hours}}</h2>\n{{x}}", "a\n<h2>Opening hours</h2>\n{{x}}"},
	    {"{{_ In {region}}}!", "In {{region}}!"},
	    {"{{_@verb Open}}", "Open"},
	    {"title=\"{{_ a \"b\" & c}}\"", "title=\"a &quot;b&quot; &amp; c\""},
	    {"{{_ By <a href=\"{h}\">kind</a> &amp; more}}",
	     "By <a href=\"{{h}}\">kind</a> &amp; more"},
	    {"{{_#n {n} dog | {n} dogs}}", "{{?0 n}}{{n}} dog{{/n}}{{?1 n}}{{n}} dogs{{/n}}"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;
		translate(cases[i].source, WORDING_IN_HTML, &out);
		assert_string_equal(buf_z(&out), cases[i].out);
		buf_release(&out);
	}
}

static void texts_of_scripts_cannot_leave_their_literal(void **state)
{
	struct buf out;
	(void)state;
	translate("x = '{{_ it's \"{time}\" </script> \\}}'", WORDING_IN_SCRIPT, &out);
	assert_string_equal(buf_z(&out), "x = 'it\\'s \\\"{time}\\\" <\\/script> \\\\'");
	buf_release(&out);
}

static void a_broken_tag_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *source, *error;
	} cases[] = {
	    {"\n\n{{_ never closed\n}}", "t, line 3: a text must end with }}"},
	    {"\n{{_ }}", "t, line 2: there is no text"},
	    {"{{_#n one}}", "t, line 1: a plural needs"},
	    {"{{_ {open }}", "t, line 1: a text must end"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;
		struct err err;
		buf_init(&out, 1 << 16);
		assert_int_equal(wording_translate(NULL, STR("t"), str_of(cases[i].source),
						   WORDING_IN_HTML, &out, &err),
				 INVALID);
		if (!strstr(err.text, cases[i].error))
			fail_msg("%s: %s", cases[i].error, err.text);
		buf_release(&out);
	}
}

/* ---- plurals in templates ---- */

static void a_template_shows_the_form_of_its_number(void **state)
{
	static const struct {
		const char *tag, *data, *out;
	} cases[] = {
	    {"en", "{\"n\":\"1\"}", "one"},
	    {"en", "{\"n\":\"1,234\"}", "other"},
	    {"en", "{}", "other"},
	    {"fr", "{\"n\":\"0\"}", "one"},
	    {"fr", "{\"n\":\"1\u202f001\"}", "other"},
	    {"en", "{\"n\":1}", "one"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct template_set *set = template_set_create();
		struct arena arena;
		struct json_value *data;
		struct buf out;
		struct err err;
		arena_init(&arena, 1 << 16);
		buf_init(&out, 1 << 16);
		template_set_plural(set, language_find(str_of(cases[i].tag))->plural);
		assert_int_equal(template_set_add(set, STR("t"),
						  STR("{{?0 n}}one{{/n}}{{?1 n}}other{{/n}}"),
						  &err),
				 OK);
		assert_int_equal(template_set_link(set, &err), OK);
		assert_int_equal(json_parse(&arena, str_of(cases[i].data), &data, &err), OK);
		assert_int_equal(template_render(template_find(set, "t"), data, &out, &err), OK);
		assert_string_equal(buf_z(&out), cases[i].out);
		template_set_free(set);
		buf_release(&out);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_is_read_as_gettext_reads_it),
	    cmocka_unit_test(a_broken_file_is_refused_with_its_line),
	    cmocka_unit_test(a_translation_has_the_placeholders_and_tags_of_its_message),
	    cmocka_unit_test(plurals_have_the_forms_of_their_language),
	    cmocka_unit_test(numbers_are_grouped_as_the_language_does),
	    cmocka_unit_test(every_language_loads_and_fills_its_placeholders),
	    cmocka_unit_test(plurals_of_the_program_count),
	    cmocka_unit_test(tags_become_text_before_the_template_is_compiled),
	    cmocka_unit_test(texts_of_scripts_cannot_leave_their_literal),
	    cmocka_unit_test(a_broken_tag_is_refused_with_its_line),
	    cmocka_unit_test(a_template_shows_the_form_of_its_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
