#include "directory/import/import.h"

/* What a visitor needs to reach a business, weighted by how much it helps. A part counts whole or
 * not at all. Under LEAST_PARTS of them nothing is known that could be judged: NULL, ranked last.
 */
static const struct {
	enum record_field needs[3]; /* all of them; the rest of the row repeats the last */
	int points;
} parts[] = {
    {{RECORD_STREET, RECORD_CITY, RECORD_CITY}, 20},
    {{RECORD_LAT, RECORD_LON, RECORD_LON}, 15},
    {{RECORD_PHONE, RECORD_PHONE, RECORD_PHONE}, 15},
    {{RECORD_WEBSITE, RECORD_WEBSITE, RECORD_WEBSITE}, 15},
    {{RECORD_HOURS, RECORD_HOURS, RECORD_HOURS}, 20},
    {{RECORD_CATEGORIES, RECORD_CATEGORIES, RECORD_CATEGORIES}, 5},
    {{RECORD_DESCRIPTION, RECORD_DESCRIPTION, RECORD_DESCRIPTION}, 10},
};
enum { LEAST_PARTS = 2 };

int import_quality(const struct record *record)
{
	int points = 0, known = 0;
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		bool has = true;
		for (size_t k = 0; k < 3; k++)
			has = has && record->field[parts[i].needs[k]].p;
		points += has ? parts[i].points : 0;
		known += has;
	}
	return known < LEAST_PARTS ? -1 : points;
}
