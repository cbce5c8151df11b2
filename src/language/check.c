#include "language/check.h"
#include "base/lower_bound.h"
#include "language/internal.h"
#include "language/tags.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the program's messages ---- */

void po_list_release(struct po_list *list)
{
	free(list->message);
	*list = (struct po_list){.count = 0};
}

void po_list_add(struct po_list *list, const struct po_list_message *message)
{
	list->message =
	    memory_grow(list->message, &list->room, list->count + 1, sizeof(*list->message));
	list->message[list->count] = *message;
	list->message[list->count].at = list->count;
	list->count++;
}

void po_list_add_wording(struct po_list *list)
{
	for (int i = 0; i < WORDING_COUNT; i++)
		po_list_add(list,
			    &(struct po_list_message){.context = str_of(word_rows[i].context),
						      .id = str_of(word_rows[i].text),
						      .plural = str_of(word_rows[i].many),
						      .file = STR("src/language/wording.def")});
}

enum status po_list_add_tags(struct po_list *list, struct str file, struct str source,
			     struct err *err)
{
	struct text_tag_reader r = {.file = file, .rest = source, .line = 1};
	struct text_tag tag;
	bool found;
	enum status status;
	while ((status = tag_next(&r, &tag, &found, err)) == OK && found)
		po_list_add(list, &(struct po_list_message){
				      .context = tag.context,
				      .id = tag.id,
				      .plural = tag.count.n ? tag.plural : (struct str){NULL, 0},
				      .file = file,
				      .line = tag.line});
	return status;
}

static int check_compare(struct str id, struct str context, struct str id2, struct str context2)
{
	int order = str_cmp(id, id2);
	return order ? order : str_cmp(context, context2);
}

static int check_list_compare(const void *a, const void *b)
{
	const struct po_list_message *x = a, *y = b;
	int order = check_compare(x->id, x->context, y->id, y->context);
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

void po_list_sort(struct po_list *list)
{
	size_t n = 0;
	if (!list->count)
		return;
	qsort(list->message, list->count, sizeof(*list->message), check_list_compare);
	for (size_t i = 0; i < list->count; i++) {
		const struct po_list_message *m = &list->message[i];
		const struct po_list_message *last = n ? &list->message[n - 1] : NULL;
		if (!last || check_compare(m->id, m->context, last->id, last->context) != 0)
			list->message[n++] = *m;
	}
	list->count = n;
}

/* ---- a file against them ---- */

static bool check_list_before(const void *element, const void *message)
{
	const struct po_list_message *at = element;
	const struct po_message *m = message;
	return check_compare(at->id, at->context, m->id, m->context) < 0;
}

static size_t check_find(const struct po_list *list, const struct po_message *m)
{
	size_t at =
	    lower_bound(list->message, list->count, sizeof(*list->message), check_list_before, m);
	bool found =
	    at < list->count &&
	    check_compare(list->message[at].id, list->message[at].context, m->id, m->context) == 0;
	return found ? at : list->count;
}

/* Report what is wrong with a message that the program has. */
static void check_message(const struct po *po, const struct po_message *m,
			  const struct po_list_message *said, const struct language *language,
			  po_found *found, void *ctx)
{
	unsigned forms = language_forms(language);
	char text[80];
	struct po_finding f = {po->file, m->line, "plural", m->id, text, NULL};
	if ((said->plural.p != NULL) != (m->plural.p != NULL)) {
		f.text = said->plural.p ? "the program counts here, the translation does not"
					: "the translation counts, the program does not";
		f.remedy = said->plural.p ? "write msgid_plural and msgstr[0], msgstr[1], ..."
					  : "write msgid and msgstr";
		found(ctx, &f);
		return;
	}
	if (m->plural.p && m->forms != forms) {
		snprintf(text, sizeof(text), "%s has %u plural forms, here are %u", language->name,
			 forms, m->forms);
		f.remedy = "write one msgstr[N] for each form, in the order of Plural-Forms";
		found(ctx, &f);
		return;
	}
	f.text = m->plural.p ? po_difference(m->plural, m->text[m->forms - 1])
			     : po_difference(m->id, m->text[0]);
	f.kind = "differs";
	f.remedy = "use the placeholders {name} and the tags of the msgid, each as often";
	if (f.text)
		found(ctx, &f);
}

size_t po_check(const struct po_list *list, const struct po *po, const struct language *language,
		bool whole, po_found *found, void *ctx)
{
	bool *there = memory_array(list->count + 1, sizeof(*there));
	size_t translated = 0;
	for (size_t i = 0; i < po->count; i++) {
		const struct po_message *m = &po->message[i];
		size_t at = check_find(list, m);
		if (at == list->count) {
			found(ctx,
			      &(struct po_finding){po->file, m->line, "unused", m->id,
						   "no page says this any more",
						   "remove the message, or correct its msgid"});
			continue;
		}
		if (m->fuzzy || !m->forms || !m->text[0].n)
			continue;
		translated += !there[at];
		there[at] = true;
		check_message(po, m, &list->message[at], language, found, ctx);
	}
	for (size_t i = 0; i < list->count && whole; i++) {
		char file[160], remedy[120];
		const struct po_list_message *m = &list->message[i];
		if (there[i])
			continue;
		snprintf(file, sizeof(file), "%s%.*s", m->line ? "web/" : "", STR_ARG(m->file));
		snprintf(remedy, sizeof(remedy), "add msgid and msgstr to %s", po->file);
		found(ctx, &(struct po_finding){file, m->line, "missing", m->id,
						"there is no translation of this", remedy});
	}
	free(there);
	return translated;
}
