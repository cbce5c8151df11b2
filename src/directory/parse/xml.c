/* XML of OpenStreetMap: nodes, ways and relations, with the places of ways from their nodes. */
#include "base/memory.h"
#include "directory/encoding/encoding.h"
#include "directory/parse/internal.h"
#include "directory/parse/source.h"

#include <expat.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { READ_BYTES = 64 * 1024, NODES_MAX = 4 << 20, MEMBERS_MAX = 4000 };

/* Where a node is, for the ways that name it. */
struct osm_node {
	int64_t id;
	int32_t lat_e7, lon_e7;
};

struct osm_xml {
	struct parser *parser;
	struct draft *draft;
	XML_Parser expat;
	struct osm_node *node;
	size_t nodes, room;
	bool unsorted, full;
	/* the element that is open, a tree in the draft's arena; NULL: none */
	struct json_build build;
	struct json_value *element, *tags, *geometry;
	size_t members;
	bool pipe_gone;
};

static const char *attribute(const XML_Char **pairs, const char *name)
{
	for (; *pairs; pairs += 2)
		if (strcmp(pairs[0], name) == 0)
			return pairs[1];
	return NULL;
}

static void xml_put_text(struct osm_xml *x, struct json_value *object, const char *key,
			 const char *text)
{
	struct str copy = text ? arena_str(&x->draft->arena, str_of(text)) : (struct str){NULL, 0};
	if (copy.p && copy.n)
		json_build(&x->build, object, key, JSON_IS_STRING)->text = copy;
}

static void remember_node(struct osm_xml *x, const XML_Char **pairs)
{
	const char *id = attribute(pairs, "id"), *lat = attribute(pairs, "lat"),
		   *lon = attribute(pairs, "lon");
	double north, east;
	int64_t number;
	x->full |= x->nodes == NODES_MAX;
	if (x->full || !id || !lat || !lon ||
	    !str_to_i64(str_of(id), INT64_MIN / 2, INT64_MAX / 2, &number) ||
	    !str_to_double(str_of(lat), &north) || !str_to_double(str_of(lon), &east) ||
	    fabs(north) > 90 || fabs(east) > 180)
		return;
	x->node = memory_grow(x->node, &x->room, x->nodes + 1, sizeof(x->node[0]));
	x->unsorted |= x->nodes && x->node[x->nodes - 1].id > number;
	x->node[x->nodes++] =
	    (struct osm_node){number, (int32_t)lround(north * 1e7), (int32_t)lround(east * 1e7)};
}

static int compare_nodes(const void *a, const void *b)
{
	const struct osm_node *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static void add_member(struct osm_xml *x, const char *ref)
{
	int64_t id;
	if (!x->element || !ref || ++x->members > MEMBERS_MAX ||
	    !str_to_i64(str_of(ref), INT64_MIN / 2, INT64_MAX / 2, &id))
		return;
	if (x->unsorted) {
		qsort(x->node, x->nodes, sizeof(x->node[0]), compare_nodes);
		x->unsorted = false;
	}
	const struct osm_node key = {.id = id};
	const struct osm_node *n =
	    x->nodes ? bsearch(&key, x->node, x->nodes, sizeof(key), compare_nodes) : NULL;
	if (!n)
		return;
	if (!x->geometry)
		x->geometry = json_build(&x->build, x->element, "geometry", JSON_IS_ARRAY);
	struct json_value *at = json_build(&x->build, x->geometry, NULL, JSON_IS_OBJECT);
	json_build_format(&x->build, at, "lat", "%.7f", n->lat_e7 / 1e7);
	json_build_format(&x->build, at, "lon", "%.7f", n->lon_e7 / 1e7);
}

static void begin_element(struct osm_xml *x, const char *type, const XML_Char **pairs)
{
	draft_reset(x->draft, XML_GetCurrentLineNumber(x->expat));
	json_build_init(&x->build, &x->draft->arena);
	x->element = json_build(&x->build, NULL, NULL, JSON_IS_OBJECT);
	x->tags = x->geometry = NULL;
	x->members = 0;
	xml_put_text(x, x->element, "type", type);
	xml_put_text(x, x->element, "id", attribute(pairs, "id"));
	xml_put_text(x, x->element, "lat", attribute(pairs, "lat"));
	xml_put_text(x, x->element, "lon", attribute(pairs, "lon"));
	if (strcmp(type, "node") == 0)
		remember_node(x, pairs);
}

static void xml_on_start(void *ctx, const XML_Char *name, const XML_Char **pairs)
{
	struct osm_xml *x = ctx;
	if (strcmp(name, "node") == 0 || strcmp(name, "way") == 0 ||
	    strcmp(name, "relation") == 0) {
		begin_element(x, name, pairs);
	} else if (!x->element) {
		return;
	} else if (strcmp(name, "tag") == 0) {
		const char *key = attribute(pairs, "k");
		if (!x->tags)
			x->tags = json_build(&x->build, x->element, "tags", JSON_IS_OBJECT);
		struct str copy =
		    key ? arena_str(&x->draft->arena, str_of(key)) : (struct str){NULL, 0};
		if (copy.p)
			xml_put_text(x, x->tags, copy.p, attribute(pairs, "v"));
	} else if (strcmp(name, "nd") == 0) {
		add_member(x, attribute(pairs, "ref"));
	} else if (strcmp(name, "center") == 0) {
		xml_put_text(x, x->element, "lat", attribute(pairs, "lat"));
		xml_put_text(x, x->element, "lon", attribute(pairs, "lon"));
	} else if (strcmp(name, "bounds") == 0) {
		struct json_value *bounds =
		    json_build(&x->build, x->element, "bounds", JSON_IS_OBJECT);
		for (const XML_Char **p = pairs; *p; p += 2) {
			struct str key = arena_str(&x->draft->arena, str_of(p[0]));
			struct str number = arena_str(&x->draft->arena, str_of(p[1]));
			if (key.p && number.p)
				json_build(&x->build, bounds, key.p, JSON_IS_NUMBER)->text = number;
		}
	}
}

static void xml_on_end(void *ctx, const XML_Char *name)
{
	struct osm_xml *x = ctx;
	if (!x->element || (strcmp(name, "node") != 0 && strcmp(name, "way") != 0 &&
			    strcmp(name, "relation") != 0))
		return;
	struct json_value *element = x->element;
	x->element = NULL;
	if (!x->tags)
		return; /* a corner of something else */
	if (x->build.failed)
		draft_reject(x->draft, "", (struct str){"", 0}, "the record is larger than 4 MiB");
	else
		draft_object(x->draft, element, NULL);
	if (!draft_finish(x->draft)) {
		x->pipe_gone = true;
		XML_StopParser(x->expat, XML_FALSE);
	}
}

bool xml_is_osm(struct str head)
{
	while (head.n && strchr(" \t\r\n", head.p[0]) && head.p[0])
		head = (struct str){head.p + 1, head.n - 1};
	if (str_starts(head, STR("\xEF\xBB\xBF")))
		head = (struct str){head.p + 3, head.n - 3};
	return head.n && head.p[0] == '<' && memmem(head.p, head.n, "<osm", 4) != NULL;
}

/* The encoding that a document declares, when it is one of a byte a character. */
static int on_encoding(void *ctx, const XML_Char *name, XML_Encoding *info)
{
	const struct encoding *e = encoding_named(str_of(name));
	(void)ctx;
	if (!e)
		return XML_STATUS_ERROR;
	*info = (XML_Encoding){0};
	for (int byte = 0; byte < 256; byte++) {
		uint32_t c = encoding_character(e, (char)byte);
		info->map[byte] = byte && !c ? -1 : (int)c;
	}
	return XML_STATUS_OK;
}

static void xml_fail(struct osm_xml *x)
{
	struct parser *p = x->parser;
	enum XML_Error code = XML_GetErrorCode(x->expat);
	uint64_t line = XML_GetCurrentLineNumber(x->expat);
	int at, n;
	const char *text = XML_GetInputContext(x->expat, &at, &n);
	struct str rest = text ? (struct str){text + at, (size_t)(n - at)} : (struct str){"", 0};
	if (code == XML_ERROR_UNKNOWN_ENCODING || code == XML_ERROR_INCORRECT_ENCODING)
		parser_fail(p, "line %" PRIu64 ": %s is declared; name one with --encoding", line,
			    XML_ErrorString(code));
	else if (code == XML_ERROR_INVALID_TOKEN && rest.n && (rest.p[0] & 0x80))
		guess_refuse(p, rest, line, "XML that declares nothing else");
	else
		parser_fail(p, "line %" PRIu64 ": %s", line, XML_ErrorString(code));
}

bool parse_xml(struct parser *p)
{
	static struct draft draft; /* large, and there is one */
	struct osm_xml x = {
	    .parser = p,
	    .draft = &draft,
	    .expat = memory_had(XML_ParserCreate(source_encoding(p->source) ? "UTF-8" : NULL))};
	draft_init(&draft, p);
	XML_SetUserData(x.expat, &x);
	XML_SetElementHandler(x.expat, xml_on_start, xml_on_end);
	XML_SetUnknownEncodingHandler(x.expat, on_encoding, NULL);
	p->format = "xml/osm";
	if (source_encoding(p->source))
		parser_about(p, "encoding", str_of(source_encoding(p->source)));
	enum XML_Status status = XML_STATUS_OK;
	for (bool end = false; !end && status == XML_STATUS_OK;) {
		void *room = XML_GetBuffer(x.expat, READ_BYTES);
		must(room);
		ssize_t n = source_read(p->source, room, READ_BYTES);
		end = n <= 0;
		status = XML_ParseBuffer(x.expat, n > 0 ? (int)n : 0, end);
	}
	if (status != XML_STATUS_OK && !x.pipe_gone)
		xml_fail(&x);
	if (x.full)
		parser_about(p, "nodes", STR("more than 4 million: later ways have no place"));
	XML_ParserFree(x.expat);
	free(x.node);
	draft_release(&draft);
	return !x.pipe_gone;
}
