#include "base/cli.h"
#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The build defines the version without quotes: 0.1.0. */
#define TEXT_OF(x)     #x
#define TEXT_OF_VAL(x) TEXT_OF(x)

struct cli_globals cli_globals;

static const struct command *current;

static const struct cli_option global_options[] = {
    {"instance", 'C', CLI_TEXT, "DIR", 0, 0,
     "the instance (default $HOLDFAST_HOME, else ./instance)", &cli_globals.instance_dir},
    {"json", 0, CLI_FLAG, NULL, 0, 0, "print JSON on standard output", &cli_globals.json},
    {0},
};

int cli_usage_error(const char *fmt, ...)
{
	va_list args;
	fprintf(stderr, "%s%s%s: ", program_name(), current ? " " : "",
		current ? current->name : "");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nTry '%s%s%s --help'.\n", program_name(), current ? " " : "",
		current ? current->name : "");
	return EXIT_USAGE;
}

int cli_failed(const struct err *err)
{
	fprintf(stderr, "%s%s%s: %s\n", program_name(), current ? " " : "",
		current ? current->name : "", err->text);
	return EXIT_FAILED;
}

void cli_join_texts(const struct cli_texts *texts, char separator, struct buf *out)
{
	for (int i = 0; i < texts->count; i++) {
		if (i)
			buf_putc(out, separator);
		buf_puts(out, texts->text[i]);
	}
}

static void cli_print_options(const struct cli_option *options)
{
	for (const struct cli_option *o = options; o && o->name; o++) {
		char left[80];
		char letter[8] = "    ";
		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
			 o->arg && o->arg[0] != '[' ? " " : "", o->arg ? o->arg : "");
		printf("  %-28s %s\n", left, o->help);
	}
}

static void cli_print_command_help(const struct command *c)
{
	printf("Usage: %s [-C DIR] [--json] %s%s%s%s\n\n%s.\n", program_name(), c->name,
	       c->options ? " [OPTION...]" : "", *c->args ? " " : "", c->args, c->summary);
	if (c->help)
		printf("\n%s\n", c->help);
	if (c->help_more)
		c->help_more();
	if (c->options && c->options->name) {
		printf("\nOptions:\n");
		cli_print_options(c->options);
	}
	printf("\nGlobal options:\n");
	cli_print_options(global_options);
	printf("  %-28s %s\n", "    --help", "print this and exit");
}

static void cli_print_help(const char *about, const struct command *const *commands)
{
	printf("Usage: %s [-C DIR] [--json] COMMAND [ARGUMENT...]\n\n%s\n\nCommands:\n",
	       program_name(), about);
	for (; *commands; commands++)
		printf("  %-12s %s\n", (*commands)->name, (*commands)->summary);
	printf("\nGlobal options:\n");
	cli_print_options(global_options);
	printf("  %-28s %s\n", "    --help", "print this and exit");
	printf("  %-28s %s\n", "    --version", "print the version and exit");
	printf("\nExit status: 0 ok, 1 failed, 2 findings, 64 usage.\n");
}

/* For tools/check-docs: "command" and "command --option", one per line. */
static void cli_print_listing(const struct command *const *commands)
{
	for (const struct cli_option *o = global_options; o->name; o++)
		printf("--%s\n", o->name);
	for (; *commands; commands++) {
		printf("%s\n", (*commands)->name);
		for (const struct cli_option *o = (*commands)->options; o && o->name; o++)
			printf("%s --%s\n", (*commands)->name, o->name);
	}
}

static const struct cli_option *find_long(const struct cli_option *options, struct str name)
{
	for (; options && options->name; options++)
		if (str_eq(str_of(options->name), name))
			return options;
	return NULL;
}

static const struct cli_option *find_letter(const struct cli_option *options, char letter)
{
	for (; options && options->name; options++)
		if (options->letter == letter)
			return options;
	return NULL;
}

/* Store `text` (NULL for flags). Returns EXIT_OK or EXIT_USAGE. */
static int cli_set_option(const struct cli_option *o, const char *text)
{
	int64_t number;
	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)o->value = true;
		break;
	case CLI_TEXT:
		*(const char **)o->value = text;
		break;
	case CLI_TEXTS: {
		struct cli_texts *texts = o->value;
		if (texts->count == CLI_TEXTS_MAX)
			return cli_usage_error("--%s: at most %d", o->name, CLI_TEXTS_MAX);
		texts->text[texts->count++] = text;
		break;
	}
	case CLI_INT:
		if (!str_to_i64(str_of(text), o->min, o->max, &number))
			return cli_usage_error("--%s takes a whole number from %" PRId64
					       " to %" PRId64 ", not '%s'",
					       o->name, o->min, o->max, text);
		*(int64_t *)o->value = number;
		break;
	}
	return EXIT_OK;
}

/* Parse the option at argv[*i] with its value. Advances *i. */
static int cli_take_option(const struct cli_option *own, int argc, char **argv, int *i)
{
	const char *word = argv[(*i)++];
	const struct cli_option *o;
	const char *text = NULL;

	if (word[1] == '-') {
		const char *equals = strchr(word + 2, '=');
		struct str name = {word + 2,
				   equals ? (size_t)(equals - word - 2) : strlen(word + 2)};
		o = find_long(own, name);
		if (!o)
			o = find_long(global_options, name);
		text = equals ? equals + 1 : NULL;
	} else {
		o = find_letter(own, word[1]);
		if (!o)
			o = find_letter(global_options, word[1]);
		text = word[2] ? word + 2 : NULL;
	}
	if (!o)
		return cli_usage_error("unknown option '%s'", word);
	if (o->kind == CLI_FLAG) {
		if (text)
			return cli_usage_error("--%s takes no value", o->name);
	} else if (!text && o->arg[0] == '[') {
		text = "";
	} else if (!text) {
		if (*i >= argc)
			return cli_usage_error("--%s needs a value: %s", o->name, o->arg);
		text = argv[(*i)++];
	}
	return cli_set_option(o, text);
}

/* The minimum and maximum of positional arguments by the usage text: "FILE..." is one or more,
 * "[DIR]" none or one, "site DIR|FILE" two; "--stage NAME" is an option with its value. *max is -1
 * for any number. */
static void cli_count_arguments(const char *usage, int *min, int *max)
{
	*min = *max = 0;
	for (const char *word = usage; *word;) {
		size_t length = strcspn(word, " ");
		if (*word == '-') {
			word += length + (word[length] == ' ');
			length = strcspn(word, " ");
		} else {
			bool any = memmem(word, length, "...", 3) != NULL;
			*min += *word != '[';
			*max = any || *max < 0 ? -1 : *max + 1;
		}
		word += length + (word[length] == ' ');
	}
}

static int cli_run_command(const struct command *c, int argc, char **argv)
{
	int positional = 0, min_args, max_args;
	cli_count_arguments(c->args, &min_args, &max_args);
	current = c;
	for (int i = 0; i < argc;) {
		if (strcmp(argv[i], "--") == 0) {
			for (i++; i < argc; i++)
				argv[positional++] = argv[i];
			break;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			cli_print_command_help(c);
			return EXIT_OK;
		}
		if (argv[i][0] == '-' && argv[i][1]) {
			int code = cli_take_option(c->options, argc, argv, &i);
			if (code != EXIT_OK)
				return code;
		} else {
			argv[positional++] = argv[i++];
		}
	}
	if (positional < min_args)
		return cli_usage_error("missing argument: %s", c->args);
	if (max_args >= 0 && positional > max_args)
		return cli_usage_error("unexpected argument '%s'", argv[max_args]);
	return c->run(positional, argv);
}

/* Output that could not be written, for example to a full disk, is a failure. */
static int finish(int code)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_OK) {
		fprintf(stderr, "%s: cannot write to standard output\n", program_name());
		return EXIT_FAILED;
	}
	return code;
}

int cli_main(const char *program, const char *about, const struct command *const *commands,
	     int argc, char **argv)
{
	log_setup(program, LOG_INFO, false);
	const char *home = getenv("HOLDFAST_HOME");
	cli_globals.instance_dir = home && *home ? home : "instance";

	int i = 1;
	while (i < argc && argv[i][0] == '-') {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			cli_print_help(about, commands);
			return finish(EXIT_OK);
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf("%s %s\n", program, TEXT_OF_VAL(HOLDFAST_VERSION));
			return finish(EXIT_OK);
		}
		int code = cli_take_option(NULL, argc, argv, &i);
		if (code != EXIT_OK)
			return code;
	}
	if (i >= argc) {
		cli_print_help(about, commands);
		return finish(EXIT_USAGE);
	}
	struct str name = str_of(argv[i++]);
	if (str_eq(name, STR("help"))) {
		if (i < argc && strcmp(argv[i], "--all") == 0) {
			cli_print_listing(commands);
			return finish(EXIT_OK);
		}
		if (i >= argc) {
			cli_print_help(about, commands);
			return finish(EXIT_OK);
		}
		name = str_of(argv[i]);
		static char help[] = "--help";
		argv[i] = help;
	}
	for (const struct command *const *c = commands; *c; c++)
		if (str_eq(str_of((*c)->name), name))
			return finish(cli_run_command(*c, argc - i, argv + i));
	return cli_usage_error("unknown command '%.*s'", STR_ARG(name));
}

void progress_begin(struct progress *p, const char *what, const char *unit, uint64_t total)
{
	*p = (struct progress){.what = what, .unit = unit, .total = total};
	p->started_ms = p->shown_ms = clock_ms();
	p->tty = isatty(STDERR_FILENO);
}

static void draw_bar(const struct progress *p, uint64_t position)
{
	enum { WIDTH = 24 };
	unsigned filled = (unsigned)((double)position / (double)p->total * WIDTH);
	if (filled > WIDTH)
		filled = WIDTH;
	fputs(" [", stderr);
	for (unsigned i = 0; i < WIDTH; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, "] %u %%", filled * 100 / WIDTH);
}

static void progress_line(struct progress *p, uint64_t done, uint64_t position, bool last)
{
	double seconds = (double)(clock_ms() - p->started_ms) / 1000.0;
	double rate = seconds > 0 ? (double)done / seconds : 0;

	if (p->tty)
		fputs("\r\033[K", stderr);
	fputs(p->what, stderr);
	if (p->total && p->tty)
		draw_bar(p, position);
	fprintf(stderr, " %" PRIu64 " %s, %.0f/s", done, p->unit, rate);
	if (last)
		fprintf(stderr, ", %.1f s", seconds);
	else if (p->total && position && position <= p->total && seconds > 0.5)
		fprintf(stderr, ", %.0f s left",
			seconds * ((double)p->total / (double)position - 1));
	if (!p->tty || last)
		fputc('\n', stderr);
	fflush(stderr);
}

void progress_show(struct progress *p, uint64_t done, uint64_t position)
{
	int64_t now = clock_ms();
	if (p->quiet || now - p->shown_ms < (p->tty ? 100 : 5000))
		return;
	p->shown_ms = now;
	progress_line(p, done, position, false);
}

void progress_end(struct progress *p, uint64_t done)
{
	if (!p->quiet)
		progress_line(p, done, p->total, true);
}
