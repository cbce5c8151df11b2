/* SELECT, INSERT, UPDATE, DELETE and MERGE of the parse tree as facts. Utility statements are named
 * and not walked: the walker of libpg_query ends the process over most of them. */
#include "audit/statement/nodes.h"

#include <string.h>

enum { QUERY_ARMS_MAX = 16 };

static uint32_t query_select(struct build *b, uint32_t parent, enum statement_role role,
			     SelectStmt *select);
static void query_write(struct build *b, uint32_t query, Node *node);

static void query_window(struct build *b, uint32_t query, WindowDef *window);

static struct term_context query_terms(struct build *b, uint32_t query)
{
	return (struct term_context){b, query, query_select, query_window};
}

static struct statement_span clause_span(const struct build *b, struct clause c)
{
	if (c.from >= c.to)
		return (struct statement_span){0};
	return build_span(b, b->lex->token[c.from].from, b->lex->token[c.to - 1].to);
}

/* ---- relations ---- */

static void query_table(struct build *b, uint32_t query, RangeVar *table, bool target,
			bool nullable)
{
	struct statement_relation *r = build_relation(b, query);
	r->name = build_text(b, str_of(table->relname));
	r->schema = build_text(b, str_of(table->schemaname ? table->schemaname : ""));
	r->alias = build_text(b, str_of(table->alias ? table->alias->aliasname : table->relname));
	r->target = target;
	r->renamed = table->alias && table->alias->colnames;
	r->nullable = nullable;
	if (table->location >= 0) {
		uint32_t from = b->shift + (uint32_t)table->location, i = lex_at(b->lex, from);
		uint32_t last = i + (table->schemaname ? 2 : 0);
		if (last < b->lex->tokens)
			r->span = build_span(b, from, b->lex->token[last].to);
	}
}

static void query_conjuncts(struct build *b, uint32_t query, Node *node, struct clause where,
			    bool join);

static struct clause query_on(const struct build *b, Node *condition)
{
	uint32_t offset = term_offset(b, condition);
	return offset == STATEMENT_NONE ? (struct clause){0} : clause_on(b, offset);
}

static void query_from(struct build *b, uint32_t query, Node *node, bool nullable)
{
	struct term_context c = query_terms(b, query);
	if (b->depth >= BUILD_DEPTH_MAX) {
		b->too_deep = true;
		return;
	}
	b->depth++;
	if (IsA(node, RangeVar)) {
		query_table(b, query, (RangeVar *)node, false, nullable);
	} else if (IsA(node, RangeSubselect)) {
		RangeSubselect *sub = (RangeSubselect *)node;
		uint32_t number =
		    query_select(b, query, STATEMENT_FROM, (SelectStmt *)sub->subquery);
		struct statement_relation *r = build_relation(b, query);
		r->select = number;
		r->nullable = nullable;
		r->renamed = sub->alias && sub->alias->colnames;
		r->alias = build_text(b, str_of(sub->alias ? sub->alias->aliasname : ""));
	} else if (IsA(node, JoinExpr)) {
		JoinExpr *join = (JoinExpr *)node;
		bool left = join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL;
		bool right = join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL;
		query_from(b, query, join->larg, nullable || left);
		query_from(b, query, join->rarg, nullable || right);
		if (join->quals && join->jointype == JOIN_INNER)
			query_conjuncts(b, query, join->quals, query_on(b, join->quals), true);
		else if (join->quals)
			term_of(&c, join->quals, false);
	} else if (IsA(node, RangeFunction)) {
		ListCell *cell;
		foreach (cell, ((RangeFunction *)node)->functions) {
			List *function = lfirst(cell);
			if (linitial(function))
				term_of(&c, linitial(function), false);
		}
	} else if (IsA(node, RangeTableSample)) {
		b->s.query[query].flags |= STATEMENT_SAMPLES;
		query_from(b, query, ((RangeTableSample *)node)->relation, nullable);
	}
	b->depth--;
}

static void query_from_list(struct build *b, uint32_t query, List *list)
{
	ListCell *cell;
	foreach (cell, list)
		query_from(b, query, lfirst(cell), false);
}

/* ---- conditions ---- */

/* Spans of the operands: what stands around the operator, inside the same parentheses. */
static void query_operands(struct build *b, struct statement_conjunct *conjunct, A_Expr *e,
			   struct clause part)
{
	const struct lex *lex = b->lex;
	if (e->location < 0 || !e->lexpr || !e->rexpr)
		return;
	uint32_t at = lex_at(lex, b->shift + (uint32_t)e->location), words = 1;
	bool between = e->kind == AEXPR_BETWEEN;
	if (e->kind == AEXPR_DISTINCT)
		words = 3; /* IS DISTINCT FROM */
	else if (e->kind == AEXPR_NOT_DISTINCT)
		words = 4;
	else if (e->kind != AEXPR_OP && e->kind != AEXPR_IN && e->kind != AEXPR_OP_ANY &&
		 e->kind != AEXPR_OP_ALL && e->kind != AEXPR_LIKE && e->kind != AEXPR_ILIKE &&
		 !between)
		return;
	if (between && lex_is(lex, at + 1, "asymmetric"))
		words = 2;
	if (at <= part.from || at + words >= part.to || lex_is(lex, at, "not") ||
	    lex_is(lex, at, "operator"))
		return;
	struct clause left = {at, at}, right = {at + words, at + words};
	while (left.from > part.from && lex->token[left.from - 1].depth >= lex->token[at].depth)
		left.from--;
	while (right.to < part.to && lex->token[right.to].depth >= lex->token[at].depth)
		right.to++;
	if (between) {
		uint32_t and = right.from;
		while (and < right.to &&
		       (lex->token[and].depth > lex->token[at].depth || !lex_is(lex, and, "and")))
			and++;
		if (and == right.to)
			return;
		conjunct->left = clause_span(b, left);
		conjunct->right = clause_span(b, (struct clause){right.from, and});
		conjunct->upper = clause_span(b, (struct clause){and+1, right.to});
		return;
	}
	bool turn = term_turned(e);
	conjunct->left = clause_span(b, turn ? right : left);
	conjunct->right = clause_span(b, turn ? left : right);
}

/* COALESCE(x, false) */
static bool query_is_filled(Node *node)
{
	CoalesceExpr *e = (CoalesceExpr *)node;
	bool value = true;
	return IsA(node, CoalesceExpr) && list_length(e->args) == 2 &&
	       term_is_bool(lsecond(e->args), &value) && !value;
}

/* CASE WHEN x THEN true ELSE false END. Without ELSE it is NULL, which satisfies a CHECK. */
static bool query_is_case(Node *node)
{
	CaseExpr *e = (CaseExpr *)node;
	bool value = false, other = true;
	return IsA(node, CaseExpr) && !e->arg && list_length(e->args) == 1 && e->defresult &&
	       term_is_bool((Node *)((CaseWhen *)linitial(e->args))->result, &value) && value &&
	       term_is_bool((Node *)e->defresult, &other) && !other;
}

/* The condition that a WHERE tests behind what changes nothing for it: x of x IS TRUE,
 * COALESCE(x, false) and CASE WHEN x THEN true ELSE false END. *part: where it stands. */
static Node *query_inside(const struct build *b, Node *node, struct clause *part)
{
	const struct lex *lex = b->lex;
	for (;;) {
		struct clause in = clause_inside(lex, *part);
		uint32_t then = in.from;
		bool known = in.from + 3 < in.to;
		if (IsA(node, BooleanTest) && ((BooleanTest *)node)->booltesttype == IS_TRUE) {
			node = (Node *)((BooleanTest *)node)->arg;
			in.to -= known ? 2 : 0;
		} else if (query_is_filled(node)) {
			node = linitial(((CoalesceExpr *)node)->args);
			known = known && lex_is(lex, in.from, "coalesce");
			in = (struct clause){in.from + 2, in.to - 1};
			in = known ? clause_nth(lex, in, ",", 0) : in;
		} else if (query_is_case(node)) {
			node = (Node *)((CaseWhen *)linitial(((CaseExpr *)node)->args))->expr;
			known = known && lex_is(lex, in.from, "case");
			while (then < in.to &&
			       (lex->token[then].depth != lex->token[in.from].depth + 1 ||
				!lex_is(lex, then, "then")))
				then++;
			in = (struct clause){in.from + 2, then};
		} else {
			return node;
		}
		*part = known ? in : (struct clause){0};
	}
}

/* The operands of a comparison, also behind NOT, or of a call with two arguments. */
static void query_sides(struct build *b, struct statement_conjunct *conjunct, Node *node,
			struct clause part)
{
	const struct lex *lex = b->lex;
	part = clause_inside(lex, part);
	if (part.from >= part.to)
		return;
	if (IsA(node, BoolExpr) && ((BoolExpr *)node)->boolop == NOT_EXPR &&
	    lex_is(lex, part.from, "not")) {
		node = linitial(((BoolExpr *)node)->args);
		part = clause_inside(lex, (struct clause){part.from + 1, part.to});
		if (!IsA(node, A_Expr) ||
		    (((A_Expr *)node)->kind != AEXPR_OP && ((A_Expr *)node)->kind != AEXPR_OP_ALL))
			return;
	}
	if (IsA(node, A_Expr))
		query_operands(b, conjunct, (A_Expr *)node, part);
	uint32_t open = part.from + 1;
	if (IsA(node, FuncCall) && list_length(((FuncCall *)node)->args) == 2 &&
	    open + 4 < part.to && lex->token[part.to - 1].depth == lex->token[part.from].depth) {
		const struct clause list = {open + 1, part.to - 1};
		if (lex->text[lex->token[open].from] != '(')
			return;
		conjunct->left = clause_span(b, clause_nth(lex, list, ",", 0));
		conjunct->right = clause_span(b, clause_nth(lex, list, ",", 1));
	}
}

/* The nth operand of an AND or OR, which is a term with as many as the node. */
static uint32_t query_operand(const struct build *b, uint32_t term, int n)
{
	uint32_t operand = term + 1;
	while (n-- > 0)
		operand += b->s.term[operand].size;
	return operand;
}

static bool query_has_operands(const struct build *b, uint32_t term, const BoolExpr *e)
{
	uint32_t end = term + b->s.term[term].size, operand = term + 1;
	int count = 0;
	for (; operand < end; operand += b->s.term[operand].size)
		count++;
	return count == list_length(e->args);
}

static void query_arm(struct build *b, struct statement_arm *arm, Node *node, uint32_t term,
		      struct clause around, struct clause part)
{
	arm->around = clause_span(b, around);
	arm->is.term = term;
	arm->is.span = clause_span(b, part);
	node = query_inside(b, node, &part);
	query_sides(b, &arm->is, node, part);
}

/* The conditions of the alternatives; those whose places are not certain are left out. */
static void query_arms(struct build *b, uint32_t conjunct, BoolExpr *e, struct clause part)
{
	const struct lex *lex = b->lex;
	uint32_t term = b->s.conjunct[conjunct].term;
	struct clause whole = clause_inside(lex, part);
	size_t count = (size_t)list_length(e->args);
	struct clause more = clause_nth(lex, whole, "or", count);
	if (b->s.term[term].kind != STATEMENT_OR || !query_has_operands(b, term, e) ||
	    count > QUERY_ARMS_MAX || more.from < more.to)
		return;
	for (int n = 0; n < list_length(e->args); n++) {
		struct clause around = clause_nth(lex, whole, "or", (size_t)n);
		Node *node = list_nth(e->args, n);
		BoolExpr *all = IsA(node, BoolExpr) ? (BoolExpr *)node : NULL;
		uint32_t operand = query_operand(b, term, n);
		if (!all || all->boolop != AND_EXPR || b->s.term[operand].kind != STATEMENT_AND ||
		    !query_has_operands(b, operand, all)) {
			query_arm(b, build_arm(b, conjunct, (uint32_t)n), node, operand, around,
				  around);
			continue;
		}
		for (int i = 0; i < list_length(all->args); i++)
			query_arm(b, build_arm(b, conjunct, (uint32_t)n), list_nth(all->args, i),
				  query_operand(b, operand, i), around,
				  clause_nth(lex, clause_inside(lex, around), "and", (size_t)i));
	}
}

/* (a, b) = (x, y): a conjunct for each pair, all with the span of the whole. */
static bool query_rows(struct build *b, uint32_t query, Node *node, struct clause part, bool join)
{
	struct term_context c = query_terms(b, query);
	const struct lex *lex = b->lex;
	A_Expr *e = (A_Expr *)node;
	if (!IsA(node, A_Expr) || e->kind != AEXPR_OP || !e->lexpr || !IsA(e->lexpr, RowExpr) ||
	    !IsA(e->rexpr, RowExpr) || strcmp(strVal(llast(e->name)), "=") != 0)
		return false;
	List *left = ((RowExpr *)e->lexpr)->args, *right = ((RowExpr *)e->rexpr)->args;
	if (list_length(left) != list_length(right) || !left || part.from >= part.to)
		return false;
	struct clause in = clause_inside(lex, part), side[2];
	uint32_t at = e->location < 0 ? 0 : lex_at(lex, b->shift + (uint32_t)e->location);
	if (at <= in.from || at + 1 >= in.to)
		return false;
	side[0] = (struct clause){in.from, at};
	side[1] = (struct clause){at + 1, in.to};
	for (size_t i = 0; i < 2; i++) {
		side[i].from += lex_is(lex, side[i].from, "row");
		side[i] = clause_inside(lex, side[i]);
	}
	for (int i = 0; i < list_length(left); i++) {
		uint32_t term =
		    term_equal(&c, (Node *)list_nth(left, i), (Node *)list_nth(right, i));
		if (term == STATEMENT_NONE)
			return true;
		struct statement_conjunct *conjunct = build_conjunct(b, query);
		conjunct->term = term;
		conjunct->join = join;
		conjunct->span = clause_span(b, part);
		conjunct->left = clause_span(b, clause_nth(lex, side[0], ",", (size_t)i));
		conjunct->right = clause_span(b, clause_nth(lex, side[1], ",", (size_t)i));
	}
	return true;
}

static void query_conjuncts(struct build *b, uint32_t query, Node *node, struct clause where,
			    bool join)
{
	struct term_context c = query_terms(b, query);
	ListCell *cell;
	if (IsA(node, BoolExpr) && ((BoolExpr *)node)->boolop == AND_EXPR &&
	    b->depth < BUILD_DEPTH_MAX) {
		b->depth++;
		foreach (cell, ((BoolExpr *)node)->args)
			query_conjuncts(b, query, lfirst(cell), where, join);
		b->depth--;
		return;
	}
	uint32_t offset = term_offset(b, node);
	struct clause part = {0}, inside;
	if (offset != STATEMENT_NONE && where.from < where.to)
		part = clause_part(b->lex, where, "and", offset);
	if (query_rows(b, query, node, part, join))
		return;
	inside = part;
	Node *condition = query_inside(b, node, &inside);
	uint32_t term = term_of(&c, condition, true);
	if (term == STATEMENT_NONE)
		return;
	struct statement_conjunct *conjunct = build_conjunct(b, query);
	conjunct->term = term;
	conjunct->join = join;
	conjunct->span = clause_span(b, part);
	query_sides(b, conjunct, condition, inside);
	if (node == condition && IsA(node, BoolExpr) && part.from < part.to)
		query_arms(b, b->s.head.conjuncts - 1, (BoolExpr *)node, part);
}

static void query_order(struct build *b, uint32_t query, List *items, struct clause order,
			uint32_t window)
{
	struct term_context c = query_terms(b, query);
	for (int i = 0; i < list_length(items); i++) {
		SortBy *item = list_nth(items, i);
		uint32_t term = term_of(&c, item->node, false);
		struct statement_order *o = build_order(b, query);
		o->term = term;
		o->window = window;
		o->descending = item->sortby_dir == SORTBY_DESC;
		o->nulls = item->sortby_nulls == SORTBY_NULLS_FIRST  ? 1
			   : item->sortby_nulls == SORTBY_NULLS_LAST ? 2
								     : 0;
		struct clause span = clause_nth(b->lex, order, ",", (size_t)i);
		o->span = clause_span(b, span);
		o->expression = clause_span(b, clause_sorted(b->lex, span));
	}
}

/* Of OVER (...) and of WINDOW w AS (...). */
static void query_window(struct build *b, uint32_t query, WindowDef *window)
{
	struct clause order = {0};
	if (window->location >= 0)
		order = clause_window(b, b->shift + (uint32_t)window->location);
	if (window->orderClause)
		query_order(b, query, window->orderClause, order, ++b->windows);
}

static bool is_one(Node *limit)
{
	return limit && IsA(limit, A_Const) && !((A_Const *)limit)->isnull &&
	       IsA(&((A_Const *)limit)->val, Integer) && intVal(&((A_Const *)limit)->val) == 1;
}

/* ---- SELECT ---- */

static void query_with(struct build *b, uint32_t query, WithClause *with)
{
	ListCell *cell;
	if (!with)
		return;
	foreach (cell, with->ctes) {
		CommonTableExpr *cte = lfirst(cell);
		uint32_t number;
		if (IsA(cte->ctequery, SelectStmt)) {
			number = query_select(b, query, STATEMENT_CTE, (SelectStmt *)cte->ctequery);
		} else {
			number = build_query(b, query, STATEMENT_CTE);
			b->s.query[number].flags |= STATEMENT_WRITES;
			query_write(b, number, cte->ctequery);
		}
		b->s.query[number].name = build_text(b, str_of(cte->ctename));
		if (cte->aliascolnames)
			b->s.query[number].flags |= STATEMENT_RENAMED;
	}
}

/* The expression of an output, without AS and its name. */
static struct clause query_expression(const struct build *b, struct clause list, size_t n,
				      const ResTarget *target)
{
	struct clause part = clause_nth(b->lex, list, ",", n);
	if (part.from >= part.to || target->location < 0)
		return (struct clause){0};
	/* behind DISTINCT ON (...) */
	part.from = lex_at(b->lex, b->shift + (uint32_t)target->location);
	if (target->name)
		part.to -= part.to > part.from + 2 && lex_is(b->lex, part.to - 2, "as") ? 2 : 1;
	return part;
}

static void query_outputs(struct build *b, uint32_t query, List *targets, struct clause list)
{
	struct term_context c = query_terms(b, query);
	for (int i = 0; i < list_length(targets); i++) {
		ResTarget *target = list_nth(targets, i);
		uint32_t term = term_of(&c, target->val, false);
		if (term == STATEMENT_NONE)
			continue;
		struct statement_output *o = build_output(b, query);
		o->term = term;
		o->span = clause_span(b, query_expression(b, list, (size_t)i, target));
		o->name = target->name ? build_text(b, str_of(target->name))
			  : b->s.term[term].kind == STATEMENT_COLUMN ? b->s.term[term].text
								     : (struct statement_text){0};
	}
}

static void query_loose(struct build *b, uint32_t query, List *list)
{
	struct term_context c = query_terms(b, query);
	ListCell *cell;
	foreach (cell, list)
		if (lfirst(cell))
			term_of(&c, lfirst(cell), false);
}

static void query_windows(struct build *b, uint32_t query, List *windows)
{
	ListCell *cell;
	foreach (cell, windows)
		query_window(b, query, lfirst(cell));
}

static uint32_t query_limits(struct build *b, uint32_t query, SelectStmt *select)
{
	struct term_context c = query_terms(b, query);
	ListCell *cell;
	uint32_t flags = 0;
	if (select->limitCount &&
	    !(IsA(select->limitCount, A_Const) && ((A_Const *)select->limitCount)->isnull)) {
		flags |= STATEMENT_LIMIT | (is_one(select->limitCount) ? STATEMENT_LIMIT_ONE : 0);
		b->s.query[query].limit = term_of(&c, select->limitCount, false);
	}
	if (select->limitOffset) {
		flags |= STATEMENT_OFFSET;
		b->s.query[query].offset = term_of(&c, select->limitOffset, false);
	}
	foreach (cell, select->lockingClause) {
		LockingClause *lock = lfirst(cell);
		flags |= STATEMENT_LOCK;
		flags |= lock->waitPolicy == LockWaitSkip ? STATEMENT_SKIP_LOCKED : 0;
	}
	if (select->distinctClause || select->groupClause || select->havingClause)
		flags |= STATEMENT_GROUPED;
	foreach (cell, select->groupClause)
		if (IsA(lfirst(cell), GroupingSet))
			flags |= STATEMENT_GROUPING_SETS;
	return flags;
}

static void query_spans(struct build *b, uint32_t query, SelectStmt *select, struct clauses *at)
{
	struct statement_query *q = &b->s.query[query];
	SelectStmt *first = select;
	while (first->op != SETOP_NONE)
		first = first->larg;
	*at = (struct clauses){0};
	ResTarget *target = first->targetList ? linitial(first->targetList) : NULL;
	if (target && target->location >= 0)
		clauses_of(b, b->shift + (uint32_t)target->location, "select", at);
	if (!at->known)
		return;
	q->span = clause_span(b, at->all);
	q->from = clause_span(b, at->from);
	q->where = clause_span(b, at->where);
	q->lock = clause_span(b, at->lock);
	q->clauses = build_span(b, 0, b->lex->token[at->insert].to).to;
}

static uint32_t query_select(struct build *b, uint32_t parent, enum statement_role role,
			     SelectStmt *select)
{
	struct clauses at;
	uint32_t query = build_query(b, parent, role);
	if (b->depth >= BUILD_DEPTH_MAX || !IsA(select, SelectStmt)) {
		b->too_deep |= b->depth >= BUILD_DEPTH_MAX;
		return query;
	}
	b->depth++;
	query_spans(b, query, select, &at);
	query_with(b, query, select->withClause);
	if (select->op != SETOP_NONE) {
		b->s.query[query].flags |= STATEMENT_GROUPED;
		query_select(b, query, STATEMENT_ARM, select->larg);
		query_select(b, query, STATEMENT_ARM, select->rarg);
	}
	query_from_list(b, query, select->fromClause);
	query_outputs(b, query, select->targetList, at.list);
	if (select->whereClause)
		query_conjuncts(b, query, select->whereClause, at.where, false);
	query_loose(b, query, select->groupClause);
	if (select->havingClause)
		query_loose(b, query, list_make1(select->havingClause));
	query_windows(b, query, select->windowClause);
	query_order(b, query, select->sortClause, at.order, 0);
	uint32_t flags = query_limits(b, query, select);
	b->s.query[query].flags |= flags;
	ListCell *cell;
	foreach (cell, select->valuesLists)
		query_loose(b, query, lfirst(cell));
	b->depth--;
	return query;
}

/* ---- writes ---- */

static void query_sets(struct build *b, uint32_t query, List *targets)
{
	struct term_context c = query_terms(b, query);
	ListCell *cell;
	foreach (cell, targets) {
		ResTarget *target = lfirst(cell);
		bool multiple = target->val && IsA(target->val, MultiAssignRef);
		uint32_t term = STATEMENT_NONE;
		/* of (a, b) = (SELECT ...) the source once */
		if (!multiple && target->val)
			term = term_of(&c, target->val, false);
		else if (multiple && ((MultiAssignRef *)target->val)->colno == 1)
			term_of(&c, ((MultiAssignRef *)target->val)->source, false);
		struct statement_set *set = build_set(b, query);
		set->column = build_text(b, str_of(target->name));
		set->term = term;
	}
}

static void query_write_spans(struct build *b, uint32_t query, RangeVar *table, const char *keyword,
			      struct clauses *at)
{
	*at = (struct clauses){0};
	if (table->location >= 0)
		clauses_of(b, b->shift + (uint32_t)table->location, keyword, at);
	if (!at->known)
		return;
	b->s.query[query].span = clause_span(b, at->all);
	b->s.query[query].from = clause_span(b, at->from);
	b->s.query[query].where = clause_span(b, at->where);
	b->s.query[query].clauses = build_span(b, 0, b->lex->token[at->insert].to).to;
}

static void query_update(struct build *b, uint32_t query, UpdateStmt *update)
{
	struct clauses at;
	query_write_spans(b, query, update->relation, "update", &at);
	query_with(b, query, update->withClause);
	query_table(b, query, update->relation, true, false);
	query_from_list(b, query, update->fromClause);
	query_sets(b, query, update->targetList);
	if (update->whereClause)
		query_conjuncts(b, query, update->whereClause, at.where, false);
	query_loose(b, query, update->returningList);
}

static void query_delete(struct build *b, uint32_t query, DeleteStmt *delete)
{
	struct clauses at;
	query_write_spans(b, query, delete->relation, "delete", &at);
	query_with(b, query, delete->withClause);
	query_table(b, query, delete->relation, true, false);
	query_from_list(b, query, delete->usingClause);
	if (delete->whereClause)
		query_conjuncts(b, query, delete->whereClause, at.where, false);
	query_loose(b, query, delete->returningList);
}

/* USING source ON condition of a MERGE. */
static void query_merge_on(struct build *b, uint32_t query, Node *condition)
{
	const struct lex *lex = b->lex;
	struct clause on = query_on(b, condition), from = {0};
	if (on.from > 1 && on.from < on.to) {
		from.to = from.from = on.from - 1;
		while (from.from > 0 && lex->token[from.from - 1].from >= b->shift &&
		       (lex->token[from.from - 1].depth > lex->token[from.to].depth ||
			!lex_is(lex, from.from - 1, "using")))
			from.from--;
		b->s.query[query].from = clause_span(b, from);
		b->s.query[query].where = clause_span(b, on);
	}
	query_conjuncts(b, query, condition, on, true);
}

/* Of several WHEN MATCHED it depends on the row which is taken: nothing is said. */
static void query_merge_when(struct build *b, uint32_t query, List *clauses)
{
	const MergeWhenClause *only = NULL;
	unsigned matched = 0;
	for (int i = 0; i < list_length(clauses); i++) {
		const MergeWhenClause *when = list_nth(clauses, i);
		matched += when->matched;
		only = when->matched ? when : only;
	}
	if (matched != 1 || (only->commandType != CMD_UPDATE && only->commandType != CMD_DELETE))
		return;
	b->s.query[query].flags |= STATEMENT_MATCHED;
	query_sets(b, query, only->targetList);
	if (only->condition)
		query_conjuncts(b, query, only->condition, (struct clause){0}, false);
}

static void query_write(struct build *b, uint32_t query, Node *node)
{
	if (b->depth >= BUILD_DEPTH_MAX) {
		b->too_deep = true;
		return;
	}
	b->depth++;
	if (IsA(node, UpdateStmt)) {
		query_update(b, query, (UpdateStmt *)node);
	} else if (IsA(node, DeleteStmt)) {
		query_delete(b, query, (DeleteStmt *)node);
	} else if (IsA(node, InsertStmt)) {
		InsertStmt *insert = (InsertStmt *)node;
		query_with(b, query, insert->withClause);
		query_table(b, query, insert->relation, true, false);
		if (insert->selectStmt)
			query_select(b, query, STATEMENT_ARM, (SelectStmt *)insert->selectStmt);
		query_loose(b, query, insert->returningList);
	} else if (IsA(node, MergeStmt)) {
		MergeStmt *merge = (MergeStmt *)node;
		query_with(b, query, merge->withClause);
		query_table(b, query, merge->relation, true, false);
		query_from(b, query, merge->sourceRelation, false);
		query_merge_on(b, query, merge->joinCondition);
		query_merge_when(b, query, merge->mergeWhenClauses);
	}
	b->depth--;
}

/* ---- statements ---- */

static enum statement_kind transaction_kind(TransactionStmt *t)
{
	switch (t->kind) {
	case TRANS_STMT_BEGIN:
	case TRANS_STMT_START:
		return STATEMENT_BEGIN;
	case TRANS_STMT_COMMIT:
	case TRANS_STMT_PREPARE:
		return t->chain ? STATEMENT_OTHER : STATEMENT_COMMIT;
	case TRANS_STMT_ROLLBACK:
		return t->chain ? STATEMENT_OTHER : STATEMENT_ROLLBACK;
	default:
		return STATEMENT_OTHER;
	}
}

/* The statement that a utility statement carries. */
static Node *carried(Node *node)
{
	switch (nodeTag(node)) {
	case T_ExplainStmt:
		return ((ExplainStmt *)node)->query;
	case T_PrepareStmt:
		return ((PrepareStmt *)node)->query;
	case T_DeclareCursorStmt:
		return ((DeclareCursorStmt *)node)->query;
	case T_ViewStmt:
		return ((ViewStmt *)node)->query;
	case T_CreateTableAsStmt:
		return ((CreateTableAsStmt *)node)->query;
	case T_CopyStmt:
		return ((CopyStmt *)node)->query;
	default:
		return NULL;
	}
}

static enum statement_kind write_kind(Node *node)
{
	switch (nodeTag(node)) {
	case T_UpdateStmt:
		return STATEMENT_UPDATE;
	case T_DeleteStmt:
		return STATEMENT_DELETE;
	case T_InsertStmt:
		return STATEMENT_INSERT;
	case T_MergeStmt:
		return STATEMENT_MERGE;
	default:
		return STATEMENT_OTHER;
	}
}

void query_statement(struct build *b, Node *node)
{
	struct statement_head *head = &b->s.head;
	head->kind = STATEMENT_OTHER;
	if (IsA(node, TransactionStmt)) {
		head->kind = transaction_kind((TransactionStmt *)node);
		return;
	}
	if (IsA(node, CopyStmt) && ((CopyStmt *)node)->is_program) {
		head->kind = STATEMENT_COPY_PROGRAM;
		return;
	}
	if (IsA(node, CallStmt)) {
		struct term_context c = query_terms(b, build_query(b, 0, STATEMENT_TOP));
		head->kind = STATEMENT_CALL;
		term_of(&c, (Node *)((CallStmt *)node)->funccall, false);
		return;
	}
	Node *inner = carried(node);
	if (inner)
		node = inner;
	if (IsA(node, SelectStmt)) {
		head->kind = STATEMENT_SELECT;
		query_select(b, 0, STATEMENT_TOP, (SelectStmt *)node);
		return;
	}
	head->kind = write_kind(node);
	if (head->kind != STATEMENT_OTHER)
		query_write(b, build_query(b, 0, STATEMENT_TOP), node);
}
