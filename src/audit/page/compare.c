/* Businesses of all blocks of a page against what the page shows, and against one another. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "base/date.h"
#include "hours/hours.h"
#include "site/facts/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSINESSES_MAX = 200, PHONE_DIGITS = 7, NUMBERS_MAX = 200 };

/* An object that describes a business. */
struct business_claim {
	const struct json_value *object, *address;
	const struct page_block *block;
	struct str name, id, url, street, postcode, town, phone;
	bool local; /* a LocalBusiness, not just any Organization */
	bool inner; /* an entry of a list or a part of another business */
};

struct compare {
	struct page_state *s;
	struct business_claim claim[BUSINESSES_MAX];
	size_t claims;
	/* every telephone and fax number that any block says, by its last digits */
	char number[NUMBERS_MAX][PHONE_DIGITS + 1];
	size_t numbers;
};

bool page_is_a(const struct json_value *object, const struct schema_type *ancestor)
{
	const struct json_value *type = json_get(object, "@type");
	const struct json_value *one = type && type->kind == JSON_IS_ARRAY ? type->first : type;
	for (; one; one = one == type ? NULL : one->next) {
		const struct schema_type *t = schema_type_find(json_text(one));
		if (t && schema_is_a(t, ancestor))
			return true;
	}
	return false;
}

static void compare_say(const struct compare *c, const struct business_claim *of,
			enum page_fact fact, struct str a, struct str b)
{
	page_say(c->s, fact, of->block->line, of->block->column, a, b);
}

/* ---- collecting ---- */

/* The text of a value, or of the first of a list. */
static struct str one_text(const struct json_value *v)
{
	return json_text(v && v->kind == JSON_IS_ARRAY ? v->first : v);
}

/* The last digits of a number, which its national and international notations share. False: too few
 * digits. */
static bool last_digits(struct str phone, char out[PHONE_DIGITS + 1])
{
	char digits[32];
	size_t n = 0;
	for (size_t i = 0; i < phone.n && n < sizeof(digits); i++)
		if (ascii_is_digit(phone.p[i]))
			digits[n++] = phone.p[i];
	if (n < PHONE_DIGITS)
		return false;
	memcpy(out, digits + n - PHONE_DIGITS, PHONE_DIGITS);
	out[PHONE_DIGITS] = '\0';
	return true;
}

static void collect_numbers(struct compare *c, const struct json_value *v)
{
	bool is_number = str_eq(v->key, STR("telephone")) || str_eq(v->key, STR("faxNumber"));
	const struct json_value *one = v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; is_number && one && c->numbers < NUMBERS_MAX; one = one == v ? NULL : one->next)
		c->numbers += last_digits(json_text(one), c->number[c->numbers]);
	for (const struct json_value *child = v->first; child; child = child->next)
		collect_numbers(c, child);
}

static void collect_claim(struct compare *c, const struct json_value *object,
			  const struct page_block *block, bool inner)
{
	bool local = page_is_a(object, SCHEMA(LocalBusiness));
	if (c->claims == BUSINESSES_MAX || !(local || page_is_a(object, SCHEMA(Organization))))
		return;
	const struct json_value *address = json_get(object, "address");
	if (address && address->kind == JSON_IS_ARRAY)
		address = address->first;
	address = facts_resolve(&c->s->ids, address);
	c->claim[c->claims++] = (struct business_claim){
	    .object = object,
	    .address = address,
	    .block = block,
	    .name = one_text(json_get(object, "name")),
	    .id = json_text(json_get(object, "@id")),
	    .url = one_text(json_get(object, "url")),
	    .street = json_text(json_get(address, "streetAddress")),
	    .postcode = json_text(json_get(address, "postalCode")),
	    .town = json_text(json_get(address, "addressLocality")),
	    .phone = one_text(json_get(object, "telephone")),
	    .local = local,
	    .inner = inner,
	};
}

/* Collect the top-level objects, the main entity of the page and, inside of these, entries of lists
 * and parts of businesses. */
static void collect_claims(struct compare *c, const struct json_value *v,
			   const struct page_block *block, unsigned depth, bool inner)
{
	static const struct {
		const char *property;
		bool inner;
	} places[] = {
	    {"@graph", false},           {"mainEntity", false},     {"about", false},
	    {"mainEntityOfPage", false}, {"itemListElement", true}, {"item", true},
	    {"subOrganization", true},   {"department", true},      {"containsPlace", true}};
	enum { DEPTH_MAX = 8 };
	if (depth > DEPTH_MAX)
		return;
	if (v->kind == JSON_IS_ARRAY)
		for (const struct json_value *one = v->first; one; one = one->next)
			collect_claims(c, one, block, depth + 1, inner);
	if (v->kind != JSON_IS_OBJECT)
		return;
	collect_claim(c, v, block, inner);
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (json_get(v, places[i].property))
			collect_claims(c, json_get(v, places[i].property), block, depth + 1,
				       inner || places[i].inner);
}

/* ---- against the page ---- */

static bool is_in(const struct buf *text, struct str needle)
{
	return needle.n == 0 || (text->n && memmem(text->p, text->n, needle.p, needle.n));
}

static bool is_seen(const struct compare *c, struct str value)
{
	struct buf plain;
	buf_init(&plain, 4 * value.n + 64);
	page_plain(&plain, value);
	bool is = is_in(&c->s->plain, buf_view(&plain));
	buf_release(&plain);
	return is;
}

/* Whether the page shows the text as a whole, or each part between commas: "Main Street 5, Suite 2"
 * may be on two lines with other text between them. */
static bool are_parts_seen(const struct compare *c, struct str value)
{
	if (is_seen(c, value))
		return true;
	if (!memchr(value.p, ',', value.n) && !memchr(value.p, '\n', value.n))
		return false;
	while (value.p) {
		struct str part = str_cut(&value, ',');
		while (part.p)
			if (!is_seen(c, str_trim(str_cut(&part, '\n'))))
				return false;
	}
	return true;
}

/* Placeholders are reported by the checks, and not a second time as missing on the page. */
static void compare_texts(const struct compare *c, const struct business_claim *claim)
{
	const struct {
		struct str value;
		const char *property;
	} texts[] = {{claim->name, "name"},
		     {claim->street, "address.streetAddress"},
		     {claim->postcode, "address.postalCode"},
		     {claim->town, "address.addressLocality"}};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i].value.n && !facts_is_placeholder(texts[i].value) &&
		    !are_parts_seen(c, texts[i].value))
			page_report(c->s, "value-not-visible", claim->block->line,
				    claim->block->column, "%s: %.*s", texts[i].property,
				    STR_ARG(texts[i].value));
	char digits[PHONE_DIGITS + 1];
	if (last_digits(claim->phone, digits) && !facts_is_placeholder_phone(claim->phone) &&
	    !is_in(&c->s->digits, str_of(digits)))
		page_report(c->s, "value-not-visible", claim->block->line, claim->block->column,
			    "telephone: %.*s", STR_ARG(claim->phone));
}

/* Report numbers that the page offers to call and no block contains. When there are many, most
 * belong to other businesses. */
static void compare_phones(const struct compare *c, const struct business_claim *claim)
{
	enum { UNKNOWN_MAX = 2 };
	const struct page_phone *unknown[PAGE_PHONES_MAX];
	char digits[PHONE_DIGITS + 1], before[PAGE_PHONES_MAX][PHONE_DIGITS + 1];
	size_t count = 0;
	if (!claim->phone.n || !c->numbers)
		return;
	for (size_t i = 0; i < c->s->phones; i++) {
		bool known = !last_digits(str_of(c->s->phone[i].digits), digits);
		for (size_t k = 0; k < c->numbers && !known; k++)
			known = strstr(c->s->phone[i].digits, c->number[k]) != NULL;
		for (size_t k = 0; k < count && !known; k++)
			known = strcmp(before[k], digits) == 0;
		if (known)
			continue;
		memcpy(before[count], digits, sizeof(digits));
		unknown[count++] = &c->s->phone[i];
	}
	for (size_t i = 0; i < count && count <= UNKNOWN_MAX; i++)
		page_report(c->s, "telephone-differs",
			    unknown[i]->line ? unknown[i]->line : claim->block->line,
			    unknown[i]->line ? unknown[i]->column : claim->block->column,
			    "%s, and the structured data contain %.*s", unknown[i]->digits,
			    STR_ARG(claim->phone));
}

static void write_spans(const struct page_week *week, int day, char *out, size_t size)
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < week->day[day].count && n < size; i++) {
		const struct page_span *span = &week->day[day].span[i];
		n += (size_t)snprintf(out + n, size - n, "%s%02d:%02d-%02d:%02d", i ? ", " : "",
				      span->from / 60, span->from % 60, span->to / 60 % 24,
				      span->to % 60);
	}
	if (!week->day[day].count)
		snprintf(out, size, week->day[day].said ? "closed" : "nothing");
}

/* Whether the page's hours of a day, one span or "closed", contradict the block. */
static bool days_differ(const struct page_week *page, const struct page_week *block, int day)
{
	if (!page->day[day].said || page->day[day].count > 1 || !block->any)
		return false;
	if (!page->day[day].count)
		return block->day[day].count > 0;
	struct page_span span = page->day[day].span[0];
	if (!block->day[day].count)
		return true;
	struct page_span whole = block->day[day].span[0];
	for (size_t i = 0; i < block->day[day].count; i++) {
		struct page_span one = block->day[day].span[i];
		if (one.from == span.from && one.to == span.to)
			return false;
		whole.from = one.from < whole.from ? one.from : whole.from;
		whole.to = one.to > whole.to ? one.to : whole.to;
	}
	return whole.from != span.from || whole.to != span.to;
}

static void compare_hours(const struct compare *c, const struct business_claim *claim)
{
	struct page_week page, block;
	char shown[80], said[80];
	page_hours_of_text(buf_view(&c->s->text), &page);
	page_hours_of_block(claim->object, &block);
	if (!page.any || page.unclear || block.unclear)
		return;
	if (!block.any) {
		page_report(c->s, "hours-unsaid", claim->block->line, claim->block->column, "%.*s",
			    STR_ARG(claim->name));
		return;
	}
	for (int day = 0; day < 7; day++) {
		if (!days_differ(&page, &block, day))
			continue;
		write_spans(&page, day, shown, sizeof(shown));
		write_spans(&block, day, said, sizeof(said));
		page_report(c->s, "hours-differ", claim->block->line, claim->block->column,
			    "%s: the page shows %s, the structured data contain %s",
			    date_weekday_names[day], shown, said);
		return;
	}
}

/* "HairSalon" as "hair salon"; false: no room. */
static bool type_words(const char *type, char *out, size_t size)
{
	size_t n = 0;
	for (const char *c = type; *c; c++) {
		bool capital = ascii_is_upper(*c);
		if (n + 3 > size)
			return false;
		if (capital && n)
			out[n++] = ' ';
		out[n++] = ascii_lower(*c);
	}
	out[n] = 0;
	return n > 0;
}

static bool is_word_letter(char c)
{
	return ascii_is_lower(c) || (unsigned char)c >= 0x80;
}

/* Whether the text contains the words as whole words. */
static bool has_words(struct str text, struct str words)
{
	for (size_t i = 0; i + words.n <= text.n; i++)
		if (memcmp(text.p + i, words.p, words.n) == 0 &&
		    (i == 0 || !is_word_letter(text.p[i - 1])) &&
		    (i + words.n == text.n || !is_word_letter(text.p[i + words.n])))
			return true;
	return false;
}

/* The part of a name that says what the business is: "Grand Hotel - 2nd Floor Pantry" and "Grand
 * Hotel (Main Kitchen)" are places inside of a hotel. */
static struct str name_of_itself(struct str name)
{
	static const char *const marks[] = {" - ", "- ", " -", " – ", " — ", " @ ", " / ", "("};
	for (size_t i = 0; i < name.n; i++)
		for (size_t k = 0; k < COUNT_OF(marks); k++)
			if (i && str_starts(str_from(name, i), str_of(marks[k])))
				return name_of_itself(str_from(name, i + strlen(marks[k])));
	return name;
}

/* Report a plain LocalBusiness whose name contains a more precise type, with the longest such
 * type. */
static void compare_type(const struct compare *c, const struct business_claim *claim)
{
	const char *best = NULL;
	struct buf plain;
	char words[100];
	if (!str_eq(schema_term(one_text(json_get(claim->object, "@type"))), STR("LocalBusiness")))
		return;
	buf_init(&plain, claim->name.n + 1);
	page_squeeze(&plain, name_of_itself(claim->name));
	for (size_t i = 0; i < SCHEMA_TYPES; i++) {
		const struct schema_type *one = &schema_types[i];
		if (one != SCHEMA(LocalBusiness) && !one->successor[0] &&
		    schema_is_a(one, SCHEMA(LocalBusiness)) &&
		    type_words(one->name, words, sizeof(words)) &&
		    has_words(buf_view(&plain), str_of(words)) &&
		    (!best || strlen(one->name) > strlen(best)))
			best = one->name;
	}
	if (best)
		page_report(c->s, "type-in-name", claim->block->line, claim->block->column,
			    "%s, in \"%.*s\"", best, STR_ARG(claim->name));
	buf_release(&plain);
}

/* ---- against one another ---- */

static bool same_plain(struct str a, struct str b)
{
	struct buf x, y;
	buf_init(&x, 4 * a.n + 64);
	buf_init(&y, 4 * b.n + 64);
	page_plain(&x, a);
	page_plain(&y, b);
	bool same = str_eq(buf_view(&x), buf_view(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

/* Both are known and are not the same. */
static bool texts_differ(struct str a, struct str b)
{
	return a.n && b.n && !same_plain(a, b);
}

static bool phones_differ(struct str a, struct str b)
{
	char x[PHONE_DIGITS + 1], y[PHONE_DIGITS + 1];
	return last_digits(a, x) && last_digits(b, y) && strcmp(x, y) != 0;
}

/* Two objects of one business: one id, or one name, and not two places with a
 * door and a number each. */
static bool are_one(const struct business_claim *a, const struct business_claim *b)
{
	if (a->id.n && b->id.n)
		return str_eq(a->id, b->id);
	if (!a->name.n || !b->name.n || !same_plain(a->name, b->name))
		return false;
	bool other_door = texts_differ(a->street, b->street);
	bool same_phone = a->phone.n && b->phone.n && !phones_differ(a->phone, b->phone);
	bool same_url = a->url.n && str_eq(a->url, b->url);
	return !other_door || same_phone || (same_url && (!a->phone.n || !b->phone.n));
}

static void claims_differ(const struct compare *c, const struct business_claim *a,
			  const struct business_claim *b)
{
	const struct {
		const char *property;
		struct str a, b;
		bool differ;
	} properties[] = {
	    {"telephone", a->phone, b->phone, phones_differ(a->phone, b->phone)},
	    {"address.streetAddress", a->street, b->street, texts_differ(a->street, b->street)},
	    {"address.postalCode", a->postcode, b->postcode,
	     texts_differ(a->postcode, b->postcode)},
	    {"address.addressLocality", a->town, b->town, texts_differ(a->town, b->town)},
	    {"name", a->name, b->name, texts_differ(a->name, b->name)},
	};
	for (size_t i = 0; i < COUNT_OF(properties); i++) {
		if (!properties[i].differ)
			continue;
		struct str x = utf8_cut(properties[i].a, 200), y = utf8_cut(properties[i].b, 200);
		page_report(c->s, "blocks-differ", b->block->line, b->block->column,
			    "%s: %.*s and %.*s", properties[i].property, STR_ARG(x), STR_ARG(y));
	}
	struct page_week x, y;
	page_hours_of_block(a->object, &x);
	page_hours_of_block(b->object, &y);
	for (int day = 0; day < 7 && x.any && y.any && !x.unclear && !y.unclear; day++) {
		bool both = x.day[day].count && y.day[day].count;
		if (!both || (x.day[day].count == y.day[day].count &&
			      memcmp(x.day[day].span, y.day[day].span,
				     x.day[day].count * sizeof(struct page_span)) == 0))
			continue;
		page_report(c->s, "blocks-differ", b->block->line, b->block->column,
			    "openingHours: %s", date_weekday_names[day]);
		return;
	}
}

static void compare_claims(const struct compare *c)
{
	for (size_t i = 1; i < c->claims; i++)
		for (size_t k = 0; k < i; k++)
			if (c->claim[i].local + c->claim[k].local > 0 && !c->claim[i].inner &&
			    !c->claim[k].inner && are_one(&c->claim[k], &c->claim[i])) {
				claims_differ(c, &c->claim[k], &c->claim[i]);
				break;
			}
}

/* ---- all ---- */

/* Emits the facts by which other pages of the site are compared with this one. */
static void tell_business(const struct compare *c, const struct business_claim *claim)
{
	compare_say(c, claim, PAGE_BUSINESS, claim->name, claim->id);
	c->s->businesses += !claim->inner;
	if (claim->street.n)
		compare_say(c, claim, PAGE_STREET, claim->street, STR(""));
	if (claim->name.n && claim->street.n && claim->phone.n) {
		struct buf key;
		char digits[PHONE_DIGITS + 1];
		buf_init(&key, 4 * (claim->name.n + claim->street.n) + 64);
		page_plain(&key, claim->name);
		buf_putc(&key, '|');
		page_plain(&key, claim->street);
		if (last_digits(claim->phone, digits))
			compare_say(c, claim, PAGE_CLAIM, buf_view(&key), claim->phone);
		buf_release(&key);
	}
}

/* The only business that the page describes; NULL: there is none, or several names. */
static const struct business_claim *only_business(const struct compare *c)
{
	const struct business_claim *only = NULL;
	for (size_t i = 0; i < c->claims; i++) {
		const struct business_claim *one = &c->claim[i];
		if (!one->local || one->inner)
			continue;
		if (only && !same_plain(only->name, one->name))
			return NULL;
		only = only ? only : one;
	}
	return only;
}

void page_compare(struct page_state *s)
{
	struct compare *c = memory_alloc(sizeof(*c));
	c->s = s;
	for (size_t i = 0; i < s->blocks; i++) {
		collect_claims(c, s->block[i].root, &s->block[i], 0, false);
		collect_numbers(c, s->block[i].root);
	}
	for (size_t i = 0; i < c->claims; i++) {
		if (!c->claim[i].local)
			continue;
		tell_business(c, &c->claim[i]);
		if (c->claim[i].inner)
			continue;
		compare_texts(c, &c->claim[i]);
		compare_type(c, &c->claim[i]);
	}
	const struct business_claim *only = only_business(c);
	if (only) {
		compare_phones(c, only);
		compare_hours(c, only);
	}
	compare_claims(c);
	free(c);
}
