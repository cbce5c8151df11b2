/* holdfast-web: one web process. Wiring only.
 *
 *   holdfast-web                                   under holdfastd
 *   holdfast-web --listen ADDR:PORT [--conf FILE]  by hand, for tests: prints the address
 *
 * HOLDFAST_DATABASE is libpq's conninfo of the web role. SIGTERM: finish the requests in flight,
 * exit 0. */
#include "base/io.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "config/instance.h"
#include "http/http.h"
#include "process/process.h"
#include "process/sandbox.h"
#include "process/scoreboard.h"
#include "web/web.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct program {
	struct event_base *loop;
	struct web *web;
	int listen_fd; /* -1: closed */
};

static void set_up_log(const struct config *c)
{
	log_setup("holdfast-web", (enum log_level)config_number(c, CONFIG_LOG_LEVEL),
		  config_number(c, CONFIG_LOG_FORMAT) == 1);
}

static int usage(void)
{
	fprintf(stderr, "usage: holdfast-web --listen ADDR:PORT [--conf FILE]\n"
			"A web process; started by holdfastd, or by hand as above.\n");
	return EXIT_USAGE;
}

static void on_drained(void *ctx)
{
	struct program *program = ctx;
	event_base_loopexit(program->loop, NULL);
}

static void on_term(evutil_socket_t signal, short what, void *ctx)
{
	struct program *program = ctx;
	(void)signal;
	(void)what;
	web_drain(program->web, on_drained, program);
	/* New clients are refused, unless the supervisor holds the socket for our successor. */
	if (program->listen_fd >= 0)
		close(program->listen_fd);
	program->listen_fd = -1;
}

/* Shared with the other processes of the instance. */
struct web_shared {
	int cache_fd, event_fd, cache_slot;
	struct scoreboard_region *region;
	struct scoreboard *board;
};

/* Under the supervisor. */
static void take_shared(struct web_shared *shared)
{
	struct err err;
	int region;
	*shared = (struct web_shared){.cache_fd = PROCESS_CACHE_FD, .event_fd = PROCESS_EVENT_FD};
	if (process_number("HOLDFAST_CACHE_SLOT", &shared->cache_slot, &err) != OK ||
	    process_number("HOLDFAST_SCOREBOARD_REGION", &region, &err) != OK ||
	    scoreboard_open_region(PROCESS_SCOREBOARD_FD, region, &shared->region, &err) != OK ||
	    scoreboard_open(PROCESS_SCOREBOARD_READ_FD, &shared->board, &err) != OK)
		die("%s", err.text);
	/* From here on everything but the own region is read-only. */
	close(PROCESS_SCOREBOARD_FD);
	close(PROCESS_SCOREBOARD_READ_FD);
}

/* Started by hand: private ones. */
static void make_shared(struct web_shared *shared)
{
	const size_t bytes = WEB_STATS_BYTES;
	struct err err;
	*shared = (struct web_shared){.cache_fd = -1, .event_fd = -1, .cache_slot = 1};
	if (scoreboard_create(&bytes, 1, &shared->board, &err) != OK)
		die("%s", err.text);
	scoreboard_set_slot(shared->board, 0, "web/1", PROCESS_RUNNING, 0);
	if (scoreboard_open_region(scoreboard_write_fd(shared->board),
				   scoreboard_begin(shared->board, 0), &shared->region, &err) != OK)
		die("%s", err.text);
}

static int serve(int listen_fd, const struct config *config, const char *replacing,
		 struct web_shared *shared)
{
	struct program program = {.listen_fd = listen_fd};
	struct err err;
	unsigned separation;
	const char *database = getenv("HOLDFAST_DATABASE");

	signal(SIGPIPE, SIG_IGN);
	program.loop = event_base_new();
	if (!program.loop)
		die("cannot make an event loop");
	struct event *term = evsignal_new(program.loop, SIGTERM, on_term, &program);
	struct event *interrupt = evsignal_new(program.loop, SIGINT, on_term, &program);
	must(term && interrupt && event_add(term, NULL) == 0 && event_add(interrupt, NULL) == 0);
	program.web = web_create(&(struct web_options){.loop = program.loop,
						       .listen_fd = listen_fd,
						       .config = config,
						       .conninfo = database ? database : "",
						       .cache_fd = shared->cache_fd,
						       .event_fd = shared->event_fd,
						       .cache_slot = shared->cache_slot,
						       .region = shared->region,
						       .board = shared->board,
						       .replacing = replacing});
	if (sandbox_enter(SANDBOX_WEB, &separation, &err) != OK)
		die("%s", err.text);
	process_ready(separation);
	while (!event_base_got_exit(program.loop)) {
		event_base_loop(program.loop, EVLOOP_ONCE);
		web_pass(program.web);
	}

	web_destroy(program.web);
	scoreboard_close_region(shared->region);
	scoreboard_close(shared->board);
	if (program.listen_fd >= 0)
		close(program.listen_fd);
	event_free(term);
	event_free(interrupt);
	event_base_free(program.loop);
	return EXIT_OK;
}

/* Under the supervisor. */
static int serve_instance(const char *dir)
{
	struct instance instance;
	struct web_shared shared;
	struct err err;
	if (instance_open(&instance, dir, &err) != OK)
		die("%s", err.text);
	set_up_log(&instance.config);
	char replacing[PATH_MAX];
	if (io_path(replacing, sizeof(replacing), &err, "%s/web", instance.dir) != OK)
		die("%s", err.text);
	take_shared(&shared);
	int code = serve(PROCESS_LISTENER_FD, &instance.config, replacing, &shared);
	instance_release(&instance);
	return code;
}

static int serve_alone(const char *address, const char *conf)
{
	struct config config;
	struct web_shared shared;
	struct err err;
	int fd;
	struct endpoint bound;
	char text[ENDPOINT_TEXT];
	config_init(&config);
	if ((conf && config_read(&config, conf, &err) != OK) ||
	    endpoint_listen(address, &fd, &err) != OK || endpoint_of_socket(fd, &bound, &err) != OK)
		die("%s", err.text);
	endpoint_format(&bound, text);
	set_up_log(&config);
	printf("%s\n", text);
	fflush(stdout);
	make_shared(&shared);
	int code = serve(fd, &config, NULL, &shared);
	config_release(&config);
	return code;
}

int main(int argc, char **argv)
{
	const char *instance = getenv("HOLDFAST_INSTANCE");
	const char *listen = NULL, *conf = NULL;

	log_setup("holdfast-web", LOG_INFO, false);
	if (argc % 2 == 0)
		return usage();
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--listen") == 0)
			listen = argv[i + 1];
		else if (strcmp(argv[i], "--conf") == 0)
			conf = argv[i + 1];
		else
			return usage();
	}
	if (listen)
		return serve_alone(listen, conf);
	return instance && !conf ? serve_instance(instance) : usage();
}
