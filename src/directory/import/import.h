/* Bringing records into the directory.
 *
 * A file goes through holdfast-parse into a temporary table, in the transaction that then merges
 * it, so that the server takes rows while the parser reads. What is no file but a pipe is stored
 * beside the instance first: no transaction ever waits for the writer of the input, only for our
 * own parser. The merge happens whole or not at all. The numbers always add up: records + rejects
 * of the parser = inserted + updated + unchanged + suppressed + rejected.
 */
#ifndef DIRECTORY_IMPORT_H
#define DIRECTORY_IMPORT_H

#include "base/arena.h"
#include "base/cli.h"
#include "base/json.h"
#include "directory/record/record.h"

struct db;

struct import_options {
	const char *source_key;
	bool source_given; /* by the user, not made of the file's name */
	/* NULL: as it is */
	const char *source_name, *licence, *licence_url, *attribution, *source_url;
	/* for the parser; NULL: it looks */
	const char *format, *country, *columns, *sheet, *encoding;
	struct str map;       /* text of the mapping file; p == NULL: none */
	bool representatives; /* keep who represents a business, by name, as far as it publishes
				 that */
	bool dry_run;
	const char *program_dir; /* where holdfast-parse is */
	const char *parse_user;  /* system user of the parser; NULL: our own */
	const char *store_dir;   /* has room for the input when it is a pipe */
	const char *rejects; /* file that takes NDJSON, a line for each record that was not taken;
			      * appended to, made with the first line; NULL: nowhere */
	/* With more rejects than this the import changes nothing: a number, or with
	 * max_rejects_percent a percentage of all records. */
	int64_t max_rejects;
	bool max_rejects_percent;
	/* The file has all records of the source: businesses that it does not have any more are
	 * removed, unless they are more than this percentage. */
	bool complete;
	int64_t complete_percent;
	bool quiet;
};

/* What the parser said of the file; texts live in the report's arena. */
struct import_note {
	struct record_note note;
	struct import_note *next;
};

/* A business that the source no longer has. */
struct import_gone {
	int64_t id;
	struct str external_id, name;
	struct import_gone *next;
};

struct import_report {
	uint64_t removed; /* no more in a file that is complete */
	uint64_t read, inserted, updated, unchanged, suppressed, rejected;
	uint64_t nameless; /* of the rejected */
	uint64_t closed;   /* of all: closed for good */
	uint64_t without_country;
	uint64_t left_out; /* objects that are no business, beside those read */
	uint64_t emails_dropped, persons_dropped, values_dropped;
	char format[64];
	struct arena arena;
	struct import_note *notes, *last_note;
	struct import_gone *gone, *last_gone; /* of a dry run; as many as the arena holds */
	struct buf samples;                   /* of import_explain: three records as JSON lines */
	struct err refusal; /* of import_explain: why an import would change nothing; else empty */
};

void import_report_init(struct import_report *report);
void import_report_release(struct import_report *report);

/* Read `fd` (its name for messages and rejects). CONFLICT: another import is running. INVALID: the
 * file cannot be read to its end, nothing in it could be taken, or too much could not; nothing was
 * changed. */
MUST_CHECK enum status import_file(struct db *db, int fd, const char *name,
				   const struct import_options *options,
				   struct import_report *report, struct err *err);

/* Only read and count, without a database: what an import would make of the file, and three records
 * of it. */
MUST_CHECK enum status import_explain(int fd, const char *name,
				      const struct import_options *options,
				      struct import_report *report, struct err *err);

/* Ids to be given to records of a source, from an identities.tsv: what `holdfast identities` wrote
 * in another installation. INVALID: "FILE:3: ...". */
MUST_CHECK enum status import_identities(struct db *db, const char *path, struct err *err);
/* Write the identities of the directory. Records without ids of their own get one of their present
 * contents, under which an installation that reads the present file finds them. */
MUST_CHECK enum status import_identities_write(struct db *db, int fd, struct err *err);

/* Give every business its path that has none, because the directory is from before there were any.
 * CONFLICT: an import is running. */
MUST_CHECK enum status import_paths(struct db *db, struct err *err);
/* Change the path of a business by hand; the one that it had stays known. INVALID: it is not a
 * path. NOT_FOUND: there is no such business. */
MUST_CHECK enum status import_path_change(struct db *db, int64_t id, struct str path,
					  struct err *err);

/* One import at a time in an instance, from before the file is read; released when *fd is closed.
 * CONFLICT: another one is running. */
MUST_CHECK enum status import_begin(const char *dir, int *fd, struct err *err);

/* What was found, as people read it: columns and what they stand for, the form of the file. */
void import_report_mapping(const struct import_report *report, struct buf *out);
/* What became of each field's values. */
void import_report_fields(const struct import_report *report, struct buf *out);
/* Members "about", "columns", "remarks", "fields" and "counts" of an open object. */
void import_report_json(const struct import_report *report, struct json_writer *w);

/* A JSON value as it is, or a text that is none as a string. */
void import_put_record(struct json_writer *w, struct str record);

/* Completeness as a score of 0 to 100, -1 when too little is known to judge. What counts how much
 * is one table in quality.c. */
int import_quality(const struct record *record);

#endif
