/* The supervisor's end of the control socket. */
#include "base/clock.h"
#include "base/io.h"
#include "process/internal.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum status control_open(struct supervisor *sv, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	enum status status = io_path(address.sun_path, sizeof(address.sun_path), err,
				     "%s/" INSTANCE_CONTROL, sv->instance->run_dir);
	if (status != OK)
		return status;
	sv->control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	unlink(address.sun_path); /* left by a killed supervisor: this one holds the lock */
	mode_t mask = umask(0177);
	bool bound = sv->control >= 0 &&
		     bind(sv->control, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		     listen(sv->control, 16) == 0;
	umask(mask);
	return bound ? OK : err_errno(err, FAILED, "%s", address.sun_path);
}

bool control_accept(const struct supervisor *sv, int *fd, struct control_request *request)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	struct timeval limit = {.tv_sec = 1};
	*fd = accept4(sv->control, NULL, NULL, SOCK_CLOEXEC);
	if (*fd < 0)
		return false;
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (getsockopt(*fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid()) &&
	    recv(*fd, request, sizeof(*request), 0) == sizeof(*request))
		return true;
	close(*fd);
	return false;
}

void control_answer(int fd, const char *error)
{
	struct control_reply reply = {.version = CONTROL_VERSION};
	snprintf(reply.error, sizeof(reply.error), "%s", error);
	(void)!send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static bool control_is_replacing(const struct supervisor *sv, int n)
{
	const struct process_slot *s = &sv->slots[n];
	bool is_new = s->settings == sv->settings && s->state == PROCESS_RUNNING;
	return s->retiring || (n >= sv->reloading && !s->class->embedded_only && !is_new);
}

void control_answer_status(const struct supervisor *sv, int fd)
{
	struct control_reply reply = {.version = CONTROL_VERSION,
				      .more = sv->count > 0,
				      .name = "holdfastd",
				      .pid = getpid(),
				      .state = sv->stopping ? PROCESS_STOPPING : PROCESS_RUNNING,
				      .uptime_ms = clock_ms() - sv->started_ms};
	for (int n = 0; send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) > 0 && n < sv->count; n++) {
		const struct process_slot *s = &sv->slots[n];
		reply = (struct control_reply){.version = CONTROL_VERSION,
					       .more = n + 1 < sv->count,
					       .pid = s->pid,
					       .state = s->state,
					       .restarts = s->restarts,
					       .separation = s->separation,
					       .ended = s->ended,
					       .uptime_ms = s->pid ? clock_ms() - s->started_ms : 0,
					       .value = control_is_replacing(sv, n)};
		slot_name(s, reply.name);
	}
}

void control_answer_cache(const struct supervisor *sv, int fd)
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
	const int count = STORE_COUNTS + (int)(COUNT_OF(gauges));
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
