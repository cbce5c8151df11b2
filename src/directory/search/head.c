/* The best answers to a text. Candidates come from a few bounded statements, each asked only when
 * those before did not give enough: whole names and their beginnings; businesses that have all
 * words as typed; with the last word as a beginning; with one error a word; with two; with the
 * least telling word left out. They are ranked here. */
#include "directory/search/internal.h"

#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "directory/iso/iso.h"
#include "directory/words/tokens.h"
#include "sql/directory.h"

enum {
	/* Fetching so many matches takes about 8 ms at 1.4 million businesses. */
	EXPECTED_MAX = 5000,
	CANDIDATES = 150, /* of one statement */
	NAMESAKES = 50,
	FEW = 5, /* with at most so many exact matches, near misses are listed as well */
};

struct finding {
	struct head_asked asked;
	struct ask ask;
	struct search_head head;
	head_done *done;
	void *ctx;
	struct match_wish wish;
	bool corrected;
};

static void head_finish(struct finding *f)
{
	struct search_head *h = &f->head;
	bool literal = false, cut = h->typed.count == TERMS_MAX; /* further words are ignored */
	if (!h->problem)
		qsort(h->item, h->count, sizeof(*h->item), rank_compare);
	for (size_t i = 0; i < h->count; i++)
		literal |=
		    h->item[i].literal && h->item[i].degree == 0 && (h->item[i].extra == 0 || cut);
	if (literal) {
		h->typed.when = WISH_NONE;
		h->typed.excludes = false;
	}
	f->done(f->ctx, h);
}

static void head_refuse(struct finding *f, enum status status, const struct err *err)
{
	f->head.problem = ask_problem(status, err);
	f->head.err = *err;
	head_finish(f);
}

static void head_no_room(struct finding *f)
{
	f->head.problem = SEARCH_FAILED;
	err_set(&f->head.err, TOO_LARGE, "the text does not fit into a request's memory");
	head_finish(f);
}

static void head_ask(struct finding *f, const struct db_statement *statement,
		     const struct db_param *params, int count, db_done *done)
{
	struct err err;
	enum status status = ask_query(&f->ask, statement, params, count, done, f, &err);
	if (status != OK)
		head_refuse(f, status, &err);
}

/* ---- candidates ---- */

static bool head_has(const struct search_head *h, int64_t id)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->item[i].business.id == id)
			return true;
	return false;
}

/* When category and place say it all, their list follows. Before it come names that are what was
 * typed, and of what is listed names that have the words, begin with them, or have a related name
 * of the category. Where only a category is named, the word in a name counts whatever the category:
 * "pizza". */
static bool head_takes(const struct typed *typed, const struct candidate *c)
{
	bool in_name = c->degree == 0 && c->by_name;
	bool related = c->degree == DEGREE_BEGINNING && c->by_name && rank_is_main(typed, c);
	if (c->whole || (in_name && !typed->where[0].kind))
		return true;
	return (in_name || related || c->starts) && rank_is_named(typed, c);
}

/* Adds the rows of the row text_head that are new. */
static bool head_add(struct finding *f, const struct db_rows *rows, bool whole_only)
{
	struct search_head *h = &f->head;
	for (int row = 0; row < rows->rows && h->count < HEAD_MAX; row++) {
		struct candidate *c = &h->item[h->count];
		if (head_has(h, db_i64(rows, row, SQL_BUSINESS_ID)))
			continue;
		*c = (struct candidate){0};
		c->namesakes = db_i64(rows, row, SQL_TEXT_HEAD_NAMESAKES);
		if (!rows_business(f->ask.arena, rows, row, f->asked.at_s, false, &c->business) ||
		    !rows_texts(f->ask.arena, rows, row, SQL_TEXT_HEAD_ALT_NAMES, &c->alt_names) ||
		    !rows_texts(f->ask.arena, rows, row, SQL_TEXT_HEAD_CATEGORIES, &c->categories))
			return false;
		rank_judge(&h->typed, c);
		if (!whole_only || head_takes(&h->typed, c))
			h->count++;
	}
	return true;
}

/* ---- words ---- */

static void head_next_words(struct finding *f);
static void head_ask_near(struct finding *f);
static void head_ask_names(struct finding *f);

static void head_drop(struct finding *f)
{
	f->wish.degree = DEGREE_EXACT;
	if (!f->head.count && named_correct(&f->head.typed)) {
		head_next_words(f);
		return;
	}
	if (f->head.count || f->head.typed.only_together || !named_drop(&f->head.typed))
		head_finish(f);
	else
		head_next_words(f);
}

/* Whether enough is exactly what was typed that corrections are not asked for. */
static bool head_exact(const struct search_head *h)
{
	if (h->count < FEW)
		return false;
	for (size_t i = 0; i < h->count; i++)
		if (h->item[i].whole || (h->item[i].degree == 0 && h->item[i].extra == 0))
			return true;
	return false;
}

/* After one degree of matches: the next one, unless there is enough. */
static void head_went_on(struct finding *f)
{
	bool dropped = false, related = false;
	for (size_t i = 0; i < f->head.typed.count; i++) {
		dropped |= f->head.typed.term[i].dropped;
		related |= f->head.typed.term[i].relateds > 0;
	}
	if (f->head.typed.complete && related && f->wish.degree == DEGREE_EXACT &&
	    f->head.count < f->asked.enough) {
		f->wish.degree = DEGREE_BEGINNING;
		head_next_words(f);
		return;
	}
	/* Two errors a word are tried only when one gave nothing, and not beside
	 * words that were left out. */
	bool tried = f->wish.degree >= DEGREE_NEAR;
	if (f->head.typed.complete || f->head.count >= f->asked.enough || head_exact(&f->head) ||
	    (f->head.count && (tried || dropped))) {
		head_finish(f);
		return;
	}
	if (dropped && tried) {
		head_drop(f);
		return;
	}
	/* A category and a place where nothing is are no typing errors. */
	f->wish.degree = f->head.typed.plain ? DEGREE_NONE : f->wish.degree + 1;
	if (f->wish.degree == DEGREE_NEAR && !f->corrected)
		head_ask_near(f);
	else if (f->wish.degree < DEGREE_NONE)
		head_next_words(f);
	else
		head_drop(f);
}

static void head_words_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct finding *f = ctx;
	ask_answered(&f->ask);
	if (status != OK) {
		head_refuse(f, status, err);
		return;
	}
	if (f->wish.degree == DEGREE_EXACT)
		f->head.all = rows->rows < CANDIDATES;
	if (!head_add(f, rows, f->head.typed.complete))
		head_no_room(f);
	else
		head_went_on(f);
}

/* All words as tokens of names, for the order of candidates. */
static struct str head_name_tokens(struct finding *f)
{
	struct buf b;
	buf_init(&b, TEXT_BYTES);
	buf_putc(&b, '{');
	for (size_t i = 0; i < f->head.typed.count; i++)
		buf_printf(&b, "%s\"%.*s\"", i ? "," : "", STR_ARG(f->head.typed.term[i].word));
	buf_putc(&b, '}');
	struct str array = arena_str(f->ask.arena, buf_view(&b));
	buf_release(&b);
	return array;
}

static void head_next_words(struct finding *f)
{
	struct text text;
	struct str names = head_name_tokens(f);
	f->wish.words_only = f->head.typed.complete;
	if (!names.p || !terms_match(&f->head.typed, &f->wish, &text)) {
		head_no_room(f);
		return;
	}
	if (f->wish.degree == DEGREE_EXACT && !f->head.typed.complete)
		f->head.text = text;
	if (text.hopeless || text.expected > EXPECTED_MAX) {
		if (f->wish.degree == DEGREE_EXACT)
			f->head.all = text.hopeless;
		if (text.hopeless) {
			head_went_on(f);
			return;
		}
		/* Corrections would not be seen behind so many. What was not found as typed is
		 * listed without an order among them. */
		if (!f->head.count && !f->head.typed.complete) {
			f->head.text = text;
			f->head.all = false;
		}
		head_finish(f);
		return;
	}
	struct db_param params[12] = {DB_TEXT(text.all)};
	for (int i = 0; i < TEXT_SETS; i++)
		params[1 + i] = DB_TEXT_OR_NULL(text.set[i]);
	params[9] = DB_TEXT(f->head.typed.key);
	params[10] = DB_TEXT(names);
	params[11] = DB_I64(CANDIDATES);
	head_ask(f, &sql_text_head, params, 12, head_words_done);
}

/* With what is near to the words: first whether one was meant for a kind or a place. */
static void head_corrected(struct finding *f, bool place)
{
	bool kind = !f->head.count && named_correct_whole(&f->head.typed);
	if (kind || place) {
		f->wish.degree = DEGREE_EXACT;
		head_ask_names(f);
	} else {
		head_next_words(f);
	}
}

static void head_slips_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct finding *f = ctx;
	bool place;
	ask_answered(&f->ask);
	if (status != OK)
		head_refuse(f, status, err);
	else if (!named_read_slips(&f->head.typed, rows, &place))
		head_no_room(f);
	else
		head_corrected(f, place);
}

static void head_near_done(void *ctx, enum status status, const struct db_rows *rows,
			   const struct err *err)
{
	struct finding *f = ctx;
	struct str places = {"", 0};
	ask_answered(&f->ask);
	f->corrected = true;
	if (status != OK)
		head_refuse(f, status, err);
	else if (!terms_read_near(&f->head.typed, rows) ||
		 (!f->head.count && !named_ask_slips(&f->head.typed, &places)))
		head_no_room(f);
	else if (f->asked.unranked)
		head_finish(f);
	else if (places.n)
		head_ask(f, &sql_places_named,
			 (const struct db_param[]){DB_TEXT(places), DB_Z("{}")}, 2,
			 head_slips_done);
	else
		head_corrected(f, false);
}

static void head_ask_corrections(struct finding *f)
{
	struct str words;
	if (!terms_ask_near(&f->head.typed, &words)) {
		head_no_room(f);
	} else if (!words.n) {
		f->corrected = true;
		head_went_on(f);
	} else {
		head_ask(f, &sql_words_near, (const struct db_param[]){DB_TEXT(words)}, 1,
			 head_near_done);
	}
}

static void head_begun_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct finding *f = ctx;
	ask_answered(&f->ask);
	if (status != OK)
		head_refuse(f, status, err);
	else if (!terms_read_begun(&f->head.typed, rows))
		head_no_room(f);
	else
		head_ask_corrections(f);
}

/* Words that are near those typed. Where nothing was found, words before the last one may also be
 * beginnings: "wein erlenau" for a Weinkeller there. */
static void head_ask_near(struct finding *f)
{
	struct str beginnings = {"", 0};
	if (!f->head.count && !terms_ask_begun(&f->head.typed, &beginnings))
		head_no_room(f);
	else if (beginnings.n)
		head_ask(f, &sql_words_known,
			 (const struct db_param[]){DB_Z("{}"), DB_TEXT(beginnings)}, 2,
			 head_begun_done);
	else
		head_ask_corrections(f);
}

/* ---- names ---- */

/* Names that are this key or begin with it; place: facets of where they must be. */
static void head_ask_named(struct finding *f, struct str key, struct str place, db_done *done)
{
	struct str above = ARENA_JOIN(f->ask.arena, key, STR("\xf4\x8f\xbf\xbf"));
	char *facets = arena_printf(f->ask.arena, "{%s%s%.*s}", f->asked.facets,
				    f->asked.facets[0] && place.n ? "," : "", STR_ARG(place));
	if (!above.p || !facets) {
		head_no_room(f);
		return;
	}
	const struct db_param params[] = {DB_TEXT(key), DB_TEXT(above), DB_Z(facets),
					  DB_I64(NAMESAKES)};
	head_ask(f, &sql_text_names, params, 4, done);
}

/* Of names that begin with what joins words only those count that consist of it, and beside those
 * the others: "EL SUR" and "EL SUR LLC", but not every name with "in" for "in San Francisco". */
static void head_joining_done(void *ctx, enum status status, const struct db_rows *rows,
			      const struct err *err)
{
	struct finding *f = ctx;
	char key[WORDS_KEY_BYTES];
	struct str joining = named_joining(&f->head.typed, key);
	size_t before = f->head.count;
	bool whole = false;
	ask_answered(&f->ask);
	if (status != OK) {
		head_refuse(f, status, err);
		return;
	}
	if (!head_add(f, rows, true)) {
		head_no_room(f);
		return;
	}
	for (size_t i = before; i < f->head.count; i++) {
		char name[WORDS_KEY_BYTES];
		whole |= str_eq(words_key(f->head.item[i].business.name, name), joining);
	}
	if (!whole)
		f->head.count = before;
	head_next_words(f);
}

static void head_names_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct finding *f = ctx;
	const struct named_place *where = &f->head.typed.where[0];
	char key[WORDS_KEY_BYTES];
	ask_answered(&f->ask);
	if (status != OK) {
		head_refuse(f, status, err);
		return;
	}
	if (!head_add(f, rows, f->head.typed.complete)) {
		head_no_room(f);
		return;
	}
	struct str joining = arena_str(f->ask.arena, named_joining(&f->head.typed, key));
	/* Whether it is in a town is judged by its address, which says it also where the country is
	 * not known. */
	bool town = where->kind == PLACE_TOWN;
	if (!joining.p)
		head_no_room(f);
	else if (joining.n && (town || where->count == 1))
		head_ask_named(f, joining, town ? STR("") : where->facets, head_joining_done);
	else
		head_next_words(f);
}

static void head_ask_names(struct finding *f)
{
	if (f->head.typed.key.n)
		head_ask_named(f, f->head.typed.key, STR(""), head_names_done);
	else
		head_next_words(f);
}

/* ---- what is known of the words ---- */

/* For another order only what matches is asked: as typed or beginning so, else corrected. */
static void head_match(struct finding *f)
{
	f->wish.degree = DEGREE_BEGINNING;
	if (!terms_match(&f->head.typed, &f->wish, &f->head.text))
		head_no_room(f);
	else if (f->head.text.hopeless)
		head_ask_near(f);
	else
		head_finish(f);
}

static void head_places_done(void *ctx, enum status status, const struct db_rows *rows,
			     const struct err *err)
{
	struct finding *f = ctx;
	ask_answered(&f->ask);
	if (status != OK)
		head_refuse(f, status, err);
	else if (!named_read_places(&f->head.typed, rows))
		head_no_room(f);
	else if (f->asked.unranked)
		head_match(f);
	else
		head_ask_names(f);
}

/* ---- websites ---- */

static void head_host_done(void *ctx, enum status status, const struct db_rows *rows,
			   const struct err *err)
{
	struct finding *f = ctx;
	ask_answered(&f->ask);
	if (status != OK) {
		head_refuse(f, status, err);
		return;
	}
	f->head.typed.count = 0; /* there are no words to judge by */
	bool fits = head_add(f, rows, false);
	for (size_t i = 0; i < f->head.count; i++)
		f->head.item[i].because = "website";
	f->head.all = rows->rows < CANDIDATES;
	if (fits)
		head_finish(f);
	else
		head_no_room(f);
}

static void head_ask_host(struct finding *f)
{
	char *all = arena_printf(f->ask.arena, "{%s%s\"" TOKEN_HOST "%.*s\"}", f->asked.facets,
				 f->asked.facets[0] ? "," : "", STR_ARG(f->head.typed.host));
	if (!all) {
		head_no_room(f);
		return;
	}
	f->head.text = (struct text){.all = str_of(all), .expected = CANDIDATES};
	struct db_param params[12] = {DB_TEXT(f->head.text.all)};
	for (int i = 0; i < TEXT_SETS; i++)
		params[1 + i] = DB_NULL;
	params[9] = DB_Z("");
	params[10] = DB_Z("{}");
	params[11] = DB_I64(CANDIDATES);
	head_ask(f, &sql_text_head, params, 12, head_host_done);
}

static void head_known_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct finding *f = ctx;
	struct str names, countries;
	ask_answered(&f->ask);
	if (status != OK)
		head_refuse(f, status, err);
	else if (!terms_read_known(&f->head.typed, rows) ||
		 !named_ask_places(&f->head.typed, &names, &countries))
		head_no_room(f);
	else if (f->head.typed.host.n)
		head_ask_host(f);
	else
		head_ask(f, &sql_places_named,
			 (const struct db_param[]){DB_TEXT(names.n ? names : STR("{}")),
						   DB_TEXT(countries.n ? countries : STR("{}"))},
			 2, head_places_done);
}

static void head_ask_known(struct finding *f)
{
	struct str exact, beginnings;
	if (!terms_ask_known(&f->head.typed, &exact, &beginnings)) {
		head_no_room(f);
		return;
	}
	const struct db_param params[] = {DB_TEXT(exact.n ? exact : STR("{}")),
					  DB_TEXT(beginnings.n ? beginnings : STR("{}"))};
	head_ask(f, &sql_words_known, params, 2, head_known_done);
}

/* ---- telephones ---- */

enum { CALLING_CODE_MOST = 3 };

/* Whether the whole is the one part and then the other. */
static bool is_both(struct str whole, struct str first, struct str second)
{
	return whole.n == first.n + second.n && str_starts(whole, first) && str_ends(whole, second);
}

/* How surely the digits that were typed are the number, 0 best; -1: they are not. */
static int phone_fits(struct str phone, struct str typed)
{
	char digits[64];
	size_t n = 0;
	for (size_t i = 0; i < phone.n && n < sizeof(digits); i++)
		if (ascii_is_digit(phone.p[i]))
			digits[n++] = phone.p[i];
	struct str number = {digits, n}, national, trunk;
	if (str_eq(number, typed) || is_both(typed, STR("00"), number))
		return 0;
	if (str_starts(phone, STR("+")) && iso_of_number(number, &national, &trunk).n) {
		struct str code = {digits, n - national.n}, rest = typed;
		bool zero = str_starts(trunk, STR("0"));
		if (str_starts(typed, code))
			str_skip(&rest, code.n);
		if (is_both(typed, zero ? trunk : STR(""), national) ||
		    (rest.n < typed.n && is_both(rest, STR("0"), national))) /* "+41 (0)44" */
			return 1;
		/* not as people there write it, but as tables and strangers may */
		if (str_eq(typed, national) || is_both(typed, STR("0"), national))
			return 2;
	}
	/* 0 and all but a few digits in front, whatever country they stand for */
	struct str without_0 = typed;
	if (str_starts(typed, STR("0"))) {
		str_skip(&without_0, 1);
		if (number.n <= without_0.n + CALLING_CODE_MOST && str_ends(number, without_0))
			return 3;
	}
	return str_ends(number, typed) ? 4 : -1; /* without the area's code */
}

static void head_phone_done(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	struct finding *f = ctx;
	ask_answered(&f->ask);
	if (status != OK) {
		head_refuse(f, status, err);
		return;
	}
	for (int row = 0; row < rows->rows && f->head.count < HEAD_MAX; row++) {
		struct candidate *c = &f->head.item[f->head.count];
		int fits = phone_fits(db_text(rows, row, SQL_BUSINESS_PHONE), f->head.typed.phone);
		if (fits < 0)
			continue;
		*c = (struct candidate){.because = "telephone", .field = fits};
		if (!rows_business(f->ask.arena, rows, row, f->asked.at_s, false, &c->business)) {
			head_no_room(f);
			return;
		}
		f->head.count++;
	}
	if (f->head.count || f->head.typed.only_phone) {
		f->head.all = true;
		f->head.text.hopeless = true;
		head_finish(f);
	} else {
		f->head.typed.phone = (struct str){"", 0};
		head_ask_known(f);
	}
}

static bool head_ask_phone(struct finding *f)
{
	struct str phone = f->head.typed.phone;
	int64_t last;
	if (!phone.n || f->asked.unranked || f->asked.facets[0])
		return false;
	if (phone.n > 7)
		phone = (struct str){phone.p + phone.n - 7, 7};
	if (!str_to_i64(phone, 0, 9999999, &last))
		return false;
	head_ask(f, &sql_text_phone, (const struct db_param[]){DB_I64(last)}, 1, head_phone_done);
	return true;
}

void head_find(const struct head_asked *asked, head_done *done, void *ctx)
{
	static struct search_head no_memory = {.problem = SEARCH_FAILED};
	struct finding *f = arena_alloc(asked->arena, sizeof(*f));
	struct candidate *item = arena_array(asked->arena, HEAD_MAX + 1, sizeof(*item));
	if (!f || !item) {
		done(ctx, &no_memory);
		return;
	}
	ask_init(&f->ask, asked->db, asked->arena);
	f->asked = *asked;
	f->done = done;
	f->ctx = ctx;
	f->head.item = item;
	f->wish = (struct match_wish){.total = asked->total, .facets = asked->facets};
	bool fits = terms_read(asked->arena, asked->q, asked->plain, &f->head.typed);
	f->head.typed.only_together |= asked->together;
	if (!fits)
		head_no_room(f);
	else if (!head_ask_phone(f))
		head_ask_known(f);
}
