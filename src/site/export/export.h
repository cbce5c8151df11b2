/* The static site: the directory as plain files that any web host serves, made so that the
 * published folder is one whole generation at every moment.
 *
 *   DIR             the published folder
 *   DIR.state/      the spare tree, a manifest for each tree, the lock, journals of a run
 *
 * A run brings the spare tree up to date and then exchanges it with the published one in one step
 * (renameat2(RENAME_EXCHANGE); a symbolic link where that is not supported). Each tree has a
 * manifest: for each page a hash of its content, and the point in the database's history up to
 * which the tree is true. What is rendered is what changed since that point, what is written is
 * what differs from the tree, and nothing is ever removed and made again. When nothing changed
 * since the published tree, nothing is read or written.
 *
 * Files of the operator are published as they are: those of a folder (web/public of the instance)
 * with each run, and those put into DIR by hand, which are kept when the trees are exchanged;
 * except for files in the folders of businesses, b/XX.
 *
 * Killed at any moment, a run has not touched the published tree. Before a page of the spare tree
 * is touched its id is in a journal; the next run takes what the journals name as unknown, writes
 * that again, and goes on. A machine that lost power takes the whole spare tree as unknown. A disk
 * that is full ends the run the same way.
 *
 * The database is read in pieces of some thousand rows, each a transaction of one statement;
 * rendering and writing happen in several processes, each with a connection of its own. The workers
 * are forked, not exec'ed: they do the same work behind the same boundary as their parent, and
 * share its compiled templates and manifests.
 *
 * Memory: 48 bytes a business and tree; a process as much as it has read and not yet written, some
 * 30 MB.
 *
 * Caller: the command. Blocking; returns when the site is published or has failed. */
#ifndef SITE_EXPORT_EXPORT_H
#define SITE_EXPORT_EXPORT_H

#include "config/config.h"
#include "db/db.h"
#include "site/gate/gate.h"

enum { EXPORT_WORKERS_MAX = 64 };

struct export_options {
	const char *dir;             /* what is served; made when it is not there */
	const struct config *config; /* name, address, operator of the site */
	/* A new connection as the export's role: once in each process. */
	enum status (*connect)(void *ctx, struct db **db, struct err *err);
	void *ctx;
	int workers;       /* processes; 0: as many as there are cores */
	bool gzip, brotli; /* compressed files beside */
	bool cards;        /* a vCard and a calendar of the opening hours beside pages of places */
	bool by_link;      /* publish by a symbolic link even where folders can be exchanged */
	bool dry_run;      /* say what would happen, change nothing */
	const char *own_dir; /* files of the operator that are published as they are; NULL: none */
	const char *list;    /* where to write a line for each published file; NULL: nowhere */
};

struct export_report {
	bool nothing_changed; /* then the rest is 0 but what is published */
	bool whole;           /* everything was rendered: first run, other templates or settings */
	bool no_address;      /* site.url is not set: no sitemap and no canonical links */
	uint64_t generation;
	uint64_t read;               /* rows rendered */
	uint64_t written, unchanged; /* files */
	uint64_t removed;            /* files of what is no more */
	uint64_t pages, noindex;     /* of businesses, in the published tree */
	uint64_t withheld;           /* businesses without a page */
	uint64_t lists, files;       /* list pages; other files */
	uint64_t bytes;              /* written */
	struct gate_report gate;     /* why businesses are withheld or not indexed */
	/* values that the rendered pages do without, by fault */
	uint64_t dropped[FACTS_FAULTS_MAX];
};

/* CONFLICT: another export of this folder is running, or the folder is not one of an export.
 * INVALID: a template is wrong. UNAVAILABLE and others: the database's; the disk's. Whatever fails,
 * the published tree is as it was. */
MUST_CHECK enum status export_run(const struct export_options *options,
				  struct export_report *report, struct err *err);

#endif
