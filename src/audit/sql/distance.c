/* ORDER BY similarity(column, 'text') DESC reads every row; a GiST index of trigrams gives the rows
 * by their distance, column <-> 'text'. */
#include "audit/sql/filter.h"

#include <string.h>

static bool distance_read(struct identity *id, const struct statement_order *o,
			  struct columns *columns)
{
	const struct statement *s = id->s;
	const struct statement_term *t = &s->term[o->term];
	if (t->kind != STATEMENT_FUNCTION || t->size != 3 || t[1].kind != STATEMENT_COLUMN ||
	    t[2].kind != STATEMENT_CONSTANT || t[2].number != STATEMENT_STRING || !o->descending ||
	    !t[1].span.to || !o->span.to || !str_eq(statement_str(s, t->text), STR("similarity")))
		return false;
	for (uint32_t i = 0; i < s->head.orders; i++) /* the only item */
		if (&s->order[i] != o && s->order[i].query == o->query && !s->order[i].window)
			return false;
	*columns = origin_columns(id, s, o->query, o->term);
	return !columns->foreign && columns->count == 1 && columns->path.table;
}

static struct evidence distance_evidence(struct identity *id, const struct columns *columns,
					 const struct statement_order *o, struct str row,
					 struct str literal)
{
	struct evidence out = {0};
	const struct str value[] = {row};
	struct evidence_order order = {
	    .path = &columns->path, .where = STR(""), .value = value, .values = 1, .last = true};
	const char *nulls = o->nulls == 2 ? " NULLS LAST" : "";
	order.old_list =
	    REWRITE_JOIN(id, STR("similarity(v0, "), literal, STR(") DESC"), str_of(nulls));
	order.new_list = REWRITE_JOIN(id, STR("v0 <-> "), literal);
	if (id->scratch || (columns->path.table->secured && !id->session.role) ||
	    evidence_order(id, &order, &out) != OK)
		out.text = STR("none: nothing to compare");
	return out;
}

void identity_distance(struct identity *id, const struct statement_order *o)
{
	struct columns columns;
	struct rewrite best = {0};
	if (!distance_read(id, o, &columns) || rewrite_is_small(id, columns.path.table))
		return;
	const struct statement_term *t = &id->s->term[o->term];
	struct str column = sql_text(id->audit, t[1].span);
	struct str row = origin_column_row(id, o->query, o->term + 1, "r.");
	struct str literal = constant_literal(id, id->s, &t[2]);
	if (!row.p || !literal.n || memchr(literal.p, '\\', literal.n))
		return;
	for (const struct catalog_index *i = columns.path.table->index; i; i = i->next) {
		struct columns own = origin_key(&i->key[0].text, i->key[0].term);
		struct rewrite c = {.index = i, .path = &columns.path, .marked = o->span};
		if (!str_eq(i->key[0].class, STR("gist_trgm_ops")) || i->key[0].computed ||
		    !columns_same(&columns, &own))
			continue;
		c.rewrite = c.fix = REWRITE_JOIN(id, column, STR(" <-> "), literal);
		edit_add(&c.edits, c.marked, c.fix);
		if (!rewrite_serves(id, &c, true))
			continue;
		c.evidence = distance_evidence(id, &columns, o, row, literal);
		rewrite_keep(&best, &c);
	}
	if (best.index)
		rewrite_report(id, &best, STR("every row is compared with the text and sorted"));
}
