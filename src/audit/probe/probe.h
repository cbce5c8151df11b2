/* The one door for SQL text that is not ours: EXPLAIN of a foreign statement, and comparisons of
 * foreign expressions over the rows of a table. db_run stays closed to text.
 *
 * What can be sent is fixed here. Each probe is a transaction of its own:
 *
 *   BEGIN READ ONLY; SET LOCAL time limits, jit, role, search_path, planner settings
 *   EXPLAIN (VERBOSE, FORMAT JSON) <statement>       or, when it has parameters,
 *   PREPARE, EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE, and DEALLOCATE behind the ROLLBACK;
 *   or SELECT count(*) FILTER (WHERE <condition>), ... FROM <rows>;   or one statement of ours
 *   ROLLBACK
 *
 * Statements of ours are prepared once in the session.
 *
 * Foreign text goes by the extended protocol, which takes one statement, and the caller gives only
 * what PostgreSQL's parser has read as one SELECT or as one expression. Only counts come back.
 * EXPLAIN takes AccessShareLock on the table and its indexes for the time of one probe, and runs
 * IMMUTABLE functions with constant arguments: statement_timeout bounds both.
 *
 * Parameters are planned as a generic plan, as a prepared statement is: NULL in their place would
 * fold conditions away. A pooler is refused, because the backend that plans must be the one whose
 * settings are set.
 *
 * Errors: UNAVAILABLE ends the run: the server is away, or three probes in a row ran into a time
 * limit. Everything else concerns this probe only, and the sentence is the server's.
 *
 * Life: probe_open, any number of probes, probe_close. One thread.
 */
#ifndef AUDIT_PROBE_PROBE_H
#define AUDIT_PROBE_PROBE_H

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"

/* Limits unless probe_limit says otherwise; macros, because the help prints them. */
#define PROBE_PLAN_MS    1000
#define PROBE_COMPARE_MS 2500

enum {
	PROBE_LOCK_MS = 100,
	PROBE_IDLE_MS = 5000,
	PROBE_TIMEOUTS_MAX = 3, /* in a row */
	PROBE_NODES_MAX = 500,
	PROBE_COUNTS_MAX = 8,
	PROBE_PARAMETERS_MAX = 1000,
	PROBE_TEXT_MAX = 1 << 20,
};

struct probe;

/* What a probe is planned and run as. */
struct probe_session {
	const char *role;        /* NULL: the connection's */
	const char *search_path; /* as in SET search_path; NULL: the connection's */
};

MUST_CHECK enum status probe_open(struct probe **out, const char *url, struct err *err);
void probe_close(struct probe *probe); /* NULL is allowed */

/* Run one statement of a foreign schema: only in a throw-away cluster that has no other client, as
 * a role that is no superuser, of a probe that probe_open_scratch made. Not in a transaction. */
MUST_CHECK enum status probe_open_scratch(struct probe **out, const char *url, struct err *err);
MUST_CHECK enum status probe_apply(struct probe *probe, struct str statement, struct err *err);
/* Reset what the statements have set in the session. */
MUST_CHECK enum status probe_forget(struct probe *probe, struct err *err);

/* server_version_num */
int64_t probe_version(const struct probe *probe);
/* How long a plan and a comparison may take; 0: as it is. */
void probe_limit(struct probe *probe, int64_t plan_ms, int64_t compare_ms);
/* How many statements were sent to be planned, and how many to compare; of these, how many their
 * limit ended. */
struct probe_counts {
	uint64_t plans, compares, plans_ended, compares_ended;
};
struct probe_counts probe_counts(const struct probe *probe);

/* One of our own statements, as the connection's role, in a READ ONLY transaction of its own.
 * search_path NULL: the connection's. */
MUST_CHECK enum status probe_read(struct probe *probe, const char *search_path,
				  const struct db_statement *statement,
				  const struct db_param *params, int count, struct db_rows *rows,
				  struct err *err);
#define PROBE_READ(probe, search_path, statement, rows, err, ...)                                  \
	probe_read((probe), (search_path), &(statement), (const struct db_param[]){__VA_ARGS__},   \
		   sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param),       \
		   (rows), (err))

/* PROBE_STRICT: everything that could stand in for an index is off. PROBE_SORTING: sorts are not,
 * so that an index for the order does not hide one for a condition. */
enum probe_planner { PROBE_DEFAULT, PROBE_STRICT, PROBE_SORTING };

struct probe_node {
	struct str type;                    /* "Index Scan" */
	struct str schema, relation, alias; /* of a scan; an Index Scan of a bitmap has none */
	struct str index;
	struct str condition; /* Index Cond */
	struct str filter;
	struct str side; /* Parent Relationship: Outer, Inner, InitPlan, SubPlan; empty: the root */
	double cost, rows; /* total cost; rows expected */
	bool hashed;       /* an Aggregate or SetOp with a hash table */
	unsigned depth;
	size_t parent; /* its place in the list; of the root its own */
};

struct probe_plan {
	struct probe_node *node; /* parents before children */
	size_t count;
	double cost;
	unsigned sorts, incremental; /* nodes Sort, Incremental Sort */
};

/* The plan of one SELECT, in the arena. parameters: the highest $n in it. */
MUST_CHECK enum status probe_explain(struct probe *probe, const struct probe_session *session,
				     struct str statement, unsigned parameters,
				     enum probe_planner planner, struct arena *arena,
				     struct probe_plan *plan, struct err *err);
/* Whether the plan reads the index, and whether by a condition. */
bool probe_plan_uses(const struct probe_plan *plan, struct str schema, struct str index,
		     bool *by_condition);

/* A LIMIT that is executed again for each row of the other side of a nested loop, because nothing
 * between them keeps its rows. */
struct probe_repeated {
	double outer, rows;  /* expected: of the other side, and of the LIMIT each time */
	struct str relation; /* that the other side reads first; empty: none */
};
bool probe_plan_repeats_limit(const struct probe_plan *plan, struct probe_repeated *out);

/* How many of the rows satisfy each condition; an empty condition counts all. */
struct probe_comparison {
	struct str rows; /* what stands behind FROM, with its WHERE */
	const struct str *condition;
	size_t count;
};
MUST_CHECK enum status probe_compare(struct probe *probe, const struct probe_session *session,
				     const struct probe_comparison *comparison, int64_t *counts,
				     struct err *err);

#endif
