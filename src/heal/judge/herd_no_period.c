/* The same read in several sessions, most of the time: an entry that expires before it has been
 * computed, or a cold cache. There are no waves. */
#include "heal/judge/internal.h"

#include <string.h>

enum { CROWD_K = 3, CROWD_SAMPLES = 6, CROWD_MEAN_US = 30000, CROWD_TEXTS = 32 };

struct crowd {
	uint64_t hash, fingerprint;
	const struct observe_session *example;
	int samples, k, most;
	int64_t age;
};

static bool crowd_counts(const struct judge_case *c, int i, int s)
{
	const struct observe_session *session = &judge_sample(c, i)->session[s];
	/* With parameters equal texts may be different questions. */
	return judge_is_free(c, i, s) && session->state == OBSERVE_ACTIVE &&
	       session->text.verb == OBSERVE_READ && !session->text.parameters &&
	       !session->blockers && !observe_is_human(session);
}

/* Sessions of a sample with the text of session s, when s is the first of them; else 0. */
static int crowd_size(const struct judge_case *c, int i, int s)
{
	const struct observe_sample *sample = judge_sample(c, i);
	int k = 0;
	for (int n = 0; n < sample->busy; n++) {
		if (sample->session[n].text.hash != sample->session[s].text.hash ||
		    !crowd_counts(c, i, n))
			continue;
		if (n < s)
			return 0;
		k++;
	}
	return k;
}

static void crowd_report(struct judge_case *c, const struct crowd *w)
{
	char caller[OBSERVE_NAME];
	struct judge_finding *f = judge_add(c, JUDGE_HERD_NO_PERIOD, JUDGE_PROBABLE);
	if (!f)
		return;
	observe_caller(w->example, caller);
	f->k = w->most;
	/* The key of judge_herd: the same cause, before its period can be told. */
	f->key = judge_text(c, "herd/%s", caller);
	f->cause = judge_text(
	    c, "Up to %d sessions of %s compute the same result at the same time, without a pause.",
	    w->most, caller);
	f->action = judge_text(
	    c,
	    "One fill per key in %s: the first computes, the others wait or get the old value; a time to live that is longer than the computation.",
	    caller);
	f->until = "Nothing needs to be killed: what is cancelled starts again at once.";
	f->sure = judge_text(c, "probable: same text in %d or more sessions in %d of %d samples",
			     CROWD_K, w->samples, c->samples);
	f->statement[f->statements++] =
	    (struct judge_statement){.k = w->most,
				     .alone_ms = (double)w->age / 1000 / w->k * 2,
				     .text = judge_text(c, "%s", w->example->text.text),
				     .route = judge_text(c, "%s", w->example->text.route)};
	judge_claim_statement(c, f, w->fingerprint);
}

void judge_herd_no_period(struct judge_case *c)
{
	struct crowd crowd[CROWD_TEXTS];
	int crowds = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->busy; s++) {
			const struct observe_session *session = &sample->session[s];
			int k = crowd_counts(c, i, s) ? crowd_size(c, i, s) : 0, at = 0;
			if (k < CROWD_K)
				continue;
			while (at < crowds && crowd[at].hash != session->text.hash)
				at++;
			if (at == CROWD_TEXTS)
				continue;
			if (at == crowds)
				crowd[crowds++] =
				    (struct crowd){.hash = session->text.hash,
						   .fingerprint = session->fingerprint,
						   .example = session};
			crowd[at].samples++;
			crowd[at].k++;
			crowd[at].most = k > crowd[at].most ? k : crowd[at].most;
			crowd[at].age += sample->at - session->query_start;
		}
	}
	for (int i = 0; i < crowds; i++) {
		/* Twice the mean age at a random moment is the mean duration. */
		if (crowd[i].samples >= CROWD_SAMPLES &&
		    crowd[i].age / crowd[i].k * 2 >= CROWD_MEAN_US)
			crowd_report(c, &crowd[i]);
	}
}
