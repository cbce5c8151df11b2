/* From the files web/po/TAG.po, the program's and the operator's, to a struct wording. */
#include "language/internal.h"
#include "language/po.h"
#include "base/files.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDING_BYTES = 4 << 20 };

struct loader {
	struct wording *wording;
	struct po program, own; /* own: the operator's, empty when there is none */
	struct err *err;
};

static enum status load_error(const struct loader *l, const struct po *po,
			      const struct po_message *m, const char *what)
{
	return err_set(l->err, INVALID, "%s, line %u: %s in the translation of \"%.*s\"", po->file,
		       m->line, what, STR_ARG(m->id));
}

static bool load_is_translated(const struct po_message *m)
{
	return !m->fuzzy && m->forms && m->text[0].n;
}

/* A message with all the forms that the language needs. */
static enum status load_check(const struct loader *l, const struct po *po,
			      const struct po_message *m)
{
	unsigned forms = language_forms(l->wording->language);
	if (m->plural.p && m->forms != forms)
		return err_set(l->err, INVALID,
			       "%s, line %u: \"%.*s\" needs msgstr[0] to msgstr[%u]", po->file,
			       m->line, STR_ARG(m->id), forms - 1);
	/* The forms for exactly one or two may omit the number: compare the last form only. */
	const char *why = m->plural.p ? po_difference(m->plural, m->text[m->forms - 1])
				      : po_difference(m->id, m->text[0]);
	return why ? load_error(l, po, m, why) : OK;
}

/* Add a file's messages; those that are there already are replaced. */
static enum status load_add(struct loader *l, const struct po *po)
{
	struct wording *w = l->wording;
	size_t n = w->entries; /* those before n are sorted */
	enum status status = OK;
	for (size_t i = 0; i < po->count && status == OK; i++) {
		const struct po_message *m = &po->message[i];
		if (!load_is_translated(m))
			continue;
		status = load_check(l, po, m);
		struct wording_entry *entry =
		    (struct wording_entry *)wording_entry(w, m->context, m->id);
		if (!entry)
			entry = &w->entry[n++];
		*entry = (struct wording_entry){.context = m->context, .id = m->id};
		for (unsigned k = 0; k < m->forms; k++)
			entry->text[k] = m->text[k];
	}
	w->entries = n;
	qsort(w->entry, n, sizeof(*w->entry), wording_entry_compare);
	for (size_t i = 1; i < n && status == OK; i++)
		if (wording_entry_compare(&w->entry[i - 1], &w->entry[i]) == 0)
			status = err_set(l->err, INVALID, "%s: \"%.*s\" is there twice", po->file,
					 STR_ARG(w->entry[i].id));
	return status;
}

static enum status load_entries(struct loader *l)
{
	struct wording *w = l->wording;
	w->entry = arena_array(&w->arena, l->program.count + l->own.count + 1, sizeof(*w->entry));
	if (!w->entry)
		return err_set(l->err, TOO_LARGE, "%s: more than %d bytes of text", l->program.file,
			       WORDING_BYTES);
	enum status status = load_add(l, &l->program);
	return status == OK ? load_add(l, &l->own) : status;
}

/* The rows of wording.def in this language; English where there is no translation. */
static enum status load_rows(struct loader *l)
{
	struct wording *w = l->wording;
	const struct wording *english = wording_english();
	for (int i = 0; i < WORDING_COUNT; i++) {
		const struct word_row *row = &word_rows[i];
		struct str one = str_of(row->text);
		const struct wording_entry *entry = wording_entry(w, str_of(row->context), one);
		unsigned forms = row->many ? language_forms(w->language) : 1;
		for (unsigned k = 0; k < forms; k++) {
			if (!entry || !entry->text[k].p)
				w->form[i][k] = english->form[i][row->many && k ? 1 : 0];
			else if (!word_form_split(entry->text[k], one, &w->form[i][k]))
				return err_set(
				    l->err, INVALID,
				    "%s: unknown placeholder in the translation of \"%s\"",
				    l->program.file, row->text);
		}
	}
	return OK;
}

enum status wording_load(const struct language *language, struct wording **out, struct err *err)
{
	char path[64], shown[80], own_shown[96];
	struct wording *w = memory_alloc(sizeof(*w));
	struct loader l = {.wording = w, .err = err};
	w->language = language;
	arena_init(&w->arena, WORDING_BYTES);
	snprintf(path, sizeof(path), "po/%s.po", language->tag);
	snprintf(shown, sizeof(shown), "web/%s", path);
	snprintf(own_shown, sizeof(own_shown), "%s of the instance", shown);
	const struct file *program = files_embedded(str_of(path));
	l.program.file = shown; /* English has no file unless an operator makes one */
	enum status status =
	    program ? po_read(&l.program, &w->arena, shown, program->body, err) : OK;
	if (status == OK && files_is_replaced(str_of(path)))
		status = po_read(&l.own, &w->arena, own_shown, files_find(str_of(path))->body, err);
	if (status == OK)
		status = load_entries(&l);
	if (status == OK)
		status = load_rows(&l);
	po_release(&l.program);
	po_release(&l.own);
	if (status != OK) {
		wording_free(w);
		w = NULL;
	}
	*out = w;
	return status;
}

void wording_free(struct wording *w)
{
	if (!w)
		return;
	arena_release(&w->arena);
	free(w);
}
