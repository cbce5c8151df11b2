/* The operator's command. */
#include "notify/notify.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	COMMAND_LINE = 1024,
	COMMAND_WORDS = 32,
	COMMAND_ENV = 11,
	COMMAND_ENV_BYTES = ALARM_TEXT + PATH_MAX,
	COMMAND_INPUT = 16 << 10,
	COMMAND_HOST = 256
};

/* The memory that `spawn` points to. */
struct command_start {
	char line[COMMAND_LINE];
	const char *argv[COMMAND_WORDS + 1];
	char text[COMMAND_ENV][COMMAND_ENV_BYTES];
	const char *env[COMMAND_ENV + 1];
	int env_count;
};

static const char *command_state(const struct notify_entry *e)
{
	return e->running == NOTIFY_RAISED ? "raised" : "over";
}

static enum status command_split(struct command_start *s, const char *line, struct err *err)
{
	int n = 0;
	if (line[0] != '/')
		return err_set(err, INVALID,
			       "notify.command must begin with the absolute path of a program");
	if (snprintf(s->line, sizeof(s->line), "%s", line) >= (int)sizeof(s->line))
		return err_set(err, TOO_LARGE, "notify.command is too long");
	char *rest = s->line, *word;
	while ((word = strsep(&rest, " \t"))) {
		if (!word[0])
			continue;
		if (n == COMMAND_WORDS)
			return err_set(err, TOO_LARGE, "notify.command has over %d words",
				       COMMAND_WORDS);
		s->argv[n++] = word;
	}
	s->argv[n] = NULL;
	return OK;
}

static void command_set(struct command_start *s, const char *name, const char *value)
{
	must(s->env_count < COMMAND_ENV);
	char *to = s->text[s->env_count];
	snprintf(to, COMMAND_ENV_BYTES, "%s=%s", name, value);
	s->env[s->env_count++] = to;
	s->env[s->env_count] = NULL;
}

static void command_environment(struct command_start *s, const struct notify_message *m)
{
	const struct notify_entry *e = m->entry;
	const struct alarm *a = &e->alarm;
	command_set(s, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	command_set(s, "LC_ALL", "C.UTF-8");
	command_set(s, "HOLDFAST_INSTANCE", m->dir);
	command_set(s, "HOLDFAST_ALARM_STATE", command_state(e));
	command_set(s, "HOLDFAST_ALARM_KIND", notify_kind_names[e->kind]);
	command_set(s, "HOLDFAST_ALARM_KEY", a->key);
	command_set(s, "HOLDFAST_ALARM_SEVERITY", alarm_severity_names[a->severity]);
	command_set(s, "HOLDFAST_ALARM_TEXT", a->text);
	command_set(s, "HOLDFAST_ALARM_DO", a->action);
}

static void command_put_time(struct json_writer *w, const char *name, int64_t wall_us)
{
	char text[CLOCK_TEXT];
	clock_format(wall_us, text);
	json_member_z(w, name, text);
}

static void command_json(struct buf *out, const struct notify_message *m)
{
	const struct notify_entry *e = m->entry;
	char host[COMMAND_HOST] = "";
	struct json_writer w;
	gethostname(host, sizeof(host) - 1);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_z(&w, "state", command_state(e));
	json_member_z(&w, "kind", notify_kind_names[e->kind]);
	json_member_z(&w, "key", e->alarm.key);
	json_member_z(&w, "severity", alarm_severity_names[e->alarm.severity]);
	json_member_z(&w, "text", e->alarm.text);
	json_member_z(&w, "do", e->alarm.action);
	command_put_time(&w, "since", e->alarm.since_us);
	command_put_time(&w, "at", clock_wall_us());
	json_member_z(&w, "instance", m->dir);
	json_member_z(&w, "host", host);
	json_member_i64(&w, "attempt", e->attempts + 1);
	json_member_i64(&w, "open", m->open);
	json_object_end(&w);
	buf_putc(out, '\n');
}

/* Standard input: a file in memory, so that a command that does not read it cannot block us. */
static enum status command_input(const struct notify_message *m, int *fd, struct err *err)
{
	struct buf text;
	buf_init(&text, COMMAND_INPUT);
	command_json(&text, m);
	must(!buf_failed(&text)); /* every text in it is bounded */
	*fd = memfd_create("alarm", MFD_CLOEXEC);
	enum status status = *fd < 0 ? err_errno(err, FAILED, "memfd_create")
				     : io_write_all(*fd, text.p, text.n, err);
	if (status == OK && lseek(*fd, 0, SEEK_SET) != 0)
		status = err_errno(err, FAILED, "lseek");
	buf_release(&text);
	return status;
}

enum status notify_start(struct notify_command *c, const char *line, int64_t limit_ms,
			 const struct notify_message *m, int64_t now_ms, struct err *err)
{
	static struct command_start s; /* static: large, and one command runs at a time */
	int in = -1, out[2] = {-1, -1};
	s = (struct command_start){.env_count = 0};
	m->entry->running = m->entry->told ? NOTIFY_OVER : NOTIFY_RAISED;
	*c = (struct notify_command){.pidfd = -1, .out = -1, .entry = m->entry};
	buf_init(&c->output, NOTIFY_OUTPUT);
	enum status status = command_split(&s, line, err);
	command_environment(&s, m);
	if (status == OK)
		status = command_input(m, &in, err);
	if (status == OK && pipe2(out, O_CLOEXEC) != 0)
		status = err_errno(err, FAILED, "pipe");
	if (status == OK && fcntl(out[0], F_SETFL, O_NONBLOCK) != 0)
		status = err_errno(err, FAILED, "pipe");
	const struct spawn spawn = {.path = s.argv[0],
				    .argv = s.argv,
				    .env = s.env,
				    .in = in,
				    .out = out[1],
				    .err = out[1],
				    .death_signal = SIGKILL,
				    .session = true};
	if (status == OK)
		status = spawn_start(&spawn, &c->pid, err);
	if (in >= 0)
		close(in);
	if (out[1] >= 0)
		close(out[1]);
	c->out = out[0];
	c->end_at_ms = now_ms + limit_ms;
	if (status == OK && (c->pidfd = pidfd_open(c->pid, 0)) < 0)
		die("pidfd_open: %s", strerror(errno)); /* every kernel of Debian 12 has it */
	if (status != OK) {
		c->pid = 0;
		if (c->out >= 0)
			close(c->out);
		buf_release(&c->output);
	}
	return status;
}

/* What is over NOTIFY_OUTPUT is read and dropped, so that the command never waits for us. */
static void command_read(struct notify_command *c)
{
	char chunk[4096];
	ssize_t n;
	while (c->out >= 0 && (n = read(c->out, chunk, sizeof(chunk))) != 0) {
		if (n < 0)
			return;
		size_t room = NOTIFY_OUTPUT - c->output.n;
		buf_add(&c->output, chunk, (size_t)n < room ? (size_t)n : room);
	}
	if (c->out >= 0)
		close(c->out);
	c->out = -1;
}

bool notify_ended(struct notify_command *c, int64_t now_ms, bool *ok, struct err *why)
{
	int status;
	siginfo_t end = {0};
	command_read(c);
	if (now_ms >= c->end_at_ms && !c->timed_out) {
		c->timed_out = true;
		kill(-c->pid, SIGKILL); /* it is the leader of a session, and so of a group */
	}
	if (waitid(P_PID, (id_t)c->pid, &end, WEXITED | WNOHANG | WNOWAIT) != 0 || !end.si_pid)
		return false;
	kill(-c->pid, SIGKILL); /* what it has left running, before its number is free */
	waitpid(c->pid, &status, 0);
	command_read(c);
	*ok = !c->timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (c->timed_out)
		err_set(why, TIMED_OUT, "it did not end within notify.timeout and was killed");
	else if (WIFSIGNALED(status))
		err_set(why, FAILED, "it was killed by signal %d", WTERMSIG(status));
	else
		err_set(why, FAILED, "it ended with status %d", WEXITSTATUS(status));
	if (c->out >= 0)
		close(c->out);
	close(c->pidfd);
	c->out = c->pidfd = -1;
	c->pid = 0;
	return true;
}
