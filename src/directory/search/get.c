/* Everything but lists of businesses: one statement, one answer each. */
#include "directory/search/internal.h"

#include "base/clock.h"
#include "directory/record/record.h"
#include "directory/taxonomy/taxonomy.h"
#include "directory/words/words.h"
#include "sql/directory.h"

enum { SERVED_KEYS_MAX = 1 << 20 };

static const char away[] = "the directory is busy or away; try again";
static const char unreadable[] = "the directory could not be read";
static const char no_room[] = "the answer does not fit into a request's memory";

static enum search_problem refuse(struct err *out, enum status status, const struct err *cause)
{
	enum search_problem problem = ask_problem(status, cause);
	err_set(out, status, "%s", problem != SEARCH_FAILED ? away : unreadable);
	return problem;
}

/* ---- one business ---- */

struct getting {
	struct ask ask;
	search_get_done *done;
	void *ctx;
	int64_t id;
	struct search_one one;
};

/* It is not in the directory: whether it was, and has closed for good. */
static void get_closed_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct getting *g = ctx;
	ask_answered(&g->ask);
	if (status != OK) {
		g->one.problem = refuse(&g->one.err, status, err);
	} else if (rows->rows == 0) {
		g->one.problem = SEARCH_NO_SUCH_BUSINESS;
		err_set(&g->one.err, NOT_FOUND, "there is no business of that id");
	} else {
		struct str name = db_text(rows, 0, SQL_BUSINESS_CLOSED_GET_NAME);
		struct str since = db_text(rows, 0, SQL_BUSINESS_CLOSED_GET_CLOSED_ON);
		g->one.problem = SEARCH_BUSINESS_CLOSED;
		err_set(&g->one.err, NOT_FOUND, "%.*s has been closed for good%s%.*s",
			STR_ARG(name), since.n ? " since " : "", STR_ARG(since));
	}
	g->done(g->ctx, &g->one);
}

static void get_closed(struct getting *g)
{
	struct err err;
	enum status status =
	    ask_query(&g->ask, &sql_business_closed_get, (const struct db_param[]){DB_I64(g->id)},
		      1, get_closed_done, g, &err);
	if (status != OK) {
		g->one.problem = refuse(&g->one.err, status, &err);
		g->done(g->ctx, &g->one);
	}
}

static void get_done(void *ctx, enum status status, const struct db_rows *rows,
		     const struct err *err)
{
	struct getting *g = ctx;
	ask_answered(&g->ask);
	if (status != OK) {
		g->one.problem = refuse(&g->one.err, status, err);
	} else if (rows->rows == 0) {
		get_closed(g);
		return;
	} else if (!rows_business(g->ask.arena, rows, 0, clock_wall_us() / 1000000, false,
				  &g->one.business) ||
		   !rows_detail(g->ask.arena, rows, 0, &g->one.business)) {
		g->one.problem = SEARCH_FAILED;
		err_set(&g->one.err, TOO_LARGE, "%s", no_room);
	}
	g->done(g->ctx, &g->one);
}

void search_get(struct db_pool *db, struct arena *arena, struct str id_text, search_get_done *done,
		void *ctx)
{
	static const struct search_one no_memory = {.problem = SEARCH_FAILED};
	struct getting *g = arena_alloc(arena, sizeof(*g));
	if (!g) {
		done(ctx, &no_memory);
		return;
	}
	ask_init(&g->ask, db, arena);
	g->done = done;
	g->ctx = ctx;
	int64_t id;
	if (!record_id_parse(id_text, &id)) {
		g->one.problem = SEARCH_NO_SUCH_BUSINESS;
		err_set(&g->one.err, NOT_FOUND, "there is no business of that id");
		done(ctx, &g->one);
		return;
	}
	g->id = id;
	struct err err;
	enum status status = ask_query(&g->ask, &sql_business_get,
				       (const struct db_param[]){DB_I64(id)}, 1, get_done, g, &err);
	if (status != OK) {
		g->one.problem = refuse(&g->one.err, status, &err);
		done(ctx, &g->one);
	}
}

/* ---- paths of pages ---- */

struct paths {
	struct ask ask;
	search_paths_done *done;
	void *ctx;
	struct search_business *item;
	size_t count;
};

/* A business that has been deleted meanwhile has none. */
static bool paths_read(struct paths *p, const struct db_rows *rows)
{
	for (int row = 0; row < rows->rows; row++) {
		int64_t id = db_i64(rows, row, SQL_BUSINESS_PATHS_ID);
		for (size_t i = 0; i < p->count; i++)
			if (p->item[i].id == id &&
			    !rows_text(p->ask.arena, rows, row, SQL_BUSINESS_PATHS_PATH,
				       &p->item[i].path))
				return false;
	}
	return true;
}

static void paths_done(void *ctx, enum status status, const struct db_rows *rows,
		       const struct err *cause)
{
	struct paths *p = ctx;
	struct err err = {.text = ""};
	enum search_problem problem = SEARCH_OK;
	ask_answered(&p->ask);
	if (status != OK) {
		problem = refuse(&err, status, cause);
	} else if (!paths_read(p, rows)) {
		problem = SEARCH_FAILED;
		err_set(&err, TOO_LARGE, "%s", no_room);
	}
	p->done(p->ctx, problem, &err);
}

void search_paths(struct db_pool *db, struct arena *arena, struct search_business *item,
		  size_t count, search_paths_done *done, void *ctx)
{
	struct paths *p = arena_alloc(arena, sizeof(*p));
	struct err err = {.text = ""};
	struct buf ids;
	if (!count) {
		done(ctx, SEARCH_OK, &err);
		return;
	}
	if (!p) {
		err_set(&err, TOO_LARGE, "%s", no_room);
		done(ctx, SEARCH_FAILED, &err);
		return;
	}
	*p = (struct paths){.done = done, .ctx = ctx, .item = item, .count = count};
	ask_init(&p->ask, db, arena);
	buf_init(&ids, (SEARCH_LIMIT_MAX + 1) * ARRAY_I64 + 64);
	array_begin(&ids);
	for (size_t i = 0; i < count; i++)
		array_i64(&ids, item[i].id);
	const struct db_param params[] = {array_end(&ids)};
	enum status status =
	    ask_query(&p->ask, &sql_business_paths, params, 1, paths_done, p, &err);
	buf_release(&ids);
	if (status != OK)
		done(ctx, refuse(&err, status, &err), &err);
}

/* ---- categories ---- */

struct categories {
	struct ask ask;
	search_categories_done *done;
	void *ctx;
	struct search_categories list;
};

static void categories_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct categories *c = ctx;
	ask_answered(&c->ask);
	if (status != OK) {
		c->list.problem = refuse(&c->list.err, status, err);
	} else {
		c->list.item = arena_array(c->ask.arena, (size_t)rows->rows + 1,
					   sizeof(struct search_category));
		for (int row = 0; c->list.item && row < rows->rows; row++) {
			const struct taxonomy_category *category =
			    taxonomy_by_id((int)db_i64(rows, row, SQL_CATEGORIES_ALL_ID));
			if (category)
				rows_category(category,
					      db_i64(rows, row, SQL_CATEGORIES_ALL_BUSINESSES),
					      &c->list.item[c->list.count++]);
		}
		if (!c->list.item)
			c->list.problem = SEARCH_FAILED;
	}
	c->done(c->ctx, &c->list);
}

void search_categories(struct db_pool *db, struct arena *arena, search_categories_done *done,
		       void *ctx)
{
	static const struct search_categories no_memory = {.problem = SEARCH_FAILED};
	struct categories *c = arena_alloc(arena, sizeof(*c));
	if (!c) {
		done(ctx, &no_memory);
		return;
	}
	ask_init(&c->ask, db, arena);
	c->done = done;
	c->ctx = ctx;
	struct err err;
	enum status status =
	    ask_query(&c->ask, &sql_categories_all, NULL, 0, categories_done, c, &err);
	if (status != OK) {
		c->list.problem = refuse(&c->list.err, status, &err);
		done(ctx, &c->list);
	}
}

/* ---- towns that a business serves ---- */

struct served {
	struct ask ask;
	search_served_done *done;
	void *ctx;
	struct search_served *out;
	size_t count;
};

static void served_done(void *ctx, enum status status, const struct db_rows *rows,
			const struct err *err)
{
	struct served *s = ctx;
	enum search_problem problem = SEARCH_OK;
	ask_answered(&s->ask);
	if (status != OK)
		problem = ask_problem(status, err);
	for (int row = 0; !problem && row < rows->rows; row++) {
		size_t place = (size_t)db_i64(rows, row, SQL_TOWNS_SERVED_PLACE) - 1;
		must(place < s->count);
		s->out[place].listed = db_bool(rows, row, SQL_TOWNS_SERVED_LISTED);
		if (!rows_text(s->ask.arena, rows, row, SQL_TOWNS_SERVED_SLUG, &s->out[place].slug))
			problem = SEARCH_FAILED;
	}
	s->done(s->ctx, problem);
}

void search_served(struct db_pool *db, struct arena *arena, const struct search_business *business,
		   int least, struct search_served *out, search_served_done *done, void *ctx)
{
	const struct search_texts *towns = &business->detail->service_area;
	struct served *s = arena_alloc(arena, sizeof(*s));
	struct err err;
	struct buf keys;
	char key[WORDS_KEY_BYTES];
	memset(out, 0, towns->count * sizeof(*out));
	if (!s || !towns->count) {
		done(ctx, s ? SEARCH_OK : SEARCH_FAILED);
		return;
	}
	*s = (struct served){.done = done, .ctx = ctx, .out = out, .count = towns->count};
	ask_init(&s->ask, db, arena);
	buf_init(&keys, SERVED_KEYS_MAX);
	array_begin(&keys);
	for (size_t i = 0; i < towns->count; i++)
		array_text(&keys, words_key(towns->item[i], key));
	const struct db_param params[] = {DB_I64(business->id), array_end(&keys), DB_I64(least)};
	enum status status = buf_failed(&keys) ? TOO_LARGE
					       : ask_query(&s->ask, &sql_towns_served, params,
							   COUNT_OF(params), served_done, s, &err);
	buf_release(&keys);
	if (status != OK)
		done(ctx, SEARCH_FAILED);
}

/* ---- places ---- */

struct places {
	struct ask ask;
	search_places_done *done;
	void *ctx;
	struct search_places list;
};

static bool read_place(struct arena *arena, const struct db_rows *rows, int row,
		       struct search_place *out)
{
	out->businesses = db_i64(rows, row, SQL_PLACE_BUSINESSES);
	return rows_text(arena, rows, row, SQL_PLACE_KEY, &out->key) &&
	       rows_text(arena, rows, row, SQL_PLACE_NAME, &out->name) &&
	       rows_text(arena, rows, row, SQL_PLACE_COUNTRY, &out->country);
}

static void get_read_places(struct places *p, const struct db_rows *rows)
{
	p->list.item =
	    arena_array(p->ask.arena, (size_t)rows->rows + 1, sizeof(struct search_place));
	bool fits = p->list.item != NULL;
	for (int row = 0; fits && row < rows->rows; row++) {
		struct search_place *place = &p->list.item[p->list.count++];
		fits = read_place(p->ask.arena, rows, row, place);
		if (!place->country.n)
			place->country = p->list.within.country;
	}
	if (!fits) {
		p->list.problem = SEARCH_FAILED;
		err_set(&p->list.err, TOO_LARGE, "%s", no_room);
	}
}

static void get_places_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct places *p = ctx;
	ask_answered(&p->ask);
	if (status != OK)
		p->list.problem = refuse(&p->list.err, status, err);
	else
		get_read_places(p, rows);
	p->done(p->ctx, &p->list);
}

static void get_ask_places(struct places *p, const struct db_statement *statement,
			   struct db_param param, int count, db_done *done)
{
	struct err err;
	enum status status = ask_query(&p->ask, statement, &param, count, done, p, &err);
	if (status == OK)
		return;
	p->list.problem = refuse(&p->list.err, status, &err);
	p->done(p->ctx, &p->list);
}

static void region_done(void *ctx, enum status status, const struct db_rows *rows,
			const struct err *err)
{
	struct places *p = ctx;
	ask_answered(&p->ask);
	if (status != OK) {
		p->list.problem = refuse(&p->list.err, status, err);
	} else if (rows->rows == 0) {
		p->list.problem = SEARCH_NO_SUCH_PLACE;
		err_set(&p->list.err, NOT_FOUND, "there is no region of that key");
	} else if (!read_place(p->ask.arena, rows, 0, &p->list.within)) {
		p->list.problem = SEARCH_FAILED;
		err_set(&p->list.err, TOO_LARGE, "%s", no_room);
	} else {
		get_ask_places(p, &sql_cities_of_region, DB_I64(db_i64(rows, 0, SQL_REGION_GET_ID)),
			       1, get_places_done);
		return;
	}
	p->done(p->ctx, &p->list);
}

static struct places *places_new(struct db_pool *db, struct arena *arena, search_places_done *done,
				 void *ctx)
{
	static const struct search_places no_memory = {.problem = SEARCH_FAILED};
	struct places *p = arena_alloc(arena, sizeof(*p));
	if (!p) {
		done(ctx, &no_memory);
		return NULL;
	}
	ask_init(&p->ask, db, arena);
	p->done = done;
	p->ctx = ctx;
	return p;
}

void search_regions(struct db_pool *db, struct arena *arena, search_places_done *done, void *ctx)
{
	struct places *p = places_new(db, arena, done, ctx);
	if (p)
		get_ask_places(p, &sql_regions_all, DB_NULL, 0, get_places_done);
}

void search_cities(struct db_pool *db, struct arena *arena, struct str region_key,
		   search_places_done *done, void *ctx)
{
	struct places *p = places_new(db, arena, done, ctx);
	if (p)
		get_ask_places(p, &sql_region_get, DB_TEXT(region_key), 1, region_done);
}

static void town_done(void *ctx, enum status status, const struct db_rows *rows,
		      const struct err *err)
{
	struct places *p = ctx;
	if (status == OK && rows->rows == 0) {
		p->list.problem = SEARCH_NO_SUCH_PLACE;
		err_set(&p->list.err, NOT_FOUND, "no town has this address");
	}
	get_places_done(ctx, status, rows, err);
}

void search_town(struct db_pool *db, struct arena *arena, struct str slug, search_places_done *done,
		 void *ctx)
{
	struct places *p = places_new(db, arena, done, ctx);
	if (p)
		get_ask_places(p, &sql_city_by_slug, DB_TEXT(slug), 1, town_done);
}

/* ---- sources ---- */

struct sources {
	struct ask ask;
	search_sources_done *done;
	void *ctx;
	struct search_sources list;
};

static void sources_done(void *ctx, enum status status, const struct db_rows *rows,
			 const struct err *err)
{
	struct sources *s = ctx;
	ask_answered(&s->ask);
	if (status != OK) {
		s->list.problem = refuse(&s->list.err, status, err);
		s->done(s->ctx, &s->list);
		return;
	}
	s->list.item =
	    arena_array(s->ask.arena, (size_t)rows->rows + 1, sizeof(struct search_source));
	bool fits = s->list.item != NULL;
	for (int row = 0; fits && row < rows->rows; row++) {
		struct search_source *out = &s->list.item[s->list.count++];
		struct arena *arena = s->ask.arena;
		s->list.businesses += db_i64(rows, row, SQL_SOURCES_ALL_BUSINESSES);
		fits =
		    rows_text(arena, rows, row, SQL_SOURCES_ALL_KEY, &out->key) &&
		    rows_text(arena, rows, row, SQL_SOURCES_ALL_NAME, &out->name) &&
		    rows_text(arena, rows, row, SQL_SOURCES_ALL_LICENCE, &out->licence) &&
		    rows_text(arena, rows, row, SQL_SOURCES_ALL_LICENCE_URL, &out->licence_url) &&
		    rows_text(arena, rows, row, SQL_SOURCES_ALL_ATTRIBUTION, &out->attribution) &&
		    rows_text(arena, rows, row, SQL_SOURCES_ALL_URL, &out->url);
	}
	if (!fits) {
		s->list.problem = SEARCH_FAILED;
		err_set(&s->list.err, TOO_LARGE, "%s", no_room);
	}
	s->done(s->ctx, &s->list);
}

void search_sources(struct db_pool *db, struct arena *arena, search_sources_done *done, void *ctx)
{
	static const struct search_sources no_memory = {.problem = SEARCH_FAILED};
	struct sources *s = arena_alloc(arena, sizeof(*s));
	if (!s) {
		done(ctx, &no_memory);
		return;
	}
	ask_init(&s->ask, db, arena);
	s->done = done;
	s->ctx = ctx;
	struct err err;
	enum status status = ask_query(&s->ask, &sql_sources_all, NULL, 0, sources_done, s, &err);
	if (status != OK) {
		s->list.problem = refuse(&s->list.err, status, &err);
		done(ctx, &s->list);
	}
}
