/* Whether the files of translations have what the program says: `holdfast po`. */
#ifndef LANGUAGE_CHECK_H
#define LANGUAGE_CHECK_H

#include "language/po.h"

/* The messages of the program, each once. Texts are borrowed. */
struct po_list {
	struct po_list_message {
		struct str context, id;
		struct str plural; /* p is NULL: none */
		struct str file;   /* where it is said first; below web/ when it has a line */
		unsigned line;     /* 0: the file is a table without lines */
		size_t at;         /* order of adding */
	} * message;
	size_t count, room;
};

void po_list_release(struct po_list *list);
void po_list_add(struct po_list *list, const struct po_list_message *message);
/* The rows of wording.def. */
void po_list_add_wording(struct po_list *list);
/* The tags of a template or script. INVALID: a tag is malformed. */
MUST_CHECK enum status po_list_add_tags(struct po_list *list, struct str file, struct str source,
					struct err *err);
/* Once, after the last message was added: sorts, and removes repetitions. */
void po_list_sort(struct po_list *list);

struct po_finding {
	const char *file; /* of the translations, or where an untranslated message is said */
	unsigned line;
	const char *kind; /* "missing", "unused", "differs", "plural" */
	struct str id;
	const char *text, *remedy;
};
typedef void po_found(void *ctx, const struct po_finding *finding);

/* Compare a file with the list; `whole`: messages that it does not have are findings, too. Returns
 * the number of messages that are translated. */
size_t po_check(const struct po_list *list, const struct po *po, const struct language *language,
		bool whole, po_found *found, void *ctx);

#endif
