/* A JSON-LD block's own names for terms of schema.org: prefixes ("s:name") and aliases ("title"
 * for "name", "type" for "@type") that its @context declares. They are replaced by the plain
 * terms, so that no rule needs to know of them. Contexts that only inner objects have are not
 * looked at. */
#include "audit/page/internal.h"

#include <string.h>

enum { TERMS_MAX = 64 };

struct context {
	/* is: a term or a keyword; empty: the name is a prefix of schema.org's terms */
	struct {
		struct str name, is;
	} term[TERMS_MAX];
	size_t terms;
	bool used;
};

/* The IRI of an entry of a @context: a text, or the @id of an object. */
static struct str context_iri(const struct json_value *entry)
{
	return json_text(entry->kind == JSON_IS_OBJECT ? json_get(entry, "@id") : entry);
}

static struct str context_without_scheme(struct str iri)
{
	static const char *const schemes[] = {"https://", "http://"};
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (str_starts(iri, str_of(schemes[i])))
			return (struct str){iri.p + strlen(schemes[i]), iri.n - strlen(schemes[i])};
	return iri;
}

/* What a name stands for by itself, or by a prefix that is declared; p NULL: nothing. */
static struct str context_plain(const struct context *c, struct str name)
{
	static const struct str colon = {":", 1};
	for (size_t i = 0; name.p && i < c->terms; i++) {
		if (!str_starts(name, c->term[i].name))
			continue;
		struct str rest = str_from(name, c->term[i].name.n);
		if (c->term[i].is.n && !rest.n)
			return c->term[i].is;
		if (!c->term[i].is.n && rest.n > 1 && str_starts(rest, colon) &&
		    !memchr(rest.p, '/', rest.n) && !memchr(rest.p, ' ', rest.n))
			return (struct str){rest.p + 1, rest.n - 1};
	}
	return (struct str){NULL, 0};
}

static void context_add(struct context *c, struct str name, struct str is)
{
	if (c->terms == TERMS_MAX || !name.n || str_eq(name, is))
		return;
	c->term[c->terms].name = name;
	c->term[c->terms++].is = is;
}

/* The entries of an object of a @context. Prefixes first, because aliases may use them. */
static void context_read(struct context *c, const struct json_value *object)
{
	static const struct str host = {"schema.org/", 11};
	for (const struct json_value *e = object->first; e; e = e->next)
		if (e->key.n && e->key.p[0] != '@' &&
		    str_eq(context_without_scheme(context_iri(e)), host))
			context_add(c, e->key, STR(""));
	for (const struct json_value *e = object->first; e; e = e->next) {
		struct str iri = context_iri(e);
		if (!e->key.n || e->key.p[0] == '@' || !iri.p || !iri.n)
			continue;
		struct str term = context_without_scheme(iri), by_prefix = context_plain(c, iri);
		if (iri.p[0] == '@')
			context_add(c, e->key, iri);
		else if (by_prefix.n)
			context_add(c, e->key, by_prefix);
		else if (str_starts(term, host) && term.n > host.n)
			context_add(c, e->key, (struct str){term.p + host.n, term.n - host.n});
	}
}

static void context_rename(struct context *c, struct json_value *v, bool is_type)
{
	struct str plain = v->key.n ? context_plain(c, v->key) : (struct str){NULL, 0};
	if (plain.p) {
		json_rename(v, plain);
		c->used = true;
	}
	is_type = is_type || str_eq(v->key, STR("@type"));
	if (v->kind == JSON_IS_STRING) {
		/* "s:Monday"; an alias means what a text says only where that is a type */
		plain = is_type || memchr(v->text.p ? v->text.p : "", ':', v->text.n)
			    ? context_plain(c, v->text)
			    : (struct str){NULL, 0};
		if (plain.p) {
			v->text = plain;
			c->used = true;
		}
	}
	bool list = v->kind == JSON_IS_ARRAY;
	for (struct json_value *m = v->first; m; m = m->next)
		if (!str_eq(m->key, STR("@context")))
			context_rename(c, m, list && is_type);
}

/* Names of one object, with its own @context. */
static void context_apply(struct json_value *object)
{
	struct context c = {.terms = 0};
	struct json_value *own = NULL;
	for (struct json_value *m = object->first; m; m = m->next)
		if (str_eq(m->key, STR("@context")))
			own = m;
	if (!own || own->kind == JSON_IS_STRING)
		return;
	for (const struct json_value *one = own->kind == JSON_IS_ARRAY ? own->first : own; one;
	     one = one == own ? NULL : one->next)
		if (one->kind == JSON_IS_OBJECT)
			context_read(&c, one);
	if (c.terms)
		context_rename(&c, object, false);
	if (!c.used)
		return;
	own->kind = JSON_IS_STRING;
	own->text = STR("https://schema.org");
	own->first = own->last = NULL;
	own->count = 0;
}

void page_apply_context(struct json_value *root)
{
	if (root->kind == JSON_IS_OBJECT)
		context_apply(root);
	for (struct json_value *one = root->first; one && root->kind == JSON_IS_ARRAY;
	     one = one->next)
		if (one->kind == JSON_IS_OBJECT)
			context_apply(one);
}
