/* The bytes of the file as text: what was packed with gzip is unpacked and UTF-16 is turned into
 * UTF-8 while they are read. Inside the parser only. */
#ifndef DIRECTORY_PARSE_SOURCE_H
#define DIRECTORY_PARSE_SOURCE_H

#include <sys/types.h>
#include "base/str.h"

struct source;

/* The whole file when it is a ZIP archive (a sheet of XLSX, or a packed file), else an empty slice;
 * valid until release. */
struct source *source_open(int fd);
void source_close(struct source *s);

/* The first bytes of the text, up to 64 KiB; they are read again. */
struct str source_head(struct source *s);
/* At most n bytes; 0 at the end, or after source_failure says why. */
ssize_t source_read(struct source *s, char *p, size_t n);
/* For json_source. */
ssize_t source_read_json(void *source, char *p, size_t n);

/* Why it cannot be read to its end; NULL: it was. */
const char *source_failure(const struct source *s);
/* "UTF-16", "gzip", or "" */
const char *source_packing(const struct source *s);
/* Bytes of the file itself. */
uint64_t source_consumed(const struct source *s);

/* Read all of the file as it is, to be looked at as an archive. Empty: it is not one. */
struct str source_archive(struct source *s, const char **failure);
/* Go on with this text in place of the file. */
void source_replace(struct source *s, char *text, size_t n);

#endif
