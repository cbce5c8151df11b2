#include "contact/internal.h"

#include <string.h>

/* In the order in which they are sealed. The maxima of the fields (routes.c) and an end for each
 * are at most KEEPER_CONTACT together. */
static const struct {
	const char *field, *member;
} person_parts[] = {{"contact.name", "name"},
		    {"contact.organisation", "organisation"},
		    {"contact.email", "email"},
		    {"contact.phone", "phone"},
		    {"contact.note", "note"}};

void person_from_fields(const struct http_request *request, uint8_t out[KEEPER_CONTACT])
{
	uint8_t *at = out;
	memset(out, 0, KEEPER_CONTACT);
	for (size_t i = 0; i < COUNT_OF(person_parts); i++) {
		struct str text = http_field(request, person_parts[i].field)->text;
		must(text.n < KEEPER_CONTACT - (size_t)(at - out));
		at = mempcpy(at, text.p ? text.p : "", text.n);
		at++; /* a NUL ends each */
	}
}

void person_json(const uint8_t sealed[KEEPER_CONTACT], struct json_writer *w)
{
	const char *at = (const char *)sealed, *end = at + KEEPER_CONTACT;
	json_object_begin(w);
	for (size_t i = 0; i < COUNT_OF(person_parts); i++) {
		size_t n = strnlen(at, (size_t)(end - at));
		json_member_str(w, person_parts[i].member, (struct str){at, n});
		at += at + n < end ? n + 1 : n;
	}
	json_object_end(w);
}
