/* The set of templates of a folder, with the parts that all pages share. */
#include "site/look/internal.h"
#include "site/look/look.h"

#include "base/files.h"

struct look_adding {
	struct template_set *set;
	const struct wording *wording;
	const struct links *links;
	void (*seen)(void *ctx, struct str source);
	void *ctx;
};

static enum status look_add_source(const struct look_adding *to, struct str path, struct str name,
				   struct str source, struct err *err)
{
	struct buf body, translated;
	buf_init(&body, TEMPLATE_SOURCE_MAX);
	buf_init(&translated, TEMPLATE_SOURCE_MAX);
	enum status status =
	    wording_translate(to->wording, path, source, WORDING_IN_HTML, &translated, err);
	links_put_html(to->links, buf_view(&translated), &body);
	if (status == OK && buf_failed(&body))
		status = err_set(err, TOO_LARGE, "%.*s: more than %d bytes", STR_ARG(path),
				 TEMPLATE_SOURCE_MAX);
	if (status == OK && to->seen)
		to->seen(to->ctx, buf_view(&body));
	if (status == OK)
		status = template_set_add(to->set, name, buf_view(&body), err);
	if (status == INVALID && files_is_replaced(path)) /* it is the operator's */
		err_prefix(err, status, "web/%.*s", STR_ARG(path));
	buf_release(&translated);
	buf_release(&body);
	return status;
}

/* The name of a file's template in the set of a folder; empty: it is not in it. */
static struct str look_template_name(struct str path, struct str folder)
{
	static const struct str ending = STR(".mustache"), site = STR("site/");
	struct str cut = str_starts(path, folder) ? folder : site;
	if (!str_ends(path, ending) ||
	    !(str_starts(path, folder) || str_starts(path, STR("site/parts/")) ||
	      str_starts(path, STR("site/slots/"))))
		return (struct str){NULL, 0};
	return (struct str){path.p + cut.n, path.n - cut.n - ending.n};
}

static enum status look_add_order(const struct look_adding *to, const struct config *config,
				  struct err *err)
{
	static const struct {
		const char *name;
		enum look_place place;
	} made[] = {
	    {"order/main", LOOK_MAIN}, {"order/side", LOOK_SIDE}, {"order/below", LOOK_BELOW}};
	enum status status = look_order_check(config, err);
	for (size_t i = 0; i < COUNT_OF(made) && status == OK; i++) {
		struct buf source;
		buf_init(&source, 4096);
		look_order(config, made[i].place, &source);
		status = look_add_source(to, STR("site.business_order"), str_of(made[i].name),
					 buf_view(&source), err);
		buf_release(&source);
	}
	return status;
}

enum status look_add_templates(struct template_set *set, const char *folder,
			       const struct config *config, const struct wording *wording,
			       const struct links *links,
			       void (*seen)(void *ctx, struct str source), void *ctx,
			       struct err *err)
{
	const struct look_adding to = {set, wording, links, seen, ctx};
	template_set_tight(set);
	enum status status = look_add_order(&to, config, err);
	for (size_t i = 0; i < files_count && status == OK; i++) {
		struct str path = files[i].path, name = look_template_name(path, str_of(folder));
		if (name.n)
			status = look_add_source(&to, path, name, files_find(path)->body, err);
	}
	return status == OK ? template_set_link(set, err) : status;
}
