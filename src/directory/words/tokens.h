/* The tokens of a business: the array business_detail.words, which one GIN index serves. A
 * token is a folded word with a sign in front that says where the business has it; the sign is
 * in no folded word. The importer writes them, the search looks them up, the table `word`
 * counts all but the facets.
 *
 *   zurich          in a name of the business, also in a further one
 *   .zurich .8600   town, region, postcode
 *   /bahnhofstrasse /22   street and number
 *   :example.org    host of the website, without www
 *   ~greek          a cuisine that is served (directory/names/cuisines.h)
 *   @k12            a further category
 *   @c12 @g3 @r7 @t99  the main category, its group, region and town (directory_facets() in SQL)
 *   @takeaway=yes   a further fact (facets.def)
 */
#ifndef DIRECTORY_WORDS_TOKENS_H
#define DIRECTORY_WORDS_TOKENS_H

#include "base/str.h"

#define TOKEN_NAME     ""
#define TOKEN_PLACE    "."
#define TOKEN_STREET   "/"
#define TOKEN_HOST     ":"
#define TOKEN_CUISINE  "~"
#define TOKEN_CATEGORY "@k"
#define TOKEN_MAIN     "@c"
#define TOKEN_GROUP    "@g"

enum { TOKEN_HOST_BYTES = 100 };
/* The host that "https://www.Example.org:8443/a" or "example.org" names: lower case, without
 * "www.", a slice of out. Empty: it names none that could be one on the web (letters, digits,
 * '-', at least one dot). */
struct str token_host(struct str url, char out[TOKEN_HOST_BYTES]);

/* A hash of a token. business.marks has those of all tokens of a business: an index with them tells
 * which businesses cannot have what a text asks for. directory_marks() of SQL makes the same of the
 * facets that directory_facets() makes. */
int16_t token_mark(struct str token);

#endif
