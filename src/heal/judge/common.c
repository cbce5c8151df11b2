/* What judges share. */
#include "heal/judge/internal.h"
#include "base/ascii.h"

#include <stdio.h>
#include <string.h>

enum { COMMON_VISITS = 1024 };

const char *const judge_confidence_names[] = {"note", "probable", "high", "certain"};

struct judge_finding *judge_add(struct judge_case *c, enum judge_id id,
				enum judge_confidence confidence)
{
	struct judge_result *r = c->result;
	if (r->findings == JUDGE_FINDINGS) {
		r->dropped++;
		return NULL;
	}
	struct judge_finding *f = &r->finding[r->findings++];
	*f = (struct judge_finding){.id = id,
				    .confidence = confidence,
				    .key = "",
				    .cause = "",
				    .action = "",
				    .until = "",
				    .sure = "",
				    .recipe = ""};
	return f;
}

const char *judge_text(struct judge_case *c, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	struct str kept = arena_str(&c->result->arena, str_of(text));
	return kept.p ? kept.p : "";
}

const char *judge_who(struct judge_case *c, const struct observe_session *s)
{
	const char *from = s->behind[0]   ? judge_text(c, ", %s behind the pooler", s->behind)
			   : s->client[0] ? judge_text(c, ", %s", s->client)
					  : "";
	return judge_text(c, "%s (role %s%s)", s->application[0] ? s->application : "a session",
			  s->role, from);
}

void judge_add_caller(struct judge_finding *f, const char *who)
{
	for (int i = 0; i < f->callers; i++) {
		if (strcmp(f->caller[i], who) == 0)
			return;
	}
	if (f->callers < JUDGE_CALLERS && who[0])
		f->caller[f->callers++] = who;
}

const char *judge_age(struct judge_case *c, int64_t us)
{
	int64_t s = us / 1000000;
	if (s < 120)
		return judge_text(c, "%d s", (int)s);
	return s < 7200 ? judge_text(c, "%d min", (int)(s / 60))
			: judge_text(c, "%d h", (int)(s / 3600));
}

/* ---- time ---- */

/* A sample stands for the time since the one before; the first for as much as the second. */
double judge_span(const struct judge_case *c, int i)
{
	if (c->samples < 2)
		return 1;
	int at = i ? i : 1;
	int64_t us = judge_sample(c, at)->at - judge_sample(c, at - 1)->at;
	/* A step of the clock, or a pause of the observer. */
	return us > 0 && us < 60000000 ? (double)us / 1e6 : 1;
}

bool judge_is_free(const struct judge_case *c, int sample, int session)
{
	return judge_sample(c, sample)->session[session].kind == OBSERVE_CLIENT &&
	       !c->claimed[sample][session];
}

void judge_claim(struct judge_case *c, struct judge_finding *f, int sample, int session)
{
	if (c->claimed[sample][session])
		return;
	c->claimed[sample][session] = true;
	if (f && judge_counts(&judge_sample(c, sample)->session[session]))
		f->seconds += judge_span(c, sample);
}

void judge_claim_pid(struct judge_case *c, struct judge_finding *f, int32_t pid)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->sessions; s++) {
			if (sample->session[s].pid == pid)
				judge_claim(c, f, i, s);
		}
	}
}

void judge_claim_statement(struct judge_case *c, struct judge_finding *f, uint64_t fingerprint)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->busy; s++) {
			if (sample->session[s].fingerprint == fingerprint &&
			    judge_is_free(c, i, s) && judge_counts(&sample->session[s]))
				judge_claim(c, f, i, s);
		}
	}
}

int64_t judge_waited(const struct judge_case *c, const struct observe_session *s)
{
	int64_t since = c->last->at;
	for (int i = c->samples - 1; i >= 0; i--) {
		const struct observe_sample *sample = judge_sample(c, i);
		const struct observe_session *then = observe_session_of(sample, s->pid);
		if (!then || then->query_start != s->query_start || !then->blockers)
			break;
		since = sample->at;
	}
	return c->last->at - since;
}

/* ---- statements ---- */

struct judge_sum judge_sum_of(const struct judge_case *c, uint64_t fingerprint, int64_t least)
{
	struct judge_sum sum = {.text = ""};
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->statements; s++) {
			const struct observe_statement *st = &sample->statement[s];
			if (st->fingerprint != fingerprint)
				continue;
			sum.calls += st->calls;
			sum.rows += st->rows;
			sum.blocks += st->blocks;
			sum.exec_ms += st->exec_ms;
			sum.samples += st->calls >= least;
			if (st->text[0]) {
				sum.verb = st->verb;
				sum.text = st->text;
			}
		}
	}
	return sum;
}

void judge_take_statement(struct judge_case *c, struct judge_finding *f,
			  const struct judge_sum *sum, uint64_t fingerprint)
{
	if (f->statements < JUDGE_STATEMENTS)
		f->statement[f->statements++] =
		    (struct judge_statement){.alone_ms = sum->exec_ms / (double)sum->calls,
					     .text = judge_text(c, "%s", sum->text),
					     .route = ""};
	judge_claim_statement(c, f, fingerprint);
}

bool judge_names_table(const char *text, const char *table)
{
	const char *dot = strrchr(table, '.'), *name = dot ? dot + 1 : table;
	size_t n = strlen(name);
	for (const char *p = text; n && (p = strstr(p, name)); p += n) {
		bool begins = p == text || !(ascii_is_alnum(p[-1]) || p[-1] == '_');
		bool ends = !(ascii_is_alnum(p[n]) || p[n] == '_');
		if (begins && ends)
			return true;
	}
	return false;
}

bool judge_uses_table(const char *text, const struct observe_table *table)
{
	return judge_names_table(text, table->name) ||
	       (table->parent[0] && judge_names_table(text, table->parent));
}

bool judge_is_victim(const struct judge_case *c, const char *text)
{
	return c->pinned && judge_uses_table(text, c->pinned);
}

const struct observe_sample *judge_tables(const struct judge_case *c)
{
	const struct observe_sample *now = NULL;
	for (int i = 0; i < c->samples; i++) {
		if (judge_sample(c, i)->tables)
			now = judge_sample(c, i);
	}
	return now;
}

bool judge_is_work(const struct observe_session *s)
{
	return s->work[0] || s->text.verb == OBSERVE_COPY || s->text.verb == OBSERVE_DDL ||
	       s->text.verb == OBSERVE_MAINTENANCE;
}

void judge_each_statement(struct judge_case *c, judge_visit *visit)
{
	uint64_t seen[COMMON_VISITS];
	int count = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->statements; s++) {
			uint64_t fingerprint = sample->statement[s].fingerprint;
			int at = 0;
			while (at < count && seen[at] != fingerprint)
				at++;
			if (at < count || count == COMMON_VISITS)
				continue;
			seen[count++] = fingerprint;
			visit(c, fingerprint);
		}
	}
}
