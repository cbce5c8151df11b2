/* A record under construction: taking values as files write them, and making of them what the
 * record's table allows. */
#include "directory/parse/internal.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "directory/taxonomy/taxonomy.h"
#include "hours/hours.h"

#define XXH_STATIC_LINKING_ONLY
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

enum { LIST_TEXT_BYTES = 300, EXTRA_TEXT_BYTES = 1000, VALUE_BYTES = 64 * 1024 };

void draft_init(struct draft *d, struct parser *parser)
{
	*d = (struct draft){.parser = parser};
	arena_init(&d->arena, DRAFT_ARENA_BYTES);
	buf_init(&d->extra, record_fields[RECORD_EXTRA].max_bytes);
	parse_hours_init(&d->hours);
}

void draft_reset(struct draft *d, uint64_t line)
{
	arena_reset(&d->arena);
	buf_reset(&d->extra);
	memset(d->field, 0, sizeof(d->field));
	parse_hours_reset(&d->hours);
	d->hours_text = (struct str){NULL, 0};
	d->street_name = d->house_number = (struct str){NULL, 0};
	d->line = line;
	d->input = (struct str){"", 0};
	d->cause[0] = '\0';
	d->bad_field = d->bad_value = (struct str){"", 0};
}

void draft_release(struct draft *d)
{
	arena_release(&d->arena);
	buf_release(&d->extra);
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

/* ---- texts ---- */

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* How many bytes of white space or control characters stand at p: ASCII, C1, the no-break space,
 * separators of lines, marks that turn the direction of text, the zero-width no-break space that is
 * a byte-order mark astray. */
static size_t draft_blank(const unsigned char *p, size_t n)
{
	if (p[0] <= 0x20 || p[0] == 0x7f)
		return 1;
	if (p[0] == 0xC2 && n > 1 && p[1] <= 0xA0)
		return 2;
	if (n < 3)
		return 0;
	bool turns = p[0] == 0xE2 && ((p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) ||
				      (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9));
	return turns || (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF) ? 3 : 0;
}

/* No room left for the values of this record. */
static struct str without_room(struct draft *d)
{
	d->parser->summary.values_dropped++;
	return (struct str){"", 0};
}

/* NFC, white space folded (line breaks stay where `lines`), trimmed, no control characters. Empty
 * when nothing remains; p == NULL when it is not UTF-8. */
static struct str draft_clean(struct draft *d, struct str s, bool lines)
{
	if (!utf8_is_valid(s))
		return (struct str){NULL, 0};
	if (!is_ascii(s)) {
		utf8proc_uint8_t *composed = NULL;
		utf8proc_ssize_t n =
		    utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &composed,
				 UTF8PROC_STABLE | UTF8PROC_COMPOSE);
		if (n < 0)
			return (struct str){NULL, 0};
		s = arena_str(&d->arena, (struct str){(const char *)composed, (size_t)n});
		free(composed);
		if (!s.p)
			return without_room(d);
	}
	char *to = arena_alloc(&d->arena, s.n + 1);
	if (!to)
		return without_room(d);
	bool space = true; /* none at the start */
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		size_t skip = draft_blank((const unsigned char *)s.p + i, s.n - i);
		if (lines && s.p[i] == '\n') {
			while (n && to[n - 1] == ' ')
				n--;
			to[n++] = '\n';
			space = true;
		} else if (skip) {
			if (!space)
				to[n++] = ' ';
			space = true;
		} else {
			to[n++] = s.p[i];
			space = false;
		}
		i += skip ? skip : 1;
	}
	return str_trim((struct str){to, n});
}

/* Cut at a character, at most max bytes. */
static struct str draft_cut_text(struct str s, size_t max)
{
	return s.n <= max ? s : str_trim(utf8_cut(s, max));
}

/* Of the names in front of and behind the @; letters of any language. */
static bool is_email_char(char c)
{
	return ascii_is_alnum(c) || (c & 0x80) || (c && strchr("._%+-", c));
}

/* Whether a host name: a letter behind a dot somewhere, which the coordinates of
 * a map's URL have not. */
static bool is_email_host(struct str s)
{
	for (size_t i = 1; i + 1 < s.n; i++) {
		char c = s.p[i + 1];
		if (s.p[i] == '.' && is_email_char(c) && !strchr("0123456789._%+-", c))
			return true;
	}
	return false;
}

/* E-mail addresses inside other values are contact data like any other: taken out and counted. */
static struct str without_emails(struct draft *d, struct str s)
{
	if (!s.p || !memchr(s.p, '@', s.n))
		return s;
	char *p = arena_alloc(&d->arena, s.n + 1);
	size_t n = 0;
	if (!p)
		return (struct str){"", 0};
	for (size_t i = 0; i < s.n; i++) {
		size_t from = n, to = i + 1;
		p[n++] = s.p[i];
		if (s.p[i] != '@')
			continue;
		while (from && is_email_char(p[from - 1]))
			from--;
		while (to < s.n && is_email_char(s.p[to]))
			to++;
		if (from + 1 == n || !is_email_host((struct str){s.p + i + 1, to - i - 1}))
			continue;
		d->parser->summary.emails_dropped++;
		n = from;
		i = to - 1;
		if (n && p[n - 1] == ' ' && to < s.n && s.p[to] == ' ')
			i++;
	}
	return str_trim((struct str){p, n});
}

static void clean_tree(struct draft *d, struct json_value *v)
{
	json_rename(v, without_emails(d, v->key));
	v->text = v->kind == JSON_IS_STRING ? without_emails(d, v->text) : v->text;
	for (struct json_value *e = v->first; e; e = e->next)
		clean_tree(d, e);
}

/* The text of a JSON value without addresses in its strings; p == NULL when it
 * is none, or too large. */
static struct str json_without_emails(struct draft *d, struct str raw, size_t max)
{
	struct json_value *v;
	struct json_writer w;
	struct buf out;
	struct err ignored;
	if (!raw.p)
		return raw;
	if (!memchr(raw.p, '@', raw.n) && !memmem(raw.p, raw.n, "\\u0040", 6))
		return arena_str(&d->arena, raw);
	if (json_parse(&d->arena, raw, &v, &ignored) != OK)
		return (struct str){NULL, 0};
	clean_tree(d, v);
	buf_init(&out, max);
	json_writer_init(&w, &out);
	json_put_tree(&w, v);
	raw = buf_failed(&out) ? (struct str){NULL, 0} : arena_str(&d->arena, buf_view(&out));
	buf_release(&out);
	return raw;
}

/* A value as a text of ours: cleaned, without addresses. p == NULL, and the record is rejected,
 * when it is not UTF-8. */
static struct str text_value(struct draft *d, enum record_field field, struct str raw)
{
	/* Much more than any field holds, and little enough for many of them. */
	struct str s =
	    draft_clean(d, draft_cut_text(raw, VALUE_BYTES), field == RECORD_DESCRIPTION);
	if (!s.p)
		draft_reject(d, record_field_name(field), (struct str){"", 0}, "not valid UTF-8");
	return without_emails(d, s);
}

/* http(s) only; a bare host name gets https. Scheme and host in lower case.
 * p == NULL: it is none. */
static struct str web_address(struct draft *d, struct str s)
{
	struct str rest = s;
	s = str_trim(str_cut(&rest, ';'));
	bool bare = !memmem(s.p, s.n, "://", 3);
	char *p = arena_printf(&d->arena, "%s%.*s", bare ? "https://" : "", STR_ARG(s));
	if (!p)
		return (struct str){NULL, 0};
	size_t n = strlen(p), host;
	char *colon = strstr(p, "://");
	for (char *c = p; c < colon; c++)
		*c = ascii_lower(*c);
	bool known = (colon - p == 4 && memcmp(p, "http", 4) == 0) ||
		     (colon - p == 5 && memcmp(p, "https", 5) == 0);
	host = (size_t)(colon - p) + 3;
	bool dot = false;
	size_t end = host;
	for (; end < n && !strchr("/?#", p[end]); end++) {
		p[end] = ascii_lower(p[end]);
		if (strchr(" @\"<>\\", p[end]))
			return (struct str){NULL, 0};
		dot |= p[end] == '.' && end > host && end + 1 < n;
	}
	for (size_t i = end; i < n; i++)
		if (strchr(" \"<>\\\n", p[i]))
			return (struct str){NULL, 0};
	return known && dot ? (struct str){p, n} : (struct str){NULL, 0};
}

/* ---- taking values ---- */

static void append_list(struct draft *d, enum record_field field, struct str value)
{
	struct str have = d->field[field];
	size_t max = record_fields[field].max_bytes;
	struct str rest = have;
	while (rest.p)
		if (str_eq(str_cut(&rest, RECORD_SEPARATOR), value))
			return;
	if (!value.n || have.n + value.n + 1 > max)
		return;
	char *p = arena_alloc(&d->arena, have.n + value.n + 2);
	if (!p)
		return;
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

/* An id that is too long keeps its start and gets a digest of the whole: two
 * that differ stay two. */
static struct str short_id(struct draft *d, struct str id)
{
	struct str start = draft_cut_text(id, record_fields[RECORD_EXTERNAL_ID].max_bytes - 17);
	if (id.n <= record_fields[RECORD_EXTERNAL_ID].max_bytes)
		return id;
	char *p = arena_printf(&d->arena, "%.*s:%016llx", STR_ARG(start),
			       (unsigned long long)XXH3_64bits(id.p, id.n));
	return p ? str_of(p) : (struct str){NULL, 0};
}

/* A value that has the length it may have, or p == NULL. */
static struct str draft_bounded(struct draft *d, enum record_field field, struct str value)
{
	/* Countries come by name, telephones by the half dozen; finish_country and
	 * finish_phone make one of them. */
	size_t max = field == RECORD_COUNTRY ? 80
		     : field == RECORD_PHONE ? 400
		     : field == RECORD_ALT_NAMES || field == RECORD_SERVICE_AREA
			 ? LIST_TEXT_BYTES
			 : record_fields[field].max_bytes;
	if (field == RECORD_EXTERNAL_ID)
		return short_id(d, value);
	if (value.n > max && !may_be_cut(field))
		return (struct str){NULL, 0};
	return draft_cut_text(value, max);
}

static void put_value(struct draft *d, enum record_field field, struct str value)
{
	if (field == RECORD_SAME_AS)
		value = web_address(d, value);
	value = draft_bounded(d, field, value);
	if (!value.p)
		d->parser->summary.values_dropped++;
	else if (record_fields[field].kind == RECORD_LIST)
		append_list(d, field, value);
	else
		d->field[field] = value;
}

void draft_field(struct draft *d, enum record_field field, struct str raw)
{
	const struct record_field_info *info = &record_fields[field];
	if (str_trim(raw).n == 0 || (info->kind != RECORD_LIST && d->field[field].p))
		return;
	if (info->kind == RECORD_JSON) {
		d->field[field] = json_without_emails(d, raw, info->max_bytes);
		d->parser->summary.values_dropped += !d->field[field].p;
		return;
	}
	uint64_t emails = d->parser->summary.emails_dropped;
	struct str value = text_value(d, field, raw);
	/* What is left of a URL leads elsewhere. */
	bool url = field == RECORD_WEBSITE || field == RECORD_SAME_AS;
	if (value.n && !(url && emails != d->parser->summary.emails_dropped))
		put_value(d, field, value);
}

static void put_category(struct draft *d, enum taxonomy_names scheme, struct str value)
{
	const struct taxonomy_category *c = taxonomy_find(scheme, str_trim(value));
	if (c)
		append_list(d, RECORD_CATEGORIES, str_of(c->key));
}

static void put_any_category(struct draft *d, struct str value)
{
	static const enum taxonomy_names order[] = {
	    TAXONOMY_KEY,    TAXONOMY_LABEL,    TAXONOMY_WORD, TAXONOMY_GOOGLE,
	    TAXONOMY_SCHEMA, TAXONOMY_OVERTURE, TAXONOMY_OSM};
	char shop[80];
	value = str_trim(value);
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		if (taxonomy_find(order[i], value)) {
			put_category(d, order[i], value);
			return;
		}
	}
	/* A bare OSM value: "bakery". */
	if (value.n && value.n < 60) {
		static const char *const keys[] = {"shop=", "amenity=", "craft=", "office="};
		for (size_t k = 0; k < COUNT_OF(keys); k++) {
			size_t n = strlen(keys[k]);
			memcpy(shop, keys[k], n);
			memcpy(shop + n, value.p, value.n);
			struct str tag = {shop, n + value.n};
			const struct taxonomy_category *c = taxonomy_find(TAXONOMY_OSM, tag);
			if (c && strstr(c->osm, "=*") == NULL) {
				append_list(d, RECORD_CATEGORIES, str_of(c->key));
				return;
			}
		}
	}
}

static void put_extra(struct draft *d, const char *key, struct str value)
{
	struct json_writer w;
	value = text_value(d, RECORD_EXTRA, value);
	if (value.n == 0)
		return;
	if (value.n > EXTRA_TEXT_BYTES) {
		d->parser->summary.values_dropped++;
		return;
	}
	size_t before = d->extra.n;
	if (before)
		buf_putc(&d->extra, ',');
	json_writer_init(&w, &d->extra);
	json_put_z(&w, key);
	buf_putc(&d->extra, ':');
	json_writer_init(&w, &d->extra);
	json_put_str(&w, value);
	if (buf_failed(&d->extra) || d->extra.n + 2 > record_fields[RECORD_EXTRA].max_bytes) {
		d->extra.failed = false; /* what does not fit is left out */
		d->extra.n = before;
		d->parser->summary.values_dropped++;
	}
}

/* {"Monday": "8:0-17:30"} in a column of a table, also with the quotes of Python. */
static bool put_hours_object(struct draft *d, struct str value)
{
	struct json_value *v;
	struct err ignored;
	char *p = arena_printf(&d->arena, "%.*s", STR_ARG(value));
	if (!p || (value.p[0] != '{' && value.p[0] != '['))
		return false;
	if (json_parse(&d->arena, value, &v, &ignored) != OK) {
		for (size_t i = 0; i < value.n; i++)
			p[i] = (char)(p[i] == '\'' ? '"' : p[i]);
		if (json_parse(&d->arena, (struct str){p, value.n}, &v, &ignored) != OK)
			return false;
	}
	parse_hours_value(&d->hours, v);
	return true;
}

static void put_hours(struct draft *d, struct str value)
{
	value = str_trim(value);
	if (put_hours_object(d, value))
		return;
	d->hours_text = parse_hours_given(&d->hours) ? (struct str){NULL, 0} : value;
	parse_hours_text(&d->hours, value);
}

void draft_put(struct draft *d, const struct binding *b, struct str value)
{
	if (!b || str_trim(value).n == 0)
		return;
	switch (b->target) {
	case TARGET_FIELD:
		draft_field(d, b->field, value);
		break;
	case TARGET_NONE:
		break;
	case TARGET_STREET_NAME:
		d->street_name = text_value(d, RECORD_STREET, value);
		break;
	case TARGET_HOUSE_NUMBER:
		d->house_number = text_value(d, RECORD_STREET, value);
		break;
	case TARGET_STREET_MORE:
		if (!d->street_name.n && !d->field[RECORD_STREET].n)
			draft_field(d, RECORD_STREET, value);
		break;
	case TARGET_CATEGORY_OSM:
		put_category(d, TAXONOMY_OSM, value);
		break;
	case TARGET_CATEGORY_OVERTURE:
		put_category(d, TAXONOMY_OVERTURE, value);
		break;
	case TARGET_CATEGORY_GOOGLE:
		while (value.p)
			put_category(d, TAXONOMY_GOOGLE, str_cut(&value, ','));
		break;
	case TARGET_CATEGORY_SCHEMA:
		put_category(d, TAXONOMY_SCHEMA, value);
		break;
	case TARGET_CATEGORY_ANY:
		put_any_category(d, value);
		break;
	case TARGET_HOURS:
		put_hours(d, value);
		break;
	case TARGET_HOURS_DAY:
		parse_hours_day(&d->hours, b->detail[0] - '0', value);
		break;
	case TARGET_EXTRA:
		put_extra(d, b->detail, value);
		break;
	case TARGET_EMAIL:
		d->parser->summary.emails_dropped++;
		break;
	case TARGET_PERSON:
		d->parser->summary.persons_dropped++;
		break;
	}
}

/* ---- finishing ---- */

static void finish_street(struct draft *d)
{
	if (d->street_name.n && !d->field[RECORD_STREET].p) {
		char *p = arena_printf(&d->arena, "%.*s%s%.*s", STR_ARG(d->street_name),
				       d->house_number.n ? " " : "", STR_ARG(d->house_number));
		if (p)
			d->field[RECORD_STREET] =
			    draft_cut_text(str_of(p), record_fields[RECORD_STREET].max_bytes);
	}
}

static void finish_country(struct draft *d)
{
	struct str *country = &d->field[RECORD_COUNTRY];
	struct str code = country_code(*country);
	/* The default is for records that do not say, not for those that say
	 * what we do not know. */
	if (!country->p && d->parser->options->country)
		code = country_code(str_of(d->parser->options->country));
	d->parser->summary.values_dropped += country->p && !code.n;
	*country = code.n ? code : (struct str){NULL, 0};
	if (!d->field[RECORD_TIMEZONE].p && code.n) {
		const char *zone = country_timezone(code);
		if (zone)
			d->field[RECORD_TIMEZONE] = str_of(zone);
	}
}

static void finish_coordinate(struct draft *d, enum record_field field, double limit)
{
	double v;
	struct str *text = &d->field[field];
	if (!text->p)
		return;
	/* A decimal comma. */
	char *p = arena_printf(&d->arena, "%.*s", STR_ARG(*text));
	if (!p)
		return;
	char *comma = strchr(p, ',');
	if (comma && !strchr(p, '.'))
		*comma = '.';
	if (!str_to_double(str_of(p), &v) || v < -limit || v > limit) {
		draft_reject(d, record_field_name(field), *text, "not a coordinate");
		return;
	}
	/* What is written as 0 is no -0. */
	p = arena_printf(&d->arena, "%.7f", fabs(v) < 0.5e-7 ? 0 : v);
	*text = p ? str_of(p) : (struct str){NULL, 0};
}

static void finish_coordinates(struct draft *d)
{
	struct str *lat = &d->field[RECORD_LAT], *lon = &d->field[RECORD_LON];
	finish_coordinate(d, RECORD_LAT, 90);
	finish_coordinate(d, RECORD_LON, 180);
	if (d->cause[0])
		return;
	/* 0, 0 is what programs write that know no place. */
	bool nowhere =
	    lat->p && lon->p && str_eq(*lat, STR("0.0000000")) && str_eq(*lon, STR("0.0000000"));
	if (!lat->p || !lon->p || nowhere)
		*lat = *lon = (struct str){NULL, 0};
}

/* Of several the first: "044 668 18 00; 079 ...", "044 668 18 00 / 079 ...". */
static struct str first_phone(struct str s)
{
	while (s.p) {
		struct str one = str_trim(str_cut(&s, ';'));
		one = str_trim(str_cut(&one, ','));
		const char *slash = one.n ? memmem(one.p, one.n, " / ", 3) : NULL;
		if (slash)
			one.n = (size_t)(slash - one.p);
		if (one.n)
			return one;
	}
	return (struct str){"", 0};
}

static void finish_phone(struct draft *d)
{
	struct buf out;
	struct str *phone = &d->field[RECORD_PHONE];
	if (!phone->p)
		return;
	struct str first = first_phone(*phone);
	buf_init(&out, record_fields[RECORD_PHONE].max_bytes);
	if (parse_phone(first, d->field[RECORD_COUNTRY], &out))
		*phone = arena_str(&d->arena, buf_view(&out));
	else
		*phone = first;
	size_t figures = 0;
	for (size_t i = 0; i < phone->n; i++)
		figures += ascii_is_digit(phone->p[i]);
	if (figures < 3 || phone->n > record_fields[RECORD_PHONE].max_bytes) {
		*phone = (struct str){NULL, 0};
		d->parser->summary.values_dropped++;
	}
	buf_release(&out);
}

static void finish_website(struct draft *d)
{
	struct str *site = &d->field[RECORD_WEBSITE];
	if (!site->p)
		return;
	*site = web_address(d, *site);
	if (!site->p || site->n > record_fields[RECORD_WEBSITE].max_bytes) {
		*site = (struct str){NULL, 0};
		d->parser->summary.values_dropped++;
	}
}

static void finish_hours(struct draft *d)
{
	struct buf out;
	struct str *field = &d->field[RECORD_HOURS], country = d->field[RECORD_COUNTRY];
	struct parse_hours_draft *h = &d->hours;
	d->parser->summary.values_dropped += h->past;
	if (field->p || !parse_hours_given(h))
		return;
	buf_init(&out, record_fields[RECORD_HOURS].max_bytes);
	const char *why =
	    parse_hours_write(h, country_has_offset(country, h->offset_minutes), &out);
	if (!why) {
		*field = arena_str(&d->arena, buf_view(&out));
	} else if (h->foreign && d->hours_text.n && hours_check(d->hours_text) == NULL) {
		draft_field(d, RECORD_HOURS, d->hours_text); /* OpenStreetMap's language */
	} else {
		parse_hours_remark(text_value(d, RECORD_HOURS, buf_view(&h->written)), &out);
		*field = arena_str(&d->arena, buf_view(&out));
	}
	buf_release(&out);
}

/* Times as files write them ("2024-05-06", "06.05.2024 14:30", "2024-05-06 14:30:00+02") in the
 * form of RFC 3339; what it makes of others drop_bad_values drops. Without an offset: UTC. */
static void finish_time(struct draft *d)
{
	struct str *time = &d->field[RECORD_UPDATED_AT], s = *time;
	if (s.n < 10)
		return;
	bool dots = s.p[2] == '.' && s.p[5] == '.';
	char *day = dots ? arena_printf(&d->arena, "%.4s-%.2s-%.2s", s.p + 6, s.p + 3, s.p)
			 : arena_printf(&d->arena, "%.10s", s.p);
	size_t at = 11;
	while (at < s.n && strchr("0123456789:.", s.p[at]))
		at++;
	struct str clock = s.n > 11 ? (struct str){s.p + 11, at - 11} : STR("00:00");
	struct str zone = at < s.n ? str_trim((struct str){s.p + at, s.n - at}) : STR("Z");
	struct str minutes = zone.n == 3 ? STR("00") : (struct str){"", 0};
	if (zone.n == 5) {
		minutes = (struct str){zone.p + 3, 2};
		zone.n = 3;
	}
	char *p = arena_printf(&d->arena, "%sT%.*s%s%.*s%s%.*s", day ? day : "", STR_ARG(clock),
			       clock.n == 5 ? ":00" : "", STR_ARG(zone), minutes.n ? ":" : "",
			       STR_ARG(minutes));
	*time = p ? str_of(p) : (struct str){NULL, 0};
}

static void finish_extra(struct draft *d)
{
	if (!d->extra.n || d->field[RECORD_EXTRA].p)
		return;
	char *p = arena_printf(&d->arena, "{%s}", buf_z(&d->extra));
	if (p)
		d->field[RECORD_EXTRA] = str_of(p);
}

/* The source has no id: made from what makes the business this one. */
static void finish_id(struct draft *d)
{
	static const enum record_field parts[] = {RECORD_NAME, RECORD_STREET,  RECORD_POSTCODE,
						  RECORD_CITY, RECORD_COUNTRY, RECORD_LAT,
						  RECORD_LON};
	XXH3_state_t state;
	if (d->field[RECORD_EXTERNAL_ID].p)
		return;
	must(XXH3_64bits_reset(&state) == XXH_OK);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		XXH3_64bits_update(&state, d->field[parts[i]].n ? d->field[parts[i]].p : "",
				   d->field[parts[i]].n);
		XXH3_64bits_update(&state, "\x1f", 1);
	}
	char *p = arena_printf(&d->arena, "contents:%016llx",
			       (unsigned long long)XXH3_64bits_digest(&state));
	if (p)
		d->field[RECORD_EXTERNAL_ID] = str_of(p);
}

/* Optional values that break the table are left out and counted, so that one bad value does
 * not cost the record. */
static void drop_bad_values(struct draft *d)
{
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!d->field[f].p || record_value_ok((enum record_field)f, d->field[f]))
			continue;
		if (d->field[f].n)
			d->parser->summary.values_dropped++;
		d->field[f] = (struct str){NULL, 0};
	}
}

bool draft_finish(struct draft *d)
{
	struct parser *p = d->parser;
	if (!d->cause[0] && !d->field[RECORD_NAME].p)
		draft_reject(d, "name", (struct str){"", 0}, "the record has no name");
	if (!d->cause[0])
		finish_coordinates(d);
	if (!d->cause[0]) {
		finish_street(d);
		finish_country(d);
		finish_phone(d);
		finish_website(d);
		finish_hours(d);
		finish_time(d);
		finish_extra(d);
		finish_id(d);
		drop_bad_values(d);
		if (!d->field[RECORD_NAME].p || !d->field[RECORD_EXTERNAL_ID].p)
			draft_reject(d, "name", (struct str){"", 0},
				     "the record has no usable name");
	}
	if (d->cause[0]) {
		struct str input = d->bad_value.n ? d->bad_value : d->input;
		if (!input.n && d->field[RECORD_EXTERNAL_ID].n)
			input = d->field[RECORD_EXTERNAL_ID];
		const struct record_reject reject = {d->line, d->bad_field, str_of(d->cause),
						     draft_cut_text(input, 1024)};
		record_write_reject(&p->frames, &reject);
		p->summary.rejects++;
	} else {
		struct record record = {.line = d->line};
		memcpy(record.field, d->field, sizeof(record.field));
		record_write(&p->frames, &record);
		p->summary.records++;
	}
	return parser_flush(p, false);
}
