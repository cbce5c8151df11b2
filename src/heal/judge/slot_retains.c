/* A replication slot whose consumer does not keep up, or is gone, keeps WAL until the disk is
 * full. */
#include "heal/judge/internal.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_LEAST       (INT64_C(1) << 30)
#define SLOT_LEAST_SMALL (INT64_C(1) << 26)

#define SLOT_LONG_US INT64_C(600000000)

enum { SLOT_READINGS = 3, SLOT_MOMENT = 1 << 20, SLOT_STANDS = 2 /* times */ };

/* The slot of that name in the i-th sample of the window; NULL: it was not read then. */
static const struct observe_slot *slot_at(const struct judge_case *c, int i, const char *name)
{
	const struct observe_sample *sample = judge_sample(c, i);
	for (int s = 0; s < sample->slots; s++)
		if (strcmp(sample->slot[s].name, name) == 0)
			return &sample->slot[s];
	return NULL;
}

/* It has grown with every reading of the window, by so many bytes a second; 0: it has not. */
static double slot_grows(const struct judge_case *c, const struct observe_slot *now)
{
	int64_t before = 0, first = 0, first_at = 0, last_at = 0;
	int readings = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_slot *slot = slot_at(c, i, now->name);
		if (!slot)
			continue;
		if (slot->retained < before || slot->active != now->active)
			return 0; /* its consumer takes from it, or came or went */
		if (!readings++) {
			first = slot->retained;
			first_at = judge_sample(c, i)->at;
		}
		before = slot->retained;
		last_at = judge_sample(c, i)->at;
	}
	return readings >= SLOT_READINGS && before > first && last_at > first_at
		   ? (double)(before - first) * 1e6 / (double)(last_at - first_at)
		   : 0;
}

/* No consumer was connected in the window, and no WAL was written; the slot keeps far more than the
 * server would keep without it. */
static bool slot_stands(const struct judge_case *c, const struct observe_slot *now)
{
	int readings = 0;
	if (!now->usual || now->retained < SLOT_STANDS * now->usual)
		return false;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_slot *slot = slot_at(c, i, now->name);
		if (!slot)
			continue;
		if (slot->active || slot->retained != now->retained)
			return false;
		readings++;
	}
	return readings >= SLOT_READINGS;
}

/* It has kept more with every look for so long that a restart of its consumer does not explain
 * it. */
static bool slot_rises_long(const struct judge_case *c, const struct observe_slot *slot)
{
	int64_t since = observe_rising_since(c->history, true, slot->name);
	return since && c->last->at - since >= SLOT_LONG_US;
}

/* More than the server would keep without it. */
static bool slot_is_large(const struct observe_slot *slot)
{
	int64_t least = slot->usual && slot->usual < SLOT_LEAST ? slot->usual : SLOT_LEAST;
	return slot->retained >= (least < SLOT_LEAST_SMALL ? SLOT_LEAST_SMALL : least);
}

static const char *slot_whose(const struct observe_slot *slot)
{
	return slot->active ? "whose consumer is connected" : "to which no consumer is connected";
}

static void slot_report(struct judge_case *c, const struct observe_slot *slot, double rate,
			enum judge_confidence confidence)
{
	struct judge_finding *f = judge_add(c, JUDGE_SLOT_RETAINS, confidence);
	if (!f)
		return;
	f->key = judge_text(c, "slot-retains/%s", slot->name);
	f->cause = judge_text(c, "Replication slot %s, %s, keeps %.1f GB of WAL%s.", slot->name,
			      slot_whose(slot), (double)slot->retained / 1e9,
			      rate > 0 ? judge_text(c, ", %.1f MB more every second", rate / 1e6)
				       : "; nothing is written at present");
	f->action =
	    "Start its consumer, or find out whether it still has one. "
	    "Do not drop the slot before you know: its consumer would have to copy everything again. "
	    "max_slot_wal_keep_size bounds what a slot may keep.";
	f->until = rate > 0
		       ? judge_text(c, "WAL is kept until then; each GB of free disk lasts %s.",
				    judge_age(c, (int64_t)(1e9 / rate * 1e6)))
		       : "WAL is kept until then, and more with every write.";
	f->sure = judge_text(
	    c, "%s: restart_lsn does not move while WAL grows; its xmin is another matter",
	    judge_confidence_names[f->confidence]);
}

/* The server has removed WAL that the consumer needs, or may do so at the next checkpoint. */
static void slot_report_bounded(struct judge_case *c, const struct observe_slot *slot)
{
	bool lost = slot->state == OBSERVE_SLOT_LOST;
	struct judge_finding *f =
	    judge_add(c, JUDGE_SLOT_RETAINS, lost ? JUDGE_CERTAIN : JUDGE_HIGH);
	if (!f)
		return;
	f->key = judge_text(c, "slot-retains/%s/%s", slot->name, lost ? "lost" : "leaves");
	if (lost) {
		f->cause = judge_text(
		    c,
		    "Replication slot %s is lost: "
		    "the server removed WAL that its consumer still needs, so the consumer can never go on.",
		    slot->name);
		f->action =
		    "Build its consumer anew: "
		    "a standby from a base backup (or it goes on from an archive by restore_command)"
		    ", a subscription with a new copy of its tables. Then drop the slot. "
		    "A greater max_slot_wal_keep_size gives the next one more time.";
		f->until = "It is so until the slot is dropped; the database itself is not hurt.";
	} else {
		f->cause = judge_text(
		    c,
		    "Replication slot %s, %s, is %.1f GB behind, more than max_slot_wal_keep_size: "
		    "a checkpoint may remove what its consumer needs.",
		    slot->name, slot_whose(slot), (double)slot->retained / 1e9);
		f->action =
		    "Raise max_slot_wal_keep_size now, if the disk has room, and reload; then start its consumer.";
		f->until =
		    "At the next checkpoint the slot is lost, and its consumer has to be built anew.";
	}
	f->sure = judge_text(c, "%s: wal_status is %s", judge_confidence_names[f->confidence],
			     lost ? "lost" : "unreserved");
}

/* A walsender could not hand over what it has at any look of the window: its consumer does not
 * read. */
static bool slot_is_blocked(const struct judge_case *c)
{
	int32_t pid = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		bool waits = false;
		for (int n = 0; n < sample->busy && !waits; n++) {
			const struct observe_session *s = &sample->session[n];
			if (s->kind != OBSERVE_SERVER ||
			    strcmp(s->wait, "WalSenderWriteData") != 0 || (pid && s->pid != pid))
				continue;
			waits = true;
			pid = s->pid;
		}
		if (!waits)
			return false;
	}
	return c->samples == OBSERVE_WINDOW;
}

/* What its consumer has confirmed did not move in the window, while WAL was written. */
static bool slot_is_still(const struct judge_case *c, const struct observe_slot *now)
{
	int readings = 0;
	int64_t at = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_slot *slot = slot_at(c, i, now->name);
		if (!slot)
			continue;
		/* The end of WAL was read a moment before. */
		int64_t confirmed = judge_sample(c, i)->wal_at - slot->retained;
		if (readings && llabs(confirmed - at) > SLOT_MOMENT)
			return false;
		at = readings++ ? at : confirmed;
	}
	return readings >= SLOT_READINGS;
}

static void slot_judge(struct judge_case *c, const struct observe_slot *slot)
{
	if (slot->state != OBSERVE_SLOT_KEEPS) {
		slot_report_bounded(c, slot);
		return;
	}
	double rate = slot_grows(c, slot);
	bool large = slot_is_large(slot), rises_long = slot_rises_long(c, slot);
	/* A connected consumer falls behind while much is written, and then catches up: only when
	 * it has taken nothing for long is it stuck, and even then it may come back. Until then it
	 * is reported as a note, not as a cause. */
	if (rate <= 0 && large && slot_stands(c, slot)) {
		slot_report(c, slot, 0, JUDGE_HIGH);
		return;
	}
	if (rate <= 0 || (slot->active ? !large : !large && !rises_long))
		return;
	bool stuck = slot->active && large && slot_is_blocked(c) && slot_is_still(c, slot);
	slot_report(c, slot, rate,
		    !large || (slot->active && !rises_long && !stuck)
			? JUDGE_NOTE /* of a consumer that is being built, too */
		    : slot->active ? JUDGE_PROBABLE
				   : JUDGE_HIGH);
}

void judge_slot_retains(struct judge_case *c)
{
	const struct observe_sample *now = NULL;
	for (int i = 0; i < c->samples; i++) {
		if (judge_sample(c, i)->slots)
			now = judge_sample(c, i);
	}
	for (int s = 0; now && s < now->slots; s++)
		slot_judge(c, &now->slot[s]);
}
