/* What the cache itself costs, without HTTP.
 *
 *   measure get KEYS            CPU ns of a look-up of a 300-byte value, among so many keys
 *   measure socket KIND PATH    CPU µs of a GET of the same value over a Unix socket, client and
 *                               server together; KIND: redis or memcached. The server's pid is
 *                               read from standard input.
 *   measure hits                hit rate against exact LRU of the same bytes, on a Zipf trace
 *   measure wait                64 requests in 4 processes for one cold key whose fill takes 50 ms
 */
#include "base/clock.h"
#include "base/log.h"
#include "cache/cache.h"
#include "cache/store/store.h"

#include <event2/event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VALUE_BYTES = 300 };

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static int64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct store_key key_of(uint64_t k, char text[32])
{
	int n = snprintf(text, 32, "key %016lx", (unsigned long)k);
	return (struct store_key){.hash = mix(k), .bytes = {text, (size_t)n}};
}

static struct store *open_store(size_t bytes)
{
	struct store *store;
	struct err err;
	int fd;
	if (store_create(bytes, &fd, &err) != OK || store_attach(fd, 1, &store, &err) != OK)
		die("%s", err.text);
	close(fd);
	return store;
}

static void fill_key(struct store *store, uint64_t k, int64_t now)
{
	static char value[VALUE_BYTES];
	char text[32];
	struct store_key key = key_of(k, text);
	struct store_view view = {0};
	struct store_fill fill;
	struct store_meta meta = {
	    .stored_ms = now, .fresh_until_ms = now + 3600000, .stale_until_ms = now + 3600000};
	if (store_begin(store, &key, &view, now, 1000, &fill))
		(void)!store_publish(store, &fill, &key, &meta, (struct str){value, sizeof(value)});
}

/* ---- get ---- */

static void measure_get(uint64_t keys)
{
	enum { LOOKS = 2000000 };
	struct store *store = open_store((size_t)keys * 1024 + (8 << 20));
	struct arena arena;
	int64_t now = clock_ms(), found = 0;
	arena_init(&arena, 1 << 20);
	for (uint64_t k = 0; k < keys; k++)
		fill_key(store, k, now);
	/* Keys are made beforehand, in the order they are asked: what is
	 * measured is the look-up. */
	struct store_key *key = calloc(LOOKS, sizeof(*key));
	char(*names)[32] = calloc(LOOKS, sizeof(*names));
	for (uint64_t i = 0; i < LOOKS; i++)
		key[i] = key_of(mix(i) % keys, names[i]);
	int64_t began = cpu_ns();
	for (uint64_t i = 0; i < LOOKS; i++) {
		struct store_view view;
		if (i % 256 == 0)
			arena_reset(&arena);
		if (store_look(store, &key[i], now, &arena, &view) == OK)
			found += view.has_value;
	}
	printf("%.1f %.3f\n", (double)(cpu_ns() - began) / LOOKS, (double)found / LOOKS);
}

/* ---- the same over a socket ---- */

static double process_cpu_us(int pid)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	FILE *in = fopen(path, "r");
	unsigned long long ns = 0;
	if (in && fgets(text, sizeof(text), in))
		ns = strtoull(text, NULL, 10);
	if (in)
		fclose(in);
	return (double)ns / 1000;
}

/* All threads: memcached answers from workers. */
static double threads_cpu_us(int pid)
{
	double sum = 0;
	char command[128], line[64];
	snprintf(command, sizeof(command), "ls /proc/%d/task", pid);
	FILE *in = popen(command, "r");
	while (in && fgets(line, sizeof(line), in))
		sum += process_cpu_us((int)strtol(line, NULL, 10));
	if (in)
		pclose(in);
	return sum;
}

static void exchange(int fd, const char *request, size_t n, const char *end)
{
	char answer[4096];
	size_t got = 0, tail = strlen(end);
	if (write(fd, request, n) != (ssize_t)n)
		die("write failed");
	while (got < tail || memcmp(answer + got - tail, end, tail) != 0) {
		ssize_t m = read(fd, answer + got, sizeof(answer) - got);
		if (m <= 0)
			die("read failed");
		got += (size_t)m;
	}
}

static void measure_socket(const char *kind, const char *path)
{
	enum { GETS = 100000 };
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char value[VALUE_BYTES + 1], request[1024];
	int pid, fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool redis = strcmp(kind, "redis") == 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (scanf("%d", &pid) != 1 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die("cannot connect to %s", path);
	memset(value, 'x', VALUE_BYTES);
	value[VALUE_BYTES] = '\0';
	int n = snprintf(request, sizeof(request),
			 redis ? "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$300\r\n%s\r\n"
			       : "set k 0 0 300\r\n%s\r\n",
			 value);
	exchange(fd, request, (size_t)n, redis ? "+OK\r\n" : "STORED\r\n");
	n = snprintf(request, sizeof(request),
		     redis ? "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n" : "get k\r\n");
	int64_t own = cpu_ns();
	double server = threads_cpu_us(pid);
	for (int i = 0; i < GETS; i++)
		exchange(fd, request, (size_t)n, redis ? "xx\r\n" : "END\r\n");
	printf("%.2f\n", ((double)(cpu_ns() - own) / 1000 + threads_cpu_us(pid) - server) / GETS);
}

/* ---- hit rates ---- */

/* Exact LRU: a list in an array. */
struct lru {
	int *next, *prev, *slot_of;
	int head, tail, used, room;
};

static bool lru_ask(struct lru *l, int k)
{
	bool hit = l->slot_of[k] != 0;
	if (hit) {
		if (l->head == k)
			return true;
		int p = l->prev[k], n = l->next[k];
		l->next[p] = n;
		if (n >= 0)
			l->prev[n] = p;
		else
			l->tail = p;
	} else if (l->used == l->room) {
		int old = l->tail;
		l->tail = l->prev[old];
		l->next[l->tail] = -1;
		l->slot_of[old] = 0;
	} else {
		l->used++;
	}
	l->prev[k] = -1;
	l->next[k] = l->head;
	if (l->head >= 0)
		l->prev[l->head] = k;
	else
		l->tail = k;
	l->head = k;
	l->slot_of[k] = 1;
	return hit;
}

static void measure_hits(double skew)
{
	enum { KEYS = 200000, ASKS = 4000000, WARM = 1000000 };
	double *upto = calloc(KEYS, sizeof(double)), sum = 0;
	struct store *store = open_store(8 << 20);
	struct store_numbers numbers;
	struct arena arena;
	int64_t now = clock_ms();
	long ours = 0, theirs = 0;
	arena_init(&arena, 1 << 20);
	for (int k = 0; k < KEYS; k++)
		upto[k] = sum += 1 / pow(k + 1, skew);
	/* As many values as our memory holds. */
	for (uint64_t k = 0; k < 100000; k++)
		fill_key(store, k + KEYS, now);
	store_numbers(store, &numbers);
	struct lru lru = {.next = calloc(KEYS, sizeof(int)),
			  .prev = calloc(KEYS, sizeof(int)),
			  .slot_of = calloc(KEYS, sizeof(int)),
			  .head = -1,
			  .tail = -1,
			  .room = (int)(numbers.bytes_used / 512)};
	for (long i = 0; i < ASKS; i++) {
		double at = (double)(mix((uint64_t)i) >> 11) / 9007199254740992.0 * sum;
		int low = 0, high = KEYS - 1;
		while (low < high) {
			int middle = (low + high) / 2;
			if (upto[middle] < at)
				low = middle + 1;
			else
				high = middle;
		}
		char text[32];
		struct store_key key = key_of((uint64_t)low, text);
		struct store_view view;
		arena_reset(&arena);
		bool hit = store_look(store, &key, now, &arena, &view) == OK && view.has_value;
		if (!hit)
			fill_key(store, (uint64_t)low, now);
		bool lru_hit = lru_ask(&lru, low);
		if (i >= WARM) {
			ours += hit;
			theirs += lru_hit;
		}
	}
	printf("%d %.4f %.4f\n", lru.room, (double)ours / (ASKS - WARM),
	       (double)theirs / (ASKS - WARM));
}

/* ---- waiting ---- */

enum { PROCESSES = 4, EACH = 16, FILL_MS = 50 };

static struct shared {
	_Atomic int fills;
	_Atomic int64_t filled_us;
	int64_t answered_us[PROCESSES * EACH];
} * shared;

static void on_made(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	buf_puts(cache_fill_out(ctx), "value");
	shared->filled_us = clock_us();
	cache_filled(ctx, 0);
}

static void slow_fill(void *ctx, struct cache_fill *fill, struct str key)
{
	const struct timeval t = {0, FILL_MS * 1000};
	(void)key;
	shared->fills++;
	event_base_once(ctx, -1, EV_TIMEOUT, on_made, fill, &t);
}

struct waiter {
	struct arena arena;
	int64_t *answered_us;
	int *left;
};

static void on_answer(void *ctx, const struct cache_answer *answer)
{
	struct waiter *waiter = ctx;
	must(answer->outcome != CACHE_REFUSED);
	*waiter->answered_us = clock_us();
	--*waiter->left;
}

static void wait_in_process(int process, int store_fd, int event_fd, int64_t start_us)
{
	struct event_base *loop = event_base_new();
	struct cache *cache;
	struct err err;
	struct waiter waiter[EACH];
	int left = EACH;
	struct cache_class class = {.name = "bench",
				    .fill = slow_fill,
				    .ctx = loop,
				    .fresh_ms = 60000,
				    .deadline_ms = 10000,
				    .lease_ms = 60000};
	if (cache_create(&(struct cache_options){.loop = loop,
						 .store_fd = store_fd,
						 .event_fd = event_fd,
						 .slot = process + 1,
						 .waiters = 1000},
			 &cache, &err) != OK)
		die("%s", err.text);
	while (clock_us() < start_us)
		;
	for (int i = 0; i < EACH; i++) {
		waiter[i].answered_us = &shared->answered_us[process * EACH + i];
		waiter[i].left = &left;
		arena_init(&waiter[i].arena, 1 << 16);
		cache_get(cache, &class, STR("cold"), &waiter[i].arena, on_answer, &waiter[i]);
	}
	while (left)
		event_base_loop(loop, EVLOOP_ONCE);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static void measure_wait(void)
{
	enum { ROUNDS = 20 };
	static int64_t after[ROUNDS * PROCESSES * EACH];
	int n = 0, fills = 0;
	shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int round = 0; round < ROUNDS; round++) {
		struct err err;
		int store_fd, event_fd = eventfd(0, EFD_NONBLOCK);
		if (store_create(STORE_BYTES_MIN, &store_fd, &err) != OK)
			die("%s", err.text);
		shared->fills = 0;
		int64_t start = clock_us() + 30000;
		for (int p = 0; p < PROCESSES; p++) {
			if (fork() == 0) {
				wait_in_process(p, store_fd, event_fd, start);
				_exit(0);
			}
		}
		for (int p = 0; p < PROCESSES; p++)
			wait(NULL);
		for (int i = 0; i < PROCESSES * EACH; i++)
			after[n++] = shared->answered_us[i] - shared->filled_us;
		fills += shared->fills;
		close(store_fd);
		close(event_fd);
	}
	qsort(after, (size_t)n, sizeof(after[0]), compare);
	printf("%d %d %.2f %.2f %.2f\n", ROUNDS, fills, (double)after[n / 2] / 1000,
	       (double)after[n * 99 / 100] / 1000, (double)after[n - 1] / 1000);
}

int main(int argc, char **argv)
{
	log_setup("measure", LOG_ERROR, false);
	if (argc == 3 && strcmp(argv[1], "get") == 0)
		measure_get(strtoull(argv[2], NULL, 10));
	else if (argc == 4 && strcmp(argv[1], "socket") == 0)
		measure_socket(argv[2], argv[3]);
	else if (argc == 3 && strcmp(argv[1], "hits") == 0)
		measure_hits(strtod(argv[2], NULL));
	else if (argc == 2 && strcmp(argv[1], "wait") == 0)
		measure_wait();
	else
		return EXIT_USAGE;
	return 0;
}
