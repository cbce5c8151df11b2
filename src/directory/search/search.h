/* Finding businesses: the one way to read the directory. The JSON API and the HTML pages both call
 * search_list() and search_get(), so that they cannot differ.
 *
 * Hides: which statement serves which combination of filters and order, cursors, how words are
 * folded and misspellings mended, how distances and opening states come about. Whatever combination
 * is accepted is served by an index and bounded; the rest is refused with a sentence that names
 * what is possible. Nothing counts rows and nothing skips them (no OFFSET).
 *
 * Life: everything handed in and out lives in the caller's arena (one per request), which must live
 * until the callback has run. Callbacks run exactly once, from the event loop or, when the answer
 * needs no database (a wrong cursor), before the call returns. The result is valid until the arena
 * goes.
 *
 * Facts only: nothing here can hold contact data, because the tables cannot.
 */
#ifndef DIRECTORY_SEARCH_SEARCH_H
#define DIRECTORY_SEARCH_SEARCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "directory/names/wishes.h"

struct db_pool; /* db/async/async.h */

enum {
	SEARCH_LIMIT_DEFAULT = 20,
	SEARCH_LIMIT_MAX = 100,
	SEARCH_RADIUS_DEFAULT_M = 5000,
	SEARCH_RADIUS_MAX_M = 50000,
	SEARCH_WORDS_MAX = 8,     /* further words of q are ignored */
	SEARCH_TEXT_MAX = 200,    /* bytes of q */
	SEARCH_PLACES_MAX = 1000, /* regions or cities in one list */
};

/* The English name of a country by its code ("CH"); the code when it is not known. */
struct str search_country_name(struct str code);

/* ---- asking ---- */

enum search_sort {
	SEARCH_QUALITY, /* of a text: by relevance, then by quality */
	SEARCH_NAME,
	SEARCH_DISTANCE,
	SEARCH_RECENT,
	/* never changes: paging through it gives every business that stays exactly once */
	SEARCH_ID,
	SEARCH_SORTS
};

/* The rows of filters.def. */
enum search_filter_id {
#define FILTER(id, ...)        SEARCH_BY_##id,
#define CHOICE_FILTER(id, ...) SEARCH_BY_##id,
#include "directory/search/filters.def"
#undef FILTER
#undef CHOICE_FILTER
	SEARCH_FILTERS
};

enum search_choice {
#define FACET(id, ...) SEARCH_CHOICE_##id,
#include "directory/words/facets.def"
#undef FACET
	SEARCH_CHOICES
};

enum search_kind {
	SEARCH_KIND_TEXT,
	SEARCH_KIND_KEY,
	SEARCH_KIND_CHOICE,
	SEARCH_KIND_LANGUAGE,
	SEARCH_KIND_FLAG,
	SEARCH_KIND_INSTANT,
	SEARCH_KIND_POINT,
	SEARCH_KIND_BOX,
	SEARCH_KIND_METRES,
	SEARCH_KIND_ORDER,
	SEARCH_KIND_COUNT,
	SEARCH_KIND_CURSOR,
};

struct search_query {
	struct str q;        /* as typed; empty: none */
	struct str category; /* key of a category or of a group; empty: any. So with the next two */
	struct str region;
	struct str city;
	const char *choice[SEARCH_CHOICES]; /* a value of the facet's row; NULL: any */
	bool facets;       /* search_list.facets is wanted; not with near, open, box or a cursor */
	const char *lang;  /* of taxonomy_languages; NULL: not given */
	struct str cursor; /* from search_list.next; empty: the first page */
	bool sort_given;   /* else: distance when near is given, quality otherwise */
	enum search_sort sort;
	bool near;
	double lat, lon; /* degrees, WGS 84 */
	int radius_m;    /* 0: the default; another without near is refused */
	bool box;
	double west, south, east, north; /* west > east: over the date line */
	bool open;
	bool open_now;     /* else at open_at_s */
	int64_t open_at_s; /* seconds since 1970 UTC */
	int limit;
};

struct search_filter {
	const char *name;
	const char *label; /* heading on pages; empty: not offered there */
	bool kept;         /* hidden field of the search form */
	enum search_kind kind;
	size_t field;               /* offset in struct search_query */
	int64_t max;                /* bytes, or the largest number */
	const char *const *choices; /* CHOICE: ends with NULL */
	const char *example;        /* may be NULL */
	const char *summary;
};
extern const struct search_filter search_filters[SEARCH_FILTERS];

void search_query_init(struct search_query *q);

/* One parameter of a URL's query by its name. An empty value counts as not given: forms
 * send those. NOT_FOUND: no such parameter. INVALID: not a possible value; err says what
 * is. Keeps the slice. */
MUST_CHECK enum status search_query_set(struct search_query *q, struct str name, struct str value,
					struct err *err);

/* The canonical query string for links, percent-encoded, without '?': what is not default, in a
 * fixed order. The cursor only when with_cursor. */
void search_query_write(struct buf *out, const struct search_query *q, bool with_cursor);
/* Take one filter away. */
void search_query_clear(struct search_query *q, enum search_filter_id id);
/* The value of one filter as links have it; nothing when it is not given or the default. */
void search_query_value(struct buf *out, const struct search_query *q, enum search_filter_id id);
/* The facet words of the query's choices as elements of an array literal. */
void search_query_facets(struct buf *out, const struct search_query *q);

/* Whether there is a list of these filters in this order (the keys need not exist):
 * pages offer no others. */
bool search_possible(const struct search_query *q);

/* ---- answers ---- */

/* Why there is no answer. */
enum search_problem {
	SEARCH_OK,
	SEARCH_INVALID_PARAMETER,
	SEARCH_UNSUPPORTED_COMBINATION, /* the sentence names what is possible */
	SEARCH_INVALID_CURSOR,          /* not ours, or of another query */
	SEARCH_NO_SUCH_BUSINESS,
	SEARCH_BUSINESS_CLOSED, /* for good; the sentence says since when */
	SEARCH_NO_SUCH_PLACE,   /* region or city */
	SEARCH_NO_SUCH_CATEGORY,
	SEARCH_BUSY, /* the database's queue is full, or it is away */
	SEARCH_SLOW, /* the statement took longer than db.timeout */
	SEARCH_FAILED,
};
/* Its row in http/problems.def: "invalid-cursor". */
const char *search_problem_name(enum search_problem problem);

struct search_source {
	struct str key, name;
	struct str licence, licence_url, attribution, url; /* empty: not stated */
};

enum search_open { SEARCH_OPEN_UNKNOWN, SEARCH_CLOSED, SEARCH_OPEN };

/* Empty slices: not known. */
struct search_business {
	int64_t id;
	struct str id_text; /* as in URLs */
	struct str name;
	struct str category, category_label; /* key and English label of the main category */
	struct str street, postcode, city, country;
	struct str phone;
	struct str hours, timezone;
	bool located;
	double lat, lon;
	int quality;           /* 0-100; -1: not judged */
	double distance_m;     /* great circle from search_query.near; -1: not asked */
	enum search_open open; /* now, or at the asked instant */
	/* when that changes next, seconds since 1970; 0: not known or never */
	int64_t open_changes_s;
	struct search_source source;
	const char *because; /* of a text: where it was found, when not in the name; else NULL */
	/* Of its page, before the id: "hochtann/falkner"; empty: not given yet. Set by search_get
	 * and search_paths. */
	struct str path;
	const struct search_detail *detail; /* search_get only, else NULL */
};

/* A town that a business serves. slug: as of its place; empty: no place, or several. */
struct search_served {
	struct str slug;
	bool listed; /* the place has enough businesses of its kind */
};

struct search_place {
	/* a region's name is empty when it stands for a whole country */
	struct str key, name, country;
	struct str slug; /* of the town of a list or a business: its addresses begin with it */
	int64_t businesses;
};

struct search_category {
	struct str key, label, schema_type;
	struct str group_key, group_label;
	int64_t businesses; /* that have it as their main category */
};

struct search_texts {
	struct str *item;
	size_t count;
};

struct search_detail {
	struct str external_id;
	struct search_place region, city; /* key empty: not known */
	struct search_category category;  /* the main one */
	struct search_texts categories;   /* keys of the further ones */
	struct search_texts alt_names, service_area, same_as;
	struct str description, website;
	const struct json_value *offers; /* {"items": [...]}; NULL: none */
	const struct json_value *extra;  /* flat object; NULL: none */
	const struct json_value *found;  /* by the pipeline: [{stage, source, found_at, facts}] */
	struct str created_at, updated_at, source_updated_at; /* RFC 3339 */
};

/* What a list consists of. */
enum { SEARCH_FACETS_MAX = 12, SEARCH_COUNT_MAX = 1000 };
struct search_facet {
	struct str key, label;
	int64_t businesses;
};
struct search_facets {
	bool known;
	/* over SEARCH_COUNT_MAX: at least so many, and the facets are of the
	 * first that were found */
	int64_t total;
	int64_t open; /* at the time of the request; unknown is not open */
	struct search_facet category[SEARCH_FACETS_MAX], region[SEARCH_FACETS_MAX],
	    city[SEARCH_FACETS_MAX];
	size_t categories, regions, cities;
};

/* What was made of q. */
struct search_understood {
	struct str text; /* the words as they were searched for; empty: there was no q */
	bool corrected;  /* they are not those that were typed */
	bool near_me;    /* asks for what is near the visitor, whose place is not known */
	enum wish when;  /* asks for what is open at a time: only that is listed */
	/* Nothing is known to be open then. Listed is what opens next, and behind it what does not
	 * tell its hours. */
	bool opens_next;
	struct str excluded; /* words of what is not wanted; empty: none */
	struct str left_out; /* words without which there are results; empty: none */
	/* The text as it was typed without what names the category, without what names the place,
	 * without its wishes, and without all other words; NULL: there is nothing of the kind
	 * to leave out. */
	struct str without_category, without_place, without_wish, without_words;
	struct str words;                /* those other words */
	struct search_category category; /* key empty: none is named. So with the next three */
	struct search_place region, city, country; /* of a country: key is its code */
	struct str telephone, website;             /* empty: it is none */
};

struct search_list {
	enum search_problem problem; /* not OK: only err and these two are set */
	struct err err;
	struct search_business *item;
	size_t count;
	struct str next; /* cursor of the page that follows; empty: this was the last */
	/* What the filters stand for, for headings; key empty: not filtered by it. */
	struct search_place region, city;
	struct search_category category; /* of a group: key, label only */
	struct search_understood understood;
	struct search_facets facets;
	enum search_sort sort;
};
typedef void search_list_done(void *ctx, const struct search_list *list);
void search_list(struct db_pool *db, struct arena *arena, const struct search_query *q,
		 search_list_done *done, void *ctx);

/* The places of the towns that a business serves: out[i] of detail->service_area.item[i]. least:
 * how many businesses of its kind are enough for `listed`. What is given must live until the
 * callback. */
typedef void search_served_done(void *ctx, enum search_problem problem);
void search_served(struct db_pool *db, struct arena *arena, const struct search_business *business,
		   int least, struct search_served *out, search_served_done *done, void *ctx);

/* Set the paths of businesses of a list. A statement of its own: only pages need them, and the
 * lists are served from their indexes alone. The items must live until the callback. */
typedef void search_paths_done(void *ctx, enum search_problem problem, const struct err *err);
void search_paths(struct db_pool *db, struct arena *arena, struct search_business *item,
		  size_t count, search_paths_done *done, void *ctx);

struct search_one {
	enum search_problem problem;
	struct err err;
	struct search_business business; /* with detail */
};
typedef void search_get_done(void *ctx, const struct search_one *one);
void search_get(struct db_pool *db, struct arena *arena, struct str id_text, search_get_done *done,
		void *ctx);

/* Every category in the taxonomy's order, with counts. (In
 * search_list.category there is no count.) */
struct search_categories {
	enum search_problem problem;
	struct err err;
	struct search_category *item;
	size_t count;
};
typedef void search_categories_done(void *ctx, const struct search_categories *list);
void search_categories(struct db_pool *db, struct arena *arena, search_categories_done *done,
		       void *ctx);

/* Regions by country and name, or the cities of a region by size; at most SEARCH_PLACES_MAX,
 * largest first when there are more. */
struct search_places {
	enum search_problem problem;
	struct err err;
	struct search_place within; /* of search_cities: the region */
	struct search_place *item;
	size_t count;
};
typedef void search_places_done(void *ctx, const struct search_places *list);
void search_regions(struct db_pool *db, struct arena *arena, search_places_done *done, void *ctx);
void search_cities(struct db_pool *db, struct arena *arena, struct str region_key,
		   search_places_done *done, void *ctx);
/* The town whose addresses begin with `slug`: the only item. */
void search_town(struct db_pool *db, struct arena *arena, struct str slug, search_places_done *done,
		 void *ctx);

/* What a text may become when it is typed on: categories, towns and names that begin so, at most
 * `limit` (up to SEARCH_SUGGESTIONS_MAX) in all, of each kind a share. */
enum { SEARCH_SUGGESTIONS_MAX = 20 };
enum search_suggestion_kind { SEARCH_SUGGEST_CATEGORY, SEARCH_SUGGEST_TOWN, SEARCH_SUGGEST_NAME };
struct search_suggestion {
	enum search_suggestion_kind kind;
	struct str text;    /* for the search box */
	struct str key;     /* of a category or town; else empty */
	struct str country; /* of a town */
	int64_t businesses; /* -1: not told */
};
struct search_suggestions {
	enum search_problem problem;
	struct err err;
	struct search_suggestion item[SEARCH_SUGGESTIONS_MAX];
	size_t count;
};
typedef void search_suggestions_done(void *ctx, const struct search_suggestions *list);
void search_suggest(struct db_pool *db, struct arena *arena, struct str q, int limit,
		    search_suggestions_done *done, void *ctx);

/* Every source of the directory, for the credits. */
struct search_sources {
	enum search_problem problem;
	struct err err;
	struct search_source *item;
	size_t count;
	int64_t businesses; /* of all of them */
};
typedef void search_sources_done(void *ctx, const struct search_sources *list);
void search_sources(struct db_pool *db, struct arena *arena, search_sources_done *done, void *ctx);

#endif
