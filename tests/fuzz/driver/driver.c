/* A fuzz target without libFuzzer, as tests/fuzz/corpus.t runs it in every build:
 *
 *   NAME CORPUS MUTATIONS LAST
 *
 * The target gets the files of the folder CORPUS in the order of their names, no bytes at all, and
 * that many mutations of the files, the same ones in every run. Each input is in memory of exactly
 * its size, so that sanitizers see a read behind it, and in the file LAST while the target has it.
 * Prints "FILES files, ACCEPTED of them accepted, MUTATIONS mutations". */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../fuzz.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/str.h"

enum { INPUT_MAX = 1 << 16, EDITS_MAX = 4, RUN_MAX = 32 };

static struct {
	struct buf *file;
	size_t files;
	int last;
} corpus;

static void driver_read(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);
	if (count < 0)
		die("%s: %m", folder);
	corpus.file = memory_array((size_t)count, sizeof(*corpus.file));
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];
		struct err err;
		struct buf *file = &corpus.file[corpus.files];
		bool hidden = entries[i]->d_name[0] == '.';
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		free(entries[i]);
		if (hidden)
			continue;
		buf_init(file, INPUT_MAX);
		if (io_read_file(path, file, &err) != OK)
			die("%s", err.text);
		corpus.files++;
	}
	free(entries);
}

static void driver_run(struct str input)
{
	uint8_t *exact = memory_alloc(input.n);
	memcpy(exact, input.n ? input.p : "", input.n);
	must(pwrite(corpus.last, exact, input.n, 0) == (ssize_t)input.n);
	must(ftruncate(corpus.last, (off_t)input.n) == 0);
	must(LLVMFuzzerTestOneInput(exact, input.n) == 0);
	free(exact);
}

static size_t driver_below(struct random *r, size_t n)
{
	return n ? random_below(r, (uint32_t)n) : 0;
}

/* Replace `cut` bytes at a place by others; what does not fit is left out. */
static void driver_splice(struct buf *input, size_t at, size_t cut, struct str put)
{
	char rest[INPUT_MAX];
	size_t n = input->n - at - cut;
	memcpy(rest, input->p + at + cut, n);
	input->n = at;
	if (put.n <= INPUT_MAX - at)
		buf_str(input, put);
	if (n > INPUT_MAX - input->n)
		n = INPUT_MAX - input->n;
	buf_add(input, rest, n);
}

/* Change a byte, leave out some, repeat some, or put in some of another file. */
static void driver_edit(struct buf *input, struct random *r)
{
	static const char special[] = {0,   1,   0x7f, (char)0x80, (char)0xff,
				       '"', '<', '{',  '\\',       '\n'};
	buf_z(input); /* has memory, although it is empty */
	size_t at = driver_below(r, input->n), rest = input->n - at;
	size_t run = driver_below(r, rest < RUN_MAX ? rest + 1 : RUN_MAX);
	char copy[RUN_MAX];
	const struct buf *other = &corpus.file[driver_below(r, corpus.files)];
	switch (random_below(r, 5)) {
	case 0:
		if (rest)
			input->p[at] ^= (char)(1 << random_below(r, 8));
		break;
	case 1:
		if (rest)
			input->p[at] = special[random_below(r, sizeof(special))];
		break;
	case 2:
		driver_splice(input, at, run, (struct str){"", 0});
		break;
	case 3:
		memcpy(copy, input->p + at, run);
		driver_splice(input, at, 0, (struct str){copy, run});
		break;
	default:
		at = driver_below(r, input->n + 1);
		if (other->n) {
			size_t from = driver_below(r, other->n);
			run = driver_below(r, other->n - from) + 1;
			driver_splice(input, at, 0, (struct str){other->p + from, run});
		}
	}
}

static void driver_mutate(long mutations)
{
	struct random r = {.state = 1};
	struct buf input;
	buf_init(&input, INPUT_MAX);
	for (long m = 0; m < mutations; m++) {
		input.n = 0;
		buf_str(&input, buf_view(&corpus.file[(size_t)m % corpus.files]));
		for (uint32_t edits = 1 + random_below(&r, EDITS_MAX); edits; edits--)
			driver_edit(&input, &r);
		must(!buf_failed(&input));
		driver_run(buf_view(&input));
	}
	buf_release(&input);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		die("usage: %s CORPUS MUTATIONS LAST", argv[0]);
	corpus.last = open(argv[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (corpus.last < 0)
		die("%s: %m", argv[3]);
	driver_read(argv[1]);
	size_t accepted = 0;
	for (size_t i = 0; i < corpus.files; i++) {
		unsigned long before = fuzz_accepts;
		driver_run(buf_view(&corpus.file[i]));
		accepted += fuzz_accepts > before;
	}
	driver_run((struct str){"", 0});
	if (corpus.files)
		driver_mutate(strtol(argv[2], NULL, 10));
	printf("%zu files, %zu of them accepted, %s mutations\n", corpus.files, accepted, argv[2]);
	for (size_t i = 0; i < corpus.files; i++)
		buf_release(&corpus.file[i]);
	free(corpus.file);
	return 0;
}
