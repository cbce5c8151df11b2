/* What the columns of files and the keys of OpenStreetMap stand for. */
#include "directory/parse/internal.h"
#include "directory/parse/values.h"
#include "base/ascii.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static const struct binding headers[] = {
#define HEADER(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#define TAG(name, target, field, detail)
#define PROPERTY(name, target, field, detail)
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
#undef PROPERTY
};

static const struct binding tags[] = {
#define HEADER(name, target, field, detail)
#define TAG(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#define PROPERTY(name, target, field, detail)
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
#undef PROPERTY
};

static const struct binding properties[] = {
#define HEADER(name, target, field, detail)
#define TAG(name, target, field, detail)
#define PROPERTY(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
#undef PROPERTY
};

enum { HEADER_BYTES = 80 };

/* Letters and digits only, lower case, without marks: "Öffnungszeiten:" as "offnungszeiten". */
static size_t plain_header(struct str header, char plain[HEADER_BYTES])
{
	char folded[4 * HEADER_BYTES];
	size_t ascii = 0, n = 0, k;
	while (ascii < header.n && !(header.p[ascii] & 0x80))
		ascii++;
	if (ascii < header.n) {
		if (!value_fold(utf8_cut(header, HEADER_BYTES), folded, sizeof(folded), &k))
			return 0; /* not UTF-8 */
		header = (struct str){folded, k};
	}
	for (size_t i = 0; i < header.n && n < HEADER_BYTES; i++) {
		char c = ascii_lower(header.p[i]);
		bool sign = (unsigned char)c == 0xC2; /* "N°": signs of Latin-1 */
		if (ascii_is_lower(c) || ascii_is_digit(c) || ((c & 0x80) && !sign))
			plain[n++] = c;
		i += sign;
	}
	return n;
}

static const struct binding *binding_in(const struct binding *list, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, str_of(list[i].name)))
			return &list[i];
	return NULL;
}

static int headers_compare(const void *a, const void *b)
{
	return strcmp((*(const struct binding *const *)a)->name,
		      (*(const struct binding *const *)b)->name);
}

/* The headers by name; keys of JSON objects are looked up for every record. */
static const struct binding *header_named(struct str plain)
{
	static const struct binding *sorted[COUNT_OF(headers)];
	static bool done;
	char name[HEADER_BYTES + 1];
	const struct binding wanted = {.name = name}, *key = &wanted;
	if (!done) {
		for (size_t i = 0; i < COUNT_OF(headers); i++)
			sorted[i] = &headers[i];
		qsort(sorted, COUNT_OF(headers), sizeof(sorted[0]), headers_compare);
		done = true;
	}
	memcpy(name, plain.p, plain.n);
	name[plain.n] = '\0';
	const struct binding *const *found =
	    bsearch(&key, sorted, COUNT_OF(headers), sizeof(sorted[0]), headers_compare);
	return found ? *found : NULL;
}

static const struct day_part {
	const char *word;
	int part;
} day_parts[] = {
    {"open", 0},     {"opens", 0},     {"opening", 0},   {"from", 0},     {"start", 0},
    {"von", 0},      {"ab", 0},        {"ouverture", 0}, {"apertura", 0}, {"van", 0},
    {"close", 1},    {"closes", 1},    {"closing", 1},   {"to", 1},       {"until", 1},
    {"end", 1},      {"bis", 1},       {"fermeture", 1}, {"chiusura", 1}, {"cierre", 1},
    {"opentime", 0}, {"closetime", 1}, {"begin", 0},     {"tot", 1},      {"oeffnet", 0},
    {"offnet", 0},   {"schliesst", 1}, {"opensat", 0},   {"closesat", 1}};

/* The longest of the words behind the name of a day, or in front of it ("Öffnet Montag"), is cut
 * off. */
static int header_cut_word(struct str *header, bool front)
{
	int found = -1;
	size_t longest = 0;
	for (size_t i = 0; i < COUNT_OF(day_parts); i++) {
		struct str word = str_of(day_parts[i].word);
		if (header->n <= word.n + 1 || word.n <= longest ||
		    !(front ? str_starts(*header, word) : str_ends_nocase(*header, word)))
			continue;
		found = day_parts[i].part;
		longest = word.n;
	}
	str_skip(header, front ? longest : 0);
	header->n -= front ? 0 : longest;
	return found;
}

int header_cut_part(struct str *header)
{
	return header_cut_word(header, false);
}

const struct binding *binding_of_day_part(int day, int part)
{
	static const char *const days[] = {"0", "1", "2", "3", "4", "5", "6"};
	static struct binding parts[COUNT_OF(days)][2];
	struct binding *b = &parts[day][part];
	*b = (struct binding){"", part ? TARGET_HOURS_TO : TARGET_HOURS_FROM, RECORD_HOURS,
			      days[day]};
	return b;
}

/* "Monday open", "Montag von": the begin or the end of the hours of a day. */
static const struct binding *header_of_day_part(struct str plain)
{
	int part = header_cut_part(&plain);
	part = part < 0 ? header_cut_word(&plain, true) : part;
	const struct binding *b = part < 0 ? NULL : header_named(plain);
	return b && b->target == TARGET_HOURS_DAY ? binding_of_day_part(b->detail[0] - '0', part)
						  : NULL;
}

/* "Telefon 2": a further one of what may be several. "Telefon 1": the first. */
static const struct binding *header_numbered(struct str plain)
{
	static const struct binding phone = {"", TARGET_PHONE_MORE, RECORD_NAME, NULL},
				    street = {"", TARGET_STREET_MORE, RECORD_NAME, NULL},
				    alias = {"", TARGET_FIELD, RECORD_ALT_NAMES, NULL};
	char digit = plain.n ? plain.p[plain.n - 1] : 'x';
	if (plain.n < 4 || digit < '1' || digit > '9' || ascii_is_digit(plain.p[plain.n - 2]))
		return NULL;
	plain.n--;
	const struct binding *b = header_named(plain);
	b = b ? b : header_of_day_part(plain);
	if (!b || digit == '1')
		return b;
	switch (b->target) {
	case TARGET_FIELD:
		if (record_fields[b->field].kind == RECORD_LIST)
			return b;
		return b->field == RECORD_PHONE    ? &phone
		       : b->field == RECORD_STREET ? &street
		       : b->field == RECORD_NAME   ? &alias
						   : NULL;
	case TARGET_EMAIL:
	case TARGET_PERSON:
	case TARGET_CATEGORY_ANY:
	case TARGET_HOURS_DAY:
	case TARGET_HOURS_FROM:
	case TARGET_HOURS_TO:
		return b;
	default:
		return NULL;
	}
}

size_t header_hours_prefix(struct str s)
{
	static const char *words[COUNT_OF(headers)];
	static size_t count;
	size_t longest = 0;
	static bool done;
	for (size_t i = 0; i < COUNT_OF(headers) && !done; i++)
		if (headers[i].target == TARGET_HOURS)
			words[count++] = headers[i].name;
	done = true;
	for (size_t i = 0; i < count; i++) {
		size_t n = 0;
		const char *c = words[i];
		for (; *c && n < s.n && (s.p[n] == *c || s.p[n] == ' '); n++)
			c += s.p[n] != ' ';
		longest = !*c && n > longest ? n : longest;
	}
	return longest;
}

/* "hours_monday_open", "Öffnungszeiten Montag von" */
static const struct binding *header_of_hours(struct str plain)
{
	size_t n = header_hours_prefix(plain);
	if (!n || n == plain.n)
		return NULL;
	struct str rest = {plain.p + n, plain.n - n};
	const struct binding *b = header_named(rest);
	return b && b->target == TARGET_HOURS_DAY ? b : header_of_day_part(rest);
}

/* "Telephone No.", "Tel nr": a telephone with a word for number behind it. */
static const struct binding *header_with_number(struct str plain)
{
	static const char *const words[] = {"nr", "no", "num", "number", "nummer", "numero"};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct str word = str_of(words[i]);
		if (plain.n <= word.n || !str_ends(plain, word))
			continue;
		const struct binding *b = header_named((struct str){plain.p, plain.n - word.n});
		if (b && b->target == TARGET_FIELD && b->field == RECORD_PHONE)
			return b;
	}
	return NULL;
}

/* Fields that mean the same with "company" in front or a language behind; a name does not. */
static bool is_of_any(const struct binding *b)
{
	switch (b->target) {
	case TARGET_FIELD:
		return b->field != RECORD_NAME && b->field != RECORD_ALT_NAMES &&
		       b->field != RECORD_EXTERNAL_ID;
	case TARGET_STREET_NAME:
	case TARGET_STREET_MORE:
	case TARGET_STREET_FULL:
	case TARGET_CATEGORY_ANY:
	case TARGET_HOURS:
		return true;
	default:
		return false;
	}
}

/* "business_city", "Store Phone": the word for the business in front says nothing. */
static const struct binding *header_of_business(struct str plain)
{
	static const char *const words[] = {
	    "business", "company",  "store",      "shop",          "location",
	    "firm",     "firma",    "venue",      "outlet",        "facility",
	    "site",     "premises", "restaurant", "establishment", "empresa",
	    "betrieb",  "merchant", "hotel",      "etablissement", "physical"};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		size_t n = strlen(words[i]);
		if (plain.n < n + 3 || !str_starts(plain, str_of(words[i])))
			continue;
		const struct binding *b = header_named(str_from(plain, n));
		return b && is_of_any(b) ? b : NULL;
	}
	return NULL;
}

/* The words of a header, divided by case, signs and blanks. */
static size_t header_words(struct str header, struct str *words, size_t max)
{
	size_t n = 0, from = 0;
	for (size_t i = 0; i <= header.n && n < max; i++) {
		char c = i < header.n ? header.p[i] : ' ';
		bool part = ascii_is_alnum(c) || (c & 0x80);
		bool camel = i > from && part && ascii_is_lower(header.p[i - 1]) &&
			     !ascii_is_lower(c) && ascii_is_letter(c);
		if (part && !camel)
			continue;
		if (i > from)
			words[n++] = (struct str){header.p + from, i - from};
		from = camel ? i : i + 1;
	}
	return n;
}

/* "full_business_address", "desc_vial_edificio", "dbaEndDate": without words that say nothing. */
static const struct binding *header_without_noise(struct str header)
{
	static const char *const noise[] = {
	    "business", "company",       "store",         "shop",     "facility", "premises",
	    "dba",      "local",         "desc",          "edificio", "site",     "the",
	    "official", "establishment", "etablissement", "empresa",  "betrieb",  "venue",
	    "of",       "unidade",       "trading",       "immobile", "sede",     "esercizio"};
	struct str words[12];
	char plain[HEADER_BYTES];
	size_t count = header_words(header, words, COUNT_OF(words)), n = 0, left = 0;
	bool address = false; /* only what belongs to one */
	for (size_t i = 0; i < count; i++) {
		bool says = !str_eq_nocase(words[i], STR("address")) &&
			    !str_eq_nocase(words[i], STR("adresse"));
		address |= !says;
		for (size_t k = 0; k < COUNT_OF(noise) && says; k++)
			says = !str_eq_nocase(words[i], str_of(noise[k]));
		if (!says)
			continue;
		char part[HEADER_BYTES];
		size_t length = plain_header(words[i], part);
		if (n + length > HEADER_BYTES)
			return NULL;
		memcpy(plain + n, part, length);
		n += length;
		left++;
	}
	const struct binding *b = left < count && n ? header_named((struct str){plain, n}) : NULL;
	if (address && b && b->target != TARGET_HOUSE_NUMBER &&
	    !(b->target == TARGET_FIELD &&
	      (b->field == RECORD_POSTCODE || b->field == RECORD_CITY ||
	       b->field == RECORD_REGION || b->field == RECORD_COUNTRY)))
		return NULL;
	return b && (is_of_any(b) || b->target == TARGET_HOUSE_NUMBER || b->target == TARGET_CLOSED)
		   ? b
		   : NULL;
}

/* "StreetNL", "name_fr": in a language. */
static const struct binding *header_of_language(struct str plain)
{
	static const char *const languages[] = {"nl", "fr", "de", "en", "it", "es", "pt"};
	for (size_t i = 0; i < COUNT_OF(languages); i++) {
		if (plain.n < 6 || !str_ends(plain, str_of(languages[i])))
			continue;
		const struct binding *b = header_named((struct str){plain.p, plain.n - 2});
		bool name = b && b->target == TARGET_FIELD && b->field == RECORD_NAME;
		return b && (name || is_of_any(b)) && b->field != RECORD_PHONE ? b : NULL;
	}
	return NULL;
}

static const struct binding *header_plain(struct str plain)
{
	const struct binding *b = header_named(plain);
	b = b ? b : header_of_day_part(plain);
	b = b ? b : header_of_hours(plain);
	b = b ? b : header_with_number(plain);
	b = b ? b : header_numbered(plain);
	b = b ? b : header_of_business(plain);
	return b ? b : header_of_language(plain);
}

/* What two parts of one header mean together: a street with its number, a postcode with its town.
 * NULL: they do not belong together. */
static const struct binding *binding_of_both(const struct binding *a, const struct binding *b)
{
	static const struct binding street = {"", TARGET_FIELD, RECORD_STREET, NULL},
				    town = {"", TARGET_POSTCODE_CITY, RECORD_NAME, NULL};
	if (a->target == b->target && a->field == b->field)
		return a;
	bool is_street = a->target == TARGET_STREET_NAME ||
			 (a->target == TARGET_FIELD && a->field == RECORD_STREET);
	if (is_street && (b->target == TARGET_HOUSE_NUMBER || b->target == TARGET_NUMBER))
		return &street;
	if (a->target == TARGET_FIELD && a->field == RECORD_POSTCODE && b->target == TARGET_FIELD &&
	    b->field == RECORD_CITY)
		return &town;
	return NULL;
}

/* Cut the first part of a header off *rest: what stands before a sign or a word that means "and".
 * rest->p becomes NULL after the last part. */
static struct str header_cut_joined(struct str *rest)
{
	static const char *const ands[] = {"/",   "+",   "&",    ",",    " und ", " and ", " et ",
					   " e ", " y ", " en ", " og ", " och ", " i "};
	size_t at = rest->n, skipped = 0;
	for (size_t i = 0; i < COUNT_OF(ands); i++) {
		size_t n = strlen(ands[i]);
		for (size_t begin = 0; begin < at && begin + n <= rest->n; begin++)
			if (str_eq_nocase((struct str){rest->p + begin, n}, str_of(ands[i]))) {
				at = begin;
				skipped = n;
			}
	}
	struct str part = {rest->p, at};
	*rest = skipped ? str_from(*rest, at + skipped) : (struct str){0};
	return part;
}

/* "State / Province", "Straße + Nr.", "Zip/Town": the parts mean the same or belong together.
 * "Telefon (Geschäft)": what is in brackets is left out. */
static const struct binding *header_in_parts(struct str header)
{
	const struct binding *all = NULL;
	char plain[HEADER_BYTES];
	const char *open = header.n ? memchr(header.p, '(', header.n) : NULL;
	if (!open && header.n)
		open = memchr(header.p, '[', header.n);
	if (open > header.p) {
		size_t n = plain_header((struct str){header.p, (size_t)(open - header.p)}, plain);
		return header_plain((struct str){plain, n});
	}
	struct str rest = header, first = header_cut_joined(&rest);
	if (!rest.p)
		return NULL;
	for (struct str part = first; part.p; part = header_cut_joined(&rest)) {
		size_t n = plain_header(part, plain);
		const struct binding *b = header_plain((struct str){plain, n});
		all = all && b ? binding_of_both(all, b) : b;
		if (!all)
			return NULL;
	}
	return all;
}

const struct binding *binding_of_header(struct str header)
{
	static const struct binding email = {"mail", TARGET_EMAIL, RECORD_NAME, NULL};
	char plain[HEADER_BYTES];
	size_t n = plain_header(header, plain);
	const struct binding *b = header_plain((struct str){plain, n});
	b = b ? b : header_in_parts(header);
	b = b ? b : header_without_noise(header);
	/* Whatever a column of e-mail addresses is called, it is contact data. */
	if (!b && n > 4 && memmem(plain, n, "mail", 4) && !memmem(plain, n, "mailing", 7))
		return &email;
	return b;
}

const struct binding *binding_of_days(unsigned days)
{
	static unsigned char bits[256];
	static struct binding bindings[COUNT_OF(bits)];
	must(days < COUNT_OF(bits));
	bits[days] = (unsigned char)days;
	bindings[days] = (struct binding){"", TARGET_HOURS_DAYS, RECORD_HOURS, (char *)&bits[days]};
	return &bindings[days];
}

const struct binding *binding_of_tag(struct str key)
{
	return binding_in(tags, COUNT_OF(tags), key);
}

const struct binding *binding_of_property(struct str key)
{
	return binding_in(properties, COUNT_OF(properties), key);
}
