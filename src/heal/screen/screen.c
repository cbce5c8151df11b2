#include "heal/screen/screen.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	SCREEN_INDENT = 8,
	SCREEN_LABEL = 15,
	SCREEN_CAUSES = 3,
	SCREEN_WIDTH = 100,
	SCREEN_HEIGHT = 30,
	SCREEN_OUTPUT = 4 << 20,
	SCREEN_INCIDENTS = 5,
	SCREEN_POOLS = 3,
	SCREEN_REPORT_LINE = 4096
};

/* ---- lines ---- */

static void screen_rule(struct buf *out, const struct screen *s)
{
	for (int i = 0; i < s->width; i++)
		buf_putc(out, '-');
	buf_putc(out, '\n');
}

/* Characters, not bytes: names may have any letters. */
static int screen_length(struct str text)
{
	return (int)utf8_count(text);
}

/* The text, folded at words; lines after the first are indented. `at`: where the first begins. */
static void screen_fold(struct buf *out, const struct screen *s, int indent, const char *text)
{
	struct str rest = str_of(text);
	int at = indent;
	bool first = true;
	while (rest.p) {
		struct str word = str_cut(&rest, ' ');
		int n = screen_length(word);
		if (!first && at + 1 + n > s->width) {
			buf_printf(out, "\n%*s", indent, "");
			at = indent;
			first = true;
		}
		if (!first)
			buf_putc(out, ' '), at++;
		buf_str(out, word);
		at += n;
		first = false;
	}
	buf_putc(out, '\n');
}

static void screen_part(struct buf *out, const struct screen *s, const char *label,
			const char *text)
{
	if (!text[0])
		return;
	buf_printf(out, "%*s%-*s", SCREEN_INDENT, "", SCREEN_LABEL - SCREEN_INDENT, label);
	screen_fold(out, s, SCREEN_LABEL, text);
}

/* One line, cut at the width. */
static void screen_line(struct buf *out, const struct screen *s, const char *text)
{
	struct str line = str_of(text);
	size_t n = 0;
	int characters = 0;
	while (n < line.n && (!utf8_begins(line.p[n]) || characters < s->width)) {
		characters += utf8_begins(line.p[n]);
		n++;
	}
	buf_add(out, line.p, n);
	buf_putc(out, '\n');
}

/* ---- parts ---- */

static void screen_head(struct buf *out, const struct screen *s)
{
	char now[CLOCK_TEXT], line[256], cost[32] = "";
	clock_format(s->last->at, now);
	if (s->sample_s >= 0)
		snprintf(cost, sizeof(cost), "  %.0f ms a sample", 1000 * s->sample_s);
	snprintf(line, sizeof(line),
		 "holdfast heal  %s  PostgreSQL %s %s  %.8s UTC  watched %.0f s%s",
		 s->server->database[0] ? s->server->database : "?",
		 s->server->version_text[0] ? s->server->version_text : "?",
		 s->server->standby ? "standby" : "primary", now + 11, s->watched_s, cost);
	screen_line(out, s, line);
	screen_rule(out, s);
}

static void screen_statements(struct buf *out, const struct screen *s,
			      const struct judge_finding *f)
{
	char line[OBSERVE_TEXT + 128];
	if (!f->statements)
		return;
	if (f->k)
		screen_line(out, s,
			    "          k   ms alone   per wave  route            statement");
	for (int i = 0; i < f->statements; i++) {
		const struct judge_statement *st = &f->statement[i];
		if (f->k)
			snprintf(line, sizeof(line), "        %3d  %9.0f  %7.1f s  %-16.16s %s",
				 st->k, st->alone_ms, st->wasted_s, st->route, st->text);
		else
			snprintf(line, sizeof(line), "        %s", st->text);
		screen_line(out, s, line);
	}
}

static void screen_finding(struct buf *out, const struct screen *s, const struct judge_finding *f)
{
	buf_puts(out, s->colour ? "\033[1mCAUSE\033[0m   " : "CAUSE   ");
	screen_fold(out, s, SCREEN_INDENT, f->cause);
	screen_part(out, s, "DO", f->action);
	screen_part(out, s, "UNTIL", f->until);
	screen_part(out, s, "SURE", f->sure);
	screen_statements(out, s, f);
	screen_rule(out, s);
}

static void screen_notes(struct buf *out, const struct screen *s)
{
	const struct judge_result *r = s->result;
	for (int i = 0, shown = 0; i < r->findings; i++) {
		if (r->finding[i].confidence != JUDGE_NOTE)
			continue;
		buf_printf(out, "%-8snote   ", shown++ ? "" : "also");
		screen_fold(out, s, SCREEN_LABEL, r->finding[i].cause);
	}
}

static void screen_unknown(struct buf *out, const struct screen *s)
{
	const struct judge_result *r = s->result;
	double window = r->window_s > 0 ? r->window_s : 1;
	buf_printf(out, "unknown %.1f of %.1f sessions", r->unknown_s / window, r->load);
	for (int i = 0; i < r->waits && i < 3; i++)
		buf_printf(out, "%s%s %.1f", i ? ", " : ": ", r->wait[i].wait,
			   r->wait[i].seconds / window);
	buf_putc(out, '\n');
	/* Where it would be a person's first question. */
	const struct judge_dominant *d = &r->dominant;
	if (r->unknown_s < window / 2 || d->seconds <= 0)
		return;
	char line[OBSERVE_TEXT * 2], counted[OBSERVE_TEXT] = "";
	if (d->calls_s > 0)
		snprintf(counted, sizeof(counted),
			 ", %.1f calls a second of %.0f ms, %.0f blocks, %.1f rows", d->calls_s,
			 d->ms, d->blocks, d->rows);
	snprintf(line, sizeof(line), "most of it %s (up to %d sessions%s%s%s): %s", d->caller,
		 d->sessions, counted, d->table[0] ? ", table " : "", d->table, d->text);
	buf_printf(out, "%-8s", "");
	screen_fold(out, s, SCREEN_INDENT, line);
}

/* What the ledger says of the incidents that are not closed, the latest first. */
static void screen_ledger(struct buf *out, const struct screen *s)
{
	int shown = 0, acts = 0;
	char since[CLOCK_TEXT], line[OBSERVE_TEXT + INCIDENT_KEY];
	for (int64_t id = s->incidents->last_id; id > 0 && shown < SCREEN_INCIDENTS; id--) {
		const struct incident *in = incidents_of_id(s->incidents, id);
		if (!in || in->state == INCIDENT_CLOSED)
			continue;
		acts += in->acts;
		clock_format(in->since, since);
		snprintf(line, sizeof(line), "%-8s%.5s  %-7s incident %" PRId64 ": %s%s%s",
			 shown++ ? "" : "ledger", since + 11, incident_state_name(in->state), id,
			 in->key, in->acknowledged > s->last->at ? ", acknowledged" : "",
			 in->returns ? ", came back" : "");
		screen_line(out, s, line);
	}
	if (shown)
		buf_printf(out, "%-8sacts: %d\n", "", acts);
	if (s->ledger_problem[0]) {
		buf_puts(out, "ledger  not written: ");
		screen_fold(out, s, 21, s->ledger_problem);
	}
}

/* Pools whose clients wait, else what all of them do. */
static void screen_pools(struct buf *out, const struct screen *s)
{
	char line[OBSERVE_TEXT];
	int64_t active = 0, waiting = 0, servers = 0, unused = 0;
	int shown = 0;
	for (int i = 0; i < s->last->pools; i++) {
		const struct observe_pool *p = &s->last->pool[i];
		active += p->active;
		waiting += p->waiting;
		servers += p->servers;
		unused += p->free;
		if (!p->waiting || shown == SCREEN_POOLS)
			continue;
		snprintf(line, sizeof(line),
			 "%-8s%s/%s: %" PRId64 " clients wait, the first for %.1f s; %" PRId64
			 " connections in use, %" PRId64 " not; a transaction takes %.0f ms",
			 shown++ ? "" : "pooler", p->database, p->role, p->waiting,
			 (double)p->longest / 1e6, p->servers, p->free,
			 (double)p->transaction_us / 1000);
		screen_line(out, s, line);
	}
	if (!s->last->pools || waiting)
		return;
	snprintf(line, sizeof(line),
		 "pooler  %" PRId64 " clients, none waits; %" PRId64 " connections in use, %" PRId64
		 " not",
		 active, servers, unused);
	screen_line(out, s, line);
}

/* What cannot be seen, and how it could be. */
static void screen_blind(struct buf *out, const struct screen *s)
{
	struct buf text;
	buf_init(&text, 2048);
	buf_puts(&text, "CPU and disk of the server");
	if (!s->bouncers && !s->last->pools)
		buf_puts(&text, "; clients behind a pooler (--bouncer)");
	if (s->bouncer_problem && s->bouncer_problem[0])
		buf_printf(&text, "; %s", s->bouncer_problem);
	if (!s->server->monitor)
		buf_puts(&text, "; sessions of other roles (GRANT pg_monitor to this role)");
	if (!s->server->statements)
		buf_puts(&text, "; calls of statements (no pg_stat_statements in this database)");
	if (s->server->version && s->server->version < 140000)
		buf_puts(&text, "; query_id (before version 14)");
	if (s->last->left_out)
		buf_printf(&text, "; %d of %d sessions (over %d)", s->last->left_out,
			   s->last->connections, OBSERVE_SESSIONS);
	for (int i = 0; i < s->last->sessions; i++) {
		if (s->last->session[i].text.cut) {
			buf_puts(&text,
				 "; the ends of texts, and tags there (track_activity_query_size)");
			break;
		}
	}
	buf_puts(out, "cannot see: ");
	screen_fold(out, s, 12, buf_z(&text));
	buf_release(&text);
}

/* ---- pages that keys choose ---- */

static void screen_page_statements(struct buf *out, const struct screen *s)
{
	const struct judge_result *r = s->result;
	for (int i = 0; i < r->findings; i++) {
		const struct judge_finding *f = &r->finding[i];
		if (!f->statements)
			continue;
		screen_line(out, s, judge_title(f->id));
		screen_statements(out, s, f);
	}
}

static void screen_page_recipe(struct buf *out, const struct screen *s)
{
	const struct judge_result *r = s->result;
	for (int i = 0; i < r->findings; i++) {
		const struct judge_finding *f = &r->finding[i];
		if (f->confidence == JUDGE_NOTE)
			continue;
		screen_line(out, s, judge_title(f->id));
		screen_part(out, s, "DO", f->action);
		struct str rest = str_of(f->recipe ? f->recipe : "");
		while (rest.n) {
			char line[OBSERVE_TEXT];
			struct str one = str_cut(&rest, '\n');
			snprintf(line, sizeof(line), "        %.*s", STR_ARG(one));
			screen_line(out, s, line);
		}
		return;
	}
	screen_line(out, s, "There is no cause, and so no cure.");
}

static void screen_page_sessions(struct buf *out, const struct screen *s)
{
	static const char *const states[] = {"?", "idle", "active", "in transaction"};
	char line[OBSERVE_TEXT + 200];
	screen_line(out, s,
		    "    pid  state            s  waits for        application      statement");
	for (int i = 0; i < s->last->sessions; i++) {
		const struct observe_session *o = &s->last->session[i];
		if (o->kind != OBSERVE_CLIENT || o->state == OBSERVE_IDLE)
			continue;
		double seconds = o->query_start ? (double)(s->last->at - o->query_start) / 1e6 : 0;
		snprintf(line, sizeof(line), "%7d  %-14s %4.0f  %-16.16s %-16.16s %s", o->pid,
			 states[o->state], seconds > 0 ? seconds : 0, o->wait, o->application,
			 o->text.text);
		screen_line(out, s, line);
	}
}

/* The beginning of it, as far as there is room: what to do stands first. */
static void screen_page_report(struct buf *out, const struct screen *s)
{
	struct str rest = str_of(s->report ? s->report : "There is no incident, and so no report.");
	while (rest.n) {
		char line[SCREEN_REPORT_LINE];
		struct str one = str_cut(&rest, '\n');
		snprintf(line, sizeof(line), "%.*s", STR_ARG(one));
		if (line[0] == '|')
			screen_line(out, s, line); /* a row of a table */
		else
			screen_fold(out, s, 0, line);
	}
}

static void screen_page_help(struct buf *out, const struct screen *s)
{
	static const char *const lines[] = {
	    "w  all statements of the causes      p  how the cure is built",
	    "s  sessions that do not idle         l  incidents of the ledger",
	    "r  report of the first cause         a  acknowledge it for an hour",
	    "f  freeze the screen, and go on      space, escape  back",
	    "q  quit",
	    "",
	    "Of other incidents: holdfast heal --report ID, holdfast heal --ack ID --for 2h.",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		screen_line(out, s, lines[i]);
}

static int screen_in_transactions(const struct observe_sample *sample)
{
	int sessions = 0;
	for (int i = 0; i < sample->sessions; i++)
		sessions += sample->session[i].kind == OBSERVE_CLIENT &&
			    sample->session[i].state == OBSERVE_IN_TRANSACTION;
	return sessions;
}

/* True: a page other than that of the causes was written. */
static bool screen_other_page(struct buf *out, const struct screen *s)
{
	if (s->view.page == SCREEN_CAUSES_PAGE)
		return false;
	screen_head(out, s);
	if (s->view.page == SCREEN_STATEMENTS)
		screen_page_statements(out, s);
	else if (s->view.page == SCREEN_RECIPE)
		screen_page_recipe(out, s);
	else if (s->view.page == SCREEN_SESSIONS)
		screen_page_sessions(out, s);
	else if (s->view.page == SCREEN_LEDGER && s->incidents)
		screen_ledger(out, s);
	else if (s->view.page == SCREEN_LEDGER)
		screen_line(out, s, "There is no ledger.");
	else if (s->view.page == SCREEN_REPORT)
		screen_page_report(out, s);
	else
		screen_page_help(out, s);
	return true;
}

static void screen_body(struct buf *out, const struct screen *s)
{
	const struct judge_result *r = s->result;
	int causes = judge_causes(r), shown = 0;
	if (screen_other_page(out, s))
		return;
	screen_head(out, s);
	for (int i = 0; i < r->findings; i++) {
		if (r->finding[i].confidence == JUDGE_NOTE)
			continue;
		if (s->height && shown == SCREEN_CAUSES) {
			buf_printf(out, "        %d more: holdfast heal --once\n", causes - shown);
			break;
		}
		screen_finding(out, s, &r->finding[i]);
		shown++;
	}
	if (!causes && r->load >= 1 && r->unknown_s * 2 > r->total_s)
		buf_printf(
		    out, "No cause that it knows. Load %.1f sessions, most of it not explained.\n",
		    r->load);
	else if (!causes)
		buf_printf(out, "Nothing to do. Load %.1f sessions.\n", r->load);
	else
		buf_printf(out,
			   "load    %.1f sessions   connections %d of %" PRId64
			   ", %d idle, %d idle in a transaction\n",
			   r->load, s->last->connections, s->server->connections_max, s->last->idle,
			   screen_in_transactions(s->last));
	screen_notes(out, s);
	screen_unknown(out, s);
	screen_pools(out, s);
	if (s->relief[0]) {
		buf_puts(out, "relief  ");
		screen_fold(out, s, SCREEN_INDENT, s->relief);
	}
	if (s->incidents)
		screen_ledger(out, s);
	screen_blind(out, s);
}

/* The first `lines` of a text: what is below is less important. */
static void screen_cut(struct buf *text, int lines)
{
	for (size_t i = 0; i < text->n; i++) {
		if (text->p[i] == '\n' && --lines == 0) {
			buf_cut(text, i + 1);
			return;
		}
	}
}

void screen_text(struct buf *out, const struct screen *s)
{
	struct buf body;
	buf_init(&body, 1 << 20);
	screen_body(&body, s);
	if (s->height)
		screen_cut(&body, s->height - (s->keys ? 2 : 1));
	buf_str(out, buf_view(&body));
	if (s->height && s->keys)
		screen_line(
		    out, s,
		    s->view.frozen ? "frozen: f goes on   q quit"
		    : s->width < SCREEN_WIDTH
			? "q quit r report w texts p cure s sessions l ledger a acknowledge f freeze ? help"
			: "q quit  r report  w statements  p recipe  s sessions  l ledger  a acknowledge  f freeze  ? help");
	buf_release(&body);
}

/* ---- JSON ---- */

static void screen_json_pool(struct json_writer *w, const struct observe_pool *p)
{
	json_object_begin(w);
	json_member_z(w, "database", p->database);
	json_member_z(w, "role", p->role);
	json_member_z(w, "mode", p->mode);
	json_member_i64(w, "clients_active", p->active);
	json_member_i64(w, "clients_waiting", p->waiting);
	json_member_i64(w, "first_waits_us", p->longest);
	json_member_i64(w, "connections_used", p->servers);
	json_member_i64(w, "connections_free", p->free);
	json_member_i64(w, "transactions_per_s", p->transactions);
	json_member_i64(w, "transaction_us", p->transaction_us);
	json_member_i64(w, "query_us", p->query_us);
	json_member_i64(w, "wait_us", p->wait_us);
	json_object_end(w);
}

/* What a person should look at when no judge can say more. */
static void screen_json_dominant(struct json_writer *w, const struct judge_dominant *d)
{
	json_key(w, "unknown_most");
	json_object_begin(w);
	json_member_z(w, "wait", d->wait);
	json_member_z(w, "caller", d->caller);
	json_member_z(w, "statement", d->text);
	json_member_z(w, "table", d->table);
	json_member_i64(w, "sessions", d->sessions);
	json_key(w, "session_seconds");
	json_put_double(w, d->seconds, 1);
	json_key(w, "calls_a_second");
	json_put_double(w, d->calls_s, 1);
	json_key(w, "ms_a_call");
	json_put_double(w, d->ms, 1);
	json_key(w, "blocks_a_call");
	json_put_double(w, d->blocks, 0);
	json_key(w, "rows_a_call");
	json_put_double(w, d->rows, 1);
	json_object_end(w);
}

void screen_json(struct buf *out, const struct screen *s)
{
	const struct judge_result *r = s->result;
	struct json_writer w;
	char now[CLOCK_TEXT];
	for (int i = 0; i < r->findings; i++) {
		json_writer_init(&w, out);
		incident_put_finding(&w, &r->finding[i]);
		buf_putc(out, '\n');
	}
	clock_format(s->last->at, now);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_z(&w, "at", now);
	json_member_i64(&w, "causes", judge_causes(r));
	json_key(&w, "load");
	json_put_double(&w, r->load, 2);
	json_key(&w, "unknown_session_seconds");
	json_put_double(&w, r->unknown_s, 1);
	json_key(&w, "session_seconds");
	json_put_double(&w, r->total_s, 1);
	if (r->dominant.seconds > 0)
		screen_json_dominant(&w, &r->dominant);
	if (s->last->pools) {
		json_key(&w, "pools");
		json_array_begin(&w);
		for (int i = 0; i < s->last->pools; i++)
			screen_json_pool(&w, &s->last->pool[i]);
		json_array_end(&w);
	}
	if (s->bouncer_problem && s->bouncer_problem[0])
		json_member_z(&w, "pooler_problem", s->bouncer_problem);
	json_member_bool(&w, "sees_all_sessions", s->server->monitor);
	json_member_bool(&w, "sees_statements", s->server->statements);
	json_object_end(&w);
	buf_putc(out, '\n');
}

void screen_print(struct screen *s, bool live, bool json)
{
	struct buf out;
	struct winsize size;
	bool terminal = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40;
	s->width = terminal ? size.ws_col : SCREEN_WIDTH;
	s->height = live ? terminal ? size.ws_row : SCREEN_HEIGHT : 0;
	s->colour = live && !getenv("NO_COLOR");
	if (!s->last)
		return;
	buf_init(&out, SCREEN_OUTPUT);
	if (live)
		buf_puts(&out, "\033[H\033[J");
	if (json)
		screen_json(&out, s);
	else
		screen_text(&out, s);
	buf_write(&out, stdout);
	fflush(stdout);
	buf_release(&out);
}
