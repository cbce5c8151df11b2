/* holdfast export --check-host: whether a host serves the published site as it is meant. */
#ifndef COMMANDS_EXPORT_CHECK_H
#define COMMANDS_EXPORT_CHECK_H

#include "config/instance.h"

/* Ask for a sample of the addresses of the site in `dir` below `url`, and print the answers.
 * *wrong: number of those that are not as expected. Whatever the host answers is OK. */
MUST_CHECK enum status export_check(const struct instance *i, const char *dir, struct str url,
				    size_t *wrong, struct err *err);

#endif
