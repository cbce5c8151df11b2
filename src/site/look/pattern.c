/* The pattern that stands where a business has no photo. */
#include "site/look/look.h"

#include <stdio.h>

enum { PALETTES = 10, GROUPS = 21 };

/* The motif (.t0 to .t7 of site.css) of each group of the taxonomy; a category's group is its id's
 * hundreds. */
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

struct str look_pattern(int category, int64_t id, char out[LOOK_PATTERN])
{
	size_t group = category > 0 && category / 100 < GROUPS ? (size_t)category / 100 : 0;
	/* Fibonacci hashing: neighbouring ids get different palettes. */
	unsigned palette = (unsigned)(((uint64_t)id * 0x9e3779b97f4a7c15u) >> 32) % PALETTES;
	int n = snprintf(out, LOOK_PATTERN, "t%d c%u", look_motifs[group], palette);
	return (struct str){out, (size_t)n};
}
