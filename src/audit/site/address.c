/* Where an address on a page leads (RFC 3986), as a file server would answer it. */
#include "audit/site/internal.h"

#include <stdio.h>
#include <string.h>

static size_t scheme_length(struct str url)
{
	for (size_t i = 0; i < url.n; i++) {
		char c = url.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (c == ':')
			return i;
		if (!letter && !(i && ((c >= '0' && c <= '9') || strchr("+-.", c))))
			return 0;
	}
	return 0;
}

static bool is_web(struct str url)
{
	size_t n = scheme_length(url);
	struct str scheme = {url.p, n};
	return (str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https"))) &&
	       url.n > n + 3 && memcmp(url.p + n, "://", 3) == 0;
}

bool address_is_absolute(struct str url)
{
	return is_web(url);
}

/* Host and what follows of "//host/path". */
static struct str cut_host(struct str *rest)
{
	struct str host = {rest->p + 2, 0};
	while (2 + host.n < rest->n && !strchr("/?#", host.p[host.n]))
		host.n++;
	rest->p += 2 + host.n;
	rest->n -= 2 + host.n;
	return host;
}

void address_base(struct site *site, struct str url, bool prefix)
{
	struct str rest = {url.p + scheme_length(url) + 1, url.n - scheme_length(url) - 1};
	cut_host(&rest);
	site->origin = (struct str){url.p, (size_t)(rest.p - url.p)};
	while (rest.n && rest.p[rest.n - 1] == '/')
		rest.n--;
	if (prefix)
		site->prefix = rest;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t address_decode(struct str s, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n && n + 1 < size; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			out[n++] = (char)(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]));
			i += 2;
		} else {
			out[n++] = s.p[i];
		}
	}
	out[n] = 0;
	return n;
}

/* Without "." and ".."; false: it leads above the root. */
static bool normalise(char *path)
{
	char *out = path;
	struct str rest = str_of(path);
	while (rest.p) {
		struct str part = str_cut(&rest, '/');
		bool last = rest.p == NULL;
		if (str_eq(part, STR("..")) || str_eq(part, STR("."))) {
			if (part.n == 2) {
				if (out == path)
					return false;
				for (out--; out > path && out[-1] != '/'; out--)
					;
			}
			continue;
		}
		memmove(out, part.p, part.n);
		out += part.n;
		if (!last && part.n)
			*out++ = '/';
	}
	*out = 0;
	return true;
}

static struct site_file *file_at(const struct site *site, const char *path)
{
	static const char *const forms[] = {"%s", "%sindex.html", "%s/index.html", "%s.html",
					    "%sindex.htm"};
	char name[4200];
	size_t n = strlen(path);
	bool folder = n == 0 || path[n - 1] == '/';
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (folder ? i == 0 || i == 2 || i == 3 : i == 1 || i == 4)
			continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(name, sizeof(name), forms[i], path);
#pragma GCC diagnostic pop
		struct site_file *file = site_find(site, str_of(name));
		if (file)
			return file;
	}
	return NULL;
}

/* Cut origin and prefix; true when it is of this site. */
static bool cut_own(const struct site *site, struct str *url, struct address *out)
{
	struct str rest = *url;
	if (is_web(rest)) {
		rest.p += scheme_length(*url) + 1;
		rest.n -= scheme_length(*url) + 1;
	}
	out->host = cut_host(&rest);
	struct str own = site->origin;
	if (!own.n)
		return false;
	own.p += scheme_length(site->origin) + 3;
	own.n -= scheme_length(site->origin) + 3;
	*url = rest;
	return str_eq_nocase(own, out->host);
}

void address_resolve(const struct site *site, const struct site_page *from, struct str url,
		     struct address *out)
{
	url = str_trim(url);
	*out = (struct address){.kind = ADDRESS_OTHER, .fragment = {NULL, 0}};
	bool web = is_web(url) || str_starts(url, STR("//"));
	out->insecure = url.n > 5 && str_eq_nocase((struct str){url.p, 5}, STR("http:"));
	if ((!web && scheme_length(url)) || (url.p && strstr(url.p, "{{")))
		return;
	if (web && !cut_own(site, &url, out)) {
		out->kind = ADDRESS_WEB;
		return;
	}
	struct str path = url;
	out->fragment = str_cut(&path, '#').p ? path : (struct str){NULL, 0};
	path = url;
	path = str_cut(&path, '#');
	path = str_cut(&path, '?');
	out->kind = ADDRESS_LOCAL;
	if (!web && path.n == 0) {
		out->file = from->file;
		return;
	}
	char decoded[2 * PAGE_TEXT_MAX];
	address_decode(path, decoded, sizeof(decoded));
	size_t skip = 0, folder = 0;
	struct str own = from->base.p ? from->base : from->file->path;
	if (web || decoded[0] == '/') {
		size_t n = site->prefix.n;
		if (n && strncmp(decoded, site->prefix.p, n) != 0) {
			out->kind = ADDRESS_OUTSIDE;
			return;
		}
		for (skip = n; decoded[skip] == '/'; skip++)
			;
	} else {
		for (size_t i = 0; i < own.n; i++)
			if (own.p[i] == '/')
				folder = i + 1;
	}
	snprintf(out->path, sizeof(out->path), "%.*s%s", (int)(folder > 1900 ? 1900 : folder),
		 own.p ? own.p : "", decoded + skip);
	if (!normalise(out->path)) {
		out->kind = ADDRESS_OUTSIDE;
		return;
	}
	out->file = file_at(site, out->path);
}
