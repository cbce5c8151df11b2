/* The supervisor: dull on purpose. One loop over poll(2), one slot a process, one table of classes. */
#include "process/process.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "cache/store/store.h"
#include "process/spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SLOTS_MAX = 80,
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MAX_MS = 30000,
	BACKOFF_CLOSE_MS = 800, /* a slot that is away for longer keeps no connections waiting */
	STEADY_MS = 10000,      /* ran so long: the next death starts the backoff anew */
	READY_POLL_MS = 20,     /* how often postmaster.pid is looked at while PostgreSQL starts */
	KILL_AFTER_MS = 2000,   /* behind the drain time-out */
	DATABASE_STOP_MS = 60000,
};

struct slot {
	const struct process_class *class;
	int index;
	enum process_state state;
	pid_t pid;
	int listener; /* -1: none */
	int ready_fd; /* the child's word comes here; -1: none awaited */
	unsigned separation;
	uint32_t restarts;
	int64_t started_ms;
	int64_t backoff_ms;
	int64_t start_at_ms; /* PROCESS_BACKOFF */
	int64_t kill_at_ms;  /* PROCESS_STOPPING */
	/* After a reload: the process with the old settings, which finishes its requests while the new
	 * one takes the new ones from the same listener. 0: none */
	pid_t retiring;
	int64_t retiring_kill_at_ms;
	int cache_slot, retiring_cache_slot; /* 0: none */
	int32_t ended; /* wait status of the last one that died; 0: none did */
};

struct supervisor {
	struct instance *instance;
	const struct process_class *classes;
	const char *program_dir;
	struct slot slots[SLOTS_MAX];
	int count;
	int signals, control, lock;
	int cache_fd, event_fd; /* -1: nobody caches */
	struct store *cache;
	uint64_t cache_slots; /* in use: bit n, slot n */
	int ready_fd;         /* whoever waits for everything to run; -1 */
	bool stopping;
	int reloading; /* slots before this one run with the new settings; count: no reload */
	int64_t began_ms;
	int64_t started_ms;
	uint32_t jitter;
};

static void slot_name(const struct slot *s, char out[32])
{
	if (s->class->count)
		snprintf(out, 32, "%s/%d", s->class->name, s->index + 1);
	else
		snprintf(out, 32, "%s", s->class->name);
}

/* ---- sockets and files ---- */

/* The address has been checked by the table of options. */
static socklen_t parse_address(const char *text, struct sockaddr_storage *out)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	int port = (int)strtol(colon + 1, NULL, 10);
	*out = (struct sockaddr_storage){0};
	if (text[0] == '[') {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text) - 2, text + 1);
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)port);
		must(inet_pton(AF_INET6, host, &six->sin6_addr) == 1);
		return sizeof(*six);
	}
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	four->sin_family = AF_INET;
	four->sin_port = htons((uint16_t)port);
	must(inet_pton(AF_INET, host, &four->sin_addr) == 1);
	return sizeof(*four);
}

/* One of several sockets on the same address; the kernel spreads connections over them. */
static enum status make_listener(const char *text, int *out, struct err *err)
{
	struct sockaddr_storage address;
	int on = 1;
	socklen_t size = parse_address(text, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, FAILED, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1024) != 0) {
		enum status status = err_errno(err, errno == EADDRINUSE ? CONFLICT : FAILED,
					       "web.listen = %s", text);
		close(fd);
		return status;
	}
	*out = fd;
	return OK;
}

/* SO_REUSEPORT would let a second instance of the same user share the port silently: one socket
 * without it has to get the address first. */
static enum status check_address_free(const char *text, struct err *err)
{
	struct sockaddr_storage address;
	int on = 1;
	enum status status = OK;
	socklen_t size = parse_address(text, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, FAILED, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, size) != 0)
		status = err_errno(err, errno == EADDRINUSE ? CONFLICT : FAILED, "web.listen = %s",
				   text);
	close(fd);
	return status;
}

static enum status make_control(struct supervisor *sv, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	enum status status = io_path(address.sun_path, sizeof(address.sun_path), err,
				     "%s/" INSTANCE_CONTROL, sv->instance->run_dir);
	if (status != OK)
		return status;
	sv->control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	unlink(address.sun_path); /* of one that was killed: we hold the lock */
	mode_t mask = umask(0177);
	bool bound = sv->control >= 0 &&
		     bind(sv->control, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		     listen(sv->control, 16) == 0;
	umask(mask);
	return bound ? OK : err_errno(err, FAILED, "%s", address.sun_path);
}

static enum status take_lock(struct supervisor *sv, struct err *err)
{
	char path[PATH_MAX];
	enum status status =
	    io_path(path, sizeof(path), err, "%s/" INSTANCE_LOCK, sv->instance->run_dir);
	if (status != OK)
		return status;
	sv->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (sv->lock < 0)
		return err_errno(err, FAILED, "%s", path);
	if (flock(sv->lock, LOCK_EX | LOCK_NB) != 0)
		return err_set(err, CONFLICT, "the instance %s is running already",
			       sv->instance->dir);
	/* The one before us may have removed the file between our open and our lock. */
	struct stat held, named;
	if (fstat(sv->lock, &held) != 0 || stat(path, &named) != 0 || held.st_ino != named.st_ino)
		return err_set(err, CONFLICT, "the instance %s is just being stopped; try again",
			       sv->instance->dir);
	/* For people and for 'holdfast down', should we not answer. */
	int n = snprintf(path, sizeof(path), "%d\n", getpid());
	if (ftruncate(sv->lock, 0) != 0 || write(sv->lock, path, (size_t)n) != n)
		return err_errno(err, FAILED, "lock");
	return OK;
}

static void remove_files(const struct supervisor *sv)
{
	char path[PATH_MAX];
	struct err ignored;
	if (io_path(path, sizeof(path), &ignored, "%s/" INSTANCE_CONTROL, sv->instance->run_dir) ==
	    OK)
		unlink(path);
	if (io_path(path, sizeof(path), &ignored, "%s/" INSTANCE_LOCK, sv->instance->run_dir) == OK)
		unlink(path);
	instance_remove_run_dir(sv->instance);
}

/* ---- the cache ---- */

static enum status make_cache(struct supervisor *sv, struct err *err)
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

static int take_cache_slot(struct supervisor *sv)
{
	for (int slot = 1; slot <= STORE_SLOTS; slot++) {
		if (sv->cache_slots >> slot & 1)
			continue;
		sv->cache_slots |= 1ull << slot;
		return slot;
	}
	must_failed(__FILE__, __LINE__, "web.processes leaves a slot for one that retires");
}

/* Its fills become others', at once. */
static void free_cache_slot(struct supervisor *sv, int *slot)
{
	const uint64_t one = 1;
	if (!*slot)
		return;
	if (store_process_died(sv->cache, *slot))
		(void)!write(sv->event_fd, &one, sizeof(one));
	sv->cache_slots &= ~(1ull << *slot);
	*slot = 0;
}

static void hand_cache(struct supervisor *sv, struct slot *s, struct process_launch *launch)
{
	size_t n = 0;
	s->cache_slot = take_cache_slot(sv);
	snprintf(launch->cache_env, sizeof(launch->cache_env), "HOLDFAST_CACHE_SLOT=%d",
		 s->cache_slot);
	while (launch->env[n])
		n++;
	must(n + 1 < sizeof(launch->env) / sizeof(launch->env[0]));
	launch->env[n] = launch->cache_env;
	launch->env[n + 1] = NULL;
	launch->spawn.fds[launch->spawn.fds_count++] = sv->cache_fd;
	launch->spawn.fds[launch->spawn.fds_count++] = sv->event_fd;
}

/* ---- slots ---- */

static int64_t drain_ms(const struct supervisor *sv)
{
	return config_number(&sv->instance->config, CONFIG_WEB_DRAIN_TIMEOUT) + KILL_AFTER_MS;
}

static void slot_backoff(struct supervisor *sv, struct slot *s)
{
	sv->jitter = sv->jitter * 1664525u + 1013904223u;
	s->state = PROCESS_BACKOFF;
	s->start_at_ms =
	    clock_ms() + s->backoff_ms / 2 + (int64_t)sv->jitter % (s->backoff_ms / 2 + 1);
	/* The kernel would go on giving this slot its share of the connections. Without the listener the
	 * other slots get them; a process that died once or twice is back before anybody notices. */
	if (s->listener >= 0 && s->backoff_ms >= BACKOFF_CLOSE_MS) {
		close(s->listener);
		s->listener = -1;
	}
	s->backoff_ms = s->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : s->backoff_ms * 2;
}

static void slot_start(struct supervisor *sv, struct slot *s)
{
	struct process_launch launch;
	struct err err;
	char name[32];
	int ready[2] = {-1, -1};

	slot_name(s, name);
	enum status status = s->class->prepare(sv->instance, sv->program_dir, &launch, &err);
	if (status == OK && s->class->listens && s->listener < 0)
		status = make_listener(config_text(&sv->instance->config, CONFIG_WEB_LISTEN),
				       &s->listener, &err);
	if (status == OK && !s->class->poll_ready && pipe2(ready, O_CLOEXEC) != 0)
		status = err_errno(&err, FAILED, "pipe");
	if (status == OK) {
		if (ready[1] >= 0)
			launch.spawn.fds[launch.spawn.fds_count++] = ready[1];
		if (s->listener >= 0)
			launch.spawn.fds[launch.spawn.fds_count++] = s->listener;
		if (s->class->caches)
			hand_cache(sv, s, &launch);
		status = spawn_start(&launch.spawn, &s->pid, &err);
	}
	if (ready[1] >= 0)
		close(ready[1]);
	s->started_ms = clock_ms();
	if (status != OK) {
		if (ready[0] >= 0)
			close(ready[0]);
		log_error("cannot start", LOG_S("process", name), LOG_S("error", err.text));
		free_cache_slot(sv, &s->cache_slot);
		slot_backoff(sv, s);
		return;
	}
	s->ready_fd = ready[0];
	s->state = PROCESS_STARTING;
	s->separation = launch.spawn.user ? SEPARATION_USER : 0;
	log_info("started", LOG_S("process", name), LOG_I("pid", s->pid));
}

static void slot_ready(struct slot *s)
{
	char name[32];
	slot_name(s, name);
	s->state = PROCESS_RUNNING;
	log_info("ready", LOG_S("process", name), LOG_I("ms", clock_ms() - s->started_ms));
}

static void slot_stop(struct slot *s, int64_t grace_ms)
{
	if (s->state == PROCESS_STARTING || s->state == PROCESS_RUNNING) {
		kill(s->pid, s->class->stop_signal ? s->class->stop_signal(s->pid) : SIGTERM);
		s->kill_at_ms = clock_ms() + grace_ms;
		s->state = PROCESS_STOPPING;
	} else if (s->state == PROCESS_BACKOFF) {
		s->state = PROCESS_DOWN;
	}
}

/* For a reload: the next process starts at once, this one ends in its own time. */
static void slot_replace(struct supervisor *sv, struct slot *s)
{
	kill(s->pid, s->class->stop_signal ? s->class->stop_signal(s->pid) : SIGTERM);
	s->retiring = s->pid;
	s->retiring_cache_slot = s->cache_slot;
	s->cache_slot = 0;
	s->retiring_kill_at_ms = clock_ms() + drain_ms(sv);
	slot_start(sv, s);
}

static void slot_ended(struct supervisor *sv, struct slot *s, pid_t pid, int status)
{
	char name[32];
	slot_name(s, name);
	free_cache_slot(sv, pid == s->retiring ? &s->retiring_cache_slot : &s->cache_slot);
	if (pid == s->retiring) {
		log_info("retired", LOG_S("process", name), LOG_I("pid", pid));
		s->retiring = 0;
		return;
	}
	if (s->ready_fd >= 0)
		close(s->ready_fd);
	s->ready_fd = -1;
	s->pid = 0;
	if (s->state == PROCESS_STOPPING) {
		log_info("stopped", LOG_S("process", name),
			 LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
		s->state = PROCESS_DOWN;
		return;
	}
	s->ended = status;
	log_error("died", LOG_S("process", name), LOG_I("pid", pid),
		  LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
		  LOG_I("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
	s->restarts++;
	if (clock_ms() - s->started_ms >= STEADY_MS)
		s->backoff_ms = BACKOFF_FIRST_MS;
	if (sv->stopping)
		s->state = PROCESS_DOWN;
	else
		slot_backoff(sv, s);
}

static void add_slots(struct supervisor *sv, const struct process_class *class, int count)
{
	for (int n = 0; n < count; n++) {
		must(sv->count < SLOTS_MAX);
		sv->slots[sv->count++] = (struct slot){.class = class,
						       .index = n,
						       .listener = -1,
						       .ready_fd = -1,
						       .backoff_ms = BACKOFF_FIRST_MS};
	}
}

static enum status make_slots(struct supervisor *sv, struct err *err)
{
	const struct instance *i = sv->instance;
	const char *address = config_text(&i->config, CONFIG_WEB_LISTEN);
	enum status status = check_address_free(address, err);
	for (const struct process_class *class = sv->classes; class->name; class ++) {
		if (class->embedded_only && !instance_embedded(i))
			continue;
		add_slots(sv, class, class->count ? class->count(&i->config) : 1);
	}
	for (int n = 0; n < sv->count && status == OK; n++) {
		if (sv->slots[n].class->caches && !sv->cache)
			status = make_cache(sv, err);
		if (status == OK && sv->slots[n].class->listens)
			status = make_listener(address, &sv->slots[n].listener, err);
	}
	return status;
}

/* ---- what the loop does ---- */

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
		    (!needs_database_only || sv->slots[n].class->needs_database))
			return false;
	return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Start what may start, kill what overstays. Returns when to look again (clock_ms). */
static int64_t advance_slot(struct supervisor *sv, struct slot *s, int64_t now, bool database)
{
	int64_t next = INT64_MAX;
	bool may = !sv->stopping && (database || !s->class->needs_database);
	if (may &&
	    (s->state == PROCESS_DOWN || (s->state == PROCESS_BACKOFF && s->start_at_ms <= now)))
		slot_start(sv, s);
	if (s->state == PROCESS_STARTING && s->class->poll_ready) {
		bool ready = s->class->poll_ready(sv->instance);
		if (ready)
			slot_ready(s);
		/* What waits for it is looked at again at once. */
		next = ready ? now : now + READY_POLL_MS;
	}
	if (s->state == PROCESS_STOPPING && s->kill_at_ms <= now) {
		kill(s->pid, s->class->kill_signal);
		s->kill_at_ms = INT64_MAX;
	}
	if (s->retiring && s->retiring_kill_at_ms <= now) {
		kill(s->retiring, s->class->kill_signal);
		s->retiring_kill_at_ms = INT64_MAX;
	}
	if (s->retiring)
		next = earlier(next, s->retiring_kill_at_ms);
	if (s->state == PROCESS_BACKOFF && may)
		next = earlier(next, s->start_at_ms);
	if (s->state == PROCESS_STOPPING)
		next = earlier(next, s->kill_at_ms);
	return next;
}

/* One process at a time, and each has to be ready before the next: a setting that processes cannot live
 * with costs one of them, not all. */
static void advance_reload(struct supervisor *sv)
{
	while (sv->reloading < sv->count && !sv->stopping) {
		struct slot *s = &sv->slots[sv->reloading];
		if (s->class->needs_database && s->started_ms < sv->began_ms) {
			if (s->state != PROCESS_RUNNING || s->retiring)
				return;
			slot_replace(sv, s);
			return;
		}
		if (s->class->needs_database && s->state != PROCESS_RUNNING)
			return;
		sv->reloading++;
	}
}

/* Go on with everything. Returns when it wants to be called again (ms from now, -1: no need). */
static int advance(struct supervisor *sv)
{
	int64_t now = clock_ms(), next = INT64_MAX;
	bool database = database_ready(sv);

	advance_reload(sv);
	if (sv->stopping && all_down(sv, true))
		for (int n = 0; n < sv->count; n++)
			if (!sv->slots[n].class->needs_database)
				slot_stop(&sv->slots[n], DATABASE_STOP_MS);
	for (int n = 0; n < sv->count; n++)
		next = earlier(next, advance_slot(sv, &sv->slots[n], now, database));
	if (sv->ready_fd >= 0 && all_run(sv)) {
		struct err ignored;
		(void)!io_write_all(sv->ready_fd, "1", 1, &ignored);
		close(sv->ready_fd);
		sv->ready_fd = -1;
		log_info("the instance runs",
			 LOG_S("listen", config_text(&sv->instance->config, CONFIG_WEB_LISTEN)));
	}
	if (next == INT64_MAX)
		return -1;
	now = clock_ms();
	return next <= now ? 0 : (int)(next - now > 60000 ? 60000 : next - now);
}

static void close_listeners(struct supervisor *sv)
{
	for (int n = 0; n < sv->count; n++) {
		if (sv->slots[n].listener >= 0)
			close(sv->slots[n].listener);
		sv->slots[n].listener = -1;
	}
}

static void stop_all(struct supervisor *sv)
{
	if (sv->stopping)
		return;
	log_info("stopping", LOG_S("instance", sv->instance->dir));
	sv->stopping = true;
	for (int n = 0; n < sv->count; n++)
		if (sv->slots[n].class->needs_database)
			slot_stop(&sv->slots[n], drain_ms(sv));
	/* Better refused at once than accepted by a kernel queue that nobody reads any more. */
	close_listeners(sv);
}

/* The new settings are checked first; processes then get them one after the other. */
static enum status reload(struct supervisor *sv, struct err *err)
{
	struct config fresh;
	const struct config *old = &sv->instance->config;
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
	log_setup("holdfastd", (enum log_level)config_number(&fresh, CONFIG_LOG_LEVEL),
		  config_number(&fresh, CONFIG_LOG_FORMAT) == 1);
	sv->reloading = 0;
	sv->began_ms = clock_ms() + 1;
	log_info("reloading", LOG_S("instance", sv->instance->dir));
	return OK;
}

static void reap(struct supervisor *sv)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int n = 0; n < sv->count; n++)
			if (sv->slots[n].pid == pid || sv->slots[n].retiring == pid)
				slot_ended(sv, &sv->slots[n], pid, status);
}

static void take_signals(struct supervisor *sv)
{
	struct signalfd_siginfo info;
	struct err ignored;
	while (read(sv->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(sv);
		else if (info.ssi_signo == SIGHUP)
			(void)!reload(sv, &ignored);
		else
			stop_all(sv);
	}
}

static void take_ready(struct slot *s)
{
	unsigned char byte;
	ssize_t n = read(s->ready_fd, &byte, 1);
	close(s->ready_fd);
	s->ready_fd = -1;
	if (n == 1 && s->state == PROCESS_STARTING) {
		s->separation |= byte;
		slot_ready(s);
	}
}

static void answer_status(const struct supervisor *sv, int fd)
{
	struct control_reply reply = {.version = CONTROL_VERSION,
				      .more = sv->count > 0,
				      .name = "holdfastd",
				      .pid = getpid(),
				      .state = sv->stopping ? PROCESS_STOPPING : PROCESS_RUNNING,
				      .uptime_ms = clock_ms() - sv->started_ms};
	for (int n = 0; send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) > 0 && n < sv->count; n++) {
		const struct slot *s = &sv->slots[n];
		reply =
		    (struct control_reply){.version = CONTROL_VERSION,
					   .more = n + 1 < sv->count,
					   .pid = s->pid,
					   .state = s->state,
					   .restarts = s->restarts,
					   .separation = s->separation,
					   .ended = s->ended,
					   .uptime_ms = s->pid ? clock_ms() - s->started_ms : 0};
		slot_name(s, reply.name);
	}
}

static void answer_cache(const struct supervisor *sv, int fd)
{
	struct store_numbers numbers = {0};
	if (sv->cache)
		store_numbers(sv->cache, &numbers);
	const struct {
		const char *name;
		uint64_t value;
	} gauges[] = {
	    {"waiting", numbers.waiting},
	    {"entries", numbers.entries_used},
	    {"bytes", numbers.bytes},
	    {"bytes_used", numbers.bytes_used},
	};
	const int count = STORE_COUNTS + (int)(sizeof(gauges) / sizeof(gauges[0]));
	for (int n = 0; n < count; n++) {
		bool counter = n < STORE_COUNTS;
		int gauge = counter ? 0 : n - STORE_COUNTS;
		struct control_reply reply = {.version = CONTROL_VERSION,
					      .more = n + 1 < count,
					      .value = counter ? numbers.counter[n]
							       : gauges[gauge].value};
		snprintf(reply.name, sizeof(reply.name), "%s",
			 counter ? store_counter_names[n] : gauges[gauge].name);
		if (send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) < 0)
			return;
	}
}

/* One request; whoever is neither root nor our own user is not answered. */
static void take_control(struct supervisor *sv)
{
	struct control_request request;
	struct control_reply reply = {.version = CONTROL_VERSION};
	struct ucred peer;
	struct err err;
	socklen_t size = sizeof(peer);
	struct timeval limit = {.tv_sec = 1};
	int fd = accept4(sv->control, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid()) &&
	    recv(fd, &request, sizeof(request), 0) == sizeof(request)) {
		if (request.version != CONTROL_VERSION)
			snprintf(reply.error, sizeof(reply.error),
				 "another version of Holdfast runs this instance");
		else if (request.command == CONTROL_STOP)
			stop_all(sv);
		else if (request.command == CONTROL_RELOAD && reload(sv, &err) != OK)
			snprintf(reply.error, sizeof(reply.error), "%.190s", err.text);
		if (request.command == CONTROL_STATUS && !reply.error[0])
			answer_status(sv, fd);
		else if (request.command == CONTROL_CACHE && !reply.error[0])
			answer_cache(sv, fd);
		else
			(void)!send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	}
	close(fd);
}

static void loop(struct supervisor *sv)
{
	while (!(sv->stopping && all_down(sv, false))) {
		struct pollfd fds[SLOTS_MAX + 2] = {{sv->signals, POLLIN, 0},
						    {sv->control, POLLIN, 0}};
		int timeout = advance(sv);
		if (sv->stopping && all_down(sv, false))
			break;
		for (int n = 0; n < sv->count; n++)
			fds[n + 2] = (struct pollfd){sv->slots[n].ready_fd, POLLIN, 0};
		if (poll(fds, (nfds_t)sv->count + 2, timeout) < 0)
			continue;
		for (int n = 0; n < sv->count; n++)
			if (fds[n + 2].revents && sv->slots[n].ready_fd == fds[n + 2].fd)
				take_ready(&sv->slots[n]);
		if (fds[0].revents)
			take_signals(sv);
		if (fds[1].revents)
			take_control(sv);
	}
}

static enum status open_signals(struct supervisor *sv, struct err *err)
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
	static struct supervisor sv; /* large, and there is one */
	sv = (struct supervisor){.instance = i,
				 .classes = classes,
				 .program_dir = program_dir,
				 .signals = -1,
				 .control = -1,
				 .lock = -1,
				 .cache_fd = -1,
				 .event_fd = -1,
				 .ready_fd = ready_fd,
				 .started_ms = clock_ms(),
				 .jitter = (uint32_t)clock_us()};
	enum status status = instance_make_run_dir(i, &err);
	if (status == OK)
		status = take_lock(&sv, &err);
	if (status != OK)
		die("%s", err.text);
	status = open_signals(&sv, &err);
	if (status == OK)
		status = make_slots(&sv, &err);
	if (status == OK)
		status = make_control(&sv, &err);
	if (status == OK) {
		sv.reloading = sv.count;
		loop(&sv);
	}
	close_listeners(&sv);
	store_detach(sv.cache);
	if (sv.cache_fd >= 0)
		close(sv.cache_fd);
	if (sv.event_fd >= 0)
		close(sv.event_fd);
	if (sv.control >= 0)
		close(sv.control);
	remove_files(&sv);
	close(sv.lock);
	if (status != OK)
		die("%s", err.text);
	log_info("stopped", LOG_S("instance", i->dir));
	return EXIT_OK;
}
