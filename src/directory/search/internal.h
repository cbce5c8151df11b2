/* What the files of directory/search share. */
#ifndef DIRECTORY_SEARCH_INTERNAL_H
#define DIRECTORY_SEARCH_INTERNAL_H

#include "db/async/async.h"
#include "directory/names/phrases.h"
#include "directory/names/wishes.h"
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
	PLAN_BOX = 128,   /* a small one: larger ones are looked for in other lists */
	PLAN_RING = 256,  /* by distance, between two distances */
};

struct plan {
	enum search_sort sort;
	unsigned filters;  /* all of these are asked */
	unsigned optional; /* and any of these */
	bool common;       /* of two plans for the same text: the one for common words */
	const struct db_statement *statement;
	/* Its parameters in order: w all words and sets (9), m the marks of these (9), x point (3),
	 * p point and radius (4), d ring (6), g group, c category, r region, t city, f region and
	 * city (NULL: any), b box (10), i id of the row before, k key of the row before (2), n rows
	 * to walk, l rows to give */
	const char *params;
};

/* The filters as an order needs them: places and categories that no index of that order has are
 * asked as facets. */
unsigned plan_filters(unsigned filters, enum search_sort sort);
/* NULL: not possible. */
const struct plan *plan_find(unsigned filters, enum search_sort sort, bool common);
/* What is possible with that order, in words. */
void plan_describe(struct buf *out, enum search_sort sort);
extern const char *const plan_sort_names[SEARCH_SORTS];
/* The order of a query's list. */
enum search_sort plan_sort(const struct search_query *q);
/* What it asks for beside category, region and city: text, choices, and a point or a section of the
 * map where an index serves it. */
unsigned plan_asked_filters(const struct search_query *q);

/* ---- cursor.c: where a page begins ---- */

/* The key of a row: its place in the order as PostgreSQL writes it (exact for
 * every type), and the id. */
struct key {
	struct str text;
	int64_t id;
};
struct key key_before_all(enum search_sort sort);
/* Of a list by distance. */
double key_chord(const struct key *key);
/* In front of the key of a list whose place_stage is not 0: "s2/". */
#define CURSOR_STAGE "s"
/* Base64url of the key and a hash over it and the query: a cursor of another query, or a changed
 * one, is refused. It is no secret and gives no rights, so the hash has no key. */
MUST_CHECK struct str cursor_write(struct arena *arena, const struct search_query *q,
				   const struct key *key);
MUST_CHECK bool cursor_read(struct arena *arena, const struct search_query *q,
			    enum search_sort sort, struct key *out);

/* ---- area.c: sections of the map ---- */

static const double earth_radius_m = 6371008.8; /* mean, IUGG */

/* What bbox asks for, and near in a list that is not sorted by distance. With both the sides are
 * those of the box. */
struct area {
	bool boxed, round;
	double west, south, east, north; /* degrees; west > east: over the date line */
	double lat, lon, radius_m;       /* of the circle */
};
void area_of(const struct search_query *q, enum search_sort sort, struct area *out);
/* The radius around q->near: as given, or the default. */
int area_radius_m(const struct search_query *q);
bool area_given(const struct area *a);
/* Whether an index serves it. */
bool area_is_small(const struct area *a);
/* The box in space around a section that is less than half a turn wide, and its sides: how many
 * parameters were written. */
int area_params(const struct area *a, struct db_param *out);
/* Sets the distance from the middle of a circle. */
bool area_has(const struct area *a, struct search_business *b);

/* ---- near.c: pages by distance ---- */

/* Metres on the ground as a chord of the unit sphere, which is the key of lists by distance. */
double chord_of_metres(double m);
double metres_of_chord(double chord);

enum { RING_PARAMS = 6 };
/* Between the key of the row before and outer_m. */
struct near_ring {
	double outer_m, width_m;
};
/* share: of the businesses, about how many are listed. */
void ring_begin(struct near_ring *r, double key, double radius_m, double share);
/* The ring becomes wider outwards. False: it ends at the radius already. */
MUST_CHECK bool ring_grow(struct near_ring *r, double radius_m);
/* The stretches of bands that it crosses, and its end, as RING_PARAMS parameters. False: the arena
 * is full. */
MUST_CHECK bool ring_params(struct arena *arena, const struct near_ring *r,
			    const struct search_query *q, double key, struct db_param *out);
/* The marks (directory/words/tokens.h) of an array literal of tokens, as an array literal; of an
 * empty text an empty one. False: the arena is full. */
MUST_CHECK bool ring_marks(struct arena *arena, struct str tokens, struct str *out);

/* ---- terms.c: what was typed, word by word ---- */

enum {
	TERMS_MAX = SEARCH_WORDS_MAX,
	ALTERNATIVES_MAX = 96,
	TEXT_SETS = 8, /* of the expression text_match */
	TEXT_BYTES = 32 << 10,
	STREET_SPELLINGS = 2,
	RELATED_MAX = 8,
};

/* How well a word fits what was typed. */
enum degree { DEGREE_EXACT, DEGREE_BEGINNING, DEGREE_NEAR, DEGREE_FAR, DEGREE_NONE };

struct alternative {
	struct str token; /* directory/words/tokens.h */
	enum degree degree;
	int64_t businesses;
};

struct term {
	struct str word;  /* folded */
	struct str typed; /* the same with ae, oe, ue as typed; empty: there are none */
	bool filler;      /* only joins others */
	bool last;        /* may be the beginning of a word */
	bool begins;      /* so may this one, because nothing has it as it was typed */
	enum wish wish;   /* it asks for something besides; such words are fillers, too */
	enum wish time;   /* it does so beside a kind of business */
	bool excluded;    /* what it names is not wanted ... */
	const struct taxonomy_category *unwanted; /* ... which is of this category; NULL: of none */
	bool category, place;                     /* belongs to what names them */
	bool of_street;      /* belongs to a street that some business is in: "market st" */
	bool cuisine;        /* names a cuisine that a business of the directory serves */
	bool dropped;        /* nothing was found with it */
	struct str meant;    /* the name of a category that it is a misspelling of */
	int64_t known;       /* businesses that have it as it was typed */
	struct str joined;   /* this and the next word in one, when that is a word */
	struct str split[2]; /* two words that it consists of, when it is none */
	struct str related[RELATED_MAX]; /* other names of its category that begin like it */
	size_t relateds;
	struct str street[STREET_SPELLINGS]; /* as streets also write it: "st", "street" */
	size_t count;
	struct alternative of[ALTERNATIVES_MAX];
};

enum place_kind { PLACE_NONE, PLACE_TOWN, PLACE_REGION, PLACE_COUNTRY };
/* The places of a text, in the order in which they are tried. */
enum { PLACE_OTHER = 1, PLACE_AROUND = 2, PLACE_STAGES = 3, PLACE_KEYS = 32 };

/* Places of one name and kind together: towns in several regions, the regions of a country. */
struct named_place {
	enum place_kind kind;
	size_t count;
	int64_t id, businesses;     /* id: of the largest */
	struct search_place place;  /* the largest; a country: its code and name */
	struct str facets;          /* elements of an array: one for each */
	struct str key[PLACE_KEYS]; /* folded names of towns */
	size_t keys;
};

/* A text and what it was understood as. */
struct typed {
	struct arena *arena;
	struct str q; /* as typed */
	size_t count;
	struct term term[TERMS_MAX];
	struct str key;     /* words_key of the text */
	struct str phone;   /* digits, when the text looks like a telephone number */
	bool only_phone;    /* it can be nothing else */
	struct str host;    /* when it looks like a website */
	bool only_together; /* its words are one: none is left out */
	bool near_me;
	enum wish when;  /* only what is open then is listed; WISH_NONE: whenever it is */
	bool everything; /* there is nothing but this wish */
	bool excludes;   /* words name what is not wanted */
	size_t meanings; /* of the words that are called category */
	struct phrase_meaning meaning[PHRASE_MEANINGS];
	/* The place that words name: towns of that name, else the region or country. PLACE_OTHER:
	 * what it may be when nothing is found there, the region that is called like the town.
	 * PLACE_AROUND: the region around the town, which no word names. */
	struct named_place where[PLACE_STAGES];
	bool plain;    /* words are only words, though they name a category and a place */
	bool complete; /* category and place say it all */
};

/* What the text statements are asked. */
struct text {
	struct str all;            /* array literal: every one must be there (facets too) */
	struct str set[TEXT_SETS]; /* array literals: one of each; empty: not used */
	double expected; /* businesses that match when words are independent of one another */
	bool hopeless;   /* a word that nothing resembles */
};

/* The times among the words are wishes, because they name a kind of business as well. */
void terms_take_times(struct typed *typed);
/* All of these: false when the arena has no room. */
MUST_CHECK bool terms_read(struct arena *arena, struct str q, bool plain, struct typed *out);
/* Whether it is a word of names: without a sign that says where else a business has it. */
bool terms_is_name(struct str token);
/* Arrays of words_known. */
MUST_CHECK bool terms_ask_known(const struct typed *typed, struct str *exact,
				struct str *beginnings);
MUST_CHECK bool terms_read_known(struct typed *typed, const struct db_rows *rows);
/* For words before the last one the array of beginnings of words_known; empty: there are none. */
MUST_CHECK bool terms_ask_begun(const struct typed *typed, struct str *beginnings);
MUST_CHECK bool terms_read_begun(struct typed *typed, const struct db_rows *rows);
/* The array of words_near; empty when no word can be corrected. */
MUST_CHECK bool terms_ask_near(const struct typed *typed, struct str *words);
MUST_CHECK bool terms_read_near(struct typed *typed, const struct db_rows *rows);
struct match_wish {
	enum degree degree; /* of the alternatives, at most */
	bool words_only;    /* without the facets that stand for a category */
	int64_t total;      /* businesses there are */
	const char *facets; /* of the filters: array elements */
};
MUST_CHECK bool terms_match(const struct typed *typed, const struct match_wish *wish,
			    struct text *out);
/* Insertions, deletions, substitutions and transpositions of neighbours between two words, up to
 * `most`; more than most when it takes more. UTF-8. */
int terms_edits(struct str a, struct str b, int most);
/* How many errors are forgiven in a word as it was typed. */
int terms_forgiven(struct str word);
/* How many errors make the term of a word, when so many are forgiven; 0: none, or too many. */
int terms_corrected(struct str word, const struct term *term);
/* The piece between spaces that folds to the word, without the signs around it; empty: none. */
struct str terms_piece(struct str text, struct str word);

/* The words from..to as one. */
struct str terms_joined(const struct typed *typed, size_t from, size_t to,
			char out[WORDS_KEY_BYTES]);
/* Another token that the term may stand for. */
MUST_CHECK bool terms_add(struct typed *typed, struct term *term, struct str token,
			  enum degree degree, int64_t businesses);

/* An array literal of tokens. */
struct token_array {
	struct buf b;
	bool some;
};
void terms_array_open(struct token_array *a);
void terms_array_put(struct token_array *a, const char *kind, struct str word);
void terms_array_put_all(struct token_array *a, struct str elements);
/* In the arena; empty but not NULL when nothing was put there. */
MUST_CHECK bool terms_array_close(struct token_array *a, struct arena *arena, struct str *out);

/* ---- named.c: the category and the place that words name ---- */

/* Arrays of places_named. */
MUST_CHECK bool named_ask_places(const struct typed *typed, struct str *names,
				 struct str *countries);
MUST_CHECK bool named_read_places(struct typed *typed, const struct db_rows *rows);
/* The array of places_named for slips in the names of places; empty: there are none. */
MUST_CHECK bool named_ask_slips(const struct typed *typed, struct str *names);
/* Take a misspelt word as the place; *found: there is one. False: no room. */
MUST_CHECK bool named_read_slips(struct typed *typed, const struct db_rows *rows, bool *found);
/* The words beside a place, when they are nothing but words that join others, as one: "EL SUR San
 * Francisco". A slice of out; empty: it is no such text. */
struct str named_joining(const struct typed *typed, char out[WORDS_KEY_BYTES]);
/* Take a misspelt word for the name of a category; false: there is none. */
bool named_correct(struct typed *typed);
/* The same before names that are near are looked for, when beside a place there is one word, which
 * nobody has, and no word of a name is nearer to it than the category. */
bool named_correct_whole(struct typed *typed);
/* Drop the word with the least weight; false: no further word may be dropped. */
bool named_drop(struct typed *typed);

/* ---- rank.c: the order of candidates ---- */

struct candidate {
	struct search_business business;
	struct search_texts alt_names, categories; /* categories: numbers of the further ones */
	int64_t namesakes;
	/* Judged by rank_judge, smaller is better. */
	bool whole;   /* its name is what was typed */
	bool by_name; /* what names a category is in its name */
	bool starts;  /* its name begins with what was typed */
	bool literal; /* its name says what would be a wish: "Café Sonntag" */
	int degree, field, extra;
	int missed;          /* typed words that only join others and that it does not have */
	const char *because; /* the field that was found when that is not the name; else NULL */
};
void rank_judge(const struct typed *typed, struct candidate *c);
/* Whether its main category is the one that the text names. */
bool rank_is_main(const struct typed *typed, const struct candidate *c);
/* Whether it is of the category, as far as it has one, and in the town that the text names. */
bool rank_is_named(const struct typed *typed, const struct candidate *c);
int rank_compare(const void *a, const void *b); /* of struct candidate, for qsort */
/* Whether it is what the text excludes. */
bool rank_excluded(const struct typed *typed, const struct search_business *b);
/* The place as one of city, region and country. */
void rank_place(struct search_understood *out, const struct named_place *where);
/* What the text was understood as, best being the first candidate (NULL: there is
 * none). False: no room. */
MUST_CHECK bool rank_understood(const struct typed *typed, const struct candidate *best,
				struct search_understood *out);

/* ---- open.c ---- */

/* Whether it is open at the time that words ask for; its state now is that of now_s. */
enum search_open open_when(const struct search_business *b, enum wish when, int64_t now_s);

/* ---- head.c: the best answers to a text, ranked ---- */

enum { HEAD_MAX = 400 };
struct search_head {
	enum search_problem problem;
	struct err err;
	struct typed typed;
	struct candidate *item;
	size_t count;
	bool all;         /* no business beyond these matches */
	struct text text; /* what else matches */
};
struct head_asked {
	struct db_pool *db;
	struct arena *arena;
	struct str q;
	const char *facets; /* array elements of the filters, in the arena */
	int64_t total, at_s;
	size_t enough; /* candidates: with fewer, corrections are tried */
	bool plain;    /* the list of the category and place that it names was empty */
	bool together; /* no word is left out */
	bool unranked; /* only what matches is asked, for another order */
};
/* Of what the text was understood as: which of its places is listed. For a town without results the
 * region around it is listed as found without the town. False: no room. */
MUST_CHECK bool rank_place_listed(struct search_head *head, int stage,
				  struct search_understood *out);

typedef void head_done(void *ctx, struct search_head *head);
void head_find(const struct head_asked *asked, head_done *done, void *ctx);

/* ---- members.c: what answers of the API have in common ---- */

/* members_text: null for what is not known, because every member is always there. */
void members_business(struct json_writer *w, const struct search_business *b, const char *lang);
void members_detail(struct json_writer *w, const struct search_detail *d);
void members_understood(struct json_writer *w, const struct search_understood *u, const char *lang);
void members_facets(struct json_writer *w, const struct search_facets *facets, const char *lang);
void members_label(struct json_writer *w, const char *key, struct str value, struct str label);
void members_category(struct json_writer *w, const char *member, struct str key, struct str label,
		      const char *lang);
void members_place(struct json_writer *w, const char *key, const struct search_place *place);

/* ---- rows.c: columns -> struct. False: over the arena's maximum ---- */

/* rows_business reads the row `business` of sql/queries/directory.sql, rows_detail the columns of
 * business_get beyond it. at_s: the instant whose opening state is told. Texts are copied. The key
 * is a chord when with_distance. */
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

/* Adds a row of list_facets. */
MUST_CHECK bool rows_facet(struct arena *arena, const struct db_rows *rows, int row, int64_t at_s,
			   struct search_facets *f);
/* Whether the hours of a row of list_facets are known to be open at that instant. */
bool rows_hours_open(const struct db_rows *rows, int row, int64_t at_s);
/* An array column; empty for NULL. */
MUST_CHECK bool rows_texts(struct arena *arena, const struct db_rows *rows, int row, int column,
			   struct search_texts *out);

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
/* What a database error means for the requester; logs what no caller reports. */
enum search_problem ask_problem(enum status status, const struct err *err);

#endif
