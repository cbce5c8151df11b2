/* holdfast config: every setting with its value and meaning. */
#include "base/json.h"
#include "commands/commands.h"
#include "config/instance.h"

#include <stdio.h>
#include <string.h>

static bool shown(int argc, char **argv, const char *name)
{
	return argc == 0 || strcmp(argv[0], name) == 0;
}

static void print_json(const struct config *c, int argc, char **argv)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, 1 << 20);
	json_writer_init(&w, &out);
	json_array_begin(&w);
	for (size_t o = 0; o < CONFIG_OPTIONS; o++) {
		if (!shown(argc, argv, config_options[o].name))
			continue;
		json_object_begin(&w);
		json_member_z(&w, "name", config_options[o].name);
		json_member_z(&w, "value", c->text[o]);
		json_member_z(&w, "default", config_options[o].default_text);
		json_member_z(&w, "type", config_type_name(config_options[o].type));
		json_member_z(&w, "text", config_options[o].text);
		json_object_end(&w);
	}
	json_array_end(&w);
	printf("%s\n", buf_z(&out));
	buf_release(&out);
}

static int run(int argc, char **argv)
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
		print_json(&i.config, argc, argv);
	for (size_t o = 0; o < CONFIG_OPTIONS && !cli_globals.json; o++) {
		const struct config_option *option = &config_options[o];
		if (shown(argc, argv, option->name))
			printf("# %s (%s)\n%s = %s\n", option->text, config_type_name(option->type),
			       option->name, i.config.text[o]);
	}
	instance_release(&i);
	return EXIT_OK;
}

const struct command command_config = {
    .name = "config",
    .args = "[OPTION]",
    .summary = "Show the settings, their values and meaning",
    .help = "They are set in DIR/holdfast.conf; see holdfast.conf(5).",
    .max_args = 1,
    .run = run,
};
