#include "template/internal.h"
#include "base/ascii.h"

#include <string.h>

struct indent {
	const struct indent *outer;
	struct str text;
};

/* Hash table of the outermost object's members, where most names are found. */
enum { INDEX = 256, INDEXED_MAX = INDEX / 2 };

struct renderer {
	struct buf *out;
	struct err *err;
	const struct json_value *context[2 * TEMPLATE_DEPTH];
	size_t depth;
	unsigned nesting;
	unsigned steps;
	bool indexed; /* false: the outermost object has too many members */
	const struct json_value *index[INDEX];
};

static bool render_is_true(const struct json_value *v)
{
	if (!v)
		return false;
	switch (v->kind) {
	case JSON_IS_NULL:
		return false;
	case JSON_IS_BOOL:
		return v->boolean;
	case JSON_IS_STRING:
		return v->text.n > 0;
	case JSON_IS_ARRAY:
		return v->count > 0;
	default:
		return true;
	}
}

static const struct json_value *render_member(const struct json_value *v,
					      const struct template_name *name)
{
	if (v->kind != JSON_IS_OBJECT)
		return NULL;
	for (const struct json_value *m = v->first; m; m = m->next)
		if (m->hash == name->hash && str_eq(m->key, name->text))
			return m;
	return NULL;
}

static void render_make_index(struct renderer *r, const struct json_value *root)
{
	r->indexed = root->kind == JSON_IS_OBJECT && root->count <= INDEXED_MAX;
	for (const struct json_value *m = root->first; m && r->indexed; m = m->next) {
		uint32_t at = m->hash % INDEX;
		while (r->index[at])
			at = (at + 1) % INDEX;
		r->index[at] = m;
	}
}

static const struct json_value *render_outermost(const struct renderer *r,
						 const struct template_name *name)
{
	if (!r->indexed)
		return render_member(r->context[0], name);
	for (uint32_t at = name->hash % INDEX; r->index[at]; at = (at + 1) % INDEX)
		if (str_eq(r->index[at]->key, name->text))
			return r->index[at];
	return NULL;
}

/* Look up the first part of a dotted name from the innermost section outwards, the others only in
 * its value. */
static const struct json_value *render_look_up(const struct renderer *r, const struct op *op)
{
	if (op->parts == 0)
		return r->context[r->depth - 1];
	const struct json_value *v = NULL;
	for (size_t i = r->depth; i > 1 && !v; i--)
		v = render_member(r->context[i - 1], &op->part[0]);
	if (!v)
		v = render_outermost(r, &op->part[0]);
	for (unsigned i = 1; i < op->parts && v; i++)
		v = render_member(v, &op->part[i]);
	return v;
}

static void render_value(struct renderer *r, const struct op *op)
{
	const struct json_value *v = render_look_up(r, op);
	struct str text = json_text(v);
	if (v && v->kind == JSON_IS_BOOL)
		text = v->boolean ? STR("true") : STR("false");
	if (op->code == OP_VALUE)
		buf_html(r->out, text);
	else
		buf_str(r->out, text);
}

static void render_indent(struct renderer *r, const struct indent *indent)
{
	if (!indent)
		return;
	render_indent(r, indent->outer);
	buf_str(r->out, indent->text);
}

/* Indent each line of a partial's text. Lines of values are not indented. */
static void render_text(struct renderer *r, struct str text, const struct indent *indent)
{
	const char *newline;
	while (indent && (newline = memchr(text.p, '\n', text.n)) &&
	       newline + 1 < text.p + text.n) {
		size_t n = (size_t)(newline + 1 - text.p);
		buf_add(r->out, text.p, n);
		render_indent(r, indent);
		text = (struct str){text.p + n, text.n - n};
	}
	buf_str(r->out, text);
}

static enum status render_run(struct renderer *r, const struct template *t, size_t from, size_t to,
			      const struct indent *indent);

static enum status render_over_limit(struct renderer *r, const struct template *t,
				     const struct op *op, const char *what)
{
	return err_set(r->err, TOO_LARGE, "template %.*s, line %u: %s", STR_ARG(t->name), op->line,
		       what);
}

/* The number that a value shows: "1 234" is 1234. */
static uint64_t render_number(const struct json_value *v)
{
	struct str text = json_text(v);
	uint64_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		if (ascii_is_digit(text.p[i]))
			n = n * 10 + (uint64_t)(text.p[i] - '0');
	return n;
}

static enum status render_section(struct renderer *r, const struct template *t, size_t at,
				  const struct indent *indent)
{
	const struct op *op = &t->op[at];
	const struct json_value *v = render_look_up(r, op);
	enum status status = OK;
	if (op->code == OP_PLURAL) {
		if (t->set->plural(render_number(v)) != op->form)
			return OK;
	} else if (render_is_true(v) == (op->code == OP_INVERTED)) {
		return OK;
	}
	if (op->code != OP_SECTION)
		return render_run(r, t, at + 1, op->end, indent);
	bool list = v->kind == JSON_IS_ARRAY;
	for (v = list ? v->first : v; v && status == OK; v = list ? v->next : NULL) {
		r->context[r->depth++] = v;
		status = render_run(r, t, at + 1, op->end, indent);
		r->depth--;
	}
	return status;
}

static enum status partial(struct renderer *r, const struct op *op, const struct indent *indent)
{
	struct indent inner = {indent, op->indent};
	return render_run(r, op->partial, 0, op->partial->count, op->indent.n ? &inner : indent);
}

static enum status render_run(struct renderer *r, const struct template *t, size_t from, size_t to,
			      const struct indent *indent)
{
	enum status status = OK;
	if (from < to && r->nesting == TEMPLATE_DEPTH)
		return render_over_limit(r, t, &t->op[from],
					 "sections and partials are nested too deep");
	r->nesting++;
	for (size_t i = from; i < to && status == OK;) {
		const struct op *op = &t->op[i];
		if (++r->steps > TEMPLATE_STEPS)
			return render_over_limit(r, t, op, "the page takes too many steps");
		if (buf_failed(r->out))
			return render_over_limit(r, t, op, "the page is too large");
		if (indent && op->line_start)
			render_indent(r, indent);
		i++;
		switch (op->code) {
		case OP_TEXT:
			render_text(r, op->text, indent);
			break;
		case OP_VALUE:
		case OP_RAW:
			render_value(r, op);
			break;
		case OP_SECTION:
		case OP_INVERTED:
		case OP_PLURAL:
			status = render_section(r, t, i - 1, indent);
			i = op->end;
			break;
		case OP_PARTIAL:
			status = partial(r, op, indent);
			break;
		}
	}
	r->nesting--;
	return status;
}

enum status template_render(const struct template *t, const struct json_value *data,
			    struct buf *out, struct err *err)
{
	struct renderer r = {.out = out, .err = err, .context = {data}, .depth = 1};
	render_make_index(&r, data);
	enum status status = render_run(&r, t, 0, t->count, NULL);
	if (status == OK && buf_failed(out))
		return err_set(err, TOO_LARGE, "template %.*s: the page is too large",
			       STR_ARG(t->name));
	return status;
}
