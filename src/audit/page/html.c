/* A page: gumbo's tree, walked without recursion, in an arena that is forgotten as a whole. */
#include "audit/page/internal.h"
#include "base/ascii.h"
#include "site/facts/schema.h"

#include <gumbo.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS_MAX = 1000, STREET_MAX_BYTES = 300 };

struct walk {
	struct page_state *s;
	const GumboNode *blocks[BLOCKS_MAX];
	size_t blocks_count;
};

static void *tree_alloc(void *state, size_t bytes)
{
	void *p = arena_alloc(&((struct page_state *)state)->arena, bytes ? bytes : 1);
	if (!p)
		_exit(
		    PAGE_EXIT_MEMORY); /* gumbo does not check; who started us knows what this means */
	return p;
}

static void tree_free(void *state, void *p)
{
	(void)state;
	(void)p;
}

static struct str html_attribute(const GumboNode *node, const char *name)
{
	const GumboAttribute *a = gumbo_get_attribute(&node->v.element.attributes, name);
	return a ? str_trim(str_of(a->value)) : (struct str){NULL, 0};
}

static void html_say(struct walk *w, const GumboNode *node, enum page_fact fact, struct str a,
		     struct str b)
{
	page_say(w->s, fact, node->v.element.start_pos.line, node->v.element.start_pos.column, a,
		 b);
}

static bool has_part(struct str list, char separator, const char *part)
{
	while (list.p)
		if (str_eq_nocase(str_trim(str_cut(&list, separator)), str_of(part)))
			return true;
	return false;
}

/* Whether one of the words of a list separated by blanks. */
static bool has_word(struct str list, const char *word)
{
	return has_part(list, ' ', word);
}

static bool html_contains(struct str s, const char *part)
{
	size_t n = strlen(part);
	for (size_t i = 0; i + n <= s.n; i++)
		if (str_eq_nocase((struct str){s.p + i, n}, (struct str){part, n}))
			return true;
	return false;
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
	struct str class = html_attribute(node, "class");
	for (size_t i = 0; class.p && i < COUNT_OF(classes); i++)
		if (has_word(class, classes[i])) {
			html_say(w, node, PAGE_CART, class, STR(""));
			return;
		}
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct str url = html_attribute(node, addresses[i]);
		if (url.p && cart_address(url)) {
			html_say(w, node, PAGE_CART, url, STR(""));
			return;
		}
	}
}

/* ---- elements ---- */

static void html_resource(struct walk *w, const GumboNode *node, struct str url, const char *kind)
{
	bool lazy = str_eq_nocase(html_attribute(node, "loading"), STR("lazy"));
	if (url.n && !str_starts(url, STR("data:")))
		html_say(w, node, lazy ? PAGE_LAZY : PAGE_RESOURCE, url, str_of(kind));
}

static void on_meta(struct walk *w, const GumboNode *node)
{
	struct str name = html_attribute(node, "name"), content = html_attribute(node, "content");
	if (str_eq_nocase(html_attribute(node, "http-equiv"), STR("refresh")))
		html_say(w, node, PAGE_REFRESH, content, STR(""));
	else if ((str_eq_nocase(name, STR("robots")) || str_eq_nocase(name, STR("googlebot"))) &&
		 (has_part(content, ',', "noindex") || has_part(content, ',', "none")))
		html_say(w, node, PAGE_NOINDEX, content, STR(""));
	else if (str_eq_nocase(name, STR("description")))
		html_say(w, node, PAGE_DESCRIPTION, content, STR(""));
	else if (str_eq_nocase(name, STR("viewport")))
		html_say(w, node, PAGE_VIEWPORT, content, STR(""));
}

static void on_link(struct walk *w, const GumboNode *node)
{
	struct str rel = html_attribute(node, "rel"), href = html_attribute(node, "href");
	struct str language = html_attribute(node, "hreflang");
	if (!rel.p || !href.p)
		return;
	if (has_word(rel, "canonical"))
		html_say(w, node, PAGE_CANONICAL, href, STR(""));
	else if (has_word(rel, "alternate") && language.p)
		html_say(w, node, PAGE_HREFLANG, href, language);
	else if (has_word(rel, "stylesheet") && !has_word(rel, "alternate"))
		html_resource(w, node, href, "style");
	else if (has_word(rel, "icon") || has_word(rel, "apple-touch-icon"))
		html_resource(w, node, href, "image");
	else if (has_word(rel, "preload") && str_eq_nocase(html_attribute(node, "as"), STR("font")))
		html_resource(w, node, href, "font");
	else if (has_word(rel, "modulepreload"))
		html_resource(w, node, href, "script");
}

static void on_image(struct walk *w, const GumboNode *node)
{
	struct str alt = html_attribute(node, "alt");
	html_resource(w, node, html_attribute(node, "src"), "image");
	if (alt.p) {
		page_squeeze(&w->s->text, alt);
		page_squeeze(&w->s->text, STR(" "));
	} else if (!html_attribute(node, "aria-label").p &&
		   !str_eq_nocase(html_attribute(node, "aria-hidden"), STR("true")) &&
		   !str_eq_nocase(html_attribute(node, "role"), STR("presentation"))) {
		html_say(w, node, PAGE_NO_ALT, html_attribute(node, "src"), STR(""));
	}
}

/* All text below, squeezed; at most what an address has. */
static void text_below(const GumboNode *node, struct buf *out)
{
	const GumboNode *n = node;
	size_t steps = 0;
	while (n && out->n < STREET_MAX_BYTES && steps++ < 1000) {
		if (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE)
			page_squeeze(out, str_of(n->v.text.text));
		if (n->type == GUMBO_NODE_ELEMENT && n->v.element.children.length) {
			page_squeeze(out, STR(" "));
			n = n->v.element.children.data[0];
			continue;
		}
		while (n != node &&
		       n->index_within_parent + 1 >= n->parent->v.element.children.length)
			n = n->parent;
		n = n == node ? NULL
			      : n->parent->v.element.children.data[n->index_within_parent + 1];
	}
}

/* <address> with a number in it that is no bare e-mail or name, or microdata that says so. */
static void look_for_street(struct walk *w, const GumboNode *node)
{
	struct str property = html_attribute(node, "itemprop");
	bool said = (property.p && has_word(property, "streetAddress")) ||
		    (html_attribute(node, "class").p &&
		     has_word(html_attribute(node, "class"), "street-address"));
	if (!said && node->v.element.tag != GUMBO_TAG_ADDRESS)
		return;
	struct buf text;
	buf_init(&text, (size_t)2 * PAGE_TEXT_MAX + PAGE_BYTES_MAX);
	text_below(node, &text);
	struct str street = str_trim(buf_view(&text));
	bool digit = false, letter = false;
	for (size_t i = 0; i < street.n; i++) {
		digit |= ascii_is_digit(street.p[i]);
		letter |= ascii_is_lower(street.p[i]);
	}
	if (letter && digit && street.n >= 8 && !html_contains(street, "@"))
		html_say(w, node, PAGE_STREET, street, said ? STR("") : STR("guess"));
	buf_release(&text);
}

/* Microdata and RDFa: whose type it is. */
static void look_for_business(struct walk *w, const GumboNode *node)
{
	static const char *const attributes[] = {"itemtype", "typeof"};
	for (size_t i = 0; i < COUNT_OF(attributes); i++) {
		struct str types = html_attribute(node, attributes[i]);
		while (types.p) {
			const struct schema_type *type =
			    schema_type_find(str_trim(str_cut(&types, ' ')));
			if (type && schema_is_a(type, SCHEMA(LocalBusiness)))
				html_say(w, node, PAGE_BUSINESS, str_of(type->name), STR(""));
		}
	}
}

static void on_anchor(struct walk *w, const GumboNode *node)
{
	struct str href = html_attribute(node, "href");
	if (!href.p)
		return;
	html_say(w, node, PAGE_LINK, href, STR(""));
	if (href.n > 4 && str_eq_nocase((struct str){href.p, 4}, STR("tel:"))) {
		html_say(w, node, PAGE_PHONE, href, STR(""));
		buf_str(&w->s->digits, href);
	}
}

static void on_script(struct walk *w, const GumboNode *node)
{
	struct str src = html_attribute(node, "src");
	struct str type = html_attribute(node, "type");
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
	if (e->tag_namespace == GUMBO_NAMESPACE_HTML)
		html_say(w, node, PAGE_TITLE, text ? str_trim(str_of(text->v.text.text)) : STR(""),
			 STR(""));
}

static const struct {
	GumboTag tag;
	const char *attribute; /* of the resource; NULL: handled by function only */
	const char *kind;
	void (*function)(struct walk *w, const GumboNode *node);
} elements[] = {
    {GUMBO_TAG_META, NULL, NULL, on_meta},     {GUMBO_TAG_LINK, NULL, NULL, on_link},
    {GUMBO_TAG_IMG, NULL, NULL, on_image},     {GUMBO_TAG_A, NULL, NULL, on_anchor},
    {GUMBO_TAG_AREA, NULL, NULL, on_anchor},   {GUMBO_TAG_SCRIPT, NULL, NULL, on_script},
    {GUMBO_TAG_TITLE, NULL, NULL, on_title},   {GUMBO_TAG_IFRAME, "src", "frame", NULL},
    {GUMBO_TAG_SOURCE, "src", "media", NULL},  {GUMBO_TAG_VIDEO, "src", "media", NULL},
    {GUMBO_TAG_AUDIO, "src", "media", NULL},   {GUMBO_TAG_EMBED, "src", "frame", NULL},
    {GUMBO_TAG_OBJECT, "data", "frame", NULL},
};

/* A copy that the parser made of an element that was closed in the wrong order: the page has it once. */
static bool is_copy(const GumboNode *node)
{
	return (node->parse_flags & (GUMBO_INSERTION_ADOPTION_AGENCY_CLONED |
				     GUMBO_INSERTION_RECONSTRUCTED_FORMATTING_ELEMENT)) != 0;
}

static void on_element(struct walk *w, const GumboNode *node)
{
	if (is_copy(node))
		return;
	struct str id = html_attribute(node, "id"), name = html_attribute(node, "name");
	if (id.n)
		html_say(w, node, PAGE_ANCHOR, id, STR(""));
	if (name.n && node->v.element.tag == GUMBO_TAG_A)
		html_say(w, node, PAGE_ANCHOR, name, STR(""));
	if (node->v.element.tag == GUMBO_TAG_HTML)
		html_say(w, node, PAGE_LANG, html_attribute(node, "lang"), STR(""));
	if (node->v.element.tag == GUMBO_TAG_BASE && html_attribute(node, "href").p)
		html_say(w, node, PAGE_BASE, html_attribute(node, "href"), STR(""));
	for (size_t i = 0; i < COUNT_OF(elements); i++) {
		if (elements[i].tag != node->v.element.tag)
			continue;
		if (elements[i].function)
			elements[i].function(w, node);
		else
			html_resource(w, node, html_attribute(node, elements[i].attribute),
				      elements[i].kind);
	}
	look_for_cart(w, node);
	look_for_street(w, node);
	look_for_business(w, node);
}

/* Whether what stands in it is shown. */
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

static bool is_container(const GumboNode *n)
{
	return n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE;
}

static void walk_tree(struct walk *w, const GumboNode *root)
{
	const GumboNode *n = root, *hidden = NULL; /* the outermost one that is not shown */
	while (n) {
		if (is_container(n)) {
			on_element(w, n);
			if (!hidden && !html_shown(n))
				hidden = n;
			/* what a template holds is not part of the document */
			if (n->v.element.children.length && n->type != GUMBO_NODE_TEMPLATE) {
				n = n->v.element.children.data[0];
				continue;
			}
		} else if (!hidden && (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_CDATA ||
				       n->type == GUMBO_NODE_WHITESPACE)) {
			page_squeeze(&w->s->text, str_of(n->v.text.text));
		}
		while (n != root &&
		       n->index_within_parent + 1 >= n->parent->v.element.children.length) {
			hidden = n == hidden ? NULL : hidden;
			n = n->parent;
			page_squeeze(&w->s->text, STR(" "));
		}
		hidden = n == hidden ? NULL : hidden;
		n = n == root ? NULL
			      : n->parent->v.element.children.data[n->index_within_parent + 1];
	}
}

void page_html(struct page_state *s, struct str body)
{
	struct walk w = {.s = s};
	GumboOptions options = kGumboDefaultOptions;
	options.allocator = tree_alloc;
	options.deallocator = tree_free;
	options.userdata = s;
	options.max_errors = 0;
	options.tab_stop = 1; /* columns count characters */
	const GumboOutput *output =
	    gumbo_parse_with_options(&options, body.n ? body.p : "", body.n);
	walk_tree(&w, output->root);
	page_places(s);
	/* From here on the text is only compared with, and markup may or may not part words. */
	size_t kept = 0;
	for (size_t i = 0; i < s->text.n; i++) {
		char c = s->text.p[i];
		if (ascii_is_digit(c))
			buf_putc(&s->digits, c);
		if (c != ' ')
			s->text.p[kept++] = c;
	}
	s->text.n = kept;
	for (size_t i = 0; i < w.blocks_count; i++) {
		const GumboElement *e = &w.blocks[i]->v.element;
		const GumboNode *text = e->children.length ? e->children.data[0] : NULL;
		page_block(s, text ? str_of(text->v.text.text) : STR(""), e->start_pos.line,
			   e->start_pos.column);
	}
}
