/* What the files of directory/search share. */
#ifndef DIRECTORY_SEARCH_INTERNAL_H
#define DIRECTORY_SEARCH_INTERNAL_H

#include "db/async/async.h"
#include "directory/search/search.h"
#include "directory/words/words.h"

/* ---- plan.c: filters x order -> statement ---- */

enum plan_filter {
	PLAN_GROUP = 1,
	PLAN_CATEGORY = 2,
	PLAN_REGION = 4,
	PLAN_CITY = 8,
	PLAN_TEXT = 16,
	PLAN_NEAR = 32,
	PLAN_FACETS = 64, /* choices of facets.def */
};

struct plan {
	enum search_sort sort;
	unsigned filters;  /* all of these are asked */
	unsigned optional; /* and any of these */
	bool common;       /* of two plans for the same text: the one for common words */
	const struct db_statement *statement;
	/* Its parameters in order: w all words and three sets (4), p point and radius (4), g group,
	 * c category, r region, t city, k key of the row before (2), n rows to walk, l rows to give */
	const char *params;
};

/* NULL: not possible. */
const struct plan *plan_find(unsigned filters, enum search_sort sort, bool common);
/* What is possible with that order, in words. */
void plan_describe(struct buf *out, enum search_sort sort);
extern const char *const plan_sort_names[SEARCH_SORTS];

/* ---- cursor.c: where a page begins ---- */

/* The key of a row: its place in the order as PostgreSQL writes it (exact for every type), and the id. */
struct key {
	struct str text;
	int64_t id;
};
struct key key_before_all(enum search_sort sort);
/* Base64url of the key and a hash over it and the query: a cursor of another query, or a changed one,
 * is refused. It is no secret and gives no rights, so the hash has no key. */
MUST_CHECK struct str cursor_write(struct arena *arena, const struct search_query *q,
				   const struct key *key);
MUST_CHECK bool cursor_read(struct arena *arena, const struct search_query *q,
			    enum search_sort sort, struct key *out);

/* ---- text.c: what typed words mean ---- */

enum { TEXT_SETS = 3, TEXT_ALTERNATIVES = 8 };
struct text {
	struct str all;            /* array literal: every one must be there (facets too) */
	struct str set[TEXT_SETS]; /* array literals: one of each; empty: not used */
	struct str understood;     /* the mended query; empty when nothing was mended */
	int64_t at_most;           /* businesses that can match */
	double share;              /* of all that match when the words are independent */
	bool hopeless;             /* a word that nothing resembles */
};
/* From the rows of words_like; total: businesses there are; facets: array elements of the filters. */
MUST_CHECK bool text_read(struct arena *arena, const struct words *typed,
			  const struct db_rows *rows, int64_t total, const char *facets,
			  struct text *out);
MUST_CHECK struct str text_array(struct arena *arena, const struct words *typed);
/* One insertion, deletion, substitution or transposition of neighbours. UTF-8. */
bool text_one_edit(struct str a, struct str b);

/* ---- rows.c: columns -> struct. False: over the arena's maximum ---- */

/* rows_business reads the row `business` of sql/queries/directory.sql, rows_detail the columns of
 * business_get beyond it. at_s: the instant whose opening state is told. Texts are copied. The key is a
 * chord when with_distance. */
MUST_CHECK bool rows_business(struct arena *arena, const struct db_rows *rows, int row,
			      int64_t at_s, bool with_distance, struct search_business *out);
MUST_CHECK bool rows_detail(struct arena *arena, const struct db_rows *rows, int row,
			    struct search_business *out);
struct taxonomy_category;
/* A category of the taxonomy (NULL: stays empty) with its count. */
void rows_category(const struct taxonomy_category *category, int64_t businesses,
		   struct search_category *out);
MUST_CHECK bool rows_text(struct arena *arena, const struct db_rows *rows, int row, int column,
			  struct str *out);

/* ---- search.c ---- */

/* One query at a time that ends with its arena: when the requester is gone, so is the callback. */
struct ask {
	struct db_pool *db;
	struct arena *arena;
	struct db_query *running;
};
void ask_init(struct ask *ask, struct db_pool *db, struct arena *arena);
MUST_CHECK enum status ask_query(struct ask *ask, const struct db_statement *statement,
				 const struct db_param *params, int count, db_done *done, void *ctx,
				 struct err *err);
/* Call first in every db_done. */
void ask_answered(struct ask *ask);
/* What a database error means for the requester; logs what nobody else would see. */
enum search_problem ask_problem(enum status status, const struct err *err);

#endif
