/* Operations of one party on another. `out` is the party's unlock of the target, `in` the target's
 * unlock of the party, which only MATCHES, RELEASE and REPORT read. */
#include "keeper/internal.h"

#include <string.h>

/* An unlock of `party` for `target`; else it counts as missing. `&=`, not `&&`, here and below: all
 * is compared in any case. */
static bool pair_open(const struct keeper *k, const struct keeper_unlock_row *row,
		      const uint8_t *party, const uint8_t *target, struct keeper_unlock *out)
{
	bool found = keeper_open_unlock(k, row, out);
	found &= sodium_memcmp(out->party, party, KEEPER_ID) == 0;
	found &= sodium_memcmp(out->target, target, KEEPER_ID) == 0;
	return found;
}

/* ---- unlock and withdraw ---- */

/* What both of them read and write. */
struct pair_change {
	const struct keeper_request_unlock *request;
	struct keeper_stored_note *note; /* of the target, in work.notes */
	bool found_other;                /* the target exists and can be unlocked */
	bool opened_out;                 /* the row of the unlock is there */
	bool counts;                     /* and its interval is not over */
	uint32_t next_tick;
};

static enum keeper_status pair_begin(struct keeper *k, const struct keeper_request_unlock *u,
				     uint32_t now, struct pair_change *c)
{
	struct keeper_work *w = &k->work;
	enum keeper_status status = keeper_sign_in(k, u->ticket, &u->party, now);
	if (status != KEEPER_OK)
		return status;
	*c = (struct pair_change){.request = u, .next_tick = keeper_next_tick(&k->rules, now)};
	c->found_other = keeper_open_party(k, &u->other, &w->other);
	c->found_other &= sodium_memcmp(w->other.id, u->target, KEEPER_ID) == 0;
	c->found_other &= sodium_memcmp(w->party.id, u->target, KEEPER_ID) != 0;
	c->found_other &= !(w->other.flags & PARTY_HIDDEN);
	c->found_other &= w->other.expires > now;
	c->opened_out = pair_open(k, &u->out, w->party.id, u->target, &w->out);
	c->counts = c->opened_out && w->out.keep > now;
	c->note = keeper_note_of(w->notes, u->target, now);
	if (!c->note && c->counts) {
		/* The party's row is older than that of the unlock: it was put back. */
		c->note = keeper_note_free(w->notes, now);
		if (!c->note)
			return KEEPER_QUOTA_LIVE;
		*c->note = (struct keeper_stored_note){.from = w->out.from,
						       .end = w->out.end,
						       .text_version = w->out.text_version,
						       .keep = w->out.keep};
		memcpy(c->note->id, u->target, KEEPER_ID);
	}
	return KEEPER_OK;
}

/* The rows: the party with its notes, the unlock as it is in work.out with a box for the target,
 * the consent. keep_box: that of work.out stays. The new one is made in any case. */
static void pair_write(struct keeper *k, const struct pair_change *c, bool keep_box,
		       enum keeper_consent_kind kind, uint32_t now,
		       struct keeper_answer_unlock *out)
{
	struct keeper_work *w = &k->work;
	const struct keeper_request_unlock *u = c->request;
	keeper_select(w->pk, c->found_other, w->other.pk, k->nobody_public, sizeof(w->pk));
	must(crypto_box_seal(w->box, w->self.contact_key, sizeof(w->self.contact_key), w->pk) == 0);
	keeper_select(w->out.box, keep_box, w->out.box, w->box, sizeof(w->box));
	memcpy(w->out.party, w->party.id, KEEPER_ID);
	memcpy(w->out.target, u->target, KEEPER_ID);
	w->out.keep = c->note->keep;
	w->out.text_version = c->note->text_version;
	keeper_lock(w->self.notes_key, w->notes, sizeof(w->notes), w->party.notes);
	keeper_seal_party(k, u->party.period, u->party.version + 1, &w->party, &out->party);
	keeper_seal_unlock(k, c->opened_out ? u->out.period : k->period[0].number, &w->out,
			   &out->out);
	keeper_consent_make(k, kind, u->text_version, u->target, u->seen_hash, now, &out->consent);
	out->until = c->note->keep;
	out->left_today = keeper_left_today(&k->rules, &w->party, now);
}

/* A new unlock, from the next tick: its note, and the quota. */
static enum keeper_status pair_note(struct keeper *k, struct pair_change *c, uint32_t now)
{
	struct keeper_party *party = &k->work.party;
	if (keeper_left_today(&k->rules, party, now) == 0)
		return KEEPER_QUOTA_DAY;
	if (!c->note)
		c->note = keeper_note_free(k->work.notes, now);
	if (!c->note)
		return KEEPER_QUOTA_LIVE;
	*c->note = (struct keeper_stored_note){.from = c->next_tick,
					       .end = END_OPEN,
					       .text_version = c->request->text_version,
					       .keep = c->next_tick + KEEPER_UNLOCK_S};
	memcpy(c->note->id, c->request->target, KEEPER_ID);
	party->count = party->today == now / 86400 ? party->count + 1 : 1;
	party->today = now / 86400;
	return KEEPER_OK;
}

enum keeper_status pair_unlock(struct keeper *k, const struct keeper_request *r,
			       struct keeper_answer *a, uint32_t now)
{
	struct keeper_unlock *out = &k->work.out;
	struct pair_change c;
	enum keeper_status status = pair_begin(k, &r->unlock, now, &c);
	if (status != KEEPER_OK)
		return status;
	/* Compared in any case, so that a target that is not there takes as long. */
	bool changed = sodium_memcmp(k->work.other.hash, r->unlock.seen_hash, KEEPER_HASH) != 0;
	if (changed & c.found_other)
		return KEEPER_CHANGED;
	bool again = c.note && c.note->end == END_OPEN;
	if (c.note && !again && c.note->end > c.note->from) {
		a->unlock.until = c.note->keep;
		return KEEPER_FINAL;
	}
	if (!again) {
		status = pair_note(k, &c, now);
		if (status != KEEPER_OK)
			return status;
	}
	/* Asked again, what counts already stays as it is. What does not, because the target was
	 * not there, must not count for the past: the target would have seen nothing of it. */
	bool stays = again & c.counts & (out->from < out->end);
	if (!stays) {
		out->from = c.next_tick;
		out->end = c.found_other ? END_OPEN : c.next_tick;
	}
	pair_write(k, &c, stays, KEEPER_AGREED_UNLOCK, now, &a->unlock);
	a->unlock.effective = c.note->from;
	return KEEPER_OK;
}

enum keeper_status pair_withdraw(struct keeper *k, const struct keeper_request *r,
				 struct keeper_answer *a, uint32_t now)
{
	struct keeper_unlock *out = &k->work.out;
	struct pair_change c;
	enum keeper_status status = pair_begin(k, &r->unlock, now, &c);
	if (status != KEEPER_OK)
		return status;
	if (!c.note)
		return KEEPER_NOT_UNLOCKED;
	keeper_end_unlock(&k->rules, now, &c.note->end, &c.note->keep, c.note->from);
	if (!c.counts)
		out->from = out->end = c.next_tick;
	keeper_end_unlock(&k->rules, now, &out->end, &out->keep, out->from);
	pair_write(k, &c, c.counts, KEEPER_AGREED_WITHDRAW, now, &a->unlock);
	a->unlock.effective = c.note->end;
	return KEEPER_OK;
}

/* ---- notes and matches ---- */

enum keeper_status pair_notes(struct keeper *k, const struct keeper_request *r,
			      struct keeper_answer *a, uint32_t now)
{
	struct keeper_work *w = &k->work;
	enum keeper_status status = keeper_sign_in(k, r->party.ticket, &r->party.party, now);
	if (status != KEEPER_OK)
		return status;
	memcpy(a->notes.id, w->party.id, KEEPER_ID);
	for (size_t n = 0; n < KEEPER_NOTES_MAX; n++) {
		struct keeper_stored_note *note = &w->notes[n];
		/* Of an empty place: labels of a party that does not exist. */
		if (note->keep == 0)
			randombytes_buf(note->id, KEEPER_ID);
		keeper_label_unlock(k, w->party.id, note->id, a->notes.out[n]);
		keeper_label_unlock(k, note->id, w->party.id, a->notes.in[n]);
	}
	return KEEPER_OK;
}

enum keeper_status pair_matches(struct keeper *k, const struct keeper_request *r,
				struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_matches *m = &r->matches;
	struct keeper_work *w = &k->work;
	enum keeper_status status = keeper_sign_in(k, m->ticket, &m->party, now);
	if (status != KEEPER_OK)
		return status;
	a->matches.next_tick = keeper_next_tick(&k->rules, now);
	for (size_t n = 0; n < KEEPER_NOTES_MAX; n++) {
		const struct keeper_stored_note *note = &w->notes[n];
		struct keeper_note *shown = &a->matches.note[n];
		uint32_t since, until;
		bool both = pair_open(k, &m->out[n], w->party.id, note->id, &w->out);
		both &= pair_open(k, &m->in[n], note->id, w->party.id, &w->in);
		both &= keeper_match(&w->out, &w->in, now, &since, &until);
		keeper_note_show(note, now, shown);
		if (both && shown->state != KEEPER_NONE) {
			shown->state = KEEPER_MATCHED;
			shown->since = since;
			shown->until = until;
		}
	}
	return KEEPER_OK;
}

/* ---- release and report ---- */

/* Signed in; *matched: the two have unlocked each other and both are there. */
static enum keeper_status pair_compare(struct keeper *k, const struct keeper_request_release *r,
				       uint32_t now, bool *matched, uint32_t *since,
				       uint32_t *until)
{
	struct keeper_work *w = &k->work;
	enum keeper_status status = keeper_sign_in(k, r->ticket, &r->party, now);
	if (status != KEEPER_OK)
		return status;
	*matched = keeper_open_party(k, &r->other, &w->other);
	*matched &= sodium_memcmp(w->other.id, r->target, KEEPER_ID) == 0;
	*matched &= pair_open(k, &r->out, w->party.id, r->target, &w->out);
	*matched &= pair_open(k, &r->in, r->target, w->party.id, &w->in);
	*matched &= keeper_match(&w->out, &w->in, now, since, until);
	return KEEPER_OK;
}

enum keeper_status pair_release(struct keeper *k, const struct keeper_request *r,
				struct keeper_answer *a, uint32_t now)
{
	const struct keeper_decoy *d = &k->decoy;
	struct keeper_work *w = &k->work;
	struct keeper_answer_release *release = &a->release;
	uint32_t since, until;
	bool matched;
	enum keeper_status status = pair_compare(k, &r->release, now, &matched, &since, &until);
	if (status != KEEPER_OK)
		return status;
	/* Without a match the decoy's box and contact are opened: the same work. */
	keeper_select(w->box, matched, w->in.box, d->box, sizeof(w->box));
	keeper_select(w->pk, matched, w->party.pk, d->pk, sizeof(w->pk));
	keeper_select(w->sk, matched, w->self.sk, d->sk, sizeof(w->sk));
	keeper_select(w->sealed, matched, w->other.contact, d->contact, sizeof(w->sealed));
	bool opened = crypto_box_seal_open(w->key, w->box, sizeof(w->box), w->pk, w->sk) == 0;
	opened &= keeper_unlock_box(w->key, w->sealed, release->contact, KEEPER_CONTACT);
	/* The contact of a decoy is never shown. */
	matched &= opened;
	release->since = matched ? since : 0;
	release->until = matched ? until : 0;
	release->matched = matched;
	return matched ? KEEPER_OK : KEEPER_NOT_MATCHED;
}

enum keeper_status pair_report(struct keeper *k, const struct keeper_request *r,
			       struct keeper_answer *a, uint32_t now)
{
	uint32_t since, until;
	bool matched;
	enum keeper_status status = pair_compare(k, &r->release, now, &matched, &since, &until);
	if (status != KEEPER_OK)
		return status;
	a->release.since = matched ? since : 0;
	a->release.until = matched ? until : 0;
	a->release.matched = matched;
	return KEEPER_OK;
}
