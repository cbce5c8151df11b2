/* A cache of evaluated texts: many places share a text, and a page evaluates it several times. */
#include "hours/internal.h"

#include <string.h>

enum {
	PLACES = 1024,
	TEXT_MAX = 192,  /* one text in a hundred is longer */
	KEPT_SPANS = 128 /* of all seasons together; a week always fits */
};

/* A text's answers: the week, or why there is none and then the seasons of the
 * year asked for last. */
struct known {
	size_t text_n; /* 0: nothing is known here */
	const char *why;
	int year;
	bool has_seasons;
	unsigned char seasons; /* 0: they cannot be told */
	char text[TEXT_MAX];
	unsigned char spans[HOURS_SEASONS_MAX]; /* of the week, or of each season's */
	struct {
		uint16_t from, to;
	} span[KEPT_SPANS]; /* one week's behind the other's */
	struct known_date {
		unsigned char later, month, day; /* years after the one asked for */
	} from[HOURS_SEASONS_MAX], to[HOURS_SEASONS_MAX];
};
_Static_assert(sizeof(struct known) * PLACES < 900 * 1024, "hours.h tells how much");
_Static_assert((int)KEPT_SPANS >= (int)HOURS_SPANS_MAX && (int)HOURS_SPANS_MAX <= UINT8_MAX &&
		   (int)HOURS_WEEK_MINUTES <= UINT16_MAX,
	       "a week fits");

/* `used`: spans of the weeks before it. */
static void keep_week(struct known *k, size_t at, size_t used, const struct hours_week *week)
{
	k->spans[at] = (unsigned char)week->count;
	for (size_t i = 0; i < week->count; i++) {
		k->span[used + i].from = (uint16_t)week->span[i].from;
		k->span[used + i].to = (uint16_t)week->span[i].to;
	}
}

static void recall_week(const struct known *k, size_t at, size_t used, struct hours_week *out)
{
	out->count = k->spans[at];
	for (size_t i = 0; i < out->count; i++)
		out->span[i] = (struct hours_span){k->span[used + i].from, k->span[used + i].to};
}

static struct known_date keep_date(struct hours_date date, int year)
{
	return (struct known_date){(unsigned char)(date.year - year), (unsigned char)date.month,
				   (unsigned char)date.day};
}

static struct hours_date recall_date(struct known_date date, int year)
{
	return (struct hours_date){year + date.later, date.month, date.day};
}

/* Those with too many spans are not remembered. */
static void keep_seasons(struct known *k, int year, const struct hours_season *seasons,
			 size_t count)
{
	size_t used = 0;
	k->has_seasons = false;
	for (size_t i = 0; i < count; i++) {
		const struct hours_season *season = &seasons[i];
		if (season->week.count > KEPT_SPANS - used)
			return;
		keep_week(k, i, used, &season->week);
		k->from[i] = keep_date(season->from, year);
		k->to[i] = keep_date(season->to, year);
		used += season->week.count;
	}
	k->has_seasons = true;
	k->year = year;
	k->seasons = (unsigned char)count;
}

static size_t recall_seasons(const struct known *k, struct hours_season *out)
{
	size_t used = 0;
	for (size_t i = 0; i < k->seasons; i++) {
		recall_week(k, i, used, &out[i].week);
		out[i].from = recall_date(k->from[i], k->year);
		out[i].to = recall_date(k->to[i], k->year);
		used += k->spans[i];
	}
	return k->seasons;
}

/* Direct-mapped by hash (FNV-1a): a new text replaces the old one of its slot. Longer
 * texts are not cached. */
static struct known *known_of(struct str text)
{
	static struct known places[PLACES], beyond;
	struct known *k = &beyond;
	struct hours_week week = {.count = 0};
	uint64_t h = 0xcbf29ce484222325ull;
	if (text.n && text.n <= TEXT_MAX) {
		for (size_t i = 0; i < text.n; i++)
			h = (h ^ (unsigned char)text.p[i]) * 0x100000001b3ull;
		k = &places[(h ^ h >> 32) % PLACES];
		if (k->text_n == text.n && memcmp(k->text, text.p, text.n) == 0)
			return k;
		k->text_n = text.n;
		memcpy(k->text, text.p, text.n);
	}
	const struct hours_rules *rules = hours_rules_read(text, &k->why);
	if (rules)
		k->why = hours_rules_week(rules, &week);
	k->has_seasons = false;
	keep_week(k, 0, 0, &week);
	return k;
}

bool hours_week_parse(struct str text, struct hours_week *out, const char **why)
{
	const struct known *k = known_of(text);
	out->count = 0;
	if (!k->why)
		recall_week(k, 0, 0, out);
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
	for (size_t i = 0; i < week.count; i++)
		buf_printf(out, "%s[%d,%d)", i ? "," : "", week.span[i].from, week.span[i].to);
	buf_putc(out, '}');
	return !buf_failed(out);
}

bool hours_seasons(struct str text, int year, struct hours_season out[HOURS_SEASONS_MAX],
		   size_t *count)
{
	struct known *k = known_of(text);
	const char *why;
	if (!k->why) {
		out[0].from = (struct hours_date){year, 1, 1};
		out[0].to = (struct hours_date){year + 1, 12, 31};
		recall_week(k, 0, 0, &out[0].week);
		*count = 1;
	} else if (k->has_seasons && k->year == year) {
		*count = recall_seasons(k, out);
	} else {
		const struct hours_rules *rules = hours_rules_read(text, &why);
		*count = rules ? hours_rules_seasons(rules, year, out) : 0;
		keep_seasons(k, year, out, *count);
	}
	return *count > 0;
}
