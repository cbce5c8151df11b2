/* Statements of a file as they go through the pipe. */
#include "audit/statement/statement.h"

#define SEND_ARRAY(answer, statement, array, count)                                                \
	serve_put((answer), (statement)->array,                                                    \
		  sizeof(*(statement)->array) * (statement)->head.count)

static void statement_send(void *ctx, const struct statement *statement)
{
	serve_put(ctx, &statement->head, sizeof(statement->head));
	SEND_ARRAY(ctx, statement, query, queries);
	SEND_ARRAY(ctx, statement, relation, relations);
	SEND_ARRAY(ctx, statement, conjunct, conjuncts);
	SEND_ARRAY(ctx, statement, arm, arms);
	SEND_ARRAY(ctx, statement, order, orders);
	SEND_ARRAY(ctx, statement, output, outputs);
	SEND_ARRAY(ctx, statement, set, sets);
	SEND_ARRAY(ctx, statement, term, terms);
	serve_put(ctx, statement->text, statement->head.text_bytes);
	serve_record(ctx);
}

static void statement_answer(uint32_t kind, struct str document, struct serve_answer *answer)
{
	static const struct statement end = {.head = {.kind = STATEMENT_END}};
	(void)kind;
	statement_read(document, statement_send, answer);
	statement_send(answer, &end);
}

const struct serve_format statement_format = {
    .document_max = STATEMENT_BYTES_MAX,
    .record_max = 2 * (size_t)STATEMENT_RECORD_MAX,
    .read = statement_answer,
};
