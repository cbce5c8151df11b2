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
 * "01/02/2020", "Jan 2, 2020", "02.01.20". The day is not known, or not for sure. */
static bool is_past_year(struct str s)
{
	char today[DATE_TEXT];
	int64_t year, now, part;
	int dots = 0;
	date_format((int64_t)(time(NULL) / 86400), today);
	if (!str_to_i64((struct str){today, 4}, 1, 9999, &now))
		return false;
	for (size_t i = 0, n; i < s.n; i += n ? n : 1) {
		n = 0;
		while (i + n < s.n && ascii_is_digit(s.p[i + n]))
			n++;
		if (n == 4 && str_to_i64((struct str){s.p + i, 4}, 1900, 9999, &year))
			return year < now;
		dots += n > 0 && n <= 2 && i + n < s.n && s.p[i + n] == '.';
		if (dots == 2 && n == 2 && i + n == s.n)
			return str_to_i64((struct str){s.p + i, 2}, 0, 99, &part) &&
			       part < now % 100;
	}
	return false;
}

/* A date as spreadsheets store it, in days: "45293". */
static struct str closing_serial(struct draft *d, struct str s)
{
	enum { FIRST = 20000, LAST = 79999, EPOCH = 25569 }; /* 1954 to 2118; 1970-01-01 */
	int64_t days;
	char *text = arena_room(&d->arena, DATE_TEXT);
	if (s.n != 5 || !text || !str_to_i64(s, FIRST, LAST, &days))
		return (struct str){NULL, 0};
	date_format(days - EPOCH, text);
	return str_of(text);
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
					   "definitiv geschlossen",
					   "definitief gesloten",
					   "opgeheven",
					   "baixada",
					   "baixado",
					   "encerrada",
					   "encerrado",
					   "oph\xc3\xb8rt",
					   "lopetettu",
					   "lakkautettu",
					   "zrusena",
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
					 "ativa",
					 "ativo",
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

/* "Baja definitiva", "CLOSED - PERMANENTLY": a word for closed beside one for good. */
static bool is_closed_for_good(struct str plain)
{
	static const char *const shut[] = {"clos", "ferm",  "geschloss", "chius", "cerrad",
					   "baja", "gesl",  "zatvor",    "zamkn", "encerr",
					   "lukk", "cessa", "fechad"},
				 *const good[] = {"permanent", "definitiv", "definitief",
						  "endgultig", "dauerhaft", "for good",
						  "trajno",    "fur immer", "na stale",
						  "trvale"};
	bool is_shut = false, for_good = false;
	for (size_t i = 0; i < COUNT_OF(shut); i++)
		is_shut |= memmem(plain.p, plain.n, shut[i], strlen(shut[i])) != NULL;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		for_good |= memmem(plain.p, plain.n, good[i], strlen(good[i])) != NULL;
	return is_shut && for_good && !memmem(plain.p, plain.n, "not ", 4);
}

bool closing_is_word(struct str value)
{
	char folded[FOLDED_BYTES];
	struct str plain = closing_fold(str_trim(value), folded);
	return plain.n > 3 && (is_one_of(plain, closed_words) || is_one_of(plain, open_words) ||
			       is_closed_for_good(plain));
}

void closing_put(struct draft *d, const char *kind, struct str value)
{
	/* Of the register Sirene: fermé, cessé. */
	static const char *const french_words[] = {"f", "c", NULL};
	char folded[FOLDED_BYTES];
	value = str_trim(value);
	if (!value.n)
		return;
	struct given *g = draft_given(d, RECORD_CLOSED, value);
	struct str date = value_date(d, value), plain = closing_fold(value, folded);
	if (!date.p && strcmp(kind, "date") == 0)
		date = closing_serial(d, value);
	enum value_answer answer = value_answer(value);
	bool word = is_one_of(plain, closed_words) || is_closed_for_good(plain),
	     yes = answer == VALUE_YES;
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
	bool closed = strcmp(kind, "open") == 0     ? answer == VALUE_NO
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
