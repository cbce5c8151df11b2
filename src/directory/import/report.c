/* What an import tells of a file: how it was understood, and what became of its values. */
#include "base/utf8.h"
#include "directory/import/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { REPORT_BYTES = 8 << 20, SAMPLES_BYTES = 256 << 10, SHOWN_NAMES = 20 };

void import_report_init(struct import_report *report)
{
	*report = (struct import_report){0};
	arena_init(&report->arena, REPORT_BYTES);
	buf_init(&report->samples, SAMPLES_BYTES);
}

void import_report_release(struct import_report *report)
{
	arena_release(&report->arena);
	buf_release(&report->samples);
}

static const struct import_note *next_of(const struct import_note *n, enum record_note_kind kind)
{
	while (n && n->note.kind != kind)
		n = n->next;
	return n;
}

static bool is_mapped(const struct import_report *r, struct str column)
{
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_ABOUT); n;
	     n = next_of(n->next, RECORD_NOTE_ABOUT))
		if (str_eq(n->note.name, STR("mapped")) && str_eq(n->note.value, column))
			return true;
	return false;
}

void import_report_mapping(const struct import_report *r, struct buf *out)
{
	const char *comma = "";
	size_t unused = 0;
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_ABOUT); n;
	     n = next_of(n->next, RECORD_NOTE_ABOUT)) {
		if (str_eq(n->note.name, STR("mapped")))
			continue;
		buf_printf(out, "%s%.*s: %.*s", comma, STR_ARG(n->note.name),
			   STR_ARG(n->note.value));
		comma = ", ";
	}
	if (comma[0])
		buf_putc(out, '\n');
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_COLUMN); n;
	     n = next_of(n->next, RECORD_NOTE_COLUMN)) {
		bool mapped = !n->note.text.n && is_mapped(r, n->note.name);
		struct str text = mapped ? STR("by the mapping file") : n->note.text;
		if (text.n)
			buf_printf(out, "  %.*s%*s -> %.*s\n", STR_ARG(n->note.name),
				   utf8_padding(n->note.name, 28), "", STR_ARG(text));
		else
			unused += n->note.name.n > 0;
	}
	if (!unused)
		return;
	buf_puts(out, "  not used: ");
	comma = "";
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_COLUMN); n;
	     n = next_of(n->next, RECORD_NOTE_COLUMN)) {
		if (n->note.text.n || !n->note.name.n || is_mapped(r, n->note.name))
			continue;
		buf_printf(out, "%s%.*s", comma, STR_ARG(n->note.name));
		comma = ", ";
	}
	buf_putc(out, '\n');
}

static void put_examples(const struct import_report *r, struct str field, struct buf *out)
{
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_EXAMPLE); n;
	     n = next_of(n->next, RECORD_NOTE_EXAMPLE)) {
		if (!str_eq(n->note.name, field))
			continue;
		buf_printf(out, "    line %" PRIu64 ": %.*s", n->note.number[0],
			   STR_ARG(n->note.text));
		if (n->note.value.n)
			buf_printf(out, ": %.*s", STR_ARG(n->note.value));
		buf_putc(out, '\n');
	}
}

/* Names of a group by frequency, the most frequent first. */
static void put_counts(const struct import_report *r, struct buf *out)
{
	struct str group = {NULL, 0};
	size_t shown = 0;
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_COUNT); n;
	     n = next_of(n->next, RECORD_NOTE_COUNT)) {
		bool first = true;
		for (const struct import_note *k = next_of(r->notes, RECORD_NOTE_COUNT); k != n;
		     k = next_of(k->next, RECORD_NOTE_COUNT))
			first &= !str_eq(k->note.name, n->note.name);
		if (!first)
			continue;
		group = n->note.name;
		shown = 0;
		buf_printf(out, "  %.*s:", STR_ARG(group));
		for (const struct import_note *k = n; k; k = next_of(k->next, RECORD_NOTE_COUNT)) {
			if (!str_eq(k->note.name, group) || ++shown > SHOWN_NAMES)
				continue;
			buf_printf(out, "%s %.*s (%" PRIu64 ")", shown > 1 ? "," : "",
				   STR_ARG(k->note.value), k->note.number[0]);
		}
		if (shown > SHOWN_NAMES)
			buf_printf(out, " and %zu more", shown - SHOWN_NAMES);
		buf_putc(out, '\n');
	}
}

static void put_remarks(const struct import_report *r, struct buf *out)
{
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_REMARK); n;
	     n = next_of(n->next, RECORD_NOTE_REMARK)) {
		buf_puts(out, "  look at ");
		if (n->note.number[0])
			buf_printf(out, "line %" PRIu64 ": ", n->note.number[0]);
		buf_printf(out, "%.*s\n", STR_ARG(n->note.text));
	}
}

void import_report_fields(const struct import_report *r, struct buf *out)
{
	bool head = false;
	put_remarks(r, out);
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_FIELD); n;
	     n = next_of(n->next, RECORD_NOTE_FIELD)) {
		const uint64_t *v = n->note.number;
		if (!head)
			buf_printf(out, "  %-18s %10s %10s %10s %10s\n", "values of", "given",
				   "kept", "changed", "dropped");
		head = true;
		buf_printf(out, "  %-18.*s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64,
			   STR_ARG(n->note.name), v[0], v[1], v[2], v[3]);
		if (v[4])
			buf_printf(out, "  (%" PRIu64 " kept as text)", v[4]);
		buf_putc(out, '\n');
		put_examples(r, n->note.name, out);
	}
	put_counts(r, out);
}

/* ---- JSON ---- */

static void json_fields(const struct import_report *r, struct json_writer *w)
{
	static const char *const names[] = {"given", "kept", "changed", "dropped", "as_text"};
	json_key(w, "fields");
	json_object_begin(w);
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_FIELD); n;
	     n = next_of(n->next, RECORD_NOTE_FIELD)) {
		json_key(w, n->note.name.p);
		json_object_begin(w);
		for (int i = 0; i < RECORD_NOTE_NUMBERS; i++)
			json_member_i64(w, names[i], (int64_t)n->note.number[i]);
		json_key(w, "examples");
		json_array_begin(w);
		for (const struct import_note *e = next_of(r->notes, RECORD_NOTE_EXAMPLE); e;
		     e = next_of(e->next, RECORD_NOTE_EXAMPLE)) {
			if (!str_eq(e->note.name, n->note.name))
				continue;
			json_object_begin(w);
			json_member_i64(w, "line", (int64_t)e->note.number[0]);
			json_member_str(w, "cause", e->note.text);
			json_member_str(w, "value", e->note.value);
			json_object_end(w);
		}
		json_array_end(w);
		json_object_end(w);
	}
	json_object_end(w);
}

static void json_remarks(const struct import_report *r, struct json_writer *w)
{
	json_key(w, "remarks");
	json_array_begin(w);
	for (const struct import_note *n = next_of(r->notes, RECORD_NOTE_REMARK); n;
	     n = next_of(n->next, RECORD_NOTE_REMARK)) {
		json_object_begin(w);
		json_member_i64(w, "line", (int64_t)n->note.number[0]);
		json_member_str(w, "text", n->note.text);
		json_object_end(w);
	}
	json_array_end(w);
}

void import_report_json(const struct import_report *r, struct json_writer *w)
{
	static const struct {
		const char *key;
		enum record_note_kind kind;
	} lists[] = {{"about", RECORD_NOTE_ABOUT},
		     {"columns", RECORD_NOTE_COLUMN},
		     {"counts", RECORD_NOTE_COUNT}};
	json_fields(r, w);
	json_remarks(r, w);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		json_key(w, lists[i].key);
		json_array_begin(w);
		for (const struct import_note *n = next_of(r->notes, lists[i].kind); n;
		     n = next_of(n->next, lists[i].kind)) {
			json_object_begin(w);
			json_member_str(w, lists[i].kind == RECORD_NOTE_COUNT ? "group" : "name",
					n->note.name);
			if (lists[i].kind == RECORD_NOTE_COLUMN)
				json_member_str(w, "use", n->note.text);
			else
				json_member_str(
				    w, lists[i].kind == RECORD_NOTE_COUNT ? "name" : "value",
				    n->note.value);
			if (lists[i].kind == RECORD_NOTE_COUNT)
				json_member_i64(w, "count", (int64_t)n->note.number[0]);
			json_object_end(w);
		}
		json_array_end(w);
	}
}
