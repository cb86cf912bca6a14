/* SPDX-License-Identifier: Apache-2.0 */
#include "format/csv.h"

enum {
	ROW_MAX = 1 << 20,
	LINES_MAX = 16 /* of one row: each may be looked at as often */
};

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
	size_t len;   /* with its line end */
	size_t text;  /* without */
	size_t first; /* its first line with the line end; 0 when that has none */
	uint64_t lines;
	bool quoted; /* there is a quote in it */
	bool open;   /* a quoted field does not end */
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

/* The row goes on too far: what is wrong with it is the quote that its first line leaves open, where it has an end. */
static bool row_is_endless(struct dcf_feed *f, struct raw *raw)
{
	raw->open = raw->first && raw->first <= ROW_MAX;
	return raw->open || too_long(f);
}

/* The end of the input.  There may be nothing before it. */
static bool last_row(const struct dcf_feed *f, struct raw *raw, enum place at)
{
	raw->text = raw->len;
	raw->open = at == QUOTED;
	raw->first = raw->first ? raw->first : raw->len;
	return f->status == DCF_OK && raw->len > 0;
}

/* Find the end of the row: the first line end outside a quoted field. */
static bool find_row(struct dcf_feed *f, struct raw *raw)
{
	enum place at = START;

	*raw = (struct raw){ 0, 0, 0, 0, false, false };
	for (;;) {
		const char *p = f->buf + f->at;
		size_t n = f->end - f->at;

		while (raw->len < n) {
			char c = p[raw->len++];

			raw->quoted = raw->quoted || c == '"';
			if (c == '\n') {
				raw->lines++;
				raw->first = raw->first ? raw->first : raw->len;
				if (at != QUOTED) {
					raw->text = raw->len - 1;
					return raw->len <= ROW_MAX || row_is_endless(f, raw);
				}
				if (raw->lines == LINES_MAX)
					return row_is_endless(f, raw);
			}
			at = after(at, c);
		}
		if (raw->len > ROW_MAX)
			return row_is_endless(f, raw);
		if (!dcf_feed_more(f))
			return last_row(f, raw, at);
	}
}

static bool broken(struct dcf_csv *csv, size_t at, const char *found, const char *expected)
{
	csv->fault = at;
	csv->found = found;
	csv->expected = expected;
	return false;
}

/* Would the row split as it should, into as many fields as there are to be? */
static bool is_whole(const struct dcf_csv *csv, const char *p, size_t n)
{
	enum place at = START;
	size_t fields = 1;

	for (size_t i = 0; i < n; i++) {
		enum place next = after(at, p[i]);

		if ((at == PLAIN && p[i] == '"') || (at == CLOSED && next == PLAIN))
			return false;
		fields += next == START;
		at = next;
	}
	return !csv->width || fields == csv->width;
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
			if (i == SIZE_MAX)
				return broken(csv, start, "found more after a closing quote", "',' or the line's end there");
		} else {
			for (; i < n && p[i] != ','; i++)
				if (p[i] == '"')
					return broken(csv, i, "found a quote inside a field", "the whole field in quotes");
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

/* Step over a row of `len` bytes and `lines` lines. */
static void take(struct dcf_csv *csv, struct dcf_feed *feed, size_t len, uint64_t lines)
{
	csv->line = csv->next_line + 1;
	csv->next_line += lines;
	csv->taken = len;
	feed->at += len;
}

static enum dcf_csv_row take_first_line(struct dcf_csv *csv, struct dcf_feed *feed, const struct raw *raw)
{
	take(csv, feed, raw->first, 1);
	(void)broken(csv, 0, "found the end of the line inside a quoted field", "its closing quote");
	return DCF_CSV_BROKEN;
}

enum dcf_csv_row dcf_csv_next(struct dcf_csv *csv, struct dcf_feed *feed)
{
	struct raw raw;
	char *p;
	bool good;

	for (;;) {
		if (!find_row(feed, &raw))
			return feed->status == DCF_OK ? DCF_CSV_END : DCF_CSV_FAILED;
		p = feed->buf + feed->at;
		if (raw.text && p[raw.text - 1] == '\r')
			raw.text--;
		if (raw.text || raw.open)
			break;
		take(csv, feed, raw.len, raw.lines);
	}
	/* Unquoting is done in place: what may have to be read again is looked at before. */
	if (raw.open || (raw.lines > 1 && !is_whole(csv, p, raw.text)))
		return take_first_line(csv, feed, &raw);
	csv->count = 0;
	good = split(csv, feed, p, raw.text, raw.quoted);
	if (feed->status != DCF_OK)
		return DCF_CSV_FAILED;
	take(csv, feed, raw.len, raw.lines);
	if (good && csv->width && csv->count != csv->width)
		good = broken(csv, 0, NULL, "as many fields as the header has");
	return good ? DCF_CSV_ROW : DCF_CSV_BROKEN;
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
