/* The files of web/, carried inside the program (made by tools/embed-files, linked as module web/files).
 *
 * Paths are relative to web/: "templates/home.html", "assets/site.css". Bytes are static; the text is
 * NUL-terminated behind its n bytes.
 */
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include "base/str.h"

struct file {
	struct str path;
	struct str body;
	struct str hash;  /* 16 hex digits of the content's SHA-256: the ETag, and ?v= of links */
	const char *type; /* media type by the path's ending */
};

/* Ordered by path, bytewise. */
extern const struct file files[];
extern const size_t files_count;

/* NULL when there is none of that path. */
const struct file *files_find(struct str path);

#endif
