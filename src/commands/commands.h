/* The commands of the holdfast program. Each has a file of its own, named like the command. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "base/cli.h"

extern const struct command command_audit;
extern const struct command command_backup;
extern const struct command command_config;
extern const struct command command_contact;
extern const struct command command_down;
extern const struct command command_export;
extern const struct command command_enrich;
extern const struct command command_generate;
extern const struct command command_heal;
extern const struct command command_identities;
extern const struct command command_path;
extern const struct command command_import;
extern const struct command command_po;
extern const struct command command_init;
extern const struct command command_migrate;
extern const struct command command_reload;
extern const struct command command_restore;
extern const struct command command_stats;
extern const struct command command_status;
extern const struct command command_suppress;
extern const struct command command_theme;
extern const struct command command_top;
extern const struct command command_up;
extern const struct command command_worker;

/* The system user that reads foreign input, when we are root and it exists; NULL: this one. */
const char *reading_user(void);

#endif
