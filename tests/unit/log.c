/* link: base */
/* The log: which lines are written at which level, and which areas HOLDFAST_TRACE switches on. */
#include "base/buf.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* What a process with that HOLDFAST_TRACE and level logs. */
static const char *logged(const char *trace, enum log_level level, struct buf *out)
{
	int ends[2];
	char piece[4096];
	ssize_t n;
	must(pipe(ends) == 0);
	pid_t pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		if (trace)
			setenv("HOLDFAST_TRACE", trace, 1);
		else
			unsetenv("HOLDFAST_TRACE");
		log_setup("test", level, false);
		log_debug(slot, "of a slot", LOG_I("n", 1));
		log_debug(flight, "of a flight", LOG_S("key", "value"));
		log_info("told", LOG_I("n", 2));
		_exit(0);
	}
	close(ends[1]);
	buf_init(out, 1 << 16);
	while ((n = read(ends[0], piece, sizeof(piece))) > 0)
		buf_add(out, piece, (size_t)n);
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return buf_z(out);
}

static bool says(const char *trace, enum log_level level, const char *wanted)
{
	struct buf out;
	bool found = strstr(logged(trace, level, &out), wanted) != NULL;
	buf_release(&out);
	return found;
}

static void without_a_trace_the_level_decides(void **state)
{
	(void)state;
	assert_false(says(NULL, LOG_INFO, "of a slot"));
	assert_true(says(NULL, LOG_INFO, "info test"));
	assert_false(says(NULL, LOG_WARN, "told"));
	assert_true(says(NULL, LOG_DEBUG, "debug test"));
	assert_true(says(NULL, LOG_DEBUG, "\"of a slot\" area=\"slot\" n=1\n"));
	assert_true(says(NULL, LOG_DEBUG, "\"of a flight\" area=\"flight\" key=\"value\"\n"));
}

static void a_trace_adds_its_areas_to_any_level(void **state)
{
	(void)state;
	assert_true(says("slot", LOG_ERROR, "of a slot"));
	assert_false(says("slot", LOG_ERROR, "of a flight"));
	assert_false(says("slot", LOG_ERROR, "told"));
	assert_true(says("call, flight", LOG_INFO, "of a flight"));
	assert_true(says("all", LOG_INFO, "of a slot"));
	assert_true(says("all", LOG_INFO, "of a flight"));
}

static void a_name_that_is_no_area_is_told(void **state)
{
	(void)state;
	assert_true(says("slots", LOG_INFO, "HOLDFAST_TRACE names no area"));
	assert_true(says("slots", LOG_INFO, "name=\"slots\""));
	assert_false(says("", LOG_INFO, "HOLDFAST_TRACE"));
	assert_false(says("slot", LOG_INFO, "HOLDFAST_TRACE"));
}

static void a_program_without_settings_logs_as_the_one_that_started_it(void **state)
{
	char env[LOG_ENV];
	(void)state;
	log_env(LOG_DEBUG, true, env);
	assert_string_equal(env, "HOLDFAST_LOG=debug,json");
	log_env(LOG_ERROR, false, env);
	assert_string_equal(env, "HOLDFAST_LOG=error,text");
	setenv("HOLDFAST_LOG", "debug,json", 1);
	log_setup_env("test");
	assert_true(log_traces(LOG_AREA_call));
	setenv("HOLDFAST_LOG", "warn,text", 1);
	log_setup_env("test");
	assert_false(log_traces(LOG_AREA_call));
	unsetenv("HOLDFAST_LOG");
	log_setup_env("test");
	assert_false(log_traces(LOG_AREA_call));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_trace_the_level_decides),
	    cmocka_unit_test(a_trace_adds_its_areas_to_any_level),
	    cmocka_unit_test(a_name_that_is_no_area_is_told),
	    cmocka_unit_test(a_program_without_settings_logs_as_the_one_that_started_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
