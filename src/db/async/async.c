#include "db/async/async.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "db/libpq.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum {
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MAX_MS = 5000,
	POOL_TEXT = 64 << 10,
	ATTEMPTS_MS = 5, /* minimum interval between attempts to connect caused by queries */
};

enum link_state {
	LINK_DOWN,       /* waits for its back-off */
	LINK_CONNECTING, /* PQconnectPoll is in progress */
	LINK_IDLE,
	LINK_BUSY, /* runs a query */
};

/* One connection. */
struct link {
	struct db_pool *pool;
	enum link_state state;
	PGconn *connection;
	struct event *readable, *writable; /* events of its socket */
	struct event *retry;               /* timer of the back-off */
	uint64_t failures;                 /* consecutive */
	struct db_query *query;            /* running query; NULL: none */
	int64_t began_us;
	PGresult *result; /* first result of the running query */
	bool broken;      /* sending failed: link_readable closes it */
};

struct db_query {
	struct db_pool *pool;
	const struct db_statement *statement;
	struct libpq_params params;
	db_done *done; /* NULL: cancelled */
	void *ctx;
	int64_t deadline_ms;
	struct link *link; /* NULL: waits in the queue */
	int64_t came_us;
	char request[LOG_REQUEST + 1]; /* that asks; "": none */
	/* It arrived while the database was away: it fails if the next attempt to connect fails. */
	bool while_away;
	/* List of a pool's queries by age, which is also the order of deadlines. */
	struct db_query *older, *newer;
};

struct db_pool {
	struct event_base *loop;
	char *conninfo, *program;
	int64_t timeout_ms;
	int queue_max;
	int links_count;
	struct link *links;
	struct db_query *oldest, *newest;
	struct db_query *next_waiting; /* oldest query in the queue; NULL: it is empty */
	struct event *deadline;        /* timer of the oldest query */
	bool away;           /* the last attempt to connect failed and no link is connected */
	int64_t attempt_us;  /* when the last attempt to connect began */
	int64_t answered_us; /* when the database last answered a statement */
	struct random random;
	struct db_pool_stats stats;
	struct buf text; /* of the statement that is being sent */
};

static void link_connect(struct link *link);
static void link_work(struct link *link);
static void pool_attempt_failed(struct db_pool *pool);

/* ---- the list of queries ---- */

static void pool_arm_deadline(struct db_pool *pool)
{
	if (!pool->oldest) {
		evtimer_del(pool->deadline);
		return;
	}
	int64_t left = pool->oldest->deadline_ms - clock_ms();
	if (left < 0)
		left = 0;
	struct timeval tv = {left / 1000, (left % 1000) * 1000};
	evtimer_add(pool->deadline, &tv);
}

static void query_append(struct db_pool *pool, struct db_query *query)
{
	query->older = pool->newest;
	if (pool->newest)
		pool->newest->newer = query;
	else
		pool->oldest = query;
	pool->newest = query;
	if (!query->older)
		pool_arm_deadline(pool);
}

/* NOLINT below: the analyzer does not see that it is unlinked. */
static void query_free(struct db_query *query)
{
	struct db_pool *pool = query->pool;
	if (pool->next_waiting == query)
		pool->next_waiting = query->newer;
	if (query->older)
		query->older->newer = query->newer;
	else
		pool->oldest = query->newer;
	if (query->newer)
		query->newer->older = query->older;
	else
		pool->newest = query->older;
	if (!query->link)
		pool->stats.queued--;
	libpq_params_release(&query->params);
	free(query);
}

/* Calls the query's callback and frees the query. The caller keeps the rows. */
static void query_finish(struct db_query *query, enum status status, const struct db_rows *rows,
			 const struct err *err)
{
	db_done *done = query->done;
	void *ctx = query->ctx;
	if (status != OK)
		query->pool->stats.failed++;
	char request[LOG_REQUEST + 1];
	memcpy(request, query->request, sizeof(request));
	query_free(query);
	log_set_request(str_of(request)); /* what the callback asks is of the same request */
	if (done)
		done(ctx, status, status == OK ? rows : NULL, err);
	log_set_request(STR(""));
}

/* ---- connections ---- */

static void link_drop_events(struct link *link)
{
	if (link->readable)
		event_free(link->readable);
	if (link->writable)
		event_free(link->writable);
	link->readable = link->writable = NULL;
}

/* Close a broken connection, schedule the next attempt after the back-off, and fail the query that
 * ran on it. Statements are not sent again, because they may have been executed. */
static void link_break(struct link *link, const struct err *why)
{
	struct db_pool *pool = link->pool;
	struct db_query *query = link->query;

	int64_t wait = backoff_wait(BACKOFF_FIRST_MS, BACKOFF_MAX_MS, link->failures++,
				    random_next(&pool->random));
	bool attempt = link->state == LINK_CONNECTING;
	/* Logged once, however many attempts follow. */
	if (!pool->away)
		log_warn("database connection lost", LOG_S("error", why->text),
			 LOG_I("retry_ms", wait));
	log_debug(database, "broken", LOG_S("error", why->text), LOG_I("retry_ms", wait));
	link_drop_events(link);
	PQclear(link->result);
	PQfinish(link->connection);
	if (link->state == LINK_IDLE || link->state == LINK_BUSY)
		pool->stats.connected--;
	if (link->state == LINK_BUSY)
		pool->stats.busy--;
	link->result = NULL;
	link->connection = NULL;
	link->broken = false;
	link->query = NULL;
	link->state = LINK_DOWN;
	pool->away = pool->stats.connected == 0;

	struct timeval tv = {wait / 1000, (wait % 1000) * 1000};
	evtimer_add(link->retry, &tv);

	if (query)
		query_finish(query, UNAVAILABLE, NULL, why);
	if (attempt)
		pool_attempt_failed(pool);
}

static void link_fail(struct link *link)
{
	struct err err;
	enum status status = libpq_connection_error(link->connection, &err);
	(void)status;
	link_break(link, &err);
}

/* Fail the link from the loop, because db_query, which sends, must not call back. */
static void link_will_fail(struct link *link)
{
	link->broken = true;
	event_active(link->readable, EV_READ, 0);
}

/* Send what libpq has buffered; the rest when the socket is writable. */
static void link_flush(struct link *link)
{
	int rest = PQflush(link->connection);
	if (rest < 0)
		link_will_fail(link);
	else if (rest > 0)
		event_add(link->writable, NULL);
}

/* The statement, behind a comment with the request that asks: the server's log, pg_stat_activity
 * and EXPLAIN show it. A comment, because a setting of the session would be another client's
 * behind a pooler in transaction mode, and would cost a round trip; in front, because the end is
 * cut off in pg_stat_activity. The statement is sent unnamed and so is parsed each time anyway. */
static const char *pool_text(struct db_pool *pool, const struct db_query *query)
{
	if (!query->request[0])
		return query->statement->sql;
	buf_reset(&pool->text);
	buf_printf(&pool->text, "/*request='%s'*/ ", query->request);
	buf_puts(&pool->text, query->statement->sql);
	return buf_failed(&pool->text) ? query->statement->sql : buf_z(&pool->text);
}

static void async_link_send(struct link *link, struct db_query *query)
{
	struct db_pool *pool = link->pool;

	pool->next_waiting = query->newer;
	pool->stats.queued--;
	pool->stats.busy++;
	query->link = link;
	link->query = query;
	link->state = LINK_BUSY;
	log_debug(database, "sent", LOG_S("statement", query->statement->name),
		  LOG_I("queued", pool->stats.queued));
	link->began_us = clock_us();
	const struct libpq_params *params = &query->params;
	if (PQsendQueryParams(link->connection, pool_text(pool, query), query->statement->params,
			      NULL, params->values, params->lengths, params->formats, 0) != 1)
		link_will_fail(link);
	else
		link_flush(link);
}

static void pool_dispatch(struct db_pool *pool)
{
	for (int i = 0; i < pool->links_count && pool->next_waiting; i++)
		if (pool->links[i].state == LINK_IDLE)
			async_link_send(&pool->links[i], pool->next_waiting);
}

static void link_query_done(struct link *link)
{
	struct db_pool *pool = link->pool;
	struct db_query *query = link->query;
	PGresult *result = link->result;
	struct db_rows rows = {0};
	struct err err = {""};

	link->result = NULL;
	link->query = NULL;
	link->state = LINK_IDLE;
	link->failures = 0;
	pool->stats.busy--;
	pool->answered_us = clock_us();
	pool->stats.busy_us += (uint64_t)(pool->answered_us - link->began_us);

	enum status status = libpq_result(link->connection, result, &rows, &err);
	if (status != OK)
		status = err_prefix(&err, status, "%s", query->statement->name);
	log_debug(database, "answered", LOG_S("statement", query->statement->name),
		  LOG_I("us", clock_us() - link->began_us), LOG_S("error", err.text));
	must(status != OK || rows.columns == query->statement->columns);
	/* Send the next query before the callback of this one runs. */
	if (pool->next_waiting)
		async_link_send(link, pool->next_waiting);
	query_finish(query, status, &rows, &err);
	if (status == OK)
		db_rows_release(&rows);
}

static void link_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;
	(void)fd;
	(void)what;
	if (link->broken || !PQconsumeInput(link->connection)) {
		link_fail(link);
		return;
	}
	if (link->state == LINK_IDLE) {
		/* Input on an idle connection: the server closes it or sends a notice. */
		if (PQstatus(link->connection) != CONNECTION_OK)
			link_fail(link);
		return;
	}
	while (!PQisBusy(link->connection)) {
		PGresult *result = PQgetResult(link->connection);
		if (!result) {
			link_query_done(link);
			return;
		}
		if (link->result)
			PQclear(result); /* a single statement has one result */
		else
			link->result = result;
	}
	if (PQstatus(link->connection) == CONNECTION_BAD)
		link_fail(link);
}

static void link_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_flush(arg);
}

/* Let one or all links that wait for their back-off connect in in_ms. */
static void pool_connect_soon(struct db_pool *pool, int64_t in_ms, bool all)
{
	const struct timeval tv = {in_ms / 1000, in_ms % 1000 * 1000};
	for (int i = 0; i < pool->links_count; i++) {
		if (pool->links[i].state != LINK_DOWN)
			continue;
		evtimer_add(pool->links[i].retry, &tv);
		if (!all)
			return;
	}
}

static void link_connected(struct link *link)
{
	struct db_pool *pool = link->pool;
	int fd = PQsocket(link->connection);

	must(PQsetnonblocking(link->connection, 1) == 0);
	link_drop_events(link);
	link->readable = event_new(pool->loop, fd, EV_READ | EV_PERSIST, link_readable, link);
	link->writable = event_new(pool->loop, fd, EV_WRITE, link_writable, link);
	if (!link->readable || !link->writable)
		memory_exhausted();
	event_add(link->readable, NULL);
	link->state = LINK_IDLE;
	pool->stats.connected++;
	if (pool->away) {
		pool->away = false;
		log_info("the database can be reached again");
		pool_connect_soon(pool, 0, true);
	}
	log_debug(database, "connected", LOG_I("fd", fd),
		  LOG_I("connections", pool->stats.connected));
	pool_dispatch(pool);
}

static void link_connecting(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_work(arg);
}

/* One step of connecting. The socket may change with each step. */
static void link_work(struct link *link)
{
	PostgresPollingStatusType step = PQconnectPoll(link->connection);
	link_drop_events(link);
	if (step == PGRES_POLLING_OK) {
		link_connected(link);
	} else if (step == PGRES_POLLING_FAILED) {
		link_fail(link);
	} else {
		short what = step == PGRES_POLLING_READING ? EV_READ : EV_WRITE;
		link->readable = memory_had(event_new(link->pool->loop, PQsocket(link->connection),
						      what, link_connecting, link));
		event_add(link->readable, NULL);
	}
}

static void ignore_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static void link_connect(struct link *link)
{
	const char *keywords[LIBPQ_KEYWORDS], *values[LIBPQ_KEYWORDS];

	libpq_keywords(link->pool->conninfo, link->pool->program, keywords, values);
	link->state = LINK_CONNECTING;
	link->pool->attempt_us = clock_us();
	log_debug(database, "connecting", LOG_I("failures", link->failures));
	link->connection = memory_had(PQconnectStartParams(keywords, values, 1));
	PQsetNoticeReceiver(link->connection, ignore_notice, NULL);
	if (PQstatus(link->connection) == CONNECTION_BAD) {
		link_fail(link);
		return;
	}
	/* As libpq's documentation requires: begin as if PQconnectPoll had returned
	 * PGRES_POLLING_WRITING. */
	link->readable = memory_had(event_new(link->pool->loop, PQsocket(link->connection),
					      EV_WRITE, link_connecting, link));
	event_add(link->readable, NULL);
}

static void link_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_connect(arg);
}

/* ---- the pool ---- */

/* Connect soon, because a query waits and the database is away. */
static void pool_attempt(struct db_pool *pool)
{
	for (int i = 0; i < pool->links_count; i++)
		if (pool->links[i].state == LINK_CONNECTING)
			return;
	int64_t left = ATTEMPTS_MS - (clock_us() - pool->attempt_us) / 1000;
	pool_connect_soon(pool, left > 0 ? left : 0, false);
}

/* The oldest query that arrived before `us` while the database was away. NULL: none. */
static struct db_query *pool_find_away(const struct db_pool *pool, int64_t us)
{
	struct db_query *query = pool->next_waiting;
	while (query && !(query->while_away && query->came_us < us))
		query = query->newer;
	return query;
}

/* Fail the queries that arrived before the attempt began. Each callback may cancel others and start
 * new ones. */
static void pool_attempt_failed(struct db_pool *pool)
{
	int64_t began_us = pool->attempt_us;
	struct db_query *query;
	struct err err;
	for (int i = 0; i < pool->links_count; i++)
		if (pool->links[i].state != LINK_DOWN)
			return;
	while ((query = pool_find_away(pool, began_us)) != NULL) {
		err_set(&err, UNAVAILABLE, "the database cannot be reached");
		query_finish(query, UNAVAILABLE, NULL, &err);
	}
	if (pool_find_away(pool, INT64_MAX))
		pool_attempt(pool);
}

/* Why a query had no answer by its deadline. Its statement is slow if it had at least half of the
 * time and the database answered others since it was sent. Otherwise the pool is overloaded or the
 * database silent, which says nothing of the statement. */
static enum status query_overdue(const struct db_query *query, struct err *err)
{
	const struct db_pool *pool = query->pool;
	const char *name = query->statement->name;
	long long ms = pool->timeout_ms;
	int64_t sent_us = query->link ? query->link->began_us : INT64_MAX;
	if (sent_us > query->deadline_ms * 1000 - pool->timeout_ms * 500)
		return err_set(err, UNAVAILABLE, "%s: no connection was free for most of %lld ms",
			       name, ms);
	return err_set(err, pool->answered_us > sent_us ? TIMED_OUT : UNAVAILABLE,
		       "%s: no answer from the database in %lld ms", name, ms);
}

/* Fail the queries whose deadline has passed. The connection of one that runs is closed: the
 * server notices the closed connection (client_connection_check_interval) or its
 * statement_timeout ends it. */
static void pool_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct db_pool *pool = arg;
	int64_t now = clock_ms();
	struct err err;
	(void)fd;
	(void)what;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	while (pool->oldest && pool->oldest->deadline_ms <= now) {
		struct db_query *query = pool->oldest;
		struct link *link = query->link;
		enum status status = query_overdue(query, &err);
		pool->stats.timed_out++;
		if (link) {
			link->query = NULL;
			link_break(link, &err);
		}
		query_finish(query, status, NULL, &err);
	}
	pool_arm_deadline(pool);
}

struct db_pool *db_pool_create(struct event_base *loop, const struct db_pool_options *options)
{
	struct db_pool *pool = memory_alloc(sizeof(*pool));
	struct link *links = memory_array((size_t)options->connections, sizeof(*links));

	must(options->connections > 0 && options->queue >= 0 && options->timeout_ms > 0);
	pool->loop = loop;
	pool->conninfo = memory_strdup(options->conninfo);
	pool->program = memory_strdup(options->program);
	pool->timeout_ms = options->timeout_ms;
	pool->queue_max = options->queue;
	pool->links = links;
	pool->links_count = options->connections;
	pool->random = random_seeded();
	buf_init(&pool->text, POOL_TEXT);
	pool->deadline = memory_had(evtimer_new(loop, pool_deadline, pool));
	for (int i = 0; i < pool->links_count; i++) {
		links[i].pool = pool;
		links[i].retry = memory_had(evtimer_new(loop, link_retry, &links[i]));
		link_connect(&links[i]);
	}
	return pool;
}

void db_pool_destroy(struct db_pool *pool)
{
	if (!pool)
		return;
	while (pool->oldest)
		query_free(pool->oldest); /* NOLINT(clang-analyzer-unix.Malloc) */
	for (int i = 0; i < pool->links_count; i++) {
		link_drop_events(&pool->links[i]);
		event_free(pool->links[i].retry);
		PQclear(pool->links[i].result);
		PQfinish(pool->links[i].connection);
	}
	event_free(pool->deadline);
	free(pool->links);
	free(pool->conninfo);
	free(pool->program);
	buf_release(&pool->text);
	free(pool);
}

enum status db_query(struct db_pool *pool, const struct db_statement *statement,
		     const struct db_param *params, int count, db_done *done, void *ctx,
		     struct db_query **out, struct err *err)
{
	bool idle = pool->stats.busy < pool->stats.connected;
	if (!idle && pool->stats.queued >= pool->queue_max) {
		pool->stats.refused++;
		return err_set(err, UNAVAILABLE, "the database's queue is full (%d)",
			       pool->queue_max);
	}
	struct db_query *query = memory_alloc(sizeof(*query));
	enum status status = libpq_params_set(&query->params, statement, params, count, err);
	if (status != OK) {
		libpq_params_release(&query->params);
		free(query);
		return err_prefix(err, status, "%s", statement->name);
	}
	query->pool = pool;
	query->statement = statement;
	query->done = done;
	query->ctx = ctx;
	query->deadline_ms = clock_ms() + pool->timeout_ms;
	query_append(pool, query);
	pool->stats.queries++;
	pool->stats.queued++;
	if (!pool->next_waiting)
		pool->next_waiting = query;
	if (out)
		*out = query;
	query->came_us = clock_us();
	struct str request = log_request();
	memcpy(query->request, request.p, request.n);
	query->while_away = pool->away;
	if (pool->away)
		pool_attempt(pool);
	pool_dispatch(pool);
	return OK;
}

void db_query_cancel(struct db_query *query)
{
	if (query->link)
		query->done = NULL;
	else
		query_free(query);
}

void db_pool_stats(const struct db_pool *pool, struct db_pool_stats *out)
{
	*out = pool->stats;
}
