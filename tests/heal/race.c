/* link: base db observe heal/judge sql/heal heal/act */
/* What tests/heal/race.t runs: how often does an act of heal hit another statement than the one
 * that it was meant for?
 *
 *   race OBSERVER VICTIM VICTIMS STATEMENT_MS TRIES
 *
 * VICTIMS processes run numbered statements of that length, one after the other, over the
 * connection VICTIM (perhaps a pooler that hands one backend from client to client). The observer
 * looks at one of them and at once runs the act of heal on what it has seen, without the age that
 * heal demands. Each victim says which of its statements was cancelled. Prints "sent right wrong
 * nobody". */
#include "base/clock.h"
#include "heal/act/act.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	VICTIMS_MAX = 64,
	LOOK_PID = 0,
	LOOK_START,
	LOOK_XACT,
	LOOK_QUERY_START,
	LOOK_QUERY_ID,
	LOOK_NAME,
	LOOK_TEXT,
	LOOK_SERVER_START,
	LOOK_STANDBY
};

static const struct db_statement look_statement = {
    "look",
    "SELECT s.pid, (extract(epoch FROM s.backend_start) * 1000000)::bigint,"
    " (extract(epoch FROM s.xact_start) * 1000000)::bigint, (extract(epoch FROM s.query_start) * 1000000)::bigint,"
    " s.query_id, s.application_name, s.query,"
    " (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, pg_is_in_recovery() FROM pg_stat_get_activity(NULL) AS s"
    " WHERE s.application_name LIKE 'victim-%' AND s.state = 'active' AND s.query LIKE '%pg_sleep%'"
    " ORDER BY random() LIMIT 1",
    0,
    9,
    NULL,
    NULL,
};

struct victim {
	_Atomic int64_t current, cancelled;
};
static struct victim *victims; /* shared by all processes */
static _Atomic int64_t *cancels;

static void race_victim(const char *conninfo, int number, const char *ms)
{
	struct db *db;
	struct err err;
	char name[32], sql[128];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(name, sizeof(name), "victim-%d", number);
	if (db_open(&db, conninfo, name, &err) != OK) {
		fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	for (int64_t n = 1;; n++) {
		snprintf(sql, sizeof(sql), "SELECT pg_sleep(%s / 1000.0) /* %d:%lld */", ms, number,
			 (long long)n);
		atomic_store(&victims[number].current, n);
		if (db_script(db, sql, &err) == OK)
			continue;
		if (!strstr(err.text, "user request")) {
			fprintf(stderr, "%s\n", err.text);
			_exit(1);
		}
		atomic_store(&victims[number].cancelled, n);
		atomic_fetch_add(cancels, 1);
	}
}

struct race_result {
	int64_t sent, right, wrong, nobody;
};

/* One look, one act, and what came of it. */
static bool race_try(struct db *db, struct race_result *r)
{
	struct db_rows rows;
	struct err err;
	struct observe_session s = {0};
	struct observe_server server = {.version = 150000};
	int number;
	long long n;
	bool done;
	if (db_run(db, &look_statement, NULL, 0, &rows, &err) != OK) {
		fprintf(stderr, "%s\n", err.text);
		return false;
	}
	if (!rows.rows) {
		db_rows_release(&rows);
		return true;
	}
	s.pid = (int32_t)db_i64(&rows, 0, LOOK_PID);
	s.backend_start = db_i64(&rows, 0, LOOK_START);
	s.xact_start = db_null(&rows, 0, LOOK_XACT) ? 0 : db_i64(&rows, 0, LOOK_XACT);
	s.query_start = db_i64(&rows, 0, LOOK_QUERY_START);
	s.hashed = db_null(&rows, 0, LOOK_QUERY_ID);
	s.fingerprint = s.hashed ? 0 : (uint64_t)db_i64(&rows, 0, LOOK_QUERY_ID);
	OBSERVE_SET(s.application, db_text(&rows, 0, LOOK_NAME));
	server.start = db_i64(&rows, 0, LOOK_SERVER_START);
	server.standby = db_bool(&rows, 0, LOOK_STANDBY);
	struct str text = db_text(&rows, 0, LOOK_TEXT);
	const char *comment = strstr(text.p, "/*");
	bool numbered = comment && sscanf(comment, "/* %d:%lld", &number, &n) == 2;
	db_rows_release(&rows);
	if (!numbered)
		return true;
	int64_t before = atomic_load(cancels);
	if (act_run(db, &server, JUDGE_CANCEL, &s, &done, &err) != OK) {
		fprintf(stderr, "%s\n", err.text);
		return false;
	}
	if (!done)
		return true;
	r->sent++;
	/* Until a victim says that it was hit, or this one has gone two statements further. */
	while (atomic_load(cancels) == before && atomic_load(&victims[number].current) < n + 3)
		usleep(200);
	if (atomic_load(cancels) == before)
		r->nobody++;
	else if (atomic_load(&victims[number].cancelled) == n)
		r->right++;
	else
		r->wrong++;
	return true;
}

int main(int argc, char **argv)
{
	struct race_result r = {0};
	struct db *db;
	struct err err;
	if (argc != 6)
		return 64;
	int count = atoi(argv[3]), tries = atoi(argv[5]);
	if (count < 1 || count > VICTIMS_MAX)
		return 64;
	victims = mmap(NULL, sizeof(*victims) * VICTIMS_MAX + 64, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cancels = (_Atomic int64_t *)(victims + VICTIMS_MAX);
	for (int i = 0; i < count; i++) {
		if (fork() == 0)
			race_victim(argv[2], i, argv[4]);
	}
	if (db_open(&db, argv[1], "observer", &err) != OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	bool ok = true;
	while (ok && r.sent < tries) /* a victim that ends has said why */
		ok = waitpid(-1, NULL, WNOHANG) == 0 && race_try(db, &r);
	db_close(db);
	printf("%lld %lld %lld %lld\n", (long long)r.sent, (long long)r.right, (long long)r.wrong,
	       (long long)r.nobody);
	return ok ? 0 : 1;
}
