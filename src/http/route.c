#include "http/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static int route_find_param(const struct http_route *row, struct str name)
{
	for (int i = 0; row->params && row->params[i].name; i++)
		if (str_eq(str_of(row->params[i].name), name))
			return i;
	return -1;
}

static void route_compile(struct compiled_route *route, const struct http_group *group,
			  const struct http_route *row)
{
	*route = (struct compiled_route){.row = row, .group = group};
	while (row->params && row->params[route->params_count].name)
		route->secret |= row->params[route->params_count++].secret;
	while (row->fields && row->fields[route->fields_count].name)
		route->secret |= row->fields[route->fields_count++].secret;
	must(!row->fields || row->method == HTTP_POST || row->method == HTTP_PUT ||
	     row->method == HTTP_PATCH);
	must(row->pattern[0] == '/' && row->handler && row->name && row->method != HTTP_HEAD &&
	     row->method != HTTP_OPTIONS);
	struct str rest = str_of(row->pattern + 1);
	while (rest.p) {
		must(route->segments_count < SEGMENTS_MAX);
		struct segment *segment = &route->segments[route->segments_count++];
		struct str part = str_cut(&rest, '/');
		segment->literal = part;
		if (part.n < 2 || part.p[0] != '{')
			continue;
		must(part.p[part.n - 1] == '}');
		struct str name = {part.p + 1, part.n - 2};
		segment->rest = str_ends(name, STR("..."));
		/* OpenAPI cannot describe it. */
		must(!segment->rest || (!rest.p && row->kind == HTTP_PAGE));
		if (segment->rest)
			name.n -= 3;
		segment->literal = (struct str){NULL, 0};
		segment->param = route_find_param(row, name);
		must(segment->param >= 0);
	}
}

void route_table_init(struct route_table *table, const struct http_group *groups)
{
	*table = (struct route_table){0};
	for (const struct http_group *group = groups; group->routes; group++)
		for (const struct http_route *row = group->routes; row->pattern; row++)
			table->count++;
	table->routes = memory_array(table->count + 1, sizeof(*table->routes));
	size_t n = 0;
	for (const struct http_group *group = groups; group->routes; group++) {
		for (const struct http_route *row = group->routes; row->pattern; row++) {
			for (size_t i = 0; i < n; i++)
				must(strcmp(table->routes[i].row->name, row->name) != 0);
			route_compile(&table->routes[n++], group, row);
		}
	}
}

void route_table_release(struct route_table *table)
{
	free(table->routes);
	*table = (struct route_table){0};
}
