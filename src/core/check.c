/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a check: make every feature ready (or refuse it), let a search name candidates, test each
 * exactly, group what conflicts, evaluate the agreement's rules, sort. */
#include "core/check.h"
#include "core/hits.h"
#include "core/minima.h"
#include "core/rules.h"
#include "core/search.h"
#include "core/sort.h"

static enum dcf_status refuse(const struct dcf_plan *plan, const struct dcf_feature *f, const char *why, struct dcf_result *r)
{
	void *remarks = r->remarks;
	enum dcf_status s = dcf_grow(r->from, &remarks, &r->remark_cap, r->remark_count + 1, sizeof *r->remarks);

	r->remarks = remarks;
	if (s != DCF_OK)
		return s;
	r->refused_features++;
	r->remarks[r->remark_count++] = (struct dcf_remark){
		.refused = true,
		.party = plan->parties[f->party].id,
		.operation = plan->operations[f->operation].id,
		.where = f->where,
		.field = DCF_SPAN(""),
		.text = dcf_span_of(why),
	};
	return DCF_OK;
}

static enum dcf_status report_refusals(const struct dcf_plan *plan, const struct dcf_bodies *bodies, struct dcf_result *r)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < bodies->count && s == DCF_OK; i++)
		if (!dcf_bodies_feature(bodies, i))
			s = refuse(plan, &plan->features[i], bodies->kept[i].refusal, r);
	return s;
}

/* Operations of which the geometry left no feature. */
static enum dcf_status count_refused(const struct dcf_plan *plan, const struct dcf_bodies *bodies, struct dcf_result *r)
{
	size_t n = plan->operation_count + 1;
	uint32_t *left = dcf_alloc_new(r->from, n * sizeof *left);

	if (!left)
		return DCF_E_NOMEM;
	memset(left, 0, n * sizeof *left);
	for (size_t i = 0; i < bodies->count; i++)
		left[plan->features[i].operation] += dcf_bodies_feature(bodies, i) != NULL;
	for (size_t i = 0; i < plan->operation_count; i++)
		r->refused_operations += plan->operations[i].feature_count > 0 && left[i] == 0;
	dcf_alloc_free(r->from, left, n * sizeof *left);
	return DCF_OK;
}

/* What one thread of the exact tests needs. */
struct worker {
	const struct check *c;
	struct dcf_pair_scratch scratch;
	struct dcf_arena made; /* bodies that are not kept */
	struct dcf_hits hits;
	enum dcf_status status;
};

struct check {
	const struct dcf_plan *plan;
	const struct dcf_check_options *options;
	struct dcf_offsets offsets;
	const struct dcf_bodies *bodies;
	const uint32_t *rank;
	const struct dcf_candidate *candidates;
	size_t candidate_count;
	struct worker *workers;
	unsigned worker_count;
};

static enum dcf_status test_pair(struct worker *w, uint32_t ia, uint32_t ib)
{
	const struct check *c = w->c;
	const struct dcf_feature *fa = &c->plan->features[ia], *fb = &c->plan->features[ib];
	bool swap = c->rank[fa->operation] > c->rank[fb->operation];
	struct dcf_minima minima = dcf_minima_of(c->plan, c->options, fa->party, fb->party);
	struct dcf_body a, b;
	struct dcf_pair_times times;
	struct dcf_hit hit;
	int64_t w0, w1;
	enum dcf_status s;

	if (!dcf_pair_window(fa, fb, &w0, &w1))
		return DCF_OK;
	dcf_arena_rewind(&w->made);
	s = dcf_bodies_get(c->bodies, swap ? ib : ia, &w->made, &a);
	s = s == DCF_OK ? dcf_bodies_get(c->bodies, swap ? ia : ib, &w->made, &b) : s;
	s = s == DCF_OK ? dcf_pair_when(&a, &b, &c->offsets, &minima, w0, w1, &w->scratch, &times) : s;
	if (s != DCF_OK || times.conflict->count == 0)
		return s;
	if (w->hits.count >= DCF_CONFLICTS_MAX)
		return DCF_E_LIMIT;
	hit = (struct dcf_hit){
		.a_rank = c->rank[a.feature->operation],
		.b_rank = c->rank[b.feature->operation],
		.a_feature = swap ? ib : ia,
		.b_feature = swap ? ia : ib,
		.advisory = a.feature->advisory || b.feature->advisory,
		.internal = a.feature->party == b.feature->party,
		.minima = minima,
	};
	dcf_pair_measure(&a, &b, &c->offsets, &times, &hit.measure);
	s = dcf_pair_only_touch(&a, &b, &c->offsets, &times, &w->scratch, &hit.touch);
	return s == DCF_OK ? dcf_hits_add(&w->hits, &hit, &times) : s;
}

static void test_share(void *arg, unsigned k)
{
	struct check *c = arg;
	struct worker *w = &c->workers[k];
	size_t first = c->candidate_count * k / c->worker_count, end = c->candidate_count * (k + 1) / c->worker_count;

	for (size_t i = first; i < end && w->status == DCF_OK; i++)
		w->status = test_pair(w, c->candidates[i].a, c->candidates[i].b);
}

static enum dcf_status test_all(struct check *c, const struct dcf_alloc *a, struct dcf_hits *hits)
{
	enum dcf_status s = DCF_OK;
	/* more shares than threads: candidates differ in cost */
	unsigned n = dcf_parallel_threads(&c->options->parallel) > 1 ? dcf_parallel_threads(&c->options->parallel) * 8 : 1;
	struct worker *w = dcf_alloc_new(a, n * sizeof *w);

	if (!w)
		return DCF_E_NOMEM;
	for (unsigned k = 0; k < n; k++)
		w[k] = (struct worker){ .c = c, .scratch = { .from = a }, .made = { .from = a }, .hits = { .from = a } };
	c->workers = w;
	c->worker_count = n;
	dcf_parallel_run(&c->options->parallel, n, test_share, c);
	for (unsigned k = 0; k < n; k++) {
		s = s == DCF_OK ? w[k].status : s;
		if (s == DCF_OK && hits->count + w[k].hits.count > DCF_CONFLICTS_MAX)
			s = DCF_E_LIMIT;
		s = s == DCF_OK ? dcf_hits_join(hits, &w[k].hits) : s;
		dcf_hits_free(&w[k].hits);
		dcf_pair_scratch_free(&w[k].scratch);
		dcf_arena_free(&w[k].made);
	}
	dcf_alloc_free(a, w, n * sizeof *w);
	return s;
}

static int compare_remarks(const void *ctx, const void *x, const void *y)
{
	const struct dcf_remark *a = x, *b = y;
	int c = dcf_span_cmp(a->party, b->party);

	(void)ctx;
	c = c ? c : dcf_span_cmp(a->operation, b->operation);
	c = c ? c : dcf_span_cmp(a->where, b->where);
	if (c == 0 && a->refused != b->refused)
		return a->refused ? -1 : 1;
	/* reasons of one refusal stay in the order of reading */
	return c || a->refused ? c : dcf_span_cmp(a->text, b->text);
}

static enum dcf_status copy_remarks(const struct dcf_plan *plan, struct dcf_result *r)
{
	void *remarks = r->remarks;
	enum dcf_status s =
		dcf_grow(r->from, &remarks, &r->remark_cap, r->remark_count + plan->remark_count + 1, sizeof *r->remarks);

	r->remarks = remarks;
	for (size_t i = 0; i < plan->remark_count && s == DCF_OK; i++)
		r->remarks[r->remark_count++] = plan->remarks[i];
	return s == DCF_OK ? dcf_sort(r->from, r->remarks, r->remark_count, sizeof *r->remarks, compare_remarks, NULL) : s;
}

enum dcf_status dcf_check(const struct dcf_plan *plan, const struct dcf_check_options *options, const struct dcf_alloc *a,
			  struct dcf_result *result)
{
	size_t ops = plan->operation_count + 1;
	uint32_t *by_rank = dcf_alloc_new(a, 2 * ops * sizeof *by_rank);
	struct dcf_bodies bodies = { .from = a };
	struct dcf_hits hits = { .from = a };
	struct dcf_candidates candidates = { .from = a };
	struct check c = { .plan = plan, .options = options, .offsets = dcf_offsets_of(&plan->atmosphere), .bodies = &bodies };
	enum dcf_status s = DCF_E_NOMEM;

	*result = (struct dcf_result){ .from = a, .arena = { .from = a } };
	if (!by_rank)
		goto done;
	c.rank = by_rank + ops;
	if ((s = dcf_plan_rank_operations(plan, a, by_rank, by_rank + ops)) != DCF_OK ||
	    (s = dcf_bodies_build(plan, true, &options->parallel, &bodies)) != DCF_OK ||
	    (s = report_refusals(plan, &bodies, result)) != DCF_OK || (s = count_refused(plan, &bodies, result)) != DCF_OK ||
	    (s = dcf_search(&bodies, options, &c.offsets, &candidates)) != DCF_OK)
		goto done;
	c.candidates = candidates.at;
	c.candidate_count = candidates.count;
	result->candidates = candidates.seen;
	if ((s = test_all(&c, a, &hits)) != DCF_OK || (s = dcf_hits_to_conflicts(&hits, plan, by_rank, result)) != DCF_OK ||
	    (s = dcf_rules_evaluate(plan, &bodies, by_rank + ops, result)) != DCF_OK)
		goto done;
	s = copy_remarks(plan, result);
done:
	dcf_candidates_free(&candidates);
	dcf_hits_free(&hits);
	dcf_bodies_free(&bodies);
	dcf_alloc_free(a, by_rank, 2 * ops * sizeof *by_rank);
	if (s != DCF_OK)
		dcf_result_free(result);
	return s;
}

void dcf_result_free(struct dcf_result *r)
{
	if (!r->from)
		return;
	dcf_alloc_free(r->from, r->conflicts, r->conflict_cap * sizeof *r->conflicts);
	dcf_alloc_free(r->from, r->intervals, r->interval_cap * sizeof *r->intervals);
	dcf_alloc_free(r->from, r->breaches, r->breach_cap * sizeof *r->breaches);
	dcf_alloc_free(r->from, r->remarks, r->remark_cap * sizeof *r->remarks);
	dcf_arena_free(&r->arena);
	*r = (struct dcf_result){ .from = NULL };
}
