/* The blocks of pages that are not of one business: lists, the home page; trails of all. */
#include "site/facts/internal.h"
#include "base/digits.h"
#include "base/utf8.h"

#include <string.h>

enum { LIST_BLOCK_MAX = 1 << 20, LIST_ITEMS_MOST = 50 };

static struct json_value *list_object(struct json_build *b, struct json_value *parent,
				      const char *key, const char *type)
{
	struct json_value *v = json_build(b, parent, key, JSON_IS_OBJECT);
	json_build_text(b, v, "@type", str_of(type));
	return v;
}

/* An entry at its position, from 1. Returns it for what differs. */
static struct json_value *list_entry(struct json_build *b, struct json_value *entries,
				     size_t position, struct str name)
{
	struct json_value *entry = list_object(b, entries, NULL, "ListItem");
	char digits[DIGITS_MAX];
	struct str number = arena_str(b->arena, digits_of(position, digits));
	b->failed |= !number.p;
	json_build(b, entry, "position", JSON_IS_NUMBER)->text = number.p ? number : STR("0");
	json_build_text(b, entry, "name", name);
	return entry;
}

void facts_put_trail(struct json_build *b, struct json_value *graph,
		     const struct facts_trail *trail, struct str name)
{
	if (!trail->count)
		return;
	struct json_value *list = list_object(b, graph, NULL, "BreadcrumbList");
	struct json_value *entries = json_build(b, list, "itemListElement", JSON_IS_ARRAY);
	for (size_t i = 0; i < trail->count; i++)
		json_build_text(b, list_entry(b, entries, i + 1, trail->item[i].name), "item",
				trail->item[i].url);
	/* The page itself, without which a single page above it would be no trail. */
	if (trail->count < 2)
		list_entry(b, entries, trail->count + 1, name);
}

static enum status list_write(const struct json_build *b, const struct json_value *root,
			      struct buf *out, struct err *err)
{
	struct json_writer w;
	size_t before = out->n;
	json_writer_init(&w, out);
	w.in_script = true;
	if (!b->failed)
		json_put_tree(&w, root);
	if (!b->failed && out->n - before <= LIST_BLOCK_MAX && !buf_failed(out))
		return OK;
	buf_cut(out, before);
	return err_set(err, TOO_LARGE, "too much for a block");
}

enum { TRAIL_END = 2 /* bytes: "]}" */ };

enum status facts_trail_jsonld(const struct facts_trail *trail, struct arena *arena,
			       struct buf *out, struct err *err)
{
	struct json_build b;
	json_build_init(&b, arena);
	struct json_value *graph = json_build(&b, NULL, NULL, JSON_IS_ARRAY);
	facts_put_trail(&b, graph, trail, STR(""));
	if (!b.failed && graph->first && !check_is_faultless(graph->first))
		return err_set(err, INVALID, "a page of the trail has no name or address");
	return list_write(&b, graph->first ? graph->first : graph, out, err);
}

void facts_trail_add(struct str made, size_t position, const struct facts_crumb *crumb,
		     struct buf *out)
{
	struct json_writer w;
	must(made.n > TRAIL_END);
	buf_add(out, made.p, made.n - TRAIL_END);
	buf_putc(out, ',');
	json_writer_init(&w, out);
	w.in_script = true;
	json_object_begin(&w);
	json_member_str(&w, "@type", STR("ListItem"));
	json_member_i64(&w, "position", (int64_t)position);
	json_member_str(&w, "name", crumb->name);
	json_member_str(&w, "item", crumb->url);
	json_object_end(&w);
	buf_add(out, made.p + made.n - TRAIL_END, TRAIL_END);
}

static struct json_value *list_graph(struct json_build *b, struct arena *arena,
				     struct json_value **root)
{
	json_build_init(b, arena);
	*root = json_build(b, NULL, NULL, JSON_IS_OBJECT);
	json_build_text(b, *root, "@context", STR("https://schema.org"));
	return json_build(b, *root, "@graph", JSON_IS_ARRAY);
}

enum status facts_list_jsonld(const struct facts_list *list, struct arena *arena, struct buf *out,
			      struct err *err)
{
	struct json_build b;
	struct json_value *root, *graph = list_graph(&b, arena, &root);
	size_t count = list->count < LIST_ITEMS_MOST ? list->count : LIST_ITEMS_MOST;
	if (list->url.n && count) {
		struct json_value *page = list_object(&b, graph, NULL, "CollectionPage");
		json_build_text(&b, page, "@id", list->url);
		json_build_text(&b, page, "url", list->url);
		json_build_text(&b, page, "name", list->name);
		struct json_value *v = list_object(&b, page, "mainEntity", "ItemList");
		struct json_value *entries = json_build(&b, v, "itemListElement", JSON_IS_ARRAY);
		for (size_t i = 0; i < count; i++)
			json_build_text(&b, list_entry(&b, entries, i + 1, list->item[i].name),
					"url", list->item[i].url);
	}
	facts_put_trail(&b, graph, &list->trail, list->name);
	return list_write(&b, root, out, err);
}

enum status facts_site_jsonld(struct str name, struct str url, struct str language,
			      struct arena *arena, struct buf *out, struct err *err)
{
	struct json_build b;
	struct json_value *root, *graph = list_graph(&b, arena, &root);
	struct json_value *site = list_object(&b, graph, NULL, "WebSite");
	JSON_BUILD_JOIN(&b, site, "@id", url, STR("/id/site"));
	json_build_text(&b, site, "name", name);
	JSON_BUILD_JOIN(&b, site, "url", url, STR("/"));
	json_build_text(&b, site, "inLanguage", language);
	struct json_value *publisher = json_build(&b, site, "publisher", JSON_IS_OBJECT);
	JSON_BUILD_JOIN(&b, publisher, "@id", url, STR("/id/publisher"));
	struct json_value *organisation = list_object(&b, graph, NULL, "Organization");
	JSON_BUILD_JOIN(&b, organisation, "@id", url, STR("/id/publisher"));
	json_build_text(&b, organisation, "name", name);
	JSON_BUILD_JOIN(&b, organisation, "url", url, STR("/"));
	return list_write(&b, root, out, err);
}

/* ---- the description of a business's page ---- */

enum { DESCRIPTION_LETTERS = 155, SENTENCES_LETTERS = 110 };

/* Whole sentences from the beginning, as many as fit; of a first one that is too long the words
 * that fit. */
static struct str description_sentences(struct str text, struct arena *arena)
{
	size_t letters = 0, sentence = 0, word = 0;
	for (size_t i = 0; i < text.n; i++) {
		bool begins = utf8_begins(text.p[i]);
		if (begins && letters++ == SENTENCES_LETTERS)
			return sentence ? (struct str){text.p, sentence}
					: ARENA_JOIN(arena, {text.p, word}, STR("\u2026"));
		bool ends = i + 1 == text.n || text.p[i + 1] == ' ' || text.p[i + 1] == '\n';
		if (ends && strchr(".!?", text.p[i]))
			sentence = i + 1;
		if (text.p[i] == '\n')
			return (struct str){text.p, sentence ? sentence : i};
		if (text.p[i] == ' ')
			word = i;
	}
	return text;
}

/* Append a part with a space before it, when it fits. */
static struct str description_add(struct str text, struct str part, struct arena *arena)
{
	if (!part.n || utf8_count(text) + 1 + utf8_count(part) > DESCRIPTION_LETTERS)
		return text;
	return ARENA_JOIN(arena, text, STR(" "), part);
}

struct str facts_description(const struct facts_business *business, struct str summary,
			     struct arena *arena)
{
	struct str text = description_sentences(str_trim(business->description), arena);
	if (utf8_count(text) < 20)
		return summary;
	struct str towns = STR("");
	for (size_t i = 0; i < business->service_area.count && towns.p; i++)
		towns = ARENA_JOIN(arena, towns, towns.n ? STR(", ") : STR(""),
				   business->service_area.item[i]);
	if (towns.n)
		text = description_add(text, ARENA_JOIN(arena, towns, STR(".")), arena);
	return description_add(text, facts_phone(business, business->phone, arena), arena);
}
