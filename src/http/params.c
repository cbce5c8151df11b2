#include "http/internal.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

enum { SHOWN_BYTES = 60, EXPECTED_BYTES = 400 };

bool params_decode(struct live_request *live, struct str raw, bool plus, const char *parameter,
		   struct str *out)
{
	char *p = arena_alloc(&live->request.arena, raw.n + 1);
	if (p && http_decode(raw, plus, p, &out->n)) {
		p[out->n] = '\0';
		out->p = p;
		return true;
	}
	if (!parameter)
		answer_problem(live, HTTP_PROBLEM_BAD_REQUEST, NULL,
			       "Encode text as UTF-8, and that with %XX.",
			       "the address holds percent-encoding that is not UTF-8 text");
	else
		answer_problem(live, HTTP_PROBLEM_INVALID_PARAMETER, parameter,
			       "Encode text as UTF-8, and that with %XX.",
			       "the value holds percent-encoding that is not UTF-8 text");
	return false;
}

/* Decode, check and keep one value. False: answered. */
static bool params_take(struct live_request *live, int index, struct str raw, bool query)
{
	const struct http_param *param = &live->route->row->params[index];
	struct http_value *value = &live->values[index];
	char expected[EXPECTED_BYTES], detail[EXPECTED_BYTES + 200], remedy[EXPECTED_BYTES + 20];

	if (raw.n == 0 && query && live->route->row->kind == HTTP_PAGE)
		return true;
	if (value->given) {
		snprintf(detail, sizeof(detail), "%s was given more than once", param->name);
		answer_problem(live, HTTP_PROBLEM_REPEATED_PARAMETER, param->name, NULL, detail);
		return false;
	}
	if (!params_decode(live, raw, query, param->name, &value->text))
		return false;
	value->given = true;
	if (value_check(param, value))
		return true;
	struct buf text;
	buf_init(&text, sizeof(expected));
	value_describe(param, &text);
	snprintf(expected, sizeof(expected), "%s", buf_z(&text));
	buf_release(&text);
	struct str shown = utf8_cut(value->text, SHOWN_BYTES);
	snprintf(detail, sizeof(detail), "%s is \"%.*s\", which is not %s", param->name,
		 STR_ARG(shown), expected);
	snprintf(remedy, sizeof(remedy), "Give %s.", expected);
	answer_problem(live, HTTP_PROBLEM_INVALID_PARAMETER, param->name, remedy, detail);
	return false;
}

static bool params_in_pattern(const struct compiled_route *route, int index)
{
	for (size_t i = 0; i < route->segments_count; i++)
		if (!route->segments[i].literal.p && route->segments[i].param == index)
			return true;
	return false;
}

static bool params_unknown(struct live_request *live, struct str name)
{
	if (live->route->row->kind == HTTP_PAGE)
		return true;
	struct buf remedy;
	buf_init(&remedy, 1024);
	int named = 0;
	for (int i = 0; i < live->route->params_count; i++)
		if (!params_in_pattern(live->route, i))
			buf_printf(&remedy, "%s%s", named++ ? ", " : "Possible are ",
				   live->route->row->params[i].name);
	buf_puts(&remedy, named ? "." : "This path takes none.");
	char detail[200];
	name = utf8_cut(name, SHOWN_BYTES);
	snprintf(detail, sizeof(detail), "\"%.*s\" is no parameter of this path", STR_ARG(name));
	char shown_name[SHOWN_BYTES + 1];
	snprintf(shown_name, sizeof(shown_name), "%.*s", STR_ARG(name));
	answer_problem(live, HTTP_PROBLEM_UNKNOWN_PARAMETER, shown_name, buf_z(&remedy), detail);
	buf_release(&remedy);
	return false;
}

static int params_find(const struct compiled_route *route, struct str name)
{
	for (int i = 0; i < route->params_count; i++)
		if (str_eq(name, str_of(route->row->params[i].name)) &&
		    !params_in_pattern(route, i))
			return i;
	return -1;
}

bool params_take_path(struct live_request *live, const struct str *raw_segments, size_t count)
{
	const struct compiled_route *route = live->route;
	for (size_t i = 0; i < route->segments_count; i++) {
		const struct segment *segment = &route->segments[i];
		if (segment->literal.p)
			continue;
		must(i < count);
		struct str raw = raw_segments[i];
		if (!segment->rest)
			raw = str_cut(&raw, '/');
		if (!params_take(live, segment->param, raw, false))
			return false;
	}
	return true;
}

bool params_take_query(struct live_request *live)
{
	struct str rest = live->request.raw_query;
	while (rest.p) {
		struct str value = str_cut(&rest, '&');
		if (value.n == 0)
			continue;
		struct str name = str_cut(&value, '=');
		if (!params_decode(live, name, true, NULL, &name))
			return false;
		int index = params_find(live->route, name);
		if (index < 0) {
			if (!params_unknown(live, name))
				return false;
		} else if (!params_take(live, index, value.p ? value : STR(""), true)) {
			return false;
		}
	}
	const struct http_param *params = live->route->row->params;
	for (int i = 0; i < live->route->params_count; i++) {
		if (!params[i].required || live->values[i].given ||
		    params_in_pattern(live->route, i))
			continue;
		char detail[200];
		snprintf(detail, sizeof(detail), "%s is needed and was not given", params[i].name);
		answer_problem(live, HTTP_PROBLEM_MISSING_PARAMETER, params[i].name, NULL, detail);
		return false;
	}
	return true;
}
