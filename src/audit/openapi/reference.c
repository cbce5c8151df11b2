/* Where a $ref leads: a JSON pointer (RFC 6901) behind '#', percent-encoded, or an $anchor. */
#include "audit/openapi/internal.h"
#include "base/percent.h"

enum { POINTER_MAX = 4096, STEPS_MAX = 64 };

/* One token of the pointer, its escapes replaced. */
static struct str reference_token(struct str token, char room[POINTER_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < token.n && n < POINTER_MAX; i++) {
		bool escape = token.p[i] == '~' && i + 1 < token.n &&
			      (token.p[i + 1] == '0' || token.p[i + 1] == '1');
		room[n++] = escape ? token.p[i + 1] == '1' ? '/' : '~' : token.p[i];
		i += escape;
	}
	return (struct str){room, n};
}

static const struct openapi_node *reference_child(struct document *tree,
						  const struct openapi_node *node, struct str token)
{
	int64_t at;
	if (node_is(node, NODE_OBJECT)) {
		const struct openapi_entry *entry = document_entry(tree, node, token);
		return entry ? entry->value : NULL;
	}
	if (!node_is(node, NODE_ARRAY) || !str_to_i64(token, 0, UINT32_MAX, &at))
		return NULL;
	for (const struct openapi_entry *e = node->first; e; e = e->next)
		if (at-- == 0)
			return e->value;
	return NULL;
}

/* A schema of the document with this $anchor. Only components are searched, where generators put
 * them. */
static const struct openapi_node *reference_anchor(struct document *tree, struct str anchor)
{
	const struct openapi_node *schemas =
	    document_get(tree, document_get(tree, tree->root, "components"), "schemas");
	if (!node_is(schemas, NODE_OBJECT))
		return NULL;
	for (const struct openapi_entry *e = schemas->first; e; e = e->next)
		if (str_eq(document_string(tree, e->value, "$anchor"), anchor))
			return e->value;
	return NULL;
}

static const struct openapi_node *reference_follow(struct document *tree, struct str ref)
{
	char plain[POINTER_MAX], room[POINTER_MAX];
	struct str rest = {plain, 0};
	const struct openapi_node *at = tree->root;
	if (ref.n == 0 || ref.p[0] != '#' || ref.n > POINTER_MAX)
		return NULL;
	for (size_t i = 1; i < ref.n; i++) {
		bool encoded = percent_octet((struct str){ref.p + i, ref.n - i}, &plain[rest.n]);
		if (!encoded)
			plain[rest.n] = ref.p[i];
		rest.n++;
		i += encoded ? 2 : 0;
	}
	if (rest.n == 0)
		return at;
	if (rest.p[0] != '/')
		return reference_anchor(tree, rest);
	rest.p++;
	rest.n--;
	while (rest.p && at)
		at = reference_child(tree, at, reference_token(str_cut(&rest, '/'), room));
	return at;
}

const struct openapi_node *reference_target(struct document *tree, const struct openapi_node *node)
{
	const struct openapi_entry *entry = document_entry(tree, node, STR("$ref"));
	struct openapi_node *known = (struct openapi_node *)node; /* the tree is ours */
	if (!entry || !node_is(entry->value, NODE_STRING))
		return node;
	if (!known->resolved) {
		known->resolved = true;
		known->target = reference_follow(tree, entry->value->text);
		if (!known->target && tree->external++ == 0)
			tree->external_at = entry;
	}
	return known->target;
}

const struct openapi_node *reference_end(struct document *tree, const struct openapi_node *node)
{
	for (int steps = 0; node && steps < STEPS_MAX; steps++) {
		const struct openapi_node *target = reference_target(tree, node);
		if (target == node)
			return node;
		node = target;
	}
	return NULL;
}
