#include "http/internal.h"
#include "base/ascii.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/random.h"
#include "base/utf8.h"

enum { TEXT_BYTES_DEFAULT = 1000, SHOWN_BYTES = 60, EXPECTED_BYTES = 400 };

/* ---- life ---- */

/* Ids name requests in answers and logs; they are no secrets. A process never gives the same id twice, and its seed is
 * random, so that processes do not meet. */
static void make_id(struct http_server *server, char out[HEX_U64])
{
	hex_u64(random_next(&server->ids), out);
}

struct live_request *request_create(struct http_server *server, struct connection *conn)
{
	struct live_request *live = server->spare;
	if (live) {
		server->spare = live->next;
		server->spare_count--;
	} else {
		live = malloc(sizeof(*live));
		if (!live)
			die("out of memory");
		arena_init(&live->request.arena, HTTP_ARENA_BYTES);
		buf_init(&live->out, HTTP_ANSWER_BYTES);
		buf_init(&live->body, server->options.limits.body_bytes + 1);
	}
	/* The arena and the two buffers keep their memory between uses. */
	struct arena arena = live->request.arena;
	live->request = (struct http_request){.arena = arena, .id = {live->id, 16}};
	live->server = server;
	live->conn = conn;
	live->route = NULL;
	live->values = NULL;
	live->gone = NULL;
	live->gone_ctx = NULL;
	live->allow[0] = '\0';
	live->head.fields_count = 0;
	live->started_us = clock_us();
	make_id(server, live->id);
	live->previous = NULL;
	live->next = server->live;
	if (live->next)
		live->next->previous = live;
	server->live = live;
	return live;
}

static void destroy(struct live_request *live)
{
	arena_release(&live->request.arena);
	buf_release(&live->out);
	buf_release(&live->body);
	free(live);
}

void request_free(struct live_request *live)
{
	struct http_server *server = live->server;
	if (live->previous)
		live->previous->next = live->next;
	else
		server->live = live->next;
	if (live->next)
		live->next->previous = live->previous;

	live->server = NULL; /* whoever answers it again is found */
	arena_reset(&live->request.arena);
	/* What was large once is not kept for ever. */
	if (server->spare_count == SPARE_REQUESTS || live->out.cap > SCRATCH_BYTES ||
	    live->body.cap > SCRATCH_BYTES) {
		destroy(live);
		return;
	}
	buf_reset(&live->out);
	buf_reset(&live->body);
	live->next = server->spare;
	server->spare = live;
	server->spare_count++;
}

void request_free_spare(struct http_server *server)
{
	while (server->spare) {
		struct live_request *live = server->spare;
		server->spare = live->next;
		destroy(live);
	}
}

/* ---- what handlers ask ---- */

void *http_ctx(const struct http_request *request)
{
	return live_of(request)->route->group->ctx;
}

const struct http_value *http_param(const struct http_request *request, const char *name)
{
	const struct live_request *live = live_of(request);
	const struct http_param *params = live->route->row->params;
	for (int i = 0; i < live->route->params_count; i++)
		if (strcmp(params[i].name, name) == 0)
			return &live->values[i];
	must_failed(__FILE__, __LINE__, name);
}

struct str http_header(const struct http_request *request, const char *name)
{
	const struct http_head *head = &live_of(request)->head;
	struct str wanted = str_of(name);
	for (size_t i = 0; i < head->fields_count; i++)
		if (str_eq_nocase(head->fields[i].name, wanted))
			return head->fields[i].value;
	return (struct str){NULL, 0};
}

struct buf *http_out(struct http_request *request)
{
	return &live_of(request)->out;
}

void http_on_gone(struct http_request *request, void (*fn)(void *ctx), void *ctx)
{
	struct live_request *live = live_of(request);
	live->gone = fn;
	live->gone_ctx = ctx;
}

/* ---- parameters ---- */

/* "a whole number from 1 to 100" */
static void describe(const struct http_param *param, struct buf *out)
{
	switch (param->type) {
	case HTTP_TEXT:
		buf_printf(out, "a text of %lld to %lld bytes without control characters",
			   (long long)param->min,
			   (long long)(param->max ? param->max : TEXT_BYTES_DEFAULT));
		break;
	case HTTP_INT:
		buf_printf(out, "a whole number from %lld to %lld", (long long)param->min,
			   (long long)param->max);
		break;
	case HTTP_NUMBER:
		buf_printf(out, "a number from %lld to %lld", (long long)param->min,
			   (long long)param->max);
		break;
	case HTTP_BOOL:
		buf_puts(out, "true or false");
		break;
	case HTTP_CHOICE:
		buf_puts(out, "one of ");
		for (int i = 0; param->choices[i]; i++)
			buf_printf(out, "%s%s", i ? ", " : "", param->choices[i]);
		break;
	}
}

static bool type_text(const struct http_param *param, struct str s)
{
	int64_t max = param->max ? param->max : TEXT_BYTES_DEFAULT;
	if ((int64_t)s.n < param->min || (int64_t)s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool type_value(const struct http_param *param, struct http_value *value)
{
	switch (param->type) {
	case HTTP_TEXT:
		return type_text(param, value->text);
	case HTTP_INT:
		return str_to_i64(value->text, param->min, param->max, &value->i);
	case HTTP_NUMBER:
		return str_to_double(value->text, &value->number) &&
		       value->number >= (double)param->min && value->number <= (double)param->max;
	case HTTP_BOOL:
		value->i = str_eq(value->text, STR("true"));
		return value->i || str_eq(value->text, STR("false"));
	case HTTP_CHOICE:
		for (int i = 0; param->choices[i]; i++) {
			if (str_eq(value->text, str_of(param->choices[i]))) {
				value->i = i;
				return true;
			}
		}
		return false;
	}
	return false;
}

/* Decode into the arena. False: answered. */
static bool decode(struct live_request *live, struct str raw, bool plus, const char *parameter,
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
static bool take_value(struct live_request *live, int index, struct str raw, bool query)
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
	if (!decode(live, raw, query, param->name, &value->text))
		return false;
	value->given = true;
	if (type_value(param, value))
		return true;
	struct buf text;
	buf_init(&text, sizeof(expected));
	describe(param, &text);
	snprintf(expected, sizeof(expected), "%s", buf_z(&text));
	buf_release(&text);
	struct str shown = utf8_cut(value->text, SHOWN_BYTES);
	snprintf(detail, sizeof(detail), "%s is \"%.*s\", which is not %s", param->name,
		 STR_ARG(shown), expected);
	snprintf(remedy, sizeof(remedy), "Give %s.", expected);
	answer_problem(live, HTTP_PROBLEM_INVALID_PARAMETER, param->name, remedy, detail);
	return false;
}

static bool in_pattern(const struct compiled_route *route, int index)
{
	for (size_t i = 0; i < route->segments_count; i++)
		if (!route->segments[i].literal.p && route->segments[i].param == index)
			return true;
	return false;
}

static bool unknown_parameter(struct live_request *live, struct str name)
{
	if (live->route->row->kind == HTTP_PAGE)
		return true;
	struct buf remedy;
	buf_init(&remedy, 1024);
	int named = 0;
	for (int i = 0; i < live->route->params_count; i++)
		if (!in_pattern(live->route, i))
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

static int param_named(const struct compiled_route *route, struct str name)
{
	for (int i = 0; i < route->params_count; i++)
		if (str_eq(name, str_of(route->row->params[i].name)) && !in_pattern(route, i))
			return i;
	return -1;
}

static bool take_query(struct live_request *live)
{
	struct str rest = live->request.raw_query;
	while (rest.p) {
		struct str value = str_cut(&rest, '&');
		if (value.n == 0)
			continue;
		struct str name = str_cut(&value, '=');
		if (!decode(live, name, true, NULL, &name))
			return false;
		int index = param_named(live->route, name);
		if (index < 0) {
			if (!unknown_parameter(live, name))
				return false;
		} else if (!take_value(live, index, value.p ? value : STR(""), true)) {
			return false;
		}
	}
	const struct http_param *params = live->route->row->params;
	for (int i = 0; i < live->route->params_count; i++) {
		if (!params[i].required || live->values[i].given || in_pattern(live->route, i))
			continue;
		char detail[200];
		snprintf(detail, sizeof(detail), "%s is needed and was not given", params[i].name);
		answer_problem(live, HTTP_PROBLEM_MISSING_PARAMETER, params[i].name, NULL, detail);
		return false;
	}
	return true;
}

/* ---- which route ---- */

struct split {
	struct str raw[SEGMENTS_MAX], decoded[SEGMENTS_MAX];
	size_t count;
};

/* The parts between slashes. False: answered. A path of more parts than any pattern has matches only
 * patterns that take a rest. */
static bool split_path(struct live_request *live, struct split *split)
{
	struct str path = live->request.raw_path;
	bool plain = memchr(path.p, '%', path.n) == NULL;
	live->request.path = path;
	if (!plain && !decode(live, path, false, NULL, &live->request.path))
		return false;
	struct str rest = {path.p + 1, path.n - 1};
	split->count = 0;
	while (rest.p && split->count < SEGMENTS_MAX) {
		split->raw[split->count] = rest;
		struct str part = str_cut(&rest, '/');
		if (!plain && !decode(live, part, false, NULL, &part))
			return false;
		split->decoded[split->count++] = part;
	}
	if (rest.p)
		split->count++; /* more than fit: equal to no pattern's count */
	return true;
}

static bool matches(const struct compiled_route *route, const struct split *split)
{
	size_t n = route->segments_count;
	bool rest = route->segments[n - 1].rest;
	if (rest ? split->count < n : split->count != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct segment *segment = &route->segments[i];
		if (segment->literal.p ? !str_eq(segment->literal, split->decoded[i])
				       : split->decoded[i].n == 0)
			return false;
	}
	return true;
}

static void allow(struct live_request *live, const char *method)
{
	size_t n = strlen(live->allow);
	snprintf(live->allow + n, sizeof(live->allow) - n, "%s%s", n ? ", " : "", method);
}

/* The row for path and method. NULL: none; then `allow` names the methods that the path takes, if any. */
static const struct compiled_route *find_route(struct live_request *live, const struct split *split)
{
	const struct route_table *table = &live->server->routes;
	enum http_method method =
	    live->request.method == HTTP_HEAD ? HTTP_GET : live->request.method;
	for (size_t i = 0; i < table->count; i++)
		if (table->routes[i].row->method == method && matches(&table->routes[i], split))
			return &table->routes[i];
	for (size_t i = 0; i < table->count; i++) {
		if (!matches(&table->routes[i], split))
			continue;
		allow(live, http_method_names[table->routes[i].row->method]);
		if (table->routes[i].row->method == HTTP_GET)
			allow(live, "HEAD");
	}
	return NULL;
}

static bool take_path_values(struct live_request *live, const struct split *split)
{
	const struct compiled_route *route = live->route;
	for (size_t i = 0; i < route->segments_count; i++) {
		const struct segment *segment = &route->segments[i];
		if (segment->literal.p)
			continue;
		must(i < split->count);
		struct str raw = split->raw[i];
		if (!segment->rest)
			raw = str_cut(&raw, '/');
		if (!take_value(live, segment->param, raw, false))
			return false;
	}
	return true;
}

static void no_route(struct live_request *live)
{
	if (live->allow[0] == '\0') {
		answer_problem(live, HTTP_PROBLEM_NOT_FOUND, NULL, NULL,
			       "no page and no operation has this path");
		return;
	}
	allow(live, "OPTIONS");
	if (live->request.method == HTTP_OPTIONS) {
		http_respond(&live->request, &(struct http_answer){.status = 204});
		return;
	}
	char remedy[100];
	snprintf(remedy, sizeof(remedy), "Use one of %s.", live->allow);
	answer_problem(live, HTTP_PROBLEM_METHOD_NOT_ALLOWED, NULL, remedy,
		       "the path exists, but not with this method");
}

void request_dispatch(struct live_request *live)
{
	struct http_request *request = &live->request;
	struct split split;

	if (request->raw_path.p[0] == '*') {
		request->path = request->raw_path;
		snprintf(live->allow, sizeof(live->allow), "GET, HEAD, OPTIONS");
		http_respond(request, &(struct http_answer){.status = 204});
		return;
	}
	if (!split_path(live, &split))
		return;
	live->route = find_route(live, &split);
	if (!live->route) {
		no_route(live);
		return;
	}
	request->route = live->route->row;
	if (live->route->params_count) {
		live->values = arena_array(&request->arena, (size_t)live->route->params_count,
					   sizeof(*live->values));
		must(live->values);
	}
	if (take_path_values(live, &split) && take_query(live))
		request->route->handler(request);
}
