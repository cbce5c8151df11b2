/* From the file through the parser into COPY import_row. */
#include "base/io.h"
#include "base/json.h"
#include "db/db.h"
#include "directory/import/internal.h"
#include "process/spawn.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINES_SENT_BYTES = 128 << 10, /* about what a socket takes without waiting */
	EXPLAINED_RECORDS = 3
};

static enum status start_parser(struct import *im, int fd, pid_t *pid, int *frames)
{
	char path[PATH_MAX];
	int pipes[2];
	const struct import_options *o = im->options;
	const struct {
		const char *option, *value; /* NULL: not given */
	} given[] = {{"--format", o->format},   {"--country", o->country},
		     {"--columns", o->columns}, {"--map", o->map.p},
		     {"--sheet", o->sheet},     {"--encoding", o->encoding}};
	const char *argv[2 * COUNT_OF(given) + 4] = {"holdfast-parse", "frames"};
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	int n = 2;
	for (size_t i = 0; i < COUNT_OF(given); i++) {
		if (!given[i].value)
			continue;
		argv[n++] = given[i].option;
		argv[n++] = given[i].value;
	}
	if (o->representatives)
		argv[n++] = "--representatives";
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

static enum status send_lines(struct import *im, bool all)
{
	if (im->lines.n < LINES_SENT_BYTES && !all)
		return OK;
	must(!buf_failed(&im->lines));
	enum status status = db_copy_put(im->db, buf_view(&im->lines), im->err);
	buf_reset(&im->lines);
	return status;
}

/* One of the records that --explain shows, as a line of our own form. */
static void add_sample(struct import *im, const struct record *r)
{
	struct json_writer w;
	json_writer_init(&w, &im->report->samples);
	json_object_begin(&w);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		struct str value = r->field[f];
		if (!value.p)
			continue;
		json_key(&w, record_field_name((enum record_field)f));
		if (record_fields[f].kind == RECORD_LIST) {
			json_array_begin(&w);
			while (value.p)
				json_put_str(&w, str_cut(&value, RECORD_SEPARATOR));
			json_array_end(&w);
		} else if (record_fields[f].kind == RECORD_JSON) {
			import_put_record(&w, value);
		} else {
			json_put_str(&w, value);
		}
	}
	json_object_end(&w);
	buf_putc(&im->report->samples, '\n');
}

/* Report the mapping of the file's columns, once, before its first record. */
static void tell_mapping(struct import *im)
{
	struct buf text;
	if (im->told || im->options->quiet)
		return;
	im->told = true;
	buf_init(&text, 1 << 20);
	import_report_mapping(im->report, &text);
	if (text.n)
		fprintf(stderr, "%s: %s", im->name, buf_z(&text));
	buf_release(&text);
}

static enum status import_take_record(struct import *im, const struct record *r)
{
	im->report->closed += r->field[RECORD_CLOSED].p != NULL;
	im->report->without_country += !r->field[RECORD_COUNTRY].p;
	if (!im->db) {
		if (im->report->read - im->report->rejected <= EXPLAINED_RECORDS)
			add_sample(im, r);
		return OK;
	}
	tell_mapping(im);
	im->without_ids |= str_starts(r->field[RECORD_EXTERNAL_ID], STR(RECORD_CONTENTS_PREFIX));
	int64_t id = record_id(str_of(im->options->source_key), r->field[RECORD_EXTERNAL_ID]);
	import_row(&im->lines, r, im->report->read, id);
	return send_lines(im, false);
}

static void import_take_note(struct import *im, const struct record_note *note)
{
	struct import_report *r = im->report;
	struct import_note *n = arena_alloc(&r->arena, sizeof(*n));
	if (!n)
		return; /* more notes than a reader could use: drop the rest */
	n->note = *note;
	n->note.name = arena_str(&r->arena, note->name);
	n->note.text = arena_str(&r->arena, note->text);
	n->note.value = arena_str(&r->arena, note->value);
	if (!n->note.name.p || !n->note.text.p || !n->note.value.p)
		return;
	if (r->last_note)
		r->last_note->next = n;
	else
		r->notes = n;
	r->last_note = n;
}

static enum status take_summary(struct import *im, const struct record_summary *s)
{
	snprintf(im->report->format, sizeof(im->report->format), "%.*s", STR_ARG(s->format));
	im->report->emails_dropped += s->emails_dropped;
	im->report->persons_dropped += s->persons_dropped;
	im->report->values_dropped += s->values_dropped;
	im->report->left_out += s->left_out;
	if (s->records + s->rejects != im->report->read)
		return err_set(im->err, FAILED, "the parser announced %llu rows and sent %llu",
			       (unsigned long long)(s->records + s->rejects),
			       (unsigned long long)im->report->read);
	if (s->failure.n)
		return err_set(im->err, INVALID, "%.*s; nothing was changed", STR_ARG(s->failure));
	return OK;
}

/* parser_ended: the failure is that its output ended before its time. */
static enum status take_frames(struct import *im, int fd, bool *parser_ended)
{
	struct record_reader reader;
	enum status status;
	bool end = false;
	record_reader_init(&reader, fd);
	do {
		status = record_read(&reader, im->err);
		*parser_ended = status == UNAVAILABLE;
		if (status != OK)
			break;
		switch (reader.type) {
		case RECORD_FRAME_RECORD:
			im->report->read++;
			status = import_take_record(im, &reader.record);
			break;
		case RECORD_FRAME_REJECT:
			im->report->read++;
			status = import_reject(im, &reader.reject);
			break;
		case RECORD_FRAME_NOTE:
			import_take_note(im, &reader.note);
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
	return status == OK && im->db ? send_lines(im, true) : status;
}

enum status import_parse(struct import *im, int fd)
{
	pid_t pid;
	int frames = -1;
	struct stat st;
	struct err child;
	bool parser_ended;
	bool known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	progress_begin(&im->progress, "reading", "records", known ? (uint64_t)st.st_size : 0);
	im->progress.quiet = im->options->quiet;
	enum status status = start_parser(im, fd, &pid, &frames);
	if (status != OK)
		return status;
	status = take_frames(im, frames, &parser_ended);
	close(frames);
	if (status != OK)
		kill(pid, SIGKILL);
	if (spawn_wait(pid, "holdfast-parse", &child) != OK && status == OK)
		status = err_set(im->err, FAILED, "%s", child.text);
	else if (parser_ended)
		status = err_set(im->err, FAILED, "%s; nothing was changed", child.text);
	if (status == OK)
		progress_end(&im->progress, im->report->read);
	return status;
}
