#include "fetch/internal.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AUTHORITIES     "/etc/ssl/certs/ca-certificates.crt"
#define AUTHORITIES_DIR "/etc/ssl/certs"

/* ---- callbacks of libcurl ---- */

static bool transfer_same_address(const union address *a, const struct sockaddr *b)
{
	const union address *other = (const union address *)(const void *)b;
	if (a->any.sa_family != b->sa_family)
		return false;
	if (b->sa_family == AF_INET)
		return memcmp(&a->four.sin_addr, &other->four.sin_addr, sizeof(struct in_addr)) ==
		       0;
	return memcmp(&a->six.sin6_addr, &other->six.sin6_addr, sizeof(struct in6_addr)) == 0;
}

/* The second check by the guard: of the address that libcurl really connects to. */
static curl_socket_t transfer_on_socket(void *ctx, curlsocktype purpose,
					struct curl_sockaddr *address)
{
	struct call *call = ctx;
	bool pinned = false;
	const char *why = guard_refuses(&call->fetch->guard, &address->addr);
	for (size_t i = 0; i < call->addresses_count; i++)
		pinned = pinned || transfer_same_address(&call->addresses[i], &address->addr);
	if (!why && !pinned)
		why = "an address that was not checked";
	if (why || purpose != CURLSOCKTYPE_IPCXN) {
		call->refused = why ? why : "not a plain connection";
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool transfer_header_is(struct str line, const char *name, struct str *value)
{
	*value = line;
	if (!str_eq_nocase(str_cut(value, ':'), str_of(name)) || !value->p)
		return false;
	*value = str_trim(*value);
	return true;
}

static size_t transfer_on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct call *call = ctx;
	struct str line = {p, size * n}, value;
	call->header_bytes += line.n;
	if (call->header_bytes > FETCH_HEADER_MAX) {
		call->over = "more header than allowed";
		return CURL_WRITEFUNC_ERROR;
	}
	if (str_starts(line, STR("HTTP/"))) { /* discard the fields of an interim response */
		call->location[0] = call->retry_after[0] = '\0';
		call->location_long = false;
	} else if (transfer_header_is(line, "location", &value) && !call->location[0]) {
		call->location_long = value.n > WIRE_URL_MAX;
		if (!call->location_long && !memchr(value.p, '\0', value.n))
			snprintf(call->location, sizeof(call->location), "%.*s", STR_ARG(value));
	} else if (transfer_header_is(line, "retry-after", &value)) {
		snprintf(call->retry_after, sizeof(call->retry_after), "%.*s", STR_ARG(value));
	}
	return line.n;
}

static bool transfer_is_html(const char *type)
{
	return !type || !*type || strcasestr(type, "html");
}

static size_t transfer_on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct call *call = ctx;
	size_t bytes = size * n;
	curl_off_t received = 0;
	long status = 0;
	const char *type = NULL;
	call->body_bytes += bytes;
	curl_easy_getinfo(call->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
	/* `received` lacks the data that is being decompressed, at most one buffer. */
	if (call->body_bytes > FETCH_RATIO_FROM &&
	    call->body_bytes / ((uint64_t)received + CURL_MAX_WRITE_SIZE) > FETCH_RATIO_MAX) {
		call->over = "decompresses to more than a hundredfold";
		return CURL_WRITEFUNC_ERROR;
	}
	/* RFC 9309 2.5: the rest of a long robots.txt is ignored. */
	if (call->robots && call->body_bytes > call->body.max) {
		if (status >= 200 && status < 300)
			buf_add(&call->body, p, call->body.max - call->body.n);
		return CURL_WRITEFUNC_ERROR;
	}
	if (call->body_bytes > call->body.max) {
		call->over = "a body larger than allowed";
		return CURL_WRITEFUNC_ERROR;
	}
	if (!call->robots && call->request.kind == WIRE_WEBSITE && !transfer_is_html(type)) {
		call->not_html = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (status >= 200 && status < 300)
		buf_add(&call->body, p, bytes);
	return bytes;
}

/* ---- options ---- */

static struct curl_slist *transfer_append(struct curl_slist *list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(list, text);
	must(longer != NULL);
	return longer;
}

/* "::address:port": connect to the present address whatever the URL's host is. CURLOPT_RESOLVE
 * would not do: when its entry is too old libcurl resolves the name itself. */
static void transfer_pin(struct call *call)
{
	const union address *a = &call->addresses[call->address_turn];
	bool six = a->any.sa_family == AF_INET6;
	const void *bytes = six ? (const void *)&a->six.sin6_addr : (const void *)&a->four.sin_addr;
	char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 16];
	must(inet_ntop(a->any.sa_family, bytes, address, sizeof(address)) != NULL);
	snprintf(text, sizeof(text), six ? "::[%s]:%u" : "::%s:%u", address, call->url.port);
	call->pins = transfer_append(NULL, text);
}

static void transfer_add_headers(struct call *call)
{
	struct str rest = call->request.headers;
	if (call->robots || call->headers_dropped)
		return;
	while (rest.p) {
		struct str line = str_cut(&rest, '\n');
		if (line.n == 0)
			continue;
		char *copy = (char *)arena_str(&call->arena, line).p;
		must(copy != NULL);
		call->headers = transfer_append(call->headers, copy);
	}
}

#define SET(option, value) must(curl_easy_setopt(easy, option, value) == CURLE_OK)

static void transfer_set_address(struct call *call, CURL *easy)
{
	SET(CURLOPT_CURLU, call->url.handle);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	transfer_pin(call);
	SET(CURLOPT_CONNECT_TO, call->pins);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_OPENSOCKETFUNCTION, transfer_on_socket);
	SET(CURLOPT_OPENSOCKETDATA, call);
}

static void transfer_set_limits(struct call *call, CURL *easy)
{
	int64_t left_ms = call->deadline_ms - clock_ms();
	if (left_ms < 1)
		left_ms = 1;
	/* Leave time for the other addresses. */
	int64_t connect_ms = left_ms / (int64_t)(call->addresses_count - call->address_turn);
	SET(CURLOPT_TIMEOUT_MS, (long)left_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(connect_ms > 0 ? connect_ms : 1));
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)FETCH_LOW_SPEED_BYTES);
	SET(CURLOPT_LOW_SPEED_TIME, (long)FETCH_LOW_SPEED_S);
	SET(CURLOPT_NOSIGNAL, 1L);
	if (!call->robots)
		SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->body.max);
	SET(CURLOPT_HEADERFUNCTION, transfer_on_header);
	SET(CURLOPT_HEADERDATA, call);
	SET(CURLOPT_WRITEFUNCTION, transfer_on_body);
	SET(CURLOPT_WRITEDATA, call);
	SET(CURLOPT_ERRORBUFFER, call->error);
	SET(CURLOPT_PRIVATE, call);
}

static void transfer_set_request(struct call *call, CURL *easy)
{
	const struct wire_request *r = &call->request;
	const struct wire_hello *options = &call->fetch->options;
	bool own = !call->robots && !call->get;
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_USERAGENT, options->user_agent.p);
	SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br");
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CAINFO, AUTHORITIES);
	/* Without CAPATH libcurl caches the parsed file for all connections. */
	SET(CURLOPT_CAPATH, options->authorities.n > 0 ? AUTHORITIES_DIR : NULL);
	if (options->authorities.n > 0) {
		struct curl_blob blob = {(void *)options->authorities.p, options->authorities.n,
					 CURL_BLOB_COPY};
		SET(CURLOPT_CAINFO_BLOB, &blob);
	}
	if (own && r->method == WIRE_HEAD)
		SET(CURLOPT_NOBODY, 1L);
	if (own && r->method == WIRE_POST) {
		SET(CURLOPT_POSTFIELDSIZE, (long)r->body.n);
		SET(CURLOPT_COPYPOSTFIELDS, r->body.n > 0 ? r->body.p : "");
	}
	transfer_add_headers(call);
	SET(CURLOPT_HTTPHEADER, call->headers);
}

void transfer_start(struct call *call)
{
	CURL *easy = call->easy = curl_easy_init();
	must(easy != NULL);
	call->header_bytes = 0;
	call->body_bytes = 0;
	call->location[0] = call->retry_after[0] = call->error[0] = '\0';
	call->location_long = call->not_html = false;
	call->refused = call->over = NULL;
	transfer_set_address(call, easy);
	transfer_set_limits(call, easy);
	transfer_set_request(call, easy);
	must(curl_multi_add_handle(call->fetch->multi, easy) == CURLM_OK);
}

bool transfer_next_address(struct call *call, CURLcode code)
{
	curl_off_t connected_us = 0;
	curl_easy_getinfo(call->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	if ((code != CURLE_COULDNT_CONNECT && code != CURLE_OPERATION_TIMEDOUT) ||
	    connected_us > 0 || call->refused || clock_ms() >= call->deadline_ms ||
	    call->address_turn + 1 >= call->addresses_count)
		return false;
	transfer_stop(call);
	call->address_turn++;
	transfer_start(call);
	return true;
}

void transfer_stop(struct call *call)
{
	if (!call->easy)
		return;
	curl_multi_remove_handle(call->fetch->multi, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->pins);
	curl_slist_free_all(call->headers);
	call->easy = NULL;
	call->pins = call->headers = NULL;
}

enum wire_outcome transfer_outcome(struct call *call, CURLcode code)
{
	/* libcurl returns this for a header line over its own limit of 100 KiB; when memory is
	 * really exhausted the process ends. */
	if (code == CURLE_OUT_OF_MEMORY && !call->over)
		call->over = "a line of header longer than allowed";
	if (call->refused)
		return WIRE_REFUSED_ADDRESS;
	if (call->over)
		return WIRE_TOO_LARGE;
	switch (code) {
	case CURLE_OK:
		return WIRE_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return WIRE_TIMEOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
		return WIRE_DNS;
	case CURLE_FILESIZE_EXCEEDED:
		return WIRE_TOO_LARGE;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return WIRE_TLS;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WRITE_ERROR:
		return WIRE_UNREADABLE;
	default:
		return WIRE_CONNECT;
	}
}
