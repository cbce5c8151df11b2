/* Recognises the language of a text by small words that no other of these languages has. */
#include "language/language.h"
#include "base/ascii.h"

#include <string.h>

enum { WORD_BYTES = 7, SLOTS = 512, CLEAR = 4 };

static const struct {
	const char *tag, *words;
} detect_words[] = {
    {"de",
     "der die das und ist nicht mit für auf wir sie ein eine von zum zur auch bei oder sich werden einen unser unsere sind bis aus nach ihr ihre"},
    {"en",
     "the and of with your you are from this that our have which their has were they been its it can"},
    {"fr",
     "les des est une pour dans vous nous avec sur votre vos aux cette ses qui notre et leur plus"},
    {"it",
     "il che di della dei delle nel gli alla più dal anche sono nella degli ed nostra questo"},
    {"es", "el los las y para por nuestro sus está desde como más muy"},
    {"nl", "het een van voor wij zijn op uw niet bij ook onze aan door naar deze wordt tot"},
};

/* A word as a number, so that one comparison finds it. */
static uint64_t detect_key(const char *p, size_t n)
{
	unsigned char bytes[8] = {0};
	uint64_t key;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)ascii_lower(p[i]);
	memcpy(&key, bytes, sizeof(key));
	return key;
}

struct detect_slot {
	uint64_t key; /* 0: free */
	unsigned char language;
};

static struct detect_slot *detect_find(struct detect_slot *slots, uint64_t key)
{
	size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 55);
	while (slots[at].key && slots[at].key != key)
		at = (at + 1) % SLOTS;
	return &slots[at];
}

static struct detect_slot *detect_table(void)
{
	static struct detect_slot slots[SLOTS];
	static bool made;
	for (size_t i = 0; i < COUNT_OF(detect_words) && !made; i++) {
		struct str words = str_of(detect_words[i].words);
		while (words.p) {
			struct str word = str_cut(&words, ' ');
			must(word.n && word.n <= WORD_BYTES);
			uint64_t key = detect_key(word.p, word.n);
			struct detect_slot *slot = detect_find(slots, key);
			must(!slot->key); /* a word of one language only */
			*slot = (struct detect_slot){key, (unsigned char)i};
		}
	}
	made = true;
	return slots;
}

const struct language *language_detect(struct str text, unsigned least)
{
	struct detect_slot *slots = detect_table();
	unsigned hits[COUNT_OF(detect_words)] = {0}, best = 0, others = 0;
	for (size_t i = 0; i < text.n;) {
		size_t from = i;
		while (i < text.n && (ascii_is_letter(text.p[i]) || (unsigned char)text.p[i] > 127))
			i++;
		if (i > from && i - from <= WORD_BYTES) {
			const struct detect_slot *slot =
			    detect_find(slots, detect_key(text.p + from, i - from));
			if (slot->key)
				hits[slot->language]++;
		}
		i += i == from || i < text.n;
	}
	for (unsigned l = 1; l < COUNT_OF(hits); l++)
		best = hits[l] > hits[best] ? l : best;
	for (unsigned l = 0; l < COUNT_OF(hits); l++)
		others += l == best ? 0 : hits[l];
	if (hits[best] < least || hits[best] < CLEAR * others)
		return NULL;
	return language_find(str_of(detect_words[best].tag));
}

bool language_detectable(const struct language *language)
{
	for (size_t i = 0; i < COUNT_OF(detect_words); i++)
		if (strcmp(detect_words[i].tag, language->tag) == 0)
			return true;
	return false;
}
