/* The table of findings; its text form and its JSON. */
#include "audit/report/report.h"
#include "base/ascii.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_BYTES_MAX = 512 << 20, RULES_MAX = 512, SHOWN_MAX = 5 };

const char *const audit_severity_names[AUDIT_SEVERITIES] = {"", "note", "warning", "error"};

void report_init(struct audit_report *report)
{
	*report = (struct audit_report){0};
	arena_init(&report->arena, REPORT_BYTES_MAX);
}

void report_release(struct audit_report *report)
{
	free(report->findings);
	free(report->unchecked);
	arena_release(&report->arena);
}

static bool ends_number(char c)
{
	return c == ' ' || c == '(' || c == ')' || c == ',' || c == ';';
}

/* A number in a message that stands alone is a measurement ("12 times on 3 pages") or a line: the
 * offset behind it. Those inside of names and addresses are not. */
static size_t number_end(struct str s, size_t from)
{
	size_t to = from;
	while (to < s.n && ascii_is_digit(s.p[to]))
		to++;
	bool alone =
	    (from == 0 || ends_number(s.p[from - 1])) && (to == s.n || ends_number(s.p[to]));
	return alone ? to : from;
}

/* Of what stays when lines move and sizes change: the rule, and the object that it is about. Where
 * it names none, file and message. */
static uint64_t report_fingerprint(const struct audit_finding *f)
{
	uint64_t hash = 14695981039346656037u;
	bool object = f->object.n != 0;
	const struct str parts[] = {str_of(f->rule->id), object ? f->object : f->file,
				    object ? STR("") : f->about};
	for (size_t p = 0; p < COUNT_OF(parts); p++) {
		for (size_t i = 0; i < parts[p].n; i++) {
			size_t end = p == 2 ? number_end(parts[p], i) : i;
			unsigned char c = end > i ? '#' : (unsigned char)parts[p].p[i];
			hash = (hash ^ c) * 1099511628211u;
			i = end > i ? end - 1 : i;
		}
		hash = (hash ^ 0xff) * 1099511628211u;
	}
	return hash;
}

/* The finding with texts of the report. False: there is no room. */
static bool finding_copy(struct audit_report *report, const struct audit_finding *finding,
			 struct audit_finding *out)
{
	struct audit_finding copy = *finding;
	if (copy.severity == AUDIT_BY_RULE)
		copy.severity = copy.rule->severity;
	if (!copy.fingerprint)
		copy.fingerprint = report_fingerprint(finding);
	const struct audit_finding *before =
	    report->count ? &report->findings[report->count - 1] : NULL;
	copy.file = before && str_eq(before->file, finding->file)
			? before->file
			: arena_str(&report->arena, finding->file);
	copy.about = arena_str(&report->arena, finding->about);
	copy.excerpt = arena_str(&report->arena, finding->excerpt);
	copy.rewrite = arena_str(&report->arena, finding->rewrite);
	copy.evidence = arena_str(&report->arena, finding->evidence);
	copy.object = arena_str(&report->arena, finding->object);
	copy.level = arena_str(&report->arena, finding->level);
	copy.alternative = arena_str(&report->arena, finding->alternative);
	copy.statement = arena_str(&report->arena, finding->statement);
	copy.fix = arena_str(&report->arena, finding->fix);
	copy.headline = arena_str(&report->arena, finding->headline);
	*out = copy;
	return copy.headline.p && copy.fix.p && copy.level.p && copy.alternative.p &&
	       copy.statement.p && copy.file.p && copy.about.p && copy.excerpt.p &&
	       copy.rewrite.p && copy.evidence.p && copy.object.p;
}

void report_add(struct audit_report *report, const struct audit_finding *finding)
{
	struct audit_finding copy;
	report->counts[finding->severity ? finding->severity : finding->rule->severity]++;
	if (report->count == AUDIT_FINDINGS_MAX || !finding_copy(report, finding, &copy)) {
		report->dropped++;
		return;
	}
	report->findings = memory_grow(report->findings, &report->room, report->count + 1,
				       sizeof(*report->findings));
	report->findings[report->count++] = copy;
}

void report_unchecked(struct audit_report *report, const struct audit_finding *finding)
{
	struct audit_finding copy;
	if (report->unchecked_count == AUDIT_FINDINGS_MAX ||
	    !finding_copy(report, finding, &copy)) {
		report->dropped++;
		return;
	}
	report->unchecked = memory_grow(report->unchecked, &report->unchecked_room,
					report->unchecked_count + 1, sizeof(*report->unchecked));
	report->unchecked[report->unchecked_count++] = copy;
}

static int by_place(const void *x, const void *y)
{
	const struct audit_finding *a = x, *b = y;
	int order = str_cmp(a->file, b->file);
	if (order == 0)
		order = (a->line > b->line) - (a->line < b->line);
	if (order == 0)
		order = (a->column > b->column) - (a->column < b->column);
	if (order == 0)
		order = strcmp(a->rule->id, b->rule->id);
	return order ? order : str_cmp(a->about, b->about);
}

void report_sort(struct audit_report *report)
{
	if (report->count)
		qsort(report->findings, report->count, sizeof(*report->findings), by_place);
}

/* Foreign text on a terminal: no control characters. */
static void put_plain(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_putc(out, (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? ' ' : s.p[i]);
}

/* A rule that was found: how often, and where first. */
struct tally {
	const struct audit_rule *rule;
	int severity; /* of these findings: the rule's, or less */
	uint64_t found;
	size_t first[SHOWN_MAX]; /* numbers of findings */
};

struct tallies {
	struct tally of[RULES_MAX];
	size_t count;
};

static void count_finding(struct tallies *t, const struct audit_report *report, size_t finding)
{
	const struct audit_rule *rule = report->findings[finding].rule;
	int severity = (int)report->findings[finding].severity;
	size_t i = 0;
	while (i < t->count && (t->of[i].rule != rule || t->of[i].severity != severity))
		i++;
	if (i == t->count) {
		must(t->count < RULES_MAX);
		t->of[t->count++] = (struct tally){.rule = rule, .severity = severity};
	}
	struct tally *tally = &t->of[i];
	if (tally->found < SHOWN_MAX)
		tally->first[tally->found] = finding;
	tally->found++;
}

static void report_put_place(struct buf *out, const struct audit_finding *f)
{
	buf_puts(out, "  ");
	put_plain(out, f->file.n ? f->file : STR("."));
	if (f->line)
		buf_printf(out, ":%u", f->line);
	if (f->line && f->column)
		buf_printf(out, ":%u", f->column);
	if (f->about.n) {
		buf_puts(out, ": ");
		put_plain(out, f->about);
	}
	buf_putc(out, '\n');
}

static void put_tally(struct buf *out, const struct audit_report *report, const struct tally *t)
{
	buf_printf(out, "%s: %s [%s]", audit_severity_names[t->severity], t->rule->title,
		   t->rule->id);
	if (t->found > 1)
		buf_printf(out, ", %llu times", (unsigned long long)t->found);
	buf_printf(out, "\n  %s\n", t->rule->remedy);
	for (size_t i = 0; i < t->found && i < SHOWN_MAX; i++)
		report_put_place(out, &report->findings[t->first[i]]);
	if (t->found > SHOWN_MAX)
		buf_printf(out, "  and %llu more\n", (unsigned long long)t->found - SHOWN_MAX);
	buf_putc(out, '\n');
}

/* ---- a finding with its source ---- */

enum { EXCERPT_WIDTH = 100 };

/* Characters from the column on; column from 1, and the end of the text when there are fewer. */
static size_t column_offset(struct str line, uint32_t column)
{
	size_t i = 0;
	for (uint32_t c = 1; i < line.n && c < column; c++)
		for (i++; i < line.n && !utf8_begins(line.p[i]);)
			i++;
	return i;
}

/* The line, cut around the place when it is long, and carets under the place. */
static void put_excerpt(struct buf *out, const struct audit_finding *f)
{
	uint32_t first = f->column > EXCERPT_WIDTH / 2 ? f->column - EXCERPT_WIDTH / 4 : 1;
	uint32_t end = f->end_line == f->line ? f->end_column : UINT32_MAX;
	size_t from = column_offset(f->excerpt, first);
	size_t to = column_offset(f->excerpt, first + EXCERPT_WIDTH);
	buf_printf(out, "    %5u | %s", f->line, first > 1 ? "..." : "");
	put_plain(out, (struct str){f->excerpt.p + from, to - from});
	buf_printf(out, "%s\n          | %*s", to < f->excerpt.n ? "..." : "",
		   (int)(f->column - first) + (first > 1 ? 3 : 0), "");
	uint32_t carets = 0;
	for (size_t i = column_offset(f->excerpt, f->column); i < to && f->column + carets < end;
	     carets++)
		for (i++; i < to && !utf8_begins(f->excerpt.p[i]);)
			i++;
	do
		buf_putc(out, '^');
	while (carets && --carets);
	buf_putc(out, '\n');
}

static struct str title_of(const struct audit_finding *f)
{
	return f->headline.n ? f->headline : str_of(f->rule->title);
}

static void put_shown(struct buf *out, const struct audit_finding *f)
{
	buf_printf(out, "%s: ", audit_severity_names[f->severity]);
	put_plain(out, title_of(f));
	buf_printf(out, " [%s]\n  ", f->rule->id);
	/* a function names itself */
	if (f->statement.n && !memmem(f->file.p, f->file.n, f->statement.p, f->statement.n))
		buf_printf(out, "statement %.*s of ", STR_ARG(f->statement));
	put_plain(out, f->file);
	buf_printf(out, ":%u:%u\n", f->line, f->column);
	put_excerpt(out, f);
	buf_puts(out, "  ");
	put_plain(out, f->about);
	if (f->rewrite.n || !f->alternative.n) {
		buf_puts(out, f->rewrite.n ? "\n  write     " : "\n  remedy    ");
		put_plain(out, f->rewrite.n ? f->rewrite : str_of(f->rule->remedy));
	}
	if (f->evidence.n) {
		buf_puts(out, "\n  rows      ");
		put_plain(out, f->evidence);
	}
	if (f->alternative.n) {
		buf_puts(out, f->rewrite.n ? "\n  or        " : "\n  write     ");
		put_plain(out, f->alternative);
	}
	buf_puts(out, "\n\n");
}

void report_text(const struct audit_report *report, const char *looked, struct buf *out)
{
	struct tallies *t = memory_alloc(sizeof(*t));
	for (size_t i = 0; i < report->count; i++)
		if (!report->findings[i].excerpt.n)
			count_finding(t, report, i);
	for (int severity = AUDIT_ERROR; severity >= AUDIT_NOTE; severity--) {
		for (size_t i = 0; i < report->count; i++)
			if (report->findings[i].excerpt.n &&
			    (int)report->findings[i].severity == severity)
				put_shown(out, &report->findings[i]);
		for (size_t i = 0; i < t->count; i++)
			if (t->of[i].severity == severity)
				put_tally(out, report, &t->of[i]);
	}
	free(t);
	buf_printf(out, "%s: %llu errors, %llu warnings, %llu notes\n", looked,
		   (unsigned long long)report->counts[AUDIT_ERROR],
		   (unsigned long long)report->counts[AUDIT_WARNING],
		   (unsigned long long)report->counts[AUDIT_NOTE]);
	if (report->dropped)
		buf_printf(out, "%llu findings more are counted and not kept\n",
			   (unsigned long long)report->dropped);
}

/* What only some audits know. */
static void put_members(struct json_writer *w, const struct audit_finding *f)
{
	char fingerprint[17];
	if (f->end_line) {
		json_member_i64(w, "end_line", f->end_line);
		json_member_i64(w, "end_column", f->end_column);
	}
	if (f->statement.n)
		json_member_str(w, "statement", f->statement);
	if (f->object.n)
		json_member_str(w, "object", f->object);
	if (f->rewrite.n)
		json_member_str(w, "rewrite", f->rewrite);
	if (f->evidence.n)
		json_member_str(w, "evidence", f->evidence);
	if (f->level.n)
		json_member_str(w, "level", f->level);
	if (f->alternative.n)
		json_member_str(w, "alternative", f->alternative);
	if (f->fix.n)
		json_member_str(w, "fix", f->fix);
	if (f->cost_before > 0) {
		json_key(w, "cost");
		json_object_begin(w);
		json_key(w, "before");
		json_put_double(w, f->cost_before, 2);
		json_key(w, "after");
		json_put_double(w, f->cost_after, 2);
		json_object_end(w);
	}
	if (!f->fingerprint)
		return;
	snprintf(fingerprint, sizeof(fingerprint), "%016llx", (unsigned long long)f->fingerprint);
	json_member_z(w, "fingerprint", fingerprint);
}

void report_json(const struct audit_report *report, const char *looked, struct buf *out)
{
	struct json_writer w;
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_z(&w, "looked", looked);
	json_member_i64(&w, "errors", (int64_t)report->counts[AUDIT_ERROR]);
	json_member_i64(&w, "warnings", (int64_t)report->counts[AUDIT_WARNING]);
	json_member_i64(&w, "notes", (int64_t)report->counts[AUDIT_NOTE]);
	json_member_i64(&w, "dropped", (int64_t)report->dropped);
	json_key(&w, "findings");
	json_array_begin(&w);
	for (size_t i = 0; i < report->count; i++) {
		const struct audit_finding *f = &report->findings[i];
		json_object_begin(&w);
		json_member_z(&w, "rule", f->rule->id);
		json_member_z(&w, "severity", audit_severity_names[f->severity]);
		json_member_str(&w, "file", f->file);
		json_member_i64(&w, "line", f->line);
		json_member_i64(&w, "column", f->column);
		put_members(&w, f);
		json_member_str(&w, "title", title_of(f));
		json_member_str(&w, "message", f->about);
		json_member_z(&w, "remedy", f->rule->remedy);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	buf_putc(out, '\n');
}

int report_exit_code(const struct audit_report *report)
{
	return report->counts[AUDIT_ERROR] + report->counts[AUDIT_WARNING] ? EXIT_FINDINGS
									   : EXIT_OK;
}
