/* Where a business is, without a street: on the map, beside what everybody knows, alone in its
 * town. */
#include "contact/intake/internal.h"

#include "base/ascii.h"

enum {
	FRACTION_DIGITS = 4,   /* of degrees that name a house */
	COORDINATE_DIGITS = 6, /* behind "GPS" */
	COORDINATE_GAP = 2,
	GRID_DIGITS = 7, /* of the Swiss grid */
	PLUS_LONG = 8,   /* signs of a plus code before its plus */
	PLUS_SHORT = 4,
	PLACE_GAP = 6, /* tokens between two parts of a description */
	PLATE_DIGITS = 2,
	VAT_LETTERS = 2,
	LANDMARK_LETTERS = 5, /* of the last part of a compound */
};

/* ---- on the map ---- */

/* "51.5074", "7.4474": *end is the last token. */
static bool place_degrees(const struct intake_scan *s, int n, int *end)
{
	*end = n + 2;
	return scan_at(s, n)->kind == TOKEN_NUMBER && scan_at(s, n)->text.n <= 3 &&
	       scan_one_of(s, n + 1, ".,") && !scan_at(s, n + 1)->spaced &&
	       scan_attached(s, n + 2) && scan_at(s, n + 2)->kind == TOKEN_NUMBER &&
	       scan_at(s, n + 2)->text.n >= FRACTION_DIGITS;
}

static bool place_is_compass(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	return t->kind == TOKEN_WORD && t->text.n == 1 && strchr("NSEWO", t->text.p[0]);
}

/* "51.5074, -0.1278", "47.3769N 8.5417E", "46.9480 / 7.4474" */
static bool place_two_degrees(const struct intake_scan *s, int n, int *end)
{
	int at;
	if (!place_degrees(s, n, &at))
		return false;
	for (at++; place_is_compass(s, at) || scan_one_of(s, at, ",/;-~'");)
		at++;
	/* "1.4301, 1.4404" are grades of steel. */
	bool wide = scan_at(s, n)->text.n > 1 || (at < s->tokens && scan_at(s, at)->text.n > 1);
	return wide && place_degrees(s, at, end) && !(scan_at(s, *end + 1)->class & CLASS_UNIT);
}

/* "51~30'26"N": degrees, minutes and seconds with the quarter behind them; "N 51 30 26". */
static bool place_minutes(const struct intake_scan *s, int n, int *end)
{
	int numbers = 0, signs = 0, at = n;
	bool before = place_is_compass(s, n) && scan_at(s, n + 1)->kind == TOKEN_NUMBER;
	for (at += before; numbers < 4 && at < s->tokens; at++) {
		if (scan_at(s, at)->kind == TOKEN_NUMBER && scan_at(s, at)->text.n <= 3)
			numbers++;
		else if (numbers && scan_one_of(s, at, "~'\"."))
			signs++;
		else
			break;
	}
	if (before) {
		*end = at - 1;
		at += scan_sign(s, at, ',');
		return numbers >= 3 && place_is_compass(s, at) &&
		       scan_at(s, at + 1)->kind == TOKEN_NUMBER;
	}
	*end = at;
	return numbers >= 2 && signs >= 2 && place_is_compass(s, at) && !scan_attached(s, at + 1);
}

/* "2 683 141 / 1 247 956": east and north of the Swiss grid, in metres. */
static bool place_swiss_grid(const struct intake_scan *s, int n, int *end)
{
	static const struct {
		int least, most;
	} metres[] = {{2480000, 2840000}, {1070000, 1300000}};
	bool fine = false;
	*end = n - 1;
	for (size_t i = 0; i < COUNT_OF(metres); i++) {
		int value = 0, digits = 0, at = *end + 1;
		at += i && scan_one_of(s, at, "/,;-~");
		for (; digits < GRID_DIGITS; at++) {
			const struct token *t = scan_at(s, at);
			if (digits && scan_one_of(s, at, "'.\""))
				continue;
			if (t->kind != TOKEN_NUMBER)
				return false;
			for (size_t p = 0; p < t->text.n && digits <= GRID_DIGITS; p++, digits++)
				value = value * 10 + (t->text.p[p] - '0');
		}
		if (digits != GRID_DIGITS || value < metres[i].least || value > metres[i].most)
			return false;
		fine = fine || value % 1000;
		*end = at - 1;
	}
	return fine;
}

/* "GPS 47 22 13", "OS grid SE 300 334", "Koordinaten 2'600'000 / 1'200'000"; "what3words:
 * filled.count.soap". n: the word that announces it. */
static bool place_announced(const struct intake_scan *s, int n, int *end)
{
	if (!(scan_at(s, n)->class & CLASS_COORDINATE))
		return false;
	int at = n + 1, digits = 0, words = 0;
	while (scan_one_of(s, at, ":.,-=/("))
		at++;
	bool three =
	    scan_is_word(s, n) && memchr(scan_at(s, n)->text.p, '3', scan_at(s, n)->text.n);
	three = three || scan_at(s, n)->text.n > 11; /* "what three words" */
	for (int i = at; three && i < s->tokens && (scan_is_word(s, i) || scan_sign(s, i, '.'));
	     i++)
		words += scan_is_word(s, i);
	*end = at + words - 1;
	if (words == 3)
		return true;
	int last = at + COORDINATE_GAP;
	for (; at < s->tokens && at <= last; at++) {
		const struct token *t = scan_at(s, at);
		if (t->kind == TOKEN_NUMBER) {
			digits += (int)t->text.n;
			last = at + COORDINATE_GAP;
			*end = at;
		} else if (t->kind == TOKEN_WORD && t->text.n > 2) {
			break;
		}
	}
	return digits >= COORDINATE_DIGITS && !(scan_at(s, *end + 1)->class & CLASS_UNIT);
}

/* "///filled.count.soap" */
static bool place_three_words(const struct intake_scan *s, int n, int *end)
{
	*end = n + 4;
	/* "what3words filled.count.soap" */
	bool told = str_eq_nocase(scan_at(s, n - 1 - scan_sign(s, n - 1, ':'))->text, STR("words"));
	bool slashes = scan_sign(s, n - 1, '/') && !scan_at(s, n)->spaced &&
		       (n < 2 || !scan_sign(s, n - 2, ':'));
	return scan_is_word(s, n) && (told || slashes) && scan_sign(s, n + 1, '.') &&
	       scan_is_word(s, n + 2) && scan_sign(s, n + 3, '.') && scan_is_word(s, n + 4) &&
	       scan_attached(s, n + 2) && scan_attached(s, n + 4) && scan_at(s, n)->text.n > 2;
}

/* "8FVC9G8F+6X", "9G8F+6X": the signs of a plus code before and behind the sign at n. */
static bool place_plus_code(const struct intake_scan *s, int n, int *from, int *end)
{
	static const char alphabet[] = "23456789CFGHJMPQRVWX";
	if (!scan_sign(s, n, '+') || scan_at(s, n)->spaced || !scan_attached(s, n + 1))
		return false;
	const char *plus = scan_at(s, n)->text.p;
	size_t before = 0, behind = 0, letters = 0;
	while (plus - before > s->folded && plus[-(ptrdiff_t)before - 1] &&
	       strchr(alphabet, plus[-(ptrdiff_t)before - 1]))
		letters += !ascii_is_digit(plus[-(ptrdiff_t)++before]);
	while (plus[1 + behind] && strchr(alphabet, plus[1 + behind]))
		behind++;
	const char *begin = plus - before;
	bool whole =
	    (begin == s->folded || !(ascii_is_letter(begin[-1]) || ascii_is_digit(begin[-1]))) &&
	    !ascii_is_letter(plus[1 + behind]) && !ascii_is_digit(plus[1 + behind]);
	for (*from = n; *from > 0 && scan_at(s, *from)->text.p > begin;)
		--*from;
	for (*end = n; *end + 1 < s->tokens && scan_at(s, *end + 1)->text.p < plus + 1 + behind;)
		++*end;
	return whole && letters && (before == PLUS_LONG || before == PLUS_SHORT) && behind >= 2 &&
	       behind <= 3;
}

/* ---- in the words of somebody who knows the way ---- */

static bool place_is_premises(const struct intake_scan *s, int n)
{
	return scan_is_word(s, n) && scan_begins_with_class(scan_at(s, n)->text, CLASS_PREMISES);
}

/* An indefinite article before n: somebody looks for one. */
static bool place_is_any(const struct intake_scan *s, int n)
{
	return scan_at(s, n - 1)->class & CLASS_ANY;
}

/* "Kirche", "Pfarrkirche" */
static bool place_is_landmark(const struct intake_scan *s, int n)
{
	const struct token *t = scan_at(s, n);
	bool is = t->class & CLASS_LANDMARK;
	for (size_t i = 3; !is && scan_capital(s, n) && i + LANDMARK_LETTERS <= t->text.n; i++)
		is = scan_class_of(str_from(t->text, i)) & CLASS_LANDMARK;
	return is;
}

/* A word with a capital behind a short one: "in Otley", "de l'eglise de Morges", "Bahnhof
 * Koeniz". */
static bool place_town(const struct intake_scan *s, int n, int *end)
{
	for (*end = n; *end < n + 3 && scan_is_word(s, *end) && scan_at(s, *end)->text.n <= 3 &&
		       !scan_begins_upper(s, *end);)
		++*end;
	return scan_capital(s, *end);
}

/* "the bakery beside the church in Otley", "unsere Werkstatt gegenueber dem Bahnhof Koeniz".
 * n: the word for beside. */
static bool place_beside(const struct intake_scan *s, int n, int *from, int *end)
{
	if (!(scan_at(s, n)->class & CLASS_BESIDE))
		return false;
	bool who = false;
	for (int at = n - 1; at >= n - PLACE_GAP && !scan_breaks(s, at); at--) {
		bool one = place_is_premises(s, at) && !place_is_any(s, at);
		if (one || scan_at(s, at)->class & CLASS_SELF) {
			who = true;
			*from = at;
		}
	}
	for (int at = n + 1; who && at <= n + PLACE_GAP - 1 && !scan_breaks(s, at); at++)
		if (place_is_landmark(s, at) && !place_is_any(s, at))
			return place_town(s, at + 1, end);
	/* "the Red Lion in Otley" */
	int at = n + 1;
	while (scan_is_word(s, at) && scan_at(s, at)->text.n <= 3 && !scan_begins_upper(s, at))
		at++;
	return who && at > n + 1 && scan_capital(s, at) && scan_capital(s, at + 1) &&
	       !scan_capital(s, at + 2) && place_town(s, at + 2, end);
}

/* "the only joinery in Otley", "jedina stolarija u Sremcici". n: the word for only. */
static bool place_only(const struct intake_scan *s, int n, int *end)
{
	return scan_at(s, n)->class & CLASS_ONLY && place_is_premises(s, n + 1) &&
	       scan_is_word(s, n + 2) && !scan_begins_upper(s, n + 2) && place_town(s, n + 2, end);
}

/* "unit 7, Otley Business Park", "Gewerbepark Koeniz, Halle 7". n: the word for the park. */
static bool place_park(const struct intake_scan *s, int n, int *from, int *end)
{
	bool number = false;
	bool phrase = memchr(scan_at(s, n)->text.p, ' ', scan_at(s, n)->text.n);
	if (!(scan_at(s, n)->class & CLASS_PARK) || !(phrase || scan_begins_upper(s, n)))
		return false;
	*from = *end = n;
	for (int at = n - PLACE_GAP; at <= n + PLACE_GAP; at++)
		if (scan_at(s, at)->class & CLASS_UNIT_OF_PARK &&
		    scan_at(s, at + 1)->kind == TOKEN_NUMBER) {
			number = true;
			*from = at < n ? at : n;
			*end = at > n ? at + 1 : n;
		}
	return number &&
	       (scan_capital(s, n - 1) || scan_capital(s, n + 1) || scan_capital(s, n + 2));
}

/* "Gogoljeve", "Sumadijske": of a street. */
static bool place_is_adjective(struct str word)
{
	static const char *const ends[] = {"eve", "ove", "ske", "cke", "ine"};
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (word.n > 5 && str_eq((struct str){word.p + word.n - 3, 3}, str_of(ends[i])))
			return true;
	return false;
}

/* "corner of Mill Lane and Station Road", "Ecke Hauptstrasse und Muehleweg". n: the corner. */
static bool place_corner(const struct intake_scan *s, int n, int *end)
{
	bool corner = scan_at(s, n)->class & CLASS_CORNER;
	int streets = 0;
	for (int at = n + 1; corner && at <= n + 2 * PLACE_GAP && !scan_breaks(s, at); at++) {
		const struct token *t = scan_at(s, at);
		struct str stem;
		bool in_one =
		    scan_begins_upper(s, at) && t->text.n > 5 &&
		    scan_class_of_end(t->text, CLASS_STREET_END | CLASS_STREET_END_MAYBE, &stem);
		bool behind = t->class & CLASS_STREET_AFTER && scan_begins_upper(s, at) &&
			      scan_begins_upper(s, at - 1);
		bool alone = t->class & CLASS_STREET_END && scan_begins_upper(s, at) &&
			     scan_capital(s, at - 1);
		/* "ugao Gogoljeve i Sumadijske" */
		bool serbian = ascii_lower(scan_at(s, n)->text.p[0]) == 'u' &&
			       scan_capital(s, at) && place_is_adjective(t->text);
		streets += in_one || behind || alone || serbian ||
			   (t->class & CLASS_STREET && scan_is_word(s, at + 1));
		*end = at;
		if (streets > 1)
			return true;
	}
	return false;
}

/* "exit 23 of the M90", "Ausfahrt 23 der A7". n: the exit. */
static bool place_exit(const struct intake_scan *s, int n, int *end)
{
	if (!(scan_at(s, n)->class & CLASS_EXIT) || scan_at(s, n + 1)->kind != TOKEN_NUMBER)
		return false;
	for (*end = n + 3; *end <= n + PLACE_GAP && !scan_breaks(s, *end); ++*end)
		if (scan_at(s, *end)->kind == TOKEN_NUMBER && scan_attached(s, *end) &&
		    scan_at(s, *end - 1)->text.n == 1 && scan_begins_upper(s, *end - 1) &&
		    strchr("ABEMN", scan_at(s, *end - 1)->text.p[0]))
			return true;
	return false;
}

/* "Parzelle 1441, Gemeinde Koeniz", but not "parcela od 40 ari, opstina Zemun". n: the word for the
 * land. */
static bool place_parcel(const struct intake_scan *s, int n, int *end)
{
	int at = n + 1;
	if (!(scan_at(s, n)->class & CLASS_PARCEL))
		return false;
	while (scan_at(s, at)->class & CLASS_HOUSE || scan_one_of(s, at, ".~"))
		at++;
	if (scan_at(s, at)->kind != TOKEN_NUMBER)
		return false;
	at++;
	while (scan_sign(s, at, ',') || scan_at(s, at)->class & CLASS_PREP)
		at++;
	return scan_at(s, at)->class & CLASS_PARISH && place_town(s, at + 1, end);
}

bool scan_place(const struct intake_scan *s, int n, struct intake_found *found)
{
	int from = n, end = n;
	bool is = place_two_degrees(s, n, &end) || place_minutes(s, n, &end) ||
		  place_swiss_grid(s, n, &end) || place_announced(s, n, &end) ||
		  place_three_words(s, n, &end) || place_plus_code(s, n, &from, &end) ||
		  place_beside(s, n, &from, &end) || place_only(s, n, &end) ||
		  place_park(s, n, &from, &end) || place_corner(s, n, &end) ||
		  place_exit(s, n, &end) || place_parcel(s, n, &end);
	return is && scan_found(s, INTAKE_ADDRESS, from, end, found);
}

/* ---- vehicles and taxes ---- */

/* "number plate AB12 CDE", "Kennzeichen M-AB 1234", "targa AB 123 CD". n: the word for a plate. */
static bool place_plate(const struct intake_scan *s, int n, int *end)
{
	if (!(scan_at(s, n)->class & CLASS_PLATE))
		return false;
	int at = n + 1, digits = 0, letters = 0;
	while (scan_one_of(s, at, ":.-") || scan_at(s, at)->class & (CLASS_LINK | CLASS_NUMBER))
		at++;
	for (; at < s->tokens && (at == n + 1 || !scan_breaks(s, at)); at++) {
		const struct token *t = scan_at(s, at);
		bool upper = t->kind == TOKEN_WORD && t->text.n <= 3;
		for (size_t i = 0; upper && i < t->text.n; i++)
			upper = ascii_is_upper(t->text.p[i]);
		if (upper)
			letters += (int)t->text.n;
		else if (t->kind == TOKEN_NUMBER && t->text.n <= 6)
			digits += (int)t->text.n;
		else if (!scan_sign(s, at, '-'))
			break;
		*end = at;
	}
	return digits >= PLATE_DIGITS && letters;
}

/* "DE123456789", "FR 12 345678901": the number of a value-added tax, by its country and length. */
static bool place_vat(const struct intake_scan *s, int n, int *end)
{
	static const struct {
		const char *country;
		int digits;
	} taxes[] = {{"DE", 9},  {"FR", 11}, {"IT", 11}, {"GB", 9},  {"PL", 10}, {"PT", 9},
		     {"BE", 10}, {"HR", 11}, {"LU", 8},  {"SI", 8},  {"HU", 8},  {"GR", 9},
		     {"EL", 9},  {"DK", 8},  {"SE", 12}, {"RO", 10}, {"RS", 9}};
	const struct token *t = scan_at(s, n);
	if (t->kind != TOKEN_WORD || t->text.n != VAT_LETTERS ||
	    scan_at(s, n - 1)->class & CLASS_ITEM)
		return false;
	int digits = 0, groups = 0, at = n + 1;
	for (; at < s->tokens && scan_at(s, at)->kind == TOKEN_NUMBER; at++, groups++)
		digits += (int)scan_at(s, at)->text.n;
	*end = at - 1;
	bool attached = scan_attached(s, n + 1) && groups == 1;
	bool french = str_eq(t->text, STR("FR")) && groups == 2 && scan_at(s, n + 1)->text.n == 2;
	for (size_t i = 0; i < COUNT_OF(taxes); i++)
		if (str_eq(t->text, str_of(taxes[i].country)) && digits == taxes[i].digits)
			return (attached || french) && !scan_attached(s, at);
	return false;
}

bool scan_plate(const struct intake_scan *s, int n, struct intake_found *found)
{
	int end = n;
	return (place_plate(s, n, &end) || place_vat(s, n, &end)) &&
	       scan_found(s, INTAKE_REGISTER, n, end, found);
}
