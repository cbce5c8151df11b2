#include "base/clock.h"
#include "heal/incident/incident.h"
#include "heal/ledger/ledger.h"

static void acknowledge_apply(void *ctx, const struct json_value *line)
{
	incidents_apply(ctx, line);
}

enum status incident_acknowledge(const char *ledger, int64_t id, int64_t for_us, struct err *err)
{
	static struct incidents all; /* static: large */
	struct ledger *l;
	struct json_writer w;
	struct buf line;
	int64_t now = clock_wall_us();
	all = (struct incidents){0};
	enum status status = ledger_open(&l, ledger, acknowledge_apply, &all, err);
	if (status == OK && !incidents_of_id(&all, id))
		status = err_set(err, NOT_FOUND, "the ledger has no incident %lld", (long long)id);
	if (status == OK) {
		buf_init(&line, LEDGER_LINE);
		ledger_begin(&w, &line, "ack", now);
		json_member_i64(&w, "incident", id);
		json_member_i64(&w, "until", now + for_us);
		status = ledger_append(l, &w, true, err);
		buf_release(&line);
	}
	ledger_close(l);
	return status;
}
