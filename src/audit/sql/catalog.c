/* Definitions in the database: tables, indexes, checks and views. Each relation is read once for a
 * run. */
#include "audit/sql/identity.h"
#include "base/memory.h"
#include "sql/audit.h"

#include <stdlib.h>
#include <string.h>

enum { CATALOG_BYTES_MAX = 1 << 30, CATALOG_TEXT_MAX = 16 << 20 };

void catalog_init(struct catalog *catalog, struct probe *probe, struct audit_reader *reader)
{
	*catalog = (struct catalog){.probe = probe, .reader = reader};
	arena_init(&catalog->arena, CATALOG_BYTES_MAX);
}

void catalog_release(struct catalog *catalog)
{
	sql_file_release(&catalog->file);
	arena_release(&catalog->arena);
}

static struct str catalog_copy(struct catalog *catalog, const struct db_rows *rows, int row,
			       int column)
{
	struct str copy = arena_str(&catalog->arena, db_text(rows, row, column));
	return copy.p ? copy : STR("");
}

static enum status catalog_full(struct err *err)
{
	return err_set(err, TOO_LARGE, "the catalogue is over %d bytes", CATALOG_BYTES_MAX);
}

/* ---- texts ---- */

enum status catalog_read(struct catalog *catalog, struct str text, struct catalog_text *out,
			 struct err *err)
{
	struct str body = arena_str(&catalog->arena, text);
	*out = (struct catalog_text){.body = body};
	if (!body.p)
		return catalog_full(err);
	enum status status = load_text(catalog->reader, body, &catalog->file, &catalog->arena, err);
	if (status != OK || catalog->file.unreadable || catalog->file.count != 1 ||
	    catalog->file.statement[0].head.kind != STATEMENT_SELECT)
		return status;
	struct statement *copy = arena_alloc(&catalog->arena, sizeof(*copy));
	if (!copy)
		return catalog_full(err);
	*copy = catalog->file.statement[0];
	out->s = copy;
	return OK;
}

/* An expression between a prefix and a suffix. */
static enum status catalog_expression(struct catalog *catalog, const char *before,
				      struct str expression, struct catalog_text *out,
				      struct err *err)
{
	struct buf text;
	buf_init(&text, CATALOG_TEXT_MAX);
	buf_puts(&text, before);
	buf_str(&text, expression);
	buf_putc(&text, ')');
	enum status status = catalog_read(catalog, buf_view(&text), out, err);
	out->from = (uint32_t)strlen(before);
	buf_release(&text);
	return status;
}

/* ---- one relation ---- */

static enum status catalog_columns(struct catalog *catalog, struct catalog_table *table,
				   struct err *err)
{
	struct db_rows rows;
	enum status status =
	    PROBE_READ(catalog->probe, NULL, sql_audit_columns, &rows, err, DB_I64(table->id));
	if (status != OK)
		return status;
	table->column = arena_array(&catalog->arena, (size_t)rows.rows + 1, sizeof(*table->column));
	for (int i = 0; table->column && i < rows.rows && status == OK; i++) {
		struct catalog_column *column = &table->column[table->columns++];
		*column = (struct catalog_column){
		    .name = catalog_copy(catalog, &rows, i, SQL_AUDIT_COLUMNS_NAME),
		    .type = catalog_copy(catalog, &rows, i, SQL_AUDIT_COLUMNS_TYPE),
		    .base = catalog_copy(catalog, &rows, i, SQL_AUDIT_COLUMNS_BASE),
		    .category = catalog_copy(catalog, &rows, i, SQL_AUDIT_COLUMNS_CATEGORY),
		    .required = db_bool(&rows, i, SQL_AUDIT_COLUMNS_REQUIRED),
		    .collation = db_i64(&rows, i, SQL_AUDIT_COLUMNS_COLLATION),
		    .plain = db_bool(&rows, i, SQL_AUDIT_COLUMNS_PLAIN),
		};
		if (!db_null(&rows, i, SQL_AUDIT_COLUMNS_GENERATED))
			status = catalog_expression(catalog, "SELECT (",
						    db_text(&rows, i, SQL_AUDIT_COLUMNS_GENERATED),
						    &column->generated, err);
	}
	db_rows_release(&rows);
	return table->column ? status : catalog_full(err);
}

static struct catalog_key catalog_key(struct catalog *catalog, const struct db_rows *rows, int i)
{
	int64_t options = db_i64(rows, i, SQL_AUDIT_INDEXES_OPTIONS);
	return (struct catalog_key){
	    .expression = catalog_copy(catalog, rows, i, SQL_AUDIT_INDEXES_EXPRESSION),
	    .computed = db_bool(rows, i, SQL_AUDIT_INDEXES_COMPUTED),
	    .descending = options & 1,
	    .nulls_first = options & 2,
	    .bytewise = db_bool(rows, i, SQL_AUDIT_INDEXES_BYTEWISE),
	    .deterministic = db_bool(rows, i, SQL_AUDIT_INDEXES_DETERMINISTIC),
	    .type = catalog_copy(catalog, rows, i, SQL_AUDIT_INDEXES_TYPE),
	    .class = catalog_copy(catalog, rows, i, SQL_AUDIT_INDEXES_CLASS),
	    .collation_name = catalog_copy(catalog, rows, i, SQL_AUDIT_INDEXES_COLLATION_NAME),
	    .collation = db_i64(rows, i, SQL_AUDIT_INDEXES_COLLATION),
	};
}

/* The key as an expression of the table, with its collation where that is not the column's. */
static enum status catalog_key_text(struct catalog *catalog, const struct catalog_table *table,
				    struct catalog_key *key, struct err *err)
{
	enum status status =
	    catalog_expression(catalog, "SELECT (", key->expression, &key->text, err);
	if (status != OK || !key->text.s || !key->text.s->head.outputs)
		return status;
	key->term = key->text.s->output[0].term;
	int64_t own = 0;
	for (uint32_t i = 0; i < key->text.s->head.terms; i++) {
		const struct statement_term *t = &key->text.s->term[i];
		const struct catalog_column *column =
		    t->kind == STATEMENT_COLUMN
			? catalog_column(table, statement_str(key->text.s, t->text))
			: NULL;
		own = column && column->collation ? column->collation : own;
	}
	if (!key->collation || key->collation == own || !own)
		return OK;
	struct str whole =
	    ARENA_JOIN(&catalog->arena, key->expression, STR(" COLLATE "), key->collation_name);
	if (!whole.p)
		return catalog_full(err);
	key->expression = whole;
	status = catalog_expression(catalog, "SELECT (", whole, &key->text, err);
	if (status == OK && key->text.s && key->text.s->head.outputs)
		key->term = key->text.s->output[0].term;
	return status;
}

enum { COLLATION_DEFAULT = 100 };

/* A key that is a generated column has its expression. Of the same order as the expression it is
 * only under the collation that the expression has. */
static void catalog_key_made(const struct catalog_table *table, struct catalog_key *key)
{
	const struct statement *s = key->text.s;
	const struct statement_term *t = s && s->head.terms == 1 ? &s->term[0] : NULL;
	const struct catalog_column *column = t && t->kind == STATEMENT_COLUMN
						  ? catalog_column(table, statement_str(s, t->text))
						  : NULL;
	if (!column || !column->generated.s)
		return;
	const struct statement *made = column->generated.s;
	bool known = key->collation == 0 || key->collation == COLLATION_DEFAULT;
	key->made = column->generated;
	key->made_plain = column->plain;
	for (uint32_t i = 0; i < made->head.terms; i++) {
		const struct statement_term *one = &made->term[i];
		const struct catalog_column *from =
		    one->kind == STATEMENT_COLUMN
			? catalog_column(table, statement_str(made, one->text))
			: NULL;
		bool collates = one->kind == STATEMENT_COMPOUND &&
				str_eq(statement_str(made, one->text), STR("collate"));
		known |= from && from->collation && from->collation == key->collation;
		key->made_plain &=
		    !collates && (!from || !from->collation || from->collation == key->collation);
	}
	key->made_plain &= known;
}

/* As the search_path of the statement names functions. */
static enum status catalog_indexes(struct catalog *catalog, const char *search_path,
				   struct catalog_table *table, struct err *err)
{
	struct db_rows rows;
	struct catalog_index *index = NULL, **end = &table->index;
	enum status status = PROBE_READ(catalog->probe, search_path, sql_audit_indexes, &rows, err,
					DB_I64(table->id));
	if (status != OK)
		return status;
	for (int i = 0; i < rows.rows && status == OK; i++) {
		int64_t number = db_i64(&rows, i, SQL_AUDIT_INDEXES_ID);
		if (!index || index->id != number) {
			index = arena_alloc(&catalog->arena, sizeof(*index));
			if (!index) {
				status = catalog_full(err);
				break;
			}
			*index = (struct catalog_index){
			    .id = number,
			    .schema = catalog_copy(catalog, &rows, i, SQL_AUDIT_INDEXES_SCHEMA),
			    .name = catalog_copy(catalog, &rows, i, SQL_AUDIT_INDEXES_NAME),
			    .method = catalog_copy(catalog, &rows, i, SQL_AUDIT_INDEXES_METHOD),
			    .parts = catalog_copy(catalog, &rows, i, SQL_AUDIT_INDEXES_PARTS),
			    .predicate =
				catalog_copy(catalog, &rows, i, SQL_AUDIT_INDEXES_PREDICATE),
			};
			*end = index;
			end = &index->next;
			if (index->predicate.n)
				status = catalog_expression(catalog, "SELECT 1 WHERE (",
							    index->predicate,
							    &index->predicate_text, err);
		}
		if (status != OK || index->keys == CATALOG_KEYS_MAX)
			continue;
		struct catalog_key *key = &index->key[index->keys++];
		*key = catalog_key(catalog, &rows, i);
		status = catalog_key_text(catalog, table, key, err);
		catalog_key_made(table, key);
	}
	db_rows_release(&rows);
	return status;
}

static enum status catalog_checks(struct catalog *catalog, const char *search_path,
				  struct catalog_table *table, struct err *err)
{
	struct db_rows rows;
	enum status status = PROBE_READ(catalog->probe, search_path, sql_audit_checks, &rows, err,
					DB_I64(table->id));
	if (status != OK)
		return status;
	table->check = arena_array(&catalog->arena, (size_t)rows.rows + 1, sizeof(*table->check));
	if (!table->check)
		status = catalog_full(err);
	for (int i = 0; i < rows.rows && status == OK; i++)
		status = catalog_expression(catalog, "SELECT 1 WHERE (",
					    db_text(&rows, i, SQL_AUDIT_CHECKS_EXPRESSION),
					    &table->check[table->checks++], err);
	db_rows_release(&rows);
	return status;
}

static enum status catalog_table_read(struct catalog *catalog, const char *search_path,
				      struct catalog_table *table, struct err *err)
{
	struct db_rows rows;
	enum status status = PROBE_READ(catalog->probe, search_path, sql_audit_table, &rows, err,
					DB_TEXT(table->wanted_schema), DB_TEXT(table->wanted_name));
	if (status != OK)
		return status;
	if (rows.rows) {
		table->id = db_i64(&rows, 0, SQL_AUDIT_TABLE_ID);
		table->schema = catalog_copy(catalog, &rows, 0, SQL_AUDIT_TABLE_SCHEMA);
		table->name = catalog_copy(catalog, &rows, 0, SQL_AUDIT_TABLE_NAME);
		table->kind = catalog_copy(catalog, &rows, 0, SQL_AUDIT_TABLE_KIND);
		table->tuples = db_double(&rows, 0, SQL_AUDIT_TABLE_TUPLES);
		table->pages = db_i64(&rows, 0, SQL_AUDIT_TABLE_PAGES);
		if (!db_null(&rows, 0, SQL_AUDIT_TABLE_LEAF_TUPLES)) {
			table->tuples = db_double(&rows, 0, SQL_AUDIT_TABLE_LEAF_TUPLES);
			table->pages = db_i64(&rows, 0, SQL_AUDIT_TABLE_LEAF_PAGES);
		}
		table->secured = db_bool(&rows, 0, SQL_AUDIT_TABLE_SECURED);
		if (!db_null(&rows, 0, SQL_AUDIT_TABLE_VIEW))
			status = catalog_read(catalog, db_text(&rows, 0, SQL_AUDIT_TABLE_VIEW),
					      &table->view, err);
	}
	db_rows_release(&rows);
	if (status != OK || !table->id)
		return status;
	status = catalog_columns(catalog, table, err);
	if (status == OK && !str_eq(table->kind, STR("v")))
		status = catalog_indexes(catalog, search_path, table, err);
	if (status == OK && !str_eq(table->kind, STR("v")))
		status = catalog_checks(catalog, search_path, table, err);
	return status;
}

enum status catalog_find(struct catalog *catalog, const char *search_path, struct str schema,
			 struct str name, const struct catalog_table **out, struct err *err)
{
	struct str path = str_of(search_path ? search_path : "");
	for (struct catalog_table *t = catalog->table; t; t = t->next)
		if (str_eq(t->wanted_name, name) && str_eq(t->wanted_schema, schema) &&
		    str_eq(t->wanted_path, path)) {
			*out = t;
			return OK;
		}
	struct catalog_table *table = arena_alloc(&catalog->arena, sizeof(*table));
	if (!table)
		return catalog_full(err);
	table->wanted_path = arena_str(&catalog->arena, path);
	table->wanted_schema = arena_str(&catalog->arena, schema);
	table->wanted_name = arena_str(&catalog->arena, name);
	if (!table->wanted_path.p || !table->wanted_schema.p || !table->wanted_name.p)
		return catalog_full(err);
	enum status status = catalog_table_read(catalog, search_path, table, err);
	if (status != OK)
		return status;
	table->next = catalog->table;
	catalog->table = table;
	*out = table;
	return OK;
}

const struct catalog_column *catalog_column(const struct catalog_table *table, struct str name)
{
	for (size_t i = 0; i < table->columns; i++)
		if (str_eq(table->column[i].name, name))
			return &table->column[i];
	return NULL;
}

void catalog_small(struct catalog *catalog, const struct catalog_table *table)
{
	for (struct catalog_table *t = catalog->table; t; t = t->next)
		if (t->id == table->id && t->small)
			return;
	for (struct catalog_table *t = catalog->table; t; t = t->next)
		t->small |= t == table;
	catalog->small++;
}
