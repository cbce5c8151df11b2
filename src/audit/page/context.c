/* A block's own names for terms of schema.org, of its @context and those of its items. */
#include "audit/page/internal.h"
#include "site/facts/context.h"

/* Names of one object, with its own @context, which is plain when it was of use. */
static void context_apply(struct json_value *object, struct arena *arena)
{
	struct facts_context c = {.terms = 0};
	struct json_value *own = NULL;
	for (struct json_value *m = object->first; m; m = m->next)
		if (str_eq(m->key, STR("@context")))
			own = m;
	if (!own || own->kind == JSON_IS_STRING)
		return;
	facts_context_read(&c, arena, own);
	if (!c.terms || !facts_context_apply(&c, object))
		return;
	own->kind = JSON_IS_STRING;
	own->text = STR("https://schema.org");
	own->first = own->last = NULL;
	own->count = 0;
}

void page_apply_context(struct json_value *root, struct arena *arena)
{
	if (root->kind == JSON_IS_OBJECT)
		context_apply(root, arena);
	for (struct json_value *one = root->first; one && root->kind == JSON_IS_ARRAY;
	     one = one->next)
		if (one->kind == JSON_IS_OBJECT)
			context_apply(one, arena);
}
