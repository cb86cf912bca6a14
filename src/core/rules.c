/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rules.h"
#include "core/line.h"
#include "core/sort.h"

#define ALWAYS_FROM (-((int64_t)1 << 60))
#define ALWAYS_TO   ((int64_t)1 << 60)

struct rules {
	const struct dcf_plan *plan;
	const struct dcf_bodies *bodies;
	struct dcf_arena made; /* bodies that are not kept */
	const uint32_t *rank;
	struct dcf_result *result;
	struct dcf_set times;
	struct dcf_pair_scratch scratch;
	int64_t *first_received, *first_sent; /* by operation */
};

static enum dcf_status warn(struct rules *r, const struct dcf_feature *f, const char *field, const char *text)
{
	struct dcf_result *out = r->result;
	void *remarks = out->remarks;
	enum dcf_status s = dcf_grow(out->from, &remarks, &out->remark_cap, out->remark_count + 1, sizeof *out->remarks);

	out->remarks = remarks;
	if (s == DCF_OK)
		out->remarks[out->remark_count++] = (struct dcf_remark){
			.party = f ? r->plan->parties[f->party].id : DCF_SPAN(""),
			.operation = f ? r->plan->operations[f->operation].id : DCF_SPAN(""),
			.where = f ? f->where : DCF_SPAN(""),
			.field = dcf_span_of(field),
			.text = dcf_span_of(text),
		};
	return s;
}

static enum dcf_status breach(struct rules *r, const struct dcf_breach *b)
{
	struct dcf_result *out = r->result;
	void *breaches = out->breaches;
	enum dcf_status s = dcf_grow(out->from, &breaches, &out->breach_cap, out->breach_count + 1, sizeof *b);

	out->breaches = breaches;
	if (s == DCF_OK)
		out->breaches[out->breach_count++] = *b;
	return s;
}

/* When notice of the operation was first received, and first sent. */
static void gather_notice(struct rules *r)
{
	for (size_t i = 0; i < r->plan->operation_count; i++)
		r->first_received[i] = r->first_sent[i] = DCF_TIME_NONE;
	for (size_t i = 0; i < r->plan->feature_count; i++) {
		const struct dcf_feature *f = &r->plan->features[i];
		int64_t *received = &r->first_received[f->operation], *sent = &r->first_sent[f->operation];

		if (f->received_us != DCF_TIME_NONE && (*received == DCF_TIME_NONE || f->received_us < *received))
			*received = f->received_us;
		if (f->sent_us != DCF_TIME_NONE && (*sent == DCF_TIME_NONE || f->sent_us < *sent))
			*sent = f->sent_us;
	}
}

/* Is the notice that was given before `moment` shorter than `need`?  Without a time of receipt the time of
 * sending can show a breach, never that the rule was kept. */
enum notice { NOTICE_KEPT, NOTICE_SHORT, NOTICE_UNKNOWN, NOTICE_ONLY_SENT };

static enum notice notice_given(const struct rules *r, uint32_t operation, int64_t moment, int64_t need, int64_t *have)
{
	int64_t received = r->first_received[operation], sent = r->first_sent[operation];

	*have = 0;
	if (received != DCF_TIME_NONE) {
		*have = moment - received;
		return *have < need ? NOTICE_SHORT : NOTICE_KEPT;
	}
	if (sent == DCF_TIME_NONE)
		return NOTICE_UNKNOWN;
	*have = moment - sent;
	return *have < need ? NOTICE_SHORT : NOTICE_ONLY_SENT;
}

static const struct dcf_notice_rule *notice_rule(const struct dcf_agreement *g, struct dcf_span acm)
{
	const struct dcf_notice_rule *best = NULL, *rest = NULL;

	for (size_t i = 0; i < g->notice_count; i++) {
		const struct dcf_notice_rule *n = &g->notice[i];
		bool any = n->acm.len == 0 || dcf_span_eq(n->acm, DCF_SPAN("*"));

		if (any && (!rest || n->need_us > rest->need_us))
			rest = n;
		if (!any && dcf_span_eq(n->acm, acm) && (!best || n->need_us > best->need_us))
			best = n;
	}
	return best ? best : rest;
}

/* The largest shortfall of any feature of each operation makes its one breach. */
static enum dcf_status notice_of_features(struct rules *r, struct dcf_breach *worst)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < r->plan->feature_count && s == DCF_OK; i++) {
		const struct dcf_feature *f = &r->plan->features[i];
		const struct dcf_notice_rule *n = notice_rule(&r->plan->agreement, f->acm);
		struct dcf_breach *w = &worst[f->operation];
		int64_t have;

		if (!n)
			continue;
		switch (notice_given(r, f->operation, f->start_us, n->need_us, &have)) {
		case NOTICE_SHORT:
			if (!w->has_minutes || n->need_us - have > w->need_us - w->have_us)
				*w = (struct dcf_breach){ .operation = f->operation,
							  .rule = DCF_BREACH_NOTICE,
							  .article = n->article,
							  .has_minutes = true,
							  .have_us = have,
							  .need_us = n->need_us,
							  .start_us = DCF_TIME_NONE,
							  .end_us = DCF_TIME_NONE };
			break;
		case NOTICE_UNKNOWN:
			s = warn(r, f, "received", "notice_min cannot be evaluated: no time of notice");
			break;
		case NOTICE_ONLY_SENT:
			s = warn(r, f, "received",
				 "notice_min cannot be shown to be kept: sent in time, but no time of receipt");
			break;
		case NOTICE_KEPT:
			break;
		}
	}
	return s;
}

static enum dcf_status check_notice(struct rules *r)
{
	size_t n = r->plan->operation_count;
	struct dcf_breach *worst;
	enum dcf_status s;

	if (r->plan->agreement.notice_count == 0 || n == 0)
		return DCF_OK;
	worst = dcf_alloc_new(r->result->from, n * sizeof *worst);
	if (!worst)
		return DCF_E_NOMEM;
	memset(worst, 0, n * sizeof *worst);
	s = notice_of_features(r, worst);
	for (size_t i = 0; i < n && s == DCF_OK; i++)
		if (worst[i].has_minutes)
			s = breach(r, &worst[i]);
	dcf_alloc_free(r->result->from, worst, n * sizeof *worst);
	return s;
}

static enum dcf_status line_crossings(struct rules *r, const struct dcf_line_rule *rule, const struct dcf_feature *f)
{
	enum dcf_status s = DCF_OK;

	for (size_t k = 0; k < r->times.count && s == DCF_OK; k++) {
		struct dcf_breach b = { .operation = f->operation,
					.rule = DCF_BREACH_CROSSING_NOTICE,
					.article = rule->article,
					.line = rule->id,
					.has_minutes = true,
					.need_us = rule->crossing_notice_us,
					.start_us = f->start_us + (int64_t)r->times.at[k].low,
					.end_us = f->start_us + (int64_t)(r->times.at[k].high + 0.999) };

		switch (notice_given(r, f->operation, b.start_us, b.need_us, &b.have_us)) {
		case NOTICE_SHORT:
			s = breach(r, &b);
			break;
		case NOTICE_UNKNOWN:
			s = warn(r, f, "received", "crossing_notice_min cannot be evaluated: no time of notice");
			break;
		case NOTICE_ONLY_SENT:
			s = warn(r, f, "received",
				 "crossing_notice_min cannot be shown to be kept: sent in time, but no time of receipt");
			break;
		case NOTICE_KEPT:
			break;
		}
	}
	return s;
}

static enum dcf_status check_line(struct rules *r, const struct dcf_line_rule *rule, struct dcf_arena *arena)
{
	struct dcf_line line;
	const char *why = "";
	enum dcf_status s;

	if (rule->crossing_notice_us < 0)
		return DCF_OK; /* a line that asks for nothing that files can show */
	s = dcf_line_build(rule, arena, &line, &why);
	if (s == DCF_E_REFUSED)
		return warn(r, NULL, "lines", why);
	if (rule->left == DCF_NONE && rule->right == DCF_NONE)
		return warn(r, NULL, "lines", "a line whose parties declare nothing here cannot be evaluated");
	if (rule->left == rule->right)
		return warn(r, NULL, "lines", "a line with the same party on both sides cannot be evaluated");
	for (size_t i = 0; i < r->plan->feature_count && s == DCF_OK; i++) {
		const struct dcf_feature *f = &r->plan->features[i];
		struct dcf_body body;

		if (!dcf_bodies_feature(r->bodies, i) || (f->party != rule->left && f->party != rule->right))
			continue;
		/* the party of the left must not come to the right */
		dcf_arena_rewind(&r->made);
		s = dcf_bodies_get(r->bodies, (uint32_t)i, &r->made, &body);
		if (s != DCF_OK)
			break;
		dcf_line_beyond(&line, &body, f->party == rule->right, rule->buffer_m, &r->times);
		s = r->times.failed ? DCF_E_NOMEM : line_crossings(r, rule, f);
	}
	return s;
}

bool dcf_area_binds(const struct dcf_area_rule *rule, uint32_t party)
{
	for (uint32_t i = 0; i < rule->party_count; i++)
		if (rule->parties[i] == party)
			return true;
	return rule->party_count == 0;
}

struct dcf_feature dcf_area_volume(const struct dcf_area_rule *rule)
{
	struct dcf_feature volume = *rule->volume;

	volume.start_us = volume.start_us == DCF_TIME_NONE ? ALWAYS_FROM : volume.start_us;
	volume.end_us = volume.end_us == DCF_TIME_NONE ? ALWAYS_TO : volume.end_us;
	return volume;
}

static enum dcf_status area_entries(struct rules *r, const struct dcf_area_rule *rule, const struct dcf_body *area,
				    const struct dcf_body *body, const struct dcf_offsets *o)
{
	static const uint8_t rule_of[] = { [DCF_AREA_NO_ENTRY] = DCF_BREACH_NO_ENTRY,
					   [DCF_AREA_ASK_FIRST] = DCF_BREACH_ASK_FIRST,
					   [DCF_AREA_CONTACT] = DCF_BREACH_CONTACT };
	struct dcf_minima none = dcf_area_minima();
	struct dcf_pair_times times;
	int64_t w0, w1;
	enum dcf_status s;

	if (!dcf_pair_window(area->feature, body->feature, &w0, &w1))
		return DCF_OK;
	s = dcf_pair_when(body, area, o, &none, w0, w1, &r->scratch, &times);
	for (size_t k = 0; s == DCF_OK && k < times.conflict->count; k++) {
		struct dcf_breach b = { .operation = body->feature->operation,
					.rule = rule_of[rule->kind],
					.article = rule->article,
					.area = rule->id,
					.start_us = w0 + (int64_t)times.conflict->at[k].low,
					.end_us = w0 + (int64_t)(times.conflict->at[k].high + 0.999) };

		s = breach(r, &b);
	}
	return s;
}

static enum dcf_status check_area(struct rules *r, const struct dcf_area_rule *rule, const struct dcf_offsets *o,
				  struct dcf_arena *arena)
{
	struct dcf_feature volume = dcf_area_volume(rule);
	struct dcf_body area;
	const char *why = "";
	enum dcf_status s;

	s = dcf_body_build(&volume, arena, &area, &why);
	if (s == DCF_E_REFUSED)
		return warn(r, NULL, "areas", why);
	for (size_t i = 0; i < r->plan->feature_count && s == DCF_OK; i++) {
		struct dcf_body body;

		if (!dcf_bodies_feature(r->bodies, i) || !dcf_area_binds(rule, r->plan->features[i].party))
			continue;
		dcf_arena_rewind(&r->made);
		s = dcf_bodies_get(r->bodies, (uint32_t)i, &r->made, &body);
		if (s == DCF_OK)
			s = area_entries(r, rule, &area, &body, o);
	}
	return s;
}

static int compare_breaches(const void *ctx, const void *x, const void *y)
{
	/* by name: contact < crossing_notice_min < no_entry ... */
	static const int8_t by_name[] = { [DCF_BREACH_ASK_FIRST] = 0,
					  [DCF_BREACH_CONTACT] = 1,
					  [DCF_BREACH_CROSSING_NOTICE] = 2,
					  [DCF_BREACH_NO_ENTRY] = 3,
					  [DCF_BREACH_NOTICE] = 4 };
	const struct dcf_breach *a = x, *b = y;
	const uint32_t *rank = ctx;
	int c;

	if (rank[a->operation] != rank[b->operation])
		return rank[a->operation] < rank[b->operation] ? -1 : 1;
	if (a->rule != b->rule)
		return by_name[a->rule] < by_name[b->rule] ? -1 : 1;
	c = dcf_span_cmp(a->article, b->article);
	if (c)
		return c;
	if (a->start_us != b->start_us)
		return a->start_us < b->start_us ? -1 : 1;
	c = dcf_span_cmp(a->line, b->line);
	c = c ? c : dcf_span_cmp(a->area, b->area);
	if (c)
		return c;
	return a->end_us < b->end_us ? -1 : a->end_us > b->end_us;
}

enum dcf_status dcf_rules_evaluate(const struct dcf_plan *plan, const struct dcf_bodies *bodies, const uint32_t *rank,
				   struct dcf_result *result)
{
	const struct dcf_agreement *g = &plan->agreement;
	const struct dcf_alloc *a = result->from;
	struct dcf_arena arena = { .from = a };
	struct dcf_offsets o = dcf_offsets_of(&plan->atmosphere);
	size_t n = plan->operation_count + 1;
	struct rules r = { .plan = plan,
			   .bodies = bodies,
			   .rank = rank,
			   .result = result,
			   .times = { .from = a },
			   .made = { .from = a },
			   .scratch = { .from = a } };
	enum dcf_status s = DCF_E_NOMEM;

	r.first_received = dcf_alloc_new(a, n * sizeof *r.first_received);
	r.first_sent = dcf_alloc_new(a, n * sizeof *r.first_sent);
	if (!r.first_received || !r.first_sent)
		goto done;
	gather_notice(&r);
	s = check_notice(&r);
	for (size_t i = 0; i < g->line_count && s == DCF_OK; i++)
		s = check_line(&r, &g->lines[i], &arena);
	for (size_t i = 0; i < g->area_count && s == DCF_OK; i++)
		s = check_area(&r, &g->areas[i], &o, &arena);
	if (s == DCF_OK)
		s = dcf_sort(a, result->breaches, result->breach_count, sizeof *result->breaches, compare_breaches, rank);
done:
	dcf_alloc_free(a, r.first_received, n * sizeof *r.first_received);
	dcf_alloc_free(a, r.first_sent, n * sizeof *r.first_sent);
	dcf_pair_scratch_free(&r.scratch);
	dcf_set_free(&r.times);
	dcf_arena_free(&r.made);
	dcf_arena_free(&arena);
	return s;
}
