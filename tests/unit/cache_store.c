/* link: base */
/* The cache's memory: against a simple model, from threads, and with processes killed and stopped
 * at every named place. The sources are taken in here, with the places where the fault build kills.
 * HOLDFAST_STEPS, HOLDFAST_KILLS and HOLDFAST_SEED change the amount; the seed is printed.
 * HOLDFAST_ONLY is a pattern of the tests that are run. */
static void point(const char *name);
#define STORE_POINT(name) point(name)
#include "../../src/cache/store/blocks.c"
#include "../../src/cache/store/evict.c"
#include "../../src/cache/store/mapping.c"
#include "../../src/cache/store/numbers.c"
#include "../../src/cache/store/store.c"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>
#include "base/clock.h"
#include "base/err.h"

static uint64_t number_from(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);
	return text ? strtoull(text, NULL, 10) : fallback;
}

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state += 0x9e3779b97f4a7c15;
	return mix(*state) % below;
}

/* ---- values that tell whether they are whole ---- */

struct text {
	char p[STORE_KEY_MAX];
};

static struct store_key key_of(uint64_t k, struct text *text)
{
	size_t n = (size_t)snprintf(text->p, sizeof(text->p), "key %lu%*s", (unsigned long)k,
				    (int)(k % 40), "");
	return (struct store_key){.hash = mix(k), .bytes = {text->p, n}};
}

static struct str value_of(uint64_t k, uint64_t version, char *out)
{
	uint64_t seed = mix(k * 1000003 + version);
	size_t n = 16 + (size_t)(seed % 50 == 0 ? seed % 20000 : seed % 900);
	memcpy(out, &k, 8);
	memcpy(out + 8, &version, 8);
	for (size_t i = 16; i < n; i++)
		out[i] = (char)(seed >> (i % 56));
	return (struct str){out, n};
}

/* The version of a value, which must be whole and of this key. */
static uint64_t version_of(uint64_t k, struct str value)
{
	static _Thread_local char expected[32 << 10];
	uint64_t version;
	must(value.n >= 16);
	memcpy(&version, value.p + 8, 8);
	must(str_eq(value, value_of(k, version, expected)));
	return version;
}

static struct store *attach(int fd, int slot)
{
	struct store *store;
	struct err err;
	if (store_attach(fd, slot, &store, &err) != OK)
		die("%s", err.text);
	return store;
}

static int create(size_t bytes)
{
	struct err err;
	int fd;
	if (store_create(bytes, &fd, &err) != OK)
		die("%s", err.text);
	return fd;
}

static void check(int fd, uint64_t alive)
{
	struct store *store = attach(fd, 0);
	struct err err;
	if (!store_check(store, alive, &err))
		fail_msg("%s", err.text);
	store_detach(store);
}

/* ---- the model ---- */

enum { MODEL_KEYS = 1500, MODEL_SLOTS = 4, FRESH_MS = 40, STALE_MS = 90, LEASE_MS = 30 };

struct model_key {
	uint64_t version; /* 0: none */
	int64_t stale_until_ms;
	int filler; /* 0: nobody */
	int64_t began_ms;
	bool failed;
	struct store_fill fill;
	struct store_fill late; /* a fill that was taken away from its owner */
	int late_owner;
};

struct model {
	struct model_key key[MODEL_KEYS];
	struct store *slot[MODEL_SLOTS + 1];
	struct arena arena;
	uint64_t random, versions, publishes, fenced, lost, hung;
	int64_t now_ms;
};

static struct store_view model_look(struct model *m, int slot, uint64_t k)
{
	struct model_key *expected = &m->key[k];
	struct text text;
	struct store_key key = key_of(k, &text);
	struct store_view view;
	arena_reset(&m->arena);
	assert_int_equal(store_look(m->slot[slot], &key, m->now_ms, &m->arena, &view), OK);
	if (!view.entry) {
		assert_int_equal(expected->filler, 0);
		m->lost += expected->version != 0;
		expected->version = 0;
		expected->failed = false;
		return view;
	}
	assert_int_equal(view.phase, expected->filler   ? STORE_FILLING
				     : expected->failed ? STORE_BACKOFF
							: STORE_IDLE);
	if (expected->filler) {
		assert_int_equal(view.owner, expected->filler);
		assert_int_equal(view.started_ms, expected->began_ms);
	}
	assert_int_equal(view.has_value, expected->version && m->now_ms < expected->stale_until_ms);
	if (view.has_value)
		assert_int_equal(version_of(k, view.value), expected->version);
	return view;
}

static void model_begin(struct model *m, int slot, uint64_t k)
{
	struct model_key *expected = &m->key[k];
	struct text text;
	struct store_key key = key_of(k, &text);
	struct store_view view = model_look(m, slot, k);
	struct store_fill fill;
	bool may = expected->filler   ? m->now_ms >= expected->began_ms + LEASE_MS
		   : expected->failed ? m->now_ms >= view.retry_ms
				      : true;
	bool got = store_begin(m->slot[slot], &key, &view, m->now_ms, LEASE_MS, &fill);
	if (view.entry)
		assert_int_equal(got, may);
	else if (!got)
		return; /* every entry of the bucket is being filled */
	if (!got)
		return;
	if (expected->filler) {
		expected->late = expected->fill;
		expected->late_owner = expected->filler;
	}
	expected->filler = slot;
	expected->fill = fill;
	expected->began_ms = m->now_ms;
	expected->failed = false;
}

static void model_finish(struct model *m, uint64_t k, uint64_t how)
{
	struct model_key *expected = &m->key[k];
	static char bytes[32 << 10];
	struct text text;
	struct store_key key = key_of(k, &text);
	struct store_meta meta = {.stored_ms = m->now_ms,
				  .fresh_until_ms = m->now_ms + FRESH_MS,
				  .stale_until_ms = m->now_ms + STALE_MS};
	uint64_t version = ++m->versions;
	if (expected->late_owner) {
		/* Whoever lost the fill tries first, and must not get through. */
		assert_int_equal(store_publish(m->slot[expected->late_owner], &expected->late, &key,
					       &meta, value_of(k, version, bytes)),
				 CONFLICT);
		assert_int_equal(
		    store_fail(m->slot[expected->late_owner], &expected->late, m->now_ms, 10, 100),
		    0);
		expected->late_owner = 0;
		m->fenced++;
	}
	if (!expected->filler)
		return;
	struct store *store = m->slot[expected->filler];
	if (how == 0) {
		assert_true(store_fail(store, &expected->fill, m->now_ms, 10, 100) > m->now_ms);
		expected->failed = true;
	} else if (how == 1) {
		store_abandon(store, &expected->fill);
	} else {
		assert_int_equal(
		    store_publish(store, &expected->fill, &key, &meta, value_of(k, version, bytes)),
		    OK);
		expected->version = version;
		expected->stale_until_ms = meta.stale_until_ms;
		m->publishes++;
	}
	expected->filler = 0;
}

static void model_death(struct model *m, int slot)
{
	store_process_died(m->slot[0], slot);
	for (int k = 0; k < MODEL_KEYS; k++) {
		if (m->key[k].filler == slot)
			m->key[k].filler = 0;
		if (m->key[k].late_owner == slot)
			m->key[k].late_owner = 0;
	}
}

/* Its fills are free, and what it publishes when it wakes up is discarded. */
static void model_hang(struct model *m, int slot)
{
	store_process_hangs(m->slot[0], slot);
	for (int k = 0; k < MODEL_KEYS; k++) {
		if (m->key[k].filler != slot)
			continue;
		m->key[k].filler = 0;
		m->key[k].late = m->key[k].fill;
		m->key[k].late_owner = slot;
		m->hung++;
	}
}

static void random_operations_agree_with_a_simple_model(void **state)
{
	(void)state;
	static struct model m;
	uint64_t seed = number_from("HOLDFAST_SEED", 1);
	uint64_t steps = number_from("HOLDFAST_STEPS", 2000000);
	int fd = create(STORE_BYTES_MIN);
	m.random = seed;
	m.now_ms = 1000;
	arena_init(&m.arena, 1 << 20);
	for (int slot = 0; slot <= MODEL_SLOTS; slot++)
		m.slot[slot] = attach(fd, slot);
	for (uint64_t step = 0; step < steps; step++) {
		/* Few keys most of the time, so that they meet. */
		uint64_t k = draw(&m.random, draw(&m.random, 4) ? 60 : MODEL_KEYS);
		int slot = 1 + (int)draw(&m.random, MODEL_SLOTS);
		uint64_t what = draw(&m.random, 100);
		if (what < 40)
			model_look(&m, slot, k);
		else if (what < 65)
			model_begin(&m, slot, k);
		else if (what < 95)
			model_finish(&m, k, draw(&m.random, 8));
		else
			m.now_ms += (int64_t)draw(&m.random, 12);
		if (step % 20000 == 0)
			model_death(&m, slot);
		if (step % 20000 == 10000)
			model_hang(&m, slot);
		if (step % 500000 == 0)
			check(fd, 0x1e);
	}
	printf("# seed %lu: %lu steps, %lu published, %lu fenced, %lu found evicted\n",
	       (unsigned long)seed, (unsigned long)steps, (unsigned long)m.publishes,
	       (unsigned long)m.fenced, (unsigned long)m.lost);
	assert_true(m.publishes > steps / 50 && m.fenced > 0 && m.lost > 0 && m.hung > 0);
	for (int slot = 0; slot <= MODEL_SLOTS; slot++) {
		if (slot)
			model_death(&m, slot);
	}
	check(fd, 0);
	for (int slot = 0; slot <= MODEL_SLOTS; slot++)
		store_detach(m.slot[slot]);
	arena_release(&m.arena);
	close(fd);
}

/* ---- many at once ---- */

enum { CROWD_KEYS = 3000, CROWD = 4 };

/* One turn of what a web process does. Fillers of a key at one time are counted in `busy`, when
 * given. */
static void turn(struct store *store, struct arena *arena, uint64_t *random, _Atomic int *busy)
{
	static _Thread_local char bytes[32 << 10];
	uint64_t k = draw(random, draw(random, 3) ? 20 : CROWD_KEYS);
	struct text text;
	struct store_key key = key_of(k, &text);
	struct store_view view;
	struct store_fill fill;
	int64_t now = clock_ms();
	arena_reset(arena);
	must(store_look(store, &key, now, arena, &view) == OK);
	if (view.has_value)
		version_of(k, view.value);
	if (view.has_value && now < view.meta.fresh_until_ms)
		return;
	/* With a lease when processes are stopped, without one when nobody is. */
	if (!store_begin(store, &key, &view, now, busy ? INT32_MAX : 1, &fill)) {
		if (view.entry && view.phase == STORE_FILLING && store_wait(store, &view))
			store_waiting(store, 1);
		return;
	}
	must(!busy || atomic_fetch_add(&busy[k], 1) == 0);
	struct store_meta meta = {.stored_ms = now,
				  .fresh_until_ms = now + (int64_t)draw(random, 3),
				  .stale_until_ms = now + 20};
	struct str value = value_of(k, draw(random, 1u << 30), bytes);
	if (busy)
		atomic_fetch_sub(&busy[k], 1);
	if (draw(random, 10) == 0)
		(void)store_fail(store, &fill, now, 1, 3);
	else if (store_publish(store, &fill, &key, &meta, value) == TOO_LARGE)
		store_abandon(store, &fill);
	(void)store_woken(store);
}

struct crowd {
	int fd, slot;
	uint64_t seed, turns;
	_Atomic int *busy;
};

static void *run_thread(void *ctx)
{
	struct crowd *c = ctx;
	struct store *store = attach(c->fd, c->slot);
	struct arena arena;
	arena_init(&arena, 1 << 20);
	for (uint64_t i = 0; i < c->turns; i++)
		turn(store, &arena, &c->seed, c->busy);
	arena_release(&arena);
	store_detach(store);
	return NULL;
}

static void threads_never_fill_a_key_twice_at_a_time(void **state)
{
	(void)state;
	static _Atomic int busy[CROWD_KEYS];
	pthread_t thread[CROWD];
	struct crowd crowd[CROWD];
	struct store_numbers numbers;
	int fd = create(STORE_BYTES_MIN);
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = (struct crowd){.fd = fd,
					  .slot = i + 1,
					  .seed = (uint64_t)i,
					  .turns = number_from("HOLDFAST_TURNS", 100000),
					  .busy = busy};
		must(pthread_create(&thread[i], NULL, run_thread, &crowd[i]) == 0);
	}
	for (int i = 0; i < CROWD; i++)
		pthread_join(thread[i], NULL);
	check(fd, 0);
	struct store *store = attach(fd, 0);
	store_numbers(store, &numbers);
	assert_true(numbers.counter[STORE_COUNT_fills] > 0);
	store_detach(store);
	close(fd);
}

/* ---- killed and stopped at every place ---- */

enum { PLACES = 32 };

/* What the tests share with the processes that they kill. */
static struct ledger {
	/* places until the process of a slot dies; 0: never */
	_Atomic int64_t countdown[CROWD + 1];
	_Atomic bool stop[CROWD + 1]; /* is stopped there instead */
	_Atomic int place[CROWD + 1]; /* where it died, 1..PLACES */
	_Atomic(const char *) name[PLACES];
	_Atomic uint64_t killed_at[PLACES];
} * ledger;
static int my_slot;

/* What another does at a place, once. */
static struct {
	const char *name;
	struct store *store;
	void (*what)(struct store *store);
} meanwhile;

static void point(const char *name)
{
	if (meanwhile.name && strcmp(meanwhile.name, name) == 0) {
		meanwhile.name = NULL;
		meanwhile.what(meanwhile.store);
	}
	if (!ledger || !my_slot)
		return;
	if (atomic_fetch_sub(&ledger->countdown[my_slot], 1) != 1)
		return;
	for (int i = 0; i < PLACES; i++) {
		const char *none = NULL;
		if (atomic_compare_exchange_strong(&ledger->name[i], &none, name) || none == name) {
			atomic_fetch_add(&ledger->killed_at[i], 1);
			break;
		}
	}
	raise(atomic_load(&ledger->stop[my_slot]) ? SIGSTOP : SIGKILL);
}

static pid_t start_victim(int fd, int slot, uint64_t seed)
{
	pid_t pid = fork();
	must(pid >= 0);
	if (pid)
		return pid;
	my_slot = slot;
	struct crowd endless = {.fd = fd, .slot = slot, .seed = seed, .turns = UINT64_MAX};
	run_thread(&endless);
	_exit(1);
}

static void nothing_is_torn_lost_or_leaked_by_processes_that_are_killed_or_stopped(void **state)
{
	(void)state;
	uint64_t seed = number_from("HOLDFAST_SEED", 1);
	uint64_t kills = number_from("HOLDFAST_KILLS", 1000), random = seed, stops = 0;
	int fd = create(STORE_BYTES_MIN);
	pid_t pid[CROWD + 1] = {0};
	bool stopped[CROWD + 1] = {0};
	ledger =
	    mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(ledger != MAP_FAILED);
	struct store *store = attach(fd, 0);
	for (uint64_t done = 0; done < kills;) {
		for (int slot = 1; slot <= CROWD; slot++) {
			if (pid[slot])
				continue;
			ledger->stop[slot] = draw(&random, 4) == 0;
			ledger->countdown[slot] =
			    1 + (int64_t)draw(&random, draw(&random, 2) ? 60 : 6000);
			pid[slot] = start_victim(fd, slot, draw(&random, UINT32_MAX));
		}
		int status;
		pid_t ended = waitpid(-1, &status, WUNTRACED);
		int slot = 1;
		while (slot <= CROWD && pid[slot] != ended)
			slot++;
		must(slot <= CROWD);
		if (WIFSTOPPED(status)) {
			/* It sleeps while others take over, wakes up late and goes on until it is
			 * killed. */
			stopped[slot] = true;
			stops++;
			ledger->stop[slot] = false;
			ledger->countdown[slot] = 1 + (int64_t)draw(&random, 60);
			int sleeping = 0;
			for (int other = 1; other <= CROWD; other++)
				sleeping += stopped[other];
			for (int other = 1; other <= CROWD && sleeping > CROWD / 2; other++) {
				if (stopped[other])
					kill(pid[other], SIGCONT);
				stopped[other] = false;
			}
			continue;
		}
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGKILL);
		pid[slot] = 0;
		stopped[slot] = false;
		store_process_died(store, slot);
		done++;
	}
	for (int slot = 1; slot <= CROWD; slot++) {
		if (pid[slot]) {
			kill(pid[slot], SIGKILL);
			waitpid(pid[slot], NULL, 0);
		}
		store_process_died(store, slot);
	}
	check(fd, 0);
	int places = 0;
	for (int i = 0; i < PLACES && ledger->name[i]; i++, places++)
		printf("# %5lu died or stopped: %s\n", (unsigned long)ledger->killed_at[i],
		       ledger->name[i]);
	printf("# seed %lu: %lu killed, %lu stopped at %d places\n", (unsigned long)seed,
	       (unsigned long)kills, (unsigned long)stops, places);
	assert_true(places >= (kills < 1000 ? 8 : 18));
	assert_true(stops > 0);
	struct store_numbers numbers;
	store_numbers(store, &numbers);
	assert_true(numbers.counter[STORE_COUNT_fenced] > 0);
	assert_true(numbers.counter[STORE_COUNT_evicted] > 0);
	store_detach(store);
	munmap(ledger, sizeof(*ledger));
	ledger = NULL;
	close(fd);
}

/* ---- single facts ---- */

static void a_foreign_descriptor_is_refused(void **state)
{
	(void)state;
	struct store *store;
	struct err err;
	int fd = memfd_create("x", MFD_CLOEXEC);
	assert_int_equal(store_attach(fd, 1, &store, &err), INVALID);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	assert_int_equal(store_attach(fd, 1, &store, &err), INVALID);
	close(fd);
}

static void the_largest_value_fits_and_a_larger_one_is_refused(void **state)
{
	(void)state;
	int fd = create(4 << 20);
	struct store *store = attach(fd, 1);
	struct arena arena;
	struct text text;
	struct store_key key = key_of(1, &text);
	struct store_view view = {0};
	struct store_fill fill;
	struct store_meta meta = {
	    .fresh_until_ms = 10, .stale_until_ms = 10, .status = 200, .etag = 7};
	char *bytes = calloc(1, STORE_VALUE_MAX + 1);
	arena_init(&arena, 1 << 20);
	assert_true(store_begin(store, &key, &view, 1, 100, &fill));
	assert_int_equal(
	    store_publish(store, &fill, &key, &meta, (struct str){bytes, STORE_VALUE_MAX + 1}),
	    TOO_LARGE);
	memset(bytes, 'x', STORE_VALUE_MAX);
	assert_int_equal(
	    store_publish(store, &fill, &key, &meta, (struct str){bytes, STORE_VALUE_MAX}), OK);
	assert_int_equal(store_look(store, &key, 5, &arena, &view), OK);
	assert_true(view.has_value);
	assert_int_equal(view.value.n, STORE_VALUE_MAX);
	assert_memory_equal(view.value.p, bytes, STORE_VALUE_MAX);
	assert_int_equal(view.meta.status, 200);
	assert_int_equal(view.meta.etag, 7);
	assert_int_equal(store_look(store, &key, 10, &arena, &view), OK);
	assert_false(view.has_value);
	free(bytes);
	arena_release(&arena);
	store_detach(store);
	check(fd, 0);
	close(fd);
}

static void another_key_with_the_same_hash_is_noticed(void **state)
{
	(void)state;
	int fd = create(STORE_BYTES_MIN);
	struct store *store = attach(fd, 1);
	struct arena arena;
	struct store_key one = {42, STR("one")}, two = {42, STR("two")};
	struct store_view view = {0};
	struct store_fill fill;
	struct store_meta meta = {.fresh_until_ms = 10, .stale_until_ms = 10};
	arena_init(&arena, 1 << 16);
	assert_true(store_begin(store, &one, &view, 1, 100, &fill));
	assert_int_equal(store_publish(store, &fill, &one, &meta, STR("value")), OK);
	assert_int_equal(store_look(store, &two, 1, &arena, &view), CONFLICT);
	arena_release(&arena);
	store_detach(store);
	close(fd);
}

/* Keys with small hashes share the first bucket. */
static struct store_key neighbour(uint64_t hash, char *byte)
{
	*byte = (char)('a' + hash);
	return (struct store_key){hash, {byte, 1}};
}

enum { WANTED = STORE_WAYS, RIVAL };

static void find_the_new_key_and_give_its_place_to_another(struct store *store)
{
	struct arena arena;
	struct store_view view;
	struct store_fill fill;
	char byte;
	struct store_key key = neighbour(WANTED, &byte);
	arena_init(&arena, 1 << 16);
	assert_int_equal(store_look(store, &key, 1, &arena, &view), OK);
	assert_true(view.entry);
	key = neighbour(RIVAL, &byte);
	assert_int_equal(store_look(store, &key, 1, &arena, &view), OK);
	assert_true(store_begin(store, &key, &view, 1, 100, &fill));
	store_abandon(store, &fill);
	arena_release(&arena);
}

static void a_key_that_lost_its_place_at_once_is_not_filled(void **state)
{
	(void)state;
	int fd = create(STORE_BYTES_MIN);
	struct store *store = attach(fd, 1), *other = attach(fd, 2);
	struct store_fill fill;
	struct store_meta meta = {.fresh_until_ms = 10, .stale_until_ms = 10};
	struct store_view none = {0};
	struct store_key key;
	char byte;
	for (uint64_t hash = 1; hash < STORE_WAYS; hash++) {
		key = neighbour(hash, &byte);
		assert_true(store_begin(store, &key, &none, 1, 100, &fill));
		assert_int_equal(store_publish(store, &fill, &key, &meta, STR("value")), OK);
	}
	meanwhile.store = other;
	meanwhile.what = find_the_new_key_and_give_its_place_to_another;
	meanwhile.name = "the key is there";
	key = neighbour(WANTED, &byte);
	assert_false(store_begin(store, &key, &none, 1, 100, &fill));
	assert_null(meanwhile.name);
	store_detach(other);
	store_detach(store);
	check(fd, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_foreign_descriptor_is_refused),
	    cmocka_unit_test(the_largest_value_fits_and_a_larger_one_is_refused),
	    cmocka_unit_test(another_key_with_the_same_hash_is_noticed),
	    cmocka_unit_test(a_key_that_lost_its_place_at_once_is_not_filled),
	    cmocka_unit_test(random_operations_agree_with_a_simple_model),
	    cmocka_unit_test(threads_never_fill_a_key_twice_at_a_time),
	    cmocka_unit_test(
		nothing_is_torn_lost_or_leaked_by_processes_that_are_killed_or_stopped),
	};
	const char *only = getenv("HOLDFAST_ONLY");
	if (only)
		cmocka_set_test_filter(only);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
