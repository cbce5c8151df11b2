/* One statement before the planner: what of it is planned, and the rewrites that are tried. */
#include "audit/sql/identity.h"
#include "base/ascii.h"

#include <stdio.h>
#include <string.h>

static bool span_within(struct statement_span inner, struct statement_span outer)
{
	return inner.to && inner.from >= outer.from && inner.to <= outer.to;
}

/* ---- what is planned ---- */

static bool is_numbered(struct str text)
{
	bool digits = text.n > 1 && text.p[0] == '$';
	for (size_t i = 1; i < text.n; i++)
		digits &= ascii_is_digit(text.p[i]);
	return digits;
}

/* Replace placeholders and variables by $n, after the numbers in use; the same name gets the same
 * n. */
static void unit_parameters(struct identity *id, struct planned *unit)
{
	const struct statement *s = id->s;
	struct str name[EDITS_MAX];
	unsigned names = 0;
	for (uint32_t i = 0; i < s->head.terms; i++) {
		struct str text = sql_text(id->audit, s->term[i].span);
		int64_t n;
		if (s->term[i].kind == STATEMENT_PARAMETER && is_numbered(text) &&
		    span_within(s->term[i].span, unit->span) &&
		    str_to_i64((struct str){text.p + 1, text.n - 1}, 1, 65535, &n) &&
		    n > unit->parameters)
			unit->parameters = (unsigned)n;
	}
	unsigned first = unit->parameters;
	for (uint32_t i = 0; i < s->head.terms; i++) {
		const struct statement_term *t = &s->term[i];
		struct str text = sql_text(id->audit, t->span);
		if ((t->kind != STATEMENT_PARAMETER && t->kind != STATEMENT_VARIABLE) ||
		    !span_within(t->span, unit->span) || is_numbered(text))
			continue;
		unsigned n = 0;
		while (n < names && !str_eq(name[n], text))
			n++;
		if (n == names && names == EDITS_MAX) {
			unit->edits.failed = true;
			return;
		}
		if (n == names)
			name[names++] = text;
		const char *number = arena_printf(id->arena, "$%u", first + n + 1);
		edit_add(&unit->edits, t->span, str_of(number));
	}
	unit->parameters += names;
}

/* a, b.c: the end of the list of names that begins at the offset. */
static uint32_t names_end(struct str body, uint32_t at, uint32_t to)
{
	for (;;) {
		while (at < to && ascii_is_space(body.p[at]))
			at++;
		while (at < to && (ascii_is_alnum(body.p[at]) || strchr("_.\"$", body.p[at])))
			at++;
		uint32_t next = at;
		while (next < to && ascii_is_space(body.p[next]))
			next++;
		if (next == to || body.p[next] != ',')
			return at;
		at = next + 1;
	}
}

/* INTO of PL/pgSQL is no part of the query. A statement with the word in a literal is not
 * planned rightly then, and the server says so. */
static void unit_into(struct identity *id, struct planned *unit)
{
	struct str body = id->audit->file.body;
	if (!id->s->head.routine || id->s->head.kind != STATEMENT_SELECT)
		return;
	for (uint32_t i = unit->span.from; i + 6 < unit->span.to; i++) {
		if (!ascii_is_space(body.p[i]) || !ascii_is_space(body.p[i + 5]) ||
		    !str_eq_nocase((struct str){body.p + i + 1, 4}, STR("into")))
			continue;
		uint32_t at = i + 6;
		while (at < unit->span.to && ascii_is_space(body.p[at]))
			at++;
		if (unit->span.to - at > 7 &&
		    str_eq_nocase((struct str){body.p + at, 6}, STR("strict")))
			at += 6;
		edit_add(&unit->edits,
			 (struct statement_span){i, names_end(body, at, unit->span.to)}, STR(" "));
		return;
	}
}

static void unit_make(struct identity *id, struct str prefix, struct statement_span span)
{
	id->unit = (struct planned){.prefix = prefix, .span = span};
	for (uint32_t i = 0; i < id->s->head.queries; i++)
		if (span_within(id->s->query[i].lock, span))
			edit_add(&id->unit.edits, id->s->query[i].lock, STR(""));
	unit_parameters(id, &id->unit);
	unit_into(id, &id->unit);
}

/* ---- what is tried ---- */

/* Bodies whose text was unescaped have one span for everything. */
static bool is_exact(const struct statement *s, struct statement_span span)
{
	return span.to && (span.from != s->head.span.from || span.to != s->head.span.to);
}

static bool is_large(struct identity *id, uint32_t query, uint32_t term)
{
	struct columns columns = origin_columns(id, id->s, query, term);
	return columns.count && columns.path.table && !rewrite_is_small(id, columns.path.table);
}

/* Whether the span was judged with the outer statement, because it has no computed column. */
static bool unit_knows(const struct identity *id, struct statement_span span)
{
	return id->outer && !computed_has(id, span);
}

static void unit_rewrites(struct identity *id)
{
	const struct statement *s = id->s;
	uint32_t done_query = STATEMENT_NONE, done_window = 0;
	for (uint32_t i = 0; i < s->head.orders && id->status != UNAVAILABLE; i++) {
		const struct statement_order *o = &s->order[i];
		if ((o->query == done_query && o->window == done_window) ||
		    !span_within(o->span, id->unit.span) || !is_exact(s, o->span) ||
		    o->term == STATEMENT_NONE || unit_knows(id, o->span))
			continue;
		done_query = o->query;
		done_window = o->window;
		identity_orders(id, o->query, o->window);
		if (!o->window && !id->outer)
			identity_distance(id, o);
	}
	for (uint32_t i = 0; i < s->head.outputs && id->status != UNAVAILABLE; i++) {
		const struct statement_output *o = &s->output[i];
		if (span_within(o->span, id->unit.span) && is_exact(s, o->span) && !id->outer)
			identity_extreme(id, o);
	}
	bool said = false; /* of a range, at its first bound */
	for (uint32_t i = 0; i < s->head.conjuncts && id->status != UNAVAILABLE; i++) {
		const struct statement_conjunct *c = &s->conjunct[i];
		bool was_said = said;
		said = false;
		if (!span_within(c->span, id->unit.span) || !is_exact(s, c->span) ||
		    unit_knows(id, c->span))
			continue;
		identity_join(id, c);
		if (!is_large(id, c->query, c->term))
			continue;
		said = i + 1 < s->head.conjuncts && identity_range(id, c, c + 1);
		if (!said && !was_said)
			identity_filter(id, c);
		if (!identity_keyset(id, c))
			identity_either(id, c);
		identity_partial(id, c);
	}
}

static bool unit_plan(struct identity *id)
{
	id->sorting.count = 0;
	return rewrite_explain(id, NULL, PROBE_DEFAULT, &id->plan) &&
	       rewrite_explain(id, NULL, PROBE_STRICT, &id->strict);
}

/* False: it could not be planned. A grouped query that orders by a column of its GROUP BY, for
 * example, must have both alike. */
static bool unit_computed(struct identity *id, bool orders)
{
	struct identity *inner = computed_begin(id, orders);
	if (!inner)
		return true;
	bool planned = unit_plan(inner);
	if (planned)
		unit_rewrites(inner);
	id->status = inner->status == UNAVAILABLE ? UNAVAILABLE : id->status;
	id->small |= inner->small;
	computed_end(inner);
	return planned;
}

static struct str unit_judge(struct identity *id)
{
	if (!unit_plan(id)) {
		struct str why = arena_str(id->arena, str_of(id->err.text));
		return why.p ? why : STR("the statement could not be planned");
	}
	unit_rewrites(id);
	if (!unit_computed(id, true) && id->s->head.orders)
		(void)unit_computed(id, false);
	return STR("");
}

/* ---- statements ---- */

static bool begins_select(struct str text)
{
	static const char *const words[] = {"select", "with", "(", "values", "table"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text.n >= strlen(words[i]) &&
		    str_eq_nocase((struct str){text.p, strlen(words[i])}, str_of(words[i])))
			return true;
	return false;
}

static bool has_cte(const struct statement *s)
{
	for (uint32_t i = 0; i < s->head.queries; i++)
		if (s->query[i].role == STATEMENT_CTE)
			return true;
	return false;
}

static struct str select_judge(struct identity *id)
{
	const struct statement *s = id->s;
	struct str text = sql_text(id->audit, s->head.span);
	bool performs =
	    s->head.routine && text.n > 8 && str_eq_nocase((struct str){text.p, 7}, STR("perform"));
	bool plain = performs || begins_select(text);
	struct statement_span span = plain ? s->head.span : s->query[0].span;
	span.from += performs ? 7 : 0;
	for (uint32_t i = 0; i < s->head.queries; i++)
		if (s->query[i].flags & STATEMENT_WRITES)
			return STR("");
	if (!span.to || (!plain && has_cte(s)))
		return STR("");
	unit_make(id, performs ? STR("SELECT") : STR(""), span);
	return unit_judge(id);
}

/* Whether the condition refers to something that is not a table: FROM unnest($1) AS x. */
static bool names_another(const struct statement *s, uint32_t query,
			  const struct statement_relation *target)
{
	for (uint32_t c = 0; c < s->head.conjuncts; c++) {
		const struct statement_term *root = &s->term[s->conjunct[c].term];
		uint32_t step;
		for (uint32_t i = 0; s->conjunct[c].query == query && i < root->size; i += step) {
			const struct statement_term *t = root + i;
			step = t->kind == STATEMENT_QUERY ? t->size : 1;
			if (t->kind == STATEMENT_COLUMN && t->qualifier.bytes &&
			    !str_eq(statement_str(s, t->qualifier),
				    statement_str(s, target->alias)))
				return true;
		}
	}
	return false;
}

/* The condition of an UPDATE, DELETE or MERGE of one table, as a SELECT. */
static struct str write_judge(struct identity *id, uint32_t query, struct statement_span *planned)
{
	const struct statement *s = id->s;
	const struct statement_relation *target = NULL;
	const struct statement_span from = s->query[query].from;
	struct buf prefix;
	for (uint32_t i = 0; i < s->head.relations; i++) {
		if (s->relation[i].query != query)
			continue;
		if (s->relation[i].target)
			target = &s->relation[i];
		else if (!s->query[query].from.to)
			return STR(""); /* where FROM or USING stands is not known */
	}
	if (!target || !s->query[query].where.to || has_cte(s) ||
	    (!from.to && names_another(s, query, target)))
		return STR("");
	buf_init(&prefix, 4096);
	buf_puts(&prefix, "SELECT 1 FROM ");
	struct str schema = statement_str(s, target->schema);
	if (schema.n) {
		edit_name(&prefix, schema);
		buf_putc(&prefix, '.');
	}
	edit_name(&prefix, statement_str(s, target->name));
	buf_puts(&prefix, " AS ");
	edit_name(&prefix, statement_str(s, target->alias));
	bool merges = s->head.kind == STATEMENT_MERGE;
	buf_puts(&prefix, merges ? " JOIN " : from.to ? ", " : " WHERE ");
	struct str copy =
	    buf_failed(&prefix) ? (struct str){0} : arena_str(id->arena, buf_view(&prefix));
	buf_release(&prefix);
	if (!copy.p)
		return STR("");
	/* FROM or USING, and the condition behind it */
	unit_make(id, copy,
		  from.to ? (struct statement_span){from.from, s->query[query].where.to}
			  : s->query[query].where);
	struct str why = unit_judge(id);
	if (why.n)
		return why;
	*planned = id->unit.span;
	identity_limit(id, query);
	return why;
}

/* The SELECTs that a write reads from, and its own condition. */
static struct str writes_judge(struct identity *id)
{
	const struct statement *s = id->s;
	struct str why = STR("");
	struct statement_span planned = {0};
	for (uint32_t i = 0; i < s->head.queries && id->status != UNAVAILABLE; i++) {
		const struct statement_query *q = &s->query[i];
		bool writes = i == 0 || q->flags & STATEMENT_WRITES;
		if (writes && s->head.kind != STATEMENT_INSERT)
			why = write_judge(id, i, &planned);
		bool read = q->role == STATEMENT_IN || q->role == STATEMENT_IN_ARRAY ||
			    q->role == STATEMENT_SCALAR || q->role == STATEMENT_FROM ||
			    q->role == STATEMENT_CTE || q->role == STATEMENT_ARM;
		if (writes || !read || !q->span.to || q->parent != 0 ||
		    span_within(q->span, planned))
			continue;
		/* one that refers to the row outside cannot be planned alone, and is no failure */
		unit_make(id, STR(""), q->span);
		unit_judge(id);
	}
	return why;
}

struct str identity_statement(struct identity *id, const struct statement *s)
{
	id->s = s;
	/* without a table there is nothing for an index to serve */
	if (s->head.flags & STATEMENT_CUT || !s->head.queries || !s->head.relations)
		return STR("");
	switch (s->head.kind) {
	case STATEMENT_SELECT:
		return select_judge(id);
	case STATEMENT_INSERT:
	case STATEMENT_UPDATE:
	case STATEMENT_DELETE:
	case STATEMENT_MERGE:
		return writes_judge(id);
	default:
		return STR("");
	}
}
