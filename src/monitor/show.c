#include "monitor/monitor.h"

#include "base/json.h"

#include <stdio.h>

/* ---- JSON ---- */

static void put_container(struct json_writer *w, const struct monitor_container *c)
{
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
	    {"id", c->id},
	    {"claimed", c->claimed},
	    {"in_flight", c->in_flight},
	    {"ok", c->ok},
	    {"failed", c->failed},
	    {"skipped", c->skipped},
	    {"dead", c->dead},
	    {"again", c->again},
	    {"returned", c->returned},
	    {"fenced", c->fenced},
	    {"empty_claims", c->empty_claims},
	    {"waiting", c->waiting},
	    {"calls_in_flight", c->calls_in_flight},
	    {"oldest_call_ms", c->oldest_call_ms},
	    {"heartbeat_age_ms", c->heartbeat_age_ms},
	    {"progress_age_ms", c->progress_age_ms},
	    {"network_ms", c->network_ms},
	    {"limiter_ms", c->limiter_ms},
	    {"database_ms", c->database_ms},
	    {"idle_ms", c->idle_ms},
	};
	json_object_begin(w);
	json_member_z(w, "state", monitor_state_names[c->state]);
	json_member_bool(w, "straggler", c->straggler);
	json_member_i64(w, "folded", c->folded);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		json_member_i64(w, numbers[i].name, numbers[i].value);
	json_key(w, "rates");
	json_array_begin(w);
	for (int i = 0; i < 3; i++)
		json_put_double(w, c->rate[i], 1);
	json_array_end(w);
	json_object_end(w);
}

/* What is not known is null, never 0. */
static void put_known(struct json_writer *w, const char *name, bool known, int64_t value)
{
	json_key(w, name);
	if (known)
		json_put_i64(w, value);
	else
		json_put_null(w);
}

/* The host that asked for the longest pause; empty: none did. */
static struct str waits_for(const struct monitor_batch *b)
{
	const struct monitor_container *longest = NULL;
	for (size_t i = 0; i < b->containers; i++) {
		const struct monitor_container *c = &b->container[i];
		if (!c->finished && c->state != MONITOR_DEAD && c->declared_for_ms > 0 &&
		    (!longest || c->declared_for_ms > longest->declared_for_ms))
			longest = c;
	}
	return longest ? longest->declared_host : STR("");
}

static void put_batch(struct json_writer *w, const struct monitor_batch *b)
{
	bool known = b->state != MONITOR_UNKNOWN;
	json_object_begin(w);
	json_member_i64(w, "id", b->id);
	json_member_str(w, "stage", b->stage);
	json_member_z(w, "state", monitor_state_names[b->state]);
	json_member_bool(w, "alarm", b->alarm);
	json_member_i64(w, "age_ms", b->age_ms);
	put_known(w, "ended_ms", b->ended_ms >= 0, b->ended_ms);
	json_member_i64(w, "total", b->total);
	put_known(w, "ok", known, b->ok);
	put_known(w, "failed", known, b->failed);
	put_known(w, "skipped", known, b->skipped);
	put_known(w, "dead", known, b->dead);
	put_known(w, "in_flight", known, b->in_flight);
	put_known(w, "queued", known, b->queued);
	json_key(w, "rate");
	if (known)
		json_put_double(w, b->rate, 1);
	else
		json_put_null(w);
	json_key(w, "skew");
	json_put_double(w, b->skew, 2);
	put_known(w, "due_ms", known && b->has_due, b->due_ms);
	json_member_str(w, "waits_for", waits_for(b));
	put_known(w, "eta_ms", known && b->eta_ms >= 0, b->eta_ms);
	put_known(w, "eta_least_ms", known && b->eta_ms >= 0, b->eta_least_ms);
	put_known(w, "eta_most_ms", known && b->eta_ms >= 0, b->eta_most_ms);
	json_key(w, "containers");
	json_array_begin(w);
	for (size_t i = 0; i < b->containers; i++)
		put_container(w, &b->container[i]);
	json_array_end(w);
	json_object_end(w);
}

void monitor_json(struct buf *out, const struct monitor_view *view)
{
	struct json_writer w;
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_bool(&w, "known", view->known);
	put_known(&w, "age_ms", view->known, view->age_ms);
	json_key(&w, "batches");
	json_array_begin(&w);
	for (size_t i = 0; i < view->batches; i++)
		put_batch(&w, &view->batch[i]);
	json_array_end(&w);
	json_object_end(&w);
}

/* ---- terminal ---- */

static const char *span(int64_t ms, char out[24])
{
	int64_t s = (ms + 500) / 1000;
	if (ms < 0)
		snprintf(out, 24, "?");
	else if (s < 120)
		snprintf(out, 24, "%llds", (long long)s);
	else if (s < 7200)
		snprintf(out, 24, "%lldm%02lld", (long long)(s / 60), (long long)(s % 60));
	else
		snprintf(out, 24, "%lldh%02lld", (long long)(s / 3600), (long long)(s / 60 % 60));
	return out;
}

static const char *colour_of(enum monitor_state state, bool colour)
{
	if (!colour)
		return "";
	switch (state) {
	case MONITOR_WORKING:
	case MONITOR_FINISHED:
		return "\033[32m";
	case MONITOR_STALLED:
	case MONITOR_DEAD:
	case MONITOR_FAILING:
		return "\033[31m";
	case MONITOR_UNKNOWN:
	case MONITOR_THROTTLED:
	case MONITOR_BACKOFF:
		return "\033[33m";
	case MONITOR_IDLE:
	case MONITOR_STATES:
		break;
	}
	return "";
}

static void put_bar(struct buf *out, double part, int width)
{
	int full = (int)(part * width + 0.5);
	for (int i = 0; i < width; i++)
		buf_puts(out, i < full ? "#" : ".");
}

/* Why the batch cannot end yet, when nothing of it can be asked now. */
static void text_waits(struct buf *out, const struct monitor_batch *b)
{
	char due[24];
	struct str host = waits_for(b);
	if (host.n)
		buf_printf(out, "  %.*s has asked for a pause (429 or Retry-After)\n",
			   STR_ARG(host));
	if (b->in_flight == 0 && b->has_due && b->due_ms > 0)
		buf_printf(out, "  waits: the next of %lld queued items is due in %s\n",
			   (long long)b->queued, span(b->due_ms, due));
}

static void text_container(struct buf *out, const struct monitor_container *c, bool colour)
{
	char beat[24], quiet[24];
	buf_printf(out,
		   "  #%-6lld %s%-9s%s ok %-8lld failed %-6lld in flight %-5lld %6.0f/min  "
		   "beat %-6s progress %-6s%s\n",
		   (long long)c->id, colour_of(c->state, colour), monitor_state_names[c->state],
		   colour ? "\033[0m" : "", (long long)c->ok, (long long)c->failed,
		   (long long)c->in_flight, c->rate[0], span(c->heartbeat_age_ms, beat),
		   span(c->progress_age_ms, quiet), c->straggler ? " slow" : "");
}

/* Containers that live, one a line, and all dead ones in one line. */
static void text_containers(struct buf *out, const struct monitor_batch *b, bool colour)
{
	char beat[24];
	int64_t dead = 0, held = 0, last_ms = -1;
	for (size_t i = 0; i < b->containers; i++) {
		const struct monitor_container *c = &b->container[i];
		if (c->state == MONITOR_DEAD) {
			dead += c->folded ? c->folded : 1;
			held += c->in_flight;
			if (last_ms < 0 || c->heartbeat_age_ms < last_ms)
				last_ms = c->heartbeat_age_ms;
		} else if (!c->finished) {
			text_container(out, c, colour);
		}
	}
	if (dead)
		buf_printf(out, "  %s%lld DEAD%s, the last beat %s ago; they hold %lld items\n",
			   colour_of(MONITOR_DEAD, colour), (long long)dead,
			   colour ? "\033[0m" : "", span(last_ms, beat), (long long)held);
}

static void text_batch(struct buf *out, const struct monitor_batch *b, int width, bool colour)
{
	char eta[24], least[24], most[24];
	const char *end = colour ? "\033[0m" : "";
	double done = (double)(b->ok + b->failed + b->skipped + b->dead);
	int bar = width > 60 ? width - 50 : 10;
	buf_printf(out, "batch %lld %.*s  %s%s%s%s\n", (long long)b->id, STR_ARG(b->stage),
		   colour_of(b->state, colour), monitor_state_names[b->state], end,
		   b->alarm ? "  ALARM: claims take nothing although work is due" : "");
	if (b->state == MONITOR_UNKNOWN) {
		buf_puts(out, "  the numbers are not known now\n\n");
		return;
	}
	buf_puts(out, "  ");
	put_bar(out, b->total ? done / (double)b->total : 1, bar);
	buf_printf(out, " %5.1f %%  %.0f of %lld\n", b->total ? 100 * done / (double)b->total : 100,
		   done, (long long)b->total);
	buf_printf(
	    out,
	    "  ok %lld  failed %lld  skipped %lld  dead %lld  in flight %lld  queued %lld  skew %.2f\n",
	    (long long)b->ok, (long long)b->failed, (long long)b->skipped, (long long)b->dead,
	    (long long)b->in_flight, (long long)b->queued, b->skew);
	if (!b->finished)
		buf_printf(out, "  %.0f a minute, ends in %s (%s to %s)\n", b->rate,
			   span(b->eta_ms, eta), span(b->eta_least_ms, least),
			   span(b->eta_most_ms, most));
	if (!b->finished) {
		text_waits(out, b);
		text_containers(out, b, colour);
	}
	buf_puts(out, "\n");
}

void monitor_text(struct buf *out, const struct monitor_view *view, int width, bool colour)
{
	if (!view->known)
		buf_puts(out, "UNKNOWN: the database does not answer; nothing here is current\n\n");
	else if (!view->batches)
		buf_puts(out, "no batches; 'holdfast enrich' makes one\n");
	for (size_t i = 0; i < view->batches; i++)
		text_batch(out, &view->batch[i], width, colour);
}

/* ---- Prometheus ---- */

static void put_totals(struct buf *out, const struct monitor_view *view)
{
	if (!view->totals)
		return;
	buf_puts(out,
		 "# HELP holdfast_pipeline_items_total Items finalised, by stage and outcome.\n"
		 "# TYPE holdfast_pipeline_items_total counter\n");
	for (size_t i = 0; i < view->totals; i++) {
		const struct monitor_total *t = &view->total[i];
		const struct {
			const char *outcome;
			int64_t value;
		} counts[] = {{"ok", t->ok},
			      {"failed", t->failed},
			      {"skipped", t->skipped},
			      {"dead", t->dead}};
		for (size_t k = 0; k < COUNT_OF(counts); k++)
			buf_printf(
			    out,
			    "holdfast_pipeline_items_total{stage=\"%.*s\",outcome=\"%s\"} %lld\n",
			    STR_ARG(t->stage), counts[k].outcome, (long long)counts[k].value);
	}
}

void monitor_metrics(struct buf *out, const struct monitor_view *view)
{
	int64_t by_state[MONITOR_STATES] = {0}, queued = 0, in_flight = 0, alarms = 0;
	buf_printf(
	    out,
	    "# HELP holdfast_pipeline_known Whether the numbers of the pipeline are current.\n"
	    "# TYPE holdfast_pipeline_known gauge\nholdfast_pipeline_known %d\n",
	    view->known);
	if (!view->known)
		return; /* absent, not 0 */
	for (size_t i = 0; i < view->batches; i++) {
		const struct monitor_batch *b = &view->batch[i];
		if (b->finished)
			continue;
		queued += b->queued;
		in_flight += b->in_flight;
		alarms += b->alarm;
		for (size_t k = 0; k < b->containers; k++)
			by_state[b->container[k].state] += !b->container[k].finished;
	}
	const struct {
		const char *name, *help;
		int64_t value;
	} gauges[] = {
	    {"queued", "Items of open batches that wait", queued},
	    {"in_flight", "Items of open batches that are claimed", in_flight},
	    {"alarms", "Open batches whose claims take nothing although work is due", alarms},
	};
	for (size_t i = 0; i < COUNT_OF(gauges); i++)
		buf_printf(out,
			   "# HELP holdfast_pipeline_%s %s.\n# TYPE holdfast_pipeline_%s gauge\n"
			   "holdfast_pipeline_%s %lld\n",
			   gauges[i].name, gauges[i].help, gauges[i].name, gauges[i].name,
			   (long long)gauges[i].value);
	buf_puts(out, "# HELP holdfast_pipeline_containers Containers of open batches by state.\n"
		      "# TYPE holdfast_pipeline_containers gauge\n");
	for (int i = 0; i < MONITOR_STATES; i++)
		buf_printf(out, "holdfast_pipeline_containers{state=\"%s\"} %lld\n",
			   monitor_state_names[i], (long long)by_state[i]);
	put_totals(out, view);
}
