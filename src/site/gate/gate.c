#include "site/gate/gate.h"
#include "base/ascii.h"

#include <xxhash.h>
#include <string.h>

const struct gate_cause_info gate_causes[GATE_CAUSES] = {
#define CAUSE(id, key, verdict, text) {key, verdict, text},
#include "site/gate/causes.def"
#undef CAUSE
};

static const char *const verdict_names[] = {"publish", "noindex", "withhold"};

void gate_limits_read(struct gate_limits *out, const struct config *config)
{
	out->quality_publish = (int)config_number(config, CONFIG_SITE_QUALITY_PUBLISH);
	out->quality_index = (int)config_number(config, CONFIG_SITE_QUALITY_INDEX);
	out->stale_days = (int)config_number(config, CONFIG_SITE_STALE_AFTER);
}

/* ---- the causes ---- */

static bool gate_has_letter(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if ((c & 0x80) || ascii_is_letter(c))
			return true;
	}
	return false;
}

/* "1881" and "7-11" are names; ".", "?" and "0" are not. */
static bool gate_is_named(struct str name)
{
	size_t digits = 0;
	for (size_t i = 0; i < name.n; i++)
		digits += ascii_is_digit(name.p[i]);
	return gate_has_letter(name) || digits >= 2;
}

static bool gate_is_placed(const struct facts_business *b)
{
	return b->city.n || b->postcode.n || b->service_area.count;
}

static bool gate_is_closed(const struct facts_business *b)
{
	struct str closed = facts_extra(b, "closed"), status = facts_extra(b, "status");
	return (closed.n && !str_eq_nocase(closed, STR("no")) &&
		!str_eq_nocase(closed, STR("false"))) ||
	       str_eq_nocase(status, STR("INACTIVE")) || str_eq_nocase(status, STR("closed")) ||
	       str_eq_nocase(status, STR("CLOSED_PERMANENTLY"));
}

static bool gate_is_unclassified(const struct facts_business *b)
{
	return b->types.count == 0;
}

static bool gate_applies(const struct gate_limits *limits, const struct gate_input *in,
			 enum gate_cause cause)
{
	const struct facts_business *b = in->facts;
	switch (cause) {
	case GATE_FINE:
	case GATE_CAUSES:
		return false;
	case GATE_SUPPRESSED:
		return in->suppressed;
	case GATE_UNNAMED:
		return !gate_is_named(b->name);
	case GATE_NOWHERE:
		return !gate_is_placed(b) && !b->located;
	case GATE_CLOSED:
		return gate_is_closed(b);
	case GATE_DUPLICATE:
		return in->duplicate;
	case GATE_EMPTY:
		return in->quality < limits->quality_publish;
	case GATE_INVALID_FACTS:
		return !in->valid;
	case GATE_THIN:
		return in->quality < limits->quality_index;
	case GATE_STALE:
		return limits->stale_days && in->updated_day &&
		       in->today - in->updated_day > limits->stale_days;
	case GATE_UNNAMED_PLACE:
		return !gate_is_placed(b);
	case GATE_UNCLASSIFIED:
		return gate_is_unclassified(b);
	}
	return false;
}

enum gate_cause gate_judge(const struct gate_limits *limits, const struct gate_input *input)
{
	enum gate_cause gravest = GATE_FINE;
	for (enum gate_cause cause = GATE_FINE; cause < GATE_CAUSES; cause++)
		if (gate_causes[cause].verdict > gate_causes[gravest].verdict &&
		    gate_applies(limits, input, cause))
			gravest = cause;
	return gravest;
}

/* ---- identity ---- */

/* Hash ASCII letters in lower case, digits, and all other characters that are not ASCII. */
static uint64_t gate_hash_folded(struct str s, uint64_t seed)
{
	char folded[512];
	size_t n = 0;
	for (size_t i = 0; i < s.n && n < sizeof(folded); i++) {
		char c = ascii_lower(s.p[i]);
		if (ascii_is_alnum(c) || (unsigned char)c >= 0x80)
			folded[n++] = c;
	}
	return XXH3_64bits_withSeed(folded, n, seed + n);
}

uint64_t gate_identity(const struct facts_business *facts)
{
	if (!facts->name.n || !facts->street.n || (!facts->postcode.n && !facts->city.n))
		return 0;
	uint64_t hash = gate_hash_folded(facts->name, 1);
	hash = gate_hash_folded(facts->street, hash);
	hash = gate_hash_folded(facts->postcode.n ? facts->postcode : facts->city, hash);
	return hash | 1;
}

/* ---- the report ---- */

void gate_report_text(const struct gate_report *report, struct buf *out)
{
	for (int i = 0; i < GATE_CAUSES; i++)
		if (report->count[i])
			buf_printf(out, "%-8s  %-13s  %12llu  %s\n",
				   verdict_names[gate_causes[i].verdict], gate_causes[i].key,
				   (unsigned long long)report->count[i], gate_causes[i].text);
}

void gate_report_json(const struct gate_report *report, struct json_writer *w)
{
	uint64_t sums[GATE_WITHHOLD + 1] = {0};
	for (int i = 0; i < GATE_CAUSES; i++)
		sums[gate_causes[i].verdict] += report->count[i];
	json_object_begin(w);
	for (int v = GATE_PUBLISH; v <= GATE_WITHHOLD; v++)
		json_member_i64(w, verdict_names[v], (int64_t)sums[v]);
	json_key(w, "causes");
	json_array_begin(w);
	for (int i = 0; i < GATE_CAUSES; i++) {
		if (!report->count[i])
			continue;
		json_object_begin(w);
		json_member_z(w, "cause", gate_causes[i].key);
		json_member_z(w, "verdict", verdict_names[gate_causes[i].verdict]);
		json_member_i64(w, "count", (int64_t)report->count[i]);
		json_member_z(w, "text", gate_causes[i].text);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}
