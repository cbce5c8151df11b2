/* link: base audit/serve audit/statement */
/* Foreign SQL: whatever it holds, spans lie in the file, terms nest, numbers name what there is. */
#include "fuzz.h"
#include "audit/statement/statement.h"

static void check_span(struct statement_span span, size_t bytes)
{
	must(span.from <= span.to && span.to <= bytes);
}

static void check_text(const struct statement *s, struct statement_text text)
{
	must(text.from <= s->head.text_bytes && text.bytes <= s->head.text_bytes - text.from);
}

static void found(void *ctx, const struct statement *s)
{
	size_t bytes = *(const size_t *)ctx;
	must(s->head.kind > STATEMENT_END && s->head.kind < STATEMENT_KINDS);
	check_span(s->head.span, bytes);
	check_text(s, s->head.text);
	fuzz_accept(s->head.kind != STATEMENT_UNPARSED);
	for (uint32_t i = 0; i < s->head.terms; i++) {
		must(s->term[i].size >= 1 && s->term[i].size <= s->head.terms - i);
		must(s->term[i].kind != STATEMENT_QUERY || s->term[i].number < s->head.queries);
		check_span(s->term[i].span, bytes);
		check_text(s, s->term[i].text);
		check_text(s, s->term[i].qualifier);
	}
	for (uint32_t i = 0; i < s->head.queries; i++) {
		check_span(s->query[i].span, bytes);
		check_span(s->query[i].where, bytes);
		must(s->query[i].clauses <= bytes);
	}
	for (uint32_t i = 0; i < s->head.conjuncts; i++) {
		must(s->conjunct[i].query < s->head.queries && s->conjunct[i].term < s->head.terms);
		check_span(s->conjunct[i].span, bytes);
	}
	for (uint32_t i = 0; i < s->head.arms; i++) {
		must(s->arm[i].conjunct < s->head.conjuncts && s->arm[i].is.term < s->head.terms);
		check_span(s->arm[i].is.span, bytes);
		check_span(s->arm[i].around, bytes);
	}
	for (uint32_t i = 0; i < s->head.orders; i++) {
		check_span(s->order[i].span, bytes);
		check_span(s->order[i].expression, bytes);
	}
	for (uint32_t i = 0; i < s->head.relations; i++)
		check_span(s->relation[i].span, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	statement_read((struct str){(const char *)data, size}, found, &size);
	return 0;
}
