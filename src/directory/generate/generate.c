#include "directory/generate/generate.h"
#include "directory/generate/texts.h"
#include "directory/taxonomy/taxonomy.h"

#include <string.h>

struct town {
	const char *name, *region, *country;
	int lat, lon; /* 1e-5 degrees */
	const char *zone;
};
static const struct town towns[] = {
#define TOWN(name, region, country, lat, lon, zone) {name, region, country, lat, lon, zone},
#include "directory/generate/towns.def"
#undef TOWN
};
enum { TOWNS = sizeof(towns) / sizeof(towns[0]) };

/* ---- randomness: SplitMix64 (Steele, Lea, Flood 2014), one stream a record ---- */

struct random {
	uint64_t state;
};

static uint64_t next(struct random *r)
{
	uint64_t z = r->state += 0x9E3779B97F4A7C15ull;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return z ^ z >> 31;
}

/* Evenly in [0, n). */
static uint32_t below(struct random *r, uint32_t n)
{
	return (uint32_t)((next(r) >> 32) * n >> 32);
}

static bool chance(struct random *r, uint32_t percent)
{
	return below(r, 100) < percent;
}

/* Roughly as Zipf: rank k is about 1/k as likely as rank 1. The integer part of n^u for even u would
 * need powers; a random number of halvings of the range gives the same density in steps. */
static uint32_t skewed(struct random *r, uint32_t n)
{
	uint32_t bits = 0;
	while (n >> bits)
		bits++;
	uint32_t top = 1u << (1 + below(r, bits));
	uint32_t k = top / 2 + below(r, top / 2);
	return (k - 1) % n;
}

static const char *pick(struct random *r, const struct texts *t)
{
	return t->item[below(r, (uint32_t)t->count)];
}

/* ---- writing: faster than the general writer, for texts that are known to be clean ---- */

static void put(struct buf *out, const char *z)
{
	buf_add(out, z, strlen(z));
}

static void put_number(struct buf *out, uint64_t v, int width)
{
	char digits[20];
	int n = 0;
	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) || n < width);
	char text[20];
	for (int i = 0; i < n; i++)
		text[i] = digits[n - 1 - i];
	buf_add(out, text, (size_t)n);
}

static void put_degrees(struct buf *out, int64_t e7)
{
	if (e7 < 0) {
		put(out, "-");
		e7 = -e7;
	}
	put_number(out, (uint64_t)(e7 / 10000000), 1);
	put(out, ".");
	put_number(out, (uint64_t)(e7 % 10000000), 7);
}

static void key(struct buf *out, const char *name)
{
	put(out, ",\"");
	put(out, name);
	put(out, "\":");
}

static void member(struct buf *out, const char *name, const char *value)
{
	key(out, name);
	put(out, "\"");
	put(out, value);
	put(out, "\"");
}

/* Letters and digits of ASCII only, for host names. */
static void put_slug(struct buf *out, const char *z)
{
	for (; *z; z++) {
		char c = (char)(*z >= 'A' && *z <= 'Z' ? *z + 32 : *z);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf_putc(out, c);
		else if (c == ' ' && out->p[out->n - 1] != '-' && out->p[out->n - 1] != '/')
			buf_putc(out, '-');
	}
}

/* ---- parts of a record ---- */

static void put_name(struct buf *out, struct random *r, const struct language *l,
		     const struct taxonomy_category *c, const struct town *t)
{
	const char *person = pick(r, &l->surnames);
	const char *word = below(r, 4) ? pick(r, &l->nouns) : c->label;
	switch (below(r, 8)) {
	case 0:
	case 1:
		put(out, word);
		put(out, " ");
		put(out, person);
		break;
	case 2:
		put(out, person);
		put(out, " ");
		put(out, word);
		break;
	case 3:
		put(out, pick(r, &l->adjectives));
		put(out, " ");
		put(out, word);
		break;
	case 4:
		put(out, word);
		put(out, " ");
		put(out, t->name);
		break;
	case 5:
		put(out, person);
		put(out, l->and_word);
		put(out, pick(r, &l->surnames));
		put(out, " ");
		put(out, pick(r, &l->forms));
		break;
	case 6:
		put(out, person);
		put(out, " ");
		put(out, word);
		put(out, " ");
		put(out, pick(r, &l->forms));
		break;
	default:
		put(out, pick(r, &l->adjectives));
		put(out, " ");
		put(out, person);
		put(out, " ");
		put(out, word);
	}
	/* The long tail: chains and holdings that put everything into their name. */
	if (below(r, 500) == 0)
		for (int i = 0; i < 4; i++) {
			put(out, l->and_word);
			put(out, pick(r, &l->adjectives));
			put(out, " ");
			put(out, pick(r, &l->nouns));
		}
}

static void put_street(struct buf *out, struct random *r, const struct language *l)
{
	uint32_t number = 1 + skewed(r, 250);
	key(out, "street");
	put(out, "\"");
	if (l->number_first) {
		put_number(out, number, 1);
		put(out, " ");
	}
	put(out, pick(r, &l->streets));
	if (!l->number_first) {
		put(out, " ");
		put_number(out, number, 1);
		if (below(r, 12) == 0)
			buf_putc(out, (char)('a' + below(r, 3)));
	}
	put(out, "\"");
}

/* '#' is a digit, 'A' a letter. */
static void put_pattern(struct buf *out, struct random *r, const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '#')
			buf_putc(out, (char)('0' + below(r, 10)));
		else if (*pattern == '@')
			buf_putc(out, (char)('A' + below(r, 26)));
		else
			buf_putc(out, *pattern);
	}
}

static void put_description(struct buf *out, struct random *r, const struct language *l)
{
	uint32_t sentences = 1 + skewed(r, 12);
	key(out, "description");
	put(out, "\"");
	for (uint32_t s = 0; s < sentences; s++) {
		if (s)
			put(out, " ");
		put(out, pick(r, &l->adjectives));
		put(out, " ");
		put(out, l->nouns.item[skewed(r, (uint32_t)l->nouns.count)]);
		put(out, l->and_word);
		put(out, l->nouns.item[skewed(r, (uint32_t)l->nouns.count)]);
		put(out, ".");
	}
	put(out, "\"");
}

static void put_offers(struct buf *out, struct random *r, const struct language *l)
{
	uint32_t items = 1 + skewed(r, 24);
	key(out, "offers");
	put(out, "{\"items\":[");
	for (uint32_t i = 0; i < items; i++) {
		put(out, i ? ",{\"name\":\"" : "{\"name\":\"");
		put(out, pick(r, &l->adjectives));
		put(out, " ");
		put(out, pick(r, &l->nouns));
		put(out, "\",\"price\":\"");
		put_number(out, 1 + skewed(r, 400), 1);
		put(out, ".");
		put_number(out, below(r, 20) * 5, 2);
		put(out, "\",\"currency\":\"");
		put(out, l->currency);
		put(out, "\"}");
	}
	put(out, "]}");
}

static void put_area(struct buf *out, struct random *r, uint32_t town)
{
	uint32_t count = 2 + below(r, 5);
	key(out, "service_area");
	put(out, "[");
	for (uint32_t i = 0; i < count; i++) {
		put(out, i ? ",\"" : "\"");
		/* Neighbours in the table are of the same country. */
		put(out, towns[(town + 1 + i) % TOWNS].name);
		put(out, "\"");
	}
	put(out, "]");
}

static void put_place(struct buf *out, struct random *r, const struct town *t)
{
	/* About 4 km around the middle, denser towards it. */
	int64_t spread = 1 + below(r, 400000);
	int64_t lat = (int64_t)t->lat * 100 + (int64_t)below(r, (uint32_t)spread) - spread / 2;
	int64_t lon = (int64_t)t->lon * 100 + (int64_t)below(r, (uint32_t)spread) - spread / 2;
	key(out, "lat");
	put_degrees(out, lat);
	key(out, "lon");
	put_degrees(out, lon);
}

static const struct language *language_of(const struct town *t)
{
	for (size_t i = 0; i + 1 < languages_count; i++)
		if (strstr(languages[i].countries, t->country))
			return &languages[i];
	return &languages[languages_count - 1];
}

/* What a quality score is made of; 30 of 100 records have none of it. */
static void put_known(struct buf *out, struct random *r, const struct language *l, uint32_t town,
		      uint64_t k)
{
	const struct town *t = &towns[town];
	if (chance(r, 90))
		put_street(out, r, l);
	if (chance(r, 88)) {
		key(out, "postcode");
		put(out, "\"");
		put_pattern(out, r, l->postcode);
		put(out, "\"");
	}
	if (chance(r, 92))
		put_place(out, r, t);
	if (chance(r, 70)) {
		key(out, "phone");
		put(out, "\"");
		put_pattern(out, r, l->phone);
		put(out, "\"");
	}
	if (chance(r, 45)) {
		key(out, "website");
		put(out, "\"https://");
		size_t before = out->n;
		put_slug(out, pick(r, &l->surnames));
		if (out->n == before)
			put(out, "shop");
		put(out, "-");
		put_number(out, k, 1);
		put(out, below(r, 2) ? ".example.com/" : ".example.org/");
		put(out, "\"");
	}
	if (chance(r, 55))
		member(out, "hours", hours_texts[skewed(r, (uint32_t)hours_texts_count)]);
	if (chance(r, 35))
		put_description(out, r, l);
	if (chance(r, 8))
		put_offers(out, r, l);
	if (chance(r, 5))
		put_area(out, r, town);
}

void generate_record(struct buf *out, uint64_t seed, uint64_t k)
{
	struct random r = {seed * 0xD1342543DE82EF95ull + k};
	next(&r);
	/* Towns in an order of their own, so that the large ones are not all of one country. */
	uint32_t town = (uint32_t)((uint64_t)skewed(&r, TOWNS) * 1597 % TOWNS);
	const struct town *t = &towns[town];
	const struct language *l = language_of(t);
	const struct taxonomy_category *c =
	    &taxonomy_categories[(uint64_t)skewed(&r, (uint32_t)taxonomy_count) * 89 %
				 taxonomy_count];

	put(out, "{\"external_id\":\"g");
	put_number(out, seed, 1);
	put(out, "-");
	put_number(out, k, 1);
	put(out, "\"");
	key(out, "name");
	put(out, "\"");
	put_name(out, &r, l, c, t);
	put(out, "\"");
	key(out, "categories");
	put(out, "[\"");
	put(out, c->key);
	if (below(&r, 10) == 0) {
		put(out, "\",\"");
		put(out, taxonomy_categories[below(&r, (uint32_t)taxonomy_count)].key);
	}
	put(out, "\"]");
	if (below(&r, 15) == 0) {
		key(out, "alt_names");
		put(out, "[\"");
		put(out, pick(&r, &l->adjectives));
		put(out, " ");
		put(out, c->label);
		put(out, "\"]");
	}
	member(out, "city", t->name);
	member(out, "region", t->region);
	member(out, "country", t->country);
	member(out, "timezone", t->zone);
	if (!chance(&r, 30))
		put_known(out, &r, l, town, k);
	put(out, "}\n");
}
