/* Ranges of a number for conditions on what it is rounded to, divided by, or on its size. */
#include "audit/sql/filter.h"
#include "base/ascii.h"

#include <inttypes.h>

enum { STEP_VALUE_MAX = 1000000000 };

/* What stands left of the comparison. */
enum step_kind {
	STEP_NONE,
	STEP_FLOOR,
	STEP_CEIL,
	STEP_TRUNC,
	STEP_ROUND, /* of numeric: half away from zero */
	STEP_DIVIDE,
	STEP_ABS,
};

static const struct {
	const char *name;
	enum step_kind step;
} functions[] = {{"floor", STEP_FLOOR}, {"ceil", STEP_CEIL},   {"ceiling", STEP_CEIL},
		 {"trunc", STEP_TRUNC}, {"round", STEP_ROUND}, {"abs", STEP_ABS}};

static bool step_is_integer(const struct catalog_column *column)
{
	return str_eq(column->base, STR("int2")) || str_eq(column->base, STR("int4")) ||
	       str_eq(column->base, STR("int8"));
}

static enum step_kind step_of(const struct filtered *c, const struct catalog_column *column,
			      int64_t *by)
{
	const struct statement_term *t = &c->s->term[c->left];
	struct str name = statement_str(c->s, t->text);
	bool numeric = str_eq(column->base, STR("numeric"));
	if (t->size < 2 || t[1].kind != STATEMENT_COLUMN)
		return STEP_NONE;
	if (t->kind == STATEMENT_OPERATOR && str_eq(name, STR("/")) && t->size == 3 &&
	    t[2].kind == STATEMENT_CONSTANT && step_is_integer(column) &&
	    str_to_i64(statement_str(c->s, t[2].text), 1, 1000000, by))
		return STEP_DIVIDE;
	if (t->kind == STATEMENT_CAST && t->size == 2 && numeric &&
	    (str_eq(name, STR("int4")) || str_eq(name, STR("int8"))))
		return STEP_ROUND;
	for (size_t i = 0; i < COUNT_OF(functions) && t->size == 2; i++)
		if (t->kind == STATEMENT_FUNCTION && str_eq(name, str_of(functions[i].name)) &&
		    (functions[i].step != STEP_ROUND || numeric))
			return functions[i].step;
	return STEP_NONE;
}

static struct form step_form(struct identity *id, const char *from, int64_t a, const char *half,
			     const char *to, int64_t b)
{
	const char *own = arena_printf(id->arena, "\1 %s %" PRId64 "%s AND \1 %s %" PRId64 "%s",
				       from, a, half, to, b, half);
	return (struct form){.own = str_of(own), .proved = true};
}

static struct form step_abs(struct identity *id, const struct filtered *c, int64_t n)
{
	if (n < 1)
		return (struct form){0};
	if (str_eq(c->op, STR("<")))
		return step_form(id, ">", -n, "", "<", n);
	if (str_eq(c->op, STR("<=")))
		return step_form(id, ">=", -n, "", "<=", n);
	if (!str_eq(c->op, STR("=")))
		return (struct form){0};
	const char *own = arena_printf(id->arena, "\1 IN (%" PRId64 ", %" PRId64 ")", n, -n);
	return (struct form){.own = str_of(own), .proved = true};
}

/* column < 7.5 is column < 8, column > 7.5 is column > 7. */
struct form steps_whole(struct identity *id, const struct filtered *c,
			const struct catalog_column *column)
{
	const struct statement_term *left = &c->s->term[c->left];
	struct str digits = c->constant;
	bool cast = left->kind == STATEMENT_CAST && left->size == 2 &&
		    str_eq(statement_str(c->s, left->text), STR("numeric"));
	int64_t n;
	if (!step_is_integer(column) || left[cast].kind != STATEMENT_COLUMN || !c->literal ||
	    c->member || c->s->term[c->right].number != STATEMENT_NUMBER || !constant_is_plain(c) ||
	    (c->op.p[0] != '<' && c->op.p[0] != '>'))
		return (struct form){0};
	bool negative = str_starts(digits, STR("-"));
	digits = negative ? (struct str){digits.p + 1, digits.n - 1} : digits;
	struct str whole = str_cut(&digits, '.');
	bool fraction = false;
	for (size_t i = 0; i < digits.n; i++) {
		if (!ascii_is_digit(digits.p[i]))
			return (struct form){0};
		fraction |= digits.p[i] != '0';
	}
	if (!str_to_i64(whole, 0, STEP_VALUE_MAX, &n) || !fraction)
		return (struct form){0};
	/* n is the bound towards zero; < and >= want the next one above, > and <= the one below */
	bool up = str_eq(c->op, STR("<")) || str_eq(c->op, STR(">="));
	n = negative ? -n - !up : n + up;
	const char *own = arena_printf(id->arena, "\1 %.*s %" PRId64, STR_ARG(c->op), n);
	return (struct form){.own = str_of(own), .proved = true};
}

struct form steps_form(struct identity *id, const struct filtered *c,
		       const struct catalog_column *column)
{
	int64_t by = 1, n;
	bool number = str_eq(column->category, STR("N"));
	enum step_kind step = number ? step_of(c, column, &by) : STEP_NONE;
	if (!step || !c->literal || c->member ||
	    !str_to_i64(c->constant, -STEP_VALUE_MAX, STEP_VALUE_MAX, &n))
		return (struct form){0};
	if (step == STEP_ABS)
		return step_abs(id, c, n);
	if (!str_eq(c->op, STR("=")))
		return (struct form){0};
	if (step == STEP_FLOOR)
		return step_form(id, ">=", n, "", "<", n + 1);
	if (step == STEP_CEIL)
		return step_form(id, ">", n - 1, "", "<=", n);
	/* the others go towards zero, or away from it, on both sides alike */
	if (step == STEP_ROUND) {
		if (n > 0)
			return step_form(id, ">=", n - 1, ".5", "<", n);
		if (n < -1)
			return step_form(id, ">", n, ".5", "<=", n + 1);
		return (struct form){.own = n ? STR("\1 > -1.5 AND \1 <= -0.5")
					      : STR("\1 > -0.5 AND \1 < 0.5"),
				     .proved = true};
	}
	if (n > 0)
		return step_form(id, ">=", n * by, "", "<", (n + 1) * by);
	if (n < 0)
		return step_form(id, ">", (n - 1) * by, "", "<=", n * by);
	return step_form(id, ">", -by, "", "<", by);
}
