/* The ledger of heal: what was found, what was done about it, what came of it. A file of JSON
 * lines that is appended to, until ledger_trim drops lines that are old.
 *
 * Each line ends with "x", a hash over the line before it and itself, so that a line that was
 * changed, taken out or put in is noticed. Several processes may write (a healer, a person who
 * acknowledges): each append takes the lock of the file and first reads what others have written.
 * A line is one write(2); one that does not fit on the disk is taken back whole.
 *
 * A crash may leave half a line, or zeros, at the end. Opening for writing, or the next append,
 * cuts them off and says so in a line "repaired". A broken line with good ones behind it is no
 * crash: the ledger is then refused, nothing is cut.
 *
 * State is made of lines alone: every good line is given to `each` once, whichever process wrote
 * it, at the opening, by ledger_poll and by ledger_append. So a restart knows what the process
 * before knew.
 *
 * A trim rewrites the file in place (heal/ledger/inplace.h: PATH.trim holds the new contents until
 * they are copied): a line "trimmed" with the number of all lines ever dropped, then the lines that
 * stay, with their members as they were and a new "x". Processes that have it open go on where they
 * were. Readers hold a shared lock; they wait two seconds for it, then read without.
 *
 * Kinds of lines, by member "kind": start, finding, breaker, intent, done, outcome, notify, ack,
 * gap, repaired, trimmed. "at" is for people, "t" the same in microseconds since 1970.
 */
#ifndef HEAL_LEDGER_LEDGER_H
#define HEAL_LEDGER_LEDGER_H

#include "base/json.h"

enum { LEDGER_LINE = 64 << 10, LEDGER_PATH = 4096 };

struct ledger;

/* The line lives until the call returns. */
typedef void ledger_each(void *ctx, const struct json_value *line);

/* Made with mode 0600 when it is missing; its folder must exist. INVALID: a broken line in the
 * middle. */
MUST_CHECK enum status ledger_open(struct ledger **out, const char *path, ledger_each *each,
				   void *ctx, struct err *err);
/* For reading alone; half a line at the end is not given. NOT_FOUND: there is none. */
MUST_CHECK enum status ledger_open_read(struct ledger **out, const char *path, ledger_each *each,
					void *ctx, struct err *err);
void ledger_close(struct ledger *l); /* NULL is allowed */
const char *ledger_path(const struct ledger *l);

/* What others have appended since. */
MUST_CHECK enum status ledger_poll(struct ledger *l, struct err *err);

/* Begin a line of a kind: members follow, ledger_append ends it. `now_us`: since 1970. */
void ledger_begin(struct json_writer *w, struct buf *line, const char *kind, int64_t now_us);
/* OK only when the whole line is in the file and, if `durable`, on the disk (fdatasync). Otherwise
 * nothing of it is left, except that a failed fdatasync cannot be undone. */
MUST_CHECK enum status ledger_append(struct ledger *l, struct json_writer *w, bool durable,
				     struct err *err);

/* Whether a line stays. Called twice for each; it must not use the ledger. */
typedef bool ledger_keep(void *ctx, const struct json_value *line);
/* Drop the lines that `keep` does not keep; nothing is written when there are none. The last lines
 * must be kept: a reader that has not read them yet would miss them. `w`: of a line "trimmed",
 * begun with ledger_begin. When it fails no line is lost; the next append goes on with it or drops
 * it. */
MUST_CHECK enum status ledger_trim(struct ledger *l, struct json_writer *w, ledger_keep *keep,
				   void *ctx, struct err *err);

#endif
