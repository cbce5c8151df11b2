/* Pages of the site made on request, in memory, by the same code as an export: for
 * `export --serve`, which shows what a designer changes, and for `theme data`.
 *
 * A page of a business is read from the database each time. Lists and the pages above them show the
 * businesses that a preview is opened with: those that are named, or those that the last export of
 * the folder has published. Nothing is written.
 *
 * One caller, one thread; blocking.
 */
#ifndef SITE_EXPORT_PREVIEW_H
#define SITE_EXPORT_PREVIEW_H

#include "site/export/export.h"

struct preview;

/* only: "ID,PLACE,..." with ids of businesses and addresses of towns; NULL: those of the last
 * export of options->dir. NOT_FOUND: it was never exported, or there is no such business or town.
 * INVALID: a template is wrong. */
MUST_CHECK enum status preview_open(const struct export_options *options, const char *only,
				    struct preview **out, struct err *err);
void preview_free(struct preview *p); /* NULL is allowed */

/* Compile templates and settings again. On an error (INVALID: a template is wrong) the preview
 * has no pages until a reload succeeds. */
MUST_CHECK enum status preview_reload(struct preview *p, struct err *err);

/* Append the file at a path of the site ("/", "/imprint/", "/assets/site.css"). NOT_FOUND: the site
 * has none. */
MUST_CHECK enum status preview_get(struct preview *p, struct str path, struct buf *out,
				   const char **type, struct err *err);

/* Append the values that templates see on the page of a business, as JSON. */
MUST_CHECK enum status preview_data(struct preview *p, int64_t id, struct buf *out,
				    struct err *err);

#endif
