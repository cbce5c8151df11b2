#include "config/instance.h"
#include "base/folder.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The longest name below run_dir is PostgreSQL's lock of its socket. */
enum { SOCKET_NAME_MAX = sizeof("/.s.PGSQL.5432.lock") - 1, SOCKET_PATH_MAX = 107 };

/* FNV-1a, to distinguish instances in /tmp. */
static uint64_t instance_hash(const char *z)
{
	uint64_t h = 14695981039346656037ull;
	for (; *z; z++)
		h = (h ^ (unsigned char)*z) * 1099511628211ull;
	return h;
}

static enum status instance_absolute(char *out, const char *dir, struct err *err)
{
	char cwd[PATH_MAX];
	if (realpath(dir, out))
		return OK;
	if (dir[0] == '/')
		return io_path(out, PATH_MAX, err, "%s", dir);
	if (!getcwd(cwd, sizeof(cwd)))
		return err_errno(err, FAILED, "current folder");
	return io_path(out, PATH_MAX, err, "%s/%s", cwd, dir);
}

enum status instance_paths(struct instance *i, const char *dir, struct err *err)
{
	*i = (struct instance){.dir = ""};
	enum status status = instance_absolute(i->dir, dir, err);
	if (status == OK)
		status = io_path(i->conf, sizeof(i->conf), err, "%s/holdfast.conf", i->dir);
	if (status == OK)
		status = io_path(i->data_dir, sizeof(i->data_dir), err, "%s/data", i->dir);
	if (status == OK)
		status = io_path(i->log_dir, sizeof(i->log_dir), err, "%s/log", i->dir);
	if (status == OK)
		status = folder_trusted(i->conf, err);
	if (status != OK)
		return status;
	if (strlen(i->dir) + strlen("/run") + SOCKET_NAME_MAX <= SOCKET_PATH_MAX)
		snprintf(i->run_dir, sizeof(i->run_dir), "%.*s/run",
			 (int)(sizeof(i->run_dir) - sizeof("/run")), i->dir);
	else
		snprintf(i->run_dir, sizeof(i->run_dir), "/tmp/holdfast-%u-%016llx",
			 (unsigned)geteuid(), (unsigned long long)instance_hash(i->dir));
	config_init(&i->config);
	return OK;
}

/* Read the settings that the parent has passed. */
static enum status instance_read_settings(struct instance *i, const char *number, struct err *err)
{
	struct buf text;
	int64_t fd;
	if (!str_to_i64(str_of(number), 0, INT32_MAX, &fd))
		return err_set(err, INVALID, INSTANCE_SETTINGS_ENV "=%s is not a descriptor",
			       number);
	char path[40];
	buf_init(&text, CONFIG_FILE_MAX);
	/* Open it again: all processes that inherit the descriptor share its position. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)fd);
	enum status status = io_read_file(path, &text, err);
	if (status == OK)
		status = config_parse(&i->config, buf_view(&text), i->conf, err);
	buf_release(&text);
	close((int)fd);
	unsetenv(INSTANCE_SETTINGS_ENV);
	return status;
}

enum status instance_settings(const struct instance *i, int *fd, struct err *err)
{
	*fd = memfd_create("holdfast-settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return err_errno(err, FAILED, "memfd");
	enum status status = io_write_all(*fd, i->config.source.p, i->config.source.n, err);
	if (status == OK &&
	    fcntl(*fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) != 0)
		status = err_errno(err, FAILED, "memfd");
	if (status != OK) {
		close(*fd);
		*fd = -1;
	}
	return status;
}

enum status instance_protect(const struct instance *i, bool *closed, struct err *err)
{
	struct stat st;
	*closed = false;
	if (!config_has_secrets(&i->config))
		return OK;
	int fd = open(i->conf, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, FAILED, "%s", i->conf);
	enum status status = OK;
	*closed = fstat(fd, &st) == 0 && st.st_mode & 077;
	if (*closed && fchmod(fd, 0600) != 0)
		status =
		    err_errno(err, FAILED, "%s has secrets and other users can read it", i->conf);
	close(fd);
	return status;
}

enum status instance_find(struct instance *i, const char *dir, struct err *problem, struct err *err)
{
	enum status status = instance_paths(i, dir, err);
	problem->text[0] = '\0';
	if (status != OK)
		return status;
	const char *settings = getenv(INSTANCE_SETTINGS_ENV);
	if (settings)
		(void)!instance_read_settings(i, settings, problem);
	else if (access(i->conf, F_OK) == 0)
		(void)!config_read(&i->config, i->conf, problem);
	else if (errno == EACCES)
		status = err_errno(err, DENIED, "%s", i->dir);
	else if (access(i->run_dir, F_OK) == 0 || access(i->data_dir, F_OK) == 0)
		err_set(problem, NOT_FOUND, "%s is missing", i->conf);
	else
		status =
		    err_set(err, NOT_FOUND, "%s is not an instance; 'holdfast init %s' makes one",
			    i->dir, dir);
	if (status != OK)
		instance_release(i);
	return status;
}

enum status instance_open(struct instance *i, const char *dir, struct err *err)
{
	struct err problem;
	enum status status = instance_find(i, dir, &problem, err);
	if (status != OK || !problem.text[0])
		return status;
	instance_release(i);
	return err_set(err, INVALID, "%s", problem.text);
}

void instance_release(struct instance *i)
{
	config_release(&i->config);
}

bool instance_embedded(const struct instance *i)
{
	return config_text(&i->config, CONFIG_DB_URL)[0] == '\0';
}

bool instance_has(const struct instance *i, enum role_database database)
{
	return database == ROLE_DATABASE_DIRECTORY ||
	       *config_text(&i->config, CONFIG_CONTACT_LISTEN);
}

enum status instance_open_run_dir(const struct instance *i, int *fd, struct err *err)
{
	return folder_open(i->run_dir, geteuid(), fd, err);
}

enum status instance_make_run_dir(const struct instance *i, struct err *err)
{
	int fd;
	if (mkdir(i->run_dir, 0711) != 0 && errno != EEXIST)
		return err_errno(err, FAILED, "%s", i->run_dir);
	/* In /tmp another user may have made it before. */
	enum status status = instance_open_run_dir(i, &fd, err);
	if (status != OK)
		return status;
	if (fchmod(fd, 0711) != 0)
		status = err_errno(err, FAILED, "%s", i->run_dir);
	close(fd);
	return status;
}

void instance_remove_run_dir(const struct instance *i)
{
	int fd;
	if (instance_open_run_dir(i, &fd, NULL) != OK)
		return;
	unlinkat(fd, INSTANCE_CONTROL, 0);
	unlinkat(fd, INSTANCE_LOCK, 0);
	close(fd);
	rmdir(i->run_dir);
}

/* Read DIR/secrets, which has lines "role password". Empty: the role has none. */
static enum status instance_read_password(const struct instance *i, const char *role,
					  struct buf *out, struct err *err)
{
	char path[PATH_MAX];
	struct buf file;
	enum status status = io_path(path, sizeof(path), err, "%s/secrets", i->dir);
	if (status != OK)
		return status;
	buf_init(&file, 65536);
	status = io_read_file(path, &file, err);
	if (status == NOT_FOUND)
		status = OK;
	struct str rest = buf_view(&file);
	while (status == OK && rest.p) {
		struct str line = str_cut(&rest, '\n');
		if (str_eq(str_cut(&line, ' '), str_of(role)) && line.p)
			buf_str(out, str_trim(line));
	}
	buf_release(&file);
	return status;
}

/* The option that names the server of a role's database. */
static enum config_id instance_url(enum role_id id)
{
	return id == ROLE_SUPERUSER || role_table[id].database == ROLE_DATABASE_DIRECTORY
		   ? CONFIG_DB_URL
		   : CONFIG_CONTACT_DB_URL;
}

enum status instance_blame_url(const struct instance *i, enum role_id id, struct err *err,
			       enum status status)
{
	return instance_embedded(i) ? status
				    : config_prefix(&i->config, instance_url(id), err, status);
}

enum status instance_not_running(const struct instance *i, struct err *err, enum status status)
{
	return err_set(err, status,
		       "the instance %s is not running; start it with 'holdfast up --detach'",
		       i->dir);
}

enum status instance_login(const struct instance *i, enum role_id id, struct buf *out,
			   struct buf *password, struct err *err)
{
	const char *url = config_text(&i->config, instance_url(id));
	char role[ROLE_NAME_MAX];
	must(!instance_embedded(i));
	must(id != ROLE_SUPERUSER); /* an instance has no superuser on an existing server */
	if (!*url)
		return err_set(
		    err, INVALID,
		    "contact.db_url is not set; 'holdfast contact setup --db URL' sets up the database of the contact sphere");
	role_name(&i->config, id, role);
	enum status status = instance_read_password(i, role, password, err);
	if (status == OK)
		buf_printf(out, "%s%cuser=%s", url, strchr(url, '?') ? '&' : '?', role);
	return status;
}

enum status instance_conninfo(const struct instance *i, enum role_id id, struct buf *out,
			      struct err *err)
{
	char role[ROLE_NAME_MAX];
	struct buf password;
	if (instance_embedded(i)) {
		role_name(&i->config, id, role);
		buf_puts(out, "host='");
		for (const char *p = i->run_dir; *p; p++) {
			if (*p == '\'' || *p == '\\')
				buf_putc(out, '\\');
			buf_putc(out, *p);
		}
		buf_printf(out, "' port=%d dbname=%s user=%s", INSTANCE_PG_PORT, role_database(id),
			   role);
		return OK;
	}
	buf_init(&password, INSTANCE_PASSWORD_MAX);
	enum status status = instance_login(i, id, out, &password, err);
	if (status == OK && password.n)
		buf_printf(out, "&password=%s", buf_z(&password));
	buf_release(&password);
	return status;
}

/* Whether a line of holdfast.conf sets the option. */
static bool instance_line_sets(struct str line, struct str name)
{
	line = str_trim(line);
	if (!str_starts(line, name))
		return false;
	line = str_trim((struct str){line.p + name.n, line.n - name.n});
	return line.n && line.p[0] == '=';
}

enum status instance_set(struct instance *i, const char *name, const char *value, struct err *err)
{
	struct buf text, changed;
	enum status status = config_set(&i->config, str_of(name), str_of(value), err);
	if (status != OK)
		return status;
	buf_init(&text, CONFIG_FILE_MAX);
	buf_init(&changed, CONFIG_FILE_MAX);
	status = io_read_file(i->conf, &text, err);
	bool set = false;
	for (struct str rest = buf_view(&text); status == OK && rest.n;) {
		struct str line = str_cut(&rest, '\n');
		bool here = instance_line_sets(line, str_of(name));
		if (here)
			buf_printf(&changed, "%s = %s\n", name, value);
		else
			buf_printf(&changed, "%.*s\n", STR_ARG(line));
		set |= here;
	}
	if (!set)
		buf_printf(&changed, "\n%s = %s\n", name, value);
	if (status == OK)
		status = io_write_file(i->conf, buf_view(&changed), 0600, err);
	buf_release(&text);
	buf_release(&changed);
	return status;
}
