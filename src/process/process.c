#include "process/process.h"
#include "base/io.h"
#include "base/log.h"

#include <stdlib.h>
#include <sys/resource.h>
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

bool process_say_ready(unsigned separation)
{
	unsigned char byte = (unsigned char)separation;
	struct err ignored;
	/* An error means that the supervisor has died, which ends this process, too. */
	return getenv("HOLDFAST_INSTANCE") &&
	       io_write_all(PROCESS_READY_FD, &byte, 1, &ignored) == OK;
}

void process_ready(unsigned separation)
{
	if (process_say_ready(separation))
		close(PROCESS_READY_FD);
}

/* Listener, log, cache, libraries and files that are open for a moment. */
enum { PROCESS_OTHER_FILES = 64 };

uint64_t process_files(const struct config *c)
{
	return (uint64_t)(config_number(c, CONFIG_HTTP_CONNECTIONS) +
			  config_number(c, CONFIG_DB_CONNECTIONS) + PROCESS_OTHER_FILES);
}

int process_connections(const struct config *c)
{
	int64_t wanted = config_number(c, CONFIG_HTTP_CONNECTIONS);
	uint64_t files = process_files(c);
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= files)
		return (int)wanted;
	if (limit.rlim_max > limit.rlim_cur) { /* not started by the supervisor */
		limit.rlim_cur = files < limit.rlim_max ? files : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == files)
			return (int)wanted;
	}
	int64_t left = (int64_t)limit.rlim_cur - ((int64_t)files - wanted);
	if (left < 1)
		left = 1;
	log_warn("the limit of open files allows fewer connections than http.connections",
		 LOG_I("files", (int64_t)limit.rlim_cur), LOG_I("needed", (int64_t)files),
		 LOG_I("connections", left));
	return (int)left;
}
