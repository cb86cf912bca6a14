/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/canonical.h"
#include "base/utf8.h"
#include "domain/message.h"

#define INTEGER_MAX (((uint64_t)1 << 53) - 1)

struct scan {
	const char *p;
	size_t at, len;
	unsigned depth; /* levels left */
	const char *expected;
};

static bool stop(struct scan *s, const char *expected)
{
	s->expected = expected;
	return false;
}

static int peek(const struct scan *s)
{
	return s->at < s->len ? (unsigned char)s->p[s->at] : -1;
}

static bool take(struct scan *s, char c, const char *expected)
{
	if (peek(s) != c)
		return stop(s, expected);
	s->at++;
	return true;
}

/* --- strings ---------------------------------------------------------------------------------------------- */

static int hex_digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The control character of two hexadecimal digits; -1 when it has a shorter escape or is none. */
static int long_escape(const char *p)
{
	int high = hex_digit(p[0]), low = hex_digit(p[1]), c = high * 16 + low;

	if (high < 0 || low < 0 || c >= 0x20 || c == '\b' || c == '\t' || c == '\n' || c == '\f' || c == '\r')
		return -1;
	return c;
}

/* Behind a backslash. */
static bool take_escape(struct scan *s)
{
	int c = peek(s);

	if (c == '"' || c == '\\' || c == 'b' || c == 'f' || c == 'n' || c == 'r' || c == 't') {
		s->at++;
		return true;
	}
	if (c != 'u' || s->len - s->at < 5 || memcmp(s->p + s->at, "u00", 3) != 0 || long_escape(s->p + s->at + 3) < 0)
		return stop(s, "the shortest escape that there is, in lower case");
	s->at += 5;
	return true;
}

/* A string; *inside is what stands between its quotes. */
static bool take_string(struct scan *s, struct dcf_span *inside)
{
	size_t from;

	if (!take(s, '"', "a string"))
		return false;
	for (from = s->at; peek(s) != '"';) {
		size_t n = dcf_utf8_length(s->p + s->at, s->len - s->at);

		if (n == 0 || (n == 1 && (unsigned char)s->p[s->at] < 0x20))
			return stop(s, "UTF-8 without control characters, then '\"'");
		s->at += n;
		if (s->p[s->at - 1] == '\\' && n == 1 && !take_escape(s))
			return false;
	}
	*inside = (struct dcf_span){ s->p + from, s->at - from };
	s->at++;
	return true;
}

/* A name as UTF-16, unit by unit.  The text was scanned before. */
struct units {
	const char *p, *end;
	int low; /* the second half of a pair, to come next; 0 when there is none */
};

static int escaped(struct units *u)
{
	static const char letters[] = "\"\\bfnrt", means[] = "\"\\\b\f\n\r\t";
	const char *found = strchr(letters, u->p[1]);

	if (found) {
		u->p += 2;
		return means[found - letters];
	}
	u->p += 6;
	return long_escape(u->p - 2);
}

static int next_unit(struct units *u)
{
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t n;
	int c;

	if (u->low) {
		c = u->low;
		u->low = 0;
		return c;
	}
	if (u->p == u->end)
		return -1;
	if (*u->p == '\\')
		return escaped(u);
	n = dcf_utf8_length(u->p, (size_t)(u->end - u->p));
	c = (unsigned char)*u->p++ & mask[n];
	while (--n)
		c = c << 6 | ((unsigned char)*u->p++ & 0x3f);
	if (c < 0x10000)
		return c;
	u->low = 0xdc00 + ((c - 0x10000) & 0x3ff);
	return 0xd800 + ((c - 0x10000) >> 10);
}

static bool sorted(struct dcf_span a, struct dcf_span b)
{
	struct units x = { a.p, a.p + a.len, 0 }, y = { b.p, b.p + b.len, 0 };
	int c, d;

	do {
		c = next_unit(&x);
		d = next_unit(&y);
	} while (c == d && c >= 0);
	return c < d;
}

/* --- numbers and words ------------------------------------------------------------------------------------ */

static bool take_integer(struct scan *s)
{
	static const char expected[] = "an integer of less than 2^53 without leading zeros";
	size_t from = s->at, digits;
	uint64_t v = 0;

	if (peek(s) == '-')
		s->at++;
	for (digits = s->at; peek(s) >= '0' && peek(s) <= '9'; s->at++) {
		v = v * 10 + (uint64_t)(s->p[s->at] - '0');
		if (v > INTEGER_MAX)
			return stop(s, expected);
	}
	if (s->at == digits || (s->p[digits] == '0' && s->at - from > 1)) {
		s->at = digits;
		return stop(s, expected);
	}
	return true;
}

static bool take_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if (s->len - s->at < n || memcmp(s->p + s->at, word, n) != 0)
		return stop(s, "true, false or null");
	s->at += n;
	return true;
}

/* --- values ----------------------------------------------------------------------------------------------- */

static bool take_value(struct scan *s);

static bool take_members(struct scan *s)
{
	struct dcf_span name, before = { NULL, 0 };

	s->at++;
	if (peek(s) == '}') {
		s->at++;
		return true;
	}
	for (;; s->at++) {
		size_t from = s->at;

		if (!take_string(s, &name))
			return false;
		if (before.p && !sorted(before, name)) {
			s->at = from;
			return stop(s, "members sorted by name, none twice");
		}
		before = name;
		if (!take(s, ':', "':'") || !take_value(s))
			return false;
		if (peek(s) != ',')
			return take(s, '}', "',' or '}'");
	}
}

static bool take_elements(struct scan *s)
{
	s->at++;
	if (peek(s) == ']') {
		s->at++;
		return true;
	}
	for (;; s->at++) {
		if (!take_value(s))
			return false;
		if (peek(s) != ',')
			return take(s, ']', "',' or ']'");
	}
}

static bool take_nested(struct scan *s, bool (*inside)(struct scan *s))
{
	if (s->depth == 0)
		return stop(s, "a value that is nested less deep");
	s->depth--;
	if (!inside(s))
		return false;
	s->depth++;
	return true;
}

static bool take_value(struct scan *s)
{
	struct dcf_span text;

	switch (peek(s)) {
	case '{':
		return take_nested(s, take_members);
	case '[':
		return take_nested(s, take_elements);
	case '"':
		return take_string(s, &text);
	case 't':
		return take_word(s, "true");
	case 'f':
		return take_word(s, "false");
	case 'n':
		return take_word(s, "null");
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return take_integer(s);
	default:
		return stop(s, "a value, without space before it");
	}
}

size_t dcf_canonical_stops(struct dcf_span json, unsigned depth, const char **expected)
{
	struct scan s = { .p = json.p,
			  .len = json.len,
			  .depth = depth < DCF_CANONICAL_DEPTH_MAX ? depth : (unsigned)DCF_CANONICAL_DEPTH_MAX };

	if (take_value(&s) && s.at < s.len)
		(void)stop(&s, "the end");
	*expected = s.expected;
	return s.at;
}

bool dcf_canonical_ok(struct dcf_span json, unsigned depth)
{
	const char *expected;

	(void)dcf_canonical_stops(json, depth, &expected);
	return !expected;
}
