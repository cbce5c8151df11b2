#include "site/search/internal.h"

#include "base/json.h"
#include "directory/names/cuisines.h"
#include "directory/names/phrases.h"
#include "directory/names/places.h"
#include "directory/names/wishes.h"
#include "directory/words/words.h"

/* A line for each phrase: its key, c and a category's or g and a group's number, + when it is a
 * further name; its stem, when that is not the stem of its key. */
static void root_put_phrase(void *ctx, struct str key, struct str stem, bool further,
			    const struct phrase_meaning *meaning)
{
	buf_printf(ctx, "%.*s\t%c%d%s%s%.*s\n", STR_ARG(key), meaning->category ? 'c' : 'g',
		   meaning->category ? meaning->category->id : meaning->group->id,
		   further ? "+" : "", stem.n ? "\t" : "", STR_ARG(stem));
}

static void root_put_letters(struct buf *out)
{
	int32_t letter;
	const char *latin;
	for (size_t i = 0; words_latin(i, &letter, &latin); i++) {
		buf_utf8(out, (uint32_t)letter);
		buf_printf(out, "\t%s\n", latin);
	}
}

/* A line for each phrase of a wish and its kind: o open, t a time, w beside a word of o, n near, x
 * what follows is not wanted. The script answers none of them, and says so. */
static void root_put_wishes(struct buf *out)
{
	enum wish wish;
	const char *row;
	for (size_t i = 0; (row = wishes_row(i, &wish)); i++) {
		struct str phrases = str_of(row);
		char kind = wish == WISH_OPEN || wish == WISH_ALWAYS ? 'o'
			    : wish == WISH_NEAR_ME                   ? 'n'
			    : wish == WISH_NOT                       ? 'x'
			    : wishes_tells_time(wish)                ? 't'
								     : 'w';
		while (phrases.p) {
			struct str phrase = str_cut(&phrases, ';');
			buf_printf(out, "%.*s\t%c\n", STR_ARG(phrase), kind);
		}
	}
}

static void root_put_cuisine(void *ctx, struct str name, struct str cuisine)
{
	buf_printf(ctx, "%.*s\t%.*s\n", STR_ARG(name), STR_ARG(cuisine));
}

/* Other names of towns, and of the countries that the regions are in. */
static void root_put_aliases(const struct sitesearch_root *root, struct buf *out)
{
	struct str last = {"", 0}, lines = root->regions;
	for (size_t i = 0;; i++) {
		struct str names = places_town(i);
		if (!names.n)
			break;
		buf_printf(out, "\t%.*s\n", STR_ARG(names));
	}
	while (lines.n) {
		struct str line = str_cut(&lines, '\n');
		str_cut(&line, '\t');
		struct str code = str_cut(&line, '\t');
		if (str_eq(code, last))
			continue;
		last = code;
		buf_printf(out, "%.*s\t%.*s\n", STR_ARG(code), STR_ARG(places_country_names(code)));
	}
}

void root_write(const struct sitesearch_root *root, uint32_t pairs, struct str common,
		struct str served, const struct tree *tree, struct buf *out)
{
	struct json_writer w;
	struct buf text[6];
	for (size_t i = 0; i < COUNT_OF(text); i++)
		buf_init(&text[i], 4 << 20);
	root_put_letters(&text[0]);
	for (size_t i = 0; phrases_filler(i); i++)
		buf_printf(&text[1], "%s\n", phrases_filler(i));
	phrases_each(root_put_phrase, &text[2]);
	root_put_aliases(root, &text[3]);
	root_put_wishes(&text[4]);
	if (served.n)
		cuisines_each(root_put_cuisine, &text[5]);
	const struct {
		const char *name;
		struct str text;
	} members[] = {
	    {"latin", buf_view(&text[0])},
	    {"fillers", buf_view(&text[1])},
	    {"phrases", buf_view(&text[2])},
	    {"aliases", buf_view(&text[3])},
	    {"wishes", buf_view(&text[4])},
	    {"cuisines", buf_view(&text[5])},
	    {"served", served},
	    {"kinds", root->kinds},
	    {"towns", root->towns},
	    {"regions", root->regions},
	    {"common", common},
	    {"fences", buf_view(&tree->fences)},
	    {"leaves", tree->fences.n ? STR("") : buf_view(&tree->fence)},
	};
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_i64(&w, "pairs", pairs);
	for (size_t i = 0; i < COUNT_OF(members); i++)
		json_member_str(&w, members[i].name, members[i].text);
	json_object_end(&w);
	for (size_t i = 0; i < COUNT_OF(text); i++)
		buf_release(&text[i]);
}
