/* The findings table and its three faces. */
#include "audit/report/report.h"
#include "base/percent.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_BYTES_MAX = 512 << 20, RULES_MAX = 512, SHOWN_MAX = 5 };

static const char *const severity_names[AUDIT_SEVERITIES] = {"", "note", "warning", "error"};

void report_init(struct audit_report *report)
{
	*report = (struct audit_report){0};
	arena_init(&report->arena, REPORT_BYTES_MAX);
}

void report_release(struct audit_report *report)
{
	free(report->findings);
	arena_release(&report->arena);
}

void report_add(struct audit_report *report, const struct audit_finding *finding)
{
	struct audit_finding copy = *finding;
	if (copy.severity == AUDIT_BY_RULE)
		copy.severity = copy.rule->severity;
	report->counts[copy.severity]++;
	if (report->count == AUDIT_FINDINGS_MAX) {
		report->dropped++;
		return;
	}
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
	if (!copy.headline.p || !copy.fix.p || !copy.level.p || !copy.alternative.p ||
	    !copy.statement.p || !copy.file.p || !copy.about.p || !copy.excerpt.p ||
	    !copy.rewrite.p || !copy.evidence.p || !copy.object.p) {
		report->dropped++;
		return;
	}
	report->findings = memory_grow(report->findings, &report->room, report->count + 1,
				       sizeof(*report->findings));
	report->findings[report->count++] = copy;
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
	size_t i = 0;
	while (i < t->count && t->of[i].rule != rule)
		i++;
	if (i == t->count) {
		must(t->count < RULES_MAX);
		t->of[t->count++] = (struct tally){.rule = rule};
	}
	struct tally *tally = &t->of[i];
	if (tally->found < SHOWN_MAX)
		tally->first[tally->found] = finding;
	tally->found++;
}

static void put_place(struct buf *out, const struct audit_finding *f)
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
	buf_printf(out, "%s: %s [%s]", severity_names[t->rule->severity], t->rule->title,
		   t->rule->id);
	if (t->found > 1)
		buf_printf(out, ", %llu times", (unsigned long long)t->found);
	buf_printf(out, "\n  %s\n", t->rule->remedy);
	for (size_t i = 0; i < t->found && i < SHOWN_MAX; i++)
		put_place(out, &report->findings[t->first[i]]);
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
		for (i++; i < line.n && ((unsigned char)line.p[i] & 0xc0) == 0x80;)
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
		for (i++; i < to && ((unsigned char)f->excerpt.p[i] & 0xc0) == 0x80;)
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
	buf_printf(out, "%s: ", severity_names[f->severity]);
	put_plain(out, title_of(f));
	buf_printf(out, " [%s]\n  ", f->rule->id);
	if (f->statement.n)
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
			if ((int)t->of[i].rule->severity == severity)
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
		json_member_z(&w, "severity", severity_names[f->severity]);
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

/* ---- SARIF ---- */

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	json_key(w, key);
	json_object_begin(w);
	json_member_z(w, "text", text);
	json_object_end(w);
}

static int by_rule(const void *x, const void *y)
{
	const struct audit_rule *const *a = x, *const *b = y;
	return strcmp((*a)->id, (*b)->id);
}

/* The rules that were found, once each, by id. */
static size_t rules_of(const struct audit_report *report, const struct audit_rule **rules)
{
	size_t n = 0;
	for (size_t i = 0; i < report->count; i++)
		rules[i] = report->findings[i].rule;
	if (report->count)
		qsort(rules, report->count, sizeof(const struct audit_rule *), by_rule);
	for (size_t i = 0; i < report->count; i++)
		if (n == 0 || rules[n - 1] != rules[i])
			rules[n++] = rules[i];
	return n;
}

/* A path as a URI reference (RFC 3986): what is not unreserved or a slash is escaped. */
static void put_uri(struct json_writer *w, const char *key, struct str path)
{
	struct buf uri;
	buf_init(&uri, 3 * path.n + 1);
	percent_put(&uri, path, "/");
	json_member_str(w, key, buf_view(&uri));
	buf_release(&uri);
}

static void put_message(struct json_writer *w, const struct audit_finding *f)
{
	struct buf text;
	buf_init(&text, f->about.n + 1024);
	buf_str(&text, title_of(f));
	if (f->about.n)
		buf_puts(&text, ": ");
	buf_str(&text, f->about);
	json_key(w, "message");
	json_object_begin(w);
	json_member_str(w, "text", buf_view(&text));
	json_object_end(w);
	buf_release(&text);
}

static void put_fingerprint(struct json_writer *w, const struct audit_finding *f)
{
	char text[17];
	if (!f->fingerprint)
		return;
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)f->fingerprint);
	json_key(w, "partialFingerprints");
	json_object_begin(w);
	json_member_z(w, "finding/v1", text);
	json_object_end(w);
}

static void put_region(struct json_writer *w, const char *key, const struct audit_finding *f)
{
	json_key(w, key);
	json_object_begin(w);
	json_member_i64(w, "startLine", f->line);
	if (f->column)
		json_member_i64(w, "startColumn", f->column);
	if (f->end_line) {
		json_member_i64(w, "endLine", f->end_line);
		json_member_i64(w, "endColumn", f->end_column);
	}
	json_object_end(w);
}

static void put_artifact(struct json_writer *w, const struct audit_finding *f)
{
	json_key(w, "artifactLocation");
	json_object_begin(w);
	put_uri(w, "uri", f->file.n ? f->file : STR("."));
	json_object_end(w);
}

/* "schema.table.index", and the statement where there is no file. */
static void put_logical(struct json_writer *w, const struct audit_finding *f)
{
	if (!f->level.n && !f->statement.n)
		return;
	json_key(w, "logicalLocations");
	json_array_begin(w);
	for (int i = 0; i < 2; i++) {
		struct str name = i ? f->statement : f->object;
		if (!name.n || (!i && !f->level.n))
			continue;
		json_object_begin(w);
		json_member_str(w, "fullyQualifiedName", name);
		json_member_z(w, "kind", i ? "statement" : "index");
		json_object_end(w);
	}
	json_array_end(w);
}

/* Only what is known to keep the rows. */
static void put_fixes(struct json_writer *w, const struct audit_finding *f)
{
	if (!f->fix.n || f->statement.n || !f->end_line ||
	    (!str_eq(f->level, STR("proved")) && !str_eq(f->level, STR("checked"))))
		return;
	json_key(w, "fixes");
	json_array_begin(w);
	json_object_begin(w);
	json_key(w, "description");
	json_object_begin(w);
	json_member_str(w, "text", f->evidence);
	json_object_end(w);
	json_key(w, "artifactChanges");
	json_array_begin(w);
	json_object_begin(w);
	put_artifact(w, f);
	json_key(w, "replacements");
	json_array_begin(w);
	json_object_begin(w);
	put_region(w, "deletedRegion", f);
	json_key(w, "insertedContent");
	json_object_begin(w);
	json_member_str(w, "text", f->fix);
	json_object_end(w);
	json_object_end(w);
	json_array_end(w);
	json_object_end(w);
	json_array_end(w);
	json_object_end(w);
	json_array_end(w);
}

static void put_result(struct json_writer *w, const struct audit_finding *f)
{
	json_object_begin(w);
	json_member_z(w, "ruleId", f->rule->id);
	json_member_z(w, "level", severity_names[f->severity]);
	put_message(w, f);
	json_key(w, "locations");
	json_array_begin(w);
	json_object_begin(w);
	json_key(w, "physicalLocation");
	json_object_begin(w);
	put_artifact(w, f);
	if (f->line)
		put_region(w, "region", f);
	json_object_end(w);
	put_logical(w, f);
	json_object_end(w);
	json_array_end(w);
	put_fixes(w, f);
	put_fingerprint(w, f);
	json_object_end(w);
}

static void put_rule(struct json_writer *w, const struct audit_rule *rule)
{
	json_object_begin(w);
	json_member_z(w, "id", rule->id);
	put_text(w, "shortDescription", rule->title);
	put_text(w, "help", rule->remedy);
	json_key(w, "defaultConfiguration");
	json_object_begin(w);
	json_member_z(w, "level", severity_names[rule->severity]);
	json_object_end(w);
	json_object_end(w);
}

void report_sarif(const struct audit_report *report, struct buf *out)
{
	struct json_writer w;
	const struct audit_rule **rules =
	    memory_array(report->count + 1, sizeof(const struct audit_rule *));
	size_t n = rules_of(report, rules);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_z(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_member_z(&w, "version", "2.1.0");
	json_key(&w, "runs");
	json_array_begin(&w);
	json_object_begin(&w);
	json_key(&w, "tool");
	json_object_begin(&w);
	json_key(&w, "driver");
	json_object_begin(&w);
	json_member_z(&w, "name", "holdfast audit");
	json_key(&w, "rules");
	json_array_begin(&w);
	for (size_t i = 0; i < n; i++)
		put_rule(&w, rules[i]);
	json_array_end(&w);
	json_object_end(&w);
	json_object_end(&w);
	json_member_z(&w, "columnKind", "unicodeCodePoints");
	json_key(&w, "results");
	json_array_begin(&w);
	for (size_t i = 0; i < report->count; i++)
		put_result(&w, &report->findings[i]);
	json_array_end(&w);
	json_object_end(&w);
	json_array_end(&w);
	json_object_end(&w);
	buf_putc(out, '\n');
	free(rules);
}

int report_exit_code(const struct audit_report *report)
{
	return report->counts[AUDIT_ERROR] + report->counts[AUDIT_WARNING] ? EXIT_FINDINGS
									   : EXIT_OK;
}
