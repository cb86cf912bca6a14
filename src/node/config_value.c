/* SPDX-License-Identifier: Apache-2.0 */
/* config_value.c - values of the configuration: from text, to text. */
#include "node/config_int.h"

#include <string.h>
#include "base/utf8.h"

struct unit {
	const char *name;
	int64_t size;
};

/* Largest first: the way they are shown. */
static const struct unit sizes[] = { { "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "", 1 }, { NULL, 0 } };
static const struct unit times[] = { { "d", INT64_C(86400000000) },
				     { "h", INT64_C(3600000000) },
				     { "min", 60000000 },
				     { "s", 1000000 },
				     { "ms", 1000 },
				     { NULL, 0 } };

static bool take_number(struct dcf_span *text, int64_t *out)
{
	int64_t v = 0;
	size_t n = 0;

	for (; n < text->len && text->p[n] >= '0' && text->p[n] <= '9'; n++) {
		int digit = text->p[n] - '0';

		if (v > (INT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	text->p += n;
	text->len -= n;
	*out = v;
	return n > 0;
}

static bool take_unit(struct dcf_span text, const struct unit *units, int64_t *out)
{
	if (!take_number(&text, out))
		return false;
	for (; units->name; units++) {
		if (!dcf_span_eq(text, dcf_span_of(units->name)))
			continue;
		if (*out > INT64_MAX / units->size)
			return false;
		*out *= units->size;
		return true;
	}
	return false;
}

bool dcf_config_take_size(struct dcf_span text, int64_t *bytes)
{
	return take_unit(text, sizes, bytes);
}

bool dcf_config_take_time(struct dcf_span text, int64_t *us)
{
	return take_unit(text, times, us);
}

static void put_unit(struct dcf_buf *out, int64_t v, const struct unit *units, const char *zero)
{
	if (v == 0) {
		dcf_buf_z(out, zero);
		return;
	}
	for (; units->name; units++)
		if (v % units->size == 0) {
			dcf_buf_i64(out, v / units->size);
			dcf_buf_z(out, units->name);
			return;
		}
}

void dcf_config_put_size(struct dcf_buf *out, int64_t bytes)
{
	put_unit(out, bytes, sizes, "0");
}

void dcf_config_put_time(struct dcf_buf *out, int64_t us)
{
	put_unit(out, us, times, "0s");
}

/* --- what each kind takes: NULL, or what was expected ------------------------------------------------------------ */

/* UTF-8 that steers nothing. */
static bool is_text(struct dcf_span s)
{
	for (size_t at = 0; at < s.len;) {
		size_t w = dcf_utf8_length(s.p + at, s.len - at);

		if (w == 0 || dcf_utf8_steers(s.p + at, w))
			return false;
		at += w;
	}
	return true;
}

static const char *copy(struct dcf_config *c, struct dcf_span text, enum dcf_status *s)
{
	const char *p = dcf_arena_copy(&c->texts, text).p;

	if (!p)
		*s = DCF_E_NOMEM;
	return p;
}

static bool is_port(struct dcf_span s)
{
	int64_t v;

	return s.len <= 5 && take_number(&s, &v) && s.len == 0 && v <= 65535;
}

static bool is_host_char(char c, bool bracketed)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.')
		return true;
	return bracketed ? c == ':' : c == '-';
}

static const char *check_address(struct dcf_span s)
{
	static const char expected[] = "expected ADDR:PORT, as 127.0.0.1:8080 or [::1]:8080";
	bool bracketed = s.len > 0 && s.p[0] == '[';
	size_t colon = s.len, end;

	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon < 2 || !is_port((struct dcf_span){ s.p + colon, s.len - colon }))
		return expected;
	end = colon - 1;
	if (bracketed && s.p[--end] != ']')
		return expected;
	for (size_t i = bracketed; i < end; i++)
		if (!is_host_char(s.p[i], bracketed))
			return expected;
	return end > (size_t)bracketed ? NULL : expected;
}

static bool begins(struct dcf_span s, const char *head)
{
	return s.len > strlen(head) && memcmp(s.p, head, strlen(head)) == 0;
}

static const char *take_text(struct dcf_config *c, const struct dcf_config_row *row, void *to, struct dcf_span text,
			     enum dcf_status *s)
{
	/* An address that has no default may be left away, and is shown as nothing. */
	bool address = row->kind == DCF_CONFIG_ADDRESS && (text.len || *row->preset);
	const char *expected = address ? check_address(text) : NULL, *p;

	if (expected)
		return expected;
	if (!(p = copy(c, text, s)))
		return "no memory";
	*(const char **)to = p;
	return NULL;
}

static const char *take_item(struct dcf_config *c, const struct dcf_config_row *row, void *to, struct dcf_span text,
			     enum dcf_status *s)
{
	struct dcf_config_list *list = to;
	const char *p;

	if (text.len == 0)
		return "expected a value";
	if (row->kind == DCF_CONFIG_URLS && !begins(text, "https://") && !begins(text, "http://"))
		return "expected a URL that begins with https:// or http://";
	if (list->count == DCF_CONFIG_LIST) {
		*s = DCF_E_LIMIT;
		return "expected at most 16 of them";
	}
	if (!(p = copy(c, text, s)))
		return "no memory";
	list->item[list->count++] = p;
	return NULL;
}

static const char *take_switch(void *to, struct dcf_span text)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = { { "yes", true }, { "no", false },  { "true", true }, { "false", false },
		      { "on", true },  { "off", false }, { "1", true },    { "0", false } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (dcf_span_eq(text, dcf_span_of(words[i].word))) {
			*(bool *)to = words[i].value;
			return NULL;
		}
	return "expected yes or no";
}

static const char *take_quantity(const struct dcf_config_row *row, void *to, struct dcf_span text, enum dcf_status *s)
{
	static const char *const expected[] = { [DCF_CONFIG_COUNT] = "expected a whole number",
						[DCF_CONFIG_SIZE] = "expected a size as 64KiB, 8MiB, 1GiB or a number of bytes",
						[DCF_CONFIG_TIME] = "expected a time as 500ms, 30s, 15min, 8h or 7d" };
	int64_t v;
	bool ok;

	if (row->kind == DCF_CONFIG_COUNT)
		ok = take_number(&text, &v) && text.len == 0;
	else
		ok = row->kind == DCF_CONFIG_SIZE ? dcf_config_take_size(text, &v) : dcf_config_take_time(text, &v);
	if (!ok)
		return expected[row->kind];
	if (!(v >= row->least && v <= row->most)) {
		*s = DCF_E_RANGE;
		return "out of bounds";
	}
	if (row->kind == DCF_CONFIG_TIME)
		*(int64_t *)to = v;
	else
		*(uint64_t *)to = (uint64_t)v;
	return NULL;
}

static const char *take_choice(const struct dcf_config_row *row, void *to, struct dcf_span text)
{
	for (unsigned i = 0; row->choice[i]; i++)
		if (dcf_span_eq(text, dcf_span_of(row->choice[i]))) {
			*(unsigned *)to = i;
			return NULL;
		}
	return row->value;
}

const char *dcf_config_set(struct dcf_config *c, size_t index, struct dcf_span text, enum dcf_config_place place,
			   enum dcf_status *s)
{
	const struct dcf_config_row *row = &dcf_config_rows[index];
	void *to = (char *)c + row->offset;

	*s = DCF_E_SYNTAX;
	if (text.len > DCF_CONFIG_VALUE) {
		*s = DCF_E_LIMIT;
		return "expected at most 4096 bytes";
	}
	if (!is_text(text))
		return "expected UTF-8 text without control characters";
	if (dcf_config_is_list(row) && c->place[index] != place)
		*(struct dcf_config_list *)to = (struct dcf_config_list){ 0 };
	c->place[index] = (uint8_t)place;
	switch (row->kind) {
	case DCF_CONFIG_TEXT:
	case DCF_CONFIG_ADDRESS:
		return take_text(c, row, to, text, s);
	case DCF_CONFIG_TEXTS:
	case DCF_CONFIG_URLS:
		return take_item(c, row, to, text, s);
	case DCF_CONFIG_SWITCH:
		return take_switch(to, text);
	case DCF_CONFIG_CHOICE:
		return take_choice(row, to, text);
	default:
		return take_quantity(row, to, text, s);
	}
}

bool dcf_config_show(const struct dcf_config *c, size_t index, size_t item, struct dcf_buf *out)
{
	const struct dcf_config_row *row = &dcf_config_rows[index];
	const void *at = (const char *)c + row->offset;

	if (dcf_config_is_list(row)) {
		const struct dcf_config_list *list = at;

		if (item < list->count)
			dcf_buf_z(out, list->item[item]);
		return item < list->count;
	}
	switch (row->kind) {
	case DCF_CONFIG_SWITCH:
		dcf_buf_z(out, *(const bool *)at ? "yes" : "no");
		break;
	case DCF_CONFIG_COUNT:
		dcf_buf_i64(out, (int64_t) * (const uint64_t *)at);
		break;
	case DCF_CONFIG_SIZE:
		dcf_config_put_size(out, (int64_t) * (const uint64_t *)at);
		break;
	case DCF_CONFIG_TIME:
		dcf_config_put_time(out, *(const int64_t *)at);
		break;
	case DCF_CONFIG_CHOICE:
		dcf_buf_z(out, row->choice[*(const unsigned *)at]);
		break;
	default:
		dcf_buf_z(out, *(const char *const *)at);
	}
	return item == 0;
}
