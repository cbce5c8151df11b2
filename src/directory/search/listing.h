/* One list while it is made: shared by the files that make it. */
#ifndef DIRECTORY_SEARCH_LISTING_H
#define DIRECTORY_SEARCH_LISTING_H

#include "directory/search/internal.h"

struct listing {
	struct ask ask;
	struct search_query q;
	search_list_done *done;
	void *ctx;

	unsigned filters;
	int64_t group, category, region, city; /* 0: not asked */
	/* The filters as they were asked, while those that a text names are tried. */
	int64_t asked_group, asked_category, asked_region, asked_city;
	unsigned asked_filters;
	bool adopted;
	/* Which of the places that a text names is tried; PLACE_STAGES: none, words are words. */
	int place_stage;
	int64_t at_most; /* businesses that place and category leave */
	int64_t total;
	int64_t at_s;
	bool open;                 /* asked by open_at */
	const struct typed *typed; /* the text, when it has wishes; else NULL */
	/* What is not open when the text asks for it: what opens first before others. */
	struct list_next {
		struct search_business business;
		int64_t opens_s;
	} * next;
	size_t nexts;
	struct search_head *head; /* of a text by relevance; NULL: none */
	/* The head as named, while it is asked whether names in the town have the words instead */
	struct search_head *named;
	size_t head_from; /* where the page begins in it */
	struct text text;
	const struct plan *plan;
	struct key key; /* of the last row looked at */
	int fetch;
	struct near_ring ring;
	int walk; /* for common words */
	int walked;
	struct area area;
	struct search_list list;
};

/* ---- list_count.c ---- */

/* Count what is listed into list.facets. status: of the statement that failed, else OK. */
typedef void list_count_done(struct listing *l, enum status status, const struct err *err);
void list_count(struct listing *l, list_count_done *done);

#endif
