/* link: base keeper/message keeper */
/* Does the time of an answer tell what the caller may not know? Pairs of requests from two worlds
 * that differ only in that, measured one after the other in random order.
 *
 * Judged by the signs of the differences (z of a sign test), because a few slow measurements among
 * thousands, which every machine has, decide a test of means; and by the median of the differences.
 * A measurement is the least of three.
 * The last rows plant a difference of known length: the test must see it, else it shows nothing.
 *
 *   timing PAIRS   exits 1 when |z| >= 4.5 or the median is 100 ns and more, or when the planted
 *                  difference is not seen
 */
#include "../../tests/contact/world.h"
#include "base/random.h"
#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { TICK_S = 100, PLANTED_NS = 200, MEDIAN_MAX_NS = 100 };
static const double z_max = 4.5;
static const struct keeper_rules rules = {
    .tick_s = TICK_S, .unlocks_per_day = 100, .profile_days = 90};

static struct world w;
static struct who a, b;
static struct random chance;
static struct keeper_request requests[2];

/* Of this thread: on a machine that does other work, too, the wall's time is mostly others'. */
static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	w.now = WORLD_START + 7;
	world_restart(&rules, w.now);
	world_enrol(&w, &a, "A");
	world_enrol(&w, &b, "B");
}

/* One answer. The request is copied first, so that both are equally near. */
static int64_t measure(const struct keeper_request *r, int64_t plant_ns)
{
	memcpy(&world_request, r, keeper_request_bytes(r->op));
	int64_t from = now_ns();
	keeper_answer(world_keeper, &world_request, &world_answer, w.now);
	int64_t until = now_ns();
	while (plant_ns && now_ns() < until + plant_ns)
		;
	return (plant_ns ? now_ns() : until) - from;
}

static int by_value(const void *x, const void *y)
{
	int64_t p = *(const int64_t *)x, q = *(const int64_t *)y;
	return (p > q) - (p < q);
}

/* True: no difference that the test sees. */
static bool compare(const char *what, size_t pairs, int64_t plant_ns)
{
	int64_t *differences = calloc(pairs, sizeof(*differences));
	double greater = 0, unequal = 0;
	must(differences);
	for (size_t n = 0; n < 200; n++)
		(void)measure(&requests[n & 1], 0);
	for (size_t n = 0; n < pairs; n++) {
		int first = (int)random_below(&chance, 2);
		int64_t time[2] = {INT64_MAX, INT64_MAX};
		/* The least of three: what interrupts a measurement is mostly not in all of
		 * them. */
		for (int i = 0; i < 6; i++) {
			int which = i & 1 ? 1 - first : first;
			int64_t took = measure(&requests[which], which ? plant_ns : 0);
			time[which] = took < time[which] ? took : time[which];
		}
		differences[n] = time[1] - time[0];
		greater += differences[n] > 0;
		unequal += differences[n] != 0;
	}
	qsort(differences, pairs, sizeof(*differences), by_value);
	double z = unequal > 0 ? (2 * greater - unequal) / sqrt(unequal) : 0;
	long long median = differences[pairs / 2];
	free(differences);
	printf("| %s | %zu | %.2f | %lld |\n", what, pairs, z, median);
	fflush(stdout);
	return fabs(z) < z_max && llabs(median) < MEDIAN_MAX_NS;
}

/* ---- the worlds ---- */

/* UNLOCK of a target that is there, and of one in the state that `change` makes. */
static void unlock_worlds(void (*change)(void))
{
	begin();
	struct world before = w;
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	requests[0] = world_request;
	w = before;
	change();
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	requests[1] = world_request;
	w = before;
}

static void nobody(void)
{
	must(world_erase(&w, &b) == KEEPER_OK);
}
static void hidden(void)
{
	must(world_hide(&w, &b, true) == KEEPER_OK);
}
static void answered(void)
{
	must(world_unlock(&w, &b, &a) == KEEPER_OK);
}

/* RELEASE and MATCHES while nobody answered, and while B's unlock is there and has not counted at
 * the same tick. */
static void read_worlds(enum keeper_op op)
{
	for (int n = 0; n < 2; n++) {
		static struct world before;
		if (n == 0) {
			begin();
			before = w;
		}
		w = before;
		if (n) {
			must(world_unlock(&w, &b, &a) == KEEPER_OK);
			w.now += TICK_S;
			must(world_withdraw(&w, &b, &a) == KEEPER_OK);
		} else {
			w.now += TICK_S;
		}
		w.now += TICK_S;
		must(world_unlock(&w, &a, &b) == KEEPER_OK);
		w.now += 2 * TICK_S;
		if (op == KEEPER_MATCHES)
			must(world_matches(&w, &a) == KEEPER_OK);
		else
			must(world_release(&w, &a, &b) == KEEPER_NOT_MATCHED);
		requests[n] = world_request;
	}
}

int main(int argc, char **argv)
{
	int64_t pairs = 20000;
	bool ok = true;
	if (argc > 2 || (argc == 2 && !str_to_i64(str_of(argv[1]), 100, 10000000, &pairs))) {
		fprintf(stderr, "usage: timing [PAIRS]\n");
		return EXIT_USAGE;
	}
	chance = random_seeded();
	world_make_keys();
	size_t n = (size_t)pairs;
	printf(
	    "| worlds that the caller must not tell apart | pairs | z | median difference, ns |\n");
	printf("|---|---|---|---|\n");
	unlock_worlds(nobody);
	ok &= compare("unlock: the target is there, does not exist", n, 0);
	unlock_worlds(hidden);
	ok &= compare("unlock: the target is there, is hidden", n, 0);
	unlock_worlds(answered);
	ok &= compare("unlock: the target has not answered, has", n, 0);
	read_worlds(KEEPER_MATCHES);
	ok &= compare("matches: nobody answered, somebody did and withdrew", n, 0);
	read_worlds(KEEPER_RELEASE);
	ok &= compare("release: nobody answered, somebody did and withdrew", n, 0);
	requests[1] = requests[0];
	ok &= compare("release: the same request twice", n, 0);
	bool seen = !compare("release: the same, 200 ns planted", n, PLANTED_NS);
	if (!ok)
		fprintf(stderr, "timing: a difference can be seen\n");
	if (!seen)
		fprintf(stderr, "timing: the planted difference was not seen\n");
	return ok && seen ? EXIT_OK : EXIT_FAILED;
}
