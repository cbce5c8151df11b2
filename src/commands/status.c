/* holdfast status: what runs, since when, and how well it is kept apart. */
#include "base/json.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "process/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Resident memory in kB; 0 when the process is gone. */
static int64_t status_resident_kb(int pid)
{
	char path[64], text[256];
	int64_t pages = 0;
	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	struct str rest = {text, (size_t)n};
	str_cut(&rest, ' ');
	if (!rest.p || !str_to_i64(str_cut(&rest, ' '), 0, INT64_MAX, &pages))
		return 0;
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* How the process last ended unasked: "signal 9", "status 1", or "" when it never did. */
static const char *status_ended_text(int ended, char out[32])
{
	out[0] = '\0';
	if (WIFSIGNALED(ended))
		snprintf(out, 32, "signal %d", WTERMSIG(ended));
	else if (WEXITSTATUS(ended) != 0)
		snprintf(out, 32, "status %d", WEXITSTATUS(ended));
	return out;
}

/* "12.3 s", "45 min", "7 h", "41 d": at most six characters. */
static const char *status_age_text(int64_t ms, char out[32])
{
	int64_t minutes = ms / 60000;
	if (ms < 99950)
		snprintf(out, 32, "%.1f s", (double)ms / 1000);
	else if (minutes < 100)
		snprintf(out, 32, "%d min", (int)minutes);
	else if (minutes < 6000)
		snprintf(out, 32, "%d h", (int)(minutes / 60));
	else
		snprintf(out, 32, "%lld d", (long long)minutes / 1440);
	return out;
}

/* A row of at most 80 columns, and how the process ended before on one of its own. */
static void status_show_text(void *ctx, const struct control_reply *r)
{
	struct buf separation;
	char ended[32], age[32];
	double mb = (double)status_resident_kb(r->pid) / 1024;
	(void)ctx;
	buf_init(&separation, 256);
	process_separation_text(r->separation, &separation);
	printf("%-10.32s %7d %-11s %6s %8u %4.*f MB  %s\n", r->name, r->pid,
	       process_state_name(r->state), status_age_text(r->uptime_ms, age), r->restarts,
	       mb < 99.95 ? 1 : 0, mb, buf_z(&separation));
	if (*status_ended_text(r->ended, ended))
		printf("%-10s last end: %s\n", "", ended);
	buf_release(&separation);
}

static void status_show_json(void *ctx, const struct control_reply *r)
{
	struct json_writer *w = ctx;
	char ended[32];
	json_object_begin(w);
	json_member_z(w, "name", r->name);
	json_member_i64(w, "pid", r->pid);
	json_member_z(w, "state", process_state_name(r->state));
	json_member_bool(w, "replacing", r->value != 0);
	json_member_i64(w, "uptime_ms", r->uptime_ms);
	json_member_i64(w, "restarts", r->restarts);
	json_member_z(w, "last_end", status_ended_text(r->ended, ended));
	json_member_i64(w, "resident_kb", status_resident_kb(r->pid));
	json_key(w, "separation");
	json_object_begin(w);
	json_member_bool(w, "user", r->separation & SEPARATION_USER);
	json_member_bool(w, "seccomp", r->separation & SEPARATION_SECCOMP);
	json_member_bool(w, "landlock", r->separation & SEPARATION_LANDLOCK);
	json_object_end(w);
	json_object_end(w);
}

static enum status status_report_json(const struct instance *i, const struct err *problem,
				      struct err *err)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, 1 << 20);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_z(&w, "instance", i->dir);
	if (problem->text[0]) {
		json_member_z(&w, "settings_error", problem->text);
	} else {
		json_member_z(&w, "listen", config_text(&i->config, CONFIG_WEB_LISTEN));
		json_member_z(&w, "database", instance_embedded(i) ? "embedded" : "external");
	}
	json_key(&w, "processes");
	json_array_begin(&w);
	enum status status = control_ask(i, CONTROL_STATUS, status_show_json, &w, err);
	json_array_end(&w);
	enum status database = OK;
	if (status == OK && !problem->text[0]) {
		database = database_answers(i, err);
		if (database != OK)
			json_member_z(&w, "database_error", err->text);
	}
	json_object_end(&w);
	if (status == OK)
		printf("%s\n", buf_z(&out));
	buf_release(&out);
	return status == OK ? database : status;
}

/* db.url without user and passwords, wherever they stand in it. */
static void status_print_url(const char *url)
{
	struct buf bare;
	struct err err;
	if (database_bare_url(url, &bare, &err) == OK) {
		struct str rest = buf_view(&bare), shown = str_cut(&rest, '?');
		printf("database   %.*s", STR_ARG(shown));
		for (char sign = '?'; rest.p;) {
			struct str parameter = str_cut(&rest, '&'), name = parameter;
			name = str_cut(&name, '=');
			if (str_eq(name, STR("user")) || str_ends(name, STR("password")))
				continue;
			printf("%c%.*s", sign, STR_ARG(parameter));
			sign = '&';
		}
		putchar('\n');
	}
	buf_release(&bare);
}

static void status_print_settings(const struct instance *i)
{
	const char *address = config_text(&i->config, CONFIG_WEB_LISTEN);
	if (instance_embedded(i))
		puts("database   embedded PostgreSQL, Unix socket only");
	else
		status_print_url(config_text(&i->config, CONFIG_DB_URL));
	printf("directory  http://%s/\n", address);
	printf("API        http://%s/openapi.json\n\n", address);
}

static enum status status_report_text(const struct instance *i, const struct err *problem,
				      struct err *err)
{
	printf("instance   %s\n", i->dir);
	if (problem->text[0])
		printf(
		    "settings   cannot be read (the running processes have earlier ones): %s\n\n",
		    problem->text);
	else
		status_print_settings(i);
	printf("%-10s %7s %-11s %6s %8s %7s  %s\n", "process", "pid", "state", "up", "restarts",
	       "memory", "kept apart by");
	fflush(stdout);
	enum status status = control_ask(i, CONTROL_STATUS, status_show_text, NULL, err);
	fflush(stdout);
	return status == OK && !problem->text[0] ? database_answers(i, err) : status;
}

static int status_command(int argc, char **argv)
{
	struct instance i;
	struct err err, problem;
	(void)argc;
	(void)argv;
	if (instance_find(&i, cli_globals.instance_dir, &problem, &err) != OK)
		return cli_failed(&err);
	enum status status = cli_globals.json ? status_report_json(&i, &problem, &err)
					      : status_report_text(&i, &problem, &err);
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_status = {
    .name = "status",
    .args = "",
    .summary = "Show the processes and how they are separated",
    .help =
	"Exit status 1 when the instance is not running, or the server of db.url does not answer.\n"
	"'kept apart by' lists the separations in force: its own system user (only when started as\n"
	"root), a filter of system calls (seccomp), no access to files (Landlock). 'last end' is how a\n"
	"process ended before, when it was not asked to.",
    .run = status_command,
};
