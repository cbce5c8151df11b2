/* The two acts. Linked into holdfast-heal alone.
 *
 * Each is one statement that finds the process and acts on it at once, and acts on nothing when
 * the server and the session are not exactly what the sample has shown: start of the server and
 * whether it is a standby; start of process, transaction and statement, application, query. What
 * remains is the time between the look and the signal within the server; docs/heal-acts.md has how
 * often another statement is hit. */
#ifndef HEAL_ACT_ACT_H
#define HEAL_ACT_ACT_H

#include "db/db.h"
#include "heal/judge/judge.h"

/* *done: the server has sent the signal, which says nothing about what comes of it. False: the
 * session is another one by now. */
MUST_CHECK enum status act_run(struct db *db, const struct observe_server *server,
			       enum judge_relief relief, const struct observe_session *target,
			       bool *done, struct err *err);

#endif
