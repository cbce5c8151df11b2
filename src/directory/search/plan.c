#include "directory/search/internal.h"
#include "directory/taxonomy/taxonomy.h"
#include "sql/directory.h"

#define G    PLAN_GROUP
#define C    PLAN_CATEGORY
#define R    PLAN_REGION
#define T    PLAN_CITY
#define Q    PLAN_TEXT
#define N    PLAN_NEAR
#define F    PLAN_FACETS
#define B    PLAN_BOX
#define RING PLAN_RING

/* Every list there is. What is not in here is refused: there is no index that would serve it. */
static const struct plan plans[] = {
    {SEARCH_QUALITY, 0, 0, false, &sql_list_all, "kl"},
    {SEARCH_QUALITY, G, 0, false, &sql_list_group, "gkl"},
    {SEARCH_QUALITY, C, 0, false, &sql_list_category, "ckl"},
    {SEARCH_QUALITY, R, 0, false, &sql_list_region, "rkl"},
    {SEARCH_QUALITY, R | G, 0, false, &sql_list_region_group, "rgkl"},
    {SEARCH_QUALITY, R | C, 0, false, &sql_list_region_category, "rckl"},
    {SEARCH_QUALITY, T, 0, false, &sql_list_city, "tkl"},
    {SEARCH_QUALITY, T | G, 0, false, &sql_list_city_group, "tgkl"},
    {SEARCH_QUALITY, T | C, 0, false, &sql_list_city_category, "tckl"},
    {SEARCH_QUALITY, Q, G | C | R | T | F, true, &sql_list_text_walk, "wknl"},
    {SEARCH_QUALITY, F, G | C | R | T, true, &sql_list_text_walk, "wknl"},
    {SEARCH_QUALITY, Q, G | C | R | T | F, false, &sql_list_text_rare, "wkl"},
    {SEARCH_QUALITY, F, G | C | R | T, false, &sql_list_text_rare, "wkl"},
    {SEARCH_NAME, 0, G | C | R, false, &sql_list_part_by_name, "gcfkl"},
    {SEARCH_NAME, 0, 0, false, &sql_list_by_name, "kl"},
    {SEARCH_NAME, T, G | C, false, &sql_list_city_by_name, "tgckl"},
    {SEARCH_NAME, Q, G | C | R | T | F, false, &sql_list_text_by_name, "wkl"},
    {SEARCH_NAME, F, G | C | R | T, false, &sql_list_text_by_name, "wkl"},
    {SEARCH_DISTANCE, N, G | C, false, &sql_list_near, "pgckl"},
    {SEARCH_DISTANCE, N | RING, 0, true, &sql_list_near_ring, "dxkl"},
    {SEARCH_DISTANCE, N | RING | G, 0, true, &sql_list_near_ring_group, "dxkgcl"},
    {SEARCH_DISTANCE, N | RING | C, 0, true, &sql_list_near_ring_group, "dxkgcl"},
    {SEARCH_DISTANCE, N | RING | Q, G | C | R | T | F, true, &sql_list_text_near_ring, "wmdxkl"},
    {SEARCH_DISTANCE, N | RING | F, G | C | R | T, true, &sql_list_text_near_ring, "wmdxkl"},
    {SEARCH_DISTANCE, N | Q, G | C | R | T | F, false, &sql_list_text_near_rare, "wpkl"},
    {SEARCH_DISTANCE, N | F, G | C | R | T, false, &sql_list_text_near_rare, "wpkl"},
    {SEARCH_QUALITY, B, G | C | R | T, false, &sql_list_box, "bgcfkl"},
    {SEARCH_ID, 0, G | C | R | T, true, &sql_list_by_id, "gcfil"},
    {SEARCH_ID, 0, G | C | R | T | F, false, &sql_list_by_id_rare, "wil"},
    {SEARCH_RECENT, 0, 0, false, &sql_list_recent, "kl"},
    {SEARCH_RECENT, Q, G | C | R | T | F, true, &sql_list_text_recent_walk, "wknl"},
    {SEARCH_RECENT, F, G | C | R | T, true, &sql_list_text_recent_walk, "wknl"},
    {SEARCH_RECENT, Q, G | C | R | T | F, false, &sql_list_text_recent_rare, "wkl"},
    {SEARCH_RECENT, F, G | C | R | T, false, &sql_list_text_recent_rare, "wkl"},
};
enum { PLANS = COUNT_OF(plans) };

const char *const plan_sort_names[SEARCH_SORTS] = {
    [SEARCH_QUALITY] = "quality", [SEARCH_NAME] = "name", [SEARCH_DISTANCE] = "distance",
    [SEARCH_RECENT] = "recent",   [SEARCH_ID] = "id",
};

unsigned plan_filters(unsigned filters, enum search_sort sort)
{
	bool as_facets = sort == SEARCH_RECENT     ? (filters & (G | C | R | T)) != 0
			 : sort == SEARCH_DISTANCE ? (filters & (R | T)) != 0
						   : false;
	return as_facets && !(filters & Q) ? filters | F : filters;
}

const struct plan *plan_find(unsigned filters, enum search_sort sort, bool common)
{
	const struct plan *found = NULL;
	for (size_t i = 0; i < PLANS; i++) {
		const struct plan *p = &plans[i];
		if (p->sort != sort || (filters & p->filters) != p->filters ||
		    (filters & ~(p->filters | p->optional)) != 0)
			continue;
		if (!found || p->common == common)
			found = p;
	}
	return found;
}

static void describe_filters(struct buf *out, unsigned filters, const char *joint)
{
	static const struct {
		unsigned filter;
		const char *name;
	} names[] = {{Q, "q"},      {N, "near"}, {C | G, "category"},
		     {R, "region"}, {T, "city"}, {F, "facts"}};
	bool first = true;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!(filters & names[i].filter))
			continue;
		buf_printf(out, "%s%s", first ? "" : joint, names[i].name);
		first = false;
	}
}

void plan_describe(struct buf *out, enum search_sort sort)
{
	bool first = true;
	for (size_t i = 0; i < PLANS; i++) {
		/* A group is said as category, and a text once. */
		const struct plan *p = &plans[i];
		bool told = p->sort != sort || p->common || p->filters & G;
		for (size_t k = 0; k < i; k++)
			told |= plans[k].sort == sort && plans[k].filters == p->filters &&
				!plans[k].common;
		if (told)
			continue;
		buf_puts(out, first ? "" : "; ");
		first = false;
		if (p->filters)
			describe_filters(out, p->filters, " and ");
		else
			buf_puts(out, "no filter");
		if (p->optional) {
			buf_puts(out, " (and ");
			describe_filters(out, p->optional, ", ");
			buf_putc(out, ')');
		}
	}
}

enum search_sort plan_sort(const struct search_query *q)
{
	return q->sort_given ? q->sort : q->near ? SEARCH_DISTANCE : SEARCH_QUALITY;
}

unsigned plan_asked_filters(const struct search_query *q)
{
	struct area area;
	unsigned filters = q->q.n ? PLAN_TEXT : 0u;
	for (size_t i = 0; i < SEARCH_CHOICES; i++)
		filters |= q->choice[i] ? PLAN_FACETS : 0u;
	area_of(q, plan_sort(q), &area);
	if (q->near && !area.round)
		filters |= PLAN_NEAR;
	if (area_is_small(&area) && plan_sort(q) == SEARCH_QUALITY && !filters)
		filters |= PLAN_BOX;
	return filters;
}

bool search_possible(const struct search_query *q)
{
	unsigned filters = plan_asked_filters(q);
	/* A city stands for its region. */
	if (q->city.n || q->region.n)
		filters |= q->city.n ? PLAN_CITY : PLAN_REGION;
	if (q->category.n)
		filters |= taxonomy_group(q->category) ? PLAN_GROUP : PLAN_CATEGORY;
	return plan_find(plan_filters(filters, plan_sort(q)), plan_sort(q), false) != NULL;
}
