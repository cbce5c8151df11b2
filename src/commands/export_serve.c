/* holdfast export --serve: pages made on request, shown again when a file of DIR/web changes. */
#include "commands/export_serve.h"
#include "base/ascii.h"
#include "base/endpoint.h"
#include "base/files.h"
#include "base/io.h"
#include "base/memory.h"
#include "site/export/preview.h"
#include "site/look/look.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SERVE_CLIENTS = 32, /* further ones wait in the listening socket's queue */
	SERVE_REQUEST = 8192,
	SERVE_PAGE = 32 << 20,
	SERVE_DEPTH = 8, /* folders of DIR/web that are watched */
	SERVE_SEND_S = 10,
	EXCERPT_LINES = 3, /* before and after a template's mistake */
};

struct serve_client {
	int fd;     /* -1: free */
	bool waits; /* for the next change */
	size_t bytes;
	char request[SERVE_REQUEST];
};

struct serve {
	const struct instance *instance;
	struct preview *preview;
	struct err mistake; /* of the templates; text is empty when there is none */
	int listen_fd, watch_fd;
	char web[PATH_MAX];
	struct serve_client client[SERVE_CLIENTS];
};

/* ---- watching ---- */

/* Watch a folder and those below it. Folders that cannot be read are not watched. */
static void serve_watch(struct serve *s, const char *path, int depth)
{
	struct dirent *entry;
	DIR *dir = depth < SERVE_DEPTH ? opendir(path) : NULL;
	if (!dir)
		return;
	(void)!inotify_add_watch(s->watch_fd, path,
				 IN_CLOSE_WRITE | IN_MOVE | IN_CREATE | IN_DELETE | IN_ONLYDIR);
	while ((entry = readdir(dir))) {
		char below[PATH_MAX];
		struct err ignored;
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
		    io_path(below, sizeof(below), &ignored, "%s/%s", path, entry->d_name) == OK)
			serve_watch(s, below, depth + 1);
	}
	closedir(dir);
}

static void serve_watch_all(struct serve *s)
{
	/* The folder of the instance, too, in which DIR/web may appear. */
	(void)!inotify_add_watch(s->watch_fd, s->instance->dir, IN_CREATE | IN_MOVED_TO);
	serve_watch(s, s->web, 0);
}

/* ---- answers ---- */

static void serve_send(struct serve_client *c, struct str text)
{
	while (text.n) {
		ssize_t n = send(c->fd, text.p, text.n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text = (struct str){text.p + n, text.n - (size_t)n};
	}
}

static void serve_close(struct serve_client *c)
{
	close(c->fd);
	*c = (struct serve_client){.fd = -1};
}

static void serve_answer(struct serve_client *c, const char *status, const char *type,
			 struct str body)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			 "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
			 status, type, body.n);
	serve_send(c, (struct str){head, (size_t)n});
	serve_send(c, body);
	serve_close(c);
}

static void serve_put_escaped(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '<')
			buf_puts(out, "&lt;");
		else if (text.p[i] == '&')
			buf_puts(out, "&amp;");
		else
			buf_putc(out, text.p[i]);
}

/* The lines around a mistake, of an error that says "template NAME, line N: ...", perhaps behind
 * the path of the operator's file, or "FILE, line N". */
static void serve_put_excerpt(struct str error, struct buf *out)
{
	static const struct str before = STR("template "), line = STR(", line ");
	char path[512];
	const char *at = memmem(error.p, error.n, line.p, line.n);
	if (!at)
		return;
	struct str name = {error.p, (size_t)(at - error.p)};
	const char *said = memmem(name.p, name.n, before.p, before.n);
	if (said)
		name = (struct str){said + before.n, (size_t)(at - said) - before.n};
	bool is_file = str_ends(name, STR(".mustache"));
	snprintf(path, sizeof(path), "%s%.*s%s", is_file ? "" : "site/", STR_ARG(name),
		 is_file ? "" : ".mustache");
	const struct file *file = files_find(str_of(path));
	long wanted = strtol(at + line.n, NULL, 10), number = 1;
	if (!file)
		return;
	buf_printf(out, "<p>%s</p><pre>", path);
	for (struct str rest = file->body; rest.p; number++) {
		struct str text = str_cut(&rest, '\n');
		if (number < wanted - EXCERPT_LINES || number > wanted + EXCERPT_LINES)
			continue;
		buf_printf(out, number == wanted ? "<strong>%4ld  " : "%4ld  ", number);
		serve_put_escaped(out, text);
		buf_puts(out, number == wanted ? "</strong>\n" : "\n");
	}
	buf_puts(out, "</pre>");
}

static void serve_put_problem(const struct err *err, struct buf *out)
{
	buf_puts(out,
		 "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Mistake</title>"
		 "<style>body{font:1rem/1.5 system-ui;margin:2rem;max-width:60rem}"
		 "pre{padding:1rem;background:#f3f3f3;color:#222;overflow:auto}"
		 "strong{background:#ffe0a3}</style><body><h1>");
	serve_put_escaped(out, str_of(err->text));
	buf_puts(out, "</h1>");
	serve_put_excerpt(str_of(err->text), out);
	buf_puts(out, "</body></html>");
}

/* A page with the line that loads it again when something changes. */
static void serve_page(struct serve_client *c, const char *status, const char *type,
		       struct str page)
{
	static const struct str end = STR("</body>");
	static const struct str script = STR(
	    "<script>new EventSource('/_/events').onmessage = () => location.reload()</script>\n");
	struct buf body;
	if (!str_starts(str_of(type), STR("text/html"))) {
		serve_answer(c, status, type, page);
		return;
	}
	buf_init(&body, SERVE_PAGE);
	const char *at = memmem(page.p, page.n, end.p, end.n);
	size_t n = at ? (size_t)(at - page.p) : page.n;
	buf_add(&body, page.p, n);
	buf_str(&body, script);
	buf_add(&body, page.p + n, page.n - n);
	serve_answer(c, status, type, buf_view(&body));
	buf_release(&body);
}

static void serve_get(struct serve *s, struct serve_client *c, struct str path)
{
	struct buf page;
	struct err err = s->mistake;
	const char *type = "text/html; charset=utf-8", *http = "200 OK";
	enum status status = INVALID;
	buf_init(&page, SERVE_PAGE);
	if (!*s->mistake.text)
		status = preview_get(s->preview, path, &page, &type, &err);
	if (status != OK) {
		http = status == NOT_FOUND ? "404 Not Found" : "500 Internal Server Error";
		type = "text/html; charset=utf-8";
		buf_reset(&page);
		serve_put_problem(&err, &page);
	}
	serve_page(c, http, type, buf_view(&page));
	buf_release(&page);
}

/* The value of a header of the request; empty: it has none. */
static struct str serve_header(struct str request, struct str name)
{
	while (request.p) {
		struct str line = str_trim(str_cut(&request, '\n')), key = str_cut(&line, ':');
		if (line.p && str_eq_nocase(key, name))
			return str_trim(line);
	}
	return (struct str){NULL, 0};
}

/* Refuse other host names: a foreign site could point its own name to this address and read the
 * pages (DNS rebinding). */
static bool serve_host_is_ours(struct str request)
{
	struct str host = serve_header(request, STR("host")), name = str_cut(&host, ':');
	return str_eq(name, STR("127.0.0.1")) || str_eq_nocase(name, STR("localhost"));
}

static void serve_request(struct serve *s, struct serve_client *c)
{
	struct str request = {c->request, c->bytes}, rest = request;
	struct str line = str_cut(&rest, '\n'), method = str_cut(&line, ' ');
	struct str path = line.p ? str_cut(&line, ' ') : line;
	if (!str_eq(method, STR("GET")) || !path.n || path.p[0] != '/') {
		serve_answer(c, "405 Method Not Allowed", "text/plain", STR("GET only\n"));
	} else if (!serve_host_is_ours(request)) {
		serve_answer(c, "403 Forbidden", "text/plain", STR("ask for 127.0.0.1\n"));
	} else if (str_eq(path, STR("/_/events"))) {
		c->waits = true;
		serve_send(c, STR("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
				  "Cache-Control: no-store\r\n\r\nretry: 500\n\n"));
	} else {
		serve_get(s, c, path);
	}
}

/* ---- events ---- */

static void serve_load(struct serve *s)
{
	size_t replaced;
	struct err err = {.text = ""};
	files_reset();
	enum status status = files_replace(s->web, &replaced, &err);
	if (status == OK) {
		look_compose(&s->instance->config, false);
		status = preview_reload(s->preview, &err);
	}
	s->mistake = err;
	if (status == OK)
		s->mistake.text[0] = '\0';
	else
		fprintf(stderr, "holdfast export: %s\n", err.text);
}

/* Something in DIR/web has changed: load it and tell the browsers. */
static void serve_changed(struct serve *s)
{
	char events[65536];
	(void)!read(s->watch_fd, events, sizeof(events));
	serve_watch_all(s);
	serve_load(s);
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		if (s->client[i].fd >= 0 && s->client[i].waits)
			serve_send(&s->client[i], STR("data: reload\n\n"));
}

static void serve_accept(struct serve *s, struct serve_client *c)
{
	const struct timeval limit = {.tv_sec = SERVE_SEND_S};
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	(void)!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	c->fd = fd;
}

static void serve_read(struct serve *s, struct serve_client *c)
{
	static const struct str end = STR("\r\n\r\n");
	ssize_t n = recv(c->fd, c->request + c->bytes, sizeof(c->request) - c->bytes, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || c->waits) {
		serve_close(c);
		return;
	}
	c->bytes += (size_t)n;
	if (memmem(c->request, c->bytes, end.p, end.n))
		serve_request(s, c);
	else if (c->bytes == sizeof(c->request))
		serve_answer(c, "431 Request Header Fields Too Large", "text/plain",
			     STR("too large\n"));
}

static enum status serve_loop(struct serve *s, struct err *err)
{
	for (;;) {
		struct pollfd fds[SERVE_CLIENTS + 2];
		struct serve_client *free_client = NULL;
		for (size_t i = 0; i < SERVE_CLIENTS; i++) {
			fds[i] = (struct pollfd){.fd = s->client[i].fd, .events = POLLIN};
			if (s->client[i].fd < 0)
				free_client = &s->client[i];
		}
		fds[SERVE_CLIENTS] =
		    (struct pollfd){.fd = free_client ? s->listen_fd : -1, .events = POLLIN};
		fds[SERVE_CLIENTS + 1] = (struct pollfd){.fd = s->watch_fd, .events = POLLIN};
		if (poll(fds, SERVE_CLIENTS + 2, -1) < 0 && errno != EINTR)
			return err_errno(err, FAILED, "poll");
		for (size_t i = 0; i < SERVE_CLIENTS; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				serve_read(s, &s->client[i]);
		if (fds[SERVE_CLIENTS + 1].revents)
			serve_changed(s);
		if (fds[SERVE_CLIENTS].revents)
			serve_accept(s, free_client);
	}
}

enum status export_serve(const struct instance *instance, const struct export_options *options,
			 const char *only, uint16_t port, struct err *err)
{
	struct serve *s = memory_alloc(sizeof(*s));
	struct endpoint bound;
	char address[ENDPOINT_TEXT];
	s->instance = instance;
	s->listen_fd = s->watch_fd = -1;
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		s->client[i].fd = -1;
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	enum status status = io_path(s->web, sizeof(s->web), err, "%s/web", instance->dir);
	if (status == OK)
		status = preview_open(options, only, &s->preview, err);
	if (status == OK)
		status = endpoint_listen(address, &s->listen_fd, err);
	if (status == OK)
		status = endpoint_of_socket(s->listen_fd, &bound, err);
	s->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (status == OK && s->watch_fd < 0)
		status = err_errno(err, FAILED, "cannot watch %s", s->web);
	if (status == OK) {
		serve_watch_all(s);
		endpoint_format(&bound, address);
		printf(
		    "http://%s/ shows the site, http://%s/_/ its pieces; changes in %s are shown at once; Ctrl-C ends\n",
		    address, address, s->web);
		fflush(stdout);
		status = serve_loop(s, err);
	}
	preview_free(s->preview);
	free(s);
	return status;
}
