#include "site/pictures/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include "base/io.h"
#include "process/spawn.h"

enum { PIECE = 256 << 10 };

/* Write the picture and read the result at the same time: either may be larger than a pipe. The
 * child ends by itself, at the latest by its limit of processor time. */
static bool convert_feed(int to, int from, struct str bytes, struct buf *result)
{
	bool good = true;
	fcntl(to, F_SETFL, O_NONBLOCK);
	for (;;) {
		struct pollfd fds[] = {{.fd = from, .events = POLLIN},
				       {.fd = bytes.n ? to : -1, .events = POLLOUT}};
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return false;
		if (fds[1].revents) {
			ssize_t n = write(to, bytes.p, bytes.n < PIECE ? bytes.n : PIECE);
			if (n < 0 && errno != EAGAIN && errno != EINTR)
				bytes.n = 0; /* the child has seen enough */
			else if (n > 0)
				bytes = (struct str){bytes.p + n, bytes.n - (size_t)n};
			if (!bytes.n)
				close(to);
		}
		if (!fds[0].revents)
			continue;
		char *room = buf_room(result, PIECE);
		char rest[4096];
		ssize_t n = read(from, room ? room : rest, room ? PIECE : sizeof(rest));
		good &= room != NULL;
		if (n > 0 && room)
			buf_grew(result, (size_t)n);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
	}
	if (bytes.n)
		close(to);
	return good && result->n > 0;
}

enum status picture_convert(const struct pictures_options *o, const char *kind, struct str bytes,
			    struct buf *result, const char **cause, struct err *err)
{
	char path[PICTURE_PATH];
	int to, from;
	pid_t pid;
	struct err why;
	enum status status = io_path(path, sizeof(path), err, "%s/holdfast-parse", o->program_dir);
	if (status != OK)
		return status;
	struct spawn child = {
	    .path = path,
	    .user = o->user,
	    .argv = (const char *const[]){"holdfast-parse", "picture", kind, NULL},
	    .env = (const char *const[]){NULL},
	    .err = -1,
	    .death_signal = SIGKILL,
	};
	signal(SIGPIPE, SIG_IGN);
	status = spawn_piped(&child, &pid, &to, &from, err);
	if (status != OK)
		return status;
	bool whole = convert_feed(to, from, bytes, result);
	close(from);
	if (spawn_wait(pid, "holdfast-parse", &why) != OK || !whole)
		*cause = "it is broken, or too large to be converted";
	return OK;
}
