/* What the pages of a shop's own site show. Each page reads the business again: a page's memory is
 * one arena, which the next page resets. */
#include "site/export/internal.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include "base/ascii.h"
#include "base/files.h"
#include "base/percent.h"
#include "directory/slug/slug.h"
#include "site/look/look.h"

enum { PATTERNS = 6, PALETTES = 8, SENTENCE_LEAST = 20 };

static const struct json_value *shop_items(const struct facts_business *f)
{
	const struct json_value *items = json_get(f->offers, "items");
	return items && items->kind == JSON_IS_ARRAY ? items->first : NULL;
}

bool shopsite_has_goods(const struct shopsite *s)
{
	return s->sells && s->goods > SHOP_ONE_PAGE;
}

bool shopsite_has_story(const struct shopsite *s)
{
	return s->shop.story_letters > SHOP_STORY_LETTERS;
}

/* ---- once for each site ---- */

static bool shop_path_is_taken(const struct shopsite *s, struct str path)
{
	for (size_t i = 0; i < s->goods; i++)
		if (str_eq(s->good[i].path, path))
			return true;
	return str_eq(path, STR("goods/index.html"));
}

/* Empty: the name is written in letters that need to be encoded in links. */
static struct str shop_slug(const struct shopsite *s, struct str name, char out[SLUG_BYTES])
{
	struct str slug = slug_of(name, s->b.facts.country, out);
	for (size_t i = 0; i < slug.n; i++)
		if ((unsigned char)slug.p[i] > 127)
			slug.n = 0;
	return slug;
}

/* "goods/leinenkleid-mohn.html". Names that are equal, or are written in letters that need to be
 * encoded in links, get a number. */
static struct str shop_good_path(struct shopsite *s, struct str name)
{
	char text[SLUG_BYTES];
	struct str slug = shop_slug(s, name, text);
	char *path = slug.n ? arena_printf(&s->arena, "goods/%.*s.html", STR_ARG(slug)) : NULL;
	must(path || !slug.n);
	for (size_t n = s->goods + 1; !path || shop_path_is_taken(s, str_of(path)); n++) {
		path = arena_printf(&s->arena, "goods/%.*s%s%zu.html", STR_ARG(slug),
				    slug.n ? "-" : "", n);
		must(path);
	}
	return str_of(path);
}

static void shop_name_goods(struct shopsite *s)
{
	const struct json_value *item;
	size_t most = 1;
	for (item = shop_items(&s->b.facts); item; item = item->next)
		most++;
	s->good = arena_array(&s->arena, most, sizeof(*s->good));
	must(s->good);
	for (item = shop_items(&s->b.facts); item; item = item->next) {
		struct str name = json_text(json_get(item, "name"));
		if (!name.n)
			continue;
		struct shopsite_good *good = &s->good[s->goods];
		good->name = arena_str(&s->arena, name);
		must(good->name.p);
		good->path = shop_good_path(s, name);
		s->goods++;
	}
}

/* The sheet that each page has inside: the preset's tokens, then what uses them. */
static enum status shop_read_sheet(struct shopsite *s, struct err *err)
{
	struct str name = s->shop.theme.n ? s->shop.theme : STR("textile");
	const struct file *rules = files_find(STR("site/shop/shop.css"));
	struct buf sheet;
	enum status status = OK;
	must(rules);
	buf_init(&sheet, 4 << 20);
	if (look_put_preset(name, &sheet)) {
		look_pack(rules->body, &sheet);
		s->sheet = arena_str(&s->arena, buf_view(&sheet));
		must(s->sheet.p);
	} else {
		status = err_set(err, INVALID, "%s: theme: there is no theme '%.*s'",
				 s->options->toml, STR_ARG(name));
	}
	buf_release(&sheet);
	return status;
}

/* Read the business for a page and put what facts_show has into it. */
static enum status shop_begin_page(struct shopsite *s, struct err *err)
{
	struct maker *m = s->m;
	struct facts_business *f = &s->b.facts;
	maker_begin(m);
	enum status status = business_read(m, s->rows, 0, &s->b, err);
	if (status != OK)
		return status;
	f->page = m->theme->is_public ? MAKER_JOIN(m, m->theme->url, STR("/")) : STR("");
	f->identity = f->page.n ? MAKER_JOIN(m, f->page, STR("#business")) : STR("");
	f->trail = (struct facts_trail){.count = 0};
	f->country_name = STR(""); /* a shop's visitors know in which country they are */
	if (f->page.n)
		f->website = STR(""); /* this is it */
	facts_clean(f, &m->arena, business_count_dropped, m);
	s->b.hidden = facts_hides_address(f);
	return OK;
}

enum status shopsite_init(struct shopsite *s, struct maker *m, const struct export_shop *options,
			  const struct db_rows *rows, struct err *err)
{
	*s = (struct shopsite){.m = m, .options = options, .rows = rows};
	arena_init(&s->arena, SHOP_ARENA_MAX + (8 << 20));
	enum status status =
	    shop_read(&s->shop, options->toml, &m->theme->own_links, &s->arena, err);
	if (status == OK)
		status = shop_read_sheet(s, err);
	if (status == OK)
		status = pictures_read(&options->pictures, &s->arena, &s->pictures, err);
	if (status == OK)
		status = shop_begin_page(s, err);
	if (status != OK)
		return status;
	s->sells = facts_sells(&s->b.facts);
	s->has_cards = card_wanted(&s->b);
	shop_name_goods(s);
	char text[SLUG_BYTES];
	struct str name = shop_slug(s, s->b.facts.name, text);
	s->card = arena_str(&s->arena, name.n ? name : STR("shop"));
	must(s->card.p);
	return OK;
}

void shopsite_release(struct shopsite *s)
{
	arena_release(&s->arena);
}

/* ---- the block for search engines ---- */

/* A facts_found: keeps the first error. */
static void shop_keep_error(void *ctx, const struct facts_finding *finding)
{
	struct err *err = ctx;
	if (finding->fault->severity == FACTS_ERROR && !err->text[0])
		err_set(err, INVALID, "%s: %s: %s", finding->fault->key, finding->path,
			finding->fault->text);
}

static void shop_put_website(struct shopsite *s, struct json_value *graph)
{
	struct json_build *b = &s->m->b;
	struct str url = s->b.facts.page;
	if (!url.n)
		return;
	struct json_value *site = json_build(b, graph, NULL, JSON_IS_OBJECT);
	json_build_text(b, site, "@type", STR("WebSite"));
	JSON_BUILD_JOIN(b, site, "@id", url, STR("#website"));
	json_build_text(b, site, "url", url);
	json_build_text(b, site, "name", s->b.facts.name);
	struct json_value *publisher = json_build(b, site, "publisher", JSON_IS_OBJECT);
	JSON_BUILD_JOIN(b, publisher, "@id", url, STR("#business"));
}

/* A good on its own page. Its offer has a price and no availability: nobody keeps such a state in
 * step with the shop's shelf (incident 2). */
static void shop_put_product(struct shopsite *s, struct json_value *graph, size_t number,
			     const struct json_value *item)
{
	struct json_build *b = &s->m->b;
	struct str price = json_text(json_get(item, "price"));
	struct str currency = json_text(json_get(item, "currency"));
	struct json_value *product = json_build(b, graph, NULL, JSON_IS_OBJECT);
	json_build_text(b, product, "@type", STR("Product"));
	if (s->b.facts.page.n)
		JSON_BUILD_JOIN(b, product, "url", s->b.facts.page, s->good[number].path);
	json_build_text(b, product, "name", s->good[number].name);
	json_build_text(b, product, "description", json_text(json_get(item, "description")));
	double ignored;
	if (!currency.n || !str_to_double(price, &ignored))
		return;
	struct json_value *offer = json_build(b, product, "offers", JSON_IS_OBJECT);
	json_build_text(b, offer, "@type", STR("Offer"));
	facts_put_price(b, offer, item);
	if (!s->b.facts.page.n)
		return;
	struct json_value *seller = json_build(b, offer, "seller", JSON_IS_OBJECT);
	JSON_BUILD_JOIN(b, seller, "@id", s->b.facts.page, STR("#business"));
}

/* The pages above that of a good. */
static void shop_put_trail(struct shopsite *s, struct json_value *graph, size_t number)
{
	struct str page = s->b.facts.page;
	struct facts_crumb above[] = {{s->b.facts.name, page},
				      {maker_word(s->m, WORD_SHOP_GOODS), page}};
	if (!page.n)
		return;
	above[1].url = ARENA_JOIN(s->m->b.arena, page, STR("goods/"));
	s->m->b.failed |= !above[1].url.p;
	facts_put_trail(&s->m->b, graph,
			&(struct facts_trail){.item = above, .count = COUNT_OF(above)},
			s->good[number].name);
}

static enum status shop_put_graph(struct shopsite *s, struct json_value *root, struct err *err)
{
	struct json_writer w;
	struct err why = {""};
	if (s->m->b.failed)
		return err_set(err, TOO_LARGE, "too many facts for a block");
	if (facts_check(root, shop_keep_error, &why))
		return err_set(err, INVALID, "the shop's facts are invalid: %s", why.text);
	buf_reset(&s->m->block);
	json_writer_init(&w, &s->m->block);
	w.in_script = true;
	json_put_tree(&w, root);
	json_build_text(&s->m->b, s->m->root, "facts_block", buf_view(&s->m->block));
	return buf_failed(&s->m->block) ? err_set(err, TOO_LARGE, "too many facts for a block")
					: OK;
}

/* A block that begins with the business, and *graph to add to. The page of a good has the business
 * without its offers, as the seller. */
static enum status shop_begin_graph(struct shopsite *s, bool offers, struct json_value **root,
				    struct json_value **graph, struct err *err)
{
	struct facts_business business = s->b.facts;
	if (!offers)
		business.offers = NULL;
	enum status status = facts_block(&business, &s->m->arena, root, err);
	*graph = status == OK ? (struct json_value *)json_get(*root, "@graph") : NULL;
	must(status != OK || *graph);
	return status;
}

/* ---- values of templates ---- */

/* "sms:+49..." with the good's name as the message, for apps that take one. */
static void shop_put_reserve(struct shopsite *s, struct json_value *to, struct str link,
			     struct str good)
{
	static const struct {
		const char *scheme, *parameter;
	} messages[] = {{"sms:", "body="}, {"mailto:", "subject="}, {"https://wa.me/", "text="}};
	struct buf text;
	buf_init(&text, 8192);
	buf_str(&text, link);
	for (size_t i = 0; i < COUNT_OF(messages) && good.n; i++) {
		if (!str_starts(link, str_of(messages[i].scheme)))
			continue;
		buf_putc(&text, memchr(link.p, '?', link.n) ? '&' : '?');
		buf_puts(&text, messages[i].parameter);
		percent_put(&text, good, "");
	}
	if (link.n && !buf_failed(&text))
		JSON_BUILD_JOIN(&s->m->b, to, "reserve", buf_view(&text));
	buf_release(&text);
}

static struct str shop_reserve_link(const struct shopsite *s)
{
	struct str link = s->shop.reserve.n ? s->shop.reserve : facts_extra(&s->b.facts, "reserve");
	return shop_is_reserve_link(link) ? link : STR("");
}

/* Notices that are shown today; what has ended is no longer there. */
static void shop_put_notices(struct shopsite *s)
{
	struct json_value *list = NULL;
	int today = s->m->theme->today;
	for (size_t i = 0; i < s->shop.notices; i++) {
		const struct shop_notice *n = &s->shop.notice[i];
		if (today < n->from || today > n->until)
			continue;
		list = list ? list : json_build(&s->m->b, s->m->root, "notices", JSON_IS_ARRAY);
		struct json_value *v = json_build(&s->m->b, list, NULL, JSON_IS_OBJECT);
		json_build_text(&s->m->b, v, "notice", n->html);
	}
}

/* The first sentence of the description leads, the rest is the story, where shop.toml has
 * neither. */
static void shop_put_words(struct shopsite *s)
{
	struct json_build *b = &s->m->b;
	struct str whole = s->b.facts.description, first = whole, rest = STR("");
	for (size_t i = SENTENCE_LEAST; i + 2 < whole.n; i++)
		if (whole.p[i] == '.' && whole.p[i + 1] == ' ' && !ascii_is_digit(whole.p[i - 1])) {
			first.n = i + 1;
			rest = (struct str){whole.p + i + 2, whole.n - i - 2};
			break;
		}
	json_build_text(b, s->m->root, "tagline", s->shop.tagline.n ? s->shop.tagline : first);
	if (shopsite_has_story(s)) {
		json_build_text(b, s->m->root, "story", s->shop.story_begins);
		json_build_text(b, s->m->root, "story_link", STR("/story/"));
		json_build_text(b, s->m->root, "whole_story", s->shop.story);
	} else {
		json_build_text(b, s->m->root, "story", s->shop.story);
	}
	if (!s->shop.story.n)
		json_build_text(b, s->m->root, "description_rest",
				s->shop.tagline.n ? whole : rest);
	json_build_true(b, s->m->root, "has_story",
			s->shop.story.n || json_get(s->m->root, "description_rest"));
}

/* The first picture of a good, or with an empty name of the business. */
static const struct picture *shop_picture_of(const struct shopsite *s, struct str good)
{
	for (size_t i = 0; i < s->pictures.count; i++)
		if (str_eq(s->pictures.item[i].good, good))
			return &s->pictures.item[i];
	return NULL;
}

/* Copy a good that facts_show has made, with how it looks without a picture. */
static void shop_put_good(struct shopsite *s, struct json_value *list,
			  const struct json_value *item, size_t number)
{
	struct json_build *b = &s->m->b;
	struct json_value *good = json_build(b, list, NULL, JSON_IS_OBJECT);
	for (const struct json_value *v = item->first; v; v = v->next)
		json_build_hashed(b, good, v->key, v->hash, v->kind)->text = v->text;
	uint64_t hash = XXH3_64bits(s->good[number].name.p, s->good[number].name.n);
	json_build_format(b, good, "look", "p%zu c%u", number % PATTERNS + 1,
			  (unsigned)(hash % PALETTES) + 1);
	const struct picture *picture = shop_picture_of(s, s->good[number].name);
	if (picture)
		photos_put(s->m, good, "photo", picture);
	if (shopsite_has_goods(s))
		JSON_BUILD_JOIN(b, good, "href", STR("/"), s->good[number].path);
}

/* Goods of a shop: the first ones large, the others as a price list, or on pages of their own.
 * Services: one list. */
static void shop_put_goods(struct shopsite *s, bool all)
{
	struct json_build *b = &s->m->b;
	const struct json_value *shown = json_get(s->m->root, "goods");
	const struct json_value *item = shown && shown->first ? shown->first->first : NULL;
	struct json_value *featured = NULL, *rest = NULL;
	size_t large = !s->sells ? 0 : all ? s->goods : SHOP_FEATURED;
	for (size_t i = 0; item && i < s->goods; i++, item = item->next) {
		bool is_large = i < large;
		if (!is_large && shopsite_has_goods(s))
			break;
		struct json_value **list = is_large ? &featured : &rest;
		if (!*list) {
			struct json_value *section = json_build(
			    b, s->m->root, is_large ? "featured" : "price_list", JSON_IS_OBJECT);
			*list = json_build(b, section, "items", JSON_IS_ARRAY);
		}
		shop_put_good(s, *list, item, i);
	}
	json_build_true(b, s->m->root, "sells", s->sells);
	if (shopsite_has_goods(s) && !all) {
		json_build_text(b, s->m->root, "goods_link", STR("/goods/"));
		json_build_text(b, s->m->root, "goods_count", maker_count(s->m, s->goods));
	}
}

static void shop_put_common(struct shopsite *s)
{
	struct maker *m = s->m;
	struct json_build *b = &m->b;
	const struct facts_business *f = &s->b.facts;
	facts_show(f, b, m->root);
	json_build_text(b, m->root, "sheet", s->sheet);
	json_build_text(b, m->root, "kind", theme_category_label(m->theme, s->b.category));
	business_put_updated(m, &s->b);
	if (s->has_cards)
		JSON_BUILD_JOIN(b, m->root, "card", STR("/"), s->card);
	if (s->b.source)
		maker_source(m, json_build(b, m->root, "sources", JSON_IS_ARRAY), s->b.source);
	if (s->shop.imprint.n)
		json_build_text(b, m->root, "imprint", s->shop.imprint);
	look_put_conditions(b, m->root);
}

/* The picture of the shop: on the page, for links in messages, and in the block. */
static void shop_put_hero(struct shopsite *s, struct json_value *business)
{
	const struct picture *p = shop_picture_of(s, STR(""));
	struct maker *m = s->m;
	if (!p)
		return;
	photos_put(m, m->root, "hero", p);
	if (m->theme->is_public && !json_get(business, "image"))
		json_build_text(&m->b, business, "image", photos_url(m, p, photos_largest(p)));
	if (p->preview)
		json_build_text(&m->b, m->root, "preview", photos_url(m, p, PICTURE_SIZES));
}

static enum status shop_put_home(struct shopsite *s, struct err *err)
{
	struct json_value *root, *graph;
	json_build_true(&s->m->b, s->m->root, "home", true);
	shop_put_words(s);
	shop_put_notices(s);
	shop_put_reserve(s, s->m->root, shop_reserve_link(s), STR(""));
	shop_put_goods(s, false);
	business_put_hours(s->m, &s->b);
	business_put_locator(s->m, &s->b);
	enum status status = shop_begin_graph(s, true, &root, &graph, err);
	if (status != OK)
		return status;
	shop_put_website(s, graph);
	shop_put_hero(s, graph->first);
	return shop_put_graph(s, root, err);
}

static enum status shop_put_good_page(struct shopsite *s, size_t number, struct err *err)
{
	struct json_build *b = &s->m->b;
	const struct json_value *item = shop_items(&s->b.facts), *shown;
	shown = json_get(s->m->root, "goods");
	shown = shown && shown->first ? shown->first->first : NULL;
	for (size_t i = 0; item && shown && i <= number; item = item->next) {
		if (!json_text(json_get(item, "name")).n)
			continue;
		if (i++ == number)
			break;
		shown = shown->next;
	}
	must(item && shown);
	struct json_value *list = json_build(b, s->m->root, "good", JSON_IS_ARRAY);
	shop_put_good(s, list, shown, number);
	shop_put_reserve(s, list->first, shop_reserve_link(s), s->good[number].name);
	struct json_value *root, *graph;
	enum status status = shop_begin_graph(s, false, &root, &graph, err);
	if (status != OK)
		return status;
	shop_put_product(s, graph, number, item);
	shop_put_trail(s, graph, number);
	return shop_put_graph(s, root, err);
}

/* ---- a page ---- */

static struct str shop_title(struct shopsite *s, enum theme_page page, size_t good)
{
	struct maker *m = s->m;
	const struct facts_business *f = &s->b.facts;
	struct str kind = theme_category_label(m->theme, s->b.category), first;
	switch (page) {
	case THEME_SHOP_HOME:
		return f->city.n ? MAKER_FILL(m, WORD_SHOP_TITLE, f->name, kind, f->city)
				 : MAKER_FILL(m, WORD_SHOP_TITLE_ANYWHERE, f->name, kind);
	case THEME_SHOP_GOOD:
		first = s->good[good].name;
		break;
	case THEME_SHOP_GOODS:
		first = maker_word(m, WORD_SHOP_GOODS);
		break;
	case THEME_SHOP_STORY:
		first = maker_word(m, WORD_SHOP_STORY);
		break;
	case THEME_SHOP_IMPRINT:
		first = maker_word(m, WORD_IMPRINT);
		break;
	case THEME_SHOP_PRIVACY:
		first = maker_word(m, WORD_PRIVACY);
		break;
	default:
		first = maker_word(m, WORD_NOT_FOUND);
	}
	return MAKER_FILL(m, WORD_SHOP_PAGE_TITLE, first, f->name);
}

/* Of the tagline, or the text about the shop, with towns and telephone as far as they fit. */
static struct str shop_home_description(struct shopsite *s)
{
	struct facts_business f = s->b.facts;
	if (s->shop.tagline.n)
		f.description = s->shop.tagline;
	return facts_description(&f, json_text(json_get(s->m->root, "tagline")), &s->m->arena);
}

static struct str shop_description(struct shopsite *s, enum theme_page page)
{
	struct maker *m = s->m;
	const struct facts_business *f = &s->b.facts;
	const struct json_value *list = json_get(m->root, "good"),
				*good = list ? list->first : NULL;
	struct str about = json_text(json_get(good, "about"));
	switch (page) {
	case THEME_SHOP_HOME:
		return shop_home_description(s);
	case THEME_SHOP_GOOD:
		return about.n ? about
			       : MAKER_FILL(m, WORD_SHOP_GOOD_ABOUT,
					    json_text(json_get(good, "name")), f->name, f->city);
	case THEME_SHOP_GOODS:
		about =
		    wording_count(m->theme->wording, &m->arena, WORD_SHOP_GOODS_ABOUT, s->goods);
		m->b.failed |= !about.p;
		return about;
	case THEME_SHOP_STORY:
		return MAKER_FILL(m, WORD_SHOP_STORY_ABOUT, f->name);
	case THEME_SHOP_IMPRINT:
		return MAKER_FILL(m, WORD_SHOP_IMPRINT_ABOUT, f->name);
	case THEME_SHOP_PRIVACY:
		return MAKER_FILL(m, WORD_SHOP_PRIVACY_ABOUT, f->name);
	default:
		return STR("");
	}
}

enum status shopsite_page(struct shopsite *s, enum theme_page page, size_t good, const char *path,
			  struct err *err)
{
	enum status status = shop_begin_page(s, err);
	if (status != OK)
		return status;
	shop_put_common(s);
	switch (page) {
	case THEME_SHOP_HOME:
		status = shop_put_home(s, err);
		break;
	case THEME_SHOP_GOODS:
		shop_put_goods(s, true);
		break;
	case THEME_SHOP_GOOD:
		status = shop_put_good_page(s, good, err);
		break;
	case THEME_SHOP_STORY:
		shop_put_words(s);
		break;
	default:
		break;
	}
	struct str about = shop_description(s, page);
	maker_head(s->m, shop_title(s, page, good), about, path);
	return status == OK ? maker_render(s->m, page, err) : status;
}
