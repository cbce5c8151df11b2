/* What failed in the pipeline and why, for 'holdfast enrich'. */
#ifndef COMMANDS_ENRICH_FAILED_H
#define COMMANDS_ENRICH_FAILED_H

#include <stdbool.h>
#include "base/json.h"
#include "db/db.h"

/* Items of the batch that failed, by cause: lines of text, or with w a member "causes". */
MUST_CHECK enum status enrich_put_causes(struct db *db, int64_t batch, struct json_writer *w,
					 struct err *err);
/* Causes of the last batch of each stage, or of the one stage; why: each item, too. */
MUST_CHECK enum status enrich_show_failed(struct db *db, const char *stage, bool why, int64_t limit,
					  struct err *err);

enum enrich_dead { ENRICH_DEAD_LIST, ENRICH_DEAD_REQUEUE, ENRICH_DEAD_DROP };
/* stage: NULL for all; requeueing needs one. */
MUST_CHECK enum status enrich_show_dead(struct db *db, const char *stage, enum enrich_dead what,
					int64_t limit, struct err *err);

#endif
