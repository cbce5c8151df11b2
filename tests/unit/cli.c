/* link: base */
/* The command-line table: what it accepts, refuses and prints. */
#include "base/cli.h"
#include "base/io.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static bool dry_run;
static const char *source;
static int64_t count;

static int run_import(int argc, char **argv)
{
	printf("files=%d first=%s dry=%d source=%s count=%lld json=%d dir=%s\n", argc,
	       argc ? argv[0] : "-", dry_run, source ? source : "-", (long long)count,
	       cli_globals.json, cli_globals.instance_dir);
	return EXIT_OK;
}

static const struct cli_option import_options[] = {
    {"dry-run", 'n', CLI_FLAG, NULL, 0, 0, "change nothing", &dry_run},
    {"source", 's', CLI_TEXT, "KEY", 0, 0, "whose records", &source},
    {"count", 0, CLI_INT, "N", 1, 10, "how many", &count},
    {0},
};
static const struct command import = {
    .name = "import",
    .args = "FILE [FILE]",
    .summary = "Load records",
    .help = "A paragraph.",
    .options = import_options,
    .run = run_import,
};
static const struct command *const commands[] = {&import, NULL};

struct outcome {
	int code;
	struct buf out, err;
};

static void drain(int fd, struct buf *into)
{
	char chunk[4096];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(into, chunk, (size_t)n);
	close(fd);
}

/* Runs the line in a child, as a shell would. */
static void run_line(struct outcome *o, const char *line)
{
	int out[2], err[2];
	buf_init(&o->out, 1 << 20);
	buf_init(&o->err, 1 << 20);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		char words[256];
		char *argv[16] = {(char[]){"holdfast"}};
		int argc = 1;
		snprintf(words, sizeof(words), "%s", line);
		for (char *rest = words, *word; (word = strsep(&rest, " "));)
			if (*word)
				argv[argc++] = word;
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		close(out[0]);
		close(err[0]);
		setenv("HOLDFAST_HOME", "/home-of-tests", 1);
		_exit(cli_main("holdfast", "About.", commands, argc, argv));
	}
	close(out[1]);
	close(err[1]);
	drain(out[0], &o->out);
	drain(err[0], &o->err);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	o->code = WEXITSTATUS(status);
}

static void release(struct outcome *o)
{
	buf_release(&o->out);
	buf_release(&o->err);
}

static void accepted_lines_reach_the_command(void **state)
{
	(void)state;
	static const struct {
		const char *line, *printed;
	} cases[] = {
	    {"import a", "files=1 first=a dry=0 source=- count=0 json=0 dir=/home-of-tests\n"},
	    {"-C x --json import a b -n", "files=2 first=a dry=1 source=- count=0 json=1 dir=x\n"},
	    {"import --source=k --count 10 a",
	     "files=1 first=a dry=0 source=k count=10 json=0 dir=/home-of-tests\n"},
	    {"import a -sk -C y --json", "files=1 first=a dry=0 source=k count=0 json=1 dir=y\n"},
	    {"import -- -n", "files=1 first=-n dry=0 source=- count=0 json=0 dir=/home-of-tests\n"},
	    {"import -", "files=1 first=- dry=0 source=- count=0 json=0 dir=/home-of-tests\n"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct outcome o;
		run_line(&o, cases[i].line);
		assert_string_equal(buf_z(&o.out), cases[i].printed);
		assert_int_equal(o.code, EXIT_OK);
		release(&o);
	}
}

static void refused_lines_say_why_and_exit_64(void **state)
{
	(void)state;
	static const struct {
		const char *line, *why;
	} cases[] = {
	    {"exprot", "unknown command 'exprot'"},
	    {"import", "missing argument: FILE [FILE]"},
	    {"import a b c", "unexpected argument 'c'"},
	    {"import --nope a", "unknown option '--nope'"},
	    {"import -x a", "unknown option '-x'"},
	    {"import a --source", "--source needs a value: KEY"},
	    {"import a --count 11", "--count takes a whole number from 1 to 10, not '11'"},
	    {"import a --count 1x", "not '1x'"},
	    {"import a --dry-run=yes", "--dry-run takes no value"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct outcome o;
		run_line(&o, cases[i].line);
		assert_int_equal(o.code, EXIT_USAGE);
		assert_non_null(strstr(buf_z(&o.err), cases[i].why));
		assert_non_null(strstr(buf_z(&o.err), "--help"));
		assert_int_equal(o.out.n, 0);
		release(&o);
	}
}

static void help_names_every_option_and_the_listing_is_complete(void **state)
{
	(void)state;
	struct outcome o;
	run_line(&o, "import --help");
	assert_int_equal(o.code, EXIT_OK);
	for (const struct cli_option *option = import_options; option->name; option++)
		assert_non_null(strstr(buf_z(&o.out), option->help));
	assert_non_null(strstr(buf_z(&o.out), "A paragraph."));
	release(&o);

	run_line(&o, "help import");
	assert_non_null(strstr(buf_z(&o.out),
			       "Usage: holdfast [-C DIR] [--json] import [OPTION...] FILE [FILE]"));
	release(&o);

	run_line(&o, "help --all");
	assert_string_equal(buf_z(&o.out), "--instance\n--json\nimport\nimport --dry-run\n"
					   "import --source\nimport --count\n");
	release(&o);
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
	(void)state;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		char *argv[] = {(char[]){"holdfast"}, (char[]){"--help"}, NULL};
		must(freopen("/dev/full", "w", stdout));
		must(freopen("/dev/null", "w", stderr));
		_exit(cli_main("holdfast", "About.", commands, 2, argv));
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepted_lines_reach_the_command),
	    cmocka_unit_test(refused_lines_say_why_and_exit_64),
	    cmocka_unit_test(help_names_every_option_and_the_listing_is_complete),
	    cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
