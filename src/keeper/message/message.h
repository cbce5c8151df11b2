/* What holdfast-contact (HTTP and the database, no keys) and holdfast-keeper (keys, no files, no
 * database) say to each other: one request, one answer, in order, over one SOCK_SEQPACKET
 * socketpair, one message a packet. Linked into both programs; knows no cryptography.
 *
 * Every operation has one fixed size of request and one of answer, whatever it finds: a missing
 * row travels as a row with present = 0, and the keeper does the same work for it. Nothing is
 * parsed: a packet whose size is not exactly that of its operation is refused, and the keeper
 * ends. Numbers are in the machine's order, since both ends run on it. There is no padding
 * between members.
 *
 * One operation of a party is:
 *
 *   contact -> keeper   LABELS {op, ticket or code, target}      where its rows are
 *   contact -> SQL      one SELECT of exactly these labels
 *   contact -> keeper   the operation with the rows found        a missing row: present = 0
 *   contact -> SQL      one statement that writes the rows of the answer, when status is KEEPER_OK
 *
 * MATCHES and ERASE have one step more, because only the party's own row says whom it unlocked:
 * after the row, KEEPER_NOTES gives the labels of the unlocks.
 *
 * Rows of an answer are written as they are. A row that was found keeps its period, so that its
 * labels stay (except the code's label in NEW_CODE): for unlock INSERT ... ON CONFLICT (label)
 * DO UPDATE is right in both cases. New rows have the newest period. A party's row is written
 * only where code_label and version are those that were read; a statement that finds no such row
 * must write nothing else, and the operation is begun again. Between SELECT and statement of an
 * operation no REWRAP may be written, since it changes labels.
 *
 * Columns (database holdfast_contact):
 *   party    code_label 16, id_label 16, period, version, expires_week, body KEEPER_PARTY_BODY
 *   unlock   label 16, period, keep_week, body KEEPER_UNLOCK_BODY
 *   consent  week, entry KEEPER_CONSENT_ENTRY; only inserted
 *   invite   label 16, badge
 * All columns of a row are bound to its body: a row with a changed column is treated as missing.
 * expires_week and keep_week are weeks since 1970-01-01 UTC (seconds / 604800), rounded up: the
 * row may be deleted when the current week is greater.
 *
 * Buffers with messages hold codes and contacts: wipe them (explicit_bzero) when done.
 */
#ifndef KEEPER_MESSAGE_MESSAGE_H
#define KEEPER_MESSAGE_MESSAGE_H

#include "base/err.h"

enum {
	KEEPER_VERSION = 1,

	KEEPER_PERIODS = 2,     /* period keys that exist at most: the older and the newest */
	KEEPER_CODE_SIGNS = 28, /* Crockford base 32; shown in groups of four */
	/* What a person typed as a code, NUL-padded: case, spaces, hyphens and the letters that
	 * look like digits do not matter. */
	KEEPER_CODE_TYPED = 64,
	KEEPER_ID = 16, /* of a profile, which is public; profile.id */
	KEEPER_LABEL = 16,
	KEEPER_HASH = 32,   /* BLAKE2b-256 of the profile as published */
	KEEPER_TICKET = 80, /* travels in a hidden field, as text of the contact process's choice */
	KEEPER_CONTACT = 1024, /* contact data as the contact process encodes them, zero-padded */
	/* The profile as published in one canonical form that the contact process defines: the same
	 * columns must always give the same bytes. Zero-padded. */
	KEEPER_PROFILE = 4096,
	KEEPER_PARTY_BODY = 2436,
	KEEPER_UNLOCK_BODY = 168,
	KEEPER_CONSENT_ENTRY = 112,
	KEEPER_NOTES_MAX = 32, /* live unlocks of a party */
	KEEPER_REWRAP_PARTIES_MAX = 24,
	KEEPER_REWRAP_UNLOCKS_MAX = 300,
	KEEPER_MESSAGE_MAX = 65536,

	KEEPER_TICKET_S = 900, /* how long a ticket lives */
	KEEPER_WEEK_S = 604800,
};

/* A message has no bytes that no member names: they would carry what was in memory before. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/* The operations. The table in message.c has the sizes. "Reads" is what LABELS finds for it. */
enum keeper_op {
	KEEPER_INFO = 1, /* periods, ticks, limits. Reads nothing */
	KEEPER_CODE,     /* a new code. Reads nothing, stores nothing */
	KEEPER_LABELS,   /* where the rows of an operation are */
	/* Code typed back, contact, profile: a new party. Reads party by code; the invite, when
	 * one is needed. A code that is enrolled already answers the same profile id and its row
	 * as it is (with the next version): asked twice, one party. Writes party, consent. */
	KEEPER_ENROL,
	/* Code: a ticket. Reads and writes party: signing in renews its expiry. */
	KEEPER_SESSION,
	/* All that the keeper has of a party, for it alone: contact, quota, unlocks with the
	 * versions of the texts agreed to. For "my profile" and for the export. Reads party. */
	KEEPER_SELF,
	/* Is this the profile as its party published it? Reads the target's party by id. Also
	 * before an unlock: its answer has the hash that UNLOCK wants as seen_hash. */
	KEEPER_SHOW,
	/* Reads party, target's party by id, unlock out; never the target's unlock of the party.
	 * Writes party, unlock out, consent. A target that does not exist, is hidden or has
	 * expired is answered and written alike. */
	KEEPER_UNLOCK,
	KEEPER_WITHDRAW, /* reads and writes as UNLOCK */
	/* Second step of MATCHES and ERASE: the labels of the unlocks of the party's notes, both
	 * ways. Reads party. */
	KEEPER_NOTES,
	KEEPER_MATCHES, /* the states of the party's unlocks. Reads party; unlocks of NOTES */
	/* The target's contact, when both have unlocked each other. Reads party, target's party
	 * by id, unlock out, unlock in. */
	KEEPER_RELEASE,
	/* Has the reporter matched with the one reported? Reads as RELEASE; releases nothing. */
	KEEPER_REPORT,
	KEEPER_CONTACT_CHANGE, /* reads and writes party */
	KEEPER_PROFILE_CHANGE, /* reads and writes party */
	/* New code typed back. Reads party by code and by new code; writes party with the new
	 * code_label. A row already under the new code: answers the same. */
	KEEPER_NEW_CODE,
	/* Code typed once more. Reads party; NOTES gives the unlocks to delete (labels out). Writes
	 * nothing itself: the contact process deletes the party by code_label, the unlocks, the
	 * profile by id. */
	KEEPER_ERASE,
	/* The operator hides a profile or shows it again: a hidden party cannot be unlocked. Reads
	 * party by id, writes it. */
	KEEPER_HIDE,
	/* Rows of an older period with new labels and bodies in the newest. */
	KEEPER_REWRAP_PARTIES,
	KEEPER_REWRAP_UNLOCKS,
	KEEPER_OPS
};

enum keeper_status {
	KEEPER_OK = 0,
	KEEPER_BAD_CODE,     /* not a code: a typing error, found by its check signs */
	KEEPER_UNKNOWN,      /* no party has this code, or its row cannot be opened */
	KEEPER_EXPIRED,      /* the ticket: too old, or made before a restart. Sign in again */
	KEEPER_CHANGED,      /* the profile is not the one that was seen. Show it again */
	KEEPER_QUOTA_DAY,    /* no unlocks left today */
	KEEPER_QUOTA_LIVE,   /* KEEPER_NOTES_MAX unlocks are live */
	KEEPER_FINAL,        /* withdrawn: cannot be unlocked again until `until` */
	KEEPER_NOT_UNLOCKED, /* nothing to withdraw, or it is over */
	KEEPER_NOT_MATCHED,  /* nothing is released, for whatever reason */
	KEEPER_MISMATCH,     /* ERASE: the code is not the ticket's. HIDE: no such party */
	KEEPER_STATUSES
};

/* ---- rows, as they are in the tables ---- */

struct keeper_party_row {
	uint32_t present; /* 0: no such row, the rest is not looked at; else 1 */
	uint32_t period;
	uint32_t version;
	uint32_t expires_week;
	uint8_t code_label[KEEPER_LABEL];
	uint8_t id_label[KEEPER_LABEL];
	uint8_t body[KEEPER_PARTY_BODY];
};

struct keeper_unlock_row {
	uint32_t present;
	uint32_t period;
	uint32_t keep_week;
	uint8_t label[KEEPER_LABEL];
	uint8_t body[KEEPER_UNLOCK_BODY];
};

struct keeper_consent_row {
	uint32_t week;
	uint8_t entry[KEEPER_CONSENT_ENTRY];
};

/* ---- requests: `op` says which member of the union ---- */

/* INFO, CODE */
struct keeper_request_empty {
	uint32_t zero;
};

struct keeper_request_labels {
	uint32_t op; /* enum keeper_op: that the labels are for */
	/* ENROL, SESSION: `code` and, for ENROL, `invite` (first byte 0: none). HIDE, SHOW:
	 * `target`. All others: `ticket`; UNLOCK, WITHDRAW, RELEASE, REPORT: and `target`;
	 * NEW_CODE: and `new_code`. */
	char code[KEEPER_CODE_TYPED];
	char new_code[KEEPER_CODE_TYPED];
	char invite[KEEPER_CODE_TYPED];
	uint8_t ticket[KEEPER_TICKET];
	uint8_t target[KEEPER_ID];
};

struct keeper_request_enrol {
	uint32_t text_version; /* of the consent text */
	uint32_t hidden;       /* 1: to be reviewed first, HIDE shows it */
	char code[KEEPER_CODE_TYPED];
	uint8_t contact[KEEPER_CONTACT];
	uint8_t profile[KEEPER_PROFILE];
	struct keeper_party_row party;
};

struct keeper_request_session {
	char code[KEEPER_CODE_TYPED];
	struct keeper_party_row party;
};

/* SELF, NOTES */
struct keeper_request_party {
	uint8_t ticket[KEEPER_TICKET];
	struct keeper_party_row party;
};

struct keeper_request_show {
	uint8_t target[KEEPER_ID];
	uint8_t profile[KEEPER_PROFILE];
	struct keeper_party_row other; /* the target's */
};

/* UNLOCK, WITHDRAW. seen_hash and text_version: of UNLOCK; WITHDRAW does not look at seen_hash. */
struct keeper_request_unlock {
	uint32_t text_version;
	uint8_t ticket[KEEPER_TICKET];
	uint8_t target[KEEPER_ID];
	uint8_t seen_hash[KEEPER_HASH];
	struct keeper_party_row party;
	struct keeper_party_row other;
	struct keeper_unlock_row out; /* the party's unlock of the target */
};

struct keeper_request_matches {
	uint8_t ticket[KEEPER_TICKET];
	struct keeper_party_row party;
	/* By the index of NOTES: the row found under either label of out[n] and of in[n]. */
	struct keeper_unlock_row out[KEEPER_NOTES_MAX];
	struct keeper_unlock_row in[KEEPER_NOTES_MAX];
};

/* RELEASE, REPORT */
struct keeper_request_release {
	uint8_t ticket[KEEPER_TICKET];
	uint8_t target[KEEPER_ID];
	struct keeper_party_row party;
	struct keeper_party_row other;
	struct keeper_unlock_row out; /* the party's unlock of the target */
	struct keeper_unlock_row in;  /* the target's unlock of the party */
};

struct keeper_request_contact {
	uint8_t ticket[KEEPER_TICKET];
	uint8_t contact[KEEPER_CONTACT];
	struct keeper_party_row party;
};

struct keeper_request_profile {
	uint32_t hidden; /* 1: to be reviewed first */
	uint8_t ticket[KEEPER_TICKET];
	uint8_t profile[KEEPER_PROFILE];
	struct keeper_party_row party;
};

struct keeper_request_new_code {
	uint8_t ticket[KEEPER_TICKET];
	char code[KEEPER_CODE_TYPED];    /* the new one */
	struct keeper_party_row party;   /* under the ticket's code */
	struct keeper_party_row renewed; /* under the new code */
};

struct keeper_request_erase {
	uint8_t ticket[KEEPER_TICKET];
	char code[KEEPER_CODE_TYPED];
	struct keeper_party_row party;
};

struct keeper_request_hide {
	uint32_t hidden; /* 1 hide, 0 show again */
	uint8_t target[KEEPER_ID];
	struct keeper_party_row other;
};

struct keeper_rewrap_parties {
	struct keeper_party_row rows[KEEPER_REWRAP_PARTIES_MAX];
};
struct keeper_rewrap_unlocks {
	struct keeper_unlock_row rows[KEEPER_REWRAP_UNLOCKS_MAX];
};

struct keeper_request {
	uint16_t version; /* KEEPER_VERSION; keeper_send_request sets it */
	uint16_t op;      /* enum keeper_op */
	uint32_t number;  /* the caller's, given back in the answer */
	union {
		struct keeper_request_empty empty;
		struct keeper_request_labels labels;
		struct keeper_request_enrol enrol;
		struct keeper_request_session session;
		struct keeper_request_party party;
		struct keeper_request_show show;
		struct keeper_request_unlock unlock;
		struct keeper_request_matches matches;
		struct keeper_request_release release;
		struct keeper_request_contact contact;
		struct keeper_request_profile profile;
		struct keeper_request_new_code new_code;
		struct keeper_request_erase erase;
		struct keeper_request_hide hide;
		struct keeper_rewrap_parties parties;
		struct keeper_rewrap_unlocks unlocks;
	};
};

/* ---- answers. Unless status is KEEPER_OK, all that follows the header is random or zero, except
 * where it is said. Instants are seconds since 1970-01-01 UTC ---- */

struct keeper_answer_info {
	int64_t now;       /* by the keeper's clock */
	int64_t next_tick; /* the next look */
	uint32_t tick_s;
	uint32_t unlocks_per_day;
	uint32_t profile_days; /* until a party expires, renewed by signing in */
	uint32_t periods;      /* 1 or 2 */
	/* [0] is the newest, in which new rows are written; [1] the one that REWRAP empties */
	uint32_t period[KEEPER_PERIODS];
	int64_t period_made[KEEPER_PERIODS];
};

struct keeper_answer_code {
	char signs[KEEPER_CODE_SIGNS]; /* without NUL and hyphens */
};

/* Each label under both periods; a row stands under one of them at most. What an operation does not
 * need is random: a SELECT finds nothing there. */
struct keeper_answer_labels {
	uint8_t code[KEEPER_PERIODS][KEEPER_LABEL];     /* party.code_label */
	uint8_t new_code[KEEPER_PERIODS][KEEPER_LABEL]; /* party.code_label, NEW_CODE */
	uint8_t other[KEEPER_PERIODS][KEEPER_LABEL];    /* party.id_label of the target */
	uint8_t out[KEEPER_PERIODS][KEEPER_LABEL];      /* unlock.label: party of target */
	uint8_t in[KEEPER_PERIODS]
		  [KEEPER_LABEL];     /* unlock.label: target of party; RELEASE, REPORT */
	uint8_t invite[KEEPER_LABEL]; /* invite.label */
};

/* ENROL, SESSION, NEW_CODE: signed in */
struct keeper_answer_session {
	int64_t ticket_until;
	int64_t expires; /* of the party */
	int64_t next_tick;
	uint8_t ticket[KEEPER_TICKET];
	uint8_t id[KEEPER_ID]; /* its profile */
	uint32_t hidden;
	uint32_t repeated; /* 1: this ENROL or NEW_CODE was done before, with the same code */
	struct keeper_party_row party;
	struct keeper_consent_row consent; /* ENROL */
};

enum keeper_state {
	KEEPER_NONE,    /* an empty place in the list */
	KEEPER_WAITING, /* unlocked, no match; says nothing about the other side */
	KEEPER_MATCHED, /* contacts can be read until `until` */
	KEEPER_ENDED,   /* withdrawn without a match; may be unlocked again from `until` */
};

struct keeper_note {
	uint8_t id[KEEPER_ID]; /* profile unlocked */
	uint32_t state;        /* enum keeper_state. SELF: never MATCHED */
	uint32_t text_version; /* agreed to */
	int64_t from;          /* the tick from which the unlock counts */
	int64_t end;           /* the tick at which it is withdrawn; 0: it is not */
	int64_t since;         /* MATCHED: the tick of the match; else 0 */
	int64_t until;         /* the last instant at which this is kept */
};

struct keeper_answer_self {
	int64_t made;
	int64_t expires;
	int64_t next_tick;
	uint8_t id[KEEPER_ID];
	uint32_t hidden;
	uint32_t left_today;
	uint32_t notes;
	uint32_t zero;
	uint8_t hash[KEEPER_HASH];
	uint8_t contact[KEEPER_CONTACT];
	struct keeper_note note[KEEPER_NOTES_MAX];
};

struct keeper_answer_show {
	uint32_t vouched;          /* 1: this is what the party published, and it can be unlocked */
	uint8_t hash[KEEPER_HASH]; /* of the profile in the request */
};

/* UNLOCK, WITHDRAW */
struct keeper_answer_unlock {
	int64_t effective; /* from which tick it counts */
	int64_t until;     /* with status KEEPER_FINAL, too */
	uint32_t left_today;
	struct keeper_party_row party;
	struct keeper_unlock_row out;
	struct keeper_consent_row consent;
};

struct keeper_answer_notes {
	uint8_t id[KEEPER_ID];                                       /* the party's profile */
	uint8_t out[KEEPER_NOTES_MAX][KEEPER_PERIODS][KEEPER_LABEL]; /* random where no note is */
	uint8_t in[KEEPER_NOTES_MAX][KEEPER_PERIODS][KEEPER_LABEL];
};

struct keeper_answer_matches {
	int64_t next_tick;
	struct keeper_note note[KEEPER_NOTES_MAX];
};

struct keeper_answer_release {
	int64_t since;
	int64_t until;
	uint32_t matched; /* REPORT: with status KEEPER_OK in both cases */
	uint32_t zero;
	uint8_t contact[KEEPER_CONTACT]; /* RELEASE */
};

/* CONTACT_CHANGE, PROFILE_CHANGE, HIDE */
struct keeper_answer_party {
	uint8_t id[KEEPER_ID];
	uint8_t hash[KEEPER_HASH];
	struct keeper_party_row party;
};

struct keeper_answer_erase {
	uint8_t id[KEEPER_ID]; /* the profile to delete */
};

/* REWRAP_*: rows[n] of the answer is rows[n] of the request, ready to be written over the row with
 * the old label (and version, for a party). present = 0: it was not there, is of the newest period
 * already, or cannot be opened by anybody; a row of the last kind is to be deleted, else the old
 * period never becomes empty. */

struct keeper_answer {
	uint16_t version;
	uint16_t op;     /* of the request */
	uint32_t number; /* of the request */
	uint32_t status; /* enum keeper_status */
	uint32_t zero;
	union {
		struct keeper_answer_info info;
		struct keeper_answer_code code;
		struct keeper_answer_labels labels;
		struct keeper_answer_session session;
		struct keeper_answer_self self;
		struct keeper_answer_show show;
		struct keeper_answer_unlock unlock;
		struct keeper_answer_notes notes;
		struct keeper_answer_matches matches;
		struct keeper_answer_release release;
		struct keeper_answer_party party;
		struct keeper_answer_erase erase;
		struct keeper_rewrap_parties parties;
		struct keeper_rewrap_unlocks unlocks;
	};
};

#pragma GCC diagnostic pop

const char *keeper_op_name(enum keeper_op op);             /* "enrol" */
const char *keeper_status_name(enum keeper_status status); /* "not matched" */

/* Bytes of a message of this operation, header included; 0: no such operation. */
size_t keeper_request_bytes(uint32_t op);
size_t keeper_answer_bytes(uint32_t op);

/* The contact process's side. TIMED_OUT: the socket is full, nothing was sent, poll for POLLOUT.
 * UNAVAILABLE: the keeper is gone. */
MUST_CHECK enum status keeper_send_request(int fd, struct keeper_request *r, struct err *err);
/* NOT_FOUND: nothing is there, poll for POLLIN. UNAVAILABLE: the keeper is gone. INVALID: not an
 * answer. */
MUST_CHECK enum status keeper_receive_answer(int fd, struct keeper_answer *a, struct err *err);

/* The keeper's side; the same, on a socket that may block. */
MUST_CHECK enum status keeper_receive_request(int fd, struct keeper_request *r, struct err *err);
MUST_CHECK enum status keeper_send_answer(int fd, struct keeper_answer *a, struct err *err);

#endif
