/* holdfast-keeper as the commands of the contact sphere run it: it alone reads and writes keys. */
#ifndef COMMANDS_CONTACT_KEEPER_H
#define COMMANDS_CONTACT_KEEPER_H

#include <limits.h>
#include "base/buf.h"
#include "config/instance.h"

/* Run it as the keeper's user and wait for its end. argv: its arguments, ended by NULL. in: its
 * standard input, -1 for none. key: a descriptor that it gets as the first one given, -1 for none.
 * out: what it writes, an initialised buffer of the caller's; NULL: it writes to ours. */
MUST_CHECK enum status contact_run_keeper(const struct instance *i, const char *const argv[],
					  int in, int key, struct buf *out, struct err *err);
/* The path of the key file of the instance. */
MUST_CHECK enum status contact_key_path(const struct instance *i, char out[PATH_MAX],
					struct err *err);

#endif
