/* One call of a stage for one business, shown and not stored. */
#ifndef COMMANDS_ENRICH_TRY_H
#define COMMANDS_ENRICH_TRY_H

#include "config/instance.h"
#include "db/db.h"
#include "pipeline/stages/stage.h"

/* INVALID: no such id; FAILED: the call could not be made. Whatever the host answers is OK. */
MUST_CHECK enum status enrich_try(const struct instance *i, struct db *db,
				  const struct pipeline_stage *stage, const char *id,
				  struct err *err);

#endif
