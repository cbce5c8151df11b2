/* link: base keeper/message keeper */
/* Does the time of an answer tell what the caller may not know? Pairs of requests from two worlds
 * that differ only in that, measured one after the other.
 *
 * Judged by the signs of the differences (z of a sign test), because a few slow measurements among
 * thousands, which every machine has, decide a test of means; and by the median of the differences.
 * A measurement is the least of three.
 *
 * A sign test shows the keeper's time only when nothing but the world differs within a pair:
 *   - both requests are read, and one of them taken, by the same instructions and from the same
 *     addresses. A copy of the one alone takes other lines of the cache from the keeper than a copy
 *     of the other; the same request at two addresses then gave |z| up to 6 on an idle machine.
 *   - a coin decides which world is made first, another which one is measured first.
 *   - each pair has worlds of its own, with new keys, codes and nonces: what accidental values cost
 *     is not taken for what the worlds differ in.
 *
 * Controls are two worlds that are made alike. When the test sees a difference between these, the
 * run is void: it says nothing of the other rows. The last row plants a wait of 200 ns: the test
 * must see it, else it shows nothing.
 *
 *   timing PAIRS   exits 1 when |z| >= 4.5 or the median is 100 ns and more between worlds, when a
 *                  control is so (void), or when the planted wait is not seen
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
static uint64_t planted_turns; /* of spin() in PLANTED_NS */

/* Of this thread: on a machine that does other work, too, the wall's time is mostly others'. */
static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void spin(uint64_t turns)
{
	for (uint64_t n = 0; n < turns; n++)
		__asm__ volatile("" ::: "memory");
}

/* The least of several: others' work makes turns slower, never faster. */
static void calibrate(void)
{
	enum { TURNS = 1000000 };
	int64_t least = INT64_MAX;
	for (int n = 0; n < 9; n++) {
		int64_t from = now_ns();
		spin(TURNS);
		int64_t took = now_ns() - from;
		least = took < least ? took : least;
	}
	planted_turns = (uint64_t)(PLANTED_NS * (int64_t)TURNS / (least > 0 ? least : 1));
}

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	w.now = WORLD_START + 7;
	world_restart(&rules, w.now);
	world_enrol(&w, &a, "A");
	world_enrol(&w, &b, "B");
}

/* world_request = requests[which], and no instruction and no address depends on `which`. */
static void choose(unsigned which)
{
	uint64_t one, other, mask = -(uint64_t)which;
	__asm__ volatile("" : "+r"(mask));
	const uint8_t *p = (const uint8_t *)&requests[0], *q = (const uint8_t *)&requests[1];
	_Static_assert(sizeof(world_request) % sizeof(one) == 0, "copied by words");
	for (size_t at = 0; at < sizeof(world_request); at += sizeof(one)) {
		memcpy(&one, p + at, sizeof(one));
		memcpy(&other, q + at, sizeof(other));
		one ^= mask & (one ^ other);
		memcpy((uint8_t *)&world_request + at, &one, sizeof(one));
	}
}

/* One answer. turns: waited in that of requests[1]. */
static int64_t measure(unsigned which, uint64_t turns)
{
	choose(which);
	turns *= which;
	int64_t from = now_ns();
	keeper_answer(world_keeper, &world_request, &world_answer, w.now);
	spin(turns);
	return now_ns() - from;
}

static int by_value(const void *x, const void *y)
{
	int64_t p = *(const int64_t *)x, q = *(const int64_t *)y;
	return (p > q) - (p < q);
}

/* ---- the worlds ---- */

/* UNLOCK of a target that is there, and in the second world of one in the state that `change`
 * makes. */
static void unlock(unsigned which, enum keeper_status (*change)(void))
{
	if (which)
		must(change() == KEEPER_OK);
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
}

static enum keeper_status erase_b(void)
{
	return world_erase(&w, &b);
}
static enum keeper_status hide_b(void)
{
	return world_hide(&w, &b, true);
}
static enum keeper_status answer_a(void)
{
	return world_unlock(&w, &b, &a);
}
static void unlock_of_nobody(unsigned which)
{
	unlock(which, erase_b);
}
static void unlock_of_hidden(unsigned which)
{
	unlock(which, hide_b);
}
static void unlock_answered(unsigned which)
{
	unlock(which, answer_a);
}

/* Nobody answered A's unlock; in the second world B's unlock is there and has not counted at the
 * same tick. */
static void unanswered(unsigned which)
{
	if (which)
		must(world_unlock(&w, &b, &a) == KEEPER_OK);
	w.now += TICK_S;
	if (which)
		must(world_withdraw(&w, &b, &a) == KEEPER_OK);
	w.now += TICK_S;
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	w.now += 2 * TICK_S;
}
static void matches(unsigned which)
{
	unanswered(which);
	must(world_matches(&w, &a) == KEEPER_OK);
}
static void release(unsigned which)
{
	unanswered(which);
	must(world_release(&w, &a, &b) == KEEPER_NOT_MATCHED);
}

/* ---- comparisons ---- */

enum kind { WORLDS, CONTROL, PLANTED };

static const struct comparison {
	const char *what;
	void (*make)(unsigned); /* the first or second world: world_request is asked in it */
	enum kind kind;         /* but for WORLDS both are the first one */
} comparisons[] = {
    {"unlock: the target is there, does not exist", unlock_of_nobody, WORLDS},
    {"unlock: the target is there, is hidden", unlock_of_hidden, WORLDS},
    {"unlock: the target has not answered, has", unlock_answered, WORLDS},
    {"matches: nobody answered, somebody did and withdrew", matches, WORLDS},
    {"release: nobody answered, somebody did and withdrew", release, WORLDS},
    {"unlock: control, equal worlds", unlock_of_nobody, CONTROL},
    {"matches: control, equal worlds", matches, CONTROL},
    {"release: control, equal worlds", release, CONTROL},
    {"release: equal worlds, 200 ns planted in one", release, PLANTED},
};

/* A pair of worlds of its own, in requests[]. */
static void make_pair(const struct comparison *c)
{
	unsigned first = random_below(&chance, 2);
	begin();
	static struct world before;
	before = w;
	for (unsigned n = 0; n < 2; n++) {
		unsigned which = first ^ n;
		w = before;
		c->make(c->kind == WORLDS ? which : 0);
		requests[which] = world_request;
	}
}

/* True: no difference that the test sees. */
static bool compare(const struct comparison *c, size_t pairs)
{
	enum { EACH = 3 }; /* what interrupts a measurement is mostly not in all of them */
	uint64_t turns = c->kind == PLANTED ? planted_turns : 0;
	int64_t *differences = calloc(pairs, sizeof(*differences));
	double greater = 0, unequal = 0;
	must(differences);
	for (size_t n = 0; n < pairs; n++) {
		make_pair(c);
		unsigned first = random_below(&chance, 2);
		int64_t least[2] = {INT64_MAX, INT64_MAX};
		/* The first of each is not counted: it finds the caches as make_pair left them. */
		for (unsigned i = 0; i < 2 * (1 + EACH); i++) {
			unsigned which = first ^ (i & 1);
			int64_t took = measure(which, turns);
			if (i >= 2 && took < least[which])
				least[which] = took;
		}
		differences[n] = least[1] - least[0];
		greater += differences[n] > 0;
		unequal += differences[n] != 0;
	}
	qsort(differences, pairs, sizeof(*differences), by_value);
	double z = unequal > 0 ? (2 * greater - unequal) / sqrt(unequal) : 0;
	long long median = differences[pairs / 2];
	free(differences);
	printf("| %s | %zu | %.2f | %lld |\n", c->what, pairs, z, median);
	fflush(stdout);
	return fabs(z) < z_max && llabs(median) < MEDIAN_MAX_NS;
}

int main(int argc, char **argv)
{
	int64_t pairs = 20000;
	bool same[] = {[WORLDS] = true, [CONTROL] = true, [PLANTED] = true};
	if (argc > 2 || (argc == 2 && !str_to_i64(str_of(argv[1]), 100, 10000000, &pairs))) {
		fprintf(stderr, "usage: timing [PAIRS]\n");
		return EXIT_USAGE;
	}
	chance = random_seeded();
	world_make_keys();
	calibrate();
	printf(
	    "| worlds that the caller must not tell apart | pairs | z | median difference, ns |\n");
	printf("|---|---|---|---|\n");
	for (size_t n = 0; n < COUNT_OF(comparisons); n++)
		same[comparisons[n].kind] &= compare(&comparisons[n], (size_t)pairs);
	if (!same[CONTROL])
		fprintf(stderr,
			"timing: void: equal worlds differ, so that no row says anything\n");
	else if (!same[WORLDS])
		fprintf(stderr, "timing: a difference can be seen\n");
	if (same[PLANTED])
		fprintf(stderr, "timing: the planted wait was not seen\n");
	return same[CONTROL] && same[WORLDS] && !same[PLANTED] ? EXIT_OK : EXIT_FAILED;
}
