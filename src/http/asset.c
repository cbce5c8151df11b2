/* Apart from the other answers: only programs with embedded files link this. */
#include "http/http.h"

#include "base/files.h"

void http_asset(struct http_request *request, const char *parameter)
{
	struct str path = http_param(request, parameter)->text;
	char *full = arena_printf(&request->arena, "assets/%.*s", STR_ARG(path));
	const struct file *file = full ? files_find(str_of(full)) : NULL;
	if (!file) {
		http_problem(request, HTTP_PROBLEM_NOT_FOUND, NULL, "there is no such file");
		return;
	}
	bool named = str_eq(http_param(request, "v")->text, file->hash);
	http_respond(request,
		     &(struct http_answer){.type = file->type,
					   .cache = named ? HTTP_CACHE_FOREVER : HTTP_CACHE_ASK,
					   .etag = file->hash,
					   .body = file->body});
}
