/* What is said of text in an encoding that the file does not declare. */
#include "directory/encoding/encoding.h"
#include "directory/parse/internal.h"

#include <inttypes.h>

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
