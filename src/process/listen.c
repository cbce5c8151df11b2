/* The listening sockets that the supervisor holds for its processes: one for each, at the same
 * address. The kernel distributes new connections over those of the processes that run. The sockets
 * of a class are opened and closed together, so that their numbers in the kernel's group are those
 * of the slots. */
#include "base/endpoint.h"
#include "base/log.h"
#include "process/internal.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_count(const struct supervisor *sv, const struct process_slot *first)
{
	int n = 0;
	while (first + n < sv->slots + sv->count && first[n].class == first->class)
		n++;
	return n;
}

void listen_close(struct supervisor *sv, struct process_slot *s)
{
	struct process_slot *first = s - s->index;
	for (int n = 0; n < listen_count(sv, first); n++) {
		if (first[n].listener < 0)
			continue;
		/* Also for a process that still has it. */
		shutdown(first[n].listener, SHUT_RD);
		close(first[n].listener);
		first[n].listener = -1;
	}
}

enum status listen_check(const struct supervisor *sv, const struct process_slot *s, struct err *err)
{
	const struct config *c = &sv->instance->config;
	enum config_id option = s->class->address;
	enum status status = endpoint_check_free(config_text(c, option), err);
	return status == OK ? OK : config_prefix(c, option, err, status);
}

enum status listen_open(struct supervisor *sv, struct process_slot *s, struct err *err)
{
	const struct config *c = &sv->instance->config;
	enum config_id option = s->class->address;
	struct process_slot *first = s - s->index;
	enum status status = OK;
	if (!s->class->listens || s->listener >= 0)
		return OK;
	for (int n = 0; n < listen_count(sv, first) && status == OK; n++)
		status = endpoint_listen(config_text(c, option), &first[n].listener, err);
	if (status == OK)
		return OK;
	listen_close(sv, s);
	return config_prefix(c, option, err, status);
}

/* A classic BPF program that gives the number of a socket in the group, at random. */
void listen_steer(const struct supervisor *sv, const struct process_slot *s)
{
	struct sock_filter code[2 + 2 * SLOTS_MAX + 1];
	const struct process_slot *first = s - s->index;
	unsigned short length = 2;
	unsigned run = 0;
	if (first->listener < 0)
		return;
	for (int n = 0; n < listen_count(sv, first); n++) {
		if (first[n].state != PROCESS_RUNNING)
			continue;
		code[length++] =
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, run++, 0, 1);
		code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (unsigned)n);
	}
	if (!run)
		return; /* connections wait where they waited */
	code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					       (unsigned)(SKF_AD_OFF + SKF_AD_RANDOM));
	code[1] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, run);
	code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	const struct sock_fprog program = {length, code};
	if (setsockopt(first->listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
		       sizeof(program)) != 0)
		log_warn("connections cannot be kept from processes that do not run",
			 LOG_S("cause", strerror(errno)));
}
