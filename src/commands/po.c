/* holdfast po: the translations of what pages say. */
#include "base/files.h"
#include "base/io.h"
#include "base/json.h"
#include "commands/commands.h"
#include "config/instance.h"
#include "language/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Texts of other tables that pages show. */
static const struct {
	const char *file, *text;
} po_texts[] = {
#define EXTRA(key, label, form, property) {"src/site/facts/extras.def", label},
#include "site/facts/extras.def"
#undef EXTRA
#define GROUP(id, key, label) {"src/directory/taxonomy/categories.def", label},
#define CATEGORY(id, key, group, label, schema, osm, overture, google, words)
#define SCHEMA(type, category)
#include "directory/taxonomy/categories.def"
#undef GROUP
#undef CATEGORY
#undef SCHEMA
#define FILTER(id, name, kind, field, max, kept, label, example, summary)                          \
	{"src/directory/search/filters.def", label},
#define CHOICE_FILTER(id, name, label, summary, ...) {"src/directory/words/facets.def", label},
#include "directory/search/filters.def"
#undef FILTER
#undef CHOICE_FILTER
#define PROFILE_KIND(letter, value, label) {"src/directory/taxonomy/profile_choices.def", label},
#define PROFILE_SIZE                       PROFILE_KIND
#define PROFILE_BUDGET                     PROFILE_KIND
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_KIND
#undef PROFILE_SIZE
#undef PROFILE_BUDGET
    /* why one profile is like another */
    {"src/directory/pages/profiles.c", "the other side of the same field"},
    {"src/directory/pages/profiles.c", "the same trade"},
    {"src/directory/pages/profiles.c", "the same region"},
};

/* Titles of error pages; what only programs can do wrong is told in English. */
static const struct {
	int status;
	const char *text;
} po_problems[] = {
#define PROBLEM(id, name, status, title, remedy) {status, title},
#include "http/problems.def"
#undef PROBLEM
};

static bool po_shows_problem(int status)
{
	return status == 404 || status == 410 || status == 500 || status == 503;
}

static enum status po_collect(struct po_list *list, struct err *err)
{
	enum status status = OK;
	for (size_t i = 0; i < files_count && status == OK; i++) {
		struct str path = files[i].path;
		if (str_ends(path, STR(".mustache")) || str_ends(path, STR(".js")))
			status = po_list_add_tags(list, path, files_find(path)->body, err);
	}
	for (size_t i = 0; i < COUNT_OF(po_texts); i++)
		if (po_texts[i].text && *po_texts[i].text)
			po_list_add(list,
				    &(struct po_list_message){.context = STR(""),
							      .id = str_of(po_texts[i].text),
							      .file = str_of(po_texts[i].file)});
	for (size_t i = 0; i < COUNT_OF(po_problems); i++)
		if (po_shows_problem(po_problems[i].status))
			po_list_add(
			    list, &(struct po_list_message){.context = STR(""),
							    .id = str_of(po_problems[i].text),
							    .file = STR("src/http/problems.def")});
	po_list_add_wording(list);
	po_list_sort(list);
	return status;
}

/* ---- po template ---- */

static void po_print_string(const char *keyword, struct str text)
{
	printf("%s \"", keyword);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			putchar('\\');
		putchar(text.p[i]);
	}
	puts("\"");
}

static void po_print_template(const struct po_list *list)
{
	puts("msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n"
	     "\"Content-Transfer-Encoding: 8bit\\n\"");
	for (size_t i = 0; i < list->count; i++) {
		const struct po_list_message *m = &list->message[i];
		printf("\n#: %s%.*s", m->line ? "web/" : "", STR_ARG(m->file));
		printf(m->line ? ":%u\n" : "\n", m->line);
		if (m->context.n)
			po_print_string("msgctxt", m->context);
		po_print_string("msgid", m->id);
		if (m->plural.p)
			po_print_string("msgid_plural", m->plural);
		puts(m->plural.p ? "msgstr[0] \"\"\nmsgstr[1] \"\"" : "msgstr \"\"");
	}
}

/* ---- po check ---- */

struct po_report {
	size_t findings;
	struct json_writer *json; /* NULL: text */
	const char *language;
};

static void po_print(void *ctx, const struct po_finding *f)
{
	struct po_report *r = ctx;
	r->findings++;
	if (!r->json) {
		printf("%s", f->file);
		if (f->line)
			printf(":%u", f->line);
		printf(": %s: \"%.*s\": %s; %s\n", f->kind, STR_ARG(f->id), f->text, f->remedy);
		return;
	}
	json_object_begin(r->json);
	json_member_z(r->json, "language", r->language);
	json_member_z(r->json, "file", f->file);
	json_member_i64(r->json, "line", f->line);
	json_member_z(r->json, "kind", f->kind);
	json_member_str(r->json, "msgid", f->id);
	json_member_z(r->json, "text", f->text);
	json_member_z(r->json, "remedy", f->remedy);
	json_object_end(r->json);
}

static enum status po_check_file(const struct po_list *list, const struct language *l,
				 const struct file *file, const char *shown, bool whole,
				 struct po_report *r, struct err *err)
{
	struct po po;
	struct arena arena;
	arena_init(&arena, PO_SOURCE_MAX * 2);
	enum status status = po_read(&po, &arena, shown, file->body, err);
	if (status == OK) {
		size_t n = po_check(list, &po, l, whole, po_print, r);
		if (!r->json)
			printf("%s: %zu of %zu messages\n", shown, n, list->count);
	}
	po_release(&po);
	arena_release(&arena);
	return status;
}

/* The program's file, and what the operator words differently. English needs none. */
static enum status po_check_language(const struct po_list *list, const struct language *l,
				     struct po_report *r, struct err *err)
{
	char path[64], shown[80];
	snprintf(path, sizeof(path), "po/%s.po", l->tag);
	snprintf(shown, sizeof(shown), "web/po/%s.po", l->tag);
	const struct file *file = files_embedded(str_of(path));
	enum status status = OK;
	r->language = l->tag;
	if (file)
		status =
		    po_check_file(list, l, file, shown, l->complete && l != &languages[0], r, err);
	if (status == OK && files_is_replaced(str_of(path))) {
		snprintf(shown, sizeof(shown), "instance's web/po/%s.po", l->tag);
		status = po_check_file(list, l, files_find(str_of(path)), shown, false, r, err);
	}
	return status;
}

static enum status po_check_all(const struct po_list *list, int argc, char **argv,
				struct po_report *r, struct err *err)
{
	enum status status = OK;
	for (int i = 0; i < argc && status == OK; i++) {
		const struct language *l = language_find(str_of(argv[i]));
		if (l)
			status = po_check_language(list, l, r, err);
		else
			status = err_set(err, NOT_FOUND, "%s: pages are not made in this language",
					 argv[i]);
	}
	for (size_t i = 0; i < languages_count && !argc && status == OK; i++)
		status = po_check_language(list, &languages[i], r, err);
	return status;
}

static int po_check_command(const struct po_list *list, int argc, char **argv)
{
	struct err err;
	struct buf out;
	struct json_writer w;
	buf_init(&out, 16 << 20);
	json_writer_init(&w, &out);
	struct po_report r = {.json = cli_globals.json ? &w : NULL};
	json_array_begin(&w);
	enum status status = po_check_all(list, argc, argv, &r, &err);
	json_array_end(&w);
	if (status == OK && r.json)
		printf("%s\n", buf_z(&out));
	buf_release(&out);
	if (status != OK)
		return cli_failed(&err);
	return r.findings ? EXIT_FINDINGS : EXIT_OK;
}

/* The operator's files, when there is an instance. */
static enum status po_replace_files(struct err *err)
{
	char path[PATH_MAX];
	size_t replaced;
	enum status status = io_path(path, sizeof(path), err, "%s/web", cli_globals.instance_dir);
	return status == OK && access(path, F_OK) == 0 ? files_replace(path, &replaced, err)
						       : status;
}

static int po_command(int argc, char **argv)
{
	struct err err;
	struct po_list list = {.count = 0};
	int code = EXIT_USAGE;
	enum status status = po_replace_files(&err);
	if (status == OK)
		status = po_collect(&list, &err);
	if (status != OK) {
		code = cli_failed(&err);
	} else if (strcmp(argv[0], "check") == 0) {
		code = po_check_command(&list, argc - 1, argv + 1);
	} else if (strcmp(argv[0], "template") == 0 && argc == 1) {
		po_print_template(&list);
		code = EXIT_OK;
	} else {
		code = cli_usage_error("check or template is meant, not %s", argv[0]);
	}
	po_list_release(&list);
	return code;
}

const struct command command_po = {
    .name = "po",
    .args = "check|template [LANGUAGE...]",
    .summary = "Check the translations of what pages say, or print an empty file of them",
    .help =
	"check compares gettext's files web/po/LANGUAGE.po, the program's and the instance's, with the texts of\n"
	"templates and program: messages that a complete language lacks, that no page says any more, whose\n"
	"placeholders, tags or plural forms differ; each with file, line and remedy. Exit status 2 when there are\n"
	"any. template prints all messages as a PO file without translations, to begin a language with.",
    .run = po_command,
};
