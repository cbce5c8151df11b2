/* Between the files of db/cluster. */
#ifndef DB_CLUSTER_INTERNAL_H
#define DB_CLUSTER_INTERNAL_H

#include "db/cluster/cluster.h"

/* Do something in the data folder as the user that owns it (spawn_as). NOT_FOUND: there is no data
 * folder. */
MUST_CHECK enum status cluster_act(const struct instance *i,
				   enum status (*act)(void *ctx, struct err *err), void *ctx,
				   struct err *err);

#endif
