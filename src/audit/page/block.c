/* JSON-LD of a page: read, checked by the rules of site/facts, and compared with what the page shows. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "base/json.h"
#include "site/facts/facts.h"
#include "site/facts/schema.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK_ARENA_BYTES = 64 << 20, PHONE_DIGITS = 7 };

struct block {
	struct page_state *s;
	uint32_t line, column;
};

static void block_say(const struct block *b, enum page_fact fact, struct str a, struct str c)
{
	page_say(b->s, fact, b->line, b->column, a, c);
}

static void block_fault(void *ctx, const struct facts_finding *finding)
{
	const struct block *b = ctx;
	char text[PAGE_TEXT_MAX];
	/* not every block is about a business; whether the site needs one is a question for the site */
	if (strcmp(finding->fault->key, "no-local-business") == 0)
		return;
	struct str value = finding->value;
	if (value.n > 200)
		value.n = 200;
	snprintf(text, sizeof(text), "%s%s%.*s", finding->path,
		 finding->path[0] && value.n ? ": " : "", STR_ARG(value));
	block_say(b, PAGE_BLOCK_FAULT, str_of(finding->fault->key), str_of(text));
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

static bool is_letter(char c)
{
	return ascii_is_lower(c) || (unsigned char)c >= 0x80;
}

/* Whether the words stand in the text, not as parts of others. */
static bool has_words(struct str text, struct str words)
{
	for (size_t i = 0; i + words.n <= text.n; i++)
		if (memcmp(text.p + i, words.p, words.n) == 0 &&
		    (i == 0 || !is_letter(text.p[i - 1])) &&
		    (i + words.n == text.n || !is_letter(text.p[i + words.n])))
			return true;
	return false;
}

/* A plain LocalBusiness whose name says what it is: the longest type that it says. */
static void compare_type(const struct block *b, const struct json_value *business)
{
	struct str type = json_text(json_get(business, "@type"));
	struct str name = json_text(json_get(business, "name"));
	const char *best = NULL;
	struct buf plain;
	char words[100];
	if (!str_eq(schema_term(type), STR("LocalBusiness")))
		return;
	buf_init(&plain, name.n + 1);
	page_squeeze(&plain, name);
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
		block_say(b, PAGE_TYPE_NAMED, name, str_of(best));
	buf_release(&plain);
}

static bool is_business(const struct json_value *object)
{
	const struct json_value *type = json_get(object, "@type");
	const struct json_value *one = type && type->kind == JSON_IS_ARRAY ? type->first : type;
	for (; one; one = type->kind == JSON_IS_ARRAY ? one->next : NULL) {
		const struct schema_type *t = schema_type_find(json_text(one));
		if (t && schema_is_a(t, SCHEMA(LocalBusiness)))
			return true;
	}
	return false;
}

static bool found_in(const struct buf *text, struct str needle)
{
	return needle.n == 0 || memmem(text->p ? text->p : "", text->n, needle.p, needle.n);
}

static bool block_seen(const struct block *b, struct str value)
{
	struct buf plain;
	size_t kept = 0;
	buf_init(&plain, value.n + 1);
	page_squeeze(&plain, value);
	for (size_t i = 0; i < plain.n; i++)
		if (plain.p[i] != ' ')
			plain.p[kept++] = plain.p[i];
	plain.n = kept;
	bool is = found_in(&b->s->text, buf_view(&plain));
	buf_release(&plain);
	return is;
}

/* The last digits: the page may write the number as people of the country do. */
static bool phone_seen(const struct block *b, struct str phone)
{
	struct buf digits;
	buf_init(&digits, phone.n + 1);
	for (size_t i = 0; i < phone.n; i++)
		if (ascii_is_digit(phone.p[i]))
			buf_putc(&digits, phone.p[i]);
	struct str last = buf_view(&digits);
	if (last.n > PHONE_DIGITS) {
		last.p += last.n - PHONE_DIGITS;
		last.n = PHONE_DIGITS;
	}
	bool is = found_in(&b->s->digits, last);
	buf_release(&digits);
	return is;
}

static void block_compare(const struct block *b, const struct json_value *business)
{
	static const char *const texts[] = {"name", "address.streetAddress", "address.postalCode",
					    "address.addressLocality"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct str value = json_text(json_path(business, texts[i]));
		if (value.n && !block_seen(b, value))
			block_say(b, PAGE_UNSEEN, value, str_of(texts[i]));
	}
	struct str phone = json_text(json_get(business, "telephone"));
	if (phone.n && !phone_seen(b, phone))
		block_say(b, PAGE_UNSEEN, phone, STR("telephone"));
	struct str street = json_text(json_path(business, "address.streetAddress"));
	if (street.n)
		block_say(b, PAGE_STREET, street, STR(""));
}

static void block_addresses(const struct block *b, const struct json_value *object)
{
	static const char *const properties[] = {"url", "image", "logo", "hasMap", "menu"};
	for (size_t i = 0; i < COUNT_OF(properties); i++) {
		struct str url = json_text(json_get(object, properties[i]));
		if (url.n)
			block_say(b, PAGE_BLOCK_URL, url, str_of(properties[i]));
	}
}

static void top_object(const struct block *b, const struct json_value *object)
{
	if (object->kind != JSON_IS_OBJECT)
		return;
	block_addresses(b, object);
	if (is_business(object)) {
		block_say(b, PAGE_BUSINESS, json_text(json_get(object, "name")), STR(""));
		block_compare(b, object);
		compare_type(b, object);
	}
}

void page_block(struct page_state *s, struct str json, uint32_t line, uint32_t column)
{
	struct block b = {s, line, column};
	struct arena arena;
	struct json_value *root;
	struct err err;
	arena_init(&arena, BLOCK_ARENA_BYTES);
	if (json_parse(&arena, json, &root, &err) != OK) {
		block_say(&b, PAGE_BLOCK_BROKEN, str_of(err.text), STR(""));
		arena_release(&arena);
		return;
	}
	facts_check(root, block_fault, &b);
	const struct json_value *graph = json_get(root, "@graph");
	const struct json_value *list = graph ? graph : root;
	if (list->kind == JSON_IS_ARRAY)
		for (const struct json_value *one = list->first; one; one = one->next)
			top_object(&b, one);
	else
		top_object(&b, list);
	arena_release(&arena);
}
