#include "keeper/message/message.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

enum {
	REQUEST_HEADER = offsetof(struct keeper_request, empty),
	ANSWER_HEADER = offsetof(struct keeper_answer, info),
};

#define ROW(op, title, request, answer)                                                            \
	[op] = {title, REQUEST_HEADER + sizeof(request), ANSWER_HEADER + sizeof(answer)}

/* The operations: name, bytes of a request and of an answer. */
static const struct {
	const char *name;
	size_t request_bytes, answer_bytes;
} keeper_ops[KEEPER_OPS] = {
    ROW(KEEPER_INFO, "info", struct keeper_request_empty, struct keeper_answer_info),
    ROW(KEEPER_CODE, "code", struct keeper_request_empty, struct keeper_answer_code),
    ROW(KEEPER_LABELS, "labels", struct keeper_request_labels, struct keeper_answer_labels),
    ROW(KEEPER_ENROL, "enrol", struct keeper_request_enrol, struct keeper_answer_session),
    ROW(KEEPER_SESSION, "session", struct keeper_request_session, struct keeper_answer_session),
    ROW(KEEPER_SELF, "self", struct keeper_request_party, struct keeper_answer_self),
    ROW(KEEPER_SHOW, "show", struct keeper_request_show, struct keeper_answer_show),
    ROW(KEEPER_UNLOCK, "unlock", struct keeper_request_unlock, struct keeper_answer_unlock),
    ROW(KEEPER_WITHDRAW, "withdraw", struct keeper_request_unlock, struct keeper_answer_unlock),
    ROW(KEEPER_NOTES, "notes", struct keeper_request_party, struct keeper_answer_notes),
    ROW(KEEPER_MATCHES, "matches", struct keeper_request_matches, struct keeper_answer_matches),
    ROW(KEEPER_RELEASE, "release", struct keeper_request_release, struct keeper_answer_release),
    ROW(KEEPER_REPORT, "report", struct keeper_request_release, struct keeper_answer_release),
    ROW(KEEPER_CONTACT_CHANGE, "contact", struct keeper_request_contact,
	struct keeper_answer_party),
    ROW(KEEPER_PROFILE_CHANGE, "profile", struct keeper_request_profile,
	struct keeper_answer_party),
    ROW(KEEPER_NEW_CODE, "new code", struct keeper_request_new_code, struct keeper_answer_session),
    ROW(KEEPER_ERASE, "erase", struct keeper_request_erase, struct keeper_answer_erase),
    ROW(KEEPER_HIDE, "hide", struct keeper_request_hide, struct keeper_answer_party),
    ROW(KEEPER_REWRAP_PARTIES, "rewrap parties", struct keeper_rewrap_parties,
	struct keeper_rewrap_parties),
    ROW(KEEPER_REWRAP_UNLOCKS, "rewrap unlocks", struct keeper_rewrap_unlocks,
	struct keeper_rewrap_unlocks),
};
_Static_assert(sizeof(struct keeper_request) <= KEEPER_MESSAGE_MAX, "a request is one packet");
_Static_assert(sizeof(struct keeper_answer) <= KEEPER_MESSAGE_MAX, "an answer is one packet");

static const char *const keeper_statuses[KEEPER_STATUSES] = {
    [KEEPER_OK] = "ok",
    [KEEPER_BAD_CODE] = "bad code",
    [KEEPER_UNKNOWN] = "unknown",
    [KEEPER_EXPIRED] = "expired",
    [KEEPER_CHANGED] = "changed",
    [KEEPER_QUOTA_DAY] = "quota of the day",
    [KEEPER_QUOTA_LIVE] = "quota of live unlocks",
    [KEEPER_FINAL] = "final",
    [KEEPER_NOT_UNLOCKED] = "not unlocked",
    [KEEPER_NOT_MATCHED] = "not matched",
    [KEEPER_MISMATCH] = "mismatch",
};

const char *keeper_op_name(enum keeper_op op)
{
	must(keeper_request_bytes(op) != 0);
	return keeper_ops[op].name;
}

const char *keeper_status_name(enum keeper_status status)
{
	must((size_t)status < COUNT_OF(keeper_statuses));
	return keeper_statuses[status];
}

size_t keeper_request_bytes(uint32_t op)
{
	return op < COUNT_OF(keeper_ops) ? keeper_ops[op].request_bytes : 0;
}

size_t keeper_answer_bytes(uint32_t op)
{
	return op < COUNT_OF(keeper_ops) ? keeper_ops[op].answer_bytes : 0;
}

static enum status message_send(int fd, const void *p, size_t n, struct err *err)
{
	for (;;) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent == (ssize_t)n)
			return OK;
		must(sent < 0); /* a packet goes whole or not at all */
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return err_set(err, TIMED_OUT, "the peer does not read");
		if (errno != EINTR)
			return err_errno(err, UNAVAILABLE, "sending to the peer");
	}
}

/* One packet into `size` bytes; *got: its length, which is greater when it did not fit. */
static enum status message_receive(int fd, void *p, size_t size, size_t *got, struct err *err)
{
	for (;;) {
		ssize_t n = recv(fd, p, size, MSG_TRUNC);
		*got = n > 0 ? (size_t)n : 0;
		if (n > 0)
			return OK;
		if (n == 0)
			return err_set(err, UNAVAILABLE, "the peer has closed the socket");
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return err_set(err, NOT_FOUND, "no message yet");
		if (errno != EINTR)
			return err_errno(err, UNAVAILABLE, "receiving from the peer");
	}
}

enum status keeper_send_request(int fd, struct keeper_request *r, struct err *err)
{
	must(keeper_request_bytes(r->op) != 0);
	r->version = KEEPER_VERSION;
	return message_send(fd, r, keeper_request_bytes(r->op), err);
}

enum status keeper_send_answer(int fd, struct keeper_answer *a, struct err *err)
{
	must(keeper_answer_bytes(a->op) != 0);
	a->version = KEEPER_VERSION;
	return message_send(fd, a, keeper_answer_bytes(a->op), err);
}

enum status keeper_receive_request(int fd, struct keeper_request *r, struct err *err)
{
	size_t n;
	enum status status = message_receive(fd, r, sizeof(*r), &n, err);
	if (status == OK && (n < REQUEST_HEADER || r->version != KEEPER_VERSION ||
			     keeper_request_bytes(r->op) != n))
		status = err_set(err, INVALID, "a packet of %zu bytes is no request", n);
	return status;
}

enum status keeper_receive_answer(int fd, struct keeper_answer *a, struct err *err)
{
	size_t n;
	enum status status = message_receive(fd, a, sizeof(*a), &n, err);
	if (status == OK && (n < ANSWER_HEADER || a->version != KEEPER_VERSION ||
			     a->status >= KEEPER_STATUSES || keeper_answer_bytes(a->op) != n))
		status = err_set(err, INVALID, "a packet of %zu bytes is no answer", n);
	return status;
}
