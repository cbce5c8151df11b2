#include "directory/generate/generate.h"
#include "base/ascii.h"
#include "base/random.h"
#include "directory/generate/internal.h"

#include <string.h>

/* ---- chance ---- */

/* What a stream of random numbers is used for: near-duplicates share identity and place, but not
 * the other facts. */
enum purpose { WHO, WHERE, KNOWN };

static struct random stream(uint64_t seed, uint64_t k, enum purpose purpose)
{
	struct random of_seed = {seed};
	return (struct random){random_mix(random_next(&of_seed) + k * 4 + purpose)};
}

static bool chance(struct random *r, uint32_t percent)
{
	return random_below(r, 100) < percent;
}

/* In [0, n): k has a weight of about 1 / (k + flat). Each doubling of k + flat is as likely as the
 * others, so that no logarithm is needed, whose last bit differs between machines. */
static uint32_t skewed(struct random *r, uint32_t n, uint32_t flat)
{
	uint32_t doublings = 0;
	while ((uint64_t)flat << doublings < (uint64_t)flat + n)
		doublings++;
	uint32_t from = flat << random_below(r, doublings);
	uint32_t to = from * 2 < flat + n ? from * 2 : flat + n;
	return from - flat + random_below(r, to - from);
}

static struct str pick(struct random *r, const struct text_list *list)
{
	return list->item[random_below(r, list->count)];
}

/* ---- writing: faster than the general writer, for texts that are known to be clean ---- */

static void generate_put_number(struct buf *out, uint64_t v, int width)
{
	char text[20];
	int at = sizeof(text);
	do
		text[--at] = (char)('0' + v % 10);
	while ((v /= 10) || (int)sizeof(text) - at < width);
	buf_add(out, text + at, sizeof(text) - (size_t)at);
}

static void put_degrees(struct buf *out, int64_t e7)
{
	if (e7 < 0) {
		buf_putc(out, '-');
		e7 = -e7;
	}
	generate_put_number(out, (uint64_t)(e7 / 10000000), 1);
	buf_putc(out, '.');
	generate_put_number(out, (uint64_t)(e7 % 10000000), 7);
}

#define put(out, literal) buf_add((out), "" literal, sizeof(literal) - 1)
#define key(out, name)    put(out, ",\"" name "\":")

static void quoted(struct buf *out, struct str value)
{
	buf_putc(out, '"');
	buf_str(out, value);
	buf_putc(out, '"');
}

/* ---- one record ---- */

struct subject {
	const struct texts *texts;
	const struct town *town;
	const struct country_texts *country;
	const struct generate_language *language;
	const struct taxonomy_category *category;
	struct str trade; /* the category in words of the language */
	uint64_t k;
};

static void put_year(struct buf *out, struct random *r)
{
	generate_put_number(out, 2024 - skewed(r, 140, 30), 4);
}

static void put_template(struct buf *out, struct random *r, const struct subject *s,
			 struct str template)
{
	const struct generate_language *l = s->language;
	for (size_t i = 0; i < template.n; i++) {
		if (template.p[i] != '%') {
			const char *end = memchr(template.p + i, '%', template.n - i);
			size_t n = end ? (size_t)(end - template.p) - i : template.n - i;
			buf_add(out, template.p + i, n);
			i += n - 1;
			continue;
		}
		switch (template.p[++i]) {
		case 'c':
			buf_str(out, s->trade);
			break;
		case 's':
			buf_str(out, pick(r, &l->surnames));
			break;
		case 'b':
			buf_str(out, pick(r, &l->brands));
			break;
		case 'g':
			buf_str(out, l->goods.item[skewed(r, l->goods.count, 3)]);
			break;
		case 't':
			buf_str(out, s->town->name);
			break;
		case 'f':
			buf_str(out, pick(r, &s->country->forms));
			break;
		case 'h':
			generate_put_number(out, 1 + skewed(r, 180, 6), 1);
			break;
		case 'y':
			put_year(out, r);
			break;
		default:
			must(template.p[i] == 0); /* an unknown letter */
		}
	}
}

static void put_name(struct buf *out, struct random *r, const struct subject *s)
{
	put_template(out, r, s, pick(r, &s->language->names));
	/* The long tail: chains and holdings that put everything into their name. */
	if (random_below(r, 500) == 0)
		for (int i = 0; i < 4; i++) {
			put(out, " – ");
			put_template(out, r, s, STR("%b %g"));
		}
}

/* The name of the same business as another source would write it. */
static void vary_name(struct buf *out, struct random *r, const struct subject *s, size_t from)
{
	size_t n = out->n - from, at = from + random_below(r, (uint32_t)n);
	switch (random_below(r, 5)) {
	case 0:
		for (size_t i = from; i < out->n; i++)
			out->p[i] = ascii_upper(out->p[i]);
		break;
	case 1:
		if (at + 1 < out->n && ascii_is_letter(out->p[at]) &&
		    ascii_is_letter(out->p[at + 1])) {
			char c = out->p[at];
			out->p[at] = out->p[at + 1];
			out->p[at + 1] = c;
		}
		break;
	case 2:
		put_template(out, r, s, STR(" %t"));
		break;
	case 3:
		put_template(out, r, s, STR(" %f"));
		break;
	default: /* letter for letter */
		break;
	}
}

/* '#' a figure of the town, '~' one that is not 0, '^' a letter of the town, '?' any
 * figure, '@' any letter. */
static void put_pattern(struct buf *out, struct random *r, struct random of_town,
			const char *pattern, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = pattern[i];
		if (c == '#')
			c = (char)('0' + random_below(&of_town, 10));
		else if (c == '~')
			c = (char)('1' + random_below(&of_town, 9));
		else if (c == '^')
			c = (char)('A' + random_below(&of_town, 26));
		else if (c == '?')
			c = (char)('0' + random_below(r, 10));
		else if (c == '@')
			c = (char)('A' + random_below(r, 26));
		buf_putc(out, c);
	}
}

/* About 4 km around the middle, denser towards it. */
static void generate_put_place(struct buf *out, struct random *r, const struct town *t)
{
	int64_t spread = 1 + random_below(r, 400000);
	int64_t lat =
	    (int64_t)t->lat * 100 + (int64_t)random_below(r, (uint32_t)spread) - spread / 2;
	int64_t lon =
	    (int64_t)t->lon * 100 + (int64_t)random_below(r, (uint32_t)spread) - spread / 2;
	key(out, "lat");
	put_degrees(out, lat);
	key(out, "lon");
	put_degrees(out, lon);
}

static void put_description(struct buf *out, struct random *r, const struct subject *s)
{
	enum { LONGEST = 3200 };
	const struct text_list *all = &s->language->sentences;
	uint32_t wanted = random_below(r, 2000) ? 1 + skewed(r, 9, 1) : 60,
		 at = random_below(r, all->count);
	key(out, "description");
	buf_putc(out, '"');
	size_t from = out->n;
	for (uint32_t i = 0; i < wanted && out->n - from < LONGEST; i++) {
		if (i)
			buf_putc(out, ' ');
		put_template(out, r, s, all->item[(at + i) % all->count]);
	}
	buf_putc(out, '"');
}

static void generate_put_offers(struct buf *out, struct random *r, const struct subject *s)
{
	const char *currency = s->country->currency;
	bool small_unit = strcmp(currency, "JPY") == 0 || strcmp(currency, "HUF") == 0;
	uint32_t items = 1 + (random_below(r, 300) ? skewed(r, 12, 2) : skewed(r, 60, 30));
	key(out, "offers");
	put(out, "{\"items\":[");
	for (uint32_t i = 0; i < items; i++) {
		if (i)
			buf_putc(out, ',');
		put(out, "{\"name\":\"");
		put_template(out, r, s, random_below(r, 3) ? STR("%g") : STR("%g „%b“"));
		buf_putc(out, '"');
		if (chance(r, 85)) {
			put(out, ",\"price\":\"");
			generate_put_number(out, 1 + skewed(r, 900, 10), 1);
			if (small_unit) {
				put(out, "00");
			} else {
				buf_putc(out, '.');
				generate_put_number(out, random_below(r, 20) * 5, 2);
			}
			put(out, "\",\"currency\":\"");
			buf_str(out, str_of(currency));
			buf_putc(out, '"');
		}
		buf_putc(out, '}');
	}
	put(out, "]}");
}

static void put_service_area(struct buf *out, struct random *r, const struct subject *s)
{
	const struct town *first = s->texts->towns, *end = first + s->texts->towns_count;
	uint32_t towns = 2 + random_below(r, 5);
	key(out, "service_area");
	buf_putc(out, '[');
	quoted(out, s->town->name);
	for (uint32_t i = 1; i <= towns; i++) {
		const struct town *t = s->town + (i % 2 ? (int)(i + 1) / 2 : -(int)(i / 2));
		if (t < first || t >= end || !str_eq(t->country, s->town->country))
			continue;
		buf_putc(out, ',');
		quoted(out, t->name);
	}
	buf_putc(out, ']');
}

static void put_website(struct buf *out, struct random *r, const struct subject *s)
{
	key(out, "website");
	put(out, "\"https://");
	buf_str(out, str_of(s->category->key));
	buf_putc(out, '-');
	generate_put_number(out, s->k, 1);
	put(out, ".example.");
	buf_str(out, random_below(r, 3) ? STR("com/") : STR("org/"));
	buf_putc(out, '"');
}

static void put_extra(struct buf *out, struct random *r)
{
	static const struct text_list wheelchair = {3, {{"yes", 3}, {"limited", 7}, {"no", 2}}};
	key(out, "extra");
	put(out, "{\"wheelchair\":");
	quoted(out, pick(r, &wheelchair));
	if (chance(r, 40)) {
		put(out, ",\"founded\":\"");
		put_year(out, r);
		buf_putc(out, '"');
	}
	buf_putc(out, '}');
}

static void put_alt_names(struct buf *out, struct random *r, const struct subject *s)
{
	key(out, "alt_names");
	put(out, "[\"");
	if (random_below(r, 30) == 0)
		buf_str(out, pick(r, &s->texts->rare_names));
	else
		put_template(out, r, s, random_below(r, 2) ? STR("%b") : STR("%s %f"));
	put(out, "\"]");
}

/* The facts that a quality score is computed from. The address follows from the identity:
 * near-duplicates have the same one. */
static void put_known(struct buf *out, struct random *r, struct random *where,
		      const struct subject *s)
{
	const struct random of_town = {(uint64_t)(s->town - s->texts->towns) *
				       0xD1342543DE82EF95ull};
	bool inn = strcmp(s->category->group, "gastronomy") == 0;
	if (chance(r, 90)) {
		key(out, "street");
		buf_putc(out, '"');
		put_template(out, where, s, pick(where, &s->language->streets));
		buf_putc(out, '"');
	}
	if (chance(r, 88)) {
		key(out, "postcode");
		buf_putc(out, '"');
		put_pattern(out, where, of_town, s->country->postcode,
			    strlen(s->country->postcode));
		buf_putc(out, '"');
	}
	if (chance(r, 92))
		generate_put_place(out, r, s->town);
	if (chance(r, 70)) {
		struct str phone = pick(r, &s->country->phones);
		key(out, "phone");
		buf_putc(out, '"');
		put_pattern(out, r, of_town, phone.p, phone.n);
		buf_putc(out, '"');
	}
	if (chance(r, 45))
		put_website(out, r, s);
	if (chance(r, 55)) {
		const struct text_list *hours =
		    inn ? &s->texts->hours_of_inns : &s->texts->hours_of_shops;
		key(out, "hours");
		quoted(out, hours->item[skewed(r, hours->count, 2)]);
	}
	if (chance(r, 35))
		put_description(out, r, s);
	if (chance(r, 8))
		generate_put_offers(out, r, s);
	if (chance(r, 5))
		put_service_area(out, r, s);
	if (chance(r, 12))
		put_extra(out, r);
}

static struct subject subject_of(struct random *who, uint64_t k)
{
	const struct texts *t = texts();
	struct subject s = {.texts = t, .k = k};
	s.town = &t->towns[t->by_rank[skewed(who, t->towns_count, 16)]];
	s.country = s.town->is_in;
	s.language = s.country->language;
	if (s.language->code) {
		s.category = t->by_custom[skewed(who, (uint32_t)taxonomy_count, 8)];
		struct str words = taxonomy_words(s.category, s.language->code);
		/* The first word is the usual one. */
		do
			s.trade = str_cut(&words, ';');
		while (words.p && random_below(who, 3) == 0);
	} else {
		uint32_t i = skewed(who, s.language->trades_count, 4);
		s.category = s.language->trades[i].category;
		s.trade = s.language->trades[i].word;
	}
	return s;
}

static void generate_put_categories(struct buf *out, struct random *r, const struct subject *s)
{
	key(out, "categories");
	buf_putc(out, '[');
	quoted(out, str_of(s->category->key));
	if (chance(r, 10)) {
		buf_putc(out, ',');
		quoted(out,
		       str_of(s->texts->by_custom[random_below(r, (uint32_t)taxonomy_count)]->key));
	}
	buf_putc(out, ']');
}

static void put_updated(struct buf *out, struct random *r)
{
	key(out, "updated_at");
	buf_putc(out, '"');
	generate_put_number(out, 2018 + random_below(r, 8), 4);
	buf_putc(out, '-');
	generate_put_number(out, 1 + random_below(r, 12), 2);
	buf_putc(out, '-');
	generate_put_number(out, 1 + random_below(r, 28), 2);
	buf_putc(out, 'T');
	generate_put_number(out, random_below(r, 24), 2);
	put(out, ":00:00Z\"");
}

void generate_record(struct buf *out, uint64_t seed, uint64_t k)
{
	struct random r = stream(seed, k, KNOWN);
	uint64_t same_as = k;
	if (random_below(&r, 60) == 0)
		same_as -= k > 50 ? 1 + random_below(&r, 50) : 0;
	struct random who = stream(seed, same_as, WHO), where = stream(seed, same_as, WHERE);
	const struct subject s = subject_of(&who, k);

	put(out, "{\"external_id\":\"g");
	generate_put_number(out, seed, 1);
	buf_putc(out, '-');
	generate_put_number(out, k, 1);
	buf_putc(out, '"');
	key(out, "name");
	buf_putc(out, '"');
	size_t from = out->n;
	put_name(out, &who, &s);
	if (same_as != k)
		vary_name(out, &r, &s, from);
	buf_putc(out, '"');
	generate_put_categories(out, &who, &s);
	if (random_below(&r, 15) == 0)
		put_alt_names(out, &r, &s);
	key(out, "city");
	quoted(out, s.town->name);
	key(out, "region");
	quoted(out, s.town->region);
	key(out, "country");
	quoted(out, s.town->country);
	key(out, "timezone");
	quoted(out, s.town->zone);
	if (!chance(&r, 30))
		put_known(out, &r, &where, &s);
	if (chance(&r, 60))
		put_updated(out, &r);
	put(out, "}\n");
}
