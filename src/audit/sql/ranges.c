/* Ranges of a timestamp or date for conditions on its second, hour, day, month or year. */
#include "audit/sql/filter.h"
#include "base/ascii.h"
#include "base/date.h"

#include <inttypes.h>
#include <string.h>

enum range_unit {
	RANGE_NONE,
	RANGE_SECOND,
	RANGE_MINUTE,
	RANGE_HOUR,
	RANGE_DAY,
	RANGE_WEEK,
	RANGE_MONTH,
	RANGE_QUARTER,
	RANGE_YEAR,
};

enum { DAY_SECONDS = 86400 };

/* What stands left: a column cut to a unit. */
struct cut {
	enum range_unit unit;
	bool number;     /* the year as a number */
	bool date;       /* cast to date: the constant is one, whatever its time */
	bool text;       /* to_char */
	struct str zone; /* AT TIME ZONE, as SQL */
	struct str format;
};

static const struct {
	const char *name, *interval;
} units[] = {
    [RANGE_SECOND] = {"second", "1 second"},   [RANGE_MINUTE] = {"minute", "1 minute"},
    [RANGE_HOUR] = {"hour", "1 hour"},         [RANGE_DAY] = {"day", "1 day"},
    [RANGE_WEEK] = {"week", "1 week"},         [RANGE_MONTH] = {"month", "1 month"},
    [RANGE_QUARTER] = {"quarter", "3 months"}, [RANGE_YEAR] = {"year", "1 year"},
};

/* to_char: of which the text of a day, month or year is another for each. */
static const struct {
	const char *format;
	enum range_unit unit;
} formats[] = {{"YYYY", RANGE_YEAR},
	       {"YYYY-MM", RANGE_MONTH},
	       {"YYYYMM", RANGE_MONTH},
	       {"YYYY-MM-DD", RANGE_DAY},
	       {"YYYYMMDD", RANGE_DAY}};

/* The column, or the column AT TIME ZONE. */
static bool cut_column(struct identity *id, const struct filtered *c,
		       const struct statement_term *t, struct cut *cut)
{
	if (t->kind == STATEMENT_COLUMN)
		return true;
	if (t->kind != STATEMENT_FUNCTION || t->size != 3 ||
	    !str_eq(statement_str(c->s, t->text), STR("timezone")) ||
	    t[1].kind != STATEMENT_CONSTANT || t[1].number != STATEMENT_STRING ||
	    t[2].kind != STATEMENT_COLUMN)
		return false;
	cut->zone = constant_literal(id, c->s, &t[1]);
	return true;
}

static bool cut_of(struct identity *id, const struct filtered *c, const struct statement_term *t,
		   struct cut *cut)
{
	const struct statement *s = c->s;
	struct str text = statement_str(s, t->text);
	bool function = t->kind == STATEMENT_FUNCTION;
	*cut = (struct cut){0};
	if (str_eq(text, STR("date")) && t->size > 1 && (function || t->kind == STATEMENT_CAST)) {
		/* date_trunc('week', column)::date: where a unit of days begins */
		if (cut_of(id, c, t + 1, cut) && cut->unit >= RANGE_DAY && !cut->number &&
		    !cut->text && !cut->date)
			return true;
		*cut = (struct cut){.unit = RANGE_DAY, .date = true};
		return cut_column(id, c, t + 1, cut);
	}
	if (!function || t->size < 3)
		return false;
	if (str_eq(text, STR("to_char")) && t[t->size - 1].kind == STATEMENT_CONSTANT) {
		cut->text = true;
		cut->format = statement_str(s, t[t->size - 1].text);
		for (size_t i = 0; i < COUNT_OF(formats); i++)
			if (str_eq(cut->format, str_of(formats[i].format)))
				cut->unit = formats[i].unit;
		return cut->unit && t[1].size == t->size - 2 && cut_column(id, c, t + 1, cut);
	}
	struct str unit = statement_str(s, t[1].text);
	if (t[1].kind != STATEMENT_CONSTANT || t[2].size != t->size - 2)
		return false;
	cut->number = (str_eq(text, STR("extract")) || str_eq(text, STR("date_part"))) &&
		      str_eq_nocase(unit, STR("year"));
	if (cut->number)
		cut->unit = RANGE_YEAR;
	for (size_t i = RANGE_SECOND; i <= RANGE_YEAR && str_eq(text, STR("date_trunc")); i++)
		if (str_eq_nocase(unit, str_of(units[i].name)))
			cut->unit = (enum range_unit)i;
	return cut->unit && cut_column(id, c, t + 2, cut);
}

/* ---- instants ---- */

static bool range_digits(struct str text, size_t at, size_t n, int64_t least, int64_t most,
			 int64_t *out)
{
	return at + n <= text.n && str_to_i64((struct str){text.p + at, n}, least, most, out);
}

/* 2024-02-01, alone or with a time: seconds since 1970. */
static bool range_instant(struct str text, int64_t *seconds)
{
	int64_t year, month, day, hour = 0, minute = 0, second = 0;
	if (text.n < 10 || text.p[4] != '-' || text.p[7] != '-' ||
	    !range_digits(text, 0, 4, 1, 9998, &year) || !range_digits(text, 5, 2, 1, 12, &month) ||
	    !range_digits(text, 8, 2, 1, 31, &day) || !date_exists(year, (int)month, (int)day))
		return false;
	if (text.n > 10 && ((text.p[10] != ' ' && text.p[10] != 'T') || text.n < 16 ||
			    text.p[13] != ':' || !range_digits(text, 11, 2, 0, 23, &hour) ||
			    !range_digits(text, 14, 2, 0, 59, &minute)))
		return false;
	if (text.n > 16 &&
	    (text.n != 19 || text.p[16] != ':' || !range_digits(text, 17, 2, 0, 59, &second)))
		return false;
	*seconds = date_days(year, (int)month, (int)day) * DAY_SECONDS + hour * 3600 + minute * 60 +
		   second;
	return true;
}

/* The text of to_char as an instant. */
static bool range_formatted(struct str format, struct str text, int64_t *seconds)
{
	char date[] = "0001-01-01";
	size_t at[] = {0, 5, 8}, n[] = {4, 2, 2}, from = 0;
	const char *const letters[] = {"YYYY", "MM", "DD"};
	if (format.n != text.n)
		return false;
	for (size_t i = 0; i < COUNT_OF(at) && from < format.n; i++) {
		if (format.p[from] == '-' && text.p[from++] != '-')
			return false;
		must(from + n[i] <= format.n && memcmp(format.p + from, letters[i], n[i]) == 0);
		memcpy(date + at[i], text.p + from, n[i]);
		from += n[i];
	}
	return range_instant(str_of(date), seconds);
}

/* Where the unit begins that the instant lies in, `units` units later. */
static int64_t range_bound(enum range_unit unit, int64_t seconds, int later)
{
	static const int64_t lengths[] = {[RANGE_SECOND] = 1,
					  [RANGE_MINUTE] = 60,
					  [RANGE_HOUR] = 3600,
					  [RANGE_DAY] = DAY_SECONDS,
					  [RANGE_WEEK] = (int64_t)7 * DAY_SECONDS};
	static const int months[] = {[RANGE_MONTH] = 1, [RANGE_QUARTER] = 3, [RANGE_YEAR] = 12};
	if (unit < RANGE_MONTH) {
		/* 1970-01-05 was a Monday */
		int64_t monday = unit == RANGE_WEEK ? (int64_t)4 * DAY_SECONDS : 0;
		int64_t length = lengths[unit], past = (seconds - monday) % length;
		return seconds - (past < 0 ? past + length : past) + later * length;
	}
	int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	struct civil_date date = date_of_days(days);
	int month = (date.month - 1) / months[unit] * months[unit] + later * months[unit];
	return date_days(date.year + month / 12, month % 12 + 1, 1) * DAY_SECONDS;
}

/* '2024-02-01', '2024-02-01 03:00:00', in the zone of the condition. */
static struct str range_literal(struct identity *id, const struct cut *cut, int64_t seconds)
{
	char date[DATE_TEXT];
	int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	int64_t rest = seconds - days * DAY_SECONDS;
	date_format(days, date);
	const char *time = rest ? arena_printf(id->arena, " %02d:%02d:%02d", (int)(rest / 3600),
					       (int)(rest / 60 % 60), (int)(rest % 60))
				: "";
	struct str literal = REWRITE_JOIN(id, STR("'"), str_of(date), str_of(time), STR("'"));
	return cut->zone.n
		   ? REWRITE_JOIN(id, STR("timestamp "), literal, STR(" AT TIME ZONE "), cut->zone)
		   : literal;
}

/* ---- forms ---- */

/* "\1 >= from AND \1 < to" for the operator. */
static struct str range_pattern(struct identity *id, struct str op, struct str from, struct str to)
{
	if (str_eq(op, STR("=")))
		return REWRITE_JOIN(id, STR("\1 >= "), from, STR(" AND \1 < "), to);
	if (str_eq(op, STR(">=")))
		return REWRITE_JOIN(id, STR("\1 >= "), from);
	if (str_eq(op, STR("<")))
		return REWRITE_JOIN(id, STR("\1 < "), from);
	if (str_eq(op, STR("<=")))
		return REWRITE_JOIN(id, STR("\1 < "), to);
	if (str_eq(op, STR(">")))
		return REWRITE_JOIN(id, STR("\1 >= "), to);
	return STR("");
}

/* The range for any constant; for date_trunc only for a constant at the beginning of a unit, as the
 * values of the column are. */
static struct str range_any(struct identity *id, const struct filtered *c, const struct cut *cut,
			    const struct catalog_column *column)
{
	struct str zone =
	    cut->zone.n ? REWRITE_JOIN(id, STR(" AT TIME ZONE "), cut->zone) : STR("");
	struct str from, to;
	if (cut->number) {
		from = REWRITE_JOIN(id, STR("make_date((\2)::int, 1, 1)"),
				    zone.n ? STR("::timestamp") : STR(""), zone);
		to = REWRITE_JOIN(id, STR("make_date((\2)::int + 1, 1, 1)"),
				  zone.n ? STR("::timestamp") : STR(""), zone);
		return range_pattern(id, c->op, from, to);
	}
	if (cut->date) {
		from = REWRITE_JOIN(id, STR("(\2)::date"), zone.n ? STR("::timestamp") : STR(""),
				    zone);
		to = zone.n ? REWRITE_JOIN(id, STR("((\2)::date + 1)::timestamp"), zone)
			    : STR("(\2)::date + 1");
		return range_pattern(id, c->op, from, to);
	}
	struct str type = zone.n ? STR("timestamp") : column->base, value = STR("(\2)");
	if (cut->text) {
		value = REWRITE_JOIN(id, STR("to_timestamp((\2), '"), cut->format, STR("')"));
		type =
		    zone.n || !str_eq(column->base, STR("timestamptz")) ? STR("timestamp") : type;
	}
	struct str instant = REWRITE_JOIN(id, value, STR("::"), type);
	return range_pattern(id, c->op, REWRITE_JOIN(id, instant, zone),
			     REWRITE_JOIN(id, STR("("), instant, STR(" + interval '"),
					  str_of(units[cut->unit].interval), STR("')"), zone));
}

static bool range_constant(const struct filtered *c, const struct cut *cut, int64_t *seconds)
{
	int64_t year;
	if (!c->literal)
		return false;
	if (cut->number) {
		if (!str_to_i64(c->constant, 1, 9998, &year))
			return false;
		*seconds = date_days(year, 1, 1) * DAY_SECONDS;
		return true;
	}
	if (cut->text)
		return range_formatted(cut->format, c->constant, seconds);
	/* a unit that the constant does not begin is equal to none */
	return range_instant(c->constant, seconds) &&
	       *seconds == range_bound(cut->unit, *seconds, 0);
}

/* A literal that is written as a date or a timestamp. */
static bool range_is_plain(const struct filtered *c)
{
	static const char *const before[] = {"date ", "timestamp "};
	static const char *const behind[] = {"::date", "::timestamp"};
	if (constant_is_plain(c) || c->s->term[c->right].number == STATEMENT_NUMBER)
		return true;
	for (size_t i = 0; i < COUNT_OF(before); i++) {
		struct str word = str_of(before[i]), cast = str_of(behind[i]);
		if (c->source.n == word.n + c->bare.n && str_ends(c->source, c->bare) &&
		    str_eq_nocase((struct str){c->source.p, word.n}, word))
			return true;
		if (str_ends(c->source, cast) && c->source.n == cast.n + c->bare.n)
			return true;
	}
	return false;
}

/* extract(epoch FROM column), column AT TIME ZONE: a function of the constant instead. */
static bool range_moved(struct identity *id, const struct filtered *c,
			const struct catalog_column *column, struct form *form)
{
	const struct statement *s = c->s;
	const struct statement_term *t = &s->term[c->left];
	struct str text = statement_str(s, t->text);
	bool zone = str_eq(column->base, STR("timestamptz"));
	*form = (struct form){0};
	if (t->kind != STATEMENT_FUNCTION || t->size != 3 || t[1].kind != STATEMENT_CONSTANT ||
	    t[2].kind != STATEMENT_COLUMN || (!zone && !str_eq(column->base, STR("timestamp"))))
		return false;
	if (str_eq(text, STR("timezone")) && t[1].number == STATEMENT_STRING)
		form->own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" (\2)::"),
					 zone ? STR("timestamp") : STR("timestamptz"),
					 STR(" AT TIME ZONE "), constant_literal(id, s, &t[1]));
	else if ((str_eq(text, STR("extract")) || str_eq(text, STR("date_part"))) &&
		 str_eq_nocase(statement_str(s, t[1].text), STR("epoch")))
		form->own = REWRITE_JOIN(id, STR("\1 "), c->op, STR(" to_timestamp(\2)"),
					 zone ? STR("") : STR(" AT TIME ZONE 'UTC'"));
	return form->own.n != 0;
}

static bool range_one(struct identity *id, const struct filtered *c,
		      const struct catalog_column *column, struct form *form)
{
	struct cut cut;
	int64_t seconds;
	*form = (struct form){0};
	if (!str_eq(column->category, STR("D")))
		return false;
	if (!cut_of(id, c, &c->s->term[c->left], &cut))
		return range_moved(id, c, column, form);
	if (cut.text && !str_eq(c->op, STR("=")))
		return false;
	form->any = range_any(id, c, &cut, column);
	bool known = range_constant(c, &cut, &seconds);
	if (known)
		form->own = range_pattern(
		    id, c->op, range_literal(id, &cut, range_bound(cut.unit, seconds, 0)),
		    range_literal(id, &cut, range_bound(cut.unit, seconds, 1)));
	else if (cut.date || cut.number || (!c->literal && str_eq(c->op, STR("="))))
		form->own = form->any;
	/* local time runs back at the end of summer time, in some zones over midnight */
	form->proved =
	    !cut.zone.n && !cut.text && str_eq(column->base, STR("timestamp")) &&
	    (known ? range_is_plain(c) : c->parameter && cut.date && constant_is_plain(c));
	form->proved |= cut.date && str_eq(column->base, STR("date")) && known && range_is_plain(c);
	return form->own.n != 0;
}

/* IN (...): the range of each constant. */
static bool range_list(struct identity *id, const struct filtered *c,
		       const struct catalog_column *column, struct form *form)
{
	const struct statement_term *t = &c->s->term[c->conjunct->term];
	bool plain = c->bare.n && expression_text_same(c->source, c->bare);
	*form = (struct form){.proved = plain};
	if (!c->bare.n || t->kind != STATEMENT_MEMBER)
		return false;
	for (uint32_t i = 1 + t[1].size; i < t->size; i++) {
		struct form range;
		struct filtered one = *c;
		one.member = false;
		one.literal = true;
		one.op = STR("=");
		one.right = c->conjunct->term + i;
		one.constant = statement_str(c->s, t[i].text);
		one.source = one.bare = constant_literal(id, c->s, &t[i]);
		if (!range_one(id, &one, column, &range) || memchr(range.own.p, '\2', range.own.n))
			return false;
		form->own = REWRITE_JOIN(id, form->own, form->own.n ? STR(" OR (") : STR("("),
					 range.own, STR(")"));
		form->any = range.any;
		form->proved &= range.proved;
	}
	return true;
}

bool range_form(struct identity *id, const struct filtered *c, const struct catalog_column *column,
		struct form *form)
{
	return c->member ? range_list(id, c, column, form) : range_one(id, c, column, form);
}

/* The year, month, day, hour or minute that the text begins with. */
static bool prefix_instant(struct str text, enum range_unit *unit, int64_t *seconds)
{
	static const struct {
		size_t bytes;
		enum range_unit unit;
	} lengths[] = {{4, RANGE_YEAR},  {5, RANGE_YEAR},  {7, RANGE_MONTH},
		       {8, RANGE_MONTH}, {10, RANGE_DAY},  {11, RANGE_DAY},
		       {13, RANGE_HOUR}, {14, RANGE_HOUR}, {16, RANGE_MINUTE}};
	char whole[] = "0001-01-01 00:00:00";
	*unit = RANGE_NONE;
	for (size_t i = 0; i < COUNT_OF(lengths); i++)
		if (lengths[i].bytes == text.n)
			*unit = lengths[i].unit;
	if (!*unit)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		bool digit = whole[i] == '0' || whole[i] == '1';
		if (digit ? !ascii_is_digit(text.p[i]) : text.p[i] != whole[i])
			return false;
		whole[i] = text.p[i];
	}
	return range_instant(str_of(whole), seconds);
}

/* 28dd2c79 and more of an uuid's text: the least and the greatest one that begin so. */
static struct form prefix_uuid(struct identity *id, struct str text)
{
	char least[] = "00000000-0000-0000-0000-000000000000";
	char greatest[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";
	if (text.n >= sizeof(least))
		return (struct form){0};
	for (size_t i = 0; i < text.n; i++) {
		bool hex = hex_value(text.p[i]) >= 0 && !ascii_is_upper(text.p[i]);
		if (least[i] == '-' ? text.p[i] != '-' : !hex)
			return (struct form){0};
		least[i] = greatest[i] = text.p[i];
	}
	const char *own = arena_printf(id->arena, "\1 >= '%s' AND \1 <= '%s'", least, greatest);
	return (struct form){.own = str_of(own), .proved = true};
}

struct form range_prefix(struct identity *id, const struct filtered *c,
			 const struct catalog_column *column)
{
	const struct statement_term *t = &c->s->term[c->left];
	struct str type = statement_str(c->s, t->text), text = c->constant;
	bool date = str_eq(column->base, STR("date")),
	     zone = str_eq(column->base, STR("timestamptz"));
	enum range_unit unit;
	int64_t seconds;
	if (t->kind != STATEMENT_CAST || t->size != 2 || t[1].kind != STATEMENT_COLUMN ||
	    (!str_eq(type, STR("text")) && !str_eq(type, STR("varchar"))) || !c->literal ||
	    text.n < 2 || text.p[text.n - 1] != '%')
		return (struct form){0};
	text.n--;
	if (str_eq(column->base, STR("uuid")))
		return prefix_uuid(id, text);
	if (!(date || zone || str_eq(column->base, STR("timestamp"))) ||
	    !prefix_instant(text, &unit, &seconds) || ((date || zone) && unit < RANGE_DAY) ||
	    (date && text.n > 10))
		return (struct form){0};
	/* not proved: years before Christ, a fifth digit, DateStyle */
	const struct cut cut = {.unit = unit};
	return (struct form){
	    .own =
		range_pattern(id, STR("="), range_literal(id, &cut, range_bound(unit, seconds, 0)),
			      range_literal(id, &cut, range_bound(unit, seconds, 1))),
	    .any = REWRITE_JOIN(id, STR("\1 = (\2)::"), column->base),
	};
}
