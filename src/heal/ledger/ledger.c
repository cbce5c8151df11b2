#include "heal/ledger/ledger.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "heal/ledger/inplace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define LEDGER_HASH  ",\"x\":\""
#define LEDGER_SPARE ".trim"
enum {
	LEDGER_TAIL = sizeof(LEDGER_HASH) - 1 + 16 + 2 /* "} */,
	LEDGER_CHUNK = 64 << 10,
	LEDGER_HEAD = 128,
	LEDGER_PATIENCE = 100, /* attempts of a reader to get the lock, LEDGER_WAIT_MS apart */
	LEDGER_WAIT_MS = 20
};

struct ledger {
	int fd;
	int spare; /* for ledger_trim; -1: this one reads */
	char path[LEDGER_PATH];
	ledger_each *each;
	void *ctx;
	off_t end;     /* of the last good line */
	int64_t lines; /* good ones, in this file */
	/* Lines are numbered from 0 over all trims, "trimmed" itself not counted: the number of the
	 * next one in the file, and how many `each` has had. */
	int64_t next, given;
	int64_t dropped;        /* by all trims */
	char head[LEDGER_HEAD]; /* how the file begins: a trim changes it */
	size_t head_bytes;
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

/* The line with its end, behind `before`. */
static void ledger_chain(struct str before, struct str content, struct buf *line)
{
	char hash[HEX_U64];
	ledger_hash(before, content, hash);
	buf_str(line, content);
	buf_printf(line, LEDGER_HASH "%s\"}\n", hash);
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

/* NULL: the line has the right hash and is no JSON. It lives until the next one. */
static const struct json_value *ledger_parse(struct ledger *l, struct str line)
{
	struct json_value *value;
	struct err ignored;
	arena_reset(&l->arena);
	return json_parse(&l->arena, line, &value, &ignored) == OK ? value : NULL;
}

static bool ledger_is_trimmed(const struct json_value *line)
{
	return str_eq(json_text(json_get(line, "kind")), STR("trimmed"));
}

/* The line belongs to the ledger: it is the last now. */
static void ledger_take(struct ledger *l, struct str line)
{
	buf_reset(&l->last);
	buf_str(&l->last, line);
	l->end += (off_t)line.n + 1;
	if (!l->lines++) {
		l->head_bytes = line.n < LEDGER_HEAD ? line.n : LEDGER_HEAD;
		memcpy(l->head, line.p, l->head_bytes);
	}
	const struct json_value *value = ledger_parse(l, line);
	if (l->lines == 1 && ledger_is_trimmed(value)) {
		if (json_i64(json_get(value, "lines"), &l->dropped))
			l->next = l->dropped;
		l->each(l->ctx, value);
	} else if (l->next++ >= l->given) {
		l->given = l->next;
		if (value)
			l->each(l->ctx, value);
	}
}

/* Read from the beginning again; lines that `each` has had are not given to it again. */
static void ledger_rewind(struct ledger *l)
{
	buf_reset(&l->last);
	l->end = 0;
	l->lines = l->next = 0;
}

/* Another process has trimmed the file. */
static bool ledger_was_trimmed(const struct ledger *l)
{
	char head[LEDGER_HEAD];
	ssize_t n = l->lines ? pread(l->fd, head, l->head_bytes, 0) : 0;
	return l->lines && (n != (ssize_t)l->head_bytes || memcmp(head, l->head, (size_t)n) != 0);
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
	struct buf line;
	enum status status = OK;
	buf_init(&line, LEDGER_LINE);
	ledger_chain(buf_view(&l->last), content, &line);
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

/* With the lock held: finish a trim, read new lines, cut an incomplete line at the end. */
static enum status ledger_catch_up(struct ledger *l, struct err *err)
{
	struct buf rest;
	struct stat st;
	buf_init(&rest, LEDGER_LINE + 2 * LEDGER_CHUNK);
	enum status status = inplace_recover(l->fd, l->spare, err);
	if (status == OK && ledger_was_trimmed(l))
		ledger_rewind(l);
	if (status == OK)
		status = ledger_load(l, &rest, err);
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
	l->fd = l->spare = -1;
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
	char spare[LEDGER_PATH + sizeof(LEDGER_SPARE)];
	struct ledger *l = ledger_new(path, each, ctx);
	snprintf(spare, sizeof(spare), "%s" LEDGER_SPARE, path);
	enum status status = folder_create(path, O_APPEND | O_RDWR, 0600, &l->fd, err);
	if (status == OK)
		status = folder_create(spare, O_APPEND | O_RDWR, 0600, &l->spare, err);
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

static enum status ledger_read(struct ledger *l, struct err *err)
{
	struct buf rest;
	buf_init(&rest, LEDGER_LINE + 2 * LEDGER_CHUNK);
	if (ledger_was_trimmed(l))
		ledger_rewind(l);
	/* A line that is not complete is left by a crash: the next append looks. */
	enum status status = ledger_load(l, &rest, err);
	buf_release(&rest);
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
	/* A reader waits for a trim to end, but not for a writer that was stopped. */
	for (int i = 0; status == OK && i < LEDGER_PATIENCE; i++) {
		if (flock(l->fd, LOCK_SH | LOCK_NB) == 0)
			break;
		poll(NULL, 0, LEDGER_WAIT_MS);
	}
	if (status == OK)
		status = ledger_read(l, err);
	if (status != OK) {
		ledger_close(l);
		l = NULL;
	} else {
		flock(l->fd, LOCK_UN);
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
	if (l->spare >= 0)
		close(l->spare);
	buf_release(&l->last);
	arena_release(&l->arena);
	free(l);
}

enum status ledger_poll(struct ledger *l, struct err *err)
{
	if (flock(l->fd, LOCK_SH | LOCK_NB) != 0)
		return OK; /* another process writes: the next call reads it */
	enum status status = ledger_read(l, err);
	flock(l->fd, LOCK_UN);
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
	must(l->spare >= 0 && w->depth == 1); /* the object is open: its last member is the hash */
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

/* ---- trimming ---- */

/* State of a pass over the lines of the file: one counts, the next one copies. */
struct ledger_pass {
	struct ledger *ledger;
	ledger_keep *keep;
	void *ctx;
	struct inplace *rewrite; /* NULL: count only */
	int64_t dropped;
	struct buf before, last, line; /* the line before in the old file; the last of the new */
};

static enum status ledger_pass_put(struct ledger_pass *p, struct str content, struct err *err)
{
	buf_reset(&p->line);
	ledger_chain(buf_view(&p->last), content, &p->line);
	if (buf_failed(&p->line))
		return err_set(err, TOO_LARGE, "a line of the ledger is over %d bytes",
			       LEDGER_LINE);
	buf_reset(&p->last);
	buf_str(&p->last, (struct str){p->line.p, p->line.n - 1});
	return inplace_put(p->rewrite, buf_view(&p->line), err);
}

static enum status ledger_pass_line(struct ledger_pass *p, struct str line, struct err *err)
{
	/* A line that was changed must not get a new, valid hash. */
	if (!ledger_follows(buf_view(&p->before), line))
		return err_set(err, INVALID, "%s was changed while it was open", p->ledger->path);
	buf_reset(&p->before);
	buf_str(&p->before, line);
	const struct json_value *value = ledger_parse(p->ledger, line);
	if (ledger_is_trimmed(value))
		return OK;
	if (!value || !p->keep(p->ctx, value)) {
		p->dropped++;
		return OK;
	}
	return p->rewrite ? ledger_pass_put(p, (struct str){line.p, line.n - LEDGER_TAIL}, err)
			  : OK;
}

/* Every line up to l->end. */
static enum status ledger_pass(struct ledger_pass *p, struct err *err)
{
	struct buf rest;
	off_t at = 0;
	enum status status = OK;
	buf_init(&rest, LEDGER_LINE + 2 * LEDGER_CHUNK);
	buf_reset(&p->before);
	p->dropped = 0;
	while (status == OK && at < p->ledger->end) {
		off_t left = p->ledger->end - at;
		char *room = buf_room(&rest, LEDGER_CHUNK);
		size_t want = left < LEDGER_CHUNK ? (size_t)left : LEDGER_CHUNK;
		ssize_t n = room ? pread(p->ledger->fd, room, want, at) : 0;
		if (n <= 0) {
			status = err_errno(err, FAILED, "%s", p->ledger->path);
			break;
		}
		buf_grew(&rest, (size_t)n);
		at += n;
		size_t used = 0;
		const char *end;
		while (status == OK && (end = memchr(rest.p + used, '\n', rest.n - used)) != NULL) {
			struct str line = {rest.p + used, (size_t)(end - (rest.p + used))};
			used += line.n + 1;
			status = ledger_pass_line(p, line, err);
		}
		buf_drop(&rest, used);
	}
	buf_release(&rest);
	return status;
}

static enum status ledger_rewrite(struct ledger_pass *p, struct json_writer *w, struct err *err)
{
	struct inplace rewrite;
	json_member_i64(w, "lines", p->ledger->dropped + p->dropped);
	enum status status = inplace_begin(&rewrite, p->ledger->fd, p->ledger->spare, err);
	p->rewrite = &rewrite;
	if (status == OK)
		status = ledger_pass_put(p, buf_view(w->out), err);
	if (status == OK)
		status = ledger_pass(p, err);
	if (status == OK)
		status = inplace_commit(&rewrite, err);
	inplace_end(&rewrite);
	p->rewrite = NULL;
	return status;
}

enum status ledger_trim(struct ledger *l, struct json_writer *w, ledger_keep *keep, void *ctx,
			struct err *err)
{
	struct ledger_pass pass = {.ledger = l, .keep = keep, .ctx = ctx};
	must(l->spare >= 0 && w->depth == 1);
	enum status status = ledger_lock(l, LOCK_EX, err);
	if (status != OK)
		return status;
	buf_init(&pass.before, LEDGER_LINE);
	buf_init(&pass.last, LEDGER_LINE);
	buf_init(&pass.line, LEDGER_LINE);
	status = ledger_catch_up(l, err);
	if (status == OK)
		status = ledger_pass(&pass, err);
	if (status == OK && pass.dropped) {
		status = ledger_rewrite(&pass, w, err);
		if (status == OK)
			status = ledger_catch_up(l, err); /* reads the new file */
	}
	buf_release(&pass.before);
	buf_release(&pass.last);
	buf_release(&pass.line);
	flock(l->fd, LOCK_UN);
	return status;
}
