/* Contexts of JSON-LD: what a document calls the terms of schema.org. */
#include "site/facts/context.h"

#include <string.h>

/* The rest behind the address of the vocabulary; p NULL: another address. */
static struct str context_term(struct str iri)
{
	static const char *const forms[] = {"https://schema.org", "http://schema.org",
					    "https://www.schema.org", "http://www.schema.org"};
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		size_t n = strlen(forms[i]);
		if (iri.n >= n && str_eq_nocase((struct str){iri.p, n}, str_of(forms[i])) &&
		    (iri.n == n || iri.p[n] == '/' || iri.p[n] == '#'))
			return str_from(iri, n);
	}
	return (struct str){NULL, 0};
}

/* "https://schema.org/"; the mark at the end may be missing where `loose`. */
static bool context_is_vocabulary(struct str iri, bool loose)
{
	struct str rest = context_term(iri);
	return rest.p && (rest.n == 1 || (rest.n == 0 && loose));
}

/* What a name stands for; p NULL: for itself. */
static struct str context_plain(const struct facts_context *c, struct str name)
{
	struct str term = context_term(name), rest;
	if (term.n > 1)
		return str_from(term, 1);
	for (size_t i = 0; i < c->terms; i++) {
		const struct facts_term *t = &c->term[i];
		if (!name.p || !str_starts(name, t->name))
			continue;
		rest = str_from(name, t->name.n);
		if (t->is.n && !rest.n)
			return t->is;
		if (!t->is.n && rest.n > 1 && rest.p[0] == ':' && !memchr(rest.p, '/', rest.n) &&
		    !memchr(rest.p, ' ', rest.n))
			return str_from(rest, 1);
	}
	if (c->lenient && str_starts(name, STR("schema:")) && name.n > 7)
		return str_from(name, 7);
	return (struct str){NULL, 0};
}

static void context_add(struct facts_context *c, struct arena *arena, struct str name,
			struct str is)
{
	if (c->terms == FACTS_TERMS_MAX || !name.n || str_eq(name, is))
		return;
	for (size_t i = 0; i < c->terms; i++)
		if (str_eq(c->term[i].name, name))
			return;
	name = arena_str(arena, name);
	is = arena_str(arena, is);
	if (name.p && is.p)
		c->term[c->terms++] = (struct facts_term){name, is};
}

/* The IRI of an entry: a text, or the @id of an object. */
static struct str context_iri(const struct json_value *entry)
{
	return json_text(entry->kind == JSON_IS_OBJECT ? json_get(entry, "@id") : entry);
}

static bool context_is_name(struct str key)
{
	return key.n && key.p[0] != '@';
}

/* Prefixes first, because other names may use them. */
static void context_read_object(struct facts_context *c, struct arena *arena,
				const struct json_value *object, bool vocabulary)
{
	for (const struct json_value *m = object->first; m; m = m->next)
		if (context_is_name(m->key) && context_is_vocabulary(context_iri(m), c->lenient))
			context_add(c, arena, m->key, STR(""));
	for (const struct json_value *m = object->first; m; m = m->next) {
		struct str iri = context_iri(m), term = context_plain(c, iri);
		if (!iri.n || !context_is_name(m->key))
			continue;
		if (iri.p[0] == '@') /* "type": "@type" */
			context_add(c, arena, m->key, iri);
		else if (term.n)
			context_add(c, arena, m->key, term);
		else if (vocabulary && !memchr(iri.p, ':', iri.n))
			context_add(c, arena, m->key, iri);
	}
}

void facts_context_read(struct facts_context *c, struct arena *arena,
			const struct json_value *context)
{
	bool vocabulary = false;
	const struct json_value *e =
	    context && context->kind == JSON_IS_ARRAY ? context->first : context;
	for (; e; e = e == context ? NULL : e->next) {
		vocabulary |= context_is_vocabulary(json_text(e), true) ||
			      context_is_vocabulary(json_text(json_get(e, "@vocab")), true);
		if (e->kind == JSON_IS_OBJECT)
			context_read_object(c, arena, e, vocabulary);
	}
}

static bool context_rename(const struct facts_context *c, struct json_value *v, bool is_type)
{
	struct str plain = v->key.n ? context_plain(c, v->key) : (struct str){NULL, 0};
	bool used = plain.p != NULL;
	if (plain.p)
		json_rename(v, plain);
	is_type |= str_eq(v->key, STR("@type"));
	/* "s:Monday"; an alias means what a text says only where that is a type, and an address
	 * is one. */
	if (v->kind == JSON_IS_STRING && v->text.n &&
	    (is_type || (memchr(v->text.p, ':', v->text.n) && !context_term(v->text).p))) {
		plain = context_plain(c, v->text);
		if (plain.p) {
			v->text = plain;
			used = true;
		}
	}
	bool list = v->kind == JSON_IS_ARRAY;
	for (struct json_value *m = v->first; m; m = m->next)
		if (!str_eq(m->key, STR("@context")))
			used |= context_rename(c, m, list && is_type);
	return used;
}

bool facts_context_apply(const struct facts_context *c, struct json_value *v)
{
	return context_rename(c, v, false);
}
