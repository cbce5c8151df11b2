/* What the business's website says. */
#include "pipeline/stages/stage.h"
#include "sql/pipeline.h"

static struct stage_verdict website_read(struct stage_claim *claim, struct stage_item *item,
					 const struct db_rows *rows, int row)
{
	item->url = arena_str(claim->arena, db_text(rows, row, SQL_INPUTS_WEBSITE));
	item->phone = arena_str(claim->arena, db_text(rows, row, SQL_INPUTS_PHONE));
	item->host = stage_host(item->url);
	return (struct stage_verdict){STAGE_ASK, NULL};
}

static void website_ask(const struct config *config, const struct stage_item *item,
			struct wire_request *out)
{
	(void)config;
	out->kind = WIRE_WEBSITE;
	if (item->phone.n) {
		out->facts.count = 1;
		out->facts.of[0] = (struct wire_fact){STR("telephone"), item->phone};
	}
}

const struct pipeline_stage stage_website = {
    .name = "website",
    .title =
	"the website: whether it answers, title, language, structured data, the same telephone",
    .read = website_read,
    .ask = website_ask,
    .needs_website = true,
    .interval = CONFIG_PIPELINE_HOST_INTERVAL,
};
