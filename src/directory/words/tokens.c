#include "directory/words/tokens.h"

#include <string.h>
#include "base/ascii.h"

struct str token_host(struct str url, char out[TOKEN_HOST_BYTES])
{
	static const struct str none = {"", 0};
	const char *scheme = url.n ? memmem(url.p, url.n, "://", 3) : NULL;
	struct str host = url;
	size_t n = 0, dots = 0;
	if (scheme)
		host = (struct str){scheme + 3, url.n - (size_t)(scheme + 3 - url.p)};
	for (; n < host.n && !strchr("/?#:", host.p[n]); n++) {
		char c = ascii_lower(host.p[n]);
		if (n == TOKEN_HOST_BYTES || !(ascii_is_alnum(c) || c == '-' || c == '.'))
			return none;
		dots += c == '.' && n > 0 && n + 1 < host.n && out[n - 1] != '.';
		out[n] = c;
	}
	if (dots == 0 || out[n - 1] == '.')
		return none;
	struct str found = {out, n};
	if (str_starts(found, STR("www.")) && dots > 1)
		found = (struct str){out + 4, n - 4};
	return found;
}
