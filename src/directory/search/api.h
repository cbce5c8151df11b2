/* The directory's JSON API: rows for the route table, on top of search.h. Their ctx is the process's
 * struct db_pool. */
#ifndef DIRECTORY_SEARCH_API_H
#define DIRECTORY_SEARCH_API_H

#include "http/http.h"

extern const struct http_route search_api_routes[];
extern const struct http_schema search_api_schemas[];

#endif
