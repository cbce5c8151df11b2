/* The ceiling of an export: files of the sizes of its pages, made (or, where they are, overwritten)
 * by processes side by side in the same folders, and synced. Prints seconds, and microseconds of
 * the processes' CPU for each file.
 *
 *   create DIR SIZES PROCESSES       SIZES: a file with a size in bytes a line
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SHARDS = 256, BLOCK = 4096, LARGEST = 1 << 26 };

static _Noreturn void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static uint32_t *read_sizes(const char *path, size_t *count)
{
	uint32_t *size = NULL;
	char line[64];
	FILE *in = fopen(path, "re");
	if (!in)
		fail(path);
	while (fgets(line, sizeof(line), in)) {
		if ((*count & (*count - 1)) == 0)
			size = reallocarray(size, *count ? *count * 2 : 1, sizeof(*size));
		if (!size)
			fail("memory");
		size[(*count)++] = (uint32_t)strtoul(line, NULL, 10) % LARGEST;
	}
	fclose(in);
	return size;
}

/* A file that is there is written in whole blocks and cut, so that none has to be read first. */
static void put(int dir, const char *name, bool there, const char *content, size_t bytes)
{
	static char zeros[BLOCK];
	struct iovec parts[] = {{(void *)(uintptr_t)content, bytes},
				{zeros, BLOCK - bytes % BLOCK}};
	int fd = openat(dir, name, there ? O_WRONLY : O_WRONLY | O_CREAT, 0644);
	bool good = fd >= 0 && (there ? writev(fd, parts, 2) > (ssize_t)bytes &&
					    ftruncate(fd, (off_t)bytes) == 0
				      : write(fd, content, bytes) == (ssize_t)bytes);
	if (!good || close(fd) != 0)
		fail(name);
}

static void make(int root, bool there, const uint32_t *size, size_t from, size_t to,
		 const char *content)
{
	int dir[SHARDS];
	char name[64];
	for (int s = 0; s < SHARDS; s++) {
		snprintf(name, sizeof(name), "%02x", (unsigned)s);
		mkdirat(root, name, 0755);
		dir[s] = openat(root, name, O_PATH | O_DIRECTORY);
		if (dir[s] < 0)
			fail(name);
	}
	for (size_t i = from; i < to; i++) {
		uint64_t id = i * 0x9e3779b97f4a7c15u;
		snprintf(name, sizeof(name), "%016llx.html", (unsigned long long)id);
		put(dir[id >> 56], name, there, content, size[i]);
	}
}

static double seconds(struct timespec t)
{
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	struct rusage used;
	size_t files = 0;
	if (argc != 4)
		return 64;
	const uint32_t *size = read_sizes(argv[2], &files);
	size_t processes = strtoul(argv[3], NULL, 10);
	char *content = malloc(LARGEST);
	if (!files || !processes || !content)
		fail("nothing to do");
	memset(content, 'x', LARGEST);
	bool there = mkdir(argv[1], 0755) != 0 && errno == EEXIST;
	int root = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (root < 0)
		fail(argv[1]);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (size_t p = 0; p < processes; p++)
		if (fork() == 0) {
			make(root, there, size, files * p / processes, files * (p + 1) / processes,
			     content);
			_exit(0);
		}
	for (int how; wait(&how) > 0;)
		if (how != 0)
			return 1;
	if (syncfs(root) != 0)
		fail("syncfs");
	clock_gettime(CLOCK_MONOTONIC, &b);
	getrusage(RUSAGE_CHILDREN, &used);
	double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
		     (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
	printf("%.3f %.2f\n", seconds(b) - seconds(a), cpu / (double)files);
	return 0;
}
