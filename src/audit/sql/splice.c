/* The remedy as text: the source of the inner SELECT with the condition written into it. Nothing is
 * deparsed. */
#include "audit/sql/internal.h"
#include "base/ascii.h"

#include <string.h>

/* Source text on one line. */
static void splice_line(struct buf *out, struct str text)
{
	bool blank = false;
	for (size_t i = 0; i < text.n; i++) {
		bool space = ascii_is_space(text.p[i]);
		if (!space)
			buf_putc(out, text.p[i]);
		else if (!blank)
			buf_putc(out, ' ');
		blank = space;
	}
}

/* The condition as it reads inside: the names outside become those inside. */
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
		buf_str(out, b->inner.aliases ? b->inner.alias[0] : STR(""));
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
	if (!q->span.to || !q->clauses || (filter && !filter->span.to) ||
	    q->clauses < q->span.from || q->clauses > q->span.to)
		return result;
	buf_init(&out, 64 * 1024);
	bool one = q->flags & STATEMENT_LIMIT_ONE;
	if (b->key.n)
		buf_str(&out, b->key);
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
