#include "http/parse/parse.h"
#include "base/ascii.h"
#include "base/percent.h"

#include <string.h>

const char *const http_method_names[HTTP_METHODS] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS",
};

const struct http_fault_row http_faults[HTTP_FAULTS] = {
#define FAULT(id, name, status, text) [HTTP_FAULT_##id] = {name, status, text},
#include "http/parse/faults.def"
#undef FAULT
};

/* ---- which bytes may stand where ---- */

enum {
	TCHAR = 1, /* RFC 9110 token: methods and field names */
	PATH = 2,  /* RFC 3986 pchar, '/' and '%' */
	QUERY = 4, /* the same, '?', and what browsers send without encoding it: [ ] { } | \ ^ ` */
	HOST = 8,  /* names and IPv4 addresses; '_' occurs in real names */
	LITERAL = 16, /* inside the brackets of an IPv6 address */
};

#define ALNUM (TCHAR | PATH | QUERY | HOST)
static const unsigned char classes[256] = {
    ['0' ... '9'] = ALNUM | LITERAL,
    ['A' ... 'F'] = ALNUM | LITERAL,
    ['G' ... 'Z'] = ALNUM,
    ['a' ... 'f'] = ALNUM | LITERAL,
    ['g' ... 'z'] = ALNUM,
    ['-'] = ALNUM,
    ['.'] = ALNUM | LITERAL,
    ['_'] = ALNUM,
    ['~'] = TCHAR | PATH | QUERY,
    ['!'] = TCHAR | PATH | QUERY,
    ['$'] = TCHAR | PATH | QUERY,
    ['&'] = TCHAR | PATH | QUERY,
    ['\''] = TCHAR | PATH | QUERY,
    ['*'] = TCHAR | PATH | QUERY,
    ['+'] = TCHAR | PATH | QUERY,
    ['%'] = TCHAR | PATH | QUERY,
    ['#'] = TCHAR,
    ['^'] = TCHAR | QUERY,
    ['`'] = TCHAR | QUERY,
    ['|'] = TCHAR | QUERY,
    ['('] = PATH | QUERY,
    [')'] = PATH | QUERY,
    [','] = PATH | QUERY,
    [';'] = PATH | QUERY,
    ['='] = PATH | QUERY,
    [':'] = PATH | QUERY | LITERAL,
    ['@'] = PATH | QUERY,
    ['/'] = PATH | QUERY,
    ['?'] = QUERY,
    ['['] = QUERY,
    [']'] = QUERY,
    ['{'] = QUERY,
    ['}'] = QUERY,
    ['\\'] = QUERY,
};
#undef ALNUM

static size_t span(struct str s, unsigned char class)
{
	size_t i = 0;
	while (i < s.n && classes[(unsigned char)s.p[i]] & class)
		i++;
	return i;
}

static struct str skip(struct str s, size_t n)
{
	return (struct str){s.p + n, s.n - n};
}

/* ---- finding the end ---- */

static enum http_scan_result refuse(enum http_fault *fault, enum http_fault what)
{
	*fault = what;
	return HEAD_FAULT;
}

enum http_scan_result http_scan_head(struct http_scan *scan, const char *p, size_t n,
				     size_t max_bytes, enum http_fault *fault)
{
	size_t i = scan->at;
	enum http_scan_result result = HEAD_PARTIAL;
	while (i < n && result == HEAD_PARTIAL) {
		/* The limits come before the byte, so that it is the same fault whether the bytes
		 * came at once or one by one, and a sender without end is stopped within a line. */
		bool first = scan->lines == 0;
		size_t limit = first && max_bytes > HTTP_LINE_BYTES ? HTTP_LINE_BYTES : max_bytes;
		unsigned char c = (unsigned char)p[i];
		if (i >= limit) {
			result = refuse(fault, first ? HTTP_FAULT_LINE : HTTP_FAULT_HEADERS);
		} else if ((c >= 0x20 && c != 0x7f) || (c == '\t' && !first)) {
			i++;
		} else if (c != '\r') {
			result = refuse(fault, c == '\n' ? HTTP_FAULT_BARE_LF : HTTP_FAULT_CONTROL);
		} else if (i + 1 == n) {
			break; /* its LF may be under way */
		} else if (i + 1 >= limit) {
			result = refuse(fault, first ? HTTP_FAULT_LINE : HTTP_FAULT_HEADERS);
		} else if (p[i + 1] != '\n') {
			result = refuse(fault, HTTP_FAULT_BARE_CR);
		} else {
			bool blank = i == scan->line;
			i += 2;
			scan->line = i;
			if (blank && scan->lines == 0 && scan->empty < HTTP_EMPTY_LINES)
				scan->empty++;
			else if (blank)
				result = HEAD_COMPLETE;
			else if (++scan->lines > HTTP_FIELDS_MAX + 1)
				result = refuse(fault, HTTP_FAULT_HEADERS);
		}
	}
	scan->at = i;
	return result;
}

/* ---- the request line ---- */

static bool valid_escapes(struct str s)
{
	char ignored;
	for (const char *p = s.p, *end = s.p + s.n; (p = memchr(p, '%', (size_t)(end - p))) != NULL;
	     p += 3)
		if (!percent_octet((struct str){p, (size_t)(end - p)}, &ignored))
			return false;
	return true;
}

static bool valid_host(struct str host)
{
	size_t n;
	if (host.n && host.p[0] == '[') {
		n = 1 + span(skip(host, 1), LITERAL);
		if (n < 4 || n == host.n || host.p[n] != ']')
			return false;
		n++;
	} else {
		n = span(host, HOST);
		if (n == 0 || host.p[0] == '.' || host.p[0] == '-')
			return false;
	}
	if (n == host.n)
		return true;
	int64_t port;
	struct str rest = skip(host, n + 1);
	return host.p[n] == ':' && rest.n && ascii_is_digit(rest.p[0]) &&
	       str_to_i64(rest, 1, 65535, &port);
}

/* The authority of an absolute target: it must be that of Host, but for the
 * scheme's default port. */
struct authority {
	struct str text; /* p == NULL: the target is not absolute */
	struct str port; /* ":80" or ":443" */
};

/* "http://host:port" off the target, which keeps what follows: a path, "?query" or nothing. */
static bool cut_authority(struct str *target, struct authority *out)
{
	static const struct {
		struct str scheme, port;
	} schemes[] = {{STR("http://"), STR(":80")}, {STR("https://"), STR(":443")}};
	for (size_t i = 0; i < 2; i++) {
		struct str scheme = schemes[i].scheme;
		if (target->n < scheme.n ||
		    !str_eq_nocase((struct str){target->p, scheme.n}, scheme))
			continue;
		*target = skip(*target, scheme.n);
		size_t n = 0;
		while (n < target->n && target->p[n] != '/' && target->p[n] != '?')
			n++;
		*out = (struct authority){{target->p, n}, schemes[i].port};
		*target = skip(*target, n);
		return valid_host(out->text);
	}
	return true;
}

static struct str without_port(struct str host, struct str port)
{
	return str_ends(host, port) ? (struct str){host.p, host.n - port.n} : host;
}

/* origin-form, absolute-form, or "*". */
static enum http_fault parse_target(struct str target, struct http_head *out,
				    struct authority *authority)
{
	out->query = (struct str){NULL, 0};
	for (size_t i = 0; i < target.n; i++)
		if ((unsigned char)target.p[i] >= 0x80)
			return HTTP_FAULT_RAW_TARGET;
	if (str_eq(target, STR("*"))) {
		out->path = target;
		return out->method == HTTP_OPTIONS ? HTTP_FAULT_NONE : HTTP_FAULT_TARGET;
	}
	if (!cut_authority(&target, authority) || !valid_escapes(target))
		return HTTP_FAULT_TARGET;
	bool origin = target.n && target.p[0] == '/';
	if (!origin && !authority->text.p)
		return HTTP_FAULT_TARGET;
	size_t n = origin ? span(target, PATH) : 0;
	out->path = origin ? (struct str){target.p, n} : STR("/");
	if (n == target.n)
		return HTTP_FAULT_NONE;
	if (target.p[n] != '?')
		return HTTP_FAULT_TARGET;
	out->query = skip(target, n + 1);
	return span(out->query, QUERY) == out->query.n ? HTTP_FAULT_NONE : HTTP_FAULT_TARGET;
}

static enum http_fault parse_method(struct str name, struct http_head *out)
{
	if (name.n == 0 || span(name, TCHAR) != name.n)
		return HTTP_FAULT_REQUEST_LINE;
	for (int i = 0; i < HTTP_METHODS; i++) {
		if (str_eq(name, str_of(http_method_names[i]))) {
			out->method = (enum http_method)i;
			return HTTP_FAULT_NONE;
		}
	}
	return HTTP_FAULT_METHOD;
}

static enum http_fault parse_version(struct str version, struct http_head *out)
{
	if (version.n != 8 || memcmp(version.p, "HTTP/", 5) != 0 || version.p[6] != '.')
		return HTTP_FAULT_REQUEST_LINE;
	char major = version.p[5], minor = version.p[7];
	if (major < '0' || major > '9' || minor < '0' || minor > '9')
		return HTTP_FAULT_REQUEST_LINE;
	if (major != '1' || minor > '1')
		return HTTP_FAULT_VERSION;
	out->minor = minor - '0';
	return HTTP_FAULT_NONE;
}

static enum http_fault parse_request_line(struct str line, struct http_head *out,
					  struct authority *authority)
{
	const char *first = memchr(line.p, ' ', line.n);
	if (!first)
		return HTTP_FAULT_REQUEST_LINE;
	struct str rest = skip(line, (size_t)(first - line.p) + 1);
	const char *second = memchr(rest.p, ' ', rest.n);
	if (!second)
		return HTTP_FAULT_REQUEST_LINE;
	struct str target = {rest.p, (size_t)(second - rest.p)};
	/* The version first: what the rest means depends on it. */
	enum http_fault fault = parse_version(skip(rest, target.n + 1), out);
	if (fault == HTTP_FAULT_NONE)
		fault = parse_method((struct str){line.p, (size_t)(first - line.p)}, out);
	if (fault == HTTP_FAULT_NONE)
		fault = parse_target(target, out, authority);
	return fault;
}

/* ---- fields ---- */

static struct str trim_ows(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = skip(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* What the framing depends on, gathered over all fields and judged at the end. */
struct framing {
	int hosts, lengths, encodings;
	bool other_encoding;
};

static enum http_fault note_length(struct str value, struct http_head *out)
{
	/* Digits only: "+5", "0x5", "5, 5" and an empty value are all read
	 * differently by somebody. */
	int64_t length;
	if (value.n == 0 || value.n > 18)
		return HTTP_FAULT_BAD_LENGTH;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < '0' || value.p[i] > '9')
			return HTTP_FAULT_BAD_LENGTH;
	if (!str_to_i64(value, 0, INT64_MAX, &length))
		return HTTP_FAULT_BAD_LENGTH;
	out->content_length = (uint64_t)length;
	return HTTP_FAULT_NONE;
}

static void note_connection(struct str value, struct http_head *out)
{
	while (value.p)
		if (str_eq_nocase(trim_ows(str_cut(&value, ',')), STR("close")))
			out->close = true;
}

static enum http_fault note_field(const struct http_field *field, struct http_head *out,
				  struct framing *framing)
{
	struct str name = field->name, value = field->value;
	switch (name.n) { /* most fields are none of these, and their length tells */
	case 4:
		if (str_eq_nocase(name, STR("host"))) {
			framing->hosts++;
			out->host = value;
			return valid_host(value) ? HTTP_FAULT_NONE : HTTP_FAULT_BAD_HOST;
		}
		break;
	case 6:
		if (str_eq_nocase(name, STR("expect"))) {
			out->expect_continue = true;
			return str_eq_nocase(value, STR("100-continue")) ? HTTP_FAULT_NONE
									 : HTTP_FAULT_EXPECT;
		}
		break;
	case 10:
		if (str_eq_nocase(name, STR("connection")))
			note_connection(value, out);
		break;
	case 14:
		if (str_eq_nocase(name, STR("content-length"))) {
			framing->lengths++;
			return note_length(value, out);
		}
		break;
	case 17:
		if (str_eq_nocase(name, STR("transfer-encoding"))) {
			framing->encodings++;
			if (!str_eq(value, STR("chunked")))
				framing->other_encoding = true;
		}
		break;
	default:
		break;
	}
	return HTTP_FAULT_NONE;
}

static enum http_fault parse_field(struct str line, struct http_head *out, struct framing *framing)
{
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return HTTP_FAULT_OBS_FOLD;
	size_t n = span(line, TCHAR);
	if (n == 0 || n == line.n || line.p[n] != ':')
		return HTTP_FAULT_FIELD_NAME;
	if (out->fields_count == HTTP_FIELDS_MAX)
		return HTTP_FAULT_HEADERS;
	struct http_field *field = &out->fields[out->fields_count++];
	field->name = (struct str){line.p, n};
	field->value = trim_ows(skip(line, n + 1));
	return note_field(field, out, framing);
}

static enum http_fault judge_framing(const struct framing *framing, struct http_head *out)
{
	if (framing->hosts > 1)
		return HTTP_FAULT_TWO_HOSTS;
	if (framing->hosts == 0 && out->minor == 1)
		return HTTP_FAULT_NO_HOST;
	if (framing->lengths && framing->encodings)
		return HTTP_FAULT_LENGTH_AND_ENCODING;
	if (framing->lengths > 1)
		return HTTP_FAULT_DUPLICATE_CONTENT_LENGTH;
	if (framing->encodings > 1 || framing->other_encoding ||
	    (framing->encodings && out->minor == 0))
		return HTTP_FAULT_ENCODING;
	out->chunked = framing->encodings == 1;
	return HTTP_FAULT_NONE;
}

/* Cut a line off the head; the scan has seen that CR and LF stand only together. */
static struct str next_line(struct str *head)
{
	const char *cr = memchr(head->p, '\r', head->n);
	must(cr && cr + 1 < head->p + head->n && cr[1] == '\n');
	struct str line = {head->p, (size_t)(cr - head->p)};
	*head = skip(*head, line.n + 2);
	return line;
}

enum http_fault http_parse_head(struct str head, struct http_head *out)
{
	struct framing framing = {0};
	struct authority authority = {{NULL, 0}, {NULL, 0}};

	out->fields_count = 0;
	out->host = (struct str){NULL, 0};
	out->content_length = 0;
	out->chunked = out->close = out->expect_continue = false;
	struct str line = next_line(&head);
	while (line.n == 0 && head.n)
		line = next_line(&head);
	enum http_fault fault = parse_request_line(line, out, &authority);
	while (fault == HTTP_FAULT_NONE) {
		line = next_line(&head);
		if (line.n == 0)
			break;
		fault = parse_field(line, out, &framing);
	}
	if (fault == HTTP_FAULT_NONE)
		fault = judge_framing(&framing, out);
	if (fault != HTTP_FAULT_NONE)
		return fault;
	/* Two names for one host in one request: a proxy may route by the one and we
	 * answer for the other. */
	if (authority.text.p && framing.hosts &&
	    !str_eq_nocase(without_port(authority.text, authority.port),
			   without_port(out->host, authority.port)))
		return HTTP_FAULT_BAD_HOST;
	if (out->minor == 0)
		out->close = true;
	return HTTP_FAULT_NONE;
}
