/* link: base keeper/message keeper */
/* The database's owner against the keeper: rows are changed, exchanged, copied and put back, and a
 * party asks for the other's contact with them.
 *
 * Two worlds. In one the two parties have matched: a change may end that, it may never release
 * anything to anybody else. In the other they have not (each way of not having matched in turn): no
 * change releases anything.
 *
 * Prints how many requests were made and how many released a contact; exits 1 when one did that the
 * matched world itself does not.
 */
#include "world.h"

#include <stdlib.h>

enum { TICK_S = 10 };
static const struct keeper_rules rules = {
    .tick_s = TICK_S, .unlocks_per_day = 100, .profile_days = 90};

static struct world w;
static struct who a, b, c;
static struct keeper_request good; /* a request as it is, to be changed */
static uint64_t requests, releases;

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	w.now = WORLD_START + 3;
	world_restart(&rules, w.now);
	world_enrol(&w, &a, "A");
	world_enrol(&w, &b, "B");
	world_enrol(&w, &c, "C");
}

static void tick(void)
{
	w.now += TICK_S;
}

/* The changed request: does it release anything that `reader` may not have? */
static bool releases_with(const struct keeper_request *r)
{
	static const char canary[] = "CANARY";
	requests++;
	keeper_answer(world_keeper, r, &world_answer, w.now);
	size_t n = keeper_answer_bytes(KEEPER_RELEASE);
	bool released = world_answer.status == KEEPER_OK ||
			memmem(&world_answer, n, canary, sizeof(canary) - 1) != NULL;
	releases += released;
	return released;
}

/* ---- every byte of every column of the four rows ---- */

static void change_bytes(uint8_t *row, size_t n, size_t from)
{
	for (size_t at = from; at < n; at++) {
		uint8_t old = row[at];
		for (int bit = 0; bit < 2; bit++) {
			row[at] = old ^ (uint8_t)(bit ? 0x80 : 0x01);
			releases_with(&good);
		}
		row[at] = old;
	}
}

/* `present` is no column; the rest of a row are the columns as they are stored. */
static void tamper_all_rows(void)
{
	struct keeper_request_release *r = &good.release;
	size_t party = offsetof(struct keeper_party_row, period);
	size_t unlock = offsetof(struct keeper_unlock_row, period);
	change_bytes((uint8_t *)&r->party, sizeof(r->party), party);
	change_bytes((uint8_t *)&r->other, sizeof(r->other), party);
	change_bytes((uint8_t *)&r->out, sizeof(r->out), unlock);
	change_bytes((uint8_t *)&r->in, sizeof(r->in), unlock);
}

static void take(struct who *reader, struct who *of)
{
	world_release(&w, reader, of);
	good = world_request;
}

/* ---- every exchange ---- */

/* All rows of the database in all four places of the request: also bodies under other labels, and
 * the columns of one row with the body of another. */
static void exchange_all(void)
{
	static struct keeper_request r;
	struct keeper_unlock_row none = {0};
	for (int whole = 0; whole < 2; whole++) {
		for (int p = 0; p < WORLD_PARTIES; p++) {
			for (int o = 0; o < WORLD_PARTIES; o++) {
				for (int x = -1; x < WORLD_UNLOCKS; x++) {
					for (int y = -1; y < WORLD_UNLOCKS; y++) {
						const struct keeper_unlock_row *out =
						    x < 0 ? &none : &w.unlock[x];
						const struct keeper_unlock_row *in =
						    y < 0 ? &none : &w.unlock[y];
						if (!w.party[p].present || !w.party[o].present ||
						    (x >= 0 && !out->present) ||
						    (y >= 0 && !in->present))
							continue;
						r = good;
						if (whole) {
							r.release.party = w.party[p];
							r.release.other = w.party[o];
							r.release.out = *out;
							r.release.in = *in;
						} else {
							memcpy(r.release.party.body,
							       w.party[p].body, KEEPER_PARTY_BODY);
							memcpy(r.release.other.body,
							       w.party[o].body, KEEPER_PARTY_BODY);
							memcpy(r.release.out.body, out->body,
							       KEEPER_UNLOCK_BODY);
							memcpy(r.release.in.body, in->body,
							       KEEPER_UNLOCK_BODY);
						}
						releases_with(&r);
					}
				}
			}
		}
	}
}

static void report(const char *what, uint64_t allowed)
{
	printf("%s: %llu requests, %llu releases\n", what, (unsigned long long)requests,
	       (unsigned long long)releases);
	if (releases != allowed) {
		fprintf(stderr, "%s: %llu releases where %llu are right\n", what,
			(unsigned long long)releases, (unsigned long long)allowed);
		exit(EXIT_FAILED);
	}
	requests = releases = 0;
}

/* ---- the worlds ---- */

static void one_sided_world(void)
{
	begin();
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	must(world_unlock(&w, &a, &c) == KEEPER_OK);
	must(world_unlock(&w, &c, &b) == KEEPER_OK);
	must(world_unlock(&w, &c, &a) == KEEPER_OK);
	must(world_unlock(&w, &b, &c) == KEEPER_OK);
	tick();
	tick();
}

static void not_matched(void)
{
	one_sided_world();
	take(&a, &b);
	tamper_all_rows();
	exchange_all();
	take(&b, &a);
	tamper_all_rows();
	exchange_all();
	report("A has unlocked B, both have matched with C", 0);

	/* answered and withdrawn before the other one unlocked */
	begin();
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	tick();
	must(world_withdraw(&w, &a, &b) == KEEPER_OK);
	tick();
	must(world_unlock(&w, &b, &a) == KEEPER_OK);
	tick();
	take(&b, &a);
	tamper_all_rows();
	exchange_all();
	take(&a, &b);
	tamper_all_rows();
	report("A withdrew before B unlocked", 0);

	/* both have, and no tick has passed */
	begin();
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	must(world_unlock(&w, &b, &a) == KEEPER_OK);
	take(&a, &b);
	tamper_all_rows();
	exchange_all();
	report("both have unlocked, the tick has not come", 0);
}

static void matched(void)
{
	begin();
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	must(world_unlock(&w, &b, &a) == KEEPER_OK);
	tick();
	must(world_reads(&w, &a, &b) && world_reads(&w, &b, &a));
	take(&a, &b);
	/* The matched request itself releases; every changed byte must end that. */
	tamper_all_rows();
	report("both have matched, every byte of a row of theirs", 0);
	take(&c, &b);
	exchange_all();
	take(&c, &a);
	exchange_all();
	report("C with the rows of A and B", 0);
	take(&a, &b);
	must(releases_with(&good));
	must(releases == 1);
	requests = releases = 0;
}

/* Labels decide where a row is looked for, so that rows of an older period under new keys, and of a
 * period that is gone, must not open. */
static void other_periods(void)
{
	static struct keeper_request old;
	begin();
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	must(world_unlock(&w, &b, &a) == KEEPER_OK);
	tick();
	take(&a, &b);
	old = good;
	world_add_period();
	world_keys.period[1] = (struct keeper_period_key){0};
	world_restart(&rules, w.now);
	/* A ticket of the new keeper: A enrols anew with its old code, rows put back by the
	 * owner. */
	struct world dump = w;
	memset(w.party, 0, sizeof(w.party));
	must(world_enrol_again(&w, &a, false) == KEEPER_OK);
	memcpy(old.release.ticket, a.ticket, KEEPER_TICKET);
	releases_with(&old);
	old.release.party = w.party[0];
	releases_with(&old);
	for (uint32_t period = 0; period < 4; period++) {
		old.release.party.period = old.release.other.period = period;
		old.release.out.period = old.release.in.period = period;
		releases_with(&old);
	}
	w = dump;
	must(world_session(&w, &a) == KEEPER_UNKNOWN);
	report("rows of a period that is gone", 0);
}

/* A unlocks B while the database and the contact process show C in B's place: C gets no key. */
static void another_in_its_place(void)
{
	for (int forged = 0; forged < 2; forged++) {
		struct keeper_answer_labels labels;
		struct who shown;
		begin();
		must(world_labels(&w, KEEPER_UNLOCK, &a, c.id, &labels) == KEEPER_OK);
		struct keeper_party_row row = *world_party_at(&w, NULL, labels.other);
		must(world_labels(&w, KEEPER_UNLOCK, &a, b.id, &labels) == KEEPER_OK);
		if (forged)
			memcpy(row.id_label, labels.other[0], KEEPER_LABEL);
		shown = b;
		memcpy(shown.hash, c.hash, KEEPER_HASH);
		world_instead = &row;
		must(world_unlock(&w, &a, &shown) == KEEPER_OK);
		world_instead = NULL;
		must(world_unlock(&w, &c, &a) == KEEPER_OK);
		must(world_unlock(&w, &b, &a) == KEEPER_OK);
		tick();
		tick();
		take(&c, &a);
		exchange_all();
		take(&b, &a);
		exchange_all();
		/* and to nobody: the unlock counts for none of them */
		take(&a, &b);
		exchange_all();
	}
	report("A unlocked B while C's row stood in B's place", 0);
}

/* ---- the rollback case ----
 *
 * A unlocks B and withdraws before B answers. The database's owner puts A's old unlock back, and B
 * unlocks A: B reads A. The keeper has no memory and cannot see it. It needs the owner of the live
 * database and the party B together, and it ends with the period. All of that is documented
 * (docs/contact-sphere.md), and all of it happens exactly so. */
static void rollback(void)
{
	begin();
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	tick();
	struct world old = w;
	must(world_withdraw(&w, &a, &b) == KEEPER_OK);
	tick();
	must(world_unlock(&w, &b, &a) == KEEPER_OK);
	tick();
	take(&b, &a);
	releases_with(&good);
	report("before the rollback", 0);

	struct world withdrawn = w;
	must(old.unlock[0].present && memcmp(old.unlock[0].label, w.unlock[0].label, 16) == 0);
	w.unlock[0] = old.unlock[0];
	take(&b, &a);
	releases_with(&good);
	report("the old unlock put back, read by B", 1);
	/* A reads B, too: a match is one for both */
	take(&a, &b);
	releases_with(&good);
	report("the old unlock put back, read by A", 1);
	/* only who colludes gains: C does not */
	take(&c, &a);
	exchange_all();
	report("the old unlock put back, read by C", 0);
	/* the party's row put back as well changes nothing */
	for (int n = 0; n < WORLD_PARTIES; n++)
		w.party[n] = old.party[n].present ? old.party[n] : w.party[n];
	take(&b, &a);
	releases_with(&good);
	report("the old rows put back, read by B", 1);

	/* The period goes: what was copied before is noise. */
	w = withdrawn;
	world_add_period();
	world_restart(&rules, w.now);
	world_rewrap(&w);
	world_keys.period[1] = (struct keeper_period_key){0};
	world_restart(&rules, w.now);
	must(world_session(&w, &a) == KEEPER_OK && world_session(&w, &b) == KEEPER_OK);
	for (int place = 0; place < WORLD_UNLOCKS; place++) {
		struct world now = w;
		if (w.unlock[place].present)
			w.unlock[place] = old.unlock[0];
		take(&b, &a);
		good.release.in = old.unlock[0];
		releases_with(&good);
		memcpy(good.release.in.label, now.unlock[0].label, KEEPER_LABEL);
		good.release.in.period = now.unlock[0].period;
		releases_with(&good);
		w = now;
	}
	report("the old unlock put back after its period", 0);
}

int main(void)
{
	world_make_keys();
	not_matched();
	matched();
	other_periods();
	another_in_its_place();
	rollback();
	return EXIT_OK;
}
