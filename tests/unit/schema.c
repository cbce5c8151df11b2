/* link: base language hours site/facts */
/* The vocabulary of schema.org: types, properties, members, and how they descend. */
#include "site/facts/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct schema_type *type(const char *name)
{
	const struct schema_type *found = schema_type_find(str_of(name));
	if (!found)
		fail_msg("schema.org has no type %s", name);
	return found;
}

static const struct schema_property *property(const char *name)
{
	const struct schema_property *found = schema_property_find(str_of(name));
	if (!found)
		fail_msg("schema.org has no property %s", name);
	return found;
}

static const char *address_of(const char *name)
{
	static char address[200];
	snprintf(address, sizeof(address), "https://schema.org/%s", name);
	return address;
}

static void terms_are_found_by_name_and_by_address(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCHEMA_TYPES; i++) {
		const char *name = schema_types[i].name;
		assert_ptr_equal(type(name), &schema_types[i]);
		assert_ptr_equal(type(address_of(name)), &schema_types[i]);
	}
	for (size_t i = 0; i < SCHEMA_PROPERTIES; i++) {
		const char *name = schema_properties[i].name;
		assert_ptr_equal(property(name), &schema_properties[i]);
		assert_ptr_equal(property(address_of(name)), &schema_properties[i]);
	}
	assert_ptr_equal(type("https://schema.org/Bakery"), type("Bakery"));
	assert_ptr_equal(type("http://schema.org/Bakery"), type("Bakery"));
	assert_ptr_equal(type("schema:Bakery"), type("Bakery"));
	assert_null(schema_type_find(STR("bakery")));
	assert_null(schema_type_find(STR("")));
	assert_null(schema_type_find(STR("Bakeries")));
	assert_null(schema_property_find(STR("Name")));
}

#define T(name) SCHEMA(name),
/* clang-format off */
#define LIST(...) (const struct schema_type *const[]){__VA_ARGS__ NULL}
/* clang-format on */
static const struct {
	const char *name;
	const struct schema_type *const *enumerations;
} members[] = {
#define SCHEMA_MEMBER(name, enumerations) {#name, LIST(enumerations)},
#include "site/facts/schema.def"
};

static void members_are_found_in_their_enumerations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		const char *name = members[i].name;
		const struct schema_type *const *of = members[i].enumerations;
		for (; *of; of++) {
			assert_true(schema_is_member(str_of(name), *of));
			assert_true(schema_is_member(str_of(address_of(name)), *of));
		}
		assert_false(schema_is_member(str_of(name), type("Place")));
	}
}

static bool descends(const struct schema_type *one, const struct schema_type *ancestor)
{
	bool found = one == ancestor;
	for (const struct schema_type *const *parent = one->parents; *parent && !found; parent++)
		found = descends(*parent, ancestor);
	return found;
}

static void descent_is_what_the_parents_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCHEMA_TYPES; i++)
		for (size_t k = 0; k < SCHEMA_TYPES; k++)
			if (schema_is_a(&schema_types[i], &schema_types[k]) !=
			    descends(&schema_types[i], &schema_types[k]))
				fail_msg("%s is a %s?", schema_types[i].name, schema_types[k].name);
}

static void data_types_are_told_as_bits(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		unsigned bit;
	} bits[] = {{"Text", SCHEMA_TAKES_TEXT},       {"CssSelectorType", SCHEMA_TAKES_TEXT},
		    {"XPathType", SCHEMA_TAKES_TEXT},  {"PronounceableText", SCHEMA_TAKES_TEXT},
		    {"Number", SCHEMA_TAKES_NUMBER},   {"Integer", SCHEMA_TAKES_NUMBER},
		    {"Float", SCHEMA_TAKES_NUMBER},    {"Date", SCHEMA_TAKES_DATE},
		    {"DateTime", SCHEMA_TAKES_DATE},   {"Time", SCHEMA_TAKES_TIME},
		    {"Boolean", SCHEMA_TAKES_BOOLEAN}, {"URL", SCHEMA_TAKES_URL}};
	for (size_t i = 0; i < SCHEMA_PROPERTIES; i++) {
		unsigned takes = 0;
		const struct schema_type *const *range = schema_properties[i].ranges;
		for (; *range; range++)
			for (size_t k = 0; k < COUNT_OF(bits); k++)
				if (*range == type(bits[k].type))
					takes |= bits[k].bit;
		assert_int_equal(schema_takes(&schema_properties[i]), takes);
	}
}

static void there_are_130_kinds_of_local_business(void **state)
{
	(void)state;
	size_t kinds = 0;
	for (size_t i = 0; i < SCHEMA_TYPES; i++)
		kinds += schema_is_a(&schema_types[i], SCHEMA(LocalBusiness)) &&
			 !schema_is_member(str_of(schema_types[i].name), type("MedicalSpecialty"));
	assert_int_equal(kinds, 131); /* LocalBusiness itself with them */
}

static void types_descend_from_all_their_parents(void **state)
{
	(void)state;
	assert_true(schema_is_a(type("Bakery"), type("Bakery")));
	assert_true(schema_is_a(type("Bakery"), type("FoodEstablishment")));
	assert_true(schema_is_a(type("Bakery"), type("Place")));
	assert_true(schema_is_a(type("Bakery"), type("Organization")));
	assert_true(schema_is_a(type("Campground"), type("CivicStructure")));
	assert_true(schema_is_a(type("Campground"), type("LocalBusiness")));
	assert_true(schema_is_a(type("AdultEntertainment"), type("EntertainmentBusiness")));
	assert_false(schema_is_a(type("LocalBusiness"), type("Bakery")));
	assert_false(schema_is_a(type("PostalAddress"), type("LocalBusiness")));
}

static void properties_stand_where_they_may(void **state)
{
	(void)state;
	assert_true(schema_property_allowed(property("openingHoursSpecification"), type("Bakery")));
	assert_true(schema_property_allowed(property("servesCuisine"), type("Bakery")));
	assert_false(schema_property_allowed(property("servesCuisine"), type("Dentist")));
	assert_false(schema_property_allowed(property("streetAddress"), type("Bakery")));
	assert_true(schema_property_allowed(property("streetAddress"), type("PostalAddress")));
	assert_true(schema_value_allowed(property("areaServed"), type("City")));
	assert_true(schema_value_allowed(property("areaServed"), type("GeoCircle")));
	assert_true(schema_value_allowed(property("areaServed"), type("Text")));
	assert_false(schema_value_allowed(property("areaServed"), type("Person")));
	assert_true(schema_value_allowed(property("name"), type("URL"))); /* a Text */
	assert_false(schema_value_allowed(property("sameAs"), type("Text")));
	assert_string_equal(property("serviceArea")->successor, "areaServed");
	assert_string_equal(property("areaServed")->successor, "");
	assert_true(schema_is_member(STR("Monday"), type("DayOfWeek")));
	assert_true(schema_is_member(STR("https://schema.org/Monday"), type("DayOfWeek")));
	assert_true(schema_is_member(STR("Monday"), type("Enumeration")));
	assert_false(schema_is_member(STR("Monday"), type("ItemAvailability")));
	assert_false(schema_is_member(STR("Mo"), type("DayOfWeek")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(terms_are_found_by_name_and_by_address),
	    cmocka_unit_test(members_are_found_in_their_enumerations),
	    cmocka_unit_test(descent_is_what_the_parents_say),
	    cmocka_unit_test(data_types_are_told_as_bits),
	    cmocka_unit_test(there_are_130_kinds_of_local_business),
	    cmocka_unit_test(types_descend_from_all_their_parents),
	    cmocka_unit_test(properties_stand_where_they_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
