/* link: base config */
/* The settings: what a file may say, what is refused and how, and that nothing is half applied. */
#include "config/instance.h"
#include "base/io.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "folder.h"

struct fixture {
	char dir[TEST_FOLDER], path[128];
	struct config config;
	struct err err;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	must(f);
	test_folder_make(f->dir);
	snprintf(f->path, sizeof(f->path), "%s/holdfast.conf", f->dir);
	config_init(&f->config);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	config_release(&f->config);
	test_folder_remove(f->dir);
	free(f);
	return 0;
}

static enum status read_text(struct fixture *f, const char *text)
{
	must(io_write_file(f->path, str_of(text), 0600, &f->err) == OK);
	return config_read(&f->config, f->path, &f->err);
}

static void every_default_is_within_its_own_range(void **state)
{
	struct fixture *f = *state; /* config_init must()s it; here the table's order and texts */
	for (size_t o = 0; o < CONFIG_OPTIONS; o++) {
		if (o)
			assert_true(strcmp(config_options[o - 1].name, config_options[o].name) < 0);
		assert_true(strlen(config_options[o].text) > 10);
		assert_string_equal(f->config.text[o], config_options[o].default_text);
	}
}

static void values_are_read_with_units_quotes_and_comments(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(read_text(f, "# comment\r\n"
				      "\n"
				      "  web.processes=3   # inline\n"
				      "db.timeout = 1500ms\n"
				      "http.idle_timeout = 2 min\n"
				      "http.body_bytes = 1MB\n"
				      "http.access_log = yes\n"
				      "log.level = warn\n"
				      "log.format = json\n"
				      "web.listen = [::1]:8081\n"
				      "site.name = \"  A # B  \" # why\n"
				      "site.contact_url = https://example.org/#contact\n"
				      "site.operator = a \"b\"; c"),
			 OK);
	const struct config *c = &f->config;
	assert_int_equal(config_number(c, CONFIG_WEB_PROCESSES), 3);
	assert_int_equal(config_number(c, CONFIG_DB_TIMEOUT), 1500);
	assert_int_equal(config_number(c, CONFIG_HTTP_IDLE_TIMEOUT), 120000);
	assert_int_equal(config_number(c, CONFIG_HTTP_BODY_BYTES), 1 << 20);
	assert_int_equal(config_number(c, CONFIG_HTTP_ACCESS_LOG), 1);
	assert_int_equal(config_number(c, CONFIG_LOG_LEVEL), 2);
	assert_int_equal(config_number(c, CONFIG_LOG_FORMAT), 1);
	assert_string_equal(config_text(c, CONFIG_WEB_LISTEN), "[::1]:8081");
	assert_string_equal(config_text(c, CONFIG_SITE_NAME), "  A # B  ");
	assert_string_equal(config_text(c, CONFIG_SITE_CONTACT_URL),
			    "https://example.org/#contact");
	assert_string_equal(config_text(c, CONFIG_SITE_OPERATOR), "a \"b\"; c");
	assert_int_equal(config_number(c, CONFIG_DB_CONNECTIONS), 4);
}

/* The sentence says line, key and what would be right. */
static void mistakes_are_named_and_nothing_of_the_file_is_applied(void **state)
{
	static const struct {
		const char *line, *sentence;
	} wrong[] = {
	    {"web.proceses = 3", "unknown option 'web.proceses'; did you mean 'web.processes'?"},
	    {"colour.of.the.sky = blue", "'holdfast config' lists all"},
	    {"web.processes = 0", "web.processes: '0' is out of range: 1 to 56"},
	    {"web.processes = 65", "1 to 56"},
	    {"web.processes = two", "is not a whole number"},
	    {"web.processes = 2 3", "is not a whole number"},
	    {"web.processes =", "is not a whole number"},
	    {"web.processes = 99999999999999999999", "is not a whole number"},
	    {"web.processes", "is not of the form 'name = value'"},
	    {"db.timeout = 3", "db.timeout: '3' is not a duration such as"},
	    {"db.timeout = 3 days", "is not a duration"},
	    {"db.timeout = 9223372036854775807h", "is not a duration"},
	    {"db.timeout = 1ms", "out of range: 50 to 600000 ms"},
	    {"http.body_bytes = 2GB", "out of range: 0 to 1073741824 bytes"},
	    {"http.body_bytes = -1B", "is not a size"},
	    {"http.access_log = true", "is not yes or no"},
	    {"log.level = loud", "log.level: 'loud' is not one of debug|info|warn|error"},
	    {"log.level =", "is not one of"},
	    {"web.listen = 8080", "is not an address such as 127.0.0.1:8080"},
	    {"web.listen = localhost:8080", "is not an address"},
	    {"web.listen = 127.0.0.1:0", "is not an address"},
	    {"web.listen = 127.0.0.1:65536", "is not an address"},
	    {"web.listen = ::1:8080", "is not an address"},
	    {"web.listen = [::1:8080", "is not an address"},
	    {"site.name =", "out of range: a length of 1 to 100"},
	    {"site.name = \"open", "site.name: the quote is not closed"},
	    {"site.name = \"a\" b", "'b' after the closing quote"},
	    {"site.name = a\xff", "not valid UTF-8"},
	};
	struct fixture *f = *state;
	char text[256], place[160];
	for (size_t n = 0; n < COUNT_OF(wrong); n++) {
		snprintf(text, sizeof(text), "db.queue = 7\n# x\n%s\n", wrong[n].line);
		assert_int_equal(read_text(f, text), INVALID);
		if (!strstr(f->err.text, wrong[n].sentence))
			fail_msg("%s: %s", wrong[n].line, f->err.text);
		snprintf(place, sizeof(place), "%s:3: ", f->path);
		if (!strstr(wrong[n].sentence, "UTF-8"))
			assert_memory_equal(f->err.text, place, strlen(place));
		assert_int_equal(config_number(&f->config, CONFIG_DB_QUEUE), 64);
	}
	assert_int_equal(read_text(f, "db.queue = 7\ndb.queue = 7\n"), INVALID);
	assert_non_null(strstr(f->err.text, ":2: db.queue is set twice"));
	assert_int_equal(read_text(f, "log.level = loud\ndb.queue = 7\nnonsense\ndb.queue = x\n"),
			 INVALID);
	assert_non_null(strstr(f->err.text, ":1: log.level: 'loud'"));
	assert_non_null(strstr(f->err.text, "; line 3: 'nonsense' is not of the form"));
	assert_non_null(strstr(f->err.text, "; line 4: db.queue is set twice, first in line 2"));
	char many[4096] = "";
	for (int n = 0; n < 40; n++)
		strcat(many, "something = 1\n");
	assert_int_equal(read_text(f, many), INVALID);
	assert_non_null(strstr(f->err.text, ":1: unknown option 'something'"));
	const char *rest = strstr(f->err.text, "; and ");
	assert_true(rest && strcmp(rest + strlen(rest) - 5, " more") == 0);
}

static void a_file_that_is_not_there_is_said_so(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(config_read(&f->config, f->path, &f->err), NOT_FOUND);
	assert_non_null(strstr(f->err.text, f->path));
}

/* What init writes is read back as the same settings, also when every default is uncommented. */
static void the_sample_is_a_file_that_can_be_read(void **state)
{
	struct fixture *f = *state;
	struct buf sample;
	buf_init(&sample, 1 << 20);
	must(config_set(&f->config, STR("site.name"), STR("A # B"), &f->err) == OK);
	must(config_set(&f->config, STR("web.listen"), STR("127.0.0.1:9000"), &f->err) == OK);
	config_write_sample(&f->config, &sample);
	assert_int_equal(read_text(f, buf_z(&sample)), OK);
	assert_string_equal(config_text(&f->config, CONFIG_SITE_NAME), "A # B");
	assert_string_equal(config_text(&f->config, CONFIG_WEB_LISTEN), "127.0.0.1:9000");

	char *text = strdup(buf_z(&sample));
	must(text);
	for (size_t o = 0; o < CONFIG_OPTIONS; o++) {
		char commented[100];
		snprintf(commented, sizeof(commented), "\n#%s = ", config_options[o].name);
		char *at = strstr(text, commented);
		if (at)
			at[1] = ' ';
		else if (o != CONFIG_SITE_NAME && o != CONFIG_WEB_LISTEN)
			fail_msg("the sample lacks %s", config_options[o].name);
	}
	assert_int_equal(read_text(f, text), OK);
	for (size_t o = 0; o < CONFIG_OPTIONS; o++)
		assert_true(f->config.line[o] > 0);
	free(text);
	buf_release(&sample);
}

/* Unix socket addresses hold 107 bytes; the folder of an instance may be deep. */
static void sockets_of_a_deep_instance_go_to_a_short_private_folder(void **state)
{
	struct fixture *f = *state;
	struct instance i;
	char deep[256], socket_path[200];
	struct stat st;
	snprintf(deep, sizeof(deep), "%s/%0120d", f->dir, 1);
	assert_int_equal(instance_paths(&i, deep, &f->err), OK);
	snprintf(socket_path, sizeof(socket_path), "%s/.s.PGSQL.5432.lock", i.run_dir);
	assert_true(strlen(socket_path) <= 107);
	assert_memory_equal(i.run_dir, "/tmp/holdfast-", 14);
	assert_int_equal(instance_make_run_dir(&i, &f->err), OK);
	assert_int_equal(stat(i.run_dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0711);
	instance_remove_run_dir(&i);
	assert_int_not_equal(stat(i.run_dir, &st), 0);
	instance_release(&i);

	assert_int_equal(instance_paths(&i, f->dir, &f->err), OK);
	snprintf(socket_path, sizeof(socket_path), "%s/run", f->dir);
	assert_string_equal(i.run_dir, socket_path);
	/* A link that somebody laid there first is not followed. */
	assert_int_equal(symlink("/", i.run_dir), 0);
	assert_int_not_equal(instance_make_run_dir(&i, &f->err), OK);
	unlink(i.run_dir);
	instance_release(&i);
}

static void every_role_has_a_way_to_the_database(void **state)
{
	struct fixture *f = *state;
	struct instance i;
	struct buf info;
	char secrets[128];
	buf_init(&info, 4096);
	assert_int_equal(instance_paths(&i, f->dir, &f->err), OK);
	assert_int_equal(instance_conninfo(&i, ROLE_WEB, &info, &f->err), OK);
	assert_non_null(strstr(buf_z(&info), "/run' port=5432 dbname=holdfast user=holdfast_web"));

	must(config_set(&i.config, STR("db.url"), STR("postgresql://h:1/d?sslmode=require"),
			&f->err) == OK);
	snprintf(secrets, sizeof(secrets), "%s/secrets", f->dir);
	must(io_write_file(secrets, STR("holdfast_owner abc\nholdfast_web def\n"), 0600, &f->err) ==
	     OK);
	buf_reset(&info);
	assert_int_equal(instance_conninfo(&i, ROLE_WEB, &info, &f->err), OK);
	assert_string_equal(buf_z(&info),
			    "postgresql://h:1/d?sslmode=require&user=holdfast_web&password=def");
	unlink(secrets);
	buf_release(&info);
	instance_release(&i);
}

/* Roles belong to a whole server: two databases must not have the same ones. */
static void roles_are_named_after_the_database(void **state)
{
	static const struct {
		const char *database, *prefix;
	} cases[] = {
	    {"holdfast", "holdfast"},
	    {"shop", "holdfast_shop"},
	    {"shop_2", "holdfast_shop_2"},
	    {"Shop", "holdfast_shop_28742cc9"},
	    {"sh-p", "holdfast_sh_p_b4ebd47b"},
	    {"a_name_of_forty_characters_and_not_more_x",
	     "holdfast_a_name_of_forty_characte_4ad835ad"},
	};
	struct config c;
	char name[ROLE_NAME_MAX];
	(void)state;
	config_init(&c);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char prefix[ROLE_NAME_MAX];
		struct err err;
		role_prefix(cases[i].database, prefix);
		assert_string_equal(prefix, cases[i].prefix);
		assert_int_equal(config_set(&c, STR("db.role_prefix"), str_of(prefix), &err), OK);
	}
	role_name(&c, ROLE_WEB, name);
	assert_string_equal(name, "holdfast_a_name_of_forty_characte_4ad835ad_web");
	role_name(&c, ROLE_SUPERUSER, name);
	assert_string_equal(name, "postgres");
	config_release(&c);
}

static void scripts_get_the_names_of_the_instances_roles(void **state)
{
	struct config c;
	struct buf out;
	struct err err;
	(void)state;
	config_init(&c);
	buf_init(&out, 4096);
	must(config_set(&c, STR("db.role_prefix"), STR("mine"), &err) == OK);
	role_expand(
	    &c,
	    "holdfast_web, (holdfast_import);holdfast_webs xholdfast_web holdfast holdfast_ "
	    "holdfast_holdfast_owner holdfast_owner",
	    &out);
	assert_string_equal(buf_z(&out),
			    "mine_web, (mine_import);holdfast_webs xholdfast_web holdfast "
			    "holdfast_ holdfast_holdfast_owner mine_owner");
	static const char *const wrong[] = {"", "Mine", "mine-too", "9", "m\"x", "_m"};
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(config_set(&c, STR("db.role_prefix"), str_of(wrong[i]), &err),
				 INVALID);
	buf_release(&out);
	config_release(&c);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(every_default_is_within_its_own_range),
	    TEST(values_are_read_with_units_quotes_and_comments),
	    TEST(mistakes_are_named_and_nothing_of_the_file_is_applied),
	    TEST(a_file_that_is_not_there_is_said_so),
	    TEST(the_sample_is_a_file_that_can_be_read),
	    TEST(sockets_of_a_deep_instance_go_to_a_short_private_folder),
	    TEST(every_role_has_a_way_to_the_database),
	    TEST(roles_are_named_after_the_database),
	    TEST(scripts_get_the_names_of_the_instances_roles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
