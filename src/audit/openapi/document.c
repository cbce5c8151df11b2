/* The document in memory. */
#include "audit/openapi/internal.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { SLOTS_FROM = 16 }; /* objects of fewer members are searched one by one */

void document_init(struct document *tree)
{
	*tree = (struct document){0};
	arena_init(&tree->arena, OPENAPI_MEMORY_MAX);
}

void document_release(struct document *tree)
{
	arena_release(&tree->arena);
}

void document_fail(struct document *tree, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list args;
	if (tree->failed)
		return;
	va_start(args, fmt);
	vsnprintf(tree->why, sizeof(tree->why), fmt, args);
	va_end(args);
	tree->line = line;
	tree->column = column;
	tree->failed = true;
}

static void document_full(struct document *tree)
{
	document_fail(tree, 0, 0, "the document needs more than %d MB of memory",
		      OPENAPI_MEMORY_MAX >> 20);
}

struct openapi_node *document_node(struct document *tree, enum openapi_node_kind kind,
				   uint32_t line, uint32_t column)
{
	struct openapi_node *node = arena_alloc(&tree->arena, sizeof(*node));
	if (!node) {
		document_full(tree);
		return NULL;
	}
	node->kind = kind;
	node->line = line;
	node->column = column;
	node->id = tree->nodes++;
	return node;
}

static uint32_t document_hash(struct str key)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < key.n; i++)
		hash = (hash ^ (unsigned char)key.p[i]) * 16777619u;
	return hash;
}

void document_add(struct document *tree, struct openapi_node *parent, struct str key, uint32_t line,
		  uint32_t column, struct openapi_node *value)
{
	struct openapi_entry *entry = arena_alloc(&tree->arena, sizeof(*entry));
	if (!entry) {
		document_full(tree);
		return;
	}
	entry->key = key;
	entry->hash = document_hash(key);
	entry->line = line;
	entry->column = column;
	entry->value = value;
	if (parent->last)
		parent->last->next = entry;
	else
		parent->first = entry;
	parent->last = entry;
	parent->count++;
}

struct str document_text(struct document *tree, struct str text, size_t max)
{
	struct str copy = arena_str(&tree->arena, utf8_cut(text, max));
	if (!copy.p)
		document_full(tree);
	return copy.p ? copy : STR("");
}

/* False: no memory; the members are then searched one by one. */
static bool document_index(struct document *tree, struct openapi_node *node)
{
	uint32_t slots = 2 * SLOTS_FROM;
	while (slots < 2 * node->count)
		slots *= 2;
	node->slot = arena_array(&tree->arena, slots, sizeof(struct openapi_entry *));
	if (!node->slot)
		return false;
	node->slots = slots;
	for (struct openapi_entry *e = node->first; e; e = e->next) {
		uint32_t i = e->hash & (slots - 1);
		while (node->slot[i] && !str_eq(node->slot[i]->key, e->key))
			i = (i + 1) & (slots - 1);
		node->slot[i] = e;
	}
	return true;
}

const struct openapi_entry *document_entry(struct document *tree, const struct openapi_node *node,
					   struct str key)
{
	const struct openapi_entry *found = NULL;
	uint32_t hash = document_hash(key);
	if (!node_is(node, NODE_OBJECT))
		return NULL;
	if (node->count > SLOTS_FROM &&
	    (node->slot || document_index(tree, (struct openapi_node *)node))) {
		uint32_t i = hash & (node->slots - 1);
		while (node->slot[i] && !str_eq(node->slot[i]->key, key))
			i = (i + 1) & (node->slots - 1);
		return node->slot[i];
	}
	for (const struct openapi_entry *e = node->first; e; e = e->next)
		if (e->hash == hash && str_eq(e->key, key))
			found = e;
	return found;
}

const struct openapi_node *document_get(struct document *tree, const struct openapi_node *node,
					const char *key)
{
	const struct openapi_entry *entry = document_entry(tree, node, str_of(key));
	return entry ? entry->value : NULL;
}

struct str document_string(struct document *tree, const struct openapi_node *node, const char *key)
{
	const struct openapi_node *value = document_get(tree, node, key);
	return node_is(value, NODE_STRING) ? value->text : STR("");
}
