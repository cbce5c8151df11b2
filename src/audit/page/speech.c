/* What the text of a page says about its own declarations: its language, and what its description
 * promises. Only what is clear is reported. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "language/language.h"

#include <string.h>

/* Words of a language that a page must have before it is said to be in it. */
enum { SPEECH_WORDS = 15, PHONE_DIGITS = 7 };

static void speech_compare_language(struct page_state *s)
{
	struct str declared = s->lang, main = str_cut(&declared, '-');
	const struct language *said = language_find(main);
	const struct language *is = language_detect(buf_view(&s->speech), SPEECH_WORDS);
	if (said && is && said != is && language_detectable(said))
		page_report(s, "lang-differs", s->lang_line, 0, "lang is \"%.*s\", the text is %s",
			    STR_ARG(s->lang), is->name);
}

/* Whether the text has a time of day: "9:30", "9.30", "9h30", "9 am", "9 Uhr". */
static bool speech_has_time(struct str text)
{
	for (size_t i = 1; i + 2 < text.n; i++) {
		const char *p = text.p + i;
		if (!ascii_is_digit(p[-1]) || ascii_is_digit(*p))
			continue;
		if (strchr(":.h", *p) && ascii_is_digit(p[1]) && ascii_is_digit(p[2]))
			return true;
		p += *p == ' ' && i + 3 < text.n;
		if (str_starts((struct str){p, text.n - (size_t)(p - text.p)}, STR("uhr")) ||
		    ((*p == 'a' || *p == 'p') && p[1] == 'm'))
			return true;
	}
	return false;
}

/* Whether the text has digits enough for a telephone number, with what may be between them. */
static bool speech_has_number(struct str text)
{
	size_t digits = 0;
	for (size_t i = 0; i < text.n; i++) {
		digits += ascii_is_digit(text.p[i]);
		if (digits >= PHONE_DIGITS)
			return true;
		if (!ascii_is_digit(text.p[i]) && !strchr(" ()/.-+", text.p[i]))
			digits = 0;
	}
	return false;
}

static bool speech_names(struct str text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text.n && memmem(text.p, text.n, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Only of the page of one business: that of a directory tells what its other pages have. */
static void speech_check_promises(struct page_state *s)
{
	static const char *const hours[] = {"opening hours", "\u00f6ffnungszeiten",
					    "openingstijden", "horaires d", "orari di apertura"};
	static const char *const phones[] = {"telephone", "phone number",        "telefon",
					     "telefoon",  "t\u00e9l\u00e9phone", "tel\u00e9fono"};
	struct buf small;
	if (s->businesses != 1 || !s->description.n)
		return;
	buf_init(&small, PAGE_TEXT_MAX + 1);
	page_squeeze(&small, s->description);
	if (speech_names(buf_view(&small), hours, COUNT_OF(hours)) &&
	    !speech_has_time(buf_view(&s->text)) && !s->has_hours)
		page_report(s, "description-promises", s->description_line, 0,
			    "opening hours, but the page has none");
	if (speech_names(buf_view(&small), phones, COUNT_OF(phones)) && !s->phones &&
	    !speech_has_number(buf_view(&s->text)))
		page_report(s, "description-promises", s->description_line, 0,
			    "a telephone number, but the page has none");
	buf_release(&small);
}

void page_judge_speech(struct page_state *s)
{
	speech_compare_language(s);
	speech_check_promises(s);
}
