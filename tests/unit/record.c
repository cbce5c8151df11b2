/* link: base directory/record */
/* Records on their way: what is written is read as the same, what nobody may send is refused, and
 * the ids of businesses are the same for ever. */
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
#include "directory/record/record.h"

/* ---- ids ---- */

static void ids_are_the_same_for_ever(void **state)
{
	/* Made once by XXH3_128bits over the joined bytes: pages' addresses hang on them. */
	static const struct {
		const char *source, *external_id, *text;
		int64_t id;
	} vectors[] = {
	    {"osm", "node/1", "157n0rywkk12b", INT64_C(1341686518669476939)},
	    {"osm", "node/304036168", "1wz47tx6tgw9v", INT64_C(2196780077040562491)},
	    {"gleif", "529900T8BM49AURSDO55", "0wq3qyfqayjrx", INT64_C(1034833903953595165)},
	    {"", "", "56snf974g01xn", INT64_C(6009683484212201397)},
	    {"a", "bc", "4tbw9em2w9ha0", INT64_C(5561815200526812480)},
	    {"ab", "c", "2qm0t7yx9r43d", INT64_C(3157052199802769517)},
	    {"source", "Bäckerei/ü", "0tvyyegf4ef57", INT64_C(968237035213503655)},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		char text[RECORD_ID_TEXT];
		int64_t id = record_id(str_of(vectors[i].source), str_of(vectors[i].external_id));
		assert_int_equal(id, vectors[i].id);
		record_id_format(id, text);
		assert_string_equal(text, vectors[i].text);
	}
}

static void ids_are_written_and_read_in_thirteen_characters(void **state)
{
	static const int64_t ids[] = {0, 1, 31, 32, 1234567890123456789, INT64_MAX};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		char text[RECORD_ID_TEXT];
		int64_t back = -1;
		record_id_format(ids[i], text);
		assert_int_equal(strlen(text), 13);
		assert_true(record_id_parse(str_of(text), &back));
		assert_int_equal(back, ids[i]);
	}
	static const char *const wrong[] = {"",
					    "0",
					    "00000000000000",
					    "000000000000i",
					    "000000000000l",
					    "000000000000o",
					    "000000000000u",
					    "000000000000A",
					    "000000000000-",
					    "8000000000000",
					    "zzzzzzzzzzzzz",
					    "000000000000\xc3"};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		int64_t id;
		if (record_id_parse(str_of(wrong[i]), &id))
			fail_msg("'%s' is no id", wrong[i]);
	}
	int64_t id;
	assert_false(record_id_parse((struct str){"000000\0000000", 13}, &id));
	assert_true(record_id_parse(STR("7zzzzzzzzzzzz"), &id));
	assert_true(id == INT64_MAX);
}

/* ---- values ---- */

static const struct {
	enum record_field field;
	const char *value;
	bool ok;
} values[] = {
    {RECORD_NAME, "Müller & Söhne", true},
    {RECORD_NAME, "", false},
    {RECORD_NAME, " A", false},
    {RECORD_NAME, "A ", false},
    {RECORD_NAME, "A\nB", false},
    {RECORD_NAME, "A\tB", false},
    {RECORD_NAME, "A\x7f", false},
    {RECORD_NAME, "A\xc2\x85", false},
    {RECORD_NAME,
     "A\x1f"
     "B",
     false},
    {RECORD_NAME, "\xff", false},
    {RECORD_NAME, "\xed\xa0\x80", false},
    {RECORD_DESCRIPTION, "one\n\ntwo", true},
    {RECORD_DESCRIPTION, "one\rtwo", false},
    {RECORD_ALT_NAMES,
     "a\x1f"
     "b",
     true},
    {RECORD_ALT_NAMES,
     "a\x1f\x1f"
     "b",
     false},
    {RECORD_ALT_NAMES,
     "\x1f"
     "b",
     false},
    {RECORD_ALT_NAMES, "a\x1f", false},
    {RECORD_ALT_NAMES, "a\x1f b", false},
    {RECORD_COUNTRY, "CH", true},
    {RECORD_COUNTRY, "ch", false},
    {RECORD_COUNTRY, "C", false},
    {RECORD_COUNTRY, "É", false},
    {RECORD_LAT, "-90", true},
    {RECORD_LAT, "90.0000001", false},
    {RECORD_LAT, "nan", false},
    {RECORD_LAT, "1e308", false},
    {RECORD_LAT, "0x10", false},
    {RECORD_LAT, "47,5", false},
    {RECORD_LON, "180.0", true},
    {RECORD_LON, "-180.5", false},
    {RECORD_OFFERS, "{\"items\":[{\"price\":1.5e2}]}", true},
    {RECORD_OFFERS, "[]", false},
    {RECORD_OFFERS, "{", false},
    {RECORD_OFFERS, "{} {}", false},
    {RECORD_OFFERS, "{\"a\":\"\\u0000\"}", false},
    {RECORD_EXTRA, "{\"a\":1e300}", true},
    {RECORD_EXTRA, "{\"a\":[1,{\"b\":1e301}]}", false},
    {RECORD_EXTRA, "{\"a\":0e-20000}", false},
    {RECORD_UPDATED_AT, "2024-02-29T23:59:59Z", true},
    {RECORD_UPDATED_AT, "2000-02-29T00:00:00.123456-15:59", true},
    {RECORD_UPDATED_AT, "1900-02-29T00:00:00Z", false},
    {RECORD_UPDATED_AT, "2024-04-31T00:00:00Z", false},
    {RECORD_UPDATED_AT, "2024-00-01T00:00:00Z", false},
    {RECORD_UPDATED_AT, "2024-01-01T24:00:00Z", false},
    {RECORD_UPDATED_AT, "2024-01-01T00:60:00Z", false},
    {RECORD_UPDATED_AT, "2024-01-01T00:00:60Z", false},
    {RECORD_UPDATED_AT, "2024-01-01T00:00:00", false},
    {RECORD_UPDATED_AT, "2024-01-01T00:00:00.Z", false},
    {RECORD_UPDATED_AT, "2024-01-01T00:00:00+0100", false},
    {RECORD_UPDATED_AT, "2024-01-01T00:00:00+16:00", false},
    {RECORD_UPDATED_AT, "2024-01-01T00:00:00Zx", false},
    {RECORD_UPDATED_AT, "0000-01-01T00:00:00Z", false},
    {RECORD_UPDATED_AT, "2024-01-01", false},
    {RECORD_UPDATED_AT, "infinity", false},
};

static void values_are_what_their_field_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (record_value_ok(values[i].field, str_of(values[i].value)) != values[i].ok)
			fail_msg("%s '%s'", record_field_name(values[i].field), values[i].value);
}

static void every_field_has_a_name_a_text_and_a_limit(void **state)
{
	char text[20000];
	(void)state;
	memset(text, 'x', sizeof(text));
	size_t all = 0;
	for (int f = 0; f < RECORD_FIELDS; f++) {
		const struct record_field_info *info = &record_fields[f];
		const char *name = record_field_name((enum record_field)f);
		assert_true(strlen(name) == strlen(info->name) && strlen(info->text) > 3);
		all += info->max_bytes + 5;
		if (f == RECORD_COUNTRY || f == RECORD_UPDATED_AT || f == RECORD_CLOSED ||
		    (info->kind != RECORD_TEXT && info->kind != RECORD_LIST))
			continue;
		assert_true(
		    record_value_ok((enum record_field)f, (struct str){text, info->max_bytes}));
		assert_false(
		    record_value_ok((enum record_field)f, (struct str){text, info->max_bytes + 1}));
	}
	assert_true(all + 16 < RECORD_FRAME_MAX);
}

/* ---- frames ---- */

static int file_of(const void *p, size_t n)
{
	struct err err;
	int fd = memfd_create("frames", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, p, n, &err), OK);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static const char *const whole[RECORD_FIELDS] = {
    [RECORD_EXTERNAL_ID] = "7",
    [RECORD_NAME] = "Bäckerei",
    [RECORD_ALT_NAMES] = "a\x1fx",
    [RECORD_CATEGORIES] = "bakery",
    [RECORD_DESCRIPTION] = "two\nlines",
    [RECORD_STREET] = "Weg 1",
    [RECORD_POSTCODE] = "8000",
    [RECORD_CITY] = "Zürich",
    [RECORD_REGION] = "ZH",
    [RECORD_COUNTRY] = "CH",
    [RECORD_LAT] = "47.5",
    [RECORD_LON] = "8.5",
    [RECORD_PHONE] = "+4144",
    [RECORD_WEBSITE] = "https://a.example",
    [RECORD_HOURS] = "24/7",
    [RECORD_TIMEZONE] = "Europe/Zurich",
    [RECORD_SERVICE_AREA] = "x",
    [RECORD_OFFERS] = "{\"items\":[]}",
    [RECORD_SAME_AS] = "https://b.example",
    [RECORD_EXTRA] = "{\"a\":1}",
    [RECORD_UPDATED_AT] = "2024-05-06T07:08:09Z",
    [RECORD_CLOSED] = "2024-05-06",
};

static struct record record_of(const char *const texts[RECORD_FIELDS], uint64_t line)
{
	struct record r = {.line = line};
	for (int f = 0; f < RECORD_FIELDS; f++)
		if (texts[f])
			r.field[f] = str_of(texts[f]);
	return r;
}

static void expect_record(struct record_reader *r, const struct record *record)
{
	struct err err;
	assert_int_equal(record_read(r, &err), OK);
	assert_int_equal(r->type, RECORD_FRAME_RECORD);
	assert_true(r->record.line == record->line);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		assert_true(!r->record.field[f].p == !record->field[f].p);
		assert_true(str_eq(r->record.field[f], record->field[f]));
	}
	assert_true(record_hash(&r->record) == record_hash(record));
}

static void frames_are_read_as_they_were_written(void **state)
{
	static const char *const least[RECORD_FIELDS] = {"1", "A"};
	const struct record a = record_of(whole, 3), b = record_of(least, UINT64_MAX);
	const struct record_reject reject = {
	    5, 4, STR("x7"), STR("lat"), STR("not a coordinate"), STR("95"), STR("{}")};
	const struct record_note note = {
	    RECORD_NOTE_FIELD, STR("lat"), STR("a"), STR("b"), {1, 2, 3, 4, UINT64_MAX}};
	const struct record_summary summary = {1, 2, 3, 4, UINT64_MAX, 6, STR("csv"), STR("")};
	struct record_reader r;
	struct buf out;
	struct err err;
	(void)state;
	buf_init(&out, 64 << 20);
	record_write(&out, &a);
	record_write_progress(&out, 1ull << 40);
	record_write_reject(&out, &reject);
	record_write_note(&out, &note);
	for (int i = 0; i < 5000; i++) /* over the reader's buffer many times */
		record_write(&out, i % 2 ? &a : &b);
	record_write_end(&out, &summary);
	int fd = file_of(out.p, out.n);
	record_reader_init(&r, fd);
	expect_record(&r, &a);
	assert_int_equal(record_read(&r, &err), OK);
	assert_int_equal(r.type, RECORD_FRAME_PROGRESS);
	assert_true(r.progress_bytes == 1ull << 40);
	assert_int_equal(record_read(&r, &err), OK);
	assert_int_equal(r.type, RECORD_FRAME_REJECT);
	assert_true(r.reject.line == 5 && r.reject.number == 4 && str_eq(r.reject.id, STR("x7")) &&
		    str_eq(r.reject.field, STR("lat")) &&
		    str_eq(r.reject.cause, STR("not a coordinate")) &&
		    str_eq(r.reject.input, STR("95")) && str_eq(r.reject.record, STR("{}")));
	assert_int_equal(record_read(&r, &err), OK);
	assert_int_equal(r.type, RECORD_FRAME_NOTE);
	assert_true(r.note.kind == RECORD_NOTE_FIELD && str_eq(r.note.name, STR("lat")) &&
		    str_eq(r.note.text, STR("a")) && str_eq(r.note.value, STR("b")) &&
		    memcmp(r.note.number, note.number, sizeof(note.number)) == 0);
	for (int i = 0; i < 5000; i++)
		expect_record(&r, i % 2 ? &a : &b);
	assert_int_equal(record_read(&r, &err), OK);
	assert_int_equal(r.type, RECORD_FRAME_END);
	assert_true(r.summary.records == 1 && r.summary.rejects == 2 &&
		    r.summary.emails_dropped == 3 && r.summary.persons_dropped == 4 &&
		    r.summary.values_dropped == UINT64_MAX && r.summary.left_out == 6 &&
		    str_eq(r.summary.format, STR("csv")) && r.summary.failure.n == 0);
	assert_int_equal(record_read(&r, &err), UNAVAILABLE);
	record_reader_release(&r);
	close(fd);
	buf_release(&out);
}

static enum status read_one(const void *p, size_t n)
{
	struct record_reader r;
	struct err err;
	int fd = file_of(p, n);
	record_reader_init(&r, fd);
	enum status status = record_read(&r, &err);
	assert_true(status == OK || strstr(err.text, "the parser"));
	record_reader_release(&r);
	close(fd);
	return status;
}

static void a_stream_that_breaks_off_is_unavailable_wherever(void **state)
{
	const struct record record = record_of(whole, 3);
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 20);
	record_write(&out, &record);
	for (size_t n = 0; n < out.n; n++)
		assert_int_equal(read_one(out.p, n), UNAVAILABLE);
	assert_int_equal(read_one(out.p, out.n), OK);
	buf_release(&out);
}

/* Frames by hand. */
static void put_number(struct buf *out, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buf_putc(out, (char)(v >> (8 * i)));
}

static void put_field(struct buf *out, int field, struct str value)
{
	buf_putc(out, (char)field);
	put_number(out, value.n, 4);
	buf_str(out, value);
}

static void begin(struct buf *body, int type)
{
	buf_reset(body);
	buf_putc(body, (char)type);
}

static enum status sent(const struct buf *body)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	put_number(&out, body->n, 4);
	buf_str(&out, buf_view(body));
	enum status status = read_one(out.p, out.n);
	buf_release(&out);
	return status;
}

static void begin_record(struct buf *body)
{
	begin(body, RECORD_FRAME_RECORD);
	put_number(body, 1, 8);
	put_field(body, RECORD_EXTERNAL_ID, STR("1"));
	put_field(body, RECORD_NAME, STR("A"));
}

static void hostile_records_are_refused(void **state)
{
	struct buf body;
	(void)state;
	buf_init(&body, 1 << 20);
	begin_record(&body);
	assert_int_equal(sent(&body), OK);
	begin_record(&body);
	put_field(&body, RECORD_FIELDS, STR("x")); /* no such field */
	assert_int_equal(sent(&body), INVALID);
	begin_record(&body);
	put_field(&body, 255, STR("x"));
	assert_int_equal(sent(&body), INVALID);
	begin_record(&body);
	put_field(&body, RECORD_NAME, STR("B")); /* twice */
	assert_int_equal(sent(&body), INVALID);
	begin_record(&body);
	put_field(&body, RECORD_LAT, STR("47")); /* half a place */
	assert_int_equal(sent(&body), INVALID);
	put_field(&body, RECORD_LON, STR("8"));
	assert_int_equal(sent(&body), OK);
	begin_record(&body);
	put_field(&body, RECORD_CITY, STR("")); /* empty */
	assert_int_equal(sent(&body), INVALID);
	begin_record(&body);
	buf_putc(&body, RECORD_CITY); /* longer than the frame */
	put_number(&body, 0xFFFFFFFF, 4);
	buf_puts(&body, "x");
	assert_int_equal(sent(&body), INVALID);
	begin_record(&body);
	buf_puts(&body, "\x07\x01"); /* half a length */
	assert_int_equal(sent(&body), INVALID);
	begin(&body, RECORD_FRAME_RECORD); /* no name */
	put_number(&body, 1, 8);
	put_field(&body, RECORD_EXTERNAL_ID, STR("1"));
	assert_int_equal(sent(&body), INVALID);
	begin(&body, RECORD_FRAME_RECORD); /* no id */
	put_number(&body, 1, 8);
	put_field(&body, RECORD_NAME, STR("A"));
	assert_int_equal(sent(&body), INVALID);
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		if (values[i].ok || values[i].field == RECORD_NAME)
			continue;
		begin_record(&body);
		put_field(&body, (int)values[i].field, str_of(values[i].value));
		assert_int_equal(sent(&body), INVALID);
	}
	buf_release(&body);
}

static void frames_of_no_known_form_are_refused(void **state)
{
	static const int types[] = {0, 6, 127, 255};
	struct buf body;
	(void)state;
	assert_int_equal(read_one("\0\0\0\0\1", 5), INVALID);             /* empty */
	assert_int_equal(read_one("\xff\xff\xff\xff\1", 5), INVALID);     /* 4 GB */
	assert_int_equal(read_one("\x01\x00\x60\x00\1", 5), INVALID);     /* a byte too long */
	assert_int_equal(read_one("\x00\x00\x60\x00\1", 5), UNAVAILABLE); /* as long as may be */
	buf_init(&body, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		begin(&body, types[i]);
		put_number(&body, 0, 8);
		assert_int_equal(sent(&body), INVALID);
	}
	for (int type = RECORD_FRAME_RECORD; type <= RECORD_FRAME_END; type++) {
		begin(&body, type);
		put_number(&body, 0, 3);
		assert_int_equal(sent(&body), INVALID);
	}
	/* Bytes behind what a frame holds. */
	begin(&body, RECORD_FRAME_PROGRESS);
	put_number(&body, 1, 8);
	assert_int_equal(sent(&body), OK);
	buf_putc(&body, 'x');
	assert_int_equal(sent(&body), INVALID);
	begin(&body, RECORD_FRAME_REJECT);
	put_number(&body, 1, 8);
	put_number(&body, 1, 8);
	for (int i = 0; i < 5; i++)
		put_number(&body, 0, 4);
	assert_int_equal(sent(&body), OK);
	buf_putc(&body, 'x');
	assert_int_equal(sent(&body), INVALID);
	begin(&body, RECORD_FRAME_END);
	for (int i = 0; i < 6; i++)
		put_number(&body, 1, 8);
	put_number(&body, 0, 4);
	put_number(&body, 1, 4); /* a text of one byte that is not there */
	assert_int_equal(sent(&body), INVALID);
	buf_putc(&body, 'x');
	assert_int_equal(sent(&body), OK);
	buf_release(&body);
}

static void the_hash_tells_records_apart(void **state)
{
	struct record a = record_of(whole, 1), b = a;
	(void)state;
	b.line = 2;
	assert_true(record_hash(&a) == record_hash(&b));
	for (int f = 0; f < RECORD_FIELDS; f++) {
		b = a;
		b.field[f] = STR("other");
		assert_true(record_hash(&a) != record_hash(&b));
		b.field[f] = (struct str){NULL, 0};
		assert_true(record_hash(&a) != record_hash(&b));
	}
	/* The same bytes in other fields. */
	b = a;
	b.field[RECORD_CITY] = a.field[RECORD_REGION];
	b.field[RECORD_REGION] = a.field[RECORD_CITY];
	assert_true(record_hash(&a) != record_hash(&b));
	a = b = (struct record){0};
	a.field[RECORD_STREET] = STR("x");
	b.field[RECORD_POSTCODE] = STR("x");
	assert_true(record_hash(&a) != record_hash(&b));
}

enum { STACK_BYTES = 4096, STACK_PIECE = 64 };

/* Writes over one piece of the memory that the last call had for its variables, and the next will
 * have. */
__attribute__((noinline)) static void overwrite_stack(size_t from)
{
	volatile unsigned char memory[STACK_BYTES];
	for (size_t i = from; i < from + STACK_PIECE; i++)
		memory[i] = 0xa5;
	assert_true(memory[from] == 0xa5);
}

static void the_hash_is_the_same_whatever_was_on_the_stack(void **state)
{
	(void)state;
	char text[300]; /* more than the library hashes at once */
	memset(text, 'x', sizeof(text));
	struct record r = {.field[RECORD_NAME] = {text, sizeof(text)}};
	uint64_t hash = record_hash(&r);
	for (size_t from = 0; from < STACK_BYTES; from += STACK_PIECE) {
		overwrite_stack(from);
		assert_true(record_hash(&r) == hash);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_hash_is_the_same_whatever_was_on_the_stack),
	    cmocka_unit_test(ids_are_the_same_for_ever),
	    cmocka_unit_test(ids_are_written_and_read_in_thirteen_characters),
	    cmocka_unit_test(values_are_what_their_field_says),
	    cmocka_unit_test(every_field_has_a_name_a_text_and_a_limit),
	    cmocka_unit_test(frames_are_read_as_they_were_written),
	    cmocka_unit_test(a_stream_that_breaks_off_is_unavailable_wherever),
	    cmocka_unit_test(hostile_records_are_refused),
	    cmocka_unit_test(frames_of_no_known_form_are_refused),
	    cmocka_unit_test(the_hash_tells_records_apart),
	};
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
