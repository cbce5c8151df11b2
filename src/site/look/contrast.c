/* Whether the colours can be read: contrast as WCAG 2.2 defines it. */
#include "site/look/internal.h"
#include "site/look/look.h"

#include <math.h>
#include "base/ascii.h"

const struct look_pair look_pairs[] = {
    {"ink", "paper", 4.5},  {"ink", "card", 4.5},     {"ink", "tint", 4.5},
    {"ink", "mark", 4.5},   {"soft", "paper", 4.5},   {"soft", "card", 4.5},
    {"soft", "tint", 4.5},  {"brand", "paper", 4.5},  {"brand", "card", 4.5},
    {"brand", "tint", 4.5}, {"brand", "mark", 4.5},   {"open", "paper", 4.5},
    {"open", "card", 4.5},  {"open", "tint", 4.5},    {"bad", "paper", 4.5},
    {"bad", "card", 4.5},   {"warn", "paper", 4.5},   {"warn", "card", 4.5},
    {"on", "brand", 4.5},   {"on-warm", "warm", 4.5}, {"edge", "paper", 3},
    {"edge", "card", 3},    {"focus", "paper", 3},    {"focus", "card", 3},
    {"focus", "tint", 3},   {"warm", "paper", 3},     {"warm", "tint", 3},
};
const size_t look_pairs_count = COUNT_OF(look_pairs);

/* Relative luminance of "#rgb" or "#rrggbb", 0 to 1; below 0: the text is none of them. */
static double look_luminance(struct str colour)
{
	static const double weight[3] = {0.2126, 0.7152, 0.0722};
	size_t digits = colour.n == 4 ? 1 : 2;
	double sum = 0;
	if ((colour.n != 4 && colour.n != 7) || colour.p[0] != '#')
		return -1;
	for (size_t i = 0; i < 3; i++) {
		int high = hex_value(colour.p[1 + i * digits]);
		int low = hex_value(colour.p[i * digits + digits]);
		if (high < 0 || low < 0)
			return -1;
		double part = (16 * high + low) / 255.0;
		sum +=
		    weight[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
	}
	return sum;
}

/* The last value of a token wins, as in the cascade. */
static struct str look_value(struct str sheet, const char *name, bool dark)
{
	struct look_token token;
	struct str value = {NULL, 0};
	while (look_next_token(&sheet, &token))
		if (str_eq(token.name, str_of(name)))
			value = dark ? token.dark : token.light;
	return value;
}

size_t look_judge(struct str sheet, void (*found)(void *ctx, const struct look_contrast *contrast),
		  void *ctx)
{
	size_t count = 0;
	for (size_t i = 0; i < look_pairs_count * 2; i++) {
		struct look_contrast c = {.pair = &look_pairs[i / 2], .dark = i % 2};
		double text = look_luminance(look_value(sheet, c.pair->text, c.dark));
		double ground = look_luminance(look_value(sheet, c.pair->ground, c.dark));
		c.judged = text >= 0 && ground >= 0;
		if (c.judged)
			c.found = (fmax(text, ground) + 0.05) / (fmin(text, ground) + 0.05);
		if (c.judged && c.found >= c.pair->wanted)
			continue;
		count++;
		if (found)
			found(ctx, &c);
	}
	return count;
}
