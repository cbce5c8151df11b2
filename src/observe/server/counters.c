#include "observe/server/internal.h"
#include "base/memory.h"
#include "base/random.h"
#include "sql/observe.h"

#include <stdlib.h>
#include <string.h>

enum { COUNTERS_SLOTS = 32768, COUNTERS_TEXTS = 1024 }; /* powers of two */

struct counters_entry {
	uint64_t key; /* role, database and statement; 0: free */
	int64_t calls, rows, blocks;
	double exec_ms;
};

struct observer_counters {
	bool known; /* one reading was taken */
	int used;
	struct counters_entry entry[COUNTERS_SLOTS];
	/* By fingerprint; a collision replaces. */
	struct counters_text {
		uint64_t fingerprint;
		enum observe_verb verb;
		char text[OBSERVE_TEXT];
	} text[COUNTERS_TEXTS];
};

struct observer_counters *observer_counters_new(void)
{
	return memory_alloc(sizeof(struct observer_counters));
}

void observer_counters_free(struct observer_counters *c)
{
	free(c);
}

/* The entry of a key, made when there is room; NULL: there is none. */
static struct counters_entry *counters_entry(struct observer_counters *c, uint64_t key)
{
	for (uint64_t at = key; c->used < COUNTERS_SLOTS * 3 / 4; at++) {
		struct counters_entry *e = &c->entry[at % COUNTERS_SLOTS];
		if (e->key == key)
			return e;
		if (!e->key) {
			e->key = key;
			c->used++;
			return e;
		}
	}
	return NULL;
}

/* Into the sample, instead of the one that did least when there is no room. The same statement of
 * several roles or databases is one. */
static void counters_keep(struct observe_sample *sample, const struct observe_statement *s)
{
	int least = 0;
	for (int i = 0; i < sample->statements; i++) {
		struct observe_statement *have = &sample->statement[i];
		if (have->fingerprint == s->fingerprint) {
			have->calls += s->calls;
			have->rows += s->rows;
			have->blocks += s->blocks;
			have->exec_ms += s->exec_ms;
			return;
		}
		if (have->exec_ms < sample->statement[least].exec_ms)
			least = i;
	}
	if (sample->statements < OBSERVE_STATEMENTS)
		sample->statement[sample->statements++] = *s;
	else if (sample->statement[least].exec_ms < s->exec_ms)
		sample->statement[least] = *s;
}

void observer_counters_forget(struct observer_counters *c)
{
	memset(c->entry, 0, sizeof(c->entry));
	c->used = 0;
	c->known = false;
}

/* A row of the reading; false when it is not to be counted. */
static bool counters_read(const struct db_rows *rows, int i, uint64_t *id,
			  struct counters_entry *now)
{
#define COLUMN(name) SQL_OBSERVE_TOTALS_##name
	if (db_null(rows, i, COLUMN(QUERYID)))
		return false; /* another role's, without pg_monitor */
	*id = (uint64_t)db_i64(rows, i, COLUMN(QUERYID));
	uint64_t owner = (uint64_t)db_i64(rows, i, COLUMN(USERID)) << 32 ^
			 (uint64_t)db_i64(rows, i, COLUMN(DBID));
	uint64_t key = random_mix(*id ^ random_mix(owner));
	*now = (struct counters_entry){.key = key ? key : 1,
				       .calls = db_i64(rows, i, COLUMN(CALLS)),
				       .rows = db_i64(rows, i, COLUMN(ROWS)),
				       .blocks = db_i64(rows, i, COLUMN(BLOCKS)),
				       .exec_ms = db_double(rows, i, COLUMN(EXEC_MS))};
#undef COLUMN
	return true;
}

void observer_take_statements(struct observer_counters *c, const struct db_rows *rows,
			      enum observer_reset reset, struct observe_sample *sample)
{
	int lower = 0, higher = 0;
	/* Statements come and go: begin again. */
	if (c->used > COUNTERS_SLOTS / 2)
		observer_counters_forget(c);
	if (reset == OBSERVER_RESET) {
		sample->statistics_reset = c->known;
		observer_counters_forget(c);
	}
	for (int i = 0; i < rows->rows; i++) {
		struct counters_entry now;
		uint64_t id;
		if (!counters_read(rows, i, &id, &now))
			continue;
		struct counters_entry *e = counters_entry(c, now.key);
		if (!e)
			continue;
		/* Lower than before: it was reset, or evicted for others and has come back. */
		lower += c->known && now.calls < e->calls;
		higher += c->known && e->calls && now.calls >= e->calls;
		if (c->known && now.calls > e->calls && now.rows >= e->rows &&
		    now.blocks >= e->blocks) {
			const struct observe_statement s = {.fingerprint = id,
							    .calls = now.calls - e->calls,
							    .rows = now.rows - e->rows,
							    .blocks = now.blocks - e->blocks,
							    .exec_ms = now.exec_ms - e->exec_ms};
			counters_keep(sample, &s);
		}
		*e = now;
	}
	c->known = true;
	/* Those that have not come back yet will be lower, too: that is no further reset. */
	if (reset == OBSERVER_RESET_UNKNOWN && lower > higher) {
		sample->statistics_reset = true;
		sample->statements = 0;
		observer_counters_forget(c);
	}
}

void observer_counters_learn(struct observer_counters *c, uint64_t fingerprint,
			     const struct observe_text *text)
{
	struct counters_text *t = &c->text[random_mix(fingerprint) % COUNTERS_TEXTS];
	if (!fingerprint || t->fingerprint == fingerprint)
		return;
	t->fingerprint = fingerprint;
	t->verb = text->verb;
	OBSERVE_SET(t->text, str_of(text->text));
}

bool observer_counters_text(struct observer_counters *c, struct observe_statement *s)
{
	const struct counters_text *t = &c->text[random_mix(s->fingerprint) % COUNTERS_TEXTS];
	if (t->fingerprint != s->fingerprint)
		return false;
	s->verb = t->verb;
	memcpy(s->text, t->text, sizeof(s->text));
	return true;
}
