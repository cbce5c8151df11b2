#include "config/roles.h"
#include "base/ascii.h"

#include <stdio.h>
#include <string.h>

const struct role role_table[ROLES] = {
#define ROLE(id, suffix, database, user, powers, settings)                                         \
	[ROLE_##id] = {suffix, ROLE_DATABASE_##database, user, powers, settings},
#include "config/roles.def"
#undef ROLE
};

static const char standard_prefix[] = "holdfast";

void role_name(const struct config *c, enum role_id id, char out[ROLE_NAME_MAX])
{
	int n = id == ROLE_SUPERUSER
		    ? snprintf(out, ROLE_NAME_MAX, "postgres")
		    : snprintf(out, ROLE_NAME_MAX, "%s_%s", config_text(c, CONFIG_DB_ROLE_PREFIX),
			       role_table[id].suffix);
	must(n > 0 && n < ROLE_NAME_MAX); /* the option's maximum guarantees it */
}

const char *role_database(enum role_id id)
{
	static const char *const names[] = {
	    [ROLE_DATABASE_DIRECTORY] = "holdfast", [ROLE_DATABASE_CONTACT] = "holdfast_contact"};
	return names[id == ROLE_SUPERUSER ? ROLE_DATABASE_DIRECTORY : role_table[id].database];
}

static bool role_char(char c)
{
	return ascii_is_lower(c) || ascii_is_digit(c) || c == '_';
}

void role_prefix(const char *database, char out[ROLE_NAME_MAX])
{
	enum { PLAIN_MAX = 40, SHORT = 24 };
	char plain[SHORT + 1];
	size_t n = strlen(database), kept = n < SHORT ? n : SHORT;
	bool same = n <= PLAIN_MAX;
	/* FNV-1a: distinguishes names that differ in replaced characters only */
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < n; i++) {
		same &= role_char(database[i]);
		hash = (hash ^ (unsigned char)database[i]) * 16777619u;
		if (i < kept)
			plain[i] =
			    role_char(ascii_lower(database[i])) ? ascii_lower(database[i]) : '_';
	}
	plain[kept] = '\0';
	if (strcmp(database, standard_prefix) == 0)
		snprintf(out, ROLE_NAME_MAX, "%s", standard_prefix);
	else if (same)
		snprintf(out, ROLE_NAME_MAX, "%s_%.*s", standard_prefix, PLAIN_MAX, database);
	else
		snprintf(out, ROLE_NAME_MAX, "%s_%s_%08x", standard_prefix, plain, hash);
}

/* The role whose standard name is at `at`; ROLES: none. */
static enum role_id role_at(const char *at, size_t *length)
{
	for (size_t id = 0; id < ROLES; id++) {
		size_t n = strlen(standard_prefix) + 1 + strlen(role_table[id].suffix);
		/* The text may end anywhere: what follows is looked at last. */
		if (at[strlen(standard_prefix)] == '_' &&
		    strncmp(at + strlen(standard_prefix) + 1, role_table[id].suffix,
			    strlen(role_table[id].suffix)) == 0 &&
		    !role_char(at[n])) {
			*length = n;
			return (enum role_id)id;
		}
	}
	return ROLES;
}

void role_expand(const struct config *c, const char *sql, struct buf *out)
{
	char name[ROLE_NAME_MAX];
	for (const char *at; (at = strstr(sql, standard_prefix));) {
		size_t length = strlen(standard_prefix);
		bool begins = at == sql || !role_char(at[-1]);
		enum role_id id = begins ? role_at(at, &length) : ROLES;
		buf_add(out, sql, (size_t)(at - sql));
		if (id == ROLES) {
			buf_add(out, at, length);
		} else {
			role_name(c, id, name);
			buf_puts(out, name);
		}
		sql = at + length;
	}
	buf_puts(out, sql);
}
