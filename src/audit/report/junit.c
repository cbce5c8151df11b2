/* JUnit's XML, which CI servers show: a failed test for each error or warning, a skipped one for
 * each note, and a passed one when nothing was found. */
#include "audit/report/report.h"

#include <inttypes.h>

/* Foreign text as XML, which knows no control characters. */
static void junit_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool control = (unsigned char)s.p[i] < 0x20 && s.p[i] != '\n' && s.p[i] != '\t';
		buf_html(out, control ? STR(" ") : (struct str){s.p + i, 1});
	}
}

static void junit_line(struct buf *out, const char *key, struct str text)
{
	if (!text.n)
		return;
	buf_printf(out, "%s: ", key);
	junit_text(out, text);
	buf_putc(out, '\n');
}

static void junit_case(struct buf *out, const struct audit_finding *f)
{
	bool note = f->severity == AUDIT_NOTE;
	struct str title = f->headline.n ? f->headline : str_of(f->rule->title);
	buf_puts(out, "    <testcase classname=\"");
	junit_text(out, f->file.n ? f->file : STR("."));
	buf_printf(out, "\" name=\"%s, line %u\"><%s message=\"", f->rule->id, f->line,
		   note ? "skipped" : "failure");
	junit_text(out, title);
	buf_puts(out, note ? "\"/></testcase>\n" : "\" type=\"");
	if (note)
		return;
	buf_printf(out, "%s\">", f->rule->id);
	junit_text(out, f->file);
	buf_printf(out, ":%u:%u\n", f->line, f->column);
	junit_line(out, "cause", f->about);
	junit_line(out, "write", f->rewrite);
	junit_line(out, "remedy", f->rewrite.n ? STR("") : str_of(f->rule->remedy));
	junit_line(out, "rows", f->evidence);
	junit_line(out, "or", f->alternative);
	buf_puts(out, "</failure></testcase>\n");
}

void report_junit(const struct audit_report *report, const char *looked, struct buf *out)
{
	uint64_t notes = report->counts[AUDIT_NOTE];
	uint64_t failures = report->counts[AUDIT_ERROR] + report->counts[AUDIT_WARNING];
	size_t tests = report->count ? report->count : 1;
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	buf_printf(out,
		   "  <testsuite name=\"holdfast audit\" tests=\"%zu\" failures=\"%" PRIu64
		   "\" errors=\"0\" skipped=\"%" PRIu64 "\">\n",
		   tests, failures, notes);
	for (size_t i = 0; i < report->count; i++)
		junit_case(out, &report->findings[i]);
	if (!report->count)
		buf_puts(out, "    <testcase classname=\"holdfast audit\" name=\"no finding\"/>\n");
	buf_puts(out, "    <system-out>");
	junit_text(out, str_of(looked));
	buf_puts(out, "</system-out>\n  </testsuite>\n</testsuites>\n");
}
