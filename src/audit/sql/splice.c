/* The remedy as text: the source of the inner SELECT with the condition written into it. Nothing is
 * deparsed. */
#include "audit/sql/internal.h"
#include "base/ascii.h"

#include <string.h>

/* E'...': the offset behind it; at: of its quote. */
static size_t splice_escaped(struct str text, size_t at)
{
	for (at++; at < text.n && text.p[at] != '\''; at++)
		at += text.p[at] == '\\';
	return at < text.n ? at + 1 : text.n;
}

/* Behind the quoted or dollar-quoted text that begins at the offset; the offset itself: none
 * does. */
static size_t splice_quoted(struct str text, size_t at)
{
	const char *from = text.p + at, *end = NULL;
	size_t rest = text.n - at;
	bool escapes = *from == '\'' && at && (from[-1] == 'e' || from[-1] == 'E') &&
		       (at < 2 || !ascii_is_alnum(from[-2]));
	if (escapes)
		return splice_escaped(text, at);
	if (*from == '\'' || *from == '"') {
		end = memchr(from + 1, *from, rest - 1);
		return end ? (size_t)(end - text.p) + 1 : text.n;
	}
	if (*from != '$')
		return at;
	size_t tag = 1;
	while (tag < rest && (ascii_is_alnum(from[tag]) || from[tag] == '_'))
		tag++;
	/* $1 is a parameter */
	if (tag == rest || from[tag] != '$' || ascii_is_digit(from[1]))
		return at;
	end = memmem(from + tag + 1, rest - tag - 1, from, tag + 1);
	return end ? (size_t)(end - text.p) + tag + 1 : text.n;
}

static size_t splice_comment(struct str text, size_t at)
{
	struct str rest = {text.p + at, text.n - at};
	const char *end = NULL;
	if (str_starts(rest, STR("--")))
		end = memchr(rest.p, '\n', rest.n);
	else if (str_starts(rest, STR("/*")))
		end = memmem(rest.p + 2, rest.n - 2, "*/", 2);
	else
		return at;
	return end ? (size_t)(end - text.p) + (*end == '\n' ? 1 : 2) : text.n;
}

/* Source text on one line: comments are left out, literals stay as they are. */
static void splice_line(struct buf *out, struct str text)
{
	bool blank = false;
	for (size_t i = 0; i < text.n;) {
		size_t quoted = splice_quoted(text, i), comment = splice_comment(text, i);
		bool space = comment > i || ascii_is_space(text.p[i]);
		if (quoted > i)
			buf_str(out, (struct str){text.p + i, quoted - i});
		else if (!space)
			buf_putc(out, text.p[i]);
		else if (!blank)
			buf_putc(out, ' ');
		blank = space;
		i = quoted > i ? quoted : comment > i ? comment : i + 1;
	}
}

/* The condition as it is written inside: names of the outer query become those of the inner one. */
static void splice_condition(struct buf *out, struct sql_audit *audit, const struct batch *b,
			     const struct statement_conjunct *c)
{
	uint32_t at = c->span.from;
	const struct statement_term *root = &b->s->term[c->term];
	for (uint32_t i = 0; i < root->size; i++) {
		const struct statement_term *t = root + i;
		struct str qualifier = statement_str(b->s, t->qualifier);
		if (t->kind != STATEMENT_COLUMN || !qualifier.n || !t->span.to ||
		    t->span.from < at || t->span.to > c->span.to ||
		    scope_has(&b->inner, qualifier) || !scope_has(&b->outer, qualifier))
			continue;
		struct str source = sql_text(audit, t->span);
		const char *dot = memrchr(source.p, '.', source.n);
		if (!dot)
			continue;
		splice_line(out, sql_text(audit, (struct statement_span){at, t->span.from}));
		at = t->span.from + (uint32_t)(dot - source.p);
		if (b->inner.aliases)
			edit_name(out, b->inner.alias[0]);
		at += b->inner.aliases == 0;
	}
	splice_line(out, sql_text(audit, (struct statement_span){at, c->span.to}));
}

struct str splice_batch(struct sql_audit *audit, const struct batch *b,
			const struct statement_conjunct *filter)
{
	const struct statement_query *q = &b->s->query[batch_limited(b)];
	struct str result = STR("");
	struct buf out;
	if (b->s->head.flags & STATEMENT_INEXACT || !q->span.to || !q->clauses ||
	    (filter && !filter->span.to) || q->clauses < q->span.from || q->clauses > q->span.to)
		return result;
	buf_init(&out, 64 * 1024);
	bool one = q->flags & STATEMENT_LIMIT_ONE;
	if (b->key.n)
		edit_name(&out, b->key);
	else
		buf_puts(&out, "…");
	buf_puts(&out, one ? " = (" : " = ANY (ARRAY(");
	splice_line(&out, sql_text(audit, (struct statement_span){q->span.from, q->clauses}));
	if (filter) {
		/* an OR inside binds weaker than the AND that is added */
		bool either = b->s->term[filter->term].kind == STATEMENT_OR &&
			      sql_text(audit, filter->span).p[0] != '(';
		buf_puts(&out, q->where.to ? " AND " : " WHERE ");
		buf_puts(&out, either ? "(" : "");
		splice_condition(&out, audit, b, filter);
		buf_puts(&out, either ? ")" : "");
	}
	splice_line(&out, sql_text(audit, (struct statement_span){q->clauses, q->span.to}));
	if (!(q->flags & (STATEMENT_LOCK | STATEMENT_GROUPED)))
		buf_puts(&out, " FOR UPDATE SKIP LOCKED");
	buf_puts(&out, one ? ")" : "))");
	if (!buf_failed(&out))
		result = arena_str(&audit->file_arena, buf_view(&out));
	buf_release(&out);
	return result.p ? result : STR("");
}
