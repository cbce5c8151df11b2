/* Conditions that are true now: processes that keep failing, full disks, the outcome of the last
 * backup, and alarms that other processes have published. */
#include "notify/notify.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/memory.h"
#include "process/lastrun.h"
#include "process/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum {
	SOURCES_DEATHS = 3,      /* without having been steady in between */
	SOURCES_DOWN_LOOKS = 30, /* consecutive looks at a process that does not run */
	SOURCES_REGION = 256 << 10,
};

/* A process over its restarts. */
struct sources_process {
	bool seen;
	uint32_t restarts;
	int deaths, down_looks;
	int64_t changed_ms; /* the last death, or the start of this notifier */
	int64_t since_us;   /* of the alarm; 0: none */
};

static const struct {
	const char *name; /* below the instance's folder */
	const char *text;
} sources_disks[] = {{"", "the instance's folder"}, {"data", "the database"}, {"log", "the log"}};

struct notify_sources {
	const struct scoreboard *board;
	const char *dir;
	int64_t steady_ms, disk_free;
	struct sources_process process[SCOREBOARD_SLOTS_MAX];
	int64_t disk_since_us[COUNT_OF(sources_disks)];
	struct buf region;
};

struct notify_sources *notify_sources_open(const struct notify_source_options *o,
					   const struct notify_table *t, int64_t now_ms)
{
	struct notify_sources *s = memory_alloc(sizeof(*s));
	s->board = o->board;
	s->dir = o->dir;
	s->steady_ms = o->steady_ms;
	s->disk_free = o->disk_free;
	buf_init(&s->region, SOURCES_REGION);
	for (int slot = 0; slot < scoreboard_slots(o->board); slot++) {
		struct scoreboard_slot row;
		char key[ALARM_KEY];
		scoreboard_slot(o->board, slot, &row);
		snprintf(key, sizeof(key), "process/%s", row.name);
		s->process[slot].changed_ms = now_ms;
		for (int i = 0; i < NOTIFY_ENTRIES; i++) {
			if (strcmp(t->entry[i].alarm.key, key) != 0)
				continue;
			s->process[slot].deaths = SOURCES_DEATHS;
			s->process[slot].since_us = t->entry[i].alarm.since_us;
		}
	}
	return s;
}

void notify_sources_close(struct notify_sources *s)
{
	buf_release(&s->region);
	free(s);
}

static void sources_see(struct notify_table *t, struct alarm *a, const char *text,
			const char *action)
{
	alarm_say(a->text, "%s", text);
	alarm_say(a->action, "%s", action);
	notify_see(t, a);
}

/* ---- processes ---- */

/* Whether the process keeps dying, or does not come up. */
static bool sources_process_fails(const struct notify_sources *s, struct sources_process *p,
				  const struct scoreboard_slot *row, int64_t now_ms)
{
	if (p->seen && row->restarts > p->restarts) {
		p->deaths += (int)(row->restarts - p->restarts);
		p->changed_ms = now_ms;
	}
	p->seen = true;
	p->restarts = row->restarts;
	p->down_looks = row->state == PROCESS_RUNNING ? 0 : p->down_looks + 1;
	if (p->down_looks)
		p->changed_ms = now_ms;
	if (now_ms - p->changed_ms >= s->steady_ms)
		p->deaths = 0;
	return p->deaths >= SOURCES_DEATHS || p->down_looks >= SOURCES_DOWN_LOOKS;
}

static void sources_processes(struct notify_sources *s, struct notify_table *t, int64_t now_ms)
{
	for (int slot = 0; slot < scoreboard_slots(s->board); slot++) {
		struct sources_process *p = &s->process[slot];
		struct scoreboard_slot row;
		struct alarm a = {.severity = ALARM_CRITICAL};
		scoreboard_slot(s->board, slot, &row);
		if (!sources_process_fails(s, p, &row, now_ms)) {
			p->since_us = 0;
			continue;
		}
		p->since_us = p->since_us ? p->since_us : clock_wall_us();
		a.since_us = p->since_us;
		snprintf(a.key, sizeof(a.key), "process/%s", row.name);
		char text[ALARM_TEXT];
		if (p->deaths >= SOURCES_DEATHS)
			alarm_say(text, "the process %s keeps dying: %d times", row.name,
				  p->deaths);
		else
			alarm_say(text, "the process %s does not come up: it is %s", row.name,
				  process_state_name((enum process_state)row.state));
		sources_see(t, &a, text,
			    "'holdfast status' says how it ended last, log/holdfast.log why");
	}
}

/* ---- disks ---- */

static void sources_disk(struct notify_sources *s, struct notify_table *t, size_t n, dev_t *devices)
{
	char path[PATH_MAX], text[ALARM_TEXT];
	struct err ignored;
	struct statvfs fs;
	struct stat st;
	if (io_path(path, sizeof(path), &ignored, "%s/%s", s->dir, sources_disks[n].name) != OK ||
	    stat(path, &st) != 0 || statvfs(path, &fs) != 0)
		return;
	devices[n] = st.st_dev;
	for (size_t before = 0; before < n; before++)
		if (devices[before] == devices[n])
			return; /* the same disk */
	double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
	/* Hysteresis: the alarm ends only when a quarter more than the limit is free. */
	double limit = (double)s->disk_free * (s->disk_since_us[n] ? 1.25 : 1);
	if (free_bytes >= limit) {
		s->disk_since_us[n] = 0;
		return;
	}
	struct alarm a = {.severity = ALARM_CRITICAL};
	s->disk_since_us[n] = s->disk_since_us[n] ? s->disk_since_us[n] : clock_wall_us();
	a.since_us = s->disk_since_us[n];
	snprintf(a.key, sizeof(a.key), "disk/%s", n ? sources_disks[n].name : "instance");
	alarm_say(text, "the disk with %s is nearly full: %.0f MB are free", sources_disks[n].text,
		  free_bytes / 1e6);
	sources_see(
	    t, &a, text,
	    "remove old backups and logs, or enlarge the disk; never remove files below data/");
}

static void sources_disks_all(struct notify_sources *s, struct notify_table *t)
{
	dev_t devices[COUNT_OF(sources_disks)] = {0};
	for (size_t n = 0; n < COUNT_OF(sources_disks) && s->disk_free; n++)
		sources_disk(s, t, n, devices);
}

/* ---- backups ---- */

static void sources_backup(struct notify_sources *s, struct notify_table *t)
{
	struct lastrun last;
	struct alarm a = {.key = "backup", .severity = ALARM_WARNING};
	char text[ALARM_TEXT];
	lastrun_read(s->dir, "backup", &last);
	if (last.state != LASTRUN_FAILED && last.state != LASTRUN_KILLED)
		return;
	a.since_us = last.at_us;
	if (last.state == LASTRUN_FAILED)
		alarm_say(text, "the last backup failed: %s", last.error);
	else
		alarm_say(text,
			  "the last backup did not end: it was killed, or the machine stopped");
	sources_see(t, &a, text, "run 'holdfast backup DIR' by hand and read what it says");
}

/* ---- what others have published ---- */

/* The kinds that a class of processes detects, as bits. */
static unsigned sources_kinds(struct str class)
{
	unsigned kinds = 0;
	for (unsigned k = 0; k < NOTIFY_KINDS_COUNT; k++)
		if (str_eq(class, str_of(notify_kind_by[k])))
			kinds |= 1u << k;
	return kinds;
}

static void sources_published(struct notify_sources *s, struct notify_table *t, int64_t now_ms)
{
	static struct alarms list; /* static: large */
	unsigned there = sources_kinds(STR(""));
	for (int slot = 0; slot < scoreboard_slots(s->board); slot++) {
		struct scoreboard_slot row;
		scoreboard_slot(s->board, slot, &row);
		struct str rest = str_of(row.name);
		unsigned kinds = sources_kinds(str_cut(&rest, '/'));
		there |= kinds;
		if (!kinds || !scoreboard_read(s->board, slot, 0, &s->region) ||
		    !alarms_take(buf_view(&s->region), &list))
			continue;
		notify_begin(t, kinds, now_ms);
		for (uint32_t i = 0; i < list.count; i++) {
			enum notify_kind kind;
			/* A process can report only what it is there to detect. */
			if (notify_kind_of(list.alarm[i].key, &kind) && kinds >> kind & 1)
				notify_see(t, &list.alarm[i]);
		}
	}
	/* End the alarms whose detecting process has been switched off. */
	notify_begin(t, ~there, now_ms);
}

void notify_look(struct notify_sources *s, struct notify_table *t, int64_t now_ms)
{
	notify_begin(t, sources_kinds(STR("")), now_ms);
	sources_processes(s, t, now_ms);
	sources_disks_all(s, t);
	sources_backup(s, t);
	sources_published(s, t, now_ms);
	notify_end(t);
}
