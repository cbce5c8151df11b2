/* Whether a tree fits the limits of a host, before it is published there. */
#include "site/export/internal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

/* As the hosts document them, 2026-11. */
static const struct export_fit hosts[] = {
    {.host = "cloudflare", .name = "Cloudflare Pages", .files = 20000, .file_bytes = 25 << 20},
    {.host = "github-pages", .name = "GitHub Pages", .bytes = 1000 * 1000 * 1000},
};

bool export_fit_find(struct str text, struct export_fit *out)
{
	int64_t files;
	for (size_t i = 0; i < COUNT_OF(hosts); i++)
		if (str_eq(text, str_of(hosts[i].host))) {
			*out = hosts[i];
			return true;
		}
	if (!str_to_i64(text, 1, INT32_MAX, &files))
		return false;
	*out = (struct export_fit){.name = "--fit", .files = (uint64_t)files};
	return true;
}

struct fit_sum {
	const struct export_fit *limits;
	int root; /* of the tree; -1: nothing was written */
	unsigned formats;
	uint64_t files, bytes, largest;
	char largest_path[EXPORT_PATH + 8];
};

static void fit_add_file(struct fit_sum *s, const char *path)
{
	struct stat st;
	bool sized = s->limits->bytes || s->limits->file_bytes;
	s->files++;
	if (!sized || fstatat(s->root, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	s->bytes += (uint64_t)st.st_size;
	if ((uint64_t)st.st_size > s->largest) {
		s->largest = (uint64_t)st.st_size;
		snprintf(s->largest_path, sizeof(s->largest_path), "%s", path);
	}
}

/* A file and the compressed copies that it has. */
static void fit_add(struct fit_sum *s, const char *path)
{
	static const struct {
		unsigned format;
		const char *ending;
	} copies[] = {{FORMAT_GZIP, ".gz"}, {FORMAT_BROTLI, ".br"}};
	char beside[EXPORT_PATH + 8];
	struct stat st;
	fit_add_file(s, path);
	for (size_t i = 0; i < COUNT_OF(copies); i++) {
		snprintf(beside, sizeof(beside), "%s%s", path, copies[i].ending);
		if ((s->formats & copies[i].format) &&
		    fstatat(s->root, beside, &st, AT_SYMLINK_NOFOLLOW) == 0)
			fit_add_file(s, beside);
	}
}

enum status fit_check(const struct export_fit *limits, const struct manifest *m, int root,
		      struct err *err)
{
	struct fit_sum s = {.limits = limits, .root = root, .formats = (unsigned)m->formats};
	static const char *const endings[] = {".html", ".vcf", ".ics"};
	uint64_t pages = 0, cards = 0;
	char path[EXPORT_PATH];
	for (size_t i = 0; i < m->entries; i++) {
		const struct manifest_entry *e = &m->entry[i];
		if (e->state < ENTRY_NOINDEX)
			continue;
		for (size_t k = 0; k < (e->card ? 3 : 1); k++) {
			business_file(str_of(manifest_path(e)), e->id, endings[k], path);
			fit_add(&s, path);
		}
		pages++;
		cards += e->card ? 2 : 0;
	}
	for (size_t i = 0; i < m->files; i++)
		fit_add(&s, m->file[i].path);
	if (limits->files && s.files > limits->files)
		return err_set(err, TOO_LARGE,
			       "%s takes %" PRIu64 " files, the site has %" PRIu64 ": %" PRIu64
			       " pages of businesses, %" PRIu64
			       " cards (--without-cards leaves them out), %" PRIu64
			       " lists and others; nothing is published",
			       limits->name, limits->files, s.files, pages, cards,
			       s.files - pages - cards);
	if (limits->bytes && s.bytes > limits->bytes)
		return err_set(err, TOO_LARGE,
			       "%s takes %" PRIu64 " MB, the site has %" PRIu64
			       "; nothing is published",
			       limits->name, limits->bytes / 1000000, s.bytes / 1000000);
	if (limits->file_bytes && s.largest > limits->file_bytes)
		return err_set(
		    err, TOO_LARGE,
		    "%s takes files of %" PRIu64 " MB, %s has %" PRIu64 "; nothing is published",
		    limits->name, limits->file_bytes >> 20, s.largest_path, s.largest >> 20);
	return OK;
}
