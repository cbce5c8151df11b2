/* What the supervisor says to the service manager that started it, in the protocol of sd_notify(3):
 * datagrams of lines "NAME=value" to the socket in NOTIFY_SOCKET. Without that variable nothing is
 * said. */
#include "process/internal.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void service_open(struct service *s)
{
	const char *path = getenv("NOTIFY_SOCKET"), *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int64_t number;
	*s = (struct service){.fd = -1};
	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
		return;
	size_t n = strlen(path);
	memcpy(address.sun_path, path, n);
	if (path[0] == '@') /* in the abstract namespace */
		address.sun_path[0] = '\0';
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	if (s->fd < 0 || connect(s->fd, (const struct sockaddr *)&address, size) != 0) {
		service_close(s);
		return;
	}
	bool ours =
	    !pid || (str_to_i64(str_of(pid), 1, INT32_MAX, &number) && number == (int64_t)getpid());
	if (ours && usec && str_to_i64(str_of(usec), 2000, INT64_MAX, &number))
		s->alive_every_ms = number / 2000; /* twice in its time */
}

/* Never wait for the manager: a message that it does not read is lost, and its watchdog notices. */
static void service_say(const struct service *s, const char *text)
{
	if (s->fd >= 0)
		(void)!send(s->fd, text, strlen(text), MSG_NOSIGNAL);
}

void service_ready(struct service *s)
{
	if (!s->ready)
		service_say(s, "READY=1\nSTATUS=everything runs");
	s->ready = true;
}

void service_reloading(struct service *s)
{
	char text[128];
	/* An instance that has not been ready yet is still starting. */
	if (!s->ready)
		return;
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading",
		 (long long)clock_ms() * 1000);
	service_say(s, text);
	s->ready = false;
}

void service_stopping(struct service *s)
{
	service_say(s, "STOPPING=1\nSTATUS=stopping");
}

int64_t service_alive(struct service *s, int64_t now)
{
	if (s->fd < 0 || !s->alive_every_ms)
		return INT64_MAX;
	if (now >= s->alive_at_ms) {
		service_say(s, "WATCHDOG=1");
		s->alive_at_ms = now + s->alive_every_ms;
	}
	return s->alive_at_ms;
}

void service_close(struct service *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
