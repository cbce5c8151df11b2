#include "directory/import/import.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "db/db.h"
#include "directory/import/internal.h"
#include "process/spawn.h"
#include "sql/import.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPOOL_BUFFER_BYTES = 4 << 20, SPOOL_FLUSH_BYTES = 1 << 20, COPY_CHUNK_BYTES = 256 * 1024 };

struct import {
	struct db *db;
	const struct import_options *options;
	struct import_report *report;
	const char *name; /* of the file */
	int spool;
	struct buf lines;
	struct progress progress;
	struct err *err;
};

/* ---- rows that are not taken ---- */

static enum status reject(struct import *im, const struct record_reject *r)
{
	struct buf out;
	struct json_writer w;
	im->report->rejected++;
	if (im->options->rejects_fd < 0)
		return OK;
	buf_init(&out, 64 * 1024);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_z(&w, "file", im->name);
	json_member_i64(&w, "line", (int64_t)r->line);
	json_member_str(&w, "field", r->field);
	json_member_str(&w, "cause", r->cause);
	json_member_str(&w, "input", r->input);
	json_object_end(&w);
	buf_putc(&out, '\n');
	enum status status = io_write_all(im->options->rejects_fd, out.p, out.n, im->err);
	buf_release(&out);
	return status == OK ? OK : err_prefix(im->err, status, "rejects file");
}

/* ---- from the file to the spool ---- */

static enum status start_parser(struct import *im, int fd, pid_t *pid, int *frames)
{
	char path[PATH_MAX];
	int pipes[2];
	const struct import_options *o = im->options;
	const char *argv[12] = {"holdfast-parse", "frames"};
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	int n = 2;
	if (o->format) {
		argv[n++] = "--format";
		argv[n++] = o->format;
	}
	if (o->country) {
		argv[n++] = "--country";
		argv[n++] = o->country;
	}
	if (o->columns) {
		argv[n++] = "--columns";
		argv[n++] = o->columns;
	}
	if (o->map.p) {
		argv[n++] = "--map";
		argv[n++] = o->map.p;
	}
	enum status status =
	    io_path(path, sizeof(path), im->err, "%s/holdfast-parse", o->program_dir);
	if (status != OK)
		return status;
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return err_errno(im->err, FAILED, "pipe");
	fcntl(pipes[0], F_SETPIPE_SZ, 1 << 20); /* fewer switches; the default serves too */
	const struct spawn parser = {.path = path,
				     .argv = argv,
				     .env = env,
				     .user = o->parse_user,
				     .in = fd,
				     .out = pipes[1],
				     .err = STDERR_FILENO,
				     .death_signal = SIGKILL};
	status = spawn_start(&parser, pid, im->err);
	close(pipes[1]);
	if (status == OK)
		*frames = pipes[0];
	else
		close(pipes[0]);
	return status;
}

static enum status flush_spool(struct import *im, bool all)
{
	if (im->lines.n < SPOOL_FLUSH_BYTES && !all)
		return OK;
	must(!buf_failed(&im->lines));
	enum status status = io_write_all(im->spool, im->lines.p, im->lines.n, im->err);
	buf_reset(&im->lines);
	return status == OK ? OK
			    : err_prefix(im->err, status, "spool in %s", im->options->spool_dir);
}

static enum status take_record(struct import *im, const struct record *r)
{
	int64_t id = record_id(str_of(im->options->source_key), r->field[RECORD_EXTERNAL_ID]);
	import_row(&im->lines, r, im->report->read, id);
	return flush_spool(im, false);
}

static enum status take_summary(struct import *im, const struct record_summary *s)
{
	snprintf(im->report->format, sizeof(im->report->format), "%.*s", STR_ARG(s->format));
	im->report->emails_dropped += s->emails_dropped;
	im->report->persons_dropped += s->persons_dropped;
	im->report->values_dropped += s->values_dropped;
	if (s->records + s->rejects != im->report->read)
		return err_set(im->err, FAILED, "the parser announced %llu rows and sent %llu",
			       (unsigned long long)(s->records + s->rejects),
			       (unsigned long long)im->report->read);
	if (s->failure.n)
		return err_set(im->err, INVALID, "%.*s; nothing was changed", STR_ARG(s->failure));
	return OK;
}

static enum status take_frames(struct import *im, int fd)
{
	struct record_reader reader;
	enum status status;
	bool end = false;
	record_reader_init(&reader, fd);
	do {
		status = record_read(&reader, im->err);
		if (status != OK)
			break;
		switch (reader.type) {
		case RECORD_FRAME_RECORD:
			im->report->read++;
			status = take_record(im, &reader.record);
			break;
		case RECORD_FRAME_REJECT:
			im->report->read++;
			status = reject(im, &reader.reject);
			break;
		case RECORD_FRAME_PROGRESS:
			progress_show(&im->progress, im->report->read, reader.progress_bytes);
			break;
		case RECORD_FRAME_END:
			status = take_summary(im, &reader.summary);
			end = true;
			break;
		}
	} while (status == OK && !end);
	record_reader_release(&reader);
	return status == OK ? flush_spool(im, true) : status;
}

static enum status parse(struct import *im, int fd)
{
	pid_t pid;
	int frames = -1;
	struct stat st;
	struct err child;
	bool known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	progress_begin(&im->progress, "reading", "records", known ? (uint64_t)st.st_size : 0);
	im->progress.quiet = im->options->quiet;
	enum status status = start_parser(im, fd, &pid, &frames);
	if (status != OK)
		return status;
	status = take_frames(im, frames);
	close(frames);
	if (status != OK)
		kill(pid, SIGKILL);
	if (spawn_wait(pid, "holdfast-parse", &child) != OK && status == OK)
		status = err_set(im->err, FAILED, "%s", child.text);
	else if (status == UNAVAILABLE)
		status = err_set(im->err, FAILED, "%s; nothing was changed", child.text);
	if (status == OK)
		progress_end(&im->progress, im->report->read);
	return status;
}

/* ---- from the spool into the directory ---- */

static enum status copy_spool(struct import *im)
{
	char chunk[COPY_CHUNK_BYTES];
	int64_t rows;
	if (lseek(im->spool, 0, SEEK_SET) != 0)
		return err_errno(im->err, FAILED, "spool");
	enum status status = db_copy_begin(im->db, &sql_import_copy, im->err);
	while (status == OK) {
		ssize_t n = read(im->spool, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(im->err, FAILED, "spool");
		if (n == 0)
			break;
		status = db_copy_put(im->db, (struct str){chunk, (size_t)n}, im->err);
	}
	return status == OK ? db_copy_end(im->db, &rows, im->err) : status;
}

/* Rows that a statement took out and returned, as rejects. */
static enum status reject_rows(struct import *im, const struct db_rows *rows)
{
	enum status status = OK;
	for (int i = 0; i < rows->rows && status == OK; i++) {
		char cause[128];
		if (!db_null(rows, i, SQL_IMPORT_REJECT_FIRST_LINE))
			snprintf(cause, sizeof(cause), "duplicate of line %lld",
				 (long long)db_i64(rows, i, SQL_IMPORT_REJECT_FIRST_LINE));
		else
			snprintf(cause, sizeof(cause),
				 "another record of the directory has its id");
		const struct record_reject r = {(uint64_t)db_i64(rows, i, SQL_IMPORT_REJECT_LINE),
						STR("external_id"), str_of(cause),
						db_text(rows, i, SQL_IMPORT_REJECT_EXTERNAL_ID)};
		status = reject(im, &r);
	}
	return status;
}

static enum status changed(struct import *im, const struct db_statement *statement, uint64_t *count)
{
	struct db_rows rows;
	enum status status = db_run(im->db, statement, NULL, 0, &rows, im->err);
	if (status != OK)
		return status;
	if (count)
		*count = (uint64_t)rows.affected;
	db_rows_release(&rows);
	return OK;
}

static enum status lock(struct import *im)
{
	struct db_rows rows;
	enum status status = DB_RUN(im->db, sql_import_lock, &rows, im->err);
	if (status != OK)
		return status;
	bool locked = db_bool(&rows, 0, SQL_IMPORT_LOCK_LOCKED);
	db_rows_release(&rows);
	return locked
		   ? OK
		   : err_set(im->err, CONFLICT, "another import is running; nothing was changed");
}

static enum status source_id(struct import *im, int64_t *id)
{
	struct db_rows rows;
	const struct import_options *o = im->options;
	const char *texts[] = {o->source_name, o->licence, o->licence_url, o->attribution,
			       o->source_url};
	struct db_param params[6] = {DB_Z(o->source_key)};
	for (size_t i = 0; i < 5; i++)
		params[i + 1] = texts[i] ? DB_Z(texts[i]) : DB_NULL;
	enum status status = db_run(im->db, &sql_import_source, params, 6, &rows, im->err);
	if (status != OK)
		return status;
	*id = db_i64(&rows, 0, SQL_IMPORT_SOURCE_ID);
	db_rows_release(&rows);
	return OK;
}

/* Out of import_row goes what is not to be merged. */
static enum status sort_out(struct import *im, int64_t source)
{
	struct db_rows rows;
	enum status status = DB_RUN(im->db, sql_import_duplicates, &rows, im->err);
	if (status == OK) {
		status = reject_rows(im, &rows);
		db_rows_release(&rows);
	}
	if (status == OK)
		status = changed(im, &sql_import_suppressed, &im->report->suppressed);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_collisions, &rows, im->err, DB_I64(source));
	if (status == OK) {
		status = reject_rows(im, &rows);
		db_rows_release(&rows);
	}
	return status == OK ? changed(im, &sql_import_unchanged, &im->report->unchanged) : status;
}

static enum status merge(struct import *im)
{
	static const struct db_statement *const places[] = {
	    &sql_import_analyze, &sql_import_regions, &sql_import_cities, &sql_import_places};
	struct db_rows rows;
	int64_t source = 0;
	enum status status = lock(im);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_create, NULL, im->err);
	if (status == OK)
		status = copy_spool(im);
	if (status == OK)
		status = changed(im, &sql_import_analyze, NULL);
	if (status == OK)
		status = source_id(im, &source);
	if (status == OK)
		status = sort_out(im, source);
	for (size_t i = 0; i < COUNT_OF(places) && status == OK; i++)
		status = changed(im, places[i], NULL);
	if (status == OK)
		status = changed(im, &sql_import_update, &im->report->updated);
	if (status == OK && im->report->updated)
		status = changed(im, &sql_import_update_detail, NULL);
	if (status == OK && im->report->updated)
		status = changed(im, &sql_import_updated, NULL);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_insert, &rows, im->err, DB_I64(source));
	if (status == OK) {
		im->report->inserted = (uint64_t)rows.affected;
		db_rows_release(&rows);
		status = changed(im, &sql_import_insert_detail, NULL);
	}
	return status;
}

enum status import_file(struct db *db, int fd, const char *name,
			const struct import_options *options, struct import_report *report,
			struct err *err)
{
	struct import im = {
	    .db = db, .options = options, .report = report, .name = name, .err = err};
	*report = (struct import_report){0};
	im.spool = open(options->spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (im.spool < 0)
		return err_errno(err, FAILED, "spool in %s", options->spool_dir);
	buf_init(&im.lines, SPOOL_BUFFER_BYTES);
	enum status status = parse(&im, fd);
	if (status != OK)
		status = err_prefix(err, status, "%s", name);
	if (status == OK)
		status = db_begin(db, err);
	if (status == OK) {
		status = merge(&im);
		if (status == OK && !options->dry_run)
			status = db_commit(db, err);
		if (status != OK || options->dry_run)
			db_rollback(db);
	}
	buf_release(&im.lines);
	close(im.spool);
	return status;
}
