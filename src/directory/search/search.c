#include "directory/search/internal.h"

#include "base/log.h"
#include "directory/names/places.h"

const char *search_problem_name(enum search_problem problem)
{
	static const char *const names[] = {
	    [SEARCH_OK] = "ok",
	    [SEARCH_INVALID_PARAMETER] = "invalid-parameter",
	    [SEARCH_UNSUPPORTED_COMBINATION] = "unsupported-combination",
	    [SEARCH_INVALID_CURSOR] = "invalid-cursor",
	    [SEARCH_NO_SUCH_BUSINESS] = "no-such-business",
	    [SEARCH_BUSINESS_CLOSED] = "business-closed",
	    [SEARCH_NO_SUCH_PLACE] = "no-such-place",
	    [SEARCH_NO_SUCH_CATEGORY] = "no-such-category",
	    [SEARCH_BUSY] = "busy",
	    [SEARCH_SLOW] = "busy",
	    [SEARCH_FAILED] = "internal-error",
	};
	return names[problem];
}

static void cancel(void *arg)
{
	struct ask *ask = arg;
	if (ask->running)
		db_query_cancel(ask->running);
}

void ask_init(struct ask *ask, struct db_pool *db, struct arena *arena)
{
	*ask = (struct ask){.db = db, .arena = arena};
	arena_defer(arena, cancel, ask);
}

enum status ask_query(struct ask *ask, const struct db_statement *statement,
		      const struct db_param *params, int count, db_done *done, void *ctx,
		      struct err *err)
{
	must(!ask->running);
	return db_query(ask->db, statement, params, count, done, ctx, &ask->running, err);
}

void ask_answered(struct ask *ask)
{
	ask->running = NULL;
}

enum search_problem ask_problem(enum status status, const struct err *err)
{
	if (status == UNAVAILABLE)
		return SEARCH_BUSY;
	if (status == TIMED_OUT)
		return SEARCH_SLOW;
	log_error("search failed", LOG_S("cause", err->text));
	return SEARCH_FAILED;
}

struct str search_country_name(struct str code)
{
	struct str name = places_country_name(code);
	return name.n ? name : code;
}
