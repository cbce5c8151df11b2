/* transaction-over-io in files: something outside the database is waited for between BEGIN and
 * COMMIT, or in a routine while rows that it wrote are locked. What the client does between
 * statements is not in a file: that is seen live only. */
#include "audit/sql/internal.h"

#include <string.h>

/* Functions that wait. schema: only in this one; NULL: in any but `net`, whose calls are queued and
 * made after the commit. */
static const struct {
	const char *schema, *name, *does;
} waits[] = {
    {NULL, "pg_sleep", "sleeps"},
    {NULL, "pg_sleep_for", "sleeps"},
    {NULL, "pg_sleep_until", "sleeps"},
    {NULL, "dblink", "waits for another server"},
    {NULL, "dblink_exec", "waits for another server"},
    {NULL, "dblink_open", "waits for another server"},
    {NULL, "dblink_fetch", "waits for another server"},
    {NULL, "dblink_connect", "waits for another server"},
    {NULL, "dblink_connect_u", "waits for another server"},
    {NULL, "dblink_send_query", "waits for another server"},
    {NULL, "dblink_get_result", "waits for another server"},
    {NULL, "http", "waits for a web server"},
    {NULL, "http_get", "waits for a web server"},
    {NULL, "http_post", "waits for a web server"},
    {NULL, "http_put", "waits for a web server"},
    {NULL, "http_patch", "waits for a web server"},
    {NULL, "http_delete", "waits for a web server"},
    {NULL, "http_head", "waits for a web server"},
    {"aws_lambda", "invoke", "waits for a cloud function"},
    {"aws_s3", "query_export_to_s3", "waits for object storage"},
    {"aws_s3", "table_import_from_s3", "waits for object storage"},
};

/* What a statement waits for. */
struct wait {
	struct statement_span span;
	struct str name;
	const char *does;
};

static bool contains(struct str text, const char *word)
{
	return text.n && memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* dblink to its own database: named by current_database(), or by a name alone. */
static bool calls_itself(const struct statement *s, uint32_t call)
{
	bool named = false, elsewhere = false;
	for (uint32_t i = call + 1; i < call + s->term[call].size; i++) {
		struct str text = statement_str(s, s->term[i].text);
		if (s->term[i].kind == STATEMENT_FUNCTION)
			named |= str_eq(text, STR("current_database"));
		if (s->term[i].kind != STATEMENT_CONSTANT)
			continue;
		named |= str_starts(text, STR("dbname="));
		elsewhere |=
		    contains(text, "host") || contains(text, "service=") || contains(text, "://");
	}
	return named && !elsewhere;
}

static bool call_waits(const struct statement *s, uint32_t term, struct wait *wait)
{
	const struct statement_term *t = &s->term[term];
	struct str name = statement_str(s, t->text), schema = statement_str(s, t->qualifier);
	if (t->kind != STATEMENT_FUNCTION)
		return false;
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		if (!str_eq(name, str_of(waits[i].name)))
			continue;
		if (waits[i].schema ? !str_eq(schema, str_of(waits[i].schema))
				    : str_eq(schema, STR("net")))
			return false;
		if (str_starts(name, STR("dblink")) && calls_itself(s, term))
			return false;
		bool zero = t->size == 2 && t[1].kind == STATEMENT_CONSTANT &&
			    str_eq(statement_str(s, t[1].text), STR("0"));
		*wait = (struct wait){t->span.to ? t->span : s->head.span, name, waits[i].does};
		return !zero;
	}
	return false;
}

/* Commands of psql that run a program or ask a person. */
static bool meta_waits(const struct statement *s, struct wait *wait)
{
	struct str line = statement_str(s, s->head.text);
	wait->span = s->head.span;
	wait->name = str_cut(&(struct str){line.p, line.n}, ' ');
	wait->does = "runs a program on the client";
	if (str_starts(line, STR("\\!")) || (str_starts(line, STR("\\set")) && contains(line, "`")))
		return true;
	if (str_starts(line, STR("\\copy")) && contains(line, " program "))
		return true;
	wait->does = "waits for a person";
	return str_starts(line, STR("\\prompt"));
}

static bool statement_waits(const struct statement *s, struct wait *wait)
{
	if (s->head.kind == STATEMENT_META)
		return meta_waits(s, wait);
	if (s->head.kind == STATEMENT_COPY_PROGRAM) {
		*wait = (struct wait){s->head.span, STR("COPY"), "runs a program on the server"};
		return true;
	}
	for (uint32_t i = 0; i < s->head.terms; i++)
		if (call_waits(s, i, wait))
			return true;
	return false;
}

static void found_wait(struct sql_audit *audit, const struct statement *s, const struct wait *wait,
		       const char *since, uint32_t line)
{
	const char *about = arena_printf(&audit->file_arena, "%.*s %s %s on line %u",
					 STR_ARG(wait->name), wait->does, since, line);
	sql_found(audit, s,
		  &(struct sql_found){
		      .rule = SQL_TRANSACTION_OVER_IO,
		      .span = wait->span,
		      .about = str_of(about),
		      .object = wait->name,
		  });
}

/* ---- temporary tables ---- */

/* CREATE TEMP TABLE of the name, in the statements. */
static bool is_temporary(const struct sql_audit *audit, size_t from, size_t to, struct str name)
{
	for (size_t i = from; i < to; i++) {
		struct str text = sql_text(audit, audit->file.statement[i].head.span), word;
		if (text.n < 6 || !str_eq_nocase((struct str){text.p, 6}, STR("create")))
			continue;
		bool temporary = false;
		for (unsigned n = 0; n < 9 && text.p; n++) {
			word = str_trim(str_cut(&text, ' '));
			temporary |= str_eq_nocase(word, STR("temp")) ||
				     str_eq_nocase(word, STR("temporary"));
			if (temporary && word.n >= name.n &&
			    str_eq_nocase((struct str){word.p, name.n}, name) &&
			    (word.n == name.n || word.p[name.n] == '('))
				return true;
		}
	}
	return false;
}

/* Whether everything that it writes is a temporary table, which no other session sees. */
static bool writes_temporary(const struct sql_audit *audit, size_t from, size_t to,
			     const struct statement *s)
{
	bool any = false;
	for (uint32_t i = 0; i < s->head.relations; i++) {
		const struct statement_relation *r = &s->relation[i];
		if (!r->target)
			continue;
		any = true;
		if (!str_eq(statement_str(s, r->schema), STR("pg_temp")) &&
		    !is_temporary(audit, from, to, statement_str(s, r->name)))
			return false;
	}
	return any;
}

/* ---- BEGIN ... COMMIT ---- */

static bool begins_with(struct str text, const char *first, const char *second)
{
	struct str word = str_trim(str_cut(&text, ' '));
	return str_eq_nocase(word, str_of(first)) &&
	       (!*second ||
		(text.p && str_eq_nocase(str_trim(str_cut(&text, ' ')), str_of(second))));
}

/* Whether the statement leaves others alone: a setting, or what it makes, fills and reads are
 * temporary tables. */
static bool transaction_is_own(const struct sql_audit *audit, size_t from, size_t i)
{
	const struct statement *s = &audit->file.statement[i];
	struct str text = sql_text(audit, s->head.span);
	if (begins_with(text, "create", "temp") || begins_with(text, "create", "temporary") ||
	    begins_with(text, "set", ""))
		return true;
	if (s->head.kind == STATEMENT_COPY_PROGRAM) {
		(void)str_cut(&text, ' ');
		struct str name = str_trim(text.p ? str_cut(&text, ' ') : STR(""));
		return name.n && is_temporary(audit, from, i, name);
	}
	return writes_temporary(audit, from, i, s);
}

static void judge_blocks(struct sql_audit *audit)
{
	const struct statement *open = NULL;
	size_t from = 0;
	bool own = true;
	struct wait wait;
	for (size_t i = 0; i < audit->file.count; i++) {
		const struct statement *s = &audit->file.statement[i];
		if (s->head.routine)
			continue;
		if (s->head.kind == STATEMENT_BEGIN && !open) {
			open = s;
			from = i;
			own = true;
		} else if (s->head.kind == STATEMENT_COMMIT || s->head.kind == STATEMENT_ROLLBACK) {
			open = NULL;
		} else if (open) {
			own = own && transaction_is_own(audit, from, i);
			if (!own && statement_waits(s, &wait))
				found_wait(audit, s, &wait, "in the transaction that begins",
					   open->head.line);
		}
	}
}

/* ---- routines ---- */

static bool locks_rows(const struct statement *s)
{
	switch (s->head.kind) {
	case STATEMENT_INSERT:
	case STATEMENT_UPDATE:
	case STATEMENT_DELETE:
	case STATEMENT_MERGE:
		return true;
	default:
		break;
	}
	for (uint32_t i = 0; i < s->head.queries; i++)
		if (s->query[i].flags & (STATEMENT_LOCK | STATEMENT_WRITES))
			return true;
	return false;
}

/* The statements [from, to) of a routine, in their order; `only_loops`: the second round of its
 * loops. Returns the statement whose locks are held at the end; NULL: none. */
static const struct statement *judge_round(struct sql_audit *audit, size_t from, size_t to,
					   const struct statement *held, bool only_loops,
					   bool *told)
{
	struct wait wait;
	for (size_t i = from; i < to; i++) {
		const struct statement *s = &audit->file.statement[i];
		if ((only_loops && !s->head.depth) || s->head.flags & STATEMENT_JOINED)
			continue;
		if (s->head.kind == STATEMENT_COMMIT || s->head.kind == STATEMENT_ROLLBACK) {
			held = NULL;
			continue;
		}
		if (held && held->head.branch.from &&
		    !statement_within(s->head.branch, held->head.branch))
			held = NULL;
		bool undone = held && statement_within(held->head.attempt, s->head.handler);
		if (held && !undone && !told[i - from] && statement_waits(s, &wait)) {
			told[i - from] = true;
			found_wait(audit, s, &wait,
				   held->head.kind == STATEMENT_ROUTINE
				       ? "in the transaction that fires the trigger function"
				       : "while rows are locked by the statement",
				   held->head.line);
		}
		if (!held && locks_rows(s) && !writes_temporary(audit, from, to, s))
			held = s;
	}
	return held;
}

static void judge_routine(struct sql_audit *audit, size_t from, size_t to)
{
	const struct statement *held = NULL;
	bool *told = arena_array(&audit->file_arena, to - from + 1, sizeof(*told));
	if (!told)
		return;
	/* a trigger function runs in the transaction of the write that fires it */
	if (audit->file.statement[from].head.flags & STATEMENT_TRIGGER)
		held = &audit->file.statement[from];
	held = judge_round(audit, from, to, held, false, told);
	if (held && held->head.branch.from)
		held = NULL;
	judge_round(audit, from, to, held, true, told);
}

void judge_transaction(struct sql_audit *audit)
{
	judge_blocks(audit);
	for (size_t i = 0; i < audit->file.count; i++) {
		uint32_t routine = audit->file.statement[i].head.routine;
		size_t from = i;
		if (!routine)
			continue;
		while (i + 1 < audit->file.count &&
		       audit->file.statement[i + 1].head.routine == routine)
			i++;
		judge_routine(audit, from, i + 1);
	}
}
