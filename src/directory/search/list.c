#include "directory/search/listing.h"

#include <math.h>
#include <string.h>
#include "base/clock.h"
#include "directory/taxonomy/taxonomy.h"
#include "sql/directory.h"

enum {
	/* Up to so many matches, fetching all of them costs less (8 ms) than meeting enough of
	 * them on the way down the order. */
	RARE = 5000,
	/* Near: each match costs five buffers. */
	RARE_NEAR = 60,
	/* Businesses looked at for common words before the words' own index is asked after all: as
	 * many as it takes when the words are independent, if that is within WALK; when they are
	 * rarely together a few, in case that these words are not independent ("New York"). */
	WALK = 6000,
	WALK_ON_TRIAL = 2000,
	/* Businesses whose hours are looked at for one page, which then is short. */
	OPEN_WALK = 5000,
	OPEN_CHUNK_MIN = 100,
	OPEN_CHUNK_MAX = 1000,
	FACETS_BYTES = 1024,
	CATEGORY_SHARE = 10, /* a category has hardly more than one of so many businesses */
};

/* The share of the businesses around a point that is taken to have a place or a fact: how many have
 * it is only known of all businesses together. */
static const double share_near = 0.1;

static void ask_words(struct listing *l);
static void list_counted(struct listing *l, enum status status, const struct err *err);
static void adopt_for_count(struct listing *l);
static void begin_tail(struct listing *l);
static void too_large(struct listing *l);
static void take_wishes(struct listing *l, const struct search_head *head);

static void list_place(struct listing *l)
{
	if (rank_place_listed(l->head, l->place_stage, &l->list.understood))
		begin_tail(l);
	else
		too_large(l);
}

/* Where nothing was found in the place that the text names: in the region that is called like the
 * town. Else category and place may be words of names, first all of them: before some are left out
 * it is looked for in the region around the town. */
static void try_other_place(struct listing *l)
{
	l->adopted = false;
	l->category = l->asked_category;
	l->group = l->asked_group;
	l->region = l->asked_region;
	l->city = l->asked_city;
	l->filters = l->asked_filters;
	l->key = key_before_all(l->list.sort);
	const struct named_place *where = l->head->typed.where;
	if (l->place_stage < PLACE_OTHER && where[PLACE_OTHER].kind) {
		l->place_stage = PLACE_OTHER;
		list_place(l);
		return;
	}
	l->named = l->place_stage < PLACE_AROUND && where[PLACE_AROUND].kind ? l->head : NULL;
	l->place_stage = PLACE_STAGES;
	ask_words(l);
}

/* No name has the words either. */
static void try_around(struct listing *l)
{
	l->head = l->named;
	l->named = NULL;
	l->key = key_before_all(l->list.sort);
	take_wishes(l, l->head);
	l->place_stage = PLACE_AROUND;
	list_place(l);
}

/* Where nothing is open when the text asks for it: what opens next. */
static bool give_nexts(struct listing *l)
{
	if (l->list.count || l->list.problem || !l->nexts || l->q.cursor.n)
		return false;
	for (; l->list.count < l->nexts; l->list.count++)
		l->list.item[l->list.count] = l->next[l->list.count].business;
	l->list.understood.opens_next = true;
	return true;
}

static void list_finish(struct listing *l)
{
	if (give_nexts(l)) {
		l->done(l->ctx, &l->list);
		return;
	}
	if (l->named && !l->list.count && !l->list.problem) {
		try_around(l);
		return;
	}
	if (l->adopted && !l->list.count && !l->list.problem && !l->q.cursor.n &&
	    l->place_stage < PLACE_STAGES) {
		try_other_place(l);
		return;
	}
	if (l->q.facets && !l->list.problem && !l->list.facets.known && !l->q.near && !l->open &&
	    !l->typed && !l->q.box && !l->q.cursor.n) {
		adopt_for_count(l);
		list_count(l, list_counted);
	} else {
		l->done(l->ctx, &l->list);
	}
}

static void refuse(struct listing *l, enum search_problem problem, const char *sentence)
{
	l->list.problem = problem;
	if (sentence)
		err_set(&l->list.err, FAILED, "%s", sentence);
	list_finish(l);
}

static void refuse_database(struct listing *l, enum status status, const struct err *err)
{
	l->list.problem = ask_problem(status, err);
	err_set(&l->list.err, status, "%s",
		l->list.problem != SEARCH_FAILED ? "the directory is busy or away; try again"
						 : "the directory could not be read");
	list_finish(l);
}

static void list_counted(struct listing *l, enum status status, const struct err *err)
{
	if (status == OK)
		list_finish(l);
	else
		refuse_database(l, status, err);
}

static void too_large(struct listing *l)
{
	refuse(l, SEARCH_FAILED, "the answer does not fit into a request's memory");
}

/* ---- the page ---- */

/* Remember what opens next, as many as a page has. */
static void keep_next(struct listing *l, const struct search_business *b, enum search_open open)
{
	int64_t opens_s = open == SEARCH_OPEN_UNKNOWN ? INT64_MAX
			  : b->open == SEARCH_OPEN    ? 0
			  : b->open_changes_s         ? b->open_changes_s
						      : INT64_MAX - 1;
	size_t at = l->nexts;
	if (!l->next)
		l->next = arena_array(l->ask.arena, (size_t)l->q.limit + 1, sizeof(*l->next));
	if (!l->next)
		return;
	for (; at > 0 && l->next[at - 1].opens_s > opens_s; at--)
		l->next[at] = l->next[at - 1];
	l->next[at] = (struct list_next){*b, opens_s};
	l->nexts += l->nexts < (size_t)l->q.limit;
}

/* Filters that are looked at in rows: those known to be open, those in a section of the map that no
 * index serves exactly, and those that a text's wishes leave. */
static bool keeps(struct listing *l, struct search_business *b)
{
	if ((l->open && b->open != SEARCH_OPEN) || !area_has(&l->area, b))
		return false;
	if (!l->typed || rank_excluded(l->typed, b))
		return !l->typed;
	enum search_open open =
	    l->typed->when ? open_when(b, l->typed->when, l->at_s) : SEARCH_OPEN;
	if (open != SEARCH_OPEN && !l->list.count)
		keep_next(l, b, open);
	return open == SEARCH_OPEN;
}

static bool marks_of(const struct listing *l, struct db_param *out)
{
	struct str marks;
	for (int i = 0; i <= TEXT_SETS; i++) {
		struct str tokens = i ? l->text.set[i - 1] : l->text.all;
		if (!ring_marks(l->ask.arena, tokens, &marks))
			return false;
		out[i] = i ? DB_TEXT_OR_NULL(marks) : DB_TEXT(marks);
	}
	return true;
}

/* 0: the arena is full. */
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
		case 'm':
			if (!marks_of(l, out + n))
				return 0;
			n += 1 + TEXT_SETS;
			break;
		case 'd':
			if (!ring_params(l->ask.arena, &l->ring, &l->q, key_chord(&l->key),
					 out + n))
				return 0;
			n += RING_PARAMS;
			break;
		case 'x':
		case 'p':
			out[n++] = DB_DOUBLE(cos(lat) * cos(lon));
			out[n++] = DB_DOUBLE(cos(lat) * sin(lon));
			out[n++] = DB_DOUBLE(sin(lat));
			if (*kind == 'p')
				out[n++] = DB_DOUBLE(chord_of_metres(area_radius_m(&l->q)));
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
		case 'f':
			out[n++] = l->region && !l->city ? DB_I64(l->region) : DB_NULL;
			out[n++] = l->city ? DB_I64(l->city) : DB_NULL;
			break;
		case 'b':
			n += area_params(&l->area, out + n);
			break;
		case 'i':
			out[n++] = DB_I64(l->key.id);
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
	struct key key = l->key;
	const char *text = "";
	if (l->place_stage) {
		text = arena_printf(l->ask.arena, CURSOR_STAGE "%d/%.*s", l->place_stage,
				    STR_ARG(key.text));
		key.text = str_of(text ? text : "");
	}
	l->list.next = cursor_write(l->ask.arena, &l->q, &key);
	if (!l->list.next.p || !text)
		too_large(l);
	else
		list_finish(l);
}

/* Whether the head has it already. */
static bool in_head(const struct listing *l, int64_t id)
{
	for (size_t i = 0; l->head && i < l->head->count; i++)
		if (l->head->item[i].business.id == id)
			return true;
	return false;
}

/* Where the text was found in a business behind the head. */
static const char *because_of(const struct listing *l, const struct search_business *b)
{
	struct candidate c = {.business = *b};
	rank_judge(&l->head->typed, &c);
	return c.because;
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
		if (l->head)
			b->because = because_of(l, b);
		if (!in_head(l, b->id) && keeps(l, b))
			l->list.count++;
	}
	bool full = rows->rows == l->fetch;
	if (!full && strchr(l->plan->params, 'n')) {
		/* Fewer than hoped for among the best: ask the words' index for the rest. */
		l->plan = plan_find(l->filters, l->list.sort, false);
		page(l);
	} else if (!full &&
		   !(l->filters & PLAN_RING && ring_grow(&l->ring, area_radius_m(&l->q)))) {
		list_finish(l);
	} else if (l->walked >= OPEN_WALK) {
		give_next(l);
	} else {
		page(l);
	}
}

/* Behind a key, an order by distance alone is read between two distances. */
static void choose_ring(struct listing *l)
{
	if (l->plan->statement != &sql_list_near || (!l->q.cursor.n && !l->walked))
		return;
	l->filters |= PLAN_RING;
	l->plan = plan_find(l->filters, l->list.sort, true);
	ring_begin(&l->ring, key_chord(&l->key), area_radius_m(&l->q), 1);
}

static void page(struct listing *l)
{
	struct db_param params[DB_PARAMS_MAX];
	choose_ring(l);
	int count = params_of(l, params);
	struct err err;
	if (!count) {
		too_large(l);
		return;
	}
	enum status status =
	    ask_query(&l->ask, l->plan->statement, params, count, page_done, l, &err);
	if (status != OK)
		refuse_database(l, status, &err);
}

/* ---- words ---- */

static void begin_pages(struct listing *l)
{
	double total = l->total > 0 ? (double)l->total : 1, expected = l->text.expected;
	double share = l->filters & PLAN_TEXT ? expected / total : share_near;
	if (l->at_most < l->total)
		expected *= (double)l->at_most / total;
	/* The walk gives a row for every total / expected that it looks at. */
	l->walk = expected / total * WALK >= l->fetch ? WALK : WALK_ON_TRIAL;
	if (l->filters & PLAN_NEAR && l->filters & (PLAN_TEXT | PLAN_FACETS) &&
	    expected > RARE_NEAR) {
		l->filters |= PLAN_RING;
		ring_begin(&l->ring, key_chord(&l->key), area_radius_m(&l->q), share);
	}
	l->plan = plan_find(l->filters, l->list.sort, expected > RARE);
	page(l);
}

/* The filters as array elements; NULL: no room. */
static const char *facets_of(struct listing *l)
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
	const char *facets = arena_printf(l->ask.arena, "%s", buf_z(&b));
	buf_release(&b);
	return facets;
}

/* A list by facets alone: how many have them is not known. False: no room. */
static bool match_facets(struct listing *l)
{
	const char *facets = facets_of(l);
	char *all = facets ? arena_printf(l->ask.arena, "{%s}", facets) : NULL;
	if (!all)
		return false;
	l->text = (struct text){.all = str_of(all), .expected = (double)l->total};
	if (!l->adopted || l->head->typed.where[l->place_stage].count < 2)
		return true;
	/* Places of one name: what is in any of them. */
	const struct named_place *where = &l->head->typed.where[l->place_stage];
	char *set = arena_printf(l->ask.arena, "{%.*s}", STR_ARG(where->facets));
	l->text.set[0] = str_of(set ? set : "");
	l->text.expected = (double)where->businesses;
	if (l->category || l->group)
		l->text.expected /= CATEGORY_SHARE;
	return set != NULL;
}

static void begin_facets(struct listing *l)
{
	if (match_facets(l))
		begin_pages(l);
	else
		too_large(l);
}

/* By id: what few businesses pass is fetched, what many pass is met on the way. */
static void begin_by_id(struct listing *l)
{
	const char *facets = facets_of(l);
	char *all = facets ? arena_printf(l->ask.arena, "{%s}", facets) : NULL;
	if (!all) {
		too_large(l);
		return;
	}
	l->text = (struct text){.all = str_of(all)};
	l->plan =
	    plan_find(l->filters, SEARCH_ID, !(l->filters & PLAN_FACETS) && l->at_most > RARE);
	page(l);
}

/* Category and place that a text names become filters, unless there are such filters already. */
static bool adopt_filters(struct listing *l)
{
	const struct typed *typed = &l->head->typed;
	const struct named_place *where = &typed->where[l->place_stage];
	if (!typed->complete || (typed->meanings && l->q.category.n) ||
	    (where->kind && (l->q.city.n || l->q.region.n)))
		return false;
	l->asked_group = l->group;
	l->asked_category = l->category;
	l->asked_region = l->region;
	l->asked_city = l->city;
	l->asked_filters = l->filters;
	l->adopted = true;
	l->filters &= ~(unsigned)PLAN_TEXT;
	if (typed->meanings && typed->meaning[0].category) {
		l->category = typed->meaning[0].category->id;
		l->filters |= PLAN_CATEGORY;
	} else if (typed->meanings) {
		l->group = typed->meaning[0].group->id;
		l->filters |= PLAN_GROUP;
	}
	if (where->count > 1) {
		l->filters |= PLAN_FACETS;
	} else if (where->kind == PLACE_TOWN) {
		l->city = where->id;
		l->filters |= PLAN_CITY;
	} else if (where->kind) {
		l->region = where->id;
		l->filters |= PLAN_REGION;
	}
	return true;
}

/* A page that the head fills is part of the list that the text names, which is what is counted. */
static void adopt_for_count(struct listing *l)
{
	if (l->head && !l->adopted && adopt_filters(l) && l->filters & PLAN_FACETS &&
	    !match_facets(l))
		l->text = (struct text){.hopeless = true};
}

static bool has_tail(const struct listing *l)
{
	const struct search_head *h = l->head;
	return h->typed.complete || (!h->all && !h->text.hopeless && h->text.all.p);
}

/* What follows the head: the list of what the text names, or whatever else matches, by quality. */
static void begin_tail(struct listing *l)
{
	if (adopt_filters(l)) {
		if (l->filters & PLAN_FACETS)
			begin_facets(l);
		else
			begin_pages(l);
		return;
	}
	l->text = l->head->text;
	if (l->head->all || l->text.hopeless || !l->text.all.p)
		list_finish(l);
	else
		begin_pages(l);
}

static void give_next_of_head(struct listing *l, size_t from)
{
	char *text = arena_printf(l->ask.arena, "h%zu", from);
	if (!text) {
		too_large(l);
		return;
	}
	l->key = (struct key){str_of(text), 0};
	give_next(l);
}

/* Of what is looked at only some rows are kept. */
static void fetch_more(struct listing *l)
{
	l->fetch = 4 * l->q.limit < OPEN_CHUNK_MIN ? OPEN_CHUNK_MIN : 4 * l->q.limit;
	must(l->fetch <= OPEN_CHUNK_MAX);
}

static void take_wishes(struct listing *l, const struct search_head *head)
{
	l->nexts = 0;
	l->typed = head->typed.when || head->typed.excludes ? &head->typed : NULL;
	if (l->typed)
		fetch_more(l);
}

static void head_found(void *ctx, struct search_head *head)
{
	struct listing *l = ctx;
	if (head->problem) {
		l->list.problem = head->problem;
		l->list.err = head->err;
		list_finish(l);
		return;
	}
	if (!rank_understood(&head->typed, head->count ? head->item : NULL, &l->list.understood)) {
		too_large(l);
		return;
	}
	take_wishes(l, head);
	if (l->list.sort != SEARCH_QUALITY) {
		l->text = head->text;
		if (l->text.hopeless)
			list_finish(l);
		else
			begin_pages(l);
		return;
	}
	l->head = head;
	l->text = head->text;
	if (l->place_stage > 0 && l->place_stage < PLACE_STAGES &&
	    !rank_place_listed(l->head, l->place_stage, &l->list.understood)) {
		too_large(l);
		return;
	}
	for (size_t i = l->head_from; i < head->count; i++) {
		struct candidate *c = &head->item[i];
		if (l->list.count == (size_t)l->q.limit) {
			give_next_of_head(l, i);
			return;
		}
		c->business.because = c->because;
		if (keeps(l, &c->business))
			l->list.item[l->list.count++] = c->business;
	}
	/* A full page ends here: whether something follows is seen when the
	 * next one is asked for. */
	if (l->list.count == (size_t)l->q.limit && has_tail(l))
		give_next_of_head(l, head->count);
	else
		begin_tail(l);
}

static void ask_words(struct listing *l)
{
	if (l->list.sort == SEARCH_ID) {
		begin_by_id(l);
		return;
	}
	if (!(l->filters & (PLAN_TEXT | PLAN_FACETS))) {
		begin_pages(l);
		return;
	}
	if (!(l->filters & PLAN_TEXT)) {
		begin_facets(l);
		return;
	}
	const struct head_asked asked = {.db = l->ask.db,
					 .arena = l->ask.arena,
					 .q = l->q.q,
					 .facets = facets_of(l),
					 .total = l->total,
					 .at_s = l->at_s,
					 .enough = (size_t)l->q.limit,
					 .plain = l->place_stage == PLACE_STAGES,
					 .together = l->named != NULL,
					 .unranked = l->list.sort != SEARCH_QUALITY};
	if (!asked.facets)
		too_large(l);
	else
		head_find(&asked, head_found, l);
}

/* ---- places ---- */

static bool list_read_places(struct listing *l, const struct db_rows *rows)
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
	       rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_CITY_SLUG, &city->slug) &&
	       rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_CITY_NAME, &city->name) &&
	       rows_text(arena, rows, 0, SQL_PLACES_OF_QUERY_CITY_COUNTRY, &city->country);
}

static void list_places_done(void *ctx, enum status status, const struct db_rows *rows,
			     const struct err *err)
{
	struct listing *l = ctx;
	ask_answered(&l->ask);
	if (status != OK) {
		refuse_database(l, status, err);
		return;
	}
	if (!list_read_places(l, rows)) {
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

static void list_ask_places(struct listing *l)
{
	if (!l->q.region.n && !l->q.city.n && !(l->filters & (PLAN_TEXT | PLAN_FACETS)) &&
	    !(l->list.sort == SEARCH_ID && l->q.category.n)) {
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
	    ask_query(&l->ask, &sql_places_of_query, params, 4, list_places_done, l, &err);
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

static void refuse_combination(struct listing *l)
{
	struct buf b;
	buf_init(&b, 400);
	plan_describe(&b, l->list.sort);
	l->list.problem = SEARCH_UNSUPPORTED_COMBINATION;
	err_set(&l->list.err, INVALID, "sort=%s goes with: %s; open_at, bbox and near go with each",
		plan_sort_names[l->list.sort], buf_z(&b));
	buf_release(&b);
	list_finish(l);
}

/* The stage in front of the key, and a page that begins in the head of a text's answer. */
static void read_head_cursor(struct listing *l)
{
	int64_t from = HEAD_MAX; /* a key of what follows the head */
	int64_t stage;
	if (!l->q.cursor.n || !(l->filters & PLAN_TEXT) || l->list.sort != SEARCH_QUALITY)
		return;
	if (str_starts(l->key.text, STR(CURSOR_STAGE))) {
		struct str rest = {l->key.text.p + 1, l->key.text.n - 1};
		if (str_to_i64(str_cut(&rest, '/'), 1, PLACE_STAGES, &stage))
			l->place_stage = (int)stage;
		l->key.text = rest.p ? rest : STR("");
	}
	if (str_starts(l->key.text, STR("h")) &&
	    str_to_i64((struct str){l->key.text.p + 1, l->key.text.n - 1}, 0, HEAD_MAX, &from))
		l->key = key_before_all(l->list.sort);
	l->head_from = (size_t)from;
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
	l->list.sort = plan_sort(q);
	l->at_most = INT64_MAX;
	l->at_s = q->open && !q->open_now ? q->open_at_s : clock_wall_us() / 1000000;
	l->filters =
	    (q->region.n ? PLAN_REGION : 0u) | (q->city.n ? PLAN_CITY : 0u) | plan_asked_filters(q);
	l->fetch = q->limit + 1;
	l->open = q->open;
	area_of(q, l->list.sort, &l->area);
	if (l->open || l->area.round || (l->area.boxed && !(l->filters & PLAN_BOX)))
		fetch_more(l);
	l->key = key_before_all(l->list.sort);
	bool category = !q->category.n || read_category(l);
	l->filters = plan_filters(l->filters, l->list.sort);
	if (!category) {
		refuse(l, SEARCH_NO_SUCH_CATEGORY, "there is no category or group of that key");
	} else if (q->radius_m && !q->near) {
		refuse(l, SEARCH_UNSUPPORTED_COMBINATION, "radius goes with near");
	} else if (!plan_find(l->filters & PLAN_CITY ? l->filters & ~(unsigned)PLAN_REGION
						     : l->filters,
			      l->list.sort, false)) {
		refuse_combination(l);
	} else if (q->cursor.n && !cursor_read(arena, q, l->list.sort, &l->key)) {
		refuse(
		    l, SEARCH_INVALID_CURSOR,
		    "the cursor is not one of ours or belongs to another query; begin without one");
	} else {
		read_head_cursor(l);
		list_ask_places(l);
	}
}
