/* A sandboxed reader of foreign documents: holdfast-parse at the other end of two pipes. Audits put
 * a document in and take facts out, each in its own form; a reader that dies over a document, or
 * does not answer in time, is ended here and started again for the next one.
 */
#ifndef AUDIT_READER_READER_H
#define AUDIT_READER_READER_H

#include "base/err.h"
#include "base/str.h"

struct audit_reader {
	const char *command;     /* of holdfast-parse: "pages" */
	const char *program_dir; /* where holdfast-parse is */
	const char *user;        /* system user that it runs as; NULL: ours */
	int pid, to, from;       /* pid 0: none runs */
	int64_t cpu_end_ms;      /* CPU time of the process at which the answer is late */
	int64_t deadline_ms;     /* of the answer in any case */
};

void audit_reader_init(struct audit_reader *reader, const char *command, const char *program_dir,
		       const char *user);
/* Ends the process, if one runs. */
void audit_reader_end(struct audit_reader *reader);

/* Start one if none runs. An error says that the audit cannot be done. */
MUST_CHECK enum status audit_reader_start(struct audit_reader *reader, struct err *err);
/* A document, of the format's kind. False: the reader is gone. The answer may cost answer_ms of CPU
 * time, so that a busy machine makes no document unreadable. */
MUST_CHECK bool audit_reader_put(struct audit_reader *reader, uint32_t kind, struct str document,
				 int64_t answer_ms);
/* Exactly n bytes. False: the reader is gone, or late. */
MUST_CHECK bool audit_reader_get(struct audit_reader *reader, void *p, size_t n);

#endif
