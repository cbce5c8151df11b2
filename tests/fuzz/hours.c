/* link: base hours */
/* Any text as opening hours, and any name as a zone: sorted, apart, within the week; nothing
 * else. */
#include "fuzz.h"
#include "hours/hours.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct hours_week week;
	int64_t changes;
	int offset;
	if (hours_week_parse(text, &week, NULL)) {
		int last = -1;
		for (size_t i = 0; i < week.count; i++) {
			must(week.span[i].from > last && week.span[i].from < week.span[i].to);
			must(week.span[i].to <= HOURS_WEEK_MINUTES);
			last = week.span[i].to;
		}
		must(hours_check(text) == NULL);
		fuzz_accept(true);
	}
	static const int64_t instants[] = {1774735200, 1792887000, -1, 951782400};
	for (size_t i = 0; i < COUNT_OF(instants); i++) {
		const struct hours_place place = {.zone = STR("Europe/Zurich"),
						  .country = STR("CH"),
						  .located = i % 2,
						  .lat = i > 1 ? 89.9 : 47.4,
						  .lon = 8.5};
		int64_t at = instants[i];
		enum hours_state state = hours_state_at(text, &place, at, &changes);
		must(changes == 0 || changes > at);
		must(hours_check(text) == NULL || (state == HOURS_UNKNOWN && changes == 0));
	}
	struct hours_season seasons[HOURS_SEASONS_MAX];
	size_t count;
	if (size < 40 && hours_seasons(text, 2026, seasons, &count))
		must(count >= 1 && count <= HOURS_SEASONS_MAX);
	(void)!hours_zone_offset(text, 0, &offset);
	return 0;
}
