/* E-mail addresses in examples that may be in use. */
#include "audit/openapi/internal.h"
#include "base/ascii.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { ADDRESSES_MAX = 2000, ADDRESS_MAX = 254 };

struct example_address {
	struct str text;
	uint32_t line, column, count;
};

/* A node that is still to be visited. */
struct example_state {
	const struct openapi_node *node;
	bool inside; /* an example */
	bool names;  /* its keys are names of things, not keywords */
};

struct examples {
	struct document *tree;
	struct example_address *address;
	size_t addresses, addresses_room;
	struct example_state *state;
	size_t states, states_room;
	unsigned char *seen; /* by node: bit 0 outside, bit 1 inside of an example */
};

static bool one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq_nocase(s, str_of(*words)))
			return true;
	return false;
}

static bool example_is_part(char c)
{
	return ascii_is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

/* Whether the domain can exist: at least two labels of letters, digits and hyphens, the last of
 * letters only, and no label that is a placeholder. */
static bool example_is_real_domain(struct str domain)
{
	static const char *const placeholders[] = {"example",     "examples",
						   "sample",      "test",
						   "testing",     "domain",
						   "yourdomain",  "mydomain",
						   "company",     "mycompany",
						   "yourcompany", "email",
						   "foo",         "bar",
						   "foobar",      "baz",
						   "acme",        "invalid",
						   "localhost",   "local",
						   "noreply",     "no-reply",
						   "nowhere",     "somewhere",
						   "placeholder", "gserviceaccount",
						   "xyz",         NULL};
	struct str label = STR("");
	size_t labels = 0;
	while (domain.p) {
		label = str_cut(&domain, '.');
		if (label.n == 0 || one_of(label, placeholders))
			return false;
		labels++;
	}
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_is_letter(label.p[i]))
			return false;
	return labels > 1 && label.n > 1;
}

static bool example_is_real(struct str local, struct str domain)
{
	static const char *const placeholders[] = {
	    "git",      "noreply", "no-reply", "donotreply", "example",  "test",     "user",
	    "username", "email",   "name",     "you",        "your",     "yourname", "me",
	    "foo",      "bar",     "string",   "someone",    "somebody", "xxx",      NULL};
	return local.n && local.n <= 64 && local.p[0] != '.' && !one_of(local, placeholders) &&
	       example_is_real_domain(domain);
}

static void example_found(struct examples *x, struct str address, const struct openapi_node *node)
{
	for (size_t i = 0; i < x->addresses; i++)
		if (str_eq_nocase(x->address[i].text, address)) {
			x->address[i].count++;
			return;
		}
	if (x->addresses == ADDRESSES_MAX)
		return;
	x->address =
	    memory_grow(x->address, &x->addresses_room, x->addresses + 1, sizeof(*x->address));
	x->address[x->addresses++] = (struct example_address){address, node->line, node->column, 1};
}

static void example_text(struct examples *x, const struct openapi_node *node)
{
	struct str text = node->text;
	for (size_t at = 1; at + 1 < text.n; at++) {
		if (text.p[at] != '@')
			continue;
		size_t from = at, to = at + 1;
		while (from > 0 && example_is_part(text.p[from - 1]))
			from--;
		while (to < text.n &&
		       (ascii_is_alnum(text.p[to]) || text.p[to] == '.' || text.p[to] == '-'))
			to++;
		bool goes_on = to < text.n && (text.p[to] == ':' || text.p[to] == '/' ||
					       text.p[to] == '@' || text.p[to] == '_');
		bool went_on = from > 0 && (text.p[from - 1] == ':' || text.p[from - 1] == '/');
		while (to > at + 1 && text.p[to - 1] == '.')
			to--;
		if (!goes_on && !went_on && to - from <= ADDRESS_MAX &&
		    example_is_real((struct str){text.p + from, at - from},
				    (struct str){text.p + at + 1, to - at - 1}))
			example_found(x, (struct str){text.p + from, to - from}, node);
		at = to;
	}
}

static void example_push(struct examples *x, const struct openapi_node *node, bool inside,
			 bool names)
{
	unsigned char bit = inside ? 2 : 1;
	if (!node || (x->seen[node->id] & bit) || (!inside && node->kind < NODE_ARRAY))
		return;
	x->seen[node->id] |= bit;
	x->state = memory_grow(x->state, &x->states_room, x->states + 1, sizeof(*x->state));
	x->state[x->states++] = (struct example_state){node, inside, names};
}

static void example_visit(struct examples *x, struct example_state at)
{
	static const char *const named[] = {
	    "properties", "patternProperties", "schemas", "definitions",
	    "parameters", "responses",         "paths",   "$defs",
	    "headers",    "requestBodies",     NULL};
	if (at.node->kind < NODE_ARRAY) {
		if (node_is(at.node, NODE_STRING))
			example_text(x, at.node);
		return;
	}
	for (const struct openapi_entry *e = at.node->first; e; e = e->next) {
		bool example = str_eq(e->key, STR("example")) || str_eq(e->key, STR("examples"));
		example_push(x, e->value, at.inside || (example && !at.names),
			     !at.names && one_of(e->key, named));
	}
}

void example_all(struct document *tree, openapi_found *found, void *ctx)
{
	struct examples x = {.tree = tree};
	char about[ADDRESS_MAX + 100];
	x.seen = memory_array((size_t)tree->nodes + 1, 1);
	example_push(&x, tree->root, false, false);
	while (x.states)
		example_visit(&x, x.state[--x.states]);
	for (size_t i = 0; i < x.addresses; i++) {
		const struct example_address *a = &x.address[i];
		const struct openapi_head head = {.kind = OPENAPI_FOUND,
						  .rule = OPENAPI_EXAMPLE,
						  .line = a->line,
						  .column = a->column};
		int n = snprintf(about, sizeof(about), "%.*s", STR_ARG(a->text));
		if (a->count > 1)
			snprintf(about + n, sizeof(about) - (size_t)n, ", in %u examples",
				 a->count);
		found(ctx, &head, str_of(about), a->text);
	}
	free(x.seen);
	free(x.address);
	free(x.state);
}
