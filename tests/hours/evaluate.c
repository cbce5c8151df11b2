/* link: base hours */
/* Each line of standard input as opening hours: evaluate ZONE COUNTRY LAT LON FROM TO prints a line
 * for each, either "- why" when it is not understood, or the state at FROM and each change until
 * TO: "closed 1767340800:open ...". As names of zones: evaluate FROM prints the rule of each. */
#include "hours/hours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const states[] = {
    [HOURS_UNKNOWN] = "unknown", [HOURS_CLOSED] = "closed", [HOURS_OPEN] = "open"};

int main(int argc, char **argv)
{
	char line[65536];
	while (argc == 2 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		printf("%s\n", hours_zone_rule(str_of(line), atoll(argv[1])).p);
	}
	if (argc != 7)
		return argc == 2 ? 0 : 2;
	struct hours_place place = {.zone = str_of(argv[1]),
				    .country = str_of(argv[2]),
				    .located = true,
				    .lat = atof(argv[3]),
				    .lon = atof(argv[4])};
	int64_t from = atoll(argv[5]), to = atoll(argv[6]);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		struct hours_season seasons[HOURS_SEASONS_MAX];
		struct str text = str_of(line);
		const char *why = hours_check(text);
		size_t count;
		int64_t at = from, next;
		if (why) {
			printf("- %s\n", why);
			continue;
		}
		printf("%d %s", hours_seasons(text, 2026, seasons, &count) ? (int)count : 0,
		       states[hours_state_at(text, &place, at, &next)]);
		while (next && next < to) {
			at = next;
			enum hours_state state = hours_state_at(text, &place, at, &next);
			printf(" %lld:%s", (long long)at, states[state]);
		}
		printf("\n");
	}
	return 0;
}
