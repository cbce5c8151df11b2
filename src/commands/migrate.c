/* holdfast migrate: bring the database to this program's schema. */
#include "commands/commands.h"
#include "commands/database.h"

#include <stdio.h>

static int migrate_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	int applied;
	(void)argc;
	(void)argv;
	if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	enum status status = database_migrate_all(&i, &applied, &err);
	instance_release(&i);
	if (status != OK)
		return cli_failed(&err);
	if (cli_globals.json)
		printf("{\"applied\":%d}\n", applied);
	else if (applied)
		printf("%d migration%s applied\n", applied, applied == 1 ? "" : "s");
	else
		printf("the schema is up to date\n");
	return EXIT_OK;
}

const struct command command_migrate = {
    .name = "migrate",
    .args = "",
    .summary = "Bring the database to this version's schema",
    .help =
	"Applies the migrations that are missing, all of them or none. The instance must be running.",
    .run = migrate_command,
};
