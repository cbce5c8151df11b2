/* The static site: the directory as plain files that any web host serves. At every moment the
 * published folder is one complete generation.
 *
 *   DIR             the published folder
 *   DIR.state/      the spare tree, a manifest for each tree, the lock, journals of a run
 *
 * A run brings the spare tree up to date and then exchanges it with the published one in one step
 * (renameat2(RENAME_EXCHANGE); a symbolic link where that is not supported). Each tree has a
 * manifest: a hash of each page's content, and the transaction up to which the tree has the
 * database's changes. A run renders what changed since then and writes only files whose content
 * differs; existing files are overwritten, never removed and created again. When nothing changed
 * since the published tree was made, nothing is read or written.
 *
 * A shop can have a site of its own: a whole tree with the shop's address, made by the same run,
 * writer, manifest and exchange. It is rendered anew in each run, which takes milliseconds, and
 * published when any of its files differs. What it says of itself is in shop.toml (shop/shop.h).
 *
 * Files of the operator are published as they are: those of a folder (web/public of the instance)
 * with each run, and those put into DIR by hand, which are kept when the trees are exchanged; not
 * in b/XX, and not under a name that the export gives to a page or list.
 *
 * A run that is killed has not touched the published tree. Before a page of the spare tree is
 * written its id goes into a journal; the next run treats the pages named there as unknown and
 * writes them again. After a power failure the whole spare tree counts as unknown. A full disk ends
 * a run in the same way as a kill.
 *
 * The database is read in chunks of about a thousand rows, each a transaction of one statement.
 * Several processes render and write, each with its own connection. These workers are forked, not
 * exec'ed: they are inside the same trust boundary as their parent and share its compiled templates
 * and manifests.
 *
 * Memory: 56 bytes for each business in each tree; about 30 MB in each process for rows that are
 * read and not yet written.
 *
 * Caller: the command. Blocking; returns when the site is published or has failed. */
#ifndef SITE_EXPORT_EXPORT_H
#define SITE_EXPORT_EXPORT_H

#include "config/config.h"
#include "db/db.h"
#include "language/language.h"
#include "site/gate/gate.h"
#include "site/links/links.h"
#include "site/pictures/pictures.h"
#include "site/shop/sites.h"

enum { EXPORT_WORKERS_MAX = 64 };

struct export_shop {
	const struct shop_site *site;
	const char *toml; /* path of its shop.toml, which need not exist */
	struct pictures_options pictures;
};

/* Limits of a host; 0: none. */
struct export_fit {
	const char *host, *name; /* "cloudflare", "Cloudflare Pages" */
	uint64_t files, bytes, file_bytes;
};
/* By the host's name, or a number of files. */
MUST_CHECK bool export_fit_find(struct str text, struct export_fit *out);

struct export_options {
	const char *dir;   /* the published folder; created when missing */
	const char *state; /* the folder of its state; NULL: DIR.state */
	/* Language of the pages; NULL: that of site.lang. */
	const struct language *language;
	const struct trees *trees; /* the trees of all languages; NULL: this is the only one */
	/* With `shop`: the trees of the directory, which its texts may link to; NULL: one. */
	const struct trees *directory_trees;
	const struct config *config; /* name, address, operator of the site */
	/* Opens a connection with the export's role; called once in each process. */
	enum status (*connect)(void *ctx, struct db **db, struct err *err);
	void *ctx;
	int workers;         /* number of processes; 0: one for each core */
	bool gzip, brotli;   /* write compressed copies beside the files */
	bool cards;          /* write a vCard and a calendar of opening hours for places */
	bool by_link;        /* publish by a symbolic link even where folders can be exchanged */
	bool dry_run;        /* report what would happen, change nothing */
	const char *own_dir; /* folder of the operator's files to publish; NULL: none */
	/* The operator's files at the root of the directory, which links lead to; NULL: none */
	const char *root_own_dir;
	const char *pages_dir; /* folder of the operator's own pages (*.md); NULL: none */
	/* Pictures of the directory's businesses, a folder for each in `folder`; NULL: none. */
	const struct pictures_options *photos;
	const struct export_shop *shop; /* write this shop's site; NULL: the directory */
	const struct shop_sites *shops; /* businesses whose entries link to a site of their own */
	/* file that gets what this run changed: paths to put and to delete, addresses to
	 * invalidate, in the order of publication; NULL: none */
	const char *changed;
	const struct export_fit *fit; /* publish only what is within these limits; NULL: all */
	const char *list; /* file that gets a line for each published file; NULL: none */
};

struct export_report {
	bool nothing_changed; /* all counters but those of the published tree are 0 */
	bool whole;           /* everything was rendered: first run, or new templates or settings */
	bool no_address;      /* site.url is not set: no sitemap and no canonical links */
	uint64_t generation;
	uint64_t read;               /* rows rendered */
	uint64_t written, unchanged; /* files */
	uint64_t removed;            /* files of deleted or withheld businesses, old lists */
	uint64_t pages, noindex;     /* business pages in the published tree */
	uint64_t withheld;           /* businesses without a page */
	uint64_t pictures, pictures_refused;
	uint64_t own_lost;       /* files of the operator in the way of the export's, not kept */
	uint64_t redirects;      /* former addresses that lead on; 0 when nothing has changed */
	uint64_t lists, files;   /* list pages; other files */
	uint64_t bytes;          /* bytes written */
	struct gate_report gate; /* why businesses are withheld or not indexed */
	/* invalid optional values left out of rendered pages, by fault */
	uint64_t dropped[FACTS_FAULTS_MAX];
};

/* CONFLICT: another export of this folder is running, or the folder was not made by an export.
 * INVALID: a template or shop.toml is wrong, or a shop's facts are. NOT_FOUND: there is no such
 * shop. Other errors are those of the database and the disk. On any error
 * the published tree is unchanged. */
MUST_CHECK enum status export_run(const struct export_options *options,
				  struct export_report *report, struct err *err);

/* ---- whether a host serves it ---- */

struct export_sample {
	struct str address;  /* below the site's, percent-encoded */
	const char *type;    /* media type of the file; NULL: there is none */
	struct str leads_to; /* path that the address redirects to; empty: nowhere */
};
/* A sample of what is published in `dir`: pages, lists, a file of each other kind, what does not
 * exist, and former addresses of the maps MAPS.nginx and MAPS.caddy. base: path of the site's
 * address, "/shops". All in the arena. NOT_FOUND: no export has published it. */
MUST_CHECK enum status export_sample(const char *dir, const char *state, const char *maps,
				     struct str base, struct arena *arena,
				     struct export_sample **out, size_t *count, struct err *err);

/* ---- several languages: site.languages ---- */

enum { TREES_MAX = LINKS_LANGUAGES_MAX };
struct trees {
	const struct language *language[TREES_MAX];
	size_t count; /* 0: there is one tree, of site.lang */
};
/* INVALID: site.languages names a language that there is not, one twice, or only one. */
MUST_CHECK enum status trees_languages(const struct config *config, struct trees *out,
				       struct err *err);
/* Export a tree for each language into DIR/TAG, with its state in DIR.state/TAG, and into DIR a
 * page that leads to them, the page for missing addresses, robots.txt and the operator's files.
 * Each tree is published when it is complete; a page names the same page of the others (hreflang),
 * the first language's as x-default. The report is the sum. Where DIR was a site of one language,
 * that is removed, and its addresses lead to the same pages of the first language
 * (site.redirects). */
MUST_CHECK enum status trees_run(const struct export_options *options, const struct trees *trees,
				 struct export_report *report, struct err *err);

#endif
