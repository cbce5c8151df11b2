/* PostgreSQL's parser, called so that its errors come back as values. */
#include "audit/statement/nodes.h"

#include <string.h>
#include <strings.h>

/* pg_query_parse_plpgsql (15-4.0.0) leaves the copy of the text that PostgreSQL wrote to standard
 * error, an empty one, when the routine is wrong; its result does not have it, so that no caller
 * can free it. The reader's limit of memory bounds it. */
#ifndef __has_feature /* of clang */
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
const char *__lsan_default_suppressions(void)
{
	return "leak:pg_query_raw_parse\n";
}
#endif

/* ---- routines ---- */

static void routine_option(struct routine *routine, DefElem *option)
{
	if (strcmp(option->defname, "language") == 0) {
		const char *name = strVal(option->arg);
		snprintf(routine->language_name, sizeof(routine->language_name), "%s", name);
		routine->language = strcasecmp(name, "plpgsql") == 0 ? ROUTINE_PLPGSQL
				    : strcasecmp(name, "sql") == 0   ? ROUTINE_SQL
								     : ROUTINE_OTHER;
	} else if (strcmp(option->defname, "as") == 0 && option->location >= 0) {
		routine->body = (uint32_t)option->location;
	}
}

static void routine_arguments(struct routine *routine, struct arena *arena, List *parameters)
{
	ListCell *cell;
	routine->argument =
	    arena_array(arena, (size_t)list_length(parameters) + 1, sizeof(*routine->argument));
	foreach (cell, parameters) {
		FunctionParameter *parameter = lfirst(cell);
		struct str name = arena_str(arena, str_of(parameter->name ? parameter->name : ""));
		if (routine->argument && name.n)
			routine->argument[routine->arguments++] = name.p;
	}
}

static void routine_create(struct routine *routine, struct arena *arena, CreateFunctionStmt *create)
{
	ListCell *cell;
	Node *name = llast(create->funcname);
	routine->language = ROUTINE_SQL; /* BEGIN ATOMIC needs no LANGUAGE */
	snprintf(routine->name, sizeof(routine->name), "%s", strVal(name));
	routine->procedure = create->is_procedure;
	if (create->returnType && create->returnType->names) {
		Node *type = llast(create->returnType->names);
		routine->trigger = strcmp(strVal(type), "trigger") == 0;
	}
	routine->body = STATEMENT_NONE;
	foreach (cell, create->options)
		routine_option(routine, lfirst(cell));
	routine_arguments(routine, arena, create->parameters);
}

static void routine_do(struct routine *routine, DoStmt *stmt)
{
	ListCell *cell;
	routine->language = ROUTINE_PLPGSQL;
	routine->procedure = true;
	snprintf(routine->name, sizeof(routine->name), "DO");
	routine->body = STATEMENT_NONE;
	foreach (cell, stmt->args)
		routine_option(routine, lfirst(cell));
}

static void routine_rule(struct routine *routine, RuleStmt *rule)
{
	routine->language = ROUTINE_RULE;
	snprintf(routine->name, sizeof(routine->name), "%s", rule->rulename);
}

static void parse_walk(struct build *b, struct arena *arena, Node *node,
		       struct parse_outcome *outcome)
{
	if (IsA(node, PLAssignStmt))
		node = (Node *)((PLAssignStmt *)node)->val;
	if (IsA(node, CreateFunctionStmt)) {
		b->s.head.kind = STATEMENT_ROUTINE;
		routine_create(&outcome->routine, arena, (CreateFunctionStmt *)node);
	} else if (IsA(node, DoStmt)) {
		b->s.head.kind = STATEMENT_ROUTINE;
		routine_do(&outcome->routine, (DoStmt *)node);
	} else if (IsA(node, RuleStmt)) {
		b->s.head.kind = STATEMENT_ROUTINE;
		routine_rule(&outcome->routine, (RuleStmt *)node);
	} else {
		query_statement(b, node);
	}
}

void parse_statement(struct build *b, struct arena *arena, const char *text, enum text_mode mode,
		     struct parse_outcome *outcome)
{
	static const RawParseMode modes[] = {
	    [TEXT_STATEMENT] = RAW_PARSE_DEFAULT,
	    [TEXT_EXPRESSION] = RAW_PARSE_PLPGSQL_EXPR,
	    [TEXT_ASSIGNMENT] = RAW_PARSE_PLPGSQL_ASSIGN1,
	};
	*outcome = (struct parse_outcome){0};
	MemoryContext context = pg_query_enter_memory_context();
	PG_TRY();
	{
		List *tree = raw_parser(text, modes[mode]);
		if (list_length(tree) == 1)
			parse_walk(b, arena, ((RawStmt *)linitial(tree))->stmt, outcome);
		else if (list_length(tree) > 1)
			snprintf(outcome->error, sizeof(outcome->error),
				 "%d statements where one was expected", list_length(tree));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		ErrorData *error = CopyErrorData();
		snprintf(outcome->error, sizeof(outcome->error), "%s", error->message);
		FlushErrorState();
	}
	PG_END_TRY();
	pg_query_exit_memory_context(context);
	if (b->too_deep && !outcome->error[0])
		snprintf(outcome->error, sizeof(outcome->error), "nested too deeply");
	outcome->failed = outcome->error[0] != '\0';
}
