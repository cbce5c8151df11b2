/* For tests of structured data: a block parsed, and the findings of facts_check as a text. */
#ifndef TESTS_UNIT_FACTS_CHECKED_H
#define TESTS_UNIT_FACTS_CHECKED_H

#include "site/facts/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { ARENA_MAX = 4 << 20 };

static struct json_value *parse(struct arena *arena, struct str json)
{
	struct json_value *v;
	struct err err;
	if (json_parse(arena, json, &v, &err) != OK)
		fail_msg("%s in %.*s", err.text, STR_ARG(json));
	return v;
}

/* For facts_check: "KEY:PATH " of each finding, appended to the struct buf. */
static void note(void *ctx, const struct facts_finding *f)
{
	buf_printf(ctx, "%s:%s ", f->fault->key, f->path);
}

/* The text at the path; NULL: there is none. */
static void says(const struct json_value *v, const char *path, const char *text)
{
	const struct json_value *found = json_path(v, path);
	if (!text && found)
		fail_msg("%s is there: %.*s", path, STR_ARG(json_text(found)));
	if (text && !str_eq(json_text(found), str_of(text)))
		fail_msg("%s is '%.*s', should be '%s'", path, STR_ARG(json_text(found)), text);
}

#endif
