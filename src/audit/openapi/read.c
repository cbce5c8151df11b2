/* One document. */
#include "audit/openapi/internal.h"
#include "base/ascii.h"

#include <stdio.h>

/* Names of the shared schemas, for findings. */
static void read_names(struct document *tree)
{
	const struct openapi_node *shared[] = {
	    document_get(tree, document_get(tree, tree->root, "components"), "schemas"),
	    document_get(tree, tree->root, "definitions"),
	};
	for (size_t i = 0; i < COUNT_OF(shared); i++)
		if (node_is(shared[i], NODE_OBJECT))
			for (struct openapi_entry *e = shared[i]->first; e; e = e->next) {
				e->value->name = e->key;
				e->value->named_owner = (unsigned char)field_owner_of(e->key);
			}
}

static void read_version(struct document *tree)
{
	const struct openapi_node *openapi = document_get(tree, tree->root, "openapi");
	const struct openapi_node *swagger = document_get(tree, tree->root, "swagger");
	const struct openapi_node *version = openapi ? openapi : swagger;
	if (!version || version->kind < NODE_NUMBER || version->kind > NODE_STRING)
		document_fail(
		    tree, 0, 0,
		    "neither 'openapi' nor 'swagger' stands at its top: it describes no API");
	else if (!str_starts(version->text, openapi ? STR("3.") : STR("2")))
		document_fail(tree, version->line, version->column,
			      "version %.*s is not known; OpenAPI 3 and Swagger 2 are",
			      (int)(version->text.n < 20 ? version->text.n : 20), version->text.p);
}

static void read_tree(struct document *tree, struct str document)
{
	size_t at = 0;
	if (str_starts(document, STR("\xef\xbb\xbf")))
		at = 3;
	while (at < document.n && ascii_is_space(document.p[at]))
		at++;
	if (at < document.n && document.p[at] == '{')
		from_json(tree, document);
	else
		from_yaml(tree, document);
}

static void read_reference(const struct document *tree, openapi_found *found, void *ctx)
{
	char about[400];
	const struct openapi_entry *at = tree->external_at;
	const struct openapi_head head = {.kind = OPENAPI_FOUND,
					  .rule = OPENAPI_REFERENCE,
					  .line = at->line,
					  .column = at->column};
	struct str ref = at->value->text;
	snprintf(about, sizeof(about), "%.*s%s", (int)(ref.n < 200 ? ref.n : 200), ref.p, "");
	if (tree->external > 1)
		snprintf(about + (ref.n < 200 ? ref.n : 200), sizeof(about) - 200, ", and %u more",
			 tree->external - 1);
	found(ctx, &head, str_of(about), STR(""));
}

void openapi_read(struct str document, openapi_found *found, void *ctx)
{
	struct document tree;
	struct openapi_head end = {.kind = OPENAPI_END};
	document_init(&tree);
	read_tree(&tree, document);
	if (!tree.failed)
		read_version(&tree);
	if (!tree.failed) {
		read_names(&tree);
		struct schema_walk *walk = walk_begin(&tree);
		operation_all(&tree, walk, &end.summary, found, ctx);
		walk_end(walk, found, ctx, &end.summary);
	}
	if (!tree.failed) {
		example_all(&tree, found, ctx);
		end.summary.external = tree.external;
		if (tree.external)
			read_reference(&tree, found, ctx);
	}
	if (tree.failed) {
		end.kind = OPENAPI_FAILED;
		end.line = tree.line;
		end.column = tree.column;
	}
	found(ctx, &end, tree.failed ? str_of(tree.why) : STR(""), STR(""));
	document_release(&tree);
}
