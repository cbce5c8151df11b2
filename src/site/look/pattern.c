/* The pattern that stands where a business has no photo. */
#include "site/look/internal.h"
#include "site/look/look.h"

#include <stdio.h>
#include <string.h>
#include "base/digits.h"
#include "base/files.h"

enum { GROUPS = 21, LOOK_STYLE_MAX = 1 << 16 };

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
	char *to = out;
	*to++ = 't';
	to = digits_put(to, look_motif(category));
	to = stpcpy(to, " c");
	to = digits_put(to, look_palette(id));
	return (struct str){out, (size_t)(to - out)};
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

/* in.n: it is not there. */
static size_t look_find(struct str in, const struct buf *what)
{
	const char *found = memmem(in.p, in.n, what->p, what->n);
	return found ? (size_t)(found - in.p) : in.n;
}

/* Put the value of a custom property where the declarations use it. sheet: one that the page links;
 * what that uses, too, stays declared. */
static void look_put_inside(struct str declaration, struct str sheet, struct buf *style)
{
	struct str value = declaration, name = str_cut(&value, ':');
	struct buf use, out;
	buf_init(&use, LOOK_STYLE_MAX);
	buf_init(&out, LOOK_STYLE_MAX);
	buf_printf(&use, "var(%.*s)", STR_ARG(name));
	struct str rest = buf_view(style);
	if (look_find(rest, &use) == rest.n || look_find(sheet, &use) < sheet.n) {
		buf_printf(&out, "%.*s;%.*s", STR_ARG(declaration), STR_ARG(rest));
		rest.n = 0;
	}
	while (rest.n) {
		size_t at = look_find(rest, &use);
		buf_add(&out, rest.p, at);
		rest = str_from(rest, at);
		if (rest.n) {
			buf_str(&out, value);
			rest = str_from(rest, use.n);
		}
	}
	buf_reset(style);
	buf_str(style, buf_view(&out));
	buf_release(&use);
	buf_release(&out);
}

static struct str look_make_style(struct str motif, struct str palette, struct str sheet,
				  struct arena *arena)
{
	struct buf style;
	buf_init(&style, LOOK_STYLE_MAX);
	buf_str(&style, motif);
	while (palette.p) {
		struct str declaration = str_cut(&palette, ';');
		if (declaration.n)
			look_put_inside(declaration, sheet, &style);
	}
	struct str made =
	    buf_failed(&style) ? (struct str){NULL, 0} : arena_str(arena, buf_view(&style));
	buf_release(&style);
	return made;
}

void look_patterns_read(struct look_patterns *patterns, struct arena *arena)
{
	struct str all = files_find(STR("assets/site.css"))->body;
	struct str linked = files_find(str_of(look_business_sheet()))->body;
	struct str motif[LOOK_MOTIFS], palette[LOOK_PALETTES];
	bool motifs = look_read_classes(all, 't', motif, LOOK_MOTIFS);
	patterns->complete = look_read_classes(all, 'c', palette, LOOK_PALETTES) && motifs;
	for (unsigned m = 0; m < LOOK_MOTIFS && patterns->complete; m++)
		for (unsigned p = 0; p < LOOK_PALETTES && patterns->complete; p++) {
			struct str style = look_make_style(motif[m], palette[p], linked, arena);
			patterns->style[m][p] = style;
			patterns->complete = style.p != NULL;
		}
}

struct str look_pattern_style(const struct look_patterns *patterns, int category, int64_t id)
{
	return patterns->style[look_motif(category)][look_palette(id)];
}
