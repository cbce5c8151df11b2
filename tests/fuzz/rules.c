/* link: base language config process hours db sql/migrate sql/migrations db/cluster db/migrate audit/serve audit/statement audit/report audit/reader audit/probe sql/audit observe observe/server sql/observe audit/sql */
/* The rules over what a reader says of a file: nothing of it is believed. The statements of the
 * input are read in this process and handed over as holdfast-parse does it; the first byte says how
 * many of the last bytes are written over the answer, each at a place that they choose themselves,
 * as a reader would that somebody has taken over. Findings of an honest reader lie in the file, and
 * the SQL that a finding offers is read again. */
#include "fuzz.h"
#include "audit/sql/internal.h"
#include "base/clock.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 << 20, PLACE_BYTES = 4, CHANGES_MAX = 15 };

#define PUT_ARRAY(out, statement, array, count)                                                    \
	buf_add((out), (statement)->array, sizeof(*(statement)->array) * (statement)->head.count)

static void answer_put(void *ctx, const struct statement *s)
{
	buf_add(ctx, &s->head, sizeof(s->head));
	PUT_ARRAY(ctx, s, query, queries);
	PUT_ARRAY(ctx, s, relation, relations);
	PUT_ARRAY(ctx, s, conjunct, conjuncts);
	PUT_ARRAY(ctx, s, arm, arms);
	PUT_ARRAY(ctx, s, order, orders);
	PUT_ARRAY(ctx, s, output, outputs);
	PUT_ARRAY(ctx, s, set, sets);
	PUT_ARRAY(ctx, s, term, terms);
	buf_add(ctx, s->text, s->head.text_bytes);
}

static void answer_change(struct buf *answer, const uint8_t *change, size_t changes)
{
	for (size_t i = 0; i < changes && answer->n; i++, change += PLACE_BYTES) {
		size_t place = (size_t)change[0] << 16 | (size_t)change[1] << 8 | change[2];
		answer->p[place % answer->n] = (char)change[3];
	}
}

static void unparsed_seen(void *ctx, const struct statement *s)
{
	bool *seen = ctx;
	*seen |= s->head.kind == STATEMENT_UNPARSED;
}

/* "id = ANY (ARRAY(SELECT ...))" is a condition. */
static void check_rewrite(struct str rewrite)
{
	struct buf text;
	bool unparsed = false;
	if (!rewrite.n || str_starts(rewrite, STR("\xe2\x80\xa6"))) /* the key is not known */
		return;
	buf_init(&text, ANSWER_MAX);
	buf_puts(&text, "SELECT 1 FROM t WHERE ");
	buf_str(&text, rewrite);
	statement_read(buf_view(&text), unparsed_seen, &unparsed);
	must(!unparsed);
	buf_release(&text);
}

static void check_report(const struct audit_report *report, bool honest)
{
	struct buf out;
	buf_init(&out, ANSWER_MAX);
	report_text(report, "fuzzed", &out);
	report_sarif(report, "fuzzed", &out);
	buf_release(&out);
	fuzz_accept(honest && report->count > 0);
	for (size_t i = 0; honest && i < report->count; i++)
		check_rewrite(report->findings[i].rewrite);
}

static void judge(struct str text, struct buf *answer, bool honest)
{
	static const struct sql_options options = {.notes = true};
	struct sql_audit audit;
	struct audit_report report;
	struct sql_summary summary;
	struct audit_reader reader = {.from = memfd_create("answer", MFD_CLOEXEC),
				      .cpu_end_ms = 60000,
				      .deadline_ms = clock_ms() + 60000};
	must(reader.from >= 0);
	must(write(reader.from, answer->p, answer->n) == (ssize_t)answer->n);
	must(lseek(reader.from, 0, SEEK_SET) == 0);
	report_init(&report);
	sql_begin(&audit, &options, &report, &summary);
	audit.file.path = STR("fuzzed.sql");
	bool whole = load_answer(&reader, text, &audit.file, &audit.file_arena);
	must(whole || !honest);
	sql_judge_file(&audit);
	report_sort(&report);
	check_report(&report, honest);
	sql_end(&audit);
	report_release(&report);
	close(reader.from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct statement end = {.head = {.kind = STATEMENT_END}};
	size_t changes = size ? data[0] % (CHANGES_MAX + 1) : 0;
	struct buf answer;
	if (size < 1 + changes * PLACE_BYTES)
		return 0;
	size -= changes * PLACE_BYTES;
	struct str text = {(const char *)data + 1, size - 1};
	buf_init(&answer, ANSWER_MAX);
	statement_read(text, answer_put, &answer);
	answer_put(&answer, &end);
	answer_change(&answer, data + size, changes);
	if (!buf_failed(&answer))
		judge(text, &answer, changes == 0);
	buf_release(&answer);
	return 0;
}
