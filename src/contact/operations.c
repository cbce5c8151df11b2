/* The operations of a party: what each asks the keeper, writes and answers. */
#include "contact/internal.h"

#include <string.h>
#include "base/ascii.h"
#include "base/clock.h"
#include "contact/intake/intake.h"
#include "sql/contact.h"
#include "sql/profile.h"

/* ---- fields ---- */

/* Exactly n bytes as hexadecimal digits. */
static bool operation_hex(struct str text, uint8_t *out, size_t n)
{
	if (text.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

struct str operation_target(struct str typed)
{
	const char *slash = typed.n ? memrchr(typed.p, '/', typed.n) : NULL;
	return str_trim(slash ? (struct str){slash + 1, typed.n - (size_t)(slash + 1 - typed.p)}
			      : typed);
}

static bool operation_take_fields(struct exchange *c)
{
	unsigned fields = c->operation->fields;
	struct http_request *r = c->request;
	if (fields & TAKES_TICKET) {
		const struct http_value *ticket = http_field(r, "ticket");
		if (ticket->given && !operation_hex(ticket->text, c->ticket, sizeof(c->ticket))) {
			http_problem(r, HTTP_PROBLEM_SIGN_IN_AGAIN, "ticket",
				     "this is not a ticket");
			return false;
		}
		c->anonymous = !ticket->given;
	}
	if (fields & TAKES_TARGET &&
	    !operation_hex(operation_target(http_field(r, "profile")->text), c->target,
			   sizeof(c->target))) {
		http_problem(r, HTTP_PROBLEM_INVALID_PARAMETER, "profile",
			     "a profile's number is %d hexadecimal digits", 2 * KEEPER_ID);
		return false;
	}
	return !(fields & TAKES_PROFILE) || profile_from_fields(r, &c->profile);
}

static void operation_hex_member(struct json_writer *w, const char *key, const uint8_t *bytes,
				 size_t n)
{
	char text[2 * KEEPER_TICKET + 1];
	must(n <= KEEPER_TICKET);
	hex_bytes(bytes, n, text);
	json_member_z(w, key, text);
	explicit_bzero(text, sizeof(text));
}

static void operation_time_member(struct json_writer *w, const char *key, int64_t seconds)
{
	char text[CLOCK_TEXT];
	if (!seconds) {
		json_key(w, key);
		json_put_null(w);
		return;
	}
	clock_format(seconds * 1000000, text);
	text[19] = 'Z'; /* whole seconds */
	text[20] = '\0';
	json_member_z(w, key, text);
}

/* ---- statements of the directory's database ---- */

static void operation_profile_query(struct exchange *c)
{
	const struct profile *p = &c->profile;
	struct arena *arena = &c->request->arena;
	if (c->operation->profile == EXCHANGE_PROFILE_GET) {
		EXCHANGE_QUERY(c, false, sql_profile_get, EXCHANGE_BYTES(c->target));
		return;
	}
	struct str text = ARENA_JOIN(arena, p->title, STR(" "), p->body);
	struct str folded = intake_lower(text, arena);
	EXCHANGE_QUERY(c, false, sql_profile_check, DB_TEXT_OR_NULL(p->category),
		       DB_TEXT_OR_NULL(p->group), DB_TEXT_OR_NULL(p->region),
		       DB_TEXT_OR_NULL(p->country),
		       DB_I64(intake_needed(c->contact->config, p->size.n > 0) * 10),
		       DB_TEXT(folded), DB_TEXT(profile_region_name(p)));
}

/* Whether the directory has its category, group, region and country. False: answered. */
static bool operation_check_keys(struct exchange *c, const struct db_rows *rows)
{
	const struct profile *p = &c->profile;
	struct str near = db_text(rows, 0, SQL_PROFILE_CHECK_NEAR);
	bool empty = db_bool(rows, 0, SQL_PROFILE_CHECK_DIRECTORY_IS_EMPTY);
	if (p->category.n && db_null(rows, 0, SQL_PROFILE_CHECK_CATEGORY))
		exchange_problem(c, HTTP_PROBLEM_INVALID_PARAMETER, "profile.category",
				 "the directory has no such category; see its /v1/categories");
	else if (db_null(rows, 0, SQL_PROFILE_CHECK_GROUP_KEY))
		exchange_problem(c, HTTP_PROBLEM_INVALID_PARAMETER, "profile.group",
				 "the directory has no such group; see its /v1/categories");
	else if (db_i64(rows, 0, SQL_PROFILE_CHECK_REGIONS) > 1)
		exchange_problem(c, HTTP_PROBLEM_INVALID_PARAMETER, "profile.country",
				 "several regions are called \"%.*s\": %.*s; say the country, too",
				 STR_ARG(p->region), STR_ARG(near));
	else if (!empty && p->region.n && db_null(rows, 0, SQL_PROFILE_CHECK_REGION))
		exchange_problem(
		    c, HTTP_PROBLEM_INVALID_PARAMETER, "profile.region",
		    near.n ? "the directory has no region \"%.*s\"; it has, for example: %.*s"
			   : "the directory has no region \"%.*s\"%.*s",
		    STR_ARG(p->region), STR_ARG(near));
	else if (!empty && p->country.n && db_null(rows, 0, SQL_PROFILE_CHECK_COUNTRY))
		exchange_problem(c, HTTP_PROBLEM_INVALID_PARAMETER, "profile.country",
				 "the directory has no business in this country");
	else
		return true;
	return false;
}

/* Whether the profile may be published, by a row of profile_check. False: answered. */
static bool operation_check(struct exchange *c, const struct db_rows *rows)
{
	struct profile *p = &c->profile;
	int64_t needed = intake_needed(c->contact->config, p->size.n > 0);
	c->fits = db_i64(rows, 0, SQL_PROFILE_CHECK_FITS);
	struct str named = db_text(rows, 0, SQL_PROFILE_CHECK_NAMED);
	if (!operation_check_keys(c, rows))
		return false;
	if (db_bool(rows, 0, SQL_PROFILE_CHECK_DIRECTORY_IS_EMPTY)) {
		/* There is nothing to count: only what says little is published. */
		if (!p->category.n && !p->region.n && !p->size.n)
			return profile_from_check(rows, &c->request->arena, p), true;
		exchange_problem(
		    c, HTTP_PROBLEM_TOO_FEW_FIT, NULL,
		    "the directory is empty: a profile can name a group and a country only");
		return false;
	}
	if (c->fits < needed) {
		exchange_problem(
		    c, HTTP_PROBLEM_TOO_FEW_FIT, NULL,
		    "%lld businesses of the directory fit this profile, at least %lld must; without the category %lld fit, without the region %lld",
		    (long long)c->fits, (long long)needed,
		    (long long)db_i64(rows, 0, SQL_PROFILE_CHECK_FITS_GROUP),
		    (long long)db_i64(rows, 0, SQL_PROFILE_CHECK_FITS_COUNTRY));
		return false;
	}
	if (named.n) {
		exchange_problem(c, HTTP_PROBLEM_TEXT_TELLS_WHO, "profile.body",
				 "the text has the name of a business of this region: %.*s",
				 STR_ARG(named));
		return false;
	}
	profile_from_check(rows, &c->request->arena, p);
	return true;
}

static bool operation_queried(struct exchange *c, const struct db_rows *rows)
{
	struct arena *arena = &c->request->arena;
	if (c->statement == &sql_profile_check)
		return operation_check(c, rows);
	if (c->statement == &sql_profile_get && rows->rows) {
		profile_from_row(rows, arena, &c->profile);
		c->profile_found = true;
		c->profile_state = arena_str(arena, db_text(rows, 0, SQL_PROFILE_GET_STATE));
		c->profile_reason = arena_str(arena, db_text(rows, 0, SQL_PROFILE_GET_REASON));
	} else if (c->statement == &sql_profile_renew && rows->rows) {
		c->profile_found = true;
		c->profile_state = arena_str(arena, db_text(rows, 0, SQL_PROFILE_RENEW_STATE));
		c->profile_reason = arena_str(arena, db_text(rows, 0, SQL_PROFILE_RENEW_REASON));
	} else if ((c->statement == &sql_contact_enrol &&
		    !db_i64(rows, 0, SQL_CONTACT_ENROL_WRITTEN)) ||
		   (c->statement == &sql_contact_write_unlock &&
		    !db_i64(rows, 0, SQL_CONTACT_WRITE_UNLOCK_WRITTEN)) ||
		   (c->statement == &sql_contact_write_party && rows->affected != 1)) {
		/* The operator, or a second instance, has changed the row. */
		exchange_problem(c, HTTP_PROBLEM_BUSY, NULL, "the party was changed meanwhile");
		return false;
	}
	return true;
}

void operation_begin(struct http_request *request, const struct operation *operation,
		     exchange_send *send, const void *page)
{
	struct exchange *c = exchange_create(request, operation);
	if (!c)
		return;
	c->query_profile = operation_profile_query;
	c->queried = operation_queried;
	c->send = send;
	c->page = page;
	if (operation_take_fields(c))
		exchange_begin(c);
}

/* ---- code ---- */

static void code_answer(struct exchange *c, struct json_writer *w)
{
	char text[KEEPER_CODE_SIGNS + KEEPER_CODE_SIGNS / 4], *at = text;
	for (int n = 0; n < KEEPER_CODE_SIGNS; n++) {
		if (n && n % 4 == 0)
			*at++ = '-';
		*at++ = c->answer.code.signs[n];
	}
	*at = '\0';
	json_member_z(w, "code", text);
	explicit_bzero(text, sizeof(text));
}

const struct operation operation_code = {.op = KEEPER_CODE, .answer = code_answer};

/* ---- enrol ---- */

static bool enrol_allowed(struct exchange *c)
{
	struct contact *contact = c->contact;
	int64_t now = clock_ms();
	if (now - contact->hour_ms >= 3600000) {
		contact->hour_ms = now;
		contact->enrolled = 0;
	}
	if (contact->enrolled >= config_number(contact->config, CONFIG_CONTACT_ENROL_PER_HOUR)) {
		exchange_problem(
		    c, HTTP_PROBLEM_QUOTA, NULL,
		    "as many parties as may enrol in an hour have enrolled; try again later");
		return false;
	}
	return true;
}

static bool enrol_ask(struct exchange *c, struct keeper_request *out)
{
	const struct config *config = c->contact->config;
	struct keeper_request_enrol *e = &out->enrol;
	bool known = c->rows.party[ROWSET_CODE].present;
	if (!known && !enrol_allowed(c))
		return false;
	if (!known && !c->rows.invited &&
	    (config_number(config, CONFIG_CONTACT_ENROL) == 1 ||
	     http_field(c->request, "invite")->given)) {
		exchange_problem(c, HTTP_PROBLEM_INVITE_NEEDED, "invite",
				 "this invitation does not exist, or it has been used");
		return false;
	}
	profile_canonical(&c->profile, e->profile);
	person_from_fields(c->request, e->contact);
	exchange_code(c, "code", e->code);
	e->text_version = (uint32_t)http_field(c->request, "text_version")->i;
	e->hidden = config_number(config, CONFIG_CONTACT_REVIEW) == 1;
	e->party = c->rows.party[ROWSET_CODE];
	return true;
}

static void enrol_write(struct exchange *c)
{
	const struct keeper_answer_session *s = &c->answer.session;
	const struct keeper_party_row *p = &s->party;
	if (!s->repeated)
		c->contact->enrolled++;
	EXCHANGE_QUERY(c, true, sql_contact_enrol, EXCHANGE_BYTES(p->code_label),
		       EXCHANGE_BYTES(p->id_label), DB_I64(p->period), DB_I64(p->version),
		       DB_I64(p->expires_week), EXCHANGE_BYTES(p->body),
		       DB_I64(c->rows.party[ROWSET_CODE].version), DB_I64(s->consent.week),
		       EXCHANGE_BYTES(s->consent.entry), EXCHANGE_BYTES(c->labels.invite),
		       DB_BOOL(c->rows.invited && !s->repeated));
}

/* "n" and "o", "s", "m" and "l", ...: how the columns spell the choices. */
static struct db_param operation_letter(struct str choice, const char *const *names,
					const char *letters)
{
	for (int n = 0; names[n]; n++)
		if (str_eq(choice, str_of(names[n])))
			return DB_TEXT(((struct str){letters + n, 1}));
	return DB_NULL;
}

static void operation_publish(struct exchange *c, const uint8_t id[KEEPER_ID], int64_t expires,
			      bool hidden)
{
	const struct profile *p = &c->profile;
	EXCHANGE_QUERY(
	    c, false, sql_profile_put, DB_BYTES(((struct str){(const char *)id, KEEPER_ID})),
	    operation_letter(p->kind, profile_kinds, PROFILE_KIND_LETTERS),
	    p->category_id ? DB_I64(p->category_id) : DB_NULL, DB_I64(p->group_id),
	    p->region_id ? DB_I64(p->region_id) : DB_NULL, DB_TEXT_OR_NULL(p->country),
	    operation_letter(p->size, profile_sizes, PROFILE_SIZE_LETTERS),
	    operation_letter(p->budget, profile_budgets, PROFILE_BUDGET_LETTERS),
	    DB_TEXT_OR_NULL(p->languages), DB_TEXT(p->title), DB_TEXT(p->body),
	    c->rows.invited ? DB_I64(c->rows.badge) : DB_NULL, hidden ? DB_Z("r") : DB_Z("p"),
	    DB_I64(clock_wall_us() / 1000000 / KEEPER_WEEK_S), DB_I64(expires));
}

static void enrol_publish(struct exchange *c)
{
	const struct keeper_answer_session *s = &c->answer.session;
	operation_publish(c, s->id, s->expires, s->hidden != 0);
}

/* ENROL, SESSION, NEW_CODE. */
static void session_members(struct exchange *c, struct json_writer *w)
{
	const struct keeper_answer_session *s = &c->answer.session;
	operation_hex_member(w, "ticket", s->ticket, sizeof(s->ticket));
	json_member_i64(w, "expires_s", KEEPER_TICKET_S);
	operation_hex_member(w, "profile", s->id, sizeof(s->id));
	operation_time_member(w, "expires", s->expires);
	operation_time_member(w, "next_tick", s->next_tick);
}

static void enrol_answer(struct exchange *c, struct json_writer *w)
{
	session_members(c, w);
	json_member_z(w, "state", c->answer.session.hidden ? "review" : "published");
	json_member_i64(w, "fits", c->fits);
}

const struct operation operation_enrol = {.op = KEEPER_ENROL,
					  .fields = TAKES_CODE | TAKES_INVITE | TAKES_PROFILE |
						    TAKES_PERSON,
					  .reads = true,
					  .profile = EXCHANGE_PROFILE_CHECK,
					  .ask = enrol_ask,
					  .write = enrol_write,
					  .publish = enrol_publish,
					  .answer = enrol_answer};

/* ---- session ---- */

static bool session_ask(struct exchange *c, struct keeper_request *out)
{
	exchange_code(c, "code", out->session.code);
	out->session.party = c->rows.party[ROWSET_CODE];
	return true;
}

/* Write a party's row over the one that was read. */
static void write_party(struct exchange *c, const struct keeper_party_row *was,
			const struct keeper_party_row *is)
{
	EXCHANGE_QUERY(c, true, sql_contact_write_party, EXCHANGE_BYTES(was->code_label),
		       EXCHANGE_BYTES(is->code_label), DB_I64(is->period), DB_I64(is->version),
		       DB_I64(is->expires_week), EXCHANGE_BYTES(is->body), DB_I64(was->version));
}

static void session_write(struct exchange *c)
{
	write_party(c, &c->rows.party[ROWSET_CODE], &c->answer.session.party);
}

static void session_publish(struct exchange *c)
{
	const struct keeper_answer_session *s = &c->answer.session;
	EXCHANGE_QUERY(c, false, sql_profile_renew, EXCHANGE_BYTES(s->id), DB_I64(s->expires));
}

/* The state of the party's own profile. */
static void state_members(struct exchange *c, struct json_writer *w)
{
	const char *state = !c->profile_found                    ? "missing"
			    : str_eq(c->profile_state, STR("p")) ? "published"
			    : str_eq(c->profile_state, STR("r")) ? "review"
								 : "hidden";
	json_member_z(w, "state", state);
	if (c->profile_reason.n)
		json_member_str(w, "reason", c->profile_reason);
}

static void session_answer(struct exchange *c, struct json_writer *w)
{
	session_members(c, w);
	state_members(c, w);
}

const struct operation operation_session = {.op = KEEPER_SESSION,
					    .fields = TAKES_CODE,
					    .reads = true,
					    .ask = session_ask,
					    .write = session_write,
					    .publish = session_publish,
					    .answer = session_answer};

/* ---- self, which is also the export ---- */

static bool self_ask(struct exchange *c, struct keeper_request *out)
{
	memcpy(out->party.ticket, c->ticket, sizeof(c->ticket));
	out->party.party = c->rows.party[ROWSET_CODE];
	return true;
}

static void self_publish(struct exchange *c)
{
	EXCHANGE_QUERY(c, false, sql_profile_get, EXCHANGE_BYTES(c->answer.self.id));
}

static void note_members(const struct keeper_note *n, bool matches, struct json_writer *w)
{
	static const char *const states[] = {[KEEPER_NONE] = "none",
					     [KEEPER_WAITING] = "waiting",
					     [KEEPER_MATCHED] = "matched",
					     [KEEPER_ENDED] = "ended"};
	json_object_begin(w);
	operation_hex_member(w, "profile", n->id, sizeof(n->id));
	must(n->state < COUNT_OF(states));
	json_member_z(w, "state", states[n->state]);
	operation_time_member(w, "from", n->from);
	operation_time_member(w, "withdrawn_at", n->end);
	if (matches)
		operation_time_member(w, "since", n->since);
	operation_time_member(w, "until", n->until);
	json_member_i64(w, "text_version", n->text_version);
	json_object_end(w);
}

static void self_answer(struct exchange *c, struct json_writer *w)
{
	const struct keeper_answer_self *s = &c->answer.self;
	operation_hex_member(w, "profile_id", s->id, sizeof(s->id));
	state_members(c, w);
	operation_time_member(w, "enrolled", s->made);
	operation_time_member(w, "expires", s->expires);
	operation_time_member(w, "next_tick", s->next_tick);
	json_member_i64(w, "left_today", s->left_today);
	json_key(w, "profile");
	profile_json(&c->profile, w);
	json_key(w, "contact");
	person_json(s->contact, w);
	json_key(w, "unlocks");
	json_array_begin(w);
	for (int n = 0; n < KEEPER_NOTES_MAX; n++)
		if (s->note[n].state != KEEPER_NONE)
			note_members(&s->note[n], false, w);
	json_array_end(w);
}

const struct operation operation_self = {.op = KEEPER_SELF,
					 .fields = TAKES_TICKET,
					 .reads = true,
					 .ask = self_ask,
					 .publish = self_publish,
					 .answer = self_answer};

/* ---- show: a profile as its party published it, before an unlock ---- */

static bool show_ask(struct exchange *c, struct keeper_request *out)
{
	memcpy(out->show.target, c->target, sizeof(c->target));
	if (c->profile_found)
		profile_canonical(&c->profile, out->show.profile);
	out->show.other = c->rows.party[ROWSET_OTHER];
	return true;
}

static void show_answer(struct exchange *c, struct json_writer *w)
{
	const struct keeper_answer_show *s = &c->answer.show;
	operation_hex_member(w, "profile_id", c->target, sizeof(c->target));
	json_member_bool(w, "vouched", s->vouched && c->profile_found);
	operation_hex_member(w, "seen_hash", s->hash, sizeof(s->hash));
	json_member_i64(w, "text_version", CONTACT_TEXT_VERSION);
	json_key(w, "profile");
	/* A profile that the keeper does not vouch for may be by another party. */
	if (s->vouched && c->profile_found)
		profile_json(&c->profile, w);
	else
		json_put_null(w);
}

const struct operation operation_show = {.op = KEEPER_SHOW,
					 .fields = TAKES_TARGET,
					 .reads = true,
					 .profile = EXCHANGE_PROFILE_GET,
					 .ask = show_ask,
					 .answer = show_answer};

/* ---- unlock, withdraw ---- */

static void unlock_rows(struct exchange *c, struct keeper_request_unlock *u)
{
	memcpy(u->ticket, c->ticket, sizeof(c->ticket));
	memcpy(u->target, c->target, sizeof(c->target));
	u->party = c->rows.party[ROWSET_CODE];
	u->other = c->rows.party[ROWSET_OTHER];
	u->out = c->rows.out;
}

static bool unlock_ask(struct exchange *c, struct keeper_request *out)
{
	unlock_rows(c, &out->unlock);
	out->unlock.text_version = (uint32_t)http_field(c->request, "text_version")->i;
	if (operation_hex(http_field(c->request, "seen_hash")->text, out->unlock.seen_hash,
			  sizeof(out->unlock.seen_hash)))
		return true;
	exchange_problem(c, HTTP_PROBLEM_INVALID_PARAMETER, "seen_hash",
			 "the hash of the profile that /v1/show gave is %d hexadecimal digits",
			 2 * KEEPER_HASH);
	return false;
}

static bool withdraw_ask(struct exchange *c, struct keeper_request *out)
{
	unlock_rows(c, &out->unlock);
	return true;
}

static void unlock_write(struct exchange *c)
{
	const struct keeper_answer_unlock *a = &c->answer.unlock;
	const struct keeper_party_row *was = &c->rows.party[ROWSET_CODE];
	EXCHANGE_QUERY(c, true, sql_contact_write_unlock, EXCHANGE_BYTES(was->code_label),
		       DB_I64(a->party.period), DB_I64(a->party.version),
		       DB_I64(a->party.expires_week), EXCHANGE_BYTES(a->party.body),
		       DB_I64(was->version), EXCHANGE_BYTES(a->out.label), DB_I64(a->out.period),
		       DB_I64(a->out.keep_week), EXCHANGE_BYTES(a->out.body),
		       DB_I64(a->consent.week), EXCHANGE_BYTES(a->consent.entry));
}

static void unlock_answer(struct exchange *c, struct json_writer *w)
{
	operation_time_member(w, "effective_at", c->answer.unlock.effective);
	json_member_i64(w, "left_today", c->answer.unlock.left_today);
}

static void withdraw_answer(struct exchange *c, struct json_writer *w)
{
	operation_time_member(w, "effective_at", c->answer.unlock.effective);
}

const struct operation operation_unlock = {.op = KEEPER_UNLOCK,
					   .fields = TAKES_TICKET | TAKES_TARGET,
					   .reads = true,
					   .ask = unlock_ask,
					   .write = unlock_write,
					   .answer = unlock_answer};
const struct operation operation_withdraw = {.op = KEEPER_WITHDRAW,
					     .fields = TAKES_TICKET | TAKES_TARGET,
					     .reads = true,
					     .ask = withdraw_ask,
					     .write = unlock_write,
					     .answer = withdraw_answer};

/* ---- matches, release, report ---- */

static bool matches_ask(struct exchange *c, struct keeper_request *out)
{
	memcpy(out->matches.ticket, c->ticket, sizeof(c->ticket));
	out->matches.party = c->rows.party[ROWSET_CODE];
	memcpy(out->matches.out, c->rows.notes_out, sizeof(c->rows.notes_out));
	memcpy(out->matches.in, c->rows.notes_in, sizeof(c->rows.notes_in));
	return true;
}

static void matches_answer(struct exchange *c, struct json_writer *w)
{
	const struct keeper_answer_matches *m = &c->answer.matches;
	operation_time_member(w, "next_tick", m->next_tick);
	json_key(w, "matches");
	json_array_begin(w);
	for (int n = 0; n < KEEPER_NOTES_MAX; n++)
		if (m->note[n].state != KEEPER_NONE)
			note_members(&m->note[n], true, w);
	json_array_end(w);
}

const struct operation operation_matches = {.op = KEEPER_MATCHES,
					    .fields = TAKES_TICKET,
					    .reads = true,
					    .notes = true,
					    .ask = matches_ask,
					    .answer = matches_answer};

static bool release_ask(struct exchange *c, struct keeper_request *out)
{
	memcpy(out->release.ticket, c->ticket, sizeof(c->ticket));
	memcpy(out->release.target, c->target, sizeof(c->target));
	out->release.party = c->rows.party[ROWSET_CODE];
	out->release.other = c->rows.party[ROWSET_OTHER];
	out->release.out = c->rows.out;
	out->release.in = c->rows.in;
	return true;
}

static void release_answer(struct exchange *c, struct json_writer *w)
{
	operation_time_member(w, "since", c->answer.release.since);
	operation_time_member(w, "until", c->answer.release.until);
	json_key(w, "contact");
	person_json(c->answer.release.contact, w);
}

const struct operation operation_release = {.op = KEEPER_RELEASE,
					    .fields = TAKES_TICKET | TAKES_TARGET,
					    .reads = true,
					    .ask = release_ask,
					    .answer = release_answer};

static void report_publish(struct exchange *c)
{
	EXCHANGE_QUERY(c, false, sql_profile_report_add, EXCHANGE_BYTES(c->target),
		       DB_I64(http_field(c->request, "cause")->i),
		       DB_TEXT(http_field(c->request, "text")->text),
		       DB_BOOL(c->answer.release.matched), DB_I64(clock_wall_us() / 1000000));
}

static void report_answer(struct exchange *c, struct json_writer *w)
{
	(void)c;
	json_member_bool(w, "reported", true);
}

const struct operation operation_report = {.op = KEEPER_REPORT,
					   .fields = TAKES_TICKET | TAKES_TARGET,
					   .reads = true,
					   .ask = release_ask,
					   .publish = report_publish,
					   .answer = report_answer};

/* ---- changes ---- */

static bool contact_ask(struct exchange *c, struct keeper_request *out)
{
	memcpy(out->contact.ticket, c->ticket, sizeof(c->ticket));
	person_from_fields(c->request, out->contact.contact);
	out->contact.party = c->rows.party[ROWSET_CODE];
	return true;
}

static void change_write(struct exchange *c)
{
	write_party(c, &c->rows.party[ROWSET_CODE], &c->answer.party.party);
}

static void change_answer(struct exchange *c, struct json_writer *w)
{
	operation_hex_member(w, "profile", c->answer.party.id, sizeof(c->answer.party.id));
}

const struct operation operation_contact = {.op = KEEPER_CONTACT_CHANGE,
					    .fields = TAKES_TICKET | TAKES_PERSON,
					    .reads = true,
					    .ask = contact_ask,
					    .write = change_write,
					    .answer = change_answer};

static bool profile_ask(struct exchange *c, struct keeper_request *out)
{
	memcpy(out->profile.ticket, c->ticket, sizeof(c->ticket));
	profile_canonical(&c->profile, out->profile.profile);
	out->profile.hidden = config_number(c->contact->config, CONFIG_CONTACT_REVIEW) == 1;
	out->profile.party = c->rows.party[ROWSET_CODE];
	return true;
}

static void profile_publish(struct exchange *c)
{
	const struct keeper_answer_party *a = &c->answer.party;
	operation_publish(c, a->id, (int64_t)a->party.expires_week * KEEPER_WEEK_S,
			  config_number(c->contact->config, CONFIG_CONTACT_REVIEW) == 1);
}

static void profile_answer(struct exchange *c, struct json_writer *w)
{
	change_answer(c, w);
	json_member_i64(w, "fits", c->fits);
}

const struct operation operation_profile = {.op = KEEPER_PROFILE_CHANGE,
					    .fields = TAKES_TICKET | TAKES_PROFILE,
					    .reads = true,
					    .profile = EXCHANGE_PROFILE_CHECK,
					    .ask = profile_ask,
					    .write = change_write,
					    .publish = profile_publish,
					    .answer = profile_answer};

static bool new_code_ask(struct exchange *c, struct keeper_request *out)
{
	memcpy(out->new_code.ticket, c->ticket, sizeof(c->ticket));
	exchange_code(c, "new_code", out->new_code.code);
	out->new_code.party = c->rows.party[ROWSET_CODE];
	out->new_code.renewed = c->rows.party[ROWSET_NEW_CODE];
	return true;
}

static void new_code_write(struct exchange *c)
{
	const struct rowset *r = &c->rows;
	write_party(c, &r->party[c->answer.session.repeated ? ROWSET_NEW_CODE : ROWSET_CODE],
		    &c->answer.session.party);
}

static void new_code_answer(struct exchange *c, struct json_writer *w)
{
	session_members(c, w);
}

const struct operation operation_new_code = {.op = KEEPER_NEW_CODE,
					     .fields = TAKES_TICKET | TAKES_NEW_CODE,
					     .reads = true,
					     .ask = new_code_ask,
					     .write = new_code_write,
					     .answer = new_code_answer};

static bool erase_ask(struct exchange *c, struct keeper_request *out)
{
	memcpy(out->erase.ticket, c->ticket, sizeof(c->ticket));
	exchange_code(c, "code", out->erase.code);
	out->erase.party = c->rows.party[ROWSET_CODE];
	return true;
}

static void erase_write(struct exchange *c)
{
	const struct keeper_answer_notes *n = &c->note_labels;
	struct str labels =
	    rowset_label_array(n->out[0][0], sizeof(n->out) / KEEPER_LABEL, &c->request->arena);
	EXCHANGE_QUERY(c, true, sql_contact_erase,
		       EXCHANGE_BYTES(c->rows.party[ROWSET_CODE].code_label), DB_TEXT(labels));
}

static void erase_publish(struct exchange *c)
{
	EXCHANGE_QUERY(c, false, sql_profile_delete, EXCHANGE_BYTES(c->answer.erase.id));
}

/* When the last key that opens an older dump is gone: at the second rotation from now, and as long
 * after it as copies of keys are kept. */
static void erase_answer(struct exchange *c, struct json_writer *w)
{
	const struct config *config = c->contact->config;
	int64_t day = 86400, period = config_number(config, CONFIG_CONTACT_PERIOD) / 1000;
	int64_t made = c->contact->info.period_made[0], now = clock_wall_us() / 1000000;
	int64_t rotation = made + period > now ? made + period : now;
	operation_time_member(w, "gone_for_good_on",
			      rotation + 2 * (int64_t)c->contact->info.tick_s + day +
				  config_number(config, CONFIG_CONTACT_KEY_COPY_DAYS) * day);
}

const struct operation operation_erase = {.op = KEEPER_ERASE,
					  .fields = TAKES_TICKET | TAKES_CODE,
					  .reads = true,
					  .notes = true,
					  .profile_first = true,
					  .ask = erase_ask,
					  .write = erase_write,
					  .publish = erase_publish,
					  .answer = erase_answer};
