/* Parsers of hostile text: robots.txt, Retry-After, and the facts in JSON and HTML. Pure functions;
 * each accepts any bytes, takes time proportional to their number (robots_allows has a limit of
 * steps), and allocates in the caller's arena only.
 *
 * Facts are valid UTF-8 without control characters, with single spaces, cut between characters.
 * They have no e-mail address, which must not be stored.
 */
#ifndef FETCH_READ_READ_H
#define FETCH_READ_READ_H

#include "base/arena.h"
#include "base/json.h"
#include "pipeline/wire/wire.h"

enum { FACT_TEXT_MAX = 300 }; /* bytes of a title or description */

/* Add a fact unless there is no room, or the value is empty, not UTF-8 or has an e-mail address.
 * max: bytes, at most WIRE_VALUE_MAX. True: `facts` has it now; the same name and value are not
 * added twice. */
bool fact_add(struct wire_facts *facts, struct arena *arena, const char *name, struct str value,
	      size_t max);

/* Whether s has something@something, or the same with %40. */
bool has_email(struct str s);

/* ---- robots.txt, RFC 9309 ---- */

/* Bytes of robots.txt that are read (section 2.5: at least 500 KiB). */
enum { ROBOTS_TEXT_MAX = 512000 };

/* Append the rules of the groups for our product token (the letters, - and _ that begin the user
 * agent), or else of the groups for *, to `rules`: lines of + or - and a path pattern. */
void robots_read(struct str text, struct str user_agent, struct buf *rules);

/* path: with its query, as it will be sent. The longest pattern decides; of two, allow. */
bool robots_allows(struct str rules, struct str path);

/* ---- Retry-After, RFC 9110 10.2.3 ---- */

enum { RETRY_AFTER_MAX_MS = 86400000 };

/* Parse seconds or a date in one of HTTP's three forms. False: neither. A date in the past gives 0;
 * more than a day is limited to a day. */
MUST_CHECK bool retry_after(struct str value, int64_t now_unix_s, uint32_t *ms);

/* ---- JSON ---- */

/* RFC 6901. INVALID: not a pointer. NOT_FOUND: there is no such value. */
MUST_CHECK enum status json_pointer(const struct json_value *root, struct str pointer,
				    const struct json_value **out);

/* Add a fact for each name of `mapping` whose pointer leads to a scalar, or to an array of scalars.
 * null counts as absent. INVALID: the body is not JSON. TOO_LARGE: over the arena's maximum. */
MUST_CHECK enum status read_json(struct str body, const struct wire_facts *mapping,
				 struct arena *arena, struct wire_facts *facts, struct err *err);

/* ---- HTML ---- */

/* Add the facts of a page that wire.h lists. content_type may name a charset: UTF-8 and the
 * windows-1252 family are decoded, of others only ASCII. If `wanted` has a fact "telephone", that
 * number is searched for in the page's text. Facts over the arena's maximum are missing. */
void read_html(struct str body, struct str content_type, const struct wire_facts *wanted,
	       struct arena *arena, struct wire_facts *facts);

#endif
