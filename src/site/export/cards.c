/* A vCard (RFC 6350) and a calendar of the weekly opening hours (RFC 5545), for businesses that
 * show a street and have the same hours every week. */
#include "site/export/internal.h"
#include "base/ascii.h"
#include "base/date.h"
#include "base/utf8.h"

#include <stdio.h>
#include "hours/hours.h"

enum { DAY = 24 * 60, LINE_MAX_BYTES = 74 };

bool card_wanted(const struct business *b)
{
	struct hours_week week;
	return b->facts.street.n && !b->hidden && b->facts.hours.n &&
	       hours_week_parse(b->facts.hours, &week, NULL) && week.count;
}

/* Append a text with the escapes that both formats need. */
static void card_put_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			buf_puts(out, "\\n");
		else if (s.p[i] == '\\' || s.p[i] == ',' || s.p[i] == ';')
			buf_add(out, (const char[]){'\\', s.p[i]}, 2);
		else if ((unsigned char)s.p[i] >= ' ')
			buf_putc(out, s.p[i]);
	}
}

/* End the line that begins at `from`; fold it between characters when it is too long. */
static void card_end_line(struct buf *out, size_t from)
{
	struct buf line;
	if (out->n - from <= LINE_MAX_BYTES - 4) {
		buf_puts(out, "\r\n");
		return;
	}
	buf_init(&line, 1 << 20);
	buf_add(&line, out->p + from, out->n - from);
	buf_cut(out, from);
	size_t used = 0;
	for (size_t i = 0; i < line.n; i++) {
		if (utf8_begins(line.p[i]) && used > LINE_MAX_BYTES - 4) {
			buf_puts(out, "\r\n ");
			used = 1;
		}
		buf_putc(out, line.p[i]);
		used++;
	}
	buf_puts(out, "\r\n");
	buf_release(&line);
}

static void card_put_line(struct buf *out, const char *name, struct str value)
{
	size_t from = out->n;
	if (!value.n)
		return;
	buf_puts(out, name);
	card_put_text(out, value);
	card_end_line(out, from);
}

static void card_put_address(struct buf *out, const struct business *b, const char *name,
			     const char *between)
{
	const struct str parts[] = {b->facts.street, b->facts.city, b->facts.region,
				    b->facts.postcode, b->facts.country};
	size_t from = out->n;
	buf_puts(out, name);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (i)
			buf_puts(out, between);
		card_put_text(out, parts[i]);
	}
	card_end_line(out, from);
}

static void card_put_url(struct buf *out, const struct business *b)
{
	size_t from = out->n;
	if (!b->facts.page.n)
		return;
	buf_printf(out, "URL:%.*s", STR_ARG(b->facts.page));
	card_end_line(out, from);
}

void card_vcf(const struct business *b, struct buf *out)
{
	size_t from;
	buf_puts(out, "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\n");
	card_put_line(out, "FN:", b->facts.name);
	card_put_line(out, "ORG:", b->facts.name);
	card_put_address(out, b, "ADR:;;", ";");
	card_put_line(out, "TEL:", b->facts.phone);
	from = out->n;
	if (b->facts.located) {
		buf_printf(out, "GEO:geo:%.6f,%.6f", b->facts.lat, b->facts.lon);
		card_end_line(out, from);
	}
	card_put_url(out, b);
	buf_puts(out, "END:VCARD\r\n");
}

/* Begins on 1 January 2024, a Monday. The times are floating (RFC 5545): the same
 * clock time in every time zone. */
static void card_put_event(struct buf *out, struct maker *m, const struct business *b,
			   const struct hours_span *span)
{
	int from = span->from, to = span->to;
	buf_printf(out, "BEGIN:VEVENT\r\nUID:%s-%d@holdfast\r\n", b->id_text, from);
	buf_printf(out, "DTSTAMP:%.4s%.2s%.2sT000000Z\r\n", b->updated, b->updated + 5,
		   b->updated + 8);
	buf_printf(out, "DTSTART:202401%02dT%02d%02d00\r\n", from / DAY + 1, from % DAY / 60,
		   from % 60);
	buf_printf(out, "DTEND:202401%02dT%02d%02d00\r\n", to / DAY + 1, to % DAY / 60, to % 60);
	const char *weekday = date_weekday_names[from / DAY]; /* BYDAY has "MO" */
	buf_printf(out, "RRULE:FREQ=WEEKLY;BYDAY=%c%c\r\n", weekday[0], ascii_upper(weekday[1]));
	card_put_line(out, "SUMMARY:", MAKER_FILL(m, WORD_CALENDAR_OPEN, b->facts.name));
	card_put_address(out, b, "LOCATION:", "\\, ");
	card_put_url(out, b);
	buf_puts(out, "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n");
}

void card_ics(struct maker *m, const struct business *b, struct buf *out)
{
	struct hours_week week;
	buf_puts(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Holdfast//Directory//EN\r\n");
	if (hours_week_parse(b->facts.hours, &week, NULL))
		for (size_t i = 0; i < week.count; i++)
			card_put_event(out, m, b, &week.span[i]);
	buf_puts(out, "END:VCALENDAR\r\n");
}
