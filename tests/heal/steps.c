/* link: base config process db observe observe/server observe/pooler sql/observe heal/judge heal/permit heal/ledger heal/incident heal/act sql/heal heal/watch heal/screen */
/* What tests of heal step through heal with: a watch that looks when it is told to, by clocks that
 * the test sets, and stops between its look and its act.
 *
 *   steps CONNINFO LEDGER ALLOW MAINTENANCE
 *
 * Reads commands from standard input, a line each, and answers each with a line:
 *
 *   step N            N looks, a second of both clocks apart; answers the last as JSON
 *   sleep SECONDS     both clocks go on: nobody looked
 *   wall SECONDS      the wall clock is set by so much
 *   slow SECONDS      the next line of the ledger takes the disk so long
 *   pause             the next act stops before it is sent: "step" then answers {"act":PID}, and
 *   go                lets it happen; answers the look
 *   look NAME         takes a sample and keeps the session of that application; answers its process
 *   cancel, terminate the act, on what look has kept; answers sent, not sent, or the error
 *   open NAME [INFO]  a connection under that name, as the owner, to this server or that of INFO;
 *                     answers its process
 *   sql NAME TEXT     runs it there; answers ok, or the error
 *   value NAME TEXT   runs it there; answers the first value of its first row, or the error
 *   send NAME TEXT    sends it, and waits for nothing; "result NAME" then answers as sql does
 *   close NAME        ends the connection
 */
#include "base/clock.h"
#include "heal/act/act.h"
#include "heal/watch/watch.h"
#include "observe/server/server.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STEPS_CLIENTS = 32, STEPS_LINE = 1 << 16 };

static int64_t wall_us, monotonic_us; /* how far the test has set the clocks */

/* Instead of libc's: of all the program, libpq included. The clocks stand still except for what the
 * test adds, so that a slow machine looks like a fast one. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	static struct timespec began[2];
	struct timespec *first = &began[clock == CLOCK_REALTIME];
	int failed = first->tv_sec ? 0 : (int)syscall(SYS_clock_gettime, clock, first);
	*ts = *first;
	int64_t shift = monotonic_us + (clock == CLOCK_REALTIME ? wall_us : 0);
	int64_t ns = ts->tv_nsec + shift % 1000000 * 1000;
	ts->tv_sec += shift / 1000000 + ns / 1000000000 - (ns % 1000000000 < 0);
	ts->tv_nsec = (ns % 1000000000 + 1000000000) % 1000000000;
	return failed;
}

/* With a clock that stands still no limit is ever reached: wait for the event, however long. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec none = {0};
	return (int)syscall(SYS_ppoll, fds, count, timeout_ms == 0 ? &none : NULL, NULL, 0);
}

static int64_t slow_us;

/* Page cache is enough here; and the disk may be slow. */
int fdatasync(int fd)
{
	(void)fd;
	monotonic_us += slow_us;
	slow_us = 0;
	return 0;
}

static struct watch *watch;
static bool pause_act;
static char line[STEPS_LINE];

struct client {
	char name[64];
	PGconn *connection;
} clients[STEPS_CLIENTS];

static bool steps_read(void)
{
	if (!fgets(line, sizeof(line), stdin))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static void steps_say(const char *text)
{
	printf("%s\n", text);
	fflush(stdout);
}

/* The act of heal; stopped in front of it when the test wants that. */
static enum status steps_act(struct db *db, const struct observe_server *server,
			     enum judge_relief relief, const struct observe_session *s, bool *done,
			     struct err *err)
{
	char text[64];
	snprintf(text, sizeof(text), "{\"act\":%d}", s->pid);
	if (pause_act) {
		pause_act = false;
		steps_say(text);
		if (!steps_read() || strcmp(line, "go") != 0)
			exit(1);
	}
	return act_run(db, server, relief, s, done, err);
}

static void steps_answer(void)
{
	const struct judge_result *r = watch_result(watch);
	struct json_writer w;
	struct buf out;
	buf_init(&out, 1 << 20);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_i64(&w, "reach", observe_last(watch_history(watch))->reach);
	json_member_i64(&w, "standby", watch_server(watch)->standby);
	json_member_z(&w, "relief", watch_relief(watch));
	json_member_i64(&w, "cancels", watch_acts(watch, JUDGE_CANCEL));
	json_member_i64(&w, "terminates", watch_acts(watch, JUDGE_TERMINATE));
	json_key(&w, "causes");
	json_array_begin(&w);
	for (int i = 0; i < r->findings; i++) {
		if (r->finding[i].confidence > JUDGE_NOTE)
			json_put_z(&w, judge_name(r->finding[i].id));
	}
	json_array_end(&w);
	json_object_end(&w);
	steps_say(buf_z(&out));
	buf_release(&out);
}

static void steps_step(int count)
{
	for (int i = 0; i < count; i++) {
		monotonic_us += 1000000;
		watch_step(watch);
	}
	steps_answer();
}

/* ---- clients ---- */

static struct client *steps_client(const char *name)
{
	for (int i = 0; i < STEPS_CLIENTS; i++) {
		if (strcmp(clients[i].name, name) == 0)
			return &clients[i];
	}
	fprintf(stderr, "there is no client '%s'\n", name);
	exit(1);
}

static void steps_open(const char *conninfo, const char *name, const char *more)
{
	struct client *c = steps_client("");
	char text[1024];
	snprintf(text, sizeof(text), "%s user=holdfast_owner application_name=%s %s", conninfo,
		 name, more);
	c->connection = PQconnectdb(text);
	if (PQstatus(c->connection) != CONNECTION_OK) {
		fprintf(stderr, "%s", PQerrorMessage(c->connection));
		exit(1);
	}
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(text, sizeof(text), "%d", PQbackendPID(c->connection));
	steps_say(text);
}

/* What the server says to all that was sent. */
static void steps_result(struct client *c, bool value)
{
	char text[512] = "ok";
	PGresult *r;
	while ((r = PQgetResult(c->connection)) != NULL) {
		if (PQresultStatus(r) == PGRES_FATAL_ERROR)
			snprintf(text, sizeof(text), "%s", PQresultErrorMessage(r));
		else if (value && PQntuples(r))
			snprintf(text, sizeof(text), "%s", PQgetvalue(r, 0, 0));
		PQclear(r);
	}
	text[strcspn(text, "\n")] = '\0';
	steps_say(text);
}

static void steps_send(struct client *c, const char *sql)
{
	if (PQsendQuery(c->connection, sql) != 1) {
		fprintf(stderr, "%s", PQerrorMessage(c->connection));
		exit(1);
	}
}

/* ---- look and act ---- */

static struct observer *observer;
static struct observe_session target;

static void steps_look(const char *name)
{
	struct observe_sample *sample = calloc(1, sizeof(*sample));
	struct err err;
	char text[32] = "none";
	observer_sample(observer, sample, &err);
	for (int i = 0; sample && i < sample->sessions; i++) {
		if (strcmp(sample->session[i].application, name) != 0)
			continue;
		target = sample->session[i];
		snprintf(text, sizeof(text), "%d", target.pid);
	}
	free(sample);
	steps_say(text);
}

static void steps_signal(enum judge_relief relief)
{
	struct err err;
	bool done;
	enum status status =
	    act_run(observer_db(observer), observer_server(observer), relief, &target, &done, &err);
	steps_say(status != OK ? err.text : done ? "sent" : "not sent");
}

/* ---- commands ---- */

static void steps_client_command(const char *conninfo, const char *command, char *rest)
{
	char *sql = strchr(rest, ' ');
	if (sql)
		*sql++ = '\0';
	if (strcmp(command, "open") == 0) {
		steps_open(conninfo, rest, sql ? sql : "");
		return;
	}
	struct client *c = steps_client(rest);
	bool value = strcmp(command, "value") == 0;
	bool waits = value || strcmp(command, "sql") == 0;
	if (waits || strcmp(command, "send") == 0)
		steps_send(c, sql ? sql : "");
	if (waits || strcmp(command, "result") == 0) {
		steps_result(c, value);
		return;
	}
	if (strcmp(command, "close") == 0) {
		PQfinish(c->connection);
		*c = (struct client){0};
	}
	steps_say("ok");
}

static void steps_command(const char *conninfo, char *command)
{
	char *rest = strchr(command, ' ');
	if (rest)
		*rest++ = '\0';
	int64_t number = rest ? strtoll(rest, NULL, 10) : 1;
	if (strcmp(command, "step") == 0) {
		steps_step((int)number);
	} else if (strcmp(command, "look") == 0 && rest) {
		steps_look(rest);
	} else if (strcmp(command, "cancel") == 0 || strcmp(command, "terminate") == 0) {
		steps_signal(command[0] == 'c' ? JUDGE_CANCEL : JUDGE_TERMINATE);
	} else if (strcmp(command, "pause") == 0) {
		pause_act = true;
		steps_say("ok");
	} else if (strcmp(command, "sleep") == 0) {
		monotonic_us += number * 1000000;
		steps_say("ok");
	} else if (strcmp(command, "slow") == 0) {
		slow_us = number * 1000000;
		steps_say("ok");
	} else if (strcmp(command, "wall") == 0) {
		wall_us += number * 1000000;
		steps_say("ok");
	} else if (rest) {
		steps_client_command(conninfo, command, rest);
	} else {
		fprintf(stderr, "what is '%s'?\n", command);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct config config;
	struct watch_options options = {.act = act_run, .every_ms = 1000};
	char conninfo[1024];
	struct err err;
	if (argc != 5)
		return 64;
	config_init(&config);
	watch_settings(&options, &config);
	snprintf(conninfo, sizeof(conninfo), "%s user=holdfast_heal", argv[1]);
	options.conninfo = conninfo;
	options.ledger = argv[2];
	options.permit.allow = argv[3];
	options.permit.maintenance = argv[4];
	options.act = steps_act;
	if (watch_open(&watch, &options, &err) != OK ||
	    observer_open(&observer, conninfo, "holdfast heal", &err) != OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	while (steps_read())
		steps_command(argv[1], line);
	observer_close(observer);
	watch_close(watch);
	config_release(&config);
	return 0;
}
