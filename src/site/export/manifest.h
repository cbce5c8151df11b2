/* What a tree contains, and the journals of a run that makes one. */
#ifndef SITE_EXPORT_MANIFEST_H
#define SITE_EXPORT_MANIFEST_H

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct near;

enum entry_state { ENTRY_DELETED, ENTRY_WITHHELD, ENTRY_NOINDEX, ENTRY_INDEXED };

/* A business in a manifest. */
struct manifest_entry {
	int64_t id;
	uint64_t page;      /* hash of its page; 0: unknown, or no page */
	uint64_t identity;  /* gate_identity: one of those with the same is published; 0: unknown */
	uint32_t listed;    /* hash of what list pages show of it */
	int32_t region;     /* region id; 0: none */
	int16_t category;   /* taxonomy id; 0: unclassified */
	uint16_t day;       /* of the last change, in days since 1970: lastmod in the sitemap */
	uint8_t rank;       /* quality score, 0 to 100 */
	uint8_t state;      /* enum entry_state */
	uint8_t cause;      /* enum gate_cause */
	uint8_t card : 1;   /* has a vCard and a calendar */
	uint8_t hidden : 1; /* lists show no street */
	uint8_t linked : 1; /* its page links to the list of its kind in its place */
	uint32_t pictures;  /* hash of what its page shows of them; 0: it has none */
	uint32_t path;      /* manifest_path; 0: none */
	int32_t place;      /* city id; 0: none */
	uint32_t near;      /* near_hash of what its page shows; 0: unknown */
	int32_t lat, lon;   /* 1e-7 degrees, when `shown` */
	uint32_t shown;     /* near_shown; 0: pages of others do not show it */
	uint32_t name;      /* manifest_name, when `shown` */
};

/* The path of an entry's page without id and ending: "hochtann/fliesen-falkner"; empty: b/XX/ID.
 * The texts of all manifests are kept until the process ends. */
const char *manifest_path(const struct manifest_entry *e);
const char *manifest_name(const struct manifest_entry *e); /* in the same way */
uint32_t manifest_keep_path(struct str path);  /* what an entry's `path` and `name` are */
const char *manifest_kept_path(uint32_t path); /* of manifest_keep_path */

/* Any other file in a manifest. */
struct entry_file {
	uint64_t hash; /* of the content, or of the input of a list page; 0: unknown */
	char *path;    /* malloc'ed */
};

enum { MANIFEST_SOURCES = 256 };
struct manifest {
	uint64_t generation;
	int64_t xid;        /* the tree has all changes of transactions below it; 0: unknown */
	uint64_t site;      /* hash of the common input of all pages (struct theme); 0: unknown */
	uint64_t formats;   /* compressed copies that exist: FORMAT_ bits */
	uint32_t map_parts; /* number of sitemaps of businesses */
	uint64_t own;       /* digest of the operator's files: own_public_digest, photos */
	/* hashes of the sources' rows, by the last byte of the source's id; 0: none */
	uint64_t source[MANIFEST_SOURCES];
	struct manifest_entry *entry; /* sorted by id */
	size_t entries, entries_room;
	struct entry_file *file; /* sorted by path */
	size_t files, files_room;
	const struct manifest *known; /* journals share its texts; may be NULL */
	const struct near *near;      /* and those of its cards */
};
/* FORMAT_SHOP: the tree is the site of a shop. */
enum { FORMAT_GZIP = 1, FORMAT_BROTLI = 2, FORMAT_SHOP = 128 };

void manifest_init(struct manifest *m);
void manifest_release(struct manifest *m);
/* NOT_FOUND: no such file. INVALID: it is not a manifest. */
MUST_CHECK enum status manifest_read(struct manifest *m, const char *path, struct err *err);
/* Reads only the head, to decide whether anything has changed. */
MUST_CHECK enum status manifest_read_head(struct manifest *m, const char *path, struct err *err);
/* Reads the head and the files, without businesses. */
MUST_CHECK enum status manifest_read_files(struct manifest *m, const char *path, struct err *err);
MUST_CHECK enum status manifest_write(const struct manifest *m, const char *path, struct err *err);
/* Call `visit` for each business of a manifest, by id, without reading all of it into memory. What
 * an entry's `path` is, is said by the text. */
MUST_CHECK enum status manifest_each(const char *path,
				     void (*visit)(void *ctx, const struct manifest_entry *e,
						   const char *path),
				     void *ctx, struct err *err);
void manifest_add(struct manifest *m, const struct manifest_entry *e);
void manifest_add_file(struct manifest *m, const char *path, uint64_t hash);
/* Sort by id and path. Of several with the same id or path only the one added last is kept. Entries
 * that are withheld or ENTRY_DELETED are kept. */
void manifest_sort(struct manifest *m);
/* Sort only the files. */
void manifest_sort_files(struct manifest *m);
/* The content of all pages and files is unknown. */
void manifest_forget_hashes(struct manifest *m);
/* Remove entries that are ENTRY_DELETED. */
void manifest_drop_deleted(struct manifest *m);
/* Both look-ups need a sorted manifest; NULL when there is no such entry. */
const struct manifest_entry *manifest_find(const struct manifest *m, int64_t id);
const struct entry_file *manifest_find_file(const struct manifest *m, const char *path);

enum { JOURNAL_HEAD = 40 }; /* bytes before the first entry: export_state_journal */
/* A journal records each business and file before it is written, when its content becomes unknown,
 * and again afterwards. */
struct journal {
	int fd;
	struct buf buf;
};
MUST_CHECK enum status journal_flush(struct journal *j, struct err *err);
void journal_entry(struct journal *j, const struct manifest_entry *e, struct str path,
		   struct str name, bool done);
void journal_file(struct journal *j, const char *path, uint64_t hash);
/* Add the records of a journal to m: the completed ones, and unless done_only also those that were
 * begun. A record that was cut off, because its writer was killed, ends the journal. */
MUST_CHECK enum status journal_read(int fd, struct manifest *m, bool done_only, struct err *err);

#endif
