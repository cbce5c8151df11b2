/* link: base http/parse */
/* Any bytes through the HTTP parser. Besides memory errors it looks for disagreement: arriving
 * in one piece or byte by byte must give the same head, and what was accepted must keep the
 * promises of parse.h. */
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>
#include "http/parse/parse.h"

enum { MAX_BYTES = 16384 };

static size_t body(struct str rest, size_t step, enum http_fault *fault, bool *done)
{
	struct http_chunks chunks = {0};
	size_t content = 0;
	*fault = HTTP_FAULT_NONE;
	while (rest.n && !chunks.done && *fault == HTTP_FAULT_NONE) {
		struct str in = {rest.p, step < rest.n ? step : rest.n}, piece;
		size_t before = in.n;
		*fault = http_chunks_next(&chunks, &in, &piece);
		must(*fault != HTTP_FAULT_NONE || in.n < before);
		must(piece.p >= rest.p && piece.p + piece.n <= rest.p + rest.n);
		content += piece.n;
		rest = (struct str){rest.p + (before - in.n), rest.n - (before - in.n)};
	}
	*done = chunks.done;
	return content;
}

static void check_head(const struct http_head *head, struct str bytes)
{
	int hosts = 0, lengths = 0, encodings = 0;
	must(head->path.n && (head->path.p[0] == '/' || head->method == HTTP_OPTIONS));
	must(head->minor == 0 || head->minor == 1);
	for (size_t i = 0; i < head->fields_count; i++) {
		const struct http_field *field = &head->fields[i];
		must(field->name.n && field->name.p >= bytes.p);
		must(field->value.p + field->value.n <= bytes.p + bytes.n);
		must(!memchr(field->value.p, '\r', field->value.n) &&
		     !memchr(field->value.p, '\n', field->value.n) &&
		     !memchr(field->value.p, '\0', field->value.n));
		hosts += str_eq_nocase(field->name, STR("host"));
		lengths += str_eq_nocase(field->name, STR("content-length"));
		encodings += str_eq_nocase(field->name, STR("transfer-encoding"));
	}
	must(hosts == 1 || (hosts == 0 && head->minor == 0));
	must(lengths + encodings <= 1 && head->chunked == (encodings == 1));
	must(head->content_length == 0 || lengths == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct http_scan whole = {0}, slow = {0};
	enum http_fault fault = HTTP_FAULT_NONE, slow_fault = HTTP_FAULT_NONE;
	enum http_scan_result result = http_scan_head(&whole, p, size, MAX_BYTES, &fault);
	enum http_scan_result slow_result = HEAD_PARTIAL;
	for (size_t n = 1; n <= size && slow_result == HEAD_PARTIAL; n++)
		slow_result = http_scan_head(&slow, p, n, MAX_BYTES, &slow_fault);
	must(size == 0 || (result == slow_result && fault == slow_fault));
	struct http_client said;
	size_t used = 0;
	if (http_scan_proxy(p, size, &used, &said) == HEAD_COMPLETE)
		must(used > 0 && used <= size);
	if (result != HEAD_COMPLETE)
		return 0;
	must(whole.at == slow.at && whole.at <= size && whole.at <= MAX_BYTES);

	/* A copy of its own size: a read behind the head is a finding. */
	char *copy = malloc(whole.at);
	memcpy(copy, p, whole.at);
	static struct http_head head;
	struct str bytes = {copy, whole.at};
	if (http_parse_head(bytes, &head) == HTTP_FAULT_NONE) {
		check_head(&head, bytes);
		fuzz_accept(true);
		char *decoded = malloc(head.path.n + head.query.n + 1);
		size_t n;
		if (http_decode(head.path, false, decoded, &n))
			must(n <= head.path.n);
		if (head.query.p && http_decode(head.query, true, decoded, &n))
			must(n <= head.query.n);
		free(decoded);
		for (int how = HTTP_X_FORWARDED_FOR; how <= HTTP_FORWARDED; how++) {
			struct http_hops hops = {head.fields_count, {NULL, 0}};
			struct http_client client;
			while (http_last_forwarded(&head, (enum http_forwarded)how, &hops, &client))
				must(client.family);
		}
		if (head.chunked) {
			struct str rest = {p + whole.at, size - whole.at};
			bool done, slow_done;
			size_t content = body(rest, rest.n, &fault, &done);
			size_t slow_content = body(rest, 1, &slow_fault, &slow_done);
			must(fault == slow_fault && done == slow_done);
			must(fault != HTTP_FAULT_NONE || content == slow_content);
		}
	}
	free(copy);
	return 0;
}
