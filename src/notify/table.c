#include "notify/notify.h"
#include "base/backoff.h"

#include <stdio.h>
#include <string.h>

enum { NOTIFY_FIRST_MS = 5000, NOTIFY_MOST_MS = 300000 };

const char *const notify_kind_names[NOTIFY_KINDS_COUNT] = {
#define X(id, name, by) name,
    NOTIFY_KINDS(X)
#undef X
};
const char *const notify_kind_by[NOTIFY_KINDS_COUNT] = {
#define X(id, name, by) by,
    NOTIFY_KINDS(X)
#undef X
};

bool notify_kind_of(const char *key, enum notify_kind *out)
{
	struct str rest = str_of(key), kind = str_cut(&rest, '/');
	for (int k = 0; k < NOTIFY_KINDS_COUNT; k++) {
		if (!str_eq(kind, str_of(notify_kind_names[k])))
			continue;
		*out = (enum notify_kind)k;
		return true;
	}
	return false;
}

void notify_begin(struct notify_table *t, unsigned kinds, int64_t now_ms)
{
	for (int i = 0; i < NOTIFY_ENTRIES; i++) {
		struct notify_entry *e = &t->entry[i];
		if (!e->alarm.key[0] || !(kinds >> e->kind & 1))
			continue;
		if (e->present)
			e->absent_since_ms = now_ms;
		e->present = false;
	}
}

/* The entry of the key, else a free one, else NULL. */
static struct notify_entry *notify_place(struct notify_table *t, const char *key)
{
	struct notify_entry *free_one = NULL;
	for (int i = 0; i < NOTIFY_ENTRIES; i++) {
		struct notify_entry *e = &t->entry[i];
		if (strcmp(e->alarm.key, key) == 0)
			return e;
		if (!e->alarm.key[0] && !free_one)
			free_one = e;
	}
	return free_one;
}

void notify_see(struct notify_table *t, const struct alarm *alarm)
{
	enum notify_kind kind;
	if (!notify_kind_of(alarm->key, &kind))
		return;
	struct notify_entry *e = notify_place(t, alarm->key);
	if (!e) {
		t->dropped++;
		return;
	}
	if (!e->alarm.key[0])
		*e = (struct notify_entry){.kind = kind};
	int64_t since = e->alarm.since_us;
	e->alarm = *alarm;
	if (since && since < alarm->since_us) /* its detector was restarted */
		e->alarm.since_us = since;
	e->present = true;
}

void notify_end(struct notify_table *t)
{
	for (int i = 0; i < NOTIFY_ENTRIES; i++) {
		struct notify_entry *e = &t->entry[i];
		if (e->alarm.key[0] && !e->present && !e->told && !e->running)
			*e = (struct notify_entry){0}; /* over before it was delivered */
	}
}

/* When the entry is due; INT64_MAX: not unless something changes. */
static int64_t notify_due_at(const struct notify_table *t, const struct notify_entry *e)
{
	int64_t over = e->absent_since_ms + t->steady_ms;
	if (!e->alarm.key[0] || e->running || e->told == e->present)
		return INT64_MAX;
	if (!e->told)
		return e->next_at_ms;
	return over > e->next_at_ms ? over : e->next_at_ms;
}

struct notify_entry *notify_due(struct notify_table *t, int64_t now_ms)
{
	struct notify_entry *best = NULL;
	for (int i = 0; i < NOTIFY_ENTRIES; i++) {
		struct notify_entry *e = &t->entry[i];
		if (notify_due_at(t, e) <= now_ms &&
		    (!best || notify_due_at(t, e) < notify_due_at(t, best)))
			best = e;
	}
	return best;
}

int64_t notify_next(const struct notify_table *t)
{
	int64_t next = INT64_MAX;
	for (int i = 0; i < NOTIFY_ENTRIES; i++) {
		int64_t at = notify_due_at(t, &t->entry[i]);
		next = at < next ? at : next;
	}
	return next;
}

bool notify_result(struct notify_table *t, struct notify_entry *e, bool ok, uint64_t chance,
		   int64_t now_ms)
{
	bool raised = e->running == NOTIFY_RAISED;
	must(e->running != NOTIFY_QUIET);
	e->running = NOTIFY_QUIET;
	e->attempts++;
	if (ok) {
		t->told++;
	} else if (e->attempts < NOTIFY_ATTEMPTS) {
		t->failed++;
		e->next_at_ms = now_ms + backoff_wait(NOTIFY_FIRST_MS, NOTIFY_MOST_MS,
						      (uint64_t)e->attempts - 1, chance);
		return false;
	} else {
		t->failed++;
		t->given_up++;
	}
	e->told = raised;
	e->attempts = 0;
	e->next_at_ms = 0;
	if (!raised && !e->present)
		*e = (struct notify_entry){0};
	return true;
}
