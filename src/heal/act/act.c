#include "heal/act/act.h"
#include "sql/heal.h"

enum status act_run(struct db *db, int64_t version, enum judge_relief relief,
		    const struct observe_session *s, bool *done, struct err *err)
{
	struct db_rows rows;
	enum status status;
	struct db_param query = s->hashed ? DB_NULL : DB_I64((int64_t)s->fingerprint);
	*done = false;
	if (relief == JUDGE_CANCEL && version < 140000)
		status = DB_RUN(db, sql_heal_cancel_13, &rows, err, DB_I64(s->pid),
				DB_I64(s->backend_start), DB_I64(s->query_start),
				DB_I64(s->xact_start), DB_Z(s->application));
	else if (relief == JUDGE_CANCEL)
		status = DB_RUN(db, sql_heal_cancel, &rows, err, DB_I64(s->pid),
				DB_I64(s->backend_start), DB_I64(s->query_start),
				DB_I64(s->xact_start), DB_Z(s->application), query);
	else
		status = DB_RUN(db, sql_heal_terminate, &rows, err, DB_I64(s->pid),
				DB_I64(s->backend_start), DB_I64(s->state_change),
				DB_I64(s->xact_start), DB_Z(s->application));
	if (status != OK)
		return err_prefix(
		    err, status, status == DENIED ? "GRANT pg_signal_backend to this role" : "act");
	*done = rows.rows == 1 && db_bool(&rows, 0, SQL_HEAL_SIGNAL_SIGNALLED);
	db_rows_release(&rows);
	return OK;
}
