#include "fetch/read/read.h"
#include "fetch/read/internal.h"

#include <string.h>

/* Whether a reference token, in which ~0 and ~1 are escapes, equals `key`. */
static bool token_is(struct str token, struct str key)
{
	size_t k = 0;
	for (size_t t = 0; t < token.n; t++, k++) {
		char c = token.p[t];
		if (c == '~')
			c = token.p[++t] == '0' ? '~' : '/';
		if (k >= key.n || key.p[k] != c)
			return false;
	}
	return k == key.n;
}

static bool token_valid(struct str token)
{
	for (size_t t = 0; t < token.n; t++)
		if (token.p[t] == '~' &&
		    (t + 1 == token.n || (token.p[t + 1] != '0' && token.p[t + 1] != '1')))
			return false;
	return true;
}

static const struct json_value *pointer_step(const struct json_value *v, struct str token)
{
	int64_t index;
	const struct json_value *found = NULL;
	if (v->kind == JSON_IS_OBJECT) {
		/* The last member of that name, as json_get. */
		for (const struct json_value *m = v->first; m; m = m->next)
			if (token_is(token, m->key))
				found = m;
		return found;
	}
	/* An index has no sign and no leading zero; "-" is the element after the last, which does
	 * not exist. */
	if (v->kind != JSON_IS_ARRAY || token.n == 0 || !ascii_is_digit(token.p[0]) ||
	    (token.n > 1 && token.p[0] == '0') || !str_to_i64(token, 0, INT64_MAX, &index))
		return NULL;
	for (found = v->first; found && index > 0; index--)
		found = found->next;
	return found;
}

enum status json_pointer(const struct json_value *root, struct str pointer,
			 const struct json_value **out)
{
	struct str rest = pointer;
	*out = root;
	if (pointer.n == 0)
		return OK;
	if (str_cut(&rest, '/').n != 0 || !rest.p)
		return INVALID;
	for (struct str check = rest; check.p;)
		if (!token_valid(str_cut(&check, '/')))
			return INVALID;
	while (rest.p && *out)
		*out = pointer_step(*out, str_cut(&rest, '/'));
	return *out ? OK : NOT_FOUND;
}

static bool pointer_scalar(const struct json_value *v, struct str *text)
{
	switch (v->kind) {
	case JSON_IS_BOOL:
		*text = v->boolean ? STR("true") : STR("false");
		return true;
	case JSON_IS_NUMBER:
	case JSON_IS_STRING:
		*text = v->text;
		return true;
	default:
		return false;
	}
}

enum status read_json(struct str body, const struct wire_facts *mapping, struct arena *arena,
		      struct wire_facts *facts, struct err *err)
{
	struct json_value *root;
	const struct json_value *found;
	struct str text;
	char name[WIRE_NAME_MAX + 1];
	enum status status = json_parse(arena, body, &root, err);
	for (uint32_t i = 0; i < mapping->count && status == OK; i++) {
		const struct wire_fact *m = &mapping->of[i];
		char *kept = NULL;
		enum status led = json_pointer(root, m->value, &found);
		if (led == INVALID)
			return err_set(err, INVALID, "not a JSON pointer: %.*s", STR_ARG(m->value));
		if (led != OK)
			continue;
		must(m->name.n <= WIRE_NAME_MAX);
		memcpy(name, m->name.p, m->name.n);
		name[m->name.n] = '\0';
		kept = arena_printf(arena, "%s", name);
		if (!kept)
			return err_set(err, TOO_LARGE, "the answer has too many values");
		if (pointer_scalar(found, &text))
			fact_add(facts, arena, kept, text, WIRE_VALUE_MAX);
		else if (found->kind == JSON_IS_ARRAY)
			for (const struct json_value *v = found->first; v; v = v->next)
				if (pointer_scalar(v, &text) &&
				    !fact_add(facts, arena, kept, text, WIRE_VALUE_MAX) &&
				    facts->count == WIRE_PAIRS_MAX)
					break;
	}
	return status;
}
