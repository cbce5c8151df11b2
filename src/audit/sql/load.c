/* A file through the sandboxed reader into memory. What the reader says is checked before it is
 * used: it has read hostile bytes. */
#include "audit/sql/internal.h"
#include "base/io.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 60000, COUNT_MAX = 1 << 22, FILE_STATEMENTS_MAX = 4000000 };

#define LOAD_ARRAY(reader, arena, s, array, number)                                                \
	load_array((reader), (arena), (s)->head.number, sizeof(*(s)->array), (void **)&(s)->array)

static bool load_array(struct audit_reader *reader, struct arena *arena, uint32_t count,
		       size_t size, void **out)
{
	if (count > COUNT_MAX)
		return false;
	*out = arena_array(arena, (size_t)count + 1, size);
	return *out && audit_reader_get(reader, *out, count * size);
}

static bool text_fits(const struct statement *s, struct statement_text t)
{
	return t.from <= s->head.text_bytes && t.bytes <= s->head.text_bytes - t.from;
}

static bool span_fits(struct str body, struct statement_span span)
{
	return span.from <= span.to && span.to <= body.n;
}

static bool term_fits(const struct statement *s, uint32_t term)
{
	return term == STATEMENT_NONE || term < s->head.terms;
}

static bool terms_fit(const struct statement *s, struct str body)
{
	for (uint32_t i = 0; i < s->head.terms; i++) {
		const struct statement_term *t = &s->term[i];
		bool constant = t->kind == STATEMENT_CONSTANT, query = t->kind == STATEMENT_QUERY;
		if (t->size < 1 || t->size > s->head.terms - i || !span_fits(body, t->span) ||
		    !text_fits(s, t->text) || !text_fits(s, t->qualifier) ||
		    (query && t->number >= s->head.queries) ||
		    (constant && t->number > STATEMENT_BOOL))
			return false;
	}
	return true;
}

static bool conjunct_fits(const struct statement *s, const struct statement_conjunct *c,
			  struct str body)
{
	return c->query < s->head.queries && c->term < s->head.terms && span_fits(body, c->span) &&
	       span_fits(body, c->left) && span_fits(body, c->right) && span_fits(body, c->upper);
}

static bool arrays_fit(const struct statement *s, struct str body)
{
	uint32_t queries = s->head.queries;
	for (uint32_t i = 0; i < queries; i++)
		if (!span_fits(body, s->query[i].span) || !span_fits(body, s->query[i].where) ||
		    !span_fits(body, s->query[i].lock) || s->query[i].clauses > body.n ||
		    !text_fits(s, s->query[i].name) || !term_fits(s, s->query[i].limit) ||
		    !term_fits(s, s->query[i].offset))
			return false;
	for (uint32_t i = 0; i < s->head.relations; i++) {
		const struct statement_relation *r = &s->relation[i];
		if (r->query >= queries || !span_fits(body, r->span) || !text_fits(s, r->name) ||
		    !text_fits(s, r->schema) || !text_fits(s, r->alias) ||
		    (r->select != STATEMENT_NONE && r->select >= queries))
			return false;
	}
	for (uint32_t i = 0; i < s->head.conjuncts; i++)
		if (!conjunct_fits(s, &s->conjunct[i], body))
			return false;
	for (uint32_t i = 0; i < s->head.arms; i++)
		if (!conjunct_fits(s, &s->arm[i].is, body) ||
		    s->arm[i].conjunct >= s->head.conjuncts || !span_fits(body, s->arm[i].around))
			return false;
	for (uint32_t i = 0; i < s->head.orders; i++)
		if (s->order[i].query >= queries || !term_fits(s, s->order[i].term) ||
		    !span_fits(body, s->order[i].span) || !span_fits(body, s->order[i].expression))
			return false;
	for (uint32_t i = 0; i < s->head.outputs; i++)
		if (s->output[i].query >= queries || !term_fits(s, s->output[i].term) ||
		    !text_fits(s, s->output[i].name) || !span_fits(body, s->output[i].span))
			return false;
	for (uint32_t i = 0; i < s->head.sets; i++)
		if (s->set[i].query >= queries || !term_fits(s, s->set[i].term) ||
		    !text_fits(s, s->set[i].column))
			return false;
	return true;
}

/* One statement; its kind is STATEMENT_END behind the last. */
static bool load_statement(struct audit_reader *reader, struct arena *arena, struct str body,
			   struct statement *s)
{
	void *text;
	*s = (struct statement){0};
	if (!audit_reader_get(reader, &s->head, sizeof(s->head)) ||
	    s->head.kind >= STATEMENT_KINDS || s->head.text_bytes > STATEMENT_RECORD_MAX ||
	    !LOAD_ARRAY(reader, arena, s, query, queries) ||
	    !LOAD_ARRAY(reader, arena, s, relation, relations) ||
	    !LOAD_ARRAY(reader, arena, s, conjunct, conjuncts) ||
	    !LOAD_ARRAY(reader, arena, s, arm, arms) ||
	    !LOAD_ARRAY(reader, arena, s, order, orders) ||
	    !LOAD_ARRAY(reader, arena, s, output, outputs) ||
	    !LOAD_ARRAY(reader, arena, s, set, sets) ||
	    !LOAD_ARRAY(reader, arena, s, term, terms) ||
	    !load_array(reader, arena, s->head.text_bytes, 1, &text))
		return false;
	s->text = text;
	return span_fits(body, s->head.span) && text_fits(s, s->head.text) &&
	       text_fits(s, s->head.reason) && terms_fit(s, body) && arrays_fit(s, body);
}

bool load_answer(struct audit_reader *reader, struct str text, struct sql_file *file,
		 struct arena *arena)
{
	struct statement s;
	bool whole = true;
	sql_file_reset(file);
	file->body = text;
	while (whole && (whole = load_statement(reader, arena, text, &s)) &&
	       s.head.kind != STATEMENT_END) {
		whole = file->count < FILE_STATEMENTS_MAX;
		file->statement = memory_grow(file->statement, &file->room, file->count + 1,
					      sizeof(*file->statement));
		file->statement[file->count++] = s;
	}
	file->unreadable = !whole;
	return whole;
}

enum status load_text(struct audit_reader *reader, struct str text, struct sql_file *file,
		      struct arena *arena, struct err *err)
{
	enum status status = audit_reader_start(reader, err);
	if (status != OK)
		return status;
	if (audit_reader_put(reader, 0, text, ANSWER_MS) && load_answer(reader, text, file, arena))
		return OK;
	sql_file_reset(file);
	file->body = text;
	file->unreadable = true;
	audit_reader_end(reader);
	return OK;
}

enum status load_file(struct sql_audit *audit, struct audit_reader *reader, struct str path,
		      struct buf *body, struct err *err)
{
	struct sql_file *file = &audit->file;
	file->path = path;
	sql_file_reset(file);
	buf_reset(body);
	enum status status = io_read_file(path.p, body, err);
	if (status == TOO_LARGE) {
		file->unreadable = true;
		file->body = STR("");
		return OK;
	}
	if (status != OK)
		return status;
	return load_text(reader, buf_view(body), file, &audit->file_arena, err);
}

void sql_file_release(struct sql_file *file)
{
	free(file->statement);
	lines_release(&file->lines);
	free(file->ignore);
}
