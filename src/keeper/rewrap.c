/* Rotation: rows of the older period under the keys of the newest. */
#include "keeper/internal.h"

enum keeper_status rewrap_parties(struct keeper *k, const struct keeper_request *r,
				  struct keeper_answer *a, uint32_t now)
{
	uint32_t newest = k->period[0].number;
	(void)now;
	for (size_t n = 0; n < KEEPER_REWRAP_PARTIES_MAX; n++) {
		const struct keeper_party_row *row = &r->parties.rows[n];
		if (row->present && row->period != newest &&
		    keeper_open_party(k, row, &k->work.party))
			keeper_seal_party(k, newest, row->version + 1, &k->work.party,
					  &a->parties.rows[n]);
	}
	return KEEPER_OK;
}

enum keeper_status rewrap_unlocks(struct keeper *k, const struct keeper_request *r,
				  struct keeper_answer *a, uint32_t now)
{
	uint32_t newest = k->period[0].number;
	(void)now;
	for (size_t n = 0; n < KEEPER_REWRAP_UNLOCKS_MAX; n++) {
		const struct keeper_unlock_row *row = &r->unlocks.rows[n];
		if (row->present && row->period != newest &&
		    keeper_open_unlock(k, row, &k->work.out))
			keeper_seal_unlock(k, newest, &k->work.out, &a->unlocks.rows[n]);
	}
	return KEEPER_OK;
}
