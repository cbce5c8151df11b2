/* Pages by distance. The index of places gives rows nearest first, but only from the middle
 * outwards: a page far out would read everything before it, and a page of what few businesses have
 * would look up all that are nearer. Here the rows between two distances are read from an index by
 * bands of latitude (business_by_band), of each band the two stretches that the ring crosses. The
 * ring begins at the key of the page before and grows until the page is full, so a page reads what
 * stands in its own neighbourhood, however far out. With a text, a region, a town or further facts
 * the hashes in that index tell which rows are worth looking up. */
#include "directory/search/internal.h"

#include "directory/words/tokens.h"

#include <math.h>

/* A new ring is so much wider than its inner radius, and at least so wide. A ring with too few
 * businesses is followed by one that is much wider: there are few in it, too. */
static const double ring_share = 0.05, ring_least_m = 500, ring_growth = 25;
/* Of what a smaller share of all businesses has than this, a ring is wider in proportion. */
static const double ring_enough = 0.6;
/* Stretches are wider by so many degrees (a centimetre): rounding loses no business. The
 * statement compares distances exactly. */
static const double ring_margin = 1e-7;

enum {
	BAND_E7 = 400000, /* the divisor in the expression business_band: 4.4 km */
	BANDS_BYTES = 16 << 10,
	MARKS_BYTES = 32 << 10,
};

static double ring_radians(double degrees)
{
	return degrees * M_PI / 180;
}

double chord_of_metres(double m)
{
	return 2 * sin(m / (2 * earth_radius_m));
}

double metres_of_chord(double chord)
{
	return 2 * earth_radius_m * asin(fmin(chord / 2, 1));
}

void ring_begin(struct near_ring *r, double key, double radius_m, double share)
{
	double inner_m = metres_of_chord(fmax(key, 0)), many = fmax(ring_enough / share, 1);
	r->width_m = fmax(ring_share * inner_m, ring_least_m) * many;
	r->outer_m = fmin(inner_m + r->width_m, radius_m);
}

bool ring_grow(struct near_ring *r, double radius_m)
{
	if (r->outer_m >= radius_m)
		return false;
	r->width_m *= ring_growth;
	r->outer_m = fmin(r->outer_m + r->width_m, radius_m);
	return true;
}

/* How far, in degrees of longitude, a circle of m metres around latitude lat0 reaches at latitude
 * lat; -1: it does not reach that latitude, 180: around the pole. */
static double ring_reach(double lat0, double m, double lat)
{
	double a = ring_radians(lat0), b = ring_radians(lat);
	double cosine = (cos(m / earth_radius_m) - sin(a) * sin(b)) / (cos(a) * cos(b));
	return !(cosine > -1) ? 180 : cosine > 1 ? -1 : acos(cosine) * 180 / M_PI;
}

/* The same for the whole of a band: where it reaches furthest. */
static double ring_reach_most(double lat0, double m, double south, double north)
{
	double sine = sin(ring_radians(lat0)) / cos(m / earth_radius_m);
	double widest = fabs(sine) < 1 ? asin(sine) * 180 / M_PI : lat0;
	double at = fmin(fmax(widest, south), north);
	return fabs(sine) < 1 ? ring_reach(lat0, m, at) : 180;
}

struct bands {
	struct buf band, west, east; /* elements of arrays of integers */
};

static void bands_add(struct bands *out, int band, double west, double east)
{
	const char *comma = out->band.n ? "," : "";
	buf_printf(&out->band, "%s%d", comma, band);
	buf_printf(&out->west, "%s%lld", comma, llround(fmax(west, -180) * 1e7));
	buf_printf(&out->east, "%s%lld", comma, llround(fmin(east, 180) * 1e7));
}

/* Longitudes from west to east, which may lie beyond the date line. */
static void bands_stretch(struct bands *out, int band, double west, double east)
{
	west -= ring_margin;
	east += ring_margin;
	if (east - west >= 360) {
		bands_add(out, band, -180, 180);
		return;
	}
	if (west < -180)
		bands_add(out, band, west + 360, 180);
	if (east > 180)
		bands_add(out, band, -180, east - 360);
	if (west <= 180 && east >= -180)
		bands_add(out, band, west, east);
}

/* Both sides of the ring in one band between two latitudes. */
static void bands_ring(struct bands *out, int band, double south, double north, double lat,
		       double lon, double inner_m, double outer_m)
{
	double most = ring_reach_most(lat, outer_m, south, north);
	double least = fmin(ring_reach(lat, inner_m, south), ring_reach(lat, inner_m, north));
	if (most < 0)
		most = 0; /* it touches the band's edge */
	if (least <= 2 * ring_margin || most >= 180) {
		bands_stretch(out, band, lon - most, lon + most);
		return;
	}
	bands_stretch(out, band, lon - most, lon - least);
	bands_stretch(out, band, lon + least, lon + most);
}

static struct str bands_array(struct arena *arena, struct buf *b)
{
	const char *text = buf_failed(b) ? NULL : arena_printf(arena, "{%s}", buf_z(b));
	buf_release(b);
	return text ? str_of(text) : (struct str){0};
}

bool ring_params(struct arena *arena, const struct near_ring *r, const struct search_query *q,
		 double key, struct db_param *out)
{
	double inner_m = metres_of_chord(fmax(key, 0)), outer_m = r->outer_m;
	double height = outer_m / earth_radius_m * 180 / M_PI + ring_margin;
	double south = fmax(q->lat - height, -90), north = fmin(q->lat + height, 90);
	struct bands b;
	buf_init(&b.band, BANDS_BYTES);
	buf_init(&b.west, BANDS_BYTES);
	buf_init(&b.east, BANDS_BYTES);
	/* Division truncates: band 0 lies on both sides of the equator. */
	int first = (int)(south * 1e7) / BAND_E7, last = (int)(north * 1e7) / BAND_E7;
	for (int band = first; band <= last; band++) {
		double low = (band <= 0 ? band - 1 : band) * (BAND_E7 / 1e7);
		double high = (band >= 0 ? band + 1 : band) * (BAND_E7 / 1e7);
		bands_ring(&b, band, fmax(low, south), fmin(high, north), q->lat, q->lon, inner_m,
			   outer_m);
	}
	const struct str band = bands_array(arena, &b.band), west = bands_array(arena, &b.west),
			 east = bands_array(arena, &b.east);
	if (!band.p || !west.p || !east.p)
		return false;
	out[0] = DB_TEXT(band);
	out[1] = DB_TEXT(west);
	out[2] = DB_TEXT(east);
	out[3] = DB_I64((int64_t)floor(south * 1e7));
	out[4] = DB_I64((int64_t)ceil(north * 1e7));
	out[5] = DB_DOUBLE(chord_of_metres(outer_m));
	return true;
}

bool ring_marks(struct arena *arena, struct str tokens, struct str *out)
{
	*out = (struct str){"", 0};
	if (!tokens.n)
		return true;
	must(tokens.n >= 2 && tokens.p[0] == '{');
	struct buf b;
	struct str rest = {tokens.p + 1, tokens.n - 2};
	buf_init(&b, MARKS_BYTES);
	buf_putc(&b, '{');
	while (rest.n) {
		struct str token = str_cut(&rest, ',');
		if (token.n >= 2 && token.p[0] == '"')
			token = (struct str){token.p + 1, token.n - 2};
		buf_printf(&b, "%s%d", b.n > 1 ? "," : "", token_mark(token));
	}
	buf_putc(&b, '}');
	*out = buf_failed(&b) ? (struct str){0} : arena_str(arena, buf_view(&b));
	buf_release(&b);
	return out->p != NULL;
}
