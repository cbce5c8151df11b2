/* libgumbo's tree: attributes, texts, and a walk without recursion. */
#include "audit/page/internal.h"

struct str tree_attribute(const GumboNode *node, const char *name)
{
	const GumboAttribute *a = gumbo_get_attribute(&node->v.element.attributes, name);
	return a ? str_trim(str_of(a->value)) : (struct str){NULL, 0};
}

bool tree_has_part(struct str list, char separator, const char *part)
{
	while (list.p)
		if (str_eq_nocase(str_trim(str_cut(&list, separator)), str_of(part)))
			return true;
	return false;
}

/* A copy that the parser made of an element that was closed in the wrong order:
 * the page has it once. */
static bool is_copy(const GumboNode *node)
{
	return (node->parse_flags & (GUMBO_INSERTION_ADOPTION_AGENCY_CLONED |
				     GUMBO_INSERTION_RECONSTRUCTED_FORMATTING_ELEMENT)) != 0;
}

static bool is_element(const GumboNode *n)
{
	return n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE;
}

/* The first child that belongs to the document: what a template holds does not. */
static const GumboNode *first_child(const GumboNode *n)
{
	return n->type == GUMBO_NODE_ELEMENT && n->v.element.children.length
		   ? n->v.element.children.data[0]
		   : NULL;
}

static const GumboNode *next_sibling(const GumboNode *n)
{
	size_t next = n->index_within_parent + 1;
	const GumboVector *all = &n->parent->v.element.children;
	return next < all->length ? all->data[next] : NULL;
}

void tree_walk(const GumboNode *root, const struct tree_visitor *v, void *ctx)
{
	const GumboNode *n = root;
	while (n) {
		if (is_element(n) && !is_copy(n))
			v->enter(ctx, n);
		else if (!is_element(n) && v->text)
			v->text(ctx, n);
		const GumboNode *child = first_child(n);
		if (child) {
			n = child;
			continue;
		}
		for (;;) {
			if (is_element(n) && v->leave)
				v->leave(ctx, n);
			if (n == root)
				return;
			const GumboNode *next = next_sibling(n);
			if (next) {
				n = next;
				break;
			}
			n = n->parent;
		}
	}
}

struct tree_text {
	struct buf *out;
	size_t max;
};

static void add_nothing(void *ctx, const GumboNode *node)
{
	(void)node;
	const struct tree_text *t = ctx;
	if (t->out->n < t->max && t->out->n && t->out->p[t->out->n - 1] != ' ')
		buf_putc(t->out, ' ');
}

static void add_text(void *ctx, const GumboNode *node)
{
	const struct tree_text *t = ctx;
	if (t->out->n < t->max && node->type != GUMBO_NODE_COMMENT)
		buf_str(t->out, utf8_cut(str_of(node->v.text.text), t->max - t->out->n));
}

void tree_text(const GumboNode *node, struct buf *out, size_t max)
{
	static const struct tree_visitor visitor = {add_nothing, add_nothing, add_text};
	struct tree_text t = {out, max};
	tree_walk(node, &visitor, &t);
}
