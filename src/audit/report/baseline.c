/* A baseline: the fingerprints of findings that are known, so that only new ones fail a build. */
#include "audit/report/report.h"
#include "base/ascii.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

void report_baseline(const struct audit_report *report, struct buf *out)
{
	buf_puts(
	    out,
	    "# Findings that are known: fingerprint, rule, place. holdfast audit --baseline leaves them out.\n");
	for (size_t i = 0; i < report->count; i++) {
		const struct audit_finding *f = &report->findings[i];
		if (f->fingerprint)
			buf_printf(out, "%016" PRIx64 " %s %.*s:%u\n", f->fingerprint, f->rule->id,
				   STR_ARG(f->file), f->line);
	}
}

static bool baseline_number(struct str hex, uint64_t *out)
{
	uint64_t n = 0;
	for (size_t i = 0; i < hex.n; i++) {
		int digit = hex_value(hex.p[i]);
		if (digit < 0)
			return false;
		n = n << 4 | (uint64_t)digit;
	}
	*out = n;
	return hex.n == 16;
}

static int by_number(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

enum status report_forget(struct audit_report *report, struct str baseline, uint64_t *known,
			  struct err *err)
{
	uint64_t *number = NULL;
	size_t count = 0, room = 0, kept = 0;
	enum status status = OK;
	for (uint32_t line = 1; baseline.p && status == OK; line++) {
		struct str rest = str_trim(str_cut(&baseline, '\n'));
		if (!rest.n || rest.p[0] == '#')
			continue;
		number = memory_grow(number, &room, count + 1, sizeof(*number));
		if (!baseline_number(str_cut(&rest, ' '), &number[count++]))
			status = err_set(
			    err, INVALID,
			    "line %u of the baseline does not begin with a fingerprint of 16 digits; write it anew with --write-baseline",
			    line);
	}
	if (count)
		qsort(number, count, sizeof(*number), by_number);
	*known = 0;
	for (size_t i = 0; status == OK && i < report->count; i++) {
		const struct audit_finding *f = &report->findings[i];
		if (f->fingerprint && count &&
		    bsearch(&f->fingerprint, number, count, sizeof(*number), by_number)) {
			report->counts[f->severity]--;
			++*known;
			continue;
		}
		report->findings[kept++] = *f;
	}
	if (status == OK)
		report->count = kept;
	free(number);
	return status;
}
