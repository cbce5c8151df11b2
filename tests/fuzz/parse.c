/* link: base parser */
/* The parser of foreign files: whatever comes in, what goes out is frames that their reader takes,
 * the counts add up, every reject has a cause, and no e-mail address is in any record. The first
 * byte picks the options. */
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/io.h"
#include "base/json.h"
#include "directory/parse/parse.h"
#include "directory/record/record.h"

static const char map[] = "# picked by the fuzzer\n"
			  "name = name\n"
			  "external_id = names.primary\n"
			  "categories = kind | split ,\n"
			  "same_as = links | split ;\n"
			  "offers = offers\n"
			  "updated_at = updated\n"
			  "country = \"CH\"\n";

static const struct parse_options choices[] = {
    {0},
    {.country = "CH"},
    {.format = "csv"},
    {.format = "json", .country = "US"},
    {.columns = "id,name,city,-,phone,url,hours,updated_at"},
    {.map = map},
    {.map = map, .format = "csv", .country = "DE"},
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* As plain as can be: letter or digit, @, letters and digits, a dot, a letter. */
static bool has_email(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] != '@' || !is_word(s.p[i - 1]))
			continue;
		for (size_t k = i + 1; k + 1 < s.n && (is_word(s.p[k]) || s.p[k] == '.'); k++)
			if (k > i + 1 && s.p[k] == '.' && is_word(s.p[k + 1]) && s.p[k + 1] > '9')
				return true;
	}
	return false;
}

static void no_email_in_tree(const struct json_value *v)
{
	must(!has_email(v->key) && !has_email(v->text));
	for (const struct json_value *e = v->first; e; e = e->next)
		no_email_in_tree(e);
}

static void no_email_in_json(struct str s)
{
	struct arena arena;
	struct json_value *v;
	struct err err;
	arena_init(&arena, 1 << 20);
	must(json_parse(&arena, s, &v, &err) == OK);
	no_email_in_tree(v);
	arena_release(&arena);
}

static void look_at_record(const struct record *r)
{
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (r->field[f].p && record_fields[f].kind == RECORD_JSON)
			no_email_in_json(r->field[f]);
		else
			must(!has_email(r->field[f]));
	}
}

static void look(const struct record_reader *r)
{
	if (r->type == RECORD_FRAME_RECORD)
		look_at_record(&r->record);
	must(r->type != RECORD_FRAME_REJECT || (r->reject.cause.n && r->reject.line));
}

static void read_back(int fd)
{
	struct record_reader r;
	uint64_t records = 0, rejects = 0;
	struct err err;
	must(lseek(fd, 0, SEEK_SET) == 0);
	record_reader_init(&r, fd);
	do {
		must(record_read(&r, &err) == OK);
		records += r.type == RECORD_FRAME_RECORD;
		rejects += r.type == RECORD_FRAME_REJECT;
		look(&r);
	} while (r.type != RECORD_FRAME_END);
	must(r.summary.records == records && r.summary.rejects == rejects);
	fuzz_accept(records > 0);
	must(record_read(&r, &err) == UNAVAILABLE);
	record_reader_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	if (size < 1)
		return 0;
	int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	must(in >= 0 && out >= 0);
	must(io_write_all(in, (const char *)data + 1, size - 1, &err) == OK);
	must(lseek(in, 0, SEEK_SET) == 0);
	struct parse_options options = choices[data[0] % (COUNT_OF(choices))];
	static struct source_converters converters;
	if (!converters.wide[0])
		must(parse_converters(NULL, &converters));
	options.converters = converters;
	must(parse_run(in, out, &options, &err) == OK);
	read_back(out);
	close(in);
	close(out);
	return 0;
}
