/* A service of the operator's own choice, described by settings alone. */
#include "pipeline/stages/stage.h"

#include <string.h>

/* One service for all items: pipeline.in_flight is the limit, not its number of calls at once. */
enum { SERVICE_CONCURRENCY = 1000 };

static bool service_configured(const struct config *config)
{
	return *config_text(config, CONFIG_PIPELINE_HTTP_URL) != '\0';
}

static bool service_eligible(const struct config *config, struct err *err)
{
	const char *url = config_text(config, CONFIG_PIPELINE_HTTP_URL);
	if (!service_configured(config))
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

/* "A: b|C: d" as lines, with the type of the body. */
static struct str service_headers(struct stage_claim *claim, bool json, bool form)
{
	struct buf out;
	buf_init(&out, WIRE_HEADERS_MAX);
	const char *given = config_text(claim->config, CONFIG_PIPELINE_HTTP_HEADERS);
	bool typed = strcasestr(given, "content-type:") != NULL;
	if (json && !typed)
		buf_puts(&out, "Content-Type: application/json\n");
	else if (form && !typed)
		buf_puts(&out, "Content-Type: application/x-www-form-urlencoded\n");
	struct str rest = str_of(given);
	while (rest.p) {
		struct str line = str_trim(str_cut(&rest, '|'));
		if (!line.n)
			continue;
		buf_str(&out, line);
		buf_putc(&out, '\n');
	}
	struct str text = arena_str(claim->arena, buf_view(&out));
	buf_release(&out);
	return text;
}

static struct stage_verdict service_read(struct stage_claim *claim, struct stage_item *item,
					 const struct db_rows *rows, int row)
{
	const char *body = config_text(claim->config, CONFIG_PIPELINE_HTTP_BODY);
	bool json = *body == '{' || *body == '[';
	item->url = stage_template(claim, config_text(claim->config, CONFIG_PIPELINE_HTTP_URL),
				   STAGE_PERCENT, WIRE_URL_MAX, rows, row);
	item->host = stage_host(item->url);
	item->headers = service_headers(claim, json, *body && !json);
	if (*body)
		item->body = stage_template(claim, body, json ? STAGE_JSON : STAGE_PERCENT,
					    WIRE_BODY_MAX, rows, row);
	return (struct stage_verdict){STAGE_ASK, NULL};
}

static void service_ask(const struct config *config, const struct stage_item *item,
			struct wire_request *out)
{
	out->host_concurrency = SERVICE_CONCURRENCY;
	out->headers = item->headers;
	if (*config_text(config, CONFIG_PIPELINE_HTTP_HEADERS))
		out->max_redirects = 0; /* a secret is for the service that was named */
	if (item->body.n) {
		out->method = WIRE_POST;
		out->body = item->body;
	}
	stage_facts(config_text(config, CONFIG_PIPELINE_HTTP_FACTS), &out->facts);
}

const struct pipeline_stage stage_http = {
    .name = "http",
    .title = "a service of your own choice: pipeline.http_url, pipeline.http_facts",
    .read = service_read,
    .ask = service_ask,
    .eligible = service_eligible,
    .configured = service_configured,
    .interval = CONFIG_PIPELINE_HTTP_INTERVAL,
};
