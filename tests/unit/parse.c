/* link: base parser */
/* Foreign files through the parser: what is recognised, what is refused and why. */
#include "parsed.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <signal.h>

/* ---- CSV ---- */

static void four_separators_are_recognised(void **state)
{
	static const char separators[] = {',', ';', '\t', '|'};
	(void)state;
	for (size_t i = 0; i < sizeof(separators); i++) {
		char text[200], s = separators[i];
		snprintf(text, sizeof(text), "id%cname%ccity\n7%c\"A%c B\"%cBern\n", s, s, s, s, s);
		parse(text);
		expect("csv", 1, 0);
		char name[] = {'A', s == '\t' ? ' ' : s, ' ', 'B', '\0'};
		assert_string_equal(value(0, RECORD_NAME), s == '\t' ? "A B" : name);
		assert_string_equal(value(0, RECORD_CITY), "Bern");
	}
	parse("name\nOnly one column\n");
	expect("csv", 1, 0);
	parse("sep=|\r\nname|city, town\r\nA, B|Bern\r\n");
	expect("csv", 1, 0);
	assert_string_equal(value(0, RECORD_NAME), "A, B");
	assert_int_equal(got.record[0].line, 3);
	parse_with("Holz, Stein und Eisen, Meier & Co;Bern\n",
		   &(struct parse_options){.columns = "name,city"});
	expect("csv", 1, 0);
	assert_string_equal(value(0, RECORD_NAME), "Holz, Stein und Eisen, Meier & Co");
}

static void marks_line_ends_and_empty_lines_are_no_content(void **state)
{
	(void)state;
	parse("\xEF\xBB\xBF\r\n\r\nname,city\r\n\r\nA,Bern\r\n\"B\r\nC\",Genf\r\nD,Chur");
	expect("csv", 3, 0);
	assert_string_equal(value(0, RECORD_NAME), "A");
	assert_int_equal(got.record[0].line, 5);
	assert_string_equal(value(1, RECORD_NAME), "B C");
	assert_string_equal(value(2, RECORD_CITY), "Chur");
	assert_int_equal(got.record[2].line, 8);
}

static void quotes_hold_separators_quotes_and_lines(void **state)
{
	(void)state;
	parse("name,description,city\n"
	      "\"A \"\"B\"\", C\",\"one\ntwo  \n\nthree\",\"\"\n"
	      "5\" pipe,x,\"Bern\"e\n");
	expect("csv", 2, 0);
	assert_string_equal(value(0, RECORD_NAME), "A \"B\", C");
	assert_string_equal(value(0, RECORD_DESCRIPTION), "one\ntwo\n\nthree");
	assert_null(got.record[0].field[RECORD_CITY].p);
	assert_string_equal(value(1, RECORD_NAME), "5\" pipe");
	assert_string_equal(value(1, RECORD_CITY), "Berne");
}

static void windows_1252_is_told_from_utf8(void **state)
{
	(void)state;
	parse("name,city\nCaf\xE9 Cr\xE8me 5 \x80,Gen\xE8ve\n");
	expect("csv", 1, 0);
	assert_string_equal(value(0, RECORD_NAME), "Café Crème 5 €");
	assert_string_equal(value(0, RECORD_CITY), "Genève");
	parse("name,city\nCafé €,Genève\n");
	assert_string_equal(value(0, RECORD_NAME), "Café €");
	/* Where files were put together, each text is of its own encoding. */
	parse("name,city\nCaf\xE9,Bern\nCafé,Genève\nCafé,Zürich\n");
	expect("csv", 3, 0);
	assert_string_equal(value(0, RECORD_NAME), "Café");
	assert_string_equal(value(1, RECORD_CITY), "Genève");
	/* So does the first text behind a start in ASCII. */
	struct buf text;
	buf_init(&text, 1 << 20);
	buf_puts(&text, "name,city\n");
	while (text.n < 100000)
		buf_puts(&text, "A,Bern\n");
	size_t rows = (text.n - strlen("name,city\n")) / strlen("A,Bern\n");
	buf_puts(&text, "Z\xFCrcher,\x9Cuvre\n");
	parse_buf(&text);
	expect("csv", rows + 1, 0);
}

static void headers_of_many_kinds_are_known(void **state)
{
	static const struct {
		const char *header;
		enum record_field field;
		const char *text, *value;
	} headers[] = {
	    {"Straße", RECORD_STREET, "Weg 1", "Weg 1"},
	    {"STRASSE", RECORD_STREET, "Weg 1", "Weg 1"},
	    {"Str.", RECORD_STREET, "Weg 1", "Weg 1"},
	    {"Rue/N°", RECORD_STREET, "Weg 1", "Weg 1"},
	    {"Straat + nr", RECORD_STREET, "Weg 1", "Weg 1"},
	    {"Calle y número", RECORD_STREET, "Weg 1", "Weg 1"},
	    {"Zip/Town", RECORD_POSTCODE, "8000 Zürich", "8000"},
	    {"PLZ & Ort", RECORD_CITY, "8000 Zürich", "Zürich"},
	    {"Telephone No.", RECORD_PHONE, "+41 44 668 18 00", "+41446681800"},
	    {"Address line 1", RECORD_STREET, "Weg 1", "Weg 1"},
	    {"PLZ", RECORD_POSTCODE, "8000", "8000"},
	    {"Code postal", RECORD_POSTCODE, "1200", "1200"},
	    {"post_code", RECORD_POSTCODE, "1200", "1200"},
	    {"Localité", RECORD_CITY, "Genève", "Genève"},
	    {"CITTÀ", RECORD_CITY, "Lugano", "Lugano"},
	    {"Ort\xC2\xA0", RECORD_CITY, "Bern", "Bern"},
	    {"Öffnungszeiten", RECORD_HOURS, "24/7", "24/7"},
	    {"ÖFFNUNGSZEITEN:", RECORD_HOURS, "24/7", "24/7"},
	    {"O\xCC\x88"
	     "ffnungszeiten",
	     RECORD_HOURS, "24/7", "24/7"},
	    {"Oeffnungszeiten", RECORD_HOURS, "24/7", "24/7"},
	    {"Téléphone", RECORD_PHONE, "+41 44 668 18 00", "+41446681800"},
	    {"Website", RECORD_WEBSITE, "Example.ORG/Way", "https://example.org/Way"},
	    {"Country / Region", RECORD_COUNTRY, "Schweiz", "CH"},
	    {"Catégorie", RECORD_CATEGORIES, "bakery", "bakery"},
	    {"Breitengrad", RECORD_LAT, "47,5", "47.5000000"},
	    {"Beschreibung", RECORD_DESCRIPTION, "Gut.", "Gut."},
	    {"Kanton", RECORD_REGION, "ZH", "Zürich"}, /* of Switzerland, by the column */
	    {"Last modified", RECORD_UPDATED_AT, "2024-05-06", "2024-05-06T00:00:00Z"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		char text[300];
		snprintf(text, sizeof(text), "Firma;%s;Längengrad\nA;%s;8,5\n", headers[i].header,
			 headers[i].text);
		parse(text);
		expect("csv", 1, 0);
		if (strcmp(value(0, headers[i].field), headers[i].value) != 0)
			fail_msg("%s: '%s'", headers[i].header, value(0, headers[i].field));
	}
	static const char *const names[] = {"name",    "Business Name",  "Firma",  "NOM",
					    "Società", "Raison sociale", "Société"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char text[100];
		snprintf(text, sizeof(text), "%s,city\nA,Bern\n", names[i]);
		parse(text);
		if (strcmp(names[i], "Società") == 0)
			expect_failure("no column is known as the name");
		else
			expect("csv", 1, 0);
	}
}

static void columns_can_be_named_by_the_user(void **state)
{
	(void)state;
	parse_with("7,x,A,Bern\n8,y,B,Genf\n",
		   &(struct parse_options){.columns = "id,-,name,city", .country = "CH"});
	expect("csv", 2, 0);
	assert_string_equal(value(1, RECORD_EXTERNAL_ID), "8");
	assert_string_equal(value(1, RECORD_CITY), "Genf");
	assert_string_equal(value(1, RECORD_COUNTRY), "CH");
	assert_string_equal(value(1, RECORD_TIMEZONE), "Europe/Zurich");
}

static void rows_that_cannot_be_used_are_named(void **state)
{
	(void)state;
	parse("id;name;lat;lon\n"
	      "1;A;47;8\n"
	      "2;;47;8\n"
	      "3;C\n"
	      "4;D;95;8\n"
	      "5;E;nord;8\n"
	      "6;F;47;8;x\n"
	      "7;\"G\n");
	/* A bad coordinate costs itself, and so do values that are missing at the end of a row. */
	expect("csv", 4, 3);
	assert_int_equal(got.summary.values_dropped, 4);
	expect_reject(0, 3, "name", "the record has no name",
		      "{\"id\":\"2\",\"lat\":\"47\",\"lon\":\"8\"}");
	expect_reject(
	    1, 7, "", "5 values where the header has 4",
	    "{\"id\":\"6\",\"name\":\"F\",\"lat\":\"47\",\"lon\":\"8\",\"column 5\":\"x\"}");
	expect_reject(2, 8, "", "a quoted value does not end", "{\"id\":\"7;\\\"G\"}");
	assert_string_equal(got.reject[0].record.p, got.reject[0].input.p);
	parse("name\nA\n\"");
	expect("csv", 1, 1);
	expect_reject(0, 3, "", "a quoted value does not end", "{\"name\":\"\\\"\"}");
}

static void what_is_shown_of_a_long_row_is_whole_characters(void **state)
{
	struct buf text;
	(void)state;
	buf_init(&text, 1 << 20);
	buf_puts(&text, "name,city\n,x");
	for (int i = 0; i < 2000; i++)
		buf_puts(&text, "ü");
	buf_puts(&text, "\n");
	parse_buf(&text);
	expect("csv", 0, 1);
	assert_int_equal(got.reject[0].input.n, 1024);
	assert_true(utf8_is_valid(got.reject[0].input));
}

static void rows_beyond_the_limits_cost_themselves_only(void **state)
{
	struct buf text;
	(void)state;
	buf_init(&text, 8 << 20);
	buf_puts(&text, "name,city\n");
	for (int i = 0; i < 1200000; i++)
		buf_putc(&text, 'x');
	buf_puts(&text, ",Bern\nA,Genf\n");
	for (int i = 0; i < 600; i++)
		buf_putc(&text, ',');
	buf_puts(&text, "\nB,Chur\n");
	parse_buf(&text);
	expect("csv", 2, 2);
	assert_string_equal(got.reject[0].cause.p, "the row is longer than 1 MiB");
	assert_string_equal(got.reject[1].cause.p, "too many columns");
	assert_int_equal(got.reject[1].line, 4);
	assert_string_equal(value(1, RECORD_CITY), "Chur");
}

static void the_sheet_of_google_business_profile_is_known(void **state)
{
	(void)state;
	parse("Store code,Business name,Address line 1,Address line 2,Locality,Administrative area,"
	      "Country / Region,Postal code,Latitude,Longitude,Primary phone,Website,"
	      "Primary category,Additional categories,Sunday hours,Monday hours,Tuesday hours,"
	      "Opening date\n"
	      "S1,Bakery One,1 High St,Floor 2,London,Greater London,GB,SW1A 1AA,51.5,-0.12,"
	      "020 7946 0018,http://One.example/,Bakery,\"Cafe, Coffee shop\",x,"
	      "\"9:00 AM-12:00 PM, 1:00 PM-5:30 PM\",24 hours,2019-04-01\n");
	expect("csv/google", 1, 0);
	assert_string_equal(value(0, RECORD_EXTERNAL_ID), "S1");
	assert_string_equal(value(0, RECORD_STREET), "1 High St, Floor 2");
	assert_string_equal(value(0, RECORD_PHONE), "+442079460018");
	assert_string_equal(value(0, RECORD_WEBSITE), "http://one.example/");
	assert_string_equal(value(0, RECORD_CATEGORIES), "bakery\x1f"
							 "cafe");
	assert_string_equal(value(0, RECORD_HOURS),
			    "Mo 09:00-12:00,13:00-17:30; Tu 00:00-24:00; Su off");
	assert_string_equal(value(0, RECORD_EXTRA), "{\"founded\":\"2019-04-01\"}");
	assert_string_equal(value(0, RECORD_LON), "-0.1200000");
}

static void a_level_1_file_of_gleif_is_known(void **state)
{
	(void)state;
	parse(
	    "\"LEI\",\"Entity.LegalName\",\"Entity.LegalAddress.FirstAddressLine\","
	    "\"Entity.LegalAddress.City\",\"Entity.LegalAddress.Region\","
	    "\"Entity.LegalAddress.Country\",\"Entity.LegalAddress.PostalCode\","
	    "\"Entity.EntityStatus\",\"Registration.LastUpdateDate\"\n"
	    "\"529900T8BM49AURSDO55\",\"Beispiel AG\",\"Weg 1\",\"Zug\",\"CH-ZG\",\"CH\",\"6300\","
	    "\"ACTIVE\",\"2026-01-02T03:04:05.678Z\"\n"
	    "\"529900T8BM49AURSDO56\",\"Island Ltd\",\"Road\",\"George Town\",\"\",\"KY\",\"\","
	    "\"ACTIVE\",\"2026-01-02T03:04:05+01:00\"\n");
	expect("csv/gleif", 2, 0);
	assert_string_equal(value(0, RECORD_CATEGORIES), "legal-entity");
	assert_string_equal(value(0, RECORD_UPDATED_AT), "2026-01-02T03:04:05.678Z");
	assert_null(got.record[0].field[RECORD_CLOSED].p);
	assert_string_equal(value(1, RECORD_COUNTRY), "KY");
}

/* ---- JSON ---- */

static void the_own_form_keeps_every_field(void **state)
{
	(void)state;
	parse("{\"external_id\":\"n1\",\"name\":\"N\",\"alt_names\":[\"M\",\"O\",\"M\"],"
	      "\"categories\":[\"cafe\",\"no-such-thing\"],\"description\":\"d\",\"street\":\"s\","
	      "\"postcode\":\"1\",\"city\":\"c\",\"region\":\"r\",\"country\":\"DE\",\"lat\":48,"
	      "\"lon\":7.85,\"phone\":\"0761 1234567\",\"website\":\"https://a.example\","
	      "\"hours\":\"24/7\",\"timezone\":\"Europe/Berlin\",\"service_area\":[\"x\",\"y\"],"
	      "\"offers\":{\"items\":[{\"name\":\"t\"}]},\"same_as\":[\"https://b.example/x\"],"
	      "\"extra\":{\"a\":1},\"updated_at\":\"2024-05-06T07:08:09+02:00\"}\n");
	expect("json/holdfast", 1, 0);
	static const char *const values[RECORD_FIELDS] = {"n1",
							  "N",
							  "M\x1fO",
							  "cafe",
							  "d",
							  "s",
							  "1",
							  "c",
							  "r",
							  "DE",
							  "48.0000000",
							  "7.8500000",
							  "+497611234567",
							  "https://a.example",
							  "24/7",
							  "Europe/Berlin",
							  "x\x1fy",
							  "{\"items\":[{\"name\":\"t\"}]}",
							  "https://b.example/x",
							  "{\"a\":1}",
							  "2024-05-06T07:08:09+02:00",
							  ""};
	for (int f = 0; f < RECORD_FIELDS; f++)
		assert_string_equal(value(0, (enum record_field)f), values[f]);
	assert_int_equal(got.summary.values_dropped, 1); /* no-such-thing */
}

static void openstreetmap_is_known_flat_and_nested(void **state)
{
	static const char *const files[] = {
	    /* nested, as converters write it */
	    "{\"type\":\"FeatureCollection\",\"name\":\"layer\",\"features\":[{\"type\":"
	    "\"Feature\","
	    "\"properties\":{\"type\":\"node\",\"id\":7,\"tags\":{\"name\":\"Hof\",\"shop\":"
	    "\"farm\","
	    "\"addr:street\":\"Weg\",\"addr:housenumber\":\"3\",\"addr:country\":\"CH\","
	    "\"phone\":\"+41 (0)44 668 18 00;+41 79 123 45 67\",\"operator\":\"Hans\","
	    "\"contact:email\":\"h@hof.example\",\"cuisine\":\"regional\"}},"
	    "\"geometry\":{\"type\":\"Point\",\"coordinates\":[8.5,47.4,400]}}]}",
	    /* flat, a sequence (RFC 8142) */
	    "\x1e{\"type\":\"Feature\",\"properties\":{\"@id\":\"node/7\",\"name\":\"Hof\","
	    "\"shop\":\"farm\",\"addr:street\":\"Weg\",\"addr:housenumber\":\"3\","
	    "\"addr:country\":\"CH\",\"phone\":\"+41446681800\",\"owner\":\"Hans\","
	    "\"email\":\"h@hof.example\",\"cuisine\":\"regional\"},"
	    "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[8.4,47.3],[8.6,47.3],"
	    "[8.6,47.5],[8.4,47.5],[8.4,47.3]]]}}\n",
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		parse(files[i]);
		expect("geojson/osm", 1, 0);
		assert_string_equal(value(0, RECORD_EXTERNAL_ID), "n7");
		assert_string_equal(value(0, RECORD_CATEGORIES), "farm-shop");
		assert_string_equal(value(0, RECORD_STREET), "Weg 3");
		assert_string_equal(value(0, RECORD_PHONE), "+41446681800");
		assert_string_equal(value(0, RECORD_LAT), "47.4000000");
		assert_string_equal(value(0, RECORD_LON), "8.5000000");
		assert_memory_equal(value(0, RECORD_EXTRA), "{\"cuisine\":\"regional\"", 21);
		assert_int_equal(got.summary.emails_dropped, 1);
		assert_int_equal(got.summary.persons_dropped, 1);
	}
}

static void overture_is_known_in_the_old_and_the_new_form(void **state)
{
	(void)state;
	parse("{\"id\":\"08f1\",\"names\":{\"primary\":\"Pizzeria\"},\"categories\":{\"primary\":"
	      "\"restaurant\",\"alternate\":[\"bar\"]},\"addresses\":[{\"freeform\":\"Gasse 1\","
	      "\"locality\":\"Chur\",\"postcode\":\"7000\",\"region\":\"GR\",\"country\":\"CH\"}],"
	      "\"phones\":[\"+41812521111\"],\"emails\":[\"p@q.ch\",\"r@q.ch\"],"
	      "\"socials\":[\"https://social.example/p\"],"
	      "\"geometry\":{\"type\":\"Point\",\"coordinates\":[9.5,46.8]}}\n"
	      "{\"id\":\"08f2\",\"names\":{\"primary\":\"Neu\"},\"basic_category\":\"bakery\","
	      "\"addresses\":[{\"country\":\"CH\"}]}\n"
	      "{\"id\":\"08f3\",\"names\":{\"primary\":\"Tief\"},\"taxonomy\":{\"primary\":"
	      "\"no_such_place\",\"hierarchy\":[\"food_and_drink\",\"restaurant\","
	      "\"no_such_place\"]},\"addresses\":[{\"country\":\"CH\"}]}\n");
	expect("json/overture", 3, 0);
	assert_memory_equal(value(0, RECORD_CATEGORIES), "restaurant", 10);
	assert_string_equal(value(0, RECORD_SAME_AS), "https://social.example/p");
	assert_string_equal(value(0, RECORD_CITY), "Chur");
	assert_int_equal(got.summary.emails_dropped, 2);
	assert_string_equal(value(1, RECORD_CATEGORIES), "bakery");
	assert_string_equal(value(2, RECORD_CATEGORIES), "restaurant");
}

#define SCHEMA                                                                                     \
	"\"@context\":\"https://schema.org\",\"@type\":[\"HomeAndConstructionBusiness\"],"         \
	"\"@id\":\"https://f.example/#f\",\"name\":\"Fliesen Kern\","

static void schema_org_is_known(void **state)
{
	(void)state;
	parse(
	    "{" SCHEMA "\"address\":{\"streetAddress\":\"Ringstr. 5\",\"postalCode\":\"79098\","
	    "\"addressLocality\":\"Freiburg\",\"addressCountry\":{\"@type\":\"Country\","
	    "\"name\":\"Germany\"}},\"geo\":{\"latitude\":47.99,\"longitude\":7.85},"
	    "\"telephone\":\"0761 1234567\",\"email\":\"k@kern.example\",\"founder\":"
	    "[{\"name\":\"K\"},{\"name\":\"L\"}],\"areaServed\":[{\"name\":\"Emmendingen\"},"
	    "\"Lahr\"],\"sameAs\":\"https://social.example/kern\",\"makesOffer\":{\"itemOffered\":"
	    "{\"name\":\"Bad\",\"description\":\"neu\"},\"price\":3,\"priceCurrency\":\"EUR\"},"
	    "\"openingHoursSpecification\":[{\"dayOfWeek\":[\"Monday\","
	    "\"https://schema.org/Tuesday\"],\"opens\":\"08:00\",\"closes\":\"17:00\"}]}");
	expect("json/schema.org", 1, 0);
	assert_string_equal(value(0, RECORD_EXTERNAL_ID), "https://f.example/#f");
	assert_string_equal(value(0, RECORD_CATEGORIES), "craft");
	assert_string_equal(value(0, RECORD_COUNTRY), "DE");
	assert_string_equal(value(0, RECORD_PHONE), "+497611234567");
	assert_string_equal(value(0, RECORD_HOURS), "Mo,Tu 08:00-17:00");
	assert_string_equal(value(0, RECORD_SERVICE_AREA), "Emmendingen\x1fLahr");
	assert_string_equal(value(0, RECORD_OFFERS),
			    "{\"items\":[{\"name\":\"Bad\",\"price\":\"3\",\"currency\":\"EUR\","
			    "\"description\":\"neu\"}]}");
	assert_int_equal(got.summary.persons_dropped, 2);
	assert_int_equal(got.summary.emails_dropped, 1);
}

static void containers_are_lines_arrays_collections_and_single_objects(void **state)
{
	static const char *const files[] = {
	    "{\"name\":\"A\",\"city\":\"Bern\"}\n{\"name\":\"B\",\"city\":\"Chur\"}\n",
	    "\xEF\xBB\xBF{\"name\":\"A\",\"city\":\"Bern\"}\r\n\r\n{\"name\":\"B\",\"city\":"
	    "\"Chur\"}",
	    "[{\"name\":\"A\",\"city\":\"Bern\"},\n{\"name\":\"B\",\"city\":\"Chur\"}]",
	    "{\"version\":1,\"elements\":[{\"name\":\"A\",\"city\":\"Bern\"},"
	    "{\"name\":\"B\",\"city\":\"Chur\"}],\"after\":{}}",
	    "\x1e{\"name\":\"A\",\n\"city\":\"Bern\"}\n\x1e{\"name\":\"B\",\"city\":\"Chur\"}\n",
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		parse(files[i]);
		expect("json/keys", 2, 0);
		assert_string_equal(value(1, RECORD_CITY), "Chur");
	}
	parse("{\n \"name\": \"A\",\n \"features\": [\"parking\", \"wifi\"],\n \"city\": "
	      "\"Bern\"\n}\n");
	expect("json/keys", 1, 0);
	assert_string_equal(value(0, RECORD_CITY), "Bern");
}

static void a_broken_line_costs_that_line_only(void **state)
{
	(void)state;
	parse("{\"external_id\":\"1\",\"name\":\"A\"}\n"
	      "{\"external_id\":\"2\",\"name\":}\n"
	      "not json\n"
	      "[]\n"
	      "\"text\"\n"
	      "{\"external_id\":\"5\",\"name\":\"lone \\ud800\"}\n"
	      "{\"external_id\":\"6\",\"name\":\"B\",\"lat\":1,\"lon\":181}\n"
	      "{\"external_id\":\"7\",\"name\":\"C\"}\n"
	      "{\"external_id\":\"8\",\"na");
	expect("json/holdfast", 3, 5);
	static const uint64_t lines[] = {2, 3, 5, 6, 9};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(got.reject[i].line, lines[i]);
		assert_true(got.reject[i].cause.n > 0);
	}
	expect_reject(2, 5, "", "not an object", "\"text\"");
	assert_string_equal(got.reject[0].record.p, "{\"external_id\":\"2\",\"name\":}");
}

static void a_collection_that_breaks_off_is_a_failure(void **state)
{
	static const char whole[] =
	    "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":"
	    "{\"name\":\"A\",\"shop\":\"farm\"},\"geometry\":null}]}";
	(void)state;
	parse(whole);
	expect("geojson/osm", 1, 0);
	/* Wherever it is cut: never taken for the whole. */
	for (size_t n = strlen("{\"type\":\"FeatureCollection\",\"features\":[");
	     n + 1 < sizeof(whole) - 1; n++) {
		parse_bytes(whole, n, &(struct parse_options){0});
		expect_failure("line 1");
	}
	parse("[{\"name\":\"A\"},\n{\"name\":\"B\"]\n");
	expect_failure("line 2");
}

/* An object with two texts of n bytes. */
static void put_large(struct buf *text, size_t n)
{
	static const char *const keys[] = {"\"a\":\"", ",\"b\":\""};
	buf_putc(text, '{');
	for (size_t k = 0; k < 2; k++) {
		buf_puts(text, keys[k]);
		for (size_t i = 0; i < n; i++)
			buf_putc(text, 'x');
		buf_putc(text, '"');
	}
	buf_puts(text, ",\"name\":\"L\"}");
}

static void too_large_a_record_is_a_reject_wherever_it_stands(void **state)
{
	static const char *const around[][2] = {
	    {"{\"name\":\"A\"}\n", "\n{\"name\":\"B\"}\n"},
	    {"[{\"name\":\"A\"},\n", ",{\"name\":\"B\"}]"},
	    {"{\"features\":[{\"name\":\"A\"},", ",{\"name\":\"B\"}]}"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(around); i++) {
		struct buf text;
		buf_init(&text, 16 << 20);
		buf_puts(&text, around[i][0]);
		put_large(&text, 3 << 20);
		buf_puts(&text, around[i][1]);
		parse_buf(&text);
		expect("json/keys", 2, 1);
		assert_string_equal(got.reject[0].cause.p, "the record is larger than 4 MiB");
		assert_string_equal(value(1, RECORD_NAME), "B");
	}
}

/* ---- files that are none ---- */

static void files_that_cannot_be_read_say_why(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *cause;
	} files[] = {
	    {"", 0, "the file is empty"},
	    {"\n\n", 2, "the file has no header line"},
	    {"\xFF\xFEn\0a\0", 6, "no column"},
	    {"\xFE\xFF\0n", 4, "no column is known as the name"},
	    {"n\0a\0m\0", 6, "no column is known as the name"},
	    {"PK\3\4\0\0", 6, "Not a zip archive"},
	    {"a,b\n1,2\n", 8, "no column is known as the name"},
	    {"name,\"city\n", 11, "the file has no header line"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		parse_bytes(files[i].text, files[i].n, &(struct parse_options){0});
		expect_failure(files[i].cause);
		assert_int_equal(got.records, 0);
	}
}

/* A source that fails behind the head that the parser looks at: an empty pipe
 * that does not block. */
static void parse_failing(const char *first, const char *line)
{
	int ends[2];
	struct err err;
	struct buf text;
	buf_init(&text, 1 << 20);
	buf_puts(&text, first);
	while (text.n < (size_t)64 * 1024)
		buf_puts(&text, line);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
	assert_int_equal(io_write_all(ends[1], text.p, text.n, &err), OK);
	parse_fd(ends[0], &(struct parse_options){0});
	expect_failure("reading");
	close(ends[0]);
	close(ends[1]);
	buf_release(&text);
}

static void an_error_of_reading_is_never_taken_for_the_end(void **state)
{
	(void)state;
	parse_failing("name,city\n", "A,Bern\n");
	parse_failing("", "{\"name\":\"A\",\"city\":\"Bern\"}\n");
	parse_failing("[{\"name\":\"A\"}", ",{\"name\":\"A\",\"city\":\"Bern\"}\n");
}

static void a_reader_that_goes_away_ends_the_parser(void **state)
{
	static const struct parse_options options = {0};
	int in = memfd_create("file", MFD_CLOEXEC), ends[2];
	struct err err;
	(void)state;
	assert_int_equal(io_write_all(in, "name\nA\n", 7, &err), OK);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_int_not_equal(parse_run(in, ends[1], &options, &err), OK);
	close(ends[1]);
	close(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(four_separators_are_recognised),
	    cmocka_unit_test(marks_line_ends_and_empty_lines_are_no_content),
	    cmocka_unit_test(quotes_hold_separators_quotes_and_lines),
	    cmocka_unit_test(windows_1252_is_told_from_utf8),
	    cmocka_unit_test(headers_of_many_kinds_are_known),
	    cmocka_unit_test(columns_can_be_named_by_the_user),
	    cmocka_unit_test(rows_that_cannot_be_used_are_named),
	    cmocka_unit_test(what_is_shown_of_a_long_row_is_whole_characters),
	    cmocka_unit_test(rows_beyond_the_limits_cost_themselves_only),
	    cmocka_unit_test(the_sheet_of_google_business_profile_is_known),
	    cmocka_unit_test(a_level_1_file_of_gleif_is_known),
	    cmocka_unit_test(the_own_form_keeps_every_field),
	    cmocka_unit_test(openstreetmap_is_known_flat_and_nested),
	    cmocka_unit_test(overture_is_known_in_the_old_and_the_new_form),
	    cmocka_unit_test(schema_org_is_known),
	    cmocka_unit_test(containers_are_lines_arrays_collections_and_single_objects),
	    cmocka_unit_test(a_broken_line_costs_that_line_only),
	    cmocka_unit_test(a_collection_that_breaks_off_is_a_failure),
	    cmocka_unit_test(too_large_a_record_is_a_reject_wherever_it_stands),
	    cmocka_unit_test(files_that_cannot_be_read_say_why),
	    cmocka_unit_test(an_error_of_reading_is_never_taken_for_the_end),
	    cmocka_unit_test(a_reader_that_goes_away_ends_the_parser),
	};
	int bad = cmocka_run_group_tests_name("parse", tests, NULL, NULL);
	arena_release(&got.arena);
	return bad;
}
