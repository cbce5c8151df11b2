/* The fields of a body: of one JSON object, or of a form. */
#include "http/internal.h"

#include <stdio.h>
#include <string.h>
#include "base/json.h"

enum body_type { BODY_JSON, BODY_FORM };

/* "application/json; charset=utf-8". False: not a type that is read here, or not UTF-8. */
static bool body_type_of(struct str field, enum body_type *out)
{
	struct str type = str_trim(str_cut(&field, ';'));
	if (str_eq_nocase(type, STR("application/json")))
		*out = BODY_JSON;
	else if (str_eq_nocase(type, STR("application/x-www-form-urlencoded")))
		*out = BODY_FORM;
	else
		return false;
	while (field.p) {
		struct str value = str_cut(&field, ';');
		struct str name = str_trim(str_cut(&value, '='));
		value = str_trim(value);
		if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = (struct str){value.p + 1, value.n - 2};
		if (str_eq_nocase(name, STR("charset")) && !str_eq_nocase(value, STR("utf-8")))
			return false;
	}
	return true;
}

static bool body_fits(const struct http_param *param, enum json_kind kind)
{
	switch (param->type) {
	case HTTP_TEXT:
	case HTTP_LINES:
	case HTTP_CHOICE:
		return kind == JSON_IS_STRING;
	case HTTP_INT:
	case HTTP_NUMBER:
		return kind == JSON_IS_NUMBER;
	case HTTP_BOOL:
		return kind == JSON_IS_BOOL;
	}
	return false;
}

static bool body_take_member(struct live_request *live, const struct param_set *set,
			     struct str name, const struct json_value *value)
{
	static const char *const kinds[] = {
	    [JSON_IS_NULL] = "null",       [JSON_IS_BOOL] = "a boolean",
	    [JSON_IS_NUMBER] = "a number", [JSON_IS_STRING] = "a string",
	    [JSON_IS_ARRAY] = "an array",  [JSON_IS_OBJECT] = "an object",
	};
	int index = params_find(live, set, name);
	if (index < 0)
		return params_unknown(live, set, name);
	if (value->kind == JSON_IS_NULL)
		return true;
	if (!body_fits(&set->rows[index], value->kind)) {
		params_refuse(live, &set->rows[index], kinds[value->kind]);
		return false;
	}
	struct str text = value->text;
	if (value->kind == JSON_IS_BOOL)
		text = value->boolean ? STR("true") : STR("false");
	return params_put(live, set, index, text);
}

/* Whether rows are members of an object of that name. */
static bool body_is_object(const struct param_set *set, struct str name)
{
	for (int i = 0; i < set->count; i++)
		if (str_starts(str_of(set->rows[i].name), name) && set->rows[i].name[name.n] == '.')
			return true;
	return false;
}

static bool body_take_object(struct live_request *live, const struct param_set *set,
			     const struct json_value *object)
{
	for (const struct json_value *v = object->first; v; v = v->next) {
		bool object_wanted = body_is_object(set, v->key);
		if (object_wanted && v->kind == JSON_IS_NULL)
			continue;
		if (object_wanted && v->kind == JSON_IS_OBJECT) {
			for (const struct json_value *m = v->first; m; m = m->next) {
				struct str name =
				    ARENA_JOIN(&live->request.arena, v->key, STR("."), m->key);
				if (!body_take_member(live, set, name.p ? name : STR(""), m))
					return false;
			}
		} else if (memchr(v->key.p, '.', v->key.n)) {
			/* {"contact.email": ...} is not {"contact": {"email": ...}}. */
			if (!params_unknown(live, set, v->key))
				return false;
		} else if (!body_take_member(live, set, v->key, v)) {
			return false;
		}
	}
	return true;
}

static bool body_take_json(struct live_request *live, const struct param_set *set)
{
	struct json_value *root;
	struct err err;
	/* The sentences of the parser name line and column, and no byte of the input. */
	enum status status = json_parse(&live->request.arena, live->request.body, &root, &err);
	if (status == TOO_LARGE) {
		answer_problem(live, HTTP_PROBLEM_BODY_TOO_LARGE, NULL, NULL, err.text);
		return false;
	}
	if (status == OK && root->kind != JSON_IS_OBJECT)
		status = err_set(&err, INVALID, "the body is JSON, but no object");
	if (status != OK) {
		answer_problem(live, HTTP_PROBLEM_INVALID_BODY, NULL, NULL, err.text);
		return false;
	}
	return body_take_object(live, set, root);
}

bool body_take(struct live_request *live)
{
	const struct http_route *row = live->route->row;
	const struct param_set set = {row->fields, live->route->fields_count, live->fields, true};
	enum body_type type;
	if (!row->fields)
		return true;
	if (live->request.body.n) {
		if (!body_type_of(http_header(&live->request, "content-type"), &type) ||
		    http_header(&live->request, "content-encoding").p) {
			answer_problem(
			    live, HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE, NULL, NULL,
			    "the Content-Type is missing or none of the two that are read here, or the body is compressed");
			return false;
		}
		if (type == BODY_JSON ? !body_take_json(live, &set)
				      : !params_take_pairs(live, &set, live->request.body))
			return false;
	}
	return params_all_there(live, &set);
}
