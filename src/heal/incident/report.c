#include "heal/incident/report.h"
#include "base/clock.h"
#include "base/memory.h"
#include "heal/judge/judge.h"
#include "heal/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_LINES = 256, REPORT_ARENA = 8 << 20, REPORT_COPY = 256 << 10 };

/* Of a line "start". */
struct report_watcher {
	char database[OBSERVE_NAME], version[OBSERVE_NAME];
	int64_t poolers;
};

struct incident_report {
	int64_t id;
	struct arena arena;
	struct report_watcher latest, watcher; /* who has seen the incident last */
	const struct json_value *first, *finding;
	const struct json_value *line[REPORT_LINES]; /* what happened to it, the latest */
	int lines, dropped;
};

/* What else would be seen if the diagnosis were wrong, and what shows that it is over. */
static const struct {
	const char *refuted, *cured;
} report_texts[JUDGE_IDS] = {
    [JUDGE_UNREACHABLE] = {"a client that connects without trouble at the same time",
			   "the server answers"},
    [JUDGE_WRAPAROUND] = {"a lower age(datfrozenxid), or mxid_age(datminmxid), in pg_database",
			  "the age is below autovacuum_freeze_max_age again"},
    [JUDGE_SLOT_RETAINS] = {"a restart_lsn that moves",
			    "the slot keeps less with every look, or is gone"},
    [JUDGE_AUTOVACUUM_BEHIND] =
	{"a vacuum of the table that removes nothing (then somebody holds the rows)",
	 "the dead rows become fewer"},
    [JUDGE_WRITE_PRESSURE] = {"checkpoints in the log that name time as their reason",
			      "checkpoints are as far apart as checkpoint_timeout"},
    [JUDGE_SYNC_STANDBY] = {"a standby in pg_stat_replication whose flush_lsn moves",
			    "no commit waits for a standby any more"},
    [JUDGE_ARCHIVE_FAILS] = {"a last_archived_time in pg_stat_archiver after last_failed_time",
			     "a file has been archived after the last failure"},
    [JUDGE_LOCK_CHAIN] = {"waiters that go on although the root still holds its lock",
			  "nobody waits for this lock any more"},
    [JUDGE_TRANSACTION_OVER_IO] =
	{"the application's trace shows no call to another service between the statements",
	 "its sessions are not idle in transactions any more"},
    [JUDGE_ABANDONED] = {"a statement of the same session within the transaction",
			 "the session is gone or has ended its transaction"},
    [JUDGE_PINNED_XMIN] = {"vacuum removes the rows while the holder is still there",
			   "the dead rows become fewer"},
    [JUDGE_STALE_STATISTICS] = {"as many blocks a call after ANALYZE",
				"the statement reads as few blocks a call as before"},
    [JUDGE_PLAN_CHANGE] = {"the same plan in EXPLAIN here and on a good copy",
			   "the statement reads as few blocks a call as before"},
    [JUDGE_SPINNING_UPDATE] = {"rows that the statement changes",
			       "it changes rows, or is not called"},
    [JUDGE_HERD] = {"waves while the application is stopped; different results for the same text",
		    "no wave has come for three periods"},
    [JUDGE_HERD_NO_PERIOD] = {"different results for the same text",
			      "the text runs in one session at a time"},
    [JUDGE_CONNECTIONS] = {"the same number of connections tomorrow at this hour",
			   "connections become fewer"},
    [JUDGE_RUNAWAY] = {"somebody waits for its result", "the statement has ended"},
};

struct incident_report *incident_report_new(int64_t incident)
{
	struct incident_report *r = memory_alloc(sizeof(*r));
	r->id = incident;
	arena_init(&r->arena, REPORT_ARENA);
	return r;
}

void incident_report_free(struct incident_report *r)
{
	if (!r)
		return;
	arena_release(&r->arena);
	free(r);
}

static struct str report_text(const struct json_value *v, const char *name)
{
	struct str s = json_text(json_get(v, name));
	return s.p ? s : STR("");
}

static int64_t report_number(const struct json_value *v, const char *name)
{
	int64_t n;
	return json_i64(json_get(v, name), &n) ? n : 0;
}

static bool report_is(const struct json_value *line, const char *kind)
{
	return str_eq(report_text(line, "kind"), str_of(kind));
}

/* A copy in the report's arena; NULL when it is full. */
static const struct json_value *report_copy(struct incident_report *r,
					    const struct json_value *line)
{
	struct json_writer w;
	struct json_value *copy = NULL;
	struct buf text;
	struct err err;
	buf_init(&text, REPORT_COPY);
	json_writer_init(&w, &text);
	json_put_tree(&w, line);
	if (buf_failed(&text) || json_parse(&r->arena, buf_view(&text), &copy, &err) != OK)
		copy = NULL;
	buf_release(&text);
	return copy;
}

void incident_report_take(struct incident_report *r, const struct json_value *line)
{
	if (report_is(line, "start")) {
		OBSERVE_SET(r->latest.database, report_text(line, "database"));
		OBSERVE_SET(r->latest.version, report_text(line, "version"));
		r->latest.poolers = report_number(line, "poolers");
	}
	if (report_number(line, "incident") != r->id || !r->id)
		return;
	const struct json_value *copy = report_copy(r, line);
	if (!copy) {
		r->dropped++;
		return;
	}
	if (report_is(line, "finding")) {
		r->finding = copy;
		r->watcher = r->latest;
		if (!r->first)
			r->first = copy;
		if (str_eq(report_text(line, "what"), STR("grew")))
			return;
	}
	if (r->lines == REPORT_LINES) {
		memmove(r->line, r->line + 1, sizeof(r->line) - sizeof(r->line[0]));
		r->lines--;
		r->dropped++;
	}
	r->line[r->lines++] = copy;
}

static enum status report_missing(const struct incident_report *r, struct err *err)
{
	return err_set(err, NOT_FOUND, "the ledger has no incident %lld", (long long)r->id);
}

/* ---- Markdown ---- */

/* 2026-01-31T12:00:00.123Z as "2026-01-31 12:00:00" */
static void report_put_time(struct buf *out, struct str at)
{
	if (at.n >= 19)
		buf_printf(out, "%.10s %.8s", at.p, at.p + 11);
}

/* A text of a table: no bar ends the cell. */
static void report_put_cell(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '|')
			buf_putc(out, '\\');
		buf_putc(out, text.p[i]);
	}
}

static void report_put_waves(struct buf *out, const struct json_value *f)
{
	const struct json_value *waves = json_get(f, "wave");
	if (!waves || !waves->count)
		return;
	buf_puts(
	    out,
	    "\n| wave, UTC | sessions | calls seen | busy, s | of it repeats, s |\n|---|---|---|---|---|\n");
	for (const struct json_value *v = waves->first; v; v = v->next) {
		char at[32];
		int64_t start = report_number(v, "start");
		clock_format(start, at);
		buf_printf(out, "| %.10s %.10s | %lld | %lld | %.*s | %.*s |\n", at, at + 11,
			   (long long)report_number(v, "k"), (long long)report_number(v, "calls"),
			   STR_ARG(report_text(v, "busy_s")), STR_ARG(report_text(v, "repeats_s")));
	}
}

static void report_put_statements(struct buf *out, const struct json_value *f)
{
	const struct json_value *statements = json_get(f, "statements");
	if (!statements || !statements->count)
		return;
	bool herd = json_get(f, "k") != NULL;
	buf_puts(
	    out,
	    herd
		? "\n| k | ms alone | repeats a wave, s | route | statement |\n|---|---|---|---|---|\n"
		: "\n| ms a call | route | statement |\n|---|---|---|\n");
	for (const struct json_value *s = statements->first; s; s = s->next) {
		buf_puts(out, "| ");
		if (herd)
			buf_printf(out, "%lld | ", (long long)report_number(s, "k"));
		buf_printf(out, "%.*s | ", STR_ARG(report_text(s, "alone_ms")));
		if (herd)
			buf_printf(out, "%.*s | ", STR_ARG(report_text(s, "repeats_s")));
		report_put_cell(out, report_text(s, "route"));
		buf_puts(out, " | `");
		report_put_cell(out, report_text(s, "text"));
		buf_puts(out, "` |\n");
	}
}

static void report_put_callers(struct buf *out, const struct json_value *f)
{
	const struct json_value *callers = json_get(f, "callers");
	if (!callers || !callers->count)
		return;
	buf_puts(out, "\n## Who\n\n");
	for (const struct json_value *c = callers->first; c; c = c->next)
		buf_printf(out, "- %.*s\n", STR_ARG(json_text(c)));
}

void incident_report_line(struct buf *out, const struct json_value *line)
{
	struct buf text;
	buf_init(&text, 4096);
	if (report_is(line, "finding")) {
		buf_printf(&text, "%.*s: %.*s", STR_ARG(report_text(line, "what")),
			   STR_ARG(report_text(json_get(line, "finding"), "cause")));
	} else if (report_is(line, "breaker")) {
		buf_printf(&text, "%.*s -> %.*s: %.*s", STR_ARG(report_text(line, "from")),
			   STR_ARG(report_text(line, "to")), STR_ARG(report_text(line, "why")));
	} else if (report_is(line, "intent")) {
		buf_printf(&text, "%.*s process %lld (%.*s)", STR_ARG(report_text(line, "act")),
			   (long long)report_number(line, "pid"),
			   STR_ARG(report_text(line, "who")));
	} else if (report_is(line, "done")) {
		buf_printf(&text, "what came of it: %.*s", STR_ARG(report_text(line, "seen")));
	} else if (report_is(line, "outcome")) {
		buf_printf(&text, "%lld min later: load %.*s, %lld wait%s",
			   (long long)report_number(line, "minutes"),
			   STR_ARG(report_text(line, "load")),
			   (long long)report_number(line, "waiters"),
			   report_number(line, "there") ? ", it is still there" : "");
	} else if (report_is(line, "notify")) {
		buf_printf(&text, "notification (%.*s): exit %lld",
			   STR_ARG(report_text(line, "what")),
			   (long long)report_number(line, "exit"));
	} else if (report_is(line, "ack")) {
		char until[32];
		clock_format(report_number(line, "until"), until);
		buf_printf(&text, "acknowledged until %.10s %.8s", until, until + 11);
	} else if (report_is(line, "start")) {
		buf_printf(&text, "watching %.*s, PostgreSQL %.*s%s",
			   STR_ARG(report_text(line, "database")),
			   STR_ARG(report_text(line, "version")),
			   report_number(line, "acts") ? ", acting" : "");
	} else if (report_is(line, "gap")) {
		buf_printf(&text, "not watched: %.*s", STR_ARG(report_text(line, "why")));
	} else if (report_is(line, "trimmed")) {
		buf_printf(&text, "%lld older lines were dropped so far (heal.keep)",
			   (long long)report_number(line, "lines"));
	} else if (report_is(line, "repaired")) {
		buf_printf(&text, "%lld bytes of an unfinished line were cut",
			   (long long)report_number(line, "bytes"));
	}
	if (text.n) {
		int64_t incident = report_number(line, "incident");
		report_put_time(out, report_text(line, "at"));
		if (incident)
			buf_printf(out, "  %4lld", (long long)incident);
		else
			buf_puts(out, "     -");
		buf_puts(out, "  ");
		buf_str(out, buf_view(&text));
		buf_putc(out, '\n');
	}
	buf_release(&text);
}

static void report_put_past(struct buf *out, const struct incident_report *r)
{
	int acts = 0;
	for (int i = 0; i < r->lines; i++)
		acts += report_is(r->line[i], "intent");
	buf_puts(out, "\n## What was done\n\n");
	if (!acts)
		buf_puts(out, "Nothing was cancelled or terminated.\n\n");
	buf_puts(out, "```\n");
	for (int i = 0; i < r->lines; i++)
		incident_report_line(out, r->line[i]);
	buf_puts(out, "```\n");
	if (r->dropped)
		buf_printf(out, "%d earlier lines are in the ledger.\n", r->dropped);
}

static enum judge_id report_id(const struct json_value *f)
{
	for (int i = 0; i < JUDGE_IDS; i++) {
		if (str_eq(report_text(f, "diagnosis"), str_of(judge_name((enum judge_id)i))))
			return (enum judge_id)i;
	}
	return JUDGE_IDS; /* of a later version */
}

/* Diagnoses of a higher rank would have been named first. */
static void report_put_considered(struct buf *out, enum judge_id id)
{
	if (id == 0 || id == JUDGE_IDS)
		return;
	buf_puts(
	    out,
	    "\n## What else was considered\n\nThese would have been named first, and their evidence was not there: ");
	for (int i = 0; i < (int)id; i++)
		/* These have the names of JUDGE_STALE_STATISTICS and JUDGE_ABANDONED. */
		if (i != JUDGE_UNANALYSED && i != JUDGE_PREPARED)
			buf_printf(out, "%s%s", i ? ", " : "", judge_name((enum judge_id)i));
	buf_puts(out, ".\n");
}

static const char *report_state(const struct incident_report *r)
{
	const char *state = "SUSPECT";
	for (int i = 0; i < r->lines; i++) {
		if (report_is(r->line[i], "breaker"))
			state = report_text(r->line[i], "to").p;
	}
	return state;
}

/* Whether there is a pooler cannot be told from the server: only its console tells. */
static void report_put_unseen(struct buf *out, const struct incident_report *r)
{
	buf_puts(out, "\n## What could not be seen\n\nCPU and disk of the server");
	if (!r->watcher.poolers)
		buf_puts(
		    out,
		    "; clients behind a pooler, if there is one (--bouncer or heal.bouncer names its console)");
	buf_puts(out, ".\n");
}

enum status incident_report_markdown(const struct incident_report *r, struct buf *out,
				     struct err *err)
{
	const struct json_value *f = json_get(r->finding, "finding");
	if (!r->first || !f)
		return report_missing(r, err);
	enum judge_id id = report_id(f);
	buf_printf(out, "# Incident %lld: %.*s\n\n", (long long)r->id,
		   STR_ARG(report_text(f, "title")));
	buf_printf(out, "Database %s, PostgreSQL %s. First seen ", r->watcher.database,
		   r->watcher.version);
	report_put_time(out, report_text(r->first, "at"));
	buf_puts(out, ", last evidence ");
	report_put_time(out, report_text(r->finding, "at"));
	buf_printf(out, ". State %s. Times are UTC.\n\n", report_state(r));
	buf_printf(out, "**What to do.** %.*s\n%.*s\n\n", STR_ARG(report_text(f, "do")),
		   STR_ARG(report_text(f, "until")));
	buf_printf(out, "**How sure.** %.*s.", STR_ARG(report_text(f, "sure")));
	if (id < JUDGE_IDS && report_texts[id].refuted)
		buf_printf(out, " Would be refuted by: %s.", report_texts[id].refuted);
	buf_printf(out, "\n\n## What happens\n\n%.*s\n\n## Evidence\n",
		   STR_ARG(report_text(f, "cause")));
	report_put_waves(out, f);
	report_put_statements(out, f);
	if (!json_get(f, "wave") && !json_get(f, "statements"))
		buf_printf(out, "\n%.*s\n", STR_ARG(report_text(f, "sure")));
	report_put_callers(out, f);
	report_put_past(out, r);
	report_put_considered(out, id);
	buf_printf(
	    out,
	    "\n## Cured when\n\nIt is cured when %s. The ledger then says CURED by itself, and CLOSED later.\n",
	    id < JUDGE_IDS && report_texts[id].cured ? report_texts[id].cured
						     : "it is not found any more");
	if (report_text(f, "recipe").n)
		buf_printf(out, "\n## How to build it\n\n%.*s\n",
			   STR_ARG(report_text(f, "recipe")));
	report_put_unseen(out, r);
	return OK;
}

/* ---- JSON ---- */

enum status incident_report_json(const struct incident_report *r, struct buf *out, struct err *err)
{
	struct json_writer w;
	const struct json_value *f = json_get(r->finding, "finding");
	if (!r->first || !f)
		return report_missing(r, err);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_i64(&w, "incident", r->id);
	json_member_z(&w, "state", report_state(r));
	json_member_z(&w, "database", r->watcher.database);
	json_member_z(&w, "version", r->watcher.version);
	json_member_i64(&w, "poolers", r->watcher.poolers);
	json_member_str(&w, "first", report_text(r->first, "at"));
	json_member_str(&w, "last", report_text(r->finding, "at"));
	json_key(&w, "finding");
	json_put_tree(&w, f);
	json_key(&w, "lines");
	json_array_begin(&w);
	for (int i = 0; i < r->lines; i++)
		json_put_tree(&w, r->line[i]);
	json_array_end(&w);
	json_object_end(&w);
	buf_putc(out, '\n');
	return OK;
}

/* ---- from a file ---- */

static void report_take_line(void *ctx, const struct json_value *line)
{
	incident_report_take(ctx, line);
}

enum status incident_report_read(const char *ledger, int64_t incident, bool json, struct buf *out,
				 struct err *err)
{
	struct ledger *l;
	struct incident_report *r = incident_report_new(incident);
	enum status status = ledger_open_read(&l, ledger, report_take_line, r, err);
	ledger_close(l);
	if (status == OK)
		status = json ? incident_report_json(r, out, err)
			      : incident_report_markdown(r, out, err);
	incident_report_free(r);
	return status;
}
