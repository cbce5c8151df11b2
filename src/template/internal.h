#ifndef TEMPLATE_INTERNAL_H
#define TEMPLATE_INTERNAL_H

#include "template/template.h"

enum op_code {
	OP_TEXT,     /* text: as it is */
	OP_VALUE,    /* names: escaped */
	OP_RAW,      /* names: not escaped */
	OP_SECTION,  /* names; up to `end` */
	OP_INVERTED, /* names; up to `end` */
	OP_PARTIAL,  /* text: its name; `partial` after linking; indent */
};

struct template_name {
	struct str text;
	uint32_t hash; /* json_hash */
};

struct op {
	enum op_code code;
	bool line_start; /* it begins a line of the template, where indentation goes */
	unsigned line;
	unsigned parts; /* of the dotted name; 0: {{.}} */
	struct template_name *part;
	struct str text;
	struct str indent;
	size_t end; /* the instruction behind the section */
	const struct template *partial;
};

struct template
{
	struct template *next;
	struct str name;
	struct op *op;
	size_t count, room;
};

struct template_set {
	struct arena arena; /* names and sources; instructions are malloc'ed while they grow */
	struct template *first;
	bool linked;
};

/* compile.c: the source, which lives as long as the set, into t->op. */
MUST_CHECK enum status template_compile(struct template *t, struct arena *arena, struct str source,
					struct err *err);

#endif
