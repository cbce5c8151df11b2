/* A statement that should add, change or lock rows, is called again and again, reads much, and gets
 * none. */
#include "heal/judge/internal.h"

enum {
	SPINNING_CALLS = 20,
	SPINNING_BLOCKS = 50,
	/* Batches are called less often and read more. */
	SPINNING_BATCHES = 5,
	SPINNING_BATCH_BLOCKS = 1000,
	SPINNING_LARGE = 3,
	SPINNING_LARGE_BLOCKS = 2000,
	SPINNING_RARELY = 50 /* calls for each row: a chance hit is no progress */
};

static void spinning_visit(struct judge_case *c, uint64_t fingerprint)
{
	struct judge_sum sum = judge_sum_of(c, fingerprint, 1);
	bool adds = sum.verb == OBSERVE_INSERT;
	bool changes = adds || sum.verb == OBSERVE_UPDATE || sum.verb == OBSERVE_DELETE;
	int64_t blocks = sum.calls ? sum.blocks / sum.calls : 0;
	bool much = (sum.calls >= SPINNING_CALLS && blocks >= SPINNING_BLOCKS) ||
		    (sum.calls >= SPINNING_BATCHES && blocks >= SPINNING_BATCH_BLOCKS) ||
		    (sum.calls >= SPINNING_LARGE && blocks >= SPINNING_LARGE_BLOCKS);
	if (!much || sum.rows * SPINNING_RARELY > sum.calls ||
	    (!changes && sum.verb != OBSERVE_READ_LOCKING))
		return;
	if (judge_is_victim(c, sum.text))
		return;
	/* A queue that is empty but bloated looks the same: never more than probable. */
	struct judge_finding *f = judge_add(c, JUDGE_SPINNING_UPDATE, JUDGE_PROBABLE);
	if (!f)
		return;
	f->key = judge_text(c, "spinning-update/%016llx", (unsigned long long)fingerprint);
	f->cause = judge_text(
	    c, "A statement was called %lld times, read %lld blocks each time and %s %s.",
	    (long long)sum.calls, (long long)blocks,
	    adds      ? "added"
	    : changes ? "changed"
		      : "locked",
	    sum.rows ? judge_text(c, "%lld rows in all", (long long)sum.rows) : "no row");
	f->action =
	    adds
		? "All that it would add is there already: ask for what is new since the last time, or stop when nothing is."
		: "Read its condition: it selects rows that it then does not change. Claim work with one statement that deletes or marks what it selects, and raise an alarm when a claim takes nothing though work is due.";
	f->until =
	    "Cancelling does not help: the next call does the same. If the queue is empty, its table is bloated: VACUUM it.";
	f->sure = "probable: counters only; whether rows are due cannot be seen from here";
	judge_take_statement(c, f, &sum, fingerprint);
}

void judge_spinning_update(struct judge_case *c)
{
	judge_each_statement(c, spinning_visit);
}
