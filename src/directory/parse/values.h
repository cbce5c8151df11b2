/* Values as files write them. Texts that are returned live in the draft's arena. Inside the parser
 * only. */
#ifndef DIRECTORY_PARSE_VALUES_H
#define DIRECTORY_PARSE_VALUES_H

#include "base/str.h"
#include "directory/record/record.h"

struct draft;

/* NFC, trimmed, white space folded (a description keeps its lines), without control characters,
 * invisible characters, markup, character references and e-mail addresses. p == NULL: not UTF-8, or
 * nothing visible remains. */
struct str value_text(struct draft *d, enum record_field field, struct str raw);

/* Without tags and with the characters that references stand for, in `to`, which has room for s.n
 * bytes. *changed: there was one. */
struct str value_without_markup(struct str s, char *to, bool *changed);

/* What a spreadsheet put around a value taken off: ="01067", '0351, 94109.0. */
struct str value_unwrapped(struct str raw);

/* "94109.0", as programs write numbers in columns that have gaps. */
struct str value_without_fraction(struct str s);

/* Whether it stands for no value: "NULL", "n/a", "-", "undefined". */
bool value_is_none(enum record_field field, struct str raw);
/* What a cell says that is to be ticked, in one of some twenty languages. */
enum value_answer { VALUE_OTHER, VALUE_NO, VALUE_YES };
enum value_answer value_answer(struct str s);

/* A number that a spreadsheet has rounded: 4.93515E+11. */
bool value_is_rounded(struct str raw);

struct str value_cut(struct str s, size_t max);

/* In lower case, without marks, wide forms and no-break spaces, in at most `max` bytes of out.
 * False: longer, or not UTF-8. */
MUST_CHECK bool value_fold(struct str text, char *out, size_t max, size_t *n);

/* The text of a JSON value without addresses in its strings; p == NULL when it is none, or too
 * large. */
struct str value_json(struct draft *d, struct str raw, size_t max);

/* http(s) only; a bare host name gets https. Scheme and host in lower case. p == NULL: it is none.
 */
struct str value_web(struct draft *d, struct str s);

/* RFC 3339, of "2024-05-06", "06.05.2024 14:30", "2024-05-06 14:30:00+02"; other texts come back
 * changed or not, and record_value_ok refuses them. Without an offset: UTC. */
struct str value_time(struct draft *d, struct str s);

/* "2024-05-06" of a date in one of the usual forms: "6.5.2024", "2024/05/06", "20240506",
 * "13/05/2024"; p == NULL: none, or its day and month cannot be told apart. */
struct str value_date(struct draft *d, struct str s);

/* A price of which there is no doubt as a number with a point: "4,50", "1'200.00", "1.200,00",
 * "CHF 15.-" of that currency. Any other text comes back as it is: "4,500", "from 4.50". */
struct str value_price(struct draft *d, struct str s, struct str currency);

/* ---- coordinates ---- */

struct value_place {
	bool known;
	double lat, lon;
	const char *cause; /* why not */
	bool converted;    /* swapped, or of another system */
};

/* One coordinate: decimal degrees with point or comma, degrees with a sign or a letter, degrees,
 * minutes, seconds. False: not a number. *axis: 'N' for latitude, 'E' for longitude, 0 when no
 * letter says. */
MUST_CHECK bool value_degrees(struct str s, double *out, char *axis);

/* A latitude and a longitude as written, with the country as far as it is known. */
struct value_place value_place(struct str lat, struct str lon, struct str country);
/* Of Web Mercator (EPSG:3857), in metres. */
void value_from_mercator(double x, double y, double *lat, double *lon);

/* "47.3,8.5", "47.3 8.5", "POINT(8.5 47.3)" as the two. False: not so. */
MUST_CHECK bool value_two(struct str s, struct str *lat, struct str *lon);

#endif
