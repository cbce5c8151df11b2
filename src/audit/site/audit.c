/* An audit from the list of files to the sorted report. */
#include "audit/site/internal.h"

#include <stdlib.h>

enum status site_audit(const struct site_options *options, struct audit_report *report,
		       struct site_summary *summary, struct err *err)
{
	enum { KEPT_BYTES_MAX = INT32_MAX, DOCUMENT_BYTES_MAX = 256 << 20 };
	struct site site = {.options = options, .report = report, .summary = summary};
	*summary = (struct site_summary){0};
	arena_init(&site.arena, KEPT_BYTES_MAX);
	arena_init(&site.page_arena, DOCUMENT_BYTES_MAX);
	site.prefix = STR("");
	if (options->base_url)
		address_base(&site, str_of(options->base_url));
	enum status status = site_list(&site, err);
	if (status == OK)
		status = site_read_all(&site, err);
	if (status == OK) {
		site_judge_across(&site);
		report_sort(report);
	}
	free(site.files.item);
	free(site.wanted.item);
	free(site.languages.item);
	free(site.entries.item);
	free(site.carts.item);
	free(site.references.item);
	free(site.claims.item);
	free(site.generals.item);
	free(site.ids.item);
	free(site.canonicals.item);
	free(site.canonicals.slot);
	free(site.hosts.item);
	free(site.hosts.slot);
	free(site.anchors.item);
	arena_release(&site.page_arena);
	arena_release(&site.arena);
	return status;
}
