/* holdfast suppress: remove a business and keep it out of later imports. */
#include "base/json.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "directory/record/record.h"
#include "sql/import.h"

#include <stdio.h>

static bool list, remove_entry;
static const char *reason;

static const struct cli_option options[] = {
    {"reason", 0, CLI_TEXT, "TEXT", 0, 0, "reason, shown in the list", &reason},
    {"list", 'l', CLI_FLAG, NULL, 0, 0, "show what is suppressed", &list},
    {"remove", 0, CLI_FLAG, NULL, 0, 0, "end the suppression: the next import adds it again",
     &remove_entry},
    {0},
};

static enum status suppress_show(struct db *db, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_suppress_list, &rows, err);
	if (status != OK)
		return status;
	for (int n = 0; n < rows.rows; n++) {
		char id[RECORD_ID_TEXT];
		struct buf out;
		struct json_writer w;
		record_id_format(db_i64(&rows, n, SQL_SUPPRESS_LIST_ID), id);
		if (!cli_globals.json) {
			printf("%s  %.*s %.*s  %.*s  %.*s\n", id,
			       STR_ARG(db_text(&rows, n, SQL_SUPPRESS_LIST_SOURCE_KEY)),
			       STR_ARG(db_text(&rows, n, SQL_SUPPRESS_LIST_EXTERNAL_ID)),
			       STR_ARG(db_text(&rows, n, SQL_SUPPRESS_LIST_CREATED_AT)),
			       STR_ARG(db_text(&rows, n, SQL_SUPPRESS_LIST_REASON)));
			continue;
		}
		buf_init(&out, 65536);
		json_writer_init(&w, &out);
		json_object_begin(&w);
		json_member_z(&w, "id", id);
		json_member_str(&w, "source", db_text(&rows, n, SQL_SUPPRESS_LIST_SOURCE_KEY));
		json_member_str(&w, "external_id",
				db_text(&rows, n, SQL_SUPPRESS_LIST_EXTERNAL_ID));
		json_member_str(&w, "reason", db_text(&rows, n, SQL_SUPPRESS_LIST_REASON));
		json_member_str(&w, "since", db_text(&rows, n, SQL_SUPPRESS_LIST_CREATED_AT));
		json_object_end(&w);
		printf("%s\n", buf_z(&out));
		buf_release(&out);
	}
	db_rows_release(&rows);
	return OK;
}

static enum status suppress(struct db *db, int64_t id, const char *text, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_suppress_find, &rows, err, DB_I64(id));
	if (status != OK)
		return status;
	if (rows.rows == 0) {
		db_rows_release(&rows);
		return err_set(err, NOT_FOUND, "there is no business with the id %s", text);
	}
	status =
	    DB_RUN(db, sql_suppress_add, NULL, err, DB_I64(id), reason ? DB_Z(reason) : DB_NULL);
	if (status == OK)
		status = DB_RUN(db, sql_suppress_delete, NULL, err, DB_I64(id));
	if (status == OK)
		status = DB_RUN(db, sql_suppress_delete_detail, NULL, err, DB_I64(id));
	if (status == OK)
		status = DB_RUN(db, sql_suppress_delete_path, NULL, err, DB_I64(id));
	if (status == OK)
		fprintf(stderr, "suppressed: %.*s\n",
			STR_ARG(db_text(&rows, 0, SQL_SUPPRESS_FIND_NAME)));
	db_rows_release(&rows);
	return status;
}

static enum status suppress_allow(struct db *db, int64_t id, const char *text, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_suppress_remove, &rows, err, DB_I64(id));
	if (status != OK)
		return status;
	if (rows.affected == 0)
		status = err_set(err, NOT_FOUND, "%s is not suppressed", text);
	db_rows_release(&rows);
	return status;
}

static int suppress_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	struct db *db;
	if (list ? argc > 0 || remove_entry : argc == 0)
		return cli_usage_error("give the ids of businesses, or --list");
	if (database_open(&i, ROLE_IMPORT, true, &db, &err) != OK)
		return cli_failed(&err);
	enum status status = list ? suppress_show(db, &err) : db_begin(db, &err);
	for (int n = 0; n < argc && status == OK; n++) {
		int64_t id;
		if (!record_id_parse(str_of(argv[n]), &id))
			status = err_set(
			    &err, INVALID,
			    "'%s' is no id; they have 13 characters, as in the address of the business's page",
			    argv[n]);
		else
			status = remove_entry ? suppress_allow(db, id, argv[n], &err)
					      : suppress(db, id, argv[n], &err);
	}
	if (!list && status == OK)
		status = db_commit(db, &err);
	if (status != OK)
		db_rollback(db);
	database_close(&i, db);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_suppress = {
    .name = "suppress",
    .args = "[ID...]",
    .summary = "Remove businesses and keep them out of later imports",
    .help =
	"Removes them from the directory and records their source and external id. All of the ids or\n"
	"none.",
    .options = options,
    .run = suppress_command,
};
