/* link: base config process keeper/message keeper */
/* The program holdfast-keeper: served over its socket; what it holds while it runs; how it ends.
 * HOLDFAST_BUILD: where the programs are. */
#include "../contact/world.h"
#include "process/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "folder.h"

enum { PATH_BYTES = 512 };
static char dir[TEST_FOLDER];
static char program[PATH_BYTES], key[PATH_BYTES], conf[PATH_BYTES], offline[PATH_BYTES];
static int peer = -1, ready = -1;
static pid_t pid;

/* Exit code, or 128 + signal. */
static int ended(pid_t child)
{
	int status;
	pid_t got;
	do
		got = waitpid(child, &status, 0);
	while (got < 0 && errno == EINTR);
	assert_int_equal(got, child);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void start(void)
{
	int pair[2], pipe_ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int file = open(key, O_RDWR | O_CLOEXEC);
		/* Away from the numbers that they get. */
		int from[] = {fcntl(pipe_ends[1], F_DUPFD, 20), fcntl(pair[1], F_DUPFD, 20),
			      fcntl(file, F_DUPFD, 20)};
		dup2(from[0], PROCESS_READY_FD);
		dup2(from[1], PROCESS_PEER_FD);
		dup2(from[2], PROCESS_KEY_FD);
		for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
			if (fd != PROCESS_READY_FD && fd != PROCESS_PEER_FD && fd != PROCESS_KEY_FD)
				close(fd);
		setenv("HOLDFAST_INSTANCE", dir, 1);
		execl(program, "holdfast-keeper", (char *)NULL);
		_exit(99);
	}
	close(pair[1]);
	close(pipe_ends[1]);
	peer = pair[0];
	ready = pipe_ends[0];
}

static int set_up(void **state)
{
	const char *build = getenv("HOLDFAST_BUILD");
	(void)state;
	snprintf(program, sizeof(program), "%s/holdfast-keeper", build ? build : "build/release");
	test_folder_make(dir);
	snprintf(key, sizeof(key), "%s/key", dir);
	snprintf(conf, sizeof(conf), "%s/holdfast.conf", dir);
	snprintf(offline, sizeof(offline), "%s/offline", dir);
	FILE *out = fopen(conf, "w");
	assert_non_null(out);
	fprintf(out, "contact.tick = 10s\ncontact.unlocks_per_day = 7\n");
	fclose(out);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(open(offline, O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execl(program, "holdfast-keeper", "make-key", key, (char *)NULL);
		_exit(99);
	}
	assert_int_equal(ended(child), 0);
	start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (peer >= 0)
		close(peer);
	close(ready);
	peer = -1;
	test_folder_remove(dir);
	return 0;
}

static enum keeper_status ask(enum keeper_op op)
{
	struct err err;
	world_request.op = (uint16_t)op;
	world_request.number++;
	assert_int_equal(keeper_send_request(peer, &world_request, &err), OK);
	assert_int_equal(keeper_receive_answer(peer, &world_answer, &err), OK);
	assert_int_equal(world_answer.op, op);
	assert_int_equal(world_answer.number, world_request.number);
	return world_answer.status;
}

static void it_says_ready_and_serves_until_its_peer_closes(void **state)
{
	unsigned char separation;
	(void)state;
	assert_int_equal(read(ready, &separation, 1), 1);
	assert_true(separation & SEPARATION_SECCOMP);
	assert_int_equal(ask(KEEPER_INFO), KEEPER_OK);
	assert_int_equal(world_answer.info.tick_s, 10);
	assert_int_equal(world_answer.info.unlocks_per_day, 7);
	assert_int_equal(world_answer.info.periods, 1);
	assert_int_equal(world_answer.info.next_tick % 10, 0);
	assert_true(world_answer.info.next_tick > world_answer.info.now);
	assert_int_equal(ask(KEEPER_CODE), KEEPER_OK);
	char code[KEEPER_CODE_SIGNS];
	memcpy(code, world_answer.code.signs, sizeof(code));
	memset(&world_request, 0, sizeof(world_request));
	memcpy(world_request.enrol.code, code, sizeof(code));
	assert_int_equal(ask(KEEPER_ENROL), KEEPER_OK);
	struct keeper_party_row row = world_answer.session.party;
	memset(&world_request, 0, sizeof(world_request));
	memcpy(world_request.session.code, code, sizeof(code));
	world_request.session.party = row;
	assert_int_equal(ask(KEEPER_SESSION), KEEPER_OK);
	close(peer);
	peer = -1;
	assert_int_equal(ended(pid), 0);
}

static void every_operation_is_answered_within_the_sandbox(void **state)
{
	(void)state;
	for (int op = KEEPER_INFO; op < KEEPER_OPS; op++) {
		memset(&world_request, 0, sizeof(world_request));
		enum keeper_status status = ask((enum keeper_op)op);
		assert_true(status < KEEPER_STATUSES);
	}
	close(peer);
	peer = -1;
	assert_int_equal(ended(pid), 0);
}

static void it_has_its_socket_and_no_file_and_its_memory_is_closed(void **state)
{
	unsigned char separation;
	char path[64], target[256], line[256];
	bool locked = false, filtered = false;
	(void)state;
	assert_int_equal(read(ready, &separation, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *fds = opendir(path);
	/* Another process of the same user cannot look, root can. */
	assert_true(fds || geteuid() != 0);
	for (struct dirent *d; fds && (d = readdir(fds));) {
		int fd = atoi(d->d_name);
		if (d->d_name[0] == '.' || fd <= STDERR_FILENO)
			continue;
		ssize_t n = readlinkat(dirfd(fds), d->d_name, target, sizeof(target) - 1);
		assert_true(n > 0);
		target[n] = '\0';
		if (fd != PROCESS_READY_FD && fd != PROCESS_PEER_FD)
			fail_msg("descriptor %d: %s", fd, target);
	}
	if (fds)
		closedir(fds);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *status = fopen(path, "r");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status)) {
		unsigned long kb;
		locked |= sscanf(line, "VmLck: %lu", &kb) == 1 && kb > 0;
		filtered |= strcmp(line, "Seccomp:\t2\n") == 0;
	}
	fclose(status);
	assert_true(filtered);
	if (!locked)
		print_message(
		    "this user may not lock memory, or a sanitizer does not: it says so\n");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(locked || geteuid() != 0);
#endif
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(ended(pid), 0);
}

/* The output of a command, without the keeper's variables. */
static void output_of(const char *command, char *out, size_t size)
{
	FILE *in = popen(command, "r");
	assert_non_null(in);
	size_t n = fread(out, 1, size - 1, in);
	out[n] = '\0';
	assert_int_equal(pclose(in), 0);
}

static void its_command_opens_a_consent_with_the_printed_offline_key(void **state)
{
	char command[4 * PATH_BYTES], hex[2 * KEEPER_CONSENT_ENTRY + 1], want[512], out[1024];
	(void)state;
	assert_int_equal(ask(KEEPER_CODE), KEEPER_OK);
	struct keeper_answer_code code = world_answer.code;
	memset(&world_request, 0, sizeof(world_request));
	memcpy(world_request.enrol.code, code.signs, sizeof(code.signs));
	world_request.enrol.text_version = 4711;
	assert_int_equal(ask(KEEPER_ENROL), KEEPER_OK);
	const uint8_t *entry = world_answer.session.consent.entry;
	sodium_bin2hex(hex, sizeof(hex), entry, KEEPER_CONSENT_ENTRY);
	snprintf(command, sizeof(command), "echo '\\x%s' | '%s' open-consent --offline-key '%s'",
		 hex, program, offline);
	output_of(command, out, sizeof(out));
	sodium_bin2hex(hex, sizeof(hex), world_answer.session.id, KEEPER_ID);
	snprintf(want, sizeof(want), " enrol party %s text 4711 profile ", hex);
	assert_non_null(strstr(out, want));
	/* another key, and a changed entry, open nothing */
	snprintf(command, sizeof(command),
		 "echo '%s' | '%s' open-consent --offline-key '%s' 2>&1 || true", hex, program,
		 offline);
	output_of(command, out, sizeof(out));
	assert_string_equal(out, "line 1: cannot be opened with this key\n");
}

static void its_commands_rotate_and_drop_periods(void **state)
{
	char command[8 * PATH_BYTES], out[1024];
	(void)state;
	snprintf(command, sizeof(command),
		 "'%s' rotate '%s' && '%s' rotate '%s' 2>&1 || '%s' drop '%s'", program, key,
		 program, key, program, key);
	output_of(command, out, sizeof(out));
	const char *parts[] = {"newest period 2 made ", "older period 1 made ",
			       "period 1 is in use beside 2", "newest period 2 made "};
	const char *at = out;
	for (size_t n = 0; n < COUNT_OF(parts); n++) {
		at = strstr(at, parts[n]);
		assert_non_null(at);
		at += strlen(parts[n]);
	}
	assert_null(strstr(at, "older"));
	snprintf(command, sizeof(command), "'%s' invites 3", program);
	output_of(command, out, sizeof(out));
	uint8_t bytes[16], label[KEEPER_LABEL];
	char hex[2 * KEEPER_LABEL + 1];
	int lines = 0;
	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"), lines++) {
		assert_true(keeper_code_read(line, strcspn(line, " "), bytes, sizeof(bytes)));
		keeper_invite_label(bytes, label);
		sodium_bin2hex(hex, sizeof(hex), label, sizeof(label));
		assert_string_equal(strchr(line, ' ') + 1, hex);
	}
	assert_int_equal(lines, 3);
}

static void what_is_no_request_ends_it(void **state)
{
	unsigned char separation;
	(void)state;
	assert_int_equal(read(ready, &separation, 1), 1);
	assert_int_equal(send(peer, "hello", 5, 0), 5);
	assert_int_equal(ended(pid), EXIT_FAILED);
	close(peer);
	close(ready);
	start();
	assert_int_equal(read(ready, &separation, 1), 1);
	world_request.version = KEEPER_VERSION;
	world_request.op = KEEPER_UNLOCK;
	assert_int_equal(send(peer, &world_request, keeper_request_bytes(KEEPER_UNLOCK) + 1, 0),
			 keeper_request_bytes(KEEPER_UNLOCK) + 1);
	assert_int_equal(ended(pid), EXIT_FAILED);
}

static void without_a_usable_key_file_it_does_not_start(void **state)
{
	unsigned char separation;
	(void)state;
	assert_int_equal(kill(pid, SIGTERM), 0);
	ended(pid);
	close(peer);
	close(ready);
	assert_int_equal(truncate(key, 700), 0);
	start();
	assert_int_equal(read(ready, &separation, 1), 0);
	assert_int_equal(ended(pid), EXIT_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_says_ready_and_serves_until_its_peer_closes),
	    TEST(every_operation_is_answered_within_the_sandbox),
	    TEST(it_has_its_socket_and_no_file_and_its_memory_is_closed),
	    TEST(its_command_opens_a_consent_with_the_printed_offline_key),
	    TEST(its_commands_rotate_and_drop_periods),
	    TEST(what_is_no_request_ends_it),
	    TEST(without_a_usable_key_file_it_does_not_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
