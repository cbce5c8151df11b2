#include "directory/search/bulk.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/memory.h"
#include "directory/search/internal.h"
#include "directory/taxonomy/taxonomy.h"

enum {
	CHUNK = 250, /* businesses of a statement */
	CHUNK_ARENA_BYTES = 8 << 20,
	CHUNK_BYTES = 4 << 20, /* of their lines */
	CURSOR_BYTES = 2048,
	GZIP_LEVEL = 4, /* higher levels take twice the time and save a tenth of the bytes */
	GZIP_WINDOW = 15 + 16,
	GZIP_MEMORY = 8,
	RETRY_AFTER_S = 10,
};

struct search_bulk {
	struct db_pool *db;
	int streams, most; /* at once, in this process */
};

/* In the request's arena. */
struct stream {
	struct search_bulk *bulk;
	struct http_request *request;
	struct arena arena; /* of a chunk */
	struct search_query q;
	const char *lang;
	char cursor[CURSOR_BYTES];
	struct buf lines, packed;
	z_stream gzip;
	bool gzipped;
	bool begun;  /* the head is on its way */
	bool filled; /* a chunk is there that the client has not taken */
	bool last;   /* it is the last one */
};

static void stream_release(void *arg)
{
	struct stream *s = arg;
	arena_release(&s->arena);
	buf_release(&s->lines);
	buf_release(&s->packed);
	if (s->gzipped)
		deflateEnd(&s->gzip);
	s->bulk->streams--;
}

/* The statement of a client that left goes with the request's arena. */
static void stream_gone(void *ctx)
{
	(void)ctx;
}

static void stream_ask(struct stream *s);

static void stream_pack(struct stream *s)
{
	unsigned char bytes[16 * 1024];
	int how = s->last ? Z_FINISH : Z_SYNC_FLUSH;
	s->gzip.next_in = (unsigned char *)s->lines.p;
	s->gzip.avail_in = (unsigned)s->lines.n;
	buf_reset(&s->packed);
	do {
		s->gzip.next_out = bytes;
		s->gzip.avail_out = sizeof(bytes);
		must(deflate(&s->gzip, how) != Z_STREAM_ERROR);
		buf_add(&s->packed, (const char *)bytes, sizeof(bytes) - s->gzip.avail_out);
	} while (s->gzip.avail_out == 0);
}

/* The client takes more. */
static void stream_more(void *ctx)
{
	struct stream *s = ctx;
	if (!s->filled) {
		if (s->last)
			http_stream_end(s->request, true);
		else
			stream_ask(s);
		return;
	}
	s->filled = false;
	if (s->gzipped && (s->lines.n || s->last))
		stream_pack(s);
	struct str piece = buf_view(s->gzipped ? &s->packed : &s->lines);
	if (buf_failed(&s->lines) || buf_failed(&s->packed))
		http_stream_end(s->request, false);
	else if (s->lines.n || (s->gzipped && s->last))
		http_stream_piece(s->request, piece);
	else /* nothing of this chunk passed the filter */
		stream_more(s);
}

static const char varies[] = "Vary: Accept-Encoding, Accept-Language\r\n";
static const char varies_packed[] =
    "Vary: Accept-Encoding, Accept-Language\r\nContent-Encoding: gzip\r\n";

static void stream_begin(struct stream *s)
{
	if (s->gzipped) /* not before: a problem is not packed */
		s->request->answer_headers = varies_packed;
	s->begun = true;
	http_stream(s->request, &(struct http_answer){.type = "application/x-ndjson"}, stream_more,
		    s);
}

static void stream_refuse(struct stream *s, const struct search_list *list)
{
	if (s->begun) {
		http_stream_end(s->request, false);
		return;
	}
	http_problem(s->request, http_problem_named(search_problem_name(list->problem)), NULL, "%s",
		     list->err.text);
}

static void stream_listed(void *ctx, const struct search_list *list)
{
	struct stream *s = ctx;
	if (list->problem) {
		stream_refuse(s, list);
		return;
	}
	buf_reset(&s->lines);
	for (size_t i = 0; i < list->count; i++) {
		struct json_writer w;
		json_writer_init(&w, &s->lines);
		json_object_begin(&w);
		members_business(&w, &list->item[i], s->lang);
		json_object_end(&w);
		buf_putc(&s->lines, '\n');
	}
	s->last = list->next.n == 0 || list->next.n >= CURSOR_BYTES;
	must(s->last == (list->next.n == 0)); /* an id and a hash are short */
	memcpy(s->cursor, list->next.n ? list->next.p : "", list->next.n);
	s->q.cursor = (struct str){s->cursor, list->next.n};
	s->filled = true;
	if (s->begun)
		stream_more(s);
	else
		stream_begin(s);
}

static void stream_ask(struct stream *s)
{
	arena_reset(&s->arena);
	search_list(s->bulk->db, &s->arena, &s->q, stream_listed, s);
}

/* ---- the route ---- */

static bool read_filters(struct http_request *request, struct search_query *q)
{
	for (const struct http_param *p = request->route->params; p->name; p++) {
		const struct http_value *value = http_param(request, p->name);
		struct err err;
		if (!value->given || search_query_set(q, str_of(p->name), value->text, &err) == OK)
			continue;
		http_problem(request, HTTP_PROBLEM_INVALID_PARAMETER, p->name, "%s", err.text);
		return false;
	}
	return true;
}

static void get_bulk(struct http_request *request)
{
	struct search_bulk *bulk = http_ctx(request);
	struct stream *s = arena_alloc(&request->arena, sizeof(*s));
	must(s); /* the first bytes of a request's arena */
	search_query_init(&s->q);
	if (!read_filters(request, &s->q))
		return;
	if (bulk->streams >= bulk->most) {
		request->retry_after_s = RETRY_AFTER_S;
		http_problem(request, HTTP_PROBLEM_BUSY, NULL,
			     "as many clients as web.bulk allows read the whole directory now");
		return;
	}
	s->bulk = bulk;
	s->request = request;
	s->q.sort_given = true;
	s->q.sort = SEARCH_ID;
	s->q.limit = CHUNK;
	s->lang =
	    s->q.lang ? s->q.lang : taxonomy_language(http_header(request, "Accept-Language"));
	arena_init(&s->arena, CHUNK_ARENA_BYTES);
	buf_init(&s->lines, CHUNK_BYTES);
	buf_init(&s->packed, CHUNK_BYTES);
	s->gzipped = http_accepts_gzip(request);
	if (s->gzipped && deflateInit2(&s->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
				       Z_DEFAULT_STRATEGY) != Z_OK)
		memory_exhausted();
	request->answer_headers = varies;
	bulk->streams++;
	arena_defer(&request->arena, stream_release, s);
	http_on_gone(request, stream_gone, NULL);
	stream_ask(s);
}

#define TEXT_PARAM(parameter, most, text)                                                          \
	{                                                                                          \
		.name = (parameter), .type = HTTP_TEXT, .max = (most), .summary = (text)           \
	}
static const struct http_param bulk_params[] = {
    TEXT_PARAM("category", 250, "key of a category or of a group of categories"),
    TEXT_PARAM("region", 250, "key of a region"),
    TEXT_PARAM("city", 250, "key of a city"),
    TEXT_PARAM("bbox", 100, "west,south,east,north in degrees: only what lies inside"),
#define FACET(id, parameter, label, text, ...)                                                     \
	{.name = parameter,                                                                        \
	 .type = HTTP_CHOICE,                                                                      \
	 .choices = (const char *const[]){__VA_ARGS__, NULL},                                      \
	 .summary = text},
#include "directory/words/facets.def"
#undef FACET
    {.name = "lang",
     .type = HTTP_CHOICE,
     .choices = taxonomy_languages,
     .summary = "language of the categories' names; default: Accept-Language"},
    {0},
};

const struct http_route search_bulk_routes[] = {
    {.method = HTTP_GET,
     .pattern = "/v1/businesses.ndjson",
     .name = "list_businesses_ndjson",
     .handler = get_bulk,
     .kind = HTTP_API,
     .params = bulk_params,
     .summary = "All businesses, or all that a filter leaves, by id: a BusinessSummary a line",
     .answer = "one business a line; an answer that is cut off was not complete",
     .answer_type = "application/x-ndjson"},
    {0},
};

struct search_bulk *search_bulk_create(struct db_pool *db, const struct config *config)
{
	struct search_bulk *bulk = memory_alloc(sizeof(*bulk));
	bulk->db = db;
	bulk->most = (int)config_number(config, CONFIG_WEB_BULK);
	return bulk;
}

void search_bulk_free(struct search_bulk *bulk)
{
	free(bulk);
}
