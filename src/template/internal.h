#ifndef TEMPLATE_INTERNAL_H
#define TEMPLATE_INTERNAL_H

#include "template/template.h"

enum op_code {
	OP_TEXT,     /* writes `text` */
	OP_VALUE,    /* writes the value of the name, escaped */
	OP_RAW,      /* writes the value of the name */
	OP_SECTION,  /* runs the instructions up to `end` if the name is true, or for each */
	OP_INVERTED, /* runs the instructions up to `end` if the name is false */
	OP_PLURAL,   /* runs them if the name's number has the plural form `form` */
	OP_PARTIAL,  /* runs `partial`, which is set by linking; text: its name */
};

struct template_name {
	struct str text;
	uint32_t hash; /* json_hash */
};

struct op {
	enum op_code code;
	bool line_start; /* begins a line of the template, which is indented */
	unsigned line;
	unsigned form;  /* of OP_PLURAL */
	unsigned parts; /* number of parts of the dotted name; 0: {{.}} */
	struct template_name *part;
	struct str text;
	struct str indent;
	size_t end; /* index of the instruction after the section */
	const struct template *partial;
};

struct template
{
	struct template *next;
	const struct template_set *set;
	struct str name;
	struct op *op;
	size_t count, room;
};

struct template_set {
	struct arena arena; /* names and sources; instructions are malloc'ed while they grow */
	struct template *first;
	template_plural *plural;
	bool linked, tight;
};

/* compile.c: compile the source, which must live as long as the set, into t->op. */
MUST_CHECK enum status template_compile(struct template *t, struct arena *arena, struct str source,
					struct err *err);

#endif
