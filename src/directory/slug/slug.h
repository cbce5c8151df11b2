/* Names as parts of addresses: "Café Müller & Söhne" -> "cafe-mueller-soehne" in Germany.
 *
 * Letters and digits stay, in lower case; everything else becomes one hyphen. Umlauts are written
 * as the country writes them (de: ae, sv: a, da: aa for å); other marks are stripped; Greek and
 * Cyrillic become Latin (letters.def). Other scripts stay as they are, in UTF-8: a link encodes
 * them (percent_put).
 *
 * Pure functions, but for a table that the process fills at the first call.
 */
#ifndef DIRECTORY_SLUG_SLUG_H
#define DIRECTORY_SLUG_SLUG_H

#include "base/buf.h"

enum {
	SLUG_LETTERS = 60, /* more are cut off, between words where possible */
	SLUG_BYTES = 180,
};

/* A slice of out; empty when the name has neither letters nor digits. country: two letters or
 * empty. name: valid UTF-8 in NFC. */
struct str slug_of(struct str name, struct str country, char out[SLUG_BYTES]);

/* Whether a word cannot be the first segment of a place: those of all other addresses of the
 * live directory and of an exported site (reserved.def), and every word of two letters, for
 * languages and countries. */
bool slug_is_reserved(struct str word);

/* Whether a text is a path as slug_of makes its parts: segments of letters, digits and hyphens,
 * separated by '/', of at most 4 segments. */
bool slug_is_path(struct str path);

#endif
