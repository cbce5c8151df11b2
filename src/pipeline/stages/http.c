/* A service of the operator's own choice, described by settings alone. */
#include "pipeline/stages/stage.h"

/* One service for all items: pipeline.in_flight is the limit, not its number of calls at once. */
enum { SERVICE_CONCURRENCY = 1000 };

static bool service_eligible(const struct config *config, struct err *err)
{
	const char *url = config_text(config, CONFIG_PIPELINE_HTTP_URL);
	if (!*url)
		return err_set(err, INVALID, "stage http is off: set pipeline.http_url"), false;
	if (!stage_url_check(url, err)) {
		(void)err_prefix(err, INVALID, "pipeline.http_url");
		return false;
	}
	if (!stage_facts_check(config_text(config, CONFIG_PIPELINE_HTTP_FACTS), err)) {
		(void)err_prefix(err, INVALID, "pipeline.http_facts");
		return false;
	}
	return true;
}

static struct stage_verdict service_read(struct stage_claim *claim, struct stage_item *item,
					 const struct db_rows *rows, int row)
{
	item->url =
	    stage_url(claim, config_text(claim->config, CONFIG_PIPELINE_HTTP_URL), rows, row);
	item->host = stage_host(item->url);
	return (struct stage_verdict){STAGE_ASK, NULL};
}

static void service_ask(const struct config *config, const struct stage_item *item,
			struct wire_request *out)
{
	(void)item;
	out->host_concurrency = SERVICE_CONCURRENCY;
	stage_facts(config_text(config, CONFIG_PIPELINE_HTTP_FACTS), &out->facts);
}

const struct pipeline_stage stage_http = {
    .name = "http",
    .title = "a service of your own choice: pipeline.http_url, pipeline.http_facts",
    .read = service_read,
    .ask = service_ask,
    .eligible = service_eligible,
    .interval = CONFIG_PIPELINE_HTTP_INTERVAL,
};
