/* The commands of the holdfast program. Each has a file of its own, named like the command. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "base/cli.h"

extern const struct command command_init;
extern const struct command command_migrate;

#endif
