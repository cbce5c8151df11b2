/* link: base keeper/message keeper */
/* The keeper's core: codes, rows, unlocks, ticks, quotas, periods. */
#include "../contact/world.h"

#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

enum { TICK_S = 100 };
static const struct keeper_rules rules = {
    .tick_s = TICK_S, .unlocks_per_day = 5, .profile_days = 90};

static struct world w;
static struct who a, b, c;

static void tick(int n)
{
	w.now += n * TICK_S;
}

static int set_up(void **state)
{
	(void)state;
	world_make_keys();
	memset(&w, 0, sizeof(w));
	w.now = WORLD_START + 7;
	world_restart(&rules, w.now);
	world_enrol(&w, &a, "A");
	world_enrol(&w, &b, "B");
	world_enrol(&w, &c, "C");
	return 0;
}

static void sign_in_again(void)
{
	struct who *const all[] = {&a, &b, &c};
	for (size_t n = 0; n < COUNT_OF(all); n++)
		assert_int_equal(world_session(&w, all[n]), KEEPER_OK);
}

/* ---- codes ---- */

static void a_code_is_read_as_it_was_written_or_as_people_type_it(void **state)
{
	uint8_t bytes[32], again[32];
	char signs[KEEPER_OFFLINE_SIGNS];
	(void)state;
	for (int n = 0; n < 1000; n++) {
		size_t size = n % 2 ? 16 : 32;
		randombytes_buf(bytes, size);
		memset(bytes, n % 7 ? bytes[0] : 0xff * (n & 1), n % 7 ? 1 : size);
		keeper_code_write(bytes, size, signs);
		assert_true(keeper_code_read(signs, size == 16 ? KEEPER_CODE_SIGNS : sizeof(signs),
					     again, size));
		assert_memory_equal(bytes, again, size);
	}
	memset(bytes, 0, 16);
	keeper_code_write(bytes, 16, signs);
	assert_memory_equal(signs, "0000000000000000000000000000", 28);
	assert_true(keeper_code_read("oooO-0000 0000-0000\t0000-0000-0000", 60, again, 16));
	bytes[15] = 1; /* the last sign of the number, and of the remainder */
	keeper_code_write(bytes, 16, signs);
	assert_memory_equal(signs, "0000000000000000000000000101", 28);
	assert_true(keeper_code_read("00000000000000000000000001oI", 60, again, 16));
	assert_memory_equal(bytes, again, 16);
	assert_true(keeper_code_read("0000000000000000000000000l0l", 60, again, 16));
}

static void every_wrong_sign_and_every_exchange_of_neighbours_is_found(void **state)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t bytes[16], again[16];
	char signs[KEEPER_CODE_SIGNS], wrong[KEEPER_CODE_SIGNS];
	(void)state;
	for (int round = 0; round < 50; round++) {
		randombytes_buf(bytes, sizeof(bytes));
		keeper_code_write(bytes, sizeof(bytes), signs);
		for (size_t i = 0; i < sizeof(signs); i++) {
			memcpy(wrong, signs, sizeof(signs));
			for (size_t s = 0; s < 32; s++) {
				wrong[i] = alphabet[s];
				assert_int_equal(keeper_code_read(wrong, sizeof(wrong), again, 16),
						 wrong[i] == signs[i]);
			}
			if (i + 1 == sizeof(signs) || signs[i] == signs[i + 1])
				continue;
			memcpy(wrong, signs, sizeof(signs));
			wrong[i] = signs[i + 1];
			wrong[i + 1] = signs[i];
			assert_false(keeper_code_read(wrong, sizeof(wrong), again, 16));
		}
		assert_false(keeper_code_read(signs, sizeof(signs) - 1, again, 16));
	}
	assert_false(keeper_code_read("", 0, again, 16));
	assert_false(keeper_code_read("U000000000000000000000000000", 60, again, 16));
	assert_false(keeper_code_read("00000000000000000000000000000", 60, again, 16));
}

/* ---- to come and to sign in ---- */

static void a_code_enrols_once_however_often_it_is_sent(void **state)
{
	struct who again = a;
	(void)state;
	assert_int_equal(world_enrol_again(&w, &again, false), KEEPER_OK);
	assert_int_equal(world_answer.session.repeated, 1);
	assert_memory_equal(again.id, a.id, KEEPER_ID);
	struct who d = {0};
	world_code(&w, d.code);
	assert_int_equal(world_session(&w, &d), KEEPER_UNKNOWN);
	d.code[3] = d.code[3] == '7' ? '8' : '7';
	assert_int_equal(world_session(&w, &d), KEEPER_BAD_CODE);
	assert_int_equal(world_enrol_again(&w, &d, false), KEEPER_BAD_CODE);
}

static void a_ticket_ends_after_a_quarter_of_an_hour_and_with_the_keeper(void **state)
{
	(void)state;
	w.now += KEEPER_TICKET_S - 1;
	assert_int_equal(world_own(&w, KEEPER_SELF, &a), KEEPER_OK);
	assert_memory_equal(world_answer.self.contact, a.contact, KEEPER_CONTACT);
	w.now += 1;
	assert_int_equal(world_own(&w, KEEPER_SELF, &a), KEEPER_EXPIRED);
	assert_int_equal(world_session(&w, &a), KEEPER_OK);
	assert_int_equal(world_own(&w, KEEPER_SELF, &a), KEEPER_OK);
	world_restart(&rules, w.now);
	assert_int_equal(world_own(&w, KEEPER_SELF, &a), KEEPER_EXPIRED);
	for (size_t n = 0; n < KEEPER_TICKET; n++) {
		assert_int_equal(world_session(&w, &a), KEEPER_OK);
		a.ticket[n] ^= 0x10;
		assert_int_equal(world_own(&w, KEEPER_SELF, &a), KEEPER_EXPIRED);
	}
}

static void signing_in_renews_the_expiry_and_who_has_expired_cannot_be_unlocked(void **state)
{
	(void)state;
	int64_t first = w.now;
	assert_int_equal(world_own(&w, KEEPER_SELF, &a), KEEPER_OK);
	assert_int_equal(world_answer.self.expires, first + 90 * 86400);
	w.now += 60 * 86400;
	assert_int_equal(world_session(&w, &a), KEEPER_OK);
	assert_int_equal(world_answer.session.expires, w.now + 90 * 86400);
	w.now = first + 90 * 86400 + 1;
	assert_int_equal(world_session(&w, &a), KEEPER_OK);
	assert_int_equal(world_show(&w, &b), KEEPER_OK);
	assert_int_equal(world_answer.show.vouched, 0);
	assert_int_equal(world_show(&w, &a), KEEPER_OK);
	assert_int_equal(world_answer.show.vouched, 1);
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_session(&w, &b), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	tick(3);
	assert_false(world_reads(&w, &a, &b));
	assert_false(world_reads(&w, &b, &a));
}

/* ---- matches ---- */

static enum keeper_state state_of(const struct who *party, const struct who *target)
{
	assert_int_equal(world_matches(&w, party), KEEPER_OK);
	for (int n = 0; n < KEEPER_NOTES_MAX; n++)
		if (memcmp(world_answer.matches.note[n].id, target->id, KEEPER_ID) == 0)
			return world_answer.matches.note[n].state;
	return KEEPER_NONE;
}

static void two_unlocks_and_a_tick_release_both_contacts_and_nothing_less_does(void **state)
{
	(void)state;
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	int64_t effective = world_answer.unlock.effective;
	assert_int_equal(effective, (w.now / TICK_S + 1) * TICK_S);
	assert_int_equal(world_answer.unlock.left_today, 4);
	tick(1);
	assert_false(world_reads(&w, &a, &b));
	assert_false(world_reads(&w, &b, &a));
	assert_int_equal(state_of(&a, &b), KEEPER_WAITING);
	assert_int_equal(state_of(&b, &a), KEEPER_NONE);
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	assert_false(world_reads(&w, &a, &b));
	w.now = effective + TICK_S - 1;
	assert_false(world_reads(&w, &a, &b));
	assert_false(world_reads(&w, &b, &a));
	w.now = effective + TICK_S;
	assert_true(world_reads(&w, &a, &b));
	assert_int_equal(world_answer.release.since, effective + TICK_S);
	assert_true(world_reads(&w, &b, &a));
	assert_int_equal(state_of(&a, &b), KEEPER_MATCHED);
	assert_int_equal(state_of(&b, &a), KEEPER_MATCHED);
	assert_false(world_reads(&w, &c, &a));
	assert_false(world_reads(&w, &c, &b));
	assert_false(world_reads(&w, &a, &c));
	assert_int_equal(world_compare(&w, KEEPER_REPORT, &a, &b), KEEPER_OK);
	assert_int_equal(world_answer.release.matched, 1);
	assert_int_equal(world_answer.release.contact[0], 0);
	assert_int_equal(world_compare(&w, KEEPER_REPORT, &c, &b), KEEPER_OK);
	assert_int_equal(world_answer.release.matched, 0);
}

static void a_refused_release_has_no_byte_of_a_contact(void **state)
{
	static const uint8_t nothing[KEEPER_CONTACT];
	(void)state;
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	tick(2);
	assert_int_equal(world_release(&w, &a, &b), KEEPER_NOT_MATCHED);
	assert_memory_equal(world_answer.release.contact, nothing, KEEPER_CONTACT);
	assert_int_equal(world_release(&w, &b, &a), KEEPER_NOT_MATCHED);
	assert_memory_equal(world_answer.release.contact, nothing, KEEPER_CONTACT);
}

static void withdrawal_ends_at_a_tick_is_final_and_keeps_a_match_readable(void **state)
{
	(void)state;
	assert_int_equal(world_withdraw(&w, &a, &b), KEEPER_NOT_UNLOCKED);
	/* what never counted can be asked again */
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_withdraw(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	tick(1);
	assert_int_equal(world_withdraw(&w, &a, &b), KEEPER_OK);
	int64_t end = world_answer.unlock.effective;
	assert_int_equal(world_withdraw(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_answer.unlock.effective, end);
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_FINAL);
	assert_int_equal(world_answer.unlock.until, end + KEEPER_KEEP_S);
	w.now = end + KEEPER_KEEP_S - 1;
	sign_in_again();
	assert_true(world_reads(&w, &a, &b));
	assert_true(world_reads(&w, &b, &a));
	assert_int_equal(world_answer.release.until, end + KEEPER_KEEP_S);
	w.now++;
	assert_false(world_reads(&w, &a, &b));
	assert_false(world_reads(&w, &b, &a));
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	/* B has not withdrawn, so that they match again at the next tick */
	tick(1);
	assert_true(world_reads(&w, &a, &b));
	assert_true(world_reads(&w, &b, &a));
}

static void an_answer_that_came_and_went_unseen_looks_like_none(void **state)
{
	(void)state;
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	tick(1);
	assert_int_equal(world_withdraw(&w, &b, &a), KEEPER_OK);
	tick(1);
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &a, &c), KEEPER_OK);
	tick(2);
	assert_int_equal(state_of(&a, &b), KEEPER_WAITING);
	struct keeper_note of_b = world_answer.matches.note[0];
	struct keeper_note of_c = world_answer.matches.note[1];
	assert_memory_equal(of_b.id, b.id, KEEPER_ID);
	memcpy(of_c.id, of_b.id, KEEPER_ID);
	assert_memory_equal(&of_b, &of_c, sizeof(of_b));
	assert_false(world_reads(&w, &a, &b));
	assert_false(world_reads(&w, &b, &a));
}

/* Hidden while it is unlocked: answered alike. Shown again: nobody has an advantage. */
static void who_is_hidden_is_unlocked_in_vain_and_fairly(void **state)
{
	(void)state;
	assert_int_equal(world_hide(&w, &b, true), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	struct keeper_answer_unlock of_b = world_answer.unlock;
	assert_int_equal(world_unlock(&w, &a, &c), KEEPER_OK);
	assert_int_equal(of_b.effective, world_answer.unlock.effective);
	assert_int_equal(of_b.until, world_answer.unlock.until);
	assert_int_equal(of_b.out.keep_week, world_answer.unlock.out.keep_week);
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	assert_int_equal(world_hide(&w, &b, false), KEEPER_OK);
	tick(2);
	assert_int_equal(state_of(&a, &b), KEEPER_WAITING);
	assert_false(world_reads(&w, &a, &b));
	assert_false(world_reads(&w, &b, &a));
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_answer.unlock.effective, of_b.effective);
	assert_false(world_reads(&w, &a, &b));
	assert_false(world_reads(&w, &b, &a));
	tick(1);
	assert_true(world_reads(&w, &a, &b));
	assert_true(world_reads(&w, &b, &a));
	/* and who has matched stays readable when hidden */
	assert_int_equal(world_hide(&w, &b, true), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	tick(1);
	assert_true(world_reads(&w, &a, &b));
	assert_true(world_reads(&w, &b, &a));
}

static void the_profile_that_was_seen_is_the_one_that_is_unlocked(void **state)
{
	struct who old = b;
	(void)state;
	assert_int_equal(world_new_profile(&w, &b, "another profile"), KEEPER_OK);
	assert_int_equal(world_show(&w, &b), KEEPER_OK);
	assert_int_equal(world_answer.show.vouched, 0);
	assert_int_equal(world_unlock(&w, &a, &old), KEEPER_CHANGED);
	memset(b.profile, 0, sizeof(b.profile));
	snprintf((char *)b.profile, sizeof(b.profile), "another profile");
	assert_int_equal(world_show(&w, &b), KEEPER_OK);
	assert_int_equal(world_answer.show.vouched, 1);
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
}

static void there_are_five_unlocks_a_day_and_thirty_two_live_ones(void **state)
{
	struct who nobody[KEEPER_NOTES_MAX + 1];
	(void)state;
	memset(nobody, 0, sizeof(nobody));
	for (int n = 0; n < KEEPER_NOTES_MAX; n++) {
		nobody[n].id[0] = (uint8_t)(n + 1);
		if (n && n % 5 == 0) {
			assert_int_equal(world_unlock(&w, &a, &nobody[n]), KEEPER_QUOTA_DAY);
			assert_int_equal(world_unlock(&w, &a, &nobody[n - 1]), KEEPER_OK);
			w.now += 86400;
			assert_int_equal(world_session(&w, &a), KEEPER_OK);
		}
		assert_int_equal(world_unlock(&w, &a, &nobody[n]), KEEPER_OK);
		assert_int_equal(world_answer.unlock.left_today, 4 - n % 5);
	}
	nobody[KEEPER_NOTES_MAX].id[0] = 99;
	assert_int_equal(world_unlock(&w, &a, &nobody[KEEPER_NOTES_MAX]), KEEPER_QUOTA_LIVE);
	assert_int_equal(world_own(&w, KEEPER_SELF, &a), KEEPER_OK);
	assert_int_equal(world_answer.self.notes, KEEPER_NOTES_MAX);
	/* a withdrawn one is kept for thirty days, then its place is free */
	assert_int_equal(world_withdraw(&w, &a, &nobody[0]), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &a, &nobody[KEEPER_NOTES_MAX]), KEEPER_QUOTA_LIVE);
	w.now += KEEPER_KEEP_S + TICK_S;
	assert_int_equal(world_session(&w, &a), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &a, &nobody[KEEPER_NOTES_MAX]), KEEPER_OK);
}

/* ---- new code, contact, erase, consent ---- */

static void a_new_code_keeps_matches_and_ends_the_old_one(void **state)
{
	char code[KEEPER_CODE_TYPED];
	struct who old;
	(void)state;
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	world_code(&w, code);
	old = a;
	assert_int_equal(world_new_code(&w, &a, code), KEEPER_OK);
	assert_int_equal(world_answer.session.repeated, 0);
	world_use_code(&a, code);
	tick(1);
	assert_true(world_reads(&w, &a, &b));
	assert_true(world_reads(&w, &b, &a));
	assert_int_equal(world_session(&w, &old), KEEPER_UNKNOWN);
	assert_int_equal(world_release(&w, &old, &b), KEEPER_UNKNOWN);
	/* the answer was lost: asked again with the old ticket */
	assert_int_equal(world_new_code(&w, &old, code), KEEPER_OK);
	assert_int_equal(world_answer.session.repeated, 1);
	assert_int_equal(world_session(&w, &a), KEEPER_OK);
	/* the code of somebody else's party is not taken over */
	assert_int_equal(world_new_code(&w, &old, b.code), KEEPER_UNKNOWN);
	assert_int_equal(world_session(&w, &b), KEEPER_OK);
	assert_memory_equal(world_answer.session.id, b.id, KEEPER_ID);
}

static void a_changed_contact_is_what_matches_read(void **state)
{
	(void)state;
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	tick(1);
	assert_int_equal(world_new_contact(&w, &b, "moved"), KEEPER_OK);
	assert_true(world_reads(&w, &a, &b));
	assert_string_equal((const char *)world_answer.release.contact, "CANARY moved");
}

static void erasing_needs_the_code_and_takes_everything_of_the_party(void **state)
{
	struct who thief = a;
	(void)state;
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	tick(1);
	assert_true(world_reads(&w, &b, &a));
	memcpy(thief.code, b.code, sizeof(thief.code));
	assert_int_equal(world_erase(&w, &thief), KEEPER_MISMATCH);
	assert_true(world_reads(&w, &b, &a));
	assert_int_equal(world_erase(&w, &a), KEEPER_OK);
	assert_memory_equal(world_answer.erase.id, a.id, KEEPER_ID);
	assert_int_equal(world_release(&w, &b, &a), KEEPER_NOT_MATCHED);
	assert_int_equal(world_release(&w, &a, &b), KEEPER_UNKNOWN);
	int left = 0;
	for (int n = 0; n < WORLD_UNLOCKS; n++)
		left += w.unlock[n].present != 0;
	assert_int_equal(left, 1);
}

static void only_the_offline_key_opens_consents(void **state)
{
	struct keeper_consent consent;
	uint8_t other_public[32], other[32];
	(void)state;
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	const struct keeper_consent_row *row = &world_answer.unlock.consent;
	assert_int_equal(row->week, w.now / KEEPER_WEEK_S);
	assert_true(keeper_consent_open(world_offline_private, row->entry, &consent));
	assert_int_equal(consent.kind, KEEPER_AGREED_UNLOCK);
	assert_int_equal(consent.at, w.now);
	assert_int_equal(consent.text_version, 1);
	assert_memory_equal(consent.party, a.id, KEEPER_ID);
	assert_memory_equal(consent.target, b.id, KEEPER_ID);
	assert_memory_equal(consent.seen_hash, b.hash, sizeof(consent.seen_hash));
	assert_int_equal(crypto_box_keypair(other_public, other), 0);
	assert_false(keeper_consent_open(other, row->entry, &consent));
}

/* ---- periods ---- */

static void rows_of_two_periods_work_together_and_a_dump_of_the_past_is_noise(void **state)
{
	struct world dump;
	(void)state;
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	world_add_period();
	world_restart(&rules, w.now);
	sign_in_again();
	world_enrol(&w, &c, "C of the second period");
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	assert_int_equal(world_answer.unlock.out.period, 2);
	assert_int_equal(world_answer.unlock.party.period, 1);
	tick(1);
	assert_true(world_reads(&w, &a, &b));
	assert_true(world_reads(&w, &b, &a));
	assert_int_equal(world_matches(&w, &a), KEEPER_OK);
	assert_int_equal(world_answer.matches.note[0].state, KEEPER_MATCHED);
	dump = w;
	world_rewrap(&w);
	for (int n = 0; n < WORLD_PARTIES; n++)
		assert_true(!w.party[n].present || w.party[n].period == 2);
	for (int n = 0; n < WORLD_UNLOCKS; n++)
		assert_true(!w.unlock[n].present || w.unlock[n].period == 2);
	assert_true(world_reads(&w, &a, &b));
	assert_true(world_reads(&dump, &a, &b));
	world_keys.period[1] = (struct keeper_period_key){0};
	world_restart(&rules, w.now);
	sign_in_again();
	assert_true(world_reads(&w, &a, &b));
	assert_true(world_reads(&w, &b, &a));
	assert_int_equal(world_session(&dump, &a), KEEPER_UNKNOWN);
	assert_false(world_reads(&dump, &a, &b));
	assert_false(world_reads(&dump, &b, &a));
}

/* ---- what is written ---- */

static void an_unlock_is_not_told_where_the_other_sides_unlock_would_be(void **state)
{
	struct keeper_answer_labels unlock, release;
	(void)state;
	assert_int_equal(world_labels(&w, KEEPER_RELEASE, &a, b.id, &release), KEEPER_OK);
	assert_int_equal(world_labels(&w, KEEPER_UNLOCK, &a, b.id, &unlock), KEEPER_OK);
	assert_memory_equal(unlock.out[0], release.out[0], KEEPER_LABEL);
	assert_memory_equal(unlock.other[0], release.other[0], KEEPER_LABEL);
	assert_memory_not_equal(unlock.in[0], release.in[0], KEEPER_LABEL);
	assert_int_equal(world_labels(&w, KEEPER_UNLOCK, &b, a.id, &unlock), KEEPER_OK);
	assert_memory_equal(unlock.out[0], release.in[0], KEEPER_LABEL);
}

static void an_unlock_writes_the_same_whatever_the_other_side_is_or_did(void **state)
{
	struct who nobody = {.id = {1}};
	enum { CASES = 5 };
	struct keeper_answer_unlock got[CASES];
	struct world start;
	(void)state;
	for (int n = 0; n < CASES; n++) {
		set_up(NULL);
		start = w;
		const struct who *target = &b;
		if (n == 1)
			assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
		if (n == 2)
			assert_int_equal(world_hide(&w, &b, true), KEEPER_OK);
		if (n == 3)
			assert_int_equal(world_erase(&w, &b), KEEPER_OK);
		if (n == 4)
			target = &nobody;
		w.now = start.now;
		assert_int_equal(world_unlock(&w, &a, target), KEEPER_OK);
		got[n] = world_answer.unlock;
		/* what is random, or a label: of these only the size is the same */
		memset(got[n].party.code_label, 0, KEEPER_LABEL);
		memset(got[n].party.id_label, 0, KEEPER_LABEL);
		memset(got[n].party.body, 0, KEEPER_PARTY_BODY);
		memset(got[n].out.label, 0, KEEPER_LABEL);
		memset(got[n].out.body, 0, KEEPER_UNLOCK_BODY);
		memset(got[n].consent.entry, 0, KEEPER_CONSENT_ENTRY);
		assert_memory_equal(&got[n], &got[0], sizeof(got[n]));
	}
}

static void the_keeper_keeps_nothing_between_two_requests(void **state)
{
	static struct keeper_answer first, second;
	(void)state;
	assert_int_equal(world_unlock(&w, &a, &b), KEEPER_OK);
	assert_int_equal(world_unlock(&w, &b, &a), KEEPER_OK);
	tick(1);
	assert_true(world_reads(&w, &a, &b));
	first = world_answer;
	assert_false(world_reads(&w, &c, &b));
	assert_true(world_reads(&w, &a, &b));
	second = world_answer;
	assert_memory_equal(&first, &second, keeper_answer_bytes(KEEPER_RELEASE));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_code_is_read_as_it_was_written_or_as_people_type_it),
	    TEST(every_wrong_sign_and_every_exchange_of_neighbours_is_found),
	    TEST(a_code_enrols_once_however_often_it_is_sent),
	    TEST(a_ticket_ends_after_a_quarter_of_an_hour_and_with_the_keeper),
	    TEST(signing_in_renews_the_expiry_and_who_has_expired_cannot_be_unlocked),
	    TEST(two_unlocks_and_a_tick_release_both_contacts_and_nothing_less_does),
	    TEST(a_refused_release_has_no_byte_of_a_contact),
	    TEST(withdrawal_ends_at_a_tick_is_final_and_keeps_a_match_readable),
	    TEST(an_answer_that_came_and_went_unseen_looks_like_none),
	    TEST(who_is_hidden_is_unlocked_in_vain_and_fairly),
	    TEST(the_profile_that_was_seen_is_the_one_that_is_unlocked),
	    TEST(there_are_five_unlocks_a_day_and_thirty_two_live_ones),
	    TEST(a_new_code_keeps_matches_and_ends_the_old_one),
	    TEST(a_changed_contact_is_what_matches_read),
	    TEST(erasing_needs_the_code_and_takes_everything_of_the_party),
	    TEST(only_the_offline_key_opens_consents),
	    TEST(rows_of_two_periods_work_together_and_a_dump_of_the_past_is_noise),
	    TEST(an_unlock_is_not_told_where_the_other_sides_unlock_would_be),
	    TEST(an_unlock_writes_the_same_whatever_the_other_side_is_or_did),
	    TEST(the_keeper_keeps_nothing_between_two_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
