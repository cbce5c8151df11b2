/* Tokens with bracket depth. Everything that clients write between SQL is taken out here: psql
 * commands, data of COPY, templates, placeholders. Offsets stay those of the file. */
#include "audit/statement/internal.h"
#include "base/ascii.h"
#include "base/lower_bound.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* While the text is lexed. */
struct lexer {
	struct lex *lex;
	const char *s;
	uint32_t n, at;
	uint16_t depth;
	char open[LEX_DEPTH_MAX + 1]; /* ( [ or C for CASE */
	uint32_t atomic;              /* open BEGIN ATOMIC, and CASE in it */
	uint32_t first;               /* token of the current piece */
	bool deep;
};

static bool name_start(char c)
{
	return ascii_is_letter(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool name_part(char c)
{
	return name_start(c) || ascii_is_digit(c) || c == '$';
}

static char scan_peek(const struct lexer *s, uint32_t ahead)
{
	return s->at + ahead < s->n ? s->s[s->at + ahead] : '\0';
}

static bool scan_starts(const struct lexer *s, const char *z)
{
	size_t n = strlen(z);
	return s->n - s->at >= n && memcmp(s->s + s->at, z, n) == 0;
}

/* Where the text stands next; the end when it does not. */
static uint32_t scan_find(const struct lexer *s, uint32_t from, const char *z)
{
	const char *found = from < s->n ? memmem(s->s + from, s->n - from, z, strlen(z)) : NULL;
	return found ? (uint32_t)(found - s->s + (ptrdiff_t)strlen(z)) : s->n;
}

static struct lex_token *scan_token(struct lexer *s, enum lex_kind kind, uint32_t from, uint32_t to)
{
	struct lex *lex = s->lex;
	lex->token =
	    memory_grow(lex->token, &lex->token_room, lex->tokens + 1, sizeof(*lex->token));
	struct lex_token *t = &lex->token[lex->tokens++];
	*t = (struct lex_token){from, to, s->depth, (uint8_t)kind, false};
	s->at = to;
	return t;
}

/* A placeholder becomes a name of the same length. */
static void scan_hole(struct lexer *s, uint32_t from, uint32_t to)
{
	memset(s->lex->text + from, '_', to - from);
	s->lex->text[from] = 'p';
	scan_token(s, LEX_WORD, from, to)->hole = true;
}

static void scan_blank(struct lexer *s, uint32_t from, uint32_t to)
{
	memset(s->lex->text + from, ' ', to - from);
	s->at = to;
}

/* Whether the last token of the piece ends an operand, so that an operator is next. */
static bool after_operand(const struct lexer *s)
{
	const struct lex *lex = s->lex;
	if (lex->tokens == s->first)
		return false;
	const struct lex_token *t = &lex->token[lex->tokens - 1];
	char c = s->s[t->from];
	if (t->kind == LEX_OPERATOR)
		return false;
	if (t->kind == LEX_MARK)
		return c == ')' || c == ']';
	return t->kind != LEX_WORD || t->hole ||
	       !word_before_operand((struct str){s->s + t->from, t->to - t->from});
}

/* ---- comments and strings ---- */

/* "holdfast-audit: ignore RULE: reason" in a comment. */
static void scan_ignore(struct lexer *s, uint32_t from, uint32_t to)
{
	struct str rest = {s->s + from, to - from}, key = STR("holdfast-audit:");
	const char *found = memmem(rest.p, rest.n, key.p, key.n);
	if (!found)
		return;
	rest.n -= (size_t)(found - rest.p) + key.n;
	rest.p = found + key.n;
	rest = str_trim(rest);
	if (!str_starts(rest, STR("ignore ")))
		return;
	rest.p += 7;
	rest.n -= 7;
	struct lex *lex = s->lex;
	lex->ignore =
	    memory_grow(lex->ignore, &lex->ignore_room, lex->ignores + 1, sizeof(*lex->ignore));
	struct str rule = str_trim(str_cut(&rest, ':'));
	struct str reason = rest.p ? str_trim(rest) : STR("");
	if (str_ends(reason, STR("*/")))
		reason = str_trim((struct str){reason.p, reason.n - 2});
	lex->ignore[lex->ignores++] = (struct lex_ignore){from, to, rule, reason};
}

static bool scan_comment(struct lexer *s)
{
	uint32_t from = s->at, to = from;
	if (scan_starts(s, "--")) {
		while (to < s->n && s->s[to] != '\n')
			to++;
	} else if (scan_starts(s, "/*")) {
		unsigned open = 1;
		for (to += 2; to < s->n && open; to++) {
			bool pair = to + 1 < s->n;
			if (pair && s->s[to] == '*' && s->s[to + 1] == '/') {
				open--;
				to++;
			} else if (pair && s->s[to] == '/' && s->s[to + 1] == '*') {
				open++;
				to++;
			}
		}
	} else {
		return false;
	}
	scan_ignore(s, from, to);
	s->at = to;
	return true;
}

static uint32_t quoted_end(const struct lexer *s, uint32_t at, char quote, bool backslashes)
{
	for (; at < s->n; at++) {
		if (backslashes && s->s[at] == '\\')
			at++;
		else if (s->s[at] == quote && at + 1 < s->n && s->s[at + 1] == quote)
			at++;
		else if (s->s[at] == quote)
			return at + 1;
	}
	return s->n;
}

/* $1, $name, $$...$$, $tag$...$tag$ */
static bool scan_dollar(struct lexer *s)
{
	uint32_t from = s->at, to = from + 1;
	char tag[66];
	if (s->s[from] != '$')
		return false;
	if (scan_peek(s, 1) == '{') {
		scan_hole(s, from, scan_find(s, from, "}"));
		return true;
	}
	if (ascii_is_digit(scan_peek(s, 1))) {
		while (to < s->n && ascii_is_digit(s->s[to]))
			to++;
		scan_token(s, LEX_PARAMETER, from, to);
		return true;
	}
	while (to < s->n && name_part(s->s[to]) && s->s[to] != '$')
		to++;
	if (to < s->n && s->s[to] == '$' && to + 1 - from < sizeof(tag)) {
		memcpy(tag, s->s + from, to + 1 - from);
		tag[to + 1 - from] = '\0';
		scan_token(s, LEX_STRING, from, scan_find(s, to + 1, tag));
	} else if (to > from + 1) {
		scan_hole(s, from, to);
	} else {
		return false;
	}
	return true;
}

/* ---- placeholders ---- */

static const struct {
	const char *open, *close;
	bool blank; /* nothing stands in its place */
} templates[] = {
    {"{{", "}}", false},  {"{%", "%}", true}, {"{#", "#}", true},
    {"<%=", "%>", false}, {"<%", "%>", true}, {"#{", "}", false},
};

static bool scan_template(struct lexer *s)
{
	uint32_t from = s->at;
	for (size_t i = 0; i < COUNT_OF(templates); i++) {
		if (!scan_starts(s, templates[i].open))
			continue;
		uint32_t to = scan_find(s, from, templates[i].close);
		if (templates[i].blank)
			scan_blank(s, from, to);
		else
			scan_hole(s, from, to);
		return true;
	}
	if (s->s[from] != '{' || !name_start(scan_peek(s, 1)))
		return false;
	scan_hole(s, from, scan_find(s, from, "}"));
	return true;
}

/* :name :'name' :"name" */
static bool scan_colon(struct lexer *s)
{
	uint32_t from = s->at, to = from + 1;
	char next = scan_peek(s, 1);
	if (s->s[from] != ':')
		return false;
	if (next == '=' || next == ':') {
		scan_token(s, LEX_OPERATOR, from, from + 2);
		return true;
	}
	bool slice = s->depth && s->open[s->depth] == '[' && after_operand(s);
	if (slice || !(name_start(next) || next == '\'' || next == '"'))
		return false;
	if (next == '\'' || next == '"')
		to = quoted_end(s, from + 2, next, false);
	else
		while (to < s->n && name_part(s->s[to]))
			to++;
	scan_hole(s, from, to);
	return true;
}

/* How long the placeholder of a driver is that begins with an operator character: ? %s %(name)s
 * %1$s @name. 0: none. */
static uint32_t driver_hole(const struct lexer *s, uint32_t at)
{
	char c = s->s[at], next = at + 1 < s->n ? s->s[at + 1] : '\0';
	uint32_t to = at + 1;
	if (c == '?')
		return strchr("|&?-#@", next) && next ? 0 : 1;
	if (c == '@' && name_start(next)) {
		while (to < s->n && name_part(s->s[to]))
			to++;
		return to - at;
	}
	if (c != '%')
		return 0;
	if (next == '(') {
		to = scan_find(s, to, ")");
		return to < s->n ? to + 1 - at : 0;
	}
	while (to < s->n && (ascii_is_digit(s->s[to]) || s->s[to] == '$'))
		to++;
	bool verb = to < s->n && strchr("sdvfIL", s->s[to]) && s->s[to];
	return verb && !(to + 1 < s->n && name_part(s->s[to + 1])) ? to + 1 - at : 0;
}

/* How long the name is that a script fills in: @extschema@, @extschema:name@. 0: none. */
static uint32_t script_hole(const struct lexer *s, uint32_t at)
{
	uint32_t to = at + 1;
	if (s->s[at] != '@' || to >= s->n || !name_start(s->s[to]))
		return 0;
	while (to < s->n && (name_part(s->s[to]) || s->s[to] == ':'))
		to++;
	return to < s->n && s->s[to] == '@' ? to + 1 - at : 0;
}

static bool scan_operator(struct lexer *s)
{
	static const char chars[] = "+-*/<>=~!@#%^&|`?";
	uint32_t from = s->at, to = from;
	uint32_t hole = script_hole(s, from);
	if (!hole && !after_operand(s))
		hole = driver_hole(s, from);
	if (hole) {
		scan_hole(s, from, from + hole);
		return true;
	}
	while (to < s->n && s->s[to] && strchr(chars, s->s[to])) {
		bool comment = to + 1 < s->n && ((s->s[to] == '-' && s->s[to + 1] == '-') ||
						 (s->s[to] == '/' && s->s[to + 1] == '*'));
		bool ends = to > from && strchr("=>", s->s[to - 1]) && driver_hole(s, to);
		if (comment || ends)
			break;
		to++;
	}
	if (to == from)
		return false;
	scan_token(s, LEX_OPERATOR, from, to);
	return true;
}

/* ---- pieces ---- */

static void piece_end(struct lexer *s, uint32_t next)
{
	struct lex *lex = s->lex;
	if (lex->tokens > s->first) {
		lex->piece =
		    memory_grow(lex->piece, &lex->piece_room, lex->pieces + 1, sizeof(*lex->piece));
		lex->piece[lex->pieces++] = (struct lex_piece){
		    .from = lex->token[s->first].from,
		    .to = lex->token[lex->tokens - 1].to,
		    .first = s->first,
		    .count = (uint32_t)(lex->tokens - s->first),
		    .deep = s->deep,
		};
	}
	s->first = (uint32_t)lex->tokens;
	s->depth = 0;
	s->atomic = 0;
	s->deep = false;
	s->at = next;
}

static uint32_t line_end(const struct lexer *s, uint32_t at)
{
	while (at < s->n && s->s[at] != '\n')
		at++;
	return at;
}

/* COPY ... FROM STDIN: its data, when their end stands in the file. */
static void skip_copy_data(struct lexer *s, const struct lex_piece *piece)
{
	const struct lex *lex = s->lex;
	bool stdin_follows = false;
	if (!lex_is(lex, piece->first, "copy"))
		return;
	for (uint32_t i = piece->first + 1; i + 1 < piece->first + piece->count; i++)
		stdin_follows |= lex_is(lex, i, "from") && lex_is(lex, i + 1, "stdin");
	uint32_t end = stdin_follows ? scan_find(s, line_end(s, s->at), "\n\\.") : s->n;
	if (end < s->n || (stdin_follows && s->n >= 2 && memcmp(s->s + s->n - 2, "\\.", 2) == 0))
		scan_blank(s, s->at, line_end(s, end));
}

/* A psql command up to the end of its line. \g, \gexec, \watch and their kin end the statement. */
static void scan_meta(struct lexer *s)
{
	struct lex *lex = s->lex;
	uint32_t from = s->at, to = line_end(s, from);
	bool sends = scan_peek(s, 1) == 'g' || scan_starts(s, "\\watch");
	bool watched = scan_starts(s, "\\watch");
	if (scan_starts(s, "\\;")) {
		scan_blank(s, from, from + 1);
		return;
	}
	scan_blank(s, from, to);
	size_t before = lex->pieces;
	if (sends)
		piece_end(s, to);
	if (watched && (lex->pieces > before || lex->pieces))
		lex->piece[lex->pieces - 1].watched = true;
	if (lex->tokens > s->first)
		return; /* in the middle of a statement: \if, \set */
	lex->piece =
	    memory_grow(lex->piece, &lex->piece_room, lex->pieces + 1, sizeof(*lex->piece));
	lex->piece[lex->pieces++] =
	    (struct lex_piece){.from = from, .to = to, .first = s->first, .meta = true};
}

/* Whether the piece is a CREATE RULE whose list of commands goes on behind the semicolon: with its
 * closing bracket or with a command that a rule can have. */
static bool scan_in_rule(const struct lexer *s)
{
	static const char *const commands[] = {"select", "insert", "update", "delete",
					       "notify", "with",   "values", "table"};
	const struct lex *lex = s->lex;
	uint32_t at = s->at + 1, word = s->first + 1, end;
	if (!lex_is(lex, s->first, "create"))
		return false;
	if (lex_is(lex, word, "or") && lex_is(lex, word + 1, "replace"))
		word += 2;
	if (!s->depth || !lex_is(lex, word, "rule"))
		return false;
	while (at < s->n && (ascii_is_space(s->s[at]) || s->s[at] == '-' || s->s[at] == '/')) {
		const char *rest = s->s + at;
		if (s->n - at > 1 && rest[0] == '-' && rest[1] == '-')
			at = scan_find(s, at, "\n");
		else if (s->n - at > 1 && rest[0] == '/' && rest[1] == '*')
			at = scan_find(s, at + 2, "*/");
		else
			at++;
	}
	for (end = at; end < s->n && ascii_is_letter(s->s[end]); end++)
		;
	struct str next = {s->s + at, end - at};
	bool command = at < s->n && memchr("();", s->s[at], 3);
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		command |= str_eq_nocase(next, str_of(commands[i]));
	return command;
}

static void scan_semicolon(struct lexer *s)
{
	struct lex *lex = s->lex;
	/* a bracket that is never closed does not take the rest of the file with it */
	bool new_line = s->at + 1 >= s->n || s->s[s->at + 1] == '\n' || s->s[s->at + 1] == '\r';
	if (s->atomic || (s->depth && !new_line) || scan_in_rule(s)) {
		scan_token(s, LEX_MARK, s->at, s->at + 1);
		return;
	}
	size_t before = lex->pieces;
	piece_end(s, s->at + 1);
	if (lex->pieces > before)
		skip_copy_data(s, &lex->piece[lex->pieces - 1]);
}

static void scan_open(struct lexer *s, char how)
{
	if (s->depth == LEX_DEPTH_MAX) {
		s->deep = true;
		return;
	}
	s->open[++s->depth] = how;
}

static void scan_mark(struct lexer *s)
{
	char c = s->s[s->at];
	if ((c == ')' || c == ']') && s->depth)
		s->depth--;
	scan_token(s, LEX_MARK, s->at, s->at + 1);
	if (c == '(' || c == '[')
		scan_open(s, c);
}

/* CASE and END are brackets; BEGIN ATOMIC keeps semicolons. */
static void scan_keyword(struct lexer *s, uint32_t token)
{
	struct lex *lex = s->lex;
	if (lex_is(lex, token, "case")) {
		s->atomic += s->atomic != 0;
		scan_open(s, 'C');
	} else if (lex_is(lex, token, "end")) {
		s->atomic -= s->atomic != 0;
		if (s->depth && s->open[s->depth] == 'C')
			lex->token[token].depth = --s->depth;
	} else if (lex_is(lex, token, "atomic") && token > s->first &&
		   lex_is(lex, token - 1, "begin")) {
		s->atomic = 1;
	}
}

static bool scan_word(struct lexer *s)
{
	uint32_t from = s->at, to = from;
	char c = s->s[from];
	if (!name_start(c))
		return false;
	if (scan_peek(s, 1) == '\'' && strchr("eEbBxXnN", c)) {
		scan_token(s, LEX_STRING, from,
			   quoted_end(s, from + 2, '\'', c == 'e' || c == 'E'));
		return true;
	}
	if ((c == 'u' || c == 'U') && scan_peek(s, 1) == '&' &&
	    (scan_peek(s, 2) == '\'' || scan_peek(s, 2) == '"')) {
		char quote = scan_peek(s, 2);
		scan_token(s, quote == '"' ? LEX_QUOTED : LEX_STRING, from,
			   quoted_end(s, from + 3, quote, false));
		return true;
	}
	while (to < s->n && name_part(s->s[to]))
		to++;
	/* prefix_{{name}}: one name */
	if (to + 1 < s->n && s->s[to] == '{' && s->s[to + 1] == '{') {
		scan_hole(s, from, scan_find(s, to, "}}"));
		return true;
	}
	scan_token(s, LEX_WORD, from, to);
	scan_keyword(s, (uint32_t)s->lex->tokens - 1);
	return true;
}

static void scan_number(struct lexer *s)
{
	uint32_t to = s->at;
	while (to < s->n && (ascii_is_digit(s->s[to]) || s->s[to] == '.' || name_part(s->s[to])))
		to++;
	scan_token(s, LEX_NUMBER, s->at, to);
}

static void scan_next(struct lexer *s)
{
	char c = s->s[s->at];
	if (c == ' ' || (c >= '\t' && c <= '\r')) {
		s->at++;
	} else if (c == ';') {
		scan_semicolon(s);
	} else if (c == '\\') {
		scan_meta(s);
	} else if (c == '\'' || c == '"') {
		scan_token(s, c == '"' ? LEX_QUOTED : LEX_STRING, s->at,
			   quoted_end(s, s->at + 1, c, false));
	} else if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(scan_peek(s, 1)))) {
		scan_number(s);
	} else if (!scan_comment(s) && !scan_dollar(s) && !scan_template(s) && !scan_colon(s) &&
		   !scan_word(s) && !scan_operator(s)) {
		scan_mark(s);
	}
}

void lex_text(struct lex *lex, struct str source)
{
	*lex = (struct lex){.source = source};
	lex->text = memory_room(source.n + 1);
	if (source.n)
		memcpy(lex->text, source.p, source.n);
	lex->text[source.n] = '\0';
	struct lexer s = {.lex = lex, .s = source.p, .n = (uint32_t)source.n};
	while (s.at < s.n)
		scan_next(&s);
	piece_end(&s, s.n);
}

void lex_release(struct lex *lex)
{
	free(lex->text);
	free(lex->token);
	free(lex->piece);
	free(lex->ignore);
}

bool lex_is(const struct lex *lex, uint32_t token, const char *word)
{
	if (token >= lex->tokens || lex->token[token].kind != LEX_WORD)
		return false;
	const struct lex_token *t = &lex->token[token];
	return str_eq_nocase((struct str){lex->text + t->from, t->to - t->from}, str_of(word));
}

static bool lex_token_before(const void *token, const void *offset)
{
	return ((const struct lex_token *)token)->from < *(const uint32_t *)offset;
}

uint32_t lex_at(const struct lex *lex, uint32_t offset)
{
	return (uint32_t)lower_bound(lex->token, (size_t)lex->tokens, sizeof(*lex->token),
				     lex_token_before, &offset);
}

bool lex_hole(const struct lex *lex, uint32_t offset)
{
	uint32_t t = lex_at(lex, offset);
	return t < lex->tokens && lex->token[t].from == offset && lex->token[t].hole;
}
