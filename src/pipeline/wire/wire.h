/* What holdfast-worker (the database's side of the pipeline) and holdfast-fetch (the
 * network's side) say to each other: typed, bounded messages on one SOCK_SEQPACKET
 * socketpair, one message a packet.
 *
 *   worker                                  fetch
 *   HELLO    limits, allow-list, user agent ->        once, first
 *   REQUEST  one call for one item          ->        any number, at any time after HELLO
 *            <- ANSWER  exactly one for each REQUEST, in any order, with the item's number
 *            <- TICK    every hello.tick_ms, written by the loop that does the I/O
 *   DRAIN    take no more; finish           ->
 *            <- ANSWER  the calls in flight as they end, the waiting ones as WIRE_CANCELLED
 *            <- BYE     then it ends. Also on a broken HELLO or message, with the reason
 *
 * A closed socket is the death of the other side; each of them ends then (they are a pair: the
 * supervisor starts both anew on a new socket). The heartbeat of a container may be written only
 * when a TICK has come (incident 9: a side thread that says "alive" knows nothing of the calls).
 *
 * Bodies never cross. What a page or an API says is reduced to facts (name, value) inside
 * holdfast-fetch, which has no database; a fact's value is UTF-8 without control characters, at
 * most WIRE_VALUE_MAX bytes.
 *
 * The peer is not trusted: a packet that breaks a rule of the table in wire.c (unknown type, wrong
 * length, a number out of range, a text too long or not UTF-8) is refused whole. Numbers are in
 * the machine's order, since both ends run on it. Slices of a decoded message point into the
 * buffer it was received in.
 */
#ifndef PIPELINE_WIRE_WIRE_H
#define PIPELINE_WIRE_WIRE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	WIRE_VERSION = 1,
	WIRE_HEADER = 16,         /* version u16, type u16, length of what follows u32, item u64 */
	WIRE_MESSAGE_MAX = 65536, /* with the header */
	WIRE_URL_MAX = 2048,
	WIRE_HEADERS_MAX = 4096, /* "Name: value\n" lines of a request */
	WIRE_BODY_MAX = 16384,   /* of a request; answers have facts */
	WIRE_NAME_MAX = 64,      /* of a fact */
	WIRE_VALUE_MAX = 1024,   /* of a fact; of a JSON pointer */
	WIRE_PAIRS_MAX = 48,
};

enum wire_type {
	WIRE_HELLO = 1,
	WIRE_REQUEST,
	WIRE_ANSWER,
	WIRE_TICK,
	WIRE_DRAIN,
	WIRE_BYE,
	WIRE_TYPES
};

/* name and value: a fact of an answer, or in a request the name of a fact and the JSON
 * pointer (RFC 6901) to it */
struct wire_fact {
	struct str name, value;
};

struct wire_facts {
	uint32_t count;
	struct wire_fact of[WIRE_PAIRS_MAX];
};

struct wire_hello {
	uint32_t tick_ms;          /* 10..60000: between TICKs */
	uint32_t max_in_flight;    /* 1..1000: calls at once; further requests wait inside */
	uint32_t host_concurrency; /* 1..1000: calls at once to one host, when a request says 0 */
	/* sent with every call, and the name that robots.txt is asked for */
	struct str user_agent;
	/* "127.0.0.1/32 fd00::/8": refused ranges that are allowed here; for tests and APIs in
	 * one's own network. Empty: none */
	struct str allow;
	struct str ports; /* "80 443": the ports that may be connected to */
	/* "192.0.2.1 192.0.2.2:5353": instead of /etc/resolv.conf. Empty: that */
	struct str resolvers;
	struct str authorities; /* PEM certificates trusted besides the system's. Empty: none */
};

/* What is asked. */
enum wire_kind {
	WIRE_HTTP = 1, /* an API: its JSON answer, mapped by `facts` */
	WIRE_WEBSITE,  /* a home page: robots.txt is obeyed; facts of the HTML, see below */
	WIRE_MX,       /* url is a bare domain: its mail servers */
	WIRE_KINDS
};

enum wire_method { WIRE_GET = 1, WIRE_HEAD, WIRE_POST, WIRE_METHODS };

struct wire_request {
	uint8_t kind;          /* enum wire_kind */
	uint8_t method;        /* enum wire_method; WEBSITE and MX: WIRE_GET */
	uint8_t max_redirects; /* 0..10 */
	/* 1..600000: the whole call, names, redirects and robots.txt included; runs from the moment
	 * the call starts, not while it waits for its host */
	uint32_t timeout_ms;
	uint32_t max_body_bytes; /* 1..16 MiB after decompression; further bytes: WIRE_TOO_LARGE */
	uint32_t host_concurrency; /* 0..1000; 0: hello's */
	/* 0..600000: at least this between two starts to this host from here */
	uint32_t host_interval_ms;
	struct str url;
	/* "Name: value\n"...; Host, Content-Length and hop-by-hop names are refused */
	struct str headers;
	struct str body; /* POST only */
	/* HTTP: what to take from the answer. WEBSITE: "telephone", a number to look for */
	struct wire_facts facts;
};

/* How a call ended. wire_outcomes[] says what it means for the item. */
enum wire_outcome {
	WIRE_OK = 1,     /* 2xx and readable; facts that were not there are absent */
	WIRE_HTTP_ERROR, /* another final status: see http_status */
	WIRE_TIMEOUT,    /* timeout_ms passed, or too slow for too long */
	WIRE_DNS,        /* the resolver failed */
	/* the resolver says that the name does not exist, or has no addresses */
	WIRE_NO_SUCH_NAME,
	WIRE_CONNECT,         /* refused, unreachable, reset */
	WIRE_TLS,             /* no handshake, or a certificate that does not hold */
	WIRE_REFUSED_ADDRESS, /* the name leads to an address that may not be called */
	WIRE_REFUSED_URL,     /* scheme, port, userinfo or form of a URL that may not be called */
	WIRE_TOO_LARGE,       /* body, header or decompression over their caps */
	WIRE_TOO_MANY_REDIRECTS, /* or a loop */
	WIRE_ROBOTS,             /* robots.txt forbids it */
	/* 429 or 503: see retry_after_ms, the host is to be left alone that long */
	WIRE_RETRY_AFTER,
	WIRE_UNREADABLE, /* not HTTP, not JSON, a broken encoding */
	WIRE_CANCELLED,  /* drained before it started */
	WIRE_OUTCOMES
};

enum wire_meaning {
	WIRE_MEANS_DONE,  /* an answer */
	WIRE_MEANS_FINAL, /* asking again gives the same: the item has failed */
	WIRE_MEANS_AGAIN, /* try again with backoff; counts as an attempt */
	WIRE_MEANS_LATER, /* was not tried, or is postponed: does not count as an attempt */
};

struct wire_outcome_row {
	const char *name; /* "too_large" */
	enum wire_meaning meaning;
};
extern const struct wire_outcome_row wire_outcomes[WIRE_OUTCOMES]; /* [0] is empty */

/* HTTP_ERROR means FINAL for 4xx but 408 and 425, AGAIN for the rest;
 * otherwise the table's word. */
enum wire_meaning wire_meaning(enum wire_outcome outcome, uint32_t http_status);

struct wire_answer {
	uint8_t outcome;         /* enum wire_outcome */
	uint8_t redirects;       /* followed */
	uint32_t http_status;    /* of the last hop; 0: none came */
	uint32_t retry_after_ms; /* what the host asked for, at most a day; 0: nothing */
	uint32_t waited_ms;      /* for its host's turn, before it started */
	uint32_t connect_ms;     /* until the last hop's connection stood; 0: it never did */
	uint32_t total_ms;       /* from start to end */
	uint32_t body_bytes;     /* received, decompressed */
	/* of the last hop, an API's without its query, which may hold keys; empty: none */
	struct str final_url;
	struct str content_type;
	struct str detail; /* one sentence about a failure */
	/* HTTP: what the mapping found, numbers and booleans as JSON writes them; several when the
	 * pointer leads to an array of scalars.
	 * WEBSITE: "title", "language" (of <html lang>), "description", "json_ld" (each @type,
	 * once), "local_business" ("true": a JSON-LD object of that type or with an address
	 * and a name), "telephone" (each tel: link and JSON-LD telephone, digits and a leading
	 * +), "same_telephone" ("true": the number that the request asked for stands in the
	 * page), "noindex" ("true").
	 * MX: "mx" (each "10 mail.example.org", best first), "address" ("true": the domain has A or
	 * AAAA), "null_mx" ("true": RFC 7505, takes no mail). */
	struct wire_facts facts;
};

struct wire_tick {
	uint32_t in_flight; /* calls that have started and not ended */
	uint32_t waiting;   /* requests that wait for their host or for max_in_flight */
	uint32_t oldest_ms; /* age of the oldest call in flight; 0: none */
	/* since the last TICK; they sum to the time that passed */
	uint32_t network_ms; /* something was in flight */
	uint32_t limiter_ms; /* nothing was, but something waited */
	uint32_t idle_ms;    /* neither */
	uint64_t answered;   /* ANSWERs since HELLO */
	uint64_t bytes;      /* received since HELLO */
};

struct wire_bye {
	struct str reason; /* empty: drained */
};

struct wire_message {
	enum wire_type type;
	uint64_t item; /* REQUEST and ANSWER: the worker's number, given back as it came; else 0 */
	union {
		struct wire_hello hello;
		struct wire_request request;
		struct wire_answer answer;
		struct wire_tick tick;
		struct wire_bye bye;
	};
};

const char *wire_type_name(enum wire_type type);

/* One packet into out (reset first). INVALID or TOO_LARGE when the message
 * breaks the table's rules. */
MUST_CHECK enum status wire_encode(const struct wire_message *m, struct buf *out, struct err *err);
/* INVALID when the packet is not exactly one message. */
MUST_CHECK enum status wire_decode(struct str packet, struct wire_message *m, struct err *err);

/* Both ends, non-blocking and close-on-exec. A child finds its end at PROCESS_PEER_FD. */
MUST_CHECK enum status wire_pair(int fds[2], struct err *err);

/* TIMED_OUT: the peer does not read, nothing was sent; poll for POLLOUT. UNAVAILABLE: it is gone.
 * INVALID, TOO_LARGE: as wire_encode. */
MUST_CHECK enum status wire_send(int fd, const struct wire_message *m, struct err *err);
/* The same for what wire_encode gave, for senders that keep what could not go yet. */
MUST_CHECK enum status wire_send_packet(int fd, struct str packet, struct err *err);
/* packet: WIRE_MESSAGE_MAX bytes, alive as long as *m. NOT_FOUND: nothing is there, poll for
 * POLLIN. UNAVAILABLE: the peer is gone. INVALID: as wire_decode. */
MUST_CHECK enum status wire_receive(int fd, char *packet, struct wire_message *m, struct err *err);

#endif
