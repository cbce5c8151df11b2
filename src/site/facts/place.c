/* Where countries lie, as boxes of degrees. */
#include "site/facts/internal.h"

static const struct {
	char country[3];
	double south, west, north, east;
} boxes[] = {
#define COUNTRY_BOX(code, south, west, north, east) {code, south, west, north, east},
#include "site/facts/countries.def"
#undef COUNTRY_BOX
};

static bool is_known(struct str country)
{
	for (size_t i = 0; i < COUNT_OF(boxes); i++)
		if (str_eq(country, (struct str){boxes[i].country, 2}))
			return true;
	return false;
}

static bool is_in(struct str country, double lat, double lon)
{
	for (size_t i = 0; i < COUNT_OF(boxes); i++)
		if (str_eq(country, (struct str){boxes[i].country, 2}) && lat >= boxes[i].south &&
		    lat <= boxes[i].north && lon >= boxes[i].west && lon <= boxes[i].east)
			return true;
	return false;
}

enum facts_fault_id place_fault(struct str country, double lat, double lon)
{
	if (!is_known(country) || is_in(country, lat, lon))
		return FAULT_NONE;
	/* a sign that was lost with the exchange is no other fault */
	bool swapped =
	    is_in(country, lon, lat) || is_in(country, lon, -lat) || is_in(country, -lon, lat);
	return swapped ? FAULT_COORDINATES_SWAPPED : FAULT_COORDINATES_COUNTRY;
}
