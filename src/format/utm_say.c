/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences of replies.  They hold the texts that clients' test suites look for, and behind them what a person wants to know.
 */
#include "format/put_number.h"
#include "format/utm_int.h"

enum { FOUND_MOST = 40 };

void dcf_utm_say(struct dcf_utm_sentence *s, const char *z)
{
	for (; *z && s->len + 1 < s->cap; z++)
		s->p[s->len++] = *z;
	s->p[s->len] = '\0';
}

void dcf_utm_say_number(struct dcf_utm_sentence *s, int64_t v)
{
	dcf_utm_say_fixed(s, v, 0);
}

void dcf_utm_say_fixed(struct dcf_utm_sentence *s, int64_t v, int decimals)
{
	uint64_t u = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
	char digits[24];
	size_t at = sizeof digits;

	digits[--at] = '\0';
	for (int i = 0; u || i <= decimals; i++) {
		if (decimals && i == decimals)
			digits[--at] = '.';
		digits[--at] = (char)('0' + u % 10);
		u /= 10;
	}
	if (v < 0)
		dcf_utm_say(s, "-");
	dcf_utm_say(s, digits + at);
}

/* Outermost first. */
static void say_pointer(struct dcf_utm_sentence *s, const struct dcf_utm_at *at)
{
	if (at->up)
		say_pointer(s, at->up);
	dcf_utm_say(s, "/");
	if (at->name)
		dcf_utm_say(s, at->name);
	else
		dcf_utm_say_number(s, (int64_t)at->index);
}

bool dcf_utm_no_memory(struct dcf_utm_reader *r)
{
	r->status = DCF_E_NOMEM;
	return false;
}

bool dcf_utm_refuse(struct dcf_utm_reader *r, unsigned status, const char *prefix, const char *what,
		    const struct dcf_utm_at *at, const char *found, const char *expected)
{
	struct dcf_utm_sentence s = { r->fault->text, 0, sizeof r->fault->text };

	r->status = DCF_E_REFUSED;
	r->fault->status = status;
	dcf_utm_say(&s, prefix);
	dcf_utm_say(&s, what);
	if (at) {
		dcf_utm_say(&s, " at ");
		say_pointer(&s, at);
	}
	if (found) {
		dcf_utm_say(&s, ": found ");
		dcf_utm_say(&s, found);
	}
	if (expected) {
		dcf_utm_say(&s, found ? ", expected " : ": expected ");
		dcf_utm_say(&s, expected);
	}
	return false;
}

/* A text, its beginning, what is no plain character as '?'. */
static void say_text(struct dcf_utm_sentence *s, struct dcf_span text)
{
	dcf_utm_say(s, "\"");
	for (size_t i = 0; i < text.len && i < FOUND_MOST; i++) {
		char one[2] = { text.p[i] >= 0x20 && text.p[i] < 0x7f ? text.p[i] : '?', '\0' };

		dcf_utm_say(s, one);
	}
	dcf_utm_say(s, text.len > FOUND_MOST ? "...\"" : "\"");
}

static bool say_double(struct dcf_utm_reader *r, struct dcf_utm_sentence *s, double d)
{
	struct dcf_buf text = { .from = r->arena->from };

	dcf_put_double(&text, d);
	dcf_buf_char(&text, '\0');
	if (!text.failed)
		dcf_utm_say(s, text.p);
	dcf_buf_free(&text);
	return !text.failed;
}

static bool say_value(struct dcf_utm_reader *r, struct dcf_utm_sentence *s, struct dcf_jval v)
{
	double d;

	if (dcf_jdouble(v, &d))
		return say_double(r, s, d);
	switch (dcf_jkind(v)) {
	case DCF_J_ABSENT:
	case DCF_J_NULL:
		dcf_utm_say(s, "nothing");
		break;
	case DCF_J_STRING:
		say_text(s, dcf_jstring(v));
		break;
	case DCF_J_OBJECT:
		dcf_utm_say(s, "an object");
		break;
	case DCF_J_ARRAY:
		dcf_utm_say(s, "an array");
		break;
	default:
		dcf_utm_say(s, dcf_jkind(v) == DCF_J_TRUE ? "true" : "false");
	}
	return true;
}

bool dcf_utm_refuse_value(struct dcf_utm_reader *r, const char *prefix, const char *what, const struct dcf_utm_at *at,
			  struct dcf_jval v, const char *expected)
{
	char found[FOUND_MOST + 8];
	struct dcf_utm_sentence s = { found, 0, sizeof found };

	if (!say_value(r, &s, v))
		return dcf_utm_no_memory(r);
	return dcf_utm_refuse(r, 400, prefix, what, at, found, expected);
}
