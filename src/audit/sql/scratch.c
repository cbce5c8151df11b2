/* Files before a planner: a throw-away cluster gets their schema. The schema is foreign: it runs as
 * a role that is no superuser, and the server as an unprivileged system user. A statement of it
 * that fails is told, and the rest goes on: dumps name roles and extensions that are not there. */
#include "audit/sql/identity.h"
#include "base/ascii.h"
#include "base/io.h"
#include "db/cluster/cluster.h"
#include "sql/audit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct scratch {
	char dir[PATH_MAX];
	struct instance instance;
	pid_t server; /* 0: none runs */
	struct planner_run database;
};

/* The signal that ends the run; 0: none. The folder and the server are removed first. */
static volatile sig_atomic_t scratch_interrupted;

static void scratch_interrupt(int signal)
{
	scratch_interrupted = signal;
}

static void scratch_signals(void (*handler)(int))
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* ---- the cluster ---- */

static enum status scratch_write(const struct scratch *s, const char *name, struct str text,
				 struct err *err)
{
	char path[PATH_MAX];
	enum status status = io_path(path, sizeof(path), err, "%s/%s", s->dir, name);
	return status == OK ? io_write_file(path, text, 0600, err) : status;
}

static enum status scratch_folder(struct scratch *s, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char conf[PATH_MAX];
	enum status status = io_path(s->dir, sizeof(s->dir), err, "%s/holdfast-audit-XXXXXX",
				     tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (status != OK)
		return status;
	if (!mkdtemp(s->dir)) {
		status = err_errno(err, FAILED, "%s", s->dir);
		s->dir[0] = '\0';
		return status;
	}
	/* the server's user must pass */
	if (chmod(s->dir, 0711) != 0)
		return err_errno(err, FAILED, "%s", s->dir);
	status = io_path(conf, sizeof(conf), err, "%s/conf.d", s->dir);
	if (status == OK && mkdir(conf, 0700) != 0)
		status = err_errno(err, FAILED, "%s", conf);
	if (status == OK)
		status = scratch_write(s, "conf.d/postgresql.conf",
				       STR("fsync = off\nfull_page_writes = off\n"
					   "synchronous_commit = off\nautovacuum = off\n"
					   "shared_buffers = 64MB\nrandom_page_cost = 4\n"
					   "statement_timeout = 60s\n"),
				       err);
	return status;
}

static enum status scratch_owner(struct scratch *s, struct err *err)
{
	struct buf conninfo;
	struct db *db = NULL;
	buf_init(&conninfo, 4096);
	enum status status = instance_conninfo(&s->instance, ROLE_SUPERUSER, &conninfo, err);
	buf_puts(&conninfo, " dbname=postgres");
	if (status == OK)
		status = db_open(&db, buf_z(&conninfo), "holdfast audit", err);
	if (status == OK)
		status = db_run(db, &sql_audit_scratch_role, NULL, 0, NULL, err);
	if (status == OK)
		status = db_run(db, &sql_audit_scratch_database, NULL, 0, NULL, err);
	db_close(db);
	buf_release(&conninfo);
	return status;
}

static enum status scratch_open(struct scratch *s, struct err *err)
{
	struct buf conninfo;
	enum status status = scratch_folder(s, err);
	if (status == OK)
		status = instance_paths(&s->instance, s->dir, err);
	if (status == OK)
		status = cluster_create(&s->instance, err);
	if (status == OK && (status = cluster_start(&s->instance, &s->server, err)) != OK)
		s->server = 0; /* it has ended */
	if (status == OK)
		status = scratch_owner(s, err);
	if (status != OK)
		return status;
	buf_init(&conninfo, 4096);
	status = instance_conninfo(&s->instance, ROLE_OWNER, &conninfo, err);
	if (status == OK)
		status = probe_open_scratch(&s->database.probe, buf_z(&conninfo), err);
	buf_release(&conninfo);
	return status;
}

static void scratch_close(struct scratch *s)
{
	const char *const argv[] = {"rm", "-rf", "--", s->dir, NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	/* a session of its own: a second Ctrl-C does not reach it */
	const struct spawn rm = {.path = "/bin/rm",
				 .argv = argv,
				 .env = env,
				 .session = true,
				 .in = -1,
				 .out = -1,
				 .err = -1};
	struct err err;
	pid_t pid;
	probe_close(s->database.probe);
	if (s->server && cluster_stop(&s->instance, s->server, &err) != OK)
		fprintf(stderr, "holdfast audit: %s\n", err.text);
	/* Ctrl-C reaches initdb as well, and it ends before the server that it runs: that one
	 * is our child then, and what it writes must not come behind the removal */
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (s->dir[0] && (spawn_start(&rm, &pid, &err) != OK || spawn_wait(pid, "rm", &err) != OK))
		fprintf(stderr, "holdfast audit: %s stays behind: %s\n", s->dir, err.text);
	instance_release(&s->instance);
}

/* ---- the schema ---- */

/* Statements that make no schema, or that belong to psql and pg_dump. */
static bool scratch_skips(const struct sql_audit *audit, const struct statement *s)
{
	struct str text = sql_text(audit, s->head.span);
	switch (s->head.kind) {
	case STATEMENT_META:
	case STATEMENT_IGNORE:
	case STATEMENT_UNPARSED:
	case STATEMENT_BEGIN:
	case STATEMENT_COMMIT:
	case STATEMENT_ROLLBACK:
	case STATEMENT_COPY_PROGRAM:
	case STATEMENT_EXPRESSION:
	case STATEMENT_DYNAMIC:
		return true;
	default:
		return (s->head.routine && s->head.kind != STATEMENT_ROUTINE) || !text.n ||
		       (text.n > 4 && str_eq_nocase((struct str){text.p, 4}, STR("copy")));
	}
}

/* Where the part of a migration begins that takes it back: goose, dbmate, Liquibase. */
static uint32_t scratch_down(struct str body)
{
	static const char *const marks[] = {"-- +goose Down", "-- migrate:down", "--rollback",
					    "-- rollback",    "--//@UNDO",       "-- //@UNDO"};
	size_t down = body.n;
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		const char *found = memmem(body.p, body.n, marks[i], strlen(marks[i]));
		size_t at = found ? (size_t)(found - body.p) : body.n;
		bool begins = at == 0 || (found && found[-1] == '\n');
		down = begins && at < down ? at : down;
	}
	return (uint32_t)down;
}

/* A file of its own that takes a migration back: 1_name.down.sql, U1__name.sql. */
static bool is_undo(struct str path)
{
	const char *slash = memrchr(path.p, '/', path.n);
	const char *name = slash ? slash + 1 : path.p;
	struct str file = {name, path.n - (size_t)(name - path.p)};
	return str_ends(path, STR(".down.sql")) || str_ends(path, STR(".undo.sql")) ||
	       (file.n > 1 && file.p[0] == 'U' && ascii_is_digit(file.p[1]) &&
		memmem(file.p, file.n, "__", 2));
}

/* \\i and \\ir of psql: what they name is not read. */
static bool includes(const struct sql_audit *audit, const struct statement *s)
{
	struct str text = sql_text(audit, s->head.span);
	return s->head.kind == STATEMENT_META &&
	       (str_starts(text, STR("\\i ")) || str_starts(text, STR("\\ir ")) ||
		str_starts(text, STR("\\include")));
}

static void scratch_unapplied(struct sql_audit *audit, const struct statement *s, struct str why)
{
	audit->summary->unapplied++;
	sql_found(audit, s,
		  &(struct sql_found){.rule = SQL_UNAPPLIED, .span = s->head.span, .about = why});
}

static enum status scratch_apply(struct scratch *s, struct str path, struct buf *body,
				 struct err *err)
{
	struct planner_run *d = &s->database;
	struct sql_audit *audit = &d->audit;
	arena_reset(&audit->file_arena);
	if (is_undo(path))
		return OK;
	enum status status = load_file(audit, &d->reader, path, body, err);
	uint32_t down = status == OK ? scratch_down(audit->file.body) : 0;
	for (size_t i = 0; status == OK && i < audit->file.count && !scratch_interrupted; i++) {
		const struct statement *one = &audit->file.statement[i];
		struct err why;
		if (one->head.span.from >= down)
			continue;
		if (includes(audit, one))
			scratch_unapplied(audit, one,
					  STR("the file is not followed: give it as well"));
		if (scratch_skips(audit, one))
			continue;
		status = probe_apply(d->probe, sql_text(audit, one->head.span), &why);
		if (status == UNAVAILABLE)
			return err_set(err, status, "%.*s: %s", STR_ARG(path), why.text);
		/* queries and writes of a migration need rows that are not there */
		struct str text = sql_text(audit, one->head.span);
		bool schema = one->head.kind == STATEMENT_OTHER ||
			      one->head.kind == STATEMENT_ROUTINE ||
			      (text.n > 6 && str_eq_nocase((struct str){text.p, 6}, STR("create")));
		if (status != OK && schema)
			scratch_unapplied(audit, one, str_of(why.text));
		status = OK;
	}
	return status == OK ? probe_forget(d->probe, err) : status;
}

/* ---- the run ---- */

static enum status scratch_files(struct scratch *s, const struct sql_scratch *options,
				 struct err *err)
{
	struct planner_run *d = &s->database;
	struct sql_audit *audit = &d->audit;
	struct sql_sources files = {0}, schema = {0};
	struct buf body;
	buf_init(&body, STATEMENT_BYTES_MAX);
	enum status status =
	    sources_list(audit, audit->options->paths, audit->options->count, &files, err);
	if (status == OK && options->schema)
		status = sources_list(audit, &options->schema, 1, &schema, err);
	const struct sql_sources *applied = options->schema ? &schema : &files;
	for (size_t i = 0; status == OK && i < applied->count; i++)
		status = scratch_apply(s, applied->item[i].path, &body, err);
	for (size_t i = 0; status == OK && i < files.count && !scratch_interrupted; i++) {
		arena_reset(&audit->file_arena);
		status = load_file(audit, &d->reader, files.item[i].path, &body, err);
		audit->summary->files += status == OK;
		if (status == OK)
			status = run_file(d, options->search_path);
	}
	buf_release(&body);
	free(schema.item);
	free(files.item);
	return status;
}

enum status sql_audit_scratch(const struct sql_options *options, const struct sql_scratch *scratch,
			      struct audit_report *report, struct sql_summary *summary,
			      struct err *err)
{
	const struct sql_database database = {
	    .bouncers = "", .budget_ms = scratch->budget_ms, .plan_ms = scratch->plan_ms};
	struct scratch s = {.database = {.options = &database,
					 .err = err,
					 .scratch = true,
					 .interrupted = &scratch_interrupted}};
	enum status status = sql_rule_known(options, err);
	*summary = (struct sql_summary){0};
	if (status != OK)
		return status;
	scratch_signals(scratch_interrupt);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	status = scratch_open(&s, err);
	if (status == OK && !scratch_interrupted) {
		run_begin(&s.database, options, report, summary);
		status = scratch_files(&s, scratch, err);
		run_end(&s.database);
	}
	scratch_close(&s);
	scratch_signals(SIG_DFL);
	if (scratch_interrupted)
		raise(scratch_interrupted);
	return status;
}
