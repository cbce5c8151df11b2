#include "site/export/internal.h"
#include "base/date.h"
#include "base/digits.h"
#include "base/percent.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include "base/log.h"
#include "directory/iso/iso.h"
#include "hours/hours.h"
#include "site/look/look.h"
#include "sql/export.h"

/* ---- from the row ---- */

static enum status business_read_json(struct maker *m, struct str text,
				      const struct json_value **out, struct err *err)
{
	struct json_value *value = NULL;
	enum status status = text.n ? json_parse(&m->arena, text, &value, err) : OK;
	*out = value;
	return status;
}

static bool business_read_texts(struct maker *m, const struct db_rows *rows, int row, int column,
				struct facts_texts *out)
{
	struct str *texts;
	bool fits = db_texts(rows, row, column, &m->arena, &texts, &out->count);
	out->item = texts;
	return fits;
}

/* schema.org types of the main category and the further ones. */
static bool business_read_types(struct maker *m, const struct db_rows *rows, int row,
				struct business *b)
{
	struct facts_texts further;
	if (!business_read_texts(m, rows, row, SQL_EXPORT_BUSINESS_CATEGORIES, &further))
		return false;
	struct str *types = arena_array(&m->arena, further.count + 1, sizeof(*types));
	const struct taxonomy_category *c = taxonomy_by_id(b->category);
	size_t n = 0;
	if (!types)
		return false;
	if (c)
		types[n++] = str_of(c->schema_type);
	for (size_t i = 0; i < further.count; i++) {
		int64_t id;
		c = str_to_i64(further.item[i], 1, INT16_MAX, &id) ? taxonomy_by_id((int)id) : NULL;
		bool known = c == NULL;
		for (size_t k = 0; k < n && !known; k++)
			known = str_eq(types[k], str_of(c->schema_type));
		if (!known)
			types[n++] = str_of(c->schema_type);
	}
	b->facts.types = (struct facts_texts){types, n};
	return true;
}

static void business_read_columns(const struct db_rows *rows, int row, struct facts_business *f)
{
	f->located = !db_null(rows, row, SQL_EXPORT_BUSINESS_LAT_E7);
	f->lat = (double)db_i64(rows, row, SQL_EXPORT_BUSINESS_LAT_E7) / 1e7;
	f->lon = (double)db_i64(rows, row, SQL_EXPORT_BUSINESS_LON_E7) / 1e7;
	f->name = db_text(rows, row, SQL_EXPORT_BUSINESS_NAME);
	f->street = db_text(rows, row, SQL_EXPORT_BUSINESS_STREET);
	f->postcode = db_text(rows, row, SQL_EXPORT_BUSINESS_POSTCODE);
	f->city = db_text(rows, row, SQL_EXPORT_BUSINESS_CITY);
	f->country = db_text(rows, row, SQL_EXPORT_BUSINESS_COUNTRY);
	f->phone = db_text(rows, row, SQL_EXPORT_BUSINESS_PHONE);
	f->hours = db_text(rows, row, SQL_EXPORT_BUSINESS_HOURS);
	f->timezone = db_text(rows, row, SQL_EXPORT_BUSINESS_TIMEZONE);
	f->description = db_text(rows, row, SQL_EXPORT_BUSINESS_DESCRIPTION);
	f->website = db_text(rows, row, SQL_EXPORT_BUSINESS_WEBSITE);
}

static void business_read_card(const struct db_rows *rows, int row, struct business *b)
{
	b->row_name = b->facts.name;
	b->card = (struct near_card){.id = b->id,
				     .lat = (int32_t)db_i64(rows, row, SQL_EXPORT_BUSINESS_LAT_E7),
				     .lon = (int32_t)db_i64(rows, row, SQL_EXPORT_BUSINESS_LON_E7),
				     .category = (int16_t)b->category};
	b->card.shown = near_shown(&b->card, b->path, b->row_name);
}

/* Its own pictures, the first as the leading one. */
static bool business_read_pictures(struct maker *m, struct business *b)
{
	const struct photos_of *of = photos_find(m->theme, b->id);
	if (!of)
		return true;
	b->pictures = of;
	struct str *url = arena_array(&m->arena, of->pictures.count, sizeof(*url));
	if (!url)
		return false;
	for (size_t i = 0; i < of->pictures.count && m->theme->is_public; i++) {
		const struct picture *p = &of->pictures.item[i];
		url[i] = photos_url(m, p, photos_largest(p));
		b->facts.images = (struct facts_texts){url, i + 1};
	}
	return true;
}

/* A business with a site of its own names it, unless the record does already. */
static bool business_read_site(struct maker *m, const struct business *b, struct facts_texts *same)
{
	const struct shop_site *site =
	    m->theme->shops ? shop_sites_find(m->theme->shops, b->id) : NULL;
	if (!site)
		return true;
	struct str *all = arena_array(&m->arena, same->count + 1, sizeof(*all));
	struct str url = arena_join(&m->arena, (const struct str[]){site->url, STR("/")}, 2);
	if (!all || !url.p)
		return false;
	all[0] = url;
	size_t count = 1;
	for (size_t i = 0; i < same->count; i++)
		if (!str_eq(same->item[i], url))
			all[count++] = same->item[i];
	*same = (struct facts_texts){all, count};
	return true;
}

static struct str business_country(const struct maker *m, struct str code,
				   const struct region *region)
{
	const char *tag = wording_language(m->theme->wording)->tag;
	return str_eq(code, region->country) ? region->country_name
					     : iso_country_name(code, str_of(tag));
}

enum status business_read(struct maker *m, const struct db_rows *rows, int row, struct business *b,
			  struct err *err)
{
	struct facts_business *f = &b->facts;
	memset(b, 0, sizeof(*b));
	b->id = db_i64(rows, row, SQL_EXPORT_BUSINESS_ID);
	f->year = m->theme->year;
	f->wording = m->theme->wording;
	record_id_format(b->id, b->id_text);
	b->path = db_text(rows, row, SQL_EXPORT_BUSINESS_PATH);
	buf_reset(&m->link);
	business_link(b->path, b->id, "", &m->link);
	b->link = MAKER_JOIN(m, buf_view(&m->link));
	b->region =
	    theme_region(m->theme, (int32_t)db_i64(rows, row, SQL_EXPORT_BUSINESS_REGION_ID));
	b->place = theme_place(m->theme, (int32_t)db_i64(rows, row, SQL_EXPORT_BUSINESS_CITY_ID));
	b->category = (int)db_i64(rows, row, SQL_EXPORT_BUSINESS_CATEGORY_ID);
	b->category = taxonomy_by_id(b->category) ? b->category : 0;
	b->linked = b->place && theme_links(m->theme, b->place->id, b->category);
	b->source =
	    theme_source(m->theme, (int32_t)db_i64(rows, row, SQL_EXPORT_BUSINESS_SOURCE_ID));
	b->rank = (int)db_i64(rows, row, SQL_EXPORT_BUSINESS_QUALITY_SCORE);
	b->judged = !db_null(rows, row, SQL_EXPORT_BUSINESS_QUALITY_SCORE);
	b->day = (int)db_i64(rows, row, SQL_EXPORT_BUSINESS_CHANGED_DAY);
	b->updated_day = (int)db_i64(rows, row, SQL_EXPORT_BUSINESS_UPDATED_DAY);
	date_format(b->updated_day, b->updated);
	business_read_columns(rows, row, f);
	business_read_card(rows, row, b);
	f->region = b->region->named ? b->region->name : STR("");
	if (m->theme->several_countries)
		f->country_name = business_country(m, f->country, b->region);
	b->levels = level_of_business(m, b->region, b->place, b->linked ? b->category : LEVEL_ALL,
				      b->above, &f->trail);
	if (m->theme->is_public) {
		f->page = MAKER_JOIN(m, m->theme->url, STR("/"), b->link, STR(".html"));
		f->identity = MAKER_JOIN(m, m->theme->site_url, STR("/id/"), str_of(b->id_text));
	}
	enum status status =
	    business_read_json(m, db_text(rows, row, SQL_EXPORT_BUSINESS_OFFERS), &f->offers, err);
	if (status == OK)
		status = business_read_json(m, db_text(rows, row, SQL_EXPORT_BUSINESS_EXTRA),
					    &f->extra, err);
	if (status == OK && !f->region.n)
		f->region = facts_extra(f, "region"); /* of no country that is known */
	if (status == OK &&
	    (!business_read_texts(m, rows, row, SQL_EXPORT_BUSINESS_ALT_NAMES, &f->alt_names) ||
	     !business_read_texts(m, rows, row, SQL_EXPORT_BUSINESS_SERVICE_AREA,
				  &f->service_area) ||
	     !business_read_texts(m, rows, row, SQL_EXPORT_BUSINESS_SAME_AS, &f->same_as) ||
	     !business_read_site(m, b, &f->same_as) || !business_read_pictures(m, b) ||
	     !business_read_types(m, rows, row, b)))
		status = err_set(err, TOO_LARGE, "too much for a page");
	f->served =
	    coming_links(m, &f->service_area, b->region->id, b->place, b->category, &b->serves);
	b->hidden = facts_hides_address(f);
	return status == OK ? OK : err_prefix(err, status, "record %s", b->id_text);
}

struct str business_file(struct str path, int64_t id, const char *ending, char out[EXPORT_PATH])
{
	char text[RECORD_ID_TEXT];
	record_id_format(id, text);
	if (path.n)
		return PATH_JOIN(out, path, STR("-"), str_of(text), str_of(ending));
	return PATH_JOIN(out, STR("b/"), {text, 2}, STR("/"), str_of(text), str_of(ending));
}

void business_link(struct str path, int64_t id, const char *ending, struct buf *out)
{
	char file[EXPORT_PATH];
	percent_put(out, business_file(path, id, ending, file), "/");
}

const char *const business_endings[BUSINESS_FILES] = {".html", ".vcf", ".ics"};

int business_files(const struct manifest_entry *e)
{
	return !e || e->state < ENTRY_NOINDEX ? 0 : e->card ? BUSINESS_FILES : 1;
}

/* The business whose file it is, by its id and path; 0: none. */
static int64_t business_of_file(struct str file, struct str ending, struct str *path)
{
	enum { ID = RECORD_ID_TEXT - 1 };
	struct str old = STR("b/");
	size_t tail = ID + ending.n;
	int64_t id;
	if (!str_ends(file, ending) || file.n <= tail ||
	    !record_id_parse((struct str){file.p + file.n - tail, ID}, &id))
		return 0;
	*path = (struct str){file.p, file.n - tail - 1};
	if (file.p[path->n] == '/' && str_starts(file, old) && path->n == old.n + 2)
		path->n = 0;
	return path->n == 0 || file.p[path->n] == '-' ? id : 0;
}

int64_t business_of_page(struct str file, struct str *path)
{
	return business_of_file(file, str_of(business_endings[0]), path);
}

bool business_has_file(const struct manifest *m, const char *path)
{
	for (int i = 0; i < BUSINESS_FILES; i++) {
		struct str of;
		int64_t id = business_of_file(str_of(path), str_of(business_endings[i]), &of);
		const struct manifest_entry *e = id ? manifest_find(m, id) : NULL;
		if (i < business_files(e) && str_eq(of, str_of(manifest_path(e))))
			return true;
	}
	return false;
}

/* The link for reservations that the record names; never derived from a telephone number. */
static void business_put_reserve(struct maker *m, const struct business *b)
{
	static const char *const schemes[] = {"sms:", "https://wa.me/", "mailto:"};
	struct str link = facts_extra(&b->facts, "reserve");
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (str_starts(link, str_of(schemes[i])))
			json_build_text(&m->b, m->root, "reserve", link);
}

/* ---- hours: the table for people, the same intervals for the script ---- */

struct day {
	struct hours_span span[HOURS_SPANS_MAX];
	size_t count;
};

static void read_day(const struct hours_week *week, int d, struct day *out)
{
	out->count = hours_of_day(week, d, out->span);
}

static bool same_day(const struct day *a, const struct day *b)
{
	return a->count == b->count &&
	       (!a->count || memcmp(a->span, b->span, a->count * sizeof(a->span[0])) == 0);
}

/* "Monday", "Monday–Friday". */
static struct str business_days(struct maker *m, int first, int last)
{
	struct str from = maker_word(m, (enum word_id)(WORD_MONDAY + first)),
		   to = maker_word(m, (enum word_id)(WORD_MONDAY + last));
	return first == last ? from : MAKER_FILL(m, WORD_DAYS, from, to);
}

/* One row for the days first to last, which have the same hours. */
static void business_put_days(struct maker *m, struct json_value *days, const struct day *hours,
			      int first, int last)
{
	struct json_value *day = json_build(&m->b, days, NULL, JSON_IS_OBJECT);
	json_build_text(&m->b, day, "day", business_days(m, first, last));
	struct json_value *list = json_build(&m->b, day, "spans", JSON_IS_ARRAY);
	for (size_t i = 0; i < hours->count; i++)
		json_build(&m->b, list, NULL, JSON_IS_STRING)->text =
		    facts_span(&hours->span[i], m->theme->wording, &m->arena);
	json_build_true(&m->b, day, "closed", hours->count == 0);
	JSON_BUILD_JOIN(&m->b, day, "last", {&"0123456"[last], 1});
}

/* Read the hours of a day; returns the last of the days from it on that have the same. */
static int read_days(const struct hours_week *week, int first, struct day *out)
{
	struct day next;
	int last = first;
	read_day(week, first, out);
	for (; last < 6; last++) {
		read_day(week, last + 1, &next);
		if (!same_day(out, &next))
			break;
	}
	return last;
}

/* Consecutive days with the same hours share a row. */
static void business_put_table(struct maker *m, const struct hours_week *week)
{
	struct json_value *days = maker_list(m, "days");
	struct day day;
	for (int first = 0, last; first < 7; first = last + 1) {
		last = read_days(week, first, &day);
		business_put_days(m, days, &day, first, last);
	}
}

struct str business_hours_text(struct maker *m, const struct hours_week *week)
{
	struct str text = STR("");
	struct day day;
	for (int first = 0, last; first < 7; first = last + 1) {
		struct str times = STR("");
		last = read_days(week, first, &day);
		for (size_t i = 0; i < day.count; i++)
			times = MAKER_JOIN(m, times, i ? STR(", ") : STR(""),
					   facts_span(&day.span[i], m->theme->wording, &m->arena));
		if (day.count)
			text = MAKER_JOIN(m, text, text.n ? STR("; ") : STR(""),
					  MAKER_FILL(m, WORD_HOURS_ON_DATE,
						     business_days(m, first, last), times));
	}
	return text;
}

void business_put_week(struct maker *m, struct json_value *to_value, const char *week_key,
		       const char *zone_key, const struct hours_week *week, struct str zone)
{
	char spans[HOURS_SPANS_MAX * 12], *to = spans;
	for (size_t i = 0; i < week->count; i++) {
		to = digits_put(to, (uint64_t)week->span[i].from);
		*to++ = '-';
		to = digits_put(to, (uint64_t)week->span[i].to);
		*to++ = ',';
	}
	if (!week->count || !zone.n)
		return;
	if (!json_get(m->root, "script"))
		json_build_true(&m->b, m->root, "script", true);
	JSON_BUILD_JOIN(&m->b, to_value, week_key, {spans, (size_t)(to - spans) - 1});
	/* Browsers take a quarter of a second on a phone to make their first clock of a zone. */
	struct str rule = hours_zone_rule(zone, (int64_t)m->theme->today * (24 * 60 * 60));
	JSON_BUILD_JOIN(&m->b, to_value, zone_key, rule.n ? rule : zone);
}

void business_put_hours(struct maker *m, const struct business *b)
{
	struct facts_hours hours;
	if (!facts_hours(b->facts.hours, m->theme->wording, &m->arena, &hours))
		return;
	if (!hours.dated)
		business_put_week(m, m->root, "week", "timezone", &hours.week, b->facts.timezone);
	struct json_value *list = NULL;
	for (size_t i = 0; i < hours.exceptions.count; i++) {
		list = list ? list : json_build(&m->b, m->root, "exceptions", JSON_IS_ARRAY);
		json_build(&m->b, list, NULL, JSON_IS_STRING)->text = hours.exceptions.item[i];
	}
	business_put_table(m, &hours.week);
}

/* ---- the page ---- */

void business_put_locator(struct maker *m, const struct business *b)
{
	const struct facts_business *f = &b->facts;
	const struct look_spot place = {f->lat, f->lon};
	if (f->located && !b->hidden &&
	    look_locate(f->country, f->city, &place, m->theme->wording, &m->arena, &m->locator))
		json_build_text(&m->b, m->root, "locator", buf_view(&m->locator));
}

void business_put_updated(struct maker *m, const struct business *b)
{
	struct str date = facts_date(str_of(b->updated), m->theme->wording, &m->arena);
	m->b.failed |= !date.p;
	json_build_text(&m->b, m->root, "updated", date);
}

static void business_put_trail(struct maker *m, const struct business *b)
{
	level_put_trail(m, b->above, b->levels);
	json_build_text(&m->b, m->root, "category", theme_category_label(m->theme, b->category));
	if (b->place) /* the second level */
		JSON_BUILD_JOIN(&m->b, m->root, "city_link", m->theme->base, STR("/"),
				b->above[1].url);
}

/* Without site.contact_url the page has no such link. */
static void business_put_contact(struct maker *m, const struct business *b, const char *key,
				 struct str topic, enum word_id subject)
{
	struct str contact = m->theme->contact;
	struct buf link;
	if (!contact.n)
		return;
	buf_init(&link, 4096);
	links_put_contact(contact, str_of(b->id_text), topic, maker_word(m, subject), &link);
	JSON_BUILD_JOIN(&m->b, m->root, key, buf_view(&link));
	buf_release(&link);
}

void business_count_dropped(void *ctx, const struct facts_finding *finding)
{
	struct maker *m = ctx;
	m->dropped[finding->fault - facts_faults]++;
}

/* Put the block for search engines and the visible values into the page. If the block is invalid,
 * invalid optional values are removed first. False: it is still invalid. */
static bool business_put_facts(struct maker *m, struct business *b)
{
	struct err why;
	buf_reset(&m->block);
	bool valid = facts_jsonld(&b->facts, &m->arena, &m->block, &why) == OK;
	if (!valid) {
		facts_clean(&b->facts, &m->arena, business_count_dropped, m);
		b->hidden = facts_hides_address(&b->facts);
		valid = facts_jsonld(&b->facts, &m->arena, &m->block, &why) == OK;
	}
	facts_show(&b->facts, &m->b, m->root);
	if (valid)
		json_build_text(&m->b, m->root, "facts_block", buf_view(&m->block));
	else
		log_warn("invalid facts: the business has no page", LOG_S("record", b->id_text),
			 LOG_STR("name", b->facts.name), LOG_S("fault", why.text));
	return valid;
}

/* The first picture leads the page; the others follow the text. */
static void business_put_pictures(struct maker *m, const struct business *b)
{
	if (!b->pictures)
		return;
	const struct pictures *all = &b->pictures->pictures;
	photos_put(m, m->root, "photo", &all->item[0]);
	if (all->count < 2)
		return;
	struct json_value *list = maker_list(m, "pictures");
	for (size_t i = 1; i < all->count; i++)
		photos_put(m, list, NULL, &all->item[i]);
}

/* Its sheet and its pattern. The small sheet has no rules for several pictures. */
static void business_put_look(struct maker *m, const struct business *b)
{
	const struct theme *t = m->theme;
	bool large = b->pictures && b->pictures->pictures.count > 1;
	char pattern[LOOK_PATTERN];
	json_build_text(&m->b, m->root, "sheet", large ? t->css : t->business_css);
	if (t->patterns.complete)
		json_build_text(&m->b, m->root, "pattern_style",
				look_pattern_style(&t->patterns, b->category, b->id));
	else
		JSON_BUILD_JOIN(&m->b, m->root, "pattern",
				look_pattern(b->category, b->id, pattern));
}

/* The nearest others; returns what its entry keeps of them. */
static uint32_t business_put_near(struct maker *m, const struct business *b,
				  const struct near_card *own)
{
	struct near_card found[NEAR_CARDS];
	size_t count;
	uint32_t hash = near_hash(m->theme->near, own, found, &count);
	struct json_value *list = count ? maker_list(m, "near") : NULL;
	for (size_t i = 0; i < count; i++) {
		const struct near_card *card = &found[i];
		const struct look_spot at = {card->lat / 1e7, card->lon / 1e7},
				       here = {b->facts.lat, b->facts.lon};
		buf_reset(&m->link);
		business_link(str_of(manifest_kept_path(card->path)), card->id, ".html", &m->link);
		const struct look_near near = {
		    .href = MAKER_JOIN(m, m->theme->base, STR("/"), buf_view(&m->link)),
		    .name = str_of(manifest_kept_path(card->name)),
		    .kind =
			card->category ? theme_category_label(m->theme, card->category) : STR(""),
		    .metres = look_metres(&here, &at)};
		look_put_near(&m->b, list, &near, m->theme->wording);
	}
	return hash;
}

static void business_put_values(struct maker *m, const struct business *b)
{
	business_put_trail(m, b);
	business_put_look(m, b);
	business_put_pictures(m, b);
	business_put_locator(m, b);
	business_put_reserve(m, b);
	business_put_hours(m, b);
	business_put_updated(m, b);
	if (b->source)
		maker_source(m, json_build(&m->b, m->root, "sources", JSON_IS_ARRAY), b->source);
	business_put_contact(m, b, "claim_link", STR("claim"), WORD_CLAIM_SUBJECT);
	business_put_contact(m, b, "report_link", STR("error"), WORD_REPORT_SUBJECT);
	json_build_text(&m->b, m->root, "id", str_of(b->id_text));
	if (m->theme->cards && card_wanted(b))
		JSON_BUILD_JOIN(&m->b, m->root, "card", m->theme->base, STR("/"), b->link);
	look_put_conditions(&m->b, m->root);
}

static uint32_t business_listed_hash(const struct business *b)
{
	const struct str texts[] = {b->facts.name,     b->facts.street,  b->facts.postcode,
				    b->facts.city,     b->facts.phone,   b->facts.hours,
				    b->facts.timezone, b->facts.country, b->path};
	const double at[] = {b->facts.lat, b->facts.lon};
	uint64_t hash = 1 + b->hidden + (b->pictures ? b->pictures->digest : 0);
	hash = XXH3_64bits_withSeed(at, sizeof(at), hash);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		hash = XXH3_64bits_withSeed(texts[i].p, texts[i].n, hash + texts[i].n);
	return (uint32_t)hash;
}

/* Decide what is published. The block is only made when nothing else withholds the business. */
static enum gate_cause business_judge(struct maker *m, struct business *b)
{
	struct gate_input input = {.facts = &b->facts,
				   .valid = true,
				   .quality = b->judged ? b->rank : -1,
				   .updated_day = b->updated_day,
				   .today = m->theme->today};
	enum gate_cause cause = gate_judge(&m->theme->limits, &input);
	if (gate_causes[cause].verdict == GATE_WITHHOLD)
		return cause;
	input.valid = business_put_facts(m, b);
	/* again, because business_put_facts may have removed values */
	return gate_judge(&m->theme->limits, &input);
}

/* The business's entry of the manifest, without the page's hash. */
static void business_entry(const struct maker *m, const struct business *b, enum gate_cause cause,
			   struct manifest_entry *e)
{
	static const uint8_t states[] = {[GATE_PUBLISH] = ENTRY_INDEXED,
					 [GATE_NOINDEX] = ENTRY_NOINDEX,
					 [GATE_WITHHOLD] = ENTRY_WITHHELD};
	bool shown = b->facts.located && !b->hidden && b->row_name.n < EXPORT_PATH;
	*e = (struct manifest_entry){.id = b->id,
				     .lat = shown ? b->card.lat : 0,
				     .lon = shown ? b->card.lon : 0,
				     .shown = shown ? b->card.shown : 0,
				     .identity = gate_identity(&b->facts),
				     .listed = business_listed_hash(b),
				     .region = b->region->id,
				     .place = b->place ? b->place->id : 0,
				     .linked = b->linked,
				     .category = (int16_t)b->category,
				     .day = (uint16_t)b->day,
				     .rank = (uint8_t)b->rank,
				     .state = states[gate_causes[cause].verdict],
				     .cause = (uint8_t)cause,
				     .card = m->theme->cards && card_wanted(b),
				     .hidden = b->hidden,
				     .pictures = b->pictures ? b->pictures->digest : 0};
}

/* The picture of links in messages: an own one, else the one that the record names. */
static void business_put_preview(struct maker *m, const struct business *b)
{
	const struct picture *p = b->pictures ? &b->pictures->pictures.item[0] : NULL;
	struct str image = facts_extra(&b->facts, "image");
	if (p) {
		size_t size = p->preview ? PICTURE_SIZES : photos_largest(p);
		json_build_text(&m->b, m->root, "og_image", photos_url(m, p, size));
		json_build_text(&m->b, m->root, "og_image_alt", p->alt);
		json_build_true(&m->b, m->root, "og_large", p->preview);
	} else if (str_starts(image, STR("https://"))) {
		json_build_text(&m->b, m->root, "og_image", image);
	}
}

enum status business_page(struct maker *m, struct business *b, struct manifest_entry *e,
			  struct err *err)
{
	const struct facts_business *f = &b->facts;
	enum gate_cause cause = business_judge(m, b);
	business_entry(m, b, cause, e);
	if (e->state == ENTRY_WITHHELD)
		return OK;
	struct str subject = theme_category_label(m->theme, b->category);
	struct str summary = facts_summary(f, &m->arena);
	if (f->city.n)
		subject = MAKER_FILL(m, WORD_KIND_IN_PLACE, subject, f->city);
	struct str path = MAKER_JOIN(m, b->link, STR(".html"));
	business_put_values(m, b);
	e->near = business_put_near(
	    m, b,
	    &(struct near_card){.id = e->id, .lat = e->lat, .lon = e->lon, .shown = e->shown});
	e->near += b->serves;
	summary = summary.n ? MAKER_FILL(m, WORD_PAGE_WITH_FACTS, subject, summary)
			    : MAKER_FILL(m, WORD_PAGE_WITHOUT_FACTS, subject);
	json_build_text(&m->b, m->root, "og_type", STR("business.business"));
	business_put_preview(m, b);
	maker_head(m, MAKER_JOIN(m, f->name, STR(" \u2013 "), subject),
		   facts_description(f, summary, &m->arena),
		   e->state == ENTRY_INDEXED ? path.p : NULL);
	enum status status = maker_render(m, THEME_BUSINESS, err);
	if (status == OK)
		e->page = XXH3_64bits(m->out.p, m->out.n) | 1;
	return status == OK ? OK : err_prefix(err, status, "record %s", b->id_text);
}
