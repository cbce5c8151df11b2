#include "keeper/internal.h"

#include <string.h>

uint32_t keeper_next_tick(const struct keeper_rules *rules, uint32_t now)
{
	return (now / rules->tick_s + 1) * rules->tick_s;
}

static uint32_t keeper_later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}
static uint32_t keeper_earlier(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

bool keeper_match(const struct keeper_unlock *a, const struct keeper_unlock *b, uint32_t now,
		  uint32_t *since, uint32_t *until)
{
	*since = keeper_later(a->from, b->from);
	*until = keeper_earlier(a->keep, b->keep);
	/* `&`, not `&&`: which of them fails must not show. */
	return (*since < keeper_earlier(a->end, b->end)) & (*since <= now) & (now < *until);
}

uint32_t keeper_week_after(uint32_t instant)
{
	return (uint32_t)(((uint64_t)instant + KEEPER_WEEK_S - 1) / KEEPER_WEEK_S);
}

struct keeper_stored_note *keeper_note_of(struct keeper_stored_note *notes, const uint8_t *target,
					  uint32_t now)
{
	struct keeper_stored_note *note = NULL;
	for (size_t n = 0; n < KEEPER_NOTES_MAX; n++)
		if (notes[n].keep > now && sodium_memcmp(notes[n].id, target, KEEPER_ID) == 0)
			note = &notes[n];
	return note;
}

struct keeper_stored_note *keeper_note_free(struct keeper_stored_note *notes, uint32_t now)
{
	for (size_t n = 0; n < KEEPER_NOTES_MAX; n++)
		if (notes[n].keep <= now)
			return &notes[n];
	return NULL;
}

void keeper_end_unlock(const struct keeper_rules *rules, uint32_t now, uint32_t *end,
		       uint32_t *keep, uint32_t from)
{
	if (*end != END_OPEN)
		return;
	*end = keeper_later(from, keeper_next_tick(rules, now));
	/* An unlock that never counted is deleted at the tick; a match stays readable longer. */
	*keep = *end == from ? *end : keeper_earlier(*keep, *end + KEEPER_KEEP_S);
}

void keeper_note_show(const struct keeper_stored_note *note, uint32_t now, struct keeper_note *out)
{
	if (note->keep <= now)
		return;
	memcpy(out->id, note->id, KEEPER_ID);
	/* Until its end has passed an unlock can still match. */
	out->state = note->end > now ? KEEPER_WAITING : KEEPER_ENDED;
	out->text_version = note->text_version;
	out->from = note->from;
	out->end = note->end == END_OPEN ? 0 : note->end;
	out->until = note->keep;
}

uint32_t keeper_left_today(const struct keeper_rules *rules, const struct keeper_party *party,
			   uint32_t now)
{
	uint32_t used = party->today == now / 86400 ? party->count : 0;
	return used < rules->unlocks_per_day ? rules->unlocks_per_day - used : 0;
}
