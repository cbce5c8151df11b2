/* The table of rules, and findings of them. */
#include "audit/sql/internal.h"

#include <string.h>

static const struct audit_rule rules[] = {
#define RULE(id, key, severity, title, remedy, judge) [SQL_##id] = {key, severity, title, remedy},
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

static void place_of(const struct sql_file *file, uint32_t offset, uint32_t *line, uint32_t *column)
{
	uint32_t start = 0;
	*line = *column = 1;
	for (uint32_t i = 0; i < offset && i < file->body.n; i++)
		if (file->body.p[i] == '\n') {
			++*line;
			start = i + 1;
		}
	for (uint32_t i = start; i < offset && i < file->body.n; i++)
		*column += ((unsigned char)file->body.p[i] & 0xc0) != 0x80;
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

/* A comment speaks of the statement that it stands in or before: nothing but white space and other
 * comments lies between, and of a routine its whole body. */
static bool comment_covers(const struct sql_audit *audit, struct statement_span comment,
			   struct statement_span statement)
{
	if (comment.from >= statement.from)
		return comment.to <= statement.to;
	const struct statement *next = NULL;
	for (size_t i = 0; i < audit->file.count; i++) {
		const struct statement *s = &audit->file.statement[i];
		if (s->head.kind != STATEMENT_IGNORE && s->head.span.from >= comment.to &&
		    (!next || s->head.span.from < next->head.span.from))
			next = s;
	}
	return next && next->head.span.from <= statement.from && statement.to <= next->head.span.to;
}

static bool is_suppressed(const struct sql_audit *audit, const struct statement *s,
			  enum sql_rule_id rule)
{
	for (size_t i = 0; i < audit->file.count; i++) {
		const struct statement *comment = &audit->file.statement[i];
		if (comment->head.kind == STATEMENT_IGNORE && comment->head.reason.bytes &&
		    str_eq(statement_str(comment, comment->head.text), str_of(rules[rule].id)) &&
		    comment_covers(audit, comment->head.span, s->head.span))
			return true;
	}
	return false;
}

/* Rule, object and the statement without white space, so that moved code keeps its number. */
static uint64_t fingerprint_of(const struct sql_audit *audit, const struct statement *s,
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

void sql_found(struct sql_audit *audit, const struct statement *s, const struct sql_found *found)
{
	struct audit_finding f = {
	    .rule = &rules[found->rule],
	    .severity = found->severity,
	    .file = audit->file.path,
	    .statement = audit->file.name,
	    .about = found->about,
	    .rewrite = found->rewrite,
	    .object = found->object,
	    .evidence = found->evidence,
	    .level = found->level,
	    .alternative = found->alternative,
	    .fix = found->fix,
	    .cost_before = found->cost_before,
	    .cost_after = found->cost_after,
	    .fingerprint = fingerprint_of(audit, s, found),
	};
	enum audit_severity severity = f.severity ? f.severity : f.rule->severity;
	if (!sql_wanted(audit, found->rule))
		return;
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
