/* SPDX-License-Identifier: Apache-2.0 */
#include "format/csv.h"

enum { ROW_MAX = 1 << 20 };

struct dcf_span dcf_trim(struct dcf_span s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

void dcf_csv_free(struct dcf_csv *csv)
{
	dcf_alloc_free(csv->from, csv->fields, csv->cap * sizeof *csv->fields);
	csv->fields = NULL;
	csv->count = csv->cap = 0;
}

/* A row as it stands in the feed's window, from `at`. */
struct raw {
	size_t len;  /* with its line end */
	size_t text; /* without */
	uint64_t lines;
	bool quoted; /* there is a quote in it */
};

/* Where the walk along a row stands.  A quote means something at the start of a field and inside a quoted one only. */
enum place { START, PLAIN, QUOTED, CLOSED };

static enum place after(enum place at, char c)
{
	if (at == QUOTED)
		return c == '"' ? CLOSED : QUOTED;
	if (c == '"')
		return at == PLAIN ? PLAIN : QUOTED;
	return c == ',' ? START : PLAIN;
}

static bool too_long(struct dcf_feed *f)
{
	return dcf_feed_fail(f, DCF_E_LIMIT, "found a row of more than 1 MiB, expected less");
}

/* Find the end of the row: the first line end outside a quoted field. */
static bool find_row(struct dcf_feed *f, struct raw *raw)
{
	enum place at = START;

	*raw = (struct raw){ 0, 0, 0, false };
	for (;;) {
		const char *p = f->buf + f->at;
		size_t n = f->end - f->at;

		while (raw->len < n) {
			char c = p[raw->len++];

			raw->quoted = raw->quoted || c == '"';
			raw->lines += c == '\n';
			if (c == '\n' && at != QUOTED) {
				raw->text = raw->len - 1;
				return raw->len <= ROW_MAX || too_long(f);
			}
			at = after(at, c);
		}
		if (raw->len > ROW_MAX)
			return too_long(f);
		if (!dcf_feed_more(f))
			break;
	}
	raw->text = raw->len;
	if (f->status == DCF_OK && at == QUOTED) {
		f->fault = raw->len;
		return dcf_feed_fail(f, DCF_E_SYNTAX,
				     "found the end of the input inside a quoted field, expected its closing quote");
	}
	return f->status == DCF_OK && raw->len > 0;
}

static bool add(struct dcf_csv *csv, struct dcf_feed *f, struct dcf_span field)
{
	void *array = csv->fields;
	enum dcf_status s = dcf_grow(csv->from, &array, &csv->cap, csv->count + 1, sizeof *csv->fields);

	csv->fields = array;
	if (s != DCF_OK)
		return dcf_feed_fail(f, s, "out of memory");
	csv->fields[csv->count++] = field;
	return true;
}

/* The field in quotes at p[i], unquoted in place; the index behind it, or SIZE_MAX when it is not as it should be. */
static size_t unquote(char *p, size_t i, size_t n, struct dcf_span *field)
{
	size_t to = i;

	*field = (struct dcf_span){ p + i, 0 };
	for (i++; i < n; i++) {
		if (p[i] == '"' && !(i + 1 < n && p[i + 1] == '"')) {
			field->len = to - (size_t)(field->p - p);
			return i + 1 == n || p[i + 1] == ',' ? i + 1 : SIZE_MAX;
		}
		i += p[i] == '"';
		p[to++] = p[i];
	}
	return SIZE_MAX;
}

static bool split_quoted(struct dcf_csv *csv, struct dcf_feed *f, char *p, size_t n)
{
	for (size_t i = 0;; i++) {
		struct dcf_span field = { p + i, 0 };

		if (i < n && p[i] == '"') {
			size_t start = i;

			i = unquote(p, i, n, &field);
			if (i == SIZE_MAX) {
				f->fault = start;
				return dcf_feed_fail(f, DCF_E_SYNTAX,
						     "found more after a closing quote, expected ',' or the line's end");
			}
		} else {
			for (; i < n && p[i] != ','; i++) {
				if (p[i] == '"') {
					f->fault = i;
					return dcf_feed_fail(
						f, DCF_E_SYNTAX,
						"found a quote inside a field, expected the whole field in quotes");
				}
			}
			field.len = (size_t)(p + i - field.p);
		}
		if (!add(csv, f, field))
			return false;
		if (i >= n)
			return true;
	}
}

static bool split(struct dcf_csv *csv, struct dcf_feed *f, char *p, size_t n, bool quoted)
{
	if (quoted)
		return split_quoted(csv, f, p, n);
	for (;;) {
		const char *comma = n ? memchr(p, ',', n) : NULL;
		size_t len = comma ? (size_t)(comma - p) : n;

		if (!add(csv, f, (struct dcf_span){ p, len }))
			return false;
		if (!comma)
			return true;
		p += len + 1;
		n -= len + 1;
	}
}

enum dcf_csv_row dcf_csv_next(struct dcf_csv *csv, struct dcf_feed *feed)
{
	struct raw raw;
	char *p;

	do {
		if (!find_row(feed, &raw))
			return feed->status == DCF_OK ? DCF_CSV_END : DCF_CSV_FAILED;
		csv->line = csv->next_line + 1;
		csv->next_line += raw.lines;
		p = feed->buf + feed->at;
		if (raw.text && p[raw.text - 1] == '\r')
			raw.text--;
		if (raw.text == 0)
			feed->at += raw.len;
	} while (raw.text == 0);
	csv->count = 0;
	if (!split(csv, feed, p, raw.text, raw.quoted))
		return DCF_CSV_FAILED;
	feed->at += raw.len;
	csv->taken = raw.len;
	return DCF_CSV_ROW;
}

/* --- decimals ------------------------------------------------------------------------------------- */

/* A number as digits * 10^exponent. */
struct digits {
	uint64_t value;
	int64_t exponent;
	bool any;
};

/* Digits from p on; those beyond the 18th only count for their place.  Returns how many. */
static size_t take_digits(struct digits *d, const char *p, size_t n, bool fraction)
{
	size_t i = 0;

	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		d->any = true;
		if (d->value < 100000000000000000u) {
			d->value = d->value * 10 + (uint64_t)(p[i] - '0');
			d->exponent -= fraction;
		} else {
			d->exponent += !fraction;
		}
	}
	return i;
}

/* "e-7": false when what follows the digits is something else. */
static bool take_exponent(struct digits *d, const char *p, size_t n)
{
	int64_t e = 0;
	size_t i = 1;
	bool minus;

	if (n == 0)
		return true;
	if ((p[0] | 0x20) != 'e')
		return false;
	minus = i < n && p[i] == '-';
	i += i < n && (p[i] == '-' || p[i] == '+');
	if (i == n)
		return false;
	for (; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		e = e < 100000 ? e * 10 + (p[i] - '0') : e;
	}
	d->exponent += minus ? -e : e;
	return true;
}

static bool scaled(struct digits d, uint64_t *out)
{
	uint64_t v = d.value;

	for (; d.exponent > 0 && v; d.exponent--) {
		if (v > UINT64_C(900000000000000000))
			return false;
		v *= 10;
	}
	if (d.exponent < -18)
		v = 0;
	if (d.exponent < 0 && v) {
		uint64_t unit = 1;

		for (; d.exponent < 0; d.exponent++)
			unit *= 10;
		v = v / unit + (v % unit >= unit - v % unit);
	}
	*out = v;
	return v <= UINT64_C(9000000000000000000);
}

bool dcf_decimal(struct dcf_span s, int scale, int64_t *out)
{
	struct digits d = { 0, scale, false };
	uint64_t v;
	bool minus;
	size_t i;

	s = dcf_trim(s);
	minus = s.len && s.p[0] == '-';
	i = s.len && (s.p[0] == '-' || s.p[0] == '+');
	i += take_digits(&d, s.p + i, s.len - i, false);
	if (i < s.len && s.p[i] == '.') {
		i++;
		i += take_digits(&d, s.p + i, s.len - i, true);
	}
	if (!d.any || !take_exponent(&d, s.p + i, s.len - i) || !scaled(d, &v))
		return false;
	*out = minus ? -(int64_t)v : (int64_t)v;
	return true;
}
