/* From the window of samples to findings: one function a diagnosis, in the order of diagnoses.def.
 *
 * Judges are pure: history in, findings out, nothing remembered. The order is the rank: the first
 * judge that explains a session's second claims it, and later ones do not see it. What none
 * claims of active and blocked sessions is `unknown`, with the wait events it was spent in.
 *
 * Life: judge_init, any number of judge_run (each forgets the result before), judge_release. Texts
 * of a finding are in the result's arena.
 */
#ifndef HEAL_JUDGE_JUDGE_H
#define HEAL_JUDGE_JUDGE_H

#include "observe/observe.h"

enum judge_id {
#define DIAGNOSIS(id, name, function, title) JUDGE_##id,
#include "heal/judge/diagnoses.def"
#undef DIAGNOSIS
	JUDGE_IDS
};

enum judge_confidence { JUDGE_NOTE, JUDGE_PROBABLE, JUDGE_HIGH, JUDGE_CERTAIN };
extern const char *const judge_confidence_names[];

enum {
	JUDGE_FINDINGS = 24,
	JUDGE_STATEMENTS = 16,
	JUDGE_WAITS = 6,
	JUDGE_CALLERS = 16,
	JUDGE_WAVES = 8 /* the latest */
};

/* A time at which a finding that repeats was there. */
struct judge_wave {
	int64_t start, end; /* us, by the server's clock */
	int k, calls;
	double busy_s, repeats_s; /* of the statement that leads; repeats: beyond one run */
};

/* The act that can relieve a finding until it is cured. Most findings have none: acting cannot
 * help. */
enum judge_relief { JUDGE_RELIEF_NONE, JUDGE_CANCEL, JUDGE_TERMINATE };

/* A statement of a finding. */
struct judge_statement {
	int k;           /* sessions that ran it at once; 0: does not apply */
	double alone_ms; /* what one run takes */
	double wasted_s; /* a period, beyond the one run that was needed */
	const char *text, *route;
};

struct judge_finding {
	enum judge_id id;
	enum judge_confidence confidence;
	const char *key; /* what stays the same when it comes again: diagnosis/caller/object */
	const char *cause, *action, *until, *sure; /* sentences */
	double seconds;                            /* of sessions in the window that it explains */
	double period_s, period_spread_s;          /* 0: it does not repeat */
	int k, waves, waiters;                     /* 0: does not apply */
	int32_t pid;                               /* the session to look at; 0: none */
	enum judge_relief relief;
	int32_t target; /* the session that relief is about */
	struct judge_statement statement[JUDGE_STATEMENTS];
	int statements;
	const char *caller[JUDGE_CALLERS]; /* "portal-1 (role app, 10.0.0.11)" */
	int callers;
	struct judge_wave wave[JUDGE_WAVES];
	int waves_kept;
	const char *recipe; /* how the cure is built, several lines; "": `action` says it all */
};

struct judge_result {
	struct arena arena;
	struct judge_finding finding[JUDGE_FINDINGS];
	int findings, dropped; /* dropped: no room */
	double load;           /* sessions active or blocked, on average over the window */
	double total_s, unknown_s;
	struct judge_wait {
		const char *wait;
		double seconds;
	} wait[JUDGE_WAITS]; /* of what is unknown, the most first */
	int waits;
	/* The statement that most of what is unknown was spent in, and what is known of it; "": no
	 * session of it was seen. */
	struct judge_dominant {
		double seconds;
		int sessions; /* most at once */
		const char *text, *caller, *table, *wait;
		double calls_s, ms, blocks, rows; /* a second; a call; calls_s 0: not counted */
	} dominant;
	double window_s;
};

void judge_init(struct judge_result *r);
void judge_release(struct judge_result *r);
void judge_run(const struct observe_history *history, const struct observe_server *server,
	       struct judge_result *r);

const char *judge_name(enum judge_id id);  /* "lock-chain" */
const char *judge_title(enum judge_id id); /* a short sentence */
/* Findings that are more than notes. */
int judge_causes(const struct judge_result *r);

#endif
