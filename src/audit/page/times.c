/* Opening hours: as pages write them in text, and as blocks say them. Only what is written plainly
 * is understood: a day or a range of days, then times. Everything else is passed over. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "base/date.h"
#include "hours/hours.h"
#include "site/facts/schema.h"

#include <string.h>

enum { DAY = 24 * 60, NOON = 12 * 60 };

static const struct {
	const char *word;
	int day;
} day_words[] = {
    {"monday", 0},
    {"montag", 0},
    {"lundi", 0},
    {"luned\xc3\xac", 0},
    {"lunes", 0},
    {"maandag", 0},
    {"mon", 0},
    {"lun", 0},
    {"mo", 0},
    {"tuesday", 1},
    {"dienstag", 1},
    {"mardi", 1},
    {"marted\xc3\xac", 1},
    {"martes", 1},
    {"dinsdag", 1},
    {"tues", 1},
    {"tue", 1},
    {"mar", 1},
    {"tu", 1},
    {"di", 1},
    {"wednesday", 2},
    {"mittwoch", 2},
    {"mercredi", 2},
    {"mercoled\xc3\xac", 2},
    {"mi\xc3\xa9rcoles", 2},
    {"woensdag", 2},
    {"wed", 2},
    {"mer", 2},
    {"we", 2},
    {"mi", 2},
    {"wo", 2},
    {"thursday", 3},
    {"donnerstag", 3},
    {"jeudi", 3},
    {"gioved\xc3\xac", 3},
    {"jueves", 3},
    {"donderdag", 3},
    {"thurs", 3},
    {"thur", 3},
    {"thu", 3},
    {"jeu", 3},
    {"th", 3},
    {"do", 3},
    {"friday", 4},
    {"freitag", 4},
    {"vendredi", 4},
    {"venerd\xc3\xac", 4},
    {"viernes", 4},
    {"vrijdag", 4},
    {"fri", 4},
    {"ven", 4},
    {"fr", 4},
    {"saturday", 5},
    {"samstag", 5},
    {"sonnabend", 5},
    {"samedi", 5},
    {"sabato", 5},
    {"s\xc3\xa1"
     "bado",
     5},
    {"zaterdag", 5},
    {"sat", 5},
    {"sam", 5},
    {"sab", 5},
    {"sa", 5},
    {"sunday", 6},
    {"sonntag", 6},
    {"dimanche", 6},
    {"domenica", 6},
    {"domingo", 6},
    {"zondag", 6},
    {"sun", 6},
    {"dim", 6},
    {"dom", 6},
    {"su", 6},
    {"so", 6},
    {"zo", 6},
};

static const char *const range_words[] = {"-",
					  "\xe2\x80\x93",
					  "\xe2\x80\x94",
					  "\xe2\x80\x90",
					  "\xe2\x80\x91",
					  "to",
					  "through",
					  "thru",
					  "until",
					  "till",
					  "bis",
					  "\xc3\xa0",
					  "au",
					  "al",
					  "alle",
					  "a",
					  "tot",
					  "t/m",
					  NULL};
static const char *const also_words[] = {",",  "&", "+",  "/", "and", "und",
					 "et", "e", "en", "y", NULL};
static const char *const from_words[] = {":", ",", "from", "von", "de", "dalle", "van", "|", NULL};
static const char *const on_words[] = {"on", "am", "le", "il", "los", "op", ":", NULL};
static const char *const closed_words[] = {"closed", "geschlossen", "ruhetag",  "ferm\xc3\xa9",
					   "chiuso", "cerrado",     "gesloten", NULL};

static void skip_blanks(struct str *s)
{
	while (s->n && (*s->p == ' ' || *s->p == '.'))
		str_skip(s, 1);
}

static bool is_letter(char c)
{
	return ascii_is_letter(c) || (c & 0x80);
}

/* Consume one of the words; a word of letters must end there. */
static bool times_accept(struct str *s, const char *const *words)
{
	struct str rest = *s;
	skip_blanks(&rest);
	for (; *words; words++) {
		struct str word = str_of(*words);
		if (!str_starts(rest, word) || (is_letter(word.p[0]) && (word.p[0] & 0x80) == 0 &&
						rest.n > word.n && is_letter(rest.p[word.n])))
			continue;
		str_skip(&rest, word.n);
		*s = rest;
		return true;
	}
	return false;
}

static bool read_day(struct str *s, int *day)
{
	struct str rest = *s;
	skip_blanks(&rest);
	for (size_t i = 0; i < COUNT_OF(day_words); i++) {
		struct str word = str_of(day_words[i].word);
		if (!str_starts(rest, word))
			continue;
		size_t n = word.n + (rest.n > word.n && rest.p[word.n] == 's'); /* "Mondays" */
		/* a dash or a mark may follow, a letter or a digit not */
		if (rest.n > n && (ascii_is_alnum(rest.p[n]) ||
				   ((rest.p[n] & 0x80) && (unsigned char)rest.p[n] == 0xc3)))
			continue;
		*day = day_words[i].day;
		str_skip(&rest, n);
		*s = rest;
		return true;
	}
	return false;
}

/* "Mon", "Mon-Fri", "Tue, Thu and Sat": a bit for each. 0: none. */
static unsigned times_read_days(struct str *s)
{
	unsigned days = 0;
	struct str rest = *s;
	int from, to;
	while (read_day(&rest, &from)) {
		*s = rest;
		to = from;
		if (times_accept(&rest, range_words) && read_day(&rest, &to))
			*s = rest;
		else
			to = from;
		for (int day = from;; day = (day + 1) % 7) {
			days |= 1u << day;
			if (day == to)
				break;
		}
		rest = *s;
		if (!times_accept(&rest, also_words))
			break;
	}
	return days;
}

enum half { HALF_UNKNOWN, HALF_AM, HALF_PM, HALF_NONE };

/* "9", "9:30", "9.30", "9h30", with "am", "pm", "Uhr" or "h" behind. Minutes
 * of the day as written. */
static bool read_time(struct str *s, int *minutes, enum half *half)
{
	static const char *const am[] = {"am", "a.m", NULL}, *const pm[] = {"pm", "p.m", NULL};
	static const char *const clock[] = {"uhr", "h", NULL};
	struct str rest = *s;
	skip_blanks(&rest);
	int hour = 0, minute = 0;
	size_t n = 0;
	for (; n < 2 && n < rest.n && ascii_is_digit(rest.p[n]); n++)
		hour = hour * 10 + (rest.p[n] - '0');
	if (!n || hour > 24 || (n < rest.n && ascii_is_digit(rest.p[n])))
		return false;
	str_skip(&rest, n);
	*half = HALF_UNKNOWN;
	if (rest.n > 2 && (*rest.p == ':' || *rest.p == '.' || *rest.p == 'h') &&
	    ascii_is_digit(rest.p[1]) && ascii_is_digit(rest.p[2]) &&
	    !(rest.n > 3 && ascii_is_digit(rest.p[3]))) {
		minute = (rest.p[1] - '0') * 10 + (rest.p[2] - '0');
		str_skip(&rest, 3);
	}
	if (times_accept(&rest, am))
		*half = HALF_AM;
	else if (times_accept(&rest, pm))
		*half = HALF_PM;
	else if (times_accept(&rest, clock) || hour > 12)
		*half = HALF_NONE;
	*minutes = hour * 60 + minute;
	*s = rest;
	return minute < 60;
}

static int of_half(int minutes, enum half half)
{
	if (half == HALF_AM)
		return minutes >= NOON ? minutes - NOON : minutes;
	if (half == HALF_PM)
		return minutes < NOON ? minutes + NOON : minutes;
	return minutes;
}

/* Whether the minutes are written: "9:00-17:00". */
static bool is_clock(struct str from, struct str rest)
{
	return memchr(from.p, ':', from.n - rest.n) || memchr(from.p, 'h', from.n - rest.n);
}

/* "9-5" is 9:00 to 17:00, "1-5pm" is 13:00 to 17:00. */
static bool read_span(struct str *s, bool sure, struct page_span *span)
{
	enum half first, second;
	struct str rest = *s;
	int from, to;
	if (!read_time(&rest, &from, &first) || !times_accept(&rest, range_words) ||
	    !read_time(&rest, &to, &second))
		return false;
	/* "Sat 10 to 11 people": two bare numbers are times only where nothing else can be meant */
	if (!sure && first == HALF_UNKNOWN && second == HALF_UNKNOWN && from % 60 == 0 &&
	    to % 60 == 0 && !is_clock(*s, rest))
		return false;
	to = of_half(to, second);
	if (first == HALF_UNKNOWN && second == HALF_PM && from <= NOON)
		from =
		    of_half(from, HALF_PM) < to ? of_half(from, HALF_PM) : of_half(from, HALF_AM);
	else
		from = of_half(from, first);
	if (first == HALF_UNKNOWN && second == HALF_UNKNOWN && to <= from && to <= NOON)
		to += NOON;
	if (to <= from)
		to += DAY;
	*span = (struct page_span){from, to};
	*s = rest;
	return true;
}

static void add_span(struct page_week *week, unsigned days, const struct page_span *span)
{
	for (int day = 0; day < 7; day++) {
		if (!(days & 1u << day))
			continue;
		week->any = week->day[day].said = true;
		if (!span)
			continue;
		if (week->day[day].count == PAGE_SPANS_MAX) {
			week->unclear = true;
			continue;
		}
		struct page_span *added = &week->day[day].span[week->day[day].count++];
		*added = *span;
		added->to += span->to == DAY - 1; /* 23:59 */
	}
}

/* Read days and times that begin here. Returns their length in bytes; 0: there are none. */
static size_t read_line(struct str text, struct page_week *week)
{
	struct str rest = text;
	struct page_span span;
	/* "Closed on Sundays" */
	bool closed = times_accept(&rest, closed_words);
	while (closed && times_accept(&rest, on_words))
		;
	unsigned days = times_read_days(&rest);
	if (!days)
		return 0;
	if (closed) {
		add_span(week, days, NULL);
		return text.n - rest.n;
	}
	bool sure = (days & (days - 1)) != 0; /* several days */
	while (times_accept(&rest, from_words))
		sure |= rest.p[-1] == ':';
	if (times_accept(&rest, closed_words)) {
		add_span(week, days, NULL);
		return text.n - rest.n;
	}
	if (!read_span(&rest, sure, &span))
		return 0;
	add_span(week, days, &span);
	for (struct str more = rest;
	     times_accept(&more, also_words) && read_span(&more, true, &span);) {
		add_span(week, days, &span);
		rest = more;
	}
	return text.n - rest.n;
}

/* Whether a sentence ends with the byte at `at`; "Di." and "8." are no ends. */
static bool times_sentence_ends(struct str text, size_t at)
{
	return strchr("!|", text.p[at]) ||
	       (text.p[at] == '.' && at > 3 && ascii_is_letter(text.p[at - 1]) &&
		ascii_is_letter(text.p[at - 2]) && ascii_is_letter(text.p[at - 3]));
}

/* "Wochenmarkt in Thun: Sa 8-12": the hours of a stall elsewhere, by the sentence around them. */
static bool times_of_stall(struct str text, size_t at)
{
	static const char *const words[] = {"wochenm",      "bauernm",         "m\xc3\xa4rt ",
					    "am markt",     "markt in",        "marktstand",
					    "verkaufsst",   "farmers' market", "farmers market",
					    "market stall", "sur le march"};
	enum { AROUND = 64 };
	size_t from = at, to = at;
	while (from && at - from < AROUND && !times_sentence_ends(text, from - 1))
		from--;
	while (to < text.n && to - at < AROUND && !times_sentence_ends(text, to))
		to++;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (memmem(text.p + from, to - from, words[i], strlen(words[i])))
			return true;
	return false;
}

void page_hours_of_text(struct str text, struct page_week *week)
{
	*week = (struct page_week){.any = false};
	for (size_t i = 0; i < text.n;) {
		bool begins = i == 0 || !(ascii_is_alnum(text.p[i - 1]) || (text.p[i - 1] & 0x80));
		struct page_week others = {.any = false};
		size_t n = begins && ascii_is_letter(text.p[i])
			       ? read_line((struct str){text.p + i, text.n - i},
					   times_of_stall(text, i) ? &others : week)
			       : 0;
		i += n ? n : 1;
	}
}

/* ---- of a block ---- */

static unsigned days_of(const struct json_value *v)
{
	unsigned days = 0;
	const struct json_value *one = v && v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; one; one = one == v ? NULL : one->next)
		for (int day = 0; day < 7; day++)
			if (str_eq(schema_term(json_text(one)), str_of(date_weekday_names[day])))
				days |= 1u << day;
	return days;
}

/* "09:00", "09:00:00" */
static bool times_clock_minutes(struct str s, int *out)
{
	int64_t hour, minute;
	struct str rest = s;
	if (!str_to_i64(str_cut(&rest, ':'), 0, 24, &hour) ||
	    !str_to_i64(str_cut(&rest, ':'), 0, 59, &minute))
		return false;
	*out = (int)(hour * 60 + minute);
	return true;
}

static void add_specification(const struct json_value *v, struct page_week *week)
{
	struct page_span span;
	unsigned days = days_of(json_get(v, "dayOfWeek"));
	if (json_get(v, "validFrom") || json_get(v, "validThrough") || !days) {
		week->unclear = true;
		return;
	}
	if (!json_get(v, "opens") && !json_get(v, "closes")) {
		add_span(week, days, NULL);
		return;
	}
	if (!times_clock_minutes(json_text(json_get(v, "opens")), &span.from) ||
	    !times_clock_minutes(json_text(json_get(v, "closes")), &span.to)) {
		week->unclear = true;
		return;
	}
	bool closed = span.from == 0 && span.to == 0;
	span.to += span.to <= span.from ? DAY : 0;
	add_span(week, days, closed ? NULL : &span);
}

static void add_text_hours(struct str text, struct page_week *week)
{
	struct hours_week hours;
	struct hours_span spans[HOURS_SPANS_MAX];
	if (!hours_week_parse(text, &hours, NULL)) {
		week->unclear = true;
		return;
	}
	for (int day = 0; day < 7; day++) {
		size_t n = hours_of_day(&hours, day, spans);
		for (size_t i = 0; i < n; i++)
			add_span(week, 1u << day, &(struct page_span){spans[i].from, spans[i].to});
	}
}

void page_hours_of_block(const struct json_value *business, struct page_week *week)
{
	*week = (struct page_week){.any = false};
	const struct json_value *v = json_get(business, "openingHoursSpecification");
	const struct json_value *one = v && v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; one; one = one == v ? NULL : one->next)
		if (one->kind == JSON_IS_OBJECT)
			add_specification(one, week);
	v = json_get(business, "openingHours");
	one = v && v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; one; one = one == v ? NULL : one->next)
		add_text_hours(json_text(one), week);
	week->any |= week->unclear;
}
