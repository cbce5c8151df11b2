/* The second tier: a Redis or Valkey that machines share, so that a value is made once for all of them.
 *
 * A value is a key with a time to live. Who makes one holds a lock: a key with a time to live and a token that no other
 * fill has. A value is stored only while the lock still holds that token (compared and set in one script, on the
 * server), so that a machine that was stopped past its lease stores nothing. A machine may take its own lock again, with
 * a new token: among its processes the store has decided already, and a filler that was killed delays nobody. Whoever
 * waits is told by a channel and, should that be lost, asks again every SECOND_POLL_MS.
 *
 * It helps and never hinders: every request has SECOND_TIMEOUT_MS; when it is not reachable, too slow or answers an
 * error, the caller is told and goes on alone. Connections are made again with back-off.
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
	SECOND_YES,  /* the value; the lock is ours; it is stored */
	SECOND_NO,   /* no value; somebody else has the lock; the lock was not ours any more */
	SECOND_AWAY, /* not reachable */
};
/* value: of second_get, valid during the call. */
typedef void second_done(void *ctx, enum second_result result, struct str value);
/* Who holds a lock. The first part is the machine's. */
struct second_token {
	char text[64];
};
struct second_token second_token(uint64_t machine, uint64_t entry, uint64_t word);

/* A value of this key was stored, or its lock given back, by some machine. */
typedef void second_news(void *ctx, struct str key);

/* redis://[:PASSWORD@]ADDRESS[:PORT][/DB] or unix:PATH. INVALID: another form; names are not resolved, TLS is not spoken.
 * Begins to connect. */
MUST_CHECK enum status second_create(struct event_base *loop, const char *url, second_news *news,
				     void *ctx, struct second **out, struct err *err);
void second_destroy(
    struct second *second); /* NULL is allowed; requests are not answered any more */

/* Each: NULL when there is no connection (done is not called); else done(ctx, ...) once, later, unless cancelled. */
struct second_request *second_get(struct second *second, struct str key, second_done *done,
				  void *ctx);
struct second_request *second_lock(struct second *second, struct str key,
				   const struct second_token *token, int64_t lease_ms,
				   second_done *done, void *ctx);
struct second_request *second_put(struct second *second, struct str key,
				  const struct second_token *token, struct str value,
				  int64_t ttl_ms, second_done *done, void *ctx);
void second_cancel(struct second_request *request);
/* Give the lock back without a value. */
void second_unlock(struct second *second, struct str key, const struct second_token *token);

#endif
