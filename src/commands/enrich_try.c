#include "commands/enrich_try.h"
#include "commands/caller.h"
#include "directory/record/record.h"
#include "pipeline/pipeline.h"
#include "sql/pipeline.h"

#include <stdio.h>

enum { ARENA_BYTES = 1 << 20, ARRAY_BYTES = 4096 };

static void show_facts(const struct wire_facts *facts)
{
	for (uint32_t n = 0; n < facts->count; n++)
		printf("fact     %.*s = %.*s\n", STR_ARG(facts->of[n].name),
		       STR_ARG(facts->of[n].value));
	if (!facts->count)
		printf("fact     none: nothing of the answer is where the mapping looks\n");
}

static void try_show_answer(const struct wire_answer *a)
{
	printf("answer   %s", wire_outcomes[a->outcome].name);
	if (a->http_status)
		printf(", HTTP %u", a->http_status);
	printf(", %u ms, %u bytes", a->total_ms, a->body_bytes);
	if (a->content_type.n)
		printf(", %.*s", STR_ARG(a->content_type));
	if (a->retry_after_ms)
		printf(", not before %u s from now", a->retry_after_ms / 1000);
	printf("\n");
	if (a->final_url.n && a->redirects)
		printf("at       %.*s\n", STR_ARG(a->final_url));
	if (a->detail.n)
		printf("because  %.*s\n", STR_ARG(a->detail));
	if (wire_meaning(a->outcome, a->http_status) == WIRE_MEANS_DONE)
		show_facts(&a->facts);
}

static enum status try_call(const struct instance *i, const struct wire_request *request,
			    struct err *err)
{
	struct caller caller;
	const struct wire_answer *answer;
	enum status status = caller_open(&caller, i, err);
	if (status == OK)
		status = caller_ask(&caller, request, &answer, err);
	if (status == OK)
		try_show_answer(answer);
	caller_close(&caller);
	return status;
}

static enum status try_business(const struct instance *i, const struct pipeline_stage *stage,
				struct stage_claim *claim, const struct db_rows *rows,
				struct err *err)
{
	static const char *const methods[WIRE_METHODS] = {"", "GET", "HEAD", "POST"};
	struct stage_item item = {.business_id = db_i64(rows, 0, SQL_INPUTS_ID)};
	struct wire_request request;
	struct stage_verdict verdict = stage->read(claim, &item, rows, 0);
	if (verdict.what != STAGE_ASK || !stage->ask) {
		printf("request  none: the stage works with what is known\nanswer   %s\n",
		       verdict.outcome ? verdict.outcome : "ok");
		if (item.facts.n)
			printf("facts    %.*s\n", STR_ARG(item.facts));
		return OK;
	}
	if (!item.url.n) {
		printf("request  none: there is nothing to ask\n");
		return OK;
	}
	pipeline_request(&i->config, stage, &item, &request);
	printf("request  %s %.*s\n", request.kind == WIRE_MX ? "MX" : methods[request.method],
	       STR_ARG(request.url));
	fflush(stdout);
	return try_call(i, &request, err);
}

enum status enrich_try(const struct instance *i, struct db *db, const struct pipeline_stage *stage,
		       const char *id, struct err *err)
{
	struct arena arena;
	struct buf ids, values;
	struct db_rows rows;
	int64_t business;
	if (!record_id_parse(str_of(id), &business))
		return err_set(err, INVALID, "'%s' is no id of a business", id);
	arena_init(&arena, ARENA_BYTES);
	buf_init(&ids, ARRAY_BYTES);
	buf_init(&values, ARRAY_BYTES);
	array_begin(&ids);
	array_i64(&ids, business);
	enum status status = DB_RUN(db, sql_inputs, &rows, err, array_end(&ids));
	if (status == OK) {
		struct stage_claim claim = {
		    .config = &i->config, .arena = &arena, .ids = &ids, .values = &values};
		array_begin(&ids);
		array_begin(&values);
		status = rows.rows ? try_business(i, stage, &claim, &rows, err)
				   : err_set(err, NOT_FOUND, "there is no business %s", id);
		db_rows_release(&rows);
	}
	buf_release(&ids);
	buf_release(&values);
	arena_release(&arena);
	return status;
}
