#include "commands/database.h"
#include "base/cli.h"
#include "db/cluster/cluster.h"
#include "db/migrate/migrate.h"

enum status database_connect(const struct instance *i, enum role_id role, struct db **db,
			     struct err *err)
{
	struct buf conninfo;
	buf_init(&conninfo, 4096);
	enum status status = instance_conninfo(i, role, &conninfo, err);
	if (status == OK && instance_embedded(i) && cluster_state(i) != CLUSTER_READY)
		status = err_set(
		    err, UNAVAILABLE,
		    "the instance %s is not running; start it with 'holdfast up --detach'", i->dir);
	if (status == OK)
		status = db_open(db, buf_z(&conninfo), "holdfast", err);
	buf_release(&conninfo);
	return status;
}

enum status database_open(struct instance *i, enum role_id role, bool check_schema, struct db **db,
			  struct err *err)
{
	enum status status = instance_open(i, cli_globals.instance_dir, err);
	if (status != OK)
		return status;
	*db = NULL;
	status = database_connect(i, role, db, err);
	if (status == OK && check_schema)
		status = migrate_check(*db, err);
	if (status != OK)
		database_close(i, *db);
	return status;
}

void database_close(struct instance *i, struct db *db)
{
	db_close(db);
	instance_release(i);
}

enum status database_migrate(const struct instance *i, int *applied, struct err *err)
{
	struct db *db = NULL;
	bool admin = instance_embedded(i);
	enum status status = database_connect(i, admin ? ROLE_SUPERUSER : ROLE_OWNER, &db, err);
	if (status == OK && admin)
		status = migrate_create_roles(db, &i->config, NULL, err);
	if (status == OK)
		status = migrate_run(db, &i->config, admin, applied, err);
	db_close(db);
	return status;
}
