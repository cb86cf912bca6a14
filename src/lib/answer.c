/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - what an answer holds, as values. */
#include "format/report_html.h"
#include "format/result_json.h"
#include "lib/lib_int.h"

#include <deconflict/version.h>

struct dcf_answer_counts dcf_answer_count(const struct dcf_answer *answer)
{
	struct dcf_counts n = dcf_result_count(&answer->ops->plan, &answer->result);
	struct dcf_answer_counts out = {
		.operations = n.operations,
		.features = n.features,
		.breaches = answer->result.breach_count,
		.refused = n.refused,
		.notes = answer->result.remark_count,
		.found = n.lists[DCF_LIST_CONFLICTS] > 0 || n.breaches > 0,
	};

	memcpy(out.pairs, answer->pair_count, sizeof out.pairs);
	return out;
}

static const struct dcf_conflict *find(const struct dcf_answer *answer, enum dcf_pair_list list, size_t i)
{
	if ((int)list < 0 || list >= DCF_PAIRS_END || i >= answer->pair_count[list])
		return NULL;
	return &answer->result.conflicts[answer->pairs[list][i]];
}

static struct dcf_side side(const struct dcf_plan *plan, uint32_t operation, uint32_t feature)
{
	return (struct dcf_side){ dcf_text_of(plan->parties[plan->operations[operation].party].id),
				  dcf_text_of(plan->operations[operation].id), dcf_text_of(plan->features[feature].id) };
}

enum dcf_status dcf_answer_pair(const struct dcf_answer *answer, enum dcf_pair_list list, size_t i, struct dcf_pair_found *out)
{
	const struct dcf_conflict *c = find(answer, list, i);

	if (!c)
		return DCF_E_RANGE;
	*out = (struct dcf_pair_found){
		.a = side(&answer->ops->plan, c->a, c->a_feature),
		.b = side(&answer->ops->plan, c->b, c->b_feature),
		.kind = (enum dcf_pair_kind)c->class,
		.touch = c->touch,
		.has_overlap = c->has_overlap,
		.start_us = c->start_us,
		.end_us = c->end_us,
		.overlap_start_us = c->has_overlap ? c->overlap_start_us : DCF_NO_TIME,
		.overlap_end_us = c->has_overlap ? c->overlap_end_us : DCF_NO_TIME,
		.dwell_us = c->dwell_us,
		.lateral_gap_dm = c->lateral_gap_dm,
		.vertical_gap_dft = { c->vertical_gap_dft[0], c->vertical_gap_dft[1] },
		.closest_us = c->closest_time_us,
		.closest = dcf_position_out(c->closest),
		.minimum_lateral_m = c->minimum_lateral_m,
		.minimum_vertical_e4 = c->minimum_vertical_e4,
		.article = dcf_text_of(c->article),
		.intervals = c->interval_count,
	};
	return DCF_OK;
}

enum dcf_status dcf_answer_interval(const struct dcf_answer *answer, enum dcf_pair_list list, size_t i, size_t k,
				    struct dcf_interval_found *out)
{
	const struct dcf_conflict *c = find(answer, list, i);
	const struct dcf_feature *features = answer->ops->plan.features;
	const struct dcf_interval *v;

	if (!c || k >= c->interval_count)
		return DCF_E_RANGE;
	v = &answer->result.intervals[c->first_interval + k];
	*out = (struct dcf_interval_found){ v->start_us, v->end_us, (enum dcf_pair_kind)v->class,
					    dcf_text_of(features[v->a_feature].id), dcf_text_of(features[v->b_feature].id) };
	return DCF_OK;
}

enum dcf_status dcf_answer_breach(const struct dcf_answer *answer, size_t i, struct dcf_rule_not_kept *out)
{
	const struct dcf_plan *plan = &answer->ops->plan;
	const struct dcf_breach *b;

	if (i >= answer->result.breach_count)
		return DCF_E_RANGE;
	b = &answer->result.breaches[i];
	*out = (struct dcf_rule_not_kept){
		.party = dcf_text_of(plan->parties[plan->operations[b->operation].party].id),
		.operation = dcf_text_of(plan->operations[b->operation].id),
		.rule = dcf_breach_name(b->rule),
		.counts = dcf_breach_counts(b->rule),
		.article = dcf_text_of(b->article),
		.line = dcf_text_of(b->line),
		.area = dcf_text_of(b->area),
		.has_notice = b->has_minutes,
		.have_us = b->has_minutes ? b->have_us : 0,
		.need_us = b->has_minutes ? b->need_us : 0,
		.start_us = b->start_us,
		.end_us = b->end_us,
	};
	return DCF_OK;
}

enum dcf_status dcf_answer_note(const struct dcf_answer *answer, size_t i, struct dcf_note *out)
{
	if (i >= answer->result.remark_count)
		return DCF_E_RANGE;
	*out = dcf_note_of(&answer->result.remarks[i]);
	return DCF_OK;
}

static struct dcf_buf json_of(const struct dcf_answer *answer)
{
	struct dcf_buf out = { .from = &answer->ops->alloc };

	dcf_result_json(&answer->ops->plan, &answer->result, NULL, dcf_library_version(), &out);
	return out;
}

enum dcf_status dcf_answer_json(const struct dcf_answer *answer, dcf_sink *sink, void *ctx)
{
	struct dcf_buf out = json_of(answer);

	return dcf_text_send(&out, DCF_OK, sink, ctx);
}

enum dcf_status dcf_answer_json_fill(const struct dcf_answer *answer, char *to, size_t cap, size_t *need)
{
	struct dcf_buf out = json_of(answer);

	return dcf_text_fill(&out, DCF_OK, to, cap, need);
}

enum dcf_status dcf_answer_report(const struct dcf_answer *answer, dcf_sink *sink, void *ctx)
{
	const struct dcf_report_options options = { .version = dcf_library_version() };
	struct dcf_buf out = { .from = &answer->ops->alloc };
	enum dcf_status s = dcf_report_html(&answer->ops->plan, &answer->result, &options, &out);

	return dcf_text_send(&out, s, sink, ctx);
}

enum dcf_status dcf_answer_notice(const struct dcf_answer *answer, char *to, size_t cap, size_t *need)
{
	struct dcf_counts counts = dcf_result_count(&answer->ops->plan, &answer->result);
	struct dcf_buf out = { .from = &answer->ops->alloc };

	dcf_put_notice(&answer->ops->plan, &counts, &out);
	return dcf_text_fill(&out, DCF_OK, to, cap, need);
}
