/* link: base template */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "template/template.h"

/* The behaviours of the Mustache specification (github.com/mustache/spec 1.3), by its files and
 * names. A partial is given as "p". */
static const struct {
	const char *name, *template, *data, *partial, *expected;
} spec[] = {
    {"comments: inline", "12345{{! Comment Block! }}67890", "{}", "", "1234567890"},
    {"comments: multiline", "12345{{!\n  This is a\n  multi-line comment...\n}}67890\n", "{}", "",
     "1234567890\n"},
    {"comments: standalone", "Begin.\n{{! Comment Block! }}\nEnd.\n", "{}", "", "Begin.\nEnd.\n"},
    {"comments: indented standalone", "Begin.\n  {{! Indented Comment Block! }}\nEnd.\n", "{}", "",
     "Begin.\nEnd.\n"},
    {"comments: standalone line endings", "|\r\n{{! Standalone Comment }}\r\n|", "{}", "",
     "|\r\n|"},
    {"comments: standalone without previous line", "  {{! I'm Still Standalone }}\n!", "{}", "",
     "!"},
    {"comments: standalone without newline", "!\n  {{! I'm Still Standalone }}", "{}", "", "!\n"},
    {"comments: multiline standalone", "Begin.\n{{!\nSomething's going on here...\n}}\nEnd.\n",
     "{}", "", "Begin.\nEnd.\n"},
    {"comments: indented inline", "  12 {{! 34 }}\n", "{}", "", "  12 \n"},
    {"comments: surrounding whitespace", "12345 {{! Comment Block! }} 67890", "{}", "",
     "12345  67890"},
    {"comments: variable name collision", "comments never show: >{{! comment }}<",
     "{\"! comment\":1,\"comment\":4}", "", "comments never show: ><"},
    {"delimiters: pair behavior", "{{=<% %>=}}(<%text%>)", "{\"text\":\"Hey!\"}", "", "(Hey!)"},
    {"delimiters: special characters", "({{=[ ]=}}[text])", "{\"text\":\"It worked!\"}", "",
     "(It worked!)"},
    {"delimiters: sections",
     "[\n{{#section}}\n  {{data}}\n  |data|\n{{/section}}\n\n{{= | | =}}\n|#section|\n  {{data}}\n "
     " |data|\n|/section|\n]\n",
     "{\"section\":true,\"data\":\"I got interpolated.\"}", "",
     "[\n  I got interpolated.\n  |data|\n\n  {{data}}\n  I got interpolated.\n]\n"},
    {"delimiters: inverted sections",
     "[\n{{^section}}\n  {{data}}\n  |data|\n{{/section}}\n\n{{= | | =}}\n|^section|\n  {{data}}\n "
     " |data|\n|/section|\n]\n",
     "{\"section\":false,\"data\":\"I got interpolated.\"}", "",
     "[\n  I got interpolated.\n  |data|\n\n  {{data}}\n  I got interpolated.\n]\n"},
    {"delimiters: partial inheritance", "[ {{>p}} ]\n{{= | | =}}\n[ |>p| ]\n",
     "{\"value\":\"yes\"}", ".{{value}}.", "[ .yes. ]\n[ .yes. ]\n"},
    {"delimiters: post-partial behavior", "[ {{>p}} ]\n[ .{{value}}.  .|value|. ]\n",
     "{\"value\":\"yes\"}", ".{{value}}. {{= | | =}} .|value|.",
     "[ .yes.  .yes. ]\n[ .yes.  .|value|. ]\n"},
    {"delimiters: surrounding whitespace", "| {{=@ @=}} |", "{}", "", "|  |"},
    {"delimiters: outlying whitespace inline", " | {{=@ @=}}\n", "{}", "", " | \n"},
    {"delimiters: standalone tag", "Begin.\n{{=@ @=}}\nEnd.\n", "{}", "", "Begin.\nEnd.\n"},
    {"delimiters: indented standalone tag", "Begin.\n  {{=@ @=}}\nEnd.\n", "{}", "",
     "Begin.\nEnd.\n"},
    {"delimiters: standalone line endings", "|\r\n{{= @ @ =}}\r\n|", "{}", "", "|\r\n|"},
    {"delimiters: standalone without newline", "=\n  {{=@ @=}}", "{}", "", "=\n"},
    {"delimiters: pair with padding", "|{{= @   @ =}}|", "{}", "", "||"},
    {"interpolation: no interpolation", "Hello from {Mustache}!\n", "{}", "",
     "Hello from {Mustache}!\n"},
    {"interpolation: basic", "Hello, {{subject}}!\n", "{\"subject\":\"world\"}", "",
     "Hello, world!\n"},
    {"interpolation: no re-interpolation", "{{template}}: {{planet}}",
     "{\"template\":\"{{planet}}\",\"planet\":\"Earth\"}", "", "{{planet}}: Earth"},
    {"interpolation: HTML escaping", "{{forbidden}}\n", "{\"forbidden\":\"& \\\" < >\"}", "",
     "&amp; &quot; &lt; &gt;\n"},
    {"interpolation: triple mustache", "{{{forbidden}}}\n", "{\"forbidden\":\"& \\\" < >\"}", "",
     "& \" < >\n"},
    {"interpolation: ampersand", "{{&forbidden}}\n", "{\"forbidden\":\"& \\\" < >\"}", "",
     "& \" < >\n"},
    {"interpolation: basic integer", "\"{{mph}} miles an hour!\"", "{\"mph\":85}", "",
     "\"85 miles an hour!\""},
    {"interpolation: triple mustache integer", "\"{{{mph}}} miles an hour!\"", "{\"mph\":85}", "",
     "\"85 miles an hour!\""},
    {"interpolation: basic decimal", "\"{{power}} jiggawatts!\"", "{\"power\":1.21}", "",
     "\"1.21 jiggawatts!\""},
    {"interpolation: basic null", "I ({{cannot}}) be seen!", "{\"cannot\":null}", "",
     "I () be seen!"},
    {"interpolation: basic context miss", "I ({{cannot}}) be seen!", "{}", "", "I () be seen!"},
    {"interpolation: triple context miss", "I ({{{cannot}}}) be seen!", "{}", "", "I () be seen!"},
    {"interpolation: dotted names", "\"{{person.name}}\" == \"{{#person}}{{name}}{{/person}}\"",
     "{\"person\":{\"name\":\"Joe\"}}", "", "\"Joe\" == \"Joe\""},
    {"interpolation: dotted triple", "\"{{{person.name}}}\"", "{\"person\":{\"name\":\"Joe\"}}", "",
     "\"Joe\""},
    {"interpolation: dotted arbitrary depth", "\"{{a.b.c.d.e.name}}\" == \"Phil\"",
     "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"name\":\"Phil\"}}}}}}", "", "\"Phil\" == \"Phil\""},
    {"interpolation: dotted broken chains", "\"{{a.b.c}}\" == \"\"", "{\"a\":{}}", "",
     "\"\" == \"\""},
    {"interpolation: dotted broken chain resolution", "\"{{a.b.c.name}}\" == \"\"",
     "{\"a\":{\"b\":{}},\"c\":{\"name\":\"Jim\"}}", "", "\"\" == \"\""},
    {"interpolation: dotted initial resolution", "\"{{#a}}{{b.c.d.e.name}}{{/a}}\" == \"Phil\"",
     "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"name\":\"Phil\"}}}}},\"b\":{\"c\":{\"d\":{\"e\":{"
     "\"name\":\"Wrong\"}}}}}",
     "", "\"Phil\" == \"Phil\""},
    {"interpolation: dotted context precedence", "{{#a}}{{b.c}}{{/a}}",
     "{\"a\":{\"b\":{}},\"b\":{\"c\":\"ERROR\"}}", "", ""},
    {"interpolation: dotted never single keys", "{{a.b}}", "{\"a.b\":\"c\"}", "", ""},
    {"interpolation: dotted no masking", "{{a.b}}", "{\"a.b\":\"c\",\"a\":{\"b\":\"d\"}}", "", "d"},
    {"interpolation: implicit iterator", "Hello, {{.}}!\n", "\"world\"", "", "Hello, world!\n"},
    {"interpolation: implicit escaping", "{{.}}\n", "\"& \\\" < >\"", "",
     "&amp; &quot; &lt; &gt;\n"},
    {"interpolation: implicit triple", "{{{.}}}\n", "\"& \\\" < >\"", "", "& \" < >\n"},
    {"interpolation: implicit integer", "\"{{.}} miles an hour!\"", "85", "",
     "\"85 miles an hour!\""},
    {"interpolation: surrounding whitespace", "| {{string}} |", "{\"string\":\"---\"}", "",
     "| --- |"},
    {"interpolation: standalone", "  {{string}}\n", "{\"string\":\"---\"}", "", "  ---\n"},
    {"interpolation: triple standalone", "  {{{string}}}\n", "{\"string\":\"---\"}", "", "  ---\n"},
    {"interpolation: ampersand standalone", "  {{&string}}\n", "{\"string\":\"---\"}", "",
     "  ---\n"},
    {"interpolation: with padding", "|{{ string }}|", "{\"string\":\"---\"}", "", "|---|"},
    {"interpolation: triple with padding", "|{{{ string }}}|", "{\"string\":\"---\"}", "", "|---|"},
    {"interpolation: ampersand with padding", "|{{& string }}|", "{\"string\":\"---\"}", "",
     "|---|"},
    {"inverted: falsey", "\"{{^boolean}}This should be rendered.{{/boolean}}\"",
     "{\"boolean\":false}", "", "\"This should be rendered.\""},
    {"inverted: truthy", "\"{{^boolean}}This should not be rendered.{{/boolean}}\"",
     "{\"boolean\":true}", "", "\"\""},
    {"inverted: null is falsey", "\"{{^null}}shown{{/null}}\"", "{\"null\":null}", "", "\"shown\""},
    {"inverted: context", "\"{{^context}}Hi {{name}}.{{/context}}\"",
     "{\"context\":{\"name\":\"Joe\"}}", "", "\"\""},
    {"inverted: list", "\"{{^list}}{{n}}{{/list}}\"", "{\"list\":[{\"n\":1},{\"n\":2}]}", "",
     "\"\""},
    {"inverted: empty list", "\"{{^list}}Yay lists!{{/list}}\"", "{\"list\":[]}", "",
     "\"Yay lists!\""},
    {"inverted: doubled",
     "{{^bool}}\n* first\n{{/bool}}\n* {{two}}\n{{^bool}}\n* third\n{{/bool}}\n",
     "{\"bool\":false,\"two\":\"second\"}", "", "* first\n* second\n* third\n"},
    {"inverted: nested falsey", "| A {{^bool}}B {{^bool}}C{{/bool}} D{{/bool}} E |",
     "{\"bool\":false}", "", "| A B C D E |"},
    {"inverted: nested truthy", "| A {{^bool}}B {{^bool}}C{{/bool}} D{{/bool}} E |",
     "{\"bool\":true}", "", "| A  E |"},
    {"inverted: context misses", "[{{^missing}}Cannot find key 'missing'!{{/missing}}]", "{}", "",
     "[Cannot find key 'missing'!]"},
    {"inverted: dotted truthy", "\"{{^a.b.c}}Not Here{{/a.b.c}}\" == \"\"",
     "{\"a\":{\"b\":{\"c\":true}}}", "", "\"\" == \"\""},
    {"inverted: dotted broken chains", "\"{{^a.b.c}}Not Here{{/a.b.c}}\" == \"Not Here\"",
     "{\"a\":{}}", "", "\"Not Here\" == \"Not Here\""},
    {"inverted: surrounding whitespace", " | {{^boolean}}\t|\t{{/boolean}} | \n",
     "{\"boolean\":false}", "", " | \t|\t | \n"},
    {"inverted: internal whitespace",
     " | {{^boolean}} {{! Important Whitespace }}\n {{/boolean}} | \n", "{\"boolean\":false}", "",
     " |  \n  | \n"},
    {"inverted: indented inline sections",
     " {{^boolean}}NO{{/boolean}}\n {{^boolean}}WAY{{/boolean}}\n", "{\"boolean\":false}", "",
     " NO\n WAY\n"},
    {"inverted: standalone lines", "| This Is\n{{^boolean}}\n|\n{{/boolean}}\n| A Line\n",
     "{\"boolean\":false}", "", "| This Is\n|\n| A Line\n"},
    {"inverted: standalone indented lines",
     "| This Is\n  {{^boolean}}\n|\n  {{/boolean}}\n| A Line\n", "{\"boolean\":false}", "",
     "| This Is\n|\n| A Line\n"},
    {"inverted: standalone line endings", "|\r\n{{^boolean}}\r\n{{/boolean}}\r\n|",
     "{\"boolean\":false}", "", "|\r\n|"},
    {"inverted: standalone without previous line", "  {{^boolean}}\n^{{/boolean}}\n/",
     "{\"boolean\":false}", "", "^\n/"},
    {"inverted: standalone without newline", "^{{^boolean}}\n/\n  {{/boolean}}",
     "{\"boolean\":false}", "", "^\n/\n"},
    {"inverted: padding", "|{{^ boolean }}={{/ boolean }}|", "{\"boolean\":false}", "", "|=|"},
    {"partials: basic", "\"{{>p}}\"", "{}", "from partial", "\"from partial\""},
    {"partials: context", "\"{{>p}}\"", "{\"text\":\"content\"}", "*{{text}}*", "\"*content*\""},
    {"partials: recursion", "{{>p}}",
     "{\"content\":\"X\",\"nodes\":[{\"content\":\"Y\",\"nodes\":[]}]}",
     "{{content}}<{{#nodes}}{{>p}}{{/nodes}}>", "X<Y<>>"},
    {"partials: surrounding whitespace", "| {{>p}} |", "{}", "\t|\t", "| \t|\t |"},
    {"partials: inline indentation", "  {{data}}  {{> p}}\n", "{\"data\":\"|\"}", ">\n>",
     "  |  >\n>\n"},
    {"partials: standalone line endings", "|\r\n{{>p}}\r\n|", "{}", ">", "|\r\n>|"},
    {"partials: standalone without previous line", "  {{>p}}\n>", "{}", ">\n>", "  >\n  >>"},
    {"partials: standalone without newline", ">\n  {{>p}}", "{}", ">\n>", ">\n  >\n  >"},
    {"partials: standalone indentation", "\\\n {{>p}}\n/\n", "{\"content\":\"<\\n->\"}",
     "|\n{{{content}}}\n|\n", "\\\n |\n <\n->\n |\n/\n"},
    {"partials: padding whitespace", "|{{> p }}|", "{\"boolean\":true}", "[]", "|[]|"},
    {"sections: truthy", "\"{{#boolean}}This should be rendered.{{/boolean}}\"",
     "{\"boolean\":true}", "", "\"This should be rendered.\""},
    {"sections: falsey", "\"{{#boolean}}This should not be rendered.{{/boolean}}\"",
     "{\"boolean\":false}", "", "\"\""},
    {"sections: null is falsey", "\"{{#null}}shown{{/null}}\"", "{\"null\":null}", "", "\"\""},
    {"sections: context", "\"{{#context}}Hi {{name}}.{{/context}}\"",
     "{\"context\":{\"name\":\"Joe\"}}", "", "\"Hi Joe.\""},
    {"sections: parent contexts", "\"{{#sec}}{{a}}, {{b}}, {{c.d}}{{/sec}}\"",
     "{\"a\":\"foo\",\"b\":\"wrong\",\"sec\":{\"b\":\"bar\"},\"c\":{\"d\":\"baz\"}}", "",
     "\"foo, bar, baz\""},
    {"sections: variable test", "\"{{#foo}}{{.}} is {{foo}}{{/foo}}\"", "{\"foo\":\"bar\"}", "",
     "\"bar is bar\""},
    {"sections: list contexts",
     "{{#tops}}{{#middles}}{{tname.lower}}{{mname}}.{{#bottoms}}{{tname.upper}}{{mname}}{{bname}}.{"
     "{/bottoms}}{{/middles}}{{/tops}}",
     "{\"tops\":[{\"tname\":{\"upper\":\"A\",\"lower\":\"a\"},\"middles\":[{\"mname\":\"1\","
     "\"bottoms\":[{\"bname\":\"x\"},{\"bname\":\"y\"}]}]}]}",
     "", "a1.A1x.A1y."},
    {"sections: deeply nested contexts",
     "{{#a}}\n{{one}}\n{{#b}}\n{{one}}{{two}}{{one}}\n{{#c.d}}\n{{one}}{{two}}{{three}}{{two}}{{"
     "one}}\n{{/c.d}}\n{{/b}}\n{{/a}}\n",
     "{\"a\":{\"one\":1},\"b\":{\"two\":2},\"c\":{\"three\":0,\"d\":{\"three\":3}}}", "",
     "1\n121\n12321\n"},
    {"sections: list", "\"{{#list}}{{item}}{{/list}}\"",
     "{\"list\":[{\"item\":1},{\"item\":2},{\"item\":3}]}", "", "\"123\""},
    {"sections: empty list", "\"{{#list}}Yay lists!{{/list}}\"", "{\"list\":[]}", "", "\"\""},
    {"sections: doubled",
     "{{#bool}}\n* first\n{{/bool}}\n* {{two}}\n{{#bool}}\n* third\n{{/bool}}\n",
     "{\"bool\":true,\"two\":\"second\"}", "", "* first\n* second\n* third\n"},
    {"sections: nested truthy", "| A {{#bool}}B {{#bool}}C{{/bool}} D{{/bool}} E |",
     "{\"bool\":true}", "", "| A B C D E |"},
    {"sections: nested falsey", "| A {{#bool}}B {{#bool}}C{{/bool}} D{{/bool}} E |",
     "{\"bool\":false}", "", "| A  E |"},
    {"sections: context misses", "[{{#missing}}Found key 'missing'!{{/missing}}]", "{}", "", "[]"},
    {"sections: implicit iterator string", "\"{{#list}}({{.}}){{/list}}\"",
     "{\"list\":[\"a\",\"b\",\"c\"]}", "", "\"(a)(b)(c)\""},
    {"sections: implicit iterator decimal", "\"{{#list}}({{.}}){{/list}}\"",
     "{\"list\":[1.10,2.20]}", "", "\"(1.10)(2.20)\""},
    {"sections: implicit iterator nested array", "\"{{#list}}({{#.}}{{.}}{{/.}}){{/list}}\"",
     "{\"list\":[[1,2,3],[\"a\",\"b\",\"c\"]]}", "", "\"(123)(abc)\""},
    {"sections: implicit iterator escaping", "\"{{#list}}({{.}}){{/list}}\"",
     "{\"list\":[\"&\",\"<\"]}", "", "\"(&amp;)(&lt;)\""},
    {"sections: implicit iterator root", "\"{{#.}}({{value}}){{/.}}\"",
     "[{\"value\":\"a\"},{\"value\":\"b\"}]", "", "\"(a)(b)\""},
    {"sections: dotted truthy", "\"{{#a.b.c}}Here{{/a.b.c}}\" == \"Here\"",
     "{\"a\":{\"b\":{\"c\":true}}}", "", "\"Here\" == \"Here\""},
    {"sections: dotted falsey", "\"{{#a.b.c}}Here{{/a.b.c}}\" == \"\"",
     "{\"a\":{\"b\":{\"c\":false}}}", "", "\"\" == \"\""},
    {"sections: dotted broken chains", "\"{{#a.b.c}}Here{{/a.b.c}}\" == \"\"", "{\"a\":{}}", "",
     "\"\" == \"\""},
    {"sections: surrounding whitespace", " | {{#boolean}}\t|\t{{/boolean}} | \n",
     "{\"boolean\":true}", "", " | \t|\t | \n"},
    {"sections: internal whitespace",
     " | {{#boolean}} {{! Important Whitespace }}\n {{/boolean}} | \n", "{\"boolean\":true}", "",
     " |  \n  | \n"},
    {"sections: indented inline", " {{#boolean}}YES{{/boolean}}\n {{#boolean}}GOOD{{/boolean}}\n",
     "{\"boolean\":true}", "", " YES\n GOOD\n"},
    {"sections: standalone lines", "| This Is\n{{#boolean}}\n|\n{{/boolean}}\n| A Line\n",
     "{\"boolean\":true}", "", "| This Is\n|\n| A Line\n"},
    {"sections: indented standalone lines",
     "| This Is\n  {{#boolean}}\n|\n  {{/boolean}}\n| A Line\n", "{\"boolean\":true}", "",
     "| This Is\n|\n| A Line\n"},
    {"sections: standalone line endings", "|\r\n{{#boolean}}\r\n{{/boolean}}\r\n|",
     "{\"boolean\":true}", "", "|\r\n|"},
    {"sections: standalone without previous line", "  {{#boolean}}\n#{{/boolean}}\n/",
     "{\"boolean\":true}", "", "#\n/"},
    {"sections: standalone without newline", "#{{#boolean}}\n/\n  {{/boolean}}",
     "{\"boolean\":true}", "", "#\n/\n"},
    {"sections: padding", "|{{# boolean }}={{/ boolean }}|", "{\"boolean\":true}", "", "|=|"},
    {"ours: an empty text is false", "{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":\"\"}", "", "no"},
    {"ours: apostrophes are escaped too", "<a title='{{a}}'>", "{\"a\":\"it's\"}", "",
     "<a title='it&#39;s'>"},
    {"ours: indentation adds up through partials", " {{>p}}\n", "{\"again\":{\"again\":false}}",
     "x\n{{#again}}\n {{>p}}\n{{/again}}\n", " x\n  x\n"},
};

static enum status render(const char *template, const char *partial, const char *data,
			  struct buf *out, struct err *err)
{
	struct template_set *set = template_set_create();
	struct arena arena;
	struct json_value *v;
	arena_init(&arena, 1 << 20);
	enum status status = json_parse(&arena, str_of(data), &v, err);
	if (status == OK)
		status = template_set_add(set, STR("t"), str_of(template), err);
	if (status == OK)
		status = template_set_add(set, STR("p"), str_of(partial), err);
	if (status == OK)
		status = template_set_link(set, err);
	if (status == OK)
		status = template_render(template_find(set, "t"), v, out, err);
	arena_release(&arena);
	template_set_free(set);
	return status;
}

static void behaves_as_the_specification_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(spec); i++) {
		struct buf out;
		struct err err = {.text = ""};
		buf_init(&out, 1 << 16);
		if (render(spec[i].template, spec[i].partial, spec[i].data, &out, &err) != OK)
			fail_msg("%s: %s", spec[i].name, err.text);
		if (strcmp(buf_z(&out), spec[i].expected) != 0)
			fail_msg("%s: gives <%s>, not <%s>", spec[i].name, buf_z(&out),
				 spec[i].expected);
		buf_release(&out);
	}
}

static void mistakes_name_template_line_and_cause(void **state)
{
	(void)state;
	static const struct {
		const char *template, *error;
	} wrong[] = {
	    {"a\n{{#b}}\nc", "template t, line 2: the section is never closed: \"b\""},
	    {"a\n\n{{/b}}", "template t, line 3: nothing is open that could be closed by \"b\""},
	    {"{{#a}}\n{{#b}}\n{{/a}}",
	     "template t, line 3: the section that is open here is another one than \"a\""},
	    {"\n{{a", "template t, line 2: a tag without an end"},
	    {"{{{a}}", "template t, line 1: a tag without an end"},
	    {"{{}}", "template t, line 1: a tag without a name"},
	    {"{{ a b }}", "template t, line 1: white space inside the name \"a b\""},
	    {"{{a..b}}", "template t, line 1: an empty part in the name \"a..b\""},
	    {"{{a.b.c.d.e.f.g.h.i}}",
	     "template t, line 1: too many parts in the name \"a.b.c.d.e.f.g.h.i\""},
	    {"{{=a=}}", "template t, line 1: these cannot be delimiters: \"a\""},
	    {"{{!\n\n}}{{>gone}}", "template t, line 3: there is no partial \"gone\""},
	    {"{{>}}", "template t, line 1: a partial without a name"},
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct buf out;
		struct err err = {.text = ""};
		buf_init(&out, 1 << 16);
		assert_int_equal(render(wrong[i].template, "", "{}", &out, &err), INVALID);
		assert_string_equal(err.text, wrong[i].error);
		buf_release(&out);
	}
}

static void exceeds(const char *template, const char *partial, const char *data, const char *cause)
{
	struct buf out;
	struct err err = {.text = ""};
	buf_init(&out, 1 << 16);
	assert_int_equal(render(template, partial, data, &out, &err), TOO_LARGE);
	if (!strstr(err.text, cause))
		fail_msg("\"%s\" is not in: %s", cause, err.text);
	buf_release(&out);
}

static void a_page_is_bounded_in_depth_work_and_size(void **state)
{
	(void)state;
	exceeds("{{>p}}", "{{>p}}", "{}", "nested too deep");
	exceeds("{{>p}}", "x{{#a}}{{>p}}{{/a}}", "{\"a\":true}", "nested too deep");
	exceeds("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{^a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/"
		"a}}{{/a}}{{/a}}{{/a}}{{/a}}",
		"", "{\"a\":[1,2,3,4,5,6,7,8,9,10]}", "too many steps");
	exceeds("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}0123456789{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}", "",
		"{\"a\":[1,2,3,4,5,6,7,8,9,10]}", "the page is too large");
}

static void a_tight_set_joins_lines_beside_blocks(void **state)
{
	static const struct {
		const char *source, *expected;
	} cases[] = {
	    {"<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<p>c</p>\n",
	     "<ul><li>a</li>\n<li>b</li></ul><p>c</p>"},
	    {"<b>a</b>\n<i>b</i>\nc\n", "<b>a</b>\n<i>b</i>\nc\n"},
	    {"<p class=\"{{x}}\">\n{{#x}}\n<a>y</a>\n{{/x}}\n</p>\nz\n",
	     "<p class=\"1\"><a>y</a>\n</p>z\n"},
	    {"<pre>\na\n</pre>\n<header>\n<template>\n", "<pre>\na\n</pre><header><template>\n"},
	    {"a <\n>\n</\n<", "a <\n>\n</\n<"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct template_set *set = template_set_create();
		struct arena arena;
		struct buf out;
		struct err err;
		struct json_value *data;
		arena_init(&arena, 1 << 16);
		buf_init(&out, 1 << 16);
		template_set_tight(set);
		assert_int_equal(template_set_add(set, STR("t"), str_of(cases[i].source), &err),
				 OK);
		assert_int_equal(template_set_link(set, &err), OK);
		assert_int_equal(json_parse(&arena, STR("{\"x\":1}"), &data, &err), OK);
		assert_int_equal(template_render(template_find(set, "t"), data, &out, &err), OK);
		assert_string_equal(buf_z(&out), cases[i].expected);
		buf_release(&out);
		arena_release(&arena);
		template_set_free(set);
	}
}

static void a_name_is_given_once(void **state)
{
	(void)state;
	struct err err;
	struct template_set *set = template_set_create();
	assert_int_equal(template_set_add(set, STR("t"), STR("a"), &err), OK);
	assert_int_equal(template_set_add(set, STR("t"), STR("b"), &err), CONFLICT);
	assert_int_equal(template_set_link(set, &err), OK);
	assert_null(template_find(set, "x"));
	template_set_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(behaves_as_the_specification_says),
	    cmocka_unit_test(mistakes_name_template_line_and_cause),
	    cmocka_unit_test(a_page_is_bounded_in_depth_work_and_size),
	    cmocka_unit_test(a_name_is_given_once),
	    cmocka_unit_test(a_tight_set_joins_lines_beside_blocks),
	};
	return cmocka_run_group_tests_name("templates", tests, NULL, NULL);
}
