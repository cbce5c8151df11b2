/* JSON Schemas of the API's answers, for OpenAPI. x-public-fact marks what a business publishes
 * about itself, so that nobody takes it for contact data (which no schema here has). */
#include "directory/search/api.h"

#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define FACT_OR_NULL "{\"type\":[\"string\",\"null\"],\"x-public-fact\":true}"
#define KEY_AND_LABEL                                                                              \
	"{\"type\":[\"object\",\"null\"],\"required\":[\"key\",\"label\"],\"properties\":{"        \
	"\"key\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"}}}"
#define TEXTS "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"
#define FACETS                                                                                                \
	"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"key\",\"label\",\"businesses\"]," \
	"\"properties\":{\"key\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"},"                      \
	"\"businesses\":{\"type\":\"integer\"}}}}"
#define TIME_OR_NULL  "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define PLACE_OR_NULL "{\"oneOf\":[{\"$ref\":\"#/components/schemas/Place\"},{\"type\":\"null\"}]}"

#define SUMMARY_PROPERTIES                                                                                        \
	"\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9a-z]{13}$\"},"                                            \
	"\"name\":{\"type\":\"string\",\"x-public-fact\":true},"                                                  \
	"\"category\":" KEY_AND_LABEL ","                                                                         \
	"\"address\":{\"type\":\"object\",\"x-public-fact\":true,\"properties\":{"                                \
	"\"street\":" TEXT_OR_NULL ",\"postcode\":" TEXT_OR_NULL ",\"city\":" TEXT_OR_NULL ","                    \
	"\"country\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^[A-Z]{2}$\"}}},"                              \
	"\"location\":{\"type\":[\"object\",\"null\"],\"x-public-fact\":true,\"properties\":{"                    \
	"\"lat\":{\"type\":\"number\"},\"lon\":{\"type\":\"number\"}}},"                                          \
	"\"telephone\":" FACT_OR_NULL ","                                                                         \
	"\"opening_hours\":{\"type\":[\"string\",\"null\"],\"x-public-fact\":true,"                               \
	"\"description\":\"OSM opening_hours\"},"                                                                 \
	"\"timezone\":{\"type\":[\"string\",\"null\"],\"description\":\"IANA\"},"                                 \
	"\"open\":{\"type\":\"object\",\"required\":[\"state\",\"changes_at\"],\"properties\":{"                  \
	"\"state\":{\"enum\":[\"open\",\"closed\",\"unknown\"],"                                                  \
	"\"description\":\"now, or at the asked open_at\"},"                                                      \
	"\"changes_at\":" TIME_OR_NULL "}},"                                                                      \
	"\"quality_score\":{\"type\":[\"integer\",\"null\"],\"minimum\":0,\"maximum\":100,"                       \
	"\"description\":\"completeness of the record; null: too little to judge\"},"                             \
	"\"matched\":{\"type\":\"string\",\"description\":\"where q was found: name, alternate_names, category, " \
	"cuisine, place, region, street, telephone, website or other; only with q\"},"                            \
	"\"distance_m\":{\"type\":\"number\","                                                                    \
	"\"description\":\"great circle from near, only when that was asked\"},"                                  \
	"\"source\":{\"$ref\":\"#/components/schemas/Source\"}"

#define SUMMARY_REQUIRED                                                                           \
	"\"id\",\"name\",\"category\",\"address\",\"location\",\"telephone\",\"opening_hours\","   \
	"\"timezone\",\"open\",\"quality_score\",\"source\""

const struct http_schema search_api_schemas[] = {
    {"Source",
     "{\"type\":\"object\",\"description\":\"where the record comes from; its licence holds for "
     "every use\",\"required\":[\"key\",\"name\",\"licence\",\"licence_url\",\"attribution\","
     "\"url\"],\"properties\":{\"key\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},"
     "\"licence\":" TEXT_OR_NULL ",\"licence_url\":" TEXT_OR_NULL ",\"attribution\":" TEXT_OR_NULL
     ",\"url\":" TEXT_OR_NULL "}}"},
    {"Place",
     "{\"type\":\"object\",\"required\":[\"key\",\"name\",\"country\",\"businesses\"],"
     "\"properties\":{\"key\":{\"type\":\"string\"},"
     "\"name\":{\"type\":[\"string\",\"null\"],\"description\":\"null: a region that stands for "
     "its whole country\"},\"country\":" TEXT_OR_NULL ",\"businesses\":{\"type\":\"integer\"}}}"},
    {"BusinessSummary",
     "{\"type\":\"object\",\"description\":\"what the indexes of lists contain, so that a page costs few "
     "reads; region, description and website are in Business\","
     "\"required\":[" SUMMARY_REQUIRED "],\"properties\":{" SUMMARY_PROPERTIES "}}"},
    {"BusinessList",
     "{\"type\":\"object\",\"required\":[\"businesses\",\"next\",\"next_url\",\"sort\","
     "\"understood\",\"category\",\"region\",\"city\"],\"properties\":{"
     "\"businesses\":{\"type\":\"array\",\"items\":{\"$ref\":"
     "\"#/components/schemas/BusinessSummary\"},\"description\":\"with open_at a page may hold "
     "fewer than limit and still have a next\"},"
     "\"next\":{\"type\":[\"string\",\"null\"],\"description\":\"cursor of the following page\"},"
     "\"next_url\":" TEXT_OR_NULL ","
     "\"sort\":{\"enum\":[\"quality\",\"name\",\"distance\",\"recent\",\"id\"]},"
     "\"understood\":{\"type\":[\"object\",\"null\"],\"description\":\"what was made of q; null without q\","
     "\"required\":[\"text\",\"corrected\",\"left_out\",\"category\",\"region\",\"city\",\"country\",\"telephone\","
     "\"website\",\"near_me\",\"open_now\",\"open_when\",\"opens_next\",\"excluded\"],\"properties\":{"
     "\"text\":{\"type\":[\"string\",\"null\"],\"description\":\"the words searched for\"},"
     "\"corrected\":{\"type\":\"boolean\",\"description\":\"whether a typing error was corrected\"},"
     "\"left_out\":{\"type\":[\"string\",\"null\"],\"description\":\"words without which there are results; with "
     "them there is none\"},"
     "\"category\":" KEY_AND_LABEL ",\"region\":" PLACE_OR_NULL ",\"city\":" PLACE_OR_NULL ","
     "\"country\":" PLACE_OR_NULL ","
     "\"telephone\":" TEXT_OR_NULL ",\"website\":" TEXT_OR_NULL ","
     "\"near_me\":{\"type\":\"boolean\",\"description\":\"asks for what is near: repeat it with the parameter "
     "near\"},\"open_now\":{\"type\":\"boolean\",\"description\":\"asks for what is open now: only that is listed\"},"
     "\"open_when\":{\"enum\":[null,\"now\",\"today\",\"tomorrow\",\"late\",\"always\",\"weekend\","
     "\"monday\",\"tuesday\","
     "\"wednesday\",\"thursday\",\"friday\",\"saturday\",\"sunday\"],\"description\":\"the time "
     "that q asks for, in the local time of each business; late is 22:00; only what is open then is listed\"},"
     "\"opens_next\":{\"type\":\"boolean\",\"description\":\"nothing is known to be open then: "
     "listed is what opens next, and behind it what does not tell its hours\"},"
     "\"excluded\":{\"type\":[\"string\",\"null\"],\"description\":\"words of what is not wanted: -word, not word\"}}},"
     "\"category\":" KEY_AND_LABEL ",\"region\":" PLACE_OR_NULL ",\"city\":" PLACE_OR_NULL ","
     "\"facets\":{\"type\":\"object\",\"description\":\"only with facets=true: exact up to 1 000; "
     "then more is true, and the "
     "counts are those of the first 1 001 that were found\",\"required\":[\"total\",\"more\","
     "\"categories\",\"regions\","
     "\"cities\",\"open_now\"],\"properties\":{\"total\":{\"type\":\"integer\"},\"more\":{\"type\":\"boolean\"},"
     "\"categories\":" FACETS ",\"regions\":" FACETS ",\"cities\":" FACETS ","
     "\"open_now\":{\"type\":\"integer\",\"description\":\"how many are known to be open at the "
     "time of the answer\"}}}}}"},
    {"BusinessFeatures",
     "{\"type\":\"object\",\"required\":[\"type\",\"features\",\"next\",\"next_url\"],\"properties\":{"
     "\"type\":{\"enum\":[\"FeatureCollection\"]},\"features\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
     "\"required\":[\"type\",\"id\",\"geometry\",\"properties\"],\"properties\":{\"type\":{\"enum\":[\"Feature\"]},"
     "\"id\":{\"type\":\"string\"},\"geometry\":{\"type\":[\"object\",\"null\"],"
     "\"required\":[\"type\",\"coordinates\"],"
     "\"properties\":{\"type\":{\"enum\":[\"Point\"]},\"coordinates\":{\"type\":\"array\","
     "\"minItems\":2,\"maxItems\":2,"
     "\"items\":{\"type\":\"number\"}}}},"
     "\"properties\":{\"$ref\":\"#/components/schemas/BusinessSummary\"}}}},"
     "\"next\":" TEXT_OR_NULL ",\"next_url\":" TEXT_OR_NULL "}}"},
    {"Business",
     "{\"type\":\"object\",\"required\":[" SUMMARY_REQUIRED
     ",\"external_id\",\"region\",\"city\"],\"properties\":{" SUMMARY_PROPERTIES ","
     "\"external_id\":{\"type\":\"string\"},"
     "\"region\":" PLACE_OR_NULL ",\"city\":" PLACE_OR_NULL ","
     "\"schema_type\":{\"type\":[\"string\",\"null\"],\"description\":\"schema.org type\"},"
     "\"category_group\":" KEY_AND_LABEL ",\"further_categories\":" TEXTS
     ",\"alternate_names\":" TEXTS ",\"description\":" TEXT_OR_NULL ",\"website\":" FACT_OR_NULL
     ",\"service_area\":" TEXTS ",\"same_as\":" TEXTS ","
     "\"offers\":{\"type\":[\"object\",\"null\"]},\"extra\":{\"type\":[\"object\",\"null\"]},"
     "\"found\":{\"type\":\"array\",\"description\":\"what the pipeline found out, from where and "
     "when\",\"items\":{"
     "\"type\":\"object\",\"properties\":{\"stage\":{\"type\":\"string\"},\"source\":{\"type\":"
     "\"string\"},"
     "\"found_at\":{\"type\":\"string\",\"format\":\"date-time\"},\"facts\":{\"type\":\"object\"}}}"
     "},"
     "\"created_at\":" TIME_OR_NULL ",\"updated_at\":" TIME_OR_NULL
     ",\"source_updated_at\":" TIME_OR_NULL "}}"},
    {"SuggestionList",
     "{\"type\":\"object\",\"required\":[\"suggestions\"],"
     "\"properties\":{\"suggestions\":{\"type\":\"array\",\"items\":{"
     "\"type\":\"object\",\"required\":[\"kind\",\"text\",\"key\",\"country\",\"businesses\"],\"properties\":{"
     "\"kind\":{\"enum\":[\"category\",\"city\",\"name\"]},\"text\":{\"type\":\"string\"},"
     "\"key\":" TEXT_OR_NULL ",\"country\":" TEXT_OR_NULL
     ",\"businesses\":{\"type\":[\"integer\",\"null\"]}}}}}}"},
    {"CategoryList",
     "{\"type\":\"object\",\"required\":[\"categories\"],\"properties\":{\"categories\":{"
     "\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"key\",\"label\","
     "\"group\",\"schema_type\",\"businesses\"],\"properties\":{\"key\":{\"type\":\"string\"},"
     "\"label\":{\"type\":\"string\"},\"group\":" KEY_AND_LABEL
     ",\"schema_type\":{\"type\":\"string\"},\"businesses\":{\"type\":\"integer\"}}}}}}"},
    {"RegionList", "{\"type\":\"object\",\"required\":[\"regions\"],\"properties\":{\"regions\":{"
		   "\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Place\"}}}}"},
    {"CityList", "{\"type\":\"object\",\"required\":[\"region\",\"cities\"],\"properties\":{"
		 "\"region\":{\"$ref\":\"#/components/schemas/Place\"},\"cities\":{"
		 "\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Place\"}}}}"},
    {0},
};
