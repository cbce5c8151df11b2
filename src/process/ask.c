/* A separate file, so that programs that do not ask the supervisor are linked without sockets. */
#include "process/process.h"
#include "base/io.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Check the listener's user: the database's user can make a socket in run_dir, too. */
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
		status = absent ? instance_not_running(i, err, NOT_FOUND)
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
