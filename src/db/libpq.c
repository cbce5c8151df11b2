#include "db/libpq.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum status libpq_params_set(struct libpq_params *w, const struct db_statement *statement,
			     const struct db_param *params, int count, struct err *err)
{
	size_t at[DB_PARAMS_MAX];

	must(count == statement->params && count <= DB_PARAMS_MAX);
	buf_init(&w->text, LIBPQ_PARAMS_BYTES);
	for (int i = 0; i < count; i++) {
		const struct db_param *p = &params[i];
		at[i] = w->text.n;
		w->formats[i] = p->kind == DB_PARAM_BYTES;
		switch (p->kind) {
		case DB_PARAM_NULL:
			break;
		case DB_PARAM_TEXT:
			if (p->text.n && memchr(p->text.p, '\0', p->text.n))
				return err_set(err, INVALID, "%s: parameter %d contains a NUL byte",
					       statement->name, i + 1);
			buf_str(&w->text, p->text);
			break;
		case DB_PARAM_BYTES:
			buf_str(&w->text, p->text);
			break;
		case DB_PARAM_I64:
			buf_printf(&w->text, "%" PRId64, p->i64);
			break;
		case DB_PARAM_DOUBLE:
			buf_printf(&w->text, "%.17g", p->number);
			break;
		case DB_PARAM_BOOL:
			buf_putc(&w->text, p->i64 ? 't' : 'f');
			break;
		}
		w->lengths[i] = (int)(w->text.n - at[i]);
		buf_putc(&w->text, '\0');
	}
	if (buf_failed(&w->text))
		return err_set(err, TOO_LARGE, "%s: parameters of more than %d bytes",
			       statement->name, LIBPQ_PARAMS_BYTES);
	for (int i = 0; i < count; i++)
		w->values[i] = params[i].kind == DB_PARAM_NULL ? NULL : w->text.p + at[i];
	return OK;
}

void libpq_params_release(struct libpq_params *w)
{
	buf_release(&w->text);
}

/* The length of the first line of libpq's message. */
static int first_line(const char *message)
{
	return (int)strcspn(message, "\n");
}

enum status libpq_connection_error(PGconn *connection, struct err *err)
{
	const char *message = PQerrorMessage(connection);
	return err_set(err, UNAVAILABLE, "database: %.*s", first_line(message), message);
}

/* SQLSTATE classes, longest prefix first. */
static const struct {
	const char *prefix;
	enum status status;
} classes[] = {
    {"57014", TIMED_OUT}, /* query_canceled: statement_timeout */
    {"55P03", TIMED_OUT}, /* lock_not_available: lock_timeout */
    {"25P03", TIMED_OUT}, /* idle_in_transaction_session_timeout */
    {"53", UNAVAILABLE},  /* insufficient resources, too many connections, disk full */
    {"57P", UNAVAILABLE}, /* shutting down, starting up */
    {"08", UNAVAILABLE},  /* connection exceptions; PgBouncer's own errors */
    {"40", CONFLICT},     /* serialization, deadlock */
    {"23", CONFLICT},     /* constraints; 23514 and 23502 below */
    {"22", INVALID},      /* data exceptions */
    {"42501", DENIED},    /* insufficient privilege */
    {"28", DENIED},       /* authorization */
};

#define LIBPQ_DISK_FULL "53100"

static enum status libpq_status(const char *sqlstate)
{
	if (strcmp(sqlstate, "23514") == 0 || strcmp(sqlstate, "23502") == 0)
		return INVALID;
	for (size_t i = 0; i < COUNT_OF(classes); i++)
		if (strncmp(sqlstate, classes[i].prefix, strlen(classes[i].prefix)) == 0)
			return classes[i].status;
	return FAILED;
}

enum status libpq_result(PGconn *connection, PGresult *result, struct db_rows *rows,
			 struct err *err)
{
	if (!result)
		return libpq_connection_error(connection, err);

	ExecStatusType kind = PQresultStatus(result);
	if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK || kind == PGRES_COPY_IN ||
	    kind == PGRES_COPY_OUT) {
		if (rows) {
			const char *affected = PQcmdTuples(result);
			*rows = (struct db_rows){PQntuples(result), PQnfields(result), 0, result};
			if (!str_to_i64(str_of(affected), 0, INT64_MAX, &rows->affected))
				rows->affected = 0;
		} else {
			PQclear(result);
		}
		return OK;
	}

	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	enum status status;
	if (sqlstate) {
		if (!detail && strcmp(sqlstate, LIBPQ_DISK_FULL) == 0)
			detail = ERR_MAKE_ROOM;
		status = err_set(err, libpq_status(sqlstate), "database: %s (%s)%s%s", message,
				 sqlstate, detail ? ": " : "", detail ? detail : "");
	} else if (PQstatus(connection) != CONNECTION_OK)
		status = libpq_connection_error(connection, err);
	else
		status =
		    err_set(err, UNAVAILABLE, "database: %.*s",
			    first_line(PQresultErrorMessage(result)), PQresultErrorMessage(result));
	PQclear(result);
	return status;
}

void libpq_keywords(const char *conninfo, const char *program, const char **keywords,
		    const char **values)
{
	/* These override conninfo. GSS is off because its negotiation blocks in name resolution. */
	static const char *const names[LIBPQ_KEYWORDS] = {"connect_timeout",           "dbname",
							  "fallback_application_name", "gssencmode",
							  "client_encoding",           NULL};
	const char *const texts[LIBPQ_KEYWORDS] = {"10",      conninfo, program,
						   "disable", "UTF8",   NULL};
	memcpy(keywords, names, sizeof(names));
	memcpy(values, texts, sizeof(texts));
}

void db_rows_release(struct db_rows *rows)
{
	PQclear(rows->result);
	*rows = (struct db_rows){0};
}

static void check_position(const struct db_rows *rows, int row, int column)
{
	must(row >= 0 && row < rows->rows && column >= 0 && column < rows->columns);
}

bool db_null(const struct db_rows *rows, int row, int column)
{
	check_position(rows, row, column);
	return PQgetisnull(rows->result, row, column);
}

struct str db_text(const struct db_rows *rows, int row, int column)
{
	check_position(rows, row, column);
	return (struct str){PQgetvalue(rows->result, row, column),
			    (size_t)PQgetlength(rows->result, row, column)};
}

int64_t db_i64(const struct db_rows *rows, int row, int column)
{
	int64_t v = 0;
	if (!db_null(rows, row, column))
		must(str_to_i64(db_text(rows, row, column), INT64_MIN, INT64_MAX, &v));
	return v;
}

double db_double(const struct db_rows *rows, int row, int column)
{
	double v = 0;
	if (!db_null(rows, row, column))
		must(str_to_double(db_text(rows, row, column), &v));
	return v;
}

bool db_bool(const struct db_rows *rows, int row, int column)
{
	struct str text = db_text(rows, row, column);
	if (db_null(rows, row, column))
		return false;
	must(text.n == 1 && (text.p[0] == 't' || text.p[0] == 'f'));
	return text.p[0] == 't';
}

bool db_bytes(const struct db_rows *rows, int row, int column, struct arena *arena, struct str *out)
{
	size_t n;
	*out = (struct str){"", 0};
	if (db_null(rows, row, column))
		return true;
	struct str text = db_text(rows, row, column);
	/* Decode both output formats of bytea; the server's settings choose. */
	unsigned char *bytes = memory_had(PQunescapeBytea((const unsigned char *)text.p, &n));
	*out = arena_str(arena, (struct str){(const char *)bytes, n});
	explicit_bzero(bytes, n);
	PQfreemem(bytes);
	return out->p != NULL;
}

/* One element of an array literal at s->p, decoded into out; *null when it is NULL. Advances s past
 * the separator. The server wrote the literal: anything unexpected is a bug. */
static struct str libpq_array_element(struct str *s, struct arena *arena, bool *null)
{
	char *out = arena_alloc(arena, s->n + 1);
	struct str element = {out, 0};
	*null = false;
	if (!out)
		return element;
	if (s->p[0] == '"') {
		size_t i = 1;
		for (; s->p[i] != '"'; i++) {
			if (s->p[i] == '\\')
				i++;
			must(i < s->n);
			out[element.n++] = s->p[i];
		}
		*s = (struct str){s->p + i + 1, s->n - i - 1};
	} else {
		while (element.n < s->n && s->p[element.n] != ',' && s->p[element.n] != '}') {
			out[element.n] = s->p[element.n];
			element.n++;
		}
		*null = str_eq(element, STR("NULL"));
		*s = (struct str){s->p + element.n, s->n - element.n};
	}
	must(s->n && (s->p[0] == ',' || s->p[0] == '}'));
	*s = (struct str){s->p + 1, s->n - 1};
	return element;
}

bool db_texts(const struct db_rows *rows, int row, int column, struct arena *arena,
	      struct str **out, size_t *count)
{
	struct str s = db_text(rows, row, column);
	*out = NULL;
	*count = 0;
	if (s.n < 3) /* NULL or {} */
		return true;
	must(s.p[0] == '{' && s.p[s.n - 1] == '}');
	size_t commas = 1;
	for (size_t i = 0; i < s.n; i++)
		commas += s.p[i] == ',';
	*out = arena_array(arena, commas, sizeof(**out));
	if (!*out)
		return false;
	s = (struct str){s.p + 1, s.n - 1};
	while (s.n) {
		bool null;
		struct str element = libpq_array_element(&s, arena, &null);
		if (!element.p)
			return false;
		if (!null)
			(*out)[(*count)++] = element;
	}
	return true;
}

void db_copy_text(struct buf *out, struct str value)
{
	size_t from = 0;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i], escaped;
		switch (c) {
		case '\\':
			escaped = '\\';
			break;
		case '\t':
			escaped = 't';
			break;
		case '\n':
			escaped = 'n';
			break;
		case '\r':
			escaped = 'r';
			break;
		default:
			continue;
		}
		buf_add(out, value.p + from, i - from);
		buf_putc(out, '\\');
		buf_putc(out, escaped);
		from = i + 1;
	}
	buf_add(out, value.p + from, value.n - from);
}
