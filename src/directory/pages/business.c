#include "directory/pages/internal.h"

#include <string.h>
#include "base/clock.h"
#include "base/percent.h"
#include "directory/record/record.h"
#include "directory/taxonomy/taxonomy.h"
#include "site/facts/facts.h"
#include "site/links/links.h"
#include "site/look/look.h"

enum {
	BLOCK_MAX = 256 * 1024,
	LOCATOR_MAX = 4096,
	ID_CHARS = RECORD_ID_TEXT - 1,
	NEAR_SHOWN = 3,
	NEAR_ASKED = 10, /* itself, and those of too little quality for a page */
};

/* ---- its facts ---- */

static struct facts_texts texts_of(const struct search_texts *texts)
{
	return (struct facts_texts){texts->item, texts->count};
}

/* The schema.org types of its categories, the main one first. */
static struct facts_texts types_of(struct view *p, const struct search_detail *d)
{
	struct str *types = arena_array(p->arena, d->categories.count + 1, sizeof(*types));
	size_t count = 0;
	p->b.failed |= !types;
	if (types && d->category.schema_type.n)
		types[count++] = d->category.schema_type;
	for (size_t i = 0; types && i < d->categories.count; i++) {
		const struct taxonomy_category *category =
		    taxonomy_find(TAXONOMY_KEY, d->categories.item[i]);
		if (category)
			types[count++] = str_of(category->schema_type);
	}
	return (struct facts_texts){types, count};
}

static struct facts_business facts_of(struct view *p, const struct search_business *b,
				      struct str address)
{
	const struct search_detail *d = b->detail;
	const char *site = config_text(p->pages->config, CONFIG_SITE_URL);
	return (struct facts_business){
	    .page = *site ? view_text(p, "%s%.*s", site, STR_ARG(address)) : STR(""),
	    .identity = *site ? view_text(p, "%s/id/%.*s", site, STR_ARG(b->id_text)) : STR(""),
	    .name = b->name,
	    .description = d->description,
	    .types = types_of(p, d),
	    .alt_names = texts_of(&d->alt_names),
	    .street = b->street,
	    .postcode = b->postcode,
	    .city = b->city,
	    .region = d->region.name,
	    .country = b->country,
	    .located = b->located,
	    .lat = b->lat,
	    .lon = b->lon,
	    .phone = b->phone,
	    .website = d->website,
	    .hours = b->hours,
	    .timezone = b->timezone,
	    .year = clock_year(),
	    .service_area = texts_of(&d->service_area),
	    .same_as = texts_of(&d->same_as),
	    .offers = d->offers,
	    .extra = d->extra,
	    .wording = p->in->wording,
	};
}

/* What people see, and the block that says the same to search engines. Facts of which no
 * valid block can be made are shown all the same: that they are broken is reported by the
 * export, not by each view. */
static void put_facts(struct view *p, struct facts_business *facts)
{
	struct arena *arena = p->arena;
	struct buf out;
	buf_init(&out, BLOCK_MAX);
	if (!facts->region.n)
		facts->region = facts_extra(facts, "region"); /* of no country that is known */
	enum status status = facts_jsonld(facts, arena, &out, NULL);
	if (status == INVALID) {
		facts_clean(facts, arena, NULL, NULL);
		status = facts_jsonld(facts, arena, &out, NULL);
	}
	facts_show(facts, &p->b, p->root);
	if (status == OK)
		json_build_text(&p->b, p->root, "facts_block",
				view_text(p, "%.*s", STR_ARG(buf_view(&out))));
	buf_release(&out);
}

/* ---- ways on from here ---- */

static void put_links(struct view *p, const struct search_business *b,
		      const struct facts_business *facts)
{
	struct search_query q;
	const struct search_detail *d = b->detail;
	struct str none = {"", 0};
	if (d->city.slug.n)
		json_build_text(&p->b, p->root, "city_link",
				view_level_link(p, none, d->city.slug, none));
	if (d->region.key.n && d->region.name.n)
		json_build_text(&p->b, p->root, "region_link",
				view_level_link(p, d->region.key, none, none));
	if (b->category.n)
		json_build_text(&p->b, p->root, "category_link",
				view_level_link(p, d->city.slug.n ? none : d->region.key,
						d->city.slug, b->category));
	if (!facts->located || facts_hides_address(facts))
		return;
	search_query_init(&q);
	q.near = true;
	q.lat = b->lat;
	q.lon = b->lon;
	q.category = b->category;
	json_build_text(&p->b, p->root, "nearby", view_search_link(p, &q));
}

static void put_locator(struct view *p, const struct facts_business *f)
{
	const struct look_spot place = {f->lat, f->lon};
	struct buf out;
	buf_init(&out, LOCATOR_MAX);
	if (f->located && !facts_hides_address(f) &&
	    look_locate(f->country, f->city, &place, p->in->wording, p->arena, &out))
		json_build_text(&p->b, p->root, "locator",
				view_text(p, "%.*s", STR_ARG(buf_view(&out))));
	buf_release(&out);
}

/* Without site.contact_url the page has no such link. */
static void put_contact(struct view *p, const struct search_business *b, const char *key,
			const char *topic, enum word_id subject)
{
	struct str contact = str_of(config_text(p->pages->config, CONFIG_SITE_CONTACT_URL));
	struct buf link;
	if (!contact.n)
		return;
	buf_init(&link, 4096);
	links_put_contact(contact, b->id_text, str_of(topic), view_word(p, subject), &link);
	json_build_text(&p->b, p->root, key, view_text(p, "%.*s", STR_ARG(buf_view(&link))));
	buf_release(&link);
}

/* ---- the page ---- */

static void put_kind(struct view *p, const struct search_business *b)
{
	if (b->category.n)
		json_build_text(&p->b, p->root, "category",
				view_kind(p, b->category, b->category_label));
}

/* The list of the trail is made with its first link. */
static void put_crumb(struct view *p, const char *name, const char *href)
{
	const struct json_value *link = json_get(p->root, href);
	if (!link)
		return;
	const struct json_value *trail = json_get(p->root, "trail");
	struct json_value *list = trail ? trail->first : view_list(p, "trail");
	struct json_value *crumb = json_build(&p->b, list, NULL, JSON_IS_OBJECT);
	json_build_text(&p->b, crumb, "name", json_text(json_get(p->root, name)));
	json_build_text(&p->b, crumb, "href", json_text(link));
}

/* The trail, from what put_kind and put_links have put; the pattern; what of the page is there. */
static void put_looks(struct view *p, const struct search_business *b)
{
	char pattern[LOOK_PATTERN];
	const struct taxonomy_category *category = taxonomy_find(TAXONOMY_KEY, b->category);
	put_crumb(p, "region", "region_link");
	put_crumb(p, "city", "city_link");
	put_crumb(p, "category", "category_link");
	JSON_BUILD_JOIN(&p->b, p->root, "pattern",
			look_pattern(category ? category->id : 0, b->id, pattern));
	look_put_conditions(&p->b, p->root);
}

static void put_hours(struct view *p, const struct search_business *b)
{
	int64_t now_s = clock_wall_us() / 1000000;
	view_week(p, b, now_s);
	json_build_text(&p->b, p->root, "open_text", view_open_text(p, b, now_s));
	json_build_true(&p->b, p->root, "is_open", b->open == SEARCH_OPEN);
}

/* What a page was asked for: by id alone, or at a path. */
struct page_asked {
	struct view *view;
	struct str path; /* empty: by id */
	const struct search_business *business;
	struct search_served *served; /* of its service area */
	int64_t id;
	double lat, lon;
	int limit; /* of the question for the nearest */
	struct search_business near[NEAR_SHOWN];
	size_t nears;
};

/* ---- the nearest others, as on the exported page ---- */

/* A page without them is a page, too. */
static void business_near_done(void *ctx, enum search_problem problem, const struct err *err)
{
	struct page_asked *asked = ctx;
	struct view *p = asked->view;
	struct json_value *list = !problem && asked->nears ? view_list(p, "near") : NULL;
	(void)err;
	for (size_t i = 0; list && i < asked->nears; i++) {
		const struct search_business *b = &asked->near[i];
		const struct look_near near = {
		    .href = view_business_link(p, b),
		    .name = b->name,
		    .kind = b->category.n ? view_kind(p, b->category, b->category_label) : STR(""),
		    .metres = b->distance_m};
		look_put_near(&p->b, list, &near, p->in->wording);
	}
	view_send(p, VIEW_BUSINESS);
}

/* Of those at its own spot the next ones by id come first, then those from the first on, as in
 * near.c of the export. */
enum near_turn { NEAR_NEXT, NEAR_BEFORE, NEAR_ELSEWHERE, NEAR_TURNS };

static enum near_turn business_near_turn(const struct page_asked *asked,
					 const struct search_business *b)
{
	if (b->lat != asked->lat || b->lon != asked->lon)
		return NEAR_ELSEWHERE;
	return b->id > asked->id ? NEAR_NEXT : NEAR_BEFORE;
}

/* It has a page, which shows where it is. */
static bool business_is_near(const struct page_asked *asked, const struct search_business *b,
			     int least)
{
	return b->id != asked->id && b->quality >= least &&
	       facts_in_country(b->country, b->lat, b->lon);
}

static void business_ask_nearest(struct page_asked *asked, int limit);

static void business_near_listed(void *ctx, const struct search_list *list)
{
	struct page_asked *asked = ctx;
	struct view *p = asked->view;
	int least = (int)config_number(p->pages->config, CONFIG_SITE_QUALITY_PUBLISH);
	size_t count = list->problem ? 0 : list->count;
	if (count && list->next.n && asked->limit < SEARCH_LIMIT_MAX &&
	    business_near_turn(asked, &list->item[count - 1]) != NEAR_ELSEWHERE) {
		business_ask_nearest(asked, SEARCH_LIMIT_MAX);
		return;
	}
	for (enum near_turn turn = NEAR_NEXT; turn < NEAR_TURNS; turn++)
		for (size_t i = 0; i < count && asked->nears < NEAR_SHOWN; i++)
			if (business_is_near(asked, &list->item[i], least) &&
			    business_near_turn(asked, &list->item[i]) == turn)
				asked->near[asked->nears++] = list->item[i];
	if (asked->nears)
		search_paths(p->pages->db, p->arena, asked->near, asked->nears, business_near_done,
			     asked);
	else
		business_near_done(asked, SEARCH_OK, NULL);
}

static void business_ask_nearest(struct page_asked *asked, int limit)
{
	struct search_query q;
	asked->limit = limit;
	search_query_init(&q);
	q.near = true;
	q.lat = asked->lat;
	q.lon = asked->lon;
	q.radius_m = LOOK_NEAR_M;
	q.limit = limit;
	search_list(asked->view->pages->db, asked->view->arena, &q, business_near_listed, asked);
}

static void business_ask_near(struct page_asked *asked, const struct search_business *b,
			      const struct facts_business *facts)
{
	asked->id = b->id;
	asked->lat = b->lat;
	asked->lon = b->lon;
	if (!facts->located || facts_hides_address(facts))
		business_near_done(asked, SEARCH_OK, NULL);
	else
		business_ask_nearest(asked, NEAR_ASKED);
}

/* Links to the towns that it serves, as the exported page has them. */
static const struct str *business_served(struct view *p, const struct page_asked *asked)
{
	const struct search_business *b = asked->business;
	size_t count = b->detail->service_area.count;
	struct str none = {"", 0}, *link = arena_array(p->arena, count + 1, sizeof(*link));
	p->b.failed |= !link;
	for (size_t i = 0; link && asked->served && i < count; i++) {
		const struct search_served *s = &asked->served[i];
		link[i] = s->slug.n
			      ? view_level_link(p, none, s->slug, s->listed ? b->category : none)
			      : none;
	}
	return link;
}

/* A page without these links is a page, too. */
static void business_served_done(void *ctx, enum search_problem problem)
{
	struct page_asked *asked = ctx;
	struct view *p = asked->view;
	const struct search_business *b = asked->business;
	const struct search_detail *d = b->detail;
	struct str address = view_business_link(p, b);
	struct facts_business facts = facts_of(p, b, address);
	(void)problem;
	facts.served = business_served(p, asked);
	put_facts(p, &facts);
	put_kind(p, b);
	put_locator(p, &facts);
	put_links(p, b, &facts);
	put_hours(p, b);
	put_looks(p, b);
	struct str updated = d->source_updated_at.n ? d->source_updated_at : d->updated_at;
	if (updated.n >= 10) {
		updated = facts_date((struct str){updated.p, 10}, p->in->wording, p->arena);
		p->b.failed |= !updated.p;
		json_build_text(&p->b, p->root, "updated", updated);
	}
	view_source(p, json_build(&p->b, p->root, "sources", JSON_IS_ARRAY), &b->source);
	put_contact(p, b, "claim_link", "claim", WORD_CLAIM_SUBJECT);
	put_contact(p, b, "report_link", "error", WORD_REPORT_SUBJECT);
	json_build_text(&p->b, p->root, "id", b->id_text);
	struct str summary = facts_summary(&facts, p->arena);
	struct str subject = view_kind(p, b->category, b->category_label);
	if (b->city.n)
		subject = VIEW_FILL(p, WORD_KIND_IN_PLACE, subject, b->city);
	summary = summary.n ? VIEW_FILL(p, WORD_PAGE_WITH_FACTS, subject, summary)
			    : VIEW_FILL(p, WORD_PAGE_WITHOUT_FACTS, subject);
	view_title(p, view_text(p, "%.*s \u2013 %.*s", STR_ARG(b->name), STR_ARG(subject)),
		   facts_description(&facts, summary, p->arena));
	json_build_text(&p->b, p->root, "og_type", STR("business.business"));
	view_canonical(p, address);
	business_ask_near(asked, b, &facts);
}

static void business_got(void *ctx, const struct search_one *one)
{
	struct page_asked *asked = ctx;
	struct view *p = asked->view;
	const struct search_business *b = &one->business;
	if (one->problem) {
		view_refuse(p, one->problem, &one->err);
		return;
	}
	if (b->path.n && !str_eq(asked->path, b->path)) {
		view_moved(p, view_business_link(p, b));
		return;
	}
	size_t towns = b->detail->service_area.count;
	asked->business = b;
	asked->served = arena_array(p->arena, towns + 1, sizeof(*asked->served));
	if (asked->served)
		search_served(p->pages->db, p->arena, b, FACTS_LIST_LEAST, asked->served,
			      business_served_done, asked);
	else
		business_served_done(asked, SEARCH_FAILED);
}

const struct http_param pages_business_params[] = {
    {.name = "id", .type = HTTP_TEXT, .max = 100, .summary = "the business's id"},
    PAGE_LANGUAGE_PARAM,
    {0}};

/* rest: the id, and behind a space the path before it. */
void make_business(struct view *p, struct str rest)
{
	struct page_asked *asked = arena_alloc(p->arena, sizeof(*asked));
	must(asked);
	struct str id = str_cut(&rest, ' ');
	*asked = (struct page_asked){.view = p, .path = rest};
	search_get(p->pages->db, p->arena, id, business_got, asked);
}

void pages_business(struct http_request *request)
{
	struct str id = http_param(request, "id")->text;
	struct str rest = memchr(id.p, ' ', id.n) ? STR("-") : id;
	kept_respond(request, "business", rest);
}

const struct http_param pages_address_params[] = {
    {.name = "place", .type = HTTP_TEXT, .min = 1, .max = 200, .summary = "where the business is"},
    {.name = "page", .type = HTTP_TEXT, .min = 1, .max = 400, .summary = "NAME-ID.html, KIND.html"},
    PAGE_LANGUAGE_PARAM,
    {0}};
const struct http_param pages_place_params[] = {
    {.name = "place", .type = HTTP_TEXT, .min = 1, .max = 200, .summary = "a town"},
    PAGE_LANGUAGE_PARAM,
    {0}};

void pages_place(struct http_request *request)
{
	pages_level(request, http_param(request, "place")->text, STR(""));
}

/* /PLACE/NAME-ID.html: the id decides; at another path than its own it answers with a 301. Others
 * are lists. */
void pages_address(struct http_request *request)
{
	struct str page = http_param(request, "page")->text, ending = STR(".html");
	size_t tail = ID_CHARS + 1 + ending.n;
	int64_t number;
	struct str id = {page.p + page.n - ending.n - ID_CHARS, ID_CHARS};
	if (page.n <= tail || !str_ends(page, ending) || page.p[page.n - tail] != '-' ||
	    !record_id_parse(id, &number)) {
		pages_level(request, http_param(request, "place")->text, page);
		return;
	}
	struct str rest =
	    ARENA_JOIN(&request->arena, id, STR(" "), http_param(request, "place")->text, STR("/"),
		       {page.p, page.n - tail});
	kept_respond(request, "business", rest.p ? rest : id);
}
