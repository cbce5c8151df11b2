/* link: base keeper/message keeper */
/* Walks of the keeper's core over real keys, beside the model (model.h). After every action:
 *
 *   early      somebody reads a contact that the model does not allow
 *   one-sided  one of two parties reads the other, and is not read by it
 *   lost       the model says that a contact is readable, and it is not
 *   differs    an answer's status, or the state of a list, is not the model's
 *
 *   walk all PARTIES DEPTH         every sequence of {unlock, withdraw, erase} and tick
 *   walk merged PARTIES DEPTH      every action, also hide and show, from every state of the model
 *   walk random COUNT LENGTH SEED   three parties, also new codes, contacts, restarts, rotations
 *
 * Prints what it found; exits 1 unless all four are 0.
 */
#include "base/random.h"
#include "base/str.h"
#include "model.h"
#include "world.h"

#include <stdlib.h>

enum { TICK_S = 10, DEPTH_MAX = 64 };
static const struct keeper_rules rules = {
    .tick_s = TICK_S, .unlocks_per_day = 1000, .profile_days = 90};

static const char *const names[MODEL_PARTIES] = {"A", "B", "C"};

/* The state of both sides. A copy is a branch of a walk. */
struct walk {
	struct world world;
	struct who who[MODEL_PARTIES];
	struct model model;
};

static struct {
	uint64_t sequences, actions, early, one_sided, lost, differs;
} count;
static char trail[DEPTH_MAX * 16];
static int parties;

static void tell(const char *what)
{
	if (count.early + count.one_sided + count.lost + count.differs < 20)
		fprintf(stderr, "%s after:%s\n", what, trail);
}

static void check_reading(struct walk *w)
{
	for (int a = 0; a < parties; a++) {
		for (int b = a + 1; b < parties; b++) {
			bool ab = world_reads(&w->world, &w->who[a], &w->who[b]);
			bool ba = world_reads(&w->world, &w->who[b], &w->who[a]);
			bool may = model_reads(&w->model, a, b);
			if ((ab || ba) && !may) {
				tell("early");
				count.early++;
			}
			if (ab != ba) {
				tell("one-sided");
				count.one_sided++;
			}
			if (may && !(ab && ba)) {
				tell("lost");
				count.lost++;
			}
		}
	}
}

static void expect(enum keeper_status got, enum keeper_status want)
{
	/* Who is erased has no new ticket after a restart. */
	if (got != want && !(want == KEEPER_UNKNOWN && got == KEEPER_EXPIRED)) {
		tell("status differs");
		count.differs++;
	}
}

static void check_lists(struct walk *w)
{
	for (int a = 0; a < parties; a++) {
		enum keeper_status status = world_matches(&w->world, &w->who[a]);
		expect(status, w->model.erased[a] ? KEEPER_UNKNOWN : KEEPER_OK);
		for (int b = 0; b < parties && status == KEEPER_OK; b++) {
			enum keeper_state got = KEEPER_NONE;
			for (int n = 0; n < KEEPER_NOTES_MAX; n++)
				if (memcmp(world_answer.matches.note[n].id, w->who[b].id,
					   KEEPER_ID) == 0)
					got = world_answer.matches.note[n].state;
			if (a != b && got != model_state(&w->model, a, b)) {
				tell("list differs");
				count.differs++;
			}
		}
	}
}

/* ---- actions ---- */

enum action { TICK, UNLOCK, WITHDRAW, ERASE, HIDE, SHOW, NEW_CODE, NEW_CONTACT, RESTART, ROTATE };

/* Signed in anew, as after a restart. */
static void sign_in(struct walk *w)
{
	for (int a = 0; a < parties; a++)
		expect(world_session(&w->world, &w->who[a]),
		       w->model.erased[a] ? KEEPER_UNKNOWN : KEEPER_OK);
}

static void do_new_code(struct walk *w, int a)
{
	char code[KEEPER_CODE_TYPED];
	world_code(&w->world, code);
	expect(world_new_code(&w->world, &w->who[a], code),
	       w->model.erased[a] ? KEEPER_UNKNOWN : KEEPER_OK);
	if (!w->model.erased[a])
		world_use_code(&w->who[a], code);
}

static void do_rotate(struct walk *w)
{
	world_add_period();
	world_restart(&rules, w->world.now);
	world_rewrap(&w->world);
	sign_in(w);
}

static void act(struct walk *w, enum action action, int a, int b)
{
	static const char *const words[] = {
	    [TICK] = "tick",        [UNLOCK] = "unlock",       [WITHDRAW] = "withdraw",
	    [ERASE] = "erase",      [HIDE] = "hide",           [SHOW] = "show",
	    [NEW_CODE] = "newcode", [NEW_CONTACT] = "contact", [RESTART] = "restart",
	    [ROTATE] = "rotate"};
	struct who *who = w->who;
	struct model *m = &w->model;
	size_t n = strlen(trail);
	snprintf(trail + n, sizeof(trail) - n, " %s%s%s", words[action], a < 0 ? "" : names[a],
		 b < 0 ? "" : names[b]);
	count.actions++;
	switch (action) {
	case TICK:
		w->world.now += TICK_S;
		model_do_tick(m);
		break;
	case UNLOCK:
		expect(world_unlock(&w->world, &who[a], &who[b]), model_do_unlock(m, a, b));
		break;
	case WITHDRAW:
		expect(world_withdraw(&w->world, &who[a], &who[b]), model_do_withdraw(m, a, b));
		break;
	case ERASE:
		expect(world_erase(&w->world, &who[a]), model_do_erase(m, a));
		break;
	case HIDE:
	case SHOW:
		expect(world_hide(&w->world, &who[a], action == HIDE),
		       m->erased[a] ? KEEPER_MISMATCH : KEEPER_OK);
		m->hidden[a] = action == HIDE && !m->erased[a];
		break;
	case NEW_CODE:
		do_new_code(w, a);
		break;
	case NEW_CONTACT:
		expect(world_new_contact(&w->world, &who[a], trail + n),
		       m->erased[a] ? KEEPER_UNKNOWN : KEEPER_OK);
		break;
	case RESTART:
		world_restart(&rules, w->world.now);
		sign_in(w);
		break;
	case ROTATE:
		do_rotate(w);
		break;
	}
	check_reading(w);
}

static void begin(struct walk *w)
{
	memset(w, 0, sizeof(*w));
	w->world.now = WORLD_START + 3;
	trail[0] = '\0';
	world_restart(&rules, w->world.now);
	for (int a = 0; a < parties; a++)
		world_enrol(&w->world, &w->who[a], names[a]);
}

/* Calls `each` with every action of this kind of walk. */
static void each_action(bool hide, void (*each)(void *ctx, enum action action, int a, int b),
			void *ctx)
{
	each(ctx, TICK, -1, -1);
	for (int a = 0; a < parties; a++) {
		for (int b = 0; b < parties; b++) {
			if (a == b)
				continue;
			each(ctx, UNLOCK, a, b);
			each(ctx, WITHDRAW, a, b);
		}
		each(ctx, ERASE, a, -1);
		if (hide) {
			each(ctx, HIDE, a, -1);
			each(ctx, SHOW, a, -1);
		}
	}
}

/* ---- all sequences ---- */

struct branch {
	const struct walk *from;
	int left; /* actions */
};

static void walk_branch(void *ctx, enum action action, int a, int b)
{
	const struct branch *branch = ctx;
	struct walk w = *branch->from;
	size_t n = strlen(trail);
	act(&w, action, a, b);
	if (branch->left > 1)
		each_action(false, walk_branch, &(struct branch){&w, branch->left - 1});
	else
		count.sequences++;
	trail[n] = '\0';
}

static void walk_all(int depth)
{
	static struct walk w;
	begin(&w);
	each_action(false, walk_branch, &(struct branch){&w, depth});
}

/* ---- merged states ---- */

enum { STATES_MAX = 20000 };
static struct state {
	struct walk walk;
	char trail[sizeof(trail)];
	int depth;
} * states[STATES_MAX];
static int state_count;

static void merge(const struct walk *w, int depth)
{
	for (int n = 0; n < state_count; n++)
		if (memcmp(&states[n]->walk.model, &w->model, sizeof(w->model)) == 0)
			return;
	must(state_count < STATES_MAX);
	struct state *s = calloc(1, sizeof(*s));
	must(s);
	s->walk = *w;
	s->depth = depth;
	snprintf(s->trail, sizeof(s->trail), "%s", trail);
	states[state_count++] = s;
}

static void walk_merged_branch(void *ctx, enum action action, int a, int b)
{
	const struct state *from = ctx;
	struct walk w = from->walk;
	snprintf(trail, sizeof(trail), "%s", from->trail);
	/* The ticket is older than a quarter of an hour on a long way of ticks. */
	sign_in(&w);
	act(&w, action, a, b);
	check_lists(&w);
	merge(&w, from->depth + 1);
}

static void walk_merged(int depth)
{
	static struct walk w;
	begin(&w);
	merge(&w, 0);
	for (int n = 0; n < state_count; n++) {
		if (states[n]->depth < depth) {
			each_action(true, walk_merged_branch, states[n]);
			count.sequences++;
		}
	}
	printf("%d states of the model within %d actions; ", state_count, depth);
	while (state_count > 0)
		free(states[--state_count]);
}

/* ---- random walks ---- */

static void walk_random(uint64_t walks, int length, uint64_t seed)
{
	static struct walk w;
	struct random r = {seed};
	for (uint64_t n = 0; n < walks; n++) {
		world_make_keys();
		begin(&w);
		for (int step = 0; step < length; step++) {
			int a = (int)random_below(&r, (uint32_t)parties);
			int b = (a + 1 + (int)random_below(&r, (uint32_t)parties - 1)) % parties;
			uint32_t chance = random_below(&r, 100);
			enum action action = chance < 38   ? UNLOCK
					     : chance < 55 ? WITHDRAW
					     : chance < 77 ? TICK
					     : chance < 79 ? ERASE
					     : chance < 83 ? HIDE
					     : chance < 88 ? SHOW
					     : chance < 92 ? NEW_CODE
					     : chance < 96 ? NEW_CONTACT
					     : chance < 98 ? RESTART
							   : ROTATE;
			bool one = action == ERASE || action == HIDE || action == SHOW ||
				   action == NEW_CODE || action == NEW_CONTACT;
			bool none = action == TICK || action == RESTART || action == ROTATE;
			act(&w, action, none ? -1 : a, none || one ? -1 : b);
			if (step % 8 == 7)
				check_lists(&w);
		}
		count.sequences++;
	}
}

int main(int argc, char **argv)
{
	int64_t number[3] = {0};
	for (int n = 2; n < argc && n < 5; n++)
		if (!str_to_i64(str_of(argv[n]), 1, INT64_MAX, &number[n - 2]))
			return EXIT_USAGE;
	world_make_keys();
	if (argc == 4 && strcmp(argv[1], "all") == 0 && number[0] <= MODEL_PARTIES &&
	    number[1] <= DEPTH_MAX) {
		parties = (int)number[0];
		walk_all((int)number[1]);
	} else if (argc == 4 && strcmp(argv[1], "merged") == 0 && number[0] <= MODEL_PARTIES &&
		   number[1] <= DEPTH_MAX) {
		parties = (int)number[0];
		walk_merged((int)number[1]);
	} else if (argc == 5 && strcmp(argv[1], "random") == 0 && number[1] <= DEPTH_MAX) {
		parties = MODEL_PARTIES;
		walk_random((uint64_t)number[0], (int)number[1], (uint64_t)number[2]);
	} else {
		fprintf(stderr,
			"usage: walk all|merged PARTIES DEPTH | random COUNT LENGTH SEED\n");
		return EXIT_USAGE;
	}
	printf("%llu sequences, %llu actions: %llu early, %llu one-sided, %llu lost, %llu differ\n",
	       (unsigned long long)count.sequences, (unsigned long long)count.actions,
	       (unsigned long long)count.early, (unsigned long long)count.one_sided,
	       (unsigned long long)count.lost, (unsigned long long)count.differs);
	return count.early + count.one_sided + count.lost + count.differs ? EXIT_FAILED : EXIT_OK;
}
