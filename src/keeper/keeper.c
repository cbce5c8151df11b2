#include "keeper/internal.h"

#include <string.h>

static struct keeper the_keeper;

static enum keeper_status keeper_info(struct keeper *k, const struct keeper_request *r,
				      struct keeper_answer *a, uint32_t now)
{
	struct keeper_answer_info *i = &a->info;
	(void)r;
	i->now = now;
	i->next_tick = keeper_next_tick(&k->rules, now);
	i->tick_s = k->rules.tick_s;
	i->unlocks_per_day = k->rules.unlocks_per_day;
	i->profile_days = k->rules.profile_days;
	for (size_t p = 0; p < KEEPER_PERIODS; p++) {
		i->periods += k->period[p].number != 0;
		i->period[p] = k->period[p].number;
		i->period_made[p] = k->period[p].made;
	}
	return KEEPER_OK;
}

static keeper_operation *const operations[KEEPER_OPS] = {
    [KEEPER_INFO] = keeper_info,
    [KEEPER_CODE] = party_code,
    [KEEPER_LABELS] = party_labels,
    [KEEPER_ENROL] = party_enrol,
    [KEEPER_SESSION] = party_session,
    [KEEPER_SELF] = party_self,
    [KEEPER_SHOW] = party_show,
    [KEEPER_UNLOCK] = pair_unlock,
    [KEEPER_WITHDRAW] = pair_withdraw,
    [KEEPER_NOTES] = pair_notes,
    [KEEPER_MATCHES] = pair_matches,
    [KEEPER_RELEASE] = pair_release,
    [KEEPER_REPORT] = pair_report,
    [KEEPER_CONTACT_CHANGE] = party_contact,
    [KEEPER_PROFILE_CHANGE] = party_profile,
    [KEEPER_NEW_CODE] = party_new_code,
    [KEEPER_ERASE] = party_erase,
    [KEEPER_HIDE] = party_hide,
    [KEEPER_REWRAP_PARTIES] = rewrap_parties,
    [KEEPER_REWRAP_UNLOCKS] = rewrap_unlocks,
};

/* Frames of the functions that held secrets; they are less deep than this. */
enum { STACK_BYTES = 8192 };

struct keeper *keeper_start(const struct keeper_keys *keys, const struct keeper_rules *rules,
			    int64_t now)
{
	static const char context[crypto_kdf_CONTEXTBYTES] = {'h', 'o', 'l', 'd',
							      'f', 'a', 's', 't'};
	enum { KDF_LABELS = 1, KDF_WRAP };
	struct keeper *k = &the_keeper;
	must(sodium_init() >= 0);
	must(keys->period[0].number != 0 && rules->tick_s > 0 && now > 0 && now < UINT32_MAX);
	keeper_stop(k);
	k->rules = *rules;
	for (size_t p = 0; p < KEEPER_PERIODS; p++) {
		const struct keeper_period_key *key = &keys->period[p];
		struct keeper_period *period = &k->period[p];
		if (!key->number)
			continue;
		period->number = key->number;
		period->made = key->made;
		must(crypto_kdf_derive_from_key(period->label_key, sizeof(period->label_key),
						KDF_LABELS, context, key->key) == 0 &&
		     crypto_kdf_derive_from_key(period->wrap_key, sizeof(period->wrap_key),
						KDF_WRAP, context, key->key) == 0);
	}
	randombytes_buf(k->boot, sizeof(k->boot));
	memcpy(k->offline_public, keys->offline_public, sizeof(k->offline_public));
	keeper_decoys_make(k, (uint32_t)now);
	sodium_memzero(&k->work, sizeof(k->work));
	sodium_stackzero(STACK_BYTES);
	return k;
}

void keeper_answer(struct keeper *k, const struct keeper_request *r, struct keeper_answer *a,
		   int64_t now)
{
	size_t n = keeper_answer_bytes(r->op);
	must(n != 0 && now > 0 && now < UINT32_MAX);
	memset(a, 0, n);
	a->version = KEEPER_VERSION;
	a->op = r->op;
	a->number = r->number;
	a->status = operations[r->op](k, r, a, (uint32_t)now);
	sodium_memzero(&k->work, sizeof(k->work));
	sodium_stackzero(STACK_BYTES);
}

void keeper_stop(struct keeper *k)
{
	sodium_memzero(k, sizeof(*k));
}
