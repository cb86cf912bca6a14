/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_judge.c - everything that speaks for or against a message, before it is signed. */
#include "node/api_line_send.h"
#include "domain/declare.h"
#include "domain/text_source.h"
#include "format/coded_forms.h"

static bool no_memory(struct dcf_http_reply *reply)
{
	(void)dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	return false;
}

/* --- who and to whom ---------------------------------------------------------------------------------- */

static void judge_peer(struct dcf_line_sending *m)
{
	bool pinned = m->peer_index != DCF_NONE && !m->peer.removed;

	DCF_REASON(&m->why, "peer", pinned, 404, m->message.to,
		   pinned ? DCF_SPAN(" is pinned") : DCF_SPAN(" is no peer of this line: an administrator pins its key first"));
}

/* How it would go: nothing that stops it. */
static void judge_line(struct dcf_line_sending *m)
{
	struct dcf_line_live live;
	enum dcf_line_political political = dcf_line_political(&m->peer);

	if (m->peer_index == DCF_NONE || m->peer.removed)
		return;
	if (political == DCF_LINE_OPEN)
		DCF_REMARK(&m->why, "line", true, DCF_SPAN("the line is open on both sides"));
	else if (m->row->when_suspended || m->message.precedence == DCF_FLASH)
		DCF_REMARK(&m->why, "line", true, DCF_SPAN("the line is "), dcf_span_of(dcf_line_political_name(political)),
			   DCF_SPAN(", and this is taken as always"));
	else
		DCF_REMARK(&m->why, "line", false, DCF_SPAN("the line is "), dcf_span_of(dcf_line_political_name(political)),
			   DCF_SPAN(": it goes one way, is recorded on both sides as REFUSED, and counts as notice given"));
	if (!m->api->line_link || !dcf_line_link_live(m->api->line_link, m->peer_index, &live) || !live.heard) {
		DCF_REMARK(&m->why, "path", false,
			   DCF_SPAN("the peer was not heard yet: it waits in the record until it is, or goes by file"));
		return;
	}
	if (live.agreement_differs || live.exercise_differs)
		DCF_REMARK(&m->why, "path", false,
			   live.exercise_differs ? DCF_SPAN("one side is an exercise and the other is not")
						 : DCF_SPAN("the two sides have different agreements in force"),
			   DCF_SPAN(": nothing goes over the link until that is put right"));
	else
		DCF_REMARK(&m->why, "path", live.technical != DCF_LINE_DOWN, DCF_SPAN("the path is "),
			   dcf_span_of(dcf_line_technical_name((enum dcf_line_technical)live.technical)));
}

/* Who acts: the role of the token, where it has any. */
static void judge_role(struct dcf_line_sending *m)
{
	const struct dcf_claims *c = dcf_caller_of(m->rq)->claims;
	struct dcf_span role = m->message.role;
	bool has = false;

	if (!role.len && c->role_count > 0 && c->role[0].len <= DCF_ROLE_MAX)
		role = m->message.role = c->role[0];
	for (size_t i = 0; i < c->role_count; i++)
		has |= dcf_span_eq(c->role[i], role);
	if (!role.len && m->row->needs_role)
		DCF_REASON(&m->why, "role", false, 422, DCF_SPAN("a duty role must act: name it, or use a token that has one"));
	else if (c->role_count && !has)
		DCF_REASON(&m->why, "role", false, 403, DCF_SPAN("the token's roles do not have "), role);
	else if (role.len)
		DCF_REASON(&m->why, "role", true, 0, DCF_SPAN("by "), role);
}

/* --- about what --------------------------------------------------------------------------------------- */

static void judge_begin(struct dcf_line_sending *m)
{
	struct dcf_line_object *o = &m->object;
	bool next = m->has_object && m->message.verb == DCF_VERB_NOTIFY && o->machine == DCF_MACHINE_NOTIFICATION && o->ours;

	if (!m->has_object)
		DCF_REASON(&m->why, "object", true, 0, DCF_SPAN("begins "), m->message.object);
	else if (next)
		DCF_REASON(&m->why, "object", true, 0, DCF_SPAN("is a new version of "), m->message.object);
	else
		DCF_REASON(&m->why, "object", false, 409, DCF_SPAN("an object "), m->message.object,
			   DCF_SPAN(" is there already"));
}

/* Whose event of the table it is, as far as the table says it without the message: what the state finds out itself is left to
 * it. */
static void judge_state(struct dcf_line_sending *m)
{
	const struct dcf_line_object *o = &m->object;
	enum dcf_machine_kind kind = (enum dcf_machine_kind)o->machine;
	struct dcf_span state = dcf_span_of(dcf_machine_state_name(kind, o->state));
	bool ours = (m->row->who & (o->ours ? DCF_WHO_A : DCF_WHO_B)) != 0;
	bool has = m->row->event == DCF_NO_STATE || dcf_machine_next(kind, o->state, m->row->event, NULL) != DCF_NO_STATE;

	if (!ours)
		DCF_REASON(&m->why, "state", false, 409, DCF_SPAN("that is the other side's to do"));
	else if (has)
		DCF_REASON(&m->why, "state", true, 0, m->message.object, DCF_SPAN(" is "), state);
	else if (m->message.verb == DCF_VERB_ACKNOWLEDGE && o->state == DCF_NOTE_RECEIVED)
		DCF_REASON(&m->why, "state", false, 409, m->message.object,
			   DCF_SPAN(" is RECEIVED: read it back first, check-words must be equal"));
	else if (m->message.verb == DCF_VERB_ACKNOWLEDGE && o->state == DCF_NOTE_CHALLENGED)
		DCF_REASON(&m->why, "state", false, 409, m->message.object,
			   DCF_SPAN(" is CHALLENGED: its originator clarifies it, then it is read back again"));
	else
		DCF_REASON(&m->why, "state", false, 409, m->message.object, DCF_SPAN(" is "), state,
			   DCF_SPAN(", which has no "), dcf_span_of(m->row->name));
}

static void judge_object(struct dcf_line_sending *m)
{
	if (m->row->machine == DCF_MACHINE_LINE || m->peer_index == DCF_NONE)
		return;
	m->has_object =
		dcf_line_find(m->line, m->peer_index, m->message.object, m->row->begins ? 0 : m->message.version, &m->object);
	if (m->row->begins)
		judge_begin(m);
	else if (!m->has_object || m->object.machine != m->row->machine)
		DCF_REASON(&m->why, "object", false, 404, DCF_SPAN("there is no "),
			   dcf_span_of(dcf_machine_name((enum dcf_machine_kind)m->row->machine)), DCF_SPAN(" "),
			   m->message.object, DCF_SPAN(" with "), m->message.to);
	else
		judge_state(m);
}

/* What a message refers to must be known to both: another name would tell that there is something. */
static void judge_ref(struct dcf_line_sending *m, struct dcf_span id)
{
	struct dcf_line_object o;
	bool known = m->peer_index != DCF_NONE && dcf_line_find(m->line, m->peer_index, id, 0, &o);

	if (known)
		DCF_REASON(&m->why, "ref", true, 0, DCF_SPAN("refers to "), id);
	else
		DCF_REASON(&m->why, "ref", false, 422, id, DCF_SPAN(" is no object of the line with "), m->message.to);
}

static void judge_refs(struct dcf_line_sending *m, struct dcf_jval body)
{
	struct dcf_jval ref = dcf_jget(body, "ref"), agenda = dcf_jget(body, "agenda"), item;
	struct dcf_jwalk it = dcf_jwalk(agenda);

	if (dcf_jkind(ref) == DCF_J_STRING)
		judge_ref(m, dcf_jstring(ref));
	while (dcf_jkind(agenda) == DCF_J_ARRAY && dcf_jnext(&it, &item))
		if (dcf_jkind(item) == DCF_J_STRING)
			judge_ref(m, dcf_jstring(item));
}

/* --- codes -------------------------------------------------------------------------------------------- */

/* "conflict, position, late" */
static struct dcf_span codes_of(struct dcf_line_sending *m, enum dcf_coded_group group)
{
	struct dcf_buf out = { .from = &m->api->heap };
	struct dcf_coded_row row;
	struct dcf_span text;

	for (size_t i = 0; dcf_coded_at(i, &row); i++) {
		if (row.group != group)
			continue;
		if (out.len)
			dcf_buf_z(&out, ", ");
		dcf_buf_z(&out, row.code);
	}
	text = dcf_arena_copy(m->rq->arena, dcf_buf_as_span(&out));
	dcf_buf_free(&out);
	return text;
}

static void judge_code(struct dcf_line_sending *m, const char *member, struct dcf_jval v, enum dcf_coded_group group)
{
	struct dcf_span code = dcf_jkind(v) == DCF_J_STRING ? dcf_jstring(v) : DCF_SPAN("(no text)");

	if (dcf_jkind(v) != DCF_J_STRING || !dcf_coded_form(group, code, DCF_ENGLISH))
		DCF_REASON(&m->why, "code", false, 422, dcf_span_of(member), DCF_SPAN(": found "), code,
			   DCF_SPAN(", expected "), codes_of(m, group));
}

/* What is coded is one of the codes, which both sides read in their own language: no sentence, and nothing cryptic. */
static void judge_codes(struct dcf_line_sending *m, struct dcf_jval body)
{
	static const struct {
		uint8_t verb;
		const char *member;
		enum dcf_coded_group group;
	} coded[] = {
		{ DCF_VERB_CHALLENGE, "reason", DCF_CODED_CHALLENGE },
		{ DCF_VERB_CEASE, "reason", DCF_CODED_CEASE },
		{ DCF_VERB_ASK, "about", DCF_CODED_ABOUT },
		{ DCF_VERB_ANSWER_ASK, "answer", DCF_CODED_ANSWER },
		{ DCF_VERB_REPORT, "type", DCF_CODED_REPORT },
	};
	struct dcf_jval items = dcf_jget(body, "items"), item;
	struct dcf_jwalk it = dcf_jwalk(items);

	for (size_t i = 0; i < sizeof coded / sizeof *coded; i++)
		if (coded[i].verb == m->message.verb)
			judge_code(m, coded[i].member, dcf_jget(body, coded[i].member), coded[i].group);
	while (m->message.verb == DCF_VERB_READOUT && dcf_jkind(items) == DCF_J_ARRAY && dcf_jnext(&it, &item))
		judge_code(m, "kind", dcf_jkind(item) == DCF_J_OBJECT ? dcf_jget(item, "kind") : item, DCF_CODED_READOUT);
}

/* --- what it says ------------------------------------------------------------------------------------- */

/* The object of these features, set in the body. */
static bool set_object(struct dcf_line_sending *m, struct dcf_http_reply *reply, const struct dcf_feature *const *features,
		       size_t count)
{
	struct dcf_buf out = { .from = &m->api->heap }, why = { .from = &m->api->heap };
	struct dcf_span object;
	enum dcf_status s = dcf_notice_object_put(features, count, &out, &why);
	bool fine = false;

	while (why.len && why.p[why.len - 1] == '\n')
		why.len--;
	object = dcf_arena_copy(m->rq->arena, dcf_buf_as_span(&out));
	if (s == DCF_E_RANGE) {
		DCF_REASON(&m->why, "shape", false, 422, dcf_buf_as_span(&why));
		fine = true;
	} else if (s != DCF_OK || !object.p) {
		fine = no_memory(reply);
	} else {
		fine = dcf_line_body_set(&m->body, DCF_SPAN("object"), object) || no_memory(reply);
	}
	dcf_buf_free(&out);
	dcf_buf_free(&why);
	return fine;
}

/* The features of a request, as an object: an area, or a notice as heard. */
static bool object_of_features(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_plan plan = { .arena = { .from = &m->api->heap } };
	enum dcf_status s = dcf_declare_read(m->view.frame, DCF_SPAN("body"), m->features, &m->api->heap, &plan);
	const struct dcf_feature **list = dcf_arena_get(m->rq->arena, (plan.feature_count + 1) * sizeof *list);
	bool fine = false;

	for (size_t i = 0; list && i < plan.feature_count; i++)
		list[i] = &plan.features[i];
	if (s == DCF_E_REFUSED)
		(void)dcf_api_refused(reply, &plan);
	else if (s != DCF_OK || !list)
		(void)no_memory(reply);
	else
		fine = set_object(m, reply, list, plan.feature_count);
	dcf_plan_free(&plan);
	return fine;
}

struct declared {
	struct dcf_arena *arena;
	struct dcf_span body;
	bool erased;
};

static enum dcf_status take_body(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct declared *d = ctx;
	const char *end = entry->content.len ? memchr(entry->content.p, '\n', entry->content.len) : NULL;

	(void)position;
	d->erased = entry->erased || !end;
	if (!d->erased)
		d->body = dcf_arena_copy(
			d->arena, (struct dcf_span){ end + 1, (size_t)(entry->content.p + entry->content.len - end) - 1 });
	return d->erased || d->body.p ? DCF_OK : DCF_E_NOMEM;
}

/* A text as a JSON string, for the body. */
static bool set_text(struct dcf_line_sending *m, struct dcf_http_reply *reply, const char *name, struct dcf_span text)
{
	struct dcf_buf out = { .from = &m->api->heap };
	struct dcf_json j = { .out = &out };
	struct dcf_span value;

	dcf_json_string(&j, text);
	value = dcf_arena_copy(m->rq->arena, dcf_buf_as_span(&out));
	dcf_buf_free(&out);
	return (value.len && dcf_line_body_set(&m->body, dcf_span_of(name), value)) || no_memory(reply);
}

/* The slowest precedence whose deadline is over before the window begins; FLASH where none is. */
static void choose_precedence(struct dcf_line_sending *m, int64_t start_us)
{
	unsigned p = DCF_PRECEDENCE_COUNT;

	if (m->message.precedence != DCF_PRECEDENCE_COUNT)
		return;
	while (--p > DCF_FLASH && (start_us == DCF_TIME_NONE || m->terms.ack_us[p] > start_us - m->now_us))
		;
	m->message.precedence = (uint8_t)p;
}

static bool take_operation(struct dcf_line_sending *m, struct dcf_http_reply *reply, const struct dcf_op *op)
{
	const struct dcf_feature **list = dcf_arena_get(m->rq->arena, (op->live.feature_count + 1) * sizeof *list);
	struct declared d = { .arena = m->rq->arena };
	struct dcf_store_error err;
	enum dcf_status s;

	if (!list)
		return no_memory(reply);
	for (uint32_t i = 0; i < op->live.feature_count; i++)
		list[i] = &op->live.features[i];
	s = dcf_store_read(m->api->store, op->position, 1, DCF_READ_ALL, take_body, &d, &err);
	if (s != DCF_OK || d.erased) {
		(void)dcf_http_problem(reply, d.erased ? 410 : 503, d.erased ? "erased" : "record",
				       DCF_SPAN("what was declared cannot be read"));
		return false;
	}
	s = dcf_line_label_judge(&m->view, op, d.body, m->message.to, m->message.releasable_to, m->now_us, &m->why);
	if (s != DCF_OK)
		return no_memory(reply);
	choose_precedence(m, op->start_us);
	return set_object(m, reply, list, op->live.feature_count) && set_text(m, reply, "operation", op->id) &&
	       (op->live.feature_count == 0 || !op->live.features[0].acm.len ||
		set_text(m, reply, "acm", op->live.features[0].acm));
}

static bool judge_operation(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	uint32_t party = dcf_plan_find_party(&m->view.frame->plan, m->message.from);
	const struct dcf_op *op = party == DCF_NONE ? NULL : dcf_view_find(&m->view, party, m->operation);

	if (!op) {
		DCF_REASON(&m->why, "operation", false, 404, DCF_SPAN("no operation "), m->operation, DCF_SPAN(" of "),
			   m->message.from, DCF_SPAN(" stands: declare it first"));
		return true;
	}
	if (dcf_op_final((enum dcf_op_state)atomic_load(&op->state)))
		DCF_REASON(&m->why, "operation", false, 409, m->operation, DCF_SPAN(" is over: "),
			   dcf_span_of(dcf_op_state_name((enum dcf_op_state)atomic_load(&op->state))));
	return take_operation(m, reply, op);
}

/* What it is about, and may that be said. */
static bool judge_content(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	bool theirs = m->message.verb == DCF_VERB_READ_BACK; /* their own notice goes back to them */

	if (m->operation.len)
		return judge_operation(m, reply);
	if (m->features.p && !object_of_features(m, reply))
		return false;
	if ((dcf_line_body_get(&m->body, "object").p && !theirs) || m->message.releasable_to.len)
		dcf_line_label_of(m->label, m->message.to, m->message.releasable_to, m->now_us, &m->why);
	return true;
}

static bool put_body(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_buf out = { .from = &m->api->heap };
	struct dcf_jdoc doc = { 0 };
	struct dcf_jval body;
	struct dcf_span object = dcf_line_body_get(&m->body, "object");
	bool fine;

	dcf_line_body_put(&m->body, &out);
	m->message.body = dcf_arena_copy(m->rq->arena, dcf_buf_as_span(&out));
	fine = !out.failed && m->message.body.p && dcf_line_parse(m->message.body, m->rq->arena, &doc, &body) == DCF_OK;
	dcf_buf_free(&out);
	if (fine) {
		judge_refs(m, body);
		judge_codes(m, body);
		dcf_line_texts_judge(&m->view, m->message.from, m->message.to, body, m->override, &m->why);
	}
	dcf_jfree(&doc);
	if (m->message.body.len > DCF_MESSAGE_BODY_MAX)
		DCF_REASON(&m->why, "size", false, 422, DCF_SPAN("a message has at most 190 kB"));
	if (object.p)
		dcf_check_words_of(object, m->words);
	return fine || no_memory(reply);
}

bool dcf_line_sending_judge(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_line_object *o = &m->object;

	m->why = (struct dcf_line_reasons){ .arena = m->rq->arena, .all = true };
	if (m->message.verb == DCF_VERB_CEASE && m->message.precedence == DCF_PRECEDENCE_COUNT)
		m->message.precedence = DCF_FLASH;
	judge_peer(m);
	judge_role(m);
	judge_object(m);
	if (m->has_object && !m->row->begins && m->message.precedence == DCF_PRECEDENCE_COUNT)
		m->message.precedence = o->precedence;
	if (!judge_content(m, reply) || !put_body(m, reply))
		return false;
	if (m->message.precedence == DCF_PRECEDENCE_COUNT)
		m->message.precedence = DCF_ROUTINE;
	judge_line(m);
	return true;
}
