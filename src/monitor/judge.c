#include "monitor/monitor.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { ETA_FROM = 30, DAY_MS = 86400000 };

const char *const monitor_state_names[MONITOR_STATES] = {
    "UNKNOWN", "FINISHED", "DEAD", "STALLED", "FAILING", "THROTTLED", "BACKOFF", "WORKING", "IDLE",
};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* Over five minutes; over the age of the container when it is younger. */
static double rate_of(const struct monitor_container *c)
{
	double minutes = (double)c->started_ms / 60000;
	double done = (double)(c->ok + c->failed);
	if (c->folded)
		return 0;
	if (minutes < 1)
		return minutes > 0 ? done / minutes : 0;
	return c->rate[0] > 0 || minutes < 5 ? larger(c->rate[0], c->rate[1]) : c->rate[1];
}

/* Longest time without a finalised item while work is open: three times the slowest call, seven
 * mean intervals, two flushes. */
static double patience_ms(const struct monitor_container *c, int64_t flush_ms)
{
	double patience = larger(3.0 * (double)c->slowest_ms, 2.0 * (double)flush_ms);
	double rate = c->rate[2] > 0 ? c->rate[2] : c->rate[1];
	if (rate > 0)
		patience = larger(patience, 7 * 60000 / rate);
	else /* no item yet: a call can take as long as a lease */
		patience = larger(patience, (double)c->lease_ms);
	return larger(patience, 2.0 * (double)c->heartbeat_ms);
}

enum monitor_state monitor_container_state(const struct monitor_container *c, int64_t age_ms,
					   int64_t flush_ms)
{
	if (age_ms < 0 || age_ms > 2 * flush_ms + 1000)
		return MONITOR_UNKNOWN;
	if (c->finished)
		return MONITOR_FINISHED;
	if (c->heartbeat_age_ms > c->lease_ms)
		return MONITOR_DEAD;
	int64_t quiet = c->progress_age_ms >= 0 ? c->progress_age_ms : c->started_ms;
	if (c->declared_for_ms < 0 && quiet > -c->declared_for_ms)
		quiet = -c->declared_for_ms; /* items that waited became due only then */
	bool due = c->in_flight > c->waiting;
	if (c->heartbeat_age_ms > 2 * c->heartbeat_ms ||
	    (due && (double)quiet > patience_ms(c, flush_ms)) || c->empty_claims >= 2)
		return MONITOR_STALLED;
	if (c->failed_in_row >= MONITOR_FAILING_FROM)
		return MONITOR_FAILING;
	if (!due && c->declared != MONITOR_UNKNOWN && c->declared_for_ms > 0)
		return c->declared;
	return c->in_flight > 0 ? MONITOR_WORKING : MONITOR_IDLE;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Slower than half of the median of those that work. */
static void mark_stragglers(struct monitor_batch *b)
{
	double *rates = memory_array(b->containers + 1, sizeof(*rates));
	size_t n = 0;
	for (size_t i = 0; i < b->containers; i++)
		if (!b->container[i].finished && b->container[i].state != MONITOR_DEAD)
			rates[n++] = rate_of(&b->container[i]);
	qsort(rates, n, sizeof(*rates), compare);
	double median = n ? rates[n / 2] : 0;
	for (size_t i = 0; i < b->containers; i++) {
		struct monitor_container *c = &b->container[i];
		c->straggler = !c->finished && n > 1 && median > 0 && rate_of(c) < median / 2;
	}
	free(rates);
}

/* The share of items that were taken back from dead containers, of all that left a container. */
static double cost_of_deaths(const struct monitor_batch *b, double done, double *lease_ms)
{
	double returned = 0;
	*lease_ms = 0;
	for (size_t i = 0; i < b->containers; i++) {
		returned += (double)b->container[i].returned;
		*lease_ms = larger(*lease_ms, (double)b->container[i].lease_ms);
	}
	if (returned <= 0)
		*lease_ms = 0;
	return returned / (done + returned);
}

/* Remaining items over the rate; the range is the statistical error of a rate measured on so many
 * items, wider by that share. At best all items in flight are about to finish, at worst the slowest
 * call has just begun, or items must wait for two leases of dead containers. */
static void expect(struct monitor_batch *b, double done, double slowest_ms)
{
	double lease_ms, deaths = cost_of_deaths(b, done > 0 ? done : 1, &lease_ms);
	double remaining = (double)(b->total - b->ok - b->failed - b->skipped - b->dead);
	b->eta_ms = b->eta_least_ms = b->eta_most_ms = -1;
	if (b->finished || done < ETA_FROM || b->rate <= 0)
		return;
	double eta = remaining / b->rate * 60000;
	double spread = 0.15 + 2 / sqrt(done) + 2 * deaths;
	if (eta > 365.0 * DAY_MS)
		return;
	b->eta_ms = (int64_t)eta;
	double least = remaining - (double)b->in_flight;
	b->eta_least_ms = (int64_t)((least > 0 ? least : 0) / b->rate * 60000 / (1 + spread));
	b->eta_most_ms = (int64_t)(eta * (1 + spread) + 2 * slowest_ms + 2 * lease_ms + 1000);
}

static void judge_batch(struct monitor_batch *b, int64_t age_ms, int64_t flush_ms)
{
	double most = 0, slowest = 0;
	size_t by_state[MONITOR_STATES] = {0}, open = 0;
	b->ok = b->failed = b->skipped = b->dead = b->in_flight = 0;
	b->rate = 0;
	b->alarm = false;
	for (size_t i = 0; i < b->containers; i++) {
		struct monitor_container *c = &b->container[i];
		c->state = monitor_container_state(c, age_ms, flush_ms);
		by_state[c->state]++;
		open += !c->finished;
		b->ok += c->ok;
		b->failed += c->failed;
		b->skipped += c->skipped;
		b->dead += c->dead;
		b->in_flight += c->in_flight;
		b->alarm = b->alarm || (!c->finished && c->empty_claims >= 2);
		most = c->folded ? most : larger(most, (double)c->claimed);
		slowest = larger(slowest, (double)c->slowest_ms);
		if (c->state != MONITOR_DEAD && c->state != MONITOR_STALLED && !c->finished)
			b->rate += rate_of(c);
	}
	mark_stragglers(b);
	double done = (double)(b->ok + b->failed);
	size_t alone = 0; /* containers with a row of their own */
	double claimed = 0;
	for (size_t i = 0; i < b->containers; i++) {
		alone += !b->container[i].folded;
		claimed += b->container[i].folded ? 0 : (double)b->container[i].claimed;
	}
	b->skew = claimed > 0 ? most / (claimed / (double)alone) : 1;
	b->queued = b->total - b->ok - b->failed - b->skipped - b->dead - b->in_flight;
	expect(b, done, slowest);
	if (age_ms < 0 || age_ms > 2 * flush_ms + 1000)
		b->state = MONITOR_UNKNOWN;
	else if (b->finished)
		b->state = MONITOR_FINISHED;
	else if (by_state[MONITOR_WORKING])
		b->state = MONITOR_WORKING;
	else if (by_state[MONITOR_FAILING])
		b->state = MONITOR_FAILING;
	else if (by_state[MONITOR_STALLED])
		b->state = MONITOR_STALLED;
	else if (by_state[MONITOR_THROTTLED] || by_state[MONITOR_BACKOFF])
		b->state = by_state[MONITOR_THROTTLED] ? MONITOR_THROTTLED : MONITOR_BACKOFF;
	else
		b->state = open && by_state[MONITOR_DEAD] == open ? MONITOR_DEAD : MONITOR_IDLE;
}

void monitor_judge(struct monitor_view *view, int64_t age_ms, int64_t flush_ms)
{
	view->age_ms = age_ms;
	for (size_t i = 0; i < view->batches; i++)
		judge_batch(&view->batch[i], view->known ? age_ms : -1, flush_ms);
}

double monitor_rho(double items, double retries, double interval_min, double containers,
		   double rate)
{
	double capacity = interval_min * containers * rate;
	return capacity > 0 ? items * (1 + retries) / capacity : INFINITY;
}

struct monitor_advice monitor_advise(double items, double retries, double interval_min,
				     double containers, double rate)
{
	double work = items * (1 + retries);
	return (struct monitor_advice){
	    .rho = monitor_rho(items, retries, interval_min, containers, rate),
	    .containers = (int)ceil(work / (MONITOR_LOAD_GOAL * interval_min * rate)),
	    .interval_min = work / (MONITOR_LOAD_GOAL * containers * rate),
	};
}
