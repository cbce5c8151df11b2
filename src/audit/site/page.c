/* Rules for one page. */
#include "audit/site/internal.h"
#include "base/ascii.h"
#include "site/facts/facts.h"

#include <string.h>

enum { WEIGHT_MAX = 2 << 20, LOADED_MAX = 1000 };

static struct site_place page_place(const struct site *site, const struct site_page *page,
				    const struct site_fact *f)
{
	return (struct site_place){site_number(site, page->file), f ? f->line : 0,
				   f ? f->column : 0};
}

/* ---- resources ---- */

struct load {
	const struct site_file *seen[LOADED_MAX];
	size_t count;
	uint64_t bytes;
};

static void add_bytes(struct load *load, const struct site_file *file)
{
	for (size_t i = 0; i < load->count; i++)
		if (load->seen[i] == file)
			return;
	if (load->count < LOADED_MAX)
		load->seen[load->count++] = file;
	load->bytes += file->bytes;
}

static void count_request(struct site *site, struct site_place at, struct str host)
{
	site->summary->external++;
	site_count_host(site, &site->hosts, at, host);
}

static void on_resource(struct site *site, const struct site_page *page, const struct site_fact *f,
			struct load *load)
{
	struct address to;
	struct site_place at = page_place(site, page, f);
	address_resolve(site, page, f->a, &to);
	if (facts_is_private_url(f->a)) {
		site_found(site, RULE_PRIVATE, at, "%.*s: %.*s", STR_ARG(f->b), STR_ARG(f->a));
		return;
	}
	if (to.insecure)
		site_found(site, RULE_INSECURE, at, "%.*s", STR_ARG(f->a));
	if (to.kind == ADDRESS_WEB)
		count_request(site, at, to.host);
	else if (to.kind == ADDRESS_LOCAL && to.file && f->fact == PAGE_RESOURCE)
		add_bytes(load, to.file);
	else if (to.kind == ADDRESS_LOCAL && !to.file && !site->alone)
		site_found(site, RULE_RESOURCE_BROKEN, at, "%.*s (%.*s)", STR_ARG(f->a),
			   STR_ARG(f->b));
}

static void judge_weight(struct site *site, const struct site_page *page)
{
	struct load load = {.bytes = page->file->bytes};
	for (size_t i = 0; i < page->facts_count; i++) {
		const struct site_fact *f = &page->facts[i];
		if (f->fact == PAGE_RESOURCE || f->fact == PAGE_LAZY)
			on_resource(site, page, f, &load);
	}
	site->summary->total_bytes += load.bytes;
	if (load.bytes > site->summary->heaviest_bytes)
		site->summary->heaviest_bytes = load.bytes;
	if (load.bytes > WEIGHT_MAX)
		site_found(site, RULE_HEAVY, page_place(site, page, NULL), "%llu kB in %zu files",
			   (unsigned long long)(load.bytes >> 10), load.count + 1);
}

/* ---- links ---- */

static void page_on_link(struct site *site, const struct site_page *page, const struct site_fact *f)
{
	struct address to;
	address_resolve(site, page, f->a, &to);
	if (to.kind != ADDRESS_LOCAL)
		return;
	if (!to.file) {
		if (!site->alone)
			site_found(site, RULE_LINK_BROKEN, page_place(site, page, f), "%.*s",
				   STR_ARG(f->a));
		return;
	}
	/* "#top" and text fragments need no element with that id. */
	if (!to.fragment.n || to.file->kind != PAGE_HTML ||
	    str_eq_nocase(to.fragment, STR("top")) || str_starts(to.fragment, STR(":~:")))
		return;
	SITE_ADD(&site->wanted) = (struct site_wanted){
	    .from = page_place(site, page, f),
	    .to = site_number(site, to.file),
	    .fragment = arena_str(&site->arena, to.fragment),
	};
}

/* Codes of countries and unions that are mistaken for those of languages and regions. */
static bool page_is_mistaken(struct str code, const char *mistaken)
{
	for (struct str list = str_of(mistaken); list.p;)
		if (str_eq_nocase(str_cut(&list, ' '), code))
			return true;
	return false;
}

static bool page_letters(struct str s, size_t from, size_t to)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_letter(s.p[i]))
			return false;
	return s.n >= from && s.n <= to;
}

/* Whether it can be a language: two or three letters. */
static bool is_language(struct str code)
{
	return page_letters(code, 2, 3) && !page_is_mistaken(code, "jp cn gr cz dk ua kr");
}

/* A tag of BCP 47, as far as its form says. */
static bool is_language_tag(struct str tag)
{
	if (!is_language(str_cut(&tag, '-')))
		return false;
	while (tag.p) {
		struct str part = str_cut(&tag, '-');
		for (size_t i = 0; i < part.n; i++)
			if (!ascii_is_alnum(part.p[i]))
				return false;
		if (!part.n || part.n > 8)
			return false;
	}
	return true;
}

/* language, language-Script, language-REGION, language-Script-REGION, x-default */
static bool is_hreflang(struct str code)
{
	if (str_eq_nocase(code, STR("x-default")))
		return true;
	struct str part = str_cut(&code, '-');
	if (!is_language(part))
		return false;
	if (!code.p)
		return true;
	part = str_cut(&code, '-');
	if (page_letters(part, 4, 4)) {
		if (!code.p)
			return true;
		part = str_cut(&code, '-');
	}
	int64_t region;
	return !code.p && !page_is_mistaken(part, "uk eu") &&
	       (page_letters(part, 2, 2) || (part.n == 3 && str_to_i64(part, 1, 999, &region)));
}

static void on_hreflang(struct site *site, const struct site_page *page, const struct site_fact *f)
{
	struct address to;
	if (!is_hreflang(f->b))
		site_found(site, RULE_HREFLANG_CODE, page_place(site, page, f), "%.*s",
			   STR_ARG(f->b));
	if (facts_is_private_url(f->a)) {
		site_found(site, RULE_PRIVATE, page_place(site, page, f), "hreflang: %.*s",
			   STR_ARG(f->a));
		return;
	}
	address_resolve(site, page, f->a, &to);
	if (to.kind != ADDRESS_LOCAL || site->alone)
		return;
	if (!to.file) {
		site_found(site, RULE_HREFLANG_BROKEN, page_place(site, page, f), "%.*s",
			   STR_ARG(f->a));
		return;
	}
	SITE_ADD(&site->languages) = (struct site_language){
	    .from = page_place(site, page, f),
	    .to = site_number(site, to.file),
	    .language = arena_str(&site->arena, f->b),
	};
}

/* The links to other languages of a page, together. */
static void judge_hreflangs(struct site *site, const struct site_page *page)
{
	enum { LINKS_MAX = 256 }; /* that are compared with one another */
	const struct site_fact *link[LINKS_MAX];
	size_t count = 0;
	bool several = false, rest = false;
	for (size_t i = 0; i < page->facts_count && count < LINKS_MAX; i++)
		if (page->facts[i].fact == PAGE_HREFLANG)
			link[count++] = &page->facts[i];
	for (size_t i = 0; i < count; i++) {
		bool is_default = str_eq_nocase(link[i]->b, STR("x-default"));
		rest |= is_default;
		for (size_t k = 0; k < i; k++) {
			bool same = str_eq_nocase(link[k]->b, link[i]->b);
			several |=
			    !same && !is_default && !str_eq_nocase(link[k]->b, STR("x-default"));
			if (!same || str_eq(link[k]->a, link[i]->a))
				continue;
			site_found(site, RULE_HREFLANG_TWICE, page_place(site, page, link[i]),
				   "%.*s: %.*s and %.*s", STR_ARG(link[i]->b), STR_ARG(link[k]->a),
				   STR_ARG(link[i]->a));
			break;
		}
	}
	if (several && !rest)
		site_found(site, RULE_HREFLANG_DEFAULT, page_place(site, page, link[0]), "%s", "");
}

/* A list that has too little for a page, unless it ends a longer one or is not offered to search
 * engines. */
static void judge_list(struct site *site, const struct site_page *page)
{
	const struct site_fact *list = site_first(page, PAGE_LIST);
	int64_t count;
	if (list && !page->file->noindex && !site_first(page, PAGE_PREV) &&
	    str_to_i64(list->a, 0, FACTS_LIST_LEAST - 1, &count))
		site_found(site, RULE_LIST_THIN, page_place(site, page, list), "%lld %s",
			   (long long)count, count == 1 ? "entry" : "entries");
}

/* Compare the origins that a page gives in its canonical link and in og:url. canonical may be
 * NULL. */
static void judge_origins(struct site *site, const struct site_page *page,
			  const struct site_fact *canonical)
{
	const struct site_fact *og = site_first(page, PAGE_OG_URL);
	struct str origin, other, path;
	const struct site_fact *both[] = {canonical, og};
	for (size_t i = 0; i < COUNT_OF(both); i++)
		if (both[i] && facts_is_private_url(both[i]->a))
			site_found(site, RULE_PRIVATE, page_place(site, page, both[i]), "%s: %.*s",
				   i ? "og:url" : "canonical", STR_ARG(both[i]->a));
	if (!canonical || facts_is_private_url(canonical->a) ||
	    !address_split(canonical->a, &origin, &path))
		return;
	site_count_host(site, &site->canonicals, page_place(site, page, canonical), origin);
	if (og && !facts_is_private_url(og->a) && address_split(og->a, &other, &path) &&
	    !str_eq_nocase(origin, other))
		site_found(site, RULE_CANONICAL_HOSTS, page_place(site, page, og),
			   "canonical %.*s, og:url %.*s", STR_ARG(origin), STR_ARG(other));
}

static void judge_canonical(struct site *site, const struct site_page *page)
{
	const struct site_fact *one = NULL;
	struct address to;
	for (size_t i = 0; i < page->facts_count; i++) {
		const struct site_fact *f = &page->facts[i];
		if (f->fact != PAGE_CANONICAL)
			continue;
		if (one && !str_eq(one->a, f->a)) {
			site_found(site, RULE_CANONICAL_TWICE, page_place(site, page, f),
				   "%.*s and %.*s", STR_ARG(one->a), STR_ARG(f->a));
			return;
		}
		one = f;
	}
	judge_origins(site, page, one);
	if (!one || facts_is_private_url(one->a))
		return;
	if (!address_is_absolute(one->a))
		site_found(site, RULE_CANONICAL_RELATIVE, page_place(site, page, one), "%.*s",
			   STR_ARG(one->a));
	address_resolve(site, page, one->a, &to);
	page->file->canonical_line = one->line;
	page->file->canonical_column = one->column;
	if (to.kind == ADDRESS_LOCAL && to.file)
		page->file->canonical = site_number(site, to.file);
	else if (to.kind == ADDRESS_LOCAL && !site->alone)
		site_found(site, RULE_CANONICAL_BROKEN, page_place(site, page, one), "%.*s",
			   STR_ARG(one->a));
}

/* ---- content ---- */

/* "www.example.org" of "https://www.example.org", and the same without www. */
static struct str bare_host(struct str origin)
{
	str_cut(&origin, '/');
	str_cut(&origin, '/');
	if (origin.n > 4 && str_eq_nocase((struct str){origin.p, 4}, STR("www.")))
		origin = (struct str){origin.p + 4, origin.n - 4};
	return origin;
}

/* The site's own address in a block, with www or without, by https or http, otherwise than the
 * canonical link has it. */
static void compare_with_canonical(struct site *site, const struct site_page *page,
				   const struct site_fact *f)
{
	const struct site_fact *canonical = site_first(page, PAGE_CANONICAL);
	struct str origin, other, path;
	if (canonical && str_eq(f->b, STR("url")) && address_split(canonical->a, &origin, &path) &&
	    address_split(f->a, &other, &path) && !str_eq_nocase(origin, other) &&
	    str_eq_nocase(bare_host(origin), bare_host(other)))
		site_found(site, RULE_CANONICAL_HOSTS, page_place(site, page, f),
			   "canonical %.*s, url in structured data %.*s", STR_ARG(origin),
			   STR_ARG(other));
}

static void on_block_url(struct site *site, const struct site_page *page, const struct site_fact *f)
{
	struct address to;
	compare_with_canonical(site, page, f);
	address_resolve(site, page, f->a, &to);
	if (to.kind == ADDRESS_LOCAL && !to.file && !site->alone)
		site_found(site, RULE_BLOCK_URL, page_place(site, page, f), "%.*s: %.*s",
			   STR_ARG(f->b), STR_ARG(f->a));
}

/* The picture that messages show beside a link to the page. It is fetched by the host of the
 * message, which resolves no relative address. */
static void on_og_image(struct site *site, const struct site_page *page, const struct site_fact *f)
{
	struct address to;
	if (facts_is_private_url(f->a)) {
		site_found(site, RULE_PRIVATE, page_place(site, page, f), "og:image: %.*s",
			   STR_ARG(f->a));
		return;
	}
	if (!address_is_absolute(f->a))
		site_found(site, RULE_OG_IMAGE_RELATIVE, page_place(site, page, f), "%.*s",
			   STR_ARG(f->a));
	address_resolve(site, page, f->a, &to);
	if (to.kind == ADDRESS_LOCAL && !to.file && !site->alone)
		site_found(site, RULE_OG_IMAGE_BROKEN, page_place(site, page, f), "%.*s",
			   STR_ARG(f->a));
}

static void on_fact(struct site *site, const struct site_page *page, const struct site_fact *f)
{
	switch (f->fact) {
	case PAGE_FOUND:
		if (str_eq(f->a, STR("type-general")))
			SITE_ADD(&site->generals) = (struct site_general){
			    page_place(site, page, f), arena_str(&site->arena, f->b)};
		else
			site_found_key(site, f->a, page_place(site, page, f), f->b);
		break;
	case PAGE_LINK:
		page_on_link(site, page, f);
		break;
	case PAGE_HREFLANG:
		on_hreflang(site, page, f);
		break;
	case PAGE_BLOCK_URL:
		on_block_url(site, page, f);
		break;
	case PAGE_OG_IMAGE:
		on_og_image(site, page, f);
		break;
	case PAGE_ID_WANTED:
		SITE_ADD(&site->references) = (struct site_reference){
		    page_place(site, page, f), arena_str(&site->arena, f->a)};
		break;
	case PAGE_CART:
		SITE_ADD(&site->carts) =
		    (struct site_cart){page_place(site, page, f), arena_str(&site->arena, f->a)};
		break;
	default:
		break; /* looked at by others */
	}
}

/* Metadata that every page should have. */
static void judge_head(struct site *site, const struct site_page *page)
{
	const struct site_fact *title = site_first(page, PAGE_TITLE),
			       *lang = site_first(page, PAGE_LANG);
	struct site_place at = page_place(site, page, NULL);
	if (site_first(page, PAGE_REFRESH))
		return; /* it only leads on */
	if (!title || !title->a.n)
		site_found(site, RULE_TITLE, at, "%s", "");
	if (!lang || !lang->a.n)
		site_found(site, RULE_LANG, at, "%s", "");
	else if (!is_language_tag(lang->a))
		site_found(site, RULE_LANG_MALFORMED, page_place(site, page, lang), "%.*s",
			   STR_ARG(lang->a));
	if (!site_first(page, PAGE_VIEWPORT))
		site_found(site, RULE_VIEWPORT, at, "%s", "");
	if (!site_first(page, PAGE_DESCRIPTION) && !page->file->noindex)
		site_found(site, RULE_DESCRIPTION, at, "%s", "");
}

/* <base href>: what relative addresses are relative to, when it is in the site. */
static struct str base_of(struct site *site, const struct site_page *page)
{
	const struct site_fact *f = site_first(page, PAGE_BASE);
	struct address to;
	if (!f)
		return (struct str){NULL, 0};
	address_resolve(site, page, f->a, &to);
	return to.kind == ADDRESS_LOCAL ? arena_str(&site->page_arena, to.path)
					: (struct str){NULL, 0};
}

void site_judge_page(struct site *site, const struct site_page *given)
{
	struct site_page page = *given;
	page.base = base_of(site, &page);
	judge_head(site, &page);
	judge_canonical(site, &page);
	judge_hreflangs(site, &page);
	judge_list(site, &page);
	judge_weight(site, &page);
	for (size_t i = 0; i < page.facts_count; i++)
		on_fact(site, &page, &page.facts[i]);
}
