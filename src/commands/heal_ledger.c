/* holdfast heal --ledger, --report, --ack: what was found, done and said before. */
#include "base/clock.h"
#include "commands/commands.h"
#include "commands/heal.h"
#include "config/config.h"
#include "heal/incident/incident.h"
#include "heal/ledger/ledger.h"
#include "heal/incident/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEDGER_OUTPUT = 64 << 20 };

static void ledger_flush(struct buf *out)
{
	buf_write(out, stdout);
	buf_reset(out);
}

struct ledger_show {
	int64_t from;
	struct buf out;
};

static void ledger_show_line(void *ctx, const struct json_value *line)
{
	struct ledger_show *show = ctx;
	struct json_writer w;
	int64_t t;
	if (!json_i64(json_get(line, "t"), &t) || t < show->from)
		return;
	if (cli_globals.json) {
		json_writer_init(&w, &show->out);
		json_put_tree(&w, line);
		buf_putc(&show->out, '\n');
	} else {
		incident_report_line(&show->out, line);
	}
	ledger_flush(&show->out);
}

int heal_show_ledger(const char *path, const char *since)
{
	struct ledger_show show = {0};
	struct ledger *l;
	struct err err;
	int64_t ms;
	if (since && !config_duration(str_of(since), &ms))
		return cli_usage_error("--since %s: a duration such as 2h is expected", since);
	if (since)
		show.from = clock_wall_us() - ms * 1000;
	buf_init(&show.out, LEDGER_OUTPUT);
	enum status status = ledger_open_read(&l, path, ledger_show_line, &show, &err);
	ledger_close(l);
	buf_release(&show.out);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

static void ledger_apply(void *ctx, const struct json_value *line)
{
	incidents_apply(ctx, line);
}

static bool ledger_id(const char *text, int64_t *id)
{
	return str_to_i64(str_of(text), 1, INT64_MAX, id);
}

int heal_show_report(const char *path, const char *text)
{
	struct incidents all = {0};
	struct ledger *l;
	struct err err;
	int64_t id = 0;
	if (text && !ledger_id(text, &id))
		return cli_usage_error("--report %s: the number of an incident is expected", text);
	enum status status = ledger_open_read(&l, path, ledger_apply, &all, &err);
	ledger_close(l);
	if (status != OK)
		return cli_failed(&err);
	if (!id && !(id = all.last_id)) {
		printf("The ledger has no incident.\n");
		return EXIT_OK;
	}
	struct buf out;
	buf_init(&out, LEDGER_OUTPUT);
	status = incident_report_read(path, id, cli_globals.json, &out, &err);
	ledger_flush(&out);
	buf_release(&out);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

int heal_acknowledge(const char *path, const char *text, const char *span)
{
	struct err err;
	int64_t id, ms;
	if (!text || !ledger_id(text, &id))
		return cli_usage_error(
		    "--ack needs the number of an incident, as --ledger shows it");
	if (!config_duration(str_of(span), &ms))
		return cli_usage_error("--for %s: a duration such as 2h is expected", span);
	enum status status = incident_acknowledge(path, id, ms * 1000, &err);
	return status == OK ? EXIT_OK : cli_failed(&err);
}
