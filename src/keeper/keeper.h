/* The keeper: the keys of the contact sphere and the rules that decide with them. One function
 * takes a request and gives its answer (keeper/message/message.h says what each operation is);
 * nothing else is kept between two requests but the keys. It opens no file, allocates nothing
 * and waits for nothing; the clock is a parameter, chance is libsodium's randombytes (which a
 * test may replace).
 *
 * docs/contact-sphere.md has the protocol, who can read what, and the limits.
 *
 * What it does for a request depends on what the caller may know, and on nothing else: a row
 * that is missing is replaced by one of the keeper's own (a decoy), which is opened in its
 * place, and where a decision must not show, both sides of it are computed and one is chosen
 * without a branch.
 *
 * Rules. All instants are seconds of the wall clock; ticks are the multiples of tick_s.
 *   An unlock counts from the next tick and ends, when withdrawn, at the next tick: [from, end).
 *   Two parties match when both intervals contain a tick that has passed. Nothing that happens now
 *   changes what holds now, so both see a match from the same tick on.
 *   A match is readable by both until the earlier `keep` of the two: KEEPER_KEEP_S after the
 *   withdrawal, or KEEPER_UNLOCK_S after an unlock that is not withdrawn.
 *   A withdrawal is final for the pair until then, unless the unlock never counted.
 *   An unlock of a party that does not exist, is hidden or has expired is stored with an empty
 *   interval, which the caller cannot see: it never matches. Asked again when the party is there,
 *   it counts from the tick that follows. */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "keeper/message/message.h"

struct keeper;

enum {
	KEEPER_KEY = 32,
	KEEPER_KEEP_S = 30 * 86400,
	KEEPER_UNLOCK_S = 365 * 86400,
	/* Bytes of what the operator's offline key opens: see keeper_consent_open. */
	KEEPER_OFFLINE_SIGNS = 54,
};

struct keeper_rules {
	uint32_t tick_s;          /* contact.tick */
	uint32_t unlocks_per_day; /* contact.unlocks_per_day */
	uint32_t profile_days;    /* contact.profile_days */
};

/* The keys of one period; number 0: none. */
struct keeper_period_key {
	uint32_t number;
	int64_t made;
	uint8_t key[KEEPER_KEY];
};

struct keeper_keys {
	struct keeper_period_key period[KEEPER_PERIODS]; /* [0] the newest; [1] may be none */
	uint8_t offline_public[KEEPER_KEY];              /* consent entries are sealed to it */
};

/* The one keeper of the process, in static memory. `now`: of the decoys, which are made here. Once
 * before anything else; again: other keys, all tickets end. `keys` can be wiped then. */
struct keeper *keeper_start(const struct keeper_keys *keys, const struct keeper_rules *rules,
			    int64_t now);

/* Answer one request: all of *a up to keeper_answer_bytes() is written. What it had opened is wiped
 * before it returns; *r and *a are the caller's to wipe. now: seconds since 1970, below 2^32. */
void keeper_answer(struct keeper *k, const struct keeper_request *r, struct keeper_answer *a,
		   int64_t now);

/* Wipe all keys. */
void keeper_stop(struct keeper *k);

/* ---- codes (code.c) ---- */

/* n bytes (16 or 32) as Crockford base 32 with two check signs: 28 or 54 signs, no NUL. */
enum { KEEPER_CHECK_SIGNS = 2 };
void keeper_code_write(const uint8_t *bytes, size_t n, char *signs);
/* Decode a typed code, at most `size` characters or up to NUL, as n bytes. Any one wrong sign and
 * any two neighbours that changed places are found. */
MUST_CHECK bool keeper_code_read(const char *typed, size_t size, uint8_t *bytes, size_t n);

/* ---- for the programs that make what the keeper reads ---- */

/* The label of an invite, which is all that is stored of it. Unkeyed: an invite has 128 bits. */
void keeper_invite_label(const uint8_t code[16], uint8_t label[KEEPER_LABEL]);

enum keeper_consent_kind { KEEPER_AGREED_ENROL = 1, KEEPER_AGREED_UNLOCK, KEEPER_AGREED_WITHDRAW };

struct keeper_consent {
	uint32_t kind; /* enum keeper_consent_kind */
	uint32_t at;   /* when; seconds */
	uint32_t text_version;
	uint32_t zero;
	uint8_t party[KEEPER_ID];
	uint8_t target[KEEPER_ID]; /* of an unlock or withdrawal */
	uint8_t seen_hash[16];     /* the first bytes of the hash of the profile that was seen */
};
MUST_CHECK bool keeper_consent_open(const uint8_t offline_private[KEEPER_KEY],
				    const uint8_t entry[KEEPER_CONSENT_ENTRY],
				    struct keeper_consent *out);

#endif
