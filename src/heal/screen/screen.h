/* What heal says: the text of a screen, lines of JSON. Pure: a result in, bytes out.
 *
 * Prose first; colour is never the only sign. The width is that of the terminal; nothing that comes
 * from the database can contain control characters (observe_set). */
#ifndef HEAL_SCREEN_SCREEN_H
#define HEAL_SCREEN_SCREEN_H

#include "base/buf.h"
#include "heal/incident/incident.h"

/* What the live screen shows, as keys have it. */
enum screen_page {
	SCREEN_CAUSES_PAGE,
	SCREEN_STATEMENTS, /* all statements of all causes */
	SCREEN_RECIPE,     /* how the cure of the first cause is built */
	SCREEN_SESSIONS,
	SCREEN_LEDGER, /* incidents */
	SCREEN_REPORT, /* of the incident of the first cause */
	SCREEN_HELP
};
struct screen_view {
	enum screen_page page;
	bool frozen; /* samples are taken, and not drawn */
	/* The incident of the first cause is to be acknowledged; set back when that is done. */
	bool acknowledge;
};

struct screen {
	const struct judge_result *result;
	const struct observe_server *server;
	const struct observe_sample *last;
	const struct incidents *incidents; /* NULL: no ledger */
	const char *ledger_problem;        /* "": none */
	int bouncers;                      /* PgBouncers that are asked */
	const char *bouncer_problem;       /* "" or NULL: none */
	const char *report;                /* for SCREEN_REPORT */
	const char *relief;                /* what is done, or would be; "": nothing */
	/* sample_s: until a sample is complete, on average; < 0: not known */
	double watched_s, sample_s;
	int width, height; /* height 0: no limit, everything is shown */
	bool colour;
	struct screen_view view;
	bool keys; /* there is a keyboard: the last line names the keys */
};

void screen_text(struct buf *out, const struct screen *s);
/* One object a line: each finding, then one with what is left. */
void screen_json(struct buf *out, const struct screen *s);

/* ---- keys: keys.c ---- */

enum screen_event { SCREEN_EVENT_NONE, SCREEN_EVENT_KEY, SCREEN_EVENT_QUIT, SCREEN_EVENT_CLOSED };

/* Read single keys from the terminal; it is restored when the program ends. False: standard input
 * is none. */
MUST_CHECK bool screen_keys_take(void);
void screen_keys_release(void);
/* False: the key ends the screen. */
MUST_CHECK bool screen_key_apply(struct screen_view *view, char key);
/* Wait for a key until then (clock_ms). */
MUST_CHECK enum screen_event screen_keys_wait(struct screen_view *view, int64_t until_ms);

/* On standard output, as wide as the terminal. `live`: in place of the frame before. */
void screen_print(struct screen *s, bool live, bool json);

#endif
