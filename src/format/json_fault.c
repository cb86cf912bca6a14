/* SPDX-License-Identifier: Apache-2.0 */
/* json_fault.c - find the byte at which a text stops being JSON (RFC 8259).
 *
 * Only run on texts that the parser refused, to say where: one byte at a time, no recursion. */
#include "base/utf8.h"
#include "format/json.h"

enum { DEPTH = 128 };

struct cursor {
	const char *p, *at, *end;
	const char *expected;
	uint32_t depth;
	bool object[DEPTH];
};

static int look(const struct cursor *c)
{
	return c->at < c->end ? (unsigned char)*c->at : -1;
}

static void skip_space(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
		c->at++;
}

static bool expect(struct cursor *c, bool ok, const char *expected)
{
	if (!ok)
		c->expected = expected;
	return ok;
}

static bool is_hex(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool hex4(struct cursor *c)
{
	for (int i = 0; i < 4; i++, c->at++)
		if (!expect(c, is_hex(look(c)), "four hexadecimal digits after \\u"))
			return false;
	return true;
}

static unsigned value_of_hex4(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++)
		v = v * 16 + (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return v;
}

/* A surrogate must come in a pair: simdjson accepts no other. */
static bool escape(struct cursor *c)
{
	unsigned u;

	c->at++;
	if (!expect(c, look(c) > 0 && strchr("\"\\/bfnrtu", look(c)), "an escape of JSON after the backslash"))
		return false;
	if (*c->at++ != 'u')
		return true;
	if (!hex4(c))
		return false;
	u = value_of_hex4(c->at - 4);
	if (u < 0xd800 || u > 0xdfff)
		return true;
	if (!expect(c, u < 0xdc00 && c->end - c->at >= 2 && c->at[0] == '\\' && c->at[1] == 'u', "a surrogate pair"))
		return false;
	c->at += 2;
	if (!hex4(c))
		return false;
	u = value_of_hex4(c->at - 4);
	return expect(c, u >= 0xdc00 && u <= 0xdfff, "a surrogate pair");
}

static bool string(struct cursor *c)
{
	c->at++;
	while (look(c) != '"') {
		size_t n = dcf_utf8_length(c->at, (size_t)(c->end - c->at));

		if (!expect(c, look(c) >= 0, "the string's closing quote") || !expect(c, n > 0, "UTF-8") ||
		    !expect(c, look(c) >= 0x20, "no control character inside a string"))
			return false;
		if (*c->at != '\\')
			c->at += n;
		else if (!escape(c))
			return false;
	}
	c->at++;
	return true;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool digits(struct cursor *c)
{
	if (!expect(c, is_digit(look(c)), "a digit"))
		return false;
	while (is_digit(look(c)))
		c->at++;
	return true;
}

static bool number(struct cursor *c)
{
	if (look(c) == '-')
		c->at++;
	if (look(c) == '0')
		c->at++;
	else if (!digits(c))
		return false;
	if (look(c) == '.') {
		c->at++;
		if (!digits(c))
			return false;
	}
	if (look(c) == 'e' || look(c) == 'E') {
		c->at++;
		if (look(c) == '+' || look(c) == '-')
			c->at++;
		if (!digits(c))
			return false;
	}
	return true;
}

static bool word(struct cursor *c)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(c->end - c->at) >= n && memcmp(c->at, words[i], n) == 0) {
			c->at += n;
			return true;
		}
	}
	return expect(c, false, "a value");
}

static bool name(struct cursor *c)
{
	skip_space(c);
	if (!expect(c, look(c) == '"', "a member's name in quotes") || !string(c))
		return false;
	skip_space(c);
	if (!expect(c, look(c) == ':', "':' after the member's name"))
		return false;
	c->at++;
	return true;
}

/* Open brackets up to a plain value or an empty object or array, and take that. */
static bool value(struct cursor *c)
{
	for (;;) {
		int b;

		skip_space(c);
		b = look(c);
		if (b != '{' && b != '[') {
			if (b == '"')
				return string(c);
			return b == '-' || is_digit(b) ? number(c) : word(c);
		}
		if (!expect(c, c->depth < DEPTH, "less nesting"))
			return false;
		c->object[c->depth++] = b == '{';
		c->at++;
		skip_space(c);
		if (look(c) == (b == '{' ? '}' : ']')) {
			c->at++;
			c->depth--;
			return true;
		}
		if (b == '{' && !name(c))
			return false;
	}
}

/* After a value: close what ends here, up to the next ','.  Returns whether another value follows. */
static bool after_value(struct cursor *c)
{
	while (c->depth) {
		bool object = c->object[c->depth - 1];

		skip_space(c);
		if (look(c) == ',') {
			c->at++;
			return object ? name(c) : true;
		}
		if (!expect(c, look(c) == (object ? '}' : ']'), object ? "',' or '}'" : "',' or ']'"))
			return false;
		c->at++;
		c->depth--;
	}
	return false;
}

bool dcf_jfault(struct dcf_span text, struct dcf_jfault *fault)
{
	/* A text of no bytes may have no place either. */
	const char *p = text.len ? text.p : "";
	struct cursor c = { .p = p, .at = p, .end = p + text.len };

	while (value(&c) && after_value(&c))
		;
	if (!c.expected) {
		skip_space(&c);
		(void)expect(&c, c.at == c.end, "the end");
	}
	*fault = (struct dcf_jfault){ (size_t)(c.at - c.p), c.expected };
	return c.expected != NULL;
}
