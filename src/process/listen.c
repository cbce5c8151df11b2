/* The listening sockets that the supervisor holds for its processes. */
#include "process/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The address has been checked by the table of options. */
static socklen_t listen_parse(const char *text, struct sockaddr_storage *out)
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

enum status listen_open(const struct config *c, enum config_id option, int *out, struct err *err)
{
	const char *text = config_text(c, option);
	struct sockaddr_storage address;
	int on = 1;
	socklen_t size = listen_parse(text, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, FAILED, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1024) != 0) {
		enum status status = err_errno(err, errno == EADDRINUSE ? CONFLICT : FAILED,
					       "%s = %s", config_options[option].name, text);
		close(fd);
		return status;
	}
	*out = fd;
	return OK;
}

enum status listen_check(const struct config *c, enum config_id option, struct err *err)
{
	const char *text = config_text(c, option);
	struct sockaddr_storage address;
	int on = 1;
	enum status status = OK;
	socklen_t size = listen_parse(text, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, FAILED, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, size) != 0)
		status = err_errno(err, errno == EADDRINUSE ? CONFLICT : FAILED, "%s = %s",
				   config_options[option].name, text);
	close(fd);
	return status;
}
