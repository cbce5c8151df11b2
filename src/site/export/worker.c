#include "site/export/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/cli.h"
#include "base/memory.h"
#include "sql/export.h"

enum {
	BLOCKS_MOST = 192,
	LISTS_MOST = 256,
	SHARES = 24, /* the least that a worker takes is the most divided by this */
};

/* Shared between the workers of a pass and their parent. */
struct pass_shared {
	atomic_uint_fast64_t next; /* first item not yet taken: a block, id or list page */
	atomic_uint_fast64_t read, written, unchanged, bytes;
	atomic_uint_fast64_t dropped[FACTS_FAULTS_MAX];
	atomic_bool failed;
	enum status status; /* of the first worker that failed */
	struct err err;
};

struct export_worker {
	const struct pass *pass;
	struct pass_shared *shared;
	int number;
	int search_fd; /* from the first worker to the others; -1: there are none */
	struct db *db;
	struct maker maker;
	struct writer writer;
	struct journal journal;
	struct buf card;
};

/* ---- businesses ---- */

static enum status worker_write_cards(struct export_worker *w, const struct business *b, bool there,
				      struct err *err)
{
	char path[EXPORT_PATH];
	buf_reset(&w->card);
	card_vcf(b, &w->card);
	business_file(b->path, b->id, ".vcf", path);
	enum status status = writer_queue(&w->writer, path, buf_view(&w->card), there, err);
	buf_reset(&w->card);
	card_ics(&w->maker, b, &w->card);
	business_file(b->path, b->id, ".ics", path);
	return status == OK ? writer_queue(&w->writer, path, buf_view(&w->card), there, err)
			    : status;
}

/* there: the business in the spare tree's manifest; NULL: none. */
static enum status worker_render_business(struct export_worker *w, const struct db_rows *rows,
					  int row, const struct manifest_entry *there,
					  struct err *err)
{
	struct business b;
	struct manifest_entry e;
	char path[EXPORT_PATH];
	maker_begin(&w->maker);
	enum status status = business_read(&w->maker, rows, row, &b, err);
	if (status == OK)
		status = business_page(&w->maker, &b, &e, err);
	if (status != OK)
		return status;
	/* At another address there is no page, at most one that leads here; export_remove_stale
	 * removes the former page. */
	bool exists = there || w->pass->again;
	if (there && !str_eq(b.path, str_of(manifest_path(there))))
		there = NULL;
	bool same = there && there->page == e.page && !w->pass->again;
	business_file(b.path, b.id, ".html", path);
	if (e.state < ENTRY_NOINDEX)
		e.page = 0;
	else if (same && there->card == e.card)
		atomic_fetch_add(&w->shared->unchanged, 1);
	else
		status = writer_queue(&w->writer, path, buf_view(&w->maker.out), exists, err);
	if (status == OK && e.page && e.card && !(same && there->card))
		status = worker_write_cards(w, &b, exists, err);
	journal_entry(&w->journal, &e, b.path, e.shown ? b.row_name : STR(""), true);
	return status;
}

/* Render all rows; write the pages that differ from the spare tree's, with entries in the journal
 * before and after. */
static enum status worker_render_rows(struct export_worker *w, const struct db_rows *rows,
				      struct err *err)
{
	size_t count = (size_t)rows->rows;
	const struct manifest_entry **there =
	    memory_array(count + 1, sizeof(const struct manifest_entry *));
	for (size_t i = 0; i < count; i++) {
		struct manifest_entry e = {.id = db_i64(rows, (int)i, SQL_EXPORT_BUSINESS_ID),
					   .state = ENTRY_INDEXED};
		there[i] = manifest_find(w->pass->spare, e.id);
		e = there[i] ? *there[i] : e;
		/* The run may be killed when it has written cards. */
		e.card |= w->pass->theme->cards;
		journal_entry(&w->journal, &e,
			      there[i] ? str_of(manifest_path(there[i]))
				       : db_text(rows, (int)i, SQL_EXPORT_BUSINESS_PATH),
			      STR(""), false);
	}
	enum status status = journal_flush(&w->journal, err);
	for (size_t i = 0; i < count && status == OK; i++)
		status = worker_render_business(w, rows, (int)i, there[i], err);
	free(there);
	if (status == OK)
		status = writer_flush(&w->writer, err);
	if (status == OK)
		status = journal_flush(&w->journal, err);
	atomic_fetch_add(&w->shared->read, (uint64_t)rows->rows);
	return status;
}

static enum status worker_render_blocks(struct export_worker *w, uint64_t at, uint64_t n,
					struct err *err)
{
	char from[32], to[32];
	struct db_rows rows;
	snprintf(from, sizeof(from), "(%llu,0)", (unsigned long long)at);
	snprintf(to, sizeof(to), "(%llu,0)", (unsigned long long)(at + n));
	enum status status = DB_RUN(w->db, sql_export_blocks, &rows, err, DB_Z(from), DB_Z(to));
	if (status == OK) {
		status = worker_render_rows(w, &rows, err);
		db_rows_release(&rows);
	}
	return status;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Businesses of `ids` that have no row were deleted: record that in the journal. */
static void worker_note_deleted(struct export_worker *w, const int64_t *ids, size_t n,
				const struct db_rows *rows)
{
	int64_t found[EXPORT_CHUNK];
	size_t count = (size_t)rows->rows;
	must(count <= EXPORT_CHUNK);
	for (size_t i = 0; i < count; i++)
		found[i] = db_i64(rows, (int)i, SQL_EXPORT_BUSINESS_ID);
	qsort(found, count, sizeof(found[0]), by_number);
	for (size_t i = 0; i < n; i++) {
		struct manifest_entry e = {.id = ids[i], .state = ENTRY_DELETED};
		if (!bsearch(&ids[i], found, count, sizeof(found[0]), by_number))
			journal_entry(&w->journal, &e, STR(""), STR(""), true);
	}
}

static enum status worker_render_ids(struct export_worker *w, uint64_t at, uint64_t n,
				     struct err *err)
{
	const int64_t *ids = w->pass->ids + at;
	struct db_rows rows;
	struct buf list;
	buf_init(&list, EXPORT_CHUNK * ARRAY_I64 + 64);
	array_begin(&list);
	for (size_t i = 0; i < n; i++)
		array_i64(&list, ids[i]);
	enum status status = DB_RUN(w->db, sql_export_rows, &rows, err, array_end(&list));
	buf_release(&list);
	if (status != OK)
		return status;
	worker_note_deleted(w, ids, n, &rows);
	status = worker_render_rows(w, &rows, err);
	db_rows_release(&rows);
	return status;
}

/* ---- lists ---- */

/* Record the pages work[at..end) in the journal: before they are written, or afterwards. */
static enum status worker_note_lists(struct export_worker *w, uint64_t at, uint64_t end, bool done,
				     struct err *err)
{
	const struct lists *l = w->pass->lists;
	char path[EXPORT_PATH];
	for (; at < end; at++) {
		lists_path(l, l->work[at], path);
		journal_file(&w->journal, path, done ? l->page[l->work[at]].hash : 0);
	}
	return journal_flush(&w->journal, err);
}

static enum status worker_render_lists(struct export_worker *w, uint64_t at, uint64_t n,
				       struct err *err)
{
	const struct lists *l = w->pass->lists;
	uint64_t end = at + n;
	struct db_rows rows;
	int row = 0;
	enum status status = lists_read(l, at, end, w->db, &rows, err);
	if (status != OK)
		return status;
	status = worker_note_lists(w, at, end, false, err);
	for (uint64_t i = at; i < end && status == OK; i++) {
		char path[EXPORT_PATH];
		lists_path(l, l->work[i], path);
		status = lists_page(&w->maker, l, l->work[i], &rows, &row, err);
		if (status == OK)
			status = writer_queue(&w->writer, path, buf_view(&w->maker.out),
					      l->page[l->work[i]].there, err);
	}
	db_rows_release(&rows);
	if (status == OK)
		status = writer_flush(&w->writer, err);
	return status == OK ? worker_note_lists(w, at, end, true, err) : status;
}

/* ---- the search ---- */

/* The first worker makes the files, the others help it when all lists are made. */
static enum status worker_search(struct export_worker *w, struct err *err)
{
	const struct pass *p = w->pass;
	struct manifest made;
	struct export_files files = {
	    .writer = &w->writer, .journal = &w->journal, .spare = p->spare, .next = &made};
	manifest_init(&made);
	enum status status = w->number ? search_help(&files, w->search_fd, err)
				       : search_files(&files, p->theme, p->lists->m, w->db,
						      p->options->dry_run ? "/tmp" : p->state->dir,
						      p->search_blocks, w->search_fd, err);
	if (w->search_fd >= 0)
		close(w->search_fd); /* the helpers end when the first worker has done so */
	for (size_t i = 0; i < made.files; i++) /* also those that were there already */
		journal_file(&w->journal, made.file[i].path, made.file[i].hash);
	if (status == OK)
		status = journal_flush(&w->journal, err);
	atomic_fetch_add(&w->shared->unchanged, files.unchanged);
	manifest_release(&made);
	return status;
}

/* ---- a process ---- */

static uint64_t pass_work(const struct pass *p)
{
	return p->lists ? p->lists->works : p->ids ? p->ids_count : (uint64_t)p->blocks;
}

/* Take the next items of the work, [*at, *at + n), and return n; 0: none are left. Shares become
 * smaller towards the end, so that the workers end together. */
static uint64_t worker_take(struct export_worker *w, uint64_t most, uint64_t *at)
{
	uint64_t all = pass_work(w->pass), n;
	*at = atomic_load(&w->shared->next);
	do {
		uint64_t left = all > *at ? all - *at : 0;
		n = left / (2 * (uint64_t)w->pass->workers) + most / SHARES;
		n = n < most ? n : most;
		n = n < left ? n : left;
	} while (n && !atomic_compare_exchange_weak(&w->shared->next, at, *at + n));
	return n;
}

static enum status worker_loop(struct export_worker *w, struct err *err)
{
	const struct pass *p = w->pass;
	uint64_t most = p->lists ? LISTS_MOST : p->ids ? EXPORT_CHUNK : BLOCKS_MOST, at, n;
	enum status status = OK;
	if (p->search_blocks >= 0 && w->number == 0)
		status = worker_search(w, err);
	while (status == OK && !atomic_load(&w->shared->failed) && (n = worker_take(w, most, &at)))
		status = p->lists ? worker_render_lists(w, at, n, err)
			 : p->ids ? worker_render_ids(w, at, n, err)
				  : worker_render_blocks(w, at, n, err);
	if (w->number > 0 && w->search_fd >= 0 && status == OK)
		status = worker_search(w, err);
	atomic_fetch_add(&w->shared->written, w->writer.files);
	atomic_fetch_add(&w->shared->bytes, w->writer.bytes);
	return status;
}

static int worker_main(const struct pass *p, struct pass_shared *shared, int number, int search_fd)
{
	struct export_worker w = {.pass = p,
				  .shared = shared,
				  .number = number,
				  .search_fd = search_fd,
				  .journal.fd = p->journal_fd[number]};
	struct err err;
	maker_init(&w.maker, p->theme);
	writer_init(&w.writer, p->state->spare_fd, p->formats, p->options->dry_run);
	w.writer.published_fd = p->state->published_fd;
	w.writer.drops = (unsigned)p->spare->formats & ~p->formats;
	buf_init(&w.journal.buf, 16 << 20);
	buf_init(&w.card, 4 << 20);
	enum status status = p->options->connect(p->options->ctx, &w.db, &err);
	if (status == OK)
		status = worker_loop(&w, &err);
	/* Those of a page that is rendered again were counted. */
	for (size_t i = 0; i < FACTS_FAULTS_MAX && !p->again; i++)
		atomic_fetch_add(&shared->dropped[i], w.maker.dropped[i]);
	if (status != OK && !atomic_exchange(&shared->failed, true)) {
		shared->err = err;
		shared->status = status;
	}
	db_close(w.db);
	buf_release(&w.card);
	buf_release(&w.journal.buf);
	writer_release(&w.writer);
	maker_release(&w.maker);
	return status == OK ? 0 : 1;
}

pid_t fork_bound(void)
{
	pid_t parent = getpid(), pid = fork();
	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent))
		_exit(1);
	return pid;
}

/* search: the ends of the first worker and of the others; -1: there are none. */
static pid_t worker_start(const struct pass *p, struct pass_shared *shared, int number,
			  const int alive[2], const int search[2])
{
	pid_t pid = fork_bound();
	if (pid != 0)
		return pid;
	close(alive[0]);
	if (search[number == 0] >= 0)
		close(search[number == 0]);
	_exit(worker_main(p, shared, number, search[number > 0]));
}

/* Show progress until the last worker has ended, which closes the pipe. */
static void worker_watch(const struct pass *p, const struct pass_shared *shared, int alive)
{
	struct pollfd poll_fd = {.fd = alive, .events = POLLIN};
	while (poll(&poll_fd, 1, 100) == 0 || !(poll_fd.revents & POLLHUP)) {
		uint64_t done = p->lists ? atomic_load(&shared->next) : atomic_load(&shared->read);
		progress_show(p->progress, done, p->lists ? done : atomic_load(&shared->next));
	}
}

static enum status worker_reap(const pid_t *pid, int count, struct pass_shared *shared,
			       struct err *err)
{
	enum status status = OK;
	for (int i = 0; i < count; i++) {
		int how = 0;
		while (waitpid(pid[i], &how, 0) < 0 && errno == EINTR)
			;
		if (how == 0 || status != OK)
			continue;
		if (atomic_load(&shared->failed) && shared->status != OK)
			status = err_set(err, shared->status, "%s", shared->err.text);
		else
			status =
			    err_set(err, FAILED, "a worker of the export was ended by signal %d",
				    WIFSIGNALED(how) ? WTERMSIG(how) : 0);
	}
	return status;
}

static enum status worker_run(const struct pass *p, struct pass_shared *shared, struct err *err)
{
	pid_t pid[EXPORT_WORKERS_MAX];
	int alive[2], search[2] = {-1, -1}, count = 0;
	if (pipe2(alive, O_CLOEXEC) != 0)
		return err_errno(err, FAILED, "pipe");
	/* Without a socket the first worker makes the search alone. */
	if (p->search_blocks >= 0 && p->workers > 1 &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, search) != 0)
		search[0] = search[1] = -1;
	while (count < p->workers) {
		pid[count] = worker_start(p, shared, count, alive, search);
		if (pid[count] < 0) {
			atomic_store(&shared->failed, true);
			break;
		}
		count++;
	}
	close(alive[1]);
	for (int i = 0; i < 2; i++)
		if (search[i] >= 0)
			close(search[i]);
	enum status status = count == p->workers ? OK : err_errno(err, FAILED, "fork");
	worker_watch(p, shared, alive[0]);
	close(alive[0]);
	enum status ended = worker_reap(pid, count, shared, status == OK ? err : NULL);
	return status == OK ? ended : status;
}

enum status pass_run(struct pass *p, struct err *err)
{
	if (!pass_work(p) && p->search_blocks < 0)
		return OK;
	struct pass_shared *shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return err_errno(err, FAILED, "shared memory");
	enum status status = worker_run(p, shared, err);
	p->report->read += atomic_load(&shared->read);
	p->report->written += atomic_load(&shared->written);
	p->report->unchanged += atomic_load(&shared->unchanged);
	p->report->bytes += atomic_load(&shared->bytes);
	for (size_t i = 0; i < FACTS_FAULTS_MAX; i++)
		p->report->dropped[i] += atomic_load(&shared->dropped[i]);
	munmap(shared, sizeof(*shared));
	return status;
}
