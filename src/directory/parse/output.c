/* What all readers write to: frames on the pipe, what became of values, why a file could not be
 * read to its end. */
#include "base/io.h"
#include "base/utf8.h"
#include "directory/parse/internal.h"
#include "directory/parse/source.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_COUNTS = 100, NAME_BYTES = 80 };

bool parser_flush(struct parser *p, bool all)
{
	if (p->frames.n < OUT_FLUSH_BYTES && !all)
		return true;
	record_write_progress(&p->frames, source_consumed(p->source));
	if (io_write_all(p->out, p->frames.p, p->frames.n, p->err) != OK)
		p->broken_pipe = true;
	buf_reset(&p->frames);
	return !p->broken_pipe;
}

/* A sentence that may quote the file: cut between characters, '?' for bytes that are none. */
PRINTF(3, 0)
static struct str parser_say(char *out, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(out, size, fmt, args);
	struct str text = str_of(out);
	for (size_t at = 0, bytes; at < text.n; at += bytes ? bytes : 1) {
		bytes = utf8_first((struct str){text.p + at, text.n - at});
		if (!bytes)
			out[at] = '?';
	}
	return n < (int)size ? text : utf8_cut(text, text.n - 1);
}

void parser_fail(struct parser *p, const char *fmt, ...)
{
	va_list args;
	if (p->summary.failure.n)
		return;
	va_start(args, fmt);
	p->summary.failure = parser_say(p->failure, sizeof(p->failure), fmt, args);
	va_end(args);
}

/* Of a file that has bytes which no encoding explains, names of columns are such bytes, too. */
static struct str note_text(struct str text)
{
	return utf8_is_valid(text) ? text : STR("(not UTF-8)");
}

/* ---- names and their numbers ---- */

void parser_count(struct parser *p, const char *group, struct str name)
{
	name = note_text(utf8_cut(str_trim(name), NAME_BYTES));
	for (size_t i = 0; i < p->counted_names; i++) {
		if (p->counted[i].group == group && str_eq(p->counted[i].name, name)) {
			p->counted[i].n++;
			return;
		}
	}
	if (p->counted_names == COUNTED_MAX) {
		p->counted_others++;
		return;
	}
	p->counted[p->counted_names++] = (struct counted){group, arena_str(&p->arena, name), 1};
}

static int compare_counted(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;
	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return str_cmp(x->name, y->name);
}

static void write_note(struct parser *p, const struct record_note *note)
{
	struct record_note valid = *note;
	valid.name = note_text(note->name);
	valid.text = note_text(note->text);
	valid.value = note_text(note->value);
	record_write_note(&p->frames, &valid);
}

void parser_about(struct parser *p, const char *what, struct str value)
{
	write_note(p, &(struct record_note){
			  .kind = RECORD_NOTE_ABOUT, .name = str_of(what), .value = value});
}

void parser_remark(struct parser *p, uint64_t line, const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	struct str all = parser_say(text, sizeof(text), fmt, args);
	va_end(args);
	write_note(
	    p, &(struct record_note){.kind = RECORD_NOTE_REMARK, .text = all, .number = {line}});
}

static const char *use_of(const struct parser *p, const struct binding *b, char text[80])
{
	static const char *const uses[] = {
	    [TARGET_NONE] = "",
	    [TARGET_LEGAL_NAME] = "name, or alt_names beside one",
	    [TARGET_STREET_NAME] = "street",
	    [TARGET_HOUSE_NUMBER] = "street (house number)",
	    [TARGET_STREET_MORE] = "street (further line)",
	    [TARGET_STREET_FULL] = "street (where parts are missing)",
	    [TARGET_POSTCODE_CITY] = "postcode, city",
	    [TARGET_NUMBER] = "street (house number)",
	    [TARGET_CATEGORY_OSM] = "categories",
	    [TARGET_CATEGORY_OVERTURE] = "categories",
	    [TARGET_CATEGORY_GOOGLE] = "categories",
	    [TARGET_CATEGORY_SCHEMA] = "categories",
	    [TARGET_CATEGORY_ANY] = "categories",
	    [TARGET_PLACE] = "lat, lon",
	    [TARGET_PHONE_AREA] = "phone (area code)",
	    [TARGET_PHONE_MORE] = "phone (further ones)",
	    [TARGET_HOURS] = "hours",
	    [TARGET_HOURS_DAY] = "hours of a day",
	    [TARGET_HOURS_DAYS] = "hours of days",
	    [TARGET_HOURS_FROM] = "hours of a day (begin)",
	    [TARGET_HOURS_TO] = "hours of a day (end)",
	    [TARGET_CLOSED] = "closed for good",
	    [TARGET_EMAIL] = "contact data, left out",
	    [TARGET_PERSON] = "named person, left out",
	};
	if (!b)
		return "";
	if (b->target == TARGET_FIELD)
		return record_field_name(b->field);
	if (b->target == TARGET_PERSON && b->detail && p->options->representatives)
		return "representative, kept by name";
	if (b->target != TARGET_EXTRA)
		return uses[b->target];
	snprintf(text, 80, "extra.%s", b->detail);
	return text;
}

void parser_column(struct parser *p, struct str name, const struct binding *b)
{
	char text[80];
	write_note(p, &(struct record_note){.kind = RECORD_NOTE_COLUMN,
					    .name = utf8_cut(name, 200),
					    .text = str_of(use_of(p, b, text))});
}

/* ---- what became of values ---- */

const char *tally_name(size_t field)
{
	return field == TALLY_EMAIL    ? "e-mail addresses"
	       : field == TALLY_PERSON ? "named persons"
				       : record_field_name((enum record_field)field);
}

static void add_example(struct parse_tally *t, const struct draft *d, const struct given *g,
			const char *cause)
{
	if (t->examples == sizeof(t->example) / sizeof(t->example[0]))
		return;
	struct tally_example *e = &t->example[t->examples++];
	struct str value =
	    utf8_is_valid(g->raw) ? utf8_cut(g->raw, sizeof(e->value) - 1) : STR("(not UTF-8)");
	/* Contact data stays outside, of the report too. */
	if (g->field == TALLY_EMAIL || g->field == TALLY_PERSON || memchr(value.p, '@', value.n))
		value = (struct str){"", 0};
	e->line = d->line;
	snprintf(e->cause, sizeof(e->cause), "%s", cause);
	snprintf(e->value, sizeof(e->value), "%.*s", STR_ARG(value));
}

/* The fate of a value that was pending until the end of its record. */
static enum fate settled(const struct draft *d, const struct given *g, const char **cause)
{
	enum record_field f = (enum record_field)g->field;
	struct str raw = str_trim(g->raw);
	*cause = g->cause;
	if (g->fate != FATE_PENDING)
		return g->fate;
	/* The field has another value now, found elsewhere in the record. */
	bool replaced = f == RECORD_COUNTRY && d->dropped[f];
	if (!d->field[f].p || replaced) {
		*cause = d->dropped[f] ? d->dropped[f] : "not a value of this field";
		return FATE_DROPPED;
	}
	double a, b;
	bool number = f == RECORD_LAT || f == RECORD_LON;
	bool same =
	    number ? str_to_double(raw, &a) && str_to_double(d->field[f], &b) && fabs(a - b) < 1e-7
		   : str_eq(raw, d->field[f]);
	return same ? FATE_KEPT : FATE_CHANGED;
}

void parser_account(struct parser *p, const struct draft *d, bool rejected)
{
	for (size_t i = 0; i < d->givens; i++) {
		const struct given *g = &d->given[i];
		struct parse_tally *t = &p->tally[g->field];
		const char *cause;
		enum fate fate = settled(d, g, &cause);
		if (rejected) {
			fate = FATE_DROPPED;
			cause = "the record was rejected";
		}
		t->given++;
		t->kept += fate == FATE_KEPT;
		t->changed += fate == FATE_CHANGED;
		t->dropped += fate == FATE_DROPPED;
		bool as_text = g->field == RECORD_HOURS && d->hours_as_text && fate != FATE_DROPPED;
		t->as_text += as_text;
		if (fate == FATE_DROPPED && !rejected) {
			bool contact = g->field == TALLY_EMAIL || g->field == TALLY_PERSON;
			p->summary.values_dropped += !contact;
			p->summary.emails_dropped += g->field == TALLY_EMAIL;
			p->summary.persons_dropped += g->field == TALLY_PERSON;
			add_example(t, d, g, cause ? cause : "not a value of this field");
		} else if (as_text) {
			add_example(t, d, g, d->dropped[RECORD_HOURS]);
		}
	}
}

static void write_tally(struct parser *p, size_t field)
{
	const struct parse_tally *t = &p->tally[field];
	struct str name = str_of(tally_name(field));
	if (!t->given)
		return;
	write_note(p, &(struct record_note){
			  .kind = RECORD_NOTE_FIELD,
			  .name = name,
			  .number = {t->given, t->kept, t->changed, t->dropped, t->as_text}});
	for (size_t i = 0; i < t->examples; i++)
		write_note(p, &(struct record_note){.kind = RECORD_NOTE_EXAMPLE,
						    .name = name,
						    .text = str_of(t->example[i].cause),
						    .value = str_of(t->example[i].value),
						    .number = {t->example[i].line}});
}

void parser_end(struct parser *p)
{
	for (size_t f = 0; f < TALLY_FIELDS; f++)
		write_tally(p, f);
	qsort(p->counted, p->counted_names, sizeof(p->counted[0]), compare_counted);
	for (size_t i = 0; i < p->counted_names && i < SHOWN_COUNTS; i++)
		write_note(p, &(struct record_note){.kind = RECORD_NOTE_COUNT,
						    .name = str_of(p->counted[i].group),
						    .value = p->counted[i].name,
						    .number = {p->counted[i].n}});
	for (size_t i = SHOWN_COUNTS; i < p->counted_names; i++)
		p->counted_others += p->counted[i].n;
	if (p->counted_others)
		write_note(p, &(struct record_note){.kind = RECORD_NOTE_COUNT,
						    .name = STR("others"),
						    .value = STR("further names"),
						    .number = {p->counted_others}});
	p->summary.format = str_of(p->format ? p->format : "unknown");
	record_write_end(&p->frames, &p->summary);
}
