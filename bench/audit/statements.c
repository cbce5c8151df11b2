/* link: base audit/serve audit/statement */
/* The statements of files that have a WHERE, an ON or an ORDER BY, one a line: the line where it
 * begins, a tab, and its text with "?" for constants, in lower case and with single blanks. */
#include "audit/statement/statement.h"
#include "base/ascii.h"
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 64 << 20 };

struct text {
	struct str file;
	struct buf out;
};

static size_t end_of_string(struct str s, size_t at)
{
	for (at++; at < s.n; at++) {
		if (s.p[at] != '\'')
			continue;
		if (at + 1 == s.n || s.p[at + 1] != '\'')
			return at + 1;
		at++;
	}
	return at;
}

static void normalise(struct buf *out, struct str s)
{
	char last = ' ';
	for (size_t i = 0; i < s.n;) {
		bool word = ascii_is_alnum(last) || last == '_' || last == '$';
		char c = s.p[i];
		if (c == '\'') {
			i = end_of_string(s, i);
			c = '?';
		} else if (ascii_is_digit(c) && !word) {
			while (i < s.n && (ascii_is_alnum(s.p[i]) || s.p[i] == '.'))
				i++;
			c = '?';
		} else if (ascii_is_space(c)) {
			i++;
			c = ' ';
		} else {
			i++;
			c = ascii_lower(c);
		}
		if (c != ' ' || last != ' ')
			buf_putc(out, c);
		last = c;
	}
}

static void statement_print(void *ctx, const struct statement *s)
{
	struct text *t = ctx;
	const struct statement_head *head = &s->head;
	if (head->kind < STATEMENT_SELECT || head->kind > STATEMENT_MERGE ||
	    head->flags & (STATEMENT_INEXACT | STATEMENT_JOINED | STATEMENT_EXECUTED) ||
	    !(head->conjuncts || head->orders) || head->span.to <= head->span.from ||
	    head->span.to > t->file.n)
		return;
	t->out.n = 0;
	normalise(&t->out,
		  (struct str){t->file.p + head->span.from, head->span.to - head->span.from});
	printf("%u\t%.*s\n", head->line, (int)t->out.n, t->out.p);
}

int main(int argc, char **argv)
{
	struct text t = {0};
	char *body = malloc(FILE_MAX);
	if (!body)
		return 1;
	buf_init(&t.out, FILE_MAX);
	for (int i = 1; i < argc; i++) {
		FILE *in = fopen(argv[i], "rb");
		if (!in) {
			perror(argv[i]);
			return 1;
		}
		t.file = (struct str){body, fread(body, 1, FILE_MAX, in)};
		fclose(in);
		statement_read(t.file, statement_print, &t);
	}
	buf_release(&t.out);
	free(body);
	return 0;
}
