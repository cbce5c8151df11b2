/* A run over statements before one server: the rules that need no planner, then the planner. */
#include "audit/sql/identity.h"
#include "base/clock.h"

enum { STATEMENT_ARENA_MAX = 512 << 20 };

bool run_over(const struct planner_run *d)
{
	return clock_ms() >= d->ends_ms || (d->interrupted && *d->interrupted);
}

/* The statements of the loaded file. UNAVAILABLE: the run ends. */
enum status run_file(struct planner_run *d, const char *search_path)
{
	struct sql_audit *audit = &d->audit;
	struct identity *id = &d->identity;
	sql_judge_file(audit);
	for (size_t i = 0; i < audit->file.count && !audit->file.unreadable; i++) {
		const struct statement *s = &audit->file.statement[i];
		if (s->head.flags & (STATEMENT_JOINED | STATEMENT_EXECUTED))
			continue;
		if (run_over(d)) {
			audit->summary->unreached++;
			continue;
		}
		arena_reset(&d->arena);
		*id = (struct identity){
		    .audit = audit,
		    .catalog = &d->catalog,
		    .probe = d->probe,
		    .session = {d->options->role, search_path},
		    .arena = &d->arena,
		    .min_rows = (double)d->options->min_rows,
		    .scratch = d->scratch,
		};
		struct str why = identity_statement(id, s);
		if (id->status == UNAVAILABLE) {
			*d->err = id->err;
			return UNAVAILABLE;
		}
		identity_limit_rest(id);
		audit->summary->small += id->small;
		if (!why.n)
			continue;
		audit->summary->unplanned++;
		if (str_eq(audit->file.path, STR("pg_stat_statements")) &&
		    str_ends(why, STR("(42601)")))
			why = STR(
			    "pg_stat_statements shows a parameter where SQL must have a word, as in EXTRACT($1 FROM ...) or interval $1: give it with its constants (--statements FILE)");
		sql_found(
		    audit, s,
		    &(struct sql_found){.rule = SQL_UNPLANNED, .span = s->head.span, .about = why});
	}
	return OK;
}

void run_begin(struct planner_run *d, const struct sql_options *options,
	       struct audit_report *report, struct sql_summary *summary)
{
	sql_begin(&d->audit, options, report, summary);
	d->audit.planned = true;
	arena_init(&d->arena, STATEMENT_ARENA_MAX);
	audit_reader_init(&d->reader, "sql", options->program_dir, options->user);
	catalog_init(&d->catalog, d->probe, &d->reader);
	d->ends_ms = clock_ms() + d->options->budget_ms;
	probe_limit(d->probe, d->options->plan_ms, d->options->compare_ms);
}

void run_end(struct planner_run *d)
{
	const struct probe_counts counts = probe_counts(d->probe);
	d->audit.summary->explains = counts.plans;
	d->audit.summary->compares = counts.compares;
	d->audit.summary->explains_ended = counts.plans_ended;
	d->audit.summary->compares_ended = counts.compares_ended;
	d->audit.summary->small_tables = d->catalog.small;
	report_sort(d->audit.report);
	catalog_release(&d->catalog);
	audit_reader_end(&d->reader);
	arena_release(&d->arena);
	sql_end(&d->audit);
}
