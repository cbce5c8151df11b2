#include "commands/contact_keeper.h"

#include "base/io.h"
#include "process/process.h"
#include "process/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum status contact_run_keeper(const struct instance *i, const char *const argv[], int in, int key,
			       struct buf *out, struct err *err)
{
	char folder[PATH_MAX], path[PATH_MAX];
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	pid_t pid;
	int output = out ? memfd_create("keeper", MFD_CLOEXEC) : STDOUT_FILENO;
	enum status status = io_program_dir(folder, sizeof(folder), err);
	if (status == OK)
		status = io_path(path, sizeof(path), err, "%s/holdfast-keeper", folder);
	if (status != OK)
		return status;
	struct spawn keeper = {.path = path,
			       .argv = argv,
			       .env = env,
			       .user = geteuid() == 0 ? config_text(&i->config, CONFIG_USER_KEEPER)
						      : NULL,
			       .in = in,
			       .out = output,
			       .err = STDERR_FILENO,
			       .death_signal = SIGKILL};
	if (key >= 0)
		spawn_give(&keeper, key, SPAWN_FD_FIRST);
	fflush(stdout);
	status = spawn_start(&keeper, &pid, err);
	if (status == OK)
		status = spawn_wait(pid, "holdfast-keeper", err);
	if (out && status == OK) {
		char chunk[65536];
		ssize_t n;
		for (off_t at = 0; (n = pread(output, chunk, sizeof(chunk), at)) > 0; at += n)
			buf_add(out, chunk, (size_t)n);
		explicit_bzero(chunk, sizeof(chunk));
	}
	if (out)
		close(output);
	return status;
}

enum status contact_key_path(const struct instance *i, char out[PATH_MAX], struct err *err)
{
	return io_path(out, PATH_MAX, err, "%s/keeper/key", i->dir);
}
