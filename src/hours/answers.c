/* A cache of evaluated texts: many places share a text, and a page evaluates it several times. */
#include "base/digits.h"
#include "hours/internal.h"

#include <string.h>

enum {
	SLOTS = 1024,
	TEXT_MAX = 192,  /* one text in a hundred is longer */
	KEPT_SPANS = 128 /* of all seasons of a text; always enough for one week */
};

/* An entry: the week of a text; or why it is not weekly, and the seasons of one year. */
struct hours_answer {
	size_t text_n; /* 0: the entry is empty */
	const char *why;
	int year;
	bool has_seasons;
	unsigned char seasons; /* number; 0: the text has none */
	char text[TEXT_MAX];
	/* number of spans of the week, or of each season's */
	unsigned char spans[HOURS_SEASONS_MAX];
	struct {
		uint16_t from, to;
	} span[KEPT_SPANS]; /* of all weeks, in order */
	struct answer_date {
		unsigned char later, month, day; /* later: years after `year` */
	} from[HOURS_SEASONS_MAX], to[HOURS_SEASONS_MAX];
};
_Static_assert(sizeof(struct hours_answer) * SLOTS < 900 * 1024,
	       "hours.h promises less than 900 KB");
_Static_assert((int)KEPT_SPANS >= (int)HOURS_SPANS_MAX && (int)HOURS_SPANS_MAX <= UINT8_MAX &&
		   (int)HOURS_WEEK_MINUTES <= UINT16_MAX,
	       "a week fits");

/* used: number of spans of the weeks before it. */
static void answer_store_week(struct hours_answer *k, size_t at, size_t used,
			      const struct hours_week *week)
{
	k->spans[at] = (unsigned char)week->count;
	for (size_t i = 0; i < week->count; i++) {
		k->span[used + i].from = (uint16_t)week->span[i].from;
		k->span[used + i].to = (uint16_t)week->span[i].to;
	}
}

static void answer_load_week(const struct hours_answer *k, size_t at, size_t used,
			     struct hours_week *out)
{
	out->count = k->spans[at];
	for (size_t i = 0; i < out->count; i++)
		out->span[i] = (struct hours_span){k->span[used + i].from, k->span[used + i].to};
}

static struct answer_date answer_store_date(struct hours_date date, int year)
{
	return (struct answer_date){(unsigned char)(date.year - year), (unsigned char)date.month,
				    (unsigned char)date.day};
}

static struct hours_date answer_load_date(struct answer_date date, int year)
{
	return (struct hours_date){year + date.later, date.month, date.day};
}

/* Seasons with too many spans are not cached. */
static void answer_store_seasons(struct hours_answer *k, int year,
				 const struct hours_season *seasons, size_t count)
{
	size_t used = 0;
	k->has_seasons = false;
	for (size_t i = 0; i < count; i++) {
		const struct hours_season *season = &seasons[i];
		if (season->week.count > KEPT_SPANS - used)
			return;
		answer_store_week(k, i, used, &season->week);
		k->from[i] = answer_store_date(season->from, year);
		k->to[i] = answer_store_date(season->to, year);
		used += season->week.count;
	}
	k->has_seasons = true;
	k->year = year;
	k->seasons = (unsigned char)count;
}

static size_t answer_load_seasons(const struct hours_answer *k, struct hours_season *out)
{
	size_t used = 0;
	for (size_t i = 0; i < k->seasons; i++) {
		answer_load_week(k, i, used, &out[i].week);
		out[i].from = answer_load_date(k->from[i], k->year);
		out[i].to = answer_load_date(k->to[i], k->year);
		used += k->spans[i];
	}
	return k->seasons;
}

/* Direct-mapped by hash (FNV-1a): a new text replaces the old one of its slot. Longer
 * texts are not cached. */
static struct hours_answer *answer_of(struct str text)
{
	static struct hours_answer slots[SLOTS], beyond;
	struct hours_answer *k = &beyond;
	struct hours_week week = {.count = 0};
	uint64_t h = 0xcbf29ce484222325ull;
	if (text.n && text.n <= TEXT_MAX) {
		for (size_t i = 0; i < text.n; i++)
			h = (h ^ (unsigned char)text.p[i]) * 0x100000001b3ull;
		k = &slots[(h ^ h >> 32) % SLOTS];
		if (k->text_n == text.n && memcmp(k->text, text.p, text.n) == 0)
			return k;
		k->text_n = text.n;
		memcpy(k->text, text.p, text.n);
	}
	const struct hours_rules *rules = hours_rules_read(text, &k->why);
	if (rules)
		k->why = hours_rules_week(rules, &week);
	k->has_seasons = false;
	answer_store_week(k, 0, 0, &week);
	return k;
}

bool hours_week_parse(struct str text, struct hours_week *out, const char **why)
{
	const struct hours_answer *k = answer_of(text);
	out->count = 0;
	if (!k->why)
		answer_load_week(k, 0, 0, out);
	if (why)
		*why = k->why;
	return !k->why;
}

bool hours_week_ranges(struct str text, struct buf *out)
{
	struct hours_week week;
	if (!hours_week_parse(text, &week, NULL))
		return false;
	buf_putc(out, '{');
	for (size_t i = 0; i < week.count; i++) {
		char from[DIGITS_MAX], to[DIGITS_MAX];
		buf_puts(out, i ? ",[" : "[");
		buf_str(out, digits_of((uint64_t)week.span[i].from, from));
		buf_putc(out, ',');
		buf_str(out, digits_of((uint64_t)week.span[i].to, to));
		buf_putc(out, ')');
	}
	buf_putc(out, '}');
	return !buf_failed(out);
}

bool hours_seasons(struct str text, int year, struct hours_season out[HOURS_SEASONS_MAX],
		   size_t *count)
{
	struct hours_answer *k = answer_of(text);
	const char *why;
	if (!k->why) {
		out[0].from = (struct hours_date){year, 1, 1};
		out[0].to = (struct hours_date){year + 1, 12, 31};
		answer_load_week(k, 0, 0, &out[0].week);
		*count = 1;
	} else if (k->has_seasons && k->year == year) {
		*count = answer_load_seasons(k, out);
	} else {
		const struct hours_rules *rules = hours_rules_read(text, &why);
		*count = rules ? hours_rules_seasons(rules, year, out) : 0;
		answer_store_seasons(k, year, out, *count);
	}
	return *count > 0;
}
