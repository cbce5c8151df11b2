/* A comparison of a column's expression with a constant, and forms of it that an index could serve.
 * either.c calls filter.c, which calls forms.c, which calls texts.c, documents.c, ranges.c and
 * steps.c, which call constant.c, as distance.c does. */
#ifndef AUDIT_SQL_FILTER_H
#define AUDIT_SQL_FILTER_H

#include "audit/sql/identity.h"

struct filtered {
	const struct statement *s;
	const struct statement_conjunct *conjunct;
	struct str op;        /* as written: =, <, LIKE, IN, IS NOT DISTINCT FROM */
	uint32_t left, right; /* terms; left has the column */
	struct columns columns;
	bool qualified;
	bool member;         /* IN (...), = ANY (...): several constants */
	bool reversed;       /* constant = ANY (column) */
	bool called;         /* the statement calls the function of the operator */
	bool other;          /* the operator orders nothing: @>, ~, @@ */
	struct str base;     /* left over columns of r */
	struct str source;   /* the constant as it is planned */
	struct str constant; /* the text of a literal */
	struct str bare; /* the literal, or the list of them, without casts and COLLATE, as SQL */
	bool literal;    /* else: a parameter, a function or a list */
	bool fixed;      /* a function of constants that gives the same each time: upper('x') */
	bool parameter, null;
};

/* A condition as a pattern: \1 the key, \2 the constant, \3 the key of the constant, \4 the
 * constant without its casts. */
struct form {
	struct str own; /* for the statement's constant */
	struct str any; /* for any constant; empty: as own */
	/* what the statement has for it, when that is not the constant alone: ^constant$ */
	struct str against;
	bool proved; /* the same rows, whatever they are */
	bool varies; /* depends on now() or the like */
	bool equal;  /* as good as the key has the value that is compared, in every row */
};

enum { FORMS_MAX = 12 };
struct forms {
	struct form at[FORMS_MAX];
	size_t count;
};

/* ---- filter.c ---- */
/* Whether b, behind a, is the other bound of the same expression. */
bool filter_is_range(struct identity *id, const struct statement_conjunct *a,
		     const struct statement_conjunct *b);
/* The other comparisons of (a, b) = (x, y), each behind AND; empty: it is no such one. */
struct str filter_pairs(struct identity *id, const struct statement_conjunct *own);
/* The best rewrite of the comparison alone, or (partner not NULL) of a range; c must live as long.
 * False: there is none. */
MUST_CHECK bool filter_best(struct identity *id, const struct statement_conjunct *conjunct,
			    const struct statement_conjunct *partner, struct filtered *c,
			    struct rewrite *best);

/* ---- constant.c ---- */
/* A constant as SQL, and a text as a literal. */
struct str constant_literal(struct identity *id, const struct statement *s,
			    const struct statement_term *t);
struct str constant_quoted(struct identity *id, struct str text);
/* Whether the constant has the type of the other side: a literal or a parameter without a cast. */
bool constant_is_plain(const struct filtered *c);
/* Whether the term is a function of the case or the margins of a constant. */
bool constant_is_fixed(const struct statement *s, uint32_t term);

/* ---- ranges.c ---- */
/* A range of the column for the day, month or year that the left side is; of IN one for each. */
MUST_CHECK bool range_form(struct identity *id, const struct filtered *c,
			   const struct catalog_column *column, struct form *form);
/* A range of the column for a prefix of its text: made::text LIKE '2024-03-%'. */
struct form range_prefix(struct identity *id, const struct filtered *c,
			 const struct catalog_column *column);

/* ---- steps.c ---- */
/* A bound of a whole number for one with a fraction, which is compared with whole numbers; own.n 0:
 * none. */
struct form steps_whole(struct identity *id, const struct filtered *c,
			const struct catalog_column *column);
/* A range of the column for what it is rounded to, divided by, or for its size; own.n 0: none. */
struct form steps_form(struct identity *id, const struct filtered *c,
		       const struct catalog_column *column);

/* ---- texts.c ---- */
/* Patterns of LIKE for what a function says of a part of a text. */
struct form texts_prefix(struct identity *id, const struct filtered *c,
			 const struct catalog_key *key, const struct catalog_column *column);
struct form texts_suffix(struct identity *id, const struct filtered *c,
			 const struct catalog_key *key, const struct catalog_column *column);
/* LIKE 'abc%' for a key of the first three characters. */
struct form texts_first(struct identity *id, const struct filtered *c,
			const struct catalog_key *key, const struct catalog_column *column);
/* key = 'abc' and key LIKE 'abc%' for ~* '^abc$' and ~* '^abc', where the key has one case. */
struct form texts_regular(struct identity *id, const struct filtered *c,
			  const struct catalog_key *key);
struct form texts_within(struct identity *id, const struct filtered *c,
			 const struct catalog_key *key, const struct catalog_column *column);

/* ---- documents.c ---- */
/* Conditions on members of a document for an index over it, or for one over a member. */
struct form documents_whole(struct identity *id, const struct filtered *c,
			    const struct catalog_key *key, const struct catalog_column *column);
struct form documents_member(struct identity *id, const struct filtered *c,
			     const struct catalog_key *key, const struct catalog_column *column);

/* ---- forms.c ---- */
void forms_of(struct identity *id, const struct filtered *c, const struct catalog_index *index,
	      const struct catalog_key *key, struct forms *forms);
/* The constant without casts, as a constant of the key's type. */
struct str forms_bare(struct identity *id, const struct filtered *c, const struct catalog_key *key);
/* Whether the statement compares what the key is. */
bool forms_is_key(struct identity *id, const struct filtered *c, const struct catalog_key *key);
/* LIKE 'prefix%' on an index that does not sort by bytes. */
bool forms_is_prefix(struct identity *id, const struct filtered *c, const struct catalog_key *key);

#endif
