/* link: base template */
/* Templates: any text compiles or is refused with a sentence, and what compiles
 * renders within its bounds. */
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>
#include "template/template.h"

static const char data_text[] = "{\"a\":{\"b\":\"<&>\",\"a\":[1,2]},\"b\":[\"x\",\"\\n\",{\"c\":"
				"true}],\"c\":\"text\",\"d\":false,\"e\":\"\"}";

/* The input up to a byte 0 is the template "t", the rest the partial "p". */
static void render(struct str input, const struct json_value *data)
{
	struct template_set *set = template_set_create();
	struct err err = {.text = ""};
	struct buf out;
	struct str partial = input, page = str_cut(&partial, '\0');
	buf_init(&out, 1 << 20);
	if (!partial.p)
		partial = STR("");
	enum status status = template_set_add(set, STR("t"), page, &err);
	if (status == OK)
		status = template_set_add(set, STR("p"), partial, &err);
	if (status == OK)
		status = template_set_link(set, &err);
	if (status == OK)
		status = template_render(template_find(set, "t"), data, &out, &err);
	must((status == OK) == (err.text[0] == '\0'));
	fuzz_accept(status == OK);
	if (status == OK && !memmem(input.p, input.n, "{{", 2))
		must(str_eq(buf_view(&out), page) || out.n == 0);
	buf_release(&out);
	template_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena arena;
	struct json_value *data;
	struct err err;
	arena_init(&arena, 1 << 20);
	must(json_parse(&arena, str_of(data_text), &data, &err) == OK);
	render((struct str){(const char *)bytes, size}, data);
	arena_release(&arena);
	return 0;
}
