/* Stages of the pipeline. Each is one file of this folder, which defines one struct pipeline_stage,
 * and one row of stages.def. Nothing else knows a stage by its name.
 *
 * Hides: which facts of a business a stage reads, what it asks of others, and how it applies
 * what was found. A stage has no connection and no socket: read() is handed the rows of the
 * statement `inputs`, ask() fills the request that holdfast-fetch executes, settle() names a
 * statement for the worker to run.
 *
 * Life: items and everything they point to live in the claim's arena until the claim ends.
 */
#ifndef PIPELINE_STAGES_STAGE_H
#define PIPELINE_STAGES_STAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "config/config.h"
#include "db/db.h"
#include "pipeline/wire/wire.h"

/* One business, as a stage sees it. */
struct stage_item {
	int64_t business_id;
	/* What it asks with. */
	struct str url;
	struct str host; /* the host whose turn the call waits for; empty: none */
	struct str phone;
	struct str headers, body; /* of requests of kind HTTP; a body makes it a POST */
	/* What was found without asking: a JSON object; empty: {} */
	struct str facts;
};

/* What the items of one claim share. */
struct stage_claim {
	const struct config *config;
	struct arena *arena;
	struct buf *ids, *values; /* arrays for settle(), opened before the first read() */
};

/* What read() says of an item. */
struct stage_verdict {
	enum { STAGE_ASK, STAGE_OK, STAGE_FAILED } what;
	const char *outcome; /* static; of OK and FAILED */
};

struct stage_statement {
	const struct db_statement *statement;
	struct db_param param[2];
};

struct pipeline_stage {
	const char *name;  /* in commands, settings and pipeline_batch.stage */
	const char *title; /* one line, for help and for the monitor */
	/* Take what the stage needs from a row of `inputs` (columns SQL_INPUTS_...). */
	struct stage_verdict (*read)(struct stage_claim *claim, struct stage_item *item,
				     const struct db_rows *rows, int row);
	/* The request for an item; kind and limits have their defaults. NULL: the
	 * stage works offline. */
	void (*ask)(const struct config *config, const struct stage_item *item,
		    struct wire_request *out);
	/* When all items of a claim have been read: the statement that applies what
	 * was found. NULL: none. */
	struct stage_statement (*settle)(struct stage_claim *claim);
	/* Whether the settings allow it to run; err says which one is missing. NULL: always. */
	bool (*eligible)(const struct config *config, struct err *err);
	/* Whether the operator has configured it: its settings are then checked when the instance
	 * starts, also without a schedule. NULL: it has no settings of its own. */
	bool (*configured)(const struct config *config);
	bool needs_website; /* batches hold only businesses that have one */
	/* shortest time between two calls to one host; of stages that ask */
	enum config_id interval;
};

/* In the order of stages.def; ends with NULL. */
extern const struct pipeline_stage *const pipeline_stages[];
const struct pipeline_stage *pipeline_stage_find(struct str name);
/* "quality, geocode, ... or http", for messages. */
void pipeline_stage_names(struct buf *out);

/* ---- for stages ---- */

/* "https://www.shop.example:8443/a" -> "www.shop.example"; a slice of url. */
struct str stage_host(struct str url);
/* The template with {name} {street} {postcode} {city} {country} {id} replaced, in the claim's
 * arena: percent-encoded, or as JSON has texts. Empty: longer than max. */
enum stage_form { STAGE_PERCENT, STAGE_JSON };
struct str stage_template(struct stage_claim *claim, const char *template, enum stage_form form,
			  size_t max, const struct db_rows *rows, int row);
/* INVALID: the template names what it cannot, or is no URL. */
MUST_CHECK bool stage_url_check(const char *template, struct err *err);
/* INVALID: not "name=/json/pointer ...". */
MUST_CHECK bool stage_facts_check(const char *text, struct err *err);
/* "name=/json/pointer name=/json/pointer" as the facts that a request of kind HTTP takes from its
 * answer. The slices point into text. */
void stage_facts(const char *text, struct wire_facts *out);
/* The format in the claim's arena; empty when it does not fit. */
struct str stage_text(struct stage_claim *claim, const char *format, ...) PRINTF(2, 3);

#endif
