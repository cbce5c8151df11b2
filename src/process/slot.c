/* The life of a process or pair under the supervisor: start, readiness, stop, back-off,
 * replacement. */
#include "base/clock.h"
#include "base/backoff.h"
#include "base/log.h"
#include "base/random.h"
#include "process/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MAX_MS = 30000,
	BACKOFF_LONG_MS = 800, /* from this back-off on connections do not wait for the process */
	STEADY_MS = 10000,     /* a process that ran for longer resets the back-off */
	READY_POLL_MS = 20,    /* interval of poll_ready */
	LOOK_MS = 1000,        /* minimum interval between checks of a process's beats */
	LOOKS = 4,             /* consecutive checks without a new beat: the process hangs */
	HUNG_GRACE_MS = 5000,  /* between SIGTERM and SIGKILL for a process that hangs */
	/* For the remaining process of a pair. In a stop, additional time for the process that is
	 * stopped last. */
	PEER_GRACE_MS = 2000,
};

void slot_name(const struct process_slot *s, char out[SLOT_NAME])
{
	if (s->class->count)
		snprintf(out, SLOT_NAME, "%s/%d", s->class->name, s->index + 1);
	else
		snprintf(out, SLOT_NAME, "%s", s->class->name);
}

void slot_find_peers(struct supervisor *sv)
{
	for (int n = 0; n < sv->count; n++) {
		struct process_slot *a = &sv->slots[n];
		for (int m = n + 1; m < sv->count && a->class->pair && !a->peer; m++) {
			struct process_slot *b = &sv->slots[m];
			if (a->class == b->class || a->index != b->index || !b->class->pair ||
			    strcmp(a->class->pair, b->class->pair) != 0)
				continue;
			must(a->class->exclusive == b->class->exclusive);
			a->peer = b;
			b->peer = a;
			a->front = true;
		}
		must(!a->class->pair || a->peer);
		a->needs_database =
		    a->class->needs_database || (a->peer && a->peer->class->needs_database);
	}
}

static void slot_set_state(struct supervisor *sv, struct process_slot *s, enum process_state state)
{
	char name[SLOT_NAME];
	slot_name(s, name);
	s->state = state;
	log_debug(slot, "state", LOG_S("process", name), LOG_S("state", process_state_name(state)),
		  LOG_I("pid", s->pid));
	scoreboard_set_slot(sv->board, (int)(s - sv->slots), name, state, s->restarts);
	listen_steer(sv, s);
}

/* ---- number in the cache, region of the scoreboard ---- */

enum status slot_make_board(struct supervisor *sv, struct err *err)
{
	size_t bytes[SLOTS_MAX];
	for (int n = 0; n < sv->count; n++)
		bytes[n] = sv->slots[n].class->stats_bytes;
	enum status status = scoreboard_create(bytes, sv->count, &sv->board, err);
	for (int n = 0; n < sv->count && status == OK; n++)
		slot_set_state(sv, &sv->slots[n], PROCESS_DOWN);
	return status;
}

static void slot_begin_region(struct supervisor *sv, struct process_slot *s)
{
	if (!s->class->stats_bytes)
		return;
	s->region = scoreboard_begin(sv->board, (int)(s - sv->slots));
	s->silent_looks = 0;
	s->beats = 0;
}

static void slot_end_region(struct supervisor *sv, int *region)
{
	if (*region >= 0)
		scoreboard_end(sv->board, *region);
	*region = -1;
}

static int slot_take_cache(struct supervisor *sv)
{
	for (int slot = 1; slot <= STORE_SLOTS; slot++) {
		if (sv->cache_slots >> slot & 1)
			continue;
		sv->cache_slots |= 1ull << slot;
		return slot;
	}
	must_failed(__FILE__, __LINE__, "web.processes leaves a slot for a predecessor");
}

static void slot_wake_fills(const struct supervisor *sv)
{
	const uint64_t one = 1;
	(void)!write(sv->event_fd, &one, sizeof(one));
}

/* Other processes take over its fills from now on, although it is not dead yet. */
static void slot_release_fills(struct supervisor *sv, const struct process_slot *s)
{
	if (s->cache_slot && store_process_hangs(sv->cache, s->cache_slot))
		slot_wake_fills(sv);
}

/* Let other processes take over its fills at once. */
static void slot_free_cache(struct supervisor *sv, int *slot)
{
	if (!*slot)
		return;
	if (store_process_died(sv->cache, *slot))
		slot_wake_fills(sv);
	sv->cache_slots &= ~(1ull << *slot);
	*slot = 0;
}

/* ---- start ---- */

/* Whether all processes of the class have failed repeatedly. */
static bool slot_class_fails(const struct supervisor *sv, const struct process_class *class)
{
	for (int n = 0; n < sv->count; n++) {
		const struct process_slot *s = &sv->slots[n];
		if (s->class == class &&
		    (s->state != PROCESS_BACKOFF || s->back_off_ms < BACKOFF_LONG_MS))
			return false;
	}
	return true;
}

static void slot_back_off(struct supervisor *sv, struct process_slot *s)
{
	s->back_off_ms = backoff_limit(BACKOFF_FIRST_MS, BACKOFF_MAX_MS, s->failures++);
	int64_t wait_ms = backoff_jitter(s->back_off_ms, random_next(&sv->random));
	char name[SLOT_NAME];
	slot_name(s, name);
	slot_set_state(sv, s, PROCESS_BACKOFF);
	s->start_at_ms = clock_ms() + wait_ms;
	log_info("backs off", LOG_S("process", name), LOG_I("ms", wait_ms));
	/* No process accepts: have connections refused at once instead of letting them wait. As
	 * long as the process is expected back, or another runs, those in its queue wait for it. */
	if (slot_class_fails(sv, s->class))
		listen_close(sv, s);
}

static void slot_signal(const struct process_slot *s, pid_t pid)
{
	must(pid > 0);
	kill(pid, s->class->stop_signal ? s->class->stop_signal(pid) : SIGTERM);
}

/* The process is useless without its peer, which has ended. */
static void slot_end_after_peer(struct supervisor *sv, struct process_slot *s)
{
	if (s->state == PROCESS_STARTING || s->state == PROCESS_RUNNING) {
		s->restarts++;
		slot_set_state(sv, s, PROCESS_STOPPING);
		s->kill_at_ms = clock_ms() + PEER_GRACE_MS;
		slot_signal(s, s->pid);
	} else if (s->state == PROCESS_STOPPING && !s->front) {
		slot_signal(s, s->pid); /* its stop was deferred until the front had ended */
	}
}

static enum status slot_spawn(struct supervisor *sv, struct process_slot *s, int peer_fd)
{
	struct err err;
	char name[SLOT_NAME];
	int ready[2] = {-1, -1};

	slot_name(s, name);
	enum status status = listen_open(sv, s, &err);
	if (status == OK && !s->class->poll_ready && pipe2(ready, O_CLOEXEC) != 0)
		status = err_errno(&err, FAILED, "pipe");
	if (status == OK && s->class->caches)
		s->cache_slot = slot_take_cache(sv);
	if (status == OK)
		slot_begin_region(sv, s);
	if (status == OK)
		status = launch_start(sv, s, ready[1], peer_fd, &s->separation, &s->pid, &err);
	if (ready[1] >= 0)
		close(ready[1]);
	s->started_ms = clock_ms();
	s->settings = sv->settings;
	if (status != OK) {
		if (ready[0] >= 0)
			close(ready[0]);
		log_error("cannot start", LOG_S("process", name), LOG_S("error", err.text));
		s->waits = status == UNAVAILABLE;
		slot_free_cache(sv, &s->cache_slot);
		slot_end_region(sv, &s->region);
		slot_back_off(sv, s);
		return status;
	}
	s->ready_fd = ready[0];
	slot_set_state(sv, s, PROCESS_STARTING);
	log_info("started", LOG_S("process", name), LOG_I("pid", s->pid));
	return OK;
}

/* Start the process of a slot; for the front of a pair, both processes. */
static void slot_start(struct supervisor *sv, struct process_slot *s)
{
	int pair[2] = {-1, -1};
	if (s->peer && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		log_error("cannot start", LOG_S("pair", s->class->pair),
			  LOG_S("error", strerror(errno)));
		slot_back_off(sv, s);
		slot_back_off(sv, s->peer);
		return;
	}
	if (slot_spawn(sv, s, pair[0]) != OK) {
		if (s->peer)
			slot_back_off(sv, s->peer);
	} else if (s->peer && slot_spawn(sv, s->peer, pair[1]) != OK) {
		slot_end_after_peer(sv, s);
	}
	if (s->peer) {
		close(pair[0]);
		close(pair[1]);
	}
}

static void slot_ready(struct supervisor *sv, struct process_slot *s)
{
	char name[SLOT_NAME];
	slot_name(s, name);
	slot_set_state(sv, s, PROCESS_RUNNING);
	s->look_at_ms = clock_ms() + LOOK_MS;
	log_info("ready", LOG_S("process", name), LOG_I("ms", clock_ms() - s->started_ms));
}

void slot_take_ready(struct supervisor *sv, struct process_slot *s)
{
	unsigned char byte;
	ssize_t n = read(s->ready_fd, &byte, 1);
	close(s->ready_fd);
	s->ready_fd = -1;
	if (n == 1 && s->state == PROCESS_STARTING) {
		s->separation |= byte;
		slot_ready(sv, s);
	}
}

/* ---- end ---- */

void slot_stop(struct supervisor *sv, struct process_slot *s, int64_t grace_ms)
{
	if (s->state == PROCESS_BACKOFF) {
		slot_set_state(sv, s, PROCESS_DOWN);
	} else if (s->state == PROCESS_STARTING || s->state == PROCESS_RUNNING) {
		bool last = s->peer && !s->front && s->peer->pid;
		if (!last)
			slot_signal(s, s->pid);
		s->kill_at_ms = clock_ms() + grace_ms + (last ? PEER_GRACE_MS : 0);
		slot_set_state(sv, s, PROCESS_STOPPING);
	}
}

static void slot_retire(struct process_slot *s, int64_t grace_ms)
{
	bool last = s->peer && !s->front;
	if (!last)
		slot_signal(s, s->pid);
	s->retiring = s->pid;
	s->pid = 0;
	s->retiring_cache_slot = s->cache_slot;
	s->cache_slot = 0;
	s->retiring_region = s->region;
	s->region = -1;
	s->retiring_kill_at_ms = clock_ms() + grace_ms + (last ? PEER_GRACE_MS : 0);
}

bool slot_replaceable(const struct process_slot *s)
{
	return s->state == PROCESS_RUNNING && !s->retiring &&
	       (!s->peer || (s->peer->state == PROCESS_RUNNING && !s->peer->retiring));
}

void slot_replace(struct supervisor *sv, struct process_slot *s, int64_t grace_ms)
{
	struct process_slot *front = s->peer && !s->front ? s->peer : s;
	if (front->class->exclusive) {
		/* slot_advance starts it again when it is down. */
		slot_stop(sv, front, grace_ms);
		if (front->peer)
			slot_stop(sv, front->peer, grace_ms);
		return;
	}
	slot_retire(front, grace_ms);
	if (front->peer)
		slot_retire(front->peer, grace_ms);
	slot_start(sv, front);
}

void slot_forget_failures(struct supervisor *sv, struct process_slot *s)
{
	s->failures = 0;
	if (s->state == PROCESS_BACKOFF)
		slot_set_state(sv, s, PROCESS_DOWN);
}

/* Replace a process that has stopped beating: the requests that it has accepted wait. Checks are
 * counted and times are not compared, so that nothing is replaced after the whole machine was
 * suspended. Returns when to check again. */
static int64_t slot_watch(struct supervisor *sv, struct process_slot *s, int64_t now)
{
	int64_t limit_ms =
	    s->class->beats ? config_number(&sv->instance->config, s->class->hang) : 0;
	char name[SLOT_NAME];
	if (!limit_ms || s->state != PROCESS_RUNNING)
		return INT64_MAX;
	if (s->look_at_ms > now)
		return s->look_at_ms;
	uint64_t beats = scoreboard_beats(sv->board, s->region);
	s->silent_looks = beats == s->beats ? s->silent_looks + 1 : 0;
	s->beats = beats;
	s->look_at_ms = now + (limit_ms / LOOKS > LOOK_MS ? limit_ms / LOOKS : LOOK_MS);
	if (s->silent_looks < LOOKS)
		return s->look_at_ms;
	slot_name(s, name);
	log_error("hangs", LOG_S("process", name), LOG_I("pid", s->pid));
	if (slot_replaceable(s)) {
		s->restarts++;
		slot_release_fills(sv, s);
		slot_replace(sv, s, HUNG_GRACE_MS);
	} else {
		kill(s->pid, SIGKILL);
	}
	return now;
}

static void slot_retired(struct supervisor *sv, struct process_slot *s)
{
	char name[SLOT_NAME];
	slot_name(s, name);
	log_info("retired", LOG_S("process", name), LOG_I("pid", s->retiring));
	slot_free_cache(sv, &s->retiring_cache_slot);
	slot_end_region(sv, &s->retiring_region);
	s->retiring = 0;
	if (s->peer && s->peer->retiring)
		slot_signal(s->peer, s->peer->retiring);
}

void slot_ended(struct supervisor *sv, struct process_slot *s, pid_t pid, int wait_status)
{
	char name[SLOT_NAME];
	if (pid == s->retiring) {
		slot_retired(sv, s);
		return;
	}
	slot_name(s, name);
	slot_free_cache(sv, &s->cache_slot);
	slot_end_region(sv, &s->region);
	if (s->ready_fd >= 0)
		close(s->ready_fd);
	s->ready_fd = -1;
	s->pid = 0;
	if (s->state == PROCESS_STOPPING) {
		log_info("stopped", LOG_S("process", name),
			 LOG_I("signal", WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0));
		slot_set_state(sv, s, PROCESS_DOWN);
	} else {
		log_error("died", LOG_S("process", name), LOG_I("pid", pid),
			  LOG_I("signal", WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0),
			  LOG_I("status", WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1));
		s->ended = wait_status;
		s->waits = false;
		s->restarts++;
		if (clock_ms() - s->started_ms >= STEADY_MS)
			s->failures = 0;
		slot_back_off(sv, s);
		if (sv->stopping)
			slot_set_state(sv, s, PROCESS_DOWN);
	}
	if (s->peer)
		slot_end_after_peer(sv, s->peer);
}

/* ---- what is due ---- */

static bool slot_due(const struct process_slot *s, int64_t now)
{
	return s->state == PROCESS_DOWN || (s->state == PROCESS_BACKOFF && s->start_at_ms <= now);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t slot_advance(struct supervisor *sv, struct process_slot *s, int64_t now, bool database_runs)
{
	int64_t next = INT64_MAX;
	bool may = !sv->stopping && (database_runs || !s->needs_database);
	if (may && slot_due(s, now) && (!s->peer || (s->front && slot_due(s->peer, now))))
		slot_start(sv, s);
	if (s->state == PROCESS_STARTING && s->class->poll_ready) {
		bool ready = s->class->poll_ready(sv->instance);
		if (ready)
			slot_ready(sv, s);
		/* Advance the slots that wait for it. */
		next = ready ? now : now + READY_POLL_MS;
	}
	if (s->state == PROCESS_STOPPING && s->kill_at_ms <= now) {
		kill(s->pid, s->class->kill_signal ? s->class->kill_signal : SIGKILL);
		s->kill_at_ms = INT64_MAX;
	}
	if (s->retiring && s->retiring_kill_at_ms <= now) {
		kill(s->retiring, s->class->kill_signal ? s->class->kill_signal : SIGKILL);
		s->retiring_kill_at_ms = INT64_MAX;
	}
	next = earlier(next, slot_watch(sv, s, now));
	if (s->retiring)
		next = earlier(next, s->retiring_kill_at_ms);
	/* A slot of a pair that is due waits for its peer, which has its own time. */
	if (s->state == PROCESS_BACKOFF && may && s->start_at_ms > now)
		next = earlier(next, s->start_at_ms);
	if (s->state == PROCESS_STOPPING)
		next = earlier(next, s->kill_at_ms);
	return next;
}
