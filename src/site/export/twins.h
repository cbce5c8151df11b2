/* Several records of one business. For the files of this folder. */
#ifndef SITE_EXPORT_TWINS_H
#define SITE_EXPORT_TWINS_H

#include "site/export/internal.h"

/* Of the businesses with the same identity the one with the best rank is published, the others are
 * withheld as duplicates. Calls `changed` for each entry that must now be rendered (publish: true)
 * or removed (false). */
void twins_resolve(struct manifest *m,
		   void (*changed)(void *ctx, const struct manifest_entry *e, bool publish),
		   void *ctx);

#endif
