/* Implications between conditions. Only certain ones are reported. An implication that is missed
 * costs a false finding, so the forms here are those that people write in batches. */
#include "audit/sql/internal.h"
#include "base/ascii.h"

#include <string.h>

void scope_alias(struct scope *scope, struct str alias)
{
	if (alias.n && scope->aliases < COUNT_OF(scope->alias))
		scope->alias[scope->aliases++] = alias;
}

bool scope_has(const struct scope *scope, struct str alias)
{
	for (size_t i = 0; i < scope->aliases; i++)
		if (str_eq(scope->alias[i], alias))
			return true;
	return false;
}

static const struct statement_term *term_at(const struct scope *scope, uint32_t term)
{
	return &scope->s->term[term];
}

static struct str term_text(const struct scope *scope, uint32_t term)
{
	return statement_str(scope->s, term_at(scope, term)->text);
}

static bool is_kind(const struct scope *scope, uint32_t term, enum statement_term_kind kind)
{
	return term_at(scope, term)->kind == kind;
}

/* The nth child; STATEMENT_NONE: there are fewer. */
static uint32_t term_child(const struct scope *scope, uint32_t term, size_t n)
{
	uint32_t end = term + term_at(scope, term)->size;
	for (uint32_t i = term + 1; i < end; i += term_at(scope, i)->size)
		if (n-- == 0)
			return i;
	return STATEMENT_NONE;
}

static bool is_operator(const struct scope *scope, uint32_t term, const char *name)
{
	return is_kind(scope, term, STATEMENT_OPERATOR) &&
	       str_eq(term_text(scope, term), str_of(name));
}

/* ---- equality ---- */

/* Whether white space between the two bytes separates two tokens. */
static bool text_separates(char before, char after)
{
	bool word_before = ascii_is_alnum(before) || before == '_' || before & 0x80;
	bool word_after = ascii_is_alnum(after) || after == '_' || after & 0x80;
	return word_before ? word_after
			   : strchr("+-*/<>=~!@#%^&|`?", before) && before &&
				 strchr("+-*/<>=~!@#%^&|`?", after) && after;
}

/* The next byte that counts: white space outside of quotes is skipped, unless it separates tokens;
 * letters outside of quotes are lower case. -1: the end. */
static int text_next(struct str text, size_t *at, char *quote)
{
	size_t i = *at;
	if (i < text.n && !*quote && ascii_is_space(text.p[i])) {
		while (i < text.n && ascii_is_space(text.p[i]))
			i++;
		if (*at > 0 && i < text.n && text_separates(text.p[*at - 1], text.p[i])) {
			*at = i;
			return ' ';
		}
	}
	if (i == text.n)
		return -1;
	char c = text.p[i];
	*at = i + 1;
	if (*quote) {
		*quote = c == *quote ? '\0' : *quote;
		return (unsigned char)c;
	}
	*quote = c == '\'' || c == '"' ? c : '\0';
	return (unsigned char)ascii_lower(c);
}

bool expression_text_same(struct str a, struct str b)
{
	/* escapes, dollar quotes and comments have rules of their own */
	static const char *const other[] = {"\\", "$", "--", "/*"};
	size_t i = 0, j = 0;
	char quote_a = '\0', quote_b = '\0';
	if (str_eq(a, b))
		return true;
	for (size_t n = 0; n < COUNT_OF(other); n++)
		if (memmem(a.p, a.n, other[n], strlen(other[n])))
			return false;
	for (;;) {
		int x = text_next(a, &i, &quote_a), y = text_next(b, &j, &quote_b);
		if (x != y)
			return false;
		if (x < 0)
			return true;
	}
}

static bool column_same(const struct scope *a, const struct statement_term *x,
			const struct scope *b, const struct statement_term *y)
{
	struct str left = statement_str(a->s, x->qualifier);
	struct str right = statement_str(b->s, y->qualifier);
	bool own_left = !left.n || scope_has(a, left), own_right = !right.n || scope_has(b, right);
	return own_left == own_right && (own_left || str_eq(left, right)) &&
	       str_eq(statement_str(a->s, x->text), statement_str(b->s, y->text));
}

bool expression_same(const struct scope *a, uint32_t x, const struct scope *b, uint32_t y)
{
	const struct statement_term *s = term_at(a, x), *t = term_at(b, y);
	if (s->size != t->size || s->kind != t->kind)
		return false;
	uint32_t next;
	for (uint32_t i = 0; i < s->size; i = next) {
		const struct statement_term *p = s + i, *q = t + i;
		next = p->kind == STATEMENT_QUERY ? i + p->size : i + 1;
		if (p->kind != q->kind || p->size != q->size)
			return false;
		if (p->kind == STATEMENT_QUERY) {
			if (!expression_text_same(sql_text(a->audit, a->s->query[p->number].span),
						  sql_text(b->audit, b->s->query[q->number].span)))
				return false;
		} else if (p->kind == STATEMENT_COLUMN) {
			if (!column_same(a, p, b, q))
				return false;
		} else if (p->kind == STATEMENT_PARAMETER && p->span.to && q->span.to) {
			if (!str_eq(sql_text(a->audit, p->span), sql_text(b->audit, q->span)))
				return false;
		} else if (!str_eq(statement_str(a->s, p->text), statement_str(b->s, q->text))) {
			return false;
		}
	}
	return true;
}

/* ---- values ---- */

enum value_kind { VALUE_NONE, VALUE_NULL, VALUE_NUMBER, VALUE_TEXT, VALUE_TIME, VALUE_BOOL };

/* A constant; of VALUE_TIME: seconds from now(). */
struct value {
	enum value_kind kind;
	double number;
	struct str text;
};

static const struct {
	const char *unit;
	double seconds;
} units[] = {
    {"second", 1},  {"sec", 1},       {"minute", 60},     {"min", 60},      {"hour", 3600},
    {"day", 86400}, {"week", 604800}, {"month", 2592000}, {"mon", 2592000}, {"year", 31557600},
};

/* "30 days"; one number and one unit. */
static bool interval_seconds(struct str text, double *seconds)
{
	struct str number = str_cut(&text, ' ');
	double n;
	if (!text.p || !str_to_double(str_trim(number), &n))
		return false;
	text = str_trim(text);
	if (text.n > 1 && ascii_lower(text.p[text.n - 1]) == 's')
		text.n--;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (str_eq_nocase(text, str_of(units[i].unit))) {
			*seconds = n * units[i].seconds;
			return true;
		}
	return false;
}

static int values_compare(struct value a, struct value b);
static bool values_differ(struct value a, struct value b);
static struct value value_of(const struct scope *scope, uint32_t term);

/* CASE WHEN ... THEN 'x' ELSE 'x' END */
static struct value value_of_case(const struct scope *scope, uint32_t term)
{
	struct value all = {0};
	uint32_t child;
	for (size_t i = 0; (child = term_child(scope, term, i)) != STATEMENT_NONE; i++) {
		bool last = term_child(scope, term, i + 1) == STATEMENT_NONE;
		if (i % 2 == 0 && !last)
			continue;
		struct value v = value_of(scope, child);
		if (v.kind == VALUE_NONE || (all.kind != VALUE_NONE && v.kind != all.kind) ||
		    values_differ(v, all))
			return (struct value){0};
		all = v;
	}
	return all;
}

static struct value value_of(const struct scope *scope, uint32_t term)
{
	const struct statement_term *t = term_at(scope, term);
	struct value v = {.text = statement_str(scope->s, t->text)};
	if (t->kind == STATEMENT_CONSTANT) {
		static const enum value_kind kinds[] = {[STATEMENT_NULL] = VALUE_NULL,
							[STATEMENT_NUMBER] = VALUE_NUMBER,
							[STATEMENT_STRING] = VALUE_TEXT,
							[STATEMENT_BOOL] = VALUE_BOOL};
		v.kind = kinds[t->number];
		if (v.kind == VALUE_NUMBER && !str_to_double(v.text, &v.number))
			v.kind = VALUE_NONE;
		v.number = v.kind == VALUE_BOOL ? str_eq(v.text, STR("true")) : v.number;
	} else if (t->kind == STATEMENT_COMPOUND && str_eq(v.text, STR("case"))) {
		v = value_of_case(scope, term);
	} else if (t->kind == STATEMENT_FUNCTION && str_eq(v.text, STR("now"))) {
		v.kind = VALUE_TIME;
	} else if (t->kind == STATEMENT_OPERATOR && t->size > 1) {
		uint32_t left = term_child(scope, term, 0), right = term_child(scope, term, 1);
		bool minus = str_eq(v.text, STR("-"));
		if (right == STATEMENT_NONE) {
			struct value inner = value_of(scope, left);
			if (minus && inner.kind == VALUE_NUMBER)
				v = (struct value){VALUE_NUMBER, -inner.number, inner.text};
			return v;
		}
		if (!minus && !str_eq(v.text, STR("+")))
			return v;
		struct value base = value_of(scope, left);
		double seconds;
		if (base.kind == VALUE_TIME && is_kind(scope, right, STATEMENT_CONSTANT) &&
		    interval_seconds(term_text(scope, right), &seconds)) {
			v.kind = VALUE_TIME;
			v.number = base.number + (minus ? -seconds : seconds);
		}
	}
	return v;
}

/* Dates compare as text, other texts only as equal. */
static bool values_ordered(struct value a, struct value b)
{
	if (a.kind != b.kind || a.kind == VALUE_NONE || a.kind == VALUE_NULL)
		return false;
	bool dates = a.kind == VALUE_TEXT && a.text.n >= 10 && b.text.n == a.text.n &&
		     a.text.p[4] == '-' && b.text.p[4] == '-' && ascii_is_digit(a.text.p[0]) &&
		     ascii_is_digit(b.text.p[0]);
	return a.kind != VALUE_TEXT || dates || str_eq(a.text, b.text);
}

static int values_compare(struct value a, struct value b)
{
	if (a.kind == VALUE_TEXT)
		return str_cmp(a.text, b.text);
	return (a.number > b.number) - (a.number < b.number);
}

static bool values_differ(struct value a, struct value b)
{
	return a.kind == b.kind && a.kind != VALUE_NONE && a.kind != VALUE_NULL &&
	       values_compare(a, b) != 0;
}

/* ---- comparisons ---- */

enum compare { COMPARE_NONE, EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

static const struct {
	const char *name;
	enum compare compare, turned;
} compares[] = {
    {"=", EQUAL, EQUAL},  {"<>", UNEQUAL, UNEQUAL},
    {"<", LESS, GREATER}, {"<=", LESS_EQUAL, GREATER_EQUAL},
    {">", GREATER, LESS}, {">=", GREATER_EQUAL, LESS_EQUAL},
};

/* x op value. */
struct comparison {
	enum compare compare;
	uint32_t left, right;
	struct value value;
};

static struct comparison comparison_of(const struct scope *scope, uint32_t term)
{
	struct comparison c = {COMPARE_NONE, STATEMENT_NONE, STATEMENT_NONE, {0}};
	if (!is_kind(scope, term, STATEMENT_OPERATOR))
		return c;
	uint32_t left = term_child(scope, term, 0), right = term_child(scope, term, 1);
	if (left == STATEMENT_NONE || right == STATEMENT_NONE)
		return c;
	for (size_t i = 0; i < COUNT_OF(compares); i++) {
		if (!str_eq(term_text(scope, term), str_of(compares[i].name)))
			continue;
		/* now() > locked_until */
		bool turn = value_of(scope, left).kind != VALUE_NONE &&
			    value_of(scope, right).kind == VALUE_NONE;
		c.compare = turn ? compares[i].turned : compares[i].compare;
		c.left = turn ? right : left;
		c.right = turn ? left : right;
		c.value = value_of(scope, c.right);
	}
	return c;
}

static enum truth compare_values(struct value a, enum compare compare, struct value b)
{
	if (a.kind == VALUE_NULL || b.kind == VALUE_NULL)
		return OUTCOME_FALSE; /* as a filter */
	if ((compare == EQUAL || compare == UNEQUAL) && values_differ(a, b))
		return compare == UNEQUAL ? OUTCOME_TRUE : OUTCOME_FALSE;
	if (!values_ordered(a, b))
		return OUTCOME_UNKNOWN;
	int order = values_compare(a, b);
	bool holds = false;
	switch (compare) {
	case EQUAL:
		holds = order == 0;
		break;
	case UNEQUAL:
		holds = order != 0;
		break;
	case LESS:
		holds = order < 0;
		break;
	case LESS_EQUAL:
		holds = order <= 0;
		break;
	case GREATER:
		holds = order > 0;
		break;
	case GREATER_EQUAL:
		holds = order >= 0;
		break;
	case COMPARE_NONE:
		return OUTCOME_UNKNOWN;
	}
	return holds ? OUTCOME_TRUE : OUTCOME_FALSE;
}

/* x op a implies x p b: the weaker bound. */
static bool bound_implies(enum compare op, struct value a, enum compare p, struct value b)
{
	bool up = op == GREATER || op == GREATER_EQUAL, down = op == LESS || op == LESS_EQUAL;
	if (op == EQUAL)
		return compare_values(a, p, b) == OUTCOME_TRUE;
	if (!values_ordered(a, b))
		return false;
	int order = values_compare(a, b);
	bool strict = op == LESS || op == GREATER;
	if (p == UNEQUAL)
		return (up && (order > 0 || (order == 0 && strict))) ||
		       (down && (order < 0 || (order == 0 && strict)));
	bool same_way = (up && (p == GREATER || p == GREATER_EQUAL)) ||
			(down && (p == LESS || p == LESS_EQUAL));
	if (!same_way)
		return false;
	if (order == 0)
		return strict || p == LESS_EQUAL || p == GREATER_EQUAL;
	return up ? order > 0 : order < 0;
}

/* ---- implication ---- */

static bool implies(const struct scope *a, uint32_t x, const struct scope *b, uint32_t y);

/* x is true only when the operand is not NULL. */
static bool is_strict(const struct scope *a, uint32_t x, const struct scope *b, uint32_t operand)
{
	const struct statement_term *t = term_at(a, x);
	if (t->kind == STATEMENT_COLUMN)
		return expression_same(a, x, b, operand);
	if (t->kind != STATEMENT_OPERATOR && t->kind != STATEMENT_MEMBER &&
	    t->kind != STATEMENT_NOT && t->kind != STATEMENT_NOT_NULL)
		return false;
	if (is_operator(a, x, "is not true") || is_operator(a, x, "is not false"))
		return false;
	size_t operands = t->kind == STATEMENT_OPERATOR ? 2 : 1;
	for (size_t i = 0; i < operands; i++) {
		uint32_t child = term_child(a, x, i);
		if (child == STATEMENT_NONE)
			continue;
		if (expression_same(a, child, b, operand))
			return true;
		if (t->kind == STATEMENT_NOT && is_kind(a, child, STATEMENT_MEMBER) &&
		    is_strict(a, child, b, operand))
			return true;
	}
	return false;
}

/* Each member of x, alone, would make y true. */
static bool members_imply(const struct scope *a, uint32_t x, const struct scope *b, uint32_t y)
{
	struct comparison c = comparison_of(b, y);
	uint32_t left = term_child(a, x, 0), list = STATEMENT_NONE;
	if (is_kind(b, y, STATEMENT_MEMBER))
		list = y;
	else if (c.compare == COMPARE_NONE)
		return false;
	if (!expression_same(a, left, b, list == STATEMENT_NONE ? c.left : term_child(b, y, 0)))
		return false;
	uint32_t member;
	for (size_t i = 1; (member = term_child(a, x, i)) != STATEMENT_NONE; i++) {
		bool holds =
		    list == STATEMENT_NONE &&
		    compare_values(value_of(a, member), c.compare, c.value) == OUTCOME_TRUE;
		uint32_t other;
		for (size_t j = 1; list != STATEMENT_NONE && !holds &&
				   (other = term_child(b, list, j)) != STATEMENT_NONE;
		     j++)
			holds = expression_same(a, member, b, other);
		if (!holds)
			return false;
	}
	return true;
}

/* COALESCE(x, constant): the x; STATEMENT_NONE: the term is none. */
static uint32_t coalesce_of(const struct scope *scope, uint32_t term, struct value *fallback)
{
	if (!is_kind(scope, term, STATEMENT_COMPOUND) ||
	    !str_eq(term_text(scope, term), STR("coalesce")))
		return STATEMENT_NONE;
	uint32_t list = term_child(scope, term, 0);
	if (list != STATEMENT_NONE && is_kind(scope, list, STATEMENT_COMPOUND) &&
	    term_at(scope, list)->size == term_at(scope, term)->size - 1)
		term = list;
	uint32_t second = term_child(scope, term, 1);
	if (second == STATEMENT_NONE || term_child(scope, term, 2) != STATEMENT_NONE)
		return STATEMENT_NONE;
	*fallback = value_of(scope, second);
	return term_child(scope, term, 0);
}

/* COALESCE(x, a) op b, where a op b is false: then x op b, and x is not NULL. Different texts can
 * be equal in a collation, the same text always is. */
static bool coalesce_implies(const struct scope *a, const struct comparison *c,
			     const struct scope *b, uint32_t y)
{
	struct comparison d = comparison_of(b, y);
	struct value fallback;
	uint32_t x =
	    c->left == STATEMENT_NONE ? STATEMENT_NONE : coalesce_of(a, c->left, &fallback);
	if (x == STATEMENT_NONE ||
	    (fallback.kind == VALUE_TEXT && !str_eq(fallback.text, c->value.text)) ||
	    fallback.kind != c->value.kind || fallback.kind == VALUE_NULL ||
	    compare_values(fallback, c->compare, c->value) != OUTCOME_FALSE)
		return false;
	if (is_kind(b, y, STATEMENT_NOT_NULL))
		return expression_same(a, x, b, term_child(b, y, 0));
	if (d.compare == COMPARE_NONE || !expression_same(a, x, b, d.left))
		return false;
	bool same = d.compare == c->compare && values_ordered(c->value, d.value) &&
		    values_compare(c->value, d.value) == 0;
	return same || bound_implies(c->compare, c->value, d.compare, d.value);
}

static bool comparison_implies(const struct scope *a, uint32_t x, const struct scope *b, uint32_t y)
{
	struct comparison c = comparison_of(a, x), d = comparison_of(b, y);
	if (c.compare == COMPARE_NONE)
		return false;
	if (coalesce_implies(a, &c, b, y))
		return true;
	/* state = 'run' implies state IN ('run', 'wait') */
	if (is_kind(b, y, STATEMENT_MEMBER) && c.compare == EQUAL) {
		if (!expression_same(a, c.left, b, term_child(b, y, 0)))
			return false;
		uint32_t member;
		for (size_t i = 1; (member = term_child(b, y, i)) != STATEMENT_NONE; i++)
			if (expression_same(a, c.right, b, member))
				return true;
		return false;
	}
	/* state <> 'run', state NOT IN (...) by another value */
	if (is_kind(b, y, STATEMENT_NOT) && c.compare == EQUAL &&
	    is_kind(b, term_child(b, y, 0), STATEMENT_MEMBER)) {
		uint32_t list = term_child(b, y, 0), member;
		if (!expression_same(a, c.left, b, term_child(b, list, 0)))
			return false;
		for (size_t i = 1; (member = term_child(b, list, i)) != STATEMENT_NONE; i++)
			if (!values_differ(c.value, value_of(b, member)))
				return false;
		return true;
	}
	if (is_kind(b, y, STATEMENT_DISTINCT) && c.compare == EQUAL)
		return expression_same(a, c.left, b, term_child(b, y, 0)) &&
		       values_differ(c.value, value_of(b, term_child(b, y, 1)));
	return d.compare != COMPARE_NONE && expression_same(a, c.left, b, d.left) &&
	       bound_implies(c.compare, c.value, d.compare, d.value);
}

/* x IS NULL, NOT x: weaker forms. */
static bool null_implies(const struct scope *a, uint32_t x, const struct scope *b, uint32_t y)
{
	uint32_t of_x = term_child(a, x, 0), of_y = term_child(b, y, 0);
	if (of_x == STATEMENT_NONE || of_y == STATEMENT_NONE || !expression_same(a, of_x, b, of_y))
		return false;
	bool null = is_kind(a, x, STATEMENT_IS_NULL), no = is_kind(a, x, STATEMENT_NOT);
	if (is_operator(b, y, "is not true"))
		return null || no;
	if (is_operator(b, y, "is not false"))
		return null;
	if (is_kind(b, y, STATEMENT_DISTINCT)) {
		struct value v = value_of(b, term_child(b, y, 1));
		return (null && v.kind != VALUE_NONE && v.kind != VALUE_NULL) ||
		       (no && v.kind == VALUE_BOOL && v.number > 0);
	}
	return false;
}

static bool part_implies(const struct scope *a, uint32_t x, const struct scope *b, uint32_t y,
			 bool all)
{
	uint32_t child;
	for (size_t i = 0; (child = term_child(a, x, i)) != STATEMENT_NONE; i++)
		if (implies(a, child, b, y) != all)
			return !all;
	return all;
}

static bool implies(const struct scope *a, uint32_t x, const struct scope *b, uint32_t y)
{
	uint32_t child;
	if (expression_same(a, x, b, y))
		return true;
	if (is_kind(a, x, STATEMENT_OR))
		return part_implies(a, x, b, y, true);
	if (is_kind(b, y, STATEMENT_AND)) {
		for (size_t i = 0; (child = term_child(b, y, i)) != STATEMENT_NONE; i++)
			if (!implies(a, x, b, child))
				return false;
		return true;
	}
	if (is_kind(b, y, STATEMENT_OR)) {
		for (size_t i = 0; (child = term_child(b, y, i)) != STATEMENT_NONE; i++)
			if (implies(a, x, b, child))
				return true;
		return false;
	}
	if (is_kind(a, x, STATEMENT_AND))
		return part_implies(a, x, b, y, false);
	if (is_kind(b, y, STATEMENT_NOT_NULL) && is_strict(a, x, b, term_child(b, y, 0)))
		return true;
	if (is_kind(a, x, STATEMENT_MEMBER))
		return members_imply(a, x, b, y);
	return comparison_implies(a, x, b, y) || null_implies(a, x, b, y);
}

void conditions_add(struct conditions *c, const struct scope *scope, uint32_t term)
{
	uint32_t child;
	if (is_kind(scope, term, STATEMENT_AND)) {
		for (size_t i = 0; (child = term_child(scope, term, i)) != STATEMENT_NONE; i++)
			conditions_add(c, scope, child);
		return;
	}
	if (c->count < CONDITIONS_MAX)
		c->at[c->count++] = (struct condition){scope, term};
}

bool conditions_imply(const struct conditions *c, const struct scope *scope, uint32_t term)
{
	uint32_t child;
	bool all = is_kind(scope, term, STATEMENT_AND);
	if (is_kind(scope, term, STATEMENT_CONSTANT))
		return str_eq(term_text(scope, term), STR("true"));
	if (all || is_kind(scope, term, STATEMENT_OR)) {
		for (size_t i = 0; (child = term_child(scope, term, i)) != STATEMENT_NONE; i++)
			if (conditions_imply(c, scope, child) != all)
				break;
		if (all == (child == STATEMENT_NONE))
			return true;
	}
	for (size_t i = 0; i < c->count; i++)
		if (implies(c->at[i].scope, c->at[i].term, scope, term))
			return true;
	return false;
}

/* ---- contents ---- */

struct contents expression_contents(const struct scope *scope, uint32_t term)
{
	static const char *const random[] = {"random", "gen_random_uuid", "uuid_generate_v4"};
	struct contents found = {0};
	uint32_t next, end = term + term_at(scope, term)->size;
	for (uint32_t i = term; i < end; i = next) {
		const struct statement_term *t = term_at(scope, i);
		next = i + 1;
		if (t->kind == STATEMENT_QUERY) {
			/* of a query only what is asked to be IN it: its columns are its own */
			enum statement_role role = scope->s->query[t->number].role;
			bool in = role == STATEMENT_IN || role == STATEMENT_IN_ARRAY;
			if (in && t->size > 1)
				found.column |= expression_contents(scope, next).column;
			next = i + t->size;
		}
		struct str qualifier = statement_str(scope->s, t->qualifier);
		bool own = !qualifier.n || scope_has(scope, qualifier);
		found.column |= t->kind == STATEMENT_COLUMN && own;
		found.foreign |= t->kind == STATEMENT_COLUMN && !own;
		found.query |= t->kind == STATEMENT_QUERY;
		found.variable |= t->kind == STATEMENT_VARIABLE;
		found.parameter |= t->kind == STATEMENT_PARAMETER || t->kind == STATEMENT_VARIABLE;
		for (size_t r = 0; r < COUNT_OF(random); r++)
			found.varies |= t->kind == STATEMENT_FUNCTION &&
					str_eq(statement_str(scope->s, t->text), str_of(random[r]));
	}
	return found;
}

bool expression_names(const struct scope *scope, uint32_t term, struct str column)
{
	for (uint32_t i = term; i < term + term_at(scope, term)->size; i++)
		if (is_kind(scope, i, STATEMENT_COLUMN) && str_eq(term_text(scope, i), column))
			return true;
	return false;
}

bool expression_is_keyset(const struct scope *scope, uint32_t term)
{
	static const char *const operators[] = {"<", ">", "<=", ">=", "<> all", "<>"};
	uint32_t child;
	if (is_kind(scope, term, STATEMENT_OR) || is_kind(scope, term, STATEMENT_AND)) {
		for (size_t i = 0; (child = term_child(scope, term, i)) != STATEMENT_NONE; i++)
			if (expression_is_keyset(scope, child))
				return true;
		return false;
	}
	struct contents has = expression_contents(scope, term);
	if (!has.parameter || !has.column)
		return false;
	if (is_kind(scope, term, STATEMENT_NOT))
		return true; /* NOT IN ($1, $2), NOT (id = ANY ($1)) */
	for (size_t i = 0; i < COUNT_OF(operators); i++)
		if (is_operator(scope, term, operators[i]))
			return true;
	return false;
}

/* ---- after an assignment ---- */

/* The value that the writer assigns to the column: found, and its term. n = n assigns nothing. */
static bool assigned(const struct scope *scope, uint32_t writer, uint32_t column, uint32_t *value)
{
	if (!is_kind(scope, column, STATEMENT_COLUMN))
		return false;
	for (uint32_t i = 0; i < scope->s->head.sets; i++) {
		const struct statement_set *set = &scope->s->set[i];
		if (set->query == writer &&
		    str_eq(statement_str(scope->s, set->column), term_text(scope, column))) {
			*value = set->term;
			return set->term == STATEMENT_NONE ||
			       !expression_same(scope, column, scope, set->term);
		}
	}
	return false;
}

static bool touches(const struct scope *scope, uint32_t term, uint32_t writer)
{
	uint32_t value;
	for (uint32_t i = term; i < term + term_at(scope, term)->size; i++)
		if (assigned(scope, writer, i, &value))
			return true;
	return false;
}

static struct value value_after(const struct scope *scope, uint32_t term, uint32_t writer)
{
	uint32_t value;
	if (!assigned(scope, writer, term, &value))
		return value_of(scope, term);
	return value == STATEMENT_NONE ? (struct value){0} : value_of(scope, value);
}

static enum truth outcome_not(enum truth o)
{
	return o == OUTCOME_TRUE ? OUTCOME_FALSE : o == OUTCOME_FALSE ? OUTCOME_TRUE : o;
}

static enum truth after(const struct scope *scope, uint32_t term, uint32_t writer);

static enum truth after_parts(const struct scope *scope, uint32_t term, uint32_t writer, bool all)
{
	enum truth decides = all ? OUTCOME_FALSE : OUTCOME_TRUE, result = outcome_not(decides);
	uint32_t child;
	for (size_t i = 0; (child = term_child(scope, term, i)) != STATEMENT_NONE; i++) {
		enum truth o = after(scope, child, writer);
		if (o == decides)
			return decides;
		if (o == OUTCOME_UNKNOWN)
			result = OUTCOME_UNKNOWN;
	}
	return result;
}

static enum truth after_member(const struct scope *scope, uint32_t term, uint32_t writer)
{
	struct value v = value_after(scope, term_child(scope, term, 0), writer);
	enum truth result = OUTCOME_FALSE;
	uint32_t member;
	for (size_t i = 1; (member = term_child(scope, term, i)) != STATEMENT_NONE; i++) {
		enum truth o = compare_values(v, EQUAL, value_of(scope, member));
		if (o == OUTCOME_TRUE)
			return o;
		if (o == OUTCOME_UNKNOWN)
			result = o;
	}
	return result;
}

static enum truth after(const struct scope *scope, uint32_t term, uint32_t writer)
{
	const struct statement_term *t = term_at(scope, term);
	uint32_t child = term_child(scope, term, 0);
	struct value v;
	switch (t->kind) {
	case STATEMENT_AND:
	case STATEMENT_OR:
		return after_parts(scope, term, writer, t->kind == STATEMENT_AND);
	case STATEMENT_NOT:
		/* NOT NULL is NULL, which is no TRUE either */
		v = value_after(scope, is_kind(scope, child, STATEMENT_MEMBER) ? child + 1 : child,
				writer);
		if (v.kind == VALUE_NULL)
			return OUTCOME_FALSE;
		return outcome_not(after(scope, child, writer));
	case STATEMENT_IS_NULL:
	case STATEMENT_NOT_NULL:
		v = value_after(scope, child, writer);
		if (v.kind == VALUE_NONE)
			return OUTCOME_UNKNOWN;
		return (v.kind == VALUE_NULL) == (t->kind == STATEMENT_IS_NULL) ? OUTCOME_TRUE
										: OUTCOME_FALSE;
	case STATEMENT_MEMBER:
		return after_member(scope, term, writer);
	case STATEMENT_DISTINCT:
		v = value_after(scope, child, writer);
		struct value other = value_after(scope, term_child(scope, term, 1), writer);
		if (v.kind == VALUE_NULL || other.kind == VALUE_NULL)
			return v.kind == VALUE_NONE || other.kind == VALUE_NONE ? OUTCOME_UNKNOWN
			       : v.kind == other.kind                           ? OUTCOME_FALSE
										: OUTCOME_TRUE;
		return compare_values(v, UNEQUAL, other);
	case STATEMENT_COLUMN:
		v = value_after(scope, term, writer);
		return v.kind == VALUE_BOOL   ? (v.number > 0 ? OUTCOME_TRUE : OUTCOME_FALSE)
		       : v.kind == VALUE_NULL ? OUTCOME_FALSE
					      : OUTCOME_UNKNOWN;
	case STATEMENT_CONSTANT:
		v = value_of(scope, term);
		return v.kind == VALUE_BOOL && v.number > 0 ? OUTCOME_TRUE : OUTCOME_FALSE;
	default:
		break;
	}
	struct comparison c = comparison_of(scope, term);
	if (c.compare == COMPARE_NONE)
		return OUTCOME_UNKNOWN;
	return compare_values(value_after(scope, c.left, writer), c.compare,
			      value_after(scope, c.right, writer));
}

enum truth expression_after(const struct scope *scope, uint32_t term, uint32_t writer)
{
	if (!touches(scope, term, writer))
		return expression_contents(scope, term).query ? OUTCOME_UNKNOWN : OUTCOME_TRUE;
	return after(scope, term, writer);
}
