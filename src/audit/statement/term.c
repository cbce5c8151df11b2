/* Expressions of the parse tree as terms, normalised where a filter's meaning stays the same. */
#include "audit/statement/nodes.h"

#include <stdio.h>
#include <string.h>

static struct str term_z(const char *z)
{
	return str_of(z ? z : "");
}

static const char *last_name(List *names)
{
	Node *last = names ? llast(names) : NULL;
	return last && IsA(last, String) ? strVal(last) : "*";
}

static const char *first_name(List *names)
{
	return list_length(names) > 1 && IsA(linitial(names), String) ? strVal(linitial(names))
								      : "";
}

static uint32_t term_leaf(struct term_context *c, enum statement_term_kind kind, const char *text)
{
	return build_term(c->b, kind, term_z(text));
}

static void term_list(struct term_context *c, List *list)
{
	ListCell *cell;
	foreach (cell, list)
		term_of(c, lfirst(cell), false);
}

/* An operator or compound with its operands. */
static uint32_t term_pair(struct term_context *c, enum statement_term_kind kind, const char *text,
			  Node *left, Node *right)
{
	uint32_t t = term_leaf(c, kind, text);
	if (left)
		term_of(c, left, false);
	if (right)
		term_of(c, right, false);
	build_close(c->b, t);
	return t;
}

/* ---- constants, columns, parameters ---- */

static uint32_t term_constant(struct term_context *c, A_Const *k)
{
	char number[32];
	const char *text = number;
	enum statement_constant kind = STATEMENT_NUMBER;
	if (k->isnull) {
		kind = STATEMENT_NULL;
		text = "";
	} else if (IsA(&k->val, Integer)) {
		snprintf(number, sizeof(number), "%d", intVal(&k->val));
	} else if (IsA(&k->val, Float)) {
		text = castNode(Float, &k->val)->fval;
	} else if (IsA(&k->val, Boolean)) {
		kind = STATEMENT_BOOL;
		text = boolVal(&k->val) ? "true" : "false";
	} else {
		kind = STATEMENT_STRING;
		text =
		    IsA(&k->val, BitString) ? castNode(BitString, &k->val)->bsval : strVal(&k->val);
	}
	uint32_t t = term_leaf(c, STATEMENT_CONSTANT, text);
	if (t != STATEMENT_NONE)
		c->b->s.term[t].number = kind;
	return t;
}

static bool is_named(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* A name of PL/pgSQL, alone or with a field. */
static enum statement_term_kind column_kind(const struct build *b, ColumnRef *ref)
{
	Node *first = linitial(ref->fields);
	if (ref->location >= 0 && lex_hole(b->lex, b->shift + (uint32_t)ref->location))
		return STATEMENT_PARAMETER;
	if (!b->names || !IsA(first, String))
		return STATEMENT_COLUMN;
	if (is_named(b->names->variable, b->names->variables, strVal(first)))
		return STATEMENT_VARIABLE;
	bool argument = is_named(b->names->argument, b->names->arguments, strVal(first));
	return argument ? STATEMENT_PARAMETER : STATEMENT_COLUMN;
}

static void term_span(struct build *b, uint32_t term, int location, uint32_t tokens)
{
	if (term == STATEMENT_NONE || location < 0)
		return;
	uint32_t from = b->shift + (uint32_t)location, i = lex_at(b->lex, from);
	if (i + tokens <= b->lex->tokens && b->lex->token[i].from == from)
		b->s.term[term].span = build_span(b, from, b->lex->token[i + tokens - 1].to);
}

static uint32_t term_column(struct term_context *c, ColumnRef *ref)
{
	struct build *b = c->b;
	enum statement_term_kind kind = column_kind(b, ref);
	int parts = list_length(ref->fields);
	uint32_t t = term_leaf(c, kind, last_name(ref->fields));
	if (t == STATEMENT_NONE)
		return t;
	/* schema.table.column: the table is what qualifies */
	const char *table = parts > 1 && IsA(list_nth(ref->fields, parts - 2), String)
				? strVal(list_nth(ref->fields, parts - 2))
				: "";
	b->s.term[t].qualifier = build_text(b, term_z(table));
	term_span(b, t, ref->location, (uint32_t)(2 * parts - 1));
	return t;
}

static uint32_t term_parameter(struct term_context *c, ParamRef *param)
{
	char name[16];
	snprintf(name, sizeof(name), "$%d", param->number);
	uint32_t t = term_leaf(c, STATEMENT_PARAMETER, name);
	term_span(c->b, t, param->location, 1);
	return t;
}

static Node *without_cast(Node *node)
{
	while (node && IsA(node, TypeCast))
		node = ((TypeCast *)node)->arg;
	return node;
}

static bool is_constant(Node *node)
{
	node = without_cast(node);
	return node && (IsA(node, A_Const) || IsA(node, ParamRef));
}

bool term_is_bool(Node *node, bool *value)
{
	node = without_cast(node);
	if (!node || !IsA(node, A_Const) || ((A_Const *)node)->isnull ||
	    !IsA(&((A_Const *)node)->val, Boolean))
		return false;
	*value = boolVal(&((A_Const *)node)->val);
	return true;
}

/* ---- operators ---- */

static const struct {
	const char *name, *negated, *turned;
} comparisons[] = {
    {"=", "<>", "="}, {"<>", "=", "<>"}, {"<", ">=", ">"},
    {">", "<=", "<"}, {"<=", ">", ">="}, {">=", "<", "<="},
};

static const char *negated(const char *name)
{
	for (size_t i = 0; i < lengthof(comparisons); i++)
		if (strcmp(comparisons[i].name, name) == 0)
			return comparisons[i].negated;
	return NULL;
}

static const char *turned(const char *name)
{
	for (size_t i = 0; i < lengthof(comparisons); i++)
		if (strcmp(comparisons[i].name, name) == 0)
			return comparisons[i].turned;
	return NULL;
}

static uint32_t term_not(struct term_context *c, Node *node, bool filter);

bool term_turned(A_Expr *e)
{
	return e->kind == AEXPR_OP && e->lexpr && is_constant(e->lexpr) && !is_constant(e->rexpr) &&
	       turned(last_name(e->name));
}

static uint32_t term_compare(struct term_context *c, const char *name, Node *left, Node *right,
			     bool filter)
{
	bool value;
	if (left && is_constant(left) && !is_constant(right) && turned(name)) {
		Node *swap = left;
		left = right;
		right = swap;
		name = turned(name);
	}
	/* done = false is NOT done */
	if (left && (strcmp(name, "=") == 0 || strcmp(name, "<>") == 0) &&
	    term_is_bool(right, &value))
		return value == (*name == '=') ? term_of(c, left, filter)
					       : term_not(c, left, filter);
	return term_pair(c, STATEMENT_OPERATOR, name, left, right);
}

uint32_t term_equal(struct term_context *c, Node *left, Node *right)
{
	return term_compare(c, "=", left, right, true);
}

/* x IN (a, b), x = ANY (ARRAY[a, b]); one member is a comparison. */
static uint32_t term_member(struct term_context *c, Node *left, List *list, bool in, bool filter)
{
	uint32_t no = STATEMENT_NONE;
	if (list_length(list) == 1)
		return term_compare(c, in ? "=" : "<>", left, linitial(list), filter);
	if (!in)
		no = term_leaf(c, STATEMENT_NOT, "");
	uint32_t t = term_leaf(c, STATEMENT_MEMBER, "");
	term_of(c, left, false);
	term_list(c, list);
	build_close(c->b, t);
	build_close(c->b, no);
	return in ? t : no;
}

static uint32_t term_between(struct term_context *c, A_Expr *e, bool in, bool filter)
{
	List *bounds = castNode(List, e->rexpr);
	uint32_t t = term_leaf(c, in ? STATEMENT_AND : STATEMENT_OR, "");
	term_compare(c, in ? ">=" : "<", e->lexpr, linitial(bounds), filter);
	term_compare(c, in ? "<=" : ">", e->lexpr, lsecond(bounds), filter);
	build_close(c->b, t);
	return t;
}

/* x = ANY (ARRAY(SELECT ...)), x = ANY (ARRAY[...]), x <> ALL (...) */
static uint32_t term_any(struct term_context *c, A_Expr *e, const char *name, bool any)
{
	Node *right = without_cast(e->rexpr);
	bool in = any && strcmp(name, "=") == 0, out = !any && strcmp(name, "<>") == 0;
	if ((in || out) && IsA(right, A_ArrayExpr))
		return term_member(c, e->lexpr, ((A_ArrayExpr *)right)->elements, in, false);
	if ((in || out) && IsA(right, SubLink) &&
	    ((SubLink *)right)->subLinkType == ARRAY_SUBLINK) {
		uint32_t no = in ? STATEMENT_NONE : term_leaf(c, STATEMENT_NOT, "");
		uint32_t t = term_leaf(c, STATEMENT_QUERY, "in");
		term_of(c, e->lexpr, false);
		uint32_t query = c->query_of(c->b, c->query, STATEMENT_IN_ARRAY,
					     (SelectStmt *)((SubLink *)right)->subselect);
		if (t != STATEMENT_NONE)
			c->b->s.term[t].number = query;
		build_close(c->b, t);
		build_close(c->b, no);
		return in ? t : no;
	}
	char text[80];
	snprintf(text, sizeof(text), "%.60s %s", name, any ? "any" : "all");
	return term_pair(c, STATEMENT_OPERATOR, text, e->lexpr, e->rexpr);
}

static uint32_t term_expression(struct term_context *c, A_Expr *e, bool filter)
{
	const char *name = last_name(e->name);
	switch (e->kind) {
	case AEXPR_OP:
		return term_compare(c, name, e->lexpr, e->rexpr, filter);
	case AEXPR_OP_ANY:
	case AEXPR_OP_ALL:
		return term_any(c, e, name, e->kind == AEXPR_OP_ANY);
	case AEXPR_DISTINCT:
		return term_pair(c, STATEMENT_DISTINCT, "", e->lexpr, e->rexpr);
	case AEXPR_IN:
		return term_member(c, e->lexpr, castNode(List, e->rexpr), *name == '=', filter);
	case AEXPR_BETWEEN:
	case AEXPR_NOT_BETWEEN:
		return term_between(c, e, e->kind == AEXPR_BETWEEN, filter);
	case AEXPR_NOT_DISTINCT: {
		uint32_t no = term_leaf(c, STATEMENT_NOT, "");
		term_pair(c, STATEMENT_DISTINCT, "", e->lexpr, e->rexpr);
		build_close(c->b, no);
		return no;
	}
	default:
		return term_pair(c, STATEMENT_OPERATOR, name, e->lexpr, e->rexpr);
	}
}

static uint32_t term_bool(struct term_context *c, BoolExpr *e, bool filter)
{
	ListCell *cell;
	if (e->boolop == NOT_EXPR)
		return term_not(c, linitial(e->args), filter);
	uint32_t t = term_leaf(c, e->boolop == AND_EXPR ? STATEMENT_AND : STATEMENT_OR, "");
	foreach (cell, e->args)
		term_of(c, lfirst(cell), filter);
	build_close(c->b, t);
	return t;
}

static uint32_t term_null(struct term_context *c, NullTest *test, bool is)
{
	return term_pair(c, is ? STATEMENT_IS_NULL : STATEMENT_NOT_NULL, "", (Node *)test->arg,
			 NULL);
}

static uint32_t term_truth(struct term_context *c, BooleanTest *test, bool filter)
{
	static const char *const names[] = {
	    [IS_TRUE] = "is true",       [IS_NOT_TRUE] = "is not true",
	    [IS_FALSE] = "is false",     [IS_NOT_FALSE] = "is not false",
	    [IS_UNKNOWN] = "is unknown", [IS_NOT_UNKNOWN] = "is not unknown"};
	if (filter && test->booltesttype == IS_TRUE)
		return term_of(c, (Node *)test->arg, true);
	if (filter && test->booltesttype == IS_FALSE)
		return term_not(c, (Node *)test->arg, true);
	if (test->booltesttype == IS_UNKNOWN || test->booltesttype == IS_NOT_UNKNOWN)
		return term_pair(
		    c, test->booltesttype == IS_UNKNOWN ? STATEMENT_IS_NULL : STATEMENT_NOT_NULL,
		    "", (Node *)test->arg, NULL);
	return term_pair(c, STATEMENT_OPERATOR, names[test->booltesttype], (Node *)test->arg, NULL);
}

/* NOT, pushed in where that changes nothing. */
static uint32_t term_not(struct term_context *c, Node *node, bool filter)
{
	bool value;
	if (IsA(node, BoolExpr) && ((BoolExpr *)node)->boolop == NOT_EXPR)
		return term_of(c, linitial(((BoolExpr *)node)->args), false);
	if (IsA(node, NullTest))
		return term_null(c, (NullTest *)node, ((NullTest *)node)->nulltesttype != IS_NULL);
	if (IsA(node, A_Expr)) {
		A_Expr *e = (A_Expr *)node;
		const char *name = last_name(e->name);
		if (e->kind == AEXPR_OP && e->lexpr && negated(name))
			return term_compare(c, negated(name), e->lexpr, e->rexpr, filter);
		if (e->kind == AEXPR_IN)
			return term_member(c, e->lexpr, castNode(List, e->rexpr), *name != '=',
					   filter);
		if ((e->kind == AEXPR_OP_ANY || e->kind == AEXPR_OP_ALL) && negated(name))
			return term_any(c, e, negated(name), e->kind == AEXPR_OP_ALL);
		if (e->kind == AEXPR_NOT_DISTINCT)
			return term_pair(c, STATEMENT_DISTINCT, "", e->lexpr, e->rexpr);
		if (e->kind == AEXPR_BETWEEN || e->kind == AEXPR_NOT_BETWEEN)
			return term_between(c, e, e->kind != AEXPR_BETWEEN, filter);
	}
	if (term_is_bool(node, &value)) {
		uint32_t t = term_leaf(c, STATEMENT_CONSTANT, value ? "false" : "true");
		if (t != STATEMENT_NONE)
			c->b->s.term[t].number = STATEMENT_BOOL;
		return t;
	}
	uint32_t t = term_leaf(c, STATEMENT_NOT, "");
	term_of(c, node, false);
	build_close(c->b, t);
	return t;
}

/* ---- the rest ---- */

static uint32_t term_sublink(struct term_context *c, SubLink *link)
{
	bool any = link->subLinkType == ANY_SUBLINK;
	bool in = any && (!link->operName || strcmp(last_name(link->operName), "=") == 0);
	enum statement_role role = in                                    ? STATEMENT_IN
				   : link->subLinkType == EXISTS_SUBLINK ? STATEMENT_EXISTS
				   : link->subLinkType == EXPR_SUBLINK   ? STATEMENT_SCALAR
									 : STATEMENT_ELSEWHERE;
	uint32_t t = term_leaf(c, STATEMENT_QUERY, in ? "in" : "");
	if (link->testexpr)
		term_of(c, link->testexpr, false);
	uint32_t query = c->query_of(c->b, c->query, role, (SelectStmt *)link->subselect);
	if (t != STATEMENT_NONE)
		c->b->s.term[t].number = query;
	build_close(c->b, t);
	return t;
}

static uint32_t term_function(struct term_context *c, FuncCall *call)
{
	static const char *const now[] = {"now", "transaction_timestamp"};
	const char *name = last_name(call->funcname);
	for (size_t i = 0; i < lengthof(now); i++)
		if (strcmp(name, now[i]) == 0)
			name = "now";
	uint32_t t = term_leaf(c, STATEMENT_FUNCTION, name);
	if (t != STATEMENT_NONE)
		c->b->s.term[t].qualifier = build_text(c->b, term_z(first_name(call->funcname)));
	term_span(c->b, t, call->location, (uint32_t)(2 * list_length(call->funcname) - 1));
	term_list(c, call->args);
	term_list(c, call->agg_order);
	if (call->agg_filter)
		term_of(c, call->agg_filter, true);
	if (call->over)
		c->window_of(c->b, c->query, call->over);
	build_close(c->b, t);
	return t;
}

static uint32_t term_value_function(struct term_context *c, SQLValueFunction *value)
{
	char text[24];
	if (value->op == SVFOP_CURRENT_TIMESTAMP)
		return term_leaf(c, STATEMENT_FUNCTION, "now");
	snprintf(text, sizeof(text), "sql value %d", (int)value->op);
	return term_leaf(c, STATEMENT_FUNCTION, text);
}

static uint32_t term_cast(struct term_context *c, TypeCast *cast)
{
	if (is_constant(cast->arg))
		return term_of(c, without_cast(cast->arg), false);
	return term_pair(c, STATEMENT_CAST, last_name(cast->typeName->names), cast->arg, NULL);
}

static bool term_child(Node *node, void *context)
{
	if (node)
		term_of(context, node, false);
	return false;
}

/* A node without a form of its own: its children become terms, so that no query or call in it is
 * missed. */
static uint32_t term_compound(struct term_context *c, Node *node)
{
	char text[24];
	/* CASE WHEN a THEN b ... ELSE c END is a, b, ..., c */
	bool chosen =
	    IsA(node, CaseExpr) && !((CaseExpr *)node)->arg && ((CaseExpr *)node)->defresult;
	snprintf(text, sizeof(text),
		 IsA(node, CollateClause)  ? "collate"
		 : IsA(node, CoalesceExpr) ? "coalesce"
		 : chosen                  ? "case"
					   : "node %d",
		 (int)nodeTag(node));
	uint32_t t = term_leaf(c, STATEMENT_COMPOUND, text);
	switch (nodeTag(node)) {
	case T_CoalesceExpr:
	case T_MinMaxExpr:
	case T_CaseExpr:
	case T_CaseWhen:
	case T_RowExpr:
	case T_A_ArrayExpr:
	case T_A_Indirection:
	case T_A_Indices:
	case T_CollateClause:
	case T_NamedArgExpr:
	case T_SortBy:
	case T_XmlExpr:
	case T_XmlSerialize:
	case T_GroupingFunc:
	case T_List:
	case T_ResTarget:
	case T_MultiAssignRef:
		raw_expression_tree_walker(node, term_child, c);
		break;
	default:
		break;
	}
	build_close(c->b, t);
	return t;
}

static uint32_t term_node(struct term_context *c, Node *node, bool filter)
{
	switch (nodeTag(node)) {
	case T_A_Const:
		return term_constant(c, (A_Const *)node);
	case T_ColumnRef:
		return term_column(c, (ColumnRef *)node);
	case T_ParamRef:
		return term_parameter(c, (ParamRef *)node);
	case T_A_Expr:
		return term_expression(c, (A_Expr *)node, filter);
	case T_BoolExpr:
		return term_bool(c, (BoolExpr *)node, filter);
	case T_NullTest:
		return term_null(c, (NullTest *)node, ((NullTest *)node)->nulltesttype == IS_NULL);
	case T_BooleanTest:
		return term_truth(c, (BooleanTest *)node, filter);
	case T_SubLink:
		return term_sublink(c, (SubLink *)node);
	case T_FuncCall:
		return term_function(c, (FuncCall *)node);
	case T_SQLValueFunction:
		return term_value_function(c, (SQLValueFunction *)node);
	case T_TypeCast:
		return term_cast(c, (TypeCast *)node);
	default:
		return term_compound(c, node);
	}
}

uint32_t term_of(struct term_context *c, Node *node, bool filter)
{
	struct build *b = c->b;
	if (b->depth >= BUILD_DEPTH_MAX || b->too_deep) {
		b->too_deep = true;
		return STATEMENT_NONE;
	}
	b->depth++;
	uint32_t t = term_node(c, node, filter);
	b->depth--;
	return t;
}

/* ---- where an expression stands ---- */

struct offset_search {
	int least;
	unsigned depth;
};

static bool offset_walk(Node *node, void *context)
{
	struct offset_search *s = context;
	if (!node || s->depth > BUILD_DEPTH_MAX)
		return false;
	int at = exprLocation(node);
	if (at >= 0 && (s->least < 0 || at < s->least))
		s->least = at;
	if (IsA(node, SubLink))
		return offset_walk(((SubLink *)node)->testexpr, context);
	if (IsA(node, SelectStmt) || !IsA(node, A_Expr))
		return false;
	s->depth++;
	offset_walk(((A_Expr *)node)->lexpr, context);
	s->depth--;
	return false;
}

uint32_t term_offset(const struct build *b, Node *node)
{
	struct offset_search s = {.least = -1};
	offset_walk(node, &s);
	return s.least < 0 ? STATEMENT_NONE : b->shift + (uint32_t)s.least;
}
