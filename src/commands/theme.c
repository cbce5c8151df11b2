/* holdfast theme: own copies of the pages' files, what an upgrade changed under them, what
 * templates see. */
#include "base/cli.h"
#include "base/files.h"
#include "base/io.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "directory/record/record.h"
#include "process/spawn.h"
#include "site/export/preview.h"
#include "site/look/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies of the program's files as they were when a file was copied, below DIR/web. */
static const char theme_base[] = ".base";

/* ---- files of DIR/web ---- */

/* Create the folders above the file. */
static enum status theme_make_folders(char *path, struct err *err)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		bool failed = mkdir(path, 0755) != 0 && errno != EEXIST;
		if (failed)
			return err_errno(err, FAILED, "%s", path);
		*slash = '/';
	}
	return OK;
}

static enum status theme_write(const struct instance *i, const char *folder, struct str name,
			       struct str body, struct err *err)
{
	char path[PATH_MAX];
	enum status status = io_path(path, sizeof(path), err, "%s/web/%s%s%.*s", i->dir, folder,
				     *folder ? "/" : "", STR_ARG(name));
	if (status == OK)
		status = theme_make_folders(path, err);
	return status == OK ? io_write_file(path, body, 0644, err) : status;
}

/* OK: read. NOT_FOUND: there is no such file. */
static enum status theme_read(const struct instance *i, const char *folder, struct str name,
			      struct buf *out, struct err *err)
{
	char path[PATH_MAX];
	enum status status = io_path(path, sizeof(path), err, "%s/web/%s%s%.*s", i->dir, folder,
				     *folder ? "/" : "", STR_ARG(name));
	if (status == OK && access(path, F_OK) != 0)
		return NOT_FOUND;
	return status == OK ? io_read_file(path, out, err) : status;
}

/* ---- theme new ---- */

static bool theme_is_preset(struct str name)
{
	for (size_t i = 0; look_presets[i]; i++)
		if (str_eq(name, str_of(look_presets[i])))
			return true;
	return false;
}

/* base: what a later version's file is compared with. */
static enum status theme_copy(const struct instance *i, struct str name, struct str body,
			      struct str base, struct err *err)
{
	struct buf there;
	buf_init(&there, FILES_REPLACED_MAX);
	enum status status = theme_read(i, "", name, &there, err);
	buf_release(&there);
	if (status == OK)
		return err_set(err, CONFLICT, "%s/web/%.*s exists; it stays as it is", i->dir,
			       STR_ARG(name));
	status = status == NOT_FOUND ? theme_write(i, "", name, body, err) : status;
	if (status == OK)
		status = theme_write(i, theme_base, name, base, err);
	if (status == OK)
		printf("%s/web/%.*s\n", i->dir, STR_ARG(name));
	return status;
}

/* A preset's tokens as DIR/web/assets/theme.css; a file; or all files of a folder. */
static enum status theme_new(const struct instance *i, struct str name, struct err *err)
{
	enum status status = OK;
	size_t copied = 0;
	while (name.n && name.p[name.n - 1] == '/')
		name.n--;
	if (theme_is_preset(name)) {
		char path[64];
		snprintf(path, sizeof(path), "assets/themes/%.*s.css", STR_ARG(name));
		return theme_copy(i, STR("assets/theme.css"), files_find(str_of(path))->body,
				  files_find(STR("assets/theme.css"))->body, err);
	}
	for (size_t n = 0; n < files_count && status == OK; n++) {
		struct str path = files[n].path;
		bool below = str_starts(path, name) && path.n > name.n && path.p[name.n] == '/';
		if (!below && !str_eq(path, name))
			continue;
		status = theme_copy(i, path, files[n].body, files[n].body, err);
		copied++;
	}
	if (status == OK && !copied)
		status = err_set(
		    err, NOT_FOUND,
		    "the pages have no file and no folder \"%.*s\"; holdfast theme list prints them",
		    STR_ARG(name));
	return status;
}

/* ---- theme diff ---- */

static int theme_memory_file(struct str content)
{
	int fd = memfd_create("theme", 0);
	struct err err;
	if (fd >= 0 && io_write_all(fd, content.p, content.n, &err) != OK) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Prints a unified diff. */
static enum status theme_print_diff(const char *label_old, struct str old, const char *label_new,
				    struct str new, struct err *err)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	const char *argv[] = {"diff",    "-u",        "--label",   label_old, "--label",
			      label_new, "/dev/fd/3", "/dev/fd/4", NULL};
	struct spawn s = {
	    .path = "/usr/bin/diff", .argv = argv, .env = env, .in = -1, .out = 1, .err = 2};
	int fd[2] = {theme_memory_file(old), theme_memory_file(new)};
	pid_t pid;
	enum status status =
	    fd[0] < 0 || fd[1] < 0 ? err_errno(err, FAILED, "no memory for a file") : OK;
	fflush(stdout);
	if (status == OK) {
		spawn_give(&s, fd[0], SPAWN_FD_FIRST);
		spawn_give(&s, fd[1], SPAWN_FD_FIRST + 1);
		status = spawn_start(&s, &pid, err);
	}
	if (status == OK) {
		struct err ignored;
		(void)!spawn_wait(pid, "diff", &ignored); /* 1: they differ */
	}
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return status;
}

/* What this program's file has that the one has not from which the operator's was copied. Without a
 * copy, what the operator's file has. *found is counted up when an upgrade changed the file. */
static enum status theme_diff_file(const struct instance *i, const struct file *file, size_t *found,
				   struct err *err)
{
	struct buf own, base;
	char name[512];
	buf_init(&own, FILES_REPLACED_MAX);
	buf_init(&base, FILES_REPLACED_MAX);
	enum status status = theme_read(i, "", file->path, &own, err);
	bool replaced = status == OK;
	if (replaced)
		status = theme_read(i, theme_base, file->path, &base, err);
	snprintf(name, sizeof(name), "%.*s", STR_ARG(file->path));
	if (replaced && status == NOT_FOUND) {
		printf("%s: yours; it is not known from which version it was copied\n", name);
		status =
		    theme_print_diff("of this version", file->body, "yours", buf_view(&own), err);
	} else if (status == OK && !str_eq(buf_view(&base), file->body)) {
		printf("%s: changed by an upgrade, and yours has the change not\n", name);
		status = theme_print_diff("when you copied it", buf_view(&base), "of this version",
					  file->body, err);
		++*found;
	} else if (status == OK) {
		printf("%s: yours; the original has not changed\n", name);
	}
	buf_release(&own);
	buf_release(&base);
	return status == NOT_FOUND ? OK : status;
}

static enum status theme_diff(const struct instance *i, size_t *found, struct err *err)
{
	enum status status = OK;
	for (size_t n = 0; n < files_count && status == OK; n++)
		status = theme_diff_file(i, &files[n], found, err);
	return status;
}

/* ---- theme check ---- */

static void theme_say_contrast(void *ctx, const struct look_contrast *c)
{
	(void)ctx;
	if (c->judged)
		printf("%s, --%s on --%s: contrast %.2f, less than %.1f\n",
		       c->dark ? "dark" : "light", c->pair->text, c->pair->ground, c->found,
		       c->pair->wanted);
	else
		printf("%s, --%s on --%s: one of them is no light-dark(#rrggbb, #rrggbb)\n",
		       c->dark ? "dark" : "light", c->pair->text, c->pair->ground);
}

/* The operator's files, as the export takes them. */
static enum status theme_replace_files(const struct instance *i, struct err *err)
{
	char path[PATH_MAX];
	size_t replaced;
	enum status status = io_path(path, sizeof(path), err, "%s/web", i->dir);
	if (status == OK)
		status = files_replace(path, &replaced, err);
	if (status == OK)
		look_compose(&i->config, false);
	return status;
}

/* Compile the templates of the exported and of the live pages. */
static enum status theme_check_templates(const struct instance *i, struct err *err)
{
	static const char *const folders[] = {"site/", "templates/"};
	enum status status = OK;
	for (size_t n = 0; n < COUNT_OF(folders) && status == OK; n++) {
		struct template_set *set = template_set_create();
		status =
		    look_add_templates(set, folders[n], &i->config, NULL, NULL, NULL, NULL, err);
		template_set_free(set);
	}
	return status;
}

static enum status theme_check(const struct instance *i, size_t *found, struct err *err)
{
	enum status status = theme_replace_files(i, err);
	if (status == OK)
		status = theme_check_templates(i, err);
	if (status != OK)
		return status;
	*found = look_judge(files_find(STR("assets/site.css"))->body, theme_say_contrast, NULL);
	if (!*found)
		printf("every text can be read on its ground, in light and dark\n");
	return OK;
}

/* ---- theme data ---- */

static enum status theme_connect(void *ctx, struct db **db, struct err *err)
{
	return database_connect(ctx, ROLE_EXPORT, db, err);
}

static enum status theme_data(struct instance *i, struct str text, struct err *err)
{
	struct preview *preview;
	struct buf out;
	int64_t id;
	char only[RECORD_ID_TEXT];
	if (!record_id_parse(text, &id))
		return err_set(err, INVALID, "\"%.*s\" is no id", STR_ARG(text));
	const struct export_options options = {
	    .config = &i->config, .connect = theme_connect, .ctx = i, .cards = true, .dir = ""};
	enum status status = theme_replace_files(i, err);
	record_id_format(id, only);
	if (status == OK)
		status = preview_open(&options, only, &preview, err);
	if (status != OK)
		return status;
	buf_init(&out, 16 << 20);
	status = preview_data(preview, id, &out, err);
	if (status == OK)
		printf("%s\n", buf_z(&out));
	buf_release(&out);
	preview_free(preview);
	return status;
}

/* ---- the command ---- */

static void theme_list(void)
{
	for (size_t i = 0; look_presets[i]; i++)
		printf("%s\n", look_presets[i]);
	for (size_t i = 0; i < files_count; i++)
		printf("%.*s\n", STR_ARG(files[i].path));
}

static int theme_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	size_t found = 0;
	struct str verb = str_of(argv[0]);
	bool data = str_eq(verb, STR("data"));
	bool is_new = str_eq(verb, STR("new"));
	if (str_eq(verb, STR("list")) && argc == 1) {
		theme_list();
		return EXIT_OK;
	}
	bool known = is_new ? argc == 2
		     : data
			 ? argc == 3 && strcmp(argv[1], "business") == 0
			 : argc == 1 && (str_eq(verb, STR("diff")) || str_eq(verb, STR("check")));
	if (!known)
		return cli_usage_error(
		    "new NAME, list, diff, check or data business ID is expected");
	enum status status = instance_open(&i, cli_globals.instance_dir, &err);
	if (status != OK)
		return cli_failed(&err);
	if (is_new)
		status = theme_new(&i, str_of(argv[1]), &err);
	else if (data)
		status = theme_data(&i, str_of(argv[2]), &err);
	else
		status = str_eq(verb, STR("diff")) ? theme_diff(&i, &found, &err)
						   : theme_check(&i, &found, &err);
	instance_release(&i);
	return status != OK ? cli_failed(&err) : found ? EXIT_FINDINGS : EXIT_OK;
}

const struct command command_theme = {
    .name = "theme",
    .args = "new|list|diff|check|data [business] [NAME|ID]",
    .summary =
	"Change how pages look: own copies of their files, and what an upgrade changed under them",
    .help =
	"  theme list               presets and files of the pages, under the names that new takes\n"
	"  theme new NAME           copy a preset's tokens, a file or a folder into the instance's web/, to be changed\n"
	"  theme diff               what this version changed in files of which you have a copy; exit status 2: something\n"
	"  theme check              mistakes in templates, by file and line; contrast of every pair of colours, in light\n"
	"                           and dark; exit status 2: one is too low\n"
	"  theme data business ID   the values that templates see on the page of a business, as JSON",
    .run = theme_command,
};
