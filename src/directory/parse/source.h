/* The bytes of the file as text: what was packed with gzip is unpacked, and an encoding that was
 * named, UTF-16 or UTF-32 is turned into UTF-8 while they are read. Inside the parser only. */
#ifndef DIRECTORY_PARSE_SOURCE_H
#define DIRECTORY_PARSE_SOURCE_H

#include <sys/types.h>
#include "base/str.h"
#include "directory/parse/parse.h"

struct source;

/* Encodings that a file has by its mark or shape; those of two and four bytes a unit. */
enum { SOURCE_WIDES = 4 };
/* Its name, by number; NULL behind the last. */
const char *source_wide(size_t number);

/* `named`: the converter for the encoding that the options name, or NULL. A byte that is not in it
 * is a failure. The converters belong to the caller. */
struct source *source_open(int fd, const struct source_converters *converters);
void source_close(struct source *s);

/* The first bytes of the text, up to 64 KiB; they are read again. */
struct str source_head(struct source *s);
/* At most n bytes; 0 at the end, or after source_failure says why. */
ssize_t source_read(struct source *s, char *p, size_t n);
/* For json_source. */
ssize_t source_read_json(void *source, char *p, size_t n);

/* Why it cannot be read to its end; NULL: it was. */
const char *source_failure(const struct source *s);
/* Whether it is packed with gzip. */
bool source_packed(const struct source *s);
/* The encoding that was named or found, which is UTF-8 now, whatever the document declares; NULL:
 * none. After the first read. */
const char *source_encoding(const struct source *s);
/* Bytes of the file itself. */
uint64_t source_consumed(const struct source *s);

/* The whole file when it is a ZIP archive (a sheet of XLSX, or a packed file), else an empty slice;
 * valid until release. */
struct str source_archive(struct source *s, const char **failure);
/* Go on with these bytes in place of the file. Takes ownership. */
void source_replace(struct source *s, char *text, size_t n);

#endif
