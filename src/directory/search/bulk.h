/* The whole directory, or what a filter leaves of it, as one answer: /v1/businesses.ndjson. It is
 * read in chunks by id, each a short statement of its own, and the next one is asked for only when
 * the client has taken the last: one that is slow or leaves holds no cursor, transaction or
 * connection of the database. A business that is there throughout is given exactly once, also
 * while an import runs.
 */
#ifndef DIRECTORY_SEARCH_BULK_H
#define DIRECTORY_SEARCH_BULK_H

#include "config/config.h"
#include "http/http.h"

struct db_pool;
struct search_bulk;

struct search_bulk *search_bulk_create(struct db_pool *db, const struct config *config);
void search_bulk_free(struct search_bulk *bulk); /* after the server */

/* ctx: struct search_bulk */
extern const struct http_route search_bulk_routes[];

#endif
