/* Rewrites of a comparison to the key of an index. */
#include "audit/sql/filter.h"
#include "base/ascii.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FORMS_MAX = 8, FILTER_TEXT_MAX = 256 * 1024 };

/* ---- what the statement says ---- */

/* The operator as it would be written, and where its operands are. */
static bool comparison_operator(const struct statement *s, uint32_t term, struct filtered *c)
{
	static const struct {
		const char *name, *written;
	} names[] = {{"=", "="},   {"<", "<"},     {">", ">"},       {"<=", "<="},
		     {">=", ">="}, {"~~", "LIKE"}, {"~~*", "ILIKE"}, {"= any", "ANY"}};
	const struct statement_term *t = &s->term[term];
	c->op = STR("");
	c->left = term + 1;
	if (t->kind == STATEMENT_MEMBER)
		c->op = STR("IN");
	if (t->kind == STATEMENT_NOT && t->size > 3 && t[1].kind == STATEMENT_DISTINCT) {
		c->op = STR("IS NOT DISTINCT FROM");
		c->left = term + 2;
	}
	for (size_t i = 0; t->kind == STATEMENT_OPERATOR && i < COUNT_OF(names); i++)
		if (str_eq(statement_str(s, t->text), str_of(names[i].name)))
			c->op = str_of(names[i].written);
	uint32_t end = term + t->size;
	c->right = c->left < end ? c->left + s->term[c->left].size : end;
	return c->op.n && c->right < end;
}

static bool term_has(const struct statement *s, uint32_t term, enum statement_term_kind kind)
{
	for (uint32_t i = 0; i < s->term[term].size; i++)
		if (s->term[term + i].kind == (uint32_t)kind)
			return true;
	return false;
}

/* The literal as SQL. */
static struct str literal_sql(struct identity *id, const struct statement *s,
			      const struct statement_term *t)
{
	struct str text = statement_str(s, t->text);
	struct buf out;
	if (t->number != STATEMENT_STRING)
		return t->number == STATEMENT_NULL ? STR("NULL") : text;
	buf_init(&out, FILTER_TEXT_MAX);
	bool escape = memchr(text.p, '\\', text.n) != NULL;
	buf_puts(&out, escape ? "E'" : "'");
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'' || text.p[i] == '\\')
			buf_putc(&out, text.p[i]);
		buf_putc(&out, text.p[i]);
	}
	buf_putc(&out, '\'');
	struct str copy = buf_failed(&out) ? STR("") : arena_str(id->arena, buf_view(&out));
	buf_release(&out);
	return copy.p ? copy : STR("");
}

static bool comparison_read(struct identity *id, const struct statement_conjunct *conjunct,
			    struct filtered *c)
{
	const struct statement *s = id->s;
	struct statement_span left = conjunct->left, right = conjunct->right;
	*c = (struct filtered){.s = s, .conjunct = conjunct};
	if (!left.to || !right.to || !conjunct->span.to ||
	    !comparison_operator(s, conjunct->term, c))
		return false;
	if (str_eq(c->op, STR("ANY"))) { /* the column stands right */
		uint32_t other = c->left;
		c->left = c->right;
		c->right = other;
		left = conjunct->right;
		right = conjunct->left;
	}
	c->columns = origin_columns(id, s, conjunct->query, c->left);
	const struct statement_term *t = &s->term[c->right];
	if (c->columns.foreign || !c->columns.count || term_has(s, c->right, STATEMENT_COLUMN) ||
	    term_has(s, c->right, STATEMENT_QUERY) || !evidence_plain(id, s, conjunct->term))
		return false;
	c->columns.path.nullable |= (s->query[conjunct->query].flags & STATEMENT_GROUPED) != 0;
	c->parameter =
	    term_has(s, c->right, STATEMENT_PARAMETER) || term_has(s, c->right, STATEMENT_VARIABLE);
	c->literal = t->kind == STATEMENT_CONSTANT;
	c->null = c->literal && t->number == STATEMENT_NULL;
	c->source = rewrite_source(id, right, NULL);
	if (c->literal) {
		c->constant = statement_str(s, t->text);
		c->bare = literal_sql(id, s, t);
	}
	for (uint32_t i = 0; i < s->term[c->left].size; i++)
		c->qualified |= s->term[c->left + i].kind == STATEMENT_COLUMN &&
				s->term[c->left + i].qualifier.bytes;
	if (!origin_base(id, conjunct->query, c->left, left, "r.", &c->base))
		c->base = (struct str){0};
	return c->source.n && !c->null;
}

/* ---- forms ---- */

static bool is_integer(struct str type)
{
	return str_eq(type, STR("integer")) || str_eq(type, STR("bigint")) ||
	       str_eq(type, STR("smallint"));
}

static bool is_integer_text(struct str text)
{
	int64_t n;
	return str_to_i64(text, INT64_MIN, INT64_MAX, &n);
}

static bool base_is_key(struct identity *id, const struct filtered *c,
			const struct catalog_key *key)
{
	struct str row;
	return c->base.p && origin_text(id, &key->text, NULL, false, (struct str){0}, &row) &&
	       expression_text_same(row, c->base);
}

/* COALESCE(column, a) = b, with other numbers a and b. */
static bool is_other_default(const struct filtered *c)
{
	double a, b;
	const struct statement_term *column;
	return str_eq(c->op, STR("=")) && c->literal && c->base.p &&
	       rewrite_coalesce(c->s, c->left, c->base, &column, &a) &&
	       str_to_double(c->constant, &b) && a != b;
}

/* column + k: the text of k, and the other operator. */
static bool arithmetic_of(const struct identity *id, const struct filtered *c, char *back,
			  struct str *k)
{
	const struct statement *s = c->s;
	const struct statement_term *t = &s->term[c->left];
	struct str op = statement_str(s, t->text);
	struct statement_span left = c->conjunct->left;
	if (t->kind != STATEMENT_OPERATOR || t->size != 3 || t[1].kind != STATEMENT_COLUMN ||
	    t[2].kind != STATEMENT_CONSTANT || op.n != 1 || (op.p[0] != '+' && op.p[0] != '-') ||
	    t[1].span.from != left.from)
		return false;
	struct str rest =
	    str_trim(sql_text(id->audit, (struct statement_span){t[1].span.to, left.to}));
	if (rest.n < 2 || rest.p[0] != op.p[0])
		return false;
	*k = str_trim((struct str){rest.p + 1, rest.n - 1});
	*back = op.p[0] == '+' ? '-' : '+';
	return true;
}

/* Whether adding and subtracting the text is exact for the column's type. */
static bool arithmetic_exact(const struct filtered *c, const struct catalog_column *column)
{
	static const char *const units[] = {"second", "sec", "minute", "min", "hour"};
	static const char *const days[] = {"day", "week"};
	const struct statement_term *t = &c->s->term[c->left];
	struct str k = statement_str(c->s, t[2].text);
	if (is_integer(column->type))
		return is_integer_text(k) && (!c->literal || is_integer_text(c->constant));
	struct str number = str_cut(&k, ' ');
	k = str_trim(k.p ? k : STR(""));
	if (k.n > 1 && k.p[k.n - 1] == 's')
		k.n--;
	if (!is_integer_text(number) || !str_eq(column->category, STR("D")))
		return false;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (str_eq_nocase(k, str_of(units[i])))
			return !str_eq(column->base, STR("date"));
	for (size_t i = 0; i < COUNT_OF(days); i++)
		if (str_eq_nocase(k, str_of(days[i])))
			return str_eq(column->base, STR("timestamp"));
	return false;
}

static bool form_arithmetic(struct identity *id, const struct filtered *c,
			    const struct catalog_column *column, struct form *form)
{
	char back[] = " - ";
	struct str k;
	if (c->op.n > 2 || !arithmetic_of(id, c, &back[1], &k))
		return false;
	form->own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" \2"), str_of(back), k);
	form->any = STR("");
	form->proved = arithmetic_exact(c, column);
	return true;
}

static bool is_wild(struct str text)
{
	return memchr(text.p, '%', text.n) || memchr(text.p, '_', text.n) ||
	       memchr(text.p, '\\', text.n);
}

static size_t forms_like(struct identity *id, const struct filtered *c,
			 const struct catalog_key *key, struct form *form)
{
	size_t n = 0;
	bool trigram = str_ends(key->class, STR("_trgm_ops"));
	bool same = base_is_key(id, c, key);
	if (str_eq(c->op, STR("ILIKE")) && c->literal && !is_wild(c->constant) && key->computed)
		form[n++] = (struct form){.own = STR("\1 = \3")};
	if (trigram && !same && str_eq(c->op, STR("LIKE")))
		form[n++] = (struct form){.own = STR("\1 ILIKE \2")};
	if (trigram && !same && key->computed)
		form[n++] = (struct form){.own = STR("\1 LIKE \3")};
	if (!trigram && !same && str_eq(c->op, STR("LIKE")))
		form[n++] = (struct form){.own = STR("\1 LIKE \2")};
	return n;
}

/* document ->> 'member' = 'text' for an index over the document. */
static bool form_document(struct identity *id, const struct filtered *c,
			  const struct catalog_key *key, struct form *form)
{
	const struct statement_term *t = &c->s->term[c->left];
	if (t->kind != STATEMENT_OPERATOR || !str_eq(statement_str(c->s, t->text), STR("->>")) ||
	    t->size != 3 || t[1].kind != STATEMENT_COLUMN || t[2].kind != STATEMENT_CONSTANT ||
	    t[2].number != STATEMENT_STRING || key->computed || !str_eq(key->type, STR("jsonb")) ||
	    !str_eq(c->op, STR("=")))
		return false;
	form->own = REWRITE_JOIN(id, STR("\1 @> jsonb_build_object("), literal_sql(id, c->s, &t[2]),
				 STR(", \2)"));
	return true;
}

static size_t forms_compare(struct identity *id, const struct filtered *c,
			    const struct catalog_key *key, const struct catalog_column *column,
			    struct form *form)
{
	size_t n = 0;
	bool same = base_is_key(id, c, key), member = str_eq(c->op, STR("IN"));
	bool whole = is_integer(key->type) && c->literal && is_integer_text(c->constant);
	if (!key->computed && form_arithmetic(id, c, column, &form[n]))
		n++;
	if (!key->computed && range_form(id, c, column, &form[n]))
		n++;
	if (c->literal && !member && (!same || !str_eq(c->bare, c->source)))
		form[n++] = (struct form){
		    .own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" \4")),
		    .proved = (same && whole && str_eq(c->op, STR("="))) || is_other_default(c),
		};
	if (!same)
		form[n++] = (struct form){.own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" \2"))};
	if (!same && key->computed && !member)
		form[n++] = (struct form){.own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" \3"))};
	if (form_document(id, c, key, &form[n]))
		n++;
	return n;
}

/* The forms for one key; at most FORMS_MAX. */
static size_t forms_of(struct identity *id, const struct filtered *c,
		       const struct catalog_index *index, const struct catalog_key *key,
		       struct form *form)
{
	const struct catalog_column *column =
	    catalog_column(c->columns.path.table, c->columns.name[0]);
	if (!column)
		return 0;
	if (str_eq(c->op, STR("ANY"))) {
		if (!str_eq(index->method, STR("gin")))
			return 0;
		form[0] = (struct form){.own = STR("\1 @> ARRAY[\2]"), .proved = true};
		form[1] =
		    (struct form){.own = REWRITE_JOIN(id, STR("\1 @> ARRAY[\2]::"), column->type),
				  .proved = true};
		return 2;
	}
	if (str_eq(c->op, STR("LIKE")) || str_eq(c->op, STR("ILIKE")))
		return forms_like(id, c, key, form);
	if (str_eq(c->op, STR("IS NOT DISTINCT FROM"))) {
		form[0] = (struct form){.own = STR("\1 = \2"),
					.proved = c->literal && base_is_key(id, c, key)};
		return c->literal;
	}
	return forms_compare(id, c, key, column, form);
}

/* ---- texts ---- */

/* The pattern for the statement (rows false), or over columns of r; `any`: d.v is the constant. */
static bool form_text(struct identity *id, const struct filtered *c, const struct catalog_key *key,
		      struct str pattern, bool rows, bool any, struct str *out)
{
	struct buf text;
	struct str key_text, of_constant = {0};
	struct str constant = any ? STR("(d.v)") : c->source;
	if (!origin_text(id, &key->text, rows ? NULL : &c->columns.path, c->qualified,
			 (struct str){0}, &key_text))
		return false;
	bool wants = memchr(pattern.p, '\3', pattern.n) != NULL;
	if (wants && !origin_text(id, &key->text, NULL, false, constant, &of_constant))
		return false;
	buf_init(&text, FILTER_TEXT_MAX);
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '\1')
			buf_str(&text, key_text);
		else if (pattern.p[i] == '\2')
			buf_str(&text, constant);
		else if (pattern.p[i] == '\3')
			buf_str(&text, of_constant);
		else if (pattern.p[i] == '\4' && any)
			buf_printf(&text, "(d.v)::text::%.*s", STR_ARG(key->type));
		else if (pattern.p[i] == '\4')
			buf_str(&text, c->bare);
		else
			buf_putc(&text, pattern.p[i]);
	}
	*out = buf_failed(&text) ? (struct str){0} : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return out->p != NULL;
}

static struct str index_for(struct identity *id, const struct filtered *c,
			    const struct catalog_index *index)
{
	struct str base;
	struct statement_span left = c->conjunct->left;
	bool like = str_eq(c->op, STR("LIKE"));
	if (!str_eq(index->method, STR("btree")) || str_eq(c->op, STR("ANY")) ||
	    !origin_base(id, c->conjunct->query, c->left, left, "", &base))
		return STR("");
	bool column = c->s->term[c->left].kind == STATEMENT_COLUMN;
	return REWRITE_JOIN(id, STR("CREATE INDEX CONCURRENTLY ON "), c->columns.path.table->schema,
			    STR("."), c->columns.path.table->name, column ? STR(" (") : STR(" (("),
			    base, column ? STR("") : STR(")"),
			    like ? STR(" text_pattern_ops)") : STR(")"));
}

/* ---- evidence ---- */

static struct evidence filter_evidence(struct identity *id, const struct filtered *c,
				       const struct catalog_key *key, const struct form *form)
{
	struct evidence out = {0};
	struct evidence_filter f = {.path = &c->columns.path};
	bool member = str_eq(c->op, STR("IN")), reversed = str_eq(c->op, STR("ANY"));
	struct str op = member ? STR("=") : c->op;
	if (form->proved) {
		out.level = EVIDENCE_PROVED;
		out.text = STR(
		    "proved: both conditions are true for the same values, whatever the rows are");
		return out;
	}
	if (c->parameter || !c->base.p) {
		out.level = EVIDENCE_GENERIC;
		out.text =
		    STR("not known: the constant is a parameter, which this source does not have");
		return out;
	}
	if (id->scratch || (c->columns.path.table->secured && !id->session.role)) {
		out.text =
		    id->scratch
			? STR("none: the scratch tables are empty")
			: STR("not comparable: the table has row security; say for which role with --as");
		return out;
	}
	f.value = reversed ? STR("") : c->base;
	f.old = reversed ? REWRITE_JOIN(id, c->source, STR(" = ANY ("), c->base, STR(")"))
			 : REWRITE_JOIN(id, c->base, STR(" "), c->op, STR(" "), c->source);
	f.old_any = REWRITE_JOIN(id, c->base, STR(" "), op, STR(" (d.v)"));
	struct form equal = *form;
	if (member) /* the list is several constants: each by itself */
		equal.any =
		    memchr(form->own.p, '\3', form->own.n) ? STR("\1 = \3") : STR("\1 = \2");
	struct str any = equal.any.n ? equal.any : form->own;
	if (!form_text(id, c, key, form->own, true, false, &f.new) ||
	    !form_text(id, c, key, any, true, true, &f.new_any) ||
	    evidence_filter(id, &f, &out) != OK)
		out.text =
		    REWRITE_JOIN(id, STR("none: the comparison failed: "), str_of(id->err.text));
	/* of now() and the like today's value was compared */
	if (out.level == EVIDENCE_CHECKED && !c->literal && !member)
		out.level = EVIDENCE_CONSTANT;
	return out;
}

/* ---- candidates ---- */

static void filter_try(struct identity *id, const struct filtered *c,
		       const struct catalog_index *index, const struct catalog_key *key,
		       const struct form *form, struct rewrite *best)
{
	struct rewrite k = {.index = index, .path = &c->columns.path, .marked = c->conjunct->span};
	/* of a column and a parameter nothing says that another expression is meant */
	if (c->parameter && !form->proved && key->computed &&
	    c->s->term[c->left].kind == STATEMENT_COLUMN)
		return;
	if (!form_text(id, c, key, form->own, false, false, &k.rewrite))
		return;
	bool two = memmem(form->own.p, form->own.n, " AND ", 5) != NULL;
	k.fix = two ? REWRITE_JOIN(id, STR("("), k.rewrite, STR(")")) : k.rewrite;
	edit_add(&k.edits, k.marked, k.fix);
	if (!rewrite_serves(id, &k, false))
		return;
	k.evidence = filter_evidence(id, c, key, form);
	if (k.evidence.level == EVIDENCE_DIFFERS || k.evidence.level == EVIDENCE_CHECKED)
		k.alternative = index_for(id, c, index);
	rewrite_keep(best, &k);
}

/* document ? 'key' is not in jsonb_path_ops. */
static bool is_path_index(struct identity *id, const struct statement_conjunct *conjunct,
			  const struct columns *columns, const struct catalog_index *index)
{
	const struct statement_term *t = &id->s->term[conjunct->term];
	struct str op = statement_str(id->s, t->text);
	struct columns own = origin_key(&index->key[0].text, index->key[0].term);
	return t->kind == STATEMENT_OPERATOR && op.n && op.p[0] == '?' && op.n <= 2 &&
	       str_eq(index->key[0].class, STR("jsonb_path_ops")) && columns_same(columns, &own);
}

static void filter_path_index(struct identity *id, const struct statement_conjunct *conjunct)
{
	struct columns columns = origin_columns(id, id->s, conjunct->query, conjunct->term);
	if (columns.foreign || !columns.count)
		return;
	for (const struct catalog_index *i = columns.path.table->index; i; i = i->next) {
		if (!is_path_index(id, conjunct, &columns, i))
			continue;
		struct rewrite found = {
		    .index = i,
		    .path = &columns.path,
		    .marked = conjunct->span,
		    .evidence = {EVIDENCE_DIFFERS,
				 STR("none: jsonb_path_ops serves @> only, not ?, ?| and ?&"), 0},
		    .alternative =
			REWRITE_JOIN(id, STR("CREATE INDEX CONCURRENTLY ON "),
				     columns.path.table->schema, STR("."), columns.path.table->name,
				     STR(" USING gin ("), i->key[0].expression, STR(")")),
		    .before = id->plan.cost,
		    .after = id->plan.cost,
		};
		rewrite_report(id, &found, STR("the operator reads every row"));
		return;
	}
}

/* LIKE 'prefix%' needs an index that sorts by bytes. */
static bool is_unsorted_prefix(struct identity *id, const struct filtered *c,
			       const struct catalog_key *key)
{
	return str_eq(c->op, STR("LIKE")) && c->literal && c->constant.n &&
	       c->constant.p[0] != '%' && c->constant.p[0] != '_' && !key->bytewise &&
	       base_is_key(id, c, key) &&
	       (str_eq(key->class, STR("text_ops")) || str_eq(key->class, STR("varchar_ops")));
}

static void filter_other_index(struct identity *id, const struct filtered *c,
			       const struct catalog_index *index)
{
	const struct rewrite k = {
	    .index = index,
	    .path = &c->columns.path,
	    .marked = c->conjunct->span,
	    .evidence =
		{EVIDENCE_DIFFERS,
		 STR("none: in this collation an index serves LIKE only with text_pattern_ops"), 0},
	    .alternative = index_for(id, c, index),
	};
	struct rewrite found = k;
	found.before = found.after = id->plan.cost;
	rewrite_report(id, &found, STR("LIKE with a prefix reads every row"));
}

void identity_filter(struct identity *id, const struct statement_conjunct *conjunct)
{
	struct filtered c;
	struct rewrite best = {0};
	const struct catalog_index *unsorted = NULL;
	if (!comparison_read(id, conjunct, &c)) {
		filter_path_index(id, conjunct);
		return;
	}
	for (const struct catalog_index *index = c.columns.path.table->index; index;
	     index = index->next)
		for (size_t k = 0; k < index->keys; k++) {
			struct columns own = origin_key(&index->key[k].text, index->key[k].term);
			struct form form[FORMS_MAX + 4];
			if (!columns_same(&c.columns, &own))
				continue;
			unsorted = is_unsorted_prefix(id, &c, &index->key[k]) ? index : unsorted;
			size_t forms = forms_of(id, &c, index, &index->key[k], form);
			for (size_t n = 0; n < forms; n++)
				filter_try(id, &c, index, &index->key[k], &form[n], &best);
		}
	if (best.index)
		rewrite_report(id, &best, STR("the condition is tested on every row read"));
	else if (unsorted)
		filter_other_index(id, &c, unsorted);
}
