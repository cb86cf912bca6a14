/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_body.c - what somebody asks to be said, in the one form that is signed. */
#include "node/api_line.h"

#include <stdlib.h>

enum { MEMBERS_MOST = 10000 };

static const int64_t INTEGER_MOST = (INT64_C(1) << 53) - 1;

struct making {
	struct dcf_arena *arena;
	struct dcf_json j;
	const char *why;
};

struct member {
	struct dcf_span name;
	struct dcf_jval value;
};

static int by_name(const void *a, const void *b)
{
	/* Names are ASCII, so the order of bytes is that of UTF-16. */
	return dcf_span_cmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static enum dcf_status no(struct making *m, const char *why)
{
	m->why = why;
	return DCF_E_REFUSED;
}

static bool is_ascii(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] > 0x7e)
			return false;
	return s.len > 0;
}

static enum dcf_status put(struct making *m, struct dcf_jval v, unsigned depth);

static enum dcf_status put_object(struct making *m, struct dcf_jval v, unsigned depth)
{
	size_t n = dcf_jcount(v), i = 0;
	struct member *all;
	struct dcf_jwalk it = dcf_jwalk(v);
	enum dcf_status s = DCF_OK;

	if (n > MEMBERS_MOST)
		return no(m, "found an object of too many members");
	all = dcf_arena_get(m->arena, (n + 1) * sizeof *all);
	if (!all)
		return DCF_E_NOMEM;
	while (i < n && dcf_jmember(&it, &all[i].name, &all[i].value)) {
		if (!is_ascii(all[i].name))
			return no(m, "found a member whose name is not printable ASCII");
		i++;
	}
	qsort(all, i, sizeof *all, by_name);
	dcf_json_begin(&m->j, '{');
	for (size_t k = 0; k < i && s == DCF_OK; k++) {
		dcf_json_key_span(&m->j, all[k].name);
		s = put(m, all[k].value, depth - 1);
	}
	dcf_json_end(&m->j, '}');
	return s;
}

static enum dcf_status put_array(struct making *m, struct dcf_jval v, unsigned depth)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval item;
	enum dcf_status s = DCF_OK;

	dcf_json_begin(&m->j, '[');
	while (s == DCF_OK && dcf_jnext(&it, &item))
		s = put(m, item, depth - 1);
	dcf_json_end(&m->j, ']');
	return s;
}

static enum dcf_status put_number(struct making *m, struct dcf_jval v)
{
	int64_t n;

	if (dcf_jkind(v) != DCF_J_I64)
		return no(m, "found a number that is no integer: degrees are given in 1e-7, altitudes in 0.1 mm, times in "
			     "microseconds");
	memcpy(&n, &v.doc->tape[v.at + 1], sizeof n);
	if (n > INTEGER_MOST || n < -INTEGER_MOST)
		return no(m, "found an integer beyond 2^53");
	dcf_json_i64(&m->j, n);
	return DCF_OK;
}

static enum dcf_status put(struct making *m, struct dcf_jval v, unsigned depth)
{
	int kind = dcf_jkind(v);

	switch (kind) {
	case DCF_J_OBJECT:
	case DCF_J_ARRAY:
		if (depth == 0)
			return no(m, "found it nested too deep");
		return kind == DCF_J_OBJECT ? put_object(m, v, depth) : put_array(m, v, depth);
	case DCF_J_STRING:
		dcf_json_string(&m->j, dcf_jstring(v));
		return DCF_OK;
	case DCF_J_TRUE:
	case DCF_J_FALSE:
		dcf_json_bool(&m->j, kind == DCF_J_TRUE);
		return DCF_OK;
	case DCF_J_NULL:
		dcf_json_null(&m->j);
		return DCF_OK;
	default:
		return put_number(m, v);
	}
}

enum dcf_status dcf_line_canonical(struct dcf_jval value, unsigned depth, struct dcf_arena *arena, struct dcf_buf *out,
				   const char **why)
{
	struct making m = { .arena = arena, .j = { .out = out }, .why = "" };
	enum dcf_status s = put(&m, value, depth);

	*why = m.why;
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

bool dcf_line_body_set(struct dcf_line_body *body, struct dcf_span name, struct dcf_span value)
{
	size_t i = 0;

	while (i < body->count && !dcf_span_eq(body->member[i].name, name))
		i++;
	if (i == DCF_LINE_MEMBERS_MAX)
		return false;
	body->member[i].name = name;
	body->member[i].value = value;
	body->count += i == body->count;
	return true;
}

struct dcf_span dcf_line_body_get(const struct dcf_line_body *body, const char *name)
{
	for (size_t i = 0; i < body->count; i++)
		if (dcf_span_eq(body->member[i].name, dcf_span_of(name)))
			return body->member[i].value;
	return (struct dcf_span){ NULL, 0 };
}

void dcf_line_body_put(const struct dcf_line_body *body, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };
	bool done[DCF_LINE_MEMBERS_MAX] = { false };

	dcf_json_begin(&j, '{');
	for (size_t n = 0; n < body->count; n++) {
		size_t least = DCF_LINE_MEMBERS_MAX;

		for (size_t i = 0; i < body->count; i++)
			if (!done[i] &&
			    (least == DCF_LINE_MEMBERS_MAX || dcf_span_cmp(body->member[i].name, body->member[least].name) < 0))
				least = i;
		done[least] = true;
		dcf_json_key_span(&j, body->member[least].name);
		dcf_json_raw(&j, body->member[least].value);
	}
	dcf_json_end(&j, '}');
}
