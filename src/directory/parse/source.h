/* The bytes of the file as text: what was packed with gzip is unpacked, and UTF-16 or the encoding
 * that was named is turned into UTF-8 while they are read. Inside the parser only. */
#ifndef DIRECTORY_PARSE_SOURCE_H
#define DIRECTORY_PARSE_SOURCE_H

#include <sys/types.h>
#include "base/str.h"

struct source;

/* `converter` is the iconv_t of utf8_converter() for `encoding`; both NULL: UTF-16 by its mark or
 * shape, anything else as it is. A byte that is not in `encoding` is a failure. */
struct source *source_open(int fd, const char *encoding, void *converter);
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
/* The encoding that was named; NULL: none. */
const char *source_encoding(const struct source *s);
/* What is read is UTF-8 whatever the document declares. After the first read. */
bool source_decodes(const struct source *s);
/* Bytes of the file itself. */
uint64_t source_consumed(const struct source *s);

/* The whole file when it is a ZIP archive (a sheet of XLSX, or a packed file), else an empty slice;
 * valid until release. */
struct str source_archive(struct source *s, const char **failure);
/* Go on with these bytes in place of the file. Takes ownership. */
void source_replace(struct source *s, char *text, size_t n);

#endif
