#include "commands/enrich_try.h"
#include "base/clock.h"
#include "base/memory.h"
#include "commands/containers.h"
#include "directory/record/record.h"
#include "pipeline/pipeline.h"
#include "process/spawn.h"
#include "sql/pipeline.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ARENA_BYTES = 1 << 20, ARRAY_BYTES = 4096, MORE_MS = 30000 };

static void show_facts(const struct wire_facts *facts)
{
	for (uint32_t n = 0; n < facts->count; n++)
		printf("fact     %.*s = %.*s\n", STR_ARG(facts->of[n].name),
		       STR_ARG(facts->of[n].value));
	if (!facts->count)
		printf("fact     none: nothing of the answer is where the mapping looks\n");
}

static void show_answer(const struct wire_answer *a)
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

/* The answer, as soon as it is there. */
static enum status await_answer(int fd, int64_t limit_ms, struct err *err)
{
	char *packet = memory_room(WIRE_MESSAGE_MAX);
	enum status status = NOT_FOUND;
	for (int64_t end = clock_ms() + limit_ms; status == NOT_FOUND;) {
		struct wire_message m;
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end - clock_ms();
		if (left <= 0) {
			status = err_set(err, TIMED_OUT, "holdfast-fetch does not answer");
			break;
		}
		(void)!poll(&p, 1, (int)left);
		status = wire_receive(fd, packet, &m, err);
		if (status == OK && m.type == WIRE_ANSWER)
			show_answer(&m.answer);
		else if (status == OK)
			status = NOT_FOUND; /* ticks */
	}
	free(packet);
	return status;
}

static enum status try_call(const struct instance *i, const struct wire_request *request,
			    struct err *err)
{
	struct wire_message message;
	struct err ignored;
	pid_t pid;
	int fd;
	enum status status = container_start_fetch(i, &pid, &fd, err);
	if (status != OK)
		return status;
	pipeline_hello(&i->config, &message);
	status = wire_send(fd, &message, err);
	if (status == OK) {
		message =
		    (struct wire_message){.type = WIRE_REQUEST, .item = 1, .request = *request};
		status = wire_send(fd, &message, err);
	}
	if (status == OK)
		status = await_answer(fd, (int64_t)request->timeout_ms + MORE_MS, err);
	close(fd);
	kill(pid, SIGTERM);
	(void)!spawn_wait(pid, "holdfast-fetch", &ignored);
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
