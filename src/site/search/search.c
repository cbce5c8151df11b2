#include "site/search/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "directory/taxonomy/taxonomy.h"
#include "directory/words/words.h"

enum {
	ROW_MAX = 8 << 10, /* bytes of a row; further names that do not fit are left out */
	NEAR_LEAST = 4,    /* letters of a word that is corrected */
	NEAR_BUFFER = 16 << 20,
	/* Of quality and id behind the group in a key, so that better ones come first. */
	RANK_BYTES = 9,
	KEY_MAX = WORDS_BYTES + WORDS_KEY_BYTES + RANK_BYTES + 24,
	ROOT_MAX = 32 << 20,
};

/* The best rows of the present word. */
struct search_best {
	struct buf rank, line;
};

struct sitesearch {
	int temporary;
	struct sorter *rows, *near;
	struct buf line, word, common;
	struct buf served; /* lines of cuisines */
	uint64_t of_word;  /* rows */
	struct search_best best[SITESEARCH_BEST];
	size_t bests;
};

struct sitesearch *sitesearch_create(int temporary)
{
	struct sitesearch *s = memory_alloc(sizeof(*s));
	s->temporary = temporary;
	s->rows = sorter_create(temporary, SITESEARCH_BUFFER);
	buf_init(&s->line, ROW_MAX);
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
	sorter_free(s->rows);
	sorter_free(s->near);
	buf_release(&s->line);
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

/* quality, category, name, address of its page, street, postcode, town, further categories, further
 * names, cuisines; empty fields at the end are left out. */
static void search_put_row(struct buf *out, const struct sitesearch_row *row)
{
	const struct str texts[] = {row->name, row->path, row->street, row->postcode, row->city};
	buf_reset(out);
	buf_printf(out, "%d\t%d", row->quality, row->category);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		search_put_field(out, utf8_cut(texts[i], ROW_MAX / 8));
	search_put_fields(out, row->categories, row->categories_count);
	search_put_fields(out, row->alt_names, row->alt_names_count);
	search_put_fields(out, row->cuisines, row->cuisines_count);
	while (out->n && out->p[out->n - 1] == '\t')
		out->n--;
}

/* mark: in front of the place; empty for words of names and for kinds. */
static enum status search_put_posting(struct sitesearch *s, struct str word, struct str mark,
				      const struct sitesearch_row *row, struct err *err)
{
	char key[KEY_MAX], *to = key;
	must(word.n + mark.n + row->place.n + RANK_BYTES + 2 <= sizeof(key));
	to = mempcpy(to, word.p, word.n);
	*to++ = '\t';
	to = mempcpy(to, mark.p, mark.n);
	to = mempcpy(to, row->place.p, row->place.n);
	*to++ = '\t';
	*to++ = (char)(UINT8_MAX - row->quality);
	for (int shift = 56; shift >= 0; shift -= 8)
		*to++ = (char)(~(uint64_t)row->id >> shift);
	return sorter_add(s->rows, (struct str){key, (size_t)(to - key)}, buf_view(&s->line), err);
}

static enum status search_put_cuisine(struct sitesearch *s, struct str cuisine,
				      const struct sitesearch_row *row, struct err *err)
{
	char word[WORDS_BYTES + 2], line[WORDS_BYTES + 3];
	struct str c = utf8_cut(cuisine, WORDS_BYTES);
	struct str served = buf_view(&s->served);
	int n = snprintf(line, sizeof(line), "\n%.*s\n", STR_ARG(c));
	if (!memmem(served.p, served.n, line, (size_t)n))
		buf_str(&s->served, (struct str){line + 1, (size_t)n - 1});
	snprintf(word, sizeof(word), SITESEARCH_CUISINE "%.*s", STR_ARG(c));
	return search_put_posting(s, str_of(word), STR(""), row, err);
}

enum status sitesearch_add(struct sitesearch *s, const struct sitesearch_row *row, struct err *err)
{
	struct words words;
	char kind[16], group[16];
	const struct taxonomy_category *category = taxonomy_by_id(row->category);
	enum status status = OK;
	must(row->quality >= 0 && row->quality <= 100);
	words_init(&words);
	words_add(&words, row->name);
	for (size_t i = 0; i < row->alt_names_count; i++)
		words_add(&words, row->alt_names[i]);
	search_put_row(&s->line, row);
	size_t of_names = words.count;
	words_add(&words, row->street);
	for (size_t i = 0; i < words.count && status == OK; i++) {
		struct str word = words_at(&words, i);
		status = search_put_posting(
		    s, word, i < of_names ? STR("") : STR(SITESEARCH_STREET), row, err);
	}
	for (size_t i = 0; i < row->cuisines_count && status == OK; i++)
		status = search_put_cuisine(s, row->cuisines[i], row, err);
	if (status != OK || !category)
		return status;
	snprintf(kind, sizeof(kind), "@%d", category->id);
	snprintf(group, sizeof(group), "@g%d", taxonomy_group(str_of(category->group))->id);
	status = search_put_posting(s, str_of(kind), STR(""), row, err);
	return status == OK ? search_put_posting(s, str_of(group), STR(""), row, err) : status;
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
	enum status status = OK;
	if (s->of_word > SITESEARCH_COMMON) {
		buf_printf(&s->common, "%.*s\t%llu\n", STR_ARG(word),
			   (unsigned long long)s->of_word);
		int n = snprintf(group, sizeof(group), "%.*s\t" SITESEARCH_HEAD, STR_ARG(word));
		for (size_t i = 0; i < s->bests && status == OK; i++)
			status = leaves_put(tree, (struct str){group, (size_t)n},
					    buf_view(&s->best[i].line), err);
	}
	if (status == OK && s->of_word)
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
		bool street = str_starts(str_from(key, word.n + 1), STR(SITESEARCH_STREET));
		if (street && !s->of_word)
			continue;
		if (!street) {
			s->of_word++;
			search_keep_best(s, rank, line);
		}
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
	root_write(root, buf_view(&s->common), str_from(buf_view(&s->served), 1), tree, &out);
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
	s->near = sorter_create(s->temporary, NEAR_BUFFER);
	enum status status = search_write_rows(s, &tree, err);
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
