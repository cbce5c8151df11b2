#include "process/process.h"
#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void process_separation_text(unsigned separation, struct buf *out)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
	    {SEPARATION_USER, "user"},
	    {SEPARATION_SECCOMP, "seccomp"},
	    {SEPARATION_LANDLOCK, "landlock"},
	};
	bool any = false;
	for (size_t n = 0; n < COUNT_OF(names); n++) {
		if (!(separation & names[n].bit))
			continue;
		buf_printf(out, "%s%s", any ? ", " : "", names[n].name);
		any = true;
	}
	if (!any)
		buf_puts(out, "none");
}

const char *process_state_name(enum process_state state)
{
	static const char *const names[] = {
	    [PROCESS_DOWN] = "down",         [PROCESS_STARTING] = "starting",
	    [PROCESS_RUNNING] = "running",   [PROCESS_BACKOFF] = "backing off",
	    [PROCESS_STOPPING] = "stopping",
	};
	must((size_t)state < COUNT_OF(names));
	return names[state];
}

enum status process_number(const char *env, int *out, struct err *err)
{
	const char *text = getenv(env);
	int64_t number;
	if (!text || !str_to_i64(str_of(text), 0, INT32_MAX, &number))
		return err_set(err, INVALID, "%s is missing: this program is started by holdfastd",
			       env);
	*out = (int)number;
	return OK;
}

void process_ready(unsigned separation)
{
	unsigned char byte = (unsigned char)separation;
	struct err ignored;
	if (!getenv("HOLDFAST_INSTANCE"))
		return;
	/* If it fails the supervisor is gone, and its death ends this process. */
	if (io_write_all(PROCESS_READY_FD, &byte, 1, &ignored) == OK)
		close(PROCESS_READY_FD);
}

/* Who listens: the database's user can make a socket in run_dir, too. */
static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

enum status control_ask(const struct instance *i, enum control_command command,
			void (*each)(void *ctx, const struct control_reply *reply), void *ctx,
			struct err *err)
{
	const struct control_request request = {CONTROL_VERSION, command};
	struct control_reply reply;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 5};
	enum status status = io_path(address.sun_path, sizeof(address.sun_path), err,
				     "%s/" INSTANCE_CONTROL, i->run_dir);
	if (status != OK)
		return status;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, FAILED, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		bool absent = errno == ENOENT || errno == ECONNREFUSED;
		status = absent ? err_set(err, NOT_FOUND, "the instance %s is not running", i->dir)
				: err_errno(err, FAILED, "%s", address.sun_path);
	} else if (!is_ours(fd)) {
		status = err_set(err, DENIED, "%s belongs to another user", address.sun_path);
	} else if (send(fd, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request)) {
		status = err_errno(err, UNAVAILABLE, "%s", address.sun_path);
	}
	do {
		if (status != OK)
			break;
		ssize_t n = recv(fd, &reply, sizeof(reply), 0);
		if (n != sizeof(reply) || reply.version != CONTROL_VERSION)
			status = err_set(err, UNAVAILABLE, "the supervisor gave no answer");
		else if (reply.error[0])
			status =
			    err_set(err, FAILED, "%.*s", (int)sizeof(reply.error) - 1, reply.error);
		else if (each)
			each(ctx, &reply);
	} while (status == OK && reply.more);
	close(fd);
	return status;
}
