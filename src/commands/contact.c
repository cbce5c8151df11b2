/* holdfast contact: the operator's side of the contact sphere. Keys are made, changed and used by
 * holdfast-keeper, which is run as the keeper's user: no key and no cryptography is in this
 * program. */
#include "base/ascii.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/json.h"
#include "commands/commands.h"
#include "commands/contact_keeper.h"
#include "commands/database.h"
#include "db/cluster/cluster.h"
#include "db/migrate/migrate.h"
#include "process/process.h"
#include "process/spawn.h"
#include "sql/contact_operator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	OUTPUT_MAX = 64 << 20,
	ID_SIGNS = 32,
	REWRAP_WAIT_MS = 20,
	RESTARTS_MAX = 10,
	INVITES_MAX = 100000,
	REPORTS_JSON_MAX = 64 << 20
};

#define KEY_DESCRIPTOR "/dev/fd/3" /* SPAWN_FD_FIRST */

static const char *listen_address;
static const char *db_url;
static const char *badge;
static const char *reason;
static const char *offline_key;
static bool when_due;

static const struct cli_option options[] = {
    {"listen", 0, CLI_TEXT, "ADDRESS", 0, 0,
     "setup: where the contact sphere listens (contact.listen)", &listen_address},
    {"db", 0, CLI_TEXT, "URL", 0, 0,
     "setup: with db.url, an empty database of an existing PostgreSQL; the user in URL owns it and may create roles",
     &db_url},
    {"badge", 0, CLI_TEXT, "NAME", 0, 0, "invite: who vouches for those who come by it", &badge},
    {"reason", 0, CLI_TEXT, "TEXT", 0, 0, "hide, erase: what the party is told", &reason},
    {"offline-key", 0, CLI_TEXT, "FILE", 0, 0,
     "consent: a file with the offline key that setup printed", &offline_key},
    {"due", 0, CLI_FLAG, NULL, 0, 0,
     "rotate: only when the period is older than contact.period; for a timer", &when_due},
    {0},
};

/* ---- setup ---- */

/* Settings of an existing sphere are kept: setup can be repeated and changes nothing. */
static enum status contact_setup_setting(struct instance *i, enum config_id id, const char *name,
					 const char *value, struct err *err)
{
	const char *set = config_text(&i->config, id);
	if (*set && strcmp(set, value) != 0)
		return err_set(
		    err, INVALID,
		    "%s is %s already, not %s: leave the option out, or change the setting in %s and start again",
		    name, set, value, i->conf);
	return *set ? OK : instance_set(i, name, value, err);
}

static enum status contact_setup_settings(struct instance *i, struct err *err)
{
	enum status status = OK;
	if (listen_address)
		status = contact_setup_setting(i, CONFIG_CONTACT_LISTEN, "contact.listen",
					       listen_address, err);
	if (status == OK && !instance_has(i, ROLE_DATABASE_CONTACT))
		status = err_set(err, INVALID, "say where it listens: --listen 127.0.0.1:8090");
	if (status == OK && instance_embedded(i) && db_url)
		status = err_set(
		    err, INVALID,
		    "this instance has a PostgreSQL of its own, which also has the contact sphere: leave out --db");
	if (status == OK && !instance_embedded(i) &&
	    !*config_text(&i->config, CONFIG_CONTACT_DB_URL) && !db_url)
		status =
		    err_set(err, INVALID, "this instance has no PostgreSQL of its own: --db URL");
	return status;
}

/* With user and password, which are the administrator's and not stored. */
static enum status contact_setup_existing(struct instance *i, struct err *err)
{
	struct db *admin = NULL;
	char database[ROLE_NAME_MAX];
	struct buf bare;
	if (!db_url)
		return OK;
	enum status status = database_bare_url(db_url, &bare, err);
	if (status == OK)
		status = contact_setup_setting(i, CONFIG_CONTACT_DB_URL, "contact.db_url",
					       buf_z(&bare), err);
	if (status == OK)
		status = db_open(&admin, db_url, "holdfast contact setup", err);
	if (status == OK)
		status = migrate_target(admin, database, err);
	if (status == OK)
		status = database_make(i, admin, ROLE_DATABASE_CONTACT, err);
	db_close(admin);
	buf_release(&bare);
	return status;
}

static enum status contact_setup_embedded(const struct instance *i, struct err *err)
{
	pid_t pid = 0;
	int applied;
	struct err ignored;
	enum status status = OK;
	bool runs = cluster_state(i) == CLUSTER_READY;
	if (!runs)
		status = cluster_configure(i, err);
	if (status == OK && !runs)
		status = cluster_start(i, &pid, err);
	if (status != OK)
		return status;
	status = database_migrate_all(i, &applied, err);
	if (!runs) {
		(void)!cluster_stop(i, pid, &ignored);
		instance_remove_run_dir(i);
	}
	return status;
}

/* The folder is the keeper's alone. */
static enum status contact_setup_key(const struct instance *i, struct err *err)
{
	char dir[PATH_MAX], key[PATH_MAX];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int fd;
	enum status status = io_path(dir, sizeof(dir), err, "%s/keeper", i->dir);
	if (status == OK)
		status = contact_key_path(i, key, err);
	if (status == OK && uid == 0)
		status = spawn_user(config_text(&i->config, CONFIG_USER_KEEPER), &uid, &gid, err);
	if (status != OK)
		return status;
	if (access(key, F_OK) == 0) {
		fprintf(stderr, "holdfast contact: %s exists and is left as it is\n", key);
		return OK;
	}
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_errno(err, FAILED, "%s", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, FAILED, "%s", dir);
	if (geteuid() == 0 && fchown(fd, uid, gid) != 0)
		status = err_errno(err, FAILED, "%s", dir);
	close(fd);
	const char *const argv[] = {"holdfast-keeper", "make-key", key, NULL};
	return status == OK ? contact_run_keeper(i, argv, -1, -1, NULL, err) : status;
}

static enum status contact_setup(struct instance *i, int argc, char **argv, struct err *err)
{
	struct buf before;
	struct err ignored;
	(void)argc, (void)argv;
	buf_init(&before, CONFIG_FILE_MAX);
	enum status status = io_read_file(i->conf, &before, err);
	if (status == OK)
		status = contact_setup_settings(i, err);
	if (status == OK)
		status = instance_embedded(i) ? contact_setup_embedded(i, err)
					      : contact_setup_existing(i, err);
	if (status == OK)
		status = contact_setup_key(i, err);
	/* What failed can be repeated with other options. */
	if (status != OK && before.n)
		(void)!io_write_file(i->conf, buf_view(&before), 0600, &ignored);
	buf_release(&before);
	if (status == OK)
		fprintf(
		    stderr,
		    "The contact sphere is set up. It runs from the next start on: 'holdfast down', 'holdfast up'. "
		    "Backups that contain %s/keeper undo what a rotation promises. "
		    "Leave it out, or set contact.key_copy_days.\n",
		    i->dir);
	return status;
}

/* ---- status, rotate ---- */

struct periods {
	int64_t newest, older; /* 0: none */
	char made[CLOCK_TEXT];
	int64_t age_s; /* of the newest */
};

static enum status contact_periods(const struct instance *i, struct periods *out, struct err *err)
{
	char key[PATH_MAX];
	struct buf text;
	*out = (struct periods){0};
	enum status status = contact_key_path(i, key, err);
	if (status != OK)
		return status;
	const char *const argv[] = {"holdfast-keeper", "show", key, NULL};
	buf_init(&text, 65536);
	status = contact_run_keeper(i, argv, -1, -1, &text, err);
	struct str rest = buf_view(&text);
	while (status == OK && rest.p) { /* "newest period 3 made 2026-..." */
		struct str line = str_cut(&rest, '\n');
		bool newest = str_starts(line, STR("newest period "));
		if (!newest && !str_starts(line, STR("older period ")))
			continue;
		str_cut(&line, ' ');
		str_cut(&line, ' ');
		struct str number = str_cut(&line, ' ');
		str_cut(&line, ' ');
		if (!str_to_i64(number, 1, UINT32_MAX, newest ? &out->newest : &out->older))
			status =
			    err_set(err, FAILED, "holdfast-keeper show: '%.*s'", STR_ARG(number));
		if (newest)
			snprintf(out->made, sizeof(out->made), "%.*s", STR_ARG(line));
	}
	struct tm made = {0};
	if (status == OK && !strptime(out->made, "%Y-%m-%dT%H:%M:%S", &made))
		status = err_set(err, FAILED, "holdfast-keeper show: '%s' is no time", out->made);
	out->age_s = clock_wall_us() / 1000000 - timegm(&made);
	buf_release(&text);
	return status;
}

static enum status contact_status(struct instance *i, int argc, char **argv, struct err *err)
{
	struct periods p;
	struct db *sphere = NULL, *directory = NULL;
	struct db_rows rows, profiles;
	(void)argc, (void)argv;
	enum status status = contact_periods(i, &p, err);
	if (status == OK)
		status = database_connect(i, ROLE_CONTACT_OWNER, &sphere, err);
	if (status == OK)
		status = database_connect(i, ROLE_OWNER, &directory, err);
	if (status == OK)
		status = DB_RUN(sphere, sql_operator_sphere, &rows, err, DB_I64(p.newest));
	if (status == OK) {
		status = DB_RUN(directory, sql_operator_profiles, &profiles, err);
		if (status == OK) {
			bool is_due =
			    p.age_s * 1000 > config_number(&i->config, CONFIG_CONTACT_PERIOD);
			const char *due = cli_globals.json ? (is_due ? "true" : "false")
							   : (is_due ? ": a rotation is due" : "");
			const char *form =
			    cli_globals.json
				? "{\"listen\":\"%s\",\"period\":%lld,\"period_made\":\"%s\",\"rotation_due\":%s,"
				  "\"older_rows\":%lld,\"parties\":%lld,\"unlocks\":%lld,\"consents\":%lld,"
				  "\"invites\":%lld,\"bytes\":%lld,\"published\":%lld,\"waiting\":%lld,"
				  "\"hidden\":%lld,\"reports\":%lld,\"pending\":%lld}\n"
				: "listens on       %s\nperiod           %lld, since %s%s\n"
				  "rows of an older period  %lld\nparties          %lld\n"
				  "unlocks          %lld\nconsents         %lld\n"
				  "invites left     %lld\nbytes            %lld\n"
				  "profiles         %lld published, %lld to review, %lld hidden\n"
				  "reports          %lld\nto be carried out  %lld\n";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			printf(form, config_text(&i->config, CONFIG_CONTACT_LISTEN),
			       (long long)p.newest, p.made, due,
			       (long long)db_i64(&rows, 0, SQL_OPERATOR_SPHERE_OLDER),
			       (long long)db_i64(&rows, 0, SQL_OPERATOR_SPHERE_PARTIES),
			       (long long)db_i64(&rows, 0, SQL_OPERATOR_SPHERE_UNLOCKS),
			       (long long)db_i64(&rows, 0, SQL_OPERATOR_SPHERE_CONSENTS),
			       (long long)db_i64(&rows, 0, SQL_OPERATOR_SPHERE_INVITES),
			       (long long)db_i64(&rows, 0, SQL_OPERATOR_SPHERE_BYTES),
			       (long long)db_i64(&profiles, 0, SQL_OPERATOR_PROFILES_PUBLISHED),
			       (long long)db_i64(&profiles, 0, SQL_OPERATOR_PROFILES_WAITING),
			       (long long)db_i64(&profiles, 0, SQL_OPERATOR_PROFILES_HIDDEN),
			       (long long)db_i64(&profiles, 0, SQL_OPERATOR_PROFILES_REPORTS),
			       (long long)db_i64(&profiles, 0, SQL_OPERATOR_PROFILES_PENDING));
#pragma GCC diagnostic pop
			db_rows_release(&profiles);
		}
		db_rows_release(&rows);
	}
	db_close(sphere);
	db_close(directory);
	return status;
}

struct contact_replacing {
	bool pair;
	uint32_t restarts; /* of both */
};

static void contact_see_process(void *ctx, const struct control_reply *r)
{
	struct contact_replacing *replacing = ctx;
	if (strncmp(r->name, "contact/", 8) != 0 && strncmp(r->name, "keeper/", 7) != 0)
		return;
	replacing->pair |= r->value != 0;
	replacing->restarts += r->restarts;
}

/* Wait until the pair of processes that read the older key file has ended: it holds the older keys
 * in memory and accepts sign-ins that the new pair does not know. */
static enum status contact_wait_replaced(const struct instance *i, struct err *err)
{
	struct contact_replacing first = {0};
	enum status status = control_ask(i, CONTROL_STATUS, contact_see_process, &first, err);
	for (struct contact_replacing now = first; status == OK && now.pair;) {
		if (now.restarts - first.restarts > RESTARTS_MAX)
			return err_set(
			    err, FAILED,
			    "the contact sphere does not start with the new key file (see the log); run this again");
		nanosleep(&(struct timespec){.tv_nsec = REWRAP_WAIT_MS * 1000000}, NULL);
		now = (struct contact_replacing){0};
		status = control_ask(i, CONTROL_STATUS, contact_see_process, &now, err);
	}
	return status;
}

/* Change the key file, and let the keeper read it again. */
static enum status contact_change_key(const struct instance *i, const char *act, struct err *err)
{
	char key[PATH_MAX];
	struct buf said;
	enum status status = contact_key_path(i, key, err);
	if (status != OK)
		return status;
	const char *const argv[] = {"holdfast-keeper", act, key, NULL};
	buf_init(&said, 65536);
	status = contact_run_keeper(i, argv, -1, -1, &said, err);
	buf_release(&said);
	if (status == OK)
		status = control_ask(i, CONTROL_RELOAD, NULL, NULL, err);
	return status == OK ? contact_wait_replaced(i, err) : status;
}

/* Wait until the contact process has rewrapped every row for the newest period. */
static enum status contact_wait_rewrapped(const struct instance *i, const struct periods *p,
					  struct err *err)
{
	struct db *db = NULL;
	struct progress progress;
	int64_t left = 1, total = 0;
	enum status status = database_connect(i, ROLE_CONTACT_OWNER, &db, err);
	progress_begin(&progress, "rewrapping", "rows", 0);
	while (status == OK && left) {
		struct db_rows rows;
		status = DB_RUN(db, sql_operator_sphere, &rows, err, DB_I64(p->newest));
		if (status != OK)
			break;
		left = db_i64(&rows, 0, SQL_OPERATOR_SPHERE_OLDER);
		total = total ? total : left;
		db_rows_release(&rows);
		progress_show(&progress, (uint64_t)(total - left), (uint64_t)(total - left));
		/* The database sends no event when another process has rewrapped a row: poll. */
		if (left)
			nanosleep(&(struct timespec){.tv_nsec = REWRAP_WAIT_MS * 1000000}, NULL);
	}
	progress_end(&progress, (uint64_t)total);
	db_close(db);
	return status;
}

/* An older period that an interrupted rotation left is finished first. The process that rewraps the
 * rows is also the only one that writes them: when no row of the older period is left, none can
 * appear again, and the older key is dropped at once. */
static enum status contact_rotate(struct instance *i, int argc, char **argv, struct err *err)
{
	struct periods p;
	struct db *db = NULL;
	(void)argc, (void)argv;
	enum status status = contact_periods(i, &p, err);
	int64_t left_s = config_number(&i->config, CONFIG_CONTACT_PERIOD) / 1000 - p.age_s;
	if (status == OK && when_due && !p.older && left_s > 0) {
		printf("period %lld ends in %lld hours: nothing is to be done\n",
		       (long long)p.newest, (long long)(left_s + 3599) / 3600);
		return OK;
	}
	/* Only the running sphere rewraps rows: if it is down, leave the key file alone. */
	if (status == OK)
		status = control_ask(i, CONTROL_STATUS, NULL, NULL, err);
	if (status == OK && !p.older)
		status = contact_change_key(i, "rotate", err);
	if (status == OK)
		status = contact_periods(i, &p, err);
	if (status == OK)
		status = contact_wait_rewrapped(i, &p, err);
	if (status == OK)
		status = contact_change_key(i, "drop", err);
	if (status == OK)
		status = database_connect(i, ROLE_CONTACT_OWNER, &db, err);
	if (status == OK)
		status = DB_RUN(db, sql_operator_expire_consents, NULL, err,
				DB_I64(config_number(&i->config, CONFIG_CONTACT_CONSENT_DAYS)));
	db_close(db);
	if (status == OK)
		printf(
		    "period %lld; dumps and backups of the contact database from before now cannot be read by anybody\n",
		    (long long)p.newest);
	return status;
}

/* ---- a copy of the keys ---- */

/* A copy of the keys opens what a rotation has closed. Parties that erase themselves are therefore
 * told how long copies are kept (contact.key_copy_days). */
static enum status contact_key_copy(struct instance *i, int argc, char **argv, struct err *err)
{
	char key[PATH_MAX];
	struct buf text;
	int fd;
	(void)argc;
	if (config_number(&i->config, CONFIG_CONTACT_KEY_COPY_DAYS) == 0)
		return err_set(
		    err, INVALID,
		    "contact.key_copy_days is 0: parties are told that no copy of the keys is kept. "
		    "Set it to the days for which this copy is kept, and 'holdfast reload'");
	enum status status = contact_key_path(i, key, err);
	if (status != OK)
		return status;
	const char *const run[] = {"holdfast-keeper", "copy-key", key, NULL};
	buf_init(&text, 65536);
	status = contact_run_keeper(i, run, -1, -1, &text, err);
	if (status == OK)
		status = folder_create(argv[0], O_EXCL, 0600, &fd, err);
	if (status == OK) {
		status = io_write_all(fd, text.p, text.n, err);
		if (status == OK && fsync(fd) != 0)
			status = err_errno(err, FAILED, "%s", argv[0]);
		close(fd);
	}
	buf_release(&text);
	if (status == OK)
		printf("%s has the keys, sealed to the offline key. "
		       "To restore, as user %s and with the instance stopped: "
		       "holdfast-keeper restore-key --offline-key OFFLINE_KEY_FILE %s < %s\n",
		       argv[0], config_text(&i->config, CONFIG_USER_KEEPER), key, argv[0]);
	return status;
}

/* ---- invitations ---- */

/* "CODE LABEL" lines into '{label,label}' and the codes for people. */
static void contact_split_invites(struct str text, struct buf *labels, struct buf *codes)
{
	buf_putc(labels, '{');
	while (text.n) {
		struct str line = str_cut(&text, '\n');
		struct str code = str_cut(&line, ' ');
		if (!line.p)
			break;
		if (labels->n > 1)
			buf_putc(labels, ',');
		buf_str(labels, line);
		buf_str(codes, code);
		buf_putc(codes, '\n');
	}
	buf_putc(labels, '}');
}

static enum status contact_invite(struct instance *i, int argc, char **argv, struct err *err)
{
	struct buf text, labels, codes;
	struct db *db = NULL;
	struct db_rows rows;
	int64_t id = 0, count;
	(void)argc;
	if (!str_to_i64(str_of(argv[0]), 1, INVITES_MAX, &count))
		return err_set(err, INVALID,
			       "how many codes is a whole number from 1 to %d, not '%s'",
			       INVITES_MAX, argv[0]);
	if (!badge)
		return err_set(err, INVALID, "say who vouches for them: --badge NAME");
	const char *const run[] = {"holdfast-keeper", "invites", argv[0], NULL};
	buf_init(&text, OUTPUT_MAX);
	buf_init(&labels, OUTPUT_MAX);
	buf_init(&codes, OUTPUT_MAX);
	text.wipe = labels.wipe = codes.wipe = true;
	enum status status = contact_run_keeper(i, run, -1, -1, &text, err);
	contact_split_invites(buf_view(&text), &labels, &codes);
	if (status == OK)
		status = database_connect(i, ROLE_OWNER, &db, err);
	if (status == OK)
		status = DB_RUN(db, sql_operator_badge, &rows, err, DB_Z(badge));
	if (status == OK) {
		id = db_i64(&rows, 0, SQL_OPERATOR_BADGE_ID);
		db_rows_release(&rows);
	}
	db_close(db);
	db = NULL;
	if (status == OK)
		status = database_connect(i, ROLE_CONTACT_OWNER, &db, err);
	if (status == OK)
		status = DB_RUN(db, sql_operator_invite, NULL, err, DB_TEXT(buf_view(&labels)),
				DB_I64(id));
	db_close(db);
	if (status == OK)
		buf_write(&codes, stdout);
	buf_release(&text);
	buf_release(&labels);
	buf_release(&codes);
	return status;
}

/* ---- profiles ---- */

static const char *contact_cause(const struct db_rows *rows, int n)
{
	static const char *const causes[] = {"fake", "unlawful", "tells-who", "harassment",
					     "other"};
	int64_t cause = db_i64(rows, n, SQL_OPERATOR_REPORTS_CAUSE);
	return cause >= 0 && cause < (int64_t)COUNT_OF(causes) ? causes[cause] : "?";
}

static void contact_print_reports(const struct db_rows *reports, const struct db_rows *waiting)
{
	for (int n = 0; n < reports->rows; n++)
		printf("%.*s  %.*s  %s%s  \"%.*s\"\n    %.*s\n",
		       STR_ARG(db_text(reports, n, SQL_OPERATOR_REPORTS_DAY)),
		       STR_ARG(db_text(reports, n, SQL_OPERATOR_REPORTS_PROFILE)),
		       contact_cause(reports, n),
		       db_bool(reports, n, SQL_OPERATOR_REPORTS_MATCHED) ? ", by a matched party"
									 : "",
		       STR_ARG(db_text(reports, n, SQL_OPERATOR_REPORTS_TITLE)),
		       STR_ARG(db_text(reports, n, SQL_OPERATOR_REPORTS_SAID)));
	for (int n = 0; n < waiting->rows; n++)
		printf("to review  %.*s  \"%.*s\"\n    %.*s\n",
		       STR_ARG(db_text(waiting, n, SQL_OPERATOR_WAITING_PROFILE)),
		       STR_ARG(db_text(waiting, n, SQL_OPERATOR_WAITING_TITLE)),
		       STR_ARG(db_text(waiting, n, SQL_OPERATOR_WAITING_BODY)));
	if (reports->rows + waiting->rows == 0)
		fputs("Nothing was reported, and no profile waits for a review.\n", stderr);
}

static void contact_print_reports_json(const struct db_rows *reports, const struct db_rows *waiting)
{
	struct buf text;
	struct json_writer w;
	buf_init(&text, REPORTS_JSON_MAX);
	json_writer_init(&w, &text);
	json_object_begin(&w);
	json_key(&w, "reports");
	json_array_begin(&w);
	for (int n = 0; n < reports->rows; n++) {
		json_object_begin(&w);
		json_member_str(&w, "day", db_text(reports, n, SQL_OPERATOR_REPORTS_DAY));
		json_member_str(&w, "profile", db_text(reports, n, SQL_OPERATOR_REPORTS_PROFILE));
		json_member_z(&w, "cause", contact_cause(reports, n));
		json_member_bool(&w, "matched", db_bool(reports, n, SQL_OPERATOR_REPORTS_MATCHED));
		json_member_str(&w, "title", db_text(reports, n, SQL_OPERATOR_REPORTS_TITLE));
		json_member_str(&w, "text", db_text(reports, n, SQL_OPERATOR_REPORTS_SAID));
		json_object_end(&w);
	}
	json_array_end(&w);
	json_key(&w, "to_review");
	json_array_begin(&w);
	for (int n = 0; n < waiting->rows; n++) {
		json_object_begin(&w);
		json_member_str(&w, "profile", db_text(waiting, n, SQL_OPERATOR_WAITING_PROFILE));
		json_member_str(&w, "title", db_text(waiting, n, SQL_OPERATOR_WAITING_TITLE));
		json_member_str(&w, "text", db_text(waiting, n, SQL_OPERATOR_WAITING_BODY));
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	printf("%.*s\n", STR_ARG(buf_view(&text)));
	buf_release(&text);
}

static enum status contact_reports(struct instance *i, int argc, char **argv, struct err *err)
{
	struct db *db = NULL;
	struct db_rows reports = {0}, waiting = {0};
	(void)argc, (void)argv;
	enum status status = database_connect(i, ROLE_OWNER, &db, err);
	if (status == OK)
		status = DB_RUN(db, sql_operator_reports, &reports, err);
	bool have = status == OK;
	if (status == OK)
		status = DB_RUN(db, sql_operator_waiting, &waiting, err);
	if (status == OK) {
		(cli_globals.json ? contact_print_reports_json : contact_print_reports)(&reports,
											&waiting);
		db_rows_release(&waiting);
	}
	if (have)
		db_rows_release(&reports);
	db_close(db);
	return status;
}

/* state: NULL leaves it. */
static enum status contact_decide(struct instance *i, const char *id, const char *state,
				  const char *pending, struct err *err)
{
	struct db *db = NULL;
	struct db_rows rows;
	size_t digits = 0;
	while (hex_value(id[digits]) >= 0)
		digits++;
	if (digits != ID_SIGNS || id[digits])
		return err_set(err, INVALID, "'%s' is no number of a profile", id);
	enum status status = database_connect(i, ROLE_OWNER, &db, err);
	if (status == OK)
		status = DB_RUN(db, sql_operator_decide, &rows, err, DB_Z(id),
				state ? DB_Z(state) : DB_NULL, DB_Z(pending),
				reason ? DB_Z(reason) : DB_NULL);
	if (status == OK) {
		if (!rows.affected)
			status = err_set(err, NOT_FOUND, "there is no profile %s", id);
		db_rows_release(&rows);
	}
	db_close(db);
	return status;
}

static enum status contact_hide(struct instance *i, int argc, char **argv, struct err *err)
{
	(void)argc;
	if (!reason)
		return err_set(err, INVALID, "the party is told why: --reason TEXT");
	return contact_decide(i, argv[0], "h", "h", err);
}

static enum status contact_show(struct instance *i, int argc, char **argv, struct err *err)
{
	(void)argc;
	return contact_decide(i, argv[0], "p", "s", err);
}

static enum status contact_erase(struct instance *i, int argc, char **argv, struct err *err)
{
	(void)argc;
	return contact_decide(i, argv[0], "h", "e", err);
}

/* ---- consents ---- */

static enum status contact_read_consents(const struct instance *i, int fd, struct err *err)
{
	struct db *db = NULL;
	struct db_rows rows = {.rows = 1};
	int64_t last = 0;
	enum status status = database_connect(i, ROLE_CONTACT_OWNER, &db, err);
	while (status == OK && rows.rows) {
		status = DB_RUN(db, sql_operator_consents, &rows, err, DB_I64(last));
		if (status != OK)
			break;
		for (int n = 0; n < rows.rows && status == OK; n++) {
			struct str hex = db_text(&rows, n, SQL_OPERATOR_CONSENTS_ENTRY);
			last = db_i64(&rows, n, SQL_OPERATOR_CONSENTS_N);
			status = io_write_all(fd, hex.p, hex.n, err);
			if (status == OK)
				status = io_write_all(fd, "\n", 1, err);
		}
		db_rows_release(&rows);
	}
	db_close(db);
	return status;
}

static enum status contact_consent(struct instance *i, int argc, char **argv, struct err *err)
{
	(void)argc, (void)argv;
	if (!offline_key)
		return err_set(err, INVALID, "the consents are sealed: --offline-key FILE");
	/* Opened here, because the keeper's user need not be able to read the file. */
	const char *const run[] = {"holdfast-keeper", "open-consent", "--offline-key",
				   KEY_DESCRIPTOR, NULL};
	int key = open(offline_key, O_RDONLY | O_CLOEXEC);
	if (key < 0)
		return err_errno(err, FAILED, "the offline key %s", offline_key);
	int entries = memfd_create("consents", MFD_CLOEXEC);
	enum status status =
	    entries < 0 ? err_errno(err, FAILED, "memfd") : contact_read_consents(i, entries, err);
	if (status == OK && lseek(entries, 0, SEEK_SET) != 0)
		status = err_errno(err, FAILED, "memfd");
	if (status == OK)
		status = contact_run_keeper(i, run, entries, key, NULL, err);
	if (entries >= 0)
		close(entries);
	close(key);
	return status;
}

/* ---- the table ---- */

static const struct {
	const char *name, *argument;
	enum status (*run)(struct instance *i, int argc, char **argv, struct err *err);
	const char *text;
} acts[] = {
    {"setup", NULL, contact_setup, "make database, roles and key; prints the offline key, once"},
    {"status", NULL, contact_status, "how much there is, the period of the keys"},
    {"rotate", NULL, contact_rotate, "a new period: older dumps and backups become unreadable"},
    {"key-copy", "FILE", contact_key_copy,
     "a copy of the keys for a restore, sealed to the offline key"},
    {"invite", "N", contact_invite, "print N codes that let somebody enrol (--badge)"},
    {"reports", NULL, contact_reports, "what was reported, and profiles that wait for a review"},
    {"hide", "PROFILE", contact_hide, "hide a profile; its party is told why (--reason)"},
    {"show", "PROFILE", contact_show, "publish a profile that was hidden or waits for a review"},
    {"erase", "PROFILE", contact_erase, "delete a profile and its party"},
    {"consent", NULL, contact_consent, "open the record of consents (--offline-key)"},
};

static void contact_help(void)
{
	for (size_t n = 0; n < COUNT_OF(acts); n++)
		printf("  %-8s %-8s %s\n", acts[n].name, acts[n].argument ? acts[n].argument : "",
		       acts[n].text);
}

static int contact_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	for (size_t n = 0; n < COUNT_OF(acts); n++) {
		if (strcmp(argv[0], acts[n].name) != 0)
			continue;
		if (argc - 1 != (acts[n].argument ? 1 : 0))
			return cli_usage_error("contact %s takes %s", acts[n].name,
					       acts[n].argument ? acts[n].argument : "no argument");
		if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
			return cli_failed(&err);
		enum status status = OK;
		if (acts[n].run != contact_setup && !instance_has(&i, ROLE_DATABASE_CONTACT))
			status = err_set(
			    &err, NOT_FOUND,
			    "%s has no contact sphere; make it with 'holdfast contact setup --listen ADDRESS'",
			    i.dir);
		if (status == OK)
			status = acts[n].run(&i, argc - 1, argv + 1, &err);
		instance_release(&i);
		return status == OK ? EXIT_OK : cli_failed(&err);
	}
	return cli_usage_error("there is no 'contact %s'; see 'holdfast contact --help'", argv[0]);
}

const struct command command_contact = {
    .name = "contact",
    .args = "setup|status|rotate|key-copy|invite|reports|hide|show|erase|consent [N|FILE|PROFILE]",
    .summary = "The contact sphere: parties that find each other without being known",
    .help =
	"Keys are made and used by holdfast-keeper, which is run as its own user. The operator acts by profile:\n"
	"who is behind it cannot be seen. Decisions are carried out within seconds by the running instance.",
    .options = options,
    .run = contact_command,
    .help_more = contact_help,
};
