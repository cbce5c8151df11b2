/* JSON into a tree. */
#include "audit/openapi/internal.h"
#include "base/json.h"

static struct openapi_node *from_json_value(struct document *tree, struct json_reader *r)
{
	static const enum openapi_node_kind kinds[] = {
	    [JSON_NULL] = NODE_NULL,     [JSON_TRUE] = NODE_BOOL,     [JSON_FALSE] = NODE_BOOL,
	    [JSON_NUMBER] = NODE_NUMBER, [JSON_STRING] = NODE_STRING, [JSON_OBJECT] = NODE_OBJECT,
	    [JSON_ARRAY] = NODE_ARRAY,
	};
	struct openapi_node *node =
	    document_node(tree, kinds[r->token], (uint32_t)r->line, (uint32_t)r->column);
	if (!node)
		return NULL;
	node->boolean = r->token == JSON_TRUE;
	if (r->token == JSON_STRING || r->token == JSON_NUMBER)
		node->text = document_text(tree, r->text, DOCUMENT_TEXT_MAX);
	return node;
}

void from_json(struct document *tree, struct str document)
{
	struct json_reader r;
	struct openapi_node *open[JSON_MAX_DEPTH + 1] = {NULL};
	struct str key = STR("");
	uint32_t line = 0, column = 0;
	size_t depth = 0;
	json_reader_init_str(&r, document);
	r.replaces = true;
	do {
		enum json_token token = json_next(&r);
		if (token == JSON_ERROR) {
			document_fail(tree, (uint32_t)r.line, (uint32_t)r.column, "%s", r.err.text);
		} else if (token == JSON_EOF) {
			document_fail(tree, 0, 0, "the document is empty");
		} else if (token == JSON_KEY) {
			key = document_text(tree, r.text, r.text.n);
			line = (uint32_t)r.line;
			column = (uint32_t)r.column;
		} else if (token == JSON_OBJECT_END || token == JSON_ARRAY_END) {
			depth--;
		} else {
			struct openapi_node *node = from_json_value(tree, &r);
			if (!node)
				break;
			bool member = depth && node_is(open[depth - 1], NODE_OBJECT);
			if (depth)
				document_add(tree, open[depth - 1], member ? key : STR(""),
					     member ? line : node->line,
					     member ? column : node->column, node);
			else
				tree->root = node;
			if (token == JSON_OBJECT || token == JSON_ARRAY)
				open[depth++] = node;
		}
	} while (depth && !tree->failed);
	if (!tree->failed && json_next(&r) != JSON_EOF)
		document_fail(tree, (uint32_t)r.line, (uint32_t)r.column,
			      "something follows the document");
	json_reader_release(&r);
}
