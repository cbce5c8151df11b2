/* What countries are called on pages. */
#include "base/fatal.h"
#include "directory/iso/iso.h"

/* Sorted by code. names: "en=Germany|de=Deutschland" */
static const struct {
	const char code[3];
	const char *names;
} called[] = {
#define CALLED(code, names) {code, names},
#include "directory/iso/names.def"
#undef CALLED
};

struct str iso_country_name(struct str country, struct str language)
{
	struct str rest = STR(""), english = STR("");
	for (size_t i = 0; i < COUNT_OF(called) && country.n == 2 && !rest.n; i++)
		if (str_eq(country, (struct str){called[i].code, 2}))
			rest = str_of(called[i].names);
	while (rest.n) {
		struct str name = str_cut(&rest, '|'), of = str_cut(&name, '=');
		if (str_eq(of, language))
			return name;
		english = str_eq(of, STR("en")) ? name : english;
	}
	return english;
}
