#include "base/fatal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *name = "holdfast";

void program_set_name(const char *program)
{
	name = program;
}

const char *program_name(void)
{
	return name;
}

void die(const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "%s: %s\n", name, text);
	exit(1);
}

void must_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s: bug at %s:%d: %s\n", name, file, line, condition);
	abort();
}
