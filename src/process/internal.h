#ifndef PROCESS_INTERNAL_H
#define PROCESS_INTERNAL_H

#include "cache/store/store.h"
#include "base/random.h"
#include "process/process.h"
#include "process/supervisor.h"

enum { SLOTS_MAX = SCOREBOARD_SLOTS_MAX, SLOT_NAME = SCOREBOARD_NAME };

/* One process of a class, over all its restarts. */
struct process_slot {
	const struct process_class *class;
	int index;                 /* number within its class */
	struct process_slot *peer; /* the other slot of its pair; NULL: no pair */
	bool front;                /* of the pair */
	bool needs_database;
	enum process_state state;
	pid_t pid;
	int listener; /* -1: none */
	int ready_fd; /* process_ready() writes to it; -1: not expected */
	unsigned separation;
	uint32_t restarts;
	int64_t started_ms;
	uint64_t settings;   /* with which it was started, see struct supervisor */
	uint64_t failures;   /* consecutive failures soon after a start */
	bool waits;          /* the last failure was UNAVAILABLE: another process must end first */
	int64_t back_off_ms; /* greatest of the last back-off */
	int64_t start_at_ms; /* PROCESS_BACKOFF */
	int64_t kill_at_ms;  /* PROCESS_STOPPING */
	pid_t retiring;      /* the predecessor, which finishes its work after a reload; 0: none */
	int64_t retiring_kill_at_ms;
	int cache_slot, retiring_cache_slot; /* 0: none */
	int region, retiring_region;         /* of the scoreboard; -1: none */
	uint64_t beats;                      /* at the last check */
	int silent_looks;                    /* consecutive checks that saw no new beat */
	int64_t look_at_ms;
	int32_t ended;        /* wait status of the last process that died; 0: none */
	struct slot_log *log; /* of a class that logs in another form; NULL: it has our stderr */
};

/* The service manager that started the supervisor. */
struct service {
	int fd;                 /* -1: there is none */
	int64_t alive_every_ms; /* 0: it has no watchdog */
	int64_t alive_at_ms;
	bool ready; /* it has been told, and no reload has begun since */
};

struct supervisor {
	struct instance *instance;
	const struct process_class *classes;
	const char *program_dir;
	struct process_slot slots[SLOTS_MAX];
	int count;
	int signals, control, lock;
	int settings_fd;        /* the present settings, for the processes */
	int cache_fd, event_fd; /* -1: no class uses the cache */
	struct store *cache;
	uint64_t cache_slots; /* in use: bit n, slot n */
	struct scoreboard *board;
	int ready_fd; /* see supervise(); -1: none */
	bool stopping;
	bool failed;       /* the instance could not start */
	int reloading;     /* slots before it have the new settings; count: no reload in progress */
	uint64_t settings; /* which: the number of reloads */
	int64_t started_ms;
	struct random random;
	struct service service;
	bool log_is_file; /* our stderr is the log of the instance, see logs.c */
};

/* ---- listen.c ---- */

/* Check that no other process listens at the address of the class: with SO_REUSEPORT a second
 * instance of the same user would share the port silently. CONFLICT: it is in use. */
MUST_CHECK enum status listen_check(const struct supervisor *sv, const struct process_slot *s,
				    struct err *err);
/* Open the sockets of the slot's class, unless they are open or it has none. */
MUST_CHECK enum status listen_open(struct supervisor *sv, struct process_slot *s, struct err *err);
/* Close those of the slot's class. Connections that wait in their queues are reset. */
void listen_close(struct supervisor *sv, struct process_slot *s);
/* Let new connections go to the processes of the class that run. While none runs they go where they
 * went before. */
void listen_steer(const struct supervisor *sv, const struct process_slot *s);

/* ---- launch.c ---- */

/* Start the process of a slot from its row. ready_fd, peer_fd: -1: none. *separation: those that
 * the start has established, as bits. */
MUST_CHECK enum status launch_start(const struct supervisor *sv, const struct process_slot *s,
				    int ready_fd, int peer_fd, unsigned *separation, pid_t *pid,
				    struct err *err);

/* ---- logs.c ---- */

/* Find out whether our stderr is the instance's log. */
void logs_begin(struct supervisor *sv);
/* If it is, open it again: it may have been renamed. */
void logs_reopen(const struct supervisor *sv);
MUST_CHECK enum status logs_make(struct process_slot *s, struct err *err);
void logs_release(struct process_slot *s);       /* without a log: nothing */
int logs_read_fd(const struct process_slot *s);  /* -1: none */
int logs_write_fd(const struct process_slot *s); /* -1: none */
void logs_take(struct process_slot *s);          /* write what can be read */

/* ---- service.c ---- */

void service_open(struct service *s);
void service_ready(struct service *s); /* everything runs with the present settings */
void service_reloading(struct service *s);
void service_stopping(struct service *s);
/* Say that the supervisor's loop goes on, when it is time. Returns when to call it again. */
int64_t service_alive(struct service *s, int64_t now);
void service_close(struct service *s);

/* ---- slot.c ---- */

void slot_name(const struct process_slot *s, char out[SLOT_NAME]);
/* Link the slots of pairs. */
void slot_find_peers(struct supervisor *sv);
/* Create the scoreboard with a row for each slot. */
MUST_CHECK enum status slot_make_board(struct supervisor *sv, struct err *err);
/* Start what is due, kill processes over their time. Returns the time of the next call
 * (clock_ms). */
int64_t slot_advance(struct supervisor *sv, struct process_slot *s, int64_t now,
		     bool database_runs);
/* Stop a process, and its peer after it; they are killed after grace_ms. */
void slot_stop(struct supervisor *sv, struct process_slot *s, int64_t grace_ms);
/* Whether it and its peer run, without predecessors that have not ended. */
bool slot_replaceable(const struct process_slot *s);
/* Replace the process of a slot, and its peer, by successors with the present settings. */
void slot_replace(struct supervisor *sv, struct process_slot *s, int64_t grace_ms);
/* The settings are new: a process that backs off is started at the next call of slot_advance, as if
 * it had never failed. */
void slot_forget_failures(struct supervisor *sv, struct process_slot *s);
/* The process has written to ready_fd or closed it. */
void slot_take_ready(struct supervisor *sv, struct process_slot *s);
/* The process has been reaped. */
void slot_ended(struct supervisor *sv, struct process_slot *s, pid_t pid, int wait_status);

/* ---- control.c ---- */

MUST_CHECK enum status control_open(struct supervisor *sv, struct err *err);
/* Receive the next request; the caller answers and closes *fd. Truncated requests and clients other
 * than root and our user get no answer. */
MUST_CHECK bool control_accept(const struct supervisor *sv, int *fd,
			       struct control_request *request);
void control_answer(int fd, const char *error); /* empty: accepted */
void control_answer_status(const struct supervisor *sv, int fd);
void control_answer_cache(const struct supervisor *sv, int fd);

#endif
