#include "http/internal.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

struct split {
	struct str raw[SEGMENTS_MAX], decoded[SEGMENTS_MAX];
	size_t count;
};

/* The parts between slashes. False: answered. A path of more parts than any pattern has matches
 * only patterns that take a rest. */
static bool dispatch_split(struct live_request *live, struct split *split)
{
	struct str path = live->request.raw_path;
	bool plain = memchr(path.p, '%', path.n) == NULL;
	live->request.path = path;
	if (!plain && !params_decode(live, path, false, NULL, &live->request.path))
		return false;
	struct str rest = {path.p + 1, path.n - 1};
	split->count = 0;
	while (rest.p && split->count < SEGMENTS_MAX) {
		split->raw[split->count] = rest;
		struct str part = str_cut(&rest, '/');
		if (!plain && !params_decode(live, part, false, NULL, &part))
			return false;
		split->decoded[split->count++] = part;
	}
	if (rest.p)
		split->count++; /* more than fit: equal to no pattern's count */
	return true;
}

static bool dispatch_matches(const struct compiled_route *route, const struct split *split)
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

static void dispatch_allow(struct live_request *live, const char *method)
{
	size_t n = strlen(live->allow);
	snprintf(live->allow + n, sizeof(live->allow) - n, "%s%s", n ? ", " : "", method);
}

static const struct compiled_route *dispatch_row(const struct live_request *live,
						 const struct split *split, bool fallback)
{
	const struct route_table *table = &live->server->routes;
	enum http_method method =
	    live->request.method == HTTP_HEAD ? HTTP_GET : live->request.method;
	for (size_t i = 0; i < table->count; i++) {
		const struct compiled_route *route = &table->routes[i];
		if (route->row->method == method && route->row->fallback == fallback &&
		    dispatch_matches(route, split))
			return route;
	}
	return NULL;
}

/* The row for path and method. NULL: none; then `allow` names the methods that
 * the path takes, if any. */
static const struct compiled_route *dispatch_find(struct live_request *live,
						  const struct split *split)
{
	const struct route_table *table = &live->server->routes;
	const struct compiled_route *found = dispatch_row(live, split, false);
	for (size_t i = 0; i < table->count && !found; i++) {
		const struct http_route *row = table->routes[i].row;
		if (row->fallback || !dispatch_matches(&table->routes[i], split))
			continue;
		dispatch_allow(live, http_method_names[row->method]);
		if (row->method == HTTP_GET)
			dispatch_allow(live, "HEAD");
	}
	return found || live->allow[0] ? found : dispatch_row(live, split, true);
}

static void dispatch_none(struct live_request *live)
{
	if (live->allow[0] == '\0') {
		answer_problem(live, HTTP_PROBLEM_NOT_FOUND, NULL, NULL,
			       "no page and no operation has this path");
		return;
	}
	dispatch_allow(live, "OPTIONS");
	if (live->request.method == HTTP_OPTIONS) {
		http_respond(&live->request, &(struct http_answer){.status = 204});
		return;
	}
	char remedy[100];
	snprintf(remedy, sizeof(remedy), "Use one of %s.", live->allow);
	answer_problem(live, HTTP_PROBLEM_METHOD_NOT_ALLOWED, NULL, remedy,
		       "the path exists, but not with this method");
}

static struct http_value *dispatch_values(struct live_request *live, int count)
{
	struct http_value *values = NULL;
	if (count) {
		values = arena_array(&live->request.arena, (size_t)count, sizeof(*values));
		must(values); /* the arena is empty but for the head */
	}
	for (int i = 0; i < count; i++)
		values[i].text = STR("");
	return values;
}

void dispatch(struct live_request *live)
{
	struct http_request *request = &live->request;
	struct split split;

	if (request->raw_path.p[0] == '*') {
		request->path = request->raw_path;
		snprintf(live->allow, sizeof(live->allow), "GET, HEAD, OPTIONS");
		http_respond(request, &(struct http_answer){.status = 204});
		return;
	}
	if (!dispatch_split(live, &split))
		return;
	live->route = dispatch_find(live, &split);
	if (!live->route) {
		dispatch_none(live);
		return;
	}
	request->route = live->route->row;
	live->values = dispatch_values(live, live->route->params_count);
	live->fields = dispatch_values(live, live->route->fields_count);
	if (params_take_path(live, split.raw, split.count) && params_take_query(live) &&
	    body_take(live)) {
		/* What the handler asks the database carries the id, where requests are logged. */
		if (live->server->options.access_log)
			log_set_request(request->id);
		request->route->handler(request);
		log_set_request(STR(""));
	}
}
