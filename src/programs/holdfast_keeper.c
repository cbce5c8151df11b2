/* holdfast-keeper: the keys of the contact sphere, for the contact process at the other end of
 * PROCESS_PEER_FD. Wiring only. After start it opens nothing, allocates nothing and makes the
 * system calls of its row in the sandbox's table.
 *
 *   holdfast-keeper            HOLDFAST_INSTANCE: whose settings; PROCESS_KEY_FD: the key file.
 *                              Ends with its peer, and on SIGTERM
 *   holdfast-keeper COMMAND    keeper/tool/tool.h */
#include "base/clock.h"
#include "base/log.h"
#include "config/instance.h"
#include "keeper/keyfile/keyfile.h"
#include "keeper/tool/tool.h"
#include "process/process.h"
#include "process/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool has_peer(void)
{
	int type;
	socklen_t n = sizeof(type);
	return getsockopt(PROCESS_PEER_FD, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       type == SOCK_SEQPACKET;
}

/* Nothing is begun that would have to be finished: a request without an answer is asked again. */
static void on_term(int signal)
{
	(void)signal;
	_exit(EXIT_OK);
}

static void read_rules(const char *dir, struct keeper_rules *rules)
{
	struct instance instance;
	struct err err;
	if (instance_open(&instance, dir, &err) != OK)
		die("%s", err.text);
	const struct config *c = &instance.config;
	log_setup("holdfast-keeper", (enum log_level)config_number(c, CONFIG_LOG_LEVEL),
		  config_number(c, CONFIG_LOG_FORMAT) == 1);
	*rules = (struct keeper_rules){
	    .tick_s = (uint32_t)(config_number(c, CONFIG_CONTACT_TICK) / 1000),
	    .unlocks_per_day = (uint32_t)config_number(c, CONFIG_CONTACT_UNLOCKS_PER_DAY),
	    .profile_days = (uint32_t)config_number(c, CONFIG_CONTACT_PROFILE_DAYS)};
	instance_release(&instance);
}

static struct keeper *start_keeper(const char *dir)
{
	struct keeper_rules rules;
	struct keeper_keys keys;
	struct err err;
	bool torn;
	read_rules(dir, &rules);
	/* Keys are in memory only, and in no other process's: not in the swap, not in a core. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		log_warn(
		    "memory cannot be locked, so that keys may reach the swap; raise 'memlock'",
		    LOG_S("error", strerror(errno)));
#ifndef HOLDFAST_DEBUG
	prctl(PR_SET_DUMPABLE, 0);
#endif
	if (keyfile_read(PROCESS_KEY_FD, &keys, &torn, &err) != OK)
		die("%s", err.text);
	close(PROCESS_KEY_FD);
	if (torn)
		log_warn("a slot of the key file is half written; 'holdfast-keeper drop' cleans it",
			 LOG_I("period", keys.period[0].number));
	struct keeper *keeper = keeper_start(&keys, &rules, clock_wall_us() / 1000000);
	explicit_bzero(&keys, sizeof(keys));
	return keeper;
}

/* Until the peer closes its end. Here only what the sandbox allows: no log, which asks for the
 * process's number. */
static void serve_peer(struct keeper *keeper)
{
	static struct keeper_request request;
	static struct keeper_answer answer;
	struct err err;
	enum status status;
	while ((status = keeper_receive_request(PROCESS_PEER_FD, &request, &err)) == OK) {
		keeper_answer(keeper, &request, &answer, clock_wall_us() / 1000000);
		status = keeper_send_answer(PROCESS_PEER_FD, &answer, &err);
		explicit_bzero(&request, keeper_request_bytes(answer.op));
		explicit_bzero(&answer, keeper_answer_bytes(answer.op));
		if (status != OK)
			break;
	}
	keeper_stop(keeper);
	if (status != UNAVAILABLE)
		die("%s", err.text);
}

int main(int argc, char **argv)
{
	struct sigaction term = {.sa_handler = on_term};
	const char *dir = getenv("HOLDFAST_INSTANCE");
	struct err err;
	unsigned separation;
	log_setup("holdfast-keeper", LOG_INFO, false);
	if (argc > 1 || !dir || !has_peer())
		return keeper_tool(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &term, NULL);
	struct keeper *keeper = start_keeper(dir);
	if (sandbox_enter(SANDBOX_KEEPER, &separation, &err) != OK)
		die("%s", err.text);
	(void)process_say_ready(separation); /* it cannot close the pipe any more */
	serve_peer(keeper);
	return EXIT_OK;
}
