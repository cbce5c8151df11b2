/* A statement that takes a large share of the time to give or change a few rows, reading much for
 * each of them: no index gives that order or serves that condition, often by a hair (an expression
 * that is written in another way than the index has it). One that counts or sums has to read much,
 * unless it is asked about one value after another.
 * Which index, and the rewrite, is the audit's to prove with EXPLAIN; foreign text is not planned
 * here. */
#include "heal/judge/internal.h"

#include <string.h>

enum {
	NEAR_MISS_CALLS = 3,
	NEAR_MISS_BLOCKS = 1000,       /* a call */
	NEAR_MISS_CHANGE_BLOCKS = 500, /* the same of one that changes rows */
	NEAR_MISS_ROWS = 1000,         /* a call, at most */
	NEAR_MISS_EACH = 20,           /* blocks for each row that it gives */
	NEAR_MISS_PART = 5,            /* of the window's session-seconds, at least one in ... */
	NEAR_MISS_FEWER_BLOCKS = 200,  /* a call, of one that takes half of them */
	NEAR_MISS_VALUES = 6 /* with which a count is asked for: each selects a small part then */
};

static bool near_miss_has(const char *text, const char *words)
{
	return strcasestr(text, words) != NULL;
}

static bool near_miss_sums(const char *text)
{
	static const char *const sums[] = {"count(",   "sum(",     "avg(",  "_agg(",
					   "GROUP BY", "DISTINCT", "UNION", "INTERSECT"};
	for (size_t i = 0; i < COUNT_OF(sums); i++) {
		if (near_miss_has(text, sums[i]))
			return true;
	}
	return false;
}

/* In an order that an index may have: what is counted or summed first has none. */
static bool near_miss_sorts(const char *text)
{
	return near_miss_has(text, "ORDER BY") && near_miss_has(text, "LIMIT") &&
	       !near_miss_sums(text);
}

/* The condition compares something with a value: "a = $1", not "a >= $1". */
static bool near_miss_equals(const char *text)
{
	const char *where = strcasestr(text, "WHERE");
	for (const char *p = where; p && (p = strchr(p, '=')); p++) {
		const char *value = p + 1 + strspn(p + 1, " ");
		if (!strchr("<>!=", p[-1]) && (*value == '$' || *value == '?'))
			return true;
	}
	return false;
}

/* How many different texts of the statement sessions have run, as far as is remembered; with
 * parameters they cannot be told apart, and a value that is bound is one of many. */
static bool near_miss_varies(const struct judge_case *c, uint64_t fingerprint)
{
	uint64_t hash[NEAR_MISS_VALUES];
	int values = 0, all = observe_executions(c->history);
	for (int i = 0; i < all && values < NEAR_MISS_VALUES; i++) {
		const struct observe_execution *x = observe_execution_at(c->history, i);
		int at = 0;
		if (x->fingerprint != fingerprint)
			continue;
		if (x->parameters)
			return true;
		while (at < values && hash[at] != x->hash)
			at++;
		if (at == values)
			hash[values++] = x->hash;
	}
	return values == NEAR_MISS_VALUES;
}

/* A count or sum has to read what it is about, which is little when it is asked for many values.
 * The least and the greatest of all need only an end of an index. */
static bool near_miss_seeks(const struct judge_case *c, const char *text, uint64_t fingerprint)
{
	/* The list of columns alone may be longer than what is kept of the text. */
	bool where = near_miss_has(text, "WHERE") || strlen(text) >= OBSERVE_TEXT - 4;
	bool ends = near_miss_has(text, "min(") || near_miss_has(text, "max(");
	if (near_miss_sums(text) || (ends && where))
		return near_miss_equals(text) && near_miss_varies(c, fingerprint);
	return where || ends;
}

/* Seconds of sessions at work in the window; *claimed: a judge of higher rank has explained a
 * run of this statement, so that it is no cause of its own. */
static double near_miss_total(const struct judge_case *c, uint64_t fingerprint, bool *claimed)
{
	double total = 0;
	*claimed = false;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (!judge_counts(s))
				continue;
			total += judge_span(c, i);
			*claimed = *claimed || (s->fingerprint == fingerprint && c->claimed[i][n]);
		}
	}
	return total;
}

/* A cause of higher rank says why it reads much: its sessions need not have been seen. */
static bool near_miss_is_named(const struct judge_case *c, const char *text)
{
	for (int i = 0; i < c->result->findings; i++) {
		const struct judge_finding *f = &c->result->finding[i];
		for (int n = 0; n < f->statements && f->confidence > JUDGE_NOTE; n++) {
			if (strcmp(f->statement[n].text, text) == 0)
				return true;
		}
	}
	return false;
}

/* It changes rows. Its triggers count as its own reading: also those that look for rows that refer
 * to what it deletes. One that changes nothing is judge_spinning_update's. */
static bool near_miss_changes(const struct judge_sum *sum)
{
	/* INSERT with VALUES reads only for triggers and constraints. */
	if (sum->verb == OBSERVE_INSERT)
		return sum->rows && !near_miss_has(sum->text, "SELECT");
	return (sum->verb == OBSERVE_UPDATE || sum->verb == OBSERVE_DELETE) && sum->rows &&
	       near_miss_has(sum->text, "WHERE");
}

static void near_miss_visit(struct judge_case *c, uint64_t fingerprint)
{
	struct judge_sum sum = judge_sum_of(c, fingerprint, 1);
	double seconds = 0;
	for (int i = 0; i < c->samples; i++)
		seconds += judge_span(c, i);
	bool changes = near_miss_changes(&sum);
	bool reads = sum.verb == OBSERVE_READ || (sum.verb == OBSERVE_READ_LOCKING && sum.rows);
	if (sum.calls < NEAR_MISS_CALLS || sum.blocks < NEAR_MISS_FEWER_BLOCKS * sum.calls)
		return;
	bool seeks =
	    reads && (near_miss_sorts(sum.text) || near_miss_seeks(c, sum.text, fingerprint));
	if (!changes && !seeks)
		return;
	if (judge_is_victim(c, sum.text) || near_miss_is_named(c, sum.text))
		return;
	int64_t blocks = sum.blocks / sum.calls, rows = sum.rows / sum.calls;
	double busy = sum.exec_ms / 1000;
	bool claimed;
	double total = near_miss_total(c, fingerprint, &claimed), all = total > busy ? total : busy;
	bool most = busy * 2 >= all && busy * 2 >= seconds && sum.calls >= NEAR_MISS_CALLS * 10;
	int64_t least = most      ? NEAR_MISS_FEWER_BLOCKS
			: changes ? NEAR_MISS_CHANGE_BLOCKS
				  : NEAR_MISS_BLOCKS;
	if (claimed || blocks < least || rows > NEAR_MISS_ROWS ||
	    blocks < NEAR_MISS_EACH * (rows + 1) || busy * NEAR_MISS_PART < all ||
	    busy * NEAR_MISS_PART < seconds)
		return;
	struct judge_finding *f = judge_add(c, JUDGE_INDEX_NEAR_MISS, JUDGE_PROBABLE);
	if (!f)
		return;
	f->key = judge_text(c, "index-near-miss/%016llx", (unsigned long long)fingerprint);
	f->cause = judge_text(
	    c, "A statement reads %lld blocks to %s %lld row%s%s, and takes %.0f %% of the time.",
	    (long long)blocks, changes ? "change" : "give", (long long)rows, rows == 1 ? "" : "s",
	    !changes && near_miss_sorts(sum.text) ? " in order" : "", 100 * busy / all);
	f->action = judge_text(
	    c,
	    "holdfast audit db URL --statement %lld: "
	    "it compares order and conditions with the indexes there are, and proves a rewrite.%s",
	    (long long)fingerprint,
	    changes
		? " If its own condition has an index: a table that refers to this one needs an index on its foreign key."
		: "");
	f->until = "Cancelling does not help: the next call reads as much.";
	f->sure = judge_text(
	    c, "probable: %lld calls of %.0f ms in the window, by counters; no plan was looked at",
	    (long long)sum.calls, sum.exec_ms / (double)sum.calls);
	judge_take_statement(c, f, &sum, fingerprint);
}

void judge_index_near_miss(struct judge_case *c)
{
	judge_each_statement(c, near_miss_visit);
}
