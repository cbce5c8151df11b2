#include "keeper/tool/tool.h"
#include "base/cli.h"
#include "base/clock.h"
#include "keeper/keyfile/keyfile.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODE_GROUP = 4, INVITES_MAX = 100000, OFFLINE_FILE_MAX = 4096 };

static int64_t tool_now(void)
{
	return clock_wall_us() / 1000000;
}

/* In groups of four, as people copy it. */
static void tool_print_code(const uint8_t *bytes, size_t n)
{
	char signs[KEEPER_OFFLINE_SIGNS];
	size_t count = n == KEEPER_KEY ? KEEPER_OFFLINE_SIGNS : KEEPER_CODE_SIGNS;
	keeper_code_write(bytes, n, signs);
	for (size_t i = 0; i < count; i++)
		printf("%s%c", i && i % CODE_GROUP == 0 ? "-" : "", signs[i]);
	sodium_memzero(signs, sizeof(signs));
}

static int tool_make_key(int argc, char **argv)
{
	uint8_t public[KEEPER_KEY], private[KEEPER_KEY];
	struct err err;
	(void)argc;
	must(crypto_box_keypair(public, private) == 0);
	if (keyfile_make(argv[0], public, tool_now(), &err) != OK)
		return cli_failed(&err);
	fprintf(
	    stderr,
	    "The offline key, shown this once. It opens the log of consents and copies of the keys. "
	    "Print it, put it into a safe, and keep no other copy:\n");
	tool_print_code(private, sizeof(private));
	putchar('\n');
	sodium_memzero(private, sizeof(private));
	return EXIT_OK;
}

/* Open the file, change it with `act` (may be NULL), print the periods. */
static int tool_with_file(const char *path, enum status (*act)(int fd, struct err *err))
{
	struct keeper_keys keys;
	struct err err;
	bool torn;
	int fd;
	enum status status = keyfile_open(path, &fd, &err);
	if (status != OK)
		return cli_failed(&err);
	if (act)
		status = act(fd, &err);
	if (status == OK)
		status = keyfile_read(fd, &keys, &torn, &err);
	close(fd);
	if (status != OK) {
		err_prefix(&err, status, "%s", path);
		return cli_failed(&err);
	}
	for (int n = 0; n < KEEPER_PERIODS && keys.period[n].number; n++) {
		char made[CLOCK_TEXT];
		clock_format(keys.period[n].made * 1000000, made);
		printf("%s period %u made %s\n", n ? "older" : "newest", keys.period[n].number,
		       made);
	}
	if (torn)
		printf("one slot was being written when its writer died; 'drop' cleans it\n");
	sodium_memzero(&keys, sizeof(keys));
	return EXIT_OK;
}

static enum status tool_act_rotate(int fd, struct err *err)
{
	return keyfile_rotate(fd, tool_now(), err);
}

static int tool_show(int argc, char **argv)
{
	(void)argc;
	return tool_with_file(argv[0], NULL);
}
static int tool_rotate(int argc, char **argv)
{
	(void)argc;
	return tool_with_file(argv[0], tool_act_rotate);
}
static int tool_drop(int argc, char **argv)
{
	(void)argc;
	return tool_with_file(argv[0], keyfile_drop);
}

static int tool_invites(int argc, char **argv)
{
	uint8_t code[16], label[KEEPER_LABEL];
	char hex[2 * KEEPER_LABEL + 1];
	int64_t count;
	(void)argc;
	if (!str_to_i64(str_of(argv[0]), 1, INVITES_MAX, &count))
		return cli_usage_error("N is a whole number from 1 to %d, not '%s'", INVITES_MAX,
				       argv[0]);
	for (int64_t n = 0; n < count; n++) {
		randombytes_buf(code, sizeof(code));
		keeper_invite_label(code, label);
		tool_print_code(code, sizeof(code));
		printf(" %s\n", sodium_bin2hex(hex, sizeof(hex), label, sizeof(label)));
	}
	sodium_memzero(code, sizeof(code));
	return EXIT_OK;
}

/* ---- what needs the offline key ---- */

/* Read the key from a file. "/dev/fd/3" is a descriptor inherited from the parent process, which
 * may have had the right to open a file that this process may not open. */
static enum status tool_read_offline(const char *path, uint8_t private[KEEPER_KEY], struct err *err)
{
	static const char descriptor[] = "/dev/fd/";
	char typed[OFFLINE_FILE_MAX] = "";
	bool given = strncmp(path, descriptor, sizeof(descriptor) - 1) == 0;
	FILE *in = given ? fdopen((int)strtol(path + sizeof(descriptor) - 1, NULL, 10), "re")
			 : fopen(path, "re");
	if (!in)
		return err_errno(err, FAILED, "the offline key %s", path);
	size_t n = fread(typed, 1, sizeof(typed) - 1, in);
	fclose(in);
	/* alone in the file, perhaps in several lines, or one line of what else was printed */
	bool ok = keeper_code_read(typed, n, private, KEEPER_KEY);
	for (char *line = typed; !ok && *line; line += strcspn(line, "\n"), line += *line == '\n')
		ok = keeper_code_read(line, strcspn(line, "\n"), private, KEEPER_KEY);
	sodium_memzero(typed, sizeof(typed));
	return ok ? OK
		  : err_set(err, INVALID,
			    "the file has no offline key, or one with a typing error");
}

static void tool_print_consent(const struct keeper_consent *c)
{
	static const char *const kinds[] = {[KEEPER_AGREED_ENROL] = "enrol",
					    [KEEPER_AGREED_UNLOCK] = "unlock",
					    [KEEPER_AGREED_WITHDRAW] = "withdraw"};
	char at[CLOCK_TEXT], party[2 * KEEPER_ID + 1], target[2 * KEEPER_ID + 1],
	    hash[2 * sizeof(c->seen_hash) + 1];
	clock_format((int64_t)c->at * 1000000, at);
	printf("%s %s party %s", at,
	       c->kind < COUNT_OF(kinds) && kinds[c->kind] ? kinds[c->kind] : "unknown",
	       sodium_bin2hex(party, sizeof(party), c->party, KEEPER_ID));
	if (c->kind != KEEPER_AGREED_ENROL)
		printf(" target %s", sodium_bin2hex(target, sizeof(target), c->target, KEEPER_ID));
	printf(" text %u profile %s\n", c->text_version,
	       sodium_bin2hex(hash, sizeof(hash), c->seen_hash, sizeof(c->seen_hash)));
}

static const char *offline_key;
static const struct cli_option offline_options[] = {
    {.name = "offline-key",
     .kind = CLI_TEXT,
     .arg = "FILE",
     .help = "the offline key as make-key printed it",
     .value = &offline_key},
    {0},
};

static int tool_consents(int argc, char **argv)
{
	uint8_t private[KEEPER_KEY], entry[KEEPER_CONSENT_ENTRY];
	struct keeper_consent consent;
	char line[1024];
	struct err err;
	int closed = 0, number = 0;
	(void)argc, (void)argv;
	if (!offline_key)
		return cli_usage_error("--offline-key FILE is needed");
	if (tool_read_offline(offline_key, private, &err) != OK)
		return cli_failed(&err);
	while (fgets(line, sizeof(line), stdin)) {
		size_t n = 0;
		number++;
		line[strcspn(line, "\n")] = '\0';
		/* psql writes bytea as \x... */
		const char *hex = strncmp(line, "\\x", 2) == 0 ? line + 2 : line;
		if (sodium_hex2bin(entry, sizeof(entry), hex, strlen(hex), NULL, &n, NULL) != 0 ||
		    n != sizeof(entry) || !keeper_consent_open(private, entry, &consent)) {
			fprintf(stderr, "line %d: cannot be opened with this key\n", number);
			closed++;
			continue;
		}
		tool_print_consent(&consent);
	}
	sodium_memzero(private, sizeof(private));
	sodium_memzero(&consent, sizeof(consent));
	return closed ? EXIT_FAILED : EXIT_OK;
}

static int tool_copy(int argc, char **argv)
{
	uint8_t copy[KEYFILE_COPY];
	char text[sodium_base64_ENCODED_LEN(KEYFILE_COPY, sodium_base64_VARIANT_ORIGINAL)];
	struct err err;
	int fd;
	(void)argc;
	enum status status = keyfile_open(argv[0], &fd, &err);
	if (status == OK) {
		status = keyfile_copy(fd, copy, &err);
		close(fd);
	}
	if (status != OK)
		return cli_failed(&err);
	puts(sodium_bin2base64(text, sizeof(text), copy, sizeof(copy),
			       sodium_base64_VARIANT_ORIGINAL));
	return EXIT_OK;
}

static int tool_restore(int argc, char **argv)
{
	uint8_t private[KEEPER_KEY], copy[KEYFILE_COPY];
	char text[2 * KEYFILE_COPY];
	size_t n = fread(text, 1, sizeof(text), stdin), got;
	struct err err;
	(void)argc;
	if (!offline_key)
		return cli_usage_error("--offline-key FILE is needed");
	if (tool_read_offline(offline_key, private, &err) != OK)
		return cli_failed(&err);
	enum status status =
	    sodium_base642bin(copy, sizeof(copy), text, n, " \n", &got, NULL,
			      sodium_base64_VARIANT_ORIGINAL) == 0 &&
		    got == sizeof(copy)
		? keyfile_restore(argv[0], copy, private, &err)
		: err_set(&err, INVALID, "standard input is no copy of a key file");
	sodium_memzero(private, sizeof(private));
	return status == OK ? tool_with_file(argv[0], NULL) : cli_failed(&err);
}

/* ---- the table ---- */

static const struct command make_key = {
    .name = "make-key",
    .args = "FILE",
    .summary = "make the key file of a new contact sphere; prints the offline key",
    .run = tool_make_key};
static const struct command show = {
    .name = "show", .args = "FILE", .summary = "the periods of a key file", .run = tool_show};
static const struct command rotate = {
    .name = "rotate",
    .args = "FILE",
    .summary = "begin a new period; reload the keeper, then rewrap all rows",
    .run = tool_rotate};
static const struct command drop = {
    .name = "drop",
    .args = "FILE",
    .summary = "overwrite the older period, when no row is sealed under it any more",
    .run = tool_drop};
static const struct command copy_key = {
    .name = "copy-key",
    .args = "FILE",
    .summary = "print the key file, sealed to its offline key, for a restore",
    .run = tool_copy};
static const struct command restore_key = {
    .name = "restore-key",
    .args = "FILE",
    .summary = "make a key file from what copy-key printed, on standard input",
    .options = offline_options,
    .run = tool_restore};
static const struct command invites = {
    .name = "invites",
    .args = "N",
    .summary = "N invitations: the code to hand out, and the label to store, a line each",
    .run = tool_invites};
static const struct command consents = {
    .name = "open-consent",
    .args = "",
    .summary = "read entries of the consent log as hexadecimal lines, say what they contain",
    .options = offline_options,
    .run = tool_consents};

int keeper_tool(int argc, char **argv)
{
	static const struct command *const commands[] = {
	    &make_key, &show, &rotate, &drop, &copy_key, &restore_key, &invites, &consents, NULL};
	must(sodium_init() >= 0);
	return cli_main(
	    "holdfast-keeper",
	    "Keeps the keys of the contact sphere. "
	    "Started by holdfastd with a socket it serves the contact process; its commands make and change what it reads.",
	    commands, argc, argv);
}
