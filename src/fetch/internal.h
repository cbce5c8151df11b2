/* How the parts of the fetcher fit together; a file calls only those above it, and those below
 * through the callbacks of struct fetch:
 *
 *   url.c       one spelling for a URL
 *   robots.c    rules that were read, by origin
 *   resolve.c   names with c-ares
 *   transfer.c  one hop with libcurl
 *   call.c      the life of a call over its hops
 *   loop.c      the worker's socket, which host may be called, deadlines
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
	FETCH_ADDRESSES_MAX = 8, /* of a name; further ones are not called */
	/* requests inside that have not started; then the socket is not read */
	FETCH_WAITING_MAX = 1024,
	FETCH_BODIES_MAX = 256 << 20, /* sum of max_body_bytes of the calls in flight */
	FETCH_HEADER_MAX = 65536,     /* bytes of a hop's answer before its body */
	FETCH_RATIO_FROM = 1 << 20,   /* decompressed bytes from which on the ratio counts */
	FETCH_RATIO_MAX = 100,        /* decompressed bytes for one received; text has 3 to 20 */
	/* slower than this per second for so many seconds ends a call */
	FETCH_LOW_SPEED_BYTES = 64,
	FETCH_LOW_SPEED_S = 20,
	FETCH_ROBOTS_REDIRECTS = 5,  /* RFC 9309 2.3.1.2 */
	FETCH_PLAIN_429_MS = 60000,  /* 429 without a readable Retry-After */
	FETCH_TREE_MAX = 64 << 20,   /* memory for the tree of an API's answer */
	FETCH_CONNECTIONS_KEPT = 32, /* idle ones, for further calls to the same host */
	FETCH_HOST_MAX = 253,
};

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

/* ---- url.c ---- */

struct url {
	CURLU *handle; /* NULL: none */
	/* host: lower case, ASCII, without brackets and closing dot */
	const char *text, *scheme, *host;
	const char *path; /* with its query */
	uint16_t port;
	bool literal; /* the host is an address: this one */
	union address address;
};

/* Absolute, or relative to `base` (may be NULL). Texts live in the arena; *url is released in any
 * case. INVALID: not a URL that may be called. */
MUST_CHECK enum status url_read(struct url *url, struct arena *arena, const struct url *base,
				struct str text, const struct guard *guard, struct err *err);
void url_release(struct url *url);
/* A bare domain in its one spelling, NUL-terminated; p is NULL when it is none. */
MUST_CHECK struct str url_domain(struct arena *arena, struct str text);
bool url_same_origin(const struct url *a, const struct url *b);

/* ---- robots.c: cached rules, by origin ---- */

struct robots_cache;
MUST_CHECK struct robots_cache *robots_cache_create(void);
void robots_cache_free(struct robots_cache *c);
/* NULL: not known. The rules for robots_allows; valid until the next robots_put. */
const struct str *robots_get(const struct robots_cache *c, const struct url *url);
void robots_put(struct robots_cache *c, const struct url *url, struct str rules);

/* ---- a call ---- */

/* By name, whatever the port. Lives while calls point here, its interval runs, or its
 * addresses are fresh. */
struct host {
	struct host *next;
	uint64_t hash;
	char name[FETCH_HOST_MAX + 1];
	uint32_t active;
	uint32_t calls; /* that point here */
	int64_t next_start_ms;
	int64_t fresh_until_ms; /* of the addresses: by their TTL */
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
	struct host *host;  /* NULL: of MX and of URLs that will be refused */
	int64_t came_ms;    /* into the queue it was last in */
	int64_t started_ms; /* the first time; 0: not yet */
	int64_t deadline_ms;
	/* until its deadline, while it waits for the turn of a host it was led to */
	int64_t left_ms;
	int64_t waited_ms, waited_inside_ms; /* for turns: all of it, and since it has started */

	/* the present hop */
	struct url url;
	bool robots;  /* it is for robots.txt; page_url is what for */
	bool allowed; /* robots.txt has been asked about it */
	struct url page_url;
	unsigned robots_redirects;
	bool get; /* a redirect has made a GET of a POST */
	/* a redirect has led to another origin: the request's headers are not for it */
	bool headers_dropped;
	struct lookup *lookup;             /* running; points back here */
	char resolved[FETCH_HOST_MAX + 1]; /* the name that `addresses` belong to; empty: none */
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
	const char *refused; /* by the guard, when the socket was opened */
	const char *over;    /* which cap was passed */
	bool not_html;
	char error[CURL_ERROR_SIZE];
};

TAILQ_HEAD(calls, call);

struct fetch {
	int peer;
	CURLM *multi;
	ares_channel names;
	bool names_open, hello, draining;
	/* Upwards, set by the loop. A call has ended. */
	void (*on_ended)(struct call *call);
	/* When the call's URL leads to another host than its turn was for: it waits for
	 * that one's, and true. */
	bool (*on_moved)(struct call *call);
	/* The addresses of call->url's host, or of its MX domain's facts, have come. */
	void (*on_resolved)(struct call *call, enum wire_outcome outcome, const char *detail);
	struct wire_hello options; /* texts in arena */
	struct arena arena;
	struct guard guard;
	struct robots_cache *robots;
	struct calls waiting, in_flight, done;
	uint32_t waiting_count, in_flight_count;
	uint64_t bodies_reserved;
	struct host *hosts[1024];
	bool look_waiting; /* something has changed that may let a waiting call start */
	/* when a host's interval passes that a call waits for; INT64_MAX: none */
	int64_t next_start_ms;
	int64_t next_deadline_ms;
	int64_t next_tick_ms, accounted_us;
	uint64_t network_us, limiter_us, idle_us; /* since the last tick */
	uint64_t answered, bytes;
	char packet[WIRE_MESSAGE_MAX];
};

/* call.c */
MUST_CHECK struct call *call_create(struct fetch *f, const struct wire_message *m);
void call_start(struct call *call);
/* Makes the present hop: begins it, or goes on when the host it was led to is ready for it. */
void call_resume(struct call *call);
/* fetch->on_resolved. */
void call_resolved(struct call *call, enum wire_outcome outcome, const char *detail);
void call_transferred(struct call *call, CURLcode code);
/* Encodes the answer and gives back everything else; the loop sends and frees it. */
void call_end(struct call *call, enum wire_outcome outcome, const char *fmt, ...) PRINTF(3, 4);
void call_free(struct call *call);

/* transfer.c */
void transfer_start(struct call *call);
/* When it did not come to a connection: begins anew with the host's next
 * address, if there is one. */
bool transfer_next_address(struct call *call, CURLcode code);
/* Ends the transfer, if there is one, and forgets it. */
void transfer_stop(struct call *call);
/* May record in the call which limit was exceeded. */
enum wire_outcome transfer_outcome(struct call *call, CURLcode code);

/* resolve.c; both answer by call_resolved, perhaps before they return */
MUST_CHECK enum status resolve_open(struct fetch *f, struct err *err);
void resolve_addresses(struct call *call);
void resolve_mx(struct call *call);
/* The call does not wait for its lookup any more. */
void resolve_forget(struct call *call);

#endif
