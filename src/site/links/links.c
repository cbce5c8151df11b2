#include "site/links/links.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/ascii.h"
#include "base/percent.h"

enum { LINKS_QUERY_MAX = 1024 };

/* ---- one address ---- */

/* The path of an address without query and fragment. */
static struct str links_path(struct str address)
{
	size_t n = 0;
	while (n < address.n && address.p[n] != '?' && address.p[n] != '#')
		n++;
	return (struct str){address.p, n};
}

static bool links_names_language(const struct links *l, struct str path)
{
	struct str rest = str_from(path, 1), first = str_cut(&rest, '/');
	for (size_t i = 0; i < l->languages; i++)
		if (str_eq(first, l->all[i]))
			return true;
	return false;
}

/* Whether the operator publishes a file there, or a folder with an index.html. */
static bool links_is_file(const struct links *l, struct str path)
{
	static const struct str index = STR("index.html");
	char file[PATH_MAX];
	int n = l->files ? snprintf(file, sizeof(file), "%s/", l->files) : 0;
	size_t used = n > 0 ? (size_t)n : 0;
	if (!used || used + path.n + index.n + 1 > sizeof(file))
		return false;
	for (struct str rest = str_from(path, 1); rest.n; rest = str_from(rest, 1)) {
		char octet;
		bool encoded = percent_octet(rest, &octet);
		file[used++] = encoded ? octet : *rest.p;
		rest = encoded ? str_from(rest, 2) : rest;
	}
	if (path.p[path.n - 1] == '/') {
		memcpy(file + used, index.p, index.n);
		used += index.n;
	}
	file[used] = '\0';
	struct stat st;
	return !memchr(file, '\0', used) && !strstr(file, "/..") && stat(file, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

/* Whether an address is that of the site's root or below it; *rest: what follows the root. */
static bool links_is_below(struct str address, struct str root, struct str *rest)
{
	if (!str_starts(address, root))
		return false;
	*rest = str_from(address, root.n);
	return !rest->n || strchr("/?#", *rest->p);
}

void links_put(const struct links *l, struct str address, struct buf *out)
{
	struct str root, rest, path;
	bool here = address.n && address.p[0] == '/' && !str_starts(address, STR("//"));
	if (l && here && !l->elsewhere) {
		root = l->base;
		if (!l->base.n || !links_is_below(address, l->base, &rest))
			rest = address;
	} else if (l && !here && l->url.n && links_is_below(address, l->url, &rest)) {
		root = l->url;
	} else {
		buf_str(out, address);
		return;
	}
	path = links_path(rest);
	path = path.n ? path : STR("/");
	buf_str(out, root);
	if (l->language.n && !links_names_language(l, path) && !links_is_file(l, path)) {
		buf_putc(out, '/');
		buf_str(out, l->language);
		if (!rest.n || *rest.p != '/')
			buf_putc(out, '/');
	}
	buf_str(out, rest);
}

void links_put_query(struct str address, struct str query, struct buf *out)
{
	struct str fragment = address, before = str_cut(&fragment, '#');
	buf_str(out, before);
	buf_putc(out, before.n && memchr(before.p, '?', before.n) ? '&' : '?');
	buf_str(out, query);
	if (fragment.p) {
		buf_putc(out, '#');
		buf_str(out, fragment);
	}
}

void links_put_contact(struct str contact, struct str id, struct str topic, struct str subject,
		       struct buf *out)
{
	struct buf query;
	buf_init(&query, LINKS_QUERY_MAX);
	if (str_starts(contact, STR("mailto:"))) {
		buf_puts(&query, "subject=");
		percent_put(&query, subject, ":");
		buf_printf(&query, "%%20%.*s", STR_ARG(id));
	} else {
		buf_printf(&query, "business=%.*s&topic=%.*s", STR_ARG(id), STR_ARG(topic));
	}
	links_put_query(contact, buf_view(&query), out);
	buf_release(&query);
}

/* ---- in HTML ---- */

static bool links_is_blank(char c)
{
	return c && strchr(" \t\r\n\f", c);
}

/* Candidates of a srcset: addresses, each with a size behind it, separated by commas. */
static void links_put_candidates(const struct links *l, struct str value, struct buf *out)
{
	while (value.p) {
		struct str one = str_cut(&value, ',');
		while (one.n && links_is_blank(*one.p)) {
			buf_putc(out, *one.p);
			one = str_from(one, 1);
		}
		struct str size = one, address = str_cut(&size, ' ');
		links_put(l, address, out);
		if (size.p) {
			buf_putc(out, ' ');
			buf_str(out, size);
		}
		if (value.p)
			buf_putc(out, ',');
	}
}

/* What has an address as its value: an attribute behind white space, or url() of a style. */
static const struct links_holder {
	struct str name;
	bool attribute, several;
} holders[] = {{STR("href"), true, false},       {STR("src"), true, false},
	       {STR("srcset"), true, true},      {STR("action"), true, false},
	       {STR("formaction"), true, false}, {STR("poster"), true, false},
	       {STR("url("), false, false}};

/* The holder whose value begins in s, at *value; NULL: none. before: the character in front. */
static const struct links_holder *links_holder_at(struct str s, char before, size_t *value)
{
	bool attributes = links_is_blank(before), others = !ascii_is_alnum(before);
	for (size_t i = 0; i < COUNT_OF(holders) && (attributes || others); i++) {
		const struct links_holder *h = &holders[i];
		size_t at = h->name.n;
		if (!(h->attribute ? attributes : others) || s.n <= at ||
		    strncasecmp(s.p, h->name.p, at) != 0)
			continue;
		while (at < s.n && links_is_blank(s.p[at]))
			at++;
		if (h->attribute && (at == s.n || s.p[at++] != '='))
			continue;
		while (at < s.n && links_is_blank(s.p[at]))
			at++;
		*value = at;
		return h;
	}
	return NULL;
}

/* The end of a value that begins with a quote, or without one. */
static size_t links_value_end(struct str s, const struct links_holder *h)
{
	char quote = s.n && (*s.p == '"' || *s.p == '\'') ? *s.p : '\0';
	size_t at = quote ? 1 : 0;
	while (at < s.n &&
	       (quote ? s.p[at] != quote
		      : !links_is_blank(s.p[at]) && s.p[at] != (h->attribute ? '>' : ')')))
		at++;
	return at;
}

void links_put_html(const struct links *l, struct str source, struct buf *out)
{
	char before = ' ';
	while (source.n) {
		size_t value;
		const struct links_holder *h = links_holder_at(source, before, &value);
		if (!h) {
			before = *source.p;
			buf_putc(out, before);
			source = str_from(source, 1);
			continue;
		}
		struct str rest = str_from(source, value);
		size_t end = links_value_end(rest, h);
		size_t quote = rest.n && (*rest.p == '"' || *rest.p == '\'') ? 1 : 0;
		buf_add(out, source.p, value + quote);
		struct str address = {rest.p + quote, end - quote};
		if (h->several)
			links_put_candidates(l, address, out);
		else
			links_put(l, address, out);
		before = end ? rest.p[end - 1] : '=';
		source = str_from(rest, end);
	}
}
