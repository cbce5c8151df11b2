/* How the parts fit together; a file calls only those above it:
 *
 *   tree.c       the document in memory: nodes with their lines
 *   from_json.c, from_yaml.c   the two ways to a tree
 *   reference.c  where a $ref leads
 *   naming.c     names of fields as words, and what the words say
 *   field.c      what a property is: an e-mail address, a telephone number, a person, ...
 *   walk.c       from an answer through the graph of schemas
 *   operation.c  operations, their security and their answers
 *   example.c    addresses in examples
 *   read.c       one document; serve.c: all that come
 */
#ifndef AUDIT_OPENAPI_INTERNAL_H
#define AUDIT_OPENAPI_INTERNAL_H

#include "audit/openapi/openapi.h"
#include "base/arena.h"
#include "base/buf.h"

/* ---- document.c ---- */
enum openapi_node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_STRING, NODE_ARRAY, NODE_OBJECT };

struct openapi_entry {
	struct str key; /* empty in arrays */
	uint32_t hash;
	uint32_t line, column; /* of the key; in arrays of the value */
	struct openapi_node *value;
	struct openapi_entry *next;
	/* of walk.c */
	struct walk_found *found;
	bool known; /* the next are */
	bool leaf, wrapper, expands;
	unsigned char owner;
};

struct openapi_node {
	enum openapi_node_kind kind;
	bool boolean;
	bool resolved; /* target is known */
	uint32_t id;   /* from 0, in the order of the document */
	uint32_t line, column;
	uint32_t count;
	struct str text;           /* of scalars; cut at DOCUMENT_TEXT_MAX */
	struct str name;           /* of a shared schema; else empty */
	unsigned char named_owner; /* enum contact_owner that the name says; of walk.c */
	struct openapi_entry *first, *last;
	struct openapi_entry **slot; /* by hash, of large objects; NULL: not made */
	uint32_t slots;
	const struct openapi_node *target; /* where its $ref leads; NULL: nowhere */
};

enum { DOCUMENT_TEXT_MAX = 4096 };

struct document {
	struct arena arena;
	struct openapi_node *root;
	uint32_t nodes;
	uint32_t external;                       /* references that lead nowhere in the document */
	const struct openapi_entry *external_at; /* the first */
	/* why it could not be read */
	char why[300];
	uint32_t line, column;
	bool failed;
};

void document_init(struct document *tree);
void document_release(struct document *tree);
/* The first reason is kept. */
void document_fail(struct document *tree, uint32_t line, uint32_t column, const char *fmt, ...)
    PRINTF(4, 5);
/* NULL: the tree has failed. */
struct openapi_node *document_node(struct document *tree, enum openapi_node_kind kind,
				   uint32_t line, uint32_t column);
void document_add(struct document *tree, struct openapi_node *parent, struct str key, uint32_t line,
		  uint32_t column, struct openapi_node *value);
struct str document_text(struct document *tree, struct str text, size_t max);
/* The last entry of the key; NULL: none, or no object. */
const struct openapi_entry *document_entry(struct document *tree, const struct openapi_node *node,
					   struct str key);
const struct openapi_node *document_get(struct document *tree, const struct openapi_node *node,
					const char *key);
/* Text of a string member; empty: none. */
struct str document_string(struct document *tree, const struct openapi_node *node, const char *key);
static inline bool node_is(const struct openapi_node *node, enum openapi_node_kind kind)
{
	return node && node->kind == kind;
}

/* ---- from_json.c, from_yaml.c ---- */
void from_json(struct document *tree, struct str document);
void from_yaml(struct document *tree, struct str document);

/* ---- reference.c ---- */
/* The target of the node's $ref, one step; the node itself when it has none. NULL: the document has
 * no such target. */
const struct openapi_node *reference_target(struct document *tree, const struct openapi_node *node);
/* The same over all steps. NULL: there is no target, or the references form a cycle. */
const struct openapi_node *reference_end(struct document *tree, const struct openapi_node *node);

/* ---- naming.c---- */
enum { WORDS_MAX = 12, WORD_MAX = 24 };

struct naming {
	char word[WORDS_MAX][WORD_MAX];
	unsigned is[WORDS_MAX]; /* enum openapi_word */
	size_t count;
	bool cut; /* it has more or longer ones */
};

enum openapi_word {
#define CLASS(id, bit) WORD_##id = 1 << bit,
#define WORD(class, word)
#include "audit/openapi/naming.def"
#undef CLASS
#undef WORD
};

void naming_split(struct naming *words, struct str name);
bool naming_have(const struct naming *words, unsigned classes);
/* The words one after the other, without separators. */
struct str naming_join(const struct naming *words, char room[WORDS_MAX * WORD_MAX]);

/* ---- field.c ---- */
enum contact_kind {
	FIELD_NONE,
	FIELD_EMAIL,
	FIELD_PHONE,
	FIELD_PERSON,
	FIELD_ADDRESS,
	FIELD_KINDS,
};

/* What an object describes; OWNER_THING: a thing that has a name. */
enum contact_owner { OWNER_NONE, OWNER_PERSON, OWNER_ORGANISATION, OWNER_THING, OWNERS };

/* The properties of an object, those of its allOf parts included, and what they say together. */
struct field_set {
	const struct openapi_entry **property;
	size_t count, room;
	bool email, phone, person_name, born; /* signs of a person */
	bool first_or_last;                   /* a name in parts, which no organisation has */
	bool reachable; /* a street, or "mobile": signs where the object is called a person */
	bool animal;
	bool login, machine, identifier;
	bool place;   /* it has coordinates, a website, opening hours */
	bool message; /* something that is sent to a recipient */
	bool via;     /* a channel: e-mail or telephone */
};

struct contact_field {
	enum contact_kind kind;
	bool organisation; /* its own contact, not that of a person */
};

void field_set_of(struct document *tree, const struct openapi_node *schema, struct field_set *set);
void field_set_release(struct field_set *set);
/* Classify a property. `around`: name of the property or schema that contains its object; owner:
 * what the object describes. */
struct contact_field field_judge(struct document *tree, const struct field_set *set,
				 const struct openapi_entry *property, struct str around,
				 enum contact_owner owner);
/* What an object of this name describes; OWNER_NONE: the name does not say. */
enum contact_owner field_owner_of(struct str name);
bool field_is_wrapper(struct str name);
bool field_set_is_person(const struct field_set *set);
/* Texts by key, for a user interface in several languages. */
bool field_is_language_pack(struct document *tree, const struct field_set *set);
/* Whether `type` is this one, or a list that contains it. */
bool field_has_type(struct document *tree, const struct openapi_node *schema, const char *type);
const char *field_kind_name(enum contact_kind kind);

/* ---- walk.c ---- */
struct schema_walk;
struct walk_operation {
	struct str method, path;
	uint32_t number; /* from 1 */
	uint32_t line;
	bool is_public; /* its security says so */
	bool paged;     /* GET with a page, a limit or a cursor */
};

struct schema_walk *walk_begin(struct document *tree);
/* One answer of the operation. */
void walk_answer(struct schema_walk *walk, const struct walk_operation *operation,
		 const struct openapi_node *schema);
/* Pass the findings to the callback, and free the walk. */
void walk_end(struct schema_walk *walk, openapi_found *found, void *ctx,
	      struct openapi_summary *summary);

/* ---- operation.c ---- */
void operation_all(struct document *tree, struct schema_walk *walk, struct openapi_summary *summary,
		   openapi_found *found, void *ctx);

/* ---- example.c ---- */
void example_all(struct document *tree, openapi_found *found, void *ctx);

#endif
