/* Former addresses of pages, and what the trees of a run share; see redirects.c. For the files of
 * this folder. */
#ifndef SITE_EXPORT_REDIRECTS_H
#define SITE_EXPORT_REDIRECTS_H

#include "site/export/internal.h"

enum redirects_how {
	REDIRECTS_STUBS,
	REDIRECTS_NGINX,
	REDIRECTS_CADDY,
	REDIRECTS_NETLIFY,
	REDIRECTS_S3,
	REDIRECTS_NONE
};

/* An address that a page had. id: of a business, with `path` as manifest_path; 0: of a list, with
 * its file in the tree. */
struct former {
	int64_t id;
	struct str path;
};
/* The first segment of the addresses of a place, once and now. */
struct former_place {
	struct str slug, now;
};
/* Files in the tree. id: of the business that `from` was a page of; 0: none. */
struct redirect {
	int64_t id;
	struct str from, to;
	bool indexed; /* search engines may list `to` */
	bool card;    /* no page: where there are stubs, `from` has the same content */
};
struct redirects {
	enum redirects_how how;
	struct str prefix; /* of `to` in every item: "de/", of former addresses above the tree */
	struct {
		struct str html, word, url, base; /* url, base: of the root of the items' paths */
		bool rtl;
	} stub;
	uint64_t digest; /* of the setting and of what the database knows */
	struct arena arena;
	struct buf remembered;
	struct manifest published; /* files of the published tree */
	struct former *former;
	size_t count, room;
	struct former_place *place;
	size_t places;
	struct redirect *item; /* by `from` */
	size_t items, items_room;
};
/* Read the former addresses that the database knows. Release it also after a failure. */
MUST_CHECK enum status redirects_read(struct redirects *r, const struct config *config,
				      struct db *db, struct err *err);
void redirects_release(struct redirects *r);

struct redirects_run {
	struct redirects *r;
	struct export_files *files; /* with all other files of the tree */
	const struct theme *theme;
	const struct lists *lists;
	const char *state;     /* folder of the export's state */
	const char *published; /* manifest of the published tree; NULL: none */
};
/* Remember the addresses of this run, and write what leads on from those that are no more. Maps:
 * "MAPS/redirectsSUFFIX.nginx". */
MUST_CHECK enum status redirects_write(const struct redirects_run *run, const char *maps,
				       const char *suffix, struct err *err);
MUST_CHECK enum status redirects_write_maps(const struct redirects *r, const char *maps,
					    const char *suffix, struct err *err);
/* The address of a file below the site's root: without "index.html". */
struct str redirects_address(struct str path);
/* The page that leads on. */
void redirects_put_stub(const struct redirects *r, const struct redirect *lead, struct buf *out);

/* A site that was exported before site.languages was set: its addresses lead to the same pages of
 * the first language. Remember those of its manifest in state/addresses. */
MUST_CHECK enum status redirects_remember_tree(const char *state, const char *manifest,
					       struct err *err);
/* Fill root->item with what state/addresses has; run: of the first language's tree. Release it also
 * after a failure. *any: there are any. */
MUST_CHECK enum status redirects_of_root(struct redirects *root, const struct redirects_run *run,
					 const char *state, bool *any, struct err *err);

/* ---- export.c ---- */

/* What the trees of a run share: the connection, and pictures, which are the same in all. */
struct export_input {
	struct db *db;
	struct photos photos;
	const char *root_state; /* state of all languages together; NULL: there is one tree */
	struct redirects root;  /* of addresses from before there were several languages */
	bool root_any;
};
/* Open what all trees of a run are made from. Close it also after a failure. */
MUST_CHECK enum status export_input_open(struct export_input *in, const struct export_options *o,
					 struct err *err);
void export_input_close(struct export_input *in);
/* As export_run, with an input that is open. */
MUST_CHECK enum status export_tree(const struct export_options *o, struct export_input *in,
				   struct export_report *report, struct err *err);

#endif
