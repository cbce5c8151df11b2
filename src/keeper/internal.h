/* Inside keeper/: what the bodies of rows contain, and what the files share. From below:
 * code.c and rules.c know no keys; seal.c opens and seals; party.c, pair.c and rewrap.c are the
 * operations; keeper.c is their table. */
#ifndef KEEPER_INTERNAL_H
#define KEEPER_INTERNAL_H

#include "keeper/keeper.h"

#include <sodium.h>

/* Bodies are stored in the machine's order. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "stored numbers are little-endian");

enum {
	CODE_BYTES = 16,
	SECRETBOX_OVERHEAD = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES,
	BODY_OVERHEAD = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
			crypto_aead_xchacha20poly1305_ietf_ABYTES,
	PARTY_HIDDEN = 1, /* flag */
};
#define END_OPEN UINT32_MAX /* of an interval: not withdrawn */

/* An unlock as its party knows it; the place is empty when id is zero. */
struct keeper_stored_note {
	uint8_t id[KEEPER_ID];
	uint32_t from, end, text_version, keep;
};

/* What the code opens. */
struct keeper_self {
	uint8_t sk[32];
	uint8_t contact_key[32];
	uint8_t notes_key[32];
};

/* What party.body seals under the period's wrap key. */
struct keeper_party {
	uint8_t id[KEEPER_ID];
	uint8_t loc[32];
	uint8_t pk[32];
	uint8_t hash[KEEPER_HASH];
	uint32_t made, expires, flags;
	uint32_t today, count; /* a day since 1970 and the unlocks on it */
	uint8_t self[sizeof(struct keeper_self) + SECRETBOX_OVERHEAD];
	uint8_t contact[KEEPER_CONTACT + SECRETBOX_OVERHEAD];
	uint8_t notes[KEEPER_NOTES_MAX * sizeof(struct keeper_stored_note) + SECRETBOX_OVERHEAD];
};
_Static_assert(sizeof(struct keeper_party) + BODY_OVERHEAD == KEEPER_PARTY_BODY, "party.body");

/* What unlock.body seals. `box`: the contact key of `party`, sealed to the target. */
struct keeper_unlock {
	uint8_t party[KEEPER_ID];
	uint8_t target[KEEPER_ID];
	uint32_t from, end, keep, text_version;
	uint8_t box[32 + crypto_box_SEALBYTES];
};
_Static_assert(sizeof(struct keeper_unlock) + BODY_OVERHEAD == KEEPER_UNLOCK_BODY, "unlock.body");
_Static_assert(sizeof(struct keeper_consent) + crypto_box_SEALBYTES == KEEPER_CONSENT_ENTRY,
	       "consent.entry");

/* What a ticket seals under the boot key. The id is in it because the labels of unlocks are made of
 * it, and it would otherwise be known only after the party's row was read. */
struct keeper_ticket {
	uint8_t code[CODE_BYTES];
	uint8_t id[KEEPER_ID];
	int64_t until;
};
_Static_assert(sizeof(struct keeper_ticket) + SECRETBOX_OVERHEAD == KEEPER_TICKET, "ticket");

/* Made from a code. */
struct keeper_secret {
	uint8_t loc[32];
	uint8_t key[32];
};

struct keeper_period {
	uint32_t number;
	int64_t made;
	uint8_t label_key[32];
	uint8_t wrap_key[32];
};

/* Everything secret that a request opens; wiped after it. */
struct keeper_work {
	struct keeper_ticket ticket;
	uint8_t code[CODE_BYTES];
	struct keeper_secret secret;
	struct keeper_party party, other;
	struct keeper_self self;
	struct keeper_stored_note notes[KEEPER_NOTES_MAX];
	struct keeper_unlock out, in;
	uint8_t pk[32], sk[32];
	uint8_t box[32 + crypto_box_SEALBYTES];
	uint8_t sealed[KEEPER_CONTACT + SECRETBOX_OVERHEAD];
	uint8_t key[32];
	struct keeper_consent consent;
};

/* A party and an unlock that do not exist: what is opened in place of what is missing. */
struct keeper_decoy {
	struct keeper_party_row party;
	struct keeper_unlock_row unlock;
	uint8_t pk[32], sk[32];
	uint8_t box[32 + crypto_box_SEALBYTES]; /* to pk, of the key of `contact` */
	uint8_t contact[KEEPER_CONTACT + SECRETBOX_OVERHEAD];
};

struct keeper {
	struct keeper_rules rules;
	struct keeper_period period[KEEPER_PERIODS]; /* [0] the newest; number 0: none */
	uint8_t boot[32];
	uint8_t offline_public[32];
	uint8_t nobody_public[32]; /* its private half was never kept */
	struct keeper_decoy decoy;
	struct keeper_work work;
};

/* ---- rules.c ---- */

uint32_t keeper_next_tick(const struct keeper_rules *rules, uint32_t now);
/* Both intervals contain a tick that has passed, and both are kept still. */
bool keeper_match(const struct keeper_unlock *a, const struct keeper_unlock *b, uint32_t now,
		  uint32_t *since, uint32_t *until);
/* Weeks since 1970, rounded up. */
uint32_t keeper_week_after(uint32_t instant);
/* The note of a target that is kept still; NULL: none. */
struct keeper_stored_note *keeper_note_of(struct keeper_stored_note *notes, const uint8_t *target,
					  uint32_t now);
/* An empty place; NULL: none. */
struct keeper_stored_note *keeper_note_free(struct keeper_stored_note *notes, uint32_t now);
/* A note as its party is shown it; *out is zero. Without matches: those need the rows. */
void keeper_note_show(const struct keeper_stored_note *note, uint32_t now, struct keeper_note *out);
/* Unlocks that are left on the day of `now`. */
uint32_t keeper_left_today(const struct keeper_rules *rules, const struct keeper_party *party,
			   uint32_t now);
/* Withdraw at `now` what is open. */
void keeper_end_unlock(const struct keeper_rules *rules, uint32_t now, uint32_t *end,
		       uint32_t *keep, uint32_t from);

/* ---- seal.c ---- */

/* dst = flag ? a : b, in a time that does not depend on flag. */
void keeper_select(uint8_t *dst, bool flag, const void *a, const void *b, size_t n);

void keeper_secret_of(const uint8_t code[CODE_BYTES], struct keeper_secret *out);

/* The label under each period; random where there is none. Index as k->period. */
typedef uint8_t keeper_labels_of[KEEPER_PERIODS][KEEPER_LABEL];
void keeper_label_code(const struct keeper *k, const uint8_t loc[32], keeper_labels_of out);
void keeper_label_id(const struct keeper *k, const uint8_t *id, keeper_labels_of out);
void keeper_label_unlock(const struct keeper *k, const uint8_t *party, const uint8_t *target,
			 keeper_labels_of out);

/* False: missing, or not sealed by us as it stands; *out is a decoy's then. */
MUST_CHECK bool keeper_open_party(const struct keeper *k, const struct keeper_party_row *row,
				  struct keeper_party *out);
MUST_CHECK bool keeper_open_unlock(const struct keeper *k, const struct keeper_unlock_row *row,
				   struct keeper_unlock *out);
/* The whole row under the period of that number. */
void keeper_seal_party(const struct keeper *k, uint32_t period, uint32_t version,
		       const struct keeper_party *party, struct keeper_party_row *row);
void keeper_seal_unlock(const struct keeper *k, uint32_t period, const struct keeper_unlock *unlock,
			struct keeper_unlock_row *row);

/* secretbox with its nonce in front: `out` has n + SECRETBOX_OVERHEAD bytes. */
void keeper_lock(const uint8_t key[32], const void *plain, size_t n, uint8_t *out);
MUST_CHECK bool keeper_unlock_box(const uint8_t key[32], const uint8_t *sealed, void *plain,
				  size_t n);

void keeper_ticket_make(const struct keeper *k, const uint8_t code[CODE_BYTES], const uint8_t *id,
			uint32_t now, struct keeper_answer_session *out);
/* Read the ticket into work. False: too old, or not ours. */
MUST_CHECK bool keeper_ticket_read(struct keeper *k, const uint8_t ticket[KEEPER_TICKET],
				   uint32_t now);

void keeper_consent_make(struct keeper *k, enum keeper_consent_kind kind, uint32_t text_version,
			 const uint8_t *target, const uint8_t *seen_hash, uint32_t now,
			 struct keeper_consent_row *out);

void keeper_decoys_make(struct keeper *k, uint32_t now);

/* ---- operations: party.c, pair.c, rewrap.c ---- */

/* The ticket's party from its row into work: ticket, secret, party, self, notes. */
MUST_CHECK enum keeper_status keeper_sign_in(struct keeper *k, const uint8_t *ticket,
					     const struct keeper_party_row *row, uint32_t now);

typedef enum keeper_status keeper_operation(struct keeper *k, const struct keeper_request *r,
					    struct keeper_answer *a, uint32_t now);
keeper_operation party_code, party_labels, party_enrol, party_session, party_self, party_show,
    party_contact, party_profile, party_new_code, party_erase, party_hide;
keeper_operation pair_unlock, pair_withdraw, pair_notes, pair_matches, pair_release, pair_report;
keeper_operation rewrap_parties, rewrap_unlocks;

#endif
