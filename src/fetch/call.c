#include "fetch/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "fetch/read/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CALL_ARENA_MAX = 4 << 20, /* request, URLs of the hops, facts */
	ROBOTS_RULES_MAX = 3 * ROBOTS_TEXT_MAX,
};

/* ---- creation and end ---- */

static bool call_copy_text(struct arena *arena, struct str *s)
{
	*s = arena_str(arena, *s);
	return s->p != NULL;
}

struct call *call_create(struct fetch *f, const struct wire_message *m)
{
	struct call *call = memory_alloc(sizeof(*call));
	call->fetch = f;
	call->item = m->item;
	call->came_ms = clock_ms();
	call->request = m->request;
	arena_init(&call->arena, CALL_ARENA_MAX);
	struct wire_request *r = &call->request;
	bool ok = call_copy_text(&call->arena, &r->url) &&
		  call_copy_text(&call->arena, &r->headers) &&
		  call_copy_text(&call->arena, &r->body);
	for (uint32_t i = 0; i < r->facts.count && ok; i++)
		ok = call_copy_text(&call->arena, &r->facts.of[i].name) &&
		     call_copy_text(&call->arena, &r->facts.of[i].value);
	must(ok); /* a message is far smaller than the arena */
	return call;
}

void call_end(struct call *call, enum wire_outcome outcome, const char *fmt, ...)
{
	enum { DETAIL_MAX = 400 };
	char detail[DETAIL_MAX + 1] = "";
	struct wire_message m = {.type = WIRE_ANSWER, .item = call->item};
	struct err err;
	if (fmt) {
		va_list args;
		va_start(args, fmt);
		vsnprintf(detail, sizeof(detail), fmt, args);
		va_end(args);
	}
	/* libcurl's messages may quote the host: keep printable ASCII only. */
	for (char *p = detail; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
	resolve_forget(call);
	transfer_stop(call);
	struct wire_answer *a = &call->answer;
	a->outcome = (uint8_t)outcome;
	a->detail = str_of(detail);
	a->waited_ms =
	    (uint32_t)((call->started_ms ? call->started_ms : clock_ms()) - call->came_ms);
	a->total_ms = call->started_ms ? (uint32_t)(clock_ms() - call->started_ms) : 0;
	if (outcome != WIRE_OK)
		a->facts.count = 0;
	m.answer = *a;
	buf_init(&call->packet, WIRE_MESSAGE_MAX);
	must(wire_encode(&m, &call->packet, &err) == OK);
	call->fetch->on_ended(call);
	url_release(&call->url);
	url_release(&call->page_url);
	buf_release(&call->body);
	arena_release(&call->arena);
}

void call_free(struct call *call)
{
	must(call->state == CALL_DONE);
	buf_release(&call->packet);
	free(call);
}

/* ---- one hop ---- */

static const char *call_refused_address(struct call *call)
{
	const char *why = NULL;
	for (size_t i = 0; i < call->addresses_count && !why; i++)
		why = guard_refuses(&call->fetch->guard, &call->addresses[i].any);
	return why;
}

static void call_connect(struct call *call)
{
	const char *why = call_refused_address(call);
	if (why) {
		call_end(call, WIRE_REFUSED_ADDRESS, "%s leads to %s", call->url.host, why);
		return;
	}
	call->address_turn = 0;
	buf_release(&call->body);
	buf_init(&call->body, call->robots ? ROBOTS_TEXT_MAX : call->request.max_body_bytes);
	transfer_start(call);
}

/* Store the addresses with the host, for other calls until the TTL ends. */
static void call_store_addresses(struct call *call)
{
	struct host *h = call->host;
	if (!h || strcmp(h->name, call->url.host) != 0)
		return;
	h->fresh_until_ms = call->fresh_until_ms;
	h->addresses_count = call->addresses_count;
	memcpy(h->addresses, call->addresses, sizeof(h->addresses));
}

static bool call_cached_addresses(struct call *call)
{
	const struct host *h = call->host;
	if (!h || strcmp(h->name, call->url.host) != 0 || h->fresh_until_ms <= clock_ms())
		return false;
	call->addresses_count = h->addresses_count;
	memcpy(call->addresses, h->addresses, sizeof(call->addresses));
	return true;
}

static void call_resolve(struct call *call)
{
	if (call->url.literal) {
		call->addresses[0] = call->url.address;
		call->addresses_count = 1;
		call->resolved[0] = '\0';
		call_connect(call);
	} else if (strcmp(call->resolved, call->url.host) == 0) {
		call_connect(
		    call); /* the hop for robots.txt has resolved it: keep these addresses */
	} else {
		snprintf(call->resolved, sizeof(call->resolved), "%s", call->url.host);
		if (call_cached_addresses(call))
			call_connect(call);
		else
			resolve_addresses(call);
	}
}

void call_resolved(struct call *call, enum wire_outcome outcome, const char *detail)
{
	if (outcome != WIRE_OK)
		call_end(call, outcome, "%s: %s",
			 call->request.kind == WIRE_MX ? call->request.url.p : call->url.host,
			 detail);
	else if (call->request.kind == WIRE_MX)
		call_end(call, WIRE_OK, NULL);
	else {
		call_store_addresses(call);
		call_connect(call);
	}
}

/* Call call->url; for a website only after its robots.txt. */
void call_resume(struct call *call)
{
	if (call->fetch->on_moved(call))
		return;
	if (call->request.kind == WIRE_WEBSITE && !call->robots && !call->allowed) {
		const struct str *rules = robots_get(call->fetch->robots, &call->url);
		if (!rules) {
			struct err err;
			call->page_url = call->url;
			call->robots = true;
			call->robots_redirects = 0;
			if (url_read(&call->url, &call->arena, &call->page_url, STR("/robots.txt"),
				     &call->fetch->guard, &err) != OK) {
				call_end(call, WIRE_REFUSED_URL, "%s", err.text);
				return;
			}
		} else if (!robots_allows(*rules, str_of(call->url.path))) {
			call_end(call, WIRE_ROBOTS, "robots.txt of %s forbids it", call->url.host);
			return;
		}
	}
	call_resolve(call);
}

/* Whether a request's headers are well-formed and do not contradict those of libcurl. */
static bool call_headers_allowed(struct str headers)
{
	static const char *const ours[] = {"host",
					   "content-length",
					   "transfer-encoding",
					   "connection",
					   "keep-alive",
					   "proxy-connection",
					   "upgrade",
					   "te",
					   "trailer",
					   "expect",
					   "proxy-authorization",
					   "accept-encoding"};
	while (headers.p) {
		struct str line = str_cut(&headers, '\n');
		if (line.n == 0)
			continue;
		struct str value = line;
		struct str name = str_cut(&value, ':');
		bool ok = name.n > 0 && value.p;
		for (size_t i = 0; i < line.n; i++)
			ok = ok && ((unsigned char)line.p[i] >= 0x20 || line.p[i] == '\t') &&
			     line.p[i] != 0x7f;
		for (size_t i = 0; i < name.n; i++)
			ok = ok && name.p[i] > 0x20 && !strchr("()<>@,;\\\"/[]?={}", name.p[i]);
		for (size_t i = 0; i < COUNT_OF(ours); i++)
			ok = ok && !str_eq_nocase(name, str_of(ours[i]));
		if (!ok)
			return false;
	}
	return true;
}

void call_start(struct call *call)
{
	struct wire_request *r = &call->request;
	struct err err;
	call->started_ms = clock_ms();
	call->deadline_ms = call->started_ms + r->timeout_ms;
	if (r->kind == WIRE_MX) {
		r->url = url_domain(&call->arena, r->url);
		if (r->url.p)
			resolve_mx(call);
		else
			call_end(call, WIRE_REFUSED_URL, "not a domain");
	} else if (!call_headers_allowed(r->headers)) {
		call_end(call, WIRE_REFUSED_URL, "a header of the request is not allowed");
	} else if (!call->url.handle && url_read(&call->url, &call->arena, NULL, r->url,
						 &call->fetch->guard, &err) != OK) {
		call_end(call, WIRE_REFUSED_URL, "%s", err.text);
	} else {
		call_resume(call);
	}
}

/* ---- responses ---- */

/* The URL without its query where that may have the operator's API key or an e-mail address. */
static struct str call_shown_url(const struct call *call)
{
	struct str url = str_of(call->url.text);
	if (call->request.kind == WIRE_HTTP || has_email(url))
		url = str_cut(&url, '?');
	return has_email(url) ? STR("") : url;
}

static void call_measure(struct call *call)
{
	struct wire_answer *a = &call->answer;
	curl_off_t connect_us = 0, received = 0;
	long status = 0;
	char *type = NULL;
	curl_easy_getinfo(call->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
	curl_easy_getinfo(call->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
	call->fetch->bytes += (uint64_t)received + call->header_bytes;
	a->connect_ms = (uint32_t)((connect_us + 999) / 1000);
	a->http_status = status >= 0 && status <= 999 ? (uint32_t)status : 0;
	a->body_bytes = call->body_bytes < UINT32_MAX ? (uint32_t)call->body_bytes : UINT32_MAX;
	a->final_url = call_shown_url(call);
	a->content_type = (struct str){NULL, 0};
	struct str text = str_of(type);
	if (text.n <= 200 && utf8_is_valid(text))
		a->content_type = arena_str(&call->arena, text);
}

/* Follow a redirect. False: it was refused and the call has ended. */
static bool call_follow(struct call *call)
{
	struct url next;
	struct err err;
	if (call->location_long) {
		call_end(call, WIRE_REFUSED_URL, "redirects to a URL of more than %d bytes",
			 WIRE_URL_MAX);
		return false;
	}
	if (url_read(&next, &call->arena, &call->url, str_of(call->location), &call->fetch->guard,
		     &err) != OK) {
		call_end(call, WIRE_REFUSED_URL, "redirect: %s", err.text);
		return false;
	}
	if (!url_same_origin(&next, &call->url))
		call->headers_dropped = true;
	transfer_stop(call);
	url_release(&call->url);
	call->url = next;
	call->allowed = false;
	return true;
}

static bool call_is_redirect(const struct call *call)
{
	uint32_t s = call->answer.http_status;
	return (s == 301 || s == 302 || s == 303 || s == 307 || s == 308) &&
	       (call->location[0] || call->location_long);
}

/* Store the rules of robots.txt and go on with the page. */
static void call_robots_done(struct call *call, struct str text)
{
	struct buf rules;
	buf_init(&rules, ROBOTS_RULES_MAX);
	robots_read(text, call->fetch->options.user_agent, &rules);
	if (buf_failed(
		&rules)) { /* impossible: escaping makes a text at most three times as long */
		buf_reset(&rules);
		buf_puts(&rules, "-/\n");
	}
	robots_put(call->fetch->robots, &call->page_url, buf_view(&rules));
	bool allowed = robots_allows(buf_view(&rules), str_of(call->page_url.path));
	buf_release(&rules);
	transfer_stop(call);
	url_release(&call->url);
	call->url = call->page_url;
	call->page_url = (struct url){0};
	call->robots = false;
	call->allowed = allowed;
	if (allowed)
		call_resume(call);
	else
		call_end(call, WIRE_ROBOTS, "robots.txt of %s forbids it", call->url.host);
}

/* RFC 9309 2.3.1: after 4xx everything is allowed; after 5xx and errors nothing is. */
static void call_robots_transferred(struct call *call, enum wire_outcome outcome)
{
	uint32_t status = call->answer.http_status;
	bool cut = outcome == WIRE_UNREADABLE && call->body_bytes > ROBOTS_TEXT_MAX;
	if (outcome != WIRE_OK && !cut) {
		call_end(call, outcome, "robots.txt: %s", call->over ? call->over : call->error);
	} else if (call_is_redirect(call)) {
		if (++call->robots_redirects > FETCH_ROBOTS_REDIRECTS)
			call_robots_done(call, STR(""));
		else if (call_follow(call))
			call_resume(call);
	} else if (status >= 500) {
		call_end(call, WIRE_HTTP_ERROR, "robots.txt answers %u, which forbids everything",
			 status);
	} else {
		call_robots_done(call,
				 status >= 200 && status < 300 ? buf_view(&call->body) : STR(""));
	}
}

static void call_read_answer(struct call *call)
{
	struct wire_answer *a = &call->answer;
	struct arena tree;
	struct err err;
	enum status status = OK;
	if (call->request.kind == WIRE_WEBSITE && !call->not_html) {
		read_html(buf_view(&call->body), a->content_type, &call->request.facts,
			  &call->arena, &a->facts);
	} else if (call->request.kind == WIRE_HTTP && call->request.facts.count > 0) {
		arena_init(&tree, FETCH_TREE_MAX);
		status =
		    read_json(buf_view(&call->body), &call->request.facts, &tree, &a->facts, &err);
		if (status != OK)
			call_end(call, status == TOO_LARGE ? WIRE_TOO_LARGE : WIRE_UNREADABLE, "%s",
				 err.text);
		else
			call_end(call, WIRE_OK, NULL);
		arena_release(&tree); /* call_end has encoded the facts, which are in it */
		return;
	}
	call_end(call, WIRE_OK, NULL);
}

/* 429, or 503 with a valid Retry-After. */
static bool call_postponed(struct call *call)
{
	struct wire_answer *a = &call->answer;
	enum { TOO_MANY = 429, UNAVAILABLE_NOW = 503, SECOND_US = 1000000 };
	bool said =
	    call->retry_after[0] &&
	    retry_after(str_of(call->retry_after), clock_wall_us() / SECOND_US, &a->retry_after_ms);
	if (a->http_status == TOO_MANY && !said)
		a->retry_after_ms = FETCH_PLAIN_429_MS;
	return a->http_status == TOO_MANY || (a->http_status == UNAVAILABLE_NOW && said);
}

void call_transferred(struct call *call, CURLcode code)
{
	struct wire_answer *a = &call->answer;
	if (transfer_next_address(call, code))
		return;
	enum wire_outcome outcome = transfer_outcome(call, code);
	call_measure(call);
	if (outcome == WIRE_UNREADABLE && call->not_html)
		outcome = WIRE_OK;
	if (call->robots && !(outcome == WIRE_OK && call_postponed(call))) {
		call_robots_transferred(call, outcome);
	} else if (outcome != WIRE_OK) {
		const char *why = call->refused    ? call->refused
				  : call->over     ? call->over
				  : call->error[0] ? call->error
						   : curl_easy_strerror(code);
		call_end(call, outcome, "%s", why);
	} else if (call_postponed(call)) {
		call_end(call, WIRE_RETRY_AFTER, "answers %u", a->http_status);
	} else if (call_is_redirect(call)) {
		if (a->redirects >= call->request.max_redirects) {
			call_end(call, WIRE_TOO_MANY_REDIRECTS, "more than %u redirects",
				 call->request.max_redirects);
			return;
		}
		a->redirects++;
		call->get = call->get || a->http_status < 307;
		if (call_follow(call))
			call_resume(call);
	} else if (a->http_status < 200 || a->http_status >= 300) {
		call_end(call, WIRE_HTTP_ERROR, "answers %u", a->http_status);
	} else {
		call_read_answer(call);
	}
}
