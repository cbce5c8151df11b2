/* gettext's PO files, read strictly: UTF-8, comments, msgctxt, msgid, msgid_plural, msgstr,
 * msgstr[N], flags. Obsolete messages (#~) are skipped, fuzzy ones count as not translated, as in
 * gettext. Nothing else is known: an unknown keyword is an error with its line. */
#ifndef LANGUAGE_PO_H
#define LANGUAGE_PO_H

#include "language/language.h"

enum { PO_SOURCE_MAX = 1 << 20, PO_MESSAGES_MAX = 4096 };

struct po_message {
	struct str context, id;
	struct str plural; /* p is NULL: the message has no plural */
	struct str text[PLURAL_FORMS_MAX];
	unsigned forms; /* number of `text` that the file has */
	bool fuzzy;
	unsigned line; /* of msgid */
};

struct po {
	const char *file;           /* for messages: "web/po/de.po"; not copied */
	struct po_message *message; /* malloc'ed, in the file's order, without the header */
	size_t count, room;
};

/* Texts are copied into the arena. INVALID: err names file, line and cause. */
MUST_CHECK enum status po_read(struct po *po, struct arena *arena, const char *file,
			       struct str source, struct err *err);
void po_release(struct po *po);

/* ---- what a message and its translation must have in common ---- */

/* The next {name} in *rest, which is cut after it; *before (may be NULL) is the text before.
 * False: there is none, and *before is the rest. */
bool po_placeholder(struct str *rest, struct str *before, struct str *name);
/* Whether a text is HTML: it has a '<'. */
bool po_is_markup(struct str text);
/* NULL when both have the same placeholders and the same tags; else what differs. */
const char *po_difference(struct str id, struct str text);

#endif
