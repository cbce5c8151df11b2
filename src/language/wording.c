#include "language/internal.h"
#include "language/po.h"
#include "base/digits.h"

#include <stdlib.h>
#include <string.h>

const struct word_row word_rows[WORDING_COUNT] = {
#define WORD_IN(id, context, text) [WORD_##id] = {context, text, NULL},
#define PLURAL(id, one, many)      [WORD_##id] = {"", one, many},
#include "language/wording.def"
#undef WORD_IN
#undef PLURAL
};

/* ---- placeholders ---- */

/* The index of a placeholder in the English text; -1: it has none of this name. */
static int word_value(struct str english, struct str name)
{
	struct str found;
	for (int i = 0; po_placeholder(&english, NULL, &found); i++)
		if (str_eq(found, name))
			return i;
	return -1;
}

bool word_form_split(struct str text, struct str english, struct word_form *out)
{
	struct str rest = text, name;
	*out = (struct word_form){.text = text};
	for (int i = 0; i < WORD_PIECES; i++) {
		struct word_piece *piece = &out->piece[i];
		piece->value = -1;
		if (!po_placeholder(&rest, &piece->before, &name))
			return true;
		piece->value = word_value(english, name);
		if (piece->value < 0)
			return false;
	}
	return false;
}

/* ---- English ---- */

const struct wording *wording_english(void)
{
	static struct wording english;
	if (english.language)
		return &english;
	english.language = &languages[0];
	for (int i = 0; i < WORDING_COUNT; i++) {
		struct str one = str_of(word_rows[i].text), many = str_of(word_rows[i].many);
		must(word_form_split(one, one, &english.form[i][0]));
		if (many.p)
			must(word_form_split(many, one, &english.form[i][1]));
	}
	return &english;
}

static const struct wording *wording_or_english(const struct wording *w)
{
	return w ? w : wording_english();
}

const struct language *wording_language(const struct wording *w)
{
	return wording_or_english(w)->language;
}

/* ---- looking up ---- */

int wording_entry_compare(const void *a, const void *b)
{
	const struct wording_entry *x = a, *y = b;
	int order = str_cmp(x->id, y->id);
	return order ? order : str_cmp(x->context, y->context);
}

const struct wording_entry *wording_entry(const struct wording *w, struct str context,
					  struct str id)
{
	const struct wording_entry key = {.context = context, .id = id};
	w = wording_or_english(w);
	return w->entries
		   ? bsearch(&key, w->entry, w->entries, sizeof(*w->entry), wording_entry_compare)
		   : NULL;
}

struct str wording_text(const struct wording *w, enum word_id id)
{
	return wording_or_english(w)->form[id][0].text;
}

struct str wording_find(const struct wording *w, struct str text)
{
	const struct wording_entry *entry = wording_entry(w, STR(""), text);
	return entry ? entry->text[0] : text;
}

static struct str word_form_fill(const struct word_form *form, struct arena *arena,
				 const struct str *value, size_t count)
{
	struct str part[2 * WORD_PIECES];
	size_t parts = 0;
	for (size_t i = 0; i < WORD_PIECES; i++) {
		const struct word_piece *piece = &form->piece[i];
		part[parts++] = piece->before;
		if (piece->value < 0)
			break;
		must((size_t)piece->value < count);
		part[parts++] = value[piece->value];
	}
	return arena_join(arena, part, parts);
}

struct str wording_fill(const struct wording *w, struct arena *arena, enum word_id id,
			const struct str *value, size_t count)
{
	return word_form_fill(&wording_or_english(w)->form[id][0], arena, value, count);
}

struct str wording_count(const struct wording *w, struct arena *arena, enum word_id id, uint64_t n)
{
	char number[WORDING_NUMBER];
	const struct str value = str_of((wording_number(w, n, number), number));
	w = wording_or_english(w);
	must(word_rows[id].many);
	return word_form_fill(&w->form[id][w->language->plural(n)], arena, &value, 1);
}

/* ---- numbers ---- */

void wording_number(const struct wording *w, uint64_t n, char out[WORDING_NUMBER])
{
	const struct language *l = wording_language(w);
	char room[DIGITS_MAX], *to = out;
	struct str digits = digits_of(n, room);
	for (size_t i = 0; i < digits.n; i++) {
		if (i && (digits.n - i) % 3 == 0 && n >= (uint64_t)l->group_from)
			to = stpcpy(to, l->group);
		*to++ = digits.p[i];
	}
	*to = '\0';
}
