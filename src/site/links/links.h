/* Links that an operator has written: in pages, slots, templates, translations, shop.toml and
 * settings.
 *
 * "/imprint/" means the page of that address in the reader's language, wherever the site stands:
 * the path of site.url and, with site.languages, the folder of the language go in front. So do they
 * in "https://HOST/imprint/" with the site's own address. An address that names a language
 * ("/fr/imprint/") or one of the operator's files (web/public) leads to just that. All others stay
 * as they are: of other hosts, relative ones, fragments, mail and telephone.
 *
 * Looks for files in `files`; no other state. */
#ifndef SITE_LINKS_LINKS_H
#define SITE_LINKS_LINKS_H

#include "base/buf.h"

enum { LINKS_LANGUAGES_MAX = 16 };

struct links {
	struct str url;  /* of the site's root, "https://example.org/shops"; empty: not known */
	struct str base; /* its path, "/shops" or "" */
	/* Folder of the reader's language, "de", and of all; empty and 0: there is one language. */
	struct str language;
	struct str all[LINKS_LANGUAGES_MAX];
	size_t languages;
	const char *files; /* folder of the operator's files at the site's root; NULL: none */
	bool elsewhere;    /* the texts are of another site: "/imprint/" is a page of that one */
};

/* Append an address as a page is to have it. No HTML is escaped or undone. links NULL: as it is. */
void links_put(const struct links *links, struct str address, struct buf *out);

/* Append the source of a template, or HTML, with such addresses in its attributes (href, src,
 * srcset, action, formaction, poster) and in url() of its styles. Values that begin with a tag of
 * the template are made by the program and stay. */
void links_put_html(const struct links *links, struct str source, struct buf *out);

/* Append an address with a further "name=value&..." in its query, before its fragment. */
void links_put_query(struct str address, struct str query, struct buf *out);

/* Append the link by which a visitor writes to the operator about a business (site.contact_url):
 * a page gets "business=ID&topic=TOPIC" in its query, a mailbox "SUBJECT: ID" as the subject. */
void links_put_contact(struct str contact, struct str id, struct str topic, struct str subject,
		       struct buf *out);

#endif
