/* Records that are not taken: counted, written so that they can be mended, and too many of them
 * change nothing. */
#include "base/folder.h"
#include "base/io.h"
#include "base/json.h"
#include "directory/import/internal.h"

#include <fcntl.h>

enum { REJECT_BYTES = 32 << 20 };

void import_put_record(struct json_writer *w, struct str record)
{
	struct arena arena;
	struct json_value *v;
	struct err ignored;
	arena_init(&arena, REJECT_BYTES);
	if (record.n && (record.p[0] == '{' || record.p[0] == '[') &&
	    json_parse(&arena, record, &v, &ignored) == OK)
		json_put_tree(w, v);
	else
		json_put_str(w, record);
	arena_release(&arena);
}

static enum status open_rejects(struct import *im)
{
	if (im->rejects >= 0)
		return OK;
	return folder_create(im->options->rejects, O_APPEND, 0640, &im->rejects, im->err);
}

enum status import_reject(struct import *im, const struct record_reject *r)
{
	struct buf out;
	struct json_writer w;
	im->report->rejected++;
	if (im->options->complete && r->id.n)
		buf_printf(&im->kept, "%s%lld", im->kept.n ? "," : "",
			   (long long)record_id(str_of(im->options->source_key), r->id));
	im->unknown += !r->id.n;
	im->report->nameless += str_eq(r->cause, STR("the record has no name"));
	if (!im->options->rejects)
		return OK;
	enum status status = open_rejects(im);
	if (status != OK)
		return status;
	buf_init(&out, REJECT_BYTES);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_z(&w, "file", im->name);
	json_member_i64(&w, "line", (int64_t)r->line);
	json_member_i64(&w, "number", (int64_t)r->number);
	json_member_str(&w, "id", r->id);
	json_member_str(&w, "field", r->field);
	json_member_str(&w, "cause", r->cause);
	json_member_str(&w, "input", r->input);
	json_key(&w, "record");
	import_put_record(&w, r->record);
	json_object_end(&w);
	buf_putc(&out, '\n');
	status = io_write_all(im->rejects, out.p, out.n, im->err);
	buf_release(&out);
	return status == OK ? OK : err_prefix(im->err, status, "rejects file");
}

enum status import_check_rejects(struct import *im)
{
	const struct import_options *o = im->options;
	const struct import_report *r = im->report;
	const char *file = o->rejects && r->rejected ? o->rejects : "";
	if (!r->read)
		return err_set(im->err, INVALID, "there is no record in it%s; nothing was changed",
			       r->left_out ? ", only objects that are no business" : "");
	if (r->rejected == r->read)
		return err_set(im->err, INVALID,
			       "all %llu records were rejected%s%s; nothing was changed",
			       (unsigned long long)r->read, file[0] ? ", see " : "", file);
	/* Many objects of OpenStreetMap have no name: that is no sign of a
	 * file that was misread. */
	bool osm = str_ends(str_of(r->format), STR("/osm"));
	uint64_t counted = r->rejected - (osm ? r->nameless : 0);
	bool many = o->max_rejects_percent ? counted * 100 > r->read * (uint64_t)o->max_rejects
					   : r->rejected > (uint64_t)o->max_rejects;
	if (many)
		return err_set(
		    im->err, INVALID,
		    "%llu of %llu records were rejected%s%s; nothing was changed; --max-rejects %llu takes the others",
		    (unsigned long long)r->rejected, (unsigned long long)r->read,
		    file[0] ? ", see " : "", file, (unsigned long long)r->rejected);
	return OK;
}
