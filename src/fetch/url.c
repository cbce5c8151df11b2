#include "fetch/internal.h"
#include "base/network.h"
#include "base/ascii.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>

enum { SET_FLAGS = CURLU_DISALLOW_USER | CURLU_URLENCODE | CURLU_ALLOW_SPACE, PASSES_MAX = 3 };

/* A part of the URL, in the arena; NULL: absent, or over the arena's maximum. */
static char *url_part(const struct url *url, struct arena *arena, CURLUPart what, unsigned flags)
{
	char *text = NULL, *copy = NULL;
	if (curl_url_get(url->handle, what, &text, flags) == CURLUE_OK)
		copy = (char *)arena_str(arena, str_of(text)).p;
	curl_free(text);
	return copy;
}

static bool url_is_plain_name(const char *host)
{
	size_t n = strlen(host), label = 0;
	if (n == 0 || n > FETCH_HOST_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = host[i];
		bool ok = ascii_is_lower(c) || ascii_is_digit(c) || c == '-' || c == '_';
		label = ok ? label + 1 : 0;
		if (!ok && (c != '.' || i == 0 || host[i - 1] == '.'))
			return false;
		if (label > 63)
			return false;
	}
	return true;
}

/* Whether the last label begins with a digit. No top-level domain does, so that such a host is an
 * address in an unusual notation. */
static bool url_ends_in_number(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot ? dot + 1 : host;
	return ascii_is_digit(*last);
}

/* Normalise a host: ASCII by IDNA 2008, lower case, no final dot. NULL: it is not valid. */
static char *url_normal_host(struct arena *arena, const char *host)
{
	char *ascii = NULL;
	bool foreign = false;
	for (const char *p = host; *p; p++)
		foreign = foreign || (unsigned char)*p >= 0x80;
	if (foreign && idn2_lookup_u8((const uint8_t *)host, (uint8_t **)&ascii,
				      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	char *copy = (char *)arena_str(arena, str_of(foreign ? ascii : host)).p;
	idn2_free(ascii);
	if (!copy)
		return NULL;
	for (char *p = copy; *p; p++)
		*p = ascii_lower(*p);
	size_t n = strlen(copy);
	if (n > 1 && copy[n - 1] == '.')
		copy[n - 1] = '\0';
	return copy;
}

/* Repeat until libcurl's parser returns the normalised host unchanged: then the host that is
 * checked here is the one that libcurl calls. */
static bool url_settle_host(struct url *url, struct arena *arena)
{
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		char *text = NULL;
		char *host = url_part(url, arena, CURLUPART_HOST, 0);
		if (!host)
			return false;
		if (host[0] == '[') {
			url->host = host;
			return true;
		}
		url->host = url_normal_host(arena, host);
		if (!url->host || !url_is_plain_name(url->host))
			return false;
		if (strcmp(url->host, host) == 0)
			return true;
		/* Parse the whole URL again: setting the host alone does not read numbers as
		 * addresses. */
		bool ok = curl_url_set(url->handle, CURLUPART_HOST, url->host, 0) == CURLUE_OK &&
			  curl_url_get(url->handle, CURLUPART_URL, &text, 0) == CURLUE_OK &&
			  curl_url_set(url->handle, CURLUPART_URL, text, CURLU_DISALLOW_USER) ==
			      CURLUE_OK;
		curl_free(text);
		if (!ok)
			return false;
	}
	return false;
}

/* Set url->address when the host is an address. False: it looks like one and is not. */
static bool url_read_literal(struct url *url, struct arena *arena)
{
	union address *a = &url->address;
	unsigned char bytes[16];
	int family;
	if (url->host[0] == '[') {
		size_t n = strlen(url->host);
		struct str inner = arena_str(arena, (struct str){url->host + 1, n - 2});
		if (!network_read(inner, &family, bytes) || family != AF_INET6)
			return false; /* addresses with a zone, too */
		url->host = inner.p;
		memcpy(&a->six.sin6_addr, bytes, sizeof(a->six.sin6_addr));
		a->six.sin6_family = AF_INET6;
		url->literal = true;
		return true;
	}
	if (network_read(str_of(url->host), &family, bytes) && family == AF_INET) {
		memcpy(&a->four.sin_addr, bytes, sizeof(a->four.sin_addr));
		a->four.sin_family = AF_INET;
		url->literal = true;
		return true;
	}
	return !url_ends_in_number(url->host);
}

static enum status url_read_parts(struct url *url, struct arena *arena, const struct guard *guard,
				  struct err *err)
{
	int64_t port;
	url->scheme = url_part(url, arena, CURLUPART_SCHEME, 0);
	if (!url->scheme || (strcmp(url->scheme, "http") != 0 && strcmp(url->scheme, "https") != 0))
		return err_set(err, INVALID, "not an http or https URL");
	if (!url_settle_host(url, arena))
		return err_set(err, INVALID, "the host of the URL is not a name or address");
	const char *digits = url_part(url, arena, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	if (!digits || !str_to_i64(str_of(digits), 1, UINT16_MAX, &port) ||
	    !guard_port(guard, (uint16_t)port))
		return err_set(err, INVALID, "the port %s may not be called",
			       digits ? digits : "?");
	url->port = (uint16_t)port;
	if (!url_read_literal(url, arena))
		return err_set(err, INVALID, "the host of the URL is not a name or address");
	/* Parsers disagree about user names and fragments: refuse the one, remove the other. */
	if (url_part(url, arena, CURLUPART_USER, 0) || url_part(url, arena, CURLUPART_PASSWORD, 0))
		return err_set(err, INVALID, "the URL has a user name in it");
	curl_url_set(url->handle, CURLUPART_FRAGMENT, NULL, 0);
	url->text = url_part(url, arena, CURLUPART_URL, 0);
	const char *path = url_part(url, arena, CURLUPART_PATH, 0);
	const char *query = url_part(url, arena, CURLUPART_QUERY, 0);
	if (path)
		url->path =
		    arena_printf(arena, "%s%s%s", path, query ? "?" : "", query ? query : "");
	if (!url->text || !url->path || strlen(url->text) > WIRE_URL_MAX)
		return err_set(err, INVALID, "the URL is longer than %d bytes", WIRE_URL_MAX);
	return OK;
}

enum status url_read(struct url *url, struct arena *arena, const struct url *base, struct str text,
		     const struct guard *guard, struct err *err)
{
	memset(url, 0, sizeof(*url));
	url->handle = base ? curl_url_dup(base->handle) : curl_url();
	struct str copy = arena_str(arena, text);
	must(url->handle != NULL);
	enum status status = OK;
	if (!copy.p || text.n > WIRE_URL_MAX)
		status = err_set(err, INVALID, "the URL is longer than %d bytes", WIRE_URL_MAX);
	else if (strlen(copy.p) != text.n ||
		 curl_url_set(url->handle, CURLUPART_URL, copy.p, SET_FLAGS) != CURLUE_OK)
		status = err_set(err, INVALID, "not a URL that may be called");
	if (status == OK)
		status = url_read_parts(url, arena, guard, err);
	if (status != OK)
		url_release(url);
	return status;
}

void url_release(struct url *url)
{
	curl_url_cleanup(url->handle);
	url->handle = NULL;
}

struct str url_domain(struct arena *arena, struct str text)
{
	struct str copy = arena_str(arena, text);
	char *domain = copy.p && strlen(copy.p) == text.n ? url_normal_host(arena, copy.p) : NULL;
	if (!domain || !url_is_plain_name(domain) || url_ends_in_number(domain))
		return (struct str){NULL, 0};
	return str_of(domain);
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0 &&
	       a->port == b->port;
}
