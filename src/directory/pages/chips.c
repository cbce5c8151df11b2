/* What a list was asked for, in words and by filters, each with a link that takes it away. */
#include "directory/pages/internal.h"

struct chips {
	struct view *page;
	const struct search_query *q;
	struct json_value *list; /* NULL: there is none yet */
};

static void put_chip(struct chips *c, struct str label, const struct search_query *without)
{
	struct json_build *b = &c->page->b;
	struct str href = view_list_link(c->page, without);
	if (!label.n || !href.n)
		return;
	c->list = c->list ? c->list : view_list(c->page, "chips");
	struct json_value *chip = json_build(b, c->list, NULL, JSON_IS_OBJECT);
	json_build_text(b, chip, "label", label);
	json_build_text(b, chip, "href", href);
}

/* A part of the text; p of `without` is NULL when there is no such part. */
static void put_part(struct chips *c, struct str label, struct str without)
{
	struct search_query q = *c->q;
	q.q = without;
	if (without.p)
		put_chip(c, label, &q);
}

/* What a time that is asked for is called; empty: none is. */
static struct str label_of_time(struct chips *c, enum wish when)
{
	static const enum word_id words[] = {
	    [WISH_NOW] = WORD_OPEN_NOW,           [WISH_TODAY] = WORD_OPEN_TODAY,
	    [WISH_TOMORROW] = WORD_OPEN_TOMORROW, [WISH_LATE] = WORD_OPEN_LATE,
	    [WISH_ALWAYS] = WORD_OPEN_24_HOURS,   [WISH_WEEKEND] = WORD_OPEN_WEEKEND,
	};
	if (when == WISH_NONE)
		return (struct str){"", 0};
	if (when >= WISH_MONDAY)
		return VIEW_FILL(c->page, WORD_OPEN_ON_DAY,
				 view_weekday(c->page, (int)(when - WISH_MONDAY)));
	return view_word(c->page, words[when]);
}

static void chips_put_text(struct chips *c, const struct search_understood *u)
{
	const struct search_place *place = u->city.key.n     ? &u->city
					   : u->region.key.n ? &u->region
							     : &u->country;
	if (u->words.n)
		put_part(c, VIEW_FILL(c->page, WORD_QUOTED, u->words), u->without_words);
	put_part(c, view_kind(c->page, u->category.key, u->category.label), u->without_category);
	put_part(c, view_region_name(place), u->without_place);
	put_part(c, label_of_time(c, u->when), u->without_wish);
	if (u->excluded.n)
		put_part(c, view_text(c->page, "\u2212%.*s", STR_ARG(u->excluded)),
			 u->without_wish);
	if (u->near_me)
		put_part(c, view_word(c->page, WORD_NEAR_ME), u->without_wish);
}

/* What the value of a filter is called; empty: it is none that can be taken away. */
static struct str label_of(struct chips *c, enum search_filter_id id,
			   const struct search_list *list)
{
	const struct search_filter *filter = &search_filters[id];
	struct buf value;
	struct str label = {"", 0};
	const struct wording *wording = c->page->in->wording;
	switch (id) {
	case SEARCH_BY_CATEGORY:
		return view_kind(c->page, list->category.key, list->category.label);
	case SEARCH_BY_REGION:
		return c->q->city.n ? label : view_region_name(&list->region);
	case SEARCH_BY_CITY:
		return list->city.name;
	case SEARCH_BY_OPEN_AT:
		return !c->q->open
			   ? label
			   : view_word(c->page, c->q->open_now ? WORD_OPEN_NOW : WORD_OPEN_THEN);
	case SEARCH_BY_NEAR:
	case SEARCH_BY_BBOX:
		return (id == SEARCH_BY_NEAR ? c->q->near : c->q->box)
			   ? wording_find(wording, str_of(filter->label))
			   : label;
	default:
		break;
	}
	if (filter->kind != SEARCH_KIND_CHOICE)
		return label;
	buf_init(&value, 200);
	search_query_value(&value, c->q, id);
	if (value.n)
		label = VIEW_FILL(
		    c->page, WORD_FILTER_VALUE, wording_find(wording, str_of(filter->label)),
		    view_text(c->page, "%.*s", STR_ARG(wording_find(wording, buf_view(&value)))));
	buf_release(&value);
	return label;
}

void view_chips(struct view *p, const struct search_query *q, const struct search_list *list)
{
	struct chips c = {.page = p, .q = q};
	chips_put_text(&c, &list->understood);
	for (int id = 0; id < SEARCH_FILTERS; id++) {
		struct search_query without = *q;
		struct str label = label_of(&c, (enum search_filter_id)id, list);
		if (!label.n)
			continue;
		search_query_clear(&without, (enum search_filter_id)id);
		put_chip(&c, label, &without);
	}
}
