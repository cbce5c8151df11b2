/* holdfast: the command line. Wiring only: every command is a row here and a file in commands/. */
#include "commands/commands.h"

static const struct command *const commands[] = {
    &command_init,   &command_up,         &command_down,     &command_reload,  &command_status,
    &command_stats,  &command_config,     &command_migrate,  &command_import,  &command_suppress,
    &command_theme,  &command_identities, &command_path,     &command_enrich,  &command_worker,
    &command_top,    &command_export,     &command_po,       &command_audit,   &command_heal,
    &command_backup, &command_restore,    &command_generate, &command_contact, NULL,
};

int main(int argc, char **argv)
{
	return cli_main(
	    "holdfast",
	    "Runs a business directory and an anonymous matching platform on one small server.",
	    commands, argc, argv);
}
