/* What heal says: the text of a screen, lines of JSON. Pure: a result in, bytes out.
 *
 * Prose first; colour is never the only sign. The width is that of the terminal; nothing that comes
 * from the database can contain control characters (observe_set). */
#ifndef HEAL_SCREEN_SCREEN_H
#define HEAL_SCREEN_SCREEN_H

#include "base/buf.h"
#include "heal/incident/incident.h"

struct screen {
	const struct judge_result *result;
	const struct observe_server *server;
	const struct observe_sample *last;
	const struct incidents *incidents; /* NULL: no ledger */
	const char *ledger_problem;        /* "": none */
	const char *relief;                /* what is done, or would be; "": nothing */
	/* sample_s: until a sample is complete, on average; < 0: not known */
	double watched_s, sample_s;
	int width, height; /* height 0: no limit, everything is shown */
	bool colour;
};

void screen_text(struct buf *out, const struct screen *s);
/* One object a line: each finding, then one with what is left. */
void screen_json(struct buf *out, const struct screen *s);

/* On standard output, as wide as the terminal. `live`: in place of the frame before. */
void screen_print(struct screen *s, bool live, bool json);

#endif
