/* Whether coordinates are in a country. Countries are boxes of degrees. */
#include "site/facts/internal.h"

static const struct {
	char country[3];
	double south, west, north, east;
} boxes[] = {
#define COUNTRY_BOX(code, south, west, north, east) {code, south, west, north, east},
#include "site/facts/countries.def"
#undef COUNTRY_BOX
};

static bool place_is_known(struct str country)
{
	for (size_t i = 0; i < COUNT_OF(boxes); i++)
		if (str_eq(country, (struct str){boxes[i].country, 2}))
			return true;
	return false;
}

static bool place_is_in(struct str country, double lat, double lon)
{
	for (size_t i = 0; i < COUNT_OF(boxes); i++)
		if (str_eq(country, (struct str){boxes[i].country, 2}) && lat >= boxes[i].south &&
		    lat <= boxes[i].north && lon >= boxes[i].west && lon <= boxes[i].east)
			return true;
	return false;
}

/* The ISO 3166-1 alpha-2 code for a country's usual name or another code; any other text
 * unchanged. */
static struct str place_code(struct str country)
{
	static const char *const names[][2] = {{"USA", "US"},
					       {"U.S.A.", "US"},
					       {"United States", "US"},
					       {"Deutschland", "DE"},
					       {"Germany", "DE"},
					       {"DEU", "DE"},
					       {"Schweiz", "CH"},
					       {"Suisse", "CH"},
					       {"Svizzera", "CH"},
					       {"Switzerland", "CH"},
					       {"CHE", "CH"},
					       {"\u00d6sterreich", "AT"},
					       {"Austria", "AT"},
					       {"AUT", "AT"},
					       {"France", "FR"},
					       {"FRA", "FR"},
					       {"UK", "GB"},
					       {"United Kingdom", "GB"},
					       {"Great Britain", "GB"},
					       {"England", "GB"},
					       {"Scotland", "GB"},
					       {"GBR", "GB"},
					       {"Ireland", "IE"},
					       {"Italia", "IT"},
					       {"Italy", "IT"},
					       {"ITA", "IT"},
					       {"Espa\u00f1a", "ES"},
					       {"Spain", "ES"},
					       {"ESP", "ES"},
					       {"Nederland", "NL"},
					       {"Netherlands", "NL"},
					       {"The Netherlands", "NL"},
					       {"Belgium", "BE"},
					       {"Canada", "CA"},
					       {"CAN", "CA"},
					       {"Australia", "AU"},
					       {"AUS", "AU"},
					       {"New Zealand", "NZ"},
					       {"Denmark", "DK"},
					       {"Sweden", "SE"},
					       {"Norway", "NO"},
					       {"Poland", "PL"},
					       {"Portugal", "PT"},
					       {"Japan", "JP"},
					       {"India", "IN"},
					       {"United States of America", "US"}};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq_nocase(country, str_of(names[i][0])))
			return str_of(names[i][1]);
	return country;
}

enum facts_fault_id place_fault(struct str country, double lat, double lon)
{
	if (!place_is_known(country))
		country = place_code(country);
	if (place_is_in(country, lat, lon) || !place_is_known(country))
		return FAULT_NONE;
	/* swapped, perhaps with a lost sign */
	bool swapped = place_is_in(country, lon, lat) || place_is_in(country, lon, -lat) ||
		       place_is_in(country, -lon, lat);
	return swapped ? FAULT_COORDINATES_SWAPPED : FAULT_COORDINATES_COUNTRY;
}

bool facts_in_country(struct str country, double lat, double lon)
{
	return place_fault(country, lat, lon) == FAULT_NONE;
}
