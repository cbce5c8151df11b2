#include "base/ascii.h"
#include "base/io.h"
#include "db/dump/dump.h"
#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define PACK_FOLDER   "database"
#define PACK_MANIFEST "MANIFEST"
#define PACK_FIRST    "holdfast dump 1"

enum { PACK_HASH_BYTES = 16, PACK_CHUNK = 256 << 10, PACK_MANIFEST_MAX = 4096 };

static const char *const pack_env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "ZSTD_CLEVEL=1",
				       NULL};

/* The MANIFEST's line of a file: "XXH128 SIZE NAME". */
static enum status pack_line(int fd, const char *name, struct buf *out, struct err *err)
{
	static char chunk[PACK_CHUNK];
	unsigned char hash[PACK_HASH_BYTES];
	char hex[2 * PACK_HASH_BYTES + 1];
	XXH3_state_t *state = XXH3_createState();
	off_t at = 0;
	ssize_t n;
	must(state);
	XXH3_128bits_reset(state);
	while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		XXH3_128bits_update(state, chunk, (size_t)n);
		at += n;
	}
	XXH128_canonicalFromHash((XXH128_canonical_t *)hash, XXH3_128bits_digest(state));
	XXH3_freeState(state);
	if (n < 0)
		return err_errno(err, FAILED, "%s", name);
	hex_bytes(hash, sizeof(hash), hex);
	buf_printf(out, "%s %lld %s\n", hex, (long long)at, name);
	return OK;
}

/* Members of their own numbers: tar reads /proc/self/fd/N and writes database/NAME. */
static enum status pack_tar(const struct dump_member *members, int count, int out, struct err *err)
{
	char numbers[DUMP_MEMBERS_MAX + 1][12], names[DUMP_MEMBERS_MAX + 1][DUMP_NAME_MAX + 40];
	const char *argv[2 * (DUMP_MEMBERS_MAX + 1) + 12] = {
	    "tar",       "--create",  "--zstd",      "--file=-", "--dereference",
	    "--owner=0", "--group=0", "--mode=0600", "-C",       "/proc/self/fd"};
	struct spawn tar = {.path = "/usr/bin/tar",
			    .argv = argv,
			    .env = pack_env,
			    .in = -1,
			    .out = out,
			    .death_signal = SIGTERM};
	size_t n = 10;
	for (int k = 0; k < count; k++) {
		int at = SPAWN_FD_FIRST + k;
		snprintf(numbers[k], sizeof(numbers[k]), "%d", at);
		snprintf(names[k], sizeof(names[k]), "--transform=s,^%d$," PACK_FOLDER "/%.*s,", at,
			 DUMP_NAME_MAX - 1, members[k].name);
		spawn_give(&tar, members[k].fd, at);
		argv[n++] = names[k];
	}
	for (int k = 0; k < count; k++)
		argv[n++] = numbers[k];
	must(n < COUNT_OF(argv));
	return spawn_run(&tar, "tar", err);
}

enum status dump_pack(const struct dump_member *members, int count, int out, struct err *err)
{
	struct dump_member all[DUMP_MEMBERS_MAX + 1];
	struct buf manifest;
	enum status status = OK;
	must(count <= DUMP_MEMBERS_MAX);
	buf_init(&manifest, PACK_MANIFEST_MAX);
	buf_puts(&manifest, PACK_FIRST "\n");
	for (int k = 0; k < count && status == OK; k++) {
		all[k] = members[k];
		status = pack_line(members[k].fd, members[k].name, &manifest, err);
	}
	must(!buf_failed(&manifest));
	all[count] = (struct dump_member){.name = PACK_MANIFEST, .fd = -1};
	if (status == OK && (all[count].fd = memfd_create("manifest", MFD_CLOEXEC)) < 0)
		status = err_errno(err, FAILED, "memfd");
	if (status == OK)
		status = io_write_all(all[count].fd, manifest.p, manifest.n, err);
	if (status == OK)
		status = pack_tar(all, count + 1, out, err);
	if (all[count].fd >= 0)
		close(all[count].fd);
	buf_release(&manifest);
	return status;
}

/* ---- and back ---- */

static enum status pack_extract(int in, const char *folder, struct err *err)
{
	const char *const argv[] = {"tar",
				    "--extract",
				    "--zstd",
				    "--ignore-zeros",
				    "--no-same-owner",
				    "--file=-",
				    (PACK_FOLDER "/" PACK_MANIFEST),
				    "--wildcards",
				    "--no-wildcards-match-slash",
				    (PACK_FOLDER "/*"),
				    NULL};
	struct spawn tar = {.path = "/usr/bin/tar",
			    .argv = argv,
			    .env = pack_env,
			    .dir = folder,
			    .in = in,
			    .out = -1,
			    .death_signal = SIGKILL};
	if (lseek(in, 0, SEEK_SET) != 0)
		return err_errno(err, FAILED, "the backup");
	enum status status = spawn_run(&tar, "tar", err);
	return status == OK ? OK
			    : err_prefix(err, INVALID,
					 "there is no whole dump of a database in this backup");
}

/* Compare a file with its line of the MANIFEST. */
static enum status pack_check(const char *folder, struct str line, struct err *err)
{
	char path[PATH_MAX], name[DUMP_NAME_MAX];
	struct buf found;
	struct str words = line;
	str_cut(&words, ' ');
	str_cut(&words, ' ');
	if (!words.p || words.n >= sizeof(name) || memchr(words.p, '/', words.n))
		return err_set(err, INVALID, "the manifest of the dump is not one: '%.*s'",
			       STR_ARG(line));
	snprintf(name, sizeof(name), "%.*s", STR_ARG(words));
	enum status status =
	    io_path(path, sizeof(path), err, "%s/" PACK_FOLDER "/%s", folder, name);
	if (status != OK)
		return status;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, INVALID, "%s of the backup", name);
	buf_init(&found, PACK_MANIFEST_MAX);
	status = pack_line(fd, name, &found, err);
	close(fd);
	if (status == OK && !str_eq(str_trim(buf_view(&found)), line))
		status =
		    err_set(err, INVALID,
			    "checksum mismatch of %s in the backup: '%.*s', it should be '%.*s'",
			    name, (int)found.n - 1, found.p, STR_ARG(line));
	buf_release(&found);
	return status;
}

enum status dump_unpack(int in, const char *folder, struct err *err)
{
	char path[PATH_MAX];
	struct buf manifest;
	enum status status = pack_extract(in, folder, err);
	if (status == OK)
		status =
		    io_path(path, sizeof(path), err, "%s/" PACK_FOLDER "/" PACK_MANIFEST, folder);
	buf_init(&manifest, PACK_MANIFEST_MAX);
	if (status == OK)
		status = io_read_file(path, &manifest, err);
	struct str rest = buf_view(&manifest);
	if (status == OK && !str_eq(str_cut(&rest, '\n'), STR(PACK_FIRST)))
		status = err_set(err, INVALID,
				 "this version of Holdfast does not know the dump's format");
	while (status == OK && rest.n)
		status = pack_check(folder, str_cut(&rest, '\n'), err);
	buf_release(&manifest);
	return status;
}
