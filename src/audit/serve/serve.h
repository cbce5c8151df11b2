/* Serving documents inside the sandbox: requests in on one descriptor, answers out on the other.
 * The other end is audit/reader. What an answer consists of is each format's own matter
 * (audit/page, audit/statement, audit/openapi); the loop, the request and the buffered output are
 * here, once.
 *
 * A request is a struct serve_request and the document's bytes. Both ends are the same build on the
 * same machine: numbers are as in memory.
 */
#ifndef AUDIT_SERVE_SERVE_H
#define AUDIT_SERVE_SERVE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct serve_request {
	uint32_t kind; /* of the document, where a format has several */
	uint32_t bytes;
};

/* The answer to one document. A record is written by serve_put, part by part, and serve_record. */
struct serve_answer {
	int fd;
	struct buf out;
	struct err *err;
	enum status status; /* of writing; what follows an error is dropped */
};

struct serve_format {
	size_t document_max; /* a longer document ends the process */
	size_t record_max;
	void (*read)(uint32_t kind, struct str document, struct serve_answer *answer);
};

/* Serve until the end of `in`. */
MUST_CHECK enum status serve_run(int in, int out, const struct serve_format *format,
				 struct err *err);

void serve_put(struct serve_answer *answer, const void *p, size_t n);
/* The record is complete: what is buffered may be written. */
void serve_record(struct serve_answer *answer);

#endif
