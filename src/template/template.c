#include "template/internal.h"
#include "base/memory.h"

#include <stdlib.h>

enum { SET_BYTES = 16 << 20 };

static unsigned template_plural_of_english(uint64_t n)
{
	return n != 1;
}

struct template_set *template_set_create(void)
{
	struct template_set *set = memory_alloc(sizeof(*set));
	arena_init(&set->arena, SET_BYTES);
	set->plural = template_plural_of_english;
	return set;
}

void template_set_plural(struct template_set *set, template_plural *plural)
{
	set->plural = plural;
}

void template_set_tight(struct template_set *set)
{
	set->tight = true;
}

void template_set_free(struct template_set *set)
{
	if (!set)
		return;
	for (struct template *t = set->first; t; t = t->next)
		free(t->op);
	arena_release(&set->arena);
	free(set);
}

static struct template *set_find(const struct template_set *set, struct str name)
{
	for (struct template *t = set->first; t; t = t->next)
		if (str_eq(t->name, name))
			return t;
	return NULL;
}

enum status template_set_add(struct template_set *set, struct str name, struct str source,
			     struct err *err)
{
	must(!set->linked);
	if (set_find(set, name))
		return err_set(err, CONFLICT, "template %.*s: added twice", STR_ARG(name));
	if (source.n > TEMPLATE_SOURCE_MAX)
		return err_set(err, TOO_LARGE, "template %.*s: more than %d bytes", STR_ARG(name),
			       TEMPLATE_SOURCE_MAX);
	struct template *t = arena_alloc(&set->arena, sizeof(*t));
	struct str copy = arena_str(&set->arena, source);
	if (t)
		t->name = arena_str(&set->arena, name);
	if (!t || !copy.p || !t->name.p)
		return err_set(err, TOO_LARGE, "template %.*s: all templates are over %d bytes",
			       STR_ARG(name), SET_BYTES);
	t->set = set;
	t->next = set->first;
	set->first = t;
	return template_compile(t, &set->arena, copy, err);
}

enum status template_set_link(struct template_set *set, struct err *err)
{
	for (struct template *t = set->first; t; t = t->next)
		for (size_t i = 0; i < t->count; i++) {
			struct op *op = &t->op[i];
			if (op->code != OP_PARTIAL)
				continue;
			op->partial = set_find(set, op->text);
			if (!op->partial)
				return err_set(
				    err, INVALID,
				    "template %.*s, line %u: there is no partial \"%.*s\"",
				    STR_ARG(t->name), op->line, STR_ARG(op->text));
		}
	set->linked = true;
	return OK;
}

const struct template *template_find(const struct template_set *set, const char *name)
{
	must(set->linked);
	/* cppcheck-suppress CastIntegerToAddressAtReturn ; it is a pointer */
	return set_find(set, str_of(name));
}
