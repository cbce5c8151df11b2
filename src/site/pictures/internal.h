/* How the parts of the pictures fit together:
 *
 *   pictures.c  the folder, photos.csv, the cache
 *   convert.c   one conversion in the sandbox
 *   clean.c     its result without metadata
 */
#ifndef SITE_PICTURES_INTERNAL_H
#define SITE_PICTURES_INTERNAL_H

#include "base/buf.h"
#include "site/pictures/pictures.h"

/* Convert to a kind of result ("480", "preview"). *cause: why the picture cannot be converted. An
 * error is returned only when the process cannot be started. */
MUST_CHECK enum status picture_convert(const struct pictures_options *o, const char *kind,
				       struct str bytes, struct buf *result, const char **cause,
				       struct err *err);

/* Append a WebP or JPEG as libvips writes it, with nothing but the picture: no EXIF, XMP, profile,
 * comment. False: it is neither. */
MUST_CHECK bool picture_clean(struct str result, struct buf *out);

#endif
