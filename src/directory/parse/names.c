/* What the columns of files and the keys of OpenStreetMap stand for. */
#include "directory/parse/internal.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const struct binding headers[] = {
#define HEADER(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#define TAG(name, target, field, detail)
#define PROPERTY(name, target, field, detail)
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
#undef PROPERTY
};

static const struct binding tags[] = {
#define HEADER(name, target, field, detail)
#define TAG(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#define PROPERTY(name, target, field, detail)
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
#undef PROPERTY
};

static const struct binding properties[] = {
#define HEADER(name, target, field, detail)
#define TAG(name, target, field, detail)
#define PROPERTY(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
#undef PROPERTY
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

static const struct binding *binding_in(const struct binding *list, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, str_of(list[i].name)))
			return &list[i];
	return NULL;
}

const struct binding *binding_of_header(struct str header)
{
	static const struct binding email = {"mail", TARGET_EMAIL, RECORD_NAME, NULL};
	char plain[HEADER_BYTES];
	size_t n = plain_header(header, plain);
	const struct binding *b = binding_in(headers, COUNT_OF(headers), (struct str){plain, n});
	/* Whatever a column of e-mail addresses is called, it is contact data. */
	if (!b && n > 4 && memmem(plain, n, "mail", 4) && !memmem(plain, n, "mailing", 7))
		return &email;
	return b;
}

const struct binding *binding_of_tag(struct str key)
{
	return binding_in(tags, COUNT_OF(tags), key);
}

const struct binding *binding_of_property(struct str key)
{
	return binding_in(properties, COUNT_OF(properties), key);
}
