/* The loop around watch_step: how often, how long, what is shown and recorded. */
#include "base/clock.h"
#include "base/io.h"
#include "heal/screen/screen.h"
#include "heal/watch/watch.h"

#include <poll.h>

static enum status loop_record(const struct watch *w, const struct watch_loop *loop, bool first,
			       struct err *err)
{
	struct buf line;
	enum status status = OK;
	if (loop->record < 0)
		return OK;
	buf_init(&line, OBSERVE_LINE);
	if (first)
		observe_write_server(&line, watch_server(w));
	observe_write_sample(&line, observe_last(watch_history(w)));
	if (buf_failed(&line))
		status = err_set(err, TOO_LARGE, "a sample is over %d bytes", OBSERVE_LINE);
	else
		status = io_write_all(loop->record, line.p, line.n, err);
	buf_release(&line);
	return status;
}

static void loop_show(const struct watch *w, const struct watch_loop *loop, bool live,
		      double watched_s, double sample_s)
{
	struct screen screen = {.result = watch_result(w),
				.server = watch_server(w),
				.last = observe_last(watch_history(w)),
				.incidents = watch_incidents(w),
				.ledger_problem = watch_ledger_problem(w),
				.relief = watch_relief(w),
				.watched_s = watched_s,
				.sample_s = sample_s};
	screen_print(&screen, live, loop->json);
}

enum status watch_run(struct watch *w, const struct watch_loop *loop, volatile sig_atomic_t *stop,
		      struct err *err)
{
	int64_t began = clock_ms(), due = began;
	double took = 0;
	int samples = 0;
	do {
		watch_step(w);
		took += watch_took(w);
		enum status status = loop_record(w, loop, samples++ == 0, err);
		if (status != OK)
			return status;
		if (loop->each)
			loop->each(loop->ctx, w);
		if (loop->live)
			loop_show(w, loop, !loop->json, (double)(clock_ms() - began) / 1000,
				  took / samples);
		due += loop->every_ms;
		if (due < clock_ms()) /* the machine is slower than we ask: do not catch up */
			due = clock_ms();
		/* A signal interrupts it. One that comes just before is seen a sample later. */
		int64_t wait = due - clock_ms();
		if (!*stop && wait > 0)
			poll(NULL, 0, (int)wait);
	} while (!*stop && (!loop->for_ms || due - began <= loop->for_ms));
	if (!loop->live && !loop->quiet)
		loop_show(w, loop, false, (double)(clock_ms() - began) / 1000, took / samples);
	return OK;
}
