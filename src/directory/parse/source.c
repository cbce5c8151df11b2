#include "directory/parse/source.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
	RAW_BYTES = 64 * 1024,
	TEXT_BYTES = 256 * 1024, /* of what RAW_BYTES become */
	HEAD_BYTES = 64 * 1024,
	PARTIAL_BYTES = 16, /* of a character that goes on in the next read */
	ARCHIVE_MAX_BYTES = 256 << 20,
};

enum wide { NOT_WIDE, LITTLE_ENDIAN_16, BIG_ENDIAN_16 };

struct source {
	int fd;
	uint64_t consumed;
	char failure[160];
	bool ended; /* of the file */
	/* what an archive contains, in place of the file; NULL: the file */
	char *memory;
	size_t memory_at, memory_n;
	/* the file as it is */
	unsigned char raw[RAW_BYTES];
	size_t raw_at, raw_n;
	/* unpacking */
	bool packed, unpacked_end;
	z_stream z;
	/* unpacked and not yet decoded */
	unsigned char wide[RAW_BYTES + PARTIAL_BYTES];
	size_t wide_at, wide_n;
	size_t needs;      /* so many bytes of `wide` are a character, as far as is known */
	iconv_t converter; /* to UTF-8; NULL: no encoding was named */
	const char *name;  /* of the encoding that was named */
	uint64_t line;     /* up to which was converted */
	enum wide encoding;
	unsigned high; /* first half of a pair */
	bool looked;
	/* text that is ready */
	char *text;
	size_t text_at, text_n;
	void *map;
	size_t map_n;
	char *whole;
};

static void source_fail(struct source *s, const char *why)
{
	if (!s->failure[0])
		snprintf(s->failure, sizeof(s->failure), "%s", why);
	s->ended = true;
}

/* More bytes of the file. False: the end. */
static bool raw_fill(struct source *s)
{
	ssize_t n;
	if (s->raw_at < s->raw_n)
		return true;
	if (s->ended)
		return false;
	if (s->memory) {
		size_t more = s->memory_n - s->memory_at;
		s->raw_at = 0;
		s->raw_n = more < RAW_BYTES ? more : RAW_BYTES;
		memcpy(s->raw, s->memory + s->memory_at, s->raw_n);
		s->memory_at += s->raw_n;
		s->ended = s->raw_n == 0;
		return s->raw_n > 0;
	}
	do
		n = read(s->fd, s->raw, sizeof(s->raw));
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		char why[120];
		snprintf(why, sizeof(why), "reading the file: %s", strerror(errno));
		source_fail(s, why);
	}
	s->ended |= n <= 0;
	s->raw_at = 0;
	s->raw_n = n > 0 ? (size_t)n : 0;
	s->consumed += s->raw_n;
	return n > 0;
}

/* Fills `wide` with what the file says when it is unpacked. */
static bool unpack(struct source *s)
{
	s->wide_at = 0;
	s->wide_n = 0;
	if (!s->packed) {
		if (!raw_fill(s))
			return false;
		s->wide_n = s->raw_n - s->raw_at;
		memcpy(s->wide, s->raw + s->raw_at, s->wide_n);
		s->raw_at = s->raw_n;
		return true;
	}
	while (s->wide_n == 0) {
		if (!raw_fill(s)) {
			if (!s->unpacked_end)
				source_fail(s, "the gzip file ends too early");
			return false;
		}
		if (s->unpacked_end) { /* several members one after the other */
			inflateReset(&s->z);
			s->unpacked_end = false;
		}
		s->z.next_in = s->raw + s->raw_at;
		s->z.avail_in = (uInt)(s->raw_n - s->raw_at);
		s->z.next_out = s->wide;
		s->z.avail_out = RAW_BYTES;
		int code = inflate(&s->z, Z_NO_FLUSH);
		s->raw_at = s->raw_n - s->z.avail_in;
		s->wide_n = RAW_BYTES - s->z.avail_out;
		if (code == Z_STREAM_END)
			s->unpacked_end = true;
		else if (code != Z_OK && code != Z_BUF_ERROR) {
			source_fail(s, "the gzip file is damaged");
			return s->wide_n > 0;
		}
	}
	return true;
}

/* Two bytes of UTF-16 as UTF-8. */
static void put_wide(struct source *s, unsigned unit)
{
	uint32_t c = unit;
	if (s->high && (unit & 0xFC00) == 0xDC00) {
		c = 0x10000 + ((s->high & 0x3FF) << 10) + (unit & 0x3FF);
	} else {
		if (s->high)
			s->text_n += utf8_encode(0xFFFD, s->text + s->text_n);
		if ((unit & 0xFC00) == 0xD800) {
			s->high = unit;
			return;
		}
		if ((unit & 0xFC00) == 0xDC00)
			c = 0xFFFD;
	}
	s->high = 0;
	s->text_n += utf8_encode(c, s->text + s->text_n);
}

static void decode_wide(struct source *s)
{
	static const size_t longest = 8;
	unsigned first = s->encoding == BIG_ENDIAN_16 ? 8 : 0, second = 8 - first;
	while (s->wide_at + 1 < s->wide_n && s->text_n + longest < TEXT_BYTES) {
		put_wide(s, (unsigned)s->wide[s->wide_at] << first |
				(unsigned)s->wide[s->wide_at + 1] << second);
		s->wide_at += 2;
	}
}

/* UTF-16 by its mark, or because every second byte is NUL. */
static enum wide encoding_of(const unsigned char *p, size_t n)
{
	size_t even = 0, odd = 0, pairs = n / 2 < 200 ? n / 2 : 200;
	if (n >= 2 && p[0] == 0xFF && p[1] == 0xFE)
		return LITTLE_ENDIAN_16;
	if (n >= 2 && p[0] == 0xFE && p[1] == 0xFF)
		return BIG_ENDIAN_16;
	for (size_t i = 0; i < pairs; i++) {
		even += p[2 * i] == 0;
		odd += p[2 * i + 1] == 0;
	}
	if (pairs > 2 && odd * 10 > pairs * 7 && even == 0)
		return LITTLE_ENDIAN_16;
	return pairs > 2 && even * 10 > pairs * 7 && odd == 0 ? BIG_ENDIAN_16 : NOT_WIDE;
}

/* More of the file, behind the beginning of a character that is left of the last read. */
static bool source_refill(struct source *s)
{
	unsigned char left[PARTIAL_BYTES];
	size_t n = s->wide_n - s->wide_at;
	must(n <= sizeof(left));
	memcpy(left, s->wide + s->wide_at, n);
	if (!unpack(s)) {
		if (n && s->converter)
			source_fail(s, "the file ends within a character; is --encoding right?");
		return false;
	}
	memmove(s->wide + n, s->wide, s->wide_n);
	memcpy(s->wide, left, n);
	s->wide_n += n;
	return true;
}

/* From the encoding that was named. A byte that is not in it fails the file: then it is in
 * another one, and everything that was read of it may be wrong. */
static void source_convert(struct source *s)
{
	char *in = (char *)s->wide + s->wide_at, *out = s->text + s->text_n;
	size_t n = s->wide_n - s->wide_at, room = TEXT_BYTES - s->text_n;
	int code = iconv(s->converter, &in, &n, &out, &room) == (size_t)-1 ? errno : 0;
	for (const char *p = s->text + s->text_n; p < out; p++)
		s->line += *p == '\n';
	s->wide_at = s->wide_n - n;
	s->text_n = TEXT_BYTES - room;
	s->needs = code == EINVAL ? n + 1 : 1;
	if (code == EILSEQ || s->needs > PARTIAL_BYTES) {
		char why[sizeof(s->failure)];
		snprintf(why, sizeof(why),
			 "line %llu: byte 0x%02X is not in %s; is --encoding right?",
			 (unsigned long long)s->line + 1, s->wide[s->wide_at], s->name);
		source_fail(s, why);
		s->wide_at = s->wide_n;
	}
}

/* The encoding, by the first bytes of the file. False: they contradict what was named. */
static bool source_look(struct source *s)
{
	const unsigned char *p = s->wide;
	s->looked = true;
	s->needs = 1;
	if (s->converter) {
		bool mark = (s->wide_n >= 2 &&
			     (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0)) ||
			    (s->wide_n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0);
		if (!mark || strncasecmp(s->name, "utf", 3) == 0)
			return true;
		source_fail(
		    s, "the file begins with the mark of UTF-8 or UTF-16: leave --encoding out");
		s->wide_at = s->wide_n;
		return false;
	}
	s->encoding = encoding_of(p, s->wide_n);
	if (s->encoding != NOT_WIDE) {
		s->needs = 2;
		if (p[0] >= 0xFE)
			s->wide_at = 2;
	}
	return true;
}

/* More text behind what is there. False: the end. */
static bool source_fill(struct source *s)
{
	memmove(s->text, s->text + s->text_at, s->text_n - s->text_at);
	s->text_n -= s->text_at;
	s->text_at = 0;
	if (s->wide_n - s->wide_at < s->needs && !source_refill(s))
		return false;
	if (!s->looked && !source_look(s))
		return false;
	if (s->converter) {
		source_convert(s);
		return true;
	}
	if (s->encoding != NOT_WIDE) {
		decode_wide(s);
		return true;
	}
	size_t n = s->wide_n - s->wide_at, room = TEXT_BYTES - s->text_n;
	n = n < room ? n : room;
	memcpy(s->text + s->text_n, s->wide + s->wide_at, n);
	s->wide_at += n;
	s->text_n += n;
	return n > 0;
}

/* Is it packed with gzip? */
static void source_begin(struct source *s)
{
	s->needs = 1;
	if (raw_fill(s) && s->raw_n > 2 && s->raw[0] == 0x1F && s->raw[1] == 0x8B) {
		s->packed = true;
		must(inflateInit2(&s->z, 16 + MAX_WBITS) == Z_OK);
	}
}

struct source *source_open(int fd, const char *encoding, void *converter)
{
	struct source *s = memory_alloc(sizeof(*s));
	s->text = memory_room(TEXT_BYTES);
	s->fd = fd;
	s->name = encoding;
	s->converter = converter;
	source_begin(s);
	return s;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->packed)
		inflateEnd(&s->z);
	if (s->map)
		munmap(s->map, s->map_n);
	free(s->memory);
	free(s->whole);
	free(s->text);
	free(s);
}

struct str source_head(struct source *s)
{
	while (s->text_n - s->text_at < HEAD_BYTES && source_fill(s))
		;
	size_t n = s->text_n - s->text_at;
	return (struct str){s->text + s->text_at, n < HEAD_BYTES ? n : HEAD_BYTES};
}

ssize_t source_read(struct source *s, char *p, size_t n)
{
	while (s->text_at == s->text_n)
		if (!source_fill(s) && s->text_at == s->text_n)
			return 0;
	size_t there = s->text_n - s->text_at;
	n = n < there ? n : there;
	memcpy(p, s->text + s->text_at, n);
	s->text_at += n;
	return (ssize_t)n;
}

ssize_t source_read_json(void *source, char *p, size_t n)
{
	struct source *s = source;
	n = (size_t)source_read(s, p, n);
	if (n == 0 && s->failure[0]) {
		errno = EIO;
		return -1;
	}
	return (ssize_t)n;
}

const char *source_failure(const struct source *s)
{
	return s->failure[0] ? s->failure : NULL;
}

const char *source_packing(const struct source *s)
{
	return s->encoding != NOT_WIDE ? (s->packed ? "UTF-16 in gzip" : "UTF-16")
	       : s->packed             ? "gzip"
				       : "";
}

const char *source_encoding(const struct source *s)
{
	return s->converter ? s->name : NULL;
}

bool source_decodes(const struct source *s)
{
	return s->converter || s->encoding != NOT_WIDE;
}

uint64_t source_consumed(const struct source *s)
{
	return s->consumed;
}

/* ---- archives ---- */

/* A stream that cannot be mapped, read to its end. */
static struct str read_whole(struct source *s, const char **failure)
{
	size_t n = 0, room = 1 << 20;
	char *whole = memory_room(room);
	while (raw_fill(s)) {
		size_t more = s->raw_n - s->raw_at;
		if (n + more > ARCHIVE_MAX_BYTES) {
			free(whole);
			*failure = "the archive is larger than 256 MiB; unpack it first";
			return (struct str){"", 0};
		}
		whole = memory_grow(whole, &room, n + more, 1);
		memcpy(whole + n, s->raw + s->raw_at, more);
		s->raw_at = s->raw_n;
		n += more;
	}
	s->whole = whole;
	return (struct str){whole, n};
}

struct str source_archive(struct source *s, const char **failure)
{
	struct stat st;
	*failure = NULL;
	if (s->raw_n < 4 || memcmp(s->raw, "PK\3\4", 4) != 0)
		return (struct str){"", 0};
	if (fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, s->fd, 0);
		if (map != MAP_FAILED) {
			s->map = map;
			s->map_n = (size_t)st.st_size;
			s->consumed = s->map_n;
			return (struct str){map, s->map_n};
		}
	}
	return read_whole(s, failure);
}

void source_replace(struct source *s, char *text, size_t n)
{
	s->memory = text;
	s->memory_n = n;
	s->ended = s->looked = false;
	s->raw_at = s->raw_n = s->wide_at = s->wide_n = s->text_at = s->text_n = 0;
	source_begin(s);
}
