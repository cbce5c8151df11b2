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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool once, act, show_ledger, show_report, acknowledge;
static int64_t seconds, every_ms = 1000;
static struct cli_texts bouncers;
static const char *record_path, *replay_path, *keep_path, *allow, *since, *ack_for = "1h";

static const struct cli_option options[] = {
    {"once", '1', CLI_FLAG, NULL, 0, 0,
     "look for some time, say what is wrong, and end; also when standard output is no terminal",
     &once},
    {"seconds", 's', CLI_INT, "N", 2, 86400, "how long --once looks (default 12)", &seconds},
    {"every", 0, CLI_INT, "MS", 50, 60000,
     "milliseconds from one sample to the next (default 1000); what is shorter is seen by chance",
     &every_ms},
    {"bouncer", 0, CLI_TEXTS, "URL", 0, 0,
     "console of a PgBouncer to ask as well, with a role of its stats_users; may be given several times",
     &bouncers},
    {"record", 0, CLI_TEXT, "FILE", 0, 0,
     "write every sample there; without literals of statements", &record_path},
    {"keep", 0, CLI_TEXT, "FILE", 0, 0,
     "the ledger: what was found, done and came of it (default: the instance's, for the live screen)",
     &keep_path},
    {"act", 0, CLI_FLAG, NULL, 0, 0,
     "cancel or terminate what heal.allow names, for the four causes that this relieves", &act},
    {"allow", 0, CLI_TEXT, "RULES", 0, 0, "with --act: instead of heal.allow", &allow},
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

/* ---- a recording ---- */

struct heal_replay {
	struct observe_history *history;
	struct judge_result result;
	struct observe_server server;
	int samples;
};

/* One line without its end; false at the end of the file. */
static bool heal_line(FILE *in, struct buf *line)
{
	int c;
	buf_reset(line);
	while ((c = getc_unlocked(in)) != EOF && c != '\n')
		buf_putc(line, (char)c);
	return c != EOF || line->n;
}

/* Read the whole recording; the findings are those at its end, as --once has them. */
static enum status heal_read(struct heal_replay *run, struct err *err)
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

static enum status heal_replay(int *code, struct err *err)
{
	struct heal_replay run = {.history = observe_history_new()};
	judge_init(&run.result);
	enum status status = heal_read(&run, err);
	if (status == OK) {
		struct screen screen = {.result = &run.result,
					.server = &run.server,
					.last = observe_last(run.history),
					.ledger_problem = "",
					.relief = "",
					.watched_s = (double)run.samples * (double)every_ms / 1000,
					.sample_s = -1};
		screen_print(&screen, false, cli_globals.json);
		*code = judge_causes(&run.result) ? EXIT_FINDINGS : EXIT_OK;
	}
	judge_release(&run.result);
	observe_history_free(run.history);
	return status;
}

/* ---- a server ---- */

/* DIR/heal/ledger.ndjson of the instance. */
static enum status heal_instance_ledger(const struct instance *i, char *out, size_t size,
					struct err *err)
{
	return io_path(out, size, err, "%s/heal/ledger.ndjson", i->dir);
}

/* The folder of the ledger, made when it is missing. */
static enum status heal_make_ledger(const struct instance *i, char *out, size_t size,
				    struct err *err)
{
	char folder[PATH_MAX];
	enum status status = io_path(folder, sizeof(folder), err, "%s/heal", i->dir);
	if (status == OK)
		status = folder_make(folder, 0700, err);
	return status == OK ? heal_instance_ledger(i, out, size, err) : status;
}

/* What is to be watched: an instance's database, or any other with the default settings. */
struct heal_target {
	struct instance instance;
	bool has_instance;
	struct buf conninfo;
	struct buf bouncers;   /* of --bouncer, "": those of the settings */
	char ledger[PATH_MAX]; /* "": none */
};

static enum status heal_find_target(struct heal_target *t, const char *url, bool live,
				    struct err *err)
{
	enum status status = OK;
	buf_init(&t->conninfo, 2 * PATH_MAX);
	buf_init(&t->bouncers, CLI_TEXTS_MAX * 2 * PATH_MAX);
	cli_join_texts(&bouncers, ';', &t->bouncers);
	if (url) {
		config_init(&t->instance.config);
		buf_puts(&t->conninfo, url);
	} else {
		status = instance_open(&t->instance, cli_globals.instance_dir, err);
		t->has_instance = status == OK;
		if (status == OK)
			status = instance_conninfo(&t->instance, ROLE_HEAL, &t->conninfo, err);
		if (status == OK)
			status = database_is_up(&t->instance, err);
	}
	if (status == OK && keep_path)
		return io_path(t->ledger, sizeof(t->ledger), err, "%s", keep_path);
	if (status == OK && t->has_instance && (live || act))
		status = heal_make_ledger(&t->instance, t->ledger, sizeof(t->ledger), err);
	if (status == OK && act && !t->ledger[0])
		status = err_set(err, INVALID, "--act needs a ledger: name a file with --keep");
	return status;
}

static void heal_release_target(struct heal_target *t)
{
	buf_release(&t->conninfo);
	buf_release(&t->bouncers);
	if (t->has_instance)
		instance_release(&t->instance);
	else
		config_release(&t->instance.config);
}

/* holdfast-heal, which can act, takes over: this program has no code for it. Returns only when it
 * cannot be started. */
static enum status heal_become_actor(struct heal_target *t, int64_t for_ms, bool live,
				     struct err *err)
{
	char dir[PATH_MAX], path[PATH_MAX], every[24], span[24];
	enum status status = io_program_dir(dir, sizeof(dir), err);
	if (status == OK)
		status = io_path(path, sizeof(path), err, "%s/holdfast-heal", dir);
	if (status != OK)
		return status;
	snprintf(every, sizeof(every), "%lld", (long long)every_ms);
	snprintf(span, sizeof(span), "%lld", (long long)for_ms);
	const char *argv[] = {"holdfast-heal",
			      t->ledger,
			      every,
			      span,
			      live ? "live" : cli_globals.json ? "json" : "once",
			      allow,
			      NULL};
	/* In the environment, not among the arguments: it may have a password. */
	setenv("HOLDFAST_DATABASE", buf_z(&t->conninfo), 1);
	if (t->bouncers.n)
		setenv("HOLDFAST_BOUNCERS", buf_z(&t->bouncers), 1);
	if (t->has_instance)
		setenv("HOLDFAST_INSTANCE", t->instance.dir, 1);
	else
		unsetenv("HOLDFAST_INSTANCE");
	execv(path, (char *const *)argv);
	return err_errno(err, FAILED, "%s", path);
}

static enum status heal_open_record(int *record, struct err *err)
{
	*record = -1;
	if (!record_path)
		return OK;
	/* A new file: an old recording is not overwritten, and no link is followed. */
	*record = open(record_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *record < 0 ? err_errno(err, FAILED, "%s", record_path) : OK;
}

static enum status heal_watch(struct heal_target *t, int64_t for_ms, bool live, int *code,
			      struct err *err)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct watch_options how = {.conninfo = buf_z(&t->conninfo),
				    .ledger = t->ledger[0] ? t->ledger : NULL,
				    .every_ms = every_ms};
	struct watch_loop loop = {
	    .every_ms = every_ms, .for_ms = for_ms, .live = live, .json = cli_globals.json};
	struct watch *watch;
	watch_settings(&how, &t->instance.config);
	if (t->bouncers.n)
		how.bouncers = buf_z(&t->bouncers);
	enum status status = watch_open(&watch, &how, err);
	if (status == UNAVAILABLE && watch)
		status = OK; /* full or starting: that is a finding */
	if (status == UNAVAILABLE && t->has_instance)
		status = instance_blame_url(&t->instance, ROLE_HEAL, err, status);
	if (status == OK)
		status = heal_open_record(&loop.record, err);
	if (status == OK) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		status = watch_run(watch, &loop, &stop, err);
		*code = judge_causes(watch_result(watch)) ? EXIT_FINDINGS : EXIT_OK;
		if (loop.record >= 0)
			close(loop.record);
	}
	watch_close(watch);
	return status;
}

static enum status heal_look(const char *url, int *code, struct err *err)
{
	struct heal_target target = {0};
	bool live = !once && isatty(STDOUT_FILENO);
	int64_t for_ms = live ? 0 : (seconds ? seconds : OBSERVE_WINDOW) * 1000;
	enum status status = heal_find_target(&target, url, live, err);
	if (status == OK && act)
		status = heal_become_actor(&target, for_ms, live, err);
	else if (status == OK)
		status = heal_watch(&target, for_ms, live, code, err);
	heal_release_target(&target);
	return status;
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
	if (replay_path && (argc || record_path || keep_path || act || bouncers.count))
		return cli_usage_error(
		    "--replay takes neither a URL nor --record, --keep, --bouncer or --act");
	if (act && record_path)
		return cli_usage_error("--act does not record; run a second one with --record");
	if (allow && !act)
		return cli_usage_error("--allow is for --act");
	int code = EXIT_OK;
	enum status status =
	    replay_path ? heal_replay(&code, &err) : heal_look(argc ? argv[0] : NULL, &code, &err);
	return status == OK ? code : cli_failed(&err);
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
	"Any PostgreSQL from version 13 on, by default the instance's. It reads statistics views only, and changes\n"
	"nothing unless --act is given; a role with pg_monitor is enough, and pg_stat_statements helps. It says what it cannot\n"
	"see. On a terminal it goes on until q or Ctrl-C, and ? names the other keys; with --once, or without a terminal, it looks for 12 seconds.\n"
	"Literals of statements are in no output and no recording. Exit status: 0 nothing or only notes, 2 causes\n"
	"were found, 1 it could not look.",
    .options = options,
    .run = heal_command,
    .help_more = heal_list,
};
