/* The bytes of HTTP/1.1 requests, taken apart strictly. Pure: no I/O, no clock, no allocation.
 *
 * Strict means: what two implementations could read differently is refused, because a proxy in
 * front and we would then disagree about where a request ends, and a second request could be
 * smuggled in the gap. So: Content-Length with Transfer-Encoding, a second Content-Length (even
 * an equal one), any Transfer-Encoding but exactly `chunked`, obs-fold, NUL and other control
 * characters, CR or LF alone, white space around a field's name, no Host or two, chunk
 * extensions, trailers.
 * (RFC 9110, 9112; after every fault the connection must be closed.)
 *
 * HTTP/1.0 is understood (proxies speak it): no Transfer-Encoding, Host may be
 * missing, never kept alive.
 *
 * Use: http_scan_head over the bytes as they arrive until HEAD_COMPLETE gives the head's
 * length; then http_parse_head over exactly those bytes, once; then, as the head says, a body
 * by length or http_chunks.
 */
#ifndef HTTP_PARSE_PARSE_H
#define HTTP_PARSE_PARSE_H

#include "base/str.h"

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHODS
};
extern const char *const http_method_names[HTTP_METHODS];

/* What a request can be refused for: http/parse/faults.def. HTTP_FAULT_NONE is 0. */
enum http_fault {
#define FAULT(id, name, status, text) HTTP_FAULT_##id,
#include "http/parse/faults.def"
#undef FAULT
	HTTP_FAULTS
};
struct http_fault_row {
	const char *name; /* for metrics and logs: "duplicate-content-length" */
	int status;       /* what to answer before closing */
	const char *text; /* one sentence without a full stop */
};
extern const struct http_fault_row http_faults[HTTP_FAULTS];

/* RFC 9112 2.2: a few empty lines before a request are ignored; old clients
 * send one after a body. */
enum { HTTP_FIELDS_MAX = 100, HTTP_LINE_BYTES = 8192, HTTP_EMPTY_LINES = 4 };

struct http_field {
	struct str name, value; /* value without the white space around it */
};

/* Slices point into the bytes given to http_parse_head. */
struct http_head {
	enum http_method method;
	int minor;        /* HTTP/1.minor: 0 or 1 */
	struct str path;  /* raw, begins with '/'; "*" for OPTIONS * */
	struct str query; /* raw, without '?'; p == NULL: there was no '?' */
	struct str host;  /* may be empty in HTTP/1.0 */
	size_t fields_count;
	struct http_field fields[HTTP_FIELDS_MAX];
	bool chunked;
	uint64_t content_length; /* 0 when chunked or without a body */
	bool close;              /* the client wants it, or HTTP/1.0 */
	bool expect_continue;
};

/* ---- the head ---- */

struct http_scan {
	size_t at, line; /* looked at so far; where the current line begins */
	size_t lines;
	int empty; /* empty lines before the request line */
};
enum http_scan_result { HEAD_PARTIAL, HEAD_COMPLETE, HEAD_FAULT };

/* Look for the end of the head in p[0..n), which holds everything since the head's first byte;
 * `scan` begins as {0} and remembers what was seen. HEAD_COMPLETE: scan->at is the head's
 * length. HEAD_FAULT: *fault; also as soon as a limit is passed. max_bytes bounds request line
 * and fields together. */
enum http_scan_result http_scan_head(struct http_scan *scan, const char *p, size_t n,
				     size_t max_bytes, enum http_fault *fault);

/* The head that http_scan_head has found complete. HTTP_FAULT_NONE or what is wrong. */
enum http_fault http_parse_head(struct str head, struct http_head *out);

/* ---- chunked bodies ---- */

struct http_chunks {
	int state;     /* private; begins as {0} */
	uint64_t left; /* of the current chunk */
	int digits;    /* of the current size */
	bool done;     /* the last chunk was read */
};

/* Decode what arrived: consumes from *in, and gives the next piece of content in *out (a slice of
 * *in; empty: none yet). Call until *in is empty or chunks->done. */
enum http_fault http_chunks_next(struct http_chunks *chunks, struct str *in, struct str *out);

/* ---- what a proxy in front says of the client: only trusted ones are asked ---- */

struct http_client {
	int family; /* AF_INET, AF_INET6; 0: not said */
	unsigned char address[16];
};

/* The header of the PROXY protocol, version 1 or 2, that p[0..n) begins with. HEAD_COMPLETE:
 * *used is its length. */
enum http_scan_result http_scan_proxy(const char *p, size_t n, size_t *used,
				      struct http_client *out);

enum http_forwarded { HTTP_X_FORWARDED_FOR, HTTP_FORWARDED };
/* Where the last call stopped: begins as {fields_count of the head, {0}}. */
struct http_hops {
	size_t fields_left;
	struct str rest;
};
/* The address that the last hop names, then that of the hop before, ...: each proxy appends
 * whom it got the request from. False: there is no further one, or it is no address
 * ("unknown", "_hidden"). */
MUST_CHECK bool http_last_forwarded(const struct http_head *head, enum http_forwarded how,
				    struct http_hops *hops, struct http_client *out);

/* ---- names and values in addresses ---- */

/* Percent-decode into out, which holds at least s.n bytes (may be s.p itself). plus: '+' is a
 * space. False: a broken escape, NUL, or not UTF-8. */
MUST_CHECK bool http_decode(struct str s, bool plus, char *out, size_t *n);

#endif
