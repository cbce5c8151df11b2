/* Shared by the files of db/cluster. */
#ifndef DB_CLUSTER_INTERNAL_H
#define DB_CLUSTER_INTERNAL_H

#include "db/cluster/cluster.h"

/* Call a function as the user that owns the data folder (spawn_as). NOT_FOUND: there is no data
 * folder. */
MUST_CHECK enum status cluster_act(const struct instance *i,
				   enum status (*act)(void *ctx, struct err *err), void *ctx,
				   struct err *err);

/* The path of one of PostgreSQL's programs. NOT_FOUND with the remedy. */
MUST_CHECK enum status cluster_binary(char out[PATH_MAX], const char *name, struct err *err);

/* Make an empty data folder that belongs to the server's user. CONFLICT: it exists. */
MUST_CHECK enum status cluster_make_data_dir(const struct instance *i, struct err *err);

#endif
