#include "heal/permit/permit.h"
#include "base/arena.h"
#include "base/date.h"
#include "base/memory.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { PERMIT_RULES = 16, PERMIT_WINDOWS = 16, PERMIT_NAMES = 64, PERMIT_ARENA = 64 << 10 };

#define PERMIT_DAY_S 86400

struct permit_rule {
	bool has_application;
	regex_t application;
	const char *role; /* NULL: any */
};

struct permit_window {
	int weekday; /* 0: Monday; -1: every day */
	int64_t from_s, long_s;
};

struct permit {
	struct arena arena;
	struct permit_rule rule[PERMIT_RULES];
	struct permit_window window[PERMIT_WINDOWS];
	struct str name[PERMIT_NAMES];
	int rules, windows, names;
	int64_t acts_per_hour;
};

/* ---- settings ---- */

static enum status permit_condition(struct permit *p, struct permit_rule *rule, struct str word,
				    struct err *err)
{
	struct str value = word, name = str_cut(&value, '=');
	char why[128];
	if (!value.p || !value.n)
		return err_set(err, INVALID,
			       "heal.allow: '%.*s': application=REGEX or role=NAME is expected",
			       STR_ARG(word));
	struct str text = arena_str(&p->arena, value);
	if (str_eq(name, STR("role"))) {
		rule->role = text.p;
		return OK;
	}
	if (!str_eq(name, STR("application")) || rule->has_application)
		return err_set(
		    err, INVALID,
		    "heal.allow: '%.*s': application=REGEX or role=NAME is expected, each once",
		    STR_ARG(word));
	int failed = regcomp(&rule->application, text.p, REG_EXTENDED | REG_NOSUB);
	if (failed) {
		regerror(failed, &rule->application, why, sizeof(why));
		return err_set(err, INVALID, "heal.allow: '%.*s': %s", STR_ARG(value), why);
	}
	rule->has_application = true;
	return OK;
}

static enum status permit_allow(struct permit *p, struct str text, struct err *err)
{
	while (text.p) {
		struct str rule = str_trim(str_cut(&text, ';'));
		if (!rule.n)
			continue;
		if (p->rules == PERMIT_RULES)
			return err_set(err, INVALID, "heal.allow: at most %d rules", PERMIT_RULES);
		p->rules++;
		while (rule.p) {
			struct str word = str_cut(&rule, ' ');
			enum status status =
			    word.n ? permit_condition(p, &p->rule[p->rules - 1], word, err) : OK;
			if (status != OK)
				return status;
		}
	}
	return OK;
}

static bool permit_span(struct str text, int64_t *s)
{
	static const struct {
		struct str unit;
		int64_t s;
	} units[] = {{STR("min"), 60}, {STR("h"), 3600}};
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		struct str number = {text.p, text.n - units[i].unit.n};
		if (str_ends(text, units[i].unit) && str_to_i64(number, 1, 10000, s)) {
			*s *= units[i].s;
			return *s <= 7 * PERMIT_DAY_S;
		}
	}
	return false;
}

/* "sun 02:00 3h" */
static bool permit_read_window(struct str text, struct permit_window *w)
{
	struct str day = str_cut(&text, ' '), minute = str_cut(&text, ' '),
		   hour = str_cut(&minute, ':'), span = text.p ? str_trim(text) : STR("");
	int64_t h, m;
	if (!minute.p || !str_to_i64(hour, 0, 23, &h) || !str_to_i64(minute, 0, 59, &m) ||
	    !permit_span(span, &w->long_s))
		return false;
	w->from_s = h * 3600 + m * 60;
	w->weekday = -2;
	for (int i = 0; i < 7; i++) {
		if (str_eq_nocase(day, (struct str){date_weekday_names[i], 3}))
			w->weekday = i;
	}
	if (str_eq_nocase(day, STR("daily")))
		w->weekday = -1;
	return w->weekday > -2;
}

static enum status permit_maintenance(struct permit *p, struct str text, struct err *err)
{
	while (text.p) {
		struct str window = str_trim(str_cut(&text, ';'));
		if (!window.n)
			continue;
		if (p->windows == PERMIT_WINDOWS ||
		    !permit_read_window(window, &p->window[p->windows++]))
			return err_set(
			    err, INVALID,
			    "heal.maintenance: '%.*s': a window such as 'sun 02:00 3h' or 'daily 01:30 30min' is expected",
			    STR_ARG(window));
	}
	return OK;
}

static enum status permit_protect(struct permit *p, struct str text, struct err *err)
{
	while (text.p) {
		struct str name = str_cut(&text, ' ');
		if (!name.n)
			continue;
		if (p->names == PERMIT_NAMES)
			return err_set(err, INVALID, "heal.protect: at most %d names",
				       PERMIT_NAMES);
		p->name[p->names++] = arena_str(&p->arena, name);
	}
	return OK;
}

enum status permit_new(struct permit **out, const struct permit_settings *settings, struct err *err)
{
	struct permit *p = memory_alloc(sizeof(*p));
	arena_init(&p->arena, PERMIT_ARENA);
	p->acts_per_hour = settings->acts_per_hour;
	enum status status = permit_allow(p, str_of(settings->allow), err);
	if (status == OK)
		status = permit_protect(p, str_of(settings->protect), err);
	if (status == OK)
		status = permit_maintenance(p, str_of(settings->maintenance), err);
	if (status != OK) {
		permit_free(p);
		p = NULL;
	}
	*out = p;
	return status;
}

void permit_free(struct permit *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->rules; i++) {
		if (p->rule[i].has_application)
			regfree(&p->rule[i].application);
	}
	arena_release(&p->arena);
	free(p);
}

/* ---- the decision ---- */

static bool permit_in_maintenance(const struct permit *p, int64_t now)
{
	int64_t s = now / 1000000;
	for (int i = 0; i < p->windows; i++) {
		const struct permit_window *w = &p->window[i];
		/* It may have begun on one of the days before. */
		for (int64_t day = s / PERMIT_DAY_S - 7; day <= s / PERMIT_DAY_S; day++) {
			int64_t from = day * PERMIT_DAY_S + w->from_s;
			if ((w->weekday < 0 || w->weekday == date_weekday(day)) && s >= from &&
			    s < from + w->long_s)
				return true;
		}
	}
	return false;
}

static bool permit_is_allowed(const struct permit *p, const struct observe_session *s)
{
	for (int i = 0; i < p->rules; i++) {
		const struct permit_rule *r = &p->rule[i];
		if ((!r->role || strcmp(r->role, s->role) == 0) &&
		    (!r->has_application ||
		     regexec(&r->application, s->application, 0, NULL, 0) == 0))
			return true;
	}
	return false;
}

bool permit_protects(const struct permit *p, const struct observe_session *s)
{
	struct str application = str_of(s->application);
	for (int i = 0; i < p->names; i++) {
		struct str begin = {application.p, p->name[i].n};
		if (application.n >= p->name[i].n && str_eq_nocase(begin, p->name[i]))
			return true;
	}
	return false;
}

/* The state that the statement of the act demands, for long enough. */
static bool permit_is_ripe(const struct judge_finding *f, const struct observe_session *s,
			   int64_t at)
{
	return f->relief == JUDGE_CANCEL
		   ? s->state == OBSERVE_ACTIVE && at - s->query_start >= PERMIT_AGE_US
		   : s->state == OBSERVE_IN_TRANSACTION && at - s->state_change >= PERMIT_AGE_US;
}

const char *permit_refuses(const struct permit *p, const struct judge_finding *f,
			   const struct observe_session *s, int64_t at, int64_t now, int acts)
{
	bool defines = s->text.verb == OBSERVE_DDL || s->text.verb == OBSERVE_MAINTENANCE;
	bool waiting_amplifier =
	    f->id == JUDGE_LOCK_CHAIN && f->relief == JUDGE_CANCEL && s->blockers;
	if (!p->rules)
		return "heal.allow is empty";
	if (s->kind != OBSERVE_CLIENT || s->work[0])
		return "only clients' sessions are touched, and none whose progress the server reports";
	if (observe_is_human(s) || permit_protects(p, s))
		return "its application is protected";
	if (!permit_is_allowed(p, s))
		return "no rule of heal.allow names it";
	if (defines && !waiting_amplifier)
		return "it defines or maintains";
	if (!permit_is_ripe(f, s, at))
		return "it is not in that state for a second yet";
	if (permit_in_maintenance(p, now))
		return "it is time of maintenance";
	if (acts >= p->acts_per_hour)
		return "heal.acts_per_hour is reached";
	return NULL;
}
