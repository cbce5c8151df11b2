/* What the files of `holdfast heal` share. */
#ifndef COMMANDS_HEAL_H
#define COMMANDS_HEAL_H

#include "base/err.h"

/* Options about the past: the ledger that `path` names. They print, and return an exit code. */
int heal_show_ledger(const char *path, const char *since);
int heal_show_report(const char *path, const char *id); /* id NULL: the last one */
int heal_acknowledge(const char *path, const char *id, const char *span);

#endif
