/* What countries and languages are called on pages. */
#include "base/fatal.h"
#include "directory/iso/iso.h"

/* Sorted by code. names: "en=Germany|de=Deutschland"; a language may stand there twice. */
struct called {
	const char code[3];
	const char *names;
};
static const struct called called[] = {
#define CALLED(code, names) {code, names},
#include "directory/iso/names.def"
#undef CALLED
};
static const struct called spoken[] = {
#define SPOKEN(code, names) {code, names},
#include "directory/iso/names.def"
#undef SPOKEN
};

static struct str called_name(const struct called *rows, size_t count, struct str code,
			      struct str language)
{
	struct str rest = STR(""), english = STR("");
	for (size_t i = 0; i < count && code.n == 2 && !rest.n; i++)
		if (str_eq(code, (struct str){rows[i].code, 2}))
			rest = str_of(rows[i].names);
	while (rest.n) {
		struct str name = str_cut(&rest, '|'), of = str_cut(&name, '=');
		if (str_eq(of, language))
			return name;
		english = str_eq(of, STR("en")) ? name : english;
	}
	return english;
}

struct str iso_country_name(struct str country, struct str language)
{
	return called_name(called, COUNT_OF(called), country, language);
}

struct str iso_language_name(struct str spoken_language, struct str language)
{
	return called_name(spoken, COUNT_OF(spoken), spoken_language, language);
}
