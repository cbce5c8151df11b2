/* Answers of routes that come from the cache: what HTTP says about them. Cache-Status (RFC 9211),
 * Age and Cache-Control (RFC 9111), ETag, problems that are kept like values, 503 with
 * Retry-After when there is none.
 */
#ifndef DIRECTORY_CACHED_CACHED_H
#define DIRECTORY_CACHED_CACHED_H

#include "cache/cache.h"
#include "http/http.h"

/* Ends the request, at once or when the value is there. Values are JSON, or of the type that the
 * route's row says. */
void cached_respond(struct http_request *request, struct cache *cache,
		    const struct cache_class *class, struct str key);

/* In fill functions: the value is in cache_fill_out(); it is packed with gzip here, once, for all
 * that take it so. For values that may be read by everybody: a secret beside what a client chooses
 * could be guessed by the length. ... */
void cached_made(struct cache_fill *fill);
/* ... or the request is answered by this address (percent-encoded) for good: a 301, ... */
void cached_moved(struct cache_fill *fill, struct str location);
/* ... or this is the answer ("no such category"), kept like a value. */
void cached_problem(struct cache_fill *fill, enum http_problem problem, const char *detail);

#endif
