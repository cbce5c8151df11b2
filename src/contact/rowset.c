/* Rows of the contact database as the keeper has them, and labels as parameters. */
#include "contact/internal.h"

#include <string.h>
#include "base/ascii.h"
#include "sql/contact.h"

void rowset_params(const struct keeper_answer_labels *labels, struct db_param out[11])
{
	const uint8_t(*pairs[])[KEEPER_LABEL] = {labels->code, labels->new_code, labels->other,
						 labels->out, labels->in};
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		out[2 * i] = EXCHANGE_BYTES(pairs[i][0]);
		out[2 * i + 1] = EXCHANGE_BYTES(pairs[i][1]);
	}
	out[10] = EXCHANGE_BYTES(labels->invite);
}

/* A column of exactly `n` bytes. False: it is not; the row counts as missing then. */
static bool rowset_bytes(const struct db_rows *rows, int row, int column, struct arena *arena,
			 uint8_t *out, size_t n)
{
	struct str bytes;
	if (!db_bytes(rows, row, column, arena, &bytes) || bytes.n != n)
		return false;
	memcpy(out, bytes.p, n);
	return true;
}

void rowset_party(const struct db_rows *rows, int row, int first, struct arena *arena,
		  struct keeper_party_row *out)
{
	bool whole =
	    rowset_bytes(rows, row, first, arena, out->code_label, sizeof(out->code_label)) &&
	    rowset_bytes(rows, row, first + 1, arena, out->id_label, sizeof(out->id_label)) &&
	    rowset_bytes(rows, row, first + 5, arena, out->body, sizeof(out->body));
	out->period = (uint32_t)db_i64(rows, row, first + 2);
	out->version = (uint32_t)db_i64(rows, row, first + 3);
	out->expires_week = (uint32_t)db_i64(rows, row, first + 4);
	out->present = whole;
}

void rowset_unlock(const struct db_rows *rows, int row, const int column[4], struct arena *arena,
		   struct keeper_unlock_row *out)
{
	bool whole = rowset_bytes(rows, row, column[0], arena, out->label, sizeof(out->label)) &&
		     rowset_bytes(rows, row, column[3], arena, out->body, sizeof(out->body));
	out->period = (uint32_t)db_i64(rows, row, column[1]);
	out->keep_week = (uint32_t)db_i64(rows, row, column[2]);
	out->present = whole;
}

void rowset_take(struct rowset *out, const struct db_rows *rows, struct arena *arena)
{
	static const int unlock[] = {SQL_CONTACT_READ_CODE_LABEL, SQL_CONTACT_READ_PERIOD,
				     SQL_CONTACT_READ_WEEK, SQL_CONTACT_READ_BODY};
	memset(out, 0, sizeof(*out));
	for (int n = 0; n < rows->rows; n++) {
		int64_t place = db_i64(rows, n, SQL_CONTACT_READ_PLACE);
		if (place <= ROWSET_OTHER) {
			rowset_party(rows, n, SQL_CONTACT_READ_CODE_LABEL, arena,
				     &out->party[place]);
		} else if (place == ROWSET_INVITE) {
			out->invited = true;
			out->badge = db_i64(rows, n, SQL_CONTACT_READ_VERSION);
		} else {
			rowset_unlock(rows, n, unlock, arena,
				      place == ROWSET_OUT ? &out->out : &out->in);
		}
	}
}

/* The index of the note that has the label; -1: none. */
static int rowset_find(const uint8_t labels[KEEPER_NOTES_MAX][KEEPER_PERIODS][KEEPER_LABEL],
		       const uint8_t *label)
{
	for (int n = 0; n < KEEPER_NOTES_MAX; n++)
		for (int p = 0; p < KEEPER_PERIODS; p++)
			if (memcmp(labels[n][p], label, KEEPER_LABEL) == 0)
				return n;
	return -1;
}

void rowset_take_notes(struct rowset *out, const struct keeper_answer_notes *labels,
		       const struct db_rows *rows, struct arena *arena)
{
	static const int column[] = {
	    SQL_CONTACT_READ_UNLOCKS_LABEL, SQL_CONTACT_READ_UNLOCKS_PERIOD,
	    SQL_CONTACT_READ_UNLOCKS_KEEP_WEEK, SQL_CONTACT_READ_UNLOCKS_BODY};
	for (int n = 0; n < rows->rows; n++) {
		struct keeper_unlock_row row = {0};
		rowset_unlock(rows, n, column, arena, &row);
		int at = rowset_find(labels->out, row.label),
		    in = rowset_find(labels->in, row.label);
		if (at >= 0)
			out->notes_out[at] = row;
		if (in >= 0)
			out->notes_in[in] = row;
	}
}

struct str rowset_label_array(const uint8_t *labels, size_t n, struct arena *arena)
{
	enum { ELEMENT = 5 + 2 * KEEPER_LABEL + 1 };
	char *text = arena_room(arena, n * ELEMENT + 3), *at = text;
	if (!text)
		return STR("{}");
	*at++ = '{';
	for (size_t i = 0; i < n; i++) {
		at = mempcpy(at, i ? ",\"\\\\x" : "\"\\\\x", i ? 5 : 4);
		hex_bytes(labels + i * KEEPER_LABEL, KEEPER_LABEL, at);
		at += 2 * KEEPER_LABEL;
		*at++ = '"';
	}
	*at++ = '}';
	return (struct str){text, (size_t)(at - text)};
}
