#include "commands/export_check.h"
#include "base/cli.h"
#include "base/io.h"
#include "base/json.h"
#include "commands/caller.h"
#include "site/export/export.h"

#include <stdio.h>
#include <string.h>

enum { CHECK_TIMEOUT_MS = 20000, CHECK_BODY = 16 << 20, CHECK_ARENA = 64 << 20 };

struct host_check {
	struct caller caller;
	struct str url;
	struct json_writer *json; /* NULL: text */
	size_t wrong;
};

/* "text/html" of "text/html; charset=utf-8". Names that mean the same are one. */
static struct str check_type(struct str type)
{
	static const struct {
		const char *other, *name;
	} same[] = {{"application/javascript", "text/javascript"},
		    {"application/xml", "text/xml"},
		    {"image/x-icon", "image/vnd.microsoft.icon"}};
	struct str rest = type, name = str_trim(str_cut(&rest, ';'));
	for (size_t i = 0; i < COUNT_OF(same); i++)
		if (str_eq_nocase(name, str_of(same[i].other)))
			return str_of(same[i].name);
	return name;
}

/* What is wrong with the answer; NULL: nothing. */
static const char *check_judge(const struct export_sample *s, const struct wire_answer *a)
{
	if (!a->http_status)
		return a->detail.n ? NULL : "no answer";
	if (s->leads_to.n && (a->redirects != 1 || !str_ends(a->final_url, s->leads_to)))
		return "does not redirect to the page's present address";
	if (s->leads_to.n)
		return a->http_status == 200 ? NULL : "redirects to what is not there";
	if (!s->type)
		return a->http_status == 404 || a->http_status == 410
			   ? NULL
			   : "what does not exist is not answered with 404";
	if (a->http_status != 200)
		return "is published, and is not served";
	return str_eq_nocase(check_type(a->content_type), check_type(str_of(s->type)))
		   ? NULL
		   : "has another content type than the file";
}

static void check_show(struct host_check *c, const struct export_sample *s, struct str url,
		       const struct wire_answer *a)
{
	bool answered = a->http_status > 0;
	const char *wrong = check_judge(s, a);
	struct str why = !answered ? a->detail : wrong ? str_of(wrong) : STR("");
	c->wrong += !answered || wrong;
	if (c->json) {
		json_object_begin(c->json);
		json_member_str(c->json, "url", url);
		json_member_i64(c->json, "status", a->http_status);
		json_member_str(c->json, "type", a->content_type);
		if (s->leads_to.n)
			json_member_str(c->json, "leads_to", a->final_url);
		if (why.n)
			json_member_str(c->json, "problem", why);
		json_object_end(c->json);
		return;
	}
	printf("%-5s  %3u  %-28.*s  %.*s", why.n ? "WRONG" : "ok", a->http_status,
	       STR_ARG(a->content_type), STR_ARG(url));
	if (s->leads_to.n && a->redirects)
		printf(" -> %.*s", STR_ARG(a->final_url));
	if (why.n)
		printf(": %.*s", STR_ARG(why));
	printf("\n");
}

static enum status check_ask(struct host_check *c, const struct export_sample *s, struct err *err)
{
	struct buf url;
	const struct wire_answer *answer;
	buf_init(&url, 8192);
	buf_printf(&url, "%.*s/%.*s", STR_ARG(c->url), STR_ARG(s->address));
	const struct wire_request request = {.kind = WIRE_HTTP,
					     .method = WIRE_HEAD,
					     .max_redirects = s->leads_to.n ? 1 : 0,
					     .timeout_ms = CHECK_TIMEOUT_MS,
					     .max_body_bytes = CHECK_BODY,
					     .host_concurrency = 1,
					     .url = buf_view(&url)};
	enum status status = buf_failed(&url) ? err_set(err, TOO_LARGE, "the address is too long")
					      : caller_ask(&c->caller, &request, &answer, err);
	if (status == OK)
		check_show(c, s, buf_view(&url), answer);
	buf_release(&url);
	return status;
}

static enum status check_tree(struct host_check *c, const char *dir, const char *state,
			      const char *maps, struct str base, struct err *err)
{
	struct arena arena;
	struct export_sample *sample;
	size_t count;
	arena_init(&arena, CHECK_ARENA);
	enum status status = export_sample(dir, state, maps, base, &arena, &sample, &count, err);
	for (size_t i = 0; i < count && status == OK; i++)
		status = check_ask(c, &sample[i], err);
	arena_release(&arena);
	return status;
}

/* The path of the site's address: "/shops". */
static struct str check_base(const struct config *config)
{
	const char *url = config_text(config, CONFIG_SITE_URL);
	const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
	return path ? str_of(path) : STR("");
}

/* All trees of the site. */
static enum status check_site(struct host_check *c, const struct instance *i, const char *dir,
			      struct err *err)
{
	char tree[PATH_MAX], state[PATH_MAX], map[PATH_MAX];
	struct trees trees;
	struct str url = c->url;
	enum status status = trees_languages(&i->config, &trees, err);
	for (size_t n = 0; n < (trees.count ? trees.count : 1) && status == OK; n++) {
		const char *tag = trees.count ? trees.language[n]->tag : "";
		const char *slash = *tag ? "/" : "", *dash = *tag ? "-" : "";
		struct buf below, base;
		buf_init(&below, 4096);
		buf_init(&base, 4096);
		buf_printf(&below, "%.*s%s%s", STR_ARG(url), slash, tag);
		buf_printf(&base, "%.*s%s%s", STR_ARG(check_base(&i->config)), slash, tag);
		status = io_path(tree, sizeof(tree), err, "%s%s%s", dir, slash, tag);
		if (status == OK)
			status =
			    io_path(state, sizeof(state), err, "%s.state%s%s", dir, slash, tag);
		if (status == OK)
			status = io_path(map, sizeof(map), err, "%s.state/redirects%s%s", dir, dash,
					 tag);
		c->url = buf_view(&below);
		if (status == OK)
			status = check_tree(c, tree, state, map, buf_view(&base), err);
		c->url = url;
		buf_release(&below);
		buf_release(&base);
	}
	return status;
}

enum status export_check(const struct instance *i, const char *dir, struct str url, size_t *wrong,
			 struct err *err)
{
	struct host_check c = {.url = url};
	struct buf out;
	struct json_writer json;
	buf_init(&out, 16 << 20);
	while (c.url.n && c.url.p[c.url.n - 1] == '/')
		c.url.n--;
	if (cli_globals.json) {
		json_writer_init(&json, &out);
		json_array_begin(&json);
		c.json = &json;
	}
	enum status status = caller_open(&c.caller, i, err);
	if (status == OK)
		status = check_site(&c, i, dir, err);
	caller_close(&c.caller);
	if (c.json && status == OK) {
		json_array_end(&json);
		printf("%s\n", buf_z(&out));
	}
	buf_release(&out);
	*wrong = c.wrong;
	return status;
}
