/* Centres of towns: the one that a business is seen from, and that of a place's list. */
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

bool look_find_town(struct str country, struct str name, const struct look_spot *near,
		    struct look_town *out)
{
	struct towns_place town;
	*out = (struct look_town){.name = STR("")};
	if (!towns_find(country, name, &town))
		return false;
	out->at = (struct look_spot){town.lat / 1e5, town.lon / 1e5};
	if (look_metres(&out->at, near) > LOOK_TOWN_M)
		return false;
	out->name = str_of(town.name);
	return true;
}
