/* A contact process without HTTP, and a database in memory: what the tests of the keeper's core
 * have in common. Each world_* function does one operation as message.h says it is done: labels,
 * the rows that stand there, the operation, the rows of the answer.
 *
 * A world is a plain value: a copy of it is a backup, and assigning it back a rollback. The
 * keeper is one for the whole process. */
#ifndef TESTS_CONTACT_WORLD_H
#define TESTS_CONTACT_WORLD_H

#include "keeper/keeper.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { WORLD_PARTIES = 8, WORLD_UNLOCKS = 48, WORLD_START = 1800000000 };

struct world {
	int64_t now;
	unsigned consents;
	struct keeper_party_row party[WORLD_PARTIES]; /* present = 0: a free place */
	struct keeper_unlock_row unlock[WORLD_UNLOCKS];
};

/* One who uses it, with what it keeps itself. */
struct who {
	char code[KEEPER_CODE_TYPED];
	uint8_t ticket[KEEPER_TICKET];
	uint8_t id[KEEPER_ID];
	uint8_t hash[KEEPER_HASH];
	uint8_t contact[KEEPER_CONTACT];
	uint8_t profile[KEEPER_PROFILE];
};

static struct keeper *world_keeper;
static struct keeper_request world_request;
static struct keeper_answer world_answer;

/* What a database that its owner has changed gives in place of the target's row; NULL: the row. */
static const struct keeper_party_row *world_instead;

static struct keeper_keys world_keys;
static uint8_t world_offline_private[KEEPER_KEY];

/* New keys, for a whole run. */
static inline void world_make_keys(void)
{
	must(sodium_init() >= 0);
	memset(&world_keys, 0, sizeof(world_keys));
	world_keys.period[0].number = 1;
	world_keys.period[0].made = WORLD_START;
	randombytes_buf(world_keys.period[0].key, KEEPER_KEY);
	must(crypto_box_keypair(world_keys.offline_public, world_offline_private) == 0);
}

/* A new period in front; the oldest goes when there were two. */
static inline void world_add_period(void)
{
	world_keys.period[1] = world_keys.period[0];
	world_keys.period[0].number++;
	randombytes_buf(world_keys.period[0].key, KEEPER_KEY);
}

static inline void world_restart(const struct keeper_rules *rules, int64_t now)
{
	world_keeper = keeper_start(&world_keys, rules, now);
}

static inline struct keeper_request *world_begin(enum keeper_op op)
{
	memset(&world_request, 0, keeper_request_bytes(op));
	world_request.op = (uint16_t)op;
	return &world_request;
}

static inline enum keeper_status world_ask(const struct world *w)
{
	keeper_answer(world_keeper, &world_request, &world_answer, w->now);
	return world_answer.status;
}

/* ---- the database ---- */

static inline bool world_label_is(const uint8_t *label, uint8_t (*labels)[KEEPER_LABEL])
{
	return memcmp(label, labels[0], KEEPER_LABEL) == 0 ||
	       memcmp(label, labels[1], KEEPER_LABEL) == 0;
}

static inline struct keeper_party_row *
world_party_at(struct world *w, uint8_t (*code)[KEEPER_LABEL], uint8_t (*id)[KEEPER_LABEL])
{
	for (int n = 0; n < WORLD_PARTIES; n++)
		if (w->party[n].present &&
		    ((code && world_label_is(w->party[n].code_label, code)) ||
		     (id && world_label_is(w->party[n].id_label, id))))
			return &w->party[n];
	return NULL;
}

static inline struct keeper_unlock_row *world_unlock_at(struct world *w,
							uint8_t (*labels)[KEEPER_LABEL])
{
	for (int n = 0; n < WORLD_UNLOCKS; n++)
		if (w->unlock[n].present && world_label_is(w->unlock[n].label, labels))
			return &w->unlock[n];
	return NULL;
}

#define WORLD_SELECT(row, found)                                                                   \
	do {                                                                                       \
		if (found)                                                                         \
			(row) = *(found);                                                          \
	} while (0)

/* UPDATE where `read` stood; read = NULL: INSERT. */
static inline void world_write_party(struct world *w, struct keeper_party_row *read,
				     const struct keeper_party_row *row)
{
	for (int n = 0; !read; n++) {
		must(n < WORLD_PARTIES);
		if (!w->party[n].present)
			read = &w->party[n];
	}
	*read = *row;
}

/* INSERT ... ON CONFLICT (label) DO UPDATE */
static inline void world_write_unlock(struct world *w, const struct keeper_unlock_row *row)
{
	struct keeper_unlock_row *at = NULL;
	for (int n = 0; n < WORLD_UNLOCKS; n++)
		if (w->unlock[n].present &&
		    memcmp(w->unlock[n].label, row->label, KEEPER_LABEL) == 0)
			at = &w->unlock[n];
	for (int n = 0; !at; n++) {
		must(n < WORLD_UNLOCKS);
		if (!w->unlock[n].present)
			at = &w->unlock[n];
	}
	*at = *row;
}

/* ---- operations ---- */

static inline enum keeper_status world_labels(const struct world *w, enum keeper_op op,
					      const struct who *party, const uint8_t *target,
					      struct keeper_answer_labels *out)
{
	struct keeper_request_labels *l = &world_begin(KEEPER_LABELS)->labels;
	l->op = op;
	if (party) {
		memcpy(l->code, party->code, sizeof(l->code));
		memcpy(l->ticket, party->ticket, sizeof(l->ticket));
	}
	if (target)
		memcpy(l->target, target, KEEPER_ID);
	enum keeper_status status = world_ask(w);
	*out = world_answer.labels;
	return status;
}

static inline enum keeper_status world_session(struct world *w, struct who *party)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_labels(w, KEEPER_SESSION, party, NULL, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_session *s = &world_begin(KEEPER_SESSION)->session;
	struct keeper_party_row *row = world_party_at(w, labels.code, NULL);
	memcpy(s->code, party->code, sizeof(s->code));
	WORLD_SELECT(s->party, row);
	status = world_ask(w);
	if (status == KEEPER_OK) {
		world_write_party(w, row, &world_answer.session.party);
		memcpy(party->ticket, world_answer.session.ticket, KEEPER_TICKET);
	}
	return status;
}

static inline enum keeper_status world_enrol_again(struct world *w, struct who *party, bool hidden)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_labels(w, KEEPER_ENROL, party, NULL, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_enrol *e = &world_begin(KEEPER_ENROL)->enrol;
	struct keeper_party_row *row = world_party_at(w, labels.code, NULL);
	e->text_version = 1;
	e->hidden = hidden;
	memcpy(e->code, party->code, sizeof(e->code));
	memcpy(e->contact, party->contact, sizeof(e->contact));
	memcpy(e->profile, party->profile, sizeof(e->profile));
	WORLD_SELECT(e->party, row);
	status = world_ask(w);
	if (status == KEEPER_OK) {
		world_write_party(w, row, &world_answer.session.party);
		memcpy(party->ticket, world_answer.session.ticket, KEEPER_TICKET);
		memcpy(party->id, world_answer.session.id, KEEPER_ID);
		w->consents++;
	}
	return status;
}

static inline void world_code(const struct world *w, char code[KEEPER_CODE_TYPED])
{
	world_begin(KEEPER_CODE);
	must(world_ask(w) == KEEPER_OK);
	memset(code, 0, KEEPER_CODE_TYPED);
	memcpy(code, world_answer.code.signs, KEEPER_CODE_SIGNS);
}

static inline enum keeper_status world_show(struct world *w, struct who *of)
{
	struct keeper_answer_labels labels;
	must(world_labels(w, KEEPER_SHOW, NULL, of->id, &labels) == KEEPER_OK);
	struct keeper_request_show *s = &world_begin(KEEPER_SHOW)->show;
	WORLD_SELECT(s->other, world_party_at(w, NULL, labels.other));
	memcpy(s->target, of->id, KEEPER_ID);
	memcpy(s->profile, of->profile, KEEPER_PROFILE);
	enum keeper_status status = world_ask(w);
	memcpy(of->hash, world_answer.show.hash, KEEPER_HASH);
	return status;
}

/* A new party with a contact that says its name. */
static inline void world_enrol(struct world *w, struct who *party, const char *name)
{
	memset(party, 0, sizeof(*party));
	world_code(w, party->code);
	snprintf((char *)party->contact, sizeof(party->contact), "CANARY contact of %s", name);
	snprintf((char *)party->profile, sizeof(party->profile), "profile of %s", name);
	must(world_enrol_again(w, party, false) == KEEPER_OK);
	must(world_show(w, party) == KEEPER_OK && world_answer.show.vouched);
}

static inline enum keeper_status world_change(struct world *w, enum keeper_op op, struct who *party,
					      const struct who *target)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_labels(w, op, party, target->id, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_unlock *u = &world_begin(op)->unlock;
	struct keeper_party_row *row = world_party_at(w, labels.code, NULL);
	u->text_version = 1;
	memcpy(u->ticket, party->ticket, sizeof(u->ticket));
	memcpy(u->target, target->id, KEEPER_ID);
	memcpy(u->seen_hash, target->hash, KEEPER_HASH);
	WORLD_SELECT(u->party, row);
	WORLD_SELECT(u->other, world_party_at(w, NULL, labels.other));
	WORLD_SELECT(u->other, world_instead);
	WORLD_SELECT(u->out, world_unlock_at(w, labels.out));
	status = world_ask(w);
	if (status == KEEPER_OK) {
		world_write_party(w, row, &world_answer.unlock.party);
		world_write_unlock(w, &world_answer.unlock.out);
		w->consents++;
	}
	return status;
}

static inline enum keeper_status world_unlock(struct world *w, struct who *party,
					      const struct who *target)
{
	return world_change(w, KEEPER_UNLOCK, party, target);
}

static inline enum keeper_status world_withdraw(struct world *w, struct who *party,
						const struct who *target)
{
	return world_change(w, KEEPER_WITHDRAW, party, target);
}

/* The request is left in world_request, ready to be asked again with changed rows. */
static inline enum keeper_status world_compare(struct world *w, enum keeper_op op,
					       const struct who *reader, const struct who *of)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_labels(w, op, reader, of->id, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_release *r = &world_begin(op)->release;
	memcpy(r->ticket, reader->ticket, sizeof(r->ticket));
	memcpy(r->target, of->id, KEEPER_ID);
	WORLD_SELECT(r->party, world_party_at(w, labels.code, NULL));
	WORLD_SELECT(r->other, world_party_at(w, NULL, labels.other));
	WORLD_SELECT(r->out, world_unlock_at(w, labels.out));
	WORLD_SELECT(r->in, world_unlock_at(w, labels.in));
	return world_ask(w);
}

static inline enum keeper_status world_release(struct world *w, const struct who *reader,
					       const struct who *of)
{
	return world_compare(w, KEEPER_RELEASE, reader, of);
}

/* The contact of `of` reaches `reader`. */
static inline bool world_reads(struct world *w, const struct who *reader, const struct who *of)
{
	if (world_release(w, reader, of) != KEEPER_OK)
		return false;
	must(memcmp(world_answer.release.contact, of->contact, KEEPER_CONTACT) == 0);
	return true;
}

/* SELF, NOTES: only the party's own row. */
static inline enum keeper_status world_own(struct world *w, enum keeper_op op,
					   const struct who *party)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_labels(w, op, party, NULL, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_party *p = &world_begin(op)->party;
	memcpy(p->ticket, party->ticket, sizeof(p->ticket));
	WORLD_SELECT(p->party, world_party_at(w, labels.code, NULL));
	return world_ask(w);
}

static inline enum keeper_status world_matches(struct world *w, const struct who *party)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_own(w, KEEPER_NOTES, party);
	struct keeper_answer_notes notes = world_answer.notes;
	if (status == KEEPER_OK)
		status = world_labels(w, KEEPER_MATCHES, party, NULL, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_matches *m = &world_begin(KEEPER_MATCHES)->matches;
	memcpy(m->ticket, party->ticket, sizeof(m->ticket));
	WORLD_SELECT(m->party, world_party_at(w, labels.code, NULL));
	for (int n = 0; n < KEEPER_NOTES_MAX; n++) {
		WORLD_SELECT(m->out[n], world_unlock_at(w, notes.out[n]));
		WORLD_SELECT(m->in[n], world_unlock_at(w, notes.in[n]));
	}
	return world_ask(w);
}

static inline enum keeper_status world_erase(struct world *w, struct who *party)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_own(w, KEEPER_NOTES, party);
	struct keeper_answer_notes notes = world_answer.notes;
	if (status == KEEPER_OK)
		status = world_labels(w, KEEPER_ERASE, party, NULL, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_erase *e = &world_begin(KEEPER_ERASE)->erase;
	struct keeper_party_row *row = world_party_at(w, labels.code, NULL);
	memcpy(e->ticket, party->ticket, sizeof(e->ticket));
	memcpy(e->code, party->code, sizeof(e->code));
	WORLD_SELECT(e->party, row);
	status = world_ask(w);
	if (status != KEEPER_OK)
		return status;
	row->present = 0;
	for (int n = 0; n < KEEPER_NOTES_MAX; n++) {
		struct keeper_unlock_row *unlock = world_unlock_at(w, notes.out[n]);
		if (unlock)
			unlock->present = 0;
	}
	return KEEPER_OK;
}

static inline enum keeper_status world_hide(struct world *w, const struct who *target, bool hidden)
{
	struct keeper_answer_labels labels;
	must(world_labels(w, KEEPER_HIDE, NULL, target->id, &labels) == KEEPER_OK);
	struct keeper_request_hide *h = &world_begin(KEEPER_HIDE)->hide;
	struct keeper_party_row *row = world_party_at(w, NULL, labels.other);
	h->hidden = hidden;
	memcpy(h->target, target->id, KEEPER_ID);
	WORLD_SELECT(h->other, row);
	enum keeper_status status = world_ask(w);
	if (status == KEEPER_OK)
		world_write_party(w, row, &world_answer.party.party);
	return status;
}

static inline enum keeper_status world_new_contact(struct world *w, struct who *party,
						   const char *text)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_labels(w, KEEPER_CONTACT_CHANGE, party, NULL, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_contact *c = &world_begin(KEEPER_CONTACT_CHANGE)->contact;
	struct keeper_party_row *row = world_party_at(w, labels.code, NULL);
	memcpy(c->ticket, party->ticket, sizeof(c->ticket));
	snprintf((char *)c->contact, sizeof(c->contact), "CANARY %s", text);
	WORLD_SELECT(c->party, row);
	status = world_ask(w);
	if (status == KEEPER_OK) {
		world_write_party(w, row, &world_answer.party.party);
		memcpy(party->contact, c->contact, sizeof(c->contact));
	}
	return status;
}

static inline enum keeper_status world_new_profile(struct world *w, struct who *party,
						   const char *text)
{
	struct keeper_answer_labels labels;
	enum keeper_status status = world_labels(w, KEEPER_PROFILE_CHANGE, party, NULL, &labels);
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_profile *p = &world_begin(KEEPER_PROFILE_CHANGE)->profile;
	struct keeper_party_row *row = world_party_at(w, labels.code, NULL);
	memcpy(p->ticket, party->ticket, sizeof(p->ticket));
	snprintf((char *)p->profile, sizeof(p->profile), "%s", text);
	WORLD_SELECT(p->party, row);
	status = world_ask(w);
	if (status == KEEPER_OK)
		world_write_party(w, row, &world_answer.party.party);
	return status;
}

/* party->code is the new one afterwards, also when it failed. */
static inline enum keeper_status world_new_code(struct world *w, struct who *party,
						const char code[KEEPER_CODE_TYPED])
{
	struct keeper_request_labels *l = &world_begin(KEEPER_LABELS)->labels;
	l->op = KEEPER_NEW_CODE;
	memcpy(l->ticket, party->ticket, sizeof(l->ticket));
	memcpy(l->new_code, code, KEEPER_CODE_TYPED);
	enum keeper_status status = world_ask(w);
	struct keeper_answer_labels labels = world_answer.labels;
	if (status != KEEPER_OK)
		return status;
	struct keeper_request_new_code *n = &world_begin(KEEPER_NEW_CODE)->new_code;
	struct keeper_party_row *row = world_party_at(w, labels.code, NULL);
	struct keeper_party_row *renewed = world_party_at(w, labels.new_code, NULL);
	memcpy(n->ticket, party->ticket, sizeof(n->ticket));
	memcpy(n->code, code, KEEPER_CODE_TYPED);
	WORLD_SELECT(n->party, row);
	WORLD_SELECT(n->renewed, renewed);
	status = world_ask(w);
	if (status == KEEPER_OK)
		world_write_party(w, row ? row : renewed, &world_answer.session.party);
	return status;
}

/* Signed in with the code that new_code has set. */
static inline void world_use_code(struct who *party, const char code[KEEPER_CODE_TYPED])
{
	memcpy(party->code, code, KEEPER_CODE_TYPED);
	memcpy(party->ticket, world_answer.session.ticket, KEEPER_TICKET);
}

/* All rows of the older period into the newest. */
static inline void world_rewrap(struct world *w)
{
	struct keeper_rewrap_parties *p = &world_begin(KEEPER_REWRAP_PARTIES)->parties;
	memcpy(p->rows, w->party, sizeof(w->party));
	must(world_ask(w) == KEEPER_OK);
	for (int n = 0; n < WORLD_PARTIES; n++)
		if (world_answer.parties.rows[n].present)
			w->party[n] = world_answer.parties.rows[n];
	struct keeper_rewrap_unlocks *u = &world_begin(KEEPER_REWRAP_UNLOCKS)->unlocks;
	memcpy(u->rows, w->unlock, sizeof(w->unlock));
	must(world_ask(w) == KEEPER_OK);
	for (int n = 0; n < WORLD_UNLOCKS; n++)
		if (world_answer.unlocks.rows[n].present)
			w->unlock[n] = world_answer.unlocks.rows[n];
}

#endif
