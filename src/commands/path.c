/* holdfast path: the address of a business's page. */
#include "base/json.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "directory/import/import.h"
#include "directory/record/record.h"
#include "sql/import.h"

#include <stdio.h>

static enum status path_show(struct db *db, int64_t id, const char *text, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_path_find, &rows, err, DB_I64(id));
	if (status != OK)
		return status;
	if (rows.rows) {
		struct str path = db_text(&rows, 0, SQL_PATH_FIND_PATH);
		struct str old = db_text(&rows, 0, SQL_PATH_FIND_PATH_OLD);
		if (cli_globals.json) {
			struct buf out;
			struct json_writer w;
			buf_init(&out, 65536);
			json_writer_init(&w, &out);
			json_object_begin(&w);
			json_member_z(&w, "id", text);
			json_member_str(&w, "name", db_text(&rows, 0, SQL_PATH_FIND_NAME));
			json_member_str(&w, "path", path);
			json_object_end(&w);
			printf("%s\n", buf_z(&out));
			buf_release(&out);
		} else {
			printf("/%.*s-%s.html  %.*s%s%.*s\n", STR_ARG(path), text,
			       STR_ARG(db_text(&rows, 0, SQL_PATH_FIND_NAME)),
			       old.n ? "  before: " : "", STR_ARG(old));
		}
	} else {
		status = err_set(err, NOT_FOUND, "there is no business with the id %s", text);
	}
	db_rows_release(&rows);
	return status;
}

static int path_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	struct db *db;
	int64_t id;
	if (argc < 1 || argc > 2)
		return cli_usage_error("give the id of a business, and the new path to change it");
	if (!record_id_parse(str_of(argv[0]), &id))
		return cli_usage_error(
		    "an id has 13 characters, as at the end of the page's address");
	if (database_open(&i, ROLE_IMPORT, true, &db, &err) != OK)
		return cli_failed(&err);
	enum status status = import_paths(db, &err);
	if (status == OK)
		status = db_begin(db, &err);
	if (status == OK && argc == 2)
		status = import_path_change(db, id, str_of(argv[1]), &err);
	if (status == OK)
		status = path_show(db, id, argv[0], &err);
	if (status == OK)
		status = db_commit(db, &err);
	else
		db_rollback(db);
	database_close(&i, db);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_path = {
    .name = "path",
    .args = "ID [PATH]",
    .summary = "Show the address of a business's page, or change it",
    .help =
	"A business keeps the address that it got when it came into the directory, whatever it is called later:\n"
	"/PLACE/NAME-ID.html. PATH is its part before the id, as in hochtann/fliesen-falkner. The address that\n"
	"it had leads on to the new one: in the live directory, and in an exported site by site.redirects.",
    .run = path_command,
};
