/* How many a list has, of which categories, regions and towns, and how many of them are open. */
#include "directory/search/listing.h"

#include "sql/directory.h"

struct counting {
	struct listing *l;
	list_count_done *done;
	bool found; /* what was found is counted, not what matches */
};

static void count_ask_found(struct counting *c);

static void count_finish(struct counting *c, enum status status, const struct err *err)
{
	c->l->list.facets.known = true;
	c->done(c->l, status, err);
}

static void count_no_room(struct counting *c)
{
	struct err err;
	count_finish(c, err_set(&err, TOO_LARGE, "the answer does not fit into a request's memory"),
		     &err);
}

static void count_answered(void *ctx, enum status status, const struct db_rows *rows,
			   const struct err *err)
{
	struct counting *c = ctx;
	struct listing *l = c->l;
	ask_answered(&l->ask);
	l->list.facets = (struct search_facets){.known = true};
	for (int row = 0; status == OK && row < rows->rows; row++) {
		if (!rows_facet(l->ask.arena, rows, row, l->at_s, &l->list.facets)) {
			count_no_room(c);
			return;
		}
	}
	/* Names that resemble the text are found without matching it exactly. */
	if (status == OK && !c->found && l->head && l->list.facets.total < (int64_t)l->head->count)
		count_ask_found(c);
	else
		count_finish(c, status, err);
}

static void count_ask(struct counting *c, const struct db_statement *statement,
		      const struct db_param *params, int count)
{
	struct err err;
	enum status status =
	    ask_query(&c->l->ask, statement, params, count, count_answered, c, &err);
	if (status != OK)
		count_finish(c, status, &err);
}

/* All that the head has: HEAD_MAX at most. */
static void count_ask_found(struct counting *c)
{
	struct listing *l = c->l;
	struct buf ids;
	c->found = true;
	buf_init(&ids, (size_t)HEAD_MAX * 24);
	buf_putc(&ids, '{');
	for (size_t i = 0; i < l->head->count; i++)
		buf_printf(&ids, "%s%lld", i ? "," : "", (long long)l->head->item[i].business.id);
	buf_putc(&ids, '}');
	char *array = arena_printf(l->ask.arena, "%s", buf_z(&ids));
	buf_release(&ids);
	if (array)
		count_ask(c, &sql_found_facets, (const struct db_param[]){DB_Z(array)}, 1);
	else
		count_no_room(c);
}

void list_count(struct listing *l, list_count_done *done)
{
	struct db_param params[1 + TEXT_SETS];
	struct counting *c = arena_alloc(l->ask.arena, sizeof(*c));
	if (!c) {
		struct counting none = {.l = l, .done = done};
		count_no_room(&none);
		return;
	}
	*c = (struct counting){.l = l, .done = done};
	if (l->head && !l->adopted && l->head->text.hopeless) {
		count_ask_found(c); /* what was found is not what was typed */
	} else if (l->filters & (PLAN_TEXT | PLAN_FACETS)) {
		params[0] = DB_TEXT(l->text.all.p ? l->text.all : STR("{}"));
		for (int i = 0; i < TEXT_SETS; i++)
			params[1 + i] = DB_TEXT_OR_NULL(l->text.set[i]);
		count_ask(c, &sql_text_facets, params, 1 + TEXT_SETS);
	} else {
		params[0] = l->group && !l->category ? DB_I64(l->group) : DB_NULL;
		params[1] = l->category ? DB_I64(l->category) : DB_NULL;
		params[2] = l->region && !l->city ? DB_I64(l->region) : DB_NULL;
		params[3] = l->city ? DB_I64(l->city) : DB_NULL;
		count_ask(c, &sql_list_facets, params, 4);
	}
}
