#include "site/facts/internal.h"

#include <math.h>

static const struct extra_info extras[] = {
#define EXTRA(key, label, form, property) {{key, sizeof(key) - 1}, label, form, property},
#include "site/facts/extras.def"
#undef EXTRA
};

const struct extra_info *extra_find(struct str key)
{
	for (size_t i = 0; i < COUNT_OF(extras); i++)
		if (str_eq(key, extras[i].key))
			return &extras[i];
	return NULL;
}

struct str extra_text(const struct json_value *value)
{
	if (value && value->kind == JSON_IS_BOOL)
		return value->boolean ? STR("yes") : STR("no");
	return str_trim(json_text(value));
}

struct str facts_extra(const struct facts_business *business, const char *key)
{
	return extra_text(json_get(business->extra, key));
}

bool facts_hides_address(const struct facts_business *business)
{
	struct str hide = facts_extra(business, "hide_address");
	if (hide.n && !str_eq_nocase(hide, STR("no")) && !str_eq_nocase(hide, STR("false")))
		return true;
	return business->service_area.count > 0 && !business->street.n;
}

struct str facts_degrees(struct arena *arena, double degrees)
{
	char text[32], *from = text + sizeof(text);
	/* Clamped so that llround cannot overflow; such values stay out of range. */
	long long millionths = llround(fmax(fmin(degrees, 1e6), -1e6) * 1e6);
	long long rest = millionths < 0 ? -millionths : millionths;
	int digits = rest % 10 == 0;
	rest /= digits ? 10 : 1;
	for (; digits < 7 || rest; digits++, rest /= 10) {
		if (digits == 6)
			*--from = '.';
		*--from = (char)('0' + rest % 10);
	}
	if (millionths < 0)
		*--from = '-';
	return arena_str(arena, (struct str){from, (size_t)(text + sizeof(text) - from)});
}

struct str facts_map(struct arena *arena, const struct facts_business *business)
{
	struct str lat = facts_degrees(arena, business->lat),
		   lon = facts_degrees(arena, business->lon);
	if (!lat.p || !lon.p)
		return lat;
	return ARENA_JOIN(arena, STR("https://www.openstreetmap.org/?mlat="), lat, STR("&mlon="),
			  lon, STR("&zoom=18"));
}

bool facts_phone_known(struct str phone)
{
	return phone.n && phone.p[0] == '+';
}

bool facts_is_web(struct str url)
{
	return (str_starts(url, STR("https://")) && url.n > 8) ||
	       (str_starts(url, STR("http://")) && url.n > 7);
}

bool extra_next(struct str *rest, struct str *out)
{
	while (rest->p) {
		*out = str_trim(str_cut(rest, ';'));
		if (out->n)
			return true;
	}
	return false;
}
