/* The statement under construction. Its arrays keep their memory from one statement to the next. */
#include "audit/statement/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void build_init(struct build *b)
{
	*b = (struct build){0};
	buf_init(&b->text, STATEMENT_RECORD_MAX / 2);
}

void build_release(struct build *b)
{
	free(b->s.query);
	free(b->s.relation);
	free(b->s.conjunct);
	free(b->s.arm);
	free(b->s.order);
	free(b->s.output);
	free(b->s.set);
	free(b->s.term);
	buf_release(&b->text);
}

void build_reset(struct build *b)
{
	b->s.head = (struct statement_head){0};
	b->depth = 0;
	b->windows = 0;
	b->too_deep = false;
	buf_reset(&b->text);
}

struct statement_text build_text(struct build *b, struct str text)
{
	struct statement_text t = {(uint32_t)b->text.n, (uint32_t)text.n};
	if (b->text.max - b->text.n <= text.n) {
		b->s.head.flags |= STATEMENT_CUT;
		return (struct statement_text){0};
	}
	buf_str(&b->text, text);
	return t;
}

struct statement_span build_span(const struct build *b, uint32_t from, uint32_t to)
{
	if (b->inexact)
		return b->whole;
	return (struct statement_span){b->base + from, b->base + to};
}

const struct statement *build_done(struct build *b)
{
	b->s.text = (char *)(uintptr_t)buf_z(&b->text);
	b->s.head.text_bytes = (uint32_t)b->text.n;
	return &b->s;
}

/* Room for one more, zeroed. */
#define BUILD_MORE(b, array, count)                                                                \
	((b)->s.array = memory_grow((b)->s.array, &(b)->array##_room, (b)->s.head.count + 1,       \
				    sizeof(*(b)->s.array)),                                        \
	 memset(&(b)->s.array[(b)->s.head.count], 0, sizeof(*(b)->s.array)),                       \
	 &(b)->s.array[(b)->s.head.count++])

uint32_t build_query(struct build *b, uint32_t parent, enum statement_role role)
{
	struct statement_query *q = BUILD_MORE(b, query, queries);
	q->parent = parent;
	q->role = role;
	q->limit = q->offset = STATEMENT_NONE;
	return b->s.head.queries - 1;
}

uint32_t build_term(struct build *b, enum statement_term_kind kind, struct str text)
{
	if (b->s.head.terms >= STATEMENT_TERMS_MAX) {
		b->s.head.flags |= STATEMENT_CUT;
		return STATEMENT_NONE;
	}
	struct statement_term *t = BUILD_MORE(b, term, terms);
	t->kind = kind;
	t->size = 1;
	t->text = build_text(b, text);
	return b->s.head.terms - 1;
}

void build_close(struct build *b, uint32_t term)
{
	if (term != STATEMENT_NONE)
		b->s.term[term].size = b->s.head.terms - term;
}

struct statement_relation *build_relation(struct build *b, uint32_t query)
{
	struct statement_relation *r = BUILD_MORE(b, relation, relations);
	r->query = query;
	r->select = STATEMENT_NONE;
	return r;
}

struct statement_conjunct *build_conjunct(struct build *b, uint32_t query)
{
	struct statement_conjunct *c = BUILD_MORE(b, conjunct, conjuncts);
	c->query = query;
	return c;
}

struct statement_arm *build_arm(struct build *b, uint32_t conjunct, uint32_t nth)
{
	struct statement_arm *a = BUILD_MORE(b, arm, arms);
	a->conjunct = conjunct;
	a->nth = nth;
	a->is.query = b->s.conjunct[conjunct].query;
	a->is.join = b->s.conjunct[conjunct].join;
	return a;
}

struct statement_order *build_order(struct build *b, uint32_t query)
{
	struct statement_order *o = BUILD_MORE(b, order, orders);
	o->query = query;
	return o;
}

struct statement_output *build_output(struct build *b, uint32_t query)
{
	struct statement_output *o = BUILD_MORE(b, output, outputs);
	o->query = query;
	return o;
}

struct statement_set *build_set(struct build *b, uint32_t query)
{
	struct statement_set *s = BUILD_MORE(b, set, sets);
	s->query = query;
	return s;
}
