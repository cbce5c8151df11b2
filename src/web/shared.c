/* What other processes than web's publish in the scoreboard: the notifier's alarms, the healer's
 * findings. For /metrics and /ops: neither through the database, which may be full when it matters,
 * nor through a file. */
#include "web/internal.h"

#include "base/json.h"
#include "heal/watch/published.h"
#include "notify/published.h"
#include "process/scoreboard.h"

#include <string.h>

enum { SHARED_BYTES = 1 << 20 };

/* What the process of a class has published. False: there is none, nothing yet, or it is of another
 * build. The texts in `alarms` are checked. */
static bool shared_read(const struct web *web, const char *class, void *out, size_t size,
			struct alarms *alarms)
{
	struct buf copy;
	bool found = false;
	size_t n = strlen(class);
	buf_init(&copy, SHARED_BYTES);
	for (int slot = 0; slot < scoreboard_slots(web->board) && !found; slot++) {
		struct scoreboard_slot row;
		scoreboard_slot(web->board, slot, &row);
		found = strncmp(row.name, class, n) == 0 && row.name[n] == '/' &&
			scoreboard_read(web->board, slot, 0, &copy) && copy.n == size &&
			alarms_take(buf_view(&copy), alarms);
	}
	if (found)
		memcpy(out, copy.p, size);
	buf_release(&copy);
	return found;
}

static bool shared_read_heal(const struct web *web, struct heal_published *out)
{
	struct alarms checked;
	if (!shared_read(web, "heal", out, sizeof(*out), &checked))
		return false;
	if (out->count > HEAL_PUBLISHED_FINDINGS)
		out->count = HEAL_PUBLISHED_FINDINGS;
	for (uint32_t i = 0; i < out->count; i++) {
		struct heal_published_finding *f = &out->finding[i];
		f->diagnosis[sizeof(f->diagnosis) - 1] = f->confidence[sizeof(f->confidence) - 1] =
		    0;
		f->key[sizeof(f->key) - 1] = f->cause[sizeof(f->cause) - 1] = 0;
		f->action[sizeof(f->action) - 1] = f->until[sizeof(f->until) - 1] = 0;
	}
	return true;
}

/* ---- /metrics ---- */

static void shared_type(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name, type);
}

/* The value of a label: application names may have anything in them. */
static void shared_label(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_putc(out, '\\');
		buf_putc(out, (unsigned char)*value < ' ' ? ' ' : *value);
	}
	buf_putc(out, '"');
}

static void shared_one(struct buf *out, const char *name, const char *label, const char *of,
		       double value)
{
	buf_printf(out, "%s{%s=\"%s\"} %.10g\n", name, label, of, value);
}

static void shared_alarm_metrics(const struct web *web, struct buf *out)
{
	static struct notify_published p; /* static: large */
	static struct alarms list;
	bool known = shared_read(web, "notify", &p, sizeof(p), &list);
	const char *name = "holdfast_alarm";
	shared_type(out, name, "gauge", "An alarm that is present, or was told and is not over");
	for (uint32_t i = 0; known && i < list.count; i++) {
		buf_printf(out, "%s{", name);
		shared_label(out, "key", list.alarm[i].key);
		buf_putc(out, ',');
		shared_label(out, "severity", alarm_severity_names[list.alarm[i].severity]);
		buf_puts(out, "} 1\n");
	}
	name = "holdfast_notify_total";
	shared_type(out, name, "counter", "Runs of notify.command, by outcome");
	if (!known)
		return;
	shared_one(out, name, "outcome", "told", (double)p.told);
	shared_one(out, name, "outcome", "failed", (double)p.failed);
	shared_one(out, name, "outcome", "given_up", (double)p.given_up);
}

/* Single numbers of the healer. Those that are only known with the server's answer are absent
 * without it. */
static void shared_heal_numbers(const struct heal_published *p, bool there, struct buf *out)
{
	const struct {
		const char *name, *type, *help;
		double value;
		bool needs_answer;
	} numbers[] = {
	    {"holdfast_heal_known", "gauge", "Whether the server answered the healer's last sample",
	     p->known, false},
	    {"holdfast_heal_load", "gauge", "Sessions that are active or blocked, on average",
	     p->load, true},
	    {"holdfast_heal_unknown", "gauge", "Of these, sessions whose time no cause explains",
	     p->unknown, true},
	    {"holdfast_heal_sample_seconds", "gauge", "Time until the last sample was complete",
	     p->sample_seconds, true},
	    {"holdfast_heal_samples_total", "counter", "Samples tried", (double)p->samples, false},
	    {"holdfast_heal_samples_missed_total", "counter", "Samples without an answer",
	     (double)p->missed, false},
	    {"holdfast_heal_ledger_errors_total", "counter",
	     "Samples at which the ledger could not be written", (double)p->ledger_errors, false},
	};
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		shared_type(out, numbers[i].name, numbers[i].type, numbers[i].help);
		if (there && (p->known || !numbers[i].needs_answer))
			buf_printf(out, "%s %.10g\n", numbers[i].name, numbers[i].value);
	}
}

static void shared_heal_metrics(const struct web *web, struct buf *out)
{
	static struct heal_published p; /* static: large */
	static const char *const states[] = {"closed", "suspect", "open", "cured"};
	bool there = shared_read_heal(web, &p);
	if (!there)
		p = (struct heal_published){.count = 0};
	shared_heal_numbers(&p, there, out);
	shared_type(out, "holdfast_heal_sessions", "gauge", "Client sessions, by state");
	if (there && p.known) {
		const char *name = "holdfast_heal_sessions";
		shared_one(out, name, "state", "active", (double)p.sessions_active);
		shared_one(out, name, "state", "idle", (double)p.sessions_idle);
		shared_one(out, name, "state", "in_transaction", (double)p.sessions_in_transaction);
		shared_one(out, name, "state", "waiting", (double)p.sessions_waiting);
	}
	shared_type(out, "holdfast_heal_finding", "gauge", "A cause that the healer names now");
	for (uint32_t i = 0; i < p.count; i++) {
		buf_puts(out, "holdfast_heal_finding{");
		shared_label(out, "diagnosis", p.finding[i].diagnosis);
		buf_putc(out, ',');
		shared_label(out, "key", p.finding[i].key);
		buf_putc(out, ',');
		shared_label(out, "confidence", p.finding[i].confidence);
		buf_puts(out, "} 1\n");
	}
	shared_type(out, "holdfast_heal_incidents", "gauge", "Incidents, by state");
	for (size_t i = 0; there && i < COUNT_OF(states); i++)
		shared_one(out, "holdfast_heal_incidents", "state", states[i],
			   (double)p.incidents[i]);
	shared_type(out, "holdfast_heal_acts_total", "counter", "Signals sent, by kind");
	if (there) {
		shared_one(out, "holdfast_heal_acts_total", "kind", "cancel", (double)p.cancels);
		shared_one(out, "holdfast_heal_acts_total", "kind", "terminate",
			   (double)p.terminates);
	}
}

void web_shared_metrics(const struct web *web, struct buf *out)
{
	shared_alarm_metrics(web, out);
	shared_heal_metrics(web, out);
}

/* ---- /ops ---- */

static void shared_put_alarms(struct json_writer *w, const struct alarms *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct alarm *a = &list->alarm[i];
		json_object_begin(w);
		json_member_z(w, "key", a->key);
		json_member_z(w, "severity", alarm_severity_names[a->severity]);
		json_member_z(w, "text", a->text);
		json_member_z(w, "do", a->action);
		json_member_i64(w, "since", a->since_us / 1000);
		json_object_end(w);
	}
}

static void shared_put_heal(struct json_writer *w, const struct heal_published *p)
{
	json_object_begin(w);
	json_member_bool(w, "known", p->known);
	json_member_i64(w, "at", p->at_us / 1000);
	json_key(w, "load");
	json_put_double(w, p->load, 1);
	json_key(w, "unknown");
	json_put_double(w, p->unknown, 1);
	json_member_i64(w, "acts", (int64_t)(p->cancels + p->terminates));
	json_key(w, "findings");
	json_array_begin(w);
	for (uint32_t i = 0; i < p->count; i++) {
		const struct heal_published_finding *f = &p->finding[i];
		json_object_begin(w);
		json_member_z(w, "diagnosis", f->diagnosis);
		json_member_z(w, "confidence", f->confidence);
		json_member_z(w, "cause", f->cause);
		json_member_z(w, "do", f->action);
		json_member_z(w, "until", f->until);
		json_member_i64(w, "incident", f->incident);
		json_member_i64(w, "since", f->since_us / 1000);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

void web_shared_json(void *ctx, struct json_writer *w)
{
	const struct web *web = ctx;
	static struct notify_published notify; /* static: large */
	static struct heal_published heal;
	static struct alarms list;
	json_key(w, "alarms");
	if (shared_read(web, "notify", &notify, sizeof(notify), &list)) {
		json_array_begin(w);
		shared_put_alarms(w, &list);
		json_array_end(w);
	} else {
		json_put_null(w);
	}
	json_key(w, "heal");
	if (shared_read_heal(web, &heal))
		shared_put_heal(w, &heal);
	else
		json_put_null(w);
}
