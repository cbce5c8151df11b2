/* What pages say, in the language they are made in.
 *
 * The program's texts are English; they are the messages (msgid) of gettext's files web/po/TAG.po,
 * which any PO editor edits. An operator's INSTANCE/web/po/TAG.po holds those messages that shall
 * differ; all others are the program's. A message that has no translation is shown in English.
 *
 * Messages come from two places. C code names them by a row of wording.def:
 *
 *   WORD(SOURCES, "Sources and licences")       wording_text(w, WORD_SOURCES)
 *   WORD(KIND_IN, "{category} in {city}")       WORDING_FILL(w, arena, WORD_KIND_IN, kind, city)
 *   PLURAL(FOUND, "{count} business", "{count} businesses")
 *
 * Templates and scripts have them in tags that wording_translate replaces before the template is
 * compiled, once for a tree of pages, so that a page in any language costs the same:
 *
 *   {{_ Opening hours}}                     the text, escaped for HTML
 *   {{_ Businesses in {region}}}            {region} becomes {{region}}: a name of the page
 *   {{_ By <a href="{href}">kind</a>}}      a text with a '<' is HTML, in translations too
 *   {{_@verb Open}}                         with a context (msgctxt), where a word has two meanings
 *   {{_#count {count} business|{count} businesses}}   by the number that {{count}} shows
 *
 * A tag is on one line; the delimiters are always {{ and }}. In scripts the text is escaped for a
 * string literal, and {name} stays for the script to fill in.
 *
 * Life: wording_load once per process and language, wording_free. A `struct wording` does not
 * change; all functions take NULL for English.
 */
#ifndef LANGUAGE_LANGUAGE_H
#define LANGUAGE_LANGUAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct language {
	const char *tag, *html, *name, *locale;
	bool rtl, complete;
	const char *group; /* between groups of three digits, in numbers >= group_from */
	int group_from;
	const char *decimal;
	unsigned (*plural)(uint64_t n);
	const char *countries; /* ISO 3166-1, separated by spaces */
};
extern const struct language languages[];
extern const size_t languages_count;
/* By its tag; "de-AT" finds "de". NULL: pages are not made in it. */
const struct language *language_find(struct str tag);
extern const char *const language_tags[]; /* in the order of `languages`; ends with NULL */
/* The language that most people of a country ("AT") speak. NULL: pages are not made in it. */
const struct language *language_of_country(struct str country);
/* The one of some tags that an Accept-Language header prefers; NULL when it names none of them. */
const char *language_accepted(struct str accept, const char *const tags[]);
/* The language of a text by at least so many of its smallest words, four times as many as of any
 * others. NULL: too few, or not clear; only some languages are recognised. */
const struct language *language_detect(struct str text, unsigned least);
bool language_detectable(const struct language *language);
enum { PLURAL_FORMS_MAX = 6 };
/* Number of plural forms of a language. */
unsigned language_forms(const struct language *l);

enum word_id {
#define WORD_IN(id, context, text) WORD_##id,
#define PLURAL(id, one, many)      WORD_##id,
#include "language/wording.def"
#undef WORD_IN
#undef PLURAL
	WORDING_COUNT
};

struct wording;

/* Read the language's file and the operator's. INVALID: err names file, line, cause and remedy. */
MUST_CHECK enum status wording_load(const struct language *language, struct wording **out,
				    struct err *err);
void wording_free(struct wording *w); /* NULL is allowed */
const struct language *wording_language(const struct wording *w);

struct str wording_text(const struct wording *w, enum word_id id);
/* With values for the placeholders, in the order in which the English text has them. In the arena;
 * p is NULL when it is over its maximum. */
MUST_CHECK struct str wording_fill(const struct wording *w, struct arena *arena, enum word_id id,
				   const struct str *value, size_t count);
#define WORDING_FILL(w, arena, id, ...)                                                            \
	wording_fill((w), (arena), (id), (const struct str[]){__VA_ARGS__},                        \
		     sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
/* A PLURAL with its number as the only value. */
MUST_CHECK struct str wording_count(const struct wording *w, struct arena *arena, enum word_id id,
				    uint64_t n);
/* The translation of a text of another table (labels of facts, groups of categories); the text
 * itself when there is none. */
struct str wording_find(const struct wording *w, struct str text);

/* "12,345" as the language writes it. */
enum { WORDING_NUMBER = 40 };
void wording_number(const struct wording *w, uint64_t n, char out[WORDING_NUMBER]);

/* Replace the tags of a template or script. INVALID: err names file and line. */
enum wording_place { WORDING_IN_HTML, WORDING_IN_SCRIPT };
MUST_CHECK enum status wording_translate(const struct wording *w, struct str file,
					 struct str source, enum wording_place place,
					 struct buf *out, struct err *err);

#endif
