#include "directory/generate/internal.h"

#include <stdlib.h>
#include <string.h>

/* The most frequent categories, so that their skew is that of a town and not of the table's
 * order. */
static const char *const common[] = {
    "restaurant",   "hairdresser",  "doctor",       "car-repair",  "cafe",
    "clothes",      "bakery",       "electrician",  "carpenter",   "insurance",
    "dentist",      "estate-agent", "lawyer",       "guest-house", "accountant",
    "supermarket",  "builder",      "beauty-salon", "plumber",     "physiotherapist",
    "pharmacy",     "hotel",        "it-services",  "painter",     "florist",
    "bank",         "fast-food",    "farm-shop",    "butcher",     "architect",
    "bicycle-shop", "furniture",    "heating",      "gardener",    "association",
    "consultant",
};

static const char hours_of_shops[] =
    "Mo-Fr 09:00-18:30; Sa 09:00-16:00|Mo-Fr 08:00-18:00|Mo-Fr 08:00-12:00,13:30-18:00|"
    "Mo-Sa 08:00-20:00|Mo-Fr 07:30-12:00,13:00-17:00; Sa 08:00-12:00|"
    "Tu-Fr 09:00-12:00,14:00-18:30; Sa 09:00-16:00; Su,Mo off|24/7|Mo-Fr 09:00-17:00; PH off|"
    "08:00-18:00|"
    "Mo,We,Fr 09:00-12:00; Tu,Th 14:00-19:00|Mo-Fr 06:00-22:00; Sa,Su 08:00-20:00|Sa 08:00-13:00|"
    "Mo-Th 08:00-17:00, Fr 08:00-13:00|Tu-Fr 09:00-18:00, Sa 08:00-14:00; Mo,Su,PH off|Sa-Mo 10:00-17:00|"
    "Mo,Tu,Th,Fr 08:30-12:30,14:00-18:00; We 08:30-12:30; Sa off|We 15:00-19:00; Sa 10:00-12:00|"
    "Apr-Oct: Mo-Su 09:00-19:00|Mo-Fr 08:00-18:00; Dec 24-26 off|"
    "Mo-Fr 09:00-18:00 \\\"by appointment\\\"";
static const char hours_of_inns[] =
    "Tu-Su 11:00-14:00,17:30-23:00|Mo-Su 10:00-22:00|Mo-Th 11:00-23:00; Fr,Sa 11:00-02:00; Su 12:00-22:00|"
    "We-Su 17:00-24:00|Mo-Sa 11:30-14:30,18:00-23:30|Fr,Sa 20:00-04:00|Tu-Sa 17:00-01:00; Su 11:00-15:00|"
    "Mo-Fr 06:30-18:00; Sa,Su 08:00-18:00|24/7|Th-Mo 11:00-22:00; Tu,We off|Mo-Su 18:00-26:00|"
    "Su-Th 12:00-22:00; Fr,Sa 12:00-24:00; PH 12:00-20:00|May-Sep: We-Su 11:00-22:00|sunrise-sunset";
static const char rare_names[] =
    "東京屋|김밥나라|مطعم السلام|מאפיית השדה|Пекарня Восход|ร้านอาหาร|हिमालय|"
    "北京饭店|Ընտանեկան հաց|საცხობი|Phở Hà Nội|Ⓡ Ünï-Märkt №1|Κρήτη";

/* ---- the tables as they are written ---- */

enum language_id {
#define LANGUAGE(id, code, surnames, brands, goods, streets, names, sentences, trades)             \
	LANGUAGE_##id,
#include "directory/generate/languages.def"
#undef LANGUAGE
	LANGUAGES
};

static const struct {
	const char *code, *surnames, *brands, *goods, *streets, *names, *sentences, *trades;
} language_rows[LANGUAGES] = {
#define LANGUAGE(id, code, surnames, brands, goods, streets, names, sentences, trades)             \
	{code, surnames, brands, goods, streets, names, sentences, trades},
#include "directory/generate/languages.def"
#undef LANGUAGE
};

static const struct {
	const char *code, *regions;
	enum language_id language;
	const char *postcode, *phones, *currency, *forms;
} country_rows[] = {
#define COUNTRY(code, regions, language, postcode, phones, currency, forms)                        \
	{code, regions, LANGUAGE_##language, postcode, phones, currency, forms},
#include "directory/generate/countries.def"
#undef COUNTRY
};
enum { COUNTRIES = COUNT_OF(country_rows) };

static const struct {
	uint16_t rank;
	const char *name, *region, *country;
	int lat, lon;
	const char *zone;
} town_rows[] = {
#define TOWN(rank, name, region, country, lat, lon, zone)                                          \
	{rank, name, region, country, lat, lon, zone},
#include "directory/towns/towns.def"
#undef TOWN
};
enum { TOWNS = COUNT_OF(town_rows), CATEGORIES_MAX = 512 };

/* ---- split into lists ---- */

static struct generate_language languages[LANGUAGES];
static struct country_texts countries[COUNTRIES];
static struct town towns[TOWNS];
static uint16_t by_rank[TOWNS];
static const struct taxonomy_category *by_custom[CATEGORIES_MAX];
static struct texts all;

static void split(struct text_list *list, const char *text)
{
	struct str rest = str_of(text);
	while (rest.p) {
		must(list->count < LIST_MAX);
		list->item[list->count++] = str_cut(&rest, '|');
	}
}

static void prepare_languages(void)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		struct generate_language *l = &languages[i];
		l->code = language_rows[i].code;
		split(&l->surnames, language_rows[i].surnames);
		split(&l->brands, language_rows[i].brands);
		split(&l->goods, language_rows[i].goods);
		split(&l->streets, language_rows[i].streets);
		split(&l->names, language_rows[i].names);
		split(&l->sentences, language_rows[i].sentences);
		struct str rest = str_of(language_rows[i].trades);
		while (rest.n) {
			struct str word = str_cut(&rest, '|'), key = str_cut(&word, ':');
			must(l->trades_count < TRADES_MAX);
			l->trades[l->trades_count] =
			    (struct trade){taxonomy_find(TAXONOMY_KEY, key), word};
			must(l->trades[l->trades_count++].category);
		}
		must(l->code || l->trades_count);
	}
}

static const struct country_texts *country_of(const struct town *t)
{
	for (size_t i = 0; i < COUNTRIES; i++) {
		if (!str_eq(t->country, countries[i].code))
			continue;
		struct str rest = str_of(countries[i].regions);
		if (!countries[i].regions)
			return &countries[i];
		while (rest.p)
			if (str_eq(str_cut(&rest, '|'), t->region))
				return &countries[i];
	}
	return NULL;
}

static void prepare_towns(void)
{
	for (size_t i = 0; i < COUNTRIES; i++) {
		countries[i].code = str_of(country_rows[i].code);
		countries[i].regions = country_rows[i].regions;
		countries[i].language = &languages[country_rows[i].language];
		countries[i].postcode = country_rows[i].postcode;
		countries[i].currency = country_rows[i].currency;
		split(&countries[i].phones, country_rows[i].phones);
		split(&countries[i].forms, country_rows[i].forms);
	}
	for (size_t i = 0; i < TOWNS; i++) {
		towns[i] = (struct town){str_of(town_rows[i].name),
					 str_of(town_rows[i].region),
					 str_of(town_rows[i].country),
					 town_rows[i].lat,
					 town_rows[i].lon,
					 str_of(town_rows[i].zone),
					 NULL};
		towns[i].is_in = country_of(&towns[i]);
		must(towns[i].is_in && town_rows[i].rank < TOWNS);
		by_rank[town_rows[i].rank] = (uint16_t)i;
	}
}

static bool is_common(const char *key)
{
	for (size_t i = 0; i < COUNT_OF(common); i++)
		if (strcmp(common[i], key) == 0)
			return true;
	return false;
}

static void prepare_categories(void)
{
	size_t n = 0;
	must(taxonomy_count <= CATEGORIES_MAX);
	for (size_t i = 0; i < COUNT_OF(common); i++) {
		by_custom[n] = taxonomy_find(TAXONOMY_KEY, str_of(common[i]));
		must(by_custom[n++]);
	}
	for (size_t i = 0; i < taxonomy_count; i++)
		if (!is_common(taxonomy_categories[i].key))
			by_custom[n++] = &taxonomy_categories[i];
	must(n == taxonomy_count);
}

const struct texts *texts(void)
{
	if (!all.towns) {
		prepare_languages();
		prepare_towns();
		prepare_categories();
		split(&all.hours_of_shops, hours_of_shops);
		split(&all.hours_of_inns, hours_of_inns);
		split(&all.rare_names, rare_names);
		all.towns = towns;
		all.towns_count = TOWNS;
		all.by_rank = by_rank;
		all.by_custom = by_custom;
	}
	return &all;
}
