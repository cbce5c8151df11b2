/* What the columns of files and the keys of OpenStreetMap stand for. */
#include "directory/parse/internal.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const struct binding headers[] = {
#define HEADER(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#define TAG(name, target, field, detail)
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
};

static const struct binding tags[] = {
#define HEADER(name, target, field, detail)
#define TAG(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
};

enum { HEADER_BYTES = 80 };

/* Letters and digits only, lower case, without marks: "Öffnungszeiten:" as "offnungszeiten". */
static size_t plain_header(struct str header, char plain[HEADER_BYTES])
{
	utf8proc_uint8_t *folded = NULL;
	size_t ascii = 0, n = 0;
	while (ascii < header.n && !(header.p[ascii] & 0x80))
		ascii++;
	if (ascii < header.n) {
		utf8proc_ssize_t k = utf8proc_map(
		    (const utf8proc_uint8_t *)header.p, (utf8proc_ssize_t)header.n, &folded,
		    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK |
			UTF8PROC_STRIPCC | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
		if (k < 0 || !folded)
			return 0; /* not UTF-8 */
		header = (struct str){(const char *)folded, (size_t)k};
	}
	for (size_t i = 0; i < header.n && n < HEADER_BYTES; i++) {
		char c = ascii_lower(header.p[i]);
		if (ascii_is_lower(c) || ascii_is_digit(c) || (c & 0x80))
			plain[n++] = c;
	}
	free(folded);
	return n;
}

const struct binding *binding_of_header(struct str header)
{
	char plain[HEADER_BYTES];
	size_t n = plain_header(header, plain);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		if (str_eq((struct str){plain, n}, str_of(headers[i].name)))
			return &headers[i];
	return NULL;
}

const struct binding *binding_of_tag(struct str key)
{
	for (size_t i = 0; i < COUNT_OF(tags); i++)
		if (str_eq(key, str_of(tags[i].name)))
			return &tags[i];
	return NULL;
}
