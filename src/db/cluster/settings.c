#include "db/cluster/internal.h"
#include "base/folder.h"
#include "base/io.h"

#include <pwd.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum { CONF_MAX = 1 << 18 };

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* The machine is shared with the web processes and the page cache: a quarter of its memory, at most
 * 8 GB, is for shared buffers; sorts and index builds get what a small machine can spare. */
static void settings_write(struct buf *out, const struct instance *i)
{
	struct sysinfo info;
	must(sysinfo(&info) == 0);
	int64_t mb = (int64_t)((uint64_t)info.totalram * info.mem_unit >> 20);
	/* A reload starts a successor before its predecessor has ended: one more */
	long long web = (config_number(&i->config, CONFIG_WEB_PROCESSES) + 1) *
			config_number(&i->config, CONFIG_DB_CONNECTIONS);

	buf_printf(
	    out,
	    "# Written by Holdfast at every start. Your own settings: conf.d/postgresql.conf in the\n"
	    "# folder of the instance; they are put at the end of this file and so prevail.\n"
	    "listen_addresses = ''\n"
	    "port = %d\n"
	    "unix_socket_directories = '",
	    INSTANCE_PG_PORT);
	for (const char *p = i->run_dir; *p; p++) {
		if (*p == '\'')
			buf_putc(out, '\'');
		buf_putc(out, *p);
	}
	buf_printf(out,
		   "'\n"
		   "unix_socket_permissions = 0777\n"
		   "max_connections = %lld\n"
		   "shared_buffers = %lldMB\n"
		   "effective_cache_size = %lldMB\n"
		   "maintenance_work_mem = %lldMB\n"
		   "work_mem = %lldMB\n",
		   web + 20, (long long)clamp(mb / 4, 64, 8192),
		   (long long)clamp(mb * 5 / 8, 128, 65536), (long long)clamp(mb / 16, 32, 1024),
		   (long long)clamp(mb / 256, 4, 64));
	buf_puts(out, "huge_pages = off\n"
		      /* in the data folder, so that a crash leaves no files elsewhere */
		      "dynamic_shared_memory_type = mmap\n"
		      "max_wal_size = 4GB\n"
		      "wal_compression = lz4\n" /* a third of the CPU of pglz */
		      "checkpoint_timeout = 15min\n"
		      "random_page_cost = 1.1\n"
		      "effective_io_concurrency = 100\n"
		      "jit = off\n"
		      "max_parallel_workers_per_gather = 0\n"
		      "client_connection_check_interval = 2s\n"
		      "idle_in_transaction_session_timeout = 10min\n"
		      "autovacuum_vacuum_insert_scale_factor = 0.02\n"
		      "shared_preload_libraries = 'pg_stat_statements'\n"
		      "pg_stat_statements.track = top\n"
		      "timezone = 'UTC'\n"
		      "log_timezone = 'UTC'\n"
		      "log_destination = 'stderr'\n"
		      "logging_collector = off\n"
		      "log_line_prefix = '%m postgres[%p] %u@%d %a '\n"
		      "log_min_duration_statement = 1s\n"
		      "log_checkpoints = off\n"
		      "log_autovacuum_min_duration = -1\n");
}

static void settings_map_user(struct buf *out, const char *system_user, const char *role)
{
	buf_printf(out, "holdfast \"%s\" %s\n", system_user, role);
}

/* pg_ident.conf: the roles of each system user. */
static enum status settings_write_idents(struct buf *out, const struct instance *i, struct err *err)
{
	char name[ROLE_NAME_MAX];
	const struct passwd *pw = getpwuid(geteuid());
	if (!pw)
		return err_set(err, NOT_FOUND, "the user with the number %u has no name",
			       (unsigned)geteuid());
	for (enum role_id id = 0; id <= ROLE_SUPERUSER; id++) {
		role_name(&i->config, id, name);
		settings_map_user(out, pw->pw_name, name);
	}
	for (enum role_id id = 0; geteuid() == 0 && id < ROLES; id++) {
		if (role_table[id].user == CONFIG_OPTIONS)
			continue;
		role_name(&i->config, id, name);
		settings_map_user(out, config_text(&i->config, role_table[id].user), name);
	}
	return OK;
}

static enum status settings_write_file(const struct instance *i, const char *name,
				       const struct buf *text, struct err *err)
{
	char path[PATH_MAX];
	must(!buf_failed(text));
	enum status status = io_path(path, sizeof(path), err, "%s/%s", i->data_dir, name);
	return status == OK ? io_write_file(path, buf_view(text), 0600, err) : status;
}

/* The text of the three files, for settings_write_files. */
struct files {
	const struct instance *instance;
	struct buf settings, hba, idents;
};

/* Runs as the server's user. */
static enum status settings_write_files(void *ctx, struct err *err)
{
	const struct files *f = ctx;
	enum status status = settings_write_file(f->instance, "postgresql.conf", &f->settings, err);
	if (status == OK)
		status = settings_write_file(f->instance, "pg_hba.conf", &f->hba, err);
	if (status == OK)
		status = settings_write_file(f->instance, "pg_ident.conf", &f->idents, err);
	return status;
}

/* Append the operator's additions to a file of the server: DIR/conf.d/NAME, when it exists. */
static enum status settings_add_own(struct buf *out, const struct instance *i, const char *name,
				    struct err *err)
{
	char path[PATH_MAX];
	struct buf own;
	enum status status = io_path(path, sizeof(path), err, "%s/conf.d/%s", i->dir, name);
	if (status == OK)
		status = folder_trusted(path, err);
	if (status != OK)
		return status;
	buf_init(&own, CONF_MAX / 2);
	status = io_read_file(path, &own, err);
	if (status == OK) {
		buf_printf(out, "\n# From conf.d/%s:\n", name);
		buf_str(out, buf_view(&own));
		buf_putc(out, '\n');
	}
	buf_release(&own);
	return status == NOT_FOUND ? OK : status;
}

enum status cluster_configure(const struct instance *i, struct err *err)
{
	char superuser[ROLE_NAME_MAX];
	struct files f = {.instance = i};
	buf_init(&f.settings, CONF_MAX);
	buf_init(&f.hba, CONF_MAX);
	buf_init(&f.idents, CONF_MAX);
	settings_write(&f.settings, i);
	enum status status = settings_add_own(&f.settings, i, "postgresql.conf", err);
	if (status == OK)
		status = settings_add_own(&f.hba, i, "pg_hba.conf", err);
	/* Our lines are last: the first match is used, and ours match all local users. "all" does
	 * not include replication, which the superuser needs for backups. */
	role_name(&i->config, ROLE_SUPERUSER, superuser);
	buf_printf(&f.hba,
		   "local all all peer map=holdfast\n"
		   "local replication %s peer map=holdfast\n",
		   superuser);
	if (status == OK)
		status = settings_write_idents(&f.idents, i, err);
	if (status == OK)
		status = settings_add_own(&f.idents, i, "pg_ident.conf", err);
	if (status == OK)
		status = cluster_act(i, settings_write_files, &f, err);
	buf_release(&f.settings);
	buf_release(&f.hba);
	buf_release(&f.idents);
	return status;
}
