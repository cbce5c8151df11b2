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

/* A fingerprint, and how many findings with it are known. */
struct known {
	uint64_t number, left;
};

static int by_number(const void *x, const void *y)
{
	const struct known *a = x, *b = y;
	return (a->number > b->number) - (a->number < b->number);
}

/* Sorted, each number once. */
static size_t known_sum(struct known *known, size_t count)
{
	size_t kept = 0;
	if (count)
		qsort(known, count, sizeof(*known), by_number);
	for (size_t i = 0; i < count; i++)
		if (kept && known[kept - 1].number == known[i].number)
			known[kept - 1].left++;
		else
			known[kept++] = known[i];
	return kept;
}

static enum status baseline_read(struct str baseline, struct known **known, size_t *count,
				 struct err *err)
{
	size_t room = 0;
	*known = NULL;
	*count = 0;
	for (uint32_t line = 1; baseline.p; line++) {
		struct str rest = str_trim(str_cut(&baseline, '\n'));
		if (!rest.n || rest.p[0] == '#')
			continue;
		*known = memory_grow(*known, &room, *count + 1, sizeof(**known));
		struct known *one = &(*known)[(*count)++];
		one->left = 1;
		if (!baseline_number(str_cut(&rest, ' '), &one->number))
			return err_set(
			    err, INVALID,
			    "line %u of the baseline does not begin with a fingerprint of 16 digits; write it anew with --write-baseline",
			    line);
	}
	*count = known_sum(*known, *count);
	return OK;
}

enum status report_forget(struct audit_report *report, struct str baseline, uint64_t *forgotten,
			  struct err *err)
{
	struct known *known;
	size_t count, kept = 0;
	enum status status = baseline_read(baseline, &known, &count, err);
	*forgotten = 0;
	for (size_t i = 0; status == OK && i < report->count; i++) {
		const struct audit_finding *f = &report->findings[i];
		const struct known wanted = {.number = f->fingerprint};
		struct known *one =
		    count ? bsearch(&wanted, known, count, sizeof(*known), by_number) : NULL;
		if (one && one->left) {
			one->left--;
			report->counts[f->severity]--;
			++*forgotten;
			continue;
		}
		report->findings[kept++] = *f;
	}
	if (status == OK)
		report->count = kept;
	free(known);
	return status;
}
