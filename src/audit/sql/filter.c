/* Rewrites of a comparison to the key of an index. */
#include "audit/sql/filter.h"
#include "base/ascii.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FILTER_TEXT_MAX = 256 * 1024 };

/* ---- what the statement says ---- */

/* Functions of the server that are operators. */
static const struct {
	const char *function, *op;
} calls[] = {
    {"arraycontains", "@>"},       {"arrayoverlap", "&&"},     {"jsonb_contains", "@>"},
    {"jsonb_exists", "?"},         {"jsonb_exists_any", "?|"}, {"jsonb_exists_all", "?&"},
    {"jsonb_path_exists", "@?"},   {"jsonb_path_match", "@@"}, {"range_contains", "@>"},
    {"range_contains_elem", "@>"}, {"range_overlaps", "&&"},   {"regexp_like", "~"},
    {"starts_with", "^@"},         {"textregexeq", "~"},       {"ts_match_vq", "@@"},
};

/* Operators that order nothing. */
static const char *const others[] = {"@>", "&&", "?", "?|", "?&", "@?", "@@", "~", "~*", "^@"};

/* The operator as it would be written, and where its operands are. */
static bool comparison_operator(const struct statement *s, uint32_t term, struct filtered *c)
{
	static const struct {
		const char *name, *written;
	} names[] = {{"=", "="},     {"<", "<"},       {">", ">"},       {"<=", "<="}, {">=", ">="},
		     {"~~", "LIKE"}, {"~~*", "ILIKE"}, {"= any", "ANY"}, {"<@", "<@"}};
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
	struct str name = statement_str(s, t->text);
	for (size_t i = 0;
	     t->kind == STATEMENT_FUNCTION && !t->qualifier.bytes && i < COUNT_OF(calls); i++)
		if (str_eq(name, str_of(calls[i].function))) {
			c->op = str_of(calls[i].op);
			c->called = c->other = true;
		}
	uint32_t end = term + t->size;
	for (size_t i = 0; t->kind == STATEMENT_OPERATOR && !c->op.n && i < COUNT_OF(others); i++)
		if (str_eq(name, str_of(others[i]))) {
			c->op = str_of(others[i]);
			c->other = true;
		}
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

/* The constants of a list as literals without casts; empty: not all are constants. */
static struct str list_bare(struct identity *id, const struct statement *s, uint32_t member)
{
	struct buf out;
	const struct statement_term *t = &s->term[member];
	buf_init(&out, FILTER_TEXT_MAX);
	for (uint32_t i = 1 + t[1].size; i < t->size; i++) {
		if (t[i].kind != STATEMENT_CONSTANT || t[i].number == STATEMENT_NULL) {
			buf_release(&out);
			return STR("");
		}
		buf_puts(&out, out.n ? ", " : "(");
		buf_str(&out, constant_literal(id, s, &t[i]));
	}
	buf_putc(&out, ')');
	struct str copy = buf_failed(&out) ? STR("") : arena_str(id->arena, buf_view(&out));
	buf_release(&out);
	return copy.p ? copy : STR("");
}

/* The constant: a literal, without COLLATE; a parameter; a list. */
static void comparison_constant(struct identity *id, struct filtered *c)
{
	const struct statement *s = c->s;
	const struct statement_term *t = &s->term[c->right];
	if (t->kind == STATEMENT_COMPOUND && t->size == 2 &&
	    str_eq(statement_str(s, t->text), STR("collate")))
		c->right++, t++;
	if (c->member && s->term[c->conjunct->term].kind == STATEMENT_MEMBER) {
		c->bare = list_bare(id, s, c->conjunct->term);
		return;
	}
	c->literal = !c->member && t->kind == STATEMENT_CONSTANT;
	c->fixed = constant_is_fixed(s, c->right);
	c->null = t->kind == STATEMENT_CONSTANT && t->number == STATEMENT_NULL;
	if (c->literal) {
		c->constant = statement_str(s, t->text);
		c->bare = constant_literal(id, s, t);
	}
}

/* array_position(column, constant) IS NOT NULL, constant IN (SELECT unnest(column)): the constant
 * is = ANY (column). */
static bool comparison_array(struct identity *id, const struct statement_conjunct *conjunct,
			     struct filtered *c)
{
	const struct statement *s = id->s;
	const struct statement_term *t = &s->term[conjunct->term];
	bool found = t->kind == STATEMENT_NOT_NULL && t->size == 4 && t[1].size == 3;
	bool selected = t->kind == STATEMENT_QUERY && t->size == 4 && t[2].size == 2 &&
			s->query[t->number].role == STATEMENT_IN;
	const struct statement_term *call = found ? t + 1 : t + 2;
	const struct statement_term *column = found ? t + 2 : t + 3;
	const struct statement_term *constant = found ? t + 3 : t + 1;
	if (!(found || selected) || call->kind != STATEMENT_FUNCTION || call->qualifier.bytes ||
	    column->kind != STATEMENT_COLUMN || constant->kind != STATEMENT_CONSTANT ||
	    constant->number == STATEMENT_NULL || !conjunct->span.to ||
	    !str_eq(statement_str(s, call->text), found ? STR("array_position") : STR("unnest")))
		return false;
	c->op = STR("ANY");
	c->reversed = c->literal = true;
	c->left = (uint32_t)(column - s->term);
	c->right = (uint32_t)(constant - s->term);
	c->columns = origin_columns(id, s, conjunct->query, c->left);
	c->qualified = column->qualifier.bytes != 0;
	c->constant = statement_str(s, constant->text);
	c->bare = c->source = constant_literal(id, s, constant);
	c->base = origin_column_row(id, conjunct->query, c->left, "r.");
	return !c->columns.foreign && c->columns.count && c->base.p;
}

/* The comparison with the operands at the spans. upper: the second of BETWEEN. */
static bool comparison_read(struct identity *id, const struct statement_conjunct *conjunct,
			    bool upper, struct filtered *c)
{
	const struct statement *s = id->s;
	bool between = conjunct->upper.to != 0;
	struct statement_span left = conjunct->left,
			      right = upper ? conjunct->upper : conjunct->right;
	uint32_t term = conjunct->term;
	*c = (struct filtered){.s = s, .conjunct = conjunct};
	if (!upper && comparison_array(id, conjunct, c))
		return true;
	if (!left.to || !right.to || !conjunct->span.to)
		return false;
	if (between) {
		if (s->term[term].kind != STATEMENT_AND || s->term[term].size < 4)
			return false;
		term += upper ? 1 + s->term[term + 1].size : 1;
	}
	if (!comparison_operator(s, term, c))
		return false;
	c->reversed = str_eq(c->op, STR("ANY")) && term_has(s, c->right, STATEMENT_COLUMN);
	c->member = str_eq(c->op, STR("IN")) || (str_eq(c->op, STR("ANY")) && !c->reversed);
	/* constant @> column */
	bool holds =
	    str_eq(c->op, STR("@>")) && !c->called && !term_has(s, c->left, STATEMENT_COLUMN);
	c->other &= !holds;
	if (c->reversed || holds) {
		uint32_t other = c->left;
		c->left = c->right;
		c->right = other;
		left = conjunct->right;
		right = conjunct->left;
		c->op = holds ? STR("<@") : c->op;
	}
	c->columns = origin_columns(id, s, conjunct->query, c->left);
	uint32_t end = c->member ? term + s->term[term].size : c->right + s->term[c->right].size;
	for (uint32_t i = c->right; i < end; i++) {
		if (s->term[i].kind == STATEMENT_COLUMN || s->term[i].kind == STATEMENT_QUERY)
			return false;
		c->parameter |=
		    s->term[i].kind == STATEMENT_PARAMETER || s->term[i].kind == STATEMENT_VARIABLE;
	}
	if (c->columns.foreign || !c->columns.count || !evidence_plain(id, s, term))
		return false;
	comparison_constant(id, c);
	c->source = rewrite_source(id, right, NULL);
	/* IN (...) or = ANY (...): the operator is part of the list's source */
	if (c->member && c->source.n > 3 && str_eq_nocase((struct str){c->source.p, 3}, STR("any")))
		c->op = STR("=");
	for (uint32_t i = 0; i < s->term[c->left].size; i++)
		c->qualified |= s->term[c->left + i].kind == STATEMENT_COLUMN &&
				s->term[c->left + i].qualifier.bytes;
	if (!origin_base(id, conjunct->query, c->left, left, "r.", &c->base))
		c->base = (struct str){0};
	return c->source.n && !c->null;
}

/* ---- texts ---- */

/* (lower('a'), lower('b')) */
static bool keys_of_list(struct identity *id, const struct filtered *c,
			 const struct catalog_key *key, struct str *out)
{
	struct buf text;
	const struct statement_term *t = &c->s->term[c->conjunct->term];
	bool whole = c->bare.n != 0;
	buf_init(&text, FILTER_TEXT_MAX);
	for (uint32_t i = 1 + t[1].size; whole && i < t->size; i++) {
		struct str one;
		whole = origin_text(id, origin_expression(key), NULL, false,
				    constant_literal(id, c->s, &t[i]), &one);
		buf_puts(&text, text.n ? ", " : "(");
		buf_str(&text, whole ? one : STR(""));
	}
	buf_putc(&text, ')');
	*out =
	    whole && !buf_failed(&text) ? arena_str(id->arena, buf_view(&text)) : (struct str){0};
	buf_release(&text);
	return out->p != NULL;
}

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
	if (wants && !(c->member && !any ? keys_of_list(id, c, key, &of_constant)
					 : origin_text(id, origin_expression(key), NULL, false,
						       constant, &of_constant)))
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
			buf_str(&text, forms_bare(id, c, key));
		else
			buf_putc(&text, pattern.p[i]);
	}
	*out = buf_failed(&text) ? (struct str){0} : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return out->p != NULL;
}

/* The operator class with which an index serves LIKE; p NULL: there is none of the type. */
static struct str index_class(const struct filtered *c)
{
	const struct catalog_column *column =
	    c->s->term[c->left].kind == STATEMENT_COLUMN
		? catalog_column(c->columns.path.table, c->columns.name[0])
		: NULL;
	if (!column || str_eq(column->base, STR("text")) || str_eq(column->base, STR("varchar")))
		return STR(" text_pattern_ops");
	return str_eq(column->base, STR("bpchar")) ? STR(" bpchar_pattern_ops") : (struct str){0};
}

static struct str index_for(struct identity *id, const struct filtered *c,
			    const struct catalog_index *index)
{
	struct str base, class = str_eq(c->op, STR("LIKE")) ? index_class(c) : STR("");
	if (!str_eq(index->method, STR("btree")) || c->reversed || !class.p ||
	    !origin_base(id, c->conjunct->query, c->left, c->conjunct->left, "", &base) ||
	    !evidence_immutable(id, c->s, c->left, &c->columns))
		return STR("");
	bool bare = c->s->term[c->left].kind == STATEMENT_COLUMN || edit_is_closed(base);
	struct str keys =
	    REWRITE_JOIN(id, bare ? STR("") : STR("("), base, bare ? STR("") : STR(")"), class);
	return rewrite_index(id, c->columns.path.table, STR(""), keys, STR(""));
}

/* ---- evidence ---- */

/* Operators that may say something else of the same texts under another collation: of order, and of
 * letters that differ in their case alone. */
static bool filter_collates(const struct filtered *c)
{
	static const char *const operators[] = {"<", ">", "<=", ">=", "~", "~*", "ILIKE"};
	for (size_t i = 0; i < COUNT_OF(operators); i++)
		if (str_eq(c->op, str_of(operators[i])))
			return true;
	return false;
}

/* The key has the value that is compared in every row, so that an operator says the same of it. */
static struct evidence filter_equal(struct identity *id, const struct filtered *c,
				    const struct catalog_key *key)
{
	struct evidence out = {
	    .text = STR("none: the values differ, or no row satisfies the condition today")};
	bool absent;
	if (!key->deterministic || c->columns.path.table->tuples < 1)
		return out;
	struct str own = REWRITE_JOIN(id, c->base, STR(" "), c->op, STR(" "), c->source);
	if (evidence_absent(id, &c->columns.path, own, &absent) == OK && !absent)
		evidence_same(id, &c->columns.path, c->base, key, filter_collates(c), &out);
	return out;
}

static struct evidence filter_evidence(struct identity *id, const struct filtered *c,
				       const struct catalog_key *key, const struct form *form)
{
	struct evidence out = {0};
	struct evidence_filter f = {.path = &c->columns.path};
	struct str op = c->member ? STR("=") : c->op;
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
	if (form->equal)
		return filter_equal(id, c, key);
	f.value = c->reversed ? STR("") : c->base;
	f.old = c->reversed ? REWRITE_JOIN(id, c->source, STR(" = ANY ("), c->base, STR(")"))
			    : REWRITE_JOIN(id, c->base, STR(" "), c->op, STR(" "), c->source);
	f.old_any = REWRITE_JOIN(id, c->base, STR(" "), op, STR(" "),
				 form->against.n ? form->against : STR("(d.v)"));
	struct str any = form->any.n ? form->any : form->own;
	if (!form_text(id, c, key, form->own, true, false, &f.new) ||
	    !form_text(id, c, key, any, true, true, &f.new_any) ||
	    evidence_filter(id, &f, &out) != OK)
		out.text =
		    REWRITE_JOIN(id, STR("none: the comparison failed: "), str_of(id->err.text));
	/* of now() and the like today's value was compared */
	if (out.level == EVIDENCE_CHECKED &&
	    (form->varies || (!c->literal && !c->member && !c->fixed)))
		out.level = EVIDENCE_CONSTANT;
	return out;
}

/* ---- candidates ---- */

struct str filter_pairs(struct identity *id, const struct statement_conjunct *own)
{
	struct str rest = STR("");
	for (uint32_t i = 0; i < id->s->head.conjuncts; i++) {
		const struct statement_conjunct *k = &id->s->conjunct[i];
		if (k != own && k->query == own->query && k->left.to && own->left.to &&
		    k->span.from == own->span.from && k->span.to == own->span.to &&
		    k->left.from != own->left.from)
			rest =
			    REWRITE_JOIN(id, rest, STR(" AND "), rewrite_source(id, k->left, NULL),
					 STR(" = "), rewrite_source(id, k->right, NULL));
	}
	return rest;
}

/* One comparison, or the two of BETWEEN, as the nth form of each. */
struct attempt {
	const struct filtered *c;
	const struct catalog_index *index;
	const struct catalog_key *key;
	struct forms forms;
};

/* The weaker of both. */
static struct evidence evidence_weaker(struct evidence a, struct evidence b)
{
	return a.level <= b.level ? a : b;
}

static bool attempt_text(struct identity *id, const struct attempt *a, size_t n, struct str *out)
{
	const struct filtered *c = a->c;
	const struct form *form = &a->forms.at[n];
	/* a column compared with a parameter: nothing indicates that another expression is meant */
	if (c->parameter && !form->proved && a->key->computed &&
	    c->s->term[c->left].kind == STATEMENT_COLUMN)
		return false;
	return form_text(id, c, a->key, form->own, false, false, out);
}

static struct statement_span span_around(struct statement_span a, struct statement_span b)
{
	return (struct statement_span){a.from < b.from ? a.from : b.from,
				       a.to > b.to ? a.to : b.to};
}

static void filter_try(struct identity *id, const struct attempt *lower,
		       const struct attempt *upper, size_t n, struct rewrite *best)
{
	const struct filtered *c = lower->c;
	struct rewrite k = {
	    .index = lower->index, .path = &c->columns.path, .marked = c->conjunct->span};
	struct str second = STR("");
	if (upper && upper->c->conjunct != c->conjunct)
		k.marked = span_around(k.marked, upper->c->conjunct->span);
	const struct statement_term *left = &c->s->term[c->left];
	k.guess = !lower->key->computed && left->size > 2 && left->kind != STATEMENT_COMPOUND;
	if (!attempt_text(id, lower, n, &k.rewrite) ||
	    (upper && !attempt_text(id, upper, n, &second)))
		return;
	if (upper)
		k.rewrite = REWRITE_JOIN(id, k.rewrite, STR(" AND "), second);
	struct str pairs = filter_pairs(id, c->conjunct);
	if (pairs.n)
		k.rewrite = REWRITE_JOIN(id, k.rewrite, pairs);
	bool two = upper || pairs.n ||
		   memmem(lower->forms.at[n].own.p, lower->forms.at[n].own.n, " AND ", 5) != NULL;
	k.fix = two ? REWRITE_JOIN(id, STR("("), k.rewrite, STR(")")) : k.rewrite;
	if (c->member)
		k.rewrite = k.fix; /* an OR of ranges is pasted with its brackets */
	edit_add(&k.edits, k.marked, k.fix);
	if (!rewrite_serves(id, &k, false))
		return;
	k.evidence = filter_evidence(id, c, lower->key, &lower->forms.at[n]);
	if (upper)
		k.evidence = evidence_weaker(
		    k.evidence, filter_evidence(id, upper->c, upper->key, &upper->forms.at[n]));
	/* without rows nothing says that another expression than the written one is meant */
	bool raw = lower->key->computed ? left->kind == STATEMENT_COLUMN
					: left->kind == STATEMENT_FUNCTION || k.guess;
	if (raw && (k.evidence.level == EVIDENCE_NONE || k.evidence.level == EVIDENCE_GENERIC))
		return;
	if (evidence_wants_index(&k.evidence))
		k.alternative = index_for(id, c, lower->index);
	rewrite_keep(best, &k);
}

/* Whether the index has the document with the operator class. */
static bool is_document_index(const struct columns *columns, const struct catalog_index *index,
			      struct str class)
{
	struct columns own = origin_key(&index->key[0].text, index->key[0].term);
	return str_eq(index->key[0].class, class) && columns_same(columns, &own);
}

/* document ? 'key' is not in jsonb_path_ops. */
static const struct catalog_index *filter_document(struct identity *id,
						   const struct statement_conjunct *conjunct,
						   const struct columns *columns)
{
	const struct statement_term *t = &id->s->term[conjunct->term];
	const struct catalog_index *found = NULL;
	struct str op = statement_str(id->s, t->text);
	if (t->kind != STATEMENT_OPERATOR || !op.n || op.p[0] != '?' || op.n > 2)
		return NULL;
	for (const struct catalog_index *i = columns->path.table->index; i; i = i->next) {
		if (is_document_index(columns, i, STR("jsonb_ops")))
			return NULL;
		if (!found && is_document_index(columns, i, STR("jsonb_path_ops")))
			found = i;
	}
	return found;
}

static void filter_path_index(struct identity *id, const struct statement_conjunct *conjunct)
{
	struct columns columns = origin_columns(id, id->s, conjunct->query, conjunct->term);
	if (columns.foreign || !columns.count)
		return;
	const struct catalog_index *i = filter_document(id, conjunct, &columns);
	if (!i)
		return;
	struct rewrite found = {
	    .index = i,
	    .path = &columns.path,
	    .marked = conjunct->span,
	    .evidence = {EVIDENCE_DIFFERS,
			 STR("none: jsonb_path_ops serves @> only, not ?, ?| and ?&"), 0},
	    .alternative =
		rewrite_index(id, columns.path.table, STR("gin"), i->key[0].expression, STR("")),
	    .before = id->plan.cost,
	    .after = id->plan.cost,
	};
	rewrite_report(id, &found, STR("the operator reads every row"));
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

/* The statement has a generated column, and the key its expression. */
static bool filter_mirrors(const struct filtered *c, const struct catalog_key *key)
{
	const struct catalog_column *column =
	    catalog_column(c->columns.path.table, c->columns.name[0]);
	const struct statement *made = column ? column->generated.s : NULL;
	if (c->s->term[c->left].kind != STATEMENT_COLUMN || !made || !made->head.outputs)
		return false;
	struct columns own = origin_key(&key->text, key->term);
	struct columns inner = origin_key(&column->generated, made->output[0].term);
	return columns_same(&inner, &own);
}

/* 1: a lower bound, -1: an upper one. */
static int filter_bound(const struct statement *s, const struct statement_conjunct *c)
{
	const struct statement_term *t = &s->term[c->term];
	struct str op = statement_str(s, t->text);
	if (t->kind != STATEMENT_OPERATOR || !op.n || op.n > 2 || !c->left.to || c->upper.to ||
	    (op.n == 2 && op.p[1] != '='))
		return 0;
	return op.p[0] == '>' ? 1 : op.p[0] == '<' ? -1 : 0;
}

bool filter_is_range(struct identity *id, const struct statement_conjunct *a,
		     const struct statement_conjunct *b)
{
	int bound = filter_bound(id->s, a);
	if (!bound || bound != -filter_bound(id->s, b) || a->query != b->query ||
	    a->join != b->join || !a->span.to || a->span.to > b->span.from)
		return false;
	struct str between = sql_text(id->audit, (struct statement_span){a->span.to, b->span.from});
	return str_eq_nocase(str_trim(between), STR("and")) &&
	       expression_text_same(sql_text(id->audit, a->left), sql_text(id->audit, b->left));
}

/* The same function of the same columns: the server writes lower(code::text) of a varchar. */
static bool filter_is_function(const struct filtered *c, const struct catalog_key *key)
{
	const struct statement_term *left = &c->s->term[c->left];
	const struct statement_term *own = key->text.s ? &key->text.s->term[key->term] : NULL;
	struct columns columns = origin_key(&key->text, key->term);
	return own && left->kind == STATEMENT_FUNCTION && own->kind == STATEMENT_FUNCTION &&
	       str_eq(statement_str(c->s, left->text), statement_str(key->text.s, own->text)) &&
	       columns_same(&c->columns, &columns);
}

/* An index over what the statement compares serves it as it stands. Until the next ANALYZE the
 * planner has no statistics of a new one, and can expect less of another. */
static bool filter_is_served(struct identity *id, const struct filtered *c)
{
	for (const struct catalog_index *i = c->columns.path.table->index; i; i = i->next) {
		bool by_condition = false;
		if ((forms_is_key(id, c, &i->key[0]) || filter_is_function(c, &i->key[0])) &&
		    rewrite_uses(rewrite_sorting(id), i, &by_condition) && by_condition)
			return true;
	}
	return false;
}

/* partner: the other bound of a range; NULL: none. unsorted: an index that would serve LIKE if it
 * sorted by bytes; NULL: there is none. */
static bool filter_find(struct identity *id, const struct statement_conjunct *conjunct,
			const struct statement_conjunct *partner, struct filtered *lower,
			struct rewrite *best, const struct catalog_index **unsorted)
{
	struct filtered upper;
	bool between = conjunct->upper.to != 0 || partner;
	*best = (struct rewrite){0};
	*unsorted = NULL;
	if (!comparison_read(id, conjunct, false, lower) ||
	    (between && !comparison_read(id, partner ? partner : conjunct, !partner, &upper)))
		return false;
	if (filter_is_served(id, lower))
		return true;
	for (const struct catalog_index *index = lower->columns.path.table->index; index;
	     index = index->next)
		for (size_t k = 0; k < index->keys; k++) {
			struct catalog_key key = index->key[k];
			struct attempt first = {.c = lower, .index = index, .key = &key},
				       second = {.c = &upper, .index = index, .key = &key};
			if (!columns_of_key(&lower->columns, &key, &key.by_made) &&
			    !filter_mirrors(lower, &key))
				continue;
			key.computed |= key.by_made;
			*unsorted = forms_is_prefix(id, lower, &key) ? index : *unsorted;
			forms_of(id, lower, index, &key, &first.forms);
			if (between)
				forms_of(id, &upper, index, &key, &second.forms);
			/* of two different bounds the forms are not pairs */
			if (between && first.forms.count != second.forms.count)
				continue;
			for (size_t n = 0; n < first.forms.count; n++)
				filter_try(id, &first, between ? &second : NULL, n, best);
		}
	if (best->guess && best->evidence.level == EVIDENCE_DIFFERS)
		best->index = NULL;
	return true;
}

bool filter_best(struct identity *id, const struct statement_conjunct *conjunct,
		 const struct statement_conjunct *partner, struct filtered *c, struct rewrite *best)
{
	const struct catalog_index *unsorted;
	return filter_find(id, conjunct, partner, c, best, &unsorted) && best->index;
}

bool identity_range(struct identity *id, const struct statement_conjunct *conjunct,
		    const struct statement_conjunct *partner)
{
	struct filtered c;
	struct rewrite best;
	if (!filter_is_range(id, conjunct, partner) ||
	    !filter_best(id, conjunct, partner, &c, &best))
		return false;
	rewrite_report(id, &best, STR("both bounds are tested on every row read"));
	return true;
}

void identity_filter(struct identity *id, const struct statement_conjunct *conjunct)
{
	struct filtered c;
	struct rewrite best;
	const struct catalog_index *unsorted;
	bool read = filter_find(id, conjunct, NULL, &c, &best, &unsorted);
	if (best.index)
		rewrite_report(id, &best, STR("the condition is tested on every row read"));
	else if (read && unsorted)
		filter_other_index(id, &c, unsorted);
	else
		filter_path_index(id, conjunct);
}
