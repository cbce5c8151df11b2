/* Contexts of JSON-LD: prefixes and own names for terms of schema.org. */
#include "directory/parse/internal.h"

#include <string.h>

static bool context_is_vocabulary(struct str iri)
{
	static const char *const forms[] = {"https://schema.org", "http://schema.org",
					    "https://www.schema.org", "http://www.schema.org"};
	if (str_ends(iri, STR("/")) || str_ends(iri, STR("#")))
		iri.n--;
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (str_eq_nocase(iri, str_of(forms[i])))
			return true;
	return false;
}

/* The part of a name behind a prefix of the context, or the whole name. */
static struct str context_plain(const struct parser *p, struct str name)
{
	static const char *const prefixes[] = {"schema:", "https://schema.org/",
					       "http://schema.org/"};
	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		if (str_starts(name, str_of(prefixes[i])))
			return (struct str){name.p + strlen(prefixes[i]),
					    name.n - strlen(prefixes[i])};
	for (size_t i = 0; i < p->terms; i++) {
		const struct parser_term *t = &p->term[i];
		if (t->term.n && str_eq(name, t->name))
			return t->term;
		if (!t->term.n && name.n > t->name.n + 1 && str_starts(name, t->name) &&
		    name.p[t->name.n] == ':' && name.p[t->name.n + 1] != '/')
			return (struct str){name.p + t->name.n + 1, name.n - t->name.n - 1};
	}
	return name;
}

static void context_add(struct parser *p, struct str name, struct str term)
{
	if (p->terms == TERMS_MAX)
		return;
	name = arena_str(&p->arena, name);
	term = arena_str(&p->arena, term);
	for (size_t i = 0; i < p->terms; i++)
		if (str_eq(p->term[i].name, name))
			return;
	if (name.p && term.p)
		p->term[p->terms++] = (struct parser_term){name, term};
}

void context_read(struct parser *p, const struct json_value *context)
{
	if (!context)
		return;
	const struct json_value *e = context->kind == JSON_IS_ARRAY ? context->first : context;
	bool vocabulary = false;
	for (; e; e = e == context ? NULL : e->next) {
		vocabulary |= context_is_vocabulary(json_text(e)) ||
			      context_is_vocabulary(json_text(json_get(e, "@vocab")));
		if (e->kind != JSON_IS_OBJECT)
			continue;
		for (const struct json_value *m = e->first; m; m = m->next)
			if (m->key.p[0] != '@' && context_is_vocabulary(json_text(m)))
				context_add(p, m->key, (struct str){"", 0});
		for (const struct json_value *m = e->first; m; m = m->next) {
			struct str iri =
			    json_text(m->kind == JSON_IS_OBJECT ? json_get(m, "@id") : m);
			struct str term = context_plain(p, iri);
			if (iri.n && iri.p[0] == '@' && m->key.n && m->key.p[0] != '@')
				context_add(p, m->key, iri); /* "type": "@type" */
			else if (term.n && !str_eq(term, m->key) &&
				 (term.n < iri.n ||
				  (vocabulary && m->key.p[0] != '@' && !memchr(iri.p, ':', iri.n))))
				context_add(p, m->key, term);
		}
	}
}

void context_apply(const struct parser *p, struct json_value *v)
{
	for (struct json_value *m = v->first; m; m = m->next) {
		struct str name = context_plain(p, m->key);
		if (name.n && name.p != m->key.p)
			json_rename(m, name);
		if (str_eq(m->key, STR("@type"))) {
			m->text = m->kind == JSON_IS_STRING ? context_plain(p, m->text) : m->text;
			for (struct json_value *e = m->first; e; e = e->next)
				e->text =
				    e->kind == JSON_IS_STRING ? context_plain(p, e->text) : e->text;
		}
		context_apply(p, m);
	}
}
