/* Pictures of a business: INSTANCE/photos/ID/01-front.jpg ..., and photos.csv beside them with the
 * columns file, alt, credit, licence, good.
 *
 * A picture is hostile input: each result is made by vipsthumbnail (Debian's libvips-tools) in a
 * process of its own, in the sandbox of holdfast-parse, with limits of memory and time, fed and
 * read through pipes. What is published are its results: WebP of 480, 960 and 1600 pixels, never
 * enlarged, and a JPEG of 1200 x 630 for links in messages, without metadata, turned as the camera
 * says. They are kept under a hash of the picture's bytes and the parameters; of a file whose
 * inode, size and times are as before not even the bytes are read.
 *
 * A picture is refused, by name, line of photos.csv and cause, when it has no alt text, no licence
 * (its own or the default), is no JPEG, PNG or WebP, is no regular file, or cannot be converted.
 * Others are not affected. */
#ifndef SITE_PICTURES_PICTURES_H
#define SITE_PICTURES_PICTURES_H

#include "base/arena.h"
#include "base/err.h"

enum { PICTURE_SIZES = 3, PICTURES_MAX = 256, PICTURE_PATH = 4096 };

struct picture {
	struct str file, alt, credit, licence, good; /* good: its name; empty: of the business */
	char key[33];                                /* hash of bytes and parameters */
	struct picture_size {
		int width, height;
	} size[PICTURE_SIZES]; /* ascending; width 0: as large as the one before */
	bool preview;          /* there is a JPEG of 1200 x 630 */
};
struct pictures {
	struct picture *item; /* by file name */
	size_t count, refused;
};

struct pictures_options {
	const char *folder;      /* of the business; need not exist */
	const char *cache;       /* folder of results; made when missing */
	const char *licence;     /* default; empty: none */
	const char *program_dir; /* where holdfast-parse is */
	const char *user;        /* system user that converts; NULL: this one */
};

/* Texts are in the arena. Refused pictures are logged and counted. FAILED: the cache cannot be
 * written, holdfast-parse cannot be started; INVALID: photos.csv is wrong, with file and line. */
MUST_CHECK enum status pictures_read(const struct pictures_options *o, struct arena *arena,
				     struct pictures *out, struct err *err);

/* The path of a result in the cache: "KEY-480.webp"; PICTURE_SIZES: the preview. */
void picture_name(const struct picture *p, size_t size, char out[64]);
extern const int picture_widths[PICTURE_SIZES];

#endif
