/* link: base parser */
/* The files in samples/ through the parser: each is recognised without a mapping,
 * and nothing is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "directory/parse/parse.h"
#include "directory/record/record.h"

/* What became of a file. */
struct outcome {
	struct record_summary summary;
	size_t with[RECORD_FIELDS]; /* records that have the field */
	char format[64];
	char first[RECORD_FIELDS][1024]; /* the first record */
};

static void parse(const char *name, struct outcome *o)
{
	char path[256], frames[] = "/tmp/holdfast-samples.XXXXXX";
	struct err err;
	struct record_reader reader;
	const struct parse_options options = {0};
	enum status status;
	memset(o, 0, sizeof(*o));
	snprintf(path, sizeof(path), "samples/%s", name);
	int in = open(path, O_RDONLY | O_CLOEXEC), out = mkstemp(frames);
	assert_true(in >= 0 && out >= 0);
	unlink(frames);
	assert_int_equal(parse_run(in, out, &options, &err), OK);
	assert_int_equal(lseek(out, 0, SEEK_SET), 0);
	record_reader_init(&reader, out);
	while ((status = record_read(&reader, &err)) == OK && reader.type != RECORD_FRAME_END) {
		if (reader.type == RECORD_FRAME_REJECT)
			fail_msg("%s:%llu: %.*s", name, (unsigned long long)reader.reject.line,
				 STR_ARG(reader.reject.cause));
		if (reader.type != RECORD_FRAME_RECORD)
			continue;
		bool first = o->with[RECORD_NAME] == 0;
		for (int f = 0; f < RECORD_FIELDS; f++) {
			struct str v = reader.record.field[f];
			o->with[f] += v.p != NULL;
			if (first && v.p)
				snprintf(o->first[f], sizeof(o->first[f]), "%.*s", STR_ARG(v));
		}
	}
	assert_int_equal(status, OK);
	o->summary = reader.summary;
	snprintf(o->format, sizeof(o->format), "%.*s", STR_ARG(reader.summary.format));
	assert_int_equal(o->summary.failure.n, 0);
	assert_int_equal(o->summary.values_dropped, 0);
	record_reader_release(&reader);
	close(in);
	close(out);
}

static void every_file_is_recognised_and_taken_whole(void **state)
{
	static const struct {
		const char *file, *format;
		size_t records, with_category, with_place;
	} files[] = {
	    {"tiling-firm.json", "json/schema.org", 1, 1, 1},
	    {"boutique.ndjson", "json/holdfast", 3, 3, 3},
	    {"town.geojson", "geojson/osm", 156, 156, 156},
	    {"association.csv", "csv", 60, 60, 60},
	    {"business-profile.csv", "csv/google", 12, 12, 12},
	    {"overture-places.geojson", "geojson/overture", 28, 28, 28},
	    {"gleif-level-1.csv", "csv/gleif", 16, 16, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct outcome o;
		parse(files[i].file, &o);
		assert_string_equal(o.format, files[i].format);
		assert_int_equal(o.summary.records, files[i].records);
		assert_int_equal(o.with[RECORD_CATEGORIES], files[i].with_category);
		assert_int_equal(o.with[RECORD_LAT], files[i].with_place);
		assert_int_equal(o.with[RECORD_COUNTRY], files[i].records);
	}
}

static void the_tiling_firm_serves_six_towns(void **state)
{
	struct outcome o;
	(void)state;
	parse("tiling-firm.json", &o);
	assert_string_equal(o.first[RECORD_NAME], "Fliesen Falkner & Amsel");
	assert_string_equal(o.first[RECORD_SERVICE_AREA],
			    "Hochtann\x1f"
			    "Erlenau\x1fWiesbrück\x1fLindmoos\x1fKirchthal\x1f"
			    "Birkenfurt");
	assert_memory_equal(o.first[RECORD_CATEGORIES], "tiler", 5);
	assert_string_equal(o.first[RECORD_PHONE], "+498999998970");
	assert_non_null(strstr(o.first[RECORD_HOURS], "07:30-12:00,13:00-17:00"));
	assert_non_null(strstr(o.first[RECORD_OFFERS], "Badsanierung"));
}

static void contact_data_stays_outside(void **state)
{
	struct outcome o;
	(void)state;
	parse("tiling-firm.json", &o);
	assert_int_equal(o.summary.persons_dropped, 2);
	assert_int_equal(o.summary.emails_dropped, 1);
	parse("association.csv", &o);
	assert_true(o.summary.persons_dropped > 10 && o.summary.emails_dropped > 10);
	parse("town.geojson", &o);
	assert_true(o.summary.emails_dropped > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_file_is_recognised_and_taken_whole),
	    cmocka_unit_test(the_tiling_firm_serves_six_towns),
	    cmocka_unit_test(contact_data_stays_outside),
	};
	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
