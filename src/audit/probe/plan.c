/* EXPLAIN's JSON as a list of nodes. */
#include "audit/probe/internal.h"
#include "base/json.h"

static void plan_walk(const struct json_value *value, unsigned depth, struct probe_plan *plan)
{
	if (!value || plan->count == PROBE_NODES_MAX || depth >= JSON_MAX_DEPTH)
		return;
	struct probe_node *node = &plan->node[plan->count++];
	*node = (struct probe_node){
	    .type = json_text(json_get(value, "Node Type")),
	    .schema = json_text(json_get(value, "Schema")),
	    .relation = json_text(json_get(value, "Relation Name")),
	    .alias = json_text(json_get(value, "Alias")),
	    .index = json_text(json_get(value, "Index Name")),
	    .condition = json_text(json_get(value, "Index Cond")),
	    .filter = json_text(json_get(value, "Filter")),
	    .depth = depth,
	};
	if (!json_double(json_get(value, "Total Cost"), &node->cost) ||
	    !json_double(json_get(value, "Plan Rows"), &node->rows))
		node->cost = node->rows = 0;
	plan->sorts += str_eq(node->type, STR("Sort"));
	plan->incremental += str_eq(node->type, STR("Incremental Sort"));
	const struct json_value *children = json_get(value, "Plans");
	for (const struct json_value *v = children ? children->first : NULL; v; v = v->next)
		plan_walk(v, depth + 1, plan);
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
	plan_walk(json_path(tree, "0.Plan"), 0, plan);
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
