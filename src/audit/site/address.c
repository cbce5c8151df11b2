/* Where an address on a page leads (RFC 3986), as a file server would answer it. */
#include "audit/site/internal.h"
#include "base/ascii.h"
#include "base/percent.h"

#include <stdio.h>
#include <string.h>

static size_t scheme_length(struct str url)
{
	for (size_t i = 0; i < url.n; i++) {
		char c = url.p[i];
		bool letter = ascii_is_letter(c);
		if (c == ':')
			return i;
		if (!letter && !(i && (ascii_is_digit(c) || strchr("+-.", c))))
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

bool address_split(struct str url, struct str *origin, struct str *path)
{
	if (!is_web(url))
		return false;
	size_t scheme = scheme_length(url) + 1;
	struct str rest = {url.p + scheme, url.n - scheme};
	cut_host(&rest);
	*origin = (struct str){url.p, (size_t)(rest.p - url.p)};
	*path = rest;
	return true;
}

void address_base(struct site *site, struct str url)
{
	struct str path;
	if (!address_split(url, &site->origin, &path))
		return;
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	site->prefix = path;
}

size_t address_decode(struct str s, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n && n + 1 < size; i++) {
		if (percent_octet((struct str){s.p + i, s.n - i}, &out[n]))
			i += 2;
		else
			out[n] = s.p[i];
		n++;
	}
	out[n] = 0;
	return n;
}

/* Remove "." and ".." in place; the new length, or SIZE_MAX when the path leads above the root. The
 * path may hold any bytes, NUL too. */
static size_t address_normalise(char *path, size_t length)
{
	char *out = path;
	struct str rest = {path, length};
	while (rest.p) {
		struct str part = str_cut(&rest, '/');
		bool last = rest.p == NULL;
		if (str_eq(part, STR("..")) || str_eq(part, STR("."))) {
			if (part.n == 2) {
				if (out == path)
					return SIZE_MAX;
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
	return (size_t)(out - path);
}

struct site_file *address_file(const struct site *site, struct str path)
{
	static const struct {
		struct str between, name;
		bool folder; /* of a path that ends with a slash */
	} forms[] = {
	    {STR(""), STR(""), false},
	    {STR(""), STR("index.html"), true},
	    {STR("/"), STR("index.html"), false},
	    {STR(""), STR(".html"), false},
	    {STR(""), STR("index.htm"), true},
	};
	char name[ADDRESS_PATH_MAX + 32];
	bool folder = path.n == 0 || path.p[path.n - 1] == '/';
	if (path.n >= ADDRESS_PATH_MAX)
		return NULL;
	memcpy(name, path.p, path.n);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		size_t n = path.n;
		if (folder != forms[i].folder)
			continue;
		memcpy(name + n, forms[i].between.p, forms[i].between.n);
		n += forms[i].between.n;
		memcpy(name + n, forms[i].name.p, forms[i].name.n);
		n += forms[i].name.n;
		struct site_file *file = site_find(site, (struct str){name, n});
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

/* The path of an address of this site, relative to its root, into `path`. False: it is not below
 * the root. Bytes are kept as they are: a name with %00 in it is a name that no file has. */
static bool path_in_site(const struct site *site, const struct site_page *from, struct str path,
			 bool absolute, char *out, size_t *length)
{
	char decoded[ADDRESS_PATH_MAX];
	struct str rest = {decoded, address_decode(path, decoded, sizeof(decoded))};
	struct str folder = {NULL, 0};
	if (absolute || (rest.n && rest.p[0] == '/')) {
		struct str prefix = site->prefix;
		bool below = str_starts(rest, prefix) &&
			     (rest.n == prefix.n || !prefix.n || rest.p[prefix.n] == '/');
		if (!below)
			return false;
		rest = (struct str){rest.p + prefix.n, rest.n - prefix.n};
		while (rest.n && rest.p[0] == '/')
			rest = (struct str){rest.p + 1, rest.n - 1};
	} else {
		struct str own = from->base.p ? from->base : from->file->path;
		for (size_t i = 0; i < own.n; i++)
			if (own.p[i] == '/')
				folder = (struct str){own.p, i + 1};
	}
	if (folder.n + rest.n >= ADDRESS_PATH_MAX)
		return false; /* longer than any name of the site */
	if (folder.n)
		memcpy(out, folder.p, folder.n);
	memcpy(out + folder.n, rest.p, rest.n);
	*length = address_normalise(out, folder.n + rest.n);
	return *length != SIZE_MAX;
}

void address_resolve(const struct site *site, const struct site_page *from, struct str url,
		     struct address *out)
{
	size_t length;
	url = str_trim(url);
	*out = (struct address){.kind = ADDRESS_OTHER, .fragment = {NULL, 0}};
	bool web = is_web(url) || str_starts(url, STR("//"));
	out->insecure = url.n > 5 && str_eq_nocase((struct str){url.p, 5}, STR("http:"));
	if ((!web && scheme_length(url)) || (url.n && memmem(url.p, url.n, "{{", 2)))
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
	if (!path_in_site(site, from, path, web, out->room, &length)) {
		out->kind = ADDRESS_OUTSIDE;
		return;
	}
	out->path = (struct str){out->room, length};
	out->file = address_file(site, out->path);
}
