/* The batch of an UPDATE or DELETE: the SELECT with a LIMIT whose rows it writes, reached through
 * IN, = ANY (ARRAY(...)), a scalar, its last key as a bound, EXISTS over it, FROM, USING (of MERGE,
 * too) or a CTE. NOT IN is none: it keeps the rows. A subquery that refers to the written row is
 * none either: it has a LIMIT for each row. */
#include "audit/sql/internal.h"

#include <string.h>

static const struct statement_query *query_at(const struct batch *b, uint32_t query)
{
	return &b->s->query[query];
}

/* The CTE of the name; STATEMENT_NONE: a table. */
static uint32_t batch_cte(const struct statement *s, struct statement_text name)
{
	for (uint32_t i = 0; i < s->head.queries; i++)
		if (s->query[i].role == STATEMENT_CTE &&
		    str_eq(statement_str(s, s->query[i].name), statement_str(s, name)))
			return i;
	return STATEMENT_NONE;
}

/* The query that a relation reads; STATEMENT_NONE: a table. */
static uint32_t relation_query(const struct statement *s, const struct statement_relation *r)
{
	return r->select != STATEMENT_NONE ? r->select : batch_cte(s, r->name);
}

/* The only relation of the query; NULL: none, or several. */
static const struct statement_relation *only_relation(const struct statement *s, uint32_t query)
{
	const struct statement_relation *only = NULL;
	for (uint32_t i = 0; i < s->head.relations; i++) {
		if (s->relation[i].query != query)
			continue;
		if (only)
			return NULL;
		only = &s->relation[i];
	}
	return only;
}

static bool is_target(const struct batch *b, const struct statement_relation *r)
{
	return r->select == STATEMENT_NONE && batch_cte(b->s, r->name) == STATEMENT_NONE &&
	       str_eq(statement_str(b->s, r->name), statement_str(b->s, b->target->name));
}

/* Follow the query that the writer names down to the one with the LIMIT, and on to what that
 * reads. */
static bool batch_follow(struct batch *b, uint32_t query)
{
	bool limited = false;
	while (b->paths < BATCH_PATH_MAX) {
		const struct statement_query *q = query_at(b, query);
		if (q->flags & STATEMENT_WRITES)
			return false;
		b->path[b->paths++] = query;
		b->cte |= !limited && q->role == STATEMENT_CTE;
		b->cte_lock |= q->role == STATEMENT_CTE && q->flags & STATEMENT_LOCK;
		if (!limited && q->flags & STATEMENT_LIMIT) {
			limited = true;
			b->between = b->paths - 1;
		}
		const struct statement_relation *only = only_relation(b->s, query);
		uint32_t next = only ? relation_query(b->s, only) : STATEMENT_NONE;
		bool ends = next == STATEMENT_NONE || (!limited && q->flags & STATEMENT_GROUPED);
		for (size_t i = 0; !ends && i < b->paths; i++)
			ends = b->path[i] == next;
		if (ends)
			return limited;
		query = next;
	}
	return false;
}

/* Whether the queries refer to the row that is written, and so have a LIMIT for each. */
static bool is_correlated(const struct batch *b)
{
	struct scope own = {.audit = b->outer.audit, .s = b->s};
	struct str target = statement_str(b->s, b->target->alias);
	for (size_t p = 0; p < b->paths; p++)
		for (uint32_t i = 0; i < b->s->head.relations; i++)
			if (b->s->relation[i].query == b->path[p])
				scope_alias(&own, statement_str(b->s, b->s->relation[i].alias));
	if (scope_has(&own, target))
		return false;
	/* EXISTS is joined with the row, and has no LIMIT itself */
	size_t first = b->role == STATEMENT_EXISTS;
	for (uint32_t i = 0; i < b->s->head.conjuncts; i++) {
		const struct statement_conjunct *c = &b->s->conjunct[i];
		for (size_t p = first; p < b->paths; p++) {
			if (c->query != b->path[p])
				continue;
			for (uint32_t t = c->term; t < c->term + b->s->term[c->term].size; t++)
				if (b->s->term[t].kind == STATEMENT_COLUMN &&
				    str_eq(statement_str(b->s, b->s->term[t].qualifier), target))
					return true;
		}
	}
	return false;
}

/* a.id = b.id: both the batch's key, of names that mean the written row. */
static bool is_same_row(const struct batch *b, uint32_t term)
{
	const struct statement_term *t = &b->s->term[term];
	return t->kind == STATEMENT_OPERATOR && t->size == 3 && b->key.n &&
	       str_eq(statement_str(b->s, t->text), STR("=")) && t[1].kind == STATEMENT_COLUMN &&
	       t[2].kind == STATEMENT_COLUMN && str_eq(statement_str(b->s, t[1].text), b->key) &&
	       str_eq(statement_str(b->s, t[2].text), b->key);
}

/* A second look at the written table, joined by the batch's key, is the written row. */
static void batch_looks(struct batch *b)
{
	for (uint32_t i = 0; i < b->s->head.relations; i++) {
		const struct statement_relation *r = &b->s->relation[i];
		struct str alias = statement_str(b->s, r->alias);
		bool joined = false;
		if (r->query != b->writer || r->target || r->nullable || !is_target(b, r))
			continue;
		for (uint32_t c = 0; c < b->s->head.conjuncts; c++) {
			uint32_t term = b->s->conjunct[c].term;
			if (b->s->conjunct[c].query != b->writer || !is_same_row(b, term))
				continue;
			struct str left = statement_str(b->s, b->s->term[term + 1].qualifier);
			struct str right = statement_str(b->s, b->s->term[term + 2].qualifier);
			joined |= (str_eq(left, alias) && scope_has(&b->outer, right)) ||
				  (str_eq(right, alias) && scope_has(&b->outer, left));
		}
		if (joined)
			scope_alias(&b->outer, alias);
	}
}

/* What the names of columns mean, outside and inside, and what is known of the rows. */
static void batch_scopes(struct batch *b)
{
	scope_alias(&b->outer, statement_str(b->s, b->target->alias));
	scope_alias(&b->outer, b->alias);
	batch_looks(b);
	for (size_t p = b->between; p < b->paths; p++) {
		const struct statement_relation *only = only_relation(b->s, b->path[p]);
		for (uint32_t i = 0; i < b->s->head.relations; i++) {
			const struct statement_relation *r = &b->s->relation[i];
			if (r->query != b->path[p])
				continue;
			if (is_target(b, r))
				b->same_table = true;
			if (is_target(b, r) || r == only)
				scope_alias(&b->inner, statement_str(b->s, r->alias));
		}
	}
	for (size_t p = 0; p < b->between; p++) {
		const struct statement_relation *only = only_relation(b->s, b->path[p]);
		if (only)
			scope_alias(&b->outer, statement_str(b->s, only->alias));
	}
	for (uint32_t i = 0; i < b->s->head.conjuncts; i++)
		for (size_t p = b->between; p < b->paths; p++)
			if (b->s->conjunct[i].query == b->path[p])
				conditions_add(&b->known, &b->inner, b->s->conjunct[i].term);
}

static bool batch_make(struct batch *b, uint32_t query)
{
	if (!batch_follow(b, query) || is_correlated(b))
		return false;
	batch_scopes(b);
	return true;
}

/* id <= (SELECT max(id) FROM (q)), id >= (SELECT min(id) FROM (q)) */
static bool link_bound(const struct statement *s, struct str op, uint32_t left, uint32_t query)
{
	bool greatest = str_eq(op, STR("<="));
	const struct statement_term *call = NULL;
	if (!(greatest || str_eq(op, STR(">="))) || s->term[left].kind != STATEMENT_COLUMN)
		return false;
	for (uint32_t i = 0; i < s->head.outputs; i++)
		if (s->output[i].query == query && s->output[i].term != STATEMENT_NONE)
			call = &s->term[s->output[i].term];
	return call && call->kind == STATEMENT_FUNCTION && call->size == 2 &&
	       call[1].kind == STATEMENT_COLUMN &&
	       str_eq(statement_str(s, call->text), greatest ? STR("max") : STR("min")) &&
	       str_eq(statement_str(s, call[1].text), statement_str(s, s->term[left].text));
}

/* A condition of the writer that names a batch: x IN (q), x = ANY (ARRAY(q)), x = (q), or its last
 * key as a bound. */
static bool link_query(const struct statement *s, uint32_t term, uint32_t *left, uint32_t *query)
{
	const struct statement_term *t = &s->term[term];
	uint32_t first = term + 1;
	if (t->kind == STATEMENT_QUERY && t->size > 1) {
		enum statement_role role = s->query[t->number].role;
		*left = first;
		*query = t->number;
		return role == STATEMENT_IN || role == STATEMENT_IN_ARRAY;
	}
	if (t->kind != STATEMENT_OPERATOR || t->size < 3)
		return false;
	struct str op = statement_str(s, t->text);
	uint32_t second = first + s->term[first].size;
	if (s->term[second].kind != STATEMENT_QUERY)
		return false;
	*left = first;
	*query = s->term[second].number;
	return s->query[*query].role == STATEMENT_SCALAR &&
	       (str_eq(op, STR("=")) || link_bound(s, op, *left, *query));
}

/* A bound is the batch when the batch is the first rows in the order of the key. */
static bool link_holds(const struct batch *b)
{
	struct str op = statement_str(b->s, b->s->term[b->link].text);
	if (b->role != STATEMENT_SCALAR || str_eq(op, STR("=")))
		return true;
	for (uint32_t i = 0; i < b->s->head.orders; i++) {
		const struct statement_order *o = &b->s->order[i];
		if (o->query == batch_limited(b) && !o->window)
			return o->term != STATEMENT_NONE &&
			       b->s->term[o->term].kind == STATEMENT_COLUMN &&
			       str_eq(statement_str(b->s, b->s->term[o->term].text), b->key) &&
			       (o->descending != 0) == str_eq(op, STR(">=")) &&
			       !(query_at(b, batch_limited(b))->flags & STATEMENT_OFFSET);
	}
	return false;
}

static void batch_begin(struct batch *b, const struct sql_audit *audit, const struct statement *s,
			const struct statement_relation *target)
{
	*b = (struct batch){.s = s,
			    .writer = target->query,
			    .target = target,
			    .link = STATEMENT_NONE,
			    .key = STR(""),
			    .alias = STR(""),
			    .outer = {.audit = audit, .s = s},
			    .inner = {.audit = audit, .s = s}};
}

/* The column that joins the target with the batch in FROM of the query: t.id = b.id. */
static void join_key(struct batch *b, uint32_t query)
{
	struct scope other = {.audit = b->outer.audit, .s = b->s};
	scope_alias(&other, b->alias);
	for (uint32_t i = 0; i < b->s->head.conjuncts; i++) {
		const struct statement_conjunct *c = &b->s->conjunct[i];
		const struct statement_term *t = &b->s->term[c->term];
		if (c->query != query || t->size != 3 || t->kind != STATEMENT_OPERATOR ||
		    t[1].kind != STATEMENT_COLUMN || t[2].kind != STATEMENT_COLUMN)
			continue;
		bool first = str_eq(statement_str(b->s, t[1].qualifier), b->alias);
		if (first || str_eq(statement_str(b->s, t[2].qualifier), b->alias)) {
			b->key = statement_str(b->s, t[first ? 2 : 1].text);
			return;
		}
	}
}

/* EXISTS (SELECT ... FROM (a batch) AS b WHERE b.id = t.id). */
static bool exists_begin(struct batch *b, const struct sql_audit *audit, const struct statement *s,
			 const struct statement_relation *target, uint32_t term)
{
	const struct statement_term *t = &s->term[term];
	if (t->kind != STATEMENT_QUERY || s->query[t->number].role != STATEMENT_EXISTS ||
	    s->query[t->number].flags & (STATEMENT_LIMIT | STATEMENT_OFFSET))
		return false;
	const struct statement_relation *only = only_relation(s, t->number);
	if (!only || relation_query(s, only) == STATEMENT_NONE)
		return false;
	batch_begin(b, audit, s, target);
	b->role = STATEMENT_EXISTS;
	b->link = term;
	b->alias = statement_str(s, only->alias);
	join_key(b, t->number);
	return b->key.n && batch_make(b, t->number);
}

/* Writers: targets of UPDATE and DELETE, in the statement and its CTEs. */
static bool is_writer(const struct statement *s, const struct statement_relation *r)
{
	if (!r->target)
		return false;
	if (s->head.kind == STATEMENT_MERGE)
		return s->query[r->query].flags & STATEMENT_MATCHED;
	for (uint32_t i = 0; i < s->head.queries; i++)
		if (s->query[i].parent == r->query && s->query[i].role == STATEMENT_ARM && i)
			return false; /* INSERT ... SELECT */
	return true;
}

bool batch_of(const struct sql_audit *audit, const struct statement *s, size_t n, struct batch *out)
{
	for (uint32_t w = 0; w < s->head.relations; w++) {
		const struct statement_relation *target = &s->relation[w];
		if (!is_writer(s, target))
			continue;
		for (uint32_t i = 0; i < s->head.conjuncts; i++) {
			uint32_t left, query;
			if (s->conjunct[i].query == target->query &&
			    exists_begin(out, audit, s, target, s->conjunct[i].term) && n-- == 0)
				return true;
			if (s->conjunct[i].query != target->query ||
			    !link_query(s, s->conjunct[i].term, &left, &query))
				continue;
			batch_begin(out, audit, s, target);
			out->role = s->query[query].role;
			out->link = s->conjunct[i].term;
			if (s->term[left].kind == STATEMENT_COLUMN)
				out->key = statement_str(s, s->term[left].text);
			if (batch_make(out, query) && link_holds(out) && n-- == 0)
				return true;
		}
		for (uint32_t i = 0; i < s->head.relations; i++) {
			const struct statement_relation *r = &s->relation[i];
			if (r->query != target->query || r->target ||
			    relation_query(s, r) == STATEMENT_NONE)
				continue;
			batch_begin(out, audit, s, target);
			out->role = STATEMENT_FROM;
			out->alias = statement_str(s, r->alias);
			join_key(out, out->writer);
			if (batch_make(out, relation_query(s, r)) && n-- == 0)
				return true;
		}
	}
	return false;
}

static bool order_names_key(const struct batch *b)
{
	for (uint32_t i = 0; i < b->s->head.orders; i++)
		if (b->s->order[i].query == batch_limited(b))
			return b->s->order[i].term != STATEMENT_NONE &&
			       expression_names(&b->inner, b->s->order[i].term, b->key);
	return true; /* no order: whatever comes first */
}

bool batch_moves(const struct batch *b)
{
	const struct statement_query *q = query_at(b, batch_limited(b));
	if (q->flags & STATEMENT_SAMPLES)
		return true;
	if (q->offset != STATEMENT_NONE && expression_contents(&b->inner, q->offset).parameter)
		return true;
	for (size_t i = 0; i < b->known.count; i++) {
		const struct condition *c = &b->known.at[i];
		if (expression_is_keyset(c->scope, c->term) ||
		    expression_contents(c->scope, c->term).varies)
			return true;
	}
	for (uint32_t i = 0; i < b->s->head.orders; i++)
		if (b->s->order[i].query == batch_limited(b) &&
		    b->s->order[i].term != STATEMENT_NONE &&
		    expression_contents(&b->inner, b->s->order[i].term).varies)
			return true;
	return false;
}

/* A ranking keeps its first n rows marked; the condition only spares rows that are. */
static bool is_ranking_guard(const struct batch *b, uint32_t term)
{
	const struct statement_term *t = &b->s->term[term];
	if (t->kind != STATEMENT_DISTINCT || order_names_key(b))
		return false;
	uint32_t column = term + 1, value = column + b->s->term[column].size;
	for (uint32_t i = 0; i < b->s->head.sets; i++) {
		const struct statement_set *set = &b->s->set[i];
		if (set->query == b->writer && set->term != STATEMENT_NONE &&
		    b->s->term[column].kind == STATEMENT_COLUMN &&
		    str_eq(statement_str(b->s, set->column),
			   statement_str(b->s, b->s->term[column].text)) &&
		    expression_same(&b->outer, set->term, &b->outer, value))
			return true;
	}
	return false;
}

/* column op column, one of the batch in FROM: a join. */
static bool is_join(const struct batch *b, uint32_t term)
{
	bool target = false, batch = false;
	if (!b->alias.n)
		return false;
	for (uint32_t i = term; i < term + b->s->term[term].size; i++) {
		struct str qualifier = statement_str(b->s, b->s->term[i].qualifier);
		if (b->s->term[i].kind != STATEMENT_COLUMN)
			continue;
		batch |= str_eq(qualifier, b->alias);
		target |= !str_eq(qualifier, b->alias);
	}
	return target && batch;
}

/* Whether the batch reads the table as well, and so may have the condition inside. */
static bool reads_table(const struct batch *b, struct str name)
{
	for (uint32_t i = 0; i < b->s->head.relations; i++)
		for (size_t p = 0; p < b->paths; p++)
			if (b->s->relation[i].query == b->path[p] &&
			    str_eq(statement_str(b->s, b->s->relation[i].name), name))
				return true;
	return false;
}

/* A condition on another table that the writer joins with: c.active of FROM customers c. */
static bool is_joined_filter(const struct batch *b, const struct statement_conjunct *c)
{
	const struct statement_relation *other = NULL;
	struct contents has = expression_contents(&b->outer, c->term);
	if (c->query != b->writer || has.column || has.query || !has.foreign)
		return false;
	for (uint32_t i = c->term; i < c->term + b->s->term[c->term].size; i++) {
		const struct statement_relation *own = NULL;
		if (b->s->term[i].kind != STATEMENT_COLUMN)
			continue;
		for (uint32_t r = 0; r < b->s->head.relations; r++)
			if (b->s->relation[r].query == b->writer &&
			    str_eq(statement_str(b->s, b->s->relation[r].alias),
				   statement_str(b->s, b->s->term[i].qualifier)))
				own = &b->s->relation[r];
		if (!own || (other && own != other))
			return false;
		other = own;
	}
	return other && !other->target && !other->nullable &&
	       relation_query(b->s, other) == STATEMENT_NONE &&
	       !reads_table(b, statement_str(b->s, other->name));
}

static bool is_filter(const struct batch *b, const struct statement_conjunct *c)
{
	uint32_t left, query;
	bool outside = c->query == b->writer;
	for (size_t p = 0; p < b->between; p++)
		outside |= c->query == b->path[p];
	if (!outside || c->term == b->link || is_join(b, c->term) || is_same_row(b, c->term))
		return false;
	struct contents has = expression_contents(&b->outer, c->term);
	if (is_joined_filter(b, c))
		return true;
	if (has.foreign || !(has.column || has.query))
		return false;
	/* another batch is judged by itself */
	if (link_query(b->s, c->term, &left, &query) && b->s->query[query].flags & STATEMENT_LIMIT)
		return false;
	/* x IN (...) is not NULL */
	const struct statement_term *t = &b->s->term[c->term];
	if (t->kind == STATEMENT_NOT_NULL && t[1].kind == STATEMENT_COLUMN && b->key.n &&
	    str_eq(statement_str(b->s, t[1].text), b->key))
		return false;
	return !conditions_imply(&b->known, &b->outer, c->term) && !is_ranking_guard(b, c->term);
}

const struct statement_conjunct *batch_filter(const struct batch *b)
{
	if (!b->same_table || b->cte_lock || batch_moves(b))
		return NULL;
	for (uint32_t i = 0; i < b->s->head.conjuncts; i++)
		if (is_filter(b, &b->s->conjunct[i]))
			return &b->s->conjunct[i];
	return NULL;
}

/* Whether it calls a function that may write. */
static bool calls_others(const struct statement *s)
{
	static const char *const plain[] = {
	    "now",          "clock_timestamp", "count",   "max",   "min",   "sum",    "array_agg",
	    "array_length", "cardinality",     "length",  "lower", "upper", "format", "to_char",
	    "random",       "pg_sleep",        "nextval", "trim",  "btrim", "round"};
	if (s->head.kind == STATEMENT_CALL)
		return true;
	for (uint32_t i = 0; i < s->head.terms; i++) {
		bool known = s->term[i].kind != STATEMENT_FUNCTION;
		for (size_t k = 0; !known && k < COUNT_OF(plain); k++)
			known = str_eq(statement_str(s, s->term[i].text), str_of(plain[k]));
		if (!known)
			return true;
	}
	return false;
}

bool batch_is_newest(const struct batch *b)
{
	const struct statement_query *q = query_at(b, batch_limited(b));
	for (uint32_t i = 0; i < b->s->head.orders; i++)
		if (b->s->order[i].query == batch_limited(b))
			return b->role == STATEMENT_SCALAR && q->flags & STATEMENT_LIMIT_ONE &&
			       b->s->order[i].descending;
	return false;
}

struct str batch_source(const struct batch *b)
{
	const struct statement_relation *only = only_relation(b->s, b->path[b->paths - 1]);
	bool alone = only && relation_query(b->s, only) == STATEMENT_NONE;
	for (size_t i = 0; i < b->known.count; i++)
		alone &= !expression_contents(b->known.at[i].scope, b->known.at[i].term).query;
	return alone && !b->same_table ? statement_str(b->s, only->name) : STR("");
}

bool batch_others_write(const struct sql_audit *audit, const struct batch *b, struct str table)
{
	const struct statement_head *own = &b->s->head;
	bool joined = own->flags & STATEMENT_JOINED;
	for (size_t i = 0; i < audit->file.count; i++) {
		const struct statement *s = &audit->file.statement[i];
		bool same = s->head.span.from == own->span.from && s->head.span.to == own->span.to;
		if (s == b->s || s->head.routine != own->routine || s->head.loop != own->loop ||
		    s->head.flags & STATEMENT_JOINED || (joined && same))
			continue;
		/* what a function does with a row of the batch is not known */
		if (joined && calls_others(s))
			return true;
		if (s->head.kind == STATEMENT_DYNAMIC && own->flags & STATEMENT_EXECUTED && same)
			continue; /* itself */
		if (s->head.kind == STATEMENT_DYNAMIC || s->head.kind == STATEMENT_UNPARSED)
			return true;
		for (uint32_t r = 0; r < s->head.relations; r++)
			if (s->relation[r].target &&
			    str_eq(statement_str(s, s->relation[r].name), table))
				return true;
	}
	/* in the same statement: another CTE */
	for (uint32_t r = 0; r < b->s->head.relations; r++)
		if (b->s->relation[r].target && &b->s->relation[r] != b->target)
			return true;
	return false;
}
