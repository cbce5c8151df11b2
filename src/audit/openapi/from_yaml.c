/* YAML into a tree, from the events of libyaml. An alias is the node that it names, not a copy of
 * it. Plain scalars are read as the core schema of YAML 1.2 says; keys are always texts. */
#include "audit/openapi/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <yaml.h>

enum { ANCHORS_MAX = 100000, MERGED_MAX = 1000000 };

struct from_yaml_anchor {
	struct str name;
	struct openapi_node *node;
};

struct from_yaml_level {
	struct openapi_node *node;
	struct str key;
	bool has_key, skipped; /* the key is no scalar: its value is dropped */
	uint32_t line, column;
};

struct from_yaml_state {
	struct document *tree;
	yaml_parser_t parser;
	struct from_yaml_level level[OPENAPI_DEPTH_MAX];
	size_t depth, documents;
	struct from_yaml_anchor *anchor;
	size_t anchors, room;
	uint32_t merged;
};

static struct str from_yaml_str(const yaml_char_t *z)
{
	return str_of((const char *)z);
}

static bool from_yaml_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(s, str_of(*words)))
			return true;
	return false;
}

static void from_yaml_plain(struct openapi_node *node)
{
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};
	static const char *const none[] = {"", "~", "null", "Null", "NULL", NULL};
	double number;
	if (from_yaml_one_of(node->text, yes) || from_yaml_one_of(node->text, no)) {
		node->kind = NODE_BOOL;
		node->boolean = node->text.p[0] == 't' || node->text.p[0] == 'T';
	} else if (from_yaml_one_of(node->text, none)) {
		node->kind = NODE_NULL;
	} else if (str_to_double(node->text, &number)) {
		node->kind = NODE_NUMBER;
	}
}

/* Add the members of `from` that `into` does not have, as the merge key << means. */
static void from_yaml_merge(struct from_yaml_state *s, struct openapi_node *into,
			    const struct openapi_node *from)
{
	if (node_is(from, NODE_ARRAY)) {
		for (const struct openapi_entry *e = from->first; e && !s->tree->failed;
		     e = e->next)
			if (node_is(e->value, NODE_OBJECT))
				from_yaml_merge(s, into, e->value);
		return;
	}
	if (!node_is(from, NODE_OBJECT) || from == into)
		return;
	for (const struct openapi_entry *e = from->first; e && !s->tree->failed; e = e->next) {
		bool has = false;
		for (const struct openapi_entry *own = into->first; own && !has; own = own->next)
			has = own->hash == e->hash && str_eq(own->key, e->key);
		if (++s->merged > MERGED_MAX)
			document_fail(s->tree, e->line, e->column,
				      "merge keys multiply the document");
		else if (!has)
			document_add(s->tree, into, e->key, e->line, e->column, e->value);
	}
}

/* At the end of a mapping, replace its merge keys by the members that they merge. */
static void from_yaml_end(struct from_yaml_state *s)
{
	struct openapi_node *node = s->level[--s->depth].node;
	struct openapi_entry *end = node->last;
	if (node->kind != NODE_OBJECT || !document_get(s->tree, node, "<<"))
		return;
	node->slot = NULL; /* its members change */
	for (struct openapi_entry *e = node->first; e; e = e == end ? NULL : e->next)
		if (str_eq(e->key, STR("<<")))
			from_yaml_merge(s, node, e->value);
	struct openapi_entry **at = &node->first;
	node->last = NULL;
	while (*at) {
		if (str_eq((*at)->key, STR("<<"))) {
			*at = (*at)->next;
			node->count--;
		} else {
			node->last = *at;
			at = &(*at)->next;
		}
	}
}

/* Set the node's line and column to the present position of the parser. */
static void from_yaml_place(struct from_yaml_state *s, struct openapi_node *node, uint32_t line,
			    uint32_t column, bool scalar)
{
	struct from_yaml_level *level = s->depth ? &s->level[s->depth - 1] : NULL;
	if (!level) {
		s->tree->root = node;
	} else if (level->node->kind == NODE_ARRAY) {
		document_add(s->tree, level->node, STR(""), line, column, node);
	} else if (!level->has_key) {
		level->has_key = true;
		level->skipped = !scalar;
		level->key = scalar ? node->text : STR("");
		level->line = line;
		level->column = column;
	} else {
		level->has_key = false;
		if (!level->skipped)
			document_add(s->tree, level->node, level->key, level->line, level->column,
				     node);
	}
}

static void from_yaml_anchored(struct from_yaml_state *s, const yaml_char_t *name,
			       struct openapi_node *node)
{
	if (!name)
		return;
	if (s->anchors == ANCHORS_MAX) {
		document_fail(s->tree, node->line, node->column, "more than %d anchors",
			      ANCHORS_MAX);
		return;
	}
	struct str copy = document_text(s->tree, from_yaml_str(name), DOCUMENT_TEXT_MAX);
	s->anchor = memory_grow(s->anchor, &s->room, s->anchors + 1, sizeof(*s->anchor));
	s->anchor[s->anchors++] = (struct from_yaml_anchor){copy, node};
}

static struct openapi_node *from_yaml_alias(const struct from_yaml_state *s, struct str name)
{
	for (size_t i = s->anchors; i--;)
		if (str_eq(s->anchor[i].name, name))
			return s->anchor[i].node;
	return NULL;
}

static void from_yaml_begin(struct from_yaml_state *s, enum openapi_node_kind kind,
			    const yaml_char_t *anchor, uint32_t line, uint32_t column)
{
	struct openapi_node *node = document_node(s->tree, kind, line, column);
	if (!node)
		return;
	if (s->depth == OPENAPI_DEPTH_MAX) {
		document_fail(s->tree, line, column, "nested more than %d deep", OPENAPI_DEPTH_MAX);
		return;
	}
	from_yaml_place(s, node, line, column, false);
	from_yaml_anchored(s, anchor, node);
	s->level[s->depth++] = (struct from_yaml_level){.node = node};
}

static void from_yaml_scalar(struct from_yaml_state *s, const yaml_event_t *event, uint32_t line,
			     uint32_t column)
{
	struct openapi_node *node = document_node(s->tree, NODE_STRING, line, column);
	if (!node)
		return;
	bool is_key = s->depth && s->level[s->depth - 1].node->kind == NODE_OBJECT &&
		      !s->level[s->depth - 1].has_key;
	struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
	node->text = document_text(s->tree, text, is_key ? text.n : DOCUMENT_TEXT_MAX);
	if (!is_key && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		from_yaml_plain(node);
	from_yaml_anchored(s, event->data.scalar.anchor, node);
	from_yaml_place(s, node, line, column, true);
}

static void from_yaml_event(struct from_yaml_state *s, const yaml_event_t *event)
{
	uint32_t line = (uint32_t)event->start_mark.line + 1;
	uint32_t column = (uint32_t)event->start_mark.column + 1;
	struct openapi_node *node;
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (s->documents++)
			document_fail(s->tree, line, column, "a second document follows");
		break;
	case YAML_ALIAS_EVENT:
		node = from_yaml_alias(s, from_yaml_str(event->data.alias.anchor));
		if (node)
			from_yaml_place(s, node, line, column, node->kind <= NODE_STRING);
		else
			document_fail(s->tree, line, column, "an alias names no anchor");
		break;
	case YAML_SCALAR_EVENT:
		from_yaml_scalar(s, event, line, column);
		break;
	case YAML_SEQUENCE_START_EVENT:
		from_yaml_begin(s, NODE_ARRAY, event->data.sequence_start.anchor, line, column);
		break;
	case YAML_MAPPING_START_EVENT:
		from_yaml_begin(s, NODE_OBJECT, event->data.mapping_start.anchor, line, column);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		from_yaml_end(s);
		break;
	default:
		break;
	}
}

void from_yaml(struct document *tree, struct str document)
{
	struct from_yaml_state s = {.tree = tree};
	yaml_event_t event;
	bool more = true;
	if (!yaml_parser_initialize(&s.parser))
		memory_exhausted();
	yaml_parser_set_input_string(&s.parser, (const unsigned char *)document.p, document.n);
	while (more && !tree->failed) {
		if (!yaml_parser_parse(&s.parser, &event)) {
			document_fail(tree, (uint32_t)s.parser.problem_mark.line + 1,
				      (uint32_t)s.parser.problem_mark.column + 1, "%s",
				      s.parser.problem ? s.parser.problem : "not YAML");
			break;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		from_yaml_event(&s, &event);
		yaml_event_delete(&event);
	}
	if (!tree->failed && !tree->root)
		document_fail(tree, 0, 0, "the document is empty");
	yaml_parser_delete(&s.parser);
	free(s.anchor);
}
