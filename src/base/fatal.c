#include "base/fatal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *name = "holdfast";
static void (*say_last)(const char *sentence);

void program_set_name(const char *program)
{
	name = program;
}

const char *program_name(void)
{
	return name;
}

void program_set_last(void (*say)(const char *sentence))
{
	say_last = say;
}

static void fatal_say(const char *sentence)
{
	if (say_last)
		say_last(sentence);
	else
		fprintf(stderr, "%s: %s\n", name, sentence);
}

void die(const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fatal_say(text);
	exit(1);
}

void must_failed(const char *file, int line, const char *condition)
{
	char text[1024];
	snprintf(text, sizeof(text), "bug at %s:%d: %s", file, line, condition);
	fatal_say(text);
	abort();
}
