/* Between the files of db/cluster. */
#ifndef DB_CLUSTER_INTERNAL_H
#define DB_CLUSTER_INTERNAL_H

#include "db/cluster/cluster.h"

/* Do something in the data folder as the user that owns it (spawn_as). NOT_FOUND: there is no data
 * folder. */
MUST_CHECK enum status cluster_act(const struct instance *i,
				   enum status (*act)(void *ctx, struct err *err), void *ctx,
				   struct err *err);

/* The path of one of PostgreSQL's programs. NOT_FOUND with the remedy. */
MUST_CHECK enum status cluster_binary(char out[PATH_MAX], const char *name, struct err *err);

/* Make the data folder, empty and the server's user's. CONFLICT when it exists. */
MUST_CHECK enum status cluster_make_data_dir(const struct instance *i, struct err *err);

/* Run a program to its end; its standard output and error go to memory, and the last line of them
 * into the error when it fails. */
MUST_CHECK enum status cluster_run_program(struct spawn *program, const char *name,
					   struct err *err);

#endif
