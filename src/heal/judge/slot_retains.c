/* A replication slot whose consumer does not keep up, or is gone, keeps WAL until the disk is
 * full. */
#include "heal/judge/internal.h"

#include <string.h>

#define SLOT_LEAST (INT64_C(1) << 30)

#define SLOT_ACTIVE_US INT64_C(600000000)

enum { SLOT_READINGS = 3 };

/* It has grown with every reading of the window, by so many bytes a second; 0: it has not. */
static double slot_grows(const struct judge_case *c, const struct observe_slot *now)
{
	int64_t before = 0, first = 0, first_at = 0, last_at = 0;
	int readings = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->slots; s++) {
			const struct observe_slot *slot = &sample->slot[s];
			if (strcmp(slot->name, now->name) != 0)
				continue;
			if (slot->retained < before || slot->active != now->active)
				return 0; /* its consumer takes from it, or came or went */
			if (!readings++) {
				first = slot->retained;
				first_at = sample->at;
			}
			before = slot->retained;
			last_at = sample->at;
		}
	}
	return readings >= SLOT_READINGS && before > first && last_at > first_at
		   ? (double)(before - first) * 1e6 / (double)(last_at - first_at)
		   : 0;
}

/* A connected consumer falls behind while much is written, and then catches up: only when it has
 * taken nothing for long is it stuck. */
static bool slot_is_stuck(const struct judge_case *c, const struct observe_slot *slot)
{
	int64_t since = observe_rising_since(c->history, true, slot->name);
	return !slot->active || (since && c->last->at - since >= SLOT_ACTIVE_US);
}

static void slot_report(struct judge_case *c, const struct observe_slot *slot, double rate)
{
	/* Of an active one the consumer may be catching up after a pause. */
	struct judge_finding *f =
	    judge_add(c, JUDGE_SLOT_RETAINS, slot->active ? JUDGE_PROBABLE : JUDGE_HIGH);
	if (!f)
		return;
	f->key = judge_text(c, "slot-retains/%s", slot->name);
	f->cause = judge_text(
	    c, "Replication slot %s, %s, keeps %.1f GB of WAL, %.1f MB more every second.",
	    slot->name,
	    slot->active ? "whose consumer is connected" : "to which no consumer is connected",
	    (double)slot->retained / 1e9, rate / 1e6);
	f->action =
	    "Start its consumer, or find out whether it still has one. Do not drop the slot before you know: its consumer would have to copy everything again. max_slot_wal_keep_size bounds what a slot may keep.";
	f->until = judge_text(c, "WAL is kept until then; each GB of free disk lasts %s.",
			      judge_age(c, (int64_t)(1e9 / rate * 1e6)));
	f->sure = judge_text(
	    c, "%s: restart_lsn does not move while WAL grows; its xmin is another matter",
	    judge_confidence_names[f->confidence]);
}

void judge_slot_retains(struct judge_case *c)
{
	const struct observe_sample *now = NULL;
	for (int i = 0; i < c->samples; i++) {
		if (judge_sample(c, i)->slots)
			now = judge_sample(c, i);
	}
	for (int s = 0; now && s < now->slots; s++) {
		double rate = now->slot[s].retained >= SLOT_LEAST && slot_is_stuck(c, &now->slot[s])
				  ? slot_grows(c, &now->slot[s])
				  : 0;
		if (rate > 0)
			slot_report(c, &now->slot[s], rate);
	}
}
