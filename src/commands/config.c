/* holdfast config: every setting with its value and meaning. */
#include "base/json.h"
#include "commands/commands.h"
#include "config/instance.h"

#include <stdio.h>
#include <string.h>

static bool config_is_shown(int argc, char **argv, const char *name)
{
	return argc == 0 || strcmp(argv[0], name) == 0;
}

static void config_print_type(const struct config_option *o, struct buf *out)
{
	buf_reset(out);
	config_describe(o, out);
}

static void config_print_json(const struct config *c, int argc, char **argv)
{
	struct buf out, type;
	struct json_writer w;
	buf_init(&out, 1 << 20);
	buf_init(&type, 1024);
	json_writer_init(&w, &out);
	json_array_begin(&w);
	for (size_t o = 0; o < CONFIG_OPTIONS; o++) {
		if (!config_is_shown(argc, argv, config_options[o].name))
			continue;
		json_object_begin(&w);
		json_member_z(&w, "name", config_options[o].name);
		json_member_z(&w, "value", c->text[o]);
		json_member_z(&w, "default", config_options[o].default_text);
		config_print_type(&config_options[o], &type);
		json_member_z(&w, "type", buf_z(&type));
		json_member_bool(&w, "reload", config_options[o].when == CONFIG_WHEN_RELOAD);
		json_member_z(&w, "text", config_options[o].text);
		json_object_end(&w);
	}
	json_array_end(&w);
	printf("%s\n", buf_z(&out));
	buf_release(&type);
	buf_release(&out);
}

static void config_print_text(const struct config *c, int argc, char **argv)
{
	struct buf type;
	buf_init(&type, 1024);
	for (size_t o = 0; o < CONFIG_OPTIONS; o++) {
		const struct config_option *option = &config_options[o];
		if (!config_is_shown(argc, argv, option->name))
			continue;
		config_print_type(option, &type);
		printf("# %s (%s%s)\n%s = %s\n", option->text, buf_z(&type),
		       option->when == CONFIG_WHEN_RESTART ? "; takes effect by down and up" : "",
		       option->name, c->text[o]);
	}
	buf_release(&type);
}

static int config_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	bool known = argc == 0;
	for (size_t o = 0; o < CONFIG_OPTIONS && !known; o++)
		known = strcmp(argv[0], config_options[o].name) == 0;
	if (!known)
		return cli_usage_error("unknown option '%s'; 'holdfast config' lists all", argv[0]);
	if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	if (cli_globals.json)
		config_print_json(&i.config, argc, argv);
	else
		config_print_text(&i.config, argc, argv);
	instance_release(&i);
	return EXIT_OK;
}

const struct command command_config = {
    .name = "config",
    .args = "[OPTION]",
    .summary = "Show the settings, their values and meaning",
    .help = "They are set in DIR/holdfast.conf; see holdfast.conf(5).",
    .run = config_command,
};
