/* The {{_ text}} tags of a template or script, one after the other (language.h has their form). */
#ifndef LANGUAGE_TAGS_H
#define LANGUAGE_TAGS_H

#include "base/err.h"
#include "base/str.h"

struct text_tag_reader {
	struct str file, rest;
	unsigned line; /* of `rest` */
};
struct text_tag {
	struct str before; /* the text before the tag */
	struct str context, id;
	struct str count, plural; /* empty unless it is a plural */
	unsigned line;
};
/* *found false: there is no further tag, and out->before is the rest. */
MUST_CHECK enum status tag_next(struct text_tag_reader *r, struct text_tag *out, bool *found,
				struct err *err);

#endif
