/* holdfast enrich: one batch of a stage, with containers of its own, or the batches of
 * pipeline.schedule, of different stages at the same time. holdfast worker: containers for whatever
 * is queued. */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "commands/commands.h"
#include "commands/containers.h"
#include "commands/database.h"
#include "commands/enrich_failed.h"
#include "commands/enrich_try.h"
#include "monitor/monitor.h"
#include "pipeline/pipeline.h"
#include "process/process.h"
#include "sql/pipeline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 250, FAILURES_MAX = 20, DAY_MS = 86400000, PLANS_MAX = 16 };

static const char *stage_name, *try_id, *where_category, *where_region, *where_source,
    *where_country, *db_url;
static int64_t containers_given, items_max, older_than_days;
static bool only_queue, scheduled, failed_only, with_why, dead_only, requeue, drop;

static const struct cli_option enrich_options[] = {
    {"stage", 's', CLI_TEXT, "NAME", 0, 0, "one of the stages above", &stage_name},
    {"containers", 'c', CLI_INT, "N", 1, CONTAINERS_MAX, "workers at a time (default 2)",
     &containers_given},
    {"category", 0, CLI_TEXT, "KEY", 0, 0, "only businesses of this category or group",
     &where_category},
    {"region", 0, CLI_TEXT, "KEY", 0, 0, "only those in this region", &where_region},
    {"source", 0, CLI_TEXT, "KEY", 0, 0, "only those from this source", &where_source},
    {"country", 0, CLI_TEXT, "CC", 0, 0, "only those in this country", &where_country},
    {"limit", 0, CLI_INT, "N", 1, INT32_MAX, "at most so many businesses", &items_max},
    {"older", 0, CLI_INT, "DAYS", 0, 36500,
     "also those with a result, when it is older than this (default 0: all)", &older_than_days},
    {"scheduled", 0, CLI_FLAG, NULL, 0, 0,
     "the batches of pipeline.schedule, until it is stopped; the instance runs this itself",
     &scheduled},
    {"queue", 0, CLI_FLAG, NULL, 0, 0, "only queue the batch, for 'holdfast worker' to work on",
     &only_queue},
    {"try", 0, CLI_TEXT, "ID", 0, 0,
     "one call for this business: request, answer and facts are shown, nothing is stored", &try_id},
    {"failed", 0, CLI_FLAG, NULL, 0, 0,
     "only show why items of the last batch of each stage failed, by cause", &failed_only},
    {"why", 0, CLI_FLAG, NULL, 0, 0, "with --failed: each business, with its cause", &with_why},
    {"dead", 0, CLI_FLAG, NULL, 0, 0, "only show items whose processing killed workers",
     &dead_only},
    {"requeue", 0, CLI_FLAG, NULL, 0, 0, "with --dead and --stage: queue them again", &requeue},
    {"drop", 0, CLI_FLAG, NULL, 0, 0, "with --dead: forget them", &drop},
    {0},
};

static const struct cli_option worker_options[] = {
    {"containers", 'c', CLI_INT, "N", 1, CONTAINERS_MAX, "workers at a time (default 1)",
     &containers_given},
    {"db", 0, CLI_TEXT, "URL", 0, 0,
     "the database of an instance on another machine, as role holdfast_worker", &db_url},
    {0},
};

/* A batch with its containers. */
struct enrich_batch {
	const struct pipeline_stage *stage;
	int64_t id; /* 0: none is worked on */
	struct container container[CONTAINERS_MAX];
	int count;
	bool finished; /* its containers are ending */
};

struct enrich_run {
	struct instance instance;
	struct db *db;
	struct buf conninfo;
	struct enrich_batch batch[PLANS_MAX];
	int batches; /* plans of the schedule; 1 without */
	bool stopping;
	int signals;
};

struct enrich_numbers {
	int64_t total, ok, failed, skipped, dead, in_flight;
	double seconds;
	bool finished;
};

static enum status read_numbers(struct enrich_run *r, const struct enrich_batch *b,
				struct enrich_numbers *n, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(r->db, sql_batch_progress, &rows, err, DB_I64(b->id));
	if (status != OK)
		return status;
	*n = (struct enrich_numbers){
	    .total = db_i64(&rows, 0, SQL_BATCH_PROGRESS_TOTAL),
	    .finished = db_bool(&rows, 0, SQL_BATCH_PROGRESS_FINISHED),
	    .ok = db_i64(&rows, 0, SQL_BATCH_PROGRESS_OK),
	    .failed = db_i64(&rows, 0, SQL_BATCH_PROGRESS_FAILED),
	    .skipped = db_i64(&rows, 0, SQL_BATCH_PROGRESS_SKIPPED),
	    .dead = db_i64(&rows, 0, SQL_BATCH_PROGRESS_DEAD),
	    .in_flight = db_i64(&rows, 0, SQL_BATCH_PROGRESS_IN_FLIGHT),
	    .seconds = db_double(&rows, 0, SQL_BATCH_PROGRESS_SECONDS),
	};
	db_rows_release(&rows);
	return OK;
}

static void report(struct enrich_run *r, const struct enrich_batch *b,
		   const struct enrich_numbers *n)
{
	struct err err;
	if (!cli_globals.json) {
		printf("batch %lld (%s): %lld items = %lld ok + %lld failed + %lld dead",
		       (long long)b->id, b->stage->name, (long long)n->total, (long long)n->ok,
		       (long long)n->failed, (long long)n->dead);
		if (n->skipped)
			printf(" + %lld skipped", (long long)n->skipped);
		printf(", %.1f s\n", n->seconds);
		if (n->failed && enrich_put_causes(r->db, b->id, NULL, &err) != OK)
			log_warn("causes are not known", LOG_S("error", err.text));
		return;
	}
	struct buf out;
	struct json_writer w;
	buf_init(&out, 4096);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_i64(&w, "batch", b->id);
	json_member_z(&w, "stage", b->stage->name);
	json_member_i64(&w, "total", n->total);
	json_member_i64(&w, "ok", n->ok);
	json_member_i64(&w, "failed", n->failed);
	json_member_i64(&w, "skipped", n->skipped);
	json_member_i64(&w, "dead", n->dead);
	json_member_bool(&w, "finished", n->finished);
	json_key(&w, "seconds");
	json_put_double(&w, n->seconds, 3);
	if (enrich_put_causes(r->db, b->id, &w, &err) != OK)
		log_warn("causes are not known", LOG_S("error", err.text));
	json_object_end(&w);
	printf("%s\n", buf_z(&out));
	buf_release(&out);
}

/* ---- containers ---- */

static enum status enrich_container_ended(struct enrich_batch *b, pid_t pid, int wait_status,
					  struct err *err)
{
	for (int n = 0; n < b->count; n++) {
		bool failed;
		struct container *c = &b->container[n];
		if (!container_ended(c, pid, wait_status, &failed))
			continue;
		c->failures = failed ? c->failures + 1 : 0;
		if (c->failures >= FAILURES_MAX)
			return err_set(err, FAILED,
				       "containers end again and again; the log above says why");
	}
	return OK;
}

static enum status enrich_reap(struct enrich_run *r, struct err *err)
{
	int wait_status;
	pid_t pid;
	enum status status = OK;
	while (status == OK && (pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
		for (int n = 0; n < r->batches && status == OK; n++)
			status = enrich_container_ended(&r->batch[n], pid, wait_status, err);
	return status;
}

/* Pairs that ended while there is work are started again. */
static enum status keep_running(struct enrich_run *r, struct enrich_batch *b, struct err *err)
{
	enum status status = OK;
	for (int n = 0; n < b->count && status == OK; n++) {
		struct container *c = &b->container[n];
		if (!r->stopping && !c->worker && !c->fetch)
			status = container_start(&r->instance, buf_z(&r->conninfo), b->id, c, err);
	}
	return status;
}

static int running(const struct enrich_batch *b)
{
	int n = 0;
	for (int k = 0; k < b->count; k++)
		n += (b->container[k].worker != 0) + (b->container[k].fetch != 0);
	return n;
}

static void stop_containers(struct enrich_run *r)
{
	for (int n = 0; n < r->batches; n++)
		for (int k = 0; k < r->batch[n].count; k++)
			container_stop(&r->batch[n].container[k]);
}

static int running_at_all(const struct enrich_run *r)
{
	int n = 0;
	for (int k = 0; k < r->batches; k++)
		n += running(&r->batch[k]);
	return n;
}

static enum status take_signals(struct enrich_run *r, int timeout_ms, struct err *err)
{
	struct pollfd p = {.fd = r->signals, .events = POLLIN};
	struct signalfd_siginfo info;
	(void)!poll(&p, 1, timeout_ms);
	while (read(r->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		r->stopping = true;
		stop_containers(r);
	}
	return enrich_reap(r, err);
}

static enum status open_signals(struct enrich_run *r, struct err *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_errno(err, FAILED, "signals");
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals >= 0 ? OK : err_errno(err, FAILED, "signals");
}

static void end_all(struct enrich_run *r)
{
	struct err ignored;
	stop_containers(r);
	for (int64_t end = clock_ms() + 15000; running_at_all(r) && clock_ms() < end;)
		(void)!take_signals(r, 100, &ignored);
	for (int n = 0; n < r->batches; n++)
		for (int k = 0; k < r->batch[n].count; k++) {
			const struct container *c = &r->batch[n].container[k];
			if (c->worker)
				kill(c->worker, SIGKILL);
			if (c->fetch)
				kill(c->fetch, SIGKILL);
		}
}

/* ---- enrich ---- */

static enum status fill_batch(struct enrich_run *r, struct enrich_batch *b, int64_t older_ms,
			      int64_t *items, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(r->db, sql_batch_create, &rows, err, DB_Z(b->stage->name));
	if (status != OK)
		return status;
	b->id = db_i64(&rows, 0, SQL_BATCH_CREATE_ID);
	db_rows_release(&rows);
	const char *const filters[] = {where_category, where_region, where_source, where_country};
	struct db_param p[4];
	for (int i = 0; i < 4; i++)
		p[i] = filters[i] ? DB_Z(filters[i]) : DB_NULL;
	status =
	    DB_RUN(r->db, sql_batch_fill, &rows, err, DB_I64(b->id), p[0], p[1], p[2], p[3],
		   DB_Z(b->stage->name), DB_I64(older_ms),
		   DB_I64(items_max ? items_max : INT32_MAX), DB_BOOL(b->stage->needs_website));
	if (status != OK)
		return status;
	*items = db_i64(&rows, 0, SQL_BATCH_FILL_N);
	db_rows_release(&rows);
	return OK;
}

/* A batch is visible only when it has its items: a worker would find it empty, and finish it. */
static enum status make_batch(struct enrich_run *r, struct enrich_batch *b, int64_t older_ms,
			      int64_t *items, struct err *err)
{
	enum status status = db_begin(r->db, err);
	if (status == OK)
		status = fill_batch(r, b, older_ms, items, err);
	if (status == OK)
		return db_commit(r->db, err);
	db_rollback(r->db);
	return status;
}

/* The connection is lost: another one, as soon as the database is back. The containers wait for it,
 * too. */
static enum status reconnect(struct enrich_run *r, struct err *err)
{
	db_close(r->db);
	r->db = NULL;
	while (!r->stopping && db_open(&r->db, buf_z(&r->conninfo), "holdfast", err) != OK)
		(void)!take_signals(r, LOOK_MS, err);
	return r->db ? OK : UNAVAILABLE;
}

static enum status follow(struct enrich_run *r, struct enrich_batch *b, struct err *err)
{
	struct progress progress;
	struct enrich_numbers n = {0};
	enum status status = read_numbers(r, b, &n, err);
	progress_begin(&progress, b->stage->name, "items", (uint64_t)n.total);
	while (status == OK && !n.finished && !r->stopping) {
		status = keep_running(r, b, err);
		if (status == OK)
			status = take_signals(r, LOOK_MS, err);
		if (status == OK)
			status = read_numbers(r, b, &n, err);
		if (status == UNAVAILABLE)
			status = reconnect(r, err);
		uint64_t done = (uint64_t)(n.ok + n.failed + n.skipped + n.dead);
		progress_show(&progress, done, done);
	}
	progress_end(&progress, (uint64_t)(n.ok + n.failed + n.skipped + n.dead));
	end_all(r);
	if (status == OK)
		status = read_numbers(r, b, &n, err);
	if (status == OK)
		report(r, b, &n);
	fflush(stdout);
	if (status == OK && !n.finished)
		status = err_set(err, FAILED, "stopped; the batch goes on with 'holdfast worker'");
	return status;
}

static enum status open_run(struct enrich_run *r, struct err *err)
{
	buf_init(&r->conninfo, 2 * PATH_MAX);
	r->signals = -1;
	enum status status = database_open(&r->instance, ROLE_WORKER, true, &r->db, err);
	if (status == OK)
		status = instance_conninfo(&r->instance, ROLE_WORKER, &r->conninfo, err);
	if (status == OK)
		status = open_signals(r, err);
	return status;
}

static enum status check_stage(const struct instance *i, const struct pipeline_stage *stage,
			       struct err *err)
{
	struct err why;
	if (!stage->eligible || stage->eligible(&i->config, &why))
		return OK;
	return err_set(err, INVALID, "%s in %s", why.text, i->conf);
}

/* ---- the schedule ---- */

/* A row of pipeline.schedule. */
struct schedule_row {
	const struct pipeline_stage *stage;
	int64_t every_ms;
	int containers;
};

struct schedule {
	struct schedule_row plan[PLANS_MAX];
	size_t count;
};

static bool read_plan(struct str row, struct schedule_row *plan)
{
	struct str part[3] = {0};
	int64_t containers = 2;
	size_t n = 0;
	while (row.p) {
		struct str word = str_cut(&row, ' ');
		if (word.n && n == 3)
			return false;
		if (word.n)
			part[n++] = word;
	}
	plan->stage = n >= 2 ? pipeline_stage_find(part[0]) : NULL;
	if (!plan->stage || !config_duration(part[1], &plan->every_ms) || plan->every_ms < 1 ||
	    (n == 3 && !str_to_i64(part[2], 1, CONTAINERS_MAX, &containers)))
		return false;
	plan->containers = (int)containers;
	return true;
}

static enum status read_schedule(const struct instance *i, struct schedule *out, struct err *err)
{
	struct str text = str_of(config_text(&i->config, CONFIG_PIPELINE_SCHEDULE));
	enum status status = OK;
	out->count = 0;
	while (text.p && status == OK) {
		struct str row = str_trim(str_cut(&text, ';'));
		if (!row.n)
			continue;
		if (out->count == PLANS_MAX || !read_plan(row, &out->plan[out->count]))
			status = err_set(
			    err, INVALID,
			    "'%.*s' is not STAGE EVERY CONTAINERS, such as 'website 24h 4' (at most %d of them, divided by ';')",
			    STR_ARG(row), PLANS_MAX);
		else
			status = check_stage(i, out->plan[out->count++].stage, err);
	}
	return status == OK ? OK : config_prefix(&i->config, CONFIG_PIPELINE_SCHEDULE, err, status);
}

enum status enrich_check_schedule(const struct instance *i, struct err *err)
{
	struct schedule ignored;
	enum status status = read_schedule(i, &ignored, err);
	for (const struct pipeline_stage *const *s = pipeline_stages; status == OK && *s; s++)
		if ((*s)->configured && (*s)->configured(&i->config))
			status = check_stage(i, *s, err);
	return status;
}

/* What the database knows of a stage. */
struct plan_state {
	int64_t batch, age_ms; /* the open one, 0: none; of the last one, -1: there was none */
	double rate, retries;  /* a container's, 0: not known */
};

static enum status read_plan_state(struct enrich_run *r, const struct schedule_row *plan,
				   struct plan_state *out, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(r->db, sql_schedule_state, &rows, err, DB_Z(plan->stage->name));
	if (status != OK)
		return status;
	*out = (struct plan_state){
	    .batch = db_i64(&rows, 0, SQL_SCHEDULE_STATE_OPEN_BATCH),
	    .age_ms = db_i64(&rows, 0, SQL_SCHEDULE_STATE_AGE_MS),
	    .rate = db_double(&rows, 0, SQL_SCHEDULE_STATE_RATE),
	    .retries = db_double(&rows, 0, SQL_SCHEDULE_STATE_RETRIES),
	};
	db_rows_release(&rows);
	return OK;
}

/* Warn before a schedule falls behind: one without spare capacity does at the first delay. */
static void warn_of_load(const struct schedule_row *plan, const struct plan_state *state,
			 int64_t items)
{
	if (state->rate <= 0)
		return;
	struct monitor_advice advice =
	    monitor_advise((double)items, state->retries, (double)plan->every_ms / 60000,
			   plan->containers, state->rate);
	if (advice.rho > MONITOR_LOAD_GOAL)
		log_warn("the schedule has too little room", LOG_S("stage", plan->stage->name),
			 LOG_I("items", items), LOG_D("load", advice.rho),
			 LOG_I("containers", plan->containers),
			 LOG_I("containers_that_do", advice.containers),
			 LOG_D("minutes_that_do", advice.interval_min));
}

/* Open the batch of a plan that is due: continue the open one, or make one. *left_ms: time until
 * the plan is due. */
static enum status begin_plan(struct enrich_run *r, const struct schedule_row *plan,
			      struct enrich_batch *b, int64_t *left_ms, struct err *err)
{
	struct plan_state state;
	int64_t items = 0;
	for (int n = 0; n < r->batches; n++)
		if (r->batch[n].id && r->batch[n].stage == plan->stage)
			return OK; /* another row of the schedule works on this stage */
	enum status status = read_plan_state(r, plan, &state, err);
	if (status != OK)
		return status;
	*left_ms = state.age_ms >= 0 ? plan->every_ms - state.age_ms : 0;
	if (!state.batch && *left_ms > 0)
		return OK;
	*left_ms = 0;
	b->stage = plan->stage;
	b->count = plan->containers;
	b->finished = false;
	if (state.batch) {
		b->id = state.batch;
		return OK;
	}
	status = make_batch(r, b, plan->every_ms, &items, err);
	if (status == OK)
		warn_of_load(plan, &state, items);
	if (status != OK || items == 0)
		b->id = 0;
	return status;
}

/* Check a batch in progress. It is over when its containers have ended. */
static enum status look_at_batch(struct enrich_run *r, struct enrich_batch *b, struct err *err)
{
	struct enrich_numbers n;
	enum status status = read_numbers(r, b, &n, err);
	if (status != OK)
		return status;
	b->finished = n.finished;
	if (!b->finished)
		return keep_running(r, b, err);
	if (running(b))
		return OK;
	report(r, b, &n);
	fflush(stdout);
	b->id = 0;
	return OK;
}

/* Begins what is due and looks at what is worked on, for each row of the schedule by itself: a
 * batch that takes long holds up no other stage. *wait_ms: until the next look. */
static enum status run_due(struct enrich_run *r, const struct schedule *s, int64_t *wait_ms,
			   struct err *err)
{
	enum status status = OK;
	*wait_ms = 60000;
	for (size_t n = 0; n < s->count && status == OK && !r->stopping; n++) {
		int64_t left = LOOK_MS;
		if (!r->batch[n].id)
			status = begin_plan(r, &s->plan[n], &r->batch[n], &left, err);
		if (status == OK && r->batch[n].id) {
			status = look_at_batch(r, &r->batch[n], err);
			left = LOOK_MS;
		}
		if (left < *wait_ms)
			*wait_ms = left;
	}
	return status;
}

static int run_scheduled(struct enrich_run *r)
{
	struct schedule schedule;
	struct err err;
	enum status status = open_run(r, &err);
	if (status == OK)
		status = read_schedule(&r->instance, &schedule, &err);
	if (status == OK) {
		r->batches = (int)schedule.count;
		process_ready(0);
	}
	while (status == OK && !r->stopping) {
		int64_t wait_ms = LOOK_MS;
		status = run_due(r, &schedule, &wait_ms, &err);
		if (status == UNAVAILABLE)
			status = reconnect(r, &err);
		if (status == OK && wait_ms > 0)
			status = take_signals(r, (int)wait_ms, &err);
	}
	end_all(r);
	if (r->db)
		database_close(&r->instance, r->db);
	buf_release(&r->conninfo);
	return status == OK || r->stopping ? EXIT_OK : cli_failed(&err);
}

static int unknown_stage(void)
{
	struct buf names;
	buf_init(&names, 4096);
	pipeline_stage_names(&names);
	int code = cli_usage_error("say which stage: --stage %s", buf_z(&names));
	buf_release(&names);
	return code;
}

static void print_stages(void)
{
	for (size_t i = 0; pipeline_stages[i]; i++)
		printf("  %-13s %s\n", pipeline_stages[i]->name, pipeline_stages[i]->title);
}

/* --failed and --dead. */
static int show_trouble(struct enrich_run *r)
{
	struct err err;
	int64_t limit = items_max ? items_max : 1000;
	if (failed_only && (dead_only || requeue || drop))
		return cli_usage_error("--failed goes with --why and --stage only");
	if ((requeue && drop) || (requeue && !stage_name))
		return cli_usage_error("--requeue goes with --dead and --stage");
	enum status status = open_run(r, &err);
	if (status == OK && failed_only)
		status = enrich_show_failed(r->db, stage_name, with_why, limit, &err);
	else if (status == OK)
		status = enrich_show_dead(r->db, stage_name,
					  requeue ? ENRICH_DEAD_REQUEUE
					  : drop  ? ENRICH_DEAD_DROP
						  : ENRICH_DEAD_LIST,
					  limit, &err);
	if (r->db)
		database_close(&r->instance, r->db);
	buf_release(&r->conninfo);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

static int run_enrich(int argc, char **argv)
{
	static struct enrich_run r;
	struct err err;
	int64_t items = 0;
	(void)argv;
	const struct pipeline_stage *stage =
	    stage_name ? pipeline_stage_find(str_of(stage_name)) : NULL;
	if (scheduled && (argc || stage_name))
		return cli_usage_error("--scheduled takes its stages from pipeline.schedule");
	if (scheduled)
		return run_scheduled(&r);
	if (argc || (stage_name && !stage))
		return unknown_stage();
	if (failed_only || dead_only)
		return show_trouble(&r);
	if (with_why || requeue || drop)
		return cli_usage_error(
		    "--why goes with --failed; --requeue and --drop with --dead");
	if (!stage)
		return unknown_stage();
	enum status status = open_run(&r, &err);
	if (status == OK)
		status = check_stage(&r.instance, stage, &err);
	if (try_id) {
		if (status == OK)
			status = enrich_try(&r.instance, r.db, stage, try_id, &err);
		if (r.db)
			database_close(&r.instance, r.db);
		buf_release(&r.conninfo);
		return status == OK ? EXIT_OK : cli_failed(&err);
	}
	struct enrich_batch *batch = &r.batch[0];
	r.batches = 1;
	batch->stage = stage;
	batch->count = containers_given ? (int)containers_given : 2;
	if (status == OK)
		status = make_batch(&r, batch, older_than_days * DAY_MS, &items, &err);
	if (status == OK && only_queue)
		printf("batch %lld (%s): %lld items queued\n", (long long)batch->id, stage_name,
		       (long long)items);
	else if (status == OK && items > 0)
		status = follow(&r, batch, &err);
	else if (status == OK)
		printf("nothing to do for stage %s\n", stage_name);
	if (r.db)
		database_close(&r.instance, r.db);
	buf_release(&r.conninfo);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

/* ---- worker ---- */

static int run_worker(int argc, char **argv)
{
	static struct enrich_run r;
	struct err err;
	enum status status = OK;
	(void)argv;
	if (argc)
		return cli_usage_error("'worker' takes no arguments");
	if (db_url) {
		buf_init(&r.conninfo, 2 * PATH_MAX);
		buf_puts(&r.conninfo, db_url);
		status = instance_open(&r.instance, cli_globals.instance_dir, &err);
		if (status == OK)
			status = open_signals(&r, &err);
	} else {
		status = open_run(&r, &err);
		if (r.db)
			db_close(r.db);
		r.db = NULL;
	}
	r.batches = 1;
	r.batch[0].count = containers_given ? (int)containers_given : 1;
	while (status == OK && !r.stopping) {
		status = keep_running(&r, &r.batch[0], &err);
		if (status == OK)
			status = take_signals(&r, 60000, &err);
	}
	end_all(&r);
	instance_release(&r.instance);
	buf_release(&r.conninfo);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_enrich = {
    .name = "enrich",
    .args = "--stage NAME",
    .summary = "Improve records with the answers of other services: one batch of a stage",
    .help =
	"Queues every business that passes the filters and processes them in its own containers, each a\n"
	"worker (database) and a fetcher (network, no database). On Ctrl-C claimed items go back into the\n"
	"queue, and 'holdfast worker' continues.\n"
	"\n"
	"A service of your own that answers {\"result\": [{\"phone\": \"...\"}]} is two settings:\n"
	"  pipeline.http_url = https://api.example.org/find?name={name}&city={city}\n"
	"  pipeline.http_facts = phone=/result/0/phone\n"
	"Then try one business before all of them: --stage http --try ID. Stages:",
    .help_more = print_stages,
    .options = enrich_options,
    .run = run_enrich,
};

const struct command command_worker = {
    .name = "worker",
    .args = "",
    .summary = "Run containers of the pipeline for queued batches, also on another machine",
    .help =
	"Processes open batches, the oldest first, until it is stopped. On another machine it needs an\n"
	"instance folder for the settings ('holdfast init --db URL') and --db with the database.",
    .options = worker_options,
    .run = run_worker,
};
