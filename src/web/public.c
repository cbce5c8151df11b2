/* What stands at the root of a site for machines: robots.txt, favicon.ico, sitemap.xml, and the
 * operator's own files (proofs of ownership, .well-known/security.txt). The operator's are read
 * when the process starts, because the sandbox allows no reading later. */
#include "web/internal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/files.h"
#include "base/io.h"
#include "base/memory.h"

enum { PUBLIC_FILES_MAX = 200, PUBLIC_BYTES_MAX = 1 << 20 };

static const char public_well_known[] = ".well-known";

struct public_file {
	char *name; /* "robots.txt", ".well-known/security.txt" */
	struct buf body;
};

struct public_files {
	struct public_file file[PUBLIC_FILES_MAX];
	size_t count;
};

/* ---- the operator's files ---- */

static enum status public_add(struct public_files *own, const char *path, const char *folder,
			      const char *name, struct err *err)
{
	if (own->count == PUBLIC_FILES_MAX)
		return err_set(err, TOO_LARGE, "%s: more than %d files", path, PUBLIC_FILES_MAX);
	struct public_file *file = &own->file[own->count];
	buf_init(&file->body, PUBLIC_BYTES_MAX);
	enum status status = io_read_file(path, &file->body, err);
	if (status != OK) {
		buf_release(&file->body);
		return status;
	}
	size_t n = strlen(folder) + strlen(name) + 1;
	file->name = memory_room(n);
	memcpy(mempcpy(file->name, folder, strlen(folder)), name, strlen(name) + 1);
	own->count++;
	return OK;
}

/* Regular files of a folder; of hidden names only .well-known, and that at the top. */
static enum status public_read_folder(struct public_files *own, const char *dir, const char *folder,
				      struct err *err)
{
	enum status status = OK;
	DIR *d = opendir(dir);
	if (!d)
		return errno == ENOENT ? OK : err_errno(err, FAILED, "%s", dir);
	for (struct dirent *entry; status == OK && (entry = readdir(d)) != NULL;) {
		char path[PATH_MAX];
		struct stat st;
		bool top = *folder == '\0';
		status = io_path(path, sizeof(path), err, "%s/%s", dir, entry->d_name);
		if (status == OK && top && strcmp(entry->d_name, public_well_known) == 0)
			status = public_read_folder(own, path, ".well-known/", err);
		else if (status == OK && entry->d_name[0] != '.' && stat(path, &st) == 0 &&
			 S_ISREG(st.st_mode))
			status = public_add(own, path, folder, entry->d_name, err);
	}
	closedir(d);
	return status;
}

enum status public_load(const char *dir, struct public_files **out, struct err *err)
{
	char path[PATH_MAX];
	*out = memory_alloc(sizeof(**out));
	if (!dir)
		return OK;
	enum status status = io_path(path, sizeof(path), err, "%s/public", dir);
	return status == OK ? public_read_folder(*out, path, "", err) : status;
}

void public_free(struct public_files *own)
{
	for (size_t i = 0; own && i < own->count; i++) {
		free(own->file[i].name);
		buf_release(&own->file[i].body);
	}
	free(own);
}

/* ---- what is there without any ---- */

/* Operations and the API are no pages. */
static void public_robots(struct http_request *request, const char *site)
{
	struct buf *out = http_out(request);
	buf_puts(out, "User-agent: *\nDisallow: /ops\nDisallow: /metrics\nDisallow: /v1/\n");
	if (*site)
		buf_printf(out, "\nSitemap: %s/sitemap.xml\n", site);
	http_respond_out(request, HTTP_TYPE_TEXT, NULL);
}

static void public_icon(struct http_request *request, const char *site)
{
	const struct file *icon = files_find(STR("assets/icon.svg"));
	(void)site;
	must(icon);
	http_respond(request, &(struct http_answer){
				  .type = icon->type, .etag = icon->hash, .body = icon->body});
}

/* The pages here are made on demand; what search engines are offered is the exported site. */
static void public_sitemap(struct http_request *request, const char *site)
{
	struct buf *out = http_out(request);
	if (!*site) {
		http_problem(request, HTTP_PROBLEM_NOT_FOUND, NULL,
			     "there is no exported site: site.url is not set");
		return;
	}
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
		      "<sitemap><loc>");
	for (const char *p = site; *p; p++) {
		if (*p == '&')
			buf_puts(out, "&amp;");
		else if (*p == '<')
			buf_puts(out, "&lt;");
		else
			buf_putc(out, *p);
	}
	buf_puts(out, "/sitemap.xml</loc></sitemap>\n</sitemapindex>\n");
	http_respond_out(request, "application/xml", NULL);
}

static const struct {
	const char *name;
	void (*answer)(struct http_request *request, const char *site);
} public_defaults[] = {
    {"robots.txt", public_robots},
    {"favicon.ico", public_icon},
    {"sitemap.xml", public_sitemap},
};

/* ---- the route ---- */

static void public_answer(struct http_request *request, struct str name)
{
	const struct web *web = http_ctx(request);
	const struct public_files *own = web->public_files;
	for (size_t i = 0; i < own->count; i++) {
		if (str_eq(name, str_of(own->file[i].name))) {
			http_respond(request,
				     &(struct http_answer){.type = files_type(name),
							   .body = buf_view(&own->file[i].body)});
			return;
		}
	}
	for (size_t i = 0; i < COUNT_OF(public_defaults); i++) {
		if (str_eq(name, str_of(public_defaults[i].name))) {
			public_defaults[i].answer(request,
						  config_text(web->config, CONFIG_SITE_URL));
			return;
		}
	}
	http_problem(request, HTTP_PROBLEM_NOT_FOUND, NULL,
		     "no page and no operation has this path");
}

void get_public(struct http_request *request)
{
	public_answer(request, http_param(request, "file")->text);
}

void get_well_known(struct http_request *request)
{
	struct str name =
	    ARENA_JOIN(&request->arena, STR(".well-known/"), http_param(request, "file")->text);
	public_answer(request, name.p ? name : STR(""));
}
