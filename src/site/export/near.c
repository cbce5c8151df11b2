/* The three nearest businesses of each: what its page shows below everything else.
 *
 * Positions are points on a sphere, in a k-d tree of the spots where businesses are: the nearest
 * are exact, at the date line too, and cost the same in a town as in the desert. Of those at one
 * spot each shows the next ones by id, so that a building with a thousand offices costs no more and
 * links all of them. */
#include "site/export/internal.h"
#include "base/lower_bound.h"
#include "base/memory.h"
#include "base/sort_keys.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sql/export.h"

enum {
	NEAR_LEAF = 8,     /* spots that are looked at one by one */
	NEAR_BLOCKS = 192, /* of the table, in one statement */
	EARTH_M = 6371000,
};

/* Where one or more businesses are. */
struct near_spot {
	int32_t at[3];  /* on a sphere with the radius INT32_MAX: 3 mm */
	uint32_t first; /* in `order` */
	uint32_t count : 30;
	uint32_t axis : 2; /* of a node: none before it is behind it on this axis, and so on */
};

/* ---- cards ---- */

uint32_t near_shown(const struct near_card *card, struct str path, struct str name)
{
	const int32_t facts[] = {card->lat, card->lon, card->category};
	uint64_t hash = XXH3_64bits(facts, sizeof(facts));
	hash = XXH3_64bits_withSeed(path.p, path.n, hash + path.n);
	return (uint32_t)XXH3_64bits_withSeed(name.p, name.n, hash) | 1;
}

static void near_add(struct near *n, const struct near_card *card)
{
	n->card = memory_grow(n->card, &n->room, n->cards + 1, sizeof(*n->card));
	n->card[n->cards++] = *card;
}

static int near_compare_ids(const void *a, const void *b)
{
	const struct near_card *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

/* ---- the tree ---- */

static void near_point(int32_t lat_e7, int32_t lon_e7, int32_t at[3])
{
	double degree = 3.14159265358979323846 / 180e7, lat = lat_e7 * degree,
	       lon = lon_e7 * degree;
	at[0] = (int32_t)lrint(cos(lat) * cos(lon) * INT32_MAX);
	at[1] = (int32_t)lrint(cos(lat) * sin(lon) * INT32_MAX);
	at[2] = (int32_t)lrint(sin(lat) * INT32_MAX);
}

static double near_square(const int32_t a[3], const int32_t b[3])
{
	double sum = 0;
	for (int i = 0; i < 3; i++) {
		double d = (double)a[i] - b[i];
		sum += d * d;
	}
	return sum;
}

static uint64_t near_spot_key(int32_t lat, int32_t lon)
{
	return (uint64_t)(uint32_t)lat << 32 | (uint32_t)lon;
}

/* key: where each card is. Those at one spot are by id, because cards are. */
static void near_make_spots(struct near *n, struct sort_key *key, size_t count)
{
	sort_keys(key, count);
	n->order = memory_array(count + 1, sizeof(*n->order));
	for (size_t i = 0; i < count; i++) {
		n->order[i] = key[i].at;
		n->spots += !i || key[i].key != key[i - 1].key;
	}
	n->spot = memory_array(n->spots + 1, sizeof(*n->spot));
	n->spots = 0;
	for (size_t i = 0; i < count; i++) {
		if (!i || key[i].key != key[i - 1].key) {
			struct near_spot *s = &n->spot[n->spots++];
			*s = (struct near_spot){.first = (uint32_t)i};
			near_point((int32_t)(key[i].key >> 32), (int32_t)key[i].key, s->at);
		}
		n->spot[n->spots - 1].count++;
	}
}

/* The axis on which the spots lie farthest apart. */
static unsigned near_widest(const struct near_spot *s, size_t count)
{
	unsigned widest = 0;
	int64_t most = -1;
	for (unsigned axis = 0; axis < 3; axis++) {
		int32_t low = INT32_MAX, high = INT32_MIN;
		for (size_t i = 0; i < count; i++) {
			low = s[i].at[axis] < low ? s[i].at[axis] : low;
			high = s[i].at[axis] > high ? s[i].at[axis] : high;
		}
		if ((int64_t)high - low > most) {
			most = (int64_t)high - low;
			widest = axis;
		}
	}
	return widest;
}

static void near_swap(struct near_spot *a, struct near_spot *b)
{
	struct near_spot c = *a;
	*a = *b;
	*b = c;
}

/* Put the spot there that would be there if they were sorted by the axis: none before it is behind
 * it, none behind it is before it. */
static void near_select(struct near_spot *s, size_t count, size_t wanted, unsigned axis)
{
	while (count > 1) {
		int32_t pivot = s[(count - 1) / 2].at[axis];
		size_t low = 0, high = count - 1;
		for (;; low++, high--) {
			while (s[low].at[axis] < pivot)
				low++;
			while (s[high].at[axis] > pivot)
				high--;
			if (low >= high)
				break;
			near_swap(&s[low], &s[high]);
		}
		size_t left = high + 1; /* none of them is behind any other */
		s += wanted < left ? 0 : left;
		count = wanted < left ? left : count - left;
		wanted -= wanted < left ? 0 : left;
	}
}

static void near_split(struct near_spot *s, size_t count)
{
	while (count > NEAR_LEAF) {
		size_t middle = count / 2;
		unsigned axis = near_widest(s, count);
		near_select(s, count, middle, axis);
		s[middle].axis = axis & 3;
		near_split(s, middle);
		s += middle + 1;
		count -= middle + 1;
	}
}

static void near_make(struct near *n, struct sort_key *key, size_t count)
{
	must(count < UINT32_MAX >> 2);
	near_make_spots(n, key, count);
	free(key);
	near_split(n->spot, n->spots);
}

static void near_of_cards(struct near *n)
{
	struct sort_key *key = memory_array(n->cards + 1, sizeof(*key));
	if (n->cards)
		qsort(n->card, n->cards, sizeof(*n->card), near_compare_ids);
	for (size_t i = 0; i < n->cards; i++)
		key[i] =
		    (struct sort_key){near_spot_key(n->card[i].lat, n->card[i].lon), (uint32_t)i};
	near_make(n, key, n->cards);
}

static bool near_is_shown(const struct manifest_entry *e)
{
	return e->state >= ENTRY_NOINDEX && e->shown;
}

void near_of_manifest(struct near *n, const struct manifest *m)
{
	size_t count = 0, made = 0;
	*n = (struct near){.of = m};
	for (size_t i = 0; i < m->entries; i++)
		count += near_is_shown(&m->entry[i]);
	struct sort_key *key = memory_array(count + 1, sizeof(*key));
	for (size_t i = 0; i < m->entries; i++)
		if (near_is_shown(&m->entry[i]))
			key[made++] = (struct sort_key){
			    near_spot_key(m->entry[i].lat, m->entry[i].lon), (uint32_t)i};
	near_make(n, key, count);
}

static void near_add_row(struct near *n, const struct db_rows *rows, int row)
{
	struct str path = db_text(rows, row, SQL_EXPORT_NEAR_PATH),
		   name = db_text(rows, row, SQL_EXPORT_NEAR_NAME);
	int category = (int)db_i64(rows, row, SQL_EXPORT_NEAR_CATEGORY_ID);
	struct near_card card = {.id = db_i64(rows, row, SQL_EXPORT_NEAR_ID),
				 .lat = (int32_t)db_i64(rows, row, SQL_EXPORT_NEAR_LAT_E7),
				 .lon = (int32_t)db_i64(rows, row, SQL_EXPORT_NEAR_LON_E7),
				 .category = (int16_t)(taxonomy_by_id(category) ? category : 0)};
	if (name.n >= EXPORT_PATH)
		return;
	card.shown = near_shown(&card, path, name);
	card.path = manifest_keep_path(path);
	card.name = manifest_keep_path(name);
	near_add(n, &card);
}

enum status near_guess(struct near *n, const struct theme *t, struct db *db, int64_t blocks,
		       struct err *err)
{
	enum status status = OK;
	*n = (struct near){0};
	for (int64_t at = 0; at < blocks && status == OK; at += NEAR_BLOCKS) {
		char from[32], to[32];
		struct db_rows rows;
		snprintf(from, sizeof(from), "(%lld,0)", (long long)at);
		snprintf(to, sizeof(to), "(%lld,0)", (long long)(at + NEAR_BLOCKS));
		status = DB_RUN(db, sql_export_near, &rows, err, DB_Z(from), DB_Z(to),
				DB_I64(t->limits.quality_publish));
		if (status != OK)
			return status;
		for (int i = 0; i < rows.rows; i++)
			near_add_row(n, &rows, i);
		db_rows_release(&rows);
	}
	near_of_cards(n);
	return status;
}

void near_release(struct near *n)
{
	free(n->card);
	free(n->order);
	free(n->spot);
	*n = (struct near){0};
}

/* ---- searching ---- */

struct near_search {
	const struct near *of;
	const struct near_card *own;
	int32_t at[3];
	uint32_t found[NEAR_CARDS]; /* cards */
	double square[NEAR_CARDS];  /* of their distances */
	size_t count;
};

static double near_worst(const struct near_search *s)
{
	static const double radians = (double)LOOK_NEAR_M / EARTH_M;
	return s->count == NEAR_CARDS ? s->square[NEAR_CARDS - 1]
				      : radians * INT32_MAX * radians * INT32_MAX;
}

/* At one distance those of the own spot stay in their order, others are sorted by id. */
static void near_insert(struct near_search *s, uint32_t card, double square)
{
	size_t at = s->count;
	while (at && (s->square[at - 1] > square ||
		      (square > 0 && s->square[at - 1] == square && s->found[at - 1] > card)))
		at--;
	if (at == NEAR_CARDS)
		return;
	s->count += s->count < NEAR_CARDS;
	for (size_t i = s->count - 1; i > at; i--) {
		s->found[i] = s->found[i - 1];
		s->square[i] = s->square[i - 1];
	}
	s->found[at] = card;
	s->square[at] = square;
}

static struct near_card near_card(const struct near *n, uint32_t at)
{
	if (!n->of)
		return n->card[at];
	const struct manifest_entry *e = &n->of->entry[at];
	return (struct near_card){.id = e->id,
				  .lat = e->lat,
				  .lon = e->lon,
				  .shown = e->shown,
				  .path = e->path,
				  .name = e->name,
				  .category = e->category};
}

static int64_t near_id(const struct near *n, uint32_t at)
{
	return n->of ? n->of->entry[at].id : n->card[at].id;
}

static bool near_is_own_spot(const struct near_search *s, const struct near_spot *spot)
{
	const struct near_card card = near_card(s->of, s->of->order[spot->first]);
	return card.lat == s->own->lat && card.lon == s->own->lon;
}

static bool near_is_not_behind(const void *order, const void *search)
{
	const struct near_search *s = search;
	return near_id(s->of, *(const uint32_t *)order) <= s->own->id;
}

/* The members of the own spot from the next id on, then from the first. */
static void near_look_here(struct near_search *s, const struct near_spot *spot)
{
	const uint32_t *order = s->of->order + spot->first;
	size_t next = lower_bound(order, spot->count, sizeof(*order), near_is_not_behind, s);
	for (size_t i = 0; i < spot->count && i < NEAR_CARDS; i++) {
		uint32_t card = order[(next + i) % spot->count];
		if (near_id(s->of, card) == s->own->id)
			break;
		near_insert(s, card, 0);
	}
}

static void near_look(struct near_search *s, const struct near_spot *spot)
{
	double square = near_square(spot->at, s->at);
	if (square > near_worst(s))
		return;
	if (square == 0 && near_is_own_spot(s, spot)) {
		near_look_here(s, spot);
		return;
	}
	for (size_t i = 0; i < spot->count && i < NEAR_CARDS; i++)
		near_insert(s, s->of->order[spot->first + i], square);
}

static void near_walk(struct near_search *s, const struct near_spot *spot, size_t count)
{
	while (count > NEAR_LEAF) {
		size_t middle = count / 2;
		unsigned axis = spot[middle].axis;
		double away = (double)s->at[axis] - spot[middle].at[axis];
		const struct near_spot *behind = spot + middle + 1;
		size_t left = middle, right = count - middle - 1;
		near_walk(s, away < 0 ? spot : behind, away < 0 ? left : right);
		near_look(s, &spot[middle]);
		if (away * away > near_worst(s))
			return;
		spot = away < 0 ? behind : spot;
		count = away < 0 ? right : left;
	}
	for (size_t i = 0; i < count; i++)
		near_look(s, &spot[i]);
}

static size_t near_find(const struct near *n, const struct near_card *own,
			struct near_card found[NEAR_CARDS])
{
	struct near_search s = {.of = n, .own = own};
	near_point(own->lat, own->lon, s.at);
	near_walk(&s, n->spot, n->spots);
	for (size_t i = 0; i < s.count; i++)
		found[i] = near_card(n, s.found[i]);
	return s.count;
}

uint32_t near_hash(const struct near *n, const struct near_card *own,
		   struct near_card found[NEAR_CARDS], size_t *count)
{
	uint64_t hash = 1;
	*count = n && own->shown ? near_find(n, own, found) : 0;
	for (size_t i = 0; i < *count; i++) {
		const uint64_t facts[] = {(uint64_t)found[i].id, found[i].shown};
		hash = XXH3_64bits_withSeed(facts, sizeof(facts), hash);
	}
	return (uint32_t)hash | 1;
}

uint32_t near_hash_entry(const struct near *n, const struct manifest_entry *e)
{
	const struct near_card own = {.id = e->id, .lat = e->lat, .lon = e->lon, .shown = e->shown};
	struct near_card found[NEAR_CARDS];
	size_t count;
	return near_hash(n, &own, found, &count);
}
