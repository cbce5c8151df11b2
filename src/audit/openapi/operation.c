/* Operations: who may call them, and what they answer with. */
#include "audit/openapi/internal.h"

#include <stdio.h>

struct operations {
	struct document *tree;
	struct schema_walk *walk;
	struct openapi_summary *summary;
	const struct openapi_node *security; /* of the document; NULL: not declared */
	bool declared;                       /* by the document or an operation */
	uint32_t first_without;              /* line of the first answer without a schema */
};

/* Callers without authentication are let in: no requirement, or an empty one among them. NULL: not
 * declared, which is not the same. */
static bool operation_is_public(const struct openapi_node *security)
{
	if (!node_is(security, NODE_ARRAY))
		return false;
	for (const struct openapi_entry *e = security->first; e; e = e->next)
		if (node_is(e->value, NODE_OBJECT) && e->value->count == 0)
			return true;
	return security->count == 0;
}

static bool operation_has_pages(struct document *tree, const struct openapi_node *parameters)
{
	static const char *const names[] = {
	    "page",         "per_page",   "perpage",     "page_size",   "pagesize",       "limit",
	    "offset",       "cursor",     "skip",        "take",        "$top",           "$skip",
	    "page_token",   "pagetoken",  "maxresults",  "max_results", "starting_after", "startat",
	    "page[number]", "page[size]", "page[limit]", "page[offset]"};
	if (!node_is(parameters, NODE_ARRAY))
		return false;
	for (const struct openapi_entry *e = parameters->first; e; e = e->next) {
		const struct openapi_node *parameter = reference_end(tree, e->value);
		struct str name = document_string(tree, parameter, "name");
		if (!str_eq(document_string(tree, parameter, "in"), STR("query")))
			continue;
		for (size_t i = 0; i < COUNT_OF(names); i++)
			if (str_eq_nocase(name, str_of(names[i])))
				return true;
	}
	return false;
}

/* Whether a schema says anything about the value. */
static bool operation_says(const struct openapi_node *schema)
{
	static const char *const mute[] = {"description", "title", "example", "examples",
					   "nullable"};
	if (!node_is(schema, NODE_OBJECT))
		return false;
	for (const struct openapi_entry *e = schema->first; e; e = e->next) {
		bool says = !str_starts(e->key, STR("x-"));
		for (size_t i = 0; i < COUNT_OF(mute) && says; i++)
			says = !str_eq(e->key, str_of(mute[i]));
		if (says)
			return true;
	}
	return false;
}

static void operation_answer(struct operations *o, const struct walk_operation *operation,
			     const struct openapi_entry *entry)
{
	const struct openapi_node *answer = reference_end(o->tree, entry->value);
	const struct openapi_node *content = document_get(o->tree, answer, "content");
	const struct openapi_node *schema = document_get(o->tree, answer, "schema");
	bool says = false;
	if (operation_says(schema)) {
		says = true;
		walk_answer(o->walk, operation, schema);
	}
	if (node_is(content, NODE_OBJECT))
		for (const struct openapi_entry *e = content->first; e; e = e->next) {
			schema = document_get(o->tree, reference_end(o->tree, e->value), "schema");
			if (!operation_says(schema))
				continue;
			says = true;
			walk_answer(o->walk, operation, schema);
		}
	o->summary->answers++;
	o->summary->judged += says;
	if (!says && !o->first_without)
		o->first_without = entry->line;
}

static bool operation_succeeds(struct str code)
{
	return code.n == 3 && code.p[0] == '2' && !str_eq(code, STR("204")) &&
	       !str_eq(code, STR("205"));
}

static void operation_answers(struct operations *o, const struct walk_operation *operation,
			      const struct openapi_node *answers)
{
	bool any = false;
	if (!node_is(answers, NODE_OBJECT))
		return;
	for (const struct openapi_entry *e = answers->first; e; e = e->next) {
		any |= e->key.n && e->key.p[0] == '2';
		if (operation_succeeds(e->key))
			operation_answer(o, operation, e);
	}
	const struct openapi_entry *otherwise = document_entry(o->tree, answers, STR("default"));
	if (!any && otherwise)
		operation_answer(o, operation, otherwise);
}

static void operation_one(struct operations *o, const struct openapi_node *item, struct str path,
			  const struct openapi_entry *entry, const char *method)
{
	const struct openapi_node *security = document_get(o->tree, entry->value, "security");
	bool get = str_eq(entry->key, STR("get"));
	struct walk_operation operation = {
	    .method = str_of(method),
	    .path = path,
	    .number = ++o->summary->operations,
	    .line = entry->line,
	    .is_public = operation_is_public(security ? security : o->security),
	    .paged =
		get &&
		(operation_has_pages(o->tree, document_get(o->tree, item, "parameters")) ||
		 operation_has_pages(o->tree, document_get(o->tree, entry->value, "parameters"))),
	};
	o->declared |= security != NULL;
	operation_answers(o, &operation, document_get(o->tree, entry->value, "responses"));
}

static void operation_of_path(struct operations *o, const struct openapi_entry *path)
{
	static const struct {
		const char *key, *method;
	} methods[] = {{"get", "GET"},       {"put", "PUT"},         {"post", "POST"},
		       {"delete", "DELETE"}, {"options", "OPTIONS"}, {"patch", "PATCH"},
		       {"trace", "TRACE"}};
	const struct openapi_node *item = reference_end(o->tree, path->value);
	for (size_t i = 0; i < COUNT_OF(methods) && !o->tree->failed; i++) {
		const struct openapi_entry *e =
		    document_entry(o->tree, item, str_of(methods[i].key));
		if (e && node_is(e->value, NODE_OBJECT))
			operation_one(o, item, path->key, e, methods[i].method);
	}
}

static void operation_note(openapi_found *found, void *ctx, enum openapi_rule rule, uint32_t line,
			   const char *about)
{
	const struct openapi_head head = {.kind = OPENAPI_FOUND, .rule = rule, .line = line};
	found(ctx, &head, str_of(about), STR(""));
}

/* Findings about the document as a whole. */
static void operation_whole(struct operations *o, openapi_found *found, void *ctx)
{
	const struct openapi_summary *s = o->summary;
	char about[200];
	if (s->operations && !o->declared) {
		snprintf(about, sizeof(about),
			 "none of %u operations has security, nor has the document", s->operations);
		operation_note(found, ctx, OPENAPI_NO_SECURITY, 0, about);
	}
	if (s->answers > s->judged) {
		snprintf(about, sizeof(about), "%u of %u answers of successful requests",
			 s->answers - s->judged, s->answers);
		operation_note(found, ctx, OPENAPI_NO_SCHEMA, o->first_without, about);
	}
}

void operation_all(struct document *tree, struct schema_walk *walk, struct openapi_summary *summary,
		   openapi_found *found, void *ctx)
{
	struct operations o = {.tree = tree, .walk = walk, .summary = summary};
	const struct openapi_node *paths = document_get(tree, tree->root, "paths");
	o.security = document_get(tree, tree->root, "security");
	o.declared = o.security != NULL;
	if (node_is(paths, NODE_OBJECT))
		for (const struct openapi_entry *e = paths->first; e && !tree->failed; e = e->next)
			operation_of_path(&o, e);
	if (!tree->failed)
		operation_whole(&o, found, ctx);
}
