/* The order of the best answers: what was typed exactly before its beginning, that before what
 * is near it; of those the names that consist of nothing else, then by where the words were
 * found, then by quality. */
#include "directory/search/internal.h"
#include "directory/words/tokens.h"

enum field {
	FIELD_NAME,
	FIELD_FURTHER_NAME,
	FIELD_CATEGORY,
	FIELD_CUISINE,
	FIELD_PLACE,
	FIELD_REGION,
	FIELD_STREET,
	FIELD_OTHER
};

/* The folded words of a candidate by where it has them. */
struct sheet {
	struct words name, further, place, street;
	bool used[WORDS_MAX]; /* of name */
};

static enum degree degree_of(const struct term *term, struct str word)
{
	if (str_eq(word, term->word) || (term->joined.n && str_eq(word, term->joined)))
		return DEGREE_EXACT;
	for (size_t i = 0; i < STREET_SPELLINGS; i++)
		if (term->street[i].n && str_eq(word, term->street[i]))
			return DEGREE_EXACT;
	if ((term->last || term->begins) && str_starts(word, term->word))
		return DEGREE_BEGINNING;
	for (size_t i = 0; i < term->relateds; i++)
		if (str_eq(word, term->related[i]))
			return DEGREE_BEGINNING;
	int errors = terms_corrected(word, term);
	return errors == 1 ? DEGREE_NEAR : errors == 2 ? DEGREE_FAR : DEGREE_NONE;
}

static void look(const struct term *term, const struct words *words, enum field field,
		 enum degree *degree, enum field *where, size_t *at)
{
	for (size_t i = 0; i < words->count && *degree != DEGREE_EXACT; i++) {
		enum degree d = degree_of(term, words_at(words, i));
		if (d >= *degree)
			continue;
		*degree = d;
		*where = field;
		*at = i;
	}
}

static bool has_word(const struct words *words, struct str word, size_t *at)
{
	for (size_t i = 0; i < words->count; i++) {
		if (!str_eq(words_at(words, i), word))
			continue;
		*at = i;
		return true;
	}
	return false;
}

/* A word that was typed in one and is two in the name. */
static bool has_both(const struct term *term, struct sheet *sheet)
{
	size_t front, back;
	if (!term->split[0].n || !has_word(&sheet->name, term->split[0], &front) ||
	    !has_word(&sheet->name, term->split[1], &back))
		return false;
	sheet->used[front] = sheet->used[back] = true;
	return true;
}

/* The row of a candidate says neither its region nor what it serves: a word that the database knows
 * as such is taken for it. */
static bool may_be(const struct term *term, const char *kind)
{
	for (size_t i = 0; i < term->count; i++)
		if (term->of[i].degree == DEGREE_EXACT &&
		    str_starts(term->of[i].token, str_of(kind)))
			return true;
	return false;
}

static bool is_of_category(const struct typed *typed, const struct candidate *c)
{
	for (size_t i = 0; i < typed->meanings; i++) {
		const struct taxonomy_category *category = typed->meaning[i].category;
		const struct taxonomy_category *main =
		    taxonomy_find(TAXONOMY_KEY, c->business.category);
		if (category && main == category)
			return true;
		if (typed->meaning[i].group && main &&
		    str_eq(str_of(main->group), str_of(typed->meaning[i].group->key)))
			return true;
		for (size_t k = 0; category && k < c->categories.count; k++) {
			int64_t id;
			if (str_to_i64(c->categories.item[k], 1, INT16_MAX, &id) &&
			    id == category->id)
				return true;
		}
	}
	return false;
}

/* Its row does not say in which region it is: of other places the statement has seen to it. */
static bool is_in_town(const struct typed *typed, const struct candidate *c)
{
	char key[WORDS_KEY_BYTES];
	struct str city = words_key(c->business.city, key);
	for (size_t stage = 0; stage < PLACE_STAGES; stage++) {
		const struct named_place *where = &typed->where[stage];
		for (size_t i = 0; where->kind == PLACE_TOWN && i < where->keys; i++)
			if (str_eq(where->key[i], city))
				return true;
	}
	return false;
}

static void judge_term(const struct typed *typed, const struct term *term, struct sheet *sheet,
		       struct candidate *c)
{
	static const char *const because[] = {
	    [FIELD_NAME] = NULL,           [FIELD_FURTHER_NAME] = "alternate_names",
	    [FIELD_CATEGORY] = "category", [FIELD_CUISINE] = "cuisine",
	    [FIELD_PLACE] = "place",       [FIELD_REGION] = "region",
	    [FIELD_STREET] = "street",     [FIELD_OTHER] = "other",
	};
	enum degree degree = DEGREE_NONE;
	enum field field = FIELD_OTHER;
	size_t at = 0;
	if (has_both(term, sheet))
		return;
	look(term, &sheet->name, FIELD_NAME, &degree, &field, &at);
	look(term, &sheet->further, FIELD_FURTHER_NAME, &degree, &field, &at);
	/* Of a list, names with a related name of the category come before others of it. */
	enum degree enough = typed->complete ? DEGREE_BEGINNING : DEGREE_EXACT;
	if (degree > enough && term->category && is_of_category(typed, c)) {
		degree = DEGREE_EXACT;
		field = FIELD_CATEGORY;
	}
	look(term, &sheet->place, FIELD_PLACE, &degree, &field, &at);
	look(term, &sheet->street, FIELD_STREET, &degree, &field, &at);
	if (field == FIELD_NAME && degree != DEGREE_NONE)
		sheet->used[at] = true;
	c->literal &= !term->wish || term->wish == WISH_NEAR_ME ||
		      (field == FIELD_NAME && degree == DEGREE_EXACT);
	/* A word that joins others, or was left out, costs nothing where it is missing. */
	if (degree == DEGREE_NONE && (term->filler || term->dropped)) {
		c->missed++;
		return;
	}
	if (degree == DEGREE_NONE && !term->category && may_be(term, TOKEN_CUISINE)) {
		degree = DEGREE_EXACT;
		field = FIELD_CUISINE;
	}
	if (degree == DEGREE_NONE && (term->place || may_be(term, TOKEN_PLACE))) {
		degree = DEGREE_EXACT;
		field = is_in_town(typed, c) ? FIELD_PLACE : FIELD_REGION;
	}
	c->degree += (int)degree;
	c->field += (int)field;
	c->by_name &= !term->category || field == FIELD_NAME;
	if (because[field] && !term->filler)
		c->because = because[field];
}

bool rank_is_main(const struct typed *typed, const struct candidate *c)
{
	for (size_t i = 0; i < typed->meanings; i++)
		if (typed->meaning[i].category &&
		    str_eq(c->business.category, str_of(typed->meaning[i].category->key)))
			return true;
	return false;
}

bool rank_is_named(const struct typed *typed, const struct candidate *c)
{
	if (typed->meanings && c->business.category.n && !is_of_category(typed, c))
		return false;
	return typed->where[0].kind != PLACE_TOWN || is_in_town(typed, c);
}

void rank_judge(const struct typed *typed, struct candidate *c)
{
	struct sheet sheet = {0};
	char key[WORDS_KEY_BYTES];
	struct str name = words_key(c->business.name, key);
	words_add(&sheet.name, c->business.name);
	for (size_t i = 0; i < c->alt_names.count; i++)
		words_add(&sheet.further, c->alt_names.item[i]);
	words_add(&sheet.place, c->business.city);
	words_add(&sheet.place, c->business.postcode);
	words_add(&sheet.street, c->business.street);
	c->whole = str_eq(name, typed->key);
	c->starts = str_starts(name, typed->key);
	c->degree = c->field = c->extra = c->missed = 0;
	c->because = NULL;
	c->by_name = true;
	c->literal = typed->when || typed->excludes;
	for (size_t i = 0; i < typed->count; i++)
		judge_term(typed, &typed->term[i], &sheet, c);
	/* One or two letters are hardly a word of their own: names that begin so come before those
	 * that have such a word elsewhere, first where it is their first word. */
	bool starts_so = c->starts && typed->count && typed->term[typed->count - 1].word.n <= 2;
	if (c->whole)
		c->degree = c->field = 0;
	else if (starts_so)
		c->degree = 0;
	else if (c->starts && c->degree > DEGREE_BEGINNING)
		c->degree = DEGREE_BEGINNING;
	for (size_t i = 0; i < sheet.name.count; i++)
		c->extra += !sheet.used[i] && !phrases_is_filler(words_at(&sheet.name, i));
	if (c->whole)
		c->extra = 0;
	else if (starts_so)
		c->extra = str_eq(words_at(&sheet.name, 0), typed->key) ? 0 : c->extra + 1;
}

bool rank_excluded(const struct typed *typed, const struct search_business *b)
{
	enum { STEM_LEAST = 4 };
	struct words name;
	words_init(&name);
	words_add(&name, b->name);
	for (size_t i = 0; i < typed->count && typed->excludes; i++) {
		const struct term *term = &typed->term[i];
		if (!term->excluded)
			continue;
		/* "pizza" excludes "pizzeria" as well. */
		struct str stem = term->word;
		stem.n -= stem.n > STEM_LEAST;
		for (size_t k = 0; k < name.count; k++)
			if (str_eq(words_at(&name, k), term->word) ||
			    (stem.n >= STEM_LEAST && str_starts(words_at(&name, k), stem)))
				return true;
		bool asked = false;
		for (size_t k = 0; k < typed->meanings; k++)
			asked |= typed->meaning[k].category == term->unwanted;
		if (term->unwanted && !asked && str_eq(b->category, str_of(term->unwanted->key)))
			return true;
	}
	return false;
}

int rank_compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->whole != y->whole)
		return x->whole ? -1 : 1;
	if (x->degree != y->degree)
		return x->degree - y->degree;
	/* Of beginnings, the commonest name. */
	if (x->degree && x->starts != y->starts)
		return x->starts ? -1 : 1;
	if (x->degree && x->namesakes != y->namesakes)
		return x->namesakes > y->namesakes ? -1 : 1;
	if ((x->extra == 0) != (y->extra == 0))
		return x->extra == 0 ? -1 : 1;
	if (x->starts != y->starts)
		return x->starts ? -1 : 1;
	if (x->field != y->field)
		return x->field - y->field;
	if (x->missed != y->missed)
		return x->missed - y->missed;
	if (x->extra != y->extra)
		return x->extra - y->extra;
	if (x->business.quality != y->business.quality)
		return y->business.quality - x->business.quality;
	return (x->business.id < y->business.id) - (x->business.id > y->business.id);
}

/* ---- what was understood ---- */

/* A word as it was typed, or as it was meant. */
static struct str as_typed(const struct typed *typed, const struct term *term)
{
	if (term->meant.n)
		return term->meant;
	struct str shown = terms_piece(typed->q, term->word);
	return shown.n ? shown : term->word;
}

/* A typed word as the best candidate has it, or as it was typed. */
static struct str word_found(const struct typed *typed, const struct term *term,
			     const struct candidate *best, bool *corrected)
{
	struct str texts[] = {best->business.name, best->business.city, best->business.street};
	enum degree degree = DEGREE_NONE;
	struct str typed_so = as_typed(typed, term), found = {"", 0};
	if (term->category)
		return typed_so;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct words words;
		enum field where = FIELD_NAME;
		enum degree before = degree;
		size_t at = 0;
		words_init(&words);
		words_add(&words, texts[i]);
		look(term, &words, FIELD_NAME, &degree, &where, &at);
		if (degree == before)
			continue;
		char key[WORDS_KEY_BYTES];
		struct str word = words_at(&words, at);
		found = terms_piece(texts[i], words_key(word, key));
		/* The words end with this turn. */
		found = arena_str(typed->arena, found.n ? found : word);
	}
	if (degree != DEGREE_NEAR && degree != DEGREE_FAR)
		return typed_so;
	*corrected = true;
	return found.p ? found : typed_so;
}

static bool add_word(struct arena *arena, struct str *text, struct str word)
{
	*text = ARENA_JOIN(arena, *text, text->n ? STR(" ") : STR(""), word);
	return text->p != NULL;
}

void rank_place(struct search_understood *out, const struct named_place *where)
{
	static const struct search_place none;
	out->city = where->kind == PLACE_TOWN ? where->place : none;
	out->region = where->kind == PLACE_REGION ? where->place : none;
	out->country = where->kind == PLACE_COUNTRY ? where->place : none;
}

/* Whether it only joins a word that was left out: "in" of "bakery in Nowhere". */
static bool joins_dropped(const struct typed *typed, size_t i)
{
	if (!typed->term[i].filler)
		return false;
	while (i < typed->count && typed->term[i].filler)
		i++;
	return i == typed->count || typed->term[i].dropped;
}

enum rank_part { PART_CATEGORY = 1, PART_PLACE = 2, PART_WORDS = 4 };

static enum rank_part rank_part_of(const struct term *term)
{
	return term->category ? PART_CATEGORY : term->place ? PART_PLACE : PART_WORDS;
}

/* The words of these parts as they were typed, with what joins them. False: no room. */
static bool write_parts(const struct typed *typed, unsigned parts, struct str *out)
{
	bool fits = true;
	size_t joining = typed->count; /* the first of the words that join the next one */
	*out = STR("");
	for (size_t i = 0; i < typed->count && fits; i++) {
		const struct term *term = &typed->term[i];
		if (term->wish)
			continue;
		if (term->filler) {
			joining = joining < i ? joining : i;
			continue;
		}
		bool wanted = !term->dropped && (rank_part_of(term) & parts);
		for (; joining < i && wanted && out->n && fits; joining++)
			if (!typed->term[joining].wish)
				fits = add_word(typed->arena, out,
						as_typed(typed, &typed->term[joining]));
		joining = typed->count;
		if (wanted && fits)
			fits = add_word(typed->arena, out, as_typed(typed, term));
	}
	return fits;
}

/* Whether what is not wanted was told by a sign: no word in front says so. */
static bool has_sign(const struct typed *typed, size_t i)
{
	return i == 0 || typed->term[i - 1].wish != WISH_NOT || typed->term[i - 1].excluded;
}

/* Wishes stay when other words are taken away. */
static bool keep_wishes(const struct typed *typed, struct str *text)
{
	bool fits = true;
	for (size_t i = 0; i < typed->count && text->n && fits; i++) {
		const struct term *term = &typed->term[i];
		if (term->excluded && has_sign(typed, i))
			fits = add_word(typed->arena, text,
					ARENA_JOIN(typed->arena, STR("-"), as_typed(typed, term)));
		else if (term->wish)
			fits = add_word(typed->arena, text, as_typed(typed, term));
	}
	return fits;
}

static bool write_without(const struct typed *typed, unsigned parts, struct str *out)
{
	return write_parts(typed, parts, out) && keep_wishes(typed, out);
}

static bool rank_parts(const struct typed *typed, struct search_understood *out)
{
	static const unsigned all = PART_CATEGORY | PART_PLACE | PART_WORDS;
	unsigned there = 0;
	for (size_t i = 0; i < typed->count; i++)
		if (!typed->term[i].filler && !typed->term[i].dropped)
			there |= rank_part_of(&typed->term[i]);
	bool wishes = typed->near_me || typed->when || typed->excludes;
	return (!(there & PART_CATEGORY) ||
		write_without(typed, all - PART_CATEGORY, &out->without_category)) &&
	       (!(there & PART_PLACE) ||
		write_without(typed, all - PART_PLACE, &out->without_place)) &&
	       (!(there & PART_WORDS) ||
		(write_without(typed, all - PART_WORDS, &out->without_words) &&
		 write_parts(typed, PART_WORDS, &out->words))) &&
	       (!wishes || write_parts(typed, all, &out->without_wish));
}

bool rank_understood(const struct typed *typed, const struct candidate *best,
		     struct search_understood *out)
{
	bool fits = true;
	*out = (struct search_understood){.near_me = typed->near_me,
					  .when = typed->when,
					  .telephone = typed->phone,
					  .website = typed->host};
	for (size_t i = 0; i < typed->count && fits; i++) {
		const struct term *term = &typed->term[i];
		struct str shown = as_typed(typed, term);
		if (term->excluded && typed->excludes)
			fits = add_word(typed->arena, &out->excluded, shown);
		if (term->wish)
			continue;
		if (term->dropped)
			fits = add_word(typed->arena, &out->left_out, shown);
		else if (!joins_dropped(typed, i))
			fits = add_word(typed->arena, &out->text,
					term->meant.n ? term->meant
					: best ? word_found(typed, term, best, &out->corrected)
					       : shown);
		out->corrected |= term->meant.n > 0 && !term->dropped;
	}
	if (!out->corrected && !out->left_out.n)
		out->text = typed->q;
	rank_place(out, &typed->where[0]);
	fits = fits && rank_parts(typed, out);
	if (typed->meanings && typed->meaning[0].category) {
		rows_category(typed->meaning[0].category, 0, &out->category);
	} else if (typed->meanings) {
		out->category.key = str_of(typed->meaning[0].group->key);
		out->category.label = str_of(typed->meaning[0].group->label);
	}
	return fits;
}

bool rank_place_listed(struct search_head *head, int stage, struct search_understood *out)
{
	struct typed *typed = &head->typed;
	if (stage == PLACE_AROUND) {
		struct str without_place = out->without_place;
		for (size_t i = 0; i < typed->count; i++)
			typed->term[i].dropped |= typed->term[i].place;
		if (!rank_understood(typed, head->count ? head->item : NULL, out))
			return false;
		out->without_place = without_place;
	}
	rank_place(out, &typed->where[stage]);
	return true;
}
