#include "directory/search/internal.h"

#include <math.h>
#include <string.h>
#include "base/clock.h"
#include "directory/taxonomy/taxonomy.h"
#include "sql/directory.h"

enum {
	/* Up to so many matches, fetching all of them costs less (8 ms) than meeting enough of
	 * them on the way down the order. */
	RARE = 5000,
	/* Near: a match is met on the way out sooner, and each costs two tables. */
	RARE_NEAR = 10000,
	/* Businesses looked at for common words before the words' own index is asked after all: as
	 * many as it takes when the words are independent, if that is within WALK; when they are rarely
	 * together a few, in case that these words are not independent ("New York"). */
	WALK = 6000,
	WALK_ON_TRIAL = 2000,
	/* Businesses whose hours are looked at for one page; then it stays short and says where to
	 * go on. */
	OPEN_WALK = 5000,
	OPEN_CHUNK_MIN = 100,
	OPEN_CHUNK_MAX = 1000,
	FACETS_BYTES = 1024,
};

static const double earth_radius_m = 6371008.8; /* mean, IUGG */

struct listing {
	struct ask ask;
	struct search_query q;
	search_list_done *done;
	void *ctx;

	unsigned filters;
	int64_t group, category, region, city; /* 0: not asked */
	int64_t at_most;                       /* businesses that place and category leave */
	int64_t total;
	int64_t at_s;
	struct words typed;
	struct text text;
	const struct plan *plan;
	struct key key; /* of the last row looked at */
	int fetch;
	int walk; /* for common words */
	int walked;
	struct search_list list;
};

static void finish(struct listing *l)
{
	l->done(l->ctx, &l->list);
}

static void refuse(struct listing *l, enum search_problem problem, const char *sentence)
{
	l->list.problem = problem;
	if (sentence)
		err_set(&l->list.err, FAILED, "%s", sentence);
	finish(l);
}

static void refuse_database(struct listing *l, enum status status, const struct err *err)
{
	l->list.problem = ask_problem(status, err);
	err_set(&l->list.err, status, "%s",
		l->list.problem != SEARCH_FAILED ? "the directory is busy or away; try again"
						 : "the directory could not be read");
	finish(l);
}

static void too_large(struct listing *l)
{
	refuse(l, SEARCH_FAILED, "the answer does not fit into a request's memory");
}

/* ---- the page ---- */

static int params_of(const struct listing *l, struct db_param *out)
{
	int n = 0;
	double lat = l->q.lat * M_PI / 180, lon = l->q.lon * M_PI / 180;
	for (const char *kind = l->plan->params; *kind; kind++) {
		switch (*kind) {
		case 'w':
			out[n++] = DB_TEXT(l->text.all);
			for (int i = 0; i < TEXT_SETS; i++)
				out[n++] = DB_TEXT_OR_NULL(l->text.set[i]);
			break;
		case 'p':
			out[n++] = DB_DOUBLE(cos(lat) * cos(lon));
			out[n++] = DB_DOUBLE(cos(lat) * sin(lon));
			out[n++] = DB_DOUBLE(sin(lat));
			out[n++] = DB_DOUBLE(2 * sin(l->q.radius_m / (2 * earth_radius_m)));
			break;
		case 'g':
			out[n++] = l->group ? DB_I64(l->group) : DB_NULL;
			break;
		case 'c':
			out[n++] = l->category ? DB_I64(l->category) : DB_NULL;
			break;
		case 'r':
			out[n++] = DB_I64(l->region);
			break;
		case 't':
			out[n++] = DB_I64(l->city);
			break;
		case 'k':
			out[n++] = DB_TEXT(l->key.text);
			out[n++] = DB_I64(l->key.id);
			break;
		case 'n':
			out[n++] = DB_I64(l->walk);
			break;
		case 'l':
			out[n++] = DB_I64(l->fetch);
			break;
		default:
			must(false);
		}
	}
	return n;
}

static void page(struct listing *l);

static void give_next(struct listing *l)
{
	l->list.next = cursor_write(l->ask.arena, &l->q, &l->key);
	if (!l->list.next.p)
		too_large(l);
	else
		finish(l);
}

static void page_done(void *ctx, enum status status, const struct db_rows *rows,
		      const struct err *err)
{
	struct listing *l = ctx;
	ask_answered(&l->ask);
	if (status != OK) {
		refuse_database(l, status, err);
		return;
	}
	for (int row = 0; row < rows->rows; row++) {
		if (l->list.count == (size_t)l->q.limit) {
			give_next(l);
			return;
		}
		struct search_business *b = &l->list.item[l->list.count];
		if (!rows_business(l->ask.arena, rows, row, l->at_s,
				   l->list.sort == SEARCH_DISTANCE, b) ||
		    !rows_text(l->ask.arena, rows, row, SQL_BUSINESS_KEY, &l->key.text)) {
			too_large(l);
			return;
		}
		l->key.id = b->id;
		l->walked++;
		if (!l->q.open || b->open == SEARCH_OPEN)
			l->list.count++;
	}
	bool full = rows->rows == l->fetch;
	if (!full && strchr(l->plan->params, 'n')) {
		/* Fewer than hoped for among the best: ask the words' index for the rest. */
		l->plan = plan_find(l->filters, l->list.sort, false);
		page(l);
	} else if (!full) {
		finish(l);
	} else if (l->walked >= OPEN_WALK) {
		give_next(l);
	} else {
		page(l);
	}
}

static void page(struct listing *l)
{
	struct db_param params[DB_PARAMS_MAX];
	int count = params_of(l, params);
	struct err err;
	enum status status =
	    ask_query(&l->ask, l->plan->statement, params, count, page_done, l, &err);
	if (status != OK)
		refuse_database(l, status, &err);
}

/* ---- words ---- */

static void begin_pages(struct listing *l)
{
	int64_t matches = l->text.at_most < l->at_most ? l->text.at_most : l->at_most;
	double total = l->total > 0 ? (double)l->total : 1;
	double share = l->text.share;
	if (l->at_most < l->total)
		share *= (double)l->at_most / total;
	/* The walk gives a row for every 1 / share it looks at. */
	l->walk = share * WALK >= l->fetch ? WALK : WALK_ON_TRIAL;
	l->plan = plan_find(l->filters, l->list.sort, matches > (l->q.near ? RARE_NEAR : RARE));
	page(l);
}

/* What the text statements look for: the words, where they are rows of words_like, and the filters as facets. */
static void read_text(struct listing *l, const struct db_rows *rows)
{
	struct buf b;
	buf_init(&b, FACETS_BYTES);
	const struct {
		char letter;
		int64_t id;
	} facet[] = {{'c', l->category},
		     {'g', l->category ? 0 : l->group},
		     {'r', l->city ? 0 : l->region},
		     {'t', l->city}};
	search_query_facets(&b, &l->q);
	for (size_t i = 0; i < COUNT_OF(facet); i++)
		if (facet[i].id)
			buf_printf(&b, "%s@%c%lld", b.n ? "," : "", facet[i].letter,
				   (long long)facet[i].id);
	must(!buf_failed(&b));
	bool fits = text_read(l->ask.arena, &l->typed, rows, l->total, buf_z(&b), &l->text);
	buf_release(&b);
	l->list.understood = l->text.understood;
	if (!fits)
		too_large(l);
	else if (l->text.hopeless)
		finish(l);
	else
		begin_pages(l);
}

static void words_done(void *ctx, enum status status, const struct db_rows *rows,
		       const struct err *err)
{
	struct listing *l = ctx;
	ask_answered(&l->ask);
	if (status != OK)
		refuse_database(l, status, err);
	else
		read_text(l, rows);
}

static void ask_words(struct listing *l)
{
	if (!(l->filters & (PLAN_TEXT | PLAN_FACETS))) {
		begin_pages(l);
		return;
	}
	if (!(l->filters & PLAN_TEXT)) {
		read_text(l, NULL);
		return;
	}
	struct str typed = text_array(l->ask.arena, &l->typed);
	if (!typed.p) {
		too_large(l);
		return;
	}
	struct err err;
	enum status status =
	    ask_query(&l->ask, &sql_words_like, (const struct db_param[]){DB_TEXT(typed)}, 1,
		      words_done, l, &err);
	if (status != OK)
		refuse_database(l, status, &err);
}

/* ---- places ---- */

static bool read_places(struct listing *l, const struct db_rows *rows)
{
	struct arena *arena = l->ask.arena;
	struct search_place *region = &l->list.region, *city = &l->list.city;
	l->region = db_i64(rows, 0, SQL_PLACES_OF_QUERY_REGION_ID);
	l->city = db_i64(rows, 0, SQL_PLACES_OF_QUERY_CITY_ID);
	region->businesses = db_i64(rows, 0, SQL_PLACES_OF_QUERY_REGION_BUSINESSES);
	city->businesses = db_i64(rows, 0, SQL_PLACES_OF_QUERY_CITY_BUSINESSES);
	if (l->region)
		l->at_most = region->businesses;
	if (l->city)
		l->at_most = city->businesses;
	l->total = db_i64(rows, 0, SQL_PLACES_OF_QUERY_ALL_BUSINESSES);
	if (!db_null(rows, 0, SQL_PLACES_OF_QUERY_CATEGORY_BUSINESSES) &&
	    db_i64(rows, 0, SQL_PLACES_OF_QUERY_CATEGORY_BUSINESSES) < l->at_most)
		l->at_most = db_i64(rows, 0, SQL_PLACES_OF_QUERY_CATEGORY_BUSINESSES);
	return rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_REGION_KEY, &region->key) &&
	       rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_REGION_NAME, &region->name) &&
	       rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_REGION_COUNTRY, &region->country) &&
	       rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_CITY_KEY, &city->key) &&
	       rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_CITY_NAME, &city->name) &&
	       rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_CITY_COUNTRY, &city->country);
}

static void places_done(void *ctx, enum status status, const struct db_rows *rows,
			const struct err *err)
{
	struct listing *l = ctx;
	ask_answered(&l->ask);
	if (status != OK) {
		refuse_database(l, status, err);
		return;
	}
	if (!read_places(l, rows)) {
		too_large(l);
		return;
	}
	if (l->q.region.n && !l->region) {
		refuse(l, SEARCH_NO_SUCH_PLACE, "there is no region of that key");
	} else if (l->q.city.n && !l->city) {
		refuse(l, SEARCH_NO_SUCH_PLACE, "there is no city of that key");
	} else if (l->region && l->city &&
		   db_i64(rows, 0, SQL_PLACES_OF_QUERY_CITY_REGION_ID) != l->region) {
		refuse(l, SEARCH_NO_SUCH_PLACE, "the city is not in that region");
	} else {
		if (l->city)
			l->filters &= ~(unsigned)PLAN_REGION; /* the city says it all */
		ask_words(l);
	}
}

static void ask_places(struct listing *l)
{
	if (!l->q.region.n && !l->q.city.n && !(l->filters & (PLAN_TEXT | PLAN_FACETS))) {
		ask_words(l);
		return;
	}
	const struct db_param params[] = {
	    DB_TEXT_OR_NULL(l->q.region),
	    DB_TEXT_OR_NULL(l->q.city),
	    l->category ? DB_I64(l->category) : DB_NULL,
	    l->group && !l->category ? DB_I64(l->group) : DB_NULL,
	};
	struct err err;
	enum status status =
	    ask_query(&l->ask, &sql_places_of_query, params, 4, places_done, l, &err);
	if (status != OK)
		refuse_database(l, status, &err);
}

/* ---- the question ---- */

static bool read_category(struct listing *l)
{
	const struct taxonomy_category *category = taxonomy_find(TAXONOMY_KEY, l->q.category);
	const struct taxonomy_group *group =
	    category ? taxonomy_group(str_of(category->group)) : taxonomy_group(l->q.category);
	if (!group)
		return false;
	struct search_category *c = &l->list.category;
	c->group_key = str_of(group->key);
	c->group_label = str_of(group->label);
	c->key = category ? str_of(category->key) : c->group_key;
	c->label = category ? str_of(category->label) : c->group_label;
	if (category)
		c->schema_type = str_of(category->schema_type);
	l->group = group->id;
	l->category = category ? category->id : 0;
	l->filters |= category ? PLAN_CATEGORY : PLAN_GROUP;
	return true;
}

static bool read_words(struct listing *l)
{
	words_init(&l->typed);
	words_add(&l->typed, l->q.q);
	if (l->typed.count > SEARCH_WORDS_MAX)
		l->typed.count = SEARCH_WORDS_MAX;
	l->filters |= PLAN_TEXT;
	return l->typed.count > 0;
}

static void refuse_combination(struct listing *l)
{
	struct buf b;
	buf_init(&b, 400);
	plan_describe(&b, l->list.sort);
	l->list.problem = SEARCH_UNSUPPORTED_COMBINATION;
	err_set(&l->list.err, INVALID, "sort=%s goes with: %s; open_at goes with each",
		plan_sort_names[l->list.sort], buf_z(&b));
	buf_release(&b);
	finish(l);
}

static enum search_sort sort_of(const struct search_query *q)
{
	return q->sort_given ? q->sort : q->near ? SEARCH_DISTANCE : SEARCH_QUALITY;
}

static unsigned choice_filters(const struct search_query *q)
{
	for (size_t i = 0; i < SEARCH_CHOICES; i++)
		if (q->choice[i])
			return PLAN_FACETS;
	return 0;
}

/* A city stands for its region. */
static unsigned place_filters(const struct search_query *q)
{
	return (q->city.n     ? PLAN_CITY
		: q->region.n ? PLAN_REGION
			      : 0u) |
	       (q->near ? PLAN_NEAR : 0u) | choice_filters(q);
}

bool search_possible(const struct search_query *q)
{
	unsigned filters = place_filters(q) | (q->q.n ? PLAN_TEXT : 0u);
	if (q->category.n)
		filters |= taxonomy_group(q->category) ? PLAN_GROUP : PLAN_CATEGORY;
	return plan_find(filters, sort_of(q), false) != NULL;
}

void search_list(struct db_pool *db, struct arena *arena, const struct search_query *q,
		 search_list_done *done, void *ctx)
{
	static const struct search_list no_memory = {.problem = SEARCH_FAILED};
	struct listing *l = arena_alloc(arena, sizeof(*l));
	struct search_business *item =
	    arena_array(arena, (size_t)q->limit + 1, sizeof(struct search_business));
	if (!l || !item) {
		done(ctx, &no_memory);
		return;
	}
	ask_init(&l->ask, db, arena);
	l->q = *q;
	l->done = done;
	l->ctx = ctx;
	l->list.item = item;
	l->list.sort = sort_of(q);
	l->at_most = INT64_MAX;
	l->text.at_most = INT64_MAX;
	l->at_s = q->open && !q->open_now ? q->open_at_s : clock_wall_us() / 1000000;
	l->fetch = q->limit + 1;
	if (q->open) {
		l->fetch = 4 * q->limit < OPEN_CHUNK_MIN ? OPEN_CHUNK_MIN : 4 * q->limit;
		must(l->fetch <= OPEN_CHUNK_MAX);
	}
	l->filters = (q->region.n ? PLAN_REGION : 0u) | (q->city.n ? PLAN_CITY : 0u) |
		     (q->near ? PLAN_NEAR : 0u) | choice_filters(q);
	l->key = key_before_all(l->list.sort);
	if (q->category.n && !read_category(l)) {
		refuse(l, SEARCH_NO_SUCH_CATEGORY, "there is no category or group of that key");
	} else if (q->q.n && !read_words(l)) {
		refuse(l, SEARCH_INVALID_PARAMETER, "q has no letters or digits to search for");
	} else if (!plan_find(l->filters & PLAN_CITY ? l->filters & ~(unsigned)PLAN_REGION
						     : l->filters,
			      l->list.sort, false)) {
		refuse_combination(l);
	} else if (q->cursor.n && !cursor_read(arena, q, l->list.sort, &l->key)) {
		refuse(
		    l, SEARCH_INVALID_CURSOR,
		    "the cursor is not one of ours or belongs to another query; begin without one");
	} else {
		ask_places(l);
	}
}
