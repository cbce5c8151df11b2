/* link: base language hours site/locale site/facts */
/* Facts of a business: the block, what is refused, and that what it says can be seen. */
#include "base/io.h"
#include "facts_checked.h"
#include "site/facts/schema.h"
#include "site/locale/locale.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- blocks ---- */

static struct facts_texts texts(const struct str *item, size_t count)
{
	return (struct facts_texts){item, count};
}
#define TEXTS(...)                                                                                 \
	texts((const struct str[]){__VA_ARGS__},                                                   \
	      sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

/* Its block parsed again, which must pass the checks without a word. */
static struct json_value *block_of(struct arena *arena, const struct facts_business *b)
{
	struct buf out, notes;
	struct err err;
	buf_init(&out, 1 << 20);
	buf_init(&notes, 1 << 16);
	if (facts_jsonld(b, arena, &out, &err) != OK)
		fail_msg("%s", err.text);
	struct json_value *v = parse(arena, buf_view(&out));
	facts_check(v, note, &notes);
	if (notes.n)
		fail_msg("%s in %s", buf_z(&notes), buf_z(&out));
	buf_release(&notes);
	buf_release(&out);
	return json_get(v, "@graph")->first;
}

static struct facts_business tilers(void)
{
	static const struct str type_names[] = {{"HomeAndConstructionBusiness", 27}};
	static const struct str towns[] = {{"Erlenau", 7},
					   {"Wiesbr\xc3\xbc"
					    "ck",
					    10},
					   {"Landkreis Hochtann", 18}};
	static const struct str links[] = {{"https://social.example/fliesen", 30},
					   {"not a link", 10}};
	return (struct facts_business){
	    .page = STR("https://directory.example/hochtann/fliesen-abc.html"),
	    .identity = STR("https://directory.example/id/abc"),
	    .name = STR("Fliesen Falkner & Amsel"),
	    .description = STR("Zwei Meister, ein Lieferwagen."),
	    .types = {type_names, 1},
	    .street = STR("Gewerbering 9"),
	    .postcode = STR("84498"),
	    .city = STR("Hochtann"),
	    .region = STR("Bayern"),
	    .country = STR("DE"),
	    .located = true,
	    .lat = 48.339214,
	    .lon = 12.17685,
	    .phone = STR("+498999998970"),
	    .website = STR("https://fliesen-falkner.example/?a=1&b=2"),
	    .hours = STR("Mo-Th 07:30-12:00,13:00-17:00; Fr 07:30-12:30"),
	    .timezone = STR("Europe/Berlin"),
	    .service_area = {towns, 3},
	    .same_as = {links, 2},
	};
}

static void a_block_says_what_the_record_says(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, ARENA_MAX);
	struct facts_business b = tilers();
	b.extra = parse(
	    &arena, STR("{\"legal_name\": \"Falkner & Amsel GbR\", \"founded\": \"2011\","
			"\"knows_about\": \"Mosaik; Naturstein;\", \"founder\": \"Ronja Amsel\","
			"\"wheelchair\": true, \"cuisine\": \"tiles\", \"closed\": \"\","
			"\"price_range\": \"45\"}"));
	b.offers = parse(
	    &arena,
	    STR("{\"items\": [{\"name\": \"Dusche\", \"price\": \"2400.00\", \"currency\": "
		"\"EUR\", \"description\": \"Bodengleich\"}, {\"name\": \"Fugen\", \"price\": "
		"\"nach Aufwand\", \"currency\": \"EUR\"}]}"));
	const struct json_value *v = block_of(&arena, &b);
	says(v, "@type", "HomeAndConstructionBusiness");
	says(v, "@id", "https://directory.example/id/abc");
	says(v, "name", "Fliesen Falkner & Amsel");
	says(v, "url", "https://directory.example/hochtann/fliesen-abc.html");
	says(v, "sameAs.0", "https://fliesen-falkner.example/?a=1&b=2");
	says(v, "hasMap", "https://www.openstreetmap.org/?mlat=48.339214&mlon=12.17685&zoom=18");
	says(v, "telephone", "+498999998970");
	says(v, "address.@type", "PostalAddress");
	says(v, "address.streetAddress", "Gewerbering 9");
	says(v, "address.addressCountry", "DE");
	says(v, "geo.latitude", "48.339214");
	says(v, "geo.longitude", "12.17685");     /* a last zero is left out */
	says(v, "areaServed.0.name", "Hochtann"); /* the seat too */
	says(v, "areaServed.0.@type", "City");
	says(v, "areaServed.1.name", "Erlenau");
	says(v, "areaServed.3.@type", "AdministrativeArea");
	says(v, "serviceArea", NULL);
	says(v, "legalName", "Falkner & Amsel GbR");
	says(v, "foundingDate", "2011");
	says(v, "knowsAbout.1", "Naturstein");
	says(v, "knowsAbout.2", NULL);
	says(v, "founder.0.name", "Ronja Amsel");
	says(v, "amenityFeature.0.value", "yes");
	says(v, "servesCuisine", NULL); /* no place to eat */
	says(v, "makesOffer.0.itemOffered.@type", "Service");
	says(v, "makesOffer.0.price", "2400.00");
	says(v, "makesOffer.0.priceCurrency", "EUR");
	says(v, "makesOffer.1.itemOffered.name", "Fugen");
	says(v, "makesOffer.1.price", NULL); /* shown, not claimed */
	says(v, "sameAs.1", "https://social.example/fliesen");
	says(v, "sameAs.2", NULL);
	arena_release(&arena);
}

static void several_types_are_a_list_and_none_is_local_business(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, ARENA_MAX);
	struct facts_business b = tilers();
	b.types = TEXTS(STR("Bakery"), STR("CafeOrCoffeeShop"));
	const struct json_value *v = block_of(&arena, &b);
	says(v, "@type.0", "Bakery");
	says(v, "@type.1", "CafeOrCoffeeShop");
	b.types.count = 0;
	struct json_value *block;
	assert_int_equal(facts_block(&b, &arena, &block, NULL), OK);
	says(block, "@graph.0.@type", "LocalBusiness");
	arena_release(&arena);
}

static void one_specification_stands_for_each_interval(void **state)
{
	(void)state;
	static const struct {
		const char *hours;
		const char *spec; /* "days opens closes|..." */
	} cases[] = {
	    {"Mo-Fr 08:00-12:00,13:30-18:00", "MoTuWeThFr 08:00 12:00|MoTuWeThFr 13:30 18:00|"},
	    {"24/7", "MoTuWeThFrSaSu 00:00 23:59|"},
	    {"Fr,Sa 20:00-02:00", "FrSa 20:00 02:00|"},
	    {"Su 22:00-04:00", "Su 22:00 04:00|"},
	    {"Mo-Su 18:00-24:00", "MoTuWeThFrSaSu 18:00 00:00|"},
	    {"Mo 00:00-24:00", "Mo 00:00 23:59|"},
	    {"Mo-We 00:00-24:00; Th 00:00-12:00", "MoTuWe 00:00 23:59|Th 00:00 12:00|"},
	    {"sunrise-sunset", ""},
	    {"Mo 08:00-12:00 \"ring\"", ""},
	    {"off", ""},
	    {"Apr-Oct 08:00-18:00; Nov-Mar Mo 10:00-16:00; PH off",
	     "Mo 10:00 16:00 2026-01-01 2026-03-31|"
	     "MoTuWeThFrSaSu 08:00 18:00 2026-04-01 2026-10-31|"
	     "Mo 10:00 16:00 2026-11-01 2027-03-31|"
	     "MoTuWeThFrSaSu 08:00 18:00 2027-04-01 2027-10-31|"
	     "Mo 10:00 16:00 2027-11-01 2027-12-31|"},
	    {"Mo-Fr 08:00-12:00; Dec 24-26 off", "MoTuWeThFr 08:00 12:00 2026-01-01 2026-12-23|"
						 "MoTuWeThFrSaSu 00:00 00:00 2026-12-24 2026-12-26|"
						 "MoTuWeThFr 08:00 12:00 2026-12-27 2027-12-23|"
						 "MoTuWeThFrSaSu 00:00 00:00 2027-12-24 2027-12-26|"
						 "MoTuWeThFr 08:00 12:00 2027-12-27 2027-12-31|"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena;
		struct buf got;
		arena_init(&arena, ARENA_MAX);
		buf_init(&got, 4096);
		struct facts_business b = tilers();
		b.hours = str_of(cases[i].hours);
		b.year = 2026;
		const struct json_value *all =
		    json_get(block_of(&arena, &b), "openingHoursSpecification");
		for (const struct json_value *v = all ? all->first : NULL; v; v = v->next) {
			for (const struct json_value *d = json_get(v, "dayOfWeek")->first; d;
			     d = d->next)
				buf_add(&got, d->text.p, 2);
			buf_printf(&got, " %.*s %.*s", STR_ARG(json_text(json_get(v, "opens"))),
				   STR_ARG(json_text(json_get(v, "closes"))));
			if (json_get(v, "validFrom"))
				buf_printf(&got, " %.*s %.*s",
					   STR_ARG(json_text(json_get(v, "validFrom"))),
					   STR_ARG(json_text(json_get(v, "validThrough"))));
			buf_putc(&got, '|');
		}
		if (strcmp(buf_z(&got), cases[i].spec) != 0)
			fail_msg("%s: %s, should be %s", cases[i].hours, buf_z(&got),
				 cases[i].spec);
		buf_release(&got);
		arena_release(&arena);
	}
}

static void a_hidden_address_is_neither_said_nor_shown(void **state)
{
	(void)state;
	struct arena arena;
	struct json_build build;
	arena_init(&arena, ARENA_MAX);
	struct facts_business b = tilers();
	b.extra = parse(&arena, STR("{\"hide_address\": true, \"service_radius_km\": \"20\"}"));
	const struct json_value *v = block_of(&arena, &b);
	says(v, "address.streetAddress", NULL);
	says(v, "address.addressLocality", "Hochtann");
	says(v, "geo", NULL);
	says(v, "areaServed.4", NULL); /* a circle has a midpoint */
	json_build_init(&build, &arena);
	struct json_value *root = json_build(&build, NULL, NULL, JSON_IS_OBJECT);
	facts_show(&b, &build, root);
	assert_false(build.failed);
	says(root, "street", NULL);
	says(root, "map", NULL);
	says(root, "city", "Hochtann");
	says(root, "facts.items.1", NULL);
	/* Who serves an area and says no street hides its address too. */
	b.extra = NULL;
	b.street = STR("");
	says(block_of(&arena, &b), "geo", NULL);
	/* The same business with its street says where it is, and the circle. */
	b = tilers();
	b.extra = parse(&arena, STR("{\"service_radius_km\": \"12.5\"}"));
	v = block_of(&arena, &b);
	says(v, "areaServed.4.@type", "GeoCircle");
	says(v, "areaServed.4.geoRadius", "12500");
	says(v, "areaServed.4.geoMidpoint.latitude", "48.339214");
	arena_release(&arena);
}

static void departments_have_their_own_telephone_and_hours(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, ARENA_MAX);
	struct facts_business b = tilers();
	b.extra =
	    parse(&arena, STR("{\"departments\": [{\"name\": \"Caf\xc3\xa9\", \"type\": "
			      "\"CafeOrCoffeeShop\", \"phone\": \"+498999998971\", \"hours\": \"Mo "
			      "10:00-11:00\"}, {\"hours\": \"24/7\"}]}"));
	const struct json_value *v = block_of(&arena, &b);
	says(v, "department.0.@type", "CafeOrCoffeeShop");
	says(v, "department.0.telephone", "+498999998971");
	says(v, "department.0.openingHoursSpecification.0.opens", "10:00");
	says(v, "department.1", NULL);
	arena_release(&arena);
}

static void a_block_cannot_leave_its_script_element(void **state)
{
	(void)state;
	struct arena arena;
	struct buf out;
	struct err err;
	arena_init(&arena, ARENA_MAX);
	buf_init(&out, 1 << 20);
	struct facts_business b = tilers();
	b.name = STR("A<!-- & --> > \xe2\x80\xa8 \xe2\x80\xa9 \xe2\x80\x93 ]]>");
	assert_int_equal(facts_jsonld(&b, &arena, &out, &err), OK);
	const char *z = buf_z(&out);
	assert_null(strpbrk(z, "<>&"));
	assert_null(strstr(z, "\xe2\x80\xa8"));
	assert_null(strstr(z, "\xe2\x80\xa9"));
	assert_non_null(strstr(
	    z, "A\\u003c!-- \\u0026 --\\u003e \\u003e \\u2028 \\u2029 \xe2\x80\x93 ]]\\u003e"));
	const struct json_value *v = parse(&arena, buf_view(&out));
	assert_true(str_eq(json_text(json_path(v, "@graph.0.name")), b.name));
	buf_release(&out);
	arena_release(&arena);
}

static void a_broken_record_is_refused_by_name_and_writes_nothing(void **state)
{
	(void)state;
	struct arena arena;
	struct buf out;
	struct err err;
	arena_init(&arena, ARENA_MAX);
	buf_init(&out, 1 << 20);
	struct facts_business b = tilers();
	b.country = STR("QX");
	assert_int_equal(facts_jsonld(&b, &arena, &out, &err), INVALID);
	assert_non_null(strstr(err.text, "country-unknown: address.addressCountry \"QX\":"));
	assert_int_equal(out.n, 0);
	assert_int_equal(facts_jsonld(&b, &arena, &out, NULL), INVALID);
	const double no_latitudes[] = {91, -90.000001, 499999999999998.3, -1e300, INFINITY, NAN};
	for (size_t i = 0; i < COUNT_OF(no_latitudes); i++) {
		b = tilers();
		b.lat = no_latitudes[i];
		assert_int_equal(facts_jsonld(&b, &arena, &out, &err), INVALID);
		assert_non_null(strstr(err.text, "latitude-range: geo.latitude"));
	}
	b = tilers();
	b.name = STR("M\xfcller");
	assert_int_equal(facts_jsonld(&b, &arena, &out, &err), INVALID);
	assert_non_null(strstr(err.text, "not-utf-8: name"));
	b.name = STR("");
	assert_int_equal(facts_jsonld(&b, &arena, &out, &err), INVALID);
	assert_non_null(strstr(err.text, "text-empty: name"));
	buf_release(&out);
	arena_release(&arena);
}

static void a_broken_optional_value_costs_the_value(void **state)
{
	(void)state;
	struct arena arena;
	struct buf out, notes;
	struct err err;
	struct str types[] = {STR("Bakery")},
		   links[] = {STR("https://a.example/"), STR("http://localhost/x")};
	arena_init(&arena, ARENA_MAX);
	buf_init(&out, 1 << 20);
	buf_init(&notes, 1 << 16);
	struct facts_business b = {
	    .name = STR("Good Bread"),
	    .types = texts(types, 1),
	    .description = STR("<b>fresh</b>"),
	    .street = STR("Hauptgasse 1"),
	    .postcode = STR("3000"),
	    .city = STR("Bern"),
	    .country = STR("CH"),
	    .located = true,
	    .lat = 52.52,
	    .lon = 13.405,
	    .phone = STR("+41000000000"),
	    .website = STR("https://good.example/"),
	    .same_as = texts(links, 2),
	    .offers = parse(
		&arena, STR("{\"items\": [{\"name\": \"Bread\", \"price\": \"-4\", \"currency\": "
			    "\"CHF\"}, {\"name\": \"{{ name }}\"}]}")),
	    .extra = parse(&arena,
			   STR("{\"price_range\": \"undefined\", \"lei\": \"529900\", "
			       "\"awards\": \"N/A; Best of Bern\", \"founded\": \"about 1890\"}")),
	};
	assert_int_equal(facts_jsonld(&b, &arena, &out, &err), INVALID);
	facts_clean(&b, &arena, note, &notes);
	assert_string_equal(buf_z(&notes),
			    "markup-in-text:description telephone-placeholder:telephone "
			    "url-private:sameAs coordinates-outside-country:geo "
			    "price-negative:price placeholder:name placeholder:priceRange "
			    "lei-malformed:leiCode placeholder:award ");
	if (facts_jsonld(&b, &arena, &out, &err) != OK)
		fail_msg("%s", err.text);
	const struct json_value *v = json_get(parse(&arena, buf_view(&out)), "@graph")->first;
	static const char *const gone[] = {"description", "telephone", "geo", "priceRange",
					   "leiCode"};
	for (size_t i = 0; i < COUNT_OF(gone); i++)
		assert_null(json_get(v, gone[i]));
	assert_string_equal(json_text(json_path(v, "address.streetAddress")).p, "Hauptgasse 1");
	assert_string_equal(json_text(json_path(v, "makesOffer.0.name")).p, "Bread");
	assert_null(json_path(v, "makesOffer.0.price"));
	assert_null(json_path(v, "makesOffer.1"));
	assert_string_equal(json_text(json_path(v, "award.0")).p, "Best of Bern");
	assert_null(json_path(v, "sameAs.1"));
	buf_release(&out);
	buf_release(&notes);
	arena_release(&arena);
}

static void what_a_record_needs_is_not_cleaned_away(void **state)
{
	(void)state;
	struct arena arena;
	struct buf out;
	struct str types[] = {STR("Bakery")};
	struct err err;
	arena_init(&arena, ARENA_MAX);
	buf_init(&out, 1 << 20);
	struct facts_business b = {
	    .name = STR("undefined"), .types = texts(types, 1), .city = STR("Bern")};
	facts_clean(&b, &arena, NULL, NULL);
	assert_int_equal(facts_jsonld(&b, &arena, &out, &err), INVALID);
	assert_non_null(strstr(err.text, "placeholder: name"));
	buf_release(&out);
	arena_release(&arena);
}

static void hours_are_said_in_words(void **state)
{
	static const struct {
		const char *hours, *words; /* NULL: cannot be said */
		bool dated;
	} cases[] = {
	    {"Mo-Fr 09:00-17:00", "", false},
	    {"Mo-Fr 09:00-17:00; PH off", "Closed on public holidays|", false},
	    {"Mo-Sa 09:00-17:00; Su,PH off", "Closed on public holidays|", false},
	    {"Mo-Fr 09:00-17:00; PH 10:00-12:00,14:00-16:00",
	     "On public holidays: 10:00\u201312:00, 14:00\u201316:00|", false},
	    {"Mo-Fr 09:00-17:00; SH off", "Closed in school holidays|", false},
	    {"Mo-Fr 09:00-17:00; Dec 24-26 off", "Closed 24\u201326 December|", true},
	    {"Mo-Fr 09:00-17:00; Dec 24-Jan 2 off", "Closed 24 December\u20132 January|", true},
	    {"Mo-Fr 09:00-17:00; Dec 24,31 off", "Closed on 24 December, 31 December|", true},
	    {"Mo-Fr 09:00-17:00; Dec 24 09:00-12:00; Dec 25 off",
	     "24 December: 09:00\u201312:00|Closed on 25 December|", true},
	    {"Mo-Fr 09:00-17:00; Jul-Aug off", "Closed July\u2013August|", true},
	    {"Mo-Fr 09:00-17:00; Jul off; PH closed", "Closed in July|Closed on public holidays|",
	     true},
	    {"Mo-Fr 09:00-17:00; 2026 Dec 24-26 off", "Closed 24\u201326 December 2026|", true},
	    {"Mo-Fr 09:00-17:00; easter -2 days off; easter +1 day off",
	     "Closed on Good Friday|Closed on Easter Monday|", true},
	    {"Apr-Oct 10:00-18:00", NULL, true},
	    {"Mo-Fr 09:00-17:00; Dec Mo-Fr 09:00-20:00", NULL, true},
	    {"Mo-Fr 09:00-17:00; Dec 24 \"by appointment\"", NULL, true},
	    {"by appointment", NULL, false},
	    {"", NULL, false},
	};
	struct arena arena;
	(void)state;
	arena_init(&arena, ARENA_MAX);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct facts_hours hours;
		struct buf words;
		bool is = facts_hours(str_of(cases[i].hours), NULL, &arena, &hours);
		if (is != (cases[i].words != NULL))
			fail_msg("%s", cases[i].hours);
		if (!is)
			continue;
		buf_init(&words, 4096);
		for (size_t k = 0; k < hours.exceptions.count; k++)
			buf_printf(&words, "%.*s|", STR_ARG(hours.exceptions.item[k]));
		if (strcmp(buf_z(&words), cases[i].words) != 0)
			fail_msg("%s: %s", cases[i].hours, buf_z(&words));
		assert_int_equal(hours.dated, cases[i].dated);
		assert_int_equal(hours.week.count >= 5, 1);
		buf_release(&words);
	}
	arena_release(&arena);
}

/* ---- what is wrong: tests/site/broken/KEY.json ---- */

static const char *folder(void)
{
	return access("tests/site/broken", R_OK) == 0 ? "tests/site/broken"
						      : "../tests/site/broken";
}

/* What facts_check says of one file. */
static void check_file(const char *key, struct buf *notes, size_t *errors)
{
	char path[300];
	struct arena arena;
	struct buf text;
	struct err err;
	snprintf(path, sizeof(path), "%s/%s.json", folder(), key);
	arena_init(&arena, ARENA_MAX);
	buf_init(&text, 1 << 20);
	if (io_read_file(path, &text, &err) != OK)
		fail_msg("%s", err.text);
	*errors = facts_check(parse(&arena, buf_view(&text)), note, notes);
	buf_release(&text);
	arena_release(&arena);
}

static void every_fault_is_found_in_its_file_and_no_other_error(void **state)
{
	(void)state;
	size_t kinds = 0;
	for (size_t i = 0; i < facts_faults_count; i++) {
		struct buf notes;
		size_t errors;
		char wanted[80];
		const struct facts_fault *fault = &facts_faults[i];
		if (strcmp(fault->key, "not-utf-8") == 0)
			continue; /* the reader refuses it before */
		buf_init(&notes, 1 << 16);
		check_file(fault->key, &notes, &errors);
		snprintf(wanted, sizeof(wanted), "%s:", fault->key);
		if (!strstr(buf_z(&notes), wanted))
			fail_msg("%s.json: found only %s", fault->key, buf_z(&notes));
		if (errors != (fault->severity == FACTS_ERROR))
			fail_msg("%s.json: other errors: %s", fault->key, buf_z(&notes));
		kinds += fault->severity == FACTS_ERROR;
		buf_release(&notes);
	}
	assert_true(kinds >= 60);
}

static void what_sites_say_besides_is_no_error(void **state)
{
	(void)state;
	static const char block[] =
	    "{\"@context\": [\"http://schema.org/\", {\"gr\": "
	    "\"http://purl.org/goodrelations/v1#\"}], \"@graph\": ["
	    "{\"@type\": \"WebSite\", \"@id\": \"#site\", \"url\": \"https://x.example/\", "
	    "\"potentialAction\": {\"@type\": "
	    "\"SearchAction\", \"target\": {\"@type\": \"EntryPoint\", \"urlTemplate\": "
	    "\"https://x.example/?s={s}\"}, "
	    "\"query-input\": \"required name=s\"}},"
	    "{\"@type\": \"BreadcrumbList\", \"itemListElement\": [{\"@type\": \"ListItem\", "
	    "\"position\": 1, \"name\": "
	    "\"Home\", \"item\": \"https://x.example/\"}]},"
	    "{\"@type\": [\"Restaurant\", \"gr:Location\"], \"gr:name\": 5, \"@id\": \"#r\", "
	    "\"name\": \"Dave's\", \"image\": "
	    "[\"https://x.example/1.jpg\", {\"@type\": \"ImageObject\", \"url\": "
	    "\"https://x.example/2.jpg\", \"width\": "
	    "600}], \"address\": \"148 W 51st St, New York\", \"telephone\": \"+1 (212) "
	    "245-9600\", \"priceRange\": \"$$$\", "
	    "\"openingHours\": \"Mo,Tu 10:00-11:00\", \"acceptsReservations\": \"True\", "
	    "\"parentOrganization\": {\"@id\": "
	    "\"#org\"}, \"openingHoursSpecification\": [{\"@type\": \"OpeningHoursSpecification\", "
	    "\"dayOfWeek\": "
	    "\"https://schema.org/Sunday\", \"opens\": \"16:00:00+01:00\", \"closes\": "
	    "\"23:00\"}], "
	    "\"specialOpeningHoursSpecification\": {\"@type\": \"OpeningHoursSpecification\", "
	    "\"opens\": \"00:00\", "
	    "\"closes\": \"00:00\", \"validFrom\": \"2026-12-24\", \"validThrough\": "
	    "\"2027-01-05\"}, \"isAccessibleForFree\": "
	    "false, \"amenityFeature\": {\"@type\": \"LocationFeatureSpecification\", \"name\": "
	    "\"Wifi\", \"value\": true}, "
	    "\"currenciesAccepted\": \"USD, EUR\", \"description\": {\"@value\": \"Steaks\", "
	    "\"@language\": \"en\"}, "
	    "\"areaServed\": [\"New York\", {\"@type\": \"State\", \"name\": \"New Jersey\"}]}]}";
	struct arena arena;
	struct buf notes;
	arena_init(&arena, ARENA_MAX);
	buf_init(&notes, 1 << 16);
	facts_check(parse(&arena, str_of(block)), note, &notes);
	assert_string_equal(buf_z(&notes), "");
	buf_release(&notes);
	arena_release(&arena);
}

static void every_file_of_the_corpus_belongs_to_a_fault(void **state)
{
	(void)state;
	DIR *dir = opendir(folder());
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		bool known = e->d_name[0] == '.';
		for (size_t i = 0; i < facts_faults_count && !known; i++)
			known = strncmp(e->d_name, facts_faults[i].key,
					strlen(facts_faults[i].key)) == 0 &&
				strcmp(e->d_name + strlen(facts_faults[i].key), ".json") == 0;
		if (!known)
			fail_msg("%s belongs to no fault", e->d_name);
	}
	closedir(dir);
}

/* ---- any record: deterministic, from a seed ---- */

static uint64_t random_state = 88172645463325252u;
static unsigned pick(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

/* Texts that a record may have, nasty ones among them. */
static const struct str words[] = {{"Caf\xc3\xa9", 5},
				   {"B\xc3\xa4"
				    "cker </script",
				    16},
				   {"O'Neil & S\xc3\xb6hne", 15},
				   {"\"quoted\"", 8},
				   {"back\\slash", 10},
				   {"24/7", 4},
				   {"line\nbreak", 10},
				   {"tab\tbed", 7},
				   {"\xf0\x9f\x8d\x9e bread", 10},
				   {"\xe2\x80\xa8x", 4},
				   {"a > b", 5},
				   {"\xe6\x97\xa5\xe6\x9c\xac", 6}};
static struct str word(void)
{
	return words[pick(COUNT_OF(words))];
}

static struct str one_of(const char *const *list, unsigned n)
{
	return str_of(list[pick(n)]);
}
#define ONE_OF(...)                                                                                \
	one_of((const char *const[]){__VA_ARGS__},                                                 \
	       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static struct facts_business random_record(struct arena *arena)
{
	static struct str types[2], towns[3], links[2];
	const char *offers = arena_printf(
	    arena,
	    "{\"items\": [{\"name\": \"Brot\", \"price\": \"%.*s\", \"currency\": \"CHF\"}]}",
	    STR_ARG(ONE_OF("4.50", "0", "ab 3", "12,50")));
	const char *extra =
	    arena_printf(arena,
			 "{\"founded\": \"%.*s\", \"wheelchair\": \"%.*s\", \"cuisine\": \"a;b\", "
			 "\"odd\": 5, \"hide_address\": %s}",
			 STR_ARG(ONE_OF("2011", "about 1890", "1999-02-28")),
			 STR_ARG(ONE_OF("yes", "no", "limited")), pick(4) ? "false" : "true");
	struct facts_business b = {.name = word(), .country = ONE_OF("CH", "DE", "FR")};
	types[0] = ONE_OF("Bakery", "Dentist", "Hotel", "HomeAndConstructionBusiness");
	types[1] = ONE_OF("Florist", "Store", "GroceryStore");
	b.types = texts(types, 1 + pick(2));
	if (str_eq(types[1], STR("Store")))
		b.types.count = 1;
	for (int i = 0; i < 3; i++)
		towns[i] = ONE_OF("Bern", "Kanton Bern", "Thun", "K\xc3\xb6niz");
	b.service_area = texts(towns, pick(4));
	links[0] = ONE_OF("https://social.example/a", "http://x.example/\xc3\xbc", "facebook", "");
	links[1] = ONE_OF("https://other.example/", "mailto:a@b.example");
	b.same_as = texts(links, pick(3));
	b.description = pick(2) ? word() : STR("");
	b.city = pick(3) ? ONE_OF("Bern", "Thun") : STR("");
	b.postcode = b.city.n && str_eq(b.country, STR("CH")) ? STR("3000") : STR("");
	b.street = b.city.n && pick(2) ? word() : STR("");
	b.located = pick(2);
	b.lat = pick(180000000) / 1e6 - 90;
	b.lon = pick(360000000) / 1e6 - 180;
	b.phone = ONE_OF("+41319999999", "031 999 99 99", "");
	b.website =
	    ONE_OF("https://example.org/", "http://example.org/?a=1&b=2#c", "example.org", "");
	b.hours = ONE_OF("Mo-Fr 08:00-12:00,13:00-18:00", "24/7", "Fr,Sa 20:00-02:00",
			 "by appointment", "Su 22:00-05:00; Mo 06:00-24:00", "");
	b.page = pick(2) ? STR("https://directory.example/b/1") : STR("");
	b.offers = pick(2) ? parse(arena, str_of(offers)) : NULL;
	b.extra = pick(2) ? parse(arena, str_of(extra)) : NULL;
	return b;
}

/* Every text of the block that a person should be able to see, looked for among what is shown. */
static bool is_shown(const struct json_value *shown, struct str text)
{
	if (shown->kind == JSON_IS_STRING && shown->text.n >= text.n && text.n &&
	    memmem(shown->text.p, shown->text.n, text.p, text.n))
		return true;
	for (const struct json_value *v = shown->first; v; v = v->next)
		if (is_shown(v, text))
			return true;
	return false;
}

/* A price is shown as the language of the page writes it. */
static void the_price_is_shown(const struct json_value *offer, const struct json_value *shown,
			       struct str country)
{
	struct arena arena;
	arena_init(&arena, 1 << 16);
	struct str price = json_text(json_get(offer, "price"));
	struct str text = locale_price(&arena, STR("en"), country, price,
				       json_text(json_get(offer, "priceCurrency")));
	if (price.n && !is_shown(shown, text))
		fail_msg("price: '%.*s' is said and not shown", STR_ARG(text));
	arena_release(&arena);
}

static void each_text_is_shown(const struct json_value *block, const struct json_value *shown,
			       struct str country)
{
	/* url: the page itself. addressCountry: in directories of several countries only */
	static const char *const silent[] = {"openingHoursSpecification",
					     "amenityFeature",
					     "@context",
					     "@type",
					     "@id",
					     "url",
					     "addressCountry",
					     "price",
					     "priceCurrency"};
	the_price_is_shown(block, shown, country);
	for (const struct json_value *v = block->first; v; v = v->next) {
		bool skip = false;
		for (size_t i = 0; i < COUNT_OF(silent); i++)
			skip |= v->key.p && str_eq(v->key, str_of(silent[i]));
		if (skip)
			continue;
		if ((v->kind == JSON_IS_STRING || v->kind == JSON_IS_NUMBER) &&
		    !is_shown(shown, v->text))
			fail_msg("%.*s: '%.*s' is said and not shown", STR_ARG(v->key),
				 STR_ARG(v->text));
		each_text_is_shown(v, shown, country);
	}
}

static void any_record_makes_a_valid_block_of_what_is_shown(void **state)
{
	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct arena arena;
		struct json_build build;
		struct buf out;
		struct err err;
		arena_init(&arena, ARENA_MAX);
		buf_init(&out, 1 << 20);
		struct facts_business b = random_record(&arena);
		facts_clean(&b, &arena, NULL, NULL);
		if (facts_jsonld(&b, &arena, &out, &err) != OK)
			fail_msg("record %d: %s", i, err.text);
		const struct json_value *v = parse(&arena, buf_view(&out));
		assert_int_equal(facts_check(v, NULL, NULL), 0);
		json_build_init(&build, &arena);
		struct json_value *root = json_build(&build, NULL, NULL, JSON_IS_OBJECT);
		facts_show(&b, &build, root);
		each_text_is_shown(json_get(v, "@graph")->first, root, b.country);
		buf_release(&out);
		arena_release(&arena);
	}
}

static void too_small_an_arena_is_an_answer(void **state)
{
	(void)state;
	for (size_t max = 0; max < 20000; max += 97) {
		struct arena arena;
		struct buf out;
		struct err err;
		arena_init(&arena, max);
		buf_init(&out, 1 << 20);
		struct facts_business b = tilers();
		enum status status = facts_jsonld(&b, &arena, &out, &err);
		assert_true(status == OK || status == TOO_LARGE);
		assert_true(status == OK ? out.n > 0 : out.n == 0);
		buf_release(&out);
		arena_release(&arena);
	}
}

static void a_price_says_what_it_is_for_on_the_page_and_in_the_block(void **state)
{
	(void)state;
	struct arena arena;
	struct json_build build;
	arena_init(&arena, ARENA_MAX);
	struct facts_business b = tilers();
	b.offers =
	    parse(&arena, STR("{\"items\": [{\"name\": \"Tiles\", \"price\": \"58\", "
			      "\"currency\": \"EUR\", \"unit\": \"MTK\"}, {\"name\": \"Bath\", "
			      "\"price\": \"2400\", \"currency\": \"EUR\", \"from\": true}]}"));
	says(block_of(&arena, &b), "makesOffer.0.priceSpecification.unitCode", "MTK");
	says(block_of(&arena, &b), "makesOffer.1.priceSpecification.minPrice", "2400");
	json_build_init(&build, &arena);
	struct json_value *root = json_build(&build, NULL, NULL, JSON_IS_OBJECT);
	facts_show(&b, &build, root);
	says(root, "goods.items.0.price", "\u20ac58.00 per m\u00b2");
	says(root, "goods.items.1.price", "from \u20ac2,400.00");
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_price_says_what_it_is_for_on_the_page_and_in_the_block),
	    cmocka_unit_test(a_block_says_what_the_record_says),
	    cmocka_unit_test(several_types_are_a_list_and_none_is_local_business),
	    cmocka_unit_test(one_specification_stands_for_each_interval),
	    cmocka_unit_test(a_hidden_address_is_neither_said_nor_shown),
	    cmocka_unit_test(departments_have_their_own_telephone_and_hours),
	    cmocka_unit_test(a_block_cannot_leave_its_script_element),
	    cmocka_unit_test(a_broken_record_is_refused_by_name_and_writes_nothing),
	    cmocka_unit_test(a_broken_optional_value_costs_the_value),
	    cmocka_unit_test(what_a_record_needs_is_not_cleaned_away),
	    cmocka_unit_test(hours_are_said_in_words),
	    cmocka_unit_test(every_fault_is_found_in_its_file_and_no_other_error),
	    cmocka_unit_test(what_sites_say_besides_is_no_error),
	    cmocka_unit_test(every_file_of_the_corpus_belongs_to_a_fault),
	    cmocka_unit_test(any_record_makes_a_valid_block_of_what_is_shown),
	    cmocka_unit_test(too_small_an_arena_is_an_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
