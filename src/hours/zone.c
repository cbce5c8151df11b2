/* Time zones from the system's TZif files (RFC 8536): their transitions, and after the last one the
 * rule of the footer (a POSIX TZ string). */
#include "hours/internal.h"
#include "base/ascii.h"
#include "base/date.h"
#include "base/io.h"
#include "base/lower_bound.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64, FILE_MAX = 256 * 1024, ZONES_MAX = 64, TYPES_MAX = 256 };

/* When the clocks change in a year: POSIX's "M3.5.0/2" (month, week, weekday, hour). */
struct change {
	int month, week, day, seconds;
	int kind; /* 'M', 'J' (no leap day), 'N' (day of year from 0) */
};

struct zone {
	char name[NAME_MAX_BYTES];
	bool valid;
	struct buf file;
	const unsigned char *times, *types, *infos; /* position in the file */
	uint32_t times_count, types_count;
	int standard, summer; /* of the footer, seconds east of UTC */
	bool has_footer, has_summer;
	struct change start, end;
	char rule[HOURS_ZONE_RULE]; /* of the footer; empty: it has another form */
	int64_t rule_from_s;        /* from here on the file has no transition against the rule */
};
static struct zone zones[ZONES_MAX];
static size_t zones_count;

static int64_t big(const unsigned char *p, int bytes)
{
	uint64_t v = 0;
	for (int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return bytes == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
}

/* ---- the footer ---- */

static bool footer_skip_abbreviation(const char **p)
{
	const char *from = *p;
	if (**p == '<') {
		*p += strcspn(*p, ">");
		if (**p != '>')
			return false;
		++*p;
		return true;
	}
	while (ascii_is_letter(**p))
		++*p;
	return *p - from >= 3;
}

/* Read [+-]h[h][:mm[:ss]] as seconds. */
static bool footer_time(const char **p, int *out)
{
	int parts[3] = {0, 0, 0}, sign = 1;
	if (**p == '+' || **p == '-')
		sign = *(*p)++ == '-' ? -1 : 1;
	for (int i = 0; i < 3; i++) {
		char *end;
		if (**p < '0' || **p > '9')
			return false;
		parts[i] = (int)strtol(*p, &end, 10);
		*p = end;
		if (parts[i] > 200 || **p != ':')
			break;
		++*p;
	}
	*out = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
	return true;
}

static bool footer_change(const char **p, struct change *c)
{
	char *end;
	*c = (struct change){.seconds = 7200};
	if (*(*p)++ != ',')
		return false;
	if (**p == 'M') {
		c->kind = 'M';
		c->month = (int)strtol(*p + 1, &end, 10);
		if (*end != '.')
			return false;
		c->week = (int)strtol(end + 1, &end, 10);
		if (*end != '.')
			return false;
		c->day = (int)strtol(end + 1, &end, 10);
		if (c->month < 1 || c->month > 12 || c->week < 1 || c->week > 5 || c->day < 0 ||
		    c->day > 6)
			return false;
	} else {
		c->kind = **p == 'J' ? 'J' : 'N';
		c->day = (int)strtol(*p + (c->kind == 'J'), &end, 10);
		if (c->day < 0 || c->day > 366)
			return false;
	}
	*p = end;
	if (**p == '/') {
		++*p;
		return footer_time(p, &c->seconds);
	}
	return true;
}

static bool zone_parse_footer(struct zone *z, const char *p)
{
	int west;
	if (*p == '\0')
		return true;
	if (!footer_skip_abbreviation(&p) || !footer_time(&p, &west))
		return false;
	z->standard = -west;
	z->has_footer = true;
	if (*p == '\0')
		return true;
	if (!footer_skip_abbreviation(&p))
		return false;
	z->summer = z->standard + 3600;
	if (*p != ',') {
		if (!footer_time(&p, &west))
			return false;
		z->summer = -west;
	}
	z->has_summer = footer_change(&p, &z->start) && footer_change(&p, &z->end);
	return z->has_summer && *p == '\0';
}

/* The local time of a year's change, in seconds since 1970 without regard to zone. */
static int64_t footer_change_in(const struct change *c, int64_t year)
{
	int64_t day;
	if (c->kind == 'M') {
		int64_t first = date_days(year, c->month, 1);
		/* POSIX numbers weekdays from Sunday */
		int weekday = (date_weekday(first) + 1) % 7;
		day = first + (c->day - weekday + 7) % 7 + (int64_t)(c->week - 1) * 7;
		int64_t next =
		    c->month == 12 ? date_days(year + 1, 1, 1) : date_days(year, c->month + 1, 1);
		while (day >= next)
			day -= 7;
	} else {
		day = date_days(year, 1, 1) + c->day;
		if (c->kind == 'J')
			day += c->day >= 60 && date_is_leap(year) ? 0 : -1;
	}
	return day * 86400 + c->seconds;
}

static int footer_offset(const struct zone *z, int64_t at_s)
{
	if (!z->has_summer)
		return z->standard;
	int64_t year = 1970 + (at_s + z->standard) / 31556952;
	if (date_days(year, 1, 1) * 86400 > at_s + z->standard)
		year--;
	int64_t start = footer_change_in(&z->start, year) - z->standard;
	int64_t end = footer_change_in(&z->end, year) - z->summer;
	bool summer = start < end ? at_s >= start && at_s < end : at_s >= start || at_s < end;
	return summer ? z->summer : z->standard;
}

/* A change as ",MONTH,DAY,MINUTES". The last such day of a month is a week before the first one of
 * the next. False: it has another form. */
static bool footer_put_change(const struct change *c, int before, struct buf *out)
{
	int weeks = c->week == 5 ? -1 : c->week - 1, seconds = c->seconds - before;
	buf_printf(out, ",%d,%d,%d", c->month - (c->week < 5), c->day,
		   weeks * 7 * 24 * 60 + seconds / 60);
	return c->kind == 'M' && seconds % 60 == 0;
}

static bool footer_put_rule(const struct zone *z, struct buf *out)
{
	static const char europe[] = ",3,0,-10020,10,0,-10020";
	buf_printf(out, "%d", z->standard / 60);
	if (!z->has_summer)
		return z->has_footer && z->standard % 60 == 0;
	size_t standard = out->n;
	buf_printf(out, ",%d", z->summer / 60);
	size_t summer = out->n;
	bool is = z->standard % 60 == 0 && z->summer % 60 == 0 &&
		  footer_put_change(&z->start, z->standard, out) &&
		  footer_put_change(&z->end, z->summer, out);
	if (z->summer - z->standard == 3600 && strcmp(buf_z(out) + summer, europe) == 0) {
		buf_cut(out, standard);
		buf_putc(out, 'e');
	}
	return is;
}

/* ---- the file ---- */

/* Read a TZif file of version 2 or later: the block with 32-bit times is skipped, the one with
 * 64-bit times after it is used. */
static bool zone_parse_file(struct zone *z)
{
	const unsigned char *p = (const unsigned char *)z->file.p;
	size_t left = z->file.n;
	for (int block = 0; block < 2; block++) {
		int width = block ? 8 : 4;
		if (left < 44 || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
			return false;
		uint32_t n[6];
		for (int i = 0; i < 6; i++)
			n[i] = (uint32_t)big(p + 20 + 4 * i, 4);
		uint32_t utc = n[0], standard = n[1], leaps = n[2], times = n[3], types = n[4],
			 chars = n[5];
		if (times > FILE_MAX / 8 || types > TYPES_MAX || types == 0 || chars > 2048 ||
		    leaps > 1000 || utc > types || standard > types)
			return false;
		size_t size = 44 + (size_t)times * (size_t)width + times + (size_t)types * 6 +
			      chars + (size_t)leaps * (size_t)(width + 4) + standard + utc;
		if (left < size)
			return false;
		z->times = p + 44;
		z->types = z->times + (size_t)times * (size_t)width;
		z->infos = z->types + times;
		z->times_count = times;
		z->types_count = types;
		p += size;
		left -= size;
	}
	for (uint32_t i = 0; i < z->times_count; i++)
		if (z->types[i] >= z->types_count)
			return false;
	if (left < 2 || p[0] != '\n' || p[left - 1] != '\n')
		return false;
	z->file.p[z->file.n - 1] = '\0';
	return zone_parse_footer(z, (const char *)p + 1);
}

static int type_offset(const struct zone *z, unsigned type)
{
	return (int)big(z->infos + (size_t)type * 6, 4);
}

/* The transition since which the file says what the footer says: where the clocks change, both have
 * the same offset before and after, and no change of the footer's is left out. */
static int64_t zone_agrees_from(const struct zone *z)
{
	enum { YEAR_S = 366 * 24 * 3600 };
	int64_t after_s = INT64_MAX;
	for (uint32_t i = z->times_count; i-- > 0;) {
		int64_t at_s = big(z->times + (size_t)i * 8, 8);
		bool left_out = z->has_summer && after_s != INT64_MAX && after_s - at_s > YEAR_S;
		if (left_out || footer_offset(z, at_s) != type_offset(z, z->types[i]))
			return after_s;
		if (footer_offset(z, at_s - 1) != type_offset(z, i ? z->types[i - 1] : 0))
			return at_s;
		after_s = at_s;
	}
	return INT64_MIN;
}

static void zone_set_rule(struct zone *z)
{
	struct buf rule;
	buf_init(&rule, sizeof(z->rule) - 1);
	if (footer_put_rule(z, &rule) && !buf_failed(&rule))
		memcpy(z->rule, rule.p, rule.n);
	z->rule_from_s = zone_agrees_from(z);
	buf_release(&rule);
}

/* Whether a name such as "Europe/Zurich" stays inside the folder of zones. */
static bool zone_is_name(struct str name)
{
	if (name.n == 0 || name.n >= NAME_MAX_BYTES || name.p[0] < 'A' || name.p[0] > 'Z')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool word = ascii_is_alnum(c) || c == '_' || c == '-' || c == '+' || c == '/';
		if (!word)
			return false;
	}
	return true;
}

static const struct zone *zone_find(struct str name)
{
	char path[PATH_MAX];
	struct err ignored;
	for (size_t i = 0; i < zones_count; i++)
		if (str_eq(name, str_of(zones[i].name)))
			return zones[i].valid ? &zones[i] : NULL;
	if (!zone_is_name(name))
		return NULL;
	/* When the cache is full, the last zone is replaced: the records of a directory are in few
	 * zones. */
	struct zone *z = &zones[zones_count < ZONES_MAX ? zones_count++ : ZONES_MAX - 1];
	buf_release(&z->file);
	*z = (struct zone){0};
	memcpy(z->name, name.p, name.n);
	buf_init(&z->file, FILE_MAX);
	z->valid = io_path(path, sizeof(path), &ignored, "/usr/share/zoneinfo/%s", z->name) == OK &&
		   io_read_file(path, &z->file, &ignored) == OK && zone_parse_file(z);
	if (z->valid)
		zone_set_rule(z);
	return z->valid ? z : NULL;
}

struct str hours_zone_rule(struct str zone, int64_t from_s)
{
	const struct zone *z = zone_find(zone);
	return z && from_s >= z->rule_from_s ? str_of(z->rule) : STR("");
}

void hours_zones_version(struct buf *out)
{
	struct buf file;
	struct err ignored;
	buf_init(&file, FILE_MAX); /* the whole list of zones has some 110 KB */
	if (io_read_file("/usr/share/zoneinfo/tzdata.zi", &file, &ignored) == OK) {
		struct str line = buf_view(&file);
		const char *end = memchr(line.p, '\n', line.n);
		buf_add(out, line.p, end ? (size_t)(end - line.p) : 0);
	}
	buf_release(&file);
}

static bool zone_time_passed(const void *transition, const void *at_s)
{
	return big(transition, 8) <= *(const int64_t *)at_s;
}

bool hours_zone_offset(struct str zone, int64_t at_s, int *offset_s)
{
	const struct zone *z = zone_find(zone);
	if (!z)
		return false;
	/* The last transition at or before the instant. */
	size_t later = lower_bound(z->times, z->times_count, 8, zone_time_passed, &at_s);
	if (later == z->times_count && z->has_footer)
		*offset_s = footer_offset(z, at_s);
	else
		*offset_s = type_offset(z, later ? z->types[later - 1] : 0);
	return true;
}
