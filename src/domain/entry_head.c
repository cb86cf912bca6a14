/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/entry_head.h"
#include "base/decimal.h"
#include "base/json_writer.h"
#include "format/json.h"

#include <stddef.h>

enum { HEAD_BYTES_MAX = 16384, SLACK = 64 };

enum member_kind { MEMBER_I64, MEMBER_U32, MEMBER_POSITION, MEMBER_TEXT, MEMBER_KIND, MEMBER_EVENT, MEMBER_FLAG };

/* Every member of a head, sorted by name as RFC 8785 asks. */
static const struct member {
	const char *name;
	enum member_kind as;
	size_t offset;
} members[] = {
	{ "at", MEMBER_I64, offsetof(struct dcf_entry_head, at_us) },
	{ "by", MEMBER_TEXT, offsetof(struct dcf_entry_head, by) },
	{ "digest", MEMBER_TEXT, offsetof(struct dcf_entry_head, digest) },
	{ "event", MEMBER_EVENT, offsetof(struct dcf_entry_head, event) },
	{ "exercise", MEMBER_FLAG, offsetof(struct dcf_entry_head, exercise) },
	{ "first", MEMBER_POSITION, offsetof(struct dcf_entry_head, first) },
	{ "kind", MEMBER_KIND, offsetof(struct dcf_entry_head, kind) },
	{ "member", MEMBER_TEXT, offsetof(struct dcf_entry_head, member) },
	{ "operation", MEMBER_TEXT, offsetof(struct dcf_entry_head, operation) },
	{ "origin", MEMBER_TEXT, offsetof(struct dcf_entry_head, origin) },
	{ "party", MEMBER_TEXT, offsetof(struct dcf_entry_head, party) },
	{ "reason", MEMBER_TEXT, offsetof(struct dcf_entry_head, reason) },
	{ "request", MEMBER_TEXT, offsetof(struct dcf_entry_head, request) },
	{ "request_count", MEMBER_U32, offsetof(struct dcf_entry_head, request_count) },
	{ "role", MEMBER_TEXT, offsetof(struct dcf_entry_head, role) },
	{ "version", MEMBER_U32, offsetof(struct dcf_entry_head, version) },
	{ "vkey", MEMBER_TEXT, offsetof(struct dcf_entry_head, vkey) },
};
enum { MEMBER_COUNT = sizeof members / sizeof *members };

/* clang-format off */
static const char *const kind_name[DCF_ENTRY_KIND_COUNT] = {
	[DCF_ENTRY_FOUNDED] = "founded", [DCF_ENTRY_KEY] = "key",	  [DCF_ENTRY_PARTY] = "party",
	[DCF_ENTRY_AIRSPACE] = "airspace", [DCF_ENTRY_OPERATION] = "operation", [DCF_ENTRY_EVENT] = "event",
	[DCF_ENTRY_OVER] = "over",	   [DCF_ENTRY_PURGE] = "purge",	  [DCF_ENTRY_ERASED] = "erased",
	[DCF_ENTRY_PEER] = "peer",	   [DCF_ENTRY_LINE_OUT] = "line_out", [DCF_ENTRY_LINE_IN] = "line_in",
	[DCF_ENTRY_LINE_CLOCK] = "line_clock", [DCF_ENTRY_LINE_STATUS] = "line_status", [DCF_ENTRY_LINE_REFUSED] = "line_refused",
	[DCF_ENTRY_EXCHANGE] = "exchange", [DCF_ENTRY_EXCHANGE_OVER] = "exchange_over", [DCF_ENTRY_EXCHANGE_OWN] = "exchange_own",
};
/* clang-format on */

const char *dcf_entry_kind_name(enum dcf_entry_kind kind)
{
	return (unsigned)kind < DCF_ENTRY_KIND_COUNT ? kind_name[kind] : "";
}

static const void *at(const struct dcf_entry_head *head, const struct member *m)
{
	return (const char *)head + m->offset;
}

/* Is there anything to write?  `at` and `kind` always stand. */
static bool stands(const struct dcf_entry_head *head, const struct member *m)
{
	switch (m->as) {
	case MEMBER_I64:
	case MEMBER_KIND:
		return true;
	case MEMBER_U32:
		return *(const uint32_t *)at(head, m) != 0;
	case MEMBER_POSITION:
		return *(const uint64_t *)at(head, m) != 0;
	case MEMBER_TEXT:
		return ((const struct dcf_span *)at(head, m))->len != 0;
	case MEMBER_EVENT:
		return head->kind == DCF_ENTRY_EVENT;
	case MEMBER_FLAG:
		return *(const bool *)at(head, m);
	}
	return false;
}

void dcf_entry_write(const struct dcf_entry_head *head, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };

	dcf_json_begin(&j, '{');
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		const struct member *m = &members[i];

		if (!stands(head, m))
			continue;
		dcf_json_key(&j, m->name);
		switch (m->as) {
		case MEMBER_I64:
			dcf_json_i64(&j, *(const int64_t *)at(head, m));
			break;
		case MEMBER_U32:
			dcf_json_i64(&j, *(const uint32_t *)at(head, m));
			break;
		case MEMBER_POSITION:
			dcf_json_i64(&j, (int64_t)(*(const uint64_t *)at(head, m)));
			break;
		case MEMBER_TEXT:
			dcf_json_string(&j, *(const struct dcf_span *)at(head, m));
			break;
		case MEMBER_KIND:
			dcf_json_z(&j, dcf_entry_kind_name((enum dcf_entry_kind)head->kind));
			break;
		case MEMBER_EVENT:
			dcf_json_z(&j, dcf_op_event_name((enum dcf_op_event)head->event));
			break;
		case MEMBER_FLAG:
			dcf_json_bool(&j, true);
			break;
		}
	}
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
	dcf_buf_span(out, head->body);
}

static bool read_kind(struct dcf_jval v, uint8_t *out)
{
	for (unsigned i = 0; i < DCF_ENTRY_KIND_COUNT; i++)
		if (dcf_jis(v, kind_name[i])) {
			*out = (uint8_t)i;
			return true;
		}
	return false;
}

static bool read_i64(struct dcf_jval v, int64_t *out)
{
	if (dcf_jkind(v) != DCF_J_I64)
		return false;
	memcpy(out, &v.doc->tape[v.at + 1], sizeof *out);
	return true;
}

/* One member into its place; texts are copied, since the document is scratch. */
static enum dcf_status read_member(struct dcf_jval v, const struct member *m, struct dcf_arena *arena,
				   struct dcf_entry_head *head)
{
	void *to = (char *)head + m->offset;
	int64_t n;

	switch (m->as) {
	case MEMBER_I64:
		return read_i64(v, to) ? DCF_OK : DCF_E_SYNTAX;
	case MEMBER_U32:
		if (!read_i64(v, &n) || n <= 0 || n > UINT32_MAX)
			return DCF_E_SYNTAX;
		*(uint32_t *)to = (uint32_t)n;
		return DCF_OK;
	case MEMBER_POSITION:
		if (!read_i64(v, &n) || n <= 0)
			return DCF_E_SYNTAX;
		*(uint64_t *)to = (uint64_t)n;
		return DCF_OK;
	case MEMBER_TEXT:
		if (dcf_jkind(v) != DCF_J_STRING || dcf_jstring(v).len == 0)
			return DCF_E_SYNTAX;
		*(struct dcf_span *)to = dcf_arena_copy(arena, dcf_jstring(v));
		return ((struct dcf_span *)to)->p ? DCF_OK : DCF_E_NOMEM;
	case MEMBER_KIND:
		return read_kind(v, to) ? DCF_OK : DCF_E_SYNTAX;
	case MEMBER_EVENT:
		if (dcf_jkind(v) != DCF_J_STRING)
			return DCF_E_SYNTAX;
		head->event = (uint8_t)dcf_op_event_of(dcf_jstring(v));
		return head->event < DCF_OP_EVENT_COUNT ? DCF_OK : DCF_E_SYNTAX;
	case MEMBER_FLAG:
		if (dcf_jkind(v) != DCF_J_TRUE)
			return DCF_E_SYNTAX;
		*(bool *)to = true;
		return DCF_OK;
	}
	return DCF_E_SYNTAX;
}

/* Members must come in the order of the table, each at most once: what is canonical has one form only. */
static enum dcf_status read_members(struct dcf_jval object, struct dcf_arena *arena, struct dcf_entry_head *head)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_span name;
	struct dcf_jval value;
	size_t i = 0;
	bool seen_at = false, seen_kind = false;
	enum dcf_status s = DCF_OK;

	while (s == DCF_OK && dcf_jmember(&it, &name, &value)) {
		while (i < MEMBER_COUNT && !dcf_span_eq(name, dcf_span_of(members[i].name)))
			i++;
		if (i == MEMBER_COUNT)
			return DCF_E_SYNTAX;
		seen_at |= members[i].as == MEMBER_I64;
		seen_kind |= members[i].as == MEMBER_KIND;
		s = read_member(value, &members[i++], arena, head);
	}
	if (s == DCF_OK && !(seen_at && seen_kind))
		s = DCF_E_SYNTAX;
	return s;
}

enum dcf_status dcf_entry_read(struct dcf_span content, struct dcf_jdoc *doc, struct dcf_arena *arena,
			       struct dcf_entry_head *head, const char **why)
{
	const char *end = content.len ? memchr(content.p, '\n', content.len) : NULL;
	char line[HEAD_BYTES_MAX + SLACK];
	size_t len;
	enum dcf_status s;

	*head = (struct dcf_entry_head){ 0 };
	*why = "no line that ends the head";
	if (!end)
		return DCF_E_SYNTAX;
	len = (size_t)(end - content.p);
	*why = "a head of more than 16384 bytes";
	if (len > HEAD_BYTES_MAX)
		return DCF_E_SYNTAX;
	memcpy(line, content.p, len);
	memset(line + len, 0, SLACK);
	s = dcf_jparse(doc, line, len, why);
	if (s == DCF_E_NOMEM)
		return s;
	if (s != DCF_OK)
		return DCF_E_SYNTAX;
	*why = "a head that is no object of an entry, or not in canonical form";
	if (dcf_jkind(dcf_jroot(doc)) != DCF_J_OBJECT)
		return DCF_E_SYNTAX;
	s = read_members(dcf_jroot(doc), arena, head);
	head->body = (struct dcf_span){ end + 1, content.len - len - 1 };
	return s;
}

void dcf_positions_put(struct dcf_buf *out, uint64_t position)
{
	dcf_buf_i64(out, (int64_t)position);
	dcf_buf_char(out, '\n');
}

bool dcf_positions_next(struct dcf_span *body, uint64_t *position, bool *bad)
{
	const char *end = body->len ? memchr(body->p, '\n', body->len) : NULL;
	size_t i = end ? (size_t)(end - body->p) : 0;
	uint64_t n;

	if (body->len == 0)
		return false;
	if (!dcf_decimal_read((struct dcf_span){ body->p, i }, &n)) {
		*bad = true;
		return false;
	}
	*position = n;
	*body = (struct dcf_span){ body->p + i + 1, body->len - i - 1 };
	return true;
}
