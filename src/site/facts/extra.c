#include "site/facts/internal.h"

#include <math.h>
#include "base/ascii.h"

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

/* Keys of means of payment begin with it: "payment:cash" of OpenStreetMap. */
#define MEANS STR("payment_")

bool extra_is_means(const struct json_value *value)
{
	return str_starts(value->key, MEANS) && str_eq(extra_text(value), STR("yes"));
}

/* A means of payment as OpenStreetMap has it in keys, and as lists have it; else it stays. */
static struct str extra_means_word(struct str means, const struct wording *wording)
{
	static const struct {
		const char *key, *text;
		enum word_id word;
	} known[] = {
	    {"cash", "cash", WORD_CASH},
	    {"coins", "coins", WORD_COINS},
	    {"notes", "banknotes", WORD_NOTES},
	    {"cards", "cards", WORD_CARDS},
	    {"credit_cards", "credit cards", WORD_CREDIT_CARDS},
	    {"debit_cards", "debit cards", WORD_DEBIT_CARDS},
	    {"contactless", "contactless", WORD_CONTACTLESS},
	    {"wire_transfer", "bank transfer", WORD_TRANSFER},
	};
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_eq(means, str_of(known[i].key)) ||
		    str_eq_nocase(means, str_of(known[i].text)))
			return wording_text(wording, known[i].word);
	return means;
}

/* "twint" -> "Twint", "visa_electron" -> "Visa electron": a name that no list of ours has. */
static struct str extra_means_name(struct str key, struct arena *arena)
{
	char *text = arena_printf(arena, "%.*s", STR_ARG(key));
	for (char *c = text; c && *c; c++)
		*c = *c == '_' ? ' ' : c == text ? ascii_upper(*c) : *c;
	return text ? str_of(text) : (struct str){NULL, 0};
}

struct str extra_payment(const struct facts_business *business, struct arena *arena)
{
	struct str text = facts_extra(business, "payment"), all = STR("");
	/* The separators stay: a comma can be one of decimals. */
	while (text.n) {
		size_t n = 0;
		while (n < text.n && text.p[n] != ';' &&
		       !(text.p[n] == ',' && n + 1 < text.n && text.p[n + 1] == ' '))
			n++;
		struct str means = str_trim((struct str){text.p, n});
		all = ARENA_JOIN(arena, all, all.n && means.n ? STR(", ") : STR(""),
				 extra_means_word(means, business->wording));
		str_skip(&text, n + (n < text.n));
	}
	const struct json_value *extra = business->extra;
	for (const struct json_value *v = extra ? extra->first : NULL; v; v = v->next) {
		if (!extra_is_means(v))
			continue;
		struct str key = {v->key.p + MEANS.n, v->key.n - MEANS.n};
		struct str word = extra_means_word(key, business->wording);
		all = ARENA_JOIN(arena, all, all.n ? STR(", ") : STR(""),
				 word.p == key.p ? extra_means_name(key, arena) : word);
	}
	return all;
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
