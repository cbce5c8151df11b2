#include "keeper/internal.h"

#include <string.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

/* What a row's columns are bound by: the associated data of its body. `kind` keeps bodies of the
 * two tables apart. */
struct party_columns {
	char kind[4];
	uint32_t period, version, expires_week;
	uint8_t code_label[KEEPER_LABEL], id_label[KEEPER_LABEL];
};
struct unlock_columns {
	char kind[4];
	uint32_t period, keep_week;
	uint8_t label[KEEPER_LABEL];
};

void keeper_select(uint8_t *dst, bool flag, const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	/* The compiler must not see that the mask has only two values, else it may branch. */
	volatile uint8_t hidden = (uint8_t) - (int)flag;
	uint8_t mask = hidden;
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)((x[i] & mask) | (y[i] & ~mask));
}

static void keeper_hash(uint8_t *out, size_t n, const void *in, size_t in_n, const char *personal)
{
	unsigned char person[crypto_generichash_blake2b_PERSONALBYTES] = {0};
	must(strlen(personal) <= sizeof(person));
	memcpy(person, personal, strlen(personal));
	must(crypto_generichash_blake2b_salt_personal(out, n, in, in_n, NULL, 0, NULL, person) ==
	     0);
}

void keeper_secret_of(const uint8_t code[CODE_BYTES], struct keeper_secret *out)
{
	_Static_assert(sizeof(*out) == crypto_generichash_blake2b_BYTES_MAX, "BLAKE2b-512");
	keeper_hash((uint8_t *)out, sizeof(*out), code, CODE_BYTES, "holdfast.party.1");
}

void keeper_invite_label(const uint8_t code[CODE_BYTES], uint8_t label[KEEPER_LABEL])
{
	keeper_hash(label, KEEPER_LABEL, code, CODE_BYTES, "holdfast.invite1");
}

/* ---- labels ---- */

static void keeper_label(const struct keeper *k, char kind, const uint8_t *a, size_t a_n,
			 const uint8_t *b, keeper_labels_of out)
{
	uint8_t text[1 + 32 + KEEPER_ID];
	size_t n = 1 + a_n;
	must(n + KEEPER_ID <= sizeof(text));
	text[0] = (uint8_t)kind;
	memcpy(text + 1, a, a_n);
	if (b) {
		memcpy(text + n, b, KEEPER_ID);
		n += KEEPER_ID;
	}
	for (size_t p = 0; p < KEEPER_PERIODS; p++) {
		if (k->period[p].number)
			must(crypto_generichash(out[p], KEEPER_LABEL, text, n,
						k->period[p].label_key,
						sizeof(k->period[p].label_key)) == 0);
		else
			randombytes_buf(out[p], KEEPER_LABEL);
	}
}

void keeper_label_code(const struct keeper *k, const uint8_t loc[32], keeper_labels_of out)
{
	keeper_label(k, 'c', loc, 32, NULL, out);
}

void keeper_label_id(const struct keeper *k, const uint8_t *id, keeper_labels_of out)
{
	keeper_label(k, 'i', id, KEEPER_ID, NULL, out);
}

void keeper_label_unlock(const struct keeper *k, const uint8_t *party, const uint8_t *target,
			 keeper_labels_of out)
{
	keeper_label(k, 'u', party, KEEPER_ID, target, out);
}

/* ---- rows ---- */

/* -1: no key of that period */
static int keeper_period_index(const struct keeper *k, uint32_t number)
{
	int at = -1;
	for (int p = 0; p < KEEPER_PERIODS; p++)
		if (number && k->period[p].number == number)
			at = p;
	return at;
}

static bool keeper_open_body(const struct keeper *k, uint32_t period, const uint8_t *body, size_t n,
			     const void *columns, size_t columns_n, void *out)
{
	int p = keeper_period_index(k, period);
	return p >= 0 && crypto_aead_xchacha20poly1305_ietf_decrypt(
			     out, NULL, NULL, body + NONCE_BYTES, n - NONCE_BYTES, columns,
			     columns_n, body, k->period[p].wrap_key) == 0;
}

static void keeper_seal_body(const struct keeper *k, int p, const void *plain, size_t n,
			     const void *columns, size_t columns_n, uint8_t *body)
{
	randombytes_buf(body, NONCE_BYTES);
	must(crypto_aead_xchacha20poly1305_ietf_encrypt(body + NONCE_BYTES, NULL, plain, n, columns,
							columns_n, NULL, body,
							k->period[p].wrap_key) == 0);
}

static void party_bind(const struct keeper_party_row *row, struct party_columns *out)
{
	*out = (struct party_columns){.kind = "prty",
				      .period = row->period,
				      .version = row->version,
				      .expires_week = row->expires_week};
	memcpy(out->code_label, row->code_label, KEEPER_LABEL);
	memcpy(out->id_label, row->id_label, KEEPER_LABEL);
}

static void unlock_bind(const struct keeper_unlock_row *row, struct unlock_columns *out)
{
	*out = (struct unlock_columns){
	    .kind = "unlk", .period = row->period, .keep_week = row->keep_week};
	memcpy(out->label, row->label, KEEPER_LABEL);
}

bool keeper_open_party(const struct keeper *k, const struct keeper_party_row *row,
		       struct keeper_party *out)
{
	struct party_columns columns;
	bool found = row->present != 0;
	/* The decoy is opened as any row: a missing one takes the same time. */
	const struct keeper_party_row *of = found ? row : &k->decoy.party;
	for (;;) {
		party_bind(of, &columns);
		if (keeper_open_body(k, of->period, of->body, sizeof(of->body), &columns,
				     sizeof(columns), out))
			return found;
		must(of != &k->decoy.party);
		found = false;
		of = &k->decoy.party;
	}
}

bool keeper_open_unlock(const struct keeper *k, const struct keeper_unlock_row *row,
			struct keeper_unlock *out)
{
	struct unlock_columns columns;
	struct keeper_unlock_row of;
	bool found = row->present != 0;
	/* Both are read and neither is branched on. MATCHES opens 64 of these, of which others may
	 * have written one: a branch not foreseen and a row that was not near were 14 ns. */
	keeper_select((uint8_t *)&of, found, row, &k->decoy.unlock, sizeof(of));
	unlock_bind(&of, &columns);
	if (keeper_open_body(k, of.period, of.body, sizeof(of.body), &columns, sizeof(columns),
			     out))
		return found;
	of = k->decoy.unlock;
	unlock_bind(&of, &columns);
	must(keeper_open_body(k, of.period, of.body, sizeof(of.body), &columns, sizeof(columns),
			      out));
	return false;
}

void keeper_seal_party(const struct keeper *k, uint32_t period, uint32_t version,
		       const struct keeper_party *party, struct keeper_party_row *row)
{
	keeper_labels_of code, id;
	struct party_columns columns;
	int p = keeper_period_index(k, period);
	must(p >= 0);
	keeper_label_code(k, party->loc, code);
	keeper_label_id(k, party->id, id);
	row->present = 1;
	row->period = period;
	row->version = version;
	row->expires_week = keeper_week_after(party->expires);
	memcpy(row->code_label, code[p], KEEPER_LABEL);
	memcpy(row->id_label, id[p], KEEPER_LABEL);
	party_bind(row, &columns);
	keeper_seal_body(k, p, party, sizeof(*party), &columns, sizeof(columns), row->body);
}

void keeper_seal_unlock(const struct keeper *k, uint32_t period, const struct keeper_unlock *unlock,
			struct keeper_unlock_row *row)
{
	keeper_labels_of label;
	struct unlock_columns columns;
	int p = keeper_period_index(k, period);
	must(p >= 0);
	keeper_label_unlock(k, unlock->party, unlock->target, label);
	row->present = 1;
	row->period = period;
	row->keep_week = keeper_week_after(unlock->keep);
	memcpy(row->label, label[p], KEEPER_LABEL);
	unlock_bind(row, &columns);
	keeper_seal_body(k, p, unlock, sizeof(*unlock), &columns, sizeof(columns), row->body);
}

/* ---- boxes ---- */

void keeper_lock(const uint8_t key[32], const void *plain, size_t n, uint8_t *out)
{
	randombytes_buf(out, crypto_secretbox_NONCEBYTES);
	must(crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, plain, n, out, key) == 0);
}

bool keeper_unlock_box(const uint8_t key[32], const uint8_t *sealed, void *plain, size_t n)
{
	return crypto_secretbox_open_easy(plain, sealed + crypto_secretbox_NONCEBYTES,
					  n + crypto_secretbox_MACBYTES, sealed, key) == 0;
}

void keeper_ticket_make(const struct keeper *k, const uint8_t code[CODE_BYTES], const uint8_t *id,
			uint32_t now, struct keeper_answer_session *out)
{
	struct keeper_ticket ticket = {.until = (int64_t)now + KEEPER_TICKET_S};
	memcpy(ticket.code, code, CODE_BYTES);
	memcpy(ticket.id, id, KEEPER_ID);
	keeper_lock(k->boot, &ticket, sizeof(ticket), out->ticket);
	out->ticket_until = ticket.until;
	memcpy(out->id, id, KEEPER_ID);
	sodium_memzero(&ticket, sizeof(ticket));
}

bool keeper_ticket_read(struct keeper *k, const uint8_t ticket[KEEPER_TICKET], uint32_t now)
{
	struct keeper_work *w = &k->work;
	if (!keeper_unlock_box(k->boot, ticket, &w->ticket, sizeof(w->ticket)) ||
	    w->ticket.until <= now)
		return false;
	memcpy(w->code, w->ticket.code, CODE_BYTES);
	keeper_secret_of(w->code, &w->secret);
	return true;
}

/* ---- consent ---- */

void keeper_consent_make(struct keeper *k, enum keeper_consent_kind kind, uint32_t text_version,
			 const uint8_t *target, const uint8_t *seen_hash, uint32_t now,
			 struct keeper_consent_row *out)
{
	struct keeper_consent *c = &k->work.consent;
	*c = (struct keeper_consent){.kind = kind, .at = now, .text_version = text_version};
	memcpy(c->party, k->work.party.id, KEEPER_ID);
	if (target)
		memcpy(c->target, target, KEEPER_ID);
	if (seen_hash)
		memcpy(c->seen_hash, seen_hash, sizeof(c->seen_hash));
	out->week = now / KEEPER_WEEK_S;
	must(crypto_box_seal(out->entry, (const uint8_t *)c, sizeof(*c), k->offline_public) == 0);
}

bool keeper_consent_open(const uint8_t offline_private[KEEPER_KEY],
			 const uint8_t entry[KEEPER_CONSENT_ENTRY], struct keeper_consent *out)
{
	uint8_t public[32];
	return crypto_scalarmult_base(public, offline_private) == 0 &&
	       crypto_box_seal_open((uint8_t *)out, entry, KEEPER_CONSENT_ENTRY, public,
				    offline_private) == 0;
}

/* ---- decoys ---- */

void keeper_decoys_make(struct keeper *k, uint32_t now)
{
	struct keeper_decoy *d = &k->decoy;
	struct keeper_work *w = &k->work;
	/* Its private half goes with `sk` below. */
	must(crypto_box_keypair(k->nobody_public, w->sk) == 0);
	must(crypto_box_keypair(d->pk, d->sk) == 0);
	randombytes_buf(w->key, sizeof(w->key));
	must(crypto_box_seal(d->box, w->key, sizeof(w->key), d->pk) == 0);
	memset(&w->party.contact, 0, sizeof(w->party.contact));
	keeper_lock(w->key, w->party.contact, KEEPER_CONTACT, d->contact);

	randombytes_buf(w->party.id, KEEPER_ID);
	randombytes_buf(w->party.loc, sizeof(w->party.loc));
	memcpy(w->party.pk, d->pk, sizeof(w->party.pk));
	memcpy(w->party.contact, d->contact, sizeof(w->party.contact));
	w->party.made = w->party.expires = now;
	keeper_seal_party(k, k->period[0].number, 1, &w->party, &d->party);

	randombytes_buf(w->out.party, KEEPER_ID);
	randombytes_buf(w->out.target, KEEPER_ID);
	memcpy(w->out.box, d->box, sizeof(w->out.box));
	w->out.from = w->out.end = w->out.keep = now;
	keeper_seal_unlock(k, k->period[0].number, &w->out, &d->unlock);
}
