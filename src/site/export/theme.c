#include "site/export/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/lower_bound.h"
#include "base/memory.h"
#include "directory/iso/iso.h"
#include "hours/hours.h"
#include "site/look/look.h"
#include "sql/export.h"

static const char *const template_names[THEME_PAGES] = {
    [THEME_HOME] = "home",
    [THEME_BUSINESS] = "business",
    [THEME_OVERVIEW] = "overview",
    [THEME_LIST] = "list",
    [THEME_SOURCES] = "sources",
    [THEME_IMPRINT] = "imprint",
    [THEME_PRIVACY] = "privacy",
    [THEME_SEARCH] = "search",
    [THEME_MISSING] = "missing",
    [THEME_EXTRA] = "page",
    [THEME_CLOSED] = "closed",
    [THEME_SHOP_HOME] = "shop/home",
    [THEME_SHOP_GOODS] = "shop/goods",
    [THEME_SHOP_GOOD] = "shop/good",
    [THEME_SHOP_STORY] = "shop/story",
    [THEME_SHOP_IMPRINT] = "shop/imprint",
    [THEME_SHOP_PRIVACY] = "shop/privacy",
    [THEME_SHOP_MISSING] = "shop/missing",
};

/* Part of the hash: raise it when this program makes other pages of the same records. */
static const char form[] = "7";

/* ---- templates and assets: site/home.mustache is the template "home" ---- */

/* The language of the setting, or of the country with the most businesses. */
static enum status theme_choose_language(const struct theme *t, struct db *db,
					 const struct language **out, struct err *err)
{
	struct db_rows rows;
	int64_t chosen = config_number(t->config, CONFIG_SITE_LANG);
	*out = &languages[chosen ? chosen - 1 : 0];
	if (chosen)
		return OK;
	enum status status = db_run(db, &sql_export_country, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	if (rows.rows) {
		struct str country = db_text(&rows, 0, SQL_EXPORT_COUNTRY_COUNTRY);
		*out = language_of_country(country);
		if (!*out) {
			log_warn("pages cannot be made in the language of most businesses' "
				 "country: they are in English until site.lang says otherwise",
				 LOG_STR("country", country));
			*out = &languages[0];
		}
	}
	db_rows_release(&rows);
	return OK;
}

static enum status theme_load_wording(struct theme *t, const struct language *language,
				      struct db *db, XXH3_state_t *hash, struct err *err)
{
	enum status chosen = language ? OK : theme_choose_language(t, db, &language, err);
	if (chosen != OK)
		return chosen;
	enum status status = wording_load(language, &t->wording, err);
	for (int i = 0; i < WORDING_COUNT && status == OK; i++) {
		struct str text = wording_text(t->wording, (enum word_id)i);
		XXH3_64bits_update(hash, text.p, text.n);
	}
	if (status != OK)
		return status;
	template_set_plural(t->set, language->plural);
	t->label = arena_array(&t->arena, taxonomy_count, sizeof(*t->label));
	must(t->label);
	for (size_t i = 0; i < taxonomy_count; i++)
		t->label[i] = taxonomy_label(&taxonomy_categories[i], language->tag);
	return OK;
}

static void theme_hash_source(void *ctx, struct str source)
{
	XXH3_64bits_update(ctx, source.p, source.n);
}

static enum status theme_add_templates(struct theme *t, XXH3_state_t *hash, struct err *err)
{
	enum status status = look_add_templates(t->set, "site/", t->config, t->wording,
						&t->own_links, theme_hash_source, hash, err);
	for (int i = 0; i < THEME_PAGES && status == OK; i++) {
		t->page[i] = template_find(t->set, template_names[i]);
		must(t->page[i]);
	}
	return status;
}

static struct str theme_copy(struct theme *t, struct str s)
{
	struct str copy = arena_str(&t->arena, s);
	must(copy.p);
	return copy;
}

/* The script with its texts in the pages' language. Its address changes with them. */
static enum status theme_add_script(struct theme *t, XXH3_state_t *hash, struct err *err)
{
	const struct file *file = files_find(STR("site/open.js"));
	struct buf body;
	must(file);
	buf_init(&body, TEMPLATE_SOURCE_MAX);
	enum status status =
	    wording_translate(t->wording, file->path, file->body, WORDING_IN_SCRIPT, &body, err);
	if (status == OK) {
		uint64_t version = XXH3_64bits(body.p, body.n);
		char *link = arena_printf(&t->arena, "%.*s/assets/open.js?v=%08x", STR_ARG(t->base),
					  (unsigned)version);
		must(link);
		t->script = str_of(link);
		t->script_body = theme_copy(t, buf_view(&body));
		XXH3_64bits_update(hash, &version, sizeof(version));
	}
	buf_release(&body);
	return status;
}

static struct str theme_asset(struct theme *t, const char *path, const char *as, XXH3_state_t *hash)
{
	const struct file *file = files_find(str_of(path));
	must(file);
	XXH3_64bits_update(hash, file->body.p, file->body.n);
	/* Eight digits suffice to distinguish versions; they are in every page several times. */
	char *text = arena_printf(&t->arena, "%.*s/%s?v=%.8s", STR_ARG(t->base), as, file->hash.p);
	must(text);
	return str_of(text);
}

static struct str theme_join_folder(struct theme *t, struct str before, struct str folder)
{
	struct str text = ARENA_JOIN(&t->arena, before, STR("/"), folder);
	must(text.p);
	return text;
}

/* "https://example.org/shops/": url is "https://example.org/shops", base is "/shops". */
static void theme_set_address(struct theme *t, const struct export_shop *shop)
{
	struct str url = shop ? shop->site->url : str_of(config_text(t->config, CONFIG_SITE_URL));
	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	t->url = url;
	t->base = STR("");
	const char *host = url.n ? strstr(url.p, "://") : NULL;
	const char *path = host ? memchr(host + 3, '/', url.n - (size_t)(host + 3 - url.p)) : NULL;
	if (path)
		t->base = (struct str){path, url.n - (size_t)(path - url.p)};
	t->site_url = t->url;
	t->site_base = t->base;
	if (!t->trees)
		return;
	struct str tag = str_of(t->language->tag);
	t->base = theme_join_folder(t, t->base, tag);
	if (t->url.n)
		t->url = theme_join_folder(t, t->url, tag);
}

/* A shop's texts link to the directory by its address; "/goods/" is a page of the shop. */
static void theme_set_links(struct theme *t, const struct export_options *o)
{
	const struct trees *trees = o->trees ? o->trees : o->shop ? o->directory_trees : NULL;
	struct links *l = &t->own_links;
	struct buf contact;
	l->url = str_of(config_text(t->config, CONFIG_SITE_URL));
	while (l->url.n && l->url.p[l->url.n - 1] == '/')
		l->url.n--;
	l->base = t->site_base;
	l->files = o->root_own_dir;
	l->elsewhere = o->shop != NULL;
	for (size_t i = 0; trees && i < trees->count; i++) {
		struct str tag = str_of(trees->language[i]->tag);
		l->all[l->languages++] = tag;
		if (!i || trees->language[i] == t->language)
			l->language = tag;
	}
	buf_init(&contact, 4096);
	links_put(l, str_of(config_text(t->config, CONFIG_SITE_CONTACT_URL)), &contact);
	t->contact = theme_copy(t, buf_view(&contact));
	buf_release(&contact);
}

/* Whether blocks of facts may have URLs below the site's address. A block with an address such as
 * localhost or 192.168.0.1 would be refused, so that the blocks of a trial site have no URLs. */
static bool theme_address_is_public(struct theme *t)
{
	struct buf block;
	struct arena arena;
	struct err ignored;
	const struct facts_business example = {.page = t->url,
					       .name = STR("Example bakery"),
					       .city = STR("Bern"),
					       .country = STR("CH")};
	buf_init(&block, 64 * 1024);
	arena_init(&arena, 1 << 20);
	bool is = t->url.n && facts_jsonld(&example, &arena, &block, &ignored) == OK;
	arena_release(&arena);
	buf_release(&block);
	return is;
}

/* Pages have the rules of their zones. */
static void theme_hash_zones(XXH3_state_t *hash)
{
	struct buf version;
	buf_init(&version, 4096);
	hours_zones_version(&version);
	XXH3_64bits_update(hash, version.p, version.n);
	buf_release(&version);
}

/* ---- regions and sources from the database ---- */

static enum status theme_load_regions(struct theme *t, struct db *db, struct err *err)
{
	struct db_rows rows;
	enum status status = db_run(db, &sql_export_regions, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	t->regions = (size_t)rows.rows + 1;
	t->region = arena_array(&t->arena, t->regions, sizeof(*t->region));
	must(t->region);
	t->region[0] = (struct region){.key = STR("elsewhere"),
				       .name = wording_text(t->wording, WORD_ELSEWHERE)};
	struct str country = STR("");
	const char *tag = wording_language(t->wording)->tag;
	for (int i = 0; i < rows.rows; i++) {
		struct region *r = &t->region[i + 1];
		struct str its = db_text(&rows, i, SQL_EXPORT_REGIONS_COUNTRY);
		if (db_bool(&rows, i, SQL_EXPORT_REGIONS_USED)) {
			t->several_countries |= country.n && !str_eq(country, its);
			country = its;
		}
		r->id = (int32_t)db_i64(&rows, i, SQL_EXPORT_REGIONS_ID);
		r->key = theme_copy(t, db_text(&rows, i, SQL_EXPORT_REGIONS_KEY));
		r->country = theme_copy(t, its);
		r->country_name = iso_country_name(its, str_of(tag));
		r->named = !db_null(&rows, i, SQL_EXPORT_REGIONS_NAME);
		r->name = r->named ? theme_copy(t, db_text(&rows, i, SQL_EXPORT_REGIONS_NAME))
				   : r->country_name;
	}
	db_rows_release(&rows);
	return OK;
}

static enum status theme_load_places(struct theme *t, struct db *db, struct err *err)
{
	struct db_rows rows;
	enum status status = db_run(db, &sql_export_places, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	t->places = (size_t)rows.rows;
	t->place = memory_array(t->places + 1, sizeof(*t->place));
	for (int i = 0; i < rows.rows; i++) {
		struct export_place *p = &t->place[i];
		p->id = (int32_t)db_i64(&rows, i, SQL_EXPORT_PLACES_ID);
		p->region = (int32_t)db_i64(&rows, i, SQL_EXPORT_PLACES_REGION_ID);
		p->slug = theme_copy(t, db_text(&rows, i, SQL_EXPORT_PLACES_SLUG));
		p->name = theme_copy(t, db_text(&rows, i, SQL_EXPORT_PLACES_NAME));
		p->paged = db_bool(&rows, i, SQL_EXPORT_PLACES_USED);
	}
	db_rows_release(&rows);
	return OK;
}

static enum status theme_load_sources(struct theme *t, struct db *db, struct err *err)
{
	struct db_rows rows;
	enum status status = db_run(db, &sql_export_sources, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	t->sources = (size_t)rows.rows;
	t->source = arena_array(&t->arena, t->sources + 1, sizeof(*t->source));
	must(t->source);
	for (int i = 0; i < rows.rows; i++) {
		struct export_source *s = &t->source[i];
		const struct {
			struct str *text;
			int column;
		} texts[] = {
		    {&s->name, SQL_EXPORT_SOURCES_NAME},
		    {&s->licence, SQL_EXPORT_SOURCES_LICENCE},
		    {&s->licence_url, SQL_EXPORT_SOURCES_LICENCE_URL},
		    {&s->attribution, SQL_EXPORT_SOURCES_ATTRIBUTION},
		    {&s->url, SQL_EXPORT_SOURCES_URL},
		};
		s->id = (int32_t)db_i64(&rows, i, SQL_EXPORT_SOURCES_ID);
		uint64_t *hash = &t->source_hash[s->id & (MANIFEST_SOURCES - 1)];
		for (size_t c = 0; c < COUNT_OF(texts); c++) {
			struct str text = theme_copy(t, db_text(&rows, i, texts[c].column));
			*texts[c].text = text;
			*hash = XXH3_64bits_withSeed(text.p, text.n + 1, *hash) | 1;
		}
	}
	db_rows_release(&rows);
	return OK;
}

static bool theme_region_before(const void *element, const void *id)
{
	return ((const struct region *)element)->id < *(const int32_t *)id;
}

const struct region *theme_region(const struct theme *t, int32_t id)
{
	size_t at =
	    lower_bound(t->region, t->regions, sizeof(*t->region), theme_region_before, &id);
	return at < t->regions && t->region[at].id == id ? &t->region[at] : &t->region[0];
}

static bool theme_place_before(const void *element, const void *id)
{
	return ((const struct export_place *)element)->id < *(const int32_t *)id;
}

const struct export_place *theme_place(const struct theme *t, int32_t id)
{
	size_t at = lower_bound(t->place, t->places, sizeof(*t->place), theme_place_before, &id);
	return at < t->places && t->place[at].id == id ? &t->place[at] : NULL;
}

uint64_t theme_link_key(int32_t place, int category)
{
	return (uint64_t)(uint32_t)place << 32 | (uint32_t)category;
}

static int theme_compare_keys(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

void theme_sort_links(struct theme *t)
{
	size_t n = 0;
	if (t->links)
		qsort(t->linked, t->links, sizeof(*t->linked), theme_compare_keys);
	for (size_t i = 0; i < t->links; i++)
		if (!n || t->linked[i] != t->linked[n - 1])
			t->linked[n++] = t->linked[i];
	t->links = n;
}

bool theme_links(const struct theme *t, int32_t place, int category)
{
	uint64_t key = theme_link_key(place, category);
	return t->links &&
	       bsearch(&key, t->linked, t->links, sizeof(key), theme_compare_keys) != NULL;
}

enum status theme_guess_links(struct theme *t, struct db *db, struct err *err)
{
	struct db_rows rows;
	enum status status =
	    DB_RUN(db, sql_export_kinds_of_places, &rows, err, DB_I64(FACTS_LIST_LEAST));
	if (status != OK)
		return status;
	free(t->linked);
	t->links = (size_t)rows.rows;
	t->linked = memory_array(t->links + 1, sizeof(*t->linked));
	for (int i = 0; i < rows.rows; i++)
		t->linked[i] =
		    theme_link_key((int32_t)db_i64(&rows, i, SQL_EXPORT_KINDS_OF_PLACES_CITY_ID),
				   (int)db_i64(&rows, i, SQL_EXPORT_KINDS_OF_PLACES_CATEGORY_ID));
	db_rows_release(&rows);
	theme_sort_links(t);
	return OK;
}

const struct export_source *theme_source(const struct theme *t, int32_t id)
{
	for (size_t i = 0; i < t->sources; i++)
		if (t->source[i].id == id)
			return &t->source[i];
	return NULL;
}

struct str theme_category_key(int category)
{
	const struct taxonomy_category *c = taxonomy_by_id(category);
	return c ? str_of(c->key) : STR("unclassified");
}

struct str theme_category_label(const struct theme *t, int category)
{
	const struct taxonomy_category *c = taxonomy_by_id(category);
	return c ? t->label[c - taxonomy_categories]
		 : wording_text(t->wording, WORD_OTHER_BUSINESSES);
}

enum status theme_load(struct theme *t, const struct export_options *o,
		       const struct language *language, struct db *db, struct err *err)
{
	static const enum config_id settings[] = {CONFIG_SITE_URL, CONFIG_SITE_NAME,
						  CONFIG_SITE_OPERATOR, CONFIG_SITE_CONTACT_URL,
						  CONFIG_SITE_SEARCH_URL};
	XXH3_state_t *hash = memory_had(XXH3_createState());
	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, 64 << 20);
	t->set = template_set_create();
	t->config = o->config;
	t->cards = o->cards;
	t->shops = o->shops;
	t->trees = o->trees;
	t->language = o->language ? o->language : language;
	t->today = (int)(clock_wall_us() / 1000000 / (24 * 60 * 60));
	t->year = clock_year();
	gate_limits_read(&t->limits, o->config);
	theme_set_address(t, o->shop);
	theme_set_links(t, o);
	t->is_public = theme_address_is_public(t);
	XXH3_64bits_reset(hash);
	XXH3_64bits_update(hash, form, sizeof(form));
	XXH3_64bits_update(hash, &o->cards, sizeof(o->cards));
	for (size_t i = 0; o->trees && i < o->trees->count; i++)
		XXH3_64bits_update(hash, o->trees->language[i]->tag, 3);
	XXH3_64bits_update(hash, &t->year, sizeof(t->year));
	theme_hash_zones(hash);
	XXH3_64bits_update(hash, &t->limits, sizeof(t->limits));
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const char *text = config_text(o->config, settings[i]);
		XXH3_64bits_update(hash, text, strlen(text) + 1);
	}
	for (size_t i = 0; o->shops && i < o->shops->count; i++) {
		const struct shop_site *site = &o->shops->site[i];
		XXH3_64bits_update(hash, &site->id, sizeof(site->id));
		XXH3_64bits_update(hash, site->url.p, site->url.n);
	}
	enum status status = theme_load_wording(t, t->language, db, hash, err);
	if (status == OK)
		status = theme_add_templates(t, hash, err);
	if (status == OK) {
		t->css = theme_asset(t, "assets/site.css", "assets/site.css", hash);
		const char *sheet = look_business_sheet();
		t->business_css = theme_asset(t, sheet, sheet, hash);
		look_patterns_read(&t->patterns, &t->arena);
		t->icon = theme_asset(t, "assets/icon.svg", "assets/icon.svg", hash);
		if (!o->shop && config_number(t->config, CONFIG_SITE_SEARCH))
			t->search_script =
			    theme_asset(t, "site/search.js", "assets/search.js", hash);
		t->search_pairs = (uint32_t)config_number(t->config, CONFIG_SITE_SEARCH_PAIRS);
		status = theme_add_script(t, hash, err);
	}
	if (status == OK)
		status = extra_load(t, o->pages_dir, hash, err);
	if (status == OK)
		status = theme_load_regions(t, db, err);
	XXH3_64bits_update(hash, &t->several_countries, sizeof(t->several_countries));
	if (status == OK && !o->shop)
		status = theme_load_places(t, db, err);
	if (status == OK)
		status = theme_load_sources(t, db, err);
	t->hash = XXH3_64bits_digest(hash) | 1;
	XXH3_freeState(hash);
	return status;
}

void theme_identity(struct theme *t, struct str database)
{
	t->hash = XXH3_64bits_withSeed(database.p, database.n, t->hash) | 1;
}

void theme_release_coming(struct theme *t)
{
	free(t->coming);
	free(t->serving);
	t->coming = t->serving = NULL;
	t->comings = t->comings_room = 0;
}

void theme_release(struct theme *t)
{
	template_set_free(t->set);
	wording_free(t->wording);
	arena_release(&t->arena);
	free(t->place);
	free(t->linked);
	free(t->names);
	theme_release_coming(t);
	t->place = NULL;
	t->names = NULL;
	t->linked = NULL;
	t->places = t->links = 0;
	t->set = NULL;
	t->wording = NULL;
}

/* ---- one page ---- */

void maker_init(struct maker *m, const struct theme *theme)
{
	m->theme = theme;
	arena_init(&m->arena, EXPORT_ARENA_MAX);
	m->arena.keeps = 8;
	m->town = NULL;
	memset(m->kinds, 0, sizeof(m->kinds));
	arena_init(&m->kept, MAKER_KEPT_MAX);
	buf_init(&m->out, EXPORT_PAGE_MAX);
	buf_init(&m->block, EXPORT_PAGE_MAX);
	buf_init(&m->locator, EXPORT_PAGE_MAX);
	buf_init(&m->link, 4 * EXPORT_PATH);
}

void maker_release(struct maker *m)
{
	arena_release(&m->arena);
	free(m->town);
	arena_release(&m->kept);
	buf_release(&m->out);
	buf_release(&m->block);
	buf_release(&m->locator);
	buf_release(&m->link);
}

struct str maker_join(struct maker *m, const struct str *part, size_t count)
{
	struct str text = arena_join(&m->arena, part, count);
	m->b.failed |= !text.p;
	return text.p ? text : STR("");
}

struct str maker_word(const struct maker *m, enum word_id id)
{
	return wording_text(m->theme->wording, id);
}

struct str maker_fill(struct maker *m, enum word_id id, const struct str *value, size_t count)
{
	struct str text = wording_fill(m->theme->wording, &m->arena, id, value, count);
	m->b.failed |= !text.p;
	return text.p ? text : STR("");
}

struct str maker_count(struct maker *m, uint64_t n)
{
	char text[WORDING_NUMBER];
	wording_number(m->theme->wording, n, text);
	return MAKER_JOIN(m, str_of(text));
}

static void maker_put_site(struct maker *m)
{
	const struct theme *t = m->theme;
	struct json_value *site = json_build(&m->b, m->root, "site", JSON_IS_OBJECT);
	json_build_text(&m->b, site, "name", str_of(config_text(t->config, CONFIG_SITE_NAME)));
	json_build_text(&m->b, site, "css", t->css);
	json_build_text(&m->b, site, "icon", t->icon);
	json_build_text(&m->b, site, "script", t->script);
	json_build_text(&m->b, site, "search", t->search_script);
	json_build_text(&m->b, m->root, "base", t->base);
	const struct language *language = wording_language(t->wording);
	json_build_text(&m->b, m->root, "lang", str_of(language->html));
	json_build_true(&m->b, m->root, "rtl", language->rtl);
	extra_put_links(m);
}

void maker_begin(struct maker *m)
{
	arena_reset(&m->arena);
	buf_reset(&m->out);
	json_build_init(&m->b, &m->arena);
	m->root = json_build(&m->b, NULL, NULL, JSON_IS_OBJECT);
	maker_put_site(m);
}

/* The same page in all languages: {lang, name, href, url, here} under `languages`; `elsewhere` is
 * the address for readers of any other language. */
static void maker_put_languages(struct maker *m, struct str path)
{
	const struct theme *t = m->theme;
	struct json_value *list = json_build(&m->b, m->root, "languages", JSON_IS_ARRAY);
	json_build_true(&m->b, m->root, "trees", true);
	for (size_t i = 0; i < t->trees->count; i++) {
		const struct language *l = t->trees->language[i];
		struct json_value *v = json_build(&m->b, list, NULL, JSON_IS_OBJECT);
		json_build_text(&m->b, v, "lang", str_of(l->html));
		json_build_text(&m->b, v, "name", str_of(l->name));
		JSON_BUILD_JOIN(&m->b, v, "href", t->site_base, STR("/"), str_of(l->tag), STR("/"),
				path);
		if (t->url.n)
			JSON_BUILD_JOIN(&m->b, v, "url", t->site_url, STR("/"), str_of(l->tag),
					STR("/"), path);
		json_build_true(&m->b, v, "here", l == t->language);
	}
	const char *first = path.n ? t->trees->language[0]->tag : "";
	if (t->url.n)
		JSON_BUILD_JOIN(&m->b, m->root, "elsewhere", t->site_url, STR("/"), str_of(first),
				path.n ? STR("/") : STR(""), path);
}

void maker_head(struct maker *m, struct str title, struct str description, const char *path)
{
	json_build_text(&m->b, m->root, "title", title);
	json_build_text(&m->b, m->root, "description", description);
	json_build_true(&m->b, m->root, "indexed", path != NULL);
	if (!json_get(m->root, "sheet"))
		json_build_text(&m->b, m->root, "sheet", m->theme->css);
	if (!path || !m->theme->url.n)
		return;
	JSON_BUILD_JOIN(&m->b, m->root, "canonical", m->theme->url, STR("/"), str_of(path));
	if (!json_get(m->root, "og_type"))
		json_build_text(&m->b, m->root, "og_type", STR("website"));
	json_build_text(&m->b, m->root, "og_locale",
			str_of(wording_language(m->theme->wording)->locale));
	if (path && m->theme->trees)
		maker_put_languages(m, str_of(path));
}

struct json_value *maker_list(struct maker *m, const char *key)
{
	struct json_value *section = json_build(&m->b, m->root, key, JSON_IS_OBJECT);
	return json_build(&m->b, section, "items", JSON_IS_ARRAY);
}

void maker_crumb(struct maker *m, struct json_value *trail, struct str name, struct str href)
{
	struct json_value *crumb = json_build(&m->b, trail, NULL, JSON_IS_OBJECT);
	json_build_text(&m->b, crumb, "name", name);
	json_build_text(&m->b, crumb, "href", href);
}

void maker_source(struct maker *m, struct json_value *list, const struct export_source *source)
{
	struct json_value *s = json_build(&m->b, list, NULL, JSON_IS_OBJECT);
	json_build_text(&m->b, s, "name", source->name);
	json_build_text(&m->b, s, "url", source->url);
	json_build_text(&m->b, s, "licence", source->licence);
	json_build_text(&m->b, s, "licence_url", source->licence_url);
	if (!str_eq(source->attribution, source->name))
		json_build_text(&m->b, s, "attribution", source->attribution);
}

enum status maker_render(struct maker *m, enum theme_page page, struct err *err)
{
	if (m->b.failed)
		return err_set(err, TOO_LARGE, "a page takes more than %d bytes of memory",
			       EXPORT_ARENA_MAX);
	return template_render(m->theme->page[page], m->root, &m->out, err);
}
