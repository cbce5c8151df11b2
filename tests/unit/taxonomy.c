/* link: base language directory/taxonomy */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/io.h"
#include "base/json.h"
#include "base/utf8.h"
#include "directory/taxonomy/taxonomy.h"

static void finds(enum taxonomy_names names, const char *name, const char *key)
{
	const struct taxonomy_category *c = taxonomy_find(names, str_of(name));
	if (!key) {
		assert_null(c);
		return;
	}
	if (!c)
		fail_msg("'%s' is not found, should be %s", name, key);
	assert_string_equal(c->key, key);
}

static void a_name_is_found_as_it_stands_in_the_table(void **state)
{
	(void)state;
	finds(TAXONOMY_KEY, "farm-shop", "farm-shop");
	finds(TAXONOMY_OSM, "shop=farm", "farm-shop");
	finds(TAXONOMY_OVERTURE, "bakery", "bakery");
	finds(TAXONOMY_GOOGLE, "tILE contractor", "tiler");
	finds(TAXONOMY_LABEL, "café", "cafe");
	finds(TAXONOMY_WORD, "Bäckerei", "bakery");
	finds(TAXONOMY_WORD, "boulangerie", "bakery");
	finds(TAXONOMY_WORD, "Peluquería", "hairdresser");
	finds(TAXONOMY_KEY, "Farm-Shop", NULL);
	finds(TAXONOMY_OVERTURE, "", NULL);
	finds(TAXONOMY_WORD, "Quux", NULL);
}

static void what_no_row_names_goes_to_the_row_with_a_wildcard(void **state)
{
	(void)state;
	finds(TAXONOMY_OSM, "shop=no_such_thing", "shop");
	finds(TAXONOMY_OSM, "craft=no_such_thing", "craft");
	finds(TAXONOMY_OSM, "natural=peak", NULL);
	finds(TAXONOMY_OSM, "shop", NULL);
	finds(TAXONOMY_OVERTURE, "thai_restaurant", "restaurant");
	finds(TAXONOMY_OVERTURE, "asian_fusion_restaurant", "restaurant");
	finds(TAXONOMY_OVERTURE, "fast_food_restaurant", "fast-food");
	finds(TAXONOMY_OVERTURE, "food_and_drink", "restaurant");
	finds(TAXONOMY_OVERTURE, "mountain", NULL);
	finds(TAXONOMY_GOOGLE, "Tapas restaurant", "restaurant");
	finds(TAXONOMY_GOOGLE, "Cheese shop", "cheese-dairy");
}

static void a_shared_schema_type_goes_to_the_general_category(void **state)
{
	(void)state;
	finds(TAXONOMY_SCHEMA, "Bakery", "bakery");
	finds(TAXONOMY_SCHEMA, "Store", "shop");
	finds(TAXONOMY_SCHEMA, "LocalBusiness", "local-business");
	finds(TAXONOMY_SCHEMA, "GroceryStore", "grocery");
	finds(TAXONOMY_SCHEMA, "HomeAndConstructionBusiness", "craft");
	finds(TAXONOMY_SCHEMA, "Person", NULL);
}

static void ids_and_keys_are_unique_and_groups_exist(void **state)
{
	(void)state;
	assert_true(taxonomy_count >= 190);
	for (size_t i = 0; i < taxonomy_count; i++) {
		const struct taxonomy_category *c = &taxonomy_categories[i];
		assert_true(c->id > 0 && c->id <= INT16_MAX);
		assert_ptr_equal(taxonomy_by_id(c->id), c);
		assert_ptr_equal(taxonomy_find(TAXONOMY_KEY, str_of(c->key)), c);
		assert_ptr_equal(taxonomy_find(TAXONOMY_LABEL, str_of(c->label)), c);
		const struct taxonomy_group *group = taxonomy_group(str_of(c->group));
		assert_non_null(group);
		assert_int_equal(c->id / 100, group->id);
		assert_null(taxonomy_group(str_of(c->key)));
	}
	assert_null(taxonomy_by_id(0));
}

/* Twice the same name in two rows would make one of them dead. */
static void a_foreign_name_belongs_to_one_category(void **state)
{
	(void)state;
	for (size_t i = 0; i < taxonomy_count; i++) {
		const struct taxonomy_category *c = &taxonomy_categories[i];
		const char *const lists[] = {c->osm, c->overture, c->google};
		const enum taxonomy_names schemes[] = {TAXONOMY_OSM, TAXONOMY_OVERTURE,
						       TAXONOMY_GOOGLE};
		for (int l = 0; l < 3; l++) {
			struct str rest = str_of(lists[l]);
			while (rest.p) {
				struct str name = str_cut(&rest, l == 2 ? '|' : ' ');
				if (!name.n)
					continue;
				const struct taxonomy_category *found =
				    taxonomy_find(schemes[l], name);
				assert_non_null(found);
				if (found != c)
					fail_msg("'%.*s' of %s stands in %s too", STR_ARG(name),
						 c->key, found->key);
			}
		}
	}
}

static void every_category_has_words_in_six_languages(void **state)
{
	static const char *const languages[] = {"de", "fr", "it", "es", "nl", "en"};
	(void)state;
	for (size_t i = 0; i < taxonomy_count; i++)
		for (size_t l = 0; l < 6; l++) {
			struct str words = taxonomy_words(&taxonomy_categories[i], languages[l]);
			if (!words.n)
				fail_msg("%s has no word in %s", taxonomy_categories[i].key,
					 languages[l]);
			while (words.p) {
				struct str word = str_cut(&words, ';');
				assert_true(word.n > 0 && utf8_is_valid(word));
				assert_non_null(taxonomy_find(TAXONOMY_WORD, word));
			}
		}
	assert_int_equal(taxonomy_words(&taxonomy_categories[0], "xx").n, 0);
}

/* schema.org 30: the types below LocalBusiness that the table uses. */
static const char local_business_types[] =
    " AccountingService AmusementPark ArtGallery AutoDealer AutoPartsStore AutoRental AutoRepair "
    "AutoWash "
    "AutomatedTeller Bakery BankOrCreditUnion BarOrPub BeautySalon BedAndBreakfast BikeStore "
    "BookStore BowlingAlley "
    "Brewery CafeOrCoffeeShop Campground Casino ChildCare ClothingStore ComputerStore "
    "ConvenienceStore DaySpa Dentist "
    "DepartmentStore DryCleaningOrLaundry Electrician ElectronicsStore EmploymentAgency "
    "EntertainmentBusiness "
    "ExerciseGym FastFoodRestaurant FinancialService FireStation Florist FoodEstablishment "
    "FurnitureStore GardenStore "
    "GasStation GeneralContractor GolfCourse GovernmentOffice GroceryStore HVACBusiness HairSalon "
    "HardwareStore "
    "HealthAndBeautyBusiness HobbyShop HomeAndConstructionBusiness HomeGoodsStore Hospital Hostel "
    "Hotel HousePainter "
    "IceCreamShop InsuranceAgency JewelryStore LegalService Library LiquorStore LocalBusiness "
    "Locksmith "
    "LodgingBusiness MedicalBusiness MedicalClinic Midwifery MobilePhoneStore Motel "
    "MotorcycleDealer MovieTheater "
    "MovingCompany MusicStore NailSalon NightClub Notary Nursing OfficeEquipmentStore Optician "
    "PetStore Pharmacy "
    "Physician Physiotherapy Plumber PoliceStation PostOffice ProfessionalService "
    "PublicSwimmingPool RealEstateAgent "
    "RecyclingCenter Restaurant RoofingContractor ShoeStore ShoppingCenter SkiResort "
    "SportingGoodsStore "
    "SportsActivityLocation Store TattooParlor TennisComplex TouristInformationCenter ToyStore "
    "TravelAgency "
    "WholesaleStore ";

static void schema_types_are_local_businesses(void **state)
{
	char type[64];
	(void)state;
	for (size_t i = 0; i < taxonomy_count; i++) {
		snprintf(type, sizeof(type), " %s ", taxonomy_categories[i].schema_type);
		if (!strstr(local_business_types, type))
			fail_msg("%s: %s is not below LocalBusiness", taxonomy_categories[i].key,
				 type);
	}
}

static void every_farm_shop_has_a_category(void **state)
{
	(void)state;
	char path[512];
	struct err err;
	struct buf text;
	const char *data = getenv("HOLDFAST_DATA");
	snprintf(path, sizeof(path), "%s/farm-shops-ch.geojson", data ? data : "../shared/data");
	if (access(path, R_OK) != 0) {
		print_message("no %s\n", path);
		return; /* said above: cmocka's TAP calls a skipped test a failure */
	}
	buf_init(&text, 16 << 20);
	assert_int_equal(io_read_file(path, &text, &err), OK);
	struct arena arena;
	struct json_value *root;
	arena_init(&arena, 64 << 20);
	assert_int_equal(json_parse(&arena, buf_view(&text), &root, &err), OK);
	size_t shops = 0;
	for (const struct json_value *f = json_get(root, "features")->first; f; f = f->next) {
		char tag[128];
		struct str shop = json_text(json_path(f, "properties.tags.shop"));
		shops++;
		while (shop.p) {
			struct str one = str_trim(str_cut(&shop, ';'));
			snprintf(tag, sizeof(tag), "shop=%.*s", STR_ARG(one));
			if (one.n && !taxonomy_find(TAXONOMY_OSM, str_of(tag)))
				fail_msg("%s has no category", tag);
		}
	}
	assert_true(shops > 1000);
	arena_release(&arena);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_found_as_it_stands_in_the_table),
	    cmocka_unit_test(what_no_row_names_goes_to_the_row_with_a_wildcard),
	    cmocka_unit_test(a_shared_schema_type_goes_to_the_general_category),
	    cmocka_unit_test(ids_and_keys_are_unique_and_groups_exist),
	    cmocka_unit_test(a_foreign_name_belongs_to_one_category),
	    cmocka_unit_test(every_category_has_words_in_six_languages),
	    cmocka_unit_test(schema_types_are_local_businesses),
	    cmocka_unit_test(every_farm_shop_has_a_category),
	};
	return cmocka_run_group_tests_name("taxonomy", tests, NULL, NULL);
}
