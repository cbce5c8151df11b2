/* Sunrise and sunset with an error of some seconds: Meeus, Astronomical Algorithms, chapters 12
 * (sidereal time), 15 (rising and setting) and 25 (the sun to 0.01 degrees). */
#include "hours/internal.h"

#include <math.h>

static const double degree = 3.14159265358979323846 / 180;

enum { NOON_OF_2000 = 10957 }; /* days from 1970-01-01 to 2000-01-01; noon is half a day later */

struct sun {
	double hour_angle; /* degrees, -180 to 180; 0 at noon */
	double declination;
};

/* The sun seen from a longitude, `days` after 2000-01-01 12:00 UTC. */
static struct sun sun_at(double days, double lon)
{
	/* 69.2 s: difference between terrestrial and universal time */
	double t = (days + 69.2 / 86400) / 36525;
	double anomaly = (357.52911 + 35999.05029 * t) * degree;
	double center =
	    1.914602 * sin(anomaly) + 0.019993 * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly);
	double node = (125.04 - 1934.136 * t) * degree;
	double longitude =
	    (280.46646 + 36000.76983 * t + center - 0.00569 - 0.00478 * sin(node)) * degree;
	double tilt = (23.439291 - 0.0130042 * t + 0.00256 * cos(node)) * degree;
	double ascension = atan2(cos(tilt) * sin(longitude), cos(longitude)) / degree;
	double sidereal = 280.46061837 + 360.98564736629 * days + lon;
	return (struct sun){remainder(sidereal - ascension, 360),
			    asin(sin(tilt) * sin(longitude)) / degree};
}

/* Hour angle, in degrees, at which the sun has a height; 0 or 180 when it is always below or
 * above. */
static double angle_of(double height, double lat, double declination)
{
	double c = (sin(height * degree) - sin(lat * degree) * sin(declination * degree)) /
		   (cos(lat * degree) * cos(declination * degree));
	return c >= 1 ? 0 : c <= -1 ? 180 : acos(c) / degree;
}

int sun_minutes(enum event event, const struct hours_place *place, int64_t day)
{
	/* Without a place: the defaults of the specification. */
	static const int usual[] = {
	    [DAWN] = 5 * 60 + 30, [SUNRISE] = 6 * 60, [SUNSET] = 18 * 60, [DUSK] = 18 * 60 + 30};
	if (!place || !place->located)
		return usual[event];
	double height = event == SUNRISE || event == SUNSET ? -0.833 : -6;
	double sign = event == DAWN || event == SUNRISE ? -1 : 1;
	double at = (double)(day - NOON_OF_2000) - place->lon / 360, wanted = 0;
	for (int i = 0; i < 5; i++) {
		struct sun sun = sun_at(at, place->lon);
		if (i > 1)
			wanted = sign * angle_of(height, place->lat, sun.declination);
		at += remainder(wanted - sun.hour_angle, 360) / 360.98564736629;
	}
	double seconds = (at + NOON_OF_2000 + 0.5) * 86400;
	int offset;
	if (!isfinite(seconds) || !hours_zone_offset(place->zone, (int64_t)seconds, &offset))
		return usual[event];
	int minutes = (int)floor((seconds + offset - (double)day * 86400) / 60);
	return minutes < 0 ? 0 : minutes > DAY ? DAY : minutes;
}
