/* The table of rules, and findings of them. */
#include "audit/site/internal.h"
#include "site/facts/facts.h"

#include <stdarg.h>
#include <stdio.h>

static const struct audit_rule rules[SITE_RULES] = {
#define RULE(id, key, severity, title, remedy)                                                     \
	[RULE_##id] = {key, severity, title, remedy,                                               \
		       "https://developers.google.com/search/docs/essentials"},
#include "audit/site/rules.def"
#undef RULE
};

/* The checks of blocks, as rules. */
static const struct audit_rule *block_rule(size_t n)
{
	static const enum audit_severity severities[] = {[FACTS_NOTE] = AUDIT_NOTE,
							 [FACTS_WARNING] = AUDIT_WARNING,
							 [FACTS_ERROR] = AUDIT_ERROR};
	static struct audit_rule made[FACTS_FAULTS_MAX];
	if (n >= facts_faults_count)
		return NULL;
	if (!made[n].id)
		made[n] = (struct audit_rule){
		    .id = facts_faults[n].key,
		    .help = "https://schema.org/LocalBusiness",
		    .severity = severities[facts_faults[n].severity],
		    .title = facts_faults[n].text,
		    .remedy = "Correct the value in what the structured data are made from.",
		};
	return &made[n];
}

const struct audit_rule *site_rule(size_t n)
{
	return n < SITE_RULES ? &rules[n] : block_rule(n - SITE_RULES);
}

/* The reader parses hostile pages: a key that no table has is ignored. */
void site_found_key(struct site *site, struct str key, struct site_place at, struct str about)
{
	const struct audit_rule *rule;
	for (size_t n = 0; (rule = site_rule(n)); n++) {
		if (!str_eq(key, str_of(rule->id)))
			continue;
		const struct audit_finding finding = {
		    .rule = rule,
		    .file = site->files.item[at.file].path,
		    .line = at.line,
		    .column = at.column,
		    .about = about,
		};
		report_add(site->report, &finding);
		return;
	}
}

void site_found_in(struct site *site, enum site_rule_id rule, struct str file, struct str about)
{
	const struct audit_finding finding = {.rule = &rules[rule], .file = file, .about = about};
	report_add(site->report, &finding);
}

void site_found(struct site *site, enum site_rule_id rule, struct site_place at, const char *fmt,
		...)
{
	char text[PAGE_TEXT_MAX + 512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	const struct audit_finding finding = {
	    .rule = &rules[rule],
	    .file = at.file == SITE_NO_FILE ? STR("") : site->files.item[at.file].path,
	    .line = at.line,
	    .column = at.column,
	    .about = str_of(text),
	};
	report_add(site->report, &finding);
}
