#include "heal/act/act.h"
#include "sql/heal.h"

enum status act_run(struct db *db, const struct observe_server *server, enum judge_relief relief,
		    const struct observe_session *s, bool *done, struct err *err)
{
	/* By relief; a server before 14 has no query_id. */
	static const struct db_statement *const statements[][2] = {
	    [JUDGE_CANCEL] = {&sql_heal_cancel_13, &sql_heal_cancel},
	    [JUDGE_TERMINATE] = {&sql_heal_terminate_13, &sql_heal_terminate},
	};
	const bool has_id = server->version >= 140000;
	const struct db_param params[] = {
	    DB_I64(s->pid),
	    DB_I64(s->backend_start),
	    DB_I64(relief == JUDGE_CANCEL ? s->query_start : s->state_change),
	    DB_I64(s->xact_start),
	    DB_Z(s->application),
	    DB_I64(server->start),
	    DB_BOOL(server->standby),
	    s->hashed || !s->fingerprint ? DB_NULL : DB_I64((int64_t)s->fingerprint),
	};
	struct db_rows rows;
	*done = false;
	enum status status = db_run(db, statements[relief][has_id], params,
				    (int)COUNT_OF(params) - !has_id, &rows, err);
	if (status != OK)
		return err_prefix(
		    err, status, status == DENIED ? "GRANT pg_signal_backend to this role" : "act");
	*done = rows.rows == 1 && db_bool(&rows, 0, SQL_HEAL_SIGNAL_SIGNALLED);
	db_rows_release(&rows);
	return OK;
}
