/* holdfast-parse: foreign files on standard input, typed records or facts on standard output.
 * Started by the importer and the audit, without a database, without a network, sandboxed before
 * the first byte is read. */
#include "audit/openapi/openapi.h"
#include "audit/page/page.h"
#include "audit/serve/serve.h"
#include "audit/statement/statement.h"
#include "base/cli.h"
#include "base/log.h"
#include "base/utf8.h"
#include "directory/parse/parse.h"
#include "process/sandbox.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static struct parse_options options;

static const char *encoding;

static const struct cli_option cli_options[] = {
    {"format", 0, CLI_TEXT, "FORMAT", 0, 0, "csv or json instead of looking", &options.format},
    {"country", 0, CLI_TEXT, "CC", 0, 0, "country of records that do not say", &options.country},
    {"columns", 0, CLI_TEXT, "LIST", 0, 0, "names of the columns of a CSV without a header",
     &options.columns},
    {"map", 0, CLI_TEXT, "TEXT", 0, 0, "the text of a mapping file", &options.map},
    {"sheet", 0, CLI_TEXT, "NAME", 0, 0, "sheet of a workbook, by name or number", &options.sheet},
    {"encoding", 0, CLI_TEXT, "NAME", 0, 0, "encoding of the text", &encoding},
    {"representatives", 0, CLI_FLAG, NULL, 0, 0, "keep representatives by name",
     &options.representatives},
    {0},
};

static int parser_command(int argc, char **argv)
{
	struct err err;
	unsigned separation;
	(void)argc;
	(void)argv;
	/* libzip asks for local times, of which libc reads the zone's file when it is first asked:
	 * before the sandbox forbids it. */
	tzset();
	if (!parse_converters(encoding, &options.converters))
		return cli_usage_error("--encoding: '%s' is not known", encoding);
	if (sandbox_enter(SANDBOX_PARSE, &separation, &err) != OK)
		die("%s", err.text);
	if (parse_run(STDIN_FILENO, STDOUT_FILENO, &options, &err) != OK)
		return cli_failed(&err);
	return EXIT_OK;
}

static const struct command command = {
    .name = "frames",
    .args = "",
    .summary = "Read a foreign file, write record frames",
    .help = "A part of 'holdfast import', which starts it.",
    .options = cli_options,
    .run = parser_command,
};

/* Serve foreign documents from inside the sandbox. */
static int parse_serve(const struct serve_format *format)
{
	struct err err;
	unsigned separation;
	if (sandbox_enter(SANDBOX_PARSE, &separation, &err) != OK)
		die("%s", err.text);
	return serve_run(STDIN_FILENO, STDOUT_FILENO, format, &err) == OK ? EXIT_OK
									  : cli_failed(&err);
}

static int parse_pages(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return parse_serve(&page_format);
}

static const struct command command_pages = {
    .name = "pages",
    .args = "",
    .summary = "Read foreign pages and sitemaps, write what they say",
    .help = "A part of 'holdfast audit site', which starts it.",
    .run = parse_pages,
};

static int parse_sql(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return parse_serve(&statement_format);
}

static const struct command command_sql = {
    .name = "sql",
    .args = "",
    .summary = "Read foreign SQL, write facts about its statements",
    .help = "A part of 'holdfast audit sql', which starts it.",
    .run = parse_sql,
};

static int parse_api(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return parse_serve(&openapi_format);
}

static const struct command command_api = {
    .name = "api",
    .args = "",
    .summary = "Read a foreign description of an API, write findings about it",
    .help = "A part of 'holdfast audit api', which starts it.",
    .run = parse_api,
};

/* Become vipsthumbnail inside the sandbox: it inherits the filter of system calls and the
 * limits. It reads the picture from standard input and writes the result to standard output. */
static int parse_picture(int argc, char **argv)
{
	static const struct {
		const char *kind, *size, *output, *crop;
	} kinds[] = {{"480", "480x>", ".webp[Q=72,strip]", NULL},
		     {"960", "960x>", ".webp[Q=72,strip]", NULL},
		     {"1600", "1600x>", ".webp[Q=72,strip]", NULL},
		     {"preview", "1200x630", ".jpg[Q=80,strip]", "--smartcrop=centre"}};
	static const struct rlimit seconds = {20, 20};
	const char *const env[] = {"VIPS_BLOCK_UNTRUSTED=1", "VIPS_CONCURRENCY=1",
				   "ORC_CODE=backup", NULL};
	struct err err;
	unsigned separation;
	size_t k = 0;
	while (k < COUNT_OF(kinds) && (argc != 1 || strcmp(argv[0], kinds[k].kind) != 0))
		k++;
	if (k == COUNT_OF(kinds))
		return cli_usage_error("KIND is 480, 960, 1600 or preview");
	const char *const program[] = {
	    "/usr/bin/vipsthumbnail", "stdin",           "--size",      kinds[k].size, "-o",
	    kinds[k].output,          "--eprofile=srgb", kinds[k].crop, NULL};
	if (setrlimit(RLIMIT_CPU, &seconds) != 0)
		die("setrlimit");
	if (sandbox_enter(SANDBOX_PICTURE, &separation, &err) != OK)
		die("%s", err.text);
	execve(program[0], (char *const *)program, (char *const *)env);
	return EXIT_FAILED;
}

static const struct command command_picture = {
    .name = "picture",
    .args = "KIND",
    .summary = "Convert a foreign picture",
    .help = "A part of 'holdfast export', which starts it.",
    .run = parse_picture,
};

int main(int argc, char **argv)
{
	static const struct command *const commands[] = {
	    &command, &command_pages, &command_sql, &command_api, &command_picture, NULL};
	return cli_main("holdfast-parse", "Reads foreign files in a sandbox.", commands, argc,
			argv);
}
