/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/message.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "crypto/text.h"
#include "domain/canonical.h"
#include "format/json_members.h"

#include <stddef.h>

static const char first_line[] = "deconflict-message-v1\n";

enum {
	FIRST = sizeof first_line - 1,
	SLACK = 64, /* readable bytes behind what dcf_jparse gets */
	PARTY_MAX = 64,
	RELEASABLE_MAX = 16 * (PARTY_MAX + 1) /* sixteen parties */
};

#define INTEGER_MAX (((int64_t)1 << 53) - 1)

/* --- verbs ------------------------------------------------------------------------------------------------ */

/* DCF_NO_STATE as an event:
 *   receipt      delivery_receipt, with "refused":true line_suspended
 *   read_back    readback_equal or readback_differs, as each machine finds by comparing
 *   evidence     evidence_a or evidence_b, by who sends it
 *   classify     of the second side: classify_same or classify_differ; of the first nothing yet
 *   readout      readout_a or readout_b, by who sends it
 *   ask, cease, call, report begin an object in its first state; a notification begins as a draft that is sent
 *   disclose, the receipt of a question and the messages of the line itself move no machine */
static const struct dcf_verb_row verb[DCF_VERB_COUNT] = {
/* clang-format off */
#define ROW(name, machine, event, who, begins, needs_role, when_suspended) \
	{ name, DCF_MACHINE_##machine, event, DCF_WHO_##who, begins, needs_role, when_suspended }
/* clang-format on */
#define NONE DCF_NO_STATE
	/*                            name, machine, event, who, begins, a person's act, taken while suspended */
	[DCF_VERB_NOTIFY] = ROW("notify", NOTIFICATION, DCF_NOTE_SEND, A, true, false, false),
	[DCF_VERB_RECEIPT] = ROW("receipt", NOTIFICATION, NONE, B, false, false, true),
	[DCF_VERB_READ_BACK] = ROW("read_back", NOTIFICATION, NONE, B, false, false, false),
	[DCF_VERB_ACKNOWLEDGE] = ROW("acknowledge", NOTIFICATION, DCF_NOTE_ACKNOWLEDGE, B, false, true, false),
	[DCF_VERB_CHALLENGE] = ROW("challenge", NOTIFICATION, DCF_NOTE_CHALLENGE, B, false, true, false),
	[DCF_VERB_CLARIFY] = ROW("clarify", NOTIFICATION, DCF_NOTE_CLARIFY, A, false, false, false),
	[DCF_VERB_DISSEMINATE] = ROW("disseminate", NOTIFICATION, DCF_NOTE_DISSEMINATE, B, false, true, false),
	[DCF_VERB_WITHDRAW] = ROW("withdraw", NOTIFICATION, DCF_NOTE_WITHDRAW, A, false, false, false),
	[DCF_VERB_RESEND] = ROW("resend", NOTIFICATION, DCF_NOTE_RESEND, A, false, false, false),
	[DCF_VERB_DISCLOSE] = ROW("disclose", NOTIFICATION, NONE, B, false, false, false),

	[DCF_VERB_ASK] = ROW("ask", CLARIFICATION, NONE, A, true, false, false),
	[DCF_VERB_ASK_RECEIPT] = ROW("receipt", CLARIFICATION, NONE, B, false, false, true),
	[DCF_VERB_ANSWER_ASK] = ROW("answer", CLARIFICATION, DCF_ASK_ANSWER, B, false, true, false),
	[DCF_VERB_ACCEPT] = ROW("accept", CLARIFICATION, DCF_ASK_ACCEPT, A, false, false, false),
	[DCF_VERB_RE_ASK] = ROW("re_ask", CLARIFICATION, DCF_ASK_RE_ASK, A, false, false, false),
	[DCF_VERB_DROP_ASK] = ROW("withdraw", CLARIFICATION, DCF_ASK_WITHDRAW, A, false, false, false),

	[DCF_VERB_CEASE] = ROW("cease", CEASE, NONE, A, true, true, true),
	[DCF_VERB_CEASE_RECEIPT] = ROW("receipt", CEASE, DCF_CEASE_RECEIPT, B, false, false, true),
	[DCF_VERB_EXECUTE] = ROW("execute", CEASE, DCF_CEASE_EXECUTE, B, false, true, true),
	[DCF_VERB_DECLINE] = ROW("decline", CEASE, DCF_CEASE_DECLINE, B, false, true, true),
	[DCF_VERB_STOPPED] = ROW("stopped", CEASE, DCF_CEASE_STOP, B, false, true, true),

	[DCF_VERB_CALL] = ROW("call", CALL, NONE, A, true, false, false),
	[DCF_VERB_RING] = ROW("ring", CALL, DCF_CALL_RING, BOTH, false, false, false),
	[DCF_VERB_ANSWER_CALL] = ROW("answer", CALL, DCF_CALL_ANSWER, BOTH, false, true, false),
	[DCF_VERB_HOLD] = ROW("hold", CALL, DCF_CALL_HOLD, BOTH, false, false, false),
	[DCF_VERB_RESUME_CALL] = ROW("resume", CALL, DCF_CALL_RESUME, BOTH, false, false, false),
	[DCF_VERB_GIVE_UP] = ROW("give_up", CALL, DCF_CALL_GIVE_UP, BOTH, false, false, false),
	[DCF_VERB_END_CALL] = ROW("end", CALL, DCF_CALL_END, BOTH, false, false, false),
	[DCF_VERB_READOUT] = ROW("readout", CALL, NONE, BOTH, false, true, false),

	[DCF_VERB_REPORT] = ROW("report", INCIDENT, NONE, A, true, false, true),
	[DCF_VERB_EVIDENCE] = ROW("evidence", INCIDENT, NONE, BOTH, false, false, true),
	[DCF_VERB_CLASSIFY] = ROW("classify", INCIDENT, NONE, BOTH, false, true, true),
	[DCF_VERB_REVIEW] = ROW("review", INCIDENT, DCF_INCIDENT_REVIEW, BOTH, false, true, true),
	[DCF_VERB_CLOSE_INCIDENT] = ROW("close", INCIDENT, DCF_INCIDENT_CLOSE, BOTH, false, true, true),

	[DCF_VERB_SUSPEND] = ROW("suspend", LINE, NONE, BOTH, false, true, true),
	[DCF_VERB_RESUME_LINE] = ROW("resume", LINE, NONE, BOTH, false, true, true),
	[DCF_VERB_CLOSE_LINE] = ROW("close", LINE, NONE, BOTH, false, true, true),
	[DCF_VERB_CHECK] = ROW("check", LINE, NONE, BOTH, false, false, true),
	[DCF_VERB_ECHO] = ROW("echo", LINE, NONE, BOTH, false, false, true),
#undef NONE
#undef ROW
};

const struct dcf_verb_row *dcf_verb_row(enum dcf_verb v)
{
	return &verb[v];
}

enum dcf_verb dcf_verb_named(enum dcf_machine_kind machine, struct dcf_span name)
{
	unsigned v = 0;

	while (v < DCF_VERB_COUNT && !(verb[v].machine == machine && dcf_span_eq(dcf_span_of(verb[v].name), name)))
		v++;
	return (enum dcf_verb)v;
}

/* --- precedence ------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int64_t deadline_us;
} precedence[DCF_PRECEDENCE_COUNT] = {
	[DCF_FLASH] = { "FLASH", 60 * INT64_C(1000000) },
	[DCF_IMMEDIATE] = { "IMMEDIATE", 5 * 60 * INT64_C(1000000) },
	[DCF_PRIORITY] = { "PRIORITY", 30 * 60 * INT64_C(1000000) },
	[DCF_ROUTINE] = { "ROUTINE", 4 * 3600 * INT64_C(1000000) },
};

const char *dcf_precedence_name(enum dcf_precedence p)
{
	return (unsigned)p < DCF_PRECEDENCE_COUNT ? precedence[p].name : "";
}

enum dcf_precedence dcf_precedence_named(struct dcf_span name)
{
	unsigned p = 0;

	while (p < DCF_PRECEDENCE_COUNT && !dcf_span_eq(dcf_span_of(precedence[p].name), name))
		p++;
	return (enum dcf_precedence)p;
}

int64_t dcf_precedence_deadline_us(enum dcf_precedence p)
{
	return (unsigned)p < DCF_PRECEDENCE_COUNT ? precedence[p].deadline_us : precedence[DCF_ROUTINE].deadline_us;
}

/* --- members ---------------------------------------------------------------------------------------------- */

enum member_kind { AS_HASH, AS_NUMBER, AS_VERSION, AS_TEXT, AS_BODY, AS_FLAG, AS_MACHINE, AS_PRECEDENCE, AS_VERB };

/* Every member of a message, sorted by name as RFC 8785 asks.  What is optional stands only where it says something. */
static const struct member {
	const char *name;
	enum member_kind as;
	bool optional;
	size_t offset;
	const char *expected;
} members[] = {
#define MEMBER(field) offsetof(struct dcf_message, field)
	{ "agreement", AS_HASH, false, MEMBER(agreement), "agreement: 64 hexadecimal digits in lower case" },
	{ "at", AS_NUMBER, false, MEMBER(at_us), "at: microseconds since 1970" },
	{ "body", AS_BODY, false, MEMBER(body), "body: an object" },
	{ "exercise", AS_FLAG, true, MEMBER(exercise), "exercise: true, or no such member" },
	{ "from", AS_TEXT, false, MEMBER(from), "from: the sender's party" },
	{ "machine", AS_MACHINE, false, MEMBER(verb), "machine: notification, clarification, cease, call, incident or line" },
	{ "n", AS_NUMBER, false, MEMBER(n), "n: the message's number, from 1" },
	{ "object", AS_TEXT, true, MEMBER(object), "object: the id of an object" },
	{ "precedence", AS_PRECEDENCE, false, MEMBER(precedence), "precedence: FLASH, IMMEDIATE, PRIORITY or ROUTINE" },
	{ "prev", AS_HASH, false, MEMBER(prev), "prev: 64 hexadecimal digits in lower case" },
	{ "releasable_to", AS_TEXT, true, MEMBER(releasable_to), "releasable_to: parties between commas" },
	{ "role", AS_TEXT, true, MEMBER(role), "role: who acts" },
	{ "to", AS_TEXT, false, MEMBER(to), "to: the recipient's party" },
	{ "verb", AS_VERB, false, MEMBER(verb), "verb: what the message does, one of its machine's" },
	{ "version", AS_VERSION, true, MEMBER(version), "version: of the object, from 1" },
#undef MEMBER
};
enum { MEMBERS = sizeof members / sizeof *members };

static const void *field(const struct dcf_message *m, const struct member *of)
{
	return (const char *)m + of->offset;
}

static bool stands(const struct dcf_message *m, const struct member *of)
{
	if (!of->optional)
		return true;
	switch (of->as) {
	case AS_FLAG:
		return *(const bool *)field(m, of);
	case AS_VERSION:
		return *(const uint32_t *)field(m, of) != 0;
	default:
		return ((const struct dcf_span *)field(m, of))->len != 0;
	}
}

/* --- writing ---------------------------------------------------------------------------------------------- */

static void put_hash(struct dcf_json *j, const struct dcf_hash *h)
{
	char hex[2 * DCF_HASH_BYTES];

	dcf_json_string(j, (struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, h->b, sizeof h->b) });
}

static void put_member(struct dcf_json *j, const struct dcf_message *m, const struct member *of)
{
	const void *p = field(m, of);

	dcf_json_key(j, of->name);
	switch (of->as) {
	case AS_HASH:
		put_hash(j, p);
		break;
	case AS_NUMBER: /* at_us and n: below 2^53, so that signed and unsigned are the same bytes */
		dcf_json_i64(j, *(const int64_t *)p);
		break;
	case AS_VERSION:
		dcf_json_i64(j, *(const uint32_t *)p);
		break;
	case AS_TEXT:
		dcf_json_string(j, *(const struct dcf_span *)p);
		break;
	case AS_BODY:
		dcf_json_raw(j, m->body.len ? m->body : DCF_SPAN("{}"));
		break;
	case AS_FLAG:
		dcf_json_bool(j, true);
		break;
	case AS_MACHINE:
		dcf_json_z(j, dcf_machine_name((enum dcf_machine_kind)verb[m->verb].machine));
		break;
	case AS_PRECEDENCE:
		dcf_json_z(j, precedence[m->precedence].name);
		break;
	case AS_VERB:
		dcf_json_z(j, verb[m->verb].name);
		break;
	}
}

void dcf_message_write(const struct dcf_message *m, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };

	dcf_buf_put(out, first_line, FIRST);
	dcf_json_begin(&j, '{');
	for (size_t i = 0; i < MEMBERS; i++)
		if (stands(m, &members[i]))
			put_member(&j, m, &members[i]);
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
}

struct dcf_hash dcf_message_hash(struct dcf_span text)
{
	return dcf_sha256(text);
}

/* --- what is in range ------------------------------------------------------------------------------------- */

static bool party_ok(struct dcf_span s)
{
	return s.len <= PARTY_MAX && dcf_key_name_ok(s);
}

static bool object_ok(struct dcf_span s)
{
	if (s.len < 1 || s.len > DCF_OBJECT_ID_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		      c == '-'))
			return false;
	}
	return true;
}

/* Text on one line that shows as it is. */
static bool role_ok(struct dcf_span s)
{
	if (s.len > DCF_ROLE_MAX)
		return false;
	for (size_t i = 0, n; i < s.len; i += n) {
		n = dcf_utf8_length(s.p + i, s.len - i);
		if (n == 0 || dcf_utf8_steers(s.p + i, n))
			return false;
	}
	return true;
}

static bool releasable_ok(struct dcf_span s)
{
	size_t from = 0;

	if (s.len > RELEASABLE_MAX)
		return false;
	for (size_t i = 0; s.len && i <= s.len; i++) {
		if (i < s.len && s.p[i] != ',')
			continue;
		if (!party_ok((struct dcf_span){ s.p + from, i - from }))
			return false;
		from = i + 1;
	}
	return true;
}

static bool is_zero(const struct dcf_hash *h)
{
	return dcf_hash_eq(h, &(const struct dcf_hash){ { 0 } });
}

/* NULL when all values are in their ranges and fit each other. */
static const char *wrong(const struct dcf_message *m)
{
	const struct dcf_verb_row *row = &verb[m->verb];
	bool of_line = row->machine == DCF_MACHINE_LINE;

	if (!party_ok(m->from) || !party_ok(m->to) || dcf_span_eq(m->from, m->to))
		return "from and to: two party ids of 1 to 64 bytes, without space and '+'";
	if (m->n < 1 || m->n > (uint64_t)INTEGER_MAX || m->at_us < 0 || m->at_us > INTEGER_MAX)
		return "n from 1 and at from 0, below 2^53";
	if ((m->n == 1) != is_zero(&m->prev))
		return "prev: zero in the first message and in no other";
	if (of_line ? m->object.len != 0 || m->version != 0 : !object_ok(m->object) || m->version == 0)
		return of_line ? "no object and no version in a message about the line itself"
			       : "object: 1 to 64 of A-Z a-z 0-9 . _ -, and its version";
	if (!role_ok(m->role) || (row->needs_role && m->role.len == 0))
		return row->needs_role ? "role: 1 to 64 bytes, since a person acts" : "role: at most 64 bytes of plain text";
	if (!releasable_ok(m->releasable_to))
		return "releasable_to: at most 16 party ids between commas";
	if (m->verb == DCF_VERB_CEASE && m->precedence != DCF_FLASH)
		return "precedence: FLASH, since it asks to cease";
	return NULL;
}

/* --- reading ---------------------------------------------------------------------------------------------- */

struct reading {
	struct dcf_arena *arena;
	struct dcf_message *m;
	unsigned machine;
	bool no_memory;
};

static bool get_hash(struct dcf_jval v, struct dcf_hash *h)
{
	return dcf_jkind(v) == DCF_J_STRING && dcf_text_read_exactly(DCF_TEXT_HEX, dcf_jstring(v), h->b, sizeof h->b) == DCF_OK;
}

/* An integer of the canonical text: below 2^53 already. */
static bool get_number(struct dcf_jval v, int64_t low, int64_t high, int64_t *out)
{
	if (dcf_jkind(v) != DCF_J_I64)
		return false;
	memcpy(out, &v.doc->tape[v.at + 1], sizeof *out);
	return *out >= low && *out <= high;
}

static bool get_name(struct reading *r, const struct member *of, struct dcf_jval v)
{
	struct dcf_span s;
	unsigned found;

	if (dcf_jkind(v) != DCF_J_STRING)
		return false;
	s = dcf_jstring(v);
	if (of->as == AS_MACHINE) {
		r->machine = dcf_machine_named(s);
		return r->machine < DCF_MACHINE_NAMES;
	}
	if (of->as == AS_PRECEDENCE) {
		r->m->precedence = (uint8_t)(found = dcf_precedence_named(s));
		return found < DCF_PRECEDENCE_COUNT;
	}
	r->m->verb = (uint8_t)(found = dcf_verb_named((enum dcf_machine_kind)r->machine, s));
	return found < DCF_VERB_COUNT;
}

static bool get_text(struct reading *r, struct dcf_jval v, struct dcf_span *out)
{
	if (dcf_jkind(v) != DCF_J_STRING || dcf_jstring(v).len == 0)
		return false;
	*out = dcf_arena_copy(r->arena, dcf_jstring(v));
	r->no_memory |= !out->p;
	return true;
}

static bool get_member(struct reading *r, const struct member *of, struct dcf_jval v, struct dcf_span raw)
{
	void *p = (char *)r->m + of->offset;
	int64_t n;

	switch (of->as) {
	case AS_HASH:
		return get_hash(v, p);
	case AS_NUMBER:
		return get_number(v, 0, INTEGER_MAX, p);
	case AS_VERSION:
		if (!get_number(v, 1, UINT32_MAX, &n))
			return false;
		r->m->version = (uint32_t)n;
		return true;
	case AS_TEXT:
		return get_text(r, v, p);
	case AS_BODY:
		r->m->body = raw;
		return dcf_jkind(v) == DCF_J_OBJECT;
	case AS_FLAG:
		r->m->exercise = dcf_jkind(v) == DCF_J_TRUE;
		return r->m->exercise;
	default:
		return get_name(r, of, v);
	}
}

static enum dcf_status fail(struct dcf_message_error *error, size_t at, const char *expected, enum dcf_status s)
{
	if (error)
		*error = (struct dcf_message_error){ at, expected };
	return s;
}

/* The members in their order, each against the table.  `line` is canonical and parsed; `at` is where it begins in the text. */
static enum dcf_status read_members(struct reading *r, struct dcf_span line, size_t at, const struct dcf_jdoc *doc,
				    struct dcf_message_error *error)
{
	struct dcf_json_members raw = dcf_json_members_of(line);
	struct dcf_jwalk it = dcf_jwalk(dcf_jroot(doc));
	struct dcf_span name, raw_name, raw_value = { line.p, 0 };
	struct dcf_jval v;
	size_t i = 0;

	while (dcf_jmember(&it, &name, &v) && dcf_json_members_next(&raw, &raw_name, &raw_value)) {
		while (i < MEMBERS && members[i].optional && !dcf_span_eq(dcf_span_of(members[i].name), name))
			i++;
		if (i == MEMBERS || !dcf_span_eq(dcf_span_of(members[i].name), name))
			return fail(error, at + (size_t)(raw_name.p - line.p),
				    i == MEMBERS ? "no more members" : members[i].expected, DCF_E_SYNTAX);
		if (!get_member(r, &members[i], v, raw_value))
			return fail(error, at + (size_t)(raw_value.p - line.p), members[i].expected, DCF_E_SYNTAX);
		i++;
	}
	while (i < MEMBERS && members[i].optional)
		i++;
	return i == MEMBERS ? DCF_OK : fail(error, at + line.len - 1, members[i].expected, DCF_E_SYNTAX);
}

/* A copy of the line in the arena, with room behind it for the parser. */
static bool keep_line(struct dcf_arena *arena, struct dcf_span *line)
{
	char *p = dcf_arena_get(arena, line->len + SLACK);

	if (!p)
		return false;
	memcpy(p, line->p, line->len);
	memset(p + line->len, 0, SLACK);
	line->p = p;
	return true;
}

static enum dcf_status read_line(struct dcf_span line, struct dcf_jdoc *doc, struct dcf_arena *arena, struct dcf_message *out,
				 struct dcf_message_error *error)
{
	struct reading r = { arena, out, DCF_MACHINE_NAMES, false };
	const char *expected;
	size_t stops = dcf_canonical_stops(line, DCF_MESSAGE_DEPTH_MAX + 1, &expected);
	enum dcf_status s;

	if (expected)
		return fail(error, FIRST + stops, expected, DCF_E_SYNTAX);
	if (line.p[0] != '{')
		return fail(error, FIRST, "an object", DCF_E_SYNTAX);
	if (!keep_line(arena, &line))
		return fail(error, 0, "memory", DCF_E_NOMEM);
	s = dcf_jparse(doc, line.p, line.len, &expected);
	if (s != DCF_OK)
		return fail(error, FIRST, "JSON", s == DCF_E_NOMEM ? s : DCF_E_SYNTAX);
	s = read_members(&r, line, FIRST, doc, error);
	if (s != DCF_OK)
		return s;
	if (out->body.len > DCF_MESSAGE_BODY_MAX)
		return fail(error, FIRST, "a body of at most 194560 bytes", DCF_E_LIMIT);
	if (r.no_memory)
		return fail(error, 0, "memory", DCF_E_NOMEM);
	expected = wrong(out);
	return expected ? fail(error, FIRST, expected, DCF_E_SYNTAX) : DCF_OK;
}

enum dcf_status dcf_message_read(struct dcf_span text, struct dcf_jdoc *doc, struct dcf_arena *arena, struct dcf_message *out,
				 struct dcf_message_error *error)
{
	struct dcf_span line;
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	if (text.len > DCF_MESSAGE_MAX)
		return fail(error, DCF_MESSAGE_MAX, "a message of at most 204800 bytes", DCF_E_LIMIT);
	if (text.len < FIRST || memcmp(text.p, first_line, FIRST) != 0)
		return fail(error, 0, "deconflict-message-v1 and a newline", DCF_E_SYNTAX);
	if (text.len < FIRST + 2 || text.p[text.len - 1] != '\n')
		return fail(error, text.len, "one line of JSON and a newline", DCF_E_SYNTAX);
	line = (struct dcf_span){ text.p + FIRST, text.len - FIRST - 1 };
	s = read_line(line, doc, arena, out, error);
	if (s != DCF_OK)
		memset(out, 0, sizeof *out);
	return s;
}

/* --- notes ------------------------------------------------------------------------------------------------ */

static bool sendable(const struct dcf_message *m)
{
	struct dcf_span body = m->body.len ? m->body : DCF_SPAN("{}");

	return m->verb < DCF_VERB_COUNT && m->precedence < DCF_PRECEDENCE_COUNT && !wrong(m) &&
	       body.len <= DCF_MESSAGE_BODY_MAX && body.p[0] == '{' && dcf_canonical_ok(body, DCF_MESSAGE_DEPTH_MAX);
}

enum dcf_status dcf_message_sign(const struct dcf_message *m, const struct dcf_signer *signer, struct dcf_buf *out)
{
	struct dcf_buf text = { .from = out->from };
	enum dcf_status s = DCF_E_RANGE;

	if (!sendable(m) || !dcf_span_eq(dcf_vkey_name(&signer->who), m->from))
		return DCF_E_RANGE;
	dcf_message_write(m, &text);
	if (text.failed)
		s = DCF_E_NOMEM;
	else if (text.len <= DCF_MESSAGE_MAX)
		s = dcf_note_sign(out, dcf_buf_as_span(&text), signer, 1);
	dcf_buf_free(&text);
	return s;
}

/* A note with exactly one signature line, so that a message has one form as bytes too. */
static enum dcf_status read_note(struct dcf_span bytes, struct dcf_note *note, struct dcf_message_error *error)
{
	struct dcf_note_error at = { 0, "a signed note" };
	enum dcf_status s = dcf_note_read(bytes, note, &at);

	if (s != DCF_OK)
		return fail(error, at.at, at.expected, s);
	return note->count == 1 ? DCF_OK : fail(error, note->text.len, "one signature", DCF_E_SYNTAX);
}

enum dcf_status dcf_message_open(struct dcf_span note, const struct dcf_vkey *key, struct dcf_jdoc *doc,
				 struct dcf_arena *arena, struct dcf_span *text, struct dcf_message *out,
				 struct dcf_message_error *error)
{
	struct dcf_note read;
	uint64_t by;
	enum dcf_status s;

	*text = (struct dcf_span){ NULL, 0 };
	memset(out, 0, sizeof *out);
	s = read_note(note, &read, error);
	if (s != DCF_OK)
		return s;
	if (dcf_note_verify(&read, key, 1, &by) != DCF_OK)
		return fail(error, read.text.len, "a signature by the sender's line key", DCF_E_REFUSED);
	s = dcf_message_read(read.text, doc, arena, out, error);
	if (s != DCF_OK)
		return s;
	if (!dcf_span_eq(out->from, dcf_vkey_name(key))) {
		memset(out, 0, sizeof *out);
		return fail(error, 0, "from: the party whose key signed", DCF_E_REFUSED);
	}
	*text = read.text;
	return DCF_OK;
}

enum dcf_status dcf_message_reopen(struct dcf_span note, struct dcf_jdoc *doc, struct dcf_arena *arena, struct dcf_span *text,
				   struct dcf_message *out)
{
	struct dcf_note read;
	enum dcf_status s;

	*text = (struct dcf_span){ NULL, 0 };
	memset(out, 0, sizeof *out);
	s = read_note(note, &read, NULL);
	if (s == DCF_OK)
		s = dcf_message_read(read.text, doc, arena, out, NULL);
	if (s == DCF_OK)
		*text = read.text;
	return s;
}
