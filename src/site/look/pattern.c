/* The pattern that stands where a business has no photo. */
#include "site/look/internal.h"
#include "site/look/look.h"

#include <stdio.h>
#include "base/files.h"

enum { GROUPS = 21 };

/* The motif (.t0 to .t7 of assets/site.css) of each group of the taxonomy; a category's group is
 * its id's hundreds. */
static const unsigned char look_motifs[GROUPS] = {
    [0] = 7,  /* unclassified */
    [1] = 1,  /* food shops: dots */
    [2] = 3,  /* eating and drinking: scallops */
    [3] = 3,  /* lodging */
    [4] = 2,  /* fashion and beauty: stripes */
    [5] = 0,  /* home and garden: tiles */
    [6] = 4,  /* other shops: rings */
    [7] = 0,  /* building trades and crafts */
    [8] = 6,  /* vehicles: chevrons */
    [9] = 4,  /* health */
    [10] = 4, /* care */
    [11] = 5, /* finance and law: lines */
    [12] = 5, /* business services */
    [13] = 7, /* education: triangles */
    [14] = 7, /* culture */
    [15] = 6, /* sport */
    [16] = 5, /* public services */
    [17] = 6, /* travel and transport */
    [18] = 2, /* industry and agriculture */
    [19] = 1, /* associations */
    [20] = 7, /* other */
};

static unsigned look_motif(int category)
{
	size_t group = category > 0 && category / 100 < GROUPS ? (size_t)category / 100 : 0;
	return look_motifs[group];
}

/* Fibonacci hashing: neighbouring ids get different palettes. */
static unsigned look_palette(int64_t id)
{
	return (unsigned)(((uint64_t)id * 0x9e3779b97f4a7c15u) >> 32) % LOOK_PALETTES;
}

struct str look_pattern(int category, int64_t id, char out[LOOK_PATTERN])
{
	int n = snprintf(out, LOOK_PATTERN, "t%u c%u", look_motif(category), look_palette(id));
	return (struct str){out, (size_t)n};
}

static bool look_read_classes(struct str sheet, char letter, struct str *rules, unsigned count)
{
	bool all = true;
	for (unsigned i = 0; i < count; i++) {
		char selector[8];
		int n = snprintf(selector, sizeof(selector), ".%c%u", letter, i);
		rules[i] = look_rule(sheet, (struct str){selector, (size_t)n});
		all &= rules[i].n > 0;
	}
	return all;
}

void look_patterns_read(struct look_patterns *patterns)
{
	struct str sheet = files_find(STR("assets/site.css"))->body;
	bool motifs = look_read_classes(sheet, 't', patterns->motif, LOOK_MOTIFS);
	bool palettes = look_read_classes(sheet, 'c', patterns->palette, LOOK_PALETTES);
	patterns->complete = motifs && palettes;
}

struct str look_pattern_style(const struct look_patterns *patterns, int category, int64_t id,
			      struct arena *arena)
{
	return ARENA_JOIN(arena, patterns->palette[look_palette(id)], STR(";"),
			  patterns->motif[look_motif(category)]);
}
