/* What a document calls the terms of schema.org, by its @context or by custom. */
#include "directory/parse/internal.h"

void context_read(struct parser *p, const struct json_value *context)
{
	facts_context_read(&p->context, &p->arena, context);
}

/* "type" and "id" as "@type" and "@id", at any depth. */
static void context_plain_types(struct json_value *v)
{
	for (struct json_value *m = v->first; m; m = m->next) {
		if (str_eq(m->key, STR("type")) || str_eq(m->key, STR("id")))
			json_rename(m, m->key.n == 2 ? STR("@id") : STR("@type"));
		context_plain_types(m);
	}
}

void context_apply(const struct parser *p, struct json_value *v)
{
	bool prefixed = json_get(v, "schema:name") || json_get(v, "https://schema.org/name") ||
			json_get(v, "http://schema.org/name") ||
			str_starts(json_text(json_get(v, "@type")), STR("schema:"));
	bool typed = json_get(v, "@context") && !json_get(v, "@type") && json_get(v, "type");
	if (prefixed || typed)
		context_plain_types(v);
	if (prefixed || typed || p->context.terms)
		facts_context_apply(&p->context, v);
}
