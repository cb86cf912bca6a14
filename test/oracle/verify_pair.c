/* SPDX-License-Identifier: Apache-2.0 */
/* verify_pair.c - the reported intervals of two features against the oracle. */
#include "oracle/verify_int.h"
#include <math.h>
#include <stdlib.h>

#define NEVER (-1e30)

enum { BUDGET_MISSED = 400, BUDGET_EXTRA = 200, BUDGET_GAP = 120 };

struct features {
	struct dcf_ora_verifier *v;
	struct dcf_ora_tally *t;
	uint32_t fa, fb;
	double radii; /* R: they touch where the distance is R */
	double limit; /* T = R + L */
	double eps;
	const struct dcf_interval **reported;
	bool *met; /* an overlap may be there, one a reported interval */
	size_t count;
};

/* A stretch with its sets of times. */
struct stage {
	struct features *p;
	struct dcf_ora_meeting *m;
	struct dcf_ora_stretch a, b;
	bool ground;
	struct dcf_ora_set must, must_apart, may, may_apart; /* gap below V; `apart`: grounds differ */
	struct dcf_ora_set zero_must, zero_may;              /* gap 0 on the same ground */
	struct dcf_ora_set inner_must, inner_may;            /* bands share more than a level */
};

static struct dcf_ora_set meet(struct dcf_ora_set s, long double from, long double to)
{
	s.from = fmaxl(s.from, from);
	s.to = fminl(s.to, to);
	s.empty = s.empty || s.from > s.to;
	return s;
}

static long double tau_s(const struct dcf_ora_meeting *m, long double tau)
{
	return ((long double)(m->start) + tau) / 1e6L;
}

static void missed(struct stage *s, struct dcf_ora_set set, struct dcf_ora_found f)
{
	dcf_ora_wrong(s->p->v, "missed: features %u and %u at %.6Lf (%.9Lf to %.9Lf): distance %.4f, radii %.4f, minimum %.4f",
		      s->p->fa, s->p->fb, tau_s(s->m, f.at), tau_s(s->m, set.from), tau_s(s->m, set.to), f.best, s->p->radii,
		      s->p->t->min.lateral);
}

/* Somewhere in `set` outside the reported intervals, is the distance below T? */
static bool search_missed(struct stage *s, struct dcf_ora_set set, long double from, long double to)
{
	struct dcf_ora_found f;

	/* a hundredth of a microsecond is rounding of the times themselves */
	set = meet(set, from, to);
	if (set.empty || !(set.to - set.from > 0.02L))
		return false;
	set.from += 0.01L;
	set.to -= 0.01L;
	f = dcf_ora_least(s->m, set.from, set.to, s->p->limit - s->p->eps, -1, BUDGET_MISSED);
	if (f.best < s->p->limit - s->p->eps)
		missed(s, set, f);
	return f.best < s->p->limit - s->p->eps;
}

static bool only_apart(const struct stage *s, double d)
{
	return d > s->p->radii + s->p->eps && d < s->p->limit - s->p->eps;
}

/* From an instant at which they meet towards one end: where they part, the distance passes between R and T. */
static bool parting(struct stage *s, long double at, long double end, struct dcf_ora_found *f)
{
	for (int k = 0; k < 60; k++) {
		long double mid = k ? (at + end) / 2 : end;

		*f = (struct dcf_ora_found){ dcf_ora_apart(s->m, mid), mid, true };
		if (only_apart(s, f->best))
			return true;
		if (f->best <= s->p->radii + s->p->eps)
			at = mid;
		else
			end = mid;
		if (k == 0 && at == mid)
			return false;
	}
	return false;
}

/* On different grounds only: distances between R and T count. */
static bool search_missed_apart(struct stage *s, long double from, long double to)
{
	struct dcf_ora_set set = meet(s->must_apart, from, to);
	struct dcf_ora_found f, other;

	if (set.empty || !(set.to - set.from > 0.02L) || !(s->p->limit > s->p->radii))
		return false;
	set.from += 0.01L;
	set.to -= 0.01L;
	f = dcf_ora_least(s->m, set.from, set.to, s->p->limit - s->p->eps, -1, BUDGET_MISSED);
	if (f.best >= s->p->limit - s->p->eps)
		return false;
	if (only_apart(s, f.best) || parting(s, f.at, set.from, &other) || parting(s, f.at, set.to, &other)) {
		missed(s, set, only_apart(s, f.best) ? f : other);
		return true;
	}
	return false;
}

static void check_missed(struct stage *s)
{
	long double h = (long double)(s->m->end - s->m->start), from = 0;

	for (size_t k = 0; k <= s->p->count; k++) {
		const struct dcf_interval *i = k < s->p->count ? s->p->reported[k] : NULL;
		long double to = i ? (long double)(i->start_us - s->m->start) : h;

		if (search_missed(s, s->must, from, fminl(h, to)))
			return;
		if (s->ground && search_missed_apart(s, from, fminl(h, to)))
			return;
		if (i)
			from = fmaxl(from, (long double)(i->end_us - s->m->start));
	}
}

/* [from, to] is reported: is it too much?  Only where the distance is within the tolerance of T. */
static void check_distance(struct stage *s, struct dcf_ora_set set, double low)
{
	double high = s->p->limit + dcf_ora_tolerance(s->p->limit);
	struct dcf_ora_found f;

	if (set.empty)
		return;
	f = dcf_ora_greatest(s->m, set.from, set.to, high + s->p->eps, -1, BUDGET_EXTRA);
	if (f.best > high + s->p->eps)
		dcf_ora_wrong(s->p->v, "extra: features %u and %u at %.6Lf: distance %.4f, radii %.4f, minimum %.4f", s->p->fa,
			      s->p->fb, tau_s(s->m, f.at), f.best, s->p->radii, s->p->t->min.lateral);
	if (low <= NEVER)
		return;
	f = dcf_ora_least(s->m, set.from, set.to, low - s->p->eps, -1, BUDGET_EXTRA);
	if (f.best < low - s->p->eps)
		dcf_ora_wrong(s->p->v,
			      "extra: features %u and %u at %.6Lf: over the same ground (%.4f < %.4f) the bands are apart",
			      s->p->fa, s->p->fb, tau_s(s->m, f.at), f.best, s->p->radii);
}

static void check_extra(struct stage *s, const struct dcf_interval *i)
{
	long double h = (long double)(s->m->end - s->m->start), cut = i->end_us - i->start_us > 2 ? 1 : 0;
	long double from = fmaxl(0, (long double)(i->start_us - s->m->start) + cut);
	long double to = fminl(h, (long double)(i->end_us - s->m->start) - cut);
	struct dcf_ora_set part = { from > to, from, to }, reach;
	double low = s->p->radii - dcf_ora_tolerance(s->p->radii);

	if (part.empty || (from == to && h > 0))
		return;
	reach = s->ground ? s->may_apart : s->may;
	if (reach.empty || from < reach.from - 1 || to > reach.to + 1) {
		dcf_ora_wrong(s->p->v, "extra: features %u and %u in %.6Lf..%.6Lf: the vertical gap is not below the minimum",
			      s->p->fa, s->p->fb, tau_s(s->m, from), tau_s(s->m, to));
		return;
	}
	check_distance(s, part, NEVER);
	if (!s->ground)
		return;
	if (s->may.empty) {
		check_distance(s, part, low);
		return;
	}
	check_distance(s, meet(part, from, s->may.from - 1), low);
	check_distance(s, meet(part, s->may.to + 1, to), low);
}

static void check_class(struct stage *s, size_t k)
{
	const struct dcf_interval *i = s->p->reported[k];
	long double from = (long double)(i->start_us - s->m->start), to = (long double)(i->end_us - s->m->start);
	struct dcf_ora_set z = meet(s->zero_may, from - 1, to + 1);
	double near = s->p->radii + dcf_ora_tolerance(s->p->radii) + s->p->eps;

	z = meet(z, 0, (long double)(s->m->end - s->m->start));
	if (!z.empty && i->class == DCF_CLASS_OVERLAP && !s->p->met[k])
		s->p->met[k] = dcf_ora_least(s->m, z.from, z.to, near, -1, BUDGET_GAP).best <= near;
	/* Windows end before their end: an instant there is none. */
	z = meet(s->zero_must, from, to - 1);
	if (!z.empty && i->class == DCF_CLASS_SEPARATION) {
		struct dcf_ora_found f = dcf_ora_least(s->m, z.from, z.to, s->p->radii - s->p->eps, -1, BUDGET_GAP);

		if (f.best < s->p->radii - s->p->eps)
			dcf_ora_wrong(s->p->v, "class: features %u and %u are called a separation and overlap at %.6Lf",
				      s->p->fa, s->p->fb, tau_s(s->m, f.at));
	}
}

/* Nothing overlaps outside [overlap_start, overlap_end], and something does at both. */
static void check_hull(struct stage *s, const struct dcf_interval *i)
{
	const struct dcf_conflict *c = s->p->t->c;
	long double from = fmaxl(0, (long double)(i->start_us - s->m->start)), to = (long double)(i->end_us - s->m->start) - 1;
	long double os = (long double)(c->overlap_start_us - s->m->start), oe = (long double)(c->overlap_end_us - s->m->start);
	struct dcf_ora_set in = meet(s->zero_must, from, to), outside[2];
	double near = s->p->radii + dcf_ora_tolerance(s->p->radii) + s->p->eps;

	if (!c->has_overlap)
		return;
	outside[0] = meet(in, 0, os - 1);
	outside[1] = meet(in, oe + 1, to);
	for (int k = 0; k < 2; k++)
		if (!outside[k].empty) {
			struct dcf_ora_found f =
				dcf_ora_least(s->m, outside[k].from, outside[k].to, s->p->radii - s->p->eps, -1, BUDGET_GAP);

			if (f.best < s->p->radii - s->p->eps)
				dcf_ora_wrong(s->p->v, "overlap: features %u and %u also overlap at %.6Lf", s->p->fa, s->p->fb,
					      tau_s(s->m, f.at));
		}
	for (int k = 0; k < 2; k++) {
		long double at = k ? oe : os;
		struct dcf_ora_set z = meet(meet(s->zero_may, at - 1, at + 1), 0, (long double)(s->m->end - s->m->start));

		z = meet(z, (long double)(i->start_us - s->m->start), (long double)(i->end_us - s->m->start));
		if (!z.empty && fmin(dcf_ora_apart(s->m, z.from), dcf_ora_apart(s->m, z.to)) <= near)
			*(k ? &s->p->t->end_seen : &s->p->t->start_seen) = true;
	}
}

static void tally_gaps(struct stage *s, struct dcf_ora_set part)
{
	struct dcf_ora_tally *t = s->p->t;
	struct dcf_ora_found f = dcf_ora_least(s->m, part.from, part.to, s->p->radii, 0.02, BUDGET_GAP);
	double gap = fmax(0, f.best - s->p->radii);
	long double low, high;

	if (gap < t->gap) {
		t->gap = gap;
		t->gap_doubt = f.sure ? 0.02 + dcf_ora_tolerance(s->p->radii + gap) : 1e9;
	}
	for (int k = 0; k < 4; k++) {
		dcf_ora_vertical_gap(k & 1 ? &s->p->v->may : &s->p->v->must, s->a, s->b, s->m->start,
				     k & 2 ? part.to : part.from, true, &low, &high);
		*(k & 1 ? &t->low_may : &t->low_must) = fminl(k & 1 ? t->low_may : t->low_must, low);
	}
	if (!meet(s->zero_must, part.from, part.to).empty)
		t->low_must = 0;
	if (!meet(s->zero_may, part.from, part.to).empty)
		t->low_may = 0;
	t->ground = t->ground || s->ground;
}

/* A band without thickness has no inside: whether meeting it is a touch is a matter of taste. */
static bool thin(struct dcf_ora_stretch s)
{
	if (s.f->shape == DCF_TRAJECTORY)
		return s.f->containment_e4 == 0;
	return !s.f->upper.unlimited && s.f->lower.e4 == s.f->upper.e4 && s.f->lower.ref == s.f->upper.ref;
}

static void tally_inner(struct stage *s, struct dcf_ora_set part)
{
	struct dcf_ora_tally *t = s->p->t;
	struct dcf_ora_set sure = meet(s->inner_must, part.from, part.to), maybe = meet(s->inner_may, part.from, part.to);
	double tol = dcf_ora_tolerance(s->p->radii) + s->p->eps;

	t->inner_maybe = t->inner_maybe || thin(s->a) || thin(s->b);
	if (!sure.empty && !t->inner_sure)
		t->inner_sure =
			dcf_ora_least(s->m, sure.from, sure.to, s->p->radii - tol, -1, BUDGET_GAP).best < s->p->radii - tol;
	if (!maybe.empty && !t->inner_maybe)
		t->inner_maybe =
			dcf_ora_least(s->m, maybe.from, maybe.to, s->p->radii + tol, -1, BUDGET_GAP).best < s->p->radii + tol;
}

/* The point called closest lies between the two at its time: no farther from both than the gap. */
static void tally_closest(struct stage *s, struct dcf_ora_set part)
{
	const struct dcf_conflict *c = s->p->t->c;
	long double at = (long double)(c->closest_time_us - s->m->start);
	struct dcf_ora_point p = dcf_ora_of(c->closest);
	double da, db, tol;

	if (s->p->t->closest_ok || at < part.from - 1 || at > part.to + 1)
		return;
	da = fmax(0, dcf_ora_from(s->m->a, &p, (long double)c->closest_time_us) - s->m->a->f->radius_m);
	db = fmax(0, dcf_ora_from(s->m->b, &p, (long double)c->closest_time_us) - s->m->b->f->radius_m);
	tol = 3 * dcf_ora_tolerance(s->p->limit + da + db);
	s->p->t->closest_off = da + db;
	s->p->t->closest_ok = da + db <= (double)c->lateral_gap_dm / 10 + 0.1 + tol;
}

static void set_times(struct stage *s)
{
	const struct dcf_ora_verifier *v = s->p->v;
	int64_t from = s->m->start, to = s->m->end, min = s->p->t->min.vertical;

	s->ground = dcf_ora_by_ground(s->a, s->b);
	s->must = dcf_ora_vertical(&v->must, s->a, s->b, from, to, min, true);
	s->may = dcf_ora_vertical(&v->may, s->a, s->b, from, to, min, true);
	s->must_apart = s->ground ? dcf_ora_vertical(&v->must, s->a, s->b, from, to, min, false) : s->must;
	s->may_apart = s->ground ? dcf_ora_vertical(&v->may, s->a, s->b, from, to, min, false) : s->may;
	if (!s->p->count)
		return;
	s->zero_must = dcf_ora_vertical(&v->must, s->a, s->b, from, to, 0, true);
	s->zero_may = dcf_ora_vertical(&v->may, s->a, s->b, from, to, 0, true);
	s->inner_must = dcf_ora_vertical(&v->must, s->a, s->b, from, to, DCF_ORA_INSIDE, true);
	s->inner_may = dcf_ora_vertical(&v->may, s->a, s->b, from, to, DCF_ORA_INSIDE, true);
}

static bool each_meeting(void *ctx, struct dcf_ora_meeting *m)
{
	struct features *p = ctx;
	struct stage s = { .p = p, .m = m, .a = { m->a->f, m->leg_a }, .b = { m->b->f, m->leg_b } };
	size_t wrong = p->v->wrong;

	set_times(&s);
	check_missed(&s);
	for (size_t k = 0; k < p->count; k++) {
		const struct dcf_interval *i = p->reported[k];
		struct dcf_ora_set part = { false, fmaxl(0, (long double)(i->start_us - m->start)),
					    fminl((long double)(m->end - m->start), (long double)(i->end_us - m->start)) };

		if (part.from >= part.to)
			continue;
		check_extra(&s, i);
		check_class(&s, k);
		check_hull(&s, i);
		tally_gaps(&s, part);
		tally_inner(&s, part);
		tally_closest(&s, part);
	}
	return p->v->wrong < wrong + 4;
}

static void gather(struct features *p)
{
	const struct dcf_result *r = p->v->result;
	const struct dcf_conflict *c = p->t->c;

	if (!c)
		return;
	p->reported = calloc(c->interval_count + 1, sizeof *p->reported);
	p->met = calloc(c->interval_count + 1, sizeof *p->met);
	if (!p->reported || !p->met)
		abort();
	for (size_t k = 0; k < c->interval_count; k++) {
		const struct dcf_interval *i = &r->intervals[c->first_interval + k];

		if (i->a_feature == p->fa && i->b_feature == p->fb)
			p->reported[p->count++] = i;
	}
}

static void check_shape(struct features *p)
{
	const struct dcf_feature *a = &p->v->plan->features[p->fa], *b = &p->v->plan->features[p->fb];

	for (size_t k = 0; k < p->count; k++) {
		const struct dcf_interval *i = p->reported[k];

		if (!(i->start_us < i->end_us))
			dcf_ora_wrong(p->v, "interval of features %u and %u has no length", p->fa, p->fb);
		if (i->start_us < a->start_us || i->start_us < b->start_us || i->end_us > a->end_us || i->end_us > b->end_us)
			dcf_ora_wrong(p->v, "interval of features %u and %u leaves their windows", p->fa, p->fb);
		if (k && i->start_us <= p->reported[k - 1]->end_us)
			dcf_ora_wrong(p->v, "intervals of features %u and %u meet at %lld us", p->fa, p->fb,
				      (long long)i->start_us);
	}
}

void dcf_ora_verify_features(struct dcf_ora_verifier *v, struct dcf_ora_tally *t, uint32_t fa, uint32_t fb)
{
	struct features p = { .v = v, .t = t, .fa = fa, .fb = fb };
	struct dcf_ora_body *a = &v->body[fa], *b = &v->body[fb];

	p.radii = a->f->radius_m * (a->f->shape != DCF_POLYGON) + b->f->radius_m * (b->f->shape != DCF_POLYGON);
	p.limit = p.radii + t->min.lateral;
	p.eps = DCF_ORA_EPS + (a->shape.lonlat + b->shape.lonlat) * DCF_ORA_LONLAT_M + 1e-12 * p.limit;
	gather(&p);
	check_shape(&p);
	if (p.count || dcf_ora_between_low(&a->shape, &b->shape) < p.limit)
		dcf_ora_meetings(a, b, each_meeting, &p);
	for (size_t k = 0; k < p.count; k++)
		if (p.reported[k]->class == DCF_CLASS_OVERLAP && !p.met[k])
			dcf_ora_wrong(v, "class: features %u and %u are called an overlap and never meet", fa, fb);
	free(p.reported);
	free(p.met);
}
