#include "observe/pooler/pooler.h"
#include "base/clock.h"
#include "base/memory.h"
#include "db/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	POOLER_CLIENTS = 4000,          /* with more, their clients are not looked up */
	POOLER_TRANSACTION_US = 1000000 /* a younger transaction may have gone to another client */
};

struct pooler {
	char *conninfo;
	struct db_console *console; /* NULL: not connected */
	int64_t again;              /* clock_us: not before */
	bool failed;
};

struct poolers {
	const char *program;
	int count;
	struct pooler pooler[POOLERS];
	struct err problem;
};

enum status poolers_open(struct poolers **out, const char *list, const char *program,
			 struct err *err)
{
	struct str rest = str_of(list);
	struct poolers *p = memory_alloc(sizeof(*p));
	*out = p;
	p->program = program;
	while (rest.p) {
		struct str one = str_trim(str_cut(&rest, ';'));
		if (!one.n)
			continue;
		if (p->count == POOLERS) {
			poolers_close(p);
			*out = NULL;
			return err_set(err, INVALID, "at most %d PgBouncers can be asked", POOLERS);
		}
		char *conninfo = memory_alloc(one.n + 1);
		memcpy(conninfo, one.p, one.n);
		p->pooler[p->count++].conninfo = conninfo;
	}
	return OK;
}

void poolers_close(struct poolers *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->count; i++) {
		db_console_close(p->pooler[i].console);
		free(p->pooler[i].conninfo);
	}
	free(p);
}

/* ---- columns: they differ between versions ---- */

static struct str pooler_text(const struct db_rows *rows, int row, const char *name)
{
	int column = db_console_column(rows, name);
	return column < 0 ? STR("") : db_text(rows, row, column);
}

static int64_t pooler_number(const struct db_rows *rows, int row, const char *name)
{
	int64_t number = 0;
	return str_to_i64(pooler_text(rows, row, name), 0, INT64_MAX / 8, &number) ? number : 0;
}

/* ---- SHOW POOLS, SHOW STATS ---- */

static bool pooler_is_own(struct str database)
{
	return str_eq(database, STR("pgbouncer"));
}

/* From 1; 0: none of the pools from `first` on is of the database and role. */
static int pooler_number_of(const struct observe_sample *sample, int first, struct str database,
			    struct str role)
{
	for (int i = first; i < sample->pools; i++) {
		if (str_eq(str_of(sample->pool[i].database), database) &&
		    str_eq(str_of(sample->pool[i].role), role))
			return i + 1;
	}
	return 0;
}

static struct observe_pool *pooler_pool_of(struct observe_sample *sample, int first,
					   struct str database)
{
	for (int i = first; i < sample->pools; i++) {
		if (str_eq(str_of(sample->pool[i].database), database))
			return &sample->pool[i];
	}
	return NULL;
}

/* Pools of one database and role in one PgBouncer. OBSERVE_POOLS is far more than a PgBouncer in
 * front of one server has; beyond it pools are dropped in the order of the report. */
static void pooler_take_pools(const struct db_rows *rows, struct observe_sample *sample)
{
	for (int i = 0; i < rows->rows && sample->pools < OBSERVE_POOLS; i++) {
		if (pooler_is_own(pooler_text(rows, i, "database")))
			continue;
		struct observe_pool *p = &sample->pool[sample->pools++];
		OBSERVE_SET(p->database, pooler_text(rows, i, "database"));
		OBSERVE_SET(p->role, pooler_text(rows, i, "user"));
		OBSERVE_SET(p->mode, pooler_text(rows, i, "pool_mode"));
		p->active = pooler_number(rows, i, "cl_active");
		p->waiting = pooler_number(rows, i, "cl_waiting");
		p->servers = pooler_number(rows, i, "sv_active");
		p->free = pooler_number(rows, i, "sv_idle") + pooler_number(rows, i, "sv_used");
		p->longest = pooler_number(rows, i, "maxwait") * 1000000 +
			     pooler_number(rows, i, "maxwait_us");
	}
}

static void pooler_take_stats(const struct db_rows *rows, struct observe_sample *sample, int first)
{
	for (int i = 0; i < rows->rows; i++) {
		struct observe_pool *p =
		    pooler_pool_of(sample, first, pooler_text(rows, i, "database"));
		if (!p)
			continue;
		p->transactions = pooler_number(rows, i, "avg_xact_count");
		p->transaction_us = pooler_number(rows, i, "avg_xact_time");
		p->query_us = pooler_number(rows, i, "avg_query_time");
		p->wait_us = pooler_number(rows, i, "avg_wait_time");
	}
}

/* ---- who is behind a session: SHOW SERVERS, SHOW CLIENTS ---- */

static void pooler_name(struct observe_session *s, const struct db_rows *clients, struct str link)
{
	for (int i = 0; i < clients->rows; i++) {
		struct str address = pooler_text(clients, i, "addr");
		struct str application = pooler_text(clients, i, "application_name");
		if (!str_eq(pooler_text(clients, i, "ptr"), link))
			continue;
		OBSERVE_SET(s->behind, str_eq(address, STR("unix")) ? STR("local") : address);
		/* PgBouncer forwards application_name unless it is configured not to. */
		if (application.n && !s->application[0])
			OBSERVE_SET(s->application, application);
		return;
	}
}

static void pooler_take_clients(const struct db_rows *servers, const struct db_rows *clients,
				struct observe_sample *sample, int first)
{
	for (int i = 0; i < servers->rows; i++) {
		struct str link = pooler_text(servers, i, "link");
		int64_t pid = pooler_number(servers, i, "remote_pid");
		for (int n = 0; pid && n < sample->sessions; n++) {
			struct observe_session *s = &sample->session[n];
			if (s->pid != pid)
				continue;
			s->pool =
			    pooler_number_of(sample, first, pooler_text(servers, i, "database"),
					     pooler_text(servers, i, "user"));
			if (link.n && s->xact_start &&
			    sample->at - s->xact_start >= POOLER_TRANSACTION_US)
				pooler_name(s, clients, link);
		}
	}
}

/* ---- a sample ---- */

static enum status pooler_show(struct pooler *p, enum db_show what, struct db_rows *rows,
			       struct err *err)
{
	*rows = (struct db_rows){0};
	return db_console_show(p->console, what, rows, err);
}

static enum status pooler_ask_clients(struct pooler *p, struct observe_sample *sample, int first,
				      struct err *err)
{
	struct db_rows servers, clients = {0};
	enum status status = pooler_show(p, DB_SHOW_SERVERS, &servers, err);
	if (status == OK)
		status = pooler_show(p, DB_SHOW_CLIENTS, &clients, err);
	if (status == OK)
		pooler_take_clients(&servers, &clients, sample, first);
	db_rows_release(&servers);
	db_rows_release(&clients);
	return status;
}

static enum status pooler_ask(struct pooler *p, struct observe_sample *sample, struct err *err)
{
	struct db_rows rows;
	int first = sample->pools;
	int64_t clients = 0;
	enum status status = pooler_show(p, DB_SHOW_POOLS, &rows, err);
	if (status == OK)
		pooler_take_pools(&rows, sample);
	db_rows_release(&rows);
	if (status == OK)
		status = pooler_show(p, DB_SHOW_STATS, &rows, err);
	else
		return status;
	if (status == OK)
		pooler_take_stats(&rows, sample, first);
	db_rows_release(&rows);
	for (int i = first; i < sample->pools; i++)
		clients += sample->pool[i].active + sample->pool[i].waiting;
	if (status == OK && clients <= POOLER_CLIENTS)
		status = pooler_ask_clients(p, sample, first, err);
	return status;
}

void poolers_sample(struct poolers *p, struct observe_sample *sample)
{
	bool well = true;
	for (int i = 0; i < p->count; i++) {
		struct pooler *one = &p->pooler[i];
		struct err err;
		enum status status = OK;
		if (!one->console && clock_us() < one->again) {
			well = false;
			continue;
		}
		if (!one->console)
			status = db_console_open(&one->console, one->conninfo, p->program,
						 POOLER_WAIT_MS, &err);
		if (status == OK)
			status = pooler_ask(one, sample, &err);
		else
			one->console = NULL;
		if (status == OK)
			continue;
		db_console_close(one->console);
		one->console = NULL;
		one->again = clock_us() + POOLER_AGAIN_US;
		well = false;
		err_set(&p->problem, status, "PgBouncer %d: %s", i + 1, err.text);
	}
	if (well)
		p->problem.text[0] = '\0';
}

int poolers_count(const struct poolers *p)
{
	return p->count;
}

const char *poolers_problem(const struct poolers *p)
{
	return p->problem.text;
}
