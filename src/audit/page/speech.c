/* What the text of a page says about its own declarations: its language, and what its description
 * promises. Only what is clear is reported. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "language/language.h"

#include <string.h>

enum {
	SPEECH_WORDS = 15, /* of a language that a page must have before it is said to be in it */
	SPEECH_LETTERS = 200, /* of a script */
	SPEECH_MOST = 90,     /* percent of the letters */
	PHONE_DIGITS = 7,
	PHONE_DIGITS_WHOLE = 9, /* of a number with its country's code */
};

/* ---- language ---- */

enum script { LATIN, GREEK, CYRILLIC, HEBREW, ARABIC, INDIC, THAI, HANGUL, CHINESE, SCRIPTS };

static const struct {
	enum script script;
	uint32_t from, to;
} script_ranges[] = {
    {LATIN, 'A', 'Z'},         {LATIN, 'a', 'z'},        {LATIN, 0xc0, 0x24f},
    {LATIN, 0x1e00, 0x1eff},   {GREEK, 0x370, 0x3ff},    {GREEK, 0x1f00, 0x1fff},
    {CYRILLIC, 0x400, 0x52f},  {HEBREW, 0x591, 0x5f4},   {ARABIC, 0x620, 0x77f},
    {INDIC, 0x900, 0xdff},     {THAI, 0xe01, 0xe5b},     {CHINESE, 0x3040, 0x30ff},
    {CHINESE, 0x3400, 0x9fff}, {HANGUL, 0xac00, 0xd7a3},
};

static const char *const script_names[] = {"Latin",  "Greek",  "Cyrillic",
					   "Hebrew", "Arabic", "Indic",
					   "Thai",   "Hangul", "Chinese or Japanese"};

/* Languages that are written in one script only. */
static const struct {
	enum script script;
	const char *tags;
} script_tags[] = {
    {LATIN,
     "en de fr it es nl pt ca gl eu da sv nb nn no fi et lv lt is ga cy mt pl cs sk sl hr hu ro sq tr id sw"},
    {GREEK, "el"},
    {CYRILLIC, "ru uk bg mk be"},
    {HEBREW, "he iw"},
    {ARABIC, "ar fa ur"},
    {INDIC, "hi mr ne bn ta te"},
    {THAI, "th"},
    {HANGUL, "ko"},
    {CHINESE, "zh ja"},
};

/* SCRIPTS: of several, or not known. */
static enum script speech_script_of(struct str tag)
{
	for (size_t i = 0; i < COUNT_OF(script_tags); i++)
		for (struct str tags = str_of(script_tags[i].tags); tags.p;)
			if (str_eq_nocase(str_cut(&tags, ' '), tag))
				return script_tags[i].script;
	return SCRIPTS;
}

static enum script speech_script_at(struct str s, size_t *bytes)
{
	uint32_t c = utf8_code(s, bytes);
	for (size_t i = 0; i < COUNT_OF(script_ranges); i++)
		if (c >= script_ranges[i].from && c <= script_ranges[i].to)
			return script_ranges[i].script;
	return SCRIPTS;
}

/* The script of nearly all letters; SCRIPTS: none, or too few of them. */
static enum script speech_script(struct str text)
{
	size_t letters[SCRIPTS + 1] = {0}, all = 0, bytes;
	for (size_t i = 0; i < text.n; i += bytes)
		letters[speech_script_at((struct str){text.p + i, text.n - i}, &bytes)]++;
	for (size_t i = 0; i < SCRIPTS; i++)
		all += letters[i];
	for (size_t i = 0; i < SCRIPTS; i++)
		if (letters[i] >= SPEECH_LETTERS && letters[i] * 100 >= all * SPEECH_MOST)
			return (enum script)i;
	return SCRIPTS;
}

static void speech_compare_language(struct page_state *s)
{
	struct str rest = s->lang, main = str_cut(&rest, '-');
	const struct language *said = language_find(main);
	const struct language *is = language_detect(buf_view(&s->speech), SPEECH_WORDS);
	if (said && is && said != is && language_detectable(said)) {
		page_report(s, "lang-differs", s->lang_line, 0, "lang is \"%.*s\", the text is %s",
			    STR_ARG(s->lang), is->name);
		return;
	}
	/* "sr-Cyrl", "ja-Latn": the tag says the script itself */
	enum script written = speech_script_of(main);
	if (written == SCRIPTS || str_cut(&rest, '-').n == 4)
		return;
	enum script found = speech_script(buf_view(&s->speech));
	if (found != SCRIPTS && found != written)
		page_report(s, "lang-differs", s->lang_line, 0,
			    "lang is \"%.*s\", the letters of the text are %s", STR_ARG(s->lang),
			    script_names[found]);
}

/* ---- what the description promises ---- */

/* Whether the text has a time of day: "9:30", "9.30", "9h30", "9h", "9 am", "9 Uhr". */
static bool speech_has_time(struct str text)
{
	for (size_t i = 1; i + 2 < text.n; i++) {
		const char *p = text.p + i;
		if (!ascii_is_digit(p[-1]) || ascii_is_digit(*p))
			continue;
		if (strchr(":.h", *p) && ascii_is_digit(p[1]) && ascii_is_digit(p[2]))
			return true;
		if (*p == 'h' && !ascii_is_letter(p[1]))
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

static bool speech_names(struct str text, const char *const *words)
{
	for (; *words; words++)
		if (text.n && memmem(text.p, text.n, *words, strlen(*words)))
			return true;
	return false;
}

static bool speech_keeps_hours(struct page_state *s)
{
	static const char *const words[] = {"24/7",
					    "24 h",
					    "24h",
					    "appointment",
					    "vereinbarung",
					    "rendez-vous",
					    "appuntamento",
					    "cita previa",
					    "afspraak",
					    "dogovor",
					    "around the clock",
					    "rund um die uhr",
					    "permanently closed",
					    NULL};
	struct page_week week;
	page_hours_of_text(buf_view(&s->text), &week);
	return s->has_hours || week.any || speech_has_time(buf_view(&s->text)) ||
	       speech_names(buf_view(&s->text), words);
}

static bool speech_keeps_phone(struct page_state *s)
{
	return s->phones || speech_has_number(buf_view(&s->text));
}

/* A street, or what may be a postcode. */
static bool speech_keeps_address(struct page_state *s)
{
	struct str text = buf_view(&s->text);
	size_t digits = 0;
	for (size_t i = 0; i < text.n; i++) {
		digits = ascii_is_digit(text.p[i]) ? digits + 1 : 0;
		if (digits >= 4)
			return true;
	}
	return s->streets > 0;
}

static bool speech_keeps_prices(struct page_state *s)
{
	static const char *const signs[] = {"\u20ac",  "$",   "\u00a3", "\u00a5", "chf",
					    "eur",     "usd", "gbp",    "fr.",    " kr",
					    "z\u0142", "din", "rsd",    NULL};
	return speech_names(buf_view(&s->text), signs);
}

/* What descriptions promise. Whole phrases count wherever they stand; single words, which say
 * other things as well ("we address", "telephone repairs"), only as items of a list:
 * "Bakery in Thun: address, telephone." */
static const struct {
	const char *what;
	bool (*kept)(struct page_state *s);
	const char *const *phrases, *const *items;
} promises[] = {
    {"opening hours", speech_keeps_hours,
     (const char *const[]){"opening hours", "business hours", "\u00f6ffnungszeiten",
			   "openingstijden", "openingsuren", "horaires d", "orari di apertura",
			   "orario di apertura", "horario de apertura", "radno vreme", NULL},
     (const char *const[]){"hours", "horaires", "orari", "horarios", NULL}},
    {"a telephone number", speech_keeps_phone,
     (const char *const[]){"telephone number", "phone number", "telefonnummer", "telefoonnummer",
			   "num\u00e9ro de t\u00e9l\u00e9phone", "numero di telefono",
			   "n\u00famero de tel\u00e9fono", "broj telefona", NULL},
     (const char *const[]){"telephone", "phone", "telefon", "telefoon", "t\u00e9l\u00e9phone",
			   "telefono", "tel\u00e9fono", NULL}},
    {"an address", speech_keeps_address,
     (const char *const[]){"street address", "postal address", NULL},
     (const char *const[]){"address", "adresse", "anschrift", "indirizzo", "direcci\u00f3n",
			   "adres", "adresa", NULL}},
    {"prices", speech_keeps_prices,
     (const char *const[]){"price list", "preisliste", "prijslijst", "liste de prix",
			   "liste des prix", "listino prezzi", "lista de precios", NULL},
     (const char *const[]){"prices", "preise", "prix", "tarifs", "prezzi", "precios", "prijzen",
			   "cene", NULL}},
};

/* Whether a comma, a colon, "and" or the beginning stands before `at`. */
static bool speech_begins_item(struct str text, size_t at)
{
	static const char *const joins[] = {"and ", "und ", "et ", "e ", "y ", "en ", "i ", "& "};
	struct str before = {text.p, at};
	for (size_t i = 0; i < COUNT_OF(joins); i++)
		if (str_ends(before, str_of(joins[i])) &&
		    (before.n == strlen(joins[i]) ||
		     before.p[before.n - strlen(joins[i]) - 1] == ' '))
			return true;
	before = str_trim(before);
	return before.n && strchr(",:;|", before.p[before.n - 1]);
}

/* Whether the item ends at `at`: with a sign, or with the next one. */
static bool speech_ends_item(struct str text, size_t at)
{
	static const char *const joins[] = {" and ", " und ", " et ", " e ",
					    " y ",   " en ",  " i ",  " & "};
	struct str after = {text.p + at, text.n - at};
	if (!str_trim(after).n || strchr(",.;|!", *after.p))
		return true;
	for (size_t i = 0; i < COUNT_OF(joins); i++)
		if (str_starts(after, str_of(joins[i])))
			return true;
	return false;
}

static bool speech_lists(struct str text, const char *const *words)
{
	for (; *words; words++) {
		size_t n = strlen(*words), at = 0;
		const char *hit;
		while (at < text.n && (hit = memmem(text.p + at, text.n - at, *words, n))) {
			at = (size_t)(hit - text.p);
			if (speech_begins_item(text, at) && speech_ends_item(text, at + n))
				return true;
			at += n;
		}
	}
	return false;
}

/* A whole telephone number in the description that the page does not show. */
static void speech_check_number(struct page_state *s, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char digits[PHONE_DIGITS + 1] = "";
		size_t n = 0, end = i + 1;
		if (text.p[i] != '+')
			continue;
		for (;
		     end < text.n && (ascii_is_digit(text.p[end]) || strchr(" ()/.-", text.p[end]));
		     end++) {
			if (!ascii_is_digit(text.p[end]))
				continue;
			memmove(digits, digits + 1, PHONE_DIGITS - 1);
			digits[PHONE_DIGITS - 1] = text.p[end];
			n++;
		}
		if (n >= PHONE_DIGITS_WHOLE &&
		    !(s->digits.n && memmem(s->digits.p, s->digits.n, digits, PHONE_DIGITS)))
			page_report(s, "description-promises", s->description_line, 0,
				    "the telephone number %.*s, which the page does not show",
				    (int)(end - i), text.p + i);
		i = end - 1;
	}
}

/* Only of the page of one business: that of a directory tells what its other pages have. */
static void speech_check_promises(struct page_state *s)
{
	struct buf small;
	if (s->businesses != 1 || !s->description.n)
		return;
	buf_init(&small, PAGE_TEXT_MAX + 1);
	page_squeeze(&small, utf8_cut(s->description, PAGE_TEXT_MAX));
	struct str text = buf_view(&small);
	for (size_t i = 0; i < COUNT_OF(promises); i++)
		if ((speech_names(text, promises[i].phrases) ||
		     speech_lists(text, promises[i].items)) &&
		    !promises[i].kept(s))
			page_report(s, "description-promises", s->description_line, 0,
				    "%s, but the page has none", promises[i].what);
	speech_check_number(s, text);
	buf_release(&small);
}

void page_judge_speech(struct page_state *s)
{
	speech_compare_language(s);
	speech_check_promises(s);
}
