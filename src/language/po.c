#include "language/po.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct po_reader {
	struct po *po;
	struct arena *arena;
	unsigned line;
	struct err *err;
	struct po_message now;
	bool fuzzy;      /* flag for the message that follows */
	bool begun;      /* `now` has a msgid */
	struct str *to;  /* where continued strings go; NULL: nowhere */
	bool has_header; /* the message with an empty msgid was there */
};

static enum status po_error(const struct po_reader *r, const char *what, struct str text)
{
	text = utf8_cut(text, 60);
	return err_set(r->err, INVALID, "%s, line %u: %s%s%.*s%s", r->po->file, r->line, what,
		       text.n ? ": " : "", STR_ARG(text), "");
}

/* A quoted string, appended to *to. */
static enum status po_read_string(struct po_reader *r, struct str text, struct str *to)
{
	struct buf out;
	enum status status = OK;
	text = str_trim(text);
	if (text.n < 2 || text.p[0] != '"' || text.p[text.n - 1] != '"')
		return po_error(r, "a string in double quotes is expected", text);
	buf_init(&out, PO_SOURCE_MAX);
	buf_str(&out, *to);
	for (size_t i = 1; i + 1 < text.n && status == OK; i++) {
		static const char from[] = "nt\"\\", into[] = "\n\t\"\\";
		const char *escape;
		if (text.p[i] == '"')
			status = po_error(r, "a quote inside a string must be written \\\"", text);
		else if (text.p[i] != '\\')
			buf_putc(&out, text.p[i]);
		else if (i + 2 < text.n && (escape = strchr(from, text.p[i + 1])) && *escape)
			buf_putc(&out, into[escape - from]), i++;
		else
			status = po_error(r, "only \\n, \\t, \\\" and \\\\ are known", text);
	}
	if (status == OK)
		*to = arena_str(r->arena, buf_view(&out));
	buf_release(&out);
	if (status == OK && !to->p)
		status = po_error(r, "the file has too much text", STR(""));
	return status;
}

/* Keep the message that has been read. */
static enum status po_end_message(struct po_reader *r)
{
	struct po *po = r->po;
	if (!r->begun)
		return OK;
	if (!r->now.forms)
		return po_error(r, "the message before this line has no msgstr", r->now.id);
	if (!r->now.id.n)
		r->has_header = true;
	else if (po->count == PO_MESSAGES_MAX)
		return po_error(r, "there are too many messages", r->now.id);
	else {
		po->message =
		    memory_grow(po->message, &po->room, po->count + 1, sizeof(*po->message));
		po->message[po->count++] = r->now;
	}
	r->now = (struct po_message){.context = STR("")};
	r->begun = false;
	r->to = NULL;
	return OK;
}

/* "msgstr[2] ..." */
static enum status po_read_form(struct po_reader *r, struct str rest)
{
	unsigned form = 0;
	if (rest.n > 3 && rest.p[0] == '[' && rest.p[2] == ']') {
		form = (unsigned)(rest.p[1] - '0');
		rest = (struct str){rest.p + 3, rest.n - 3};
		if (!r->now.plural.p)
			return po_error(r, "msgstr[N] belongs to a msgid_plural", STR(""));
	} else if (r->now.plural.p) {
		return po_error(r, "a message with msgid_plural has msgstr[0], msgstr[1], ...",
				STR(""));
	}
	if (!r->begun || form != r->now.forms || form >= PLURAL_FORMS_MAX)
		return po_error(r, "this msgstr does not follow here", STR(""));
	r->to = &r->now.text[r->now.forms++];
	*r->to = STR("");
	return po_read_string(r, rest, r->to);
}

static bool po_keyword(struct str *line, const char *word)
{
	struct str w = str_of(word);
	if (!str_starts(*line, w))
		return false;
	*line = (struct str){line->p + w.n, line->n - w.n};
	return true;
}

static enum status po_read_line(struct po_reader *r, struct str line)
{
	struct po_message *m = &r->now;
	enum status status = OK;
	if (line.n && line.p[0] == '#') {
		if (str_starts(line, STR("#,")) && memmem(line.p, line.n, "fuzzy", 5)) {
			status = po_end_message(r);
			r->fuzzy = true;
		}
		return status;
	}
	if (!line.n)
		return OK;
	if (line.p[0] == '"')
		return r->to ? po_read_string(r, line, r->to)
			     : po_error(r, "a string without a keyword", line);
	if (po_keyword(&line, "msgctxt ")) {
		status = po_end_message(r);
		r->to = &m->context;
	} else if (po_keyword(&line, "msgid_plural ")) {
		if (!r->begun || m->forms)
			return po_error(r, "msgid_plural follows msgid", STR(""));
		m->plural = STR("");
		r->to = &m->plural;
	} else if (po_keyword(&line, "msgid ")) {
		if (r->begun)
			status = po_end_message(r);
		r->begun = true;
		m->line = r->line;
		m->fuzzy = r->fuzzy;
		r->fuzzy = false;
		m->id = STR("");
		r->to = &m->id;
	} else if (po_keyword(&line, "msgstr")) {
		return po_read_form(r, line);
	} else {
		return po_error(r, "not a line of a PO file", line);
	}
	return status == OK ? po_read_string(r, line, r->to) : status;
}

enum status po_read(struct po *po, struct arena *arena, const char *file, struct str source,
		    struct err *err)
{
	struct po_reader r = {.po = po, .arena = arena, .err = err, .now = {.context = STR("")}};
	enum status status = OK;
	*po = (struct po){.file = file};
	if (source.n > PO_SOURCE_MAX)
		return err_set(err, TOO_LARGE, "%s: more than %d bytes", file, PO_SOURCE_MAX);
	if (str_starts(source, STR("\xef\xbb\xbf")))
		source = (struct str){source.p + 3, source.n - 3};
	while (source.p && status == OK) {
		struct str line = str_cut(&source, '\n');
		r.line++;
		if (utf8_is_valid(line))
			status = po_read_line(&r, str_trim(line));
		else
			status = po_error(&r, "not UTF-8: save the file as UTF-8", STR(""));
	}
	return status == OK ? po_end_message(&r) : status;
}

void po_release(struct po *po)
{
	free(po->message);
	po->message = NULL;
	po->count = po->room = 0;
}

/* ---- placeholders and tags ---- */

bool po_placeholder(struct str *rest, struct str *before, struct str *name)
{
	struct str all = *rest;
	const char *open = all.n ? memchr(all.p, '{', all.n) : NULL;
	const char *close = open ? memchr(open, '}', all.n - (size_t)(open - all.p)) : NULL;
	if (before)
		*before = close ? (struct str){all.p, (size_t)(open - all.p)} : all;
	if (!close)
		return false;
	*name = (struct str){open + 1, (size_t)(close - open) - 1};
	*rest = (struct str){close + 1, all.n - (size_t)(close + 1 - all.p)};
	return true;
}

bool po_is_markup(struct str text)
{
	return text.n && memchr(text.p, '<', text.n);
}

/* How often `what` is in the text. */
static size_t po_occurrences(struct str text, struct str what)
{
	size_t n = 0;
	while (text.n >= what.n) {
		const char *at = memmem(text.p, text.n, what.p, what.n);
		if (!at)
			break;
		n++;
		text.n -= (size_t)(at + what.n - text.p);
		text.p = at + what.n;
	}
	return n;
}

/* The next "<...>" in *rest. */
static bool po_tag(struct str *rest, struct str *tag)
{
	const char *open = rest->n ? memchr(rest->p, '<', rest->n) : NULL;
	const char *close = open ? memchr(open, '>', rest->n - (size_t)(open - rest->p)) : NULL;
	if (!close)
		return false;
	*tag = (struct str){open, (size_t)(close + 1 - open)};
	*rest = (struct str){close + 1, rest->n - (size_t)(close + 1 - rest->p)};
	return true;
}

/* Whether each placeholder and tag of `a` is in `b` as often. */
static const char *po_missing(struct str a, struct str b)
{
	struct str rest = a, part;
	while (po_tag(&rest, &part))
		if (po_occurrences(a, part) != po_occurrences(b, part))
			return "the HTML tags differ";
	rest = a;
	while (po_placeholder(&rest, NULL, &part)) {
		struct str whole = {part.p - 1, part.n + 2};
		if (po_occurrences(a, whole) != po_occurrences(b, whole))
			return "the placeholders differ";
	}
	return NULL;
}

const char *po_difference(struct str id, struct str text)
{
	const char *why = po_missing(id, text);
	return why ? why : po_missing(text, id);
}
