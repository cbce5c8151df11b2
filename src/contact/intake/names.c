/* Names of companies and of people: what says who it is without being a way to reach it. */
#include "contact/intake/internal.h"

#include "base/ascii.h"

enum {
	FORM_LETTERS = 6, /* of a legal form with dots: "s.a r.l." */
	NAME_GAP = 3,     /* tokens between what announces a name and the name */
	TITLE_LETTERS = 4,
};

/* A word with a capital that no list has: part of a name. */
static bool name_is_word(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	static const word_set allowed = CLASS_FIRST_NAME | CLASS_PREMISES | CLASS_SITE |
					CLASS_MAILBOX | CLASS_ENDING_WORD | CLASS_COMMON |
					CLASS_STREET_END_MAYBE | CLASS_BESIDE_OTHERS;
	bool capital = scan_capital(s, n);
	for (size_t i = 0; !capital && i < t->text.n && t->text.n > 2; i++)
		if (!ascii_is_upper(t->text.p[i]))
			return false;
	return t->kind == TOKEN_WORD && t->text.n > 2 && !(t->class & ~allowed) && !t->digits;
}

/* "d.o.o.", "S.r.l.", "sp. z o.o.", "GmbH": the classes of a legal form at n. *end: its last
 * token. */
static word_set name_legal_form(const struct intake_scan *s, int n, int *end)
{
	char letters[FORM_LETTERS];
	size_t length = 0;
	word_set class = scan_at(s, n)->class & (CLASS_LEGAL | CLASS_LEGAL_SHORT);
	*end = n;
	/* "Oakhurst Paper Co." */
	if (str_eq(scan_at(s, n)->text, STR("Co")) && scan_sign(s, n + 1, '.'))
		class = CLASS_LEGAL_SHORT;
	if (class)
		return scan_begins_upper(s, n) || class & CLASS_LEGAL ? class : 0;
	for (int at = n; at < s->tokens; at++) {
		const struct token *t = scan_at(s, at);
		if (t->kind == TOKEN_SIGN && !scan_sign(s, at, '.'))
			break;
		if (t->kind == TOKEN_SIGN)
			continue;
		if (t->kind != TOKEN_WORD || t->text.n > 2 ||
		    length + t->text.n > sizeof(letters) ||
		    (at > n && scan_is_word(s, at - 1) && t->text.n > 1))
			break;
		memcpy(letters + length, t->text.p, t->text.n);
		length += t->text.n;
		if (length < 2 || at == n)
			continue;
		word_set found = scan_class_of((struct str){letters, length});
		if (found & (CLASS_LEGAL | CLASS_LEGAL_SHORT)) {
			class = found & (CLASS_LEGAL | CLASS_LEGAL_SHORT);
			*end = at;
		}
	}
	return class;
}

/* "Moser Holzbau GmbH", "Oakbarn & Co. Ltd", but neither "a limited company" nor "Gruendung GmbH".
 * n: the legal form. */
static bool name_company(const struct intake_scan *s, int n, int *from, int *to)
{
	word_set class = name_legal_form(s, n, to);
	if (!class)
		return false;
	int words = 0, at = n - 1;
	bool joined = false;
	while (at >= 0 && !scan_at(s, at + 1)->line &&
	       (name_is_word(s, at) || scan_one_of(s, at, "&+-.") ||
		str_eq_nocase(scan_at(s, at)->text, STR("co")))) {
		words += name_is_word(s, at);
		joined = joined || scan_one_of(s, at, "&+");
		at--;
	}
	*from = at + 1;
	bool common = scan_begins_with_class(scan_at(s, at + 1)->text, CLASS_MEDIA);
	bool own = scan_at(s, at)->class & (CLASS_SELF | CLASS_TITLE) ||
		   scan_at(s, at - 1)->class & CLASS_SELF;
	return words > 1 || (words == 1 && !common && (joined || own || class & CLASS_LEGAL));
}

/* Behind a title and initials: "Dr. H. Osgood" to "Osgood". */
static int name_behind_initials(const struct intake_scan *s, int n)
{
	while (scan_at(s, n)->class & CLASS_TITLE && scan_begins_upper(s, n))
		n += 1 + scan_sign(s, n + 1, '.');
	while (scan_at(s, n)->text.n == 1 && scan_begins_upper(s, n) && scan_sign(s, n + 1, '.'))
		n += 2;
	return n;
}

/* "Fragen Sie nach Annegret Zollinger": two words with capitals, and nothing else, behind a verb
 * that asks for somebody. n: the verb; at: what is behind it. */
static bool name_asked_for(const struct intake_scan *s, int n, int at)
{
	return scan_at(s, n)->class & CLASS_ASK && scan_capital(s, at) && name_is_word(s, at) &&
	       scan_capital(s, at + 1) && name_is_word(s, at + 1) && scan_breaks(s, at + 2);
}

/* "Inhaber: Peter Moser", "ask for Tom Baker", "owned by Tom": n: the word for the role. */
static bool name_by_role(const struct intake_scan *s, int n, int *to)
{
	if (!(scan_at(s, n)->class & CLASS_ROLE))
		return false;
	int at = n + 1;
	/* "Inhaber: ...", "gez. ..." */
	bool announced = scan_one_of(s, at, ":=") ||
			 (scan_sign(s, at, '.') && scan_at(s, n)->text.n < TITLE_LETTERS);
	while (at <= n + NAME_GAP &&
	       (scan_one_of(s, at, ":,-=(.") ||
		scan_at(s, at)->class & (CLASS_LINK | CLASS_TITLE | CLASS_SELF)))
		at++;
	*to = at + 1;
	/* "Claire Blanc, gerante" */
	if (scan_sign(s, n - 1, ',') && scan_at(s, n - 3)->class & CLASS_FIRST_NAME &&
	    scan_begins_upper(s, n - 3) && scan_capital(s, n - 2)) {
		*to = n;
		return true;
	}
	const struct token *t = scan_at(s, at);
	bool person = t->class & CLASS_FIRST_NAME && scan_begins_upper(s, at);
	/* "Inhaber: K. Brenner" */
	int last = name_behind_initials(s, at);
	if (last > at && announced && scan_capital(s, last) && name_is_word(s, last)) {
		*to = last;
		return true;
	}
	return person || name_asked_for(s, n, at) ||
	       (announced && scan_capital(s, at) && name_is_word(s, at) &&
		name_is_word(s, at + 1) && scan_capital(s, at + 1));
}

/* "Herr Moser", "Mr Baker", "M. Dupont", "Familie Moser", "Firma Moser, Bern". n: the title. */
static bool name_by_title(const struct intake_scan *s, int n, int *to)
{
	const struct token *t = scan_at(s, n);
	bool initial = str_eq(t->text, STR("M")) && scan_sign(s, n + 1, '.') &&
		       !scan_sign(s, n - 1, '.') && scan_at(s, n - 1)->text.n >= TITLE_LETTERS;
	/* "gospodin Petrovic", but not "firma" */
	bool title = t->class & CLASS_TITLE && (scan_begins_upper(s, n) || t->text.n > 6);
	if (!initial && !title)
		return false;
	/* "Firma Schreinerei" tells nothing; "Herr Schreiner" does. */
	bool firm = t->class & CLASS_FIRM;
	int at = n + 1;
	at += scan_sign(s, at, '.');
	*to = at;
	return scan_capital(s, at) && name_is_word(s, at) &&
	       !scan_begins_with_class(scan_at(s, at)->text, CLASS_MEDIA) &&
	       !(firm && scan_begins_with_class(scan_at(s, at)->text, CLASS_PREMISES));
}

/* "My name is Tom", "ich heisse Peter Moser", "our company is called Oakbarn"; "Kind regards,
 * Tom". n: the words before the name. */
static bool name_told(const struct intake_scan *s, int n, int *to)
{
	word_set class = scan_at(s, n)->class & (CLASS_CALLED | CLASS_CLOSING);
	if (!class)
		return false;
	int at = n + 1;
	at += scan_one_of(s, at, ",:!.\"");
	while (at <= n + NAME_GAP &&
	       (scan_at(s, at)->class & CLASS_TITLE ||
		(scan_at(s, at)->class & CLASS_ARTICLE && scan_begins_upper(s, at))))
		at++;
	at = name_behind_initials(s, at + scan_sign(s, at, '.'));
	*to = at;
	if (!scan_capital(s, at) || !name_is_word(s, at) ||
	    scan_begins_with_class(scan_at(s, at)->text, CLASS_MEDIA))
		return false;
	*to += name_is_word(s, at + 1);
	return class & CLASS_CALLED || scan_breaks(s, *to + 1);
}

/* "Moser & Soehne", "Dupont & Fils" */
static bool name_of_family(const struct intake_scan *s, int n, int *to)
{
	*to = n + 2;
	bool joined = scan_one_of(s, n + 1, "&+") || scan_at(s, n + 1)->class & CLASS_AND;
	return joined && scan_capital(s, n) && name_is_word(s, n) &&
	       scan_at(s, *to)->class & CLASS_HEIRS;
}

/* "formerly Harlow & Finch", but not "previously Zinc & Nickel baths". n: the word before. */
static bool name_of_former(const struct intake_scan *s, int n, int *to)
{
	*to = n + 3;
	return scan_at(s, n)->class & CLASS_FORMER && scan_capital(s, n + 1) &&
	       name_is_word(s, n + 1) && scan_one_of(s, n + 2, "&+") && scan_capital(s, n + 3) &&
	       name_is_word(s, n + 3) && (scan_breaks(s, n + 4) || scan_sign(s, n + 4, ','));
}

/* "am Tor nach Holger fragen". n: "nach". */
static bool name_before_verb(const struct intake_scan *s, int n, int *to)
{
	*to = n + 2;
	return scan_at(s, n)->class & CLASS_ASKED_AFTER &&
	       scan_at(s, n + 1)->class & CLASS_FIRST_NAME && scan_begins_upper(s, n + 1) &&
	       scan_at(s, n + 2)->class & CLASS_TO_ASK && scan_breaks(s, n + 3);
}

/* "the Moser brothers", "Gebr. Moser", "braca Petrovic". n: the brothers. */
static bool name_of_brothers(const struct intake_scan *s, int n, int *from, int *to)
{
	int at = n + 1 + scan_sign(s, n + 1, '.');
	/* "Both brothers" begins a sentence. */
	bool behind = scan_at(s, n)->class & CLASS_BROTHERS_BEHIND && !scan_breaks(s, n - 2) &&
		      !scan_begins_upper(s, n);
	*from = behind ? n - 1 : n;
	*to = behind ? n : at;
	at = behind ? n - 1 : at;
	return (behind || scan_at(s, n)->class & CLASS_BROTHERS) && scan_capital(s, at) &&
	       name_is_word(s, at);
}

bool scan_who(const struct intake_scan *s, int n, struct intake_found *found)
{
	int from = n, to = n;
	bool is = scan_is_word(s, n) &&
		  (name_by_role(s, n, &to) || name_by_title(s, n, &to) || name_told(s, n, &to) ||
		   name_of_family(s, n, &to) || name_of_former(s, n, &to) ||
		   name_before_verb(s, n, &to) || name_of_brothers(s, n, &from, &to) ||
		   name_company(s, n, &from, &to));
	return is && scan_found(s, INTAKE_NAME, from, to, found);
}
