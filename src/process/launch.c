/* Starts a process from its row of the table of processes. */
#include "process/internal.h"

#include "base/folder.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 8, ENVIRONMENT_MAX = 8, DATABASES_MAX = 3, CONNINFO_BYTES = 2 * PATH_MAX };

/* The memory that `spawn` points to. */
struct launch {
	struct spawn spawn;
	char path[PATH_MAX];
	char instance_env[PATH_MAX + 32];
	char cache_env[32];
	char region_env[40];
	char database_env[DATABASES_MAX][CONNINFO_BYTES];
	const char *argv[ARGUMENTS_MAX];
	const char *env[ENVIRONMENT_MAX];
	size_t env_count;
};

static void launch_add_env(struct launch *l, const char *assignment)
{
	must(l->env_count + 1 < ENVIRONMENT_MAX);
	l->env[l->env_count++] = assignment;
	l->env[l->env_count] = NULL;
}

static enum status launch_add_databases(struct launch *l, const struct supervisor *sv,
					const struct process_class *class, struct err *err)
{
	enum status status = OK;
	for (int n = 0; class->databases && class->databases[n].env && status == OK; n++) {
		struct buf text;
		must(n < DATABASES_MAX);
		buf_init(&text, CONNINFO_BYTES - 1);
		buf_printf(&text, "%s=", class->databases[n].env);
		status = instance_conninfo(sv->instance, class->databases[n].role, &text, err);
		if (status == OK && buf_failed(&text))
			status = err_set(err, TOO_LARGE, "db.url is too long");
		if (status == OK) {
			snprintf(l->database_env[n], CONNINFO_BYTES, "%s", buf_z(&text));
			launch_add_env(l, l->database_env[n]);
		}
		buf_release(&text);
	}
	return status;
}

static void launch_add_arguments(struct launch *l, const struct supervisor *sv,
				 const struct process_class *class)
{
	size_t n = 0;
	l->argv[n++] = class->program;
	for (int a = 0; class->arguments && class->arguments[a]; a++) {
		bool dir = strcmp(class->arguments[a], PROCESS_ARGUMENT_DIR) == 0;
		must(n + 1 < ARGUMENTS_MAX);
		l->argv[n++] = dir ? sv->instance->dir : class->arguments[a];
	}
	l->argv[n] = NULL;
}

/* As root the folder is root's, so that no other user can take the name. -1 with errno. */
static int launch_make_file(int folder, const char *name, uid_t uid, gid_t gid)
{
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 && uid != geteuid() && fchown(fd, uid, gid) != 0) {
		close(fd);
		unlinkat(folder, name, 0);
		return -1;
	}
	return fd;
}

/* Open a file of the process, made when it is missing if `makes`. The folder may belong to the
 * process's user, who can put anything into it. Symbolic links are not followed, and the file must
 * belong to that user and be unreadable for others. */
static enum status launch_open_file(const struct supervisor *sv, const struct process_class *class,
				    const char *path, bool makes, const char *user, int *fd,
				    struct err *err)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct stat st;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	enum status status = user ? spawn_user(user, &uid, &gid, err) : OK;
	if (status == OK)
		status = io_path(dir, sizeof(dir), err, "%s/%.*s", sv->instance->dir,
				 (int)(name - path), path);
	if (status == OK && makes)
		status = folder_make(dir, 0755, err);
	if (status == OK && makes && chmod(dir, 0755) != 0) /* whatever our umask is */
		status = err_errno(err, FAILED, "%s", dir);
	if (status != OK)
		return status;
	int folder = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return err_errno(err, FAILED, "%s", dir);
	*fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT && makes)
		*fd = launch_make_file(folder, name, uid, gid);
	close(folder);
	if (*fd < 0)
		return err_errno(err, FAILED, "%s/%s", sv->instance->dir, path);
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == uid && st.st_nlink == 1 &&
	    (st.st_mode & 077) == 0)
		return OK;
	close(*fd);
	*fd = -1;
	return err_set(
	    err, INVALID,
	    "%s/%s must be a regular file of mode 0600 that belongs to the user of %s, without further names",
	    sv->instance->dir, path, class->name);
}

static enum status launch_from_row(struct launch *l, const struct supervisor *sv,
				   const struct process_slot *s, struct err *err)
{
	const struct process_class *class = s->class;
	const struct config *c = &sv->instance->config;
	enum status status =
	    io_path(l->path, sizeof(l->path), err, "%s/%s", sv->program_dir, class->program);
	if (status != OK)
		return status;
	launch_add_arguments(l, sv, class);
	snprintf(l->instance_env, sizeof(l->instance_env), "HOLDFAST_INSTANCE=%s",
		 sv->instance->dir);
	launch_add_env(l, l->instance_env);
	if (class->reads_settings)
		launch_add_env(l, PROCESS_SETTINGS_ENV);
	if (s->cache_slot) {
		snprintf(l->cache_env, sizeof(l->cache_env), "HOLDFAST_CACHE_SLOT=%d",
			 s->cache_slot);
		launch_add_env(l, l->cache_env);
	}
	if (s->region >= 0) {
		snprintf(l->region_env, sizeof(l->region_env), "HOLDFAST_SCOREBOARD_REGION=%d",
			 s->region);
		launch_add_env(l, l->region_env);
	}
	l->spawn = (struct spawn){
	    .path = l->path,
	    .argv = l->argv,
	    .env = l->env,
	    .user = class->own_user && geteuid() == 0 ? config_text(c, class->user) : NULL,
	    .in = -1,
	    .out = STDERR_FILENO,
	    .err = STDERR_FILENO,
	    .death_signal = SIGKILL,
	    .session = true, /* Ctrl-C must reach the supervisor only */
	    .max_files = class->max_files ? class->max_files(c) : 0,
	    .locks_memory = class->locks_memory,
	};
	return launch_add_databases(l, sv, class, err);
}

enum status launch_start(const struct supervisor *sv, const struct process_slot *s, int ready_fd,
			 int peer_fd, unsigned *separation, pid_t *pid, struct err *err)
{
	static struct launch l; /* static: large, and only one process starts at a time */
	const struct {
		int fd, at;
	} gives[] = {{ready_fd, PROCESS_READY_FD},
		     {s->listener, PROCESS_LISTENER_FD},
		     {peer_fd, PROCESS_PEER_FD},
		     {s->cache_slot ? sv->cache_fd : -1, PROCESS_CACHE_FD},
		     {s->cache_slot ? sv->event_fd : -1, PROCESS_EVENT_FD},
		     {s->region >= 0 ? scoreboard_write_fd(sv->board) : -1, PROCESS_SCOREBOARD_FD},
		     {s->class->reads_settings ? sv->settings_fd : -1, PROCESS_SETTINGS_FD},
		     {s->class->reads_stats ? scoreboard_read_fd(sv->board) : -1,
		      PROCESS_SCOREBOARD_READ_FD}};
	int key = -1, state = -1;
	l = (struct launch){0};
	enum status status = s->class->prepare ? s->class->prepare(sv->instance, &l.spawn, err)
					       : launch_from_row(&l, sv, s, err);
	if (status == OK && s->log)
		l.spawn.out = l.spawn.err = logs_write_fd(s);
	if (status == OK && s->class->key)
		status =
		    launch_open_file(sv, s->class, s->class->key, false, l.spawn.user, &key, err);
	if (status == OK && s->class->state)
		status = launch_open_file(sv, s->class, s->class->state, true, l.spawn.user, &state,
					  err);
	if (status == OK) {
		for (size_t n = 0; n < COUNT_OF(gives); n++)
			if (gives[n].fd >= 0)
				spawn_give(&l.spawn, gives[n].fd, gives[n].at);
		if (key >= 0)
			spawn_give(&l.spawn, key, PROCESS_KEY_FD);
		if (state >= 0)
			spawn_give(&l.spawn, state, PROCESS_STATE_FD);
		*separation = l.spawn.user ? SEPARATION_USER : 0;
		status = spawn_start(&l.spawn, pid, err);
	}
	if (key >= 0)
		close(key);
	if (state >= 0)
		close(state);
	return status;
}
