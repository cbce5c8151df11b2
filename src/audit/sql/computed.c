/* Columns that a view, a subquery or a CTE computes: WHERE v.day = $1, where the view says
 * made::date AS day, is judged as WHERE v.made::date = $1, if the view shows `made` as well. The
 * unit that is planned is written so, read again and judged like a statement of its own; its
 * findings stand where the statement has the column, and are written with the columns that the view
 * shows. */
#include "audit/sql/identity.h"

enum { COMPUTED_TEXT_MAX = PROBE_TEXT_MAX };

/* The expression of a column. */
struct computed {
	const struct statement *s;
	struct str body; /* of s */
	const struct statement_output *output;
	/* from the statement's relation to the one that computes it */
	const struct statement_relation *relation[PATH_MAX_RELATIONS];
	const struct statement *statement[PATH_MAX_RELATIONS]; /* of the relation */
	size_t length;
};

enum computed_kind { COMPUTED_ABSENT, COMPUTED_PLAIN, COMPUTED_FOUND };

/* ---- where a column is computed ---- */

static enum computed_kind computed_column(struct identity *id, const struct statement *s,
					  struct str body, uint32_t query,
					  const struct statement_term *column,
					  struct computed *out);

static bool computed_is_star(const struct statement *s, const struct statement_term *t)
{
	return t->kind == STATEMENT_COLUMN && str_eq(statement_str(s, t->text), STR("*"));
}

/* A column on the nullable side of an outer join can be NULL where its expression is not. */
static enum computed_kind computed_relation(struct identity *id, const struct statement *s,
					    struct str body, const struct statement_relation *r,
					    struct str name, struct computed *out)
{
	uint32_t query;
	const struct catalog_table *table;
	if (out->length == PATH_MAX_RELATIONS || r->renamed || r->nullable)
		return COMPUTED_ABSENT;
	out->relation[out->length] = r;
	out->statement[out->length++] = s;
	const struct statement *inner = origin_inner(id, s, r, &query, &table);
	if (!inner)
		return table && catalog_column(table, name) ? COMPUTED_PLAIN : COMPUTED_ABSENT;
	if (inner->head.queries <= query || inner->query[query].flags & STATEMENT_GROUPING_SETS)
		return COMPUTED_ABSENT;
	body = inner == s ? body : table->view.body;
	for (uint32_t i = 0; i < inner->head.outputs; i++) {
		const struct statement_output *o = &inner->output[i];
		if (o->query != query || o->term == STATEMENT_NONE)
			continue;
		const struct statement_term *t = &inner->term[o->term];
		bool star = computed_is_star(inner, t);
		if (!star && !str_eq(statement_str(inner, o->name), name))
			continue;
		if (!star && t->kind != STATEMENT_COLUMN) {
			out->s = inner;
			out->body = body;
			out->output = o;
			return COMPUTED_FOUND;
		}
		struct statement_term named = *t;
		const struct computed before = *out;
		struct str qualifier = statement_str(inner, t->qualifier);
		if (!star)
			return computed_column(id, inner, body, query, &named, out);
		for (uint32_t n = 0; n < inner->head.relations; n++) {
			const struct statement_relation *from = &inner->relation[n];
			if (from->query != query ||
			    (qualifier.n && !str_eq(statement_str(inner, from->alias), qualifier)))
				continue;
			enum computed_kind kind =
			    computed_relation(id, inner, body, from, name, out);
			if (kind != COMPUTED_ABSENT)
				return kind;
			*out = before;
		}
	}
	return COMPUTED_ABSENT;
}

static enum computed_kind computed_column(struct identity *id, const struct statement *s,
					  struct str body, uint32_t query,
					  const struct statement_term *column, struct computed *out)
{
	const struct computed before = *out;
	enum computed_kind found = COMPUTED_ABSENT;
	struct str qualifier = statement_str(s, column->qualifier);
	for (uint32_t i = 0; i < s->head.relations; i++) {
		const struct statement_relation *r = &s->relation[i];
		struct computed one = before;
		if (r->query != query ||
		    (qualifier.n && !str_eq(statement_str(s, r->alias), qualifier)))
			continue;
		enum computed_kind kind =
		    computed_relation(id, s, body, r, statement_str(s, column->text), &one);
		if (kind == COMPUTED_ABSENT)
			continue;
		if (found != COMPUTED_ABSENT)
			return COMPUTED_ABSENT; /* of two relations */
		found = kind;
		*out = one;
	}
	return found;
}

/* ---- how the statement writes it ---- */

static bool computed_one_relation(const struct statement *s, uint32_t query)
{
	size_t relations = 0;
	for (uint32_t i = 0; i < s->head.relations; i++)
		relations += s->relation[i].query == query;
	return relations == 1;
}

/* What the query's output list calls a column of its relations. */
static bool computed_shown(const struct statement *s, uint32_t query, struct str qualifier,
			   struct str *name)
{
	bool one = computed_one_relation(s, query);
	for (uint32_t i = 0; i < s->head.outputs; i++) {
		const struct statement_output *o = &s->output[i];
		if (o->query != query || o->term == STATEMENT_NONE ||
		    s->term[o->term].kind != STATEMENT_COLUMN)
			continue;
		const struct statement_term *t = &s->term[o->term];
		bool star = computed_is_star(s, t);
		struct str own = statement_str(s, t->qualifier);
		if (!one && !str_eq(own, qualifier) && !(star && !own.n))
			continue;
		if (!star && !str_eq(statement_str(s, t->text), *name))
			continue;
		*name = star ? *name : statement_str(s, o->name);
		return name->n != 0;
	}
	return false;
}

/* The column of the expression as the statement sees it: v."made". p NULL: it does not. */
static struct str computed_name(struct identity *id, const struct computed *c,
				const struct statement_term *column)
{
	struct str name = statement_str(c->s, column->text);
	struct str qualifier = statement_str(c->s, column->qualifier);
	const struct statement *s = c->s;
	uint32_t query = c->output->query;
	struct buf text;
	for (size_t level = c->length; level-- > 0;) {
		if (!computed_shown(s, query, qualifier, &name))
			return (struct str){0};
		s = c->statement[level];
		query = c->relation[level]->query;
		qualifier = statement_str(s, c->relation[level]->alias);
	}
	buf_init(&text, COMPUTED_TEXT_MAX);
	edit_name(&text, qualifier);
	buf_putc(&text, '.');
	edit_name(&text, name);
	struct str copy =
	    buf_failed(&text) ? (struct str){0} : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return copy;
}

/* The source with edits, in parentheses where it needs them, in the statement's arena. */
static struct str computed_text(struct identity *id, struct str body, struct statement_span span,
				const struct edits *edits, const struct edits *more)
{
	struct buf text;
	if (more->failed || span.from >= span.to || span.to > body.n)
		return (struct str){0};
	buf_init(&text, COMPUTED_TEXT_MAX);
	edit_put(&text, body, span, edits, more);
	struct str copy =
	    buf_failed(&text) ? (struct str){0} : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	if (!copy.p || edit_is_closed(copy))
		return copy;
	return ARENA_JOIN(id->arena, STR("("), copy, STR(")"));
}

/* The expression over columns that the statement sees. p NULL: it cannot be written so. */
static struct str computed_expression(struct identity *id, const struct computed *c)
{
	struct edits edits = {0};
	const struct statement_span span = c->output->span;
	const struct statement_term *root = &c->s->term[c->output->term];
	bool columns = false;
	for (uint32_t i = 0; i < root->size; i++) {
		const struct statement_term *t = root + i;
		if (t->kind == STATEMENT_PARAMETER || t->kind == STATEMENT_VARIABLE ||
		    t->kind == STATEMENT_QUERY)
			return (struct str){0};
		if (t->kind != STATEMENT_COLUMN)
			continue;
		struct str name = computed_name(id, c, t);
		if (!name.p || !t->span.to || t->span.from < span.from || t->span.to > span.to)
			return (struct str){0};
		edit_add(&edits, t->span, name);
		columns = true;
	}
	if (!columns || !evidence_plain(id, c->s, c->output->term))
		return (struct str){0};
	return computed_text(id, c->body, span, NULL, &edits);
}

/* ---- the unit ---- */

static bool computed_known(const struct edits *edits, struct statement_span span)
{
	for (size_t i = 0; i < edits->count; i++)
		if (edits->at[i].span.from == span.from)
			return true;
	return false;
}

/* The columns of a term of the statement. */
static void computed_term(struct identity *id, uint32_t query, uint32_t term, struct edits *edits)
{
	const struct statement_term *root = &id->s->term[term];
	for (uint32_t i = 0, step; i < root->size; i += step) {
		const struct statement_term *t = root + i;
		struct computed c = {0};
		step = t->kind == STATEMENT_QUERY ? t->size : 1;
		if (t->kind != STATEMENT_COLUMN || !t->span.to || edits->count == EDITS_MAX ||
		    computed_known(edits, t->span) ||
		    computed_column(id, id->s, id->audit->file.body, query, t, &c) !=
			COMPUTED_FOUND)
			continue;
		struct str text = computed_expression(id, &c);
		if (text.p)
			edit_add(edits, t->span, text);
	}
}

static void computed_order(struct identity *id, const struct statement_order *o,
			   struct edits *edits)
{
	struct statement_span span;
	struct edits own = {0};
	uint32_t term = o->term == STATEMENT_NONE ? STATEMENT_NONE : order_term(id->s, o, &span);
	if (term == STATEMENT_NONE || !o->expression.to || !span.to)
		return;
	if (term == o->term) {
		computed_term(id, o->query, term, edits);
		return;
	}
	/* the name or the number of an item of the select list */
	computed_term(id, o->query, term, &own);
	struct str text = own.count
			      ? computed_text(id, id->audit->file.body, span, &id->unit.edits, &own)
			      : (struct str){0};
	if (text.p && edits->count < EDITS_MAX && !computed_known(edits, o->expression))
		edit_add(edits, o->expression, text);
}

static bool computed_inside(const struct identity *id, struct statement_span span)
{
	const struct statement_span unit = id->unit.span;
	return span.to && span.from >= unit.from && span.to <= unit.to;
}

static void computed_edits(struct identity *id, bool orders, struct edits *edits)
{
	const struct statement *s = id->s;
	for (uint32_t i = 0; i < s->head.conjuncts; i++)
		if (computed_inside(id, s->conjunct[i].span))
			computed_term(id, s->conjunct[i].query, s->conjunct[i].term, edits);
	for (uint32_t i = 0; orders && i < s->head.orders; i++)
		if (computed_inside(id, s->order[i].span))
			computed_order(id, &s->order[i], edits);
}

/* The text with the edits as a statement of its own. */
static bool computed_read(const struct identity *id, struct identity *inner)
{
	struct buf text;
	struct sql_file *file = &inner->audit->file;
	buf_init(&text, COMPUTED_TEXT_MAX);
	buf_str(&text, id->unit.prefix);
	edit_put(&text, id->audit->file.body, id->unit.span, &id->unit.edits, inner->computed);
	struct str body =
	    buf_failed(&text) ? (struct str){0} : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	if (!body.p || load_text(id->catalog->reader, body, file, id->arena, &inner->err) != OK ||
	    file->unreadable || file->count != 1 ||
	    file->statement[0].head.kind != STATEMENT_SELECT ||
	    file->statement[0].head.flags & STATEMENT_CUT)
		return false;
	inner->s = &file->statement[0];
	inner->unit =
	    (struct planned){.span = inner->s->head.span, .parameters = id->unit.parameters};
	return true;
}

struct identity *computed_begin(struct identity *id, bool orders)
{
	struct edits *edits = arena_alloc(id->arena, sizeof(*edits));
	struct identity *inner = arena_alloc(id->arena, sizeof(*inner));
	struct sql_audit *audit = arena_alloc(id->arena, sizeof(*audit));
	if (id->outer || id->status == UNAVAILABLE || !edits || !inner || !audit)
		return NULL;
	*edits = (struct edits){0};
	computed_edits(id, orders, edits);
	if (!edits->count || edits->failed)
		return NULL;
	/* it has no arenas of its own: findings are the outer one's */
	*audit = (struct sql_audit){.options = id->audit->options,
				    .report = id->audit->report,
				    .summary = id->audit->summary,
				    .planned = true};
	*inner = *id;
	inner->audit = audit;
	inner->outer = id;
	inner->computed = edits;
	if (computed_read(id, inner))
		return inner;
	computed_end(inner);
	return NULL;
}

void computed_end(struct identity *inner)
{
	sql_file_release(&inner->audit->file);
}

bool computed_has(const struct identity *inner, struct statement_span span)
{
	const struct statement_span source = rewrite_place(inner, span);
	for (size_t i = 0; i < inner->computed->count; i++)
		if (inner->computed->at[i].span.from >= source.from &&
		    inner->computed->at[i].span.to <= source.to)
			return true;
	return false;
}
