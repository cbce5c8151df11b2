#include "observe/observe.h"
#include "base/ascii.h"
#include "base/random.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

void observe_set(char *out, size_t size, struct str text)
{
	struct str kept = utf8_cut(text, size - 1);
	memset(out, 0, size);
	/* Control characters would reach the reader's terminal. */
	for (size_t i = 0; i < kept.n; i++)
		out[i] = (unsigned char)kept.p[i] < ' ' || kept.p[i] == 0x7F ? ' ' : kept.p[i];
}

/* FNV-1a with a keyed start and a final mix: equality within one observer, nothing more. */
static uint64_t redact_hash_begin(uint64_t key)
{
	return 0xcbf29ce484222325u ^ key;
}

static uint64_t redact_hash_add(uint64_t h, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
	return h;
}

static uint64_t redact_hash_end(uint64_t h, uint64_t key)
{
	h = random_mix(h ^ key);
	return h ? h : 1;
}

static bool redact_word(char c)
{
	return ascii_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

struct redact {
	struct str in;
	size_t at;
	struct buf out;
	bool parameters, writes, locks;
	enum observe_verb verb;
	char route[OBSERVE_NAME];
};

/* Past a quoted string; false when it does not end, or when its end depends on a setting of the
 * session (a backslash before a quote): then nothing behind it can be trusted to be no literal. */
static bool redact_quoted(struct redact *r, char quote, bool escapes)
{
	for (r->at++; r->at < r->in.n; r->at++) {
		char c = r->in.p[r->at];
		if (c == '\\' && quote == '\'') {
			if (escapes)
				r->at++;
			else if (r->at + 1 < r->in.n && r->in.p[r->at + 1] == '\'')
				return false;
		} else if (c == quote) {
			r->at++;
			if (r->at >= r->in.n || r->in.p[r->at] != quote)
				return true;
		}
	}
	return false;
}

/* Past $tag$...$tag$; `at` is on the first $. */
static bool redact_dollar(struct redact *r, size_t tag)
{
	const char *end =
	    memmem(r->in.p + r->at + tag, r->in.n - r->at - tag, r->in.p + r->at, tag);
	if (!end)
		return false;
	r->at = (size_t)(end - r->in.p) + tag;
	return true;
}

/* Length of "$tag$" at the current place; 0 when it is none. */
static size_t redact_dollar_tag(const struct redact *r)
{
	size_t n = 1;
	while (r->at + n < r->in.n && redact_word(r->in.p[r->at + n]))
		n++;
	bool closed = r->at + n < r->in.n && r->in.p[r->at + n] == '$';
	return closed && !ascii_is_digit(r->in.p[r->at + 1]) ? n + 1 : 0;
}

/* The route of sqlcommenter's tags: letters and the marks of paths only, without numbers that may
 * belong to somebody. */
static void redact_route(struct redact *r, struct str comment)
{
	static const char *const keys[] = {"route='", "action='", "job='"};
	for (size_t k = 0; k < COUNT_OF(keys) && !r->route[0]; k++) {
		const char *p = memmem(comment.p, comment.n, keys[k], strlen(keys[k]));
		size_t n = 0;
		if (!p)
			continue;
		p += strlen(keys[k]);
		for (const char *end = comment.p + comment.n; p < end && *p != '\''; p++) {
			char c = *p;
			if (c == '%' && end - p > 2 && hex_value(p[1]) == 2 &&
			    hex_value(p[2]) == 15) {
				c = '/';
				p += 2;
			}
			bool number = ascii_is_digit(c) && n && ascii_is_digit(r->route[n - 1]);
			if (number)
				r->route[n - 1] = '9'; /* 42 and 4711 are one route: 9 */
			else if (n < sizeof(r->route) - 1 &&
				 (ascii_is_alnum(c) || strchr("/_-.:#", c)))
				r->route[n++] = c;
		}
	}
}

/* Past a comment; nested as SQL has it. */
static bool redact_comment(struct redact *r)
{
	size_t begin = r->at, depth = 0;
	do {
		if (r->at + 1 >= r->in.n)
			return false;
		if (r->in.p[r->at] == '/' && r->in.p[r->at + 1] == '*')
			depth++, r->at += 2;
		else if (r->in.p[r->at] == '*' && r->in.p[r->at + 1] == '/')
			depth--, r->at += 2;
		else
			r->at++;
	} while (depth);
	redact_route(r, (struct str){r->in.p + begin, r->at - begin});
	return true;
}

static void redact_space(struct redact *r)
{
	if (r->out.n && r->out.p[r->out.n - 1] != ' ')
		buf_putc(&r->out, ' ');
}

/* A literal; a list of them is written as one, so that lists of any length are one statement. */
static void redact_literal(struct redact *r)
{
	struct str out = buf_view(&r->out);
	if (str_ends(out, STR("?, ")) || str_ends(out, STR("?,")))
		buf_cut(&r->out, out.n - (out.p[out.n - 1] == ' ' ? 2 : 1));
	else if (!str_ends(out, STR("?")))
		buf_putc(&r->out, '?');
}

static enum observe_verb redact_verb_of(struct str word)
{
	static const struct {
		const char *word;
		enum observe_verb verb;
	} verbs[] = {
	    {"SELECT", OBSERVE_READ},         {"VALUES", OBSERVE_READ},
	    {"TABLE", OBSERVE_READ},          {"WITH", OBSERVE_READ},
	    {"INSERT", OBSERVE_INSERT},       {"MERGE", OBSERVE_UPDATE},
	    {"UPDATE", OBSERVE_UPDATE},       {"DELETE", OBSERVE_DELETE},
	    {"COPY", OBSERVE_COPY},           {"CREATE", OBSERVE_DDL},
	    {"ALTER", OBSERVE_DDL},           {"DROP", OBSERVE_DDL},
	    {"TRUNCATE", OBSERVE_DDL},        {"LOCK", OBSERVE_DDL},
	    {"REINDEX", OBSERVE_DDL},         {"CLUSTER", OBSERVE_MAINTENANCE},
	    {"REFRESH", OBSERVE_MAINTENANCE}, {"VACUUM", OBSERVE_MAINTENANCE},
	    {"ANALYZE", OBSERVE_MAINTENANCE},
	};
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		if (str_eq_nocase(word, str_of(verbs[i].word)))
			return verbs[i].verb;
	}
	return OBSERVE_OTHER;
}

static void redact_keyword(struct redact *r, struct str word)
{
	enum observe_verb verb = redact_verb_of(word);
	if (r->verb == OBSERVE_VERB_NONE)
		r->verb = verb;
	else if (r->verb == OBSERVE_READ &&
		 (verb == OBSERVE_INSERT || verb == OBSERVE_UPDATE || verb == OBSERVE_DELETE)) {
		bool locking = str_ends(buf_view(&r->out), STR("FOR ")) ||
			       str_ends(buf_view(&r->out), STR("for ")) ||
			       str_ends(buf_view(&r->out), STR("KEY "));
		r->verb = locking ? OBSERVE_READ_LOCKING : verb;
	} else if (r->verb == OBSERVE_READ && str_eq_nocase(word, STR("SHARE")))
		r->verb = OBSERVE_READ_LOCKING;
}

/* A word: a keyword, a name, or the beginning of E'...', B'...', U&'...'. */
static bool redact_name(struct redact *r)
{
	size_t begin = r->at;
	while (r->at < r->in.n && (redact_word(r->in.p[r->at]) || r->in.p[r->at] == '$'))
		r->at++;
	struct str word = {r->in.p + begin, r->at - begin};
	bool unicode = word.n == 1 && ascii_lower(word.p[0]) == 'u' && r->at + 1 < r->in.n &&
		       r->in.p[r->at] == '&' && r->in.p[r->at + 1] == '\'';
	if (unicode)
		r->at++;
	if ((word.n == 1 || unicode) && r->at < r->in.n && r->in.p[r->at] == '\'' &&
	    strchr("eEbBxXnNuU", word.p[0])) {
		redact_literal(r);
		return redact_quoted(r, '\'', ascii_lower(word.p[0]) == 'e');
	}
	redact_keyword(r, word);
	buf_str(&r->out, word);
	return true;
}

/* One token; false when the rest cannot be told from literals. */
static bool redact_token(struct redact *r)
{
	char c = r->in.p[r->at], next = r->at + 1 < r->in.n ? r->in.p[r->at + 1] : '\0';
	if (ascii_is_space(c)) {
		redact_space(r);
		r->at++;
	} else if (c == '-' && next == '-') {
		while (r->at < r->in.n && r->in.p[r->at] != '\n')
			r->at++;
	} else if (c == '/' && next == '*') {
		return redact_comment(r);
	} else if (c == '\'') {
		redact_literal(r);
		return redact_quoted(r, '\'', false);
	} else if (c == '"') {
		size_t begin = r->at;
		if (!redact_quoted(r, '"', false))
			return false;
		buf_add(&r->out, r->in.p + begin, r->at - begin);
	} else if (c == '$' && ascii_is_digit(next)) {
		r->parameters = true;
		buf_putc(&r->out, c);
		for (r->at++; r->at < r->in.n && ascii_is_digit(r->in.p[r->at]); r->at++)
			buf_putc(&r->out, r->in.p[r->at]);
	} else if (c == '$' && redact_dollar_tag(r)) {
		redact_literal(r);
		return redact_dollar(r, redact_dollar_tag(r));
	} else if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(next))) {
		redact_literal(r);
		while (r->at < r->in.n && (redact_word(r->in.p[r->at]) || r->in.p[r->at] == '.' ||
					   (strchr("+-", r->in.p[r->at]) && r->at &&
					    ascii_lower(r->in.p[r->at - 1]) == 'e')))
			r->at++;
	} else if (redact_word(c)) {
		return redact_name(r);
	} else {
		buf_putc(&r->out, c);
		r->at++;
	}
	return true;
}

void observe_redact(struct str text, size_t bytes, uint64_t key, struct observe_text *out)
{
	struct redact r = {.in = text};
	buf_init(&r.out, 1 << 20);
	/* Comments are left out of the hash: tags of a request or a trace differ from call to call
	 * of one statement. */
	uint64_t hash = redact_hash_begin(key);
	*out = (struct observe_text){.cut = bytes && text.n + UTF8_BYTES_MAX >= bytes};
	while (r.at < r.in.n) {
		size_t begin = r.at;
		bool comment =
		    r.at + 1 < r.in.n && ((r.in.p[begin] == '/' && r.in.p[begin + 1] == '*') ||
					  (r.in.p[begin] == '-' && r.in.p[begin + 1] == '-'));
		bool space = ascii_is_space(r.in.p[begin]);
		bool known = redact_token(&r);
		size_t end = known ? r.at : r.in.n;
		if (!comment && !space)
			hash = redact_hash_add(hash, r.in.p + begin, end - begin);
		if (!known) {
			buf_puts(&r.out, "...");
			break;
		}
	}
	out->hash = redact_hash_end(hash, key);
	OBSERVE_SET(out->text, str_trim(buf_view(&r.out)));
	memcpy(out->route, r.route, sizeof(out->route));
	out->verb = r.verb;
	out->parameters = r.parameters;
	buf_release(&r.out);
}

void observe_caller(const struct observe_session *s, char out[OBSERVE_NAME])
{
	struct str name = str_of(s->application);
	while (name.n && ascii_is_digit(name.p[name.n - 1]))
		name.n--;
	while (name.n && strchr("-_ #:.[", name.p[name.n - 1]))
		name.n--;
	if (!name.n)
		name = str_of(s->application[0] ? s->application : s->role);
	observe_set(out, OBSERVE_NAME, name);
}

bool observe_is_human(const struct observe_session *s)
{
	static const char *const names[] = {"psql",    "pgAdmin",    "DBeaver", "DataGrip",
					    "pg_dump", "pg_restore", "pgcli",   "TablePlus",
					    "Navicat", "postico"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct str name = str_of(names[i]), is = str_of(s->application);
		if (is.n >= name.n && str_eq_nocase((struct str){is.p, name.n}, name))
			return true;
	}
	return false;
}
