/* Array literals for parameters. */
#include "db/db.h"

#include "base/digits.h"
#include "base/fatal.h"

void array_begin(struct buf *a)
{
	buf_reset(a);
	buf_putc(a, '{');
}

static void array_comma(struct buf *a)
{
	if (a->n > 1)
		buf_putc(a, ',');
}

void array_i64(struct buf *a, int64_t value)
{
	char digits[DIGITS_MAX];
	array_comma(a);
	if (value < 0)
		buf_putc(a, '-');
	buf_str(a, digits_of(value < 0 ? -(uint64_t)value : (uint64_t)value, digits));
}

void array_null(struct buf *a)
{
	array_comma(a);
	buf_puts(a, "NULL");
}

void array_text(struct buf *a, struct str value)
{
	array_comma(a);
	buf_putc(a, '"');
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			buf_putc(a, '\\');
		buf_putc(a, value.p[i]);
	}
	buf_putc(a, '"');
}

struct db_param array_end(struct buf *a)
{
	buf_putc(a, '}');
	must(!buf_failed(a));
	return DB_TEXT(buf_view(a));
}
