/* SPDX-License-Identifier: Apache-2.0 */
#include "format/notation_int.h"
#include "base/utf8.h"

/* What is written for one sign of the cleaned text. */
static const struct {
	const char *utf8;
	char is;
} signs[] = {
	{ "\xc2\xb0", 'o' },      /* degree sign */
	{ "\xc2\xba", 'o' },      /* masculine ordinal, on Spanish keyboards */
	{ "\xcb\x9a", 'o' },      /* ring above */
	{ "\xe2\x88\x98", 'o' },  /* ring operator */
	{ "\xe2\x80\xb2", '\'' }, /* prime */
	{ "\xe2\x80\x99", '\'' }, /* right single quotation mark */
	{ "\xe2\x80\x98", '\'' }, /* left one */
	{ "\xca\xb9", '\'' },     /* modifier prime */
	{ "\xca\xbc", '\'' },     /* modifier apostrophe */
	{ "\xc2\xb4", '\'' },     /* acute accent */
	{ "\xe2\x80\xb3", '"' },  /* double prime */
	{ "\xe2\x80\x9d", '"' },  /* right double quotation mark */
	{ "\xe2\x80\x9c", '"' },  /* left one */
	{ "\xca\xba", '"' },      /* modifier double prime */
	{ "\xe2\x88\x92", '-' },  /* minus */
	{ "\xe2\x80\x93", '-' },  /* en dash */
	{ "\xe2\x80\x91", '-' },  /* non-breaking hyphen */
	{ "\xc2\xa0", ' ' },      /* no-break space */
	{ "\xe2\x80\xaf", ' ' },  /* narrow one */
	{ "\xe2\x80\x89", ' ' },  /* thin space */
};

/* The sign of the `n` bytes at `p`, 0 when there is none. */
static char sign_of(const char *p, size_t n)
{
	char c = *p;

	for (size_t i = 0; n > 1 && i < sizeof signs / sizeof *signs; i++) {
		if (strlen(signs[i].utf8) == n && memcmp(signs[i].utf8, p, n) == 0)
			return signs[i].is;
	}
	if (n != 1)
		return 0;
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	if (c == '\t' || c == '\r' || c == '\n')
		return ' ';
	return c >= ' ' && c <= '~' ? c : '\0';
}

static void add(struct dcf_clean *t, char c, size_t from)
{
	/* Two minute marks are a second mark. */
	if (c == DCF_MARK_MINUTE && t->n && t->c[t->n - 1] == DCF_MARK_MINUTE) {
		t->c[t->n - 1] = DCF_MARK_SECOND;
		return;
	}
	if (c == ' ' && (t->n == 0 || t->c[t->n - 1] == ' '))
		return;
	t->c[t->n] = c;
	t->from[t->n++] = from;
}

enum dcf_status dcf_clean_text(struct dcf_span text, struct dcf_clean *out, struct dcf_notation_fault *fault)
{
	out->n = 0;
	if (text.len > DCF_NOTATION_MAX) {
		*fault = (struct dcf_notation_fault){ DCF_NOTATION_MAX, "longer than 200 bytes" };
		return DCF_E_LIMIT;
	}
	for (size_t i = 0; i < text.len;) {
		size_t n = dcf_utf8_length(text.p + i, text.len - i);
		char c = n ? sign_of(text.p + i, n) : '\0';

		if (!c) {
			*fault = (struct dcf_notation_fault){ i,
							      "a character that no notation has (letters are the Latin ones)" };
			return DCF_E_SYNTAX;
		}
		add(out, c, i);
		i += n;
	}
	while (out->n && out->c[out->n - 1] == ' ')
		out->n--;
	out->from[out->n] = text.len;
	out->c[out->n] = '\0';
	if (out->n == 0) {
		*fault = (struct dcf_notation_fault){ text.len, "nothing is written" };
		return DCF_E_SYNTAX;
	}
	return DCF_OK;
}

struct dcf_piece dcf_piece_part(struct dcf_piece p, size_t from, size_t to)
{
	while (from < to && p.c[from] == ' ')
		from++;
	while (to > from && p.c[to - 1] == ' ')
		to--;
	return (struct dcf_piece){ p.c + from, p.from + from, to - from };
}

size_t dcf_piece_find(struct dcf_piece p, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= p.n; i++) {
		if (memcmp(p.c + i, word, n) == 0)
			return i;
	}
	return p.n;
}

bool dcf_piece_is(struct dcf_piece p, const char *word)
{
	return strlen(word) == p.n && memcmp(p.c, word, p.n) == 0;
}

bool dcf_piece_begins(struct dcf_piece p, const char *word)
{
	size_t n = strlen(word);

	return n <= p.n && memcmp(p.c, word, n) == 0;
}

bool dcf_piece_ends(struct dcf_piece p, const char *word)
{
	size_t n = strlen(word);

	return n <= p.n && memcmp(p.c + p.n - n, word, n) == 0;
}

size_t dcf_piece_digits(struct dcf_piece p, size_t at)
{
	size_t n = 0;

	while (at + n < p.n && dcf_is_digit(p.c[at + n]))
		n++;
	return n;
}

int64_t dcf_piece_number(struct dcf_piece p, size_t at, size_t n)
{
	int64_t v = 0;

	for (size_t i = at; i < at + n; i++)
		v = v * 10 + (p.c[i] - '0');
	return v;
}

int64_t dcf_power_of_ten(int n)
{
	int64_t v = 1;

	for (int i = 0; i < n; i++)
		v *= 10;
	return v;
}

bool dcf_piece_decimal(struct dcf_piece p, size_t *at, struct dcf_decimal *out)
{
	size_t whole = dcf_piece_digits(p, *at), behind = 0, kept;

	if (whole == 0 || whole > 12)
		return false;
	if (*at + whole < p.n && p.c[*at + whole] == '.') {
		behind = dcf_piece_digits(p, *at + whole + 1);
		if (behind == 0)
			return false;
	}
	kept = behind < 8 ? behind : 8;
	*out = (struct dcf_decimal){ .whole = dcf_piece_number(p, *at, whole),
				     .part = kept ? dcf_piece_number(p, *at + whole + 1, kept) : 0,
				     .whole_digits = (int)whole,
				     .part_digits = (int)kept,
				     .said_digits = (int)behind };
	*at += whole + (behind ? behind + 1 : 0);
	return true;
}

int64_t dcf_decimal_times(struct dcf_decimal d, int64_t size)
{
	int64_t den = dcf_power_of_ten(d.part_digits);

	/* part < 1e8 and size <= 1e10: the product is below 2^60. */
	return d.whole * size + (2 * d.part * size + den) / (2 * den);
}

void dcf_put_digits(struct dcf_buf *out, int64_t v, int digits)
{
	char text[20];

	for (int i = digits; i-- > 0; v /= 10)
		text[i] = (char)('0' + v % 10);
	dcf_buf_put(out, text, (size_t)digits);
}
