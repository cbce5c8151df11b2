#include "directory/record/record.h"
#include "base/ascii.h"
#include "base/date.h"
#include "base/io.h"
#include "base/json.h"
#include "base/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#define XXH_STATIC_LINKING_ONLY /* the state on the stack */
#include <xxhash.h>

enum { READ_CHUNK = 64 * 1024, JSON_FIELD_ARENA = 1 << 20 };

const struct record_field_info record_fields[RECORD_FIELDS] = {
#define FIELD(id, kind, max_bytes, text) [RECORD_##id] = {#id, kind, max_bytes, text},
#include "directory/record/fields.def"
#undef FIELD
};

enum { FIELD_NAME_BYTES = 32 };

const char *record_field_name(enum record_field field)
{
	static char names[RECORD_FIELDS][FIELD_NAME_BYTES];
	char *name = names[field];
	if (!name[0]) {
		size_t i = 0;
		for (const char *p = record_fields[field].name; *p && i + 1 < FIELD_NAME_BYTES; p++)
			name[i++] = ascii_lower(*p);
	}
	return name;
}

/* ---- values ---- */

/* Trimmed UTF-8 without control characters, C1 among them. */
static bool is_clean_text(struct str s, bool lines)
{
	const unsigned char *p = (const unsigned char *)s.p;
	for (size_t i = 0; i < s.n; i++) {
		bool c1 = p[i] == 0xC2 && i + 1 < s.n && p[i + 1] < 0xA0;
		if ((p[i] < 0x20 && !(lines && p[i] == '\n')) || p[i] == 0x7f || c1)
			return false;
	}
	return str_trim(s).n == s.n && utf8_is_valid(s);
}

static bool is_list(struct str s)
{
	while (s.p) {
		struct str part = str_cut(&s, RECORD_SEPARATOR);
		if (part.n == 0 || !is_clean_text(part, false))
			return false;
	}
	return true;
}

/* What PostgreSQL's numeric holds with any exponent that is written: it refuses a whole
 * COPY for one 1e999999. */
static bool is_json_number(struct str s)
{
	double ignored;
	int64_t exponent = 0;
	size_t e = 0;
	while (e < s.n && s.p[e] != 'e' && s.p[e] != 'E')
		e++;
	if (e < s.n) {
		size_t from = e + 1 + (e + 1 < s.n && s.p[e + 1] == '+');
		if (!str_to_i64((struct str){s.p + from, s.n - from}, -300, 300, &exponent))
			return false;
	}
	return str_to_double(s, &ignored);
}

static bool has_json_numbers(const struct json_value *v)
{
	if (v->kind == JSON_IS_NUMBER)
		return is_json_number(v->text);
	for (const struct json_value *e = v->first; e; e = e->next)
		if (!has_json_numbers(e))
			return false;
	return true;
}

static bool is_json_object(struct str s)
{
	struct arena arena;
	struct json_value *v;
	struct err ignored;
	arena_init(&arena, JSON_FIELD_ARENA);
	bool ok = json_parse(&arena, s, &v, &ignored) == OK && v->kind == JSON_IS_OBJECT &&
		  has_json_numbers(v);
	arena_release(&arena);
	return ok;
}

/* The decimal number of exactly n digits at s.p[at], or -1. */
static int figures(struct str s, size_t at, size_t n)
{
	int v = 0;
	if (at + n > s.n)
		return -1;
	for (size_t i = at; i < at + n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		v = v * 10 + (s.p[i] - '0');
	}
	return v;
}

/* "Z" or "+02:00"; PostgreSQL's offsets end before 16 hours. */
static bool is_offset(struct str s)
{
	if (str_eq(s, STR("Z")))
		return true;
	int hour = figures(s, 1, 2), minute = figures(s, 4, 2);
	return s.n == 6 && (s.p[0] == '+' || s.p[0] == '-') && s.p[3] == ':' && hour >= 0 &&
	       hour < 16 && minute >= 0 && minute < 60;
}

/* RFC 3339, upper case, without leap seconds. */
static bool is_time(struct str s)
{
	if (s.n < sizeof("2024-01-02T03:04:05Z") - 1 || s.p[4] != '-' || s.p[7] != '-' ||
	    s.p[10] != 'T' || s.p[13] != ':' || s.p[16] != ':')
		return false;
	int year = figures(s, 0, 4), month = figures(s, 5, 2), day = figures(s, 8, 2);
	int hour = figures(s, 11, 2), minute = figures(s, 14, 2), second = figures(s, 17, 2);
	if (year < 1 || !date_exists(year, month, day) || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 59)
		return false;
	size_t at = 19;
	if (s.p[at] == '.') {
		at++;
		while (figures(s, at, 1) >= 0)
			at++;
		if (at == 20)
			return false;
	}
	return is_offset((struct str){s.p + at, s.n - at});
}

/* A date, or "yes" when it is not known since when. */
static bool is_closed(struct str s)
{
	int year = figures(s, 0, 4), month = figures(s, 5, 2), day = figures(s, 8, 2);
	return str_eq(s, STR("yes")) || (s.n == 10 && s.p[4] == '-' && s.p[7] == '-' && year > 0 &&
					 date_exists(year, month, day));
}

static bool is_country(struct str s)
{
	return s.n == 2 && ascii_is_upper(s.p[0]) && ascii_is_upper(s.p[1]);
}

bool record_value_ok(enum record_field field, struct str value)
{
	double number;
	if (value.n == 0 || value.n > record_fields[field].max_bytes)
		return false;
	switch (record_fields[field].kind) {
	case RECORD_TEXT:
		return is_clean_text(value, field == RECORD_DESCRIPTION) &&
		       (field != RECORD_COUNTRY || is_country(value)) &&
		       (field != RECORD_UPDATED_AT || is_time(value)) &&
		       (field != RECORD_CLOSED || is_closed(value));
	case RECORD_LIST:
		return is_list(value);
	case RECORD_NUMBER:
		return str_to_double(value, &number) &&
		       fabs(number) <= (field == RECORD_LAT ? 90 : 180);
	case RECORD_JSON:
		return is_json_object(value);
	}
	return false;
}

/* ---- writing ---- */

static void put_u32(struct buf *out, uint32_t v)
{
	unsigned char b[4] = {(unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16),
			      (unsigned char)(v >> 24)};
	buf_add(out, b, 4);
}

static void put_u64(struct buf *out, uint64_t v)
{
	put_u32(out, (uint32_t)v);
	put_u32(out, (uint32_t)(v >> 32));
}

static void record_put_text(struct buf *out, struct str s)
{
	put_u32(out, (uint32_t)s.n);
	buf_str(out, s);
}

static size_t begin_frame(struct buf *out, enum record_frame type)
{
	size_t at = out->n;
	put_u32(out, 0);
	buf_putc(out, (char)type);
	return at;
}

static void end_frame(struct buf *out, size_t at)
{
	must(!buf_failed(out));
	uint32_t n = (uint32_t)(out->n - at - 4);
	must(n <= RECORD_FRAME_MAX);
	for (int i = 0; i < 4; i++)
		out->p[at + (size_t)i] = (char)(n >> (8 * i));
}

void record_write(struct buf *out, const struct record *record)
{
	size_t at = begin_frame(out, RECORD_FRAME_RECORD);
	put_u64(out, record->line);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!record->field[f].p)
			continue;
		must(record->field[f].n && record->field[f].n <= record_fields[f].max_bytes);
		buf_putc(out, (char)f);
		record_put_text(out, record->field[f]);
	}
	end_frame(out, at);
}

void record_write_reject(struct buf *out, const struct record_reject *reject)
{
	size_t at = begin_frame(out, RECORD_FRAME_REJECT);
	put_u64(out, reject->line);
	put_u64(out, reject->number);
	record_put_text(out, reject->id);
	record_put_text(out, reject->field);
	record_put_text(out, reject->cause);
	record_put_text(out, reject->input);
	record_put_text(out, reject->record);
	end_frame(out, at);
}

void record_write_note(struct buf *out, const struct record_note *note)
{
	size_t at = begin_frame(out, RECORD_FRAME_NOTE);
	buf_putc(out, (char)note->kind);
	record_put_text(out, note->name);
	record_put_text(out, note->text);
	record_put_text(out, note->value);
	for (int i = 0; i < RECORD_NOTE_NUMBERS; i++)
		put_u64(out, note->number[i]);
	end_frame(out, at);
}

void record_write_progress(struct buf *out, uint64_t consumed_bytes)
{
	size_t at = begin_frame(out, RECORD_FRAME_PROGRESS);
	put_u64(out, consumed_bytes);
	end_frame(out, at);
}

void record_write_end(struct buf *out, const struct record_summary *summary)
{
	size_t at = begin_frame(out, RECORD_FRAME_END);
	put_u64(out, summary->records);
	put_u64(out, summary->rejects);
	put_u64(out, summary->emails_dropped);
	put_u64(out, summary->persons_dropped);
	put_u64(out, summary->values_dropped);
	put_u64(out, summary->left_out);
	record_put_text(out, summary->format);
	record_put_text(out, summary->failure);
	end_frame(out, at);
}

/* ---- reading: the writer may be hostile, everything is checked ---- */

void record_reader_init(struct record_reader *r, int fd)
{
	*r = (struct record_reader){.fd = fd};
	buf_init(&r->buf, RECORD_FRAME_MAX + 4 + READ_CHUNK);
}

void record_reader_release(struct record_reader *r)
{
	buf_release(&r->buf);
}

/* At least n unread bytes in the buffer. */
static enum status want(struct record_reader *r, size_t n, struct err *err)
{
	if (r->buf.n - r->at >= n)
		return OK;
	buf_drop(&r->buf, r->at);
	r->at = 0;
	while (r->buf.n < n) {
		char *room = buf_room(&r->buf, READ_CHUNK);
		must(room);
		ssize_t k = read(r->fd, room, READ_CHUNK);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_errno(err, FAILED, "reading from the parser");
		if (k == 0)
			return err_set(err, UNAVAILABLE, "the parser ended too early");
		buf_grew(&r->buf, (size_t)k);
	}
	return OK;
}

static uint32_t get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool take_u64(struct str *body, uint64_t *out)
{
	const unsigned char *p = (const unsigned char *)body->p;
	if (body->n < 8)
		return false;
	*out = get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
	*body = (struct str){body->p + 8, body->n - 8};
	return true;
}

static bool record_take_text(struct str *body, struct str *out)
{
	if (body->n < 4)
		return false;
	uint32_t n = get_u32((const unsigned char *)body->p);
	if (n > body->n - 4)
		return false;
	*out = (struct str){body->p + 4, n};
	*body = (struct str){body->p + 4 + n, body->n - 4 - n};
	return true;
}

static bool record_take_record(struct str body, struct record *out)
{
	*out = (struct record){0};
	if (!take_u64(&body, &out->line))
		return false;
	while (body.n) {
		unsigned char f = (unsigned char)body.p[0];
		body = (struct str){body.p + 1, body.n - 1};
		if (f >= RECORD_FIELDS || out->field[f].p ||
		    !record_take_text(&body, &out->field[f]) || !record_value_ok(f, out->field[f]))
			return false;
	}
	return out->field[RECORD_EXTERNAL_ID].p && out->field[RECORD_NAME].p &&
	       (out->field[RECORD_LAT].p != NULL) == (out->field[RECORD_LON].p != NULL);
}

static bool take_reject(struct str body, struct record_reject *out)
{
	return take_u64(&body, &out->line) && take_u64(&body, &out->number) &&
	       record_take_text(&body, &out->id) && record_take_text(&body, &out->field) &&
	       record_take_text(&body, &out->cause) && record_take_text(&body, &out->input) &&
	       record_take_text(&body, &out->record) && body.n == 0;
}

static bool record_take_note(struct str body, struct record_note *out)
{
	if (!body.n || body.p[0] < RECORD_NOTE_ABOUT || body.p[0] >= RECORD_NOTE_KINDS)
		return false;
	out->kind = (enum record_note_kind)body.p[0];
	body = (struct str){body.p + 1, body.n - 1};
	if (!record_take_text(&body, &out->name) || !record_take_text(&body, &out->text) ||
	    !record_take_text(&body, &out->value))
		return false;
	for (int i = 0; i < RECORD_NOTE_NUMBERS; i++)
		if (!take_u64(&body, &out->number[i]))
			return false;
	return body.n == 0 && utf8_is_valid(out->name) && utf8_is_valid(out->text) &&
	       utf8_is_valid(out->value);
}

static bool take_summary(struct str body, struct record_summary *out)
{
	return take_u64(&body, &out->records) && take_u64(&body, &out->rejects) &&
	       take_u64(&body, &out->emails_dropped) && take_u64(&body, &out->persons_dropped) &&
	       take_u64(&body, &out->values_dropped) && take_u64(&body, &out->left_out) &&
	       record_take_text(&body, &out->format) && record_take_text(&body, &out->failure) &&
	       body.n == 0;
}

enum status record_read(struct record_reader *r, struct err *err)
{
	enum status status = want(r, 5, err);
	if (status != OK)
		return status;
	uint32_t n = get_u32((const unsigned char *)r->buf.p + r->at);
	if (n < 1 || n > RECORD_FRAME_MAX)
		return err_set(err, INVALID, "the parser sent a frame of %u bytes", n);
	status = want(r, 4 + (size_t)n, err);
	if (status != OK)
		return status;
	const char *p = r->buf.p + r->at + 4;
	struct str body = {p + 1, n - 1};
	bool ok = false;
	r->at += 4 + (size_t)n;
	r->type = (enum record_frame)p[0];
	switch (r->type) {
	case RECORD_FRAME_RECORD:
		ok = record_take_record(body, &r->record);
		break;
	case RECORD_FRAME_REJECT:
		ok = take_reject(body, &r->reject);
		break;
	case RECORD_FRAME_NOTE:
		ok = record_take_note(body, &r->note);
		break;
	case RECORD_FRAME_PROGRESS:
		ok = take_u64(&body, &r->progress_bytes) && body.n == 0;
		break;
	case RECORD_FRAME_END:
		ok = take_summary(body, &r->summary);
		break;
	}
	return ok ? OK
		  : err_set(err, INVALID,
			    "the parser sent a frame of type %d that breaks the format",
			    (int)r->type);
}

/* ---- ids ---- */

void record_contents_id(const struct record *record, struct str registered,
			char out[RECORD_CONTENTS_ID])
{
	static const enum record_field parts[] = {RECORD_NAME, RECORD_STREET,  RECORD_POSTCODE,
						  RECORD_CITY, RECORD_COUNTRY, RECORD_LAT,
						  RECORD_LON};
	XXH3_state_t state;
	must(XXH3_64bits_reset(&state) == XXH_OK);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		struct str value = record->field[parts[i]];
		XXH3_64bits_update(&state, value.n ? value.p : "", value.n);
		XXH3_64bits_update(&state, "\x1f", 1);
	}
	if (registered.n)
		XXH3_64bits_update(&state, registered.p, registered.n);
	snprintf(out, RECORD_CONTENTS_ID, RECORD_CONTENTS_PREFIX "%016llx",
		 (unsigned long long)XXH3_64bits_digest(&state));
}

int64_t record_id(struct str source, struct str external_id)
{
	XXH3_state_t state;
	must(XXH3_128bits_reset(&state) == XXH_OK);
	XXH3_128bits_update(&state, source.p, source.n);
	XXH3_128bits_update(&state, "", 1);
	XXH3_128bits_update(&state, external_id.p, external_id.n);
	return (int64_t)(XXH3_128bits_digest(&state).high64 >> 1);
}

/* Another number makes the next import write all records again, because it writes more of them. */
enum { RECORD_FORM = 1 };

uint64_t record_hash(const struct record *record)
{
	XXH3_state_t state;
	/* With a seed, what is in the memory of the state would count. */
	XXH3_INITSTATE(&state);
	must(XXH3_64bits_reset_withSeed(&state, RECORD_FORM) == XXH_OK);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		uint64_t n = record->field[f].p ? record->field[f].n + 1 : 0;
		XXH3_64bits_update(&state, &n, sizeof(n));
		if (n > 1)
			XXH3_64bits_update(&state, record->field[f].p, record->field[f].n);
	}
	return XXH3_64bits_digest(&state);
}

/* Crockford's alphabet: no i, l, o, u. Thirteen digits hold 65 bits, of which the id uses 63. */
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void record_id_format(int64_t id, char out[RECORD_ID_TEXT])
{
	uint64_t v = (uint64_t)id;
	out[RECORD_ID_TEXT - 1] = '\0';
	for (int i = RECORD_ID_TEXT - 2; i >= 0; i--) {
		out[i] = digits[v & 31];
		v >>= 5;
	}
}

bool record_id_parse(struct str text, int64_t *out)
{
	uint64_t v = 0;
	if (text.n != RECORD_ID_TEXT - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		const char *at = text.p[i] ? strchr(digits, text.p[i]) : NULL;
		if (!at || v >> 58)
			return false;
		v = v << 5 | (uint64_t)(at - digits);
	}
	*out = (int64_t)v;
	return true;
}
