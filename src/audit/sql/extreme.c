/* max() and min() of nearly what an index is sorted by: the planner reads one end of the index only
 * for the key itself. */
#include "audit/sql/identity.h"
#include "base/ascii.h"

/* max(argument), and the query it is the result of. */
struct extreme {
	const struct statement_output *output;
	uint32_t argument; /* term */
	struct statement_span span;
	struct columns columns;
	struct str base; /* the argument over columns of r */
	bool greatest, qualified;
};

/* Set the span of the argument. False: there is none, it is DISTINCT, or the output is more than
 * this call. */
static bool extreme_argument(struct identity *id, struct extreme *e)
{
	struct str text = sql_text(id->audit, e->output->span);
	size_t from = 3;
	while (from < text.n && ascii_is_space(text.p[from]))
		from++;
	if (text.n < 6 || !edit_is_closed(text) || from >= text.n || text.p[from] != '(')
		return false;
	e->span = (struct statement_span){e->output->span.from + (uint32_t)from + 1,
					  e->output->span.to - 1};
	struct str inside = str_trim(sql_text(id->audit, e->span));
	return inside.n && !str_eq_nocase((struct str){inside.p, inside.n < 9 ? inside.n : 9},
					  STR("distinct "));
}

static bool extreme_read(struct identity *id, const struct statement_output *output,
			 struct extreme *e)
{
	const struct statement *s = id->s;
	if (output->term == STATEMENT_NONE)
		return false;
	const struct statement_term *t = &s->term[output->term];
	struct str name = statement_str(s, t->text);
	if (t->kind != STATEMENT_FUNCTION || t->qualifier.bytes || t->size < 2 ||
	    t[1].size != t->size - 1 || (!str_eq(name, STR("max")) && !str_eq(name, STR("min"))) ||
	    s->query[output->query].flags & STATEMENT_GROUPED)
		return false;
	*e = (struct extreme){
	    .output = output, .argument = output->term + 1, .greatest = str_eq(name, STR("max"))};
	if (!extreme_argument(id, e))
		return false;
	e->columns = origin_columns(id, s, output->query, e->argument);
	for (uint32_t i = 1; i < t->size; i++)
		e->qualified |= t[i].kind == STATEMENT_COLUMN && t[i].qualifier.bytes;
	return !e->columns.foreign && e->columns.count && e->columns.path.table &&
	       !rewrite_is_small(id, e->columns.path.table) && evidence_plain(id, s, e->argument) &&
	       origin_base(id, output->query, e->argument, e->span, "r.", &e->base);
}

/* COALESCE(column, number) for the column: the same end as long as a value reaches the number. */
static bool extreme_default(struct identity *id, const struct extreme *e,
			    const struct catalog_key *key, struct evidence *out)
{
	const struct statement_term *t;
	double number;
	bool absent;
	if (id->s->term[e->argument].kind != STATEMENT_COLUMN ||
	    !rewrite_coalesce(key->text.s, key->term, key->expression, &t, &number))
		return false;
	if (rewrite_not_null(id, e->output->query, &e->columns.path, e->columns.name[0])) {
		out->level = EVIDENCE_PROVED;
		out->text = STR("proved: the column is not NULL in any row");
		return true;
	}
	for (uint32_t i = 0; i < id->s->head.conjuncts; i++)
		if (id->s->conjunct[i].query == e->output->query)
			return true;
	struct str limit = statement_str(key->text.s, t[1].text);
	struct str reached =
	    REWRITE_JOIN(id, e->base, e->greatest ? STR(" >= ") : STR(" <= "), limit);
	if (id->scratch || evidence_absent(id, &e->columns.path, reached, &absent) != OK || absent)
		return true;
	out->level = EVIDENCE_CHECKED;
	out->text = REWRITE_JOIN(id, STR("checked: a row has "), e->columns.name[0],
				 e->greatest ? STR(" >= ") : STR(" <= "), limit,
				 STR(" today, so that NULLs are not the end"));
	return true;
}

/* The type of max(column::type), which an integer is the same in, so that max(column)::type is the
 * same; empty: it is not of this form. */
static struct str extreme_cast(const struct identity *id, const struct extreme *e,
			       const struct catalog_key *key)
{
	static const char *const types[] = {"int8", "numeric"};
	const struct statement_term *t = &id->s->term[e->argument];
	struct str type = statement_str(id->s, t->text);
	bool wider = false;
	for (size_t i = 0; i < COUNT_OF(types); i++)
		wider |= str_eq(type, str_of(types[i]));
	return t->kind == STATEMENT_CAST && t->size == 2 && t[1].kind == STATEMENT_COLUMN &&
		       wider && !key->computed &&
		       (str_eq(key->type, STR("integer")) || str_eq(key->type, STR("smallint")) ||
			str_eq(key->type, STR("bigint")))
		   ? type
		   : STR("");
}

static struct evidence extreme_evidence(struct identity *id, const struct extreme *e,
					const struct catalog_key *key)
{
	struct evidence out = {0};
	if (extreme_cast(id, e, key).n) {
		out.level = EVIDENCE_PROVED;
		out.text = STR("proved: the type has every value of the column, in the same order");
		return out;
	}
	if (e->columns.path.table->secured && !id->session.role) {
		out.text =
		    STR("not comparable: the table has row security; say for which role with --as");
		return out;
	}
	if (!extreme_default(id, e, key, &out) && !id->scratch &&
	    e->columns.path.table->tuples >= 1)
		evidence_same(id, &e->columns.path, e->base, key, true, &out);
	return out;
}

static void extreme_try(struct identity *id, const struct extreme *e,
			const struct catalog_index *index, const struct catalog_key *key,
			struct rewrite *best)
{
	struct str text;
	struct rewrite c = {.index = index, .path = &e->columns.path, .marked = e->output->span};
	if (!origin_text(id, &key->text, &e->columns.path, e->qualified, (struct str){0}, &text))
		return;
	struct str type = extreme_cast(id, e, key);
	c.rewrite = c.fix = REWRITE_JOIN(id, e->greatest ? STR("max(") : STR("min("), text,
					 STR(")"), type.n ? STR("::") : STR(""), type);
	c.deliberate = rewrite_is_deliberate(id->s, e->argument);
	edit_add(&c.edits, c.marked, c.fix);
	if (!rewrite_serves(id, &c, false))
		return;
	c.evidence = extreme_evidence(id, e, key);
	if (c.evidence.level >= EVIDENCE_CHECKED)
		rewrite_keep(best, &c);
}

void identity_extreme(struct identity *id, const struct statement_output *output)
{
	struct extreme e;
	struct rewrite best = {0};
	bool made;
	if (!extreme_read(id, output, &e))
		return;
	for (const struct catalog_index *index = e.columns.path.table->index; index;
	     index = index->next)
		for (size_t k = 0; k < index->keys && str_eq(index->method, STR("btree")); k++)
			if (columns_of_key(&e.columns, &index->key[k], &made) && !made)
				extreme_try(id, &e, index, &index->key[k], &best);
	if (best.index)
		rewrite_report(id, &best, STR("every row is read for its greatest or least value"));
}
