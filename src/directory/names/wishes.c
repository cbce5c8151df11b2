#include "directory/names/wishes.h"

static const struct {
	const char *phrases;
	enum wish wish;
} wish_rows[] = {
#define WISH(kind, phrases) {phrases, WISH_##kind},
#include "directory/names/wishes.def"
#undef WISH
};

/* How many of the words the phrase has; 0: they are others. */
static size_t wish_words(struct str phrase, const struct str *word, size_t count)
{
	size_t n = 0;
	while (phrase.p) {
		struct str one = str_cut(&phrase, ' ');
		if (n == count || !str_eq(word[n], one))
			return 0;
		n++;
	}
	return n;
}

enum wish wishes_find(const struct str *word, size_t count, size_t *used)
{
	enum wish wish = WISH_NONE;
	*used = 0;
	for (size_t i = 0; i < COUNT_OF(wish_rows); i++) {
		struct str phrases = str_of(wish_rows[i].phrases);
		while (phrases.p) {
			size_t n = wish_words(str_cut(&phrases, ';'), word, count);
			if (n <= *used)
				continue;
			*used = n;
			wish = wish_rows[i].wish;
		}
	}
	return wish;
}

bool wishes_tells_time(enum wish wish)
{
	return wish > WISH_NOW;
}

const char *wishes_time(enum wish wish)
{
	static const char *const names[WISHES] = {
	    [WISH_NOW] = "now",
	    [WISH_TODAY] = "today",
	    [WISH_TOMORROW] = "tomorrow",
	    [WISH_LATE] = "late",
	    [WISH_ALWAYS] = "always",
	    [WISH_WEEKEND] = "weekend",
	    [WISH_MONDAY] = "monday",
	    [WISH_TUESDAY] = "tuesday",
	    [WISH_WEDNESDAY] = "wednesday",
	    [WISH_THURSDAY] = "thursday",
	    [WISH_FRIDAY] = "friday",
	    [WISH_SATURDAY] = "saturday",
	    [WISH_SUNDAY] = "sunday",
	};
	return names[wish];
}

const char *wishes_row(size_t i, enum wish *wish)
{
	if (i >= COUNT_OF(wish_rows))
		return NULL;
	*wish = wish_rows[i].wish;
	return wish_rows[i].phrases;
}
