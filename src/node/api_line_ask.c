/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_ask.c - what somebody asks to be sent, as the request says it. */
#include "node/api_line_send.h"
#include "crypto/random.h"
#include "domain/text_source.h"
#include "format/json_members.h"

enum { REQUEST_MOST = 1 << 20, REQUEST_DEPTH = 24 };

static bool refuse(struct dcf_http_reply *reply, const char *pointer, const char *text)
{
	struct dcf_http_fault fault = { dcf_span_of(pointer), dcf_span_of(text) };

	(void)dcf_http_problem_at(reply, 422, "refused", DCF_SPAN("the request is not understood"), &fault, 1);
	return false;
}

static bool no_memory(struct dcf_http_reply *reply)
{
	(void)dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	return false;
}

/* Members of the request: unknown ones are slips of the pen. */
static bool only_known(struct dcf_http_reply *reply, struct dcf_jval root)
{
	static const char *const known[] = { "peer",       "machine",       "verb",     "object",    "version",
					     "precedence", "role",          "body",     "operation", "features",
					     "label",      "releasable_to", "override", "explain",   "exercise" };
	struct dcf_jwalk it = dcf_jwalk(root);
	struct dcf_span name;
	struct dcf_jval v;

	while (dcf_jmember(&it, &name, &v)) {
		bool found = false;

		for (size_t i = 0; i < sizeof known / sizeof *known && !found; i++)
			found = dcf_span_eq(name, dcf_span_of(known[i]));
		if (!found)
			return refuse(reply, "", "found an unknown member");
	}
	return true;
}

/* A text member, copied; "" where there is none. */
static bool text(struct dcf_line_sending *m, struct dcf_http_reply *reply, const char *name, size_t most, struct dcf_span *out)
{
	struct dcf_jval v = dcf_jget(m->root, name);
	char *pointer;

	*out = (struct dcf_span){ "", 0 };
	if (dcf_jnone(v))
		return true;
	if (dcf_jkind(v) == DCF_J_STRING && dcf_jstring(v).len <= most) {
		*out = dcf_arena_copy(m->rq->arena, dcf_jstring(v));
		return out->p || no_memory(reply);
	}
	pointer = dcf_arena_get(m->rq->arena, strlen(name) + 2);
	if (!pointer)
		return no_memory(reply);
	pointer[0] = '/';
	memcpy(pointer + 1, name, strlen(name) + 1);
	return refuse(reply, pointer, "expected a text, and not so long a one");
}

static bool flag(struct dcf_line_sending *m, struct dcf_http_reply *reply, const char *name, bool *out)
{
	struct dcf_jval v = dcf_jget(m->root, name);

	*out = dcf_jkind(v) == DCF_J_TRUE;
	return dcf_jnone(v) || *out || dcf_jkind(v) == DCF_J_FALSE ||
	       refuse(reply, "", "explain and override: expected true or false");
}

/* --- what it does -------------------------------------------------------------------------------------- */

/* What a node says by itself is not for people to say. */
static bool by_itself(enum dcf_verb v)
{
	return v == DCF_VERB_RECEIPT || v == DCF_VERB_DISCLOSE || v == DCF_VERB_ASK_RECEIPT || v == DCF_VERB_CEASE_RECEIPT ||
	       v == DCF_VERB_CHECK || v == DCF_VERB_ECHO;
}

static bool read_verb(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_span machine, verb;
	enum dcf_machine_kind kind;
	enum dcf_verb v;

	if (!text(m, reply, "machine", 64, &machine) || !text(m, reply, "verb", 64, &verb))
		return false;
	kind = dcf_machine_named(machine);
	if (kind == DCF_MACHINE_NAMES)
		return refuse(reply, "/machine", "expected notification, clarification, cease, call, incident or line");
	v = dcf_verb_named(kind, verb);
	if (v == DCF_VERB_COUNT)
		return refuse(reply, "/verb", "that is no verb of the machine");
	if (by_itself(v))
		return refuse(reply, "/verb", "the node says that by itself");
	m->message.verb = (uint8_t)v;
	m->row = dcf_verb_row(v);
	return true;
}

static bool read_precedence(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_span name;
	enum dcf_precedence p;

	m->message.precedence = DCF_PRECEDENCE_COUNT;
	if (!text(m, reply, "precedence", 16, &name) || !name.len)
		return reply->status == 0;
	p = dcf_precedence_named(name);
	if (p == DCF_PRECEDENCE_COUNT)
		return refuse(reply, "/precedence", "expected FLASH, IMMEDIATE, PRIORITY or ROUTINE");
	m->message.precedence = (uint8_t)p;
	return true;
}

static bool id_ok(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		      c == '-'))
			return false;
	}
	return s.len >= 1 && s.len <= DCF_OBJECT_ID_MAX;
}

/* A name for a new object that can be said by voice: its kind and eight characters without those that are mistaken for others.
 */
static bool make_id(struct dcf_line_sending *m)
{
	static const char letters[] = "23456789ABCDEFGHJKMNPQRSTVWXYZ", kind[] = "NQCTI";
	struct dcf_random random = dcf_random_system();
	uint8_t bytes[8];

	m->made_id[0] = kind[m->row->machine];
	m->made_id[1] = '-';
	random.fill(random.ctx, bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		m->made_id[2 + i] = letters[bytes[i] % (sizeof letters - 1)];
	m->message.object = (struct dcf_span){ m->made_id, 2 + sizeof bytes };
	return true;
}

/* The object's id: as asked, of a notice its operation's, of what begins a made one. */
static bool read_object(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_jval version = dcf_jget(m->root, "version");
	double n = 0;

	if (!text(m, reply, "object", DCF_OBJECT_ID_MAX, &m->message.object) ||
	    !text(m, reply, "operation", 512, &m->operation))
		return false;
	if (!dcf_jnone(version) && (!dcf_jdouble(version, &n) || !(n >= 1 && n <= 1e6) || n != (double)(uint32_t)n))
		return refuse(reply, "/version", "expected a whole number from 1");
	m->message.version = (uint32_t)n;
	if (m->operation.len && m->message.verb != DCF_VERB_NOTIFY)
		return refuse(reply, "/operation", "only a notice is about an operation");
	if (m->row->machine == DCF_MACHINE_LINE)
		return m->message.object.len == 0 || refuse(reply, "/object", "a message about the line itself has no object");
	if (m->message.object.len)
		return id_ok(m->message.object) || refuse(reply, "/object", "expected 1 to 64 of A-Z a-z 0-9 . _ -");
	if (!m->row->begins)
		return refuse(reply, "/object", "expected the id of the object that this is about");
	if (id_ok(m->operation)) {
		m->message.object = m->operation;
		return true;
	}
	return make_id(m);
}

/* ["A","B"] -> "A,B" */
static bool read_forward(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_jval list = dcf_jget(m->root, "releasable_to"), item;
	struct dcf_jwalk it = dcf_jwalk(list);
	struct dcf_buf out = { .from = &m->api->heap };
	bool sound = dcf_jnone(list) || dcf_jkind(list) == DCF_J_ARRAY;

	while (sound && dcf_jkind(list) == DCF_J_ARRAY && dcf_jnext(&it, &item)) {
		sound = dcf_jkind(item) == DCF_J_STRING && dcf_jstring(item).len >= 1 && dcf_jstring(item).len <= 64 &&
			!memchr(dcf_jstring(item).p, ',', dcf_jstring(item).len);
		if (!sound)
			break;
		if (out.len)
			dcf_buf_char(&out, ',');
		dcf_buf_span(&out, dcf_jstring(item));
	}
	m->message.releasable_to = dcf_arena_copy(m->rq->arena, dcf_buf_as_span(&out));
	sound = sound && !out.failed && m->message.releasable_to.len <= 1024;
	dcf_buf_free(&out);
	return sound || refuse(reply, "/releasable_to", "expected a list of party ids");
}

/* --- what it says -------------------------------------------------------------------------------------- */

static bool set_canonical(struct dcf_line_sending *m, struct dcf_http_reply *reply, struct dcf_span name, struct dcf_jval value)
{
	struct dcf_buf out = { .from = &m->api->heap };
	struct dcf_span text = { NULL, 0 };
	const char *why = "";
	enum dcf_status s = dcf_line_canonical(value, DCF_MESSAGE_DEPTH_MAX - 1, m->rq->arena, &out, &why);

	if (s == DCF_OK)
		text = dcf_arena_copy(m->rq->arena, dcf_buf_as_span(&out));
	dcf_buf_free(&out);
	name = dcf_arena_copy(m->rq->arena, name);
	if (s == DCF_E_REFUSED)
		return refuse(reply, "/body", why);
	if (s != DCF_OK || !text.p || !name.p)
		return no_memory(reply);
	return dcf_line_body_set(&m->body, name, text) || refuse(reply, "/body", "found too many members");
}

static bool read_body(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_jval body = dcf_jget(m->root, "body"), value;
	struct dcf_jwalk it = dcf_jwalk(body);
	struct dcf_span name;

	if (dcf_jnone(body))
		return true;
	if (dcf_jkind(body) != DCF_J_OBJECT)
		return refuse(reply, "/body", "expected an object");
	while (dcf_jmember(&it, &name, &value)) {
		if (!name.len || (unsigned char)name.p[0] < 0x20 || memchr(name.p, '\\', name.len) ||
		    memchr(name.p, '"', name.len))
			return refuse(reply, "/body", "found a member whose name is not plain");
		/* What a notice is about comes from what was declared. */
		if (m->message.verb == DCF_VERB_NOTIFY &&
		    (dcf_span_eq(name, DCF_SPAN("operation")) || (m->operation.len && dcf_span_eq(name, DCF_SPAN("object")))))
			return refuse(reply, "/body", "operation and object of a notice are put in by the node");
		if (!set_canonical(m, reply, name, value))
			return false;
	}
	return true;
}

/* The text of member `features`, an operations file. */
static bool read_features(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_json_members it = dcf_json_members_of(m->rq->body);
	struct dcf_span name, value;

	m->features = (struct dcf_span){ NULL, 0 };
	if (dcf_jnone(dcf_jget(m->root, "features")))
		return true;
	while (dcf_json_members_next(&it, &name, &value))
		if (dcf_span_eq(name, DCF_SPAN("features")))
			m->features = value;
	if (!m->features.p || dcf_jkind(dcf_jget(m->root, "features")) != DCF_J_OBJECT)
		return refuse(reply, "/features", "expected a FeatureCollection");
	if (m->operation.len || dcf_line_body_get(&m->body, "object").p)
		return refuse(reply, "/features", "expected one of operation, features and body.object");
	return true;
}

bool dcf_line_sending_read(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_span peer;

	if (dcf_strict_json(&m->json, m->rq->body, REQUEST_MOST, REQUEST_DEPTH) != DCF_OK) {
		(void)dcf_http_problem(reply, 400, "json", dcf_span_of(m->json.fault ? m->json.fault : "out of memory"));
		return false;
	}
	m->root = dcf_jroot(&m->json.doc);
	m->label = dcf_jget(m->root, "label");
	if (!only_known(reply, m->root) || !text(m, reply, "peer", 64, &peer) || !read_verb(m, reply) ||
	    !read_precedence(m, reply) || !text(m, reply, "role", DCF_ROLE_MAX, &m->message.role) ||
	    !flag(m, reply, "explain", &m->explain) || !flag(m, reply, "override", &m->override) || !read_object(m, reply) ||
	    !read_forward(m, reply) || !read_body(m, reply) || !read_features(m, reply))
		return false;
	if (!peer.len)
		return refuse(reply, "/peer", "expected the party that it goes to");
	m->message.to = peer;
	m->message.from = dcf_api_line_party(m->api);
	m->peer_index = dcf_line_peer_of(m->line, peer);
	if (m->peer_index != DCF_NONE && !dcf_line_peer_at(m->line, m->peer_index, &m->peer))
		m->peer_index = DCF_NONE;
	return true;
}
