/* Microdata (HTML standard, 5) and RDFa (RDFa Lite 1.1) of schema.org, as the same trees that
 * JSON-LD gives. Items of other vocabularies are passed over. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "site/facts/schema.h"

#include <string.h>

enum {
	OPEN_MAX = 64, /* items in one another; deeper ones are not looked at */
	VALUE_BYTES_MAX = 8192,
	REFERENCES_MAX = 16, /* of an itemref */
	PREFIXES_MAX = 8,    /* for schema.org */
};

/* An element that has begun an item, or changed the vocabulary. */
struct open {
	const GumboNode *node;
	struct json_value *item; /* NULL: of another vocabulary */
	bool vocabulary;         /* RDFa: plain names are schema.org's */
};

struct items {
	struct page_state *s;
	const GumboNode *root;
	struct json_build b;
	struct open open[OPEN_MAX];
	size_t depth, too_deep;
	struct str prefix[PREFIXES_MAX]; /* RDFa: that stand for schema.org, with the colon */
	size_t prefixes;
};

/* The local name of a term of schema.org; any other name unchanged. */
static struct str items_term(const struct items *t, struct str name)
{
	for (size_t i = 0; i < t->prefixes; i++)
		if (name.n > t->prefix[i].n && str_starts(name, t->prefix[i]))
			return (struct str){name.p + t->prefix[i].n, name.n - t->prefix[i].n};
	return schema_term(name);
}

/* ---- values ---- */

/* Relative addresses are allowed here, unlike in JSON-LD; they are reported as what an item leads
 * to, and made absolute for the checks. */
static struct str address_value(struct items *t, const GumboNode *node, struct str url,
				struct str property)
{
	struct str colon = url, scheme = str_cut(&colon, ':');
	if (str_eq_nocase(scheme, STR("tel")) && colon.p)
		return str_trim(colon);
	if ((colon.p && !memchr(scheme.p, '/', scheme.n)) || !url.n)
		return url;
	page_say(t->s, PAGE_BLOCK_URL, node->v.element.start_pos.line,
		 node->v.element.start_pos.column, url, property);
	return ARENA_JOIN(t->b.arena, STR("https://relative.invalid/"), url);
}

static struct str text_value(struct items *t, const GumboNode *node)
{
	struct buf text, plain;
	buf_init(&text, VALUE_BYTES_MAX + 1);
	buf_init(&plain, VALUE_BYTES_MAX + 1);
	tree_text(node, &text, VALUE_BYTES_MAX);
	page_one_line(&plain, buf_view(&text));
	struct str value = arena_str(t->b.arena, str_trim(buf_view(&plain)));
	buf_release(&text);
	buf_release(&plain);
	return value;
}

static struct str item_value(struct items *t, const GumboNode *node, struct str property)
{
	static const struct {
		GumboTag tag;
		const char *attribute;
		bool address;
	} values[] = {{GUMBO_TAG_AUDIO, "src", true},     {GUMBO_TAG_EMBED, "src", true},
		      {GUMBO_TAG_IFRAME, "src", true},    {GUMBO_TAG_IMG, "src", true},
		      {GUMBO_TAG_SOURCE, "src", true},    {GUMBO_TAG_VIDEO, "src", true},
		      {GUMBO_TAG_A, "href", true},        {GUMBO_TAG_AREA, "href", true},
		      {GUMBO_TAG_LINK, "href", true},     {GUMBO_TAG_OBJECT, "data", true},
		      {GUMBO_TAG_DATA, "value", false},   {GUMBO_TAG_METER, "value", false},
		      {GUMBO_TAG_TIME, "datetime", false}};
	struct str content = tree_attribute(node, "content");
	if (content.p)
		return content;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		if (values[i].tag != node->v.element.tag)
			continue;
		struct str value = tree_attribute(node, values[i].attribute);
		if (value.p)
			return values[i].address ? address_value(t, node, value, property) : value;
	}
	return text_value(t, node);
}

/* ---- items ---- */

static void items_append(struct json_value *parent, struct json_value *v)
{
	v->next = NULL;
	if (parent->last)
		parent->last->next = v;
	else
		parent->first = v;
	parent->last = v;
	parent->count++;
}

/* Several values of one property become a list. v: a value by itself. */
static void add_value(struct items *t, struct json_value *item, struct str name,
		      struct json_value *v)
{
	for (struct json_value *m = item->first; m; m = m->next) {
		if (!str_eq(m->key, name))
			continue;
		/* only lists that were made here are arrays */
		if (m->kind != JSON_IS_ARRAY) {
			struct json_value *first = arena_alloc(t->b.arena, sizeof(*first));
			if (!first)
				return;
			*first = *m;
			json_rename(first, STR(""));
			m->kind = JSON_IS_ARRAY;
			m->first = m->last = NULL;
			m->count = 0;
			m->text = STR("");
			items_append(m, first);
		}
		items_append(m, v);
		return;
	}
	json_rename(v, name);
	items_append(item, v);
}

/* The value of all properties that are named; RDFa's by prefix or vocabulary. */
static void add_properties(struct items *t, const GumboNode *node, struct json_value *item,
			   struct str names, bool plain, struct json_value *nested)
{
	while (names.p) {
		struct str name = str_trim(str_cut(&names, ' ')), term = items_term(t, name);
		if (!name.n || (!plain && term.n == name.n) ||
		    (term.n == name.n && memchr(name.p, ':', name.n)))
			continue;
		struct json_value *v = nested;
		if (!v) {
			v = json_build(&t->b, NULL, NULL, JSON_IS_STRING);
			v->text = item_value(t, node, term);
		}
		if (!t->b.failed)
			add_value(t, item, term, v);
		nested = NULL; /* one node stands in one place */
	}
}

/* A new item with the types of schema.org among the names; NULL: there are none. */
static struct json_value *new_item(struct items *t, struct str types, bool plain, bool top)
{
	struct json_value *item = NULL, *list = NULL;
	while (types.p) {
		struct str name = str_trim(str_cut(&types, ' ')), term = items_term(t, name);
		if (!name.n || (!plain && term.n == name.n) ||
		    (term.n == name.n && memchr(name.p, ':', name.n)))
			continue;
		if (!item) {
			item = json_build(&t->b, NULL, NULL, JSON_IS_OBJECT);
			if (top)
				json_build_text(&t->b, item, "@context", STR("https://schema.org"));
			list = json_build(&t->b, item, "@type", JSON_IS_ARRAY);
		}
		json_build(&t->b, list, NULL, JSON_IS_STRING)->text = term;
	}
	return t->b.failed ? NULL : item;
}

static void add_top(struct items *t, const GumboNode *node, struct json_value *item)
{
	page_add_block(t->s, item, node->v.element.start_pos.line,
		       node->v.element.start_pos.column);
}

static struct open *innermost(struct items *t)
{
	return t->depth ? &t->open[t->depth - 1] : NULL;
}

static void items_push(struct items *t, const GumboNode *node, struct json_value *item,
		       bool vocabulary)
{
	if (t->depth == OPEN_MAX)
		t->too_deep++;
	else
		t->open[t->depth++] = (struct open){node, item, vocabulary};
}

static void items_leave(void *ctx, const GumboNode *node)
{
	struct items *t = ctx;
	if (t->depth && t->open[t->depth - 1].node == node)
		t->depth--;
}

/* ---- microdata ---- */

static void microdata_enter(void *ctx, const GumboNode *node);

struct by_id {
	struct str id;
	const GumboNode *found;
};

static void match_id(void *ctx, const GumboNode *node)
{
	struct by_id *wanted = ctx;
	if (!wanted->found && str_eq(tree_attribute(node, "id"), wanted->id))
		wanted->found = node;
}

/* Properties of the item that stand elsewhere in the page: <div itemscope
 * itemref="phone hours">. */
static void add_references(struct items *t, const GumboNode *node, struct json_value *item)
{
	static const struct tree_visitor finding = {match_id, NULL, NULL};
	static const struct tree_visitor reading = {microdata_enter, items_leave, NULL};
	struct str ids = tree_attribute(node, "itemref");
	for (size_t n = 0; ids.p && n < REFERENCES_MAX; n++) {
		struct by_id wanted = {.id = str_trim(str_cut(&ids, ' '))};
		tree_walk(t->root, &finding, &wanted);
		/* an item that refers to what it stands in would never end */
		const GumboNode *up = node;
		while (wanted.found && up && up != wanted.found)
			up = up->parent;
		if (!wanted.found || up || t->depth > 2)
			continue;
		items_push(t, node, item, true);
		tree_walk(wanted.found, &reading, t);
		if (t->depth && t->open[t->depth - 1].node == node)
			t->depth--;
	}
}

static void microdata_enter(void *ctx, const GumboNode *node)
{
	struct items *t = ctx;
	bool scope = gumbo_get_attribute(&node->v.element.attributes, "itemscope") != NULL;
	struct str names = tree_attribute(node, "itemprop");
	struct open *outer = innermost(t);
	if (!scope) {
		if (names.p && outer && outer->item)
			add_properties(t, node, outer->item, names, true, NULL);
		return;
	}
	bool inside = names.p && outer;
	struct str types = tree_attribute(node, "itemtype");
	struct json_value *item = new_item(t, types, false, !inside);
	if (!item && inside && outer->item && !types.n)
		/* the checks miss its type */
		item = json_build(&t->b, NULL, NULL, JSON_IS_OBJECT);
	if (item && tree_attribute(node, "itemid").n)
		json_build_text(&t->b, item, "@id", tree_attribute(node, "itemid"));
	if (item && inside && outer->item)
		add_properties(t, node, outer->item, names, true, item);
	else if (item && !inside)
		add_top(t, node, item);
	if (item)
		add_references(t, node, item);
	items_push(t, node, item, true);
}

/* ---- RDFa ---- */

static bool is_schema_org(struct str url)
{
	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	return str_eq_nocase(url, STR("https://schema.org")) ||
	       str_eq_nocase(url, STR("http://schema.org")) ||
	       str_eq_nocase(url, STR("//schema.org"));
}

/* prefix="s: https://schema.org/ og: https://ogp.me/ns#". Pages declare their prefixes once, at the
 * top; one that is declared counts to the end of the page. */
static void rdfa_prefixes(struct items *t, struct str declared)
{
	while (declared.p) {
		struct str name = str_cut(&declared, ' ');
		declared = str_trim(declared);
		if (name.n < 2 || name.p[name.n - 1] != ':')
			continue;
		struct str url = declared.p ? str_cut(&declared, ' ') : (struct str){NULL, 0};
		declared = str_trim(declared);
		if (is_schema_org(url) && t->prefixes < PREFIXES_MAX)
			t->prefix[t->prefixes++] = name;
	}
}

static void rdfa_enter(void *ctx, const GumboNode *node)
{
	struct items *t = ctx;
	struct str vocabulary = tree_attribute(node, "vocab");
	struct str types = tree_attribute(node, "typeof");
	struct str names = tree_attribute(node, "property");
	struct str prefixes = tree_attribute(node, "prefix");
	if (prefixes.n)
		rdfa_prefixes(t, prefixes);
	if (!vocabulary.p && !types.p && !names.p)
		return;
	struct open *outer = innermost(t);
	bool plain = vocabulary.p ? is_schema_org(vocabulary) : outer && outer->vocabulary;
	struct json_value *around = outer ? outer->item : NULL, *item = around;
	if (types.p) {
		bool inside = names.p && around;
		item = new_item(t, types, plain, !inside);
		struct str id = tree_attribute(node, "resource");
		if (item && id.n)
			json_build_text(&t->b, item, "@id", id);
		if (item && inside)
			add_properties(t, node, around, names, plain, item);
		else if (item)
			add_top(t, node, item);
	} else if (names.p && around) {
		add_properties(t, node, around, names, plain, NULL);
	}
	if (vocabulary.p || types.p)
		items_push(t, node, item, plain);
}

void page_items(struct page_state *s, const GumboNode *root)
{
	static const struct tree_visitor microdata = {microdata_enter, items_leave, NULL};
	static const struct tree_visitor rdfa = {rdfa_enter, items_leave, NULL};
	struct items t = {.s = s, .root = root};
	json_build_init(&t.b, &s->blocks_arena);
	tree_walk(root, &microdata, &t);
	t.depth = 0;
	tree_walk(root, &rdfa, &t);
}
