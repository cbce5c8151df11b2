/* The second tier: a Redis or Valkey that machines share, so that each value is filled once for all
 * of them.
 *
 * A value is a key with a time to live. The owner of a fill holds a lock: a key with a time to live
 * and a token that is unique to the fill. A value is stored only if the lock still has that token
 * (compared and set in one script on the server), so that a machine that was stopped past its lease
 * stores nothing. A machine may replace its own lock with a new token: the store has already chosen
 * one of its processes, and a killed owner delays no caller. Waiters are notified through a channel
 * and also ask again every SECOND_POLL_MS in case the message is lost.
 *
 * An outage of it never fails a request: every request has SECOND_TIMEOUT_MS; when the server
 * cannot be reached, is too slow or returns an error, the caller continues without it.
 * Lost connections are retried with back-off.
 */
#ifndef CACHE_SECOND_H
#define CACHE_SECOND_H

#include "base/err.h"
#include "base/str.h"

struct event_base;
struct second;
struct second_request;

enum { SECOND_TIMEOUT_MS = 150, SECOND_POLL_MS = 50 };

enum second_result {
	SECOND_YES,  /* get: found; lock: acquired; put: stored */
	SECOND_NO,   /* get: no value; lock: held by another machine; put: the lock was lost */
	SECOND_AWAY, /* not reachable */
};
/* value: of second_get, valid during the call. */
typedef void second_done(void *ctx, enum second_result result, struct str value);
/* Names the owner of a lock. The first part names the machine. */
struct second_token {
	char text[64];
};
struct second_token second_token(uint64_t machine, uint64_t entry, uint64_t word);

/* Some machine has stored a value of this key or released its lock. */
typedef void second_news(void *ctx, struct str key);

/* redis://[:PASSWORD@]ADDRESS[:PORT][/DB] or unix:PATH. INVALID: another form; names are not
 * resolved, TLS is not spoken. Begins to connect. */
MUST_CHECK enum status second_create(struct event_base *loop, const char *url, second_news *news,
				     void *ctx, struct second **out, struct err *err);
void second_destroy(struct second *second); /* NULL is allowed; pending requests are not answered */

/* Each: NULL when there is no connection (done is not called); else done(ctx, ...) once, later,
 * unless cancelled. */
struct second_request *second_get(struct second *second, struct str key, second_done *done,
				  void *ctx);
struct second_request *second_lock(struct second *second, struct str key,
				   const struct second_token *token, int64_t lease_ms,
				   second_done *done, void *ctx);
struct second_request *second_put(struct second *second, struct str key,
				  const struct second_token *token, struct str value,
				  int64_t ttl_ms, second_done *done, void *ctx);
void second_cancel(struct second_request *request);
/* Release the lock without a value. */
void second_unlock(struct second *second, struct str key, const struct second_token *token);

#endif
