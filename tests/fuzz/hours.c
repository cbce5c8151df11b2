/* link: base hours */
/* Any text as opening hours, and any name as a zone: sorted, apart, within the week; nothing else. */
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
		enum hours_state state =
		    hours_state_at(text, STR("Europe/Zurich"), 1774735200, &changes);
		must(state != HOURS_UNKNOWN && (changes == 0 || changes > 1774735200));
	}
	(void)!hours_zone_offset(text, 0, &offset);
	return 0;
}
