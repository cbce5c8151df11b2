#include "site/search/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "directory/names/phrases.h"
#include "directory/names/places.h"
#include "directory/record/record.h"
#include "directory/taxonomy/taxonomy.h"
#include "directory/words/words.h"

enum {
	ROW_MAX = 8 << 10, /* bytes of a row; further names that do not fit are left out */
	NEAR_LEAST = 4,    /* letters of a word that is corrected */
	NEAR_BUFFER = 16 << 20,
	/* Of quality and id behind the group in a key, so that better ones come first. */
	RANK_BYTES = 9 + 1, /* and whether the word is of the street only */
	KEY_MAX = 2 * WORDS_BYTES + WORDS_KEY_BYTES + RANK_BYTES + 24,
	KEPT_BUFFER = 4 << 20,
	SLUG_MAX = 128,
	KINDS_MAX = 8,
	ROOT_MAX = 32 << 20,
};

/* The best rows of the present word. */
struct search_best {
	struct buf rank, line;
};

/* A business that was added: this, and lines: its row, its place, the key of its name, words,
 * cuisines. */
struct search_kept {
	int64_t id;
	int quality;
	int kind[KINDS_MAX]; /* the main one, if there is one, and further ones */
	/* words of names end at of_names, those of the street at of_street; then come the town's */
	size_t kinds, words, of_names, of_street, cuisines;
};

struct sitesearch {
	int temporary;
	uint32_t pairs;
	struct sorter *kept, *rows, *near;
	struct counts counts, towns; /* words; keys of the names of towns */
	struct buf line, kept_line, word, common;
	struct buf served; /* lines of cuisines */
	uint64_t of_word;  /* rows */
	struct search_best best[SITESEARCH_BEST];
	size_t bests;
};

struct sitesearch *sitesearch_create(int temporary, uint32_t pairs)
{
	struct sitesearch *s = memory_alloc(sizeof(*s));
	s->temporary = temporary;
	s->pairs = pairs;
	s->kept = sorter_create(temporary, KEPT_BUFFER);
	counts_init(&s->counts);
	counts_init(&s->towns);
	buf_init(&s->line, ROW_MAX);
	buf_init(&s->kept_line, 2 * ROW_MAX);
	buf_init(&s->word, KEY_MAX);
	buf_init(&s->common, ROOT_MAX);
	buf_init(&s->served, ROOT_MAX);
	buf_putc(&s->served, '\n');
	for (size_t i = 0; i < SITESEARCH_BEST; i++) {
		buf_init(&s->best[i].rank, RANK_BYTES);
		buf_init(&s->best[i].line, ROW_MAX);
	}
	return s;
}

void sitesearch_free(struct sitesearch *s)
{
	if (!s)
		return;
	sorter_free(s->kept);
	sorter_free(s->rows);
	sorter_free(s->near);
	counts_release(&s->counts);
	counts_release(&s->towns);
	buf_release(&s->line);
	buf_release(&s->kept_line);
	buf_release(&s->word);
	buf_release(&s->common);
	buf_release(&s->served);
	for (size_t i = 0; i < SITESEARCH_BEST; i++) {
		buf_release(&s->best[i].rank);
		buf_release(&s->best[i].line);
	}
	free(s);
}

/* ---- a business ---- */

/* A field of a row: signs that separate fields and rows become spaces. */
static void search_put_field(struct buf *out, struct str text)
{
	buf_putc(out, '\t');
	for (size_t i = 0; i < text.n; i++)
		buf_putc(out, (unsigned char)text.p[i] < ' ' ? ' ' : text.p[i]);
}

static void search_put_fields(struct buf *out, const struct str *texts, size_t count)
{
	buf_putc(out, '\t');
	for (size_t i = 0; i < count; i++) {
		if (out->n + texts[i].n + 1 > ROW_MAX)
			break;
		for (size_t k = 0; k < texts[i].n; k++)
			buf_putc(out, (unsigned char)texts[i].p[k] < ' ' ? ' ' : texts[i].p[k]);
		if (i + 1 < count)
			buf_putc(out, '\x1f');
	}
}

/* A name as most addresses have it; empty when it is not of ASCII. The script does the same. */
static struct str search_slug(struct str name, char out[SLUG_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++) {
		char c = ascii_lower(name.p[i]);
		if (c & 0x80 || n + 2 > SLUG_MAX)
			return STR("");
		if (ascii_is_alnum(c))
			out[n++] = c;
		else if (c != '\'' && n && out[n - 1] != '-')
			out[n++] = '-';
	}
	n -= n && out[n - 1] == '-';
	return (struct str){out, n};
}

/* The address of the page is FOLDER/NAME-ID.html, of which the row has ID, ID:NAME or
 * ID:NAME:FOLDER: what follows from the name and the town is left out. Others are written as they
 * are. */
static void search_put_path(struct buf *out, const struct sitesearch_row *row)
{
	enum { ID = RECORD_ID_TEXT - 1 };
	char of_name[SLUG_MAX], of_city[SLUG_MAX];
	struct str path = row->path, ending = STR(".html");
	const char *slash = memrchr(path.p, '/', path.n);
	size_t tail = 1 + ID + ending.n;
	buf_putc(out, '\t');
	if (!slash || !str_ends(path, ending) || path.n <= tail ||
	    slash + 1 >= path.p + path.n - tail || path.p[path.n - tail] != '-') {
		buf_str(out, path);
		return;
	}
	struct str folder = {path.p, (size_t)(slash - path.p)};
	struct str name = {slash + 1, path.n - tail - folder.n - 1};
	bool own_name = !str_eq(name, search_slug(row->name, of_name));
	bool own_folder = !str_eq(folder, search_slug(row->city, of_city));
	buf_add(out, path.p + path.n - tail + 1, ID);
	if (own_name || own_folder)
		buf_printf(out, ":%.*s", own_name ? (int)name.n : 0, name.p);
	if (own_folder)
		buf_printf(out, ":%.*s", STR_ARG(folder));
}

/* quality, category, name, address of its page, street, postcode, town, further categories, further
 * names, cuisines; empty fields at the end are left out. */
static void search_put_row(struct buf *out, const struct sitesearch_row *row)
{
	const struct str texts[] = {row->street, row->postcode, row->city};
	buf_reset(out);
	buf_printf(out, "%d\t%d", row->quality, row->category);
	search_put_field(out, utf8_cut(row->name, ROW_MAX / 8));
	search_put_path(out, row);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		search_put_field(out, utf8_cut(texts[i], ROW_MAX / 8));
	search_put_fields(out, row->categories, row->categories_count);
	search_put_fields(out, row->alt_names, row->alt_names_count);
	search_put_fields(out, row->cuisines, row->cuisines_count);
	while (out->n && out->p[out->n - 1] == '\t')
		out->n--;
}

/* place: empty for names and pairs. street: the business has the word in its street only. */
static enum status search_put_posting(struct sitesearch *s, struct str word, struct str place,
				      const struct search_kept *k, bool street, struct err *err)
{
	char key[KEY_MAX], *to = key;
	must(word.n + place.n + RANK_BYTES + 2 <= sizeof(key));
	to = mempcpy(to, word.p, word.n);
	*to++ = '\t';
	to = mempcpy(to, place.p, place.n);
	*to++ = '\t';
	*to++ = (char)(UINT8_MAX - k->quality);
	for (int shift = 56; shift >= 0; shift -= 8)
		*to++ = (char)(~(uint64_t)k->id >> shift);
	*to++ = (char)street;
	return sorter_add(s->rows, (struct str){key, (size_t)(to - key)}, buf_view(&s->line), err);
}

/* ---- a business, first: its row and words are kept, and words are counted ---- */

/* Further kinds of a business without a main one are not read. */
static void search_read_kinds(const struct sitesearch_row *row, struct search_kept *k)
{
	if (!taxonomy_by_id(row->category))
		return;
	k->kind[k->kinds++] = row->category;
	for (size_t i = 0; i < row->categories_count && k->kinds < KINDS_MAX; i++) {
		int64_t id;
		if (str_to_i64(row->categories[i], 1, INT16_MAX, &id) && id != row->category)
			k->kind[k->kinds++] = (int)id;
	}
}

static void search_keep_text(struct buf *out, struct str text)
{
	buf_printf(out, "%.*s\n", STR_ARG(text));
}

static void search_keep_cuisine(struct sitesearch *s, struct str cuisine)
{
	char line[WORDS_BYTES + 3];
	struct str c = utf8_cut(cuisine, WORDS_BYTES);
	struct str served = buf_view(&s->served);
	int n = snprintf(line, sizeof(line), "\n%.*s\n", STR_ARG(c));
	if (!memmem(served.p, served.n, line, (size_t)n))
		buf_str(&s->served, (struct str){line + 1, (size_t)n - 1});
	buf_printf(&s->kept_line, SITESEARCH_CUISINE "%.*s\n", STR_ARG(c));
}

enum status sitesearch_add(struct sitesearch *s, const struct sitesearch_row *row, struct err *err)
{
	struct words words;
	char key[WORDS_KEY_BYTES];
	struct search_kept k = {.id = row->id, .quality = row->quality};
	must(row->quality >= 0 && row->quality <= 100);
	search_read_kinds(row, &k);
	words_init(&words);
	words_add(&words, row->name);
	for (size_t i = 0; i < row->alt_names_count; i++)
		words_add(&words, row->alt_names[i]);
	k.of_names = words.count;
	words_add(&words, row->street);
	k.of_street = words.count;
	words_add(&words, row->city);
	k.words = words.count;
	k.cuisines = row->cuisines_count;
	search_put_row(&s->line, row);
	buf_reset(&s->kept_line);
	buf_add(&s->kept_line, &k, sizeof(k));
	search_keep_text(&s->kept_line, buf_view(&s->line));
	search_keep_text(&s->kept_line, row->place);
	search_keep_text(&s->kept_line, words_key(row->name, key));
	for (size_t i = 0; i < words.count; i++) {
		search_keep_text(&s->kept_line, words_at(&words, i));
		if (i < k.of_street)
			counts_add(&s->counts, words_at(&words, i), i < k.of_names);
	}
	for (size_t i = 0; i < row->cuisines_count; i++)
		search_keep_cuisine(s, row->cuisines[i]);
	if (buf_failed(&s->kept_line))
		return err_set(err, TOO_LARGE, "too much for a row of the search");
	return sorter_add(s->kept, STR(""), buf_view(&s->kept_line), err);
}

/* ---- a business, then: its postings ---- */

/* ---- further towns: "Laden Bern" in Thun and a Laden in Bern am See are under Bern, too ---- */

enum { TOWN_WORDS = 3 };

static void search_read_towns(struct sitesearch *s, struct str lines)
{
	while (lines.n) {
		char key[WORDS_KEY_BYTES];
		struct str line = str_cut(&lines, '\n');
		counts_add(&s->towns, words_key(str_cut(&line, '\t'), key), true);
	}
}

/* The town that n words name, or the first that is called so elsewhere; empty: none. */
static struct str search_town(const struct sitesearch *s, const struct str *word, size_t n,
			      char out[WORDS_KEY_BYTES])
{
	char joined[TOWN_WORDS * WORDS_BYTES];
	struct str other[PLACES_NAMES];
	size_t length = 0;
	uint32_t named;
	for (size_t i = 0; i < n; i++) {
		memcpy(joined + length, word[i].p, word[i].n);
		length += word[i].n;
	}
	struct str key = words_key((struct str){joined, length}, out);
	if (counts_of(&s->towns, key, &named))
		return key;
	size_t others = places_names(key, other);
	for (size_t i = 0; i < others; i++)
		if (counts_of(&s->towns, other[i], &named))
			return other[i];
	return STR("");
}

static enum status search_put_towns(struct sitesearch *s, const struct search_kept *k,
				    const struct str *word, struct str place, struct err *err)
{
	enum status status = OK;
	uint32_t named;
	for (size_t i = 0; i < k->words; i++) {
		for (size_t n = 1; n <= TOWN_WORDS && i + n <= k->words; n++) {
			char key[WORDS_KEY_BYTES];
			struct str town = search_town(s, word + i, n, key);
			if (!town.n || str_eq(town, place))
				continue;
			for (size_t w = 0; w < k->of_street && status == OK; w++)
				if ((w < i || w >= i + n) &&
				    counts_of(&s->counts, word[w], &named) && named)
					status = search_put_posting(s, word[w], town, k,
								    w >= k->of_names, err);
		}
	}
	return status;
}

/* The words of a business that many have: what is stored for pairs of them. */
static enum status search_put_pairs(struct sitesearch *s, const struct search_kept *k,
				    const struct str *often, size_t count, struct err *err)
{
	enum status status = OK;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count + k->kinds && status == OK; j++) {
			char kind[16] = "", text[2 * WORDS_BYTES + 2];
			if (j >= count)
				snprintf(kind, sizeof(kind), "@%d", k->kind[j - count]);
			struct str other = j < count ? often[j] : str_of(kind);
			if (j < count && str_cmp(often[i], other) >= 0)
				continue;
			int n = snprintf(text, sizeof(text), "%.*s" SITESEARCH_PAIR "%.*s",
					 STR_ARG(often[i]), STR_ARG(other));
			status = search_put_posting(s, (struct str){text, (size_t)n}, STR(""), k,
						    false, err);
		}
	}
	return status;
}

static enum status search_put_words(struct sitesearch *s, const struct search_kept *k,
				    struct str *lines, struct str place, struct err *err)
{
	struct str words[WORDS_MAX], often[WORDS_MAX];
	size_t count = 0;
	enum status status = OK;
	for (size_t i = 0; i < k->words && status == OK; i++) {
		struct str word = words[i] = str_cut(lines, '\n');
		uint32_t named, all = counts_of(&s->counts, word, &named);
		if (!named)
			continue;
		if (i < k->of_street)
			status = search_put_posting(s, word, place, k, i >= k->of_names, err);
		if (all > s->pairs && !phrases_is_filler(word))
			often[count++] = word;
	}
	if (status == OK)
		status = search_put_towns(s, k, words, place, err);
	return status == OK ? search_put_pairs(s, k, often, count, err) : status;
}

static enum status search_put_kept(struct sitesearch *s, struct str kept, struct err *err)
{
	struct search_kept k;
	char kind[16], group[16], name[WORDS_KEY_BYTES + 2];
	must(kept.n > sizeof(k));
	memcpy(&k, kept.p, sizeof(k));
	struct str lines = str_from(kept, sizeof(k));
	struct str line = str_cut(&lines, '\n'), place = str_cut(&lines, '\n');
	struct str name_key = str_cut(&lines, '\n');
	int n = snprintf(name, sizeof(name), SITESEARCH_NAME "%.*s", STR_ARG(name_key));
	const struct taxonomy_category *category = k.kinds ? taxonomy_by_id(k.kind[0]) : NULL;
	buf_reset(&s->line);
	buf_str(&s->line, line);
	enum status status =
	    search_put_posting(s, (struct str){name, (size_t)n}, STR(""), &k, false, err);
	if (status == OK)
		status = search_put_words(s, &k, &lines, place, err);
	for (size_t i = 0; i < k.cuisines && status == OK; i++)
		status = search_put_posting(s, str_cut(&lines, '\n'), place, &k, false, err);
	if (status != OK || !category)
		return status;
	snprintf(kind, sizeof(kind), "@%d", category->id);
	snprintf(group, sizeof(group), "@g%d", taxonomy_group(str_of(category->group))->id);
	status = search_put_posting(s, str_of(kind), place, &k, false, err);
	return status == OK ? search_put_posting(s, str_of(group), place, &k, false, err) : status;
}

static enum status search_put_all(struct sitesearch *s, struct err *err)
{
	struct str key, kept;
	enum status status = sorter_end(s->kept, err);
	if (status == OK)
		s->rows = sorter_create(s->temporary, SITESEARCH_BUFFER);
	while (status == OK && (status = sorter_next(s->kept, &key, &kept, err)) == OK)
		status = search_put_kept(s, kept, err);
	sorter_free(s->kept);
	s->kept = NULL;
	return status == NOT_FOUND ? OK : status;
}

/* ---- corrections ---- */

static enum status search_put_near(struct sitesearch *s, struct str left, struct str word,
				   struct err *err)
{
	char key[2 * WORDS_BYTES + 16];
	int n = snprintf(key, sizeof(key), SITESEARCH_NEAR "%.*s\t\t%.*s", STR_ARG(left),
			 STR_ARG(word));
	return sorter_add(s->near, (struct str){key, (size_t)n}, word, err);
}

static enum status search_put_deletions(struct sitesearch *s, struct str word, struct err *err)
{
	char left[WORDS_BYTES];
	size_t letters = 0;
	for (size_t i = 0; i < word.n; i++) {
		if (ascii_is_digit(word.p[i]) || strchr("@" SITESEARCH_CUISINE, word.p[i]))
			return OK;
		letters += utf8_begins(word.p[i]);
	}
	if (letters < NEAR_LEAST)
		return OK;
	enum status status = search_put_near(s, word, word, err);
	for (size_t from = 0, to; from < word.n && status == OK; from = to) {
		for (to = from + 1; to < word.n && !utf8_begins(word.p[to]); to++)
			;
		memcpy(left, word.p, from);
		memcpy(left + from, word.p + to, word.n - to);
		status = search_put_near(s, (struct str){left, word.n - (to - from)}, word, err);
	}
	return status;
}

/* ---- from sorted postings to files ---- */

static void search_keep_best(struct sitesearch *s, struct str rank, struct str line)
{
	size_t at = s->bests;
	if (at == SITESEARCH_BEST) {
		if (str_cmp(buf_view(&s->best[at - 1].rank), rank) <= 0)
			return;
		at--;
	} else {
		s->bests++;
	}
	struct search_best moved = s->best[at];
	for (; at > 0 && str_cmp(buf_view(&s->best[at - 1].rank), rank) > 0; at--)
		s->best[at] = s->best[at - 1];
	s->best[at] = moved;
	buf_reset(&s->best[at].rank);
	buf_str(&s->best[at].rank, rank);
	buf_reset(&s->best[at].line);
	buf_str(&s->best[at].line, line);
}

static enum status search_end_word(struct sitesearch *s, struct tree *tree, struct err *err)
{
	char group[KEY_MAX];
	struct str word = buf_view(&s->word);
	bool plain = word.n && word.p[0] != SITESEARCH_NAME[0] &&
		     !memchr(word.p, SITESEARCH_PAIR[0], word.n);
	enum status status = OK;
	/* Of words the businesses: rows under further towns do not count. */
	uint32_t named, all = counts_of(&s->counts, word, &named);
	uint64_t rows = all ? all : s->of_word;
	if (plain && rows > SITESEARCH_COMMON) {
		buf_printf(&s->common, "%.*s\t%llu\n", STR_ARG(word), (unsigned long long)rows);
		int n = snprintf(group, sizeof(group), "%.*s\t" SITESEARCH_HEAD, STR_ARG(word));
		for (size_t i = 0; i < s->bests && status == OK; i++)
			status = leaves_put(tree, (struct str){group, (size_t)n},
					    buf_view(&s->best[i].line), err);
	}
	if (status == OK && plain)
		status = search_put_deletions(s, word, err);
	s->of_word = 0;
	s->bests = 0;
	return status;
}

static enum status search_write_rows(struct sitesearch *s, struct tree *tree, struct err *err)
{
	struct str key, line;
	enum status status = sorter_end(s->rows, err);
	while (status == OK && (status = sorter_next(s->rows, &key, &line, err)) == OK) {
		const char *tab = memchr(key.p, '\t', key.n);
		must(tab);
		struct str word = {key.p, (size_t)(tab - key.p)};
		if (!str_eq(word, buf_view(&s->word))) {
			status = search_end_word(s, tree, err);
			buf_reset(&s->word);
			buf_str(&s->word, word);
		}
		struct str rank = {key.p + key.n - RANK_BYTES, RANK_BYTES};
		struct str group = {key.p, key.n - RANK_BYTES - 1};
		s->of_word++;
		if (!key.p[key.n - 1])
			search_keep_best(s, rank, line);
		if (status == OK)
			status = leaves_put(tree, group, line, err);
	}
	return status == NOT_FOUND ? search_end_word(s, tree, err) : status;
}

static enum status search_write_near(struct sitesearch *s, struct tree *tree, struct err *err)
{
	struct str key, word;
	enum status status = sorter_end(s->near, err);
	while (status == OK && (status = sorter_next(s->near, &key, &word, err)) == OK) {
		struct str group = {key.p, key.n - word.n - 1};
		status = leaves_put(tree, group, word, err);
	}
	return status == NOT_FOUND ? OK : status;
}

static enum status search_write_root(struct sitesearch *s, const struct sitesearch_root *root,
				     struct tree *tree, struct err *err)
{
	struct buf out;
	buf_init(&out, ROOT_MAX);
	root_write(root, s->pairs, buf_view(&s->common), str_from(buf_view(&s->served), 1), tree,
		   &out);
	enum status status = buf_failed(&out)
				 ? err_set(err, TOO_LARGE, "%s", SITESEARCH_ROOT)
				 : tree->put(tree->ctx, SITESEARCH_ROOT, buf_view(&out), err);
	buf_release(&out);
	return status;
}

enum status sitesearch_write(struct sitesearch *s, const struct sitesearch_root *root,
			     sitesearch_put *put, void *ctx, struct err *err)
{
	struct tree tree;
	leaves_init(&tree, put, ctx);
	search_read_towns(s, root->towns);
	enum status status = search_put_all(s, err);
	s->near = sorter_create(s->temporary, NEAR_BUFFER);
	if (status == OK)
		status = search_write_rows(s, &tree, err);
	if (status == OK) {
		/* Frees its memory before the corrections are sorted. */
		sorter_free(s->rows);
		s->rows = NULL;
		status = search_write_near(s, &tree, err);
	}
	if (status == OK)
		status = leaves_end(&tree, err);
	if (status == OK)
		status = search_write_root(s, root, &tree, err);
	leaves_release(&tree);
	return status;
}
