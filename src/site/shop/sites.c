#include "site/shop/sites.h"

#include "base/buf.h"
#include "config/web_address.h"

static struct str sites_word(struct str *line)
{
	struct str word = str_cut(line, ' ');
	*line = line->p ? str_trim(*line) : STR("");
	return word;
}

enum status shop_domain(struct str domain, struct arena *arena, struct str *url, struct err *err)
{
	struct buf text, address;
	buf_init(&text, 1024);
	buf_init(&address, 4096);
	buf_puts(&text, "https://");
	buf_str(&text, domain);
	const char *wrong = buf_failed(&text) ? "too long" : web_address(buf_view(&text), &address);
	if (!wrong && memchr(domain.p, '/', domain.n))
		wrong = "a path";
	else if (!wrong && memchr(domain.p, ':', domain.n))
		wrong = "a port";
	*url = wrong ? STR("") : arena_str(arena, buf_view(&address));
	must(url->p);
	buf_release(&address);
	buf_release(&text);
	return !wrong
		   ? OK
		   : err_set(err, INVALID, "'%.*s' is not a domain (%s); write it as shop.example",
			     STR_ARG(domain), wrong);
}

static enum status sites_read_line(struct shop_site *site, struct str line, struct arena *arena,
				   struct err *err)
{
	struct str rest = line, id = sites_word(&rest), domain = sites_word(&rest);
	if (!record_id_parse(id, &site->id))
		return err_set(err, INVALID, "'%.*s' is not an id of a business", STR_ARG(id));
	if (!domain.n || !rest.n)
		return err_set(err, INVALID, "ID DOMAIN FOLDER, three words");
	record_id_format(site->id, site->id_text);
	site->folder = arena_str(arena, rest);
	must(site->folder.p);
	return shop_domain(domain, arena, &site->url, err);
}

enum status shop_sites_read(struct shop_sites *out, struct str lines, struct arena *arena,
			    struct err *err)
{
	*out = (struct shop_sites){.count = 0};
	size_t most = 1;
	for (size_t i = 0; i < lines.n; i++)
		most += lines.p[i] == '\n';
	out->site = arena_array(arena, most, sizeof(*out->site));
	must(out->site);
	while (lines.p) {
		struct str line = str_trim(str_cut(&lines, '\n'));
		struct shop_site *site = &out->site[out->count];
		if (!line.n)
			continue;
		enum status status = sites_read_line(site, line, arena, err);
		for (size_t i = 0; i < out->count && status == OK; i++)
			if (out->site[i].id == site->id ||
			    str_eq(out->site[i].folder, site->folder) ||
			    str_eq(out->site[i].url, site->url))
				status = err_set(err, INVALID,
						 "id, domain or folder are those of another line");
		if (status != OK)
			return err_prefix(err, status, "shops = %.*s", STR_ARG(line));
		out->count++;
	}
	return OK;
}

const struct shop_site *shop_sites_find(const struct shop_sites *sites, int64_t id)
{
	for (size_t i = 0; i < sites->count; i++)
		if (sites->site[i].id == id)
			return &sites->site[i];
	return NULL;
}
