/* Between the files of contact/. */
#ifndef CONTACT_INTERNAL_H
#define CONTACT_INTERNAL_H

#include "base/json.h"
#include "contact/contact.h"
#include "db/async/async.h"
#include "http/http.h"
#include "keeper/message/message.h"

enum {
	CONTACT_QUEUE = 256, /* operations that may wait; more are answered 503 */
	CONTACT_PAD = 16384, /* bytes of an answer that has a party's own data or a list */
	CONTACT_PAD_SMALL = 2048,
	CONTACT_PAGE_PAD = 65536, /* of a page */
	CONTACT_DEPART_MS = 100,
	CONTACT_TEXT_VERSION = 1, /* of the consent text: web-contact/templates/consent.mustache */
};

/* Room for ids, tickets and hashes as hexadecimal digits. */
#define CONTACT_ID_TEXT     (2 * KEEPER_ID + 1)
#define CONTACT_TICKET_TEXT (2 * KEEPER_TICKET + 1)
#define CONTACT_HASH_TEXT   (2 * KEEPER_HASH + 1)

/* ---- profile.c: what a party publishes ---- */

/* All of it, as keys and texts: what is hashed, stored and shown. Slices live in an arena. The
 * region may be a name until profile_from_check has made it a key. */
struct profile {
	struct str kind, category, group, region, country, size, budget, languages, title, body;
	struct str badge;       /* who vouches for the member; empty: none */
	struct str region_name; /* of what is published */
	/* of the directory */
	int64_t category_id, group_id, region_id; /* 0: none */
};

/* The choices of the fields, and how the columns spell them: a letter each, in the same order. */
extern const char *const profile_kinds[], *const profile_sizes[], *const profile_budgets[];
#define PROFILE_KIND_LETTERS   "no"
#define PROFILE_SIZE_LETTERS   "sml"
#define PROFILE_BUDGET_LETTERS "abcd"

/* From the fields "profile.*" of a request. False: answered. */
MUST_CHECK bool profile_from_fields(struct http_request *request, struct profile *out);
/* What its region is called by itself when the party wrote a name in another language or a code;
 * empty: not known. */
struct str profile_region_name(const struct profile *p);
/* Take from a row of profile_check what the directory calls it. */
void profile_from_check(const struct db_rows *rows, struct arena *arena, struct profile *out);
/* From a row of profile_get. */
void profile_from_row(const struct db_rows *rows, struct arena *arena, struct profile *out);
/* The one form that the keeper hashes: what the party wrote. Who vouches for it is the
 * operator's. */
void profile_canonical(const struct profile *p, uint8_t out[KEEPER_PROFILE]);
void profile_json(const struct profile *p, struct json_writer *w);

/* ---- person.c: contact data, as the keeper seals them ---- */

void person_from_fields(const struct http_request *request, uint8_t out[KEEPER_CONTACT]);
/* An object with the five members. */
void person_json(const uint8_t sealed[KEEPER_CONTACT], struct json_writer *w);

/* ---- link.c: the keeper's socket. One request at a time ---- */

struct keeper_link;
typedef void link_done(void *ctx, const struct keeper_answer *answer);

struct keeper_link *link_create(struct event_base *loop, int fd);
void link_free(struct keeper_link *l);
/* Where to write the next request; zeroed. */
struct keeper_request *link_request(struct keeper_link *l, enum keeper_op op);
/* Send what link_request gave. `done` is called from the loop; the answer is valid until it
 * returns and is wiped then. A keeper that is gone ends the process: the pair starts anew. */
void link_ask(struct keeper_link *l, link_done *done, void *ctx);

/* ---- exchange.c: operations, one after another ---- */

enum {
	ROWSET_CODE,
	ROWSET_NEW_CODE,
	ROWSET_OTHER,
	ROWSET_OUT,
	ROWSET_IN,
	ROWSET_INVITE,
	ROWSET_PLACES
};

/* What the database has of an operation. */
struct rowset {
	struct keeper_party_row party[3]; /* ROWSET_CODE, ROWSET_NEW_CODE, ROWSET_OTHER */
	struct keeper_unlock_row out, in;
	bool invited;
	int64_t badge; /* of the invite */
	struct keeper_unlock_row notes_out[KEEPER_NOTES_MAX], notes_in[KEEPER_NOTES_MAX];
};

struct exchange;

/* The fields of a request that an operation takes. */
enum {
	TAKES_CODE = 1,
	TAKES_NEW_CODE = 2,
	TAKES_INVITE = 4, /* may be absent */
	TAKES_TICKET = 8,
	TAKES_TARGET = 16,  /* "profile": an id */
	TAKES_PROFILE = 32, /* "profile.*" */
	TAKES_PERSON = 64,  /* "contact.*" */
};

/* What an operation does; NULL: nothing. The order is that of enum exchange_step in exchange.c. */
struct operation {
	enum keeper_op op;
	unsigned fields;
	bool reads; /* has rows: asks for labels and reads what they name */
	/* A statement of the directory's database first: CHECK a profile to be published, GET the
	 * one of the target. */
	enum { EXCHANGE_PROFILE_NONE, EXCHANGE_PROFILE_CHECK, EXCHANGE_PROFILE_GET } profile;
	bool notes;         /* reads the unlocks of the party's notes as well */
	bool profile_first; /* `publish` before `write` */
	/* Fill the request of the keeper from fields and rows. False: answered. */
	bool (*ask)(struct exchange *c, struct keeper_request *out);
	/* Begin the statement that writes the rows of the answer, or that of the directory's
	 * database. */
	void (*write)(struct exchange *c);
	void (*publish)(struct exchange *c);
	/* The members of the answer. */
	void (*answer)(struct exchange *c, struct json_writer *w);
};

/* How an answer leaves: as JSON, or as a page. */
typedef void exchange_send(struct exchange *c, struct str json);

struct exchange {
	struct contact *contact;
	struct http_request *request;
	const struct operation *operation;
	/* The statement of operation->profile; what any statement besides those that read rows
	 * gave (false: answered); how the answer leaves. */
	void (*query_profile)(struct exchange *c);
	bool (*queried)(struct exchange *c, const struct db_rows *rows);
	exchange_send *send;
	const void *page; /* of pages.c */
	struct exchange *next;
	int step;

	uint8_t target[KEEPER_ID];
	uint8_t ticket[KEEPER_TICKET];
	bool anonymous; /* a report without ticket: the keeper is not asked */
	struct profile profile;
	bool profile_found;
	struct str profile_state, profile_reason; /* as published */
	uint8_t canonical[KEEPER_PROFILE];        /* of c->profile */
	int64_t fits;
	const struct db_statement *statement; /* that runs */
	struct rowset rows;
	struct keeper_answer_labels labels;
	struct keeper_answer_notes note_labels;
	struct keeper_answer answer;
};

/* NULL: answered, too many wait. */
struct exchange *exchange_create(struct http_request *request, const struct operation *operation);
/* Put it into the queue; it answers the request in the end. */
void exchange_begin(struct exchange *c);
/* Carry out what waits, when nothing is being carried out. */
void exchange_next(struct contact *contact);
/* One of the statements of `write` and `publish`; the call goes on when it has been done.
 * `sphere`: of the contact database, else of the directory's. */
void exchange_query(struct exchange *c, bool sphere, const struct db_statement *statement,
		    const struct db_param *params, int count);
#define EXCHANGE_QUERY(c, sphere, statement, ...)                                                  \
	exchange_query((c), (sphere), &(statement), (const struct db_param[]){__VA_ARGS__},        \
		       sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param))
/* A code as it was typed, zero-padded; `out` is zeroed. */
void exchange_code(const struct exchange *c, const char *field, char out[KEEPER_CODE_TYPED]);
/* End the call with a problem, or with the keeper's status. */
void exchange_problem(struct exchange *c, enum http_problem problem, const char *parameter,
		      const char *fmt, ...) PRINTF(4, 5);

/* ---- rowset.c ---- */

#define EXCHANGE_BYTES(array) DB_BYTES(((struct str){(const char *)(array), sizeof(array)}))
/* Parameters of contact_read. */
void rowset_params(const struct keeper_answer_labels *labels, struct db_param out[11]);
void rowset_take(struct rowset *out, const struct db_rows *rows, struct arena *arena);
/* Of contact_read_unlocks. */
void rowset_take_notes(struct rowset *out, const struct keeper_answer_notes *labels,
		       const struct db_rows *rows, struct arena *arena);
/* '{"\\x..","\\x.."}' of n labels that follow one another. */
struct str rowset_label_array(const uint8_t *labels, size_t n, struct arena *arena);
/* From a row of the columns code_label, id_label, period, version, week, body, that begin at
 * `first`. */
void rowset_party(const struct db_rows *rows, int row, int first, struct arena *arena,
		  struct keeper_party_row *out);
/* label, period, week, body. */
void rowset_unlock(const struct db_rows *rows, int row, const int column[4], struct arena *arena,
		   struct keeper_unlock_row *out);

/* ---- operations.c, routes.c, pages.c, duties.c ---- */

/* Begin an operation with the fields of the request; answers it in the end. */
void operation_begin(struct http_request *request, const struct operation *operation,
		     exchange_send *send, const void *page);
/* The number in what was typed as a profile: it, or the address of its page. */
struct str operation_target(struct str typed);

extern const struct operation operation_code, operation_enrol, operation_session, operation_self,
    operation_show, operation_unlock, operation_withdraw, operation_matches, operation_release,
    operation_report, operation_contact, operation_profile, operation_new_code, operation_erase;

extern const struct http_route contact_routes[];
extern const struct http_schema contact_schemas[];
extern const struct http_route contact_page_routes[];
void contact_send_json(struct exchange *c, struct str json);

/* Fields that several tables have. */
extern const struct http_param contact_enrol_fields[], contact_code_fields[],
    contact_ticket_fields[], contact_target_fields[], contact_unlock_fields[],
    contact_show_fields[], contact_person_fields[], contact_profile_fields[],
    contact_new_code_fields[], contact_erase_fields[], contact_report_fields[];

struct pages_set;
MUST_CHECK enum status contact_pages_create(const struct config *config, struct pages_set **out,
					    struct err *err);
void contact_pages_free(struct pages_set *pages);
void contact_page_error(void *ctx, struct http_request *request, const struct http_error *error);

struct duties;
struct duties *duties_create(struct contact *contact);
void duties_free(struct duties *d);
/* Seconds since 1970. */
int64_t duties_next_tick(const struct contact *contact);

/* ---- contact.c ---- */

struct contact {
	struct event_base *loop;
	const struct config *config;
	struct db_pool *sphere, *directory;
	struct keeper_link *link;
	struct http_server *http;
	struct http_group groups[3];
	struct pages_set *pages;
	struct duties *duties;
	/* Whether a duty is being carried out; exchange_next is called when it has ended. */
	bool (*run_duty)(struct duties *d);
	struct buf openapi;
	struct exchange *first, *last; /* the first one is being carried out, unless a duty is */
	bool busy;
	int queued;
	/* enrolments in the hour that began then */
	int64_t hour_ms;
	int64_t enrolled;
	/* of the keeper: rules that do not change while it lives */
	struct keeper_answer_info info;
};

#endif
