/* What a host that serves the published site must answer: a sample of its addresses. */
#include "site/export/redirects.h"

#include <stdio.h>
#include <string.h>
#include "base/files.h"
#include "base/io.h"
#include "base/percent.h"
#include "directory/record/record.h"

struct sampling {
	struct arena *arena;
	struct export_sample *out;
	size_t count, most;
};

static void sample_add(struct sampling *s, struct str address, const char *type,
		       struct str leads_to)
{
	struct str copy = arena_str(s->arena, address), to = arena_str(s->arena, leads_to);
	must(copy.p && to.p && s->count < s->most);
	s->out[s->count++] = (struct export_sample){copy, type, to};
}

/* A file of the tree by its address. */
static void sample_add_file(struct sampling *s, const char *path)
{
	struct buf address;
	buf_init(&address, 4 * EXPORT_PATH);
	percent_put(&address, redirects_address(str_of(path)), "/");
	sample_add(s, buf_view(&address), files_type(str_of(path)), STR(""));
	buf_release(&address);
}

/* Files by name that every site has, and one of each folder of files that are no pages. */
static void sample_files(struct sampling *s, const struct manifest *m)
{
	static const char *const names[] = {"index.html", "robots.txt", "sitemap.xml",
					    "assets/site.css", "s/root.bin"};
	static const char *const folders[] = {"s/", "i/"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (manifest_find_file(m, names[i]))
			sample_add_file(s, names[i]);
	for (size_t k = 0; k < COUNT_OF(folders); k++)
		for (size_t i = 0; i < m->files; i++)
			if (str_starts(str_of(m->file[i].path), str_of(folders[k])) &&
			    strcmp(m->file[i].path, "s/root.bin") != 0) {
				sample_add_file(s, m->file[i].path);
				break;
			}
}

/* Pages of businesses and lists, spread evenly; a card of the first that has one. */
static void sample_pages(struct sampling *s, const struct manifest *m)
{
	enum { EACH = 6 };
	char path[EXPORT_PATH];
	bool card = false;
	size_t pages = 0, lists = 0, n = 0;
	for (size_t i = 0; i < m->entries; i++)
		pages += m->entry[i].state >= ENTRY_NOINDEX;
	for (size_t i = 0; i < m->entries; i++) {
		const struct manifest_entry *e = &m->entry[i];
		if (e->state < ENTRY_NOINDEX)
			continue;
		bool take = n * EACH / pages != (n + 1) * EACH / pages;
		n++;
		if (take) {
			business_file(str_of(manifest_path(e)), e->id, ".html", path);
			sample_add_file(s, path);
		}
		if (e->card && !card) {
			business_file(str_of(manifest_path(e)), e->id, ".vcf", path);
			sample_add_file(s, path);
			card = true;
		}
	}
	for (size_t i = 0; i < m->files; i++)
		lists += str_ends(str_of(m->file[i].path), STR(".html"));
	n = 0;
	for (size_t i = 0; i < m->files; i++) {
		if (!str_ends(str_of(m->file[i].path), STR(".html")))
			continue;
		bool take = n * EACH / lists != (n + 1) * EACH / lists;
		n++;
		if (take && strcmp(m->file[i].path, "404.html") != 0)
			sample_add_file(s, m->file[i].path);
	}
}

/* The first lines of a map of redirects: "/FROM" "/TO", below the site's path `base`. */
static void sample_map(struct sampling *s, const char *file, struct str base)
{
	enum { LINES = 4 };
	struct buf text, from;
	struct err missing; /* there are no redirects for this server */
	buf_init(&text, 1 << 30);
	buf_init(&from, 4 * EXPORT_PATH);
	enum status status = io_read_file(file, &text, &missing);
	struct str rest = buf_view(&text);
	for (int lines = 0; status == OK && rest.n && lines < LINES;) {
		struct str line = str_cut(&rest, '\n');
		str_cut(&line, '"');
		struct str path = str_cut(&line, '"');
		str_cut(&line, '"');
		struct str to = str_cut(&line, '"');
		if (!to.n || !str_starts(path, base) || path.n == base.n)
			continue;
		buf_reset(&from);
		percent_put(&from, (struct str){path.p + base.n + 1, path.n - base.n - 1}, "/");
		sample_add(s, buf_view(&from), NULL, to);
		lines++;
	}
	buf_release(&text);
	buf_release(&from);
}

enum status export_sample(const char *dir, const char *state, const char *maps, struct str base,
			  struct arena *arena, struct export_sample **out, size_t *count,
			  struct err *err)
{
	enum { SAMPLE_MOST = 64 };
	static const char *const servers[] = {"nginx", "caddy"};
	char manifest[PATH_MAX + 32], map[PATH_MAX + 8];
	struct manifest m;
	struct sampling s = {.arena = arena, .most = SAMPLE_MOST};
	enum status status = export_state_manifest(state, dir, manifest, sizeof(manifest), err);
	manifest_init(&m);
	if (status == OK)
		status = manifest_read(&m, manifest, err);
	if (status == NOT_FOUND)
		return err_set(err, NOT_FOUND, "%s was not published by an export", dir);
	s.out = arena_array(arena, SAMPLE_MOST, sizeof(*s.out));
	must(s.out);
	if (status == OK) {
		sample_files(&s, &m);
		sample_pages(&s, &m);
		sample_add(&s, STR("no/such-page.html"), NULL, STR(""));
		for (size_t i = 0; i < COUNT_OF(servers) && status == OK; i++) {
			status = io_path(map, sizeof(map), err, "%s.%s", maps, servers[i]);
			if (status == OK)
				sample_map(&s, map, base);
		}
	}
	manifest_release(&m);
	*out = s.out;
	*count = s.count;
	return status;
}
