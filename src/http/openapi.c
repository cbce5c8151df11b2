#include "http/http.h"

#include <stdio.h>
#include <string.h>
#include "base/json.h"

static bool param_in_path(const struct http_route *row, const char *name)
{
	char braces[100];
	snprintf(braces, sizeof(braces), "{%s}", name);
	return strstr(row->pattern, braces) != NULL;
}

static void put_type(struct json_writer *w, const struct http_param *param)
{
	static const char *const types[] = {
	    [HTTP_TEXT] = "string",   [HTTP_LINES] = "string", [HTTP_INT] = "integer",
	    [HTTP_NUMBER] = "number", [HTTP_BOOL] = "boolean", [HTTP_CHOICE] = "string"};
	json_member_z(w, "type", types[param->type]);
	if (param->type == HTTP_INT || param->type == HTTP_NUMBER) {
		json_member_i64(w, "minimum", param->min);
		json_member_i64(w, "maximum", param->max);
	}
	/* Bytes are the limit; a text of that many characters may be too long, a
	 * longer one always is. */
	bool text = param->type == HTTP_TEXT || param->type == HTTP_LINES;
	if (text && param->min)
		json_member_i64(w, "minLength", 1);
	if (text && param->max)
		json_member_i64(w, "maxLength", param->max);
	if (param->type == HTTP_CHOICE) {
		json_key(w, "enum");
		json_array_begin(w);
		for (int i = 0; param->choices[i]; i++)
			json_put_z(w, param->choices[i]);
		json_array_end(w);
	}
}

static void put_params(struct json_writer *w, const struct http_route *row)
{
	json_key(w, "parameters");
	json_array_begin(w);
	for (const struct http_param *param = row->params; param && param->name; param++) {
		bool path = param_in_path(row, param->name);
		json_object_begin(w);
		json_member_z(w, "name", param->name);
		json_member_z(w, "in", path ? "path" : "query");
		if (path || param->required)
			json_member_bool(w, "required", true);
		if (param->summary)
			json_member_z(w, "description", param->summary);
		json_key(w, "schema");
		json_object_begin(w);
		put_type(w, param);
		json_object_end(w);
		if (param->example)
			json_member_z(w, "example", param->example);
		json_object_end(w);
	}
	json_array_end(w);
}

/* ---- bodies ---- */

/* The length of the name of the object that a field is a member of; 0: of none. */
static size_t field_object(const struct http_param *field)
{
	const char *dot = strchr(field->name, '.');
	return dot ? (size_t)(dot - field->name) : 0;
}

static bool field_is_of(const struct http_param *field, const char *object, size_t n)
{
	return field_object(field) == n && strncmp(field->name, object, n) == 0;
}

static void openapi_put_field(struct json_writer *w, const struct http_param *field)
{
	size_t n = field_object(field);
	json_key(w, n ? field->name + n + 1 : field->name);
	json_object_begin(w);
	put_type(w, field);
	if (field->summary)
		json_member_z(w, "description", field->summary);
	if (field->secret) {
		json_member_z(w, "format", "password");
		json_member_bool(w, "writeOnly", true);
	}
	if (field->example) {
		json_key(w, "examples");
		json_array_begin(w);
		json_put_z(w, field->example);
		json_array_end(w);
	}
	json_object_end(w);
}

/* Whether an earlier field belongs to the same object. */
static bool field_object_seen(const struct http_param *fields, const struct http_param *until)
{
	for (const struct http_param *field = fields; field != until; field++)
		if (field_is_of(field, until->name, field_object(until)))
			return true;
	return false;
}

static void put_required(struct json_writer *w, const struct http_param *fields, const char *object,
			 size_t n)
{
	json_key(w, "required");
	json_array_begin(w);
	for (const struct http_param *field = fields; field->name; field++) {
		size_t of = field_object(field);
		if (field_is_of(field, object, n) && field->required)
			json_put_z(w, of ? field->name + of + 1 : field->name);
	}
	json_array_end(w);
}

/* The members of one object; of the body itself when n is 0, and then the objects in it too. */
static void put_object(struct json_writer *w, const struct http_param *fields, const char *object,
		       size_t n)
{
	json_member_z(w, "type", "object");
	json_member_bool(w, "additionalProperties", false);
	put_required(w, fields, object, n);
	json_key(w, "properties");
	json_object_begin(w);
	for (const struct http_param *field = fields; field->name; field++) {
		size_t of = field_object(field);
		if (field_is_of(field, object, n)) {
			openapi_put_field(w, field);
		} else if (n == 0 && !field_object_seen(fields, field)) {
			char name[100];
			snprintf(name, sizeof(name), "%.*s", (int)of, field->name);
			json_key(w, name);
			json_object_begin(w);
			put_object(w, fields, field->name, of);
			json_object_end(w);
		}
	}
	json_object_end(w);
}

/* A form has no objects: its fields are called as the rows are. */
static void openapi_put_form(struct json_writer *w, const struct http_param *fields)
{
	json_member_z(w, "type", "object");
	json_member_bool(w, "additionalProperties", false);
	json_key(w, "required");
	json_array_begin(w);
	for (const struct http_param *field = fields; field->name; field++)
		if (field->required)
			json_put_z(w, field->name);
	json_array_end(w);
	json_key(w, "properties");
	json_object_begin(w);
	for (const struct http_param *field = fields; field->name; field++) {
		json_key(w, field->name);
		json_object_begin(w);
		put_type(w, field);
		json_object_end(w);
	}
	json_object_end(w);
}

static void put_body(struct json_writer *w, const struct http_param *fields)
{
	bool required = false;
	for (const struct http_param *field = fields; field->name; field++)
		required |= field->required;
	json_key(w, "requestBody");
	json_object_begin(w);
	json_member_bool(w, "required", required);
	json_key(w, "content");
	json_object_begin(w);
	for (int form = 0; form < 2; form++) {
		json_key(w, form ? "application/x-www-form-urlencoded" : HTTP_TYPE_JSON);
		json_object_begin(w);
		json_key(w, "schema");
		json_object_begin(w);
		if (form)
			openapi_put_form(w, fields);
		else
			put_object(w, fields, "", 0);
		json_object_end(w);
		json_object_end(w);
	}
	json_object_end(w);
	json_object_end(w);
}

/* ---- operations ---- */

static void put_ref(struct json_writer *w, const char *kind, const char *name)
{
	char ref[200];
	snprintf(ref, sizeof(ref), "#/components/%s/%s", kind, name);
	json_object_begin(w);
	json_member_z(w, "$ref", ref);
	json_object_end(w);
}

static void put_operation(struct json_writer *w, const struct http_route *row)
{
	static const char *const methods[HTTP_METHODS] = {[HTTP_GET] = "get",
							  [HTTP_POST] = "post",
							  [HTTP_PUT] = "put",
							  [HTTP_PATCH] = "patch",
							  [HTTP_DELETE] = "delete"};
	json_key(w, methods[row->method]);
	json_object_begin(w);
	json_member_z(w, "operationId", row->name);
	json_member_z(w, "summary", row->summary);
	if (row->access != HTTP_EVERYBODY) {
		json_key(w, "security");
		json_put_raw(w, row->access == HTTP_OPERATOR ? STR("[{\"operator\":[]}]")
							     : STR("[{},{\"operator\":[]}]"));
	}
	put_params(w, row);
	if (row->fields)
		put_body(w, row->fields);
	json_key(w, "responses");
	json_object_begin(w);
	json_key(w, "200");
	json_object_begin(w);
	json_member_z(w, "description", row->answer);
	json_key(w, "content");
	json_object_begin(w);
	json_key(w, row->answer_type ? row->answer_type : HTTP_TYPE_JSON);
	json_object_begin(w);
	if (row->answer_schema) {
		json_key(w, "schema");
		put_ref(w, "schemas", row->answer_schema);
	}
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);
	json_key(w, "default");
	put_ref(w, "responses", "Problem");
	json_object_end(w);
	json_object_end(w);
}

/* Rows of one path need not be adjacent: the path is written once, at its first row. */
static bool path_seen(const struct http_group *groups, const struct http_route *until)
{
	for (const struct http_group *group = groups; group->routes; group++) {
		for (const struct http_route *row = group->routes; row->pattern; row++) {
			if (row == until)
				return false;
			if (row->kind == HTTP_API && strcmp(row->pattern, until->pattern) == 0)
				return true;
		}
	}
	return false;
}

static void put_path(struct json_writer *w, const struct http_group *groups, const char *pattern)
{
	json_key(w, pattern);
	json_object_begin(w);
	for (const struct http_group *group = groups; group->routes; group++)
		for (const struct http_route *row = group->routes; row->pattern; row++)
			if (row->kind == HTTP_API && strcmp(row->pattern, pattern) == 0)
				put_operation(w, row);
	json_object_end(w);
}

static void put_problem_schema(struct json_writer *w)
{
	static const struct {
		const char *name, *type, *text;
	} members[] = {
	    {"title", "string", "what kind of problem it is; the same in every occurrence"},
	    {"status", "integer", "the HTTP status"},
	    {"detail", "string", "what is wrong with this request"},
	    {"parameter", "string", "the parameter or field that is wrong, if it is one"},
	    {"remedy", "string", "what to do about it"},
	    {"request_id", "string", "names this request to the operator; also in X-Request-Id"},
	};
	json_key(w, "Problem");
	json_object_begin(w);
	json_member_z(w, "type", "object");
	json_member_z(w, "description", "A problem as in RFC 9457.");
	json_key(w, "required");
	json_put_raw(w,
		     STR("[\"type\",\"title\",\"status\",\"detail\",\"remedy\",\"request_id\"]"));
	json_key(w, "properties");
	json_object_begin(w);
	json_key(w, "type");
	json_object_begin(w);
	json_member_z(w, "type", "string");
	json_key(w, "enum");
	json_array_begin(w);
	for (int i = 0; i < HTTP_PROBLEMS; i++) {
		char type[100];
		snprintf(type, sizeof(type), "urn:holdfast:problem:%s", http_problems[i].name);
		json_put_z(w, type);
	}
	json_array_end(w);
	json_object_end(w);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		json_key(w, members[i].name);
		json_object_begin(w);
		json_member_z(w, "type", members[i].type);
		json_member_z(w, "description", members[i].text);
		json_object_end(w);
	}
	json_object_end(w);
	json_object_end(w);
}

static void put_components(struct json_writer *w, const struct http_group *groups)
{
	json_key(w, "components");
	json_object_begin(w);
	json_key(w, "schemas");
	json_object_begin(w);
	put_problem_schema(w);
	for (const struct http_group *group = groups; group->routes; group++) {
		for (const struct http_schema *s = group->schemas; s && s->name; s++) {
			json_key(w, s->name);
			json_put_raw(w, str_of(s->json));
		}
	}
	json_object_end(w);
	json_key(w, "securitySchemes");
	json_put_raw(w, STR("{\"operator\":{\"type\":\"http\",\"scheme\":\"bearer\"}}"));
	json_key(w, "responses");
	json_put_raw(w, STR("{\"Problem\":{\"description\":\"What is wrong, and what to do about "
			    "it.\",\"content\":"
			    "{\"application/problem+json\":{\"schema\":"
			    "{\"$ref\":\"#/components/schemas/Problem\"}}}}}"));
	json_object_end(w);
}

void http_openapi(struct buf *out, const struct http_group *groups, const char *title,
		  const char *version, const char *description)
{
	struct json_writer w;
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_z(&w, "openapi", "3.1.0");
	json_key(&w, "info");
	json_object_begin(&w);
	json_member_z(&w, "title", title);
	json_member_z(&w, "version", version);
	json_member_z(&w, "description", description);
	json_object_end(&w);
	/* Where the document comes from. */
	json_key(&w, "servers");
	json_array_begin(&w);
	json_object_begin(&w);
	json_member_z(&w, "url", "/");
	json_object_end(&w);
	json_array_end(&w);
	json_key(&w, "paths");
	json_object_begin(&w);
	for (const struct http_group *group = groups; group->routes; group++)
		for (const struct http_route *row = group->routes; row->pattern; row++)
			if (row->kind == HTTP_API && !path_seen(groups, row))
				put_path(&w, groups, row->pattern);
	json_object_end(&w);
	json_key(&w, "security");
	json_put_raw(&w, STR("[]"));
	put_components(&w, groups);
	json_object_end(&w);
	buf_putc(out, '\n');
}
