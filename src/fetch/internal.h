/* How the parts of the fetcher fit together; a file calls only those above it, and those below
 * through the callbacks of struct fetch:
 *
 *   url.c       parses and normalises URLs
 *   robots.c    cache of robots.txt rules by origin
 *   resolve.c   name resolution with c-ares
 *   transfer.c  one hop with libcurl
 *   call.c      a call with all its hops
 *   loop.c      the event loop: the worker's socket, limits of hosts, deadlines
 */
#ifndef FETCH_INTERNAL_H
#define FETCH_INTERNAL_H

#include <ares.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/queue.h>
#include "base/arena.h"
#include "base/buf.h"
#include "fetch/fetch.h"
#include "fetch/guard/guard.h"
#include "pipeline/wire/wire.h"

enum {
	FETCH_ADDRESSES_MAX = 8, /* of a name; further ones are ignored */
	/* requests waiting to start; at the limit the socket is not read */
	FETCH_WAITING_MAX = 1024,
	FETCH_BODIES_MAX = 256 << 20, /* sum of max_body_bytes of the calls in flight */
	FETCH_HEADER_MAX = 65536,     /* bytes of a response before its body */
	FETCH_RATIO_FROM = 1 << 20,   /* decompressed bytes before the ratio is checked */
	FETCH_RATIO_MAX = 100, /* decompressed bytes for each received one; 3 to 20 for text */
	/* a transfer slower than this per second for that many seconds ends */
	FETCH_LOW_SPEED_BYTES = 64,
	FETCH_LOW_SPEED_S = 20,
	FETCH_ROBOTS_REDIRECTS = 5,  /* RFC 9309 2.3.1.2 */
	FETCH_PLAIN_429_MS = 60000,  /* delay after 429 without a valid Retry-After */
	FETCH_TREE_MAX = 64 << 20,   /* memory for the JSON tree of a response */
	FETCH_CONNECTIONS_KEPT = 32, /* idle connections kept for reuse */
	FETCH_HOST_MAX = 253,
};

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

/* ---- url.c ---- */

struct url {
	CURLU *handle; /* NULL: no URL */
	/* host: lower case, ASCII, without brackets and final dot */
	const char *text, *scheme, *host;
	const char *path; /* with its query */
	uint16_t port;
	bool literal; /* the host is `address` */
	union address address;
};

/* Parse an absolute URL, or one relative to `base` (may be NULL). Texts are in the arena. On error
 * *url has been released. INVALID: not a URL that may be called. */
MUST_CHECK enum status url_read(struct url *url, struct arena *arena, const struct url *base,
				struct str text, const struct guard *guard, struct err *err);
void url_release(struct url *url);
/* Normalise a domain, NUL-terminated; p is NULL when it is not a domain. */
MUST_CHECK struct str url_domain(struct arena *arena, struct str text);
bool url_same_origin(const struct url *a, const struct url *b);

/* ---- robots.c: cached rules, by origin ---- */

struct robots_cache;
MUST_CHECK struct robots_cache *robots_cache_create(void);
void robots_cache_free(struct robots_cache *c);
/* The rules for robots_allows, valid until the next robots_put; NULL: not cached. */
const struct str *robots_get(const struct robots_cache *c, const struct url *url);
void robots_put(struct robots_cache *c, const struct url *url, struct str rules);

/* ---- a call ---- */

/* A host by name, for all its ports. Kept while calls use it, its interval is running, or its
 * addresses are fresh. */
struct host {
	struct host *next;
	uint64_t hash;
	char name[FETCH_HOST_MAX + 1];
	uint32_t active; /* calls in flight */
	uint32_t calls;  /* calls that point here */
	int64_t next_start_ms;
	int64_t fresh_until_ms; /* end of the addresses' TTL */
	union address addresses[FETCH_ADDRESSES_MAX];
	size_t addresses_count;
};

enum call_state { CALL_WAITING, CALL_IN_FLIGHT, CALL_DONE };

struct call {
	TAILQ_ENTRY(call) entry;
	struct fetch *fetch;
	enum call_state state;
	uint64_t item;
	struct arena arena; /* texts of the request, URLs, facts */
	struct wire_request request;
	struct wire_answer answer;
	struct buf packet;  /* the encoded answer, when done */
	struct host *host;  /* NULL: of MX requests and URLs that will be refused */
	int64_t came_ms;    /* when it entered its present queue */
	int64_t started_ms; /* of the first start; 0: not started */
	int64_t deadline_ms;
	/* time left until the deadline, while it waits for another host after a redirect */
	int64_t left_ms;
	int64_t waited_ms, waited_inside_ms; /* for hosts: in total, and since its first start */

	/* the present hop */
	struct url url;
	bool robots;  /* the hop fetches robots.txt, for page_url */
	bool allowed; /* robots.txt allows `url` */
	struct url page_url;
	unsigned robots_redirects;
	bool get; /* a redirect has changed POST to GET */
	/* after a redirect to another origin the request's headers are not sent */
	bool headers_dropped;
	struct lookup *lookup;             /* running lookup, which points back here; NULL: none */
	char resolved[FETCH_HOST_MAX + 1]; /* name of `addresses`; empty: none */
	union address addresses[FETCH_ADDRESSES_MAX];
	size_t addresses_count, address_turn;
	int64_t fresh_until_ms;

	/* the present transfer */
	CURL *easy;
	struct curl_slist *pins, *headers;
	struct buf body;
	size_t header_bytes;
	uint64_t body_bytes;
	char location[WIRE_URL_MAX + 1];
	bool location_long;
	char retry_after[64];
	struct str content_type;
	const char *refused; /* why the guard refused the socket; NULL: it did not */
	const char *over;    /* which limit was exceeded; NULL: none */
	bool not_html;
	char error[CURL_ERROR_SIZE];
};

TAILQ_HEAD(calls, call);

struct fetch {
	int peer;
	CURLM *multi;
	ares_channel names;
	bool names_open, hello, draining;
	/* Callbacks, set by fetch_open. A call has ended. */
	void (*on_ended)(struct call *call);
	/* True: the URL of the next hop is on another host, and the call waits for that one. */
	bool (*on_moved)(struct call *call);
	/* A lookup has ended: the addresses of call->url's host, or the facts of an MX request. */
	void (*on_resolved)(struct call *call, enum wire_outcome outcome, const char *detail);
	struct wire_hello options; /* texts in arena */
	struct arena arena;
	struct guard guard;
	struct robots_cache *robots;
	struct calls waiting, in_flight, done;
	uint32_t waiting_count, in_flight_count;
	uint64_t bodies_reserved;
	struct host *hosts[1024];
	bool look_waiting; /* a waiting call may be able to start */
	/* earliest end of a host's interval that a call waits for; INT64_MAX: none */
	int64_t next_start_ms;
	int64_t next_deadline_ms;
	int64_t next_tick_ms, accounted_us;
	uint64_t network_us, limiter_us, idle_us; /* since the last TICK */
	uint64_t answered, bytes;
	char packet[WIRE_MESSAGE_MAX];
};

/* call.c */
MUST_CHECK struct call *call_create(struct fetch *f, const struct wire_message *m);
void call_start(struct call *call);
/* Begin the present hop, or continue when its host may be called. */
void call_resume(struct call *call);
/* The callback fetch->on_resolved. */
void call_resolved(struct call *call, enum wire_outcome outcome, const char *detail);
void call_transferred(struct call *call, CURLcode code);
/* Encode the answer and release everything else; the loop sends it and frees the call. */
void call_end(struct call *call, enum wire_outcome outcome, const char *fmt, ...) PRINTF(3, 4);
void call_free(struct call *call);

/* transfer.c */
void transfer_start(struct call *call);
/* If no connection was made, try the host's next address. False: there is none, or it is too
 * late. */
bool transfer_next_address(struct call *call, CURLcode code);
/* End the transfer, if there is one. */
void transfer_stop(struct call *call);
/* May set call->over. */
enum wire_outcome transfer_outcome(struct call *call, CURLcode code);

/* resolve.c; both call on_resolved, perhaps before they return */
MUST_CHECK enum status resolve_open(struct fetch *f, struct err *err);
void resolve_addresses(struct call *call);
void resolve_mx(struct call *call);
/* The call no longer waits for its lookup. */
void resolve_forget(struct call *call);

#endif
