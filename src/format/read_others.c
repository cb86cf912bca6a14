/* SPDX-License-Identifier: Apache-2.0 */
/* read_others.c - members that this program does not know: kept as they are written, so that a file that goes through it
 * loses nothing.
 *
 * The parser's values say which members there are, the text how they are written; both have them in the same order. */
#include "format/json_members.h"
#include "format/read_int.h"

/* Two declarations' members together: each name of the second is looked for in the first. */
#define JOINED_MAX ((size_t)16 << 10)

struct dcf_span dcf_raw_member(struct dcf_jval object, struct dcf_span raw, const char *name)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_json_members m = dcf_json_members_of(raw);
	struct dcf_span key, raw_key, text;
	struct dcf_jval value;

	if (dcf_jkind(object) == DCF_J_OBJECT)
		while (dcf_jmember(&it, &key, &value) && dcf_json_members_next(&m, &raw_key, &text))
			if (dcf_span_eq(key, dcf_span_of(name)))
				return text;
	return DCF_SPAN("");
}

static bool is_one_of(struct dcf_span name, const struct dcf_span *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (dcf_span_eq(name, names[i]))
			return true;
	return false;
}

static bool has_others(struct dcf_jval object, const struct dcf_span *known, size_t count)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_span name;
	struct dcf_jval value;

	if (dcf_jkind(object) == DCF_J_OBJECT)
		while (dcf_jmember(&it, &name, &value))
			if (!is_one_of(name, known, count))
				return true;
	return false;
}

/* One more member of the object in r->text; its name as it is written. */
static void put_member(struct dcf_reader *r, struct dcf_span name, struct dcf_span value)
{
	dcf_buf_z(&r->text, r->text.len ? ",\"" : "{\"");
	dcf_buf_span(&r->text, name);
	dcf_buf_z(&r->text, "\":");
	dcf_put_json_compact(&r->text, value);
}

static struct dcf_span keep_members(struct dcf_reader *r)
{
	if (r->text.len)
		dcf_buf_char(&r->text, '}');
	if (r->text.failed)
		r->status = DCF_E_NOMEM;
	if (!r->text.len)
		return DCF_SPAN("");
	return dcf_reader_keep(r, dcf_buf_as_span(&r->text));
}

struct dcf_span dcf_get_others(struct dcf_reader *r, struct dcf_jval object, struct dcf_span raw, const struct dcf_span *known,
			       size_t count)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_json_members m = dcf_json_members_of(raw);
	struct dcf_span name, raw_name, text;
	struct dcf_jval value;

	if (!has_others(object, known, count))
		return DCF_SPAN("");
	r->text.len = 0;
	while (dcf_jmember(&it, &name, &value) && dcf_json_members_next(&m, &raw_name, &text))
		if (!is_one_of(name, known, count))
			put_member(r, raw_name, text);
	return keep_members(r);
}

static bool names(struct dcf_span object, struct dcf_span name)
{
	struct dcf_json_members m = dcf_json_members_of(object);
	struct dcf_span one, value;

	while (dcf_json_members_next(&m, &one, &value))
		if (dcf_span_eq(one, name))
			return true;
	return false;
}

static void put_new_members(struct dcf_reader *r, struct dcf_span from, struct dcf_span but)
{
	struct dcf_json_members m = dcf_json_members_of(from);
	struct dcf_span name, value;

	while (dcf_json_members_next(&m, &name, &value))
		if (!names(but, name))
			put_member(r, name, value);
}

void dcf_join_others(struct dcf_reader *r, struct dcf_span *to, struct dcf_span more)
{
	if (!more.len || dcf_span_eq(*to, more))
		return;
	if (!to->len) {
		*to = more;
		return;
	}
	if (to->len + more.len > JOINED_MAX) {
		if (!r->others_full)
			dcf_warn(r, "", "unknown members of several declarations are more than 16 KiB: the first are kept");
		r->others_full = true;
		return;
	}
	r->text.len = 0;
	put_new_members(r, *to, DCF_SPAN(""));
	put_new_members(r, more, *to);
	*to = keep_members(r);
}
