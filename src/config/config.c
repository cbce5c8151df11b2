#include "config/config.h"
#include "base/ascii.h"
#include "base/endpoint.h"
#include "base/io.h"
#include "base/network.h"
#include "base/utf8.h"
#include "config/web_address.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Values, and the file itself. A value of type LINES is copied for each of its lines. */
enum { ARENA_MAX = 64 << 20 };

const struct config_option config_options[CONFIG_OPTIONS] = {
#define OPTION(id, name, type, def, min, max, when, text)                                          \
	[CONFIG_##id] = {name, CONFIG_TYPE_##type, def, min, max, CONFIG_WHEN_##when, text},
#include "config/options.def"
#undef OPTION
};

/* "text|json" of a CHOICE */
static struct str config_choices(const struct config_option *o)
{
	struct str rest = str_of(o->text);
	return str_cut(&rest, ':');
}

void config_describe(const struct config_option *o, struct buf *out)
{
	static const char *const texts[] = {
	    [CONFIG_TYPE_BOOL] = "yes or no",
	    [CONFIG_TYPE_INT] = "a whole number",
	    [CONFIG_TYPE_DURATION] = "a duration such as 500ms, 10s, 5min, 1h",
	    [CONFIG_TYPE_SIZE] = "a size such as 512B, 64kB, 8MB, 1GB",
	    [CONFIG_TYPE_CHOICE] = "one of ",
	    [CONFIG_TYPE_TEXT] = "a text",
	    [CONFIG_TYPE_SECRET] = "a text",
	    [CONFIG_TYPE_NAME] = "a name of a-z, 0-9 and _ that begins with a letter",
	    [CONFIG_TYPE_ADDRESS] = "an address such as 127.0.0.1:8080 or [::1]:8080",
	    [CONFIG_TYPE_NETWORKS] = "addresses and ranges such as 127.0.0.1, 10.0.0.0/8, fd00::/8",
	    [CONFIG_TYPE_LINES] = "a line for each, with the option's name in front",
	    [CONFIG_TYPE_URL] =
		"an address such as https://example.org or https://example.org/shops",
	};
	buf_puts(out, texts[o->type]);
	if (o->type == CONFIG_TYPE_CHOICE)
		buf_str(out, config_choices(o));
}

static bool config_is_choice(const struct config_option *o, struct str value, int64_t *place)
{
	struct str rest = config_choices(o);
	for (*place = 0; rest.p; ++*place)
		if (str_eq(str_cut(&rest, '|'), value))
			return true;
	return false;
}

struct unit {
	const char *name;
	int64_t factor;
};

static bool config_with_unit(struct str value, const struct unit *units, int64_t *out)
{
	size_t digits = 0;
	while (digits < value.n && ascii_is_digit(value.p[digits]))
		digits++;
	struct str unit = str_trim((struct str){value.p + digits, value.n - digits});
	int64_t n;
	if (!str_to_i64((struct str){value.p, digits}, 0, INT64_MAX, &n))
		return false;
	for (; units->name; units++)
		if (str_eq(unit, str_of(units->name)))
			return !__builtin_mul_overflow(n, units->factor, out);
	return n == 0 && unit.n == 0 ? (*out = 0, true) : false;
}

static bool config_is_name(struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (!ascii_is_lower(value.p[i]) &&
		    (i == 0 || (!ascii_is_digit(value.p[i]) && value.p[i] != '_')))
			return false;
	return value.n > 0;
}

bool config_duration(struct str text, int64_t *ms)
{
	static const struct unit durations[] = {
	    {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {NULL, 0}};
	return config_with_unit(text, durations, ms);
}

static bool config_to_number(const struct config_option *o, struct str value, int64_t *out)
{
	static const struct unit sizes[] = {
	    {"B", 1}, {"kB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}, {NULL, 0}};
	struct endpoint endpoint;
	struct network_list networks;

	switch (o->type) {
	case CONFIG_TYPE_BOOL:
		*out = str_eq(value, STR("yes"));
		return *out || str_eq(value, STR("no"));
	case CONFIG_TYPE_INT:
		return str_to_i64(value, INT64_MIN, INT64_MAX, out);
	case CONFIG_TYPE_DURATION:
		return config_duration(value, out);
	case CONFIG_TYPE_SIZE:
		return config_with_unit(value, sizes, out);
	case CONFIG_TYPE_CHOICE:
		return config_is_choice(o, value, out);
	case CONFIG_TYPE_ADDRESS:
		*out = (int64_t)value.n;
		return (value.n == 0 && o->min == 0) ||
		       (endpoint_parse(value, 0, &endpoint) && endpoint_port(&endpoint) > 0);
	case CONFIG_TYPE_NETWORKS:
		*out = (int64_t)value.n;
		return network_list_parse(value, &networks);
	case CONFIG_TYPE_NAME:
		*out = (int64_t)value.n;
		return config_is_name(value);
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_SECRET:
	case CONFIG_TYPE_LINES:
	case CONFIG_TYPE_URL:
		*out = (int64_t)value.n;
		return utf8_is_valid(value);
	}
	return false;
}

/* Levenshtein distance, for "did you mean"; names are short. */
static size_t config_distance(struct str a, struct str b)
{
	size_t row[64];
	if (a.n >= 64 || b.n >= 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t above = row[j];
			size_t best = diagonal + (a.p[i - 1] != b.p[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[b.n];
}

static enum status config_unknown(struct str name, struct err *err)
{
	size_t nearest = 0, least = SIZE_MAX;
	for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
		size_t d = config_distance(name, str_of(config_options[i].name));
		if (d < least) {
			least = d;
			nearest = i;
		}
	}
	if (least <= 4)
		return err_set(err, INVALID, "unknown option '%.*s'; did you mean '%s'?",
			       STR_ARG(name), config_options[nearest].name);
	return err_set(err, INVALID, "unknown option '%.*s'; 'holdfast config' lists all",
		       STR_ARG(name));
}

enum status config_set(struct config *c, struct str name, struct str value, struct err *err)
{
	size_t id = 0;
	while (id < CONFIG_OPTIONS && !str_eq(name, str_of(config_options[id].name)))
		id++;
	if (id == CONFIG_OPTIONS)
		return config_unknown(name, err);

	const struct config_option *o = &config_options[id];
	int64_t number = 0;
	if (!config_to_number(o, value, &number)) {
		struct buf right;
		buf_init(&right, 1024);
		config_describe(o, &right);
		err_set(err, INVALID, "%s: '%.*s' is not %s", o->name, STR_ARG(value),
			buf_z(&right));
		buf_release(&right);
		return INVALID;
	}
	if (number < o->min || number > o->max)
		return err_set(err, INVALID, "%s: '%.*s' is out of range: %s%lld to %lld%s",
			       o->name, STR_ARG(value),
			       o->type >= CONFIG_TYPE_TEXT ? "a length of " : "", (long long)o->min,
			       (long long)o->max,
			       o->type == CONFIG_TYPE_DURATION ? " ms"
			       : o->type == CONFIG_TYPE_SIZE   ? " bytes"
							       : "");
	struct str copy;
	if (o->type == CONFIG_TYPE_URL && value.n) {
		struct buf address;
		buf_init(&address, 4096);
		const char *wrong = web_address(value, &address);
		if (!wrong)
			copy = arena_str(&c->arena, buf_view(&address));
		buf_release(&address);
		if (wrong)
			return err_set(err, INVALID,
				       "%s: '%.*s': %s; write it as https://example.org", o->name,
				       STR_ARG(value), wrong);
	} else if (o->type == CONFIG_TYPE_LINES && c->text[id] && *c->text[id]) {
		copy = ARENA_JOIN(&c->arena, str_of(c->text[id]), STR("\n"), value);
		number += c->number[id] + 1;
	} else {
		copy = arena_str(&c->arena, value);
	}
	if (!copy.p)
		return err_set(err, TOO_LARGE, "%s: too much configuration", o->name);
	c->text[id] = copy.p;
	c->number[id] = number;
	return OK;
}

void config_init(struct config *c)
{
	struct err err;
	*c = (struct config){0};
	arena_init(&c->arena, ARENA_MAX);
	for (size_t i = 0; i < CONFIG_OPTIONS; i++)
		must(config_set(c, str_of(config_options[i].name),
				str_of(config_options[i].default_text), &err) == OK);
}

void config_release(struct config *c)
{
	arena_release(&c->arena);
}

/* Split "name = value  # comment". INVALID: it is neither that nor empty. */
static enum status config_split_line(struct str line, struct str *name, struct str *value,
				     struct err *err)
{
	line = str_trim(line);
	*name = (struct str){NULL, 0};
	if (line.n == 0 || line.p[0] == '#')
		return OK;
	struct str rest = line;
	*name = str_trim(str_cut(&rest, '='));
	if (!rest.p)
		return err_set(err, INVALID, "'%.*s' is not of the form 'name = value'",
			       STR_ARG(line));
	rest = str_trim(rest);
	if (rest.n && rest.p[0] == '"') {
		const char *end = rest.n > 1 ? memchr(rest.p + 1, '"', rest.n - 1) : NULL;
		if (!end)
			return err_set(err, INVALID, "%.*s: the quote is not closed",
				       STR_ARG(*name));
		*value = (struct str){rest.p + 1, (size_t)(end - rest.p) - 1};
		rest = str_trim((struct str){end + 1, rest.n - (size_t)(end + 1 - rest.p)});
		if (rest.n && rest.p[0] != '#')
			return err_set(err, INVALID, "%.*s: '%.*s' after the closing quote",
				       STR_ARG(*name), STR_ARG(rest));
		return OK;
	}
	/* A comment begins at the start of a line or after white space, because colours and URLs
	 * may contain '#'. */
	for (size_t i = 1; i < rest.n; i++)
		if (rest.p[i] == '#' && (rest.p[i - 1] == ' ' || rest.p[i - 1] == '\t'))
			rest.n = i;
	*value = rest.n && rest.p[0] == '#' ? STR("") : str_trim(rest);
	return OK;
}

static enum status config_read_line(struct config *c, struct str text, int line, struct err *err)
{
	struct str name, value;
	enum status status = config_split_line(text, &name, &value, err);
	if (status != OK || !name.p)
		return status;
	for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
		if (!str_eq(name, str_of(config_options[i].name)))
			continue;
		int before = c->line[i];
		c->line[i] = line;
		if (before && config_options[i].type != CONFIG_TYPE_LINES)
			return err_set(err, INVALID, "%s is set twice, first in line %d",
				       config_options[i].name, before);
	}
	return config_set(c, name, value, err);
}

/* The error names every invalid line that it has room for, and counts the others. */
static enum status config_read_lines(struct config *c, struct str text, const char *path,
				     struct err *err)
{
	enum { REST = sizeof("; and 1000000 more") };
	struct err one, all;
	enum status first = OK;
	size_t used = 0;
	int left = 0;
	for (int line = 1; text.p; line++) {
		enum status status = config_read_line(c, str_cut(&text, '\n'), line, &one);
		if (status == OK)
			continue;
		if (first == OK) {
			first = err_set(&all, status, "%s:%d: %s", path, line, one.text);
			used = strlen(all.text);
			continue;
		}
		int n = left ? -1
			     : snprintf(all.text + used, sizeof(all.text) - used, "; line %d: %s",
					line, one.text);
		if (n >= 0 && used + (size_t)n + REST < sizeof(all.text))
			used += (size_t)n;
		else
			left++;
	}
	if (left)
		snprintf(all.text + used, sizeof(all.text) - used, "; and %d more", left);
	return first == OK ? OK : err_set(err, first, "%s", all.text);
}

enum status config_parse(struct config *c, struct str text, const char *path, struct err *err)
{
	struct config fresh;
	enum status status = OK;
	config_init(&fresh);
	if (!utf8_is_valid(text))
		status = err_set(err, INVALID, "%s: not valid UTF-8", path);
	if (status == OK && text.n)
		status = config_read_lines(&fresh, text, path, err);
	struct str copies[] = {str_of(path), text};
	for (size_t i = 0; i < COUNT_OF(copies) && status == OK; i++) {
		copies[i] = arena_str(&fresh.arena, copies[i]);
		must(copies[i].p); /* the arena has room for CONFIG_FILE_MAX */
	}
	if (status != OK) {
		config_release(&fresh);
		return status;
	}
	fresh.path = copies[0].p;
	fresh.source = copies[1];
	config_release(c);
	*c = fresh;
	return OK;
}

enum status config_read(struct config *c, const char *path, struct err *err)
{
	struct buf file;
	buf_init(&file, CONFIG_FILE_MAX);
	enum status status = io_read_file(path, &file, err);
	if (status == OK)
		status = config_parse(c, buf_view(&file), path, err);
	buf_release(&file);
	return status;
}

bool config_has_secrets(const struct config *c)
{
	for (size_t i = 0; i < CONFIG_OPTIONS; i++)
		if (config_options[i].type == CONFIG_TYPE_SECRET && c->text[i][0] != '\0')
			return true;
	return false;
}

enum status config_prefix(const struct config *c, enum config_id id, struct err *err,
			  enum status status)
{
	if (!c->line[id])
		return err_prefix(err, status, "%s", config_options[id].name);
	return err_prefix(err, status, "%s:%d: %s", c->path, c->line[id], config_options[id].name);
}

int64_t config_number(const struct config *c, enum config_id id)
{
	must(config_options[id].type < CONFIG_TYPE_TEXT);
	return c->number[id];
}

const char *config_text(const struct config *c, enum config_id id)
{
	must(config_options[id].type >= CONFIG_TYPE_TEXT);
	return c->text[id];
}

void config_write_sample(const struct config *c, struct buf *out)
{
	buf_puts(
	    out,
	    "# Settings of this instance; 'holdfast config' explains them. Commented lines are the\n"
	    "# defaults. After a change: holdfast reload.\n");
	for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
		const struct config_option *o = &config_options[i];
		bool differs = strcmp(c->text[i], o->default_text) != 0;
		bool quote = strchr(c->text[i], '#') || c->text[i][0] == '\0';
		buf_printf(out, "\n# %s\n%s%s = %s%s%s\n", o->text, differs ? "" : "#", o->name,
			   quote ? "\"" : "", c->text[i], quote ? "\"" : "");
	}
}
