/* An audit from the list of files to the sorted report. */
#include "audit/sql/internal.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES_MAX = 512 << 20, FACTS_BYTES_MAX = 1 << 30 };

static sql_judge *const judges[SQL_RULES] = {
#define RULE(id, key, severity, title, remedy, judge) [SQL_##id] = judge,
#include "audit/sql/rules.def"
#undef RULE
};

static bool is_rule(struct str id)
{
	for (size_t i = 0; i < SQL_RULES; i++)
		if (str_eq(id, str_of(sql_rule(i)->id)))
			return true;
	return false;
}

/* What each statement says by itself: counts, and what is not checked. */
static void judge_statements(struct sql_audit *audit)
{
	for (size_t i = 0; i < audit->file.count; i++) {
		const struct statement *s = &audit->file.statement[i];
		if (s->head.kind == STATEMENT_IGNORE) {
			struct str rule = statement_str(s, s->head.text);
			if (!s->head.reason.bytes || !is_rule(rule))
				sql_found(audit, s,
					  &(struct sql_found){.rule = SQL_UNREASONED,
							      .span = s->head.span,
							      .about = rule});
			continue;
		}
		if (s->head.flags & (STATEMENT_JOINED | STATEMENT_EXECUTED))
			continue;
		audit->summary->statements += s->head.kind != STATEMENT_META &&
					      s->head.kind != STATEMENT_EXPRESSION &&
					      s->head.kind != STATEMENT_DYNAMIC;
		audit->summary->dynamic += s->head.kind == STATEMENT_DYNAMIC;
		if (s->head.kind != STATEMENT_UNPARSED)
			continue;
		audit->summary->unparsed++;
		sql_found(audit, s,
			  &(struct sql_found){.rule = SQL_UNPARSED,
					      .span = s->head.span,
					      .about = statement_str(s, s->head.text)});
	}
}

void sql_judge_file(struct sql_audit *audit)
{
	if (audit->file.unreadable) {
		static const struct statement whole = {.head = {.kind = STATEMENT_OTHER}};
		sql_found(
		    audit, &whole,
		    &(struct sql_found){
			.rule = SQL_UNREADABLE,
			.about = STR(
			    "the reader ended over it: too large, too deep, too much memory, or too slow; nothing in it is checked")});
		return;
	}
	judge_statements(audit);
	for (size_t i = 0; i < SQL_RULES; i++)
		if (judges[i] && sql_wanted(audit, (enum sql_rule_id)i))
			judges[i](audit);
}

void sql_begin(struct sql_audit *audit, const struct sql_options *options,
	       struct audit_report *report, struct sql_summary *summary)
{
	*audit = (struct sql_audit){.options = options, .report = report, .summary = summary};
	*summary = (struct sql_summary){0};
	arena_init(&audit->arena, NAMES_BYTES_MAX);
	arena_init(&audit->file_arena, FACTS_BYTES_MAX);
}

void sql_end(struct sql_audit *audit)
{
	sql_file_release(&audit->file);
	arena_release(&audit->file_arena);
	arena_release(&audit->arena);
}

enum status sql_rule_known(const struct sql_options *options, struct err *err)
{
	if (!options->rule || is_rule(str_of(options->rule)))
		return OK;
	return err_set(err, INVALID, "there is no rule '%s'", options->rule);
}

enum status sql_audit(const struct sql_options *options, struct audit_report *report,
		      struct sql_summary *summary, struct err *err)
{
	struct sql_audit audit;
	struct sql_sources sources = {0};
	struct audit_reader reader;
	struct buf body;
	enum status status = sql_rule_known(options, err);
	if (status != OK)
		return status;
	sql_begin(&audit, options, report, summary);
	buf_init(&body, STATEMENT_BYTES_MAX);
	audit_reader_init(&reader, "sql", options->program_dir, options->user);
	status = sources_list(&audit, options->paths, options->count, &sources, err);
	for (size_t i = 0; i < sources.count && status == OK; i++) {
		arena_reset(&audit.file_arena);
		status = load_file(&audit, &reader, sources.item[i].path, &body, err);
		if (status != OK)
			break;
		summary->files++;
		sql_judge_file(&audit);
	}
	if (status == OK)
		report_sort(report);
	audit_reader_end(&reader);
	buf_release(&body);
	free(sources.item);
	sql_end(&audit);
	return status;
}
