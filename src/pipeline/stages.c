/* The stages: what each asks with. */
#include <stdio.h>
#include <string.h>

#include "directory/import/import.h"
#include "base/ascii.h"
#include "directory/record/record.h"
#include "directory/towns/towns.h"
#include "pipeline/internal.h"
#include "sql/pipeline.h"

const struct pipeline_stage pipeline_stages[] = {
    {"quality", PIPELINE_OFFLINE, "the quality score, from what is known now"},
    {"geocode", PIPELINE_OFFLINE, "the place of the town, for businesses without coordinates"},
    {"website", PIPELINE_WEBSITE,
     "the website: whether it answers, title, language, structured data, the same telephone"},
    {"email-domain", PIPELINE_DOMAIN, "whether the website's domain takes mail"},
    {"http", PIPELINE_API, "a service of your own choice: pipeline.http_url, pipeline.http_facts"},
    {0},
};

const struct pipeline_stage *pipeline_stage_find(struct str name)
{
	for (const struct pipeline_stage *s = pipeline_stages; s->name; s++)
		if (str_eq(name, str_of(s->name)))
			return s;
	return NULL;
}

static void settle(struct claim *claim, struct item *item, enum item_what what, const char *outcome)
{
	must(item->state == ITEM_WAITING);
	item->state = ITEM_DONE;
	item->what = what;
	item->outcome = outcome;
	claim->waiting--;
	claim->done++;
}

/* ---- offline ---- */

static void find_quality(struct claim *claim, struct item *item, const struct db_rows *rows,
			 int row, struct worker *w)
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
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].has) {
			record.field[parts[i].field[0]] = there;
			record.field[parts[i].field[1]] = there;
		}
	}
	int quality = import_quality(&record);
	char text[48];
	array_i64(&w->a[0], item->business_id);
	if (quality < 0)
		snprintf(text, sizeof(text), "NULL");
	else
		snprintf(text, sizeof(text), "%d", quality);
	buf_printf(&w->a[1], "%s%s", w->a[1].n > 1 ? "," : "", text);
	char *facts =
	    arena_printf(&claim->arena, "{\"quality_score\": %s}", quality < 0 ? "null" : text);
	item->facts = facts ? str_of(facts) : STR("");
	settle(claim, item, ITEM_OK, "ok");
}

static void find_place(struct claim *claim, struct item *item, const struct db_rows *rows, int row)
{
	struct towns_place town;
	if (db_bool(rows, row, SQL_INPUTS_HAS_PLACE)) {
		settle(claim, item, ITEM_OK, "known already");
		return;
	}
	if (!towns_find(db_text(rows, row, SQL_INPUTS_COUNTRY), db_text(rows, row, SQL_INPUTS_CITY),
			&town)) {
		settle(claim, item, ITEM_FAILED, "town not known");
		return;
	}
	char *facts =
	    arena_printf(&claim->arena, "{\"lat\": %.5f, \"lon\": %.5f, \"precision\": \"town\"}",
			 town.lat / 1e5, town.lon / 1e5);
	item->facts = facts ? str_of(facts) : STR("");
	settle(claim, item, ITEM_OK, "ok");
}

/* ---- what is asked of others ---- */

/* "https://www.shop.example:8443/a" -> "www.shop.example" */
static struct str host_of(struct str url)
{
	const char *begin = memmem(url.p, url.n, "://", 3);
	struct str rest =
	    begin ? (struct str){begin + 3, url.n - (size_t)(begin + 3 - url.p)} : url;
	size_t n = 0;
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#' &&
	       rest.p[n] != ':')
		n++;
	return (struct str){rest.p, n};
}

/* The template with {name} replaced, percent-encoded. */
static struct str fill_template(struct claim *claim, const char *template,
				const struct db_rows *rows, int row)
{
	static const struct {
		const char *name;
		int column;
	} values[] = {{"{name}", SQL_INPUTS_NAME},         {"{street}", SQL_INPUTS_STREET},
		      {"{postcode}", SQL_INPUTS_POSTCODE}, {"{city}", SQL_INPUTS_CITY},
		      {"{country}", SQL_INPUTS_COUNTRY},   {"{id}", SQL_INPUTS_ID}};
	struct buf out;
	buf_init(&out, WIRE_URL_MAX);
	for (const char *p = template; *p;) {
		size_t v = 0, n = sizeof(values) / sizeof(values[0]);
		while (v < n && strncmp(p, values[v].name, strlen(values[v].name)) != 0)
			v++;
		if (v == n) {
			buf_putc(&out, *p++);
			continue;
		}
		if (values[v].column == SQL_INPUTS_ID) {
			char id[RECORD_ID_TEXT];
			record_id_format(db_i64(rows, row, SQL_INPUTS_ID), id);
			percent_put(&out, str_of(id), "");
		} else {
			percent_put(&out, db_text(rows, row, values[v].column), "");
		}
		p += strlen(values[v].name);
	}
	struct str url = buf_failed(&out) ? STR("") : arena_str(&claim->arena, buf_view(&out));
	buf_release(&out);
	return url;
}

static void take_inputs(struct worker *w, struct claim *claim, struct item *item,
			const struct db_rows *rows, int row)
{
	struct str website = db_text(rows, row, SQL_INPUTS_WEBSITE);
	switch (w->stage->kind) {
	case PIPELINE_WEBSITE:
		item->url = arena_str(&claim->arena, website);
		item->phone = arena_str(&claim->arena, db_text(rows, row, SQL_INPUTS_PHONE));
		item->host = host_of(item->url);
		break;
	case PIPELINE_DOMAIN:
		item->host = host_of(arena_str(&claim->arena, website));
		if (str_starts(item->host, STR("www.")))
			item->host = (struct str){item->host.p + 4, item->host.n - 4};
		item->url = item->host;
		item->host = STR(""); /* names are asked of resolvers, not of it */
		break;
	case PIPELINE_API:
		item->url = fill_template(
		    claim, config_text(w->options->config, CONFIG_PIPELINE_HTTP_URL), rows, row);
		item->host = host_of(item->url);
		break;
	case PIPELINE_OFFLINE:
		break;
	}
	if (!item->url.n)
		settle(claim, item, ITEM_FAILED, "nothing to ask");
}

static void one_item(struct worker *w, struct claim *claim, struct item *item,
		     const struct db_rows *rows, int row)
{
	if (w->stage->kind != PIPELINE_OFFLINE)
		take_inputs(w, claim, item, rows, row);
	else if (strcmp(w->stage->name, "quality") == 0)
		find_quality(claim, item, rows, row, w);
	else
		find_place(claim, item, rows, row);
}

static struct item *item_of(struct claim *claim, int64_t business_id)
{
	for (size_t i = 0; i < claim->count; i++)
		if (claim->item[i].business_id == business_id)
			return &claim->item[i];
	must_failed(__FILE__, __LINE__, "a business that was not asked for");
}

enum status stage_prepare(struct worker *w, struct claim *claim, struct err *err)
{
	struct db_rows rows;
	array_begin(&w->a[0]);
	for (size_t i = 0; i < claim->count; i++)
		array_i64(&w->a[0], claim->item[i].business_id);
	enum status status = WORKER_RUN(w, sql_inputs, &rows, err, array_end(&w->a[0]));
	if (status != OK)
		return status;
	array_begin(&w->a[0]);
	array_begin(&w->a[1]);
	for (int row = 0; row < rows.rows; row++)
		one_item(w, claim, item_of(claim, db_i64(&rows, row, SQL_INPUTS_ID)), &rows, row);
	db_rows_release(&rows);
	for (size_t i = 0; i < claim->count; i++)
		if (claim->item[i].state == ITEM_WAITING && !claim->item[i].url.n)
			settle(claim, &claim->item[i], ITEM_FAILED, "no such business");
	if (strcmp(w->stage->name, "quality") != 0)
		return OK;
	struct db_param ids = array_end(&w->a[0]), scores = array_end(&w->a[1]);
	return WORKER_RUN(w, sql_apply_quality, NULL, err, ids, scores);
}

void stage_request(const struct worker *w, const struct item *item, struct wire_request *out)
{
	const struct config *c = w->options->config;
	*out = (struct wire_request){
	    .kind = w->stage->kind == PIPELINE_WEBSITE  ? WIRE_WEBSITE
		    : w->stage->kind == PIPELINE_DOMAIN ? WIRE_MX
							: WIRE_HTTP,
	    .method = WIRE_GET,
	    .max_redirects = 5,
	    .timeout_ms = (uint32_t)config_number(c, CONFIG_PIPELINE_TIMEOUT),
	    .max_body_bytes = 2 << 20,
	    .host_concurrency = w->stage->kind == PIPELINE_API ? 1000 : 1,
	    .url = item->url,
	};
	if (w->stage->kind == PIPELINE_WEBSITE && item->phone.n) {
		out->facts.count = 1;
		out->facts.of[0] = (struct wire_fact){STR("telephone"), item->phone};
	} else if (w->stage->kind == PIPELINE_API) {
		struct str rest = str_of(config_text(c, CONFIG_PIPELINE_HTTP_FACTS));
		while (rest.p && out->facts.count < WIRE_PAIRS_MAX) {
			struct str pointer = str_cut(&rest, ' ');
			struct str name = str_cut(&pointer, '=');
			if (name.n && pointer.p)
				out->facts.of[out->facts.count++] =
				    (struct wire_fact){name, pointer};
		}
	}
}
