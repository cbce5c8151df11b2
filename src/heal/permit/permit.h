/* Whether an act is permitted: heal.allow, heal.protect, heal.acts_per_hour, heal.maintenance.
 * Pure.
 *
 * Without a rule in heal.allow no session is touched. Whatever it says, these never are: other
 * processes than clients (autovacuum, walsenders, backups), what the server reports the progress
 * of, people's sessions, names in heal.protect, statements that define or maintain (except a
 * waiting one that stops others), and statements younger than PERMIT_AGE_US: in less time the
 * session may have gone on to the next one, as docs/heal-acts.md measures.
 */
#ifndef HEAL_PERMIT_PERMIT_H
#define HEAL_PERMIT_PERMIT_H

#include "heal/judge/judge.h"

enum { PERMIT_AGE_US = 1000000, PERMIT_ACTS = 64 };

struct permit;

struct permit_settings {
	const char *allow;       /* "application=REGEX role=NAME; ...": all of one rule */
	const char *protect;     /* beginnings of application names */
	const char *maintenance; /* "sun 02:00 3h; daily 01:30 30min", UTC: nothing is done then */
	int64_t acts_per_hour;
};

/* INVALID: what is wrong with which setting. */
MUST_CHECK enum status permit_new(struct permit **out, const struct permit_settings *settings,
				  struct err *err);
void permit_free(struct permit *p); /* NULL is allowed */

/* Whether heal.protect names its application. */
bool permit_protects(const struct permit *p, const struct observe_session *s);

/* NULL: relief of the finding is permitted for the session, which is its target in a sample taken
 * at `at` (server's clock). Else the reason why not. `now`: the wall clock; `acts`: in the last
 * hour. */
const char *permit_refuses(const struct permit *p, const struct judge_finding *f,
			   const struct observe_session *target, int64_t at, int64_t now, int acts);

#endif
