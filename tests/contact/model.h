/* What the contact sphere promises, without keys, rows or clocks: who may read whom, after which
 * actions. The walks (walk.c) compare the keeper with it. It is written from the promises and
 * shares no code with the keeper:
 *
 *   an unlock is live until it is withdrawn; two that are live at the same tick match for good;
 *   what was live at a tick, once withdrawn, is final; who is not there or hidden is unlocked in
 *   vain, without the caller seeing a difference; erasing ends everything of a party. */
#ifndef TESTS_CONTACT_MODEL_H
#define TESTS_CONTACT_MODEL_H

#include "keeper/message/message.h"

enum { MODEL_PARTIES = 3 };

/* One party's unlock of another. What it sees: asked, counted, final, over. What is so: live. */
struct model_unlock {
	uint8_t asked;   /* unlocked and not withdrawn */
	uint8_t counted; /* and a tick has passed since */
	uint8_t final;   /* withdrawn after it had counted */
	uint8_t over;    /* and a tick has passed since */
	uint8_t undone;  /* withdrawn before it counted, until the tick */
	uint8_t live;    /* asked, and the other one was there */
};

struct model {
	struct model_unlock unlock[MODEL_PARTIES][MODEL_PARTIES];
	uint8_t match[MODEL_PARTIES][MODEL_PARTIES];
	uint8_t erased[MODEL_PARTIES];
	uint8_t hidden[MODEL_PARTIES];
};

static inline enum keeper_status model_do_unlock(struct model *m, int a, int b)
{
	struct model_unlock *u = &m->unlock[a][b];
	bool there = !m->erased[b] && !m->hidden[b];
	if (m->erased[a])
		return KEEPER_UNKNOWN;
	if (u->final)
		return KEEPER_FINAL;
	if (!u->asked)
		*u = (struct model_unlock){.asked = 1};
	if (there)
		u->live = 1;
	return KEEPER_OK;
}

static inline enum keeper_status model_do_withdraw(struct model *m, int a, int b)
{
	struct model_unlock *u = &m->unlock[a][b];
	if (m->erased[a])
		return KEEPER_UNKNOWN;
	if (!u->asked)
		return u->final || u->undone ? KEEPER_OK : KEEPER_NOT_UNLOCKED;
	*u = (struct model_unlock){.final = u->counted, .undone = !u->counted};
	return KEEPER_OK;
}

static inline enum keeper_status model_do_erase(struct model *m, int a)
{
	if (m->erased[a])
		return KEEPER_UNKNOWN;
	m->erased[a] = 1;
	m->hidden[a] = 0;
	for (int b = 0; b < MODEL_PARTIES; b++)
		m->unlock[a][b] = (struct model_unlock){0};
	return KEEPER_OK;
}

static inline void model_do_tick(struct model *m)
{
	for (int a = 0; a < MODEL_PARTIES; a++) {
		for (int b = 0; b < MODEL_PARTIES; b++) {
			struct model_unlock *u = &m->unlock[a][b];
			u->counted |= u->asked;
			u->over |= u->final;
			u->undone = 0;
			if (m->unlock[a][b].live && m->unlock[b][a].live)
				m->match[a][b] = m->match[b][a] = 1;
		}
	}
}

static inline bool model_reads(const struct model *m, int a, int b)
{
	return m->match[a][b] && !m->erased[a] && !m->erased[b];
}

/* What a sees of b in its list. */
static inline enum keeper_state model_state(const struct model *m, int a, int b)
{
	const struct model_unlock *u = &m->unlock[a][b];
	if (!u->asked && !u->final && !u->undone)
		return KEEPER_NONE;
	if (model_reads(m, a, b))
		return KEEPER_MATCHED;
	return u->over ? KEEPER_ENDED : KEEPER_WAITING;
}

#endif
