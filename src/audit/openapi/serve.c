/* Records of a document as they go through the pipe. */
#include "audit/openapi/openapi.h"
#include "base/utf8.h"

struct openapi_sent {
	struct serve_answer *answer;
	uint32_t records;
};

static void openapi_send(void *ctx, const struct openapi_head *record, struct str about,
			 struct str object)
{
	struct openapi_sent *sent = ctx;
	struct openapi_head head = *record;
	if (head.kind == OPENAPI_FOUND && sent->records++ >= OPENAPI_RECORDS_MAX)
		return;
	about = utf8_cut(about, OPENAPI_TEXT_MAX);
	object = utf8_cut(object, OPENAPI_TEXT_MAX);
	head.about_bytes = (uint32_t)about.n;
	head.object_bytes = (uint32_t)object.n;
	serve_put(sent->answer, &head, sizeof(head));
	serve_put(sent->answer, about.p, about.n);
	serve_put(sent->answer, object.p, object.n);
	serve_record(sent->answer);
}

static void openapi_answer(uint32_t kind, struct str document, struct serve_answer *answer)
{
	struct openapi_sent sent = {.answer = answer};
	(void)kind;
	openapi_read(document, openapi_send, &sent);
}

const struct serve_format openapi_format = {
    .document_max = OPENAPI_BYTES_MAX,
    .record_max = sizeof(struct openapi_head) + 2 * OPENAPI_TEXT_MAX,
    .read = openapi_answer,
};
