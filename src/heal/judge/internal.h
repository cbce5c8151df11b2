#ifndef HEAL_JUDGE_INTERNAL_H
#define HEAL_JUDGE_INTERNAL_H

#include "heal/judge/judge.h"

struct judge_case {
	const struct observe_history *history;
	const struct observe_server *server;
	const struct observe_sample *last;
	int samples;
	struct judge_result *result;
	bool claimed[OBSERVE_WINDOW][OBSERVE_SESSIONS];
	/* Its dead rows cannot be removed, which explains what its statements cost; NULL: none. */
	const struct observe_table *pinned;
};

#define DIAGNOSIS(id, name, function, title) void function(struct judge_case *c);
#include "heal/judge/diagnoses.def"
#undef DIAGNOSIS

/* ---- what judges share: common.c ---- */

/* A session whose time is to be explained: it works, or waits in a statement. */
static inline bool judge_counts(const struct observe_session *s)
{
	return s->kind == OBSERVE_CLIENT && s->state == OBSERVE_ACTIVE;
}

/* A new finding; NULL when there is no room, which is counted. */
struct judge_finding *judge_add(struct judge_case *c, enum judge_id id,
				enum judge_confidence confidence);
/* Text in the result's arena; "" when it is full. */
const char *judge_text(struct judge_case *c, const char *fmt, ...) PRINTF(2, 3);
/* "portal-1 (role app, 10.0.0.4)" */
const char *judge_who(struct judge_case *c, const struct observe_session *s);
/* Add the name to the callers of a finding, once. */
void judge_add_caller(struct judge_finding *f, const char *who);
/* "3 s", "4 min", "2 h" */
const char *judge_age(struct judge_case *c, int64_t us);

static inline const struct observe_sample *judge_sample(const struct judge_case *c, int i)
{
	return observe_at(c->history, i);
}
/* A client's session that no judge has claimed. */
bool judge_is_free(const struct judge_case *c, int sample, int session);
/* Claim the session `session` of sample `sample` for a finding; its second is added when it is
 * active or blocked. */
void judge_claim(struct judge_case *c, struct judge_finding *f, int sample, int session);
/* All that is free of a process, in every sample. */
void judge_claim_pid(struct judge_case *c, struct judge_finding *f, int32_t pid);
/* Seconds that sample i stands for. */
double judge_span(const struct judge_case *c, int i);
/* How long, up to the last sample, the process has been waiting for a lock in the same statement,
 * as far as the window shows; us. */
int64_t judge_waited(const struct judge_case *c, const struct observe_session *s);
/* The sum of what a statement did in the window, and in how many samples it did at least `least`
 * calls. */
struct judge_sum {
	int64_t calls, rows, blocks;
	double exec_ms;
	int samples;
	enum observe_verb verb;
	const char *text;
};
struct judge_sum judge_sum_of(const struct judge_case *c, uint64_t fingerprint, int64_t least);
/* Add the statement to the finding, if there is room, and claim its sessions. sum: with calls. */
void judge_take_statement(struct judge_case *c, struct judge_finding *f,
			  const struct judge_sum *sum, uint64_t fingerprint);
/* Whether a text names the table; in texts the schema is often missing. */
bool judge_names_table(const char *text, const char *table);
/* The same of a table that was read; texts name the parent of a partition. */
bool judge_uses_table(const char *text, const struct observe_table *table);
/* Whether what a statement costs is explained by dead rows that cannot be removed. */
bool judge_is_victim(const struct judge_case *c, const char *text);
/* The latest reading of the tables in the window; NULL. */
const struct observe_sample *judge_tables(const struct judge_case *c);
/* Loads, builds, changes or maintains tables: long, and ends by itself. */
bool judge_is_work(const struct observe_session *s);
/* Visit each statement of the window once. */
typedef void judge_visit(struct judge_case *c, uint64_t fingerprint);
void judge_each_statement(struct judge_case *c, judge_visit *visit);
/* Sessions in the whole window that run this statement are claimed. */
void judge_claim_statement(struct judge_case *c, struct judge_finding *f, uint64_t fingerprint);

#endif
