/* link: base parser */
/* Values in the forms that files give them, and what becomes of them in records. */
#include "parsed.h"
#include "base/err.h"
#include "base/utf8.h"

/* ---- values ---- */

static void no_address_comes_through_any_field(void **state)
{
	(void)state;
	for (int f = 0; f < RECORD_FIELDS; f++) {
		static const char *const shapes[] = {
		    "\"secret@private.example\"",
		    "\"tel. 044 6681800 secret@private.example x\"",
		    "[\"secret@private.example\"]",
		    "{\"a\":[\"to secret@private.example\"],\"secret@private.example\":1}",
		    "\"https://x.example/?to=secret@private.example\"",
		    "\"sëcret@privatë.example\""};
		for (size_t s = 0; s < COUNT_OF(shapes); s++) {
			char text[400];
			const char *key = record_field_name((enum record_field)f);
			snprintf(text, sizeof(text),
				 "{\"external_id\":\"1\",\"name\":\"A\",\"%s\":%s}\n", key,
				 shapes[s]);
			parse(text);
			for (int g = 0; g < RECORD_FIELDS && got.records; g++)
				if (strstr(value(0, (enum record_field)g), "private") ||
				    strstr(value(0, (enum record_field)g), "privat\xc3\xab"))
					fail_msg("%s: %s", key, value(0, (enum record_field)g));
		}
	}
	parse("name,facebook,phone,payment\n"
	      "Write to a@b.example or c@d.example!,me@social.example,tel@x.example,e@f.example\n");
	expect("csv", 1, 0);
	assert_string_equal(value(0, RECORD_NAME), "Write to or !");
	assert_int_equal(got.summary.emails_dropped, 5);
}

static void an_at_that_is_no_address_stays(void **state)
{
	(void)state;
	parse("name,instagram\nCafé @ the lake,https://social.example/@cafe\n"
	      "@home,https://maps.example/@47.37,8.54\n");
	expect("csv", 1, 1);
	parse("name;instagram\nCafé @ the lake;https://social.example/@cafe\n"
	      "C@fe;https://maps.example/x@47.37,8.54\n");
	expect("csv", 2, 0);
	assert_string_equal(value(0, RECORD_NAME), "Café @ the lake");
	assert_string_equal(value(0, RECORD_SAME_AS), "https://social.example/@cafe");
	assert_string_equal(value(1, RECORD_NAME), "C@fe");
	assert_string_equal(value(1, RECORD_SAME_AS), "https://maps.example/x@47.37,8.54");
	assert_int_equal(got.summary.emails_dropped, 0);
}

static void names_are_composed_and_their_blanks_folded(void **state)
{
	(void)state;
	parse("name,city\n\"  Zu\xCC\x88rich\t \n  Cafe\xCC\x81 \xC2\xA0 \xC2\x85 A\x01"
	      "B \xEF\xBB\xBF\",a\n");
	expect("csv", 1, 0);
	assert_string_equal(value(0, RECORD_NAME), "Zürich Café A B");
	parse("{\"name\":\"\\u202aA\\u202c\\u2028B\\u2069\",\"city\":\"a\"}");
	assert_string_equal(value(0, RECORD_NAME), "A B");
	parse("{\"name\":\"\\uac00\\u1112\\u1161\\u11ab\",\"city\":\"a\"}");
	assert_string_equal(value(0, RECORD_NAME), "가한");
}

/* {"external_id":"1","name":"A","KEY":"START xxx..."} with n characters x. */
static void parse_long(const char *key, const char *start, size_t n)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	buf_printf(&text, "{%s\"%s\":\"%s", strcmp(key, "name") ? "\"name\":\"A\"," : "", key,
		   start);
	for (size_t i = 0; i < n; i++)
		buf_puts(&text, "ü");
	buf_puts(&text, strcmp(key, "external_id") ? "\",\"external_id\":\"1\"}" : "\"}");
	parse_buf(&text);
	expect("json/holdfast", 1, 0);
}

static void long_texts_are_cut_at_a_character_and_long_facts_dropped(void **state)
{
	(void)state;
	static const enum record_field texts[] = {RECORD_NAME, RECORD_DESCRIPTION, RECORD_STREET,
						  RECORD_CITY, RECORD_REGION};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		size_t max = record_fields[texts[i]].max_bytes;
		parse_long(record_field_name(texts[i]), "x", 4000);
		assert_int_equal(got.record[0].field[texts[i]].n, (max - 1) / 2 * 2 + 1);
		assert_true(utf8_is_valid(got.record[0].field[texts[i]]));
		assert_int_equal(got.summary.values_dropped, 0);
	}
	/* Half an URL, half a week, half a number are wrong facts. */
	static const struct {
		enum record_field field;
		const char *start;
	} facts[] = {{RECORD_WEBSITE, "https://a.example/"}, {RECORD_SAME_AS, "https://a.example/"},
		     {RECORD_HOURS, "Mo 08:00-12:00 "},      {RECORD_POSTCODE, "8000"},
		     {RECORD_PHONE, "0446681800 "},          {RECORD_TIMEZONE, "Europe/"}};
	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		parse_long(record_field_name(facts[i].field), facts[i].start, 4000);
		assert_null(got.record[0].field[facts[i].field].p);
		assert_int_equal(got.summary.values_dropped, 1);
	}
}

static void ids_that_are_too_long_stay_different(void **state)
{
	char first[300];
	(void)state;
	parse_long("external_id", "a", 200);
	assert_true(got.record[0].field[RECORD_EXTERNAL_ID].n <= 256);
	snprintf(first, sizeof(first), "%s", value(0, RECORD_EXTERNAL_ID));
	parse_long("external_id", "a", 201);
	assert_string_not_equal(value(0, RECORD_EXTERNAL_ID), first);
	parse_long("external_id", "a", 200);
	assert_string_equal(value(0, RECORD_EXTERNAL_ID), first);
}

static void a_record_without_an_id_gets_one_of_its_contents(void **state)
{
	(void)state;
	parse("name,city\nA,Bern\nA,Bern\nA,Chur\n");
	expect("csv", 3, 0);
	assert_memory_equal(value(0, RECORD_EXTERNAL_ID), "contents:", 9);
	assert_string_equal(value(0, RECORD_EXTERNAL_ID), value(1, RECORD_EXTERNAL_ID));
	assert_string_not_equal(value(0, RECORD_EXTERNAL_ID), value(2, RECORD_EXTERNAL_ID));
}

static void countries_come_by_name_and_code(void **state)
{
	static const struct {
		const char *written, *code;
		size_t dropped;
	} countries[] = {{"Schweiz", "CH", 0}, {"switzerland", "CH", 0},
			 {"ch", "CH", 0},      {"Österreich", "AT", 0},
			 {"EC", "EC", 0},      {"ky", "KY", 0},
			 {"XK", "XK", 0},      {"", "DE", 0},
			 {"Atlantis", "", 1},  {"ZZ", "", 1}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(countries); i++) {
		char text[100];
		snprintf(text, sizeof(text), "name,country\nA,%s\n", countries[i].written);
		parse_with(text, &(struct parse_options){.country = "DE"});
		expect("csv", 1, 0);
		assert_string_equal(value(0, RECORD_COUNTRY), countries[i].code);
		assert_int_equal(got.summary.values_dropped, countries[i].dropped);
	}
}

static void a_town_and_its_region_tell_the_country(void **state)
{
	static const struct {
		const char *city, *region, *code, *part;
	} places[] = {{"San Francisco", "CA", "US", "California"},
		      {"SAN FRANCISCO", "California", "US", "California"},
		      {"Z\xc3\xbcrich", "ZH", "CH", "Z\xc3\xbcrich"},
		      {"Paris", "Texas", "", "Texas"},
		      {"San Francisco", "Bern", "", "Bern"},
		      {"San Francisco", "", "", ""}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		char text[100];
		snprintf(text, sizeof(text), "name,city,region\nA,%s,%s\n", places[i].city,
			 places[i].region);
		parse(text);
		expect("csv", 1, 0);
		assert_string_equal(value(0, RECORD_COUNTRY), places[i].code);
		assert_string_equal(value(0, RECORD_REGION), places[i].part);
	}
}

static void telephones_are_told_apart_from_areas_labels_and_fax_numbers(void **state)
{
	static const struct {
		const char *country, *written, *phone, *more;
	} phones[] = {
	    {"DE", "0171 / 1234567", "+491711234567", ""},
	    {"DE", "+49 (0)30 / 12 34 56-0", "+49301234560", ""},
	    {"DE", "030 123456-0 / -15", "+49301234560", ""},
	    {"FR", "01 23 45 67 89 / 06 12 34 56 78", "+33123456789", "+33612345678"},
	    {"FR", "01 23 45 67 89 - 06 12 34 56 78", "+33123456789", "+33612345678"},
	    {"DE", "0345 202233 oder 0171 1234567", "+49345202233", "+491711234567"},
	    {"DE", "Tel: 0351/4567890, Fax: 0351/4567899", "+493514567890", ""},
	    {"CH", "044 668 18 00 Fax 044 668 18 01", "+41446681800", ""},
	    {"CH", "Tel./Fax: 044 668 18 00", "+41446681800", ""},
	    {"CH", "Fax 044 668 18 01", "", ""},
	    {"IT", "tel. 06/5812345", "+39065812345", ""},
	    {"ES", "tel:+34911234567", "+34911234567", ""},
	    {"US", "(415) 555-1234 ext. 12", "+14155551234", "phone_extension\":\"12"},
	    {"US", "(415) 555-1234 x12", "+14155551234", "phone_extension\":\"12"},
	    {"DE", "030 1234567 Durchwahl 89", "+49301234567", "phone_extension\":\"89"},
	    {"FR", "01 42 68 53 00, poste 4", "+33142685300", "phone_extension\":\"4"},
	    {"US", "(415) 555-1234; (415) 555-9876 ext. 7", "+14155551234",
	     "phones\":\"+14155559876 ext. 7"},
	    {"US", "+1-212-555-0147;ext=3", "+12125550147", "phone_extension\":\"3"},
	    {"DE", "Ext. 12", "", ""},
	    {"US", "1-800-FLOWERS", "1-800-FLOWERS", ""},
	    {"DE", "٠٣٠١٢٣٤٥٦٧", "+49301234567", ""},
	    {"DE", "０３０－１２３４５６７", "+49301234567", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(phones); i++) {
		char text[200];
		snprintf(text, sizeof(text), "name|country|phone\nA|%s|%s\n", phones[i].country,
			 phones[i].written);
		parse(text);
		expect("csv", 1, 0);
		assert_string_equal(value(0, RECORD_PHONE), phones[i].phone);
		assert_int_equal(strstr(value(0, RECORD_EXTRA), "phone") != NULL,
				 phones[i].more[0] != '\0');
		assert_non_null(strstr(value(0, RECORD_EXTRA), phones[i].more));
		assert_int_equal(got.summary.values_dropped, phones[i].phone[0] == '\0');
	}
}

static void postcodes_stand_without_the_sign_of_their_country(void **state)
{
	static const struct {
		const char *country, *written, *code;
	} codes[] = {{"DE", "D-01067", "01067"},
		     {"CH", "CH-8000", "8000"},
		     {"LV", "LV-1050", "LV-1050"},
		     {"AT", "D-01067", "D-01067"},
		     {"", "A-1010", "1010"},
		     {"DE", "0", ""},
		     {"US", "02108-1234", "02108-1234"},
		     {"GB", "W1U 3BW", "W1U 3BW"}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		char text[100];
		snprintf(text, sizeof(text), "name,country,postcode\nA,%s,%s\n", codes[i].country,
			 codes[i].written);
		parse(text);
		expect("csv", 1, 0);
		assert_string_equal(value(0, RECORD_POSTCODE), codes[i].code);
	}
}

static void times_become_those_of_rfc_3339_or_nothing(void **state)
{
	static const struct {
		const char *written, *time;
	} times[] = {
	    {"2024-02-29", "2024-02-29T00:00:00Z"},
	    {"2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"},
	    {"2024-05-06 07:08:09.25+00", "2024-05-06T07:08:09.25+00:00"},
	    {"2024-05-06 07:08", "2024-05-06T07:08:00Z"},
	    {"2024-05-06 07:08:09 +0530", "2024-05-06T07:08:09+05:30"},
	    {"2024-05-06T07:08:09-08:00", "2024-05-06T07:08:09-08:00"},
	    {"06.05.2024", "2024-05-06T00:00:00Z"},
	    {"31.12.2024 23:59", "2024-12-31T23:59:00Z"},
	    {"2023-02-29", ""},
	    {"0000-01-01", ""},
	    {"2024-13-01", ""},
	    {"2024-05-06T24:00:00Z", ""},
	    {"2024-05-06T07:08:09+16:00", ""},
	    {"12/31/2024", ""},
	    {"yesterday", ""},
	    {"infinity", ""},
	    {"2024-05-06T07:08:09 Europe/Zurich", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		char text[100];
		snprintf(text, sizeof(text), "name,updated at\nA,%s\n", times[i].written);
		parse(text);
		expect("csv", 1, 0);
		assert_string_equal(value(0, RECORD_UPDATED_AT), times[i].time);
		assert_int_equal(got.summary.values_dropped, times[i].time[0] == '\0');
	}
}

static void coordinates_are_degrees_or_nothing(void **state)
{
	static const struct {
		const char *lat, *lon, *want_lat, *want_lon;
	} places[] = {
	    {"47,3769", "8,5417", "47.3769000", "8.5417000"},
	    {"-90", "180", "-90.0000000", "180.0000000"},
	    {"1e1", "2", "10.0000000", "2.0000000"},
	    {"0", "0", "", ""},
	    {"-0.0", "0", "", ""},
	    {"0", "8.5", "0.0000000", "8.5000000"},
	    {"47.5", "", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		char text[100];
		snprintf(text, sizeof(text), "name;lat;lon\nA;%s;%s\n", places[i].lat,
			 places[i].lon);
		parse(text);
		expect("csv", 1, 0);
		assert_string_equal(value(0, RECORD_LAT), places[i].want_lat);
		assert_string_equal(value(0, RECORD_LON), places[i].want_lon);
	}
}

static void web_addresses_are_http_or_nothing(void **state)
{
	static const struct {
		const char *written, *url, *list; /* list: NULL where it is the same */
	} urls[] = {
	    {"Example.org", "https://example.org", NULL},
	    {"HTTP://Example.ORG/Path?Q=1", "http://example.org/Path?Q=1", NULL},
	    {"https://a.example; https://b.example", "https://a.example",
	     "https://a.example\x1fhttps://b.example"},
	    {"https://a.example/;b", "https://a.example/", "https://a.example/"},
	    {"javascript:alert(1)", "", NULL},
	    {"ftp://a.example", "", NULL},
	    {"https://user@a.example", "", NULL},
	    {"https://a.example/\\\"x", "", NULL},
	    {"https://a b.example", "", NULL},
	    {"none", "", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		char text[200];
		snprintf(text, sizeof(text),
			 "{\"name\":\"A\",\"website\":\"%s\",\"facebook\":\"%s\"}", urls[i].written,
			 urls[i].written);
		parse(text);
		expect("json/keys", 1, 0);
		assert_string_equal(value(0, RECORD_WEBSITE), urls[i].url);
		assert_string_equal(value(0, RECORD_SAME_AS),
				    urls[i].list ? urls[i].list : urls[i].url);
	}
}

static void json_that_a_database_cannot_hold_is_dropped(void **state)
{
	static const char *const numbers[] = {"1e999999999", "1e-99999", "0e-20000", "1e400"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		char text[200];
		snprintf(text, sizeof(text),
			 "{\"external_id\":\"1\",\"name\":\"A\",\"extra\":{\"a\":[{\"b\":%s}]}}",
			 numbers[i]);
		parse(text);
		expect("json/holdfast", 1, 0);
		assert_null(got.record[0].field[RECORD_EXTRA].p);
		assert_int_equal(got.summary.values_dropped, 1);
	}
}

/* ---- telephones ---- */

static const struct {
	const char *country, *written, *number; /* NULL: stays as written */
} phones[] = {
    {"CH", "044 668 18 00", "+41446681800"},
    {"CH", "+41 (0)44 668 18 00", "+41446681800"},
    {"CH", "0041 44 668 18 00", "+41446681800"},
    {"CH", "(+41) 44 668 18 00", "+41446681800"},
    {"CH",
     "+41 44\xe2\x80\xaf"
     "668\xc2\xa0"
     "18\xe2\x80\x93"
     "00",
     "+41446681800"},
    {"CH", "668 18 00", NULL},
    {"CH", "044 668 18 00 int. 3", NULL},
    {"CH", "044 668 18 000", NULL},
    {"", "044 668 18 00", NULL},
    {"", "+41 44 668 18 00", "+41446681800"},
    {"DE", "030/1234567", "+49301234567"},
    {"DE", "+49 089 1234567", "+49891234567"},
    {"AT", "01 5123456", "+4315123456"},
    {"IT", "06 1234 5678", "+390612345678"},
    {"IT", "+39 (0)6 1234 5678", "+390612345678"},
    {"SM", "0549 882345", "+3780549882345"},
    {"FR", "01.23.45.67.89", "+33123456789"},
    {"GB", "020 7946 0018", "+442079460018"},
    {"US", "(212) 555-0100", "+12125550100"},
    {"US", "1-212-555-0100", "+12125550100"},
    {"US", "555-0100", NULL},
    {"CA", "+1 416 555 0100", "+14165550100"},
    {"RU", "8 800 555 35 35", "+78005553535"},
    {"RU", "800 555 35 35", "+78005553535"},
    {"RU", "+7 843 123 45 67", "+78431234567"},
    {"BY", "8 017 212 34 56", "+375172123456"},
    {"BY", "+375 80 212 34 56", "+375802123456"},
    {"LT", "8 5 212 3456", "+37052123456"},
    {"LT", "+370 800 12345", "+37080012345"},
    {"HU", "06 1 234 5678", "+3612345678"},
    {"HU", "+36 1 234 5678", "+3612345678"},
    {"ES", "912 345 678", "+34912345678"},
    {"PL", "+48 (0)22 123 45 67", "+48221234567"},
    {"PT", "212 345 678", "+351212345678"},
    {"CZ", "222 333 444", "+420222333444"},
    {"DK", "33 12 34 56", "+4533123456"},
    {"NO", "22 12 34 56", "+4722123456"},
    {"SE", "08-123 456 78", "+46812345678"},
    {"FI", "09 1234567", "+35891234567"},
    {"NL", "020 123 4567", "+31201234567"},
    {"BE", "02 123 45 67", "+3221234567"},
    {"LU", "26 12 34 56", "+35226123456"},
    {"LI", "232 12 34", "+4232321234"},
    {"JP", "03-1234-5678", "+81312345678"},
    {"AU", "(02) 9123 4567", "+61291234567"},
    {"NZ", "09 123 4567", "+6491234567"},
    {"IN", "022 1234 5678", "+912212345678"},
    {"BR", "011 91234-5678", "+5511912345678"},
    {"ZA", "021 123 4567", "+27211234567"},
    {"TR", "0212 123 45 67", "+902121234567"},
    {"GR", "21 0123 4567", "+302101234567"},
    {"SG", "6123 4567", "+6561234567"},
    {"EC", "02 123 4567", NULL},
    {"EC", "+593 2 123 4567", NULL},
    {"CH", "+", NULL},
    {"CH", "", NULL},
    {"CH", "+41", NULL},
    {"CH", "12345678901234567890123456789", NULL},
    {"CH", "044 668 + 18 00", NULL},
};

static void telephones_become_e164_where_the_plan_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(phones); i++) {
		struct buf out;
		buf_init(&out, 40);
		bool ok = parse_phone(str_of(phones[i].written), str_of(phones[i].country), &out);
		if (ok != (phones[i].number != NULL) ||
		    (ok && strcmp(buf_z(&out), phones[i].number) != 0))
			fail_msg("%s %s: '%s'", phones[i].country, phones[i].written, buf_z(&out));
		buf_release(&out);
	}
}

static void of_several_telephones_the_first_that_is_one_counts(void **state)
{
	static const char *const written[] = {
	    "044 668 18 00; 079 123 45 67", "; 044 668 18 00", "044 668 18 00, 079 123 45 67",
	    "044 668 18 00 / 079 123 45 67",
	    "+41 44 668 18 00; +41 79 123 45 67; +41 79 123 45 68; +41 79 123 45 69"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(written); i++) {
		char text[200];
		snprintf(text, sizeof(text), "name,phone,country\nA,\"%s\",CH\n", written[i]);
		parse(text);
		assert_string_equal(value(0, RECORD_PHONE), "+41446681800");
	}
	parse("name,phone,country\nA,668 18 00,CH\nB,none,CH\n");
	assert_string_equal(value(0, RECORD_PHONE), "668 18 00");
	assert_null(got.record[1].field[RECORD_PHONE].p);
	assert_int_equal(got.summary.values_dropped, 1);
}

/* ---- mappings ---- */

static void a_mapping_serves_rows_and_objects(void **state)
{
	static const struct parse_options options = {
	    .map = "# ours\n\n  external_id = nr \r\nname = was\ncity=wo.ort\n"
		   "country = \"AT\"\nservice_area = orte | split /\ncategories = art\n"};
	(void)state;
	parse_with("nr,was,wo.ort,orte,art\n1,Ding,Wien,Baden/Krems,Bäckerei\n", &options);
	expect("csv", 1, 0);
	assert_string_equal(value(0, RECORD_SERVICE_AREA), "Baden\x1fKrems");
	assert_string_equal(value(0, RECORD_CITY), "Wien");
	assert_string_equal(value(0, RECORD_COUNTRY), "AT");
	parse_with("{\"nr\":1,\"was\":\"Ding\",\"wo\":{\"ort\":\"Wien\"},\"orte\":[\"Baden\","
		   "\"Krems/Melk\"],\"art\":\"bakery\"}\n",
		   &options);
	expect("json/map", 1, 0);
	assert_string_equal(value(0, RECORD_SERVICE_AREA), "Baden\x1fKrems\x1fMelk");
	assert_string_equal(value(0, RECORD_CITY), "Wien");
	assert_string_equal(value(0, RECORD_CATEGORIES), "bakery");
}

static void a_wrong_mapping_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *cause;
	} maps[] = {
	    {"name = a\nfoo = b\n", "line 2: unknown field 'foo'"},
	    {"name a\n", "line 1: 'name a' is not of the form 'field = column'"},
	    {"city = a\n", "the mapping has no line for 'name'"},
	    {"", "the mapping has no line for 'name'"},
	    {"name =\n", "line 1: name: the column is missing"},
	    {"name = a | upper\n", "line 1: unknown transformation 'upper'"},
	    {"name = a | split\n", "line 1: unknown transformation 'split'"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		struct parse_map *map;
		struct err err;
		assert_int_equal(parse_map_read(str_of(maps[i].text), &map, &err), INVALID);
		assert_non_null(strstr(err.text, maps[i].cause));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_address_comes_through_any_field),
	    cmocka_unit_test(an_at_that_is_no_address_stays),
	    cmocka_unit_test(names_are_composed_and_their_blanks_folded),
	    cmocka_unit_test(long_texts_are_cut_at_a_character_and_long_facts_dropped),
	    cmocka_unit_test(ids_that_are_too_long_stay_different),
	    cmocka_unit_test(a_record_without_an_id_gets_one_of_its_contents),
	    cmocka_unit_test(countries_come_by_name_and_code),
	    cmocka_unit_test(a_town_and_its_region_tell_the_country),
	    cmocka_unit_test(telephones_are_told_apart_from_areas_labels_and_fax_numbers),
	    cmocka_unit_test(postcodes_stand_without_the_sign_of_their_country),
	    cmocka_unit_test(times_become_those_of_rfc_3339_or_nothing),
	    cmocka_unit_test(coordinates_are_degrees_or_nothing),
	    cmocka_unit_test(web_addresses_are_http_or_nothing),
	    cmocka_unit_test(json_that_a_database_cannot_hold_is_dropped),
	    cmocka_unit_test(telephones_become_e164_where_the_plan_is_known),
	    cmocka_unit_test(of_several_telephones_the_first_that_is_one_counts),
	    cmocka_unit_test(a_mapping_serves_rows_and_objects),
	    cmocka_unit_test(a_wrong_mapping_is_refused_with_its_line),
	};
	int bad = cmocka_run_group_tests_name("parse_values", tests, NULL, NULL);
	arena_release(&got.arena);
	return bad;
}
