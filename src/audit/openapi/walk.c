/* From an answer through the graph of schemas, breadth first: each schema once per context. */
#include "audit/openapi/internal.h"
#include "base/memory.h"

#include <stdlib.h>

/* How far a schema is in a list. */
enum walk_list {
	LIST_NONE,
	LIST_PAGED, /* no array yet, but the operation gives pages */
	LIST_ITEM,  /* below an array */
	LIST_BELOW, /* below a property of an item */
	LISTS,
};

enum walk_step { STEP_SAME, STEP_PART, STEP_MEMBER, STEP_ITEM, STEP_MAP };

enum { CONTEXTS = LISTS * OWNERS, STATES_MAX = 4000000, PATH_STEPS_MAX = 40 };
static const uint32_t NO_STATE = UINT32_MAX;

struct walk_state {
	const struct openapi_node *schema;
	struct str key; /* of STEP_MEMBER */
	uint32_t parent;
	uint32_t depth;
	unsigned char step, list, owner;
};

struct walk_field {
	const struct openapi_entry *property;
	struct contact_field field;
};

/* What was found about an object, for one owner. */
struct walk_object {
	bool person, grouped; /* grouped: more than an envelope around one thing */
	bool sign;
	size_t count;
	struct walk_field *field;
};

/* Kept once for each property or schema, with the worst context that it was met in. */
struct walk_found {
	struct openapi_head head;
	struct str about, object;
	uint32_t rank; /* lower is worse */
	uint32_t depth;
	uint32_t operations, last;         /* with this rank */
	uint32_t all_operations, all_last; /* with any */
	const char *kind;
	struct walk_found *next;
};

struct walk_edge {
	const struct openapi_node *to;
	enum walk_step step;
	struct walk_edge *next;
};

/* The schemas that a schema leads to, members of objects excluded. */
struct walk_schema {
	struct walk_edge *edge, **end;
	const struct openapi_node *properties; /* NULL: none */
	bool object, open;
};

struct schema_walk {
	struct document *tree;
	struct walk_state *state;
	size_t states, room;
	uint32_t *seen; /* by node and context: the answer that was there last */
	uint32_t answer;
	struct walk_object **object; /* by node and owner */
	struct walk_found **nested, **open;
	struct walk_schema **schema; /* by node */
	uint32_t schemas;
	struct walk_found *first, **end;
	const struct walk_operation *operation;
};

struct schema_walk *walk_begin(struct document *tree)
{
	struct schema_walk *w = memory_alloc(sizeof(*w));
	size_t nodes = (size_t)tree->nodes + 1;
	w->tree = tree;
	w->seen = memory_array(nodes * CONTEXTS, sizeof(*w->seen));
	w->object = memory_array(nodes * OWNERS, sizeof(struct walk_object *));
	w->nested = memory_array(nodes, sizeof(struct walk_found *));
	w->open = memory_array(nodes, sizeof(struct walk_found *));
	w->schema = memory_array(nodes, sizeof(struct walk_schema *));
	w->end = &w->first;
	return w;
}

static void *walk_alloc(struct schema_walk *w, size_t bytes)
{
	void *p = arena_alloc(&w->tree->arena, bytes);
	if (!p)
		document_fail(w->tree, 0, 0, "the document needs more than %d MB of memory",
			      OPENAPI_MEMORY_MAX >> 20);
	return p;
}

/* ---- names of places ---- */

/* Append the steps from `from` down to the state, without the first. named: the path begins at the
 * last state whose schema is shared. */
static void walk_put_path(const struct schema_walk *w, uint32_t at, struct str last, bool named,
			  struct buf *out)
{
	uint32_t way[PATH_STEPS_MAX] = {0};
	size_t steps = 0;
	struct str name = STR("");
	for (uint32_t i = at; i != NO_STATE; i = w->state[i].parent) {
		if (named && w->state[i].schema->name.n) {
			name = w->state[i].schema->name;
			break;
		}
		if (w->state[i].step <= STEP_PART)
			continue;
		if (steps == PATH_STEPS_MAX) {
			name = STR("...");
			break;
		}
		way[steps++] = i;
	}
	if (named && !name.n) {
		buf_str(out, w->operation->method);
		buf_putc(out, ' ');
		buf_str(out, w->operation->path);
		buf_putc(out, ' ');
	}
	size_t begin = out->n;
	buf_str(out, name);
	while (steps--) {
		const struct walk_state *s = &w->state[way[steps]];
		if (s->step == STEP_MEMBER && out->n > begin)
			buf_putc(out, '.');
		buf_str(out, s->step == STEP_MEMBER ? s->key
			     : s->step == STEP_ITEM ? STR("[]")
						    : STR("{}"));
	}
	if (last.n && out->n > begin)
		buf_putc(out, '.');
	buf_str(out, last);
}

static struct str walk_text(struct schema_walk *w, struct buf *text)
{
	struct str copy = document_text(w->tree, buf_view(text), OPENAPI_TEXT_MAX / 2);
	buf_release(text);
	return copy;
}

static void walk_name(struct schema_walk *w, struct walk_found *f, uint32_t at, struct str last)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	walk_put_path(w, at, last, true, &text);
	f->object = walk_text(w, &text);
	buf_init(&text, 1 << 20);
	buf_str(&text, w->operation->method);
	buf_putc(&text, ' ');
	buf_str(&text, w->operation->path);
	buf_printf(&text, " (line %u) answers with ", w->operation->line);
	size_t begin = text.n;
	walk_put_path(w, at, last, false, &text);
	if (text.n == begin)
		buf_puts(&text, "it");
	f->about = walk_text(w, &text);
}

/* ---- findings ---- */

struct walk_place {
	enum openapi_rule rule;
	bool note;
	const char *kind;
	uint32_t state;
	struct str last; /* the property; empty: the schema itself */
	uint32_t line, column;
};

static void walk_report(struct schema_walk *w, struct walk_found **known,
			const struct walk_place *p)
{
	uint32_t rank = (uint32_t)p->rule + (p->note ? OPENAPI_RULES : 0);
	uint32_t depth = w->state[p->state].depth;
	struct walk_found *f = *known;
	if (!f) {
		f = walk_alloc(w, sizeof(*f));
		if (!f)
			return;
		*known = *w->end = f;
		w->end = &f->next;
		f->rank = UINT32_MAX;
	}
	if (f->all_last != w->operation->number) {
		f->all_last = w->operation->number;
		f->all_operations++;
	}
	if (rank > f->rank)
		return;
	if (rank < f->rank)
		f->operations = f->last = 0;
	if (f->last != w->operation->number) {
		f->last = w->operation->number;
		f->operations++;
	}
	if (rank == f->rank && depth >= f->depth)
		return;
	f->rank = rank;
	f->depth = depth;
	f->kind = p->kind;
	f->head = (struct openapi_head){.kind = OPENAPI_FOUND,
					.rule = p->rule,
					.note = p->note,
					.line = p->line,
					.column = p->column};
	walk_name(w, f, p->state, p->last);
}

static void walk_found_field(struct schema_walk *w, uint32_t at, const struct walk_field *found)
{
	static const enum openapi_rule rules[2][2] = {{OPENAPI_ANSWER, OPENAPI_LIST},
						      {OPENAPI_PUBLIC_ANSWER, OPENAPI_PUBLIC_LIST}};
	const struct walk_state *s = &w->state[at];
	struct openapi_entry *property = (struct openapi_entry *)found->property; /* ours */
	walk_report(w, &property->found,
		    &(struct walk_place){
			.rule = rules[w->operation->is_public][s->list != LIST_NONE],
			.note = found->field.organisation,
			.kind = found->field.organisation ? "an organisation's own contact"
							  : field_kind_name(found->field.kind),
			.state = at,
			.last = property->key,
			.line = property->line,
			.column = property->column,
		    });
}

static void walk_found_schema(struct schema_walk *w, uint32_t at, enum openapi_rule rule,
			      struct walk_found **known)
{
	const struct openapi_node *schema = w->state[at].schema;
	walk_report(w, known,
		    &(struct walk_place){
			.rule = rule, .state = at, .line = schema->line, .column = schema->column});
}

/* ---- objects ---- */

/* The property or shared schema that contains the object. */
static struct str walk_around(const struct schema_walk *w, uint32_t at)
{
	for (uint32_t i = at; i != NO_STATE; i = w->state[i].parent) {
		if (w->state[i].step == STEP_MEMBER)
			return w->state[i].key;
		if (w->state[i].schema->name.n)
			return w->state[i].schema->name;
	}
	return STR("");
}

/* Parts of allOf may each describe the property. */
static bool walk_has_field(const struct walk_object *o, struct str key)
{
	for (size_t i = 0; i < o->count; i++)
		if (str_eq(o->field[i].property->key, key))
			return true;
	return false;
}

static struct walk_object *walk_object_of(struct schema_walk *w, uint32_t at)
{
	const struct walk_state *s = &w->state[at];
	struct walk_object **known = &w->object[(size_t)s->schema->id * OWNERS + s->owner];
	struct walk_object *o = *known;
	struct field_set set;
	if (o)
		return o;
	field_set_of(w->tree, s->schema, &set);
	o = walk_alloc(w, sizeof(*o));
	struct walk_field *field =
	    o ? arena_array(&w->tree->arena, set.count + 1, sizeof(*field)) : NULL;
	if (!field) {
		field_set_release(&set);
		return NULL;
	}
	o->field = field;
	o->grouped = set.count >= 3;
	o->sign = set.person_name || set.born || set.login;
	bool pack = field_is_language_pack(w->tree, &set);
	o->person = !pack && field_set_is_person(&set) && s->owner != OWNER_ORGANISATION;
	for (size_t i = 0; i < set.count && !pack; i++) {
		if (walk_has_field(o, set.property[i]->key))
			continue;
		struct contact_field is =
		    field_judge(w->tree, &set, set.property[i], walk_around(w, at),
				(enum contact_owner)s->owner);
		if (is.kind)
			field[o->count++] = (struct walk_field){set.property[i], is};
	}
	field_set_release(&set);
	*known = o;
	return o;
}

/* ---- the graph ---- */

static void walk_push(struct schema_walk *w, struct walk_state next)
{
	if (!node_is(next.schema, NODE_OBJECT))
		return;
	unsigned char named = next.schema->named_owner;
	if (named && (named != OWNER_THING || !next.owner))
		next.owner = named;
	uint32_t *seen =
	    &w->seen[(size_t)next.schema->id * CONTEXTS + next.list * (size_t)OWNERS + next.owner];
	if (*seen == w->answer)
		return;
	*seen = w->answer;
	if (w->states == STATES_MAX) {
		document_fail(w->tree, 0, 0, "an answer leads to more than %d schemas", STATES_MAX);
		return;
	}
	w->state = memory_grow(w->state, &w->room, w->states + 1, sizeof(*w->state));
	w->state[w->states++] = next;
}

/* Visit a schema that describes the same value as the one at `at`, or a part of that value. */
static void walk_to(struct schema_walk *w, uint32_t at, enum walk_step step,
		    const struct openapi_node *schema)
{
	struct walk_state next = w->state[at];
	next.schema = schema;
	next.key = STR("");
	next.parent = at;
	next.step = (unsigned char)step;
	next.depth += step > STEP_PART;
	if (step == STEP_ITEM && next.list < LIST_ITEM)
		next.list = LIST_ITEM;
	walk_push(w, next);
}

/* The API may give an identifier instead of the object. */
static bool walk_has_identifier(struct schema_walk *w, const struct openapi_node *schema)
{
	static const char *const choices[] = {"anyOf", "oneOf"};
	for (size_t i = 0; i < COUNT_OF(choices); i++) {
		const struct openapi_node *of = document_get(w->tree, schema, choices[i]);
		if (!node_is(of, NODE_ARRAY))
			continue;
		for (const struct openapi_entry *e = of->first; e; e = e->next)
			if (field_has_type(w->tree, e->value, "string") ||
			    field_has_type(w->tree, e->value, "integer"))
				return true;
	}
	return false;
}

/* An object without a description, or one that allows any member. */
static bool walk_is_open(struct schema_walk *w, const struct openapi_node *schema)
{
	static const char *const said[] = {"properties",
					   "allOf",
					   "anyOf",
					   "oneOf",
					   "$ref",
					   "enum",
					   "patternProperties",
					   "items",
					   "not",
					   "const",
					   "additionalProperties"};
	const struct openapi_node *more = document_get(w->tree, schema, "additionalProperties");
	if (node_is(more, NODE_BOOL))
		return more->boolean;
	if (node_is(more, NODE_OBJECT) && more->count == 0)
		return true;
	for (size_t i = 0; i < COUNT_OF(said); i++)
		if (document_get(w->tree, schema, said[i]))
			return false;
	return field_has_type(w->tree, schema, "object");
}

enum walk_shape { SHAPE_ONE, SHAPE_ARRAY, SHAPE_MAP };

static const struct walk_keyword {
	const char *keyword;
	enum walk_step step;
	enum walk_shape shape; /* of schemas */
} walk_keywords[] = {
    {"allOf", STEP_PART, SHAPE_ARRAY},
    {"anyOf", STEP_SAME, SHAPE_ARRAY},
    {"oneOf", STEP_SAME, SHAPE_ARRAY},
    {"if", STEP_PART, SHAPE_ONE},
    {"then", STEP_PART, SHAPE_ONE},
    {"else", STEP_PART, SHAPE_ONE},
    {"dependentSchemas", STEP_PART, SHAPE_MAP},
    {"items", STEP_ITEM, SHAPE_ONE},
    {"items", STEP_ITEM, SHAPE_ARRAY}, /* before 3.1 */
    {"prefixItems", STEP_ITEM, SHAPE_ARRAY},
    {"contains", STEP_ITEM, SHAPE_ONE},
    {"additionalProperties", STEP_MAP, SHAPE_ONE},
    {"unevaluatedProperties", STEP_MAP, SHAPE_ONE},
    {"patternProperties", STEP_MAP, SHAPE_MAP},
};

static void walk_add_edge(struct schema_walk *w, struct walk_schema *s, enum walk_step step,
			  const struct openapi_node *to)
{
	struct walk_edge *edge = node_is(to, NODE_OBJECT) ? walk_alloc(w, sizeof(*edge)) : NULL;
	if (!edge)
		return;
	*edge = (struct walk_edge){.to = to, .step = step};
	*s->end = edge;
	s->end = &edge->next;
}

static void walk_add_edges(struct schema_walk *w, struct walk_schema *s,
			   const struct walk_keyword *k, const struct openapi_node *value)
{
	if (k->shape == SHAPE_ONE && node_is(value, NODE_OBJECT))
		walk_add_edge(w, s, k->step, value);
	if ((k->shape == SHAPE_ARRAY && node_is(value, NODE_ARRAY)) ||
	    (k->shape == SHAPE_MAP && node_is(value, NODE_OBJECT)))
		for (const struct openapi_entry *e = value->first; e; e = e->next)
			walk_add_edge(w, s, k->step, e->value);
}

/* The schemas that a schema leads to; computed once. */
static struct walk_schema *walk_schema_of(struct schema_walk *w, const struct openapi_node *schema)
{
	struct walk_schema **known = &w->schema[schema->id];
	struct walk_schema *s = *known;
	if (s)
		return s;
	s = walk_alloc(w, sizeof(*s));
	if (!s)
		return NULL;
	*known = s;
	s->end = &s->edge;
	const struct openapi_node *target = reference_target(w->tree, schema);
	if (target != schema) {
		walk_add_edge(w, s, STEP_SAME, target);
		if (schema->count == 1)
			return s;
	}
	for (const struct openapi_entry *e = schema->first; e; e = e->next)
		for (size_t i = 0; i < COUNT_OF(walk_keywords); i++)
			if (str_eq(e->key, str_of(walk_keywords[i].keyword)))
				walk_add_edges(w, s, &walk_keywords[i], e->value);
	s->properties = document_get(w->tree, schema, "properties");
	if (!node_is(s->properties, NODE_OBJECT))
		s->properties = NULL;
	s->object = s->properties || document_get(w->tree, schema, "allOf");
	s->open = walk_is_open(w, schema);
	w->schemas += s->properties != NULL;
	return s;
}

/* Record what does not depend on the path to the property. */
static void walk_know(struct schema_walk *w, struct openapi_entry *e)
{
	const struct walk_schema *s =
	    node_is(e->value, NODE_OBJECT) ? walk_schema_of(w, e->value) : NULL;
	e->known = true;
	e->leaf = !s || (!s->edge && !s->object && !s->open);
	e->owner = (unsigned char)field_owner_of(e->key);
	e->wrapper = field_is_wrapper(e->key);
	e->expands = walk_has_identifier(w, e->value);
}

/* What the value of a property describes. */
static unsigned char walk_member_owner(unsigned char owner, const struct walk_object *object,
				       const struct openapi_entry *property)
{
	if (property->owner)
		return property->owner;
	if (owner < OWNER_ORGANISATION && object->sign)
		return OWNER_PERSON;
	return property->wrapper ? owner : OWNER_NONE;
}

static void walk_to_members(struct schema_walk *w, uint32_t at, const struct walk_object *object,
			    const struct openapi_node *properties)
{
	for (struct openapi_entry *e = properties->first; e; e = e->next) {
		struct walk_state next = w->state[at];
		if (!e->known)
			walk_know(w, e);
		if (e->leaf)
			continue;
		next.owner = walk_member_owner(next.owner, object, e);
		if (next.list == LIST_BELOW && e->expands)
			next.list = LIST_ITEM;
		else if (next.list == LIST_ITEM && !e->wrapper && !e->expands && object->grouped)
			next.list = LIST_BELOW;
		next.schema = e->value;
		next.key = e->key;
		next.parent = at;
		next.step = STEP_MEMBER;
		next.depth++;
		walk_push(w, next);
	}
}

static void walk_visit_object(struct schema_walk *w, uint32_t at,
			      const struct openapi_node *properties)
{
	const struct openapi_node *schema = w->state[at].schema;
	const struct walk_object *object = walk_object_of(w, at);
	if (!object)
		return;
	for (size_t i = 0; i < object->count; i++)
		walk_found_field(w, at, &object->field[i]);
	if (object->person && schema->name.n && w->state[at].list == LIST_BELOW)
		walk_found_schema(w, at, OPENAPI_NESTED_PERSON, &w->nested[schema->id]);
	if (properties)
		walk_to_members(w, at, object, properties);
}

static void walk_visit(struct schema_walk *w, uint32_t at)
{
	const struct openapi_node *schema = w->state[at].schema;
	const struct walk_schema *s = walk_schema_of(w, schema);
	if (!s)
		return;
	if (s->open && w->state[at].step != STEP_PART)
		walk_found_schema(w, at, OPENAPI_OPEN_OBJECT, &w->open[schema->id]);
	if (s->object)
		walk_visit_object(w, at, s->properties);
	for (const struct walk_edge *e = s->edge; e; e = e->next)
		walk_to(w, at, e->step, e->to);
}

/* What the resources of a path are, by the last part of the path that is not a parameter. */
static enum contact_owner walk_path_owner(struct str path)
{
	struct str part, last = STR("");
	while (path.p) {
		part = str_cut(&path, '/');
		if (part.n && part.p[0] != '{')
			last = part;
	}
	return field_owner_of(last);
}

void walk_answer(struct schema_walk *w, const struct walk_operation *operation,
		 const struct openapi_node *schema)
{
	w->operation = operation;
	w->answer++;
	w->states = 0;
	walk_push(w, (struct walk_state){.schema = schema,
					 .parent = NO_STATE,
					 .list = operation->paged ? LIST_PAGED : LIST_NONE,
					 .owner = (unsigned char)walk_path_owner(operation->path)});
	for (uint32_t i = 0; i < w->states && !w->tree->failed; i++)
		walk_visit(w, i);
}

/* ---- the end ---- */

static void walk_hand_over(const struct walk_found *f, openapi_found *found, void *ctx)
{
	struct openapi_head head = f->head;
	struct buf text;
	buf_init(&text, OPENAPI_TEXT_MAX);
	buf_str(&text, f->object);
	if (f->kind)
		buf_printf(&text, " is %s", f->kind);
	buf_puts(&text, ": ");
	buf_str(&text, f->about);
	if (f->operations > 1)
		buf_printf(&text, "; %u operations do so", f->operations);
	if (f->all_operations > f->operations)
		buf_printf(&text, ", %u answer with it at all", f->all_operations);
	found(ctx, &head, buf_view(&text), f->object);
	buf_release(&text);
}

void walk_end(struct schema_walk *w, openapi_found *found, void *ctx,
	      struct openapi_summary *summary)
{
	summary->schemas = w->schemas;
	for (const struct walk_found *f = w->first; f && !w->tree->failed; f = f->next)
		walk_hand_over(f, found, ctx);
	free(w->state);
	free(w->seen);
	free(w->object);
	free(w->nested);
	free(w->open);
	free(w->schema);
	free(w);
}
