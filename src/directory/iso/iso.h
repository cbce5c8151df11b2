/* Names of countries, of their parts (states, cantons, provinces) and of languages, so that
 * whatever a file or a person calls them they meet: codes of ISO 3166 and 639, abbreviations, names
 * in many languages. The tables are made from Debian's iso-codes when the programs are built
 * (tools/embed-iso).
 *
 * Names are folded as words are (directory/words). What says only that it is a canton or a state
 * does not count: "Kanton Bern", "Canton de Berne" and "Bern" are one. The indexes are made at the
 * first look-up, in a few milliseconds, and belong to the process.
 */
#ifndef DIRECTORY_ISO_ISO_H
#define DIRECTORY_ISO_ISO_H

#include "base/str.h"

/* The two letters of a country by code of two or three letters or three figures, by the code of its
 * vehicles ("D"), or by name: "Schweiz/Suisse", "The Netherlands", "U.S.A.". Empty: unknown, or
 * several countries are called so. Static. */
struct str iso_country(struct str name);

/* The name of a part of a country by which it is kept: its own language's, of several the first in
 * the standard. Empty: unknown. country: two letters; when empty, only a whole code ("AT-7") tells,
 * and *of is then its country. Static. */
struct str iso_part(struct str country, struct str name, struct str *of);

/* The name of a country (two letters) on pages in a language: "Deutschland" for DE and de; English
 * when the language has none. Empty: no such country. Static. */
struct str iso_country_name(struct str country, struct str language);

/* The two letters (ISO 639-1) of a language by its code or by a name that pages of some language
 * have for it: "Deutsch", "german". Empty: unknown. Static. */
struct str iso_language(struct str name);
/* What it is called on pages in a language, as iso_country_name. */
struct str iso_language_name(struct str spoken_language, struct str language);

/* What English calls a part that iso_part named, where that differs; else empty. Static. */
struct str iso_part_english(struct str country, struct str name);

/* The country (two letters) whose calling code the digits of a number of E.164 begin with; of
 * several that share it, the first. *national: the digits behind it; *trunk: what is dialled in
 * front of those within the country, "" nothing, "-" nothing because its 0 belongs to the number
 * (Italy). Empty: of no known country. Static. */
struct str iso_of_number(struct str digits, struct str *national, struct str *trunk);

#endif
