/* A page: gumbo's tree, walked without recursion, in an arena that is forgotten as a whole. */
#include "audit/page/internal.h"
#include "base/ascii.h"

#include <string.h>
#include <unistd.h>

enum { BLOCKS_MAX = 1000, STREET_MAX_BYTES = 300 };

struct walk {
	struct page_state *s;
	const GumboNode *blocks[BLOCKS_MAX];
	size_t blocks_count;
	bool titled, written;      /* there is a title; html, head or body is written */
	const GumboNode *foreign;  /* the outermost open element with a `lang` of its own */
	const GumboNode *hidden;   /* the outermost open element that is not shown */
	const GumboNode *verbatim; /* the outermost open element that quotes code */
	bool continues;            /* rel=prev */
};

static void *tree_alloc(void *state, size_t bytes)
{
	void *p = arena_alloc(&((struct page_state *)state)->arena, bytes ? bytes : 1);
	if (!p)
		_exit(
		    /* libgumbo does not check its allocations; the parent knows this exit status */
		    PAGE_EXIT_MEMORY);
	return p;
}

static void tree_free(void *state, void *p)
{
	(void)state;
	(void)p;
}

static void html_say(struct walk *w, const GumboNode *node, enum page_fact fact, struct str a,
		     struct str b)
{
	page_say(w->s, fact, node->v.element.start_pos.line, node->v.element.start_pos.column, a,
		 b);
}

/* Whether one of the words of a list separated by blanks. */
static bool has_word(struct str list, const char *word)
{
	return tree_has_part(list, ' ', word);
}

static bool html_contains(struct str s, const char *part)
{
	size_t n = strlen(part);
	for (size_t i = 0; i + n <= s.n; i++)
		if (str_eq_nocase((struct str){s.p + i, n}, (struct str){part, n}))
			return true;
	return false;
}

static void html_report(struct walk *w, const GumboNode *node, const char *rule, const char *what,
			struct str value)
{
	page_report(w->s, rule, node->v.element.start_pos.line, node->v.element.start_pos.column,
		    "%s%.*s", what, STR_ARG(value));
}

/* ---- carts ---- */

/* A segment of the path, or a host that sells carts. */
static bool cart_address(struct str url)
{
	static const char *const segments[] = {"cart",      "checkout", "basket",       "warenkorb",
					       "kasse",     "panier",   "add-to-cart",  "carrito",
					       "cart.html", "cart.php", "checkout.html"};
	static const char *const hosts[] = {"//cdn.snipcart.com",    "//js.stripe.com",
					    "//checkout.stripe.com", "//cdn.shopify.com",
					    "//sdks.shopifycdn.com", "//www.paypal.com/sdk"};
	for (size_t i = 0; i < COUNT_OF(hosts); i++)
		if (html_contains(url, hosts[i]))
			return true;
	struct str path = url;
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '?' || path.p[i] == '#')
			path.n = i;
	while (path.p) {
		struct str segment = str_cut(&path, '/');
		for (size_t i = 0; i < COUNT_OF(segments); i++)
			if (str_eq_nocase(segment, str_of(segments[i])))
				return true;
	}
	return false;
}

static void look_for_cart(struct walk *w, const GumboNode *node)
{
	static const char *const classes[] = {
	    "add-to-cart",       "add_to_cart_button",        "addtocart",
	    "snipcart-add-item", "single_add_to_cart_button", "product-form__submit"};
	static const char *const addresses[] = {"href", "action", "src", "formaction"};
	struct str class = tree_attribute(node, "class");
	for (size_t i = 0; class.p && i < COUNT_OF(classes); i++)
		if (has_word(class, classes[i])) {
			html_say(w, node, PAGE_CART, class, STR(""));
			return;
		}
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct str url = tree_attribute(node, addresses[i]);
		if (url.p && cart_address(url)) {
			html_say(w, node, PAGE_CART, url, STR(""));
			return;
		}
	}
}

/* ---- elements ---- */

static void html_resource(struct walk *w, const GumboNode *node, struct str url, const char *kind)
{
	bool lazy = str_eq_nocase(tree_attribute(node, "loading"), STR("lazy"));
	if (url.n && !str_starts(url, STR("data:")))
		html_say(w, node, lazy ? PAGE_LAZY : PAGE_RESOURCE, url, str_of(kind));
}

/* Default titles of editors and generators. */
static bool is_unwritten_title(struct str s)
{
	static const char *const titles[] = {
	    "untitled",     "untitled document", "untitled page", "document",        "page title",
	    "site title",   "your site title",   "title here",    "title",           "new page",
	    "my site",      "my website",        "website title", "react app",       "vite app",
	    "vite + react", "vite + react + ts", "vite + vue",    "create next app", "nuxt app"};
	for (size_t i = 0; i < COUNT_OF(titles); i++)
		if (str_eq_nocase(s, str_of(titles[i])))
			return true;
	return facts_is_placeholder(s);
}

static void on_description(struct walk *w, const GumboNode *node, struct str content)
{
	html_say(w, node, PAGE_DESCRIPTION, content, STR(""));
	page_look_for_twice(w->s, content, node->v.element.start_pos.line);
	w->s->description = content;
	w->s->description_line = node->v.element.start_pos.line;
	if (facts_is_placeholder(content) ||
	    str_eq_nocase(content, STR("Just another WordPress site")))
		html_report(w, node, "page-placeholder", "description: ", content);
}

static void on_meta(struct walk *w, const GumboNode *node)
{
	struct str name = tree_attribute(node, "name"), content = tree_attribute(node, "content");
	if (str_eq_nocase(tree_attribute(node, "http-equiv"), STR("refresh")))
		html_say(w, node, PAGE_REFRESH, content, STR(""));
	else if ((str_eq_nocase(name, STR("robots")) || str_eq_nocase(name, STR("googlebot"))) &&
		 (tree_has_part(content, ',', "noindex") || tree_has_part(content, ',', "none")))
		html_say(w, node, PAGE_NOINDEX, content, STR(""));
	else if (str_eq_nocase(name, STR("description")))
		on_description(w, node, content);
	else if (str_eq_nocase(tree_attribute(node, "property"), STR("og:url")))
		html_say(w, node, PAGE_OG_URL, content, STR(""));
	else if (str_eq_nocase(tree_attribute(node, "property"), STR("og:image")))
		html_say(w, node, PAGE_OG_IMAGE, content, STR(""));
	else if (str_eq_nocase(name, STR("viewport")))
		html_say(w, node, PAGE_VIEWPORT, content, STR(""));
}

static void html_on_link(struct walk *w, const GumboNode *node)
{
	struct str rel = tree_attribute(node, "rel"), href = tree_attribute(node, "href");
	struct str language = tree_attribute(node, "hreflang");
	if (!rel.p || !href.p)
		return;
	w->continues |= has_word(rel, "prev");
	if (has_word(rel, "canonical"))
		html_say(w, node, PAGE_CANONICAL, href, STR(""));
	else if (has_word(rel, "alternate") && language.p)
		html_say(w, node, PAGE_HREFLANG, href, language);
	else if (has_word(rel, "stylesheet") && !has_word(rel, "alternate"))
		html_resource(w, node, href, "style");
	else if (has_word(rel, "icon") || has_word(rel, "apple-touch-icon"))
		html_resource(w, node, href, "image");
	else if (has_word(rel, "preload") && str_eq_nocase(tree_attribute(node, "as"), STR("font")))
		html_resource(w, node, href, "font");
	else if (has_word(rel, "modulepreload"))
		html_resource(w, node, href, "script");
}

static void on_image(struct walk *w, const GumboNode *node)
{
	struct str alt = tree_attribute(node, "alt");
	html_resource(w, node, tree_attribute(node, "src"), "image");
	if (alt.p) {
		page_squeeze(&w->s->text, alt);
		page_squeeze(&w->s->text, STR(" "));
	} else if (!tree_attribute(node, "aria-label").p &&
		   !str_eq_nocase(tree_attribute(node, "aria-hidden"), STR("true")) &&
		   !str_eq_nocase(tree_attribute(node, "role"), STR("presentation"))) {
		html_report(w, node, "image-without-alt", "", tree_attribute(node, "src"));
	}
}

/* <address> with a number in it that is no bare e-mail or name, or microdata that says so. */
static void html_look_for_street(struct walk *w, const GumboNode *node)
{
	struct str property = tree_attribute(node, "itemprop");
	bool said = (property.p && has_word(property, "streetAddress")) ||
		    (tree_attribute(node, "class").p &&
		     has_word(tree_attribute(node, "class"), "street-address"));
	if (!said && node->v.element.tag != GUMBO_TAG_ADDRESS)
		return;
	struct buf raw, text;
	buf_init(&raw, STREET_MAX_BYTES + 1);
	buf_init(&text, STREET_MAX_BYTES + 1);
	tree_text(node, &raw, STREET_MAX_BYTES);
	page_squeeze(&text, buf_view(&raw));
	struct str street = str_trim(buf_view(&text));
	bool digit = false, letter = false;
	for (size_t i = 0; i < street.n; i++) {
		digit |= ascii_is_digit(street.p[i]);
		letter |= ascii_is_lower(street.p[i]);
	}
	if (letter && digit && street.n >= 8 && !html_contains(street, "@"))
		html_say(w, node, PAGE_STREET, street, said ? STR("") : STR("guess"));
	buf_release(&raw);
	buf_release(&text);
}

static void on_anchor(struct walk *w, const GumboNode *node)
{
	struct str href = tree_attribute(node, "href");
	if (!href.p)
		return;
	html_say(w, node, PAGE_LINK, href, STR(""));
	w->continues |= has_word(tree_attribute(node, "rel"), "prev");
	if (href.n > 4 && str_eq_nocase((struct str){href.p, 4}, STR("tel:"))) {
		html_say(w, node, PAGE_PHONE, href, STR(""));
		buf_str(&w->s->digits, href);
		page_add_phone(w->s, (struct str){href.p + 4, href.n - 4},
			       node->v.element.start_pos.line, node->v.element.start_pos.column);
	}
}

static void on_script(struct walk *w, const GumboNode *node)
{
	struct str src = tree_attribute(node, "src");
	struct str type = tree_attribute(node, "type");
	/* without parameters: "application/ld+json; charset=utf-8" */
	if (str_eq_nocase(str_trim(str_cut(&type, ';')), STR("application/ld+json"))) {
		if (w->blocks_count < BLOCKS_MAX)
			w->blocks[w->blocks_count++] = node;
	} else if (src.p) {
		html_resource(w, node, src, "script");
	}
}

/* The title of the document, wherever it stands; those of SVG are others. */
static void on_title(struct walk *w, const GumboNode *node)
{
	const GumboElement *e = &node->v.element;
	const GumboNode *text = e->children.length ? e->children.data[0] : NULL;
	if (e->tag_namespace != GUMBO_NAMESPACE_HTML)
		return;
	struct str title = text ? str_trim(str_of(text->v.text.text)) : STR("");
	html_say(w, node, PAGE_TITLE, title, STR(""));
	page_look_for_twice(w->s, title, e->start_pos.line);
	if (is_unwritten_title(title))
		html_report(w, node, "page-placeholder", "title: ", title);
	w->titled = true;
}

/* Breadcrumbs that structured data do not contain: by their usual names, or an ordered list as the
 * navigation, whatever language it is labelled in. */
static void look_for_trail(struct walk *w, const GumboNode *node)
{
	static const char *const attributes[] = {"class", "aria-label", "id"};
	static const char *const words[] = {"breadcrumb", "brotkr", "ariane", "briciole",
					    "kruimel"};
	GumboTag tag = node->v.element.tag;
	if (w->s->trail || tag == GUMBO_TAG_HTML || tag == GUMBO_TAG_BODY)
		return;
	w->s->trail |= tag == GUMBO_TAG_OL && node->parent->type == GUMBO_NODE_ELEMENT &&
		       node->parent->v.element.tag == GUMBO_TAG_NAV;
	for (size_t i = 0; i < COUNT_OF(attributes); i++) {
		struct str value = tree_attribute(node, attributes[i]);
		for (size_t k = 0; value.n && k < COUNT_OF(words); k++)
			w->s->trail |= html_contains(value, words[k]);
	}
}

static const struct {
	GumboTag tag;
	const char *attribute; /* of the resource; NULL: handled by function only */
	const char *kind;
	void (*function)(struct walk *w, const GumboNode *node);
} elements[] = {
    {GUMBO_TAG_META, NULL, NULL, on_meta},     {GUMBO_TAG_LINK, NULL, NULL, html_on_link},
    {GUMBO_TAG_IMG, NULL, NULL, on_image},     {GUMBO_TAG_A, NULL, NULL, on_anchor},
    {GUMBO_TAG_AREA, NULL, NULL, on_anchor},   {GUMBO_TAG_SCRIPT, NULL, NULL, on_script},
    {GUMBO_TAG_TITLE, NULL, NULL, on_title},   {GUMBO_TAG_IFRAME, "src", "frame", NULL},
    {GUMBO_TAG_SOURCE, "src", "media", NULL},  {GUMBO_TAG_VIDEO, "src", "media", NULL},
    {GUMBO_TAG_AUDIO, "src", "media", NULL},   {GUMBO_TAG_EMBED, "src", "frame", NULL},
    {GUMBO_TAG_OBJECT, "data", "frame", NULL},
};

static void on_element(struct walk *w, const GumboNode *node)
{
	struct str id = tree_attribute(node, "id"), name = tree_attribute(node, "name");
	if (id.n)
		html_say(w, node, PAGE_ANCHOR, id, STR(""));
	if (name.n && node->v.element.tag == GUMBO_TAG_A)
		html_say(w, node, PAGE_ANCHOR, name, STR(""));
	w->written |=
	    (node->v.element.tag == GUMBO_TAG_HTML || node->v.element.tag == GUMBO_TAG_HEAD ||
	     node->v.element.tag == GUMBO_TAG_BODY) &&
	    !(node->parse_flags & GUMBO_INSERTION_BY_PARSER);
	if (node->v.element.tag == GUMBO_TAG_HTML) {
		w->s->lang = tree_attribute(node, "lang");
		w->s->lang_line = node->v.element.start_pos.line;
		html_say(w, node, PAGE_LANG, w->s->lang, STR(""));
	}
	if (node->v.element.tag == GUMBO_TAG_BASE && tree_attribute(node, "href").p)
		html_say(w, node, PAGE_BASE, tree_attribute(node, "href"), STR(""));
	for (size_t i = 0; i < COUNT_OF(elements); i++) {
		if (elements[i].tag != node->v.element.tag)
			continue;
		if (elements[i].function)
			elements[i].function(w, node);
		else
			html_resource(w, node, tree_attribute(node, elements[i].attribute),
				      elements[i].kind);
	}
	look_for_cart(w, node);
	html_look_for_street(w, node);
	look_for_trail(w, node);
}

/* Whether the element's content is quoted code, whose faults are not the page's. */
static bool html_verbatim(const GumboNode *node)
{
	switch (node->v.element.tag) {
	case GUMBO_TAG_CODE:
	case GUMBO_TAG_PRE:
	case GUMBO_TAG_KBD:
	case GUMBO_TAG_SAMP:
	case GUMBO_TAG_TEXTAREA:
		return true;
	default:
		return false;
	}
}

/* Whether the element's content is visible. */
static bool html_shown(const GumboNode *node)
{
	switch (node->v.element.tag) {
	case GUMBO_TAG_SCRIPT:
	case GUMBO_TAG_STYLE:
	case GUMBO_TAG_HEAD:
	case GUMBO_TAG_TEMPLATE:
		return false;
	default:
		return !gumbo_get_attribute(&node->v.element.attributes, "hidden");
	}
}

static void html_enter(void *ctx, const GumboNode *node)
{
	struct walk *w = ctx;
	on_element(w, node);
	if (!w->hidden && !html_shown(node))
		w->hidden = node;
	if (!w->verbatim && html_verbatim(node))
		w->verbatim = node;
	if (!w->foreign && node->v.element.tag != GUMBO_TAG_HTML && tree_attribute(node, "lang").p)
		w->foreign = node;
}

static void html_leave(void *ctx, const GumboNode *node)
{
	struct walk *w = ctx;
	if (w->hidden == node)
		w->hidden = NULL;
	if (w->verbatim == node)
		w->verbatim = NULL;
	if (w->foreign == node)
		w->foreign = NULL;
	page_squeeze(&w->s->speech, STR(" "));
	page_squeeze(&w->s->text, STR(" "));
}

static void html_text(void *ctx, const GumboNode *node)
{
	struct walk *w = ctx;
	if (!w->hidden && node->type != GUMBO_NODE_COMMENT)
		page_squeeze(&w->s->text, str_of(node->v.text.text));
	if (!w->hidden && !w->foreign && node->type != GUMBO_NODE_COMMENT)
		page_squeeze(&w->s->speech, str_of(node->v.text.text));
	if (!w->hidden && !w->verbatim && node->type == GUMBO_NODE_TEXT)
		page_look_for_twice(w->s, str_of(node->v.text.text), node->v.text.start_pos.line);
}

/* Dummy text in the visible text. */
static void look_for_dummy_text(struct page_state *s)
{
	static const char *const texts[] = {"lorem ipsum dolor", "your business name here",
					    "insert text here", "your text goes here",
					    "description goes here"};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (s->text.n && memmem(s->text.p, s->text.n, texts[i], strlen(texts[i])))
			page_report(s, "page-placeholder", 0, 0, "text: %s", texts[i]);
}

void page_html(struct page_state *s, struct str body)
{
	static const struct tree_visitor visitor = {html_enter, html_leave, html_text};
	struct walk w = {.s = s};
	GumboOptions options = kGumboDefaultOptions;
	options.allocator = tree_alloc;
	options.deallocator = tree_free;
	options.userdata = s;
	options.max_errors = 0;
	options.tab_stop = 1; /* columns count characters */
	/* libgumbo takes a byte-order mark for text, and what follows for a part of a page */
	if (str_starts(body, STR("\xef\xbb\xbf")))
		body = (struct str){body.p + 3, body.n - 3};
	const GumboOutput *output =
	    gumbo_parse_with_options(&options, body.n ? body.p : "", body.n);
	tree_walk(output->root, &visitor, &w);
	if (!w.titled && !w.written && !output->document->v.document.has_doctype)
		page_say(s, PAGE_FRAGMENT, 0, 0, STR(""), STR(""));
	look_for_dummy_text(s);
	page_places(s);
	page_plain(&s->plain, buf_view(&s->text));
	for (size_t i = 0; i < s->text.n; i++)
		if (ascii_is_digit(s->text.p[i]))
			buf_putc(&s->digits, s->text.p[i]);
	for (size_t i = 0; i < w.blocks_count; i++) {
		const GumboElement *e = &w.blocks[i]->v.element;
		const GumboNode *text = e->children.length ? e->children.data[0] : NULL;
		page_json_ld(s, text ? str_of(text->v.text.text) : STR(""), e->start_pos.line,
			     e->start_pos.column);
	}
	page_items(s, output->root);
	page_check_blocks(s);
	if (s->trail)
		page_say(s, PAGE_TRAIL, 0, 0, STR(""), STR(""));
	if (w.continues)
		page_say(s, PAGE_PREV, 0, 0, STR(""), STR(""));
	page_judge_twice(s);
	page_judge_speech(s);
}
