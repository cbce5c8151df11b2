/* What must not stand in a profile that everybody can read: e-mail addresses, telephone numbers,
 * addresses of pages, handles, places (streets with their numbers, coordinates, "the bakery beside
 * the church"), numbers of companies, accounts and vehicles, names of companies and people; as they
 * are, in code (base 64, hexadecimal, rot13, backwards), and spelled out in English, German,
 * Serbian, French, Italian, Spanish and Dutch, for the most part in Polish, Portuguese and
 * Turkish ("name at firma punkt de"). Norms, dates, prices, dimensions and part numbers may stand.
 *
 * It protects from slips. A determined author can get something past it, and the pages say so.
 */
#ifndef CONTACT_INTAKE_INTAKE_H
#define CONTACT_INTAKE_INTAKE_H

#include "base/arena.h"
#include "config/config.h"

enum intake_kind {
	INTAKE_EMAIL,
	INTAKE_PHONE,
	INTAKE_PAGE,
	INTAKE_HANDLE,
	INTAKE_ADDRESS,
	INTAKE_REGISTER,
	INTAKE_NAME,
	INTAKE_KINDS
};

struct intake_found {
	enum intake_kind kind;
	char text[80]; /* what was found, as it was read */
};

enum { INTAKE_TEXT_MAX = 4096 }; /* bytes of a text; the rest is not looked at */

/* True: nothing was found. Text that is not valid UTF-8 has nothing. */
MUST_CHECK bool intake_screen(struct str text, struct intake_found *found);

/* The same for two fields that are shown together: each by itself, and one after the other in
 * either order, so that nothing is cut in two to get past. */
MUST_CHECK bool intake_screen_both(struct str title, struct str body, struct intake_found *found);

const char *intake_kind_name(enum intake_kind kind);   /* "an e-mail address" */
const char *intake_kind_advice(enum intake_kind kind); /* what to write instead: a sentence */

/* How many businesses of the directory must fit a profile: contact.k. The directory does not know
 * how large a business is: who names one of the three sizes needs three times as many. */
int64_t intake_needed(const struct config *config, bool size_named);

/* Lower case for comparing with names, as PostgreSQL's lower() does it for ASCII. */
struct str intake_lower(struct str text, struct arena *arena);

#endif
