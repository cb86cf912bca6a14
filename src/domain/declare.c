/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/declare.h"
#include "domain/exchange.h"
#include "base/json_writer.h"
#include "domain/text_source.h"
#include "format/geojson_parts.h"
#include "format/json.h"

enum { RELEASED_MOST = 256 };

struct labels {
	struct dcf_plan *plan;
	const struct dcf_frame *frame; /* whose members may be named; NULL: anybody */
	struct dcf_jdoc doc;
	uint32_t *labelled; /* by operation: features whose label says who may know */
	struct dcf_arena arena;
};

static enum dcf_status refuse(struct dcf_plan *plan, const struct dcf_feature *f, const char *field, const char *text)
{
	struct dcf_remark r = { .refused = true, .where = f->where, .field = dcf_span_of(field), .text = dcf_span_of(text) };

	if (f->operation < plan->operation_count) {
		r.party = plan->parties[f->party].id;
		r.operation = plan->operations[f->operation].id;
	}
	return dcf_plan_remark(plan, &r);
}

static bool contains(const uint32_t *list, uint32_t n, uint32_t x)
{
	while (n > 0)
		if (list[--n] == x)
			return true;
	return false;
}

static bool is_among(const struct dcf_span *list, uint32_t n, struct dcf_span name)
{
	while (n > 0)
		if (dcf_span_eq(list[--n], name))
			return true;
	return false;
}

/* Whom one label names. */
struct named {
	uint32_t *parties;
	struct dcf_span *names; /* of members */
	uint32_t party_count, name_count;
};

/* Keep of the operation's lists what is in those of the label too. */
static void narrow(struct dcf_operation *o, const struct named *l)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < o->disclosed_count; i++)
		if (contains(l->parties, l->party_count, o->disclosed_to[i]))
			o->disclosed_to[kept++] = o->disclosed_to[i];
	o->disclosed_count = kept;
	kept = 0;
	for (uint32_t i = 0; i < o->disclosed_name_count; i++)
		if (is_among(l->names, l->name_count, o->disclosed_names[i]))
			o->disclosed_names[kept++] = o->disclosed_names[i];
	o->disclosed_name_count = kept;
}

static const char stranger[] = "found a name in releasable_to that is no party here and no party's member";

/* `releasable_to` of one label; false in *sound after a refusal. */
static enum dcf_status whom(struct labels *l, const struct dcf_feature *f, struct dcf_jval v, struct named *out, bool *sound)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval name;
	size_t most = dcf_jcount(v) + 1;

	*sound = dcf_jkind(v) == DCF_J_ARRAY;
	if (!*sound)
		return refuse(l->plan, f, "label", "found releasable_to that is no list, expected [\"PARTY\", ...]");
	out->parties = dcf_arena_get(&l->plan->arena, (l->plan->party_count + 1) * sizeof *out->parties);
	out->names = dcf_arena_get(&l->plan->arena, (most < RELEASED_MOST ? most : RELEASED_MOST) * sizeof *out->names);
	if (!out->parties || !out->names)
		return DCF_E_NOMEM;
	while (dcf_jnext(&it, &name)) {
		struct dcf_span s = dcf_jkind(name) == DCF_J_STRING ? dcf_jstring(name) : DCF_SPAN("");
		uint32_t party = s.len ? dcf_plan_find_party(l->plan, s) : DCF_NONE;

		*sound = s.len && (party != DCF_NONE || !l->frame || dcf_span_eq(s, DCF_SPAN(DCF_EXCHANGE_NAME)) ||
				   dcf_frame_member(l->frame, s));
		if (!*sound)
			return refuse(l->plan, f, "label", stranger);
		if (party != DCF_NONE) {
			if (!contains(out->parties, out->party_count, party))
				out->parties[out->party_count++] = party;
		} else if (!is_among(out->names, out->name_count, s)) {
			*sound = out->name_count < RELEASED_MOST;
			if (!*sound)
				return refuse(l->plan, f, "label", "found more than 256 members in releasable_to");
			out->names[out->name_count] = dcf_arena_copy(&l->plan->arena, s);
			if (!out->names[out->name_count++].p)
				return DCF_E_NOMEM;
		}
	}
	return DCF_OK;
}

/* Who may know of the operation of `f`, as its label says. */
static enum dcf_status take_label(struct labels *l, const struct dcf_feature *f, struct dcf_jval label)
{
	struct dcf_operation *o = &l->plan->operations[f->operation];
	struct dcf_jval list_value, originator;
	struct named list = { 0 };
	enum dcf_status s;
	bool sound;

	if (dcf_jkind(label) != DCF_J_OBJECT)
		return refuse(l->plan, f, "label", "found no object, expected {\"releasable_to\": [\"PARTY\", ...]}");
	list_value = dcf_jget(label, "releasable_to");
	originator = dcf_jget(label, "originator");
	if (!dcf_jnone(originator) &&
	    (dcf_jkind(originator) != DCF_J_STRING || !dcf_span_eq(dcf_jstring(originator), l->plan->parties[f->party].id)))
		return refuse(l->plan, f, "label", "found another originator, expected the operation's own party");
	if (dcf_jnone(list_value))
		return DCF_OK;
	s = whom(l, f, list_value, &list, &sound);
	if (s != DCF_OK || !sound)
		return s;
	if (o->disclosed_to) {
		narrow(o, &list);
	} else {
		o->disclosed_to = list.parties;
		o->disclosed_count = list.party_count;
		o->disclosed_names = list.names;
		o->disclosed_name_count = list.name_count;
	}
	l->labelled[f->operation]++;
	return DCF_OK;
}

static enum dcf_status label_of(struct labels *l, const struct dcf_feature *f)
{
	struct dcf_span p = f->properties_json;
	const char *why;
	char *text;
	struct dcf_jval label;
	enum dcf_status s;

	if (!p.len || !memmem(p.p, p.len, "\"label\"", 7))
		return DCF_OK;
	dcf_arena_rewind(&l->arena);
	text = dcf_arena_get(&l->arena, p.len + DCF_JSON_SLACK);
	if (!text)
		return DCF_E_NOMEM;
	memcpy(text, p.p, p.len);
	memset(text + p.len, ' ', DCF_JSON_SLACK);
	s = dcf_jparse(&l->doc, text, p.len, &why);
	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? s : refuse(l->plan, f, "label", "found properties that cannot be read again");
	label = dcf_jget(dcf_jroot(&l->doc), "label");
	return dcf_jnone(label) ? DCF_OK : take_label(l, f, label);
}

static enum dcf_status take_labels(struct dcf_plan *plan, const struct dcf_frame *frame, const struct dcf_alloc *a)
{
	struct labels l = { .plan = plan, .frame = frame, .arena = { .from = a } };
	size_t bytes = plan->operation_count * sizeof *l.labelled;
	enum dcf_status s = DCF_OK;
	static uint32_t nobody;

	l.labelled = dcf_alloc_new(a, bytes);
	if (!l.labelled)
		return DCF_E_NOMEM;
	memset(l.labelled, 0, bytes);
	for (size_t i = 0; i < plan->feature_count && s == DCF_OK; i++)
		s = label_of(&l, &plan->features[i]);
	for (size_t i = 0; i < plan->operation_count; i++) {
		struct dcf_operation *o = &plan->operations[i];

		/* A feature without a label among others that have one is its own party's alone, and so is the operation. */
		if (!o->disclosed_to || (l.labelled[i] && l.labelled[i] != o->feature_count)) {
			o->disclosed_to = &nobody;
			o->disclosed_count = o->disclosed_name_count = 0;
		}
	}
	dcf_alloc_free(a, l.labelled, bytes);
	dcf_jfree(&l.doc);
	dcf_arena_free(&l.arena);
	return s;
}

/* In the exchange an operation is an intent or a constraint: one that goes there says which with all its features. */
static enum dcf_status refuse_mixed(struct dcf_plan *plan)
{
	const struct dcf_alloc *a = plan->arena.from;
	size_t bytes = plan->operation_count * sizeof(uint32_t);
	uint32_t *constraints = dcf_alloc_new(a, bytes);
	enum dcf_status s = DCF_OK;

	if (!constraints)
		return DCF_E_NOMEM;
	memset(constraints, 0, bytes);
	for (size_t i = 0; i < plan->feature_count; i++)
		constraints[plan->features[i].operation] += plan->features[i].is_constraint;
	for (size_t i = 0; i < plan->feature_count && s == DCF_OK; i++) {
		const struct dcf_feature *f = &plan->features[i];
		const struct dcf_operation *o = &plan->operations[f->operation];

		if (f->is_constraint || !constraints[f->operation] ||
		    !is_among(o->disclosed_names, o->disclosed_name_count, DCF_SPAN(DCF_EXCHANGE_NAME)))
			continue;
		s = refuse(plan, f, "constraint",
			   "found a feature that is none in an operation released to the exchange, others of which are; "
			   "expected all or none");
		constraints[f->operation] = 0;
	}
	dcf_alloc_free(a, constraints, bytes);
	return s;
}

static enum dcf_status warn(struct dcf_plan *plan, struct dcf_span where, const char *text)
{
	struct dcf_remark r = { .where = where, .text = dcf_span_of(text) };

	return dcf_plan_remark(plan, &r);
}

/* Names that the text brought and the frame does not have. */
static enum dcf_status refuse_strangers(struct dcf_plan *plan, size_t known)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = known; i < plan->party_count && s == DCF_OK; i++) {
		struct dcf_buf text = { .from = plan->arena.from };
		struct dcf_remark r = { .refused = true, .party = plan->parties[i].id, .where = plan->parties[i].id };

		dcf_buf_z(&text, "found a party that this node does not know, expected one of its parties");
		r.text = dcf_buf_as_span(&text);
		s = text.failed ? DCF_E_NOMEM : dcf_plan_remark(plan, &r);
		dcf_buf_free(&text);
	}
	return s;
}

static bool brings_its_own(const struct dcf_plan *plan)
{
	return plan->atmosphere_seen || plan->agreement.id.len || plan->agreement.separation_count ||
	       plan->agreement.notice_count || plan->agreement.line_count || plan->agreement.area_count || plan->place_count;
}

static enum dcf_status read_declaration(const struct dcf_frame *frame, struct dcf_span name, struct dcf_span text, bool again,
					const struct dcf_alloc *a, struct dcf_plan *plan)
{
	enum dcf_status s = dcf_plan_like(&frame->plan, a, plan);

	/* Limits of a party hold where options are looked for, with the party as it is then. */
	for (size_t i = 0; i < plan->party_count; i++) {
		plan->parties[i].limits = dcf_limits_none();
		plan->parties[i].levels = (struct dcf_level_limits){ 0 };
	}
	plan->atmosphere_seen = false;
	s = s == DCF_OK ? dcf_read_text_into(plan, name, text) : s;
	if (s == DCF_OK && brings_its_own(plan))
		s = warn(plan, name, "its atmosphere, agreement and places are not used: this node's own hold");
	plan->atmosphere = frame->plan.atmosphere;
	s = s == DCF_OK ? dcf_read_finish(plan) : s;
	s = s == DCF_OK ? refuse_strangers(plan, frame->plan.party_count) : s;
	s = s == DCF_OK ? take_labels(plan, again ? NULL : frame, a) : s;
	s = s == DCF_OK && !again ? refuse_mixed(plan) : s;
	if (s == DCF_E_NOMEM)
		return s;
	return s != DCF_OK || dcf_plan_any_refused(plan) ? DCF_E_REFUSED : DCF_OK;
}

enum dcf_status dcf_declare_read(const struct dcf_frame *frame, struct dcf_span name, struct dcf_span text,
				 const struct dcf_alloc *a, struct dcf_plan *plan)
{
	return read_declaration(frame, name, text, false, a, plan);
}

enum dcf_status dcf_declare_read_again(const struct dcf_frame *frame, struct dcf_span name, struct dcf_span text,
				       const struct dcf_alloc *a, struct dcf_plan *plan)
{
	return read_declaration(frame, name, text, true, a, plan);
}

void dcf_declare_write(const struct dcf_plan *plan, const uint32_t *of, uint32_t n, struct dcf_buf *out)
{
	for (uint32_t i = 0; i < n; i++) {
		struct dcf_feature f = plan->features[of[i]];
		struct dcf_json j = { .out = out };

		/* When notice was received is the node's to say. */
		f.received_us = DCF_TIME_NONE;
		dcf_json_feature(&j, plan, &f);
		dcf_buf_char(out, '\n');
	}
}
