#include "monitor/look.h"
#include "db/db.h"
#include "sql/monitor.h"

void monitor_look(struct db **db, const char *conninfo, const char *program, struct arena *arena,
		  int64_t flush_ms, struct monitor_view *view, struct err *why)
{
	struct db_rows rows = {0};
	arena_reset(arena);
	*view = (struct monitor_view){0};
	why->text[0] = '\0';
	if (!*db && db_open(db, conninfo, program, why) != OK)
		*db = NULL;
	if (*db) {
		db_limit_wait(*db, MONITOR_ANSWER_MS);
		if (DB_RUN(*db, sql_monitor_read, &rows, why) == OK) {
			if (!monitor_take(&rows, arena, view))
				*view = (struct monitor_view){0};
			db_rows_release(&rows);
		} else {
			db_close(*db);
			*db = NULL;
		}
	}
	monitor_judge(view, view->known ? 0 : -1, flush_ms);
}
