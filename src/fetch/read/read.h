/* What hostile text means: robots.txt, Retry-After, and the facts of JSON and HTML. Pure functions
 * over memory; each takes any bytes, ends in time proportional to them (robots_allows: has a budget
 * of steps), and keeps to the caller's arena.
 *
 * Facts are clean: UTF-8, no control characters, white space collapsed, cut at a whole character,
 * and never an e-mail address (those must not enter a table).
 */
#ifndef FETCH_READ_READ_H
#define FETCH_READ_READ_H

#include "base/arena.h"
#include "base/json.h"
#include "pipeline/wire/wire.h"

enum { FACT_TEXT_MAX = 300 }; /* bytes of a title or description */

/* Add a fact unless there is no room, the value is empty, is no UTF-8 or has an e-mail address in
 * it. max: bytes, at most WIRE_VALUE_MAX. True: it stands there now (or did before: the same name
 * and value are not added twice). */
bool fact_add(struct wire_facts *facts, struct arena *arena, const char *name, struct str value,
	      size_t max);

/* Something@something, also with the at sign written as %40. */
bool has_email(struct str s);

/* ---- robots.txt, RFC 9309 ---- */

enum {
	ROBOTS_TEXT_MAX = 512000
}; /* what lies behind is not read (section 2.5: at least 500 KiB) */

/* The rules of the groups for our product (the letters, - and _ that begin the user agent), or of
 * *, into `rules`, a form that robots_allows reads: lines of + or - and a path pattern. */
void robots_read(struct str text, struct str user_agent, struct buf *rules);

/* path: with its query, as it will be sent. Longest pattern wins, allow before disallow. */
bool robots_allows(struct str rules, struct str path);

/* ---- Retry-After, RFC 9110 10.2.3 ---- */

enum { RETRY_AFTER_MAX_MS = 86400000 };

/* Seconds or a date in any of HTTP's three forms. False: neither. A date in the past gives 0; more
 * than a day is a day. */
MUST_CHECK bool retry_after(struct str value, int64_t now_unix_s, uint32_t *ms);

/* ---- JSON ---- */

/* RFC 6901. INVALID: not a pointer. NOT_FOUND: it leads nowhere. */
MUST_CHECK enum status json_pointer(const struct json_value *root, struct str pointer,
				    const struct json_value **out);

/* Every name of `mapping` whose pointer leads to a scalar, or to an array of them. null is absent.
 * INVALID: the body is not JSON; TOO_LARGE: its tree is over the arena's maximum. */
MUST_CHECK enum status read_json(struct str body, const struct wire_facts *mapping,
				 struct arena *arena, struct wire_facts *facts, struct err *err);

/* ---- HTML ---- */

/* The facts of a page, as wire.h lists them. content_type may name a charset; UTF-8 and the
 * windows-1252 family are understood, of other charsets only what is ASCII. wanted: a fact
 * "telephone" is looked for in the page's text. Over the arena's maximum facts are missing. */
void read_html(struct str body, struct str content_type, const struct wire_facts *wanted,
	       struct arena *arena, struct wire_facts *facts);

#endif
