/* The worker's connection: statements are timed, a lost connection is made again. */
#include <poll.h>

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/internal.h"

int64_t worker_option(const struct worker *w, enum config_id id)
{
	return config_number(w->options->config, id);
}

int64_t worker_lease_ms(const struct worker *w)
{
	return 3 * worker_option(w, CONFIG_PIPELINE_HEARTBEAT) +
	       worker_option(w, CONFIG_PIPELINE_TIMEOUT);
}

bool pipeline_wait(const struct db *db, int fd, int64_t timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	must(!db || !db_in_transaction(db));
	if (timeout_ms < 0)
		timeout_ms = 0;
	return poll(&p, 1, timeout_ms > 60000 ? 60000 : (int)timeout_ms) > 0;
}

/* Reconnect when the connection was lost; claims stay ours meanwhile, until their lease expires. */
static enum status worker_connect(struct worker *w, struct err *err)
{
	if (w->db)
		return OK;
	if (clock_ms() < w->retry_at_ms)
		return err_set(err, UNAVAILABLE, "the database is away");
	enum status status = db_open(&w->db, w->options->conninfo, "holdfast-worker", err);
	if (status == OK)
		return OK;
	w->db = NULL;
	w->retry_at_ms = clock_ms() + RECONNECT_MS;
	return status == FAILED ? UNAVAILABLE : status;
}

enum status worker_run(struct worker *w, const struct db_statement *statement,
		       const struct db_param *params, int count, struct db_rows *rows,
		       struct err *err)
{
	int64_t began = clock_us();
	enum status status = worker_connect(w, err);
	if (status == OK)
		status = db_run(w->db, statement, params, count, rows, err);
	w->database_us += clock_us() - began;
	if (status == UNAVAILABLE && w->db) {
		log_warn("the database is away", LOG_S("statement", statement->name),
			 LOG_S("error", err->text));
		db_close(w->db);
		w->db = NULL;
		w->retry_at_ms = clock_ms() + RECONNECT_MS;
	}
	return status;
}
