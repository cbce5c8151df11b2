/* The files of web/, carried inside the program (made by tools/embed-files, linked as module
 * web/files), and those of them that an operator replaces.
 *
 * Paths are relative to web/: "templates/home.mustache", "assets/site.css". Bytes are static; the
 * text is NUL-terminated behind its n bytes.
 */
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include "base/err.h"
#include "base/str.h"

struct file {
	struct str path;
	struct str body;
	struct str hash;  /* 16 hex digits of the content: the ETag, and ?v= of links */
	const char *type; /* media type by the path's ending */
};

/* Media types by ending, ends with {0}. */
struct file_type {
	const char *ending, *type;
};
extern const struct file_type files_types[];
/* The media type by the ending of a name; application/octet-stream when it is not in the table. */
const char *files_type(struct str name);

/* Ordered by path, bytewise. */
extern const struct file files[];
extern const size_t files_count;

enum { FILES_REPLACED_MAX = 1 << 20 }; /* bytes of one replacing file */

/* Replace each embedded file for which dir/PATH exists. Call once, before files_find. *replaced:
 * their number. A missing folder is not an error. */
MUST_CHECK enum status files_replace(const char *dir, size_t *replaced, struct err *err);

/* Forget all replacements, so that files_replace can be called again. Texts of files_find that were
 * replaced are freed. */
void files_reset(void);

/* Whether the operator has replaced this file. */
bool files_is_replaced(struct str path);
/* Give an embedded file another content, which is copied; for what is composed of other files.
 * Before files are served. */
void files_compose(struct str path, struct str body);

/* NULL: there is no such file. */
const struct file *files_find(struct str path);
/* The program's own, also when it is replaced. */
const struct file *files_embedded(struct str path);

#endif
