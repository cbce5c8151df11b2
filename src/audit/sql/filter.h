/* Between filter.c and ranges.c: a comparison of a column's expression with a constant, and forms
 * of it that an index could serve. */
#ifndef AUDIT_SQL_FILTER_H
#define AUDIT_SQL_FILTER_H

#include "audit/sql/identity.h"

struct filtered {
	const struct statement *s;
	const struct statement_conjunct *conjunct;
	struct str op;        /* as written: =, <, LIKE, IN, ANY, IS NOT DISTINCT FROM */
	uint32_t left, right; /* terms; left has the column */
	struct columns columns;
	bool qualified;
	struct str base;     /* left over columns of r */
	struct str source;   /* the constant as it is planned */
	struct str constant; /* the text of a literal */
	struct str bare;     /* the literal without casts, as SQL */
	bool literal;        /* else: a parameter or a function */
	bool parameter, null;
};

/* A condition as a pattern: \1 the key, \2 the constant, \3 the key of the constant, \4 the
 * constant without its casts. */
struct form {
	struct str own; /* for the statement's constant */
	struct str any; /* for any constant; empty: as own */
	bool proved;    /* the same rows, whatever they are */
};

/* A range of the column for the day, month or year that the left side is. */
MUST_CHECK bool range_form(struct identity *id, const struct filtered *c,
			   const struct catalog_column *column, struct form *form);

#endif
