/* A folder in which a command makes a new instance: init, restore. */
#ifndef COMMANDS_FRESH_H
#define COMMANDS_FRESH_H

#include "config/instance.h"

/* OK when `path` is missing or empty; *existed: which. CONFLICT otherwise. */
MUST_CHECK enum status fresh_folder_check(const char *path, bool *existed, struct err *err);

/* After a failure: empty the folder again, and remove it unless it existed. */
void fresh_folder_undo(const struct instance *i, bool existed);

#endif
