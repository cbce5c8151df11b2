/* holdfast stats: the counters of the running instance. */
#include "base/json.h"
#include "commands/commands.h"
#include "process/process.h"

#include <stdio.h>
#include <string.h>

static void stats_show_text(void *ctx, const struct control_reply *r)
{
	(void)ctx;
	printf("%-16.32s %16llu\n", r->name, (unsigned long long)r->value);
}

static void stats_show_json(void *ctx, const struct control_reply *r)
{
	json_member_i64(ctx, r->name, (int64_t)r->value);
}

static enum status stats_report_json(const struct instance *i, struct err *err)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, 1 << 16);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_key(&w, "cache");
	json_object_begin(&w);
	enum status status = control_ask(i, CONTROL_CACHE, stats_show_json, &w, err);
	json_object_end(&w);
	json_object_end(&w);
	if (status == OK)
		printf("%s\n", buf_z(&out));
	buf_release(&out);
	return status;
}

static int stats_command(int argc, char **argv)
{
	struct instance i;
	struct err err, problem;
	if (argc != 1 || strcmp(argv[0], "cache") != 0)
		return cli_usage_error("say what to show: cache");
	if (instance_find(&i, cli_globals.instance_dir, &problem, &err) != OK)
		return cli_failed(&err);
	enum status status = cli_globals.json
				 ? stats_report_json(&i, &err)
				 : control_ask(&i, CONTROL_CACHE, stats_show_text, NULL, &err);
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_stats = {
    .name = "stats",
    .args = "cache",
    .summary = "Show the counters of the running instance",
    .help =
	"cache: counters of the web processes' cache since the instance started: hits, misses, fills,\n"
	"collapsed, stale, early, failed, fenced, taken_over, refused, uncached, evicted, those of the second\n"
	"tier, and the present number of waiting requests and memory in use.",
    .run = stats_command,
};
