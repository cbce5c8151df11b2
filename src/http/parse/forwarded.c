/* What a trusted proxy says of the client: PROXY protocol 1 and 2, X-Forwarded-For, Forwarded. */
#include "http/parse/parse.h"
#include "base/network.h"

#include <netinet/in.h>
#include <string.h>

/* ---- the PROXY protocol (haproxy.org/download/2.8/doc/proxy-protocol.txt) ---- */

enum {
	PROXY_LINE_BYTES = 107,  /* of version 1, CR LF included */
	PROXY_HEAD_BYTES = 16,   /* of version 2 */
	PROXY_REST_BYTES = 2048, /* of version 2: addresses, and TLVs, which are skipped */
};

/* "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443", without its CR LF. */
static bool proxy_line(struct str line, struct http_client *out)
{
	str_cut(&line, ' ');
	struct str family = str_cut(&line, ' ');
	if (str_eq(family, STR("UNKNOWN")))
		return true;
	struct str source = line.p ? str_cut(&line, ' ') : STR("");
	bool four = str_eq(family, STR("TCP4"));
	if ((!four && !str_eq(family, STR("TCP6"))) || !line.p)
		return false;
	return network_read(source, &out->family, out->address) &&
	       out->family == (four ? AF_INET : AF_INET6);
}

static enum http_scan_result proxy_version_1(const char *p, size_t n, size_t *used,
					     struct http_client *out)
{
	size_t max = n < PROXY_LINE_BYTES ? n : PROXY_LINE_BYTES;
	const char *end = memchr(p, '\n', max);
	if (!end)
		return max == PROXY_LINE_BYTES ? HEAD_FAULT : HEAD_PARTIAL;
	*used = (size_t)(end - p) + 1;
	if (*used < 2 || end[-1] != '\r' || !proxy_line((struct str){p, *used - 2}, out))
		return HEAD_FAULT;
	return HEAD_COMPLETE;
}

static enum http_scan_result proxy_version_2(const unsigned char *p, size_t n, size_t *used,
					     struct http_client *out)
{
	if (n < PROXY_HEAD_BYTES)
		return HEAD_PARTIAL;
	size_t rest = (size_t)p[14] << 8 | p[15];
	if (p[12] >> 4 != 2 || (p[12] & 15) > 1 || rest > PROXY_REST_BYTES)
		return HEAD_FAULT;
	if (n < PROXY_HEAD_BYTES + rest)
		return HEAD_PARTIAL;
	*used = PROXY_HEAD_BYTES + rest;
	bool local = (p[12] & 15) == 0; /* the proxy's own connection, a health check */
	unsigned family = p[13] >> 4;
	if (local || family == 0)
		return HEAD_COMPLETE;
	size_t bytes = family == 1 ? 4 : 16;
	if (family > 2 || rest < 2 * bytes + 4)
		return HEAD_FAULT;
	out->family = family == 1 ? AF_INET : AF_INET6;
	memcpy(out->address, p + PROXY_HEAD_BYTES, bytes);
	return HEAD_COMPLETE;
}

enum http_scan_result http_scan_proxy(const char *p, size_t n, size_t *used,
				      struct http_client *out)
{
	static const char line[] = "PROXY ", signature[] = "\r\n\r\n\0\r\nQUIT\n";
	memset(out, 0, sizeof(*out));
	size_t common = n < sizeof(line) - 1 ? n : sizeof(line) - 1;
	if (memcmp(p, line, common) == 0)
		return common < sizeof(line) - 1 ? HEAD_PARTIAL : proxy_version_1(p, n, used, out);
	common = n < sizeof(signature) - 1 ? n : sizeof(signature) - 1;
	if (memcmp(p, signature, common) == 0)
		return common < sizeof(signature) - 1
			   ? HEAD_PARTIAL
			   : proxy_version_2((const unsigned char *)p, n, used, out);
	return HEAD_FAULT;
}

/* ---- header fields ---- */

/* "192.0.2.1", "192.0.2.1:47011", "2001:db8::1", "[2001:db8::1]:47011". A port is not looked at. */
static bool forwarded_address(struct str s, struct http_client *out)
{
	memset(out, 0, sizeof(*out));
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	if (s.n && s.p[0] == '[') {
		const char *end = memchr(s.p, ']', s.n);
		if (!end)
			return false;
		s = (struct str){s.p + 1, (size_t)(end - s.p) - 1};
	} else if (colon && !memchr(colon + 1, ':', s.n - (size_t)(colon + 1 - s.p))) {
		s.n = (size_t)(colon - s.p);
	}
	return network_read(s, &out->family, out->address);
}

/* The last part of a list before *list.n, and the list without it; a
 * separator in quotes is none. */
static struct str forwarded_last(struct str *list, char separator)
{
	bool quoted = false;
	size_t at = 0;
	bool found = false;
	for (size_t i = 0; i < list->n; i++) {
		if (list->p[i] == '"')
			quoted = !quoted;
		else if (list->p[i] == '\\' && quoted)
			i++;
		else if (list->p[i] == separator && !quoted) {
			at = i;
			found = true;
		}
	}
	struct str last = found ? (struct str){list->p + at + 1, list->n - at - 1} : *list;
	*list = found ? (struct str){list->p, at} : (struct str){NULL, 0};
	return str_trim(last);
}

/* The value of `for` in "for=192.0.2.60;proto=http;by=203.0.113.43", without quotes. */
static struct str forwarded_for(struct str element)
{
	while (element.p) {
		struct str value = forwarded_last(&element, ';');
		struct str name = str_trim(str_cut(&value, '='));
		if (!value.p || !str_eq_nocase(name, STR("for")))
			continue;
		value = str_trim(value);
		if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = (struct str){value.p + 1, value.n - 2};
		return value;
	}
	return STR("");
}

bool http_last_forwarded(const struct http_head *head, enum http_forwarded how,
			 struct http_hops *hops, struct http_client *out)
{
	static const struct str names[] = {
	    [HTTP_X_FORWARDED_FOR] = STR("x-forwarded-for"),
	    [HTTP_FORWARDED] = STR("forwarded"),
	};
	for (;;) {
		if (hops->rest.p) {
			struct str part = forwarded_last(&hops->rest, ',');
			return forwarded_address(how == HTTP_FORWARDED ? forwarded_for(part) : part,
						 out);
		}
		/* The fields of that name from the last to the first: they are one
		 * list (RFC 9110 5.3). */
		while (hops->fields_left &&
		       !str_eq_nocase(head->fields[hops->fields_left - 1].name, names[how]))
			hops->fields_left--;
		if (!hops->fields_left)
			return false;
		hops->rest = head->fields[--hops->fields_left].value;
	}
}
