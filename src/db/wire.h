/* The libpq side of statements, parameters, rows and errors, shared by db/ and db/async. Nobody else
 * includes it. */
#ifndef DB_WIRE_H
#define DB_WIRE_H

#include <libpq-fe.h>
#include "db/db.h"

/* Parameters as libpq wants them: bytea in binary format, the others as text. */
struct wire_params {
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
	struct buf text; /* what the values point into */
};
enum { WIRE_PARAMS_BYTES = 1 << 20 };

/* TOO_LARGE when the values are over WIRE_PARAMS_BYTES; INVALID when a text contains NUL. A number of
 * parameters that is not the statement's is a bug. Release in every case. */
MUST_CHECK enum status wire_params_set(struct wire_params *w, const struct db_statement *statement,
				       const struct db_param *params, int count, struct err *err);
void wire_params_release(struct wire_params *w);

/* Takes the result into rows, or frees it and reports its error. NULL result: the connection broke. */
MUST_CHECK enum status wire_result(PGconn *connection, PGresult *result, struct db_rows *rows,
				   struct err *err);

/* The connection's own error, one line. */
enum status wire_connection_error(PGconn *connection, struct err *err);

/* Connection parameters that are ours to decide: never wait for GSS, an application name. Ends with
 * NULL; for PQconnectdbParams with expand_dbname. */
enum { WIRE_KEYWORDS = 8 };
void wire_keywords(const char *conninfo, const char *program, const char **keywords,
		   const char **values);

#endif
