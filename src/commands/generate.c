/* holdfast generate: synthetic records on standard output. */
#include "base/io.h"
#include "commands/commands.h"
#include "directory/generate/generate.h"

#include <unistd.h>

static int64_t seed = 1;

static const struct cli_option options[] = {
    {"seed", 0, CLI_INT, "S", 0, INT32_MAX, "seed: another number gives other records (default 1)",
     &seed},
    {0},
};

enum { FLUSH_BYTES = 1 << 20 };

static int generate_command(int argc, char **argv)
{
	struct buf out;
	struct err err;
	struct progress progress = {0};
	int64_t n;
	(void)argc;
	if (!str_to_i64(str_of(argv[0]), 0, 100000000, &n))
		return cli_usage_error("N is a number of records up to 100000000, not '%s'",
				       argv[0]);
	buf_init(&out, FLUSH_BYTES + GENERATE_RECORD_MAX);
	progress_begin(&progress, "generating", "records", (uint64_t)n);
	enum status status = OK;
	for (int64_t k = 0; k < n && status == OK; k++) {
		generate_record(&out, (uint64_t)seed, (uint64_t)k);
		if (out.n < FLUSH_BYTES && k + 1 < n)
			continue;
		must(!buf_failed(&out));
		status = io_write_all(STDOUT_FILENO, out.p, out.n, &err);
		buf_reset(&out);
		progress_show(&progress, (uint64_t)k + 1, (uint64_t)k + 1);
	}
	buf_release(&out);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_generate = {
    .name = "generate",
    .args = "N",
    .summary = "Write N deterministic synthetic records",
    .help = "As NDJSON that 'holdfast import' reads: holdfast generate 20000 | holdfast import -",
    .options = options,
    .run = generate_command,
};
