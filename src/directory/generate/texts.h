/* The texts that records are made of, by language. */
#ifndef DIRECTORY_GENERATE_TEXTS_H
#define DIRECTORY_GENERATE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

struct texts {
	const char *const *item;
	size_t count;
};

struct language {
	const char *countries;        /* "DE AT CH" */
	const char *and_word;         /* " & " */
	bool number_first;            /* "12 High Street" */
	const char *postcode, *phone; /* '#' a digit, '@' a letter */
	const char *currency;
	struct texts surnames, nouns, adjectives, streets, forms;
};

/* The last one serves every country that no other names. */
extern const struct language languages[];
extern const size_t languages_count;

extern const char *const hours_texts[];
extern const size_t hours_texts_count;

#endif
