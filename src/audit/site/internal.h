/* How the parts of the audit fit together; a file calls only those above it:
 *
 *   rules.c    the table of rules, findings of them
 *   kept.c     data kept until all documents have been read
 *   files.c    the files of the site
 *   address.c  where an address on a page leads
 *   where.c    where the site is served
 *   reader.c   our end of the sandboxed reader
 *   page.c     rules for one page; maps.c: for a sitemap
 *   trails.c   breadcrumbs; across.c: other rules for all pages together
 *   read.c     reads every document and applies the rules
 *   audit.c    the whole
 */
#ifndef AUDIT_SITE_INTERNAL_H
#define AUDIT_SITE_INTERNAL_H

#include "audit/page/page.h"
#include "audit/reader/reader.h"
#include "audit/site/site.h"

struct site_fact {
	enum page_fact fact;
	uint32_t line, column;
	struct str a, b;
};

/* Where something stands. */
struct site_place {
	uint32_t file, line, column; /* file: its number */
};

enum { SITE_NO_FILE = UINT32_MAX };

/* A file of the site. */
struct site_file {
	struct str path; /* relative to the root */
	uint64_t bytes;
	enum page_kind kind; /* 0: no document */
	bool noindex, read;
	bool trail;         /* it has breadcrumbs */
	bool leads_on;      /* it only leads to another page */
	uint32_t canonical; /* number of the file that it names; SITE_NO_FILE: none in the site */
	uint32_t canonical_line, canonical_column;
};

/* A document while it is judged: its facts live in the site's arena of one document. */
struct site_page {
	struct site_file *file;
	const char *unread; /* why the reader gave no facts; NULL: it did */
	struct site_fact *facts;
	size_t facts_count;
	/* what relative addresses are relative to; empty: the document's own path */
	struct str base;
};

/* Collected for the rules over all pages. */
struct site_wanted { /* a link to a place in a page */
	struct site_place from;
	uint32_t to;
	struct str fragment;
};
struct site_language { /* hreflang */
	struct site_place from;
	uint32_t to;
	struct str language;
};
struct site_entry { /* of a sitemap */
	struct site_place from;
	uint32_t to;
};
struct site_reference { /* to an @id that its page does not have */
	struct site_place from;
	struct str id;
};
struct site_claim { /* of a business that is known by name and street */
	struct site_place from;
	uint64_t business; /* hash of both */
	struct str phone;
};
struct site_general { /* a business that is a LocalBusiness and nothing more specific */
	struct site_place from;
	struct str about;
};
struct site_cart {
	struct site_place from;
	struct str about;
};
struct site_host { /* that pages load from */
	struct site_place first;
	struct str host;
	uint64_t requests, pages;
	uint32_t last; /* file that was counted last */
};

/* A growing array. */
#define SITE_LIST(type)                                                                            \
	struct {                                                                                   \
		type *item;                                                                        \
		size_t count, room;                                                                \
	}

/* Hosts in the order of their first request, found by hash. */
struct site_hosts {
	struct site_host *item;
	size_t count, room;
	uint32_t *slot; /* number from 1; 0: free */
	size_t slots;   /* a power of two */
};

struct site {
	const struct site_options *options;
	struct audit_report *report;
	struct site_summary *summary;
	struct arena arena;                /* what is kept */
	struct arena page_arena;           /* of the document that is judged */
	SITE_LIST(struct site_file) files; /* by path */
	SITE_LIST(struct site_wanted) wanted;
	SITE_LIST(struct site_language) languages;
	SITE_LIST(struct site_entry) entries;
	SITE_LIST(struct site_cart) carts;
	SITE_LIST(struct site_reference) references;
	SITE_LIST(struct site_claim) claims;
	SITE_LIST(struct site_general) generals;
	struct site_hosts canonicals; /* the origins that canonical links name */
	struct site_hosts hosts;
	SITE_LIST(uint64_t) ids; /* hashes of each @id; sorted before they are asked for */
	/* hashes of {file, fragment}; sorted before they are asked for */
	SITE_LIST(uint64_t) anchors;
	struct str root;   /* the folder */
	struct str origin; /* "https://example.org"; empty: not known */
	struct str prefix; /* of paths under the origin: "/docs"; empty at the top */
	bool alone;        /* one file was named */
	bool business;     /* a page has a LocalBusiness */
	bool typed;        /* and one whose businesses all have a more specific type */
	/* a page has a street address, a text that looks like one, a telephone number */
	bool street, street_guessed, phone;
	struct site_place street_at;
};

/* ---- rules.c ---- */
enum site_rule_id {
#define RULE(id, key, severity, title, remedy) RULE_##id,
#include "audit/site/rules.def"
#undef RULE
	SITE_RULES
};
void site_found(struct site *site, enum site_rule_id rule, struct site_place at, const char *fmt,
		...) PRINTF(4, 5);
/* By the key of a row in rules.def or site/facts/faults.def. */
void site_found_key(struct site *site, struct str key, struct site_place at, struct str about);
/* For a path that is not in the list of files, such as a folder. */
void site_found_in(struct site *site, enum site_rule_id rule, struct str file, struct str about);

/* ---- kept.c ---- */
/* Room for one more, zeroed. */
void *site_more(void *list, size_t size);
#define SITE_ADD(list) (*(__typeof__((list)->item))site_more((list), sizeof(*(list)->item)))
/* The first fact of the kind; NULL: none. */
const struct site_fact *site_first(const struct site_page *page, enum page_fact fact);
/* Hash of a fragment of a file. */
uint64_t site_anchor(uint32_t file, struct str fragment);
/* Hash of an @id or a host. */
uint64_t site_hash(struct str text);
/* Count that a page names a host, or an origin. */
void site_count_host(struct site *site, struct site_hosts *hosts, struct site_place at,
		     struct str host);
/* The one that most pages name; NULL: none does. */
const struct site_host *site_main_host(const struct site_hosts *hosts);

/* ---- files.c ---- */
/* List all files; with `alone` only that one. */
MUST_CHECK enum status site_list(struct site *site, struct err *err);
struct site_file *site_find(const struct site *site, struct str path);
static inline uint32_t site_number(const struct site *site, const struct site_file *file)
{
	return file ? (uint32_t)(file - site->files.item) : SITE_NO_FILE;
}

/* ---- reader.c ---- */
/* Facts of page->file into page->facts, or page->unread. */
MUST_CHECK enum status site_read(struct audit_reader *reader, struct site *site,
				 struct site_page *page, struct str body, struct err *err);

/* ---- address.c ---- */
enum address_kind {
	ADDRESS_LOCAL,   /* in the site; file says which, NULL: there is none */
	ADDRESS_WEB,     /* elsewhere on the web */
	ADDRESS_OUTSIDE, /* of the same host, but not below the audited folder */
	ADDRESS_OTHER,   /* mailto: and its kin, or nothing */
};
enum { ADDRESS_PATH_MAX = 2 * PAGE_TEXT_MAX };
struct address {
	enum address_kind kind;
	struct site_file *file;
	struct str fragment; /* without #, as written */
	struct str host;     /* of ADDRESS_WEB */
	bool insecure;       /* http: */
	/* of ADDRESS_LOCAL, in `room`: relative to the root; may hold any bytes */
	struct str path;
	char room[ADDRESS_PATH_MAX];
};
void address_resolve(const struct site *site, const struct site_page *from, struct str url,
		     struct address *out);
bool address_is_absolute(struct str url);
/* Of an absolute address "https://example.org/a?b": "https://example.org" and
 * "/a?b". False: it is none. */
bool address_split(struct str url, struct str *origin, struct str *path);
/* The site is served at this address: origin and path of its root. */
void address_base(struct site *site, struct str url);
/* The file that a server would answer the path, relative to the root, with: itself, or the
 * index of the folder. */
struct site_file *address_file(const struct site *site, struct str path);
/* %XX of a fragment; into `out`, at most size - 1 bytes. */
size_t address_decode(struct str s, char *out, size_t size);

/* ---- where.c ---- */
struct site_where;
struct site_where *site_where_begin(void);
/* Counts the addresses in a document that indicate where the site is served. */
void site_where_look(struct site *site, struct site_where *w, const struct site_page *page);
/* Decides, and frees. */
void site_where_end(struct site *site, struct site_where *w);

/* ---- page.c, maps.c, trails.c, across.c ---- */
void site_judge_page(struct site *site, const struct site_page *page);
void site_judge_map(struct site *site, const struct site_page *page);
void site_judge_trails(struct site *site);
void site_judge_across(struct site *site);

/* ---- read.c ---- */
/* Reads and judges every document. */
MUST_CHECK enum status site_read_all(struct site *site, struct err *err);

#endif
