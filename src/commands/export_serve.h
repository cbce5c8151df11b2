/* The server of `export --serve`, on the loopback address only: pages of the site made on
 * request (site/export/preview.h). It watches DIR/web; a change is loaded at once and browsers
 * load their page again. A mistake in a template is shown in place of the pages, with file, line
 * and excerpt. */
#ifndef COMMANDS_EXPORT_SERVE_H
#define COMMANDS_EXPORT_SERVE_H

#include "config/instance.h"
#include "site/export/export.h"

/* Serves until a signal ends the process or an error. port 0: one that is free. only: as of
 * preview_open. */
MUST_CHECK enum status export_serve(const struct instance *instance,
				    const struct export_options *options, const char *only,
				    uint16_t port, struct err *err);

#endif
