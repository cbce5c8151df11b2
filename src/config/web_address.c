#include "config/web_address.h"
#include "base/ascii.h"
#include "base/network.h"
#include "base/percent.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 63, HOST_MAX = 253 };

/* ---- punycode, RFC 3492 ---- */

enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

static uint32_t punycode_adapt(uint32_t delta, uint32_t count, bool first)
{
	uint32_t k = 0;
	delta = first ? delta / DAMP : delta / 2;
	delta += delta / count;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static void put_digit(struct buf *out, uint32_t digit)
{
	buf_putc(out, (char)(digit < 26 ? 'a' + digit : '0' + (digit - 26)));
}

/* Write a variable-length integer: the distance to the next character. */
static void punycode_put_delta(struct buf *out, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
		if (delta < t)
			break;
		put_digit(out, t + (delta - t) % (BASE - t));
		delta = (delta - t) / (BASE - t);
	}
	put_digit(out, delta);
}

static void punycode_put(struct buf *out, const uint32_t *c, uint32_t count)
{
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, handled = 0, basic;
	for (uint32_t i = 0; i < count; i++)
		if (c[i] < 0x80) {
			buf_putc(out, (char)c[i]);
			handled++;
		}
	basic = handled;
	if (basic)
		buf_putc(out, '-');
	while (handled < count) {
		uint32_t next = UINT32_MAX;
		for (uint32_t i = 0; i < count; i++)
			if (c[i] >= n && c[i] < next)
				next = c[i];
		delta += (next - n) * (handled + 1);
		n = next;
		for (uint32_t i = 0; i < count; i++) {
			delta += c[i] < n;
			if (c[i] != n)
				continue;
			punycode_put_delta(out, delta, bias);
			bias = punycode_adapt(delta, handled + 1, handled == basic);
			delta = 0;
			handled++;
		}
		delta++;
		n++;
	}
}

/* ---- the host ---- */

/* Convert Latin, Greek and Cyrillic letters to lower case. */
static uint32_t host_lower(uint32_t c)
{
	if (c < 0x80)
		return (uint32_t)ascii_lower((char)c);
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	bool even_first = (c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177);
	bool odd_first = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
	if (c != 0x130 && ((even_first && c % 2 == 0) || (odd_first && c % 2 == 1)))
		return c + 1;
	return c;
}

/* Decode the characters of a label. Returns their number; 0: too many, or not UTF-8. */
static uint32_t host_read_label(struct str label, uint32_t c[LABEL_MAX], bool *ascii)
{
	uint32_t count = 0;
	*ascii = true;
	while (label.n) {
		size_t n = utf8_first(label);
		const unsigned char *p = (const unsigned char *)label.p;
		if (!n || count == LABEL_MAX)
			return 0;
		uint32_t value = n == 1 ? p[0] : p[0] & (0x7fu >> n);
		for (size_t i = 1; i < n; i++)
			value = value << 6 | (p[i] & 0x3fu);
		*ascii &= n == 1;
		c[count++] = host_lower(value);
		label = (struct str){label.p + n, label.n - n};
	}
	return count;
}

static const char *host_put_label(struct str label, struct buf *out)
{
	uint32_t c[LABEL_MAX], count;
	bool ascii;
	size_t before = out->n;
	if (!label.n)
		return "its host has an empty part";
	count = host_read_label(label, c, &ascii);
	if (!count)
		return "a part of its host is longer than 63 characters";
	for (uint32_t i = 0; i < count; i++)
		if (c[i] < 0x80 ? !ascii_is_alnum((char)c[i]) && c[i] != '-'
				: c[i] < 0xc0 || (c[i] >= 0x2000 && c[i] <= 0x206f))
			return "its host has a character that is not allowed in host names";
	if (c[0] == '-' || c[count - 1] == '-')
		return "a part of its host begins or ends with '-'";
	if (ascii) {
		for (uint32_t i = 0; i < count; i++)
			buf_putc(out, (char)c[i]);
	} else {
		buf_puts(out, "xn--");
		punycode_put(out, c, count);
	}
	return out->n - before > LABEL_MAX ? "a part of its host is longer than 63 characters"
					   : NULL;
}

static const char *address_put_host(struct str host, struct buf *out)
{
	unsigned char address[16];
	char text[INET6_ADDRSTRLEN];
	int family;
	size_t before = out->n;
	if (!host.n)
		return "it names no host";
	if (host.p[0] == '[') {
		if (host.n < 2 || host.p[host.n - 1] != ']' ||
		    !network_read((struct str){host.p + 1, host.n - 2}, &family, address) ||
		    family != AF_INET6)
			return "its host is not an IPv6 address";
		inet_ntop(AF_INET6, address, text, sizeof(text));
		buf_printf(out, "[%s]", text);
		return NULL;
	}
	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	for (struct str rest = host; rest.p;) {
		const char *wrong = host_put_label(str_cut(&rest, '.'), out);
		if (wrong)
			return wrong;
		if (rest.p)
			buf_putc(out, '.');
	}
	return out->n - before > HOST_MAX ? "its host is longer than 253 characters" : NULL;
}

/* ---- the rest ---- */

static const char *address_put_port(struct str port, bool https, struct buf *out)
{
	int64_t n;
	if (!str_to_i64(port, 1, 65535, &n))
		return "its port is not a number from 1 to 65535";
	if (n != (https ? 443 : 80))
		buf_printf(out, ":%d", (int)n);
	return NULL;
}

static const char *address_put_path(struct str path, struct buf *out)
{
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	struct str parts = path;
	for (bool first = true; parts.p; first = false) {
		struct str part = str_cut(&parts, '/');
		if (path.n && !first &&
		    (!part.n || str_eq(part, STR(".")) || str_eq(part, STR(".."))))
			return "its path has an empty part, '.' or '..'";
	}
	for (size_t i = 0; i < path.n; i++) {
		char octet, c = path.p[i];
		if ((unsigned char)c <= ' ' || c == 0x7f || c == '\\')
			return "it has a space or a control character";
		if (c == '%' && !percent_octet((struct str){path.p + i, path.n - i}, &octet))
			return "its path has a '%' without two hexadecimal digits";
		percent_put_char(out, c, "/%!$&'()*+,;=:@");
	}
	return NULL;
}

const char *web_address(struct str text, struct buf *out)
{
	struct str rest;
	bool https = text.n > 8 && str_eq_nocase((struct str){text.p, 8}, STR("https://"));
	if (!https && !(text.n > 7 && str_eq_nocase((struct str){text.p, 7}, STR("http://"))))
		return "it does not begin with https:// or http:// and a host";
	rest = (struct str){text.p + (https ? 8 : 7), text.n - (https ? 8 : 7)};
	if (memchr(rest.p, '?', rest.n) || memchr(rest.p, '#', rest.n))
		return "it has a query or a fragment";
	struct str authority = {rest.p, 0};
	while (authority.n < rest.n && authority.p[authority.n] != '/')
		authority.n++;
	struct str path = {authority.p + authority.n, rest.n - authority.n};
	if (memchr(authority.p, '@', authority.n))
		return "it has a user name";
	buf_puts(out, https ? "https://" : "http://");
	struct str host = authority;
	size_t colon = authority.n;
	while (colon && authority.p[colon - 1] != ':' && authority.p[colon - 1] != ']')
		colon--;
	bool has_port = colon && authority.p[colon - 1] == ':';
	if (has_port)
		host.n = colon - 1;
	const char *wrong = address_put_host(host, out);
	if (!wrong && has_port)
		wrong = address_put_port((struct str){authority.p + colon, authority.n - colon},
					 https, out);
	return wrong ? wrong : address_put_path(path, out);
}
