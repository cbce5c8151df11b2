#include "heal/ledger/ledger.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define LEDGER_HASH ",\"x\":\""
enum { LEDGER_TAIL = sizeof(LEDGER_HASH) - 1 + 16 + 2 /* "} */, LEDGER_CHUNK = 64 << 10 };

struct ledger {
	int fd;
	bool writes;
	char path[LEDGER_PATH];
	ledger_each *each;
	void *ctx;
	off_t end;       /* of the last good line */
	int64_t lines;   /* good ones */
	struct buf last; /* the last good line, without its newline */
	struct arena arena;
};

const char *ledger_path(const struct ledger *l)
{
	return l->path;
}

/* ---- lines ---- */

static void ledger_hash(struct str before, struct str line, char out[HEX_U64])
{
	XXH64_state_t *state = memory_had(XXH64_createState());
	XXH64_reset(state, 0);
	XXH64_update(state, before.p ? before.p : "", before.n);
	XXH64_update(state, line.p, line.n);
	hex_u64(XXH64_digest(state), out);
	XXH64_freeState(state);
}

/* Whether the line belongs behind `before`. */
static bool ledger_follows(struct str before, struct str line)
{
	char hash[HEX_U64];
	if (line.n <= LEDGER_TAIL)
		return false;
	struct str content = {line.p, line.n - LEDGER_TAIL};
	const char *tail = line.p + content.n;
	ledger_hash(before, content, hash);
	return memcmp(tail, LEDGER_HASH, sizeof(LEDGER_HASH) - 1) == 0 &&
	       memcmp(tail + sizeof(LEDGER_HASH) - 1, hash, 16) == 0;
}

/* The line belongs to the ledger: it is the last now. */
static void ledger_take(struct ledger *l, struct str line)
{
	struct json_value *value;
	struct err err;
	buf_reset(&l->last);
	buf_str(&l->last, line);
	l->end += (off_t)line.n + 1;
	l->lines++;
	arena_reset(&l->arena);
	if (json_parse(&l->arena, line, &value, &err) == OK)
		l->each(l->ctx, value);
}

/* Bytes from l->end to the end of the file, at most a line and a chunk at a time. */
static enum status ledger_load(struct ledger *l, struct buf *rest, struct err *err)
{
	off_t at = l->end;
	buf_reset(rest);
	for (;;) {
		char *room = buf_room(rest, LEDGER_CHUNK);
		ssize_t n = room ? pread(l->fd, room, LEDGER_CHUNK, at) : 0;
		if (n < 0)
			return err_errno(err, FAILED, "%s", l->path);
		if (n > 0)
			buf_grew(rest, (size_t)n);
		at += n;
		size_t used = 0;
		for (;;) {
			struct str part = {rest->p + used, rest->n - used};
			const char *end = part.n ? memchr(part.p, '\n', part.n) : NULL;
			struct str line = {part.p, end ? (size_t)(end - part.p) : 0};
			if (!end || !ledger_follows(buf_view(&l->last), line))
				break;
			used += line.n + 1;
			ledger_take(l, line);
		}
		buf_drop(rest, used);
		if (!n || rest->n > LEDGER_LINE)
			return OK;
	}
}

/* Whether lines behind a broken one are good: then it was not a crash that broke it. */
static bool ledger_goes_on(struct str rest)
{
	struct str before = str_cut(&rest, '\n');
	while (rest.p) {
		struct str line = str_cut(&rest, '\n');
		if (ledger_follows(before, line))
			return true;
		before = line;
	}
	return false;
}

static enum status ledger_put(struct ledger *l, struct str content, bool durable, struct err *err)
{
	char hash[HEX_U64];
	struct buf line;
	enum status status = OK;
	buf_init(&line, LEDGER_LINE);
	ledger_hash(buf_view(&l->last), content, hash);
	buf_str(&line, content);
	buf_printf(&line, LEDGER_HASH "%s\"}\n", hash);
	ssize_t n = 0;
	if (buf_failed(&line))
		status =
		    err_set(err, TOO_LARGE, "a line of the ledger is over %d bytes", LEDGER_LINE);
	else if ((n = write(l->fd, line.p, line.n)) != (ssize_t)line.n) {
		if (n >= 0)
			errno = ENOSPC;
		status = err_errno(err, FAILED, "%s", l->path);
		if (ftruncate(l->fd, l->end) != 0)
			err_prefix(err, status, "and part of a line stays");
	} else if (durable && fdatasync(l->fd) != 0)
		status = err_errno(err, FAILED, "fdatasync of %s", l->path);
	if (status == OK)
		ledger_take(l, (struct str){line.p, line.n - 1});
	buf_release(&line);
	return status;
}

static enum status ledger_repaired(struct ledger *l, int64_t bytes, struct err *err)
{
	struct json_writer w;
	struct buf line;
	buf_init(&line, LEDGER_LINE);
	ledger_begin(&w, &line, "repaired", clock_wall_us());
	json_member_i64(&w, "bytes", bytes);
	enum status status = ledger_put(l, buf_view(&line), true, err);
	buf_release(&line);
	return status;
}

/* With the lock held: read what there is, cut what a crash has left. */
static enum status ledger_catch_up(struct ledger *l, struct err *err)
{
	struct buf rest;
	struct stat st;
	buf_init(&rest, LEDGER_LINE + 2 * LEDGER_CHUNK);
	enum status status = ledger_load(l, &rest, err);
	if (status == OK && fstat(l->fd, &st) != 0)
		status = err_errno(err, FAILED, "%s", l->path);
	if (status == OK && st.st_size < l->end)
		status = err_set(err, INVALID, "%s was cut while it was open", l->path);
	else if (status == OK && rest.n && ledger_goes_on(buf_view(&rest)))
		status = err_set(
		    err, INVALID,
		    "%s:%lld: the line is not what was written, and others follow it: the file was changed; move it away to begin a new one",
		    l->path, (long long)l->lines + 1);
	else if (status == OK && st.st_size > l->end) {
		if (ftruncate(l->fd, l->end) != 0)
			status = err_errno(err, FAILED, "%s", l->path);
		else
			status = ledger_repaired(l, st.st_size - l->end, err);
	}
	buf_release(&rest);
	return status;
}

static enum status ledger_lock(struct ledger *l, int operation, struct err *err)
{
	while (flock(l->fd, operation) != 0) {
		if (errno != EINTR)
			return err_errno(err, FAILED, "lock of %s", l->path);
	}
	return OK;
}

/* ---- life ---- */

static struct ledger *ledger_new(const char *path, ledger_each *each, void *ctx)
{
	struct ledger *l = memory_alloc(sizeof(*l));
	l->fd = -1;
	l->each = each;
	l->ctx = ctx;
	size_t bytes = strlen(path) + 1;
	must(bytes <= sizeof(l->path));
	memcpy(l->path, path, bytes);
	buf_init(&l->last, LEDGER_LINE);
	arena_init(&l->arena, 4 << 20);
	return l;
}

/* The name of a new file is on the disk, too. */
static void ledger_sync_folder(const char *path)
{
	char folder[LEDGER_PATH];
	memcpy(folder, path, strlen(path) + 1);
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!fsync(fd);
	close(fd);
}

enum status ledger_open(struct ledger **out, const char *path, ledger_each *each, void *ctx,
			struct err *err)
{
	struct ledger *l = ledger_new(path, each, ctx);
	l->writes = true;
	enum status status = folder_create(path, O_APPEND | O_RDWR, 0600, &l->fd, err);
	if (status == OK)
		status = ledger_lock(l, LOCK_EX, err);
	if (status == OK) {
		status = ledger_catch_up(l, err);
		flock(l->fd, LOCK_UN);
	}
	if (status == OK && !l->lines)
		ledger_sync_folder(path);
	if (status != OK) {
		ledger_close(l);
		l = NULL;
	}
	*out = l;
	return status;
}

enum status ledger_open_read(struct ledger **out, const char *path, ledger_each *each, void *ctx,
			     struct err *err)
{
	struct ledger *l = ledger_new(path, each, ctx);
	enum status status = OK;
	l->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (l->fd < 0)
		status = err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", path);
	if (status == OK)
		status = ledger_poll(l, err);
	if (status != OK) {
		ledger_close(l);
		l = NULL;
	}
	*out = l;
	return status;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	buf_release(&l->last);
	arena_release(&l->arena);
	free(l);
}

enum status ledger_poll(struct ledger *l, struct err *err)
{
	struct buf rest;
	buf_init(&rest, LEDGER_LINE + 2 * LEDGER_CHUNK);
	/* What is incomplete is being written by somebody, or left by a crash: the next append
	 * looks. */
	enum status status = ledger_load(l, &rest, err);
	buf_release(&rest);
	return status;
}

void ledger_begin(struct json_writer *w, struct buf *line, const char *kind, int64_t now_us)
{
	char at[CLOCK_TEXT];
	clock_format(now_us, at);
	json_writer_init(w, line);
	json_object_begin(w);
	json_member_z(w, "kind", kind);
	json_member_z(w, "at", at);
	json_member_i64(w, "t", now_us);
}

enum status ledger_append(struct ledger *l, struct json_writer *w, bool durable, struct err *err)
{
	must(l->writes && w->depth == 1); /* the object is open: its last member is the hash */
	if (buf_failed(w->out))
		return err_set(err, TOO_LARGE, "a line of the ledger is over %d bytes",
			       LEDGER_LINE);
	enum status status = ledger_lock(l, LOCK_EX, err);
	if (status != OK)
		return status;
	status = ledger_catch_up(l, err);
	if (status == OK)
		status = ledger_put(l, buf_view(w->out), durable, err);
	flock(l->fd, LOCK_UN);
	return status;
}
