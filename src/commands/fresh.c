#include "commands/fresh.h"
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum status fresh_folder_check(const char *path, bool *existed, struct err *err)
{
	DIR *dir = opendir(path);
	bool empty = true;
	*existed = dir || errno != ENOENT;
	if (!dir)
		return *existed ? err_errno(err, FAILED, "%s", path) : OK;
	for (struct dirent *entry; (entry = readdir(dir));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			empty = false;
	closedir(dir);
	return empty ? OK
		     : err_set(err, CONFLICT, "%s exists and is not empty; nothing was changed",
			       path);
}

/* The data folder may belong to the database's user, who could exchange names in it: folder_empty
 * works by descriptors. */
void fresh_folder_undo(const struct instance *i, bool existed)
{
	struct err err;
	instance_remove_run_dir(i);
	int fd = open(i->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (folder_empty(fd, &err) != OK)
		fprintf(stderr, "holdfast: %s is not empty: %s\n", i->dir, err.text);
	else if (!existed)
		rmdir(i->dir);
	close(fd);
}
