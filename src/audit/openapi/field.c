/* What a property is, by its name, its type and the properties of the same object. */
#include "audit/openapi/internal.h"
#include "base/ascii.h"
#include "base/memory.h"

#include <stdlib.h>

enum { DEEP_MAX = 12, PROPERTIES_MAX = 4096, PACK_FROM = 20 };

/* Whether a value can be a text. */
enum field_text { TEXT_UNKNOWN, TEXT_YES, TEXT_NO };

static bool one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(s, str_of(*words)))
			return true;
	return false;
}

const char *field_kind_name(enum contact_kind kind)
{
	static const char *const names[FIELD_KINDS] = {"", "an e-mail address",
						       "a telephone number", "the name of a person",
						       "a postal address"};
	return names[kind];
}

bool field_has_type(struct document *tree, const struct openapi_node *schema, const char *type)
{
	const struct openapi_node *is = document_get(tree, schema, "type");
	if (node_is(is, NODE_STRING))
		return str_eq(is->text, str_of(type));
	if (node_is(is, NODE_ARRAY))
		for (const struct openapi_entry *e = is->first; e; e = e->next)
			if (node_is(e->value, NODE_STRING) && str_eq(e->value->text, str_of(type)))
				return true;
	return false;
}

static enum field_text field_text_of(struct document *tree, const struct openapi_node *schema,
				     int deep);

static enum field_text field_text_of_any(struct document *tree, const struct openapi_node *choices,
					 int deep)
{
	bool unknown = true;
	for (const struct openapi_entry *e = choices->first; e; e = e->next) {
		enum field_text text = field_text_of(tree, e->value, deep);
		if (text == TEXT_YES)
			return TEXT_YES;
		unknown = unknown && text == TEXT_UNKNOWN;
	}
	return unknown ? TEXT_UNKNOWN : TEXT_NO;
}

/* Texts with these formats are no contact data. */
static bool field_other_format(struct str format)
{
	static const char *const formats[] = {
	    "date", "date-time",     "time",         "duration", "uuid", "uri",
	    "url",  "uri-reference", "uri-template", "binary",   "byte", "ipv4",
	    "ipv6", "hostname",      "int32",        "int64",    NULL};
	return one_of(format, formats);
}

/* A text, or an array of texts. */
static enum field_text field_text_of(struct document *tree, const struct openapi_node *schema,
				     int deep)
{
	static const char *const choices[] = {"anyOf", "oneOf", "allOf"};
	schema = reference_end(tree, schema);
	if (!node_is(schema, NODE_OBJECT) || deep > DEEP_MAX)
		return TEXT_UNKNOWN;
	if (document_get(tree, schema, "enum") || document_get(tree, schema, "const"))
		return TEXT_NO;
	if (field_has_type(tree, schema, "string"))
		return field_other_format(document_string(tree, schema, "format")) ? TEXT_NO
										   : TEXT_YES;
	if (field_has_type(tree, schema, "array") || document_get(tree, schema, "items"))
		return field_text_of(tree, document_get(tree, schema, "items"), deep + 1);
	if (document_get(tree, schema, "properties"))
		return TEXT_NO;
	for (size_t i = 0; i < COUNT_OF(choices); i++) {
		const struct openapi_node *of = document_get(tree, schema, choices[i]);
		if (node_is(of, NODE_ARRAY))
			return field_text_of_any(tree, of, deep + 1);
	}
	return document_get(tree, schema, "type") ||
		       document_get(tree, schema, "additionalProperties")
		   ? TEXT_NO
		   : TEXT_UNKNOWN;
}

static struct str field_format_of(struct document *tree, const struct openapi_node *schema)
{
	schema = reference_end(tree, schema);
	for (int deep = 0; deep < DEEP_MAX && field_has_type(tree, schema, "array"); deep++)
		schema = reference_end(tree, document_get(tree, schema, "items"));
	return document_string(tree, schema, "format");
}

/* ---- names ---- */

static bool is_number(const char *word)
{
	for (; *word; word++)
		if (!ascii_is_digit(*word))
			return false;
	return true;
}

/* Whether the name has a word of the classes and no other word that changes its meaning. *first:
 * the number of words before it. */
static bool words_name_value(const struct naming *words, unsigned classes, size_t *first)
{
	size_t at = 0;
	while (at < words->count && !(words->is[at] & classes)) {
		if (words->is[at] & WORD_NO_VALUE)
			return false;
		at++;
	}
	if (at == words->count || words->cut)
		return false;
	*first = at;
	for (size_t i = at + 1; i < words->count; i++)
		if (!(words->is[i] & WORD_BEHIND) && !is_number(words->word[i]))
			return false;
	return !str_eq(str_of(words->word[words->count - 1]), STR("sent"));
}

/* first_name and its kin. */
static bool words_name_person(const struct naming *words)
{
	static const char *const whole[] = {"firstname",  "lastname",   "givenname", "familyname",
					    "middlename", "maidenname", "surname",   "forename",
					    "givennames", NULL};
	static const char *const before[] = {"first",  "last",   "given", "family",
					     "middle", "maiden", NULL};
	static const char *const scripts[] = {"kana", "kanji", "latin", "native", NULL};
	static const char *const other[] = {"font", "check", "is", "has", "count", "match", NULL};
	size_t n = words->count;
	if (n && one_of(str_of(words->word[n - 1]), scripts))
		n--;
	if (n == 0 || words->cut || one_of(str_of(words->word[0]), other))
		return false;
	struct str last = str_of(words->word[n - 1]);
	return one_of(last, whole) ||
	       (n > 1 && (str_eq(last, STR("name")) || str_eq(last, STR("names"))) &&
		one_of(str_of(words->word[n - 2]), before));
}

/* contact_name, account_holder_name */
static bool words_name_somebody(const struct naming *words)
{
	size_t n = words->count;
	return n > 1 && !words->cut && str_eq(str_of(words->word[n - 1]), STR("name")) &&
	       (words->is[n - 2] & WORD_GIVEN) && !(words->is[0] & WORD_NO_VALUE);
}

enum contact_owner field_owner_of(struct str name)
{
	struct naming words;
	naming_split(&words, name);
	for (size_t i = words.count; i--;) {
		if (words.is[i] & WORD_PERSON)
			return OWNER_PERSON;
		if (words.is[i] & WORD_ORGANISATION)
			return OWNER_ORGANISATION;
		if (words.is[i] & WORD_THING)
			return OWNER_THING;
	}
	return OWNER_NONE;
}

bool field_is_wrapper(struct str name)
{
	struct naming words;
	naming_split(&words, name);
	return words.count && (words.is[words.count - 1] & WORD_WRAPPER);
}

/* ---- the properties of an object ---- */

static bool field_is_street(struct str name)
{
	static const char *const ends[] = {"line1",    "street",      "street1",   "streetaddress",
					   "address1", "addressline", "streetname"};
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_ends(name, str_of(ends[i])))
			return true;
	return false;
}

static void field_sign(struct document *tree, struct field_set *set,
		       const struct openapi_entry *property)
{
	static const char *const logins[] = {"username", "login", "loginname", "screenname", NULL};
	static const char *const births[] = {"dob",         "birthday", "birthdate",
					     "dateofbirth", "gender",   NULL};
	static const char *const ids[] = {"id", "uuid", "guid", "username", "login", NULL};
	static const char *const mobiles[] = {"mobile", "cell", NULL};
	static const char *const animals[] = {"species", "breed", "neutered", "microchip", NULL};
	static const char *const machines[] = {"host",     "hostname", "port",     "server",
					       "endpoint", "database", "authtype", "protocol",
					       "driver",   "baseurl",  NULL};
	static const char *const messages[] = {"subject", "body", "channel", "templatetype", NULL};
	static const char *const places[] = {
	    "latitude", "lat",          "longitude", "lng",   "lon",   "website",
	    "hours",    "openinghours", "industry",  "taxid", "vatid", "vatnumber",
	    "vat",      "logo",         "logourl",   "geo",   NULL};
	char room[WORDS_MAX * WORD_MAX];
	struct naming words;
	size_t first;
	naming_split(&words, property->key);
	struct str name = naming_join(&words, room);
	bool text = field_text_of(tree, property->value, 0) != TEXT_NO;
	bool prefixed = words.count > 1 && !(words.is[0] & (WORD_EMAIL | WORD_PHONE | WORD_BEHIND));
	set->email |= text && !prefixed && words_name_value(&words, WORD_EMAIL, &first);
	set->phone |= text && !prefixed && words_name_value(&words, WORD_PHONE, &first);
	set->person_name |= text && (words_name_person(&words) || words_name_somebody(&words));
	set->login |= text && one_of(name, logins);
	set->first_or_last |= text && words_name_person(&words);
	set->reachable |= text && (field_is_street(name) || one_of(name, mobiles));
	set->animal |= one_of(name, animals);
	set->born |= one_of(name, births);
	set->identifier |= one_of(name, ids);
	set->machine |= one_of(name, machines);
	set->place |= one_of(name, places);
	set->message |= one_of(name, messages);
	set->via |= str_eq(name, STR("via"));
}

static void field_set_add(struct document *tree, const struct openapi_node *schema,
			  struct field_set *set, int deep)
{
	schema = reference_end(tree, schema);
	if (!node_is(schema, NODE_OBJECT) || deep > DEEP_MAX)
		return;
	const struct openapi_node *properties = document_get(tree, schema, "properties");
	if (node_is(properties, NODE_OBJECT))
		for (const struct openapi_entry *e = properties->first;
		     e && set->count < PROPERTIES_MAX; e = e->next) {
			set->property = memory_grow(set->property, &set->room, set->count + 1,
						    sizeof(*set->property));
			set->property[set->count++] = e;
			field_sign(tree, set, e);
		}
	const struct openapi_node *parts = document_get(tree, schema, "allOf");
	if (node_is(parts, NODE_ARRAY))
		for (const struct openapi_entry *e = parts->first; e && set->count < PROPERTIES_MAX;
		     e = e->next)
			field_set_add(tree, e->value, set, deep + 1);
}

void field_set_of(struct document *tree, const struct openapi_node *schema, struct field_set *set)
{
	*set = (struct field_set){0};
	field_set_add(tree, schema, set, 0);
	set->login = set->login && !set->machine;
	set->place = set->place && !(set->login || set->person_name || set->born);
}

void field_set_release(struct field_set *set)
{
	free(set->property);
	*set = (struct field_set){0};
}

bool field_set_is_person(const struct field_set *set)
{
	return set->identifier && !set->machine && (set->email || set->phone);
}

static bool is_sentence(struct str text)
{
	return memchr(text.p ? text.p : "", ' ', text.n) != NULL;
}

bool field_is_language_pack(struct document *tree, const struct field_set *set)
{
	size_t texts = 0;
	for (size_t i = 0; i < set->count; i++) {
		const struct openapi_entry *e = set->property[i];
		texts += (e->key.n && memchr(e->key.p, '.', e->key.n)) ||
			 (field_has_type(tree, e->value, "string") &&
			  is_sentence(document_string(tree, e->value, "example")));
	}
	return texts >= PACK_FROM;
}

/* ---- one property ---- */

static const struct openapi_entry *field_beside(const struct field_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_eq_nocase(set->property[i]->key, str_of(name)))
			return set->property[i];
	return NULL;
}

/* Whether a property beside it names the channel of the value: type: phone | email. Not the types
 * of an input: text | number | email | date. */
static bool field_has_channel(struct document *tree, const struct field_set *set)
{
	static const char *const names[] = {"type",   "kind",   "channel",
					    "medium", "system", "method"};
	static const char *const channels[] = {"email", "phone",  "sms",   "fax",      "pager",
					       "tel",   "mobile", "voice", "whatsapp", NULL};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct openapi_entry *e = field_beside(set, names[i]);
		const struct openapi_node *values =
		    e ? document_get(tree, reference_end(tree, e->value), "enum") : NULL;
		if (!node_is(values, NODE_ARRAY))
			continue;
		size_t all = 0, known = 0;
		for (const struct openapi_entry *v = values->first; v; v = v->next, all++)
			known += node_is(v->value, NODE_STRING) && one_of(v->value->text, channels);
		if (known && 2 * known >= all)
			return true;
	}
	return false;
}

/* "value" of an object that is an address: {via: email, value: ...}, emails: [{value: ...}]. */
static enum contact_kind field_of_address(struct document *tree, const struct field_set *set,
					  struct str name, struct str around)
{
	static const char *const values[] = {"value", "address", "number", NULL};
	struct naming words;
	size_t first;
	if (!one_of(name, values))
		return FIELD_NONE;
	naming_split(&words, around);
	if (!str_eq(name, STR("number")) && words_name_value(&words, WORD_EMAIL, &first))
		return FIELD_EMAIL;
	if (!str_eq(name, STR("address")) && words_name_value(&words, WORD_PHONE, &first))
		return FIELD_PHONE;
	return str_eq(name, STR("value")) && (set->via || field_has_channel(tree, set))
		   ? FIELD_EMAIL
		   : FIELD_NONE;
}

/* "address" with nothing but words like "billing" before it. */
static bool field_is_postal(const struct naming *words)
{
	size_t n = words->count;
	if (n == 0 || words->cut || !str_eq(str_of(words->word[n - 1]), STR("address")))
		return false;
	for (size_t i = 0; i + 1 < n; i++)
		if (!(words->is[i] & WORD_POSTAL))
			return false;
	return true;
}

/* What only a person has. */
static bool field_has_sign(const struct field_set *set)
{
	return set->person_name || (set->born && !set->animal) || set->login;
}

static bool field_is_address(const struct field_set *set, const struct naming *words,
			     struct str name, enum contact_owner owner)
{
	bool of_person = false, of_other = owner == OWNER_ORGANISATION;
	for (size_t i = 0; i < words->count; i++) {
		of_person |= (words->is[i] & WORD_PERSON) != 0;
		of_other |= (words->is[i] & (WORD_ORGANISATION | WORD_NO_VALUE)) != 0;
	}
	if (of_other)
		return false;
	return (field_is_street(name) || field_is_postal(words)) &&
	       (of_person || owner == OWNER_PERSON || (owner == OWNER_NONE && field_has_sign(set)));
}

/* A name that counts as a person's only when another property indicates a person. */
static bool field_is_name(const struct field_set *set, const struct naming *words, struct str name,
			  enum contact_owner owner)
{
	static const char *const names[] = {"name", "fullname", "displayname", "realname", NULL};
	char beside[WORDS_MAX * WORD_MAX + 16];
	size_t n = words->count;
	if (one_of(name, names))
		return field_has_sign(set) ||
		       (owner == OWNER_PERSON && (set->email || set->phone || set->reachable)) ||
		       (owner == OWNER_NONE && set->email);
	if (n != 2 || !str_eq(str_of(words->word[1]), STR("name")))
		return false;
	memcpy(beside, words->word[0], strlen(words->word[0]));
	memcpy(beside + strlen(words->word[0]), "_username", sizeof("_username"));
	return field_beside(set, beside) != NULL;
}

static bool field_is_mobile(const struct field_set *set, const struct naming *words,
			    enum contact_owner owner)
{
	size_t n = words->count;
	if (n == 0 || words->cut || !(field_has_sign(set) || set->email || owner == OWNER_PERSON))
		return false;
	for (size_t i = 0; i < n; i++)
		if (words->is[i] & WORD_NO_VALUE)
			return false;
	bool numbered = n > 1 && (words->is[n - 2] & WORD_MOBILE) &&
			(str_eq(str_of(words->word[n - 1]), STR("number")) ||
			 str_eq(str_of(words->word[n - 1]), STR("no")));
	return n == 1 ? (words->is[0] & WORD_MOBILE) != 0 : numbered;
}

/* An e-mail address or a telephone number. */
static enum contact_kind field_reachable(struct document *tree, const struct field_set *set,
					 const struct openapi_entry *property, struct str around,
					 const struct naming *words, struct str name,
					 enum contact_owner owner)
{
	static const char *const lines[] = {"directline", "directdial", NULL};
	static const char *const phones[] = {"phone", "tel", "phone-number", "e164", NULL};
	struct str format = field_format_of(tree, property->value);
	size_t first;
	if (words_name_value(words, WORD_EMAIL, &first) || str_eq(name, STR("mail")))
		return FIELD_EMAIL;
	if (words_name_value(words, WORD_PHONE, &first) || field_is_mobile(set, words, owner) ||
	    one_of(name, lines))
		return FIELD_PHONE;
	if (str_ends(format, STR("email")) && !naming_have(words, WORD_NO_VALUE))
		return FIELD_EMAIL;
	if (one_of(format, phones) && !naming_have(words, WORD_NO_VALUE))
		return FIELD_PHONE;
	if (str_eq(name, STR("recipient")) && set->message)
		return FIELD_EMAIL;
	return field_of_address(tree, set, name, around);
}

/* Members of custom_fields are chosen by the operator, those of a query by the caller: their names
 * say nothing about the API. */
static bool field_is_elsewhere(struct str around)
{
	static const char *const echoes[] = {"query",   "understood", "filter",
					     "filters", "criteria",   NULL};
	struct naming words;
	naming_split(&words, around);
	return words.count && (str_eq(str_of(words.word[0]), STR("custom")) ||
			       one_of(str_of(words.word[words.count - 1]), echoes));
}

struct contact_field field_judge(struct document *tree, const struct field_set *set,
				 const struct openapi_entry *property, struct str around,
				 enum contact_owner owner)
{
	char room[WORDS_MAX * WORD_MAX];
	struct naming words;
	struct contact_field field = {0};
	enum field_text text = field_text_of(tree, property->value, 0);
	naming_split(&words, property->key);
	struct str name = naming_join(&words, room);
	if (str_eq(name, STR("traits")) && set->identifier && text == TEXT_UNKNOWN)
		field.kind = FIELD_PERSON;
	/* writeOnly properties are in no answer. */
	const struct openapi_node *only = document_get(tree, property->value, "writeOnly");
	if (node_is(only, NODE_BOOL) && only->boolean)
		return (struct contact_field){0};
	if (text == TEXT_NO || field.kind || field_is_elsewhere(around))
		return field;
	if (set->place)
		owner = OWNER_ORGANISATION;
	field.kind = field_reachable(tree, set, property, around, &words, name, owner);
	if (field.kind) {
		/* "school_email" beside a first name is the person's; "billing_email" never is. */
		bool desk = naming_have(&words, WORD_DESK) &&
			    !(set->first_or_last && naming_have(&words, WORD_ORGANISATION));
		field.organisation = owner == OWNER_ORGANISATION || desk;
		return field;
	}
	if (words_name_person(&words) || words_name_somebody(&words) ||
	    (owner != OWNER_ORGANISATION && field_is_name(set, &words, name, owner)))
		field.kind = FIELD_PERSON;
	else if (field_is_address(set, &words, name, owner))
		field.kind = FIELD_ADDRESS;
	return field;
}
