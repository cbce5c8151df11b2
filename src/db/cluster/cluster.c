#include "db/cluster/cluster.h"
#include "base/clock.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_TIMEOUT_MS = 120000, STOP_TIMEOUT_MS = 60000 };

/* Versions whose SQL and planner the tests know, newest first. */
static const char *const binary_dirs[] = {"/usr/lib/postgresql/15/bin"};

static enum status binary(char out[PATH_MAX], const char *name, struct err *err)
{
	for (size_t i = 0; i < sizeof(binary_dirs) / sizeof(binary_dirs[0]); i++) {
		enum status status = io_path(out, PATH_MAX, err, "%s/%s", binary_dirs[i], name);
		if (status != OK || access(out, X_OK) == 0)
			return status;
	}
	return err_set(
	    err, NOT_FOUND,
	    "PostgreSQL 15 is not installed (%s); 'apt-get install postgresql-15', or use --db URL",
	    binary_dirs[0]);
}

const char *cluster_user(const struct instance *i)
{
	return geteuid() == 0 ? config_text(&i->config, CONFIG_USER_DB) : NULL;
}

/* ---- settings ---- */

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* The machine is shared with the web processes and the page cache, so a quarter for the server's own
 * buffers, no more than 8 GB; sorts and index builds get what a small machine can spare. */
static void write_settings(struct buf *out, const struct instance *i)
{
	struct sysinfo info;
	must(sysinfo(&info) == 0);
	int64_t mb = (int64_t)((uint64_t)info.totalram * info.mem_unit >> 20);
	/* One more: a reload starts the next process before the last one has ended. */
	int64_t web = (config_number(&i->config, CONFIG_WEB_PROCESSES) + 1) *
		      config_number(&i->config, CONFIG_DB_CONNECTIONS);

	buf_printf(
	    out,
	    "# Written by Holdfast at every start. Your own settings: local.conf beside this file.\n"
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
		   (long long)(web + 20), (long long)clamp(mb / 4, 64, 8192),
		   (long long)clamp(mb * 5 / 8, 128, 65536), (long long)clamp(mb / 16, 32, 1024),
		   (long long)clamp(mb / 256, 4, 64));
	buf_puts(
	    out,
	    "huge_pages = off\n"
	    "dynamic_shared_memory_type = mmap\n" /* in the data folder: a crash leaves nothing outside */
	    "max_wal_size = 4GB\n"
	    "wal_compression = on\n"
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

static void map_user(struct buf *out, const char *system_user, const char *role)
{
	buf_printf(out, "holdfast \"%s\" %s\n", system_user, role);
}

/* pg_ident.conf: which system user may be which role. */
static enum status write_idents(struct buf *out, const struct instance *i, struct err *err)
{
	static const char *const roles[] = {INSTANCE_SUPERUSER,   INSTANCE_ROLE_OWNER,
					    INSTANCE_ROLE_IMPORT, INSTANCE_ROLE_EXPORT,
					    INSTANCE_ROLE_WEB,    INSTANCE_ROLE_WORKER};
	struct passwd *pw = getpwuid(geteuid());
	if (!pw)
		return err_set(err, NOT_FOUND, "the user with the number %u has no name",
			       (unsigned)geteuid());
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++)
		map_user(out, pw->pw_name, roles[r]);
	if (geteuid() == 0) {
		map_user(out, config_text(&i->config, CONFIG_USER_WEB), INSTANCE_ROLE_WEB);
		map_user(out, config_text(&i->config, CONFIG_USER_WORKER), INSTANCE_ROLE_WORKER);
	}
	return OK;
}

/* Into the data folder, readable for the server's user. */
static enum status write_file(const struct instance *i, const char *name, const struct buf *text,
			      struct err *err)
{
	char path[PATH_MAX];
	uid_t uid;
	gid_t gid;
	const char *user = cluster_user(i);
	must(!buf_failed(text));
	enum status status = io_path(path, sizeof(path), err, "%s/%s", i->data_dir, name);
	if (status == OK)
		status = io_write_file(path, buf_view(text), 0600, err);
	if (status == OK && user) {
		status = spawn_user(user, &uid, &gid, err);
		if (status == OK && chown(path, uid, gid) != 0)
			status = err_errno(err, FAILED, "%s", path);
	}
	return status;
}

enum status cluster_configure(const struct instance *i, struct err *err)
{
	struct buf text;
	buf_init(&text, 65536);
	write_settings(&text, i);
	enum status status = write_file(i, "postgresql.conf", &text, err);
	buf_reset(&text);
	buf_puts(&text, "local all all peer map=holdfast\n");
	if (status == OK)
		status = write_file(i, "pg_hba.conf", &text, err);
	buf_reset(&text);
	if (status == OK)
		status = write_idents(&text, i, err);
	if (status == OK)
		status = write_file(i, "pg_ident.conf", &text, err);
	buf_release(&text);
	return status;
}

/* ---- making ---- */

/* Every folder above must let the server's user through. */
static enum status check_reachable(const struct instance *i, const char *user, struct err *err)
{
	const char *const argv[] = {"test", "-x", i->dir, NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	const struct spawn test = {.path = "/usr/bin/test",
				   .argv = argv,
				   .env = env,
				   .user = user,
				   .in = -1,
				   .out = -1,
				   .err = -1};
	pid_t pid;
	struct err ignored;
	enum status status = spawn_start(&test, &pid, err);
	if (status == OK && spawn_wait(pid, "test", &ignored) != OK)
		status = err_set(
		    err, DENIED,
		    "the database's user '%s' cannot reach %s; choose a folder such as /var/lib/holdfast/NAME, or open the folders above it (chmod o+x)",
		    user, i->dir);
	return status;
}

/* The end of a program's output, for the error. */
static void quote_output(int fd, struct err *err)
{
	char text[4096];
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)sizeof(text) - 1 ? size - ((off_t)sizeof(text) - 1) : 0;
	ssize_t n = pread(fd, text, sizeof(text) - 1, from);
	if (n <= 0)
		return;
	struct str rest = str_trim((struct str){text, (size_t)n}), last = rest;
	while (rest.p)
		last = str_cut(&rest, '\n');
	size_t used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %.*s", STR_ARG(last));
}

static enum status run_initdb(const struct instance *i, const char *user, struct err *err)
{
	char path[PATH_MAX];
	int output = memfd_create("initdb", MFD_CLOEXEC);
	/* argv[0] with its folder: initdb and postgres look for their siblings there.
	 * C.UTF-8: bytewise, so that btree indexes serve LIKE prefixes and no glibc update reorders them;
	 * names that people read are ordered by ICU's root collation where a statement says so. */
	const char *const argv[] = {path,
				    "-D",
				    i->data_dir,
				    "-U",
				    INSTANCE_SUPERUSER,
				    "-E",
				    "UTF8",
				    "--locale=C.UTF-8",
				    "--auth=peer",
				    "--no-sync",
				    "--no-instructions",
				    NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
	if (output < 0)
		return err_errno(err, FAILED, "memfd");
	struct spawn initdb = {.path = path,
			       .argv = argv,
			       .env = env,
			       .user = user,
			       .in = -1,
			       .out = output,
			       .err = output,
			       .death_signal = SIGKILL};
	pid_t pid;
	enum status status = binary(path, "initdb", err);
	if (status == OK)
		status = spawn_start(&initdb, &pid, err);
	if (status == OK) {
		status = spawn_wait(pid, "initdb", err);
		if (status != OK)
			quote_output(output, err);
	}
	close(output);
	return status;
}

enum status cluster_create(const struct instance *i, struct err *err)
{
	const char *user = cluster_user(i);
	enum status status;

	if (mkdir(i->data_dir, 0700) != 0)
		return err_errno(err, errno == EEXIST ? CONFLICT : FAILED, "%s", i->data_dir);
	if (user) {
		uid_t uid;
		gid_t gid;
		status = spawn_user(user, &uid, &gid, err);
		if (status == OK)
			status = check_reachable(i, user, err);
		if (status == OK && chown(i->data_dir, uid, gid) != 0)
			status = err_errno(err, FAILED, "%s", i->data_dir);
		if (status != OK)
			return status;
	}
	status = run_initdb(i, user, err);
	return status == OK ? cluster_configure(i, err) : status;
}

/* ---- running ---- */

/* The server makes its socket in run_dir, by its group when it is not our own user. */
static enum status prepare_run_dir(const struct instance *i, struct err *err)
{
	uid_t uid;
	gid_t gid;
	const char *user = cluster_user(i);
	enum status status = instance_make_run_dir(i, err);
	if (status != OK || !user)
		return status;
	status = spawn_user(user, &uid, &gid, err);
	if (status == OK &&
	    (chown(i->run_dir, (uid_t)-1, gid) != 0 || chmod(i->run_dir, 01771) != 0))
		status = err_errno(err, FAILED, "%s", i->run_dir);
	return status;
}

enum status cluster_command(const struct instance *i, struct cluster_command *c,
			    struct spawn *spawn, struct err *err)
{
	*c = (struct cluster_command){
	    .argv = {c->path, "-D", c->data_dir, NULL},
	    .env = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL},
	};
	enum status status = binary(c->path, "postgres", err);
	if (status == OK)
		status = prepare_run_dir(i, err);
	if (status == OK)
		status = io_path(c->data_dir, sizeof(c->data_dir), err, "%s", i->data_dir);
	/* SIGINT is the fast shutdown: should we be killed, the server ends cleanly by itself. */
	*spawn = (struct spawn){.path = c->path,
				.argv = c->argv,
				.env = c->env,
				.user = cluster_user(i),
				.dir = c->data_dir,
				.in = -1,
				.out = STDERR_FILENO,
				.err = STDERR_FILENO,
				.death_signal = SIGINT,
				.session = true}; /* Ctrl-C is not for the server */
	return status;
}

static bool is_postgres(pid_t pid)
{
	char path[64], name[32] = "";
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, name, sizeof(name) - 1);
	close(fd);
	return n > 0 && strncmp(name, "postgres", 8) == 0;
}

enum cluster_state cluster_state(const struct instance *i, pid_t *pid)
{
	char path[PATH_MAX];
	struct buf file;
	struct err ignored;
	int64_t number = 0;
	enum cluster_state state = CLUSTER_DOWN;

	if (io_path(path, sizeof(path), &ignored, "%s/postmaster.pid", i->data_dir) != OK)
		return CLUSTER_DOWN;
	buf_init(&file, 65536);
	if (io_read_file(path, &file, &ignored) == OK && file.n) {
		struct str rest = buf_view(&file), line = {NULL, 0};
		for (int n = 1; n <= 8 && rest.p; n++) {
			line = str_trim(str_cut(&rest, '\n'));
			if (n == 1 && (!str_to_i64(line, 1, INT32_MAX, &number) ||
				       !is_postgres((pid_t)number)))
				break;
			state =
			    n == 8 && str_eq(line, STR("ready")) ? CLUSTER_READY : CLUSTER_STARTING;
		}
	}
	buf_release(&file);
	if (pid && state != CLUSTER_DOWN)
		*pid = (pid_t)number;
	return state;
}

int cluster_stop_signal(pid_t pid)
{
	char path[64];
	struct buf children, command;
	struct err ignored;
	bool checkpointer = false, startup = false;

	buf_init(&children, 65536);
	buf_init(&command, 65536);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	if (io_read_file(path, &children, &ignored) != OK)
		checkpointer = true; /* a kernel that does not tell */
	struct str rest = buf_view(&children);
	while (rest.p) {
		struct str child = str_cut(&rest, ' ');
		buf_reset(&command);
		snprintf(path, sizeof(path), "/proc/%.*s/cmdline", STR_ARG(child));
		if (!child.n || io_read_file(path, &command, &ignored) != OK)
			continue;
		checkpointer |= str_starts(buf_view(&command), STR("postgres: checkpointer"));
		startup |= str_starts(buf_view(&command), STR("postgres: startup"));
	}
	buf_release(&command);
	buf_release(&children);
	return checkpointer && !startup ? SIGINT : SIGQUIT;
}

bool cluster_clean(const struct instance *i)
{
	static const char *const sockets[] = {".s.PGSQL.5432", ".s.PGSQL.5432.lock"};
	char pid_file[PATH_MAX], path[PATH_MAX];
	struct buf file;
	struct err ignored;
	struct shmid_ds shared;
	int64_t id;
	bool attached = false;

	if (cluster_state(i, NULL) != CLUSTER_DOWN)
		return false;
	if (io_path(pid_file, sizeof(pid_file), &ignored, "%s/postmaster.pid", i->data_dir) != OK)
		return true;
	buf_init(&file, 65536);
	if (io_read_file(pid_file, &file, &ignored) == OK && file.n) {
		struct str rest = buf_view(&file), line = {NULL, 0};
		for (int n = 1; n <= 7 && rest.p; n++)
			line = str_trim(str_cut(&rest, '\n'));
		str_cut(&line, ' '); /* "key  id" */
		if (line.p && str_to_i64(str_trim(line), 0, INT32_MAX, &id) &&
		    shmctl((int)id, IPC_STAT, &shared) == 0) {
			attached = shared.shm_nattch > 0;
			if (!attached)
				shmctl((int)id, IPC_RMID, NULL);
		}
	}
	buf_release(&file);
	if (attached)
		return false;
	unlink(pid_file);
	for (size_t n = 0; n < sizeof(sockets) / sizeof(sockets[0]); n++)
		if (io_path(path, sizeof(path), &ignored, "%s/%s", i->run_dir, sockets[n]) == OK)
			unlink(path);
	return true;
}

/* Ten milliseconds: nobody tells us, PostgreSQL's own pg_ctl looks as often. */
static void pause_shortly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

enum status cluster_start(const struct instance *i, pid_t *pid, struct err *err)
{
	struct cluster_command command;
	struct spawn spawn;
	int output = memfd_create("postgres", MFD_CLOEXEC);
	int status_word;

	if (output < 0)
		return err_errno(err, FAILED, "memfd");
	enum status status = cluster_command(i, &command, &spawn, err);
	if (status == OK) {
		spawn.out = spawn.err = output;
		status = spawn_start(&spawn, pid, err);
	}
	if (status != OK) {
		close(output);
		return status;
	}
	int64_t deadline = clock_ms() + START_TIMEOUT_MS;
	while (cluster_state(i, NULL) != CLUSTER_READY) {
		if (waitpid(*pid, &status_word, WNOHANG) == *pid) {
			status = err_set(err, FAILED, "PostgreSQL ended while starting");
			quote_output(output, err);
			break;
		}
		if (clock_ms() > deadline) {
			kill(*pid, SIGQUIT);
			waitpid(*pid, NULL, 0);
			status = err_set(err, TIMED_OUT, "PostgreSQL was not ready in %d s",
					 START_TIMEOUT_MS / 1000);
			break;
		}
		pause_shortly();
	}
	close(output);
	return status;
}

enum status cluster_stop(const struct instance *i, pid_t pid, struct err *err)
{
	int64_t deadline = clock_ms() + STOP_TIMEOUT_MS;
	(void)i;
	kill(pid, SIGINT);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_ms() > deadline) {
			kill(pid, SIGQUIT);
			waitpid(pid, NULL, 0);
			return err_set(err, TIMED_OUT, "PostgreSQL did not stop in %d s",
				       STOP_TIMEOUT_MS / 1000);
		}
		pause_shortly();
	}
	return OK;
}
