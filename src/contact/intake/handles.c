/* Names on platforms and at providers of mailboxes. */
#include "contact/intake/internal.h"

#include "base/ascii.h"

enum { NEAR = 5 };

/* "anna.meier", "big_mill", "mill77", "mill#4711", "AB12CD34": names that nobody writes as words.
 * *end: the last token. */
bool scan_name(const struct intake_scan *s, int n, int *end)
{
	const struct token *t = scan_at(s, n);
	int parts = 1;
	bool sign = false, figure = false, size = false; /* size: "M8x40" */
	*end = n;
	bool first = n == 0 || t->spaced || !scan_one_of(s, n - 1, "._#");
	if (t->kind != TOKEN_WORD || !first)
		return false;
	/* "a.meier", but not "z.b." or "s.unten" */
	bool initial = t->text.n == 1 && scan_sign(s, n + 1, '.') && scan_attached(s, n + 2) &&
		       scan_at(s, n + 2)->text.n > 6;
	for (int at = n + 1; at < s->tokens; at++) {
		const struct token *next = scan_at(s, at);
		if (next->spaced)
			break;
		if (next->kind == TOKEN_SIGN) {
			bool goes_on = scan_one_of(s, at, "_.#") && scan_attached(s, at + 1);
			if (!goes_on)
				break;
			sign = sign || scan_one_of(s, at, "_#") ||
			       (ascii_is_lower(t->text.p[0]) && (t->text.n > 1 || initial) &&
				scan_is_word(s, at + 1) && scan_at(s, at + 1)->text.n > 1 &&
				ascii_is_lower(scan_at(s, at + 1)->text.p[0]));
		} else {
			figure = figure || (next->kind == TOKEN_NUMBER && t->text.n > 2 &&
					    ascii_is_lower(t->text.p[t->text.n - 1]));
			size = size ||
			       (next->kind == TOKEN_WORD && next->text.n == 1 && t->text.n <= 2);
			parts++;
		}
		*end = at;
	}
	return sign || (figure && !size) || (parts >= 4 && !size);
}

/* The classes of the words near the tokens from `from` to `to`. */
word_set scan_near(const struct intake_scan *s, int from, int to)
{
	word_set class = 0;
	for (int i = 1; i <= NEAR; i++) {
		class |= scan_at(s, from - i)->class;
		class |= i < NEAR ? scan_at(s, to + i)->class : 0;
	}
	return class;
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

bool scan_capital(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	return t->kind == TOKEN_WORD && t->text.n > 2 && ascii_is_upper(t->text.p[0]) &&
	       ascii_is_lower(t->text.p[1]);
}

/* "our TikTok is called the quiet kiln", "Notre page Facebook s'appelle La Vieille Scierie": what
 * is behind the verb is a name, however it is written. n: the verb. */
static bool scan_is_named(const struct intake_scan *s, int n)
{
	struct str next = scan_at(s, n + 1)->text;
	bool pronoun = str_eq(next, STR("das")) || str_eq(next, STR("es"));
	if (!(scan_at(s, n)->class & CLASS_NAMED) || !scan_is_word(s, n + 1) || pronoun ||
	    scan_begins_with_class(next, CLASS_MEDIA))
		return false;
	for (int at = n - 1; at >= n - NEAR && !scan_breaks(s, at) && !scan_sign(s, at, ','); at--)
		if (scan_at(s, at)->class & CLASS_PLATFORM)
			return true;
	return false;
}

/* "heissen wir muehlebern auf Instagram", "notre pseudo Insta est moulindupont", "slash mill on
 * Facebook": a name that is announced where a platform is near. n: the word that announces it. */
static bool scan_called(const struct intake_scan *s, int n, int *end)
{
	const struct token *t = scan_at(s, n);
	*end = n + 1;
	if (scan_is_named(s, n))
		return true;
	if (!(t->class & (CLASS_CALLED | CLASS_SLASH | CLASS_USER)) ||
	    !(scan_near(s, n, n) & CLASS_PLATFORM))
		return false;
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
/* ---- plain words beside a platform or a provider of mailboxes ---- */

enum {
	PLAIN_LETTERS = 5, /* of a name that is no word of the list */
	GAP = 4,           /* tokens between a name and its platform */
	PHRASE_WORDS = 5,  /* of a name behind an article or in quotation marks */
	ID_SIGNS = 8,      /* of what a service numbers its users with */
};
#define CLASS_SERVICE (CLASS_PLATFORM | CLASS_PROVIDER)

/* The sentence ends at n. */
bool scan_breaks(const struct intake_scan *s, int n)
{
	return !scan_at(s, n)->text.n || scan_one_of(s, n, ".!?;");
}

/* One of `classes` at n or before it, within `most` tokens of the same sentence. */
static bool scan_before(const struct intake_scan *s, int n, int most, word_set classes)
{
	for (int i = n; i > n - most && !scan_breaks(s, i); i--)
		if (scan_at(s, i)->class & classes)
			return true;
	return false;
}

/* "bigmill": small letters, no word of the list, and none of those that name what is published on
 * platforms ("reels", "Beitraege"). */
static bool handle_is_plain(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	if (t->kind != TOKEN_WORD || t->text.n < PLAIN_LETTERS || t->class & ~CLASS_BESIDE_OTHERS ||
	    t->digits)
		return false;
	for (size_t i = 0; i < t->text.n; i++)
		if (!ascii_is_lower(t->text.p[i]))
			return false;
	return !scan_begins_with_class(t->text, CLASS_MEDIA);
}

static bool handle_is_capital(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	return scan_capital(s, n) &&
	       !(t->class & ~(CLASS_FIRST_NAME | CLASS_PREMISES | CLASS_BESIDE_OTHERS)) &&
	       !scan_begins_with_class(t->text, CLASS_MEDIA);
}

/* What may follow a name: the end of what is said, another part of it, or who it is. */
static bool handle_ends(const struct intake_scan *s, int n)
{
	/* "Ridgeway Castings Sales" */
	bool office = scan_at(s, n)->class & CLASS_MAILBOX && scan_begins_upper(s, n) &&
		      scan_breaks(s, n + 1);
	return office || scan_breaks(s, n) || scan_one_of(s, n, ",)|\"#~") ||
	       scan_at(s, n)->kind == TOKEN_NUMBER ||
	       scan_at(s, n)->class &
		   (CLASS_SELF | CLASS_LINK | CLASS_DASH | CLASS_DOT | CLASS_ROLE);
}

/* "bigmill on Insta", "petermoser, gmail", "tombaker (hotmail)". n: the service. */
static bool handle_before(const struct intake_scan *s, int n, int *from)
{
	static const word_set joining = CLASS_PREP | CLASS_LINK | CLASS_MAYBE_AT | CLASS_THEN;
	bool joined = false, listed = false;
	int at = n - 1;
	for (; at > n - 1 - GAP; at--) {
		bool sign = scan_one_of(s, at, ",(:|/~\"");
		if (!sign && (!(scan_at(s, at)->class & joining) || scan_breaks(s, at)))
			break;
		joined = joined || !sign;
		listed = listed || sign;
	}
	if (!handle_is_plain(s, at))
		return false;
	/* A capital at the begin of another line says something else: "have the papers", "On
	 * Instagram". A title can be a name by itself. */
	if (joined && scan_at(s, at + 1)->line && scan_begins_upper(s, at + 1) &&
	    !scan_at(s, at)->line)
		return false;
	*from = at;
	bool ends = handle_ends(s, n + 1);
	const struct token *before = scan_at(s, at - 1);
	static const word_set announcing =
	    CLASS_SELF | CLASS_LINK | CLASS_CALLED | CLASS_USER | CLASS_MAIL | CLASS_THEN;
	bool starts = scan_breaks(s, at - 1);
	bool begins = starts || before->class & announcing || scan_one_of(s, at - 1, ",:(\"");
	begins = begins || scan_before(s, at - 1, GAP, CLASS_SELF);
	/* "degirmenyilmaz Instagram" */
	return joined ? begins : ends && (listed ? begins : starts);
}

/* "Insta bigmill", "my gmail is petermoser", "On Instagram we go by bigmill". n: the service. */
static bool handle_behind(const struct intake_scan *s, int n, int *to)
{
	static const word_set joining =
	    CLASS_LINK | CLASS_SELF | CLASS_CALLED | CLASS_USER | CLASS_PREP | CLASS_SITE;
	static const word_set announcing = CLASS_PREP | CLASS_SELF | CLASS_LINK | CLASS_ARTICLE |
					   CLASS_CALL | CLASS_TEL | CLASS_MAYBE_AT | CLASS_MAIL;
	int at = n + 1;
	while (at <= n + 2 * GAP &&
	       (scan_at(s, at)->class & joining || scan_one_of(s, at, ":,-~=>\"(|'") ||
		str_eq(scan_at(s, at)->text, STR("e"))))
		at++;
	*to = at;
	bool announced = scan_breaks(s, n - 1) || scan_one_of(s, n - 1, ",:(~") ||
			 scan_at(s, n - 1)->class & announcing ||
			 scan_before(s, n, GAP, CLASS_SELF);
	return announced && handle_is_plain(s, at) && handle_ends(s, at + 1);
}

/* A first name with another name, near the service at n: "Xing Peter Moser", "mail to peter moser,
 * at gmx". */
static bool handle_person(const struct intake_scan *s, int n, int *from, int *to)
{
	for (int at = n - 2 * NEAR; at < n + NEAR; at++) {
		const struct token *t = scan_at(s, at), *next = scan_at(s, at + 1);
		bool pair = t->class & CLASS_FIRST_NAME && next->kind == TOKEN_WORD &&
			    next->text.n > 2 && !(next->class & ~(word_set)CLASS_FIRST_NAME) &&
			    scan_begins_upper(s, at) == scan_begins_upper(s, at + 1) &&
			    !scan_begins_with_class(next->text, CLASS_MEDIA);
		bool spelled = t->class & CLASS_FIRST_NAME &&
			       scan_at(s, n)->class & CLASS_PROVIDER &&
			       scan_before(s, at, NEAR, CLASS_MAIL | CLASS_FIRST_NAME);
		bool same = true;
		for (int i = at < n ? at : n; i < (at < n ? n : at); i++)
			same = same && !scan_breaks(s, i);
		*from = at < n ? at : n;
		*to = at < n ? n : at + 1;
		if (same && at != n && (pair || spelled) && (at < n || at < n + NEAR - 1))
			return pair || at < n;
	}
	return false;
}

/* Search words behind a verb such as "type": "tapez scierie du lac dans Google"; or one word with a
 * capital inside: "einfach holzwerkGraz googeln". n: the search engine. */
static bool handle_typed(const struct intake_scan *s, int n, int *from)
{
	struct str before = scan_at(s, n - 1)->text;
	*from = n - 1;
	for (size_t i = 1; scan_is_word(s, n - 1) && i < before.n; i++)
		if (ascii_is_upper(before.p[i]) && ascii_is_lower(before.p[i - 1]))
			return true;
	if (!(scan_at(s, n - 1)->class & CLASS_PREP) && scan_at(s, n - 1)->text.n > 4)
		return false;
	for (int at = n - 3; at >= n - 2 * NEAR && !scan_breaks(s, at); at--)
		if (scan_at(s, at)->class & CLASS_TYPED) {
			*from = at;
			return true;
		}
	return false;
}

/* "Search for Oakbarn Joinery on LinkedIn", "Facebook page Mill House", "just google oakbarn
 * joinery": two words that a search would find. n: the service, or the verb. */
static bool handle_searched(const struct intake_scan *s, int n, int *from, int *to)
{
	const struct token *t = scan_at(s, n);
	/* "On Teams we are listed as ..." */
	bool user =
	    t->class & CLASS_USER && scan_capital(s, n) && scan_at(s, n - 1)->class & CLASS_PREP;
	if (!(t->class & (CLASS_SERVICE | CLASS_SITE)) && !user)
		return false;
	/* "google", "googeln", "guglajte" */
	bool verb = t->class & CLASS_SITE && ascii_lower(t->text.p[0]) == 'g';
	if (verb && handle_typed(s, n, from)) {
		*to = n;
		return true;
	}
	if (verb && (scan_breaks(s, n - 1) || !(scan_at(s, n - 1)->class & CLASS_PREP))) {
		int at = n + 1;
		while (scan_one_of(s, at, "\"'") || scan_at(s, at)->class & CLASS_PREP)
			at++;
		*from = n;
		*to = at + 1;
		/* "Talblick Werkzeugbau Thun": what is made stands in the middle. */
		bool three = scan_capital(s, at + 1) && handle_is_capital(s, at + 2);
		return (handle_is_plain(s, at) && handle_is_plain(s, at + 1)) ||
		       (handle_is_capital(s, at) && (handle_is_capital(s, at + 1) || three));
	}
	if (!verb && !user && !(t->class & CLASS_SERVICE))
		return false;
	/* behind it, at the end of what is said */
	int at = n + 1;
	while (at <= n + 2 * GAP &&
	       (scan_at(s, at)->class & (CLASS_LINK | CLASS_CALLED | CLASS_PREP | CLASS_SELF) ||
		scan_one_of(s, at, ":\"'")))
		at++;
	*from = n;
	*to = at + 1;
	bool linked = at > n + 1 || scan_breaks(s, n - 1) || scan_before(s, n, 2 * GAP, CLASS_SELF);
	int last = at + 1;
	while (last < at + GAP - 1 && handle_is_capital(s, last + 1))
		last++;
	if (linked && handle_is_capital(s, at) && handle_is_capital(s, at + 1) &&
	    handle_ends(s, last + 1))
		return true;
	/* before it */
	at = n - 1;
	while (at > n - GAP && (scan_at(s, at)->class & CLASS_PREP || scan_one_of(s, at, "\"'")))
		at--;
	*from = at - 1;
	*to = n;
	return at < n - 1 && handle_is_capital(s, at) && handle_is_capital(s, at - 1) &&
	       scan_before(s, at - 2, 3, CLASS_SELF);
}

static bool scan_service(const struct intake_scan *s, int n, struct intake_found *found)
{
	const struct token *t = scan_at(s, n);
	int from = n, to = n;
	if (handle_searched(s, n, &from, &to))
		return scan_found(s, INTAKE_HANDLE, from, to, found);
	if (!(t->class & CLASS_SERVICE))
		return false;
	enum intake_kind kind = t->class & CLASS_PROVIDER ? INTAKE_EMAIL : INTAKE_HANDLE;
	if (handle_before(s, n, &from))
		return scan_found(s, kind, from, n, found);
	return (handle_behind(s, n, &to) || handle_person(s, n, &from, &to)) &&
	       scan_found(s, kind, from, to, found);
}

/* "our TikTok: the old mill", "YouTube << Bois et Copeaux >>": a name of several words behind a
 * platform, known by its article or its quotation marks. at: what is behind the platform and its
 * "page", "channel". The last token; 0: none. */
static int handle_phrase(const struct intake_scan *s, int at)
{
	bool quoted = scan_one_of(s, at, "\"<");
	if (!quoted && !scan_sign(s, at, ':'))
		return 0;
	while (scan_one_of(s, at, ":\"<"))
		at++;
	bool article = scan_at(s, at)->class & CLASS_ARTICLE;
	int last = at;
	for (; last < at + PHRASE_WORDS && scan_is_word(s, last); last++)
		if (scan_begins_with_class(scan_at(s, last)->text, CLASS_MEDIA))
			return 0;
	bool ends = quoted ? scan_one_of(s, last, "\">") : article && scan_breaks(s, last);
	return ends && last - at > 1 ? last - 1 : 0;
}

/* "K7R2MX9P", "863 1234 5678": what a service numbers its users and rooms with. n: its begin. */
static bool handle_id(const struct intake_scan *s, int n, int *end)
{
	size_t letters = 0, digits = 0, groups = 0;
	for (*end = n; scan_at(s, *end)->kind != TOKEN_SIGN; ++*end) {
		const struct token *t = scan_at(s, *end);
		if (*end > n && t->spaced && (letters || t->kind == TOKEN_WORD))
			break;
		if (t->kind == TOKEN_WORD && ascii_is_lower(t->text.p[0]))
			return false;
		letters += t->kind == TOKEN_WORD ? t->text.n : 0;
		digits += t->kind == TOKEN_NUMBER ? t->text.n : 0;
		groups++;
	}
	bool amount = scan_at(s, *end)->class & CLASS_UNIT;
	--*end;
	if (letters)
		return digits && groups > 2 && letters + digits >= ID_SIGNS;
	/* "12 000 000" are followers. */
	return digits > ID_SIGNS && !amount && scan_at(s, *end)->text.n != 3;
}

/* "Our eBay store, same name: StaveAndWood": a capital within, behind what announces a name. */
static bool handle_is_camel(const struct intake_scan *s, int n)
{
	struct str text = scan_at(s, n)->text;
	bool inner = false;
	for (size_t i = 1; scan_is_word(s, n) && i < text.n; i++)
		inner = inner || (ascii_is_upper(text.p[i]) && ascii_is_lower(text.p[i - 1]));
	if (!inner || scan_at(s, n)->class)
		return false;
	/* "subscribe to MillAndKiln on YouTube" */
	if (scan_at(s, n - 1)->class & CLASS_SELF && scan_at(s, n + 1)->class & CLASS_PREP &&
	    scan_at(s, n + 2)->class & CLASS_PLATFORM)
		return true;
	return scan_sign(s, n - 1, ':') && scan_at(s, n - 2)->class & (CLASS_LINK | CLASS_SELF) &&
	       handle_ends(s, n + 1);
}

/* "npub1qf7x2k9v5": a key of Nostr. */
static bool handle_is_key(const struct intake_scan *s, int n)
{
	return scan_at(s, n)->class & CLASS_KEY && scan_attached(s, n + 1) &&
	       scan_at(s, n + 1)->kind == TOKEN_NUMBER && scan_attached(s, n + 2);
}

/* "LinkedIn, /in/jane-miller", "u/oakbarn on Reddit": the end of an address on a platform. n: the
 * word that begins it. */
static bool handle_is_path(const struct intake_scan *s, int n)
{
	return scan_at(s, n)->class & CLASS_PATH && scan_sign(s, n + 1, '/') &&
	       !scan_at(s, n + 1)->spaced && scan_attached(s, n + 2) && scan_is_word(s, n + 2) &&
	       scan_at(s, n + 2)->text.n > 2 &&
	       (scan_sign(s, n - 1, '/') ||
		(scan_at(s, n)->text.n == 1 && scan_at(s, n)->spaced)) &&
	       scan_near(s, n, n + 2) & CLASS_PLATFORM;
}

/* "Retrouvez-nous sur Facebook, Fonderie Nord Lille": a request to search for a name on a platform.
 * n: the platform. */
static bool handle_to_find(const struct intake_scan *s, int n, int *end)
{
	if (!(scan_at(s, n)->class & CLASS_PLATFORM) || !scan_one_of(s, n + 1, ",-~(") ||
	    !scan_before(s, n - 1, NEAR, CLASS_FIND))
		return false;
	for (*end = n + 1; handle_is_capital(s, *end + 1);)
		++*end;
	return *end > n + 2 && handle_ends(s, *end + 1);
}

bool scan_handle(const struct intake_scan *s, int n, struct intake_found *found)
{
	const struct token *t = scan_at(s, n);
	int end;
	if (handle_is_path(s, n))
		return scan_found(s, INTAKE_HANDLE, n, n + 2, found);
	if (handle_to_find(s, n, &end))
		return scan_found(s, INTAKE_HANDLE, n, end, found);
	if (scan_called(s, n, &end))
		return scan_found(s, INTAKE_HANDLE, n, end, found);
	if (scan_service(s, n, found))
		return true;
	if (handle_is_key(s, n))
		return scan_found(s, INTAKE_HANDLE, n, n + 2, found);
	bool quoted = scan_quoted(s, n) || handle_is_camel(s, n);
	if (scan_name(s, n, &end) || quoted) {
		word_set near = scan_near(s, n, end);
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
	int phrase = handle_phrase(s, at);
	if (phrase)
		return scan_found(s, INTAKE_HANDLE, n, phrase, found);
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
	/* "Instagram: kiln underscore works" */
	while (colon && scan_at(s, last + 1)->class & CLASS_DASH && scan_is_word(s, last + 2))
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
	bool direct = at == n + 1 && scan_at(s, at)->kind == TOKEN_NUMBER;
	if ((colon || links || direct) && handle_id(s, at, &end) &&
	    (!direct || handle_ends(s, end + 1)))
		return scan_found(s, INTAKE_HANDLE, n, end, found);
	return ((name && scan_stands_alone(s, last)) || person || figures) &&
	       scan_found(s, INTAKE_HANDLE, n, last, found);
}
