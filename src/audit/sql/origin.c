/* Which column of which table a name means. What is not certain is not resolved. */
#include "audit/sql/identity.h"

static bool origin_down(struct identity *id, const struct statement *s,
			const struct statement_relation *r, struct str column, struct path *path,
			struct str *name);

const struct statement *origin_inner(struct identity *id, const struct statement *s,
				     const struct statement_relation *r, uint32_t *query,
				     const struct catalog_table **table)
{
	struct str name = statement_str(s, r->name), schema = statement_str(s, r->schema);
	*table = NULL;
	if (r->select != STATEMENT_NONE) {
		*query = r->select;
		return s;
	}
	for (uint32_t i = 0; i < s->head.queries && !schema.n; i++)
		if (s->query[i].role == STATEMENT_CTE &&
		    str_eq(statement_str(s, s->query[i].name), name)) {
			*query = i;
			return s->query[i].flags & (STATEMENT_RENAMED | STATEMENT_WRITES) ? NULL
											  : s;
		}
	enum status status =
	    catalog_find(id->catalog, id->session.search_path, schema, name, table, &id->err);
	if (status != OK) {
		id->status = status == UNAVAILABLE ? UNAVAILABLE : id->status;
		*table = NULL;
		return NULL;
	}
	*query = 0;
	return (*table)->view.s;
}

/* The column of an inner query's output list. */
static bool origin_output(struct identity *id, const struct statement *s, uint32_t query,
			  struct str column, struct path *path, struct str *name)
{
	for (uint32_t i = 0; i < s->head.outputs; i++) {
		const struct statement_output *o = &s->output[i];
		const struct statement_term *t = &s->term[o->term == STATEMENT_NONE ? 0 : o->term];
		if (o->query != query || o->term == STATEMENT_NONE)
			continue;
		bool star =
		    t->kind == STATEMENT_COLUMN && str_eq(statement_str(s, t->text), STR("*"));
		if (!star && str_eq(statement_str(s, o->name), column))
			return t->kind == STATEMENT_COLUMN &&
			       origin_column(id, s, query, t, path, name);
		if (!star)
			continue;
		struct str qualifier = statement_str(s, t->qualifier);
		for (uint32_t r = 0; r < s->head.relations; r++) {
			const struct statement_relation *relation = &s->relation[r];
			size_t length = path->length;
			if (relation->query == query &&
			    (!qualifier.n ||
			     str_eq(statement_str(s, relation->alias), qualifier)) &&
			    origin_down(id, s, relation, column, path, name))
				return true;
			path->length = length;
		}
	}
	return false;
}

static bool origin_down(struct identity *id, const struct statement *s,
			const struct statement_relation *r, struct str column, struct path *path,
			struct str *name)
{
	uint32_t query;
	if (path->length == PATH_MAX_RELATIONS || r->renamed)
		return false;
	path->relation[path->length] = r;
	path->statement[path->length++] = s;
	path->nullable |= r->nullable;
	const struct statement *inner = origin_inner(id, s, r, &query, &path->table);
	/* grouping sets make NULLs of columns that have none */
	path->nullable |= inner && inner->head.queries > query &&
			  inner->query[query].flags & STATEMENT_GROUPING_SETS;
	if (inner)
		return inner->head.queries > query &&
		       origin_output(id, inner, query, column, path, name);
	const struct catalog_column *found =
	    path->table && path->table->id ? catalog_column(path->table, column) : NULL;
	if (found)
		*name = found->name;
	return found != NULL;
}

bool origin_column(struct identity *id, const struct statement *s, uint32_t query,
		   const struct statement_term *column, struct path *path, struct str *name)
{
	struct str qualifier = statement_str(s, column->qualifier);
	const struct path before = *path;
	bool found = false;
	for (uint32_t i = 0; i < s->head.relations; i++) {
		const struct statement_relation *r = &s->relation[i];
		struct path one = before;
		struct str one_name;
		if (r->query != query ||
		    (qualifier.n && !str_eq(statement_str(s, r->alias), qualifier)) ||
		    !origin_down(id, s, r, statement_str(s, column->text), &one, &one_name))
			continue;
		if (found)
			return false; /* of two relations */
		*path = one;
		*name = one_name;
		found = true;
	}
	return found;
}

static bool path_same(const struct path *a, const struct path *b)
{
	if (a->length != b->length)
		return false;
	for (size_t i = 0; i < a->length; i++)
		if (a->relation[i] != b->relation[i])
			return false;
	return true;
}

static void columns_add(struct columns *c, struct str name)
{
	for (size_t i = 0; i < c->count; i++)
		if (str_eq(c->name[i], name))
			return;
	if (c->count == COLUMNS_MAX)
		c->foreign = true;
	else
		c->name[c->count++] = name;
}

struct columns origin_columns(struct identity *id, const struct statement *s, uint32_t query,
			      uint32_t term)
{
	struct columns c = {0};
	const struct statement_term *root = &s->term[term];
	for (uint32_t i = 0; i < root->size; i++) {
		const struct statement_term *t = root + i;
		struct path path = {0};
		struct str name;
		if (t->kind == STATEMENT_QUERY)
			c.foreign = true;
		if (t->kind != STATEMENT_COLUMN)
			continue;
		if (!origin_column(id, s, query, t, &path, &name) ||
		    (c.count && !path_same(&c.path, &path))) {
			c.foreign = true;
			continue;
		}
		c.path = path;
		columns_add(&c, name);
	}
	return c;
}

struct columns origin_key(const struct catalog_text *text, uint32_t term)
{
	struct columns c = {0};
	const struct statement_term *root = text->s ? &text->s->term[term] : NULL;
	for (uint32_t i = 0; root && i < root->size; i++)
		if (root[i].kind == STATEMENT_COLUMN)
			columns_add(&c, statement_str(text->s, root[i].text));
	c.foreign |= !root;
	return c;
}

bool columns_within(const struct columns *a, const struct columns *b)
{
	for (size_t i = 0; i < a->count; i++) {
		bool found = false;
		for (size_t j = 0; j < b->count && !found; j++)
			found = str_eq(a->name[i], b->name[j]);
		if (!found)
			return false;
	}
	return true;
}

bool columns_same(const struct columns *a, const struct columns *b)
{
	return !a->foreign && !b->foreign && a->count && a->count == b->count &&
	       columns_within(a, b);
}

static struct columns origin_made(const struct catalog_key *key)
{
	bool known = key->made.s && key->made.s->head.outputs;
	return known ? origin_key(&key->made, key->made.s->output[0].term) : (struct columns){0};
}

bool columns_of_key(const struct columns *columns, const struct catalog_key *key, bool *made)
{
	struct columns own = origin_key(&key->text, key->term), inner = origin_made(key);
	*made = false;
	if (columns_same(columns, &own))
		return true;
	*made = columns_same(columns, &inner);
	return *made;
}

const struct catalog_text *origin_expression(const struct catalog_key *key)
{
	return key->by_made ? &key->made : &key->text;
}

/* ---- names ---- */

/* What the path's relation at the level calls the column of the table. */
static bool origin_visible(const struct path *path, size_t level, struct str column,
			   struct str *out)
{
	if (level + 1 == path->length) {
		*out = column;
		return true;
	}
	struct str inner;
	const struct statement *s = path->statement[level + 1];
	const struct statement_relation *r = path->relation[level + 1];
	if (!origin_visible(path, level + 1, column, &inner))
		return false;
	for (uint32_t i = 0; i < s->head.outputs; i++) {
		const struct statement_output *o = &s->output[i];
		if (o->query != r->query || o->term == STATEMENT_NONE ||
		    s->term[o->term].kind != STATEMENT_COLUMN)
			continue;
		const struct statement_term *t = &s->term[o->term];
		struct str qualifier = statement_str(s, t->qualifier);
		struct str text = statement_str(s, t->text);
		if (qualifier.n && !str_eq(qualifier, statement_str(s, r->alias)))
			continue;
		if (str_eq(text, inner) || str_eq(text, STR("*"))) {
			*out = str_eq(text, inner) ? statement_str(s, o->name) : inner;
			return out->n != 0;
		}
	}
	return false;
}

bool origin_name(struct identity *id, const struct path *path, struct str column, bool qualified,
		 struct buf *out)
{
	(void)id;
	struct str name;
	if (!origin_visible(path, 0, column, &name))
		return false;
	if (qualified) {
		edit_name(out, statement_str(path->statement[0], path->relation[0]->alias));
		buf_putc(out, '.');
	}
	edit_name(out, name);
	return true;
}

enum { TEXT_BYTES_MAX = 1 << 20 };

/* The source span with the replaced columns, in the statement's arena. */
static bool origin_done(struct identity *id, struct str body, struct statement_span span,
			const struct edits *edits, struct str *out)
{
	struct buf text;
	if (edits->failed || span.from >= span.to || span.to > body.n)
		return false;
	buf_init(&text, TEXT_BYTES_MAX);
	edit_put(&text, body, span, NULL, edits);
	bool whole = !buf_failed(&text);
	if (whole)
		*out = arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return whole && out->p;
}

/* r."name" in the arena. */
static struct str origin_row(struct identity *id, const char *prefix, struct str name)
{
	struct buf text;
	struct str copy;
	buf_init(&text, 1024);
	buf_puts(&text, prefix);
	edit_name(&text, name);
	copy = buf_failed(&text) ? (struct str){0} : arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return copy;
}

struct str origin_column_row(struct identity *id, uint32_t query, uint32_t term, const char *prefix)
{
	struct path path = {0};
	struct str name;
	if (!origin_column(id, id->s, query, &id->s->term[term], &path, &name))
		return (struct str){0};
	return origin_row(id, prefix, name);
}

bool origin_base(struct identity *id, uint32_t query, uint32_t term, struct statement_span span,
		 const char *prefix, struct str *out)
{
	struct edits edits = {0};
	const struct statement_term *root = &id->s->term[term];
	for (uint32_t i = 0; i < root->size; i++) {
		const struct statement_term *t = root + i;
		struct path path = {0};
		struct str name;
		if (t->kind == STATEMENT_PARAMETER || t->kind == STATEMENT_VARIABLE ||
		    t->kind == STATEMENT_QUERY)
			return false;
		if (t->kind != STATEMENT_COLUMN)
			continue;
		if (!t->span.to || t->span.from < span.from || t->span.to > span.to ||
		    !origin_column(id, id->s, query, t, &path, &name))
			return false;
		edit_add(&edits, t->span, origin_row(id, prefix, name));
	}
	return origin_done(id, id->audit->file.body, span, &edits, out);
}

bool origin_text(struct identity *id, const struct catalog_text *text, const struct path *path,
		 bool qualified, struct str constant, struct str *out)
{
	struct edits edits = {0};
	const struct statement_span span = {text->from, (uint32_t)text->body.n - 1};
	if (!text->s)
		return false;
	for (uint32_t i = 0; i < text->s->head.terms; i++) {
		const struct statement_term *t = &text->s->term[i];
		struct str name = statement_str(text->s, t->text), called = constant;
		if (t->kind != STATEMENT_COLUMN)
			continue;
		if (!t->span.to)
			return false;
		if (!constant.p && !path) {
			called = origin_row(id, "r.", name);
		} else if (!constant.p) {
			struct buf visible;
			buf_init(&visible, 1024);
			if (origin_name(id, path, name, qualified, &visible) &&
			    !buf_failed(&visible))
				called = arena_str(id->arena, buf_view(&visible));
			buf_release(&visible);
		}
		edit_add(&edits, t->span, called);
	}
	return origin_done(id, text->body, span, &edits, out);
}
