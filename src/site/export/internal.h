/* How the parts of the export fit together:
 *
 *   export.c    a run from the lock to the exchange
 *   state.c     the folders beside the site: lock, spare tree, exchange
 *   manifest.c  the files of a tree; the journals
 *   writer.c    files into the spare tree
 *   worker.c    the processes and what each does
 *   business.c  one business: from a row to its page
 *   cards.c     vCard and calendar
 *   lists.c     which businesses stand on which list page
 *   places.c    the pages above the lists, and those without facts
 *   sitemap.c   sitemaps, robots.txt
 *   own.c       files of the operator
 *   theme.c     templates, what every page shows
 */
#ifndef SITE_EXPORT_INTERNAL_H
#define SITE_EXPORT_INTERNAL_H

#include <limits.h>
#include <sys/types.h>
#include "base/json.h"
#include "base/date.h"
#include "directory/record/record.h"
#include "directory/taxonomy/taxonomy.h"
#include "site/export/export.h"
#include "site/gate/gate.h"
#include "template/template.h"

enum {
	EXPORT_PAGE_MAX = 8 << 20,   /* bytes of one file but sitemaps */
	EXPORT_ARENA_MAX = 16 << 20, /* of one page */
	EXPORT_PATH = 512,           /* of a file inside the tree, with NUL */
	EXPORT_CHUNK = 1000,         /* rows read by one statement */
};

/* ---- manifest.c ---- */

enum entry_state { ENTRY_GONE, ENTRY_WITHHELD, ENTRY_NOINDEX, ENTRY_INDEXED };

/* A business in a tree. */
struct manifest_entry {
	int64_t id;
	uint64_t page;     /* hash of its page; 0: not known, or no page */
	uint64_t identity; /* of two of one identity one is published; 0: nobody's twin */
	uint32_t listed;   /* hash of what lists show of it */
	int32_t region;    /* 0: none */
	int16_t category;
	uint16_t day; /* of its last change, since 1970: the sitemap's lastmod */
	uint8_t rank;
	uint8_t state;  /* enum entry_state */
	uint8_t cause;  /* enum gate_cause */
	uint8_t card;   /* it has a vCard and a calendar */
	uint8_t hidden; /* lists show no street */
	uint8_t reserved[5];
};

/* Any other file of a tree. */
struct entry_file {
	uint64_t hash; /* of its content, or of all that goes into it; 0: not known */
	char *path;    /* malloc'ed */
};

enum { MANIFEST_SOURCES = 256 };
struct manifest {
	uint64_t generation;
	int64_t xid;        /* true up to it; 0: nothing is known */
	uint64_t site;      /* hash of what goes into every page; 0: not known */
	uint64_t formats;   /* which compressed files stand beside: enum below */
	uint32_t map_parts; /* sitemaps of businesses */
	uint64_t own;       /* digest of the operator's files: own_public_digest */
	/* hashes of the sources' rows, by their id's last byte; 0: none */
	uint64_t source[MANIFEST_SOURCES];
	struct manifest_entry *entry; /* by id */
	size_t entries, entries_room;
	struct entry_file *file; /* by path */
	size_t files, files_room;
};
enum { FORMAT_GZIP = 1, FORMAT_BROTLI = 2 };

void manifest_init(struct manifest *m);
void manifest_release(struct manifest *m);
/* NOT_FOUND when there is none; INVALID when it is not of this program. */
MUST_CHECK enum status manifest_read(struct manifest *m, const char *path, struct err *err);
/* The head only, to decide whether anything has changed: no entries. */
MUST_CHECK enum status manifest_read_head(struct manifest *m, const char *path, struct err *err);
/* The head and the files, without businesses. */
MUST_CHECK enum status manifest_read_files(struct manifest *m, const char *path, struct err *err);
MUST_CHECK enum status manifest_write(const struct manifest *m, const char *path, struct err *err);
void manifest_add(struct manifest *m, const struct manifest_entry *e);
void manifest_add_file(struct manifest *m, const char *path, uint64_t hash);
/* Into order; of several of one id or path the last added counts. ENTRY_GONE
 * and withheld ones stay. */
void manifest_sort(struct manifest *m);
/* The files alone. */
void manifest_sort_files(struct manifest *m);
void manifest_drop_gone(struct manifest *m);
const struct manifest_entry *manifest_find(const struct manifest *m, int64_t id);
/* NULL when there is none. */
const struct entry_file *manifest_find_file(const struct manifest *m, const char *path);

enum { JOURNAL_HEAD = 40 }; /* bytes before the first entry: export_state_journal */
/* A journal: entries and files, before they are touched (hash 0) and after. */
struct journal {
	int fd;
	struct buf buf;
};
MUST_CHECK enum status journal_flush(struct journal *j, struct err *err);
void journal_entry(struct journal *j, const struct manifest_entry *e, bool done);
void journal_file(struct journal *j, const char *path, uint64_t hash);
/* Add what a journal holds. done_only: what happened in this run; else also what was begun. A line
 * cut by the end of the writer ends it. */
MUST_CHECK enum status journal_read(int fd, struct manifest *m, bool done_only, struct err *err);

/* ---- state.c ---- */

struct export_state {
	char site[PATH_MAX];  /* DIR */
	char dir[PATH_MAX];   /* DIR.state */
	char spare[PATH_MAX]; /* the tree that is not published */
	char old_manifest[PATH_MAX + 32], spare_manifest[PATH_MAX + 32];
	bool by_link;
	bool published; /* there is a tree at DIR that a manifest describes */
	int lock_fd, spare_fd;
	pid_t flusher; /* 0: none */
	int flusher_fd;
};
MUST_CHECK enum status export_state_open(struct export_state *s, const struct export_options *o,
					 struct err *err);
void export_state_close(struct export_state *s);
/* The spare tree, made when it is not there. */
MUST_CHECK enum status export_state_open_spare(struct export_state *s, struct err *err);
/* Between the two a process keeps the disk writing. Without it the export is slower, so that
 * nothing is told when it cannot be had. */
void export_state_flush_begin(struct export_state *s);
void export_state_flush_end(struct export_state *s);
/* All that was written is on the disk. */
MUST_CHECK enum status export_state_sync(const struct export_state *s, struct err *err);
/* Exchange. The manifest has been written and the journals are gone. */
MUST_CHECK enum status export_state_publish(struct export_state *s, struct err *err);
/* "DIR.state/journal-N" */
MUST_CHECK enum status export_state_journal(const struct export_state *s, int n, bool dry_run,
					    int *fd, struct err *err);
/* What earlier runs left in journals goes into m; *left: there were some. */
MUST_CHECK enum status export_state_recover(const struct export_state *s, struct manifest *m,
					    bool *left, struct err *err);
void export_state_remove_journals(const struct export_state *s);

/* ---- writer.c ---- */

enum { WRITER_SHARDS = 256, WRITER_QUEUE = 4096, WRITER_BYTES = 16 << 20 };
struct libdeflate_compressor;
struct writer {
	int root_fd;
	int shard_fd[WRITER_SHARDS]; /* folders of businesses; -1: not open */
	unsigned formats;
	bool dry_run;
	struct libdeflate_compressor *deflate;
	struct buf packed;
	uint64_t files, bytes;
	struct writer_file {
		int64_t id;
		const char *ending;
		size_t from, to; /* of contents */
		bool there;
	} queue[WRITER_QUEUE];
	size_t queued;
	struct buf contents;
};
void writer_init(struct writer *w, int root_fd, unsigned formats, bool dry_run);
void writer_release(struct writer *w);
/* A file and what stands beside it. there: it may be in the tree already. */
MUST_CHECK enum status writer_put(struct writer *w, const char *path, struct str content,
				  bool there, struct err *err);
/* At business_path, by writer_flush at the latest: they are queued, and written folder by
 * folder, because a folder's blocks and inodes are then at hand (a tenth less time in the
 * kernel), and because to make a page and to write a file each drive the other's code out of
 * the processor's caches. */
MUST_CHECK enum status writer_put_business(struct writer *w, int64_t id, const char *ending,
					   struct str content, bool there, struct err *err);
MUST_CHECK enum status writer_flush(struct writer *w, struct err *err);
MUST_CHECK enum status writer_remove(struct writer *w, const char *path, struct err *err);

/* ---- theme.c ---- */

enum theme_page {
	THEME_HOME,
	THEME_BUSINESS,
	THEME_CATEGORY,
	THEME_REGION,
	THEME_LIST,
	THEME_SOURCES,
	THEME_IMPRINT,
	THEME_PRIVACY,
	THEME_MISSING,
	THEME_PAGES
};

struct region {
	int32_t id;
	struct str key, name; /* name: the country's code when it has none */
	bool named;
};

struct export_source {
	int32_t id;
	struct str name, licence, licence_url, attribution, url;
};

/* What every page is made with: does not change during a run. */
struct theme {
	struct arena arena;
	struct template_set *set;
	const struct template *page[THEME_PAGES];
	const struct config *config;
	struct str url;  /* of the site, without a closing slash; empty: not set */
	struct str base; /* its path, before every link: "" or "/folder" */
	bool is_public;  /* url is one of the public web */
	struct str css, icon, script;
	struct region *region; /* by id; the first stands for none */
	size_t regions;
	struct export_source *source;
	size_t sources;
	uint64_t hash;                          /* of all that every page shows */
	uint64_t source_hash[MANIFEST_SOURCES]; /* of what the pages of a source show */
	bool cards;
	struct gate_limits limits;
	int today; /* days since 1970 */
	int year;
};
MUST_CHECK enum status theme_load(struct theme *t, const struct export_options *o, struct db *db,
				  struct err *err);
/* The database that it all comes from becomes part of the hash. */
void theme_identity(struct theme *t, struct str database);
void theme_release(struct theme *t); /* also after a failure to load */
const struct region *theme_region(const struct theme *t, int32_t id);
const struct export_source *theme_source(const struct theme *t, int32_t id);
/* "unclassified" and such for a category that is 0. */
struct str theme_category_key(int category);
struct str theme_category_label(int category);

/* One page in the making. */
struct maker {
	const struct theme *theme;
	struct arena arena;
	struct json_build b;
	struct json_value *root;
	struct buf out, block;
	uint64_t dropped[FACTS_FAULTS_MAX]; /* values that pages do without, by fault */
};
void maker_init(struct maker *m, const struct theme *theme);
void maker_release(struct maker *m);
void maker_begin(struct maker *m);
/* Title, description, canonical link. path NULL: not to be indexed. */
void maker_head(struct maker *m, struct str title, struct str description, const char *path);
void maker_source(struct maker *m, struct json_value *list, const struct export_source *source);
struct json_value *maker_list(struct maker *m, const char *key);
/* In m's arena. MAKER_JOIN(m, theme->base, STR("/b/"), id) */
struct str maker_join(struct maker *m, const struct str *part, size_t count);
#define MAKER_JOIN(m, ...)                                                                         \
	maker_join((m), (const struct str[]){__VA_ARGS__},                                         \
		   sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
struct str maker_count(struct maker *m, uint64_t n); /* "12 345" */
MUST_CHECK enum status maker_render(struct maker *m, enum theme_page page, struct err *err);

/* ---- business.c ---- */

/* Columns of export_blocks and export_rows. */
struct business {
	int64_t id;
	char id_text[RECORD_ID_TEXT];
	const struct region *region;
	const struct export_source *source;
	int category;
	int rank;
	bool judged;             /* rank is known */
	bool hidden;             /* its address is not to be shown */
	int updated_day;         /* of the source's last change, since 1970 */
	char updated[DATE_TEXT]; /* the same: 2026-01-31; empty: not to be written */
	int day;                 /* of our last change, since 1970 */
	struct facts_business facts;
};

/* The row's business in m's arena. TOO_LARGE, INVALID. */
MUST_CHECK enum status business_read(struct maker *m, const struct db_rows *rows, int row,
				     struct business *b, struct err *err);
/* Its page in m->out, and what is told of it in a manifest but the hash. */
MUST_CHECK enum status business_page(struct maker *m, struct business *b, struct manifest_entry *e,
				     struct err *err);
/* "b/xx/ID.html" */
void business_path(int64_t id, const char *ending, char out[EXPORT_PATH]);

/* ---- cards.c ---- */

bool card_wanted(const struct business *b);
void card_vcf(const struct theme *t, const struct business *b, struct buf *out);
void card_ics(const struct theme *t, const struct business *b, struct buf *out);

/* ---- twins.c ---- */

/* Of the businesses of one identity the best one is published, the others are withheld as
 * duplicates. Calls `changed` for each whose page comes (is: true; it must be rendered) or goes. */
void twins_resolve(struct manifest *m,
		   void (*changed)(void *ctx, const struct manifest_entry *e, bool is), void *ctx);

/* ---- lists.c ---- */

/* Businesses of one category in one region: order[from..to). */
struct business_list {
	uint32_t from, to;
	int32_t region;
	int category;
	uint32_t page, pages; /* of lists->page */
};
struct list_page {
	uint32_t from, to; /* of lists->order */
	uint32_t list;
	uint64_t hash; /* of what goes into it */
	bool there;    /* in the spare tree, as it is or otherwise */
};
struct lists {
	const struct manifest *m;
	uint32_t *order; /* entries with a page, list by list, best first */
	size_t count;
	struct business_list *list;
	size_t lists;
	struct list_page *page;
	size_t pages;
	uint32_t *work; /* pages to be made */
	size_t works;
};
/* From the entries of m; those that `spare` has as they are become no work. */
void lists_make(struct lists *l, const struct theme *t, const struct manifest *m,
		const struct manifest *spare);
void lists_release(struct lists *l);
void lists_path(const struct theme *t, const struct lists *l, uint32_t page, char out[EXPORT_PATH]);
/* What the pages work[from..to) show of their members: a row for each that is still there,
 * in the pages' order. */
MUST_CHECK enum status lists_read(const struct lists *l, uint64_t from, uint64_t to, struct db *db,
				  struct db_rows *rows, struct err *err);
/* Into m->out; *row is the next of those rows. */
MUST_CHECK enum status lists_page(struct maker *m, const struct lists *l, uint32_t page,
				  const struct db_rows *rows, int *row, struct err *err);

/* ---- places.c, sitemap.c: files of which there are few ---- */

/* Where they go: written when the spare tree has another, noted in the manifest in the making. */
struct export_files {
	struct writer *writer;
	struct journal *journal;
	const struct manifest *spare;
	struct manifest *next;
	uint64_t unchanged;
};
MUST_CHECK enum status files_put(struct export_files *f, const char *path, struct str content,
				 struct err *err);
MUST_CHECK enum status places_write(struct export_files *f, struct maker *m, const struct lists *l,
				    struct err *err);
MUST_CHECK enum status sitemap_write(struct export_files *f, const struct theme *t,
				     const struct lists *l, struct err *err);

/* ---- own.c ---- */

/* Digest of the names, sizes and times of the files in the folder, to detect changes. A folder that
 * is not there is empty; NULL too. */
MUST_CHECK enum status own_public_digest(const char *folder, uint64_t *digest, struct err *err);
/* Copy the folder's files into the tree. CONFLICT: the export has made a file of that name. */
MUST_CHECK enum status own_public_copy(const char *folder, struct export_files *to,
				       struct err *err);
/* Before the trees are exchanged: link the files that were put into the published tree by hand into
 * the spare tree, and remove from it those that are gone. written: the sorted manifest of the spare
 * tree. */
MUST_CHECK enum status own_keep(const struct export_state *s, const struct manifest *written,
				struct err *err);

/* ---- worker.c ---- */

/* As fork; the child does not outlive its parent, for the next export begins
 * when the lock is free. */
pid_t fork_bound(void);

struct pass {
	const struct export_options *options;
	const struct theme *theme;
	const struct export_state *state;
	const struct manifest *spare;
	unsigned formats;
	/* The work is one of: */
	int64_t blocks;     /* pages of the table to read */
	const int64_t *ids; /* businesses */
	size_t ids_count;
	const struct lists *lists; /* its work */
	struct progress *progress;
	struct export_report *report;
	int *journal_fd; /* one a worker */
	int workers;
};
/* All of it, or the first failure of a worker. */
MUST_CHECK enum status pass_run(struct pass *p, struct err *err);

#endif
