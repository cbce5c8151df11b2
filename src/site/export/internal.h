/* How the parts of the export fit together:
 *
 *   export.c    one run, from taking the lock to publishing
 *   state.c     the folders beside the site: lock, spare tree, exchange
 *   manifest.c  what a tree contains; the journals (manifest.h)
 *   writer.c    writes files into the spare tree
 *   worker.c    the worker processes
 *   business.c  renders one business: from its row to its page
 *   cards.c     vCard and calendar
 *   twins.c     which of several records of one business is published (twins.h)
 *   lists.c     which businesses are on which list, and on the pages of places, regions and kinds
 *   listed.c    what those pages show
 *   near.c      the nearest other businesses of each (near.h)
 *   coming.c    which businesses come to which towns
 *   places.c    home, imprint, privacy, assets
 *   closed.c    pages of businesses that have closed for good
 *   sitemap.c   sitemaps, robots.txt
 *   search.c    files of the search without a server
 *   photos.c    pictures of businesses
 *   extra.c     pages of the operator
 *   shop.c      the site of one shop: its files
 *   shop_page.c what the pages of a shop show
 *   redirects.c former addresses of pages (redirects.h)
 *   sample.c    what a host must answer
 *   listing.c   lists of files for uploads
 *   fit.c       the limits of hosts
 *   own.c       files of the operator
 *   preview.c   single pages in memory
 *   theme.c     templates and what every page shows
 *   levels.c    addresses and trails of regions, places, kinds and lists
 *   trees.c     a tree for each language
 */
#ifndef SITE_EXPORT_INTERNAL_H
#define SITE_EXPORT_INTERNAL_H

#include <limits.h>
#include <sys/types.h>
#include <xxhash.h>
#include "base/json.h"
#include "base/date.h"
#include "directory/record/record.h"
#include "directory/taxonomy/taxonomy.h"
#include "language/language.h"
#include "site/export/export.h"
#include "site/export/manifest.h"
#include "site/export/near.h"
#include "site/gate/gate.h"
#include "site/links/links.h"
#include "site/look/look.h"
#include "site/shop/shop.h"
#include "template/template.h"

enum {
	EXPORT_PAGE_MAX = 8 << 20,   /* bytes of one file, sitemaps excepted */
	EXPORT_ARENA_MAX = 16 << 20, /* bytes of memory to render one page */
	EXPORT_PATH = 512,           /* bytes of a path inside the tree, with NUL */
	EXPORT_CHUNK = 1000,         /* rows that one statement reads */
};

/* ---- levels.c: paths ---- */

/* The parts one after the other, which must fit. Returns what is in `out` without its NUL. */
struct str path_join(char out[EXPORT_PATH], const struct str *part, size_t count);
#define PATH_JOIN(out, ...)                                                                        \
	path_join((out), (const struct str[]){__VA_ARGS__},                                        \
		  sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

/* ---- state.c ---- */

struct export_state {
	char site[PATH_MAX];  /* DIR */
	char dir[PATH_MAX];   /* DIR.state */
	char spare[PATH_MAX]; /* the tree that is not published */
	char old_manifest[PATH_MAX + 32], spare_manifest[PATH_MAX + 32];
	bool by_link;
	bool published; /* DIR exists and has a manifest */
	int lock_fd, spare_fd;
	int published_fd; /* -1: nothing is published, or it cannot be read */
	pid_t flusher;    /* 0: not running */
	int flusher_fd;   /* closing it ends the flusher */
};
MUST_CHECK enum status export_state_open(struct export_state *s, const struct export_options *o,
					 struct err *err);
void export_state_close(struct export_state *s);
/* The path of a tree's manifest in the state folder `dir`, whether it exists or not. NOT_FOUND:
 * there is no such tree. */
MUST_CHECK enum status export_state_manifest(const char *dir, const char *tree, char *out,
					     size_t size, struct err *err);
/* Open the spare tree; create it when missing. */
MUST_CHECK enum status export_state_open_spare(struct export_state *s, struct err *err);
/* Between the two calls a child process writes dirty pages to the disk. Optional: failures are
 * ignored, because it only affects speed. */
void export_state_flush_begin(struct export_state *s);
void export_state_flush_end(struct export_state *s);
/* Returns when everything that was written is on the disk. */
MUST_CHECK enum status export_state_sync(const struct export_state *s, struct err *err);
/* Publish the spare tree. The caller has written its manifest and removed the journals. */
MUST_CHECK enum status export_state_publish(struct export_state *s, struct err *err);
/* Create "DIR.state/journal-N"; with dry_run an anonymous file in memory. */
MUST_CHECK enum status export_state_journal(const struct export_state *s, int n, bool dry_run,
					    int *fd, struct err *err);
/* Add the journals of interrupted runs to m; *left: there were some. */
MUST_CHECK enum status export_state_recover(const struct export_state *s, struct manifest *m,
					    bool *left, struct err *err);
void export_state_remove_journals(const struct export_state *s);

/* ---- writer.c ---- */

enum { WRITER_QUEUE = 4096, WRITER_BYTES = 16 << 20 };
struct libdeflate_compressor;
struct writer {
	int root_fd;
	/* A file that is the same in the published tree keeps its time of change: -1: there is
	 * none. */
	int published_fd;
	char folder[EXPORT_PATH]; /* written last */
	int folder_fd;            /* -1: not open */
	unsigned formats;
	unsigned drops; /* formats of copies that the tree may have and that are not written now */
	bool dry_run;
	struct libdeflate_compressor *deflate;
	struct buf packed;
	uint64_t files, bytes;
	struct writer_file {
		size_t name;     /* of its path in `names` */
		size_t from, to; /* range of `contents` */
		bool there;      /* the tree may have the file already */
	} queue[WRITER_QUEUE];
	size_t queued;
	struct buf contents, names;
};
void writer_init(struct writer *w, int root_fd, unsigned formats, bool dry_run);
void writer_release(struct writer *w);
/* Write a file and its compressed copies. there: the tree may have the file already. */
MUST_CHECK enum status writer_put(struct writer *w, const char *path, struct str content,
				  bool there, struct err *err);
/* Queue a file; writer_flush writes the queue. Writing folder by folder keeps a
 * folder's blocks and inodes in the kernel's caches (10 % less time in the kernel), and rendering
 * and writing in batches keeps the code of each in the processor's caches. */
MUST_CHECK enum status writer_queue(struct writer *w, const char *path, struct str content,
				    bool there, struct err *err);
MUST_CHECK enum status writer_flush(struct writer *w, struct err *err);
MUST_CHECK enum status writer_remove(struct writer *w, const char *path, struct err *err);

/* ---- theme.c ---- */

enum theme_page {
	THEME_HOME,
	THEME_BUSINESS,
	THEME_OVERVIEW,
	THEME_LIST,
	THEME_SOURCES,
	THEME_IMPRINT,
	THEME_PRIVACY,
	THEME_SEARCH,
	THEME_MISSING,
	THEME_EXTRA,
	THEME_CLOSED,
	THEME_SHOP_HOME,
	THEME_SHOP_GOODS,
	THEME_SHOP_GOOD,
	THEME_SHOP_STORY,
	THEME_SHOP_IMPRINT,
	THEME_SHOP_PRIVACY,
	THEME_SHOP_MISSING,
	THEME_PAGES
};

struct region {
	int32_t id;
	struct str key, name; /* name: that of the country when the region has no name */
	struct str country, country_name;
	bool named;
};

/* A town. Its slug is the first segment of its addresses, given once. */
struct export_place {
	int32_t id, region;
	struct str slug, name;
	bool paged; /* it has a page: by what the database says, then by lists_link */
};

/* A business that comes to a town that is not its own. */
struct export_coming {
	int64_t id;
	int32_t place;
};

struct export_source {
	int32_t id;
	struct str name, licence, licence_url, attribution, url;
};

/* A page of the operator. */
struct theme_extra {
	struct str name, title, about, html;
};

/* The common input of all pages; constant during a run, but for `linked` and `near`. */
struct theme {
	struct arena arena;
	struct template_set *set;
	const struct template *page[THEME_PAGES];
	const struct config *config;
	struct wording *wording;         /* language of the pages */
	const struct language *language; /* NULL: as site.lang says */
	const struct trees *trees;       /* of all languages; NULL: there is only this one */
	struct str site_url, site_base;  /* as `url` and `base`, of all languages together */
	struct str url;                  /* site.url without a closing slash; empty: not set */
	struct str base;        /* the path of `url`, the prefix of every link: "" or "/folder" */
	struct links own_links; /* what links of the operator lead to */
	struct str contact;     /* site.contact_url as such a link; empty: none */
	bool is_public;         /* `url` is valid in a block of facts */
	struct str css, business_css, icon, script; /* their addresses */
	struct look_patterns patterns;
	struct str search_script; /* empty: the site has no search */
	uint32_t search_pairs;
	struct str script_body;
	struct str *label;     /* of the categories, in the order of taxonomy_categories */
	struct region *region; /* sorted by id; the first is used for records without one */
	size_t regions;
	struct export_place *place; /* sorted by id */
	size_t places;
	/* The lists that pages of businesses link to, sorted keys of theme_link_key: first as the
	 * database or the spare tree suggests, then those of lists_link. */
	uint64_t *linked;
	size_t links;
	struct export_coming *coming; /* sorted by place; empty before coming_read */
	size_t comings, comings_room;
	struct export_coming *serving; /* the same, sorted by id */
	struct coming_name *names;     /* of places; NULL: there are none */
	struct export_source *source;
	size_t sources;
	bool several_countries;                 /* addresses show their country */
	uint64_t hash;                          /* hash of the common input of all pages */
	uint64_t source_hash[MANIFEST_SOURCES]; /* hash of what pages show of a source */
	bool cards;
	const struct shop_sites *shops; /* NULL: none */
	const struct photos *photos;    /* NULL: none */
	const struct near *near;        /* NULL: pages show none */
	struct theme_extra *extra;      /* by name */
	size_t extras;
	struct gate_limits limits;
	int today; /* days since 1970 */
	int year;
};
/* language: of a shop's pages; NULL: the directory's. */
MUST_CHECK enum status theme_load(struct theme *t, const struct export_options *o,
				  const struct language *language, struct db *db, struct err *err);
/* Add the identity of the database to the hash. */
void theme_identity(struct theme *t, struct str database);
void theme_release(struct theme *t); /* also after theme_load has failed */
/* Free t->coming, which is not needed when the lists are made. */
void theme_release_coming(struct theme *t);
const struct region *theme_region(const struct theme *t, int32_t id);
/* NULL: there is none. */
const struct export_place *theme_place(const struct theme *t, int32_t id);
uint64_t theme_link_key(int32_t place, int category);
/* Sort t->linked[0..links) and leave out duplicates. */
void theme_sort_links(struct theme *t);
bool theme_links(const struct theme *t, int32_t place, int category);
/* What the lists of kinds in places probably are: in the database those with enough businesses. */
MUST_CHECK enum status theme_guess_links(struct theme *t, struct db *db, struct err *err);
const struct export_source *theme_source(const struct theme *t, int32_t id);
/* For a category that is unknown or 0: "unclassified" and "Other businesses". */
struct str theme_category_key(int category);
struct str theme_category_label(const struct theme *t, int category);

enum {
	MAKER_KEPT_MAX = 4 << 20, /* bytes of texts that pages share */
	MAKER_KINDS = 4096,       /* above the ids of categories */
};
/* Renders pages, one after the other. */
struct maker {
	const struct theme *theme;
	struct arena arena;
	struct json_build b;
	struct json_value *root;
	struct buf out, block, locator, link; /* link: of the address that is being made */
	struct level_town *town;            /* levels.c: by the index of a place; NULL: none yet */
	struct arena kept;                  /* its texts */
	uint64_t kinds[MAKER_KINDS / 64];   /* bits of those whose trail was checked */
	uint64_t dropped[FACTS_FAULTS_MAX]; /* invalid values left out, by fault */
};
void maker_init(struct maker *m, const struct theme *theme);
void maker_release(struct maker *m);
void maker_begin(struct maker *m);
/* Set title, description and canonical link. path NULL: the page is marked noindex. */
void maker_head(struct maker *m, struct str title, struct str description, const char *path);
void maker_source(struct maker *m, struct json_value *list, const struct export_source *source);
/* Add a page above this one to the list of the trail. */
void maker_crumb(struct maker *m, struct json_value *trail, struct str name, struct str href);
struct json_value *maker_list(struct maker *m, const char *key);
/* A message of the pages' language. */
struct str maker_word(const struct maker *m, enum word_id id);
/* With values for its placeholders, in m's arena: MAKER_FILL(m, WORD_KIND_IN_PLACE, kind, city) */
struct str maker_fill(struct maker *m, enum word_id id, const struct str *value, size_t count);
#define MAKER_FILL(m, id, ...)                                                                     \
	maker_fill((m), (id), (const struct str[]){__VA_ARGS__},                                   \
		   sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
/* Concatenate in m's arena: MAKER_JOIN(m, theme->base, STR("/b/"), id) */
struct str maker_join(struct maker *m, const struct str *part, size_t count);
#define MAKER_JOIN(m, ...)                                                                         \
	maker_join((m), (const struct str[]){__VA_ARGS__},                                         \
		   sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
struct str maker_count(struct maker *m, uint64_t n); /* "12,345" */
MUST_CHECK enum status maker_render(struct maker *m, enum theme_page page, struct err *err);

/* ---- business.c ---- */

enum { LEVELS_ABOVE = 3 }; /* region, place, list */

/* A business as the statements export_blocks and export_rows return it. */
struct business {
	int64_t id;
	char id_text[RECORD_ID_TEXT];
	const struct region *region;
	const struct export_place *place; /* NULL: none */
	const struct export_source *source;
	struct str path; /* as manifest_path */
	struct str link; /* from the site's root, without ending, percent-encoded */
	int category;
	int rank;
	bool judged;     /* `rank` is known */
	bool hidden;     /* its address must not be shown */
	bool linked;     /* as in its entry */
	uint32_t serves; /* coming_links */
	size_t levels;   /* the pages above it, as of level_above */
	struct facts_crumb above[LEVELS_ABOVE];
	int updated_day;         /* of the last change in the source, days since 1970 */
	char updated[DATE_TEXT]; /* the same as 2026-01-31; empty: outside of the years 0 to 9999 */
	int day;                 /* of the last change in the database, days since 1970 */
	const struct photos_of *pictures; /* NULL: it has none */
	struct near_card card;            /* `shown` 0: pages of others do not show it */
	struct str row_name;              /* as in the row */
	struct facts_business facts;
};

/* Read a row into b, with texts in m's arena. TOO_LARGE: over the arena. INVALID: broken JSON. */
MUST_CHECK enum status business_read(struct maker *m, const struct db_rows *rows, int row,
				     struct business *b, struct err *err);
/* Render the page into m->out (none when it is withheld) and fill in its manifest entry. */
MUST_CHECK enum status business_page(struct maker *m, struct business *b, struct manifest_entry *e,
				     struct err *err);
/* Put the locator and the date of the facts into the page. */
void business_put_locator(struct maker *m, const struct business *b);
void business_put_updated(struct maker *m, const struct business *b);
/* Put the table of opening hours, exceptions and the week for the script into the page. */
void business_put_hours(struct maker *m, const struct business *b);
/* The days of a week that have hours, in one line: "Monday–Friday: 09:00–12:00; Saturday: ...". */
struct str business_hours_text(struct maker *m, const struct hours_week *week);
/* A facts_found whose ctx is the maker: counts a value that facts_clean has removed. */
void business_count_dropped(void *ctx, const struct facts_finding *finding);
/* The file of a business in the tree: "hochtann/fliesen-falkner-ID.html". path: as
 * manifest_path. */
struct str business_file(struct str path, int64_t id, const char *ending, char out[EXPORT_PATH]);
/* The business that a file is named after, and its path as of manifest_path; 0: none. */
int64_t business_of_page(struct str file, struct str *path);
/* The files of a business: its page, then its cards. */
enum { BUSINESS_FILES = 3 };
extern const char *const business_endings[BUSINESS_FILES];
/* How many of them it has. e NULL: 0. */
int business_files(const struct manifest_entry *e);
/* Whether the file is one of a business in a sorted manifest. */
bool business_has_file(const struct manifest *m, const char *path);
/* Append the same as a link, percent-encoded. */
void business_link(struct str path, int64_t id, const char *ending, struct buf *out);
/* Put the week as minutes, for the script that shows whether a place is open, and its time zone
 * under these keys; nothing when one of them is not known. Sets "script" of the page. */
void business_put_week(struct maker *m, struct json_value *to_value, const char *week_key,
		       const char *zone_key, const struct hours_week *week, struct str zone);

/* ---- cards.c ---- */

bool card_wanted(const struct business *b);
void card_vcf(const struct business *b, struct buf *out);
void card_ics(struct maker *m, const struct business *b, struct buf *out);

/* ---- levels.c ----
 *
 *   /in/REGION/        /in/REGION/KIND.html
 *   /PLACE/            /PLACE/KIND.html
 *   /kind/KIND/
 *
 * A further page of a list has the id of its first business: KIND.ID.html. The point keeps it
 * apart from pages of businesses. */

enum level { LEVEL_REGION, LEVEL_PLACE, LEVEL_KIND };
enum { LEVEL_ALL = -1 }; /* in place of a category: the page of the region or place itself */

/* A page of a level: `id` is a region's, a place's or a category's. */
struct level_page {
	enum level level;
	int32_t id;
	int category;  /* LEVEL_ALL, or that of a list */
	int64_t first; /* of a further page: id of its first business; 0: none */
};

/* Its file in the tree: "hochtann/index.html". */
struct str level_file(const struct theme *t, const struct level_page *page, char out[EXPORT_PATH]);
/* Append its address below the site's root, percent-encoded: "hochtann/". */
void level_put_link(const struct theme *t, const struct level_page *page, struct buf *out);
/* The same in m's arena. */
struct str level_link(struct maker *m, const struct level_page *page);
struct str level_name(const struct theme *t, enum level level, int32_t id);
/* The pages above, from the top, with links as level_link; returns their number. of: a region, a
 * place or a list; NULL: a business in `place` (or NULL) of `region`, of a kind that has a list
 * there unless it is LEVEL_ALL. */
size_t level_above(struct maker *m, const struct region *region, const struct export_place *place,
		   int category, struct facts_crumb above[LEVELS_ABOVE]);
/* Put them as the page's trail. */
void level_put_trail(struct maker *m, const struct facts_crumb *above, size_t count);
/* The same with whole URLs, for a block of facts. */
struct facts_trail level_trail(struct maker *m, const struct facts_crumb *above, size_t count);
/* Those above a business, as level_above, and its trail, without one when the site has no public
 * address. What businesses of a place share is made once. */
size_t level_of_business(struct maker *m, const struct region *region,
			 const struct export_place *place, int category,
			 struct facts_crumb above[LEVELS_ABOVE], struct facts_trail *trail);

/* ---- lists.c ---- */

/* Businesses of one category in a region or place: order[from..to). */
struct business_list {
	enum level level;
	int32_t id; /* of the region or place */
	int category;
	uint32_t from, to;
	uint32_t page, pages; /* first and number, in lists->page; 0 pages: a thin list */
};
/* A region, place or kind with its lists and some of its businesses on one page. */
struct list_overview {
	enum level level;
	int32_t id;                  /* of the region, place or category */
	uint32_t count;              /* businesses */
	uint32_t row_from, row_to;   /* its lists, the largest first: range of lists->row */
	uint32_t town_from, town_to; /* places of a region: range of lists->town */
	uint32_t from, to;           /* businesses that it shows: range of lists->order */
	bool made;                   /* it has a page; else there is too little of a kind */
};
struct list_page {
	uint32_t from, to; /* range of lists->order */
	/* The same: those that come to the place, on its page and the first one of a list there. */
	uint32_t come_from, come_to;
	uint32_t of; /* index in lists->list or lists->overview */
	bool overview;
	bool there;    /* the spare tree has the file, perhaps with other content */
	uint64_t hash; /* of its input */
};
struct lists {
	const struct manifest *m;
	const struct theme *theme;
	uint32_t *order; /* indexes of entries with a page, list by list, best first */
	size_t count, room;
	size_t published;           /* businesses with a page */
	struct business_list *list; /* of regions, then of places */
	size_t lists;
	uint32_t *row; /* indexes of `list` */
	size_t rows;
	struct list_overview *overview; /* of regions, then of places, then of kinds */
	size_t overviews;
	uint32_t *town; /* indexes of `overview` */
	size_t towns;
	struct list_page *page;
	size_t pages, pages_room;
	uint32_t *work; /* indexes of pages to render */
	size_t works;
};
/* Make the lists of m's entries. */
void lists_make(struct lists *l, const struct theme *t, const struct manifest *m);
/* Pages of businesses rendered from now on link to these lists. */
void lists_link(const struct lists *l, struct theme *t);
/* Fill `work` with the pages that `spare` has not with the same hash. */
void lists_compare(struct lists *l, const struct manifest *spare);
void lists_release(struct lists *l);
/* Whether search engines may list the page: not that of a place with fewer than
 * FACTS_LIST_LEAST. */
bool lists_indexed(const struct lists *l, uint32_t page);
/* The newest day of the businesses that it shows. */
uint16_t lists_newest_day(const struct lists *l, const struct list_page *page);
struct level_page lists_level(const struct lists *l, uint32_t page);
/* The overview of a region, place or kind that has a business with a page. */
const struct list_overview *lists_overview(const struct lists *l, enum level level, int32_t id);
/* The lists that the first page of one links to: the largest others of its region or place that
 * have pages, as indexes of l->list. Returns their number. */
enum { LISTS_CHIPS = 10 };
size_t lists_others(const struct lists *l, const struct list_overview *o,
		    const struct business_list *list, uint32_t other[LISTS_CHIPS]);
void lists_path(const struct lists *l, uint32_t page, char out[EXPORT_PATH]);

/* ---- coming.c ---- */

/* Make t->names, by which towns are found. */
void coming_prepare(struct theme *t);
/* Links to the pages of towns that a business of `seat` (or NULL) in `region` serves, empty for
 * those without one, to the list of its category where there is one. *hash: as coming_hash. NULL:
 * there are no places. */
const struct str *coming_links(struct maker *m, const struct facts_texts *towns, int32_t region,
			       const struct export_place *seat, int category, uint32_t *hash);
/* Of the pages that these links lead to, by t->serving. 0: none. */
uint32_t coming_hash(const struct theme *t, const struct manifest_entry *e);
/* Fill t->coming and t->serving from the database. */
MUST_CHECK enum status coming_read(struct theme *t, struct db *db, struct err *err);

/* ---- listed.c ---- */

/* Read what the pages work[from..to) show: a row for each business that still exists, in the order
 * of the pages. */
MUST_CHECK enum status lists_read(const struct lists *l, uint64_t from, uint64_t to, struct db *db,
				  struct db_rows *rows, struct err *err);
/* Render a page into m->out. *row: next row of lists_read's result, which is advanced. */
MUST_CHECK enum status lists_page(struct maker *m, const struct lists *l, uint32_t page,
				  const struct db_rows *rows, int *row, struct err *err);

/* ---- places.c, sitemap.c ---- */

/* Destination of files other than pages of businesses and lists. */
struct export_files {
	struct writer *writer;
	struct journal *journal;
	const struct manifest *spare;
	struct manifest *next;
	uint64_t unchanged;
	/* Not NULL: gets every file, and nothing is written. */
	enum status (*sink)(void *ctx, const char *path, struct str content, struct err *err);
	void *sink_ctx;
};
/* Add the file to `next`; write it when the spare tree's differs. */
MUST_CHECK enum status files_put(struct export_files *f, const char *path, struct str content,
				 struct err *err);
/* The same where the tree may have a file of this name that its manifest does not name as one: the
 * page of a business. */
MUST_CHECK enum status files_put_over(struct export_files *f, const char *path, struct str content,
				      struct err *err);
/* closed.c; digest: of all that closed_write writes. */
MUST_CHECK enum status closed_digest(struct db *db, uint64_t *digest, struct err *err);
MUST_CHECK enum status closed_write(struct export_files *f, struct maker *m, struct db *db,
				    struct err *err);
MUST_CHECK enum status places_write(struct export_files *f, struct maker *m, const struct lists *l,
				    struct err *err);
/* first: index in f->next of the first file of places_write. */
MUST_CHECK enum status sitemap_write(struct export_files *f, const struct theme *t,
				     const struct lists *l, size_t first, struct err *err);

/* ---- photos.c ---- */

/* The pictures of a business. */
struct photos_of {
	int64_t id;
	uint32_t digest; /* of what its page shows of them; not 0 */
	struct pictures pictures;
};
struct photos {
	struct arena arena;
	struct photos_of *item; /* by id; each has a picture */
	size_t count, room;
	uint64_t digest; /* of all; 0: there are none */
	uint64_t published, refused;
};
/* Read the folders of INSTANCE/photos (options->folder; options NULL: none) and convert what is
 * new. Folders and pictures that are refused are logged and counted. Release it also after a
 * failure. */
MUST_CHECK enum status photos_read(struct photos *p, const struct pictures_options *options,
				   struct db *db, struct err *err);
void photos_release(struct photos *p);
/* NULL: it has none. */
const struct photos_of *photos_find(const struct theme *t, int64_t id);
/* Put a picture for <img srcset>: {src, srcset, width, height, alt, good, credit}. */
void photos_put(struct maker *m, struct json_value *to, const char *key, const struct picture *p);
/* The link to a result, from the site's root; and its address with the host, empty without
 * site.url. size: as in picture_name. */
struct str photos_link(struct maker *m, const struct picture *p, size_t size);
struct str photos_url(struct maker *m, const struct picture *p, size_t size);
size_t photos_largest(const struct picture *p);
/* Put the results of pictures into the tree; of all businesses that f->next has a page of. */
MUST_CHECK enum status photos_write(struct export_files *f, const char *cache,
				    const struct pictures *pictures, struct err *err);
MUST_CHECK enum status photos_write_all(struct export_files *f, const struct theme *t,
					const char *cache, struct err *err);

/* ---- extra.c ---- */

/* Read the folder's pages, and add them to the hash. folder NULL, or missing: none. INVALID: err
 * names the file, and the line. */
MUST_CHECK enum status extra_load(struct theme *t, const char *folder, XXH3_state_t *hash,
				  struct err *err);
/* Put the links to them into the page: "extra_pages". */
void extra_put_links(struct maker *m);

/* ---- search.c ---- */

#define SEARCH_PAGE "search/index.html"
/* Write the files of the search: of the businesses that m has pages of. temporary: a folder for
 * files that are gone when this returns. blocks: size of the table when the run began. helpers:
 * SOCK_SEQPACKET socket to processes in search_help, which write some of the files; -1: there are
 * none. */
MUST_CHECK enum status search_files(struct export_files *f, const struct theme *t,
				    const struct manifest *m, struct db *db, const char *temporary,
				    int64_t blocks, int helpers, struct err *err);
/* Write the files that come through the socket, until its other end is closed. */
MUST_CHECK enum status search_help(struct export_files *f, int from, struct err *err);

/* Append a text with & and < escaped for XML. */
void sitemap_put_escaped(struct buf *out, struct str s);

/* ---- shop.c ---- */

/* Write all files of the shop's site. The business has been read: it is rows' only row. */
MUST_CHECK enum status shopsite_write(struct export_files *f, struct maker *m,
				      const struct export_shop *shop, const struct db_rows *rows,
				      struct export_report *report, struct err *err);

/* ---- shop_page.c ---- */

enum { SHOP_ONE_PAGE = 24 /* more goods have a page each */, SHOP_FEATURED = 6 };

struct shopsite {
	struct maker *m;
	const struct export_shop *options;
	const struct db_rows *rows; /* one row: the business */
	struct arena arena;         /* for the whole run: `shop` and `good` */
	struct shop shop;
	struct pictures pictures;
	struct str sheet; /* the style sheet with the theme's tokens */
	struct shopsite_good {
		struct str name, path; /* path: "goods/NAME.html" */
	} * good;
	size_t goods;
	bool sells; /* goods to take home, rather than services */
	bool has_cards;
	struct str card;   /* name of the vCard and the calendar without ending */
	struct business b; /* of the current page; in m's arena */
};
/* Read shop.toml and the theme, name the pages of goods. Release it also after a failure. */
MUST_CHECK enum status shopsite_init(struct shopsite *s, struct maker *m,
				     const struct export_shop *options, const struct db_rows *rows,
				     struct err *err);
void shopsite_release(struct shopsite *s);
/* Render a page into m->out. good: its index, for THEME_SHOP_GOOD. path: "goods/". */
MUST_CHECK enum status shopsite_page(struct shopsite *s, enum theme_page page, size_t good,
				     const char *path, struct err *err);
bool shopsite_has_goods(const struct shopsite *s);
bool shopsite_has_story(const struct shopsite *s);

/* ---- listing.c ---- */

/* Write a line for each file: its hash and path. */
MUST_CHECK enum status listing_all(const char *to, const struct manifest *m, struct err *err);
/* Write what is to be done to a copy of `old` so that it is one of `next`, in the order in which no
 * page lacks what it needs: "put", "delete" and a path, "invalidate" and an address, "base" in
 * front. */
MUST_CHECK enum status listing_changes(const char *to, const struct manifest *old,
				       const struct manifest *next, struct str base,
				       struct err *err);

/* ---- fit.c ---- */

/* TOO_LARGE: the tree is over a limit; err says which, and of what it has how much. root: of the
 * tree; -1: sizes are not known. */
MUST_CHECK enum status fit_check(const struct export_fit *limits, const struct manifest *m,
				 int root, struct err *err);

/* ---- own.c ---- */

/* Append what is left of an open file. */
MUST_CHECK enum status own_read(int fd, struct buf *out, struct err *err);
/* Digest of the names, sizes and times of the files in the folder, to detect changes. A folder that
 * is missing or NULL counts as empty. */
MUST_CHECK enum status own_public_digest(const char *folder, uint64_t *digest, struct err *err);
/* Copy the folder's files into the tree. CONFLICT: the export writes a file of that name. */
MUST_CHECK enum status own_public_copy(const char *folder, struct export_files *to,
				       struct err *err);
/* Copy them into a folder that no manifest describes, the root of trees of several languages. What
 * was copied and is no longer there stays. */
MUST_CHECK enum status own_public_copy_plain(const char *folder, const char *dir, struct err *err);
/* Write dir/path unless it has this content; folders are created. */
MUST_CHECK enum status own_put_plain(const char *dir, const char *path, struct str content,
				     struct err *err);
/* Before the trees are exchanged: hard-link files that the operator has put into the published tree
 * into the spare tree, and remove from the spare tree those that he has removed. written: the
 * sorted manifest of the spare tree. *lost: number of his files that are not kept, because the
 * export writes one of that name. */
MUST_CHECK enum status own_keep(const struct export_state *s, const struct manifest *written,
				uint64_t *lost, struct err *err);

/* ---- trees.c ---- */

/* Append the page that leads to the trees. Its texts are the names of languages, so that it needs
 * no language itself. base: of the whole site. missing: the page of what is not there. */
void trees_put_page(const struct config *config, const struct trees *trees, struct str base,
		    bool missing, struct buf *out);

/* ---- worker.c ---- */

/* As fork, but the kernel kills the child when its parent ends, because the next export may begin
 * as soon as the lock is free. */
pid_t fork_bound(void);

struct pass {
	const struct export_options *options;
	const struct theme *theme;
	const struct export_state *state;
	const struct manifest *spare;
	unsigned formats;
	/* The work is one of these three: */
	int64_t blocks;     /* number of the table's blocks to read */
	const int64_t *ids; /* of businesses, each once */
	size_t ids_count;
	const struct lists *lists; /* pages in lists->work */
	/* With lists: the table's blocks that the search is made from; -1: there is no search. */
	int64_t search_blocks;
	/* Of `ids`: this run may have written their pages already, so that what `spare` says of
	 * them need not be so. */
	bool again;
	struct progress *progress;
	struct export_report *report;
	int *journal_fd; /* one for each worker */
	int workers;
};
/* Do the work in p->workers processes. Returns the first error of a worker. */
MUST_CHECK enum status pass_run(struct pass *p, struct err *err);

#endif
