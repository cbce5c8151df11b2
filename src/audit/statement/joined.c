/* A write of a loop with the batch that its variable has: "UPDATE t ... WHERE id = r.id" inside of
 * FOR r IN SELECT id ... LIMIT 9, or "= ANY (ids)" behind ids := ARRAY(SELECT ... LIMIT 9), with
 * the SELECT in place of the variable. So the rules about batches need to know of one form only. */
#include "audit/statement/internal.h"

#include <string.h>

enum { JOINED_TEXT_MAX = 1 << 20 };

static bool has_limit(struct str query)
{
	for (size_t i = 0; i + 5 <= query.n; i++)
		if (str_eq_nocase((struct str){query.p + i, 5}, STR("limit")) ||
		    str_eq_nocase((struct str){query.p + i, 5}, STR("fetch")))
			return true;
	return false;
}

void joined_note(struct joined *j, struct str name, struct str query)
{
	if (j->count == JOINED_MAX) {
		memmove(j->of, j->of + 1, sizeof(j->of) - sizeof(j->of[0]));
		j->count--;
	}
	j->of[j->count].name = name;
	j->of[j->count++].query = has_limit(query) ? query : STR("");
}

void joined_assigned(struct joined *j, struct str assignment)
{
	const char *is = memmem(assignment.p, assignment.n, ":=", 2);
	size_t n = is ? (size_t)(is - assignment.p) : 0;
	if (is)
		joined_note(j, str_trim((struct str){assignment.p, n}),
			    (struct str){is + 2, assignment.n - n - 2});
}

/* The batch that the name has now; empty: none. */
static struct str joined_query(const struct joined *j, struct str name)
{
	for (size_t i = j->count; i-- > 0;)
		if (str_eq_nocase(j->of[i].name, name))
			return j->of[i].query;
	return STR("");
}

static struct str token_text(const struct lex *lex, uint32_t token)
{
	const struct lex_token *t = &lex->token[token];
	return (struct str){lex->source.p + t->from, t->to - t->from};
}

/* name, or name.field, behind "=" or "= ANY (". */
static struct str joined_at(const struct joined *j, const struct lex *lex, uint32_t i,
			    uint32_t *end)
{
	if (i < 2 || lex->token[i].kind != LEX_WORD)
		return STR("");
	bool any = str_eq(token_text(lex, i - 1), STR("(")) && lex_is(lex, i - 2, "any");
	if (!any && !str_eq(token_text(lex, i - 1), STR("=")))
		return STR("");
	bool field = i + 2 < lex->tokens && str_eq(token_text(lex, i + 1), STR("."));
	*end = lex->token[field ? i + 2 : i].to;
	return joined_query(j, token_text(lex, i));
}

/* " AND (condition)" with the fields of the variable as columns; nothing when it names none. */
static void joined_guard(struct buf *out, struct str guard, struct str name)
{
	struct lex lex;
	uint32_t at = 0;
	bool any = false;
	size_t before = out->n;
	lex_text(&lex, guard);
	buf_puts(out, " AND (");
	for (uint32_t i = 0; i + 1 < lex.tokens; i++) {
		if (!str_eq_nocase(token_text(&lex, i), name) ||
		    !str_eq(token_text(&lex, i + 1), STR(".")))
			continue;
		any = true;
		buf_add(out, guard.p + at, lex.token[i].from - at);
		at = lex.token[i + 1].to;
	}
	buf_add(out, guard.p + at, guard.n - at);
	buf_puts(out, ")");
	if (!any)
		out->n = before;
	lex_release(&lex);
}

char *joined_text(const struct joined *j, struct str write, struct str guard, struct arena *arena)
{
	struct lex lex;
	struct buf out;
	char *copy = NULL;
	uint32_t i = 0, end = 0;
	struct str query = STR("");
	if (!j->count)
		return NULL;
	lex_text(&lex, write);
	/* what is assigned is no condition */
	if (lex.tokens && (lex_is(&lex, 0, "update") || lex_is(&lex, 0, "delete")))
		while (i < lex.tokens && !lex_is(&lex, i, "where"))
			i++;
	else
		i = (uint32_t)lex.tokens;
	for (; i < lex.tokens && !query.n; i += !query.n)
		query = joined_at(j, &lex, i, &end);
	for (uint32_t r = 0; r < lex.tokens; r++)
		if (lex_is(&lex, r, "returning"))
			guard.n = 0; /* a condition cannot follow */
	if (query.n) {
		buf_init(&out, JOINED_TEXT_MAX);
		buf_add(&out, write.p, lex.token[i].from);
		buf_puts(&out, "(");
		buf_str(&out, query);
		buf_puts(&out, ")");
		buf_add(&out, write.p + end, write.n - end);
		if (guard.n)
			joined_guard(&out, guard, token_text(&lex, i));
		buf_putc(&out, '\0');
		copy = buf_failed(&out) ? NULL : arena_alloc(arena, out.n);
		if (copy)
			memcpy(copy, out.p, out.n);
		buf_release(&out);
	}
	lex_release(&lex);
	return copy;
}
