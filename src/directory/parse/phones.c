/* Telephones of a record: several in one value are told apart, words and fax numbers beside them
 * left out, what is in a known plan becomes E.164. */
#include "base/ascii.h"
#include "directory/parse/internal.h"
#include "directory/parse/parse.h"

#include <string.h>
#include <utf8proc.h>

enum {
	FIGURES_MIN = 4,    /* of anything that is a telephone number */
	FIGURES_ALONE = 6,  /* of a number that can be called by itself */
	FIGURES_AREA = 7,   /* fewer behind a 0 or + are an area, and the number follows */
	FIGURES_DASHED = 9, /* of both numbers that only a dash divides */
};

static bool phone_starts(struct str s, struct str word)
{
	return s.n >= word.n && str_eq_nocase((struct str){s.p, word.n}, word);
}

static size_t phone_figures(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ascii_is_digit(s.p[i]);
	return n;
}

/* Whether a number that is dialled from elsewhere begins here. */
static bool phone_begins(struct str s)
{
	s = str_trim(s);
	return s.n && (s.p[0] == '0' || s.p[0] == '+' || s.p[0] == '(');
}

/* Whether the separator divides two numbers. "0171 / 1234567" is one. */
static bool phones_apart(struct str left, struct str right, bool dash)
{
	size_t before = phone_figures(left), behind = phone_figures(right);
	if (dash)
		return before >= FIGURES_DASHED && behind >= FIGURES_DASHED && phone_begins(right);
	return before >= FIGURES_ALONE && !(phone_begins(left) && before < FIGURES_AREA);
}

/* "+1 212 555 0100 ext. 12": cuts the extension off the number and returns its figures; empty: it
 * has none. */
static struct str phone_extension(struct str *s)
{
	static const struct str words[] = {
	    STR("extension"), STR("extensión"), STR("ext"),   STR("xtn"),    STR("x"),
	    STR("durchwahl"), STR("dw"),        STR("app"),   STR("klappe"), STR("kl"),
	    STR("poste"),     STR("interno"),   STR("int"),   STR("anexo"),  STR("ramal"),
	    STR("toestel"),   STR("tst"),       STR("lokal"), STR("wew"),    STR("#")};
	size_t end = s->n, from, word;
	while (end && !ascii_is_digit(s->p[end - 1]))
		end--;
	for (from = end; from && ascii_is_digit(s->p[from - 1]);)
		from--;
	for (word = from; word && strchr(" .:-=", s->p[word - 1]);)
		word--;
	struct str before = {s->p, word}, figures = {s->p + from, end - from};
	if (!figures.n || figures.n > 6 || end != s->n)
		return STR("");
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		size_t n = words[i].n;
		if (before.n <= n ||
		    !str_eq_nocase((struct str){before.p + before.n - n, n}, words[i]))
			continue;
		struct str number = {before.p, before.n - n};
		bool inside =
		    ascii_is_letter(number.p[number.n - 1]) || (number.p[number.n - 1] & 0x80);
		while (number.n && strchr(" ,;.(-/", number.p[number.n - 1]))
			number.n--;
		if (inside || phone_figures(number) < FIGURES_AREA)
			continue;
		*s = number;
		return figures;
	}
	return STR("");
}

/* Whether what stands behind a comma at the place i of s is the extension of the number before. */
static bool phone_is_extension(struct str s, size_t i)
{
	size_t end = i + 1;
	while (end < s.n && !strchr(";,|\n/", s.p[end]))
		end++;
	struct str both = str_trim((struct str){s.p, end});
	return (s.p[i] == ',' || s.p[i] == ';') && phone_extension(&both).n && both.n <= i;
}

/* The length of what divides two numbers at the place i of *s; 0: nothing does. */
static size_t phone_separator(struct str s, size_t i)
{
	static const struct {
		struct str text;
		bool dash;
	} separators[] = {{STR(" / "), false},  {STR(" oder "), false},   {STR(" or "), false},
			  {STR(" ou "), false}, {STR(" oppure "), false}, {STR(" o "), false},
			  {STR(" of "), false}, {STR(" und "), false},    {STR(" and "), false},
			  {STR(" et "), false}, {STR(" y "), false},      {STR(" e "), false},
			  {STR(" en "), false}, {STR(" bzw. "), false},   {STR(" ili "), false},
			  {STR(" - "), true}};
	if (!strchr(" ;,|\n/", s.p[i]))
		return 0;
	struct str rest = {s.p + i, s.n - i}, left = {s.p, i};
	/* "030 123456-0/-10": a direct line behind a whole number. */
	if (phone_is_extension(s, i))
		return 0;
	if (strchr(";,|\n", s.p[i]) || (s.p[i] == '/' && phone_figures(left) >= FIGURES_DASHED))
		return 1;
	for (size_t k = 0; k < COUNT_OF(separators); k++) {
		struct str text = separators[k].text;
		if (!phone_starts(rest, text))
			continue;
		struct str right = {rest.p + text.n, rest.n - text.n};
		if (phones_apart(left, right, separators[k].dash))
			return text.n;
	}
	return 0;
}

static bool is_fax(struct str s)
{
	return phone_starts(s, STR("fax")) || phone_starts(s, STR("telefax"));
}

/* The next of several telephones. A fax number behind a telephone is a part of its own. */
static struct str phone_cut(struct str *rest)
{
	size_t n = 0, skip = 0;
	for (; n < rest->n; n++) {
		skip = phone_separator(*rest, n);
		bool word = n && !ascii_is_letter(rest->p[n - 1]) && rest->p[n - 1] != '(';
		if (skip || (word && is_fax((struct str){rest->p + n, rest->n - n}) &&
			     phone_figures((struct str){rest->p, n})))
			break;
	}
	struct str one = str_trim((struct str){rest->p, n});
	*rest = n < rest->n ? (struct str){rest->p + n + skip, rest->n - n - skip}
			    : (struct str){NULL, 0};
	return one;
}

/* "044 668 18 00 (Büro)": without words in brackets behind the number; "(0)" is a figure of it. */
static struct str phone_without_remark(struct str s)
{
	size_t open = s.n;
	if (!s.n || s.p[s.n - 1] != ')')
		return s;
	while (open && s.p[open - 1] != '(')
		open--;
	if (!open || phone_figures((struct str){s.p + open, s.n - open}))
		return s;
	if (is_fax((struct str){s.p + open, s.n - open}))
		return (struct str){NULL, 0};
	return str_trim((struct str){s.p, open - 1});
}

/* Without what says only that it is a telephone: "Tel.: 030 123456", "Tel/Fax 030 123456".
 * Empty: it is a fax number. */
static struct str phone_without_label(struct str s)
{
	static const char *const labels[] = {
	    "telephone", "telefono", "telefon", "teléfono", "téléphone", "telefoon",
	    "tel",       "phone",    "ph",      "fon",      "tfno",      "tf",
	    "mobile",    "mobil",    "handy",   "cell",     "whatsapp",  "t",
	    "m",         "büro",     "office",  "zentrale", "téléf",     "tél"};
	bool telephone = false, found = true;
	while (found) {
		found = false;
		bool fax = is_fax(s);
		if (fax && !telephone)
			return (struct str){NULL, 0};
		if (fax)
			s = (struct str){s.p + 3, s.n - 3};
		for (size_t i = 0; i < COUNT_OF(labels) && !fax && !found; i++) {
			struct str label = str_of(labels[i]);
			found = s.n > label.n && phone_starts(s, label) &&
				!ascii_is_letter(s.p[label.n]) && !(s.p[label.n] & 0x80);
			if (found)
				s = (struct str){s.p + label.n, s.n - label.n};
		}
		telephone |= found;
		found |= fax;
		while (found && s.n && strchr(" .:/&", s.p[0]))
			s = (struct str){s.p + 1, s.n - 1};
	}
	return s;
}

/* Figures of other scripts and their wide forms as those of ASCII. */
static struct str phone_figures_ascii(struct draft *d, struct str s)
{
	static const utf8proc_int32_t zeros[] = {0x660, 0x6f0, 0x966, 0xff10};
	char *out = arena_alloc(&d->arena, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; out && i < s.n;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t k = utf8proc_iterate((const utf8proc_uint8_t *)s.p + i,
						      (utf8proc_ssize_t)(s.n - i), &c);
		if (k <= 0)
			return s;
		char figure = c == 0xff0b ? '+' : c == 0xff0d ? '-' : '\0';
		for (size_t z = 0; z < COUNT_OF(zeros); z++)
			if (c >= zeros[z] && c < zeros[z] + 10)
				figure = (char)('0' + (c - zeros[z]));
		if (figure)
			out[n++] = figure;
		else
			memcpy(out + n, s.p + i, (size_t)k);
		n += figure ? 0 : (size_t)k;
		i += (size_t)k;
	}
	return out ? (struct str){out, n} : s;
}

/* E.164 where the plan is known, else as written; p == NULL: no telephone. */
static struct str phone_of(struct draft *d, struct str written)
{
	struct buf out;
	struct str phone = written;
	buf_init(&out, record_fields[RECORD_PHONE].max_bytes);
	if (parse_phone(written, d->field[RECORD_COUNTRY], &out))
		phone = arena_str(&d->arena, buf_view(&out));
	buf_release(&out);
	return phone_figures(phone) < FIGURES_MIN || phone.n > record_fields[RECORD_PHONE].max_bytes
		   ? (struct str){NULL, 0}
		   : phone;
}

/* The number of a column that has it without its area, which another column has. */
static void phone_with_area(struct draft *d)
{
	struct str *phone = &d->field[RECORD_PHONE], area = d->phone_area;
	if (!area.n)
		return;
	if (!phone->n) {
		d->dropped[RECORD_PHONE] = "an area code without a number";
		return;
	}
	if (phone->p[0] == '+' || phone->p[0] == '0' || phone->p[0] == '(')
		return;
	struct buf out;
	buf_init(&out, record_fields[RECORD_PHONE].max_bytes);
	char *whole = arena_printf(&d->arena, "%.*s %.*s", STR_ARG(area), STR_ARG(*phone));
	char *dialled = arena_printf(&d->arena, "0%.*s %.*s", STR_ARG(area), STR_ARG(*phone));
	if (!whole || !dialled)
		return;
	bool plain = parse_phone(str_of(whole), d->field[RECORD_COUNTRY], &out);
	buf_reset(&out);
	bool with_zero = parse_phone(str_of(dialled), d->field[RECORD_COUNTRY], &out);
	*phone = str_of(!plain && with_zero ? dialled : whole);
	buf_release(&out);
}

void parse_phones_finish(struct draft *d)
{
	phone_with_area(d);
	struct str *field = &d->field[RECORD_PHONE], first = {NULL, 0}, first_extension = {NULL, 0},
		   parts[] = {*field, d->phones};
	struct buf more;
	bool given = field->p != NULL, fax = false;
	buf_init(&more, EXTRA_TEXT_BYTES);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		parts[i] = parts[i].p ? phone_figures_ascii(d, parts[i]) : parts[i];
		while (parts[i].p) {
			struct str one = phone_cut(&parts[i]),
				   number = phone_without_remark(phone_without_label(one));
			fax |= one.n && !number.n;
			struct str extension = phone_extension(&number);
			struct str phone = number.n ? phone_of(d, number) : number;
			if (!phone.n)
				continue;
			if (!first.p) {
				first = phone;
				first_extension = extension;
			} else if (!str_eq(first, phone) &&
				   !(more.n && memmem(more.p, more.n, phone.p, phone.n)))
				buf_printf(&more, "%s%.*s%s%.*s", more.n ? "; " : "",
					   STR_ARG(phone), extension.n ? " ext. " : "",
					   STR_ARG(extension));
		}
	}
	*field = first;
	if (given && !first.p)
		d->dropped[RECORD_PHONE] = fax ? "a fax number" : "not a telephone number";
	size_t givens = d->givens;
	draft_extra(d, "phone_extension", first_extension);
	if (more.n && !buf_failed(&more))
		draft_extra(d, "phones", buf_view(&more));
	d->givens = givens; /* the values were counted as telephones */
	buf_release(&more);
}
