/* An audit from the file to the sorted report. */
#include "audit/api/api.h"
#include "audit/reader/reader.h"
#include "base/buf.h"
#include "base/io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 120000 };

static const struct audit_rule rules[] = {
#define RULE(id, key, severity, title, remedy)                                                     \
	[OPENAPI_##id] = {                                                                         \
	    key, severity, title, remedy,                                                          \
	    "https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/"},
#include "audit/openapi/rules.def"
#undef RULE
};

const struct audit_rule *api_rule(size_t n)
{
	return n < COUNT_OF(rules) ? &rules[n] : NULL;
}

static enum status api_load(const char *path, struct buf *document, struct err *err)
{
	if (strcmp(path, "-") != 0)
		return io_read_file(path, document, err);
	for (;;) {
		char *room = buf_room(document, 1 << 16);
		if (!room)
			return err_set(err, TOO_LARGE, "standard input: more than %d MB",
				       OPENAPI_BYTES_MAX >> 20);
		ssize_t n = read(STDIN_FILENO, room, 1 << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, FAILED, "standard input");
		if (n == 0)
			return OK;
		buf_grew(document, (size_t)n);
	}
}

/* One record. What the reader says is checked before it is used: it has read hostile bytes. */
static bool api_take(struct audit_reader *reader, struct openapi_head *head, char *about,
		     char *object)
{
	return audit_reader_get(reader, head, sizeof(*head)) && head->kind < OPENAPI_KINDS &&
	       head->rule < OPENAPI_RULES && head->about_bytes <= OPENAPI_TEXT_MAX &&
	       head->object_bytes <= OPENAPI_TEXT_MAX &&
	       audit_reader_get(reader, about, head->about_bytes) &&
	       audit_reader_get(reader, object, head->object_bytes);
}

static enum status api_failed(const struct api_options *options, const struct openapi_head *head,
			      const char *about, struct err *err)
{
	const char *name = strcmp(options->path, "-") == 0 ? "standard input" : options->path;
	int n = (int)head->about_bytes;
	if (head->line)
		return err_set(err, INVALID, "%s:%u:%u: %.*s", name, head->line, head->column, n,
			       about);
	return err_set(err, INVALID, "%s: %.*s", name, n, about);
}

static enum status api_receive(struct audit_reader *reader, const struct api_options *options,
			       struct audit_report *report, struct openapi_summary *summary,
			       struct err *err)
{
	struct openapi_head head;
	char about[OPENAPI_TEXT_MAX], object[OPENAPI_TEXT_MAX];
	for (uint32_t records = 0; records <= OPENAPI_RECORDS_MAX; records++) {
		if (!api_take(reader, &head, about, object))
			break;
		if (head.kind == OPENAPI_FAILED)
			return api_failed(options, &head, about, err);
		*summary = head.summary;
		if (head.kind == OPENAPI_END)
			return OK;
		report_add(report, &(struct audit_finding){
				       .rule = &rules[head.rule],
				       .file = str_of(options->path),
				       .line = head.line,
				       .column = head.column,
				       .about = {about, head.about_bytes},
				       .severity = head.note ? AUDIT_NOTE : AUDIT_BY_RULE,
				       .object = {object, head.object_bytes},
				   });
	}
	return err_set(err, INVALID,
		       "%s: the reader ended over it: too deep, too much memory, or too slow",
		       options->path);
}

enum status api_audit(const struct api_options *options, struct audit_report *report,
		      struct openapi_summary *summary, struct err *err)
{
	struct audit_reader reader;
	struct buf document;
	*summary = (struct openapi_summary){0};
	buf_init(&document, OPENAPI_BYTES_MAX);
	audit_reader_init(&reader, "api", options->program_dir, options->user);
	enum status status = api_load(options->path, &document, err);
	if (status == OK)
		status = audit_reader_start(&reader, err);
	if (status == OK)
		status = audit_reader_put(&reader, 0, buf_view(&document), ANSWER_MS)
			     ? api_receive(&reader, options, report, summary, err)
			     : err_set(err, INVALID, "%s: the reader ended over it", options->path);
	audit_reader_end(&reader);
	if (status == OK)
		report_sort(report);
	buf_release(&document);
	return status;
}
