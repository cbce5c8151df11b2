#include "directory/search/internal.h"

#include <string.h>
#include <utf8proc.h>
#include "sql/directory.h"

/* Under this many businesses a word that exists may still be somebody's misspelling of another. */
enum { SURE = 3 };

static size_t decode(struct str s, int32_t *out)
{
	size_t n = 0;
	while (s.n > 0 && n < WORDS_BYTES) {
		utf8proc_ssize_t used =
		    utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &out[n]);
		if (used <= 0)
			break;
		n++;
		s.p += used;
		s.n -= (size_t)used;
	}
	return n;
}

bool text_one_edit(struct str a, struct str b)
{
	int32_t as[WORDS_BYTES], bs[WORDS_BYTES];
	size_t an = decode(a, as), bn = decode(b, bs), front = 0;
	while (front < an && front < bn && as[front] == bs[front])
		front++;
	while (an > front && bn > front && as[an - 1] == bs[bn - 1]) {
		an--;
		bn--;
	}
	size_t ar = an - front, br = bn - front;
	if (ar == 2 && br == 2)
		return as[front] == bs[front + 1] && as[front + 1] == bs[front];
	return ar + br > 0 && ar <= 1 && br <= 1;
}

struct str text_array(struct arena *arena, const struct words *typed)
{
	struct buf b;
	buf_init(&b, 8192);
	buf_putc(&b, '{');
	for (size_t i = 0; i < typed->count; i++) {
		if (i)
			buf_putc(&b, ',');
		buf_putc(&b, '"');
		buf_str(&b, words_at(typed, i)); /* letters and digits: nothing to escape */
		buf_putc(&b, '"');
	}
	buf_putc(&b, '}');
	must(!buf_failed(&b));
	struct str array = arena_str(arena, buf_view(&b));
	buf_release(&b);
	return array;
}

/* What one typed word stands for. */
struct meaning {
	struct words words; /* the word itself when it exists, then what resembles it */
	int64_t businesses;
	int64_t exact;
};

static void meaning_read(struct meaning *m, struct str typed, const struct db_rows *rows,
			 int64_t position)
{
	words_init(&m->words);
	m->businesses = m->exact = 0;
	/* The word itself and one edit away; when there is none, what it may be the beginning of. */
	for (int beginning = 0; beginning < 2 && m->words.count == 0; beginning++) {
		for (int row = 0; row < rows->rows && m->words.count < TEXT_ALTERNATIVES; row++) {
			if (db_i64(rows, row, SQL_WORDS_LIKE_POSITION) != position)
				continue;
			struct str word = db_text(rows, row, SQL_WORDS_LIKE_WORD);
			if (str_eq(word, typed))
				m->exact = db_i64(rows, row, SQL_WORDS_LIKE_BUSINESSES);
			else if (m->exact >= SURE)
				return;
			else if (beginning ? !str_starts(word, typed) : !text_one_edit(word, typed))
				continue;
			size_t before = m->words.count;
			words_add(&m->words, word);
			if (m->words.count > before)
				m->businesses += db_i64(rows, row, SQL_WORDS_LIKE_BUSINESSES);
		}
	}
}

bool text_read(struct arena *arena, const struct words *typed, const struct db_rows *rows,
	       int64_t total, const char *facets, struct text *out)
{
	*out = (struct text){.at_most = INT64_MAX, .share = 1};
	struct words all;
	words_init(&all);
	struct buf understood;
	buf_init(&understood, 8192);
	bool mended = false, fits = true;
	size_t sets = 0;
	for (size_t i = 0; i < typed->count && !out->hopeless; i++) {
		struct meaning m;
		meaning_read(&m, words_at(typed, i), rows, (int64_t)i + 1);
		if (m.words.count == 0) {
			out->hopeless = true;
			break;
		}
		if (m.businesses < out->at_most)
			out->at_most = m.businesses;
		if (m.businesses < total)
			out->share *= (double)m.businesses / (double)total;
		if (m.words.count == 1 || sets == TEXT_SETS)
			words_add(&all, words_at(&m.words, 0));
		else
			fits &= (out->set[sets++] = text_array(arena, &m.words)).p != NULL;
		mended |= m.exact == 0;
		buf_printf(&understood, "%s%.*s", i ? " " : "", STR_ARG(words_at(&m.words, 0)));
	}
	struct str array = text_array(arena, &all);
	fits &= array.p != NULL;
	if (fits) {
		/* {words} and facets become {words,facets} */
		const char *joint = all.count && facets[0] ? "," : "";
		char *joined =
		    arena_printf(arena, "%.*s%s%s}", (int)array.n - 1, array.p, joint, facets);
		out->all = str_of(joined);
		fits &= joined != NULL;
	}
	if (fits && mended && !out->hopeless) {
		out->understood = arena_str(arena, buf_view(&understood));
		fits &= out->understood.p != NULL;
	}
	buf_release(&understood);
	return fits;
}
