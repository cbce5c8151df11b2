/* Command-line options as a table: parsing, --help, and the listing that the docs check compares
 * with the manual pages all come from the same rows. */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum cli_kind {
	CLI_FLAG, /* bool */
	CLI_TEXT, /* const char *, points into argv */
	CLI_INT,  /* int64_t within [min, max] */
	CLI_TEXTS /* struct cli_texts, one for each time that the option is given */
};

enum { CLI_TEXTS_MAX = 8 };
struct cli_texts {
	int count;
	const char *text[CLI_TEXTS_MAX]; /* point into argv */
};

struct cli_option {
	const char *name; /* long form without dashes */
	char letter;      /* short form or 0 */
	enum cli_kind kind;
	/* name of the argument in help; NULL for flags. "[=P%]": the value is optional and stands
	 * behind "="; without it the text is "". */
	const char *arg;
	int64_t min, max;
	const char *help;
	void *value; /* of the kind, as above: a static of the command's file */
};

struct command {
	const char *name;                 /* "import" */
	const char *args;                 /* usage, from which the number of arguments follows:
					   * "FILE...", "[DIR]", "site DIR|FILE", "--stage NAME" */
	const char *summary;              /* one line, no full stop */
	const char *help;                 /* paragraphs shown by --help, may be NULL */
	const struct cli_option *options; /* ends with {0}; may be NULL. --help exists always */
	/* Positional arguments only. Returns an exit code. */
	int (*run)(int argc, char **argv);
	void (*help_more)(void); /* prints a list from a table, after help; may be NULL */
};

/* Options of every command; set before the command runs. */
struct cli_globals {
	const char *instance_dir; /* -C DIR, else $HOLDFAST_HOME, else ./instance */
	bool json;                /* --json */
};
extern struct cli_globals cli_globals;

/* Parse the globals and the name, run the command. Prints help where asked. Returns the exit code;
 * usage errors print what is wrong and how to get help, and return EXIT_USAGE. `commands` ends with
 * NULL. `help --all` prints every command with every option, one per line, for the docs check. */
int cli_main(const char *program, const char *about, const struct command *const *commands,
	     int argc, char **argv);

/* "program command: sentence" on standard error; returns EXIT_USAGE. */
int cli_usage_error(const char *fmt, ...) PRINTF(1, 2);
/* "program command: sentence" on standard error; returns EXIT_FAILED. */
int cli_failed(const struct err *err);

/* The texts one after the other with the separator in between; whether they fit tells the buf. */
void cli_join_texts(const struct cli_texts *texts, char separator, struct buf *out);

/* Progress of long work on standard error: a bar with rate and ETA on a terminal, redrawn at most
 * ten times a second; elsewhere a line every five seconds. */
struct progress {
	const char *what; /* "importing" */
	const char *unit; /* "records" */
	uint64_t total;   /* in the unit of `position`; 0: unknown */
	int64_t started_ms, shown_ms;
	bool tty;
	bool quiet; /* print nothing; set it after progress_begin */
};
void progress_begin(struct progress *p, const char *what, const char *unit, uint64_t total);
/* done: finished units. position: progress towards `total`, for example bytes read of a file. */
void progress_show(struct progress *p, uint64_t done, uint64_t position);
void progress_end(struct progress *p, uint64_t done);

#endif
