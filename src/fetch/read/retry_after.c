#include "fetch/read/read.h"
#include "fetch/read/internal.h"

#include <string.h>
#include <time.h>

bool retry_after(struct str value, int64_t now_unix_s, uint32_t *ms)
{
	enum { DATE_MAX = 40 };
	/* The preferred form and two obsolete ones that a recipient must accept. */
	static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT",
					    "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};
	char text[DATE_MAX + 1];
	int64_t seconds;
	value = str_trim(value);
	bool digits = value.n > 0;
	for (size_t i = 0; i < value.n; i++)
		digits = digits && ascii_is_digit(value.p[i]);
	if (digits) {
		if (!str_to_i64(value, 0, RETRY_AFTER_MAX_MS / 1000, &seconds))
			seconds = RETRY_AFTER_MAX_MS / 1000;
		*ms = (uint32_t)(seconds * 1000);
		return true;
	}
	if (value.n > DATE_MAX)
		return false;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);
		if (!end || *end)
			continue;
		seconds = (int64_t)timegm(&tm) - now_unix_s;
		if (seconds < 0)
			seconds = 0;
		if (seconds > RETRY_AFTER_MAX_MS / 1000)
			seconds = RETRY_AFTER_MAX_MS / 1000;
		*ms = (uint32_t)(seconds * 1000);
		return true;
	}
	return false;
}
