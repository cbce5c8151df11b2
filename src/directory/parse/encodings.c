/* What is said of text in an encoding that the file does not declare. */
#include "directory/encoding/encoding.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "directory/parse/internal.h"

#include <inttypes.h>
#include <utf8proc.h>

enum { WORD_BYTES = 256 };

static bool guess_fail(struct parser *p, const struct letters_verdict *v)
{
	struct buf one, other;
	if (v->kind == LETTERS_STRANGE) {
		parser_fail(
		    p,
		    "line %" PRIu64
		    ": the text is not UTF-8, and its letters fit no encoding that is known here; name its encoding, such as --encoding shift_jis, gb18030, big5 or euc-kr",
		    v->line);
		return false;
	}
	buf_init(&one, WORD_BYTES);
	buf_init(&other, WORD_BYTES);
	encoding_convert(v->encoding, v->word, &one);
	encoding_convert(v->rival, v->word, &other);
	parser_fail(
	    p,
	    "line %" PRIu64
	    ": the text is not UTF-8 and may be '%s' in %s or '%s' in %s; name its encoding, such as --encoding %s",
	    v->line, buf_z(&one), v->encoding->name, buf_z(&other), v->rival->name,
	    v->encoding->name);
	buf_release(&one);
	buf_release(&other);
	return false;
}

bool guess_encoding(struct parser *p, struct letters *l, const struct encoding **out)
{
	struct letters_verdict v = letters_judge(l);
	struct buf word;
	*out = v.encoding;
	if (v.kind != LETTERS_CERTAIN)
		return guess_fail(p, &v);
	buf_init(&word, WORD_BYTES);
	encoding_convert(v.encoding, v.word, &word);
	parser_remark(
	    p, v.line,
	    "the file is not UTF-8 and does not name its encoding; it was read as %s by its letters, as in '%s': --encoding names another one",
	    v.encoding->name, buf_z(&word));
	buf_release(&word);
	return true;
}

void guess_refuse(struct parser *p, struct str text, uint64_t line, const char *format)
{
	struct letters *l = letters_new();
	letters_add_lines(l, text, '\n', line);
	struct letters_verdict v = letters_judge(l);
	struct buf word;
	buf_init(&word, WORD_BYTES);
	encoding_convert(v.encoding, v.word, &word);
	if (v.kind == LETTERS_STRANGE)
		parser_fail(
		    p,
		    "line %" PRIu64
		    ": not UTF-8, which %s is; convert the file, or name its encoding with --encoding",
		    v.line ? v.line : line, format);
	else
		parser_fail(
		    p,
		    "line %" PRIu64
		    ": not UTF-8, which %s is; convert the file, or name its encoding, which may be --encoding %s ('%s')",
		    v.line, format, v.encoding->name, buf_z(&word));
	buf_release(&word);
	letters_free(l);
}

/* ---- UTF-8 that was encoded twice ---- */

/* As what its bytes were taken. latin: short runs are mended only where they become Latin. */
struct mended_form {
	const char *name;
	bool latin;
};
static const struct mended_form mended_forms[] = {{"windows-1252", false}, {"windows-1250", false},
						  {"windows-1251", false}, {"MACINTOSH", true},
						  {"CP850", true},         {"CP437", true}};

/* The byte that stands for a character; -1: none. Some programs take bytes up to 0x9F for control
 * codes in whatever encoding. */
static int mended_byte(const struct encoding *e, int32_t c)
{
	for (int byte = 0x80; byte < 0x100; byte++)
		if (encoding_character(e, (char)byte) == (uint32_t)c)
			return byte;
	return c >= 0x80 && c < 0xA0 ? (int)c : -1;
}

/* Characters that texts have, of those which a run of bytes could decode to. */
static bool mended_is_usual(int32_t c)
{
	static const int32_t ranges[][2] = {{0xA0, 0x17F},     {0x218, 0x21B},   {0x370, 0x52F},
					    {0x5D0, 0x5EA},    {0x600, 0x6FF},   {0x1E00, 0x1EFF},
					    {0x2010, 0x203A},  {0x20AC, 0x20AC}, {0x2116, 0x2122},
					    {0x3040, 0x9FFF},  {0xAC00, 0xD7A3}, {0xFEFF, 0xFEFF},
					    {0x1F300, 0x1FAFF}};
	for (size_t i = 0; i < COUNT_OF(ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

static bool mended_is_letter(int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);
	/* The sign of the florin stands for nothing in a word. */
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO &&
	       category != UTF8PROC_CATEGORY_LM && c != 0x192;
}

static int32_t mended_character(struct str s, size_t *n)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t k =
	    utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &c);
	*n = k > 0 ? (size_t)k : 1;
	return k > 0 ? c : -1;
}

/* A run of characters outside ASCII as the bytes that they stand for. False: they are no text in
 * UTF-8. *proof: no language has such a run: signs or capitals within words, letters of two
 * scripts. */
static bool mended_run(const struct encoding *e, bool latin, struct str before, struct str run,
		       struct str after, char *bytes, size_t *n, bool *proof)
{
	bool letters = true, small = false;
	size_t k;
	*n = 0;
	for (size_t i = 0; i < run.n; i += k) {
		int32_t c = mended_character((struct str){run.p + i, run.n - i}, &k);
		int byte = mended_byte(e, c);
		if (byte < 0 || (*n == 0 && byte < 0xC2))
			return false;
		bytes[(*n)++] = (char)byte;
		letters &= mended_is_letter(c);
		small |= utf8proc_toupper(c) != c;
	}
	int32_t first = mended_character(run, &k);
	bool other = *n >= 6; /* in another script than Latin, and long enough to be sure */
	for (size_t i = 0; i < *n; i += k) {
		int32_t c = mended_character((struct str){bytes + i, *n - i}, &k);
		if (c < 0x80 || !mended_is_usual(c))
			return false;
		other &= c >= 0x370 && mended_is_letter(c);
	}
	for (size_t i = 0; i < *n && latin && !other; i += k) {
		int32_t c = mended_character((struct str){bytes + i, *n - i}, &k);
		if (c > 0x24F && (c < 0x2010 || c > 0x2122))
			return false;
	}
	char left = before.n ? before.p[before.n - 1] : ' ', right = after.n ? after.p[0] : ' ';
	bool capital = utf8proc_tolower(first) != first;
	*proof = !letters ||
		 (capital && (ascii_is_lower(left) || (!small && ascii_is_lower(right)))) ||
		 (small && ascii_is_upper(left) && ascii_is_upper(right)) ||
		 (first >= 0x400 && (ascii_is_letter(left) || ascii_is_letter(right)));
	return *n > 1;
}

/* All runs that decode, when one of them is proof. *out is empty when none is. */
static void mended_text(const struct mended_form *form, struct str s, struct buf *out)
{
	enum { RUN_BYTES = 400 };
	const struct encoding *e = encoding_named(str_of(form->name));
	char bytes[RUN_BYTES];
	bool proven = false, proof;
	buf_reset(out);
	for (size_t i = 0, from, n; i < s.n;) {
		for (from = i; i < s.n && !(s.p[i] & 0x80); i++)
			;
		buf_add(out, s.p + from, i - from);
		for (from = i; i < s.n && (s.p[i] & 0x80); i++)
			;
		struct str run = {s.p + from, i - from};
		if (run.n && run.n <= RUN_BYTES &&
		    mended_run(e, form->latin, (struct str){s.p, from}, run,
			       (struct str){s.p + i, s.n - i}, bytes, &n, &proof)) {
			buf_add(out, bytes, n);
			proven |= proof;
		} else {
			buf_add(out, run.p, run.n);
		}
	}
	if (!proven)
		buf_reset(out);
}

struct str guess_mended(struct parser *p, struct arena *arena, uint64_t line, struct str s)
{
	enum { TIMES = 3, REMARKS = 3 };
	struct str given = s;
	struct buf out;
	bool candidate = false;
	/* A letter outside ASCII between others is no such run. */
	for (size_t i = 0; i + 3 < s.n + 1 && !candidate; i++)
		candidate = (s.p[i] & 0x80) && i + 2 < s.n && !utf8_begins(s.p[i + 1]) &&
			    (s.p[i + 2] & 0x80);
	if (!candidate || !utf8_is_valid(s))
		return s;
	buf_init(&out, s.n + 1);
	for (int time = 0; time < TIMES; time++) {
		for (size_t i = 0; i < COUNT_OF(mended_forms) && !out.n; i++)
			mended_text(&mended_forms[i], s, &out);
		if (!out.n || !utf8_is_valid(buf_view(&out)))
			break;
		s = arena_str(arena, buf_view(&out));
		buf_reset(&out);
	}
	buf_release(&out);
	if (!s.p || s.p == given.p)
		return given;
	struct str shown = utf8_cut(str_trim(given), 80);
	if (p->mended++ < REMARKS)
		parser_remark(
		    p, line,
		    "'%.*s' is UTF-8 that was encoded twice, and was read as '%.*s': mend the file",
		    STR_ARG(shown), STR_ARG(utf8_cut(str_trim(s), 80)));
	parser_count(p, "encoded twice, read as", s);
	return s;
}
