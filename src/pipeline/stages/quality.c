/* The quality score again, from what is known now. */
#include "directory/import/import.h"
#include "directory/record/record.h"
#include "pipeline/stages/stage.h"
#include "sql/pipeline.h"

/* import_quality() looks at which fields there are, not at what they say. */
static int score_of(const struct db_rows *rows, int row)
{
	static const struct str there = {"x", 1};
	struct record record = {0};
	const struct {
		bool has;
		enum record_field field[2];
	} parts[] = {
	    {db_bool(rows, row, SQL_INPUTS_HAS_ADDRESS), {RECORD_STREET, RECORD_CITY}},
	    {db_bool(rows, row, SQL_INPUTS_HAS_PLACE), {RECORD_LAT, RECORD_LON}},
	    {!db_null(rows, row, SQL_INPUTS_PHONE), {RECORD_PHONE, RECORD_PHONE}},
	    {!db_null(rows, row, SQL_INPUTS_WEBSITE), {RECORD_WEBSITE, RECORD_WEBSITE}},
	    {db_bool(rows, row, SQL_INPUTS_HAS_HOURS), {RECORD_HOURS, RECORD_HOURS}},
	    {db_bool(rows, row, SQL_INPUTS_HAS_CATEGORY), {RECORD_CATEGORIES, RECORD_CATEGORIES}},
	    {db_bool(rows, row, SQL_INPUTS_HAS_DESCRIPTION),
	     {RECORD_DESCRIPTION, RECORD_DESCRIPTION}},
	};
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (parts[i].has) {
			record.field[parts[i].field[0]] = there;
			record.field[parts[i].field[1]] = there;
		}
	}
	return import_quality(&record);
}

static struct stage_verdict quality_read(struct stage_claim *claim, struct stage_item *item,
					 const struct db_rows *rows, int row)
{
	int score = score_of(rows, row);
	array_i64(claim->ids, item->business_id);
	if (score < 0) {
		array_null(claim->values);
		item->facts = stage_text(claim, "{\"quality_score\": null}");
	} else {
		array_i64(claim->values, score);
		item->facts = stage_text(claim, "{\"quality_score\": %d}", score);
	}
	return (struct stage_verdict){STAGE_OK, "ok"};
}

static struct stage_statement quality_settle(struct stage_claim *claim)
{
	return (struct stage_statement){&sql_apply_quality,
					{array_end(claim->ids), array_end(claim->values)}};
}

const struct pipeline_stage stage_quality = {
    .name = "quality",
    .title = "the quality score, from what is known now",
    .read = quality_read,
    .settle = quality_settle,
};
