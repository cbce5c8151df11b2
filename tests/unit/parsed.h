/* For tests of the parser: text in, `got` is what came out. */
#ifndef TESTS_PARSED_H
#define TESTS_PARSED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/io.h"
#include "directory/parse/parse.h"
#include "directory/record/record.h"

enum { KEPT = 8 };

/* What became of a file: counts, the first records and the first rejects. */
struct outcome {
	struct arena arena;
	struct record record[KEPT];
	struct record_reject reject[KEPT];
	size_t records, rejects;
	struct record_summary summary;
};
static struct outcome got;

static inline struct str kept(struct str s)
{
	return s.p ? arena_str(&got.arena, s) : s;
}

static inline void keep(const struct record_reader *r)
{
	if (r->type == RECORD_FRAME_RECORD && got.records++ < KEPT) {
		struct record *record = &got.record[got.records - 1];
		*record = r->record;
		for (int f = 0; f < RECORD_FIELDS; f++)
			record->field[f] = kept(record->field[f]);
	} else if (r->type == RECORD_FRAME_REJECT && got.rejects++ < KEPT) {
		const struct record_reject *j = &r->reject;
		got.reject[got.rejects - 1] = (struct record_reject){.line = j->line,
								     .number = j->number,
								     .id = kept(j->id),
								     .field = kept(j->field),
								     .cause = kept(j->cause),
								     .input = kept(j->input),
								     .record = kept(j->record)};
	}
}

static inline void read_frames(int fd)
{
	struct record_reader reader;
	struct err err;
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	arena_release(&got.arena);
	memset(&got, 0, sizeof(got));
	arena_init(&got.arena, 64 << 20);
	record_reader_init(&reader, fd);
	do {
		if (record_read(&reader, &err) != OK)
			fail_msg("%s", err.text);
		keep(&reader);
	} while (reader.type != RECORD_FRAME_END);
	got.summary = reader.summary;
	got.summary.format = kept(got.summary.format);
	got.summary.failure = kept(got.summary.failure);
	record_reader_release(&reader);
	assert_int_equal(got.summary.records, got.records);
	assert_int_equal(got.summary.rejects, got.rejects);
}

static inline void parse_fd(int in, const struct parse_options *options)
{
	struct err err;
	int out = memfd_create("frames", MFD_CLOEXEC);
	static struct source_converters converters;
	struct parse_options with = *options;
	assert_true(in >= 0 && out >= 0);
	if (!converters.wide[0])
		assert_true(parse_converters(NULL, &converters));
	with.converters = converters;
	if (parse_run(in, out, &with, &err) != OK)
		fail_msg("%s", err.text);
	read_frames(out);
	close(out);
}

static inline void parse_bytes(const char *p, size_t n, const struct parse_options *options)
{
	struct err err;
	int in = memfd_create("file", MFD_CLOEXEC);
	assert_true(in >= 0);
	assert_int_equal(io_write_all(in, p, n, &err), OK);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	parse_fd(in, options);
	close(in);
}

static inline void parse_with(const char *text, const struct parse_options *options)
{
	parse_bytes(text, strlen(text), options);
}

static inline void parse(const char *text)
{
	parse_with(text, &(struct parse_options){0});
}

static inline void parse_buf(struct buf *text)
{
	assert_false(buf_failed(text));
	parse_bytes(text->p, text->n, &(struct parse_options){0});
	buf_release(text);
}

/* Field of the nth record; "" when it has none. */
static inline const char *value(size_t n, enum record_field field)
{
	assert_true(n < got.records && n < KEPT);
	return got.record[n].field[field].p ? got.record[n].field[field].p : "";
}

static inline void expect(const char *format, size_t records, size_t rejects)
{
	if (got.summary.failure.n)
		fail_msg("%s", got.summary.failure.p);
	assert_string_equal(got.summary.format.p, format);
	assert_int_equal(got.records, records);
	assert_int_equal(got.rejects, rejects);
}

static inline void expect_reject(size_t n, uint64_t line, const char *field, const char *cause,
				 const char *input)
{
	assert_true(n < got.rejects && n < KEPT);
	assert_int_equal(got.reject[n].line, line);
	assert_string_equal(got.reject[n].field.p, field);
	assert_string_equal(got.reject[n].cause.p, cause);
	assert_string_equal(got.reject[n].input.p, input);
}

static inline void expect_failure(const char *cause)
{
	assert_true(got.summary.failure.n);
	if (!strstr(got.summary.failure.p, cause))
		fail_msg("'%s' instead of '%s'", got.summary.failure.p, cause);
}

#endif
