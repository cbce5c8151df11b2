#include "base/arena.h"
#include "base/folder.h"
#include "base/io.h"
#include "commands/backup.h"
#include "commands/database.h"
#include "db/dump/dump.h"
#include "db/migrate/migrate.h"
#include "sql/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DUMP_GRANTS_MAX = 1 << 20, DUMP_ARENA = 1 << 16 };

static const struct {
	const char *name;
	enum role_id owner;
	enum config_id url;
	const char *setting;
	const char *option;
} dump_databases[ROLE_DATABASES] = {
    [ROLE_DATABASE_DIRECTORY] = {"directory", ROLE_OWNER, CONFIG_DB_URL, "db.url", "--db"},
    [ROLE_DATABASE_CONTACT] = {"contact", ROLE_CONTACT_OWNER, CONFIG_CONTACT_DB_URL,
			       "contact.db_url", "--contact-db"},
};

/* ---- backup ---- */

/* Facts about the server, read before the dump. */
struct dump_facts {
	struct arena arena;
	int version;
	struct str *extensions;
	size_t count;
};

/* A pooler in transaction mode is refused: pg_dump sets parameters of its session, and the pooler
 * gives that session to another client between two transactions. A pooler in session mode is
 * refused too, because nothing tells the two modes apart at this moment. */
static enum status dump_ask(struct db *db, enum role_database database, struct dump_facts *facts,
			    struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_backup_server, &rows, err);
	if (status != OK)
		return status;
	facts->version = (int)db_i64(&rows, 0, SQL_BACKUP_SERVER_VERSION);
	if (db_i64(&rows, 0, SQL_BACKUP_SERVER_PROCESS) != db_server_process(db))
		status = err_set(
		    err, INVALID,
		    "a pooler is between this machine and the database (%s), and a backup needs a session of its own: name the server itself with %s postgresql://HOST:PORT/DATABASE",
		    dump_databases[database].setting, dump_databases[database].option);
	else if (!db_texts(&rows, 0, SQL_BACKUP_SERVER_EXTENSIONS, &facts->arena,
			   &facts->extensions, &facts->count))
		status = err_set(err, TOO_LARGE, "the database has too many extensions");
	db_rows_release(&rows);
	return status;
}

/* Say how many privileges of roles that are not ours the restore leaves out. */
static void dump_tell_others(const char *name, struct str script)
{
	int others = 0;
	for (struct str rest = script; rest.n;)
		others += str_starts(str_cut(&rest, '\n'), STR("-- "));
	if (others)
		fprintf(
		    stderr,
		    "holdfast backup: %d privilege%s of roles that are not the instance's will not be restored; database/%s.grants lists them\n",
		    others, others == 1 ? "" : "s", name);
}

static enum status dump_grants(const struct instance *i, struct db *db, enum role_database database,
			       struct dump_member *member, struct err *err)
{
	struct buf script;
	const char *name = dump_databases[database].name;
	snprintf(member->name, sizeof(member->name), "%s.grants", name);
	member->fd = memfd_create("grants", MFD_CLOEXEC);
	if (member->fd < 0)
		return err_errno(err, FAILED, "memfd");
	buf_init(&script, DUMP_GRANTS_MAX);
	enum status status = migrate_grants(db, database, &i->config, &script, err);
	if (status == OK)
		status = io_write_all(member->fd, script.p, script.n, err);
	if (status == OK)
		dump_tell_others(name, buf_view(&script));
	buf_release(&script);
	return status;
}

/* The dump of a database and its privileges, as two members. */
static enum status dump_database(const struct instance *i, enum role_database database,
				 const char *folder, struct dump_member members[2], struct err *err)
{
	struct db *db = NULL;
	struct dump_facts facts = {0};
	struct buf conninfo, password;
	const char *name = dump_databases[database].name;
	arena_init(&facts.arena, DUMP_ARENA);
	buf_init(&conninfo, 4096);
	buf_init(&password, INSTANCE_PASSWORD_MAX);
	snprintf(members[0].name, sizeof(members[0].name), "%s.dump", name);
	enum status status =
	    instance_login(i, dump_databases[database].owner, &conninfo, &password, err);
	if (status == OK)
		status = database_connect(i, dump_databases[database].owner, &db, err);
	if (status == OK)
		status = dump_ask(db, database, &facts, err);
	if (status == OK)
		status = dump_grants(i, db, database, &members[1], err);
	if (status == OK)
		status = dump_temporary(folder, &members[0].fd, err);
	if (status == OK) {
		const struct dump_server server = {buf_z(&conninfo), buf_z(&password),
						   facts.version};
		status = dump_write(&server, facts.extensions, facts.count, members[0].fd, err);
	}
	db_close(db);
	arena_release(&facts.arena);
	buf_release(&conninfo);
	buf_release(&password);
	return status == OK ? OK : err_prefix(err, status, "the database of %s", name);
}

/* Replace the addresses of the databases by those of the options. */
static enum status dump_use_urls(struct instance *i, const struct backup_urls *urls,
				 struct err *err)
{
	for (enum role_database database = 0; database < ROLE_DATABASES; database++) {
		const char *url = urls->of[database];
		if (!url)
			continue;
		if (strchr(url, '@'))
			return err_set(
			    err, INVALID,
			    "%s takes an address without user and password: those of the instance are used",
			    dump_databases[database].option);
		enum status status = config_set(
		    &i->config, str_of(dump_databases[database].setting), str_of(url), err);
		if (status != OK)
			return status;
	}
	return OK;
}

enum status backup_dumps(struct instance *i, const struct backup_urls *urls, const char *folder,
			 int out, struct err *err)
{
	struct dump_member members[2 * ROLE_DATABASES];
	int count = 0;
	enum status status = dump_use_urls(i, urls, err);
	for (enum role_database database = 0; database < ROLE_DATABASES && status == OK;
	     database++) {
		if (!instance_has(i, database))
			continue;
		members[count].fd = members[count + 1].fd = -1;
		status = dump_database(i, database, folder, &members[count], err);
		count += 2;
	}
	if (status == OK)
		status = dump_pack(members, count, out, err);
	while (count-- > 0)
		if (members[count].fd >= 0)
			close(members[count].fd);
	return status;
}

/* ---- restore ---- */

static enum status dump_read_grants(const struct instance *i, const char *name, struct buf *script,
				    struct err *err)
{
	char path[PATH_MAX];
	enum status status =
	    io_path(path, sizeof(path), err, "%s/database/%s.grants", i->dir, name);
	return status == OK ? io_read_file(path, script, err) : status;
}

/* Restore the dump, as the owner. */
static enum status dump_take(const struct instance *i, struct db *admin,
			     enum role_database database, struct err *err)
{
	char path[PATH_MAX];
	struct buf conninfo, password;
	struct db_rows rows;
	struct dump_server server = {.version = 0};
	buf_init(&conninfo, 4096);
	buf_init(&password, INSTANCE_PASSWORD_MAX);
	enum status status = io_path(path, sizeof(path), err, "%s/database/%s.dump", i->dir,
				     dump_databases[database].name);
	if (status == OK)
		status = migrate_prepare(admin, database, &i->config, err);
	if (status == OK)
		status = DB_RUN(admin, sql_backup_server, &rows, err);
	if (status == OK) {
		server.version = (int)db_i64(&rows, 0, SQL_BACKUP_SERVER_VERSION);
		db_rows_release(&rows);
		status =
		    instance_login(i, dump_databases[database].owner, &conninfo, &password, err);
	}
	if (status == OK) {
		server.conninfo = buf_z(&conninfo);
		server.password = buf_z(&password);
		status = dump_read(&server, path, err);
	}
	buf_release(&conninfo);
	buf_release(&password);
	return status;
}

/* Connect as a user that may create roles; name the roles after the directory's database. */
static enum status dump_connect(struct instance *i, enum role_database database, const char *url,
				struct db **admin, struct err *err)
{
	char name[ROLE_NAME_MAX], prefix[ROLE_NAME_MAX];
	struct buf bare;
	if (!url)
		return err_set(
		    err, INVALID,
		    "this backup is of an instance whose database of %s is on a server of its own: say where it is restored, %s postgresql://USER:PASSWORD@HOST:PORT/DATABASE, an empty one",
		    dump_databases[database].name, dump_databases[database].option);
	enum status status = database_bare_url(url, &bare, err);
	if (status == OK)
		status = db_open(admin, url, "holdfast restore", err);
	if (status == OK)
		status = migrate_target(*admin, name, err);
	if (status == OK)
		status = instance_set(i, dump_databases[database].setting, buf_z(&bare), err);
	if (status == OK && database == ROLE_DATABASE_DIRECTORY) {
		role_prefix(name, prefix);
		status = instance_set(i, "db.role_prefix", prefix, err);
	}
	buf_release(&bare);
	return status;
}

static enum status dump_restore(struct instance *i, enum role_database database, struct db *admin,
				bool *made, struct err *err)
{
	enum status status = database_make_roles(i, admin, database, err);
	*made = status == OK;
	if (status == OK)
		status = dump_take(i, admin, database, err);
	return status == OK
		   ? OK
		   : err_prefix(err, status, "the database of %s", dump_databases[database].name);
}

/* Privileges and migrations, in one transaction. */
static enum status dump_finish(const struct instance *i, enum role_database database,
			       struct db *admin, int *applied, struct err *err)
{
	struct buf grants;
	int more = 0;
	buf_init(&grants, DUMP_GRANTS_MAX);
	enum status status = dump_read_grants(i, dump_databases[database].name, &grants, err);
	if (status == OK)
		status = migrate_restored(admin, database, &i->config, buf_z(&grants), &more, err);
	*applied += more;
	buf_release(&grants);
	return status == OK
		   ? OK
		   : err_prefix(err, status, "the database of %s", dump_databases[database].name);
}

/* The members were checked and are in the databases now. */
static enum status dump_remove_members(const struct instance *i, struct err *err)
{
	char path[PATH_MAX];
	int fd;
	enum status status = io_path(path, sizeof(path), err, "%s/database", i->dir);
	if (status == OK)
		status = folder_open(path, geteuid(), &fd, err);
	if (status != OK)
		return status;
	status = folder_empty(fd, err);
	close(fd);
	if (status == OK && rmdir(path) != 0)
		status = err_errno(err, FAILED, "%s", path);
	return status;
}

enum status backup_restore_dumps(struct instance *i, const struct backup_urls *urls, int in,
				 int *applied, struct err *err)
{
	struct db *admin[ROLE_DATABASES] = {NULL};
	bool made[ROLE_DATABASES] = {false};
	enum status status = OK;
	*applied = 0;
	for (enum role_database d = 0; d < ROLE_DATABASES && status == OK; d++)
		if (instance_has(i, d))
			status = dump_connect(i, d, urls->of[d], &admin[d], err);
	if (status == OK)
		status = dump_unpack(in, i->dir, err);
	for (enum role_database d = 0; d < ROLE_DATABASES && status == OK; d++)
		if (instance_has(i, d))
			status = dump_restore(i, d, admin[d], &made[d], err);
	/* Privileges cannot be undone: grant them when all databases have their rows. */
	for (enum role_database d = 0; d < ROLE_DATABASES && status == OK; d++)
		if (instance_has(i, d))
			status = dump_finish(i, d, admin[d], applied, err);
	if (status == OK)
		status = dump_remove_members(i, err);
	for (enum role_database d = 0; d < ROLE_DATABASES; d++) {
		if (status != OK && made[d])
			database_drop_roles(i, admin[d], d);
		db_close(admin[d]);
	}
	return status;
}
