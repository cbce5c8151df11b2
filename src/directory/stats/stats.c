#include "directory/stats/stats.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "db/async/async.h"
#include "directory/cached/cached.h"
#include "sql/stats.h"

#include <stdlib.h>

/* Every statistic: STATISTIC(name, path, summary). */
#define STATISTICS(X)                                                                              \
	X(quality, "quality",                                                                      \
	  "How many businesses there are, how many have a quality of 80 or more, how many cannot " \
	  "be judged")                                                                             \
	X(quality_tiers, "quality-tiers", "Businesses by quality, in steps of 20")                 \
	X(quality_by_group, "quality-by-group",                                                    \
	  "Businesses of quality 80 or more by group of categories")                               \
	X(categories, "categories", "Businesses by main category")                                 \
	X(groups, "groups", "Businesses by group of categories")                                   \
	X(regions, "regions", "Businesses by region, the 500 largest")                             \
	X(countries, "countries", "Businesses by country")                                         \
	X(cities, "cities", "Businesses by city, the 100 largest")                                 \
	X(sources, "sources", "Businesses by source")                                              \
	X(hours, "hours", "Businesses whose opening hours are known")                              \
	X(telephones, "telephones", "Businesses whose telephone is known")                         \
	X(locations, "locations", "Businesses whose coordinates are known")                        \
	X(addresses, "addresses", "Businesses whose address is known")                             \
	X(freshness, "freshness", "Businesses by the time of their last change")

enum statistic {
#define X(name, path, summary) STATISTIC_##name,
	STATISTICS(X)
#undef X
	    STATISTIC_COUNT
};

static const struct {
	const char *path;
	const struct db_statement *statement;
} statistics[STATISTIC_COUNT] = {
#define X(name, path, summary) {path, &sql_stats_##name},
    STATISTICS(X)
#undef X
};

struct stats {
	struct db_pool *db;
	struct cache *cache;
	struct cache_class class;
};

/* ---- making ---- */

struct making {
	struct cache_fill *fill;
	struct db_query *query; /* NULL: answered */
};

static void counted(void *ctx, enum status status, const struct db_rows *rows,
		    const struct err *err)
{
	struct making *making = ctx;
	struct cache_fill *fill = making->fill;
	making->query = NULL;
	struct json_writer w;
	char now[CLOCK_TEXT];
	if (status != OK) {
		cache_fill_failed(fill, status, err);
		return;
	}
	clock_format(clock_wall_us(), now);
	json_writer_init(&w, cache_fill_out(fill));
	json_object_begin(&w);
	json_member_z(&w, "counted_at", now);
	json_key(&w, "counts");
	json_array_begin(&w);
	for (int row = 0; row < rows->rows; row++) {
		json_object_begin(&w);
		json_member_str(&w, "key", db_text(rows, row, SQL_STATS_KEY));
		json_key(&w, "label");
		if (db_null(rows, row, SQL_STATS_LABEL))
			json_put_null(&w);
		else
			json_put_str(&w, db_text(rows, row, SQL_STATS_LABEL));
		json_member_i64(&w, "businesses", db_i64(rows, row, SQL_STATS_BUSINESSES));
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	cached_made(fill);
}

/* The fill goes before its answer has come: the process ends. */
static void cancel(void *ctx)
{
	struct making *making = ctx;
	if (making->query)
		db_query_cancel(making->query);
}

static void stats_make(void *ctx, struct cache_fill *fill, struct str key)
{
	struct stats *stats = ctx;
	struct making *making = arena_alloc(cache_fill_arena(fill), sizeof(*making));
	struct err err;
	size_t n = 0;
	must(making);
	making->fill = fill;
	arena_defer(cache_fill_arena(fill), cancel, making);
	while (n < STATISTIC_COUNT && !str_eq(key, str_of(statistics[n].path)))
		n++;
	must(n < STATISTIC_COUNT);
	enum status status = db_query(stats->db, statistics[n].statement, NULL, 0, counted, making,
				      &making->query, &err);
	if (status != OK)
		cache_fill_failed(fill, status, &err);
}

/* ---- answering ---- */

#define X(name, path, summary)                                                                     \
	static void get_##name(struct http_request *request)                                       \
	{                                                                                          \
		struct stats *stats = http_ctx(request);                                           \
		cached_respond(request, stats->cache, &stats->class, STR(path));                   \
	}
STATISTICS(X)
#undef X

const struct http_route stats_routes[] = {
#define X(id, path, text)                                                                          \
	{.method = HTTP_GET,                                                                       \
	 .pattern = "/v1/stats/" path,                                                             \
	 .name = "stats_" #id,                                                                     \
	 .handler = get_##id,                                                                      \
	 .kind = HTTP_API,                                                                         \
	 .summary = text,                                                                          \
	 .answer = "counts, and when they were taken",                                             \
	 .answer_schema = "Statistic"},
    STATISTICS(X)
#undef X
	{0}};

const struct http_schema stats_schemas[] = {
    {"Statistic", "{\"type\":\"object\",\"required\":[\"counted_at\",\"counts\"],\"properties\":{"
		  "\"counted_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
		  "\"counts\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
		  "\"required\":[\"key\",\"label\",\"businesses\"],\"properties\":{"
		  "\"key\":{\"type\":\"string\"},\"label\":{\"type\":[\"string\",\"null\"]},"
		  "\"businesses\":{\"type\":\"integer\",\"minimum\":0}}}}}}"},
    {0}};

struct stats *stats_create(struct db_pool *db, struct cache *cache, const struct config *config)
{
	struct stats *stats = memory_alloc(sizeof(*stats));
	stats->db = db;
	stats->cache = cache;
	stats->class = (struct cache_class){
	    .name = "stats",
	    .fill = stats_make,
	    .ctx = stats,
	    .fresh_ms = config_number(config, CONFIG_CACHE_STATS_TTL),
	    .stale_ms = config_number(config, CONFIG_CACHE_STALE),
	    .deadline_ms = config_number(config, CONFIG_CACHE_WAIT),
	    .lease_ms = config_number(config, CONFIG_CACHE_LEASE),
	};
	return stats;
}

void stats_free(struct stats *stats)
{
	free(stats);
}
