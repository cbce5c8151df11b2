/* Placeholders: texts and numbers that were never replaced by real values. */
#include "site/facts/internal.h"
#include "base/ascii.h"

#include <string.h>

enum { WHOLE_MAX = 32 /* bytes of a whole text */ };

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* Whole texts, compared without case. */
static const struct str whole_texts[] = {
    TEXT("null"),
    TEXT("(null)"),
    TEXT("undefined"),
    TEXT("n/a"),
    TEXT("nan"),
    TEXT("todo"),
    TEXT("tbd"),
    TEXT("tba"),
    TEXT("xxx"),
    TEXT("xxxx"),
    TEXT("xxxxx"),
    TEXT("-"),
    TEXT("--"),
    TEXT("?"),
    TEXT("."),
    TEXT("none given"),
    TEXT("[object object]"),
    TEXT("placeholder"),
    TEXT("lorem ipsum"),
    TEXT("sample text"),
    TEXT("insert text here"),
    TEXT("untitled"),
    TEXT("business name"),
    TEXT("company name"),
    TEXT("name of business"),
    TEXT("firmenname"),
    TEXT("your business"),
    TEXT("your business name"),
    TEXT("your company"),
    TEXT("your company name"),
    TEXT("your name"),
    TEXT("your name here"),
    TEXT("your restaurant"),
    TEXT("your restaurant name"),
    TEXT("your store name"),
    TEXT("your shop name"),
    TEXT("my business"),
    TEXT("my business name"),
    TEXT("my company"),

    TEXT("musterfirma"),
    TEXT("musterfirma gmbh"),
    TEXT("mustermann"),
    TEXT("max mustermann"),
    TEXT("erika mustermann"),
    TEXT("mustermann gmbh"),
    TEXT("your address"),
    TEXT("your address here"),
    TEXT("your street"),
    TEXT("your street address"),
    TEXT("street address"),
    TEXT("street name"),
    TEXT("address line 1"),
    TEXT("123 main st"),
    TEXT("123 main st."),
    TEXT("123 main street"),
    TEXT("123 street name"),
    TEXT("123 your street"),
    TEXT("1234 street name"),
    TEXT("musterstrasse 1"),
    TEXT("musterstr. 1"),
    TEXT("musterstrasse"),
    TEXT("musterweg 1"),
    TEXT("musterstra\xc3\x9f"
	 "e 1"),
    TEXT("musterstra\xc3\x9f"
	 "e"),
    TEXT("your city"),
    TEXT("your town"),
    TEXT("city name"),
    TEXT("anytown"),
    TEXT("any town"),
    TEXT("anytown, usa"),
    TEXT("musterstadt"),
    TEXT("musterhausen"),
    TEXT("musterort"),
    TEXT("your state"),
    TEXT("your region"),
    TEXT("your zip"),
    TEXT("your zip code"),
    TEXT("zip code"),
    TEXT("postal code"),
    TEXT("your postal code"),
    TEXT("your country"),
    TEXT("your phone"),
    TEXT("your phone number"),
    TEXT("phone number"),
    TEXT("your email"),
    TEXT("your email address"),
    TEXT("your website"),
    TEXT("your description"),
    TEXT("your description here"),
    TEXT("description here"),
    TEXT("description goes here"),
    TEXT("business description"),
    TEXT("00000"),
    TEXT("your@email.com"),
    TEXT("you@example.com"),
    TEXT("email@example.com"),
    TEXT("name@example.com"),
    TEXT("name@domain.com"),
    TEXT("email@domain.com"),
    TEXT("your.email@example.com"),
};

/* Hosts that instructions use as examples. */
static const struct str hosts[] = {
    TEXT("yourdomain.com"),       TEXT("your-domain.com"),     TEXT("www.yourdomain.com"),
    TEXT("www.your-domain.com"),  TEXT("yoursite.com"),        TEXT("your-site.com"),
    TEXT("www.yoursite.com"),     TEXT("www.your-site.com"),   TEXT("yourwebsite.com"),
    TEXT("your-website.com"),     TEXT("www.yourwebsite.com"), TEXT("www.your-website.com"),
    TEXT("yourcompany.com"),      TEXT("www.yourcompany.com"), TEXT("yourbusiness.com"),
    TEXT("www.yourbusiness.com"), TEXT("www.domain.tld"),      TEXT("domain.tld"),
};

/* Whether one of `whole_texts` may be this one, by its first letter and its length. Most texts are
 * not compared with any. */
static bool placeholder_may_be_whole(struct str s)
{
	static uint32_t lengths[256]; /* of the texts that begin with a byte: bit 0: of one byte */
	static bool made;
	for (size_t i = 0; i < COUNT_OF(whole_texts) && !made; i++) {
		must(whole_texts[i].n <= WHOLE_MAX);
		lengths[(unsigned char)whole_texts[i].p[0]] |= 1u << (whole_texts[i].n - 1);
	}
	made = true;
	return s.n <= WHOLE_MAX && lengths[(unsigned char)ascii_lower(s.p[0])] >> (s.n - 1) & 1;
}

static bool placeholder_is_listed(struct str s, const struct str *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (s.n == list[i].n && str_eq_nocase(s, list[i]))
			return true;
	return false;
}

/* Whether words are between two marks. */
static bool placeholder_is_between(struct str s, const char *begin, const char *end)
{
	struct str a = str_of(begin), b = str_of(end);
	return s.n > a.n + b.n && str_starts(s, a) && str_ends(s, b) &&
	       (ascii_is_letter(s.p[a.n]) || s.p[a.n] == ' ');
}

/* "YOUR_BUSINESS_NAME", but not "PART_TIME" and other values of an enumeration. */
static bool placeholder_is_constant(struct str s)
{
	static const char *const words[] = {"YOUR",  "NAME", "ADDRESS", "STREET",      "CITY",
					    "PHONE", "URL",  "INSERT",  "DESCRIPTION", "BUSINESS",
					    "TITLE", "ZIP",  "EMAIL",   "PLACEHOLDER"};
	bool underscore = false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_upper(s.p[i]) && !ascii_is_digit(s.p[i]) && s.p[i] != '_')
			return false;
		underscore |= s.p[i] == '_';
	}
	while (underscore && s.p) {
		struct str word = str_cut(&s, '_');
		for (size_t i = 0; i < COUNT_OF(words); i++)
			if (str_eq(word, str_of(words[i])))
				return true;
	}
	return false;
}

static bool placeholder_is_example_host(struct str s)
{
	for (size_t i = 0; i < 2; i++) {
		struct str scheme = i ? STR("http://") : STR("https://");
		if (!str_starts(s, scheme))
			continue;
		struct str rest = {s.p + scheme.n, s.n - scheme.n};
		return placeholder_is_listed(str_cut(&rest, '/'), hosts, COUNT_OF(hosts));
	}
	return false;
}

/* Template variables that were not replaced, and words between marks. */
static bool placeholder_is_marked(struct str s)
{
	return memmem(s.p, s.n, "{{", 2) || memmem(s.p, s.n, "{%", 2) || str_starts(s, STR("${")) ||
	       memmem(s.p, s.n, "<%", 2) || memmem(s.p, s.n, "<?php", 5) ||
	       placeholder_is_between(s, "[", "]") || placeholder_is_between(s, "%%", "%%") ||
	       placeholder_is_between(s, "__", "__") || placeholder_is_between(s, "%", "%") ||
	       placeholder_is_between(s, "<", ">") || placeholder_is_between(s, "{", "}") ||
	       placeholder_is_constant(s);
}

bool facts_is_placeholder(struct str s)
{
	static const unsigned char marks[256] = {
	    ['{'] = 1, ['<'] = 1, ['['] = 1, ['%'] = 1, ['_'] = 1};
	s = str_trim(s);
	if (!s.n)
		return false;
	if (placeholder_may_be_whole(s) &&
	    placeholder_is_listed(s, whole_texts, COUNT_OF(whole_texts)))
		return true;
	if (str_plain(s, marks) < s.n && placeholder_is_marked(s))
		return true;
	if (s.p[0] == 'h' && placeholder_is_example_host(s))
		return true;
	return ascii_lower(s.p[0]) == 'l' && s.n >= 11 &&
	       str_eq_nocase((struct str){s.p, 11}, STR("lorem ipsum"));
}

/* The same digit repeated, ascending digits, 555-1234, or X for digits: "+1-555-123-4567",
 * "+61 2 XXXX XXXX". */
bool facts_is_placeholder_phone(struct str phone)
{
	enum { SAME = 8, RISING = 9 };
	static const char example[] = "5551234";
	size_t same = 0, rising = 0, matched = 0, marks = 0;
	char last = 0;
	for (size_t i = 0; i < phone.n; i++) {
		char c = phone.p[i];
		marks += c == 'X' || c == 'x';
		if (marks >= 3)
			return true;
		if (!ascii_is_digit(c))
			continue;
		matched = c == example[matched] ? matched + 1 : c != '5' ? 0 : matched == 3 ? 3 : 1;
		if (!example[matched])
			return true;
		same = c == last ? same + 1 : 1;
		rising = last && c == last + 1 ? rising + 1 : 1;
		last = c;
		if (same >= SAME || rising >= RISING || (same == 7 && (c == '0' || c == '5')))
			return true;
	}
	return false;
}
