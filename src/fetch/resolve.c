#include "fetch/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "fetch/read/read.h"

#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_TIMEOUT_MS = 2000, QUERY_TRIES = 3, TTL_MAX_S = 300 };

/* c-ares cannot cancel one query: the lookup of a call that has ended runs on without it. */
struct lookup {
	struct call *call; /* NULL: the call has ended */
};

enum status resolve_open(struct fetch *f, struct err *err)
{
	/* Names are never completed with the local domain. The hosts file is read first. */
	struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
				       .timeout = QUERY_TIMEOUT_MS,
				       .tries = QUERY_TRIES,
				       .lookups = (char[]){"fb"}};
	int code = ares_init_options(&f->names, &options,
				     ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					 ARES_OPT_LOOKUPS);
	if (code != ARES_SUCCESS)
		return err_set(err, FAILED, "the resolver: %s", ares_strerror(code));
	f->names_open = true;
	if (f->options.resolvers.n == 0)
		return OK;
	struct str copy = arena_str(&f->arena, f->options.resolvers);
	must(copy.p != NULL);
	for (char *p = (char *)copy.p; *p; p++)
		if (*p == ' ')
			*p = ',';
	code = ares_set_servers_ports_csv(f->names, copy.p);
	return code == ARES_SUCCESS ? OK
				    : err_set(err, INVALID, "resolvers: %s", ares_strerror(code));
}

static struct lookup *lookup_new(struct call *call)
{
	struct lookup *lookup = memory_alloc(sizeof(*lookup));
	lookup->call = call;
	call->lookup = lookup;
	return lookup;
}

/* Free a lookup that has ended. Returns its call; NULL: the call has ended before. */
static struct call *lookup_end(struct lookup *lookup)
{
	struct call *call = lookup->call;
	free(lookup);
	if (call)
		call->lookup = NULL;
	return call;
}

void resolve_forget(struct call *call)
{
	if (call->lookup)
		call->lookup->call = NULL;
	call->lookup = NULL;
}

static enum wire_outcome resolve_outcome(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return WIRE_OK;
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
	case ARES_ENONAME:
	case ARES_EBADNAME:
		return WIRE_NO_SUCH_NAME;
	default:
		return WIRE_DNS;
	}
}

/* ---- addresses ---- */

/* Store the addresses, IPv4 first, because machines with only one of the two mostly have IPv4. */
static void resolve_store_addresses(struct call *call, const struct ares_addrinfo *info)
{
	static const int families[] = {AF_INET, AF_INET6};
	int ttl = TTL_MAX_S;
	call->addresses_count = 0;
	for (size_t f = 0; f < 2; f++)
		for (const struct ares_addrinfo_node *n = info->nodes; n; n = n->ai_next) {
			if (n->ai_family != families[f] || n->ai_addrlen > sizeof(union address) ||
			    call->addresses_count == FETCH_ADDRESSES_MAX)
				continue;
			memcpy(&call->addresses[call->addresses_count++], n->ai_addr,
			       n->ai_addrlen);
			if (n->ai_ttl < ttl)
				ttl = n->ai_ttl;
		}
	call->fresh_until_ms = ttl > 0 ? clock_ms() + (int64_t)ttl * 1000 : 0;
}

static void resolve_on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	struct call *call = lookup_end(arg);
	(void)timeouts;
	if (call && status == ARES_SUCCESS) {
		resolve_store_addresses(call, info);
		if (call->addresses_count == 0)
			status = ARES_ENODATA;
	}
	ares_freeaddrinfo(info);
	if (call)
		call->fetch->on_resolved(call, resolve_outcome(status), ares_strerror(status));
}

void resolve_addresses(struct call *call)
{
	/* NOSORT: to sort, c-ares would connect sockets to addresses that the guard has not
	 * checked. */
	struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC};
	ares_getaddrinfo(call->fetch->names, call->url.host, NULL, &hints, resolve_on_addresses,
			 lookup_new(call));
}

/* ---- mail servers ---- */

static void resolve_on_mx_address(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	struct call *call = lookup_end(arg);
	(void)timeouts;
	ares_freeaddrinfo(info);
	if (!call)
		return;
	if (status == ARES_SUCCESS)
		call->answer.facts.of[call->answer.facts.count++] =
		    (struct wire_fact){STR("address"), STR("true")};
	/* A domain with mail servers need not have an address; one without records of either
	 * kind exists all the same. */
	bool known = call->answer.facts.count > 0 || status == ARES_ENODATA;
	enum wire_outcome outcome = known ? WIRE_OK : resolve_outcome(status);
	call->fetch->on_resolved(call, outcome, ares_strerror(status));
}

struct server {
	unsigned priority;
	const char *host;
};

static int server_compare(const void *a, const void *b)
{
	const struct server *x = a, *y = b;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->host, y->host);
}

static void resolve_add_servers(struct call *call, const struct ares_mx_reply *first)
{
	enum { SERVERS_MAX = 16 };
	struct server servers[SERVERS_MAX] = {0};
	struct wire_facts *facts = &call->answer.facts;
	size_t n = 0;
	for (; first && n < SERVERS_MAX; first = first->next)
		servers[n++] = (struct server){first->priority, first->host};
	qsort(servers, n, sizeof(servers[0]), server_compare);
	if (n == 1 && (servers[0].host[0] == '\0' || strcmp(servers[0].host, ".") == 0)) {
		facts->of[facts->count++] = (struct wire_fact){STR("null_mx"), STR("true")};
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct str value = str_of(
		    arena_printf(&call->arena, "%u %s", servers[i].priority, servers[i].host));
		/* A name server may send names that are not valid host names. */
		fact_add(facts, &call->arena, "mx", value, WIRE_VALUE_MAX);
	}
}

static void resolve_on_mx(void *arg, int status, int timeouts, unsigned char *packet, int n)
{
	struct call *call = lookup_end(arg);
	struct ares_mx_reply *servers = NULL;
	struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC};
	(void)timeouts;
	if (!call)
		return;
	if (status == ARES_SUCCESS)
		status = ares_parse_mx_reply(packet, n, &servers);
	if (status == ARES_SUCCESS)
		resolve_add_servers(call, servers);
	ares_free_data(servers);
	if (status != ARES_SUCCESS && status != ARES_ENODATA) {
		call->fetch->on_resolved(call, resolve_outcome(status), ares_strerror(status));
		return;
	}
	ares_getaddrinfo(call->fetch->names, call->request.url.p, NULL, &hints,
			 resolve_on_mx_address, lookup_new(call));
}

void resolve_mx(struct call *call)
{
	ares_query(call->fetch->names, call->request.url.p, ns_c_in, ns_t_mx, resolve_on_mx,
		   lookup_new(call));
}
