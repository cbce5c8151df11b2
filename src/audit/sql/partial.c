/* A partial index whose predicate follows from a condition, which the planner cannot see: the
 * predicate is added to the condition. */
#include "audit/sql/identity.h"

/* Whether the condition implies every conjunct of the predicate, by its form alone. */
static bool partial_proved(struct identity *id, const struct statement_conjunct *conjunct,
			   const struct path *path, const struct catalog_text *predicate)
{
	struct scope own = {.audit = id->audit, .s = id->s}, other = {.audit = id->audit};
	struct conditions known = {0};
	if (path->length != 1 || path->nullable)
		return false;
	scope_alias(&own, statement_str(id->s, path->relation[0]->alias));
	other.s = predicate->s;
	conditions_add(&known, &own, conjunct->term);
	for (uint32_t i = 0; i < predicate->s->head.conjuncts; i++)
		if (!conditions_imply(&known, &other, predicate->s->conjunct[i].term))
			return false;
	return predicate->s->head.conjuncts != 0;
}

/* Whether the predicate only says that columns are not NULL which cannot be. */
static bool partial_always(const struct path *path, const struct catalog_text *predicate)
{
	const struct statement *s = predicate->s;
	for (uint32_t i = 0; i < s->head.conjuncts; i++) {
		const struct statement_term *t = &s->term[s->conjunct[i].term];
		const struct catalog_column *column =
		    t->kind == STATEMENT_NOT_NULL && t->size == 2 && t[1].kind == STATEMENT_COLUMN
			? catalog_column(path->table, statement_str(s, t[1].text))
			: NULL;
		if (!column || !column->required)
			return false;
	}
	return path->length == 1 && !path->nullable && s->head.conjuncts;
}

/* Such a predicate is added to the first condition of a query only. */
static bool partial_is_first(const struct identity *id, const struct statement_conjunct *conjunct)
{
	for (const struct statement_conjunct *c = id->s->conjunct; c < conjunct; c++)
		if (c->query == conjunct->query)
			return false;
	return true;
}

/* column op n of integers: the least or the greatest value that satisfies it. */
struct bound {
	bool least, greatest;
	int64_t value;
};

static bool bound_of(const struct statement *s, const struct statement_term *t, struct bound *out)
{
	struct str op = statement_str(s, t->text);
	bool cast = t->size == 4 && t[1].kind == STATEMENT_CAST &&
		    (str_eq(statement_str(s, t[1].text), STR("int4")) ||
		     str_eq(statement_str(s, t[1].text), STR("int8")) ||
		     str_eq(statement_str(s, t[1].text), STR("numeric")));
	const struct statement_term *column = t + (cast ? 2 : 1), *n = column + 1;
	if (t->kind != STATEMENT_OPERATOR || t->size != (cast ? 4u : 3u) ||
	    column->kind != STATEMENT_COLUMN || n->kind != STATEMENT_CONSTANT ||
	    !str_to_i64(statement_str(s, n->text), INT32_MIN, INT32_MAX, &out->value))
		return false;
	bool equal = str_eq(op, STR("="));
	out->least = equal || str_starts(op, STR(">"));
	out->greatest = equal || str_eq(op, STR("<")) || str_eq(op, STR("<="));
	out->value += str_eq(op, STR(">")) - str_eq(op, STR("<"));
	return op.n <= 2 && op.n > 0 && !str_eq(op, STR(">>")) && (out->least || out->greatest);
}

/* column > 3999 where column >= 4000 is the predicate, or column::bigint >= 4000: of integers the
 * same. */
static bool partial_integers(const struct statement *s, uint32_t term, const struct path *path,
			     struct str column, const struct catalog_text *predicate)
{
	const struct catalog_column *known = catalog_column(path->table, column);
	struct bound a, b;
	if (predicate->s->head.conjuncts != 1 || !known ||
	    (!str_eq(known->base, STR("int4")) && !str_eq(known->base, STR("int8")) &&
	     !str_eq(known->base, STR("int2"))))
		return false;
	if (!bound_of(s, &s->term[term], &a) ||
	    !bound_of(predicate->s, &predicate->s->term[predicate->s->conjunct[0].term], &b))
		return false;
	return (!b.least || (a.least && a.value >= b.value)) &&
	       (!b.greatest || (a.greatest && a.value <= b.value));
}

static struct evidence partial_evidence(struct identity *id,
					const struct statement_conjunct *conjunct,
					const struct columns *columns,
					const struct catalog_index *index)
{
	struct evidence out = {0};
	struct evidence_filter f = {.path = &columns->path, .narrower = true};
	struct str value = {0}, operator= {0};
	if (partial_always(&columns->path, &index->predicate_text)) {
		out.level = EVIDENCE_PROVED;
		out.text = STR("proved: the columns of the predicate are NOT NULL");
		return out;
	}
	if (partial_proved(id, conjunct, &columns->path, &index->predicate_text) ||
	    partial_integers(id->s, conjunct->term, &columns->path, columns->name[0],
			     &index->predicate_text)) {
		out.level = EVIDENCE_PROVED;
		out.text = STR("proved: the condition implies the predicate");
		return out;
	}
	if (id->scratch || (columns->path.table->secured && !id->session.role)) {
		out.text =
		    id->scratch
			? STR("none: the scratch tables are empty")
			: STR("not comparable: the table has row security; say for which role with --as");
		return out;
	}
	if (!origin_base(id, conjunct->query, conjunct->term, conjunct->span, "r.", &f.old)) {
		out.level = EVIDENCE_GENERIC;
		out.text = STR("not known: the condition depends on a parameter");
		return out;
	}
	const struct statement_term *t = &id->s->term[conjunct->term];
	/* Of one column both say one value of it: what other constants give says nothing. */
	bool value_of_one = columns->count == 1 && t->kind == STATEMENT_OPERATOR &&
			    str_eq(statement_str(id->s, t->text), STR("="));
	if (t->kind == STATEMENT_OPERATOR && !value_of_one && conjunct->left.to && t->size > 2 &&
	    t[t[1].size + 1].kind == STATEMENT_CONSTANT &&
	    origin_base(id, conjunct->query, conjunct->term + 1, conjunct->left, "r.", &value)) {
		operator= statement_str(id->s, t->text);
		f.value = value;
		f.old_any = REWRITE_JOIN(id, value, STR(" "), operator, STR(" (d.v)"));
	}
	if (!origin_text(id, &index->predicate_text, NULL, false, (struct str){0}, &f.new))
		return out;
	f.new_any = f.new;
	if (evidence_filter(id, &f, &out) != OK)
		out.text =
		    REWRITE_JOIN(id, STR("none: the comparison failed: "), str_of(id->err.text));
	return out;
}

/* Whether the planner's own proof decides: a column compared with constants or parameters. When it
 * does not find that the predicate follows, only rows can say that they happen to be the same. */
static bool partial_is_decided(const struct identity *id, const struct statement_conjunct *conjunct)
{
	const struct statement_term *t = &id->s->term[conjunct->term];
	if (t->kind == STATEMENT_OR || t->kind == STATEMENT_MEMBER ||
	    t->kind == STATEMENT_DISTINCT || t->kind == STATEMENT_IS_NULL ||
	    t->kind == STATEMENT_NOT_NULL)
		return true;
	if (t->kind == STATEMENT_NOT && t->size > 1 && t[1].kind == STATEMENT_DISTINCT)
		return true;
	return t->kind == STATEMENT_OPERATOR && t->size == 3 &&
	       (t[1].kind == STATEMENT_COLUMN || t[2].kind == STATEMENT_COLUMN);
}

static void partial_try(struct identity *id, const struct statement_conjunct *conjunct,
			const struct columns *columns, const struct catalog_index *index,
			struct rewrite *best)
{
	struct rewrite c = {.index = index, .path = &columns->path, .marked = conjunct->span};
	struct str predicate;
	bool qualified = false;
	const struct statement_term *root = &id->s->term[conjunct->term];
	for (uint32_t i = 0; i < root->size; i++)
		qualified |= root[i].kind == STATEMENT_COLUMN && root[i].qualifier.bytes;
	if (!origin_text(id, &index->predicate_text, &columns->path, qualified, (struct str){0},
			 &predicate))
		return;
	bool either = root->kind == STATEMENT_OR;
	struct str own = rewrite_source(id, conjunct->span, NULL);
	c.rewrite = REWRITE_JOIN(id, either ? STR("(") : STR(""), own,
				 either ? STR(") AND (") : STR(" AND ("), predicate, STR(")"));
	c.fix = c.rewrite;
	edit_add(&c.edits, c.marked, c.rewrite);
	if (!rewrite_serves(id, &c, false))
		return;
	c.evidence = partial_evidence(id, conjunct, columns, index);
	if (c.evidence.level == EVIDENCE_GENERIC ||
	    (c.evidence.level == EVIDENCE_NONE && partial_is_decided(id, conjunct)))
		return;
	rewrite_keep(best, &c);
}

void identity_partial(struct identity *id, const struct statement_conjunct *conjunct)
{
	struct rewrite best = {0};
	struct columns columns = origin_columns(id, id->s, conjunct->query, conjunct->term);
	if (!conjunct->span.to || columns.foreign || !columns.count ||
	    !evidence_plain(id, id->s, conjunct->term))
		return;
	for (const struct catalog_index *index = columns.path.table->index; index;
	     index = index->next) {
		if (!index->predicate.n || !index->predicate_text.s ||
		    !index->predicate_text.s->head.conjuncts)
			continue;
		struct columns own = {0};
		for (uint32_t i = 0; i < index->predicate_text.s->head.conjuncts; i++) {
			struct columns part = origin_key(&index->predicate_text,
							 index->predicate_text.s->conjunct[i].term);
			for (size_t n = 0; n < part.count && own.count < COLUMNS_MAX; n++)
				own.name[own.count++] = part.name[n];
			own.foreign |= part.foreign;
		}
		bool always = partial_always(&columns.path, &index->predicate_text) &&
			      partial_is_first(id, conjunct);
		if (!own.foreign && own.count && (columns_within(&own, &columns) || always))
			partial_try(id, conjunct, &columns, index, &best);
	}
	if (best.index && best.evidence.level != EVIDENCE_DIFFERS)
		rewrite_report(
		    id, &best,
		    STR("the condition implies the predicate of a partial index, which the planner cannot see"));
}
