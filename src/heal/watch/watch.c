#include "heal/watch/watch.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "heal/ledger/ledger.h"
#include "observe/server/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { WATCH_GAP_US = 60000000, WATCH_STEP_US = 2000000 };

struct watch {
	struct incident_times times;
	struct observer *observer;
	struct observe_history *history;
	struct judge_result result;
	struct incidents incidents;
	struct ledger *ledger; /* NULL: none */
	bool writes;           /* this process is the ledger's watcher */
	int lock;              /* of the watcher; -1: none */
	struct err problem;    /* of the ledger; "": none */
	/* The time of incidents: the wall clock at the start, and what the monotonic one has
	 * counted since, so that a step of the wall clock moves nothing. */
	int64_t wall, monotonic;
	int64_t stepped; /* how far the wall clock is from that */
	int64_t looked;  /* the last step, by watch_now; 0: none */
};

static int64_t watch_now(const struct watch *w)
{
	return w->wall + (clock_us() - w->monotonic);
}

const struct observe_history *watch_history(const struct watch *w)
{
	return w->history;
}

const struct observe_server *watch_server(const struct watch *w)
{
	return observer_server(w->observer);
}

const struct judge_result *watch_result(const struct watch *w)
{
	return &w->result;
}

const struct incidents *watch_incidents(const struct watch *w)
{
	return w->ledger ? &w->incidents : NULL;
}

double watch_took(const struct watch *w)
{
	return observer_took(w->observer);
}

const char *watch_ledger_problem(const struct watch *w)
{
	return w->problem.text;
}

/* ---- the ledger ---- */

static void watch_apply(void *ctx, const struct json_value *line)
{
	struct watch *w = ctx;
	incidents_apply(&w->incidents, line);
}

static bool watch_say(void *ctx, struct json_writer *line)
{
	struct watch *w = ctx;
	if (!w->writes)
		return false;
	bool ok = ledger_append(w->ledger, line, true, &w->problem) == OK;
	if (ok)
		w->problem.text[0] = '\0';
	return ok;
}

static void watch_say_start(struct watch *w)
{
	struct json_writer j;
	struct buf line;
	const struct observe_server *server = watch_server(w);
	buf_init(&line, LEDGER_LINE);
	ledger_begin(&j, &line, "start", watch_now(w));
	json_member_z(&j, "database", server->database);
	json_member_z(&j, "version", server->version_text);
	watch_say(w, &j);
	buf_release(&line);
}

static void watch_say_gap(struct watch *w, const char *why, int64_t seconds)
{
	struct json_writer j;
	struct buf line;
	buf_init(&line, LEDGER_LINE);
	ledger_begin(&j, &line, "gap", watch_now(w));
	json_member_z(&j, "why", why);
	json_member_i64(&j, "seconds", seconds);
	watch_say(w, &j);
	buf_release(&line);
}

/* Become the watcher of the ledger, or its reader when another process is. */
static enum status watch_open_ledger(struct watch *w, const char *path, struct err *err)
{
	char lock[LEDGER_PATH];
	if (snprintf(lock, sizeof(lock), "%s.watcher", path) >= (int)sizeof(lock))
		return err_set(err, TOO_LARGE, "%s: the path is too long", path);
	enum status status = folder_create(lock, O_RDWR, 0600, &w->lock, err);
	if (status != OK)
		return status;
	w->writes = flock(w->lock, LOCK_EX | LOCK_NB) == 0;
	if (w->writes)
		return ledger_open(&w->ledger, path, watch_apply, w, err);
	err_set(&w->problem, CONFLICT, "another process watches and writes it");
	return ledger_open_read(&w->ledger, path, watch_apply, w, err);
}

/* ---- life ---- */

enum status watch_open(struct watch **out, const struct watch_options *options, struct err *err)
{
	struct watch *w = memory_alloc(sizeof(*w));
	enum status status = OK, server = OK;
	w->times = options->times;
	w->history = observe_history_new();
	w->lock = -1;
	w->wall = clock_wall_us();
	w->monotonic = clock_us();
	judge_init(&w->result);
	if (options->ledger)
		status = watch_open_ledger(w, options->ledger, err);
	if (status == OK)
		status = server = observer_open(&w->observer, options->conninfo, err);
	if (!w->observer) {
		watch_close(w);
		w = NULL;
	} else if (w->ledger) {
		watch_say_start(w);
	}
	*out = w;
	return status == OK ? server : status;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	observer_close(w->observer);
	ledger_close(w->ledger);
	if (w->lock >= 0)
		close(w->lock);
	judge_release(&w->result);
	observe_history_free(w->history);
	free(w);
}

/* Time in which nobody looked, and steps of the clock: neither is an absence of findings. */
static void watch_note_gaps(struct watch *w, int64_t now)
{
	int64_t stepped = clock_wall_us() - now, step = llabs(stepped - w->stepped);
	if (w->looked && now - w->looked > WATCH_GAP_US) {
		watch_say_gap(w, "this process did not run", (now - w->looked) / 1000000);
		w->incidents.watched = now;
	}
	if (w->looked && step > WATCH_STEP_US)
		watch_say_gap(w, "the clock of this machine was set", step / 1000000);
	w->stepped = stepped;
	w->looked = now;
}

void watch_step(struct watch *w)
{
	struct err away, ignored; /* the sample says that the server is away */
	int64_t now = watch_now(w);
	observer_sample(w->observer, observe_next(w->history), &away);
	observe_push(w->history);
	judge_run(w->history, watch_server(w), &w->result);
	if (!w->ledger)
		return;
	if (ledger_poll(w->ledger, &ignored) != OK && !w->problem.text[0])
		w->problem = ignored;
	watch_note_gaps(w, now);
	incidents_look(&w->incidents, &w->times, now, &w->result, watch_say, w);
}
