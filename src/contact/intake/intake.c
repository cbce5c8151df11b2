#include "contact/intake/internal.h"

#include "base/ascii.h"
#include "base/utf8.h"

/* "info-at-mill-dot-de", "info #at# mill #dot# de" */
#define FRAME_SIGNS "-_*/|~,\"'\\+=#`^"

enum { HOST_TOKENS = 24, BARE_TOKENS = 4, NEAR = 5 };

const char *intake_kind_name(enum intake_kind kind)
{
	static const char *const names[INTAKE_KINDS] = {
	    [INTAKE_EMAIL] = "an e-mail address",
	    [INTAKE_PHONE] = "a telephone number",
	    [INTAKE_PAGE] = "the address of a page",
	    [INTAKE_HANDLE] = "a name on another platform",
	    [INTAKE_ADDRESS] = "a street address",
	    [INTAKE_REGISTER] = "the number of a company or an account",
	};
	return names[kind];
}

int64_t intake_needed(const struct config *config, bool size_named)
{
	return config_number(config, CONFIG_CONTACT_K) * (size_named ? 3 : 1);
}

struct str intake_lower(struct str text, struct arena *arena)
{
	char *lower = arena_room(arena, text.n + 1);
	for (size_t i = 0; lower && i < text.n; i++)
		lower[i] = ascii_lower(text.p[i]);
	return (struct str){lower ? lower : "", lower ? text.n : 0};
}

/* ---- addresses ---- */

/* An ending that stands for a host also without a dot before it. */
static bool scan_is_domain(const struct token *t)
{
	return t->text.n && ascii_is_lower(t->text.p[0]) && !(t->class & CLASS_COMMON) &&
	       (t->class & CLASS_ENDING || (t->class & CLASS_ENDING_WORD && t->text.n == 2));
}

/* "(at)", "[.]", "-at-", "*dot*": the token between two signs. n: the first sign. */
static bool scan_framed(const struct intake_scan *s, int n, const char *opens)
{
	return scan_one_of(s, n, opens) && scan_at(s, n + 2)->kind == TOKEN_SIGN &&
	       scan_at(s, n + 2)->text.n && !scan_sign(s, n + 2, ',');
}

/* A dot at n with an ending behind it, as a sign or as a word. *end: the ending. */
static bool scan_dot(const struct intake_scan *s, int n, int *end)
{
	const struct token *dot = scan_at(s, n), *ending = scan_at(s, n + 1);
	unsigned spelled = CLASS_DOT | CLASS_POINT;
	if (scan_framed(s, n, "([{<") &&
	    (scan_at(s, n + 1)->class & spelled || scan_sign(s, n + 1, '.'))) {
		*end = n + 3;
		return scan_is_word(s, n + 3);
	}
	if (scan_framed(s, n, FRAME_SIGNS) && scan_at(s, n + 1)->class & spelled) {
		*end = n + 3;
		return scan_at(s, n + 3)->class & (CLASS_ANY_ENDING | CLASS_ENDING_SPOKEN);
	}
	*end = n + 1;
	if (dot->class & spelled) {
		/* "Punkt, at", "Punkt: at" */
		if (scan_one_of(s, n + 1, ",:~"))
			ending = scan_at(s, ++*end);
		/* "au point de vente", "the point is it", but "mulino punto it" */
		if (dot->class & CLASS_POINT)
			return ending->class & (CLASS_ENDING | CLASS_ENDING_SPOKEN) ||
			       str_eq_nocase(ending->text, STR("be")) ||
			       str_eq_nocase(ending->text, STR("paris")) ||
			       (scan_is_domain(ending) && !scan_is_word(s, *end + 1) &&
				!(scan_at(s, n - 1)->class & CLASS_ARTICLE));
		return ending->class & (CLASS_ENDING | CLASS_ENDING_SPOKEN) ||
		       (ending->class & CLASS_ENDING_WORD &&
			(ending->text.n > 2 || !scan_is_word(s, *end + 1) ||
			 !(str_eq_nocase(ending->text, STR("in")) ||
			   str_eq_nocase(ending->text, STR("is")) ||
			   str_eq_nocase(ending->text, STR("to")) ||
			   str_eq_nocase(ending->text, STR("no")))));
	}
	/* "millworks,com", but not "de,fr,com" */
	if (scan_sign(s, n, ',') && !dot->spaced && !ending->spaced)
		return scan_is_domain(ending) && ending->class & CLASS_ENDING &&
		       scan_at(s, n - 1)->text.n > 3 && !scan_sign(s, n - 2, ',');
	/* "millworks . c o m" */
	bool letters =
	    ending->class & CLASS_ENDING_SPOKEN && memchr(ending->text.p, ' ', ending->text.n);
	bool spoken =
	    letters || (ending->class & CLASS_ENDING_SPOKEN && !dot->spaced && !ending->spaced);
	if (!scan_sign(s, n, '.') || !(ending->class & CLASS_ANY_ENDING || spoken))
		return false;
	/* "firma.de", "firma . de" and "firma .de", but not "der Firma. de". */
	bool lower = ascii_is_lower(ending->text.p[0]);
	if (dot->spaced && !ending->spaced)
		return lower && !str_eq(ending->text, STR("net"));
	if (!dot->spaced && ending->spaced)
		return lower && ending->class & CLASS_ENDING;
	return true;
}

/* A host that begins at n and has an ending: words, hyphens, dots. *end: the ending. */
static bool scan_host(const struct intake_scan *s, int n, int *end)
{
	while (scan_one_of(s, n, FRAME_SIGNS ".)]}>") && scan_at(s, n)->text.n)
		n++;
	if (scan_at(s, n)->kind == TOKEN_SIGN)
		return false;
	for (int at = n + 1; at < n + HOST_TOKENS; at++) {
		if (scan_dot(s, at, end))
			return true;
		const struct token *t = scan_at(s, at), *before = scan_at(s, at - 1);
		bool joins = scan_one_of(s, at, FRAME_SIGNS ".([{<)]}>") || t->class & CLASS_DASH ||
			     t->class & CLASS_AND || before->class & CLASS_DASH || !t->spaced ||
			     scan_one_of(s, at, "\"'") ||
			     (before->kind == TOKEN_SIGN && !scan_sign(s, at - 1, ','));
		if (!t->text.n || !joins || scan_one_of(s, at, ";:!?"))
			return false;
	}
	return false;
}

/* "firma de", "meier-bau ch", "firma": a host whose dots are missing, at the end of a phrase.
 * Behind more than one word there must be an ending. *end: the last token. */
static bool scan_bare_host(const struct intake_scan *s, int n, bool needs_ending, int *end)
{
	if (!scan_is_word(s, n) || scan_at(s, n)->class & (CLASS_ARTICLE | CLASS_UNIT))
		return false;
	for (*end = n; *end < n + BARE_TOKENS; ++*end) {
		/* "oakbarn, com" */
		bool comma = scan_sign(s, *end + 1, ',') && scan_is_domain(scan_at(s, *end + 2));
		const struct token *next = scan_at(s, *end + 1 + comma);
		if (scan_sign(s, *end + 1, '-') && scan_attached(s, *end + 2)) {
			++*end;
			continue;
		}
		if (next->class & CLASS_ANY_ENDING && ascii_is_lower(next->text.p[0]) &&
		    !scan_is_word(s, *end + 2 + comma)) {
			*end += 1 + comma;
			return true;
		}
		if (next->kind != TOKEN_WORD)
			break;
	}
	*end = n;
	return !needs_ending;
}

/* "anna.meier", "big_mill", "mill77", "mill#4711", "AB12CD34": names that nobody writes as words.
 * *end: the last token. */
static bool scan_name(const struct intake_scan *s, int n, int *end)
{
	const struct token *t = scan_at(s, n);
	int parts = 1;
	bool sign = false, figure = false;
	*end = n;
	bool first = n == 0 || t->spaced || !scan_one_of(s, n - 1, "._#");
	if (t->kind != TOKEN_WORD || !first)
		return false;
	for (int at = n + 1; at < s->tokens; at++) {
		const struct token *next = scan_at(s, at);
		if (next->spaced)
			break;
		if (next->kind == TOKEN_SIGN) {
			bool goes_on = scan_one_of(s, at, "_.#") && scan_attached(s, at + 1);
			if (!goes_on)
				break;
			sign = sign || scan_one_of(s, at, "_#") ||
			       (ascii_is_lower(t->text.p[0]) && t->text.n > 1 &&
				scan_is_word(s, at + 1) && scan_at(s, at + 1)->text.n > 1 &&
				ascii_is_lower(scan_at(s, at + 1)->text.p[0]));
		} else {
			figure = figure || (next->kind == TOKEN_NUMBER && t->text.n > 2 &&
					    ascii_is_lower(t->text.p[t->text.n - 1]));
			parts++;
		}
		*end = at;
	}
	return sign || figure || parts >= 4;
}

/* "(a) firma (p) de": letters for at and dot, each in brackets. n: the first letter. */
static bool scan_lettered(const struct intake_scan *s, int n)
{
	const struct token *at = scan_at(s, n), *dot = scan_at(s, n + 4);
	return scan_framed(s, n - 1, "([{<") && str_eq_nocase(at->text, STR("a")) &&
	       scan_is_word(s, n + 2) && scan_framed(s, n + 3, "([{<") &&
	       (str_eq_nocase(dot->text, STR("p")) || str_eq_nocase(dot->text, STR("d")) ||
		str_eq_nocase(dot->text, STR("t"))) &&
	       scan_at(s, n + 6)->class & CLASS_ANY_ENDING;
}

/* No preposition, but for "at" itself. */
static bool scan_is_at_only(const struct token *t)
{
	return t->class & CLASS_AT || str_eq_nocase(t->text, STR("at")) ||
	       str_eq_nocase(t->text, STR("aet")) || str_eq_nocase(t->text, STR("presso"));
}

/* "prodaja et mlin rs", "bestellung bei holzbau de", "info at oakbarn, com": a host without its
 * dot behind a word for "at". n: that word. */
static bool scan_at_bare(const struct intake_scan *s, int n, int *end)
{
	const struct token *t = scan_at(s, n);
	bool mailbox = scan_at(s, n - 1)->class & CLASS_MAILBOX;
	if (!scan_is_word(s, n - 1) || !scan_bare_host(s, n + 1, true, end))
		return false;
	const struct token *ending = scan_at(s, *end);
	bool short_host = *end == n + 2;
	/* "contact at any time through this page" */
	if (mailbox && scan_is_at_only(t))
		return short_host || ending->text.n == 2 || ending->class & CLASS_ENDING;
	/* "from a small uk firm" */
	if (!scan_is_domain(ending) || (!mailbox && str_eq_nocase(t->text, STR("a"))))
		return false;
	return mailbox || ending->class & CLASS_ENDING || (short_host && scan_is_at_only(t));
}

/* "anna, then at, then mill, then com". n: the word for "at". */
static bool scan_at_told(const struct intake_scan *s, int n, int *end)
{
	bool then = false;
	for (int i = n - 2; i < n; i++)
		then = then || scan_at(s, i)->class & CLASS_THEN;
	if (!then || !scan_is_at_only(scan_at(s, n)))
		return false;
	for (*end = n + 1; *end <= n + 2 * NEAR; ++*end)
		if (scan_is_domain(scan_at(s, *end)) && scan_at(s, *end - 1)->class & CLASS_THEN)
			return true;
	return false;
}

/* "sales=at=mill=com". n: the word for "at". */
static bool scan_at_in_signs(const struct intake_scan *s, int n)
{
	const struct token *sign = scan_at(s, n - 1);
	for (int i = 1; i <= 3; i += 2)
		if (!scan_one_of(s, n - 2 + i, FRAME_SIGNS) || !sign->text.n ||
		    !str_eq(scan_at(s, n - 2 + i)->text, sign->text))
			return false;
	return str_eq(scan_at(s, n + 3)->text, sign->text) && scan_is_domain(scan_at(s, n + 4));
}

static bool scan_at_word(const struct intake_scan *s, int n, struct intake_found *found)
{
	const struct token *t = scan_at(s, n);
	int end;
	if (n > 1 && scan_lettered(s, n))
		return scan_found(s, INTAKE_EMAIL, n - 2, n + 6, found);
	if (!(t->class & (CLASS_AT | CLASS_MAYBE_AT)) || n == 0)
		return false;
	/* "Osterreich (AT)" */
	if (scan_framed(s, n - 1, "([{<") && n > 1 && scan_is_at_only(t) &&
	    !(scan_at(s, n - 2)->class & CLASS_ORIGIN))
		return scan_found(s, INTAKE_EMAIL, n - 2, n + 4, found);
	if (scan_at_told(s, n, &end))
		return scan_found(s, INTAKE_EMAIL, n - 2, end, found);
	if (scan_at_in_signs(s, n))
		return scan_found(s, INTAKE_EMAIL, n - 2, n + 4, found);
	if (t->class & CLASS_AT && t->text.n > 4)
		return scan_found(s, INTAKE_EMAIL, n - 1, n + 3, found);
	if (scan_at(s, n + 1)->class & CLASS_PROVIDER && !scan_sign(s, n - 1, ','))
		return scan_found(s, INTAKE_EMAIL, n - 1, n + 1, found);
	if (scan_at_bare(s, n, &end))
		return scan_found(s, INTAKE_EMAIL, n - 1, end, found);
	if (!scan_host(s, n + 1, &end))
		return false;
	/* "we are at www.mill.org" and "a firma.de": a page. */
	bool short_word = str_eq_nocase(t->text, STR("a")) || str_eq_nocase(t->text, STR("na"));
	return !(short_word && scan_sign(s, end - 1, '.') && !scan_sign(s, n + 1, ')')) &&
	       scan_found(s, INTAKE_EMAIL, n - 1, end, found);
}

/* The classes of the words near the tokens from `from` to `to`. */
static uint64_t scan_near(const struct intake_scan *s, int from, int to)
{
	uint64_t class = 0;
	for (int i = 1; i <= NEAR; i++) {
		class |= scan_at(s, from - i)->class;
		class |= i < NEAR ? scan_at(s, to + i)->class : 0;
	}
	return class;
}

/* "Verkauf @home": where something is done. Not "Insta @home", nor "@home_bau". n: the word. */
static bool scan_at_home(const struct intake_scan *s, int n)
{
	static const char *const places[] = {"home", "work", "school", "office"};
	const struct token *after = scan_at(s, n + 1);
	bool goes_on = after->text.n && !after->spaced && !scan_one_of(s, n + 1, ",;!?)");
	if (goes_on || !scan_is_word(s, n - 2) ||
	    scan_near(s, n - 1, n) & (CLASS_PLATFORM | CLASS_USER))
		return false;
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (str_eq_nocase(scan_at(s, n)->text, str_of(places[i])))
			return true;
	return false;
}

static bool scan_at_sign(const struct intake_scan *s, int n, struct intake_found *found)
{
	int end;
	if (!scan_sign(s, n, '@'))
		return false;
	bool left = n > 0 && !scan_at(s, n)->spaced &&
		    (scan_at(s, n - 1)->kind == TOKEN_WORD || scan_one_of(s, n - 1, "@._-"));
	int right = n + 1;
	while (scan_one_of(s, right, "@_"))
		right++;
	bool attached = scan_is_word(s, right) && !scan_at(s, right)->spaced;
	bool host = scan_host(s, right, &end);
	if ((left && attached) || (n > 0 && host))
		return scan_found(s, INTAKE_EMAIL, n - 1, host ? end : right, found);
	if (n > 1 && scan_framed(s, n - 1, "([{<"))
		return scan_found(s, INTAKE_EMAIL, n - 2, n + 4, found);
	if (n > 0 && scan_at(s, right)->class & CLASS_PROVIDER)
		return scan_found(s, INTAKE_EMAIL, n - 1, right, found);
	/* "anna.meier@", but not "100 pcs@ 5 EUR" */
	if (left && !scan_attached(s, right) && scan_at(s, right)->kind != TOKEN_NUMBER)
		return scan_found(s, INTAKE_EMAIL, n - 1, n, found);
	/* "info @ firma", "anna @ meier metallbau de" */
	bool mailbox = scan_at(s, n - 1)->class & CLASS_MAILBOX;
	if (attached && right == n + 1 && scan_at_home(s, right))
		return false;
	if (n > 0 && scan_is_word(s, n - 1) && scan_bare_host(s, right, !mailbox, &end))
		return scan_found(s, INTAKE_EMAIL, n - 1, end, found);
	bool platform = scan_at(s, n - 1)->class & CLASS_PLATFORM && scan_is_word(s, right);
	return (attached || platform) && scan_found(s, INTAKE_HANDLE, n, right + 2, found);
}

/* "annameier gmail com", "anna.meier, GMX", "gmail: anna.meier" */
static bool scan_provider(const struct intake_scan *s, int n, struct intake_found *found)
{
	int end;
	if (!(scan_at(s, n)->class & CLASS_PROVIDER))
		return false;
	int after = n + 1;
	while (scan_one_of(s, after, ".,:-~") || scan_at(s, after)->class & CLASS_LINK)
		after++;
	/* "anna meier 77 gmail" */
	if (!scan_is_word(s, n + 1) && scan_at(s, n - 1)->kind == TOKEN_NUMBER &&
	    scan_is_word(s, n - 2))
		return scan_found(s, INTAKE_EMAIL, n - 2, n, found);
	/* "Anbieter gmx, Endung ch" */
	if (scan_near(s, n, n) & CLASS_ENDING_TOLD)
		return scan_found(s, INTAKE_EMAIL, n - 1, after, found);
	if (n > 0 && scan_at(s, after)->class & (CLASS_ENDING | CLASS_ENDING_SPOKEN))
		return scan_found(s, INTAKE_EMAIL, n - 1, after, found);
	for (int at = n - 1; at >= n - 2 * NEAR && at >= 0; at--)
		if (scan_name(s, at, &end) && end < n)
			return scan_found(s, INTAKE_EMAIL, at, n, found);
	return scan_name(s, after, &end) && scan_found(s, INTAKE_EMAIL, n, end, found);
}

static bool scan_email(const struct intake_scan *s, int n, struct intake_found *found)
{
	return scan_at_sign(s, n, found) || scan_at_word(s, n, found) || scan_provider(s, n, found);
}

static bool scan_scheme(const struct intake_scan *s, int n)
{
	static const char *const schemes[] = {"http", "https", "hxxp", "hxxps", "ftp"};
	const struct token *next = scan_at(s, n + 1);
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (str_eq_nocase(scan_at(s, n)->text, str_of(schemes[i])))
			return scan_one_of(s, n + 1, ":/")
				   ? scan_one_of(s, n + 2, "/\\")
				   : str_eq_nocase(next->text, STR("colon")) ||
					 str_eq_nocase(next->text, STR("doppelpunkt"));
	return false;
}

/* "firmadotcom", "firmapunktde" */
static bool scan_glued(struct str word)
{
	static const char *const dots[] = {"dot",   "punkt", "tacka", "tocka",
					   "point", "punt",  "punto"};
	static const char *const endings[] = {"com", "net", "org", "eu", "de", "ch",
					      "at",  "rs",  "fr",  "nl", "it", "es"};
	if (word.n > 5 && str_eq_nocase((struct str){word.p, 3}, STR("www")))
		return true;
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		struct str ending = str_of(endings[i]), rest = word;
		if (word.n <= ending.n ||
		    !str_eq_nocase((struct str){word.p + word.n - ending.n, ending.n}, ending))
			continue;
		rest.n -= ending.n;
		for (size_t d = 0; d < COUNT_OF(dots); d++) {
			struct str dot = str_of(dots[d]);
			if (rest.n > dot.n + 2 &&
			    str_eq_nocase((struct str){rest.p + rest.n - dot.n, dot.n}, dot))
				return true;
		}
	}
	return false;
}

/* The token behind signs and words that announce: "Webseite: ...", "the ending is ...". */
static int scan_behind_link(const struct intake_scan *s, int n)
{
	int at = n;
	while (at < n + NEAR && (scan_one_of(s, at, ":-~=>.,\"(") ||
				 scan_at(s, at)->class & (CLASS_LINK | CLASS_DOT | CLASS_POINT)))
		at++;
	return at;
}

/* "Webseite: muehle ch", "im Netz unter muehle ch", "Domain muehle, Endung ch", "mill slash com":
 * a host whose dot is missing, where a page is spoken of. */
static bool scan_page_told(const struct intake_scan *s, int n, int *end)
{
	const struct token *t = scan_at(s, n);
	int at = scan_behind_link(s, n + 1);
	if (t->class & CLASS_SITE && scan_bare_host(s, at, true, end) &&
	    scan_is_domain(scan_at(s, *end)))
		return true;
	*end = at;
	if (t->class & (CLASS_ENDING_TOLD | CLASS_SLASH) && scan_is_domain(scan_at(s, at)) &&
	    (scan_at(s, at)->class & CLASS_ENDING || !scan_is_word(s, at + 1)))
		return true;
	/* "muehle, dann Punkt, dann ch" */
	int then = n + 1 + scan_sign(s, n + 1, ',');
	*end = then + 1;
	if (t->class & (CLASS_DOT | CLASS_POINT) && scan_at(s, n - 1)->class & CLASS_THEN &&
	    scan_at(s, then)->class & CLASS_THEN && scan_is_domain(scan_at(s, *end)))
		return true;
	/* "muehle mit ch am Ende" */
	*end = n;
	return t->class & CLASS_ENDING_TOLD && scan_is_domain(scan_at(s, n - 1)) &&
	       scan_at(s, n - 1)->class & CLASS_ENDING;
}

/* "mill (ch)", but neither "Bern (CH)" nor "Deutsch (de)". n: the word before the brackets. */
static bool scan_bracketed(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n), *ending = scan_at(s, n + 2);
	if (!scan_framed(s, n + 1, "([{<") || !scan_is_word(s, n) || t->text.n < 3 ||
	    t->class & CLASS_ORIGIN || !scan_is_domain(ending) || !scan_one_of(s, n + 3, ")]}>"))
		return false;
	/* The codes of languages are also endings: "Handbuch (de)". */
	bool host = ascii_is_lower(t->text.p[0]) ||
		    (scan_sign(s, n - 1, '-') && !t->spaced && !scan_at(s, n - 1)->spaced);
	return host || ending->text.n > 2 || str_eq(ending->text, STR("ch")) ||
	       str_eq(ending->text, STR("at")) || str_eq(ending->text, STR("rs"));
}

static bool scan_page(const struct intake_scan *s, int n, struct intake_found *found)
{
	const struct token *t = scan_at(s, n), *before = scan_at(s, n - 1);
	int end;
	if (scan_scheme(s, n))
		return scan_found(s, INTAKE_PAGE, n, n + 6, found);
	if (t->class & CLASS_WEB) {
		int host = n + 1;
		while (scan_one_of(s, host, ".,:") || scan_at(s, host)->class & CLASS_DASH)
			host++;
		if (scan_at(s, host)->kind != TOKEN_SIGN)
			return scan_found(s, INTAKE_PAGE, n, host + 2, found);
	}
	if (scan_glued(t->text))
		return scan_found(s, INTAKE_PAGE, n, n, found);
	if (scan_page_told(s, n, &end))
		return scan_found(s, INTAKE_PAGE, n - 1, end, found);
	if (scan_bracketed(s, n))
		return scan_found(s, INTAKE_PAGE, n, n + 3, found);
	bool numbered = t->kind == TOKEN_NUMBER && !t->spaced && before->kind == TOKEN_WORD;
	if ((t->kind != TOKEN_WORD && !numbered) || !scan_dot(s, n + 1, &end))
		return false;
	bool spelled = !scan_sign(s, n + 1, '.');
	if (spelled && t->class & CLASS_ARTICLE && !scan_one_of(s, n + 1, "([{<"))
		return false;
	const struct token *ending = scan_at(s, end), *after = scan_at(s, end + 1);
	if (str_eq_nocase(ending->text, STR("net")) && t->class & CLASS_FRAMEWORK)
		return false;
	/* "z.B.", "a. M.": one letter is an abbreviation, but "t.me" and "x.com" are hosts. */
	if (t->text.n == 1 && !spelled &&
	    !(str_eq(ending->text, STR("com")) || str_eq(ending->text, STR("me"))))
		return false;
	/* A digit behind the ending belongs to the number of an article: "typ.co2". */
	return !(after->kind == TOKEN_NUMBER && !after->spaced) &&
	       scan_found(s, INTAKE_PAGE, n, end, found);
}

/* ---- names on platforms ---- */

/* „bigmill“: one word in quotation marks. n: the word. */
static bool scan_quoted(const struct intake_scan *s, int n)
{
	return scan_is_word(s, n) && scan_one_of(s, n - 1, "\"'") && scan_one_of(s, n + 1, "\"'") &&
	       scan_at(s, n - 1)->spaced && !scan_at(s, n + 1)->spaced;
}

/* A word that can only be a name: the phrase ends behind it, or goes on with another platform. */
static bool scan_stands_alone(const struct intake_scan *s, int n)
{
	int at = n + 1;
	if (scan_one_of(s, at, ",/|~;(") || scan_at(s, at)->class & CLASS_AND) {
		while (scan_one_of(s, at, ",/|~;(") || scan_at(s, at)->class & CLASS_AND)
			at++;
		return scan_at(s, at)->class & (CLASS_PLATFORM | CLASS_TEL | CLASS_MAIL);
	}
	return scan_is_word(s, n) && (!scan_at(s, at)->text.n || scan_one_of(s, at, ".!)"));
}

static bool scan_capital(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	return t->kind == TOKEN_WORD && t->text.n > 2 && ascii_is_upper(t->text.p[0]) &&
	       ascii_is_lower(t->text.p[1]);
}

/* "heissen wir muehlebern auf Instagram", "notre pseudo Insta est moulindupont", "slash mill on
 * Facebook": a name that is announced where a platform is near. n: the word that announces it. */
static bool scan_called(const struct intake_scan *s, int n, int *end)
{
	const struct token *t = scan_at(s, n);
	if (!(t->class & (CLASS_CALLED | CLASS_SLASH | CLASS_USER)) ||
	    !(scan_near(s, n, n) & CLASS_PLATFORM))
		return false;
	*end = n + 1;
	while (scan_at(s, *end)->class & (CLASS_PLATFORM | CLASS_LINK) ||
	       scan_one_of(s, *end, ":-") ||
	       (scan_is_word(s, *end) && scan_at(s, *end)->text.n <= 3))
		++*end;
	const struct token *before = scan_at(s, *end - 1);
	bool linked = t->class & CLASS_CALLED || before->class & CLASS_LINK ||
		      scan_sign(s, *end - 1, ':') || (t->class & CLASS_SLASH && *end == n + 1) ||
		      (*end > n + 1 && before->kind == TOKEN_WORD && before->text.n <= 3);
	const struct token *name = scan_at(s, *end);
	return linked && name->kind == TOKEN_WORD && name->text.n > 4 && !name->class &&
	       (!scan_is_word(s, *end + 1) || t->class & CLASS_SLASH);
}

static bool scan_handle(const struct intake_scan *s, int n, struct intake_found *found)
{
	const struct token *t = scan_at(s, n);
	int end;
	if (scan_called(s, n, &end))
		return scan_found(s, INTAKE_HANDLE, n, end, found);
	bool quoted = scan_quoted(s, n);
	if (scan_name(s, n, &end) || quoted) {
		uint64_t near = scan_near(s, n, end);
		if (near & (CLASS_PLATFORM | CLASS_USER))
			return scan_found(s, INTAKE_HANDLE, n, end, found);
		if (near & CLASS_MAIL && !quoted)
			return scan_found(s, INTAKE_EMAIL, n, end, found);
	}
	if (!(t->class & CLASS_PLATFORM))
		return false;
	int at = n + 1, links = 0;
	while (scan_at(s, at)->class & CLASS_LINK) {
		at++;
		links++;
	}
	/* The hyphen of "Telegram-Bots" is none. */
	bool compound =
	    scan_sign(s, at, '-') && !scan_at(s, at)->spaced && scan_attached(s, at + 1);
	bool colon = scan_one_of(s, at, ":-~=>") && !compound;
	while (scan_one_of(s, at, ":-~=>\""))
		at++;
	while (compound && scan_at(s, at)->class & CLASS_LINK) {
		at++;
		links++;
	}
	/* "YouTube-Kanal: mill", "Skype: live:mill" */
	colon = colon || (links && scan_sign(s, at, ':'));
	while (colon && (scan_at(s, at)->class & CLASS_LINK || scan_sign(s, at, ':')))
		at++;
	int last = at; /* "grosse-muehle" */
	while (scan_one_of(s, last + 1, "-_.") && !scan_at(s, last + 1)->spaced &&
	       scan_attached(s, last + 2))
		last += 2;
	/* "Instagram: bigmill", "Facebook unter bigmill", but not "Facebook: Inhalte, Anzeigen". */
	bool name = scan_is_word(s, at) && scan_at(s, at)->text.n > 3 && (colon || links) &&
		    (colon || ascii_is_lower(scan_at(s, at)->text.p[0]));
	/* "LinkedIn: Anna Meier" */
	bool person =
	    colon && scan_capital(s, at) && scan_capital(s, at + 1) && !scan_is_word(s, at + 2);
	/* "Threema: MUEHLE01" */
	bool figures = (colon || links) && scan_is_word(s, at) && scan_at(s, at)->text.n > 3 &&
		       scan_attached(s, at + 1) && scan_at(s, at + 1)->kind == TOKEN_NUMBER;
	return ((name && scan_stands_alone(s, last)) || person || figures) &&
	       scan_found(s, INTAKE_HANDLE, n, last, found);
}

static bool scan_names(const struct intake_scan *s, struct intake_found *found)
{
	/* "anna (dot) meier (at) mill (dot) com" has a page in it as well. */
	for (int n = 0; n < s->tokens; n++)
		if (scan_email(s, n, found))
			return true;
	for (int n = 0; n < s->tokens; n++)
		if (scan_page(s, n, found) || scan_handle(s, n, found))
			return true;
	return false;
}

/* A text from its end says "moc tod llim ta selas". Its at signs are those of "@home". */
static bool scan_backwards(const struct intake_scan *s, struct intake_found *found)
{
	for (int n = 0; n < s->tokens; n++)
		if (scan_at_word(s, n, found))
			return true;
	return false;
}

static bool scan_identity(const struct intake_scan *s, struct intake_found *found)
{
	for (int n = 0; n < s->tokens; n++)
		if (scan_address(s, n, found) || scan_register(s, n, found))
			return true;
	return false;
}

static bool scan_numbers(const struct intake_scan *s, struct intake_found *found)
{
	int skip, plain = 0;
	for (int n = 0; n<s->tokens; n += skip> 1 ? skip : 1)
		if (scan_phone(s, n, &skip, found) || scan_spoken(s, n, &plain, found))
			return true;
	return false;
}

/* What is looked for in which reading. By the look of its letters a Cyrillic text has no words that
 * tell an article number from a telephone number. */
static const struct {
	unsigned fold;
	bool (*scan[3])(const struct intake_scan *s, struct intake_found *found);
} intake_readings[] = {
    {0, {scan_names, scan_numbers, scan_identity}},
    {FOLD_JOINED, {scan_names, scan_numbers, scan_identity}},
    {FOLD_FIGURES, {scan_numbers}},
    {FOLD_FIGURES | FOLD_BY_LOOK, {scan_names}},
    {FOLD_FIGURES | FOLD_BY_LOOK | FOLD_JOINED, {scan_names}},
    {FOLD_BACKWARDS, {scan_backwards}},
};

/* The reading is the same text as an earlier one that was searched for the same and more. */
static bool intake_was_read(const struct intake_scan *read, size_t reading)
{
	for (size_t i = 0; i < reading; i++) {
		bool all = true;
		for (size_t j = 0; j < COUNT_OF(intake_readings[i].scan); j++) {
			bool found = !intake_readings[reading].scan[j];
			for (size_t k = 0; k < COUNT_OF(intake_readings[i].scan); k++)
				found = found || intake_readings[i].scan[k] ==
						     intake_readings[reading].scan[j];
			all = all && found;
		}
		if (all && read[i].n == read[reading].n &&
		    memcmp(read[i].folded, read[reading].folded, read[i].n) == 0)
			return true;
	}
	return false;
}

bool intake_screen(struct str text, struct intake_found *found)
{
	/* large; one text at a time */
	static struct intake_text plain;
	static struct intake_scan read[COUNT_OF(intake_readings)];
	intake_read(utf8_cut(text, INTAKE_TEXT_MAX), &plain);
	for (size_t i = 0; i < COUNT_OF(intake_readings); i++) {
		struct intake_scan *s = &read[i];
		s->n = intake_fold(&plain, intake_readings[i].fold, s->folded);
		if (intake_was_read(read, i))
			continue;
		scan_cut(s);
		for (size_t j = 0; j < COUNT_OF(intake_readings[i].scan); j++)
			if (intake_readings[i].scan[j] && intake_readings[i].scan[j](s, found))
				return false;
	}
	return true;
}

bool intake_screen_both(struct str title, struct str body, struct intake_found *found)
{
	char text[INTAKE_TEXT_MAX];
	const struct str order[][2] = {{title, body}, {body, title}};
	if (!intake_screen(title, found) || !intake_screen(body, found))
		return false;
	for (size_t i = 0; title.n && body.n && i < COUNT_OF(order); i++) {
		/* Both are shorter: the routes limit them. */
		struct str first = utf8_cut(order[i][0], sizeof(text) / 2 - 1);
		struct str second = utf8_cut(order[i][1], sizeof(text) / 2 - 1);
		char *end = mempcpy(text, first.p, first.n);
		*end++ = '\n';
		end = mempcpy(end, second.p, second.n);
		if (!intake_screen((struct str){text, (size_t)(end - text)}, found))
			return false;
	}
	return true;
}
