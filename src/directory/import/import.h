/* Bringing records into the directory.
 *
 * A file goes through holdfast-parse into a spool beside the instance; only when it has been read to
 * its end does a transaction begin, which copies the spool into a temporary table and merges it: no
 * transaction ever waits for whoever writes the file. The merge happens whole or not at all. The numbers
 * always add up: records + rejects of the parser = inserted + updated + unchanged + suppressed + rejected.
 */
#ifndef DIRECTORY_IMPORT_H
#define DIRECTORY_IMPORT_H

#include "base/cli.h"
#include "directory/record/record.h"

struct db;

struct import_options {
	const char *source_key;
	const char *source_name, *licence, *licence_url, *attribution,
	    *source_url;                        /* NULL: as it is */
	const char *format, *country, *columns; /* for the parser; NULL: it looks */
	struct str map;                         /* text of the mapping file; p == NULL: none */
	bool dry_run;
	const char *program_dir; /* where holdfast-parse is */
	const char *parse_user;  /* system user of the parser; NULL: our own */
	const char *spool_dir;   /* has room for the file */
	int rejects_fd; /* takes NDJSON, a line for each row that was not taken; -1: nowhere */
	bool quiet;
};

struct import_report {
	uint64_t read, inserted, updated, unchanged, suppressed, rejected;
	uint64_t emails_dropped, persons_dropped, values_dropped;
	char format[64];
};

/* Read `fd` (its name for messages and rejects). CONFLICT: another import is running. INVALID: the file
 * cannot be read to its end; nothing was changed. */
MUST_CHECK enum status import_file(struct db *db, int fd, const char *name,
				   const struct import_options *options,
				   struct import_report *report, struct err *err);

/* Completeness as a score of 0 to 100, -1 when too little is known to judge. What counts how much is one
 * table in quality.c. */
int import_quality(const struct record *record);

#endif
