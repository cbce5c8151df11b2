/* Completions of a text: two bounded ranges of indexes and the table of categories. */
#include "directory/search/internal.h"

#include "sql/directory.h"

enum { SHARE = 3 }; /* of the suggestions, a third each may be categories and towns */

struct suggesting {
	struct ask ask;
	search_suggestions_done *done;
	void *ctx;
	struct str key, above; /* folded, and what is behind all that begin so */
	size_t limit;
	struct search_suggestions list;
};

static void suggest_finish(struct suggesting *s)
{
	s->done(s->ctx, &s->list);
}

static void suggest_refuse(struct suggesting *s, enum status status, const struct err *err)
{
	s->list.problem = ask_problem(status, err);
	s->list.err = *err;
	suggest_finish(s);
}

static void suggest_ask(struct suggesting *s, const struct db_statement *statement, size_t most,
			db_done *done)
{
	struct err err;
	const struct db_param params[] = {DB_TEXT(s->key), DB_TEXT(s->above),
					  DB_I64((int64_t)most)};
	enum status status = ask_query(&s->ask, statement, params, 3, done, s, &err);
	if (status != OK)
		suggest_refuse(s, status, &err);
}

/* False: no room for its texts. */
static bool suggest_add(struct suggesting *s, enum search_suggestion_kind kind,
			const struct db_rows *rows, int row, int name, int businesses)
{
	struct search_suggestion *item = &s->list.item[s->list.count++];
	*item =
	    (struct search_suggestion){.kind = kind, .businesses = db_i64(rows, row, businesses)};
	return rows_text(s->ask.arena, rows, row, name, &item->text);
}

static void suggest_no_room(struct suggesting *s)
{
	s->list.problem = SEARCH_FAILED;
	err_set(&s->list.err, TOO_LARGE, "the answer does not fit into a request's memory");
	suggest_finish(s);
}

/* False: there are no rows, and the caller has been told. */
static bool suggest_has_rows(struct suggesting *s, enum status status, const struct err *err)
{
	ask_answered(&s->ask);
	if (status != OK)
		suggest_refuse(s, status, err);
	return status == OK;
}

static void suggest_names_done(void *ctx, enum status status, const struct db_rows *rows,
			       const struct err *err)
{
	struct suggesting *s = ctx;
	bool fits = true;
	if (!suggest_has_rows(s, status, err))
		return;
	for (int row = 0; row < rows->rows && s->list.count < s->limit && fits; row++)
		fits = suggest_add(s, SEARCH_SUGGEST_NAME, rows, row, SQL_SUGGEST_NAMES_NAME,
				   SQL_SUGGEST_NAMES_NAMESAKES);
	if (fits)
		suggest_finish(s);
	else
		suggest_no_room(s);
}

static bool suggest_add_town(struct suggesting *s, const struct db_rows *rows, int row)
{
	struct search_suggestion *item = &s->list.item[s->list.count];
	return suggest_add(s, SEARCH_SUGGEST_TOWN, rows, row, SQL_SUGGEST_TOWNS_NAME,
			   SQL_SUGGEST_TOWNS_BUSINESSES) &&
	       rows_text(s->ask.arena, rows, row, SQL_SUGGEST_TOWNS_KEY, &item->key) &&
	       rows_text(s->ask.arena, rows, row, SQL_SUGGEST_TOWNS_COUNTRY, &item->country);
}

static void suggest_towns_done(void *ctx, enum status status, const struct db_rows *rows,
			       const struct err *err)
{
	struct suggesting *s = ctx;
	bool fits = true;
	if (!suggest_has_rows(s, status, err))
		return;
	for (int row = 0; row < rows->rows && s->list.count < s->limit && fits; row++)
		fits = suggest_add_town(s, rows, row);
	if (!fits)
		suggest_no_room(s);
	else if (s->list.count == s->limit)
		suggest_finish(s);
	else
		suggest_ask(s, &sql_suggest_names, s->limit - s->list.count, suggest_names_done);
}

void search_suggest(struct db_pool *db, struct arena *arena, struct str q, int limit,
		    search_suggestions_done *done, void *ctx)
{
	static const struct search_suggestions no_memory = {.problem = SEARCH_FAILED};
	struct suggesting *s = arena_alloc(arena, sizeof(*s));
	struct phrase_name names[SEARCH_SUGGESTIONS_MAX];
	char key[WORDS_KEY_BYTES];
	if (!s) {
		done(ctx, &no_memory);
		return;
	}
	must(limit > 0 && limit <= SEARCH_SUGGESTIONS_MAX);
	ask_init(&s->ask, db, arena);
	s->done = done;
	s->ctx = ctx;
	s->limit = (size_t)limit;
	s->key = arena_str(arena, words_key(q, key));
	s->above = ARENA_JOIN(arena, s->key, STR("\xf4\x8f\xbf\xbf"));
	if (!s->key.p || !s->above.p) {
		suggest_no_room(s);
	} else if (!s->key.n) {
		suggest_finish(s);
	} else {
		size_t share = (s->limit + SHARE - 1) / SHARE;
		size_t count = phrases_begin(s->key, names, share);
		for (size_t i = 0; i < count; i++)
			s->list.item[s->list.count++] =
			    (struct search_suggestion){.kind = SEARCH_SUGGEST_CATEGORY,
						       .text = names[i].text,
						       .key = str_of(names[i].category->key),
						       .businesses = -1};
		suggest_ask(s, &sql_suggest_towns, share, suggest_towns_done);
	}
}
