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
	/* unpacked, and not yet UTF-8 */
	unsigned char undecoded[RAW_BYTES + PARTIAL_BYTES];
	size_t undecoded_at, undecoded_n;
	size_t needs; /* so many bytes of `undecoded` are a character, as far as is known */
	const struct source_converters *converters;
	iconv_t converter;       /* to UTF-8; NULL: none is needed */
	const struct wide *wide; /* the encoding that was found; NULL: named, or one byte a unit */
	uint64_t line;           /* up to which was converted */
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

/* Fills `undecoded` with what the file says when it is unpacked. */
static bool unpack(struct source *s)
{
	s->undecoded_at = 0;
	s->undecoded_n = 0;
	if (!s->packed) {
		if (!raw_fill(s))
			return false;
		s->undecoded_n = s->raw_n - s->raw_at;
		memcpy(s->undecoded, s->raw + s->raw_at, s->undecoded_n);
		s->raw_at = s->raw_n;
		return true;
	}
	while (s->undecoded_n == 0) {
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
		s->z.next_out = s->undecoded;
		s->z.avail_out = RAW_BYTES;
		int code = inflate(&s->z, Z_NO_FLUSH);
		s->raw_at = s->raw_n - s->z.avail_in;
		s->undecoded_n = RAW_BYTES - s->z.avail_out;
		if (code == Z_STREAM_END)
			s->unpacked_end = true;
		else if (code != Z_OK && code != Z_BUF_ERROR) {
			source_fail(s, "the gzip file is damaged");
			return s->undecoded_n > 0;
		}
	}
	return true;
}

/* ---- encodings ---- */

static const struct wide {
	const char *name;
	size_t unit;  /* bytes */
	size_t ascii; /* the byte of a unit that has the letter of ASCII; the others are 0 */
	const char *mark;
} wides[SOURCE_WIDES] = {
    /* those of four bytes first: the mark of UTF-16LE is the begin of that of UTF-32LE */
    {"UTF-32LE", 4, 0, "\xFF\xFE\0\0"},
    {"UTF-32BE", 4, 3, "\0\0\xFE\xFF"},
    {"UTF-16LE", 2, 0, "\xFF\xFE"},
    {"UTF-16BE", 2, 1, "\xFE\xFF"},
};

const char *source_wide(size_t number)
{
	return number < SOURCE_WIDES ? wides[number].name : NULL;
}

/* Whether text without a mark has the units of an encoding: letters of ASCII among them, none whose
 * zeros stand elsewhere, and of few scripts, which the other bytes of the units tell. */
static bool wide_fits(const struct wide *w, const unsigned char *p, size_t n)
{
	enum { UNITS = 200, SCRIPTS = 6, ASCII_MIN = 2, PLANE_MAX = 0x10 };
	bool seen[256] = {false};
	size_t letters = 0, scripts = 0, units = n / w->unit < UNITS ? n / w->unit : UNITS;
	for (size_t i = 0; i < units; i++) {
		const unsigned char *unit = p + i * w->unit;
		/* beside the byte of ASCII the one of the script, then the plane, then 0 */
		int step = w->ascii ? -1 : 1;
		size_t script = w->ascii + (size_t)step;
		if (w->unit == 4 &&
		    (unit[script + (size_t)step] > PLANE_MAX || unit[script + (size_t)(2 * step)]))
			return false;
		letters += !unit[script];
		if (!unit[script] && !unit[w->ascii])
			return false;
		scripts += !seen[unit[script]];
		seen[unit[script]] = true;
	}
	return letters >= ASCII_MIN && scripts <= SCRIPTS;
}

/* The encoding of more than a byte a unit, by its mark or shape; NULL: none. *mark: bytes of it. */
static const struct wide *wide_of(const unsigned char *p, size_t n, size_t *mark)
{
	for (size_t i = 0; i < SOURCE_WIDES; i++) {
		*mark = wides[i].unit;
		if (n >= *mark && memcmp(p, wides[i].mark, *mark) == 0)
			return &wides[i];
	}
	*mark = 0;
	for (size_t i = 0; i < SOURCE_WIDES && memchr(p, '\0', n < 400 ? n : 400); i++)
		if (wide_fits(&wides[i], p, n))
			return &wides[i];
	return NULL;
}

/* More of the file, behind the beginning of a character that is left of the last read. */
static bool source_refill(struct source *s)
{
	unsigned char left[PARTIAL_BYTES];
	size_t n = s->undecoded_n - s->undecoded_at;
	must(n <= sizeof(left));
	memcpy(left, s->undecoded + s->undecoded_at, n);
	if (!unpack(s)) {
		if (n && s->converter)
			source_fail(s, "the file ends within a character; is --encoding right?");
		return false;
	}
	memmove(s->undecoded + n, s->undecoded, s->undecoded_n);
	memcpy(s->undecoded, left, n);
	s->undecoded_n += n;
	return true;
}

/* From the encoding that was named. A byte that is not in it fails the file: then it is in
 * another one, and everything that was read of it may be wrong. */
static void source_convert(struct source *s)
{
	char *in = (char *)s->undecoded + s->undecoded_at, *out = s->text + s->text_n;
	size_t n = s->undecoded_n - s->undecoded_at, room = TEXT_BYTES - s->text_n;
	int code = iconv(s->converter, &in, &n, &out, &room) == (size_t)-1 ? errno : 0;
	for (const char *p = s->text + s->text_n; p < out; p++)
		s->line += *p == '\n';
	s->undecoded_at = s->undecoded_n - n;
	s->text_n = TEXT_BYTES - room;
	s->needs = code == EINVAL ? n + 1 : 1;
	if (code == EILSEQ && s->wide && room >= UTF8_BYTES_MAX) { /* half of a pair */
		s->text_n += utf8_encode(0xFFFD, s->text + s->text_n);
		s->undecoded_at += s->wide->unit;
	} else if ((code == EILSEQ && !s->wide) || s->needs > PARTIAL_BYTES) {
		char why[sizeof(s->failure)];
		snprintf(why, sizeof(why),
			 "line %llu: byte 0x%02X is not in %s; is --encoding right?",
			 (unsigned long long)s->line + 1, s->undecoded[s->undecoded_at],
			 s->converters->name);
		source_fail(s, why);
		s->undecoded_at = s->undecoded_n;
	}
}

/* The encoding, by the first bytes of the file. False: they contradict what was named. */
static bool source_look(struct source *s)
{
	const unsigned char *p = s->undecoded;
	size_t mark;
	s->looked = true;
	s->needs = 1;
	if (s->converter) {
		bool marked = (s->undecoded_n >= 2 &&
			       (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0)) ||
			      (s->undecoded_n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0);
		if (!marked || strncasecmp(s->converters->name, "utf", 3) == 0)
			return true;
		source_fail(
		    s, "the file begins with the mark of UTF-8 or UTF-16: leave --encoding out");
		s->undecoded_at = s->undecoded_n;
		return false;
	}
	s->wide = wide_of(p, s->undecoded_n, &mark);
	if (s->wide && s->converters->wide[s->wide - wides]) {
		s->converter = s->converters->wide[s->wide - wides];
		s->needs = s->wide->unit;
		s->undecoded_at = mark;
	}
	return true;
}

/* More text behind what is there. False: the end. */
static bool source_fill(struct source *s)
{
	memmove(s->text, s->text + s->text_at, s->text_n - s->text_at);
	s->text_n -= s->text_at;
	s->text_at = 0;
	if (s->undecoded_n - s->undecoded_at < s->needs && !source_refill(s))
		return false;
	if (!s->looked && !source_look(s))
		return false;
	if (s->converter) {
		source_convert(s);
		return true;
	}
	size_t n = s->undecoded_n - s->undecoded_at, room = TEXT_BYTES - s->text_n;
	n = n < room ? n : room;
	memcpy(s->text + s->text_n, s->undecoded + s->undecoded_at, n);
	s->undecoded_at += n;
	s->text_n += n;
	return n > 0;
}

/* Is it packed with gzip? */
static void source_begin(struct source *s)
{
	s->needs = 1;
	s->converter = s->converters->named;
	s->wide = NULL;
	if (raw_fill(s) && s->raw_n > 2 && s->raw[0] == 0x1F && s->raw[1] == 0x8B) {
		s->packed = true;
		must(inflateInit2(&s->z, 16 + MAX_WBITS) == Z_OK);
	}
}

struct source *source_open(int fd, const struct source_converters *converters)
{
	struct source *s = memory_alloc(sizeof(*s));
	s->text = memory_room(TEXT_BYTES);
	s->fd = fd;
	s->converters = converters;
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

bool source_packed(const struct source *s)
{
	return s->packed;
}

const char *source_encoding(const struct source *s)
{
	return s->wide ? s->wide->name : s->converter ? s->converters->name : NULL;
}

uint64_t source_consumed(const struct source *s)
{
	return s->consumed;
}

/* ---- converters ---- */

bool parse_converters(const char *name, struct source_converters *out)
{
	*out = (struct source_converters){.name = name};
	for (size_t i = 0; i < SOURCE_WIDES; i++)
		out->wide[i] = memory_had(utf8_converter(wides[i].name));
	out->named = name ? utf8_converter(name) : NULL;
	return !name || out->named;
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
	s->raw_at = s->raw_n = s->undecoded_at = s->undecoded_n = s->text_at = s->text_n = 0;
	source_begin(s);
}
