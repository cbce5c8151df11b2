/* link: base config contact/intake */
/* The screen of profile texts: it reads within the text, answers twice alike, and what it says it
 * found is valid UTF-8. */
#include "fuzz.h"
#include <string.h>
#include "base/utf8.h"
#include "contact/intake/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct intake_found found, again;
	struct str text = {(const char *)data, size};
	bool passes = intake_screen(text, &found);
	must(intake_screen(text, &again) == passes);
	fuzz_accept(!passes);
	if (passes)
		return 0;
	must(found.kind < INTAKE_KINDS && found.kind == again.kind);
	must(memchr(found.text, '\0', sizeof(found.text)) && strcmp(found.text, again.text) == 0);
	must(utf8_is_valid(str_of(found.text)));
	return 0;
}
