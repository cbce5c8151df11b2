/* The supervisor's loop: signals, the control socket, reloads, the order of start and stop. Single
 * processes are in slot.c. */
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/log.h"
#include "base/random.h"
#include "process/internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	KILL_AFTER_MS = 2000, /* added to the drain time-out */
	DATABASE_STOP_MS = 60000,
};

/* ---- files ---- */

/* Open the lock file; replace anything else of that name: the database's user can make files in
 * run_dir while its server runs. */
static enum status supervisor_open_lock(int run_dir, int *lock, struct err *err)
{
	const int flags = O_RDWR | O_CREAT;
	enum status status = folder_open_file(run_dir, INSTANCE_LOCK, flags, geteuid(), lock, err);
	if (status != DENIED)
		return status;
	unlinkat(run_dir, INSTANCE_LOCK, 0);
	return folder_open_file(run_dir, INSTANCE_LOCK, flags, geteuid(), lock, err);
}

static enum status supervisor_take_lock(struct supervisor *sv, struct err *err)
{
	int run_dir;
	char text[16];
	struct stat held, named;
	enum status status = instance_open_run_dir(sv->instance, &run_dir, err);
	if (status != OK)
		return status;
	status = supervisor_open_lock(run_dir, &sv->lock, err);
	if (status != OK)
		status = err_prefix(err, status, "%s", sv->instance->run_dir);
	else if (flock(sv->lock, LOCK_EX | LOCK_NB) != 0)
		status =
		    err_set(err, CONFLICT, "the instance %s is running already", sv->instance->dir);
	/* The previous supervisor may have removed the file between open and lock. */
	else if (fstat(sv->lock, &held) != 0 ||
		 fstatat(run_dir, INSTANCE_LOCK, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
		 held.st_ino != named.st_ino)
		status = err_set(err, CONFLICT, "the instance %s is just being stopped; try again",
				 sv->instance->dir);
	close(run_dir);
	if (status != OK)
		return status;
	/* Write the pid for operators, and for 'holdfast down' when the supervisor does not
	 * answer. */
	int n = snprintf(text, sizeof(text), "%d\n", getpid());
	status = ftruncate(sv->lock, 0) == 0 ? io_write_all(sv->lock, text, (size_t)n, err)
					     : err_errno(err, FAILED, "truncate");
	return status == OK ? OK
			    : err_prefix(err, status, "%s/" INSTANCE_LOCK, sv->instance->run_dir);
}

/* ---- the cache ---- */

static enum status supervisor_make_cache(struct supervisor *sv, struct err *err)
{
	const struct config *c = &sv->instance->config;
	enum status status =
	    store_create((size_t)config_number(c, CONFIG_CACHE_SIZE), &sv->cache_fd, err);
	if (status == OK)
		status = store_attach(sv->cache_fd, 0, &sv->cache, err);
	if (status != OK)
		return status;
	sv->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return sv->event_fd >= 0 ? OK : err_errno(err, FAILED, "eventfd");
}

/* ---- slots ---- */

static int64_t drain_ms(const struct supervisor *sv)
{
	return config_number(&sv->instance->config, CONFIG_WEB_DRAIN_TIMEOUT) + KILL_AFTER_MS;
}

static void supervisor_add_slots(struct supervisor *sv, const struct process_class *class,
				 int count)
{
	for (int n = 0; n < count; n++) {
		must(sv->count < SLOTS_MAX);
		sv->slots[sv->count++] = (struct process_slot){.class = class,
							       .index = n,
							       .listener = -1,
							       .ready_fd = -1,
							       .region = -1,
							       .retiring_region = -1};
	}
}

static enum status supervisor_make_slots(struct supervisor *sv, struct err *err)
{
	const struct instance *i = sv->instance;
	enum status status;
	for (const struct process_class *class = sv->classes; class->name; class ++) {
		if (class->embedded_only && !instance_embedded(i))
			continue;
		supervisor_add_slots(sv, class, class->count ? class->count(&i->config) : 1);
	}
	slot_find_peers(sv);
	status = slot_make_board(sv, err);
	for (int n = 0; n < sv->count && status == OK; n++) {
		struct process_slot *s = &sv->slots[n];
		if (s->class->caches && !sv->cache)
			status = supervisor_make_cache(sv, err);
		if (status == OK && s->class->listens && s->index == 0)
			status = listen_check(sv, s, err);
		if (status == OK)
			status = listen_open(sv, s, err);
		if (status == OK && s->class->logs_otherwise)
			status = logs_make(s, err);
	}
	return status;
}

/* ---- the steps of the loop ---- */

static bool database_ready(const struct supervisor *sv)
{
	for (int n = 0; n < sv->count; n++)
		if (sv->slots[n].class->embedded_only)
			return sv->slots[n].state == PROCESS_RUNNING;
	return true;
}

static bool all_run(const struct supervisor *sv)
{
	for (int n = 0; n < sv->count; n++)
		if (sv->slots[n].state != PROCESS_RUNNING)
			return false;
	return true;
}

static bool all_down(const struct supervisor *sv, bool needs_database_only)
{
	for (int n = 0; n < sv->count; n++)
		if ((sv->slots[n].state != PROCESS_DOWN || sv->slots[n].retiring) &&
		    (!needs_database_only || sv->slots[n].needs_database))
			return false;
	return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Replace one process or pair at a time, the next only when it is ready: a setting with which
 * processes fail then affects one of them only. */
static void supervisor_advance_reload(struct supervisor *sv)
{
	while (sv->reloading < sv->count && !sv->stopping) {
		struct process_slot *s = &sv->slots[sv->reloading];
		if (!s->class->embedded_only) {
			if (s->state != PROCESS_RUNNING)
				return;
			if (s->settings != sv->settings) {
				if (slot_replaceable(s))
					slot_replace(sv, s, drain_ms(sv));
				return;
			}
		}
		sv->reloading++;
	}
}

static void close_listeners(struct supervisor *sv)
{
	for (int n = 0; n < sv->count; n++)
		listen_close(sv, &sv->slots[n]);
}

static void supervisor_stop_all(struct supervisor *sv)
{
	if (sv->stopping)
		return;
	log_info("stopping", LOG_S("instance", sv->instance->dir));
	sv->stopping = true;
	service_stopping(&sv->service);
	for (int n = 0; n < sv->count; n++)
		if (sv->slots[n].needs_database)
			slot_stop(sv, &sv->slots[n], drain_ms(sv));
	/* Otherwise the kernel would accept connections that no process reads. */
	close_listeners(sv);
}

static void tell_waiter(struct supervisor *sv, struct str text)
{
	(void)!io_write_all(sv->ready_fd, text.p, text.n, NULL);
	close(sv->ready_fd);
	sv->ready_fd = -1;
}

/* A process fails repeatedly while `holdfast up` waits: give up, so that the cause is reported
 * now. */
static void supervisor_give_up(struct supervisor *sv)
{
	char text[256], name[SLOT_NAME];
	for (int n = 0; n < sv->count && sv->ready_fd >= 0 && !sv->stopping; n++) {
		const struct process_slot *s = &sv->slots[n];
		if (s->failures < SUPERVISE_ATTEMPTS || s->waits)
			continue;
		slot_name(s, name);
		snprintf(text, sizeof(text), "%s failed %d times in a row", name,
			 SUPERVISE_ATTEMPTS);
		log_error("the instance cannot start", LOG_S("error", text));
		sv->failed = true;
		tell_waiter(sv, str_of(text));
		supervisor_stop_all(sv);
	}
}

/* Advance all slots. Returns the time until the next call in ms; -1: none is needed. */
static int supervisor_advance(struct supervisor *sv)
{
	int64_t now = clock_ms(), next = INT64_MAX;
	bool database = database_ready(sv);

	supervisor_advance_reload(sv);
	if (sv->stopping && all_down(sv, true))
		for (int n = 0; n < sv->count; n++)
			if (!sv->slots[n].needs_database)
				slot_stop(sv, &sv->slots[n], DATABASE_STOP_MS);
	for (int n = 0; n < sv->count; n++)
		next = earlier(next, slot_advance(sv, &sv->slots[n], now, database));
	next = earlier(next, service_alive(&sv->service, now));
	supervisor_give_up(sv);
	if (!sv->stopping && sv->reloading == sv->count && all_run(sv))
		service_ready(&sv->service);
	if (sv->ready_fd >= 0 && all_run(sv)) {
		tell_waiter(sv, (struct str){(const char[]){SUPERVISE_READY}, 1});
		log_info("the instance runs", LOG_S("instance", sv->instance->dir));
	}
	if (next == INT64_MAX)
		return -1;
	now = clock_ms();
	return next <= now ? 0 : (int)(next - now > 60000 ? 60000 : next - now);
}

/* Processes get the settings through a descriptor: their users cannot read the file, and all start
 * with the settings that were checked here. */
static enum status supervisor_offer_settings(struct supervisor *sv, struct err *err)
{
	bool closed;
	int fd;
	enum status status = instance_settings(sv->instance, &fd, err);
	if (status != OK)
		return status;
	if (sv->settings_fd >= 0)
		close(sv->settings_fd);
	sv->settings_fd = fd;
	status = instance_protect(sv->instance, &closed, err);
	if (status == OK && closed)
		log_warn("the settings hold secrets and were open to other users; closed (0600)",
			 LOG_S("file", sv->instance->conf));
	return status;
}

/* Check the new settings; the processes then get them one after the other. */
static enum status supervisor_reload(struct supervisor *sv, struct err *err)
{
	struct config fresh;
	const struct config *old = &sv->instance->config;
	logs_reopen(sv); /* also when the settings are wrong: the log was rotated all the same */
	config_init(&fresh);
	enum status status = config_read(&fresh, sv->instance->conf, err);
	for (size_t o = 0; o < CONFIG_OPTIONS && status == OK; o++)
		if (config_options[o].when == CONFIG_WHEN_RESTART &&
		    strcmp(fresh.text[o], old->text[o]) != 0)
			status =
			    err_set(err, INVALID, "%s changes only by 'holdfast down' and 'up'",
				    config_options[o].name);
	if (status != OK) {
		log_error("reload refused", LOG_S("error", err->text));
		config_release(&fresh);
		return status;
	}
	config_release(&sv->instance->config);
	sv->instance->config = fresh;
	status = supervisor_offer_settings(sv, err);
	if (status != OK)
		return status;
	log_setup("holdfastd", (enum log_level)config_number(&fresh, CONFIG_LOG_LEVEL),
		  config_number(&fresh, CONFIG_LOG_FORMAT) == 1);
	sv->reloading = 0;
	sv->settings++;
	for (int n = 0; n < sv->count; n++)
		slot_forget_failures(sv, &sv->slots[n]);
	service_reloading(&sv->service);
	log_info("reloading", LOG_S("instance", sv->instance->dir));
	return OK;
}

static void supervisor_reap(struct supervisor *sv)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int n = 0; n < sv->count; n++)
			if (sv->slots[n].pid == pid || sv->slots[n].retiring == pid)
				slot_ended(sv, &sv->slots[n], pid, status);
}

static void supervisor_take_signals(struct supervisor *sv)
{
	struct signalfd_siginfo info;
	struct err ignored;
	while (read(sv->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			supervisor_reap(sv);
		else if (info.ssi_signo == SIGHUP)
			(void)!supervisor_reload(sv, &ignored);
		else
			supervisor_stop_all(sv);
	}
}

static void supervisor_take_control(struct supervisor *sv)
{
	struct control_request request;
	struct err err = {0};
	int fd;
	if (!control_accept(sv, &fd, &request))
		return;
	if (request.version != CONTROL_VERSION) {
		control_answer(fd, "another version of Holdfast runs this instance");
	} else if (request.command == CONTROL_STATUS) {
		control_answer_status(sv, fd);
	} else if (request.command == CONTROL_CACHE) {
		control_answer_cache(sv, fd);
	} else if (request.command == CONTROL_RELOAD) {
		control_answer(fd, supervisor_reload(sv, &err) == OK ? "" : err.text);
	} else if (request.command == CONTROL_STOP) {
		supervisor_stop_all(sv);
		control_answer(fd, "");
	} else {
		control_answer(fd, "this command is not known");
	}
	close(fd);
}

static void supervisor_loop(struct supervisor *sv)
{
	while (!(sv->stopping && all_down(sv, false))) {
		struct pollfd fds[2 * SLOTS_MAX + 2] = {{sv->signals, POLLIN, 0},
							{sv->control, POLLIN, 0}};
		struct pollfd *logs = fds + 2 + sv->count;
		int timeout = supervisor_advance(sv);
		if (sv->stopping && all_down(sv, false))
			break;
		for (int n = 0; n < sv->count; n++) {
			fds[n + 2] = (struct pollfd){sv->slots[n].ready_fd, POLLIN, 0};
			logs[n] = (struct pollfd){logs_read_fd(&sv->slots[n]), POLLIN, 0};
		}
		if (poll(fds, (nfds_t)(2 * sv->count) + 2, timeout) < 0)
			continue;
		for (int n = 0; n < sv->count; n++)
			if (logs[n].revents)
				logs_take(&sv->slots[n]);
		for (int n = 0; n < sv->count; n++)
			if (fds[n + 2].revents && sv->slots[n].ready_fd == fds[n + 2].fd)
				slot_take_ready(sv, &sv->slots[n]);
		if (fds[0].revents)
			supervisor_take_signals(sv);
		if (fds[1].revents)
			supervisor_take_control(sv);
	}
}

static enum status supervisor_open_signals(struct supervisor *sv, struct err *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_errno(err, FAILED, "signals");
	signal(SIGPIPE, SIG_IGN);
	sv->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return sv->signals >= 0 ? OK : err_errno(err, FAILED, "signals");
}

int supervise(struct instance *i, const struct process_class *classes, const char *program_dir,
	      int ready_fd)
{
	struct err err;
	static struct supervisor sv; /* static: large, and there is only one */
	sv = (struct supervisor){.instance = i,
				 .classes = classes,
				 .program_dir = program_dir,
				 .signals = -1,
				 .control = -1,
				 .lock = -1,
				 .settings_fd = -1,
				 .cache_fd = -1,
				 .event_fd = -1,
				 .ready_fd = ready_fd,
				 .started_ms = clock_ms(),
				 .random = random_seeded()};
	enum status status = instance_make_run_dir(i, &err);
	logs_begin(&sv);
	if (status == OK)
		status = supervisor_take_lock(&sv, &err);
	if (status != OK)
		die("%s", err.text);
	status = supervisor_open_signals(&sv, &err);
	if (status == OK)
		status = supervisor_offer_settings(&sv, &err);
	if (status == OK)
		status = supervisor_make_slots(&sv, &err);
	if (status == OK)
		status = control_open(&sv, &err);
	if (status == OK) {
		service_open(&sv.service);
		sv.reloading = sv.count;
		supervisor_loop(&sv);
		service_close(&sv.service);
	}
	close_listeners(&sv);
	for (int n = 0; n < sv.count; n++)
		logs_release(&sv.slots[n]);
	store_detach(sv.cache);
	scoreboard_close(sv.board);
	if (sv.settings_fd >= 0)
		close(sv.settings_fd);
	if (sv.cache_fd >= 0)
		close(sv.cache_fd);
	if (sv.event_fd >= 0)
		close(sv.event_fd);
	if (sv.control >= 0)
		close(sv.control);
	instance_remove_run_dir(i);
	close(sv.lock);
	if (status != OK)
		die("%s", err.text);
	log_info("stopped", LOG_S("instance", i->dir));
	return sv.failed ? EXIT_FAILED : EXIT_OK;
}
