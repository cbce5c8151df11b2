/* The ceiling of an export: files of the size of its pages, made by processes side by side in the same folders, and
 * synced. Prints seconds.
 *
 *   create DIR FILES BYTES PROCESSES
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SHARDS = 256 };

static void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static void make(int root, long from, long to, const char *content, size_t bytes)
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
	for (long i = from; i < to; i++) {
		uint64_t id = (uint64_t)i * 0x9e3779b97f4a7c15u;
		snprintf(name, sizeof(name), "%016llx.html", (unsigned long long)id);
		int fd = openat(dir[id >> 56], name, O_WRONLY | O_CREAT, 0644);
		if (fd < 0 || write(fd, content, bytes) != (ssize_t)bytes || close(fd) != 0)
			fail(name);
	}
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	if (argc != 5)
		return 64;
	long files = atol(argv[2]), processes = atol(argv[4]);
	size_t bytes = (size_t)atol(argv[3]);
	char *content = malloc(bytes + 1);
	if (!content || mkdir(argv[1], 0755) != 0)
		fail(argv[1]);
	memset(content, 'x', bytes);
	int root = open(argv[1], O_RDONLY | O_DIRECTORY);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long p = 0; p < processes; p++)
		if (fork() == 0) {
			make(root, files * p / processes, files * (p + 1) / processes, content,
			     bytes);
			_exit(0);
		}
	for (int how; wait(&how) > 0;)
		if (how != 0)
			return 1;
	if (syncfs(root) != 0)
		fail("syncfs");
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.3f\n", (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	return 0;
}
