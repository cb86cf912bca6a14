/* SPDX-License-Identifier: Apache-2.0 */
/* What a step says must hold, on each side that it names; every member is one expectation, told with what was found. */
#include "node/rehearsal_int.h"
#include "core/time.h"
#include "format/json_members.h"

#include <stdio.h>

struct expecting {
	struct dcf_stage *st;
	size_t step;
	struct dcf_jval v;
	struct dcf_actor *a;
	bool has_object, tells; /* `tells`: what is found stands nowhere else */
	struct dcf_line_object o;
};

/* --- one value against another ----------------------------------------------------------------------------- */

static void tell(struct expecting *k, const char *what, struct dcf_span want, struct dcf_span found)
{
	struct dcf_buf line = { .from = k->st->o->from };
	bool holds = dcf_span_eq(want, found);

	if (k->has_object) {
		dcf_buf_z(&line, k->o.id);
		dcf_buf_char(&line, ' ');
	}
	dcf_buf_z(&line, what);
	dcf_buf_char(&line, ' ');
	dcf_buf_span(&line, found.len ? found : DCF_SPAN("(none)"));
	if (!holds) {
		dcf_buf_z(&line, "; expected ");
		dcf_buf_span(&line, want.len ? want : DCF_SPAN("(none)"));
	}
	(k->tells ? dcf_stage_line : dcf_stage_plain_line)(k->st, "expected", k->a->party, dcf_buf_as_span(&line), &holds);
	dcf_buf_free(&line);
}

static enum dcf_status bad(struct expecting *k, const char *member, const char *expected)
{
	return dcf_stage_wrong(k->st, k->step, "expect.%s: expected %s", member, expected);
}

/* A text against a text. */
static enum dcf_status text_is(struct expecting *k, const char *member, struct dcf_jval v, const char *found)
{
	const char *want = dcf_stage_text(k->st, v);

	if (!want)
		return bad(k, member, "a text");
	tell(k, member, dcf_span_of(want), dcf_span_of(found));
	return DCF_OK;
}

static enum dcf_status number_is(struct expecting *k, const char *member, struct dcf_jval v, double found)
{
	char want_text[40], found_text[40];
	double want;

	if (!dcf_jdouble(v, &want))
		return bad(k, member, "a number");
	snprintf(want_text, sizeof want_text, "%g", want);
	snprintf(found_text, sizeof found_text, "%g", found);
	tell(k, member, dcf_span_of(want_text), dcf_span_of(found_text));
	return DCF_OK;
}

static enum dcf_status truth_is(struct expecting *k, const char *member, struct dcf_jval v, bool found)
{
	int kind = dcf_jkind(v);

	if (kind != DCF_J_TRUE && kind != DCF_J_FALSE)
		return bad(k, member, "true or false");
	tell(k, member, kind == DCF_J_TRUE ? DCF_SPAN("yes") : DCF_SPAN("no"), found ? DCF_SPAN("yes") : DCF_SPAN("no"));
	return DCF_OK;
}

/* --- of an object ------------------------------------------------------------------------------------------- */

static enum dcf_status of_state(struct expecting *k, struct dcf_jval v)
{
	return text_is(k, "state", v, dcf_machine_state_name((enum dcf_machine_kind)k->o.machine, k->o.state));
}

static enum dcf_status of_overdue(struct expecting *k, struct dcf_jval v)
{
	return truth_is(k, "overdue", v, k->o.overdue);
}

static enum dcf_status of_escalation(struct expecting *k, struct dcf_jval v)
{
	return number_is(k, "escalation", v, k->o.escalation);
}

static enum dcf_status of_ringing(struct expecting *k, struct dcf_jval v)
{
	size_t first, count;

	dcf_line_ringing(&k->st->terms, k->o.escalation, &first, &count);
	return text_is(k, "ringing", v, k->o.escalation >= 3 ? "all" : count ? k->st->terms.role[first] : "");
}

static enum dcf_status of_timeliness(struct expecting *k, struct dcf_jval v)
{
	return text_is(k, "timeliness", v, dcf_timeliness_name((enum dcf_timeliness)k->o.timeliness));
}

static enum dcf_status of_notice(struct expecting *k, struct dcf_jval v)
{
	return number_is(k, "notice_min", v, (double)k->o.notice_us / 60e6);
}

static enum dcf_status of_need(struct expecting *k, struct dcf_jval v)
{
	return number_is(k, "need_min", v, (double)k->o.need_us / 60e6);
}

static enum dcf_status of_moved(struct expecting *k, struct dcf_jval v)
{
	return truth_is(k, "moved", v, k->o.moved);
}

static enum dcf_status of_stale(struct expecting *k, struct dcf_jval v)
{
	return truth_is(k, "stale", v, k->o.stale);
}

static enum dcf_status of_version(struct expecting *k, struct dcf_jval v)
{
	return number_is(k, "version", v, k->o.version);
}

static enum dcf_status of_ref(struct expecting *k, struct dcf_jval v)
{
	return text_is(k, "ref", v, k->o.ref);
}

static enum dcf_status of_begun(struct expecting *k, struct dcf_jval v)
{
	struct dcf_buf found = { .from = k->st->o->from };
	enum dcf_status s;

	dcf_time_put(&found, k->o.begun_us, k->o.begun_us % 1000000 ? DCF_TIME_US : DCF_TIME_S);
	dcf_buf_char(&found, 0);
	s = found.failed ? DCF_E_NOMEM : text_is(k, "begun", v, found.p);
	dcf_buf_free(&found);
	return s;
}

/* The operation that the notice is on this side. */
static const struct dcf_op *op_of(struct expecting *k, const struct dcf_view *view)
{
	const char *party = k->o.ours ? k->a->party : dcf_stage_other(k->a)->party;
	uint32_t index = dcf_plan_find_party(&view->frame->plan, dcf_span_of(party));

	return index == DCF_NONE ? NULL : dcf_view_find(view, index, dcf_span_of(k->o.id));
}

/* Names of this side's own operations that the notice meets, with blanks between. */
static enum dcf_status of_meets(struct expecting *k, struct dcf_jval v)
{
	struct dcf_buf found = { .from = k->st->o->from };
	struct dcf_view view;
	const struct dcf_op *op;
	enum dcf_status s = dcf_state_enter(k->a->api->state, &view);

	if (s != DCF_OK)
		return s;
	op = op_of(k, &view);
	if (op)
		s = dcf_line_meet_names(&view, op, dcf_span_of(k->a->party), k->st->o->from, &found);
	else
		dcf_buf_z(&found, "(it does not stand here)");
	dcf_buf_char(&found, 0);
	s = found.failed ? DCF_E_NOMEM : s == DCF_OK ? text_is(k, "meets", v, found.p) : s;
	dcf_buf_free(&found);
	dcf_state_leave(&view);
	return s;
}

/* --- ways out ------------------------------------------------------------------------------------------------ */

/* {"kind": "delay", "change": {"shift_s": 4303}} as "delay 4303 s". */
static void put_option(struct dcf_buf *out, struct dcf_jval option)
{
	struct dcf_jval shift = dcf_jget(dcf_jget(option, "change"), "shift_s");
	struct dcf_span kind =
		dcf_jkind(dcf_jget(option, "kind")) == DCF_J_STRING ? dcf_jstring(dcf_jget(option, "kind")) : DCF_SPAN("?");
	double s;

	if (out->len)
		dcf_buf_z(out, ", ");
	dcf_buf_span(out, kind);
	if (dcf_jdouble(shift, &s)) {
		dcf_buf_char(out, ' ');
		dcf_buf_i64(out, (int64_t)s);
		dcf_buf_z(out, " s");
	}
}

static enum dcf_status read_options(struct dcf_stage *st, struct dcf_buf *answer, struct dcf_buf *out)
{
	struct dcf_jdoc doc = { 0 };
	struct dcf_jwalk it;
	struct dcf_jval option;
	const char *said;
	size_t len = answer->len;
	enum dcf_status s;

	dcf_buf_fill(answer, ' ', 64);
	s = answer->failed ? DCF_E_NOMEM : dcf_jparse(&doc, answer->p, len, &said);
	if (s == DCF_OK)
		for (it = dcf_jwalk(dcf_jget(dcf_jroot(&doc), "options")); dcf_jnext(&it, &option);)
			put_option(out, option);
	dcf_jfree(&doc);
	(void)st;
	return s;
}

/* "options": {"for": OPERATION, "are": "delay 4303 s, reroute"}: what this side can do for its own. */
static enum dcf_status of_options(struct expecting *k, struct dcf_jval v)
{
	const char *id = dcf_stage_text(k->st, dcf_jget(v, "for"));
	struct dcf_buf answer = { .from = k->st->o->from }, found = { .from = k->st->o->from };
	struct dcf_claims claims = { .party = dcf_span_of(k->a->party) };
	struct dcf_caller caller = { .claims = &claims, .reads = true };
	struct dcf_view view;
	struct dcf_question q = { &caller, &view, NULL, 1, NULL, NULL, k->a->api->store };
	const struct dcf_op *op = NULL;
	char what[100];
	enum dcf_status s = dcf_state_enter(k->a->api->state, &view);

	if (s != DCF_OK)
		return s;
	if (id)
		op = dcf_view_find(&view, dcf_plan_find_party(&view.frame->plan, dcf_span_of(k->a->party)), dcf_span_of(id));
	q.ops = &op;
	if (op)
		s = dcf_answer_options(&q, 0, k->st->o->version, NULL, NULL, k->st->o->from, &answer);
	else
		s = bad(k, "options.for", "an operation of that side");
	if (s == DCF_OK)
		s = read_options(k->st, &answer, &found);
	if (s == DCF_E_NOT_FOUND)
		s = DCF_OK;
	dcf_buf_char(&found, 0);
	snprintf(what, sizeof what, "ways out for %.60s:", id ? id : "");
	k->has_object = false;
	s = s == DCF_OK ? text_is(k, what, dcf_jget(v, "are"), found.p) : s;
	dcf_buf_free(&answer);
	dcf_buf_free(&found);
	dcf_state_leave(&view);
	return s;
}

/* --- of the line ----------------------------------------------------------------------------------------------- */

static enum dcf_status of_line(struct expecting *k, struct dcf_jval v)
{
	struct dcf_line_peer p = { .removed = true };
	char found[40];

	(void)dcf_actor_peer(k->a, &p);
	snprintf(found, sizeof found, "%s %s", dcf_line_technical_name((enum dcf_line_technical)p.technical),
		 dcf_line_political_name(dcf_line_political(&p)));
	return text_is(k, "line", v, found);
}

/* The number of objects of a machine: nothing was begun that the script does not know of. */
static enum dcf_status of_count(struct expecting *k, struct dcf_jval v)
{
	return number_is(k, "objects", v, (double)dcf_line_object_count(k->a->line));
}

static const struct row {
	const char *member;
	bool object, tells; /* of the object that is named; see above */
	enum dcf_status (*run)(struct expecting *k, struct dcf_jval v);
} row[] = {
	{ "state", true, false, of_state },
	{ "overdue", true, false, of_overdue },
	{ "escalation", true, false, of_escalation },
	{ "ringing", true, false, of_ringing },
	{ "timeliness", true, false, of_timeliness },
	{ "notice_min", true, false, of_notice },
	{ "need_min", true, false, of_need },
	{ "moved", true, false, of_moved },
	{ "stale", true, false, of_stale },
	{ "version", true, false, of_version },
	{ "ref", true, false, of_ref },
	{ "begun", true, false, of_begun },
	{ "meets", true, true, of_meets },
	{ "options", false, true, of_options },
	{ "line", false, false, of_line },
	{ "objects", false, false, of_count },
};

static const struct row *row_of(struct dcf_span name)
{
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (dcf_span_eq(dcf_span_of(row[i].member), name))
			return &row[i];
	return NULL;
}

static enum dcf_status on_side(struct expecting *k, const char *id)
{
	struct dcf_jwalk it = dcf_jwalk(k->v);
	struct dcf_span name;
	struct dcf_jval value;
	enum dcf_status s = DCF_OK;

	k->has_object = id && dcf_actor_object(k->a, id, 0, &k->o);
	while (s == DCF_OK && dcf_jmember(&it, &name, &value)) {
		const struct row *r = row_of(name);
		bool there = k->has_object;

		if (dcf_span_eq(name, DCF_SPAN("on")) || dcf_span_eq(name, DCF_SPAN("object")))
			continue;
		if (!r)
			return dcf_stage_wrong(k->st, k->step, "expect: found \"%.*s\", which cannot be expected",
					       (int)name.len, name.p);
		if (r->object && !there) {
			bool holds = false;
			char text[120];

			snprintf(text, sizeof text, "there is no object %s", id ? id : "(none is named)");
			dcf_stage_line(k->st, "expected", k->a->party, dcf_span_of(text), &holds);
			return DCF_OK;
		}
		k->tells = r->tells;
		s = r->run(k, value);
		k->has_object = there;
	}
	return s;
}

static enum dcf_status expect_one(struct dcf_stage *st, size_t step, struct dcf_jval v)
{
	struct expecting k = { .st = st, .step = step, .v = v };
	const char *id = dcf_stage_text(st, dcf_jget(v, "object"));
	struct dcf_jval on = dcf_jget(v, "on");
	enum dcf_status s = DCF_OK;

	if (!dcf_jnone(on) && !dcf_stage_actor(st, on))
		return dcf_stage_wrong(st, step, "expect.on: expected %s or %s", st->actor[0].party, st->actor[1].party);
	for (int i = 0; i < 2 && s == DCF_OK; i++) {
		k.a = &st->actor[i];
		if (dcf_jnone(on) || dcf_stage_actor(st, on) == k.a)
			s = on_side(&k, id);
	}
	return s;
}

enum dcf_status dcf_stage_expect(struct dcf_stage *st, size_t step, struct dcf_jval v)
{
	struct dcf_jval all = dcf_jget(v, "expect"), one;
	struct dcf_jwalk it = dcf_jwalk(all);
	enum dcf_status s = DCF_OK;

	if (dcf_jkind(all) == DCF_J_OBJECT)
		return expect_one(st, step, all);
	while (s == DCF_OK && dcf_jkind(all) == DCF_J_ARRAY && dcf_jnext(&it, &one))
		s = expect_one(st, step, one);
	return s;
}
