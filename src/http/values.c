/* The values of parameters: what a row allows, and whether a text is that. */
#include "http/internal.h"

#include <string.h>

enum { TEXT_BYTES_DEFAULT = 1000 };

void value_describe(const struct http_param *param, struct buf *out)
{
	switch (param->type) {
	case HTTP_TEXT:
	case HTTP_LINES:
		buf_printf(out, "a text of %lld to %lld bytes without control characters%s",
			   (long long)param->min,
			   (long long)(param->max ? param->max : TEXT_BYTES_DEFAULT),
			   param->type == HTTP_LINES ? " other than line breaks and tabs" : "");
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
	bool lines = param->type == HTTP_LINES;
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f) &&
		    !(lines && (s.p[i] == '\n' || s.p[i] == '\t')))
			return false;
	return true;
}

/* CR LF to LF, in place: what browsers send for the line breaks of a text area. */
static void value_join_lines(struct str *text)
{
	char *p = (char *)text->p;
	size_t n = 0;
	for (size_t i = 0; i < text->n; i++)
		if (!(p[i] == '\r' && i + 1 < text->n && p[i + 1] == '\n'))
			p[n++] = p[i];
	if (n < text->n)
		p[n] = '\0';
	text->n = n;
}

bool value_check(const struct http_param *param, struct http_value *value)
{
	switch (param->type) {
	case HTTP_LINES:
		value_join_lines(&value->text);
		return value_is_text(param, value->text);
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
