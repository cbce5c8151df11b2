/* Spans of clauses. The parser's tree says what there is; where it stands is read from tokens of
 * one bracket depth. */
#include "audit/statement/internal.h"

#include <string.h>

static bool token_is(const struct lex *lex, uint32_t token, char mark)
{
	return token < lex->tokens && lex->text[lex->token[token].from] == mark;
}

/* Words that begin a clause behind FROM, and end the one before. */
static bool clause_begins(const struct lex *lex, uint32_t i)
{
	static const char *const words[] = {"where", "having", "window",    "limit",  "offset",
					    "fetch", "union",  "intersect", "except", "returning"};
	if (i && token_is(lex, i - 1, '.'))
		return false;
	for (size_t w = 0; w < COUNT_OF(words); w++)
		if (lex_is(lex, i, words[w]))
			return true;
	if (lex_is(lex, i, "order") || lex_is(lex, i, "group"))
		return lex_is(lex, i + 1, "by");
	return lex_is(lex, i, "for") &&
	       (lex_is(lex, i + 1, "update") || lex_is(lex, i + 1, "share") ||
		lex_is(lex, i + 1, "no") || lex_is(lex, i + 1, "key"));
}

/* Of PL/pgSQL's PERFORM the parser is given a SELECT. */
static bool begins_query(const struct lex *lex, uint32_t i, const char *keyword)
{
	return lex_is(lex, i, keyword) ||
	       (strcmp(keyword, "select") == 0 && lex_is(lex, i, "perform"));
}

static void clauses_scan(const struct lex *lex, uint32_t first, uint32_t limit, struct clauses *out)
{
	uint32_t depth = lex->token[first].depth, i, begun = first;
	struct clause *open = NULL;
	bool select = begins_query(lex, first, "select");
	bool behind = false; /* a clause that stands behind WHERE has begun */
	*out = (struct clauses){.known = true, .depth = depth};
	if (select) {
		out->list.from = first + 1;
		open = &out->list;
	}
	for (i = first + 1;
	     i < lex->tokens && lex->token[i].depth >= depth && lex->token[i].from < limit; i++) {
		if (lex->token[i].depth > depth)
			continue;
		/* behind the SELECT of an INSERT */
		if (lex_is(lex, i, "on") && lex_is(lex, i + 1, "conflict"))
			break;
		/* of DELETE FROM the table is no part of it */
		bool from = (lex_is(lex, i, "from") && !lex_is(lex, i - 1, "distinct") &&
			     !lex_is(lex, i - 1, "delete")) ||
			    (lex_is(lex, i, "using") && lex_is(lex, first, "delete"));
		if (from && !behind && !out->from.from && !out->where.from) {
			if (open)
				open->to = i;
			out->from.from = i + 1;
			open = &out->from;
			continue;
		}
		if (!clause_begins(lex, i))
			continue;
		if (open)
			open->to = i;
		open = NULL;
		if (lex_is(lex, i, "where") && !behind) {
			out->where.from = i + 1;
			open = &out->where;
			continue;
		}
		if (lex_is(lex, i, "order")) {
			out->order.from = i + 2;
			open = &out->order;
		}
		if (lex_is(lex, i, "for")) {
			out->lock.from = out->lock.to ? out->lock.from : i;
			open = &out->lock;
		}
		if (!behind)
			begun = i;
		behind = true;
	}
	if (open)
		open->to = i;
	out->all = (struct clause){first, i};
	out->insert = (behind ? begun : i) - 1;
}

void clauses_of(const struct build *b, uint32_t offset, const char *keyword, struct clauses *out)
{
	const struct lex *lex = b->lex;
	uint32_t i = lex_at(lex, offset);
	*out = (struct clauses){0};
	if (i >= lex->tokens)
		return;
	uint32_t depth = lex->token[i].depth;
	/* PERFORM begins a byte before the SELECT that stands for it */
	while (i-- > 0 && lex->token[i].depth >= depth && lex->token[i].from + 1 >= b->shift) {
		if (lex->token[i].depth == depth && begins_query(lex, i, keyword)) {
			clauses_scan(lex, i, b->limit, out);
			return;
		}
	}
}

static bool is_separator(const struct lex *lex, uint32_t i, const char *separator, bool *between)
{
	if (*separator == ',')
		return token_is(lex, i, ',') && lex->token[i].kind == LEX_MARK;
	/* the AND of BETWEEN separates nothing */
	if (*separator == 'a' && lex_is(lex, i, "between"))
		*between = true;
	if (!lex_is(lex, i, separator))
		return false;
	bool splits = !*between;
	*between = false;
	return splits;
}

static bool has_word(const struct lex *lex, struct clause c, uint32_t depth, const char *word)
{
	for (uint32_t i = c.from; i < c.to; i++)
		if (lex->token[i].depth == depth && lex_is(lex, i, word))
			return true;
	return false;
}

struct clause clause_nth(const struct lex *lex, struct clause clause, const char *separator,
			 size_t n)
{
	struct clause part = {clause.from, clause.from};
	bool between = false;
	if (clause.from >= clause.to)
		return (struct clause){0};
	uint32_t depth = lex->token[clause.from].depth;
	for (uint32_t i = clause.from; i < clause.to; i++) {
		if (lex->token[i].depth != depth || !is_separator(lex, i, separator, &between))
			continue;
		if (n-- == 0) {
			part.to = i;
			return part;
		}
		part.from = i + 1;
	}
	part.to = clause.to;
	return n == 0 ? part : (struct clause){0};
}

struct clause clause_inside(const struct lex *lex, struct clause clause)
{
	while (clause.to > clause.from + 2 && token_is(lex, clause.from, '(') &&
	       token_is(lex, clause.to - 1, ')')) {
		const struct clause inside = {clause.from + 1, clause.to - 1};
		for (uint32_t i = inside.from; i < inside.to; i++)
			if (lex->token[i].depth <= lex->token[clause.from].depth)
				return clause;
		clause = inside;
	}
	return clause;
}

struct clause clause_part(const struct lex *lex, struct clause clause, const char *separator,
			  uint32_t offset)
{
	while (clause.from < clause.to) {
		uint32_t depth = lex->token[clause.from].depth;
		struct clause part = clause;
		if (!has_word(lex, clause, depth, "or"))
			for (size_t n = 0;; n++) {
				part = clause_nth(lex, clause, separator, n);
				if (part.from >= part.to)
					return (struct clause){0};
				if (lex->token[part.to - 1].to > offset)
					break;
			}
		/* (a AND b) or ((a AND b)) as one part: its inside, when that is more than one */
		struct clause inside = clause_inside(lex, part);
		uint32_t below = lex->token[inside.from].depth;
		if (inside.from == part.from || !has_word(lex, inside, below, separator) ||
		    has_word(lex, inside, below, "or"))
			return part;
		clause = inside;
	}
	return clause;
}

struct clause clause_on(const struct build *b, uint32_t offset)
{
	static const char *const ends[] = {"join",  "left",    "right", "full", "inner",
					   "cross", "natural", "on",    "set",  "when"};
	const struct lex *lex = b->lex;
	uint32_t i = lex_at(lex, offset), to;
	if (i >= lex->tokens)
		return (struct clause){0};
	uint32_t depth = lex->token[i].depth;
	for (to = i; i-- > 0 && lex->token[i].from >= b->shift;) {
		depth = lex->token[i].depth < depth ? lex->token[i].depth : depth;
		if (lex->token[i].depth == depth && lex_is(lex, i, "on"))
			break;
	}
	if (i >= lex->tokens || !lex_is(lex, i, "on"))
		return (struct clause){0};
	for (; to < lex->tokens && lex->token[to].from < b->limit; to++) {
		if (lex->token[to].depth > depth)
			continue;
		bool ended = lex->token[to].depth < depth || token_is(lex, to, ',') ||
			     clause_begins(lex, to);
		for (size_t w = 0; w < COUNT_OF(ends) && !ended; w++)
			/* left(x, 2) is a function */
			ended = lex_is(lex, to, ends[w]) && !token_is(lex, to + 1, '(');
		if (ended)
			break;
	}
	return (struct clause){i + 1, to};
}

struct clause clause_window(const struct build *b, uint32_t offset)
{
	const struct lex *lex = b->lex;
	uint32_t open = lex_at(lex, offset), i = open;
	struct clause order = {0};
	if (!token_is(lex, open, '('))
		return order;
	while (++i < lex->tokens && lex->token[i].depth > lex->token[open].depth) {
		if (lex->token[i].depth != lex->token[open].depth + 1)
			continue;
		if (lex_is(lex, i, "order") && lex_is(lex, i + 1, "by"))
			order.from = i + 2;
		if (order.from &&
		    (lex_is(lex, i, "rows") || lex_is(lex, i, "range") || lex_is(lex, i, "groups")))
			break;
	}
	order.to = order.from ? i : 0;
	return order;
}

struct clause clause_sorted(const struct lex *lex, struct clause item)
{
	if (item.to - item.from > 2 && lex_is(lex, item.to - 2, "nulls"))
		item.to -= 2;
	if (item.to - item.from > 1 &&
	    (lex_is(lex, item.to - 1, "asc") || lex_is(lex, item.to - 1, "desc")))
		item.to -= 1;
	else if (item.to - item.from > 2 && lex_is(lex, item.to - 2, "using"))
		item.to -= 2;
	return item;
}
