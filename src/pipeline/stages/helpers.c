/* What stages share: addresses, requests, texts and arrays. */
#include "pipeline/stages/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/json.h"
#include "base/percent.h"
#include "directory/record/record.h"
#include "sql/pipeline.h"

struct str stage_host(struct str url)
{
	const char *begin = memmem(url.p, url.n, "://", 3);
	struct str rest =
	    begin ? (struct str){begin + 3, url.n - (size_t)(begin + 3 - url.p)} : url;
	size_t n = 0;
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#' &&
	       rest.p[n] != ':')
		n++;
	return (struct str){rest.p, n};
}

/* What a template may name. */
static const struct {
	struct str name;
	int column;
} stage_values[] = {{{"{name}", 6}, SQL_INPUTS_NAME},          {{"{street}", 8}, SQL_INPUTS_STREET},
		    {{"{postcode}", 10}, SQL_INPUTS_POSTCODE}, {{"{city}", 6}, SQL_INPUTS_CITY},
		    {{"{country}", 9}, SQL_INPUTS_COUNTRY},    {{"{id}", 4}, SQL_INPUTS_ID}};

/* The value that the text begins with; COUNT_OF(stage_values): none. */
static size_t stage_value(const char *text)
{
	size_t v = 0;
	while (v < COUNT_OF(stage_values) &&
	       strncmp(text, stage_values[v].name.p, stage_values[v].name.n) != 0)
		v++;
	return v;
}

bool stage_url_check(const char *template, struct err *err)
{
	if (!str_starts(str_of(template), STR("https://")) &&
	    !str_starts(str_of(template), STR("http://")))
		return err_set(err, INVALID, "the URL begins with http:// or https://"), false;
	for (const char *p = template; *p; p++) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;
		if (*p != '{' || stage_value(p) < COUNT_OF(stage_values))
			continue;
		return err_set(err, INVALID,
			       "'%.*s' is none of {name} {street} {postcode} {city} {country} {id}",
			       end ? (int)(end - p + 1) : 20, p),
		       false;
	}
	return true;
}

bool stage_facts_check(const char *text, struct err *err)
{
	struct str rest = str_of(text);
	size_t count = 0;
	while (rest.p) {
		struct str pointer = str_cut(&rest, ' '), whole = pointer;
		if (!whole.n)
			continue;
		struct str name = str_cut(&pointer, '=');
		if (!name.n || !pointer.p || (pointer.n && pointer.p[0] != '/'))
			return err_set(
				   err, INVALID,
				   "'%.*s' is not name=/json/pointer, such as 'phone=/result/0/phone'",
				   STR_ARG(whole)),
			       false;
		if (++count > WIRE_PAIRS_MAX)
			return err_set(err, INVALID, "more than %d facts", WIRE_PAIRS_MAX), false;
	}
	return true;
}

/* Append a value in the form that the template needs. */
static void stage_put(struct buf *out, enum stage_form form, struct str value)
{
	struct buf json;
	struct json_writer w;
	if (form == STAGE_PERCENT) {
		percent_put(out, value, "");
		return;
	}
	buf_init(&json, 6 * value.n + 3);
	json_writer_init(&w, &json);
	json_put_str(&w, value);
	if (!buf_failed(&json) && json.n >= 2)
		buf_add(out, json.p + 1, json.n - 2); /* the template has the quotes */
	buf_release(&json);
}

struct str stage_template(struct stage_claim *claim, const char *template, enum stage_form form,
			  size_t max, const struct db_rows *rows, int row)
{
	struct buf out;
	buf_init(&out, max);
	for (const char *p = template; *p;) {
		size_t v = stage_value(p);
		if (v == COUNT_OF(stage_values)) {
			buf_putc(&out, *p++);
			continue;
		}
		if (stage_values[v].column == SQL_INPUTS_ID) {
			char id[RECORD_ID_TEXT];
			record_id_format(db_i64(rows, row, SQL_INPUTS_ID), id);
			stage_put(&out, form, str_of(id));
		} else {
			stage_put(&out, form, db_text(rows, row, stage_values[v].column));
		}
		p += stage_values[v].name.n;
	}
	struct str text = buf_failed(&out) ? STR("") : arena_str(claim->arena, buf_view(&out));
	buf_release(&out);
	return text;
}

void stage_facts(const char *text, struct wire_facts *out)
{
	struct str rest = str_of(text);
	while (rest.p && out->count < WIRE_PAIRS_MAX) {
		struct str pointer = str_cut(&rest, ' ');
		struct str name = str_cut(&pointer, '=');
		if (name.n && pointer.p)
			out->of[out->count++] = (struct wire_fact){name, pointer};
	}
}

struct str stage_text(struct stage_claim *claim, const char *format, ...)
{
	char text[256];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	must(n >= 0 && (size_t)n < sizeof(text));
	return arena_str(claim->arena, (struct str){text, (size_t)n});
}
