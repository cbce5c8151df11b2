/* Opening hours from what readers found: spans of days, periods, and the text of both. */
#include "base/date.h"
#include "directory/parse/hours.h"
#include "hours/hours.h"

#include <string.h>
#include <time.h>

enum { DAY_MINUTES = 24 * 60, DAY_SECONDS = 24 * 60 * 60 };

void parse_hours_init(struct parse_hours_draft *h)
{
	memset(h, 0, sizeof(*h));
	buf_init(&h->written, PARSE_HOURS_WRITTEN_BYTES);
	struct civil_date today = date_of_days((int64_t)(time(NULL) / DAY_SECONDS));
	h->today = today.year * 10000 + today.month * 100 + today.day;
}

void parse_hours_reset(struct parse_hours_draft *h)
{
	if (!h->written.n && !h->past && !h->unclear)
		return;
	memset(&h->week, 0, sizeof(h->week));
	h->periods = h->past = 0;
	h->unclear = NULL;
	h->has_offset = h->foreign = false;
	buf_reset(&h->written);
}

void parse_hours_release(struct parse_hours_draft *h)
{
	buf_release(&h->written);
}

bool parse_hours_given(const struct parse_hours_draft *h)
{
	return h->written.n > 0;
}

void parse_hours_unclear(struct parse_hours_draft *h, const char *why)
{
	if (!h->unclear)
		h->unclear = why;
}

void parse_hours_written(struct parse_hours_draft *h, struct str text)
{
	text = str_trim(text);
	if (text.n + h->written.n + 2 > PARSE_HOURS_WRITTEN_BYTES) {
		parse_hours_unclear(h, "the opening hours are too long");
		return;
	}
	if (h->written.n)
		buf_puts(&h->written, "; ");
	buf_str(&h->written, text);
}

void parse_hours_close(struct parse_hours_table *t, unsigned days)
{
	for (int d = 0; d < PARSE_HOURS_DAYS; d++)
		t->day[d].closed |= days >> d & 1;
}

const char *parse_hours_open(struct parse_hours_table *t, unsigned days, int from, int to)
{
	if (from == 0 && to == 0) {
		parse_hours_close(t, days);
		return NULL;
	}
	if (from == to || to < from)
		return "a time has no length";
	if (from >= DAY_MINUTES || to - from > DAY_MINUTES)
		return "a time is longer than a day";
	if (from == 0 && to == DAY_MINUTES - 1)
		to = DAY_MINUTES;
	for (int d = 0; d < PARSE_HOURS_DAYS; d++) {
		struct parse_hours_row *row = &t->day[d];
		if (!(days >> d & 1))
			continue;
		if (row->count == PARSE_HOURS_DAY_SPANS)
			return "a day has too many times";
		row->span[row->count].from = from;
		row->span[row->count++].to = to;
	}
	return NULL;
}

struct parse_hours_table *parse_hours_dates(struct parse_hours_draft *h, int from, int to)
{
	for (size_t i = 0; i < h->periods; i++)
		if (h->period[i].from == from && h->period[i].to == to)
			return &h->period[i].table;
	if (h->periods == PARSE_HOURS_PERIODS)
		return NULL;
	/* The longer first: the last rule that names a day counts, and single
	 * days are exceptions. */
	size_t at = h->periods++;
	for (; at && h->period[at - 1].to - h->period[at - 1].from < to - from; at--)
		h->period[at] = h->period[at - 1];
	h->period[at] = (struct parse_hours_period){.from = from, .to = to};
	return &h->period[at].table;
}

int parse_hours_span_end(struct parse_hours_clock *from, struct parse_hours_clock *to)
{
	const int noon = DAY_MINUTES / 2;
	if (to->twelve && !from->twelve && from->minutes < noon + 60) {
		/* "9-5 PM", "1-5 PM": the same half of the day where that comes first. */
		int first = from->minutes % noon, half = to->minutes >= noon ? noon : 0;
		from->minutes = first + half < to->minutes ? first + half : first;
		from->twelve = true;
	}
	if (from->twelve && !to->twelve && to->minutes < noon + 60)
		return -1; /* "9 AM-5" */
	bool twenty_four = from->minutes >= noon + 60 || (from->padded && to->padded);
	if (!from->twelve && !twenty_four && to->minutes <= 7 * 60)
		return from->minutes || to->minutes ? -1 : 0; /* "9-5", "1:00-5:00" */
	if (from->twelve && to->twelve && from->minutes == to->minutes)
		return -1; /* "12 AM-12 AM": all day, or closed */
	if (to->minutes > from->minutes || (!from->minutes && !to->minutes))
		return to->minutes;
	if (to->minutes == from->minutes || (!from->twelve && !twenty_four))
		return -1;
	return to->minutes + DAY_MINUTES;
}

/* ---- writing ---- */

/* Sorted and united; what is said must not be that it is open and closed. */
static const char *table_settle(struct parse_hours_table *t)
{
	for (int d = 0; d < PARSE_HOURS_DAYS; d++) {
		struct parse_hours_row *row = &t->day[d];
		if (row->closed && row->count)
			return "a day is said to be closed and open";
		for (size_t i = 1; i < row->count; i++)
			for (size_t k = i; k && row->span[k].from < row->span[k - 1].from; k--) {
				__typeof__(row->span[0]) other = row->span[k];
				row->span[k] = row->span[k - 1];
				row->span[k - 1] = other;
			}
		size_t n = 0;
		for (size_t i = 0; i < row->count; i++) {
			if (n && row->span[i].from <= row->span[n - 1].to) {
				if (row->span[i].to > row->span[n - 1].to)
					row->span[n - 1].to = row->span[i].to;
			} else {
				row->span[n++] = row->span[i];
			}
		}
		row->count = n;
	}
	return NULL;
}

bool parse_hours_row_equal(const struct parse_hours_row *a, const struct parse_hours_row *b)
{
	return a->closed == b->closed && a->count == b->count &&
	       memcmp(a->span, b->span, a->count * sizeof(a->span[0])) == 0;
}

static bool row_named(const struct parse_hours_row *row)
{
	return row->closed || row->count;
}

void parse_hours_merge(struct parse_hours_draft *h, struct parse_hours_draft *more)
{
	parse_hours_written(h, buf_view(&more->written));
	const char *why = table_settle(&h->week);
	why = why ? why : table_settle(&more->week);
	for (int d = 0; d < PARSE_HOURS_DAYS && !why; d++) {
		struct parse_hours_row *row = &h->week.day[d], *other = &more->week.day[d];
		if (!row_named(row))
			*row = *other;
		else if (row_named(other) && !parse_hours_row_equal(row, other))
			why = "two forms of the opening hours contradict each other";
	}
	if (why)
		parse_hours_unclear(h, why);
}

static void row_write(const struct parse_hours_row *row, struct buf *out)
{
	if (row->closed)
		buf_puts(out, "off");
	for (size_t i = 0; i < row->count; i++) {
		int from = row->span[i].from, to = row->span[i].to;
		if (to > DAY_MINUTES && to - DAY_MINUTES < from)
			to -= DAY_MINUTES;
		buf_printf(out, "%s%02d:%02d-%02d:%02d", i ? "," : "", from / 60, from % 60,
			   to / 60, to % 60);
	}
}

void parse_hours_day_write(int day, struct buf *out)
{
	buf_printf(out, "%.2s", day == PARSE_HOURS_HOLIDAY ? "PH" : date_weekday_names[day]);
}

/* "Mo-Fr,PH" of those days from `first` that are as it is; they are taken off *left. */
static void days_write(const struct parse_hours_table *t, int first, unsigned *left,
		       struct buf *out)
{
	const char *comma = "";
	for (int d = first; d < PARSE_HOURS_DAYS; d++) {
		int last = d;
		if (!(*left >> d & 1) || !parse_hours_row_equal(&t->day[d], &t->day[first]))
			continue;
		while (last + 1 < PARSE_HOURS_HOLIDAY && (*left >> (last + 1) & 1) &&
		       parse_hours_row_equal(&t->day[last + 1], &t->day[first]))
			last++;
		if (d == PARSE_HOURS_HOLIDAY)
			last = d;
		buf_puts(out, comma);
		parse_hours_day_write(d, out);
		if (last > d) {
			buf_putc(out, last == d + 1 ? ',' : '-');
			parse_hours_day_write(last, out);
		}
		for (; d < last; d++)
			*left &= ~(1u << d);
		*left &= ~(1u << last);
		comma = ",";
	}
}

/* Rules for all days that are named; `dates` in front of each. */
static void table_write(const struct parse_hours_table *t, const char *dates, struct buf *out)
{
	unsigned left = 0;
	for (int d = 0; d < PARSE_HOURS_DAYS; d++)
		left |= row_named(&t->day[d]) ? 1u << d : 0;
	for (int d = 0; d < PARSE_HOURS_DAYS; d++) {
		if (!(left >> d & 1))
			continue;
		buf_printf(out, "%s%s", out->n ? "; " : "", dates);
		days_write(t, d, &left, out);
		buf_putc(out, ' ');
		row_write(&t->day[d], out);
	}
}

static bool is_every_day_alike(const struct parse_hours_table *t)
{
	for (int d = 0; d < PARSE_HOURS_HOLIDAY; d++)
		if (!row_named(&t->day[d]) || !parse_hours_row_equal(&t->day[d], &t->day[0]))
			return false;
	return !row_named(&t->day[PARSE_HOURS_HOLIDAY]);
}

static void date_write(int date, struct buf *out)
{
	buf_printf(out, "%04d %.3s %02d", date / 10000, date_month_names[date / 100 % 100 - 1],
		   date % 100);
}

static void period_write(const struct parse_hours_period *p, struct buf *out)
{
	struct buf dates;
	buf_init(&dates, 64);
	date_write(p->from, &dates);
	if (p->to != p->from) {
		buf_putc(&dates, '-');
		date_write(p->to, &dates);
	}
	buf_putc(&dates, ' ');
	if (is_every_day_alike(&p->table)) {
		buf_printf(out, "%s%s", out->n ? "; " : "", buf_z(&dates));
		row_write(&p->table.day[0], out);
	} else {
		table_write(&p->table, buf_z(&dates), out);
	}
	buf_release(&dates);
}

const char *parse_hours_write(struct parse_hours_draft *h, bool offset_ok, struct buf *out)
{
	const char *why = h->unclear;
	if (!why && h->has_offset && !offset_ok)
		why = "the times have an offset that the place does not have";
	if (!why)
		why = table_settle(&h->week);
	for (size_t i = 0; i < h->periods && !why; i++)
		why = table_settle(&h->period[i].table);
	if (why)
		return why;
	size_t before = out->n;
	const struct parse_hours_row *first = &h->week.day[0];
	if (is_every_day_alike(&h->week) && first->count == 1 && first->span[0].from == 0 &&
	    first->span[0].to == DAY_MINUTES)
		buf_puts(out, "24/7");
	else
		table_write(&h->week, "", out);
	for (size_t i = 0; i < h->periods; i++)
		period_write(&h->period[i], out);
	if (out->n == before)
		return "no day is named";
	/* What was written is read by others as it was meant here, or it is not claimed. */
	why = buf_failed(out) ? "the opening hours are too long" : hours_check(buf_view(out));
	if (why)
		buf_reset(out);
	return why;
}

void parse_hours_remark(struct str written, struct buf *out)
{
	if (hours_check(written) != NULL) {
		buf_str(out, written);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < written.n; i++)
		buf_putc(out, written.p[i] == '"' ? '\'' : written.p[i]);
	buf_putc(out, '"');
}
