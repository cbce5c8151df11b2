/* What the tests of the judges share: a recording that is written sample by sample, and judged. */
#ifndef TESTS_UNIT_JUDGE_SCENE_H
#define TESTS_UNIT_JUDGE_SCENE_H

#include "heal/judge/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A recording under construction: sample after sample, a second apart. */
struct scene {
	struct observe_history *history;
	struct observe_sample *now;
	struct observe_server server;
	struct judge_result result;
	int64_t at;
};

#define SECOND INT64_C(1000000)
#define BEGAN  (1700000000 * SECOND)

static void scene_begin(struct scene *s)
{
	*s = (struct scene){.history = observe_history_new(),
			    .server = {.version = 150000,
				       .monitor = true,
				       .statements = true,
				       .connections_max = 97},
			    .at = BEGAN};
	judge_init(&s->result);
}

static void scene_next(struct scene *s)
{
	s->at += SECOND;
	s->now = observe_next(s->history);
	s->now->at = s->at;
	s->now->server_start = BEGAN - 1000 * SECOND;
}

/* A client's session of the sample; xid_age and the like as an idle one has them. */
static struct observe_session *scene_session(struct scene *s, int32_t pid, const char *application,
					     enum observe_state state)
{
	struct observe_session *session = &s->now->session[s->now->sessions++];
	*session = (struct observe_session){.pid = pid,
					    .kind = OBSERVE_CLIENT,
					    .state = state,
					    .backend_start = BEGAN,
					    .query_start = s->at - SECOND / 2,
					    .state_change = s->at - SECOND / 2,
					    .xid_age = -1,
					    .xmin_age = -1};
	OBSERVE_SET(session->application, str_of(application));
	OBSERVE_SET(session->role, STR("app"));
	s->now->connections++;
	s->now->idle += state == OBSERVE_IDLE;
	return session;
}

static void scene_text(struct observe_session *session, const char *text)
{
	struct observe_text same;
	observe_redact(str_of(text), 1024, 7, &session->text);
	observe_redact(str_of(session->text.text), 0, 0, &same);
	session->fingerprint = same.hash;
}

/* Through the text of a recording and back: so every scene also tests that nothing is lost. */
static void scene_push(struct scene *s)
{
	struct buf line;
	struct err err;
	buf_init(&line, OBSERVE_LINE);
	observe_write_sample(&line, s->now);
	assert_false(buf_failed(&line));
	struct observe_sample *again = memcpy(malloc(sizeof(*again)), s->now, sizeof(*again));
	assert_int_equal(observe_read_sample(buf_view(&line), s->now, &err), OK);
	assert_memory_equal(again, s->now, sizeof(*again));
	free(again);
	buf_release(&line);
	observe_push(s->history);
}

/* The findings as "name/confidence ...", and the end of the scene. */
static void scene_is(struct scene *s, const char *expected)
{
	struct buf text;
	buf_init(&text, 4096);
	judge_run(s->history, &s->server, &s->result);
	for (int i = 0; i < s->result.findings; i++) {
		const struct judge_finding *f = &s->result.finding[i];
		buf_printf(&text, "%s%s/%s", i ? " " : "", judge_name(f->id),
			   judge_confidence_names[f->confidence]);
		assert_true(f->key[0] && f->cause[0]);
		assert_true(f->confidence == JUDGE_NOTE ||
			    (f->action[0] && f->until[0] && f->sure[0]));
	}
	assert_string_equal(buf_z(&text), expected);
	buf_release(&text);
}

static void scene_end(struct scene *s)
{
	judge_release(&s->result);
	observe_history_free(s->history);
}

#endif
