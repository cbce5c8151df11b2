/* holdfast identities: which record has which id. */
#include "commands/commands.h"
#include "commands/database.h"
#include "directory/import/import.h"

#include <unistd.h>

static int identities_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	struct db *db;
	(void)argc;
	(void)argv;
	if (database_open(&i, ROLE_IMPORT, true, &db, &err) != OK)
		return cli_failed(&err);
	enum status status = import_identities_write(db, STDOUT_FILENO, &err);
	database_close(&i, db);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_identities = {
    .name = "identities",
    .args = "",
    .summary = "Write which record has which id and path, for another installation",
    .help =
	"Lines of source, external id, id, path and former paths, separated by tabs. Records of files without ids keep the id\n"
	"of first sight; 'holdfast import --identities FILE' gives them the same ids in another installation.\n"
	"Lines without a source carry the addresses of places.",
    .run = identities_command,
};
