/* A business record as it travels from holdfast-parse to the database: the fields, their limits,
 * and the frames they travel in. Both sides are built from one table, fields.def.
 *
 * Trust: holdfast-parse reads hostile files. The reader of its pipe checks every frame again
 * (record_read refuses unknown fields, over-long values, invalid UTF-8, wrong kinds); the parser's
 * output can never be more than a wrong record.
 *
 * There is no field for e-mail addresses or named persons: those are contact data
 * (ARCHITECTURE.md), the parser counts and drops them, and no later stage has a place to put them.
 */
#ifndef DIRECTORY_RECORD_H
#define DIRECTORY_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Between the texts of a list. */
#define RECORD_SEPARATOR '\x1f'

enum record_kind {
	/* UTF-8, no control characters (a description has lines), trimmed, not empty */
	RECORD_TEXT,
	RECORD_LIST,   /* texts joined by U+001F */
	RECORD_NUMBER, /* decimal text in the field's range */
	RECORD_JSON,   /* an object, strict JSON; numbers that PostgreSQL's numeric holds */
};

enum record_field {
#define FIELD(id, kind, max_bytes, text) RECORD_##id,
#include "directory/record/fields.def"
#undef FIELD
	RECORD_FIELDS
};

struct record_field_info {
	const char *name; /* in capitals; record_field_name gives what people write */
	enum record_kind kind;
	size_t max_bytes;
	const char *text; /* one line for documentation and --map errors */
};
extern const struct record_field_info record_fields[RECORD_FIELDS];

/* The field's name in lower case; static. */
const char *record_field_name(enum record_field field);

/* Whether a value is what the table says, the forms of countries and times included: what passes is
 * taken by the columns it goes to, so that no value can end the COPY of all the others. */
bool record_value_ok(enum record_field field, struct str value);

/* NULL p: not known. Values point into the frame or into an arena; the record owns nothing. */
struct record {
	struct str field[RECORD_FIELDS];
	uint64_t line; /* where it began in the file, from 1; 0 unknown */
};

/* What a pipe carries. Every frame: u32 length of what follows, little endian; u8 type; body. */
enum record_frame {
	RECORD_FRAME_RECORD = 1, /* u64 line, then per field: u8 field, u32 length, bytes */
	RECORD_FRAME_REJECT,     /* struct record_reject */
	RECORD_FRAME_PROGRESS,   /* u64 bytes of the input consumed */
	RECORD_FRAME_NOTE,       /* struct record_note */
	RECORD_FRAME_END,        /* struct record_summary; nothing follows */
};

struct record_reject {
	uint64_t line;
	uint64_t number;   /* of the record in the file, from 1 */
	struct str id;     /* what the source calls it; "" when it does not say */
	struct str field;  /* "" when the whole row is meant */
	struct str cause;  /* "the record has no name" */
	struct str input;  /* the offending value, cut to 1 KiB */
	struct str record; /* the whole record: a JSON object, or text when it could not be read */
};

/* What the parser has to say of the file beside its records. */
enum record_note_kind {
	RECORD_NOTE_ABOUT = 1, /* name: "encoding", value: "UTF-16" */
	/* name: of a column or property, text: what it stands for; "": not used */
	RECORD_NOTE_COLUMN,
	RECORD_NOTE_FIELD,   /* name, numbers: values given, kept, changed, dropped, kept as text */
	RECORD_NOTE_EXAMPLE, /* name: of a field, text: why, value, number: line */
	RECORD_NOTE_COUNT,   /* name: of a group, value, number: how often */
	RECORD_NOTE_REMARK,  /* text: what to look at, with the remedy; number: line */
	RECORD_NOTE_KINDS
};
enum { RECORD_NOTE_NUMBERS = 5 };
struct record_note {
	enum record_note_kind kind;
	struct str name, text, value;
	uint64_t number[RECORD_NOTE_NUMBERS];
};

struct record_summary {
	uint64_t records, rejects;
	uint64_t emails_dropped, persons_dropped; /* contact data that stayed outside */
	uint64_t values_dropped;                  /* optional values that could not be used */
	uint64_t left_out;  /* objects that are no business: neither records nor rejects */
	struct str format;  /* "geojson/osm": what was recognised */
	struct str failure; /* not empty: the file could not be read to its end, and why */
};

enum { RECORD_FRAME_MAX = 6 << 20 };

/* Append one frame. A record whose values break the table is a bug of the caller (must). */
void record_write(struct buf *out, const struct record *record);
void record_write_reject(struct buf *out, const struct record_reject *reject);
void record_write_note(struct buf *out, const struct record_note *note);
void record_write_progress(struct buf *out, uint64_t consumed_bytes);
void record_write_end(struct buf *out, const struct record_summary *summary);

/* Read frames from fd, blocking, refilling a buffer of its own. */
struct record_reader {
	int fd;
	struct buf buf;
	size_t at;
	enum record_frame type; /* of the last frame */
	struct record record;   /* valid until the next call */
	struct record_reject reject;
	struct record_note note;
	struct record_summary summary;
	uint64_t progress_bytes;
};
void record_reader_init(struct record_reader *r, int fd);
void record_reader_release(struct record_reader *r);
/* The next frame. UNAVAILABLE: the writer died without an END frame. INVALID:
 * it broke the format. */
MUST_CHECK enum status record_read(struct record_reader *r, struct err *err);

/* The id of a business: the first 63 bits of XXH3-128 over source, NUL, external id. The
 * same record has the same id, and so the same address on the web, in every installation and
 * after every re-import; for files without ids that holds where identities are carried along. */
int64_t record_id(struct str source, struct str external_id);

/* The external id of a record whose source has none: "contents:" and a digest of what makes the
 * business this one; `registered` is its number in a register, or empty. Kept from first sight;
 * later files are matched by name and place. */
enum { RECORD_CONTENTS_ID = 26 };
#define RECORD_CONTENTS_PREFIX "contents:"
void record_contents_id(const struct record *record, struct str registered,
			char out[RECORD_CONTENTS_ID]);

/* Of all fields: differs when the record has changed. */
uint64_t record_hash(const struct record *record);

/* The id as people and URLs write it: 13 characters of Crockford's base32 in lower case. */
enum { RECORD_ID_TEXT = 14 };
void record_id_format(int64_t id, char out[RECORD_ID_TEXT]);
MUST_CHECK bool record_id_parse(struct str text, int64_t *out);

#endif
