#include "db/cluster/internal.h"
#include "base/folder.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

static const char pid_file_name[] = "postmaster.pid";

enum { PID_FILE_MAX = 4096 };

/* postmaster.pid: a process on line 1, "key  id" of the shared memory on line 7, the state on line
 * 8. The server's user can write anything there: root neither signals that process nor removes
 * that memory itself. */
struct pid_file {
	pid_t pid;
	int shared; /* -1: not written yet */
	bool ready;
};

static enum status state_owner(const struct instance *i, uid_t *uid, gid_t *gid, struct err *err)
{
	struct stat st;
	if (lstat(i->data_dir, &st) != 0)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", i->data_dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, FAILED, "%s is not a folder", i->data_dir);
	*uid = st.st_uid;
	*gid = st.st_gid;
	return OK;
}

enum status cluster_act(const struct instance *i, enum status (*act)(void *ctx, struct err *err),
			void *ctx, struct err *err)
{
	uid_t uid;
	gid_t gid;
	enum status status = state_owner(i, &uid, &gid, err);
	return status == OK ? spawn_as(uid, gid, act, ctx, err) : status;
}

/* Whether the process belongs to the server's user and is called postgres. */
static bool state_is_postgres(pid_t pid, uid_t owner)
{
	char path[64], name[32] = "";
	struct stat st;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, name, sizeof(name) - 1);
	bool owned = fstat(fd, &st) == 0 && st.st_uid == owner;
	close(fd);
	return owned && n > 0 && strncmp(name, "postgres", 8) == 0;
}

static void state_parse_pid_file(struct str text, struct pid_file *out)
{
	int64_t number;
	*out = (struct pid_file){.shared = -1};
	for (int line = 1; text.p && line <= 8; line++) {
		struct str value = str_trim(str_cut(&text, '\n'));
		if (line == 1 && str_to_i64(value, 1, INT32_MAX, &number))
			out->pid = (pid_t)number;
		if (line == 7) {
			str_cut(&value, ' ');
			if (value.p && str_to_i64(str_trim(value), 0, INT32_MAX, &number))
				out->shared = (int)number;
		}
		if (line == 8)
			out->ready = str_eq(value, STR("ready"));
	}
}

/* NOT_FOUND: there is no file. It must be a regular file of the owner, not a link. */
static enum status state_read_pid_file(const struct instance *i, struct pid_file *out, uid_t *owner,
				       struct err *err)
{
	char text[PID_FILE_MAX];
	gid_t gid;
	int dir, fd = -1;
	ssize_t n = -1;
	enum status status = state_owner(i, owner, &gid, err);
	if (status == OK)
		status = folder_open(i->data_dir, *owner, &dir, err);
	if (status != OK)
		return status;
	status = folder_open_file(dir, pid_file_name, O_RDONLY, *owner, &fd, err);
	if (status == OK && (n = read(fd, text, sizeof(text))) < 0)
		status = err_errno(err, FAILED, "%s/%s", i->data_dir, pid_file_name);
	if (status == OK)
		state_parse_pid_file((struct str){text, (size_t)n}, out);
	if (fd >= 0)
		close(fd);
	close(dir);
	return status;
}

enum cluster_state cluster_state(const struct instance *i)
{
	struct pid_file file;
	uid_t owner;
	if (state_read_pid_file(i, &file, &owner, NULL) != OK || !file.pid ||
	    !state_is_postgres(file.pid, owner))
		return CLUSTER_DOWN;
	return file.ready ? CLUSTER_READY : CLUSTER_STARTING;
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
		checkpointer = true; /* the kernel does not list children */
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

struct signal_request {
	const struct instance *instance;
	int signal;
};

/* Runs as the server's user, so that the kernel allows signals to that user's processes only. */
static enum status state_signal(void *ctx, struct err *err)
{
	const struct signal_request *r = ctx;
	struct pid_file file;
	uid_t owner;
	enum status status = state_read_pid_file(r->instance, &file, &owner, err);
	if (status != OK)
		return status;
	if (!file.pid || !state_is_postgres(file.pid, owner) || kill(file.pid, r->signal) != 0)
		return err_set(err, NOT_FOUND, "no server runs");
	return OK;
}

void cluster_signal(const struct instance *i, int signal)
{
	struct signal_request r = {i, signal};
	(void)!cluster_act(i, state_signal, &r, NULL);
}

/* Runs as the server's user, so that the kernel allows it to remove that user's memory only. */
static enum status state_clean(void *ctx, struct err *err)
{
	const struct instance *i = ctx;
	char path[PATH_MAX];
	struct pid_file file;
	struct shmid_ds shared;
	uid_t owner;
	enum status status = state_read_pid_file(i, &file, &owner, err);
	if (status == NOT_FOUND)
		return OK;
	if (status == OK && file.shared >= 0 && shmctl(file.shared, IPC_STAT, &shared) == 0) {
		if (shared.shm_nattch > 0)
			return err_set(err, UNAVAILABLE, "the server of %s has not ended yet",
				       i->data_dir);
		shmctl(file.shared, IPC_RMID, NULL);
	}
	status = io_path(path, sizeof(path), err, "%s/%s", i->data_dir, pid_file_name);
	if (status == OK && unlink(path) != 0)
		status = err_errno(err, FAILED, "%s", path);
	return status;
}

enum status cluster_clean(const struct instance *i, struct err *err)
{
	static const char *const sockets[] = {".s.PGSQL.5432", ".s.PGSQL.5432.lock"};
	int run_dir;
	if (cluster_state(i) != CLUSTER_DOWN)
		return err_set(err, UNAVAILABLE, "the server of %s has not ended yet", i->data_dir);
	enum status status = cluster_act(i, state_clean, (void *)i, err);
	if (status == NOT_FOUND)
		return OK; /* there is no data folder */
	if (status != OK || instance_open_run_dir(i, &run_dir, NULL) != OK)
		return status;
	for (size_t n = 0; n < COUNT_OF(sockets); n++)
		unlinkat(run_dir, sockets[n], 0);
	close(run_dir);
	return OK;
}
