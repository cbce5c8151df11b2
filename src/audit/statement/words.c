/* Keywords. */
#include "audit/statement/internal.h"

#include <stdlib.h>
#include <strings.h>

/* In order. */
static const char *const before_operand[] = {
    "all",       "and",    "any",    "array",    "as",        "between",   "by",      "call",
    "case",      "cross",  "delete", "distinct", "do",        "else",      "escape",  "except",
    "execute",   "exists", "filter", "first",    "for",       "from",      "full",    "having",
    "ilike",     "in",     "inner",  "insert",   "intersect", "into",      "is",      "join",
    "lateral",   "left",   "like",   "limit",    "natural",   "next",      "not",     "of",
    "offset",    "on",     "or",     "outer",    "over",      "partition", "perform", "return",
    "returning", "right",  "select", "set",      "similar",   "some",      "table",   "then",
    "to",        "union",  "update", "using",    "values",    "when",      "where",   "with",
};

static int compare_word(const void *key, const void *row)
{
	const struct str *word = key;
	const char *const *name = row;
	int order = strncasecmp(word->p, *name, word->n);
	return order ? order : (*name)[word->n] ? -1 : 0;
}

bool word_before_operand(struct str word)
{
	return bsearch(&word, before_operand, COUNT_OF(before_operand), sizeof(*before_operand),
		       compare_word) != NULL;
}
