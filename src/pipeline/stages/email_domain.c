/* Whether the website's domain takes mail. */
#include "pipeline/stages/stage.h"
#include "sql/pipeline.h"

static struct stage_verdict domain_read(struct stage_claim *claim, struct stage_item *item,
					const struct db_rows *rows, int row)
{
	struct str domain =
	    stage_host(arena_str(claim->arena, db_text(rows, row, SQL_INPUTS_WEBSITE)));
	if (str_starts(domain, STR("www.")))
		domain = (struct str){domain.p + 4, domain.n - 4};
	item->url = domain; /* no host: names are asked of resolvers, not of the domain */
	return (struct stage_verdict){STAGE_ASK, NULL};
}

static void domain_ask(const struct config *config, const struct stage_item *item,
		       struct wire_request *out)
{
	(void)config, (void)item;
	out->kind = WIRE_MX;
}

const struct pipeline_stage stage_email_domain = {
    .name = "email-domain",
    .title = "whether the website's domain takes mail",
    .read = domain_read,
    .ask = domain_ask,
    .needs_website = true,
    .interval = CONFIG_PIPELINE_HOST_INTERVAL,
};
