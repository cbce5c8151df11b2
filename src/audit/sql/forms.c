/* Forms of a comparison that an index could serve: what is tried for one key. */
#include "audit/sql/filter.h"
#include "base/ascii.h"

#include <inttypes.h>

enum { FORM_TEXT_MAX = 256 * 1024 };

/* ---- what is known of both sides ---- */

static bool is_integer(struct str type)
{
	return str_eq(type, STR("integer")) || str_eq(type, STR("bigint")) ||
	       str_eq(type, STR("smallint"));
}

static bool is_number(struct str type)
{
	return is_integer(type) || str_eq(type, STR("numeric")) || str_eq(type, STR("real")) ||
	       str_eq(type, STR("double precision"));
}

/* 7, 7.0 */
static bool integer_of(struct str text, int64_t *n)
{
	const char *dot = memchr(text.p, '.', text.n);
	for (const char *p = dot ? dot + 1 : text.p + text.n; p < text.p + text.n; p++)
		if (*p != '0')
			return false;
	return str_to_i64((struct str){text.p, dot ? (size_t)(dot - text.p) : text.n}, INT32_MIN,
			  INT32_MAX, n);
}

struct str forms_bare(struct identity *id, const struct filtered *c, const struct catalog_key *key)
{
	int64_t n;
	const struct statement_term *t = &c->s->term[c->right];
	if (c->member || !c->literal || t->number != STATEMENT_NUMBER)
		return c->bare;
	if (!is_number(key->type))
		return constant_quoted(id, c->constant);
	if (!is_integer(key->type) || !integer_of(c->constant, &n))
		return c->bare;
	const char *text = arena_printf(id->arena, "%" PRId64, n);
	return str_of(text);
}

bool forms_is_key(struct identity *id, const struct filtered *c, const struct catalog_key *key)
{
	struct str row;
	return c->base.p &&
	       origin_text(id, origin_expression(key), NULL, false, (struct str){0}, &row) &&
	       expression_text_same(row, c->base);
}

/* The statement has a generated column, and the key is its expression. */
static bool key_is_generator(struct identity *id, const struct filtered *c,
			     const struct catalog_key *key, const struct catalog_column *column)
{
	struct str row, made;
	return c->s->term[c->left].kind == STATEMENT_COLUMN && column->generated.s &&
	       column->plain && (key->collation == 0 || key->collation == column->collation) &&
	       origin_text(id, &key->text, NULL, false, (struct str){0}, &row) &&
	       origin_text(id, &column->generated, NULL, false, (struct str){0}, &made) &&
	       expression_text_same(row, made);
}

bool forms_is_prefix(struct identity *id, const struct filtered *c, const struct catalog_key *key)
{
	return str_eq(c->op, STR("LIKE")) && c->literal && c->constant.n &&
	       c->constant.p[0] != '%' && c->constant.p[0] != '_' && !key->bytewise &&
	       forms_is_key(id, c, key) &&
	       (str_eq(key->class, STR("text_ops")) || str_eq(key->class, STR("varchar_ops")));
}

static void form_add(struct forms *forms, struct form form)
{
	if (forms->count < FORMS_MAX && form.own.n)
		forms->at[forms->count++] = form;
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

/* ---- arithmetic ---- */

/* What stands left of a comparison: column + k, k - column, -column, column * k. */
struct arithmetic {
	char op;
	bool behind; /* the column stands behind the operator */
	struct str k;
	const struct statement_term *constant; /* of k; NULL: a function */
};

static const struct statement_term *arithmetic_column(const struct filtered *c,
						      const struct statement_term **other)
{
	const struct statement_term *t = &c->s->term[c->left];
	*other = NULL;
	if (t->size == 2)
		return t + 1;
	if (t->size != 3)
		return NULL;
	*other = t[1].kind == STATEMENT_COLUMN ? t + 2 : t + 1;
	return t[1].kind == STATEMENT_COLUMN ? t + 1 : t + 2;
}

static bool arithmetic_of(struct identity *id, const struct filtered *c, struct arithmetic *a)
{
	const struct statement_term *t = &c->s->term[c->left], *other;
	const struct statement_term *column = arithmetic_column(c, &other);
	struct str op = statement_str(c->s, t->text);
	struct statement_span left = c->conjunct->left;
	if (t->kind != STATEMENT_OPERATOR || !column || column->kind != STATEMENT_COLUMN ||
	    op.n != 1 || !memchr("+-*", op.p[0], 3) ||
	    (other && other->kind != STATEMENT_CONSTANT && other->kind != STATEMENT_FUNCTION))
		return false;
	struct str whole = sql_text(id->audit, left);
	if (whole.n > 2 && whole.p[0] == '(' && whole.p[whole.n - 1] == ')')
		left = (struct statement_span){left.from + 1, left.to - 1};
	*a = (struct arithmetic){.op = op.p[0], .behind = column->span.from != left.from};
	if (column->span.from < left.from || column->span.to > left.to)
		return false;
	struct str rest = str_trim(
	    sql_text(id->audit, a->behind ? (struct statement_span){left.from, column->span.from}
					  : (struct statement_span){column->span.to, left.to}));
	if (!rest.n || rest.p[a->behind ? rest.n - 1 : 0] != a->op ||
	    (a->behind && column->span.to != left.to))
		return false;
	a->k = str_trim((struct str){rest.p + !a->behind, rest.n - 1});
	a->constant = other && other->kind == STATEMENT_CONSTANT ? other : NULL;
	return other ? a->k.n > 0 : a->k.n == 0 && a->op == '-';
}

/* Whether moving k to the other side is exact for the column's type. */
static bool arithmetic_exact(const struct filtered *c, const struct arithmetic *a,
			     const struct catalog_column *column)
{
	static const char *const units[] = {"second", "sec", "minute", "min", "hour"};
	static const char *const days[] = {"day", "week"};
	int64_t n;
	if (is_integer(column->type))
		return (!a->k.n || (a->constant && integer_of(a->k, &n))) &&
		       (c->literal ? integer_of(c->constant, &n) : constant_is_plain(c));
	const struct statement_term *right = &c->s->term[c->right];
	bool zone = str_eq(column->base, STR("timestamptz"));
	bool now = zone && right->kind == STATEMENT_FUNCTION && right->size == 1 &&
		   str_eq(statement_str(c->s, right->text), STR("now"));
	if (a->behind || !a->constant || (!constant_is_plain(c) && !now))
		return false;
	struct str k = statement_str(c->s, a->constant->text), number = str_cut(&k, ' ');
	k = str_trim(k.p ? k : STR(""));
	if (k.n > 1 && k.p[k.n - 1] == 's')
		k.n--;
	if (!str_to_i64(number, INT32_MIN, INT32_MAX, &n) || !str_eq(column->category, STR("D")))
		return false;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (str_eq_nocase(k, str_of(units[i])))
			return !str_eq(column->base, STR("date"));
	for (size_t i = 0; i < COUNT_OF(days); i++)
		if (str_eq_nocase(k, str_of(days[i])))
			return str_eq(column->base, STR("timestamp"));
	return false;
}

static struct str operator_turned(struct str op)
{
	if (str_eq(op, STR("=")))
		return op;
	return op.p[0] == '<' ? (op.n > 1 ? STR(">=") : STR(">"))
			      : (op.n > 1 ? STR("<=") : STR("<"));
}

static const int64_t factor_max = 1000000000000000;

/* numeric * 100 = n: a decimal fraction. */
static struct form arithmetic_decimal(struct identity *id, const struct filtered *c, int64_t k,
				      int64_t n)
{
	int digits = 0;
	for (int64_t ten = 1; ten < k; ten *= 10)
		digits++;
	int64_t whole = n / k, part = n % k;
	const char *own = arena_printf(id->arena, "\1 %.*s %s%" PRId64 ".%0*" PRId64,
				       STR_ARG(c->op), n < 0 ? "-" : "", whole < 0 ? -whole : whole,
				       digits, part < 0 ? -part : part);
	return (struct form){.own = str_of(own), .proved = true};
}

/* column * k = n, with n a multiple of k; column * k > n, which is column > the whole part of n / k
 * (column < the next one). */
static struct form arithmetic_factor(struct identity *id, const struct filtered *c,
				     const struct arithmetic *a,
				     const struct catalog_column *column)
{
	int64_t k, n;
	struct form form = {.proved = true};
	bool numeric = str_eq(column->base, STR("numeric"));
	if (!c->literal || !a->constant || !str_to_i64(a->k, -INT32_MAX, INT32_MAX, &k) || k == 0 ||
	    !str_to_i64(c->constant, -factor_max, factor_max, &n))
		return form;
	if (numeric && constant_is_plain(c) &&
	    (k == 10 || k == 100 || k == 1000 || k == 10000 || k == 100000))
		return arithmetic_decimal(id, c, k, n);
	bool equal = str_eq(c->op, STR("="));
	if (!is_integer(column->type) || (n % k && (equal || k < 0)))
		return form;
	struct str op = k > 0 ? c->op : operator_turned(c->op);
	/* towards the bound that is no multiple: > and <= below it, < and >= above it */
	bool below = str_eq(op, STR(">")) || str_eq(op, STR("<="));
	int64_t bound = n / k;
	if (n % k)
		bound += below ? -(n < 0) : n > 0;
	const char *own = arena_printf(id->arena, "\1 %.*s %" PRId64, STR_ARG(op), bound);
	form.own = str_of(own);
	return form;
}

static struct form form_arithmetic(struct identity *id, const struct filtered *c,
				   const struct catalog_column *column)
{
	struct arithmetic a;
	struct form form = {0};
	bool time = str_eq(column->category, STR("D"));
	if (c->member || c->op.n > 2 || !arithmetic_of(id, c, &a))
		return form;
	if (a.op == '*')
		return arithmetic_factor(id, c, &a, column);
	/* an unknown literal would become an interval */
	bool unknown = c->literal && c->s->term[c->right].number == STATEMENT_STRING &&
		       constant_is_plain(c) && time;
	struct str type = a.behind && a.op == '-' ? STR("interval") : column->type;
	struct str constant = unknown ? REWRITE_JOIN(id, STR("(\2)::"), type) : STR("\2");
	if (!a.k.n)
		form.own = REWRITE_JOIN(id, STR("\1 "), operator_turned(c->op), STR(" -("),
					constant, STR(")"));
	else if (a.behind && a.op == '-')
		form.own = REWRITE_JOIN(id, STR("\1 "), operator_turned(c->op), STR(" "), a.k,
					STR(" - "), constant);
	else
		form.own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" "), constant,
					a.op == '+' ? STR(" - ") : STR(" + "), a.k);
	form.proved = arithmetic_exact(c, &a, column);
	form.varies = !a.constant && a.k.n;
	return form;
}

/* ---- patterns ---- */

static bool is_wild(struct str text)
{
	return memchr(text.p, '%', text.n) || memchr(text.p, '_', text.n) ||
	       memchr(text.p, '\\', text.n);
}

static void forms_like(struct identity *id, const struct filtered *c, const struct catalog_key *key,
		       const struct catalog_column *column, struct forms *forms)
{
	bool trigram = str_ends(key->class, STR("_trgm_ops"));
	bool same = forms_is_key(id, c, key), like = str_eq(c->op, STR("LIKE"));
	if (!like && c->literal && !is_wild(c->constant) && key->computed)
		form_add(forms, (struct form){.own = STR("\1 = \3")});
	if (trigram && !same && like)
		form_add(forms, (struct form){.own = STR("\1 ILIKE \2")});
	form_add(forms, texts_first(id, c, key, column));
	if (!key->computed && like)
		form_add(forms, range_prefix(id, c, column));
	/* without upper and lower case a prefix is one of bytes; reverse() of a suffix is one */
	if (!same && key->computed)
		form_add(forms, (struct form){.own = STR("\1 LIKE \3")});
	if (!trigram && !same && like)
		form_add(forms, (struct form){.own = STR("\1 LIKE \2")});
}

/* ---- ranges ---- */

/* column <@ int4range(5, 10): a bound on each side. Of parameters nothing is said: NULL is no
 * bound. */
static struct form form_within(struct identity *id, const struct filtered *c)
{
	static const char *const ranges[] = {"int4range", "int8range", "numrange",
					     "tsrange",   "tstzrange", "daterange"};
	const struct statement_term *t = &c->s->term[c->right];
	struct str name = statement_str(c->s, t->text), bounds = STR("[)");
	bool known = false;
	for (size_t i = 0; i < COUNT_OF(ranges); i++)
		known |= t->kind == STATEMENT_FUNCTION && str_eq(name, str_of(ranges[i]));
	if (!known || (t->size != 3 && t->size != 4) ||
	    c->s->term[c->left].kind != STATEMENT_COLUMN)
		return (struct form){0};
	for (uint32_t i = 1; i < t->size; i++)
		if (t[i].kind != STATEMENT_CONSTANT || t[i].number == STATEMENT_NULL)
			return (struct form){0};
	if (t->size == 4)
		bounds = statement_str(c->s, t[3].text);
	if (bounds.n != 2)
		return (struct form){0};
	struct form form = {.proved = true};
	form.own = REWRITE_JOIN(id, STR("\1 >"), bounds.p[0] == '[' ? STR("= ") : STR(" "),
				constant_literal(id, c->s, &t[1]), STR(" AND \1 <"),
				bounds.p[1] == ']' ? STR("= ") : STR(" "),
				constant_literal(id, c->s, &t[2]));
	return form;
}

/* to_timestamp(column) < instant, of a column of whole seconds. */
static struct form form_seconds(struct identity *id, const struct filtered *c,
				const struct catalog_column *column)
{
	const struct statement_term *t = &c->s->term[c->left];
	bool compares = c->op.p[0] == '<' || c->op.p[0] == '>';
	struct form form = {0};
	if (t->kind != STATEMENT_FUNCTION || t->size != 2 || t[1].kind != STATEMENT_COLUMN ||
	    !str_eq(statement_str(c->s, t->text), STR("to_timestamp")) || c->member || !compares ||
	    !is_integer(column->type))
		return form;
	/* n < 7.5 and n >= 7.5 are n < 8 and n >= 8, n > 7.5 and n <= 7.5 are n > 7 and n <= 7 */
	bool up = str_eq(c->op, STR("<")) || str_eq(c->op, STR(">="));
	form.own = REWRITE_JOIN(id, STR("\1 "), c->op, up ? STR(" ceil(") : STR(" floor("),
				STR("extract(epoch FROM (\2)::timestamptz))::bigint"));
	return form;
}

/* ---- trees of labels ---- */

/* subpath(column, 0, 2) = 'a.b' */
static struct form form_tree(const struct filtered *c, const struct catalog_column *column)
{
	const struct statement_term *t = &c->s->term[c->left];
	struct str name = statement_str(c->s, t->text);
	if (!str_eq(column->base, STR("ltree")) || t->kind != STATEMENT_FUNCTION || t->size != 4 ||
	    t[1].kind != STATEMENT_COLUMN || !str_eq(c->op, STR("=")) || !c->literal ||
	    (!str_eq(name, STR("subpath")) && !str_eq(name, STR("subltree"))) ||
	    !str_eq(statement_str(c->s, t[2].text), STR("0")))
		return (struct form){0};
	return (struct form){.own = STR("\1 <@ \2")};
}

/* ---- all of them ---- */

/* An operator that orders nothing, as it stands or as a call of its function. */
static void forms_other(struct identity *id, const struct filtered *c,
			const struct catalog_key *key, const struct catalog_column *column,
			struct forms *forms)
{
	bool same = forms_is_key(id, c, key);
	bool made = key->by_made ? same && key->made_plain : key_is_generator(id, c, key, column);
	if (str_eq(c->op, STR("^@"))) {
		form_add(forms, texts_prefix(id, c, key, column));
		return;
	}
	form_add(forms, documents_member(id, c, key, column));
	form_add(forms, texts_regular(id, c, key));
	if (same && !c->called && !key->by_made)
		return;
	form_add(forms, (struct form){.own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" \2")),
				      .proved = made || (same && !key->by_made),
				      .equal = !made});
}

/* COALESCE(key = 5, false): the comparison stands in what the planner does not take apart. */
static bool forms_is_wrapped(const struct identity *id, const struct filtered *c)
{
	const struct statement_conjunct *k = c->conjunct;
	uint32_t first = k->left.from < k->right.from ? k->left.from : k->right.from;
	struct str before = sql_text(id->audit, (struct statement_span){k->span.from, first});
	for (size_t i = 0; i < before.n && k->left.to; i++)
		if (before.p[i] != '(' && !ascii_is_space(before.p[i]))
			return true;
	uint32_t last = k->left.to > k->right.to ? k->left.to : k->right.to;
	struct str behind = sql_text(id->audit, (struct statement_span){last, k->span.to});
	for (size_t i = 0; i < behind.n && k->left.to && !k->upper.to; i++)
		if (behind.p[i] != ')' && !ascii_is_space(behind.p[i]))
			return true;
	return false;
}

static void forms_compare(struct identity *id, const struct filtered *c,
			  const struct catalog_key *key, const struct catalog_column *column,
			  struct forms *forms)
{
	int64_t n;
	struct form range;
	bool same = forms_is_key(id, c, key);
	bool whole = is_integer(key->type) && c->literal && !c->member &&
		     c->s->term[c->right].number == STATEMENT_NUMBER && integer_of(c->constant, &n);
	if (!key->computed) {
		form_add(forms, form_arithmetic(id, c, column));
		form_add(forms, texts_prefix(id, c, key, column));
		form_add(forms, texts_within(id, c, key, column));
		form_add(forms, form_seconds(id, c, column));
		form_add(forms, form_tree(c, column));
		form_add(forms, steps_form(id, c, column));
		form_add(forms, steps_whole(id, c, column));
		if (range_form(id, c, column, &range))
			form_add(forms, range);
	}
	form_add(forms, texts_suffix(id, c, key, column));
	form_add(forms, documents_whole(id, c, key, column));
	form_add(forms, documents_member(id, c, key, column));
	struct str bare = forms_bare(id, c, key);
	if (bare.n && (!same || !str_eq(bare, c->source)))
		form_add(forms,
			 (struct form){
			     .own = c->member ? STR("\1 IN \4")
					      : REWRITE_JOIN(id, STR("\1 "), c->op, STR(" \4")),
			     .any = c->member ? STR("\1 = \4") : STR(""),
			     .proved = (same && whole) ||
				       (!c->member && !key->computed && is_other_default(c)),
			 });
	bool generated =
	    key->by_made ? same && key->made_plain : key_is_generator(id, c, key, column);
	bool wrapped = same && !key->by_made && !c->member && forms_is_wrapped(id, c);
	if (!same || key->by_made || wrapped)
		form_add(forms,
			 (struct form){.own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" \2")),
				       .any = c->member ? STR("\1 = \4") : STR(""),
				       .proved = generated || wrapped});
	if (!same && key->computed)
		form_add(forms, (struct form){.own = c->member ? STR("\1 IN \3")
							       : REWRITE_JOIN(id, STR("\1 "), c->op,
									      STR(" \3")),
					      .any = c->member ? STR("\1 = \3") : STR("")});
}

void forms_of(struct identity *id, const struct filtered *c, const struct catalog_index *index,
	      const struct catalog_key *key, struct forms *forms)
{
	const struct catalog_column *column =
	    catalog_column(c->columns.path.table, c->columns.name[0]);
	forms->count = 0;
	if (!column)
		return;
	if (c->reversed) {
		if (!str_eq(index->method, STR("gin")))
			return;
		form_add(forms, (struct form){.own = STR("\1 @> ARRAY[\2]"), .proved = true});
		form_add(forms, (struct form){
				    .own = REWRITE_JOIN(id, STR("\1 @> ARRAY[\2]::"), column->type),
				    .proved = true});
	} else if (str_eq(c->op, STR("LIKE")) || str_eq(c->op, STR("ILIKE"))) {
		forms_like(id, c, key, column, forms);
	} else if (c->other) {
		forms_other(id, c, key, column, forms);
	} else if (str_eq(c->op, STR("<@"))) {
		if (forms_is_key(id, c, key))
			form_add(forms, form_within(id, c));
	} else if (str_eq(c->op, STR("IS NOT DISTINCT FROM"))) {
		if (c->literal)
			form_add(forms, (struct form){.own = STR("\1 = \2"),
						      .proved = forms_is_key(id, c, key)});
	} else {
		forms_compare(id, c, key, column, forms);
	}
}
