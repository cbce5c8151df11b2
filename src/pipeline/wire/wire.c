#include "pipeline/wire/wire.h"
#include "base/utf8.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the tables ---- */

enum field_kind { FIELD_U8, FIELD_U32, FIELD_U64, FIELD_STR, FIELD_FACTS };

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;     /* in struct wire_message */
	uint64_t min, max; /* of the number, or of a text's bytes */
};

#define U8(path, low, high)                                                                        \
	{                                                                                          \
#path, FIELD_U8, offsetof(struct wire_message, path), low, high                    \
	}
#define U32(path, low, high)                                                                       \
	{                                                                                          \
#path, FIELD_U32, offsetof(struct wire_message, path), low, high                   \
	}
#define U64(path)                                                                                  \
	{                                                                                          \
#path, FIELD_U64, offsetof(struct wire_message, path), 0, UINT64_MAX               \
	}
#define TEXT(path, low, high)                                                                      \
	{                                                                                          \
#path, FIELD_STR, offsetof(struct wire_message, path), low, high                   \
	}
#define FACTS(path)                                                                                \
	{                                                                                          \
#path, FIELD_FACTS, offsetof(struct wire_message, path), 0, WIRE_PAIRS_MAX         \
	}

static const struct field hello_fields[] = {
    U32(hello.tick_ms, 10, 60000),
    U32(hello.max_in_flight, 1, 1000),
    U32(hello.host_concurrency, 1, 1000),
    TEXT(hello.user_agent, 1, 200),
    TEXT(hello.allow, 0, 1000),
    TEXT(hello.ports, 1, 200),
    TEXT(hello.resolvers, 0, 200),
    TEXT(hello.authorities, 0, 32768),
    {0},
};

static const struct field request_fields[] = {
    U8(request.kind, WIRE_HTTP, WIRE_KINDS - 1),
    U8(request.method, WIRE_GET, WIRE_METHODS - 1),
    U8(request.max_redirects, 0, 10),
    U32(request.timeout_ms, 1, 600000),
    U32(request.max_body_bytes, 1, 16 << 20),
    U32(request.host_concurrency, 0, 1000),
    U32(request.host_interval_ms, 0, 600000),
    TEXT(request.url, 1, WIRE_URL_MAX),
    TEXT(request.headers, 0, WIRE_HEADERS_MAX),
    TEXT(request.body, 0, WIRE_BODY_MAX),
    FACTS(request.facts),
    {0},
};

static const struct field answer_fields[] = {
    U8(answer.outcome, WIRE_OK, WIRE_OUTCOMES - 1),
    U8(answer.redirects, 0, 10),
    U32(answer.http_status, 0, 999),
    U32(answer.retry_after_ms, 0, 86400000),
    U32(answer.waited_ms, 0, UINT32_MAX),
    U32(answer.connect_ms, 0, UINT32_MAX),
    U32(answer.total_ms, 0, UINT32_MAX),
    U32(answer.body_bytes, 0, UINT32_MAX),
    TEXT(answer.final_url, 0, WIRE_URL_MAX),
    TEXT(answer.content_type, 0, 200),
    TEXT(answer.detail, 0, 400),
    FACTS(answer.facts),
    {0},
};

static const struct field tick_fields[] = {
    U32(tick.in_flight, 0, UINT32_MAX),
    U32(tick.waiting, 0, UINT32_MAX),
    U32(tick.oldest_ms, 0, UINT32_MAX),
    U32(tick.network_ms, 0, UINT32_MAX),
    U32(tick.limiter_ms, 0, UINT32_MAX),
    U32(tick.idle_ms, 0, UINT32_MAX),
    U64(tick.answered),
    U64(tick.bytes),
    {0},
};

static const struct field drain_fields[] = {{0}};

static const struct field bye_fields[] = {
    TEXT(bye.reason, 0, 511),
    {0},
};

static const struct {
	const char *name;
	const struct field *fields;
	bool has_item;
} messages[WIRE_TYPES] = {
    [WIRE_HELLO] = {"hello", hello_fields, false},
    [WIRE_REQUEST] = {"request", request_fields, true},
    [WIRE_ANSWER] = {"answer", answer_fields, true},
    [WIRE_TICK] = {"tick", tick_fields, false},
    [WIRE_DRAIN] = {"drain", drain_fields, false},
    [WIRE_BYE] = {"bye", bye_fields, false},
};

const struct wire_outcome_row wire_outcomes[WIRE_OUTCOMES] = {
    [WIRE_OK] = {"ok", WIRE_MEANS_DONE},
    [WIRE_HTTP_ERROR] = {"http_error", WIRE_MEANS_AGAIN},
    [WIRE_TIMEOUT] = {"timeout", WIRE_MEANS_AGAIN},
    [WIRE_DNS] = {"dns", WIRE_MEANS_AGAIN},
    [WIRE_NO_SUCH_NAME] = {"no_such_name", WIRE_MEANS_FINAL},
    [WIRE_CONNECT] = {"connect", WIRE_MEANS_AGAIN},
    [WIRE_TLS] = {"tls", WIRE_MEANS_FINAL},
    [WIRE_REFUSED_ADDRESS] = {"refused_address", WIRE_MEANS_FINAL},
    [WIRE_REFUSED_URL] = {"refused_url", WIRE_MEANS_FINAL},
    [WIRE_TOO_LARGE] = {"too_large", WIRE_MEANS_FINAL},
    [WIRE_TOO_MANY_REDIRECTS] = {"too_many_redirects", WIRE_MEANS_FINAL},
    [WIRE_ROBOTS] = {"robots", WIRE_MEANS_FINAL},
    [WIRE_RETRY_AFTER] = {"retry_after", WIRE_MEANS_LATER},
    [WIRE_UNREADABLE] = {"unreadable", WIRE_MEANS_FINAL},
    [WIRE_CANCELLED] = {"cancelled", WIRE_MEANS_LATER},
};

const char *wire_type_name(enum wire_type type)
{
	must(type > 0 && type < WIRE_TYPES);
	return messages[type].name;
}

enum wire_meaning wire_meaning(enum wire_outcome outcome, uint32_t http_status)
{
	enum { REQUEST_TIMEOUT = 408, TOO_EARLY = 425 };
	must(outcome > 0 && outcome < WIRE_OUTCOMES);
	if (outcome == WIRE_HTTP_ERROR && http_status >= 400 && http_status < 500 &&
	    http_status != REQUEST_TIMEOUT && http_status != TOO_EARLY)
		return WIRE_MEANS_FINAL;
	return wire_outcomes[outcome].meaning;
}

/* ---- encoding: numbers as they are; texts: u32 length, bytes; facts: u32 count, texts ---- */

static enum status refuse(struct err *err, enum wire_type type, const char *field, const char *why)
{
	return err_set(err, INVALID, "message %s: %s %s", messages[type].name, field, why);
}

static bool text_fits(const struct str s, uint64_t min, uint64_t max)
{
	return s.n >= min && s.n <= max && utf8_is_valid(s);
}

static void wire_put_text(struct buf *out, struct str s)
{
	uint32_t n = (uint32_t)s.n;
	buf_add(out, &n, sizeof(n));
	buf_str(out, s);
}

static bool wire_put_facts(struct buf *out, const struct wire_facts *facts)
{
	if (facts->count > WIRE_PAIRS_MAX)
		return false;
	buf_add(out, &facts->count, sizeof(facts->count));
	for (uint32_t i = 0; i < facts->count; i++) {
		const struct wire_fact *f = &facts->of[i];
		if (!text_fits(f->name, 1, WIRE_NAME_MAX) ||
		    !text_fits(f->value, 0, WIRE_VALUE_MAX))
			return false;
		wire_put_text(out, f->name);
		wire_put_text(out, f->value);
	}
	return true;
}

static uint64_t wire_number_at(const struct wire_message *m, const struct field *f)
{
	const char *at = (const char *)m + f->offset;
	uint32_t small;
	uint64_t large;
	if (f->kind == FIELD_U8)
		return (unsigned char)*at;
	if (f->kind == FIELD_U32) {
		memcpy(&small, at, sizeof(small));
		return small;
	}
	memcpy(&large, at, sizeof(large));
	return large;
}

static bool wire_put_field(struct buf *out, const struct wire_message *m, const struct field *f)
{
	static const size_t sizes[] = {[FIELD_U8] = 1, [FIELD_U32] = 4, [FIELD_U64] = 8};
	const char *at = (const char *)m + f->offset;
	if (f->kind == FIELD_FACTS)
		return wire_put_facts(out, (const struct wire_facts *)(const void *)at);
	if (f->kind == FIELD_STR) {
		struct str s;
		memcpy(&s, at, sizeof(s));
		if (!text_fits(s, f->min, f->max))
			return false;
		wire_put_text(out, s);
		return true;
	}
	uint64_t v = wire_number_at(m, f);
	buf_add(out, at, sizes[f->kind]);
	return v >= f->min && v <= f->max;
}

struct header {
	uint16_t version, type;
	uint32_t length;
	uint64_t item;
};
_Static_assert(sizeof(struct header) == WIRE_HEADER, "the header has no padding");

enum status wire_encode(const struct wire_message *m, struct buf *out, struct err *err)
{
	struct header h = {.version = WIRE_VERSION, .type = (uint16_t)m->type, .item = m->item};
	must(m->type > 0 && m->type < WIRE_TYPES);
	buf_reset(out);
	buf_add(out, &h, sizeof(h));
	if (m->item && !messages[m->type].has_item)
		return refuse(err, m->type, "item", "has no meaning");
	for (const struct field *f = messages[m->type].fields; f->name; f++)
		if (!wire_put_field(out, m, f))
			return refuse(err, m->type, f->name, "is out of its range");
	if (buf_failed(out) || out->n > WIRE_MESSAGE_MAX)
		return err_set(err, TOO_LARGE, "message %s: over %d bytes", messages[m->type].name,
			       WIRE_MESSAGE_MAX);
	h.length = (uint32_t)(out->n - sizeof(h));
	memcpy(out->p, &h, sizeof(h));
	return OK;
}

/* ---- decoding ---- */

static bool wire_take(struct str *rest, void *to, size_t n)
{
	if (rest->n < n)
		return false;
	memcpy(to, rest->p, n);
	rest->p += n;
	rest->n -= n;
	return true;
}

static bool wire_take_text(struct str *rest, struct str *out, uint64_t min, uint64_t max)
{
	uint32_t n;
	if (!wire_take(rest, &n, sizeof(n)) || n > rest->n)
		return false;
	*out = (struct str){rest->p, n};
	rest->p += n;
	rest->n -= n;
	return text_fits(*out, min, max);
}

static bool take_facts(struct str *rest, struct wire_facts *facts)
{
	if (!wire_take(rest, &facts->count, sizeof(facts->count)) || facts->count > WIRE_PAIRS_MAX)
		return false;
	for (uint32_t i = 0; i < facts->count; i++)
		if (!wire_take_text(rest, &facts->of[i].name, 1, WIRE_NAME_MAX) ||
		    !wire_take_text(rest, &facts->of[i].value, 0, WIRE_VALUE_MAX))
			return false;
	return true;
}

static bool take_field(struct str *rest, struct wire_message *m, const struct field *f)
{
	static const size_t sizes[] = {[FIELD_U8] = 1, [FIELD_U32] = 4, [FIELD_U64] = 8};
	char *at = (char *)m + f->offset;
	if (f->kind == FIELD_FACTS)
		return take_facts(rest, (struct wire_facts *)(void *)at);
	if (f->kind == FIELD_STR) {
		struct str s;
		bool ok = wire_take_text(rest, &s, f->min, f->max);
		memcpy(at, &s, sizeof(s));
		return ok;
	}
	if (!wire_take(rest, at, sizes[f->kind]))
		return false;
	uint64_t v = wire_number_at(m, f);
	return v >= f->min && v <= f->max;
}

enum status wire_decode(struct str packet, struct wire_message *m, struct err *err)
{
	struct header h;
	if (!wire_take(&packet, &h, sizeof(h)))
		return err_set(err, INVALID, "a message of less than a header");
	if (h.version != WIRE_VERSION)
		return err_set(err, INVALID, "a message of version %u", h.version);
	if (h.type == 0 || h.type >= WIRE_TYPES)
		return err_set(err, INVALID, "a message of unknown type %u", h.type);
	memset(m, 0, sizeof(*m));
	m->type = (enum wire_type)h.type;
	m->item = h.item;
	if (h.length != packet.n || packet.n > WIRE_MESSAGE_MAX - WIRE_HEADER)
		return refuse(err, m->type, "length", "is not the packet's");
	if (h.item && !messages[m->type].has_item)
		return refuse(err, m->type, "item", "has no meaning");
	for (const struct field *f = messages[m->type].fields; f->name; f++)
		if (!take_field(&packet, m, f))
			return refuse(err, m->type, f->name, "is out of its range");
	return packet.n == 0 ? OK : refuse(err, m->type, "packet", "goes on behind its end");
}

/* ---- the socket ---- */

enum status wire_pair(int fds[2], struct err *err)
{
	/* Room for several of the largest; the kernel counts its own overhead too. */
	static const int bytes = 8 * WIRE_MESSAGE_MAX;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return err_errno(err, FAILED, "socketpair");
	for (int i = 0; i < 2; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) != 0) {
			enum status status = err_errno(err, FAILED, "SO_SNDBUF");
			close(fds[0]);
			close(fds[1]);
			return status;
		}
	return OK;
}

enum status wire_send_packet(int fd, struct str packet, struct err *err)
{
	ssize_t n;
	do
		n = send(fd, packet.p, packet.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, errno == EAGAIN || errno == ENOBUFS ? TIMED_OUT : UNAVAILABLE,
				 "sending");
	return OK;
}

enum status wire_send(int fd, const struct wire_message *m, struct err *err)
{
	struct buf packet;
	buf_init(&packet, WIRE_MESSAGE_MAX);
	enum status status = wire_encode(m, &packet, err);
	if (status == OK)
		status = wire_send_packet(fd, buf_view(&packet), err);
	buf_release(&packet);
	return status;
}

enum status wire_receive(int fd, char *packet, struct wire_message *m, struct err *err)
{
	struct iovec iov = {packet, WIRE_MESSAGE_MAX};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;
	do
		n = recvmsg(fd, &header, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, errno == EAGAIN ? NOT_FOUND : UNAVAILABLE, "receiving");
	/* No message is empty: 0 is the end. */
	if (n == 0)
		return err_set(err, UNAVAILABLE, "the other process has gone");
	if (header.msg_flags & MSG_TRUNC)
		return err_set(err, INVALID, "a message over %d bytes", WIRE_MESSAGE_MAX);
	return wire_decode((struct str){packet, (size_t)n}, m, err);
}
