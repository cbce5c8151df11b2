/* Rewrites of a condition between two tables: one side is an expression over columns of a table
 * with an index over another expression of the same columns, and the other side stays. */
#include "audit/sql/filter.h"

/* The side that is rewritten, and the other. */
struct side {
	const struct statement_conjunct *conjunct;
	uint32_t term, other; /* terms */
	struct statement_span span, other_span;
	struct str op; /* with the side on the left */
	struct columns columns;
	struct str base;                  /* over columns of r */
	struct str source;                /* of the other side */
	const struct catalog_column *far; /* the other side is this column alone; NULL: it is not */
	bool qualified;
};

/* A form, and the condition under which it keeps the rows. */
struct join_form {
	struct str text; /* \1 the key, \2 the other side */
	bool proved;
	struct str absent; /* no row of the table may satisfy it; empty: nothing is known */
	struct str said;   /* what is true of the rows then */
};

static bool is_whole(struct str base)
{
	return str_eq(base, STR("int2")) || str_eq(base, STR("int4")) || str_eq(base, STR("int8"));
}

static struct str join_operator(struct str name, bool turned)
{
	static const char *const names[][2] = {
	    {"=", "="}, {"<", ">"}, {">", "<"}, {"<=", ">="}, {">=", "<="}};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq(name, str_of(names[i][0])))
			return str_of(names[i][turned]);
	return STR("");
}

/* The side of the conjunct; turned: the right one. */
static bool side_read(struct identity *id, const struct statement_conjunct *conjunct, bool turned,
		      struct side *side)
{
	const struct statement *s = id->s;
	const struct statement_term *t = &s->term[conjunct->term];
	uint32_t left = conjunct->term + 1, right = left + s->term[left].size;
	bool member = str_eq(statement_str(s, t->text), STR("= any"));
	if (t->kind != STATEMENT_OPERATOR || right >= conjunct->term + t->size ||
	    !conjunct->left.to || !conjunct->right.to || conjunct->upper.to)
		return false;
	*side = (struct side){
	    .conjunct = conjunct,
	    .term = turned ? right : left,
	    .other = turned ? left : right,
	    .span = turned ? conjunct->right : conjunct->left,
	    .other_span = turned ? conjunct->left : conjunct->right,
	    .op = member ? (turned ? STR("ANY") : STR(""))
			 : join_operator(statement_str(s, t->text), turned),
	};
	side->columns = origin_columns(id, s, conjunct->query, side->term);
	struct columns far = origin_columns(id, s, conjunct->query, side->other);
	for (uint32_t i = 0; i < t->size; i++)
		if (t[i].kind == STATEMENT_QUERY)
			return false;
	/* of the table itself: both sides move together */
	if (!side->op.n || side->columns.foreign || !side->columns.count || !far.count ||
	    (!far.foreign && far.path.relation[0] == side->columns.path.relation[0]) ||
	    !evidence_plain(id, s, conjunct->term))
		return false;
	for (uint32_t i = 0; far.foreign && i < s->term[side->other].size; i++) {
		const struct statement_term *one = &s->term[side->other + i];
		struct path path = {0};
		struct str name;
		if (one->kind == STATEMENT_COLUMN &&
		    (!origin_column(id, s, conjunct->query, one, &path, &name) ||
		     path.relation[0] == side->columns.path.relation[0]))
			return false;
	}
	if (s->term[side->other].kind == STATEMENT_COLUMN && !far.foreign)
		side->far = catalog_column(far.path.table, far.name[0]);
	for (uint32_t i = 0; i < s->term[side->term].size; i++)
		side->qualified |= s->term[side->term + i].kind == STATEMENT_COLUMN &&
				   s->term[side->term + i].qualifier.bytes;
	side->source = rewrite_source(id, side->other_span, NULL);
	return side->source.n &&
	       origin_base(id, conjunct->query, side->term, side->span, "r.", &side->base);
}

/* column::bigint of an integer, compared with an integer: the cast changes no value. */
static bool is_widened(const struct identity *id, const struct side *side,
		       const struct catalog_column *column)
{
	const struct statement_term *t = &id->s->term[side->term];
	struct str to = statement_str(id->s, t->text);
	bool wider = str_eq(to, STR("int8")) || str_eq(to, STR("bigint")) ||
		     str_eq(to, STR("numeric")) ||
		     (str_eq(to, STR("int4")) && !str_eq(column->base, STR("int8")));
	return t->kind == STATEMENT_CAST && t->size == 2 && t[1].kind == STATEMENT_COLUMN &&
	       wider && is_whole(column->base) && side->far && is_whole(side->far->base);
}

/* column::date of a timestamp, compared with a date. */
static bool is_day(const struct identity *id, const struct side *side,
		   const struct catalog_column *column)
{
	const struct statement_term *t = &id->s->term[side->term];
	bool cuts = (t->kind == STATEMENT_CAST || t->kind == STATEMENT_FUNCTION) && t->size == 2 &&
		    t[1].kind == STATEMENT_COLUMN &&
		    str_eq(statement_str(id->s, t->text), STR("date"));
	return cuts && str_eq(column->base, STR("timestamp")) && side->far &&
	       str_eq(side->far->base, STR("date"));
}

static struct str day_form(struct identity *id, const struct side *side)
{
	if (str_eq(side->op, STR("=")))
		return STR("\1 >= \2 AND \1 < \2 + 1");
	if (str_eq(side->op, STR("<=")))
		return STR("\1 < \2 + 1");
	if (str_eq(side->op, STR(">")))
		return STR("\1 >= \2 + 1");
	return REWRITE_JOIN(id, STR("\1 "), side->op, STR(" \2"));
}

static bool form_of(struct identity *id, const struct side *side, const struct catalog_index *index,
		    const struct catalog_key *key, struct join_form *form)
{
	const struct catalog_column *column =
	    catalog_column(side->columns.path.table, side->columns.name[0]);
	struct str row, made;
	*form = (struct join_form){0};
	if (!column || !origin_text(id, &key->text, NULL, false, (struct str){0}, &row))
		return false;
	if (str_eq(side->op, STR("ANY"))) {
		form->text = STR("\1 @> ARRAY[\2]");
		form->proved = true;
		return str_eq(index->method, STR("gin"));
	}
	if (expression_text_same(row, side->base))
		return false;
	if (!key->computed && is_day(id, side, column)) {
		form->text = day_form(id, side);
		form->absent = REWRITE_JOIN(id, STR("NOT isfinite("), row, STR(")"));
		form->said = REWRITE_JOIN(id, STR("no row has infinity in "), key->expression);
		return true;
	}
	form->text = REWRITE_JOIN(id, STR("\1 "), side->op, STR(" \2"));
	bool generated = key->by_made && key->made_plain &&
			 origin_text(id, &key->made, NULL, false, (struct str){0}, &made) &&
			 expression_text_same(made, side->base);
	form->proved =
	    generated || (!key->computed && !key->by_made && is_widened(id, side, column));
	/* what is equal is not in the same place under another collation */
	if (!key->deterministic || !str_eq(side->op, STR("=")))
		return true;
	form->absent =
	    REWRITE_JOIN(id, STR("("), side->base, STR(") IS DISTINCT FROM ("), row, STR(")"));
	if (origin_base(id, side->conjunct->query, side->term, side->span, "", &made))
		form->said = REWRITE_JOIN(id, made, STR(" and "), key->expression,
					  STR(" are equal in every row"));
	return true;
}

static struct evidence join_evidence(struct identity *id, const struct side *side,
				     const struct join_form *form)
{
	const struct path *path = &side->columns.path;
	struct evidence out = {0};
	bool absent;
	if (form->proved) {
		out.level = EVIDENCE_PROVED;
		out.text = STR(
		    "proved: both conditions are true for the same values, whatever the rows are");
		return out;
	}
	out.text = STR("none: nothing says that the index's expression is meant");
	if (id->scratch || path->table->tuples < 1)
		out.text = STR("none: the table is empty");
	else if (path->table->secured && !id->session.role)
		out.text =
		    STR("not comparable: the table has row security; say for which role with --as");
	else if (form->absent.n && !path->nullable &&
		 evidence_absent(id, path, form->absent, &absent) == OK) {
		out.level = absent ? EVIDENCE_CHECKED : EVIDENCE_DIFFERS;
		out.text = REWRITE_JOIN(id, STR("checked: "), form->said,
					STR(" today; no constraint keeps it so"));
	}
	return out;
}

/* \1 and \2 replaced. */
static bool join_text(struct identity *id, const struct side *side, const struct catalog_key *key,
		      struct str pattern, struct str *out)
{
	struct str name;
	struct buf text;
	bool plain = id->s->term[side->other].kind == STATEMENT_COLUMN;
	if (!origin_text(id, &key->text, &side->columns.path, side->qualified, (struct str){0},
			 &name))
		return false;
	buf_init(&text, PROBE_TEXT_MAX);
	for (size_t i = 0; i < pattern.n; i++) {
		bool other = pattern.p[i] == '\2';
		if (pattern.p[i] != '\1' && !other) {
			buf_putc(&text, pattern.p[i]);
			continue;
		}
		buf_puts(&text, other && !plain ? "(" : "");
		buf_str(&text, other ? side->source : name);
		buf_puts(&text, other && !plain ? ")" : "");
	}
	*out = buf_failed(&text) ? (struct str){0} : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return out->p != NULL;
}

static void join_try(struct identity *id, const struct side *side,
		     const struct catalog_index *index, const struct catalog_key *key,
		     struct rewrite *best)
{
	struct join_form form;
	struct rewrite k = {
	    .index = index, .path = &side->columns.path, .marked = side->conjunct->span};
	if (!form_of(id, side, index, key, &form) ||
	    !join_text(id, side, key, form.text, &k.rewrite))
		return;
	struct str pairs = filter_pairs(id, side->conjunct);
	if (pairs.n)
		k.rewrite = REWRITE_JOIN(id, k.rewrite, pairs);
	bool two = memmem(k.rewrite.p, k.rewrite.n, " AND ", 5) != NULL;
	k.fix = two ? REWRITE_JOIN(id, STR("("), k.rewrite, STR(")")) : k.rewrite;
	edit_add(&k.edits, k.marked, k.fix);
	if (!rewrite_serves(id, &k, false))
		return;
	k.evidence = join_evidence(id, side, &form);
	/* two expressions of one column are joined on purpose where their values differ */
	if (k.evidence.level >= EVIDENCE_CHECKED)
		rewrite_keep(best, &k);
}

void identity_join(struct identity *id, const struct statement_conjunct *conjunct)
{
	struct rewrite best = {0};
	struct side side[2];
	for (int turned = 0; turned < 2 && id->status != UNAVAILABLE; turned++) {
		struct side *one = &side[turned];
		if (!side_read(id, conjunct, turned, one))
			continue;
		if (rewrite_is_small(id, one->columns.path.table))
			continue;
		for (const struct catalog_index *index = one->columns.path.table->index; index;
		     index = index->next) {
			struct catalog_key key = index->key[0];
			if (index->keys && columns_of_key(&one->columns, &key, &key.by_made))
				join_try(id, one, index, &key, &best);
		}
	}
	if (best.index)
		rewrite_report(id, &best, STR("the condition is tested on every pair of rows"));
}
