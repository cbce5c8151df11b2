/* The API: a table of routes with their fields. Everything that has to do with a party is a POST
 * to a fixed path: nothing that says who it is stands in a path or a query, where logs and
 * proxies would keep it. */
#include "contact/internal.h"

#include "base/clock.h"

enum { LINE_BYTES = 200, TITLE_BYTES = 120, BODY_BYTES = 2000, NOTE_BYTES = 400 };

/* ---- fields ---- */

#define FIELD_ROW_CODE(field, text)                                                                \
	{                                                                                          \
		.name = (field), .type = HTTP_TEXT, .min = KEEPER_CODE_SIGNS,                      \
		.max = KEEPER_CODE_TYPED - 1, .required = true, .secret = true, .summary = (text)  \
	}
#define FIELD_ROW_TICKET                                                                           \
	{                                                                                          \
		.name = "ticket", .type = HTTP_TEXT, .min = 1, .max = CONTACT_TICKET_TEXT,         \
		.required = true, .secret = true, .summary = "what /v1/session gave"               \
	}
#define FIELD_ROW_TARGET                                                                           \
	{                                                                                          \
		.name = "profile", .type = HTTP_TEXT, .min = 1, .max = 300, .required = true,      \
		.summary = "number of a profile", .example = "00112233445566778899aabbccddeeff"    \
	}
#define FIELD_ROW_TEXT_VERSION                                                                     \
	{                                                                                          \
		.name = "text_version", .type = HTTP_INT, .min = 1, .max = CONTACT_TEXT_VERSION,   \
		.required = true, .summary = "version of the consent text agreed to (/v1/status)"  \
	}
#define PERSON_ROW(field, bytes, text)                                                             \
	{                                                                                          \
		.name = "contact." field, .type = HTTP_TEXT, .max = (bytes), .secret = true,       \
		.summary = (text)                                                                  \
	}
/* 100 + 120 + 200 + 60 + 400 and an end each are below KEEPER_CONTACT. */
#define PERSON_ROWS                                                                                \
	PERSON_ROW("name", 100, "whom to ask for"), PERSON_ROW("organisation", 120, "of"),         \
	    PERSON_ROW("email", 200, "e-mail address"), PERSON_ROW("phone", 60, "telephone"),      \
	{                                                                                          \
		.name = "contact.note", .type = HTTP_LINES, .max = NOTE_BYTES, .secret = true,     \
		.summary = "anything else"                                                         \
	}
#define PROFILE_ROWS                                                                               \
	{.name = "profile.kind",                                                                   \
	 .type = HTTP_CHOICE,                                                                      \
	 .choices = profile_kinds,                                                                 \
	 .required = true,                                                                         \
	 .summary = "what the party does"},                                                        \
	    {.name = "profile.category",                                                           \
	     .type = HTTP_TEXT,                                                                    \
	     .max = 60,                                                                            \
	     .summary = "key of a category of the directory"},                                     \
	    {.name = "profile.group",                                                              \
	     .type = HTTP_TEXT,                                                                    \
	     .max = 60,                                                                            \
	     .summary = "key of a group of categories; instead of a category"},                    \
	    {.name = "profile.region",                                                             \
	     .type = HTTP_TEXT,                                                                    \
	     .max = 100,                                                                           \
	     .summary = "region of the directory: its key, or its name",                           \
	     .example = "Bern"},                                                                   \
	    {.name = "profile.country",                                                            \
	     .type = HTTP_TEXT,                                                                    \
	     .max = 60,                                                                            \
	     .summary = "country, instead of a region or with its name: two letters, or a name",   \
	     .example = "CH"},                                                                     \
	    {.name = "profile.size",                                                               \
	     .type = HTTP_CHOICE,                                                                  \
	     .choices = profile_sizes,                                                             \
	     .summary = "people: below 10, below 250, more"},                                      \
	    {.name = "profile.budget",                                                             \
	     .type = HTTP_CHOICE,                                                                  \
	     .choices = profile_budgets,                                                           \
	     .summary = "what it is about, in the country's currency"},                            \
	    {.name = "profile.languages",                                                          \
	     .type = HTTP_TEXT,                                                                    \
	     .max = 200,                                                                           \
	     .summary = "codes of two letters with spaces, or names with commas",                  \
	     .example = "de fr"},                                                                  \
	    {.name = "profile.title",                                                              \
	     .type = HTTP_TEXT,                                                                    \
	     .min = 3,                                                                             \
	     .max = TITLE_BYTES,                                                                   \
	     .required = true,                                                                     \
	     .summary = "one line that everybody can read"},                                       \
	{                                                                                          \
		.name = "profile.body", .type = HTTP_LINES, .min = 10, .max = BODY_BYTES,          \
		.required = true, .summary = "a text that everybody can read, without contact"     \
	}

const struct http_param contact_code_fields[] = {
    FIELD_ROW_CODE("code", "the party's code; case, spaces and hyphens do not matter"), {0}};
const struct http_param contact_ticket_fields[] = {FIELD_ROW_TICKET, {0}};
const struct http_param contact_target_fields[] = {FIELD_ROW_TICKET, FIELD_ROW_TARGET, {0}};
const struct http_param contact_show_fields[] = {FIELD_ROW_TARGET, {0}};
const struct http_param contact_enrol_fields[] = {
    FIELD_ROW_CODE("code", "the code of /v1/code, typed back"),
    {.name = "invite",
     .type = HTTP_TEXT,
     .max = KEEPER_CODE_TYPED - 1,
     .secret = true,
     .summary = "an invitation's code"},
    FIELD_ROW_TEXT_VERSION,
    PERSON_ROWS,
    PROFILE_ROWS,
    {0}};
const struct http_param contact_unlock_fields[] = {FIELD_ROW_TICKET,
						   FIELD_ROW_TARGET,
						   {.name = "seen_hash",
						    .type = HTTP_TEXT,
						    .min = 1,
						    .max = CONTACT_HASH_TEXT,
						    .required = true,
						    .summary = "what /v1/show gave"},
						   FIELD_ROW_TEXT_VERSION,
						   {0}};
const struct http_param contact_person_fields[] = {FIELD_ROW_TICKET, PERSON_ROWS, {0}};
const struct http_param contact_profile_fields[] = {FIELD_ROW_TICKET, PROFILE_ROWS, {0}};
const struct http_param contact_new_code_fields[] = {
    FIELD_ROW_TICKET, FIELD_ROW_CODE("new_code", "another code of /v1/code, typed back"), {0}};
const struct http_param contact_erase_fields[] = {
    FIELD_ROW_TICKET, FIELD_ROW_CODE("code", "the party's code once more"), {0}};

static const char *const report_causes[] = {"fake",       "unlawful", "tells-who",
					    "harassment", "other",    NULL};
const struct http_param contact_report_fields[] = {
    {.name = "ticket",
     .type = HTTP_TEXT,
     .max = CONTACT_TICKET_TEXT,
     .secret = true,
     .summary = "of a party: then the report says whether it has matched with the profile"},
    FIELD_ROW_TARGET,
    {.name = "cause",
     .type = HTTP_CHOICE,
     .choices = report_causes,
     .required = true,
     .summary = "what is wrong"},
    {.name = "text",
     .type = HTTP_LINES,
     .min = 1,
     .max = BODY_BYTES,
     .required = true,
     .summary = "what the operator should know"},
    {0}};

/* ---- handlers ---- */

void contact_send_json(struct exchange *c, struct str json)
{
	http_respond(c->request, &(struct http_answer){.body = json, .cache = HTTP_CACHE_NONE});
}

#define HANDLER(name)                                                                              \
	static void post_##name(struct http_request *request)                                      \
	{                                                                                          \
		operation_begin(request, &operation_##name, contact_send_json, NULL);              \
	}
HANDLER(code)
HANDLER(enrol)
HANDLER(session)
HANDLER(self)
HANDLER(show)
HANDLER(unlock)
HANDLER(withdraw)
HANDLER(matches)
HANDLER(release)
HANDLER(report)
HANDLER(contact)
HANDLER(profile)
HANDLER(new_code)
HANDLER(erase)

static void get_status(struct http_request *request)
{
	const struct contact *contact = http_ctx(request);
	const struct keeper_answer_info *info = &contact->info;
	struct json_writer w;
	char text[CLOCK_TEXT];
	json_writer_init(&w, http_out(request));
	json_object_begin(&w);
	clock_format(duties_next_tick(contact) * 1000000, text);
	json_member_z(&w, "next_tick", text);
	json_member_i64(&w, "tick_s", info->tick_s);
	json_member_i64(&w, "unlocks_per_day", info->unlocks_per_day);
	json_member_i64(&w, "unlocks_live", KEEPER_NOTES_MAX);
	json_member_i64(&w, "profile_days", info->profile_days);
	json_member_i64(&w, "ticket_s", KEEPER_TICKET_S);
	json_member_i64(&w, "businesses_to_fit", config_number(contact->config, CONFIG_CONTACT_K));
	json_member_bool(&w, "invited_only",
			 config_number(contact->config, CONFIG_CONTACT_ENROL) == 1);
	json_member_i64(&w, "text_version", CONTACT_TEXT_VERSION);
	json_object_end(&w);
	http_respond_out(request, HTTP_TYPE_JSON, HTTP_CACHE_NONE);
}

static void get_openapi(struct http_request *request)
{
	const struct contact *contact = http_ctx(request);
	http_respond(request, &(struct http_answer){.body = buf_view(&contact->openapi)});
}

static void get_health(struct http_request *request)
{
	http_respond(request, &(struct http_answer){.type = HTTP_TYPE_TEXT,
						    .cache = HTTP_CACHE_NONE,
						    .body = STR("ok\n")});
}

/* ---- schemas ---- */

#define OBJECT(members) "{\"type\":\"object\",\"properties\":{" members "}}"
#define TEXT(name)      "\"" name "\":{\"type\":\"string\"}"
#define TEXT_NULL(name) "\"" name "\":{\"type\":[\"string\",\"null\"]}"
#define TIME(name)      "\"" name "\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define INT(name)       "\"" name "\":{\"type\":\"integer\"}"
#define BOOL(name)      "\"" name "\":{\"type\":\"boolean\"}"
#define REF(name, to)   "\"" name "\":{\"$ref\":\"#/components/schemas/" to "\"}"
#define SESSION                                                                                    \
	TEXT("ticket")                                                                             \
	"," INT("expires_s") "," TEXT("profile") "," TIME("expires") "," TIME("next_tick")
#define STATE                                                                                      \
	"\"state\":{\"enum\":[\"published\",\"review\",\"hidden\",\"missing\"]},\"reason\":{\"type\":\"string\"}"
#define UNLOCK_MEMBERS                                                                             \
	TEXT("profile")                                                                            \
	",\"state\":{\"enum\":[\"waiting\",\"matched\",\"ended\"]}," TIME("from") "," TIME(        \
	    "withdrawn_at") "," TIME("until") "," INT("text_version")

const struct http_schema contact_schemas[] = {
    {"Contact", OBJECT(TEXT("name") "," TEXT("organisation") "," TEXT("email") "," TEXT(
		    "phone") "," TEXT("note"))},
    {"PublishedProfile",
     OBJECT("\"kind\":{\"enum\":[\"need\",\"offer\"]}," TEXT_NULL("category") "," TEXT_NULL("category_label") "," TEXT_NULL("group") "," TEXT_NULL("group_label") "," TEXT_NULL("region") "," TEXT_NULL(
	 "region_name") "," TEXT_NULL("country") "," TEXT_NULL("size") "," TEXT_NULL("budget") "," TEXT_NULL("languages") "," TEXT_NULL("title") "," TEXT_NULL("body") "," TEXT_NULL("badge"))},
    {"Code", OBJECT(TEXT("code"))},
    {"Session", OBJECT(SESSION "," STATE)},
    {"Enrolled", OBJECT(SESSION "," STATE "," INT("fits"))},
    {"Renewed", OBJECT(SESSION)},
    {"Unlock", OBJECT(UNLOCK_MEMBERS)},
    {"Match", OBJECT(UNLOCK_MEMBERS "," TIME("since"))},
    {"Self",
     OBJECT(TEXT("profile_id") "," STATE "," TIME("enrolled") "," TIME("expires") "," TIME("next_tick") "," INT(
	 "left_today") "," REF("profile",
			       "PublishedProfile") ",\"contact\":{\"$ref\":\"#/components/schemas/Contact\",\"x-contact-of\":\"self\"},\"unlocks\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Unlock\"}}")},
    {"Shown", OBJECT(TEXT("profile_id") "," BOOL("vouched") "," TEXT("seen_hash") "," INT(
		  "text_version") "," REF("profile", "PublishedProfile"))},
    {"Unlocked", OBJECT(TIME("effective_at") "," INT("left_today"))},
    {"Withdrawn", OBJECT(TIME("effective_at"))},
    {"Matches",
     OBJECT(TIME(
	 "next_tick") ",\"matches\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Match\"}}")},
    {"Released",
     OBJECT(TIME("since") "," TIME(
	 "until") ",\"contact\":{\"$ref\":\"#/components/schemas/Contact\",\"x-contact-of\":\"other\"}")},
    {"Reported", OBJECT(BOOL("reported"))},
    {"Changed", OBJECT(TEXT("profile") "," INT("fits"))},
    {"Erased", OBJECT(TIME("gone_for_good_on"))},
    {"ContactStatus",
     OBJECT(
	 TIME("next_tick") "," INT("tick_s") "," INT("unlocks_per_day") "," INT("unlocks_live") "," INT("profile_days") "," INT(
	     "ticket_s") "," INT("businesses_to_fit") "," BOOL("invited_only") "," INT("text_version"))},
    {0}};

/* ---- routes ---- */

#define POST(path, id, function, table, pad, text, gives, schema)                                  \
	{                                                                                          \
		.method = HTTP_POST, .pattern = "/v1/" path, .name = (id), .handler = (function),  \
		.kind = HTTP_API, .fields = (table), .pad_to = (pad),                              \
		.depart_ms = CONTACT_DEPART_MS, .summary = (text), .answer = (gives),              \
		.answer_schema = (schema)                                                          \
	}
static const struct http_param no_fields[] = {{0}};
const struct http_route contact_routes[] = {
    POST("code", "new_code_signs", post_code, no_fields, CONTACT_PAD_SMALL,
	 "A new code; nothing is stored", "A code", "Code"),
    POST("enrol", "enrol", post_enrol, contact_enrol_fields, CONTACT_PAD_SMALL,
	 "Publish a profile and seal a contact under a code", "Signed in", "Enrolled"),
    POST("session", "session", post_session, contact_code_fields, CONTACT_PAD_SMALL, "Sign in",
	 "A ticket", "Session"),
    POST("self", "self", post_self, contact_ticket_fields, CONTACT_PAD,
	 "What is stored of the party", "All of it", "Self"),
    POST("export", "export", post_self, contact_ticket_fields, CONTACT_PAD,
	 "The same, as a copy to keep", "All of it", "Self"),
    POST("profile", "change_profile", post_profile, contact_profile_fields, CONTACT_PAD_SMALL,
	 "Change the profile", "Changed", "Changed"),
    POST("contact", "change_contact", post_contact, contact_person_fields, CONTACT_PAD_SMALL,
	 "Change the contact; matches see the new one", "Changed", "Changed"),
    POST("show", "show", post_show, contact_show_fields, CONTACT_PAD,
	 "A profile as its party published it, before an unlock", "The profile and its hash",
	 "Shown"),
    POST("unlock", "unlock", post_unlock, contact_unlock_fields, CONTACT_PAD_SMALL,
	 "Let a party read the contact when it lets us; it learns nothing else",
	 "From when it counts", "Unlocked"),
    POST("withdraw", "withdraw", post_withdraw, contact_target_fields, CONTACT_PAD_SMALL,
	 "End an unlock; a match that was stays readable for both", "From when it ends",
	 "Withdrawn"),
    POST("matches", "matches", post_matches, contact_ticket_fields, CONTACT_PAD,
	 "The party's unlocks and what came of them", "At most 32", "Matches"),
    POST("release", "release", post_release, contact_target_fields, CONTACT_PAD_SMALL,
	 "The contact of a party that has matched: the only operation that has somebody else's",
	 "A contact", "Released"),
    POST("new-code", "change_code", post_new_code, contact_new_code_fields, CONTACT_PAD_SMALL,
	 "Another code for the same party", "Signed in", "Renewed"),
    POST("erase", "erase", post_erase, contact_erase_fields, CONTACT_PAD_SMALL,
	 "Delete the party, its profile and its unlocks", "When backups cannot be read any more",
	 "Erased"),
    POST("report", "report", post_report, contact_report_fields, CONTACT_PAD_SMALL,
	 "Tell the operator what is wrong with a profile", "Told", "Reported"),
    {.method = HTTP_GET,
     .pattern = "/v1/status",
     .name = "contact_status",
     .handler = get_status,
     .kind = HTTP_API,
     .summary = "When the next tick is, and the limits",
     .answer = "Them",
     .answer_schema = "ContactStatus"},
    {.method = HTTP_GET,
     .pattern = "/openapi.json",
     .name = "openapi",
     .handler = get_openapi,
     .kind = HTTP_API,
     .summary = "This description",
     .answer = "An OpenAPI 3.1 document"},
    {.method = HTTP_GET,
     .pattern = "/healthz",
     .name = "health",
     .handler = get_health,
     .kind = HTTP_API,
     .summary = "Whether this process lives",
     .answer = "It does",
     .answer_type = HTTP_TYPE_TEXT},
    {0}};
