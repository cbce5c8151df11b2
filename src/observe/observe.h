/* What a PostgreSQL does, second by second: samples, the history that judges look at, and
 * recordings of it.
 *
 * Texts of statements never get past observe_redact: a session has a hash of its text (to tell
 * whether two are equal) and the text without literals and comments. So no output and no recording
 * can show a literal. Hashes are keyed by a number that every observer draws anew and forgets.
 *
 * Everything has a fixed size. What does not fit is counted in `left_out`, sessions that do nothing
 * first. Pure: samples come from observe/server or from a recording.
 */
#ifndef OBSERVE_OBSERVE_H
#define OBSERVE_OBSERVE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
	OBSERVE_SESSIONS = 512,
	OBSERVE_STATEMENTS = 64,
	OBSERVE_HOLDERS = 8,
	OBSERVE_TABLES = 32,
	OBSERVE_SLOTS = 16,
	OBSERVE_POOLS = 32,
	OBSERVE_BLOCKERS = 8,
	OBSERVE_NAME = 64,
	OBSERVE_TEXT = 200,
	OBSERVE_WINDOW = 12,       /* samples that judges see */
	OBSERVE_EXECUTIONS = 8192, /* of statements, for what repeats */
	OBSERVE_BASES = 512,       /* statements whose usual cost is remembered */
	OBSERVE_TRENDS = 64        /* tables and slots whose course is remembered */
};

enum observe_reach {
	OBSERVE_REACHED,
	OBSERVE_FULL,
	OBSERVE_STARTING,
	OBSERVE_GONE,
	OBSERVE_HUNG /* it is there and does not answer */
};

enum observe_state {
	OBSERVE_UNKNOWN, /* not shown to this role */
	OBSERVE_IDLE,
	OBSERVE_ACTIVE,
	OBSERVE_IN_TRANSACTION /* idle in it, also after an error */
};

enum observe_kind { OBSERVE_CLIENT, OBSERVE_PARALLEL, OBSERVE_VACUUM, OBSERVE_SERVER };

/* What kind of statement a text is. */
enum observe_verb {
	OBSERVE_VERB_NONE,
	OBSERVE_READ,
	OBSERVE_READ_LOCKING, /* FOR UPDATE and its kin */
	OBSERVE_INSERT,
	OBSERVE_UPDATE,
	OBSERVE_DELETE,
	OBSERVE_COPY,
	OBSERVE_DDL, /* also LOCK */
	OBSERVE_MAINTENANCE,
	OBSERVE_OTHER
};

struct observe_text {
	enum observe_verb verb;
	bool parameters; /* has $1: equal texts may be about different values */
	bool cut;        /* by track_activity_query_size */
	uint64_t hash;   /* of the whole text, keyed */
	char text[OBSERVE_TEXT];
	char route[OBSERVE_NAME]; /* of sqlcommenter's tags */
};

/* Times are microseconds since 1970 by the server's clock, 0 when there is none; ages -1. */
struct observe_session {
	int32_t pid, leader_pid;
	enum observe_kind kind;
	enum observe_state state;
	int64_t backend_start, xact_start, query_start, state_change;
	int64_t xid_age, xmin_age;
	uint64_t fingerprint; /* query_id, else of the redacted text; 0: no statement */
	bool hashed;          /* it is of the text: the server has no query_id */
	struct observe_text text;
	char behind[OBSERVE_NAME]; /* address of the client behind a pooler; "": not known */
	int pool; /* it is a connection of this one of the sample's pools, from 1; 0: not known */
	char role[OBSERVE_NAME], application[OBSERVE_NAME], client[OBSERVE_NAME];
	char wait_type[16], wait[32];
	int32_t blocker[OBSERVE_BLOCKERS]; /* 0: a prepared transaction */
	int blockers;
	char lock_mode[32], lock_object[2 * OBSERVE_NAME]; /* what it waits for */
	char work[OBSERVE_NAME];                           /* of pg_stat_progress_*, else "" */
	int64_t temporary; /* bytes of its temporary files; 0 when they were not read, too */
	/* May run long: heal.protect, or its role has a statement_timeout of its own. */
	bool excused;
};

/* What a statement did since the sample before. */
struct observe_statement {
	uint64_t fingerprint;
	int64_t calls, rows, blocks;
	double exec_ms;
	enum observe_verb verb; /* NONE: text not known */
	char text[OBSERVE_TEXT];
};

enum observe_holding { OBSERVE_PREPARED = 1, OBSERVE_SLOT, OBSERVE_STANDBY, OBSERVE_SESSION };
struct observe_holder {
	enum observe_holding kind;
	char name[OBSERVE_NAME]; /* gid, slot, pid */
	int64_t age, since;
};

struct observe_table {
	char name[2 * OBSERVE_NAME];
	int64_t dead, modified, estimate, vacuum_at, vacuumed, analyzed;
	int64_t live;
	/* Autovacuum (autoanalyze) will never come, or not before the table is many times as bad as
	 * it usually may be. */
	bool vacuum_off, analyze_off;
	char parent[OBSERVE_NAME]; /* it is a partition of; "": of none */
};

enum observe_slot_state {
	OBSERVE_SLOT_KEEPS,
	OBSERVE_SLOT_LEAVES, /* beyond the bound: the next checkpoint may take its WAL */
	OBSERVE_SLOT_LOST    /* WAL that it needs was removed */
};
struct observe_slot {
	char name[OBSERVE_NAME];
	bool active;
	enum observe_slot_state state;
	int64_t retained; /* bytes of WAL */
	int64_t usual;    /* bytes of WAL that the server keeps without slots; 0: not known */
};

/* Transaction ids, or those of multixacts: how old the oldest are that a row may still have. */
struct observe_ids {
	int64_t age, freeze_max; /* freeze_max 0: not read */
	char database[OBSERVE_NAME];
};

/* Of one database and role in a PgBouncer. The averages are those of its last period. */
struct observe_pool {
	char database[OBSERVE_NAME], role[OBSERVE_NAME], mode[16];
	int64_t active, waiting; /* clients */
	int64_t servers, free;   /* connections to the server: in use, not in use */
	int64_t longest;         /* us that the first of the waiting clients has waited */
	int64_t transactions;    /* a second */
	int64_t transaction_us, query_us, wait_us;
};

/* The limit of connections, of a role or a database, of which the largest part is used. */
struct observe_room {
	char name[OBSERVE_NAME + 16]; /* "role web"; "": none has a limit */
	int64_t bound, used;
};

struct observe_sample {
	int64_t at;
	enum observe_reach reach;
	int64_t server_start;
	int connections, idle; /* clients, also those left out */
	int left_out;
	bool statistics_reset;                     /* of statements, since the sample before */
	int sessions, statements, holders, tables; /* tables: 0 when they were not read */
	struct observe_session session[OBSERVE_SESSIONS];
	struct observe_statement statement[OBSERVE_STATEMENTS];
	struct observe_holder holder[OBSERVE_HOLDERS];
	struct observe_table table[OBSERVE_TABLES];
	/* Of the whole server, read as often as the tables; 0 and none when they were not. */
	int slots;
	struct observe_slot slot[OBSERVE_SLOTS];
	struct observe_ids xids, multixacts; /* of the database with the oldest */
	int pools;                           /* of the PgBouncers that were asked */
	struct observe_pool pool[OBSERVE_POOLS];
	int64_t checkpoint_at; /* us: when the last one began */
	int64_t wal_at;        /* bytes of WAL ever */
	int64_t temporary_at;  /* bytes of temporary files ever, of those that are closed */
	int64_t deadlocks_at, sessions_at; /* ever; sessions 0: not counted before version 14 */
	int64_t archive_failed_at;         /* ever; times that archive_command failed */
	bool archive_fails;                /* the last time */
	struct observe_room room;
	int busy; /* no session from here on is active or in a transaction; set by observe_push */
};

/* What is known of the server, and what cannot be seen of it. */
struct observe_server {
	int64_t version; /* 150018 */
	int64_t start;   /* no two servers have the same, and it changes with a restart */
	char version_text[32], database[OBSERVE_NAME];
	bool standby, monitor, statements;
	int64_t connections_max, query_bytes;
	int64_t workers_max; /* of autovacuum; 0: not known */
};

/* One run of a statement, as far as samples saw it. */
struct observe_execution {
	uint64_t fingerprint, hash;
	int32_t pid;
	int64_t started, seen; /* seen: when it ended, or the last sample in which it ran */
	bool parameters, reads;
	char caller[OBSERVE_NAME], text[OBSERVE_TEXT], route[OBSERVE_NAME];
	char application[OBSERVE_NAME], role[OBSERVE_NAME], client[OBSERVE_NAME];
};

/* The usual cost of a statement: what left the window, older parts with less weight. */
struct observe_base {
	uint64_t fingerprint;
	int64_t calls, rows, blocks;
	double exec_ms;
};

/* A checkpoint that was seen: when it began, and how much WAL there had been by the first look
 * after it. */
struct observe_checkpoint {
	int64_t at, wal_at;
};

struct observe_history;
struct observe_history *observe_history_new(void);
void observe_history_free(struct observe_history *h); /* NULL is allowed */
/* Room for the next sample, zeroed; observe_push makes it the newest. */
struct observe_sample *observe_next(struct observe_history *h);
void observe_push(struct observe_history *h);

int observe_count(const struct observe_history *h); /* samples in the window */
/* 0: the oldest of the window. */
const struct observe_sample *observe_at(const struct observe_history *h, int i);
const struct observe_sample *observe_last(const struct observe_history *h); /* NULL: none yet */
/* Executions, oldest start first is not promised. */
int observe_executions(const struct observe_history *h);
const struct observe_execution *observe_execution_at(const struct observe_history *h, int i);
const struct observe_base *observe_base_of(const struct observe_history *h, uint64_t fingerprint);
/* Since when, by the server's clock, no reading of the table's dead rows (of the slot's WAL) was
 * lower than the one before; 0: not known. This reaches back beyond the window. */
int64_t observe_rising_since(const struct observe_history *h, bool slot, const char *name);
/* How many times as many rows, dead ones included, the table has as when it was seen first; 1 when
 * it is not known. */
double observe_growth(const struct observe_history *h, const char *table);
/* The latest checkpoints since heal looks, 0 the latest; false: that many were not seen. */
bool observe_checkpoint(const struct observe_history *h, int i, struct observe_checkpoint *out);
/* The session with that pid in a sample; NULL. */
const struct observe_session *observe_session_of(const struct observe_sample *s, int32_t pid);

/* Redact a text as pg_stat_activity shows it. `bytes`: track_activity_query_size. */
void observe_redact(struct str text, size_t bytes, uint64_t key, struct observe_text *out);
/* "portal-7" is caller "portal": the name without the number behind it. "" gives the role. */
void observe_caller(const struct observe_session *s, char out[OBSERVE_NAME]);
/* psql, pgAdmin and their kin: a person, or a tool that a person started. */
bool observe_is_human(const struct observe_session *s);
/* A copy that ends between characters; for the fixed fields above. */
void observe_set(char *out, size_t size, struct str text);
#define OBSERVE_SET(field, text) observe_set((field), sizeof(field), (text))

/* ---- recordings: NDJSON, the first line about the server, then a line a sample ---- */

enum { OBSERVE_LINE = 4 << 20 };
void observe_write_server(struct buf *out, const struct observe_server *server);
void observe_write_sample(struct buf *out, const struct observe_sample *sample);
/* A recording is foreign input: numbers are held to their range, texts to their field, lists to
 * their room, and a line to OBSERVE_LINE. INVALID says what is wrong. */
MUST_CHECK enum status observe_read_server(struct str line, struct observe_server *server,
					   struct err *err);
MUST_CHECK enum status observe_read_sample(struct str line, struct observe_sample *sample,
					   struct err *err);

#endif
