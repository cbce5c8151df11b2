/* Texts with replacements. Nothing is deparsed: what is not replaced is the source. */
#include "audit/sql/identity.h"
#include "base/ascii.h"

#include <stdlib.h>

void edit_add(struct edits *edits, struct statement_span span, struct str text)
{
	if (edits->count == EDITS_MAX || !text.p) {
		edits->failed = true;
		return;
	}
	size_t at = edits->count++;
	for (; at > 0 && edits->at[at - 1].span.from > span.from; at--)
		edits->at[at] = edits->at[at - 1];
	edits->at[at] = (struct edit){span, text};
}

void edit_put(struct buf *out, struct str body, struct statement_span span,
	      const struct edits *edits, const struct edits *more)
{
	size_t i = 0, j = 0, edited = edits ? edits->count : 0, added = more ? more->count : 0;
	uint32_t at = span.from;
	must(span.from <= span.to && span.to <= body.n);
	while (i < edited || j < added) {
		/* of two for one place the added one stands: it was made of the other's result */
		bool second =
		    i == edited || (j < added && more->at[j].span.from <= edits->at[i].span.from);
		const struct edit *e = second ? &more->at[j++] : &edits->at[i++];
		if (e->span.from < at || e->span.to > span.to)
			continue;
		buf_add(out, body.p + at, e->span.from - at);
		buf_str(out, e->text);
		at = e->span.to;
	}
	buf_add(out, body.p + at, span.to - at);
}

uint32_t edit_source(struct statement_span span, const struct edits *edits,
		     const struct edits *more, size_t at, bool end)
{
	size_t i = 0, j = 0, put = 0;
	uint32_t from = span.from;
	while (i < edits->count || j < more->count) {
		bool second = i == edits->count ||
			      (j < more->count && more->at[j].span.from <= edits->at[i].span.from);
		const struct edit *e = second ? &more->at[j++] : &edits->at[i++];
		if (e->span.from < from || e->span.to > span.to)
			continue;
		size_t kept = e->span.from - from;
		if (end ? at <= put + kept : at < put + kept)
			break;
		put += kept;
		if (end ? at <= put + e->text.n : at < put + e->text.n)
			return end ? e->span.to : e->span.from;
		put += e->text.n;
		from = e->span.to;
	}
	size_t source = at > put ? from + (at - put) : from;
	return source < span.to ? (uint32_t)source : span.to;
}

bool edit_is_closed(struct str text)
{
	size_t at = 0, depth = 0;
	while (at < text.n &&
	       (ascii_is_alnum(text.p[at]) || text.p[at] == '_' || text.p[at] == '.'))
		at++;
	for (char quote = 0; at < text.n; at++) {
		char c = text.p[at];
		if (quote || c == '\'' || c == '"') {
			quote = !quote ? c : c == quote ? 0 : quote;
			continue;
		}
		depth += c == '(';
		if (!depth)
			return false;
		depth -= c == ')';
		if (!depth)
			return at + 1 == text.n;
	}
	return false;
}

/* Sorted. Words that must be quoted as the name of a column or table. */
static const char *const reserved[] = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
};

static int edit_compare(const void *key, const void *row)
{
	const struct str *word = key;
	return str_cmp(*word, str_of(*(const char *const *)row));
}

void edit_name(struct buf *out, struct str name)
{
	bool plain = name.n && !ascii_is_digit(name.p[0]) && name.p[0] != '$';
	for (size_t i = 0; i < name.n; i++)
		plain &= ascii_is_lower(name.p[i]) || name.p[i] == '_' || ascii_is_digit(name.p[i]);
	if (plain &&
	    !bsearch(&name, reserved, COUNT_OF(reserved), sizeof(*reserved), edit_compare)) {
		buf_str(out, name);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, name.p[i]);
	}
	buf_putc(out, '"');
}
