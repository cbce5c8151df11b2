/* The loop around watch_step: how often, how long, what is shown and recorded. */
#include "base/clock.h"
#include "base/io.h"
#include "heal/screen/screen.h"
#include "heal/watch/watch.h"

#include <poll.h>

enum { LOOP_REPORT = 1 << 20 };

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

static void loop_show(struct watch *w, const struct watch_loop *loop, bool live,
		      struct screen_view *view, double watched_s, double sample_s)
{
	struct buf report;
	const char *problem;
	buf_init(&report, LOOP_REPORT);
	if (view->acknowledge)
		watch_acknowledge(w);
	view->acknowledge = false;
	bool reported = view->page == SCREEN_REPORT && watch_report(w, &report);
	int bouncers = watch_bouncers(w, &problem);
	struct screen screen = {.bouncers = bouncers,
				.bouncer_problem = problem,
				.report = reported ? buf_z(&report) : NULL,
				.result = watch_result(w),
				.server = watch_server(w),
				.last = observe_last(watch_history(w)),
				.incidents = watch_incidents(w),
				.ledger_problem = watch_ledger_problem(w),
				.relief = watch_relief(w),
				.view = *view,
				.keys = loop->keys,
				.watched_s = watched_s,
				.sample_s = sample_s};
	screen_print(&screen, live, loop->json);
	buf_release(&report);
}

/* Until the next sample is due. Keys change what is drawn, also in between. */
static void watch_loop_wait(struct watch *w, struct watch_loop *loop, struct screen_view *view,
			    int64_t due, volatile sig_atomic_t *stop, double watched_s,
			    double sample_s)
{
	while (loop->keys && !*stop && clock_ms() < due) {
		enum screen_event event = screen_keys_wait(view, due);
		if (event == SCREEN_EVENT_QUIT)
			*stop = 1;
		else if (event == SCREEN_EVENT_KEY)
			loop_show(w, loop, true, view, watched_s, sample_s);
		else if (event == SCREEN_EVENT_CLOSED)
			loop->keys = false;
	}
	/* A signal interrupts it. One that comes just before is seen a sample later. */
	int64_t wait = due - clock_ms();
	if (!loop->keys && !*stop && wait > 0)
		poll(NULL, 0, (int)wait);
}

enum status watch_run(struct watch *w, struct watch_loop *loop, volatile sig_atomic_t *stop,
		      struct err *err)
{
	int64_t began = clock_ms(), due = began;
	double took = 0;
	int samples = 0;
	struct screen_view view = {.page = SCREEN_CAUSES_PAGE};
	loop->keys = loop->live && !loop->json && screen_keys_take();
	do {
		watch_step(w);
		took += watch_took(w);
		enum status status = loop_record(w, loop, samples++ == 0, err);
		if (status != OK)
			return status;
		if (loop->each)
			loop->each(loop->ctx, w);
		double watched_s = (double)(clock_ms() - began) / 1000;
		if (loop->live && !view.frozen)
			loop_show(w, loop, !loop->json, &view, watched_s, took / samples);
		due += loop->every_ms;
		if (due < clock_ms()) /* the machine is slower than we ask: do not catch up */
			due = clock_ms();
		watch_loop_wait(w, loop, &view, due, stop, watched_s, took / samples);
	} while (!*stop && (!loop->for_ms || due - began <= loop->for_ms));
	screen_keys_release();
	if (!loop->live && !loop->quiet)
		loop_show(w, loop, false, &view, (double)(clock_ms() - began) / 1000,
			  took / samples);
	return OK;
}
