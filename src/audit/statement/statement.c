/* One file. */
#include "audit/statement/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ROUTINE_BYTES_MAX = 128 << 20 };

static void script_ignores(struct script *r, const struct lex *lex)
{
	const struct script_place at = {0};
	for (size_t i = 0; i < lex->ignores; i++) {
		const struct lex_ignore *ignore = &lex->ignore[i];
		struct build *b = &r->build;
		build_reset(b);
		b->s.head.kind = STATEMENT_IGNORE;
		b->s.head.text = build_text(b, ignore->rule);
		b->s.head.reason = build_text(b, ignore->reason);
		script_found(r, (struct statement_span){ignore->from, ignore->to}, &at);
	}
}

void statement_read(struct str file, statement_found *found, void *ctx)
{
	struct script r = {.file = file, .found = found, .ctx = ctx};
	const struct script_place at = {0};
	struct lex lex;
	build_init(&r.build);
	arena_init(&r.arena, ROUTINE_BYTES_MAX);
	lines_read(&r.lines, file);
	if (file.n && memchr(file.p, 0, file.n)) {
		script_says(&r, STATEMENT_UNPARSED, (struct statement_span){0, 0}, &at,
			    STR("the file contains NUL bytes"));
	} else {
		lex_text(&lex, file);
		script_ignores(&r, &lex);
		routine_pieces(&r, &lex, 0, NULL, &at);
		lex_release(&lex);
	}
	lines_release(&r.lines);
	build_release(&r.build);
	arena_release(&r.arena);
}
