/* SPDX-License-Identifier: Apache-2.0 */
/* The agreement's rules for one operation as it would be: CHECK's own evaluation of a plan that holds nothing else. */
#include "core/rules.h"
#include "options/verify.h"

static enum dcf_status evaluate(const struct dcf_trial *v, uint32_t operation, const struct dcf_feature *features,
				uint32_t count, struct dcf_result *result)
{
	const struct dcf_alloc *a = v->scratch.from;
	struct dcf_operation op = v->st->plan->operations[operation];
	struct dcf_feature *copies = dcf_alloc_new(a, (count + 1) * sizeof *copies);
	struct dcf_plan alone = *v->st->plan;
	struct dcf_bodies bodies = { .from = a };
	uint32_t rank[2] = { 0, 1 };
	enum dcf_status s = DCF_E_NOMEM;

	*result = (struct dcf_result){ .from = a, .arena = { .from = a } };
	if (!copies)
		return s;
	alone.features = copies;
	alone.feature_count = alone.feature_cap = count;
	alone.trajectory_count = 0;
	alone.operations = &op;
	alone.operation_count = alone.operation_cap = 1;
	alone.remarks = NULL;
	alone.remark_count = alone.remark_cap = 0;
	op.feature_count = count;
	for (uint32_t i = 0; i < count; i++) {
		copies[i] = features[i];
		copies[i].operation = 0;
		alone.trajectory_count += features[i].shape == DCF_TRAJECTORY;
	}
	s = dcf_bodies_build(&alone, true, NULL, &bodies);
	if (s == DCF_OK)
		s = dcf_rules_evaluate(&alone, &bodies, rank, result);
	dcf_bodies_free(&bodies);
	dcf_alloc_free(a, copies, (count + 1) * sizeof *copies);
	return s;
}

/* The breaches as declared, kept for the next candidate of the same operation. */
static enum dcf_status before(struct dcf_trial *v, uint32_t operation, const struct dcf_result **out)
{
	const struct dcf_standing *st = v->st;
	struct dcf_rules_before *slot = v->before[0].operation == operation ? &v->before[0] : &v->before[1];
	uint32_t first = st->first_feature[operation], n = st->first_feature[operation + 1] - first;
	struct dcf_feature *own;
	enum dcf_status s;

	*out = &slot->result;
	if (slot->operation == operation)
		return DCF_OK;
	/* the older of two makes room: joint options ask about two in turn */
	dcf_result_free(&v->before[0].result);
	v->before[0] = v->before[1];
	v->before[1] = (struct dcf_rules_before){ .operation = DCF_NONE };
	own = dcf_alloc_new(v->scratch.from, (n + 1) * sizeof *own);
	if (!own)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < n; i++)
		own[i] = st->plan->features[st->feature_of[first + i]];
	s = evaluate(v, operation, own, n, &v->before[1].result);
	dcf_alloc_free(v->scratch.from, own, (n + 1) * sizeof *own);
	if (s == DCF_OK)
		v->before[1].operation = operation;
	else
		dcf_result_free(&v->before[1].result);
	*out = &v->before[1].result;
	return s;
}

static bool same_rule(const struct dcf_breach *a, const struct dcf_breach *b)
{
	return a->rule == b->rule && dcf_span_eq(a->article, b->article) && dcf_span_eq(a->line, b->line) &&
	       dcf_span_eq(a->area, b->area);
}

/* Stays are rounded outward to a microsecond, each. */
enum { ROUNDING_US = 10 };

static bool counts(const struct dcf_breach *b)
{
	return b->rule != DCF_BREACH_ASK_FIRST && b->rule != DCF_BREACH_CONTACT;
}

/* What all breaches of one rule come to: the least notice, the longest stay. */
struct extent {
	bool any;
	int64_t have_us, stay_us;
};

static struct extent extent_of(const struct dcf_result *r, const struct dcf_breach *like)
{
	struct extent e = { false, INT64_MAX, 0 };

	for (size_t i = 0; i < r->breach_count; i++) {
		const struct dcf_breach *b = &r->breaches[i];

		if (!same_rule(b, like))
			continue;
		e.any = true;
		if (b->has_minutes && b->have_us < e.have_us)
			e.have_us = b->have_us;
		if (b->start_us != DCF_TIME_NONE && b->end_us != DCF_TIME_NONE)
			e.stay_us += b->end_us - b->start_us;
	}
	return e;
}

enum dcf_status dcf_verify_rules(struct dcf_trial *v, uint32_t operation, const struct dcf_feature *features, uint32_t count,
				 bool *worse)
{
	const struct dcf_result *old;
	struct dcf_result now = { .from = NULL };
	enum dcf_status s = before(v, operation, &old);

	*worse = true;
	if (s == DCF_OK)
		s = evaluate(v, operation, features, count, &now);
	if (s == DCF_OK) {
		*worse = false;
		for (size_t i = 0; i < now.breach_count && !*worse; i++) {
			struct extent then = extent_of(old, &now.breaches[i]), is = extent_of(&now, &now.breaches[i]);

			*worse = counts(&now.breaches[i]) &&
				 (!then.any || is.have_us < then.have_us || is.stay_us > then.stay_us + ROUNDING_US);
			v->worse_rule = now.breaches[i].rule;
		}
	}
	dcf_result_free(&now);
	return s;
}

enum dcf_status dcf_verify_enters(struct dcf_trial *v, uint32_t operation, struct dcf_span id, bool *yes)
{
	const struct dcf_result *old;
	enum dcf_status s = before(v, operation, &old);

	*yes = false;
	for (size_t i = 0; s == DCF_OK && i < old->breach_count; i++)
		*yes |= old->breaches[i].rule == DCF_BREACH_NO_ENTRY && dcf_span_eq(old->breaches[i].area, id);
	return s;
}
