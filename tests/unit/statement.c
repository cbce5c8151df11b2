/* link: base audit/serve audit/statement */
/* What the reader of SQL says of statements: kinds, spans from tokens, terms, bodies of
 * PL/pgSQL. */
#include "audit/statement/statement.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct buf told;

static void tell_span(const char *file, const char *what, struct statement_span span)
{
	buf_printf(&told, " %s[%.*s]", what, (int)(span.to - span.from), file + span.from);
}

static void tell_term(const struct statement *s, uint32_t t)
{
	static const char *const names[] = {
	    [STATEMENT_AND] = "and",           [STATEMENT_OR] = "or",
	    [STATEMENT_NOT] = "not",           [STATEMENT_IS_NULL] = "null",
	    [STATEMENT_NOT_NULL] = "some",     [STATEMENT_DISTINCT] = "distinct",
	    [STATEMENT_MEMBER] = "member",     [STATEMENT_QUERY] = "query",
	    [STATEMENT_COMPOUND] = "compound", [STATEMENT_PARAMETER] = "param",
	    [STATEMENT_VARIABLE] = "variable"};
	const struct statement_term *term = &s->term[t];
	struct str text = statement_str(s, term->text);
	if (term->kind < sizeof(names) / sizeof(*names) && names[term->kind])
		buf_printf(&told, "%s", names[term->kind]);
	else
		buf_printf(&told, "%.*s", STR_ARG(text));
	if (term->size == 1)
		return;
	buf_puts(&told, "(");
	for (uint32_t i = t + 1; i < t + term->size; i += s->term[i].size) {
		buf_puts(&told, i > t + 1 ? "," : "");
		tell_term(s, i);
	}
	buf_puts(&told, ")");
}

/* A line per statement: kind, and what is asked of it. */
static void tell(void *ctx, const struct statement *s)
{
	const char *file = ctx;
	struct str text = statement_str(s, s->head.text);
	static const char *const kinds[] = {[STATEMENT_SELECT] = "select",
					    [STATEMENT_INSERT] = "insert",
					    [STATEMENT_UPDATE] = "update",
					    [STATEMENT_DELETE] = "delete",
					    [STATEMENT_MERGE] = "merge",
					    [STATEMENT_BEGIN] = "begin",
					    [STATEMENT_COMMIT] = "commit",
					    [STATEMENT_ROLLBACK] = "rollback",
					    [STATEMENT_COPY_PROGRAM] = "program",
					    [STATEMENT_EXPRESSION] = "expression",
					    [STATEMENT_DYNAMIC] = "dynamic",
					    [STATEMENT_ROUTINE] = "routine",
					    [STATEMENT_CALL] = "call",
					    [STATEMENT_META] = "meta",
					    [STATEMENT_OTHER] = "other",
					    [STATEMENT_UNPARSED] = "unparsed",
					    [STATEMENT_IGNORE] = "ignore"};
	buf_printf(&told, "%u:%u %s", s->head.line, s->head.column, kinds[s->head.kind]);
	if (s->head.depth)
		buf_printf(&told, " depth %u", s->head.depth);
	if (text.n)
		buf_printf(&told, " \"%.*s\"", STR_ARG(text));
	for (uint32_t i = 0; i < s->head.relations; i++)
		buf_printf(&told, " from %.*s", STR_ARG(statement_str(s, s->relation[i].name)));
	for (uint32_t i = 0; i < s->head.conjuncts; i++) {
		tell_span(file, "where", s->conjunct[i].span);
		buf_putc(&told, '=');
		tell_term(s, s->conjunct[i].term);
	}
	for (uint32_t i = 0; i < s->head.orders; i++) {
		tell_span(file, "order", s->order[i].span);
		tell_span(file, "by", s->order[i].expression);
	}
	buf_putc(&told, '\n');
}

static void expect(const char *sql, const char *wanted)
{
	buf_init(&told, 1 << 20);
	statement_read(str_of(sql), tell, (void *)(uintptr_t)sql);
	assert_string_equal(buf_z(&told), wanted);
	buf_release(&told);
}

static void spans_of_ORDER_BY_come_from_tokens(void **state)
{
	(void)state;
	expect(
	    "SELECT id FROM t ORDER BY (COALESCE(q, 0)) DESC NULLS LAST, id LIMIT 5",
	    "1:1 select from t order[(COALESCE(q, 0)) DESC NULLS LAST] by[(COALESCE(q, 0))] order[id] by[id]\n");
	expect(
	    "SELECT id FROM (SELECT id FROM t ORDER BY a) x ORDER BY CASE WHEN id > 1 THEN 1 END, 2",
	    "1:1 select from t from  order[a] by[a] order[CASE WHEN id > 1 THEN 1 END] "
	    "by[CASE WHEN id > 1 THEN 1 END] order[2] by[2]\n");
}

static void conjuncts_have_their_brackets(void **state)
{
	(void)state;
	expect(
	    "SELECT 1 FROM t WHERE (a = 1 OR b = 2) AND c BETWEEN 1 AND 2 AND (d AND NOT (e)) ORDER BY 1",
	    "1:1 select from t where[(a = 1 OR b = 2)]=or(=(a,1),=(b,2)) "
	    "where[c BETWEEN 1 AND 2]=and(>=(c,1),<=(c,2)) where[d]=d where[NOT (e)]=not(e) order[1] by[1]\n");
	/* what is marked is one condition, however many brackets stand around all of them */
	expect(
	    "SELECT 1 FROM t WHERE ((a > 1 AND a < 3)) AND (((b = 1)))",
	    "1:1 select from t where[a > 1]=>(a,1) where[a < 3]=<(a,3) where[(((b = 1)))]==(b,1)\n");
}

static void conditions_are_normalised(void **state)
{
	(void)state;
	expect(
	    "SELECT 1 FROM t WHERE 3 > a AND done = false AND NOT (b <> 'x'::text) AND c = ANY (ARRAY[1, 2]) "
	    "AND d IN (7)",
	    "1:1 select from t where[3 > a]=<(a,3) where[done = false]=not(done) "
	    "where[NOT (b <> 'x'::text)]==(b,x) where[c = ANY (ARRAY[1, 2])]=member(c,1,2) where[d IN (7)]==(d,7)\n");
}

static void placeholders_and_templates_are_parameters(void **state)
{
	(void)state;
	expect(
	    "SELECT 1 FROM {{ table }} WHERE a = :a AND b=? AND c=%s AND d = %(d)s AND e = @e AND f = $f AND g = $1",
	    "1:1 select from p__________ where[a = :a]==(a,param) where[b=?]==(b,param) where[c=%s]==(c,param) "
	    "where[d = %(d)s]==(d,param) where[e = @e]==(e,param) where[f = $f]==(f,param) where[g = $1]==(g,param)\n");
	expect("SELECT a ? 'k', b % 2, c[1:2], d::int, e @> f FROM t", "1:1 select from t\n");
}

static void psql_commands_and_data_of_COPY_are_set_aside(void **state)
{
	(void)state;
	expect("\\set x 1\nCOPY t FROM stdin;\n1;2\n\\.\nSELECT 1;\n\\! ls\n",
	       "1:1 meta \"\\set x 1\"\n2:1 other\n5:1 select\n6:1 meta \"\\! ls\"\n");
	expect("SELECT 1 \\watch 1\n", "1:1 select depth 1\n1:10 meta \"\\watch 1\"\n");
}

static void bodies_of_routines_are_statements_with_the_depth_of_their_loops(void **state)
{
	(void)state;
	expect(
	    "CREATE FUNCTION f(a int) RETURNS void LANGUAGE plpgsql AS $$\n"
	    "DECLARE last bigint := 0;\nBEGIN\n LOOP\n  SELECT max(id) INTO last FROM t WHERE id > last AND b = a;\n"
	    "  PERFORM pg_sleep(1);\n END LOOP;\nEND $$;",
	    "1:1 routine \"f\"\n2:24 expression\n5:3 select depth 1 from t where[id > last]=>(id,variable) "
	    "where[b = a]==(b,param)\n6:3 select depth 1\n");
	expect(
	    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2 WHERE a; END;",
	    "1:1 routine \"f\"\n1:59 select\n1:69 select where[a]=a\n");
	expect(
	    "DO $x$ BEGIN FOR i IN 1..3 LOOP DELETE FROM t WHERE b; COMMIT; END LOOP; END $x$",
	    "1:1 routine \"DO\"\n1:23 expression\n1:26 expression\n1:33 delete depth 1 from t where[b]=b\n"
	    "1:7 commit depth 1\n");
}

static void arguments_without_names_are_known_by_their_alias(void **state)
{
	(void)state;
	expect(
	    "CREATE FUNCTION f(text) RETURNS void LANGUAGE plpgsql AS $$\nDECLARE\n  x ALIAS FOR $1;\n"
	    "BEGIN\n  DELETE FROM t WHERE name = x;\nEND $$;",
	    "1:1 routine \"f\"\n5:3 delete from t where[name = x]==(name,variable)\n");
}

static void what_is_not_parsed_is_named(void **state)
{
	(void)state;
	expect("SELECT FROM WHERE;\nSELECT 1;",
	       "1:1 unparsed \"syntax error at or near \"WHERE\"\"\n2:1 select\n");
	expect("-- holdfast-audit: ignore spinning-filter: the caller moves on\nSELECT 1",
	       "1:1 ignore \"spinning-filter\"\n2:1 select\n");
	expect("", "");
}

static void deep_nesting_and_long_chains_end_as_unparsed(void **state)
{
	(void)state;
	struct buf sql;
	buf_init(&sql, 1 << 20);
	buf_puts(&sql, "SELECT ");
	for (int i = 0; i < 10000; i++)
		buf_puts(&sql, "(");
	expect(buf_z(&sql), "1:1 unparsed \"brackets are nested more than 200 deep\"\n");
	buf_reset(&sql);
	buf_puts(&sql, "SELECT ");
	for (int i = 0; i < 100000; i++)
		buf_puts(&sql, "1+");
	buf_puts(&sql, "1");
	expect(buf_z(&sql), "1:1 unparsed \"nested too deeply\"\n");
	buf_release(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spans_of_ORDER_BY_come_from_tokens),
	    cmocka_unit_test(conjuncts_have_their_brackets),
	    cmocka_unit_test(conditions_are_normalised),
	    cmocka_unit_test(placeholders_and_templates_are_parameters),
	    cmocka_unit_test(psql_commands_and_data_of_COPY_are_set_aside),
	    cmocka_unit_test(bodies_of_routines_are_statements_with_the_depth_of_their_loops),
	    cmocka_unit_test(arguments_without_names_are_known_by_their_alias),
	    cmocka_unit_test(what_is_not_parsed_is_named),
	    cmocka_unit_test(deep_nesting_and_long_chains_end_as_unparsed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
