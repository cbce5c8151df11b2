/* A rewrite before the planner, and as a finding. */
#include "audit/sql/identity.h"
#include "base/ascii.h"

#include <inttypes.h>
#include <stdio.h>

enum { REWRITE_TEXT_MAX = PROBE_TEXT_MAX };

/* Another index can serve the order and hide the miss: then the rewrite must be this much
 * cheaper. */
static const double REWRITE_HIDDEN = 5;

bool rewrite_explain(struct identity *id, const struct edits *more, enum probe_planner planner,
		     struct probe_plan *plan)
{
	struct buf text;
	buf_init(&text, REWRITE_TEXT_MAX);
	buf_str(&text, id->unit.prefix);
	edit_put(&text, id->audit->file.body, id->unit.span, &id->unit.edits, more);
	enum status status =
	    buf_failed(&text) || id->unit.edits.failed
		? err_set(&id->err, TOO_LARGE, "the statement is too long to be planned")
		: probe_explain(id->probe, &id->session, buf_view(&text), id->unit.parameters,
				planner, id->arena, plan, &id->err);
	buf_release(&text);
	if (status == UNAVAILABLE)
		id->status = status;
	return status == OK;
}

struct str rewrite_join(struct identity *id, const struct str *part, size_t count)
{
	struct str joined = arena_join(id->arena, part, count);
	return joined.p ? joined : STR("");
}

struct str rewrite_index(struct identity *id, const struct catalog_table *table, struct str method,
			 struct str keys, struct str where)
{
	struct buf text;
	buf_init(&text, REWRITE_TEXT_MAX);
	/* of a partitioned table it cannot be made concurrently */
	buf_puts(&text, str_eq(table->kind, STR("p")) ? "CREATE INDEX ON "
						      : "CREATE INDEX CONCURRENTLY ON ");
	edit_name(&text, table->schema);
	buf_putc(&text, '.');
	edit_name(&text, table->name);
	if (method.n)
		buf_printf(&text, " USING %.*s", STR_ARG(method));
	buf_printf(&text, " (%.*s)", STR_ARG(keys));
	if (where.n)
		buf_printf(&text, " WHERE %.*s", STR_ARG(where));
	struct str copy = buf_failed(&text) ? STR("") : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return copy.p ? copy : STR("");
}

struct str rewrite_source(struct identity *id, struct statement_span span, const struct edits *more)
{
	struct buf text;
	buf_init(&text, REWRITE_TEXT_MAX);
	edit_put(&text, id->audit->file.body, span, &id->unit.edits, more);
	struct str copy = buf_failed(&text) ? STR("") : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return copy.p ? copy : STR("");
}

bool rewrite_coalesce(const struct statement *s, uint32_t term, struct str source,
		      const struct statement_term **column, double *number)
{
	const struct statement_term *t = &s->term[term], *first = t + 1;
	if (t->kind != STATEMENT_COMPOUND || t->size < 3 || !str_starts(source, STR("COALESCE(")))
		return false;
	/* the arguments are a list */
	if (first->kind == STATEMENT_COMPOUND && first->size == t->size - 1)
		first++;
	*column = first;
	return t + t->size == first + 2 && first->kind == STATEMENT_COLUMN &&
	       first[1].kind == STATEMENT_CONSTANT &&
	       str_to_double(statement_str(s, first[1].text), number);
}

bool rewrite_is_deliberate(const struct statement *s, uint32_t term)
{
	const struct statement_term *t = &s->term[term];
	struct str op = statement_str(s, t->text);
	if (t->kind != STATEMENT_OPERATOR || t->size != 3 || t[2].kind != STATEMENT_CONSTANT)
		return false;
	struct str constant = statement_str(s, t[2].text);
	return (str_eq(op, STR("+")) && str_eq(constant, STR("0"))) ||
	       (str_eq(op, STR("||")) && constant.n == 0);
}

static bool rewrite_is_column(struct identity *id, uint32_t query, uint32_t term,
			      const struct path *path, struct str column)
{
	struct path own = {0};
	struct str name;
	return id->s->term[term].kind == STATEMENT_COLUMN &&
	       origin_column(id, id->s, query, &id->s->term[term], &own, &name) &&
	       own.relation[0] == path->relation[0] && own.table == path->table &&
	       own.length == path->length && str_eq(name, column);
}

bool rewrite_not_null(struct identity *id, uint32_t query, const struct path *path,
		      struct str column)
{
	static const char *const strict[] = {"=", "<>", "<", ">", "<=", ">=", "~~", "~~*"};
	const struct catalog_column *known = catalog_column(path->table, column);
	if (known && known->required && !path->nullable)
		return true;
	for (uint32_t i = 0; i < id->s->head.conjuncts; i++) {
		const struct statement_conjunct *c = &id->s->conjunct[i];
		const struct statement_term *t = &id->s->term[c->term];
		bool compares = t->kind == STATEMENT_NOT_NULL;
		for (size_t n = 0; t->kind == STATEMENT_OPERATOR && n < COUNT_OF(strict); n++)
			compares |= str_eq(statement_str(id->s, t->text), str_of(strict[n]));
		if (c->query != query || c->join || !compares || t->size < 2 ||
		    id->s->query[query].flags & STATEMENT_GROUPING_SETS)
			continue;
		uint32_t left = c->term + 1, right = left + id->s->term[left].size;
		if (rewrite_is_column(id, query, left, path, column) ||
		    (t->kind == STATEMENT_OPERATOR && right < c->term + t->size &&
		     rewrite_is_column(id, query, right, path, column)))
			return true;
	}
	return false;
}

bool rewrite_uses(const struct probe_plan *plan, const struct catalog_index *index,
		  bool *by_condition)
{
	struct str rest = index->parts;
	bool uses = probe_plan_uses(plan, index->schema, index->name, by_condition);
	while (rest.n) {
		bool one;
		struct str name = str_cut(&rest, '\n'), schema = str_cut(&name, '.');
		uses |= probe_plan_uses(plan, schema, name, &one);
		*by_condition |= one;
	}
	return uses;
}

bool rewrite_is_small(struct identity *id, const struct catalog_table *table)
{
	if (id->scratch || table->tuples < 0 || table->tuples >= id->min_rows)
		return false;
	id->small = true;
	catalog_small(id->catalog, table);
	return true;
}

struct statement_span rewrite_place(const struct identity *id, struct statement_span span)
{
	if (!id->outer)
		return span;
	const struct planned *unit = &id->outer->unit;
	size_t prefix = unit->prefix.n;
	if (span.from < prefix || span.from >= span.to)
		return (struct statement_span){0};
	return (struct statement_span){
	    edit_source(unit->span, &unit->edits, id->computed, span.from - prefix, false),
	    edit_source(unit->span, &unit->edits, id->computed, span.to - prefix, true)};
}

/* Whether anything of the statement could be served by the order of an index. */
static bool rewrite_is_sorted(const struct statement *s)
{
	bool sorted = s->head.orders > 0;
	for (uint32_t i = 0; i < s->head.queries; i++)
		sorted |= (s->query[i].flags & STATEMENT_GROUPED) != 0;
	return sorted;
}

const struct probe_plan *rewrite_sorting(struct identity *id)
{
	if (!id->sorting.count && !rewrite_is_sorted(id->s))
		id->sorting = id->strict;
	if (!id->sorting.count && !rewrite_explain(id, NULL, PROBE_SORTING, &id->sorting))
		id->sorting = id->strict;
	return &id->sorting;
}

bool rewrite_serves(struct identity *id, struct rewrite *c, bool order)
{
	struct probe_plan strict, plan;
	bool by_condition = false, was_by_condition = false;
	/* an index with a predicate may serve the order as well */
	bool sorts = order || c->index->predicate.n;
	enum probe_planner planner = sorts ? PROBE_STRICT : PROBE_SORTING;
	if (id->status == UNAVAILABLE || c->edits.failed ||
	    !rewrite_explain(id, &c->edits, planner, &strict) ||
	    !rewrite_uses(&strict, c->index, &by_condition) ||
	    !rewrite_explain(id, &c->edits, PROBE_DEFAULT, &plan))
		return false;
	bool was =
	    rewrite_uses(sorts ? &id->strict : rewrite_sorting(id), c->index, &was_by_condition);
	c->before = id->plan.cost;
	c->after = plan.cost;
	bool ignored;
	c->used = plan.cost < id->plan.cost && rewrite_uses(&plan, c->index, &ignored);
	if (order && strict.sorts < id->strict.sorts)
		return true;
	bool hidden = c->used && plan.cost * REWRITE_HIDDEN <= id->plan.cost;
	/* a condition of the index instead of a filter: better however the rows lie */
	if (order)
		return (hidden && !was) || (by_condition && !was_by_condition);
	if (c->index->predicate.n && !was)
		return id->scratch || plan.cost < id->plan.cost || strict.sorts < id->strict.sorts;
	return by_condition && !was_by_condition && (id->scratch || c->used);
}

void rewrite_keep(struct rewrite *best, const struct rewrite *c)
{
	bool better = !best->index || c->evidence.level > best->evidence.level ||
		      (c->evidence.level == best->evidence.level &&
		       c->evidence.level != EVIDENCE_NONE && c->after < best->after);
	if (better)
		*best = *c;
}

static const struct {
	enum sql_rule_id rule;
	const char *level;
} levels[] = {
    [EVIDENCE_NONE] = {SQL_INDEX_SAMPLED, "none"},
    [EVIDENCE_DIFFERS] = {SQL_INDEX_OTHER_ROWS, "differs"},
    [EVIDENCE_GENERIC] = {SQL_INDEX_GENERIC, "none"},
    [EVIDENCE_CONSTANT] = {SQL_INDEX_SAMPLED, "constant"},
    [EVIDENCE_SAMPLED] = {SQL_INDEX_SAMPLED, "sampled"},
    [EVIDENCE_CHECKED] = {SQL_INDEX_IDENTITY, "checked"},
    [EVIDENCE_PROVED] = {SQL_INDEX_IDENTITY, "proved"},
};

/* 50 411 */
static void rewrite_number(char out[32], double n)
{
	char digits[24];
	int count = snprintf(digits, sizeof(digits), "%.0f",
			     n < 0      ? 0
			     : n > 1e15 ? 1e15
					: n),
	    o = 0;
	for (int i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0)
			out[o++] = ' ';
		out[o++] = digits[i];
	}
	out[o] = '\0';
}

/* The text with placeholders and variables as the statement calls them: planned they are $n. */
static struct str rewrite_named(const struct identity *id, struct str text)
{
	struct buf out;
	if (id->outer)
		id = id->outer;
	const struct edits *edits = &id->unit.edits;
	if (!memchr(text.n ? text.p : "", '$', text.n))
		return text;
	buf_init(&out, REWRITE_TEXT_MAX);
	bool literal = false;
	for (size_t i = 0, to; i < text.n; i = to) {
		struct str name = STR("");
		literal ^= text.p[i] == '\'';
		for (to = i + 1;
		     !literal && text.p[i] == '$' && to < text.n && ascii_is_digit(text.p[to]);)
			to++;
		for (size_t e = 0; to > i + 1 && e < edits->count && !name.n; e++)
			if (str_eq(edits->at[e].text, (struct str){text.p + i, to - i}))
				name = sql_text(id->audit, edits->at[e].span);
		buf_str(&out, name.n ? name : (struct str){text.p + i, to - i});
	}
	struct str copy = buf_failed(&out) ? text : arena_str(id->arena, buf_view(&out));
	buf_release(&out);
	return copy.p ? copy : text;
}

void rewrite_report(struct identity *id, const struct rewrite *c, struct str about)
{
	char before[32], after[32];
	enum evidence_level level = c->evidence.level;
	bool quiet = c->deliberate || (!c->used && !id->scratch);
	const struct str object = ARENA_JOIN(id->arena, c->path->table->schema, STR("."),
					     c->path->table->name, STR("."), c->index->name);
	rewrite_number(before, c->before);
	rewrite_number(after, c->after);
	const char *cost =
	    c->rewrite.n ? arena_printf(id->arena, " would serve it, cost %s → %s", before, after)
			 : " does not have the operator";
	const char *doubt =
	    c->deliberate ? "; + 0 and the like are written to keep the planner off an index"
	    : quiet && c->rewrite.n ? "; by its statistics of today the planner would not use it"
				    : "";
	const char *text = arena_printf(id->arena, "%.*s; index %.*s%s%s", STR_ARG(about),
					STR_ARG(c->index->name), cost, doubt);
	const struct identity *of = id->outer ? id->outer : id;
	sql_found(
	    of->audit, of->s,
	    &(struct sql_found){
		.rule = levels[level].rule,
		.severity = quiet ? AUDIT_NOTE : AUDIT_BY_RULE,
		.span = rewrite_place(id, c->marked),
		.about = str_of(text),
		.rewrite = level == EVIDENCE_DIFFERS ? STR("") : rewrite_named(id, c->rewrite),
		.object = object.p ? object : STR(""),
		.evidence = c->evidence.text,
		.level = str_of(levels[level].level),
		.alternative = c->alternative,
		.fix = level >= EVIDENCE_CHECKED ? rewrite_named(id, c->fix) : STR(""),
		.cost_before = c->before,
		.cost_after = c->after,
	    });
}
