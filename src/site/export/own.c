/* Files of the operator in the published site: those of the instance's web/public, which each
 * export copies, and those that the operator has put into the published tree (CNAME, .nojekyll,
 * proofs of domain ownership), which are kept when the trees are exchanged. */
#include "site/export/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include "base/folder.h"
#include "base/io.h"
#include "base/log.h"
#include "base/memory.h"

enum { DEPTH_MAX = 16, OWN_BYTES_MAX = 64 << 20 };

/* Open a folder below `root`, without following a link; -1 with errno. */
static int own_open(int root, const char *path)
{
	return openat(root, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool own_join(char out[EXPORT_PATH], const char *folder, const char *name)
{
	int n = snprintf(out, EXPORT_PATH, "%s%s%s", folder, *folder ? "/" : "", name);
	return n > 0 && n < EXPORT_PATH;
}

typedef enum status own_visit(void *ctx, const char *path, const struct stat *st, struct err *err);

/* Call `visit` for each name in a folder, sorted bytewise, without "." and "..". A folder that does
 * not exist counts as empty. */
static enum status own_each(int root, const char *folder, own_visit *visit, void *ctx,
			    struct err *err)
{
	struct dirent **names = NULL;
	enum status status = OK;
	int fd = own_open(root, folder);
	if (fd < 0)
		return errno == ENOENT ? OK : err_errno(err, FAILED, "%s", folder);
	int n = scandirat(fd, ".", &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		char path[EXPORT_PATH];
		struct stat st;
		bool real = strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
		if (status == OK && real && !own_join(path, folder, name))
			status =
			    err_set(err, TOO_LARGE, "%s/%s: the path is too long", folder, name);
		else if (status == OK && real && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			status = visit(ctx, path, &st, err);
		free(names[i]);
	}
	free(names);
	close(fd);
	return status;
}

/* ---- web/public ---- */

struct own_files {
	int root;
	unsigned depth;
	XXH3_state_t *digest;    /* of names, sizes and times; NULL: copy the files */
	struct export_files *to; /* destination of copies */
	const char *plain;       /* or the folder that gets them */
	size_t made;             /* the first so many of to->next's files are the export's own */
};

enum status own_read(int fd, struct buf *out, struct err *err)
{
	enum { PIECE = 256 * 1024 };
	for (;;) {
		char *room = buf_room(out, PIECE);
		ssize_t n = room ? read(fd, room, PIECE) : 0;
		if (!room)
			return err_set(err, TOO_LARGE, "more than %zu bytes", out->max);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, FAILED, "read");
		if (n == 0)
			return OK;
		buf_grew(out, (size_t)n);
	}
}

/* The content of an operator's file; nothing to release after an error. */
static enum status own_load(const struct own_files *p, const char *path, struct buf *body,
			    struct err *err)
{
	int fd = openat(p->root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, FAILED, "web/public/%s", path);
	buf_init(body, OWN_BYTES_MAX + (1 << 20));
	enum status status = own_read(fd, body, err);
	close(fd);
	if (status == OK)
		return OK;
	buf_release(body);
	return err_prefix(err, status, "web/public/%s", path);
}

static enum status own_copy_file(struct own_files *p, const char *path, struct err *err)
{
	struct export_files *to = p->to;
	struct manifest made = *to->next;
	struct buf body;
	made.files = p->made;
	if (manifest_find_file(&made, path))
		return err_set(
		    err, CONFLICT,
		    "web/public/%s: the export writes a file of this name itself; rename it, or change the template",
		    path);
	enum status status = own_load(p, path, &body, err);
	if (status != OK)
		return status;
	unsigned formats = to->writer->formats;
	/* no compressed copies: images do not shrink, and the operator may provide his own */
	to->writer->formats = 0;
	status = files_put(to, path, buf_view(&body), err);
	to->writer->formats = formats;
	buf_release(&body);
	return status == OK ? OK : err_prefix(err, status, "web/public/%s", path);
}

enum status own_put_plain(const char *dir, const char *path, struct str content, struct err *err)
{
	char full[PATH_MAX];
	struct buf there;
	struct err ignored;
	enum status status = io_path(full, sizeof(full), err, "%s/%s", dir, path);
	if (status != OK)
		return status;
	for (char *slash = full + strlen(dir) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(full, 0755) != 0 && errno != EEXIST)
			return err_errno(err, FAILED, "%s", full);
	}
	buf_init(&there, OWN_BYTES_MAX + (1 << 20));
	bool same = io_read_file(full, &there, &ignored) == OK && str_eq(buf_view(&there), content);
	buf_release(&there);
	return same ? OK : io_write_file(full, content, 0644, err);
}

static enum status own_copy_plain(struct own_files *p, const char *path, struct err *err)
{
	struct buf body;
	enum status status = own_load(p, path, &body, err);
	if (status != OK)
		return status;
	status = own_put_plain(p->plain, path, buf_view(&body), err);
	buf_release(&body);
	return status == OK ? OK : err_prefix(err, status, "web/public/%s", path);
}

static enum status public_visit(void *ctx, const char *path, const struct stat *st, struct err *err)
{
	struct own_files *p = ctx;
	if (S_ISDIR(st->st_mode)) {
		if (p->depth == DEPTH_MAX)
			return err_set(err, TOO_LARGE,
				       "web/public/%s: folders are nested too deeply", path);
		p->depth++;
		enum status status = own_each(p->root, path, public_visit, p, err);
		p->depth--;
		return status;
	}
	if (!S_ISREG(st->st_mode)) {
		log_warn("not a regular file: not published", LOG_S("path", path));
		return OK;
	}
	if (p->plain)
		return own_copy_plain(p, path, err);
	if (!p->digest)
		return own_copy_file(p, path, err);
	const int64_t facts[] = {st->st_size, st->st_mtim.tv_sec, st->st_mtim.tv_nsec};
	XXH3_64bits_update(p->digest, path, strlen(path) + 1);
	XXH3_64bits_update(p->digest, facts, sizeof(facts));
	return OK;
}

static enum status public_walk(const char *folder, struct own_files *p, struct err *err)
{
	if (folder && access(folder, F_OK) == 0) {
		enum status trusted = folder_trusted(folder, err);
		if (trusted != OK)
			return trusted;
	}
	p->root = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (p->root < 0)
		return !folder || errno == ENOENT ? OK : err_errno(err, FAILED, "%s", folder);
	enum status status = own_each(p->root, "", public_visit, p, err);
	close(p->root);
	return status;
}

enum status own_public_digest(const char *folder, uint64_t *digest, struct err *err)
{
	struct own_files p = {.digest = XXH3_createState()};
	must(p.digest);
	XXH3_64bits_reset(p.digest);
	enum status status = public_walk(folder, &p, err);
	*digest = XXH3_64bits_digest(p.digest);
	XXH3_freeState(p.digest);
	return status;
}

enum status own_public_copy(const char *folder, struct export_files *to, struct err *err)
{
	manifest_sort_files(to->next);
	struct own_files p = {.to = to, .made = to->next->files};
	return public_walk(folder, &p, err);
}

enum status own_public_copy_plain(const char *folder, const char *dir, struct err *err)
{
	struct own_files p = {.plain = dir};
	return public_walk(folder, &p, err);
}

/* ---- the operator's files in the published tree ---- */

struct own_folders;
struct keep {
	int from, to;                   /* published and spare tree */
	const struct manifest *made;    /* manifest of the tree that is walked */
	const struct manifest *written; /* manifest of `to` */
	const struct own_folders *business;
	bool removing; /* walk `to` and remove what `from` does not have */
	unsigned depth;
	uint64_t kept, lost; /* files of the operator; lost: the export writes one of that name */
};

/* ---- folders of businesses ----
 *
 * They have nearly all files of a tree, and to look at each would take longer than an export of a
 * few changes. In the published tree only the operator adds and removes files after its manifest
 * was written: the folder's time of change says whether he has. Those that have files of his are
 * written down (STATE/own-folders), because their times say nothing once the export has put these
 * files into the other tree. */

struct own_folders {
	struct own_folder {
		struct str path; /* empty: a free slot */
		bool listed;     /* in STATE/own-folders */
		bool walked;     /* in this run, in both trees */
	} * slot;                /* a hash table with open addressing */
	size_t slots, count;
};

static struct own_folder *folders_slot(const struct own_folders *folders, struct str path)
{
	size_t at = XXH3_64bits(path.p, path.n) & (folders->slots - 1);
	while (folders->slot[at].path.n && !str_eq(folders->slot[at].path, path))
		at = (at + 1) & (folders->slots - 1);
	return &folders->slot[at];
}

static void folders_grow(struct own_folders *folders)
{
	struct own_folders larger = {.slots = folders->slots ? 2 * folders->slots : 256};
	if (2 * (folders->count + 1) < folders->slots)
		return;
	larger.count = folders->count;
	larger.slot = memory_array(larger.slots, sizeof(*larger.slot));
	for (size_t i = 0; i < folders->slots; i++)
		if (folders->slot[i].path.n)
			*folders_slot(&larger, folders->slot[i].path) = folders->slot[i];
	free(folders->slot);
	*folders = larger;
}

/* "munich/f" of "munich/f/falkner". Pages without a path are in b/XX, which has no files but
 * theirs. */
static void folders_of_manifest(struct own_folders *folders, const struct manifest *m)
{
	for (size_t i = 0; i < m->entries; i++) {
		const char *path = manifest_path(&m->entry[i]), *slash = strrchr(path, '/');
		if (!slash)
			continue;
		folders_grow(folders);
		struct str folder = {path, (size_t)(slash - path)};
		struct own_folder *slot = folders_slot(folders, folder);
		folders->count += !slot->path.n;
		*slot = (struct own_folder){.path = folder};
	}
}

static bool own_is_business_folder(const struct own_folders *folders, const char *path)
{
	return (path[0] == 'b' && path[1] == '/' && strlen(path) == 4) ||
	       (folders->slots && folders_slot(folders, str_of(path))->path.n);
}

/* "NAME-ID.html" and its cards, of a place that has no businesses any more. */
static bool own_is_business_page(struct str path)
{
	enum { ID = RECORD_ID_TEXT - 1 };
	int64_t id;
	for (size_t i = 0; i < path.n && i < 6; i++)
		if (path.p[path.n - 1 - i] == '.') {
			struct str name = {path.p, path.n - 1 - i};
			return name.n > ID && name.p[name.n - ID - 1] == '-' &&
			       record_id_parse((struct str){name.p + name.n - ID, ID}, &id);
		}
	return false;
}

/* Whether an export made the file, or it is the compressed copy of such a file. */
static bool own_made_by_export(const struct manifest *m, const char *path)
{
	char plain[EXPORT_PATH];
	struct str name = str_of(path);
	if (manifest_find_file(m, path) || own_is_business_page(name))
		return true;
	name.n -= str_ends(name, STR(".gz")) || str_ends(name, STR(".br")) ? 3 : 0;
	snprintf(plain, sizeof(plain), "%.*s", STR_ARG(name));
	return name.n < strlen(path) &&
	       (manifest_find_file(m, plain) || own_is_business_page(name));
}

static bool keep_is_linked(const struct keep *k, const char *path, const struct stat *st)
{
	struct stat other;
	return fstatat(k->to, path, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
	       other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

/* Hard-link the file into the other tree, so that nothing is copied. */
static enum status keep_file(struct keep *k, const char *path, const struct stat *st,
			     struct err *err)
{
	char folder[EXPORT_PATH];
	k->kept++;
	if (own_made_by_export(k->written, path)) {
		log_warn(
		    "the export writes a file of this name itself; the operator's file is not kept",
		    LOG_S("path", path));
		k->kept--;
		k->lost++;
		return OK;
	}
	if (keep_is_linked(k, path, st))
		return OK;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		if (mkdirat(k->to, folder, 0755) != 0 && errno != EEXIST)
			return err_errno(err, FAILED, "%s", folder);
	}
	if (unlinkat(k->to, path, 0) != 0 && errno != ENOENT)
		return err_errno(err, FAILED, "%s", path);
	return linkat(k->from, path, k->to, path, 0) == 0 ? OK : err_errno(err, FAILED, "%s", path);
}

static enum status keep_drop_file(struct keep *k, const char *path, struct err *err)
{
	struct stat st;
	if (fstatat(k->from, path, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		return OK;
	return unlinkat(k->to, path, 0) == 0 ? OK : err_errno(err, FAILED, "%s", path);
}

static enum status keep_visit(void *ctx, const char *path, const struct stat *st, struct err *err)
{
	struct keep *k = ctx;
	if (S_ISDIR(st->st_mode)) {
		if (own_is_business_folder(k->business, path) || k->depth == DEPTH_MAX)
			return OK;
		k->depth++;
		enum status status =
		    own_each(k->removing ? k->to : k->from, path, keep_visit, k, err);
		k->depth--;
		if (status == OK && k->removing)
			(void)!unlinkat(k->to, path, AT_REMOVEDIR); /* only when it is empty */
		return status;
	}
	if (own_made_by_export(k->made, path) || !(S_ISREG(st->st_mode) || S_ISLNK(st->st_mode)))
		return OK;
	return k->removing ? keep_drop_file(k, path, err) : keep_file(k, path, st, err);
}

/* ---- business folders, one by one ---- */

/* Mark the folders that had files of the operator. all: it is not known which had. */
static enum status keep_read_folders(const struct export_state *s, struct own_folders *folders,
				     struct buf *text, bool *all, struct err *err)
{
	char file[PATH_MAX];
	enum status status = io_path(file, sizeof(file), err, "%s/own-folders", s->dir);
	*all = status == OK && access(file, F_OK) != 0;
	if (status != OK || *all)
		return status;
	status = io_read_file(file, text, err);
	struct str rest = buf_view(text);
	while (status == OK && rest.n) {
		struct str path = str_cut(&rest, '\n');
		struct own_folder *slot =
		    path.n && folders->slots ? folders_slot(folders, path) : NULL;
		if (slot && slot->path.n)
			slot->listed = true;
	}
	return status;
}

static enum status keep_write_folders(const struct export_state *s,
				      const struct own_folders *folders, struct err *err)
{
	char file[PATH_MAX];
	struct buf text;
	enum status status = io_path(file, sizeof(file), err, "%s/own-folders", s->dir);
	buf_init(&text, OWN_BYTES_MAX);
	for (size_t i = 0; i < folders->slots; i++)
		if (folders->slot[i].path.n && folders->slot[i].listed)
			buf_printf(&text, "%.*s\n", STR_ARG(folders->slot[i].path));
	if (status == OK)
		status = io_write_file(file, buf_view(&text), 0644, err);
	buf_release(&text);
	return status;
}

/* Whether the operator may have put a file into the folder, or taken one out, since the manifest
 * was written at `since`. A file may be put there within the same tick of the clock. */
static bool keep_is_touched(int root, const char *path, struct timespec since)
{
	struct stat st;
	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	return st.st_ctim.tv_sec > since.tv_sec ||
	       (st.st_ctim.tv_sec == since.tv_sec && st.st_ctim.tv_nsec >= since.tv_nsec);
}

/* A folder that was touched stays listed for a run, also when nothing of the operator's is in it
 * any more: should this run fail, the next one has to remove what he has taken out. */
static enum status keep_business_folder(struct keep *k, struct own_folder *folder, bool all,
					struct timespec since, struct err *err)
{
	char path[EXPORT_PATH];
	snprintf(path, sizeof(path), "%.*s", STR_ARG(folder->path));
	if (k->removing)
		return folder->walked ? own_each(k->to, path, keep_visit, k, err) : OK;
	uint64_t before = k->kept;
	bool touched = keep_is_touched(k->from, path, since);
	folder->walked = all || folder->listed || touched;
	if (!folder->walked)
		return OK;
	enum status status = own_each(k->from, path, keep_visit, k, err);
	folder->listed = touched || k->kept > before;
	return status;
}

static enum status keep_business_folders(struct keep *k, const struct own_folders *folders,
					 bool all, const struct export_state *s, struct err *err)
{
	struct stat manifest;
	enum status status = stat(s->old_manifest, &manifest) == 0
				 ? OK
				 : err_errno(err, FAILED, "%s", s->old_manifest);
	for (size_t i = 0; i < folders->slots && status == OK; i++)
		if (folders->slot[i].path.n)
			status =
			    keep_business_folder(k, &folders->slot[i], all, manifest.st_mtim, err);
	return status;
}

enum status own_keep(const struct export_state *s, const struct manifest *written, uint64_t *lost,
		     struct err *err)
{
	struct manifest published;
	struct own_folders folders = {0};
	struct buf known;
	struct keep k = {
	    .to = s->spare_fd, .made = &published, .written = written, .business = &folders};
	bool all = false;
	if (!s->published)
		return OK;
	buf_init(&known, OWN_BYTES_MAX);
	folders_of_manifest(&folders, written);
	manifest_init(&published);
	enum status status = manifest_read_files(&published, s->old_manifest, err);
	k.from = open(s->site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (status == OK && k.from < 0)
		status = err_errno(err, FAILED, "%s", s->site);
	if (status == OK)
		status = keep_read_folders(s, &folders, &known, &all, err);
	if (status == OK)
		status = own_each(k.from, "", keep_visit, &k, err);
	if (status == OK)
		status = keep_business_folders(&k, &folders, all, s, err);
	if (status == OK)
		status = keep_write_folders(s, &folders, err);
	k.made = written;
	k.removing = true;
	if (status == OK)
		status = own_each(k.to, "", keep_visit, &k, err);
	if (status == OK)
		status = keep_business_folders(&k, &folders, all, s, err);
	*lost = k.lost;
	if (k.from >= 0)
		close(k.from);
	manifest_release(&published);
	buf_release(&known);
	free(folders.slot);
	return status;
}
