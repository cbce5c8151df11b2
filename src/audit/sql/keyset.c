/* The next page as an OR: a > x OR (a = x AND b > y). An index over (a, b) serves the comparison of
 * rows, (a, b) > (x, y), which has the same rows: where a or b is NULL neither is true. */
#include "audit/sql/identity.h"

#include <string.h>

enum { KEYSET_LEVELS_MAX = 4, KEYSET_TEXT_MAX = 64 * 1024 };

struct keyset {
	const struct statement_conjunct *conjunct;
	struct statement_span left[KEYSET_LEVELS_MAX], right[KEYSET_LEVELS_MAX];
	struct str column[KEYSET_LEVELS_MAX]; /* of the table */
	struct str op;                        /* of the last level */
	bool parameter[KEYSET_LEVELS_MAX];
	bool assumed; /* that parameters have one value: pg_stat_statements numbers each place */
	struct path path;
	size_t levels;
};

/* A column on the left, and something that is the same for every row on the right. */
static bool keyset_part(struct identity *id, const struct statement_conjunct *part)
{
	const struct statement *s = id->s;
	const struct statement_term *t = &s->term[part->term];
	if (t->kind != STATEMENT_OPERATOR || t->size < 3 || !part->left.to || !part->right.to ||
	    part->upper.to || t[1].kind != STATEMENT_COLUMN)
		return false;
	for (uint32_t i = 2; i < t->size; i++)
		if (t[i].kind == STATEMENT_COLUMN || t[i].kind == STATEMENT_QUERY)
			return false;
	return true;
}

static bool keyset_same(const struct identity *id, struct statement_span a, struct statement_span b)
{
	return expression_text_same(sql_text(id->audit, a), sql_text(id->audit, b));
}

static bool keyset_is_parameter(const struct identity *id, const struct statement_conjunct *part)
{
	const struct statement_term *t = &id->s->term[part->term];
	return t->size == 3 && t[2].kind == STATEMENT_PARAMETER;
}

/* The column of the level, and its value. */
static bool keyset_is_level(const struct identity *id, struct keyset *k,
			    const struct statement_conjunct *part, size_t level)
{
	if (!keyset_same(id, part->left, k->left[level]))
		return false;
	if (keyset_same(id, part->right, k->right[level]))
		return true;
	bool parameters = k->parameter[level] && keyset_is_parameter(id, part);
	k->assumed |= parameters;
	return parameters;
}

/* The alternative with so many conditions; their number is 0 when there is none, or are two. */
static const struct statement_arm *keyset_alternative(const struct identity *id,
						      const struct keyset *k, size_t conditions)
{
	const struct statement *s = id->s;
	const struct statement_arm *found = NULL;
	for (uint32_t i = 0, n; i < s->head.arms; i += n) {
		const struct statement_arm *arm = &s->arm[i];
		for (n = 1; i + n < s->head.arms && arm[n].conjunct == arm->conjunct &&
			    arm[n].nth == arm->nth;)
			n++;
		if (&s->conjunct[arm->conjunct] != k->conjunct || n != conditions)
			continue;
		if (found)
			return NULL;
		found = arm;
	}
	return found;
}

/* The alternative of a level: the columns before it are equal, its own is beyond. */
static bool keyset_level(struct identity *id, struct keyset *k, const struct statement_arm *arm)
{
	const struct statement *s = id->s;
	size_t level = k->levels, equal = 0;
	const struct statement_conjunct *beyond = NULL;
	for (size_t i = 0; i <= level; i++) {
		const struct statement_conjunct *part = &arm[i].is;
		if (!keyset_part(id, part))
			return false;
		bool known = false;
		for (size_t n = 0; n < level; n++)
			known |= keyset_is_level(id, k, part, n);
		if (known && str_eq(statement_str(s, s->term[part->term].text), STR("=")))
			equal++;
		else if (beyond)
			return false;
		else
			beyond = part;
	}
	if (equal != level || !beyond)
		return false;
	struct str op = statement_str(s, s->term[beyond->term].text);
	bool strict = str_eq(op, STR("<")) || str_eq(op, STR(">"));
	if (!strict && !str_eq(op, STR("<=")) && !str_eq(op, STR(">=")))
		return false;
	/* all the same way; only the last may have its own row */
	if (level && (k->op.n != 1 || k->op.p[0] != op.p[0]))
		return false;
	struct columns columns = origin_columns(id, s, k->conjunct->query, beyond->term + 1);
	if (columns.foreign || columns.count != 1 ||
	    (level && columns.path.relation[0] != k->path.relation[0]))
		return false;
	k->path = columns.path;
	k->column[level] = columns.name[0];
	k->left[level] = beyond->left;
	k->right[level] = beyond->right;
	k->parameter[level] = keyset_is_parameter(id, beyond);
	k->op = op;
	k->levels++;
	return true;
}

static bool keyset_read(struct identity *id, const struct statement_conjunct *conjunct,
			struct keyset *k)
{
	const struct statement *s = id->s;
	size_t arms = 0;
	*k = (struct keyset){.conjunct = conjunct};
	if (s->term[conjunct->term].kind != STATEMENT_OR || !conjunct->span.to)
		return false;
	for (uint32_t i = 0; i < s->head.arms; i++)
		arms += &s->conjunct[s->arm[i].conjunct] == conjunct;
	while (k->levels < KEYSET_LEVELS_MAX && arms) {
		const struct statement_arm *arm = keyset_alternative(id, k, k->levels + 1);
		if (!arm || arms < k->levels + 1 || !keyset_level(id, k, arm))
			return false;
		arms -= k->levels;
	}
	return !arms && k->levels > 1 && evidence_plain(id, s, conjunct->term);
}

/* Whether the columns follow one another in the index, sorted the same way. */
static bool keyset_fits(const struct keyset *k, const struct catalog_index *index)
{
	if (!str_eq(index->method, STR("btree")))
		return false;
	for (size_t first = 0; first + k->levels <= index->keys; first++) {
		size_t n = 0;
		for (; n < k->levels; n++) {
			const struct catalog_key *key = &index->key[first + n];
			struct columns own = origin_key(&key->text, key->term);
			if (key->computed || key->descending != index->key[first].descending ||
			    own.foreign || own.count != 1 || !str_eq(own.name[0], k->column[n]))
				break;
		}
		if (n == k->levels)
			return true;
	}
	return false;
}

static void keyset_side(struct identity *id, const struct statement_span *side, size_t count,
			struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_puts(out, i ? ", " : "(");
		buf_str(out, rewrite_source(id, side[i], NULL));
	}
	buf_putc(out, ')');
}

static struct str keyset_text(struct identity *id, const struct keyset *k)
{
	struct buf text;
	buf_init(&text, KEYSET_TEXT_MAX);
	keyset_side(id, k->left, k->levels, &text);
	buf_printf(&text, " %.*s ", STR_ARG(k->op));
	keyset_side(id, k->right, k->levels, &text);
	struct str copy = buf_failed(&text) ? STR("") : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return copy.p ? copy : STR("");
}

/* Whether an index is read from the row on. */
static bool keyset_starts(const struct probe_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct str condition = plan->node[i].condition;
		if (condition.n && memmem(condition.p, condition.n, "ROW(", 4))
			return true;
	}
	return false;
}

static bool keyset_try(struct identity *id, const struct keyset *k,
		       const struct catalog_index *index, struct rewrite *c)
{
	struct probe_plan strict, plan;
	bool by_condition;
	*c = (struct rewrite){.index = index, .path = &k->path, .marked = k->conjunct->span};
	c->rewrite = c->fix = keyset_text(id, k);
	edit_add(&c->edits, c->marked, c->fix);
	if (!c->fix.n || !rewrite_explain(id, &c->edits, PROBE_STRICT, &strict) ||
	    !rewrite_uses(&strict, index, &by_condition) || !keyset_starts(&strict) ||
	    keyset_starts(&id->strict) || !rewrite_explain(id, &c->edits, PROBE_DEFAULT, &plan))
		return false;
	c->before = id->plan.cost;
	c->after = plan.cost;
	c->used = plan.cost < id->plan.cost && rewrite_uses(&plan, index, &by_condition);
	c->evidence.level = k->assumed ? EVIDENCE_GENERIC : EVIDENCE_PROVED;
	c->evidence.text =
	    k->assumed
		? STR("not known: the same rows when the parameters for a column are one value, which this source does not say")
		: STR("proved: both conditions are true for the same values, whatever the rows are");
	return true;
}

bool identity_keyset(struct identity *id, const struct statement_conjunct *conjunct)
{
	struct keyset k;
	struct rewrite best = {0}, c;
	if (!keyset_read(id, conjunct, &k) || !k.path.table)
		return false;
	for (const struct catalog_index *index = k.path.table->index; index; index = index->next)
		if (keyset_fits(&k, index) && keyset_try(id, &k, index, &c))
			rewrite_keep(&best, &c);
	if (best.index)
		rewrite_report(id, &best,
			       STR("the next page is found by reading all pages before it"));
	return best.index != NULL;
}
