#ifndef OBSERVE_SERVER_INTERNAL_H
#define OBSERVE_SERVER_INTERNAL_H

#include "db/db.h"
#include "observe/observe.h"

/* ---- rows.c: rows of the statements of observe.sql into a sample ---- */

void observer_take_activity(const struct db_rows *rows, int64_t query_bytes, uint64_t key,
			    struct observe_sample *sample);
void observer_take_locks(const struct db_rows *rows, struct observe_sample *sample);
void observer_take_progress(const struct db_rows *rows, struct observe_sample *sample);
void observer_take_permitted(const struct db_rows *rows, struct observe_sample *sample);
void observer_take_horizon(const struct db_rows *rows, struct observe_sample *sample);
/* Sessions that keep dead rows, beside the holders that are there. */
void observer_take_holding_sessions(struct observe_sample *sample);
void observer_take_state(const struct db_rows *rows, struct observe_sample *sample);
void observer_take_temporary(const struct db_rows *rows, struct observe_sample *sample);
void observer_take_slots(const struct db_rows *rows, struct observe_sample *sample);
void observer_take_tables(const struct db_rows *rows, struct observe_sample *sample);

/* ---- counters.c: pg_stat_statements, as differences ---- */

struct observer_counters;
struct observer_counters *observer_counters_new(void);
void observer_counters_free(struct observer_counters *c);
/* The next reading is the first of a server. */
void observer_counters_forget(struct observer_counters *c);
/* Whether the counters were reset since the last call. UNKNOWN: the server does not say it. */
enum observer_reset { OBSERVER_NO_RESET, OBSERVER_RESET, OBSERVER_RESET_UNKNOWN };
/* The statements that did most since the last call, or nothing at the first and after a reset. */
void observer_take_statements(struct observer_counters *c, const struct db_rows *rows,
			      enum observer_reset reset, struct observe_sample *sample);
/* Remember the text of a statement. */
void observer_counters_learn(struct observer_counters *c, uint64_t fingerprint,
			     const struct observe_text *text);
/* Its text and verb into s; false when it is not known. */
bool observer_counters_text(struct observer_counters *c, struct observe_statement *s);

#endif
