/* SPDX-License-Identifier: Apache-2.0 */
/* motion.c - distance as a function of time, and its extremes by branch and bound. */
#include "oracle/motion.h"
#include <math.h>
#include <stdlib.h>

enum { CELLS = 1024 };

static uint32_t legs(const struct dcf_feature *f)
{
	return f->shape == DCF_TRAJECTORY ? f->point_count - 1 : 1;
}

void dcf_ora_body_init(struct dcf_ora_body *body, const struct dcf_feature *f)
{
	*body = (struct dcf_ora_body){ .f = f, .shape = dcf_ora_shape_of(f) };
	if (f->shape != DCF_TRAJECTORY)
		return;
	body->leg = calloc(legs(f), sizeof *body->leg);
	body->speed = calloc(legs(f), sizeof *body->speed);
	if (!body->leg || !body->speed)
		abort();
	for (uint32_t i = 0; i < legs(f); i++) {
		struct dcf_ora_point p = dcf_ora_of(f->points[i]), q = dcf_ora_of(f->points[i + 1]);

		geod_inverseline(&body->leg[i], dcf_ora_wgs84(), p.lat, p.lon, q.lat, q.lon, 0);
		body->speed[i] = body->leg[i].s13 / (double)(f->waypoints[i + 1].time_us - f->waypoints[i].time_us);
	}
}

void dcf_ora_body_free(struct dcf_ora_body *body)
{
	dcf_ora_shape_free(&body->shape);
	free(body->leg);
	free(body->speed);
}

struct dcf_ora_point dcf_ora_place(const struct dcf_ora_body *body, uint32_t leg, long double at)
{
	const struct dcf_waypoint *w = &body->f->waypoints[leg];
	long double k = (at - (long double)w[0].time_us) / (long double)(w[1].time_us - w[0].time_us);
	double lat, lon;

	geod_position(&body->leg[leg], (double)(k * (long double)body->leg[leg].s13), &lat, &lon, NULL);
	return dcf_ora_at(lat, lon);
}

static int64_t leg_end(const struct dcf_feature *f, uint32_t leg)
{
	return f->shape == DCF_TRAJECTORY ? f->waypoints[leg + 1].time_us : f->end_us;
}

static int64_t least64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void dcf_ora_meetings(struct dcf_ora_body *a, struct dcf_ora_body *b, bool (*each)(void *ctx, struct dcf_ora_meeting *m),
		      void *ctx)
{
	struct dcf_ora_meeting m = { .a = a, .b = b };
	int64_t end = least64(a->f->end_us, b->f->end_us);
	bool go_on = true;

	m.start = -least64(-a->f->start_us, -b->f->start_us);
	m.fixed = a->f->shape != DCF_TRAJECTORY && b->f->shape != DCF_TRAJECTORY;
	if (m.fixed && m.start < end)
		m.still = dcf_ora_between(&a->shape, &b->shape);
	for (; go_on && m.start < end; m.start = m.end) {
		while (leg_end(a->f, m.leg_a) <= m.start)
			m.leg_a++;
		while (leg_end(b->f, m.leg_b) <= m.start)
			m.leg_b++;
		m.end = least64(end, least64(leg_end(a->f, m.leg_a), leg_end(b->f, m.leg_b)));
		m.speed = (a->leg ? a->speed[m.leg_a] : 0) + (b->leg ? b->speed[m.leg_b] : 0);
		go_on = each(ctx, &m);
	}
}

double dcf_ora_apart(struct dcf_ora_meeting *m, long double tau)
{
	long double at = (long double)m->start + tau;
	struct dcf_ora_point p, q;

	if (m->fixed)
		return m->still;
	if (m->a->leg)
		p = dcf_ora_place(m->a, m->leg_a, at);
	if (!m->b->leg)
		return dcf_ora_signed(&m->b->shape, &p);
	q = dcf_ora_place(m->b, m->leg_b, at);
	return m->a->leg ? dcf_ora_distance(&p, &q) : dcf_ora_signed(&m->a->shape, &q);
}

double dcf_ora_from(struct dcf_ora_body *body, const struct dcf_ora_point *p, long double at)
{
	struct dcf_ora_point q;
	uint32_t leg = 0;

	if (!body->leg)
		return dcf_ora_signed(&body->shape, p);
	while (leg + 1 < legs(body->f) && (long double)leg_end(body->f, leg) <= at)
		leg++;
	q = dcf_ora_place(body, leg, at);
	return dcf_ora_distance(&q, p);
}

/* A stretch of time with the distances at its ends, and a bound of those between. */
struct cell {
	long double from, to;
	double f0, f1, bound;
};

struct search {
	struct dcf_ora_meeting *m;
	int sign; /* 1: least; -1: greatest, as the least of minus the distance */
	struct cell heap[CELLS];
	int count, used;
	struct dcf_ora_found found;
};

static double look(struct search *s, long double tau)
{
	double d = s->sign * dcf_ora_apart(s->m, tau);

	s->used++;
	if (d < s->found.best) {
		s->found.best = d;
		s->found.at = tau;
	}
	return d;
}

/* Between the ends no distance changes faster than the sum of the speeds w.  Also, the distance D to a
 * closed set grows at a rate whose own rate is at most w^2 / D (on a surface of positive curvature
 * less), so it lies above its chord less w^2 h^2 / (8 D): second order, which ends the search at
 * grazing minima.  The second holds for the least only. */
static void bound(const struct search *s, struct cell *c)
{
	double wh = s->m->speed * (double)(c->to - c->from) * (1 + 1e-9) + 1e-9, lip = (c->f0 + c->f1 - wh) / 2;

	c->bound = lip;
	if (s->sign > 0 && lip > 0)
		c->bound = fmax(lip, fmin(c->f0, c->f1) - wh * wh / (8 * lip));
}

static void push(struct search *s, struct cell c)
{
	int i;

	if (s->count == CELLS)
		return;
	bound(s, &c);
	for (i = s->count++; i > 0 && s->heap[(i - 1) / 2].bound > c.bound; i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = c;
}

static struct cell pop(struct search *s)
{
	struct cell top = s->heap[0], last = s->heap[--s->count];
	int i = 0;

	for (;;) {
		int k = 2 * i + 1;

		if (k + 1 < s->count && s->heap[k + 1].bound < s->heap[k].bound)
			k++;
		if (k >= s->count || s->heap[k].bound >= last.bound)
			break;
		s->heap[i] = s->heap[k];
		i = k;
	}
	s->heap[i] = last;
	return top;
}

static size_t searches, unsure_searches;

void dcf_ora_searches(size_t *all, size_t *unsure)
{
	*all = searches;
	*unsure = unsure_searches;
}

static struct dcf_ora_found extreme(struct dcf_ora_meeting *m, int sign, long double from, long double to, double target,
				    double within, int budget)
{
	struct search *s = malloc(sizeof *s);
	struct dcf_ora_found found;
	struct cell c = { .from = from, .to = to };

	if (!s)
		abort();
	s->m = m;
	s->sign = sign;
	s->count = s->used = 0;
	s->found = (struct dcf_ora_found){ INFINITY, from, true };
	c.f0 = look(s, from);
	c.f1 = m->fixed || from == to ? c.f0 : look(s, to);
	if (!m->fixed && from < to)
		push(s, c);
	while (s->count && s->found.best >= target) {
		c = pop(s);
		if (c.bound >= (within < 0 ? target : s->found.best - within))
			break;
		if (s->used >= budget || c.to - c.from < 0.01L) {
			s->found.sure = c.to - c.from < 0.01L;
			break;
		}
		long double mid = (c.from + c.to) / 2;
		double f = look(s, mid);

		push(s, (struct cell){ c.from, mid, c.f0, f, 0 });
		push(s, (struct cell){ mid, c.to, f, c.f1, 0 });
	}
	found = s->found;
	searches++;
	unsure_searches += !found.sure && found.best >= target;
	free(s);
	found.best *= sign;
	return found;
}

struct dcf_ora_found dcf_ora_least(struct dcf_ora_meeting *m, long double from, long double to, double target, double within,
				   int budget)
{
	return extreme(m, 1, from, to, target, within, budget);
}

struct dcf_ora_found dcf_ora_greatest(struct dcf_ora_meeting *m, long double from, long double to, double target, double within,
				      int budget)
{
	return extreme(m, -1, from, to, -target, within, budget);
}
