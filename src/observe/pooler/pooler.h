/* What PgBouncers in front of a server say, as a part of its samples: pools with their queues,
 * and which client is behind a server's session. Their consoles are read with SHOW commands only
 * (db/console.h).
 *
 * A PgBouncer that does not answer costs a sample at most POOLER_WAIT_MS, is left out of it, and
 * is tried again POOLER_AGAIN_US later. Life: poolers_open, any number of poolers_sample,
 * poolers_close. */
#ifndef OBSERVE_POOLER_POOLER_H
#define OBSERVE_POOLER_POOLER_H

#include "observe/observe.h"

enum { POOLERS = 8, POOLER_WAIT_MS = 1000, POOLER_AGAIN_US = 10000000 };

struct poolers;

/* `list`: conninfos of consoles, each as db_console_open takes it, with semicolons in between.
 * `program`: as their application_name, borrowed. None is connected to yet. INVALID: more than
 * POOLERS. */
MUST_CHECK enum status poolers_open(struct poolers **out, const char *list, const char *program,
				    struct err *err);
void poolers_close(struct poolers *p); /* NULL is allowed */

/* Add to a sample that observer_sample has filled. */
void poolers_sample(struct poolers *p, struct observe_sample *sample);

int poolers_count(const struct poolers *p);
/* Why one could not be asked last, with its number in the list; "": all could. */
const char *poolers_problem(const struct poolers *p);

#endif
