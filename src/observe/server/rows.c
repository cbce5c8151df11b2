#include "observe/server/internal.h"
#include "sql/observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t rows_i64(const struct db_rows *rows, int row, int column, int64_t otherwise)
{
	return db_null(rows, row, column) ? otherwise : db_i64(rows, row, column);
}

static enum observe_state rows_state(struct str state)
{
	if (str_eq(state, STR("active")) || str_eq(state, STR("fastpath function call")))
		return OBSERVE_ACTIVE;
	if (str_starts(state, STR("idle in transaction")))
		return OBSERVE_IN_TRANSACTION;
	return str_eq(state, STR("idle")) ? OBSERVE_IDLE : OBSERVE_UNKNOWN;
}

static enum observe_kind rows_kind(struct str type, bool follows)
{
	if (follows || str_eq(type, STR("parallel worker")))
		return OBSERVE_PARALLEL;
	if (str_eq(type, STR("autovacuum worker")))
		return OBSERVE_VACUUM;
	return str_eq(type, STR("client backend")) ? OBSERVE_CLIENT : OBSERVE_SERVER;
}

static void rows_blockers(struct str list, struct observe_session *s)
{
	if (list.n < 2)
		return;
	list = (struct str){list.p + 1, list.n - 2};
	while (list.p && s->blockers < OBSERVE_BLOCKERS) {
		int64_t pid;
		if (str_to_i64(str_cut(&list, ','), 0, INT32_MAX, &pid))
			s->blocker[s->blockers++] = (int32_t)pid;
	}
}

static void rows_session(const struct db_rows *rows, int i, int64_t query_bytes, uint64_t key,
			 struct observe_session *s)
{
#define COLUMN(name) SQL_OBSERVE_ACTIVITY_##name
	s->pid = (int32_t)db_i64(rows, i, COLUMN(PID));
	s->leader_pid = (int32_t)rows_i64(rows, i, COLUMN(LEADER_PID), 0);
	s->kind = rows_kind(db_text(rows, i, COLUMN(BACKEND_TYPE)), s->leader_pid != 0);
	s->state = rows_state(db_text(rows, i, COLUMN(STATE)));
	s->backend_start = rows_i64(rows, i, COLUMN(BACKEND_START), 0);
	s->xact_start = rows_i64(rows, i, COLUMN(XACT_START), 0);
	s->query_start = rows_i64(rows, i, COLUMN(QUERY_START), 0);
	s->state_change = rows_i64(rows, i, COLUMN(STATE_CHANGE), 0);
	s->xid_age = rows_i64(rows, i, COLUMN(XID_AGE), -1);
	s->xmin_age = rows_i64(rows, i, COLUMN(XMIN_AGE), -1);
	OBSERVE_SET(s->role, db_text(rows, i, COLUMN(ROLE)));
	OBSERVE_SET(s->application, db_text(rows, i, COLUMN(APPLICATION)));
	OBSERVE_SET(s->client, db_text(rows, i, COLUMN(CLIENT)));
	OBSERVE_SET(s->wait_type, db_text(rows, i, COLUMN(WAIT_TYPE)));
	OBSERVE_SET(s->wait, db_text(rows, i, COLUMN(WAIT)));
	rows_blockers(db_text(rows, i, COLUMN(BLOCKERS)), s);
	struct str query = db_text(rows, i, COLUMN(QUERY));
	if (query.n) {
		observe_redact(query, (size_t)query_bytes, key, &s->text);
		s->fingerprint = (uint64_t)rows_i64(rows, i, COLUMN(QUERY_ID), 0);
		struct observe_text same;
		if (!s->fingerprint) { /* compute_query_id is off, or version 13 */
			observe_redact(str_of(s->text.text), 0, 0, &same);
			s->fingerprint = same.hash;
			s->hashed = true;
		}
	}
#undef COLUMN
}

void observer_take_activity(const struct db_rows *rows, int64_t query_bytes, uint64_t key,
			    struct observe_sample *sample)
{
	/* Those that do something first: when there is no room, idle ones are left out. */
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < rows->rows; i++) {
			enum observe_state state =
			    rows_state(db_text(rows, i, SQL_OBSERVE_ACTIVITY_STATE));
			bool client = str_eq(db_text(rows, i, SQL_OBSERVE_ACTIVITY_BACKEND_TYPE),
					     STR("client backend"));
			bool first = state == OBSERVE_ACTIVE || state == OBSERVE_IN_TRANSACTION;
			if (first != (pass == 0))
				continue;
			sample->connections += client;
			sample->idle += client && state == OBSERVE_IDLE;
			if (sample->sessions == OBSERVE_SESSIONS)
				sample->left_out++;
			else
				rows_session(rows, i, query_bytes, key,
					     &sample->session[sample->sessions++]);
		}
	}
	if (rows->rows)
		sample->at = db_i64(rows, 0, SQL_OBSERVE_ACTIVITY_NOW);
}

static struct observe_session *rows_find(struct observe_sample *sample, int64_t pid)
{
	for (int i = 0; i < sample->sessions; i++) {
		if (sample->session[i].pid == pid)
			return &sample->session[i];
	}
	return NULL;
}

void observer_take_locks(const struct db_rows *rows, struct observe_sample *sample)
{
	for (int i = 0; i < rows->rows; i++) {
		struct observe_session *s =
		    rows_find(sample, rows_i64(rows, i, SQL_OBSERVE_LOCKS_PID, 0));
		if (!s)
			continue;
		OBSERVE_SET(s->lock_mode, db_text(rows, i, SQL_OBSERVE_LOCKS_MODE));
		OBSERVE_SET(s->lock_object, db_text(rows, i, SQL_OBSERVE_LOCKS_OBJECT));
	}
}

void observer_take_progress(const struct db_rows *rows, struct observe_sample *sample)
{
	for (int i = 0; i < rows->rows; i++) {
		struct observe_session *s =
		    rows_find(sample, db_i64(rows, i, SQL_OBSERVE_PROGRESS_PID));
		if (s)
			OBSERVE_SET(s->work, db_text(rows, i, SQL_OBSERVE_PROGRESS_WORK));
	}
}

void observer_take_permitted(const struct db_rows *rows, struct observe_sample *sample)
{
	for (int i = 0; i < rows->rows; i++) {
		struct observe_session *s =
		    rows_find(sample, db_i64(rows, i, SQL_OBSERVE_PERMITTED_PID));
		if (s)
			s->excused = true;
	}
}

/* Into the sample's holders, by age; the youngest is left out when there is no room. */
static void rows_hold(struct observe_sample *sample, const struct observe_holder *h)
{
	int at = sample->holders;
	while (at && sample->holder[at - 1].age < h->age)
		at--;
	if (at == OBSERVE_HOLDERS)
		return;
	if (sample->holders < OBSERVE_HOLDERS)
		sample->holders++;
	memmove(&sample->holder[at + 1], &sample->holder[at],
		sizeof(*h) * (size_t)(sample->holders - 1 - at));
	sample->holder[at] = *h;
}

void observer_take_horizon(const struct db_rows *rows, struct observe_sample *sample)
{
	for (int i = 0; i < rows->rows; i++) {
		struct observe_holder h = {
		    .kind = (enum observe_holding)db_i64(rows, i, SQL_OBSERVE_HORIZON_KIND),
		    .age = rows_i64(rows, i, SQL_OBSERVE_HORIZON_AGE, -1),
		    .since = rows_i64(rows, i, SQL_OBSERVE_HORIZON_SINCE, 0)};
		OBSERVE_SET(h.name, db_text(rows, i, SQL_OBSERVE_HORIZON_NAME));
		int64_t pid;
		if (h.kind == OBSERVE_STANDBY) {
			const struct observe_session *s =
			    str_to_i64(str_of(h.name), 1, INT32_MAX, &pid) ? rows_find(sample, pid)
									   : NULL;
			if (!s || s->xmin_age < 0)
				continue;
			h.age = s->xmin_age;
			h.since = s->backend_start;
		}
		rows_hold(sample, &h);
	}
}

void observer_take_holding_sessions(struct observe_sample *sample)
{
	for (int i = 0; i < sample->sessions; i++) {
		const struct observe_session *s = &sample->session[i];
		struct observe_holder h = {.kind = OBSERVE_SESSION,
					   .age =
					       s->xid_age > s->xmin_age ? s->xid_age : s->xmin_age,
					   .since = s->xact_start};
		if (s->kind != OBSERVE_CLIENT || h.age < 0)
			continue;
		snprintf(h.name, sizeof(h.name), "%d", s->pid);
		rows_hold(sample, &h);
	}
}

void observer_take_tables(const struct db_rows *rows, struct observe_sample *sample)
{
	for (int i = 0; i < rows->rows && sample->tables < OBSERVE_TABLES; i++) {
		struct observe_table *t = &sample->table[sample->tables++];
		OBSERVE_SET(t->name, db_text(rows, i, SQL_OBSERVE_TABLES_NAME));
		if (!db_null(rows, i, SQL_OBSERVE_TABLES_PARENT))
			OBSERVE_SET(t->parent, db_text(rows, i, SQL_OBSERVE_TABLES_PARENT));
		t->dead = db_i64(rows, i, SQL_OBSERVE_TABLES_DEAD);
		t->modified = db_i64(rows, i, SQL_OBSERVE_TABLES_MODIFIED);
		t->estimate = db_i64(rows, i, SQL_OBSERVE_TABLES_ESTIMATE);
		t->vacuum_at = db_i64(rows, i, SQL_OBSERVE_TABLES_VACUUM_AT);
		t->vacuumed = rows_i64(rows, i, SQL_OBSERVE_TABLES_VACUUMED, 0);
		t->analyzed = rows_i64(rows, i, SQL_OBSERVE_TABLES_ANALYZED, 0);
		t->live = db_i64(rows, i, SQL_OBSERVE_TABLES_LIVE);
		t->vacuum_off = db_bool(rows, i, SQL_OBSERVE_TABLES_VACUUM_OFF);
		t->analyze_off = db_bool(rows, i, SQL_OBSERVE_TABLES_ANALYZE_OFF);
	}
}

void observer_take_state(const struct db_rows *rows, struct observe_sample *sample)
{
	if (!rows->rows)
		return;
	sample->xids.age = db_i64(rows, 0, SQL_OBSERVE_STATE_FROZEN_AGE);
	sample->xids.freeze_max = db_i64(rows, 0, SQL_OBSERVE_STATE_FREEZE_MAX);
	OBSERVE_SET(sample->xids.database, db_text(rows, 0, SQL_OBSERVE_STATE_FROZEN_DATABASE));
	sample->multixacts.age = db_i64(rows, 0, SQL_OBSERVE_STATE_MULTIXACT_AGE);
	sample->multixacts.freeze_max = db_i64(rows, 0, SQL_OBSERVE_STATE_MULTIXACT_MAX);
	OBSERVE_SET(sample->multixacts.database,
		    db_text(rows, 0, SQL_OBSERVE_STATE_MULTIXACT_DATABASE));
	sample->checkpoint_at = rows_i64(rows, 0, SQL_OBSERVE_STATE_CHECKPOINT_AT, 0);
	sample->wal_at = rows_i64(rows, 0, SQL_OBSERVE_STATE_WAL_AT, 0);
	sample->temporary_at = rows_i64(rows, 0, SQL_OBSERVE_STATE_TEMPORARY_AT, 0);
	sample->deadlocks_at = rows_i64(rows, 0, SQL_OBSERVE_STATE_DEADLOCKS_AT, 0);
	sample->sessions_at = rows_i64(rows, 0, SQL_OBSERVE_STATE_SESSIONS_AT, 0);
	sample->archive_failed_at = rows_i64(rows, 0, SQL_OBSERVE_STATE_ARCHIVE_FAILED_AT, 0);
	sample->archive_fails = db_bool(rows, 0, SQL_OBSERVE_STATE_ARCHIVE_FAILS);
	if (!db_null(rows, 0, SQL_OBSERVE_STATE_ROOM_OF)) {
		OBSERVE_SET(sample->room.name, db_text(rows, 0, SQL_OBSERVE_STATE_ROOM_OF));
		sample->room.bound = db_i64(rows, 0, SQL_OBSERVE_STATE_ROOM);
		sample->room.used = db_i64(rows, 0, SQL_OBSERVE_STATE_ROOM_USED);
	}
}

void observer_take_temporary(const struct db_rows *rows, struct observe_sample *sample)
{
	for (int i = 0; i < rows->rows; i++) {
		struct observe_session *s =
		    rows_find(sample, (int32_t)db_i64(rows, i, SQL_OBSERVE_TEMPORARY_PID));
		if (s)
			s->temporary = db_i64(rows, i, SQL_OBSERVE_TEMPORARY_BYTES);
	}
}

void observer_take_slots(const struct db_rows *rows, struct observe_sample *sample)
{
	for (int i = 0; i < rows->rows && sample->slots < OBSERVE_SLOTS; i++) {
		struct observe_slot *s = &sample->slot[sample->slots++];
		int64_t retained = rows_i64(rows, i, SQL_OBSERVE_SLOTS_RETAINED, 0);
		OBSERVE_SET(s->name, db_text(rows, i, SQL_OBSERVE_SLOTS_NAME));
		s->active = db_bool(rows, i, SQL_OBSERVE_SLOTS_ACTIVE);
		s->state = db_bool(rows, i, SQL_OBSERVE_SLOTS_LOST)     ? OBSERVE_SLOT_LOST
			   : db_bool(rows, i, SQL_OBSERVE_SLOTS_LEAVES) ? OBSERVE_SLOT_LEAVES
									: OBSERVE_SLOT_KEEPS;
		s->retained = retained > 0 ? retained : 0;
		s->usual = db_i64(rows, i, SQL_OBSERVE_SLOTS_USUAL);
	}
}
