/* The order of an operation: statements and questions to the keeper, one after another. */
#include "contact/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "sql/contact.h"
#include "sql/profile.h"

enum exchange_step {
	STEP_PROFILE, /* the statement of operation->profile */
	STEP_LABELS,
	STEP_READ,
	STEP_NOTES,
	STEP_READ_NOTES,
	STEP_ASK,
	STEP_FIRST, /* write and publish in the operation's order */
	STEP_SECOND,
	STEP_ANSWER,
};

static void exchange_go_on(struct exchange *c);

/* ---- its end ---- */

void exchange_next(struct contact *contact)
{
	if (!contact->busy && !contact->run_duty(contact->duties) && contact->first) {
		contact->busy = true;
		exchange_go_on(contact->first);
	}
}

static void exchange_end(struct contact *contact)
{
	struct exchange *c = contact->first;
	contact->first = c->next;
	if (!contact->first)
		contact->last = NULL;
	contact->queued--;
	contact->busy = false;
	exchange_next(contact);
}

void exchange_problem(struct exchange *c, enum http_problem problem, const char *parameter,
		      const char *fmt, ...)
{
	struct contact *contact = c->contact;
	char detail[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	http_problem(c->request, problem, parameter, "%s", detail);
	exchange_end(contact);
}

/* What the keeper's refusals are called outside. Each depends only on what the caller may know. */
static const struct {
	enum http_problem problem;
	const char *parameter, *detail;
} exchange_refusals[KEEPER_STATUSES] = {
    [KEEPER_BAD_CODE] = {HTTP_PROBLEM_INVALID_PARAMETER, "code",
			 "this is not a code: it has a typing error"},
    [KEEPER_UNKNOWN] = {HTTP_PROBLEM_UNKNOWN_CODE, NULL,
			"nobody has enrolled with this code, or it has expired"},
    [KEEPER_EXPIRED] =
	{HTTP_PROBLEM_SIGN_IN_AGAIN, NULL,
	 "the sign-in was more than a quarter of an hour ago, or the server has been restarted since"},
    [KEEPER_CHANGED] = {HTTP_PROBLEM_PROFILE_CHANGED, "seen_hash",
			"the profile is not the one that was seen"},
    [KEEPER_QUOTA_DAY] = {HTTP_PROBLEM_QUOTA, NULL, "no unlocks are left today"},
    [KEEPER_QUOTA_LIVE] = {HTTP_PROBLEM_QUOTA, NULL,
			   "as many unlocks as are possible at a time are live"},
    [KEEPER_FINAL] = {HTTP_PROBLEM_UNLOCK_FINAL, "profile",
		      "this unlock was withdrawn, which is final for now"},
    [KEEPER_NOT_UNLOCKED] = {HTTP_PROBLEM_NOT_UNLOCKED, "profile", "there is nothing to withdraw"},
    [KEEPER_NOT_MATCHED] = {HTTP_PROBLEM_NOT_MATCHED, "profile",
			    "there is no match with this profile"},
    [KEEPER_MISMATCH] = {HTTP_PROBLEM_INVALID_PARAMETER, "code",
			 "this is not the code of the party that is signed in"},
};

static void exchange_refused(struct exchange *c, uint32_t status)
{
	must(status != KEEPER_OK && status < KEEPER_STATUSES);
	exchange_problem(c, exchange_refusals[status].problem, exchange_refusals[status].parameter,
			 "%s", exchange_refusals[status].detail);
}

static void exchange_broken(struct exchange *c, const struct err *err)
{
	/* The sentence can name hosts and roles and quote a row: it is not for clients. The log may
	 * have it: rows are sealed, profiles are public, no code or contact is in a statement. */
	log_error("a statement failed", LOG_S("operation", keeper_op_name(c->operation->op)),
		  LOG_S("error", err->text));
	exchange_problem(c, HTTP_PROBLEM_UNAVAILABLE, NULL, "the database does not answer now");
}

static void exchange_answer(struct exchange *c)
{
	struct contact *contact = c->contact;
	struct json_writer w;
	struct buf *out = http_out(c->request);
	json_writer_init(&w, out);
	json_object_begin(&w);
	c->operation->answer(c, &w);
	json_object_end(&w);
	c->send(c, buf_view(out));
	exchange_end(contact);
}

/* ---- the keeper ---- */

static void exchange_asked(void *ctx, const struct keeper_answer *answer)
{
	struct exchange *c = ctx;
	if (answer->status != KEEPER_OK) {
		exchange_refused(c, answer->status);
		return;
	}
	if (c->step == STEP_LABELS)
		c->labels = answer->labels;
	else if (c->step == STEP_NOTES)
		c->note_labels = answer->notes;
	else
		memcpy(&c->answer, answer, keeper_answer_bytes(answer->op));
	c->step++;
	exchange_go_on(c);
}

void exchange_code(const struct exchange *c, const char *field, char out[KEEPER_CODE_TYPED])
{
	struct str typed = http_field(c->request, field)->text;
	must(typed.n < KEEPER_CODE_TYPED); /* the field has a maximum */
	memcpy(out, typed.p, typed.n);
}

static void exchange_ask_labels(struct exchange *c)
{
	struct keeper_request *r = link_request(c->contact->link, KEEPER_LABELS);
	r->labels.op = c->operation->op;
	memcpy(r->labels.target, c->target, sizeof(c->target));
	memcpy(r->labels.ticket, c->ticket, sizeof(c->ticket));
	if (c->operation->fields & TAKES_CODE)
		exchange_code(c, "code", r->labels.code);
	if (c->operation->fields & TAKES_NEW_CODE)
		exchange_code(c, "new_code", r->labels.new_code);
	if (c->operation->fields & TAKES_INVITE)
		exchange_code(c, "invite", r->labels.invite);
	link_ask(c->contact->link, exchange_asked, c);
}

static void exchange_ask_notes(struct exchange *c)
{
	struct keeper_request *r = link_request(c->contact->link, KEEPER_NOTES);
	memcpy(r->party.ticket, c->ticket, sizeof(c->ticket));
	r->party.party = c->rows.party[ROWSET_CODE];
	link_ask(c->contact->link, exchange_asked, c);
}

static void exchange_ask(struct exchange *c)
{
	struct keeper_request *r = link_request(c->contact->link, c->operation->op);
	if (!c->operation->ask || c->operation->ask(c, r))
		link_ask(c->contact->link, exchange_asked, c);
}

/* ---- statements ---- */

static void exchange_queried(void *ctx, enum status status, const struct db_rows *rows,
			     const struct err *err)
{
	struct exchange *c = ctx;
	struct arena *arena = &c->request->arena;
	if (status != OK) {
		exchange_broken(c, err);
		return;
	}
	if (c->step == STEP_READ)
		rowset_take(&c->rows, rows, arena);
	else if (c->step == STEP_READ_NOTES)
		rowset_take_notes(&c->rows, &c->note_labels, rows, arena);
	else if (!c->queried(c, rows))
		return;
	c->step++;
	exchange_go_on(c);
}

void exchange_query(struct exchange *c, bool sphere, const struct db_statement *statement,
		    const struct db_param *params, int count)
{
	struct err err;
	struct db_query *query;
	struct db_pool *pool = sphere ? c->contact->sphere : c->contact->directory;
	c->statement = statement;
	if (db_query(pool, statement, params, count, exchange_queried, c, &query, &err) != OK)
		exchange_broken(c, &err);
}

static void exchange_read(struct exchange *c)
{
	struct db_param params[11];
	rowset_params(&c->labels, params);
	exchange_query(c, true, &sql_contact_read, params, COUNT_OF(params));
}

static void exchange_read_notes(struct exchange *c)
{
	const struct keeper_answer_notes *n = &c->note_labels;
	struct str labels = rowset_label_array(
	    n->out[0][0], (sizeof(n->out) + sizeof(n->in)) / KEEPER_LABEL, &c->request->arena);
	EXCHANGE_QUERY(c, true, sql_contact_read_unlocks, DB_TEXT(labels));
}

/* Whether the operation does anything in this step. */
static bool exchange_has_step(const struct exchange *c)
{
	const struct operation *o = c->operation;
	switch ((enum exchange_step)c->step) {
	case STEP_PROFILE:
		return o->profile != EXCHANGE_PROFILE_NONE;
	case STEP_LABELS:
	case STEP_READ:
		return o->reads && !c->anonymous;
	case STEP_NOTES:
	case STEP_READ_NOTES:
		return o->notes;
	case STEP_ASK:
		return !c->anonymous;
	case STEP_FIRST:
		return o->profile_first ? o->publish : o->write;
	case STEP_SECOND:
		return o->profile_first ? o->write : o->publish;
	case STEP_ANSWER:
		return true;
	}
	return false;
}

/* Begins the step that c->step names; what ends it calls exchange_go_on again. */
static void exchange_go_on(struct exchange *c)
{
	const struct operation *o = c->operation;
	while (!exchange_has_step(c))
		c->step++;
	bool publish = c->step == (o->profile_first ? STEP_FIRST : STEP_SECOND);
	switch ((enum exchange_step)c->step) {
	case STEP_PROFILE:
		c->query_profile(c);
		break;
	case STEP_LABELS:
		exchange_ask_labels(c);
		break;
	case STEP_READ:
		exchange_read(c);
		break;
	case STEP_NOTES:
		exchange_ask_notes(c);
		break;
	case STEP_READ_NOTES:
		exchange_read_notes(c);
		break;
	case STEP_ASK:
		exchange_ask(c);
		break;
	case STEP_FIRST:
	case STEP_SECOND:
		must(publish ? o->publish : o->write);
		(publish ? o->publish : o->write)(c);
		break;
	case STEP_ANSWER:
		exchange_answer(c);
		break;
	}
}

struct exchange *exchange_create(struct http_request *request, const struct operation *operation)
{
	struct contact *contact = http_ctx(request);
	if (contact->queued == CONTACT_QUEUE) {
		http_problem(request, HTTP_PROBLEM_BUSY, NULL, "too many operations wait");
		return NULL;
	}
	struct exchange *c = arena_alloc(&request->arena, sizeof(*c));
	if (!c) {
		http_problem(request, HTTP_PROBLEM_INTERNAL, NULL, "no memory for the operation");
		return NULL;
	}
	c->contact = contact;
	c->request = request;
	c->operation = operation;
	return c;
}

void exchange_begin(struct exchange *c)
{
	struct contact *contact = c->contact;
	if (contact->last)
		contact->last->next = c;
	else
		contact->first = c;
	contact->last = c;
	contact->queued++;
	exchange_next(contact);
}
