/* Where a company is and how it is registered: what names it without being a way to reach it. */
#include "contact/intake/internal.h"

#include "base/ascii.h"

enum {
	HOUSE_DIGITS = 4,
	STREET_WORDS = 5, /* of a name: "rue de la Paix" */
	REGISTER_DIGITS_SHORT = 3,
	REGISTER_DIGITS = 6,
	REGISTER_DIGITS_LONG = 8,
	REGISTER_WORDS = 4, /* "company number is" */
	IBAN_LEAST = 15,
	IBAN_MOST = 34,
	LEI_SIGNS = 20,
	MOD_97 = 97,
};

/* ---- streets ---- */

/* "12", "12a", "12-14", "n. 12": the number of a house at *at, which becomes the last token. */
static bool scan_house(const struct intake_scan *s, int *at)
{
	int n = *at;
	if (scan_sign(s, n, ','))
		n++;
	if (scan_at(s, n)->class & CLASS_HOUSE) {
		n++;
		n += scan_sign(s, n, '.');
	}
	const struct token *t = scan_at(s, n), *after = scan_at(s, n + 1);
	/* "Rosenstrasse acht", but not "ein Neubau" */
	if (t->digits && t->spaced && !(t->class & (CLASS_ARTICLE | CLASS_ITEM | CLASS_AND))) {
		*at = n;
		return !(after->class & CLASS_UNIT);
	}
	/* Not the figures of "G44L" */
	bool part = !t->spaced && scan_at(s, n - 1)->kind == TOKEN_WORD;
	if (t->kind != TOKEN_NUMBER || t->text.n > HOUSE_DIGITS || t->text.p[0] == '0' || part)
		return false;
	if (after->kind == TOKEN_WORD && !after->spaced) {
		if (after->text.n != 1)
			return false;
		after = scan_at(s, ++n + 1);
	}
	/* "Hauptstrasse 2,5 km" */
	bool decimals = scan_one_of(s, n + 1, ",.") && scan_attached(s, n + 2);
	*at = n;
	bool unit = after->class & CLASS_UNIT && !str_eq_nocase(after->text, STR("bis"));
	/* "der Holzplatz, 12 000 fm" */
	unit = unit || (after->kind == TOKEN_NUMBER && after->spaced && after->text.n == 3);
	return !decimals && !unit && !scan_sign(s, n + 1, '%');
}

/* A lower-case word behind a number is what is counted: "12 palettes", not "12 in Graz". */
static bool scan_counts(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n + 1);
	return t->kind == TOKEN_WORD && ascii_is_lower(t->text.p[0]) &&
	       !(t->class & CLASS_NO_COUNT);
}

/* A postcode with its town: "8001 Zurich", "75011 Paris", "1017 GL Amsterdam". */
static bool scan_town(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	return t->kind == TOKEN_NUMBER && (t->text.n == 4 || t->text.n == 5) && t->spaced &&
	       scan_begins_upper(s, n + 1) && !scan_at(s, n + 1)->line;
}

static bool scan_ends_with(struct str word, const char *end)
{
	size_t n = strlen(end);
	return word.n > n && str_eq_nocase((struct str){word.p + word.n - n, n}, str_of(end));
}

/* "Lindenweg 7, 50667 Koeln": a number and a town behind a word with a capital. */
static bool scan_house_and_town(const struct intake_scan *s, int n, int *end)
{
	*end = n + 1;
	if (!scan_begins_upper(s, n) || scan_at(s, n)->class & CLASS_ITEM || !scan_house(s, end))
		return false;
	/* "KW 12/2027" is a week. */
	bool week = scan_sign(s, *end + 1, '/') && scan_attached(s, *end + 2);
	bool town = scan_one_of(s, *end + 1, ",-/") && !week && scan_town(s, *end + 2);
	*end += town ? 3 : 0;
	/* "Mlinska 12, Novi Sad" */
	struct str street = scan_at(s, n)->text;
	bool adjective =
	    street.n > 5 && (scan_ends_with(street, "ska") || scan_ends_with(street, "cka") ||
			     scan_ends_with(street, "eva") || scan_ends_with(street, "ova"));
	if (adjective && scan_sign(s, *end + 1, ',') && scan_capital(s, *end + 2)) {
		*end += 2;
		return true;
	}
	return town || (scan_town(s, *end + 1) && scan_at(s, *end)->text.n < HOUSE_DIGITS);
}

/* "Hauptstrasse 12", "Bahnhofstr. 5", "Kerkstraat 12", "Alte Landstr. 118" */
static bool scan_street_in_one(const struct intake_scan *s, int n, int *end)
{
	const struct token *t = scan_at(s, n);
	struct str stem;
	*end = n + 1;
	*end += scan_sign(s, *end, '.');
	if (t->kind != TOKEN_WORD || !scan_house(s, end))
		return false;
	word_set class =
	    scan_class_of_end(t->text, CLASS_STREET_END | CLASS_STREET_END_MAYBE, &stem);
	bool alone = t->class & CLASS_STREET_END && scan_begins_upper(s, n - 1);
	if ((!class && !alone) || scan_begins_with_class(t->text, CLASS_NO_STREET))
		return false;
	/* "Bearing 6204", "Catering 120 Personen", but "Nordring 12" */
	if (class & CLASS_STREET_END_MAYBE && stem.n && strchr("aeiou", stem.p[stem.n - 1]) &&
	    str_eq_nocase((struct str){stem.p + stem.n, t->text.n - stem.n}, STR("ring")))
		return false;
	return alone || class & CLASS_STREET_END || (!scan_counts(s, *end) && stem.n > 2);
}

/* "rue de la Paix 14", "via Roma 12", "ulica Kneza Milosa 12" */
static bool scan_street_before(const struct intake_scan *s, int n, int *end)
{
	word_set class = scan_at(s, n)->class;
	/* "C/ Alcala 44" */
	bool calle = str_eq_nocase(scan_at(s, n)->text, STR("c")) && scan_sign(s, n + 1, '/');
	if (!(class & (CLASS_STREET | CLASS_STREET_MAYBE)) && !calle)
		return false;
	int at = n + 1;
	while (scan_one_of(s, at, "./"))
		at++;
	/* "Bulevar oslobodjenja 112": one word, which can be small. */
	*end = at + 1;
	bool small = class & CLASS_STREET && scan_begins_upper(s, n) && scan_is_word(s, at) &&
		     scan_at(s, at)->text.n > 5 && !scan_at(s, at)->class && scan_house(s, end);
	if (small && (scan_breaks(s, *end + 1) || scan_sign(s, *end + 1, ',')))
		return true;
	bool named = false;
	for (int words = 0; words < STREET_WORDS && at < s->tokens; words++, at++) {
		if (named) {
			*end = at;
			if (scan_house(s, end) &&
			    !(class & CLASS_STREET_MAYBE && scan_counts(s, *end)))
				return true;
		}
		at += scan_one_of(s, at, "-'\".");
		if (!scan_is_word(s, at))
			return false;
		named = scan_begins_upper(s, at) && scan_at(s, at)->text.n > 1;
	}
	return false;
}

/* "14 rue de la Paix", "3 bis, avenue Victor-Hugo", "12 High Street", "221B Baker Street" */
static bool scan_street_after(const struct intake_scan *s, int n, int *end)
{
	int at = n;
	const struct token *t = scan_at(s, n);
	bool told = t->digits && !(t->class & (CLASS_ARTICLE | CLASS_ITEM | CLASS_AND));
	if ((t->kind != TOKEN_NUMBER && !told) || !scan_house(s, &at) ||
	    scan_at(s, n - 1)->class & CLASS_ITEM)
		return false;
	at = n + 1;
	if (scan_attached(s, at))
		at++;
	bool bis = str_eq_nocase(scan_at(s, at)->text, STR("bis")) ||
		   str_eq_nocase(scan_at(s, at)->text, STR("ter"));
	at += bis;
	int plain = at;
	at += scan_sign(s, at, ',');
	/* "rue de la Paix", but not "calle cortada. Calle ..." */
	int word = at + 1;
	while (scan_is_word(s, word) && !scan_begins_upper(s, word) &&
	       scan_at(s, word)->text.n <= 3)
		word++;
	*end = word;
	if (scan_at(s, at)->class & CLASS_STREET && scan_begins_upper(s, word))
		return true;
	/* "au 4 chemin du Moulin", but not "2 routes vers Lyon" */
	if (scan_at(s, at)->class & CLASS_STREET_MAYBE && word > at + 1 &&
	    scan_begins_upper(s, word) &&
	    (scan_at(s, n - 1)->class & CLASS_PREP ||
	     str_eq_nocase(scan_at(s, n - 1)->text, STR("au"))))
		return true;
	for (word = plain; word < plain + 3 && scan_begins_upper(s, word); word++)
		if (word > plain && scan_at(s, word)->class & CLASS_STREET_AFTER) {
			*end = word;
			return !scan_counts(s, word);
		}
	return false;
}

static bool scan_upper_word(const struct intake_scan *s, int n, size_t least, size_t most)
{
	const struct token *t = scan_at(s, n);
	bool is = t->kind == TOKEN_WORD && t->text.n >= least && t->text.n <= most;
	for (size_t i = 0; is && i < t->text.n; i++)
		is = ascii_is_upper(t->text.p[i]);
	return is;
}

/* "SW1A 1AA" behind a comma or a town: a British postcode is a street. */
static bool scan_british(const struct intake_scan *s, int n, int *end)
{
	int at = n + 1;
	if (!scan_upper_word(s, n, 1, 2) || scan_at(s, at)->kind != TOKEN_NUMBER ||
	    scan_at(s, at)->spaced || scan_at(s, at)->text.n > 2)
		return false;
	at++;
	at += scan_upper_word(s, at, 1, 1) && !scan_at(s, at)->spaced;
	const struct token *inward = scan_at(s, at), *letters = scan_at(s, at + 1);
	*end = at + 1;
	return inward->kind == TOKEN_NUMBER && inward->text.n == 1 && inward->spaced &&
	       !letters->spaced && scan_upper_word(s, at + 1, 2, 2) &&
	       (scan_sign(s, n - 1, ',') || (n == 0 && scan_breaks(s, at + 2)) ||
		scan_at(s, n - 1)->class & (CLASS_LINK | CLASS_PREP) ||
		(scan_begins_upper(s, n - 1) && !(scan_at(s, n - 1)->class & CLASS_ITEM)));
}

/* "Am Muehlbach 12", "An der Stadtmauer 4": a spot that streets are named after. */
static bool scan_spot(const struct intake_scan *s, int n, int *end)
{
	struct str stem;
	*end = n + 2;
	return scan_at(s, n)->class & CLASS_SPOT_BEFORE && scan_capital(s, n + 1) &&
	       (scan_class_of_end(scan_at(s, n + 1)->text, CLASS_SPOT, &stem) ||
		scan_at(s, n + 1)->class & CLASS_SPOT) &&
	       scan_house(s, end) && (scan_breaks(s, *end + 1) || scan_sign(s, *end + 1, ','));
}

/* "u Njegosevu br. 7": a word with a capital within a sentence, and the number of a house. */
static bool scan_numbered(const struct intake_scan *s, int n, int *end)
{
	*end = n + 1;
	return scan_capital(s, n) && scan_at(s, n)->text.n > 4 && !scan_at(s, n)->class &&
	       scan_at(s, n - 1)->class & CLASS_PREP &&
	       str_eq_nocase(scan_at(s, n + 1)->text, STR("br")) && scan_house(s, end);
}

/* "Hausnummer elf im Muehlweg", "kuca broj 11 u Gogoljevoj ulici", "number eleven, Quarry Street":
 * the number of a house, and the street behind it. n: the word for the number. */
static bool scan_house_told(const struct intake_scan *s, int n, int *end)
{
	struct str stem;
	int at = n;
	if (!(scan_at(s, n)->class & CLASS_HOUSE) || scan_at(s, n)->text.n < 3 ||
	    !scan_house(s, &at))
		return false;
	at++;
	at += scan_sign(s, at, ',');
	while (scan_at(s, at)->class & (CLASS_PREP | CLASS_ARTICLE))
		at++;
	const struct token *t = scan_at(s, at), *next = scan_at(s, at + 1);
	*end = at + 1;
	if (t->class & CLASS_STREET && scan_is_word(s, at + 1))
		return true;
	if (!scan_capital(s, at))
		return false;
	bool in_one = scan_class_of_end(t->text, CLASS_STREET_END | CLASS_STREET_END_MAYBE, &stem);
	*end = at + !in_one;
	return in_one || next->class & (CLASS_STREET_AFTER | CLASS_STREET_END | CLASS_STREET);
}

/* "Postfach 123", "PO Box 123" */
static bool scan_box(const struct intake_scan *s, int n, int *end)
{
	*end = n + 1;
	return scan_at(s, n)->class & CLASS_BOX && scan_house(s, end) && !scan_counts(s, *end);
}

bool scan_address(const struct intake_scan *s, int n, struct intake_found *found)
{
	int end;
	bool is = scan_house_told(s, n, &end) || scan_street_in_one(s, n, &end) ||
		  scan_street_before(s, n, &end) || scan_street_after(s, n, &end) ||
		  scan_house_and_town(s, n, &end) || scan_british(s, n, &end) ||
		  scan_box(s, n, &end) || scan_numbered(s, n, &end) || scan_spot(s, n, &end);
	return is && scan_found(s, INTAKE_ADDRESS, n, end, found);
}

/* ---- registers ---- */

/* Digits of one number from *at on, with signs and short groups of letters in it:
 * "CHE-123.456.789", "B 812 345 678", "M-1234567". *at becomes the last token. */
static int scan_register_digits(const struct intake_scan *s, int *at)
{
	int digits = 0, last = *at;
	for (int n = *at; n < s->tokens; n++) {
		const struct token *t = scan_at(s, n);
		if (t->kind == TOKEN_NUMBER) {
			const struct token *after = scan_at(s, n + 1);
			/* "FN 123456 a" is no current. */
			bool letter = after->text.n == 1 && t->text.n >= REGISTER_DIGITS;
			bool unit = after->class & CLASS_UNIT && !letter &&
				    (after->spaced || after->text.n > 1);
			if (unit || scan_sign(s, n + 1, '%'))
				break;
			digits += (int)t->text.n;
			last = n;
		} else if (t->kind == TOKEN_WORD) {
			/* "CHE minus 123 Punkt 456" */
			bool sign = t->class & (CLASS_DASH | CLASS_DOT);
			if (!sign && (t->text.n > 3 || (digits && t->spaced)))
				break;
		} else if (!scan_one_of(s, n, "-./ ")) {
			break;
		}
	}
	*at = last;
	return digits;
}

/* The sum of an IBAN or an LEI: letters are two digits, the whole leaves 1. */
static int scan_mod_97(const char *signs, size_t n)
{
	int rest = 0;
	for (size_t i = 0; i < n; i++) {
		if (ascii_is_digit(signs[i]))
			rest = (rest * 10 + signs[i] - '0') % MOD_97;
		else
			rest = (rest * 100 + ascii_upper(signs[i]) - 'A' + 10) % MOD_97;
	}
	return rest;
}

/* An account or an identifier with its check digits, from n on. */
static bool scan_checked(const struct intake_scan *s, int n, int *end)
{
	char signs[IBAN_MOST];
	size_t length = 0, letters = 0;
	for (*end = n; *end < s->tokens; ++*end) {
		const struct token *t = scan_at(s, *end);
		if (t->kind == TOKEN_SIGN || length + t->text.n > sizeof(signs) ||
		    (t->kind == TOKEN_WORD && !scan_upper_word(s, *end, 1, IBAN_MOST)))
			break;
		/* LEI: one run of twenty */
		if (length == LEI_SIGNS && t->spaced && letters && scan_mod_97(signs, length) == 1)
			break;
		memcpy(signs + length, t->text.p, t->text.n);
		length += t->text.n;
		letters += t->kind == TOKEN_WORD ? t->text.n : 0;
	}
	--*end;
	if (length == LEI_SIGNS && letters > 2 && scan_mod_97(signs, length) == 1)
		return true;
	if (length < IBAN_LEAST || !scan_upper_word(s, n, 2, 2) || !ascii_is_digit(signs[2]))
		return false;
	char turned[IBAN_MOST];
	memcpy(mempcpy(turned, signs + 4, length - 4), signs, 4);
	return scan_mod_97(turned, length) == 1;
}

bool scan_register(const struct intake_scan *s, int n, struct intake_found *found)
{
	static const word_set classes = CLASS_REGISTER | CLASS_REGISTER_SHORT | CLASS_REGISTER_LONG;
	word_set class = scan_at(s, n)->class;
	int end;
	if (n == 0 || scan_at(s, n)->spaced || !scan_attached(s, n))
		if (scan_at(s, n)->kind != TOKEN_SIGN && scan_checked(s, n, &end))
			return scan_found(s, INTAKE_REGISTER, n, end, found);
	if (!(class & classes))
		return false;
	int at = n + 1;
	for (int words = 0; words < REGISTER_WORDS; at++) {
		const struct token *t = scan_at(s, at);
		bool joins = t->class & (CLASS_NUMBER | CLASS_LINK | CLASS_ITEM | CLASS_ORIGIN) ||
			     t->class & classes;
		bool told = scan_sign(s, at + 1, ':');
		if (t->kind == TOKEN_WORD &&
		    (joins || told || t->text.n <= 3 || scan_begins_upper(s, at)))
			words++;
		else if (!scan_one_of(s, at, ".,:-#~'"))
			break;
	}
	int least = class & CLASS_REGISTER_SHORT  ? REGISTER_DIGITS_SHORT
		    : class & CLASS_REGISTER_LONG ? REGISTER_DIGITS_LONG
						  : REGISTER_DIGITS;
	end = at;
	return scan_register_digits(s, &end) >= least &&
	       scan_found(s, INTAKE_REGISTER, n, end, found);
}
