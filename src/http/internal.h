/* How the parts of http/ see each other. */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/socket.h>
#include "http/http.h"
#include "base/ascii.h"
#include "base/random.h"

enum {
	SCRATCH_BYTES = 64 * 1024, /* one read */
	/* what may wait behind a request in flight before we stop reading */
	PIPELINE_BYTES = 64 * 1024,
	INLINE_BYTES = 4096, /* bodies up to this are copied behind the head: one send, one iovec */
	SEGMENTS_MAX = 16,   /* of a path */
	HOPS_MAX = 32,       /* proxies that are looked through for the client */
	SPARE_REQUESTS = 64, /* kept for the next use */
};

/* ---- routes (route.c) ---- */

struct segment {
	struct str literal; /* p == NULL: a parameter */
	int param;          /* its index in the row's params */
	bool rest;
};

struct compiled_route {
	const struct http_route *row;
	const struct http_group *group;
	struct segment segments[SEGMENTS_MAX];
	size_t segments_count;
	int params_count, fields_count;
	bool secret; /* one of the rows is */
};

struct route_table {
	struct compiled_route *routes;
	size_t count;
};

void route_table_init(struct route_table *table, const struct http_group *groups);
void route_table_release(struct route_table *table);

/* ---- requests ---- */

/* The state of a connection. Each state but CONN_HANDLER has a deadline; a handler has its own. */
enum conn_state {
	CONN_HEAD,    /* waits for a head or receives one */
	CONN_BODY,    /* receives a body */
	CONN_HANDLER, /* the handler has the request */
	CONN_WRITE,   /* the client takes the answer slowly */
	/* our side is closed; reads until the client has seen the answer and closes too, because
	 * closing with unread bytes would reset the answer away */
	CONN_LINGER,
};

/* Lists of connections by what they wait for. In each the time-out is one constant, so that the
 * first one is always the next to expire: no heap, and moving is four pointers. */
enum wait {
	WAIT_NONE,
	WAIT_IDLE,
	WAIT_HEAD,
	WAIT_BODY,
	WAIT_WRITE,
	WAIT_LINGER,
	WAIT_HALF_CLOSED, /* CONN_HANDLER, and the client has closed its direction */
	WAITS,
};

struct live_request {
	struct http_request request; /* first: the two pointers are the same */
	struct http_server *server;
	struct connection *conn; /* NULL: the client is gone */
	struct live_request *previous, *next;
	uint64_t client; /* the client's address, as peers_key has it */
	/* counts the request for the client's address that a proxy sent; NULL: none did */
	struct peer *peer;
	const struct compiled_route *route; /* NULL: none matched */
	struct http_value *values;          /* in the order of the row's params */
	struct http_value *fields;          /* in the order of the row's fields */
	struct http_head head;
	struct buf out, body;
	http_more *more; /* of a stream that has not ended */
	void *more_ctx;
	struct http_answer answer; /* departing: what leaves then */
	struct event departure;
	bool departing;
	void (*gone)(void *ctx);
	void *gone_ctx;
	int64_t started_us;
	char id[HEX_U64];
	char allow[64]; /* methods of this path, for 405 and OPTIONS */
};

struct connection {
	struct http_server *server;
	int fd;
	struct http_client address; /* of the other end of the socket */
	bool trusted;               /* that is a proxy of options.trusted_proxies */
	bool proxy_header;          /* a header of the PROXY protocol comes first */
	enum conn_state state;
	enum wait wait;
	int64_t deadline_ms;
	struct connection *previous, *next; /* in the list of `wait` */
	struct event read, write;
	bool reading;
	bool running;     /* inside conn_run: closing frees later */
	bool dead;        /* closed, freed when conn_run ends */
	bool close_after; /* this answer is the last one */
	bool half_closed; /* the client sends no more: it wants its answers, or it has left */
	bool probed;      /* an interim answer was sent, which one that left answers with a reset */
	int requests;
	struct buf in; /* what arrived and is not used yet */
	struct http_scan scan;
	struct http_chunks chunks;
	uint64_t body_left;
	struct live_request *request;
	struct buf out; /* rest of the answer's head */
	size_t out_at;
	struct str out_body; /* rest of the body, in the request or static */
	struct peer *peer;   /* NULL: a trusted proxy, which is no client */
};

/* What one client address has at once (IPv6: of one /64, which is one customer). */
struct peer {
	struct peer *next;
	uint64_t key;
	int connections;
};

/* Wrong tokens of one client address (auth.c). */
struct auth_failures {
	uint64_t key;
	int64_t until_ms; /* when all will be forgotten */
};
enum { AUTH_SLOTS = 1024 };

struct http_server {
	struct http_server_options options;
	struct route_table routes;
	struct event *listener, *tick;
	bool accepting;
	int64_t resume_accept_ms; /* out of descriptors: not before */
	struct connection *first[WAITS], *last[WAITS];
	int waiting[WAITS]; /* how many are in each */
	int64_t timeout_ms[WAITS];
	struct live_request *live; /* all requests in flight */
	struct live_request *spare;
	int spare_count;
	struct peer **peers;
	size_t peers_mask;
	struct auth_failures auth[AUTH_SLOTS];
	struct http_stats stats;
	int64_t now_ms;
	struct random ids;
	uint64_t peers_seed; /* of the hash */
	bool draining;
	int64_t drain_deadline_ms;
	int64_t drain_silent_ms; /* from then on connections that sent nothing are closed */
	void (*drained)(void *ctx);
	void *drained_ctx;
	int64_t date_s;
	char date[64];  /* "Date: ...\r\n" */
	struct buf out; /* the head under construction */
	/* Sends server->out, then body, and ends the request: conn_send. Answers
	 * are below connections. */
	void (*send)(struct connection *conn, struct str body);
	void (*cut)(struct connection *conn); /* conn_close */
	char scratch[SCRATCH_BYTES];
};

static inline struct live_request *live_of(const struct http_request *request)
{
	return (struct live_request *)request;
}

/* The files from the lowest to the highest; each calls only those above it here. */

/* waits.c: the lists of connections by what they wait for. Entering starts the full time-out. */
void waits_enter(struct connection *conn, enum wait wait);
void waits_leave(struct connection *conn);

/* peers.c: connections, or requests through trusted proxies, of each client address */
uint64_t peers_key(const struct http_client *address);
/* NULL: the address has as many as limits.connections_per_address. */
struct peer *peers_admit(struct http_server *server, uint64_t key);
/* Seeded, so that clients cannot choose addresses that collide. */
uint32_t peers_hash(const struct http_server *server, uint64_t key);
void peers_leave(struct http_server *server, struct peer *peer);

/* values.c: what a row allows ("a whole number from 1 to 100"), and whether value->text, a copy
 * that may be changed, is that; types it. */
void value_describe(const struct http_param *param, struct buf *out);
MUST_CHECK bool value_check(const struct http_param *param, struct http_value *value);

/* request.c */
struct live_request *request_create(struct http_server *server, struct connection *conn);
void request_free(struct live_request *live);
void request_free_spare(struct http_server *server);

/* answer.c: answer a request that was not understood. The connection closes. */
void answer_fault(struct live_request *live, enum http_fault fault);
/* The problem with a remedy of this occurrence. */
void answer_problem(struct live_request *live, enum http_problem problem, const char *parameter,
		    const char *remedy, const char *detail);

/* params.c: decode, check and type what rows describe. False: answered. */
struct param_set {
	const struct http_param *rows;
	int count;
	struct http_value *values;
	bool body; /* fields, not parameters */
};
MUST_CHECK bool params_decode(struct live_request *live, struct str raw, bool plus,
			      const char *parameter, struct str *out);
/* The row of that name; -1: none. Path parameters have none. */
int params_find(const struct live_request *live, const struct param_set *set, struct str name);
MUST_CHECK bool params_put(struct live_request *live, const struct param_set *set, int index,
			   struct str text);
/* Answers what is wrong with a parameter whose value is `is`, or anything
 * else when that is NULL. */
void params_refuse(struct live_request *live, const struct http_param *param, const char *is);
MUST_CHECK bool params_unknown(struct live_request *live, const struct param_set *set,
			       struct str name);
/* name=value&name=value */
MUST_CHECK bool params_take_pairs(struct live_request *live, const struct param_set *set,
				  struct str pairs);
MUST_CHECK bool params_all_there(struct live_request *live, const struct param_set *set);
MUST_CHECK bool params_take_path(struct live_request *live, const struct str *raw_segments,
				 size_t count);
MUST_CHECK bool params_take_query(struct live_request *live);

/* body.c: the fields of the body, from JSON or a form. False: answered. */
MUST_CHECK bool body_take(struct live_request *live);

/* dispatch.c: find the route, type the parameters, call the handler or answer what is wrong. */
void dispatch(struct live_request *live);

/* connection.c */
void conn_create(struct http_server *server, int fd, const struct http_client *address,
		 struct peer *peer);
/* server->send */
void conn_send(struct connection *conn, struct str body);
void conn_close(struct connection *conn);
/* The deadline of its list has passed. */
void conn_expire(struct connection *conn);

#endif
