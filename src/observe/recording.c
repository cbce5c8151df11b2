/* Recordings. Every field is one row of a table, from which it is written and read. */
#include "observe/observe.h"
#include "base/ascii.h"
#include "base/json.h"

#include <stddef.h>
#include <string.h>

enum recording_kind {
	RECORDING_TEXT,
	RECORDING_I64,
	RECORDING_I32,
	RECORDING_BOOL,
	RECORDING_DOUBLE,
	RECORDING_HASH, /* 64 bits as hexadecimal digits */
	RECORDING_ENUM  /* an int below `limit` */
};

struct recording_field {
	const char *key;
	enum recording_kind kind;
	size_t offset, limit; /* limit: bytes of a text, values of an enum */
};
#define FIELD(type, key, member, kind, limit)                                                      \
	{                                                                                          \
		key, RECORDING_##kind, offsetof(struct type, member), limit                        \
	}
#define TEXT_FIELD(type, key, member)                                                              \
	FIELD(type, key, member, TEXT, sizeof(((struct type *)0)->member))

static const struct recording_field server_fields[] = {
    FIELD(observe_server, "version", version, I64, 0),
    TEXT_FIELD(observe_server, "version_text", version_text),
    TEXT_FIELD(observe_server, "database", database),
    FIELD(observe_server, "standby", standby, BOOL, 0),
    FIELD(observe_server, "monitor", monitor, BOOL, 0),
    FIELD(observe_server, "statements", statements, BOOL, 0),
    FIELD(observe_server, "connections_max", connections_max, I64, 0),
    FIELD(observe_server, "query_bytes", query_bytes, I64, 0),
    FIELD(observe_server, "workers_max", workers_max, I64, 0),
    {0},
};
static const struct recording_field sample_fields[] = {
    FIELD(observe_sample, "at", at, I64, 0),
    FIELD(observe_sample, "reach", reach, ENUM, OBSERVE_HUNG + 1),
    FIELD(observe_sample, "server_start", server_start, I64, 0),
    FIELD(observe_sample, "connections", connections, I32, 0),
    FIELD(observe_sample, "idle", idle, I32, 0),
    FIELD(observe_sample, "left_out", left_out, I32, 0),
    FIELD(observe_sample, "frozen_age", xids.age, I64, 0),
    FIELD(observe_sample, "freeze_max", xids.freeze_max, I64, 0),
    TEXT_FIELD(observe_sample, "frozen_database", xids.database),
    FIELD(observe_sample, "multixact_age", multixacts.age, I64, 0),
    FIELD(observe_sample, "multixact_max", multixacts.freeze_max, I64, 0),
    TEXT_FIELD(observe_sample, "multixact_database", multixacts.database),
    FIELD(observe_sample, "checkpoint_at", checkpoint_at, I64, 0),
    FIELD(observe_sample, "wal_at", wal_at, I64, 0),
    FIELD(observe_sample, "temporary_at", temporary_at, I64, 0),
    FIELD(observe_sample, "deadlocks_at", deadlocks_at, I64, 0),
    FIELD(observe_sample, "sessions_at", sessions_at, I64, 0),
    FIELD(observe_sample, "archive_failed_at", archive_failed_at, I64, 0),
    FIELD(observe_sample, "archive_fails", archive_fails, BOOL, 0),
    TEXT_FIELD(observe_sample, "room_of", room.name),
    FIELD(observe_sample, "room", room.bound, I64, 0),
    FIELD(observe_sample, "room_used", room.used, I64, 0),
    FIELD(observe_sample, "statistics_reset", statistics_reset, BOOL, 0),
    {0},
};
static const struct recording_field slot_fields[] = {
    TEXT_FIELD(observe_slot, "name", name),
    FIELD(observe_slot, "active", active, BOOL, 0),
    FIELD(observe_slot, "state", state, ENUM, OBSERVE_SLOT_LOST + 1),
    FIELD(observe_slot, "retained", retained, I64, 0),
    FIELD(observe_slot, "usual", usual, I64, 0),
    {0},
};
static const struct recording_field session_fields[] = {
    FIELD(observe_session, "pid", pid, I32, 0),
    FIELD(observe_session, "leader", leader_pid, I32, 0),
    FIELD(observe_session, "kind", kind, ENUM, OBSERVE_SERVER + 1),
    FIELD(observe_session, "state", state, ENUM, OBSERVE_IN_TRANSACTION + 1),
    FIELD(observe_session, "backend_start", backend_start, I64, 0),
    FIELD(observe_session, "xact_start", xact_start, I64, 0),
    FIELD(observe_session, "query_start", query_start, I64, 0),
    FIELD(observe_session, "state_change", state_change, I64, 0),
    FIELD(observe_session, "xid_age", xid_age, I64, 0),
    FIELD(observe_session, "xmin_age", xmin_age, I64, 0),
    FIELD(observe_session, "fingerprint", fingerprint, HASH, 0),
    FIELD(observe_session, "hashed", hashed, BOOL, 0),
    FIELD(observe_session, "verb", text.verb, ENUM, OBSERVE_OTHER + 1),
    FIELD(observe_session, "parameters", text.parameters, BOOL, 0),
    FIELD(observe_session, "cut", text.cut, BOOL, 0),
    FIELD(observe_session, "hash", text.hash, HASH, 0),
    TEXT_FIELD(observe_session, "text", text.text),
    TEXT_FIELD(observe_session, "route", text.route),
    TEXT_FIELD(observe_session, "role", role),
    TEXT_FIELD(observe_session, "application", application),
    TEXT_FIELD(observe_session, "client", client),
    TEXT_FIELD(observe_session, "wait_type", wait_type),
    TEXT_FIELD(observe_session, "wait", wait),
    TEXT_FIELD(observe_session, "lock_mode", lock_mode),
    TEXT_FIELD(observe_session, "lock_object", lock_object),
    TEXT_FIELD(observe_session, "work", work),
    TEXT_FIELD(observe_session, "behind", behind),
    FIELD(observe_session, "excused", excused, BOOL, 0),
    FIELD(observe_session, "temporary", temporary, I64, 0),
    {0},
};
static const struct recording_field statement_fields[] = {
    FIELD(observe_statement, "fingerprint", fingerprint, HASH, 0),
    FIELD(observe_statement, "calls", calls, I64, 0),
    FIELD(observe_statement, "rows", rows, I64, 0),
    FIELD(observe_statement, "blocks", blocks, I64, 0),
    FIELD(observe_statement, "ms", exec_ms, DOUBLE, 0),
    FIELD(observe_statement, "verb", verb, ENUM, OBSERVE_OTHER + 1),
    TEXT_FIELD(observe_statement, "text", text),
    {0},
};
static const struct recording_field pool_fields[] = {
    TEXT_FIELD(observe_pool, "database", database),
    TEXT_FIELD(observe_pool, "role", role),
    TEXT_FIELD(observe_pool, "mode", mode),
    FIELD(observe_pool, "active", active, I64, 0),
    FIELD(observe_pool, "waiting", waiting, I64, 0),
    FIELD(observe_pool, "servers", servers, I64, 0),
    FIELD(observe_pool, "free", free, I64, 0),
    FIELD(observe_pool, "longest", longest, I64, 0),
    FIELD(observe_pool, "transactions", transactions, I64, 0),
    FIELD(observe_pool, "transaction_us", transaction_us, I64, 0),
    FIELD(observe_pool, "query_us", query_us, I64, 0),
    FIELD(observe_pool, "wait_us", wait_us, I64, 0),
    {0},
};
static const struct recording_field holder_fields[] = {
    FIELD(observe_holder, "kind", kind, ENUM, OBSERVE_SESSION + 1),
    TEXT_FIELD(observe_holder, "name", name),
    FIELD(observe_holder, "age", age, I64, 0),
    FIELD(observe_holder, "since", since, I64, 0),
    {0},
};
static const struct recording_field table_fields[] = {
    TEXT_FIELD(observe_table, "name", name),
    TEXT_FIELD(observe_table, "parent", parent),
    FIELD(observe_table, "dead", dead, I64, 0),
    FIELD(observe_table, "modified", modified, I64, 0),
    FIELD(observe_table, "estimate", estimate, I64, 0),
    FIELD(observe_table, "vacuum_at", vacuum_at, I64, 0),
    FIELD(observe_table, "vacuumed", vacuumed, I64, 0),
    FIELD(observe_table, "analyzed", analyzed, I64, 0),
    FIELD(observe_table, "live", live, I64, 0),
    FIELD(observe_table, "vacuum_off", vacuum_off, BOOL, 0),
    FIELD(observe_table, "analyze_off", analyze_off, BOOL, 0),
    {0},
};

/* The lists of a sample. */
static const struct recording_list {
	const char *key;
	const struct recording_field *fields;
	size_t offset, count_offset, size;
	int room;
} lists[] = {
    {"sessions", session_fields, offsetof(struct observe_sample, session),
     offsetof(struct observe_sample, sessions), sizeof(struct observe_session), OBSERVE_SESSIONS},
    {"statements", statement_fields, offsetof(struct observe_sample, statement),
     offsetof(struct observe_sample, statements), sizeof(struct observe_statement),
     OBSERVE_STATEMENTS},
    {"holders", holder_fields, offsetof(struct observe_sample, holder),
     offsetof(struct observe_sample, holders), sizeof(struct observe_holder), OBSERVE_HOLDERS},
    {"tables", table_fields, offsetof(struct observe_sample, table),
     offsetof(struct observe_sample, tables), sizeof(struct observe_table), OBSERVE_TABLES},
    {"slots", slot_fields, offsetof(struct observe_sample, slot),
     offsetof(struct observe_sample, slots), sizeof(struct observe_slot), OBSERVE_SLOTS},
    {"pools", pool_fields, offsetof(struct observe_sample, pool),
     offsetof(struct observe_sample, pools), sizeof(struct observe_pool), OBSERVE_POOLS},
};

/* ---- writing: zeros and empty texts are left out ---- */

static void recording_write_field(struct json_writer *w, const struct recording_field *f,
				  const char *at)
{
	char hex[HEX_U64];
	double real;
	int64_t number = f->kind == RECORDING_I64 ? *(const int64_t *)at
			 : f->kind == RECORDING_I32 || f->kind == RECORDING_ENUM
			     ? *(const int32_t *)at
			     : 0;
	switch (f->kind) {
	case RECORDING_TEXT:
		if (at[0])
			json_member_z(w, f->key, at);
		break;
	case RECORDING_I64:
	case RECORDING_I32:
	case RECORDING_ENUM:
		if (number)
			json_member_i64(w, f->key, number);
		break;
	case RECORDING_BOOL:
		if (*(const bool *)at)
			json_member_bool(w, f->key, true);
		break;
	case RECORDING_DOUBLE:
		json_key(w, f->key);
		memcpy(&real, at, sizeof(real));
		json_put_double(w, real, 3);
		break;
	case RECORDING_HASH:
		hex_u64(f->kind == RECORDING_HASH ? *(const uint64_t *)at : 0, hex);
		if (*(const uint64_t *)at)
			json_member_z(w, f->key, hex);
		break;
	}
}

static void recording_write(struct json_writer *w, const struct recording_field *f,
			    const void *record)
{
	for (; f->key; f++)
		recording_write_field(w, f, (const char *)record + f->offset);
}

void observe_write_server(struct buf *out, const struct observe_server *server)
{
	struct json_writer w;
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_i64(&w, "holdfast_recording", 1);
	recording_write(&w, server_fields, server);
	json_object_end(&w);
	buf_putc(out, '\n');
}

static void recording_write_blockers(struct json_writer *w, const struct observe_session *s)
{
	json_key(w, "blockers");
	json_array_begin(w);
	for (int i = 0; i < s->blockers; i++)
		json_put_i64(w, s->blocker[i]);
	json_array_end(w);
}

void observe_write_sample(struct buf *out, const struct observe_sample *sample)
{
	struct json_writer w;
	const char *base = (const char *)sample;
	json_writer_init(&w, out);
	json_object_begin(&w);
	recording_write(&w, sample_fields, sample);
	for (size_t l = 0; l < COUNT_OF(lists); l++) {
		int count = *(const int *)(base + lists[l].count_offset);
		json_key(&w, lists[l].key);
		json_array_begin(&w);
		for (int i = 0; i < count; i++) {
			json_object_begin(&w);
			recording_write(&w, lists[l].fields,
					base + lists[l].offset + (size_t)i * lists[l].size);
			if (lists[l].fields == session_fields && sample->session[i].blockers)
				recording_write_blockers(&w, &sample->session[i]);
			json_object_end(&w);
		}
		json_array_end(&w);
	}
	json_object_end(&w);
	buf_putc(out, '\n');
}

/* ---- reading ---- */

static bool recording_hash(struct str text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.n; i++) {
		int digit = hex_value(text.p[i]);
		if (digit < 0)
			return false;
		*out = *out << 4 | (uint64_t)digit;
	}
	return text.n > 0 && text.n <= 16;
}

/* False: not of the field's type, or out of its range. */
static bool recording_read_field(const struct recording_field *f, const struct json_value *v,
				 char *at)
{
	int64_t number = 0;
	double real = 0;
	switch (f->kind) {
	case RECORDING_TEXT:
		if (v->kind != JSON_IS_STRING)
			return false;
		observe_set(at, f->limit, v->text);
		return true;
	case RECORDING_I64:
		/* Far from both ends, so that differences cannot overflow. */
		if (!json_i64(v, &number) || number < -1 || number > INT64_MAX / 8)
			return false;
		*(int64_t *)at = number;
		return true;
	case RECORDING_I32:
	case RECORDING_ENUM:
		if (!json_i64(v, &number) || number < 0 || number > INT32_MAX / 8 ||
		    (f->kind == RECORDING_ENUM && number >= (int64_t)f->limit))
			return false;
		*(int32_t *)at = (int32_t)number; /* enums are ints */
		return true;
	case RECORDING_BOOL:
		*(bool *)at = v->boolean;
		return v->kind == JSON_IS_BOOL;
	case RECORDING_DOUBLE:
		if (!json_double(v, &real) || !(real >= 0 && real < 1e15))
			return false;
		memcpy(at, &real, sizeof(real));
		return true;
	case RECORDING_HASH:
		return v->kind == JSON_IS_STRING && recording_hash(v->text, (uint64_t *)at);
	}
	return false;
}

static enum status recording_read(const struct recording_field *f, const struct json_value *v,
				  void *record, struct err *err)
{
	if (!v || v->kind != JSON_IS_OBJECT)
		return err_set(err, INVALID, "not a recording: an object is missing");
	for (; f->key; f++) {
		const struct json_value *field = json_get(v, f->key);
		if (field && !recording_read_field(f, field, (char *)record + f->offset))
			return err_set(err, INVALID, "the value of \"%s\" is not allowed", f->key);
	}
	return OK;
}

static enum status recording_read_list(const struct recording_list *list,
				       const struct json_value *sample, char *base, struct err *err)
{
	const struct json_value *array = json_get(sample, list->key);
	int *count = (int *)(base + list->count_offset);
	if (!array)
		return OK;
	if (array->kind != JSON_IS_ARRAY)
		return err_set(err, INVALID, "\"%s\" is not a list", list->key);
	for (const struct json_value *v = array->first; v; v = v->next) {
		if (*count == list->room)
			return err_set(err, TOO_LARGE, "\"%s\" has more than %d entries", list->key,
				       list->room);
		enum status status = recording_read(
		    list->fields, v, base + list->offset + (size_t)*count * list->size, err);
		if (status != OK)
			return status;
		++*count;
	}
	return OK;
}

static enum status recording_read_blockers(const struct json_value *sample,
					   struct observe_sample *out, struct err *err)
{
	const struct json_value *sessions = json_get(sample, "sessions");
	int i = 0;
	for (const struct json_value *v = sessions ? sessions->first : NULL; v; v = v->next, i++) {
		struct observe_session *s = &out->session[i];
		const struct json_value *list = json_get(v, "blockers");
		for (const struct json_value *b = list ? list->first : NULL; b; b = b->next) {
			int64_t pid;
			if (!json_i64(b, &pid) || pid < 0 || pid > INT32_MAX)
				return err_set(err, INVALID, "\"blockers\" are process ids");
			if (s->blockers < OBSERVE_BLOCKERS)
				s->blocker[s->blockers++] = (int32_t)pid;
		}
	}
	return OK;
}

static enum status recording_parse(struct arena *arena, struct str line, struct json_value **out,
				   struct err *err)
{
	arena_init(arena, (size_t)OBSERVE_LINE * 8);
	if (line.n > OBSERVE_LINE)
		return err_set(err, TOO_LARGE, "a line has more than %d bytes", OBSERVE_LINE);
	return json_parse(arena, line, out, err);
}

enum status observe_read_server(struct str line, struct observe_server *server, struct err *err)
{
	struct arena arena;
	struct json_value *v;
	int64_t format = 0;
	*server = (struct observe_server){0};
	enum status status = recording_parse(&arena, line, &v, err);
	if (status == OK && (!json_i64(json_get(v, "holdfast_recording"), &format) || format != 1))
		status =
		    err_set(err, INVALID,
			    "not a recording: the first line has no \"holdfast_recording\": 1");
	if (status == OK)
		status = recording_read(server_fields, v, server, err);
	arena_release(&arena);
	return status;
}

enum status observe_read_sample(struct str line, struct observe_sample *sample, struct err *err)
{
	struct arena arena;
	struct json_value *v;
	memset(sample, 0, sizeof(*sample));
	enum status status = recording_parse(&arena, line, &v, err);
	if (status == OK)
		status = recording_read(sample_fields, v, sample, err);
	for (size_t l = 0; status == OK && l < COUNT_OF(lists); l++)
		status = recording_read_list(&lists[l], v, (char *)sample, err);
	if (status == OK)
		status = recording_read_blockers(v, sample, err);
	arena_release(&arena);
	return status;
}
