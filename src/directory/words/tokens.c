#include "directory/words/tokens.h"

#include <string.h>
#include "base/ascii.h"

/* "@t99": the letter and the number, as SQL has them. */
static bool mark_of_facet(struct str token, int16_t *out)
{
	int64_t id;
	if (token.n < 3 || token.p[0] != '@' || !strchr("cgrt", token.p[1]) ||
	    !str_to_i64(str_from(token, 2), 0, INT32_MAX, &id))
		return false;
	*out = (int16_t)((token.p[1] * 7919 + id * 31) % 65536 - 32768);
	return true;
}

int16_t token_mark(struct str token)
{
	int16_t facet;
	uint32_t h = 2166136261u; /* FNV-1a */
	if (mark_of_facet(token, &facet))
		return facet;
	for (size_t i = 0; i < token.n; i++)
		h = (h ^ (unsigned char)token.p[i]) * 16777619u;
	return (int16_t)((int)((h ^ h >> 16) & 0xffff) - 32768);
}

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
