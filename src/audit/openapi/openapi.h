/* Foreign descriptions of HTTP APIs read and judged in the sandbox: a document in on one
 * descriptor, findings out on the other, so that no hostile byte is parsed in a process that can do
 * anything. OpenAPI 3.0 and 3.1, Swagger 2.0; JSON or YAML.
 *
 * Asked is which answers contain contact data: in lists, without authentication. Schemas are a
 * graph: from each operation every schema is visited once per context (alone, in a list, below an
 * item of a list; of a person, of an organisation, of neither), breadth first, so that cycles end
 * and the path that a finding names is the shortest. References outside the document are counted,
 * never fetched.
 *
 * The answer is records: a struct openapi_head and the bytes of its texts; the last has the kind
 * OPENAPI_END or OPENAPI_FAILED. A reader that dies over a document has found something about it.
 *
 * Bounds: OPENAPI_BYTES_MAX a document, OPENAPI_DEPTH_MAX levels, OPENAPI_MEMORY_MAX for the tree.
 * YAML aliases share the node that they name, so that a document which multiplies by aliases costs
 * what its text costs; merge keys copy and are counted.
 */
#ifndef AUDIT_OPENAPI_OPENAPI_H
#define AUDIT_OPENAPI_OPENAPI_H

#include "audit/serve/serve.h"
#include "base/err.h"
#include "base/str.h"

enum {
	OPENAPI_BYTES_MAX = 64 << 20,
	OPENAPI_MEMORY_MAX = 320 << 20,
	OPENAPI_DEPTH_MAX = 120,
	OPENAPI_TEXT_MAX = 4096, /* a text of a record */
	OPENAPI_RECORDS_MAX = 200000,
};

enum openapi_rule {
#define RULE(id, key, severity, title, remedy) OPENAPI_##id,
#include "audit/openapi/rules.def"
#undef RULE
	OPENAPI_RULES
};

/* Counts of what an API description contains. */
struct openapi_summary {
	uint32_t operations;
	uint32_t answers;  /* of successful requests, with a body */
	uint32_t judged;   /* of these, with a schema */
	uint32_t schemas;  /* that answers lead to */
	uint32_t external; /* references outside the document, or to nothing */
};

enum openapi_kind {
	OPENAPI_FOUND,  /* rule, note, line, column; about, object */
	OPENAPI_END,    /* summary */
	OPENAPI_FAILED, /* about: why the document could not be read; line, column */
	OPENAPI_KINDS,
};

struct openapi_head {
	uint32_t kind, rule;
	uint32_t note;         /* only a note, whatever the rule says */
	uint32_t line, column; /* from 1; 0: not known */
	uint32_t about_bytes, object_bytes;
	struct openapi_summary summary;
};

extern const struct serve_format openapi_format;

/* Read one document and pass its records to the callback. Called for each served document, and by
 * the fuzzer. */
typedef void openapi_found(void *ctx, const struct openapi_head *head, struct str about,
			   struct str object);
void openapi_read(struct str document, openapi_found *found, void *ctx);

#endif
