/* The settings of an instance: one table (options.def), one file (holdfast.conf), one way to read
 * them.
 *
 *   # a comment
 *   web.listen = 127.0.0.1:8080
 *   site.name = "Directory of Examples"
 *
 * A file is read whole or not at all: every mistake is reported with file, line, key and what would
 * be right, and then nothing of it is applied. A name may be given once, unless its type is LINES.
 * Values end at the line's end; quotes are needed only for spaces at the ends or a '#'. Passwords
 * of the database's roles are in a file of their own, see instance.h.
 *
 * Life: config_init gives the defaults, config_read puts a file over them, config_release ends it.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum config_id {
#define OPTION(id, name, type, def, min, max, when, text) CONFIG_##id,
#include "config/options.def"
#undef OPTION
	CONFIG_OPTIONS
};

enum config_type {
	CONFIG_TYPE_BOOL,
	CONFIG_TYPE_INT,
	CONFIG_TYPE_DURATION,
	CONFIG_TYPE_SIZE,
	CONFIG_TYPE_CHOICE,
	CONFIG_TYPE_TEXT,
	CONFIG_TYPE_SECRET,
	CONFIG_TYPE_NAME,
	CONFIG_TYPE_ADDRESS,
	CONFIG_TYPE_NETWORKS,
	CONFIG_TYPE_URL,   /* normalised by web_address.h; empty: none */
	CONFIG_TYPE_LINES, /* may be set several times; the values, one on each line */
};

enum config_when { CONFIG_WHEN_RELOAD, CONFIG_WHEN_RESTART };

struct config_option {
	const char *name;
	enum config_type type;
	const char *default_text;
	int64_t min, max;
	enum config_when when; /* when a change takes effect */
	const char *text;
};
extern const struct config_option config_options[CONFIG_OPTIONS];

/* "a duration such as 10s", "one of text|json": the form of an option's value. */
void config_describe(const struct config_option *o, struct buf *out);

enum { CONFIG_FILE_MAX = 1 << 20 };

struct config {
	struct arena arena;
	const char *text[CONFIG_OPTIONS];
	int64_t number[CONFIG_OPTIONS];
	int line[CONFIG_OPTIONS]; /* line of the file that sets it; 0: the file does not */
	const char *path;         /* of the file; NULL: none was read */
	struct str source;        /* text of the file */
};

void config_init(struct config *c);
void config_release(struct config *c);

/* Read a file over the defaults. INVALID: err has the mistakes, "file:line: ...; line N: ...". */
MUST_CHECK enum status config_read(struct config *c, const char *path, struct err *err);
/* As config_read, with the text of a file that was read before. */
MUST_CHECK enum status config_parse(struct config *c, struct str text, const char *path,
				    struct err *err);

/* Whether a secret is set. */
bool config_has_secrets(const struct config *c);

/* Put "file:line: option" in front of an error about an option's value, as far as a file sets it.
 */
enum status config_prefix(const struct config *c, enum config_id id, struct err *err,
			  enum status status);

/* Set one option, with the checks of config_read. */
MUST_CHECK enum status config_set(struct config *c, struct str name, struct str value,
				  struct err *err);

/* config_number: BOOL, INT, DURATION (ms), SIZE (bytes), CHOICE (index). config_text: the other
 * types. Any other use is a bug. */
int64_t config_number(const struct config *c, enum config_id id);
const char *config_text(const struct config *c, enum config_id id);

/* Parse a duration such as "500ms", "10s", "5min", "1h". */
MUST_CHECK bool config_duration(struct str text, int64_t *ms);

/* Write a file with every option, its text, and its default as a comment; options that differ are
 * set. */
void config_write_sample(const struct config *c, struct buf *out);

#endif
