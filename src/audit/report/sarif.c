/* A report as SARIF 2.1.0. */
#include "audit/report/report.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/percent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_TEXT(version)   VERSION_QUOTED(version)
#define VERSION_QUOTED(version) #version

static void sarif_put_text(struct json_writer *w, const char *key, const char *text)
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
static size_t sarif_rules_of(const struct audit_report *report, const struct audit_rule **rules)
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

/* Viewers show the message and no fixes, so that it says what to write as well. */
static void put_message(struct json_writer *w, const struct audit_finding *f)
{
	struct buf text;
	buf_init(&text, f->about.n + f->headline.n + f->rewrite.n + f->evidence.n +
			    f->alternative.n + 1024);
	buf_str(&text, f->headline.n ? f->headline : str_of(f->rule->title));
	if (f->about.n)
		buf_puts(&text, ": ");
	buf_str(&text, f->about);
	if (f->rewrite.n)
		buf_printf(&text, "\nWrite: %.*s", STR_ARG(f->rewrite));
	if (f->rewrite.n && f->evidence.n)
		buf_printf(&text, " (%.*s)", STR_ARG(f->evidence));
	if (f->alternative.n)
		buf_printf(&text, "\nOr: %.*s", STR_ARG(f->alternative));
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

static void sarif_put_region(struct json_writer *w, const char *key, const struct audit_finding *f)
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
	sarif_put_region(w, "deletedRegion", f);
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

static void put_locations(struct json_writer *w, const struct audit_finding *f)
{
	json_key(w, "locations");
	json_array_begin(w);
	json_object_begin(w);
	json_key(w, "physicalLocation");
	json_object_begin(w);
	put_artifact(w, f);
	if (f->line)
		sarif_put_region(w, "region", f);
	json_object_end(w);
	put_logical(w, f);
	json_object_end(w);
	json_array_end(w);
}

static void put_result(struct json_writer *w, const struct audit_finding *f, size_t rule)
{
	json_object_begin(w);
	json_member_z(w, "ruleId", f->rule->id);
	json_member_i64(w, "ruleIndex", (int64_t)rule);
	json_member_z(w, "level", audit_severity_names[f->severity]);
	put_message(w, f);
	put_locations(w, f);
	put_fixes(w, f);
	put_fingerprint(w, f);
	json_object_end(w);
}

/* The invocation: what was audited, and what of it could not be checked. */
static void put_invocation(struct json_writer *w, const struct audit_report *report,
			   const char *looked)
{
	json_key(w, "invocations");
	json_array_begin(w);
	json_object_begin(w);
	json_member_bool(w, "executionSuccessful", true);
	json_key(w, "toolExecutionNotifications");
	json_array_begin(w);
	json_object_begin(w);
	sarif_put_text(w, "message", looked);
	json_member_z(w, "level", "note");
	json_object_end(w);
	for (size_t i = 0; i < report->unchecked_count; i++) {
		const struct audit_finding *f = &report->unchecked[i];
		json_object_begin(w);
		put_message(w, f);
		json_member_z(w, "level", audit_severity_names[f->severity]);
		put_locations(w, f);
		json_key(w, "associatedRule");
		json_object_begin(w);
		json_member_z(w, "id", f->rule->id);
		json_object_end(w);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
	json_array_end(w);
}

static void put_rule(struct json_writer *w, const struct audit_rule *rule)
{
	json_object_begin(w);
	json_member_z(w, "id", rule->id);
	if (rule->help)
		json_member_z(w, "helpUri", rule->help);
	sarif_put_text(w, "shortDescription", rule->title);
	sarif_put_text(w, "help", rule->remedy);
	json_key(w, "defaultConfiguration");
	json_object_begin(w);
	json_member_z(w, "level", audit_severity_names[rule->severity]);
	json_object_end(w);
	json_object_end(w);
}

static size_t number_of(const struct audit_rule *const *rules, const struct audit_rule *rule)
{
	size_t n = 0;
	while (rules[n] != rule)
		n++;
	return n;
}

void report_sarif(const struct audit_report *report, const char *looked, struct buf *out)
{
	struct json_writer w;
	const struct audit_rule **rules =
	    memory_array(report->count + 1, sizeof(const struct audit_rule *));
	size_t n = sarif_rules_of(report, rules);
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
	json_member_z(&w, "version", VERSION_TEXT(HOLDFAST_VERSION));
	json_key(&w, "rules");
	json_array_begin(&w);
	for (size_t i = 0; i < n; i++)
		put_rule(&w, rules[i]);
	json_array_end(&w);
	json_object_end(&w);
	json_object_end(&w);
	put_invocation(&w, report, looked);
	json_member_z(&w, "columnKind", "unicodeCodePoints");
	json_key(&w, "results");
	json_array_begin(&w);
	for (size_t i = 0; i < report->count; i++)
		put_result(&w, &report->findings[i], number_of(rules, report->findings[i].rule));
	json_array_end(&w);
	json_object_end(&w);
	json_array_end(&w);
	json_object_end(&w);
	buf_putc(out, '\n');
	free(rules);
}
