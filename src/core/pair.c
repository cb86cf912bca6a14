/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pair.h"
#include "core/num.h"

void dcf_pair_scratch_free(struct dcf_pair_scratch *s)
{
	for (int i = 0; i < DCF_PAIR_SETS; i++)
		dcf_set_free(&s->set[i]);
}

bool dcf_pair_window(const struct dcf_feature *a, const struct dcf_feature *b, int64_t *from_us, int64_t *to_us)
{
	*from_us = a->start_us > b->start_us ? a->start_us : b->start_us;
	*to_us = a->end_us < b->end_us ? a->end_us : b->end_us;
	return *from_us < *to_us;
}

static bool moves(const struct dcf_body *b)
{
	return b->feature->shape == DCF_TRAJECTORY;
}

/* Widths of both shapes together: bases at this distance are 0 apart. */
static double widths_m(const struct dcf_body *a, const struct dcf_body *b)
{
	return (a->feature->shape == DCF_POLYGON ? 0 : a->feature->radius_m) +
	       (b->feature->shape == DCF_POLYGON ? 0 : b->feature->radius_m);
}

/* Least distance of the bases of two bodies that stand still. */
static double still_distance(const struct dcf_body *a, const struct dcf_body *b, double limit_m, const struct dcf_base **pick_a,
			     const struct dcf_base **pick_b, struct dcf_vec *pa, struct dcf_vec *pb)
{
	double best = DCF_FAR_M;

	for (uint32_t i = 0; i < a->base_count; i++)
		for (uint32_t k = 0; k < b->base_count; k++) {
			struct dcf_vec x, y;
			double d = dcf_base_distance(&a->bases[i], &b->bases[k], best < limit_m ? best : limit_m, &x, &y);

			if (d < best) {
				best = d;
				*pick_a = &a->bases[i];
				*pick_b = &b->bases[k];
				*pa = x;
				*pb = y;
			}
		}
	return best;
}

/* Add `shift` to every end. */
static void shift_set(struct dcf_set *s, double shift)
{
	for (size_t i = 0; i < s->count; i++) {
		s->at[i].low += shift;
		s->at[i].high += shift;
	}
}

/* Rounding of the sums above must not push an end past the window. */
static void clamp_set(struct dcf_set *s, double span)
{
	for (size_t i = 0; i < s->count; i++) {
		s->at[i].low = s->at[i].low < 0 ? 0 : s->at[i].low > span ? span : s->at[i].low;
		s->at[i].high = s->at[i].high < 0 ? 0 : s->at[i].high > span ? span : s->at[i].high;
	}
}

/* What the two shapes are asked about, with the distance of those that stand still found once. */
struct question {
	const struct dcf_body *a, *b; /* when only one moves, it is a */
	int64_t w0, w1;
	bool still;
	double distance_m; /* still: of the bases, DCF_FAR_M beyond the widest reach */
};

static struct question question_of(const struct dcf_body *a, const struct dcf_body *b, double widest_m, int64_t w0, int64_t w1)
{
	struct question q = { a, b, w0, w1, !moves(a) && !moves(b), 0 };
	const struct dcf_base *x, *y;
	struct dcf_vec pa, pb;

	if (q.still)
		q.distance_m = still_distance(a, b, widest_m, &x, &y, &pa, &pb);
	if (!moves(a)) {
		q.a = b;
		q.b = a;
	}
	return q;
}

/* The instants at which the bases are within reach_m of each other. */
static void bases_within(const struct question *q, double reach_m, struct dcf_set *out)
{
	const struct dcf_feature *f = q->a->feature;
	double span = (double)(q->w1 - q->w0), t0 = (double)(q->w0 - f->start_us), t1 = (double)(q->w1 - f->start_us);

	dcf_set_clear(out);
	if (q->still) {
		if (q->distance_m <= reach_m)
			dcf_set_add(out, 0, span);
		return;
	}
	if (moves(q->b))
		dcf_track_near_track(&q->a->track, &q->b->track, (double)(f->start_us - q->b->feature->start_us), reach_m, t0,
				     t1, out);
	for (uint32_t i = 0; i < q->b->base_count; i++)
		dcf_track_near_base(&q->a->track, &q->b->bases[i], reach_m, t0, t1, out);
	shift_set(out, -t0);
	clamp_set(out, span);
	dcf_set_normalise(out);
}

static bool over_ground(const struct dcf_feature *f)
{
	const struct dcf_altitude *a = f->shape == DCF_TRAJECTORY ? &f->waypoints[0].altitude : &f->lower;
	const struct dcf_altitude *z = f->shape == DCF_TRAJECTORY ? &f->waypoints[f->point_count - 1].altitude : &f->upper;
	bool any = false;

	for (uint32_t i = 0; f->shape == DCF_TRAJECTORY && i < f->point_count; i++)
		any |= f->waypoints[i].altitude.ref == DCF_REF_AGL || f->waypoints[i].altitude.ref == DCF_REF_SFC;
	return any || a->ref == DCF_REF_AGL || a->ref == DCF_REF_SFC || z->ref == DCF_REF_AGL || z->ref == DCF_REF_SFC;
}

static void vertical_near(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o, bool same_ground,
			  int64_t minimum_e4, int64_t w0, int64_t w1, struct dcf_set *out)
{
	dcf_set_clear(out);
	dcf_vertical_near(a->feature, b->feature, o, same_ground, minimum_e4, w0, w1, out);
	dcf_set_normalise(out);
}

/* Conflict where heights over the ground meet heights over the ground: exact where the shapes surely
 * share the ground (`sure`), as independent intervals wherever they are near but may stand apart. */
static void conflict_over_ground(const struct question *q, const struct dcf_offsets *o, const struct dcf_minima *minima,
				 const struct dcf_set *near, const struct dcf_set *sure, struct dcf_set *t1, struct dcf_set *t2,
				 struct dcf_set *t3, struct dcf_set *out)
{
	vertical_near(q->a, q->b, o, true, minima->vertical_e4, q->w0, q->w1, t1);
	dcf_set_intersect(t2, sure, t1);
	dcf_set_complement(t1, sure, 0, (double)(q->w1 - q->w0));
	dcf_set_intersect(t3, near, t1);
	vertical_near(q->a, q->b, o, false, minima->vertical_e4, q->w0, q->w1, t1);
	dcf_set_intersect(out, t3, t1);
	dcf_set_union(t1, t2, out);
	dcf_set_intersect(out, t1, t1);
}

/* A window is half open: what holds only at its last instant does not count. */
static void drop_at_end(struct dcf_set *s, double span)
{
	if (s->count && s->at[s->count - 1].low >= span)
		s->count--;
}

/* The instants at which the shapes share the ground beyond any doubt. */
static void surely_meet(const struct question *q, double widths, struct dcf_set *out)
{
	double deep = widths - dcf_error_m(widths);
	const struct dcf_base *x = NULL, *y = NULL;
	struct dcf_vec pa, pb;

	if (!q->still || deep > 0) {
		bases_within(q, deep, out);
		return;
	}
	dcf_set_clear(out);
	if (q->distance_m <= 0 && still_distance(q->a, q->b, 0, &x, &y, &pa, &pb) <= 0 &&
	    !dcf_bases_only_touch(x, y, dcf_error_m(widths)))
		dcf_set_add(out, 0, (double)(q->w1 - q->w0));
}

/* Conflict for one reach of the minima. */
static void conflict_within(const struct question *q, const struct dcf_offsets *o, const struct dcf_minima *minima,
			    double reach_m, double widths, struct dcf_set set[static DCF_PAIR_SETS], struct dcf_set *out)
{
	bases_within(q, reach_m, &set[0]);
	if (set[0].count == 0) {
		dcf_set_clear(out);
		return;
	}
	vertical_near(q->a, q->b, o, false, minima->vertical_e4, q->w0, q->w1, &set[2]);
	dcf_set_intersect(out, &set[0], &set[2]);
	dcf_set_drop_instants(out);
	if (out->count && over_ground(q->a->feature) && over_ground(q->b->feature)) {
		surely_meet(q, widths, &set[1]);
		conflict_over_ground(q, o, minima, &set[0], &set[1], &set[3], &set[4], &set[5], out);
		dcf_set_drop_instants(out);
	}
}

/* When both gaps are 0 while in conflict, for one reach of "meet". */
static void overlap_within(const struct question *q, const struct dcf_offsets *o, double reach_m, struct dcf_pair_times *times,
			   struct dcf_set *level, struct dcf_set *t)
{
	bases_within(q, reach_m, times->meet);
	vertical_near(q->a, q->b, o, true, 0, q->w0, q->w1, level);
	dcf_set_intersect(t, times->meet, level);
	dcf_set_intersect(times->overlap, t, times->conflict);
	drop_at_end(times->overlap, (double)(q->w1 - q->w0));
}

static void clear_sets(struct dcf_pair_scratch *scratch)
{
	for (int i = 0; i < DCF_PAIR_SETS; i++) {
		scratch->set[i].from = scratch->from;
		scratch->set[i].failed = false;
		dcf_set_clear(&scratch->set[i]);
	}
}

enum dcf_status dcf_pair_doubted(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
				 const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us,
				 struct dcf_pair_scratch *scratch, struct dcf_set **conflict)
{
	struct dcf_set *set = scratch->set;
	double widths = widths_m(a, b), reach = minima->lateral_m + widths, doubted = reach + dcf_doubt_m(reach);
	struct question q = question_of(a, b, doubted, w0_us, w1_us);
	bool failed = false;

	clear_sets(scratch);
	*conflict = &set[6];
	conflict_within(&q, o, minima, doubted, widths, set, *conflict);
	for (int i = 0; i < DCF_PAIR_SETS; i++)
		failed |= set[i].failed;
	return failed ? DCF_E_NOMEM : DCF_OK;
}

enum dcf_status dcf_pair_when(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
			      const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us, struct dcf_pair_scratch *scratch,
			      struct dcf_pair_times *times)
{
	struct dcf_set *set = scratch->set, *exact = &set[8];
	double widths = widths_m(a, b), reach = minima->lateral_m + widths;
	struct question q = question_of(a, b, reach + dcf_doubt_m(reach), w0_us, w1_us);
	bool failed = false;

	clear_sets(scratch);
	*times = (struct dcf_pair_times){ w0_us, w1_us, &set[6], &set[7], &set[1] };
	/* With all doubt counted in: if that is nothing, there is nothing. */
	conflict_within(&q, o, minima, reach + dcf_doubt_m(reach), widths, set, times->conflict);
	if (times->conflict->count > 0) {
		/* Without it: what is not in doubt has its own times. */
		conflict_within(&q, o, minima, reach + dcf_error_m(reach), widths, set, exact);
		if (exact->count > 0)
			dcf_set_intersect(times->conflict, exact, exact);
		overlap_within(&q, o, widths + dcf_error_m(widths), times, &set[2], &set[3]);
		if (times->overlap->count == 0)
			overlap_within(&q, o, widths + dcf_doubt_m(widths), times, &set[2], &set[3]);
	}
	for (int i = 0; i < DCF_PAIR_SETS; i++)
		failed |= set[i].failed;
	return failed ? DCF_E_NOMEM : DCF_OK;
}

enum dcf_status dcf_pair_only_touch(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
				    const struct dcf_pair_times *times, struct dcf_pair_scratch *scratch, bool *touch)
{
	double widths = widths_m(a, b), deep = widths - dcf_error_m(widths);
	struct question q = question_of(a, b, widths, times->w0_us, times->w1_us);
	struct dcf_set *level = &scratch->set[2], *meet = &scratch->set[3], *both = &scratch->set[4];

	*touch = false;
	if (times->overlap->count == 0)
		return DCF_OK;
	dcf_set_clear(level);
	dcf_vertical_inside(a->feature, b->feature, o, times->w0_us, times->w1_us, level);
	dcf_set_normalise(level);
	dcf_set_drop_instants(level);
	if (q.still) {
		const struct dcf_base *x = NULL, *y = NULL;
		struct dcf_vec pa, pb;

		*touch = level->count == 0 || (a->base_count == 1 && b->base_count == 1 &&
					       still_distance(a, b, 2.1e7, &x, &y, &pa, &pb) < DCF_FAR_M &&
					       dcf_bases_only_touch(x, y, dcf_error_m(widths)));
		return level->failed ? DCF_E_NOMEM : DCF_OK;
	}
	bases_within(&q, deep > 0 ? deep : 0, meet);
	dcf_set_intersect(both, meet, level);
	dcf_set_drop_instants(both);
	*touch = both->count == 0;
	return level->failed || meet->failed || both->failed ? DCF_E_NOMEM : DCF_OK;
}

/* Add the lifts of `a` that conflict during `when`. */
static void add_lifts(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o, bool same_ground,
		      const struct dcf_minima *minima, int64_t w0, const struct dcf_set *when, struct dcf_set *out)
{
	for (size_t i = 0; i < when->count; i++)
		dcf_vertical_lifts(a->feature, b->feature, o, same_ground, minima->vertical_e4, w0, when->at[i].low,
				   when->at[i].high, out);
}

enum dcf_status dcf_pair_lifts(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
			       const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us, struct dcf_pair_scratch *scratch,
			       struct dcf_set *out)
{
	struct dcf_set *near = &scratch->set[0], *sure = &scratch->set[1], *rest = &scratch->set[2], *t = &scratch->set[3];
	double widths = widths_m(a, b), reach = minima->lateral_m + widths;
	struct question q = question_of(a, b, reach + dcf_doubt_m(reach), w0_us, w1_us);
	bool ground = over_ground(a->feature) && over_ground(b->feature);

	clear_sets(scratch);
	dcf_set_clear(out);
	bases_within(&q, reach + dcf_doubt_m(reach), near);
	dcf_set_drop_instants(near);
	if (near->count && ground) {
		surely_meet(&q, widths, sure);
		add_lifts(a, b, o, true, minima, w0_us, sure, out);
		dcf_set_complement(rest, sure, 0, (double)(w1_us - w0_us));
		dcf_set_intersect(t, near, rest);
		dcf_set_drop_instants(t);
		near = t;
	}
	add_lifts(a, b, o, false, minima, w0_us, near, out);
	dcf_set_normalise(out);
	return near->failed || sure->failed || rest->failed || t->failed || out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* Least lateral distance of bases while in conflict, and its first instant. */
static double least_lateral(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_pair_times *times,
			    double *when)
{
	double best = DCF_FAR_M;

	*when = times->conflict->at[0].low;
	for (size_t i = 0; i < times->conflict->count; i++) {
		double low = times->conflict->at[i].low, high = times->conflict->at[i].high, found = DCF_FAR_M, at = low;

		if (moves(a) && moves(b)) {
			double t0 = (double)(times->w0_us - a->feature->start_us);

			found = dcf_track_track_least(&a->track, &b->track,
						      (double)(a->feature->start_us - b->feature->start_us), low + t0,
						      high + t0, &at);
			at -= t0;
		} else {
			const struct dcf_body *m = moves(a) ? a : b, *s = moves(a) ? b : a;
			double t0 = (double)(times->w0_us - m->feature->start_us);

			for (uint32_t k = 0; k < s->base_count; k++) {
				double t, d = dcf_track_base_least(&m->track, &s->bases[k], low + t0, high + t0, &t);

				if (d < found) {
					found = d;
					at = t - t0;
				}
			}
		}
		if (found < best) {
			best = found;
			*when = at < low ? low : at > high ? high : at;
		}
	}
	return best;
}

/* When the levels are too near for a lateral gap to count: heights over the ground against heights over the ground as in
 * conflict_over_ground, everything else at all times. */
static void levels_near(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
			const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us, struct dcf_pair_scratch *scratch,
			struct dcf_set *out)
{
	bool ground = over_ground(a->feature) && over_ground(b->feature);
	double widths = widths_m(a, b);
	struct dcf_set *sure = &scratch->set[1], *rest = &scratch->set[2], *apart = &scratch->set[3],
		       *together = &scratch->set[4];
	struct question q;

	vertical_near(a, b, o, ground, minima->vertical_e4, w0_us, w1_us, ground ? together : out);
	if (ground) {
		q = question_of(a, b, widths, w0_us, w1_us);
		surely_meet(&q, widths, sure);
		dcf_set_complement(rest, sure, 0, (double)(w1_us - w0_us));
		vertical_near(a, b, o, false, minima->vertical_e4, w0_us, w1_us, apart);
		dcf_set_intersect(sure, rest, apart);
		dcf_set_union(out, sure, together);
	}
	dcf_set_drop_instants(out);
	for (int i = 1; i < DCF_PAIR_SETS; i++)
		out->failed |= scratch->set[i].failed;
}

enum dcf_status dcf_pair_gap_m(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
			       const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us, double limit_m,
			       struct dcf_pair_scratch *scratch, double *gap_m)
{
	struct dcf_pair_times times = { .w0_us = w0_us, .w1_us = w1_us, .conflict = &scratch->set[0] };
	double widths = widths_m(a, b), d, when;
	const struct dcf_base *x, *y;
	struct dcf_vec pa, pb;

	clear_sets(scratch);
	levels_near(a, b, o, minima, w0_us, w1_us, scratch, times.conflict);
	*gap_m = DCF_FAR_M;
	if (times.conflict->count == 0)
		return times.conflict->failed ? DCF_E_NOMEM : DCF_OK;
	d = moves(a) || moves(b) ? least_lateral(a, b, &times, &when)
				 : still_distance(a, b, limit_m + widths, &x, &y, &pa, &pb);
	if (d < DCF_FAR_M)
		*gap_m = d > widths ? d - widths : 0;
	return times.conflict->failed ? DCF_E_NOMEM : DCF_OK;
}

/* The first instant at which the shapes meet while in conflict; false when they never do. */
static bool first_meeting(const struct dcf_pair_times *times, double *when)
{
	size_t i = 0, k = 0;

	while (i < times->meet->count && k < times->conflict->count) {
		const struct dcf_range *m = &times->meet->at[i], *c = &times->conflict->at[k];
		double low = m->low > c->low ? m->low : c->low, high = m->high < c->high ? m->high : c->high;

		if (low <= high) {
			*when = low;
			return true;
		}
		if (m->high < c->high)
			i++;
		else
			k++;
	}
	return false;
}

/* Body `b` as it stands at `when`: its own base(s), or the one point of a track. */
static void freeze(const struct dcf_body *b, double when, int64_t w0, struct dcf_body *still, struct dcf_base *base,
		   struct dcf_arc *arc, struct dcf_box3 *box)
{
	*still = *b;
	if (!moves(b))
		return;
	dcf_base_point(dcf_track_at(&b->track, when + (double)(w0 - b->feature->start_us)), arc, box, base);
	base->radius_m = b->feature->radius_m;
	still->bases = base;
	still->base_count = 1;
}

/* The point at distance x (0..d) from p on the way to q, d apart: along the geodesic where it is long
 * enough to differ from the great circle. */
static struct dcf_vec on_the_way(struct dcf_vec p, struct dcf_vec q, double x, double d)
{
	double length, azimuth;
	struct dcf_latlon from = dcf_latlon_of(p);

	if (d > 20000 && dcf_inverse(from, dcf_latlon_of(q), &length, &azimuth) == DCF_OK)
		return dcf_direct(from, azimuth, x);
	return dcf_vec_unit(dcf_vec_add(p, dcf_vec_scale(dcf_vec_sub(q, p), d > 0 ? x / d : 0)));
}

/* A point of both shapes, or the middle of the gap between them. */
static struct dcf_vec meeting_point(struct dcf_vec pa, struct dcf_vec pb, double d, double ra, double rb)
{
	if (d <= 0)
		return pa;
	return on_the_way(pa, pb, d <= ra + rb ? d * ra / (ra + rb) : ra + (d - ra - rb) / 2, d);
}

static void measure_vertical(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
			     const struct dcf_pair_times *times, struct dcf_pair_measure *out)
{
	out->vertical_gap_e4[0] = out->vertical_gap_e4[1] = 1e300;
	for (size_t i = 0; i < times->conflict->count; i++) {
		double low, high;

		dcf_vertical_least(a->feature, b->feature, o, out->lateral_gap_m <= 0, times->w0_us, times->conflict->at[i].low,
				   times->conflict->at[i].high, &low, &high);
		if (low < out->vertical_gap_e4[0] || (low == out->vertical_gap_e4[0] && high < out->vertical_gap_e4[1])) {
			out->vertical_gap_e4[0] = low;
			out->vertical_gap_e4[1] = high;
		}
	}
}

void dcf_pair_measure(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
		      const struct dcf_pair_times *times, struct dcf_pair_measure *out)
{
	struct dcf_body sa, sb;
	struct dcf_base base_a, base_b;
	const struct dcf_base *x = NULL, *y = NULL;
	struct dcf_arc arc_a, arc_b;
	struct dcf_box3 box_a, box_b;
	struct dcf_vec pa = { 0, 0, 0 }, pb = { 0, 0, 0 };
	double d, widths = widths_m(a, b);
	bool meet;

	out->when_us = times->conflict->at[0].low;
	meet = first_meeting(times, &out->when_us);
	if (!meet && (moves(a) || moves(b)))
		(void)least_lateral(a, b, times, &out->when_us);
	freeze(a, out->when_us, times->w0_us, &sa, &base_a, &arc_a, &box_a);
	freeze(b, out->when_us, times->w0_us, &sb, &base_b, &arc_b, &box_b);
	d = still_distance(&sa, &sb, 2.1e7, &x, &y, &pa, &pb);
	out->lateral_gap_m = meet || d < widths ? 0 : d - widths;
	out->closest = dcf_latlon_of(x && y ? meeting_point(pa, pb, d, x->radius_m, y->radius_m) : pa);
	measure_vertical(a, b, o, times, out);
}
