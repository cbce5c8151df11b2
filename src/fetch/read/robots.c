#include "fetch/read/read.h"
#include "base/percent.h"
#include "fetch/read/internal.h"

#include <string.h>

/* Limit for patterns of a hostile file that take long to match; over it nothing is allowed. */
enum { STEPS_MAX = 20000000 };

static bool is_token(char c)
{
	return ascii_is_letter(c) || c == '-' || c == '_';
}

static struct str product_token(struct str s)
{
	size_t n = 0;
	while (n < s.n && is_token(s.p[n]))
		n++;
	return (struct str){s.p, n};
}

/* Split "Name : value # comment". A line without a colon has an empty name. */
static struct str robots_split_line(struct str line, struct str *value)
{
	struct str name = str_cut(&line, '#');
	*value = name;
	name = str_trim(str_cut(value, ':'));
	if (!value->p)
		return (struct str){NULL, 0};
	*value = str_trim(*value);
	return name;
}

static struct str robots_next_line(struct str *rest)
{
	size_t n = 0;
	struct str line;
	while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	line = (struct str){rest->p, n};
	if (n == rest->n)
		*rest = (struct str){NULL, 0};
	else
		*rest = (struct str){rest->p + n + 1, rest->n - n - 1};
	return line;
}

/* Append a normalised path (section 2.2.2): escapes of unreserved characters are decoded, other
 * octets that are not visible ASCII are escaped with capital hexadecimal digits. */
static void robots_put_normal(struct buf *out, struct str path)
{
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];
		bool escaped = percent_octet((struct str){path.p + i, path.n - i}, &c);
		if (escaped)
			i += 2;
		if (!escaped && c > 0x20 && c < 0x7f)
			buf_putc(out, c);
		else
			percent_put_char(out, c, "");
	}
}

/* Append the rules of all groups for `wanted`. False: there is no such group. */
static bool robots_read_groups(struct str text, struct str wanted, struct buf *rules)
{
	bool found = false, in_group = false, naming = false;
	while (text.p) {
		struct str value;
		struct str name = robots_split_line(robots_next_line(&text), &value);
		if (str_eq_nocase(name, STR("user-agent"))) {
			if (!naming)
				in_group = false;
			naming = true;
			struct str token = str_eq(value, STR("*")) ? value : product_token(value);
			if (token.n > 0 && str_eq_nocase(token, wanted))
				found = in_group = true;
			continue;
		}
		bool allow = str_eq_nocase(name, STR("allow"));
		if (!allow && !str_eq_nocase(name, STR("disallow")))
			continue; /* section 2.2.4: other lines do not end a list of agents */
		naming = false;
		if (!in_group || value.n == 0)
			continue;
		buf_putc(rules, allow ? '+' : '-');
		robots_put_normal(rules, value);
		buf_putc(rules, '\n');
	}
	return found;
}

void robots_read(struct str text, struct str user_agent, struct buf *rules)
{
	if (text.n > ROBOTS_TEXT_MAX)
		text.n = ROBOTS_TEXT_MAX;
	if (str_starts(text, STR("\xef\xbb\xbf"))) {
		text.p += 3;
		text.n -= 3;
	}
	struct str product = product_token(user_agent);
	if (product.n == 0 || !robots_read_groups(text, product, rules))
		robots_read_groups(text, STR("*"), rules);
}

/* Match a prefix of the path: * is any sequence, a final $ is the path's end. Backtracking to the
 * last * is sufficient. */
static bool robots_matches(struct str pattern, struct str path, size_t *steps)
{
	size_t p = 0, s = 0, star = SIZE_MAX, mark = 0;
	bool anchored = pattern.n > 0 && pattern.p[pattern.n - 1] == '$';
	if (anchored)
		pattern.n--;
	while (*steps < STEPS_MAX) {
		++*steps;
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			mark = s;
		} else if (p == pattern.n && (!anchored || s == path.n)) {
			return true;
		} else if (p < pattern.n && s < path.n && pattern.p[p] == path.p[s]) {
			p++;
			s++;
		} else if (star != SIZE_MAX && mark < path.n) {
			p = star + 1;
			s = ++mark;
		} else {
			return false;
		}
	}
	return false;
}

bool robots_allows(struct str rules, struct str path)
{
	enum { NORMAL_MAX = 3 * WIRE_URL_MAX };
	struct buf normal;
	size_t best = 0, steps = 0;
	bool allowed = true;
	/* Section 2.2.2: robots.txt itself may always be read. */
	if (str_eq(path, STR("/robots.txt")))
		return true;
	buf_init(&normal, NORMAL_MAX);
	robots_put_normal(&normal, path);
	while (rules.p) {
		struct str pattern = str_cut(&rules, '\n');
		if (pattern.n < 2)
			continue;
		bool allow = pattern.p[0] == '+';
		pattern.p++;
		pattern.n--;
		if (pattern.n < best || (pattern.n == best && !allow))
			continue;
		if (robots_matches(pattern, buf_view(&normal), &steps)) {
			best = pattern.n;
			allowed = allow;
		}
	}
	if (buf_failed(&normal) || steps >= STEPS_MAX)
		allowed = false;
	buf_release(&normal);
	return allowed;
}
