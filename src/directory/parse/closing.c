/* Whether a business is closed for good, as sources say it. */
#include "base/ascii.h"
#include "base/date.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq_nocase(s, str_of(*words)))
			return true;
	return false;
}

static void closed_since(struct draft *d, struct str date)
{
	/* A date says more than a flag. */
	if (!d->closed_on.n || str_eq(d->closed_on, STR("yes")))
		d->closed_on = date;
}

/* A year or month that is over, in whatever order its parts are: "2019-05", "05/2019",
 * "12/31/2020". The day is not known, or not for sure. */
static bool is_past_year(struct str s)
{
	char today[DATE_TEXT];
	int64_t year, now;
	date_format((int64_t)(time(NULL) / 86400), today);
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_digit(s.p[i]) && !strchr("-/. ", s.p[i]))
			return false;
	for (size_t i = 0; i + 4 <= s.n; i++) {
		bool alone = (i == 0 || !ascii_is_digit(s.p[i - 1])) &&
			     (i + 4 == s.n || !ascii_is_digit(s.p[i + 4]));
		if (alone && str_to_i64((struct str){s.p + i, 4}, 1900, 9999, &year))
			return str_to_i64((struct str){today, 4}, 1, 9999, &now) && year < now;
	}
	return false;
}

static bool is_past(struct str date)
{
	char today[DATE_TEXT];
	date_format((int64_t)(time(NULL) / 86400), today);
	return str_cmp(date, str_of(today)) <= 0;
}

enum { FOLDED_BYTES = 60 };

/* In lower case and without marks, with blanks for "_" and "-". */
static struct str closing_fold(struct str value, char folded[FOLDED_BYTES])
{
	size_t n;
	bool fits = value_fold(value, folded, FOLDED_BYTES - 1, &n) && n;
	for (size_t i = 0; fits && i < n; i++)
		folded[i] = (char)(folded[i] == '_' || folded[i] == '-' ? ' ' : folded[i]);
	return (struct str){folded, fits ? n : 0};
}

static const char *const closed_words[] = {"closed",
					   "closed permanently",
					   "permanently closed",
					   "permanentlyclosed",
					   "closed for good",
					   "dissolved",
					   "defunct",
					   "out of business",
					   "ceased",
					   "terminated",
					   "inactive",
					   "geschlossen",
					   "dauerhaft geschlossen",
					   "endgultig geschlossen",
					   "fur immer geschlossen",
					   "permanent geschlossen",
					   "erloschen",
					   "aufgelost",
					   "aufgeloest",
					   "geloscht",
					   "geloescht",
					   "stillgelegt",
					   "inaktiv",
					   "ferme",
					   "fermee",
					   "definitivement ferme",
					   "definitivement fermee",
					   "ferme definitivement",
					   "fermee definitivement",
					   "cesse",
					   "cessee",
					   "radie",
					   "radiee",
					   "inactif",
					   "chiuso definitivamente",
					   "chiusa definitivamente",
					   "definitivamente chiuso",
					   "chiuso",
					   "chiusa",
					   "cessata",
					   "cessato",
					   "cancellata",
					   "cancellato",
					   "inattiva",
					   "inattivo",
					   "cerrado",
					   "cerrada",
					   "cerrado permanentemente",
					   "cerrado definitivamente",
					   "cerrada definitivamente",
					   "baja",
					   "inactivo",
					   "inactiva",
					   "permanent gesloten",
					   "definitief gesloten",
					   "gesloten",
					   "opgeheven",
					   "uitgeschreven",
					   "inactief",
					   "trajno zatvoreno",
					   "zatvoreno",
					   "obrisan",
					   "obrisano",
					   "трајно затворено",
					   "затворено",
					   "zamkniete",
					   "nedlagt",
					   "ophort",
					   "nedlagd",
					   NULL};

/* Words by which it is certainly open, still or again. */
static const char *const open_words[] = {"open",
					 "opened",
					 "active",
					 "operational",
					 "in business",
					 "registered",
					 "current",
					 "normal",
					 "closed temporarily",
					 "temporarily closed",
					 "offen",
					 "geoffnet",
					 "aktiv",
					 "eingetragen",
					 "in betrieb",
					 "vorubergehend geschlossen",
					 "ouvert",
					 "ouverte",
					 "actif",
					 "en activite",
					 "en exploitation",
					 "temporairement ferme",
					 "ferme temporairement",
					 "aperto",
					 "aperta",
					 "attivo",
					 "attiva",
					 "chiuso temporaneamente",
					 "temporaneamente chiuso",
					 "abierto",
					 "abierta",
					 "activo",
					 "activa",
					 "alta",
					 "cerrado temporalmente",
					 "actief",
					 "tijdelijk gesloten",
					 "otvoreno",
					 "aktivan",
					 "aktivno",
					 "a",
					 "o",
					 "1",
					 "true",
					 "yes",
					 "y",
					 "ja",
					 "oui",
					 "si",
					 "geopend",
					 NULL};

void closing_put(struct draft *d, const char *kind, struct str value)
{
	/* Of the register Sirene: fermé, cessé. */
	static const char *const french_words[] = {"f", "c", NULL};
	static const char *const yes_words[] = {"true", "yes", "y",  "1",         "x",
						"ja",   "oui", "si", "s\xc3\xac", "wahr",
						"vrai", "t",   NULL};
	static const char *const no_words[] = {"false", "no",     "n",    "0", "nein",
					       "non",   "falsch", "faux", "f", NULL};
	char folded[FOLDED_BYTES];
	value = str_trim(value);
	if (!value.n)
		return;
	struct given *g = draft_given(d, RECORD_CLOSED, value);
	struct str date = value_date(d, value), plain = closing_fold(value, folded);
	bool word = is_one_of(plain, closed_words), yes = is_one_of(value, yes_words);
	if (date.p && strcmp(kind, "open") != 0) {
		if (is_past(date)) {
			closed_since(d, date);
			return;
		}
		draft_dropped(g, "the date is in the future: it is open");
		return;
	}
	if (strcmp(kind, "date") == 0 && is_past_year(value)) {
		closed_since(d, STR("yes"));
		return;
	}
	bool closed = strcmp(kind, "open") == 0     ? is_one_of(value, no_words)
		      : strcmp(kind, "french") == 0 ? word || is_one_of(value, french_words)
		      : strcmp(kind, "word") == 0   ? word
						    : word || yes;
	if (closed)
		closed_since(d, STR("yes"));
	else if (strcmp(kind, "date") == 0 && value.n)
		draft_dropped(g, "not a date");
	else if (strcmp(kind, "word") == 0 && !is_one_of(plain, open_words))
		draft_dropped(g, "not known to mean open or closed");
	else if (g)
		g->fate = FATE_KEPT; /* open, as a record without the field is */
}
