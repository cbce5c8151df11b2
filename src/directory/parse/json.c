/* JSON in its many containers: one object a line, an array, a FeatureCollection, a sequence, a
 * graph, one object. */
#include "directory/parse/internal.h"
#include "directory/parse/source.h"

#include <stdlib.h>
#include <string.h>

enum {
	RAW_BYTES = 16 << 20,
	RAW_KEPT_BYTES = 256 << 10,
	GRAPH_BYTES = 6 << 20,
	GRAPH_FULL_BYTES = 4 << 20,
	NODES_MAX = 20000
};

struct json_input {
	struct parser *parser;
	struct json_reader r;
	struct draft *draft;
	struct arena graph_arena;
	/* the bytes from `raw_at` on, so that rejects can show a whole record */
	struct buf raw;
	uint64_t raw_at, begin; /* begin: of the record */
	uint64_t read;
};

/* Nodes that name one another. */
struct graph {
	struct json_value list;
	struct json_value *last;
	uint64_t *lines; /* of the nodes; NULL: all are of the draft's line */
};

static ssize_t read_input(void *ctx, char *p, size_t n)
{
	struct json_input *in = ctx;
	ssize_t k = source_read_json(in->parser->source, p, n);
	if (k > 0) {
		if (in->raw.n + (size_t)k > RAW_BYTES) {
			buf_reset(&in->raw);
			in->raw_at = in->read;
		}
		buf_add(&in->raw, p, (size_t)k);
		in->read += (uint64_t)k;
	}
	return k;
}

/* A record begins where the last one ended. */
static void begin_record(struct json_input *in, uint64_t at)
{
	in->begin = at;
	if (at > in->raw_at && at - in->raw_at > RAW_KEPT_BYTES && at - in->raw_at <= in->raw.n) {
		buf_drop(&in->raw, (size_t)(at - in->raw_at));
		in->raw_at = at;
	}
}

/* The record's bytes up to `end`. */
static struct str raw_record(const struct json_input *in, uint64_t end)
{
	if (in->begin < in->raw_at || end < in->begin)
		return (struct str){"", 0};
	size_t from = (size_t)(in->begin - in->raw_at), to = (size_t)(end - in->raw_at);
	to = to > in->raw.n ? in->raw.n : to;
	while (from < to && strchr(", \t\r\n\x1e", in->raw.p[from]) && in->raw.p[from])
		from++;
	return from < to ? (struct str){in->raw.p + from, to - from} : (struct str){"", 0};
}

/* Whether the array of that name holds the records: not in an object that is a record itself, whose
 * features may be "parking". (GDAL gives its FeatureCollections a name.) */
static bool is_collection(const struct json_value *object, struct str key)
{
	if (json_get(object, "name") &&
	    !str_eq(json_text(json_get(object, "type")), STR("FeatureCollection")))
		return false;
	static const char *const names[] = {"features", "@graph",     "elements", "results",
					    "records",  "businesses", "places",   "stores"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq(key, str_of(names[i])))
			return true;
	return false;
}

enum outcome { TOOK_ALL, TOOK_BROKEN, PIPE_GONE };

static enum outcome finish(struct json_input *in)
{
	return draft_finish(in->draft) ? TOOK_ALL : PIPE_GONE;
}

/* The record that began outside of `outside` containers is larger than a record may be: a reject,
 * not the file's end. */
static enum outcome too_large(struct json_input *in, size_t outside)
{
	draft_reset(in->draft, in->draft->line);
	draft_reject(in->draft, "", (struct str){"", 0}, "the record is larger than 4 MiB");
	while (in->r.depth > outside)
		if (json_next(&in->r) == JSON_ERROR)
			return TOOK_BROKEN;
	return finish(in);
}

static struct str written(struct draft *d, const struct json_value *v)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, DRAFT_ARENA_BYTES / 4);
	json_writer_init(&w, &out);
	json_put_tree(&w, v);
	struct str text =
	    buf_failed(&out) ? (struct str){"", 0} : arena_str(&d->arena, buf_view(&out));
	buf_release(&out);
	return text.p ? text : (struct str){"", 0};
}

static enum outcome graph_records(struct json_input *in, const struct graph *g)
{
	size_t i = 0;
	for (struct json_value *v = g->list.first, *next; v; v = next) {
		next = v->next;
		draft_reset(in->draft, g->lines ? g->lines[i++] : in->draft->line);
		in->draft->input = written(in->draft, v);
		in->draft->input_is_json = true;
		draft_object(in->draft, v, &g->list);
		if (finish(in) != TOOK_ALL)
			return PIPE_GONE;
	}
	return TOOK_ALL;
}

/* An object of a list that is a graph by itself, as sites publish several blocks: its nodes. */
static bool is_graph(const struct json_value *v)
{
	const struct json_value *nodes = json_get(v, "@graph");
	return nodes && nodes->kind == JSON_IS_ARRAY && !json_get(v, "name");
}

/* The lists of further businesses that an object may have. */
static const struct json_value *nested_list(const struct json_value *v, size_t i)
{
	static const char *const names[] = {"itemListElement", "subOrganization", "mainEntity",
					    "department"};
	return i < COUNT_OF(names) ? json_get(v, names[i]) : NULL;
}

enum { NESTED_LISTS = 4, NESTED_DEPTH = 4 };

/* A department is a business of its own where it has an address of its own; what is the page's
 * subject is not listed beside it, unless it is itself a list. */
static bool is_nested(const struct json_value *list, const struct json_value *v)
{
	if (v->kind != JSON_IS_OBJECT)
		return false;
	if (str_eq(list->key, STR("department")))
		return json_get(v, "address") != NULL;
	return str_eq(list->key, STR("mainEntity"))
		   ? json_get(v, "itemListElement") != NULL
		   : json_get(v, "name") || json_path(v, "item.@type");
}

static bool has_nested(const struct json_value *v)
{
	if (!json_get(v, "@type") || str_eq(json_text(json_get(v, "@type")), STR("BreadcrumbList")))
		return false;
	for (size_t i = 0; i < NESTED_LISTS; i++) {
		const struct json_value *list = nested_list(v, i);
		const struct json_value *e =
		    list && list->kind == JSON_IS_ARRAY ? list->first : list;
		for (; e; e = e == list ? NULL : e->next)
			if (is_nested(list, e))
				return true;
	}
	return false;
}

/* A copy, so that the object keeps what it has. */
static void graph_append(struct json_input *in, struct graph *g, const struct json_value *v,
			 uint64_t line)
{
	struct json_value *copy = arena_alloc(&in->graph_arena, sizeof(*copy));
	if (!copy || (g->lines && g->list.count == NODES_MAX))
		return;
	*copy = *v;
	copy->next = NULL;
	if (g->lines)
		g->lines[g->list.count] = line;
	if (g->last)
		g->last->next = copy;
	else
		g->list.first = copy;
	g->last = copy;
	g->list.count++;
}

/* The businesses in the lists of an object. */
static void nested_collect(struct json_input *in, struct graph *g, const struct json_value *v,
			   uint64_t line, int depth)
{
	for (size_t i = 0; i < NESTED_LISTS && depth < NESTED_DEPTH; i++) {
		const struct json_value *list = nested_list(v, i);
		const struct json_value *e =
		    list && list->kind == JSON_IS_ARRAY ? list->first : list;
		for (; e; e = e == list ? NULL : e->next) {
			if (!is_nested(list, e))
				continue;
			const struct json_value *item = json_get(e, "item");
			item = item && item->kind == JSON_IS_OBJECT ? item : e;
			graph_append(in, g, item, line);
			nested_collect(in, g, item, line, depth + 1);
		}
	}
}

/* Behind the nodes of a graph those of their lists. */
static void graph_unfold(struct json_input *in, struct graph *g)
{
	size_t nodes = g->list.count, i = 0;
	for (const struct json_value *v = g->list.first; v && i < nodes; v = v->next, i++)
		if (has_nested(v))
			nested_collect(in, g, v, g->lines ? g->lines[i] : 0, 0);
}

static enum outcome nested_records(struct json_input *in)
{
	struct json_value *v;
	struct err err;
	struct graph g = {.list = {.kind = JSON_IS_ARRAY}};
	arena_reset(&in->graph_arena);
	if (json_parse(&in->graph_arena, in->draft->input, &v, &err) != OK) {
		draft_reject(in->draft, "", (struct str){"", 0}, err.text);
		return finish(in);
	}
	context_read(in->parser, json_get(v, "@context"));
	graph_append(in, &g, v, 0);
	nested_collect(in, &g, v, 0, 0);
	return graph_records(in, &g);
}

/* Of the object that was read the records in it: {"data": {"items": [...]}}. */
static enum outcome records_within(struct json_input *in, const struct json_value *object,
				   bool *any)
{
	enum { DEPTH = 3 };
	struct json_value *v;
	struct err err;
	const struct json_value *found = objects_within(object, DEPTH);
	*any = false;
	arena_reset(&in->graph_arena);
	if (!found || json_parse(&in->graph_arena, in->draft->input, &v, &err) != OK)
		return TOOK_ALL;
	*any = true;
	found = objects_within(v, DEPTH);
	struct graph g = {.list = {.kind = JSON_IS_ARRAY}};
	bool several = found->kind == JSON_IS_ARRAY || found == v;
	const struct json_value *e = several ? found->first : found;
	for (; e; e = several ? e->next : NULL)
		graph_append(in, &g, e, 0);
	return graph_records(in, &g);
}

static enum outcome graph_of_record(struct json_input *in)
{
	struct json_value *v;
	struct err err;
	arena_reset(&in->graph_arena);
	if (json_parse(&in->graph_arena, in->draft->input, &v, &err) != OK) {
		draft_reject(in->draft, "", (struct str){"", 0}, err.text);
		return finish(in);
	}
	struct graph g = {.list = *json_get(v, "@graph")};
	context_read(in->parser, json_get(v, "@context"));
	for (g.last = g.list.first; g.last && g.last->next; g.last = g.last->next)
		;
	graph_unfold(in, &g);
	return graph_records(in, &g);
}

/* The value at the reader's token as one record. */
static enum outcome one_record(struct json_input *in)
{
	struct json_value *v;
	struct err err;
	struct json_reader *r = &in->r;
	size_t outside = r->depth - (r->token == JSON_OBJECT || r->token == JSON_ARRAY);
	draft_reset(in->draft, r->line);
	enum status status = json_read_value(r, &in->draft->arena, &v, &err);
	if (status == TOO_LARGE)
		return too_large(in, outside);
	if (status != OK)
		return TOOK_BROKEN;
	in->draft->input = raw_record(in, json_position(r));
	in->draft->input_is_json = true;
	if (is_graph(v))
		return graph_of_record(in);
	if (has_nested(v))
		return nested_records(in);
	draft_object(in->draft, v, NULL);
	return finish(in);
}

/* Behind JSON_ARRAY: every element a record. */
static enum outcome records_of_array(struct json_input *in)
{
	in->parser->in_collection = true;
	begin_record(in, json_position(&in->r));
	while (json_next(&in->r) != JSON_ARRAY_END) {
		if (in->r.token == JSON_ERROR)
			return TOOK_BROKEN;
		enum outcome o = one_record(in);
		if (o != TOOK_ALL)
			return o;
		begin_record(in, json_position(&in->r));
	}
	return TOOK_ALL;
}

/* ---- graphs ---- */

/* Behind JSON_ARRAY of "@graph". A graph that is too large is read record by record, and references
 * lead nowhere. */
static enum outcome records_of_graph(struct json_input *in)
{
	static uint64_t lines[NODES_MAX];
	struct graph g = {.list = {.kind = JSON_IS_ARRAY}, .lines = lines};
	struct err err;
	arena_reset(&in->graph_arena);
	in->parser->in_collection = true;
	begin_record(in, json_position(&in->r));
	while (in->graph_arena.used_bytes < GRAPH_FULL_BYTES && g.list.count < NODES_MAX) {
		struct json_value *v;
		if (json_next(&in->r) == JSON_ARRAY_END) {
			graph_unfold(in, &g);
			return graph_records(in, &g);
		}
		if (in->r.token == JSON_ERROR)
			return TOOK_BROKEN;
		size_t outside =
		    in->r.depth - (in->r.token == JSON_OBJECT || in->r.token == JSON_ARRAY);
		lines[g.list.count] = in->r.line;
		enum status status = json_read_value(&in->r, &in->graph_arena, &v, &err);
		if (status == TOO_LARGE) {
			if (too_large(in, outside) != TOOK_ALL)
				return TOOK_BROKEN;
			break;
		}
		if (status != OK)
			return TOOK_BROKEN;
		if (g.last)
			g.last->next = v;
		else
			g.list.first = v;
		g.last = v;
		g.list.count++;
	}
	enum outcome o = graph_records(in, &g);
	return o == TOOK_ALL ? records_of_array(in) : o;
}

/* ---- objects at the top ---- */

static bool append_member(struct arena *arena, struct json_value *object, struct json_value **last,
			  struct str key, struct json_value *v)
{
	json_rename(v, arena_str(arena, key));
	if (*last)
		(*last)->next = v;
	else
		object->first = v;
	*last = v;
	object->count++;
	return v->key.p != NULL;
}

static enum outcome collection(struct json_input *in, const struct json_value *object,
			       struct str key)
{
	struct str crs = json_text(json_path(object, "crs.properties.name"));
	context_read(in->parser, json_get(object, "@context"));
	in->parser->mercator = str_ends(crs, STR(":3857")) || str_ends(crs, STR(":900913"));
	return str_eq(key, STR("@graph")) ? records_of_graph(in) : records_of_array(in);
}

/* Behind JSON_OBJECT at the top: a collection is streamed, anything else is itself the record. */
static enum outcome top_object(struct json_input *in)
{
	bool streamed = false;
	char key[256];
	struct json_reader *r = &in->r;
	struct draft *d = in->draft;
	struct json_value *object, *last = NULL, *v;
	struct err err;
	size_t outside = r->depth - 1;
	draft_reset(d, r->line);
	object = arena_alloc(&d->arena, sizeof(*object));
	must(object);
	object->kind = JSON_IS_OBJECT;
	while (json_next(r) == JSON_KEY) {
		size_t n = r->text.n < sizeof(key) ? r->text.n : sizeof(key);
		memcpy(key, r->text.p, n);
		bool list = is_collection(object, (struct str){key, n});
		if (json_next(r) == JSON_ARRAY && list) {
			streamed = true;
			enum outcome o = collection(in, object, (struct str){key, n});
			if (o != TOOK_ALL)
				return o;
		} else if (streamed) {
			if (!json_skip(r))
				return TOOK_BROKEN;
		} else if (r->token == JSON_ERROR) {
			return TOOK_BROKEN;
		} else {
			enum status status = json_read_value(r, &d->arena, &v, &err);
			if (status == TOO_LARGE ||
			    (status == OK &&
			     !append_member(&d->arena, object, &last, (struct str){key, n}, v)))
				return too_large(in, outside);
			if (status != OK)
				return TOOK_BROKEN;
		}
	}
	if (r->token != JSON_OBJECT_END)
		return TOOK_BROKEN;
	if (streamed)
		return TOOK_ALL;
	d->input = raw_record(in, json_position(r));
	d->input_is_json = true;
	if (has_nested(object) && d->input.n)
		return nested_records(in);
	bool any = false;
	enum outcome o = in->parser->map ? TOOK_ALL : records_within(in, object, &any);
	if (any)
		return o;
	draft_object(d, object, NULL);
	return finish(in);
}

/* In a file of one object a line, a broken line costs that line only. */
static bool broken_line(struct json_input *in, uint64_t line)
{
	char cause[160];
	size_t n = 0;
	while (in->r.err.text[n] && n + 1 < sizeof(cause))
		n++;
	memcpy(cause, in->r.err.text, n);
	cause[n] = '\0';
	json_recover_line(&in->r);
	draft_reset(in->draft, line);
	draft_reject(in->draft, "", (struct str){"", 0}, cause);
	in->draft->input = str_trim(raw_record(in, json_position(&in->r)));
	return draft_finish(in->draft);
}

bool parse_json(struct parser *p)
{
	static struct draft draft; /* large, and there is one */
	struct json_input in = {.parser = p, .draft = &draft};
	struct json_reader *r = &in.r;
	bool ok = true;

	json_reader_init(r, read_input, &in, DRAFT_ARENA_BYTES);
	draft_init(&draft, p);
	arena_init(&in.graph_arena, GRAPH_BYTES);
	buf_init(&in.raw, RAW_BYTES + (1 << 20));
	while (ok && json_next(r) != JSON_EOF) {
		uint64_t line = r->line;
		enum outcome o = r->token == JSON_ERROR    ? TOOK_BROKEN
				 : r->token == JSON_OBJECT ? top_object(&in)
				 : r->token == JSON_ARRAY  ? records_of_array(&in)
							   : one_record(&in);
		ok = o != PIPE_GONE;
		if (o != TOOK_BROKEN) {
			p->in_collection = false;
			begin_record(&in, json_position(r));
			continue;
		}
		if (r->line != line || p->in_collection || source_failure(p->source)) {
			parser_fail(p, "%s", r->err.text);
			break;
		}
		ok = broken_line(&in, line);
		begin_record(&in, json_position(r));
	}
	if (source_encoding(p->source))
		parser_about(p, "encoding", str_of(source_encoding(p->source)));
	if (source_packed(p->source))
		parser_about(p, "packed", STR("gzip"));
	buf_release(&in.raw);
	arena_release(&in.graph_arena);
	draft_release(&draft);
	json_reader_release(r);
	return ok;
}
