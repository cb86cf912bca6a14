/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rehearsal_int.h"
#include "domain/declare.h"
#include "format/json_members.h"

#include <stdio.h>

enum { BODY_DEPTH = 12 };

/* One step: whose, and with what. */
struct acting {
	struct dcf_stage *st;
	size_t step;
	struct dcf_jval v;
	struct dcf_actor *a;
};

/* --- operations of the file ------------------------------------------------------------------------------- */

/* Read as a declaration of that node; DCF_E_SYNTAX with the first reason why it is none. */
static enum dcf_status read_operation(struct dcf_stage *st, size_t step, struct dcf_actor *a, struct dcf_span party,
				      struct dcf_span operation, struct dcf_buf *text, struct dcf_plan *plan)
{
	struct dcf_view view;
	enum dcf_status s;

	if (!dcf_stage_operation(st, party, operation, text))
		return dcf_stage_wrong(st, step, "the plan has no operation %.*s of %.*s", (int)operation.len, operation.p,
				       (int)party.len, party.p);
	s = dcf_state_enter(a->api->state, &view);
	if (s != DCF_OK)
		return s;
	s = dcf_declare_read(view.frame, operation, dcf_buf_as_span(text), st->o->from, plan);
	dcf_state_leave(&view);
	if (s == DCF_E_REFUSED)
		for (size_t i = 0; i < plan->remark_count; i++)
			if (plan->remarks[i].refused)
				return dcf_stage_wrong(st, step, "%.*s: %.*s", (int)operation.len, operation.p,
						       (int)plan->remarks[i].text.len, plan->remarks[i].text.p);
	return s;
}

static enum dcf_status declare(struct dcf_stage *st, size_t step, struct dcf_actor *a, struct dcf_span operation)
{
	struct dcf_buf text = { .from = st->o->from };
	struct dcf_plan plan = { 0 };
	struct dcf_op *op = NULL;
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_OPERATION,
					   .by = DCF_SPAN("rehearsal"),
					   .party = dcf_span_of(a->party),
					   .operation = operation },
				 .if_position = DCF_ANY_POSITION };
	enum dcf_status s = read_operation(st, step, a, dcf_span_of(a->party), operation, &text, &plan);

	s = s == DCF_OK ? dcf_ops_make(&plan, st->o->from, &op) : s;
	c.head.body = dcf_buf_as_span(&text);
	if (s == DCF_OK && dcf_actor_ask(a, &c, op, NULL) != DCF_TICKET_TAKEN)
		s = dcf_stage_wrong(st, step, "%.*s is not taken", (int)operation.len, operation.p);
	dcf_plan_free(&plan);
	dcf_buf_free(&text);
	return s;
}

enum dcf_status dcf_stage_object_of(struct dcf_stage *st, size_t step, struct dcf_actor *a, struct dcf_span party,
				    struct dcf_span operation, struct dcf_buf *out, struct dcf_span *acm)
{
	struct dcf_buf text = { .from = st->o->from }, why = { .from = st->o->from };
	struct dcf_plan plan = { 0 };
	const struct dcf_feature **f = NULL;
	enum dcf_status s = read_operation(st, step, a, party, operation, &text, &plan);

	f = s == DCF_OK ? dcf_arena_get(&st->arena, plan.feature_count * sizeof *f) : NULL;
	if (s == DCF_OK && !f)
		s = DCF_E_NOMEM;
	for (size_t i = 0; s == DCF_OK && i < plan.feature_count; i++)
		f[i] = &plan.features[i];
	s = s == DCF_OK ? dcf_notice_object_put(f, plan.feature_count, out, &why) : s;
	if (s == DCF_E_RANGE)
		s = dcf_stage_wrong(st, step, "%.*s is no notice: %.*s", (int)operation.len, operation.p, (int)why.len,
				    why.len ? why.p : "");
	if (s == DCF_OK && acm && plan.feature_count)
		*acm = dcf_arena_copy(&st->arena, plan.features[0].acm);
	dcf_plan_free(&plan);
	dcf_buf_free(&why);
	dcf_buf_free(&text);
	return s;
}

enum dcf_status dcf_actor_said_object(struct dcf_actor *a, const struct dcf_line_object *o, enum dcf_verb verb,
				      struct dcf_arena *arena, struct dcf_span *object)
{
	uint64_t at[500];
	size_t n = dcf_line_history(a->line, o->serial, 0, at, sizeof at / sizeof *at);
	struct dcf_jdoc doc = { 0 };
	enum dcf_status s = DCF_OK;

	*object = (struct dcf_span){ NULL, 0 };
	while (s == DCF_OK && !object->p && n-- > 0) {
		struct dcf_line_entry e;

		s = dcf_line_entry_read(a->api->store, at[n], &doc, arena, &e);
		if (s == DCF_OK && e.has_message && e.message.verb == verb) {
			struct dcf_json_members m = dcf_json_members_of(e.message.body);
			struct dcf_span name, value;

			while (dcf_json_members_next(&m, &name, &value))
				if (dcf_span_eq(name, DCF_SPAN("object")))
					*object = value;
		}
	}
	dcf_jfree(&doc);
	return s;
}

/* --- saying -------------------------------------------------------------------------------------------------- */

static const char *const objection_name[] = { "",          "NO_PEER", "REPEATED",  "OTHER", "CHAIN", "AHEAD", "NOT_FOR_US",
					      "NO_OBJECT", "STATE",   "NOT_YOURS", "ROLE",  "THERE", "BODY" };

static enum dcf_precedence precedence_of(struct acting *k, enum dcf_precedence usual, enum dcf_status *s)
{
	struct dcf_jval v = dcf_jget(k->v, "precedence");
	enum dcf_precedence p = usual;

	if (!dcf_jnone(v))
		p = dcf_jkind(v) == DCF_J_STRING ? dcf_precedence_named(dcf_jstring(v)) : DCF_PRECEDENCE_COUNT;
	if (p == DCF_PRECEDENCE_COUNT)
		*s = dcf_stage_wrong(k->st, k->step, "precedence: expected FLASH, IMMEDIATE, PRIORITY or ROUTINE");
	return p;
}

/* What came of it, against what the script says would. */
static enum dcf_status judge(struct acting *k, enum dcf_ticket_answer answer, enum dcf_line_objection objection,
			     struct dcf_span why)
{
	const char *found = answer == DCF_TICKET_TAKEN ? "" : objection <= DCF_LINE_BODY ? objection_name[objection] : "";
	const char *want = dcf_stage_text(k->st, dcf_jget(k->v, "refused"));
	struct dcf_buf line = { .from = k->st->o->from };
	bool holds = strcmp(found, want ? want : "") == 0;

	if (answer != DCF_TICKET_TAKEN && answer != DCF_TICKET_OBJECTED)
		return dcf_node_fail(k->st->err, DCF_E_IO, "%s: step %zu: the record of %s cannot be written", k->st->o->name,
				     k->step, k->a->party);
	while (why.len && why.p[why.len - 1] == '\n')
		why.len--;
	if (!want && holds)
		return DCF_OK;
	dcf_buf_z(&line, *found ? "refused: " : "taken");
	dcf_buf_z(&line, found);
	if (why.len) {
		dcf_buf_z(&line, ", ");
		dcf_buf_span(&line, why);
	}
	if (!holds) {
		dcf_buf_z(&line, want ? "; expected refused: " : "; expected it to be taken");
		dcf_buf_z(&line, want ? want : "");
	}
	dcf_stage_line(k->st, "refused", k->a->party, dcf_buf_as_span(&line), &holds);
	dcf_buf_free(&line);
	return DCF_OK;
}

static enum dcf_status say(struct acting *k, enum dcf_verb verb, enum dcf_precedence precedence, const char *object,
			   struct dcf_span body)
{
	const char *role = dcf_stage_text(k->st, dcf_jget(k->v, "role"));
	struct dcf_buf note = { .from = k->st->o->from }, why = { .from = k->st->o->from };
	struct dcf_line_command line = { .signer = k->a->api->line_signer, .note = &note };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_LINE_OUT,
					   .by = DCF_SPAN("rehearsal"),
					   .party = dcf_span_of(dcf_stage_other(k->a)->party) },
				 .if_position = DCF_ANY_POSITION,
				 .line = &line };
	enum dcf_ticket_answer answer;
	enum dcf_status s;

	line.message = (struct dcf_message){ .verb = (uint8_t)verb,
					     .precedence = (uint8_t)precedence,
					     .object = dcf_span_of(object),
					     .role = dcf_span_of(role ? role : ""),
					     .body = body };
	answer = dcf_actor_ask(k->a, &c, NULL, &why);
	s = judge(k, answer, line.objection, dcf_buf_as_span(&why));
	dcf_buf_free(&note);
	dcf_buf_free(&why);
	return s;
}

/* A member of the step in canonical form, in the stage's arena; absent when there is none. */
static enum dcf_status canonical(struct acting *k, const char *member, struct dcf_span *out)
{
	struct dcf_jval v = dcf_jget(k->v, member);
	struct dcf_buf text = { .from = k->st->o->from };
	const char *why = "";
	enum dcf_status s;

	*out = (struct dcf_span){ NULL, 0 };
	if (dcf_jnone(v))
		return DCF_OK;
	s = dcf_line_canonical(v, BODY_DEPTH, &k->st->arena, &text, &why);
	if (s == DCF_OK)
		*out = dcf_arena_copy(&k->st->arena, dcf_buf_as_span(&text));
	else if (s == DCF_E_REFUSED)
		s = dcf_stage_wrong(k->st, k->step, "%s: %s", member, why);
	dcf_buf_free(&text);
	return s;
}

static enum dcf_status notify_one(struct acting *k, const char *id)
{
	const char *operation = dcf_stage_text(k->st, dcf_jget(k->v, "operation"));
	struct dcf_buf object = { .from = k->st->o->from }, body = { .from = k->st->o->from };
	struct dcf_json j = { .out = &body };
	struct dcf_span text, acm = { NULL, 0 };
	enum dcf_status s = canonical(k, "text", &text);
	enum dcf_precedence p = precedence_of(k, DCF_ROUTINE, &s);

	operation = operation ? operation : id;
	s = s == DCF_OK
		    ? dcf_stage_object_of(k->st, k->step, k->a, dcf_span_of(k->a->party), dcf_span_of(operation), &object, &acm)
		    : s;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "acm");
	dcf_json_string(&j, acm);
	dcf_json_key(&j, "object");
	dcf_json_raw(&j, dcf_buf_as_span(&object));
	dcf_json_key(&j, "operation");
	dcf_json_z(&j, operation);
	if (text.p) {
		dcf_json_key(&j, "text");
		dcf_json_raw(&j, text);
	}
	dcf_json_end(&j, '}');
	s = s == DCF_OK ? say(k, DCF_VERB_NOTIFY, p, id, dcf_buf_as_span(&body)) : s;
	dcf_buf_free(&object);
	dcf_buf_free(&body);
	return s;
}

/* "as": the operation that was heard.  Without, the words that the reader's own node shows for what it received. */
static enum dcf_status read_back(struct acting *k)
{
	const char *id = dcf_stage_text(k->st, dcf_jget(k->v, "read_back")), *as = dcf_stage_text(k->st, dcf_jget(k->v, "as"));
	struct dcf_buf body = { .from = k->st->o->from };
	struct dcf_line_object o;
	enum dcf_status s = DCF_OK;
	enum dcf_precedence p = precedence_of(k, DCF_PRIORITY, &s);

	if (!id || !dcf_actor_object(k->a, id, 0, &o))
		return dcf_stage_wrong(k->st, k->step, "read_back: expected the id of a notice that %s has", k->a->party);
	if (as) {
		dcf_buf_z(&body, "{\"object\":");
		if (s == DCF_OK)
			s = dcf_stage_object_of(k->st, k->step, k->a, dcf_span_of(dcf_stage_other(k->a)->party),
						dcf_span_of(as), &body, NULL);
		dcf_buf_char(&body, '}');
	} else {
		dcf_buf_z(&body, "{\"words\":\"");
		dcf_buf_z(&body, o.words);
		dcf_buf_z(&body, "\"}");
	}
	s = s == DCF_OK ? say(k, DCF_VERB_READ_BACK, p, id, dcf_buf_as_span(&body)) : s;
	dcf_buf_free(&body);
	return s;
}

/* "cease/execute": any verb of any machine, with a body as it stands. */
static enum dcf_status send(struct acting *k)
{
	const char *what = dcf_stage_text(k->st, dcf_jget(k->v, "send")), *slash = what ? strchr(what, '/') : NULL;
	const char *object = dcf_stage_text(k->st, dcf_jget(k->v, "object"));
	enum dcf_verb verb = DCF_VERB_COUNT;
	struct dcf_span body;
	enum dcf_status s = canonical(k, "body", &body);
	enum dcf_precedence p;

	if (slash)
		verb = dcf_verb_named(dcf_machine_named((struct dcf_span){ what, (size_t)(slash - what) }),
				      dcf_span_of(slash + 1));
	if (verb == DCF_VERB_COUNT)
		return dcf_stage_wrong(k->st, k->step, "send: expected MACHINE/VERB, as cease/execute");
	p = precedence_of(k, verb == DCF_VERB_CEASE ? DCF_FLASH : DCF_PRIORITY, &s);
	return s == DCF_OK ? say(k, verb, p, object ? object : "", body.p ? body : DCF_SPAN("{}")) : s;
}

/* --- steps ------------------------------------------------------------------------------------------------------ */

/* One id, a list of them, or "all": every operation of the party, in the file's order. */
static enum dcf_status each(struct acting *k, const char *member, enum dcf_status (*run)(struct acting *k, const char *id))
{
	struct dcf_jval v = dcf_jget(k->v, member), one;
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_span party, operation, feature, last = { NULL, 0 };
	enum dcf_status s = DCF_OK;

	if (dcf_jis(v, "all")) {
		for (size_t i = 0; s == DCF_OK && dcf_stage_feature(k->st, i, &party, &operation, &feature); i++) {
			char id[DCF_OBJECT_ID_MAX + 1];

			if (!dcf_span_eq(party, dcf_span_of(k->a->party)) || dcf_span_eq(operation, last) ||
			    operation.len >= sizeof id)
				continue;
			snprintf(id, sizeof id, "%.*s", (int)operation.len, operation.p);
			last = operation;
			s = run(k, id);
		}
		return s;
	}
	if (dcf_jkind(v) == DCF_J_STRING)
		return run(k, dcf_stage_text(k->st, v));
	while (s == DCF_OK && dcf_jnext(&it, &one)) {
		const char *id = dcf_stage_text(k->st, one);

		s = id ? run(k, id) : dcf_stage_wrong(k->st, k->step, "%s: expected ids", member);
	}
	return s;
}

static enum dcf_status declare_one(struct acting *k, const char *id)
{
	return declare(k->st, k->step, k->a, dcf_span_of(id));
}

static enum dcf_status only_known(struct dcf_stage *st, size_t step, struct dcf_jval v)
{
	static const char *const known[] = { "at",   "by",         "say",       "declare", "notify", "operation",
					     "text", "precedence", "read_back", "as",      "send",   "object",
					     "role", "body",       "refused",   "cut",     "expect" };

	return dcf_stage_only_known(st, step, v, known, sizeof known / sizeof *known);
}

/* "cut": true or false: the network between the two is gone, or back. */
static enum dcf_status cut(struct dcf_stage *st, size_t step, struct dcf_jval v)
{
	bool now = dcf_jkind(v) == DCF_J_TRUE;

	if (!now && dcf_jkind(v) != DCF_J_FALSE)
		return dcf_stage_wrong(st, step, "cut: expected true or false");
	st->cut = now;
	for (int i = 0; i < 2; i++)
		dcf_line_link_cut(st->actor[i].api->line_link, now);
	return DCF_OK;
}

enum dcf_status dcf_stage_act(struct dcf_stage *st, size_t step, struct dcf_jval v)
{
	struct acting k = { st, step, v, dcf_stage_actor(st, dcf_jget(v, "by")) };
	const char *said = dcf_stage_text(st, dcf_jget(v, "say"));
	bool acts = !dcf_jnone(dcf_jget(v, "declare")) || !dcf_jnone(dcf_jget(v, "notify")) ||
		    !dcf_jnone(dcf_jget(v, "read_back")) || !dcf_jnone(dcf_jget(v, "send"));
	enum dcf_status s = only_known(st, step, v);

	if (s == DCF_OK && acts && !k.a)
		return dcf_stage_wrong(st, step, "by: expected %s or %s", st->actor[0].party, st->actor[1].party);
	if (s == DCF_OK && said)
		dcf_stage_line(st, "say", NULL, dcf_span_of(said), NULL);
	if (s == DCF_OK && !dcf_jnone(dcf_jget(v, "cut")))
		s = cut(st, step, dcf_jget(v, "cut"));
	s = s == DCF_OK ? each(&k, "declare", declare_one) : s;
	s = s == DCF_OK ? each(&k, "notify", notify_one) : s;
	if (s == DCF_OK && !dcf_jnone(dcf_jget(v, "read_back")))
		s = read_back(&k);
	if (s == DCF_OK && !dcf_jnone(dcf_jget(v, "send")))
		s = send(&k);
	return s;
}
