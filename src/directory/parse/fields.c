/* The fields of a record under construction: values as files write them, each accounted for. */
#include "base/ascii.h"
#include "base/date.h"
#include "base/utf8.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

void draft_init(struct draft *d, struct parser *parser)
{
	memset(d, 0, sizeof(*d));
	d->parser = parser;
	arena_init(&d->arena, DRAFT_ARENA_BYTES);
	parse_hours_init(&d->hours);
}

void draft_reset(struct draft *d, uint64_t line)
{
	arena_reset(&d->arena);
	d->facts = d->fact_bytes = 0;
	memset(d->field, 0, sizeof(d->field));
	memset(d->dropped, 0, sizeof(d->dropped));
	parse_hours_reset(&d->hours);
	d->legal_name = d->column_country = (struct str){NULL, 0};
	d->street_direction = d->phone_area = (struct str){NULL, 0};
	d->hours_text = d->phones = d->closed_on = d->registered = (struct str){NULL, 0};
	memset(d->opens, 0, sizeof(d->opens));
	d->kind_behind = d->number_first = d->country_said = d->country_given = false;
	d->street_kind = d->street_name = d->house_number = d->house_suffix = d->street_more =
	    d->street_full = (struct str){NULL, 0};
	d->givens = 0;
	d->hours_as_text = d->left_out = d->input_is_json = d->in_table = false;
	d->line = line;
	d->input = (struct str){"", 0};
	d->cause[0] = '\0';
	d->bad_field = d->bad_value = (struct str){"", 0};
}

void draft_release(struct draft *d)
{
	arena_release(&d->arena);
	parse_hours_release(&d->hours);
}

void draft_reject(struct draft *d, const char *field, struct str value, const char *cause)
{
	if (d->cause[0])
		return;
	snprintf(d->cause, sizeof(d->cause), "%s", cause);
	d->bad_field = str_of(field);
	d->bad_value = value;
}

void draft_leave_out(struct draft *d, struct str what)
{
	if (!d->left_out)
		parser_count(d->parser, "left out, no business", what);
	d->left_out = true;
}

/* ---- taking values ---- */

struct given *draft_given(struct draft *d, size_t field, struct str raw)
{
	if (d->givens == GIVEN_MAX)
		return NULL;
	struct given *g = &d->given[d->givens++];
	*g = (struct given){.field = (uint16_t)field, .raw = raw};
	return g;
}

void draft_dropped(struct given *g, const char *cause)
{
	if (!g)
		return;
	g->fate = FATE_DROPPED;
	g->cause = cause;
}

void draft_append(struct draft *d, enum record_field field, struct given *g, struct str value)
{
	struct str have = d->field[field], rest = have;
	size_t max = record_fields[field].max_bytes;
	enum fate fate = g && str_eq(str_trim(g->raw), value) ? FATE_KEPT : FATE_CHANGED;
	if (g)
		g->fate = fate;
	while (rest.p)
		if (str_eq(str_cut(&rest, RECORD_SEPARATOR), value))
			return;
	char *p = value.n && have.n + value.n + 1 <= max
		      ? arena_room(&d->arena, have.n + value.n + 2)
		      : NULL;
	if (!p) {
		draft_dropped(g, "the list is full");
		return;
	}
	size_t n = have.n;
	if (have.p) {
		memcpy(p, have.p, n);
		p[n++] = RECORD_SEPARATOR;
	}
	memcpy(p + n, value.p, value.n);
	d->field[field] = (struct str){p, n + value.n};
}

/* Texts that stay what they are when they lose their end. */
static bool may_be_cut(enum record_field field)
{
	return field == RECORD_NAME || field == RECORD_ALT_NAMES || field == RECORD_DESCRIPTION ||
	       field == RECORD_STREET || field == RECORD_CITY || field == RECORD_REGION ||
	       field == RECORD_SERVICE_AREA;
}

/* An id that is too long keeps its start and gets a digest of the whole: two that differ stay two.
 */
static struct str short_id(struct draft *d, struct str id)
{
	struct str start = value_cut(id, record_fields[RECORD_EXTERNAL_ID].max_bytes - 17);
	if (id.n <= record_fields[RECORD_EXTERNAL_ID].max_bytes)
		return id;
	char *p = arena_printf(&d->arena, "%.*s:%016llx", STR_ARG(start),
			       (unsigned long long)XXH3_64bits(id.p, id.n));
	return p ? str_of(p) : (struct str){NULL, 0};
}

/* A value that has the length it may have, or p == NULL. */
static struct str bounded(struct draft *d, enum record_field field, struct str value)
{
	/* Countries come by name, telephones by the half dozen; finish_country and finish_phone
	 * make one of them. */
	size_t max = field == RECORD_COUNTRY                      ? 80
		     : field == RECORD_PHONE                      ? 400
		     : field == RECORD_LAT || field == RECORD_LON ? 80
		     : field == RECORD_ALT_NAMES || field == RECORD_SERVICE_AREA
			 ? LIST_TEXT_BYTES
			 : record_fields[field].max_bytes;
	if (field == RECORD_EXTERNAL_ID)
		return short_id(d, value);
	if (value.n > max && !may_be_cut(field))
		return (struct str){NULL, 0};
	return value_cut(value, max);
}

void draft_phone_more(struct draft *d, struct given *g, struct str value)
{
	if (value_is_none(RECORD_PHONE, value) || value.n > PHONES_BYTES ||
	    d->phones.n > PHONES_BYTES) {
		draft_dropped(g, value.n > PHONES_BYTES ? "too many telephones"
							: "stands for no value");
		return;
	}
	char *p = arena_printf(&d->arena, "%.*s%s%.*s", STR_ARG(d->phones), d->phones.n ? ";" : "",
			       STR_ARG(value));
	d->phones = p ? str_of(p) : d->phones;
	if (g)
		g->fate = FATE_CHANGED;
}

/* What is wrong with a value before it is looked at as one of its field; NULL: nothing. */
const char *draft_refused(enum record_field field, struct str raw)
{
	if (value_is_none(field, raw))
		return "stands for no value";
	bool figures =
	    field == RECORD_PHONE || field == RECORD_POSTCODE || field == RECORD_EXTERNAL_ID;
	return figures && value_is_rounded(raw) ? "a number that a spreadsheet has rounded" : NULL;
}

/* An address that stands in several lines in one. */
static struct str street_in_one_line(struct draft *d, struct str raw)
{
	char *to = memchr(raw.p, '\n', raw.n) ? arena_room(&d->arena, raw.n * 2) : NULL;
	size_t n = 0;
	for (size_t i = 0; to && i < raw.n; i++) {
		if (raw.p[i] == '\n') {
			while (n && (ascii_is_space(to[n - 1]) || to[n - 1] == ','))
				n--;
			if (n)
				to[n++] = ',';
			to[n++] = ' ';
		} else {
			to[n++] = raw.p[i];
		}
	}
	while (n && (ascii_is_space(to[n - 1]) || to[n - 1] == ','))
		n--;
	return to ? (struct str){to, n} : raw;
}

/* A text of a field, cleaned; p == NULL when there is none, and *g says why. */
struct str draft_text(struct draft *d, enum record_field field, struct given *g, struct str raw)
{
	uint64_t emails = d->parser->summary.emails_dropped;
	raw = value_unwrapped(raw);
	const char *why = draft_refused(field, raw);
	if (!why && !utf8_is_valid(raw))
		why = "not valid UTF-8";
	if (!why)
		raw = guess_mended(d->parser, &d->arena, d->line, raw);
	if (!why && field == RECORD_STREET)
		raw = street_in_one_line(d, raw);
	struct str value = why ? (struct str){NULL, 0} : value_text(d, field, raw);
	if (!why && !value.p)
		why = emails != d->parser->summary.emails_dropped ? "contact data"
								  : "nothing visible";
	/* Without the part that was taken out, a URL leads elsewhere. */
	bool url = field == RECORD_WEBSITE || field == RECORD_SAME_AS;
	if (!why && url && emails != d->parser->summary.emails_dropped)
		why = "contact data";
	if (why) {
		draft_dropped(g, why);
		return (struct str){NULL, 0};
	}
	return value;
}

static void put_json(struct draft *d, enum record_field field, struct given *g, struct str raw)
{
	d->field[field] = value_json(d, raw, record_fields[field].max_bytes);
	if (!d->field[field].p)
		draft_dropped(g, "not JSON, or too long");
}

void draft_field(struct draft *d, enum record_field field, struct str raw)
{
	const struct record_field_info *info = &record_fields[field];
	if (str_trim(raw).n == 0)
		return;
	struct given *g = draft_given(d, field, raw);
	if (info->kind == RECORD_JSON && !d->field[field].p) {
		put_json(d, field, g, raw);
		return;
	}
	struct str value = draft_text(d, field, g, raw);
	if (value.p && field == RECORD_SAME_AS)
		value = value_web(d, value);
	if (value.p)
		value = bounded(d, field, value);
	if (!value.p) {
		if (g && g->fate == FATE_PENDING)
			draft_dropped(g,
				      field == RECORD_SAME_AS ? "not a web address" : "too long");
	} else if (info->kind == RECORD_LIST) {
		draft_append(d, field, g, value);
	} else if (!d->field[field].p) {
		d->field[field] = value;
	} else if (str_eq(d->field[field], value)) {
		if (g)
			g->fate = FATE_KEPT;
	} else if (field == RECORD_PHONE) {
		draft_phone_more(d, g, value);
	} else {
		draft_dropped(g, "another value of the field came first");
	}
}

/* ---- further facts ---- */

static struct draft_fact *fact_named(struct draft *d, struct str key)
{
	for (size_t i = 0; i < d->facts; i++)
		if (str_eq(d->fact[i].key, key))
			return &d->fact[i];
	return NULL;
}

/* Facts that several values make one list of: "Falkner; Amsel". */
static bool fact_is_list(struct str key)
{
	static const char *const lists[] = {"founder",   "member",      "cuisine",   "payment",
					    "languages", "knows_about", "produce",   "awards",
					    "amenities", "phones",      "currencies"};
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		if (str_eq(key, str_of(lists[i])))
			return true;
	return false;
}

static bool fact_has(struct str list, struct str value)
{
	while (list.p)
		if (str_eq(str_trim(str_cut(&list, ';')), value))
			return true;
	return false;
}

/* NULL, or why there is no place for it. */
static const char *fact_put(struct draft *d, struct draft_fact fact)
{
	struct draft_fact *have = fact_named(d, fact.key);
	if (have && (have->json || fact.json))
		return "another value of the fact came first";
	if (have && fact_has(have->value, fact.value))
		return NULL;
	if (have && !fact_is_list(fact.key))
		return "another value of the fact came first";
	/* Six bytes for the quotes, the colon and the comma; escapes are rare. */
	size_t bytes = fact.key.n + fact.value.n + 6;
	if (d->fact_bytes + bytes > record_fields[RECORD_EXTRA].max_bytes ||
	    (!have && d->facts == DRAFT_FACTS_MAX))
		return "no room for further facts";
	if (have) {
		char *p = arena_printf(&d->arena, "%.*s; %.*s", STR_ARG(have->value),
				       STR_ARG(fact.value));
		have->value = p ? str_of(p) : have->value;
	} else {
		d->fact[d->facts++] = fact;
	}
	d->fact_bytes += bytes;
	return NULL;
}

/* Facts that are ticked or not. */
static bool fact_is_answer(struct str key)
{
	static const char *const answers[] = {"wheelchair",
					      "takeaway",
					      "delivery",
					      "self_service",
					      "outdoor_seating",
					      "organic",
					      "smoking",
					      "pets",
					      "free_entry",
					      "payment_cash",
					      "accepts_reservations"};
	for (size_t i = 0; i < COUNT_OF(answers); i++)
		if (str_eq(key, str_of(answers[i])))
			return true;
	return false;
}

/* "seit 1999", "2.1.1999": the year that stands alone, or the whole date. Figures in which there is
 * none that can be a year are no fact. p == NULL: *why. */
static struct str fact_founded(struct draft *d, struct str value, const char **why)
{
	char today[DATE_TEXT];
	int64_t now, year;
	struct str date = value_date(d, value);
	bool letters = false;
	date_format((int64_t)(time(NULL) / 86400), today);
	if (date.p)
		value = date;
	for (size_t i = 0, n; i < value.n; i += n ? n : 1) {
		n = 0;
		while (i + n < value.n && ascii_is_digit(value.p[i + n]))
			n++;
		letters |= !n && !strchr("-./: ", value.p[i]);
		if (n != 4 || !str_to_i64((struct str){value.p + i, 4}, 1, 9999, &year))
			continue;
		if (!str_to_i64((struct str){today, 4}, 1, 9999, &now) || year <= now)
			return value;
		*why = "a year in the future";
		return (struct str){NULL, 0};
	}
	*why = "not a date";
	return letters ? value : (struct str){NULL, 0};
}

void draft_extra(struct draft *d, const char *key, struct str raw)
{
	if (str_trim(raw).n == 0)
		return;
	struct given *g = draft_given(d, RECORD_EXTRA, raw);
	struct str value = draft_text(d, RECORD_EXTRA, g, raw);
	if (!value.p)
		return;
	if (value.n > EXTRA_TEXT_BYTES) {
		draft_dropped(g, "too long");
		return;
	}
	const char *why = NULL;
	enum value_answer answer = fact_is_answer(str_of(key)) ? value_answer(value) : VALUE_OTHER;
	if (answer != VALUE_OTHER)
		value = answer == VALUE_YES ? STR("yes") : STR("no");
	if (strcmp(key, "founded") == 0)
		value = fact_founded(d, value, &why);
	if (!value.p) {
		draft_dropped(g, why);
		return;
	}
	if (g)
		g->fate = str_eq(value, str_trim(raw)) ? FATE_KEPT : FATE_CHANGED;
	why = fact_put(d, (struct draft_fact){.key = str_of(key), .value = value});
	if (why)
		draft_dropped(g, why);
	else if (strcmp(key, "register_number") == 0)
		d->registered = value;
}

void draft_extra_json(struct draft *d, struct str key, struct str json)
{
	struct given *g = draft_given(d, RECORD_EXTRA, key);
	struct str value = value_json(d, json, EXTRA_TEXT_BYTES * 8);
	key = value_text(d, RECORD_EXTRA, key);
	key = key.p ? arena_str(&d->arena, key) : key;
	char *alone = value.p ? arena_printf(&d->arena, "{\"a\":%.*s}", STR_ARG(value)) : NULL;
	if (!alone || !key.p || !record_value_ok(RECORD_EXTRA, str_of(alone))) {
		draft_dropped(g, "too long");
		return;
	}
	if (g)
		g->fate = FATE_KEPT;
	const char *why =
	    fact_put(d, (struct draft_fact){.key = key, .value = value, .json = true});
	if (why)
		draft_dropped(g, why);
}

struct json_value *draft_json(struct draft *d, struct str value)
{
	struct json_value *v;
	struct err ignored;
	char *p = value.n && (value.p[0] == '{' || value.p[0] == '[')
		      ? arena_printf(&d->arena, "%.*s", STR_ARG(value))
		      : NULL;
	if (!p)
		return NULL;
	if (json_parse(&d->arena, value, &v, &ignored) == OK)
		return v;
	for (size_t i = 0; i < value.n; i++)
		p[i] = (char)(p[i] == '\'' ? '"' : p[i]);
	return json_parse(&d->arena, (struct str){p, value.n}, &v, &ignored) == OK ? v : NULL;
}
