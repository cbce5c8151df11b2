#include "base/endpoint.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* Open a socket bound to `text`, alone or sharing the port. */
static enum status endpoint_bind(const char *text, bool shared, int *fd, struct err *err)
{
	struct endpoint e;
	int on = 1;
	if (!endpoint_parse(str_of(text), 0, &e))
		return err_set(
		    err, INVALID,
		    "\"%s\" is no address to listen on; write 127.0.0.1:8080 or [::1]:8080", text);
	*fd = socket(e.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return err_errno(err, FAILED, "socket");
	if (setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (!shared || setsockopt(*fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
	    bind(*fd, &e.any, e.size) == 0)
		return OK;
	enum status status =
	    err_errno(err, errno == EADDRINUSE ? CONFLICT : FAILED, "cannot listen on %s", text);
	close(*fd);
	*fd = -1;
	return status;
}

enum status endpoint_listen(const char *text, int *fd, struct err *err)
{
	enum status status = endpoint_bind(text, true, fd, err);
	if (status != OK || listen(*fd, BACKLOG) == 0)
		return status;
	status =
	    err_errno(err, errno == EADDRINUSE ? CONFLICT : FAILED, "cannot listen on %s", text);
	close(*fd);
	*fd = -1;
	return status;
}

enum status endpoint_check_free(const char *text, struct err *err)
{
	int fd = -1;
	enum status status = endpoint_bind(text, false, &fd, err);
	if (status == OK)
		close(fd);
	return status;
}

enum status endpoint_of_socket(int fd, struct endpoint *out, struct err *err)
{
	*out = (struct endpoint){.size = sizeof(out->six)};
	if (getsockname(fd, &out->any, &out->size) != 0)
		return err_errno(err, FAILED, "getsockname");
	return OK;
}
