/* Rewrites of an ORDER BY, of a query or of a window, to the keys of an index, forward or backward.
 */
#include "audit/sql/identity.h"

#include <inttypes.h>

enum { ITEMS_MAX = 12, ORDER_CANDIDATES_MAX = 24, ORDER_TEXT_MAX = 64 * 1024 };

struct order_item {
	const struct statement_order *order;
	uint32_t term;
	struct statement_span expression; /* of the term, not of its name in the select list */
	struct columns columns;
	struct str base; /* over columns of r; p NULL: it depends on a parameter */
	bool descending, nulls_first, parameter;
	bool null_test; /* x IS [NOT] NULL */
};

struct ordering {
	uint32_t query, window;
	struct order_item item[ITEMS_MAX];
	size_t count;
	const struct path *path; /* of the first item */
	struct str where;        /* conditions over columns of r that hold of the rows */
	bool qualified, ties;
	unsigned tried;
};

/* Items [first, last] of the list become keys of the index. */
struct alignment {
	const struct catalog_index *index;
	size_t key[ITEMS_MAX]; /* of each item */
	bool pair[ITEMS_MAX];  /* the item is an x IS NULL that the next item's key takes in */
	size_t consumed, first, last, offset;
	bool backward;
	bool parameter;
};

/* ---- what the statement says ---- */

uint32_t order_term(const struct statement *s, const struct statement_order *o,
		    struct statement_span *span)
{
	const struct statement_term *t = &s->term[o->term];
	struct str text = statement_str(s, t->text);
	int64_t position = 0, n = 0;
	*span = o->expression;
	if (o->window)
		return o->term;
	if (t->kind == STATEMENT_CONSTANT && !str_to_i64(text, 1, 100000, &position))
		return STATEMENT_NONE;
	for (uint32_t i = 0; i < s->head.outputs; i++) {
		const struct statement_output *out = &s->output[i];
		if (out->query != o->query)
			continue;
		n++;
		if (position ? n == position
			     : t->kind == STATEMENT_COLUMN && !t->qualifier.bytes &&
				   str_eq(statement_str(s, out->name), text)) {
			*span = out->span;
			return out->term;
		}
	}
	return position ? STATEMENT_NONE : o->term;
}

static bool item_has(const struct statement *s, uint32_t term, enum statement_term_kind kind)
{
	for (uint32_t i = 0; i < s->term[term].size; i++)
		if (s->term[term + i].kind == (uint32_t)kind)
			return true;
	return false;
}

static void item_read(struct identity *id, const struct statement_order *o, struct order_item *item)
{
	const struct statement *s = id->s;
	*item = (struct order_item){.order = o};
	item->term = order_term(s, o, &item->expression);
	item->descending = o->descending;
	item->nulls_first = o->nulls ? o->nulls == 1 : o->descending;
	item->columns.foreign = true;
	if (item->term == STATEMENT_NONE || !o->span.to || !o->expression.to)
		return;
	const struct statement_term *t = &s->term[item->term];
	item->columns = origin_columns(id, s, o->query, item->term);
	item->parameter = item_has(s, item->term, STATEMENT_PARAMETER) ||
			  item_has(s, item->term, STATEMENT_VARIABLE);
	bool cases = t->kind == STATEMENT_COMPOUND && (item_has(s, item->term, STATEMENT_IS_NULL) ||
						       item_has(s, item->term, STATEMENT_NOT_NULL));
	item->null_test = cases || t->kind == STATEMENT_IS_NULL || t->kind == STATEMENT_NOT_NULL;
	if (!evidence_plain(id, s, item->term))
		item->columns.foreign = true;
	else if (t->kind == STATEMENT_COLUMN)
		item->base = origin_column_row(id, o->query, item->term, "r.");
	else if (!origin_base(id, o->query, item->term, item->expression, "r.", &item->base))
		item->base = (struct str){0};
}

/* The query's conditions on the same relation, over columns of r. */
static struct str ordering_where(struct identity *id, const struct ordering *o)
{
	struct str where = STR("");
	for (uint32_t i = 0; i < id->s->head.conjuncts; i++) {
		const struct statement_conjunct *c = &id->s->conjunct[i];
		struct str text;
		if (c->query != o->query || c->join || !c->span.to)
			continue;
		struct columns columns = origin_columns(id, id->s, o->query, c->term);
		if (columns.foreign || !columns.count ||
		    columns.path.relation[0] != o->path->relation[0] ||
		    columns.path.table != o->path->table ||
		    columns.path.length != o->path->length || !evidence_plain(id, id->s, c->term) ||
		    !origin_base(id, o->query, c->term, c->span, "r.", &text))
			continue;
		where = where.n ? REWRITE_JOIN(id, where, STR(" AND ("), text, STR(")"))
				: REWRITE_JOIN(id, STR("("), text, STR(")"));
	}
	return where;
}

static bool has_ties(struct str text)
{
	for (size_t i = 0; i + 4 <= text.n; i++)
		if (str_eq_nocase((struct str){text.p + i, 4}, STR("ties")))
			return true;
	return false;
}

static bool ordering_read(struct identity *id, struct ordering *o)
{
	const struct statement *s = id->s;
	uint32_t relations = 0;
	for (uint32_t i = 0; i < s->head.orders; i++) {
		if (s->order[i].query != o->query || s->order[i].window != o->window)
			continue;
		if (o->count == ITEMS_MAX || s->order[i].term == STATEMENT_NONE)
			return false;
		item_read(id, &s->order[i], &o->item[o->count++]);
	}
	if (!o->count || o->item[0].columns.foreign || !o->item[0].columns.count)
		return false;
	struct path *path = &o->item[0].columns.path;
	path->nullable |= (s->query[o->query].flags & STATEMENT_GROUPING_SETS) != 0;
	o->path = path;
	for (uint32_t i = 0; i < s->head.relations; i++)
		relations += s->relation[i].query == o->query;
	o->qualified = relations > 1;
	for (uint32_t i = 0; i < s->term[o->item[0].term].size; i++)
		o->qualified |= s->term[o->item[0].term + i].kind == STATEMENT_COLUMN &&
				s->term[o->item[0].term + i].qualifier.bytes;
	o->ties = has_ties(sql_text(id->audit, s->head.span));
	o->where = ordering_where(id, o);
	return true;
}

/* ---- alignment ---- */

static bool item_fits(const struct ordering *o, size_t i, const struct catalog_key *key)
{
	const struct columns *c = &o->item[i].columns;
	bool made;
	return !c->foreign && c->path.relation[0] == o->path->relation[0] &&
	       c->path.length == o->path->length && c->path.table == o->path->table &&
	       columns_of_key(c, key, &made);
}

static bool key_row(struct identity *id, const struct catalog_key *key, struct str *out)
{
	return origin_text(id, &key->text, NULL, false, (struct str){0}, out);
}

static bool item_is_key(struct identity *id, const struct order_item *item,
			const struct catalog_key *key, bool backward)
{
	struct str row;
	return item->base.p && key_row(id, key, &row) && expression_text_same(row, item->base) &&
	       item->descending == (key->descending != backward) &&
	       item->nulls_first == (key->nulls_first != backward);
}

static void align_changed(struct alignment *a, bool *changed, size_t first, size_t last)
{
	a->first = *changed ? a->first : first;
	a->last = last;
	*changed = true;
}

/* Item by item to key by key, from the offset on. False: nothing would change. */
static bool align(struct identity *id, const struct ordering *o, struct alignment *a)
{
	size_t i = 0;
	bool changed = false;
	for (size_t key = a->offset; i < o->count && key < a->index->keys; key++) {
		const struct catalog_key *k = &a->index->key[key];
		if (!item_fits(o, i, k))
			break;
		a->key[i] = key;
		a->parameter |= o->item[i].parameter;
		a->pair[i] = o->item[i].null_test && i + 1 < o->count && item_fits(o, i + 1, k);
		if (a->pair[i]) {
			align_changed(a, &changed, i, i + 1);
			a->key[++i] = key;
		} else if (!item_is_key(id, &o->item[i], k, a->backward)) {
			align_changed(a, &changed, i, i);
		}
		i++;
	}
	a->consumed = i;
	return changed;
}

/* ---- texts ---- */

static void put_direction(bool descending, bool nulls_first, struct buf *out)
{
	buf_puts(out, descending ? " DESC" : "");
	if (nulls_first != descending)
		buf_puts(out, nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

static struct str text_of(struct identity *id, struct buf *text)
{
	struct str copy = buf_failed(text) ? (struct str){0} : arena_str(id->arena, buf_view(text));
	buf_release(text);
	return copy;
}

/* The changed items as keys, as the statement writes them. */
static bool keys_text(struct identity *id, const struct ordering *o, const struct alignment *a,
		      struct str *out)
{
	struct buf text;
	struct str one;
	bool whole = true;
	buf_init(&text, ORDER_TEXT_MAX);
	for (size_t i = a->first; i <= a->last && whole; i++) {
		const struct catalog_key *key = &a->index->key[a->key[i]];
		if (a->pair[i])
			continue;
		whole = origin_text(id, &key->text, o->path, o->qualified, (struct str){0}, &one);
		buf_puts(&text, text.n ? ", " : "");
		buf_str(&text, whole ? one : STR(""));
		put_direction(key->descending != a->backward, key->nulls_first != a->backward,
			      &text);
	}
	*out = text_of(id, &text);
	return whole && out->p;
}

/* The index that would serve the ORDER BY as it stands. */
static struct str index_text(struct identity *id, const struct ordering *o,
			     const struct alignment *a)
{
	struct buf text;
	buf_init(&text, ORDER_TEXT_MAX);
	for (size_t k = 0; k < a->offset; k++) {
		const struct catalog_key *key = &a->index->key[k];
		buf_printf(&text, key->computed ? "(%.*s), " : "%.*s, ", STR_ARG(key->expression));
	}
	for (size_t i = 0; i < a->consumed; i++) {
		const struct order_item *item = &o->item[i];
		struct str base = {0};
		bool column = id->s->term[item->term].kind == STATEMENT_COLUMN;
		if (column)
			base = origin_column_row(id, o->query, item->term, "");
		else if (!origin_base(id, o->query, item->term, item->expression, "", &base))
			base = (struct str){0};
		if (!base.p || !evidence_immutable(id, id->s, item->term, &item->columns)) {
			buf_release(&text);
			return STR("");
		}
		buf_puts(&text, i ? ", " : "");
		buf_printf(&text, column || edit_is_closed(base) ? "%.*s" : "(%.*s)",
			   STR_ARG(base));
		put_direction(item->descending, item->nulls_first, &text);
	}
	struct str keys = text_of(id, &text);
	return keys.p ? rewrite_index(id, o->path->table, STR(""), keys, a->index->predicate)
		      : STR("");
}

/* ---- evidence ---- */

/* COALESCE(column, number) for the column itself: what breaks it is a value beyond the number. */
struct fallback {
	struct str column, number;
	double limit;
	bool lowest; /* NULL stands below every value */
};

static bool fallback_of(struct identity *id, const struct ordering *o, const struct alignment *a,
			struct fallback *f)
{
	const struct order_item *item = &o->item[a->last];
	const struct catalog_key *key = &a->index->key[a->key[a->last]];
	const struct catalog_column *column = catalog_column(o->path->table, item->columns.name[0]);
	const struct statement_term *t;
	if (a->first != a->last || id->s->term[item->term].kind != STATEMENT_COLUMN ||
	    item->descending != (key->descending != a->backward) || !column ||
	    !str_eq(column->category, STR("N")) ||
	    !rewrite_coalesce(key->text.s, key->term, key->expression, &t, &f->limit))
		return false;
	f->column = column->name;
	f->number = statement_str(key->text.s, t[1].text);
	f->lowest = item->descending != item->nulls_first;
	return true;
}

/* Whether a validated CHECK keeps the column beyond the number. */
static bool fallback_proved(const struct catalog_table *table, const struct fallback *f)
{
	double value;
	for (size_t i = 0; i < table->checks; i++) {
		const struct statement *s = table->check[i].s;
		for (uint32_t c = 0; s && c < s->head.conjuncts; c++) {
			const struct statement_term *t = &s->term[s->conjunct[c].term];
			struct str op = statement_str(s, t->text);
			if (t->kind != STATEMENT_OPERATOR || t->size != 3 ||
			    t[1].kind != STATEMENT_COLUMN || t[2].kind != STATEMENT_CONSTANT ||
			    t[2].number != STATEMENT_NUMBER ||
			    !str_eq(statement_str(s, t[1].text), f->column) ||
			    !str_to_double(statement_str(s, t[2].text), &value))
				continue;
			char beyond = f->lowest ? '>' : '<';
			bool past = f->lowest ? value > f->limit : value < f->limit;
			if (op.n && op.n <= 2 && op.p[0] == beyond &&
			    (op.n == 1 || op.p[1] == '=') &&
			    (past || (op.n == 1 && value == f->limit)))
				return true;
		}
	}
	return false;
}

/* False: this way says nothing. */
static bool fallback_evidence(struct identity *id, const struct ordering *o,
			      const struct alignment *a, struct evidence *out)
{
	struct fallback f;
	struct str row, column;
	bool absent;
	if (!fallback_of(id, o, a, &f) || !key_row(id, &a->index->key[a->key[a->last]], &row))
		return false;
	column = o->item[a->last].base;
	struct str name = origin_column_row(id, o->query, o->item[a->last].term, "");
	const char *within = f.lowest ? " <= " : " >= ";
	if (fallback_proved(o->path->table, &f)) {
		out->level = EVIDENCE_PROVED;
		out->text = REWRITE_JOIN(id, STR("proved: a CHECK keeps "), name,
					 f.lowest ? STR(" > ") : STR(" < "), f.number);
		return true;
	}
	struct str broken = REWRITE_JOIN(id, row, str_of(within), f.number, STR(" AND "), column,
					 STR(" IS NOT NULL"));
	if (id->scratch || o->path->table->tuples < 1 ||
	    evidence_absent(id, o->path, broken, &absent) != OK || !absent)
		return false;
	struct str check = REWRITE_JOIN(id, name, f.lowest ? STR(" > ") : STR(" < "), f.number);
	out->level = EVIDENCE_CHECKED;
	out->text = REWRITE_JOIN(
	    id, STR("checked: no row has "), name, str_of(within), f.number,
	    STR(" today; no constraint keeps it so. To make it proof: CHECK ("), check, STR(")"));
	return true;
}

/* date_part and extract of a unit that is a whole number are one value in two types. */
static bool is_synonym(const struct statement *s, uint32_t term, const struct catalog_key *key)
{
	static const char *const units[] = {"century", "day",    "decade",  "dow",    "doy",
					    "hour",    "isodow", "isoyear", "minute", "month",
					    "quarter", "week",   "year"};
	const struct statement_term *a = &s->term[term], *b = &key->text.s->term[key->term];
	struct str unit;
	if (a->kind != STATEMENT_FUNCTION || b->kind != STATEMENT_FUNCTION || a->size != 3 ||
	    b->size != 3 || a[1].kind != STATEMENT_CONSTANT || b[1].kind != STATEMENT_CONSTANT ||
	    a[2].kind != STATEMENT_COLUMN || b[2].kind != STATEMENT_COLUMN)
		return false;
	struct str left = statement_str(s, a->text), right = statement_str(key->text.s, b->text);
	unit = statement_str(s, a[1].text);
	if (!str_eq_nocase(unit, statement_str(key->text.s, b[1].text)) ||
	    (!str_eq(left, STR("extract")) && !str_eq(left, STR("date_part"))) ||
	    (!str_eq(right, STR("extract")) && !str_eq(right, STR("date_part"))))
		return false;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (str_eq_nocase(unit, str_of(units[i])))
			return true;
	return false;
}

/* COALESCE(column, number), and the column is never NULL. */
static bool is_needless_default(struct identity *id, const struct ordering *o,
				const struct order_item *item, const struct catalog_key *key)
{
	double number;
	const struct statement_term *t;
	return id->s->term[item->term].kind == STATEMENT_COLUMN && key->text.s &&
	       rewrite_coalesce(key->text.s, key->term, key->expression, &t, &number) &&
	       rewrite_not_null(id, o->query, o->path, item->columns.name[0]);
}

/* The key is a generated column, and the item is its expression. */
static bool is_generated(struct identity *id, const struct order_item *item,
			 const struct catalog_key *key)
{
	struct str row;
	return key->made_plain && origin_text(id, &key->made, NULL, false, (struct str){0}, &row) &&
	       expression_text_same(row, item->base);
}

/* Whether the item and the key are the same order whatever the rows are. */
static bool item_proved(struct identity *id, const struct ordering *o, const struct alignment *a,
			size_t i)
{
	const struct order_item *item = &o->item[i];
	const struct catalog_key *key = &a->index->key[a->key[i]];
	struct str row;
	bool descending = key->descending != a->backward, first = key->nulls_first != a->backward;
	if (a->pair[i]) {
		/* false sorts before true */
		bool is = id->s->term[item->term].kind == STATEMENT_IS_NULL;
		return id->s->term[item->term].size == 2 &&
		       expression_text_same(origin_column_row(id, o->query, item->term + 1, "r."),
					    o->item[i + 1].base) &&
		       first == (is == item->descending);
	}
	if (!item->base.p || item->descending != descending || !key_row(id, key, &row))
		return false;
	if (is_needless_default(id, o, item, key))
		return true;
	if (!expression_text_same(row, item->base) && !is_synonym(id->s, item->term, key) &&
	    !is_generated(id, item, key))
		return false;
	if (item->nulls_first == first || (i > 0 && a->pair[i - 1]))
		return true;
	return id->s->term[item->term].kind == STATEMENT_COLUMN &&
	       rewrite_not_null(id, o->query, o->path, item->columns.name[0]);
}

/* The values of both orders as v0, v1, ... and the orders over them. */
static bool alignment_values(struct identity *id, const struct ordering *o,
			     const struct alignment *a, struct evidence_order *e, struct str *value)
{
	struct buf old, new;
	size_t n = 0;
	bool known = true;
	buf_init(&old, ORDER_TEXT_MAX);
	buf_init(&new, ORDER_TEXT_MAX);
	for (size_t i = a->first; i <= a->last && known; i++) {
		const struct order_item *item = &o->item[i];
		const struct catalog_key *key = &a->index->key[a->key[i]];
		known = item->base.p && key_row(id, key, &value[n + 1]);
		buf_printf(&old, "%sv%zu", old.n ? ", " : "", n);
		put_direction(item->descending, item->nulls_first, &old);
		value[n++] = item->base;
		if (a->pair[i])
			continue;
		buf_printf(&new, "%sv%zu", new.n ? ", " : "", n++);
		put_direction(key->descending != a->backward, key->nulls_first != a->backward,
			      &new);
	}
	e->old_list = text_of(id, &old);
	e->new_list = text_of(id, &new);
	e->value = value;
	e->values = n;
	return known && e->old_list.p && e->new_list.p;
}

/* Without rows: a value in place of NULL may be meant, another order of values is not. */
static struct evidence alignment_scratch(struct identity *id, const struct ordering *o,
					 const struct alignment *a)
{
	struct evidence out = {.text = STR("none: the scratch tables are empty")};
	const struct statement_term *t;
	double number;
	for (size_t i = a->first; i <= a->last; i++) {
		const struct catalog_key *key = &a->index->key[a->key[i]];
		bool column = id->s->term[o->item[i].term].kind == STATEMENT_COLUMN;
		if (a->pair[i] || !column || !key->computed ||
		    rewrite_coalesce(key->text.s, key->term, key->expression, &t, &number))
			continue;
		out.level = EVIDENCE_DIFFERS;
		out.text = STR("other rows: nothing says that both are one order");
	}
	return out;
}

static struct evidence alignment_evidence(struct identity *id, const struct ordering *o,
					  const struct alignment *a)
{
	struct evidence out = {0};
	struct str value[2 * ITEMS_MAX + 1];
	struct evidence_order e = {
	    .path = o->path,
	    .where = o->where,
	    .last = a->last + 1 == o->count && !o->window && !o->ties,
	};
	bool proved = true;
	if (a->parameter) {
		out.level = EVIDENCE_GENERIC;
		out.text = STR(
		    "not known: the ORDER BY depends on a parameter that this source does not have");
		return out;
	}
	for (size_t i = a->first; i <= a->last && proved; i++)
		proved = item_proved(id, o, a, i);
	if (proved) {
		out.level = EVIDENCE_PROVED;
		out.text = STR(
		    "proved: no row of the result has NULL there, or NULLs stand in the same place");
		return out;
	}
	if (o->path->table->secured && !id->session.role) {
		out.text =
		    STR("not comparable: the table has row security; say for which role with --as");
		return out;
	}
	if (fallback_evidence(id, o, a, &out))
		return out;
	if (id->scratch)
		return alignment_scratch(id, o, a);
	if (!alignment_values(id, o, a, &e, value) || evidence_order(id, &e, &out) != OK)
		out.text =
		    REWRITE_JOIN(id, STR("none: the comparison failed: "), str_of(id->err.text));
	return out;
}

/* ---- candidates ---- */

static void order_try(struct identity *id, struct ordering *o, const struct alignment *a,
		      struct rewrite *best)
{
	struct str keys;
	struct rewrite c = {.index = a->index, .path = o->path};
	if (o->tried++ >= ORDER_CANDIDATES_MAX || !keys_text(id, o, a, &keys))
		return;
	const struct statement_span list = {o->item[0].order->span.from,
					    o->item[o->count - 1].order->span.to};
	/* of an order by parameters what follows is left out: it depends on them as well */
	c.marked =
	    (struct statement_span){o->item[a->first].order->span.from,
				    a->parameter ? list.to : o->item[a->last].order->span.to};
	c.fix = keys;
	edit_add(&c.edits, c.marked, keys);
	if (!rewrite_serves(id, &c, true))
		return;
	c.rewrite = REWRITE_JOIN(id, STR("ORDER BY "), rewrite_source(id, list, &c.edits));
	c.deliberate = rewrite_is_deliberate(id->s, o->item[a->first].term);
	c.evidence = alignment_evidence(id, o, a);
	c.alternative = evidence_wants_index(&c.evidence) ? index_text(id, o, a) : STR("");
	rewrite_keep(best, &c);
}

static void order_about(struct identity *id, const struct ordering *o, const struct rewrite *best)
{
	double rows = 0;
	for (size_t i = 0; i < id->plan.count; i++)
		if (str_eq(id->plan.node[i].type, STR("Sort")) && i + 1 < id->plan.count &&
		    id->plan.node[i + 1].rows > rows)
			rows = id->plan.node[i + 1].rows;
	(void)o;
	const char *about = rows >= 1 ? arena_printf(id->arena, "sorts about %.0f rows", rows)
				      : "reads more rows than it needs";
	rewrite_report(id, best, str_of(about));
}

void identity_orders(struct identity *id, uint32_t query, uint32_t window)
{
	struct ordering o = {.query = query, .window = window};
	struct rewrite best = {0};
	if (id->plan.incremental || !ordering_read(id, &o))
		return;
	if (rewrite_is_small(id, o.path->table))
		return;
	for (const struct catalog_index *index = o.path->table->index; index; index = index->next) {
		if (!str_eq(index->method, STR("btree")))
			continue;
		for (size_t offset = 0; offset < index->keys && offset < 4; offset++)
			for (int backward = 0; backward < 2; backward++) {
				struct alignment a = {
				    .index = index, .offset = offset, .backward = backward};
				if (align(id, &o, &a))
					order_try(id, &o, &a, &best);
			}
	}
	if (best.index)
		order_about(id, &o, &best);
}
