/* holdfast heal: watch a PostgreSQL, name what is wrong. It only looks. */
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/memory.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "commands/heal.h"
#include "heal/screen/screen.h"
#include "heal/watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { HEAL_OUTPUT = 4 << 20, HEAL_FRAME_WIDTH = 100, HEAL_FRAME_HEIGHT = 30 };

static bool once, show_ledger, show_report, acknowledge;
static int64_t seconds, every_ms = 1000;
static const char *record_path, *replay_path, *keep_path, *since, *ack_for = "1h";

static const struct cli_option options[] = {
    {"once", '1', CLI_FLAG, NULL, 0, 0,
     "look for some time, say what is wrong, and end; also when standard output is no terminal",
     &once},
    {"seconds", 's', CLI_INT, "N", 2, 86400, "how long --once looks (default 12)", &seconds},
    {"every", 0, CLI_INT, "MS", 50, 60000,
     "milliseconds from one sample to the next (default 1000); what is shorter is seen by chance",
     &every_ms},
    {"record", 0, CLI_TEXT, "FILE", 0, 0,
     "write every sample there; without literals of statements", &record_path},
    {"keep", 0, CLI_TEXT, "FILE", 0, 0,
     "the ledger: what was found, done and came of it (default: the instance's, for the live screen)",
     &keep_path},
    {"ledger", 0, CLI_FLAG, NULL, 0, 0, "print the ledger", &show_ledger},
    {"since", 0, CLI_TEXT, "SPAN", 0, 0, "of the ledger only the last SPAN, as 2h", &since},
    {"report", 0, CLI_FLAG, NULL, 0, 0,
     "print the report of the incident ID, or of the last one, as Markdown", &show_report},
    {"ack", 0, CLI_FLAG, NULL, 0, 0, "incident ID is known: no notification for some time",
     &acknowledge},
    {"for", 0, CLI_TEXT, "SPAN", 0, 0, "how long --ack holds (default 1h)", &ack_for},
    {"replay", 0, CLI_TEXT, "FILE", 0, 0, "diagnose a recording instead of a server", &replay_path},
    {0},
};

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

struct heal_run {
	struct watch *watch; /* NULL: a recording is read, into what follows */
	struct observe_history *history;
	struct judge_result result;
	struct observe_server server;
	int record; /* descriptor; -1: none */
	int64_t began_ms;
	double sample_s; /* all samples together */
	int samples;
};

static const struct observe_history *heal_history(const struct heal_run *run)
{
	return run->watch ? watch_history(run->watch) : run->history;
}

static const struct observe_server *heal_server(const struct heal_run *run)
{
	return run->watch ? watch_server(run->watch) : &run->server;
}

static const struct judge_result *heal_result(const struct heal_run *run)
{
	return run->watch ? watch_result(run->watch) : &run->result;
}

/* ---- what is shown ---- */

static void heal_show(struct heal_run *run, bool live)
{
	struct buf out;
	struct winsize size;
	bool terminal = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40;
	struct screen screen = {
	    .result = heal_result(run),
	    .server = heal_server(run),
	    .last = observe_last(heal_history(run)),
	    .incidents = run->watch ? watch_incidents(run->watch) : NULL,
	    .ledger_problem = run->watch ? watch_ledger_problem(run->watch) : "",
	    .watched_s = run->watch ? (double)(clock_ms() - run->began_ms) / 1000
				    : (double)run->samples * (double)every_ms / 1000,
	    .sample_s = run->watch && run->samples ? run->sample_s / run->samples : -1,
	    .width = terminal ? size.ws_col : HEAL_FRAME_WIDTH,
	    .height = live ? terminal ? size.ws_row : HEAL_FRAME_HEIGHT : 0,
	    .colour = live && !getenv("NO_COLOR"),
	};
	if (!screen.last)
		return;
	buf_init(&out, HEAL_OUTPUT);
	if (live)
		buf_puts(&out, "\033[H\033[J");
	if (cli_globals.json)
		screen_json(&out, &screen);
	else
		screen_text(&out, &screen);
	fwrite(out.p, 1, out.n, stdout);
	fflush(stdout);
	buf_release(&out);
}

/* ---- a recording ---- */

static enum status heal_record(struct heal_run *run, bool first, struct err *err)
{
	struct buf line;
	enum status status = OK;
	if (run->record < 0)
		return OK;
	buf_init(&line, OBSERVE_LINE);
	if (first)
		observe_write_server(&line, heal_server(run));
	observe_write_sample(&line, observe_last(heal_history(run)));
	if (buf_failed(&line))
		status = err_set(err, TOO_LARGE, "a sample is over %d bytes", OBSERVE_LINE);
	else
		status = io_write_all(run->record, line.p, line.n, err);
	buf_release(&line);
	return status == OK ? OK : err_prefix(err, status, "%s", record_path);
}

/* One line without its end; false at the end of the file. */
static bool heal_line(FILE *in, struct buf *line)
{
	int c;
	buf_reset(line);
	while ((c = getc_unlocked(in)) != EOF && c != '\n')
		buf_putc(line, (char)c);
	return c != EOF || line->n;
}

/* Play the whole recording; the findings are those at its end, as --once has them. */
static enum status heal_replay(struct heal_run *run, struct err *err)
{
	struct buf line;
	enum status status = OK;
	int number = 0;
	FILE *in = fopen(replay_path, "re");
	if (!in)
		return err_errno(err, FAILED, "%s", replay_path);
	buf_init(&line, OBSERVE_LINE);
	while (status == OK && heal_line(in, &line)) {
		number++;
		if (buf_failed(&line))
			status = err_set(err, TOO_LARGE, "the line has more than %d bytes",
					 OBSERVE_LINE);
		else if (number == 1)
			status = observe_read_server(buf_view(&line), &run->server, err);
		else
			status =
			    observe_read_sample(buf_view(&line), observe_next(run->history), err);
		if (status == OK && number > 1) {
			observe_push(run->history);
			run->samples++;
		}
	}
	if (status == OK && ferror(in))
		status = err_set(err, FAILED, "cannot be read");
	if (status == OK && !run->samples)
		status = err_set(err, INVALID,
				 "has no samples; write one with 'holdfast heal --record'");
	if (status != OK)
		status = err_prefix(err, status, "%s:%d", replay_path, number);
	else
		judge_run(run->history, &run->server, &run->result);
	buf_release(&line);
	fclose(in);
	return status;
}

/* ---- a server ---- */

/* DIR/heal/ledger.ndjson of the instance. */
static enum status heal_instance_ledger(const struct instance *i, char *out, size_t size,
					struct err *err)
{
	return io_path(out, size, err, "%s/heal/ledger.ndjson", i->dir);
}

static enum status heal_open(struct heal_run *run, const char *url, bool live, struct err *err)
{
	struct instance i = {0};
	struct buf conninfo;
	char ledger[PATH_MAX], folder[PATH_MAX];
	struct watch_options how = {.ledger = keep_path};
	enum status status = OK;
	buf_init(&conninfo, 2 * PATH_MAX);
	if (url)
		config_init(&i.config);
	else
		status = instance_open(&i, cli_globals.instance_dir, err);
	if (status == OK && url)
		buf_puts(&conninfo, url);
	else if (status == OK)
		status = instance_conninfo(&i, ROLE_HEAL, &conninfo, err);
	if (status == OK && live && !url && !keep_path) {
		status = io_path(folder, sizeof(folder), err, "%s/heal", i.dir);
		if (status == OK)
			status = folder_make(folder, 0700, err);
		if (status == OK)
			status = heal_instance_ledger(&i, ledger, sizeof(ledger), err);
		how.ledger = ledger;
	}
	if (status == OK) {
		how.conninfo = buf_z(&conninfo);
		how.times.cured_us = config_number(&i.config, CONFIG_HEAL_CURED_AFTER) * 1000;
		how.times.closed_us = config_number(&i.config, CONFIG_HEAL_CLOSED_AFTER) * 1000;
		status = watch_open(&run->watch, &how, err);
	}
	buf_release(&conninfo);
	instance_release(&i);
	return status;
}

static enum status heal_open_record(struct heal_run *run, struct err *err)
{
	if (!record_path)
		return OK;
	/* A new file: an old recording is not overwritten, and no link is followed. */
	run->record = open(record_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return run->record < 0 ? err_errno(err, FAILED, "%s", record_path) : OK;
}

static enum status heal_sample(struct heal_run *run, struct err *err)
{
	watch_step(run->watch);
	run->sample_s += watch_took(run->watch);
	return heal_record(run, run->samples++ == 0, err);
}

/* Samples until `for_ms` are over (0: no limit) or a signal comes; what was seen until then is
 * shown in either case. */
static enum status heal_watch(struct heal_run *run, int64_t for_ms, bool live, struct err *err)
{
	int64_t due = run->began_ms;
	do {
		enum status status = heal_sample(run, err);
		if (status != OK)
			return status;
		if (live)
			heal_show(run, !cli_globals.json);
		due += every_ms;
		if (due < clock_ms()) /* the machine is slower than we ask: do not catch up */
			due = clock_ms();
		/* A signal interrupts it. One that comes just before is seen a second later. */
		int64_t wait = due - clock_ms();
		if (!stop && wait > 0)
			poll(NULL, 0, (int)wait);
	} while (!stop && (!for_ms || due - run->began_ms <= for_ms));
	if (!live)
		heal_show(run, false);
	return OK;
}

static enum status heal_run_all(struct heal_run *run, const char *url, struct err *err)
{
	bool live = !once && isatty(STDOUT_FILENO);
	if (replay_path) {
		enum status status = heal_replay(run, err);
		if (status == OK)
			heal_show(run, false);
		return status;
	}
	const struct sigaction action = {.sa_handler = on_signal};
	enum status status = heal_open(run, url, live, err);
	if (status == UNAVAILABLE && run->watch)
		status = OK; /* full or starting: that is a finding */
	if (status == OK)
		status = heal_open_record(run, err);
	if (status != OK)
		return status;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	run->began_ms = clock_ms();
	return heal_watch(run, live ? 0 : (seconds ? seconds : OBSERVE_WINDOW) * 1000, live, err);
}

/* --ledger, --report, --ack: nothing is watched. */
static int heal_past(const char *id)
{
	struct instance i;
	struct err err;
	char path[PATH_MAX];
	const char *ledger = keep_path;
	if (!ledger) {
		enum status status = instance_open(&i, cli_globals.instance_dir, &err);
		if (status == OK) {
			status = heal_instance_ledger(&i, path, sizeof(path), &err);
			instance_release(&i);
		}
		if (status != OK)
			return cli_failed(&err);
		ledger = path;
	}
	if (show_report)
		return heal_show_report(ledger, id);
	if (acknowledge)
		return heal_acknowledge(ledger, id, ack_for);
	return id ? cli_usage_error("--ledger takes no argument") : heal_show_ledger(ledger, since);
}

static int heal_command(int argc, char **argv)
{
	struct err err;
	if (show_ledger + show_report + acknowledge > 1)
		return cli_usage_error("--ledger, --report and --ack are three different things");
	if (show_ledger || show_report || acknowledge)
		return heal_past(argc ? argv[0] : NULL);
	if (replay_path && (argc || record_path || keep_path))
		return cli_usage_error("--replay takes neither a URL nor --record nor --keep");
	struct heal_run run = {.record = -1, .history = observe_history_new()};
	judge_init(&run.result);
	enum status status = heal_run_all(&run, argc ? argv[0] : NULL, &err);
	int code = status != OK                      ? cli_failed(&err)
		   : judge_causes(heal_result(&run)) ? EXIT_FINDINGS
						     : EXIT_OK;
	if (run.record >= 0)
		close(run.record);
	watch_close(run.watch);
	judge_release(&run.result);
	observe_history_free(run.history);
	return code;
}

static void heal_list(void)
{
	printf("What it can name, the first that explains a session's time:\n");
	for (int i = 0; i < JUDGE_IDS; i++)
		printf("  %-20s %s\n", judge_name((enum judge_id)i), judge_title((enum judge_id)i));
}

const struct command command_heal = {
    .name = "heal",
    .args = "[URL|ID]",
    .summary = "Watch a PostgreSQL and name the cause of what is wrong, with what to do",
    .help =
	"Any PostgreSQL from version 13 on, by default the instance's. It reads statistics views only, and never\n"
	"changes anything; a role with pg_monitor is enough, and pg_stat_statements helps. It says what it cannot\n"
	"see. On a terminal it goes on until Ctrl-C; with --once, or without a terminal, it looks for 12 seconds.\n"
	"Literals of statements are in no output and no recording. Exit status: 0 nothing or only notes, 2 causes\n"
	"were found, 1 it could not look.",
    .options = options,
    .run = heal_command,
    .help_more = heal_list,
};
