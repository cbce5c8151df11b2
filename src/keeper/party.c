/* Operations on one party: everything but what it does to another one. */
#include "keeper/internal.h"

#include <string.h>

enum keeper_status keeper_sign_in(struct keeper *k, const uint8_t *ticket,
				  const struct keeper_party_row *row, uint32_t now)
{
	struct keeper_work *w = &k->work;
	if (!keeper_ticket_read(k, ticket, now))
		return KEEPER_EXPIRED;
	/* The row must be the ticket's, not another party's that stands in its place. */
	if (!keeper_open_party(k, row, &w->party) ||
	    sodium_memcmp(w->party.id, w->ticket.id, KEEPER_ID) != 0 ||
	    sodium_memcmp(w->party.loc, w->secret.loc, sizeof(w->secret.loc)) != 0)
		return KEEPER_UNKNOWN;
	if (!keeper_unlock_box(w->secret.key, w->party.self, &w->self, sizeof(w->self)) ||
	    !keeper_unlock_box(w->self.notes_key, w->party.notes, w->notes, sizeof(w->notes)))
		return KEEPER_UNKNOWN;
	return KEEPER_OK;
}

/* A code typed: work.code and work.secret. */
static bool party_read_code(struct keeper *k, const char *typed)
{
	struct keeper_work *w = &k->work;
	if (!keeper_code_read(typed, KEEPER_CODE_TYPED, w->code, sizeof(w->code)))
		return false;
	keeper_secret_of(w->code, &w->secret);
	return true;
}

static uint32_t party_expiry(const struct keeper *k, uint32_t now)
{
	return now + k->rules.profile_days * 86400u;
}

static void party_hash_profile(const uint8_t *profile, uint8_t hash[KEEPER_HASH])
{
	must(crypto_generichash(hash, KEEPER_HASH, profile, KEEPER_PROFILE, NULL, 0) == 0);
}

static void party_set_hidden(struct keeper_party *party, uint32_t hidden)
{
	party->flags =
	    hidden ? party->flags | PARTY_HIDDEN : party->flags & ~(uint32_t)PARTY_HIDDEN;
}

/* work.party again in the place of the row that was read. */
static void party_write(struct keeper *k, const struct keeper_party_row *read,
			struct keeper_party_row *out)
{
	keeper_seal_party(k, read->period, read->version + 1, &k->work.party, out);
}

enum keeper_status party_code(struct keeper *k, const struct keeper_request *r,
			      struct keeper_answer *a, uint32_t now)
{
	(void)r, (void)now;
	randombytes_buf(k->work.code, sizeof(k->work.code));
	keeper_code_write(k->work.code, sizeof(k->work.code), a->code.signs);
	return KEEPER_OK;
}

/* ---- labels ---- */

/* What LABELS needs for each operation. */
enum {
	BY_CODE = 1,
	BY_TICKET = 2,
	BY_TARGET = 4,
	BY_NEW_CODE = 8,
	BOTH_WAYS = 16, /* the target's unlock of the party, too: only where a match is read */
};
static const uint8_t labels_by[KEEPER_OPS] = {
    [KEEPER_ENROL] = BY_CODE,
    [KEEPER_SESSION] = BY_CODE,
    [KEEPER_SELF] = BY_TICKET,
    [KEEPER_SHOW] = BY_TARGET,
    [KEEPER_UNLOCK] = BY_TICKET | BY_TARGET,
    [KEEPER_WITHDRAW] = BY_TICKET | BY_TARGET,
    [KEEPER_NOTES] = BY_TICKET,
    [KEEPER_MATCHES] = BY_TICKET,
    [KEEPER_RELEASE] = BY_TICKET | BY_TARGET | BOTH_WAYS,
    [KEEPER_REPORT] = BY_TICKET | BY_TARGET | BOTH_WAYS,
    [KEEPER_CONTACT_CHANGE] = BY_TICKET,
    [KEEPER_PROFILE_CHANGE] = BY_TICKET,
    [KEEPER_NEW_CODE] = BY_TICKET | BY_NEW_CODE,
    [KEEPER_ERASE] = BY_TICKET,
    [KEEPER_HIDE] = BY_TARGET,
};

enum keeper_status party_labels(struct keeper *k, const struct keeper_request *r,
				struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_labels *l = &r->labels;
	struct keeper_work *w = &k->work;
	uint8_t by = l->op < KEEPER_OPS ? labels_by[l->op] : 0;
	uint8_t invite[CODE_BYTES];
	struct keeper_secret renewed;
	randombytes_buf(&a->labels, sizeof(a->labels));
	if (by & BY_TARGET)
		keeper_label_id(k, l->target, a->labels.other);
	if (by & BY_CODE) {
		if (!party_read_code(k, l->code))
			return KEEPER_BAD_CODE;
		keeper_label_code(k, w->secret.loc, a->labels.code);
	}
	if (l->op == KEEPER_ENROL && l->invite[0]) {
		if (!keeper_code_read(l->invite, sizeof(l->invite), invite, sizeof(invite)))
			return KEEPER_BAD_CODE;
		keeper_invite_label(invite, a->labels.invite);
		sodium_memzero(invite, sizeof(invite));
	}
	if (by & BY_TICKET) {
		if (!keeper_ticket_read(k, l->ticket, now))
			return KEEPER_EXPIRED;
		keeper_label_code(k, w->secret.loc, a->labels.code);
		if (by & BY_TARGET)
			keeper_label_unlock(k, w->ticket.id, l->target, a->labels.out);
		if (by & BOTH_WAYS)
			keeper_label_unlock(k, l->target, w->ticket.id, a->labels.in);
	}
	if (by & BY_NEW_CODE) {
		if (!keeper_code_read(l->new_code, sizeof(l->new_code), w->code, sizeof(w->code)))
			return KEEPER_BAD_CODE;
		keeper_secret_of(w->code, &renewed);
		keeper_label_code(k, renewed.loc, a->labels.new_code);
		sodium_memzero(&renewed, sizeof(renewed));
	}
	return by ? KEEPER_OK : KEEPER_MISMATCH;
}

/* ---- to come, to sign in, to change the code ---- */

static void party_make(struct keeper *k, const struct keeper_request_enrol *e, uint32_t now)
{
	struct keeper_work *w = &k->work;
	w->party = (struct keeper_party){.made = now, .expires = party_expiry(k, now)};
	randombytes_buf(w->party.id, KEEPER_ID);
	memcpy(w->party.loc, w->secret.loc, sizeof(w->party.loc));
	party_set_hidden(&w->party, e->hidden);
	party_hash_profile(e->profile, w->party.hash);
	must(crypto_box_keypair(w->party.pk, w->self.sk) == 0);
	randombytes_buf(w->self.contact_key, sizeof(w->self.contact_key));
	randombytes_buf(w->self.notes_key, sizeof(w->self.notes_key));
	memset(w->notes, 0, sizeof(w->notes));
	keeper_lock(w->secret.key, &w->self, sizeof(w->self), w->party.self);
	keeper_lock(w->self.contact_key, e->contact, KEEPER_CONTACT, w->party.contact);
	keeper_lock(w->self.notes_key, w->notes, sizeof(w->notes), w->party.notes);
}

/* What ENROL, SESSION and NEW_CODE have in common: signed in, with the row to write. */
static void party_enter(struct keeper *k, struct keeper_answer_session *s, uint32_t now)
{
	const struct keeper_work *w = &k->work;
	keeper_ticket_make(k, w->code, w->party.id, now, s);
	s->expires = w->party.expires;
	s->next_tick = keeper_next_tick(&k->rules, now);
	s->hidden = w->party.flags & PARTY_HIDDEN;
}

static bool party_is_of_code(struct keeper *k, const struct keeper_party_row *row)
{
	struct keeper_work *w = &k->work;
	return keeper_open_party(k, row, &w->party) &&
	       sodium_memcmp(w->party.loc, w->secret.loc, sizeof(w->secret.loc)) == 0;
}

enum keeper_status party_enrol(struct keeper *k, const struct keeper_request *r,
			       struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_enrol *e = &r->enrol;
	if (!party_read_code(k, e->code))
		return KEEPER_BAD_CODE;
	bool repeated = party_is_of_code(k, &e->party);
	if (repeated) {
		party_write(k, &e->party, &a->session.party);
	} else {
		party_make(k, e, now);
		keeper_seal_party(k, k->period[0].number, 1, &k->work.party, &a->session.party);
	}
	a->session.repeated = repeated;
	party_enter(k, &a->session, now);
	keeper_consent_make(k, KEEPER_AGREED_ENROL, e->text_version, NULL, k->work.party.hash, now,
			    &a->session.consent);
	return KEEPER_OK;
}

enum keeper_status party_session(struct keeper *k, const struct keeper_request *r,
				 struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_session *s = &r->session;
	if (!party_read_code(k, s->code))
		return KEEPER_BAD_CODE;
	if (!party_is_of_code(k, &s->party))
		return KEEPER_UNKNOWN;
	k->work.party.expires = party_expiry(k, now);
	party_write(k, &s->party, &a->session.party);
	party_enter(k, &a->session, now);
	return KEEPER_OK;
}

enum keeper_status party_new_code(struct keeper *k, const struct keeper_request *r,
				  struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_new_code *n = &r->new_code;
	struct keeper_work *w = &k->work;
	enum keeper_status status = keeper_sign_in(k, n->ticket, &n->party, now);
	if (status == KEEPER_EXPIRED)
		return status;
	if (!party_read_code(k, n->code))
		return KEEPER_BAD_CODE;
	if (status == KEEPER_OK) {
		keeper_lock(w->secret.key, &w->self, sizeof(w->self), w->party.self);
		memcpy(w->party.loc, w->secret.loc, sizeof(w->party.loc));
		party_write(k, &n->party, &a->session.party);
	} else if (party_is_of_code(k, &n->renewed) &&
		   sodium_memcmp(w->party.id, w->ticket.id, KEEPER_ID) == 0) {
		/* The answer to the first attempt was lost. */
		party_write(k, &n->renewed, &a->session.party);
		a->session.repeated = 1;
	} else {
		return KEEPER_UNKNOWN;
	}
	party_enter(k, &a->session, now);
	return KEEPER_OK;
}

/* ---- what a party sees and changes of itself ---- */

enum keeper_status party_self(struct keeper *k, const struct keeper_request *r,
			      struct keeper_answer *a, uint32_t now)
{
	struct keeper_work *w = &k->work;
	struct keeper_answer_self *s = &a->self;
	enum keeper_status status = keeper_sign_in(k, r->party.ticket, &r->party.party, now);
	if (status != KEEPER_OK)
		return status;
	if (!keeper_unlock_box(w->self.contact_key, w->party.contact, s->contact, KEEPER_CONTACT))
		return KEEPER_UNKNOWN;
	s->made = w->party.made;
	s->expires = w->party.expires;
	s->next_tick = keeper_next_tick(&k->rules, now);
	memcpy(s->id, w->party.id, KEEPER_ID);
	memcpy(s->hash, w->party.hash, KEEPER_HASH);
	s->hidden = w->party.flags & PARTY_HIDDEN;
	s->left_today = keeper_left_today(&k->rules, &w->party, now);
	for (size_t n = 0; n < KEEPER_NOTES_MAX; n++) {
		keeper_note_show(&w->notes[n], now, &s->note[n]);
		s->notes += s->note[n].state != KEEPER_NONE;
	}
	return KEEPER_OK;
}

enum keeper_status party_show(struct keeper *k, const struct keeper_request *r,
			      struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_show *s = &r->show;
	struct keeper_party *other = &k->work.other;
	party_hash_profile(s->profile, a->show.hash);
	a->show.vouched = keeper_open_party(k, &s->other, other) &&
			  sodium_memcmp(other->id, s->target, KEEPER_ID) == 0 &&
			  sodium_memcmp(other->hash, a->show.hash, KEEPER_HASH) == 0 &&
			  !(other->flags & PARTY_HIDDEN) && other->expires > now;
	return KEEPER_OK;
}

/* The answer of an operation that changed work.party. */
static enum keeper_status party_changed(struct keeper *k, const struct keeper_party_row *read,
					struct keeper_answer_party *out)
{
	memcpy(out->id, k->work.party.id, KEEPER_ID);
	memcpy(out->hash, k->work.party.hash, KEEPER_HASH);
	party_write(k, read, &out->party);
	return KEEPER_OK;
}

enum keeper_status party_contact(struct keeper *k, const struct keeper_request *r,
				 struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_contact *c = &r->contact;
	struct keeper_work *w = &k->work;
	enum keeper_status status = keeper_sign_in(k, c->ticket, &c->party, now);
	if (status != KEEPER_OK)
		return status;
	/* The key stays the same, so that parties that have matched already read the new data. */
	keeper_lock(w->self.contact_key, c->contact, KEEPER_CONTACT, w->party.contact);
	return party_changed(k, &c->party, &a->party);
}

enum keeper_status party_profile(struct keeper *k, const struct keeper_request *r,
				 struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_profile *p = &r->profile;
	enum keeper_status status = keeper_sign_in(k, p->ticket, &p->party, now);
	if (status != KEEPER_OK)
		return status;
	party_hash_profile(p->profile, k->work.party.hash);
	/* A hidden party stays hidden: only the operator can show it again. */
	if (p->hidden)
		party_set_hidden(&k->work.party, 1);
	return party_changed(k, &p->party, &a->party);
}

enum keeper_status party_hide(struct keeper *k, const struct keeper_request *r,
			      struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_hide *h = &r->hide;
	struct keeper_work *w = &k->work;
	(void)now;
	if (!keeper_open_party(k, &h->other, &w->party) ||
	    sodium_memcmp(w->party.id, h->target, KEEPER_ID) != 0)
		return KEEPER_MISMATCH;
	party_set_hidden(&w->party, h->hidden);
	return party_changed(k, &h->other, &a->party);
}

enum keeper_status party_erase(struct keeper *k, const struct keeper_request *r,
			       struct keeper_answer *a, uint32_t now)
{
	const struct keeper_request_erase *e = &r->erase;
	struct keeper_work *w = &k->work;
	enum keeper_status status = keeper_sign_in(k, e->ticket, &e->party, now);
	if (status != KEEPER_OK)
		return status;
	if (!keeper_code_read(e->code, sizeof(e->code), w->code, sizeof(w->code)))
		return KEEPER_BAD_CODE;
	if (sodium_memcmp(w->code, w->ticket.code, sizeof(w->code)) != 0)
		return KEEPER_MISMATCH;
	memcpy(a->erase.id, w->party.id, KEEPER_ID);
	return KEEPER_OK;
}
