/* libpq for db/, db/async and audit/probe: statements, parameters, rows, errors. No other folder
 * includes it. */
#ifndef DB_LIBPQ_H
#define DB_LIBPQ_H

#include <libpq-fe.h>
#include "db/db.h"

/* Parameters for libpq: bytea in binary format, the others as text. */
struct libpq_params {
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
	struct buf text; /* the bytes that values point to */
};
enum { LIBPQ_PARAMS_BYTES = 1 << 20 };

/* TOO_LARGE: the values are over LIBPQ_PARAMS_BYTES. INVALID: a text contains NUL. A wrong number
 * of parameters is a bug. Release it in every case. */
MUST_CHECK enum status libpq_params_set(struct libpq_params *w,
					const struct db_statement *statement,
					const struct db_param *params, int count, struct err *err);
void libpq_params_release(struct libpq_params *w);

/* Move the result into rows, or free it and report its error. NULL: the connection is broken. */
MUST_CHECK enum status libpq_result(PGconn *connection, PGresult *result, struct db_rows *rows,
				    struct err *err);

/* The error of the connection, one line. */
enum status libpq_connection_error(PGconn *connection, struct err *err);

/* Fixed connection parameters: no GSS, an application name. Ends with NULL; for PQconnectdbParams
 * with expand_dbname. */
enum { LIBPQ_KEYWORDS = 8 };
void libpq_keywords(const char *conninfo, const char *program, const char **keywords,
		    const char **values);

#endif
