/* Contexts of JSON-LD: prefixes ("s:name") and own names ("titel" for "name", "type" for "@type")
 * that a document declares for terms of schema.org, replaced by the plain terms, so that no reader
 * needs to know of them. Used by the import, which reads what it can, and by the audit of pages,
 * which reads what search engines do.
 *
 * Contexts of inner objects are not looked at. No state; texts of a context live in the arena that
 * read it. */
#ifndef SITE_FACTS_CONTEXT_H
#define SITE_FACTS_CONTEXT_H

#include "base/arena.h"
#include "base/json.h"

enum { FACTS_TERMS_MAX = 64 };

struct facts_context {
	/* "schema:name" without a declaration, and prefixes without the slash at their end */
	bool lenient;
	struct facts_term {
		struct str name, is; /* is empty: the name is a prefix */
	} term[FACTS_TERMS_MAX];     /* those beyond are ignored */
	size_t terms;
};

/* Add what a @context says: a text, an object, a list of these, or NULL. Of one name the first
 * counts. */
void facts_context_read(struct facts_context *c, struct arena *arena,
			const struct json_value *context);
/* Make names and types plain at any depth, and other values with a prefix; whether any was. */
bool facts_context_apply(const struct facts_context *c, struct json_value *v);

#endif
