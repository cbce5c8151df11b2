#include "contact/intake/internal.h"

#include "base/ascii.h"
#include "base/utf8.h"

/* "info-at-mill-dot-de", "info #at# mill #dot# de" */
#define FRAME_SIGNS "-_*/|~,\"'\\+=#`^"

enum {
	HOST_TOKENS = 24,
	BARE_TOKENS = 4,
	NEAR = 5,
	SEAM_BYTES = 640,   /* of two texts, where one ends and the other begins */
	READINGS_PLAIN = 5, /* of intake_readings: those of a text that is not disguised */
};

const char *intake_kind_name(enum intake_kind kind)
{
	static const char *const names[INTAKE_KINDS] = {
	    [INTAKE_EMAIL] = "an e-mail address",
	    [INTAKE_PHONE] = "a telephone number",
	    [INTAKE_PAGE] = "the address of a page",
	    [INTAKE_HANDLE] = "a name on another platform",
	    [INTAKE_ADDRESS] = "a street address",
	    [INTAKE_REGISTER] = "the number of a company, an account or a vehicle",
	    [INTAKE_NAME] = "the name of a company or a person",
	};
	return names[kind];
}

const char *intake_kind_advice(enum intake_kind kind)
{
	static const char *const contact =
	    "Leave it out: it belongs to your contact data, which a match reads.";
	static const char *const advice[INTAKE_KINDS] = {
	    [INTAKE_PHONE] =
		("Leave it out: it belongs to your contact data, which a match reads. "
		 "A number of an article, a norm or a drawing may stand behind that word: \"article 4410\"."),
	    [INTAKE_ADDRESS] = "Write the region instead, in its field, or no more than the town.",
	    [INTAKE_REGISTER] =
		"Leave it out. A number of an article, a norm or a drawing may stand behind that word: \"article 4410\".",
	    [INTAKE_NAME] =
		"Write what you do instead of who you are: \"a joinery with 14 people\".",
	};
	return advice[kind] ? advice[kind] : contact;
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
static bool scan_find_dot(const struct intake_scan *s, int n, int *end)
{
	const struct token *dot = scan_at(s, n), *ending = scan_at(s, n + 1);
	word_set spelled = CLASS_DOT | CLASS_POINT;
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

/* Every host that may begin at a token asks for the same dots: they are found once. */
static void scan_all_dots(struct intake_scan *s)
{
	for (int n = 0, end; n < s->tokens; n++)
		s->dot[n] = scan_find_dot(s, n, &end) ? (int16_t)end : 0;
}

static bool scan_dot(const struct intake_scan *s, int n, int *end)
{
	int dot = n >= 0 && n < s->tokens ? s->dot[n] : 0;
	*end = dot ? dot : n + 1;
	return dot;
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

/* "Une arobase en laiton": the sign itself, which nothing is sent to. n: the word for it. */
static bool scan_is_thing(const struct intake_scan *s, int n)
{
	if (!(scan_at(s, n - 1)->class & CLASS_ANY))
		return false;
	for (int at = n + 1, end; at <= n + 2 * NEAR; at++)
		if (scan_dot(s, at, &end) || scan_at(s, at)->class & CLASS_ENDING_TOLD ||
		    (scan_is_domain(scan_at(s, at)) && scan_at(s, at)->class & CLASS_ENDING &&
		     scan_breaks(s, at + 1)))
			return false;
	return true;
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
	bool sign = t->class & CLASS_AT && t->text.n > 4;
	if (sign && scan_is_thing(s, n))
		return false;
	if (sign)
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

/* "Verkauf @home": where something is done. Not "Insta @home", nor "@home_bau". n: the word. */
static bool scan_at_home(const struct intake_scan *s, int n)
{
	const struct token *after = scan_at(s, n + 1);
	bool goes_on = after->text.n && !after->spaced && !scan_one_of(s, n + 1, ",;!?)");
	if (goes_on || !scan_is_word(s, n - 2) ||
	    scan_near(s, n - 1, n) & (CLASS_PLATFORM | CLASS_USER))
		return false;
	return scan_at(s, n)->class & CLASS_HOME;
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
	/* "the gmail box anna.meier", "boite Gmail porte le nom anna.meier" */
	static const word_set told = CLASS_LINK | CLASS_MAILBOX | CLASS_ITEM;
	for (int at = n + 1;
	     at < n + 2 * NEAR && (scan_is_word(s, at) || scan_one_of(s, at, "-:,\"'")); at++)
		if (scan_at(s, at)->class & told && scan_name(s, at + 1, &end))
			return scan_found(s, INTAKE_EMAIL, n, end, found);
	for (int at = n - 1; at >= n - 2 * NEAR && at >= 0; at--)
		if (scan_name(s, at, &end) && end < n)
			return scan_found(s, INTAKE_EMAIL, at, n, found);
	return scan_name(s, after, &end) && scan_found(s, INTAKE_EMAIL, n, end, found);
}

/* "sales*oakbarn*com", "sales{oakbarn}com", "sales / oakbarn / com": an address with other signs.
 * n: the host. */
static bool scan_signed(const struct intake_scan *s, int n, int *end)
{
	bool mailbox = scan_at(s, n - 2)->class & CLASS_MAILBOX;
	const struct token *left = scan_at(s, n - 1), *right = scan_at(s, n + 1);
	if (!scan_is_word(s, n) || !scan_is_word(s, n - 2) || !scan_is_word(s, n + 2))
		return false;
	bool framed = scan_one_of(s, n - 1, "{[(<") && scan_one_of(s, n + 1, "}])>");
	bool same = left->kind == TOKEN_SIGN && str_eq(left->text, right->text) &&
		    scan_one_of(s, n - 1, mailbox ? "*~#|+=/:^" : "*~#|+=^");
	bool attached = scan_attached(s, n) && !left->spaced && !right->spaced;
	*end = n + 2;
	while (str_eq(scan_at(s, *end + 1)->text, left->text) &&
	       scan_at(s, *end + 2)->class & CLASS_ANY_ENDING)
		*end += 2;
	return (framed || same) && (attached || (mailbox && same)) &&
	       scan_is_domain(scan_at(s, n + 2)) && scan_at(s, n + 2)->class & CLASS_ENDING;
}

/* "sales oakbarn co uk". n: the host. */
static bool scan_plain_address(const struct intake_scan *s, int n)
{
	return scan_at(s, n - 1)->class & CLASS_MAILBOX && scan_is_word(s, n) &&
	       str_eq_nocase(scan_at(s, n + 1)->text, STR("co")) &&
	       scan_is_domain(scan_at(s, n + 2)) && scan_breaks(s, n + 3);
}

static bool scan_email(const struct intake_scan *s, int n, struct intake_found *found)
{
	int end = n + 2;
	if (scan_signed(s, n, &end) || scan_plain_address(s, n))
		return scan_found(s, INTAKE_EMAIL, n - 2, end, found);
	return scan_at_sign(s, n, found) || scan_at_word(s, n, found) || scan_provider(s, n, found);
}

static bool scan_scheme(const struct intake_scan *s, int n)
{
	const struct token *next = scan_at(s, n + 1);
	if (!(scan_at(s, n)->class & CLASS_SCHEME))
		return false;
	return scan_one_of(s, n + 1, ":/") ? scan_one_of(s, n + 2, "/\\")
					   : next->class & CLASS_COLON;
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
	/* "domain mill, ending net" */
	if (t->class & CLASS_ENDING_TOLD && scan_at(s, at)->class & CLASS_ENDING &&
	    ascii_is_lower(scan_at(s, at)->text.p[0]) && scan_breaks(s, at + 1))
		for (int site = n - 1; site >= n - 2 * NEAR && !scan_breaks(s, site); site--)
			if (scan_at(s, site)->class & CLASS_SITE)
				return true;
	/* "muehle ch slash katalog" */
	if (t->class & CLASS_SLASH && scan_is_domain(scan_at(s, n - 1)) &&
	    scan_at(s, n - 1)->class & CLASS_ENDING && scan_is_word(s, n - 2) &&
	    !scan_at(s, n - 2)->class && scan_at(s, n - 2)->text.n > 3) {
		*end = n;
		return true;
	}
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

/* "Scan the QR code, it reads oakbarn joinery com", "sajt nam je mlinjovan, pa rs": an ending at
 * the end of a sentence that has a word for a page. n: the ending. */
static bool scan_page_ends(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	if (!scan_is_domain(t) || !(t->class & CLASS_ENDING) || !scan_breaks(s, n + 1))
		return false;
	int word = n - 1;
	while (scan_one_of(s, word, ",") || scan_at(s, word)->class & (CLASS_THEN | CLASS_AND))
		word--;
	const struct token *host = scan_at(s, word);
	if (host->kind != TOKEN_WORD || host->class || host->text.n < 4)
		return false;
	for (int at = word - 1; at >= word - 2 * NEAR && !scan_breaks(s, at); at--)
		if (scan_at(s, at)->class & CLASS_SITE)
			return true;
	return false;
}

/* "moserholz, Punkt und dann ch", "moulindupont, point fr": an ending behind a comma or a "then".
 * n: the word for the dot. */
static bool scan_dot_told(const struct intake_scan *s, int n, int *end)
{
	if (!(scan_at(s, n)->class & (CLASS_DOT | CLASS_POINT)) || !scan_sign(s, n - 1, ',') ||
	    !scan_is_word(s, n - 2))
		return false;
	bool comma = scan_sign(s, n + 1, ',');
	for (*end = n + 1 + comma; scan_at(s, *end)->class & (CLASS_THEN | CLASS_AND);)
		++*end;
	/* "mill, point, net" */
	bool between = comma && ascii_is_lower(scan_at(s, *end)->text.p[0]);
	/* "mill, Punkt, de" */
	bool country = comma && scan_is_domain(scan_at(s, *end)) && scan_at(s, *end)->text.n == 2 &&
		       !scan_at(s, n - 2)->class;
	return (((scan_is_domain(scan_at(s, *end)) || between) &&
		 scan_at(s, *end)->class & CLASS_ENDING) ||
		country) &&
	       scan_breaks(s, *end + 1);
}

/* "tinyurl oakbarn", "bit ly slash oakbarn". n: the word for the shortener. */
static bool scan_shortened(const struct intake_scan *s, int n, int *end)
{
	if (!(scan_at(s, n)->class & CLASS_SHORTENER))
		return false;
	*end = n + 1;
	while (scan_one_of(s, *end, "/:.,~-") ||
	       scan_at(s, *end)->class & (CLASS_SLASH | CLASS_LINK))
		++*end;
	const struct token *t = scan_at(s, *end);
	return t->kind != TOKEN_SIGN && !t->class && !scan_begins_with_class(t->text, CLASS_MEDIA);
}

/* "192.0.2.17:8080" */
static bool scan_host_number(const struct intake_scan *s, int n, int *end)
{
	bool high = false;
	for (int i = 0; i < 4; i++) {
		const struct token *t = scan_at(s, n + 2 * i);
		if (t->kind != TOKEN_NUMBER || t->text.n > 3 || (i && t->spaced) ||
		    (i < 3 && !scan_sign(s, n + 2 * i + 1, '.')))
			return false;
		high = high || t->text.n == 3;
	}
	*end = n + 8;
	/* "192.0.2.17 port 8080" */
	bool port = scan_sign(s, n + 7, ':') ? scan_attached(s, *end)
					     : (scan_at(s, n + 7)->class & CLASS_PORT) != 0;
	return high && port && scan_at(s, *end)->kind == TOKEN_NUMBER;
}

/* "xn--mhle-0ra" */
static bool scan_host_coded(const struct intake_scan *s, int n, int *end)
{
	*end = n + 1;
	while (scan_one_of(s, *end, "-~"))
		++*end;
	return scan_at(s, n)->class & CLASS_HOST_CODED && *end > n + 1 && scan_attached(s, *end);
}

/* "one nine two dot one six eight dot seven dot ten" */
static bool scan_host_spoken(const struct intake_scan *s, int n, int *end)
{
	int dots = 0;
	if (!scan_at(s, n)->digits)
		return false;
	for (*end = n; scan_at(s, *end)->digits || scan_at(s, *end)->class & CLASS_DOT; ++*end)
		dots += scan_at(s, *end)->digits && scan_at(s, *end + 1)->class & CLASS_DOT &&
			scan_at(s, *end + 2)->digits;
	--*end;
	return dots == 3;
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
	/* "type brightglass and then dotcom" */
	bool dotcom = t->class & CLASS_DOTCOM && before->class & CLASS_THEN;
	if (scan_glued(t->text) ||
	    (dotcom && (scan_breaks(s, n + 1) || scan_at(s, n + 1)->class & CLASS_PREP)))
		return scan_found(s, INTAKE_PAGE, n, n, found);
	if (scan_page_told(s, n, &end))
		return scan_found(s, INTAKE_PAGE, n - 1, end, found);
	if (scan_bracketed(s, n))
		return scan_found(s, INTAKE_PAGE, n, n + 3, found);
	if (scan_dot_told(s, n, &end))
		return scan_found(s, INTAKE_PAGE, n - 2, end, found);
	if (scan_shortened(s, n, &end) || scan_host_number(s, n, &end) ||
	    scan_host_spoken(s, n, &end) || scan_host_coded(s, n, &end))
		return scan_found(s, INTAKE_PAGE, n, end, found);
	if (scan_page_ends(s, n))
		return scan_found(s, INTAKE_PAGE, n - 1, n, found);
	bool numbered = t->kind == TOKEN_NUMBER && !t->spaced && before->kind == TOKEN_WORD;
	if ((t->kind != TOKEN_WORD && !numbered) || !scan_dot(s, n + 1, &end))
		return false;
	bool spelled = !scan_sign(s, n + 1, '.');
	if (spelled && t->class & CLASS_ARTICLE && !scan_one_of(s, n + 1, "([{<"))
		return false;
	const struct token *ending = scan_at(s, end), *after = scan_at(s, end + 1);
	if (str_eq_nocase(ending->text, STR("net")) &&
	    (t->class & CLASS_FRAMEWORK ||
	     (spelled && ((t->class & (CLASS_SOFTWARE | CLASS_PREP | CLASS_NO_COUNT)) ||
			  after->class & CLASS_SOFTWARE))))
		return false;
	/* "z.B.", "a. M.": one letter is an abbreviation, but "t.me" and "x.com" are hosts. */
	bool part = before->kind == TOKEN_NUMBER && !t->spaced; /* "mill-67a.net" */
	if (t->text.n == 1 && !spelled && !numbered && !part &&
	    !(str_eq(ending->text, STR("com")) || str_eq(ending->text, STR("me"))))
		return false;
	/* A digit behind the ending belongs to the number of an article: "typ.co2". */
	return !(after->kind == TOKEN_NUMBER && !after->spaced) &&
	       scan_found(s, INTAKE_PAGE, n, end, found);
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
static bool scan_disguised(const struct intake_scan *s, struct intake_found *found)
{
	static const word_set needed =
	    CLASS_AT | CLASS_MAYBE_AT | CLASS_PLATFORM | CLASS_PROVIDER | CLASS_USER | CLASS_SITE;
	word_set class = 0;
	for (int n = 0; n < s->tokens; n++)
		class |= s->token[n].class;
	for (int n = 0; class & needed && n < s->tokens; n++)
		if (scan_at_word(s, n, found) || scan_handle(s, n, found) ||
		    (scan_scheme(s, n) && scan_found(s, INTAKE_PAGE, n, n + 6, found)))
			return true;
	return false;
}

static bool scan_identity(const struct intake_scan *s, struct intake_found *found)
{
	for (int n = 0; n < s->tokens; n++)
		if (scan_address(s, n, found) || scan_register(s, n, found) ||
		    scan_plate(s, n, found) || scan_place(s, n, found))
			return true;
	/* "Moser AG, UID CHE-123.456.789" is known by its number. */
	for (int n = 0; n < s->tokens; n++)
		if (scan_who(s, n, found))
			return true;
	return false;
}

static bool scan_numbers(const struct intake_scan *s, struct intake_found *found)
{
	int skip, plain = 0;
	for (int n = 0; n<s->tokens; n += skip> 1 ? skip : 1)
		if (scan_phone(s, n, &skip, found) || scan_spoken(s, n, &plain, found) ||
		    scan_roman(s, n, found))
			return true;
	return false;
}

/* The searches of each reading. A Cyrillic text that is read by the shape of its letters has no
 * words that tell an article number from a telephone number. */
static const struct {
	unsigned fold;
	bool (*scan[3])(const struct intake_scan *s, struct intake_found *found);
} intake_readings[] = {
    {0, {scan_names, scan_numbers, scan_identity}},
    {FOLD_JOINED, {scan_names, scan_numbers, scan_identity}},
    {FOLD_FIGURES, {scan_numbers}},
    {FOLD_FIGURES | FOLD_BY_LOOK, {scan_names}},
    {FOLD_FIGURES | FOLD_BY_LOOK | FOLD_JOINED, {scan_names}},
    /* READINGS_PLAIN up to here */
    {FOLD_BACKWARDS, {scan_disguised}},
    {FOLD_WORDS_BACKWARDS, {scan_disguised}},
    {FOLD_ROT13, {scan_disguised}},
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

static bool intake_screen_readings(struct str text, size_t readings, struct intake_found *found)
{
	/* large; one text at a time */
	static struct intake_text plain;
	static struct intake_scan read[COUNT_OF(intake_readings)];
	intake_read(text, &plain);
	for (size_t i = 0; i < readings; i++) {
		struct intake_scan *s = &read[i];
		s->n = intake_fold(&plain, intake_readings[i].fold, s->folded);
		if (intake_was_read(read, i))
			continue;
		scan_cut(s);
		scan_all_dots(s);
		for (size_t j = 0; j < COUNT_OF(intake_readings[i].scan); j++)
			if (intake_readings[i].scan[j] && intake_readings[i].scan[j](s, found))
				return false;
	}
	return true;
}

bool intake_screen(struct str text, struct intake_found *found)
{
	char decoded[INTAKE_TEXT_MAX];
	text = utf8_cut(text, INTAKE_TEXT_MAX);
	size_t n = intake_decode(text, decoded);
	return intake_screen_readings(text, COUNT_OF(intake_readings), found) &&
	       (!n || intake_screen_readings((struct str){decoded, n}, READINGS_PLAIN, found));
}

/* Something that is cut in two is at the end of the first text and the beginning of the second. */
static bool intake_screen_seam(struct str first, struct str second, struct intake_found *found)
{
	char text[2 * SEAM_BYTES + 1];
	if (first.n > SEAM_BYTES) {
		size_t from = first.n - SEAM_BYTES;
		while (from < first.n && ((unsigned char)first.p[from] & 0xC0) == 0x80)
			from++;
		first = (struct str){first.p + from, first.n - from};
	}
	second = utf8_cut(second, SEAM_BYTES);
	char *end = mempcpy(text, first.p, first.n);
	*end++ = '\n';
	end = mempcpy(end, second.p, second.n);
	return intake_screen_readings((struct str){text, (size_t)(end - text)}, READINGS_PLAIN,
				      found);
}

bool intake_screen_both(struct str title, struct str body, struct intake_found *found)
{
	if (!intake_screen(title, found) || !intake_screen(body, found))
		return false;
	return !title.n || !body.n ||
	       (intake_screen_seam(title, body, found) && intake_screen_seam(body, title, found));
}
