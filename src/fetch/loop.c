#include "fetch/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { MESSAGES_AT_ONCE = 64 };

/* ---- hosts and their limits ---- */

static struct host **host_slot(struct fetch *f, uint64_t hash)
{
	return &f->hosts[hash % (COUNT_OF(f->hosts))];
}

static struct host *loop_host(struct fetch *f, const struct url *url)
{
	uint64_t hash = XXH3_64bits(url->host, strlen(url->host));
	struct host **slot = host_slot(f, hash);
	for (struct host *h = *slot; h; h = h->next)
		if (h->hash == hash && strcmp(h->name, url->host) == 0)
			return h;
	struct host *h = memory_alloc(sizeof(*h));
	h->hash = hash;
	snprintf(h->name, sizeof(h->name), "%s", url->host);
	h->next = *slot;
	*slot = h;
	return h;
}

/* Free hosts without calls whose interval has passed and whose addresses are no longer fresh. */
static void loop_free_hosts(struct fetch *f, int64_t now)
{
	for (size_t i = 0; i < COUNT_OF(f->hosts); i++)
		for (struct host **at = &f->hosts[i]; *at;) {
			struct host *h = *at;
			if (h->calls > 0 || h->next_start_ms > now || h->fresh_until_ms > now) {
				at = &h->next;
				continue;
			}
			*at = h->next;
			free(h);
		}
}

static bool loop_may_start(struct fetch *f, const struct call *call, int64_t now)
{
	const struct host *h = call->host;
	uint32_t at_once = call->request.host_concurrency ? call->request.host_concurrency
							  : f->options.host_concurrency;
	if (f->in_flight_count > 0 &&
	    f->bodies_reserved + call->request.max_body_bytes > FETCH_BODIES_MAX)
		return false;
	if (!h)
		return true;
	if (h->active >= at_once)
		return false;
	if (h->next_start_ms > now && h->next_start_ms < f->next_start_ms)
		f->next_start_ms = h->next_start_ms;
	return h->next_start_ms <= now;
}

static void loop_enter(struct call *call, enum call_state state)
{
	static const char *const names[] = {
	    [CALL_WAITING] = "waiting", [CALL_IN_FLIGHT] = "in flight", [CALL_DONE] = "done"};
	call->state = state;
	log_debug(
	    call, "state", LOG_I("item", call->item), LOG_S("state", names[state]),
	    LOG_I("redirects", call->answer.redirects),
	    LOG_S("outcome", state == CALL_DONE ? wire_outcomes[call->answer.outcome].name : ""));
}

static void loop_start(struct fetch *f, struct call *call, int64_t now)
{
	TAILQ_REMOVE(&f->waiting, call, entry);
	TAILQ_INSERT_TAIL(&f->in_flight, call, entry);
	f->waiting_count--;
	f->in_flight_count++;
	f->bodies_reserved += call->request.max_body_bytes;
	loop_enter(call, CALL_IN_FLIGHT);
	if (call->host) {
		call->host->active++;
		call->host->next_start_ms = now + call->request.host_interval_ms;
	}
	call->waited_ms += now - call->came_ms;
	/* Either may end the call, or queue it for another host. */
	if (call->started_ms) {
		call->waited_inside_ms += now - call->came_ms;
		call->deadline_ms = now + call->left_ms;
		call_resume(call);
	} else {
		call_start(call);
	}
	if (call->state == CALL_IN_FLIGHT && call->deadline_ms < f->next_deadline_ms)
		f->next_deadline_ms = call->deadline_ms;
}

static void loop_start_waiting(struct fetch *f, int64_t now)
{
	struct call *call, *next;
	if (!f->look_waiting && now < f->next_start_ms)
		return;
	f->look_waiting = false;
	f->next_start_ms = INT64_MAX;
	for (call = TAILQ_FIRST(&f->waiting); call && f->in_flight_count < f->options.max_in_flight;
	     call = next) {
		next = TAILQ_NEXT(call, entry);
		if (loop_may_start(f, call, now))
			loop_start(f, call, now);
	}
}

/* Remove a call from its list and release what it counted for. */
static void loop_leave(struct call *call)
{
	struct fetch *f = call->fetch;
	must(call->state != CALL_DONE);
	if (call->state == CALL_IN_FLIGHT) {
		TAILQ_REMOVE(&f->in_flight, call, entry);
		f->in_flight_count--;
		f->bodies_reserved -= call->request.max_body_bytes;
		if (call->host)
			call->host->active--;
	} else {
		TAILQ_REMOVE(&f->waiting, call, entry);
		f->waiting_count--;
	}
	if (call->host)
		call->host->calls--;
	call->host = NULL;
	f->look_waiting = true;
}

/* fetch->on_ended */
static void loop_ended(struct call *call)
{
	loop_leave(call);
	loop_enter(call, CALL_DONE);
	TAILQ_INSERT_TAIL(&call->fetch->done, call, entry);
}

/* fetch->on_moved */
static bool loop_moved(struct call *call)
{
	struct fetch *f = call->fetch;
	struct host *host = loop_host(f, &call->url);
	if (host == call->host)
		return false;
	loop_leave(call);
	call->host = host;
	host->calls++;
	loop_enter(call, CALL_WAITING);
	call->came_ms = clock_ms();
	call->left_ms = call->deadline_ms - call->came_ms;
	TAILQ_INSERT_HEAD(&f->waiting, call, entry);
	f->waiting_count++;
	return true;
}

static void loop_end_overdue(struct fetch *f, int64_t now)
{
	struct call *call, *next;
	if (now < f->next_deadline_ms)
		return;
	f->next_deadline_ms = INT64_MAX;
	for (call = TAILQ_FIRST(&f->in_flight); call; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (call->deadline_ms <= now)
			call_end(call, WIRE_TIMEOUT, "no answer within %u ms",
				 call->request.timeout_ms);
		else if (call->deadline_ms < f->next_deadline_ms)
			f->next_deadline_ms = call->deadline_ms;
	}
}

/* ---- the worker ---- */

static bool loop_copy_text(struct arena *arena, struct str *s)
{
	*s = arena_str(arena, *s);
	return s->p != NULL;
}

static enum status loop_hello(struct fetch *f, const struct wire_hello *hello, struct err *err)
{
	if (f->hello)
		return err_set(err, INVALID, "a second hello");
	f->options = *hello;
	struct wire_hello *o = &f->options;
	must(loop_copy_text(&f->arena, &o->user_agent) && loop_copy_text(&f->arena, &o->allow) &&
	     loop_copy_text(&f->arena, &o->ports) && loop_copy_text(&f->arena, &o->resolvers) &&
	     loop_copy_text(&f->arena, &o->authorities));
	enum status status = guard_init(&f->guard, o->allow, o->ports, err);
	if (status == OK)
		status = resolve_open(f, err);
	f->hello = status == OK;
	f->accounted_us = clock_us();
	f->idle_us = 0;
	f->next_tick_ms = clock_ms() + o->tick_ms;
	return status;
}

static void loop_request(struct fetch *f, const struct wire_message *m)
{
	struct call *call = call_create(f, m);
	struct err ignored; /* reported by call_start */
	loop_enter(call, CALL_WAITING);
	if (m->request.kind != WIRE_MX && url_read(&call->url, &call->arena, NULL,
						   call->request.url, &f->guard, &ignored) == OK) {
		call->host = loop_host(f, &call->url);
		call->host->calls++;
	}
	TAILQ_INSERT_TAIL(&f->waiting, call, entry);
	f->waiting_count++;
	f->look_waiting = true;
	if (f->draining)
		call_end(call, WIRE_CANCELLED, "draining");
}

static void loop_drain(struct fetch *f)
{
	struct call *call;
	f->draining = true;
	while ((call = TAILQ_FIRST(&f->waiting)))
		call_end(call, WIRE_CANCELLED, "draining");
}

static enum status loop_receive(struct fetch *f, struct err *err)
{
	struct wire_message m;
	for (int i = 0; i < MESSAGES_AT_ONCE && f->waiting_count < FETCH_WAITING_MAX; i++) {
		enum status status = wire_receive(f->peer, f->packet, &m, err);
		if (status == NOT_FOUND)
			return OK;
		if (status != OK)
			return status;
		if (m.type == WIRE_HELLO)
			status = loop_hello(f, &m.hello, err);
		else if (!f->hello)
			status = err_set(err, INVALID, "%s before hello", wire_type_name(m.type));
		else if (m.type == WIRE_REQUEST)
			loop_request(f, &m);
		else if (m.type == WIRE_DRAIN)
			loop_drain(f);
		else
			status = err_set(err, INVALID, "a message %s is not for the fetcher",
					 wire_type_name(m.type));
		if (status != OK)
			return status;
	}
	return OK;
}

/* Send answers until the socket is full. */
static enum status loop_send_done(struct fetch *f, struct err *err)
{
	struct call *call;
	while ((call = TAILQ_FIRST(&f->done))) {
		enum status status = wire_send_packet(f->peer, buf_view(&call->packet), err);
		if (status == TIMED_OUT)
			return OK;
		if (status != OK)
			return status;
		TAILQ_REMOVE(&f->done, call, entry);
		call_free(call);
		f->answered++;
	}
	return OK;
}

/* ---- time ---- */

/* Charge the elapsed time to the activity of that period. */
static void loop_account(struct fetch *f)
{
	int64_t now = clock_us();
	uint64_t passed = (uint64_t)(now - f->accounted_us);
	if (f->in_flight_count > 0)
		f->network_us += passed;
	else if (f->waiting_count > 0)
		f->limiter_us += passed;
	else
		f->idle_us += passed;
	f->accounted_us = now;
}

static enum status loop_tick(struct fetch *f, int64_t now, struct err *err)
{
	enum { MS_US = 1000 };
	const struct call *oldest = NULL, *call;
	if (now < f->next_tick_ms)
		return OK;
	f->next_tick_ms = now + f->options.tick_ms;
	TAILQ_FOREACH(call, &f->in_flight, entry)
	if (!oldest || call->started_ms < oldest->started_ms)
		oldest = call;
	struct wire_message m = {
	    .type = WIRE_TICK,
	    .tick = {.in_flight = f->in_flight_count,
		     .waiting = f->waiting_count,
		     .oldest_ms = oldest ? (uint32_t)(now - oldest->started_ms) : 0,
		     .network_ms = (uint32_t)(f->network_us / MS_US),
		     .limiter_ms = (uint32_t)(f->limiter_us / MS_US),
		     .idle_ms = (uint32_t)(f->idle_us / MS_US),
		     .answered = f->answered,
		     .bytes = f->bytes},
	};
	loop_free_hosts(f, now);
	enum status status = wire_send(f->peer, &m, err);
	if (status == TIMED_OUT)
		return OK; /* the socket is full: the next TICK has the sums of both */
	f->network_us %= MS_US;
	f->limiter_us %= MS_US;
	f->idle_us %= MS_US;
	return status;
}

static int loop_wait_ms(const struct fetch *f, int64_t now)
{
	enum { BEFORE_HELLO_MS = 1000 };
	int64_t until = f->hello ? f->next_tick_ms : now + BEFORE_HELLO_MS;
	if (f->next_deadline_ms < until)
		until = f->next_deadline_ms;
	if (f->next_start_ms < until && f->in_flight_count < f->options.max_in_flight)
		until = f->next_start_ms;
	if (f->look_waiting)
		until = now;
	if (f->names_open) {
		struct timeval most = {.tv_sec = 60}, left;
		const struct timeval *t = ares_timeout(f->names, &most, &left);
		int64_t ms = (int64_t)t->tv_sec * 1000 + (t->tv_usec + 999) / 1000;
		if (now + ms < until)
			until = now + ms;
	}
	return until > now ? (int)(until - now) : 0;
}

/* ---- the loop ---- */

/* Wait for the worker, the resolvers and the calls, then process events. */
static enum status loop_wait(struct fetch *f, struct err *err)
{
	struct curl_waitfd fds[1 + ARES_GETSOCK_MAXNUM] = {{.fd = f->peer}};
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	unsigned n = 1;
	int running, queued;
	if (f->waiting_count < FETCH_WAITING_MAX)
		fds[0].events |= CURL_WAIT_POLLIN;
	if (!TAILQ_EMPTY(&f->done))
		fds[0].events |= CURL_WAIT_POLLOUT;
	/* The macros of ares.h shift into the sign bit. */
	unsigned bits =
	    f->names_open ? (unsigned)ares_getsock(f->names, sockets, ARES_GETSOCK_MAXNUM) : 0;
	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;
		if (bits >> i & 1)
			events |= CURL_WAIT_POLLIN;
		if (bits >> (ARES_GETSOCK_MAXNUM + i) & 1)
			events |= CURL_WAIT_POLLOUT;
		if (events)
			fds[n++] = (struct curl_waitfd){sockets[i], events, 0};
	}
	CURLMcode code = curl_multi_poll(f->multi, fds, n, loop_wait_ms(f, clock_ms()), NULL);
	if (code != CURLM_OK)
		return err_set(err, FAILED, "waiting: %s", curl_multi_strerror(code));
	loop_account(f);
	for (unsigned i = 1; i < n; i++)
		if (fds[i].revents)
			ares_process_fd(
			    f->names,
			    fds[i].revents & CURL_WAIT_POLLIN ? fds[i].fd : ARES_SOCKET_BAD,
			    fds[i].revents & CURL_WAIT_POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
	if (f->names_open)
		ares_process_fd(f->names, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	code = curl_multi_perform(f->multi, &running);
	if (code != CURLM_OK)
		return err_set(err, FAILED, "calling: %s", curl_multi_strerror(code));
	CURLMsg *message;
	while ((message = curl_multi_info_read(f->multi, &queued))) {
		struct call *call;
		CURLcode result = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		call_transferred(call, result);
	}
	return loop_receive(f, err);
}

static enum status loop_step(struct fetch *f, struct err *err)
{
	enum status status = loop_wait(f, err);
	if (status != OK || !f->hello)
		return status;
	int64_t now = clock_ms();
	loop_end_overdue(f, now);
	loop_start_waiting(f, now);
	status = loop_send_done(f, err);
	return status == OK ? loop_tick(f, now, err) : status;
}

static bool loop_drained(const struct fetch *f)
{
	return f->draining && f->in_flight_count == 0 && TAILQ_EMPTY(&f->done);
}

enum status fetch_run(struct fetch *f, const volatile sig_atomic_t *stop, struct err *err)
{
	struct wire_message bye = {.type = WIRE_BYE};
	enum status status = OK;
	struct err ignored;
	while (status == OK && !loop_drained(f)) {
		status = loop_step(f, err);
		if (*stop && !f->draining)
			loop_drain(f);
	}
	if (status == UNAVAILABLE) {
		log_info("the worker has closed its socket",
			 LOG_I("in_flight", f->in_flight_count));
		return OK;
	}
	bye.bye.reason = status == OK ? STR("") : str_of(err->text);
	if (wire_send(f->peer, &bye, &ignored) != OK)
		log_warn("BYE could not be sent", LOG_S("error", ignored.text));
	return status;
}

enum status fetch_open(struct fetch **out, int peer, struct err *err)
{
	struct fetch *f = memory_alloc(sizeof(*f));
	*out = f;
	f->peer = peer;
	f->on_ended = loop_ended;
	f->on_moved = loop_moved;
	f->on_resolved = call_resolved;
	f->next_start_ms = f->next_deadline_ms = INT64_MAX;
	arena_init(&f->arena, WIRE_MESSAGE_MAX * 2);
	TAILQ_INIT(&f->waiting);
	TAILQ_INIT(&f->in_flight);
	TAILQ_INIT(&f->done);
	f->robots = robots_cache_create();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || !(f->multi = curl_multi_init()))
		return err_set(err, FAILED, "libcurl or c-ares cannot be set up");
	curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)FETCH_CONNECTIONS_KEPT);
	return OK;
}

void fetch_close(struct fetch *f)
{
	struct call *call;
	while ((call = TAILQ_FIRST(&f->waiting)) || (call = TAILQ_FIRST(&f->in_flight)))
		call_end(call, WIRE_CANCELLED, "closing");
	while ((call = TAILQ_FIRST(&f->done))) {
		TAILQ_REMOVE(&f->done, call, entry);
		call_free(call);
	}
	for (size_t i = 0; i < COUNT_OF(f->hosts); i++)
		while (f->hosts[i]) {
			struct host *h = f->hosts[i];
			f->hosts[i] = h->next;
			free(h);
		}
	if (f->names_open)
		ares_destroy(f->names);
	if (f->multi)
		curl_multi_cleanup(f->multi);
	robots_cache_free(f->robots);
	arena_release(&f->arena);
	ares_library_cleanup();
	curl_global_cleanup();
	free(f);
}
