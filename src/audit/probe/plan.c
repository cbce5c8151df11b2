/* EXPLAIN's JSON as a list of nodes. */
#include "audit/probe/internal.h"
#include "base/json.h"

static void plan_walk(const struct json_value *value, size_t parent, unsigned depth,
		      struct probe_plan *plan)
{
	if (!value || plan->count == PROBE_NODES_MAX || depth >= JSON_MAX_DEPTH)
		return;
	size_t own = plan->count++;
	struct probe_node *node = &plan->node[own];
	*node = (struct probe_node){
	    .type = json_text(json_get(value, "Node Type")),
	    .schema = json_text(json_get(value, "Schema")),
	    .relation = json_text(json_get(value, "Relation Name")),
	    .alias = json_text(json_get(value, "Alias")),
	    .index = json_text(json_get(value, "Index Name")),
	    .condition = json_text(json_get(value, "Index Cond")),
	    .filter = json_text(json_get(value, "Filter")),
	    .side = json_text(json_get(value, "Parent Relationship")),
	    .hashed = str_eq(json_text(json_get(value, "Strategy")), STR("Hashed")),
	    .depth = depth,
	    .parent = parent,
	};
	if (!json_double(json_get(value, "Total Cost"), &node->cost) ||
	    !json_double(json_get(value, "Plan Rows"), &node->rows))
		node->cost = node->rows = 0;
	plan->sorts += str_eq(node->type, STR("Sort"));
	plan->incremental += str_eq(node->type, STR("Incremental Sort"));
	const struct json_value *children = json_get(value, "Plans");
	for (const struct json_value *v = children ? children->first : NULL; v; v = v->next)
		plan_walk(v, own, depth + 1, plan);
}

enum status plan_read(struct str json, struct arena *arena, struct probe_plan *plan,
		      struct err *err)
{
	struct json_value *tree;
	enum status status = json_parse(arena, json, &tree, err);
	*plan = (struct probe_plan){0};
	if (status != OK)
		return err_prefix(err, status, "the plan");
	plan->node = arena_array(arena, PROBE_NODES_MAX, sizeof(*plan->node));
	if (!plan->node)
		return err_set(err, TOO_LARGE, "the plan is too large");
	plan_walk(json_path(tree, "0.Plan"), 0, 0, plan);
	if (!plan->count)
		return err_set(err, FAILED, "the server's EXPLAIN has no plan");
	plan->cost = plan->node[0].cost;
	return OK;
}

bool probe_plan_uses(const struct probe_plan *plan, struct str schema, struct str index,
		     bool *by_condition)
{
	bool uses = false;
	*by_condition = false;
	for (size_t i = 0; i < plan->count; i++) {
		const struct probe_node *n = &plan->node[i];
		/* a Bitmap Index Scan names no schema */
		if (!str_eq(n->index, index) || (n->schema.n && !str_eq(n->schema, schema)))
			continue;
		uses = true;
		*by_condition |= n->condition.n != 0;
	}
	return uses;
}

/* Executed again with the same parameters, the node gives the rows that it has kept. */
static bool plan_keeps_rows(const struct probe_node *n)
{
	static const char *const types[] = {"Materialize", "Sort", "Hash"};
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_eq(n->type, str_of(types[i])))
			return true;
	return n->hashed;
}

static const struct probe_node *plan_outer_of(const struct probe_plan *plan, size_t loop)
{
	for (size_t i = loop + 1; i < plan->count; i++)
		if (plan->node[i].parent == loop && str_eq(plan->node[i].side, STR("Outer")))
			return &plan->node[i];
	return NULL;
}

bool probe_plan_repeats_limit(const struct probe_plan *plan, struct probe_repeated *out)
{
	for (size_t i = 1; i < plan->count; i++) {
		const struct probe_node *n = &plan->node[i], *outer;
		if (!str_eq(n->type, STR("Limit")))
			continue;
		while (n->parent != (size_t)(n - plan->node) && !plan_keeps_rows(n) &&
		       !str_eq(n->side, STR("InitPlan")) &&
		       !(str_eq(n->side, STR("Inner")) &&
			 str_eq(plan->node[n->parent].type, STR("Nested Loop"))))
			n = &plan->node[n->parent];
		if (!str_eq(n->side, STR("Inner")) || plan_keeps_rows(n) ||
		    !str_eq(plan->node[n->parent].type, STR("Nested Loop")) ||
		    !(outer = plan_outer_of(plan, n->parent)))
			continue;
		*out = (struct probe_repeated){.outer = outer->rows, .rows = plan->node[i].rows};
		for (; outer < plan->node + plan->count && !out->relation.n; outer++)
			out->relation = outer->relation;
		return true;
	}
	return false;
}
