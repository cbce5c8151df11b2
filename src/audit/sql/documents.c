/* Conditions on members of a document, for an index over the document or over the member. */
#include "audit/sql/filter.h"
#include "base/ascii.h"
#include "base/json.h"

enum { DOCUMENT_DEPTH_MAX = 8 };

/* Members on the way from a document to what is compared: document -> 'a' ->> 'b'. */
struct member_path {
	struct str name[DOCUMENT_DEPTH_MAX]; /* as SQL literals */
	size_t count;
	bool text, number; /* ->> or #>>; cast to a number */
};

/* {a,b}, without quotes and escapes. */
static bool member_names(struct identity *id, struct str list, struct member_path *path)
{
	if (list.n < 3 || list.p[0] != '{' || list.p[list.n - 1] != '}' ||
	    memchr(list.p, '"', list.n) || memchr(list.p, '\\', list.n))
		return false;
	struct str rest = {list.p + 1, list.n - 2};
	while (rest.p) {
		struct str name = str_trim(str_cut(&rest, ','));
		/* a number may be an element of an array */
		if (!name.n || path->count == DOCUMENT_DEPTH_MAX || ascii_is_digit(name.p[0]))
			return false;
		path->name[path->count++] = constant_quoted(id, name);
	}
	return true;
}

static bool member_path_of(struct identity *id, const struct statement *s, uint32_t term,
			   struct member_path *path)
{
	const struct statement_term *t = &s->term[term];
	struct str op = statement_str(s, t->text);
	if (t->kind == STATEMENT_COLUMN)
		return true;
	if (t->kind != STATEMENT_OPERATOR || t->size < 3)
		return false;
	const struct statement_term *name = &t[t->size - 1];
	if (t[1].size != t->size - 2 || name->kind != STATEMENT_CONSTANT ||
	    name->number != STATEMENT_STRING || !member_path_of(id, s, term + 1, path) ||
	    path->text || path->count == DOCUMENT_DEPTH_MAX)
		return false;
	path->text = op.n == 3;
	if (str_eq(op, STR("->>")) || str_eq(op, STR("->"))) {
		path->name[path->count++] = constant_literal(id, s, name);
		return true;
	}
	return (str_eq(op, STR("#>>")) || str_eq(op, STR("#>"))) &&
	       member_names(id, statement_str(s, name->text), path);
}

/* The document with the one member, or members in each other, that the value has. */
static struct str document_around(struct identity *id, const struct member_path *path,
				  struct str value)
{
	struct str out = path->text ? value : REWRITE_JOIN(id, STR("("), value, STR(")::jsonb"));
	for (size_t i = path->count; i-- > 0;)
		out = REWRITE_JOIN(id, STR("jsonb_build_object("), path->name[i], STR(", "), out,
				   STR(")"));
	return out;
}

/* IN ('a', 'b'): one of several documents. */
static struct form documents_several(struct identity *id, const struct filtered *c,
				     const struct member_path *path)
{
	struct form form = {0};
	struct str list = STR("");
	const struct statement_term *t = &c->s->term[c->conjunct->term];
	if (t->kind != STATEMENT_MEMBER || !c->bare.n || t->size - t[1].size > 50)
		return form;
	for (uint32_t i = 1 + t[1].size; i < t->size; i++)
		list = REWRITE_JOIN(id, list, list.n ? STR(", ") : STR(""),
				    document_around(id, path, constant_literal(id, c->s, &t[i])));
	form.own = REWRITE_JOIN(id, STR("\1 @> ANY (ARRAY["), list, STR("])"));
	form.any = REWRITE_JOIN(id, STR("\1 @> "), document_around(id, path, STR("\2")));
	return form;
}

/* document ->> 'member' = 'text' for an index over the document. */
struct form documents_whole(struct identity *id, const struct filtered *c,
			    const struct catalog_key *key, const struct catalog_column *column)
{
	static const char *const numbers[] = {"int4", "int8", "int2", "numeric", "float8"};
	struct member_path path = {0};
	struct form form = {0};
	uint32_t term = c->left;
	const struct statement_term *t = &c->s->term[term];
	for (size_t i = 0; t->kind == STATEMENT_CAST && i < COUNT_OF(numbers); i++)
		path.number |= str_eq(statement_str(c->s, t->text), str_of(numbers[i]));
	term += path.number;
	if (key->computed || !str_eq(column->base, STR("jsonb")) ||
	    !member_path_of(id, c->s, term, &path) || !path.count || (path.number && !path.text))
		return form;
	if (c->member)
		return documents_several(id, c, &path);
	if (str_eq(c->op, STR("=")))
		form.own = REWRITE_JOIN(id, STR("\1 @> "), document_around(id, &path, STR("\2")));
	return form;
}

/* {"k": "text"} where no other value than the text is written so. */
static bool document_single(struct str text, struct str *name, struct str *value,
			    struct identity *id)
{
	struct json_reader r;
	json_reader_init_str(&r, text);
	bool read = json_next(&r) == JSON_OBJECT && json_next(&r) == JSON_KEY;
	*name = read ? arena_str(id->arena, r.text) : (struct str){0};
	read = read && json_next(&r) == JSON_STRING;
	*value = read ? arena_str(id->arena, r.text) : (struct str){0};
	read = read && json_next(&r) == JSON_OBJECT_END && json_next(&r) == JSON_EOF;
	json_reader_release(&r);
	return read && name->p && value->n && !ascii_is_digit(value->p[0]) &&
	       !memchr("-[{", value->p[0], 3) && !str_eq(*value, STR("true")) &&
	       !str_eq(*value, STR("false"));
}

/* The operator and the name of the member that the expression is: column ->> 'name'. */
static struct str document_member(const struct statement *s, uint32_t term, struct str *name)
{
	const struct statement_term *t = &s->term[term];
	struct str op = statement_str(s, t->text);
	if (t->kind != STATEMENT_OPERATOR || t->size != 3 || t[1].kind != STATEMENT_COLUMN ||
	    t[2].kind != STATEMENT_CONSTANT || t[2].number != STATEMENT_STRING)
		return (struct str){0};
	*name = statement_str(s, t[2].text);
	return op;
}

/* pairs -> 'name' = 'text' of hstore. */
static struct form document_pairs(struct identity *id, const struct filtered *c,
				  const struct catalog_key *key)
{
	struct form form = {0};
	struct str name;
	struct str op = document_member(c->s, c->left, &name);
	if (key->computed || !str_eq(op, STR("->")) || !str_eq(c->op, STR("=")) || !c->literal)
		return form;
	form.own = REWRITE_JOIN(id, STR("\1 @> hstore("), constant_quoted(id, name), STR(", \2)"));
	form.proved = true;
	return form;
}

struct form documents_member(struct identity *id, const struct filtered *c,
			     const struct catalog_key *key, const struct catalog_column *column)
{
	const struct statement_term *t = &c->s->term[c->left];
	struct form form = {0};
	struct str name, value, own = {0}, op, left_name;
	if (str_eq(column->base, STR("hstore")))
		return document_pairs(id, c, key);
	if (!key->computed || !key->text.s || !str_eq(column->base, STR("jsonb")) || !c->literal)
		return form;
	op = document_member(key->text.s, key->term, &own);
	if (str_eq(c->op, STR("@>"))) {
		if (t->kind != STATEMENT_COLUMN || !str_eq(op, STR("->>")) ||
		    !document_single(c->constant, &name, &value, id) || !str_eq(name, own))
			return form;
		form.own = REWRITE_JOIN(id, STR("\1 = "), constant_quoted(id, value));
		form.proved = true;
		return form;
	}
	struct str left = document_member(c->s, c->left, &left_name);
	bool text = str_eq(left, STR("->>")), part = t->kind == STATEMENT_COMPOUND;
	if (!str_eq(c->op, STR("=")) || text == str_eq(op, STR("->>")) || (!left.n && !part))
		return form;
	form.own = text ? STR("\1 = to_jsonb((\2)::text)") : STR("\1 = ((\2)::jsonb #>> '{}')");
	return form;
}
