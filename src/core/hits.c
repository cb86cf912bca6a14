/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hits.h"
#include "core/num.h"
#include "core/sort.h"

void dcf_hits_free(struct dcf_hits *h)
{
	if (!h->from)
		return;
	dcf_alloc_free(h->from, h->hit, h->cap * sizeof *h->hit);
	dcf_alloc_free(h->from, h->range, h->range_cap * sizeof *h->range);
	dcf_alloc_free(h->from, h->range_overlaps, h->overlaps_cap * sizeof *h->range_overlaps);
	*h = (struct dcf_hits){ .from = h->from };
}

static enum dcf_status reserve(struct dcf_hits *h, size_t hits, size_t ranges)
{
	void *hit = h->hit, *range = h->range, *overlaps = h->range_overlaps;
	enum dcf_status s = dcf_grow(h->from, &hit, &h->cap, h->count + hits, sizeof *h->hit);

	h->hit = hit;
	if (s == DCF_OK)
		s = dcf_grow(h->from, &range, &h->range_cap, h->range_count + ranges, sizeof *h->range);
	h->range = range;
	if (s == DCF_OK)
		s = dcf_grow(h->from, &overlaps, &h->overlaps_cap, h->range_count + ranges, sizeof *h->range_overlaps);
	h->range_overlaps = overlaps;
	return s;
}

static bool overlaps_within(const struct dcf_set *overlap, struct dcf_range r)
{
	for (size_t i = 0; i < overlap->count; i++)
		if (overlap->at[i].low <= r.high && overlap->at[i].high >= r.low)
			return true;
	return false;
}

enum dcf_status dcf_hits_add(struct dcf_hits *h, const struct dcf_hit *hit, const struct dcf_pair_times *times)
{
	enum dcf_status s = reserve(h, 1, times->conflict->count);
	struct dcf_hit *new;

	if (s != DCF_OK)
		return s;
	new = &h->hit[h->count++];
	*new = *hit;
	new->w0_us = times->w0_us;
	new->first_range = h->range_count;
	new->range_count = times->conflict->count;
	new->overlap_low = 1;
	new->overlap_high = 0;
	if (times->overlap->count) {
		new->overlap_low = times->overlap->at[0].low;
		new->overlap_high = times->overlap->at[times->overlap->count - 1].high;
	}
	for (size_t i = 0; i < times->conflict->count; i++) {
		h->range_overlaps[h->range_count] = overlaps_within(times->overlap, times->conflict->at[i]);
		h->range[h->range_count++] = times->conflict->at[i];
	}
	return DCF_OK;
}

enum dcf_status dcf_hits_join(struct dcf_hits *h, const struct dcf_hits *more)
{
	enum dcf_status s = reserve(h, more->count, more->range_count);
	size_t base = h->range_count;

	if (s != DCF_OK)
		return s;
	for (size_t i = 0; i < more->count; i++) {
		h->hit[h->count] = more->hit[i];
		h->hit[h->count++].first_range += base;
	}
	for (size_t i = 0; i < more->range_count; i++) {
		h->range_overlaps[h->range_count] = more->range_overlaps[i];
		h->range[h->range_count++] = more->range[i];
	}
	return DCF_OK;
}

/* Microseconds rounded outward; what is within a nanosecond of a whole one is that one. */
static int64_t us_down(double t)
{
	double whole = dcf_floor(t + 0.5);

	return (int64_t)(dcf_fabs(t - whole) < 1e-3 ? whole : dcf_floor(t));
}

static int64_t us_up(double t)
{
	double whole = dcf_floor(t + 0.5);

	return (int64_t)(dcf_fabs(t - whole) < 1e-3 ? whole : dcf_ceil(t));
}

static int compare_hits(const void *ctx, const void *x, const void *y)
{
	const struct dcf_hit *a = x, *b = y;
	const struct dcf_plan *plan = ctx;
	int c;

	if (a->a_rank != b->a_rank)
		return a->a_rank < b->a_rank ? -1 : 1;
	if (a->b_rank != b->b_rank)
		return a->b_rank < b->b_rank ? -1 : 1;
	if (a->advisory != b->advisory)
		return a->advisory ? 1 : -1;
	c = dcf_span_cmp(plan->features[a->a_feature].id, plan->features[b->a_feature].id);
	c = c ? c : dcf_span_cmp(plan->features[a->b_feature].id, plan->features[b->b_feature].id);
	if (c)
		return c;
	if (a->a_feature != b->a_feature)
		return a->a_feature < b->a_feature ? -1 : 1;
	return a->b_feature < b->b_feature ? -1 : a->b_feature > b->b_feature;
}

static int compare_intervals(const void *ctx, const void *x, const void *y)
{
	const struct dcf_interval *a = x, *b = y;

	(void)ctx;
	if (a->start_us != b->start_us)
		return a->start_us < b->start_us ? -1 : 1;
	return 0; /* stable: the order of the hits, which is that of the features' ids */
}

static int compare_conflicts(const void *ctx, const void *x, const void *y)
{
	const struct dcf_conflict *a = x, *b = y;

	(void)ctx;
	return a->start_us < b->start_us ? -1 : a->start_us > b->start_us; /* stable: then by (a, b) */
}

/* Length of the union of sorted intervals. */
static int64_t dwell_of(const struct dcf_interval *at, size_t n)
{
	int64_t sum = 0, low = 0, high = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == 0 || at[i].start_us > high) {
			sum += high - low;
			low = at[i].start_us;
			high = at[i].end_us;
		} else if (at[i].end_us > high) {
			high = at[i].end_us;
		}
	}
	return sum + high - low;
}

static enum dcf_status add_intervals(struct dcf_result *r, const struct dcf_hits *h, const struct dcf_hit *hit)
{
	void *at = r->intervals;
	enum dcf_status s =
		dcf_grow(r->from, &at, &r->interval_cap, r->interval_count + hit->range_count, sizeof *r->intervals);

	r->intervals = at;
	if (s != DCF_OK)
		return s;
	for (size_t i = 0; i < hit->range_count; i++) {
		struct dcf_range range = h->range[hit->first_range + i];
		uint8_t class = h->range_overlaps[hit->first_range + i] ? DCF_CLASS_OVERLAP : DCF_CLASS_SEPARATION;
		int64_t start_us = hit->w0_us + us_down(range.low), end_us = hit->w0_us + us_up(range.high);
		struct dcf_interval *last = i ? &r->intervals[r->interval_count - 1] : NULL;

		if (last && start_us <= last->end_us) {
			/* they meet once rounded outward: one interval */
			last->end_us = end_us;
			last->class = class < last->class ? class : last->class;
			continue;
		}
		r->intervals[r->interval_count++] = (struct dcf_interval){
			.start_us = start_us,
			.end_us = end_us,
			.class = class,
			.a_feature = hit->a_feature,
			.b_feature = hit->b_feature,
		};
	}
	return DCF_OK;
}

/* Is the gap of hit i smaller than that of the best so far?  Then the earlier instant. */
static bool closer(const struct dcf_hit *i, const struct dcf_hit *best)
{
	double wi = (double)i->w0_us + i->measure.when_us, wb = (double)best->w0_us + best->measure.when_us;

	if (i->measure.lateral_gap_m != best->measure.lateral_gap_m)
		return i->measure.lateral_gap_m < best->measure.lateral_gap_m;
	return wi < wb;
}

/* 0.1 mm to 0.1 ft, rounded down; what is within 1e-6 mm of a tenth is that tenth. */
static int64_t tenths_of_feet(double e4)
{
	return (int64_t)dcf_floor(e4 * 10 / DCF_FT_E4 + 1e-9);
}

static void measure_group(const struct dcf_hit *hit, size_t n, struct dcf_conflict *c)
{
	const struct dcf_hit *best = hit, *lowest = hit;
	bool all_touch = true;

	for (size_t i = 0; i < n; i++) {
		if (closer(&hit[i], best))
			best = &hit[i];
		if (hit[i].measure.vertical_gap_e4[0] < lowest->measure.vertical_gap_e4[0])
			lowest = &hit[i];
		if (hit[i].overlap_low > hit[i].overlap_high)
			continue;
		all_touch &= hit[i].touch;
		if (!c->has_overlap || hit[i].w0_us + us_down(hit[i].overlap_low) < c->overlap_start_us)
			c->overlap_start_us = hit[i].w0_us + us_down(hit[i].overlap_low);
		if (!c->has_overlap || hit[i].w0_us + us_up(hit[i].overlap_high) > c->overlap_end_us)
			c->overlap_end_us = hit[i].w0_us + us_up(hit[i].overlap_high);
		c->has_overlap = true;
	}
	c->touch = c->has_overlap && all_touch;
	c->lateral_gap_dm = (int64_t)dcf_floor(best->measure.lateral_gap_m * 10 + 1e-6);
	c->vertical_gap_dft[0] = tenths_of_feet(lowest->measure.vertical_gap_e4[0]);
	c->vertical_gap_dft[1] = tenths_of_feet(lowest->measure.vertical_gap_e4[1]);
	c->closest_time_us = best->w0_us + us_down(best->measure.when_us);
	c->closest = best->measure.closest;
}

static enum dcf_status one_conflict(struct dcf_hits *h, size_t first, size_t n, const uint32_t *by_rank, struct dcf_result *r)
{
	const struct dcf_hit *hit = &h->hit[first];
	struct dcf_conflict c = { .a = by_rank[hit->a_rank],
				  .b = by_rank[hit->b_rank],
				  .internal = hit->internal,
				  .article = hit->minima.article,
				  .minimum_lateral_m = hit->minima.lateral_m,
				  .minimum_vertical_e4 = hit->minima.vertical_e4,
				  .first_interval = r->interval_count };
	struct dcf_interval *at;
	void *conflicts = r->conflicts;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < n && s == DCF_OK; i++)
		s = add_intervals(r, h, &hit[i]);
	if (s != DCF_OK)
		return s;
	c.interval_count = r->interval_count - c.first_interval;
	at = r->intervals + c.first_interval;
	s = dcf_sort(r->from, at, c.interval_count, sizeof *at, compare_intervals, NULL);
	if (s != DCF_OK)
		return s;
	c.a_feature = at[0].a_feature;
	c.b_feature = at[0].b_feature;
	c.start_us = c.end_us = at[0].start_us;
	for (size_t i = 0; i < c.interval_count; i++)
		c.end_us = at[i].end_us > c.end_us ? at[i].end_us : c.end_us;
	c.dwell_us = dwell_of(at, c.interval_count);
	measure_group(hit, n, &c);
	c.class = c.has_overlap ? DCF_CLASS_OVERLAP : DCF_CLASS_SEPARATION;
	if (hit->advisory)
		c.class = DCF_CLASS_ADVISORY;
	else if (!c.has_overlap && hit->minima.max_dwell_us != DCF_NO_LIMIT && c.dwell_us <= hit->minima.max_dwell_us)
		c.class = DCF_CLASS_BRIEF;
	s = dcf_grow(r->from, &conflicts, &r->conflict_cap, r->conflict_count + 1, sizeof c);
	r->conflicts = conflicts;
	if (s == DCF_OK)
		r->conflicts[r->conflict_count++] = c;
	return s;
}

enum dcf_status dcf_hits_to_conflicts(struct dcf_hits *h, const struct dcf_plan *plan, const uint32_t *by_rank,
				      struct dcf_result *result)
{
	enum dcf_status s = dcf_sort(h->from, h->hit, h->count, sizeof *h->hit, compare_hits, plan);
	size_t n;

	for (size_t i = 0; i < h->count && s == DCF_OK; i += n) {
		const struct dcf_hit *f = &h->hit[i];

		for (n = 1; i + n < h->count && h->hit[i + n].a_rank == f->a_rank && h->hit[i + n].b_rank == f->b_rank &&
			    h->hit[i + n].advisory == f->advisory;)
			n++;
		s = one_conflict(h, i, n, by_rank, result);
	}
	if (s != DCF_OK)
		return s;
	return dcf_sort(result->from, result->conflicts, result->conflict_count, sizeof *result->conflicts, compare_conflicts,
			NULL);
}
