/* The values of parameters: what a row allows, and whether a text is that. */
#include "http/internal.h"

#include <string.h>

enum { TEXT_BYTES_DEFAULT = 1000 };

void value_describe(const struct http_param *param, struct buf *out)
{
	switch (param->type) {
	case HTTP_TEXT:
		buf_printf(out, "a text of %lld to %lld bytes without control characters",
			   (long long)param->min,
			   (long long)(param->max ? param->max : TEXT_BYTES_DEFAULT));
		break;
	case HTTP_INT:
		buf_printf(out, "a whole number from %lld to %lld", (long long)param->min,
			   (long long)param->max);
		break;
	case HTTP_NUMBER:
		buf_printf(out, "a number from %lld to %lld", (long long)param->min,
			   (long long)param->max);
		break;
	case HTTP_BOOL:
		buf_puts(out, "true or false");
		break;
	case HTTP_CHOICE:
		buf_puts(out, "one of ");
		for (int i = 0; param->choices[i]; i++)
			buf_printf(out, "%s%s", i ? ", " : "", param->choices[i]);
		break;
	}
}

static bool value_is_text(const struct http_param *param, struct str s)
{
	int64_t max = param->max ? param->max : TEXT_BYTES_DEFAULT;
	if ((int64_t)s.n < param->min || (int64_t)s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

bool value_check(const struct http_param *param, struct http_value *value)
{
	switch (param->type) {
	case HTTP_TEXT:
		return value_is_text(param, value->text);
	case HTTP_INT:
		return str_to_i64(value->text, param->min, param->max, &value->i);
	case HTTP_NUMBER:
		return str_to_double(value->text, &value->number) &&
		       value->number >= (double)param->min && value->number <= (double)param->max;
	case HTTP_BOOL:
		value->i = str_eq(value->text, STR("true"));
		return value->i || str_eq(value->text, STR("false"));
	case HTTP_CHOICE:
		for (int i = 0; param->choices[i]; i++) {
			if (str_eq(value->text, str_of(param->choices[i]))) {
				value->i = i;
				return true;
			}
		}
		return false;
	}
	return false;
}
