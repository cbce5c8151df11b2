/* The libpq side of statements, parameters, rows and errors, shared by db/, db/async and
 * audit/probe. Nobody else includes it. */
#ifndef DB_LIBPQ_H
#define DB_LIBPQ_H

#include <libpq-fe.h>
#include "db/db.h"

/* Parameters as libpq wants them: bytea in binary format, the others as text. */
struct libpq_params {
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
	struct buf text; /* what the values point into */
};
enum { LIBPQ_PARAMS_BYTES = 1 << 20 };

/* TOO_LARGE when the values are over LIBPQ_PARAMS_BYTES; INVALID when a text contains NUL. A number
 * of parameters that is not the statement's is a bug. Release in every case. */
MUST_CHECK enum status libpq_params_set(struct libpq_params *w,
					const struct db_statement *statement,
					const struct db_param *params, int count, struct err *err);
void libpq_params_release(struct libpq_params *w);

/* Takes the result into rows, or frees it and reports its error. NULL result:
 * the connection broke. */
MUST_CHECK enum status libpq_result(PGconn *connection, PGresult *result, struct db_rows *rows,
				    struct err *err);

/* The connection's own error, one line. */
enum status libpq_connection_error(PGconn *connection, struct err *err);

/* Connection parameters that are ours to decide: never wait for GSS, an application name. Ends with
 * NULL; for PQconnectdbParams with expand_dbname. */
enum { LIBPQ_KEYWORDS = 8 };
void libpq_keywords(const char *conninfo, const char *program, const char **keywords,
		    const char **values);

#endif
