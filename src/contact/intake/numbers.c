#include "contact/intake/internal.h"

enum {
	PHONE_DIGITS = 8,      /* of a number that begins with 0 or + */
	PHONE_DIGITS_MAX = 15, /* E.164 */
	TEL_DIGITS = 6,        /* behind "Tel." */
	TOWN_DIGITS = 5,       /* behind the town of an area */
	CALL_DIGITS = 7,       /* behind "contact" */
	SPOKEN_DIGITS = 7,
	GROUPS_MAX = 16,
	LOOK_BACK = 10,     /* tokens */
	TOWN_BACK = 7,      /* from the number to the area code that its town tells */
	TOWN_SPOKEN = 5,    /* digits in words behind the town of an area */
	SINGLE_DIGITS = 10, /* in a list: "0, 1, 7, 3, ..." */
	CONTEXT = 5,        /* from a word for calling to its number */
	CONTEXT_TEL = 7,    /* "Tel. Zentrale in Novi Sad: 555-333", without a comma */
	VANITY_LEAST = 5,   /* letters of a number in letters */
	VANITY_MOST = 12,
	TOLD_WORDS = 5, /* between the groups of a number that is told in sentences */
	TOLD_LONGEST = 8,
	SPOKEN_LONGEST = 9, /* digits of a group between numerals */
	SPOKEN_SHORT = 4,
	AREA_LONGEST = 5,
	MIXED_FIGURES = 5, /* "sieben neun, dann 5551234" */
	MIXED_DIGITS = 9,  /* of numbers that begin with figures: "612 treinta y cuatro 56 78" */
	MIXED_DIGITS_MAX = 11,
};

/* A number in figures: its groups, and the first sign between each and the next. */
struct groups {
	int count, digits, end; /* end: the token behind it */
	int length[GROUPS_MAX], value[GROUPS_MAX];
	char sign[GROUPS_MAX]; /* ' ' for white space */
	bool cut;              /* has more groups than these */
};
#define GROUP_SIGNS "./()<>[]{}-_*|~\\"

static int scan_value(struct str digits)
{
	int value = 0;
	for (size_t i = 0; i < digits.n && i < 9; i++)
		value = value * 10 + (digits.p[i] - '0');
	return value;
}

static void scan_groups(const struct intake_scan *s, int n, const char *signs, struct groups *g)
{
	*g = (struct groups){.end = n};
	char sign = ' ';
	for (int at = n; at < s->tokens; at++) {
		const struct token *t = scan_at(s, at);
		if (t->kind == TOKEN_NUMBER) {
			if (g->count == GROUPS_MAX) {
				g->cut = true;
				return;
			}
			if (g->count)
				g->sign[g->count - 1] = sign;
			g->length[g->count] = (int)t->text.n;
			g->value[g->count++] = scan_value(t->text);
			g->digits += (int)t->text.n;
			g->end = at + 1;
			sign = ' ';
		} else if (scan_one_of(s, at, signs)) {
			/* In ".-" and ". - " the dash is what counts. */
			sign = sign == ' ' || t->text.p[0] == '-' ? t->text.p[0] : sign;
		} else {
			return;
		}
	}
}

static bool groups_are_year(const struct groups *g, int i)
{
	return g->length[i] == 4 && g->value[i] >= 1900 && g->value[i] < 2200;
}

/* Dates, months and weeks, and ranges of them: "01.02.2026 - 30.06.2026", "05-08/2027". */
static bool groups_are_dates(const struct groups *g)
{
	int years = 0, others = 0;
	for (int i = 0; i < g->count; i++) {
		if (groups_are_year(g, i))
			years++;
		else if (g->length[i] <= 2 && g->value[i] <= 53)
			others++;
		else
			return false;
	}
	if (years)
		return others <= 2 * years + 2;
	/* "15.04. - 15.10.", "01.01.26 - 31.12.26" */
	int each = g->count == 4 ? 2 : 3;
	bool whole = g->count == 3 || (g->count == 4 && g->sign[1] == '-') ||
		     (g->count == 6 && g->sign[2] == '-');
	for (int i = 0; whole && i < g->count; i += each)
		whole = g->value[i] >= 1 && g->value[i] <= 31 && g->value[i + 1] >= 1 &&
			g->value[i + 1] <= 12 && strchr("./", g->sign[i]);
	return whole && g->length[0] <= 2;
}

/* "08.00-12.00", "08.00-12.00/13.30-18.00", "0800-1200" */
static bool groups_are_times(const struct groups *g)
{
	bool pairs = g->count % 2 == 0, fours = g->count % 2 == 0;
	for (int i = 0; i < g->count; i++) {
		pairs = pairs && g->length[i] <= 2 && g->value[i] <= (i % 2 ? 59 : 24) &&
			(i % 2 || g->sign[i] == '.') && (i % 4 != 1 || g->sign[i] == '-');
		fours = fours && g->length[i] == 4 && g->value[i] <= 2400 &&
			g->value[i] % 100 < 60 && (i % 2 || g->sign[i] == '-');
	}
	return g->count && (pairs || fours);
}

/* The groups from `from` up to `to`. */
static struct groups groups_slice(const struct groups *g, int from, int to)
{
	struct groups slice = {.count = to - from};
	for (int i = 0; i < slice.count; i++) {
		slice.length[i] = g->length[from + i];
		slice.value[i] = g->value[from + i];
		slice.sign[i] = i + 1 < slice.count ? g->sign[from + i] : ' ';
		slice.digits += slice.length[i];
	}
	return slice;
}

/* "15.03.2027 09.30-11.00" */
static bool groups_are_moments(const struct groups *g)
{
	for (int cut = 1; cut < g->count; cut++) {
		struct groups date = groups_slice(g, 0, cut), time = groups_slice(g, cut, g->count);
		if (g->sign[cut - 1] == ' ' && groups_are_dates(&date) && groups_are_times(&time))
			return true;
	}
	return false;
}

/* "10 000 - 50 000": each part between dashes is an amount in thousands. */
static bool groups_are_thousands(const struct groups *g)
{
	bool first = true;
	for (int i = 0; i < g->count; i++) {
		if (first ? g->length[i] > 3 : g->length[i] != 3)
			return false;
		first = g->sign[i] == '-';
	}
	return g->count > 1;
}

/* "1 200 000" */
static bool groups_are_round(const struct groups *g)
{
	return groups_are_thousands(g) && g->length[g->count - 1] == 3 &&
	       g->value[g->count - 1] == 0;
}

static bool groups_ascend(const struct groups *g)
{
	for (int i = 1; i < g->count; i++)
		if (g->value[i] <= g->value[i - 1])
			return false;
	return true;
}

/* "034 036 038 040" */
static bool groups_are_sizes(const struct groups *g)
{
	bool steps = true; /* "06 12 18 24" */
	for (int i = 0; i < g->count; i++) {
		if (g->length[i] != g->length[0] || g->length[i] < 2 || g->length[i] > 3)
			return false;
		steps =
		    steps && (i == 0 || g->value[i] - g->value[i - 1] == g->value[1] - g->value[0]);
	}
	return g->count > 3 && groups_ascend(g) && (steps || g->length[0] == 3);
}

/* "01067-01099" */
static bool groups_are_postcodes(const struct groups *g)
{
	return g->count == 2 && g->length[0] == 5 && g->length[1] == 5 && g->sign[0] == '-' &&
	       g->value[0] / 1000 == g->value[1] / 1000 && g->value[0] < g->value[1];
}

static bool groups_have(const struct groups *g, const int *length, int count)
{
	for (int i = 0; i < count; i++)
		if (i >= g->count || g->length[i] != length[i])
			return false;
	return g->count == count;
}

/* "4 4 7 7 0 0 9 0 0", but not "1 2 3 4 5 6 7 8 9". */
static bool groups_are_spread(const struct groups *g)
{
	int points = 0; /* "8.0 | 9.0" are decimals */
	for (int i = 0; i < g->count; i++) {
		if (g->length[i] != 1)
			return false;
		points += g->sign[i] == '.';
	}
	return g->digits >= PHONE_DIGITS && !groups_ascend(g) &&
	       (points == 0 || points == g->count - 1);
}

/* "079, 555, 12, 34" and "079:555:12:34", but neither "060, 080, 100, 120" nor "08:00:12". */
static bool scan_listed_by(const struct intake_scan *s, int n, char sign, struct groups *g)
{
	scan_groups(s, n, (const char[]){sign, '\0'}, g);
	for (int i = 0; i < g->count; i++)
		if (g->length[i] < 2 || g->length[i] > 4 ||
		    (i + 1 < g->count && g->sign[i] != sign))
			return false;
	return scan_at(s, n)->text.p[0] == '0' && g->count >= 4 && g->digits >= PHONE_DIGITS &&
	       g->digits <= PHONE_DIGITS_MAX && !groups_ascend(g) &&
	       (sign == ',' || g->length[0] > 2);
}

static bool scan_listed(const struct intake_scan *s, int n, struct groups *g)
{
	for (const char *sign = ",:;="; *sign; sign++)
		if (scan_listed_by(s, n, *sign, g))
			return true;
	return false;
}

/* "0,1,6,3,2,9,6": digits in a list, where a telephone is spoken of. */
static bool scan_listed_singly(const struct intake_scan *s, int n, struct groups *g)
{
	scan_groups(s, n, ",;", g);
	for (int i = 0; i < g->count; i++)
		if (g->length[i] != 1)
			return false;
	return g->digits >= PHONE_DIGITS && g->digits <= PHONE_DIGITS_MAX && !groups_ascend(g);
}

/* "digits: 0, 1, 7, ...", "0, 1, 7, 3, 5, 5, 5, 0, 1, 9, 9" */
static bool listed_is_told(const struct intake_scan *s, int n, const struct groups *g)
{
	word_set before = 0;
	for (int i = n - 1; i >= n - CONTEXT && !scan_breaks(s, i); i--)
		before |= scan_at(s, i)->class;
	return g->value[0] == 0 && (g->digits >= SINGLE_DIGITS || before & CLASS_FIGURES);
}

/* Numbers as they are grouped in some country, without a 0 or + before them. */
static bool groups_are_national(const struct groups *g)
{
	static const int american[] = {3, 3, 4}, long_american[] = {1, 3, 3, 4};
	static const int swiss[] = {2, 3, 2, 2}, free_call[] = {1, 3, 2, 2, 2};
	static const int free_threes[] = {1, 3, 3, 3};
	static const int free_prefixes[] = {800, 801, 802, 803, 805, 808, 820, 840,
					    842, 844, 848, 900, 901, 906, 916};
	static const int countries[] = {33, 39, 41, 43, 44, 49, 381, 382, 385, 386, 387, 389, 420};
	bool slashes = memchr(g->sign, '/', (size_t)g->count);
	if (!slashes && (groups_have(g, american, 3) || groups_have(g, swiss, 4) ||
			 (groups_have(g, long_american, 4) && g->value[0] == 1)))
		return true;
	if (groups_are_spread(g))
		return true;
	/* "0(1224)496031" */
	if (g->value[0] == 0 && g->length[0] == 1 && g->count > 2 && g->sign[0] == '(' &&
	    g->digits >= PHONE_DIGITS + 1)
		return true;
	if (g->value[0] == 0 && g->length[0] == 1) {
		int single = 0;
		bool free = false;
		for (int i = 0; i < g->count; i++)
			single += g->length[i] == 1;
		for (size_t i = 0; i < COUNT_OF(free_prefixes); i++)
			free = free || g->value[1] == free_prefixes[i];
		/* "0 800 123 456", but not "0 280 158 117", which is a part; "0 79 5 55 12 34" */
		return (single >= 6 && g->digits >= PHONE_DIGITS) || groups_have(g, free_call, 5) ||
		       (free && groups_have(g, free_threes, 4) && g->value[3]) ||
		       (g->count >= 5 && g->length[1] == 2 && g->digits >= 9 && g->digits <= 11 &&
			!groups_ascend(g));
	}
	for (size_t i = 0; i < COUNT_OF(countries); i++)
		if (g->value[0] == countries[i] && g->count > 2 && g->digits >= 10 &&
		    g->digits <= PHONE_DIGITS_MAX && g->value[g->count - 1] % 100)
			return !groups_are_thousands(g);
	return false;
}

/* What stands between two groups of a number that is told: all words, and those that join. */
struct told {
	int groups, digits, words, joins;
	bool loose;   /* a gap had a word that is no "then" and no "number" */
	bool bare;    /* a gap had no "then" */
	bool figures; /* "the six digits": single ones follow */
};

/* "0044, then": the code of a country, which no number of an article continues. */
static bool told_is_country(const struct intake_scan *s, int n)
{
	static const char *const countries[] = {
	    "33",  "34",  "39",  "41",  "43",  "44",  "49",  "31",  "32",  "48",
	    "381", "382", "385", "386", "387", "389", "420", "421", "352", "351",
	    "353", "355", "359", "36",  "40",  "45",  "46",  "47",  "90",  "1"};
	struct str code = scan_at(s, n)->text;
	int behind = n + 1 + scan_one_of(s, n + 1, ",.;:");
	if (code.n < 3 || code.p[0] != '0' || code.p[1] != '0' ||
	    !(scan_at(s, behind)->class & CLASS_THEN))
		return false;
	for (size_t i = 0; i < COUNT_OF(countries); i++)
		if (str_eq((struct str){code.p + 2, code.n - 2}, str_of(countries[i])))
			return true;
	return false;
}

/* "code 01224, number 496031": the code of an area, not that of an article. */
static bool told_is_code(const struct intake_scan *s, int n)
{
	int behind = n + 1 + scan_one_of(s, n + 1, ",.;:");
	return scan_at(s, n - 1)->class & CLASS_CODE && !(scan_at(s, n - 2)->class & CLASS_ITEM) &&
	       scan_at(s, n)->text.p[0] == '0' && scan_at(s, behind)->class & CLASS_NUMBER &&
	       scan_at(s, behind + 1)->kind == TOKEN_NUMBER;
}

static bool told_is_amount(const struct intake_scan *s, int at)
{
	return scan_at(s, at + 1)->class & (CLASS_UNIT | CLASS_ITEM) || scan_sign(s, at + 1, '%');
}

/* The groups from n on, with words between them. False: what follows is no number of a telephone.
 * *last: the last group. */
static bool told_read(const struct intake_scan *s, int n, bool area, struct told *told, int *last)
{
	*told = (struct told){.groups = 0};
	for (int at = n; at < s->tokens && told->words <= TOLD_WORDS; at++) {
		const struct token *t = scan_at(s, at);
		if (t->kind == TOKEN_WORD) {
			static const word_set signs =
			    CLASS_DOT | CLASS_POINT | CLASS_SLASH | CLASS_DASH;
			bool joins = t->class & (CLASS_THEN | CLASS_NUMBER | CLASS_AND | signs);
			told->words += !joins;
			told->figures = told->figures || t->class & CLASS_FIGURES;
			told->joins += joins && t->class & (CLASS_THEN | signs);
		} else if (t->kind == TOKEN_NUMBER) {
			bool single = t->text.n < 2 && !((area || told->figures) && told->groups);
			if (single || t->text.n > TOLD_LONGEST || told_is_amount(s, at))
				return false;
			told->loose = told->loose || told->words;
			told->bare = told->bare || (told->groups && !told->joins);
			told->digits += (int)t->text.n;
			told->groups++;
			told->words = told->joins = 0;
			*last = at;
			if (told->digits > PHONE_DIGITS_MAX)
				return false;
		} else if (!scan_one_of(s, at, ".,;:-/()")) {
			break;
		}
	}
	return true;
}

/* "Die Nummer beginnt mit 079. Es folgt 555. Am Ende 12 34.", "Vorwahl 031, Nummer 5551234", "079,
 * dann 5551234": groups with words between them, behind a word that announces a number or joined
 * by words that continue it. */
static bool scan_told(const struct intake_scan *s, int n, int *last)
{
	const struct token *first = scan_at(s, n);
	word_set announced = 0;
	struct told told;
	if (first->kind != TOKEN_NUMBER || first->text.n < 2 || first->text.n > AREA_LONGEST)
		return false;
	for (int i = n - 1; i >= n - TOLD_WORDS && i >= 0 && !announced; i--) {
		announced =
		    scan_at(s, i)->class & (CLASS_TEL | CLASS_NUMBER | CLASS_AREA | CLASS_CALL);
		if (scan_at(s, i)->class & CLASS_ITEM && !told_is_country(s, n) &&
		    !told_is_code(s, n))
			return false;
	}
	announced |= told_is_country(s, n) || told_is_code(s, n) ? CLASS_AREA : 0;
	bool plus = scan_sign(s, n - 1, '+');
	bool area = plus || announced & CLASS_AREA;
	announced |= plus ? CLASS_AREA : 0;
	if (!(first->text.p[0] == '0' || area) || !told_read(s, n, area, &told, last))
		return false;
	announced |= told.figures ? CLASS_NUMBER : 0;
	int least = announced & CLASS_AREA ? CALL_DIGITS : PHONE_DIGITS;
	bool sentences = announced && told.groups >= 3;
	bool joined =
	    told.groups >= 2 && (announced ? !told.loose || !told.bare : !told.loose && !told.bare);
	return (sentences || joined) && told.digits >= least && told.digits <= PHONE_DIGITS_MAX;
}

/* "Dial the Leeds code and 960983", "Vorwahl von Graz, dann 84 77 12": the first part of a number
 * is told by its town. n: the rest of it. */
static bool told_by_town(const struct intake_scan *s, int n, int *last)
{
	int digits = 0, at = n;
	for (; digits <= CALL_DIGITS + 1; at++) {
		if (scan_at(s, at)->kind == TOKEN_NUMBER)
			digits += (int)scan_at(s, at)->text.n;
		else if (!scan_one_of(s, at, "/-"))
			break;
	}
	*last = at - 1;
	if (digits < TOWN_DIGITS || digits > CALL_DIGITS + 1 || told_is_amount(s, at - 1) ||
	    scan_at(s, n)->kind != TOKEN_NUMBER)
		return false;
	for (int i = n - 1; i >= n - TOWN_BACK && !scan_breaks(s, i); i--) {
		const struct token *t = scan_at(s, i);
		bool area = t->class & CLASS_AREA;
		bool behind = scan_capital(s, i + 1) || scan_capital(s, i + 2);
		if (area && behind)
			return true;
		/* "the Leeds code" is an area code only behind a word for calling. */
		bool code = area || t->class & CLASS_CODE;
		for (int call = i - 2; code && scan_capital(s, i - 1) && call >= i - TOLD_WORDS;
		     call--)
			if (scan_at(s, call)->class & (CLASS_TEL | CLASS_CALL | CLASS_DIAL))
				return true;
	}
	return false;
}

/* What the words before n say about the number there: the nearest one of `classes`. */
static word_set scan_context(const struct intake_scan *s, int n)
{
	int most = CONTEXT_TEL;
	for (int i = n - 1; i >= n - LOOK_BACK && i >= 0; i--) {
		const struct token *t = scan_at(s, i), *before = scan_at(s, i - 1);
		word_set class = t->class & (CLASS_TEL | CLASS_CALL | CLASS_ITEM);
		if (class & CLASS_ITEM || (class && n - i <= (class & CLASS_TEL ? most : CONTEXT)))
			return class & CLASS_ITEM ? CLASS_ITEM : class;
		most = scan_sign(s, i, ',') ? CONTEXT : most;
		/* The end of a sentence, not of "Art." */
		if (scan_one_of(s, i, ";!?") ||
		    (scan_sign(s, i, '.') && before->kind == TOKEN_WORD && before->text.n > 4 &&
		     !(before->class & CLASS_ITEM) && scan_at(s, i + 1)->spaced))
			break;
	}
	return 0;
}

/* "Our number without the zero is 1632960983": what a "number" of one's own is, no article's. */
static bool scan_is_own_number(const struct intake_scan *s, int n)
{
	for (int i = n - 1; i >= n - LOOK_BACK + 2 && !scan_breaks(s, i); i--)
		if (scan_at(s, i)->class & CLASS_NUMBER)
			return scan_at(s, i - 1)->class & CLASS_SELF;
	return false;
}

/* "0800 FLOWERS", "1-800-CASTING": letters on the keys of a telephone. n: the prefix. */
static bool scan_vanity(const struct intake_scan *s, int n, int *end)
{
	static const char *const prefixes[] = {"800",  "0800", "0808", "0810", "0820",
					       "0840", "0844", "0848", "0900", "00800"};
	bool prefix = false;
	size_t letters = 0;
	bool country = str_eq(scan_at(s, n)->text, STR("1")) && scan_sign(s, n + 1, '-');
	n += country ? 2 : 0;
	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		prefix = prefix || str_eq(scan_at(s, n)->text, str_of(prefixes[i]));
	bool sure = country || scan_at(s, n)->text.p[0] == '0';
	if (!prefix || !(sure || scan_context(s, n) & (CLASS_TEL | CLASS_CALL)))
		return false;
	*end = n;
	for (int at = n + 1; scan_is_word(s, at) || scan_one_of(s, at, "-/."); at++) {
		struct str word = scan_at(s, at)->text;
		for (size_t i = 0; i < word.n; i++)
			if (!ascii_is_upper(word.p[i]) && scan_is_word(s, at))
				return letters >= VANITY_LEAST && letters <= VANITY_MOST;
		letters += scan_is_word(s, at) ? word.n : 0;
		*end = scan_is_word(s, at) ? at : *end;
	}
	return letters >= VANITY_LEAST && letters <= VANITY_MOST;
}

/* An amount, or a number that is part of another word: "M8", "3,5", "06A". */
static bool scan_measures(const struct intake_scan *s, const struct groups *g)
{
	const struct token *after = scan_at(s, g->end);
	bool decimals = scan_sign(s, g->end, ',') && scan_attached(s, g->end + 1) &&
			scan_at(s, g->end + 1)->kind == TOKEN_NUMBER;
	return after->class & CLASS_UNIT || scan_sign(s, g->end, '%') || decimals ||
	       (after->kind == TOKEN_WORD && !after->spaced);
}

static bool scan_is_part(const struct intake_scan *s, int n)
{
	if (n == 0 || scan_at(s, n)->spaced)
		return false;
	return scan_at(s, n - 1)->kind == TOKEN_WORD ||
	       (scan_one_of(s, n - 1, ",:") && !scan_at(s, n - 1)->spaced &&
		scan_at(s, n - 2)->kind == TOKEN_NUMBER);
}

bool scan_phone(const struct intake_scan *s, int n, int *skip, struct intake_found *found)
{
	struct groups g;
	const struct token *t = scan_at(s, n);
	*skip = 0;
	if (t->kind != TOKEN_NUMBER)
		return false;
	int told;
	if (told_by_town(s, n, &told) || scan_vanity(s, n, &told))
		return scan_found(s, INTAKE_PHONE, n, told, found);
	word_set context = scan_context(s, n);
	bool plus =
	    scan_sign(s, n - 1, '+') || (scan_sign(s, n - 1, '(') && scan_sign(s, n - 2, '+'));
	scan_groups(s, n, GROUP_SIGNS, &g);
	int last = n;
	if (context & CLASS_ITEM && !plus) {
		*skip = g.end - n;
		return (told_is_country(s, n) || told_is_code(s, n)) && scan_told(s, n, &last) &&
		       scan_found(s, INTAKE_PHONE, n, last, found);
	}
	if (scan_is_part(s, n) && !context) {
		/* All of "CH93 0076 2011 6238 5295 7", but only the first of "M8 079 555 12 34". */
		*skip = g.count > 3 && g.length[0] == 2 && g.length[1] == 4 ? g.end - n : 1;
		return false;
	}
	if (groups_are_dates(&g) || groups_are_times(&g) || groups_are_moments(&g) ||
	    groups_are_postcodes(&g)) {
		*skip = g.end - n;
		return false;
	}
	bool amount = scan_measures(s, &g) || groups_are_round(&g) || groups_are_sizes(&g);
	bool zero = t->text.p[0] == '0' && t->text.n > 1;
	bool fits = g.digits <= PHONE_DIGITS_MAX && !g.cut && !amount;
	bool is = fits && (plus || zero ? g.digits >= PHONE_DIGITS : groups_are_national(&g));
	is = is || (fits && context & CLASS_TEL && g.digits >= TEL_DIGITS);
	is = is ||
	     (fits && context & CLASS_CALL && g.digits >= CALL_DIGITS && !groups_are_thousands(&g));
	/* "712 34 56, Telefon", "712 34 56 is the phone" */
	int name = g.end + scan_sign(s, g.end, ',');
	while (name < g.end + 3 &&
	       scan_at(s, name)->class & (CLASS_LINK | CLASS_ARTICLE | CLASS_SELF))
		name++;
	bool named = scan_at(s, name)->class & CLASS_TEL;
	int least = name > g.end + 1 ? TEL_DIGITS : CALL_DIGITS;
	is = is || (fits && named && g.digits >= least && !groups_are_thousands(&g));
	is = is || (fits && g.digits >= PHONE_DIGITS && !groups_are_thousands(&g) &&
		    scan_is_own_number(s, n));
	struct groups listed;
	if (!is && scan_told(s, n, &last))
		return scan_found(s, INTAKE_PHONE, n, last, found);
	if (!is && (scan_listed(s, n, &listed) ||
		    (scan_listed_singly(s, n, &listed) &&
		     (context & CLASS_TEL || listed_is_told(s, n, &listed)))))
		return scan_found(s, INTAKE_PHONE, n, listed.end - 1, found);
	/* Of too many groups the last ones can still be a number. */
	*skip = g.digits > PHONE_DIGITS_MAX || g.cut ? 1 : g.end - n;
	return is && scan_found(s, INTAKE_PHONE, plus ? n - 1 : n, g.end - 1, found);
}

/* Numerals and figures from n on. */
struct spoken {
	int digits, words, last;
	int figures;  /* digits that are figures */
	bool amount;  /* a long group that is round, or has a unit behind it */
	bool is_long; /* a group is longer than those of spoken numbers */
	int thens;    /* words such as "then" between the numbers */
	bool paired;  /* a group is longer than a figure */
};

static void scan_spoken_digits(const struct intake_scan *s, int n, struct spoken *out)
{
	word_set before = 0; /* the class of the numeral before */
	*out = (struct spoken){.last = n};
	for (int at = n; at < s->tokens; at++) {
		const struct token *t = scan_at(s, at);
		/* "UNE 1090" is a norm. */
		if (t->digits && !(t->class & CLASS_ITEM)) {
			/* "seventy nine" and "vingt-trois" are two digits together. */
			bool joined = before & (CLASS_TENS | CLASS_HUNDRED) &&
				      t->class & (CLASS_DIGIT | CLASS_TEEN | CLASS_TENS) &&
				      !(before & CLASS_TENS && t->class & CLASS_TENS);
			out->digits += joined ? 0 : t->digits;
			out->words += t->words;
			if (!joined)
				before = t->class;
			else
				before = before & CLASS_HUNDRED ? t->class & CLASS_TENS : 0;
			out->last = at;
		} else if (t->kind == TOKEN_NUMBER && t->text.n <= SPOKEN_LONGEST) {
			out->digits += (int)t->text.n;
			out->figures += (int)t->text.n;
			out->paired = out->paired || t->text.n > 1;
			if (t->text.n > SPOKEN_SHORT) {
				out->is_long = true;
				out->amount = out->amount || scan_value(t->text) % 1000 == 0;
			}
			out->amount = out->amount || told_is_amount(s, at);
			before = 0;
			out->last = at;
		} else if (t->class & CLASS_TIMES) {
			/* "double" counts the next one twice, "funfmal" five times. */
			out->digits += 2;
			out->words++;
			before = 0;
		} else if (scan_one_of(s, at, ",.")) {
			before = 0;
		} else if (t->class & (CLASS_AND | CLASS_THEN)) {
			out->thens += (t->class & CLASS_THEN) != 0;
		} else if (!scan_one_of(s, at, "/()-_+~")) {
			return;
		}
	}
}

bool scan_spoken(const struct intake_scan *s, int n, int *plain, struct intake_found *found)
{
	const struct token *first = scan_at(s, n);
	struct spoken spoken;
	struct groups g;
	if (n < *plain || (!first->digits && first->kind != TOKEN_NUMBER))
		return false;
	bool zero = first->text.p[0] == '0' || scan_sign(s, n - 1, '+') ||
		    str_eq_nocase(scan_at(s, n - 1)->text, STR("plus"));
	zero = zero || first->class & CLASS_ZERO;
	scan_groups(s, n, GROUP_SIGNS, &g);
	if (g.count && (groups_are_dates(&g) || groups_are_times(&g)))
		return false;
	scan_spoken_digits(s, n, &spoken);
	*plain = spoken.words ? n : spoken.last + 1;
	if (spoken.is_long && spoken.amount)
		return false;
	bool is = (spoken.words >= 3 && spoken.digits >= SPOKEN_DIGITS) ||
		  (spoken.words >= 1 && zero && spoken.digits >= PHONE_DIGITS &&
		   spoken.digits <= PHONE_DIGITS_MAX);
	is = is || (first->digits && spoken.words >= 2 && spoken.figures >= MIXED_FIGURES &&
		    spoken.digits >= SPOKEN_DIGITS && spoken.digits <= PHONE_DIGITS_MAX &&
		    !spoken.amount);
	/* "612 treinta y cuatro 56 78" */
	is = is || (!first->digits && spoken.words >= 2 && spoken.figures >= MIXED_FIGURES &&
		    spoken.digits >= MIXED_DIGITS && spoken.digits <= MIXED_DIGITS_MAX &&
		    !spoken.amount && !(scan_context(s, n) & CLASS_ITEM));
	/* "le 0 1, puis 4 2, puis 6 8": figure by figure */
	is = is || (first->text.p[0] == '0' && first->text.n == 1 && spoken.thens >= 2 &&
		    !spoken.paired && spoken.figures >= PHONE_DIGITS &&
		    spoken.figures <= PHONE_DIGITS_MAX);
	/* "Vorwahl von Kassel, danach funf funf funf null eins" */
	for (int i = n - 1; !is && spoken.words == spoken.digits && spoken.words >= TOWN_SPOKEN &&
			    i >= n - TOWN_BACK && !scan_breaks(s, i);
	     i--)
		is = scan_at(s, i)->class & CLASS_AREA;
	return is && scan_found(s, INTAKE_PHONE, n, spoken.last, found);
}

/* "VII IX V V V I II III IV": Roman figures, each for a digit. */
bool scan_roman(const struct intake_scan *s, int n, struct intake_found *found)
{
	static const char *const figures[] = {"O",  "I",   "II",   "III", "IV", "V",
					      "VI", "VII", "VIII", "IX",  "N"};
	int count = 0, before = -1, value, at = n;
	bool ascends = true;
	for (; at < s->tokens; at++) {
		const struct token *t = scan_at(s, at);
		if (scan_one_of(s, at, ",-./~"))
			continue;
		for (value = 0; value < (int)COUNT_OF(figures); value++)
			if (str_eq(t->text, str_of(figures[value])))
				break;
		if (value == COUNT_OF(figures))
			break;
		ascends = ascends && value > before;
		before = value;
		count++;
	}
	return count >= SPOKEN_DIGITS && !ascends && scan_found(s, INTAKE_PHONE, n, at - 1, found);
}
