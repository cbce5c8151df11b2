/* Parameters and fields: decoded, checked and typed by the route's rows. */
#include "http/internal.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

enum { SHOWN_BYTES = 60, EXPECTED_BYTES = 400 };

static struct param_set params_of(const struct live_request *live)
{
	return (struct param_set){live->route->row->params, live->route->params_count, live->values,
				  false};
}

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
			       "a name or the path holds percent-encoding that is not UTF-8 text");
	else
		answer_problem(live, HTTP_PROBLEM_INVALID_PARAMETER, parameter,
			       "Encode text as UTF-8, and that with %XX.",
			       "the value holds percent-encoding that is not UTF-8 text");
	return false;
}

void params_refuse(struct live_request *live, const struct http_param *param, const char *is)
{
	char expected[EXPECTED_BYTES], detail[EXPECTED_BYTES + 200], remedy[EXPECTED_BYTES + 20];
	struct buf text;
	buf_init(&text, sizeof(expected));
	value_describe(param, &text);
	snprintf(expected, sizeof(expected), "%s", buf_z(&text));
	buf_release(&text);
	if (is)
		snprintf(detail, sizeof(detail), "%s is %s, which is not %s", param->name, is,
			 expected);
	else
		snprintf(detail, sizeof(detail), "%s is not %s", param->name, expected);
	snprintf(remedy, sizeof(remedy), "Give %s.", expected);
	answer_problem(live, HTTP_PROBLEM_INVALID_PARAMETER, param->name, remedy, detail);
}

bool params_put(struct live_request *live, const struct param_set *set, int index, struct str text)
{
	const struct http_param *param = &set->rows[index];
	struct http_value *value = &set->values[index];
	char shown[SHOWN_BYTES + 3];
	if (value->given) {
		char detail[200];
		snprintf(detail, sizeof(detail), "%s was given more than once", param->name);
		answer_problem(live, HTTP_PROBLEM_REPEATED_PARAMETER, param->name, NULL, detail);
		return false;
	}
	value->text = text;
	value->given = true;
	if (value_check(param, value))
		return true;
	snprintf(shown, sizeof(shown), "\"%.*s\"", STR_ARG(utf8_cut(value->text, SHOWN_BYTES)));
	params_refuse(live, param, param->secret ? NULL : shown);
	return false;
}

static bool params_in_pattern(const struct compiled_route *route, int index)
{
	for (size_t i = 0; i < route->segments_count; i++)
		if (!route->segments[i].literal.p && route->segments[i].param == index)
			return true;
	return false;
}

static bool params_selectable(const struct live_request *live, const struct param_set *set,
			      int index)
{
	return set->body || !params_in_pattern(live->route, index);
}

bool params_unknown(struct live_request *live, const struct param_set *set, struct str name)
{
	if (live->route->row->kind == HTTP_PAGE)
		return true;
	const char *noun = set->body ? "field of this body" : "parameter of this path";
	struct buf remedy;
	buf_init(&remedy, 1024);
	int named = 0;
	for (int i = 0; i < set->count; i++)
		if (params_selectable(live, set, i))
			buf_printf(&remedy, "%s%s", named++ ? ", " : "Possible are ",
				   set->rows[i].name);
	buf_puts(&remedy, named ? "." : "This path takes none.");
	char detail[200], shown[SHOWN_BYTES + 1];
	snprintf(shown, sizeof(shown), "%.*s", STR_ARG(utf8_cut(name, SHOWN_BYTES)));
	if (live->route->secret)
		snprintf(detail, sizeof(detail), "something was given that is no %s", noun);
	else
		snprintf(detail, sizeof(detail), "\"%s\" is no %s", shown, noun);
	answer_problem(live, HTTP_PROBLEM_UNKNOWN_PARAMETER, live->route->secret ? NULL : shown,
		       buf_z(&remedy), detail);
	buf_release(&remedy);
	return false;
}

int params_find(const struct live_request *live, const struct param_set *set, struct str name)
{
	for (int i = 0; i < set->count; i++)
		if (str_eq(name, str_of(set->rows[i].name)) && params_selectable(live, set, i))
			return i;
	return -1;
}

bool params_take_pairs(struct live_request *live, const struct param_set *set, struct str pairs)
{
	bool page = live->route->row->kind == HTTP_PAGE;
	while (pairs.p) {
		struct str value = str_cut(&pairs, '&');
		if (value.n == 0)
			continue;
		struct str name = str_cut(&value, '=');
		if (!params_decode(live, name, true, NULL, &name))
			return false;
		int index = params_find(live, set, name);
		if (index < 0) {
			if (!params_unknown(live, set, name))
				return false;
			continue;
		}
		if (page && value.n == 0)
			continue;
		if (!params_decode(live, value.p ? value : STR(""), true, set->rows[index].name,
				   &value) ||
		    !params_put(live, set, index, value))
			return false;
	}
	return true;
}

bool params_all_there(struct live_request *live, const struct param_set *set)
{
	for (int i = 0; i < set->count; i++) {
		if (!set->rows[i].required || set->values[i].given ||
		    !params_selectable(live, set, i))
			continue;
		char detail[200];
		snprintf(detail, sizeof(detail), "%s is needed and was not given",
			 set->rows[i].name);
		answer_problem(live, HTTP_PROBLEM_MISSING_PARAMETER, set->rows[i].name, NULL,
			       detail);
		return false;
	}
	return true;
}

bool params_take_path(struct live_request *live, const struct str *raw_segments, size_t count)
{
	const struct compiled_route *route = live->route;
	const struct param_set set = params_of(live);
	for (size_t i = 0; i < route->segments_count; i++) {
		const struct segment *segment = &route->segments[i];
		if (segment->literal.p)
			continue;
		must(i < count);
		struct str raw = raw_segments[i];
		if (!segment->rest)
			raw = str_cut(&raw, '/');
		struct str text;
		if (!params_decode(live, raw, false, set.rows[segment->param].name, &text) ||
		    !params_put(live, &set, segment->param, text))
			return false;
	}
	return true;
}

bool params_take_query(struct live_request *live)
{
	const struct param_set set = params_of(live);
	return params_take_pairs(live, &set, live->request.raw_query) &&
	       params_all_there(live, &set);
}
