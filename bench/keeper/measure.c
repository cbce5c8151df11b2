/* link: base keeper/message keeper */
/* What the keeper's operations cost, without the socket: microseconds of processor time each,
 * and the seconds in which a rotation rewraps PARTIES parties with two unlocks each.
 *
 *   measure [PARTIES]   default 100000 */
#include "../../tests/contact/world.h"
#include "base/str.h"

#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 500 };
static const struct keeper_rules rules = {
    .tick_s = 10, .unlocks_per_day = 1000000, .profile_days = 90};
static struct world w;
static struct who a, b;

/* Microseconds of this process's processor time. */
static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The request that stands in world_request, ROUNDS times: the best of five, as microseconds. */
static void measure(const char *what)
{
	static struct keeper_request request;
	double best = 1e9;
	request = world_request;
	for (int n = 0; n < 5; n++) {
		int64_t from = now_us();
		for (int i = 0; i < ROUNDS; i++)
			keeper_answer(world_keeper, &request, &world_answer, w.now);
		double each = (double)(now_us() - from) / ROUNDS;
		best = each < best ? each : best;
	}
	printf("| %s | %.1f | %.0f | %zu | %zu |\n", what, best, 1e6 / best,
	       keeper_request_bytes(request.op), keeper_answer_bytes(request.op));
	fflush(stdout);
}

static void rewrap(int64_t parties)
{
	static struct keeper_request party, unlock;
	int64_t packets = (parties + KEEPER_REWRAP_PARTIES_MAX - 1) / KEEPER_REWRAP_PARTIES_MAX;
	int64_t more = (2 * parties + KEEPER_REWRAP_UNLOCKS_MAX - 1) / KEEPER_REWRAP_UNLOCKS_MAX;
	party.op = KEEPER_REWRAP_PARTIES;
	unlock.op = KEEPER_REWRAP_UNLOCKS;
	for (int n = 0; n < KEEPER_REWRAP_PARTIES_MAX; n++)
		party.parties.rows[n] = w.party[n % 2];
	for (int n = 0; n < KEEPER_REWRAP_UNLOCKS_MAX; n++)
		unlock.unlocks.rows[n] = w.unlock[n % 2];
	world_add_period();
	world_restart(&rules, w.now);
	int64_t from = now_us();
	for (int64_t n = 0; n < packets; n++)
		keeper_answer(world_keeper, &party, &world_answer, w.now);
	must(world_answer.parties.rows[KEEPER_REWRAP_PARTIES_MAX - 1].period == 2);
	int64_t middle = now_us();
	for (int64_t n = 0; n < more; n++)
		keeper_answer(world_keeper, &unlock, &world_answer, w.now);
	must(world_answer.unlocks.rows[KEEPER_REWRAP_UNLOCKS_MAX - 1].period == 2);
	int64_t end = now_us();
	printf("\nRewrapping %lld parties: %.2f s of the keeper; their %lld unlocks: %.2f s.\n",
	       (long long)parties, (double)(middle - from) / 1e6, (long long)(2 * parties),
	       (double)(end - middle) / 1e6);
}

int main(int argc, char **argv)
{
	int64_t parties = 100000;
	if (argc > 2 || (argc == 2 && !str_to_i64(str_of(argv[1]), 1, 10000000, &parties))) {
		fprintf(stderr, "usage: measure [PARTIES]\n");
		return EXIT_USAGE;
	}
	world_make_keys();
	w.now = WORLD_START;
	world_restart(&rules, w.now);
	world_enrol(&w, &a, "A");
	world_enrol(&w, &b, "B");
	printf(
	    "| operation | µs | a second | bytes of a request | of an answer |\n|---|---|---|---|---|\n");
	struct world before = w;
	struct who fresh = {0};
	world_code(&w, fresh.code);
	must(world_enrol_again(&w, &fresh, false) == KEEPER_OK);
	measure("enrol");
	w = before;
	must(world_session(&w, &a) == KEEPER_OK);
	measure("session");
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	measure("unlock");
	must(world_unlock(&w, &b, &a) == KEEPER_OK);
	w.now += 10;
	must(world_matches(&w, &a) == KEEPER_OK);
	measure("matches, 32 places");
	must(world_release(&w, &a, &b) == KEEPER_OK);
	measure("release");
	must(world_withdraw(&w, &a, &b) == KEEPER_OK);
	measure("withdraw");
	struct keeper_answer_labels labels;
	must(world_labels(&w, KEEPER_RELEASE, &a, b.id, &labels) == KEEPER_OK);
	measure("labels of a release");
	rewrap(parties);
	return EXIT_OK;
}
