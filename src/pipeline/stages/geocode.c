/* Coordinates of the town, for businesses that have none. */
#include "directory/towns/towns.h"
#include "pipeline/stages/stage.h"
#include "sql/pipeline.h"

static struct stage_verdict geocode_read(struct stage_claim *claim, struct stage_item *item,
					 const struct db_rows *rows, int row)
{
	struct towns_place town;
	if (db_bool(rows, row, SQL_INPUTS_HAS_PLACE))
		return (struct stage_verdict){STAGE_OK, "known already"};
	if (!towns_find(db_text(rows, row, SQL_INPUTS_COUNTRY), db_text(rows, row, SQL_INPUTS_CITY),
			&town))
		return (struct stage_verdict){STAGE_FAILED, "town not known"};
	item->facts = stage_text(claim, "{\"lat\": %.5f, \"lon\": %.5f, \"precision\": \"town\"}",
				 town.lat / 1e5, town.lon / 1e5);
	return (struct stage_verdict){STAGE_OK, "ok"};
}

const struct pipeline_stage stage_geocode = {
    .name = "geocode",
    .title = "the place of the town, for businesses without coordinates",
    .read = geocode_read,
};
