/* The locator of a business: which town's centre it is seen from. */
#include "site/look/look.h"

#include "directory/towns/towns.h"

bool look_locate(struct str country, struct str town_name, const struct look_spot *place,
		 const struct wording *wording, struct arena *arena, struct buf *out)
{
	struct towns_place town;
	bool found = towns_find(country, town_name, &town);
	for (int i = 0; i < 2; i++, found = towns_nearest(place->lat, place->lon, &town)) {
		const struct look_spot centre = {town.lat / 1e5, town.lon / 1e5};
		buf_reset(out);
		if (found && look_locator(&centre, str_of(town.name), place, wording, arena, out))
			return true;
	}
	return false;
}
