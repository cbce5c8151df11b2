/* What the process does by itself, between operations: it asks the keeper for its rules and
 * periods, brings rows of an older period into the newest, carries out what the operator has
 * decided about profiles, and deletes what has expired. */
#include "contact/internal.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "sql/contact.h"
#include "sql/profile.h"

enum {
	DUTY_LOOK_MS = 1000,    /* how often the clock is looked at */
	DUTY_ROUND_MS = 5000,   /* between two looks for decisions of the operator */
	DUTY_SWEEP_MS = 600000, /* between two deletions of what has expired */
	DUTY_ARENA_BYTES = 4 << 20,
};

struct duties {
	struct contact *contact;
	struct event *timer;
	struct arena arena; /* of one duty */
	bool running;
	bool exchange_next; /* a call has its turn before the next batch */
	bool known;         /* the keeper has been asked */
	bool parties_done, unlocks_done;
	int64_t round_at_ms, sweep_at_ms;
	int64_t retry_at_ms; /* after a failure: not before */
	/* what the operator has decided about one profile */
	uint8_t id[KEEPER_ID];
	char pending; /* 0: nothing is pending */
	struct rowset rows;
	struct keeper_answer_labels labels;
	struct keeper_rewrap_parties parties; /* as read */
	struct keeper_rewrap_unlocks unlocks;
	int count;
};

static void duty_end(struct duties *d)
{
	explicit_bzero(&d->rows, sizeof(d->rows));
	arena_reset(&d->arena);
	d->running = false;
	d->contact->busy = false;
	d->exchange_next = true;
	exchange_next(d->contact);
}

/* It is tried again after a while. */
static void duty_failed(struct duties *d, const struct err *err)
{
	log_error("a duty failed", LOG_S("error", err->text));
	d->retry_at_ms = clock_ms() + DUTY_ROUND_MS;
	d->pending = 0;
	duty_end(d);
}

static void duty_query(struct duties *d, bool sphere, const struct db_statement *statement,
		       const struct db_param *params, int count, db_done *done)
{
	struct err err;
	struct db_query *query;
	if (db_query(sphere ? d->contact->sphere : d->contact->directory, statement, params, count,
		     done, d, &query, &err) != OK)
		duty_failed(d, &err);
}
#define DUTY_QUERY(d, sphere, statement, done, ...)                                                \
	duty_query((d), (sphere), &(statement), (const struct db_param[]){__VA_ARGS__},            \
		   sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param), done)

/* The last statement of a duty. */
static void duty_done(void *ctx, enum status status, const struct db_rows *rows,
		      const struct err *err)
{
	struct duties *d = ctx;
	(void)rows;
	if (status != OK)
		duty_failed(d, err);
	else
		duty_end(d);
}

/* ---- rules and periods ---- */

static void duty_take_info(void *ctx, const struct keeper_answer *answer)
{
	struct duties *d = ctx;
	must(answer->status == KEEPER_OK);
	d->contact->info = answer->info;
	d->known = true;
	d->parties_done = d->unlocks_done = answer->info.periods < 2;
	duty_end(d);
}

static void duty_ask_info(struct duties *d)
{
	link_request(d->contact->link, KEEPER_INFO);
	link_ask(d->contact->link, duty_take_info, d);
}

/* ---- rewrapping ---- */

/* Arrays as parameters: one element for each row. */
struct arrays {
	struct buf text[7];
	int count;
};

static void arrays_init(struct arrays *a, int count)
{
	a->count = count;
	for (int n = 0; n < count; n++) {
		buf_init(&a->text[n], 1 << 22);
		buf_putc(&a->text[n], '{');
	}
}

static void arrays_begin(struct arrays *a, int n)
{
	if (a->text[n].n > 1)
		buf_putc(&a->text[n], ',');
}

static void arrays_bytes(struct arrays *a, int n, const uint8_t *bytes, size_t size)
{
	arrays_begin(a, n);
	if (!bytes) {
		buf_puts(&a->text[n], "NULL");
		return;
	}
	buf_puts(&a->text[n], "\"\\\\x");
	char *hex = buf_room(&a->text[n], 2 * size + 1);
	must(hex);
	hex_bytes(bytes, size, hex);
	buf_grew(&a->text[n], 2 * size);
	buf_putc(&a->text[n], '"');
}

static void arrays_number(struct arrays *a, int n, uint32_t number)
{
	arrays_begin(a, n);
	buf_printf(&a->text[n], "%u", number);
}

static struct db_param arrays_param(struct arrays *a, int n)
{
	buf_putc(&a->text[n], '}');
	must(!buf_failed(&a->text[n]));
	return DB_TEXT(buf_view(&a->text[n]));
}

static void arrays_release(struct arrays *a)
{
	for (int n = 0; n < a->count; n++)
		buf_release(&a->text[n]);
}

static void duty_write_parties(void *ctx, const struct keeper_answer *answer)
{
	struct duties *d = ctx;
	struct arrays a;
	struct db_param params[8];
	must(answer->status == KEEPER_OK);
	arrays_init(&a, 7);
	for (int n = 0; n < d->count; n++) {
		const struct keeper_party_row *was = &d->parties.rows[n];
		const struct keeper_party_row *is = &answer->parties.rows[n];
		bool opened = is->present;
		arrays_bytes(&a, 0, was->code_label, sizeof(was->code_label));
		arrays_number(&a, 1, was->version);
		arrays_bytes(&a, 2, opened ? is->code_label : NULL, sizeof(is->code_label));
		arrays_bytes(&a, 3, opened ? is->id_label : NULL, sizeof(is->id_label));
		arrays_number(&a, 4, is->version);
		arrays_number(&a, 5, is->expires_week);
		arrays_bytes(&a, 6, opened ? is->body : NULL, sizeof(is->body));
	}
	for (int n = 0; n < 7; n++)
		params[n] = arrays_param(&a, n);
	params[7] = DB_I64(d->contact->info.period[0]);
	duty_query(d, true, &sql_contact_rewrap_parties, params, COUNT_OF(params), duty_done);
	arrays_release(&a);
}

static void duty_rewrap_parties(void *ctx, enum status status, const struct db_rows *rows,
				const struct err *err)
{
	struct duties *d = ctx;
	if (status != OK) {
		duty_failed(d, err);
		return;
	}
	d->count = rows->rows;
	d->parties_done = rows->rows == 0;
	if (d->parties_done) {
		duty_end(d);
		return;
	}
	memset(&d->parties, 0, sizeof(d->parties));
	for (int n = 0; n < rows->rows; n++)
		rowset_party(rows, n, SQL_CONTACT_OLD_PARTIES_CODE_LABEL, &d->arena,
			     &d->parties.rows[n]);
	link_request(d->contact->link, KEEPER_REWRAP_PARTIES)->parties = d->parties;
	link_ask(d->contact->link, duty_write_parties, d);
}

static void duty_write_unlocks(void *ctx, const struct keeper_answer *answer)
{
	struct duties *d = ctx;
	struct arrays a;
	struct db_param params[5];
	must(answer->status == KEEPER_OK);
	arrays_init(&a, 4);
	for (int n = 0; n < d->count; n++) {
		const struct keeper_unlock_row *was = &d->unlocks.rows[n];
		const struct keeper_unlock_row *is = &answer->unlocks.rows[n];
		bool opened = is->present;
		arrays_bytes(&a, 0, was->label, sizeof(was->label));
		arrays_bytes(&a, 1, opened ? is->label : NULL, sizeof(is->label));
		arrays_number(&a, 2, is->keep_week);
		arrays_bytes(&a, 3, opened ? is->body : NULL, sizeof(is->body));
	}
	for (int n = 0; n < 4; n++)
		params[n] = arrays_param(&a, n);
	params[4] = DB_I64(d->contact->info.period[0]);
	duty_query(d, true, &sql_contact_rewrap_unlocks, params, COUNT_OF(params), duty_done);
	arrays_release(&a);
}

static void duty_rewrap_unlocks(void *ctx, enum status status, const struct db_rows *rows,
				const struct err *err)
{
	static const int column[] = {SQL_CONTACT_OLD_UNLOCKS_LABEL, SQL_CONTACT_OLD_UNLOCKS_PERIOD,
				     SQL_CONTACT_OLD_UNLOCKS_KEEP_WEEK,
				     SQL_CONTACT_OLD_UNLOCKS_BODY};
	struct duties *d = ctx;
	if (status != OK) {
		duty_failed(d, err);
		return;
	}
	d->count = rows->rows;
	d->unlocks_done = rows->rows == 0;
	if (d->unlocks_done) {
		log_info("no row of the older period is left",
			 LOG_I("period", d->contact->info.period[1]));
		duty_end(d);
		return;
	}
	memset(&d->unlocks, 0, sizeof(d->unlocks));
	for (int n = 0; n < rows->rows; n++)
		rowset_unlock(rows, n, column, &d->arena, &d->unlocks.rows[n]);
	link_request(d->contact->link, KEEPER_REWRAP_UNLOCKS)->unlocks = d->unlocks;
	link_ask(d->contact->link, duty_write_unlocks, d);
}

static void duty_rewrap(struct duties *d)
{
	const struct db_param period = DB_I64(d->contact->info.period[1]);
	if (!d->parties_done)
		DUTY_QUERY(d, true, sql_contact_old_parties, duty_rewrap_parties, period,
			   DB_I64(KEEPER_REWRAP_PARTIES_MAX));
	else
		DUTY_QUERY(d, true, sql_contact_old_unlocks, duty_rewrap_unlocks, period,
			   DB_I64(KEEPER_REWRAP_UNLOCKS_MAX));
}

/* ---- decisions of the operator ---- */

static void duty_carried_out(void *ctx, enum status status, const struct db_rows *rows,
			     const struct err *err)
{
	struct duties *d = ctx;
	(void)rows;
	if (status != OK) {
		duty_failed(d, err);
		return;
	}
	d->round_at_ms = 0; /* another one may be pending */
	if (d->pending == 'e')
		DUTY_QUERY(d, false, sql_profile_delete, duty_done, EXCHANGE_BYTES(d->id));
	else
		DUTY_QUERY(d, false, sql_profile_carried_out, duty_done, EXCHANGE_BYTES(d->id));
}

static void duty_hidden(void *ctx, const struct keeper_answer *answer)
{
	struct duties *d = ctx;
	const struct keeper_party_row *was = &d->rows.party[ROWSET_OTHER];
	const struct keeper_party_row *is = &answer->party.party;
	if (answer->status != KEEPER_OK) { /* the party has gone: there is nothing to hide */
		d->pending = 'e';
		duty_carried_out(d, OK, NULL, NULL);
		return;
	}
	DUTY_QUERY(d, true, sql_contact_write_party, duty_carried_out,
		   EXCHANGE_BYTES(was->code_label), EXCHANGE_BYTES(is->code_label),
		   DB_I64(is->period), DB_I64(is->version), DB_I64(is->expires_week),
		   EXCHANGE_BYTES(is->body), DB_I64(was->version));
}

static void duty_hide(void *ctx, enum status status, const struct db_rows *rows,
		      const struct err *err)
{
	struct duties *d = ctx;
	if (status != OK) {
		duty_failed(d, err);
		return;
	}
	rowset_take(&d->rows, rows, &d->arena);
	struct keeper_request *r = link_request(d->contact->link, KEEPER_HIDE);
	r->hide.hidden = d->pending == 'h';
	memcpy(r->hide.target, d->id, sizeof(d->id));
	r->hide.other = d->rows.party[ROWSET_OTHER];
	link_ask(d->contact->link, duty_hidden, d);
}

static void duty_labelled(void *ctx, const struct keeper_answer *answer)
{
	struct duties *d = ctx;
	struct db_param params[11];
	must(answer->status == KEEPER_OK);
	d->labels = answer->labels;
	if (d->pending == 'e') {
		DUTY_QUERY(d, true, sql_contact_erase_by_id, duty_carried_out,
			   EXCHANGE_BYTES(d->labels.other[0]), EXCHANGE_BYTES(d->labels.other[1]));
		return;
	}
	rowset_params(&d->labels, params);
	duty_query(d, true, &sql_contact_read, params, COUNT_OF(params), duty_hide);
}

static void duty_take_pending(void *ctx, enum status status, const struct db_rows *rows,
			      const struct err *err)
{
	struct duties *d = ctx;
	struct str id;
	if (status != OK) {
		duty_failed(d, err);
		return;
	}
	if (!rows->rows || !db_bytes(rows, 0, SQL_PROFILE_PENDING_ID, &d->arena, &id) ||
	    id.n != sizeof(d->id)) {
		d->round_at_ms = clock_ms() + DUTY_ROUND_MS;
		duty_end(d);
		return;
	}
	memcpy(d->id, id.p, sizeof(d->id));
	d->pending = db_text(rows, 0, SQL_PROFILE_PENDING_PENDING).p[0];
	struct keeper_request *r = link_request(d->contact->link, KEEPER_LABELS);
	r->labels.op = KEEPER_HIDE;
	memcpy(r->labels.target, d->id, sizeof(d->id));
	link_ask(d->contact->link, duty_labelled, d);
}

/* ---- what has expired ---- */

static void duty_swept(void *ctx, enum status status, const struct db_rows *rows,
		       const struct err *err)
{
	struct duties *d = ctx;
	(void)rows;
	if (status != OK)
		duty_failed(d, err);
	else
		DUTY_QUERY(d, false, sql_profile_sweep, duty_done,
			   DB_I64(clock_wall_us() / 1000000));
}

static void duty_sweep(struct duties *d)
{
	d->sweep_at_ms = clock_ms() + DUTY_SWEEP_MS;
	DUTY_QUERY(d, true, sql_contact_sweep, duty_swept,
		   DB_I64(clock_wall_us() / 1000000 / KEEPER_WEEK_S));
}

/* ---- when ---- */

int64_t duties_next_tick(const struct contact *contact)
{
	int64_t now = clock_wall_us() / 1000000, tick = contact->info.tick_s;
	return tick ? now - now % tick + tick : now;
}

static bool duties_run(struct duties *d)
{
	int64_t now = clock_ms();
	bool rewrap = d->known && !(d->parties_done && d->unlocks_done);
	bool due = !d->known || (now >= d->retry_at_ms &&
				 (now >= d->round_at_ms || now >= d->sweep_at_ms || rewrap));
	if (d->running || !due || (d->known && d->exchange_next && d->contact->first)) {
		d->exchange_next = false;
		return d->running;
	}
	d->running = true;
	d->contact->busy = true;
	if (!d->known)
		duty_ask_info(d);
	else if (now >= d->sweep_at_ms)
		duty_sweep(d);
	else if (now >= d->round_at_ms)
		DUTY_QUERY(d, false, sql_profile_pending, duty_take_pending, DB_I64(1));
	else
		duty_rewrap(d);
	return true;
}

static void duties_look(evutil_socket_t fd, short what, void *ctx)
{
	struct duties *d = ctx;
	(void)fd;
	(void)what;
	exchange_next(d->contact);
}

struct duties *duties_create(struct contact *contact)
{
	const struct timeval interval = {DUTY_LOOK_MS / 1000, DUTY_LOOK_MS % 1000 * 1000};
	struct duties *d = memory_alloc(sizeof(*d));
	d->contact = contact;
	contact->run_duty = duties_run;
	arena_init(&d->arena, DUTY_ARENA_BYTES);
	d->arena.wipe = true;
	d->timer = memory_had(event_new(contact->loop, -1, EV_PERSIST, duties_look, d));
	event_add(d->timer, &interval);
	return d;
}

void duties_free(struct duties *d)
{
	if (!d)
		return;
	event_free(d->timer);
	arena_release(&d->arena);
	explicit_bzero(d, sizeof(*d));
	free(d);
}
