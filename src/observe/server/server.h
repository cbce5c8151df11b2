/* Samples of a PostgreSQL from version 13 on, over one connection that stays open: a full server
 * refuses new ones.
 *
 * Reads statistics views only, each sample in a transaction of its own with time limits that end
 * with it. pg_monitor is enough; without it, or without pg_stat_statements, samples have less,
 * and the server struct says so. Never changes anything.
 *
 * Life: observer_open, any number of observer_sample, observer_close. A connection that breaks is
 * opened again by the next observer_sample.
 */
#ifndef OBSERVE_SERVER_SERVER_H
#define OBSERVE_SERVER_SERVER_H

#include "db/db.h"
#include "observe/observe.h"

struct observer;

/* DENIED, INVALID, ...: a password or an address that trying again does not mend. A server that is
 * full or starting is UNAVAILABLE; *out then exists and samples say so. application: its name in
 * pg_stat_activity; a literal, or it must live as long as the observer. */
MUST_CHECK enum status observer_open(struct observer **out, const char *conninfo,
				     const char *application, struct err *err);
void observer_close(struct observer *o); /* NULL is allowed */

const struct observe_server *observer_server(const struct observer *o);

/* Fill a zeroed sample. Never fails: `reach` says whether the server answered, and `err` why it did
 * not. */
void observer_sample(struct observer *o, struct observe_sample *sample, struct err *err);

/* Its connection, for a statement between two samples; NULL: the server is away. */
struct db *observer_db(struct observer *o);

/* Seconds until the last sample was complete: elapsed time, not processor time. */
double observer_took(const struct observer *o);

#endif
