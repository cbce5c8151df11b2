/* The table of rules, and findings of them. */
#include "audit/sql/internal.h"
#include "base/lower_bound.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MANUAL                         "https://www.postgresql.org/docs/current/"
#define SQL_HELP_judge_spinning_filter MANUAL "sql-select.html#SQL-LIMIT"
#define SQL_HELP_judge_spinning_write  MANUAL "sql-select.html#SQL-LIMIT"
#define SQL_HELP_judge_limit_overrun   MANUAL "sql-select.html#SQL-FOR-UPDATE-SHARE"
#define SQL_HELP_judge_transaction                                                                 \
	MANUAL "runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT"
#define SQL_HELP_judge_live      MANUAL "monitoring-stats.html"
#define SQL_HELP_judge_unchecked MANUAL "sql-syntax.html"
#define SQL_HELP_NULL            MANUAL "indexes-expressional.html"

static const struct audit_rule rules[] = {
#define RULE(id, key, severity, title, remedy, judge)                                              \
	[SQL_##id] = {key, severity, title, remedy, SQL_HELP_##judge},
#include "audit/sql/rules.def"
#undef RULE
};

const struct audit_rule *sql_rule(size_t n)
{
	return n < SQL_RULES ? &rules[n] : NULL;
}

bool sql_wanted(const struct sql_audit *audit, enum sql_rule_id rule)
{
	return !audit->options->rule || strcmp(audit->options->rule, rules[rule].id) == 0;
}

static void place_of(struct sql_file *file, uint32_t offset, uint32_t *line, uint32_t *column)
{
	if (!file->lines.count)
		lines_read(&file->lines, file->body);
	lines_place(&file->lines, file->body, offset, line, column);
}

/* The line of the offset. */
static struct str line_at(struct str body, uint32_t offset)
{
	size_t from = offset, to = offset;
	while (from > 0 && body.p[from - 1] != '\n')
		from--;
	while (to < body.n && body.p[to] != '\n')
		to++;
	return (struct str){body.p + from, to - from};
}

static int by_start(const void *x, const void *y)
{
	const struct statement_span *a = x, *b = y;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to > b->to ? -1 : a->to < b->to; /* a routine before what is in it */
}

static bool span_begins_before(const void *span, const void *offset)
{
	return ((const struct statement_span *)span)->from < *(const uint32_t *)offset;
}

/* The first of the statements that does not begin before the offset. */
static const struct statement_span *span_behind(const struct statement_span *span, size_t count,
						uint32_t offset)
{
	size_t at = lower_bound(span, count, sizeof(*span), span_begins_before, &offset);
	return at < count ? &span[at] : NULL;
}

/* What the comments of the file suppress. A comment speaks of the statement that it stands in or
 * before: nothing but white space and other comments lies between, and of a routine its whole body.
 */
static void ignores_make(struct sql_audit *audit)
{
	struct sql_file *file = &audit->file;
	struct statement_span *span =
	    arena_array(&audit->file_arena, file->count + 1, sizeof(*span));
	size_t count = 0;
	file->ignores_known = true;
	file->ignores = 0;
	for (size_t i = 0; span && i < file->count; i++)
		if (file->statement[i].head.kind != STATEMENT_IGNORE)
			span[count++] = file->statement[i].head.span;
	if (!span || count == file->count)
		return;
	qsort(span, count, sizeof(*span), by_start);
	for (size_t i = 0; i < file->count; i++) {
		const struct statement *s = &file->statement[i];
		if (s->head.kind != STATEMENT_IGNORE || !s->head.reason.bytes)
			continue;
		const struct statement_span *next = span_behind(span, count, s->head.span.to);
		file->ignore = memory_grow(file->ignore, &file->ignore_room, file->ignores + 1,
					   sizeof(*file->ignore));
		file->ignore[file->ignores++] = (struct sql_ignore){
		    .rule = statement_str(s, s->head.text),
		    .comment = s->head.span,
		    .next = next ? *next : (struct statement_span){0},
		};
	}
}

static bool is_suppressed(struct sql_audit *audit, const struct statement *s, enum sql_rule_id rule)
{
	struct sql_file *file = &audit->file;
	struct statement_span span = s->head.span;
	if (!file->ignores_known)
		ignores_make(audit);
	for (size_t i = 0; i < file->ignores; i++) {
		const struct sql_ignore *ignore = &file->ignore[i];
		bool covers = ignore->comment.from >= span.from
				  ? ignore->comment.to <= span.to
				  : ignore->next.to && ignore->next.from <= span.from &&
					span.to <= ignore->next.to;
		if (covers && str_eq(ignore->rule, str_of(rules[rule].id)))
			return true;
	}
	return false;
}

/* Rule, object and the statement without white space, so that moved code keeps its number. */
static uint64_t rules_fingerprint(const struct sql_audit *audit, const struct statement *s,
				  const struct sql_found *found)
{
	uint64_t hash = 14695981039346656037u;
	const struct str parts[] = {str_of(rules[found->rule].id), found->object,
				    sql_text(audit, s->head.span)};
	for (size_t p = 0; p < COUNT_OF(parts); p++)
		for (size_t i = 0; i < parts[p].n; i++)
			if ((unsigned char)parts[p].p[i] > ' ')
				hash = (hash ^ (unsigned char)parts[p].p[i]) * 1099511628211u;
	return hash;
}

/* Rules that say that something was not checked. */
static bool is_unchecked(enum sql_rule_id rule)
{
	return rule == SQL_UNREADABLE || rule == SQL_UNPARSED || rule == SQL_UNPLANNED ||
	       rule == SQL_UNAPPLIED || rule == SQL_UNWATCHED;
}

void sql_found(struct sql_audit *audit, const struct statement *s, const struct sql_found *found)
{
	struct audit_finding f = {
	    .rule = &rules[found->rule],
	    .severity = found->severity,
	    .file = audit->file.path,
	    .statement = audit->file.name,
	    .headline = found->headline,
	    .about = found->about,
	    .rewrite = found->rewrite,
	    .object = found->object,
	    .evidence = found->evidence,
	    .level = found->level,
	    .alternative = found->alternative,
	    .fix = found->fix,
	    .cost_before = found->cost_before,
	    .cost_after = found->cost_after,
	    .fingerprint = rules_fingerprint(audit, s, found),
	};
	enum audit_severity severity = f.severity ? f.severity : f.rule->severity;
	if (!sql_wanted(audit, found->rule))
		return;
	if (is_unchecked(found->rule)) {
		place_of(&audit->file, found->span.from, &f.line, &f.column);
		report_unchecked(audit->report, &f);
	}
	if (is_suppressed(audit, s, found->rule)) {
		audit->summary->suppressed++;
		return;
	}
	if (severity == AUDIT_NOTE && !audit->options->notes && !audit->options->rule) {
		audit->summary->notes_hidden++;
		return;
	}
	place_of(&audit->file, found->span.from, &f.line, &f.column);
	place_of(&audit->file, found->span.to, &f.end_line, &f.end_column);
	if (found->span.to > found->span.from && found->span.to <= audit->file.body.n)
		f.excerpt = line_at(audit->file.body, found->span.from);
	report_add(audit->report, &f);
}
