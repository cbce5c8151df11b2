/* Results without metadata. libvips is told to leave it out, and libvips 8.14 writes EXIF and XMP
 * into WebP all the same: the place of a camera, its owner. So only the parts that make the picture
 * are copied. */
#include "site/pictures/internal.h"

#include <string.h>

static size_t clean_u32(const char *at)
{
	const unsigned char *p = (const unsigned char *)at;
	return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

static void clean_put_u32(char *at, size_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(n >> 8 * i);
}

/* RIFF: chunks of a name, a length and a body that is padded to an even length. The flags of VP8X
 * say which other chunks there are: only that of transparency is kept. */
static bool clean_webp(struct str s, struct buf *out)
{
	enum { HEAD = 12, CHUNK = 8, ALPHA = 0x10 };
	enum { LOSSY, LOSSLESS, FLAGS };
	static const char *const kept[] = {"VP8 ", "VP8L", "VP8X", "ALPH"};
	bool whole = true, picture = false;
	size_t at = HEAD;
	if (s.n <= HEAD || memcmp(s.p + 8, "WEBP", 4) != 0)
		return false;
	buf_add(out, s.p, HEAD);
	while (whole && s.n - at >= CHUNK) {
		size_t body = clean_u32(s.p + at + 4), n = CHUNK + body + (body & 1);
		const char *name = s.p + at;
		whole = body < s.n && n <= s.n - at;
		for (size_t i = 0; i < COUNT_OF(kept) && whole; i++) {
			if (memcmp(name, kept[i], 4) != 0)
				continue;
			size_t to = out->n;
			buf_add(out, name, n);
			picture |= i == LOSSY || i == LOSSLESS;
			if (i == FLAGS && body > 0 && !buf_failed(out))
				out->p[to + CHUNK] &= ALPHA;
		}
		at += whole ? n : 0;
	}
	if (!whole || !picture || at != s.n || buf_failed(out))
		return false;
	clean_put_u32(out->p + 4, out->n - 8);
	return true;
}

/* JPEG: segments of 0xff, a code and a length, until the first scan. Application segments are left
 * out, but for Adobe's (0xee), which says how colours are stored; and comments. */
static bool clean_jpeg(struct str s, struct buf *out)
{
	enum { START = 0xd8, SCAN = 0xda, APP0 = 0xe0, APP14 = 0xee, APP15 = 0xef, COMMENT = 0xfe };
	const unsigned char *p = (const unsigned char *)s.p;
	size_t at = 2;
	if (s.n < 4 || p[0] != 0xff || p[1] != START)
		return false;
	buf_add(out, s.p, 2);
	while (s.n - at >= 4 && p[at] == 0xff) {
		unsigned code = p[at + 1];
		size_t n = 2 + ((size_t)p[at + 2] << 8 | p[at + 3]);
		if (code == SCAN) {
			buf_add(out, s.p + at, s.n - at);
			return !buf_failed(out);
		}
		if (n > s.n - at)
			return false;
		bool dropped = code == COMMENT || (code >= APP0 && code <= APP15 && code != APP14);
		if (!dropped)
			buf_add(out, s.p + at, n);
		at += n;
	}
	return false;
}

bool picture_clean(struct str result, struct buf *out)
{
	return str_starts(result, STR("RIFF")) ? clean_webp(result, out) : clean_jpeg(result, out);
}
